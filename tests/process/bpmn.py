"""Draws BPMN in a few words, so that a test shows its process and not its XML.

A `Process` (or an embedded `Process`, see `Process.sub`) collects nodes and flows; `document` writes them
as the bytes a modeller would save. Every node method returns the node's id; `chain` draws the arrows.

    p = Process("p")
    p.chain(p.start(), p.task("draft", step="draft_decision"), p.end())
    xml = document(p)
"""

# ruff: noqa: A001, A002  (`id` is BPMN's own word)
from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DECISION = "urn:decision-engine:bpmn"

_ROOT = (
    f'<bpmn:definitions xmlns:bpmn="{MODEL}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    f'xmlns:decision="{DECISION}" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'id="definitions" targetNamespace="urn:test">'
)


def timer(text: str, kind: str = "duration", reason: str | None = None) -> str:
    """Return a timer event definition; *kind* is `duration`, `date` or `cycle`, *text* is written as it is."""
    tag = {"duration": "timeDuration", "date": "timeDate", "cycle": "timeCycle"}[kind]
    why = f" decision:reason={quoteattr(reason)}" if reason else ""
    return (
        f"<bpmn:timerEventDefinition{why}>"
        f'<bpmn:{tag} xsi:type="bpmn:tFormalExpression">{escape(text)}</bpmn:{tag}>'
        "</bpmn:timerEventDefinition>"
    )


def message(name: str) -> str:
    """Return a message event definition; the message itself is declared by `document`."""
    return f'<bpmn:messageEventDefinition messageRef="message_{name}"/>'


def signal(name: str) -> str:
    """Return a signal event definition; the signal itself is declared by `document`."""
    return f'<bpmn:signalEventDefinition signalRef="signal_{name}"/>'


def event(kind: str, **attributes: str) -> str:
    """Return any other event definition (`terminate`, `error`, `link` ...)."""
    return f"<bpmn:{kind}EventDefinition{_attributes(attributes)}/>"


