"""Before the meeting: call it, announce items, deliver papers, change the agenda, ask leave, write an opinion.

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
from decision_engine.commands.meetings.room import QUORUMS, Room, enter, seat, sit, unlawful
from decision_engine.commands.rooms import SETTLED
from decision_engine.commands.tasks import carry_out, duty_of
from decision_engine.db import new_id
from decision_engine.errors import Conflict, Forbidden, InvalidAnswers, NotFound, NotReady
from decision_engine.language import Text
from decision_engine.models import (
    AgendaChange,
    AgendaItem,
    Body,
    BodyMember,
    Candidate,
    Case,
    Document,
    DocumentVersion,
    Leave,
    MaterialDelivery,
    MaterialOpening,
    Meeting,
    MeetingMember,
    Organ,
    Person,
    Post,
    WrittenOpinion,
)
from decision_engine.models.cases import MEETING_ITEM, MEETING_ITEMS_FROM
from decision_engine.queries import definitions
from decision_engine.queries.casefile import open_file
from decision_engine.work import Work

PROCESS = "collective_meeting"
MOST_ITEMS = 50


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
    placed = [_announce(room, seq, plan, standing) for seq, plan in enumerate(items, start=1)]
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
    if meeting.recorder_id in due or not _serves(work, meeting.organ_id, meeting.recorder_id, "recorder"):
        wrong["recorder"] = (
            Text(
                "记录人须为专职记录人员，不得为组成人员。", "The recorder holds that post and is no member."
            ),
        )
    if meeting.planned_at < work.now:
        wrong["planned_at"] = (Text("会议时间已经过去。", "The time of the meeting has passed."),)
    if not items or len(items) > MOST_ITEMS:
        wrong["items"] = (Text("议题须为1至50项。", "A meeting has 1 to 50 items."),)
    if wrong:
        raise InvalidAnswers(wrong)


def _serves(work: Work, organ_id: str, person_id: str, role: str) -> bool:
    return any(one.organ_id == organ_id and role in one.roles for one in work.standings(person_id))


def _next_number(work: Work, body_id: str, year: int) -> int:
    last = work.session.scalar(
        select(func.max(Meeting.number)).where(Meeting.body_id == body_id, Meeting.year == year)
    )
    return (last or 0) + 1


# -- items ---------------------------------------------------------------------------------------------------


def _announce(room: Room, seq: int, plan: Plan, standing: access.Standing) -> AgendaItem:
    """Put *plan* on the agenda as number *seq* and enter the announcement into its case file."""
    work, meeting = room.work, room.meeting
    _is_fit(room, plan)
    previous = work.session.get(AgendaItem, plan.previous_id) if plan.previous_id else None
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
        "materials_at": told,
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


# -- papers --------------------------------------------------------------------------------------------------


def deliver_materials(
    work: Work, item_id: str, document_id: str, person_ids: Sequence[str] | None = None
) -> list[MaterialDelivery]:
    """Deliver the newest version of a paper of the item's case to the members (all, or *person_ids*).

    Who has that version already gets no second delivery. Raises `NotFound`, `Forbidden`, `NotReady`.
    """
    sitting = sit(work, item_id, "material.deliver", document=document_id)
    standing = access.stand(work.actor, "meeting.call", sitting.room.meeting.organ_id)
    sitting.room.must_be("CALLED", "OPEN")
    sitting.must_be("PENDING", "TAKEN_UP", "REPORTED")
    newest = work.session.scalar(
        select(DocumentVersion)
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(Document.id == document_id, Document.case_id == sitting.case.id)
        .order_by(DocumentVersion.number.desc())
        .limit(1)
    )
    if newest is None:
        raise NotFound(Text("本案卷宗中没有这份文件。", "The item's case holds no such document."))
    wanted = list(sitting.room.members) if person_ids is None else list(dict.fromkeys(person_ids))
    if set(wanted) - set(sitting.room.members):
        raise InvalidAnswers({"members": (Text("只能送达会议组成人员。", "Papers go to members."),)})
    have = set(
        work.session.scalars(
            select(MaterialDelivery.person_id).where(
                MaterialDelivery.item_id == item_id, MaterialDelivery.document_id == document_id,
                MaterialDelivery.sha256 == newest.sha256,
            )
        )
    )  # fmt: skip
    delivered = [
        MaterialDelivery(
            item_id=item_id, person_id=one, document_id=document_id, number=newest.number, sha256=newest.sha256,
            delivered_at=work.now, delivered_by=work.actor.person_id,
        )
        for one in wanted
        if one not in have
    ]  # fmt: skip
    work.session.add_all(delivered)
    work.session.flush()
    sitting.moves()
    work.record(
        "material.delivered", sitting.case, standing=standing, document=document_id, number=newest.number,
        sha256=newest.sha256, to=[one.person_id for one in delivered], **sitting.about(),
    )  # fmt: skip
    return delivered


def open_material(work: Work, delivery_id: str) -> MaterialOpening:
    """Note that the member opened what was delivered; the first time counts. Raises `NotFound` for anybody else."""
    delivery = work.session.get(MaterialDelivery, delivery_id)
    if delivery is None or delivery.person_id != work.actor.person_id:
        raise NotFound
    sitting = sit(work, delivery.item_id, "material.open", delivery=delivery_id)
    _, standing, _ = sitting.room.speaks_for(None)
    known = work.session.get(MaterialOpening, delivery_id)
    if known is not None:
        return known
    opening = MaterialOpening(delivery_id=delivery_id, at=work.now)
    work.session.add(opening)
    work.record(
        "material.opened", sitting.case, standing=standing, delivery=delivery_id, sha256=delivery.sha256,
        **sitting.about(),
    )  # fmt: skip
    return opening


# -- changes of the agenda -----------------------------------------------------------------------------------


def add_item(work: Work, meeting_id: str, plan: Plan, *, reason: str, approved_by: str) -> AgendaItem:
    """Add an item to an announced agenda, with reason and approver; to an open meeting only as an emergency.

    Raises `Unlawful` (R-MTG-11, R-MTG-12, R-MTG-23), `Forbidden`, `InvalidAnswers`.
    """
    room = enter(work, meeting_id, "agenda.add")
    standing = _may_change(room, reason, approved_by)
    if room.meeting.status == "OPEN" and not plan.emergency_reason:
        raise unlawful(
            work, "R-MTG-11",
            Text(
                "会议已经召开，未事先通知的议题不得讨论；确属紧急的，请说明紧急理由并征得到会人员同意。",
                "The meeting is open and the item was not announced. Leave it, or state the emergency and have the "
                "members present agree.",
            ),
        )  # fmt: skip
    if plan.emergency_reason is not None and not plan.emergency_reason.strip():
        raise unlawful(
            work, "R-MTG-11", Text("临时紧急议题须说明理由。", "An emergency item says why it is urgent.")
        )
    item = _announce(room, 1 + max((one.seq for one in room.items()), default=0), plan, standing)
    _change(room, standing, item, "ADD", plan.title, reason, approved_by)
    return item


def withdraw_item(work: Work, item_id: str, *, reason: str, approved_by: str) -> AgendaItem:
    """Take an item off the agenda before it is taken up, with reason and approver (R-MTG-23)."""
    sitting = sit(work, item_id, "agenda.withdraw")
    standing = _may_change(sitting.room, reason, approved_by)
    sitting.must_be("PENDING")
    sitting.moves("WITHDRAWN")
    _change(sitting.room, standing, sitting.item, "WITHDRAW", sitting.item.title, reason, approved_by)
    return sitting.item


def swap_items(
    work: Work, item_id: str, other_id: str, *, reason: str, approved_by: str
) -> tuple[AgendaItem, AgendaItem]:
    """Exchange the places of two items that wait, with reason and approver (R-MTG-23)."""
    sitting = sit(work, item_id, "agenda.swap", other=other_id)
    standing = _may_change(sitting.room, reason, approved_by)
    other = work.session.get(AgendaItem, other_id)
    if other is None or other.meeting_id != sitting.room.meeting.id or other.id == item_id:
        raise NotFound
    item = sitting.item
    if item.state != "PENDING" or other.state != "PENDING":
        raise NotReady(Text("只能调换尚未讨论的议题。", "Only items that wait are swapped."))
    mine, theirs = item.seq, other.seq
    for one, seq in ((item, -mine), (other, mine), (item, theirs)):  # two items never hold one place
        one.seq = seq
        work.session.flush()
    what = f"{item.title} ⇄ {other.title}"
    _change(sitting.room, standing, item, "SWAP", what, reason, approved_by)
    return item, other


def _may_change(room: Room, reason: str, approved_by: str) -> access.Standing:
    standing = access.stand(room.work.actor, "meeting.call", room.meeting.organ_id)
    room.must_be("CALLED", "OPEN")
    if not reason.strip() or approved_by not in {room.principal, room.meeting.chair_id}:
        raise unlawful(
            room.work, "R-MTG-23",
            Text(
                "调整议程须说明理由，并经主要负责人或者主持人批准。",
                "A change of the agenda needs a reason and the approval of the principal or the chair.",
            ),
        )  # fmt: skip
    return standing


def _change(
    room: Room,
    standing: access.Standing,
    item: AgendaItem,
    kind: str,
    what: str,
    reason: str,
    approved_by: str,
) -> None:
    work = room.work
    work.session.add(
        AgendaChange(
            meeting_id=room.meeting.id, item_id=item.id, kind=kind, what=what, reason=reason, approved_by=approved_by,
            by=work.actor.person_id, at=work.now,
        )
    )  # fmt: skip
    work.record(
        "agenda.changed", room.meeting.chain, standing=standing, said={"what": what, "reason": reason}, change=kind,
        item=item.id, case=item.case_id, approved_by=approved_by,
    )  # fmt: skip


def cancel_meeting(work: Work, meeting_id: str, *, reason: str, approved_by: str) -> Meeting:
    """Cancel a meeting that was not opened, with reason and approver; its items go to a later one."""
    room = enter(work, meeting_id, "meeting.cancel")
    standing = _may_change(room, reason, approved_by)
    room.must_be("CALLED")
    room.meeting.status, room.meeting.cancelled_reason = "CANCELLED", reason
    for item in room.items():
        if item.state == "PENDING":
            item.state, item.put_off_reason = "PUT_OFF", reason
            work.session.add(
                AgendaChange(
                    meeting_id=meeting_id, item_id=item.id, kind="WITHDRAW", what=item.title, reason=reason,
                    approved_by=approved_by, by=work.actor.person_id, at=work.now,
                )
            )  # fmt: skip
    work.record(
        "meeting.cancelled",
        room.meeting.chain,
        standing=standing,
        said={"reason": reason},
        approved_by=approved_by,
    )
    return room.meeting


# -- who cannot come -----------------------------------------------------------------------------------------


def ask_leave(work: Work, meeting_id: str, reason: str, *, person_id: str | None = None) -> Leave:
    """Ask leave of absence before the meeting opens (R-MTG-07), oneself or through the recorder."""
    room = enter(work, meeting_id, "leave.ask")
    person, standing, entered_by = room.speaks_for(person_id)
    room.must_be("CALLED")
    if work.session.get(Leave, (meeting_id, person)) is not None:
        raise Conflict(Text("已经请假。", "Leave was asked already."))
    leave = Leave(
        meeting_id=meeting_id, person_id=person, reason=reason, asked_at=work.now, entered_by=entered_by
    )
    work.session.add(leave)
    work.session.flush()
    work.record("leave.asked", room.meeting.chain, standing=standing, said={"reason": reason}, member=person)
    return leave


def give_written_opinion(
    work: Work, item_id: str, text: str, *, person_id: str | None = None
) -> WrittenOpinion:
    """Hand in what an absent member thinks of an item: it is read out and never counted (R-MTG-08).

    Raises `Forbidden` for a member who is in the room, `Conflict` for a second one.
    """
    sitting = sit(work, item_id, "opinion.write")
    person, standing, _ = sitting.room.speaks_for(person_id)
    sitting.must_be("PENDING", "TAKEN_UP", "REPORTED", "MEMBERS_SPEAKING")
    if person in sitting.room.here:
        raise Forbidden(
            Text("到会人员应当当场发表意见。", "Who is present speaks in the meeting."), rule="R-MTG-07"
        )
    known = work.session.scalar(
        select(WrittenOpinion.id).where(WrittenOpinion.item_id == item_id, WrittenOpinion.person_id == person)
    )
    if known is not None:
        raise Conflict(Text("已经提交书面意见。", "A written opinion was handed in already."))
    opinion = WrittenOpinion(item_id=item_id, person_id=person, text=text, given_at=work.now)
    work.session.add(opinion)
    work.session.flush()
    sitting.moves()
    work.record(
        "opinion.written", sitting.case, standing=standing, said={"text": text}, member=person, opinion=opinion.id,
        **sitting.about(),
    )  # fmt: skip
    return opinion
