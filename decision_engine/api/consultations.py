"""Consultations: what the public may see and say, without sign-in.

A comment is answered with a receipt by which its author finds it again. Name and contact are optional, kept
apart, and shown to nobody. Floods are slowed down by address; a field no human sees catches robots, and says so,
so that nobody's comment is thrown away in silence.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import Schema, fields

from decision_engine.access import PUBLIC
from decision_engine.api import identity
from decision_engine.api.documents import attachment
from decision_engine.api.fields import ActOut, Moment, PageQuery, Said, page_of
from decision_engine.api.room import Room, carry_out
from decision_engine.api.throttle import throttle
from decision_engine.commands import participation
from decision_engine.errors import InvalidAnswers, NotFound
from decision_engine.forms.fields import Line, LongText
from decision_engine.language import Text
from decision_engine.queries import consultations
from decision_engine.queries.pages import Page
from decision_engine.work import Work, reading

room = Room("consultations", "公开征求意见", "Public consultations")

LONGEST_COMMENT = 10_000


class PublicCommentSaid(Said):
    """A comment; leave *website* empty."""

    text = LongText("您的意见", "Your comment", required=True, most=LONGEST_COMMENT)
    name = Line("姓名（可不填）", "Name, if you like", most=100)
    contact = Line("联系方式（可不填）", "How to reach you, if you like", most=200)
    website = Line("请勿填写", "Leave this empty", most=500)


class PublicPaperOut(Schema):
    """A paper everybody may read."""

    id = fields.String()
    title = fields.String()
    version = fields.Integer()
    sha256 = fields.String()
    size = fields.Integer()
    media_type = fields.String()
    file_name = fields.String()


class ConsultationOut(Schema):
    """A published notice."""

    case_id = fields.String()
    organ = fields.String()
    title = fields.String()
    notice = fields.Dict()
    published_at = Moment()
    deadline = fields.Date()
    closes_at = Moment()
    open = fields.Boolean()
    feedback = fields.Dict(allow_none=True)


class ConsultationDetailOut(ConsultationOut):
    """A published notice with the papers everybody may read."""

    documents = fields.List(fields.Nested(PublicPaperOut))


class CommentReceivedOut(ActOut):
    """The receipt code: keep it. *late*: it came after the deadline, and is kept all the same."""

    receipt_code = fields.String()
    late = fields.Boolean()
    at = Moment()


@room.open_(
    "GET",
    "/consultations",
    "公开征求意见列表",
    "Consultations",
    query=PageQuery,
    answer=page_of(ConsultationOut),
)
def list_consultations(query: dict[str, Any]) -> Any:
    """Return every published notice, those still open first."""
    with reading(identity.house(), as_actor=PUBLIC) as work:
        found = consultations.consultations(work.session, work.now)
    number, size = query["page"], query["page_size"]
    return Page(found[(number - 1) * size : number * size], number, size, len(found))


@room.open_(
    "GET", "/consultations/<id:case_id>", "征求意见公告", "One consultation", answer=ConsultationDetailOut
)
def show_consultation(case_id: str) -> dict[str, Any]:
    """Return one published notice with its public papers."""
    with reading(identity.house(), as_actor=PUBLIC) as work:
        found = _published(work, case_id)
        papers = consultations.public_papers(work.session, case_id)
    return {name: getattr(found, name) for name in found.__slots__} | {
        "documents": [
            {
                "id": paper.id, "title": paper.title, "version": version.number, "sha256": version.sha256,
                "size": version.size, "media_type": version.media_type, "file_name": version.file_name,
            }
            for paper, version in papers
        ]
    }  # fmt: skip


@room.open_(
    "GET", "/consultations/<id:case_id>/documents/<id:document_id>/content", "下载公开文件", "Read a public paper",
    media_type="application/octet-stream",
)  # fmt: skip
def read_consultation_document(case_id: str, document_id: str) -> Response:
    """Return the newest version of a public paper of a published consultation."""
    with reading(identity.house(), as_actor=PUBLIC) as work:
        _published(work, case_id)
        papers = {paper.id: version for paper, version in consultations.public_papers(work.session, case_id)}
    if document_id not in papers:
        raise NotFound
    return attachment(papers[document_id])


@room.open_(
    "POST", "/consultations/<id:case_id>/comments", "提交意见", "Comment", takes=PublicCommentSaid,
    answer=CommentReceivedOut, status=201, keyed=True,
)  # fmt: skip
def comment_on_consultation(said: dict[str, Any], case_id: str) -> Response:
    """Take a comment of the public; a late one is kept and marked."""
    throttle("comments").take(request.remote_addr or "")
    if said.get("website"):
        raise InvalidAnswers(
            {"website": (Text("此栏请留空后重新提交。", "Leave this field empty and send again."),)}
        )

    def deed(work: Work) -> dict[str, Any]:
        comment = participation.receive_comment(
            work, case_id, said["text"], name=said.get("name"), contact=said.get("contact")
        )
        return {
            "receipt_code": comment.receipt,
            "late": comment.late,
            "at": comment.at,
            "receipt": work.receipts[-1],
        }

    return carry_out(deed, CommentReceivedOut, 201, publicly=True)


def _published(work: Work, case_id: str) -> consultations.Consultation:
    found = consultations.consultation(work.session, case_id, work.now)
    if found is None:
        raise NotFound
    return found
