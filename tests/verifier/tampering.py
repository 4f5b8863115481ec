"""Tampering with a real house by whoever owns its database: 31 classes (T1 to T31 of the plan) by four attackers.

That two notaries on one memory cannot be started at all is in tests/test_notary.py and tests/test_outside_processes.py;
many more hostile bundles are in test_verifiers.py.

A0 edits rows; A1 also computes every chain, leaf, tile and head anew; A2 also holds the notary's keys and signs every
checkpoint again; A3 also holds the key with which the service signs events. Nobody holds the witness's key, nor the
receipts and the checkpoint that lie in other people's drawers.

Everything is done by SQL on a copy of the database file, triggers dropped, and computed by the tests' own writer.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from decision_engine.access import CLOCK
from decision_engine.audit import note
from decision_engine.audit import policy as policies
from decision_engine.clock import MovableClock
from decision_engine.commands import sequencing
from decision_engine.db import open_engine
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import open_stage
from decision_engine.errors import DecisionEngineError
from decision_engine.models import Case, Checkpoint
from decision_engine.queries import bundle, proofs, standing, verification
from decision_engine.verifier import verify
from decision_engine.work import House, reading, unit_of_work
from tests.conftest import cheap_settings
from tests.verifier.writer import ORIGIN, Made, b64, canonical, ed25519, packed, raw, root_of, seed, zipped

LEVELS = ("A0", "A1", "A2", "A3")
KEYS = Made()  # the notary's and the witness's, as the tests hold them
SERVICE_OF = "keys/event.pem"


# -- a house that is left alone ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Town:
    """A closed house in *folder*, an older copy of its database, and what lies elsewhere."""

    folder: Path
    earlier: Path
    case: str
    receipts: list[dict[str, Any]]
    checkpoint: bytes
    policy: bytes


def build(root: Path) -> Town:
    """Play the beginning of S1 with three checkpoints; a last step is logged and not in the tree yet."""
    folder, earlier = root / "house", root / "earlier.db"
    folder.mkdir()
    names = [one.name for one in S1.scenes]
    stops = ["study_proposal", "draft_decision", "determine_procedure"]
    with open_stage(folder, S1.scenes[0].at) as stage:
        before = names[0]
        for stop in stops:
            S1.play(stage, start=before, until=stop)
            sign_off(stage.house)
            if stop == "draft_decision":
                copy_db(folder / "stage.db", earlier)
            before = stop
        S1.play(stage, start=before, until="publish_notice")
        case = stage.case_id
    with closing_db(folder) as db:
        rows = db.execute(
            "SELECT chain, seq, hash FROM event WHERE chain = ? ORDER BY seq DESC LIMIT 3", (case,)
        )
        receipts = [{"chain": chain, "seq": seq, "hash": hash_} for chain, seq, hash_ in rows]
        (newest,) = db.execute("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    return Town(folder, earlier, case, receipts, newest.encode(), KEYS.policy)


def sign_off(house: House) -> None:
    """Sequence what waits, and publish a checkpoint signed by notary and witness."""
    sequencing.sequence(house)
    now = house.clock.now()
    with house.writing() as session, session.begin():
        head = proofs.head(session)
        text = KEYS.sign(head.size, head.root, at=int(now.timestamp() * 1000)).decode()
        session.add(Checkpoint(size=head.size, note=text, at=now))


def copy_db(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
    old.close()
    new.close()


class closing_db:  # noqa: N801  reads like the function it is
    """The database as its owner opens it: no triggers, no foreign keys."""

    def __init__(self, folder: Path) -> None:
        self.db = sqlite3.connect(folder / "stage.db", isolation_level=None)

    def __enter__(self) -> sqlite3.Connection:
        self.db.execute("PRAGMA foreign_keys=OFF")
        for (name,) in self.db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self.db.execute(f"DROP TRIGGER {name}")
        return self.db

    def __exit__(self, *_: object) -> None:
        self.db.close()


# -- the attacker ------------------------------------------------------------------------------------------------


@dataclass
class Attack:
    """One attacker at work in *folder*. *touched* are places of the case's chain."""

    town: Town
    folder: Path
    db: sqlite3.Connection
    level: int
    touched: set[int] = field(default_factory=set)
    rewritten: set[str] = field(default_factory=set)  # ids of events whose bytes were changed
    witness_forgot: bool = False  # the witness cosigns what follows on the older state
    hostile: bool = False  # the auditor is given other bundles than the house makes

    @property
    def case(self) -> str:
        return self.town.case

    def events(self, chain: str = "") -> list[dict[str, Any]]:
        """Return a chain in order, with its bodies read."""
        columns = ("id", "chain", "seq", "kind", "at", "actor_id", "body", "hash", "signature")
        rows = self.db.execute(
            f"SELECT {', '.join(columns)} FROM event WHERE chain = ? ORDER BY seq", (chain or self.case,)
        )
        return [dict(zip(columns, row, strict=True)) | {"about": json.loads(row[6])} for row in rows]

    def nth(self, seq: int) -> dict[str, Any]:
        self.touched.add(seq)
        return self.events()[seq - 1]

    def body(self, event: dict[str, Any], **changes: Any) -> None:
        """Write changed bytes under the old hash."""
        about = {**event["about"], **changes}
        self.rewritten.add(event["id"])
        self.db.execute("UPDATE event SET body = ? WHERE id = ?", (canonical(about), event["id"]))
        if "actor" in changes:
            self.db.execute(
                "UPDATE event SET actor_id = ? WHERE id = ?", (changes["actor"]["id"], event["id"])
            )
        if "at" in changes:
            self.db.execute("UPDATE event SET at = ? WHERE id = ?", (column(changes["at"]), event["id"]))

    def insert(self, seq: int, kind: str, at: str, *, leaf: bool = True, **about: Any) -> None:
        """Put an event at place *seq* of the case; later ones move up."""
        self.db.execute("UPDATE event SET seq = seq + 100000 WHERE chain = ? AND seq >= ?", (self.case, seq))
        self.db.execute("UPDATE event SET seq = seq - 99999 WHERE chain = ? AND seq >= 100000", (self.case,))
        model = self.nth(1)
        payload, salt, number = self.words(model), seed(kind)[:16], f"f{seq:031d}"
        body = {
            **about, "v": "ev1", "id": number, "chain": self.case, "seq": seq, "prev": "", "at": at, "kind": kind,
            "actor": model["about"]["actor"], "key": model["about"]["key"],
            "commit": hashlib.sha256(b"cm1" + salt + payload).hexdigest(),
        }  # fmt: skip
        self.db.execute(
            "INSERT INTO event (id, chain, seq, kind, at, actor_id, body, hash, signature) VALUES (?,?,?,?,?,?,?,?,?)",
            (number, self.case, seq, kind, column(at), model["actor_id"], canonical(body),
             seed(number).hex(), model["signature"]),
        )  # fmt: skip
        self.db.execute("INSERT INTO event_payload VALUES (?,?,?)", (number, salt, payload))
        if leaf:
            (size,) = self.db.execute("SELECT COALESCE(MAX(idx), -1) + 1 FROM leaf").fetchone()
            self.db.execute("INSERT INTO leaf VALUES (?,?,?)", (size, number, seed(number)))
        else:
            self.db.execute("INSERT INTO pending_event VALUES (?)", (number,))
        self.rewritten.add(number)
        self.touched |= {seq}

    def words(self, model: dict[str, Any]) -> bytes:
        """Return a payload in the very name under which *model* was done: a forger knows whom to name."""
        (told,) = self.db.execute(
            "SELECT payload FROM event_payload WHERE event_id = ?", (model["id"],)
        ).fetchone()
        return canonical({"actor": json.loads(told)["actor"], "said": {"text": "补记"}})

    def add(self, about: dict[str, Any], key: Any) -> None:
        """Append an event that is right in everything but its author; what it says is that of another one."""
        salt = seed("added")[:16]
        payload = self.words(
            next(one for one in self.events(about["chain"]) if one["actor_id"] == about["actor"]["id"])
        )
        about = {**about, "commit": hashlib.sha256(b"cm1" + salt + payload).hexdigest()}
        data = canonical(about)
        hash_ = hashlib.sha256(b"ev1\n" + data).hexdigest()
        self.db.execute(
            "INSERT INTO event (id, chain, seq, kind, at, actor_id, body, hash, signature) VALUES (?,?,?,?,?,?,?,?,?)",
            (about["id"], about["chain"], about["seq"], about["kind"], column(about["at"]), about["actor"]["id"], data,
             hash_, key.sign(b"decision-engine/event/v1\n" + bytes.fromhex(hash_))),
        )  # fmt: skip
        self.db.execute("INSERT INTO event_payload VALUES (?,?,?)", (about["id"], salt, payload))
        self.db.execute("INSERT INTO pending_event VALUES (?)", (about["id"],))
        for table in ("decision_case", "chain"):
            self.db.execute(
                f"UPDATE {table} SET head_seq = ?, head_hash = ? WHERE id = ?",
                (about["seq"], hash_, about["chain"]),
            )

    def delete(self, event: dict[str, Any]) -> None:
        for table, column in (
            ("event", "id"),
            ("event_payload", "event_id"),
            ("leaf", "event_id"),
            ("pending_event", "event_id"),
        ):
            self.db.execute(f"DELETE FROM {table} WHERE {column} = ?", (event["id"],))

    # -- what A1 to A3 do afterwards -------------------------------------------------------------------------

    def cover(self) -> None:
        """Compute anew whatever this attacker can."""
        if self.level < 1:
            return
        for (chain,) in self.db.execute("SELECT DISTINCT chain FROM event").fetchall():
            self._chain(chain)
        self._tree()
        if self.level >= 2:
            self._checkpoints()

    def _chain(self, chain: str) -> None:
        key = load_pem_private_key((self.folder / SERVICE_OF).read_bytes(), None)
        previous, seq = "", 0
        for event in self.events(chain):
            seq += 1
            about = {**event["about"], "prev": previous, "seq": seq, "id": event["id"], "chain": chain}
            data = canonical(about)
            previous = hashlib.sha256(b"ev1\n" + data).hexdigest()
            signature = event["signature"]
            if (data, previous) != (event["body"], event["hash"]) and self.level >= 3:
                signature = key.sign(b"decision-engine/event/v1\n" + bytes.fromhex(previous))
            if (data, previous, seq) != (event["body"], event["hash"], event["seq"]):
                self.db.execute(
                    "UPDATE event SET body = ?, hash = ?, seq = ?, signature = ? WHERE id = ?",
                    (data, previous, seq, signature, event["id"]),
                )
        for table in ("decision_case", "chain"):
            self.db.execute(
                f"UPDATE {table} SET head_seq = ?, head_hash = ? WHERE id = ?", (seq, previous, chain)
            )

    def leaves(self) -> list[bytes]:
        return [row[0] for row in self.db.execute("SELECT hash FROM leaf ORDER BY idx")]

    def _tree(self) -> None:
        rows = self.db.execute(
            "SELECT leaf.event_id, body FROM leaf JOIN event ON event.id = event_id ORDER BY idx"
        ).fetchall()
        self.db.execute("DELETE FROM leaf")
        self.db.executemany(
            "INSERT INTO leaf VALUES (?,?,?)",
            [(n, event, hashlib.sha256(b"\0" + body).digest()) for n, (event, body) in enumerate(rows)],
        )
        leaves = self.leaves()
        self.db.execute("DELETE FROM tile")
        level, hashes = 0, leaves
        while hashes:
            for n in range(0, len(hashes), 256):
                some = hashes[n : n + 256]
                self.db.execute(
                    "INSERT INTO tile VALUES (?,?,?,?)", (level, n // 256, len(some), b"".join(some))
                )
            level, hashes = (
                level + 1,
                [root_of(hashes[n : n + 256]) for n in range(0, len(hashes) - 255, 256)],
            )
        self.db.execute("UPDATE log_head SET size = ?, root = ?", (len(leaves), root_of(leaves)))

    def _checkpoints(self) -> None:
        """Sign every checkpoint again by the stolen notary's keys; the witness's line stays where its text does."""
        leaves = self.leaves()
        for size, text, at in self.db.execute(
            "SELECT size, note, at FROM checkpoint ORDER BY size"
        ).fetchall():
            if size > len(leaves):
                self.db.execute("DELETE FROM checkpoint WHERE size = ?", (size,))
                continue
            self._sign(size, leaves, at, text)
        (newest, at) = self.db.execute("SELECT COALESCE(MAX(size), 0), MAX(at) FROM checkpoint").fetchone()
        if newest < len(leaves):
            self._sign(len(leaves), leaves, at or "2026-03-05 01:00:00.000000", "")

    def _sign(self, size: int, leaves: list[bytes], at: str, old: str) -> None:
        time = int(moment(at).timestamp() * 1000)
        made = KEYS.sign(size, root_of(leaves[:size]), at=time).decode()
        if made.partition("\n\n")[0] == old.partition("\n\n")[0]:
            return
        lines = made.splitlines(keepends=True)
        unwitnessed = "".join(line for line in lines if self.witness_forgot or "archive.example" not in line)
        self.db.execute("INSERT OR REPLACE INTO checkpoint VALUES (?,?,?)", (size, unwitnessed, at))


# -- the classes ---------------------------------------------------------------------------------------------------

CLASSES: dict[str, Callable[[Attack], None]] = {}


def tampering(function: Callable[[Attack], None]) -> Callable[[Attack], None]:
    CLASSES[function.__name__] = function
    return function


@tampering
def edit_actor(a: Attack) -> None:
    event = a.nth(4)
    a.body(event, actor={**event["about"]["actor"], "id": "0" * 32})


@tampering
def edit_time(a: Attack) -> None:
    event = a.nth(4)
    a.body(event, at=event["about"]["at"].replace("2026-02-24", "2026-02-23"))


@tampering
def edit_opinion(a: Attack) -> None:
    event = a.nth(6)
    (payload,) = a.db.execute(
        "SELECT payload FROM event_payload WHERE event_id = ?", (event["id"],)
    ).fetchone()
    a.db.execute("UPDATE event_payload SET payload = ? WHERE event_id = ?", (payload + b" ", event["id"]))


@tampering
def edit_opinion_with_commitment(a: Attack) -> None:
    event, salt = a.nth(6), seed("new salt")[:16]
    payload = canonical({"actor": {"name": "某人", "post": ""}, "said": {"outcome": "START", "other": 1}})
    a.db.execute(
        "UPDATE event_payload SET salt = ?, payload = ? WHERE event_id = ?", (salt, payload, event["id"])
    )
    a.body(event, commit=hashlib.sha256(b"cm1" + salt + payload).hexdigest())


@tampering
def delete_in_the_middle(a: Attack) -> None:
    a.delete(a.nth(5))


@tampering
def delete_the_tail(a: Attack) -> None:
    events = a.events()
    for event in events[-6:]:
        a.touched.add(event["seq"])
        a.delete(event)


@tampering
def delete_a_case(a: Attack) -> None:
    for event in a.events():
        a.touched.add(event["seq"])
        a.delete(event)
    for table in ("record", "task", "job", "document"):
        a.db.execute(f"DELETE FROM {table} WHERE case_id = ?", (a.case,))
    a.db.execute("DELETE FROM decision_case WHERE id = ?", (a.case,))


@tampering
def insert_backdated(a: Attack) -> None:
    a.insert(
        5,
        "comment.received",
        a.events()[3]["about"]["at"],
        comment={"id": "c", "channel": "web", "late": False},
    )


@tampering
def append_backdated(a: Attack) -> None:
    a.insert(
        len(a.events()) + 1, "comment.received", a.events()[2]["about"]["at"], leaf=False, comment={"id": "c"}
    )


@tampering
def reorder(a: Attack) -> None:
    first, second = a.nth(4), a.nth(5)
    for event, seq in ((first, 100_001), (second, 4), (first, 5)):
        a.db.execute("UPDATE event SET seq = ? WHERE id = ?", (seq, event["id"]))


@tampering
def duplicate(a: Attack) -> None:
    events = a.events()
    model = next(one for one in events if one["kind"] == "task.claimed" or one["kind"] == "document.added")[
        "about"
    ]
    about = {name: value for name, value in model.items() if name == "document"}
    a.insert(len(events) + 1, model["kind"], events[-1]["about"]["at"], leaf=False, **about)
    a.db.execute(  # the paper's own words, so that it looks as it did
        "UPDATE event_payload SET (salt, payload) = (SELECT salt, payload FROM event_payload WHERE event_id = ?) "
        "WHERE event_id LIKE 'f0000%'", (model["id"],),
    )  # fmt: skip
    added = a.events()[-1]
    a.body(added, commit=model["commit"])


@tampering
def forge_append(a: Attack) -> None:
    events = a.events()
    a.insert(
        len(events) + 1, "comment.received", events[-1]["about"]["at"], leaf=False,
        comment={"id": "c", "channel": "web"},
    )  # fmt: skip


@tampering
def replace_document(a: Attack) -> None:
    paper(a).write_bytes(b"another paper")


@tampering
def replace_document_and_hash(a: Attack) -> None:
    exchange_paper(a)


@tampering
def replace_document_hash_and_events(a: Attack) -> None:
    old, new, size = exchange_paper(a)
    for event in a.events():
        about = json.loads(json.dumps(event["about"]).replace(old, new))
        if about != event["about"]:
            if event["kind"] == "document.added":
                about["document"]["size"] = size
            a.body(event, **about)
            a.touched.add(event["seq"])


@tampering
def delete_document(a: Attack) -> None:
    paper(a).unlink()


@tampering
def swap_diagram(a: Attack) -> None:
    """Another diagram, and for whoever can compute hashes its hash in every event as well."""
    rows = a.db.execute("SELECT name, content FROM definition_file ORDER BY name").fetchall()
    files = {name: bytes(content) for name, content in rows}
    files["major_decision.bpmn"] = files["major_decision.bpmn"].replace(
        "决定启动".encode(), "直接启动".encode()
    )
    assert files != dict(rows), "nothing was swapped"
    a.db.execute(
        "UPDATE definition_file SET content = ? WHERE name = 'major_decision.bpmn'",
        (files["major_decision.bpmn"],),
    )
    a.touched.add(1)
    if a.level < 1:
        return
    new, old = verify.Diagram([files[name] for name in sorted(files)]).hash, a.nth(1)["about"]["definition"]
    for chain in (a.case, "definitions"):
        for event in a.events(chain):
            if event["about"].get("definition") == old:
                a.body(event, definition=new)
    for table, column in (
        ("definition", "hash"),
        ("definition_file", "definition_hash"),
        ("decision_case", "definition_hash"),
    ):
        a.db.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (new, old))


