"""How a deciding body comes together (domain book 3.2): quorum, notice, agenda, recusal.

Decree 713 is silent on these; they come from party rules and local rules of procedure, so every number is a
parameter of the body, and a stricter local value takes its place.
"""

from __future__ import annotations

from dataclasses import replace

from decision_engine.language import Text
from decision_engine.rules.counting import is_quorate
from decision_engine.rules.facts import Entry, Facts, Record
from decision_engine.rules.law import CIVIL_SERVANT_LAW, PARTY_RULES
from decision_engine.rules.matter import collective_category
from decision_engine.rules.meeting import (
    Meeting,
    body_value,
    meeting,
    names,
    quorum_share,
)
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule

WEIGHTY = frozenset({"MAJOR_DECISION", "MAJOR_PROJECT", "LARGE_FUNDS"})


@rule(
    "R-MTG-01",
    "以会议集体讨论决定，不得以传阅会签、个别征求意见、现场办公等代替",
    gate="sign_decision",
    law=PARTY_RULES,
    article="集体决定",
    mark="v:BG3; v:CZ; v:T31",
)
def decided_in_a_meeting(facts: Facts) -> Verdict:
    """Decisions are taken in a meeting with minutes; circulation or asking round is no substitute."""
    decided = facts.latest("principal_decides")
    if decided is not None and facts.after(decided.seq, "sign_minutes"):
        return None
    return Text(
        "没有会议决定和签署的会议记录，不能签发。传阅、会签或者个别征求意见不能代替会议。请先开会讨论。",
        "There is no decision of a meeting with signed minutes. Circulation or asking round is no substitute. Meet.",
    )


# -- quorum ------------------------------------------------------------------------------------------------


@rule(
    "R-MTG-02",
    "一般议题须有应到人数的半数以上到会",
    gate=("open_meeting", "vote"),
    law=PARTY_RULES,
    article="法定人数",
    mark="v:WBK; v:BG3; v:STR",
)
def ordinary_item_has_a_quorum(facts: Facts) -> Verdict:
    """An ordinary item needs at least half of the members due; whoever is a member is due."""
    held = meeting(facts)
    if held is None:
        return NOT_APPLICABLE
    missing = frozenset(facts.body(held.body).members) - held.due
    if missing:
        who = names(facts, missing)
        return Text(
            f"应到人员漏列会议组成人员：{who.zh}。请按全体组成人员填写应到人员。",
            f"Members of the body are not listed as due: {who.en}. All its members are due.",
        )
    strangers = held.present - held.due
    if strangers:
        who = names(facts, strangers)
        return Text(
            f"实到人员中有人不是应到人员：{who.zh}。非组成人员请列为列席。",
            f"Some listed as present are not due: {who.en}. List those who are not members as attendees.",
        )
    return _quorum(facts, held, "quorum_ordinary")


@rule(
    "R-MTG-03",
    "人事议题须有应到人数的三分之二以上到会",
    gate=("open_meeting", "vote"),
    law=PARTY_RULES,
    article="法定人数",
    mark="v:WBK; v:BG3; v:STR",
)
def personnel_item_has_two_thirds(facts: Facts) -> Verdict:
    """Personnel and discipline items need at least two thirds of the members due."""
    held = meeting(facts)
    if held is None or collective_category(facts) != "IMPORTANT_PERSONNEL":
        return NOT_APPLICABLE
    return _quorum(facts, held, "quorum_personnel")


@rule(
    "R-MTG-04",
    "其他“三重一大”议题须有应到人数的三分之二以上到会",
    gate=("open_meeting", "vote"),
    law=PARTY_RULES,
    article="法定人数",
    strength="X",
    mark="v:STR; v:ZD",
)
def weighty_item_has_two_thirds(facts: Facts) -> Verdict:
    """Other weighty items need at least two thirds of the members due."""
    held = meeting(facts)
    if held is None or collective_category(facts) not in WEIGHTY:
        return NOT_APPLICABLE
    return _quorum(facts, held, "quorum_sanzhongyida")


