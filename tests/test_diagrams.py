"""The shipped diagrams: committed as drawn, valid BPMN, every word known, every line readable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, pairwise

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnValidator
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from decision_engine import forms
from decision_engine.access import ROLES
from tools.diagrams.__main__ import BPMN
from tools.diagrams.document import document
from tools.diagrams.grid import Box
from tools.diagrams.route import straightened
from tools.diagrams.sheets import all_sheets

NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
}
DECISION = "{urn:decision-engine:bpmn}"
PROCESSES = {
    "major_decision", "public_participation", "expert_argumentation", "risk_assessment",
    "legality_review", "collective_meeting", "execution", "post_evaluation",
}  # fmt: skip
ELEMENTS = {
    "userTask", "callActivity", "startEvent", "endEvent", "exclusiveGateway", "parallelGateway",
    "inclusiveGateway", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
}  # fmt: skip
QUESTIONS = {
    "non_public", "is_technical", "risk_trigger", "market_players", "risk_controllable", "legality_outcome",
    "evaluation_outcome",
}  # fmt: skip


@dataclass(frozen=True)
class Drawing:
    """One file, taken apart without any code of ours."""

    root: etree._Element
    shapes: dict[str, Box]
    ways: dict[str, list[tuple[int, int]]]
    labels: dict[str, Box]

    def find(self, path: str) -> list[etree._Element]:
        return self.root.findall(path, NS)

    @property
    def process(self) -> etree._Element:
        (process,) = self.find("bpmn:process")
        return process

    @property
    def nodes(self) -> dict[str, etree._Element]:
        """Flow nodes: whatever a lane may hold."""
        other = {"laneSet", "sequenceFlow", "textAnnotation", "association"}
        return {one.get("id", ""): one for one in self.process if etree.QName(one).localname not in other}

    @property
    def flows(self) -> dict[str, etree._Element]:
        return {one.get("id", ""): one for one in self.find("bpmn:process/bpmn:sequenceFlow")}

    @property
    def lanes(self) -> dict[str, list[str]]:
        return {
            lane.get("id", ""): [ref.text or "" for ref in lane.findall("bpmn:flowNodeRef", NS)]
            for lane in self.find(".//bpmn:lane")
        }


def _box(element: etree._Element) -> Box:
    return Box(*(int(element.get(name, "")) for name in ("x", "y", "width", "height")))


@cache
def drawing(name: str) -> Drawing:
    root = etree.parse(BPMN / f"{name}.bpmn").getroot()
    shapes, ways, labels = {}, {}, {}
    for shape in root.iterfind(".//bpmndi:BPMNShape", NS):
        bounds = shape.find("dc:Bounds", NS)
        assert bounds is not None
        shapes[shape.get("bpmnElement", "")] = _box(bounds)
    for edge in root.iterfind(".//bpmndi:BPMNEdge", NS):
        points = edge.iterfind("di:waypoint", NS)
        ways[edge.get("bpmnElement", "")] = [(int(p.get("x", "")), int(p.get("y", ""))) for p in points]
    for label in root.iterfind(".//bpmndi:BPMNLabel/dc:Bounds", NS):
        owner = label.getparent().getparent()  # type: ignore[union-attr]
        labels[owner.get("bpmnElement")] = _box(label)
    return Drawing(root, shapes, ways, labels)


@pytest.fixture(params=sorted(PROCESSES))
def shipped(request: pytest.FixtureRequest) -> Drawing:
    return drawing(request.param)


# -- what the files say -----------------------------------------------------------------------------


def test_committed_files_are_the_drawn_ones() -> None:
    assert {path.stem for path in BPMN.iterdir()} == PROCESSES == {sheet.process for sheet in all_sheets()}
    for sheet in all_sheets():
        assert (BPMN / f"{sheet.process}.bpmn").read_bytes() == document(sheet), sheet.process


def test_files_follow_the_standards_schema(shipped: Drawing) -> None:
    BpmnValidator().validate(shipped.root)


def test_the_schema_does_refuse() -> None:
    root = etree.fromstring(etree.tostring(drawing("post_evaluation").root))
    root.find("bpmn:process", NS).append(etree.Element(etree.QName(NS["bpmn"], "userTusk")))  # type: ignore[union-attr]
    with pytest.raises(ValidationException):
        BpmnValidator().validate(root)


def test_one_executable_process_a_file_and_one_profile() -> None:
    profiles = {}
    for name in PROCESSES:
        process = drawing(name).process
        assert process.get("id") == name
        assert process.get("isExecutable") == "true"
        profiles[name] = process.get(f"{DECISION}profile")
    assert {name for name, profile in profiles.items() if profile} == {"major_decision"}
    assert profiles["major_decision"] == "major_decision"


def test_ids_are_unique_over_all_files() -> None:
    ids = [one.get("id") for name in PROCESSES for one in drawing(name).root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    assert not {"Start", "End", "Root"} & set(ids)


def test_every_step_has_a_form_and_every_form_its_step() -> None:
    acts, questions = set(), set()
    for name in PROCESSES:
        for node in drawing(name).nodes.values():
            kind, step = etree.QName(node).localname, node.get(f"{DECISION}step")
            if kind == "userTask":
                acts.add(step)
            elif kind == "exclusiveGateway" and step:
                questions.add(step)
            elif step:
                assert step == "comment_period"
    in_the_room = {"member_arrives", "member_leaves", "member_recuses"}
    beside_the_flow = {
        "raise_objection",
        "answer_objection",
        "countersign_opinion",
    } | in_the_room  # acts of their own
    assert acts == set(forms.steps()) - beside_the_flow
    assert questions == QUESTIONS


def test_every_lane_has_a_role_and_a_chinese_name(shipped: Drawing) -> None:
    for lane in shipped.find(".//bpmn:lane"):
        assert lane.get(f"{DECISION}role") in ROLES
        assert re.search(r"[\u4e00-\u9fff]", lane.get("name", ""))


def test_only_elements_the_engine_runs_rightly(shipped: Drawing) -> None:
    """No script, service, ad hoc, event sub-process: what SpiffWorkflow ignores or misreads is not drawn."""
    for node in shipped.nodes.values():
        kind = etree.QName(node).localname
        assert kind in ELEMENTS
        if kind == "callActivity":
            assert node.get("calledElement") in PROCESSES


def test_every_node_stands_in_exactly_one_lane(shipped: Drawing) -> None:
    held = [node for nodes in shipped.lanes.values() for node in nodes]
    assert sorted(held) == sorted(shipped.nodes)


def test_incoming_and_outgoing_are_complete(shipped: Drawing) -> None:
    for key, node in shipped.nodes.items():
        for tag, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
            listed = {one.text for one in node.findall(f"bpmn:{tag}", NS)}
            assert listed == {flow for flow, at in shipped.flows.items() if at.get(end) == key}


def test_ways_split_and_join_only_at_gateways(shipped: Drawing) -> None:
    for key, node in shipped.nodes.items():
        kind = etree.QName(node).localname
        enters, leaves = (len(node.findall(f"bpmn:{tag}", NS)) for tag in ("incoming", "outgoing"))
        assert enters == (0 if kind in {"startEvent", "boundaryEvent"} else enters or -1), key
        assert leaves == (0 if kind == "endEvent" else leaves or -1), key
        if kind.endswith("Gateway"):
            assert (enters > 1) != (leaves > 1), f"{key} both splits and joins, or neither"
        else:
            assert max(enters, leaves) == 1, key


def test_every_choice_has_its_conditions(shipped: Drawing) -> None:
    """Only the optional forms of participation have a default: choosing none of them is lawful."""
    for key, node in shipped.nodes.items():
        leaving = [flow for flow in shipped.flows.values() if flow.get("sourceRef") == key]
        choosing = (
            etree.QName(node).localname in {"exclusiveGateway", "inclusiveGateway"} and len(leaving) > 1
        )
        for flow in leaving:
            condition = flow.find("bpmn:conditionExpression", NS)
            is_default = node.get("default") == flow.get("id")
            assert (condition is not None) == (choosing and not is_default), flow.get("id")
            assert bool(flow.get("name")) == choosing, flow.get("id")
        assert node.get("default") is None or key == "participation_forms"


# -- how they look ----------------------------------------------------------------------------------


def _pieces(drawing: Drawing) -> Iterator[tuple[str, tuple[int, int], tuple[int, int]]]:
    for key in drawing.flows:
        for a, b in pairwise(drawing.ways[key]):
            yield key, a, b


def _line(a: tuple[int, int], b: tuple[int, int]) -> Box:
    return Box(min(a[0], b[0]), min(a[1], b[1]), abs(a[0] - b[0]) or 1, abs(a[1] - b[1]) or 1)


def _hosts(drawing: Drawing, one: str, other: str) -> bool:
    return (
        drawing.nodes[one].get("attachedToRef") == other or drawing.nodes[other].get("attachedToRef") == one
    )


def overlaps(drawing: Drawing) -> list[tuple[str, str]]:
    """Return every pair of shapes that cover each other (a boundary event may sit on its host)."""
    solid = {key: drawing.shapes[key] for key in drawing.nodes}
    notes = {key: box for key, box in drawing.shapes.items() if "_note_" in key}
    pairs = combinations({**solid, **notes}.items(), 2)
    return [
        (one, other)
        for (one, box), (other, second) in pairs
        if box.meets(second)
        and not (one in drawing.nodes and other in drawing.nodes and _hosts(drawing, one, other))
    ]


def crossed_shapes(drawing: Drawing) -> list[tuple[str, str]]:
    """Return every flow that runs through a shape other than its ends."""
    found = []
    for key, a, b in _pieces(drawing):
        ends = {drawing.flows[key].get("sourceRef"), drawing.flows[key].get("targetRef")}
        ends |= {drawing.nodes[end].get("attachedToRef") for end in ends if end}
        for shape, box in drawing.shapes.items():
            is_area = "_lane_" in shape or shape.endswith(("_pool", "_public"))
            if not is_area and shape not in ends and _line(a, b).meets(box):
                found.append((key, shape))
    return found


def covered_labels(drawing: Drawing) -> list[tuple[str, str]]:
    """Return every label that covers a shape or another label."""
    shapes = {
        key: box
        for key, box in drawing.shapes.items()
        if "_lane_" not in key and not key.endswith(("_pool", "_public"))
    }
    found = [
        (key, other) for key, box in drawing.labels.items() for other, at in shapes.items() if box.meets(at)
    ]
    found += [(one, other) for (one, a), (other, b) in combinations(drawing.labels.items(), 2) if a.meets(b)]
    return found


def struck_labels(drawing: Drawing) -> list[tuple[str, str]]:
    """Return every label a flow runs through."""
    return [
        (label, key)
        for label, box in drawing.labels.items()
        for key, a, b in _pieces(drawing)
        if _line(a, b).meets(box)
    ]


def test_everything_is_drawn(shipped: Drawing) -> None:
    notes = {one.get("id") for one in shipped.find("bpmn:process/bpmn:textAnnotation")}
    pools = {one.get("id") for one in shipped.find("bpmn:collaboration/bpmn:participant")}
    assert set(shipped.shapes) == set(shipped.nodes) | set(shipped.lanes) | notes | pools
    lines = {
        one.get("id") for one in shipped.find(".//bpmn:messageFlow") + shipped.find(".//bpmn:association")
    }
    assert set(shipped.ways) == set(shipped.flows) | lines
    named = {key for key, node in shipped.nodes.items() if node.get("name")}
    outer = {
        key for key in named if etree.QName(shipped.nodes[key]).localname not in {"userTask", "callActivity"}
    }
    outer |= {key for key, flow in shipped.flows.items() if flow.get("name")}
    outer |= {one.get("id", "") for one in shipped.find(".//bpmn:messageFlow")}
    assert set(shipped.labels) == outer


def test_shapes_keep_apart_and_stay_in_their_lane(shipped: Drawing) -> None:
    assert overlaps(shipped) == []
    (pool,) = (box for key, box in shipped.shapes.items() if key.endswith("_pool"))
    bottom = pool.y
    for lane, nodes in shipped.lanes.items():
        area = shipped.shapes[lane]
        assert pool.holds(area)
        assert area.y == bottom, "lanes lie one below the other without a gap"
        bottom = area.bottom
        for node in nodes:
            assert area.holds(shipped.shapes[node]), node
    assert bottom == pool.bottom


def test_flows_are_orthogonal_and_end_on_their_shapes(shipped: Drawing) -> None:
    for key, flow in shipped.flows.items():
        way = shipped.ways[key]
        for (ax, ay), (bx, by) in pairwise(way):
            assert ax == bx or ay == by, key
        for point, end in ((way[0], flow.get("sourceRef")), (way[-1], flow.get("targetRef"))):
            box = shipped.shapes[end or ""]
            assert point in {box.side(side) for side in "lrtb"}, key


def test_no_flow_runs_through_a_shape(shipped: Drawing) -> None:
    assert crossed_shapes(shipped) == []


def test_flows_share_a_line_only_with_their_kin(shipped: Drawing) -> None:
    for (one, a, b), (other, c, d) in combinations(_pieces(shipped), 2):
        first, second = shipped.flows[one], shipped.flows[other]
        if any(first.get(end) == second.get(end) for end in ("sourceRef", "targetRef")):
            continue
        for axis in (0, 1):
            if a[axis] == b[axis] == c[axis] == d[axis]:
                along = 1 - axis
                low = max(min(a[along], b[along]), min(c[along], d[along]))
                high = min(max(a[along], b[along]), max(c[along], d[along]))
                assert low >= high, f"{one} runs along {other}"


def test_words_can_be_read(shipped: Drawing) -> None:
    assert covered_labels(shipped) == []
    assert struck_labels(shipped) == []


def test_the_eye_is_not_blind() -> None:
    """Each of the checks above finds what it looks for when a shape or a label is moved."""
    seen = drawing("legality_review")
    task = seen.shapes["legality_check_review_package"]
    moved = replace(seen, shapes={**seen.shapes, "legality_package_complete": task})
    assert ("legality_check_review_package", "legality_package_complete") in overlaps(moved)
    flow = "legality_flow_opinion_to_revision_needed"
    (ax, ay), (bx, _) = seen.ways[flow][0], seen.ways[flow][-1]
    onto = Box((ax + bx) // 2 - 10, ay - 10, 20, 20)
    moved = replace(seen, shapes={**seen.shapes, "legality_supplement_package": onto})
    assert (flow, "legality_supplement_package") in crossed_shapes(moved)
    moved = replace(seen, labels={**seen.labels, "legality_start": onto, "legality_end": task})
    assert ("legality_start", flow) in struck_labels(moved)
    assert ("legality_end", "legality_check_review_package") in covered_labels(moved)


def test_a_way_is_told_by_its_bends_only() -> None:
    assert straightened([(0, 0), (0, 0), (5, 0), (9, 0), (9, 4)]) == [(0, 0), (9, 0), (9, 4)]