@tampering
def rename_user(a: Attack) -> None:
    """The place of it is wherever the log still tells the true name: any entry by that person."""
    person = a.nth(4)["actor_id"]
    a.touched |= {one["seq"] for one in a.events() if one["actor_id"] == person}
    a.db.execute("UPDATE person SET name = '李四' WHERE id = ?", (person,))


@tampering
def change_state_without_event(a: Attack) -> None:
    a.db.execute("UPDATE decision_case SET status = 'ENDED' WHERE id = ?", (a.case,))
    a.db.execute("UPDATE task SET status = 'DONE' WHERE case_id = ? AND status = 'OPEN'", (a.case,))
    a.touched |= {one["seq"] for one in a.events() if one["kind"] == "task.completed"}


@tampering
def payload_gone(a: Attack) -> None:
    a.db.execute("DELETE FROM event_payload WHERE event_id = ?", (a.nth(6)["id"],))


@tampering
def delete_unsequenced_event(a: Attack) -> None:
    event = a.events()[-1]
    assert a.db.execute("SELECT 1 FROM pending_event WHERE event_id = ?", (event["id"],)).fetchone()
    a.touched.add(event["seq"])
    a.delete(event)
    head = a.events()[-1]  # whoever deletes it also puts the head of the case back, that is an edited row
    a.db.execute(
        "UPDATE decision_case SET head_seq = ?, head_hash = ? WHERE id = ?",
        (head["seq"], head["hash"], a.case),
    )


