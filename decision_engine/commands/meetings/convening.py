"""Call a meeting and announce its items.

A matter that is no decision case gets a case of its own, which runs nothing but `collective_meeting`; so every item has
a case file, a flow and a log chain, and all rules of a meeting judge it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from decision_engine import access, process, rules
from decision_engine.commands.flow import follow
from decision_engine.commands.meetings.flowing import Departures, put, waiting
from decision_engine.commands.meetings.room import QUORUMS, Room, seat, unlawful
from decision_engine.commands.rooms import SETTLED
from decision_engine.commands.tasks import carry_out, duty_of
from decision_engine.db import new_id
from decision_engine.errors import InvalidAnswers, NotFound
from decision_engine.language import Text
from decision_engine.models import (
    AgendaChange,
    AgendaItem,
    Body,
    BodyMember,
    Candidate,
    Case,
    Meeting,
    MeetingMember,
    Organ,
    Person,
    Post,
)
from decision_engine.models.cases import MEETING_ITEM, MEETING_ITEMS_FROM
from decision_engine.models.meetings import TO_COME_BACK
from decision_engine.queries import definitions
from decision_engine.queries.casefile import open_file
from decision_engine.work import Work

PROCESS = "collective_meeting"
MOST_ITEMS = 50
NO_RECORDER = Text(
    "记录人须为专职记录人员，不得为组成人员。", "The recorder holds that post and is no member."
)
BROUGHT_BACK = ("DEFER", "REDISCUSS")
"""Outcomes after which the same matter comes before a meeting again."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A person an item of personnel is about; *action*: `APPOINT`, `DISMISS`, `RECOMMEND`, `REWARD`, `PUNISH`."""

    name: str
    post: str
    action: str = "APPOINT"
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """An item to be put on an agenda: of the decision case *case_id*, or a matter of its own.

    *previous_id* is the item of an earlier meeting that was deferred or put off. *departures* claim lawful exceptions
    from what its announcement would otherwise break (too short a notice).
    """

    title: str
    category: str
    case_id: str | None = None
    leader_in_charge_id: str | None = None
    reporter_id: str | None = None
    subjects: Sequence[Subject] = ()
    previous_id: str | None = None
    emergency_reason: str | None = None
    departures: Departures = field(default=())


def call_meeting(
    work: Work,
    body_id: str,
    *,
    title: str,
    planned_at: datetime,
    place: str,
    chair_id: str,
    recorder_id: str,
    items: Sequence[Plan],
) -> Meeting:
    """Call a meeting of a body and announce its *items* to the members; return it with status `CALLED`.

    Raises `Forbidden`, `NotFound`, `InvalidAnswers`, and `Unlawful` with what an announcement breaks (R-MTG-11, -12).
    """
    body = work.session.get(Body, body_id, with_for_update=True)
    if body is None or not work.actor.in_organ(body.organ_id):
        raise NotFound
    work.tries("meetings", "meeting.call", body=body.id)
    standing = access.stand(work.actor, "meeting.call", body.organ_id)
    overlays = tuple(work.session.get_one(Organ, body.organ_id).overlays)
    meeting = Meeting(
        id=new_id(),
        organ_id=body.organ_id, body_id=body.id, body_kind=body.kind, year=planned_at.year,
        number=_next_number(work, body.id, planned_at.year), title=title, status="CALLED", planned_at=planned_at,
        place=place, chair_id=chair_id, recorder_id=recorder_id,
        procedure=rules.procedure.in_force(body.kind, work.today, overlays, body.parameters),
        called_at=work.now, called_by=work.actor.person_id,
    )  # fmt: skip
    members = members_on(work, meeting)
    _makes_sense(work, meeting, members, items)
    work.session.add(meeting)
    work.session.flush()
    work.session.add_all(members)
    work.session.flush()
    room = Room(work, meeting, {one.person_id: one for one in members}, set())
    placed = [announce(room, seq, plan, standing) for seq, plan in enumerate(items, start=1)]
    work.record(
        "meeting.called", meeting.chain, standing=standing,
        said={"title": title, "place": place, "items": [one.title for one in items]},
        body=body.id, body_kind=body.kind, label=meeting.label, planned_at=planned_at.isoformat(), chair=chair_id,
        recorder=recorder_id, due=[one.person_id for one in members], procedure=meeting.procedure,
        agenda=[[one.id, one.case_id, one.category] for one in placed],
    )  # fmt: skip
    return meeting


