"""Deciding together (Decree 713, articles 29 and 30; domain book 3): a quorum, every voice, the principal last.

Two kinds of body decide differently. In a party committee the majority of the members due decides and nobody
overrides it; in a government meeting the head decides on the basis of the discussion and, where he departs from
the majority, gives his reasons in the meeting. Which body is which is a locked parameter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from decision_engine.language import Text
from decision_engine.rules.counting import Base, Tally, departs_from_majority
from decision_engine.rules.facts import Answers, Entry, Facts, Record
from decision_engine.rules.law import DECREE_713, ORGANIC_LAW
from decision_engine.rules.matter import answered, is_non_public
from decision_engine.rules.parameter import UnknownParameter
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule

TOWN_KINDS = frozenset({"town", "township", "street"})
TOWN_BODIES = frozenset({"mayor_office_meeting", "party_gov_joint", "gov_executive_meeting"})
COUNTY_BODIES = frozenset({"gov_executive_meeting", "gov_plenary_meeting"})
_SLOTS = {
    "DRAFT": Text("决策草案及相关材料", "draft and materials"),
    "FAIR_COMPETITION": Text("公平竞争审查材料", "fair-competition review"),
    "PUBLIC_OPINIONS": Text("公众意见采纳情况", "adoption of public opinions"),
    "EXPERT_OPINIONS": Text("专家意见采纳情况", "adoption of expert opinions"),
    "RISK_REPORT": Text("风险评估报告", "risk report"),
    "LEGALITY_OPINION": Text("合法性审查意见", "legality opinion"),
    "OTHER": Text("其他材料", "other materials"),
}
CONTRARY = frozenset({"DISAGREE", "RESERVED"})
ARRIVES, LEAVES, RECUSES = "member_arrives", "member_leaves", "member_recuses"
"""What the meeting room puts into the case file when somebody comes, goes or is recused during an item."""

LEFT = "LEFT"
"""The position of a member who was asked to speak and left without having spoken: none."""


OF_ANY_MEETING = ("R-MTG-", "R-713-30-", "R-ACC-03", "R-ACC-04")
"""Rules that bind every collective decision, also one that is no major administrative decision."""


def of_any_meeting(rule_id: str) -> bool:
    """Tell whether a rule binds a matter that only a meeting decides (personnel, large funds, projects)."""
    return rule_id.startswith(OF_ANY_MEETING)


# -- what a meeting is, read from the file ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meeting:
    """The meeting an act belongs to: who is due, who takes part, who leads, and what was said since it opened.

    *present* are the members in the room now: latecomers are among them, *gone* are those who left during the item.
    """

    opened: Record
    body: str
    principal: str | None
    due: frozenset[str]
    present: frozenset[str]
    recused: frozenset[str]
    speeches: tuple[Record, ...]
    gone: frozenset[str] = frozenset()

    @property
    def deliberating(self) -> frozenset[str]:
        """Members present for this item: recused members have left, but stay due."""
        return self.present - self.recused

    @property
    def silent(self) -> frozenset[str]:
        """Members, other than the principal, who have neither spoken nor waived."""
        heard = {speech.item or speech.person for speech in self.speeches}
        return self.deliberating - heard - {self.principal}

    def taking_part(self, vote: Record | None) -> frozenset[str]:
        """Members who deliberate, and those who voted in *vote* and left before it was counted."""
        if vote is None:
            return self.deliberating
        voters = {one.text("member") for one in vote.entries("ballots")}
        return self.deliberating | ((self.gone - self.recused) & voters)


def meeting(facts: Facts) -> Meeting | None:
    """Return the meeting that is being held: the newest opened (the pending opening itself included)."""
    opened = facts.latest("open_meeting")
    if opened is None:
        return None
    body = opened.text("body_type")
    speeches = tuple(
        one
        for one in facts.after(opened.seq, "member_speaks")
        if (one is not facts.act or facts.gate != one.kind) and one.text("stance") != LEFT
    )
    present, gone = set(opened.texts("present")), set[str]()
    for move in facts.after(opened.seq, ARRIVES, LEAVES):
        came, went = (present, gone) if move.kind == ARRIVES else (gone, present)
        came.add(move.item or "")
        went.discard(move.item or "")
    recused = {one.text("member") for one in opened.entries("recusals")}
    recused |= {one.item or "" for one in facts.after(opened.seq, RECUSES)}
    return Meeting(
        opened,
        body,
        facts.body(body).principal or opened.text("chair") or None,
        frozenset(opened.texts("due")),
        frozenset(present),
        frozenset(recused),
        speeches,
        frozenset(gone),
    )


def body_value(facts: Facts, body: str, name: str) -> object:
    """Return a body's rule of procedure, or None for a body nobody knows."""
    try:
        return facts.body_value(body, name)
    except UnknownParameter:
        return None


