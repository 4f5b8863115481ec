"""Everything kept of one meeting, read at once: one statement a table, however many speak and vote.

Plain rows, joined by nothing but ids; `minutes_facts` makes the minutes of them and `meeting_view` what the people in
the room see. Of a secret ballot the rows themselves say no more than that somebody voted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from decision_engine.calendar import local_day
from decision_engine.models import (
    AgendaChange,
    AgendaItem,
    Annotation,
    Attendance,
    Ballot,
    Body,
    Candidate,
    Case,
    DissentConfirmation,
    Document,
    Elector,
    EmergencyConsent,
    Leave,
    MaterialDelivery,
    MaterialOpening,
    Meeting,
    MeetingMember,
    Organ,
    Person,
    Post,
    Recusal,
    Statement,
    StatementConfirmation,
    Vote,
    WrittenOpinion,
)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one meeting, each kind in its own order; of the minutes themselves nothing.

    *titles*: id of a document -> its title. *labels*: id of a case -> its number. *openings*: id of a delivery -> when
    it was first opened. *electors*: id of a vote -> who may vote.
    """

    meeting: Meeting
    body: str
    organ: str
    members: Sequence[MeetingMember]
    attendance: Sequence[Attendance]
    leaves: Mapping[str, Leave]
    changes: Sequence[AgendaChange]
    items: Sequence[AgendaItem]
    labels: Mapping[str, str]
    candidates: Sequence[Candidate]
    consents: Sequence[EmergencyConsent]
    deliveries: Sequence[MaterialDelivery]
    openings: Mapping[str, Any]
    titles: Mapping[str, str]
    opinions: Sequence[WrittenOpinion]
    recusals: Sequence[Recusal]
    statements: Sequence[Statement]
    confirmations: Mapping[str, StatementConfirmation]
    votes: Sequence[Vote]
    electors: Mapping[str, frozenset[str]]
    ballots: Sequence[Ballot]
    confirmed: Mapping[tuple[str, str], DissentConfirmation]
    annotations: Sequence[Annotation]

    @property
    def principal_id(self) -> str | None:
        """Return who leads the body in this meeting."""
        return next((one.person_id for one in self.members if one.is_principal), None)

    @property
    def here(self) -> frozenset[str]:
        """Return who is in the room now, of those the register knows."""
        return frozenset(one.person_id for one in self.attendance if one.left_at is None and one.person_id)

    def recused(self, item_id: str) -> frozenset[str]:
        """Return who stays away from an item now."""
        return frozenset(
            one.person_id for one in self.recusals if one.item_id == item_id and one.ended_at is None
        )

    def of_item(self, rows: Sequence[Any], item_id: str) -> list[Any]:
        """Return those of *rows* that belong to an item."""
        return [one for one in rows if one.item_id == item_id]


def rows_of(session: Session, meeting: Meeting) -> Rows:
    """Read everything kept of *meeting*, in a fixed number of statements."""
    items = list(
        session.scalars(
            select(AgendaItem).where(AgendaItem.meeting_id == meeting.id).order_by(AgendaItem.seq)
        )
    )
    ids = [one.id for one in items]

    def room(model: Any, *order: Any) -> list[Any]:
        return list(session.scalars(select(model).where(model.meeting_id == meeting.id).order_by(*order)))

    def item(model: Any, *order: Any) -> list[Any]:
        return list(session.scalars(select(model).where(model.item_id.in_(ids)).order_by(*order)))

    def vote(model: Any, *order: Any) -> list[Any]:
        return list(
            session.scalars(
                select(model)
                .join(Vote, Vote.id == model.vote_id)
                .where(Vote.item_id.in_(ids))
                .order_by(*order)
            )
        )

    deliveries = _deliveries(session, ids)
    statements = session.execute(
        select(Statement, StatementConfirmation)
        .outerjoin(StatementConfirmation, StatementConfirmation.statement_id == Statement.id)
        .where(Statement.item_id.in_(ids))
        .order_by(Statement.item_id, Statement.seq)
    ).all()
    electors: dict[str, set[str]] = {}
    for elector in vote(Elector, Elector.vote_id):
        electors.setdefault(elector.vote_id, set()).add(elector.person_id)
    body, organ = session.execute(
        select(Body.name, Organ.name).join(Organ, Organ.id == Body.organ_id).where(Body.id == meeting.body_id)
    ).one()
    return Rows(
        meeting=meeting,
        body=body,
        organ=organ,
        members=room(MeetingMember, MeetingMember.rank),
        attendance=room(Attendance, Attendance.arrived_at, Attendance.id),
        leaves={one.person_id: one for one in room(Leave, Leave.person_id)},
        changes=room(AgendaChange, AgendaChange.at, AgendaChange.id),
        items=items,
        labels=_labels(session, {one.case_id for one in items}),
        candidates=item(Candidate, Candidate.item_id, Candidate.seq),
        consents=item(EmergencyConsent, EmergencyConsent.at, EmergencyConsent.person_id),
        deliveries=[one for one, _, _ in deliveries],
        openings={one.id: opening.at for one, opening, _ in deliveries if opening is not None},
        titles={one.document_id: title for one, _, title in deliveries},
        opinions=item(WrittenOpinion, WrittenOpinion.given_at, WrittenOpinion.id),
        recusals=item(Recusal, Recusal.at, Recusal.id),
        statements=[one for one, _ in statements],
        confirmations={one.id: sure for one, sure in statements if sure is not None},
        votes=item(Vote, Vote.opened_at, Vote.id),
        electors={one: frozenset(people) for one, people in electors.items()},
        ballots=vote(Ballot, Ballot.at, Ballot.person_id),
        confirmed={
            (one.item_id, one.person_id): one
            for one in item(DissentConfirmation, DissentConfirmation.item_id)
        },
        annotations=room(Annotation, Annotation.at, Annotation.id),
    )


