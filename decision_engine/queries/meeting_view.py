"""A meeting as one person in it sees it now: agenda, heads, quorum, the speaking queue, the vote, what was decided.

Pure: from `Rows` and the `Viewer`. What somebody may not see is not there at all (R-MTG-28):

* statements, and which way anybody voted, only for who is in the room (and not recused from the item) until the
  meeting is closed, and afterwards for all who may see the meeting;
* to a guest, nothing but the items he or she is or was in the room for;
* of a vote that is open: who has voted, never what; of a secret one never what, only the totals when it is closed;
* a written opinion only for its author and the recorder until it was read out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from decision_engine.language import Text
from decision_engine.models import AgendaItem, Attendance, Statement, Vote
from decision_engine.queries.meeting_quorum import Quorum, quorum
from decision_engine.queries.meeting_rows import Rows, Who
from decision_engine.queries.meetings import Feed, Viewer
from decision_engine.queries.minutes_facts import dissents

POSITIONS = frozenset({"OPINION", "WAIVER"})
DISCUSSED = frozenset({"REPORTED", "MEMBERS_SPEAKING", "PRINCIPAL_SPOKEN", "VOTING", "VOTED"})


@dataclass(frozen=True, slots=True)
class Member:
    """A member due. *state*: `PRESENT`, `LEFT`, `ON_LEAVE` (asked), `ABSENT` (a reason stands), `AWAITED`."""

    person_id: str
    name: str
    post: str
    is_principal: bool
    is_chair: bool
    state: str
    arrived_at: datetime | None
    left_at: datetime | None
    reason: str | None
    noticed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody in the room without a vote, or who was; *id* names the attendance."""

    id: str
    person_id: str | None
    name: str
    position: str
    kind: str
    arrived_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Said:
    """A statement as it is shown; *confirmed*: None where the speaker entered it, else whether it was checked."""

    id: str
    seq: int
    person_id: str
    name: str
    kind: str
    stance: str | None
    text: str
    at: datetime
    entered_by: str | None
    confirmed: bool | None
    objection: str | None


@dataclass(frozen=True, slots=True)
class Speaker:
    """A place in the speaking queue. *state*: `WAITING`, `SPOKEN`, `WAIVED`, `RECUSED`."""

    person_id: str
    name: str
    is_principal: bool
    state: str


@dataclass(frozen=True, slots=True)
class VoteView:
    """A vote. *voted*: who has; *choices*: who voted what, only of a named one that is closed; *mine*: one's own."""

    id: str
    subject: str | None
    method: str
    state: str
    due: int
    present: int
    electors: tuple[str, ...]
    voted: tuple[str, ...]
    mine: str | None
    choices: Mapping[str, str] | None
    yes: int | None
    no: int | None
    abstain: int | None
    passed: bool | None
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class RecusalView:
    """A recusal; why, for those in the room only."""

    person_id: str
    name: str
    ground: str
    explanation: str | None
    initiated_by: str
    left_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpinionView:
    """A written opinion; *text* once it was read out, for its author and the recorder before."""

    id: str
    person_id: str
    name: str
    text: str | None
    given_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A paper delivered to a member, and when it was opened."""

    id: str
    person_id: str
    name: str
    document_id: str
    title: str
    number: int
    sha256: str
    delivered_at: datetime
    opened_at: datetime | None


@dataclass(frozen=True, slots=True)
class DissentView:
    """Who differed from what was decided, in which words, and whether the author confirmed them."""

    person_id: str
    name: str
    text: str
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item of the agenda. *audible*: the viewer may know what was said on it now.

    *floor_open*: the principal may speak now; if not, *floor_waits_for* names those who are still to be heard.
    """

    item: AgendaItem
    case_label: str
    leader: str | None
    reporter: str | None
    report: str | None
    override_reasons: str | None
    candidates: tuple[Mapping[str, Any], ...]
    consents: Mapping[str, bool]
    audible: bool
    quorum: Quorum | None
    queue: tuple[Speaker, ...]
    floor_open: bool
    floor_reason: Text | None
    floor_waits_for: tuple[str, ...]
    statements: tuple[Said, ...]
    votes: tuple[VoteView, ...]
    recusals: tuple[RecusalView, ...]
    opinions: tuple[OpinionView, ...]
    deliveries: tuple[DeliveryView, ...]
    dissents: tuple[DissentView, ...]


