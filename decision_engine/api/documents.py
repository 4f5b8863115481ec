"""Documents of a case: uploads, versions, and reading the exact bytes. And the comments people made on it."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from flask import Response
from flask_smorest.fields import Upload
from marshmallow import Schema, fields
from werkzeug.datastructures import FileStorage

from decision_engine.api import identity
from decision_engine.api.fields import ActOut, Flag, Moment, PageQuery, Said, page_of
from decision_engine.api.room import Room
from decision_engine.commands import documents as commands
from decision_engine.commands import participation
from decision_engine.errors import CorruptState, InvalidAnswers, NotFound
from decision_engine.forms.fields import Choice, Line, LongText
from decision_engine.language import Text
from decision_engine.models import Document, DocumentVersion
from decision_engine.queries import cases, consultations, store
from decision_engine.work import Work

room = Room("documents", "文件与意见", "Documents and comments")

CHANNELS = {
    "ONLINE": ("网上提交", "Online"),
    "LETTER": ("信函", "Letter"),
    "EMAIL": ("电子邮件", "E-mail"),
    "PHONE": ("电话", "Telephone"),
    "VISIT": ("当面反映", "In person"),
    "OTHER": ("其他", "Other"),
}


# -- what is said ----------------------------------------------------------------------------------------


class DocumentSaid(Said):
    """A new document with its first version."""

    title = Line("文件名称", "Title", required=True, most=200)
    kind = Line("文件种类", "Kind: a dossier code such as D06, or free", most=60, default="")
    public = Flag("可公开", "May be read by the public", default=False)
    file = Upload(required=True)


class VersionSaid(Said):
    """The next version of a document."""

    file = Upload(required=True)


class CommentSaid(Said):
    """A comment that came on paper, by telephone or in person, registered by an officer."""

    text = LongText("意见内容", "Comment", required=True)
    channel = Choice("渠道", "Channel", CHANNELS, required=True)
    name = Line("提出人（可不填）", "Who commented, if they said", most=100)
    contact = Line("联系方式（可不填）", "How to reach them, if they said", most=200)


# -- what is answered ------------------------------------------------------------------------------------


class VersionOut(Schema):
    """One version: exact bytes by their SHA-256."""

    number = fields.Integer()
    sha256 = fields.String()
    size = fields.Integer()
    media_type = fields.String()
    file_name = fields.String()
    at = Moment()
    author_id = fields.String()


class DocumentOut(Schema):
    """A named paper of a case with its versions."""

    id = fields.String()
    case_id = fields.String()
    title = fields.String()
    kind = fields.String()
    public = fields.Boolean()
    created_at = Moment()
    created_by = fields.String()
    versions = fields.List(fields.Nested(VersionOut))


class DocumentsOut(Schema):
    """The papers of a case."""

    items = fields.List(fields.Nested(DocumentOut))
    total = fields.Integer()


class DocumentActOut(ActOut):
    """The document, and the receipt."""

    document = fields.Nested(DocumentOut)


class VersionActOut(ActOut):
    """The new version, and the receipt."""

    document_id = fields.String()
    version = fields.Nested(VersionOut)


class CommentOut(Schema):
    """A comment as it came; who made it is shown to nobody."""

    id = fields.String()
    receipt = fields.String()
    channel = fields.String()
    text = fields.String()
    late = fields.Boolean()
    at = Moment()


class CommentActOut(ActOut):
    """The registered comment, and the receipt of the act."""

    comment = fields.Nested(CommentOut)


# -- routes ----------------------------------------------------------------------------------------------


@room.act(
    "POST", "/cases/<id:case_id>/documents", "上传文件", "Add a document", takes=DocumentSaid, by="upload",
    answer=DocumentActOut, status=201,
)  # fmt: skip
def add_document(work: Work, said: dict[str, Any], case_id: str) -> dict[str, Any]:
    """Put a new document with its first version into the case; type, size and content are checked."""
    name, content = read_file(said["file"])
    document, version = commands.add_document(
        work, case_id, title=said["title"], kind=said.get("kind", ""), public=said["public"], file_name=name,
        content=content,
    )  # fmt: skip
    return {"document": shown(document, [version]), "receipt": work.receipts[-1]}


@room.ask("/cases/<id:case_id>/documents", "案件文件", "Documents of a case", answer=DocumentsOut)
def documents_of_case(work: Work, case_id: str) -> dict[str, Any]:
    """Return the papers of the case with their versions, oldest first."""
    case = cases.one_case(work, case_id)
    found = [shown(paper, versions) for paper, versions in cases.documents_of(work, case.id)]
    return {"items": found, "total": len(found)}


@room.ask("/documents/<id:document_id>", "文件详情", "One document", answer=DocumentOut)
def show_document(work: Work, document_id: str) -> dict[str, Any]:
    """Return one document with its versions."""
    paper = work.session.get(Document, document_id)
    if paper is None:
        raise NotFound
    case = cases.one_case(work, paper.case_id)
    versions = next(listed for one, listed in cases.documents_of(work, case.id) if one.id == paper.id)
    return shown(paper, versions)


@room.act(
    "POST", "/documents/<id:document_id>/versions", "上传新版本", "Add a version", takes=VersionSaid, by="upload",
    answer=VersionActOut, status=201,
)  # fmt: skip
def add_version(work: Work, said: dict[str, Any], document_id: str) -> dict[str, Any]:
    """Add the next version; earlier ones stay."""
    name, content = read_file(said["file"])
    version = commands.add_version(work, document_id, file_name=name, content=content)
    return {"document_id": document_id, "version": version, "receipt": work.receipts[-1]}


@room.ask(
    "/documents/<id:document_id>/versions/<int(max=100000):number>/content", "下载文件", "Read a version",
    noted=True, media_type="application/octet-stream",
)  # fmt: skip
def read_document(work: Work, document_id: str, number: int) -> Response:
    """Return the exact bytes as an attachment; reading what is not public is noted."""
    paper, version = cases.document_version(work, document_id, number)
    case = cases.one_case(work, paper.case_id)
    if not paper.public:
        cases.note_reading(work, case.id, f"document:{paper.id}:{number}")
    return attachment(version)


@room.act(
    "POST", "/cases/<id:case_id>/comments", "登记公众意见", "Register a comment", takes=CommentSaid,
    answer=CommentActOut, status=201,
)  # fmt: skip
def register_comment(work: Work, said: dict[str, Any], case_id: str) -> dict[str, Any]:
    """Register a comment of the public that did not come online."""
    cases.one_case(work, case_id, "comment.register")
    comment = participation.receive_comment(
        work,
        case_id,
        said["text"],
        channel=said["channel"],
        name=said.get("name"),
        contact=said.get("contact"),
    )
    return {"comment": comment, "receipt": work.receipts[-1]}


@room.ask(
    "/cases/<id:case_id>/comments",
    "公众意见",
    "Comments of the public",
    query=PageQuery,
    answer=page_of(CommentOut),
)
def comments_of_case(work: Work, query: dict[str, Any], case_id: str) -> Any:
    """Return the comments as they came, in order; who made them is not shown."""
    case = cases.one_case(work, case_id)
    return consultations.comments_of(work.session, case.id, page=query["page"], size=query["page_size"])


# -- files -----------------------------------------------------------------------------------------------


def read_file(file: Any) -> tuple[str, bytes]:
    """Return name and content of an uploaded file. Raises `InvalidAnswers` when it is none."""
    if not isinstance(file, FileStorage) or not file.filename:
        raise InvalidAnswers({"file": (Text("请附上文件。", "Attach a file."),)})
    if not file.filename.isprintable():
        raise InvalidAnswers(
            {"file": (Text("文件名含有无效字符。", "The file's name holds invalid characters."),)}
        )
    return file.filename, file.stream.read()


def shown(paper: Document, versions: list[DocumentVersion]) -> dict[str, Any]:
    """Return a document with its versions as an answer shows it."""
    columns = ("id", "case_id", "title", "kind", "public", "created_at", "created_by")
    return {name: getattr(paper, name) for name in columns} | {"versions": versions}


def attachment(version: DocumentVersion) -> Response:
    """Return the exact bytes of *version*, to be kept, never to be opened in the page.

    Raises `CorruptState` when what lies in the store is not what was put there.
    """
    content = store.read(identity.house().settings.documents_dir, version.sha256)
    if content is None:
        raise CorruptState(
            Text(
                "文件内容缺失或与登记的哈希值不符，请联系管理员。",
                "The file is missing or is not the one whose hash was recorded. Tell an administrator.",
            )
        )
    response = Response(content, content_type=version.media_type)
    ending = PurePath(version.file_name).suffix
    name = f"filename=\"document{ending}\"; filename*=UTF-8''{quote(version.file_name, safe='')}"  # RFC 6266
    response.headers["Content-Disposition"] = f"attachment; {name}"
    response.set_etag(version.sha256)
    return response
