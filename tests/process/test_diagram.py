"""Reading: what a file says is what the diagram holds, and what is not understood is refused where it stands."""

from __future__ import annotations

import pytest
from edit import shipped

from bpmn import Process, document, multi_instance, timer
from decision_engine import process
from decision_engine.process import dialect
from decision_engine.process.diagram import Diagram, MultiInstance, Timer


def line(*tasks: str, id: str = "p") -> Process:  # noqa: A002
    p = Process(id)
    p.chain(p.start(f"{id}_start"), *(p.task(task, step=task) for task in tasks), p.end(f"{id}_end"))
    return p


def read(*drawn: Process, extra: str = "") -> Diagram:
    return process.read({"t.bpmn": document(*drawn, extra=extra)})


def refused(data: bytes | dict[str, bytes]) -> list[tuple[str, str | None]]:
    with pytest.raises(process.Refused) as caught:
        process.read(data if isinstance(data, dict) else {"t.bpmn": data})
    for finding in caught.value.findings:
        assert finding.message.zh
        assert finding.message.en
        assert finding.file is not None
        assert finding.line is not None
    return [(finding.rule, finding.element) for finding in caught.value.findings]


def test_elements_flows_and_steps_are_read_in_the_documents_order() -> None:
    diagram = read(line("a", "b"))
    assert list(diagram.elements) == ["p_start", "a", "b", "p_end"]
    assert diagram.elements["a"].step == "a"
    (out,) = diagram.elements["a"].outgoing
    assert diagram.flows[out].target == "b"
    assert diagram.elements["b"].incoming == (out,)


def test_timers_and_multi_instances() -> None:
    p = Process("p")
    p.chain(
        p.start(),
        p.catch("wait", timer("parameter('public_comment_days')", reason="why")),
        p.each("speak", "open.speakers", "member"),
        p.end(),
    )
    diagram = read(p)
    event = diagram.elements["wait"].event
    assert event is not None
    assert event.timer == Timer("duration", "parameter('public_comment_days')", "why")
    assert diagram.elements["speak"].loop == MultiInstance(False, "open.speakers", "member")


NESTED = """<bpmn:laneSet id="lanes"><bpmn:lane id="outer" name="镇政府" decision:role="secretary">
<bpmn:flowNodeRef>a</bpmn:flowNodeRef><bpmn:flowNodeRef>b</bpmn:flowNodeRef>
<bpmn:childLaneSet id="inner_lanes"><bpmn:lane id="inner" name="法制办" decision:role="legal_officer">
<bpmn:flowNodeRef>b</bpmn:flowNodeRef></bpmn:lane>
<bpmn:lane id="plain" name="无角色"><bpmn:flowNodeRef>c</bpmn:flowNodeRef></bpmn:lane>
</bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>"""


def test_the_innermost_lanes_role_holds_and_a_lane_without_one_has_its_outer_lanes() -> None:
    p = line("a", "b", "c")
    p.extra.append(NESTED)
    diagram = read(p)
    assert [diagram.elements[name].role for name in "abc"] == ["secretary", "legal_officer", "secretary"]
    assert diagram.elements["b"].lane == "法制办"


def test_a_role_is_inherited_into_what_has_no_lanes() -> None:
    inside = Process("inside")
    inside.chain(inside.start("s"), inside.task("deep"), inside.end("e"))
    p = Process("p")
    p.chain(p.start(), p.sub("sub", inside), p.call("calls", "called"), p.end())
    p.lane("secretary", "sub")
    p.lane("archivist", "calls")
    diagram = read(p, line("inner", id="called"))
    assert diagram.elements["deep"].role == "secretary"
    assert diagram.elements["inner"].role is None
    assert diagram.role_of("inner", ("calls",)) == "archivist"
    assert diagram.role_of("deep") == "secretary"


def test_the_main_process_is_the_one_nobody_calls_and_the_files_order_does_not_matter() -> None:
    p = Process("main")
    p.chain(p.start(), p.call("calls", "called"), p.end())
    one, two = document(p), document(line("inner", id="called"))
    diagram = process.read({"1": two, "2": one})
    assert diagram.main == "main"
    assert diagram.hash == process.read({"a": one, "b": two}).hash
    assert diagram.hash != process.read({"a": one, "b": two + b"\n"}).hash