def tallies_of(held: Meeting, vote: Record | None) -> tuple[Tally, ...]:
    """Return the votes of members who take part, one tally for each subject (person) voted upon, in their order.

    A vote on the item itself is one tally; a secret ballot gives only its totals.
    """
    due, present = len(held.due), held.taking_part(vote)
    if vote is None:
        return (Tally(due, len(present), 0),)
    if vote.text("method") == "SECRET_BALLOT":
        totals: tuple[Answers, ...] = vote.entries("counts") or (vote,)
        return tuple(Tally(due, len(present), *_totals(one)) for one in totals)
    subjects = dict.fromkeys(one.text("subject") for one in vote.entries("ballots")) or {"": None}
    tallies = []
    for subject in subjects:
        votes = {
            one.text("member"): one.text("vote")
            for one in vote.entries("ballots")
            if one.text("subject") == subject
        }
        counted = [choice for member, choice in votes.items() if member in present]
        numbers = (counted.count(choice) for choice in ("YES", "NO", "ABSTAIN"))
        tallies.append(Tally(due, len(present), *numbers))
    return tuple(tallies)


def _totals(answers: Answers) -> tuple[int, int, int]:
    yes, no, abstain = (answers.number(name) or 0 for name in ("yes", "no", "abstain"))
    return yes, no, abstain


def tally_of(held: Meeting, vote: Record | None) -> Tally:
    """Return the votes on the item; where several persons were voted upon, those of the one with the fewest yes."""
    return min(tallies_of(held, vote), key=lambda tally: (tally.yes, -tally.no))


def base_of(facts: Facts, body: str) -> Base:
    """Return whose majority passes an item in this body; those due unless the body's rules say otherwise."""
    named = body_value(facts, body, "majority_base")
    return Base(named) if named in {base.value for base in Base} else Base.DUE


def principal_may_override(facts: Facts, body: str) -> bool:
    """Tell whether the body's principal may depart from the majority, with reasons; unknown bodies: no."""
    return body_value(facts, body, "principal_may_override") is True


def names(facts: Facts, people: Iterable[str]) -> Text:
    """Return the people's names for a sentence, or how many they are where the names are not at hand."""
    ids = sorted(people)
    known = [facts.persons[one].name for one in ids if one in facts.persons and facts.persons[one].name]
    if len(known) < len(ids):
        return Text(f"{len(ids)}人", f"{len(ids)} member(s)")
    return Text("、".join(known), ", ".join(known))


# -- article 29 ---------------------------------------------------------------------------------------------


