"""Neighbouring statutes that bind the same procedure when the matter calls for them (domain book 1.5)."""

from __future__ import annotations

from fractions import Fraction

from decision_engine.calendar import days_before
from decision_engine.language import Text
from decision_engine.rules.counting import at_least, is_quorate, more_than
from decision_engine.rules.facts import Entry, Facts
from decision_engine.rules.law import VILLAGE_LAW
from decision_engine.rules.legality import opens_the_meeting
from decision_engine.rules.matter import answered, matter_type
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule

VILLAGE_CHANGE = "VILLAGE_COMMITTEE_CHANGE"


def _share(facts: Facts, name: str) -> Fraction:
    value = facts.value(name)
    return value if isinstance(value, Fraction) else Fraction(1)


# -- villages ------------------------------------------------------------------------------------------


@rule(
    "R-VC-3-1",
    "村民委员会的设立、撤销、范围调整，由乡镇提出，经村民会议讨论同意，报县级政府批准",
    gate=("determine_procedure", "publish_decision", "record_non_publication"),
    law=VILLAGE_LAW,
    article="3",
)
def village_committee_change_takes_three(facts: Facts) -> Verdict:
    """Village committee changes: the town proposes, the villagers' meeting agrees, the county approves."""
    if matter_type(facts) != VILLAGE_CHANGE:
        return NOT_APPLICABLE
    if facts.gate == "determine_procedure":
        if facts.act.flag("village_matter") is True and facts.act.flag("external_approval") is not False:
            return None
        return Text(
            "设立、撤销或者调整村民委员会须经村民会议讨论同意并报县级政府批准。请选择须经村民会议、须报上级批准。",
            "A change of a village committee needs the villagers' meeting and the county's approval. Choose both.",
        )
    meetings = facts.latest("hold_villagers_meeting")
    if meetings is None or not all(_passed(facts, one) for one in meetings.entries("meetings")):
        return Text(
            "村民会议尚未讨论同意，不能公布。请先召开村民会议。",
            "The villagers' meeting has not agreed, so nothing is published. Hold the meeting first.",
        )
    return _approved_first(facts)


def _approved_first(facts: Facts) -> Verdict:
    approval = facts.latest("external_approval")
    if approval is None or approval.text("outcome") != "APPROVED":
        return Text(
            "尚未取得县级人民政府批准，不能公布。请待批准后再公布。",
            "The county-level government has not approved this, so nothing is published. Wait for its approval.",
        )
    approved_on = approval.day("replied_on")
    published = [day for one in facts.act.entries("publications") if (day := one.day("at")) is not None]
    if approved_on is None or not published or min(published) >= approved_on:
        return None
    return Text(
        f"县级人民政府于{approved_on}批准，公布时间（{min(published)}）早于批准。请核对公布时间。",
        f"The county-level government approved this on {approved_on}; it cannot have been published before, on "
        f"{min(published)}. Check the times of publication.",
    )


@rule(
    "R-VC-21-1", "召开村民会议应当提前10日通知", gate="hold_villagers_meeting", law=VILLAGE_LAW, article="21"
)
def villagers_have_ten_days_notice(facts: Facts) -> Verdict:
    """A villagers' meeting is announced ten days before it is held."""
    period = facts.period("villagers_notice_days")
    for one in facts.act.entries("meetings"):
        held, told = one.day("held_on"), one.day("notice_on")
        if held is None or told is None:
            return Text(
                "村民会议缺少通知日期或者召开日期。请补充。",
                "A villagers' meeting lacks the day of notice or the day it was held. Enter both.",
            )
        latest = days_before(held, period.amount)
        if told > latest:
            village = one.text("village")
            return Text(
                f"{village}村民会议于{held}召开，应当提前{period.text.zh}、即不迟于{latest}通知，实际于{told}通知。"
                "请重新通知并另定会期。",
                f"The meeting of {village} on {held} had to be announced {period.text.en} before, by {latest}, but "
                f"was on {told}. Give notice anew and set another day.",
            )
    return None


@rule(
    "R-VC-22-1",
    "村民会议须有过半数成年村民或者三分之二以上户代表参加，经到会人员过半数通过",
    gate=("hold_villagers_meeting", "issue_legality_opinion", "assemble_meeting_package"),
    law=VILLAGE_LAW,
    article="22",
)
def villagers_meeting_was_quorate_and_passed(facts: Facts) -> Verdict:
    """More than half of the adults or two thirds of the households are present; more than half of those present pass.

    A vote that failed may be recorded; after it no opinion opens the meeting, so that the review can send the
    matter back or end it.
    """
    record = facts.latest("hold_villagers_meeting")
    held = facts.gate == "hold_villagers_meeting"
    if record is None or (not held and answered(facts, "village_matter") is not True):
        return NOT_APPLICABLE
    if facts.gate == "issue_legality_opinion" and not opens_the_meeting(facts.act):
        return NOT_APPLICABLE
    for one in record.entries("meetings"):
        reason = _not_quorate(facts, one)
        if reason is None and not held and not _passed(facts, one):
            reason = Text(
                f"{one.text('village')}村民会议未获到会人员过半数同意，不能继续。请重新讨论或者调整方案。",
                f"The meeting of {one.text('village')} did not agree by more than half of those present. Discuss it "
                "again or change the plan.",
            )
        if reason is not None:
            return reason
    return None


def _not_quorate(facts: Facts, one: Entry) -> Text | None:
    adults, present, households, represented = (
        one.number(name) or 0 for name in ("adults", "present", "households", "households_represented")
    )
    votes = sum(one.number(name) or 0 for name in ("yes", "no", "abstain"))
    village = one.text("village")
    if present > adults or represented > households or votes > present:
        return Text(
            f"{village}村民会议人数不合理：到会不能超过应到，票数不能超过到会。请核对。",
            f"The numbers of {village} cannot be: more present than there are, or more votes than present. Check them.",
        )
    if is_quorate(present, adults, _share(facts, "villagers_adults_quorum"), inclusive=False):
        return None
    if households > 0 and at_least(represented, households, _share(facts, "villagers_households_quorum")):
        return None
    return Text(
        f"{village}村民会议未达法定人数：十八周岁以上村民{adults}人，到会{present}人（应过半数）；共{households}户，"
        f"到会代表{represented}户（应达三分之二以上）。请重新召开。",
        f"The meeting of {village} was not quorate: {present} of {adults} adults (more than half needed) and "
        f"{represented} of {households} households (two thirds needed). Hold it again.",
    )


def _passed(facts: Facts, one: Entry) -> bool:
    yes, present = one.number("yes") or 0, one.number("present") or 0
    return _not_quorate(facts, one) is None and more_than(yes, present, _share(facts, "villagers_majority"))
