"""How a step is handled between people: countersigning (加签), copies (抄送), urging (催办).

None of these moves a case, and none changes who must do a step: they say who was asked, told, or reminded. What was
asked and answered stays; a withdrawal is a mark on the row and an event of its own.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from decision_engine.db import Model, new_id


class Countersign(Model):
    """Somebody is asked for a view before the holder completes a step (加签).

    *entry* is the record of the case file that holds the answer.
    """

    __tablename__ = "countersign"
    __table_args__ = (
        Index("ix_countersign_person_id_answered_at", "person_id", "answered_at"),
        Index("ix_countersign_task_id", "task_id"),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    task_id: Mapped[str] = mapped_column(ForeignKey("task.id"))
    case_id: Mapped[str] = mapped_column(ForeignKey("decision_case.id"))
    asked_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    question: Mapped[str]
    asked_at: Mapped[datetime]
    stance: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    entry: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]


class Circulation(Model):
    """A case is brought to somebody's notice (抄送); *read_at* is the receipt (已阅)."""

    __tablename__ = "circulation"
    __table_args__ = (Index("ix_circulation_to_id_read_at", "to_id", "read_at"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("decision_case.id"), index=True)
    task_id: Mapped[str | None] = mapped_column(ForeignKey("task.id"))
    from_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    to_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str]
    sent_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class Urging(Model):
    """Somebody entitled reminded whoever does a step (催办); never taken back."""

    __tablename__ = "urging"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    task_id: Mapped[str] = mapped_column(ForeignKey("task.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("decision_case.id"))
    by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str]
    at: Mapped[datetime]
