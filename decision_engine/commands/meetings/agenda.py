"""An announced agenda changes only with a reason and an approver (R-MTG-23); nothing is ever split."""

from __future__ import annotations

from decision_engine import access
from decision_engine.commands.meetings.convening import Plan, announce
from decision_engine.commands.meetings.room import Room, enter, sit, unlawful
from decision_engine.errors import NotFound, NotReady
from decision_engine.language import Text
from decision_engine.models import (
    AgendaChange,
    AgendaItem,
    Meeting,
)
from decision_engine.work import Work


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
    item = announce(room, 1 + max((one.seq for one in room.items()), default=0), plan, standing)
    note_change(room, standing, item, "ADD", plan.title, reason, approved_by)
    return item


def withdraw_item(work: Work, item_id: str, *, reason: str, approved_by: str) -> AgendaItem:
    """Take an item off the agenda before it is taken up, with reason and approver (R-MTG-23)."""
    sitting = sit(work, item_id, "agenda.withdraw")
    standing = _may_change(sitting.room, reason, approved_by)
    sitting.must_be("PENDING")
    sitting.moves("WITHDRAWN")
    note_change(sitting.room, standing, sitting.item, "WITHDRAW", sitting.item.title, reason, approved_by)
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
    note_change(sitting.room, standing, item, "SWAP", what, reason, approved_by)
    return item, other


def _may_change(room: Room, reason: str, approved_by: str) -> access.Standing:
    standing = access.stand(room.work.actor, "meeting.call", room.meeting.organ_id)
    room.must_be("CALLED", "OPEN")
    approved(room, reason, approved_by)
    return standing


def approved(room: Room, reason: str, approved_by: str) -> None:
    """Refuse a change without a reason, or approved by neither principal nor chair. Raises `Unlawful` (R-MTG-23)."""
    if not reason.strip() or approved_by not in room.approvers:
        raise unlawful(
            room.work, "R-MTG-23",
            Text(
                "调整议程须说明理由，并经主要负责人或者主持人批准。",
                "A change of the agenda needs a reason and the approval of the principal or the chair.",
            ),
        )  # fmt: skip


def note_change(
    room: Room,
    standing: access.Standing,
    item: AgendaItem,
    kind: str,
    what: str,
    reason: str,
    approved_by: str,
) -> None:
    """Write a change of the agenda down, and say so in the meeting's chain."""
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
