"""What happened: events, the chains they hang on, the tree over them, and reads of what is not public.

Only `Work.record` writes events; the database refuses to change or delete them. The exact bytes that were
hashed are stored (proof.md 1.5); personal data and answers lie beside, behind a salted commitment (1.6).
Every event waits as a `PendingEvent` until a sequencer makes it a `Leaf` of the one tree.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from decision_engine.db import Model, new_id

LARGE = BigInteger().with_variant(Integer(), "sqlite")


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
    signature: Mapped[bytes | None]  # none under events from before the service had a key


class EventPayload(Model):
    """What an event commits to: actor's name and post, answers, findings. Erasable; the event is not."""

    __tablename__ = "event_payload"
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)
    salt: Mapped[bytes]
    payload: Mapped[bytes]


class AccessEntry(Model):
    """Somebody read something that is not public (F33). The event says the same, and is in the tree."""

    __tablename__ = "access_entry"
    __table_args__ = (Index("ix_access_entry_case_id_at", "case_id", "at"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("decision_case.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    what: Mapped[str]
    at: Mapped[datetime]
    event_id: Mapped[str | None]  # none for readings from before


class SigningKey(Model):
    """A key the service signs or signed events with, by its raw *public_key*. Never deleted; *until* is set once."""

    __tablename__ = "signing_key"
    id: Mapped[str] = mapped_column(primary_key=True)
    public_key: Mapped[bytes]
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class PendingEvent(Model):
    """An event that is not in the tree yet. Written with the event, taken away by the sequencer."""

    __tablename__ = "pending_event"
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)


class Leaf(Model):
    """The place of an event in the tree: leaf number *idx* from 0, without gaps; *hash* has 32 bytes."""

    __tablename__ = "leaf"
    idx: Mapped[int] = mapped_column(LARGE, primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), unique=True)
    hash: Mapped[bytes]


class Tile(Model):
    """Up to 256 neighbouring hashes of one level of the tree (C2SP tlog-tiles). It only grows at its end."""

    __tablename__ = "tile"
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    idx: Mapped[int] = mapped_column(LARGE, primary_key=True, autoincrement=False)
    width: Mapped[int]  # hashes in it, 1 to 256
    data: Mapped[bytes]


class LogHead(Model):
    """The one row the sequencers queue for: *size* and *root* of the tree, and when it last grew."""

    __tablename__ = "log_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(LARGE)
    root: Mapped[bytes]
    at: Mapped[datetime | None]


class Checkpoint(Model):
    """A signed note about the tree of *size* leaves (C2SP tlog-checkpoint), as the notary published it."""

    __tablename__ = "checkpoint"
    size: Mapped[int] = mapped_column(LARGE, primary_key=True, autoincrement=False)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
