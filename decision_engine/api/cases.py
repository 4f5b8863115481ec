"""Cases: opening one, finding one, and everything that hangs on it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from decision_engine import process
from decision_engine.api.fields import (
    ActOut,
    CalendarDay,
    Id,
    Moment,
    Name,
    Object,
    PageQuery,
    Said,
    Sentence,
    page_of,
)
from decision_engine.api.room import Room
from decision_engine.api.tasks import TaskOut
from decision_engine.commands import cases as commands
from decision_engine.forms.fields import Choice, Line
from decision_engine.queries import accountability, cases, findings, picture, replay, tasks, trail
from decision_engine.queries.pages import Page
from decision_engine.work import Work

room = Room("cases", "决策案件", "Decision cases")

MOST_FACTS = 50
LONGEST_FACT = 2000
STATUSES = {
    "RUNNING": ("办理中", "running"),
    "SUSPENDED": ("中止执行", "suspended"),
    "ENDED": ("已结束", "ended"),
}
TASK_STATUSES = {"OPEN": ("待办", "open"), "DONE": ("已办结", "done"), "CANCELLED": ("已撤销", "cancelled")}


# -- what is said ----------------------------------------------------------------------------------------


class Facts(Object):
    """Facts of a matter: names, and texts, whole numbers, yes or no, or lists of texts."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        facts = super()._deserialize(value, attr, data, **kwargs)
        if len(facts) > MOST_FACTS or not all(_plain(name, one) for name, one in facts.items()):
            raise self.make_error("scalar")
        return facts


class OpenSaid(Said):
    """A matter to be decided on."""

    organ_id = Id("决策机关", "Organ", required=True)
    title = Line("事项名称", "Title", required=True, most=200)
    matter = Facts("事项情况", "Facts known beforehand", default=dict)
    process = Name("流程", "Procedure", default=commands.PROCESS)
    supersedes = Id("被替代的案件", "The case this one supersedes")
    catalogue_entry = Id("目录事项", "Entry of the published catalogue this case runs")


class CasesQuery(PageQuery):
    """Which cases, newest first."""

    status = Choice("状态", "Status", STATUSES)
    q = Line("标题包含", "Words in the title", most=100)
    organ_id = Id("决策机关", "Organ")


class CaseTasksQuery(PageQuery):
    """Which tasks of the case."""

    status = Choice("状态", "Status", TASK_STATUSES)


class RecordsQuery(PageQuery):
    """Which records of the case."""

    kind = Name("步骤", "Step")


class DayQuery(Said):
    """As of which day."""

    on = CalendarDay("截至日期", "As of this day")


# -- what is answered ------------------------------------------------------------------------------------


class CaseOut(Schema):
    """A decision matter on its way."""

    id = fields.String()
    label = fields.String()
    organ_id = fields.String()
    title = fields.String()
    matter = fields.Dict()
    status = fields.String()
    lead_unit_id = fields.String(allow_none=True)
    supersedes_id = fields.String(allow_none=True)
    catalogue_entry_id = fields.String(allow_none=True)
    definition = fields.String(attribute="definition_hash")
    draft = fields.String(allow_none=True)
    created_at = Moment()
    created_by = fields.String()
    ended_at = Moment(allow_none=True)
    ending = fields.String(allow_none=True)
    version = fields.Integer()


class CaseActOut(ActOut):
    """The case, and the receipt."""

    case = fields.Nested(CaseOut)


class RecordOut(Schema):
    """One entry of the case file."""

    seq = fields.Integer()
    kind = fields.String()
    task_id = fields.String(allow_none=True)
    data = fields.Dict()
    at = Moment()
    author_id = fields.String()
    role = fields.String()
    post = fields.String()
    on_behalf_of_id = fields.String(allow_none=True)
    item = fields.String(allow_none=True)
    draft = fields.String(allow_none=True)
    exceptions = fields.List(fields.Raw())


class EventOut(Schema):
    """One act, as the log keeps it, with a sentence a citizen can read."""

    seq = fields.Integer()
    id = fields.String()
    kind = fields.String()
    at = Moment()
    actor_id = fields.String()
    actor = fields.String(allow_none=True)
    post = fields.String(allow_none=True)
    sentence = Sentence()
    body = fields.Dict()
    said = fields.Raw(allow_none=True)
    erased = fields.Boolean()
    hash = fields.String()


