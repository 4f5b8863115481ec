"""How long each step took and who held it (F35, R-ACC-09): from the log alone, with the entries that prove it.

A step is held by the person who took it up; before that, by the role it waits for. Days are working days as the law
counts them (the first day is not counted), by the calendar in force today. Long is longer than `idle_days` allows;
that is a line of attention, not a finding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from decision_engine import rules
from decision_engine.calendar import WorkCalendar, local_day
from decision_engine.language import Text
from decision_engine.queries.accountability import Evidence
from decision_engine.queries.chronicle import Act, Chronicle
from decision_engine.queries.trail import act_name

HOLDING = frozenset({"task.claimed", "task.returned", "task.transferred", "task.transfer.withdrawn"})


@dataclass(frozen=True, slots=True)
class Hold:
    """A stretch of a step in one hand. Without *person_id* nobody had taken it up and *role* was waited for."""

    person_id: str | None
    person: str | None
    role: str | None
    since: datetime
    until: datetime
    working_days: int
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class StepTime:
    """A step from the moment it waited until it was done, fell away, or now (*open*)."""

    step: str | None
    element: str
    name: Text
    opened_at: datetime
    closed_at: datetime | None
    outcome: str
    working_days: int
    days: int
    long: bool
    holds: tuple[Hold, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class HolderTime:
    """What one person held in all: *steps* taken up, working days in hand, and how many of them were long."""

    person_id: str
    person: str | None
    steps: int
    working_days: int
    long: int


@dataclass(slots=True)
class _Waiting:
    element: str
    opened: Act
    marks: list[tuple[datetime, str | None, Evidence]]


def step_times(log: Chronicle) -> tuple[StepTime, ...]:
    """Return every step of the case in the order in which they began to wait."""
    waiting: dict[str, _Waiting] = {}
    done: list[tuple[_Waiting, str, Act | None]] = []
    for act in log.acts:
        _hold(waiting, act)
        if "next" not in act.body:
            continue
        if act.task is not None and act.task in waiting:
            done.append((waiting.pop(act.task), "DONE", act))
        now_ready = dict(act.body["next"])
        fallen = [one for one in waiting if one not in now_ready]
        done += [(waiting.pop(task), "CANCELLED", act) for task in fallen]
        for task, element in now_ready.items():
            if task not in waiting:
                waiting[task] = _Waiting(element, act, [(act.at, None, act.evidence)])
    done += [(one, "OPEN", None) for one in waiting.values()]
    done.sort(key=lambda one: one[0].opened.evidence.seq)
    return tuple(_timed(log, one, outcome, closed) for one, outcome, closed in done)


def by_holder(log: Chronicle, steps: Iterable[StepTime]) -> tuple[HolderTime, ...]:
    """Return how long each person held steps, longest first."""
    held: defaultdict[str, list[Hold]] = defaultdict(list)
    taken: defaultdict[str, list[StepTime]] = defaultdict(list)
    for step in steps:
        for hold in step.holds:
            if hold.person_id is not None:
                held[hold.person_id].append(hold)
        for person in {hold.person_id for hold in step.holds} - {None}:
            taken[str(person)].append(step)
    found = [
        HolderTime(
            person_id=person,
            person=log.names.get(person),
            steps=len(taken[person]),
            working_days=sum(hold.working_days for hold in stretches),
            long=sum(step.long for step in taken[person]),
        )
        for person, stretches in held.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.working_days, one.person_id)))


def _hold(waiting: dict[str, _Waiting], act: Act) -> None:
    one = waiting.get(act.task or "")
    if one is None or act.kind not in HOLDING:
        return
    holder = {"task.claimed": act.person_id, "task.transferred": act.body.get("to")}.get(act.kind)
    one.marks.append((act.at, holder, act.evidence))


def _timed(log: Chronicle, one: _Waiting, outcome: str, closed: Act | None) -> StepTime:
    end = closed.at if closed is not None else log.now
    drawn = log.diagram.elements.get(one.element)
    marks = list(one.marks)
    if outcome == "DONE" and closed is not None and marks[-1][1] is None:
        marks.append((closed.at, closed.person_id, closed.evidence))  # done without being taken up before
    days = (local_day(end) - local_day(one.opened.at)).days
    step, name = (drawn.step, drawn.name) if drawn else (None, one.element)
    return StepTime(
        step=step,
        element=one.element,
        name=act_name({"step": step}, {}) if step else Text(name, name),
        opened_at=one.opened.at,
        closed_at=closed.at if closed is not None else None,
        outcome=outcome,
        working_days=_working(log.calendar, one.opened.at, end),
        days=days,
        long=days > rules.period("idle_days", log.organ, local_day(end)).amount,
        holds=_holds(log, marks, end, drawn.role if drawn else None),
        evidence=(one.opened.evidence, *([closed.evidence] if closed is not None else [])),
    )


def _holds(
    log: Chronicle, marks: Sequence[tuple[datetime, str | None, Evidence]], end: datetime, role: str | None
) -> tuple[Hold, ...]:
    untils = [at for at, _, _ in marks[1:]] + [end]
    return tuple(
        Hold(
            person_id=holder,
            person=log.names.get(holder) if holder else None,
            role=role,
            since=at,
            until=until,
            working_days=_working(log.calendar, at, until),
            evidence=evidence,
        )
        for (at, holder, evidence), until in zip(marks, untils, strict=True)
    )


def _working(calendar: WorkCalendar, since: datetime, until: datetime) -> int:
    return calendar.working_days_between(local_day(since), local_day(until)).days
