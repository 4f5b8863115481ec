"""The meeting room: meetings, agendas, who was there, what was said in which order, votes, decisions, minutes.

Every item of an agenda belongs to a case: a major decision's, or one of its own (`Case.kind` `MEETING_ITEM`) where
the matter is no major administrative decision (personnel, large funds, projects). Acts on an item stand in its
case's log, acts of the room in the chain `meeting:<id>`.

Guarantees kept by the database itself (migration 0002), whatever the program does:

* the principal's opinion is refused while a present, non-recused member has neither spoken nor waived;
* a member takes one position on an item, and after the principal only adds;
* who is absent, recused or no member neither takes a position nor votes; one ballot each, the chair's last;
* one item at a time is before the meeting;
* what was said, voted, consented, delivered and signed is appended, never changed or deleted.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from decision_engine.db import Model, new_id
from decision_engine.language import Text

BEFORE_THE_MEETING = ("TAKEN_UP", "REPORTED", "MEMBERS_SPEAKING", "PRINCIPAL_SPOKEN", "VOTING", "VOTED")
"""States of an item the meeting is busy with; at most one item at a time."""

TO_COME_BACK = ("PUT_OFF", "BROKEN_OFF")
"""States of an undecided item that a later meeting takes up as an item of its own."""

_IS_BEFORE = text(f"state IN ({', '.join(repr(one) for one in BEFORE_THE_MEETING)})")
_IS_WHOLE = text("candidate_id IS NULL")
_TAKES_POSITION = "(kind IN ('OPINION', 'WAIVER')) = (stance IS NOT NULL)"
_KINDS = "kind IN ('OPINION', 'WAIVER', 'ADDITION', 'CLARIFICATION', 'LEGAL_EXPLANATION', 'ATTENDEE')"
_CHOICES = "choice IN ('YES', 'NO', 'ABSTAIN')"
_IS_HERE = text("left_at IS NULL AND person_id IS NOT NULL")


class Meeting(Model):
    """A meeting of a deciding body. *status*: `CALLED`, `OPEN`, `CLOSED`, `CANCELLED`.

    *number* counts within the body and *year*; *procedure* are the body's rules of procedure as they were when it
    was called, renewed when it opened (name -> value; shares as text, `"2/3"`). *signed_at*: its minutes are settled.
    """

    __tablename__ = "meeting"
    __table_args__ = (UniqueConstraint("body_id", "year", "number"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organ_id: Mapped[str] = mapped_column(ForeignKey("organ.id"), index=True)
    body_id: Mapped[str] = mapped_column(ForeignKey("body.id"))
    body_kind: Mapped[str]
    year: Mapped[int]
    number: Mapped[int]
    title: Mapped[str]
    status: Mapped[str]
    planned_at: Mapped[datetime]
    place: Mapped[str]
    chair_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    recorder_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    procedure: Mapped[dict[str, Any]]
    called_at: Mapped[datetime]
    called_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    cancelled_reason: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own attribute

    @property
    def chain(self) -> str:
        """Return the name of the meeting's own log chain."""
        return f"meeting:{self.id}"

    @property
    def label(self) -> str:
        """Return the meeting's number as officials write it: `2026年第3次`."""
        return f"{self.year}年第{self.number}次"

    @property
    def said_label(self) -> Text:
        """Return the same in both languages."""
        return Text(self.label, f"No. {self.number} of {self.year}")


class MeetingMember(Model):
    """A member due (应到), in order of *rank*, with the post (*title*) of the day; settled when the meeting opens."""

    __tablename__ = "meeting_member"
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    rank: Mapped[int]
    title: Mapped[str]
    is_principal: Mapped[bool]
    noticed_at: Mapped[datetime | None]


