"""The tamper table: what is found of each class, by which attacker, and where (proof.md 1.8, issue 6).

The whole table (28 classes x 4 attackers) is `make faults`; every run does one attacker of every second class. What is
not found is written down here, and held exactly: a miss that disappears fails as a miss that appears.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.verifier import tampering
from tests.verifier.tampering import CLASSES, LEVELS, Result, Town

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
NAMES = list(CLASSES)
PAIRS = (
    [(name, level) for name in NAMES for level in range(4)]
    if CAMPAIGN
    else [(name, at // 2 % 4) for at, name in enumerate(NAMES) if at % 2 == 0]
)

NO_EFFECT = {("rename_user", level) for level in range(4)}
"""The log keeps the name of the day; renaming the person today changes nothing that it says."""

UNDONE = {("edit_a_checkpoint", 2), ("edit_a_checkpoint", 3)}
"""Signing every checkpoint again over the true tree puts the edited one right: no tampering is left."""

BY_THE_SERVICE = {
    ("forge_append", 3),
    ("introduce_a_key_of_ones_own", 3),
}
"""Whoever holds the service's key appends what the service itself would: only a person's own signature would tell."""

MISSED = NO_EFFECT | UNDONE | BY_THE_SERVICE


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return tampering.build(tmp_path_factory.mktemp("tampering"))


def test_an_untouched_house_has_nothing_to_find(town):
    with tampering.opened(town.folder) as house:
        assert [*tampering.look(house, town, outside=True)] == []
        assert [*tampering.look(house, town, outside=False)] == []


@pytest.mark.parametrize(
    ("name", "level"),
    [
        pytest.param(
            *pair, id=f"{pair[0]}-{LEVELS[pair[1]]}", marks=[pytest.mark.campaign] if CAMPAIGN else []
        )
        for pair in PAIRS
    ],
)
def test_tampering_is_found_at_its_place(name: str, level: int, town: Town, tmp_path: Path, record_property):
    result: Result = tampering.run(town, name, level, tmp_path / "house")
    record_property("tampering", f"{name} {LEVELS[level]}: {sorted(result.outside)} / {sorted(result.alone)}")
    if (name, level) in MISSED:
        assert result.outside == set(), "something finds it after all: say so in the table"
        return
    assert result.outside, f"{name} by {LEVELS[level]} was not found"
    assert result.localised, f"{name} by {LEVELS[level]} was found somewhere else: {result.outside}"
