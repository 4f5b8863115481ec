"""The server's picture of a diagram: complete, escaped, spoken, and indifferent to hostile files."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest
from lxml import etree

from decision_engine.process.findings import Refused
from decision_engine.process.picture import sheets
from decision_engine.web import drawing
from decision_engine.web.drawing import ACTIVE, DONE, FAULT, LATE, Mark, draw, lines_of

DIAGRAMS = {path.name: path.read_bytes() for path in sorted(Path("bpmn").glob("*.bpmn"))}
SHEETS = {sheet.file: sheet for sheet in sheets(DIAGRAMS)}
SVG = "{http://www.w3.org/2000/svg}"

TINY = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI"
 xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:w="http://www.omg.org/spec/DD/20100524/DI">
<process id="p" name="{name}"><userTask id="a" name="{name}"/><userTask id="b" name="b"/>
<sequenceFlow id="f" sourceRef="a" targetRef="b"/></process>
<di:BPMNDiagram><di:BPMNPlane bpmnElement="p">
<di:BPMNShape bpmnElement="a"><dc:Bounds x="{x}" y="0" width="100" height="80"/></di:BPMNShape>
<di:BPMNShape bpmnElement="b"><dc:Bounds x="200" y="0" width="100" height="80"/></di:BPMNShape>
<di:BPMNShape bpmnElement="nobody"><dc:Bounds x="0" y="0" width="9" height="9"/></di:BPMNShape>
<di:BPMNEdge bpmnElement="f"><w:waypoint x="100" y="40"/><w:waypoint x="200" y="40"/></di:BPMNEdge>
</di:BPMNPlane></di:BPMNDiagram></definitions>"""


def tiny(name: str = "登记", x: str = "0") -> str:
    return TINY.format(name=name, x=x)


def drawn(svg: str) -> etree._Element:
    return etree.fromstring(svg)


@pytest.mark.parametrize("file", SHEETS)
def test_everything_that_has_a_place_is_drawn_once_with_its_name_and_state(file):
    sheet = SHEETS[file]
    root = drawn(draw(sheet))
    nodes = [one for one in sheet.shapes if one.kind not in ("participant", "lane")]
    assert [one.get("data-element") for one in root.iter(f"{SVG}g") if one.get("data-element")] == [
        one.id for one in nodes
    ]
    flows = [one.get("data-flow") for one in root.iter(f"{SVG}path") if one.get("data-flow")]
    assert flows == [one.id for one in sheet.lines if one.kind == "sequenceFlow"]
    for node in nodes:
        group = root.find(f".//{SVG}g[@data-element='{node.id}']")
        title = group.findtext(f"{SVG}title")
        assert title.endswith("未开始") == (node.kind != "textAnnotation"), "a note is not begun or done"
        assert title.startswith(node.name)
    assert root.get("role") == "img"
    assert root.get("aria-label") == sheet.name


def test_every_element_of_the_shipped_procedure_is_on_a_sheet():
    from decision_engine import process

    diagram = process.read(DIAGRAMS)
    placed = {shape.id for sheet in SHEETS.values() for shape in sheet.shapes}
    assert set(diagram.elements) - placed == set()
    assert set(diagram.flows) - {line.id for sheet in SHEETS.values() for line in sheet.lines} == set()


def test_nothing_lies_outside_the_frame():
    for sheet in SHEETS.values():
        left, top, width, height = map(float, drawn(draw(sheet)).get("viewBox").split())
        for shape in sheet.shapes:
            assert left <= shape.box.x <= shape.box.right <= left + width
            assert top <= shape.box.y <= shape.box.bottom <= top + height


def test_a_state_is_a_word_a_shape_and_a_colour():
    sheet = SHEETS["legality_review.bpmn"]
    tasks = [one.id for one in sheet.shapes if one.kind == "userTask"]
    marks = {
        tasks[0]: Mark(DONE), tasks[1]: Mark(LATE, "超期 2 天", "李文婷"),
        tasks[2]: Mark(ACTIVE), tasks[3]: Mark(FAULT),
    }  # fmt: skip
    root = drawn(draw(sheet, marks))
    looks = {}
    for task in tasks[:5]:
        group = root.find(f".//{SVG}g[@data-element='{task}']")
        body = group.find(f"{SVG}rect")
        looks[group.get("data-state")] = (body.get("fill"), body.get("stroke"), group.findtext(f"{SVG}title"))
    assert [looks[state][2].split(" · ")[1] for state in (DONE, LATE, ACTIVE, FAULT, "todo")] == [
        "已完成", "超期", "办理中", "有问题", "未开始",
    ]  # fmt: skip
    assert len({look[:2] for look in looks.values()}) == 5
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert {"超期 2 天", "李文婷"} <= set(texts)


