"""What is decided: definitions, cases, tasks, the case file, documents, comments.

The case row carries the flow's state (bytes, never JSON: engine.md 2.3), its version, and the head of its
log chain, so that one row lock guards all three. Records and document versions are append-only.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from decision_engine.db import Model, new_id


class Definition(Model):
    """A deployed procedure: all files of one deployment under one content hash.

    *status*: `PROPOSED` (waits for a second person), `DEPLOYED`, `REFUSED`. Running cases stay on theirs.
    """

    __tablename__ = "definition"
    __table_args__ = (UniqueConstraint("process", "version"),)
    hash: Mapped[str] = mapped_column(primary_key=True)
    process: Mapped[str]
    name: Mapped[str]
    profile: Mapped[str | None]
    version: Mapped[int] = mapped_column()
    status: Mapped[str]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))


class DefinitionFile(Model):
    """The exact bytes of one file of a deployment."""

    __tablename__ = "definition_file"
    definition_hash: Mapped[str] = mapped_column(ForeignKey("definition.hash"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes]


MEETING_ITEM = "MEETING_ITEM"
MEETING_ITEMS_FROM = 100_000
"""Numbers above it are the meeting items' own series, so that they take none of the decisions' numbers."""


class Case(Model):
    """A decision matter on its way. *status*: `RUNNING`, `ENDED`, `SUSPENDED` (execution stopped by art. 37).

    *kind*: `DECISION` (a major administrative decision), or `MEETING_ITEM`: a matter that only a meeting decides
    (personnel, large funds, projects), which no list of decisions shows.
    """

    __tablename__ = "decision_case"
    __table_args__ = (UniqueConstraint("organ_id", "year", "number"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organ_id: Mapped[str] = mapped_column(ForeignKey("organ.id"))
    kind: Mapped[str] = mapped_column(default="DECISION", server_default="DECISION")
    year: Mapped[int]
    number: Mapped[int]
    title: Mapped[str]
    matter: Mapped[dict[str, Any]]
    status: Mapped[str]
    lead_unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    catalogue_entry_id: Mapped[str | None] = mapped_column(ForeignKey("catalogue_entry.id"), index=True)
    supersedes_id: Mapped[str | None] = mapped_column(ForeignKey("decision_case.id"))
    definition_hash: Mapped[str] = mapped_column(ForeignKey("definition.hash"))
    state: Mapped[bytes]
    state_format: Mapped[int]
    draft: Mapped[str | None]  # SHA-256 of the latest draft
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    ending: Mapped[str | None]  # id of the end event
    records: Mapped[int] = mapped_column(default=0)  # how many records the case file holds
    head_seq: Mapped[int] = mapped_column(default=0)
    head_hash: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own attribute

    @property
    def label(self) -> str:
        """Return the case number as officials write it: `决〔2026〕1号`, `议〔2026〕1号` for a meeting item."""
        if self.kind == MEETING_ITEM:
            return f"议〔{self.year}〕{self.number - MEETING_ITEMS_FROM}号"
        return f"决〔{self.year}〕{self.number}号"


class Task(Model):
    """A step that waits for a person, or did. *status*: `OPEN`, `DONE`, `CANCELLED`.

    *item* is the person a multi-instance asks (an invited expert, a present member). *due_on* is the agreed day of
    handling (办理时限), no period of the law; *paused_on* the day since which it does not run. *countersigning* counts
    the views asked for and not yet given; *passed_on_by* passed it on, as long as the receiver has not taken it up.
    """

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_organ_id_status_role", "organ_id", "status", "role"),
        Index("ix_task_case_id_status", "case_id", "status"),
        Index("ix_task_assignee_id_status", "assignee_id", "status"),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("decision_case.id"))
    organ_id: Mapped[str] = mapped_column(ForeignKey("organ.id"))
    element: Mapped[str]
    step: Mapped[str | None]
    name: Mapped[str]
    role: Mapped[str | None]
    item: Mapped[str | None]
    calls: Mapped[list[str]]  # the call activities it lies in, outermost first
    status: Mapped[str]
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    claimed_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    due_on: Mapped[date | None]
    paused_on: Mapped[date | None]
    countersigning: Mapped[int] = mapped_column(default=0, server_default="0")
    passed_on_by: Mapped[str | None]  # a person's id
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own attribute


class Record(Model):
    """One entry of the case file: what a person answered at a step. Never changed; corrections are new ones."""

    __tablename__ = "record"
    case_id: Mapped[str] = mapped_column(ForeignKey("decision_case.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    task_id: Mapped[str | None] = mapped_column(ForeignKey("task.id"))
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    author_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    post: Mapped[str]
    on_behalf_of_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    item: Mapped[str | None]
    draft: Mapped[str | None]
    exceptions: Mapped[list[Any]]


class Document(Model):
    """A named paper of a case; its bytes are its versions'. *kind* is a dossier code (`D06`) or free."""

    __tablename__ = "document"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("decision_case.id"), index=True)
    title: Mapped[str]
    kind: Mapped[str]
    public: Mapped[bool]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(ForeignKey("person.id"))


class DocumentVersion(Model):
    """Exact bytes by content address (*sha256*), kept outside the database."""

    __tablename__ = "document_version"
    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)
    size: Mapped[int]
    media_type: Mapped[str]
    file_name: Mapped[str]
    at: Mapped[datetime]
    author_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class Comment(Model):
    """One submission of a member of the public (社会公众意见); kept as it came, late ones marked."""

    __tablename__ = "comment"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("decision_case.id"), index=True)
    receipt: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    text: Mapped[str]
    late: Mapped[bool]
    at: Mapped[datetime]


class CommentContact(Model):
    """Who commented, if they said: personal data, kept apart, erasable, never published or hashed."""

    __tablename__ = "comment_contact"
    comment_id: Mapped[str] = mapped_column(ForeignKey("comment.id"), primary_key=True)
    name: Mapped[str | None]
    contact: Mapped[str | None]
