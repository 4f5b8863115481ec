"""Risk (Decree 713, articles 22-24; domain book 5): assessed by method, found controllable by the organ, tracked."""

from __future__ import annotations

from fractions import Fraction

from decision_engine.language import Text
from decision_engine.rules.facts import Entry, Facts, Record
from decision_engine.rules.law import DECREE_713, LAND_REGULATIONS, RISK_MEASURES
from decision_engine.rules.matter import answered, incomplete, matter_type, written
from decision_engine.rules.rule import NOT_APPLICABLE, UNDECIDABLE, Verdict, rule

LEVELS = ("LOW", "MEDIUM", "HIGH")
LEVEL_WORDS = {
    "LOW": Text("低风险", "low"),
    "MEDIUM": Text("中风险", "medium"),
    "HIGH": Text("高风险", "high"),
}
BEFORE_MEETING = ("assemble_meeting_package", "confirm_agenda", "open_meeting")


def level_of(facts: Facts, index: Fraction, objecting: Fraction | None = None) -> str:
    """Return the level of a risk index, raised by the share of those affected who object (domain book 5.4)."""
    level = 0
    if index > _share(facts, "risk_index_high"):
        level = 2
    elif index >= _share(facts, "risk_index_medium"):
        level = 1
    if objecting is not None and objecting > _share(facts, "risk_objection_high"):
        level = 2
    elif objecting is not None and objecting > _share(facts, "risk_objection_medium"):
        level = max(level, 1)
    return LEVELS[level]


def risk_index(points: tuple[Entry, ...], prefix: str = "") -> Fraction | None:
    """Return the sum of weight x probability x impact over the risk points, or None where a number is missing."""
    total = Fraction(0)
    for point in points:
        product = Fraction(1)
        for name in ("weight", f"{prefix}probability", f"{prefix}impact"):
            factor = point.decimal(name)
            if factor is None:
                return None
            product *= factor
        total += product
    return total if points else None


def _share(facts: Facts, name: str) -> Fraction:
    value = facts.value(name)
    return value if isinstance(value, Fraction) else Fraction(0)


def _assessment(facts: Facts) -> Record | None:
    return facts.latest("assess_risk")


@rule(
    "R-713-22-1",
    "可能影响社会稳定、公共安全等的，开展风险评估",
    gate=("determine_procedure", "submit_review_package"),
    law=DECREE_713,
    article="22",
)
def risk_is_assessed_where_it_may_arise(facts: Facts) -> Verdict:
    """If carrying out the decision may harm stability or safety, the risk is assessed; else the reason is stated."""
    trigger = answered(facts, "risk_trigger")
    if trigger is None:
        return Text(
            "尚未回答实施本决策是否可能对社会稳定、公共安全等造成不利影响。请作出判断。",
            "It is not said whether carrying this out may harm stability or public safety. Decide it.",
        )
    if not trigger:
        if written(facts, "no_risk_trigger_reason"):
            return None
        return Text(
            "认定不需要风险评估的，应当说明理由。请填写理由。",
            "Where no risk assessment is made, the reason is stated. Enter it.",
        )
    if facts.gate == "determine_procedure" or _assessment(facts) is not None or _reused(facts):
        return None
    return Text(
        "本事项需要风险评估，尚未完成。请先完成评估并由决策机关认定风险是否可控。",
        "This matter needs a risk assessment and has none. Complete it and have the organ find on it.",
    )


def _reused(facts: Facts) -> str:
    return written(facts, "reuses_assessment_id", "determine_procedure")


@rule(
    "R-713-22-2",
    "按其他规定已评估的不重复评估",
    gate="commission_assessment",
    law=DECREE_713,
    article="22",
)
def earlier_assessment_is_not_repeated(facts: Facts) -> Verdict:
    """A risk already assessed under other rules is not assessed again; the assessment reused is on file."""
    reused = _reused(facts)
    if not reused:
        return NOT_APPLICABLE
    if facts.act.text("reuses_assessment_id") == reused:
        return None
    return Text(
        "确定程序时已引用既有风险评估，不应另行重复评估。请引用该评估报告。",
        "An earlier assessment was named when the procedure was chosen; it is not made again. Refer to it here.",
    )