@tampering
def edit_a_checkpoint(a: Attack) -> None:
    size, text = a.db.execute("SELECT size, note FROM checkpoint ORDER BY size LIMIT 1 OFFSET 1").fetchone()
    lines = text.split("\n")
    lines[2] = "A" * 43 + "="
    a.db.execute("UPDATE checkpoint SET note = ? WHERE size = ?", ("\n".join(lines), size))


@tampering
def delete_checkpoints(a: Attack) -> None:
    a.db.execute("DELETE FROM checkpoint")


@tampering
def roll_back_to_a_backup(a: Attack) -> None:
    restore(a)


@tampering
def roll_back_and_go_on(a: Attack) -> None:
    restore(a)
    go_on(a, 40)


@tampering
def fork(a: Attack) -> None:
    """Roll back, and go on to exactly the size of the checkpoint others hold."""
    restore(a)
    held = int(a.town.checkpoint.split(b"\n")[1])
    (size,) = a.db.execute("SELECT size FROM log_head").fetchone()
    go_on(a, held - size)


@tampering
def fork_under_a_witness_set_back(a: Attack) -> None:
    """T29: the witness was restored from a backup as old as the house's, so it cosigns the other history."""
    fork(a)
    a.witness_forgot = True


@tampering
def edit_before_the_sequencer_comes(a: Attack) -> None:
    """T27: the true sequencer, notary and witness then take the changed event for what it is."""
    event = a.events()[-1]
    a.touched.add(event["seq"])
    a.body(event, actor={**event["about"]["actor"], "id": "0" * 32})
    a.cover()
    a.level = 0  # nothing more to cover: the rest is done by the house itself
    with opened(a.folder) as house:
        sign_off(house)