def members_on(work: Work, meeting: Meeting) -> list[MeetingMember]:
    """Return who is due in *meeting* by the register of today, in order of rank, with the posts of the day."""
    rows = work.session.scalars(
        select(BodyMember)
        .where(
            BodyMember.body_id == meeting.body_id,
            BodyMember.since <= work.today,
            BodyMember.until.is_(None) | (BodyMember.until >= work.today),
        )
        .order_by(BodyMember.rank)
    ).all()
    posts = {
        post.person_id: post.title
        for post in work.session.scalars(
            select(Post).where(
                Post.organ_id == meeting.organ_id,
                Post.person_id.in_([one.person_id for one in rows]),
                Post.since <= work.today,
                Post.until.is_(None) | (Post.until >= work.today),
            )
        )
    }
    return [
        MeetingMember(
            meeting_id=meeting.id, person_id=one.person_id, rank=rank, title=posts.get(one.person_id, ""),
            is_principal=one.is_principal, noticed_at=work.now,
        )
        for rank, one in enumerate(rows, start=1)
    ]  # fmt: skip


def _makes_sense(
    work: Work, meeting: Meeting, members: Sequence[MeetingMember], items: Sequence[Plan]
) -> None:
    wrong: dict[str, tuple[Text, ...]] = {}
    due = {one.person_id for one in members}
    if sum(one.is_principal for one in members) != 1:
        wrong["body"] = (
            Text(
                "该会议当前没有明确的主要负责人，请先更新组成人员。", "The body has no one principal today."
            ),
        )
    if meeting.chair_id not in due:
        wrong["chair"] = (Text("主持人须为会议组成人员。", "The chair is a member of the body."),)
    if meeting.recorder_id in due or not may_keep(work, meeting.organ_id, meeting.recorder_id):
        wrong["recorder"] = (NO_RECORDER,)
    if meeting.planned_at < work.now:
        wrong["planned_at"] = (Text("会议时间已经过去。", "The time of the meeting has passed."),)
    if not items or len(items) > MOST_ITEMS:
        wrong["items"] = (Text("议题须为1至50项。", "A meeting has 1 to 50 items."),)
    if wrong:
        raise InvalidAnswers(wrong)


def may_keep(work: Work, organ_id: str, person_id: str) -> bool:
    """Tell whether somebody holds a post today that keeps the record of meetings in an organ."""
    keepers = access.ACTS["meeting.keep"]
    return any(one.organ_id == organ_id and one.roles & keepers for one in work.standings(person_id))


def _next_number(work: Work, body_id: str, year: int) -> int:
    last = work.session.scalar(
        select(func.max(Meeting.number)).where(Meeting.body_id == body_id, Meeting.year == year)
    )
    return (last or 0) + 1


# -- items ---------------------------------------------------------------------------------------------------


def announce(room: Room, seq: int, plan: Plan, standing: access.Standing) -> AgendaItem:
    """Put *plan* on the agenda as number *seq* and enter the announcement into its case file."""
    work, meeting = room.work, room.meeting
    _is_fit(room, plan)
    previous = _previous(room, plan)
    case = _own_case(room, plan, previous, standing) if plan.case_id is None else _decision_case(room, plan)
    item = AgendaItem(
        meeting_id=meeting.id, seq=seq, title=plan.title, category=plan.category, case_id=case.id, call="",
        leader_in_charge_id=plan.leader_in_charge_id, reporter_id=plan.reporter_id, announced_at=work.now,
        emergency=plan.emergency_reason is not None, emergency_reason=plan.emergency_reason, state="PENDING",
        previous_id=plan.previous_id,
    )  # fmt: skip
    work.session.add(item)
    work.session.flush()
    work.session.add_all(
        Candidate(
            item_id=item.id,
            seq=number,
            person_id=one.person_id,
            name=one.name,
            post=one.post,
            action=one.action,
        )
        for number, one in enumerate(plan.subjects, start=1)
    )
    work.session.flush()
    _enter_agenda(room, item, case, plan, standing)
    return item