@rule("R-713-23-1", "风险评估定性与定量相结合", gate="assess_risk", law=DECREE_713, article="23")
def methods_are_qualitative_and_quantitative(facts: Facts) -> Verdict:
    """The assessment uses at least one qualitative and one quantitative method."""
    kinds = {one.text("kind") for one in facts.act.entries("methods")}
    lacking = [
        label
        for kind, label in (
            ("QUALITATIVE", Text("定性", "qualitative")),
            ("QUANTITATIVE", Text("定量", "quantitative")),
        )
        if kind not in kinds
    ]
    if not lacking:
        return None
    zh, en = "、".join(one.zh for one in lacking), " and ".join(one.en for one in lacking)
    return Text(
        f"风险评估缺少{zh}方法。请定性与定量相结合。", f"The assessment has no {en} method. Use both kinds."
    )


@rule(
    "R-713-23-2",
    "听取有关部门意见，报告载明风险点、风险防范措施和处置预案",
    gate="assess_risk",
    law=DECREE_713,
    article="23",
)
def report_names_risks_measures_and_plan(facts: Facts) -> Verdict:
    """Departments are heard; the report names risk points, preventive measures and a response plan."""
    return incomplete(
        facts.act,
        {
            "departments_heard": Text("听取意见的部门", "the departments heard"),
            "risk_points": Text("风险点", "the risk points"),
            "measures": Text("风险防范措施", "the preventive measures"),
            "contingency_plan": Text("处置预案", "the response plan"),
        },
    )


@rule(
    "R-713-24-1",
    "风险可控方可决策；不可控的，调整草案等使风险可控后再决策",
    gate=("determine_risk", *BEFORE_MEETING),
    law=DECREE_713,
    article="24",
)
def only_controllable_risk_is_decided_on(facts: Facts) -> Verdict:
    """Only where the organ found the risk controllable may the matter go to the meeting.

    A finding "controllable" against a residual level of HIGH needs the head's written reason; against MEDIUM, measures
    with owners and days and a response plan (domain book 5.3).
    """
    if facts.gate == "determine_risk":
        return _finding_fits_the_report(facts)
    if answered(facts, "risk_trigger") is not True:
        return NOT_APPLICABLE
    found = facts.latest("determine_risk")
    if found is None:
        return Text(
            "决策机关尚未认定风险是否可控，不能提请集体讨论。请先作出认定。",
            "The organ has not found whether the risk is controllable. It must do so before the meeting.",
        )
    if found.text("outcome") == "CONTROLLABLE":
        return None
    return Text(
        "风险被认定为不可控，不能提请集体讨论。请调整草案或采取其他措施并重新评估。",
        "The risk was found not controllable, so this cannot go to the meeting. Adjust the draft and assess anew.",
    )


def _finding_fits_the_report(facts: Facts) -> Verdict:
    report = _assessment(facts)
    if facts.act.text("outcome") != "CONTROLLABLE" or report is None:
        return NOT_APPLICABLE
    level = report.text("residual_level")
    if level == "HIGH" and not facts.act.text("override_reasons"):
        return Text(
            "评估认定措施后仍为高风险，不得直接认定可控。确认可控的，须书面说明与评估等级不一致的理由。",
            "The report finds a high risk even after the measures. To find it controllable, state in writing why you "
            "depart from the level.",
        )
    owned = [one for one in report.entries("measures") if one.text("owner") and one.day("due_on") is not None]
    if level == "MEDIUM" and (not owned or not report.text("contingency_plan")):
        return Text(
            "中风险事项认定可控，须有落实责任人和时限的措施以及处置预案。请先补充评估报告。",
            "A medium risk is controllable only with measures that have owners and days, and a response plan. Complete "
            "the report first.",
        )
    return None


# -- the domain book's own rules (5.6) -------------------------------------------------------------------


@rule(
    "R-RSK-01",
    "明确回答是否需要风险评估，否定的说明理由",
    gate="determine_procedure",
    law=DECREE_713,
    article="22",
    mark="v:713-22; D",
)
def trigger_is_answered(facts: Facts) -> Verdict:
    """The question of risk is answered explicitly, with a reason if the answer is no."""
    return risk_is_assessed_where_it_may_arise(facts)


