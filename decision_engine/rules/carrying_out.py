"""Carrying out, evaluating and adjusting in detail (domain book 8, Decree 713 articles 35 and 36)."""

from __future__ import annotations

from fractions import Fraction

from decision_engine.language import Text
from decision_engine.rules.counting import at_least
from decision_engine.rules.execution import (
    decisions_change_only_by_procedure,
    evaluator_did_not_assess_before,
    executor_is_named,
    major_adjustments_run_the_procedure_again,
    only_the_head_suspends_and_only_in_urgency,
)
from decision_engine.rules.facts import Facts
from decision_engine.rules.law import DECREE_713, EVALUATION_RULES
from decision_engine.rules.matter import incomplete
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule

TRIGGERS = frozenset({"BELOW_EXPECTATION", "MANY_OPINIONS", "ORGAN_SEES_NEED"})
LOCAL_TRIGGERS = frozenset({"BASIS_CHANGED", "PERIOD_ENDS", "FIXED_BY_DECISION"})
ORGANISED = frozenset(
    {"NPC_DEPUTY", "CPPCC_MEMBER", "MASS_ORGANISATION", "GRASSROOTS_ORGANISATION", "SOCIAL_ORGANISATION"}
)


# -- execution -----------------------------------------------------------------------------------------


@rule(
    "R-EXE-01",
    "决策作出时明确执行单位，任务分解到责任人和时限",
    gate="name_executor",
    law=DECREE_713,
    article="34",
    mark="v:713-34",
)
def tasks_have_owners_and_days(facts: Facts) -> Verdict:
    """The executor is named with tasks, each with an owner and a day."""
    lacking = executor_is_named(facts)
    if lacking is not None:
        return lacking
    bare = [
        str(no)
        for no, one in enumerate(facts.act.entries("tasks"), 1)
        if not one.text("owner") or one.day("due_on") is None
    ]
    if not bare:
        return None
    return Text(
        f"第{'、'.join(bare)}项任务没有责任人或者时限。请补充。",
        f"Tasks {', '.join(bare)} have no owner or no day. Add them.",
    )


@rule(
    "R-EXE-02",
    "执行单位报告执行情况，决策机关督查",
    gate="report_execution",
    law=DECREE_713,
    article="34",
    checks="GA",
    mark="v:713-34; v:HP",
)
def execution_is_inspected(facts: Facts) -> Verdict:
    """The executor reports, the organ inspects: nothing is called completed that nobody inspected."""
    last = facts.latest("report_execution")
    if last is None or last.text("status") != "COMPLETED":
        return NOT_APPLICABLE
    if any(one.entries("inspections") for one in facts.all("report_execution")):
        return None
    return Text(
        "没有任何督查记录，不能办结。请先督查并记录。",
        "No inspection is on record, so execution is not complete. Inspect and record it first.",
    )


@rule(
    "R-EXE-03",
    "发现问题立即报告",
    checks="A",
    law=DECREE_713,
    article="35",
    mark="v:713-35",
)
def problems_are_not_kept_back(facts: Facts) -> Verdict:
    """A problem report at once, with the moment it was found and the moment it was reported."""
    problem = facts.latest("report_problem")
    found = problem.day("found_at") if problem else None
    if problem is None or found is None:
        return NOT_APPLICABLE
    reported = problem.day("reported_at") or problem.local_day
    limit = facts.calendar.add(found, facts.period("problem_report_days", found)).day
    if reported <= limit:
        return None
    return Text(
        f"问题于{found}发现，{reported}才报告，超过提示线（{limit}）。请说明未及时报告的原因。",
        f"Found on {found}, the problem was reported on {reported}, after {limit}. Explain the delay.",
    )


