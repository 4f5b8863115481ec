"""督办: open steps by their agreed day, summed up by unit and by person, and which of them urging did not move.

Guarantees: the database filters, counts and cuts; a page costs the same with ten steps as with ten thousand. Lights
speak of the agreed day of handling (办理时限) alone, never of a period of the law (`queries.handling`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true

from decision_engine.calendar import WorkCalendar, start_of_day
from decision_engine.models import Case, Circulation, Organ, Person, Post, Task, Unit, Urging
from decision_engine.queries import handling
from decision_engine.queries.casefile import calendar_of, organ_for_rules
from decision_engine.queries.pages import Page
from decision_engine.queries.people import organs_of
from decision_engine.work import Work

SIZE = 20
MOST = 12
"""Units and persons in a summary, those with most late steps first."""
NOBODY = "-"
"""Stands for "no unit" and "taken up by nobody" in a filter."""
LATE, SOON, STUCK = "late", "soon", "stuck"
VIEWS = (LATE, SOON, STUCK)


@dataclass(frozen=True, slots=True)
class Due:
    """An open step with its light, its case, the unit that leads, who holds it, and how it was urged and reported."""

    task: Task
    case: Case
    standing: handling.Standing
    unit: str | None
    holder: str | None
    urged: int
    reported: bool


@dataclass(frozen=True, slots=True)
class Burden:
    """What a unit or a person (*id*; `NOBODY` where there is none) has: steps *late*, due *soon*, and in all."""

    id: str
    name: str | None
    late: int
    soon: int
    total: int


@dataclass(frozen=True, slots=True)
class Sum:
    """All open steps with an agreed day: *stuck* are late although they were urged before today."""

    late: int
    soon: int
    stuck: int
    total: int


@dataclass(frozen=True, slots=True)
class Overview:
    """A page of steps, the sum, and the burden by unit and by person; the sums do not depend on the filter."""

    found: Page[Due]
    sum: Sum
    units: Sequence[Burden]
    holders: Sequence[Burden]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a *view* of `VIEWS` or all, the lead *unit* and the *holder* by id or `NOBODY`."""

    view: str | None = None
    unit: str | None = None
    holder: str | None = None


def overview(work: Work, wanted: Wanted, *, page: int = 1, size: int = SIZE) -> Overview:
    """Return the steps *wanted*, the earliest agreed day first, and the sums; ten statements."""
    organs = organs_of(work, "supervision.read")
    calendar = calendar_of(work.session)
    warning = _warning(work, organs)
    mine = [Task.status == "OPEN", Task.organ_id.in_(organs), Task.due_on.is_not(None)]
    marks = _Marks.of(work, _last_soon(calendar, work.today, warning))
    listed = [*mine, *marks.filter(wanted)]
    total = (
        work.session.scalar(
            select(func.count()).select_from(Task).join(Case, Case.id == Task.case_id).where(*listed)
        )
        or 0
    )
    rows = work.session.execute(
        select(Task, Case, Unit.name, Person.name)
        .join(Case, Case.id == Task.case_id)
        .outerjoin(Unit, Unit.id == Case.lead_unit_id)
        .outerjoin(Person, Person.id == _HOLDER)
        .where(*listed)
        .order_by(Task.due_on, Task.id)
        .limit(size)
        .offset((page - 1) * size)
    ).all()
    ids = [task.id for task, *_ in rows]
    urged, reported = _urged(work, ids), _reported(work, organs, ids)
    lights: dict[tuple[date | None, bool], handling.Standing] = {}
    for task, *_ in rows:  # many steps share a day, and counting working days is what costs
        key = (task.due_on, task.paused_on is None)
        if key not in lights:
            lights[key] = handling.light(task, work.today, calendar, warning)
    found = [
        Due(
            task,
            one,
            lights[task.due_on, task.paused_on is None],
            unit,
            holder,
            urged.get(task.id, 0),
            task.id in reported,
        )
        for task, one, unit, holder in rows
    ]
    return Overview(
        Page(found, page, size, total),
        _sum(work, mine, marks),
        _burden(work, mine, marks, Case.lead_unit_id, Unit),
        _burden(work, mine, marks, _HOLDER, Person),
    )


