"""Which meetings are there, who may see one, and what of it (R-MTG-28).

A meeting is seen by its members, by whoever attends it, its chair and recorder, the offices that prepare it and the
auditors; for everybody else there is none. Positions, votes and words are for those in the room until it is closed.

The version of a meeting is one number that grows with every act in it: how many events its own chain and the chains
of its items' cases hold. `feed_of` reads it in one statement, together with what decides who is asking.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from decision_engine import access
from decision_engine.errors import Forbidden, NotFound
from decision_engine.language import Text
from decision_engine.models import (
    AgendaItem,
    Attendance,
    Body,
    Case,
    Chain,
    Meeting,
    MeetingMember,
    Recusal,
    Vote,
)
from decision_engine.queries.pages import Page
from decision_engine.work import Work

OFFICES = frozenset({"secretary", "office_director", "party_office"})
"""Roles that prepare a body's meetings; they see its meetings without being in the room."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks at a meeting, and why they may."""

    person_id: str
    member: bool
    attended: bool
    in_room: bool
    chair: bool
    recorder: bool
    office: bool
    auditor: bool

    @property
    def may_see(self) -> bool:
        """Whether there is a meeting for this person at all."""
        return self.member or self.attended or self.chair or self.recorder or self.office or self.auditor

    @property
    def is_guest(self) -> bool:
        """Whether the person is only there for some of the items."""
        return not (self.member or self.chair or self.recorder or self.office or self.auditor)

    @property
    def hears(self) -> bool:
        """Whether the person is where things are said: in the room, or writing them down."""
        return self.in_room or self.recorder


@dataclass(frozen=True, slots=True)
class Feed:
    """A meeting with its version, as one person may see it."""

    meeting: Meeting
    version: int
    viewer: Viewer


@dataclass(frozen=True, slots=True)
class Listed:
    """A meeting in a list."""

    meeting: Meeting
    body: str
    items: int


