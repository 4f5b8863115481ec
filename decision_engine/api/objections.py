"""Objections of subordinates to a decision or order, and the replies (Civil Servant Law, article 60)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from decision_engine.api.cases import RecordOut
from decision_engine.api.fields import ActOut, Object, Said
from decision_engine.api.room import Room
from decision_engine.commands import objections as commands
from decision_engine.work import Work

room = Room("objections", "不同意见", "Objections of subordinates")


class ObjectionSaid(Said):
    """An objection or a reply, as its form asks for it (`raise_objection`, `answer_objection`)."""

    answers = Object("表单内容", "The answers, as the form asks for them", required=True)


class ObjectionOut(ActOut):
    """The record that was made, and the receipt."""

    record = fields.Nested(RecordOut)


@room.act(
    "POST", "/cases/<id:case_id>/objections", "提出不同意见", "Object to a decision or order", takes=ObjectionSaid,
    answer=ObjectionOut, status=201,
)  # fmt: skip
def raise_objection(work: Work, said: dict[str, Any], case_id: str) -> dict[str, Any]:
    """Put a subordinate's objection on file, with its addressee; the case goes on."""
    record = commands.raise_objection(work, case_id, said["answers"])
    return {"record": record, "receipt": work.receipts[-1]}


@room.act(
    "POST", "/cases/<id:case_id>/objections/<int:number>/reply", "答复不同意见", "Reply to an objection",
    takes=ObjectionSaid, answer=ObjectionOut, status=201,
)  # fmt: skip
def answer_objection(work: Work, said: dict[str, Any], case_id: str, number: int) -> dict[str, Any]:
    """Reply to an objection: its addressee, once."""
    record = commands.answer_objection(work, case_id, number, said["answers"])
    return {"record": record, "receipt": work.receipts[-1]}
