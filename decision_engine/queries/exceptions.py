"""The exception register: every departure from a rule that knows exceptions, read from the log (R-ACC-10).

A row is one departure at one act: from which rule, which rules it excused, why, who approved it in which post, who
acted, when, and the event that proves it. Reason and names are what the event commits to: None once lawfully erased.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, func, literal, select

from decision_engine import access, rules
from decision_engine.errors import NotFound
from decision_engine.language import Text
from decision_engine.models import Case, Event, EventPayload
from decision_engine.queries.accountability import Evidence
from decision_engine.queries.pages import Page
from decision_engine.queries.trail import act_name, read
from decision_engine.work import Work

KINDS = ("task.completed", "agenda.announced")
"""Acts that may depart from a rule: a step of a flow, and what an agenda announces where no step waits for it."""
USED = b'"exceptions":["'
"""How a canonical body begins a list of exceptions that is not empty; inside a text the quotes would be escaped."""


@dataclass(frozen=True, slots=True)
class Excepted:
    """One departure. *excused* are the rules it let be broken; *approver_id* a person's id."""

    case_id: str
    case: str
    title: str
    rule: str
    rule_title: Text | None
    law: str | None
    article: str | None
    excused: tuple[str, ...]
    reason: str | None
    approver_id: str | None
    approver: str | None
    approver_post: str | None
    step: str | None
    act: Text
    actor_id: str
    actor: str | None
    post_then: str | None
    at: datetime
    evidence: Evidence


def of_case(work: Work, case: Case, *, page: int = 1, size: int = 50) -> Page[Excepted]:
    """Return the register of *case* in the order of the acts; two statements."""
    return _page(work, Case.id == case.id, (Event.seq,), page, size)


def of_organ(work: Work, organ_id: str, *, page: int = 1, size: int = 50) -> Page[Excepted]:
    """Return the register of an organ, newest first; two statements. Raises `NotFound`, `Forbidden`."""
    if not work.actor.in_organ(organ_id):
        raise NotFound
    access.stand(work.actor, "log.read", organ_id)
    return _page(work, Case.organ_id == organ_id, (Event.at.desc(), Event.id.desc()), page, size)


def _page(
    work: Work, wanted: ColumnElement[bool], order: tuple[Any, ...], page: int, size: int
) -> Page[Excepted]:
    """Cut the register: which acts used exceptions is read first, what they commit to only for the page."""
    found = work.session.execute(
        select(Event, Case)
        .join(Case, Case.id == Event.chain)
        .where(wanted, Event.kind.in_(KINDS), _holds(work, USED))
        .order_by(*order)
    )
    uses = [(event, case, place) for event, case in found for place in range(len(_used(event)))]
    shown = uses[(page - 1) * size : page * size]
    payloads = {
        row.event_id: read(row.payload)
        for row in work.session.scalars(
            select(EventPayload).where(EventPayload.event_id.in_({event.id for event, _, _ in shown}))
        )
    }
    items = [_row(event, case, place, payloads.get(event.id, {})) for event, case, place in shown]
    return Page(items, page, size, len(uses))


def _holds(work: Work, needle: bytes) -> ColumnElement[bool]:
    """Return the condition that the bytes of an event hold *needle*: searched by the database, on both kinds."""
    wanted = literal(needle, LargeBinary)
    if work.session.get_bind().dialect.name == "postgresql":
        return func.position(wanted.op("IN")(Event.body)) > 0
    return func.instr(Event.body, wanted) > 0


def _used(event: Event) -> list[str]:
    used = read(event.body).get("exceptions")
    return used if isinstance(used, list) else []


def _row(event: Event, case: Case, place: int, told: Mapping[str, Any]) -> Excepted:
    body = read(event.body)
    rule = _used(event)[place]
    kept: Mapping[str, Any] = next((one for one in told.get("exceptions", ()) if one.get("rule") == rule), {})
    approver, declared = kept.get("approver", {}), _declared().get(rule)
    actor = told.get("actor", {})
    return Excepted(
        case_id=case.id, case=case.label, title=case.title, rule=rule,
        rule_title=declared.title if declared else None,
        law=declared.law.name if declared else None, article=declared.article if declared else None,
        excused=tuple(_excused(body, rule)),
        reason=kept.get("reason"), approver_id=approver.get("id"), approver=approver.get("name"),
        approver_post=approver.get("post"),
        step=body.get("task", {}).get("step") or body.get("step"), act=act_name(body, {}),
        actor_id=event.actor_id, actor=actor.get("name"), post_then=actor.get("post"), at=event.at,
        evidence=Evidence(event.seq, event.id, event.hash),
    )  # fmt: skip


def _excused(body: Mapping[str, Any], rule: str) -> Iterator[str]:
    """Yield the rules of the act that were broken and excused by a departure from *rule*."""
    for checked, outcome in body.get("rules", {}).get("checked", ()):
        known = _declared().get(checked)
        if outcome == rules.Outcome.EXCEPTED.value and rule in {checked, known.same_as if known else None}:
            yield checked


@cache
def _declared() -> Mapping[str, rules.Rule]:
    return {one.id: one for one in rules.declared()}
