"""An auditor's whole view of one case: the chain, the exceptions used, and every rule with what shows its outcome.

The worst comes first: broken, departed from with an exception, for people to judge, met, not applicable, not reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from decision_engine.language import Text
from decision_engine.models import Case
from decision_engine.queries import exceptions, findings, trail
from decision_engine.queries.chronicle import chronicle
from decision_engine.work import Work

ORDER: Mapping[str, Text] = {
    "BROKEN": Text("违反", "broken"),
    "EXCEPTED": Text("依例外偏离", "departed from with an exception"),
    "UNDECIDABLE": Text("须由人判断", "not decidable by machine"),
    "MET": Text("符合", "met"),
    "NOT_APPLICABLE": Text("不适用", "not applicable"),
    "NOT_CHECKED": Text("尚未到达", "not yet reached"),
}
"""Outcome -> its name, the worst first."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One rule over the case. *records* of the case file and *events* of the log show its outcome."""

    outcome: str
    rule: str
    title: Text
    law: str
    article: str
    reason: Text | None
    records: tuple[int, ...]
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CaseAudit:
    """The whole view. *clean*: the chain holds and no rule is broken."""

    case: Case
    chain: trail.Whole
    exceptions: tuple[exceptions.Excepted, ...]
    judged: tuple[Judged, ...]
    counts: Mapping[str, int]
    rule_set: str

    @property
    def clean(self) -> bool:
        """Whether there is nothing an auditor must act on."""
        return self.chain.intact and not self.counts.get("BROKEN")


def audited(work: Work, case: Case) -> CaseAudit:
    """Return the auditor's view of *case* today."""
    found = findings.of_case(work, case)
    events = {act.entry: act.evidence.seq for act in chronicle(work, case).acts if act.entry is not None}
    judged = [_judged(one, events) for one in found.items]
    places = list(ORDER)
    judged.sort(key=lambda one: places.index(one.outcome))
    return CaseAudit(
        case=case,
        chain=trail.check(work.session, case),
        exceptions=tuple(exceptions.of_case(work, case, size=10_000).items),
        judged=tuple(judged),
        counts=found.summary,
        rule_set=found.rule_set,
    )


def _judged(one: findings.CaseFinding, events: Mapping[int, int]) -> Judged:
    """Return the finding with its proof: the records an audit rule read, else the acts it was checked at."""
    shown = tuple(events[seq] for seq in one.records if seq in events)
    if not shown:
        shown = tuple(check.seq for check in one.checks if check.outcome == one.outcome)
    return Judged(one.outcome, one.rule, one.title, one.law, one.article, one.reason, one.records, shown)