def test_the_shipped_diagrams_are_read_with_every_role_and_step() -> None:
    diagram = process.read(shipped())
    assert diagram.main == "major_decision"
    tasks = [element for element in diagram.elements.values() if element.kind == "userTask"]
    assert tasks
    assert all(element.role and element.step for element in tasks)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('decision:step="b"', 'decision:stpe="b"', "U-ELEMENT"),
        ('decision:step="b"', 'decision:role="secretary"', "U-ELEMENT"),
        ('decision:step="b"', 'unknown="1"', "U-ELEMENT"),
        ('decision:step="b"', 'isForCompensation="true"', "U-ELEMENT"),
        ('decision:step="b"', 'camunda:candidateGroups="staff"', "U-ELEMENT"),
    ],
)
def test_an_attribute_that_is_not_understood_is_refused(old: str, new: str, rule: str) -> None:
    xml = document(line("a", "b")).decode()
    assert old in xml
    assert refused(xml.replace(old, new).encode()) == [(rule, "b")]


def test_ids_are_unique_over_the_deployment() -> None:
    files = {"1": document(line("a", id="p")), "2": document(line("a", id="q"))}
    assert refused(files) == [("U-ELEMENT", "a")]
    assert refused(document(line("a", "a"))) != []


def test_references_must_lead_somewhere() -> None:
    p = line("a")
    p.flow("a", "nowhere")
    assert ("S-STRUCTURE", "p.a.nowhere.2") in refused(document(p))
    p = Process("p")
    p.chain(p.start(), p.call("calls", "unknown"), p.end())
    assert refused(document(p)) == [("U-ELEMENT", "calls")]


def test_a_flow_may_not_cross_a_sub_process() -> None:
    inside = Process("inside")
    inside.chain(inside.start("s"), inside.task("deep"), inside.end("e"))
    inside.flow("deep", "after", id="crossing")
    p = Process("p")
    p.chain(p.start(), p.sub("sub", inside), p.task("after"), p.end())
    assert ("S-STRUCTURE", "crossing") in refused(document(p))


def test_a_condition_that_has_no_effect_is_refused() -> None:
    p = line("a")
    p.flow("a", "p_end", "a.x == 1", id="odd")
    assert ("U-ELEMENT", "odd") in refused(document(p))


def test_a_choice_says_under_which_conditions() -> None:
    p = Process("p")
    p.chain(p.start(), p.exclusive("x"))
    p.flow("x", p.end("one"), "a.x == 1")
    p.flow("x", p.end("two"), id="silent")
    assert refused(document(p)) == [("U-ELEMENT", "silent")]


def test_a_multi_instance_says_over_what() -> None:
    p = Process("p")
    p.chain(p.start(), p.task("a", inner=multi_instance("")), p.end())
    assert refused(document(p)) == [("U-ELEMENT", "a")]


def test_a_node_stands_in_one_lane_of_a_level() -> None:
    p = line("a")
    p.lane("secretary", "a")
    p.lane("archivist", "a")
    assert refused(document(p)) != []


def test_the_table_says_of_every_node_whether_it_is_executed() -> None:
    assert all(dialect.SUPPORTED[name].how == dialect.EXECUTED for name in dialect.NODES)
    assert all(dialect.SUPPORTED[name].how == dialect.REFUSED for name in dialect.OTHER_NODES)


@pytest.mark.parametrize(
    "name", sorted(name for name, how in dialect.SUPPORTED.items() if how.how == dialect.REFUSED)
)
def test_what_is_said_to_be_refused_is_refused(name: str) -> None:
    p = line("a")
    p.extra.append(f'<bpmn:{name} id="odd"/>')
    treatment = dialect.SUPPORTED[name]
    assert treatment.rule in {rule for rule, _ in refused(document(p))}


def test_drawing_and_colours_are_no_obstacle() -> None:
    xml = document(line("a")).decode()
    drawn = (
        '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0"><bpmndi:BPMNPlane bpmnElement="p">'
        '<bpmndi:BPMNShape bpmnElement="a" bioc:stroke="red"/></bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
    )
    process.read({"t": xml.replace("</bpmn:definitions>", drawn + "</bpmn:definitions>").encode()})
