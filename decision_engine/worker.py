"""The clock's door: fires what is due, again and again, through ordinary acts of the person *clock*.

Two threads inside `serve`, or a process of its own (`decision-engine worker`); any number may run. After downtime
everything that fell due meanwhile fires, once, in the order in which it fell due. Beside it, and never behind it, the
events of all acts are brought into the tree of the log.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from datetime import date

from decision_engine.access import CLOCK
from decision_engine.commands import sequencing, timers
from decision_engine.crash import crash_point
from decision_engine.errors import Unavailable
from decision_engine.retrying import persistently
from decision_engine.work import House, unit_of_work

log = logging.getLogger(__name__)

MOST_AT_ONCE = 1000

BETWEEN = 0.5
"""Seconds between two rounds of the sequencer: an act is in the tree within a second or two."""


def run_due(house: House, owner: str | None = None) -> int:
    """Fire every timer due by the house's clock and return how many fired."""
    owner = owner or f"worker-{uuid.uuid4().hex[:12]}"
    fired = 0
    for _ in range(MOST_AT_ONCE):
        job_id = persistently(lambda: _lease(house, owner))
        if job_id is None:
            break
        crash_point("worker.leased")
        fired += _fire(house, job_id, owner)
        crash_point("worker.fired")
    return fired


def _lease(house: House, owner: str) -> str | None:
    with unit_of_work(house, as_actor=CLOCK) as work:
        return timers.lease_due_job(work, owner)


def _fire(house: House, job_id: str, owner: str) -> bool:
    def fire() -> bool:
        with unit_of_work(house, as_actor=CLOCK) as work:
            return timers.fire_timer(work, job_id, owner)

    try:
        return persistently(fire)
    except Unavailable:
        raise  # no fault of the job's; its lease runs out and it is tried again
    except Exception as problem:  # noqa: BLE001  one poisoned job must not stop the others
        log.warning("timer %s did not fire: %s", job_id, type(problem).__name__)
        told = problem

    def give_up() -> None:
        with unit_of_work(house, as_actor=CLOCK) as work:
            timers.give_up(work, job_id, owner, told)
            crash_point("worker.gave_up")

    persistently(give_up)
    return False


def tidy(house: House) -> None:
    """Do the daily housekeeping: drop answers kept for old idempotency keys."""
    with unit_of_work(house, as_actor=CLOCK) as work:
        timers.forget_requests(work)


def bring_in(house: House) -> int:
    """Bring what waits into the tree, and raise the alarm if something waits too long; return how many came in."""
    try:
        return sequencing.sequence(house)
    finally:
        sequencing.watch(house)


class Worker:
    """Runs `run_due` and `bring_in` every few seconds until it is told to stop."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._stop = threading.Event()
        self._tidied: date | None = None
        self._threads = [
            threading.Thread(
                target=self._again, args=(task, pause), name=f"decision-engine-{name}", daemon=True
            )
            for name, task, pause in (
                ("worker", self._round, house.settings.job_poll_seconds),
                ("sequencer", lambda: bring_in(house), min(BETWEEN, house.settings.job_poll_seconds)),
            )
        ]

    def start(self) -> None:
        """Begin, in threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after the act in hand, and wait for it."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=30)

    def run(self) -> None:
        """Work, and return when stopped."""
        self.start()
        self._stop.wait()

    def _round(self) -> None:
        run_due(self._house)
        today = self._house.clock.now().date()
        if self._tidied != today:
            tidy(self._house)
            self._tidied = today

    def _again(self, task: Callable[[], object], pause: float) -> None:
        while not self._stop.is_set():
            try:
                task()
            except Exception:
                # The clock must not stop because one round failed; the next round tries again.
                log.exception("a round of the worker failed")
            self._stop.wait(pause)
