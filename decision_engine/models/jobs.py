"""What waits to be done by the house itself: jobs, finished requests, incidents, calendar notices."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from decision_engine.db import Model, new_id


class Job(Model):
    """A timer (or later another duty of the house). *state*: `PENDING`, `LEASED`, `DONE`, `CANCELLED`, `FAILED`.

    Its end is in the transaction of its effect, so the effect happens once. *provisional*: the due moment
    lies beyond the known calendar and must be confirmed.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_state_due_at", "state", "due_at"),
        Index("ix_job_case_id_state", "case_id", "state"),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    case_id: Mapped[str | None] = mapped_column(ForeignKey("decision_case.id"))
    subject: Mapped[str] = mapped_column(unique=True)  # the waiting timer's id: one job a timer
    element: Mapped[str]
    step: Mapped[str | None]
    period: Mapped[str]  # as written in the diagram
    due_at: Mapped[datetime]
    provisional: Mapped[bool]
    state: Mapped[str]
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]


class FinishedRequest(Model):
    """The answer given to an idempotency key, to be given again."""

    __tablename__ = "finished_request"
    actor_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    body: Mapped[str]
    at: Mapped[datetime]


class Incident(Model):
    """Something an administrator must look at: engine disagreement, damaged state, failed job."""

    __tablename__ = "incident"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    case_id: Mapped[str | None] = mapped_column(ForeignKey("decision_case.id"))
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]]
    resolved_at: Mapped[datetime | None]


class CalendarNotice(Model):
    """A notice that changes the working calendar. *status*: `PROPOSED`, `APPROVED`."""

    __tablename__ = "calendar_notice"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    document_no: Mapped[str] = mapped_column(unique=True)
    issued_on: Mapped[date]
    year: Mapped[int]
    national: Mapped[bool]
    source_url: Mapped[str]
    status: Mapped[str]
    proposed_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    approved_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]


class CalendarDay(Model):
    """What a notice says of one day. *kind*: `holiday`, `in_lieu_off`, `working_weekend`, `local_closure`."""

    __tablename__ = "calendar_day"
    notice_id: Mapped[str] = mapped_column(ForeignKey("calendar_notice.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str]