class Process:
    """One process, or the inside of one embedded sub-process."""

    def __init__(
        self, id: str = "p", *, name: str = "", profile: str | None = None, executable: bool = True
    ) -> None:
        self.id = id
        self.name = name or id
        self.profile = profile
        self.executable = executable
        self.lanes: list[tuple[str, str, tuple[str, ...]]] = []
        self.extra: list[str] = []  # raw XML put last into the process
        self._nodes: list[tuple[str, str, dict[str, str], str]] = []
        self._flows: list[tuple[str, str, str, str | None]] = []

    # -- nodes ------------------------------------------------------------------------------------

    def node(self, kind: str, id: str, inner: str = "", *, step: str | None = None, **attributes: str) -> str:
        """Add a node of BPMN's local name *kind*; prefixed attributes come as `**{"decision:reason": ...}`."""
        attributes.setdefault("name", id)
        if step is not None:
            attributes["decision:step"] = step
        self._nodes.append((kind, id, attributes, inner))
        return id

    def start(self, id: str = "start", inner: str = "") -> str:
        """Add a start event."""
        return self.node("startEvent", id, inner)

    def end(self, id: str = "end", *, terminate: bool = False, inner: str = "") -> str:
        """Add an end event."""
        return self.node("endEvent", id, event("terminate") if terminate else inner)

    def task(
        self, id: str, *, step: str | None = None, kind: str = "userTask", inner: str = "", **more: str
    ) -> str:
        """Add a task; *step* gives `decision:step`."""
        return self.node(kind, id, inner, step=step, **more)

    def each(
        self,
        id: str,
        collection: str,
        item: str = "member",
        *,
        step: str | None = None,
        sequential: bool = False,
        kind: str = "userTask",
        inner: str = "",
        **more: str,
    ) -> str:
        """Add a multi-instance activity over *collection* in the shipped form (`decision:collection`)."""
        loop = multi_instance(
            f'decision:collection="{collection}" decision:item="{item}"', sequential=sequential
        )
        return self.node(kind, id, inner + loop, step=step, **more)

    def times(
        self,
        id: str,
        cardinality: str,
        *,
        step: str | None = None,
        sequential: bool = False,
        kind: str = "userTask",
    ) -> str:
        """Add a multi-instance activity with a loop cardinality."""
        inner = f"<bpmn:loopCardinality>{escape(cardinality)}</bpmn:loopCardinality>"
        return self.node(kind, id, multi_instance("", inner, sequential=sequential), step=step)

    def exclusive(self, id: str, *, default: str | None = None) -> str:
        """Add an exclusive gateway; *default* is a flow id."""
        return self.node("exclusiveGateway", id, **({"default": default} if default else {}))

    def inclusive(self, id: str, *, default: str | None = None) -> str:
        """Add an inclusive gateway; *default* is a flow id."""
        return self.node("inclusiveGateway", id, **({"default": default} if default else {}))

    def parallel(self, id: str) -> str:
        """Add a parallel gateway."""
        return self.node("parallelGateway", id)

    def event_gateway(self, id: str) -> str:
        """Add an event-based gateway."""
        return self.node("eventBasedGateway", id)

    def call(self, id: str, called: str, *, step: str | None = None, inner: str = "") -> str:
        """Add a call activity."""
        return self.node("callActivity", id, inner, step=step, calledElement=called)

    def sub(self, id: str, inside: Process, *, step: str | None = None, loop: str = "", **more: str) -> str:
        """Add an embedded sub-process drawn by *inside* (whose id only prefixes its flows)."""
        return self.node("subProcess", id, inside.body() + loop, step=step, **more)

    def catch(self, id: str, inner: str, *, step: str | None = None) -> str:
        """Add an intermediate catch event."""
        return self.node("intermediateCatchEvent", id, inner, step=step)

    def throw(self, id: str, inner: str = "", *, step: str | None = None) -> str:
        """Add an intermediate throw event."""
        return self.node("intermediateThrowEvent", id, inner, step=step)

    def boundary(
        self, id: str, attached: str, inner: str, *, interrupting: bool = True, step: str | None = None
    ) -> str:
        """Add a boundary event."""
        cancel = "true" if interrupting else "false"
        return self.node("boundaryEvent", id, inner, step=step, attachedToRef=attached, cancelActivity=cancel)

    # -- arrows and lanes ---------------------------------------------------------------------------

    def flow(self, source: str, target: str, condition: str | None = None, *, id: str | None = None) -> str:
        """Draw one sequence flow and return its id."""
        id = id or f"{self.id}.{source}.{target}.{len(self._flows)}"
        self._flows.append((id, source, target, condition))
        return id

    def chain(self, *nodes: str) -> None:
        """Draw unconditional flows along *nodes*."""
        for source, target in pairwise(nodes):
            self.flow(source, target)

    def lane(self, role: str, *nodes: str, name: str | None = None) -> None:
        """Put *nodes* into a lane of *role*."""
        self.lanes.append((role, name or role, nodes))

    # -- writing ------------------------------------------------------------------------------------

    def body(self) -> str:
        """Return the XML of lanes, nodes and flows without the enclosing element."""
        lines = [self._lane_set()] if self.lanes else []
        for kind, id, attributes, inner in self._nodes:
            arrows = "".join(f"<bpmn:incoming>{f}</bpmn:incoming>" for f, _, to, _ in self._flows if to == id)
            arrows += "".join(
                f"<bpmn:outgoing>{f}</bpmn:outgoing>" for f, at, _, _ in self._flows if at == id
            )
            lines.append(
                f"<bpmn:{kind} id={quoteattr(id)}{_attributes(attributes)}>{arrows}{inner}</bpmn:{kind}>"
            )
        for id, source, target, condition in self._flows:
            inner = (
                f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{escape(condition)}'
                "</bpmn:conditionExpression>"
                if condition is not None
                else ""
            )
            ends = f"sourceRef={quoteattr(source)} targetRef={quoteattr(target)}"
            lines.append(f"<bpmn:sequenceFlow id={quoteattr(id)} {ends}>{inner}</bpmn:sequenceFlow>")
        return "\n".join(lines + self.extra)

    def xml(self) -> str:
        """Return the `bpmn:process` element."""
        attributes = {"name": self.name, "isExecutable": "true" if self.executable else "false"}
        if self.profile:
            attributes["decision:profile"] = self.profile
        return (
            f"<bpmn:process id={quoteattr(self.id)}{_attributes(attributes)}>\n{self.body()}\n</bpmn:process>"
        )

    def _lane_set(self) -> str:
        lanes = "".join(
            f'<bpmn:lane id="lane_{self.id}_{number}" name={quoteattr(name)} decision:role={quoteattr(role)}>'
            + "".join(f"<bpmn:flowNodeRef>{node}</bpmn:flowNodeRef>" for node in nodes)
            + "</bpmn:lane>"
            for number, (role, name, nodes) in enumerate(self.lanes)
        )
        return f'<bpmn:laneSet id="lanes_{self.id}">{lanes}</bpmn:laneSet>'


def multi_instance(attributes: str, inner: str = "", *, sequential: bool = False) -> str:
    """Return multi-instance characteristics with raw *attributes* and *inner* XML."""
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}" {attributes}>{inner}'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def document(
    *processes: Process, messages: Iterable[str] = (), signals: Iterable[str] = (), extra: str = ""
) -> bytes:
    """Return the bytes of one BPMN file with *processes*; *extra* is raw XML before the processes."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', _ROOT]
    lines += [f'<bpmn:message id="message_{name}" name="{name}"/>' for name in messages]
    lines += [f'<bpmn:signal id="signal_{name}" name="{name}"/>' for name in signals]
    lines.append(extra)
    lines += [process.xml() for process in processes]
    lines.append("</bpmn:definitions>")
    return "\n".join(lines).encode()


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
