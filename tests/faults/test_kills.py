"""F1, F2: killed at any point, or at any moment, a house loses nothing it acknowledged and leaves nothing half-done.

Real services on real databases die by SIGKILL while clients act; the clients ask again by their keys; an independent
checker holds what they were told against the database. `make faults` kills more than a thousand times.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.conftest import MakeTown
from tests.faults.harness import Nursery
from tests.faults.kills import campaign, points

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
ROUNDS = 14 if CAMPAIGN else 1
"""Kills a point and database in the long run; in the short cut every other point dies, once, on one database."""
ANYWHERE = 4 if CAMPAIGN else 2
"""Kills a round at any moment, at no point in particular."""
INSIDE = {
    "work", "record", "refusal", "door", "task", "flow", "case", "comment", "document", "session", "definition",
    "job", "worker", "sequencer",
}  # fmt: skip
"""The points a service passes, by the part before the dot; `test_apart.py` kills the other processes."""


def _orders(kind: str) -> list[str]:
    inside = [point for point in points() if point.partition(".")[0] in INSIDE]
    if not CAMPAIGN:
        inside = inside[("sqlite", "postgresql").index(kind) :: 4]
    return [*inside, *[""] * ANYWHERE]


@pytest.mark.campaign
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_whoever_dies_whenever_nothing_acknowledged_is_lost_and_nothing_is_half_done(
    kind: str, town_on: MakeTown, processes: Nursery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town, orders, killed = town_on(kind), _orders(kind), Counter[str]()
    for number in range(ROUNDS):
        folder = tmp_path / f"round{number}"
        folder.mkdir()
        report = campaign(town, processes, folder, orders, seed=number)
        killed += report.killed
        if CAMPAIGN:
            with capsys.disabled():
                print(f"\n{kind}, {killed.total()} so far: {report.line()}", flush=True)
        assert report.found == []
        assert report.told["ok"] >= len(orders) // 2
        assert report.missed.total() <= len(orders) // 20, report.line()
    assert set(killed) >= {point for point in orders if point}


def test_there_are_at_least_25_points() -> None:
    assert len(points()) >= 25


def test_a_house_that_writes_state_and_event_apart_is_found_out(
    town_on: MakeTown, processes: Nursery, tmp_path: Path
) -> None:
    """The control: with the event in a transaction of its own, the same kills leave half-done acts."""
    report = campaign(town_on("sqlite"), processes, tmp_path, ["record.sealed"] * 3, seed=1, SABOTAGE="torn")
    assert {found.kind for found in report.found} & {"half", "lost", "chain"}, report.line()