@rule(
    "R-713-29-1",
    "提请讨论应当报送草案、审查意见等材料",
    gate="assemble_meeting_package",
    law=DECREE_713,
    article="29",
)
def package_is_complete(facts: Facts) -> Verdict:
    """Seven slots, each filled, or not applicable with a reason; what was performed must be there."""
    slots = {one.text("slot"): one for one in facts.act.entries("meeting_package")}
    needed = {
        "DRAFT": True,
        "LEGALITY_OPINION": True,
        "PUBLIC_OPINIONS": not is_non_public(facts),
        "EXPERT_OPINIONS": answered(facts, "is_technical") is True,
        "RISK_REPORT": answered(facts, "risk_trigger") is True,
        "FAIR_COMPETITION": answered(facts, "market_players") is True,
    }
    wanting = [
        label
        for slot, label in _SLOTS.items()
        if not _is_supplied(slots.get(slot), must=needed.get(slot, False))
    ]
    if not wanting:
        return None
    zh, en = "、".join(one.zh for one in wanting), ", ".join(one.en for one in wanting)
    return Text(
        f"提请集体讨论的材料不全：{zh}。请报送；确实不适用的，注明理由。",
        f"The package is incomplete: {en}. Supply it, or state why it does not apply.",
    )


def _is_supplied(slot: Entry | None, *, must: bool) -> bool:
    if slot is None:
        return False
    if slot.text("status") == "FILED":
        return True
    return not must and slot.text("status") == "NOT_APPLICABLE" and bool(slot.text("reason"))


# -- article 30 ---------------------------------------------------------------------------------------------


@rule(
    "R-713-30-1",
    "经政府常务会议或者全体会议（镇长办公会）集体讨论决定",
    gate=("sign_decision", "publish_decision"),
    law=DECREE_713,
    article="30",
)
def decided_by_the_right_body(facts: Facts) -> Verdict:
    """The matter was discussed by the executive or plenary meeting (in a town: its configured body) and approved."""
    allowed = TOWN_BODIES if facts.organ.kind in TOWN_KINDS else COUNTY_BODIES
    decisions = facts.all("open_meeting", "principal_decides")
    approved = None
    for opened, decided in pairwise(decisions):
        if (
            opened.kind == "open_meeting"
            and decided.kind == "principal_decides"
            and opened.text("body_type") in allowed
        ):
            approved = decided.text("outcome")
    if approved == "APPROVE":
        return None
    return Text(
        "本事项未经政府常务会议、全体会议（镇长办公会）集体讨论同意，不能签发或公布。请先提请集体讨论。",
        "No government meeting has discussed and approved this, so it is neither signed nor published. Bring it there.",
    )


@rule(
    "R-ORG-78-1",
    "县级以上政府的重大问题须经常务会议或者全体会议讨论决定",
    gate=("sign_decision", "publish_decision"),
    law=ORGANIC_LAW,
    article="78",
)
def county_decides_in_its_executive_or_plenary_meeting(facts: Facts) -> Verdict:
    """From county level up, major problems go to the executive or plenary meeting; towns have neither."""
    if facts.organ.kind in TOWN_KINDS:
        return NOT_APPLICABLE
    return decided_by_the_right_body(facts)


@rule(
    "R-713-30-2",
    "行政首长在集体讨论的基础上作出决定",
    gate="principal_decides",
    law=DECREE_713,
    article="30",
)
def decision_rests_on_discussion(facts: Facts) -> Verdict:
    """The head decides on the basis of collective discussion: the item was reported and the members spoke."""
    held = meeting(facts)
    if held is None:
        return Text("会议尚未召开，不能作出决定。请先开会讨论。", "No meeting was opened. Hold it first.")
    reported = facts.after(held.opened.seq, "report_item")
    if reported and not held.silent:
        return None
    return Text(
        "议题尚未汇报或者组成人员尚未全部发言，不能作出决定。请完成讨论。",
        "The item was not reported, or members have not spoken. Complete the discussion before deciding.",
    )


