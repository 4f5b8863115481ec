"""F4, F6: the database is restarted under the service, or the line between the two is cut, stalled, slow.

Whoever acts meanwhile is told 503 and when to come again, or is served; what nobody knows is asked again by its key and
is done once. The service goes on by itself: its connections, its sequencer, its notary.
"""

from __future__ import annotations

import os
import random
import socket
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import OperationalError

from decision_engine.db import open_engine
from tests.faults.conftest import MakeTown
from tests.faults.harness import Client, Nursery, Running, Town
from tests.faults.history import History
from tests.faults.relay import Relay, onward_to, relaying
from tests.faults.standby import PROGRAMS, Server, pair, until
from tests.faults.writers import Writers, outcomes, turned_away, writing

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
RESTARTS, WRITERS = (20, 6) if CAMPAIGN else (2, 3)
SLOW, LOSS, ACTS = (0.1, 0.05, 12) if CAMPAIGN else (0.01, 0.1, 3)
"""Seconds each way, the share of pieces lost once, and how many acts are done meanwhile."""


@contextmanager
def service(processes: Nursery, town: Town, **more: str) -> Iterator[Running]:
    """A service on *town*, killed at the end."""
    running = processes.start(town, "serve", THREADS="8", **more)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def healthy(history: Path, town: Town) -> Counter[str]:
    """Hold *history* against *town*; return what became of the acts. Whoever was turned away knows when to come."""
    assert town.check(history) == []
    away = turned_away(history)
    assert {(one["why"], str(one["retry_after"]).isdigit()) for one in away} <= {(503, True)}, away
    told = outcomes(history)
    assert told["info"] == 0
    return told


# -- F4: a restart ---------------------------------------------------------------------------------------


