"""The minutes of a meeting as one plain value: every fact F16 to F24 of the domain book, and nothing else.

The value holds names, posts, moments and words as they were recorded; whoever sets it (as text, Word or PDF) adds
nothing. What grows after the minutes were drawn up stands apart (*versions*, *signatures*, *afterwards*,
*annotations*) and never enters what is signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody by name, with the post held on the day of the meeting."""

    id: str
    name: str
    post: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one member received (F17): version *number* of a paper, its exact content, when it came, when opened."""

    member: Participant
    item: int
    title: str
    number: int
    sha256: str
    delivered_at: datetime
    opened_at: datetime | None


@dataclass(frozen=True, slots=True)
class AgendaChange:
    """A change of the agenda (F16), with its reason and who approved it. *kind*: ADD, WITHDRAW, SWAP, BREAK_OFF."""

    kind: str
    what: str
    reason: str
    by: Participant
    approved_by: Participant
    at: datetime


@dataclass(frozen=True, slots=True)
class Presence:
    """A member due, and when in the room (F18). *spells*: from and until (None: to the end), in order."""

    member: Participant
    spells: tuple[tuple[datetime, datetime | None], ...] = ()
    late: bool = False
    left_early: bool = False
    absence_reason: str | None = None
    leave_asked_at: datetime | None = None
    noticed_at: datetime | None = None

    @property
    def was_present(self) -> bool:
        """Whether the member was in the room at any time."""
        return bool(self.spells)


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody in the room without a vote (列席), with what for."""

    name: str
    position: str
    spells: tuple[tuple[datetime, datetime | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One contribution, *seq* in the order of the item (F19).

    *kind*: OPINION, WAIVER, ADDITION, ATTENDEE, LEGAL_EXPLANATION, CLARIFICATION; *stance* is a value of
    `forms.choices.STANCES` or None. Written down by the recorder (*entered_by*), the speaker confirmed it at
    *confirmed_at* or said in *objection* what is wrong.
    """

    seq: int
    speaker: Participant
    kind: str
    stance: str | None
    words: str
    at: datetime
    entered_by: Participant | None = None
    confirmed_at: datetime | None = None
    objection: str | None = None
    is_principal: bool = False

    @property
    def is_unconfirmed(self) -> bool:
        """Whether the recorder wrote it down and the speaker has not said yet whether it is right."""
        return self.entered_by is not None and self.confirmed_at is None


@dataclass(frozen=True, slots=True)
class WrittenOpinion:
    """What an absent member wrote: read out, not counted (R-MTG-08)."""

    member: Participant
    words: str
    given_at: datetime
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recusal:
    """A member who left for this item: *ground* (OWN_INTEREST, RELATIVE_INTEREST, OTHER) and times (R-MTG-15, 16)."""

    member: Participant
    ground: str
    explanation: str
    initiated_by: str
    at: datetime
    left_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ballot:
    """One member's vote where the method shows it; *choice*: YES, NO, ABSTAIN."""

    member: Participant
    choice: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VoteTaken:
    """One vote: on the item, or on one person of it (*subject*). A secret one has no *ballots*, only its totals."""

    subject: str | None
    method: str
    due: int
    present: int
    yes: int
    no: int
    abstain: int
    passed: bool | None
    opened_at: datetime
    closed_at: datetime | None
    ballots: tuple[Ballot, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided by whom (F22); *override_reasons* where it departs from the majority."""

    outcome: str
    words: str
    by: Participant
    at: datetime
    override_reasons: str | None = None
    divided: bool = False
    deferred_until: date | None = None
    announced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dissent:
    """A differing opinion, verbatim, with its author's confirmation (F21)."""

    member: Participant
    words: str
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report on a matter outside the meeting (F24), with its reply. *kind*: PARTY, CONGRESS, HIGHER."""

    item: int
    kind: str
    words: str
    at: datetime
    reply: str | None = None
    replied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier discussion of the same matter: which meeting, when, how it ended."""

    meeting: str
    at: datetime | None
    outcome: str | None
    decision: str | None


@dataclass(frozen=True, slots=True)
class ItemMinutes:
    """One item of the agenda: how it came there, what was said, how it was decided.

    *state* is the item's; one `WITHDRAWN` or `PUT_OFF` was not discussed. *consents*: who agreed to an emergency item
    being taken up, and who did not. *before*: reports and replies that had come when the meeting was held.
    """

    number: int
    title: str
    category: str
    state: str
    put_by: Participant
    put_at: datetime
    case_label: str
    leader_in_charge: Participant | None = None
    emergency_reason: str | None = None
    consents: tuple[tuple[Participant, bool], ...] = ()
    put_off_reason: str | None = None
    earlier: tuple[Earlier, ...] = ()
    before: tuple[Report, ...] = ()
    candidates: tuple[str, ...] = ()
    reporter: Participant | None = None
    report: str | None = None
    reported_at: datetime | None = None
    statements: tuple[Statement, ...] = ()
    written_opinions: tuple[WrittenOpinion, ...] = ()
    recusals: tuple[Recusal, ...] = ()
    votes: tuple[VoteTaken, ...] = ()
    decision: Decision | None = None
    dissents: tuple[Dissent, ...] = ()

    def said(self, *kinds: str) -> tuple[Statement, ...]:
        """Return the statements of some *kinds*, in their order."""
        return tuple(one for one in self.statements if one.kind in kinds)


@dataclass(frozen=True, slots=True)
class Correction:
    """Something put right afterwards: appended, never over the old words (R-MTG-27)."""

    by: Participant
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Signature:
    """One member's hand on one version, or why there is none (F23)."""

    member: Participant
    version: int
    sha256: str
    at: datetime
    refusal: str | None = None
    entered_by: Participant | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the record or the summary (*kind*): when it was drawn up by whom, the hash of its bytes."""

    kind: str
    number: int
    sha256: str
    at: datetime
    by: Participant


@dataclass(frozen=True, slots=True)
class Annotation:
    """A later statement with its own date: never a dissent (R-ACC-04)."""

    by: Participant
    words: str
    at: datetime
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Minutes:
    """A meeting as its minutes tell it. *session* is its number in the year (第3次)."""

    organ: str
    body: str
    year: int
    session: int
    place: str
    called_at: datetime
    called_by: Participant
    planned_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    chair: Participant
    principal: Participant | None
    recorder: Participant
    due: tuple[Presence, ...]
    attendees: tuple[Attendee, ...]
    deliveries: tuple[Delivery, ...]
    agenda_changes: tuple[AgendaChange, ...]
    items: tuple[ItemMinutes, ...]
    corrections: tuple[Correction, ...] = ()
    versions: tuple[Version, ...] = ()
    signatures: tuple[Signature, ...] = ()
    afterwards: tuple[Report, ...] = ()
    annotations: tuple[Annotation, ...] = ()

    @property
    def present(self) -> tuple[Presence, ...]:
        """Return the members who were in the room."""
        return tuple(one for one in self.due if one.was_present)

    @property
    def absent(self) -> tuple[Presence, ...]:
        """Return the members due who never came."""
        return tuple(one for one in self.due if not one.was_present)