def principals(work: Work, organs: Sequence[str]) -> list[str]:
    """Return the ids of who leads one of *organs* today; roles are a JSON list, so they are read here."""
    posts = work.session.execute(
        select(Post.person_id, Post.roles).where(
            Post.organ_id.in_(organs),
            Post.since <= work.today,
            or_(Post.until.is_(None), Post.until >= work.today),
        )
    )
    return sorted({one for one, roles in posts if "principal" in roles})


_HOLDER = func.coalesce(Task.assignee_id, Task.item)


@dataclass(frozen=True, slots=True)
class _Marks:
    late: ColumnElement[bool]
    soon: ColumnElement[bool]
    stuck: ColumnElement[bool]

    @classmethod
    def of(cls, work: Work, last: date) -> _Marks:
        runs = Task.paused_on.is_(None)
        late = and_(Task.due_on < work.today, runs)
        soon = and_(Task.due_on >= work.today, Task.due_on <= last, runs)
        urged = (
            select(Urging.id).where(Urging.task_id == Task.id, Urging.at < start_of_day(work.today)).exists()
        )
        return cls(late, soon, and_(late, urged))

    def filter(self, wanted: Wanted) -> list[ColumnElement[bool]]:
        kept = [{LATE: self.late, SOON: self.soon, STUCK: self.stuck}.get(wanted.view or "", true())]
        for asked, column in ((wanted.unit, Case.lead_unit_id), (wanted.holder, _HOLDER)):
            if asked:
                kept.append(column.is_(None) if asked == NOBODY else column == asked)
        return kept


def _last_soon(calendar: WorkCalendar, today: date, warning: int) -> date:
    """Return the last day that is at most *warning* working days away: the one before the next working day."""
    return calendar.add_working_days(today, warning + 1).day - timedelta(days=1)


def _warning(work: Work, organs: Sequence[str]) -> int:
    organ = work.session.scalar(select(Organ).where(Organ.id.in_(organs)).order_by(Organ.id).limit(1))
    if organ is None:
        return 0
    value = organ_for_rules(organ)
    return handling.warning_days(value, work.today)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _sum(work: Work, mine: Sequence[ColumnElement[bool]], marks: _Marks) -> Sum:
    row = work.session.execute(
        select(_count(marks.late), _count(marks.soon), _count(marks.stuck), func.count())
        .select_from(Task)
        .where(*mine)
    ).one()
    return Sum(*row)


def _burden(
    work: Work, mine: Sequence[ColumnElement[bool]], marks: _Marks, of: Any, owner: type[Unit] | type[Person]
) -> list[Burden]:
    late, soon = _count(marks.late), _count(marks.soon)
    rows = work.session.execute(
        select(of, func.min(owner.name), late, soon, func.count())
        .select_from(Task)
        .join(Case, Case.id == Task.case_id)
        .outerjoin(owner, owner.id == of)
        .where(*mine)
        .group_by(of)
        .order_by(late.desc(), soon.desc(), func.count().desc(), of)
        .limit(MOST)
    )
    return [Burden(one or NOBODY, *rest) for one, *rest in rows]


def _urged(work: Work, tasks: Sequence[str]) -> dict[str, int]:
    rows = work.session.execute(
        select(Urging.task_id, func.count()).where(Urging.task_id.in_(tasks)).group_by(Urging.task_id)
    )
    return {task: count for task, count in rows}  # noqa: C416  rows are no plain pairs


def _reported(work: Work, organs: Sequence[str], tasks: Sequence[str]) -> frozenset[str | None]:
    """Return which of *tasks* a leader was told of: the copy stands and names the step."""
    return frozenset(
        work.session.scalars(
            select(Circulation.task_id).where(
                Circulation.task_id.in_(tasks),
                Circulation.to_id.in_(principals(work, organs)),
                Circulation.withdrawn_at.is_(None),
            )
        )
    )