@tampering
def introduce_a_key_of_ones_own(a: Attack) -> None:
    """T30: a key that looks introduced, and an event signed by it; only A3 can have the old key vouch for the new."""
    thief = ed25519("thief")
    events = a.events()
    (head,) = a.events("keys")
    new = {"id": KEYS.key_id("thief"), "public_key": b64(raw(thief))}
    about = {**head["about"], "id": "f" * 32, "seq": 2, "prev": head["hash"], "introduces": new}
    about |= {"at": events[-1]["about"]["at"], "key": head["about"]["key"] if a.level >= 3 else new["id"]}
    service = load_pem_private_key((a.folder / SERVICE_OF).read_bytes(), None)
    a.add(about, service if a.level >= 3 else thief)
    a.db.execute("INSERT INTO signing_key VALUES (?,?,?,NULL)", (new["id"], raw(thief), column(about["at"])))
    last = events[-1]
    a.touched.add(last["seq"] + 1)
    a.add(
        {**last["about"], "id": "e" * 32, "seq": last["seq"] + 1, "prev": last["hash"], "kind": "comment.received",
         "comment": {"id": "c", "channel": "web"}, "key": new["id"]}, thief,
    )  # fmt: skip


@tampering
def start_a_second_notary(a: Attack) -> None:
    """T28: one without the first one's memory, over another end of the log; with its keys if they were stolen."""
    held = int(a.town.checkpoint.split(b"\n")[1])
    (number,) = a.db.execute("SELECT event_id FROM leaf WHERE idx = ?", (held - 1,)).fetchone()
    last = next(one for one in a.events() if one["id"] == number)
    a.touched.add(last["seq"])
    a.body(last, actor={**last["about"]["actor"], "id": "0" * 32})
    a.cover()
    leaves = a.leaves()[:held]
    second = Made(notary=KEYS.notary if a.level >= 2 else "second", witness="its own")
    text = second.sign(held, root_of(leaves), at=int(moment(last["at"]).timestamp() * 1000)).decode()
    a.db.execute("UPDATE checkpoint SET note = ? WHERE size = ?", (text, held))