def _quorum(facts: Facts, held: Meeting, name: str) -> Verdict:
    share = quorum_share(facts, held.body, name)
    vote = facts.act if facts.gate == "vote" else None
    inclusive = name != "quorum_ordinary" or body_value(facts, held.body, "quorum_inclusive") is not False
    due, here = len(held.due), len(held.taking_part(vote))
    if is_quorate(here, due, share, inclusive=inclusive):
        return None
    bound = Text("达到" if inclusive else "超过", "at least" if inclusive else "more than")
    recused = f"（回避{len(held.recused)}人不计入到会）" if held.recused else ""
    return Text(
        f"应到{due}人，可参加本议题{here}人{recused}，未{bound.zh}应到人数的{share.denominator}分之{share.numerator}"
        "，不能讨论决定。请改期开会。",
        f"{here} of {due} members due can take part in this item; {bound.en} {share.numerator}/{share.denominator} are "
        "needed. Meet on another day.",
    )


# -- before the meeting ---------------------------------------------------------------------------------------


@rule(
    "R-MTG-05",
    "分管负责人应当到会，或经同意以其他方式表明意见",
    gate="open_meeting",
    law=PARTY_RULES,
    article="议题",
    strength="X",
    mark="v:LZ",
)
def leader_in_charge_is_heard(facts: Facts) -> Verdict:
    """The deputy head in charge of the item is present, or has given a clear opinion."""
    agenda = facts.latest("confirm_agenda")
    held = meeting(facts)
    leader = agenda.text("leader_in_charge") if agenda else ""
    if held is None or not leader or leader not in held.due:
        return NOT_APPLICABLE
    absences = {one.text("member"): one for one in held.opened.entries("absent")}
    if leader in held.present or (leader in absences and absences[leader].text("written_opinion")):
        return None
    return Text(
        "分管负责人未到会，也没有提出书面意见。请改期，或者取得其意见后再讨论。",
        "The deputy in charge is neither present nor has given a written opinion. Obtain it or meet another day.",
    )


@rule(
    "R-MTG-07",
    "因故缺席的应当事先请假，可以书面提出意见",
    gate="open_meeting",
    law=PARTY_RULES,
    article="请假",
    strength="O",
    mark="v:BG3; v:YZ",
)
def absences_are_accounted_for(facts: Facts) -> Verdict:
    """Every member due is present, or absent with a reason."""
    held = meeting(facts)
    if held is None:
        return NOT_APPLICABLE
    excused = {one.text("member") for one in held.opened.entries("absent") if one.text("reason")}
    unexplained = held.due - held.present - excused
    if not unexplained:
        return None
    who = names(facts, unexplained)
    return Text(
        f"应到未到人员没有缺席原因：{who.zh}。请填写请假情况。",
        f"Members are absent without a reason: {who.en}. Enter their leave.",
    )


@rule(
    "R-MTG-11",
    "未经事先通知的议题一般不讨论，临时紧急议题须说明理由",
    gate=("confirm_agenda", "open_meeting"),
    law=PARTY_RULES,
    article="议题",
    mark="v:NOM; v:HQ; v:STR",
)
def no_surprise_motions(facts: Facts) -> Verdict:
    """An item not announced is not discussed; an emergency item says why."""
    agenda = facts.latest("confirm_agenda")
    if facts.gate == "open_meeting":
        report = facts.latest("report_party_committee")
        if report is not None and (agenda is None or report.seq > agenda.seq):
            return NOT_APPLICABLE  # the item was announced to the committee by the report itself
        if agenda is not None and agenda.text("body_type") == facts.act.text("body_type"):
            return None
        return Text(
            "本次会议没有确定议程，议题未事先通知，不得讨论。请先确定议程。",
            "No agenda was confirmed for this meeting, so its item was not announced. Confirm the agenda first.",
        )
    for item in facts.act.entries("items"):
        if item.flag("emergency") is True and not item.text("emergency_reason"):
            return Text(
                "临时紧急议题没有说明理由。请说明理由，或者留待下次会议。",
                "An emergency item gives no reason. State it, or leave the item to the next meeting.",
            )
    return None


