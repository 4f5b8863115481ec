"""Meetings as they are read: the list, one meeting, its live feed, how a body met over a period.

Whoever polls sends the ETag back and gets 304 until something happened (`fresh`). What is shown to whom is decided in
`queries.meeting_view`, not here.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from decision_engine.api.fields import CalendarDay, Id, Moment, PageQuery, Said, Sentence, page_of
from decision_engine.api.fresh import unless_known
from decision_engine.api.room import Room
from decision_engine.calendar import end_of_day, start_of_day
from decision_engine.errors import InvalidAnswers, NotFound
from decision_engine.forms.fields import Choice
from decision_engine.language import Text
from decision_engine.queries import meeting_acts, meeting_statistics, meetings
from decision_engine.queries.meeting_rows import day_of, named_in, people_of, rows_of
from decision_engine.queries.meeting_view import MeetingView, view
from decision_engine.queries.meetings import Feed
from decision_engine.work import Work

room = Room("meetings", "会议", "Meetings")

STATUSES = {
    "CALLED": ("已通知", "called"),
    "OPEN": ("进行中", "open"),
    "CLOSED": ("已结束", "closed"),
    "CANCELLED": ("已取消", "cancelled"),
}


# -- what is said ----------------------------------------------------------------------------------------


class MeetingsQuery(PageQuery):
    """Which meetings, the latest first."""

    body_id = Id("会议机构", "Body")
    status = Choice("状态", "Status", STATUSES)
    since = CalendarDay("自何日起", "From this day")
    until = CalendarDay("至何日止", "To this day, included")


class PeriodQuery(Said):
    """From which day to which, both included; the year of today if left out."""

    since = CalendarDay("自何日起", "From this day")
    until = CalendarDay("至何日止", "To this day, included")


# -- what is answered ------------------------------------------------------------------------------------


class MeetingBriefOut(Schema):
    """A meeting in a list."""

    id = fields.String(attribute="meeting.id")
    organ_id = fields.String(attribute="meeting.organ_id")
    body_id = fields.String(attribute="meeting.body_id")
    body_kind = fields.String(attribute="meeting.body_kind")
    body = fields.String()
    label = fields.String(attribute="meeting.label")
    title = fields.String(attribute="meeting.title")
    status = fields.String(attribute="meeting.status")
    planned_at = Moment(attribute="meeting.planned_at")
    place = fields.String(attribute="meeting.place")
    opened_at = Moment(attribute="meeting.opened_at", allow_none=True)
    closed_at = Moment(attribute="meeting.closed_at", allow_none=True)
    signed_at = Moment(attribute="meeting.signed_at", allow_none=True)
    items = fields.Integer()


class MeetingRowOut(Schema):
    """A meeting as it is kept."""

    id = fields.String()
    organ_id = fields.String()
    body_id = fields.String()
    body_kind = fields.String()
    label = fields.String()
    title = fields.String()
    status = fields.String()
    planned_at = Moment()
    place = fields.String()
    chair_id = fields.String()
    recorder_id = fields.String()
    procedure = fields.Dict()
    called_at = Moment()
    called_by = fields.String()
    opened_at = Moment(allow_none=True)
    closed_at = Moment(allow_none=True)
    cancelled_reason = fields.String(allow_none=True)
    signed_at = Moment(allow_none=True)
    version = fields.Integer()


class ItemRowOut(Schema):
    """An item of the agenda as it stands; *version* is what an act on it names."""

    id = fields.String()
    meeting_id = fields.String()
    seq = fields.Integer()
    title = fields.String()
    category = fields.String()
    case_id = fields.String()
    leader_in_charge_id = fields.String(allow_none=True)
    reporter_id = fields.String(allow_none=True)
    announced_at = Moment()
    emergency = fields.Boolean()
    emergency_reason = fields.String(allow_none=True)
    state = fields.String()
    previous_id = fields.String(allow_none=True)
    taken_up_at = Moment(allow_none=True)
    reported_at = Moment(allow_none=True)
    outcome = fields.String(allow_none=True)
    decision = fields.String(allow_none=True)
    divided = fields.Boolean(allow_none=True)
    deferred_until = fields.Date(allow_none=True)
    decided_at = Moment(allow_none=True)
    decided_by = fields.String(allow_none=True)
    result_announced_at = Moment(allow_none=True)
    put_off_reason = fields.String(allow_none=True)
    version = fields.Integer()


class MemberOut(Schema):
    """A member due: PRESENT, LEFT, ON_LEAVE, ABSENT or AWAITED."""

    person_id = fields.String()
    name = fields.String()
    post = fields.String()
    is_principal = fields.Boolean()
    is_chair = fields.Boolean()
    state = fields.String()
    arrived_at = Moment(allow_none=True)
    left_at = Moment(allow_none=True)
    reason = fields.String(allow_none=True)
    noticed_at = Moment(allow_none=True)


class GuestOut(Schema):
    """Somebody in the room without a vote, or who was; `id` names the attendance."""

    id = fields.String()
    person_id = fields.String(allow_none=True)
    name = fields.String()
    position = fields.String()
    kind = fields.String()
    arrived_at = Moment()
    left_at = Moment(allow_none=True)


class QuorumOut(Schema):
    """Whether enough are there for items of a category, and whether they could pass anything."""

    category = fields.String()
    due = fields.Integer()
    present = fields.Integer()
    needed = fields.Integer()
    met = fields.Boolean()
    to_pass = fields.Integer(allow_none=True)
    can_pass = fields.Boolean()
    warning = Sentence(allow_none=True)


class ActOfMineOut(Schema):
    """Something that is done in a meeting: whether the asker may do it now, and if not, why."""

    act = fields.String()
    title = Sentence()
    allowed = fields.Boolean()
    reason = Sentence(allow_none=True)
    method = fields.String()
    path = fields.String()
    item_id = fields.String(allow_none=True)
    version = fields.Integer(allow_none=True)


class SpeakerOut(Schema):
    """A place in the speaking queue: WAITING, SPOKEN, WAIVED or RECUSED."""

    person_id = fields.String()
    name = fields.String()
    is_principal = fields.Boolean()
    state = fields.String()


class StatementOut(Schema):
    """Something said, in its order."""

    id = fields.String()
    seq = fields.Integer()
    person_id = fields.String()
    name = fields.String()
    kind = fields.String()
    stance = fields.String(allow_none=True)
    text = fields.String()
    at = Moment()
    entered_by = fields.String(allow_none=True)
    confirmed = fields.Boolean(allow_none=True)
    objection = fields.String(allow_none=True)


class VoteOut(Schema):
    """A vote: who may vote and who has; what was voted only when it is closed, and never of a secret ballot."""

    id = fields.String()
    subject = fields.String(allow_none=True)
    method = fields.String()
    state = fields.String()
    due = fields.Integer()
    present = fields.Integer()
    electors = fields.List(fields.String())
    voted = fields.List(fields.String())
    mine = fields.String(allow_none=True)
    choices = fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)
    yes = fields.Integer(allow_none=True)
    no = fields.Integer(allow_none=True)
    abstain = fields.Integer(allow_none=True)
    passed = fields.Boolean(allow_none=True)
    opened_at = Moment()
    closed_at = Moment(allow_none=True)


class RecusalOut(Schema):
    """A member who stays away from an item."""

    person_id = fields.String()
    name = fields.String()
    ground = fields.String()
    explanation = fields.String(allow_none=True)
    initiated_by = fields.String()
    left_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)


class WrittenOpinionOut(Schema):
    """What an absent member wrote; not shown before it was read out."""

    id = fields.String()
    person_id = fields.String()
    name = fields.String()
    text = fields.String(allow_none=True)
    given_at = Moment()
    read_at = Moment(allow_none=True)


class DeliveryOut(Schema):
    """A paper delivered to a member, and when it was first opened."""

    id = fields.String()
    person_id = fields.String()
    name = fields.String()
    document_id = fields.String()
    title = fields.String()
    number = fields.Integer()
    sha256 = fields.String()
    delivered_at = Moment()
    opened_at = Moment(allow_none=True)


class DissentOfMeetingOut(Schema):
    """Who differed from what was decided, in which words."""

    person_id = fields.String()
    name = fields.String()
    text = fields.String()
    confirmed_at = Moment(allow_none=True)


class CandidateOut(Schema):
    """A person an item of personnel is about."""

    id = fields.String()
    name = fields.String()
    post = fields.String()
    action = fields.String()
    outcome = fields.String(allow_none=True)


class ItemOut(Schema):
    """An item with all the asker may know of it; *audible* tells whether that includes what was said."""

    item = fields.Nested(ItemRowOut)
    case_label = fields.String()
    leader = fields.String(allow_none=True)
    reporter = fields.String(allow_none=True)
    report = fields.String(allow_none=True)
    override_reasons = fields.String(allow_none=True)
    candidates = fields.List(fields.Nested(CandidateOut))
    consents = fields.Dict(keys=fields.String(), values=fields.Boolean())
    audible = fields.Boolean()
    quorum = fields.Nested(QuorumOut, allow_none=True)
    queue = fields.List(fields.Nested(SpeakerOut))
    floor_open = fields.Boolean()
    floor_reason = Sentence(allow_none=True)
    floor_waits_for = fields.List(fields.String())
    statements = fields.List(fields.Nested(StatementOut))
    votes = fields.List(fields.Nested(VoteOut))
    recusals = fields.List(fields.Nested(RecusalOut))
    opinions = fields.List(fields.Nested(WrittenOpinionOut))
    deliveries = fields.List(fields.Nested(DeliveryOut))
    dissents = fields.List(fields.Nested(DissentOfMeetingOut))


class AgendaChangeOut(Schema):
    """A change of the agenda, with its reason and who approved it."""

    kind = fields.String()
    what = fields.String()
    reason = fields.String()
    item_id = fields.String(allow_none=True)
    by = fields.String()
    approved_by = fields.String()
    at = Moment()


class MeetingOut(Schema):
    """A meeting as the asker may see it, and what the asker may do in it now."""

    meeting = fields.Nested(MeetingRowOut, attribute="feed.meeting")
    version = fields.Integer(attribute="feed.version")
    body = fields.String()
    organ = fields.String()
    chair = fields.String()
    recorder = fields.String()
    members = fields.List(fields.Nested(MemberOut))
    guests = fields.List(fields.Nested(GuestOut))
    due = fields.Integer()
    present = fields.Integer()
    quorums = fields.List(fields.Nested(QuorumOut))
    now = fields.String(allow_none=True)
    items = fields.List(fields.Nested(ItemOut))
    changes = fields.List(fields.Nested(AgendaChangeOut))
    acts = fields.List(fields.Nested(ActOfMineOut))


class AgendaLineOut(Schema):
    """An item of the agenda in one line."""

    id = fields.String(attribute="item.id")
    seq = fields.Integer(attribute="item.seq")
    title = fields.String(attribute="item.title")
    category = fields.String(attribute="item.category")
    state = fields.String(attribute="item.state")
    outcome = fields.String(attribute="item.outcome", allow_none=True)
    version = fields.Integer(attribute="item.version")


class FeedOut(Schema):
    """What a device in the room polls: heads, agenda, the item before the meeting, and what the asker may do."""

    id = fields.String(attribute="feed.meeting.id")
    status = fields.String(attribute="feed.meeting.status")
    version = fields.Integer(attribute="feed.version")
    members = fields.List(fields.Nested(MemberOut))
    due = fields.Integer()
    present = fields.Integer()
    quorums = fields.List(fields.Nested(QuorumOut))
    agenda = fields.List(fields.Nested(AgendaLineOut))
    current = fields.Nested(ItemOut, allow_none=True)
    acts = fields.List(fields.Nested(ActOfMineOut))


class StatisticsOut(Schema):
    """How a body met in a period: counts, so that shares are rounded by nobody."""

    body_id = fields.String()
    body = fields.String()
    since = fields.Date()
    until = fields.Date()
    held = fields.Integer()
    cancelled = fields.Integer()
    to_come = fields.Integer()
    items = fields.Integer()
    discussed = fields.Integer()
    outcomes = fields.Dict(
        keys=fields.String(), values=fields.Dict(keys=fields.String(), values=fields.Integer())
    )
    overrides = fields.Integer()
    deferrals = fields.Integer()
    divided = fields.Integer()
    emergencies = fields.Integer()
    dissents = fields.Integer()
    items_with_dissent = fields.Integer()
    withdrawn = fields.Integer()
    put_off = fields.Integer()
    changes = fields.Dict(keys=fields.String(), values=fields.Integer())
    attendance = fields.Integer()
    due = fields.Integer()
    notice_hours = fields.Integer(allow_none=True)


# -- routes ----------------------------------------------------------------------------------------------


@room.ask("/meetings", "会议列表", "Meetings", query=MeetingsQuery, answer=page_of(MeetingBriefOut))
def list_meetings(work: Work, query: dict[str, Any]) -> Any:
    """Return the meetings the asker may see, the latest planned first."""
    since, until = query.get("since"), query.get("until")
    return meetings.meetings(
        work, page=query["page"], size=query["page_size"], body_id=query.get("body_id"), status=query.get("status"),
        since=start_of_day(since) if since else None, until=end_of_day(until) if until else None,
    )  # fmt: skip


@room.ask("/meetings/<id:meeting_id>", "会议详情", "One meeting", answer=MeetingOut)
def show_meeting(work: Work, meeting_id: str) -> Response:
    """Return a meeting as the asker may see it; 304 to whoever holds this version already."""
    feed = meetings.feed_of(work, meeting_id)
    return unless_known(_version(work, feed), lambda: _seen(work, feed), MeetingOut)


@room.ask("/meetings/<id:meeting_id>/feed", "会议实时状态", "A meeting, live", answer=FeedOut)
def feed_of_meeting(work: Work, meeting_id: str) -> Response:
    """Return what is going on in a meeting now; 304 to whoever holds this version already."""
    feed = meetings.feed_of(work, meeting_id)
    return unless_known(_version(work, feed), lambda: _live(_seen(work, feed)), FeedOut)


@room.ask("/meetings/<id:meeting_id>/items/<id:item_id>", "议题详情", "One item of a meeting", answer=ItemOut)
def show_item(work: Work, meeting_id: str, item_id: str) -> Response:
    """Return one item as the asker may see it; 304 to whoever holds this version of the meeting already."""
    feed = meetings.feed_of(work, meeting_id)

    def item() -> Any:
        for one in _seen(work, feed)["items"]:
            if one.item.id == item_id:
                return one
        raise NotFound

    return unless_known(_version(work, feed), item, ItemOut)


@room.ask(
    "/bodies/<id:body_id>/statistics", "会议统计", "How a body met", query=PeriodQuery, answer=StatisticsOut
)
def statistics_of_body(work: Work, query: dict[str, Any], body_id: str) -> dict[str, Any]:
    """Return the numbers of a body's meetings in a period, as the yearly report counts them."""
    body = meetings.body_seen(work, body_id)
    first, last = meeting_statistics.year_of(work.today)
    since: date = query.get("since") or first
    until: date = query.get("until") or max(last, since)
    if until < since:
        raise InvalidAnswers(
            {"until": (Text("截止日期早于开始日期。", "The last day lies before the first."),)}
        )
    found = meeting_statistics.statistics_of(work, body.id, since, until)
    told = {name: getattr(found, name) for name in StatisticsOut().fields if hasattr(found, name)}
    return told | {"body_id": body.id, "body": body.name, "since": since, "until": until}


def _version(work: Work, feed: Feed) -> str:
    """Return what names this answer to this person: who may do what changes with the day, too."""
    here = "here" if feed.viewer.in_room else "away"
    return f"{feed.version}.{feed.meeting.version}-{feed.viewer.person_id}-{here}-{work.today.isoformat()}"


def _seen(work: Work, feed: Feed) -> dict[str, Any]:
    rows = rows_of(work.session, feed.meeting)
    people = people_of(work.session, named_in(rows), feed.meeting.organ_id, day_of(feed.meeting))
    seen: MeetingView = view(feed, rows, people)
    told = {name: getattr(seen, name) for name in seen.__dataclass_fields__}
    return told | {"acts": meeting_acts.acts(work, feed, rows)}


def _live(seen: dict[str, Any]) -> dict[str, Any]:
    current = next((one for one in seen["items"] if one.item.id == seen["now"]), None)
    return seen | {"agenda": seen["items"], "current": current}
