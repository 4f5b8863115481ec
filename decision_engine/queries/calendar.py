"""Which notices change the working calendar, and whose periods are asked for."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from decision_engine import rules
from decision_engine.errors import NotFound
from decision_engine.models import CalendarDay, CalendarNotice, Organ
from decision_engine.queries.casefile import organ_for_rules
from decision_engine.work import Work


def notices(session: Session) -> list[CalendarNotice]:
    """Return every notice entered, newest year first."""
    return list(
        session.scalars(
            select(CalendarNotice).order_by(CalendarNotice.year.desc(), CalendarNotice.document_no)
        )
    )


def days_of(session: Session, notice_id: str) -> list[CalendarDay]:
    """Return what a notice says of each day, in order."""
    wanted = select(CalendarDay).where(CalendarDay.notice_id == notice_id).order_by(CalendarDay.day)
    return list(session.scalars(wanted))


def organ_of(work: Work, organ_id: str | None) -> rules.Organ:
    """Return the organ whose periods count: the nation's without *organ_id*. Raises `NotFound` for a stranger."""
    if organ_id is None:
        return rules.Organ()
    if not work.actor.in_organ(organ_id):
        raise NotFound
    organ = work.session.get_one(Organ, organ_id)
    return organ_for_rules(organ)
