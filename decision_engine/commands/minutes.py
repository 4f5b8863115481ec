"""Draw up the minutes, confirm and sign them, put them right, settle them (R-MTG-24 to 27, R-ACC-03, R-ACC-04).

Guarantees
* The record and the summary are generated from the facts alone; drawn up twice from the same facts they are the same
  bytes and no new version. A signature is under the hash of the bytes that were signed, and stays there.
* A correction is appended: it makes a new version, and whoever signed the earlier one signs anew.
* A dissent is confirmed by its author, in the author's own words as they were said in the meeting; what is said
  after it is an annotation with its own date, never a dissent.
* Nothing is settled while a member who was present has neither signed nor a reason stands why not, while a dissent or
  a statement written down by the recorder is unconfirmed, or while the facts are no longer those that were signed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import select

from decision_engine import access
from decision_engine.commands.meetings.room import unlawful
from decision_engine.commands.tasks import carry_out, duty_of
from decision_engine.errors import Conflict, Forbidden, InvalidAnswers, NotFound, NotReady, Unlawful
from decision_engine.language import Text
from decision_engine.models import (
    AgendaItem,
    Annotation,
    Attendance,
    Case,
    DissentConfirmation,
    Meeting,
    MeetingMember,
    MinutesCorrection,
    MinutesSignature,
    MinutesVersion,
    Task,
)
from decision_engine.queries.casefile import open_file
from decision_engine.queries.meeting_rows import rows_of
from decision_engine.queries.meetings import feed_of, stand_in
from decision_engine.queries.minutes import Minutes
from decision_engine.queries.minutes_answers import sign_minutes_answers
from decision_engine.queries.minutes_facts import dissents, minutes_from, minutes_of
from decision_engine.queries.minutes_record import record
from decision_engine.queries.minutes_summary import summary
from decision_engine.work import Work

RECORD, SUMMARY = "RECORD", "SUMMARY"
PAPERS = {RECORD: record, SUMMARY: summary}
MEDIA_TYPE = "text/plain; charset=utf-8"
STEP = "sign_minutes"


@dataclass(frozen=True, slots=True)
class Drawn:
    """The newest record and summary; *new* tells whether either is one that was not there before."""

    record: MinutesVersion
    summary: MinutesVersion
    new: bool


# -- drawing up -----------------------------------------------------------------------------------------


def draw_up(work: Work, meeting_id: str) -> Drawn:
    """Generate record and summary of a closed meeting; unchanged facts give the versions that are there.

    Raises `NotFound`, `Forbidden` (only the recorder, R-MTG-25), `NotReady` (not closed, or settled).
    """
    meeting = _meeting(work, meeting_id, "minutes.draw_up")
    standing = _recorder(work, meeting)
    _in_hand(meeting)
    drawn = _drawn(work, meeting)
    if drawn.new:
        work.record(
            "minutes.drawn_up",
            meeting.chain,
            standing=standing,
            meeting=meeting.id,
            versions=_hashes(drawn),
        )
    return drawn


def _drawn(work: Work, meeting: Meeting) -> Drawn:
    """Return the newest versions, written if they say anything new."""
    told = minutes_of(work.session, meeting)
    newest = _newest(work, meeting)
    made: dict[str, MinutesVersion] = {}
    for kind, paper in PAPERS.items():
        content = paper(told).text().encode()
        last = newest.get(kind)
        if last is not None and last.content == content:
            continue
        made[kind] = MinutesVersion(
            meeting_id=meeting.id, kind=kind, number=last.number + 1 if last else 1,
            sha256=hashlib.sha256(content).hexdigest(), media_type=MEDIA_TYPE, content=content, at=work.now,
            by=work.actor.person_id,
        )  # fmt: skip
    work.session.add_all(made.values())
    work.session.flush()
    both = {**newest, **made}
    return Drawn(both[RECORD], both[SUMMARY], new=bool(made))


def _newest(work: Work, meeting: Meeting) -> dict[str, MinutesVersion]:
    versions = work.session.scalars(
        select(MinutesVersion).where(MinutesVersion.meeting_id == meeting.id).order_by(MinutesVersion.number)
    )
    return {one.kind: one for one in versions}


def _hashes(drawn: Drawn) -> dict[str, list[object]]:
    return {one.kind: [one.number, one.sha256] for one in (drawn.record, drawn.summary)}


# -- confirming and signing --------------------------------------------------------------------------------


def confirm_dissent(work: Work, meeting_id: str, item_id: str) -> DissentConfirmation:
    """Confirm one's differing opinion on a decided item, in the words of one's own statements in the meeting.

    Raises `NotFound`, `Forbidden` (whoever did not differ in the meeting, R-ACC-04), `Conflict` (confirmed before),
    `NotReady` (the minutes are settled).
    """
    meeting = _meeting(work, meeting_id, "dissent.confirm", item=item_id)
    rows = rows_of(work.session, meeting)
    item = next((one for one in rows.items if one.id == item_id), None)
    if item is None:
        raise NotFound(_NO_ITEM)
    words = dissents(rows, item).get(work.actor.person_id)
    if words is None:
        raise Forbidden(
            Text(
                "您在会上没有表示不同意见。会后意见请作为事后说明提出，另行注明日期。",
                "You did not differ in the meeting. Say it as an annotation, with its own date.",
            ),
            rule="R-ACC-04",
        )
    _not_settled(meeting)
    if (item.id, work.actor.person_id) in rows.confirmed:
        raise Conflict(Text("您已确认过。", "You confirmed it already."))
    confirmed = DissentConfirmation(item_id=item.id, person_id=work.actor.person_id, text=words, at=work.now)
    work.session.add(confirmed)
    work.record(
        "dissent.confirmed",
        work.session.get_one(Case, item.case_id, with_for_update=True),
        standing=stand_in(work, meeting),
        said={"statement": words},
        meeting=meeting.id,
        item=item.id,
    )
    return confirmed


def sign(work: Work, meeting_id: str, sha256: str) -> MinutesSignature:
    """Confirm and sign the newest record, named by its hash, as a member who was present; nobody signs for another.

    Raises `NotFound`, `Forbidden`, `Conflict` (signed before; a newer version exists), `NotReady`.
    """
    meeting = _meeting(work, meeting_id, "minutes.sign", sha256=sha256)
    _present(work, meeting, work.actor.person_id)
    _in_hand(meeting)
    return _signed(work, meeting, sha256, work.actor.person_id, None)


def decline(
    work: Work, meeting_id: str, sha256: str, reason: str | None, *, member_id: str | None = None
) -> MinutesSignature:
    """State why a member who was present does not sign: the member for oneself, or the recorder for a member.

    Raises what `sign` raises, and `InvalidAnswers` without a *reason*.
    """
    meeting = _meeting(work, meeting_id, "minutes.decline", sha256=sha256)
    member = member_id or work.actor.person_id
    if member != work.actor.person_id:
        _recorder(work, meeting)
    _present(work, meeting, member)
    if not reason or not reason.strip():
        raise InvalidAnswers(
            {
                "refusal_reason": (
                    Text("请注明未签字的原因；签字须由本人办理。", "Say why; nobody signs for another."),
                )
            }
        )
    _in_hand(meeting)
    return _signed(work, meeting, sha256, member, reason)


def _signed(work: Work, meeting: Meeting, sha256: str, member: str, refusal: str | None) -> MinutesSignature:
    newest = _newest(work, meeting).get(RECORD)
    if newest is None:
        raise NotReady(Text("会议记录尚未形成。", "The record has not been drawn up yet."))
    if newest.sha256 != sha256:
        raise Conflict(
            Text(
                f"会议记录已有第{newest.number}版，请核对新版后签字。",
                f"There is version {newest.number} of the record by now. Read and sign that one.",
            ),
            at=newest.at,
        )
    earlier = work.session.scalar(
        select(MinutesSignature).where(
            MinutesSignature.meeting_id == meeting.id,
            MinutesSignature.sha256 == sha256,
            MinutesSignature.person_id == member,
        )
    )
    if earlier is not None:
        raise Conflict(
            Text("这一版已签字或者已注明未签字的原因。", "This version is signed, or says why not, already."),
            at=earlier.at,
        )
    signature = MinutesSignature(
        meeting_id=meeting.id, sha256=sha256, person_id=member, at=work.now,
        signed_at=work.now if refusal is None else None, refusal_reason=refusal,
        entered_by=work.actor.person_id if member != work.actor.person_id else None,
    )  # fmt: skip
    work.session.add(signature)
    work.record(
        "minutes.signed" if refusal is None else "minutes.not_signed",
        meeting.chain,
        standing=stand_in(work, meeting),
        said={"reason": refusal} if refusal is not None else None,
        meeting=meeting.id,
        version=newest.number,
        sha256=sha256,
        member=member,
    )
    return signature


# -- putting right, adding later -----------------------------------------------------------------------------


def correct(work: Work, meeting_id: str, text: str, *, item_id: str | None = None) -> Drawn:
    """Append a correction and draw up the version that holds it; for members who were present and the recorder.

    Raises `NotFound`, `Forbidden`, `NotReady` (nothing is drawn up, or the minutes are settled).
    """
    meeting = _meeting(work, meeting_id, "minutes.correct")
    if work.actor.person_id != meeting.recorder_id:
        _present(work, meeting, work.actor.person_id)
    _in_hand(meeting)
    before = _newest(work, meeting).get(RECORD)
    if before is None:
        raise NotReady(Text("会议记录尚未形成，无从更正。", "There is no record to correct yet."))
    _item_of(work, meeting, item_id)
    work.session.add(
        MinutesCorrection(
            meeting_id=meeting.id, item_id=item_id, sha256=before.sha256, author_id=work.actor.person_id, text=text,
            at=work.now,
        )
    )  # fmt: skip
    work.session.flush()
    drawn = _drawn(work, meeting)
    work.record(
        "minutes.corrected",
        meeting.chain,
        standing=stand_in(work, meeting),
        said={"correction": text},
        meeting=meeting.id,
        item=item_id,
        corrects=before.sha256,
        versions=_hashes(drawn),
    )
    return drawn


def annotate(work: Work, meeting_id: str, text: str, *, item_id: str | None = None) -> Annotation:
    """Say something after the meeting, with its own date; it is no part of the deliberation (R-ACC-04).

    For members, attendees and the recorder. Raises `NotFound`, `Forbidden`, `NotReady` (the meeting is not over).
    """
    viewer = feed_of(work, meeting_id).viewer
    meeting = _meeting(work, meeting_id, "minutes.annotate", item=item_id)
    if not (viewer.member or viewer.attended or viewer.recorder):
        raise Forbidden(
            Text("事后说明由参加会议的人员提出。", "Annotations are made by those who took part."),
        )
    standing = stand_in(work, meeting)
    if meeting.status != "CLOSED":
        raise NotReady(
            Text("会议尚未结束，请在会上发言。", "The meeting is not over. Say it in the meeting.")
        )
    _item_of(work, meeting, item_id)
    annotation = Annotation(
        meeting_id=meeting.id, item_id=item_id, author_id=work.actor.person_id, text=text, at=work.now
    )
    work.session.add(annotation)
    work.session.flush()
    work.record(
        "minutes.annotated",
        meeting.chain,
        standing=standing,
        said={"annotation": text},
        meeting=meeting.id,
        item=item_id,
        annotation=annotation.id,
    )
    return annotation


# -- settling ---------------------------------------------------------------------------------------------------


def settle(work: Work, meeting_id: str) -> Meeting:
    """Close the minutes: everybody present has signed or a reason stands; each item's minutes step is completed.

    Raises `NotFound`, `Forbidden` (only the recorder), `NotReady` (what is missing, and whose), `Unlawful`.
    """
    meeting = _meeting(work, meeting_id, "minutes.settle")
    standing = _recorder(work, meeting)
    _in_hand(meeting)
    newest = _newest(work, meeting).get(RECORD)
    if newest is None:
        raise NotReady(Text("会议记录尚未形成。", "The record has not been drawn up yet."))
    rows = rows_of(work.session, meeting)
    told = minutes_from(work.session, rows)
    wrong = wanting(told, newest)
    if wrong:
        raise Unlawful(tuple(unlawful(work, rule, reason).findings[0] for rule, reason in wrong), wrong[0][1])
    if record(told).text().encode() != newest.content:
        raise NotReady(
            Text(
                "会议记录形成后情况有变化（如补充了确认），请重新生成会议记录并签字。",
                "The facts changed after the record was drawn up (a confirmation came, say). Draw it up and sign anew.",
            )
        )
    meeting.signed_at = work.now
    for item in rows.items:
        if item.state == "DECIDED":
            item.state = "SIGNED"
            _complete_step(work, meeting, item, told, newest)
    work.record(
        "minutes.settled",
        meeting.chain,
        standing=standing,
        meeting=meeting.id,
        version=newest.number,
        sha256=newest.sha256,
    )
    return meeting


def wanting(told: Minutes, newest: MinutesVersion) -> tuple[tuple[str, Text], ...]:
    """Return what still keeps these minutes open: the rule, and the reason with the names it waits for."""
    signed = {one.member.id for one in told.signatures if one.sha256 == newest.sha256}
    open_dissents = [
        f"{dissent.member.name}（议题{item.number}）"
        for item in told.items
        for dissent in item.dissents
        if dissent.confirmed_at is None
    ]
    due = {one.member.id for one in told.due}
    unchecked = dict.fromkeys(
        one.speaker.name
        for item in told.items
        for one in item.statements
        if one.is_unconfirmed and one.speaker.id in due
    )
    unsigned = [one.member.name for one in told.present if one.member.id not in signed]
    reasons = (
        ("R-ACC-03", open_dissents, "不同意见尚未经本人确认", "Dissent not confirmed by its author"),
        (
            "R-MTG-27",
            unchecked,
            "代录的发言尚未经本人核对",
            "Statements written down for them and not checked yet",
        ),
        (
            "R-MTG-27",
            unsigned,
            "到会人员尚未签字，也未注明原因",
            "Present, and neither signed nor a reason why not",
        ),
    )
    return tuple(
        (
            rule,
            Text(
                f"会议记录不能办结：{zh}：{'、'.join(who)}。",
                f"The minutes cannot be settled. {en}: {', '.join(who)}.",
            ),
        )
        for rule, who, zh, en in reasons
        if who
    )


def _complete_step(
    work: Work, meeting: Meeting, item: AgendaItem, told: Minutes, version: MinutesVersion
) -> None:
    """Complete the step of the item's case that the settled record stands for."""
    case = work.session.get_one(Case, item.case_id, with_for_update=True)
    waiting = [
        task
        for task in work.session.scalars(
            select(Task)
            .where(Task.case_id == case.id, Task.step == STEP, Task.status == "OPEN")
            .with_for_update()
        )
        if not item.call or item.call in task.calls
    ]
    for task in waiting[:1]:
        file = open_file(work, case, STEP)
        standing = access.stand_for_duty(work.actor, duty_of(case, task), file.done)
        said = sign_minutes_answers(told, item.seq, version.number, version.sha256)
        carry_out(work, case, task, file, standing, said, meeting=meeting.id, item_of_meeting=item.id)


