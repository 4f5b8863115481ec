"""Every rule decides every situation as the jurist wrote it; no guard goes without both kinds of situation."""

from collections import defaultdict

import pytest
from situations import META, situations

from decision_engine import forms, rules
from decision_engine.rules import Finding, Outcome, audit, examine

SITUATIONS = situations()
FIRES = {"BROKEN", "EXCEPTED"}


def found(situation) -> dict[str, Finding]:
    """Judge a situation: as an act at its gate, or (`gate = "audit"`) as a case file the auditor reads."""
    facts = situation.facts
    judged = audit(facts) if facts.gate == "audit" else examine(facts.gate, facts)
    return {one.rule: one for one in judged}


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_the_rule_finds_what_the_law_says(situation):
    findings = found(situation)

    assert situation.rule in findings, f"{situation.rule} does not guard {situation.facts.gate} on that day"
    finding = findings[situation.rule]
    assert finding.outcome is Outcome[situation.expect], finding.reason
    if situation.mentions:
        assert situation.mentions in finding.reason.zh


@pytest.mark.parametrize("situation", [one for one in SITUATIONS if one.expect in FIRES], ids=str)
def test_every_reason_says_it_in_both_languages(situation):
    findings = found(situation)
    reason = findings[situation.rule].reason

    assert any("\u4e00" <= letter <= "\u9fff" for letter in reason.zh)
    assert reason.zh.count("。") >= 2, "what is so, what to do next, and the basis"
    assert "依据：" in reason.zh
    assert "Basis: " in reason.en
    assert len(reason.en) > 30


def test_every_guard_has_a_situation_that_fires_it_and_one_that_does_not():
    seen = defaultdict(set)
    for situation in SITUATIONS:
        seen[situation.rule].add("fires" if situation.expect in FIRES else situation.expect)
    lacking = {
        one.id: seen[one.id] for one in rules.declared() if one.gates and not {"fires", "MET"} <= seen[one.id]
    }

    assert not lacking


def test_every_audit_rule_has_a_case_file_that_shows_its_finding():
    seen = defaultdict(set)
    for situation in SITUATIONS:
        seen[situation.rule].add("shown" if situation.expect in {*FIRES, "UNDECIDABLE"} else situation.expect)
    lacking = [
        one.id for one in rules.declared() if "A" in one.checks and one.decide and "shown" not in seen[one.id]
    ]

    assert not lacking


def test_situations_ask_only_what_the_forms_ask():
    """Rules and forms agree on the names of fields: a case may use only names a form knows."""
    unknown = set()
    for situation in SITUATIONS:
        for record in situation.facts.records:
            if record.kind in forms.steps():
                known = _known(forms.describe(record.kind)["fields"])
                unknown |= {f"{record.kind}.{name}" for name in _names(record.data) - known - META}

    assert not unknown


def _known(fields, prefix=""):
    found = set()
    for field in fields:
        name = prefix + field["name"]
        found.add(name)
        found |= _known(field["fields"], f"{name}.")
    return found


def _names(data, prefix=""):
    found = set()
    for name, value in data.items():
        found.add(prefix + name)
        parts = value if isinstance(value, list) else [value]
        for part in parts:
            if isinstance(part, dict):
                found |= _names(part, f"{prefix}{name}.")
    return found