@rule(
    "R-EXE-04",
    "公众意见达到一定数量的，提出后评估建议",
    checks="A",
    law=DECREE_713,
    article="36",
    strength="O",
    mark="v:713-35; D",
)
def many_opinions_propose_an_evaluation(facts: Facts) -> Verdict:
    """Opinions from the public are counted; beyond a threshold an evaluation is proposed."""
    reports = facts.all("report_execution")
    if not reports:
        return NOT_APPLICABLE
    count = sum(one.number("feedback_count") or 0 for one in reports) + _letters(facts)
    threshold, affected = facts.value("feedback_count_threshold"), facts.case.number("affected_people") or 0
    share = facts.value("feedback_share_threshold")
    many = isinstance(threshold, int) and count >= threshold
    many = many or (affected > 0 and isinstance(share, Fraction) and at_least(count, affected, share))
    if not many or facts.latest("order_evaluation") is not None:
        return None
    return Text(
        f"执行以来收到公众意见{count}条，已达到建议开展后评估的数量。请考虑开展后评估。",
        f"{count} opinions came from the public since execution began, enough to propose an evaluation. Consider it.",
    )


def _letters(facts: Facts) -> int:
    """Return how many opinions of the public came in since the decision was published."""
    published = facts.latest("publish_decision")
    return sum(one.at > published.at for one in facts.comments) if published else 0


@rule(
    "R-EXE-05",
    "行政首长先行中止须同时具备第三十五条情形和紧急情况",
    gate="suspend_execution",
    law=DECREE_713,
    article="37",
    strength="O",
    mark="v:713-37",
)
def suspension_needs_both_conditions(facts: Facts) -> Verdict:
    """Suspension by the head alone: an article 35 situation, and urgency, with written reasons."""
    return only_the_head_suspends_and_only_in_urgency(facts)


@rule(
    "R-EXE-06",
    "中止执行后15日内提请会议确认或者解除",
    gate="confirm_suspension",
    law=DECREE_713,
    article="37",
    strength="D",
    mark="D",
)
def suspension_goes_to_the_next_meeting(facts: Facts) -> Verdict:
    """A suspension goes to a meeting within fifteen days, which confirms or lifts it."""
    suspended = facts.latest("suspend_execution")
    if suspended is None or suspended.text("outcome") != "SUSPEND":
        return Text("没有中止执行的决定，无须确认。请核对。", "There is no suspension to confirm. Check.")
    decided = facts.act.day("decided_on")
    if decided is None or not facts.act.text("confirm_meeting"):
        return Text(
            "没有填写确认中止的会议或者日期。请补充。", "The meeting or its day is not given. Enter both."
        )
    limit = facts.calendar.add(suspended.local_day, facts.period("suspension_confirmation_days")).day
    if suspended.local_day <= decided <= limit:
        return None
    return Text(
        f"中止执行于{suspended.local_day}决定，应当在{limit}以前由会议确认或者解除，填写的日期为{decided}。请核对。",
        f"Suspended on {suspended.local_day}, to be confirmed or lifted by {limit}, but {decided} is given. Check it.",
    )


@rule(
    "R-EXE-07",
    "终止执行、重大调整重新履行程序",
    gate="adjust_or_terminate",
    law=DECREE_713,
    article="37",
    mark="v:713-37; v:713-22",
)
def ending_takes_the_whole_procedure(facts: Facts) -> Verdict:
    """Termination and major adjustment take the full procedure again, with reasons."""
    if facts.act.text("kind") not in {"ADJUST_MAJOR", "TERMINATE"}:
        return NOT_APPLICABLE
    found = decisions_change_only_by_procedure(facts)
    if found is None:
        found = major_adjustments_run_the_procedure_again(facts)
    if found is None:
        found = incomplete(facts.act, {"reasons": Text("理由", "the reasons")})
    return found