def _is_fit(room: Room, plan: Plan) -> None:
    work = room.work
    wrong: dict[str, tuple[Text, ...]] = {}
    if plan.category not in QUORUMS:
        wrong["category"] = (Text("没有这个议题类别。", "There is no such category."),)
    if not plan.title.strip():
        wrong["title"] = (Text("请填写议题。", "Enter the item's title."),)
    if plan.case_id is not None and plan.category == "IMPORTANT_PERSONNEL":
        wrong["category"] = (
            Text("人事任免不属于重大行政决策。", "Personnel is no major administrative decision (art. 3)."),
        )
    if (plan.category == "IMPORTANT_PERSONNEL") != bool(plan.subjects):
        wrong["subjects"] = (
            Text(
                "人事议题须逐人列明，其他议题不列。",
                "A personnel item names its persons, no other item does.",
            ),
        )
    named = {plan.leader_in_charge_id, plan.reporter_id, *(one.person_id for one in plan.subjects)} - {None}
    known = set(
        work.session.scalars(select(Person.id).where(Person.id.in_(sorted(str(one) for one in named))))
    )
    if named - known:
        wrong["persons"] = (Text("系统中没有此人。", "There is no such person."),)
    if wrong:
        raise InvalidAnswers(wrong)
    if plan.category == "IMPORTANT_PERSONNEL" and room.rule("decision_rule") != "MAJORITY_OF_DUE":
        raise unlawful(
            work, "R-MTG-03",
            Text(
                "人事任免不属于本会议职权，请提交党委会。",
                "Personnel is not this body's power. Bring it to the party committee.",
            ),
        )  # fmt: skip


def _previous(room: Room, plan: Plan) -> AgendaItem | None:
    """Return the earlier item that *plan* brings back. Raises `InvalidAnswers`, `Unlawful` (it is back already)."""
    if plan.previous_id is None:
        return None
    session = room.work.session
    found = session.get(AgendaItem, plan.previous_id)
    here = found is not None and session.get_one(Meeting, found.meeting_id).organ_id == room.meeting.organ_id
    waits = found is not None and (found.state in TO_COME_BACK or found.outcome in BROUGHT_BACK)
    if not here or not waits:
        wrong = Text(
            "请选择本机关此前暂缓、再次讨论、中止或者留待以后的议题。",
            "Choose an item of this organ that was deferred, is to be discussed again, was broken off or put off.",
        )
        raise InvalidAnswers({"previous_id": (wrong,)})
    again = session.scalar(
        select(AgendaItem.id)
        .where(
            AgendaItem.previous_id == plan.previous_id, AgendaItem.state.not_in(("WITHDRAWN", *TO_COME_BACK))
        )
        .limit(1)
    )
    if again is not None:
        raise unlawful(
            room.work, "R-MTG-23",
            Text(
                "该议题已再次列入议程，不得拆分或者重复列入。",
                "The item is back on an agenda already; it is neither split nor entered twice.",
            ),
        )  # fmt: skip
    return found


