"""F8, F14: a clock that is wrong ends no period; an act nobody foresaw failing stops one timer and not the others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from decision_engine import process
from decision_engine.access import CLOCK
from decision_engine.clock import MovableClock, SystemClock
from decision_engine.commands.cases import open_case
from decision_engine.commands.sessions import sign_in
from decision_engine.commands.timers import lease_due_job
from decision_engine.demo import load_town
from decision_engine.models import Event, Incident, Job
from decision_engine.work import House, unit_of_work
from decision_engine.worker import run_due
from tests.api.conftest import put_in_force
from tests.faults.harness import procedures


@pytest.fixture
def waiting(any_house: House) -> list[str]:
    """Two cases whose timers are due."""
    town = load_town(any_house, deploy=False)
    put_in_force(any_house, {"wait.bpmn": procedures()["wait.bpmn"]}, town.persons["admin1"])
    with unit_of_work(any_house, sign_in(any_house, "secretary", town.password).token) as work:
        return [open_case(work, town.organ_id, title, process_id="wait").id for title in ("甲", "乙")]


def _fired(house: House) -> list[str]:
    with house.reading() as session:
        return sorted(session.scalars(select(Event.chain).where(Event.kind == "timer.fired")))


def _incidents(house: House) -> list[str]:
    with house.reading() as session:
        return list(session.scalars(select(Incident.kind)))


@pytest.mark.parametrize("error", [timedelta(days=3650), timedelta(days=-3650)])
def test_while_the_clock_differs_from_the_databases_no_timer_fires(
    any_house: House, waiting: list[str], monkeypatch: pytest.MonkeyPatch, error: timedelta
) -> None:
    """Told once to an administrator; when the clock is right again, each fires once."""
    any_house.clock = SystemClock()
    right = SystemClock.now
    with monkeypatch.context() as wrong:
        wrong.setattr(SystemClock, "now", lambda self: right(self) + error)
        assert [run_due(any_house), run_due(any_house)] == [0, 0]
    assert _fired(any_house) == []
    assert _incidents(any_house) == ["clock.wrong"]
    assert [run_due(any_house), run_due(any_house)] == [2, 0]
    assert _fired(any_house) == sorted(waiting)


def test_a_lease_counts_by_the_databases_clock(any_house: House, waiting: list[str]) -> None:
    """Two minutes of the database's time, whatever the worker's own clock says within the minute allowed."""
    any_house.clock = SystemClock()
    with unit_of_work(any_house, as_actor=CLOCK) as work:
        held = lease_due_job(work, "slow")
        assert held is not None
    assert run_due(any_house) == 1
    with any_house.reading() as session:
        job = session.get_one(Job, held)
        assert job.lease_until is not None
        left = (job.lease_until - SystemClock().now()).total_seconds()
    assert (job.state, job.lease_owner) == ("LEASED", "slow")
    assert 0 < left <= 121


def test_a_clock_that_goes_back_fires_nothing_twice(
    any_house: House, waiting: list[str], clock: MovableClock
) -> None:
    assert run_due(any_house) == 2
    for hours in (-1, -24 * 365, 24 * 3650):
        clock.move_to(clock.now() + timedelta(hours=hours))
        assert run_due(any_house) == 0
    assert _fired(any_house) == sorted(waiting)


def test_a_failure_nobody_foresaw_stops_one_timer_and_tells_nothing_of_what_it_was_about(
    any_house: House, waiting: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elapse, seen = process.elapse, []

    def poisoned(definition: object, state: bytes, timer: str) -> object:
        if not seen or seen[0] == timer:
            seen.append(timer)
            raise RuntimeError("王某某 13800000000")
        return elapse(definition, state, timer)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "elapse", poisoned)
    assert run_due(any_house) == 1
    with any_house.reading() as session:
        failed = session.scalars(select(Job).where(Job.subject == seen[0])).one()
    assert (failed.state, failed.last_error) == ("PENDING", "RuntimeError")
    assert len(_fired(any_house)) == 1
