"""Holds a history against a database, knowing nothing of the house: standard library, plain SQL, its own SHA-256.

What it looks for, and names in its findings:

* `lost`: an act that was acknowledged is not there, or its event is another one than the receipt says.
* `undead`: an act that was refused is there.
* `double`: one key, or one thing that happens once, has more than one effect; or two answers to one key differ.
* `half`: state without its event, or an event without its state.
* `chain`: an event's bytes, place or link are wrong, or the head is not the last event.
* `tree`: a leaf twice, a gap, an event neither waiting nor in the tree (or both), a root that is not the leaves'.
* `paper`: a document version whose bytes are not in the store, or are others.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

Rows = Callable[[str], list[tuple[Any, ...]]]


class Found(NamedTuple):
    """Something that must not be."""

    kind: str
    what: str


class Event(NamedTuple):
    """An event as it lies in the log."""

    id: str
    chain: str
    seq: int
    kind: str
    body: bytes
    hash: str
    said: dict[str, Any]


def check(history: Iterable[dict[str, Any]], rows: Rows, papers: Path | None = None) -> list[Found]:
    """Return everything that is wrong; *rows* runs a query, *papers* is the folder of document bytes."""
    events = _events(rows)
    return [
        *_acts(list(history), events),
        *_chains(events, rows),
        *_halves(events, rows),
        *_tree(events, rows),
        *(_papers(rows, papers) if papers is not None else ()),
    ]


def _events(rows: Rows) -> list[Event]:
    payloads = {one: bytes(payload) for one, payload in rows("SELECT event_id, payload FROM event_payload")}
    return [
        Event(one, chain, seq, kind, bytes(body), told, json.loads(payloads.get(one, b"{}")))
        for one, chain, seq, kind, body, told in rows(
            "SELECT id, chain, seq, kind, body, hash FROM event ORDER BY chain, seq"
        )
    ]


# -- what clients were told ------------------------------------------------------------------------------


def _acts(history: list[dict[str, Any]], events: list[Event]) -> Iterable[Found]:
    asked: dict[str, dict[str, Any]] = {}
    told: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in history:
        if line["type"] == "invoke":
            asked.setdefault(line["key"], line)
        else:
            told[line["key"]].append(line)
    by_id = {event.id: event for event in events}
    effects = _effects(
        events, {tuple(line["effect"]["path"]) for line in asked.values() if line.get("effect")}
    )
    for key, line in asked.items():
        answers = [one["receipt"] for one in told[key] if one["type"] == "ok" and one.get("receipt")]
        for receipt in answers:
            event = by_id.get(receipt["event_id"])
            if event is None or event.hash != receipt["hash"]:
                yield Found(
                    "lost", f"{key}: the receipt names event {receipt['event_id']}, which is not there"
                )
        if len({json.dumps(receipt, sort_keys=True) for receipt in answers}) > 1:
            yield Found("double", f"{key}: two answers differ")
        if line.get("effect"):
            yield from _once(key, line["effect"], [one["type"] for one in told[key]], effects)


def _effects(events: list[Event], paths: set[tuple[str, ...]]) -> Counter[tuple[Any, ...]]:
    """Count how often each value stands at each of *paths* in events of each kind."""
    found: Counter[tuple[Any, ...]] = Counter()
    for event in events:
        everything = {"body": json.loads(event.body), "payload": event.said}
        for path in paths:
            value: Any = everything
            for name in path:
                value = value.get(name) if isinstance(value, dict) else None
            if isinstance(value, str):
                found[(event.kind, path, value)] += 1
    return found


def _once(
    key: str, effect: dict[str, Any], told: list[str], effects: Counter[tuple[Any, ...]]
) -> Iterable[Found]:
    count = effects[(effect["kind"], tuple(effect["path"]), effect["value"])]
    if count > 1:
        yield Found("double", f"{key}: {effect['kind']} {effect['value']} happened {count} times")
    if "ok" in told and count == 0:
        yield Found("lost", f"{key}: {effect['kind']} {effect['value']} was acknowledged and is not there")
    known = [one for one in told if one != "info"]  # whoever asked again was told what became of it
    if known[-1:] == ["fail"] and count and not effect.get("shared"):
        yield Found("undead", f"{key}: {effect['kind']} {effect['value']} was refused and is there")


# -- the log -----------------------------------------------------------------------------------------------


def _chains(events: list[Event], rows: Rows) -> Iterable[Found]:
    heads = {one: (seq, told) for one, seq, told in rows("SELECT id, head_seq, head_hash FROM decision_case")}
    heads |= {one: (seq, told) for one, seq, told in rows("SELECT id, head_seq, head_hash FROM chain")}
    last: dict[str, tuple[int, str]] = {}
    for event in events:
        seq, previous = last.get(event.chain, (0, ""))
        body = json.loads(event.body)
        right = hashlib.sha256(b"ev1\n" + event.body).hexdigest() == event.hash
        placed = (event.seq, body["seq"], body["chain"]) == (seq + 1, seq + 1, event.chain)
        if not (right and placed and body["prev"] == previous and body["kind"] == event.kind):
            yield Found("chain", f"{event.chain} {event.seq}")
        last[event.chain] = (event.seq, event.hash)
    for chain, head in heads.items():
        if last.get(chain, (0, "")) != head:
            yield Found("chain", f"{chain}: the head says {head}, the last event is {last.get(chain)}")
    for chain in last.keys() - heads.keys():
        yield Found("half", f"events on {chain}, which has no head")


def _halves(events: list[Event], rows: Rows) -> Iterable[Found]:
    """Compare each table with the events that must have written it, thing by thing."""
    wanted = _written_by(events)
    kept = {
        "case": "SELECT id FROM decision_case",
        "task done": "SELECT id FROM task WHERE status = 'DONE'",
        "task opened": "SELECT id FROM task",
        "timer fired": "SELECT subject FROM job WHERE state = 'DONE'",
        "version": "SELECT document_id, number FROM document_version",
        "comment": "SELECT id FROM comment",
        "record": "SELECT case_id, seq FROM record WHERE task_id IS NOT NULL OR role = 'clock'",
        "definition": "SELECT hash FROM definition WHERE status <> 'FOREIGN'",
    }
    for what, query in kept.items():
        have = Counter(" ".join(map(str, row)) for row in rows(query))
        if what == "definition":
            have = Counter({one: number for one, number in have.items() if one in wanted[what]})
        for one in (wanted[what] - have) | (have - wanted[what]):
            kind = "double" if wanted[what][one] > 1 else "half"
            yield Found(kind, f"{what} {one}: {have[one]} kept, {wanted[what][one]} in the log")


WRITES: dict[str, tuple[str, Callable[[Event, dict[str, Any]], str]]] = {
    "case.opened": ("case", lambda event, _: event.chain),
    "task.completed": ("task done", lambda _, body: body["task"]["id"]),
    "timer.fired": ("timer fired", lambda _, body: body["timer"]["id"]),
    "document.added": ("version", lambda _, body: f"{body['document']['id']} {body['document']['version']}"),
    "comment.received": ("comment", lambda _, body: body["comment"]["id"]),
    "definition.proposed": ("definition", lambda _, body: body["definition"]),
}
"""Which thing an event of each kind must have written."""


def _written_by(events: list[Event]) -> dict[str, Counter[str]]:
    """Count what the log says was written, thing by thing."""
    wanted: dict[str, Counter[str]] = defaultdict(Counter)
    for event in events:
        body = json.loads(event.body)
        if event.kind in WRITES:
            what, name = WRITES[event.kind]
            wanted[what][name(event, body)] += 1
        if event.kind in {"task.completed", "timer.fired"}:
            wanted["record"][f"{event.chain} {body['entry']}"] += 1
        if event.kind in {"case.opened", "task.completed", "timer.fired"}:
            for task in body["next"]:
                wanted["task opened"][task[0]] = 1  # one still open is named again by the next event
    return wanted


# -- the tree ----------------------------------------------------------------------------------------------


def _tree(events: list[Event], rows: Rows) -> Iterable[Found]:
    waiting = [one for (one,) in rows("SELECT event_id FROM pending_event")]
    leaves = rows("SELECT idx, event_id, hash FROM leaf ORDER BY idx")
    for place, (index, _, _) in enumerate(leaves):
        if place != index:
            yield Found("tree", f"a gap or a leaf twice before {index}")
            break
    placed = Counter(waiting)
    placed.update(one for _, one, _ in leaves)
    for event in events:
        if placed[event.id] != 1:
            yield Found("tree", f"event {event.id} stands {placed[event.id]} times in tree and queue")
    for orphan in placed.keys() - {event.id for event in events}:
        yield Found("tree", f"{orphan} in tree or queue is no event")
    bodies = {event.id: event.body for event in events}
    hashes = [hashlib.sha256(b"\0" + bodies.get(one, b"")).digest() for _, one, _ in leaves]
    if any(bytes(told) != hash_ for (_, _, told), hash_ in zip(leaves, hashes, strict=True)):
        yield Found("tree", "a leaf is not the hash of its event")
    roots = _Roots(hashes)
    for size, root in rows("SELECT size, root FROM log_head"):
        if size != len(leaves) or (size and bytes(root) != roots.at(size)):
            yield Found("tree", f"the head of {size} is not that of {len(leaves)} leaves")
    for size, note in rows("SELECT size, note FROM checkpoint"):
        origin, told, root = note.split("\n")[:3]
        if int(told) != size or size > len(leaves) or root != roots.base64(size):
            yield Found("tree", f"checkpoint {size} of {origin} is not the tree's")


class _Roots:
    """RFC 6962 roots of the first n of some leaves."""

    def __init__(self, hashes: list[bytes]) -> None:
        self._hashes = hashes

    def at(self, size: int) -> bytes:
        return self._over(0, size)

    def base64(self, size: int) -> str:
        import base64

        return base64.b64encode(self.at(size)).decode()

    def _over(self, start: int, end: int) -> bytes:
        if end - start == 0:
            return hashlib.sha256(b"").digest()
        if end - start == 1:
            return self._hashes[start]
        split = 1 << (end - start - 1).bit_length() - 1
        left, right = self._over(start, start + split), self._over(start + split, end)
        return hashlib.sha256(b"\1" + left + right).digest()


def _papers(rows: Rows, folder: Path) -> Iterable[Found]:
    for (address,) in rows("SELECT DISTINCT sha256 FROM document_version"):
        path = folder / address[:2] / address
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != address:
            yield Found("paper", f"{address} is not in the store")
