"""A paper as a value: headings, labelled facts, tables and words somebody said; and how it is written as plain text.

What a paper says is settled here once; the text door, a Word file and a PDF only set it. Guarantees: the same paper
gives the same text, byte for byte; words somebody said are set line by line behind a bar, so that no speech, however
worded, can look like a heading, a vote or a signature of the paper itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from decision_engine.calendar import SHANGHAI
from decision_engine.language import Text

BAR = "    │ "
"""Before every line of words somebody said; nothing else begins so."""
NOTHING = Text("无", "none")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a *level*: 1 the parts of the paper, 2 what lies in them."""

    level: int
    text: Text


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what it says on one line."""

    label: Text
    value: Text


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence."""

    text: Text


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody said or wrote, verbatim; it has no translation."""

    said: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; a paper without rows says so."""

    head: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]


Part = Heading | Fact | Line | Words | Table


@dataclass(frozen=True, slots=True)
class Paper:
    """A title and its parts in order."""

    title: Text
    parts: tuple[Part, ...]

    def text(self, language: str = "zh") -> str:
        """Return the paper as UTF-8 text, lines ended by LF."""
        lines = [plain(self.title.said_in(language)), *_lines(self.parts, language)]
        return "\n".join(lines) + "\n"


def same(words: str) -> Text:
    """Return *words* (a name, a number) as they are in both languages."""
    return Text(words, words)


def at(moment: datetime | None) -> Text:
    """Return *moment* as a paper writes it: Shanghai time, to the second; `—` where there is none."""
    if moment is None:
        return same("—")
    local = moment.astimezone(SHANGHAI)
    return Text(
        f"{local.year}年{local.month}月{local.day}日{local:%H:%M:%S}", f"{local:%Y-%m-%d %H:%M:%S} (+08:00)"
    )


def listed(many: Iterable[Text], nothing: Text = NOTHING) -> Text:
    """Return *many* in one line, or *nothing*."""
    found = list(many)
    if not found:
        return nothing
    return Text("；".join(one.zh for one in found), "; ".join(one.en for one in found))


def plain(words: str) -> str:
    """Return *words* as one line: breaks, reversing marks and other signs nobody sees become blanks."""
    return "".join(sign if sign.isprintable() or sign == "\u3000" else " " for sign in words)


def _lines(parts: Sequence[Part], language: str) -> Iterator[str]:
    colon = ": " if language == "en" else "："
    for part in parts:
        match part:
            case Heading(level, text):
                yield ""
                yield f"{'#' * (level + 1)} {plain(text.said_in(language))}"
            case Fact(label, value):
                yield f"{plain(label.said_in(language))}{colon}{plain(value.said_in(language))}"
            case Line(text):
                yield plain(text.said_in(language))
            case Words(said):
                yield from (f"{BAR}{plain(line)}".rstrip() for line in said.splitlines() or [""])
            case Table(head, rows):
                yield _row(head, language)
                yield from (_row(row, language) for row in rows or ((NOTHING,),))


def _row(cells: Sequence[Text], language: str) -> str:
    return "  | " + " | ".join(plain(cell.said_in(language)).replace("|", "¦") for cell in cells)
