"""The meeting room's verbs: call a meeting, hold it, discuss, vote and decide its items.

Each verb takes the `Work` of its unit of work first, checks right and state inside the transaction, and records one
event: on the item's case where it is about an item, on the meeting's own chain `meeting:<id>` where it is about the
room; who comes or goes while an item is discussed is noted on both.
"""

from decision_engine.commands.meetings.agenda import add_item, cancel_meeting, swap_items, withdraw_item
from decision_engine.commands.meetings.attendance import (
    Guest,
    Warned,
    admit,
    arrive,
    change_chair,
    change_recorder,
    close_meeting,
    consent,
    depart,
    dismiss,
    open_meeting,
    recuse,
)
from decision_engine.commands.meetings.bodies import replace_member, set_rule
from decision_engine.commands.meetings.breaking_off import break_off_item
from decision_engine.commands.meetings.convening import Plan, Subject, call_meeting
from decision_engine.commands.meetings.discussion import (
    add,
    ask,
    confirm_statement,
    explain,
    read_out,
    report_item,
    speak,
    take_up_item,
    waive,
)
from decision_engine.commands.meetings.papers import (
    ask_leave,
    deliver_materials,
    give_written_opinion,
    open_material,
)
from decision_engine.commands.meetings.voting import cast, close_vote, decide, open_vote

__all__ = [
    "Guest",
    "Plan",
    "Subject",
    "Warned",
    "add",
    "add_item",
    "admit",
    "arrive",
    "ask",
    "ask_leave",
    "break_off_item",
    "call_meeting",
    "cancel_meeting",
    "cast",
    "change_chair",
    "change_recorder",
    "close_meeting",
    "close_vote",
    "confirm_statement",
    "consent",
    "decide",
    "deliver_materials",
    "depart",
    "dismiss",
    "explain",
    "give_written_opinion",
    "open_material",
    "open_meeting",
    "open_vote",
    "read_out",
    "recuse",
    "replace_member",
    "report_item",
    "set_rule",
    "speak",
    "swap_items",
    "take_up_item",
    "waive",
    "withdraw_item",
]