@tampering
def hand_out_a_hostile_bundle(a: Attack) -> None:
    """T31: what is in the database stays; what is handed to the auditor is meant to break or to fool the verifier."""
    a.touched |= {1}
    a.hostile = True


def column(at: str) -> str:
    """Return a moment as SQLite keeps it."""
    return at.replace("T", " ").replace("Z", "000")


def moment(column: str) -> datetime:
    """Return what SQLite keeps as a moment."""
    return datetime.fromisoformat(column).replace(tzinfo=UTC)


def paper(a: Attack) -> Path:
    sha = next(one["about"]["document"]["sha256"] for one in a.events() if one["kind"] == "document.added")
    a.touched.add(next(one["seq"] for one in a.events() if one["kind"] == "document.added"))
    return a.folder / "documents" / sha[:2] / sha


def exchange_paper(a: Attack) -> tuple[str, str, int]:
    old, content = paper(a).name, b"another paper"
    new = hashlib.sha256(content).hexdigest()
    target = a.folder / "documents" / new[:2] / new
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(content)
    a.db.execute(
        "UPDATE document_version SET sha256 = ?, size = ? WHERE sha256 = ?", (new, len(content), old)
    )
    return old, new, len(content)


def restore(a: Attack) -> None:
    with sqlite3.connect(a.town.earlier) as old:
        kept = {row[0] for row in old.execute("SELECT id FROM event WHERE chain = ?", (a.case,))}
        a.touched |= {one["seq"] for one in a.events() if one["id"] not in kept}
        old.backup(a.db)
    old.close()
    for (name,) in a.db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        a.db.execute(f"DROP TRIGGER {name}")


