"""On case files near to real ones, however spoilt: no rule raises, and an unrelated record mends nothing."""

import json
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from situations import situations
from test_mutation import put_in_force
from test_rules import ANSWERS, VALUES

from decision_engine.rules import Facts, Outcome, Record, audit, declared, examine

SITUATIONS = situations()
ACTS_OF_ANY_KIND = {"R-ACC-01", "R-ACC-09"}
"""Rules on every act there is: to them no record is unrelated (any act ends an idle time)."""


@st.composite
def case_files(draw):
    """A situation with records lost, doubled, emptied, or with answers replaced by anything JSON can say."""
    facts = draw(st.sampled_from(SITUATIONS)).facts
    kept = [one for one in facts.records[:-1] if draw(st.sampled_from((True, True, True, False)))]
    kept += [replace(one) for one in kept if draw(st.sampled_from((False, False, False, True)))]
    act = facts.records[-1]
    return with_records(facts, [spoilt(draw, one) for one in kept], spoilt(draw, act))


def spoilt(draw, record: Record) -> Record:
    if draw(st.booleans()):
        return record
    changed = {name: draw(VALUES) if draw(st.booleans()) else value for name, value in record.data.items()}
    return replace(record, data={**changed, **draw(ANSWERS)} if draw(st.booleans()) else changed)


def with_records(facts: Facts, before: list[Record], act: Record) -> Facts:
    numbered = tuple(replace(one, seq=no) for no, one in enumerate([*before, act], 1))
    return replace(facts, records=numbered)


def outcomes(facts: Facts) -> dict[str, Outcome]:
    judged = audit(facts) if facts.gate == "audit" else examine(facts.gate, facts)
    return {one.rule: one.outcome for one in judged}


@settings(max_examples=150, deadline=None)
@given(facts=case_files())
def test_no_rule_raises_on_a_spoilt_case_file_at_its_gate_or_in_an_audit(facts):
    outcomes(facts)
    audit(replace(facts, gate="audit"))


@settings(max_examples=150, deadline=None)
@given(facts=case_files(), place=st.integers(0, 12), said=ANSWERS)
def test_an_unrelated_record_never_turns_broken_into_met(facts, place, said):
    *before, act = facts.records
    unrelated = Record(
        0, "note_to_the_file", said, facts.now - timedelta(hours=1), "某人", "secretary", "科员"
    )
    before.insert(min(place, len(before)), unrelated)

    then = outcomes(with_records(facts, before, act))

    for rule, outcome in outcomes(facts).items():
        if outcome is Outcome.BROKEN and rule not in ACTS_OF_ANY_KIND:
            assert then[rule] is Outcome.BROKEN


def test_a_rule_that_any_record_mends_would_be_noticed():
    """Negative control: a rule that takes a note to the file for a legality review."""
    facts = next(one for one in SITUATIONS if one.rule == "R-713-25-1" and one.expect == "BROKEN").facts
    rule = next(one for one in declared() if one.id == "R-713-25-1")
    gullible = replace(rule, decide=lambda f: None if f.latest("note_to_the_file") else rule.decide(f))
    note = Record(0, "note_to_the_file", {}, facts.now)

    with put_in_force(gullible):
        assert outcomes(facts)[rule.id] is Outcome.BROKEN
        assert outcomes(with_records(facts, [note, *facts.records[:-1]], facts.act))[rule.id] is Outcome.MET


@settings(max_examples=50, deadline=None)
@given(facts=case_files())
def test_the_same_case_file_is_judged_the_same_tomorrow(facts):
    """Rules keep no memory and read no clock: asked again, after another case, they say the same."""
    first = outcomes(facts)
    outcomes(SITUATIONS[0].facts)
    again = replace(
        facts,
        records=tuple(replace(one, data=json.loads(json.dumps(one.data))) for one in facts.records),
    )

    assert outcomes(again) == first
