"""Deciding bodies: members of the day, their rules of procedure with the source of each, and what may be changed."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from decision_engine import access
from decision_engine.api.fields import ActOut, CalendarDay, Id, Name, Said, Sentence
from decision_engine.api.people_said import SeatOut
from decision_engine.api.room import Room
from decision_engine.commands import meetings as commands
from decision_engine.errors import Forbidden
from decision_engine.forms.fields import Line, Whole, YesNo
from decision_engine.language import Text
from decision_engine.queries import bodies
from decision_engine.work import Work

room = Room("bodies", "会议机构", "Deciding bodies")


class MembersSaid(Said):
    """From which day who is a member instead of whom."""

    since = CalendarDay("自何日起", "From this day", required=True)
    leaving_id = Id("退出人员", "Who is a member no more")
    joining_id = Id("新任人员", "Who becomes one")
    is_principal = YesNo("主要负责人", "As principal", default=False)
    rank = Whole("排序", "Rank", least=1, most=1000)


class RuleSaid(Said):
    """A rule of procedure set stricter: `true`, a whole number, a share such as `3/4`, or a choice, as text."""

    name = Name("议事规则", "Rule of procedure", required=True)
    value = Line("数值", "Value", required=True, most=60)
    source = Line("依据", "The document it rests on", required=True, most=500)


class ProcedureRuleOut(Schema):
    """A rule of procedure in force: its value, whether the body set it itself, whether it may at all."""

    name = fields.String()
    title = Sentence()
    unit = fields.String()
    value = fields.String()
    lawful = fields.String()
    own = fields.Boolean()
    locked = fields.Boolean()
    source = fields.String()


class DecidingBodyOut(Schema):
    """A body with the members of the day and its rules of procedure."""

    id = fields.String()
    organ_id = fields.String()
    kind = fields.String()
    name = fields.String()
    members = fields.List(fields.Nested(SeatOut))
    procedure = fields.List(fields.Nested(ProcedureRuleOut))


class MemberSinceOut(Schema):
    """A member of a body with the first and last day."""

    person_id = fields.String()
    rank = fields.Integer()
    is_principal = fields.Boolean()
    since = fields.Date()
    until = fields.Date(allow_none=True)


class MembersOut(ActOut):
    """The members from that day on, and the receipt."""

    members = fields.List(fields.Nested(MemberSinceOut))


class RuleActOut(ActOut):
    """The body as it decides now, and the receipt."""

    body = fields.Nested(DecidingBodyOut)


@room.ask("/bodies/<id:body_id>", "会议机构详情", "One deciding body", answer=DecidingBodyOut)
def show_body(work: Work, body_id: str) -> Any:
    """Return a body with the members of the day and every rule of procedure with its source."""
    return bodies.body_of(work, body_id)


@room.act(
    "POST",
    "/bodies/<id:body_id>/members",
    "调整组成人员",
    "Change members",
    takes=MembersSaid,
    answer=MembersOut,
)
def replace_member(work: Work, said: dict[str, Any], body_id: str) -> dict[str, Any]:
    """From a day on, let somebody be no member any more and somebody else be one; the past stays."""
    _may_keep(work, body_id)
    made = commands.replace_member(work, body_id, said.pop("since"), **said)
    return {"members": made, "receipt": work.receipts[-1]}


@room.act(
    "POST",
    "/bodies/<id:body_id>/rules",
    "规定议事规则",
    "Set a rule of procedure",
    takes=RuleSaid,
    answer=RuleActOut,
)
def set_procedure_rule(work: Work, said: dict[str, Any], body_id: str) -> dict[str, Any]:
    """Set a rule of procedure of the body: stricter than the shipped one; a locked one is refused."""
    _may_keep(work, body_id)
    commands.set_rule(work, body_id, said["name"], _value(said["value"]), source=said["source"])
    work.session.flush()
    return {"body": bodies.body_of(work, body_id), "receipt": work.receipts[-1]}


def _may_keep(work: Work, body_id: str) -> None:
    """Find nothing for strangers to the body's organ; let only managers of people change it."""
    body = bodies.one_body(work, body_id)
    try:
        access.stand(work.actor, "people.manage", body.organ_id)
    except Forbidden:
        raise Forbidden(
            Text("会议机构由管理员维护。", "Deciding bodies are kept by the administrators.")
        ) from None


def _value(said: str) -> str | int | bool:
    if said in {"true", "false"}:
        return said == "true"
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else said  # noqa: PLR2004