@rule(
    "R-RSK-02",
    "沿用既有评估的，须为同一事项、仍然有效并附卷",
    gate="commission_assessment",
    law=DECREE_713,
    article="22",
    mark="v:713-22",
)
def reused_assessment_fits(facts: Facts) -> Verdict:
    """An assessment is reused only for the same matter, while valid, and with its reference on file."""
    if not facts.act.has("reuses_assessment_id"):
        return NOT_APPLICABLE
    if not any(one.text("outcome") == "UNCONTROLLABLE" for one in facts.all("determine_risk")):
        return None
    return Text(
        "原评估所针对的草案风险不可控，不能沿用。请对调整后的草案重新评估。",
        "The risk of the draft assessed then was not controllable, so that assessment is not reused. Assess anew.",
    )


@rule(
    "R-RSK-03",
    "第三方评估机构与本事项无利害关系，合同附卷",
    gate="commission_assessment",
    law=DECREE_713,
    article="23",
    mark="v:713-36; D",
)
def third_party_is_disinterested(facts: Facts) -> Verdict:
    """A third party has no interest in the matter and its contract is on file."""
    if facts.act.text("assessor_kind") != "THIRD_PARTY":
        return NOT_APPLICABLE
    if facts.act.flag("no_interest_declared") is not True:
        return Text(
            "第三方机构未声明与本事项无利害关系。请取得声明或者更换机构。",
            "The third party did not declare that it has no interest. Obtain the declaration or choose another.",
        )
    if facts.act.has("assessor_org") and (
        facts.act.has("commission_contract") or facts.act.has("commission_contract_ref")
    ):
        return None
    return Text(
        "委托第三方评估的，须填写机构名称并附委托合同。请补充。",
        "Where a third party assesses, its name and contract are on file. Add them.",
    )


_SECTIONS = {
    "basis": Text("评估事项和依据", "matter and basis"),
    "assessors": Text("评估主体和分工", "assessment body and division of work"),
    "process": Text("评估过程和方法", "process and methods"),
    "departments_heard": Text("听取意见情况", "who was heard"),
    "legality": Text("合法性分析", "legality"),
    "reasonableness": Text("合理性分析", "reasonableness"),
    "feasibility": Text("可行性分析", "feasibility"),
    "controllability": Text("可控性分析", "controllability"),
    "risk_points": Text("风险点", "risk points"),
    "initial_level": Text("初始风险等级", "initial level"),
    "measures": Text("防范化解措施", "measures"),
    "residual_level": Text("措施落实后的风险等级", "residual level"),
    "contingency_plan": Text("应急处置预案", "response plan"),
    "conclusion": Text("评估结论和建议", "conclusion"),
}


@rule(
    "R-RSK-04",
    "评估报告要件齐全，每个风险点都有措施和责任人",
    gate="assess_risk",
    law=DECREE_713,
    article="23",
    mark="v:713-23; D",
)
def report_is_complete(facts: Facts) -> Verdict:
    """All sections of the report are filled; each risk point has a measure with an owner."""
    lacking = incomplete(facts.act, _SECTIONS)
    if lacking is not None:
        return lacking
    owned = {one.number("risk_point") for one in facts.act.entries("measures") if one.text("owner")}
    bare = [str(no) for no in range(1, facts.act.count("risk_points") + 1) if no not in owned]
    if bare:
        return Text(
            f"第{'、'.join(bare)}个风险点没有落实到责任人的防范措施。请补充措施和责任人。",
            f"Risk points {', '.join(bare)} have no measure with an owner. Add one to each.",
        )
    return _graded_too_low(facts)


def _graded_too_low(facts: Facts) -> Text | None:
    """Say where a level is stated below what the report's own numbers give; a higher one is caution."""
    points = facts.act.entries("risk_points")
    objecting = facts.act.decimal("objecting_share")
    for name, prefix, share, label in (
        ("initial_level", "", objecting, Text("初始", "initial")),
        ("residual_level", "residual_", None, Text("措施后", "residual")),
    ):
        index, stated = risk_index(points, prefix), facts.act.text(name)
        if index is None or stated not in LEVELS:
            continue
        computed = level_of(facts, index, share)
        if LEVELS.index(stated) < LEVELS.index(computed):
            words = LEVEL_WORDS[computed]
            return Text(
                f"按报告所列数据，{label.zh}风险指数为{float(index):.3f}，应为{words.zh}，报告填写偏低。请核对等级。",
                f"By the report's own numbers the {label.en} index is {float(index):.3f}, which is {words.en}; a lower "
                "level is stated. Check it.",
            )
    return None


