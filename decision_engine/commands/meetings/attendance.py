"""In the room: open and close the meeting, who comes and goes, who is recused, who agrees to an emergency item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from decision_engine import access, rules
from decision_engine.commands.meetings.convening import NO_RECORDER, may_keep, members_on
from decision_engine.commands.meetings.flowing import excuse_who_left, put
from decision_engine.commands.meetings.room import QUORUMS, Room, Sitting, enter, seat, sit, unlawful
from decision_engine.errors import Conflict, InvalidAnswers, NotFound, NotReady
from decision_engine.forms.meeting import INITIATORS
from decision_engine.language import Text
from decision_engine.models import (
    AgendaChange,
    AgendaItem,
    Attendance,
    Body,
    EmergencyConsent,
    Leave,
    Meeting,
    Organ,
    Person,
    Recusal,
)
from decision_engine.models.meetings import TO_COME_BACK
from decision_engine.rules.counting import needed_to_pass
from decision_engine.work import Work

IN_DISCUSSION = ("TAKEN_UP", "REPORTED", "MEMBERS_SPEAKING", "PRINCIPAL_SPOKEN")
"""States in which somebody who comes is heard on the item before the meeting."""

KINDS = ("MEMBER", "ATTENDEE", "EXPERT")
GROUNDS = {
    "OWN_INTEREST": Text("涉及本人利害关系", "own interest"),
    "RELATIVE_INTEREST": Text("涉及与本人有亲属关系人员的利害关系", "interest of a relative"),
    "OTHER": Text("其他可能影响公正执行公务的情形", "other impairment"),
}
"""Grounds of recusal (Civil Servants Law, article 76; R-MTG-16)."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A meeting that was opened or closed, with what its recorder should know: rule id and reason."""

    meeting: Meeting
    warnings: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who attends without a vote (列席, 专家); *person_id* where the register knows the person."""

    name: str
    position: str
    kind: str = "ATTENDEE"
    person_id: str | None = None


# -- opening and closing ---------------------------------------------------------------------------------------


def open_meeting(
    work: Work,
    meeting_id: str,
    *,
    present: Sequence[str] = (),
    absences: Mapping[str, str] | None = None,
    guests: Sequence[Guest] = (),
) -> Warned:
    """Open a called meeting: *present* are members the recorder sees besides those who signed in themselves.

    *absences*: member -> why, for those who did not ask leave. The members due are those of today. Raises `Unlawful`
    without a quorum for any item at all (R-MTG-02). Warns where a category's quorum is missed, and where the meeting
    is quorate but too few to pass anything.
    """
    room = enter(work, meeting_id, "meeting.open")
    standing = room.keeper()
    room.must_be("CALLED")
    _settle_members(room)
    _only_members(room, [*present, *(absences or {})])
    for person in dict.fromkeys(present):
        if person not in room.here:
            _come_in(room, "MEMBER", person)
    for guest in guests:
        _guest(room, guest)
    _note_absences(room, absences or {})
    wrong = room.quorum("ORDINARY", len(room.present))
    if wrong is not None:
        raise unlawful(work, "R-MTG-02", wrong)
    meeting = room.meeting
    if meeting.chair_id not in room.here:
        raise InvalidAnswers({"chair": (Text("主持人未到会，请先变更主持人。", "The chair is not here."),)})
    meeting.status, meeting.opened_at = "OPEN", work.now
    warnings = _warnings(room)
    work.record(
        "meeting.opened", meeting.chain, standing=standing, due=list(room.members), present=room.present,
        guests=len(guests), procedure=meeting.procedure, warnings=[rule for rule, _ in warnings],
        beside={"warnings": [[rule, reason.zh] for rule, reason in warnings]},
    )  # fmt: skip
    return Warned(meeting, warnings)


def change_chair(work: Work, meeting_id: str, chair_id: str, *, reason: str) -> Meeting:
    """Let another member preside, before the meeting opens; who leads the body (the principal) stays."""
    room = enter(work, meeting_id, "meeting.chair")
    standing = access.stand(work.actor, "meeting.call", room.meeting.organ_id)
    room.must_be("CALLED")
    _only_members(room, [chair_id])
    room.meeting.chair_id = chair_id
    work.record(
        "meeting.chair_changed",
        room.meeting.chain,
        standing=standing,
        said={"reason": reason},
        chair=chair_id,
    )
    return room.meeting


def change_recorder(work: Work, meeting_id: str, recorder_id: str, *, reason: str) -> Meeting:
    """Let somebody else keep the record from now on (R-MTG-25), before the meeting or while it lasts.

    The chair does it, or who calls meetings for the organ. Raises `Forbidden`, `NotReady`, `InvalidAnswers` (no reason;
    not somebody who keeps meetings in this organ; a member; the recorder of today).
    """
    room = enter(work, meeting_id, "meeting.recorder")
    meeting = room.meeting
    presides = work.actor.person_id == meeting.chair_id
    standing = access.stand(work.actor, "meeting.speak" if presides else "meeting.call", meeting.organ_id)
    room.must_be("CALLED", "OPEN")
    wrong: dict[str, tuple[Text, ...]] = {}
    if not reason.strip():
        wrong["reason"] = (Text("请填写更换记录人的理由。", "Say why the recorder is changed."),)
    if recorder_id == meeting.recorder_id:
        wrong["recorder_id"] = (Text("该人员已是本次会议的记录人。", "This is the recorder already."),)
    elif recorder_id in room.members or not may_keep(work, meeting.organ_id, recorder_id):
        wrong["recorder_id"] = (NO_RECORDER,)
    if wrong:
        raise InvalidAnswers(wrong)
    before, meeting.recorder_id = meeting.recorder_id, recorder_id
    work.record(
        "meeting.recorder_changed", meeting.chain, standing=standing, said={"reason": reason}, recorder=recorder_id,
        before=before,
    )  # fmt: skip
    return meeting


def close_meeting(work: Work, meeting_id: str, *, put_off: Mapping[str, str] | None = None) -> Warned:
    """Close the meeting: every item is decided, withdrawn, or put off now with a reason (*put_off*: item -> why).

    Everybody still here is noted as leaving. Warns where the quorum was lost. Raises `Unlawful` (R-MTG-23) while an
    item is neither settled nor put off.
    """
    room = enter(work, meeting_id, "meeting.close")
    standing = room.keeper()
    room.must_be("OPEN")
    reasons = dict(put_off or {})
    for item in room.items():
        if item.state == "PENDING" and reasons.get(item.id, "").strip():
            _put_off(room, item, reasons[item.id])
        elif item.state not in {"DECIDED", "SIGNED", "WITHDRAWN", *TO_COME_BACK}:
            raise unlawful(
                work, "R-MTG-23",
                Text(
                    f"议题“{item.title}”尚未讨论决定，不得随意取消。请讨论决定，或者说明留待以后讨论的理由。",
                    f"The item “{item.title}” is undecided and not dropped at will. Decide it, or say why it waits.",
                ),
            )  # fmt: skip
    wrong = room.quorum("ORDINARY", len(room.present))
    warnings = (("R-MTG-02", wrong),) if wrong is not None else ()
    for one in _intervals(room):
        one.left_at = work.now
    room.meeting.status, room.meeting.closed_at = "CLOSED", work.now
    work.record(
        "meeting.closed", room.meeting.chain, standing=standing, present=room.present,
        outcomes=[[one.id, one.state, one.outcome] for one in room.items()], warnings=[rule for rule, _ in warnings],
        said={"put_off": reasons},
    )  # fmt: skip
    return Warned(room.meeting, warnings)


def _put_off(room: Room, item: AgendaItem, reason: str) -> None:
    item.state, item.put_off_reason = "PUT_OFF", reason
    room.work.session.add(
        AgendaChange(
            meeting_id=room.meeting.id, item_id=item.id, kind="WITHDRAW", what=item.title, reason=reason,
            approved_by=room.meeting.chair_id, by=room.work.actor.person_id, at=room.work.now,
        )
    )  # fmt: skip


def _settle_members(room: Room) -> None:
    """Make the register of today who is due, and its rules the rules of the meeting: from now on they are frozen."""
    work, meeting = room.work, room.meeting
    body = work.session.get_one(Body, meeting.body_id)
    overlays = tuple(work.session.get_one(Organ, meeting.organ_id).overlays)
    meeting.procedure = rules.procedure.in_force(body.kind, work.today, overlays, body.parameters)
    today = {one.person_id: one for one in members_on(work, meeting)}
    if sum(one.is_principal for one in today.values()) != 1:
        raise InvalidAnswers(
            {"body": (Text("该会议当前没有明确的主要负责人。", "The body has no one principal."),)}
        )
    for person in [one for one in room.members if one not in today]:
        work.session.delete(room.members.pop(person))
    for person, one in today.items():
        known = room.members.get(person)
        if known is None:
            work.session.add(one)
            room.members[person] = one
        else:
            known.rank, known.title, known.is_principal = one.rank, one.title, one.is_principal
    room.members = dict(sorted(room.members.items(), key=lambda pair: pair[1].rank))
    work.session.flush()


def _only_members(room: Room, people: Sequence[str]) -> None:
    if set(people) - set(room.members):
        raise InvalidAnswers(
            {
                "members": (
                    Text("其中有人不是本次会议的组成人员。", "Somebody named is no member of the meeting."),
                )
            }
        )


def _note_absences(room: Room, absences: Mapping[str, str]) -> None:
    for person, reason in absences.items():
        if person not in room.here and room.work.session.get(Leave, (room.meeting.id, person)) is None:
            room.work.session.add(
                Leave(
                    meeting_id=room.meeting.id, person_id=person, reason=reason,
                    entered_by=room.work.actor.person_id,
                )
            )  # fmt: skip
    room.work.session.flush()


def cannot_pass(room: Room) -> Text | None:
    """Return why a quorate body of those *room* shows can pass nothing: fewer are here than must say yes."""
    due, here = len(room.members), len(room.present)
    needed = needed_to_pass(due)
    if room.rule("decision_rule") != "MAJORITY_OF_DUE" or here >= needed:
        return None
    return Text(
        f"达到法定人数，但应到{due}人、实到{here}人，任何议题都须{needed}票赞成，本次会议不能通过任何议题。",
        f"Quorate, but {here} of {due} are here and {needed} must say yes: nothing can pass.",
    )


def _warnings(room: Room) -> tuple[tuple[str, Text], ...]:
    """Return what a quorate meeting still cannot do: pass anything, or take up an item of a weightier category."""
    nothing = cannot_pass(room)
    found: list[tuple[str, Text]] = [("R-MTG-06", nothing)] if nothing is not None else []
    for category in dict.fromkeys(one.category for one in room.items() if one.state == "PENDING"):
        wrong = room.quorum(category, len(room.present))
        if wrong is not None:
            found.append((QUORUMS[category][0], wrong))
    return tuple(found)


# -- coming and going ------------------------------------------------------------------------------------------


def arrive(work: Work, meeting_id: str, *, person_id: str | None = None) -> Attendance:
    """Note that a member came in: oneself, or through the recorder; before the opening this is signing in.

    A latecomer is heard on the item before the meeting: it goes back to its members, and the principal speaks again
    last. Once the vote is open the latecomer takes no part in this item. Raises `Conflict` for who is here.
    """
    room = enter(work, meeting_id, "room.arrive")
    person, standing, entered_by = room.speaks_for(person_id)
    room.must_be("CALLED", "OPEN")
    if person in room.here:
        raise Conflict(Text("已经签到。", "The member is in the room already."))
    item = room.busy_with()
    interval = _come_in(room, "MEMBER", person, entered_by)
    if item is not None and item.state in IN_DISCUSSION:
        sitting = seat(room, item)
        if person not in sitting.recused:
            put(
                work, sitting.case, rules.ARRIVES, {"at": work.now.isoformat()}, standing, "member.arrived",
                item=person, room=sitting.about(),
            )  # fmt: skip
            reopened = item.state == "PRINCIPAL_SPOKEN" and person not in sitting.positions
            sitting.moves("MEMBERS_SPEAKING" if reopened else None)
    work.record(
        "room.arrived", room.meeting.chain, standing=standing, member=person, during=item.id if item else None
    )
    return interval


def depart(work: Work, meeting_id: str, *, person_id: str | None = None, reason: str = "") -> Attendance:
    """Note that a member left. Raises `NotReady` for who is not here."""
    room = enter(work, meeting_id, "room.depart")
    person, standing, _ = room.speaks_for(person_id)
    room.must_be("CALLED", "OPEN")
    interval = next((one for one in _intervals(room) if one.person_id == person), None)
    if interval is None:
        raise NotReady(Text("该人员不在会场。", "The member is not in the room."))
    interval.left_at, interval.leaving_reason = work.now, reason or None
    room.here.discard(person)
    work.session.flush()
    item = room.busy_with()
    if item is not None and item.state != "VOTED":
        sitting = seat(room, item)
        if person not in sitting.recused:
            said = {"at": work.now.isoformat(), "reason": reason or None}
            about: dict[str, Any] = {"room": sitting.about()}
            put(work, sitting.case, rules.LEAVES, said, standing, "member.left", item=person, **about)
            excuse_who_left(sitting, standing)
            sitting.moves()
    work.record(
        "room.departed", room.meeting.chain, standing=standing, said={"reason": reason}, member=person,
        during=item.id if item else None,
    )  # fmt: skip
    return interval


def admit(work: Work, meeting_id: str, guest: Guest) -> Attendance:
    """Let somebody attend without a vote (列席, 专家); the recorder notes it."""
    room = enter(work, meeting_id, "room.admit")
    standing = room.keeper()
    room.must_be("CALLED", "OPEN")
    interval = _guest(room, guest)
    work.record(
        "room.admitted", room.meeting.chain, standing=standing, said={"name": guest.name, "position": guest.position},
        attendance=interval.id, attending_as=guest.kind,
    )  # fmt: skip
    return interval


def dismiss(work: Work, attendance_id: str) -> Attendance:
    """Note that somebody who attended without a vote left."""
    interval = work.session.get(Attendance, attendance_id)
    if interval is None or interval.kind == "MEMBER":
        raise NotFound
    room = enter(work, interval.meeting_id, "room.dismiss")
    standing = room.keeper()
    if interval.left_at is not None:
        raise NotReady(Text("该人员已经离场。", "The person has left."))
    interval.left_at = work.now
    work.record("room.dismissed", room.meeting.chain, standing=standing, attendance=interval.id)
    return interval


def _come_in(room: Room, kind: str, person_id: str, entered_by: str | None = None) -> Attendance:
    work = room.work
    member = room.members.get(person_id)
    own = work.actor.person_id == person_id
    interval = Attendance(
        meeting_id=room.meeting.id, person_id=person_id, name=work.session.get_one(Person, person_id).name,
        position=member.title if member else "", kind=kind, arrived_at=work.now,
        entered_by=None if own else entered_by or work.actor.person_id,
    )  # fmt: skip
    work.session.add(interval)
    work.session.flush()
    room.here.add(person_id)
    return interval


def _guest(room: Room, guest: Guest) -> Attendance:
    work = room.work
    if guest.kind not in KINDS[1:] or not guest.name.strip() or guest.person_id in room.members:
        raise InvalidAnswers(
            {"guest": (Text("列席人员须写明姓名，且不是组成人员。", "A guest has a name and is no member."),)}
        )
    if guest.person_id is not None and work.session.get(Person, guest.person_id) is None:
        raise InvalidAnswers({"guest": (Text("系统中没有此人。", "There is no such person."),)})
    if guest.person_id is not None and guest.person_id in room.here:
        raise Conflict(Text("已经到会。", "The person is in the room already."))
    interval = Attendance(
        meeting_id=room.meeting.id, person_id=guest.person_id, name=guest.name, position=guest.position,
        kind=guest.kind, arrived_at=work.now, entered_by=work.actor.person_id,
    )  # fmt: skip
    work.session.add(interval)
    work.session.flush()
    if guest.person_id is not None:
        room.here.add(guest.person_id)
    return interval


def _intervals(room: Room) -> list[Attendance]:
    return list(
        room.work.session.scalars(
            select(Attendance).where(Attendance.meeting_id == room.meeting.id, Attendance.left_at.is_(None))
        )
    )


# -- recusal -----------------------------------------------------------------------------------------------------


def recuse(
    work: Work,
    item_id: str,
    *,
    ground: str,
    explanation: str,
    initiated_by: str = "SELF",
    person_id: str | None = None,
    approved_by: str | None = None,
) -> Recusal:
    """Recuse a member from an item (R-MTG-15): oneself, or through the recorder, at the latest before the vote.

    *ground*: `OWN_INTEREST`, `RELATIVE_INTEREST`, `OTHER`; *initiated_by*: `SELF`, `INTERESTED_PERSON`, `ORGAN`. Who is
    recused stays due and leaves for discussion and vote. A recusal takes a vote away: unless the member asks on an own
    device, *approved_by* names the chair or the principal, never the person concerned. Raises `Unlawful` (R-MTG-16),
    `Conflict`, `NotReady` (the vote has begun).
    """
    sitting = sit(work, item_id, "member.recuse")
    person, standing, entered_by = sitting.room.speaks_for(person_id)
    sitting.must_be("PENDING", *IN_DISCUSSION)
    if ground not in GROUNDS or initiated_by not in INITIATORS or not explanation.strip():
        raise unlawful(
            work, "R-MTG-16",
            Text("回避须写明事由和提出方式。", "A recusal states its ground and who asked for it."),
        )  # fmt: skip
    if person in sitting.recused:
        raise Conflict(Text("已经回避。", "The member is recused already."))
    approver = (
        {} if entered_by is None and initiated_by == "SELF" else _approves(sitting, person, approved_by)
    )
    live = sitting.item.state != "PENDING"
    recusal = Recusal(
        item_id=item_id, person_id=person, ground=ground, explanation=explanation, initiated_by=initiated_by,
        entered_by=entered_by or person, at=work.now, left_at=work.now if live else None,
    )  # fmt: skip
    work.session.add(recusal)
    work.session.flush()
    sitting.recused.add(person)
    sitting.moves()
    said = {
        "at": work.now.isoformat(),
        "ground": f"{GROUNDS[ground].zh}：{explanation}",
        "initiated_by": initiated_by,
    }
    if live:
        room: dict[str, Any] = {"room": sitting.about(recusal=recusal.id), **approver}
        put(work, sitting.case, rules.RECUSES, said, standing, "member.recused", item=person, **room)
        excuse_who_left(sitting, standing)
    else:
        work.record(
            "member.recused", sitting.case, standing=standing, said=said, member=person,
            room=sitting.about(recusal=recusal.id), **approver,
        )  # fmt: skip
    return recusal


def _approves(sitting: Sitting, person: str, approved_by: str | None) -> dict[str, Any]:
    """Return who approved that *person* is recused, for the event; the person concerned never does."""
    if approved_by is None or approved_by not in sitting.room.approvers - {person}:
        raise unlawful(
            sitting.work, "R-MTG-16",
            Text(
                "非本人在系统中申请的回避，须经主持人或者主要负责人批准，当事人不得自行批准。",
                "A recusal the member does not ask for in person needs the approval of the chair or the principal, "
                "never of the person concerned.",
            ),
        )  # fmt: skip
    return {"approved_by": approved_by}


# -- emergency items ---------------------------------------------------------------------------------------------


def consent(work: Work, item_id: str, consents: bool, *, person_id: str | None = None) -> EmergencyConsent:
    """Agree, or not, to an emergency item being taken up; each member present once. Raises `Conflict`."""
    sitting = sit(work, item_id, "emergency.consent")
    person, standing, entered_by = sitting.room.speaks_for(person_id)
    sitting.room.must_be("OPEN")
    sitting.must_be("PENDING")
    sitting.must_deliberate(person)
    if not sitting.item.emergency:
        raise NotReady(Text("该议题不是临时紧急议题。", "This is no emergency item."))
    if work.session.get(EmergencyConsent, (item_id, person)) is not None:
        raise Conflict(Text("已经表明是否同意。", "The member has said so already."))
    row = EmergencyConsent(
        item_id=item_id, person_id=person, consents=consents, entered_by=entered_by, at=work.now
    )
    work.session.add(row)
    work.session.flush()
    sitting.moves()
    work.record(
        "emergency.consented", sitting.case, standing=standing, said={"consents": consents}, member=person,
        room=sitting.about(),
    )  # fmt: skip
    return row


def emergency_is_agreed(sitting: Sitting) -> None:
    """Refuse an emergency item that too few of the members present agree to (R-MTG-11)."""
    if not sitting.item.emergency:
        return
    agreed = sitting.work.session.scalars(
        select(EmergencyConsent.person_id).where(
            EmergencyConsent.item_id == sitting.item.id, EmergencyConsent.consents.is_(True)
        )
    ).all()
    yes, here = len(set(agreed) & set(sitting.room.present)), len(sitting.room.present)
    share: Fraction = sitting.room.share("emergency_consent")
    if here and yes * share.denominator >= here * share.numerator:
        return
    raise unlawful(
        sitting.work, "R-MTG-11",
        Text(
            f"临时紧急议题须经到会人员{share.denominator}分之{share.numerator}以上同意，现{here}人到会、{yes}人同意。",
            f"An emergency item needs the consent of {share} of the members present: {yes} of {here} agree.",
        ),
    )  # fmt: skip