class ChainOut(Schema):
    """Whether the log of the case is whole; if not, at which place it first fails and why."""

    intact = fields.Boolean()
    length = fields.Integer(allow_none=True)
    head = fields.String(allow_none=True)
    broken_at = fields.Integer(allow_none=True)
    reason = fields.String(allow_none=True)


class TrailOut(page_of(EventOut)):  # type: ignore[misc]
    """A page of the trail, and whether the whole chain holds."""

    chain = fields.Nested(ChainOut)


class EvidenceOut(Schema):
    """The log entry that proves a row."""

    seq = fields.Integer()
    event_id = fields.String()
    hash = fields.String()


class AccountabilityOut(Schema):
    """Who did an act, in which post, having seen what; and the entry that proves it."""

    act = fields.String()
    step = fields.String(allow_none=True)
    name = Sentence()
    person_id = fields.String()
    person = fields.String(allow_none=True)
    post_then = fields.String(allow_none=True)
    organ_id = fields.String(allow_none=True)
    on_behalf_of = fields.String(allow_none=True)
    on_behalf_of_name = fields.String(allow_none=True)
    at = Moment()
    saw = fields.List(fields.String())
    rules = fields.List(fields.Dict())
    exceptions = fields.List(fields.String())
    evidence = fields.Nested(EvidenceOut)


class AccountabilityListOut(Schema):
    """Everybody who answers for something in the case, in order."""

    items = fields.List(fields.Nested(AccountabilityOut))
    total = fields.Integer()


class CheckOut(Schema):
    """One time a rule was checked when an act was done."""

    seq = fields.Integer()
    step = fields.String(allow_none=True)
    outcome = fields.String()
    at = Moment()


class CaseFindingOut(Schema):
    """A rule in force, what it says of the whole case file today, and when it was checked before."""

    rule = fields.String()
    title = Sentence()
    law = fields.String()
    article = fields.String()
    strength = fields.String()
    outcome = fields.String()
    reason = Sentence(allow_none=True)
    records = fields.List(fields.Integer())
    checks = fields.List(fields.Nested(CheckOut))


class ReplayOut(Schema):
    """Whether the steps in the log are a run of the case's diagram, played again by the proved rules alone.

    If not, *at* is the first entry that is not. Of *erased* steps the answers are erased: there every lawful
    answer was tried.
    """

    legal = fields.Boolean()
    steps = fields.Integer(allow_none=True)
    erased = fields.Integer(allow_none=True)
    at = fields.Integer(allow_none=True)
    element = fields.String(allow_none=True)
    reason = Sentence(allow_none=True)


class CaseFindingsOut(Schema):
    """Every rule in force with its outcome, and whether the log is a run of the diagram."""

    items = fields.List(fields.Nested(CaseFindingOut))
    summary = fields.Dict(keys=fields.String(), values=fields.Integer())
    rule_set = fields.String()
    replay = fields.Nested(ReplayOut)


class OpenElementOut(Schema):
    """An element where the case waits for people."""

    element = fields.String()
    name = fields.String()
    count = fields.Integer()
    since = Moment()


class PassedElementOut(Schema):
    """An element the case has passed."""

    element = fields.String()
    times = fields.Integer()
    last_at = Moment()


class TimerOut(Schema):
    """A timer that waits."""

    element = fields.String()
    step = fields.String(allow_none=True)
    due_at = Moment()
    provisional = fields.Boolean()


class PictureOut(Schema):
    """The diagram of a case, and where the case stands in it."""

    definition = fields.String()
    files = fields.Dict(keys=fields.String(), values=fields.String())
    open = fields.List(fields.Nested(OpenElementOut))
    passed = fields.List(fields.Nested(PassedElementOut))
    timers = fields.List(fields.Nested(TimerOut))
    status = fields.String()
    ended_at = Moment(allow_none=True)
    ending = fields.String(allow_none=True)


# -- routes ----------------------------------------------------------------------------------------------


@room.act("POST", "/cases", "立案登记", "Open a case", takes=OpenSaid, answer=CaseActOut, status=201)
def open_case(work: Work, said: dict[str, Any]) -> dict[str, Any]:
    """Open a case on the newest deployed procedure; its first tasks wait afterwards."""
    case = commands.open_case(
        work, said["organ_id"], said["title"], matter=said["matter"], process_id=said["process"],
        supersedes=said.get("supersedes"), catalogue_entry=said.get("catalogue_entry"),
    )  # fmt: skip
    return {"case": case, "receipt": work.receipts[-1]}


