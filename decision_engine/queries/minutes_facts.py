"""From what is kept of a meeting to its `Minutes`: nothing is judged or added, and the same rows make the same.

Dissent is what article 38 protects: a contrary or reserved opinion voiced in the meeting, or a vote against what was
decided; abstaining alone is none (R-ACC-03). Its words are those of the author's statements, whole and in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from decision_engine.calendar import SHANGHAI
from decision_engine.forms.fields import Choices
from decision_engine.forms.publication import APPROVAL_OUTCOMES, NPC_OUTCOMES
from decision_engine.models import (
    AgendaChange,
    AgendaItem,
    Attendance,
    Body,
    Meeting,
    MinutesCorrection,
    MinutesSignature,
    MinutesVersion,
    Record,
    Vote,
)
from decision_engine.queries import minutes as facts
from decision_engine.queries.meeting_rows import Rows, Who, day_of, named_in, people_of, rows_of
from decision_engine.queries.minutes import Minutes, Participant

CONTRARY: Mapping[str, tuple[frozenset[str], str]] = {
    "APPROVE": (frozenset({"DISAGREE", "RESERVED", "DEFER", "AMEND"}), "NO"),
    "AMEND": (frozenset({"DISAGREE", "RESERVED", "DEFER"}), "NO"),
    "REJECT": (frozenset({"AGREE"}), "YES"),
}
"""Outcome -> the positions and the vote that differ from it. Deferring decides nothing that could be differed from."""

VOTED_ONLY = {"NO": "表决时投反对票，未陈述意见。", "YES": "表决时投赞成票，未陈述意见。"}
"""What stands for the words of one who voted against and said nothing."""

REPORT_STEPS = {"report_party_committee": "PARTY", "report_npc": "CONGRESS", "external_approval": "HIGHER"}


def minutes_of(session: Session, meeting: Meeting) -> Minutes:
    """Return the minutes of *meeting* as its rows tell them now."""
    return minutes_from(session, rows_of(session, meeting))


def minutes_from(session: Session, rows: Rows) -> Minutes:
    """Return the minutes of the meeting whose rows were read."""
    return told(rows, _beside(session, rows))


@dataclass(frozen=True, slots=True)
class Beside:
    """What the minutes take from elsewhere: names, other meetings, case files, and the papers drawn up so far."""

    people: Mapping[str, Who]
    earlier: Mapping[str, tuple[facts.Earlier, ...]]
    reports: Sequence[tuple[str, facts.Report]]
    versions: Sequence[MinutesVersion]
    signatures: Sequence[MinutesSignature]
    corrections: Sequence[MinutesCorrection]


def told(rows: Rows, beside: Beside) -> Minutes:
    """Return the minutes of a meeting; pure."""
    meeting, who = rows.meeting, _Names(rows, beside.people)
    closed = meeting.closed_at
    numbers = {one.case_id: one.seq for one in rows.items}
    return Minutes(
        organ=rows.organ,
        body=rows.body,
        year=meeting.year,
        session=meeting.number,
        place=meeting.place,
        called_at=meeting.called_at,
        called_by=who(meeting.called_by),
        planned_at=meeting.planned_at,
        opened_at=meeting.opened_at,
        closed_at=closed,
        chair=who(meeting.chair_id),
        principal=who(rows.principal_id) if rows.principal_id else None,
        recorder=who(meeting.recorder_id),
        due=_due(rows, who),
        attendees=_attendees(rows),
        deliveries=_deliveries(rows, who),
        agenda_changes=tuple(
            facts.AgendaChange(one.kind, one.what, one.reason, who(one.by), who(one.approved_by), one.at)
            for one in rows.changes
        ),
        items=tuple(_item(rows, item, who, beside) for item in rows.items),
        corrections=tuple(
            facts.Correction(who(one.author_id), one.text, one.at) for one in beside.corrections
        ),
        versions=tuple(
            facts.Version(one.kind, one.number, one.sha256, one.at, who(one.by)) for one in beside.versions
        ),
        signatures=_signatures(beside, who),
        afterwards=tuple(
            _numbered(report, numbers[case_id])
            for case_id, report in beside.reports
            if closed is not None and report.at > closed
        ),
        annotations=tuple(
            facts.Annotation(who(one.author_id), one.text, one.at, _number(rows, one.item_id))
            for one in rows.annotations
        ),
    )


def dissents(rows: Rows, item: AgendaItem) -> dict[str, str]:
    """Return who differed from what was decided on *item*, and in which words, in the order they spoke or voted."""
    stances, against = CONTRARY.get(item.outcome or "", (frozenset(), ""))
    if not against:
        return {}
    statements = rows.of_item(rows.statements, item.id)
    votes = {one.id for one in rows.of_item(rows.votes, item.id)}
    differing = [one.person_id for one in statements if one.kind == "OPINION" and one.stance in stances]
    differing += [one.person_id for one in rows.ballots if one.vote_id in votes and one.choice == against]
    heads = {rows.principal_id} if rows.meeting.procedure.get("principal_may_override") is True else set()
    found = {}
    for person in dict.fromkeys(differing):
        if person in heads:
            continue
        said = [
            one.text
            for one in statements
            if one.person_id == person and one.kind in {"OPINION", "ADDITION"} and one.text
        ]
        found[person] = "\n".join(said) or VOTED_ONLY[against]
    return found


# -- the meeting -----------------------------------------------------------------------------------------


class _Names:
    """Who somebody was in this meeting: members by the post they were due in, others by their post of the day."""

    def __init__(self, rows: Rows, people: Mapping[str, Who]) -> None:
        self._posts = {one.person_id: one.title for one in rows.members}
        self._people = people

    def __call__(self, person_id: str) -> Participant:
        who = self._people[person_id]
        return Participant(person_id, who.name, self._posts.get(person_id, who.post))

    def maybe(self, person_id: str | None) -> Participant | None:
        return self(person_id) if person_id is not None else None


def _due(rows: Rows, who: _Names) -> tuple[facts.Presence, ...]:
    opened, closed = rows.meeting.opened_at, rows.meeting.closed_at
    found = []
    for member in rows.members:
        times = _spells([one for one in rows.attendance if one.person_id == member.person_id])
        leave = rows.leaves.get(member.person_id)
        last = times[-1][1] if times else None
        found.append(
            facts.Presence(
                member=who(member.person_id),
                spells=times,
                late=bool(times) and opened is not None and times[0][0] > opened,
                left_early=last is not None and (closed is None or last < closed),
                absence_reason=leave.reason if leave else None,
                leave_asked_at=leave.asked_at if leave else None,
                noticed_at=member.noticed_at,
            )
        )
    return tuple(found)


def _attendees(rows: Rows) -> tuple[facts.Attendee, ...]:
    others: dict[tuple[str, str, str | None], list[Attendance]] = {}
    for one in rows.attendance:
        if one.kind != "MEMBER":
            others.setdefault((one.name, one.position, one.person_id), []).append(one)
    return tuple(
        facts.Attendee(name, position, _spells(times)) for (name, position, _), times in others.items()
    )


def _spells(times: Sequence[Attendance]) -> tuple[tuple[datetime, datetime | None], ...]:
    return tuple((one.arrived_at, one.left_at) for one in times)


def _deliveries(rows: Rows, who: _Names) -> tuple[facts.Delivery, ...]:
    """Return what each member received; what was opened after the meeting was not read for it."""
    numbers = {one.id: one.seq for one in rows.items}
    ranks = {one.person_id: one.rank for one in rows.members}
    closed = rows.meeting.closed_at

    def opened(delivery_id: str) -> datetime | None:
        at: datetime | None = rows.openings.get(delivery_id)
        return at if at is not None and (closed is None or at <= closed) else None

    found = sorted(
        rows.deliveries,
        key=lambda one: (
            numbers[one.item_id],
            ranks.get(one.person_id, len(ranks)),
            one.delivered_at,
            one.id,
        ),
    )
    return tuple(
        facts.Delivery(
            who(one.person_id), numbers[one.item_id], rows.titles[one.document_id], one.number, one.sha256,
            one.delivered_at, opened(one.id),
        )
        for one in found
    )  # fmt: skip


def _signatures(beside: Beside, who: _Names) -> tuple[facts.Signature, ...]:
    numbers = {one.sha256: one.number for one in beside.versions if one.kind == "RECORD"}
    return tuple(
        facts.Signature(
            who(one.person_id), numbers[one.sha256], one.sha256, one.at, one.refusal_reason, who.maybe(one.entered_by)
        )
        for one in beside.signatures
    )  # fmt: skip


def _number(rows: Rows, item_id: str | None) -> int | None:
    return next((one.seq for one in rows.items if one.id == item_id), None)


def _numbered(report: facts.Report, item: int) -> facts.Report:
    return facts.Report(item, report.kind, report.words, report.at, report.reply, report.replied_at)


# -- one item ------------------------------------------------------------------------------------------------


def _item(rows: Rows, item: AgendaItem, who: _Names, beside: Beside) -> facts.ItemMinutes:
    added = _added(rows, item)
    until = rows.meeting.closed_at or rows.meeting.opened_at
    return facts.ItemMinutes(
        number=item.seq,
        title=item.title,
        category=item.category,
        state=item.state,
        put_by=who(added.by if added else rows.meeting.called_by),
        put_at=added.at if added else item.announced_at,
        case_label=rows.labels[item.case_id],
        leader_in_charge=who.maybe(item.leader_in_charge_id),
        emergency_reason=item.emergency_reason if item.emergency else None,
        consents=tuple((who(one.person_id), one.consents) for one in rows.of_item(rows.consents, item.id)),
        put_off_reason=item.put_off_reason,
        earlier=beside.earlier.get(item.id, ()),
        before=tuple(
            _numbered(report, item.seq)
            for case_id, report in beside.reports
            if case_id == item.case_id and until is not None and report.at <= until
        ),
        candidates=tuple(
            f"{one.name}（{one.post}）" for one in rows.of_item(rows.candidates, item.id)
        ),
        reporter=who.maybe(item.reporter_id),
        report=item.report,
        reported_at=item.reported_at,
        statements=_statements(rows, item, who),
        written_opinions=tuple(
            facts.WrittenOpinion(who(one.person_id), one.text, one.given_at, one.read_at)
            for one in rows.of_item(rows.opinions, item.id)
        ),
        recusals=tuple(
            facts.Recusal(
                who(one.person_id), one.ground, one.explanation, one.initiated_by, one.at, one.left_at, one.ended_at
            )
            for one in rows.of_item(rows.recusals, item.id)
        ),
        votes=tuple(_vote(rows, one, who) for one in rows.of_item(rows.votes, item.id)),
        decision=_decision(item, who),
        dissents=tuple(
            facts.Dissent(who(person), words, _confirmed_at(rows, item, person, words))
            for person, words in dissents(rows, item).items()
        ),
    )  # fmt: skip


def _added(rows: Rows, item: AgendaItem) -> AgendaChange | None:
    """Return the change that put *item* on the agenda, if it was not on it from the beginning."""
    return next((one for one in rows.changes if one.item_id == item.id and one.kind == "ADD"), None)


def _confirmed_at(rows: Rows, item: AgendaItem, person_id: str, words: str) -> datetime | None:
    """Return when a dissenter confirmed exactly these words."""
    found = rows.confirmed.get((item.id, person_id))
    return found.at if found is not None and found.text == words else None


def _statements(rows: Rows, item: AgendaItem, who: _Names) -> tuple[facts.Statement, ...]:
    found = []
    for one in rows.of_item(rows.statements, item.id):
        sure = rows.confirmations.get(one.id)
        found.append(
            facts.Statement(
                seq=one.seq,
                speaker=who(one.person_id),
                kind=one.kind,
                stance=one.stance,
                words=one.text,
                at=one.at,
                entered_by=who.maybe(one.entered_by),
                confirmed_at=sure.at if sure else None,
                objection=sure.objection if sure else None,
                is_principal=one.person_id == rows.principal_id,
            )
        )
    return tuple(found)


def _vote(rows: Rows, vote: Vote, who: _Names) -> facts.VoteTaken:
    subject = next((one for one in rows.candidates if one.id == vote.candidate_id), None)
    return facts.VoteTaken(
        subject=f"{subject.name}（{subject.post}）" if subject else None,
        method=vote.method,
        due=vote.due,
        present=vote.present,
        yes=vote.yes or 0,
        no=vote.no or 0,
        abstain=vote.abstain or 0,
        passed=vote.passed,
        opened_at=vote.opened_at,
        closed_at=vote.closed_at,
        ballots=tuple(
            facts.Ballot(who(one.person_id), one.choice, one.at)
            for one in rows.ballots
            if one.vote_id == vote.id and one.choice is not None
        ),
    )


def _decision(item: AgendaItem, who: _Names) -> facts.Decision | None:
    if item.outcome is None or item.decided_by is None or item.decided_at is None:
        return None
    return facts.Decision(
        outcome=item.outcome,
        words=item.decision or "",
        by=who(item.decided_by),
        at=item.decided_at,
        override_reasons=item.override_reasons,
        divided=item.divided is True,
        deferred_until=item.deferred_until,
        announced_at=item.result_announced_at,
    )


# -- from elsewhere --------------------------------------------------------------------------------------------


def _beside(session: Session, rows: Rows) -> Beside:
    meeting = rows.meeting

    def room(model: Any, *order: Any) -> list[Any]:
        return list(session.scalars(select(model).where(model.meeting_id == meeting.id).order_by(*order)))

    versions = room(MinutesVersion, MinutesVersion.kind, MinutesVersion.number)
    signatures = room(MinutesSignature, MinutesSignature.at, MinutesSignature.id)
    corrections = room(MinutesCorrection, MinutesCorrection.at, MinutesCorrection.id)
    ids = named_in(rows) | {one.by for one in versions} | {one.author_id for one in corrections}
    ids |= {one.person_id for one in signatures}
    ids |= {one.entered_by for one in signatures if one.entered_by is not None}
    return Beside(
        people=people_of(session, ids, meeting.organ_id, day_of(meeting)),
        earlier=_earlier(session, rows),
        reports=_reports(session, {one.case_id for one in rows.items}),
        versions=versions,
        signatures=signatures,
        corrections=corrections,
    )


def _earlier(session: Session, rows: Rows) -> dict[str, tuple[facts.Earlier, ...]]:
    """Return what other meetings decided before on the same matters, oldest first."""
    opened = rows.meeting.opened_at
    if opened is None or not rows.items:
        return {}
    found = session.execute(
        select(AgendaItem, Meeting, Body.name)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .join(Body, Body.id == Meeting.body_id)
        .where(
            AgendaItem.case_id.in_(sorted({one.case_id for one in rows.items})),
            AgendaItem.meeting_id != rows.meeting.id,
            AgendaItem.decided_at < opened,
        )
        .order_by(AgendaItem.decided_at, AgendaItem.id)
    )
    told: dict[str, list[facts.Earlier]] = {}
    for item, meeting, body in found:
        told.setdefault(item.case_id, []).append(
            facts.Earlier(f"{body}{meeting.label}会议", item.decided_at, item.outcome, item.decision)
        )
    return {one.id: tuple(told.get(one.case_id, ())) for one in rows.items}


def _reports(session: Session, cases: set[str]) -> list[tuple[str, facts.Report]]:
    """Return the reports on these cases in the order they were filed, each with its case."""
    found = session.scalars(
        select(Record)
        .where(Record.case_id.in_(sorted(cases)), Record.kind.in_(sorted(REPORT_STEPS)))
        .order_by(Record.at, Record.case_id, Record.seq)
    )
    return [(one.case_id, _report(one)) for one in found]


def _report(record: Record) -> facts.Report:
    """Return what a step of the case file says of a report; days and outcomes as they were entered."""
    said = record.data
    words, reply = said.get("report", ""), said.get("reply")
    if record.kind == "report_npc":
        words, reply = _told(NPC_OUTCOMES, said, said.get("sent_on", "")), said.get("receipt")
    if record.kind == "external_approval":
        words = _told(
            APPROVAL_OUTCOMES,
            said,
            said.get("sent_on", ""),
            said.get("approving_organ", ""),
            said.get("approval_no", ""),
        )
    replied = said.get("reply_at") or said.get("replied_on")
    return facts.Report(0, REPORT_STEPS[record.kind], words, record.at, reply, _moment(replied))


def _told(outcomes: Choices, said: Mapping[str, Any], *more: str) -> str:
    outcome = outcomes.get(said.get("outcome", ""))
    return "；".join(part for part in (*more, outcome[0] if outcome else "") if part)


def _moment(value: object) -> datetime | None:
    """Return a moment as the case file writes it, or the beginning of a day."""
    if not isinstance(value, str) or not value:
        return None
    found = datetime.fromisoformat(value)
    return found if found.tzinfo is not None else found.replace(tzinfo=SHANGHAI)
