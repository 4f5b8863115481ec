"""F5: the primary dies while people act, its standby takes over: nothing acknowledged is lost, nothing done twice.

Six writers act on a real service over one PostgreSQL and its standby. The standby stalls, commits pile up behind it,
the primary and its children are killed, the standby is promoted; the writers ask again, by their keys, what they do
not know; the independent checker holds what they were told against the new primary. Every other time the standby
dies too before it is promoted. The control is the same fault under asynchronous replication, which must lose.

`make faults` fails over ten times and runs the control. A single failover takes longer than a short cut may (two
servers, a base backup, the town: about 20 s of CPU), so other runs hold only the checker to its own controls, in
`test_checker.py`.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.harness import Client, Nursery, Running, Town, prepare
from tests.faults.history import History, read
from tests.faults.standby import Pair, pair, until

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
FAILOVERS = 10
WRITERS = 6
pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not CAMPAIGN, reason="two servers and a base backup: only in `make faults`"),
]
KINDS = ["complete", "upload", "complete", "open_case"]


@pytest.fixture(scope="module")
def servers() -> Iterator[Pair]:
    """A primary; standbys are made as they are needed."""
    with pair() as made:
        yield made


@pytest.fixture(scope="module")
def town(servers: Pair, tmp_path_factory: pytest.TempPathFactory) -> Town:
    return prepare(tmp_path_factory.mktemp("failover"), servers.url("house"))


class Writers:
    """Clients that act and ask again, each in a thread, until they are told to stop."""

    def __init__(self, town: Town, history: History, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self.clients = [Client(town, history, number) for number in range(WRITERS)]
        self._threads = [threading.Thread(target=self._run, args=(one,)) for one in self.clients]
        for thread in self._threads:
            thread.start()

    def _run(self, client: Client) -> None:
        while not self._stop.is_set():
            if not client.work(self._port, KINDS, 4):
                self._stop.wait(0.02)

    def stop(self) -> None:
        """Let everybody finish what is under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def settle(self) -> None:
        """Ask again until nothing is unknown."""
        for one in self.clients:
            until(lambda one=one: one.settle(self._port), "an outcome stays unknown")


def _fail_over(
    servers: Pair, town: Town, running: Running, folder: Path, *, sync: bool, restart: bool
) -> Path:
    """Let the writers act through one failover and settle; return the history."""
    servers.follow(synchronous=sync)
    folder.mkdir()
    history = History(folder / "history.jsonl")
    writers = Writers(town, history, running.port())
    try:
        until(lambda: history.told.get("ok", 0) >= 3 * WRITERS, "nobody acts")
        assert servers.standby is not None
        servers.standby.send(signal.SIGSTOP)
        if sync:
            until(lambda: servers.held_back() >= WRITERS // 2, "nobody waits for the standby")
        else:
            before = history.told["ok"]
            until(lambda: history.told["ok"] >= before + 2 * WRITERS, "nobody acts")
        servers.fail_over(restart=restart)
    finally:
        writers.stop()
    writers.settle()
    history.close()
    return folder / "history.jsonl"


def _outcomes(history: Path) -> Counter[str]:
    """Count acts: done, refused; and those of which a client once did not know, by what was told in the end."""
    told: dict[str, list[str]] = {}
    for line in read(history):
        if line["type"] != "invoke":
            told.setdefault(line["key"], []).append(line["type"])
    found = Counter(kinds[-1] for kinds in told.values())
    found.update(f"unknown, then {kinds[-1]}" for kinds in told.values() if "info" in kinds)
    return found


def test_a_synchronous_standby_takes_over_and_nothing_acknowledged_is_lost(
    servers: Pair, town: Town, processes: Nursery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    total: Counter[str] = Counter()
    running = processes.start(town, "serve", THREADS="10")
    for number in range(FAILOVERS):
        history = _fail_over(
            servers, town, running, tmp_path / str(number), sync=True, restart=number % 2 == 1
        )
        outcomes = _outcomes(history)
        total += outcomes
        found = town.check(history)
        with capsys.disabled():
            print(f"\nfailover {number + 1}: {dict(outcomes)}; {len(found)} findings", flush=True)
        assert found == []
        assert outcomes["info"] == 0
    running.kill()
    running.wait()
    assert total["unknown, then ok"] >= FAILOVERS, total


def test_an_asynchronous_standby_loses_what_was_acknowledged_and_is_found_out(
    servers: Pair, town: Town, processes: Nursery, tmp_path: Path
) -> None:
    """The control: the same fault, but nobody waited for the standby."""
    running = processes.start(town, "serve", THREADS="10", EMBEDDED_NOTARY="false")
    history = _fail_over(servers, town, running, tmp_path / "control", sync=False, restart=True)
    running.kill()
    running.wait()
    lost = [one for one in town.check(history) if one.kind == "lost"]
    assert lost
