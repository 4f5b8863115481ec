"""Minutes of a meeting: drawn up, read, confirmed, signed, put right, annotated and settled.

Reading the exact text of a version is noted for every case it tells of (F33).
"""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from decision_engine.api.fields import ActOut, Id, Moment, Nothing, Said, Sentence
from decision_engine.api.room import Room
from decision_engine.commands import minutes as commands
from decision_engine.errors import NotFound
from decision_engine.forms.fields import Line, LongText
from decision_engine.models import Meeting
from decision_engine.queries import cases, minutes_kept
from decision_engine.queries.meeting_rows import Who
from decision_engine.queries.minutes_facts import minutes_of
from decision_engine.queries.minutes_record import attached
from decision_engine.work import Work

room = Room("minutes", "会议记录和纪要", "Minutes of meetings")

KINDS = {"record": "RECORD", "summary": "SUMMARY"}


# -- what is said ----------------------------------------------------------------------------------------


class SignatureSaid(Said):
    """The version that is signed, by its hash; with a reason it says why somebody does not sign."""

    sha256 = Line("所签版本", "SHA-256 of the record that is signed", required=True, most=64)
    refusal_reason = LongText("未签字的原因", "Why it is not signed", most=2000)
    member_id = Id("组成人员", "Whose missing signature the recorder explains (oneself if left out)")


class CorrectionSaid(Said):
    """What is put right; it is appended."""

    text = LongText("更正内容", "Correction", required=True, most=5000)
    item_id = Id("议题", "Item it belongs to")


class AnnotationSaid(Said):
    """What is said afterwards; it has its own date."""

    text = LongText("事后说明", "Said afterwards", required=True, most=5000)
    item_id = Id("议题", "Item it belongs to")


# -- what is answered ------------------------------------------------------------------------------------


class MinutesVersionOut(Schema):
    """One version of the record or the summary."""

    kind = fields.String()
    number = fields.Integer()
    sha256 = fields.String()
    media_type = fields.String()
    at = Moment()
    by = fields.String()


class MinutesSignatureOut(Schema):
    """A hand on one version, or why there is none."""

    id = fields.String()
    sha256 = fields.String()
    person_id = fields.String()
    name = fields.String()
    signed_at = Moment(allow_none=True)
    refusal_reason = fields.String(allow_none=True)
    at = Moment()
    entered_by = fields.String(allow_none=True)


class RemarkOut(Schema):
    """A correction or a later statement."""

    id = fields.String()
    item_id = fields.String(allow_none=True)
    author_id = fields.String()
    name = fields.String()
    text = fields.String()
    at = Moment()


class MinutesOut(Schema):
    """What is kept of a meeting's minutes, and whose signature on the newest record is still to come."""

    meeting_id = fields.String()
    status = fields.String()
    settled_at = Moment(allow_none=True)
    versions = fields.List(fields.Nested(MinutesVersionOut))
    signatures = fields.List(fields.Nested(MinutesSignatureOut))
    corrections = fields.List(fields.Nested(RemarkOut))
    annotations = fields.List(fields.Nested(RemarkOut))
    unsigned = fields.List(fields.String())
    wanting = fields.List(Sentence())


class DrawnOut(ActOut):
    """The newest record and summary; not *new* where the facts say nothing they did not say before."""

    record = fields.Nested(MinutesVersionOut)
    summary = fields.Nested(MinutesVersionOut)
    new = fields.Boolean()


class MinutesSignedOut(ActOut):
    """The signature, and the receipt."""

    signature = fields.Nested(MinutesSignatureOut)


class AnnotatedOut(ActOut):
    """The annotation, and the receipt."""

    annotation = fields.Nested(RemarkOut)


class DissentConfirmedOut(ActOut):
    """The words that were confirmed, and the receipt."""

    item_id = fields.String()
    text = fields.String()
    at = Moment()


class SettledOut(ActOut):
    """When the minutes were settled, and the receipt."""

    meeting_id = fields.String()
    settled_at = Moment()


# -- reading ---------------------------------------------------------------------------------------------


@room.ask("/meetings/<id:meeting_id>/minutes", "会议记录情况", "Minutes of a meeting", answer=MinutesOut)
def minutes_of_meeting(work: Work, meeting_id: str) -> dict[str, Any]:
    """Return the versions of record and summary, who signed which, corrections, and what is still wanting."""
    kept = minutes_kept.kept_of(work, meeting_id)
    newest = kept.newest
    open_ = newest is not None and kept.meeting.signed_at is None
    return {
        "meeting_id": kept.meeting.id,
        "status": kept.meeting.status,
        "settled_at": kept.meeting.signed_at,
        "versions": kept.versions,
        "signatures": [_named(one, one.person_id, kept.people) for one in kept.signatures],
        "corrections": [_named(one, one.author_id, kept.people) for one in kept.corrections],
        "annotations": [_named(one, one.author_id, kept.people) for one in kept.annotations],
        "unsigned": kept.unsigned if open_ else (),
        "wanting": [reason for _, reason in commands.wanting(minutes_of(work.session, kept.meeting), newest)]
        if newest is not None and open_
        else (),
    }