@rule(
    "R-MTG-12",
    "会议时间、地点、议题和材料提前送达组成人员",
    gate=("confirm_agenda", "open_meeting"),
    law=PARTY_RULES,
    article="会前通知",
    strength="X",
    mark="v:STR; v:NOM; D",
)
def members_have_notice_and_materials(facts: Facts) -> Verdict:
    """Time, place, items and materials reach the members some working days before the meeting."""
    opening = facts.gate == "open_meeting"
    agenda = facts.latest("confirm_agenda") if opening else facts.act
    body, meeting_on = facts.act.text("body_type"), facts.act.day("opened_at" if opening else "meeting_at")
    amount = body_value(facts, body, "notice_min")
    if agenda is None or meeting_on is None or not isinstance(amount, int):
        return NOT_APPLICABLE
    if opening and not facts.act.has("materials_at"):
        return NOT_APPLICABLE  # the room says when its last paper was delivered; elsewhere the agenda said it
    if all(item.flag("emergency") is True for item in agenda.entries("items")) and agenda.has("items"):
        return NOT_APPLICABLE
    if not opening and not agenda.has("materials_at") and not agenda.has("meeting_id"):
        return Text(
            "没有会议材料送达时间。请填写。", "It is not said when the materials were delivered. Enter it."
        )
    period = replace(facts.period(f"{body}.notice_min"), amount=amount)  # the body's own may be longer
    deliveries: tuple[Entry, ...] = (Entry(facts.act.data), *facts.act.entries("notices"))
    days = [one.day(name) for one in deliveries for name in ("notice_at", "materials_at") if one.has(name)]
    told = max((day for day in days if day is not None), default=None)
    if told is None:
        return Text("没有会议通知时间。请填写。", "The time of the notice is not given. Enter it.")
    earliest = facts.calendar.add(told, period).day
    if meeting_on >= earliest:
        return None
    return Text(
        f"会议通知或材料最晚于{told}送达，应当提前{period.text.zh}，最早可在{earliest}开会，现定于{meeting_on}。"
        "请改期；确属紧急的，请登记例外。",
        f"The last notice or materials arrived on {told}; {period.text.en} are needed, so the meeting is not before "
        f"{earliest}, but {meeting_on} is set. Move it, or record the exception if urgent.",
    )


@rule(
    "R-MTG-23",
    "应当集体讨论的议题不得随意取消、调换或者拆分",
    gate="confirm_agenda",
    law=PARTY_RULES,
    article="议题",
    checks="GA",
    mark="v:SEED; M",
)
def agenda_changes_are_explained(facts: Facts) -> Verdict:
    """An agenda once confirmed is changed only with reason and approval."""
    agendas = facts.all("confirm_agenda")
    if len(agendas) < 2 or _was_held_between(facts, agendas[-2], agendas[-1]):  # noqa: PLR2004 - one alone changes none
        return NOT_APPLICABLE
    changes = agendas[-1].entries("agenda_changes")
    if changes and all(one.text("reason") and one.text("approved_by") for one in changes):
        return None
    return Text(
        "已确定的议程被调整，没有记录理由和批准人。请补充。",
        "An agenda that was confirmed is changed without a recorded reason and approval. Add them.",
    )


def _was_held_between(facts: Facts, earlier: Record, later: Record) -> bool:
    return any(one.seq < later.seq for one in facts.after(earlier.seq, "open_meeting"))


# -- recusal ------------------------------------------------------------------------------------------------


@rule(
    "R-MTG-15",
    "议题涉及本人及亲属的，应当回避，离场不参加讨论表决",
    gate=("open_meeting", "vote"),
    law=CIVIL_SERVANT_LAW,
    article="76",
    mark="v:BG3; v:CSL-76",
)
def recused_members_leave(facts: Facts) -> Verdict:
    """A recused member neither speaks nor votes on the item."""
    held = meeting(facts)
    if held is None or not held.recused:
        return NOT_APPLICABLE
    taking_part = (
        frozenset(held.opened.texts("speakers"))
        if facts.gate == "open_meeting"
        else frozenset(one.text("member") for one in facts.act.entries("ballots"))
    )
    wrong = held.recused & taking_part
    if not wrong:
        return None
    who = names(facts, wrong)
    return Text(
        f"应当回避的人员参加了发言或者表决：{who.zh}。请将其移出。",
        f"Recused members take part: {who.en}. Remove them.",
    )


@rule(
    "R-MTG-16",
    "回避须有事由和提出方式",
    gate="open_meeting",
    law=CIVIL_SERVANT_LAW,
    article="74",
    mark="v:CSL-74",
)
def recusal_states_its_ground(facts: Facts) -> Verdict:
    """A recusal states its ground and who asked for it: the member, an interested person, or the organ."""
    recusals = facts.act.entries("recusals")
    if not recusals:
        return NOT_APPLICABLE
    if all(one.text("ground") and one.text("initiated_by") for one in recusals):
        return None
    return Text(
        "回避没有写明事由或者提出方式。请补充。",
        "A recusal does not state its ground or who asked for it. Add it.",
    )