@pytest.fixture
def own(ready_postgresql: Town, town_on: MakeTown) -> Iterator[tuple[Server, Town]]:
    """A PostgreSQL of one's own with the town in it, to be restarted."""
    town = town_on("postgresql")
    with pair() as servers:
        moved = replace(town, url=servers.url("house"))
        there = moved.url.replace("+psycopg", "", 1)
        rows = subprocess.run(
            [PROGRAMS / "pg_dump", "-d", town.url.replace("+psycopg", "", 1)], check=True, capture_output=True
        ).stdout
        subprocess.run([PROGRAMS / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", there], check=True, input=rows,
                       capture_output=True)  # fmt: skip
        yield servers.primary, moved


@contextmanager
def in_mid_act(server: Server) -> Iterator[None]:
    """Let at least two acts stand half-way, before their event can be written; whoever holds them up dies with them."""
    address = f"host={server.socket} port=5432 user=postgres dbname=house"
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'house'"
    with psycopg.connect(address) as holder:
        holder.execute("LOCK TABLE event IN SHARE MODE")
        until(lambda: server.rows(waiting)[0][0] >= 2, "nobody acts")
        yield
        holder.close()


def _restart(server: Server, writers: Writers, number: int) -> tuple[float, float]:
    """Restart it; return the seconds until the next act was done, from its end and from when it answered again."""
    if number % 2 == 0:
        with in_mid_act(server):
            began = time.monotonic()
            server.break_off()
    else:
        writers.told("ok", random.Random(number).randint(1, 2 * WRITERS))
        began = time.monotonic()
        server.break_off()
    writers.told("info", WRITERS)
    server.start()
    back = time.monotonic()
    writers.told("ok", 1)
    return time.monotonic() - began, time.monotonic() - back


@pytest.mark.campaign
def test_a_database_that_is_restarted_in_mid_request_is_borne(
    own: tuple[Server, Town], processes: Nursery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server, town = own
    history, took = tmp_path / "history.jsonl", []
    with service(processes, town) as running:
        with writing(town, running, history, WRITERS) as writers:
            for number in range(RESTARTS):
                writers.told("ok", 2 * WRITERS)
                took.append(_restart(server, writers, number))
            writers.told("ok", 2 * WRITERS)
        behind = "SELECT (SELECT count(*) FROM pending_event) + (SELECT size FROM log_head) - coalesce(max(size), 0) "
        until(lambda: town.rows(f"{behind} FROM checkpoint") == [(0,)], "sequencer or notary stand still")
        told = healthy(history, town)
    assert turned_away(history)
    assert told["unknown, then ok"] >= RESTARTS
    if CAMPAIGN:
        back = [one for _, one in took]
        with capsys.disabled():
            print(
                f"\n{RESTARTS} restarts: {dict(told)}; done again after the server answered: "
                f"median {statistics.median(back):.2f} s, at most {max(back):.2f} s"
            )


# -- F6: the line to the database -------------------------------------------------------------------------


@pytest.fixture
def line(town_on: MakeTown) -> Iterator[tuple[Town, Town, Relay]]:
    """A town, the same as it is seen through a relay, and the relay."""
    town = town_on("postgresql")
    with relaying(onward_to(town.url)) as relay:
        yield town, replace(town, url=_through(town.url, relay)), relay


def _through(url: str, relay: Relay, patience: int = 60) -> str:
    seen = make_url(url).set(host="127.0.0.1", port=relay.port, query={"connect_timeout": str(patience)})
    return seen.render_as_string(hide_password=False)


def ready(port: int, path: str = "/readyz") -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Accept-Language": "en"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_a_line_that_is_stalled_cut_and_healed_is_borne(
    line: tuple[Town, Town, Relay], processes: Nursery, tmp_path: Path
) -> None:
    """Whoever is alive says so, whoever cannot reach the database is not ready, and nobody is told what is not so."""
    town, seen, relay = line
    history = tmp_path / "history.jsonl"
    with service(processes, seen) as running, writing(town, running, history, WRITERS) as writers:
        for _ in range(RESTARTS):
            writers.told("ok", 2 * WRITERS)
            relay.stall()
            relay.cut()
            writers.told("info", WRITERS)
            status, said = ready(running.port())
            assert (status, "unreachable" in said) == (503, True)
            assert ready(running.port(), "/healthz")[0] == 200
            relay.heal()
            writers.told("ok", WRITERS)
            relay.stall()
            relay.heal()
            writers.told("ok", WRITERS)
        assert ready(running.port())[0] == 200
    told = healthy(history, town)
    assert turned_away(history)
    assert told["unknown, then ok"] >= 1


def test_a_database_that_takes_connections_and_says_nothing_is_given_up(
    line: tuple[Town, Town, Relay], processes: Nursery
) -> None:
    town, _, relay = line
    seen = replace(town, url=_through(town.url, relay, patience=3))
    with service(processes, seen, EMBEDDED_WORKER="false", EMBEDDED_NOTARY="false") as running:
        port = running.port()
        relay.stall()
        relay.reset()
        assert ready(port)[0] == 503
        relay.heal()
        until(lambda: ready(port)[0] == 200, "it does not come back")


def test_a_commit_whose_answer_is_lost_is_settled_by_its_key(
    line: tuple[Town, Town, Relay], processes: Nursery, tmp_path: Path
) -> None:
    """Done, and told 503; asked again by its key it is the same act. The control asks without, and is found out."""
    town, seen, relay = line
    history = History(tmp_path / "history.jsonl")
    client = Client(town, history, 1)
    with service(processes, seen, EMBEDDED_WORKER="false", EMBEDDED_NOTARY="false") as running:
        port = running.port()
        assert client.work(port, ["complete"], 2)
        for make in (client.complete, client.upload, client.open_case):
            act = make()
            relay.swallow_answer(b"COMMIT")
            assert not client.ask(port, act)
            assert relay.swallowed.is_set()
            assert client.settle(port)
        told = healthy(tmp_path / "history.jsonl", town)
        assert told["unknown, then ok"] == 3
        careless = client.open_case()
        relay.swallow_answer(b"COMMIT")
        assert not client.ask(port, careless)
        assert client.ask(port, replace(careless, key="another-key"))
        history.close()
    assert {one.kind for one in town.check(tmp_path / "history.jsonl")} == {"double"}


def test_a_slow_line_that_loses_packets_changes_nothing_but_the_time(
    line: tuple[Town, Town, Relay], processes: Nursery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town, seen, relay = line
    history = tmp_path / "history.jsonl"
    with service(processes, seen, EMBEDDED_WORKER="false", EMBEDDED_NOTARY="false") as running:
        port = running.port()
        relay.slow(SLOW, LOSS)
        began = time.monotonic()
        with writing(town, running, history, 2) as writers:
            for _ in range(ACTS):
                writers.told("ok", 1)
        took = time.monotonic() - began
        relay.heal()
        assert ready(port)[0] == 200
    told = healthy(history, town)
    assert set(told) <= {"ok", "fail"}
    if CAMPAIGN:
        with capsys.disabled():
            print(f"\n{SLOW} s each way, {LOSS:.0%} lost: {dict(told)} in {took:.0f} s")


def test_a_broken_connection_is_found_before_it_is_used(line: tuple[Town, Town, Relay]) -> None:
    """The control is a plain engine: after a restart it hands out each of its dead connections once."""
    _, seen, relay = line

    def after_a_break(make: Callable[[str], object]) -> int:
        engine = make(seen.url)
        try:
            with engine.connect() as connection:  # type: ignore[attr-defined]
                connection.exec_driver_sql("SELECT 1")
            relay.reset()
            with engine.connect() as connection:  # type: ignore[attr-defined]
                return int(connection.exec_driver_sql("SELECT 1").scalar_one())
        finally:
            engine.dispose()  # type: ignore[attr-defined]

    assert after_a_break(open_engine) == 1
    with pytest.raises(OperationalError):
        after_a_break(create_engine)


def test_either_end_gives_up_a_peer_it_no_longer_hears(line: tuple[Town, Town, Relay]) -> None:
    """The server, too: a transaction it kept for a service that is cut off would lock its case for hours."""
    town, seen, _ = line
    bare = make_url(seen.url).set(query={}).render_as_string(hide_password=False)
    kept = "SELECT source, count(*) FROM pg_settings WHERE starts_with(name, 'tcp_') GROUP BY source"
    with connected(open_engine(f"{bare}?connect_timeout=30")) as (_, named):
        assert named.info.get_parameters()["connect_timeout"] == "30"
    with connected(open_engine(bare)) as (connection, driver):
        assert driver.info.get_parameters()["connect_timeout"] == "5"
        with socket.socket(fileno=os.dup(driver.fileno())) as ours:
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 15_000
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
        assert connection.exec_driver_sql(kept).all() == [("session", 4)]
    assert town.rows(kept) == [("default", 4)]


@contextmanager
def connected(engine: Engine) -> Iterator[tuple[Connection, psycopg.Connection[Any]]]:
    """A connection of *engine*, and the driver's; nothing of either remains."""
    try:
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            yield connection, driver
    finally:
        engine.dispose()
