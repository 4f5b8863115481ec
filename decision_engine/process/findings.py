"""What is wrong with a diagram, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from decision_engine.errors import Undeployable
from decision_engine.language import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason why a diagram is refused."""

    rule: str
    kind: str
    element: str | None
    message: Text
    law: str | None = None
    article: str | None = None
    path: tuple[str, ...] = ()
    line: int | None = None
    file: str | None = None


class Refused(Undeployable):
    """A diagram is refused."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings)


class Unreadable(Refused):
    """A file is no BPMN at all: not XML, not UTF-8, or something else than BPMN 2.0."""
