"""Official papers: entries of the case file as PDF/A, as a Word file to edit, or as plain text."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response

from decision_engine.api.fields import Said
from decision_engine.api.room import Room
from decision_engine.api.speech import language
from decision_engine.forms.fields import Choice
from decision_engine.queries import cases, papers, setting
from decision_engine.queries.paper import Paper
from decision_engine.work import Work

room = Room("papers", "公文", "Official papers")

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "txt": "text/plain; charset=utf-8",
}


class PaperQuery(Said):
    """As what the paper is wanted."""

    format = Choice(
        "格式", "Format",
        {"pdf": ("PDF/A 版式文件", "PDF/A"), "docx": ("Word 文件", "Word file"), "txt": ("纯文本", "plain text")},
        default="pdf",
    )  # fmt: skip


@room.ask(
    "/cases/<id:case_id>/records/<int:number>/paper",
    "公文",
    "An entry of the case file as an official paper",
    query=PaperQuery,
    noted=True,
    media_type="application/octet-stream",
)
def show_paper(work: Work, query: dict[str, Any], case_id: str, number: int) -> Response:
    """Return an entry of the case file as a paper; the export is written down."""
    case = cases.one_case(work, case_id)
    paper, frame = papers.paper_of(work, case, number)
    cases.note_reading(work, case.id, f"paper:{number}:{query['format']}")
    return download(paper, frame, query["format"])


def download(paper: Paper, frame: setting.Frame, form: str) -> Response:
    """Return *paper* as a download in *form*: `pdf`, `docx` or `txt`. Raises `NoTypeface`."""
    tongue = language()
    match form:
        case "pdf":
            made = setting.pdf(paper, frame, tongue)
        case "docx":
            made = setting.word(paper, frame, tongue)
        case _:
            made = paper.text(tongue).encode()
    name = quote(f"{paper.title.said_in(tongue)} {frame.number}.{form}".replace("/", "_"), safe="")
    return Response(
        made,
        content_type=TYPES[form],
        headers={"Content-Disposition": f"attachment; filename=\"paper.{form}\"; filename*=UTF-8''{name}"},
    )