@rule(
    "R-EXE-08",
    "中止、终止、调整的，采取止损措施并依法补偿",
    checks="A",
    law=EVALUATION_RULES,
    article="中止终止调整",
    strength="X",
    mark="v:PE-F; v:PE-CQ",
)
def losses_are_limited(facts: Facts) -> Verdict:
    """On suspension, termination or adjustment the executor limits the loss; lawful interests are compensated."""
    ended = [
        one
        for one in facts.all("suspend_execution", "adjust_or_terminate")
        if one.text("outcome") == "SUSPEND" or one.text("kind") in {"ADJUST_MAJOR", "TERMINATE"}
    ]
    if not ended:
        return NOT_APPLICABLE
    if any(one.text("mitigation") for one in (*ended, *facts.all("report_problem"))):
        return None
    return Text(
        "中止、终止或者调整执行，没有止损措施的记录。请补充说明。",
        "Execution was stopped or changed and no measure to limit the loss is on record. Explain.",
    )


# -- evaluation --------------------------------------------------------------------------------------------


@rule(
    "R-713-36-1",
    "有法定情形的，可以组织决策后评估",
    gate="order_evaluation",
    law=DECREE_713,
    article="36",
    strength="O",
)
def evaluation_has_a_trigger(facts: Facts) -> Verdict:
    """An evaluation may be ordered when the effect falls short, opinions are many, or the organ sees a need."""
    if facts.act.text("trigger") in TRIGGERS | LOCAL_TRIGGERS:
        return None
    return Text(
        "没有写明开展后评估的情形。请选择一种情形。",
        "It is not said why the decision is evaluated. Choose a reason.",
    )


@rule(
    "R-713-36-3",
    "后评估注重听取公众意见，吸收代表委员、人民团体、基层组织、社会组织参与",
    gate=("investigate_effects", "report_evaluation"),
    law=DECREE_713,
    article="36",
    checks="GA",
)
def public_takes_part_in_the_evaluation(facts: Facts) -> Verdict:
    """Public opinion weighs; deputies, CPPCC members, mass, grass-roots or social organisations take part."""
    records = facts.all("investigate_effects")
    if not records and facts.gate not in {"investigate_effects", "report_evaluation"}:
        return NOT_APPLICABLE
    kinds = {one.text("kind") for record in records for one in record.entries("participants")}
    if "PUBLIC" in kinds and kinds & ORGANISED:
        return None
    return Text(
        "后评估没有社会公众，或者没有代表委员、人民团体、基层组织、社会组织参与。请补充听取意见。",
        "The public, or deputies and organisations, took no part in the evaluation. Hear them first.",
    )


@rule(
    "R-EVA-01",
    "符合三种情形之一的可以开展后评估",
    gate="order_evaluation",
    law=DECREE_713,
    article="36",
    strength="O",
    mark="v:713-36",
)
def evaluation_names_one_of_three_reasons(facts: Facts) -> Verdict:
    """An evaluation may be ordered on the three triggers of article 36."""
    if facts.act.text("trigger") in LOCAL_TRIGGERS:
        return NOT_APPLICABLE
    return evaluation_has_a_trigger(facts)


@rule(
    "R-EVA-02",
    "依据变化、期限届满、决策规定的，也可以开展后评估",
    gate="order_evaluation",
    law=EVALUATION_RULES,
    article="启动情形",
    strength="X",
    mark="v:PE-CQ; M",
)
def local_reasons_are_explained(facts: Facts) -> Verdict:
    """Local triggers: the basis changed, a trial or validity period ends, the decision itself fixes it."""
    if facts.act.text("trigger") not in LOCAL_TRIGGERS:
        return NOT_APPLICABLE
    return incomplete(facts.act, {"reasons": Text("理由", "the reasons")})


@rule(
    "R-EVA-03",
    "决策出台一年内报告执行情况",
    checks="A",
    law=EVALUATION_RULES,
    article="执行报告",
    strength="X",
    mark="v:PE-F",
)
def performance_is_reported_within_a_year(facts: Facts) -> Verdict:
    """Within a year of issue the executor reports on performance."""
    signed = facts.latest("sign_decision")
    issued = signed.day("signed_on") if signed else None
    if issued is None:
        return NOT_APPLICABLE
    limit = facts.calendar.add(issued, facts.period("performance_report_years", issued)).day
    if facts.today <= limit or facts.all("report_execution"):
        return None
    return Text(
        f"决策于{issued}出台，至{limit}应有执行情况报告，尚无报告。请督促执行单位报告。",
        f"Issued on {issued}, a report was due by {limit} and there is none. Ask the executor for it.",
    )


