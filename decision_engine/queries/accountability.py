"""Who answers for what: read from the log alone, never from tables that can be changed.

A row is an act that moved a case or put something into it: who did it, in which post at the time, for whom, having
what draft in front of them, with which rules checked; and the entry that proves it. Names are those the log took
down at the moment of the act: renaming a person changes nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from decision_engine.access import CLOCK, PUBLIC
from decision_engine.calendar import local_day
from decision_engine.language import Text
from decision_engine.models import Event, EventPayload
from decision_engine.queries.trail import act_name, read

ACCOUNTABLE = {
    "case.opened": Text("立案登记", "Opening the case"),
    "document.added": Text("提交文件", "Adding a document"),
    "task.transferred": Text("转办", "Passing a task on"),
    "task.transfer.withdrawn": Text("撤回转办", "Taking a task back"),
    "countersign.answered": Text("反馈加签意见", "Giving a view asked for"),
    "item.broken_off": Text("中止讨论", "Breaking a discussion off"),
    "objection.raised": Text("提出不同意见", "Objecting to a decision or order"),
    "objection.answered": Text("答复不同意见", "Answering an objection"),
}
"""Acts somebody answers for, with their names; completed steps and fired timers are named by their step."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The entry of the log that proves a row."""

    seq: int
    event_id: str
    hash: str


@dataclass(frozen=True, slots=True)
class Accountability:
    """One act and who answers for it.

    *person* and *post_then* are None when lawfully erased; *on_behalf_of* is a person's id; *saw* the SHA-256 of
    the draft the act was done on (and of a paper it brought); *rules* what was checked, with each outcome.
    """

    act: str
    step: str | None
    name: Text
    person_id: str
    person: str | None
    post_then: str | None
    organ_id: str | None
    on_behalf_of: str | None
    on_behalf_of_name: str | None
    at: datetime
    saw: tuple[str, ...]
    rules: tuple[Mapping[str, str], ...]
    exceptions: tuple[str, ...]
    evidence: Evidence


def who_answers_for(session: Session, case_id: str, on: date | None = None) -> tuple[Accountability, ...]:
    """Return who answers for each act in *case_id* up to the end of day *on* (default: all), in order."""
    rows = session.execute(
        select(Event, EventPayload)
        .outerjoin(EventPayload, EventPayload.event_id == Event.id)
        .where(Event.chain == case_id)
        .order_by(Event.seq)
    )
    names: dict[str, str] = {CLOCK.person_id: CLOCK.name, PUBLIC.person_id: PUBLIC.name}
    found: list[Accountability] = []
    for event, payload in rows:
        body = read(event.body)
        actor = read(payload.payload).get("actor", {}) if payload is not None else {}
        if actor.get("name"):
            names.setdefault(event.actor_id, actor["name"])
        if _counts(event.kind) and (on is None or local_day(event.at) <= on):
            found.append(_row(event, body, actor, names))
    return tuple(found)


def _counts(kind: str) -> bool:
    return kind in ACCOUNTABLE or kind in {"task.completed", "timer.fired"}


def _row(
    event: Event, body: Mapping[str, Any], actor: Mapping[str, str], names: Mapping[str, str]
) -> Accountability:
    about = body.get("task") or body.get("timer") or {}
    who = body.get("actor", {})
    lender = who.get("for")
    return Accountability(
        act=event.kind,
        step=about.get("step"),
        name=ACCOUNTABLE.get(event.kind) or act_name(body, {}),
        person_id=event.actor_id,
        person=actor.get("name"),
        post_then=actor.get("post") or who.get("post"),
        organ_id=who.get("organ"),
        on_behalf_of=lender,
        on_behalf_of_name=names.get(lender) if lender else None,
        at=event.at,
        saw=_saw(body),
        rules=tuple(
            {"rule": rule, "outcome": outcome} for rule, outcome in body.get("rules", {}).get("checked", ())
        ),
        exceptions=tuple(body.get("exceptions", ())),
        evidence=Evidence(event.seq, event.id, event.hash),
    )


def _saw(body: Mapping[str, Any]) -> tuple[str, ...]:
    seen = [body.get("draft"), body.get("document", {}).get("sha256")]
    return tuple(one for one in seen if one)
