"""What is done in a meeting, by each on an own device: calling it, holding it, speaking, voting, deciding.

Whoever acts names the version of the item the device showed; a stale one is told so (409). The recorder may enter for
a member what the member said or showed (`person_id`), never a secret ballot. Acts in a meeting one may not see find
nothing; auditors act in none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from decision_engine import rules
from decision_engine.api.fields import Nothing
from decision_engine.api.meeting_said import (
    AddedItemSaid,
    BallotActOut,
    BallotSaid,
    CalledOut,
    ChairSaid,
    ChangeSaid,
    CheckSaid,
    ClosingSaid,
    ConsentSaid,
    DeliveredOut,
    DepartureSaid,
    DoneAtOut,
    ExplanationSaid,
    ForSomebody,
    GuestSaid,
    ItemActOut,
    ItemDecisionSaid,
    ItemsActOut,
    LeaveSaid,
    MaterialSaid,
    MeetingActOut,
    MeetingSaid,
    OnVersion,
    OpeningSaid,
    PositionSaid,
    RecusalSaid,
    ReportSaid,
    SecretBallotSaid,
    StatementActOut,
    SwapSaid,
    TakingUpSaid,
    VotesActOut,
    VotingSaid,
    WaiverSaid,
    WordsSaid,
)
from decision_engine.api.room import Room
from decision_engine.commands import meetings as commands
from decision_engine.errors import Forbidden, NotFound
from decision_engine.language import Text
from decision_engine.models import (
    AgendaItem,
    Attendance,
    MaterialDelivery,
    Meeting,
    Statement,
    Vote,
    WrittenOpinion,
)
from decision_engine.queries.meetings import feed_of
from decision_engine.work import Work

room = Room("meeting_room", "会场办理", "In the meeting room")

MEETING, ITEM = "/meetings/<id:meeting_id>", "/meetings/<id:meeting_id>/items/<id:item_id>"
SECRET = "SECRET_BALLOT"  # noqa: S105  the name of a method


# -- calling it ------------------------------------------------------------------------------------------


@room.act("POST", "/meetings", "召集会议", "Call a meeting", takes=MeetingSaid, answer=CalledOut, status=201)
def call_meeting(work: Work, said: dict[str, Any]) -> dict[str, Any]:
    """Call a meeting of a body and announce its items to the members."""
    meeting = commands.call_meeting(
        work, said["body_id"], title=said["title"], planned_at=said["planned_at"], place=said["place"],
        chair_id=said["chair_id"], recorder_id=said["recorder_id"], items=[_plan(one) for one in said["items"]],
    )  # fmt: skip
    return {"meeting": meeting, "items": _items(work, meeting), "warnings": (), "receipt": work.receipts[-1]}


@room.act(
    "POST", f"{MEETING}/items", "增加议题", "Add an item", takes=AddedItemSaid, answer=ItemActOut, status=201
)
def add_agenda_item(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Add an item to an announced agenda, with reason and approver."""
    _enter(work, meeting_id, "agenda.add")
    item = commands.add_item(
        work, meeting_id, _plan(said), reason=said["reason"], approved_by=said["approved_by"]
    )
    return _item(work, item)