@room.ask("/cases", "案件列表", "Cases", query=CasesQuery, answer=page_of(CaseOut))
def list_cases(work: Work, query: dict[str, Any]) -> Any:
    """Return the cases of the asker's organs, newest first."""
    return cases.cases(
        work, page=query["page"], size=query["page_size"], status=query.get("status"), q=query.get("q"),
        organ_id=query.get("organ_id"),
    )  # fmt: skip


@room.ask("/cases/<id:case_id>", "案件详情", "One case", answer=CaseOut, etag=lambda case: case.version)
def show_case(work: Work, case_id: str) -> Any:
    """Return one case."""
    return cases.one_case(work, case_id)


@room.ask(
    "/cases/<id:case_id>/tasks", "案件事项", "Tasks of a case", query=CaseTasksQuery, answer=page_of(TaskOut)
)
def tasks_of_case(work: Work, query: dict[str, Any], case_id: str) -> Any:
    """Return the tasks of the case, oldest first."""
    case = cases.one_case(work, case_id)
    page = tasks.tasks_of_case(
        work, case.id, status=query.get("status"), page=query["page"], size=query["page_size"]
    )
    return Page([waiting.task for waiting in page.items], page.number, page.size, page.total)


@room.ask(
    "/cases/<id:case_id>/records", "卷宗记录", "The case file", query=RecordsQuery, answer=page_of(RecordOut),
    noted=True,
)  # fmt: skip
def records_of_case(work: Work, query: dict[str, Any], case_id: str) -> Any:
    """Return the records of the case file in order; the reading is noted."""
    case = cases.one_case(work, case_id)
    cases.note_reading(work, case.id, "records")
    return cases.records_of(
        work, case.id, page=query["page"], size=query["page_size"], kind=query.get("kind")
    )


@room.ask("/cases/<id:case_id>/events", "办理轨迹", "The trail", query=PageQuery, answer=TrailOut, noted=True)
def events_of_case(work: Work, query: dict[str, Any], case_id: str) -> Any:
    """Return the log of the case in order and whether its chain is whole; the reading is noted."""
    case = cases.one_case(work, case_id, "log.read")
    cases.note_reading(work, case.id, "events")
    return trail.events_of(work, case, page=query["page"], size=query["page_size"])


@room.ask(
    "/cases/<id:case_id>/accountability", "责任追溯", "Who answers for what", query=DayQuery,
    answer=AccountabilityListOut, noted=True,
)  # fmt: skip
def accountability_of_case(work: Work, query: dict[str, Any], case_id: str) -> dict[str, Any]:
    """Return who answers for each act, read from the log alone; the reading is noted."""
    case = cases.one_case(work, case_id, "log.read")
    cases.note_reading(work, case.id, "accountability")
    rows = accountability.who_answers_for(work.session, case.id, query.get("on"))
    return {"items": rows, "total": len(rows)}


@room.ask("/cases/<id:case_id>/findings", "合法性检查", "What the law finds", answer=CaseFindingsOut)
def findings_of_case(work: Work, case_id: str) -> dict[str, Any]:
    """Return every rule in force with its outcome over the whole case file, and the log played again."""
    case = cases.one_case(work, case_id)
    found = findings.of_case(work, case)
    return {
        "items": found.items, "summary": found.summary, "rule_set": found.rule_set,
        "replay": _played_again(replay.of_case(work.session, case)),
    }  # fmt: skip


@room.ask(
    "/cases/<id:case_id>/diagram", "流程图与进度", "The diagram and where the case stands", answer=PictureOut
)
def diagram_of_case(work: Work, case_id: str) -> Any:
    """Return the exact XML of the case's procedure, what is open, passed and waited for."""
    return picture.of_case(work, cases.one_case(work, case_id))


def _played_again(verdict: process.Verdict) -> dict[str, Any]:
    told = dict.fromkeys(ReplayOut().fields)
    match verdict:
        case process.Legal(steps, unknown):
            return told | {"legal": True, "steps": steps, "erased": unknown}
        case process.Illegal(number, element, reason):
            return told | {"legal": False, "at": number, "element": element, "reason": reason}


def _plain(name: str, value: Any) -> bool:
    if not (name.isidentifier() and name.isascii() and len(name) <= 64):  # noqa: PLR2004  as every name
        return False
    match value:
        case str():
            return len(value) <= LONGEST_FACT
        case bool() | int():
            return True
        case list():
            return len(value) <= MOST_FACTS and all(
                isinstance(one, str) and len(one) <= LONGEST_FACT for one in value
            )
    return False
