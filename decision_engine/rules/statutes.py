"""Statutes that switch on extra steps with the matter (domain book 1.5): competition, land, houses, prices, schools.

What a case is about is its `matter_type`; where a rule needs a fact no form asks for, it reads the facts with which
the case was opened.
"""

from __future__ import annotations

from decision_engine.language import Text
from decision_engine.rules.facts import Facts, Record
from decision_engine.rules.law import (
    BUSINESS,
    EDUCATION_LAW,
    EXPROPRIATION,
    FAIR_COMPETITION,
    INVESTMENT,
    LAND_REGULATIONS,
    PENALTY_LAW,
    PRICE_LAW,
    SCHOOL_NOTICE,
    WASTE_LAW,
)
from decision_engine.rules.matter import answered, incomplete, matter_type, written
from decision_engine.rules.meeting import TOWN_KINDS
from decision_engine.rules.notice import expropriation_periods_are_absolute
from decision_engine.rules.participation import comment_period_is_long_enough
from decision_engine.rules.rule import NOT_APPLICABLE, UNDECIDABLE, Verdict, rule

BEFORE_MEETING = ("assemble_meeting_package", "confirm_agenda")


# -- fair competition ------------------------------------------------------------------------------------


@rule(
    "R-FC-14-1",
    "涉及经营主体经济活动的，起草阶段先行初审，市场监管部门会同审查",
    gate=("fair_competition_review", "submit_review_package"),
    law=FAIR_COMPETITION,
    article="14",
    mark="v:FC-14",
)
def competition_is_reviewed_while_drafting(facts: Facts) -> Verdict:
    """The drafting unit makes a first review and the market regulator reviews with it, in the drafting phase."""
    if answered(facts, "market_players") is not True:
        return NOT_APPLICABLE
    review = facts.latest("fair_competition_review")
    if review is None:
        return Text(
            "本事项涉及经营主体经济活动，尚未进行公平竞争审查。请先审查再送合法性审查。",
            "The matter touches business activity and had no fair-competition review. Review it first.",
        )
    return incomplete(
        review,
        {
            "first_review": Text("起草单位初审意见", "the drafting unit's first review"),
            "conclusion": Text("审查说明", "the regulator's explanation"),
        },
    )


@rule(
    "R-FC-16-1",
    "公平竞争审查应当听取有关经营者、行业协会商会等利害关系人意见",
    gate="fair_competition_review",
    law=FAIR_COMPETITION,
    article="16",
    mark="v:FC-16",
)
def operators_are_heard(facts: Facts) -> Verdict:
    """Interested operators and trade associations are heard on the effects on competition."""
    if facts.act.entries("operators_heard"):
        return None
    return Text(
        "没有听取经营者、行业协会商会意见的记录。请听取并记录。",
        "No operator or trade association was heard. Hear them and record it.",
    )


@rule(
    "R-FC-18-1",
    "未经公平竞争审查或者经审查违反规定的，不得出台",
    gate=(*BEFORE_MEETING, "publish_decision"),
    law=FAIR_COMPETITION,
    article="18",
    mark="v:FC-18",
)
def no_measure_without_competition_review(facts: Facts) -> Verdict:
    """Without a review, or reviewed as restricting competition, the measure may not be issued."""
    if answered(facts, "market_players") is not True:
        return NOT_APPLICABLE
    review = facts.latest("fair_competition_review")
    if review is not None and review.text("outcome") in {"NO_RESTRICTION", "EXCEPTION"}:
        return None
    return Text(
        "没有公平竞争审查结论，或者结论为具有排除、限制竞争效果，不得出台。请完成审查或者调整草案。",
        "There is no fair-competition conclusion, or it finds a restriction; the measure may not be issued. Complete "
        "the review or adjust the draft.",
    )