@dataclass(frozen=True, slots=True)
class MeetingView:
    """A meeting as one person sees it; *now*: the id of the item that is before it."""

    feed: Feed
    body: str
    organ: str
    chair: str
    recorder: str
    members: tuple[Member, ...]
    guests: tuple[Guest, ...]
    due: int
    present: int
    quorums: tuple[Quorum, ...]
    now: str | None
    items: tuple[ItemView, ...]
    changes: tuple[Mapping[str, Any], ...]


def view(feed: Feed, rows: Rows, people: Mapping[str, Who]) -> MeetingView:
    """Return *rows* as the viewer of *feed* may see them; pure."""
    members = tuple(_member(rows, one, people) for one in rows.members)
    present = sum(one.state == "PRESENT" for one in members)
    categories = dict.fromkeys(("ORDINARY", *(one.category for one in rows.items)))
    return MeetingView(
        feed=feed,
        body=rows.body,
        organ=rows.organ,
        chair=people[rows.meeting.chair_id].name,
        recorder=people[rows.meeting.recorder_id].name,
        members=members,
        guests=tuple(_guest(one) for one in rows.attendance if one.kind != "MEMBER"),
        due=len(members),
        present=present,
        quorums=tuple(quorum(one, len(members), present, rows.meeting.procedure) for one in categories),
        now=next((one.id for one in rows.items if one.state in {"TAKEN_UP", *DISCUSSED}), None),
        items=tuple(
            _item(feed.viewer, rows, one, people) for one in rows.items if concerns(feed.viewer, rows, one)
        ),
        changes=tuple(
            {
                "kind": one.kind, "what": one.what, "reason": one.reason, "item_id": one.item_id, "at": one.at,
                "by": people[one.by].name, "approved_by": people[one.approved_by].name,
            }
            for one in rows.changes
        ),
    )  # fmt: skip


def hears(viewer: Viewer, rows: Rows, item: AgendaItem) -> bool:
    """Tell whether somebody may know what was said on *item*, and who voted how.

    A guest knows of the items during which he or she was in the room, then and later.
    """
    if viewer.member or viewer.chair or viewer.recorder:
        if rows.meeting.status == "CLOSED":
            return True
        return viewer.hears and viewer.person_id not in rows.recused(item.id)
    if viewer.is_guest:
        return _was_there(viewer, rows, item)
    return viewer.may_see and (rows.meeting.status == "CLOSED" or _was_there(viewer, rows, item))


def concerns(viewer: Viewer, rows: Rows, item: AgendaItem) -> bool:
    """Tell whether *item* is shown at all: a guest is shown the items he or she is in the room for, or reports on."""
    return not viewer.is_guest or item.reporter_id == viewer.person_id or _was_there(viewer, rows, item)


def _was_there(viewer: Viewer, rows: Rows, item: AgendaItem) -> bool:
    begun, ended = item.taken_up_at, item.decided_at
    return begun is not None and any(
        (ended is None or one.arrived_at < ended) and (one.left_at is None or one.left_at > begun)
        for one in rows.attendance
        if one.person_id == viewer.person_id
    )


# -- heads -------------------------------------------------------------------------------------------------


def _member(rows: Rows, one: Any, people: Mapping[str, Who]) -> Member:
    times = [spell for spell in rows.attendance if spell.person_id == one.person_id]
    leave = rows.leaves.get(one.person_id)
    return Member(
        person_id=one.person_id,
        name=people[one.person_id].name,
        post=one.title,
        is_principal=one.is_principal,
        is_chair=one.person_id == rows.meeting.chair_id,
        state=_state(times, leave),
        arrived_at=times[0].arrived_at if times else None,
        left_at=times[-1].left_at if times else None,
        reason=leave.reason if leave else None,
        noticed_at=one.noticed_at,
    )


