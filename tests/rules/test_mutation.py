"""No situation, no rule: each rule made harmless, or taken from one of its gates, is missed by some situation."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from situations import Situation, situations

from decision_engine import rules
from decision_engine.rules import Rule, audit, examination, examine
from decision_engine.rules.rule import _declared

DECIDING = [one for one in rules.declared() if one.decide is not None]
GATED = [(one, gate) for one in DECIDING for gate in one.gates]


def by_rule() -> dict[str, list[Situation]]:
    found: dict[str, list[Situation]] = defaultdict(list)
    for one in situations():
        found[one.rule].append(one)
    return found


SITUATIONS = by_rule()


@contextmanager
def put_in_force(mutant: Rule) -> Iterator[None]:
    """Let *mutant* stand in the place of the rule of its id and day."""
    key = (mutant.id, mutant.since)
    original = _declared[key]
    _declared[key] = mutant
    examination._rules_on.cache_clear()
    try:
        yield
    finally:
        _declared[key] = original
        examination._rules_on.cache_clear()


def outcome(situation: Situation) -> str:
    facts = situation.facts
    judged = audit(facts) if facts.gate == "audit" else examine(facts.gate, facts)
    return next((one.outcome.name for one in judged if one.rule == situation.rule), "NOT_EXAMINED")


def missed(mutant: Rule) -> bool:
    """Tell whether some situation of the rule, other than one outside it, comes out differently under *mutant*."""
    with put_in_force(mutant):
        return any(
            outcome(one) != one.expect for one in SITUATIONS[mutant.id] if one.expect != "NOT_APPLICABLE"
        )


@pytest.mark.parametrize("one", DECIDING, ids=lambda one: one.id)
def test_a_rule_that_is_always_met_is_missed(one):
    assert missed(replace(one, decide=lambda _: None))


@pytest.mark.parametrize(("one", "gate"), GATED, ids=lambda part: part if isinstance(part, str) else part.id)
def test_a_rule_taken_from_a_gate_is_missed(one, gate):
    assert missed(replace(one, gates=tuple(other for other in one.gates if other != gate)))


@pytest.mark.parametrize("one", [one for one in DECIDING if "A" in one.checks], ids=lambda one: one.id)
def test_a_rule_no_auditor_reads_any_more_is_missed(one):
    assert missed(replace(one, checks=one.checks.replace("A", "")))


def test_the_rule_itself_is_not_missed():
    """Negative control: the unchanged rule satisfies its situations."""
    assert not any(missed(one) for one in DECIDING)