@rule(
    "R-FC-12-1",
    "适用例外的，说明公共目的、没有限制更小的替代方案及实施期限",
    gate="fair_competition_review",
    law=FAIR_COMPETITION,
    article="12",
    mark="v:FC-12; v:FC-17",
)
def exception_is_explained(facts: Facts) -> Verdict:
    """An exception needs a listed public purpose, no less restrictive alternative, and a time limit or end."""
    if facts.act.text("outcome") != "EXCEPTION":
        return NOT_APPLICABLE
    lacking = incomplete(
        facts.act,
        {
            "exception_purpose": Text("公共目的", "the public purpose"),
            "exception_necessity": Text(
                "没有对竞争影响更小的替代方案", "why nothing less restrictive would do"
            ),
        },
    )
    if lacking is not None:
        return lacking
    if facts.act.has("exception_until") or facts.act.has("exception_end_condition"):
        return None
    return Text(
        "例外须有合理的实施期限或者终止条件。请填写其中之一。",
        "An exception needs a reasonable time limit or a condition that ends it. Enter one of them.",
    )


@rule(
    "R-BIZ-62-1",
    "与经营主体生产经营密切相关的规范性文件，公开征求意见一般不少于30日",
    gate="publish_notice",
    law=BUSINESS,
    article="62",
    strength="X",
    mark="v:BIZ-62",
    same_as="R-713-15-2",
)
def business_documents_run_thirty_days(facts: Facts) -> Verdict:
    """Normative documents close to business activity are open for comment for thirty days, generally."""
    if answered(facts, "is_normative_document") is not True or answered(facts, "market_players") is not True:
        return NOT_APPLICABLE
    return comment_period_is_long_enough(facts)


# -- land and houses -----------------------------------------------------------------------------------------


@rule(
    "R-LAMR-26-1",
    "征收土地预公告不少于10个工作日，开展现状调查和社会稳定风险评估",
    gate="submit_review_package",
    law=LAND_REGULATIONS,
    article="26",
    mark="v:LAMR-26",
)
def land_is_announced_surveyed_and_assessed(facts: Facts) -> Verdict:
    """Land expropriation: pre-announcement of ten working days, survey, social-stability assessment."""
    if matter_type(facts) != "LAND_EXPROPRIATION":
        return NOT_APPLICABLE
    if facts.latest("assess_risk") is None:
        return Text(
            "征收土地应当开展社会稳定风险评估，尚未开展。请先评估。",
            "Land expropriation needs a social-stability assessment. Make it first.",
        )
    begun, ended = facts.case.day("pre_announced_on"), facts.case.day("pre_announcement_ended_on")
    period = facts.period("land_preannouncement_days")
    if begun is not None and ended is not None and facts.case.has("land_survey"):
        last = facts.calendar.add(begun, period).day
        if ended >= last:
            return None
    return Text(
        f"征收土地预公告不少于{period.text.zh}，并开展土地现状调查。案件登记信息中没有相应记录，请补充后送审。",
        f"Land is pre-announced for at least {period.text.en} and surveyed; the case's facts do not show it. Add them.",
    )


@rule(
    "R-LAMR-28-1",
    "征地补偿安置方案公告不少于30日；多数成员认为违法的应当听证",
    gate=("publish_notice", "submit_review_package"),
    law=LAND_REGULATIONS,
    article="28",
    mark="v:LAM-47; v:LAMR-28",
)
def land_plan_is_announced_and_heard(facts: Facts) -> Verdict:
    """The compensation plan is announced for thirty days; if most members hold it unlawful there is a hearing."""
    return _expropriation(facts, "LAND_EXPROPRIATION")


@rule(
    "R-EXP-10-1",
    "房屋征收补偿方案征求意见期限不得少于30日",
    gate="publish_notice",
    law=EXPROPRIATION,
    article="10",
    mark="v:EXP-10",
)
def house_plan_is_open_for_thirty_days(facts: Facts) -> Verdict:
    """House expropriation: the plan is published for comment for not less than thirty days."""
    return _expropriation(facts, "HOUSE_EXPROPRIATION")


