"""The whole log held against itself: every chain, signature, commitment, leaf, tile and checkpoint.

Two passes in constant memory. The first walks every chain in order: bytes, links, the columns beside the bytes,
payloads and their erasure, signatures, leaves in the order of the chain, the end its head remembers. The second walks
the leaves: numbers without gaps, every tile computed anew, the root, and the root of each checkpoint at its size.

A time that runs backwards within a chain breaks no proof, and is told apart from what does (`Report.observed`).

What this finds, it finds from inside the database. Whoever may rewrite everything consistently is found only by what
lies outside: hence `Outside`, a checkpoint kept elsewhere, judged by a policy of the reader's own (proof.md 1.8).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby, islice
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from decision_engine.audit import commitment, key_id, merkle, note, verifies
from decision_engine.audit.event import EVENT_PREFIX
from decision_engine.audit.policy import Policy, judge
from decision_engine.language import Text
from decision_engine.models import (
    AccessEntry,
    Case,
    Chain,
    Checkpoint,
    Event,
    EventPayload,
    Leaf,
    PendingEvent,
    SigningKey,
)
from decision_engine.queries import proofs
from decision_engine.work import stamp

ROWS = 5000
CHUNK = merkle.TILE_WIDTH**2
MOST_FINDINGS = 1000
LEEWAY = timedelta(seconds=60)
"""By how much an entry may be dated before its elder: acts wait for their turn after they read the clock, and the
clocks of several servers differ (FORMAT.md, times)."""
CLOCK_ANOMALY = "clock_anomaly"

Progress = Callable[[int], None]
"""Told how many events or leaves were checked since it was told last."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that does not hold: its *kind*, the *chain* and *seq* or the *interval* of leaves, and a sentence."""

    kind: str
    text: Text
    chain: str | None = None
    seq: int | None = None
    interval: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Outside:
    """A checkpoint that was kept elsewhere, and whom its reader believes."""

    note: note.Note
    policy: Policy


@dataclass(slots=True)
class Report:
    """What was checked, and what does not hold (the first thousand findings). *chains*: name -> events in it.

    *observed*: what breaks no proof and is worth a look (`clock_anomaly`).
    """

    chains: dict[str, int] = field(default_factory=dict)
    events: int = 0
    leaves: int = 0
    pending: int = 0
    signatures: int = 0
    unsigned: int = 0
    erased: int = 0
    checkpoints: int = 0
    found: list[Found] = field(default_factory=list)
    observed: list[Found] = field(default_factory=list)

    def note(self, kind: str, zh: str, en: str, **where: Any) -> None:
        """Add a finding."""
        if len(self.found) < MOST_FINDINGS:
            self.found.append(Found(kind, Text(zh, en), **where))

    def observe(self, kind: str, zh: str, en: str, **where: Any) -> None:
        """Add something that is no fault of the log."""
        if len(self.observed) < MOST_FINDINGS:
            self.observed.append(Found(kind, Text(zh, en), **where))


def whole_log(
    session: Session,
    *,
    every_signature: int = 1,
    outside: Outside | None = None,
    progress: Progress | None = None,
) -> Report:
    """Return what holds and what does not in the whole log.

    *every_signature*: 1 checks all of them, n one in n, 0 none.
    """
    report = Report()
    tell = progress or (lambda _: None)
    _Chains(session, report, every_signature).check(tell)
    _tree(session, report, tell)
    _checkpoints(session, report)
    _readings(session, report)
    if outside is not None:
        _against(session, report, outside)
    return report


def how_much(session: Session) -> int:
    """Return how many events and leaves `whole_log` will walk."""
    counted = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (Event, Leaf)]
    return sum(counted)


# -- chains ----------------------------------------------------------------------------------------------


_WRONG = (
    ("event.bytes", "内容与哈希不符", "the bytes are not those that were hashed"),
    ("event.place", "不属于此处", "the event belongs elsewhere"),
    ("event.link", "与前一条的衔接已断", "the link to the entry before is cut"),
    ("event.columns", "检索字段与原文不符", "the columns beside the bytes say something else"),
    ("payload.changed", "内容不是所承诺的内容", "the payload is not the one committed to"),
    ("leaf.hash", "树中的叶与原文不符", "its leaf in the tree is another"),
)


