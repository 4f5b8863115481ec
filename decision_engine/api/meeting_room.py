"""What is done in a meeting, by each on an own device: holding it, speaking, voting, deciding.

Whoever acts names the version of the item the device showed; a stale one is told so (409). The recorder may enter for
a member what the member said or showed (`person_id`), never a secret ballot. Acts in a meeting one may not see find
nothing; auditors act in none.
"""

from __future__ import annotations

from typing import Any

from decision_engine.api.fields import Nothing
from decision_engine.api.meeting_call import (
    ITEM,
    MEETING,
    enter,
    exceptions_of,
    item_done,
    item_of,
    meeting_done,
    noted,
    room,
)
from decision_engine.api.meeting_said import (
    BallotActOut,
    BallotSaid,
    BreakingOffSaid,
    CheckSaid,
    ClosingSaid,
    ConsentSaid,
    DepartureSaid,
    DoneAtOut,
    ExplanationSaid,
    ForSomebody,
    GuestSaid,
    ItemActOut,
    ItemDecisionSaid,
    MeetingActOut,
    OnVersion,
    OpeningSaid,
    PositionSaid,
    RecusalSaid,
    ReportSaid,
    SecretBallotSaid,
    StatementActOut,
    TakingUpSaid,
    VotesActOut,
    VotingSaid,
    WaiverSaid,
    WordsSaid,
)
from decision_engine.commands import meetings as commands
from decision_engine.errors import Forbidden, NotFound
from decision_engine.language import Text
from decision_engine.models import (
    AgendaItem,
    Attendance,
    Statement,
    Vote,
    WrittenOpinion,
)
from decision_engine.work import Work

__all__ = ["room"]

SECRET = "SECRET_BALLOT"  # noqa: S105  the name of a method


# -- holding it ------------------------------------------------------------------------------------------


