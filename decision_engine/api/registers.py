"""What auditors look at first: the exceptions used, and the tracing of a case from facts to persons and back."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from decision_engine.api.cases import EvidenceOut
from decision_engine.api.fields import Moment, PageQuery, Sentence, page_of
from decision_engine.api.room import Room
from decision_engine.queries import cases, exceptions
from decision_engine.work import Work

room = Room("registers", "审计登记", "Registers for auditors")


class ExceptedOut(Schema):
    """A departure from a rule that knows exceptions: reason and approver; null once lawfully erased."""

    case_id = fields.String()
    case = fields.String()
    title = fields.String()
    rule = fields.String()
    rule_title = Sentence(allow_none=True)
    law = fields.String(allow_none=True)
    article = fields.String(allow_none=True)
    excused = fields.List(fields.String())
    reason = fields.String(allow_none=True)
    approver_id = fields.String(allow_none=True)
    approver = fields.String(allow_none=True)
    approver_post = fields.String(allow_none=True)
    step = fields.String(allow_none=True)
    act = Sentence()
    actor_id = fields.String()
    actor = fields.String(allow_none=True)
    post_then = fields.String(allow_none=True)
    at = Moment()
    evidence = fields.Nested(EvidenceOut)


ExceptedPageOut = page_of(ExceptedOut)


@room.ask(
    "/cases/<id:case_id>/exceptions", "案件例外情形登记", "Exceptions of a case", query=PageQuery,
    answer=ExceptedPageOut, noted=True,
)  # fmt: skip
def exceptions_of_case(work: Work, query: dict[str, Any], case_id: str) -> Any:
    """Return every exception used in the case, in order, read from the log; the reading is noted."""
    case = cases.one_case(work, case_id, "log.read")
    cases.note_reading(work, case.id, "exceptions")
    return exceptions.of_case(work, case, page=query["page"], size=query["page_size"])


@room.ask(
    "/organs/<id:organ_id>/exceptions", "机关例外情形登记", "Exceptions of an organ", query=PageQuery,
    answer=ExceptedPageOut, noted=True,
)  # fmt: skip
def exceptions_of_organ(work: Work, query: dict[str, Any], organ_id: str) -> Any:
    """Return every exception used in the organ's cases, newest first; the reading of each case is noted."""
    page = exceptions.of_organ(work, organ_id, page=query["page"], size=query["page_size"])
    for case_id in sorted({row.case_id for row in page.items}):
        cases.note_reading(work, case_id, "exceptions")
    return page
