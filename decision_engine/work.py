"""One person, one moment, one transaction.

`unit_of_work` is the only place that commits. It begins the transaction, finds out who acts, reads the clock
once and hands out a `Work`. When the act is done everything is committed together: flow, case file, tables and
event. When it is refused everything is rolled back, and then the refusal itself is recorded, alone.

`Work.record` is the only writer of the log: one event per act, chained to the one before (see `audit.event`), signed
by the service (see `audit.signing`), and waiting, from the same transaction on, to enter the tree.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from sqlalchemy import Engine, and_, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from decision_engine import audit, retrying
from decision_engine.access import CLOCK, PUBLIC, Actor, Standing
from decision_engine.calendar import local_day
from decision_engine.clock import Clock
from decision_engine.config import Settings
from decision_engine.crash import crash_point
from decision_engine.db import for_writing, new_id
from decision_engine.errors import (
    DecisionEngineError,
    EngineDisagrees,
    Forbidden,
    NotSignedIn,
    Unlawful,
)
from decision_engine.models import (
    AccessEntry,
    Account,
    Case,
    Chain,
    Delegation,
    Event,
    EventPayload,
    Incident,
    PendingEvent,
    Person,
    Post,
    SigningKey,
    Token,
    WebSession,
)

RECORDED_REFUSALS = (Forbidden, Unlawful, EngineDisagrees)
"""Refusals that are acts of their own and enter the log; a mistyped field is not one."""

KEYS = "keys"
"""The chain on which the service's keys are introduced."""

READS = "reads:"
"""Before a person's id: the name of the chain on which is kept what that person read of non-public material."""


