"""Reads BPMN files into a `Diagram`: safely, completely, or not at all.

What is guaranteed of a diagram that `read` returns:

* The XML had no DOCTYPE and no entity, was UTF-8 and bounded in size; nothing was fetched (proof.md 5.4).
* Every element and attribute of the files was understood (`dialect.SUPPORTED`) or is known to be for
  people only. Nothing that could change the procedure was ignored.
* Every expression is in the language of `expressions`; there is no code anywhere.
* Ids are unique over the deployment, every reference leads somewhere, calls are not recursive, and its
  size with the called processes in-lined is bounded.
* It is built as the engine expects: one start event a scope, one way out of an activity, a condition on
  every way out of a choice but its default.

With `display=True` only the safety of the XML is insisted on: a foreign diagram may be looked at, but its
processes are marked not executable and its hash is none a definition can have.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import chain
from typing import Any

from decision_engine.language import Text
from decision_engine.process import wiring
from decision_engine.process.diagram import (
    Diagram,
    Element,
    EventDefinition,
    Flow,
    MultiInstance,
    Process,
    Timer,
)
from decision_engine.process.dialect import (
    ATTRIBUTES,
    DECISION,
    DRAWING,
    EVENTS,
    MODEL,
    NODES,
    OTHER_NODES,
    OURS,
    REFUSED,
    SUPPORTED,
    foreign_rule,
    looks_like_code,
)
from decision_engine.process.findings import Finding, Refused, Unreadable
from decision_engine.process.limits import days
from decision_engine.process.xml import parse, refused

MAX_TOTAL = 8 * 1024 * 1024  # one deployment
MAX_FILES = 100
MAX_NESTING = 20  # sub-processes within each other
MAX_NAME = 500  # characters of an id

_UNSAFE, _UNSUPPORTED = "unsafe", "unsupported"
_ID = re.compile(r"[^\W\d][\w.\-]*")
_AMOUNT = "[0-9]{1,9}"
_DURATION = re.compile(
    f"P(?=.)({_AMOUNT}Y)?({_AMOUNT}M)?({_AMOUNT}W)?({_AMOUNT}D)?(T(?=.)({_AMOUNT}H)?({_AMOUNT}M)?({_AMOUNT}S)?)?"
)
_PARAMETER = re.compile(r"parameter\(\s*(['\"])([a-z][a-z0-9_]*)\1\s*\)|([a-z][a-z0-9_]*)")
_LONGEST = 36_525  # days, a century: what is longer is a slip, and may lie beyond what any calendar can say
_FIRST_YEAR, _LAST_YEAR = 1990, 2199  # of a date, as in the forms


def read(files: Mapping[str, bytes], *, display: bool = False) -> Diagram:
    """Read *files* (name -> bytes), which are one deployment; raises `Refused` with every reason found.

    `Unreadable` (a `Refused`) where a file is no BPMN at all. Called processes may stand in any order and
    in any of the files.
    """
    diagram, findings = examine(files, display=display)
    if findings:
        raise Refused(findings)
    return diagram


def examine(
    files: Mapping[str, bytes], *, display: bool = False, parsed: Mapping[str, Any] | None = None
) -> tuple[Diagram, tuple[Finding, ...]]:
    """Return what could be read of *files*, and every reason against it; raises for a file as a whole.

    *parsed*: what `xml.parse` made of the files already.
    """
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_TOTAL:
        raise refused("", "部署的文件过多或过大。", "The deployment has too many or too large files.")
    documents = [(name, parsed[name] if parsed else parse(name, data)) for name, data in files.items()]
    reading = _Reading(display)
    for name, root in documents:
        reading.document(name, root)
    diagram = reading.diagram(files)
    if not diagram.processes:
        raise refused(next(iter(files), ""), "文件中没有流程。", "There is no process.", Unreadable)
    findings = [] if display else [*reading.findings, *_wiring(diagram, reading.findings)]
    return diagram, tuple(_placed(finding, reading.places) for finding in findings)


# -- from XML to values -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Lane:
    name: str
    role: str | None
    depth: int


class _Reading:
    """One reading of a deployment: gathers elements, flows and processes, and what is wrong with them."""

    def __init__(self, display: bool) -> None:
        self.display = display
        self.findings: list[Finding] = []
        self.processes: list[Process] = []
        self.elements: dict[str, Element] = {}
        self.flows: dict[str, Flow] = {}
        self.lanes: dict[str, _Lane] = {}
        self.names: dict[str, str] = {}  # of messages and signals
        self.places: dict[str, tuple[str, int]] = {}  # id -> file, line
        self._file = ""

    def document(self, file: str, root: Any) -> None:
        """Read one file."""
        self._file = file
        self._check_everything(root)
        for definition in root.iterchildren(f"{{{MODEL}}}message", f"{{{MODEL}}}signal"):
            identifier = definition.get("id", "")
            self.names[identifier] = definition.get("name") or identifier
        for process in root.iterchildren(f"{{{MODEL}}}process"):
            self._process(process)

    def diagram(self, files: Mapping[str, bytes]) -> Diagram:
        """Put together what was read."""
        elements = {element.id: self._wired(element) for element in self.elements.values()}
        flows = {
            flow.id: flow
            for flow in self.flows.values()
            if not self.display or (flow.source in elements and flow.target in elements)
        }
        called = {element.called for element in elements.values() if element.called}
        roots = [process for process in self.processes if process.id not in called] or self.processes
        chosen = sorted(roots, key=lambda process: (process.profile is None, not process.executable))
        return Diagram(
            processes=tuple(self.processes),
            elements=elements,
            flows=flows,
            main=chosen[0].id if chosen else "",
            hash=self._hash(files),
            files=tuple(files.items()),
        )

    def _hash(self, files: Mapping[str, bytes]) -> str:
        first = {process.file: process.id for process in reversed(self.processes)}
        digest = sha256(b"display" if self.display else b"")
        for _, data in sorted((first.get(name, ""), data) for name, data in files.items()):
            digest.update(len(data).to_bytes(8, "big") + data)
        return digest.hexdigest()

    def _wired(self, element: Element) -> Element:
        """Add what stands elsewhere: lanes, and the role an embedded process inherits."""
        lane = self.lanes.get(element.id)
        role, above = (lane.role if lane else None), self.elements.get(element.scope)
        for _ in range(MAX_NESTING):
            if role is not None or above is None:
                break
            outer = self.lanes.get(above.id)
            role, above = (outer.role if outer else None), self.elements.get(above.scope)
        return replace(element, lane=lane.name if lane else None, role=role)

    # -- every element and attribute ------------------------------------------------------------------------

    def _check_everything(self, root: Any) -> None:
        """Hold every XML element and attribute against the dialect."""
        seen: Counter[str] = Counter()
        # what is drawn where is never read: whatever stands in there has no effect
        read = (part.iter() for part in root.iterchildren() if _split(part.tag)[0] != DRAWING)
        for node in chain((root,), *read):
            namespace, name = _split(node.tag)
            if namespace != MODEL:
                self._foreign(node, namespace, name)
                continue
            treatment = SUPPORTED.get(name)
            if treatment is None or treatment.how == REFUSED:
                rule = treatment.rule if treatment and treatment.rule else "U-ELEMENT"
                note = treatment.note if treatment else Text("不是 BPMN 元素", "no BPMN element")
                self._find(rule, node, f"不接受 {name}：{note.zh}。", f"{name} is not accepted: {note.en}.")
            elif (name in NODES or name in ("sequenceFlow", "laneSet")) and _split(
                node.getparent().tag if node.getparent() is not None else ""
            ) not in ((MODEL, "process"), (MODEL, "subProcess"), *([(MODEL, "lane")] * (name == "laneSet"))):
                self._find("U-ELEMENT", node, f"{name} 不在流程之内。", f"{name} stands outside a process.")
            self._attributes(node, name)
            if identifier := node.get("id"):
                seen[identifier] += 1
                if seen[identifier] == 2:  # noqa: PLR2004
                    self._find(
                        "U-ELEMENT", node, f"标识“{identifier}”重复。", f"“{identifier}” is used twice."
                    )

    def _attributes(self, node: Any, name: str) -> None:
        for key, value in node.attrib.items():
            namespace, attribute = _split(key)
            if namespace == DECISION:
                if name not in OURS.get(attribute, ()):
                    self._find(
                        "U-ELEMENT",
                        node,
                        f"{name} 上不能写 decision:{attribute}。",
                        f"decision:{attribute} may not stand on {name}.",
                    )
            elif namespace is not None:
                self._foreign(node, namespace, attribute, value)
            elif attribute not in ATTRIBUTES or not ATTRIBUTES[attribute].fullmatch(value):
                code = attribute in ("language", "scriptFormat") or looks_like_code(value)
                self._find(
                    "X-CODE" if code else "U-ELEMENT",
                    node,
                    f"不支持 {name} 的属性 {attribute}=“{value[:80]}”。",
                    f"{attribute}=“{value[:80]}” of {name} is not supported.",
                )

    def _foreign(self, node: Any, namespace: str | None, name: str, value: str | None = None) -> None:
        text = value if value is not None else node.text
        rule = foreign_rule(namespace, name, text)
        if rule is not None:
            self._find(
                rule,
                node,
                f"不执行外来扩展“{name}”，因此不接受。",
                f"The foreign extension “{name}” is not executed and therefore not accepted.",
            )

    # -- processes and flow nodes --------------------------------------------------------------------------

    def _process(self, node: Any) -> None:
        identifier = self._claim(node)
        executable = node.get("isExecutable", "true") == "true" and not self.display
        if not executable:
            self._find(
                "U-ELEMENT",
                node,
                "流程标明不可执行（isExecutable=false）。",
                "The process says that it is not executable (isExecutable=false).",
            )
        self.processes.append(
            Process(
                id=identifier,
                name=node.get("name") or identifier,
                line=node.sourceline or 0,
                executable=executable,
                profile=node.get(f"{{{DECISION}}}profile"),
                file=self._file,
            )
        )
        scopes = [(node, identifier, 0)]
        while scopes:
            inside, scope, depth = scopes.pop()
            if depth > MAX_NESTING:
                self._find("U-LIMIT", inside, "子流程嵌套过深。", "Sub-processes are nested too deeply.")
                break
            outgoing: dict[str, list[str]] = {}
            incoming: dict[str, list[str]] = {}
            for flow in inside.iterchildren(f"{{{MODEL}}}sequenceFlow"):
                drawn = self._flow(flow, scope)
                outgoing.setdefault(drawn.source, []).append(drawn.id)
                incoming.setdefault(drawn.target, []).append(drawn.id)
            for lanes in inside.iterchildren(f"{{{MODEL}}}laneSet"):
                self._lanes(lanes)
            for child in inside.iterchildren():
                namespace, kind = _split(child.tag)
                if namespace == MODEL and kind in (NODES | OTHER_NODES if self.display else NODES):
                    element = self._element(child, kind, scope)
                    self.elements[element.id] = replace(
                        element,
                        incoming=tuple(incoming.get(element.id, ())),
                        outgoing=tuple(outgoing.get(element.id, ())),
                    )
                    if kind == "subProcess":
                        scopes.append((child, element.id, depth + 1))

    def _element(self, node: Any, kind: str, scope: str) -> Element:
        identifier = self._claim(node)
        return Element(
            id=identifier,
            kind=kind,
            name=" ".join((node.get("name") or identifier).split()),
            scope=scope,
            line=node.sourceline or 0,
            step=node.get(f"{{{DECISION}}}step"),
            default=node.get("default"),
            event=self._event(node, kind),
            attached_to=node.get("attachedToRef") if kind == "boundaryEvent" else None,
            interrupting=node.get("cancelActivity", "true") == "true",
            called=node.get("calledElement") if kind == "callActivity" else None,
            loop=self._loop(node),
        )

    def _flow(self, node: Any, scope: str) -> Flow:
        condition = node.find(f"{{{MODEL}}}conditionExpression")
        text = "".join(condition.itertext()).strip() if condition is not None else ""
        flow = Flow(
            id=self._claim(node),
            source=node.get("sourceRef", ""),
            target=node.get("targetRef", ""),
            scope=scope,
            line=node.sourceline or 0,
            name=node.get("name", ""),
            condition=text or None,
        )
        self.flows[flow.id] = flow
        return flow

    def _claim(self, node: Any) -> str:
        """Return the node's id, which nothing else in the deployment may have."""
        identifier: str = node.get("id") or ""
        if not _ID.fullmatch(identifier) or len(identifier) > MAX_NAME:
            self._find("U-ELEMENT", node, "缺少有效的标识（id）。", "There is no proper id.")
            identifier = f"unnamed-{len(self.places)}"
        elsewhere = self.places.get(identifier)
        if elsewhere is not None and elsewhere[0] != self._file:
            self._find(
                "U-ELEMENT",
                node,
                f"标识“{identifier}”已在文件 {elsewhere[0]} 中使用。",
                f"“{identifier}” is already used in {elsewhere[0]}.",
            )
        self.places[identifier] = (self._file, node.sourceline or 0)
        return identifier

    def _lanes(self, lane_set: Any) -> None:
        todo = [(lane, None, 1) for lane in lane_set.iterchildren(f"{{{MODEL}}}lane")]
        while todo:
            lane, outer, depth = todo.pop(0)
            role = lane.get(f"{{{DECISION}}}role") or outer
            here = _Lane(lane.get("name") or lane.get("id") or "", role, depth)
            for reference in lane.iterchildren(f"{{{MODEL}}}flowNodeRef"):
                identifier = (reference.text or "").strip()
                before = self.lanes.get(identifier)
                if before is not None and before.depth == depth:
                    self._find(
                        "U-ELEMENT",
                        lane,
                        f"“{identifier}”同时位于两个泳道。",
                        f"“{identifier}” stands in two lanes at once.",
                    )
                if before is None or before.depth < depth:
                    self.lanes[identifier] = here
            for inner in lane.iterchildren(f"{{{MODEL}}}childLaneSet"):
                todo += [(one, role, depth + 1) for one in inner.iterchildren(f"{{{MODEL}}}lane")]

    def _event(self, node: Any, kind: str) -> EventDefinition | None:
        if kind == "receiveTask":
            return EventDefinition("message", self._name(node, node.get("messageRef")))
        if kind not in EVENTS:
            return None
        found = [child for child in node.iterchildren() if _split(child.tag)[1].endswith("EventDefinition")]
        if not found:
            return EventDefinition("none")
        if len(found) > 1:
            self._find("U-ELEMENT", node, "一个事件只能有一个定义。", "An event has one definition only.")
        definition = found[0]
        event = _split(definition.tag)[1].removesuffix("EventDefinition")
        if event in ("message", "signal"):
            return EventDefinition(event, self._name(node, definition.get(f"{event}Ref")))
        if event == "timer":
            return EventDefinition(event, timer=self._timer(node, definition))
        return EventDefinition(event)

    def _name(self, node: Any, reference: str | None) -> str | None:
        name = self.names.get(reference or "")
        if name is None:
            self._find(
                "U-ELEMENT",
                node,
                "未指明消息或信号（messageRef、signalRef）。",
                "The message or signal is not named (messageRef, signalRef).",
            )
        return name

    def _timer(self, node: Any, definition: Any) -> Timer:
        found = [child for child in definition.iterchildren() if _split(child.tag)[1].startswith("time")]
        kind = _split(found[0].tag)[1].removeprefix("time").lower() if found else "duration"
        text = (found[0].text or "").strip() if found else ""
        quoted = re.fullmatch(r"\"([^\"']*)\"|'([^\"']*)'", text)
        text = (quoted[1] or quoted[2] or "").strip() if quoted else text
        if len(found) != 1 or not _is_time(kind, text):
            self._find(
                "X-CODE" if looks_like_code(text) else "U-ELEMENT",
                node,
                f"定时“{text[:80]}”不是 ISO 8601 时间（1990—2199年）或期限（不超过一百年），也不是规则参数名。",
                f"“{text[:80]}” is no ISO 8601 time (1990-2199) or duration (at most a century) and no parameter of "
                "the rules.",
            )
        reason = definition.get(f"{{{DECISION}}}reason") or node.get(f"{{{DECISION}}}reason")
        return Timer(kind, text, reason)

    def _loop(self, node: Any) -> MultiInstance | None:
        loop = node.find(f"{{{MODEL}}}multiInstanceLoopCharacteristics")
        if loop is None:
            return None
        cardinality = loop.findtext(f"{{{MODEL}}}loopCardinality")
        collection, item = loop.get(f"{{{DECISION}}}collection"), loop.find(f"{{{MODEL}}}inputDataItem")
        written = [collection, cardinality, loop.findtext(f"{{{MODEL}}}loopDataInputRef")]
        if written.count(None) != 2:  # noqa: PLR2004  (one of the three)
            self._find(
                "U-ELEMENT",
                node,
                "多实例须写明名单（decision:collection 或 loopDataInputRef）或次数（loopCardinality）之一。",
                "A multi-instance needs one of decision:collection, loopDataInputRef and loopCardinality.",
            )
        return MultiInstance(
            sequential=loop.get("isSequential", "false") == "true",
            collection=(collection or written[2] or "").strip() or None,
            item=loop.get(f"{{{DECISION}}}item") or (item.get("name") if item is not None else None),
            cardinality=cardinality.strip() if cardinality is not None else None,
        )

    def _find(self, rule: str, node: Any, zh: str, en: str) -> None:
        kind = _UNSAFE if rule.startswith("X") else _UNSUPPORTED
        element, line = _place(node)
        self.findings.append(Finding(rule, kind, element, Text(zh, en), line=line, file=self._file))


