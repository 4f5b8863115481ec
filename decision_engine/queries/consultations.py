"""What the public may see and comment on: the notice as published, its draft and explanation, its deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from decision_engine.calendar import end_of_day
from decision_engine.models import Case, Comment, Document, DocumentVersion, Organ, Record
from decision_engine.queries.casefile import as_fact
from decision_engine.queries.pages import Page


@dataclass(frozen=True, slots=True)
class Consultation:
    """A published notice. *closes_at* is the end of its last day; *feedback* the published result, if any."""

    case_id: str
    organ_id: str
    organ: str
    title: str
    notice: dict[str, Any]
    published_at: datetime
    deadline: date
    closes_at: datetime
    open: bool
    feedback: dict[str, Any] | None


def consultation(session: Session, case_id: str, now: datetime) -> Consultation | None:
    """Return the newest published notice of *case_id*, or None when there is none."""
    found = _consultations(session, now, case_id)
    return found[0] if found else None


def consultations(session: Session, now: datetime) -> list[Consultation]:
    """Return the newest published notice of every case, those still open first."""
    return sorted(
        _consultations(session, now, None), key=lambda one: (not one.open, -one.closes_at.timestamp())
    )


def comments_of(session: Session, case_id: str, *, page: int = 1, size: int = 50) -> Page[Comment]:
    """Return the comments on *case_id* in the order in which they came; contacts stay where they are."""
    total = session.scalar(select(func.count()).select_from(Comment).where(Comment.case_id == case_id)) or 0
    found = session.scalars(
        select(Comment)
        .where(Comment.case_id == case_id)
        .order_by(Comment.at, Comment.id)
        .limit(size)
        .offset((page - 1) * size)
    )
    return Page(list(found), page, size, total)


def public_papers(session: Session, case_id: str) -> list[tuple[Document, DocumentVersion]]:
    """Return the public documents of *case_id*, each with its newest version, oldest document first."""
    rows = session.execute(
        select(Document, DocumentVersion)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .where(Document.case_id == case_id, Document.public.is_(True))
        .order_by(Document.created_at, Document.id, DocumentVersion.number)
    )
    newest = {paper.id: (paper, version) for paper, version in rows}
    return list(newest.values())


def _consultations(session: Session, now: datetime, case_id: str | None) -> list[Consultation]:
    query = (
        select(Record, Case, Organ)
        .join(Case, Case.id == Record.case_id)
        .join(Organ, Organ.id == Case.organ_id)
        .where(Record.kind.in_(("publish_notice", "publish_feedback")))
        .order_by(Record.case_id, Record.seq)
    )
    if case_id is not None:
        query = query.where(Record.case_id == case_id)
    notices: dict[str, tuple[Record, Case, Organ]] = {}
    feedback: dict[str, Record] = {}
    for record, case, organ in session.execute(query):
        if record.kind == "publish_notice":
            notices[case.id] = (record, case, organ)
            feedback.pop(case.id, None)
        else:
            feedback[case.id] = record
    return [_consultation(*row, feedback.get(key), now) for key, row in notices.items()]


def _consultation(
    record: Record, case: Case, organ: Organ, feedback: Record | None, now: datetime
) -> Consultation:
    deadline = as_fact(record).day("deadline") or record.at.date()
    closes_at = end_of_day(deadline)
    return Consultation(
        case_id=case.id, organ_id=organ.id, organ=organ.name, title=case.title, notice=record.data,
        published_at=record.at,
        deadline=deadline, closes_at=closes_at, open=now < closes_at,
        feedback=feedback.data if feedback is not None else None,
    )  # fmt: skip
