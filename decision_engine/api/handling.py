"""Between people: countersigning (加签), copies (抄送), urging (催办), taking back (撤回), agreed days (办理时限)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from decision_engine.api.cases import RecordOut
from decision_engine.api.fields import ActOut, CalendarDay, Flag, Id, Moment, Object, ReasonSaid, Said
from decision_engine.api.room import Room
from decision_engine.api.tasks import CaseBriefOut, TaskActOut, TaskOut
from decision_engine.commands import handling as commands
from decision_engine.forms.fields import Listing, LongText
from decision_engine.models import Task
from decision_engine.queries import handling, tasks
from decision_engine.work import Work

room = Room("handling", "办理协作", "Handling between people")


# -- what is said ----------------------------------------------------------------------------------------


class AskSaid(Said):
    """Whose view is asked for, on what."""

    persons = Listing("加签人员", "People asked", Id("人员", "Person"), required=True, least=1, most=20)
    question = LongText("征求的问题", "What is asked", required=True, most=2000)


class ViewSaid(Said):
    """The view, as its form asks for it (`countersign_opinion`)."""

    answers = Object("表单内容", "The answers, as the form asks for them", required=True)


class CopySaid(Said):
    """To whom a copy goes, with what note."""

    persons = Listing("抄送人员", "People told", Id("人员", "Person"), required=True, least=1, most=20)
    note = LongText("说明", "Note", required=True, most=2000)
    task_id = Id("事项", "The step it is about")


class UrgeSaid(Said):
    """What is said when urging."""

    note = LongText("催办意见", "Note", required=True, most=2000)


class AgreedDaySaid(ReasonSaid):
    """The agreed day, and why."""

    due_on = CalendarDay("办理时限", "Agreed day", required=True)


class CopiesQuery(Said):
    """Which copies."""

    unread = Flag("仅未阅", "Unread only", default=False)


# -- what is answered ------------------------------------------------------------------------------------


class CountersignOut(Schema):
    """A view that was asked for."""

    id = fields.String()
    task_id = fields.String()
    case_id = fields.String()
    asked_by = fields.String()
    person_id = fields.String()
    question = fields.String()
    asked_at = Moment()
    stance = fields.String(allow_none=True)
    answered_at = Moment(allow_none=True)
    entry = fields.Integer(allow_none=True)
    withdrawn_at = Moment(allow_none=True)


class AskedOut(Schema):
    """A view that was asked for, with its step, its case, and names."""

    countersign = fields.Nested(CountersignOut)
    task = fields.Nested(TaskOut)
    case = fields.Nested(CaseBriefOut)
    asker = fields.String()
    asked = fields.String()


class ViewsOut(Schema):
    """Views that were asked for."""

    items = fields.List(fields.Nested(AskedOut))


class CountersignsOut(ActOut):
    """The questions put, and the receipt."""

    countersigns = fields.List(fields.Nested(CountersignOut))


class ViewOut(ActOut):
    """The record that holds the view, and the receipt."""

    record = fields.Nested(RecordOut)


class CopyOut(Schema):
    """A copy sent to somebody."""

    id = fields.String()
    case_id = fields.String()
    task_id = fields.String(allow_none=True)
    from_id = fields.String()
    to_id = fields.String()
    note = fields.String()
    sent_at = Moment()
    read_at = Moment(allow_none=True)
    withdrawn_at = Moment(allow_none=True)


class CopiedOut(Schema):
    """A copy with its case, and names."""

    copy = fields.Nested(CopyOut)
    case = fields.Nested(CaseBriefOut)
    sender = fields.String()
    receiver = fields.String()


class CopiesOut(Schema):
    """Copies sent to the asker."""

    items = fields.List(fields.Nested(CopiedOut))


class CopiesSentOut(ActOut):
    """The copies sent, and the receipt."""

    copies = fields.List(fields.Nested(CopyOut))


class UrgingOut(Schema):
    """A reminder."""

    id = fields.String()
    task_id = fields.String()
    case_id = fields.String()
    by_id = fields.String()
    note = fields.String()
    at = Moment()


class UrgedOut(ActOut):
    """The reminder, and the receipt."""

    urging = fields.Nested(UrgingOut)


class ReminderOut(Schema):
    """A reminder with its step, its case, and who urged."""

    urging = fields.Nested(UrgingOut)
    task = fields.Nested(TaskOut)
    case = fields.Nested(CaseBriefOut)
    by = fields.String()


class RemindersOut(Schema):
    """Reminders about steps the asker holds."""

    items = fields.List(fields.Nested(ReminderOut))


# -- 加签 ------------------------------------------------------------------------------------------------


@room.ask("/countersigns", "待反馈的加签", "Views asked of me", answer=ViewsOut)
def views_wanted(work: Work) -> dict[str, Any]:
    """Return the views the asker was asked for and has not given yet."""
    return {"items": handling.views_wanted(work)}


@room.ask("/tasks/<id:task_id>/countersigns", "事项的加签", "Views on a step", answer=ViewsOut)
def views_on(work: Work, task_id: str) -> dict[str, Any]:
    """Return every view that was asked for on the step."""
    tasks.one_task(work, task_id)
    return {"items": handling.views_on(work, task_id)}


@room.act(
    "POST", "/tasks/<id:task_id>/countersigns", "加签", "Ask for views before a step is completed", takes=AskSaid,
    answer=CountersignsOut, status=201,
)  # fmt: skip
def ask_countersign(work: Work, said: dict[str, Any], task_id: str) -> dict[str, Any]:
    """Ask colleagues for their view; the step is completed only when they answered or were no longer asked."""
    asked = commands.ask_countersign(work, task_id, said["persons"], said["question"])
    return {"countersigns": asked, "receipt": work.receipts[-1]}


@room.act(
    "POST", "/countersigns/<id:countersign_id>/opinion", "反馈加签意见", "Give the view asked for", takes=ViewSaid,
    answer=ViewOut, status=201,
)  # fmt: skip
def answer_countersign(work: Work, said: dict[str, Any], countersign_id: str) -> dict[str, Any]:
    """Give the view; it enters the case file and stays."""
    record = commands.answer_countersign(work, countersign_id, said["answers"])
    return {"record": record, "receipt": work.receipts[-1]}


@room.act(
    "POST", "/countersigns/<id:countersign_id>/withdrawal", "撤回加签", "Take a question back", takes=ReasonSaid,
    answer=CountersignsOut,
)  # fmt: skip
def withdraw_countersign(work: Work, said: dict[str, Any], countersign_id: str) -> dict[str, Any]:
    """Take back a question that was not answered yet."""
    asked = commands.withdraw_countersign(work, countersign_id, said["reason"])
    return {"countersigns": [asked], "receipt": work.receipts[-1]}


# -- 抄送 ------------------------------------------------------------------------------------------------


@room.ask("/copies", "抄送件", "Copies sent to me", query=CopiesQuery, answer=CopiesOut)
def show_copies(work: Work, query: dict[str, Any]) -> dict[str, Any]:
    """Return the copies sent to the asker, newest first."""
    return {"items": handling.copies(work, unread=query["unread"])}


@room.act(
    "POST", "/cases/<id:case_id>/copies", "抄送", "Send copies of a case", takes=CopySaid, answer=CopiesSentOut,
    status=201,
)  # fmt: skip
def send_copy(work: Work, said: dict[str, Any], case_id: str) -> dict[str, Any]:
    """Bring the case to the notice of colleagues."""
    sent = commands.send_copy(work, case_id, said["persons"], said["note"], said.get("task_id"))
    return {"copies": sent, "receipt": work.receipts[-1]}


@room.act("POST", "/copies/<id:copy_id>/reading", "已阅", "Confirm a copy was read", answer=CopiesSentOut)
def read_copy(work: Work, copy_id: str) -> dict[str, Any]:
    """Confirm having read a copy."""
    copy = commands.read_copy(work, copy_id)
    return {"copies": [copy], "receipt": work.receipts[-1] if work.receipts else None}


@room.act(
    "POST", "/copies/<id:copy_id>/withdrawal", "撤回抄送", "Take a copy back", takes=ReasonSaid, answer=CopiesSentOut
)  # fmt: skip
def withdraw_copy(work: Work, said: dict[str, Any], copy_id: str) -> dict[str, Any]:
    """Take back a copy that was not read yet."""
    return {"copies": [commands.withdraw_copy(work, copy_id, said["reason"])], "receipt": work.receipts[-1]}


# -- 催办、撤回转办、办理时限 ------------------------------------------------------------------------------


@room.ask("/urgings", "收到的催办", "Reminders about my steps", answer=RemindersOut)
def show_urgings(work: Work) -> dict[str, Any]:
    """Return the reminders about open steps the asker holds."""
    return {"items": handling.urgings(work)}


@room.act(
    "POST", "/tasks/<id:task_id>/urgings", "催办", "Urge whoever does a step", takes=UrgeSaid, answer=UrgedOut,
    status=201,
)  # fmt: skip
def urge(work: Work, said: dict[str, Any], task_id: str) -> dict[str, Any]:
    """Remind whoever does the step, at most once a day."""
    return {"urging": commands.urge(work, task_id, said["note"]), "receipt": work.receipts[-1]}


@room.act(
    "POST", "/tasks/<id:task_id>/transfer/withdrawal", "撤回转办", "Take a step back", takes=ReasonSaid,
    answer=TaskActOut,
)  # fmt: skip
def withdraw_transfer(work: Work, said: dict[str, Any], task_id: str) -> dict[str, Any]:
    """Take back a step one passed on, as long as the receiver has not taken it up."""
    return _done(work, commands.withdraw_transfer(work, task_id, said["reason"]))


@room.act(
    "PUT",
    "/tasks/<id:task_id>/deadline",
    "确定办理时限",
    "Agree on a day",
    takes=AgreedDaySaid,
    answer=TaskActOut,
)
def agree_day(work: Work, said: dict[str, Any], task_id: str) -> dict[str, Any]:
    """Set the agreed day of the step; it is no period of the law."""
    return _done(work, commands.agree_day(work, task_id, said["due_on"], said["reason"]))


@room.act(
    "POST", "/tasks/<id:task_id>/pause", "暂停计时", "Let the agreed time rest", takes=ReasonSaid, answer=TaskActOut
)  # fmt: skip
def pause_clock(work: Work, said: dict[str, Any], task_id: str) -> dict[str, Any]:
    """Let the agreed time of the step rest; periods of the law go on."""
    return _done(work, commands.pause_clock(work, task_id, said["reason"]))


@room.act(
    "POST", "/tasks/<id:task_id>/resumption", "恢复计时", "Let the agreed time run again", answer=TaskActOut
)
def resume_clock(work: Work, task_id: str) -> dict[str, Any]:
    """Let the agreed time run again; its day moves by the working days that passed."""
    return _done(work, commands.resume_clock(work, task_id))


def _done(work: Work, task: Task) -> dict[str, Any]:
    return {"task": task, "receipt": work.receipts[-1]}