def _state(times: Sequence[Attendance], leave: Any) -> str:
    if times:
        return "PRESENT" if times[-1].left_at is None else "LEFT"
    if leave is None:
        return "AWAITED"
    return "ON_LEAVE" if leave.asked_at is not None else "ABSENT"


def _guest(one: Attendance) -> Guest:
    return Guest(one.id, one.person_id, one.name, one.position, one.kind, one.arrived_at, one.left_at)


# -- one item ----------------------------------------------------------------------------------------------


def _item(viewer: Viewer, rows: Rows, item: AgendaItem, people: Mapping[str, Who]) -> ItemView:
    audible = hears(viewer, rows, item)
    deliberating = _deliberating(rows, item)
    reason, waits_for = _floor(rows, item, deliberating)
    busy = item.state == "TAKEN_UP" or item.state in DISCUSSED
    return ItemView(
        item=item,
        case_label=rows.labels[item.case_id],
        leader=_name(people, item.leader_in_charge_id),
        reporter=_name(people, item.reporter_id),
        report=item.report if audible else None,
        override_reasons=item.override_reasons if audible else None,
        candidates=tuple(
            {"id": one.id, "name": one.name, "post": one.post, "action": one.action, "outcome": one.outcome}
            for one in rows.of_item(rows.candidates, item.id)
        ),
        consents={one.person_id: one.consents for one in rows.of_item(rows.consents, item.id)},
        audible=audible,
        quorum=quorum(item.category, len(rows.members), len(deliberating), rows.meeting.procedure)
        if busy
        else None,
        queue=_queue(rows, item, deliberating, people) if busy else (),
        floor_open=item.state in DISCUSSED and reason is None,
        floor_reason=reason,
        floor_waits_for=waits_for,
        statements=tuple(_said(rows, one, people) for one in rows.of_item(rows.statements, item.id))
        if audible
        else (),
        votes=tuple(_vote(viewer, rows, one, audible=audible) for one in rows.of_item(rows.votes, item.id)),
        recusals=tuple(
            RecusalView(
                one.person_id, people[one.person_id].name, one.ground, one.explanation if audible else None,
                one.initiated_by, one.left_at, one.ended_at,
            )
            for one in rows.of_item(rows.recusals, item.id)
        ),
        opinions=_opinions(viewer, rows, item, people, audible=audible),
        deliveries=_deliveries(viewer, rows, item, people),
        dissents=tuple(
            DissentView(person, people[person].name, words, _confirmed(rows, item, person))
            for person, words in dissents(rows, item).items()
        )
        if audible
        else (),
    )  # fmt: skip


def _name(people: Mapping[str, Who], person_id: str | None) -> str | None:
    return people[person_id].name if person_id is not None else None


def _confirmed(rows: Rows, item: AgendaItem, person_id: str) -> datetime | None:
    found = rows.confirmed.get((item.id, person_id))
    return found.at if found is not None else None


def _deliberating(rows: Rows, item: AgendaItem) -> tuple[str, ...]:
    """Return the members in the room who are not recused from *item*, in order of rank."""
    away = rows.recused(item.id)
    return tuple(
        one.person_id for one in rows.members if one.person_id in rows.here and one.person_id not in away
    )


def _queue(
    rows: Rows, item: AgendaItem, deliberating: Sequence[str], people: Mapping[str, Who]
) -> tuple[Speaker, ...]:
    """Return who speaks: members by rank, the principal last, with what each has done."""
    away = rows.recused(item.id)
    taken = {
        one.person_id: one.kind for one in rows.of_item(rows.statements, item.id) if one.kind in POSITIONS
    }

    def place(person_id: str, *, principal: bool) -> Speaker:
        done = {"OPINION": "SPOKEN", "WAIVER": "WAIVED"}.get(taken.get(person_id, ""), "WAITING")
        return Speaker(person_id, people[person_id].name, principal, "RECUSED" if person_id in away else done)

    order = sorted(rows.members, key=lambda one: (one.is_principal, one.rank))
    return tuple(
        place(one.person_id, principal=one.is_principal)
        for one in order
        if one.person_id in deliberating or one.person_id in away or one.person_id in taken
    )


