"""What happened: events, the chains they hang on, and reads of what is not public.

Only `Work.record` writes events; the database refuses to change or delete them. The exact bytes that were
hashed are stored (proof.md 1.5); personal data and answers lie beside, behind a salted commitment (1.6).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from decision_engine.db import Model, new_id


class Chain(Model):
    """The head of a log chain that is no case's: `people`, `definitions`, `calendar` of the house."""

    __tablename__ = "chain"
    id: Mapped[str] = mapped_column(primary_key=True)
    head_seq: Mapped[int] = mapped_column(default=0)
    head_hash: Mapped[str] = mapped_column(default="")


class Event(Model):
    """One act. *chain* is a case id or the name of a `Chain`; *body* are the exact bytes hashed."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("chain", "seq"),
        Index("ix_event_kind_at", "kind", "at"),
        Index("ix_event_actor_id_at", "actor_id", "at"),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    chain: Mapped[str]
    seq: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[str]
    body: Mapped[bytes]
    hash: Mapped[str] = mapped_column(unique=True)


class EventPayload(Model):
    """What an event commits to: actor's name and post, answers, findings. Erasable; the event is not."""

    __tablename__ = "event_payload"
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)
    salt: Mapped[bytes]
    payload: Mapped[bytes]


class AccessEntry(Model):
    """Somebody read something that is not public (F33)."""

    __tablename__ = "access_entry"
    __table_args__ = (Index("ix_access_entry_case_id_at", "case_id", "at"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("decision_case.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    what: Mapped[str]
    at: Mapped[datetime]
