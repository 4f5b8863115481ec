"""案卷: what is to be filed and what is; one dossier against its catalogue; the catalogue and the whole set to take."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, request

from decision_engine import access
from decision_engine.queries import archive, case_audit, cases, setting
from decision_engine.web.cases import frame, whole
from decision_engine.web.door import Pages, show
from decision_engine.web.papers import KINDS, attached
from decision_engine.web.saying import language
from decision_engine.work import Work

page = Pages("archives")

STATES = {
    archive.State.FILED: ("已归档", "good"),
    archive.State.PRESENT: ("已有材料", "blue"),
    archive.State.MISSING: ("缺少", "bad"),
    archive.State.NOT_APPLICABLE: ("不适用", ""),
    archive.State.NONE: ("未涉及", ""),
}
TONES = {"BROKEN": "bad", "EXCEPTED": "near", "UNDECIDABLE": "blue", "MET": "good"}


@page.ask("/archive")
def dossiers_page(work: Work) -> Any:
    """Show the cases to be filed and those filed."""
    access.stand_anywhere(work.actor, "archive.read")
    view = request.args.get("view") if request.args.get("view") in archive.VIEWS else None
    found = archive.dossiers(work, view=view, page=whole(request.args.get("page")))
    return show("archive.html", found=found, view=view, today=work.today)


@page.ask("/archive/<id:case_id>")
def dossier_page(work: Work, case_id: str) -> Any:
    """Show one dossier, item by item."""
    case = cases.one_case(work, case_id, "archive.read")
    return show(
        "archive_case.html",
        **frame(work, case),
        kept=archive.dossier(work, case),
        states=STATES,
        outcomes=case_audit.ORDER,
        tones=TONES,
        today=work.today,
    )


@page.ask("/archive/<id:case_id>/catalogue", noted=True)
def catalogue_file(work: Work, case_id: str) -> Any:
    """Hand out 卷内目录 as a paper; the reading is written down."""
    case = cases.one_case(work, case_id, "archive.read")
    form = request.args.get("format", "pdf")
    form = form if form in KINDS else "pdf"
    cases.note_reading(work, case.id, f"catalogue:{form}")
    paper, surround = archive.catalogue(archive.dossier(work, case), work.today)
    makers = {"pdf": setting.pdf, "docx": setting.word}
    content = makers[form](paper, surround, language()) if form in makers else paper.text(language()).encode()
    return attached(content, KINDS[form], f"{case.label}{paper.title.said_in(language())}.{form}")


@page.ask("/archive/<id:case_id>/set", noted=True)
def set_file(work: Work, case_id: str) -> Any:
    """Hand out everything the dossier holds; the reading is written down before the first byte goes out."""
    case = cases.one_case(work, case_id, "archive.read")
    cases.note_reading(work, case.id, "dossier")
    pieces = archive.the_set(work, archive.dossier(work, case), language())
    name = quote(f"{case.label}案卷.zip", safe="")
    return Response(
        pieces,
        content_type="application/zip",
        headers={"Content-Disposition": f"attachment; filename=\"dossier.zip\"; filename*=UTF-8''{name}"},
    )
