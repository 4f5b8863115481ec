"""The list of cases as somebody wants it: by words, state, stage, lead unit and lateness; and the views kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, select

from decision_engine.models import Case, KeptView, Task, Unit
from decision_engine.queries import cases
from decision_engine.queries.pages import Page
from decision_engine.queries.people import organs_of
from decision_engine.queries.stages import STAGES
from decision_engine.work import Work

STATUSES = ("RUNNING", "SUSPENDED", "ENDED")
MOST = 5000
"""Rows of an export."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; None asks for all. *stage* is one of `STAGES`, *late* `1` for cases with a late step."""

    q: str | None = None
    status: str | None = None
    stage: str | None = None
    unit: str | None = None
    late: str | None = None

    def set(self) -> dict[str, str]:
        """Return the filters that are set, as they stand in an address."""
        return {name: value for name, value in asdict(self).items() if value}


def listed(work: Work, wanted: Wanted, *, page: int = 1, size: int = 20) -> Page[Case]:
    """Return the cases *wanted* among those of the actor's organs, newest first; two statements."""
    return cases.cases(
        work, page=page, size=size, status=wanted.status, q=wanted.q, also=_conditions(work, wanted)
    )


def units(work: Work) -> Sequence[Unit]:
    """Return the units of the organs whose cases one may read, by name; one statement."""
    return list(
        work.session.scalars(
            select(Unit).where(Unit.organ_id.in_(organs_of(work, "case.read"))).order_by(Unit.name, Unit.id)
        )
    )


def views(work: Work) -> Sequence[KeptView]:
    """Return the views the actor keeps, by name; one statement."""
    return list(
        work.session.scalars(
            select(KeptView).where(KeptView.person_id == work.actor.person_id).order_by(KeptView.name)
        )
    )


def _conditions(work: Work, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.unit:
        found.append(Case.lead_unit_id == wanted.unit)
    waits = select(Task.id).where(Task.case_id == Case.id, Task.status == "OPEN")
    if wanted.stage:
        steps = next((one.steps for one in STAGES if one.id == wanted.stage), frozenset[str]())
        found.append(waits.where(Task.step.in_(sorted(steps))).exists())
    if wanted.late:
        found.append(waits.where(Task.due_on < work.today, Task.paused_on.is_(None)).exists())
    return found
