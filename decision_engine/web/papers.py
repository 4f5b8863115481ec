"""The papers of a case: listed with their versions, handed in, handed out; and entries of the case file as papers."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from flask import Response, current_app, request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from decision_engine.commands import documents as acts
from decision_engine.errors import CorruptState, DecisionEngineError, InvalidAnswers
from decision_engine.forms.publication import DOSSIER
from decision_engine.language import Text
from decision_engine.queries import cases, papers, people, setting, store
from decision_engine.web.cases import frame
from decision_engine.web.door import Pages, Said, go, show
from decision_engine.web.saying import language
from decision_engine.web.saying import said as told
from decision_engine.work import Work

page = Pages("paperwork")

KINDS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "txt": "text/plain; charset=utf-8",
}


@page.ask("/cases/<id:case_id>/papers")
def papers_page(work: Work, case_id: str) -> Any:
    """Show the papers of the case, every version with its hash."""
    return _papers(work, case_id, {})


def _again(work: Work, refusal: DecisionEngineError, said: Said, case_id: str) -> Any:
    errors = getattr(refusal, "fields", None) or {"": (refusal.message,)}
    return _papers(work, case_id, errors)


@page.act("/cases/<id:case_id>/papers", again=_again)
def add_paper(work: Work, said: Said, case_id: str) -> Any:
    """Put a paper into the case, or a new version of one."""
    name, content = _file()
    if document_id := said.get("document_id"):
        acts.add_version(work, document_id, file_name=name, content=content)
    else:
        title = said.get("title", "").strip()[:200] or PurePath(name).stem
        acts.add_document(
            work, case_id, title=title, kind=said.get("kind", "")[:20], file_name=name, content=content,
            public=said.get("public") == "true",
        )  # fmt: skip
    return go("paperwork.papers_page", _("文件已存入，原有版本保留。"), case_id=case_id)


@page.ask("/documents/<id:document_id>/<int:number>", noted=True)
def download(work: Work, document_id: str, number: int) -> Any:
    """Hand out the exact bytes of a version; the reading is written down."""
    paper, version = cases.document_version(work, document_id, number)
    cases.one_case(work, paper.case_id)
    if not paper.public:
        cases.note_reading(work, paper.case_id, f"document:{paper.id}:{number}")
    content = store.read(work.house.settings.documents_dir, version.sha256)
    if content is None:
        raise CorruptState(
            Text("文件内容缺失或与登记的哈希值不符，请联系管理员。", "The file is missing or damaged.")
        )
    return attached(content, version.media_type, version.file_name)


@page.ask("/cases/<id:case_id>/records/<int:number>/paper", noted=True)
def record_paper(work: Work, case_id: str, number: int) -> Any:
    """Hand out an entry of the case file as an official paper."""
    case = cases.one_case(work, case_id)
    form = request.args.get("format", "pdf")
    form = form if form in KINDS else "pdf"
    paper, surround = papers.paper_of(work, case, number)
    cases.note_reading(work, case.id, f"paper:{number}:{form}")
    makers = {"pdf": setting.pdf, "docx": setting.word}
    content = makers[form](paper, surround, language()) if form in makers else paper.text(language()).encode()
    return attached(content, KINDS[form], f"{paper.title.said_in(language())}.{form}")


def _papers(work: Work, case_id: str, errors: Any) -> Any:
    case = cases.one_case(work, case_id)
    found = cases.documents_of(work, case.id)
    names = people.names_of(work, {one.author_id for _, versions in found for one in versions})
    most = current_app.extensions["house"].settings.max_document // 1048576
    return show(
        "case_papers.html", **frame(work, case), found=found, names=names, errors=errors, most=most,
        dossier={code: told(Text(*words)) for code, words in DOSSIER.items()},
    )  # fmt: skip


def _file() -> tuple[str, bytes]:
    file = request.files.get("file")
    if not isinstance(file, FileStorage) or not file.filename or not file.filename.isprintable():
        raise InvalidAnswers({"file": (Text("请选择要上传的文件。", "Choose a file."),)})
    return file.filename, file.stream.read()


def attached(content: bytes, kind: str, name: str) -> Response:
    """Return *content* to be kept, never to be opened in the page (RFC 6266)."""
    ending = PurePath(name).suffix
    told = f"filename=\"document{ending}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, content_type=kind, headers={"Content-Disposition": f"attachment; {told}"})