@room.act("POST", f"{ITEM}/withdrawal", "撤下议题", "Withdraw an item", takes=ChangeSaid, answer=ItemActOut)
def withdraw_item(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Take an item off the agenda before it is taken up, with reason and approver."""
    _item_of(work, meeting_id, item_id, "agenda.withdraw")
    return _item(work, commands.withdraw_item(work, item_id, **said))


@room.act("POST", f"{ITEM}/swap", "调换议题", "Exchange two items", takes=SwapSaid, answer=ItemsActOut)
def swap_items(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Exchange the places of two items that wait, with reason and approver."""
    _item_of(work, meeting_id, item_id, "agenda.swap")
    swapped = commands.swap_items(work, item_id, **said)
    return {"items": list(swapped), "receipt": work.receipts[-1]}


@room.act(
    "POST", f"{MEETING}/cancellation", "取消会议", "Cancel a meeting", takes=ChangeSaid, answer=MeetingActOut
)
def cancel_meeting(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Cancel a meeting that was not opened, with reason and approver."""
    _enter(work, meeting_id, "meeting.cancel")
    return _meeting(work, commands.cancel_meeting(work, meeting_id, **said))


@room.act("POST", f"{MEETING}/chair", "变更主持人", "Change the chair", takes=ChairSaid, answer=MeetingActOut)
def change_chair(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Let another member preside, before the meeting opens."""
    _enter(work, meeting_id, "meeting.chair")
    return _meeting(work, commands.change_chair(work, meeting_id, said["chair_id"], reason=said["reason"]))


@room.act(
    "POST",
    f"{ITEM}/deliveries",
    "送达材料",
    "Deliver papers",
    takes=MaterialSaid,
    answer=DeliveredOut,
    status=201,
)
def deliver_materials(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Deliver the newest version of a paper to the members; who has it gets no second delivery."""
    _item_of(work, meeting_id, item_id, "material.deliver")
    made = commands.deliver_materials(work, item_id, said["document_id"], said.get("person_ids") or None)
    return {"deliveries": made, "receipt": work.receipts[-1]}


@room.act(
    "POST", f"{MEETING}/deliveries/<id:delivery_id>/opening", "打开材料", "Open a delivered paper", takes=Nothing,
    answer=DoneAtOut,
)  # fmt: skip
def open_material(work: Work, _said: dict[str, Any], meeting_id: str, delivery_id: str) -> dict[str, Any]:
    """Note that the member opened what was delivered; the first time counts."""
    delivery = work.session.get(MaterialDelivery, delivery_id)
    _item_of(work, meeting_id, delivery.item_id if delivery else None, "material.open")
    return _noted(work, delivery_id, commands.open_material(work, delivery_id).at)


@room.act("POST", f"{MEETING}/leave", "请假", "Ask leave", takes=LeaveSaid, answer=DoneAtOut, status=201)
def ask_leave(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Ask leave of absence before the meeting opens."""
    _enter(work, meeting_id, "leave.ask")
    leave = commands.ask_leave(work, meeting_id, said["reason"], person_id=said.get("person_id"))
    return _noted(work, leave.person_id, leave.asked_at)


@room.act(
    "POST",
    f"{ITEM}/opinions",
    "提交书面意见",
    "Hand in an opinion",
    takes=WordsSaid,
    answer=DoneAtOut,
    status=201,
)
def give_written_opinion(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Hand in what an absent member thinks of an item: it is read out and never counted."""
    _item_of(work, meeting_id, item_id, "opinion.write")
    opinion = commands.give_written_opinion(work, item_id, said["text"], person_id=said.get("person_id"))
    return _noted(work, opinion.id, opinion.given_at)


# -- holding it ------------------------------------------------------------------------------------------


@room.act("POST", f"{MEETING}/opening", "宣布开会", "Open a meeting", takes=OpeningSaid, answer=MeetingActOut)
def open_meeting(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Open a called meeting: quorum for any item at all, and warnings where there is none for some."""
    _enter(work, meeting_id, "meeting.open")
    done = commands.open_meeting(
        work, meeting_id, present=said.get("present", ()),
        absences={one["person_id"]: one["reason"] for one in said.get("absences", ())},
        guests=[_guest(one) for one in said.get("guests", ())],
    )  # fmt: skip
    return _meeting(work, done.meeting, done.warnings)


@room.act(
    "POST", f"{MEETING}/closing", "宣布闭会", "Close a meeting", takes=ClosingSaid, answer=MeetingActOut
)
def close_meeting(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Close the meeting; what was not taken up is put off with a reason."""
    _enter(work, meeting_id, "meeting.close")
    done = commands.close_meeting(
        work, meeting_id, put_off={one["item_id"]: one["reason"] for one in said.get("put_off", ())}
    )
    return _meeting(work, done.meeting, done.warnings)


@room.act("POST", f"{MEETING}/arrivals", "签到", "Come in", takes=ForSomebody, answer=DoneAtOut, status=201)
def arrive(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Note that a member came in; a latecomer is heard on the item before the meeting."""
    _enter(work, meeting_id, "room.arrive")
    interval = commands.arrive(work, meeting_id, **said)
    return _noted(work, interval.id, interval.arrived_at)


@room.act("POST", f"{MEETING}/departures", "离场", "Leave", takes=DepartureSaid, answer=DoneAtOut, status=201)
def depart(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Note that a member left."""
    _enter(work, meeting_id, "room.depart")
    interval = commands.depart(work, meeting_id, **said)
    return _noted(work, interval.id, interval.left_at)


@room.act(
    "POST",
    f"{MEETING}/guests",
    "登记列席人员",
    "Let somebody attend",
    takes=GuestSaid,
    answer=DoneAtOut,
    status=201,
)
def admit_guest(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Let somebody attend without a vote."""
    _enter(work, meeting_id, "room.admit")
    interval = commands.admit(work, meeting_id, _guest(said))
    return _noted(work, interval.id, interval.arrived_at)


@room.act(
    "POST", f"{MEETING}/guests/<id:attendance_id>/departure", "列席人员离场", "Somebody who attended leaves",
    takes=Nothing, answer=DoneAtOut,
)  # fmt: skip
def dismiss_guest(work: Work, _said: dict[str, Any], meeting_id: str, attendance_id: str) -> dict[str, Any]:
    """Note that somebody who attended without a vote left."""
    _enter(work, meeting_id, "room.dismiss")
    interval = work.session.get(Attendance, attendance_id)
    if interval is None or interval.meeting_id != meeting_id:
        raise NotFound
    interval = commands.dismiss(work, attendance_id)
    return _noted(work, interval.id, interval.left_at)


@room.act(
    "POST", f"{ITEM}/recusals", "回避", "Recuse a member", takes=RecusalSaid, answer=ItemActOut, status=201
)
def recuse(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Recuse a member from an item: oneself, or through the recorder."""
    item = _item_of(work, meeting_id, item_id, "member.recuse")
    commands.recuse(work, item_id, **said)
    return _item(work, item)


@room.act(
    "POST",
    f"{ITEM}/consents",
    "表明是否同意",
    "Agree to an item",
    takes=ConsentSaid,
    answer=ItemActOut,
    status=201,
)
def consent(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Agree, or not, to an emergency item being taken up."""
    item = _item_of(work, meeting_id, item_id, "emergency.consent")
    commands.consent(work, item_id, said["consents"], person_id=said.get("person_id"))
    return _item(work, item)


# -- an item before the meeting --------------------------------------------------------------------------


@room.act("POST", f"{ITEM}/taking-up", "提交讨论", "Take up an item", takes=TakingUpSaid, answer=ItemActOut)
def take_up_item(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Bring the next item before the meeting."""
    _item_of(work, meeting_id, item_id, "item.take_up")
    departures = _departures(said)
    item = commands.take_up_item(work, item_id, departures=departures, version=said.get("version"))
    return _item(work, item)


@room.act("POST", f"{ITEM}/report", "汇报议题", "Report on an item", takes=ReportSaid, answer=ItemActOut)
def report_item(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Report on the item: its reporter does, or the recorder writes it down."""
    _item_of(work, meeting_id, item_id, "item.report")
    return _item(work, commands.report_item(work, item_id, said.pop("text"), **said))


@room.act(
    "POST",
    f"{ITEM}/statements",
    "发表意见",
    "Take a position",
    takes=PositionSaid,
    answer=StatementActOut,
    status=201,
)
def speak(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Take a position with reasons; the principal after every other member present."""
    _item_of(work, meeting_id, item_id, "item.speak")
    return _statement(work, commands.speak(work, item_id, said.pop("stance"), said.pop("text", ""), **said))


@room.act(
    "POST",
    f"{ITEM}/waivers",
    "无补充意见",
    "Nothing to add",
    takes=WaiverSaid,
    answer=StatementActOut,
    status=201,
)
def waive(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Say that there is nothing to add: this counts as having been heard."""
    _item_of(work, meeting_id, item_id, "item.speak")
    return _statement(work, commands.waive(work, item_id, **said))


@room.act(
    "POST",
    f"{ITEM}/additions",
    "补充说明",
    "Add to a position",
    takes=WordsSaid,
    answer=StatementActOut,
    status=201,
)
def add_to_statement(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Add to a position taken before, without changing it."""
    _item_of(work, meeting_id, item_id, "item.add")
    return _statement(work, commands.add(work, item_id, said["text"], person_id=said.get("person_id")))


@room.act(
    "POST",
    f"{ITEM}/questions",
    "询问情况",
    "Ask a question",
    takes=WordsSaid,
    answer=StatementActOut,
    status=201,
)
def ask_question(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Ask a question of clarification: no position, kept apart from statements."""
    _item_of(work, meeting_id, item_id, "item.ask")
    return _statement(work, commands.ask(work, item_id, said["text"], person_id=said.get("person_id")))


@room.act(
    "POST", f"{ITEM}/explanations", "列席说明", "An attendee explains", takes=ExplanationSaid, answer=StatementActOut,
    status=201,
)  # fmt: skip
def explain(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Let who attends without a vote explain the legality review, or speak."""
    _item_of(work, meeting_id, item_id, "item.explain")
    return _statement(
        work,
        commands.explain(work, item_id, said["text"], kind=said["kind"], person_id=said.get("person_id")),
    )


@room.act(
    "POST", f"{MEETING}/opinions/<id:opinion_id>/reading", "宣读书面意见", "Read an opinion out", takes=Nothing,
    answer=DoneAtOut,
)  # fmt: skip
def read_out_opinion(work: Work, _said: dict[str, Any], meeting_id: str, opinion_id: str) -> dict[str, Any]:
    """Note that an absent member's written opinion was read out; it is not counted."""
    opinion = work.session.get(WrittenOpinion, opinion_id)
    _item_of(work, meeting_id, opinion.item_id if opinion else None, "opinion.read")
    return _noted(work, opinion_id, commands.read_out(work, opinion_id).read_at)


@room.act(
    "POST", f"{MEETING}/statements/<id:statement_id>/confirmation", "核对代录发言", "Check what was taken down",
    takes=CheckSaid, answer=DoneAtOut, status=201,
)  # fmt: skip
def confirm_statement(work: Work, said: dict[str, Any], meeting_id: str, statement_id: str) -> dict[str, Any]:
    """Confirm what the recorder wrote down for oneself, or say what is wrong."""
    statement = work.session.get(Statement, statement_id)
    _item_of(work, meeting_id, statement.item_id if statement else None, "statement.confirm")
    return _noted(work, statement_id, commands.confirm_statement(work, statement_id, **said).at)


# -- votes and the decision ------------------------------------------------------------------------------


@room.act(
    "POST", f"{ITEM}/votes", "开始表决", "Open the vote", takes=VotingSaid, answer=VotesActOut, status=201
)
def open_vote(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Open the vote on the item, or one on each of its persons; the electorate is fixed now."""
    item = _item_of(work, meeting_id, item_id, "vote.open")
    return {"votes": commands.open_vote(work, item_id, **said)} | _item(work, item)


@room.act(
    "POST", f"{ITEM}/votes/<id:vote_id>/ballots", "表决", "Vote by name", takes=BallotSaid, answer=BallotActOut,
    status=201,
)  # fmt: skip
def cast_ballot(
    work: Work, said: dict[str, Any], meeting_id: str, item_id: str, vote_id: str
) -> dict[str, Any]:
    """Cast a vote that is recorded by name; a secret ballot has an address of its own."""
    vote = _vote_of(work, meeting_id, item_id, vote_id)
    if vote.method == SECRET:
        raise Forbidden(
            Text("本项为无记名投票，请使用无记名投票入口。", "This ballot is secret. Use the secret one."),
            rule="R-MTG-10",
        )
    return _ballot(work, vote_id, said["choice"], said.get("person_id"))


@room.act(
    "POST", f"{ITEM}/votes/<id:vote_id>/secret-ballots", "无记名投票", "Vote in secret", takes=SecretBallotSaid,
    answer=BallotActOut, status=201, secret=True,
)  # fmt: skip
def cast_secret_ballot(
    work: Work, said: dict[str, Any], meeting_id: str, item_id: str, vote_id: str
) -> dict[str, Any]:
    """Cast a vote nobody can link to anybody: not even a hash of the request is kept, so it takes no key."""
    vote = _vote_of(work, meeting_id, item_id, vote_id)
    if vote.method != SECRET:
        raise Forbidden(
            Text("本项为记名表决，请使用记名表决入口。", "This vote is by name. Use the named one."),
            rule="R-MTG-10",
        )
    return _ballot(work, vote_id, said["choice"], None)


@room.act(
    "POST",
    f"{ITEM}/votes/closing",
    "结束表决",
    "Close and count the vote",
    takes=OnVersion,
    answer=VotesActOut,
)
def close_vote(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Close and count every vote of the item."""
    item = _item_of(work, meeting_id, item_id, "vote.close")
    return {"votes": commands.close_vote(work, item_id, **said)} | _item(work, item)


@room.act("POST", f"{ITEM}/decision", "作出决定", "Decide an item", takes=ItemDecisionSaid, answer=ItemActOut)
def decide_item(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Announce what the item comes to, under the body's own rule; deferring is one of the five outcomes."""
    _item_of(work, meeting_id, item_id, "item.decide")
    departures = _departures(said)
    outcome, decision = said.pop("outcome"), said.pop("decision")
    return _item(work, commands.decide(work, item_id, outcome, decision, departures=departures, **said))


# -- in and out ------------------------------------------------------------------------------------------


def _enter(work: Work, meeting_id: str, act: str) -> Meeting:
    """Let nobody act in a meeting he or she may not see, and no auditor in any."""
    feed = feed_of(work, meeting_id)
    work.tries(feed.meeting.chain, act, meeting=meeting_id)
    if feed.viewer.auditor:
        raise Forbidden(
            Text("审计（监督）人员只能查阅，不能办理。", "Auditors read; they do not act."), rule="R-ACC-07"
        )
    return feed.meeting


def _item_of(work: Work, meeting_id: str, item_id: str | None, act: str) -> AgendaItem:
    _enter(work, meeting_id, act)
    item = work.session.get(AgendaItem, item_id) if item_id is not None else None
    if item is None or item.meeting_id != meeting_id:
        raise NotFound
    return item


def _vote_of(work: Work, meeting_id: str, item_id: str, vote_id: str) -> Vote:
    _item_of(work, meeting_id, item_id, "vote.cast")
    vote = work.session.get(Vote, vote_id)
    if vote is None or vote.item_id != item_id:
        raise NotFound
    return vote


def _items(work: Work, meeting: Meeting) -> list[AgendaItem]:
    return list(
        work.session.scalars(
            select(AgendaItem).where(AgendaItem.meeting_id == meeting.id).order_by(AgendaItem.seq)
        )
    )


def _plan(said: dict[str, Any]) -> commands.Plan:
    return commands.Plan(
        title=said["title"],
        category=said["category"],
        case_id=said.get("case_id"),
        leader_in_charge_id=said.get("leader_in_charge_id"),
        reporter_id=said.get("reporter_id"),
        subjects=[commands.Subject(**one) for one in said.get("subjects", ())],
        previous_id=said.get("previous_id"),
        emergency_reason=said.get("emergency_reason"),
        departures=_departures(said),
    )


def _departures(said: dict[str, Any]) -> tuple[rules.Departure, ...]:
    claimed = said.pop("exceptions", ())
    return tuple(rules.Departure(one["rule"], one["reason"], one["approver"]) for one in claimed)


def _guest(said: dict[str, Any]) -> commands.Guest:
    return commands.Guest(said["name"], said.get("position", ""), said["kind"], said.get("person_id"))


def _meeting(work: Work, meeting: Meeting, warnings: tuple[tuple[str, Text], ...] = ()) -> dict[str, Any]:
    told = [{"rule": rule, "reason": reason} for rule, reason in warnings]
    return {"meeting": meeting, "warnings": told, "receipt": work.receipts[-1]}


def _item(work: Work, item: AgendaItem) -> dict[str, Any]:
    return {"item": item, "receipt": work.receipts[-1]}


def _noted(work: Work, one: str, at: datetime | None) -> dict[str, Any]:
    return {"id": one, "at": at, "receipt": work.receipts[-1] if work.receipts else None}


def _statement(work: Work, statement: Statement) -> dict[str, Any]:
    item = work.session.get_one(AgendaItem, statement.item_id)
    return {"statement": statement, "item": item, "receipt": work.receipts[-1]}


def _ballot(work: Work, vote_id: str, choice: str, person_id: str | None) -> dict[str, Any]:
    ballot = commands.cast(work, vote_id, choice, person_id=person_id)
    return {"vote_id": vote_id, "person_id": ballot.person_id, "at": ballot.at, "receipt": work.receipts[-1]}
