"""The desk of an official (工作台): what waits with its light, what one did, what was finished, and how many of each.

A fixed number of statements, whatever the history: lists are cut into pages, counts are counted by the database.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, select

from decision_engine.calendar import start_of_day
from decision_engine.models import Case, Circulation, Countersign, Organ, Person, Task, Urging
from decision_engine.models.cases import MEETING_ITEM
from decision_engine.queries import handling, tasks
from decision_engine.queries.casefile import calendar_of, organ_for_rules
from decision_engine.queries.pages import Page
from decision_engine.work import Work

SIZE = 20
LAST = 100_000
"""The furthest page anybody may ask for."""


@dataclass(frozen=True, slots=True)
class Item:
    """A step on a list: its case, its light, and who handed the case on."""

    task: Task
    case: Case
    standing: handling.Standing
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many each tab holds."""

    todo: int
    done: int
    finished: int
    copies: int
    urged: int


@dataclass(frozen=True, slots=True)
class Tiles:
    """Figures above the list: steps past their day, steps due soon, views wanted, cases finished this month."""

    late: int
    soon: int
    views: int
    finished: int


def waiting(work: Work, *, page: int = 1, size: int = SIZE) -> Page[Item]:
    """Return the steps the actor holds or could take up: the latest red first, then yellow, then green."""
    wanted = and_(Task.status == "OPEN", tasks.mine_or_open(work))
    total = work.session.scalar(select(func.count()).select_from(Task).join(Case).where(wanted)) or 0
    rests = case((Task.paused_on.is_not(None), 1), (Task.due_on.is_(None), 1), else_=0)
    rows = work.session.execute(
        select(Task, Case)
        .join(Case, Case.id == Task.case_id)
        .where(wanted)
        .order_by(rests, Task.due_on, Task.opened_at, Task.id)
        .limit(size)
        .offset((page - 1) * size)
    ).all()
    calendar, warning = calendar_of(work.session), _warning(work)
    senders = _senders(work, [task.case_id for task, _ in rows])
    items = [
        Item(task, one, handling.light(task, work.today, calendar, warning), senders.get(task.case_id))
        for task, one in rows
    ]
    return Page(items, page, size, total)


def done_by_me(work: Work, *, page: int = 1, size: int = SIZE) -> Page[Item]:
    """Return the steps the actor completed, the newest first."""
    wanted = and_(Task.status == "DONE", Task.closed_by == work.actor.person_id)
    total = work.session.scalar(select(func.count()).select_from(Task).where(wanted)) or 0
    rows = work.session.execute(
        select(Task, Case)
        .join(Case, Case.id == Task.case_id)
        .where(wanted)
        .order_by(Task.closed_at.desc(), Task.id)
        .limit(size)
        .offset((page - 1) * size)
    )
    nothing = handling.Standing(handling.Light.GREY, handling.DONE)
    return Page([Item(task, one, nothing) for task, one in rows], page, size, total)


def finished(work: Work, *, page: int = 1, size: int = SIZE) -> Page[Case]:
    """Return the cases that ended in which the actor did a step, the newest first."""
    wanted = _finished(work)
    total = work.session.scalar(select(func.count()).select_from(Case).where(wanted)) or 0
    rows = work.session.scalars(
        select(Case)
        .where(wanted)
        .order_by(Case.ended_at.desc(), Case.id)
        .limit(size)
        .offset((page - 1) * size)
    )
    return Page(list(rows), page, size, total)


def counts(work: Work) -> Counts:
    """Return how many each tab holds; five small statements."""
    me = work.actor.person_id
    count = work.session.scalar
    return Counts(
        todo=count(
            select(func.count()).select_from(Task).join(Case).where(Task.status == "OPEN", tasks.mine_or_open(work))
        ) or 0,
        done=count(select(func.count()).select_from(Task).where(Task.status == "DONE", Task.closed_by == me)) or 0,
        finished=count(select(func.count()).select_from(Case).where(_finished(work))) or 0,
        copies=count(
            select(func.count()).select_from(Circulation).where(
                Circulation.to_id == me, Circulation.withdrawn_at.is_(None)
            )
        ) or 0,
        urged=count(
            select(func.count()).select_from(Urging).join(Task, Task.id == Urging.task_id).where(
                Task.status == "OPEN", (Task.assignee_id == me) | (Task.item == me)
            )
        ) or 0,
    )  # fmt: skip


def tiles(work: Work) -> Tiles:
    """Return the figures above the list; four small statements."""
    mine = and_(Task.status == "OPEN", Task.paused_on.is_(None), tasks.mine_or_open(work))
    calendar = calendar_of(work.session)
    last = calendar.add_working_days(work.today, _warning(work)).day
    late, soon = work.session.execute(
        select(
            func.sum(case((Task.due_on < work.today, 1), else_=0)),
            func.sum(case((and_(Task.due_on >= work.today, Task.due_on <= last), 1), else_=0)),
        )
        .select_from(Task)
        .join(Case)
        .where(mine)
    ).one()
    views = work.session.scalar(
        select(func.count()).select_from(Countersign).join(Task, Task.id == Countersign.task_id).where(
            Countersign.person_id == work.actor.person_id, Countersign.answered_at.is_(None),
            Countersign.withdrawn_at.is_(None), Task.status == "OPEN",
        )
    ) or 0  # fmt: skip
    month = start_of_day(work.today.replace(day=1))
    ended = work.session.scalar(
        select(func.count()).select_from(Case).where(_finished(work), Case.ended_at >= month)
    )
    return Tiles(late or 0, soon or 0, views, ended or 0)


def _finished(work: Work) -> ColumnElement[bool]:
    mine = select(Task.case_id).where(Task.closed_by == work.actor.person_id)
    return and_(Case.status == "ENDED", Case.kind != MEETING_ITEM, Case.id.in_(mine))


def _warning(work: Work) -> int:
    organ_id = next((one.organ_id for one in work.actor.standings), None)
    organ = work.session.get(Organ, organ_id) if organ_id else None
    if organ is None:
        return 3
    return handling.warning_days(organ_for_rules(organ), work.today)


def _senders(work: Work, case_ids: list[str]) -> dict[str, str]:
    """Return who did the step before, by case: the newest step done in each."""
    if not case_ids:
        return {}
    newest = (
        select(Task.case_id, func.max(Task.closed_at).label("at"))
        .where(Task.case_id.in_(set(case_ids)), Task.status == "DONE")
        .group_by(Task.case_id)
        .subquery()
    )
    rows = work.session.execute(
        select(Task.case_id, Person.name)
        .join(newest, and_(newest.c.case_id == Task.case_id, newest.c.at == Task.closed_at))
        .join(Person, Person.id == Task.closed_by)
    )
    return {row[0]: row[1] for row in rows}