def go_on(a: Attack, many: int) -> None:
    """Let the real house go on from the older state: its events are genuine, its past is not."""
    with opened(a.folder) as house:
        for _ in range(many):
            with unit_of_work(house, as_actor=CLOCK) as work:
                work.record(
                    "comment.received", a.case, said={"text": "此后"}, comment={"id": "n", "channel": "web"}
                )
        sequencing.sequence(house)


class opened:  # noqa: N801
    """The house behind a tampered database, at a moment after everything."""

    def __init__(self, folder: Path) -> None:
        settings = cheap_settings(folder, database_url=f"sqlite:///{folder}/stage.db")
        self.house = House(
            settings, open_engine(settings.database_url), MovableClock(datetime(2026, 3, 5, 1, tzinfo=UTC))
        )

    def __enter__(self) -> House:
        return self.house

    def __exit__(self, *_: object) -> None:
        self.house.engine.dispose()


# -- what is found ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """What the bundle's verifier and `audit verify` found, with what lies outside and without; was it at its place?"""

    outside: set[str]
    alone: set[str]
    localised: bool


def run(town: Town, name: str, level: int, folder: Path) -> Result:
    """Do class *name* as attacker *level* on a copy of the house in *folder*, and look."""
    with closing_db(copied(town, folder)) as db:
        attack = Attack(town, folder, db, level)
        CLASSES[name](attack)
        attack.cover()
    with opened(folder) as house:
        if attack.hostile:
            return hostile(house, town, level)
        with_outside = [*look(house, town, outside=True)]
        alone = [*look(house, town, outside=False)]
    return Result(
        {kind for kind, *_ in with_outside},
        {kind for kind, *_ in alone},
        any(is_place(one, attack.touched, town.case) for one in with_outside),
    )