@rule(
    "R-EXP-11-1",
    "公布意见及修改情况；旧城区改建多数被征收人不同意的应当听证",
    gate=("submit_review_package", "assemble_meeting_package"),
    law=EXPROPRIATION,
    article="11",
    mark="v:EXP-11",
)
def house_owners_are_answered_and_heard(facts: Facts) -> Verdict:
    """Opinions and changes are published; old-town renewal opposed by most affected persons is heard."""
    if matter_type(facts) != "HOUSE_EXPROPRIATION":
        return NOT_APPLICABLE
    if facts.latest("publish_feedback") is None:
        return Text(
            "征求意见情况和根据公众意见修改的情况尚未公布。请先公布。",
            "The opinions and the changes made for them were not published. Publish them first.",
        )
    return _expropriation(facts, "HOUSE_EXPROPRIATION")


def _expropriation(facts: Facts, kind: str) -> Verdict:
    if matter_type(facts) != kind:
        return NOT_APPLICABLE
    if facts.gate == "publish_notice":
        return expropriation_periods_are_absolute(facts)
    if not most_object(facts) or facts.latest("hold_hearing") is not None:
        return None
    return Text(
        "多数被征收人反对补偿方案，应当召开听证会。请先听证。",
        "Most of those affected oppose the plan, so a hearing is held. Hold it first.",
    )


@rule(
    "R-EXP-12-1",
    "作出房屋征收决定前评估社会稳定风险，补偿费用足额到位、专户存储",
    gate="assemble_meeting_package",
    law=EXPROPRIATION,
    article="12",
    mark="v:EXP-12",
)
def house_expropriation_is_assessed_and_funded(facts: Facts) -> Verdict:
    """Before a house expropriation the risk is assessed and the compensation lies in a dedicated account."""
    if matter_type(facts) != "HOUSE_EXPROPRIATION":
        return NOT_APPLICABLE
    if facts.latest("assess_risk") is not None and facts.case.flag("funds_in_dedicated_account") is True:
        return None
    return Text(
        "房屋征收决定前应当完成社会稳定风险评估，征收补偿费用足额到位、专户存储。请补充评估或者资金到位情况。",
        "Before the decision the risk is assessed and the funds lie in full in a dedicated account. Show both.",
    )


@rule(
    "R-EXP-13-1",
    "征收决定公告载明补偿方案和复议、诉讼权利",
    checks="A",
    law=EXPROPRIATION,
    article="13",
    mark="v:EXP-13",
)
def expropriation_is_announced_with_remedies(facts: Facts) -> Verdict:
    """The announcement carries the plan and the rights of review and suit; a person must read it."""
    return UNDECIDABLE if matter_type(facts) == "HOUSE_EXPROPRIATION" else NOT_APPLICABLE


# -- prices, fees, schools, investment ------------------------------------------------------------------------


@rule(
    "R-PL-23-1",
    "制定公用事业、公益性服务、自然垄断价格应当听证",
    gate="submit_review_package",
    law=PRICE_LAW,
    article="23",
    mark="v:PL-23",
)
def prices_are_heard(facts: Facts) -> Verdict:
    """Regulated prices on the hearing catalogue are heard, presided over by the price department."""
    if matter_type(facts) != "PRICE":
        return NOT_APPLICABLE
    if facts.latest("hold_hearing") is not None:
        return None
    return Text(
        "政府定价事项应当由价格主管部门主持听证，尚未听证。请先听证。",
        "A regulated price is heard by the price department first, and was not. Hold the hearing.",
    )


@rule(
    "R-SW-58-1",
    "生活垃圾处理收费标准由县级以上政府制定",
    gate="issue_legality_opinion",
    law=WASTE_LAW,
    article="58",
    mark="v:SW-58",
)
def waste_fees_are_set_by_the_county(facts: Facts) -> Verdict:
    """Fees for household waste are set by governments from county level up: a town has no authority."""
    register = facts.latest("register_proposal")
    title = register.text("title") if register else ""
    if matter_type(facts) != "FEE" or "垃圾" not in title or facts.organ.kind not in TOWN_KINDS:
        return NOT_APPLICABLE
    authority = facts.act.entry("within_authority")
    if authority is not None and authority.flag("conforms") is False:
        return None
    return Text(
        "生活垃圾处理收费标准由县级以上地方人民政府制定，乡镇没有此项权限。请核对关于法定权限的审查意见。",
        "Household-waste fees are set by county-level governments and above, not by a town. Reconsider the finding "
        "on authority.",
    )


