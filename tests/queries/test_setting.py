"""Papers set as documents: to the grid of GB/T 9704, archivable, the same twice, nothing said read as anything else."""

from __future__ import annotations

import io
import re
from collections import Counter
from itertools import pairwise

import pikepdf
import pytest
from docx import Document

from decision_engine.queries import setting
from decision_engine.queries.paper import Fact, Heading, Line, Paper, Table, Words, same
from decision_engine.queries.setting import Frame, NoTypeface, pdf, word

LONG = (
    "根据重大行政决策程序暂行条例的规定对送审的青禾镇养老服务中心布局方案草案进行了审"
    "查现提出以下意见供集体讨论决策时参考并请在会前反馈采纳情况"
)
HOSTILE = "我不同意：#panic(1) *强调* $x$ [@a] \\\n喆 堃 镕 祎 <b>&amp;</b>\x00\u202e"
PAPER = Paper(
    same("合法性审查意见书"),
    (
        Heading(1, same("一、审查依据")),
        Line(same(LONG * 24)),
        Fact(same("审查结论"), same("合法")),
        Words(HOSTILE),
        Table(
            (same("姓名"), same("意见")), ((same("江远舟"), same("同意")), (same("沈怀川"), same("#反对")))
        ),
    ),
)
FRAME = Frame(
    "青禾镇人民政府",
    "青禾镇人民政府文件",
    "青政法审〔2026〕3号",
    "公共服务办公室",
    "青禾镇司法所",
    "2026年4月28日",
)


@pytest.fixture(scope="module")
def made() -> bytes:
    return pdf(PAPER, FRAME)


def test_the_same_paper_is_the_same_bytes(made: bytes):
    assert pdf(PAPER, FRAME) == made
    assert word(PAPER, FRAME) == word(PAPER, FRAME)
    assert pdf(PAPER, Frame("青禾镇人民政府")) != made  # negative control: the frame is part of it


def test_a_pdf_is_archivable_a4_and_holds_its_typefaces(made: bytes):
    with pikepdf.open(io.BytesIO(made)) as document:
        metadata = document.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
        for page in document.pages:
            _, _, width, height = (float(edge) for edge in page.mediabox)
            assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)
        faces = [one for one in document.objects if _is(one, "/FontDescriptor")]
        assert faces
        assert all(any(key in face for key in ("/FontFile", "/FontFile2", "/FontFile3")) for face in faces)
        assert bool(document.Root.MarkInfo.Marked)


def _is(thing: object, kind: str) -> bool:
    return isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == kind


def test_a_full_page_has_22_lines_of_28_characters(made: bytes):
    """Baselines of the second page, 10.227 mm apart; on each full line 28 glyphs."""
    with pikepdf.open(io.BytesIO(made)) as document:
        lines = _glyphs_by_line(document.pages[1])
    body = {height: count for height, count in lines.items() if count >= 20}
    assert len(body) == 22
    assert Counter(body.values()).most_common(1)[0][0] == 28
    heights = sorted(body)
    steps = {round((above - below) / 72 * 25.4, 1) for below, above in pairwise(heights)}
    assert steps == {10.2}


def _glyphs_by_line(page: pikepdf.Page) -> Counter[float]:
    """Count two-byte glyphs by the height of their line, from the page's own text matrices."""
    lines: Counter[float] = Counter()
    height, stack, offset = 0.0, [], 0.0
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "q":
                stack.append(offset)
            case "Q":
                offset = stack.pop()
            case "cm":
                offset = offset * float(operands[3]) + float(operands[5])
            case "Tm":
                height = float(operands[5])
            case "Tj":
                lines[round(offset + height, 1)] += len(bytes(operands[0])) // 2
            case "TJ":
                lines[round(offset + height, 1)] += sum(
                    len(bytes(one)) // 2 for one in operands[0] if isinstance(one, pikepdf.String)
                )
    return lines


def test_names_in_rare_characters_show_and_words_are_only_words(made: bytes):
    """No glyph 0 (the box of a missing character) anywhere; what was said is in the paper as it was said."""
    with pikepdf.open(io.BytesIO(made)) as document:
        for page in document.pages:
            for operands, operator in pikepdf.parse_content_stream(page):
                pieces = operands[0] if str(operator) == "TJ" else operands if str(operator) == "Tj" else []
                for piece in pieces:
                    if isinstance(piece, pikepdf.String):
                        glyphs = bytes(piece)
                        assert b"\x00\x00" not in [glyphs[at : at + 2] for at in range(0, len(glyphs), 2)]
        mapped = "".join(
            one.read_bytes().decode("latin-1")
            for one in document.objects
            if isinstance(one, pikepdf.Stream) and b"beginbfchar" in one.read_bytes()
        )
    shown = {chr(int(code, 16)) for code in re.findall(r"<[0-9A-Fa-f]{4}> <([0-9A-Fa-f]{4})>", mapped)}
    assert {"喆", "堃", "镕", "祎", "#", "*", "$", "<", "&", "@"} <= shown


def test_a_word_file_opens_with_the_same_words():
    document = Document(io.BytesIO(word(PAPER, FRAME)))
    words = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for said in (
        "合法性审查意见书",
        "青政法审〔2026〕3号",
        "公共服务办公室：",
        "审查结论：合法",
        "#panic(1) *强调* $x$ [@a]",
    ):
        assert said in words
    assert "喆 堃 镕 祎 <b>&amp;</b>" in words
    assert [[cell.text for cell in row.cells] for row in document.tables[0].rows][1:] == [
        ["江远舟", "同意"],
        ["沈怀川", "#反对"],
    ]
    section = document.sections[0]
    assert (round(section.top_margin.mm), round(section.left_margin.mm)) == (37, 28)


def test_without_a_chinese_typeface_no_boxes_are_printed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(setting, "_families", lambda: frozenset({"DejaVu Sans"}))
    with pytest.raises(NoTypeface, match="typeface"):
        pdf(PAPER, FRAME)
