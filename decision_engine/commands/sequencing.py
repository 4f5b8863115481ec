"""Give every event its leaf in the one tree, after the act and apart from it.

Guarantees
* One transaction a batch: lock the head of the log (one row; no advisory lock), take pending events, insert their
  leaves with consecutive numbers, grow the tiles, move the head. A crash leaves all of it or nothing.
* Any number of sequencers may run at once: they queue for the head and find the rest of the work.
* Leaves of one chain stand in the order of the chain, whatever the clocks of the machines that wrote it.
* Acts do not wait for it, but for the decisive ones, whose answer says where they stand in the tree (`included`).
* Whatever waits longer than `LATE` seconds raises an incident, once; so does an event dated before its elder.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

from decision_engine import retrying
from decision_engine.access import CLOCK
from decision_engine.audit import merkle
from decision_engine.clock import SystemClock
from decision_engine.crash import crash_point
from decision_engine.db import for_writing
from decision_engine.errors import DecisionEngineError
from decision_engine.models import Event, Incident, Leaf, LogHead, PendingEvent, Tile
from decision_engine.queries import proofs
from decision_engine.queries.verification import LEEWAY
from decision_engine.work import House, unit_of_work

log = logging.getLogger(__name__)

BATCH = 1000
"""Events a transaction: about a tenth of a second, so that nobody waits long for the head."""

LATE = 60
"""Seconds after which an event that is not in the tree is an incident."""

PATIENCE = 5.0
"""Seconds a decisive act waits at most for its place in the tree; the act itself stands in any case."""

DECISIVE = frozenset(
    {
        "principal_decides", "sign_decision", "issue_legality_opinion", "publish_decision", "determine_risk",
        "sign_minutes",
    }
)  # fmt: skip
"""Steps whose answer waits for the tree."""

STUCK = "log.stuck"
DAMAGED = "log.damaged"
BACK = "clock.back"
_AT_ONCE = 400  # values in one statement: SQLite was once built for 999


class TreeDamaged(RuntimeError):
    """The tiles do not add up to the root that was written with them: somebody changed the tree."""


class Waiting(NamedTuple):
    """An event that waits for its leaf."""

    id: str
    chain: str
    seq: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Included:
    """Where an act stands in the tree: *leaf*, and the size of the newest checkpoint over it. None: not yet."""

    leaf: int | None
    checkpoint: int | None


def sequence(house: House, *, batch: int = BATCH, most: int | None = None) -> int:
    """Give pending events their leaves, in batches, until none waits or *most* batches are done; return how many.

    Raises `TreeDamaged` (with an incident raised, nothing written), `Unavailable`, `Overtaken`.
    """
    done = 0
    while _anything_waits(house):
        done += retrying.persistently(lambda: _grow(house, batch))
        most = most - 1 if most is not None else None
        if most == 0:
            break
    return done


def included(house: House, event_id: str, *, patience: float = PATIENCE) -> Included:
    """Return where the event stands, after having sequenced what waits before it; give up after *patience* seconds.

    Raises nothing: the act stands, and whoever did it is told what is known.
    """
    until = time.monotonic() + patience
    found = Included(None, None)
    try:
        while (left := until - time.monotonic()) > 0:
            _grow(house, BATCH, patience=left)
            found = _found(house, event_id)
            if found.leaf is not None:
                return found
        found = _found(house, event_id)
    except (DecisionEngineError, SQLAlchemyError, TreeDamaged) as problem:
        log.warning("the place of event %s is not known yet: %s", event_id, type(problem).__name__)
    return found


def watch(house: House) -> bool:
    """Raise an incident when the oldest pending event waits too long; tell whether one does."""
    with house.reading() as session:
        oldest = proofs.pending(session).oldest
    late = oldest is not None and house.clock.now() - oldest > timedelta(seconds=LATE)
    if late and oldest is not None:
        _raise_once(house, STUCK, {"oldest": oldest.isoformat()})
    return late


# -- one batch -------------------------------------------------------------------------------------------


def _anything_waits(house: House) -> bool:
    with house.reading() as session:
        return session.scalar(select(PendingEvent.event_id).limit(1)) is not None


def _grow(house: House, batch: int, *, patience: float | None = None) -> int:
    """Take one batch; wait for locks *patience* seconds at most, or as long as the database's own setting."""
    try:
        with Session(for_writing(house.engine, patience)) as session, session.begin():
            now = house.clock.now()
            events = _take(session, batch, now)
            if isinstance(house.clock, SystemClock):  # one that is moved by hand may go back
                _mind_the_clock(session, events, now)
            crash_point("sequencer.before_commit")
        crash_point("sequencer.after_commit")
    except TreeDamaged as problem:
        _raise_once(house, DAMAGED, {"message": str(problem)})
        raise
    except SQLAlchemyError as problem:
        understood = retrying.understood(problem)
        if understood is None:
            raise
        raise understood from problem
    return len(events)


