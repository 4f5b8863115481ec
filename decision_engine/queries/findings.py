"""What the law says of a whole case file, rule by rule: today's verdict, and every check made on the way.

The verdict of an audit rule is computed anew from the records; the checks are what the log says was checked when
the acts were done. A rule that only guards acts has the outcome of its last check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from decision_engine import rules
from decision_engine.language import Text
from decision_engine.models import Case, Event
from decision_engine.queries.casefile import open_file
from decision_engine.queries.trail import read
from decision_engine.work import Work

NOT_CHECKED = "NOT_CHECKED"
"""In force, but no act has come to its gate yet, and no audit rule judges it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One time a rule was checked: at event *seq*, when *step* was done or tried."""

    seq: int
    step: str | None
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseFinding:
    """A rule in force today, its *outcome* over the case file, the *records* looked at, and earlier checks."""

    rule: str
    title: Text
    law: str
    article: str
    strength: str
    outcome: str
    reason: Text | None
    records: tuple[int, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class CaseFindings:
    """Every rule in force with its outcome; *summary* counts outcomes; *rule_set* is the version asked."""

    items: tuple[CaseFinding, ...]
    summary: Mapping[str, int]
    rule_set: str


def of_case(work: Work, case: Case) -> CaseFindings:
    """Return every rule in force for the organ of *case* today, with its outcome over the whole case file."""
    file = open_file(work, case)
    facts = file.facts(work, "audit")
    audited = {finding.rule: finding for finding in rules.audit(facts)}
    checks = _checks(work.session, case.id)
    items = tuple(
        _finding(rule, audited.get(rule.id), checks.get(rule.id, ()))
        for rule in rules.rules_on(work.today, file.organ.overlays)
        if rule.decide is not None
    )
    summary = dict(sorted(Counter(item.outcome for item in items).items()))
    return CaseFindings(items, summary, rules.RULE_SET_VERSION)


def _finding(rule: rules.Rule, audited: rules.Finding | None, checks: tuple[Check, ...]) -> CaseFinding:
    guarded = checks[-1].outcome if checks else NOT_CHECKED
    return CaseFinding(
        rule=rule.id,
        title=rule.title,
        law=rule.law.name,
        article=rule.article,
        strength=rule.strength.value,
        outcome=audited.outcome.value if audited is not None else guarded,
        reason=audited.reason if audited is not None else None,
        records=audited.evidence if audited is not None else (),
        checks=checks,
    )


def _checks(session: Session, case_id: str) -> dict[str, tuple[Check, ...]]:
    """Return what the log says was checked, by rule; only acts that were done count."""
    found: dict[str, tuple[Check, ...]] = {}
    events = session.execute(
        select(Event.seq, Event.at, Event.body)
        .where(Event.chain == case_id, Event.kind == "task.completed")
        .order_by(Event.seq)
    )
    for seq, at, raw in events:
        body = read(raw)
        for rule, outcome in body.get("rules", {}).get("checked", ()):
            found[rule] = (*found.get(rule, ()), Check(seq, body["task"]["step"], outcome, at))
    return found
