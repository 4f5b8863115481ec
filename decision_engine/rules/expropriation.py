"""Expropriation of land and of houses on state land: absolute periods, hearings, funds, remedies.

None of these periods can be shortened. Where most of those affected object, the reviewer cannot let the matter go
on without a hearing, and concludes that the procedure is incomplete.
"""

from __future__ import annotations

from datetime import date

from decision_engine.language import Text
from decision_engine.rules.facts import Entry, Facts
from decision_engine.rules.law import EXPROPRIATION, LAND_REGULATIONS
from decision_engine.rules.matter import matter_type
from decision_engine.rules.notice import expropriation_periods_are_absolute
from decision_engine.rules.objecting import lets_the_matter_go_on, most_object, special
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule

LAND, HOUSES = "LAND_EXPROPRIATION", "HOUSE_EXPROPRIATION"
TAKING_PART = {
    "COLLECTIVE": Text("农村集体经济组织", "the village collective"),
    "COLLECTIVE_MEMBERS": Text("集体经济组织成员", "its members"),
    "VILLAGE_COMMITTEE": Text("村民委员会", "the village committee"),
}


def _day(facts: Facts, name: str) -> date | None:
    return Entry({"at": special(facts, name)}).day("at")


# -- land ------------------------------------------------------------------------------------------------


@rule(
    "R-LAMR-26-1",
    "征收土地预公告不少于10个工作日，开展现状调查和社会稳定风险评估",
    gate=("determine_procedure", "finalize_draft", "issue_legality_opinion"),
    law=LAND_REGULATIONS,
    article="26",
)
def land_is_announced_surveyed_and_assessed(facts: Facts) -> Verdict:
    """Land expropriation: pre-announcement of ten working days, survey, risk assessed with the village."""
    if matter_type(facts) != LAND or not lets_the_matter_go_on(facts):
        return NOT_APPLICABLE
    match facts.gate:
        case "determine_procedure":
            return _risk_is_to_be_assessed(facts)
        case "issue_legality_opinion":
            return _village_took_part(facts)
    begun, ended = _day(facts, "preannounced_from"), _day(facts, "preannounced_until")
    period = facts.period("land_preannouncement_days")
    if begun is None or ended is None or ended < facts.calendar.add(begun, period).day:
        return Text(
            f"征收土地预公告不少于{period.text.zh}，草案没有写明足够的预公告期间。请补足预公告并在草案中写明起止日期。",
            f"Land is pre-announced for at least {period.text.en}; the draft does not show it. Complete it and "
            "enter both days with the draft.",
        )
    if _day(facts, "land_surveyed_on") is None:
        return Text(
            "没有土地现状调查的记录。请先完成调查并填写完成日期。",
            "There is no record of a survey of the land. Make it first and enter the day it was completed.",
        )
    return None


def _risk_is_to_be_assessed(facts: Facts) -> Verdict:
    if facts.act.flag("risk_trigger") is True:
        return None
    return Text(
        "征收土地、房屋应当开展社会稳定风险评估。请选择开展风险评估。",
        "Expropriation needs a social-stability assessment. Choose to assess the risk.",
    )


def _village_took_part(facts: Facts) -> Verdict:
    assessment = facts.latest("assess_risk")
    present = {one.text("kind") for one in assessment.entries("participants")} if assessment else set()
    absent = [label for kind, label in TAKING_PART.items() if kind not in present]
    if not absent:
        return None
    zh, en = "、".join(one.zh for one in absent), ", ".join(one.en for one in absent)
    return Text(
        f"征收土地的社会稳定风险评估应当有{zh}参加，案卷中没有记录。请以程序不完备退回补充。",
        f"The social-stability assessment of a land expropriation takes place with {en}; the file shows none. "
        "Conclude that the procedure is incomplete.",
    )


@rule(
    "R-LAMR-28-1",
    "征地补偿安置方案公告不少于30日；多数成员认为违法的应当听证",
    gate=("publish_notice", "issue_legality_opinion"),
    law=LAND_REGULATIONS,
    article="28",
    mark="v:LAM-47; v:LAMR-28",
)
def land_plan_is_announced_and_heard(facts: Facts) -> Verdict:
    """The compensation plan is announced for thirty days; if most members hold it unlawful there is a hearing."""
    if matter_type(facts) != LAND or not lets_the_matter_go_on(facts):
        return NOT_APPLICABLE
    if facts.gate == "publish_notice":
        return expropriation_periods_are_absolute(facts)
    return _heard_where_most_object(facts)