def feed_of(work: Work, meeting_id: str) -> Feed:
    """Return a meeting with its version for the actor, in one statement. Raises `NotFound` for who may not see it."""
    me = work.actor.person_id
    own, theirs = aliased(Chain), aliased(Case)
    ever = and_(Attendance.meeting_id == Meeting.id, Attendance.person_id == me)
    row = work.session.execute(
        select(
            Meeting,
            func.coalesce(select(own.head_seq).where(own.id == "meeting:" + Meeting.id).scalar_subquery(), 0)
            + func.coalesce(
                select(func.sum(theirs.head_seq))
                .join(AgendaItem, AgendaItem.case_id == theirs.id)
                .where(AgendaItem.meeting_id == Meeting.id)
                .scalar_subquery(),
                0,
            ),
            _is_member(me),
            exists().where(ever),
            exists().where(ever, Attendance.left_at.is_(None)),
        ).where(Meeting.id == meeting_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    meeting, version, member, attended, here = row
    viewer = _viewer(work, meeting, member=member, attended=attended, here=here)
    if not viewer.may_see:
        raise NotFound
    return Feed(meeting, version, viewer)


def meetings(
    work: Work,
    *,
    page: int = 1,
    size: int = 20,
    body_id: str | None = None,
    status: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page[Listed]:
    """Return the meetings the actor may see, the latest planned first; *since* and *until* bound when."""
    wanted = [visible(work)]
    if body_id is not None:
        wanted.append(Meeting.body_id == body_id)
    if status is not None:
        wanted.append(Meeting.status == status)
    if since is not None:
        wanted.append(Meeting.planned_at >= since)
    if until is not None:
        wanted.append(Meeting.planned_at < until)
    total = work.session.scalar(select(func.count()).select_from(Meeting).where(*wanted)) or 0
    rows = work.session.execute(
        select(
            Meeting,
            Body.name,
            select(func.count())
            .select_from(AgendaItem)
            .where(AgendaItem.meeting_id == Meeting.id)
            .scalar_subquery(),
        )
        .join(Body, Body.id == Meeting.body_id)
        .where(*wanted)
        .order_by(Meeting.planned_at.desc(), Meeting.id.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    return Page([Listed(*row) for row in rows], page, size, total)


def body_seen(work: Work, body_id: str) -> Body:
    """Return a body whose meetings the actor may see as a whole: its offices, members of today, auditors.

    Raises `NotFound` for strangers to its organ, `Forbidden` for others of the organ.
    """
    body = work.session.get(Body, body_id)
    if body is None or not work.actor.in_organ(body.organ_id):
        raise NotFound
    roles = _roles(work, body.organ_id)
    if not roles & (OFFICES | {"auditor", "meeting_member", "principal", "recorder", "inspector"}):
        raise Forbidden(
            Text(
                "会议情况只向会议组成人员、会议工作部门和审计（监督）人员提供。",
                "How a body met is shown to its members, its offices and auditors only.",
            ),
            rule="R-MTG-28",
        )
    return body


def sees_item_of(work: Work, case_id: str) -> bool:
    """Tell whether the actor may see a meeting that has the case on its agenda."""
    found = work.session.scalar(
        select(Meeting.id)
        .join(AgendaItem, AgendaItem.meeting_id == Meeting.id)
        .where(AgendaItem.case_id == case_id, visible(work))
        .limit(1)
    )
    return found is not None


def not_while_discussed(work: Work, case_id: str, *, log: bool = False) -> None:
    """Keep what is said on a case to those in the room until the meeting that discusses it is closed (R-MTG-28).

    The *log* is closed to everybody while a vote is open, for it would tell who voted what. Raises `Forbidden`, also
    for a member recused from the item and for guests.
    """
    meeting = work.session.scalar(
        select(Meeting)
        .join(AgendaItem, AgendaItem.meeting_id == Meeting.id)
        .where(AgendaItem.case_id == case_id, AgendaItem.taken_up_at.is_not(None), Meeting.status == "OPEN")
        .limit(1)
    )
    if meeting is None:
        return
    if log and _votes_on(work, meeting, case_id):
        raise Forbidden(
            Text(
                "表决正在进行，表决结束前不提供查阅。", "A vote is open; the log is shown when it is closed."
            ),
            rule="R-MTG-28",
        )
    me = work.actor.person_id
    if meeting.recorder_id == me:
        return
    hears = work.session.scalar(
        select(Attendance.id)
        .where(
            Attendance.meeting_id == meeting.id,
            Attendance.person_id == me,
            Attendance.kind == "MEMBER",
            Attendance.left_at.is_(None),
            ~exists().where(
                Recusal.person_id == me,
                Recusal.ended_at.is_(None),
                Recusal.item_id == AgendaItem.id,
                AgendaItem.meeting_id == meeting.id,
                AgendaItem.case_id == case_id,
            ),
        )
        .limit(1)
    )
    if hears is None:
        raise Forbidden(
            Text(
                "本事项正在会上讨论，会议结束前其发言和表决只对会场人员开放。",
                "A meeting is discussing this. Until it is closed, what is said and voted stays in the room.",
            ),
            rule="R-MTG-28",
        )


def _votes_on(work: Work, meeting: Meeting, case_id: str) -> bool:
    found = work.session.scalar(
        select(Vote.id)
        .join(AgendaItem, AgendaItem.id == Vote.item_id)
        .where(AgendaItem.meeting_id == meeting.id, AgendaItem.case_id == case_id, Vote.state == "OPEN")
        .limit(1)
    )
    return found is not None


def _viewer(work: Work, meeting: Meeting, *, member: bool, attended: bool, here: bool) -> Viewer:
    me, roles = work.actor.person_id, _roles(work, meeting.organ_id)
    return Viewer(
        person_id=me,
        member=member,
        attended=attended,
        in_room=here,
        chair=meeting.chair_id == me,
        recorder=meeting.recorder_id == me,
        office=bool(roles & OFFICES),
        auditor="auditor" in roles,
    )


def _roles(work: Work, organ_id: str) -> frozenset[str]:
    return frozenset().union(*(standing.roles for standing in work.actor.in_organ(organ_id)))


def _is_member(person_id: str) -> ColumnElement[bool]:
    return exists().where(MeetingMember.meeting_id == Meeting.id, MeetingMember.person_id == person_id)


def visible(work: Work) -> ColumnElement[bool]:
    """Return what a meeting is like that the actor may see."""
    me = work.actor.person_id
    overseen = sorted({one.organ_id for one in work.actor.standings if one.roles & (OFFICES | {"auditor"})})
    return or_(
        Meeting.organ_id.in_(overseen),
        Meeting.chair_id == me,
        Meeting.recorder_id == me,
        _is_member(me),
        exists().where(Attendance.meeting_id == Meeting.id, Attendance.person_id == me),
    )


def stand_in(work: Work, meeting: Meeting) -> access.Standing:
    """Return the actor's own standing in the meeting's organ: what is personal is done in no post lent by another.

    Raises `Forbidden`.
    """
    for standing in work.actor.in_organ(meeting.organ_id):
        if standing.on_behalf_of is None:
            return standing
    raise Forbidden
