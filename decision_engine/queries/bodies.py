"""A deciding body as it is today: who sits in it, and each rule of procedure with its value and its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from decision_engine import rules
from decision_engine.errors import NotFound
from decision_engine.language import Text
from decision_engine.models import Body, BodyMember, Organ
from decision_engine.queries import people
from decision_engine.rules.parameter import UnknownParameter, shipped
from decision_engine.work import Work


@dataclass(frozen=True, slots=True)
class Procedure:
    """A rule of procedure in force. *lawful* is the shipped value, *own* whether the body set a stricter one."""

    name: str
    title: Text
    unit: str
    value: str
    lawful: str
    own: bool
    locked: bool
    source: str


@dataclass(frozen=True, slots=True)
class DecidingBody:
    """A body, its members of the day in order of rank, and its rules of procedure."""

    id: str
    organ_id: str
    kind: str
    name: str
    members: Sequence[people.Member]
    procedure: tuple[Procedure, ...]


def one_body(work: Work, body_id: str) -> Body:
    """Return a body of the actor's organs. Raises `NotFound`."""
    body = work.session.get(Body, body_id)
    if body is None or not work.actor.in_organ(body.organ_id):
        raise NotFound
    return body


def members_over_time(work: Work, body_id: str) -> list[BodyMember]:
    """Return everybody who was, is or will be a member, in order of their first day. Raises `NotFound`."""
    body = one_body(work, body_id)
    wanted = (
        select(BodyMember).where(BodyMember.body_id == body.id).order_by(BodyMember.since, BodyMember.rank)
    )
    return list(work.session.scalars(wanted))


def body_of(work: Work, body_id: str) -> DecidingBody:
    """Return a body as it decides today. Raises `NotFound`."""
    body = one_body(work, body_id)
    members = next(one.members for one in people.bodies(work, body.organ_id) if one.body.id == body.id)
    overlays = tuple(work.session.get_one(Organ, body.organ_id).overlays)
    return DecidingBody(
        body.id, body.organ_id, body.kind, body.name, members, _procedure(work, body, overlays)
    )


def _procedure(work: Work, body: Body, overlays: tuple[str, ...]) -> tuple[Procedure, ...]:
    in_force = rules.procedure.in_force(body.kind, work.today, overlays, body.parameters)
    found = []
    for name in rules.procedure.names(body.kind):
        parameter = shipped().by_name[f"{body.kind}.{name}"]
        try:
            lawful = shipped().dated(parameter.name, work.today, overlays)
        except UnknownParameter:
            continue
        kept = body.parameters.get(name)
        value = _said(in_force[name])
        own = value != _said(lawful.value) and isinstance(kept, dict)
        source = kept.get("source", "") if own and isinstance(kept, dict) else lawful.source
        found.append(
            Procedure(
                name, parameter.title, parameter.unit, value, _said(lawful.value), own,
                parameter.stricter == "locked", source,
            )
        )  # fmt: skip
    return tuple(found)


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