@dataclass(frozen=True, slots=True)
class Who:
    """A person by name, with the post held on a day."""

    name: str
    post: str


def people_of(session: Session, ids: Iterable[str], organ_id: str, day: date) -> dict[str, Who]:
    """Return names and posts (in *organ_id* on *day*) of persons by id, in one statement."""
    rows = session.execute(
        select(Person.id, Person.name, Post.title)
        .outerjoin(
            Post,
            (Post.person_id == Person.id)
            & (Post.organ_id == organ_id)
            & (Post.since <= day)
            & or_(Post.until.is_(None), Post.until >= day),
        )
        .where(Person.id.in_(sorted(set(ids))))
        .order_by(Person.id, Post.since, Post.id)
    )
    found: dict[str, Who] = {}
    for person_id, name, title in rows:
        found.setdefault(person_id, Who(name, title or ""))
    return found


def named_in(rows: Rows) -> set[str]:
    """Return the ids of everybody some row names."""
    found: set[str | None] = {rows.meeting.called_by, rows.meeting.chair_id, rows.meeting.recorder_id}
    columns: dict[str, tuple[Sequence[Any], ...]] = {
        "person_id": (
            rows.members, rows.attendance, list(rows.leaves.values()), rows.consents, rows.deliveries, rows.opinions,
            rows.recusals, rows.statements, rows.ballots, rows.candidates,
        ),
        "entered_by": (rows.attendance, rows.statements, rows.ballots, rows.consents),
        "by": (rows.changes,),
        "approved_by": (rows.changes,),
        "leader_in_charge_id": (rows.items,),
        "reporter_id": (rows.items,),
        "decided_by": (rows.items,),
        "read_by": (rows.opinions,),
        "author_id": (rows.annotations,),
    }  # fmt: skip
    for column, tables in columns.items():
        found |= {getattr(one, column) for table in tables for one in table}
    return {one for one in found if one is not None}


def day_of(meeting: Meeting) -> date:
    """Return the day of a meeting: when it opened, or for when it is called."""
    return local_day(meeting.opened_at or meeting.planned_at)


def _deliveries(
    session: Session, items: Sequence[str]
) -> list[tuple[MaterialDelivery, MaterialOpening | None, str]]:
    return [
        (row[0], row[1], row[2])
        for row in session.execute(
            select(MaterialDelivery, MaterialOpening, Document.title)
            .outerjoin(MaterialOpening, MaterialOpening.delivery_id == MaterialDelivery.id)
            .join(Document, Document.id == MaterialDelivery.document_id)
            .where(MaterialDelivery.item_id.in_(items))
            .order_by(MaterialDelivery.delivered_at, MaterialDelivery.id)
        )
    ]


def _labels(session: Session, ids: set[str]) -> dict[str, str]:
    columns: tuple[InstrumentedAttribute[Any], ...] = (Case.id, Case.kind, Case.year, Case.number)
    return {
        row[0]: Case(kind=row[1], year=row[2], number=row[3]).label
        for row in session.execute(select(*columns).where(Case.id.in_(sorted(ids))))
    }