def _floor(rows: Rows, item: AgendaItem, deliberating: Sequence[str]) -> tuple[Text | None, tuple[str, ...]]:
    """Return why the principal may not speak yet and for whom that waits; None where the floor is open."""
    if item.state not in DISCUSSED:
        return Text("议题尚未进入讨论。", "The item is not being discussed."), ()
    statements: list[Statement] = rows.of_item(rows.statements, item.id)
    heard = {one.person_id for one in statements if one.kind in POSITIONS}
    silent = tuple(one for one in deliberating if one not in heard and one != rows.principal_id)
    if silent:
        return Text(
            "还有到会人员未发言，主要负责人末位发言。",
            "Members present have not spoken yet; the principal speaks last.",
        ), silent
    if rows.principal_id not in deliberating:
        return Text("主要负责人未到会或者已回避。", "The principal is absent or recused."), ()
    return None, ()


def _said(rows: Rows, one: Statement, people: Mapping[str, Who]) -> Said:
    sure = rows.confirmations.get(one.id)
    return Said(
        id=one.id,
        seq=one.seq,
        person_id=one.person_id,
        name=people[one.person_id].name,
        kind=one.kind,
        stance=one.stance,
        text=one.text,
        at=one.at,
        entered_by=_name(people, one.entered_by),
        confirmed=None if one.entered_by is None else sure is not None and sure.objection is None,
        objection=sure.objection if sure else None,
    )


def _vote(viewer: Viewer, rows: Rows, vote: Vote, *, audible: bool) -> VoteView:
    ballots = [one for one in rows.ballots if one.vote_id == vote.id]
    closed, secret = vote.state == "CLOSED", vote.method == "SECRET_BALLOT"
    subject = next((one for one in rows.candidates if one.id == vote.candidate_id), None)
    told = closed and audible
    return VoteView(
        id=vote.id,
        subject=subject.name if subject else None,
        method=vote.method,
        state=vote.state,
        due=vote.due,
        present=vote.present,
        electors=tuple(sorted(rows.electors.get(vote.id, ()))),
        voted=tuple(one.person_id for one in sorted(ballots, key=lambda one: one.person_id)),
        mine=next((one.choice for one in ballots if one.person_id == viewer.person_id), None),
        choices={one.person_id: one.choice for one in ballots if one.choice is not None}
        if told and not secret
        else None,
        yes=vote.yes if told else None,
        no=vote.no if told else None,
        abstain=vote.abstain if told else None,
        passed=vote.passed if told else None,
        opened_at=vote.opened_at,
        closed_at=vote.closed_at,
    )


def _opinions(
    viewer: Viewer, rows: Rows, item: AgendaItem, people: Mapping[str, Who], *, audible: bool
) -> tuple[OpinionView, ...]:
    return tuple(
        OpinionView(
            one.id,
            one.person_id,
            people[one.person_id].name,
            one.text
            if viewer.recorder or one.person_id == viewer.person_id or (audible and one.read_at is not None)
            else None,
            one.given_at,
            one.read_at,
        )
        for one in rows.of_item(rows.opinions, item.id)
    )


def _deliveries(
    viewer: Viewer, rows: Rows, item: AgendaItem, people: Mapping[str, Who]
) -> tuple[DeliveryView, ...]:
    """Return one's own deliveries; all of them for those who see to delivering, and for auditors."""
    all_of_them = viewer.recorder or viewer.office or viewer.auditor
    return tuple(
        DeliveryView(
            one.id, one.person_id, people[one.person_id].name, one.document_id, rows.titles[one.document_id],
            one.number, one.sha256, one.delivered_at, rows.openings.get(one.id),
        )
        for one in rows.of_item(rows.deliveries, item.id)
        if all_of_them or one.person_id == viewer.person_id
    )  # fmt: skip
