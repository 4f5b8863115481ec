"""Enter a year's holiday notice: one person proposes, it is validated, a second person approves (domain.md 11.3)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from decision_engine import access
from decision_engine.calendar import CalendarDay as Day
from decision_engine.calendar import CalendarNotice as Notice
from decision_engine.calendar import NoticeReport, examine_notice
from decision_engine.commands.deadlines import count_anew
from decision_engine.errors import Conflict, Forbidden, InvalidAnswers, NotFound
from decision_engine.language import Text
from decision_engine.models import CalendarDay, CalendarNotice
from decision_engine.work import Work

CHAIN = "calendar"


def propose_notice(work: Work, notice: Notice, days: Sequence[Day]) -> tuple[CalendarNotice, NoticeReport]:
    """Propose a notice; warnings come back with it. Raises `InvalidAnswers` with every error found."""
    work.tries(CHAIN, "calendar.propose")
    standing = access.stand_anywhere(work.actor, "calendar.propose")
    report = examine_notice(notice, days)
    if not report.acceptable:
        raise InvalidAnswers({"days": report.errors})
    if work.session.scalar(select(CalendarNotice.id).where(CalendarNotice.document_no == notice.document_no)):
        raise Conflict(Text("该文号的通知已经录入。", "This notice was entered already."))
    row = CalendarNotice(
        document_no=notice.document_no, issued_on=notice.issued_on, year=notice.year, national=notice.national,
        source_url=notice.source_url, status="PROPOSED", proposed_by=work.actor.person_id,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    work.session.add_all(CalendarDay(notice_id=row.id, day=one.day, kind=one.kind.value) for one in days)
    work.record("calendar.proposed", CHAIN, standing=standing, notice=row.id, document_no=notice.document_no)
    return row, report


def approve_notice(work: Work, notice_id: str) -> CalendarNotice:
    """Put a notice in force and count provisional deadlines anew; never by the person who proposed it."""
    work.tries(CHAIN, "calendar.approve", notice=notice_id)
    standing = access.stand_anywhere(work.actor, "calendar.approve")
    row = work.session.get(CalendarNotice, notice_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.status != "PROPOSED":
        raise Conflict(Text("该通知已经批准。", "This notice is in force already."))
    if row.proposed_by == work.actor.person_id:
        raise Forbidden(Text("须由录入人以外的第二人批准。", "A second person must approve."))
    row.status, row.approved_by, row.approved_at = "APPROVED", work.actor.person_id, work.now
    work.session.flush()
    recounted = count_anew(work, standing, row.id)
    work.record(
        "calendar.approved",
        CHAIN,
        standing=standing,
        notice=row.id,
        document_no=row.document_no,
        recounted=recounted,
    )
    return row