@rule(
    "R-RSK-05",
    "不可控的，调整后对新稿重新评估",
    gate=("assess_risk", "determine_risk", *BEFORE_MEETING),
    law=DECREE_713,
    article="24",
    mark="v:713-24; D",
)
def assessment_belongs_to_the_draft(facts: Facts) -> Verdict:
    """After the risk was not controllable the adjusted draft is assessed again; old results do not carry over."""
    refused = [one for one in facts.all("determine_risk") if one.text("outcome") == "UNCONTROLLABLE"]
    earlier = [one for one in refused if one.seq != facts.act.seq]
    if not earlier:
        return NOT_APPLICABLE
    refusal = earlier[-1]
    if facts.gate == "assess_risk":
        return _report_is_new(facts, refusal)
    adjusted = facts.after(refusal.seq, "adjust_draft")
    start = adjusted[0] if adjusted else refusal
    if facts.after(start.seq, "assess_risk"):
        return None
    return Text(
        "草案调整后尚未重新进行风险评估，原评估结果不能沿用。请对调整后的草案重新评估。",
        "The adjusted draft was not assessed again, and the earlier result does not carry over. Assess it anew.",
    )


def _report_is_new(facts: Facts, refusal: Record) -> Verdict:
    """Refuse a report that was already the report on a draft whose risk was not controllable."""
    used = {one.text("report_ref") for one in facts.all("assess_risk") if one.seq < refusal.seq} - {""}
    if facts.act.text("report_ref") not in used:
        return None
    return Text(
        "所附报告是调整前草案的评估报告，风险已认定不可控，不能沿用。请对调整后的草案重新评估并提交新的报告。",
        "This report is the one on the earlier draft, whose risk was not controllable; it does not carry over. Assess "
        "the adjusted draft anew and file a new report.",
    )


@rule(
    "R-RSK-06",
    "征地风险评估应有被征地集体、成员和村委会参加",
    gate="assess_risk",
    law=LAND_REGULATIONS,
    article="26",
    mark="v:LAMR-26",
)
def affected_collective_takes_part(facts: Facts) -> Verdict:
    """In land expropriation the affected collective, its members and the village committee take part."""
    if matter_type(facts) != "LAND_EXPROPRIATION":
        return NOT_APPLICABLE
    heard = [one.text("name") for one in facts.act.entries("groups_heard")]
    if all(any(word in name for name in heard) for word in ("集体经济组织", "成员", "村民委员会")):
        return None
    return Text(
        "征收土地的社会稳定风险评估，应有被征地农村集体经济组织、其成员和村民委员会参加。请补充参加情况。",
        "The affected collective, its members and the village committee take part. Record their participation.",
    )


@rule(
    "R-RSK-09",
    "评估报告报政法委等统筹部门备案",
    gate="assemble_meeting_package",
    law=RISK_MEASURES,
    article="备案",
    strength="X",
    mark="M",
)
def assessment_is_filed_with_the_coordinator(facts: Facts) -> Verdict:
    """The assessment is filed with the coordinating political-legal committee."""
    if facts.organ.kind == "town" or _assessment(facts) is None:
        return NOT_APPLICABLE
    if written(facts, "filed_with_coordinator_at", "determine_risk"):
        return None
    return Text(
        "风险评估报告尚未报统筹部门备案。请备案并填写日期。",
        "The assessment was not filed with the coordinator. File it and enter the day.",
    )


@rule(
    "R-RSK-10",
    "风险评估弄虚作假的追责",
    checks="A",
    law=DECREE_713,
    article="41",
    strength="L",
    mark="v:713-41",
)
def assessments_are_not_falsified(facts: Facts) -> Verdict:
    """A falsified assessment brings liability; whether one was is for people to judge."""
    return UNDECIDABLE if facts.latest("assess_risk") is not None else NOT_APPLICABLE