@rule(
    "R-713-30-3",
    "组成人员充分发表意见，行政首长最后发表意见",
    gate=(
        "open_meeting",
        "member_speaks",
        "principal_speaks_last",
        "vote",
        "principal_decides",
        "sign_minutes",
    ),
    law=DECREE_713,
    article="30",
)
def principal_speaks_last(facts: Facts) -> Verdict:
    """Members speak fully; the head speaks last, after every present member has spoken or waived."""
    held = meeting(facts)
    if held is None:
        return Text("会议尚未召开。请先登记会议开始。", "No meeting was opened. Record its opening first.")
    match facts.gate:
        case "open_meeting":
            return _principal_is_not_among_the_speakers(facts, held)
        case "member_speaks":
            if facts.act.text("stance") == LEFT and facts.act.item in held.deliberating:
                return _STILL_HERE
            if (facts.act.item or facts.act.person) != held.principal:
                return None
            return _wait_for(facts, held.silent)
        case "vote":
            return _wait_for(facts, held.silent) or _principal_was_last(facts, held)
        case "sign_minutes":
            return _minutes_show_the_order(facts, held)
    if facts.act.person and facts.act.person != (facts.body(held.body).principal or facts.act.person):
        return Text(
            "本次会议由该会议的主要负责人末位发言、作出决定。请由其本人办理。",
            "In this meeting its own principal speaks last and decides. Let that person act.",
        )
    if facts.gate == "principal_decides":
        return _wait_for(facts, held.silent) or _principal_was_last(facts, held)
    return _wait_for(facts, held.silent)


_STILL_HERE = Text(
    "该组成人员仍在会场，不能登记为离场未发言。请听取其意见，或由其表明无补充意见。",
    "The member is still in the room and cannot be entered as having left. Hear the member, or let the member waive.",
)


def _principal_was_last(facts: Facts, held: Meeting) -> Verdict:
    """The principal has spoken, and nobody gave a position afterwards without the principal speaking again."""
    last = facts.after(held.opened.seq, "principal_speaks_last")
    if not last:
        return Text(
            "主要负责人尚未最后发表意见。请先发表意见再作决定。",
            "The principal has not given a view last. That comes before the decision.",
        )
    later = frozenset(one.item or one.person or "" for one in held.speeches if one.seq > last[-1].seq) - {""}
    if not later:
        return None
    who = names(facts, later)
    return Text(
        f"主要负责人发言后，{who.zh}又发表了意见。主要负责人应当再次最后发言，请先听取。",
        f"{who.en} gave a position after the principal had spoken. The principal speaks again, last; hear that first.",
    )


def _wait_for(facts: Facts, silent: frozenset[str]) -> Verdict:
    if not silent:
        return None
    who = names(facts, silent)
    return Text(
        f"到会人员尚未全部发言（{who.zh}未发言），主要负责人应当最后发言。请先听取其意见，或由其表明无补充意见。",
        f"Not all members present have spoken ({who.en} have not); the principal speaks last. Hear them, or let them "
        "say they have nothing to add.",
    )


def _principal_is_not_among_the_speakers(facts: Facts, held: Meeting) -> Verdict:
    speakers = frozenset(held.opened.texts("speakers"))
    if held.principal in speakers:
        return Text(
            "主要负责人不得列入先行发言人员，应当最后发言。请从发言名单中删去。",
            "The principal is not among the members asked to speak; the principal speaks last. Remove the name.",
        )
    unasked = held.deliberating - speakers - {held.principal}
    if not unasked:
        return None
    who = names(facts, unasked)
    return Text(
        f"到会人员未列入发言名单：{who.zh}。组成人员应当充分发表意见，请补入。",
        f"Members present are not asked to speak: {who.en}. All of them speak; add them.",
    )


def _minutes_show_the_order(facts: Facts, held: Meeting) -> Verdict:
    spoken = sorted(
        (one.number("seq") or 0, one.text("speaker"))
        for one in facts.act.entries("speeches")
        if one.text("kind") in {"", "OPINION"}
    )
    order = [speaker for _, speaker in spoken]
    if held.principal not in order:
        return None
    late = _heard_after(order, order.index(held.principal))
    late -= {
        one.item for one in facts.after(held.opened.seq, ARRIVES)
    }  # who came later: the principal speaks again
    late |= _heard_after(order, len(order) - 1 - order[::-1].index(held.principal))
    late &= held.deliberating - {held.principal}
    if not late:
        return None
    who = names(facts, late)
    position = order.index(held.principal) + 1
    return Text(
        f"会议记录显示主要负责人第{position}个发言，此后{who.zh}才首次发言。主要负责人应当最后发言，请核实。",
        f"The minutes show the principal speaking as number {position}, before {who.en} first spoke. The principal "
        "speaks last: check the record.",
    )


