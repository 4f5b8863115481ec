"""Registers of a case: exceptions used, measures tracked, responsibility traced from facts to persons and back."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from decision_engine.api.cases import EvidenceOut
from decision_engine.api.fields import Moment, PageQuery, Said, Sentence, page_of
from decision_engine.api.room import Room
from decision_engine.forms.fields import Line
from decision_engine.queries import cases, exceptions, measures, reverse, tracing
from decision_engine.queries.chronicle import chronicle
from decision_engine.work import Work

room = Room("registers", "审计登记", "Registers for auditors")


class TracingQuery(Said):
    """From which effect the persons of each stage are traced."""

    effect = Line("倒查的后果", "Effect: the number of its event, or the id of a broken rule", most=64)


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


class ShownOut(Schema):
    """An act that shows a fact: who, in which post, what was answered, which rules were checked."""

    person_id = fields.String()
    person = fields.String(allow_none=True)
    post_then = fields.String(allow_none=True)
    on_behalf_of = fields.String(allow_none=True)
    act = Sentence()
    step = fields.String(allow_none=True)
    at = Moment()
    shows = fields.Dict()
    rules = fields.List(fields.List(fields.String()))
    erased = fields.Boolean()
    evidence = fields.Nested(EvidenceOut)


class FactOut(Schema):
    """A fact of the domain book: SHOWN, NOT_SHOWN, EXCUSED (this matter need not have it) or ERASED."""

    id = fields.String()
    title = Sentence()
    state = fields.String()
    count = fields.Integer()
    entries = fields.List(fields.Nested(ShownOut))


class FactOfPersonOut(Schema):
    """A fact a person stands behind, the rules checked there, and the events."""

    fact = fields.String()
    rules = fields.Dict(keys=fields.String(), values=fields.String())
    events = fields.List(fields.Integer())


class PersonTracedOut(Schema):
    """A person of the case: posts held then, facts, exceptions approved, refused attempts."""

    person_id = fields.String()
    person = fields.String(allow_none=True)
    posts = fields.List(fields.String())
    facts = fields.List(fields.Nested(FactOfPersonOut))
    approved = fields.List(fields.String())
    refused = fields.List(fields.Integer())


class DeviationOut(Schema):
    """A rule the case file departs from, and the acts it looked at."""

    rule = fields.String()
    title = Sentence()
    law = fields.String()
    article = fields.String()
    outcome = fields.String()
    reason = Sentence(allow_none=True)
    acts = fields.List(fields.Nested(EvidenceOut))


class DissentOut(Schema):
    """A differing opinion: verbatim as voiced and as minuted, and what the law says of it."""

    meeting = fields.Integer()
    body = fields.String(allow_none=True)
    person_id = fields.String()
    person = fields.String(allow_none=True)
    post_then = fields.String(allow_none=True)
    stance = fields.String(allow_none=True)
    statement = fields.String(allow_none=True)
    vote = fields.String(allow_none=True)
    minuted = fields.String(allow_none=True)
    confirmed = fields.Boolean()
    decided = fields.String(allow_none=True)
    against_the_decision = fields.Boolean()
    effect = Sentence()
    evidence = fields.List(fields.Nested(EvidenceOut))


class HoldOut(Schema):
    """A stretch of a step in one hand; without a person it waited for its role."""

    person_id = fields.String(allow_none=True)
    person = fields.String(allow_none=True)
    role = fields.String(allow_none=True)
    since = Moment()
    until = Moment()
    working_days = fields.Integer()
    evidence = fields.Nested(EvidenceOut)


class StepTimeOut(Schema):
    """How long a step took and who held it: DONE, CANCELLED or still OPEN."""

    step = fields.String(allow_none=True)
    element = fields.String()
    name = Sentence()
    opened_at = Moment()
    closed_at = Moment(allow_none=True)
    outcome = fields.String()
    working_days = fields.Integer()
    days = fields.Integer()
    long = fields.Boolean()
    holds = fields.List(fields.Nested(HoldOut))
    evidence = fields.List(fields.Nested(EvidenceOut))


class HolderTimeOut(Schema):
    """What one person held in all."""

    person_id = fields.String()
    person = fields.String(allow_none=True)
    steps = fields.Integer()
    working_days = fields.Integer()
    long = fields.Integer()


class ExemptionOut(Schema):
    """A fact that may speak for those who acted; evidence, never a verdict."""

    name = Sentence()
    state = fields.String()
    note = Sentence(allow_none=True)
    evidence = fields.List(fields.Nested(EvidenceOut))


class EffectOut(Schema):
    """A bad effect one can trace back from, by its key."""

    key = fields.String()
    kind = fields.String()
    what = Sentence()
    at = Moment()
    evidence = fields.List(fields.Nested(EvidenceOut))


class ActTracedOut(Schema):
    """An act before the effect."""

    step = fields.String(allow_none=True)
    name = Sentence()
    at = Moment()
    on_behalf_of = fields.String(allow_none=True)
    departed = fields.List(fields.String())
    concerned = fields.Boolean()
    evidence = fields.Nested(EvidenceOut)


class ParticipantOut(Schema):
    """A person of a stage with the acts done there."""

    person_id = fields.String()
    person = fields.String(allow_none=True)
    post_then = fields.String(allow_none=True)
    acts = fields.List(fields.Nested(ActTracedOut))


class StageTracedOut(Schema):
    """A stage before the effect, whom the law names for it, who acted, and which facts are not shown."""

    stage = Sentence()
    answers = Sentence()
    concerned = fields.Boolean()
    persons = fields.List(fields.Nested(ParticipantOut))
    not_shown = fields.List(fields.String())


class WayBackOut(Schema):
    """The way back from an effect, last stage first."""

    effect = fields.Nested(EffectOut)
    stages = fields.List(fields.Nested(StageTracedOut))
    statement = Sentence()


class TracingOut(Schema):
    """Person x fact x rule, dissent, delay, what speaks for those who acted; and the way back from an effect."""

    statement = Sentence()
    facts = fields.List(fields.Nested(FactOut))
    persons = fields.List(fields.Nested(PersonTracedOut))
    deviations = fields.List(fields.Nested(DeviationOut))
    dissents = fields.List(fields.Nested(DissentOut))
    steps = fields.List(fields.Nested(StepTimeOut))
    holders = fields.List(fields.Nested(HolderTimeOut))
    exemption = fields.List(fields.Nested(ExemptionOut))
    effects = fields.List(fields.Nested(EffectOut))
    way_back = fields.Nested(WayBackOut, allow_none=True)


class MeasureOut(Schema):
    """A preventive measure: OWED (not yet a task), OPEN, OVERDUE or DONE."""

    number = fields.Integer()
    risk = fields.String(allow_none=True)
    measure = fields.String()
    task = fields.String(allow_none=True)
    owner = fields.String(allow_none=True)
    due_on = fields.Date(allow_none=True)
    state = fields.String()
    reported_by = fields.String(allow_none=True)
    reported_at = Moment(allow_none=True)
    evidence = fields.List(fields.Nested(EvidenceOut))


class MeasuresOut(Schema):
    """The measures of the newest risk assessment; *open* counts those not done."""

    items = fields.List(fields.Nested(MeasureOut))
    total = fields.Integer()
    open = fields.Integer()


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


@room.ask(
    "/cases/<id:case_id>/tracing", "责任清单与责任倒查", "Responsibility in depth", query=TracingQuery,
    answer=TracingOut, noted=True,
)  # fmt: skip
def tracing_of_case(work: Work, query: dict[str, Any], case_id: str) -> dict[str, Any]:
    """Return facts, persons and deviations of the case, read from the log, and the way back from an effect."""
    case = cases.one_case(work, case_id, "log.read")
    cases.note_reading(work, case.id, "tracing")
    log = chronicle(work, case)
    report = tracing.traced(work, log)
    key = query.get("effect")
    return {name: getattr(report, name) for name in type(report).__slots__} | {
        "effects": reverse.effects(log, report),
        "way_back": reverse.trace_back(log, report, key) if key else None,
    }


@room.ask(
    "/cases/<id:case_id>/measures", "风险防范措施落实", "Preventive measures", answer=MeasuresOut, noted=True
)
def measures_of_case(work: Work, case_id: str) -> dict[str, Any]:
    """Return the measures of the newest risk assessment and where each stands; the reading is noted."""
    case = cases.one_case(work, case_id)
    cases.note_reading(work, case.id, "measures")
    found = measures.tracked(chronicle(work, case))
    return {"items": found, "total": len(found), "open": sum(one.state != measures.DONE for one in found)}
