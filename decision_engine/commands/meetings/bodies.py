"""Keep a deciding body: its members by day, and rules of procedure stricter than the shipped ones."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from decision_engine import access, rules
from decision_engine.commands.people import CHAIN
from decision_engine.errors import InvalidAnswers, NotFound
from decision_engine.language import Text
from decision_engine.models import Body, BodyMember, Organ, Person
from decision_engine.work import Work


def replace_member(
    work: Work,
    body_id: str,
    since: date,
    *,
    leaving_id: str | None = None,
    joining_id: str | None = None,
    is_principal: bool = False,
    rank: int | None = None,
) -> list[BodyMember]:
    """From the day *since*, let *leaving_id* be no member any more and *joining_id* be one; return those of that day.

    The past stays as it was; the day may not lie in it. Raises `InvalidAnswers` unless exactly one member leads the
    body on that day.
    """
    body, standing = _kept(work, body_id, "body.members")
    if since < work.today:
        raise InvalidAnswers({"since": (Text("不能更改过去的组成。", "The past is not changed."),)})
    members = _on(work, body_id, since)
    leaving = next((one for one in members if one.person_id == leaving_id), None)
    if leaving_id is not None and leaving is None:
        raise NotFound(Text("该人员不是组成人员。", "The person is no member."))
    if leaving is not None:
        leaving.until = since - timedelta(days=1)
    if joining_id is not None:
        if work.session.get(Person, joining_id) is None or any(
            one.person_id == joining_id and one is not leaving for one in members
        ):
            raise InvalidAnswers(
                {"joining": (Text("没有此人，或者已是组成人员。", "Unknown, or a member already."),)}
            )
        place = rank or (leaving.rank if leaving else max((one.rank for one in members), default=0) + 1)
        work.session.add(
            BodyMember(
                body_id=body_id, person_id=joining_id, rank=place, is_principal=is_principal, since=since
            )
        )
    work.session.flush()
    after = _on(work, body_id, since)
    if sum(one.is_principal for one in after) != 1:
        raise InvalidAnswers(
            {"members": (Text("须有且只有一名主要负责人。", "Exactly one member is the principal."),)}
        )
    work.record(
        "body.members_changed", CHAIN, standing=standing, body=body.id, since=since.isoformat(), left=leaving_id,
        joined=joining_id, principal=next(one.person_id for one in after if one.is_principal),
    )  # fmt: skip
    return after


def set_rule(work: Work, body_id: str, name: str, value: str | int | bool, *, source: str) -> Body:
    """Set a rule of procedure of the body from today: stricter than the shipped one; a locked one is refused.

    *value* as JSON (a share as text, `"3/4"`); *source* is the body's own document that says so.
    """
    body, standing = _kept(work, body_id, "body.rule", name=name)
    overlays = tuple(work.session.get_one(Organ, body.organ_id).overlays)
    wrong = rules.procedure.objection(body.kind, name, value, work.today, overlays)
    fields = {"value": (wrong,)} if wrong is not None else {}
    if not source.strip():
        fields["source"] = (Text("请写明依据的文件。", "Name the document it rests on."),)
    if fields:
        raise InvalidAnswers(fields)
    entry = {"value": value, "since": work.today.isoformat(), "source": source}
    body.parameters = {**body.parameters, name: entry}
    work.record(
        "body.rule_set", CHAIN, standing=standing, said={"source": source}, body=body.id, rule=name, value=value,
        since=work.today.isoformat(),
    )  # fmt: skip
    return body


def _kept(work: Work, body_id: str, act: str, **about: str) -> tuple[Body, access.Standing]:
    work.tries(CHAIN, act, body=body_id, **about)
    body = work.session.get(Body, body_id, with_for_update=True)
    if body is None:
        raise NotFound
    return body, access.stand(work.actor, "people.manage", body.organ_id)


def _on(work: Work, body_id: str, day: date) -> list[BodyMember]:
    return list(
        work.session.scalars(
            select(BodyMember)
            .where(
                BodyMember.body_id == body_id,
                BodyMember.since <= day,
                BodyMember.until.is_(None) | (BodyMember.until >= day),
            )
            .order_by(BodyMember.rank)
        )
    )
