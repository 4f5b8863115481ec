"""The case file as values: what rules, guards and readers see of a case at a moment.

`open_file` reads a case once, in a fixed number of statements, however long its history: the records, the
organ with its bodies, the working calendar; comments only where the gate asks for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from decision_engine import calendar, rules
from decision_engine.access import DRAFTING
from decision_engine.calendar import WorkCalendar
from decision_engine.models import (
    Body,
    BodyMember,
    CalendarDay,
    CalendarNotice,
    Case,
    Comment,
    Document,
    DocumentVersion,
    Organ,
    Person,
    Record,
)
from decision_engine.work import Work

ASK_COMMENTS = frozenset(
    {"handle_comments", "publish_feedback", "receive_comment", "assemble_meeting_package"}
)
MEETING_GATES = frozenset({"assemble_meeting_package", "confirm_agenda", "open_meeting"})


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case read at one moment.

    *done*: step -> ids of the persons who completed it. *upload*: the draft's newest content where it was put
    into the case after the last drafting step; read only before a meeting, whose members would get it.
    """

    case: Case
    organ: rules.Organ
    records: tuple[rules.Record, ...]
    bodies: Mapping[str, rules.Body]
    persons: Mapping[str, rules.Person]
    comments: tuple[rules.Comment, ...]
    calendar: WorkCalendar
    done: Mapping[str, frozenset[str]]
    upload: rules.Draft | None = None

    def facts(
        self,
        work: Work,
        gate: str,
        pending: rules.Record | None = None,
        departures: Sequence[rules.Departure] = (),
    ) -> rules.Facts:
        """Return what the rules see when *gate* is about to be passed with *pending*."""
        records = self.records if pending is None else (*self.records, pending)
        return rules.Facts(
            gate=gate,
            records=records,
            now=work.now,
            calendar=self.calendar,
            organ=self.organ,
            matter=self.case.matter,
            bodies=self.bodies,
            persons=self.persons,
            drafts=(*drafts_of(records), *((self.upload,) if self.upload else ())),
            comments=self.comments,
            departures=tuple(departures),
        )

    def having(self, record: rules.Record) -> CaseFile:
        """Return this case file with *record* added."""
        done = {**self.done, record.kind: self.done.get(record.kind, frozenset()) | {record.author or ""}}
        return replace(self, records=(*self.records, record), done=done)


def open_file(work: Work, case: Case, gate: str | None = None) -> CaseFile:
    """Read the case file of *case* for *gate* (None reads the comments too)."""
    session = work.session
    organ, bodies, persons = organ_of(session, case.organ_id, work.today)
    records = tuple(
        as_fact(record)
        for record in session.scalars(select(Record).where(Record.case_id == case.id).order_by(Record.seq))
    )
    done: defaultdict[str, set[str]] = defaultdict(set)
    for record in records:
        if record.author is not None:
            done[record.kind].add(record.author)
    return CaseFile(
        case=case,
        organ=organ,
        records=records,
        bodies=bodies,
        persons=persons,
        comments=_comments(session, case) if gate is None or gate in ASK_COMMENTS else (),
        calendar=calendar_of(session),
        done={step: frozenset(people) for step, people in done.items()},
        upload=_upload(session, case, records) if gate in MEETING_GATES else None,
    )


def as_fact(record: Record) -> rules.Record:
    """Return a stored *record* as the value rules read."""
    return rules.Record(
        seq=record.seq,
        kind=record.kind,
        data=record.data,
        at=record.at,
        author=record.author_id,
        role=record.role,
        post=record.post,
        draft=record.draft,
        item=record.item,
        on_behalf_of=record.on_behalf_of_id,
        departures=tuple(rules.Departure(*one) for one in record.exceptions),
    )


def drafts_of(records: Sequence[rules.Record]) -> tuple[rules.Draft, ...]:
    """Return the versions of the draft, oldest first: each (re)drafting step that changed its content."""
    drafts: list[rules.Draft] = []
    for record in records:
        if record.kind in DRAFTING and record.draft and (not drafts or drafts[-1].hash != record.draft):
            drafts.append(rules.Draft(len(drafts) + 1, record.draft, record.at, record.author))
    return tuple(drafts)


