"""Writes a sheet as BPMN 2.0 with diagram interchange, the way a modeller would save it."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from tools.diagrams.grid import Box, Grid, place
from tools.diagrams.labels import place_labels, size
from tools.diagrams.route import Way, ways
from tools.diagrams.sheet import Flow, Node, Sheet

_NAMESPACES = (
    ("bpmn", "http://www.omg.org/spec/BPMN/20100524/MODEL"),
    ("bpmndi", "http://www.omg.org/spec/BPMN/20100524/DI"),
    ("dc", "http://www.omg.org/spec/DD/20100524/DC"),
    ("di", "http://www.omg.org/spec/DD/20100524/DI"),
    ("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
    ("decision", "urn:decision-engine:bpmn"),
)


def document(sheet: Sheet) -> bytes:
    """Return the BPMN file of *sheet*; the same sheet always gives the same bytes."""
    return _Writer(sheet).document()


class _Writer:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.grid: Grid = place(sheet)
        self.ways = ways(sheet, self.grid)
        self.labels = place_labels(sheet, self.grid, self.ways)
        self.lines: list[str] = []
        self.messages: dict[str, str] = {}  # name -> id

    def id(self, key: str) -> str:
        return f"{self.sheet.prefix}_{key}"

    def write(self, depth: int, text: str) -> None:
        self.lines.append("  " * depth + text)

    def document(self) -> bytes:
        names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES)
        self.lines = ['<?xml version="1.0" encoding="UTF-8"?>']
        self.write(
            0,
            f'<bpmn:definitions {names} id="{self.id("definitions")}" targetNamespace="urn:decision-engine">',
        )
        self._collaboration()
        names = [node.message for node in self.sheet.nodes.values() if node.message]
        for number, name in enumerate(dict.fromkeys(names), 1):
            self.write(1, f'<bpmn:message id="{self.id(f"message_{number}")}" name={quoteattr(name)} />')
            self.messages[name] = self.id(f"message_{number}")
        self._process()
        self._diagram()
        self.write(0, "</bpmn:definitions>")
        return ("\n".join(self.lines) + "\n").encode()

    def _collaboration(self) -> None:
        sheet = self.sheet
        self.write(1, f'<bpmn:collaboration id="{self.id("collaboration")}">')
        if sheet.public:
            self.write(2, f'<bpmn:participant id="{self.id("public")}" name={quoteattr(sheet.public)} />')
        self.write(
            2,
            f'<bpmn:participant id="{self.id("pool")}" name={quoteattr(sheet.name)} processRef="{sheet.process}" />',
        )
        for message in sheet.messages:
            ends = [self.id(message.node), self.id("public")]
            source, target = ends if message.outward else ends[::-1]
            self.write(
                2,
                f'<bpmn:messageFlow id="{self.id(message.key)}" name={quoteattr(message.name)} '
                f'sourceRef="{source}" targetRef="{target}" />',
            )
        self.write(1, "</bpmn:collaboration>")

    def _process(self) -> None:
        sheet = self.sheet
        profile = f' decision:profile="{sheet.profile}"' if sheet.profile else ""
        self.write(
            1,
            f'<bpmn:process id="{sheet.process}" name={quoteattr(sheet.name)} isExecutable="true"{profile}>',
        )
        self.write(2, f'<bpmn:laneSet id="{self.id("lanes")}">')
        for lane in sheet.lanes:
            self.write(
                3,
                f'<bpmn:lane id="{self.id(f"lane_{lane.role}")}" name={quoteattr(lane.name)} '
                f'decision:role="{lane.role}">',
            )
            for node in sheet.nodes.values():
                if node.lane == lane and node.kind != "textAnnotation":
                    self.write(4, f"<bpmn:flowNodeRef>{self.id(node.key)}</bpmn:flowNodeRef>")
            self.write(3, "</bpmn:lane>")
        self.write(2, "</bpmn:laneSet>")
        for node in sheet.nodes.values():
            if node.kind != "textAnnotation":
                self._node(node)
        for flow in sheet.flows:
            self._flow(flow)
        for key, about in sheet.notes.items():
            self.write(2, f'<bpmn:textAnnotation id="{self.id(key)}">')
            self.write(3, f"<bpmn:text>{escape(sheet.nodes[key].name)}</bpmn:text>")
            self.write(2, "</bpmn:textAnnotation>")
            self.write(
                2,
                f'<bpmn:association id="{self.id(f"{key}_line")}" associationDirection="None" '
                f'sourceRef="{self.id(about)}" targetRef="{self.id(key)}" />',
            )
        self.write(1, "</bpmn:process>")

    def _node(self, node: Node) -> None:
        attributes = {"id": self.id(node.key)}
        if node.name:
            attributes["name"] = node.name
        if node.host:
            attributes["attachedToRef"] = self.id(node.host)
            attributes["cancelActivity"] = str(node.interrupting).lower()
        if node.called:
            attributes["calledElement"] = node.called
        defaults = [flow for flow in self.sheet.flows if flow.source == node.key and flow.default]
        if defaults:
            attributes["default"] = self.id(defaults[0].key)
        if node.step:
            attributes["decision:step"] = node.step
        self.write(2, f"<bpmn:{node.kind}{_attributes(attributes)}>")
        for flow in self.sheet.flows:
            if flow.target == node.key:
                self.write(3, f"<bpmn:incoming>{self.id(flow.key)}</bpmn:incoming>")
        for flow in self.sheet.flows:
            if flow.source == node.key:
                self.write(3, f"<bpmn:outgoing>{self.id(flow.key)}</bpmn:outgoing>")
        if node.each:
            collection, item = node.each
            self.write(
                3,
                '<bpmn:multiInstanceLoopCharacteristics isSequential="false" '
                f'decision:collection="{collection}" decision:item="{item}" />',
            )
        self._event(node)
        self.write(2, f"</bpmn:{node.kind}>")

    def _event(self, node: Node) -> None:
        """Write what an event waits for."""
        if node.timer:
            self.write(3, f'<bpmn:timerEventDefinition id="{self.id(f"{node.key}_timer")}">')
            self.write(
                4,
                f'<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">{escape(node.timer)}</bpmn:timeDuration>',
            )
            self.write(3, "</bpmn:timerEventDefinition>")
        if node.message:
            event, about = self.id(f"{node.key}_message"), self.messages[node.message]
            self.write(3, f'<bpmn:messageEventDefinition id="{event}" messageRef="{about}" />')

    def _flow(self, flow: Flow) -> None:
        attributes = {"id": self.id(flow.key)}
        if flow.name:
            attributes["name"] = flow.name
        attributes |= {"sourceRef": self.id(flow.source), "targetRef": self.id(flow.target)}
        if flow.condition is None:
            self.write(2, f"<bpmn:sequenceFlow{_attributes(attributes)} />")
            return
        self.write(2, f"<bpmn:sequenceFlow{_attributes(attributes)}>")
        self.write(
            3,
            '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">'
            f"{escape(flow.condition)}</bpmn:conditionExpression>",
        )
        self.write(2, "</bpmn:sequenceFlow>")

    def _diagram(self) -> None:
        grid, sheet = self.grid, self.sheet
        self.write(1, f'<bpmndi:BPMNDiagram id="{self.id("diagram")}">')
        self.write(2, f'<bpmndi:BPMNPlane id="{self.id("plane")}" bpmnElement="{self.id("collaboration")}">')
        if grid.public:
            self._shape("public", grid.public, ' isHorizontal="true"')
        self._shape("pool", grid.pool, ' isHorizontal="true"')
        for lane in sheet.lanes:
            self._shape(f"lane_{lane.role}", grid.lanes[lane.number], ' isHorizontal="true"')
        for node in sheet.nodes.values():
            marker = ' isMarkerVisible="true"' if node.kind == "exclusiveGateway" else ""
            self._shape(node.key, grid.boxes[node.key], marker, self.labels.get(node.key))
        for flow in sheet.flows:
            self._edge(flow.key, self.ways[flow.key], self.labels.get(flow.key))
        for message in sheet.messages:
            way, label = message_way(grid, message.node, message.outward, message.name)
            self._edge(message.key, way, label)
        for key, about in sheet.notes.items():
            self._edge(f"{key}_line", _shortest(grid.boxes[about], grid.boxes[key]), None)
        self.write(2, "</bpmndi:BPMNPlane>")
        self.write(1, "</bpmndi:BPMNDiagram>")

    def _shape(self, key: str, box: Box, extra: str = "", label: Box | None = None) -> None:
        element = self.id(key)
        self.write(3, f'<bpmndi:BPMNShape id="{element}_di" bpmnElement="{element}"{extra}>')
        self.write(4, _bounds(box))
        self._label(label)
        self.write(3, "</bpmndi:BPMNShape>")

    def _edge(self, key: str, way: Way, label: Box | None) -> None:
        element = self.id(key)
        self.write(3, f'<bpmndi:BPMNEdge id="{element}_di" bpmnElement="{element}">')
        for x, y in way:
            self.write(4, f'<di:waypoint x="{x}" y="{y}" />')
        self._label(label)
        self.write(3, "</bpmndi:BPMNEdge>")

    def _label(self, box: Box | None) -> None:
        if box is None:
            return
        self.write(4, "<bpmndi:BPMNLabel>")
        self.write(5, _bounds(box))
        self.write(4, "</bpmndi:BPMNLabel>")


def message_way(grid: Grid, node: str, outward: bool, name: str) -> tuple[Way, Box]:
    """Return the straight line between *node* and the public pool, and its label between the pools."""
    if grid.public is None:
        raise ValueError("a message flow needs a public pool")
    box = grid.boxes[node]
    x = box.middle[0] - 22 if outward else box.middle[0] + 22
    way = [(x, box.y), (x, grid.public.bottom)]
    width, height = size(name)
    label = Box(x - width - 4 if outward else x + 4, grid.public.bottom + 30, width, height)
    return (way if outward else way[::-1]), label


def _shortest(one: Box, other: Box) -> Way:
    pairs: list[Way] = [[one.side(a), other.side(b)] for a in "lrtb" for b in "lrtb"]
    return min(pairs, key=lambda pair: (pair[0][0] - pair[1][0]) ** 2 + (pair[0][1] - pair[1][1]) ** 2)


def _bounds(box: Box) -> str:
    return f'<dc:Bounds x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" />'


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