class _Chains:
    """Walks every event, chain by chain."""

    def __init__(self, session: Session, report: Report, every_signature: int) -> None:
        self.session, self.report, self.every = session, report, every_signature
        self.keys = {one.id: one.public_key for one in session.scalars(select(SigningKey))}
        self.pending = set(session.scalars(select(PendingEvent.event_id)))
        self.heads: dict[str, tuple[int, str]] = {
            row.id: (row.head_seq, row.head_hash)
            for model in (Case, Chain)
            for row in session.execute(select(model.id, model.head_seq, model.head_hash))
        }
        self.first_keyed: int | None = None
        self.last_unkeyed: tuple[int, str, int] | None = None
        self.introduced: dict[str, str] = {}

    def check(self, tell: Progress) -> None:
        """Check every chain, the keys, and that nothing waits which is not there."""
        for name, rows in groupby(self._rows(tell), key=lambda row: row.chain):
            self._chain(name, rows)
        for name, (seq, _) in self.heads.items():
            if seq and name not in self.report.chains:
                self.report.note("chain.gone", "整条链不见了", "the whole chain is gone", chain=name, seq=1)
        self._keys()
        if self.pending:
            self.report.note(
                "pending.gone", f"{len(self.pending)} 条待入树的事件不见了",
                f"{len(self.pending)} events that wait for the tree are gone",
            )  # fmt: skip

    def _rows(self, tell: Progress) -> Iterator[Any]:
        query = (
            select(
                Event.id, Event.chain, Event.seq, Event.kind, Event.at, Event.actor_id, Event.body, Event.hash,
                Event.signature, EventPayload.salt, EventPayload.payload, Leaf.idx, Leaf.hash.label("leaf_hash"),
            )
            .outerjoin(EventPayload, EventPayload.event_id == Event.id)
            .outerjoin(Leaf, Leaf.event_id == Event.id)
            .order_by(Event.chain, Event.seq)
        )  # fmt: skip
        for some in _streamed(self.session, query).partitions():
            yield from some
            tell(len(some))

    def _chain(self, name: str, rows: Iterator[Any]) -> None:
        previous, length, place = "", 0, -1
        dated: Any = None
        missing: dict[str, int] = {}
        for row in rows:
            length += 1
            about = _body(row.body)
            if row.seq != length:
                self._say("event.gone", f"第 {length} 条不见了", f"entry {length} is gone", name, length)
                length = row.seq
                previous = str(about.get("prev"))
            self._event(row, about, previous)
            previous = row.hash
            if _steps_back(dated, about.get("at")):
                self.report.observe(
                    CLOCK_ANOMALY, "时间早于同链前一条：当时系统时钟曾被回拨",
                    "is dated before its elder: the clock had been put back", chain=name, seq=row.seq,
                )  # fmt: skip
            dated = about.get("at")
            if row.idx is not None:
                if row.idx <= place:
                    self._say(
                        "leaf.order",
                        "在树中的次序与链不符",
                        "stands in the tree before its elder",
                        name,
                        row.seq,
                    )
                place = row.idx
            if row.payload is None:
                missing[row.id] = row.seq
            if row.kind == "payload.erased" and missing.pop(str(about.get("erases")), None) is not None:
                self.report.erased += 1
        for seq in missing.values():
            self._say(
                "payload.gone", "内容不见了，且没有依法清除的记录", "what it commits to is gone without an erasure",
                name, seq,
            )  # fmt: skip
        self.report.chains[name] = length
        head = self.heads.get(name)
        if head != (length, previous):
            self._say(
                "chain.end",
                "链的末尾与登记不符",
                "the end of the chain is not the one remembered",
                name,
                length + 1,
            )

    def _event(self, row: Any, about: dict[str, Any], previous: str) -> None:
        """Check one event: its bytes, what stands beside them, its payload, its leaf, its signature."""
        self.report.events += 1
        raw = _raw(row.body)
        wrong = (
            sha256(EVENT_PREFIX + raw).hexdigest() != row.hash,
            (about.get("id"), about.get("chain"), about.get("seq")) != (row.id, row.chain, row.seq),
            about.get("prev") != previous,
            not _columns_agree(row, about),
            row.payload is not None and not _committed(row, about),
            row.idx is not None and row.leaf_hash != merkle.leaf_hash(raw),
        )
        if any(wrong):
            for (kind, zh, en), so in zip(_WRONG, wrong, strict=True):
                if so:
                    self._say(kind, zh, en, row.chain, row.seq)
        if row.idx is None and row.id not in self.pending:
            self._say(
                "leaf.gone", "既不在树中也不在等待", "is neither in the tree nor waiting", row.chain, row.seq
            )
        if row.idx is None:
            self.pending.discard(row.id)
        self._signature(row, about)

    def _signature(self, row: Any, about: dict[str, Any]) -> None:
        key = about.get("key")
        if key is None:
            self.report.unsigned += 1
            if row.idx is not None and row.idx > (self.last_unkeyed or (-1,))[0]:
                self.last_unkeyed = (row.idx, row.chain, row.seq)
            return
        if row.idx is not None and (self.first_keyed is None or row.idx < self.first_keyed):
            self.first_keyed = row.idx
        if row.kind == "key.introduced" and isinstance(about.get("introduces"), dict):
            self.introduced[str(about["introduces"].get("id"))] = str(about["introduces"].get("public_key"))
        if not self.every or self.report.events % self.every:
            return
        self.report.signatures += 1
        public = self.keys.get(key)
        if public is None or not verifies(public, row.hash, row.signature):
            self._say("event.signature", "不是系统签名", "the service did not sign this", row.chain, row.seq)

    def _keys(self) -> None:
        """Every key was introduced in the log, as it is; and nothing is unsigned since there are keys."""
        for name, public in self.keys.items():
            told = base64.b64encode(public).decode()
            if key_id(public) != name or self.introduced.get(name) != told:
                self.report.note(
                    "key.unknown", f"密钥 {name} 未在日志中登记", f"key {name} was never introduced"
                )
        if (
            self.last_unkeyed is not None
            and self.first_keyed is not None
            and self.last_unkeyed[0] > self.first_keyed
        ):
            _, name, seq = self.last_unkeyed
            self._say(
                "event.unsigned", "启用签名之后仍无签名", "is unsigned although there was a key", name, seq
            )

    def _say(self, kind: str, zh: str, en: str, chain: str, seq: int) -> None:
        self.report.note(kind, zh, en, chain=chain, seq=seq)