def _upload(session: Session, case: Case, records: Sequence[rules.Record]) -> rules.Draft | None:
    """Return the newest content of the draft's document unless it is what the last drafting step gave."""
    drafted = next((one for one in reversed(records) if one.kind in DRAFTING and one.draft), None)
    if drafted is None:
        return None
    newest = session.scalar(
        select(DocumentVersion)
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(Document.id == drafted.text("draft_ref"), Document.case_id == case.id)
        .order_by(DocumentVersion.number.desc())
        .limit(1)
    )
    if newest is None or newest.sha256 == drafted.draft:
        return None
    return rules.Draft(len(drafts_of(records)) + 1, newest.sha256, newest.at, newest.author_id)


def organ_of(
    session: Session, organ_id: str, day: date
) -> tuple[rules.Organ, Mapping[str, rules.Body], Mapping[str, rules.Person]]:
    """Return the organ, its deciding bodies with the members of *day*, and those by id; one statement."""
    rows = session.execute(
        select(Organ, Body, BodyMember, Person.name)
        .outerjoin(Body, Body.organ_id == Organ.id)
        .outerjoin(
            BodyMember,
            (BodyMember.body_id == Body.id)
            & (BodyMember.since <= day)
            & (BodyMember.until.is_(None) | (BodyMember.until >= day)),
        )
        .outerjoin(Person, Person.id == BodyMember.person_id)
        .where(Organ.id == organ_id)
        .order_by(Body.id, BodyMember.rank)
    ).all()
    organ = rows[0][0]
    members: defaultdict[str, list[BodyMember]] = defaultdict(list)
    persons: dict[str, rules.Person] = {}
    overriding: dict[str, Mapping[str, Any]] = {}
    for _, body, member, name in rows:
        if body is not None:
            overriding[body.kind] = body.parameters
            members[body.kind].extend([member] if member is not None else [])
        if member is not None:
            persons[member.person_id] = rules.Person(member.person_id, name)
    bodies = {
        kind: rules.Body(
            kind=kind,
            principal=next((one.person_id for one in people if one.is_principal), None),
            members=tuple(one.person_id for one in people),
            stricter=rules.procedure.own(kind, overriding.get(kind, {})),
        )
        for kind, people in members.items()
    }
    return organ_for_rules(organ), bodies, persons


def organ_for_rules(organ: Organ) -> rules.Organ:
    """Return an organ of the register as the rules see it."""
    return rules.Organ(organ.id, organ.kind, tuple(organ.overlays), organ.name)


def calendar_of(session: Session) -> WorkCalendar:
    """Return the working calendar with every approved notice, in one statement."""
    rows = session.execute(
        select(
            CalendarDay.day,
            CalendarDay.kind,
            CalendarNotice.document_no,
            CalendarNotice.issued_on,
            CalendarNotice.year,
            CalendarNotice.source_url,
            CalendarNotice.national,
        )
        .join(CalendarNotice, CalendarNotice.id == CalendarDay.notice_id)
        .where(CalendarNotice.status == "APPROVED")
        .order_by(CalendarNotice.approved_at, CalendarDay.day)
    )
    return _calendar(tuple(tuple(row) for row in rows))


@lru_cache(maxsize=8)
def _calendar(rows: tuple[tuple[Any, ...], ...]) -> WorkCalendar:
    """Lay the approved *rows* over the published calendar; the version names the documents."""
    standard = WorkCalendar.standard()
    if not rows:
        return standard
    notices = {row[2]: calendar.CalendarNotice(row[2], row[3], row[4], row[5], row[6]) for row in rows}
    days = tuple(calendar.CalendarDay(row[0], calendar.DayKind(row[1]), row[2]) for row in rows)
    version = "+".join((standard.version, *notices))
    return WorkCalendar(version, days, tuple(notices.values()))


def _comments(session: Session, case: Case) -> tuple[rules.Comment, ...]:
    rows = session.scalars(select(Comment).where(Comment.case_id == case.id).order_by(Comment.at, Comment.id))
    return tuple(rules.Comment(row.id, row.at, row.late, row.channel, row.text) for row in rows)
