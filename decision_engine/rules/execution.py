"""After the decision (Decree 713, articles 34-37): carried out, reported on, and changed only by procedure."""

from __future__ import annotations

from decision_engine.language import Text
from decision_engine.rules.facts import Facts
from decision_engine.rules.law import DECREE_713
from decision_engine.rules.matter import incomplete
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule

ARTICLE_35 = frozenset({"PROBLEM", "MAJOR_CHANGE", "FORCE_MAJEURE", "OTHER"})


@rule(
    "R-713-34-1",
    "明确执行单位并报告执行情况",
    gate="name_executor",
    law=DECREE_713,
    article="34",
    checks="GA",
)
def executor_is_named(facts: Facts) -> Verdict:
    """An executing unit is named and reports back."""
    record = facts.latest("name_executor")
    if record is None:
        return NOT_APPLICABLE
    return incomplete(
        record,
        {
            "executor": Text("决策执行单位", "the executing unit"),
            "tasks": Text("任务分解", "the tasks"),
            "report_schedule": Text("报告安排", "the schedule of reports"),
        },
    )


@rule(
    "R-713-36-2",
    "承担论证评估的机构不得承担同一决策的后评估",
    gate="order_evaluation",
    law=DECREE_713,
    article="36",
)
def evaluator_did_not_assess_before(facts: Facts) -> Verdict:
    """A third party may evaluate, but not the one that did the main argumentation or assessment before."""
    if facts.act.text("evaluator_kind") != "THIRD_PARTY":
        return NOT_APPLICABLE
    evaluator = _plain(facts.act.text("evaluator_org"))
    if not evaluator:
        return Text(
            "委托第三方评估的，须填写机构名称。请补充。", "A third party evaluates but is not named. Name it."
        )
    if evaluator not in excluded_evaluators(facts):
        return None
    return Text(
        "该机构在决策作出前承担过主要论证评估工作，不得承担后评估。请委托其他机构。",
        "This body did the main argumentation or assessment before the decision and does not evaluate it. "
        "Commission another.",
    )


def excluded_evaluators(facts: Facts) -> frozenset[str]:
    """Return the bodies that argued or assessed before the decision and may not evaluate it afterwards."""
    assessors = [one.text("assessor_org") for one in facts.all("commission_assessment")]
    arguers = [one.text("professional_body") for one in facts.all("select_experts")]
    return frozenset(_plain(name) for name in (*assessors, *arguers)) - {""}


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


@rule(
    "R-713-37-1",
    "依法作出的决策未经法定程序不得随意变更或者停止执行",
    gate=("adjust_or_terminate", "suspend_execution"),
    law=DECREE_713,
    article="37",
)
def decisions_change_only_by_procedure(facts: Facts) -> Verdict:
    """A lawfully made decision is changed or stopped only by the statutory procedure."""
    if facts.gate == "suspend_execution":
        if facts.act.text("outcome") != "SUSPEND" or facts.latest("report_problem") is not None:
            return None
        return Text(
            "没有问题报告，不得中止执行。请先由执行单位报告情况。",
            "Without a report of a problem, execution is not suspended. Let the executor report first.",
        )
    found = facts.latest("decide_evaluation_outcome")
    if found is not None and found.text("outcome") == facts.act.text("kind"):
        return None
    return Text(
        "本项调整、终止没有相应的决策机关决定，不得变更或者停止执行。请先按程序作出决定。",
        "No decision of the organ calls for this adjustment or termination, so nothing is changed. Decide first.",
    )


@rule(
    "R-713-37-2",
    "情况紧急的，行政首长可以先决定中止执行",
    gate="suspend_execution",
    law=DECREE_713,
    article="37",
    strength="O",
)
def only_the_head_suspends_and_only_in_urgency(facts: Facts) -> Verdict:
    """In an article 35 situation that is also urgent, the head may first suspend execution."""
    if facts.act.text("outcome") != "SUSPEND":
        return NOT_APPLICABLE
    if facts.act.role not in {None, "principal"}:
        return Text(
            "只有行政首长可以先行决定中止执行。请由行政首长决定。",
            "Only the head may suspend execution first. Let the head decide.",
        )
    problem = facts.latest("report_problem")
    situation = facts.act.text("art35_type") or (problem.text("art35_type") if problem else "")
    if situation not in ARTICLE_35 or problem is None or problem.flag("urgent") is not True:
        return Text(
            "先行中止执行须同时具备第三十五条情形和情况紧急两个条件。请核对问题报告。",
            "Suspension first needs both: an article 35 situation, and urgency. Check the report of the problem.",
        )
    return incomplete(
        facts.act,
        {"reason": Text("理由", "the reason"), "urgent_reason": Text("情况紧急的理由", "why it is urgent")},
    )


@rule(
    "R-713-37-3",
    "作重大调整的，履行法定程序",
    gate="adjust_or_terminate",
    law=DECREE_713,
    article="37",
)
def major_adjustments_run_the_procedure_again(facts: Facts) -> Verdict:
    """A major adjustment runs the statutory procedure again, in a new case that supersedes this one."""
    if facts.act.text("kind") not in {"ADJUST_MAJOR", "TERMINATE"}:
        return NOT_APPLICABLE
    if facts.act.has("new_case"):
        return None
    return Text(
        "重大调整、终止执行须重新履行决策程序。请先新建替代本决策的事项，再在此填写。",
        "A major adjustment or termination runs the procedure again. Open the case that supersedes this one and "
        "name it here.",
    )
