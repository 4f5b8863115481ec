"""A paper set as a document: PDF/A-2b to GB/T 9704-2012 by Typst, and the same paper as a Word file to edit.

Guarantees: the same paper gives the same bytes; what is said is data and never read as Typst, XML or a field; a PDF
whose Chinese would show as boxes is not made (`NoTypeface`).
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from decision_engine.errors import Unavailable
from decision_engine.language import Text
from decision_engine.queries.paper import Fact, Heading, Line, Paper, Part, Table, Words, plain

TEMPLATE = Path(__file__).with_name("official.typ")
SONG = ("FangSong_GB2312", "FangSong", "FandolFang R", "Noto Serif CJK SC")
"""Families in which the running text may be set, the best first; the same list stands in the template."""
_LONG_AGO = datetime(1980, 1, 1, tzinfo=UTC)


class NoTypeface(Unavailable):
    """No Chinese typeface is installed here, so no PDF can be set."""

    default = Text(
        "服务器未安装中文字体，无法生成 PDF。请管理员安装“Noto CJK”等字体后重试；可先下载 Word 文件。",
        "No Chinese typeface is installed, so no PDF can be set. Ask an administrator to install one (Noto CJK, say); "
        "the Word file can be had meanwhile.",
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a paper: whose it is, its number (文号), whom it addresses, who signs, of which day."""

    organ: str
    letterhead: str = ""
    number: str = ""
    addressee: str = ""
    signed: str = ""
    dated: str = ""


def pdf(paper: Paper, frame: Frame, language: str = "zh") -> bytes:
    """Return *paper* as PDF/A-2b, tagged, A4. Raises `NoTypeface`."""
    if not set(SONG) & _families():
        raise NoTypeface
    said = {
        "language": language,
        "title": plain(paper.title.said_in(language)),
        "parts": [_said(part, language) for part in paper.parts],
        **{name: plain(getattr(frame, name)) for name in Frame.__slots__},
    }
    made = typst.compile(
        TEMPLATE.read_bytes(),
        sys_inputs={"paper": json.dumps(said, ensure_ascii=False)},
        pdf_standards=["a-2b"],
        timestamp=int(_LONG_AGO.timestamp()),
    )
    if not isinstance(made, bytes):
        raise TypeError("one document was asked for")
    return made


def word(paper: Paper, frame: Frame, language: str = "zh") -> bytes:
    """Return *paper* as a Word file (Office Open XML), A4 with the margins of GB/T 9704."""
    document = Document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    style = document.styles["Normal"]
    _face(style, "FangSong", 16)
    style.paragraph_format.line_spacing = Pt(29)
    style.paragraph_format.space_after = Pt(0)
    core = document.core_properties
    core.title, core.author = plain(paper.title.said_in(language)), plain(frame.organ)
    core.created = core.modified = _LONG_AGO.replace(tzinfo=None)
    if frame.letterhead:
        _centred(document, frame.letterhead, "STZhongsong", 26, red=True)
    if frame.number:
        _centred(document, frame.number, "FangSong", 16)
    _centred(document, paper.title.said_in(language), "STZhongsong", 22)
    if frame.addressee:
        document.add_paragraph(plain(frame.addressee) + ("：" if language == "zh" else ":"))
    for part in paper.parts:
        _set(document, part, language)
    for line in filter(None, (frame.signed, frame.dated)):
        document.add_paragraph(plain(line)).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    made = io.BytesIO()
    document.save(made)
    return _timeless(made.getvalue())


@cache
def _families() -> frozenset[str]:
    return frozenset(typst.Fonts().families())


def _said(part: Part, language: str) -> dict[str, Any]:
    match part:
        case Heading(level, text):
            return {"kind": "heading", "level": level, "text": plain(text.said_in(language))}
        case Fact(label, value):
            return {
                "kind": "fact",
                "label": plain(label.said_in(language)),
                "value": plain(value.said_in(language)),
            }
        case Line(text):
            return {"kind": "line", "text": plain(text.said_in(language))}
        case Words(said):
            return {"kind": "words", "lines": [plain(line) for line in said.splitlines() or [""]]}
        case Table(head, rows):
            return {
                "kind": "table",
                "head": [plain(cell.said_in(language)) for cell in head],
                "rows": [[plain(cell.said_in(language)) for cell in row] for row in rows],
            }


def _set(document: Any, part: Part, language: str) -> None:
    match part:
        case Heading(level, text):
            _face(
                document.add_paragraph().add_run(plain(text.said_in(language))),
                "SimHei" if level == 1 else "KaiTi",
                16,
            )
        case Fact(label, value):
            line = document.add_paragraph()
            _face(
                line.add_run(plain(label.said_in(language)) + ("：" if language == "zh" else ": ")),
                "SimHei",
                16,
            )
            line.add_run(plain(value.said_in(language)))
        case Line(text):
            document.add_paragraph(plain(text.said_in(language))).paragraph_format.first_line_indent = Pt(32)
        case Words(said):
            for one in said.splitlines() or [""]:
                line = document.add_paragraph()
                line.paragraph_format.left_indent = Pt(32)
                _face(line.add_run(plain(one)), "KaiTi", 16)
        case Table(head, rows):
            table = document.add_table(rows=0, cols=len(head), style="Table Grid")
            for cells in (head, *rows):
                for cell, text in zip(table.add_row().cells, cells, strict=True):
                    cell.text = plain(text.said_in(language))


def _centred(document: Any, words: str, family: str, size: int, *, red: bool = False) -> None:
    line = document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = line.add_run(plain(words))
    _face(run, family, size)
    if red:
        run.font.color.rgb = RGBColor(0xC8, 0x16, 0x1D)


def _face(styled: Any, family: str, size: int) -> None:
    styled.font.name, styled.font.size = family, Pt(size)
    styled.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), family)


def _timeless(archive: bytes) -> bytes:
    """Return the same archive with the times of its parts taken out."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as given, zipfile.ZipFile(made, "w") as written:
        for entry in given.infolist():
            timeless = zipfile.ZipInfo(entry.filename, date_time=(1980, 1, 1, 0, 0, 0))
            timeless.compress_type = zipfile.ZIP_DEFLATED
            written.writestr(timeless, given.read(entry))
    return made.getvalue()
