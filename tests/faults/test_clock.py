"""F8, F14: a clock that is wrong ends no period, and one that was put back is seen in the log for ever; an act nobody
foresaw failing stops one timer and not the others.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from decision_engine import process
from decision_engine.access import CLOCK
from decision_engine.clock import MovableClock, SystemClock
from decision_engine.commands.cases import open_case
from decision_engine.commands.sequencing import sequence
from decision_engine.commands.sessions import sign_in
from decision_engine.commands.timers import lease_due_job
from decision_engine.demo import load_town
from decision_engine.models import Event, Incident, Job
from decision_engine.queries.verification import whole_log
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


# -- put back ----------------------------------------------------------------------------------------------


def _acted(house: House, monkeypatch: pytest.MonkeyPatch, *seconds: float) -> list[tuple[str, int | None]]:
    """Record an event on one chain at each offset from now; return what the check of the whole log observes."""
    right, house.clock = SystemClock.now, SystemClock()
    for offset in seconds:
        with monkeypatch.context() as shifted:
            shifted.setattr(SystemClock, "now", lambda self, by=offset: right(self) + timedelta(seconds=by))
            with unit_of_work(house, as_actor=CLOCK) as work:
                work.record("house.opened", "one")
    with house.reading() as session:
        report = whole_log(session)
    assert report.found == []  # no proof is broken by it
    return [(one.kind, one.seq) for one in report.observed if one.chain == "one"]


def test_an_event_dated_before_its_elder_is_marked_and_an_administrator_told_once(
    any_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour back, and ten years: both are seen; the entries after each follow in order again."""
    observed = _acted(any_house, monkeypatch, 0, -3600, -3590, -315_000_000, -314_999_990)
    assert observed == [("clock_anomaly", 2), ("clock_anomaly", 4)]
    assert sequence(any_house) == 6
    with any_house.reading() as session:
        told = session.scalars(select(Incident)).one()
    assert (told.kind, told.detail["chain"], told.detail["seq"]) == ("clock.back", "one", 2)
    assert told.detail["back_seconds"] == 3600


def test_servers_that_differ_by_less_than_a_minute_and_a_clock_that_goes_on_alarm_nobody(
    any_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: forwards by any jump, backwards by less than the leeway."""
    assert _acted(any_house, monkeypatch, 0, -50, 315_000_000) == []
    sequence(any_house)
    assert _incidents(any_house) == []


@pytest.mark.parametrize(
    "moment",
    [
        "2038-01-19T03:14:08Z",  # one second past 32 bits
        "1988-07-01T00:30:00+09:00",  # Shanghai had summer time
        "2016-12-31T23:59:59.999Z",  # the last millisecond before a leap second; the smeared second has no name
        "2100-02-28T23:59:59Z",  # no leap year
        "9999-12-31T23:59:59Z",
    ],
)
def test_moments_that_break_clocks_are_written_and_read_as_they_are(any_house: House, moment: str) -> None:
    """In the columns, and in the hashed stamp."""
    at = datetime.fromisoformat(moment)
    any_house.key()
    any_house.clock = MovableClock(at - timedelta(milliseconds=1))
    with unit_of_work(any_house, as_actor=CLOCK) as work:
        work.record("house.opened", "one")
    with any_house.reading() as session:
        event = session.scalars(select(Event).where(Event.chain == "one")).one()
        assert event.at == at
        assert datetime.fromisoformat(json.loads(event.body)["at"]) == at
        assert whole_log(session).found == []
