"""Where each rule is held, and what shows it: computed from the declarations and the case files, never written down.

A rule is placed when the prover, a guard, the auditor or another room holds it. A power ("may") or a matter of
lay-out that is declared without any check cannot be broken by an act; whatever else has no place is `NOWHERE`.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from decision_engine.language import Text
from decision_engine.rules.rule import Rule, Strength, declared

CASES = Path(__file__).parents[2] / "tests" / "rules" / "cases"
"""The case files of a checkout; an installed package has none, and then no situation is counted."""


class Place(Enum):
    """Who holds a rule."""

    PROVER = Text("流程图证明", "prover")
    GATE = Text("办理时", "gate")
    AUDIT = Text("审计时", "audit")
    ELSEWHERE = Text("其他环节", "elsewhere")
    UNCHECKED = Text("无需检查", "nothing to check")
    NOWHERE = Text("未落实", "nowhere")


@dataclass(frozen=True, slots=True)
class Row:
    """One declaration: who holds it, how many situations it fires in and is met in, in which files, and other tests.

    *undecided* counts situations in which only a person can judge; *tests* are the tests of other rooms.
    """

    rule: Rule
    places: tuple[Place, ...]
    fires: int
    met: int
    undecided: int
    files: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def is_shown(self) -> bool:
        """Whether some test would fail if the rule were gone."""
        return bool(self.fires or self.undecided or self.tests) or self.places == (Place.UNCHECKED,)


def table(cases: Path = CASES) -> tuple[Row, ...]:
    """Return a row for every rule ever declared, in the order of the law."""
    found = _situations(cases)
    return tuple(_row(one, found.get(one.id, ())) for one in declared())


def summary(rows: Iterable[Row]) -> Mapping[str, int]:
    """Return how many rules there are, how many have each place, and how many a test shows."""
    listed = tuple(rows)
    places = Counter(place for row in listed for place in row.places)
    counts = {place.name: places[place] for place in Place}
    return {"rules": len(listed), **counts, "shown": sum(row.is_shown for row in listed)}


def lines(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the table as lines of text: id, strength, evidence, places, situations that fire and are met, title."""
    return tuple(
        f"{row.rule.id:<14}{row.rule.strength.value}  {row.rule.mark:<24}"
        f"{'+'.join(place.value.en for place in row.places):<16}{row.fires:>3} fire {row.met:>3} met  "
        f"{row.rule.title.zh} / {row.rule.title.en}"
        for row in rows
    )


def places(one: Rule) -> tuple[Place, ...]:
    """Return who holds a rule."""
    held = (
        (Place.PROVER, bool(one.static)),
        (Place.GATE, one.decide is not None and bool(one.gates) and "G" in one.checks),
        (Place.AUDIT, one.decide is not None and "A" in one.checks),
        (Place.ELSEWHERE, bool(one.held) and not (one.static and one.decide is None)),
    )
    found = tuple(place for place, holds in held if holds)
    if found:
        return found
    unchecked = not one.checks and one.strength in {Strength.OPTION, Strength.DESIGN}
    return (Place.UNCHECKED if unchecked else Place.NOWHERE,)


def _row(one: Rule, situations: Iterable[tuple[str, str]]) -> Row:
    listed = tuple(situations)
    expected = Counter(expect for _, expect in listed)
    return Row(
        rule=one,
        places=places(one),
        fires=expected["BROKEN"] + expected["EXCEPTED"],
        met=expected["MET"],
        undecided=expected["UNDECIDABLE"],
        files=tuple(dict.fromkeys(file for file, _ in listed)),
        tests=one.held,
    )


def _situations(cases: Path) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return rule -> (file, expected outcome) of every situation written for it."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for path in sorted(cases.glob("*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            found[case["rule"]] = (*found.get(case["rule"], ()), (path.name, case["expect"]))
    return found