def _take(session: Session, batch: int, now: datetime) -> list[Waiting]:
    tree = session.execute(
        select(LogHead.size, LogHead.root).where(LogHead.id == proofs.HEAD).with_for_update()
    ).one()
    events = in_order(_waiting(session, batch))
    if not events:
        return []
    read = proofs.tile_reader(session)
    hashes = [merkle.leaf_hash(event.body) for event in events]
    try:
        if merkle.root(read, tree.size) != bytes(tree.root):
            raise TreeDamaged(f"the tiles of {tree.size} leaves do not add up to the root of the log")
        grown = merkle.append(tree.size, read, hashes)
    except merkle.MissingHashes as problem:
        raise TreeDamaged(str(problem)) from problem
    places = range(tree.size, grown.size)
    session.execute(
        insert(Leaf),
        [
            {"idx": idx, "event_id": event.id, "hash": hash_}
            for idx, event, hash_ in zip(places, events, hashes, strict=True)
        ],
    )
    crash_point("sequencer.leaves_written")
    for some in _parts(event.id for event in events):
        session.execute(delete(PendingEvent).where(PendingEvent.event_id.in_(some)))
    _write(session, tree.size, grown.tiles)
    crash_point("sequencer.tiles_written")
    session.execute(
        update(LogHead).where(LogHead.id == proofs.HEAD).values(size=grown.size, root=grown.root, at=now)
    )
    return events


def _waiting(session: Session, batch: int) -> list[Waiting]:
    """Return pending events, oldest id first, and with each whatever waits before it on its chain.

    Ids are made from the clocks of several machines, so the event before may have the larger id. It was committed
    before, so it is seen here: in the same batch, or by the second question.
    """
    ask = select(Event.id, Event.chain, Event.seq, Event.body).join(
        PendingEvent, PendingEvent.event_id == Event.id
    )
    found = [Waiting(*row) for row in session.execute(ask.order_by(PendingEvent.event_id).limit(batch))]
    if len(found) < batch:
        return found
    newest = {event.chain: event.seq for event in sorted(found, key=lambda event: event.seq)}
    for some in _parts(newest):
        later = ask.where(PendingEvent.event_id > found[batch - 1].id, Event.chain.in_(some))
        found += [Waiting(*row) for row in session.execute(later) if row.seq < newest[row.chain]]
    return found


def in_order(events: Iterable[Waiting]) -> list[Waiting]:
    """Return *events* with those of each chain in the order of the chain, and otherwise as they came."""
    came = list(events)
    by_chain: dict[str, list[Waiting]] = defaultdict(list)
    for event in sorted(came, key=lambda event: event.seq):
        by_chain[event.chain].append(event)
    turns = {name: iter(queue) for name, queue in by_chain.items()}
    return [next(turns[event.chain]) for event in came]


def _write(session: Session, before: int, tiles: Iterable[merkle.Tile]) -> None:
    """Write *tiles*; of each level, the one that was begun when the tree had *before* leaves is there already."""
    for tile in tiles:
        index, width = divmod(before // merkle.TILE_WIDTH**tile.level, merkle.TILE_WIDTH)
        values = {"width": tile.width, "data": tile.data}
        if width and tile.index == index:
            session.execute(
                update(Tile).where(Tile.level == tile.level, Tile.idx == tile.index).values(values)
            )
        else:
            session.execute(insert(Tile).values(level=tile.level, idx=tile.index, **values))


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    left = iter(values)
    return iter(lambda: list(islice(left, _AT_ONCE)), [])


# -- answers and alarms ------------------------------------------------------------------------------------


def _found(house: House, event_id: str) -> Included:
    with house.reading() as session:
        leaf = proofs.leaf_of(session, event_id)
        note = proofs.covering(session, leaf) if leaf is not None else None
    return Included(leaf, note.size if note is not None else None)


def _mind_the_clock(session: Session, events: list[Waiting], now: datetime) -> None:
    """Raise an incident when an event is dated before its elder on the chain: the service's clock was put back."""
    elder = aliased(Event)
    ask = select(Event.chain, Event.seq, Event.at, elder.at).join(
        elder, and_(elder.chain == Event.chain, elder.seq == Event.seq - 1)
    )
    for some in _parts(event.id for event in events):
        for chain, seq, at, before in session.execute(ask.where(Event.id.in_(some), Event.at < elder.at)):
            if before - at > LEEWAY:
                seconds = round((before - at).total_seconds())
                _once(session, BACK, now, {"chain": chain, "seq": seq, "back_seconds": seconds})


def _raise_once(house: House, kind: str, detail: dict[str, Any]) -> None:
    with unit_of_work(house, as_actor=CLOCK) as work:
        _once(work.session, kind, work.now, detail)


def _once(session: Session, kind: str, now: datetime, detail: dict[str, Any]) -> None:
    """Raise an incident of *kind* unless one is open."""
    known = select(Incident.id).where(Incident.kind == kind, Incident.resolved_at.is_(None)).limit(1)
    if session.scalar(known) is None:
        session.add(Incident(kind=kind, case_id=None, at=now, detail=detail))
