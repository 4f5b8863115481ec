"""F11, F14: due timers fire once each, though workers are killed, stand still beyond their lease, and go on."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from decision_engine.clock import SystemClock
from decision_engine.commands.cases import open_case
from decision_engine.db import open_engine
from decision_engine.work import House, unit_of_work
from tests.conftest import cheap_settings
from tests.faults.conftest import MakeTown
from tests.faults.harness import Nursery, Running, Town
from tests.faults.kills import timers_that_did_not_fire_once

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
TIMERS, WORKERS, KILLS = (10_000, 20, 50) if CAMPAIGN else (60, 3, 2)
WAITING = "SELECT count(*) FROM job WHERE element = 'pause' AND state <> 'DONE' AND case_id <> '{}'"


def _open(town: Town, count: int) -> None:
    """Open *count* cases whose timers are due already."""
    house = House(cheap_settings(town.folder, database_url=town.url), open_engine(town.url), SystemClock())
    for start in range(0, count, 100):
        with unit_of_work(house, town.tokens["secretary"]) as work:
            for number in range(start, min(start + 100, count)):
                open_case(work, town.people.organ_id, f"等待 {number}", process_id="wait")
    house.engine.dispose()


def _left(town: Town) -> int:
    return int(town.rows(WAITING.format(town.poisoned))[0][0])


@pytest.mark.campaign
def test_every_timer_fires_once_whatever_becomes_of_the_workers(
    town_on: MakeTown, processes: Nursery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A killed worker's lease is let lapse by hand; so is that of one that merely stands still, and then goes on."""
    town, rng = town_on("postgresql"), random.Random(TIMERS)
    _open(town, TIMERS)
    began = time.monotonic()
    running = [processes.start(town, "worker") for _ in range(WORKERS)]
    killed = 0
    most = 3600 if CAMPAIGN else 120
    while (left := _left(town)) and time.monotonic() - began < most:
        due = int((TIMERS - left) / TIMERS * (KILLS + 1))  # spread over the whole run
        if killed < min(KILLS, due + 1):
            _kill_one(town, running, processes, rng)
            killed += 1
        running[0].ended.wait(0.05)
        _let_leases_lapse(town)
    for one in running:
        one.kill(signal.SIGCONT)
        one.kill()
        one.wait()
    if CAMPAIGN:
        with capsys.disabled():
            print(f"\n{TIMERS} timers, {WORKERS} workers, {killed} kills, {time.monotonic() - began:.0f} s")
    assert _left(town) == 0
    assert killed >= 1
    assert timers_that_did_not_fire_once(town) == []
    (tmp_path / "history.jsonl").touch()
    assert town.check(tmp_path / "history.jsonl") == []


def _kill_one(town: Town, running: list[Running], processes: Nursery, rng: random.Random) -> None:
    """Kill a worker and start another; every other time let one stand still first and go on after its lease."""
    place = rng.randrange(len(running))
    other = running[(place + 1) % len(running)]
    other.kill(signal.SIGSTOP)
    _let_leases_lapse(town)
    running[place].kill()
    running[place].wait()
    running[place] = processes.start(town, "worker")
    other.kill(signal.SIGCONT)


def _let_leases_lapse(town: Town) -> None:
    """As if two minutes had gone by; a job whose row somebody holds at the moment is left alone."""
    town.change(
        "UPDATE job SET lease_until = '2026-03-01 00:00:00' WHERE id IN "
        "(SELECT id FROM job WHERE state = 'LEASED' FOR UPDATE SKIP LOCKED)"
    )


def test_a_job_under_which_every_worker_dies_is_put_aside_and_others_go_on(
    town_on: MakeTown, processes: Nursery
) -> None:
    """F14: five workers die of it; the sixth puts it aside, tells an administrator, and does the rest."""
    town = town_on("sqlite")
    _open(town, 1)
    for _ in range(5):
        dying = processes.start(town, "worker", crash="job.done_unwritten:1")
        assert dying.wait() == -signal.SIGKILL
        town.change(
            "UPDATE job SET lease_until = '2026-03-01 00:00:00', due_at = '2026-01-01 00:00:00' "
            "WHERE state = 'LEASED'"
        )
    _open(town, 1)
    worker = processes.start(town, "worker")
    ends = time.monotonic() + 60
    states = "SELECT state, count(*) FROM job WHERE element = 'pause' GROUP BY state ORDER BY state"
    while ("DONE", 2) not in town.rows(states) and time.monotonic() < ends:
        worker.ended.wait(0.05)
    worker.kill()
    worker.wait()
    failed = town.rows("SELECT last_error FROM job WHERE state = 'FAILED'")
    assert failed == [("no worker came back from it",)]
    assert town.rows("SELECT kind FROM incident") == [("job.failed",)]
