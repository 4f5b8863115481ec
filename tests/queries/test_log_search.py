"""The log is searched by its exact bytes, alike on both databases."""

from __future__ import annotations

from sqlalchemy import select

from decision_engine.access import PUBLIC
from decision_engine.models import Event
from decision_engine.queries.exceptions import USED, _holds
from decision_engine.work import House, reading, unit_of_work


def test_only_acts_that_used_an_exception_are_found(any_house: House) -> None:
    """An empty list is none, and what somebody writes into a text does not look like one."""
    with unit_of_work(any_house, as_actor=PUBLIC) as work:
        work.record("used", "people", exceptions=["R-713-15-2"])
        work.record("none", "people", exceptions=[])
        work.record("told", "people", note='"exceptions":["R-713-15-2"]', exceptions=[])
    with reading(any_house, as_actor=PUBLIC) as work:
        found = work.session.scalars(select(Event.kind).where(_holds(work, USED))).all()
    assert found == ["used"]
