"""The language in which a rule says what a diagram must guarantee.

    dom(a, c)                 no run comes to c unless a was done before
    fresh(a, x, c)            no run comes to c after x unless a was done again since
    post(x, a)                no case ends after x unless a was done since
    gate(s.field in (...), c) the latest answer of step s must satisfy this before a run comes to c
    exits(s.field)            every value of the outcome has a way on, and no inclusive gateway decides it
    occurs(a)                 the act is drawn
    sep(a, b)                 a and b belong to different roles
    role(a, r)                a belongs to the role r
    timer(a, "P30D", name)    the timer a waits at least so long, or for the dated parameter, or names its reason
    staffed(r, ...)           every task belongs to one of these roles
    values(s.field, "A", ...) the values of an outcome; `other` adds one that no form knows

`dom`, `fresh`, `post` and `gate` may end in `when field == value`: only while the answer *field*, whichever
step gives it, is such; or in `where read`: only if the diagram reads the answers it is about. Wherever an
act may stand, several may: `a ∨ b` (or `a or b`). An act is

    step                       the step is done
    step[outcome == "X"]       it is done with such answers
    begin(step)                it is begun
    asked(field == value)      a gateway that reads *field*, whichever step sets it, is passed with such a value
    end                        (as c) the case ends
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from decision_engine.language import Text
from decision_engine.process.expressions import Condition, NotAnExpression, parse


class Statute(Protocol):
    """What the prover needs to know of a rule; `rules` declares them."""

    @property
    def rule(self) -> str:
        """Id of the rule, empty for a declaration (`values`)."""

    @property
    def law(self) -> str | None:
        """Short name of the law."""

    @property
    def article(self) -> str | None:
        """Article of the law."""

    @property
    def predicate(self) -> str:
        """What the diagram must guarantee, in this language."""

    @property
    def title(self) -> Text:
        """What the rule says, for the person who draws."""


class NotAPredicate(ValueError):
    """A rule's predicate is not in the language: an error of ours, not of a diagram."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happens: *how* is `done`, `begin`, `asked` or `end`."""

    how: str
    step: str = ""
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Predicate:
    """*name* with its arguments: acts for the first ones, words for the rest."""

    name: str
    acts: tuple[tuple[Act, ...], ...]
    words: tuple[str, ...] = ()
    when: Condition | None = None
    accepted: Condition | None = None  # of a gate
    where_read: bool = False


_SHAPES = {"dom": 2, "fresh": 3, "post": 2, "occurs": 1, "sep": 2, "role": 1, "timer": 1}
_WORDS = {"exits", "staffed", "values"}


@lru_cache(maxsize=512)
def read(text: str) -> Predicate:
    """Read a predicate; raises `NotAPredicate`."""
    head = re.match(r"\s*(\w+)\(", text)
    end = _closing(text, head.end()) if head is not None else -1
    tail = re.fullmatch(r"\s*(?:(where read)|when\s+(.+))?\s*", text[end + 1 :], re.DOTALL)
    if head is None or end < 0 or tail is None:
        raise NotAPredicate(text)
    name, arguments = head[1], list(_split(text[head.end() : end], ","))
    where_read, when = tail[1] is not None, _condition(tail[2]) if tail[2] else None
    if name == "gate" and len(arguments) == 2:  # noqa: PLR2004
        accepted = _condition(arguments[0])
        return Predicate(name, (_acts(arguments[1]),), (), when, accepted, where_read)
    if name in _WORDS:
        return Predicate(name, (), tuple(argument.strip("\"' ") for argument in arguments))
    many = _SHAPES.get(name)
    if many is None or len(arguments) < many:
        raise NotAPredicate(text)
    acts = tuple(_acts(argument) for argument in arguments[:many])
    words = tuple(argument.strip("\"' ") for argument in arguments[many:])
    return Predicate(name, acts, words, when, None, where_read)


def _acts(text: str) -> tuple[Act, ...]:
    return tuple(_act(part.strip()) for part in _split(text.replace(" or ", " ∨ "), "∨"))


def _act(text: str) -> Act:
    if text == "end":
        return Act("end")
    if wrapped := re.fullmatch(r"begin\((\w+)\)", text):
        return Act("begin", wrapped[1])
    if wrapped := re.fullmatch(r"asked\((.+)\)", text):
        return Act("asked", "", _condition(wrapped[1]))
    if wrapped := re.fullmatch(r"(\w+)\[(.+)\]", text, re.DOTALL):
        return Act("done", wrapped[1], _condition(wrapped[2]))
    if re.fullmatch(r"\w+", text):
        return Act("done", text)
    raise NotAPredicate(text)


def _condition(text: str) -> Condition:
    try:
        return parse(text.replace("∨", "or")).condition
    except NotAnExpression as error:
        raise NotAPredicate(text) from error


def _split(text: str, sign: str) -> Iterator[str]:
    """Split at *sign* outside brackets and quotes."""
    depth, quote, start = 0, "", 0
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == sign and depth == 0:
            yield text[start:at].strip()
            start = at + 1
    yield text[start:].strip()


def _closing(text: str, start: int) -> int:
    """Return where the bracket opened before *start* is closed, or -1."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return at
    return -1
