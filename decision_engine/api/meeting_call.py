"""Before a meeting: calling it, its agenda, its papers, leave and written opinions; and the room all its acts share.

Acts in a meeting one may not see find nothing; auditors act in none. What is done while it lasts is in `meeting_room`,
which adds its routes to the same room.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from decision_engine import rules
from decision_engine.api.fields import Nothing
from decision_engine.api.meeting_said import (
    AddedItemSaid,
    CalledOut,
    ChairSaid,
    ChangeSaid,
    DeliveredOut,
    DoneAtOut,
    ItemActOut,
    ItemsActOut,
    LeaveSaid,
    MaterialSaid,
    MeetingActOut,
    MeetingSaid,
    RecorderSaid,
    SwapSaid,
    WordsSaid,
)
from decision_engine.api.room import Room
from decision_engine.commands import meetings as commands
from decision_engine.errors import Forbidden, NotFound
from decision_engine.language import Text
from decision_engine.models import (
    AgendaItem,
    MaterialDelivery,
    Meeting,
)
from decision_engine.queries.meetings import feed_of
from decision_engine.work import Work

room = Room("meeting_room", "会场办理", "In the meeting room")

MEETING, ITEM = "/meetings/<id:meeting_id>", "/meetings/<id:meeting_id>/items/<id:item_id>"


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
    enter(work, meeting_id, "agenda.add")
    item = commands.add_item(
        work, meeting_id, _plan(said), reason=said["reason"], approved_by=said["approved_by"]
    )
    return item_done(work, item)


@room.act("POST", f"{ITEM}/withdrawal", "撤下议题", "Withdraw an item", takes=ChangeSaid, answer=ItemActOut)
def withdraw_item(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Take an item off the agenda before it is taken up, with reason and approver."""
    item_of(work, meeting_id, item_id, "agenda.withdraw")
    return item_done(work, commands.withdraw_item(work, item_id, **said))


@room.act("POST", f"{ITEM}/swap", "调换议题", "Exchange two items", takes=SwapSaid, answer=ItemsActOut)
def swap_items(work: Work, said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Exchange the places of two items that wait, with reason and approver."""
    item_of(work, meeting_id, item_id, "agenda.swap")
    swapped = commands.swap_items(work, item_id, **said)
    return {"items": list(swapped), "receipt": work.receipts[-1]}


@room.act(
    "POST", f"{MEETING}/cancellation", "取消会议", "Cancel a meeting", takes=ChangeSaid, answer=MeetingActOut
)
def cancel_meeting(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Cancel a meeting that was not opened, with reason and approver."""
    enter(work, meeting_id, "meeting.cancel")
    return meeting_done(work, commands.cancel_meeting(work, meeting_id, **said))


@room.act("POST", f"{MEETING}/chair", "变更主持人", "Change the chair", takes=ChairSaid, answer=MeetingActOut)
def change_chair(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Let another member preside, before the meeting opens."""
    enter(work, meeting_id, "meeting.chair")
    return meeting_done(
        work, commands.change_chair(work, meeting_id, said["chair_id"], reason=said["reason"])
    )


@room.act(
    "POST",
    f"{MEETING}/recorder",
    "更换记录人",
    "Change the recorder",
    takes=RecorderSaid,
    answer=MeetingActOut,
)
def change_recorder(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Let somebody else keep the record, before the meeting or while it lasts."""
    enter(work, meeting_id, "meeting.recorder")
    changed = commands.change_recorder(work, meeting_id, said["recorder_id"], reason=said["reason"])
    return meeting_done(work, changed)


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
    item_of(work, meeting_id, item_id, "material.deliver")
    made = commands.deliver_materials(work, item_id, said["document_id"], said.get("person_ids") or None)
    return {"deliveries": made, "receipt": work.receipts[-1]}


@room.act(
    "POST", f"{MEETING}/deliveries/<id:delivery_id>/opening", "打开材料", "Open a delivered paper", takes=Nothing,
    answer=DoneAtOut,
)  # fmt: skip
def open_material(work: Work, _said: dict[str, Any], meeting_id: str, delivery_id: str) -> dict[str, Any]:
    """Note that the member opened what was delivered; the first time counts."""
    delivery = work.session.get(MaterialDelivery, delivery_id)
    item_of(work, meeting_id, delivery.item_id if delivery else None, "material.open")
    return noted(work, delivery_id, commands.open_material(work, delivery_id).at)


@room.act("POST", f"{MEETING}/leave", "请假", "Ask leave", takes=LeaveSaid, answer=DoneAtOut, status=201)
def ask_leave(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Ask leave of absence before the meeting opens."""
    enter(work, meeting_id, "leave.ask")
    leave = commands.ask_leave(work, meeting_id, said["reason"], person_id=said.get("person_id"))
    return noted(work, leave.person_id, leave.asked_at)


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
    item_of(work, meeting_id, item_id, "opinion.write")
    opinion = commands.give_written_opinion(work, item_id, said["text"], person_id=said.get("person_id"))
    return noted(work, opinion.id, opinion.given_at)


# -- in and out, for every act of a meeting ---------------------------------------------------------------


def enter(work: Work, meeting_id: str, act: str) -> Meeting:
    """Let nobody act in a meeting he or she may not see, and no auditor in any."""
    feed = feed_of(work, meeting_id)
    work.tries(feed.meeting.chain, act, meeting=meeting_id)
    if feed.viewer.auditor:
        raise Forbidden(
            Text("审计（监督）人员只能查阅，不能办理。", "Auditors read; they do not act."), rule="R-ACC-07"
        )
    return feed.meeting


def item_of(work: Work, meeting_id: str, item_id: str | None, act: str) -> AgendaItem:
    """Return the item of this meeting, for *act*. Raises `NotFound`, also for who may not see the meeting."""
    enter(work, meeting_id, act)
    item = work.session.get(AgendaItem, item_id) if item_id is not None else None
    if item is None or item.meeting_id != meeting_id:
        raise NotFound
    return item


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
        departures=exceptions_of(said),
    )


def exceptions_of(said: dict[str, Any]) -> tuple[rules.Departure, ...]:
    """Take the exceptions out of what was *said*."""
    claimed = said.pop("exceptions", ())
    return tuple(rules.Departure(one["rule"], one["reason"], one["approver"]) for one in claimed)


def meeting_done(work: Work, meeting: Meeting, warnings: tuple[tuple[str, Text], ...] = ()) -> dict[str, Any]:
    """Answer an act on the meeting."""
    told = [{"rule": rule, "reason": reason} for rule, reason in warnings]
    return {"meeting": meeting, "warnings": told, "receipt": work.receipts[-1]}


def item_done(work: Work, item: AgendaItem) -> dict[str, Any]:
    """Answer an act on an item."""
    return {"item": item, "receipt": work.receipts[-1]}


def noted(work: Work, one: str, at: datetime | None) -> dict[str, Any]:
    """Answer that something was noted, and when; without a receipt where it was known already."""
    return {"id": one, "at": at, "receipt": work.receipts[-1] if work.receipts else None}