def _decision_case(room: Room, plan: Plan) -> Case:
    """Return the decision case, locked, if it is ready for this meeting and on no other agenda."""
    work = room.work
    case = work.session.get(Case, plan.case_id, with_for_update=True)
    if case is None or case.organ_id != room.meeting.organ_id or case.kind == MEETING_ITEM:
        raise NotFound(Text("没有找到该决策案件。", "The decision case was not found."))
    work.tries(case, "agenda.announce", body=room.meeting.body_id)
    on_an_agenda = work.session.scalar(
        select(AgendaItem.id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(AgendaItem.case_id == case.id, AgendaItem.state.not_in(SETTLED), Meeting.status != "CANCELLED")
        .limit(1)
    )
    if on_an_agenda is not None:
        raise unlawful(
            work, "R-MTG-23",
            Text(
                "该事项已列入议程，不得拆分或者重复列入。",
                "The matter is on an agenda already; it is neither split nor entered twice.",
            ),
        )  # fmt: skip
    ready = waiting(work, case, "confirm_agenda") or waiting(work, case, "open_meeting")
    if ready is None:
        raise unlawful(
            work, "R-MTG-11",
            Text(
                "该事项的前置程序尚未完成，不得提交会议讨论。请先完成法定程序。",
                "What must come before is not done, so the matter does not go to a meeting. Complete it first.",
            ),
        )  # fmt: skip
    return case


def _own_case(room: Room, plan: Plan, previous: AgendaItem | None, standing: access.Standing) -> Case:
    """Open the case of a matter that only a meeting decides; it runs `collective_meeting` and nothing else."""
    work = room.work
    row = definitions.in_force(work.session, PROCESS)
    facts: dict[str, Any] = {"collective_category": "" if plan.category == "ORDINARY" else plan.category}
    facts["deferred_before"] = _deferred_before(work, previous)
    position = process.start(definitions.compiled(work.session, row.hash), facts)
    year = work.today.year
    last = work.session.scalar(
        select(func.max(Case.number)).where(
            Case.organ_id == room.meeting.organ_id, Case.year == year, Case.kind == MEETING_ITEM
        )
    )
    case = Case(
        organ_id=room.meeting.organ_id, kind=MEETING_ITEM, year=year, number=(last or MEETING_ITEMS_FROM) + 1,
        title=plan.title, matter=facts, status="RUNNING", definition_hash=row.hash, state=position.state,
        state_format=process.STATE_FORMAT, created_at=work.now, created_by=work.actor.person_id, records=0, head_seq=0,
        head_hash="",
    )  # fmt: skip
    work.session.add(case)
    work.session.flush()
    follow(work, case, position, open_file(work, case, "open_meeting"))
    work.record(
        "case.opened", case, standing=standing, said={"title": plan.title, "matter": facts}, label=case.label,
        definition=row.hash, engine=process.ENGINE, rules={"version": rules.RULE_SET_VERSION, "checked": []},
        meeting=room.meeting.id, passed=list(position.passed), next=[[one.id, one.element] for one in position.ready],
    )  # fmt: skip
    return case


def _deferred_before(work: Work, previous: AgendaItem | None) -> int:
    """Return how often the same matter was deferred in earlier meetings."""
    times = 0
    while previous is not None:
        times += previous.outcome == "DEFER"
        previous = work.session.get(AgendaItem, previous.previous_id) if previous.previous_id else None
    return times


def _enter_agenda(room: Room, item: AgendaItem, case: Case, plan: Plan, standing: access.Standing) -> None:
    """Complete the case's `confirm_agenda`, or put the announcement into the case file where no such step waits."""
    work, meeting = room.work, room.meeting
    told = work.now.isoformat()
    entry: dict[str, Any] = {"title": item.title, "emergency": item.emergency}
    if item.emergency_reason:
        entry["emergency_reason"] = item.emergency_reason
    said: dict[str, Any] = {
        "body_type": meeting.body_kind,
        "meeting_at": meeting.planned_at.isoformat(),
        "place": meeting.place,
        "notice_at": told,
        "meeting_id": meeting.id,  # which keeps what was delivered when; judged when the item is taken up
        "items": [entry],
        "notices": [{"member": one, "notice_at": told} for one in room.members],
        "agenda_changes": _changes_since(work, case),
    }
    if item.leader_in_charge_id:
        said["leader_in_charge"] = item.leader_in_charge_id
    task = waiting(work, case, "confirm_agenda")
    if task is None:
        about: dict[str, Any] = {"room": seat(room, item).about()}
        put(
            work,
            case,
            "confirm_agenda",
            said,
            standing,
            "agenda.announced",
            departures=plan.departures,
            **about,
        )
        return
    file = open_file(work, case, "confirm_agenda")
    duty = access.stand_for_duty(work.actor, duty_of(case, task), file.done)
    carry_out(
        work,
        case,
        task,
        file,
        duty,
        said,
        departures=plan.departures,
        room={"meeting": meeting.id, "item": item.id},
    )


def _changes_since(work: Work, case: Case) -> list[dict[str, str]]:
    """Return why the matter's earlier announcements came to nothing: withdrawn, put off, or the meeting cancelled."""
    changes = work.session.scalars(
        select(AgendaChange)
        .join(AgendaItem, AgendaItem.id == AgendaChange.item_id)
        .where(AgendaItem.case_id == case.id)
        .order_by(AgendaChange.at, AgendaChange.id)
    )
    return [{"change": one.what, "reason": one.reason, "approved_by": one.approved_by} for one in changes]
