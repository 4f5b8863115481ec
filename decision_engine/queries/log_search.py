"""Looking into the log: events by case, person, kind and days, newest first, of the organs one may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, select

from decision_engine.calendar import end_of_day, start_of_day
from decision_engine.language import Text
from decision_engine.models import Case, Event, EventPayload, Person
from decision_engine.queries.pages import Page
from decision_engine.queries.people import organs_of
from decision_engine.queries.trail import entry, sentence
from decision_engine.work import Work


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; None asks for everything."""

    case_id: str | None = None
    person: str | None = None
    kind: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One event found, as a sentence, with the case it belongs to."""

    seq: int
    at: datetime
    kind: str
    hash: str
    told: Text
    case: Case


def hits(work: Work, wanted: Wanted, *, page: int = 1, size: int = 50) -> Page[Hit]:
    """Return the events of cases the actor may read in the log; three statements."""
    where = _where(work, wanted)
    total = (
        work.session.scalar(
            select(func.count()).select_from(Event).join(Case, Case.id == Event.chain).where(where)
        )
        or 0
    )
    rows = work.session.execute(
        select(Event, EventPayload, Case)
        .join(Case, Case.id == Event.chain)
        .outerjoin(EventPayload, EventPayload.event_id == Event.id)
        .where(where)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    found: Sequence[Hit] = [
        Hit(event.seq, event.at, event.kind, event.hash, sentence(entry(event, payload, {}), {}), case)
        for event, payload, case in rows
    ]
    return Page(found, page, size, total)


def _where(work: Work, wanted: Wanted) -> ColumnElement[bool]:
    asked: list[ColumnElement[bool]] = [Case.organ_id.in_(organs_of(work, "log.read"))]
    if wanted.case_id:
        asked.append(Case.id == wanted.case_id)
    if wanted.person:
        named = select(Person.id).where(Person.name.contains(wanted.person, autoescape=True))
        asked.append(Event.actor_id.in_(named))
    if wanted.kind:
        asked.append(Event.kind == wanted.kind)
    if wanted.since:
        asked.append(Event.at >= start_of_day(wanted.since))
    if wanted.until:
        asked.append(Event.at < end_of_day(wanted.until))
    return and_(*asked)