def _heard_where_most_object(facts: Facts) -> Verdict:
    if not most_object(facts) or facts.latest("hold_hearing") is not None:
        return None
    return Text(
        "多数被征收人不同意方案，尚未听证，不能认定程序完备。请以程序不完备退回，组织听证。",
        "Most of those affected object and no hearing was held, so the procedure is not complete. Conclude that it is "
        "incomplete, so that a hearing is held.",
    )


# -- houses on state land --------------------------------------------------------------------------------


@rule(
    "R-EXP-10-1",
    "房屋征收补偿方案经论证后公布，征求意见期限不得少于30日",
    gate="publish_notice",
    law=EXPROPRIATION,
    article="10",
)
def house_plan_is_argued_and_open_for_thirty_days(facts: Facts) -> Verdict:
    """House expropriation: the plan is argued with the units concerned and open for not less than thirty days."""
    if matter_type(facts) != HOUSES:
        return NOT_APPLICABLE
    if facts.latest("consult_units") is None:
        return Text(
            "征收补偿方案公布前应当组织有关部门论证，尚未论证。请先征求有关单位意见。",
            "The compensation plan is argued with the units concerned before it is published. Consult them first.",
        )
    return expropriation_periods_are_absolute(facts)


@rule(
    "R-EXP-11-1",
    "公布意见及修改情况；旧城区改建多数被征收人不同意的应当听证",
    gate="issue_legality_opinion",
    law=EXPROPRIATION,
    article="11",
)
def house_owners_are_answered_and_heard(facts: Facts) -> Verdict:
    """Opinions and changes are published; old-town renewal opposed by most affected persons is heard."""
    if matter_type(facts) != HOUSES or not lets_the_matter_go_on(facts):
        return NOT_APPLICABLE
    if facts.latest("publish_feedback") is None:
        return Text(
            "征求意见情况和根据公众意见修改的情况尚未公布。请以程序不完备退回公布。",
            "The opinions and the changes made for them were not published. Conclude that the procedure is incomplete.",
        )
    return _heard_where_most_object(facts) if special(facts, "old_town_renewal") is True else None


@rule(
    "R-EXP-12-1",
    "作出房屋征收决定前评估社会稳定风险，补偿费用足额到位、专户存储；数量较多的经常务会议讨论",
    gate=("determine_procedure", "assemble_meeting_package", "confirm_agenda"),
    law=EXPROPRIATION,
    article="12",
)
def house_expropriation_is_assessed_and_funded(facts: Facts) -> Verdict:
    """Before a house expropriation: risk assessed, funds in a dedicated account, many affected go to the executive."""
    if matter_type(facts) != HOUSES:
        return NOT_APPLICABLE
    match facts.gate:
        case "determine_procedure":
            return _risk_is_to_be_assessed(facts)
        case "confirm_agenda":
            return _executive_meeting_decides(facts)
    if facts.latest("assess_risk") is not None and facts.act.flag("compensation_funds_ready") is True:
        return None
    return Text(
        "房屋征收决定前应当完成社会稳定风险评估，征收补偿费用足额到位、专户存储。请补充评估或者资金到位情况。",
        "Before the decision the risk is assessed and the funds lie in full in a dedicated account. Show both.",
    )


def _executive_meeting_decides(facts: Facts) -> Verdict:
    if special(facts, "many_affected") is not True or facts.act.text("body_type") == "gov_executive_meeting":
        return None
    return Text(
        "被征收人数量较多，应当经政府常务会议讨论决定。请列入政府常务会议议程。",
        "Many persons are affected, so the government's executive meeting decides. Put it on that agenda.",
    )


@rule(
    "R-EXP-13-1",
    "征收决定及时公告，载明补偿方案和复议、诉讼权利",
    gate=("publish_decision", "record_non_publication"),
    law=EXPROPRIATION,
    article="13",
)
def expropriation_is_announced_with_remedies(facts: Facts) -> Verdict:
    """The decision is announced with the compensation plan and the rights of review and suit."""
    if matter_type(facts) != HOUSES:
        return NOT_APPLICABLE
    if facts.gate == "record_non_publication":
        return Text(
            "房屋征收决定应当及时公告，不能不予公开。请公告征收决定。",
            "A house expropriation is announced; it cannot be kept from the public. Announce it.",
        )
    if facts.act.flag("compensation_plan_published") is True and facts.act.flag("remedies_stated") is True:
        return None
    return Text(
        "征收公告没有载明补偿方案和行政复议、行政诉讼权利。请在公告中载明。",
        "The announcement lacks the compensation plan or the rights of review and suit. State both in it.",
    )
