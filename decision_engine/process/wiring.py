"""Is a diagram put together as the engine expects? References, starts, ways out, conditions, calls.

`check` looks at each element alone; whether the whole can run is for `soundness` to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from decision_engine.language import Text
from decision_engine.process import again
from decision_engine.process.diagram import Diagram, Element, Flow, Process
from decision_engine.process.dialect import ACTIVITIES, CHOICES, EVENTS
from decision_engine.process.expressions import NotAnExpression, parse, parse_variable
from decision_engine.process.findings import Finding

MAX_NODES = 20_000  # flow nodes, called processes in-lined


def check(diagram: Diagram) -> Iterator[Finding]:
    """Yield every fault in the wiring of *diagram*."""
    yield from _flows(diagram)
    starts: dict[str, list[Element]] = {}
    filled: set[str] = set()
    for element in diagram.elements.values():
        filled.add(element.scope)
        if element.kind == "startEvent":
            starts.setdefault(element.scope, []).append(element)
        yield from _ends(element)
        yield from _event(diagram, element)
        yield from _choices(diagram, element)
        yield from _loop(element)
    scopes: list[Process | Element] = list(diagram.processes)
    scopes += [element for element in diagram.elements.values() if element.kind == "subProcess"]
    for scope in scopes:
        yield from _starts(scope, starts.get(scope.id, []))
    yield from _calls(diagram)
    yield from again.check(diagram)


def _find(rule: str, place: Element | Flow | Process, zh: str, en: str) -> Finding:
    kind = {"S": "soundness", "X": "unsafe"}.get(rule[0], "unsupported")
    return Finding(rule=rule, kind=kind, element=place.id, message=Text(zh, en), line=place.line)


def _named(place: Element | Process) -> str:
    return place.name or place.id


def _flows(diagram: Diagram) -> Iterator[Finding]:
    for flow in diagram.flows.values():
        source, target = diagram.elements.get(flow.source), diagram.elements.get(flow.target)
        if source is None or target is None or flow.scope not in (source.scope, target.scope):
            yield _find(
                "S-STRUCTURE",
                flow,
                "顺序流的起点或终点不存在。",
                "The flow begins or ends nowhere.",
            )
        elif source.scope != target.scope:
            yield _find(
                "S-STRUCTURE", flow, "顺序流不能越过子流程边界。", "A flow may not cross a sub-process."
            )
        if flow.condition is not None:
            try:
                parse(flow.condition)
            except NotAnExpression as reason:
                yield _find("X-CODE", flow, reason.message.zh, reason.message.en)


def _starts(scope: Process | Element, starts: list[Element]) -> Iterator[Finding]:
    if not starts:
        yield _find(
            "S-STRUCTURE", scope, f"“{_named(scope)}”没有开始事件。", f"“{_named(scope)}” has no start event."
        )
    if len(starts) > 1:
        yield _find(
            "U-ELEMENT",
            starts[1],
            f"“{_named(scope)}”只能有一个开始事件。",
            f"“{_named(scope)}” may have one start event only.",
        )


def _ends(element: Element) -> Iterator[Finding]:
    """Yield what is wrong with the number of flows in and out."""
    name = _named(element)
    if element.kind in ("startEvent", "boundaryEvent"):
        if element.incoming:
            yield _find("S-STRUCTURE", element, f"“{name}”不能有流入。", f"Nothing may flow into “{name}”.")
    elif not element.incoming:
        yield _find("S-STRUCTURE", element, f"没有流向“{name}”的路径。", f"Nothing flows into “{name}”.")
    if element.kind == "endEvent":
        if element.outgoing:
            yield _find(
                "S-STRUCTURE", element, f"“{name}”之后不能再有流向。", f"“{name}” ends; it has no exit."
            )
    elif not element.outgoing:
        yield _find(
            "S-STRUCTURE",
            element,
            f"“{name}”之后没有流向，也不是结束事件。",
            f"Nothing follows “{name}”, and it is no end event.",
        )
    single = element.kind in ACTIVITIES or element.kind in EVENTS
    if single and len(element.outgoing) > 1:
        yield _find(
            "U-ELEMENT",
            element,
            f"“{name}”有多个流出，请用网关表示分支。",
            f"“{name}” has several ways out: draw a gateway.",
        )


def _event(diagram: Diagram, element: Element) -> Iterator[Finding]:
    name = _named(element)
    allowed = EVENTS.get(element.kind)
    if allowed is not None and element.event is not None and element.event.kind not in allowed:
        yield _find(
            "U-ELEMENT",
            element,
            f"不支持“{name}”的事件类型 {element.event.kind}（{element.kind}）。",
            f"{element.kind} “{name}” with a {element.event.kind} definition is not supported.",
        )
    if element.kind == "boundaryEvent":
        host = diagram.elements.get(element.attached_to or "")
        if host is None or host.scope != element.scope or host.kind not in ACTIVITIES:
            yield _find(
                "S-STRUCTURE",
                element,
                f"边界事件“{name}”没有附着在任务或子流程上。",
                f"The boundary event “{name}” is attached to no activity.",
            )
    if element.kind == "eventBasedGateway":
        for flow in element.outgoing:
            target = diagram.elements.get(diagram.flows[flow].target)
            waits = target is not None and target.kind in ("intermediateCatchEvent", "receiveTask")
            if target is not None and not (waits and len(target.incoming) == 1):
                yield _find(
                    "U-ELEMENT",
                    target,
                    f"事件网关“{name}”之后只能是仅由它流入的捕获事件或接收任务。",
                    f"Only catch events and receive tasks of its own may follow the event gateway “{name}”.",
                )


def _choices(diagram: Diagram, element: Element) -> Iterator[Finding]:
    choice = element.kind in CHOICES
    name = _named(element)
    if element.default is not None and (not choice or element.default not in element.outgoing):
        yield _find(
            "U-ELEMENT",
            element,
            f"“{name}”的默认流向无效。",
            f"“{name}” has a default flow that is none of its exits or has no effect.",
        )
    for identifier in element.outgoing:
        flow = diagram.flows[identifier]
        is_default = identifier == element.default
        if flow.condition is not None and (not choice or is_default):
            yield _find(
                "U-ELEMENT",
                flow,
                "此流向上的条件不起作用：只有排他、包容网关的非默认流向可以带条件。",
                "This condition has no effect: only exits of exclusive and inclusive gateways that are not "
                "the default may have one.",
            )
        if choice and flow.condition is None and not is_default and len(element.outgoing) > 1:
            yield _find(
                "U-ELEMENT",
                flow,
                f"网关“{name}”的这一流向既无条件也非默认流向。",
                f"This exit of “{name}” has no condition and is not the default.",
            )


def _loop(element: Element) -> Iterator[Finding]:
    loop = element.loop
    if loop is None:
        return
    text = loop.collection if loop.collection is not None else loop.cardinality
    try:
        if text is not None and not (loop.collection is None and text.isdecimal() and len(text) <= 3):  # noqa: PLR2004
            parse_variable(text)
    except NotAnExpression as reason:
        yield _find("X-CODE", element, reason.message.zh, reason.message.en)


def _calls(diagram: Diagram) -> Iterator[Finding]:
    """Yield calls that lead nowhere, round in circles, or to a diagram beyond all bounds."""
    owner: dict[str, str] = {process.id: process.id for process in diagram.processes}
    sizes = dict.fromkeys(owner, 0)
    calls: dict[str, list[str]] = {process.id: [] for process in diagram.processes}
    for element in diagram.elements.values():
        process = _process_of(diagram, element, owner)
        sizes[process] = sizes.get(process, 0) + 1
        if element.kind != "callActivity":
            continue
        if element.called in owner and element.called is not None:
            calls[process].append(element.called)
        else:
            yield _find(
                "U-ELEMENT",
                element,
                f"“{_named(element)}”调用的流程“{element.called or ''}”不在本次部署中。",
                f"“{_named(element)}” calls “{element.called or ''}”, which is not in this deployment.",
            )
    sorter = TopologicalSorter({process: set(called) for process, called in calls.items()})
    try:
        order = list(sorter.static_order())
    except CycleError as circle:
        names = list(circle.args[1])
        place = next(process for process in diagram.processes if process.id in names)
        yield _find(
            "X-LOOP",
            place,
            f"流程互相调用，没有尽头：{'、'.join(names)}。",
            f"Processes call each other without end: {', '.join(names)}.",
        )
        return
    whole: dict[str, int] = {}
    for process in order:
        whole[process] = sizes[process] + sum(whole[called] for called in calls[process])
        if whole[process] > MAX_NODES:
            place = next(one for one in diagram.processes if one.id == process)
            yield _find(
                "U-LIMIT",
                place,
                f"展开被调用流程后超过 {MAX_NODES} 个节点。",
                f"With its called processes it has more than {MAX_NODES} nodes.",
            )
            return


def _process_of(diagram: Diagram, element: Element, owner: dict[str, str]) -> str:
    scope = element.scope
    while scope not in owner:
        scope = diagram.elements[scope].scope
    return owner[scope]
