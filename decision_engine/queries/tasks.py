"""What waits, and for whom: the worklist, one task."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from decision_engine.access import LEAD_UNIT_ROLES, PERSONAL, Standing
from decision_engine.errors import NotFound
from decision_engine.models import Case, Person, Task
from decision_engine.queries.pages import Page
from decision_engine.work import Work


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task with its case, as a worklist shows it."""

    task: Task
    case: Case


@dataclass(frozen=True, slots=True)
class Finished:
    """A step that was done, and by whom."""

    task: Task
    by: str


def worklist(
    work: Work,
    *,
    page: int = 1,
    size: int = 20,
    scope: str = "all",
    step: str | None = None,
    case_id: str | None = None,
) -> Page[Waiting]:
    """Return the open tasks the actor holds or could take up today, longest waiting first; two statements.

    *scope*: `mine` (held only), `claimable` (not yet held), or `all` of both.
    """
    whose = {"mine": _held(work), "claimable": _open_to(work)}.get(scope)
    wanted = [Task.status == "OPEN", mine_or_open(work) if whose is None else whose]
    if step is not None:
        wanted.append(Task.step == step)
    if case_id is not None:
        wanted.append(Task.case_id == case_id)
    return _page(work, and_(*wanted), page, size)


def tasks_of_case(
    work: Work, case_id: str, *, status: str | None = None, page: int = 1, size: int = 50
) -> Page[Waiting]:
    """Return the tasks of one case, oldest first."""
    wanted: ColumnElement[bool] = Task.case_id == case_id
    if status is not None:
        wanted = and_(wanted, Task.status == status)
    return _page(work, wanted, page, size)


def done_last(work: Work, case_id: str, most: int = 8) -> list[Finished]:
    """Return the steps of a case done last, the newest first, each with who did it; one statement."""
    rows = work.session.execute(
        select(Task, Person.name)
        .join(Person, Person.id == Task.closed_by)
        .where(Task.case_id == case_id, Task.status == "DONE")
        .order_by(Task.closed_at.desc(), Task.id)
        .limit(most)
    )
    return [Finished(task, name) for task, name in rows]


def one_task(work: Work, task_id: str) -> Waiting:
    """Return one task with its case. Raises `NotFound`, also for a stranger to its organ."""
    row = work.session.execute(
        select(Task, Case).join(Case, Case.id == Task.case_id).where(Task.id == task_id)
    ).one_or_none()
    if row is None or not work.actor.in_organ(row[0].organ_id):
        raise NotFound
    return Waiting(row[0], row[1])


def mine_or_open(work: Work) -> ColumnElement[bool]:
    """Return the predicate of what the actor holds or could take up; for statements over `Task` joined to `Case`."""
    return or_(_held(work), _open_to(work))


def _page(work: Work, wanted: ColumnElement[bool], page: int, size: int) -> Page[Waiting]:
    total = work.session.scalar(select(func.count()).select_from(Task).join(Case).where(wanted)) or 0
    rows = work.session.execute(
        select(Task, Case)
        .join(Case, Case.id == Task.case_id)
        .where(wanted)
        .order_by(Task.opened_at, Task.id)
        .limit(size)
        .offset((page - 1) * size)
    )
    return Page([Waiting(task, case) for task, case in rows], page, size, total)


def _held(work: Work) -> ColumnElement[bool]:
    return or_(Task.assignee_id == work.actor.person_id, Task.item == work.actor.person_id)


def _open_to(work: Work) -> ColumnElement[bool]:
    """The predicate twin of `access.stand_for_duty`: unclaimed, of a role the actor stands in."""
    ways = [_through(standing) for standing in work.actor.standings if "auditor" not in standing.roles]
    if not ways:
        return false()
    return and_(Task.assignee_id.is_(None), Task.item.is_(None), or_(*ways))


def _through(standing: Standing) -> ColumnElement[bool]:
    here = Task.organ_id == standing.organ_id
    fits: ColumnElement[bool] = Task.role.in_(sorted(standing.roles))
    if standing.on_behalf_of is not None:
        fits = and_(fits, or_(Task.step.is_(None), Task.step.not_in(sorted(PERSONAL))))
    if standing.unit_id is None:
        return and_(here, fits)
    return and_(
        here,
        fits,
        or_(
            Task.role.not_in(sorted(LEAD_UNIT_ROLES)),
            Case.lead_unit_id.is_(None),
            Case.lead_unit_id == standing.unit_id,
        ),
    )