def _heard_after(order: list[str], place: int) -> set[str]:
    """Return who spoke first after the speech at *place*."""
    return set(order[place + 1 :]) - set(order[:place])


@rule(
    "R-713-30-4",
    "拟作决定与多数人意见不一致的，在会上说明理由",
    gate="principal_decides",
    law=DECREE_713,
    article="30",
)
def departure_from_the_majority_is_explained(facts: Facts) -> Verdict:
    """A head whose decision differs from the majority view explains the reasons in the meeting."""
    held = meeting(facts)
    if held is None or not principal_may_override(facts, held.body):
        return NOT_APPLICABLE
    if not _differs(facts, held) or facts.act.text("override_reasons"):
        return None
    return Text(
        "拟作出的决定与会议组成人员多数人的意见不一致，应当在会上说明理由并记录。请填写理由。",
        "The decision differs from the view of most members; the reasons are given in the meeting and recorded. "
        "Enter them.",
    )


def _differs(facts: Facts, held: Meeting) -> bool:
    outcome = facts.act.text("outcome")
    alike = sum(speech.text("stance") == outcome for speech in held.speeches)
    if outcome in {"AMEND", "DEFER"} and 2 * alike > len(held.deliberating):
        return False
    tally = tally_of(held, _vote(facts, held))
    decision = {"APPROVE": "YES", "AMEND": "YES", "REJECT": "NO"}.get(outcome, "")
    return departs_from_majority(tally, decision)


def _vote(facts: Facts, held: Meeting) -> Record | None:
    votes = facts.after(held.opened.seq, "vote")
    return votes[-1] if votes else None


@rule(
    "R-713-30-5",
    "讨论决定情况如实记录，不同意见载明",
    gate="sign_minutes",
    law=DECREE_713,
    article="30",
    checks="GA",
)
def differing_opinions_are_recorded(facts: Facts) -> Verdict:
    """Discussion and decision are recorded truthfully; each differing opinion stands in the minutes."""
    held, minutes = meeting(facts), facts.latest("sign_minutes")
    if held is None or minutes is None or minutes.seq < held.opened.seq:
        return NOT_APPLICABLE
    recorded = {one.text("member") for one in minutes.entries("dissents") if one.text("statement")}
    unrecorded = dissenters(facts, held) - recorded
    if not unrecorded:
        return None
    who = names(facts, unrecorded)
    return Text(
        f"持不同意见的人员，会议记录未载明其意见：{who.zh}。请如实记录原话。",
        f"The minutes do not say how these members differed: {who.en}. Record it verbatim.",
    )


def dissenters(facts: Facts, held: Meeting) -> frozenset[str]:
    """Return the members whose vote or position runs against the decision; abstaining alone is no dissent."""
    decided = facts.after(held.opened.seq, "principal_decides")
    outcome = decided[-1].text("outcome") if decided else ""
    against = {"APPROVE": "NO", "AMEND": "NO", "REJECT": "YES"}.get(outcome)
    if against is None:
        return frozenset()
    vote = _vote(facts, held)
    ballots = vote.entries("ballots") if vote else ()
    stances = CONTRARY if against == "NO" else frozenset({"AGREE"})
    spoken = {
        speech.item or speech.person or "" for speech in held.speeches if speech.text("stance") in stances
    }
    voted = {one.text("member") for one in ballots if one.text("vote") == against}
    overruling = {held.principal} if principal_may_override(facts, held.body) else set()
    return frozenset((voted | spoken) - overruling - {""})


def quorum_share(facts: Facts, body: str, name: str) -> Fraction:
    """Return a quorum as a share; a body nobody knows needs everybody."""
    value = body_value(facts, body, name)
    return value if isinstance(value, Fraction) else Fraction(1)