@room.act("POST", f"{MEETING}/opening", "宣布开会", "Open a meeting", takes=OpeningSaid, answer=MeetingActOut)
def open_meeting(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Open a called meeting: quorum for any item at all, and warnings where there is none for some."""
    enter(work, meeting_id, "meeting.open")
    done = commands.open_meeting(
        work, meeting_id, present=said.get("present", ()),
        absences={one["person_id"]: one["reason"] for one in said.get("absences", ())},
        guests=[_guest(one) for one in said.get("guests", ())],
    )  # fmt: skip
    return meeting_done(work, done.meeting, done.warnings)


@room.act(
    "POST", f"{MEETING}/closing", "宣布闭会", "Close a meeting", takes=ClosingSaid, answer=MeetingActOut
)
def close_meeting(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Close the meeting; what was not taken up is put off with a reason."""
    enter(work, meeting_id, "meeting.close")
    done = commands.close_meeting(
        work, meeting_id, put_off={one["item_id"]: one["reason"] for one in said.get("put_off", ())}
    )
    return meeting_done(work, done.meeting, done.warnings)


@room.act("POST", f"{MEETING}/arrivals", "签到", "Come in", takes=ForSomebody, answer=DoneAtOut, status=201)
def arrive(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Note that a member came in; a latecomer is heard on the item before the meeting."""
    enter(work, meeting_id, "room.arrive")
    interval = commands.arrive(work, meeting_id, **said)
    return noted(work, interval.id, interval.arrived_at)


@room.act("POST", f"{MEETING}/departures", "离场", "Leave", takes=DepartureSaid, answer=DoneAtOut, status=201)
def depart(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Note that a member left."""
    enter(work, meeting_id, "room.depart")
    interval = commands.depart(work, meeting_id, **said)
    return noted(work, interval.id, interval.left_at)


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
    enter(work, meeting_id, "room.admit")
    interval = commands.admit(work, meeting_id, _guest(said))
    return noted(work, interval.id, interval.arrived_at)


@room.act(
    "POST", f"{MEETING}/guests/<id:attendance_id>/departure", "列席人员离场", "Somebody who attended leaves",
    takes=Nothing, answer=DoneAtOut,
)  # fmt: skip
def dismiss_guest(work: Work, _said: dict[str, Any], meeting_id: str, attendance_id: str) -> dict[str, Any]:
    """Note that somebody who attended without a vote left."""
    enter(work, meeting_id, "room.dismiss")
    interval = work.session.get(Attendance, attendance_id)
    if interval is None or interval.meeting_id != meeting_id:
        raise NotFound
    interval = commands.dismiss(work, attendance_id)
    return noted(work, interval.id, interval.left_at)


@room.act(
    "POST", f"{ITEM}/recusals", "回避", "Recuse a member", takes=RecusalSaid, answer=ItemActOut, status=201
)
def recuse(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Recuse a member from an item: oneself, or through the recorder."""
    item = item_of(work, meeting_id, item_id, "member.recuse")
    commands.recuse(work, item_id, **said)
    return item_done(work, item)


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
    item = item_of(work, meeting_id, item_id, "emergency.consent")
    commands.consent(work, item_id, said["consents"], person_id=said.get("person_id"))
    return item_done(work, item)


# -- an item before the meeting --------------------------------------------------------------------------


@room.act(
    "POST", f"{ITEM}/breaking-off", "中止讨论", "Break an item off", takes=BreakingOffSaid, answer=ItemActOut
)
def break_off_item(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Break off an item that cannot go on, with reason and approver; it comes back on a later agenda."""
    item_of(work, meeting_id, item_id, "item.break_off")
    return item_done(work, commands.break_off_item(work, item_id, **said))


@room.act("POST", f"{ITEM}/taking-up", "提交讨论", "Take up an item", takes=TakingUpSaid, answer=ItemActOut)
def take_up_item(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Bring the next item before the meeting."""
    item_of(work, meeting_id, item_id, "item.take_up")
    departures = exceptions_of(said)
    item = commands.take_up_item(work, item_id, departures=departures, version=said.get("version"))
    return item_done(work, item)


@room.act("POST", f"{ITEM}/report", "汇报议题", "Report on an item", takes=ReportSaid, answer=ItemActOut)
def report_item(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Report on the item: its reporter does, or the recorder writes it down."""
    item_of(work, meeting_id, item_id, "item.report")
    return item_done(work, commands.report_item(work, item_id, said.pop("text"), **said))


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
    item_of(work, meeting_id, item_id, "item.speak")
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
    item_of(work, meeting_id, item_id, "item.speak")
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
    item_of(work, meeting_id, item_id, "item.add")
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
    item_of(work, meeting_id, item_id, "item.ask")
    return _statement(work, commands.ask(work, item_id, said["text"], person_id=said.get("person_id")))


@room.act(
    "POST", f"{ITEM}/explanations", "列席说明", "An attendee explains", takes=ExplanationSaid, answer=StatementActOut,
    status=201,
)  # fmt: skip
def explain(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Let who attends without a vote explain the legality review, or speak."""
    item_of(work, meeting_id, item_id, "item.explain")
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
    item_of(work, meeting_id, opinion.item_id if opinion else None, "opinion.read")
    return noted(work, opinion_id, commands.read_out(work, opinion_id).read_at)


@room.act(
    "POST", f"{MEETING}/statements/<id:statement_id>/confirmation", "核对代录发言", "Check what was taken down",
    takes=CheckSaid, answer=DoneAtOut, status=201,
)  # fmt: skip
def confirm_statement(work: Work, said: dict[str, Any], meeting_id: str, statement_id: str) -> dict[str, Any]:
    """Confirm what the recorder wrote down for oneself, or say what is wrong."""
    statement = work.session.get(Statement, statement_id)
    item_of(work, meeting_id, statement.item_id if statement else None, "statement.confirm")
    return noted(work, statement_id, commands.confirm_statement(work, statement_id, **said).at)


# -- votes and the decision ------------------------------------------------------------------------------


@room.act(
    "POST", f"{ITEM}/votes", "开始表决", "Open the vote", takes=VotingSaid, answer=VotesActOut, status=201
)
def open_vote(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Open the vote on the item, or one on each of its persons; the electorate is fixed now."""
    item = item_of(work, meeting_id, item_id, "vote.open")
    return {"votes": commands.open_vote(work, item_id, **said)} | item_done(work, item)


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
    item = item_of(work, meeting_id, item_id, "vote.close")
    return {"votes": commands.close_vote(work, item_id, **said)} | item_done(work, item)


@room.act("POST", f"{ITEM}/decision", "作出决定", "Decide an item", takes=ItemDecisionSaid, answer=ItemActOut)
def decide_item(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Announce what the item comes to, under the body's own rule; deferring is one of the five outcomes."""
    item_of(work, meeting_id, item_id, "item.decide")
    departures = exceptions_of(said)
    outcome, decision = said.pop("outcome"), said.pop("decision")
    return item_done(work, commands.decide(work, item_id, outcome, decision, departures=departures, **said))


# -- in and out ------------------------------------------------------------------------------------------


def _vote_of(work: Work, meeting_id: str, item_id: str, vote_id: str) -> Vote:
    item_of(work, meeting_id, item_id, "vote.cast")
    vote = work.session.get(Vote, vote_id)
    if vote is None or vote.item_id != item_id:
        raise NotFound
    return vote


def _guest(said: dict[str, Any]) -> commands.Guest:
    return commands.Guest(said["name"], said.get("position", ""), said["kind"], said.get("person_id"))


def _statement(work: Work, statement: Statement) -> dict[str, Any]:
    item = work.session.get_one(AgendaItem, statement.item_id)
    return {"statement": statement, "item": item, "receipt": work.receipts[-1]}


def _ballot(work: Work, vote_id: str, choice: str, person_id: str | None) -> dict[str, Any]:
    ballot = commands.cast(work, vote_id, choice, person_id=person_id)
    return {"vote_id": vote_id, "person_id": ballot.person_id, "at": ballot.at, "receipt": work.receipts[-1]}
