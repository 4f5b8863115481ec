"""A deployment made ready to run: built once from the `Diagram` that was proved, and shared by all cases.

The specs are built from the value that `diagram.read` returned, not from a second reading of the XML, so
what runs is what was proved. Called processes are part of the deployment and frozen in with it.
Definitions are cached by the hash of the deployment's bytes.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import SignalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition, TerminateEventDefinition

from decision_engine.language import Text
from decision_engine.process import specs
from decision_engine.process.agreement import Agreement
from decision_engine.process.diagram import Diagram, Element, EventDefinition, Flow, Timer
from decision_engine.process.expressions import NotAnExpression, Variable, parse, parse_variable
from decision_engine.process.findings import Finding, Refused

CACHED = 64  # definitions kept ready


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """One deployment, ready to run. Two are equal when they are one: compare their hashes otherwise.

    *reads* are the fields of answers (step, field) and *facts* the case facts that some expression
    reads; the runner keeps nothing else. *plans* are the engine's specs by process or sub-process id,
    *agreement* the token game that watches the cases.
    """

    hash: str
    diagram: Diagram
    reads: frozenset[tuple[str, str]]
    facts: frozenset[str]
    plans: dict[str, specs.Plan] = field(repr=False)
    agreement: Agreement = field(repr=False)


_cache: OrderedDict[str, Definition] = OrderedDict()
_lock = Lock()


def compile_definition(diagram: Diagram) -> Definition:
    """Return the definition of *diagram*, built at most once; raises `Refused` with every reason found."""
    with _lock:
        if diagram.hash in _cache:
            _cache.move_to_end(diagram.hash)
            return _cache[diagram.hash]
    definition = _build(diagram)
    with _lock:
        _cache[diagram.hash] = definition
        while len(_cache) > CACHED:
            _cache.popitem(last=False)
    return definition


def _build(diagram: Diagram) -> Definition:
    findings = [*_unreadable_expressions(diagram), *_unsupported(diagram)]
    if findings:
        raise Refused(tuple(findings))
    read = set(_variables(diagram))
    scopes = [process.id for process in diagram.processes]
    scopes += [element.id for element in diagram.elements.values() if element.kind == "subProcess"]
    return Definition(
        hash=diagram.hash,
        diagram=diagram,
        reads=frozenset((variable.step, variable.field) for variable in read if variable.step is not None),
        facts=frozenset(variable.field for variable in read if variable.step is None),
        plans={scope: _plan(diagram, scope) for scope in scopes},
        agreement=Agreement(diagram),
    )


# -- what is read ------------------------------------------------------------------------------------------


def _expressions(diagram: Diagram) -> Iterator[tuple[Element | Flow, str, bool]]:
    """Yield (where it stands, text, whether it must be a single variable) for every expression."""
    for flow in diagram.flows.values():
        if flow.condition is not None:
            yield flow, flow.condition, False
    for element in diagram.elements.values():
        if element.loop is not None and element.loop.collection is not None:
            yield element, element.loop.collection, True
        elif element.loop is not None and not _is_count(element.loop.cardinality):
            yield element, element.loop.cardinality or "", True


def _variables(diagram: Diagram) -> Iterator[Variable]:
    for _, text, single in _expressions(diagram):
        if single:
            yield parse_variable(text)
        else:
            yield from parse(text).variables


def _unreadable_expressions(diagram: Diagram) -> Iterator[Finding]:
    for place, text, single in _expressions(diagram):
        try:
            parse_variable(text) if single else parse(text)
        except NotAnExpression as reason:
            yield _finding(diagram, "X-CODE", "unsafe", place, reason.message)


def _is_count(text: str | None) -> bool:
    return text is not None and re.fullmatch(r"\s*\d{1,3}\s*", text) is not None


# -- what can be built ---------------------------------------------------------------------------------------

_TASKS: dict[str, Any] = {
    "userTask": specs.UserTask,
    "manualTask": specs.ManualTask,
    "task": specs.NoneTask,
}
_GATEWAYS: dict[str, Any] = {
    "exclusiveGateway": specs.Exclusive,
    "parallelGateway": specs.Parallel,
    "inclusiveGateway": specs.Inclusive,
    "eventBasedGateway": specs.EventGateway,
}
_EVENTS: dict[str, tuple[Any, frozenset[str]]] = {
    "startEvent": (specs.Start, frozenset({"none"})),
    "endEvent": (specs.End, frozenset({"none", "terminate", "signal"})),
    "intermediateCatchEvent": (specs.Catch, frozenset({"timer", "message", "signal"})),
    "intermediateThrowEvent": (specs.Throw, frozenset({"none", "signal"})),
    "boundaryEvent": (specs.Boundary, frozenset({"timer", "message", "signal"})),
    "receiveTask": (specs.Receive, frozenset({"message"})),
}
_SCOPES = {"subProcess": specs.Inside, "callActivity": specs.Call}
_PLAIN = _TASKS.keys() | _GATEWAYS.keys() | _SCOPES.keys()
_CHOICES = frozenset({"exclusiveGateway", "inclusiveGateway"})
_AWAITED = frozenset({"intermediateCatchEvent", "receiveTask"})


def _unsupported(diagram: Diagram) -> Iterator[Finding]:
    """Find what the engine cannot run rightly, should a reader have let it through."""
    for process in diagram.processes:
        if not process.executable:  # read only to be looked at
            message = Text("流程仅供查看，不可执行。", "The process was read to be looked at, not to be run.")
            yield Finding("U-ELEMENT", "unsupported", process.id, message, line=process.line)
    guarded = {element.attached_to for element in diagram.elements.values()}
    for element in diagram.elements.values():
        kind = element.event.kind if element.event else "none"
        if not (element.kind in _PLAIN or (element.kind in _EVENTS and kind in _EVENTS[element.kind][1])):
            reason = Text(f"不支持 {element.kind}（{kind}）。", f"{element.kind} ({kind}) is not supported.")
            yield _finding(diagram, "U-ELEMENT", "unsupported", element, reason)
    for flow in diagram.flows.values():
        source, target = diagram.elements[flow.source], diagram.elements[flow.target]
        if source.kind not in _CHOICES and flow.condition is not None:
            reason = Text(
                "只有排他网关和包容网关的流向可以带条件。",
                "Only the flows of exclusive and inclusive gateways may have conditions.",
            )
        elif (
            source.kind in _CHOICES
            and flow.condition is None
            and flow.id != source.default
            and len(source.outgoing) > 1
        ):
            reason = Text(
                "网关的这条流向既无条件也非默认流向。",
                "This flow of the gateway has no condition and is not the default.",
            )
        elif source.kind == "eventBasedGateway" and (
            target.kind not in _AWAITED or target.id in guarded or target.loop is not None
        ):
            reason = Text(
                "事件网关之后只能是捕获事件或不带边界事件的接收任务。",
                "An event-based gateway leads to catch events and receive tasks without boundary events.",
            )
        else:
            continue
        yield _finding(diagram, "U-ELEMENT", "unsupported", flow, reason)


def _finding(diagram: Diagram, rule: str, kind: str, place: Element | Flow, message: Text) -> Finding:
    scope = place.scope
    while scope in diagram.elements:
        scope = diagram.elements[scope].scope
    file = next((process.file for process in diagram.processes if process.id == scope), None)
    return Finding(rule=rule, kind=kind, element=place.id, line=place.line, message=message, file=file)


# -- building --------------------------------------------------------------------------------------------------


def _plan(diagram: Diagram, scope: str) -> specs.Plan:
    """Build the spec of one process or embedded sub-process."""
    plan = specs.Plan(scope)
    elements = diagram.inside(scope)
    guarded: dict[str, Any] = {}
    for element in elements:
        _add(plan, element)
    for element in elements:
        if element.attached_to is not None:
            entry = guarded.get(element.attached_to)
            if entry is None:
                entry = guarded[element.attached_to] = specs.Guarded(plan, f"{element.attached_to} [guarded]")
                entry.connect(plan.task_specs[element.attached_to])
            entry.connect(plan.task_specs[element.id])
    for element in elements:
        if element.kind == "startEvent":
            plan.start.connect(plan.task_specs[element.id])
        for flow in map(diagram.flows.__getitem__, element.outgoing):
            _connect(plan, diagram, element, flow, guarded)
    for element in elements:
        spec = plan.task_specs[element.id]
        if isinstance(spec, specs.Inclusive) and spec.incoming:
            spec.reach = {flow: _reaching(diagram, flow, spec.name) for flow in spec.incoming}
    return plan


def _add(plan: specs.Plan, element: Element) -> None:
    """Add the spec of *element*, and for a multi-instance activity the spec of one instance."""
    if element.loop is None:
        _add_single(plan, element, element.id).element = element
        return
    instance = _add_single(plan, element, f"{element.id} [instance]")
    instance.element = element
    instance.bpmn_id = None  # the activity is passed when all its instances are
    counted = element.loop.cardinality if element.loop.collection is None else None
    specs.Repeated(
        plan,
        element.id,
        task_spec=instance.name,
        over=int(counted)
        if counted is not None and _is_count(counted)
        else parse_variable(element.loop.collection or counted or ""),
        is_list=element.loop.collection is not None,
        sequential=element.loop.sequential,
    ).element = element


def _add_single(plan: specs.Plan, element: Element, name: str) -> Any:
    title = element.name or element.id
    if element.kind in _TASKS:
        return _TASKS[element.kind](plan, name, bpmn_name=title)
    if element.kind in _SCOPES:
        return _SCOPES[element.kind](plan, name, element.called or element.id, bpmn_name=title)
    if element.kind in _GATEWAYS:
        return _GATEWAYS[element.kind](plan, name, bpmn_name=title)
    cls, _ = _EVENTS[element.kind]
    options: dict[str, Any] = {"event_definition": _event(element.event), "bpmn_name": title}
    if element.kind == "boundaryEvent":
        options["cancel_activity"] = element.interrupting
    return cls(plan, name, **options)


def _event(event: EventDefinition | None) -> Any:
    if event is None or event.kind == "none":
        return NoneEventDefinition()
    if event.kind == "timer" and event.timer is not None:
        return specs.Timed(event.timer.kind, event.timer.text, _repeats(event.timer))
    if event.kind == "message":
        return MessageEventDefinition(event.name)
    if event.kind == "signal":
        return SignalEventDefinition(event.name)
    return TerminateEventDefinition()


def _repeats(timer: Timer) -> int | None:
    """How often a timer fires while its activity runs; none is for ever."""
    if timer.kind != "cycle":
        return 1
    rounds = re.match(r"R(\d*)/", timer.text)
    return int(rounds[1]) if rounds and rounds[1] else None


def _connect(
    plan: specs.Plan, diagram: Diagram, element: Element, flow: Flow, guarded: dict[str, Any]
) -> None:
    source, to = plan.task_specs[element.id], diagram.elements[flow.target]
    target = guarded.get(to.id) or plan.task_specs[to.id]
    if to.kind in ("parallelGateway", "inclusiveGateway") and len(to.incoming) > 1:
        arrow = specs.Arrow(plan, flow.id)
        arrow.connect(target)
        target.incoming += (flow.id,)
        target = arrow
    if element.kind in _CHOICES:
        only = len(element.outgoing) == 1 and flow.condition is None
        source.connect_outgoing_if(None if only or flow.id == element.default else flow.condition, target)
    else:
        source.connect(target)


def _reaching(diagram: Diagram, flow: str, gateway: str) -> frozenset[str]:
    """Return the names of specs whose token can come to *flow* without passing *gateway* (13.4.3)."""
    found: set[str] = {flow}
    todo = [diagram.flows[flow].source]
    while todo:
        name = todo.pop()
        if name in found or name == gateway:
            continue
        element = diagram.elements[name]
        found |= {name, f"{name} [guarded]", *element.incoming}
        todo += [diagram.flows[incoming].source for incoming in element.incoming]
        if element.attached_to is not None:
            todo.append(element.attached_to)
    return frozenset(found)