@rule(
    "R-EVA-04",
    "后评估机构与决策前论证评估机构、执行单位相互独立",
    gate="order_evaluation",
    law=DECREE_713,
    article="36",
    mark="v:713-36; D",
)
def evaluator_is_independent(facts: Facts) -> Verdict:
    """The evaluator neither assessed before the decision nor carries it out."""
    found = evaluator_did_not_assess_before(facts)
    if isinstance(found, Text):
        return found
    executor = facts.latest("name_executor")
    unit = facts.act.text("evaluator_unit")
    if not unit or executor is None or executor.text("executor") != unit:
        return None
    return Text(
        "执行单位不得评估自己执行的决策。请指定其他单位。",
        "The executing unit does not evaluate what it carries out. Name another unit.",
    )


@rule(
    "R-EVA-05",
    "公众、代表委员和社会组织参与后评估",
    gate=("investigate_effects", "report_evaluation"),
    law=DECREE_713,
    article="36",
    checks="GA",
    mark="v:713-36",
)
def society_takes_part(facts: Facts) -> Verdict:
    """The public, deputies, CPPCC members and organisations take part in the evaluation."""
    return public_takes_part_in_the_evaluation(facts)


@rule(
    "R-EVA-07",
    "后评估报告载明效果、成本效益、影响、问题、社会评价和建议",
    gate="report_evaluation",
    law=EVALUATION_RULES,
    article="报告内容",
    strength="X",
    mark="v:PE-K; v:PE-F",
)
def evaluation_report_is_complete(facts: Facts) -> Verdict:
    """The report: result against goal, costs and benefits, effects, problems, social evaluation, suggestions."""
    return incomplete(
        facts.act,
        {
            "result_vs_goal": Text("实施结果与目标的符合程度", "result against goal"),
            "cost_benefit": Text("成本、效益", "costs and benefits"),
            "effects": Text("近期和长远影响", "near and long effects"),
            "problems": Text("问题及原因", "problems and causes"),
            "social_evaluation": Text("社会评价", "social evaluation"),
            "enforcement_setup": Text("执行机制的适应性", "suitability of the set-up"),
            "suggestions": Text("后续建议", "suggestions"),
        },
    )


@rule(
    "R-EVA-08",
    "后评估处理意见由决策机关决定：继续、中止、终止、调整",
    gate="decide_evaluation_outcome",
    law=EVALUATION_RULES,
    article="处理意见",
    mark="v:PE-CQ; v:PE-K",
)
def the_organ_decides_what_follows(facts: Facts) -> Verdict:
    """The organ, not the evaluator, decides: continue, suspend, terminate, adjust; after a report."""
    evaluators = {one.person for one in facts.all("report_evaluation")} - {None}
    if facts.latest("report_evaluation") is None:
        return Text(
            "后评估报告尚未提交，不能决定处理意见。请先提交报告。",
            "No evaluation was reported, so nothing follows from it yet. Report first.",
        )
    if facts.act.person not in evaluators:
        return None
    return Text(
        "处理意见由决策机关决定，不由评估人决定。请由决策机关决定。",
        "The organ decides what follows, not the evaluator. Let the organ decide.",
    )


@rule(
    "R-EVA-10",
    "后评估结果摘要公开",
    gate="decide_evaluation_outcome",
    law=EVALUATION_RULES,
    article="结果公开",
    strength="X",
    mark="M",
)
def evaluation_result_is_published(facts: Facts) -> Verdict:
    """The result of the evaluation is published in summary."""
    return incomplete(facts.act, {"published_summary": Text("评估结果公开摘要", "the published summary")})