def copied(town: Town, folder: Path) -> Path:
    """Return *folder* with a copy of the house in it."""
    shutil.copytree(town.folder, folder, ignore=shutil.ignore_patterns("*.db*"))
    copy_db(town.folder / "stage.db", folder / "stage.db")
    return folder


Finding = tuple[str, str | None, int | None, Any]


def look(house: House, town: Town, *, outside: bool) -> Iterator[Finding]:
    """Yield (class, chain, seq, interval) of everything that is found."""
    held = (
        {"policy": town.policy, "receipts": town.receipts, "checkpoint": town.checkpoint} if outside else {}
    )
    inside = (
        b"".join(line + b"\n" for line in town.policy.splitlines() if line.startswith(b"log"))
        + b"quorum none\n"
    )
    since = [int(town.checkpoint.split(b"\n")[1])] if outside else []
    with reading(house, as_actor=CLOCK) as work:
        case = work.session.get(Case, town.case)
        if case is None:
            if outside:
                yield "bundle:no such case", town.case, 1, None
        else:
            try:
                made = bundle.of_case(work, case, policy=inside, since=since)
                told = verify.verify(made.content, **held)
                for one in (*told.findings, *told.remarks):
                    yield f"bundle:{one['class']}", one["chain"], one["seq"], one.get("interval")
            except DecisionEngineError:
                yield "bundle:cannot be made", None, None, (0, 1)
        against = (
            verification.Outside(note.parse(town.checkpoint), policies.parse(town.policy))
            if outside
            else None
        )
        report = verification.whole_log(work.session, outside=against)
        for found in (*report.found, *report.observed):
            yield f"audit:{found.kind}", found.chain, found.seq, found.interval
        for one, seq, _ in standing.elsewhere(work.session):
            yield "audit:case.elsewhere", one.id, seq, None
        for person in standing.renamed(work.session):
            yield "audit:person.renamed", person.chain, person.seq, None