# -- who, and when -------------------------------------------------------------------------------------------

_NO_ITEM = Text("本次会议没有这个议题。", "This meeting has no such item.")


def _meeting(work: Work, meeting_id: str, kind: str, **about: str | None) -> Meeting:
    """Return the meeting, locked; for who may not see it there is none. Raises `NotFound`."""
    feed_of(work, meeting_id)
    meeting = work.session.get_one(Meeting, meeting_id, with_for_update=True, populate_existing=True)
    work.tries(meeting.chain, kind, meeting=meeting.id, **about)
    return meeting


def _in_hand(meeting: Meeting) -> None:
    """Refuse unless the meeting is over and its minutes are not settled."""
    if meeting.status != "CLOSED":
        raise NotReady(Text("会议结束后才能形成会议记录。", "The minutes are made when the meeting is over."))
    _not_settled(meeting)


def _not_settled(meeting: Meeting) -> None:
    if meeting.signed_at is not None:
        raise NotReady(
            Text(
                "会议记录已经办结，只能附加事后说明。",
                "The minutes are settled. Only annotations can be added.",
            )
        )


def _recorder(work: Work, meeting: Meeting) -> access.Standing:
    if work.actor.person_id != meeting.recorder_id:
        raise Forbidden(
            Text("会议记录由本次会议的记录人办理。", "The recorder of this meeting keeps its minutes."),
            rule="R-MTG-25",
        )
    return stand_in(work, meeting)


def _present(work: Work, meeting: Meeting, member_id: str) -> None:
    was_there = work.session.scalar(
        select(Attendance.id)
        .join(
            MeetingMember,
            (MeetingMember.meeting_id == Attendance.meeting_id)
            & (MeetingMember.person_id == Attendance.person_id),
        )
        .where(Attendance.meeting_id == meeting.id, Attendance.person_id == member_id)
        .limit(1)
    )
    if was_there is None:
        raise Forbidden(
            Text(
                "会议记录由到会的组成人员本人签字、更正。",
                "The record is signed and corrected by the members who were present.",
            ),
            rule="R-MTG-27",
        )


def _item_of(work: Work, meeting: Meeting, item_id: str | None) -> None:
    if item_id is None:
        return
    item = work.session.get(AgendaItem, item_id)
    if item is None or item.meeting_id != meeting.id:
        raise NotFound(_NO_ITEM)