@dataclass(slots=True)
class House:
    """What every act needs and nobody makes twice: settings, database, clock."""

    settings: Settings
    engine: Engine
    clock: Clock
    writing: sessionmaker[Session] = field(init=False)
    reading: sessionmaker[Session] = field(init=False)
    _key: audit.EventKey | None = field(init=False, default=None, repr=False)
    _opening: threading.Lock = field(init=False, default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        """Open the two ways in: one that will write, one that only reads."""
        self.writing = sessionmaker(for_writing(self.engine), expire_on_commit=False)
        self.reading = sessionmaker(self.engine, expire_on_commit=False)

    def key(self) -> audit.EventKey:
        """Return the key that signs this house's events; it is introduced in the log before it signs anything else."""
        if self._key is None:
            with self._opening:
                if self._key is None:
                    self._key = _introduced(self, audit.open_key(self.settings.event_key_path))
        return self._key


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof, for the person, that the act entered the log: its chain, place and hash, and the service's signature.

    *signature* is base64; *key* names the key it verifies with (`audit.signing`).
    """

    event_id: str
    chain: str
    seq: int
    hash: str
    at: datetime
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is being tried, for the record of a refusal. *chain* is a case id or the name of a house chain."""

    chain: str
    kind: str
    about: Mapping[str, Any]


@dataclass(slots=True)
class Work:
    """A person acting at a moment inside a transaction. Without a *key* it only looks and records nothing."""

    house: House
    session: Session
    actor: Actor
    now: datetime
    key: audit.EventKey | None = None
    auth: str | None = (
        None  # how the person proved to be who they are, where the door knows more than a token
    )
    attempt: Attempt | None = None
    receipts: list[Receipt] = field(default_factory=list)
    _readings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def today(self) -> date:
        """Day of the act in Shanghai."""
        return local_day(self.now)

    def standings(self, person_id: str) -> tuple[Standing, ...]:
        """Return what *person_id* may act as today."""
        return standings_of(self.session, person_id, self.today)

    def tries(self, chain: Case | str, kind: str, **about: Any) -> None:
        """Say what is being tried, so that a refusal can be recorded with it."""
        self.attempt = Attempt(chain.id if isinstance(chain, Case) else chain, kind, about)

    def reads(self, case_id: str, what: str) -> None:
        """Note that the actor reads *what* of a case's non-public material (F33): a name or an id, no personal data.

        It enters the log when the reading is over, on the reader's own chain: readers keep nobody waiting, neither
        those who act nor one another. Raises RuntimeError when this work only looks.
        """
        if self.key is None:
            raise RuntimeError("what only looks records nothing")
        self._readings.append((case_id, what))

    def note_readings(self) -> None:
        """Write down everything that was read, as one event; called by `unit_of_work` at its end."""
        if not self._readings:
            return
        read = sorted(set(self._readings))
        event = self.record("material.read", READS + self.actor.person_id, read=[list(one) for one in read])
        self.session.add_all(
            AccessEntry(
                case_id=case_id,
                person_id=self.actor.person_id,
                what=what,
                at=self.now,
                event_id=event.event_id,
            )
            for case_id, what in read
        )
        self._readings.clear()

    def record(
        self,
        kind: str,
        chain: Case | str,
        *,
        standing: Standing | None = None,
        said: Any = None,
        beside: Mapping[str, Any] | None = None,
        **about: Any,
    ) -> Receipt:
        """Write the one event of an act and return its receipt.

        *kind* is past tense (`task.completed`). *said* (answers, reasons, names) and what belongs *beside* it go into
        the payload behind a salted commitment; *about* (ids, hashes, rule ids) into the hashed body: never personal
        data. Raises RuntimeError when this work only looks.
        """
        if self.key is None:
            raise RuntimeError("what only looks records nothing")
        head = chain if isinstance(chain, Case) else _chain(self.session, chain)
        event_id, salt = new_id(), secrets.token_bytes(audit.event.SALT_LENGTH)
        actor = {"name": self.actor.name, "post": standing.title if standing else ""}
        payload = audit.canonical({**(beside or {}), "actor": actor, "said": said})
        body = {
            **about,
            "v": "ev1",
            "id": event_id,
            "chain": head.id,
            "seq": head.head_seq + 1,
            "prev": head.head_hash,
            "at": stamp(self.now),
            "kind": kind,
            "actor": _who(self.actor, standing),
            **({"auth": self.auth} if self.auth is not None else {}),
            "commit": audit.commitment(salt, payload),
            "key": self.key.id,
        }
        sealed = audit.seal(body)
        signature = self.key.sign(sealed.hash)
        crash_point("record.sealed")
        head.head_seq += 1
        head.head_hash = sealed.hash
        self.session.add(
            Event(
                id=event_id,
                chain=head.id,
                seq=head.head_seq,
                kind=kind,
                at=self.now,
                actor_id=self.actor.person_id,
                body=sealed.body,
                hash=sealed.hash,
                signature=signature,
            )
        )
        self.session.flush()
        crash_point("record.event_written")
        self.session.add_all(
            (EventPayload(event_id=event_id, salt=salt, payload=payload), PendingEvent(event_id=event_id))
        )
        told = base64.b64encode(signature).decode()
        receipt = Receipt(event_id, head.id, head.head_seq, sealed.hash, self.now, self.key.id, told)
        self.receipts.append(receipt)
        return receipt


@contextmanager
def unit_of_work(house: House, bearer: str | None = None, *, as_actor: Actor | None = None) -> Iterator[Work]:
    """Give a `Work` to whoever holds *bearer* (or to the clock, the public); commit it, or record its refusal.

    Raises `NotSignedIn`, `Overtaken` when another transaction was faster, `Unavailable` when the database is gone,
    `StorageFull` when there is no room left, and whatever the act refuses with.
    """
    work: Work | None = None
    try:
        key = house.key()
        with house.writing() as session, session.begin():
            session.connection()  # on SQLite the turn comes here; whoever waits for it reads the clock afterwards
            now = house.clock.now()
            actor = as_actor or identify(session, bearer, now)
            work = Work(house, session, actor, now, key)
            crash_point("work.begun")
            yield work
            work.note_readings()
            crash_point("work.act_done")
            session.flush()
            crash_point("work.before_commit")
        crash_point("work.after_commit")
    except RECORDED_REFUSALS as refusal:
        retrying.persistently(partial(_record_refusal, house, work, refusal))
        raise
    except (SQLAlchemyError, OSError) as problem:  # of the disk on which papers are put
        _tell(problem)
        raise


@contextmanager
def reading(house: House, bearer: str | None = None, *, as_actor: Actor | None = None) -> Iterator[Work]:
    """Give a `Work` that only looks: nothing it does is committed."""
    try:
        with house.reading() as session:
            now = house.clock.now()
            actor = as_actor or identify(session, bearer, now)
            yield Work(house, session, actor, now)
    except SQLAlchemyError as problem:
        _tell(problem)
        raise


def _tell(problem: Exception) -> None:
    """Raise what *problem* means to whoever acts, if it means anything."""
    understood = retrying.understood(problem)
    if understood is not None:
        raise understood from problem


def identify(session: Session, bearer: str | None, now: datetime) -> Actor:
    """Return who holds *bearer*, with the posts of the day, in two statements. Raises `NotSignedIn`."""
    if not bearer:
        raise NotSignedIn
    person = session.execute(
        select(Person)
        .join(Account, Account.person_id == Person.id)
        .join(Token, Token.account_id == Account.id)
        .outerjoin(WebSession, WebSession.token_hash == Token.hash)
        .where(
            or_(
                WebSession.token_hash.is_(None), WebSession.awaits_code.is_(False)
            ),  # no code yet: nobody yet
            Token.hash == token_hash(bearer),
            Token.revoked_at.is_(None),
            Token.expires_at > now,
            Account.closed_at.is_(None),
            Account.one_time_until.is_(None),  # a password of one's own first
            Person.closed_at.is_(None),
        )
    ).scalar_one_or_none()
    if person is None:
        raise NotSignedIn
    return Actor(person.id, person.name, standings_of(session, person.id, local_day(now)))


def standings_of(session: Session, person_id: str, day: date) -> tuple[Standing, ...]:
    """Return the posts *person_id* may act from on *day*: own ones and those delegated."""
    lent = and_(
        Delegation.from_id == Post.person_id,
        Delegation.organ_id == Post.organ_id,
        Delegation.to_id == person_id,
        Delegation.revoked_at.is_(None),
        Delegation.since <= day,
        Delegation.until >= day,
    )
    rows = session.execute(
        select(Post, Delegation)
        .outerjoin(Delegation, lent)
        .where(
            or_(Post.person_id == person_id, Delegation.id.is_not(None)),
            Post.since <= day,
            or_(Post.until.is_(None), Post.until >= day),
        )
        .order_by(Post.since, Post.id)
    )
    return tuple(_standing(post, delegation) for post, delegation in rows)


def _standing(post: Post, delegation: Delegation | None) -> Standing:
    roles = frozenset(post.roles)
    if delegation is not None and delegation.role is not None:
        roles &= {delegation.role}
    lender = delegation.from_id if delegation is not None else None
    return Standing(post.organ_id, post.unit_id, post.title, roles, lender)


def token_hash(bearer: str) -> str:
    """Return what is kept of a bearer token."""
    return hashlib.sha256(bearer.encode()).hexdigest()


def stamp(moment: datetime) -> str:
    """Return *moment* as the log writes it: UTC with milliseconds, `2026-04-28T02:30:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _who(actor: Actor, standing: Standing | None) -> dict[str, Any]:
    if standing is None:
        return {"id": actor.person_id}
    who = {"id": actor.person_id, "organ": standing.organ_id, "post": standing.title}
    if standing.unit_id is not None:
        who["unit"] = standing.unit_id
    if standing.on_behalf_of is not None:
        who["for"] = standing.on_behalf_of
    return who


def _chain(session: Session, name: str) -> Case | Chain:
    """Return the head of chain *name*, locked: a case's, or one of the house's own, begun if it is new."""
    case = session.get(Case, name, with_for_update=True) if ":" not in name else None
    if case is not None:
        return case
    chain = session.get(Chain, name, with_for_update=True)
    if chain is None:
        chain = Chain(id=name, head_seq=0, head_hash="")
        session.add(chain)
        session.flush()
    return chain


def _introduced(house: House, key: audit.EventKey) -> audit.EventKey:
    """Return *key*, made known in the log by an event of its own if it is new here."""

    def introduce() -> None:
        try:
            with house.reading() as session:
                if session.get(SigningKey, key.id) is not None:
                    return
            with house.writing() as session, session.begin():
                _chain(session, KEYS)  # locked: of several processes that start at once, one introduces it
                if session.get(SigningKey, key.id) is None:
                    introduce_key(Work(house, session, CLOCK, house.clock.now(), key), key)
        except SQLAlchemyError as problem:
            _tell(problem)
            raise

    retrying.persistently(introduce)
    return key


def introduce_key(work: Work, key: audit.EventKey) -> None:
    """Make *key* known: a row for whoever verifies, and an event on the chain `keys`, signed by the work's own key."""
    work.session.add(SigningKey(id=key.id, public_key=key.public, since=work.now))
    public = base64.b64encode(key.public).decode()
    work.record("key.introduced", KEYS, introduces={"id": key.id, "public_key": public})


def _record_refusal(house: House, work: Work | None, refusal: DecisionEngineError) -> None:
    if work is None or work.attempt is None:
        return
    attempt = work.attempt
    crash_point("refusal.rolled_back")
    try:
        with house.writing() as session, session.begin():
            _write_refusal(Work(house, session, work.actor, work.now, work.key), attempt, refusal)
            session.flush()
            crash_point("refusal.before_commit")
    except SQLAlchemyError as problem:
        _tell(problem)
        raise
    crash_point("refusal.after_commit")


def _write_refusal(alone: Work, attempt: Attempt, refusal: DecisionEngineError) -> None:
    alone.record(
        "act.refused",
        attempt.chain,
        said={"message": refusal.message.zh, "findings": _reasons(refusal)},
        tried=attempt.kind,
        refusal=type(refusal).__name__,
        rules=_rules(refusal),
        **attempt.about,
    )
    if isinstance(refusal, EngineDisagrees):
        alone.session.add(
            Incident(
                kind="engine.disagrees",
                case_id=attempt.chain,
                at=alone.now,
                detail={**attempt.about, "message": refusal.message.zh},
            )
        )


def _rules(refusal: DecisionEngineError) -> list[str]:
    if isinstance(refusal, Unlawful):
        return [finding.rule for finding in refusal.findings]
    rule = getattr(refusal, "rule", None)
    return [rule] if rule else []


def _reasons(refusal: DecisionEngineError) -> list[dict[str, str]]:
    if not isinstance(refusal, Unlawful):
        return []
    return [{"rule": finding.rule, "reason": str(finding.reason)} for finding in refusal.findings]


__all__ = ["CLOCK", "PUBLIC", "Attempt", "House", "Receipt", "Work", "identify", "reading", "unit_of_work"]
