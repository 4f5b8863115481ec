"""What the page door keeps: sessions of browsers, second factors, drafts of forms, what a person prefers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from decision_engine.db import Model, new_id


class WebSession(Model):
    """A browser's session: a `Token` (revocable at once) and what the page door knows of it.

    *awaits_code*: the password was right, the second factor is still to come; nothing but that is open. *confirmed_at*:
    when the person last proved to be at the keyboard, for decisive acts. *agent* is the browser's own word, shortened.
    """

    __tablename__ = "web_session"
    token_hash: Mapped[str] = mapped_column(ForeignKey("token.hash"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    agent: Mapped[str]
    seen_at: Mapped[datetime]
    confirmed_at: Mapped[datetime]
    awaits_code: Mapped[bool]
    second_factor: Mapped[bool]


class SecondFactor(Model):
    """The shared secret of one-time codes (RFC 6238), sealed by a key outside the database.

    *last_step*: the time step of the code used last; no code is taken twice. *in_force* once its first code was right.
    """

    __tablename__ = "second_factor"
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    sealed: Mapped[bytes]
    in_force: Mapped[bool]
    last_step: Mapped[int]
    since: Mapped[datetime]


class RecoveryCode(Model):
    """A code for the day the second factor is lost; only its SHA-256 is kept, and it works once."""

    __tablename__ = "recovery_code"
    hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    used_at: Mapped[datetime | None]


class Draft(Model):
    """What somebody typed into the form of a step and has not handed in; nobody else sees it."""

    __tablename__ = "draft"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("task.id"), primary_key=True)
    answers: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class FactorReset(Model):
    """A lost second factor is to be taken off an account: proposed by one administrator, done by a second person.

    *done_by* and *done_at* are empty while it waits. The reason lies with the event of the proposal.
    """

    __tablename__ = "factor_reset"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    proposed_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    done_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    done_at: Mapped[datetime | None]


class Preference(Model):
    """How a person wants pages shown, and up to when messages were seen. Says nothing about any case."""

    __tablename__ = "preference"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    display: Mapped[str | None]
    inbox_seen_at: Mapped[datetime | None]
