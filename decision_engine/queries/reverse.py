"""From a bad effect back to the persons of each stage (责任倒查, art. 38): whose acts led to it, with their proof.

An effect is a problem reported, a suspension, an evaluation that did not say "continue", an end or major adjustment,
or a rule the case file breaks. Before it lie the stages of the procedure, last first; each lists who acted in it, what
was departed from there, and which facts of the stage are not shown. Whose fault anything was is not said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from decision_engine import rules
from decision_engine.errors import InvalidAnswers
from decision_engine.language import Text
from decision_engine.queries.accountability import ACCOUNTABLE, Evidence
from decision_engine.queries.chronicle import DONE, MACHINES, Act, Chronicle
from decision_engine.queries.tracing import NO_VERDICT, NOT_SHOWN, Tracing


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the procedure, its *steps*, its *facts*, and whom the law names for it (domain book 1.4)."""

    name: Text
    answers: Text
    steps: frozenset[str]
    facts: tuple[str, ...]


def _stage(zh: str, en: str, answers_zh: str, answers_en: str, steps: str, facts: str) -> Stage:
    return Stage(Text(zh, en), Text(answers_zh, answers_en), frozenset(steps.split()), tuple(facts.split()))


STAGES: tuple[Stage, ...] = (
    _stage(
        "启动", "Start", "决策机关、承办单位（第三十八、三十九条）", "The organ, the lead unit (arts 38, 39)",
        "case.opened register_proposal study_proposal decide_initiation assign_lead_unit", "F01 F02 F03 F04",
    ),
    _stage(
        "起草", "Drafting", "承办单位（第三十九条）", "The lead unit (art. 39)",
        "draft_decision consult_units determine_procedure adjust_draft finalize_draft fair_competition_review "
        "handle_refused_draft", "F05 F06 F07 F13",
    ),
    _stage(
        "公众参与", "Public participation", "承办单位（第三十九条）", "The lead unit (art. 39)",
        "publish_notice comment_period hold_hearing run_survey hold_symposium hold_villagers_meeting handle_comments "
        "publish_feedback", "F08 F09 F10",
    ),
    _stage(
        "专家论证", "Experts", "专家、承办单位（第四十一、三十九条）", "Experts, the lead unit (arts 41, 39)",
        "select_experts expert_opinion summarise_argumentation", "F11",
    ),
    _stage(
        "风险评估", "Risk", "评估机构、决策机关（第四十一、三十八条）", "The assessor, the organ (arts 41, 38)",
        "commission_assessment assess_risk determine_risk", "F12",
    ),
    _stage(
        "合法性审查", "Legality", "审查部门、承办单位（第二十八、三十九条）",
        "The reviewing department, the lead unit (arts 28, 39)",
        "submit_review_package check_review_package supplement_package legal_adviser_opinion issue_legality_opinion",
        "F14 F15",
    ),
    _stage(
        "集体讨论", "Collective discussion", "行政首长、组成人员、直接责任人员（第三十八条）",
        "The head, the members, persons directly responsible (art. 38)",
        "assemble_meeting_package confirm_agenda open_meeting report_item member_speaks principal_speaks_last vote "
        "principal_decides sign_minutes", "F16 F17 F18 F19 F20 F22 F23",
    ),
    _stage(
        "决定公布", "Release", "决策机关（第三十八条）", "The organ (art. 38)",
        "report_party_committee report_npc external_approval sign_decision publish_decision record_non_publication "
        "interpret_policy archive_dossier", "F24 F25",
    ),
    _stage(
        "执行", "Execution", "执行单位、行政首长（第四十条）", "The executor, the head (art. 40)",
        "name_executor report_execution report_problem suspend_execution confirm_suspension adjust_or_terminate", "F26",
    ),
    _stage(
        "后评估", "Evaluation", "评估主体、决策机关（第三十六、四十一条）", "The evaluator, the organ (arts 36, 41)",
        "order_evaluation plan_evaluation investigate_effects report_evaluation decide_evaluation_outcome", "",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Effect:
    """A bad effect. *key* is what is asked for: the number of an event, or the id of a rule."""

    key: str
    kind: str
    what: Text
    at: datetime
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ActTraced:
    """One act before the effect. *concerned*: the effect rests on this very act; *departed*: rules excepted there."""

    step: str | None
    name: Text
    at: datetime
    on_behalf_of: str | None
    departed: tuple[str, ...]
    concerned: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Participant:
    """A person of a stage, in the post held then, with the acts done there."""

    person_id: str
    person: str | None
    post_then: str | None
    acts: tuple[ActTraced, ...]


@dataclass(frozen=True, slots=True)
class StageTraced:
    """A stage before the effect. *concerned*: the effect rests on it; *not_shown*: its facts the log does not show."""

    stage: Text
    answers: Text
    concerned: bool
    persons: tuple[Participant, ...]
    not_shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WayBack:
    """The way back from *effect*, stage by stage, last first."""

    effect: Effect
    stages: tuple[StageTraced, ...]
    statement: Text


def effects(log: Chronicle, report: Tracing) -> tuple[Effect, ...]:
    """Return every effect of the case from which one can trace back, in order; broken rules last."""
    happened = [
        Effect(str(act.evidence.seq), kind, what, act.at, (act.evidence,))
        for act in log.acts
        if act.kind in DONE
        for kind, what in _bad(act)
    ]
    broken = [
        Effect(one.rule, "RULE", one.reason or one.title, log.acts[-1].at, one.acts)
        for one in report.deviations
        if one.outcome == rules.Outcome.BROKEN.value
    ]
    return (*happened, *broken)


def trace_back(log: Chronicle, report: Tracing, key: str) -> WayBack:
    """Return the persons of every stage before the effect *key*. Raises `InvalidAnswers` when there is none such."""
    effect = next((one for one in effects(log, report) if one.key == key), None)
    if effect is None:
        raise InvalidAnswers({"effect": (_NO_SUCH,)})
    gates = _gates(key) if effect.kind == "RULE" else frozenset()
    proofs = frozenset(one.seq for one in effect.evidence)
    end = log.acts[-1].evidence.seq if effect.kind == "RULE" else max(proofs)
    before = [act for act in log.acts if act.evidence.seq <= end and _answered_for(act)]
    missing = {fact.id for fact in report.facts if fact.state == NOT_SHOWN}
    stages = [
        _traced(
            log,
            stage,
            [act for act in before if (act.step or act.kind) in stage.steps],
            proofs,
            gates,
            missing,
        )
        for stage in reversed(STAGES)
    ]
    return WayBack(effect, tuple(one for one in stages if one.persons or one.concerned), NO_VERDICT)


def _bad(act: Act) -> Iterator[tuple[str, Text]]:
    outcome = act.get("outcome")
    match act.step:
        case "report_problem":
            yield "PROBLEM", Text("执行中发现问题", "A problem arose in the execution")
        case "suspend_execution" if outcome == "SUSPEND":
            yield "SUSPENSION", Text("中止执行", "The execution was suspended")
        case "decide_evaluation_outcome" if outcome not in {None, "CONTINUE"}:
            yield (
                "EVALUATION",
                Text("后评估后未继续实施", "After its evaluation the decision was not simply continued"),
            )
        case "adjust_or_terminate" if act.get("kind") in {"ADJUST_MAJOR", "TERMINATE"}:
            yield "ENDED", Text("重大调整或者终止执行", "A major adjustment, or the end of the execution")


def _gates(rule: str) -> frozenset[str]:
    return frozenset(gate for one in rules.declared() if one.id == rule for gate in one.gates)


def _answered_for(act: Act) -> bool:
    return act.person_id not in MACHINES and (act.kind in DONE or act.kind in ACCOUNTABLE)


def _traced(
    log: Chronicle,
    stage: Stage,
    acts: Sequence[Act],
    proofs: frozenset[int],
    gates: frozenset[str],
    missing: set[str],
) -> StageTraced:
    persons: defaultdict[tuple[str, str | None], list[Act]] = defaultdict(list)
    for act in acts:
        persons[act.person_id, act.post].append(act)
    concerned = bool(stage.steps & gates) or any(act.evidence.seq in proofs for act in acts)
    return StageTraced(
        stage=stage.name,
        answers=stage.answers,
        concerned=concerned,
        persons=tuple(
            Participant(person, log.names.get(person), post, tuple(_act(act, proofs) for act in done))
            for (person, post), done in persons.items()
        ),
        not_shown=tuple(fact for fact in stage.facts if fact in missing),
    )


def _act(act: Act, proofs: frozenset[int]) -> ActTraced:
    used: Mapping[str, object] = act.body
    departed = used.get("exceptions")
    return ActTraced(
        step=act.step, name=act.name, at=act.at, on_behalf_of=act.on_behalf_of,
        departed=tuple(map(str, departed)) if isinstance(departed, list) else (),
        concerned=act.evidence.seq in proofs, evidence=act.evidence,
    )  # fmt: skip


_NO_SUCH = Text(
    "本案没有这一后果。可倒查的后果见 effects。",
    "The case has no such effect. Those it has are listed in effects.",
)