@rule(
    "R-CE-15-1",
    "学校设置规划由县级以上政府制定、调整",
    gate="decide_initiation",
    law=EDUCATION_LAW,
    article="15",
    mark="v:CE-15",
)
def schools_are_set_by_the_county(facts: Facts) -> Verdict:
    """The lay-out of schools is set and adjusted by governments from county level up."""
    if matter_type(facts) != "SCHOOL_MERGER" or facts.act.text("outcome") == "NOT_START":
        return NOT_APPLICABLE
    if facts.organ.kind not in TOWN_KINDS:
        return None
    return Text(
        "学校设置由县级以上地方人民政府制定、调整，乡镇没有此项权限。请不予启动并移送区政府。",
        "Schools are set and adjusted by county-level governments and above, not by a town. Do not start this; refer "
        "it to the district.",
    )


@rule(
    "R-SCH-1",
    "多数家长或者听证代表反对的，不得强行撤并学校",
    gate=BEFORE_MEETING,
    law=SCHOOL_NOTICE,
    article="撤并程序",
    mark="v:SCH",
)
def no_forced_school_merger(facts: Facts) -> Verdict:
    """A rural school is not merged while most parents or most hearing representatives object."""
    if matter_type(facts) != "SCHOOL_MERGER":
        return NOT_APPLICABLE
    if not most_object(facts):
        return None
    return Text(
        "多数学生家长或者听证会代表反对，不得强行撤并学校。请调整方案后重新听取意见。",
        "Most parents or hearing representatives object, so the school is not merged by force. Change the plan and "
        "hear them again.",
    )


def most_object(facts: Facts) -> bool:
    """Tell whether most of those asked, or most hearing participants, object to the draft as it now stands.

    Views on an earlier draft no longer count once the changed one was put to the people.
    """
    changed = facts.latest("adjust_draft", "draft_decision")
    asked = facts.after(changed.seq, "run_survey", "hold_hearing") if changed else ()
    return any(_objects(one) for one in asked or facts.all("run_survey", "hold_hearing"))


def _objects(record: Record) -> bool:
    if record.kind == "run_survey":
        objecting, responses = record.number("objecting") or 0, record.number("responses") or 0
        return 2 * objecting > responses > 0
    views = [one.text("view") for one in record.entries("participants") if one.flag("present") is not False]
    return 2 * views.count("AGAINST") > len(views) > 0


@rule(
    "R-INV-11-1",
    "重大政府投资项目须经中介评估、公众参与、专家评议、风险评估",
    gate="determine_procedure",
    law=INVESTMENT,
    article="11",
    mark="v:INV-11",
)
def great_investments_take_every_step(facts: Facts) -> Verdict:
    """Government investment of great effect rests on evaluation, participation, expert review and risk assessment."""
    if matter_type(facts) != "INVESTMENT_PROJECT":
        return NOT_APPLICABLE
    if (
        facts.act.flag("is_technical") is True
        and facts.act.flag("risk_trigger") is True
        and facts.act.flag("non_public") is not True
    ):
        return None
    return Text(
        "影响重大的政府投资项目应当经公众参与、专家评议、风险评估。请选择相应程序。",
        "A government investment of great effect takes public participation, expert review and risk assessment. "
        "Choose them.",
    )


@rule(
    "R-PEN-16-1",
    "规章以下的规范性文件不得设定行政处罚",
    checks="A",
    law=PENALTY_LAW,
    article="16",
    mark="v:PEN-16",
)
def documents_create_no_penalties(facts: Facts) -> Verdict:
    """Documents below rules may not create administrative penalties; the reviewer reads the draft for it."""
    opinion = facts.latest("issue_legality_opinion")
    if opinion is None:
        return NOT_APPLICABLE
    content = opinion.entry("content_consistent")
    words = (content.text("explanation") if content else "") + written(
        facts, "opinion", "issue_legality_opinion"
    )
    if "处罚" in words or "罚款" in words:
        return None
    return UNDECIDABLE
