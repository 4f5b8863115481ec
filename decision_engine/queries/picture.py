"""The diagram of a case and where the case stands in it, for whoever draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from decision_engine.models import Case, Event, Job, Task
from decision_engine.queries import definitions
from decision_engine.queries.replay import STEPS
from decision_engine.queries.trail import element_names, read
from decision_engine.work import Work


@dataclass(frozen=True, slots=True)
class OpenElement:
    """An element at which *count* tasks wait, the oldest *since*."""

    element: str
    name: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class PassedElement:
    """An element that was passed *times* times, last at *last_at*."""

    element: str
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingTimer:
    """A timer that waits; *provisional* when its day lies beyond the announced calendar."""

    element: str
    step: str | None
    due_at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """The exact XML of each file, and the state of the case in it."""

    definition: str
    files: Mapping[str, str]
    open: tuple[OpenElement, ...]
    passed: tuple[PassedElement, ...]
    timers: tuple[WaitingTimer, ...]
    status: str
    ended_at: datetime | None
    ending: str | None


def of_case(work: Work, case: Case) -> Picture:
    """Return the diagram of *case* with what is open, passed and waited for."""
    files = definitions.files_of(work.session, case.definition_hash)
    names = element_names(work.session, case.definition_hash)
    waiting = work.session.execute(
        select(Task.element, func.count(), func.min(Task.opened_at))
        .where(Task.case_id == case.id, Task.status == "OPEN")
        .group_by(Task.element)
    ).all()
    timers = work.session.scalars(
        select(Job).where(Job.case_id == case.id, Job.state.in_(("PENDING", "LEASED"))).order_by(Job.due_at)
    )
    return Picture(
        definition=case.definition_hash,
        files={name: content.decode() for name, content in files.items()},
        open=tuple(
            OpenElement(element, names.get(element, element), count, since)
            for element, count, since in waiting
        ),
        passed=_passed(work, case),
        timers=tuple(WaitingTimer(job.element, job.step, job.due_at, job.provisional) for job in timers),
        status=case.status,
        ended_at=case.ended_at,
        ending=case.ending,
    )


def _passed(work: Work, case: Case) -> tuple[PassedElement, ...]:
    """Return what the log says the case passed: every move names its elements, gateways and events too."""
    moves = work.session.execute(
        select(Event.at, Event.body).where(Event.chain == case.id, Event.kind.in_(STEPS)).order_by(Event.seq)
    )
    passed: dict[str, PassedElement] = {}
    for at, raw in moves:
        for element in read(raw).get("passed", ()):
            before = passed.get(element)
            passed[element] = PassedElement(element, before.times + 1 if before else 1, at)
    return tuple(passed.values())
