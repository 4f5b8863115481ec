"""Who is there: organs, units, persons, posts, accounts, delegations, deciding bodies.

Persons and accounts are closed, never deleted (R-ACC-08). A post has dates; what a person may do on a day
follows from the posts of that day.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from decision_engine.db import Model, new_id


class Organ(Model):
    """A decision organ (决策机关). *kind*: `town`, `district`, `county`, `city`, `department`.

    *overlays*: the rule overlays in force here, laxest first: `["national", "tianjin", "district:…", …]`.
    """

    __tablename__ = "organ"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    kind: Mapped[str]
    overlays: Mapped[list[str]]


class Unit(Model):
    """A unit of an organ (科室、办公室)."""

    __tablename__ = "unit"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organ_id: Mapped[str] = mapped_column(ForeignKey("organ.id"), index=True)
    name: Mapped[str]


class Person(Model):
    """A human being, kept for ever."""

    __tablename__ = "person"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    closed_at: Mapped[datetime | None]


class Post(Model):
    """A person's post in an organ from *since* to *until* (both inclusive), with the roles it carries."""

    __tablename__ = "post"
    __table_args__ = (Index("ix_post_person_id_organ_id", "person_id", "organ_id"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    organ_id: Mapped[str] = mapped_column(ForeignKey("organ.id"), index=True)
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    title: Mapped[str]
    roles: Mapped[list[str]]
    since: Mapped[date]
    until: Mapped[date | None]


class Account(Model):
    """A way to sign in. *password_hash* is argon2id; *tries* counts failures since the last success.

    *one_time_until*: the password was made by an administrator and opens nothing but the choice of one's own, until
    then; nothing where the person chose it.
    """

    __tablename__ = "account"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    login: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    tries: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    one_time_until: Mapped[datetime | None]


class Token(Model):
    """A bearer token; only its SHA-256 is kept."""

    __tablename__ = "token"
    hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Delegation(Model):
    """*from_id* lets *to_id* act in a role (or all of them) from *since* to *until*, inclusive."""

    __tablename__ = "delegation"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organ_id: Mapped[str] = mapped_column(ForeignKey("organ.id"))
    from_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    to_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str | None]
    since: Mapped[date]
    until: Mapped[date]
    reason: Mapped[str]
    revoked_at: Mapped[datetime | None]


class Body(Model):
    """A deciding body (domain.md 3.3). *kind*: `party_committee`, `mayor_office_meeting`, ….

    *parameters* override the defaults of the kind, stricter only.
    """

    __tablename__ = "body"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organ_id: Mapped[str] = mapped_column(ForeignKey("organ.id"), index=True)
    kind: Mapped[str]
    name: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    members: Mapped[list[BodyMember]] = relationship(lazy="raise", order_by="BodyMember.rank")


class BodyMember(Model):
    """A member of a body from *since* to *until*; exactly one is the principal on any day."""

    __tablename__ = "body_member"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    body_id: Mapped[str] = mapped_column(ForeignKey("body.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    rank: Mapped[int]
    is_principal: Mapped[bool]
    since: Mapped[date]
    until: Mapped[date | None]
