"""How a rule is declared: once, with its citation, its dates and the pure function that decides it.

    @rule("R-713-26-3", "送审时间一般不少于7个工作日", gate="confirm_agenda", law=DECREE_713, article="26",
          strength="X")
    def reviewer_had_seven_working_days(facts):
        '''The reviewer is given at least seven working days.'''

The docstring's first line is the English title. The function gets `Facts` and gives

* `None`: the rule is met;
* a `Text`: it is broken, and this is why and what to do next;
* `NOT_APPLICABLE`: the case lies outside the rule; `UNDECIDABLE`: only a person can judge (audit rules).

When the law changes, the old rule gets an *until* and a new function is declared with the same id and a later
*since*; a step is judged by the rules of its day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import Final

from decision_engine.language import Text, articles
from decision_engine.rules.facts import Facts
from decision_engine.rules.law import SUBJECTS, Law
from decision_engine.rules.static import STATUTES


class Silence(Enum):
    """Why a rule says neither met nor broken."""

    NOT_APPLICABLE = "NOT_APPLICABLE"
    UNDECIDABLE = "UNDECIDABLE"


NOT_APPLICABLE: Final = Silence.NOT_APPLICABLE
UNDECIDABLE: Final = Silence.UNDECIDABLE

Verdict = Text | Silence | None
Decide = Callable[[Facts], Verdict]


class Strength(Enum):
    """How a rule binds."""

    HARD = "H"
    EXCEPTION = "X"  # may be departed from on the record
    OPTION = "O"
    LIABILITY = "L"
    DESIGN = "D"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the law as declared.

    *checks* says where it is held: `S` on the diagram, `G` before an act, `A` by the auditor. *gates* are the
    steps and acts it guards; *static* the predicates the prover holds it by (from `static.STATUTES`); *mark* the
    evidence for its text
    (`v:` read in the source, `M` from memory, `D` design); *jurisdiction* the overlay it belongs to. A rule
    without *decide* is held elsewhere: by the prover, or by what the tests in *held* show (`tests/x.py::test_y`).
    *same_as* names the rule it repeats: a departure recorded from that one holds for this one too.
    """

    id: str
    title: Text
    law: Law
    article: str
    strength: Strength
    checks: str
    gates: tuple[str, ...]
    mark: str
    since: date
    until: date | None
    jurisdiction: str
    decide: Decide | None
    same_as: str | None = None
    held: tuple[str, ...] = ()
    static: tuple[str, ...] = ()

    @property
    def citation(self) -> Text:
        """Law and article as a sentence names them; an article without a number is named by its subject."""
        if not self.article.isdigit():
            return Text(
                f"{self.law.name}（{self.article}）", f"{self.law.title.en} ({SUBJECTS[self.article]})"
            )
        cited = articles(self.article)
        return Text(f"{self.law.name}{cited.zh}", f"{self.law.title.en}, {cited.en}")

    def in_force_on(self, day: date) -> bool:
        """Tell whether the rule binds an act done on *day*."""
        return self.since <= day and (self.until is None or day < self.until)


_declared: dict[tuple[str, date], Rule] = {}


def declared() -> tuple[Rule, ...]:
    """Return every rule ever declared in the order of ids and dates, old law included."""
    return tuple(sorted(_declared.values(), key=lambda one: (_order(one.id), one.since)))


def _order(name: str) -> list[tuple[int, int, str]]:
    """Order ids as a reader does: R-713-9-1 before R-713-10-1."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in name.split("-")[1:]]


def _register(declaration: Rule) -> None:
    """Add a rule; what the prover holds of it is read from `static`, so "S" is never written by hand."""
    if "S" in declaration.checks:
        raise ValueError(f"{declaration.id}: a static check is a line of static.STATUTES")
    proved = tuple(line.predicate for line in STATUTES if line.rule == declaration.id)
    checks = ("S" if proved else "") + declaration.checks
    declaration = replace(declaration, static=proved, checks=checks)
    key = (declaration.id, declaration.since)
    if key in _declared:
        raise ValueError(f"{declaration.id} is declared twice for {declaration.since}")
    _declared[key] = declaration


def rule(
    id: str,  # noqa: A002 - the word of the law books
    title: str,
    *,
    law: Law,
    article: str,
    strength: str = "H",
    checks: str = "G",
    gate: str | Iterable[str] = (),
    mark: str = "",
    since: date | None = None,
    until: date | None = None,
    jurisdiction: str = "national",
    same_as: str | None = None,
    held: tuple[str, ...] = (),
) -> Callable[[Decide], Decide]:
    """Declare the decorated function as the rule *id*; *title* is Chinese, the docstring's first line English.

    *mark* defaults to "read in the law cited"; *since* to the day the law took effect; *held* names tests by which
    other rooms hold the same rule.
    """

    def declare(decide: Decide) -> Decide:
        english = (decide.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        _register(
            Rule(
                id=id,
                title=Text(title, english),
                law=law,
                article=article,
                strength=Strength(strength),
                checks=checks,
                gates=(gate,) if isinstance(gate, str) else tuple(gate),
                mark=mark or f"v:{id.removeprefix('R-')}",
                since=since or law.since,
                until=until,
                jurisdiction=jurisdiction,
                decide=decide,
                same_as=same_as,
                held=held,
            )
        )
        return decide

    return declare


def stated(
    id: str,  # noqa: A002 - as above
    title: Text,
    *,
    law: Law,
    article: str,
    strength: str = "H",
    checks: str = "",
    mark: str = "",
    since: date | None = None,
    jurisdiction: str = "national",
    held: tuple[str, ...] = (),
) -> None:
    """Declare a rule that no function here decides: the prover holds it, or another room, as the tests *held* show."""
    _register(
        Rule(
            id=id,
            title=title,
            law=law,
            article=article,
            strength=Strength(strength),
            checks=checks,
            gates=(),
            mark=mark or f"v:{id.removeprefix('R-')}",
            since=since or law.since,
            until=None,
            jurisdiction=jurisdiction,
            decide=None,
            held=held,
        )
    )
