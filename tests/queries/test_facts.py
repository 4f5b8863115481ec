"""The table of facts and the stages agree with the forms and the shipped diagrams: no act is left without a place."""

from __future__ import annotations

from collections import Counter

from decision_engine import forms, process
from decision_engine.demo import shipped_diagrams
from decision_engine.queries.facts import FACTS, Fact
from decision_engine.queries.reverse import STAGES

BY_CLOCK = {"comment_period"}
"""Steps a timer completes; they have no form."""
ELSEWHERE = {"archive_dossier"}
"""Filing is no fact of the book's table: the dossier is where the facts lie."""


def unknown_fields(facts: tuple[Fact, ...]) -> set[str]:
    """Return the fields a fact asks of its steps' answers that no form of those steps has."""
    found = set()
    for fact in facts:
        known = {
            field["name"] for step in set(fact.steps) - BY_CLOCK for field in forms.describe(step)["fields"]
        }
        found |= {f"{fact.id}.{name}" for name in set(fact.fields) - known}
    return found


def steps_of_people() -> set[str]:
    """Return every step a person completes in the shipped procedure."""
    elements = process.read(shipped_diagrams()).elements.values()
    return {one.step for one in elements if one.kind == "userTask" and one.step}


def test_the_facts_ask_only_what_the_forms_ask():
    """A field renamed in a form would silently be shown no more."""
    assert unknown_fields(FACTS) == set()


def test_a_field_nobody_asks_would_be_found():
    """Negative control of the test above."""
    wrong = Fact("F99", FACTS[0].title, ("vote",), ("votes_cast_by_post",))
    assert unknown_fields((*FACTS, wrong)) == {"F99.votes_cast_by_post"}


def test_every_step_of_the_procedure_shows_some_fact():
    """What somebody did at any step is found by the auditor."""
    shown = {step for fact in FACTS for step in fact.steps}
    assert steps_of_people() - shown - ELSEWHERE == set()


def test_every_step_lies_in_exactly_one_stage():
    """Tracing back counts each act once and misses none."""
    counts = Counter(step for stage in STAGES for step in stage.steps)
    assert {step: counts[step] for step in steps_of_people() if counts[step] != 1} == {}


def test_every_fact_of_a_stage_is_in_the_table():
    """What a stage says is missing is a fact of the book."""
    assert {fact for stage in STAGES for fact in stage.facts} <= {fact.id for fact in FACTS}