def hostile(house: House, town: Town, level: int) -> Result:
    """Hand the auditor bundles spoiled after they were made; each must be refused or found, and say where.

    A file that is no bundle is refused with the name of the entry that makes it none.
    """
    with reading(house, as_actor=CLOCK) as work:
        good = bundle.of_case(work, work.session.get_one(Case, town.case)).content
    assert verify.verify(good, policy=town.policy).verdict()["verdict"] == "ok", "the control"
    found: set[str] = set()
    localised = True
    for name, (spoiled, place) in spoiled_bundles(good, level).items():
        try:
            told = verify.verify(spoiled, policy=town.policy).findings
            localised = localised and any(
                one["seq"] is not None or "interval" in one or place in one["sentence"]["en"] for one in told
            )
        except verify.NotABundle as refusal:
            localised = localised and place in refusal.en
            told = [{}]
        if told:
            found.add(f"bundle:{name}")
    missed = set(spoiled_bundles(good, level)) - {one.removeprefix("bundle:") for one in found}
    assert not missed, f"taken for good: {missed}"
    return Result(found, found, localised)


def spoiled_bundles(good: bytes, level: int) -> dict[str, tuple[bytes, str]]:
    """Return hostile bundles made of a good one, each with a word the refusal must hold where it is one."""
    files = verify.read_zip(good)
    manifest = json.loads(files.pop("bundle.json"))
    rest = {key: value for key, value in manifest.items() if key != "files"}
    first, *others = json.loads(files["events.json"])

    def events(**changed: Any) -> bytes:
        return packed({**files, "events.json": canonical([{**first, **changed}, *others])}, **rest)

    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bundle.json", b"0" * 50_000_000)
    size = rest["checkpoint_size"]
    text = f"example.com/log\n{size}\n{b64(bytes(32))}\n".encode()
    notary = ed25519(KEYS.notary if level >= 2 else "stranger")
    other = text + b"\n" + Made._line(ORIGIN, 1, raw(notary), notary.sign(text)).encode()
    return {
        "a zip bomb": (bomb.getvalue(), "stored entries"),
        "a path that leads out": (zipped({**files, "../../etc/passwd": b"x"}), "../../etc/passwd"),
        "a huge proof": (events(proof=[b64(bytes(32))] * 100_000), "entry"),
        "another log's checkpoint": (
            packed({**files, "checkpoint.txt": other}, **rest), f"Checkpoint {size} is of another log",
        ),
        "a truth for an index": (events(leaf=True), "entry of events.json"),
        "a fraction for an index": (events(leaf=0.0), "events.json"),
    }  # fmt: skip


def is_place(found: Finding, touched: set[int], case: str) -> bool:
    """Whether a finding names the place (or the one after it, whose link broke), or an interval between checkpoints."""
    _, chain, seq, interval = found
    if interval is not None:
        return True
    return chain == case and seq is not None and any(seq in (place, place + 1) for place in touched)