class AgendaItem(Model):
    """One matter on the agenda of one meeting; a matter discussed again is an item of a later meeting.

    *category*: `MAJOR_DECISION`, `IMPORTANT_PERSONNEL`, `MAJOR_PROJECT`, `LARGE_FUNDS`, `ORDINARY`.
    *call*: the call of the case's flow this item is (`""`: the case is the item's own).
    *state*: `PENDING` → `TAKEN_UP` → `REPORTED` → `MEMBERS_SPEAKING` → `PRINCIPAL_SPOKEN` → `VOTING` → `VOTED` →
    `DECIDED` → `SIGNED`; or `WITHDRAWN` (by an agenda change), `PUT_OFF` (never taken up),
    `BROKEN_OFF` (taken up, could not go on); *put_off_reason* says why of both.
    *outcome*: `APPROVE`, `REJECT`, `AMEND`, `DEFER`, `REDISCUSS`. *version* is what a device says it acts upon.
    """

    __tablename__ = "agenda_item"
    __table_args__ = (
        UniqueConstraint("meeting_id", "seq"),
        Index(
            "ix_agenda_item_before",
            "meeting_id",
            unique=True,
            sqlite_where=_IS_BEFORE,
            postgresql_where=_IS_BEFORE,
        ),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"))
    seq: Mapped[int]
    title: Mapped[str]
    category: Mapped[str]
    case_id: Mapped[str] = mapped_column(ForeignKey("decision_case.id"), index=True)
    call: Mapped[str]
    leader_in_charge_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    reporter_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    announced_at: Mapped[datetime]
    emergency: Mapped[bool] = mapped_column(default=False)
    emergency_reason: Mapped[str | None]
    state: Mapped[str]
    previous_id: Mapped[str | None] = mapped_column(
        ForeignKey("agenda_item.id")
    )  # put off or deferred before
    taken_up_at: Mapped[datetime | None]
    report: Mapped[str | None]
    reported_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    decision: Mapped[str | None]
    override_reasons: Mapped[str | None]
    divided: Mapped[bool | None]
    deferred_until: Mapped[date | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    result_announced_at: Mapped[datetime | None]
    put_off_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own attribute


class Candidate(Model):
    """A person an item of personnel is about, voted upon one by one. *action*: `APPOINT`, `DISMISS`, ….

    *person_id* is set where the person is in the register. *outcome*: `PASSED`, `NOT_PASSED`.
    """

    __tablename__ = "candidate"
    __table_args__ = (UniqueConstraint("item_id", "seq"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[str] = mapped_column(ForeignKey("agenda_item.id"))
    seq: Mapped[int]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    post: Mapped[str]
    action: Mapped[str]
    outcome: Mapped[str | None]


class AgendaChange(Model):
    """An announced agenda was changed (R-MTG-23). *kind*: `ADD`, `WITHDRAW`, `SWAP`, `BREAK_OFF`. Append-only."""

    __tablename__ = "agenda_change"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), index=True)
    item_id: Mapped[str | None] = mapped_column(ForeignKey("agenda_item.id"))
    kind: Mapped[str]
    what: Mapped[str]
    reason: Mapped[str]
    approved_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class EmergencyConsent(Model):
    """A present member agrees, or not, to an emergency item being taken up. Append-only, once each."""

    __tablename__ = "emergency_consent"
    item_id: Mapped[str] = mapped_column(ForeignKey("agenda_item.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    consents: Mapped[bool]
    entered_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class MaterialDelivery(Model):
    """A version of a paper reached a member. Append-only; *sha256* names the exact bytes."""

    __tablename__ = "material_delivery"
    __table_args__ = (UniqueConstraint("item_id", "person_id", "document_id", "sha256"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[str] = mapped_column(ForeignKey("agenda_item.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"))
    number: Mapped[int]  # of the document's version
    sha256: Mapped[str]
    delivered_at: Mapped[datetime]
    delivered_by: Mapped[str] = mapped_column(ForeignKey("person.id"))


class MaterialOpening(Model):
    """The member opened what was delivered, for the first time. Append-only."""

    __tablename__ = "material_opening"
    delivery_id: Mapped[str] = mapped_column(ForeignKey("material_delivery.id"), primary_key=True)
    at: Mapped[datetime]


class Attendance(Model):
    """Somebody was in the room from *arrived_at* to *left_at* (None: still is); who comes back has a second row.

    *kind*: `MEMBER`, `ATTENDEE` (列席), `EXPERT`. Outsiders have a *name* and *position* but no *person_id*.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        Index(
            "ix_attendance_here",
            "meeting_id",
            "person_id",
            unique=True,
            sqlite_where=_IS_HERE,
            postgresql_where=_IS_HERE,
        ),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    position: Mapped[str]
    kind: Mapped[str]
    arrived_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    leaving_reason: Mapped[str | None]
    entered_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))


class Leave(Model):
    """A member asked leave of absence beforehand, or the recorder notes why one is missing (*asked_at* None)."""

    __tablename__ = "leave"
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    reason: Mapped[str]
    asked_at: Mapped[datetime | None]
    entered_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))


class WrittenOpinion(Model):
    """What an absent member wrote on an item: read out (*read_at*), never counted (R-MTG-08)."""

    __tablename__ = "written_opinion"
    __table_args__ = (UniqueConstraint("item_id", "person_id"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[str] = mapped_column(ForeignKey("agenda_item.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str]
    given_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    read_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))


class Recusal(Model):
    """A member stays away from an item (R-MTG-15). *ground*: `OWN_INTEREST`, `RELATIVE_INTEREST`, `OTHER` (R-MTG-16).

    *initiated_by*: `SELF`, `INTERESTED_PERSON`, `ORGAN`. In force until *ended_at*: when the item was decided and
    the member came back in.
    """

    __tablename__ = "recusal"
    __table_args__ = (UniqueConstraint("item_id", "person_id"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[str] = mapped_column(ForeignKey("agenda_item.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    ground: Mapped[str]
    explanation: Mapped[str]
    initiated_by: Mapped[str]
    entered_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Statement(Model):
    """Something said on an item, in the order *seq*. Append-only.

    *kind*: `OPINION` (a position), `WAIVER` (no further opinion), `ADDITION` (no new position), `CLARIFICATION` (a
    question, no stance), `LEGAL_EXPLANATION`, `ATTENDEE`. *stance*: a value of `forms.choices.STANCES`, only with
    an opinion or a waiver. *entered_by*: the recorder wrote it down for the speaker, who confirms it later.
    """

    __tablename__ = "statement"
    __table_args__ = (
        UniqueConstraint("item_id", "seq"),
        CheckConstraint(_TAKES_POSITION, name="stance"),
        CheckConstraint(_KINDS, name="kind"),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[str] = mapped_column(ForeignKey("agenda_item.id"))
    seq: Mapped[int]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    stance: Mapped[str | None]
    text: Mapped[str]
    at: Mapped[datetime]
    entered_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))


class StatementConfirmation(Model):
    """The speaker confirms what the recorder wrote down, or says in *objection* what is wrong. Append-only."""

    __tablename__ = "statement_confirmation"
    statement_id: Mapped[str] = mapped_column(ForeignKey("statement.id"), primary_key=True)
    at: Mapped[datetime]
    objection: Mapped[str | None]


class Vote(Model):
    """A vote on an item, or on one *candidate* of it. *state*: `OPEN`, `CLOSED`, `VOID`.

    *method*: `NAMED_BALLOT`, `SHOW_OF_HANDS`, `ORAL`, `SECRET_BALLOT`, `RECORDED_POSITIONS`. *due* and *present*:
    heads when it opened. *yes*, *no*, *abstain* are counted when it closes, *passed* by the body's majority.
    """

    __tablename__ = "vote"
    __table_args__ = (
        UniqueConstraint("item_id", "candidate_id"),
        Index("ix_vote_whole", "item_id", unique=True, sqlite_where=_IS_WHOLE, postgresql_where=_IS_WHOLE),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[str] = mapped_column(ForeignKey("agenda_item.id"))
    candidate_id: Mapped[str | None] = mapped_column(ForeignKey("candidate.id"))
    method: Mapped[str]
    state: Mapped[str]
    due: Mapped[int]
    present: Mapped[int]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    yes: Mapped[int | None]
    no: Mapped[int | None]
    abstain: Mapped[int | None]
    passed: Mapped[bool | None]


class Elector(Model):
    """Who may vote, frozen when the vote opened. Append-only."""

    __tablename__ = "elector"
    vote_id: Mapped[str] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)


class Ballot(Model):
    """That *person_id* voted, and what: `YES`, `NO`, `ABSTAIN`; None in a secret ballot. Append-only."""

    __tablename__ = "ballot"
    __table_args__ = (CheckConstraint(_CHOICES, name="choice"),)
    vote_id: Mapped[str] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    choice: Mapped[str | None]
    at: Mapped[datetime]
    entered_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))


class SecretTally(Model):
    """The urn of a secret ballot: how many of each *choice*, never whose. Not to be shown before the vote closes."""

    __tablename__ = "secret_tally"
    __table_args__ = (CheckConstraint(_CHOICES, name="choice"),)
    vote_id: Mapped[str] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    choice: Mapped[str] = mapped_column(primary_key=True)
    votes: Mapped[int]


class MinutesVersion(Model):
    """Minutes as generated: exact bytes. *kind*: `RECORD` (记录) or `SUMMARY` (纪要). Append-only."""

    __tablename__ = "minutes_version"
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)
    media_type: Mapped[str]
    content: Mapped[bytes]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))


class MinutesSignature(Model):
    """A member signed the record with these bytes, or says why not: *signed_at* or *refusal_reason*. Append-only."""

    __tablename__ = "minutes_signature"
    __table_args__ = (UniqueConstraint("meeting_id", "sha256", "person_id"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"))
    sha256: Mapped[str]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    signed_at: Mapped[datetime | None]
    refusal_reason: Mapped[str | None]
    at: Mapped[datetime]
    entered_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))


class MinutesCorrection(Model):
    """A correction of the record, appended: the generated text stands (R-MTG-27). Append-only."""

    __tablename__ = "minutes_correction"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), index=True)
    item_id: Mapped[str | None] = mapped_column(ForeignKey("agenda_item.id"))
    sha256: Mapped[str | None]  # of the version that is corrected
    author_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str]
    at: Mapped[datetime]


class Annotation(Model):
    """Something said later, with its own date; it is no part of the deliberation. Append-only."""

    __tablename__ = "annotation"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), index=True)
    item_id: Mapped[str | None] = mapped_column(ForeignKey("agenda_item.id"))
    statement_id: Mapped[str | None] = mapped_column(ForeignKey("statement.id"))
    author_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str]
    at: Mapped[datetime]


class DissentConfirmation(Model):
    """A dissenter confirms how the record words the differing opinion (*text*, verbatim). Append-only, once."""

    __tablename__ = "dissent_confirmation"
    item_id: Mapped[str] = mapped_column(ForeignKey("agenda_item.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    text: Mapped[str]
    at: Mapped[datetime]
