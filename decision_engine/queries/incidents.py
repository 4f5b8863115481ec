"""What went wrong and waits to be looked at; and how much waits at all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from decision_engine import access
from decision_engine.models import Case, Incident, Job, Task
from decision_engine.queries.pages import Page
from decision_engine.work import Work


def incidents(work: Work, *, page: int = 1, size: int = 20, resolved: bool | None = None) -> Page[Incident]:
    """Return incidents, newest first: of cases in the actor's organs, and of the house itself.

    Raises `Forbidden` without the right in any organ.
    """
    access.stand_anywhere(work.actor, "incident.read")
    organs = sorted(
        standing.organ_id
        for standing in work.actor.standings
        if standing.roles & access.ACTS["incident.read"]
    )
    here = select(Case.id).where(Case.organ_id.in_(organs))
    wanted = or_(Incident.case_id.is_(None), Incident.case_id.in_(here))
    if resolved is not None:
        wanted = and_(
            wanted, Incident.resolved_at.is_not(None) if resolved else Incident.resolved_at.is_(None)
        )
    total = work.session.scalar(select(func.count()).select_from(Incident).where(wanted)) or 0
    found = work.session.scalars(
        select(Incident)
        .where(wanted)
        .order_by(Incident.at.desc(), Incident.id.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    return Page(list(found), page, size, total)


def how_much_waits(session: Session, now: datetime) -> dict[str, int]:
    """Return counts for those who watch the service: open tasks, jobs waiting, late and failed, open incidents."""
    waiting = Job.state.in_(("PENDING", "LEASED"))

    def count(model: type[Task | Job | Incident | Case], *wanted: object) -> int:
        query = select(func.count()).select_from(model)
        for one in wanted:
            query = query.where(one)  # type: ignore[arg-type]  # columns' comparisons are typed as bool
        return session.scalar(query) or 0

    return {
        "tasks_open": count(Task, Task.status == "OPEN"),
        "cases_running": count(Case, Case.status == "RUNNING"),
        "jobs_pending": count(Job, waiting),
        "jobs_late": count(Job, waiting, Job.due_at < now),
        "jobs_failed": count(Job, Job.state == "FAILED"),
        "incidents_open": count(Incident, Incident.resolved_at.is_(None)),
    }
