"""The clock's door: due timers fire once, failures wait longer each time, a stopped worker stops."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from decision_engine.access import CLOCK
from decision_engine.clock import MovableClock
from decision_engine.commands.cases import open_case
from decision_engine.commands.definitions import decide_deployment, propose_deployment
from decision_engine.commands.sessions import sign_in
from decision_engine.commands.timers import MAX_ATTEMPTS, lease_due_job
from decision_engine.demo import Town, load_town
from decision_engine.models import Case, Event, FinishedRequest, Incident, Job
from decision_engine.queries.tasks import worklist
from decision_engine.work import House, reading, unit_of_work
from decision_engine.worker import Worker, run_due, tidy
from tests.process.bpmn import Process, document, timer


@pytest.fixture
def town(any_house: House) -> Town:
    return load_town(any_house, deploy=False)


def _waiting(house: House, town: Town, text: str = "P3D") -> str:
    """Put a procedure that only waits in force, and open a case of it."""
    p = Process("wait")
    p.chain(p.start(), p.node("intermediateCatchEvent", "pause", timer(text)), p.task("after"), p.end())
    with unit_of_work(house, sign_in(house, "admin1", town.password).token) as work:
        proposed = propose_deployment(work, {"wait.bpmn": document(p)})
    with unit_of_work(house, sign_in(house, "admin2", town.password).token) as work:
        decide_deployment(work, proposed.hash, approve=True)
    with unit_of_work(house, sign_in(house, "secretary", town.password).token) as work:
        return open_case(work, town.organ_id, "等待", process_id="wait").id


def _kinds(house: House, case_id: str) -> list[str]:
    with house.reading() as session:
        return list(session.scalars(select(Event.kind).where(Event.chain == case_id).order_by(Event.seq)))


def test_a_timer_fires_once_when_it_is_due_also_after_downtime(
    any_house: House, town: Town, clock: MovableClock
):
    """Not before; once, however late; never again."""
    case_id = _waiting(any_house, town)
    assert run_due(any_house) == 0
    clock.move_to(clock.now() + timedelta(days=40))
    assert [run_due(any_house), run_due(any_house)] == [1, 0]
    assert _kinds(any_house, case_id) == ["case.opened", "timer.fired"]


def test_many_workers_fire_a_timer_once(any_house: House, town: Town, clock: MovableClock):
    """Eight at the same instant: one effect."""
    case_id = _waiting(any_house, town)
    clock.move_to(clock.now() + timedelta(days=40))
    fired: list[int] = []
    threads = [threading.Thread(target=lambda: fired.append(run_due(any_house))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(fired) == 1
    assert _kinds(any_house, case_id).count("timer.fired") == 1


def test_a_worker_that_died_holds_a_timer_only_until_its_lease_ends(
    any_house: House, town: Town, clock: MovableClock
):
    """Leased and never fired: another worker takes it up after two minutes."""
    case_id = _waiting(any_house, town)
    clock.move_to(clock.now() + timedelta(days=40))
    with unit_of_work(any_house, as_actor=CLOCK) as work:
        assert lease_due_job(work, "died") is not None
    assert run_due(any_house) == 0
    clock.move_to(clock.now() + timedelta(minutes=3))
    assert run_due(any_house) == 1
    assert "timer.fired" in _kinds(any_house, case_id)


def test_a_timer_that_cannot_fire_is_tried_five_times_and_then_shown_to_an_administrator(
    any_house: House, town: Town, clock: MovableClock
):
    """Damaged state: nothing is lost, other cases go on, an incident is raised once."""
    case_id = _waiting(any_house, town)
    with any_house.writing() as session, session.begin():
        session.get_one(Case, case_id).state = b"\\x00damaged"
    sound = _open_another(any_house, town)
    clock.move_to(clock.now() + timedelta(days=40))
    for _ in range(MAX_ATTEMPTS + 2):
        run_due(any_house)
        clock.move_to(clock.now() + timedelta(hours=1))
    with any_house.reading() as session:
        job = session.scalars(select(Job).where(Job.case_id == case_id)).one()
        incidents = list(session.scalars(select(Incident).where(Incident.case_id == case_id)))
    assert (job.state, job.attempts) == ("FAILED", MAX_ATTEMPTS)
    assert [one.kind for one in incidents] == ["job.failed"]
    assert _kinds(any_house, case_id) == ["case.opened"]
    assert "timer.fired" in _kinds(any_house, sound)


def _open_another(house: House, town: Town) -> str:
    with unit_of_work(house, sign_in(house, "secretary", town.password).token) as work:
        return open_case(work, town.organ_id, "另一件", process_id="wait").id


def test_a_task_in_no_lane_waits_for_the_secretary(any_house: House, town: Town, clock: MovableClock):
    """A diagram that names nobody stops no case: the task is on the secretary's list, and on nobody else's."""
    _waiting(any_house, town)
    clock.move_to(clock.now() + timedelta(days=40))
    assert run_due(any_house) == 1
    for login, seen in (("secretary", ["after"]), ("lawyer", [])):
        with reading(any_house, sign_in(any_house, login, town.password).token) as work:
            assert [one.task.element for one in worklist(work).items] == seen


def test_a_worker_thread_works_until_it_is_stopped(any_house: House, town: Town, clock: MovableClock):
    """The embedded worker fires what falls due while it runs."""
    case_id = _waiting(any_house, town)
    worker = Worker(any_house)
    worker.start()
    clock.move_to(clock.now() + timedelta(days=40))
    ends = time.monotonic() + 20
    while "timer.fired" not in _kinds(any_house, case_id) and time.monotonic() < ends:
        time.sleep(0.05)
    worker.stop()
    assert "timer.fired" in _kinds(any_house, case_id)


def test_answers_kept_for_idempotency_keys_are_dropped_after_a_week(any_house: House, clock: MovableClock):
    """Younger ones stay."""

    def keep(key: str, at: datetime) -> FinishedRequest:
        return FinishedRequest(actor_id="a", key=key, request_hash="h", status=200, body="{}", at=at)

    now = clock.now()
    with any_house.writing() as session, session.begin():
        session.add_all([keep("old", now - timedelta(days=8)), keep("young", now - timedelta(days=6))])
    tidy(any_house)
    with any_house.reading() as session:
        assert list(session.scalars(select(FinishedRequest.key))) == ["young"]