def _split(tag: Any) -> tuple[str | None, str]:
    if not isinstance(tag, str):
        return None, "?"
    if tag.startswith("{"):
        namespace, _, name = tag[1:].partition("}")
        return namespace, name
    return None, tag


def _place(node: Any) -> tuple[str | None, int]:
    """Return id and line of the process, flow node or flow that *node* belongs to."""
    line, above = node.sourceline or 0, node.getparent()
    while node is not None:
        inside = above is not None and _split(above.tag)[1] in ("process", "subProcess", "laneSet")
        if node.get("id") and (inside or _split(node.tag)[1] in ("process", "lane")):
            return str(node.get("id")), node.sourceline or 0
        node, above = above, above.getparent() if above is not None else None
    return None, line


def _is_time(kind: str, text: str) -> bool:
    if kind == "date":
        try:
            written = datetime.fromisoformat(text)
        except ValueError:
            return False
        return "T" in text and _FIRST_YEAR <= written.year <= _LAST_YEAR
    if kind == "cycle":
        rounds, _, period = text.partition("/")
        return re.fullmatch(r"R([1-9][0-9]{0,3})?", rounds) is not None and _is_duration(period)
    return _is_duration(text) or _PARAMETER.fullmatch(text) is not None


def _is_duration(text: str) -> bool:
    return _DURATION.fullmatch(text) is not None and days(text) <= _LONGEST


def _wiring(diagram: Diagram, found: Sequence[Finding]) -> Iterator[Finding]:
    """Yield faults in the wiring, but none that only follows from an element already refused."""
    known = {finding.element for finding in found}
    for finding in wiring.check(diagram):
        flow = diagram.flows.get(finding.element or "")
        ends = (flow.source, flow.target) if flow is not None else ()
        if finding.element not in known and not known.intersection(ends):
            yield finding


def _placed(finding: Finding, places: Mapping[str, tuple[str, int]]) -> Finding:
    """Add file and line where only the element is known."""
    if finding.file is not None or finding.element is None or finding.element not in places:
        return finding
    file, line = places[finding.element]
    return replace(finding, file=file, line=finding.line or line)
