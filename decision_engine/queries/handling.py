"""How the steps of the day stand: lights, views asked for, copies, urging, and the counts of the worklist's tabs.

A light says how the agreed day of handling (办理时限) stands, never a period of the law: red past it, yellow within
the days of warning, green before, grey where it rests or none was agreed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, Subquery, func, select

from decision_engine import rules
from decision_engine.calendar import WorkCalendar
from decision_engine.language import Text
from decision_engine.models import Case, Circulation, Countersign, Organ, Person, Preference, Task, Urging
from decision_engine.queries.casefile import calendar_of, organ_for_rules
from decision_engine.work import Work


class Light(StrEnum):
    """How a step stands against its agreed day."""

    RED = "RED"
    YELLOW = "YELLOW"
    GREEN = "GREEN"
    GREY = "GREY"


DONE = Text("已办结", "done")


@dataclass(frozen=True, slots=True)
class Standing:
    """A light with its word; *days*: working days left (negative: past; 0 while none has passed)."""

    light: Light
    word: Text
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A view that was asked for, with who asked whom."""

    countersign: Countersign
    task: Task
    case: Case
    asker: str
    asked: str


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy, with its case and who sent it to whom."""

    copy: Circulation
    case: Case
    sender: str
    receiver: str


@dataclass(frozen=True, slots=True)
class Urged:
    """A reminder, with its step, its case and who urged."""

    urging: Urging
    task: Task
    case: Case
    by: str


PAST = Text("已过办理期限", "past its day")
"""Said of a step whose day is over when no working day has passed since."""


def light(task: Task, today: date, calendar: WorkCalendar, warning: int) -> Standing:
    """Return how *task* stands on *today*; *warning* working days before its agreed day it turns yellow."""
    if task.due_on is None:
        return Standing(Light.GREY, Text("未约定时限", "no agreed day"))
    if task.paused_on is not None:
        return Standing(Light.GREY, Text("暂停计时", "time rests"))
    if today > task.due_on:
        late = calendar.working_days_between(task.due_on, today).days
        word = Text(f"超期 {late} 个工作日", f"{late} working day(s) late") if late else PAST
        return Standing(Light.RED, word, -late)
    left = calendar.working_days_between(today, task.due_on).days
    word = Text(f"还剩 {left} 个工作日", f"{left} working day(s) left")
    return Standing(Light.YELLOW if left <= warning else Light.GREEN, word, left)


def warning_days(organ: rules.Organ, today: date) -> int:
    """Return from how many working days before the agreed day a step is shown as due soon."""
    return rules.period("handling_warning_days", organ, today).amount


def views_wanted(work: Work) -> Sequence[Asked]:
    """Return the views the actor was asked for and has not given, longest waiting first; one statement."""
    return _asked(work, *_wanted_of(work))


def views_on(work: Work, task_id: str) -> Sequence[Asked]:
    """Return every view asked for on a step, oldest first; one statement."""
    return _asked(work, Countersign.task_id == task_id)


def copies(work: Work, *, unread: bool = False) -> Sequence[Copied]:
    """Return the copies sent to the actor, newest first; at most 200; one statement."""
    sender, receiver = _people("sender"), _people("receiver")
    wanted = _unread_by(work) if unread else _sent_to(work)
    rows = work.session.execute(
        select(Circulation, Case, sender.c.name, receiver.c.name)
        .join(Case, Case.id == Circulation.case_id)
        .join(sender, sender.c.id == Circulation.from_id)
        .join(receiver, receiver.c.id == Circulation.to_id)
        .where(*wanted)
        .order_by(Circulation.sent_at.desc(), Circulation.id)
        .limit(200)
    )
    return [Copied(*row) for row in rows]


def urgings(work: Work) -> Sequence[Urged]:
    """Return the reminders about open steps the actor holds, newest first; at most 200; one statement."""
    rows = work.session.execute(
        select(Urging, Task, Case, Person.name)
        .join(Task, Task.id == Urging.task_id)
        .join(Case, Case.id == Urging.case_id)
        .join(Person, Person.id == Urging.by_id)
        .where(*_urged(work))
        .order_by(Urging.at.desc(), Urging.id)
        .limit(200)
    )
    return [Urged(*row) for row in rows]


def unread(work: Work) -> int:
    """Return how many messages wait for the actor: views asked for, copies, reminders; one statement."""
    asked = (
        select(func.count())
        .select_from(Countersign)
        .join(Task, Task.id == Countersign.task_id)
        .where(*_wanted_of(work))
    )
    copied = select(func.count()).select_from(Circulation).where(*_unread_by(work))
    seen = (
        select(Preference.inbox_seen_at).where(Preference.person_id == work.actor.person_id).scalar_subquery()
    )
    urged = (
        select(func.count())
        .select_from(Urging)
        .join(Task, Task.id == Urging.task_id)
        .where(*_urged(work), seen.is_(None) | (Urging.at > seen))
    )
    counted = (asked.scalar_subquery(), copied.scalar_subquery(), urged.scalar_subquery())
    return sum(work.session.execute(select(*counted)).one())


def _wanted_of(work: Work) -> tuple[ColumnElement[bool], ...]:
    return (
        Countersign.person_id == work.actor.person_id,
        Countersign.answered_at.is_(None),
        Countersign.withdrawn_at.is_(None),
        Task.status == "OPEN",
    )


def _sent_to(work: Work) -> tuple[ColumnElement[bool], ...]:
    return (Circulation.to_id == work.actor.person_id, Circulation.withdrawn_at.is_(None))


def _unread_by(work: Work) -> tuple[ColumnElement[bool], ...]:
    return (*_sent_to(work), Circulation.read_at.is_(None))


def _urged(work: Work) -> tuple[ColumnElement[bool], ...]:
    return (Task.status == "OPEN", _mine(work))


def _mine(work: Work) -> ColumnElement[bool]:
    return (Task.assignee_id == work.actor.person_id) | (Task.item == work.actor.person_id)


def _people(name: str) -> Subquery:
    return select(Person.id, Person.name).subquery(name)


def _asked(work: Work, *wanted: ColumnElement[bool]) -> Sequence[Asked]:
    asker, asked = _people("asker"), _people("asked")
    rows = work.session.execute(
        select(Countersign, Task, Case, asker.c.name, asked.c.name)
        .join(Task, Task.id == Countersign.task_id)
        .join(Case, Case.id == Countersign.case_id)
        .join(asker, asker.c.id == Countersign.asked_by)
        .join(asked, asked.c.id == Countersign.person_id)
        .where(*wanted)
        .order_by(Countersign.asked_at, Countersign.id)
        .limit(200)
    )
    return [Asked(*row) for row in rows]


def lights(work: Work, waiting: Sequence[Task]) -> dict[str, Standing]:
    """Return the light of each of *waiting*, by its id."""
    if not waiting:
        return {}
    organ = work.session.get_one(Organ, waiting[0].organ_id)
    value = organ_for_rules(organ)
    calendar, warning = calendar_of(work.session), warning_days(value, work.today)
    return {task.id: light(task, work.today, calendar, warning) for task in waiting}
