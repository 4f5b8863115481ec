"""F6: every packet between the service and its database vanishes for a while, and nobody tells either of them.

The database runs in a network of its own, at the other end of a line whose plug is pulled. The service turns people
away within seconds, the server lets go of what the service had begun, and afterwards everybody goes on by their keys.
The control is a house that leaves the server to itself: it goes on holding its locks for a service that is gone.

Only in `make faults`, and only as root, who alone makes networks. In every run `test_outage.py` does as much with a
relay, and sees that both ends are told when to give up.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.harness import Nursery, Town, prepare
from tests.faults.standby import Pair, pair
from tests.faults.test_outage import healthy, ready, service
from tests.faults.writers import writing

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
CUTS, WRITERS = 3, 6
GIVEN_UP = 40
"""Seconds after which either end has given up the other: 25 of silence, or 15 for what was sent, and some to spare."""
NETWORK, NEAR, FAR = (f"{name}{os.getpid()}" for name in ("faults", "near", "far"))
HERE, THERE = (f"10.77.{os.getpid() % 250}.{end}" for end in (1, 2))
"""Names and addresses of this process's own: two campaigns may run at once."""
pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not CAMPAIGN, reason="minutes of silence: only in `make faults`"),
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("setpriv"),
        reason="a network of its own needs root, iproute2 and setpriv",
    ),
]


def _ip(*arguments: str, there: bool = False) -> None:
    inside = ["netns", "exec", NETWORK, "ip"] if there else []
    subprocess.run(["ip", *inside, *arguments], check=True, capture_output=True)


def plug(*, in_: bool) -> None:
    """Plug the line in, or pull it: what is sent then reaches nobody."""
    _ip("link", "set", FAR, "up" if in_ else "down", there=True)


@pytest.fixture(scope="module")
def network() -> Iterator[str]:
    """A network at the end of a line."""
    _ip("netns", "add", NETWORK)
    try:
        _ip("link", "add", NEAR, "type", "veth", "peer", "name", FAR, "netns", NETWORK)
        _ip("addr", "add", f"{HERE}/24", "dev", NEAR)
        _ip("link", "set", NEAR, "up")
        _ip("addr", "add", f"{THERE}/24", "dev", FAR, there=True)
        plug(in_=True)
        yield NETWORK
    finally:
        _ip("netns", "del", NETWORK)


@pytest.fixture(scope="module")
def far(network: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pair, Town, Town]]:
    """A server at the other end, the town in it, and the same town as it is seen from here."""
    with pair(network, THERE) as servers:
        town = prepare(tmp_path_factory.mktemp("partition"), servers.url("house"))
        yield servers, town, replace(town, url=f"postgresql+psycopg://postgres@{THERE}:5432/house")


def kept(servers: Pair) -> int:
    """How many transactions the server keeps although it has heard nothing of them for as long as it may."""
    silent = f"state LIKE 'idle in transaction%' AND state_change < now() - interval '{GIVEN_UP - 5} s'"
    return int(servers.primary.rows(f"SELECT count(*) FROM pg_stat_activity WHERE {silent}")[0][0])


@contextmanager
def pulled() -> Iterator[float]:
    """Pull the plug, and put it in again whatever happens; gives the moment."""
    plug(in_=False)
    try:
        yield time.monotonic()
    finally:
        plug(in_=True)


def test_when_packets_vanish_either_end_gives_up_and_everybody_goes_on(
    far: tuple[Pair, Town, Town], processes: Nursery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    servers, town, seen = far
    history, said = tmp_path / "history.jsonl", []
    with service(processes, seen) as running:
        with writing(town, running, history, WRITERS) as writers:
            for _ in range(CUTS):
                writers.told("ok", 2 * WRITERS)
                with pulled() as began:
                    writers.told("info", WRITERS)
                    away = time.monotonic() - began
                    assert ready(running.port())[0] == 503
                    assert ready(running.port(), "/healthz")[0] == 200
                    threading.Event().wait(GIVEN_UP)
                    assert kept(servers) == 0
                healed = time.monotonic()
                writers.told("ok", WRITERS)
                said.append(
                    f"all turned away after {away:.0f} s, back after {time.monotonic() - healed:.1f} s"
                )
        told = healthy(history, town)
    with capsys.disabled():
        print(f"\n{CUTS} partitions: {dict(told)}; {'; '.join(said)}")
    assert told["unknown, then ok"] >= CUTS


def test_a_server_left_to_itself_keeps_its_locks_for_a_service_that_is_gone(
    far: tuple[Pair, Town, Town], processes: Nursery, tmp_path: Path
) -> None:
    """The control. What the orphans hold up nobody gets, so they are ended by hand afterwards."""
    servers, town, seen = far
    with (
        service(processes, seen, SABOTAGE="unheard") as running,
        writing(town, running, tmp_path / "history.jsonl", WRITERS) as writers,
    ):
        writers.told("ok", 2 * WRITERS)
        with pulled():
            threading.Event().wait(GIVEN_UP)
            orphans = kept(servers)
        servers.primary.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
        )
    assert orphans > 0
