"""The tamper table: what is found of each class, by which attacker, and where (proof.md 1.8, issue 6).

The whole table (31 classes x 4 attackers) is `make faults`; every run does one attacker of every second class. What is
not found is written down here, and held exactly: a miss that disappears fails as a miss that appears. Whoever does not
hold the service's key (A0 to A2) is told at the place of the deed in every class.
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

BY_THE_SERVICE = {
    ("forge_append", 3),
    ("introduce_a_key_of_ones_own", 3),
}
"""Whoever holds the service's key appends what the service itself would: only a person's own signature would tell."""

UNDONE = {("edit_a_checkpoint", 2), ("edit_a_checkpoint", 3)}
"""Who holds the notary's keys signs the edited checkpoint again, over the only tree there is, and so in the words it
had (`test_what_is_undone_is_undone`). Left of the deed is that the witness's line is gone: remarked. Over another tree
it would be `start_a_second_notary`, which is a finding."""

ONLY_REMARKED = UNDONE | {("append_backdated", 3), *(("rename_user", level) for level in range(4))}
"""Told at its place, but not as a finding: it may be a clock that was put back, a clerk who put a name right in the
register, a witness that was away. The log itself still tells the true name and the true order."""

MISSED = BY_THE_SERVICE
REMARKS = {"audit:clock_anomaly", "bundle:clock_anomaly", "audit:person.renamed", "bundle:unwitnessed"}


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
    assert (result.outside <= REMARKS) is ((name, level) in ONLY_REMARKED)
    assert result.localised, f"{name} by {LEVELS[level]} was found somewhere else: {result.outside}"


def test_the_table_has_the_classes_of_the_plan_and_misses_nobody_without_the_services_key():
    assert len(CLASSES) == 31
    assert {level for _, level in MISSED} == {3}
    assert {name for name, _ in MISSED | ONLY_REMARKED} <= set(NAMES)


def test_what_is_undone_is_undone(town: Town, tmp_path: Path):
    """Signed again by the stolen keys, the edited checkpoint says word for word what it said before the attack."""
    rows = "SELECT size, note FROM checkpoint ORDER BY size"
    with tampering.closing_db(tampering.copied(town, tmp_path / "before")) as db:
        before = db.execute(rows).fetchall()
    for level, same in ((1, False), (2, True)):
        folder = tampering.copied(town, tmp_path / LEVELS[level])
        with tampering.closing_db(folder) as db:
            attack = tampering.Attack(town, folder, db, level)
            CLASSES["edit_a_checkpoint"](attack)
            attack.cover()
            after = db.execute(rows).fetchall()
        texts = [[(size, note.partition("\n\n")[0]) for size, note in some] for some in (before, after)]
        assert (texts[0] == texts[1]) is same