def _streamed(session: Session, query: Any) -> Any:
    """Return the rows of *query*, fetched bit by bit, as plain rows."""
    return session.connection().execution_options(yield_per=ROWS).execute(query)


def _body(stored: Any) -> dict[str, Any]:
    try:
        found = orjson.loads(stored)
    except (ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _steps_back(elder: Any, younger: Any) -> bool:
    """Tell whether an entry dated *younger* follows one dated more than the leeway later; stamps compare as text."""
    if not isinstance(elder, str) or not isinstance(younger, str) or younger >= elder:
        return False
    try:
        return datetime.fromisoformat(elder) - datetime.fromisoformat(younger) > LEEWAY
    except (ValueError, TypeError):
        return False  # a stamp that is none is found elsewhere: it is not what the columns say


def _raw(stored: Any) -> bytes:
    return stored if isinstance(stored, bytes) else str(stored).encode()


def _columns_agree(row: Any, about: dict[str, Any]) -> bool:
    actor = about.get("actor")
    said = (about.get("kind"), about.get("at"), actor.get("id") if isinstance(actor, dict) else None)
    return said == (row.kind, stamp(row.at), row.actor_id)


def _committed(row: Any, about: dict[str, Any]) -> bool:
    try:
        return commitment(row.salt, row.payload) == about.get("commit")
    except (ValueError, TypeError):
        return False


# -- the tree --------------------------------------------------------------------------------------------


def _tree(session: Session, report: Report, tell: Progress) -> None:
    """Compute every tile and the root anew from the leaves."""
    edge: dict[tuple[int, int], bytes] = {}  # tiles that are not full yet
    size, root = 0, merkle.EMPTY_ROOT
    leaves = iter(_streamed(session, select(Leaf.idx, Leaf.hash).order_by(Leaf.idx)))
    while chunk := list(islice(leaves, CHUNK)):
        numbers, hashes = [row[0] for row in chunk], [row[1] for row in chunk]
        if numbers != list(range(size, size + len(chunk))):
            gap = next(at for at, idx in enumerate(numbers, size) if idx != at)
            report.note("leaf.number", f"第 {gap} 片叶不见了", f"leaf {gap} is gone", interval=(gap, gap + 1))
            return
        if any(len(one) != merkle.HASH_LENGTH for one in hashes):
            report.note(
                "leaf.hash", "有的叶不是哈希", "a leaf is no hash", interval=(size, size + len(chunk))
            )
            return
        grown = merkle.append(size, lambda level, index: edge.get((level, index), b""), hashes)
        for tile in grown.tiles:
            edge.pop((tile.level, tile.index), None)
            if tile.width == merkle.TILE_WIDTH:
                _same_tile(session, report, tile)
            else:
                edge[tile.level, tile.index] = tile.data
        size, root = grown.size, grown.root
        tell(len(chunk))
    for (level, index), data in edge.items():
        _same_tile(session, report, merkle.Tile(level, index, data))
    report.leaves = size
    report.pending = session.scalar(select(func.count()).select_from(PendingEvent)) or 0
    head = proofs.head(session)
    if (head.size, head.root) != (size, root):
        report.note(
            "tree.root",
            "树根与登记不符",
            "the root is not the one remembered",
            interval=(0, max(size, head.size)),
        )


def _same_tile(session: Session, report: Report, tile: merkle.Tile) -> None:
    if proofs.tile_reader(session)(tile.level, tile.index) == tile.data:
        return
    span = merkle.TILE_WIDTH ** (tile.level + 1)
    report.note(
        "tile.changed", f"第 {tile.level} 层第 {tile.index} 块与叶不符",
        f"tile {tile.level}/{tile.index} is not that of its leaves",
        interval=(tile.index * span, (tile.index + 1) * span),
    )  # fmt: skip


# -- checkpoints, readings, what lies outside ----------------------------------------------------------------


def _checkpoints(session: Session, report: Report) -> None:
    """Hold every stored checkpoint against the tree at its size."""
    before = 0
    for kept in session.execute(select(Checkpoint.size, Checkpoint.note).order_by(Checkpoint.size)):
        report.checkpoints += 1
        try:
            told = note.parse_checkpoint(note.parse(kept.note).text)
        except note.Malformed:
            told = None
        if told is None or told.size != kept.size or told.root != _root(session, report, kept.size):
            report.note(
                "checkpoint.other", f"第 {kept.size} 号检查点与树不符",
                f"checkpoint {kept.size} is not of this tree", interval=(before, kept.size),
            )  # fmt: skip
        else:
            before = kept.size


def _root(session: Session, report: Report, size: int) -> bytes | None:
    if size > report.leaves:
        return None
    try:
        return merkle.root(proofs.tile_reader(session), size)
    except merkle.MissingHashes:
        return None


def _readings(session: Session, report: Report) -> None:
    """Hold the register of readings against the log, both ways."""
    logged: dict[str, set[tuple[str, ...]]] = {}
    for row in session.execute(select(Event.id, Event.body).where(Event.kind == "material.read")):
        read = _body(row.body).get("read")
        logged[row.id] = {tuple(map(str, one)) for one in read} if isinstance(read, list) else set()
    for entry in session.execute(select(AccessEntry.event_id, AccessEntry.case_id, AccessEntry.what)):
        if entry.event_id is None:
            continue  # from before readings were in the log
        if (entry.case_id, entry.what) not in logged.get(entry.event_id, set()):
            report.note("reading.forged", "阅卷登记与日志不符", "a reading is not the one in the log")
        else:
            logged[entry.event_id].discard((entry.case_id, entry.what))
    gone = sum(len(left) for left in logged.values())
    if gone:
        report.note("reading.gone", f"{gone} 条阅卷登记不见了", f"{gone} readings are gone from the register")


def _against(session: Session, report: Report, outside: Outside) -> None:
    """Hold the tree against a checkpoint from elsewhere: it must be the beginning of this log."""
    judged = judge(outside.policy, outside.note)
    if not judged or judged.checkpoint is None:
        report.note(
            "outside.untrusted", f"所给检查点不被信任：{judged.reason}",
            f"the checkpoint given is not to be believed: {judged.reason}",
        )  # fmt: skip
        return
    told = judged.checkpoint
    if told.size > report.leaves:
        report.note(
            "outside.longer", f"日志缺少第 {report.leaves} 至 {told.size} 片叶",
            f"the log lacks leaves {report.leaves} to {told.size}", interval=(report.leaves, told.size),
        )  # fmt: skip
    elif told.root != _root(session, report, told.size):
        report.note(
            "outside.other", f"前 {told.size} 片叶已非当时所签",
            f"the first {told.size} leaves are not those that were signed", interval=(0, told.size),
        )  # fmt: skip
