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
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.harness import Nursery, Running, Town, prepare
from tests.faults.standby import Pair, pair, until
from tests.faults.writers import outcomes, writing

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
FAILOVERS = 10
WRITERS = 6
pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not CAMPAIGN, reason="two servers and a base backup: only in `make faults`"),
]


@pytest.fixture(scope="module")
def servers() -> Iterator[Pair]:
    """A primary; standbys are made as they are needed."""
    with pair() as made:
        yield made


@pytest.fixture(scope="module")
def town(servers: Pair, tmp_path_factory: pytest.TempPathFactory) -> Town:
    return prepare(tmp_path_factory.mktemp("failover"), servers.url("house"))


@contextmanager
def _service(processes: Nursery, town: Town, **more: str) -> Iterator[Running]:
    running = processes.start(town, "serve", THREADS="10", **more)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def _fail_over(
    servers: Pair, town: Town, running: Running, history: Path, *, sync: bool, restart: bool
) -> float:
    """Let the writers act through one failover and settle; return the seconds from the death to the next act done."""
    servers.follow(synchronous=sync)
    with writing(town, running, history, WRITERS) as writers:
        writers.told("ok", 3 * WRITERS)
        assert servers.standby is not None
        servers.standby.stall()
        if sync:
            until(lambda: servers.held_back() >= WRITERS // 2, "nobody waits for the standby")
        else:
            writers.told("ok", 2 * WRITERS)
        died = time.monotonic()
        servers.fail_over(restart=restart)
        writers.told("ok", 1)
        return time.monotonic() - died


def test_a_synchronous_standby_takes_over_and_nothing_acknowledged_is_lost(
    servers: Pair, town: Town, processes: Nursery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    total: Counter[str] = Counter()
    with _service(processes, town) as running:
        for number in range(FAILOVERS):
            history = tmp_path / f"{number}.jsonl"
            restart = number % 2 == 1
            away = _fail_over(servers, town, running, history, sync=True, restart=restart)
            told, found = outcomes(history), town.check(history)
            total += told
            with capsys.disabled():
                print(
                    f"\nfailover {number + 1}{', standby killed too' if restart else ''}: {dict(told)}; "
                    f"{len(found)} findings; done again after {away:.1f} s",
                    flush=True,
                )
            assert found == []
            assert told["info"] == 0
    assert total["unknown, then ok"] >= FAILOVERS, total


def test_an_asynchronous_standby_loses_what_was_acknowledged_and_is_found_out(
    servers: Pair, town: Town, processes: Nursery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The control: the same fault, but nobody waited for the standby."""
    history = tmp_path / "control.jsonl"
    with _service(processes, town, EMBEDDED_NOTARY="false") as running:
        _fail_over(servers, town, running, history, sync=False, restart=True)
    lost = [one for one in town.check(history) if one.kind == "lost"]
    with capsys.disabled():
        print(f"\nasynchronous: {dict(outcomes(history))}; {len(lost)} acknowledged acts lost", flush=True)
    assert lost
