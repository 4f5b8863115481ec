"""What speaks for those who acted with due care (尽职免责, R-ACC-11): facts with their evidence, never a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from decision_engine.language import Text
from decision_engine.queries.accountability import Evidence
from decision_engine.queries.chronicle import Act, Chronicle
from decision_engine.queries.dissent import Dissent
from decision_engine.rules.liability import FAVOURABLE, decided_on, gaps

SHOWN, NOT_SHOWN, PENDING, FOR_PEOPLE = "SHOWN", "NOT_SHOWN", "PENDING", "FOR_PEOPLE"


@dataclass(frozen=True, slots=True)
class ExemptionFact:
    """One fact. *state*: SHOWN, NOT_SHOWN, PENDING (there is no decision yet), FOR_PEOPLE (no machine can tell)."""

    name: Text
    state: str
    note: Text | None
    evidence: tuple[Evidence, ...]


def exemption_facts(log: Chronicle, differing: Sequence[Dissent]) -> tuple[ExemptionFact, ...]:
    """Return the facts the law's provisions on reduced liability ask about, in the order of the procedure."""
    opinion = _newest(log, "issue_legality_opinion", FAVOURABLE)
    risk = _newest(log, "determine_risk", frozenset({"CONTROLLABLE"}))
    limited = [
        act
        for act in log.of("report_problem", "suspend_execution", "adjust_or_terminate")
        if act.get("mitigation")
    ]
    return (
        _procedure(log),
        _shown("听取了法律顾问、公职律师意见", "Legal advisers were heard", log.of("legal_adviser_opinion")),
        _shown("最近一次合法性审查通过", "The latest legality review was favourable", opinion),
        _shown("最近一次风险认定为可控", "The risk was last found controllable", risk),
        ExemptionFact(
            Text("集体讨论中表示了不同意见", "A differing opinion was voiced in the collective discussion"),
            SHOWN if any(one.against_the_decision for one in differing) else NOT_SHOWN,
            None,
            tuple(proof for one in differing if one.against_the_decision for proof in one.evidence),
        ),
        _shown("对上级决定提出过不同意见", "A subordinate objected to the order", log.of("raise_objection")),
        _shown("发现问题后报告", "A problem found was reported", log.of("report_problem")),
        _shown("采取了止损措施", "Measures to limit the loss were taken", limited),
        _private_gain(log),
    )  # fmt: skip


def _procedure(log: Chronicle) -> ExemptionFact:
    name = Text("法定程序完整", "The statutory procedure is complete")
    facts = log.facts()
    if decided_on(facts) is None:
        return ExemptionFact(name, PENDING, Text("尚未作出决策。", "There is no decision yet."), ())
    missing = gaps(facts)
    if not missing:
        return ExemptionFact(
            name, SHOWN, None, tuple(act.evidence for act in log.of("sign_decision", "publish_decision"))
        )
    told = Text(
        "案卷未显示：" + "、".join(gap.name.zh for gap in missing) + "。",
        "The file does not show: " + ", ".join(gap.name.en for gap in missing) + ".",
    )
    return ExemptionFact(name, NOT_SHOWN, told, ())


def _newest(log: Chronicle, step: str, wanted: frozenset[str]) -> tuple[Act, ...]:
    """Return the newest act of *step* if its outcome is *wanted*: an earlier good one does not count."""
    last = log.last(step)
    return (last,) if last is not None and last.get("outcome") in wanted else ()


def _shown(zh: str, en: str, acts: Iterable[Act]) -> ExemptionFact:
    proofs = tuple(act.evidence for act in acts)
    return ExemptionFact(Text(zh, en), SHOWN if proofs else NOT_SHOWN, None, proofs)


def _private_gain(log: Chronicle) -> ExemptionFact:
    """Whether anybody gained is for people to find; declarations and recusals are what the file has on it."""
    declared = [
        act
        for act in log.acts
        if act.get("conflict_declaration")
        or act.get("no_interest_declared") is not None
        or act.get("recusals")
    ]
    return ExemptionFact(
        Text("没有谋取私利", "Nobody sought private gain"),
        FOR_PEOPLE,
        Text(
            "机器不能判断；所附为利害关系声明和回避记录。",
            "No machine can tell; the evidence are declarations of interest and recusals.",
        ),
        tuple(act.evidence for act in declared),
    )
