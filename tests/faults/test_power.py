"""F3: the power goes, and nothing acknowledged is lost with the settings the house ships; with weaker ones it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from decision_engine.db import open_engine
from tests.faults.power import cut, founded

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
CUTS = 6000 if CAMPAIGN else 600
NORMAL, FULL = 1, 2


def shipped(folder: Path) -> tuple[str, int]:
    """Journal mode and synchronous level as a connection of the house has them."""
    engine = open_engine(f"sqlite:///{folder}/asked.db")
    with engine.connect() as connection:
        journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
    engine.dispose()
    return journal, synchronous


@pytest.mark.campaign
def test_a_power_cut_loses_nothing_that_was_acknowledged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = shipped(tmp_path)
    files = founded(*settings)
    outcomes = [cut(files, *settings, seed) for seed in range(CUTS)]
    acknowledged = sum(one.acknowledged for one in outcomes)
    if CAMPAIGN:
        with capsys.disabled():
            print(
                f"\n{settings}: {CUTS} cuts, {acknowledged} acknowledged, {sum(one.lost for one in outcomes)} lost"
            )
    assert acknowledged > 10 * CUTS
    assert [one for one in outcomes if one.lost or not one.whole] == []


@pytest.mark.campaign
@pytest.mark.parametrize(("journal", "synchronous"), [("wal", NORMAL), ("delete", FULL)])
def test_weaker_settings_lose_acknowledged_acts_in_the_same_cuts(
    journal: str, synchronous: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The control: what most advice recommends, and what Python does by itself."""
    files = founded(journal, synchronous)
    outcomes = [cut(files, journal, synchronous, seed) for seed in range(CUTS)]
    lost = sum(one.lost for one in outcomes)
    if CAMPAIGN:
        with capsys.disabled():
            print(f"\n{journal}, {synchronous}: {lost} of {sum(one.acknowledged for one in outcomes)} lost")
    assert lost > 0
