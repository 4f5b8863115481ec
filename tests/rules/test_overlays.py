"""Overlays bind the organs that stand under them, from their day on, and a strict reading can be switched off."""

from dataclasses import replace
from datetime import date

from situations import situations

from decision_engine.rules import Outcome, examine, rules_on
from decision_engine.rules.parameter import DATA, read

NATION, TIANJIN = ("national",), ("national", "tianjin")


def ids(day, overlays):
    return {one.id for one in rules_on(day, overlays)}


def test_what_tianjin_adds_binds_nobody_elsewhere():
    local = {one for one in ids(date(2026, 3, 6), TIANJIN) if one.startswith("R-TJ-")}

    assert len(local) == 8
    assert not local & ids(date(2026, 3, 6), NATION)


def test_a_step_of_june_and_one_of_december_2020_stand_under_different_rules():
    """Decree 5's sanction is judged by the day of the decision, the strict catalogue binds only from 2022 on."""
    june, later = ids(date(2020, 6, 15), TIANJIN), ids(date(2022, 6, 15), TIANJIN)

    assert "R-TJ-CAT-1" in later - june
    assert "R-713-25-1" in june & later
    outcomes = {one.facts.act.at.date(): one.expect for one in situations() if one.rule == "R-TJ-INV-1"}
    assert outcomes[date(2020, 12, 15)] == "NOT_APPLICABLE"


def test_a_town_may_switch_the_strict_reading_off():
    strict = next(one for one in situations() if one.rule == "R-TJ-CAT-1" and one.expect == "BROKEN").facts
    documents = {path.name: path.read_text("utf-8") for path in DATA.glob("*.toml")}
    documents["tianjin.toml"] = documents["tianjin.toml"].replace(
        "values = [",
        'values = [\n{ overlay = "district:jinnan", since = 2022-03-01, value = false, source = "区级", mark = "D" },',
    )
    lenient = replace(
        strict,
        parameters=read(documents),
        organ=replace(strict.organ, overlays=(*strict.organ.overlays, "district:jinnan")),
    )

    assert _outcome(strict) is Outcome.BROKEN
    assert _outcome(lenient) is Outcome.NOT_APPLICABLE


def _outcome(facts):
    return next(one.outcome for one in examine(facts.gate, facts) if one.rule == "R-TJ-CAT-1")