def test_a_flow_that_was_gone_looks_gone():
    sheet = SHEETS["risk_assessment.bpmn"]
    flow = next(line.id for line in sheet.lines if line.kind == "sequenceFlow")
    root = drawn(draw(sheet, taken={flow}))
    states = {
        one.get("data-flow"): one.get("data-taken") for one in root.iter(f"{SVG}path") if one.get("data-flow")
    }
    assert [one for one, state in states.items() if state == "taken"] == [flow]
    assert len(states) > 5


def test_names_are_words_and_never_markup():
    sheet = sheets({"x.bpmn": tiny("&lt;/text&gt;&lt;script&gt;x()&lt;/script&gt;&quot;'").encode()})[0]
    svg = draw(sheet, {"a": Mark(LATE, "<b>", '"><script>')})
    root = drawn(svg)
    assert not list(root.iter(f"{SVG}script"))
    assert "<script" not in svg
    assert root.get("aria-label").startswith("</text><script>")


def test_no_style_no_script_no_address_stands_in_a_picture():
    svg = "".join(draw(sheet) for sheet in SHEETS.values())
    for word in ("style=", "<style", "<script", "href", "onload"):
        assert word not in svg
    assert svg.count("http") == len(SHEETS)  # the name of SVG itself


@pytest.mark.parametrize("x", ["nan", "inf", "-1e999", "1e300", "", "abc", "0x10", "１"])
def test_a_place_that_is_none_is_left_out(x):
    sheet = sheets({"x.bpmn": tiny(x=x).encode()})[0]
    assert [shape.id for shape in sheet.shapes] in (["b"], ["a", "b"])
    assert not re.search(r'[ "](nan|-?inf)', draw(sheet))


def test_a_file_without_places_is_an_empty_sheet_and_a_bomb_is_refused():
    bare = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p"/></definitions>'
    assert drawn(draw(sheets({"x.bpmn": bare.encode()})[0])).get("viewBox") == "-16 -16 132 132"
    with pytest.raises(Refused):
        sheets({"x.bpmn": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><definitions>&a;</definitions>'})


def covered(svg: str) -> list[tuple[str, str]]:
    """Return each pair of lines of text of a drawing that lie on one another, as wide as Chinese letters are."""
    boxes = []
    for one in drawn(svg).xpath("//*[local-name()='text'][not(ancestor::*[@transform])]"):
        x, y, size = (float(one.get(name)) for name in ("x", "y", "font-size"))
        half = size * sum(1 if ord(sign) > 0xFF else 0.55 for sign in one.text) / 2
        boxes.append((one.text, x - half, x + half, y - size / 2, y + size / 2))
    return [
        (a[0], b[0])
        for a, b in combinations(boxes, 2)
        if min(a[2], b[2]) - max(a[1], b[1]) > 1 and min(a[4], b[4]) - max(a[3], b[3]) > 1
    ]


@pytest.mark.parametrize("file", SHEETS)
def test_no_words_of_a_shipped_diagram_lie_on_others(file, monkeypatch):
    assert covered(draw(SHEETS[file])) == []
    if file == "major_decision.bpmn":
        monkeypatch.setattr(drawing, "_LABELS", (13,))
        assert covered(draw(SHEETS[file])), "control: letters too large for their boxes are found"


def test_words_are_cut_into_lines_of_about_equal_length():
    assert lines_of("审查意见送达", 100, 14) == ["审查意见送达"]
    assert lines_of("依法组织公开征求意见", 90, 14) == ["依法组织公", "开征求意见"]
    assert "".join(lines_of("a" * 500, 20, 14)) == "a" * 500
    assert lines_of("", 20, 14) == [""]
    assert lines_of("上\n下", 90, 14) == ["上", "下"]


def test_a_picture_in_english_says_its_states_in_english():
    root = drawn(draw(SHEETS["risk_assessment.bpmn"], language="en"))
    said = {
        one.find(f"{SVG}title").text.rpartition(" · ")[2]
        for one in root.iter(f"{SVG}g")
        if one.get("data-state") and "note" not in one.get("data-element")
    }
    assert said == {"not begun"}
