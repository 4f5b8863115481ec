"""Tasks: the worklist, one task with its form and its law, and what can be done with it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from decision_engine import forms, rules
from decision_engine.api import identity, metrics
from decision_engine.api.fields import (
    ActOut,
    Flag,
    Id,
    Moment,
    Name,
    Object,
    PageQuery,
    ReasonSaid,
    Said,
    Sentence,
    page_of,
)
from decision_engine.api.room import Room
from decision_engine.commands import sequencing
from decision_engine.commands import tasks as commands
from decision_engine.forms.fields import Choice, Line, Listing, LongText, Whole
from decision_engine.models import Task
from decision_engine.queries import cases, definitions, tasks
from decision_engine.work import Work

room = Room("tasks", "待办事项", "Tasks")

LARGEST_VERSION = 2**31


# -- what is said ----------------------------------------------------------------------------------------


class WorklistQuery(PageQuery):
    """Which tasks."""

    scope = Choice(
        "范围", "Scope",
        {"all": ("本人的和可签收的", "mine and those I may take up"), "mine": ("本人的", "mine"),
         "claimable": ("可签收的", "those I may take up")},
        default="all",
    )  # fmt: skip
    mine = Flag("仅本人", "Mine only (same as scope=mine)", default=False)
    step = Name("步骤", "Step")
    case_id = Id("案件", "Case")


class ExceptionSaid(Said):
    """A lawful departure from a rule that knows exceptions."""

    rule = Line("规则编号", "Rule", required=True, most=60)
    reason = LongText("理由", "Reason", required=True, most=2000)
    approver = Line("批准人", "Who approved it", required=True, most=200)


class CompletionSaid(Said):
    """What is answered at a step."""

    answers = Object("表单内容", "The answers, as the step's form asks for them", required=True)
    exceptions = Listing("例外事项", "Exceptions claimed", ExceptionSaid, most=20)
    version = Whole("版本", "Version of the task the form was opened on", most=LARGEST_VERSION)


class ClaimSaid(Said):
    """Taking a task up."""

    version = Whole("版本", "Version of the task as it was seen", most=LARGEST_VERSION)


class TransferSaid(ReasonSaid):
    """To whom, and why."""

    to = Id("转交给", "To whom (person id)", required=True)


# -- what is answered ------------------------------------------------------------------------------------


class TaskOut(Schema):
    """A step that waits for a person, or did."""

    id = fields.String()
    case_id = fields.String()
    organ_id = fields.String()
    element = fields.String()
    step = fields.String(allow_none=True)
    name = fields.String()
    role = fields.String(allow_none=True)
    item = fields.String(allow_none=True)
    calls = fields.List(fields.String())
    status = fields.String(validate=validate.OneOf(["OPEN", "DONE", "CANCELLED"]))
    assignee_id = fields.String(allow_none=True)
    claimed_at = Moment(allow_none=True)
    opened_at = Moment()
    closed_at = Moment(allow_none=True)
    closed_by = fields.String(allow_none=True)
    due_on = fields.Date(allow_none=True)
    paused_on = fields.Date(allow_none=True)
    countersigning = fields.Integer()
    version = fields.Integer()


class CaseBriefOut(Schema):
    """The case of a task, as a worklist shows it."""

    id = fields.String()
    label = fields.String()
    title = fields.String()
    status = fields.String()


class WaitingOut(Schema):
    """A task with its case."""

    task = fields.Nested(TaskOut)
    case = fields.Nested(CaseBriefOut)


class GateRuleOut(Schema):
    """A rule that this step will be held against, with its citation."""

    rule = fields.String(attribute="id")
    title = Sentence()
    law = fields.String(attribute="law.name")
    article = fields.String()
    strength = fields.String(attribute="strength.value")
    since = fields.Date()


class TaskDetailOut(WaitingOut):
    """A task with its case, its form and the law of its step."""

    form = fields.Dict()
    rules = fields.List(fields.Nested(GateRuleOut))


class TaskActOut(ActOut):
    """What became of the task."""

    task = fields.Nested(TaskOut)


class NextOut(Schema):
    """What waits next."""

    id = fields.String()
    element = fields.String()
    step = fields.String(allow_none=True)
    name = fields.String()
    role = fields.String(allow_none=True)
    item = fields.String(allow_none=True)


class CheckedOut(Schema):
    """One rule that was checked."""

    rule = fields.String()
    outcome = fields.String(attribute="outcome.value")
    strength = fields.String(attribute="strength.value")
    law = fields.String()
    article = fields.String()
    title = Sentence()
    reason = Sentence(allow_none=True)


class IncludedOut(Schema):
    """Where an act stands in the log's tree, and the size of the newest checkpoint over it; null: not yet."""

    leaf = fields.Integer(allow_none=True)
    checkpoint = fields.Integer(allow_none=True)


