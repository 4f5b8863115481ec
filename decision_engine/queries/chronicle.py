"""A case as its log tells it: every act as a value, in order, and the case file made again from the acts.

Nothing here reads records, tasks or persons: what was answered is what an event commits to, names and posts are those
taken down at the moment of the act. So what is computed from a `Chronicle` changes only if the log does. An event
somebody damaged reads as an act of which nothing is known; `trail.check` says that the chain is broken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from decision_engine import rules
from decision_engine.access import CLOCK, PUBLIC
from decision_engine.calendar import WorkCalendar
from decision_engine.language import Text
from decision_engine.models import Case, Event, EventPayload
from decision_engine.process.diagram import Diagram
from decision_engine.queries import definitions
from decision_engine.queries.accountability import Evidence
from decision_engine.queries.casefile import calendar_of, drafts_of, organ_of
from decision_engine.queries.meeting_events import FILED
from decision_engine.queries.trail import act_name, element_names, read
from decision_engine.work import Work

DONE = frozenset({"task.completed", "timer.fired", "objection.raised", "objection.answered"}) | FILED
"""Kinds of events that made a record."""
MACHINES = frozenset({CLOCK.person_id, PUBLIC.person_id})
"""Actors that are nobody of the organ: nobody of them answers for anything."""


@dataclass(frozen=True, slots=True)
class Act:
    """One event. *said* is None once erased; *person* and *post* are as they were then; *entry* its record's number."""

    kind: str
    step: str | None
    element: str | None
    task: str | None
    item: str | None
    at: datetime
    person_id: str
    person: str | None
    post: str | None
    on_behalf_of: str | None
    entry: int | None
    body: Mapping[str, Any]
    said: Mapping[str, Any] | None
    beside: Mapping[str, Any]
    name: Text
    evidence: Evidence

    @property
    def answerable(self) -> str:
        """Who answers: the person acted for, else the actor."""
        return self.on_behalf_of or self.person_id

    @property
    def checked(self) -> tuple[tuple[str, str], ...]:
        """Return the rules checked when the act was done, each with its outcome."""
        return tuple((rule, outcome) for rule, outcome in self.body.get("rules", {}).get("checked", ()))

    def get(self, name: str) -> Any:
        """Return what was answered to *name*, None where nothing was, or no more is known."""
        return (self.said or {}).get(name)


@dataclass(frozen=True, slots=True)
class Chronicle:
    """The acts of a case in order, with what is needed to read them as the rules do."""

    case: Case
    acts: tuple[Act, ...]
    now: datetime
    calendar: WorkCalendar
    diagram: Diagram
    organ: rules.Organ
    bodies: Mapping[str, rules.Body]
    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, *steps: str) -> tuple[Act, ...]:
        """Return the acts that completed one of *steps*, oldest first."""
        return tuple(act for act in self.acts if act.kind in DONE and act.step in steps)

    def last(self, *steps: str) -> Act | None:
        """Return the newest act that completed one of *steps*."""
        found = self.of(*steps)
        return found[-1] if found else None

    def facts(self) -> rules.Facts:
        """Return the case file as the acts make it, for the audit rules."""
        records = tuple(_record(act, self.diagram) for act in self.acts if act.entry is not None)
        opened = next((act for act in self.acts if act.kind == "case.opened"), None)
        return rules.Facts(
            gate="audit", records=records, now=self.now, calendar=self.calendar, organ=self.organ, bodies=self.bodies,
            matter=(opened.get("matter") or {}) if opened else {}, drafts=drafts_of(records),
            comments=tuple(_comment(act) for act in self.acts if act.kind == "comment.received"),
            persons={one: rules.Person(one, name) for one, name in self.names.items()},
        )  # fmt: skip


def chronicle(work: Work, case: Case) -> Chronicle:
    """Read the log of *case*; four statements, however long it is."""
    session = work.session
    rows = session.execute(
        select(Event, EventPayload)
        .outerjoin(EventPayload, EventPayload.event_id == Event.id)
        .where(Event.chain == case.id)
        .order_by(Event.seq)
    )
    drawn = element_names(session, case.definition_hash)
    acts = tuple(_act(event, payload, drawn) for event, payload in rows)
    organ, bodies, _ = organ_of(session, case.organ_id, work.today)
    names = {CLOCK.person_id: CLOCK.name, PUBLIC.person_id: PUBLIC.name}
    names |= {act.person_id: act.person for act in acts if act.person and act.person_id not in MACHINES}
    return Chronicle(
        case=case, acts=acts, now=work.now, calendar=calendar_of(session), organ=organ, bodies=bodies, names=names,
        diagram=definitions.compiled(session, case.definition_hash).diagram,
    )  # fmt: skip


def _act(event: Event, payload: EventPayload | None, drawn: Mapping[str, str]) -> Act:
    body = read(event.body)
    told = read(payload.payload) if payload is not None else {}
    about = _mapping(body.get("task")) or _mapping(body.get("timer"))
    who, actor, said = _mapping(body.get("actor")), _mapping(told.get("actor")), told.get("said")
    entry = body.get("entry")
    member = body.get("member") if event.kind in FILED else None
    return Act(
        kind=event.kind, step=about.get("step") or body.get("step"), element=about.get("element"), task=about.get("id"),
        item=about.get("item") or member, at=event.at, person_id=event.actor_id, person=actor.get("name"),
        post=actor.get("post") or who.get("post"), on_behalf_of=who.get("for"),
        entry=entry if isinstance(entry, int) and event.kind in DONE else None, body=body,
        said=said if isinstance(said, dict) else None, beside=told, name=act_name(body, drawn),
        evidence=Evidence(event.seq, event.id, event.hash),
    )  # fmt: skip


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _record(act: Act, diagram: Diagram) -> rules.Record:
    """Return the record *act* made, as rules read it."""
    data: Mapping[str, Any] = act.said or {}
    if act.kind == "timer.fired":
        data = {"closed_at": act.at.isoformat(timespec="milliseconds"), "due_at": act.body.get("due")}
    drawn = diagram.elements.get(act.element or "")
    role = "clock" if act.kind == "timer.fired" else (drawn.role if drawn else None) or ""
    return rules.Record(
        seq=act.entry or 0, kind=act.step or act.element or "", data=data, at=act.at, author=act.person_id, role=role,
        post=act.post, draft=act.body.get("draft"), item=act.item, on_behalf_of=act.on_behalf_of,
        departures=tuple(
            rules.Departure(one["rule"], one["reason"], one["approver"]["id"])
            for one in act.beside.get("exceptions", ())
        ),
    )  # fmt: skip


def _comment(act: Act) -> rules.Comment:
    told = _mapping(act.body.get("comment"))
    late, channel = bool(told.get("late")), str(told.get("channel", ""))
    return rules.Comment(str(told.get("id", "")), act.at, late, channel, act.get("text") or "")
