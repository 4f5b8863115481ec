"""Examining an act: which rules of its day hold it, and what each finds.

`examine(gate, facts)` answers for one act; `audit(facts)` for a whole case file. Both give every finding, the
satisfied ones too, because the log must show what was checked. Nothing is decided here that a rule does not say,
except one thing: a broken rule of strength X counts as `EXCEPTED` when the act carries a departure from that very
rule with a reason and an approver.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from functools import cache, lru_cache
from pathlib import Path

from decision_engine.language import Text
from decision_engine.rules.facts import Departure, Facts
from decision_engine.rules.rule import NOT_APPLICABLE, UNDECIDABLE, Rule, Strength, Verdict, declared

RULE_SET_VERSION = "2026.11"
_HERE = Path(__file__).parent


class Outcome(Enum):
    """What became of a rule at an act."""

    MET = "MET"
    BROKEN = "BROKEN"
    EXCEPTED = "EXCEPTED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    UNDECIDABLE = "UNDECIDABLE"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's answer, with everything needed to cite it years later.

    *reason* says what is wrong and what to do next (broken or excepted); *departure* is the exception that was
    used; *evidence* the numbers of the records the rule looked at.
    """

    rule: str
    outcome: Outcome
    strength: Strength
    law: str
    article: str
    title: Text
    reason: Text | None = None
    departure: Departure | None = None
    evidence: tuple[int, ...] = ()
    mark: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the act must not be done."""
        return self.outcome is Outcome.BROKEN


def rules_on(
    day: date, overlays: Iterable[str] = ("national",), *, gate: str | None = None
) -> tuple[Rule, ...]:
    """Return the rules in force on *day* for an organ with these overlays, in the order of the law.

    With *gate*, only those that guard that step or act. Old law stays callable: ask for its day.
    """
    return _rules_on(day, frozenset(overlays) | {"national"}, gate)


@lru_cache(maxsize=4096)
def _rules_on(day: date, overlays: frozenset[str], gate: str | None) -> tuple[Rule, ...]:
    return tuple(
        one
        for one in declared()
        if one.in_force_on(day)
        and one.jurisdiction in overlays
        and (gate is None or (gate in one.gates and "G" in one.checks))
    )


def examine(gate: str, facts: Facts, *, only: str | None = None) -> tuple[Finding, ...]:
    """Hold the pending act (last of the records) against every guard of *gate* in force on its day.

    *only* asks a single rule, by its id.
    """
    return tuple(
        _examined(one, facts)
        for one in rules_on(facts.today, facts.organ.overlays, gate=gate)
        if only is None or one.id == only
    )


def audit(facts: Facts) -> tuple[Finding, ...]:
    """Hold a case file, with every exception used in it, against the audit rules in force on the day of *facts*."""
    used = tuple(departure for record in facts.records for departure in record.departures)
    facts = replace(facts, departures=(*facts.departures, *used))
    in_force = rules_on(facts.today, facts.organ.overlays)
    return tuple(_examined(one, facts) for one in in_force if "A" in one.checks and one.decide)


def broken(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that forbid the act."""
    return tuple(finding for finding in findings if finding.blocks)


def _examined(one: Rule, facts: Facts) -> Finding:
    if one.decide is None:
        raise LookupError(f"{one.id} has no function to examine by")
    facts.forget()
    outcome, reason, departure = _outcome(one, one.decide(facts), facts)
    return Finding(
        one.id,
        outcome,
        one.strength,
        one.law.name,
        one.article,
        one.title,
        reason,
        departure,
        facts.evidence(),
        one.mark,
    )


def _outcome(one: Rule, verdict: Verdict, facts: Facts) -> tuple[Outcome, Text | None, Departure | None]:
    if verdict is None:
        return Outcome.MET, None, None
    if verdict is NOT_APPLICABLE:
        return Outcome.NOT_APPLICABLE, None, None
    if verdict is UNDECIDABLE:
        return Outcome.UNDECIDABLE, None, None
    departure = _departure(one, facts)
    cited = one.citation
    reason = Text(f"{verdict.zh}依据：{cited.zh}。", f"{verdict.en} Basis: {cited.en}.")
    return (Outcome.EXCEPTED if departure else Outcome.BROKEN), reason, departure


def _departure(one: Rule, facts: Facts) -> Departure | None:
    if one.strength is not Strength.EXCEPTION:
        return None
    for departure in facts.departures:
        if (
            departure.rule in {one.id, one.same_as}
            and departure.reason.strip()
            and departure.approver.strip()
        ):
            return departure
    return None


@cache
def rule_set_hash() -> str:
    """Return the SHA-256 (hex) of the rule set: every declaration, function and parameter file, by name."""
    digest = hashlib.sha256(RULE_SET_VERSION.encode())
    for path in sorted((*_HERE.glob("*.py"), *_HERE.glob("parameters/*.toml")), key=lambda path: path.name):
        content = path.read_bytes()
        digest.update(f"{path.name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