class CompletedOut(TaskActOut):
    """What completing did: the receipt, the rules checked, and what waits next; of a decisive act its place in the log.

    *included* is null for other acts, which enter the tree within a second or two.
    """

    case = fields.Nested(CaseBriefOut)
    findings = fields.List(fields.Nested(CheckedOut))
    next = fields.List(fields.Nested(NextOut))
    included = fields.Nested(IncludedOut, allow_none=True)


def where_it_stands(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a completion with its place in the log, for which a decisive act waits a little."""
    place = None
    if answer["task"]["step"] in sequencing.DECISIVE:
        place = IncludedOut().dump(sequencing.included(identity.house(), answer["receipt"]["event_id"]))
    return answer | {"included": place}


# -- routes ----------------------------------------------------------------------------------------------


@room.ask("/tasks", "待办列表", "The worklist", query=WorklistQuery, answer=page_of(WaitingOut))
def worklist(work: Work, query: dict[str, Any]) -> Any:
    """Return the open tasks the asker holds or could take up today, longest waiting first."""
    scope = "mine" if query["mine"] else query["scope"]
    return tasks.worklist(
        work, page=query["page"], size=query["page_size"], scope=scope, step=query.get("step"),
        case_id=query.get("case_id"),
    )  # fmt: skip


@room.ask(
    "/tasks/<id:task_id>", "待办详情", "One task", answer=TaskDetailOut, etag=lambda found: found["etag"]
)
def show_task(work: Work, task_id: str) -> dict[str, Any]:
    """Return one task with its form and the rules of its gate in force today."""
    found = tasks.one_task(work, task_id)
    case = cases.one_case(work, found.case.id)
    overlays = cases.overlays_of(work, case)
    definition = definitions.compiled(work.session, case.definition_hash)
    gate = found.task.step or found.task.element
    return {
        "task": found.task,
        "case": case,
        "form": forms.describe(found.task.step, definitions.fields_read(definition, found.task.step)),
        "rules": rules.rules_on(work.today, overlays, gate=gate),
        "etag": f"{found.task.version}-{case.version}-{work.today.isoformat()}",
    }


@room.act(
    "POST",
    "/tasks/<id:task_id>/completion",
    "办结",
    "Complete a task",
    takes=CompletionSaid,
    answer=CompletedOut,
    afterwards=where_it_stands,
)
def complete_task(work: Work, said: dict[str, Any], task_id: str) -> dict[str, Any]:
    """Complete a step: access, form, law and engine are checked in this order, then everything is written at once."""
    departures = [rules.Departure(one["rule"], one["reason"], one["approver"]) for one in said["exceptions"]]
    done = commands.complete_task(
        work, task_id, said["answers"], departures=departures, version=said.get("version")
    )
    metrics.step(done.task.step)
    return {
        "task": done.task,
        "case": done.case,
        "receipt": done.receipt,
        "findings": done.findings,
        "next": done.next,
    }


@room.act("POST", "/tasks/<id:task_id>/claim", "签收", "Take up a task", takes=ClaimSaid, answer=TaskActOut)
def claim_task(work: Work, said: dict[str, Any], task_id: str) -> dict[str, Any]:
    """Take the task up; from now on only this person completes it."""
    return _done(work, commands.claim_task(work, task_id, version=said.get("version")))


@room.act(
    "POST", "/tasks/<id:task_id>/return", "退签", "Give a task back", takes=ReasonSaid, answer=TaskActOut
)
def return_task(work: Work, said: dict[str, Any], task_id: str) -> dict[str, Any]:
    """Give the task back so that somebody else of the role can take it up."""
    return _done(work, commands.return_task(work, task_id, said["reason"]))


@room.act(
    "POST", "/tasks/<id:task_id>/transfer", "转办", "Pass a task on", takes=TransferSaid, answer=TaskActOut
)
def transfer_task(work: Work, said: dict[str, Any], task_id: str) -> dict[str, Any]:
    """Hand the task to another person who may do it."""
    return _done(work, commands.transfer_task(work, task_id, said["to"], said["reason"]))


def _done(work: Work, task: Task) -> dict[str, Any]:
    return {"task": task, "receipt": work.receipts[-1]}