@room.ask(
    "/meetings/<id:meeting_id>/minutes/<id:kind>/<int:number>", "会议记录文本", "Text of the minutes", noted=True,
    media_type="text/plain",
)  # fmt: skip
def text_of_minutes(work: Work, meeting_id: str, kind: str, number: int) -> Response:
    """Return the exact bytes of one version; *kind* is `record` or `summary`. The reading is noted."""
    if kind not in KINDS:
        raise NotFound
    _, version = minutes_kept.version_of(work, meeting_id, KINDS[kind], number)
    _note(work, meeting_id, f"minutes:{kind}:{number}")
    return _text(version.content, f"{kind}-{number}", version.sha256)


@room.ask(
    "/meetings/<id:meeting_id>/minutes/attached", "会议记录附页", "What stands beside the record", noted=True,
    media_type="text/plain",
)  # fmt: skip
def attached_to_minutes(work: Work, meeting_id: str) -> Response:
    """Return versions, signatures, what followed and later statements as one text. The reading is noted."""
    kept = minutes_kept.kept_of(work, meeting_id)
    if kept.newest is None:
        raise NotFound
    minutes_kept.version_of(work, meeting_id, "RECORD", kept.newest.number)
    _note(work, meeting_id, "minutes:attached")
    return _text(attached(minutes_of(work.session, kept.meeting)).text().encode(), "attached", None)


# -- acting ----------------------------------------------------------------------------------------------


@room.act(
    "POST", "/meetings/<id:meeting_id>/minutes", "形成会议记录和纪要", "Draw up the minutes", takes=Nothing,
    answer=DrawnOut, status=201,
)  # fmt: skip
def draw_up_minutes(work: Work, _said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Generate record and summary from the facts; unchanged facts give the versions that are there."""
    return _drawn(work, commands.draw_up(work, meeting_id))


@room.act(
    "POST", "/meetings/<id:meeting_id>/minutes/signatures", "签署会议记录", "Sign the record", takes=SignatureSaid,
    answer=MinutesSignedOut, status=201,
)  # fmt: skip
def sign_minutes(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Confirm and sign the newest record, or say why a member does not sign."""
    if said.get("refusal_reason") is None and said.get("member_id") in {None, work.actor.person_id}:
        signature = commands.sign(work, meeting_id, said["sha256"])
    else:
        signature = commands.decline(
            work, meeting_id, said["sha256"], said.get("refusal_reason"), member_id=said.get("member_id")
        )
    columns = ("id", "sha256", "person_id", "signed_at", "refusal_reason", "at", "entered_by")
    work.session.flush()
    told = {name: getattr(signature, name) for name in columns}
    return {"signature": told, "receipt": work.receipts[-1]}


@room.act(
    "POST", "/meetings/<id:meeting_id>/minutes/corrections", "更正会议记录", "Correct the record", takes=CorrectionSaid,
    answer=DrawnOut, status=201,
)  # fmt: skip
def correct_minutes(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Append a correction; it makes a new version, and signatures stay on the one they were given to."""
    return _drawn(work, commands.correct(work, meeting_id, said["text"], item_id=said.get("item_id")))


@room.act(
    "POST", "/meetings/<id:meeting_id>/annotations", "事后说明", "Annotate a meeting", takes=AnnotationSaid,
    answer=AnnotatedOut, status=201,
)  # fmt: skip
def annotate_meeting(work: Work, said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Say something after the meeting, with its own date; it is never a dissent."""
    made = commands.annotate(work, meeting_id, said["text"], item_id=said.get("item_id"))
    told = {name: getattr(made, name) for name in ("id", "item_id", "author_id", "text", "at")}
    return {"annotation": told | {"name": work.actor.name}, "receipt": work.receipts[-1]}


@room.act(
    "POST", "/meetings/<id:meeting_id>/items/<id:item_id>/dissent/confirmation", "确认不同意见", "Confirm a dissent",
    takes=Nothing, answer=DissentConfirmedOut, status=201,
)  # fmt: skip
def confirm_dissent(work: Work, _said: dict[str, Any], meeting_id: str, item_id: str) -> dict[str, Any]:
    """Confirm one's differing opinion in the words it was said in."""
    made = commands.confirm_dissent(work, meeting_id, item_id)
    return {"item_id": made.item_id, "text": made.text, "at": made.at, "receipt": work.receipts[-1]}


@room.act(
    "POST", "/meetings/<id:meeting_id>/minutes/settlement", "会议记录办结", "Settle the minutes", takes=Nothing,
    answer=SettledOut,
)  # fmt: skip
def settle_minutes(work: Work, _said: dict[str, Any], meeting_id: str) -> dict[str, Any]:
    """Close the minutes once all present have signed or a reason stands; the items' minutes steps are completed."""
    meeting: Meeting = commands.settle(work, meeting_id)
    return {"meeting_id": meeting.id, "settled_at": meeting.signed_at, "receipt": work.receipts[-1]}


def _drawn(work: Work, drawn: commands.Drawn) -> dict[str, Any]:
    receipt = work.receipts[-1] if work.receipts else None
    return {"record": drawn.record, "summary": drawn.summary, "new": drawn.new, "receipt": receipt}


def _named(row: Any, person_id: str, people: dict[str, Who] | Any) -> dict[str, Any]:
    columns = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    return columns | {"name": people[person_id].name}


def _note(work: Work, meeting_id: str, what: str) -> None:
    for case_id in minutes_kept.cases_of(work, meeting_id):
        cases.note_reading(work, case_id, what)


def _text(content: bytes, name: str, sha256: str | None) -> Response:
    response = Response(content, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.txt"'
    if sha256 is not None:
        response.set_etag(sha256)
    return response
