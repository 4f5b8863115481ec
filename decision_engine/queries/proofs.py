"""What the log can prove: where its tree stands, that it only grew, that an act is in it.

Everything is read from tiles: a proof costs a few dozen small rows whatever the size of the log. Nothing here is
trusted by whoever verifies: proofs are checked against a checkpoint that lies elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from decision_engine import access
from decision_engine.audit import merkle
from decision_engine.errors import CorruptState, NotFound
from decision_engine.language import Text
from decision_engine.models import Case, Checkpoint, Event, Leaf, LogHead, PendingEvent, SigningKey, Tile
from decision_engine.queries.pages import Page
from decision_engine.queries.trail import read
from decision_engine.work import Work

HEAD = 1
"""The one row of `log_head`."""


@dataclass(frozen=True, slots=True)
class Head:
    """The tree as it stands: *size* leaves, *root* (32 bytes), and when it last grew."""

    size: int
    root: bytes
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Pending:
    """Events that are not in the tree yet: how many, and the moment of the oldest (None for none)."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That an event is in the tree: leaf number *leaf* of *size*, *proof* from it to *root*; all hashes 32 bytes.

    *body* are the bytes hashed, *signature* the service's by *key* (None for events from before there was a key).
    *leaf*, *size*, *root* are None while the event waits. *checkpoint* is the signed note about that size, None if
    none covers the leaf yet: then size and root are the tree's own, and prove nothing to a stranger.
    """

    event_id: str
    chain: str
    seq: int
    hash: str
    body: bytes
    key: str | None
    signature: bytes | None
    leaf: int | None
    size: int | None
    root: bytes | None
    proof: tuple[bytes, ...]
    checkpoint: str | None


def tile_reader(session: Session) -> merkle.ReadTile:
    """Return what reads a tile of the tree, each once: (level, index) -> its hashes, empty if it is not there."""

    @cache
    def tile(level: int, index: int) -> bytes:
        data = session.scalar(select(Tile.data).where(Tile.level == level, Tile.idx == index))
        return bytes(data) if data is not None else b""

    return tile


def head(session: Session) -> Head:
    """Return where the tree stands."""
    row = session.execute(select(LogHead.size, LogHead.root, LogHead.at).where(LogHead.id == HEAD)).one()
    return Head(row.size, bytes(row.root), row.at)


def consistency(session: Session, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of *new* leaves begins with that of *old*; hashes of 32 bytes.

    Raises ValueError unless 1 <= old <= new, and `merkle.MissingHashes` when the tree is smaller or damaged.
    """
    return merkle.consistency_proof(tile_reader(session), old, new)


def inclusion(session: Session, leaf: int, size: int) -> list[bytes]:
    """Return the proof that leaf number *leaf* is in the tree of *size*. Raises as `consistency` does."""
    return merkle.inclusion_proof(tile_reader(session), leaf, size)


def pending(session: Session) -> Pending:
    """Return what waits to enter the tree. The oldest is the one written first."""
    count = session.scalar(select(func.count()).select_from(PendingEvent)) or 0
    if not count:
        return Pending(0, None)
    first = select(func.min(PendingEvent.event_id)).scalar_subquery()
    return Pending(count, session.scalar(select(Event.at).where(Event.id == first)))


def leaf_of(session: Session, event_id: str) -> int | None:
    """Return the leaf number of an event, None while it waits."""
    return session.scalar(select(Leaf.idx).where(Leaf.event_id == event_id))


def covering(session: Session, leaf: int) -> Checkpoint | None:
    """Return the newest checkpoint whose tree holds *leaf*."""
    return session.scalars(
        select(Checkpoint).where(Checkpoint.size > leaf).order_by(Checkpoint.size.desc()).limit(1)
    ).first()


def checkpoints(work: Work, *, page: int = 1, size: int = 20) -> Page[Checkpoint]:
    """Return the published checkpoints, newest first. Everybody who is signed in may see them: they hold no act."""
    total = work.session.scalar(select(func.count()).select_from(Checkpoint)) or 0
    found = work.session.scalars(
        select(Checkpoint).order_by(Checkpoint.size.desc()).limit(size).offset((page - 1) * size)
    )
    return Page(list(found), page, size, total)


def proof_of(work: Work, event_id: str) -> Inclusion:
    """Return the proof that an event is in the log: for whoever did the act, and whoever may read the log.

    Raises `NotFound`, also for those who may not know of it, and `CorruptState` when the tree is damaged.
    """
    event = work.session.get(Event, event_id)
    if event is None or not _may_know(work, event):
        raise NotFound
    leaf = leaf_of(work.session, event.id)
    key = read(event.body).get("key")
    waits = Inclusion(
        event.id,
        event.chain,
        event.seq,
        event.hash,
        event.body,
        key,
        event.signature,
        None,
        None,
        None,
        (),
        None,
    )
    if leaf is None:
        return waits
    note = covering(work.session, leaf)
    size = note.size if note is not None else head(work.session).size
    tiles = tile_reader(work.session)
    try:
        root, path = merkle.root(tiles, size), merkle.inclusion_proof(tiles, leaf, size)
    except (merkle.MissingHashes, ValueError) as problem:
        raise CorruptState(
            Text("日志树不完整，已无法给出证明。", "The tree of the log is damaged; no proof can be given.")
        ) from problem
    signed = note.note if note is not None else None
    return replace(waits, leaf=leaf, size=size, root=root, proof=tuple(path), checkpoint=signed)


def keys(session: Session) -> list[SigningKey]:
    """Return every key the service ever signed events with, oldest first."""
    return list(session.scalars(select(SigningKey).order_by(SigningKey.since, SigningKey.id)))


def _may_know(work: Work, event: Event) -> bool:
    if event.actor_id == work.actor.person_id:
        return True
    case = work.session.get(Case, event.chain)
    readers = access.ACTS["log.read"] if case is not None else frozenset({"auditor"})
    organs = {case.organ_id} if case is not None else {one.organ_id for one in work.actor.standings}
    return any(one.roles & readers and one.organ_id in organs for one in work.actor.standings)
