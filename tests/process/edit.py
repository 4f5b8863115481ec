"""Edits BPMN files for tests: each edit names elements and returns nothing; `Draft.files` is the result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from decision_engine.process.net import BOUNDARY, SCOPE, TASK, WAIT, Net, net_of
from decision_engine.process.reader import examine
from decision_engine.process.semantics import BEGAN, Game

BPMN = Path(__file__).resolve().parents[2] / "bpmn"
MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DECISION = "urn:decision-engine:bpmn"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def shipped() -> dict[str, bytes]:
    """Return the shipped deployment."""
    return {path.name: path.read_bytes() for path in sorted(BPMN.glob("*.bpmn"))}


class Draft:
    """A deployment being changed. Elements and flows are named by their ids."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.roots = {name: etree.fromstring(data) for name, data in files.items()}

    @property
    def files(self) -> dict[str, bytes]:
        return {name: etree.tostring(root) for name, root in self.roots.items()}

    def find(self, name: str) -> Any:
        for root in self.roots.values():
            found = root.xpath("//*[@id=$name]", name=name)
            if found:
                return found[0]
        raise KeyError(name)

    def flow(self, source: str, target: str) -> Any:
        for root in self.roots.values():
            found = root.xpath("//*[@sourceRef=$s and @targetRef=$t]", s=source, t=target)
            found = [one for one in found if one.tag.endswith("sequenceFlow")]
            if found:
                return found[0]
        raise KeyError(f"{source} -> {target}")

    def connect(self, source: str, target: str, condition: str | None = None, name: str | None = None) -> str:
        """Draw a flow, with an id of its own."""
        parent = self.find(source).getparent()
        name = name or f"extra_{source}_{target}"
        flow = etree.SubElement(
            parent, f"{{{MODEL}}}sequenceFlow", id=name, sourceRef=source, targetRef=target
        )
        if condition is not None:
            self.condition(flow, condition)
        return name

    def condition(self, flow: Any, text: str | None) -> None:
        for old in flow.findall(f"{{{MODEL}}}conditionExpression"):
            flow.remove(old)
        if text is not None:
            etree.SubElement(flow, f"{{{MODEL}}}conditionExpression").text = text

    def redirect(self, source: str, target: str, to: str) -> None:
        """Let the flow from *source* to *target* lead to *to*."""
        self.flow(source, target).set("targetRef", to)

    def drop_flow(self, source: str, target: str) -> None:
        flow = self.flow(source, target)
        flow.getparent().remove(flow)

    def bypass(self, name: str) -> None:
        """Take an element out and let its way in lead on to where its way out leads."""
        node = self.find(name)
        root = node.getroottree().getroot()
        (out,) = _flows(root, source=name)
        for flow in _flows(root, target=name):
            flow.set("targetRef", out.get("targetRef"))
        out.getparent().remove(out)
        for boundary in root.xpath("//*[@attachedToRef=$n]", n=name):
            self.remove_branch(boundary.get("id"))
        self._forget(node)

    def remove_branch(self, name: str) -> None:
        """Remove an element and everything that only follows from it."""
        node = self.find(name)
        root = node.getroottree().getroot()
        for flow in _flows(root, source=name):
            target = flow.get("targetRef")
            flow.getparent().remove(flow)
            if not _flows(root, target=target):
                self.remove_branch(target)
        for flow in _flows(root, target=name):
            flow.getparent().remove(flow)
        self._forget(node)

    def _forget(self, node: Any) -> None:
        root = node.getroottree().getroot()
        for note in root.xpath(
            "//*[local-name()='association' and (@sourceRef=$n or @targetRef=$n)]", n=node.get("id")
        ):
            note.getparent().remove(note)
        node.getparent().remove(node)

    def swap(self, one: str, two: str) -> None:
        """Exchange two elements' places in the order."""
        root = self.find(one).getroottree().getroot()
        for flow in _flows(root):
            for end in ("sourceRef", "targetRef"):
                here = flow.get(end)
                flow.set(end, {one: two, two: one}.get(here, here))
        for boundary in root.xpath("//*[@attachedToRef]"):
            here = boundary.get("attachedToRef")
            boundary.set("attachedToRef", {one: two, two: one}.get(here, here))

    def insert(self, source: str, target: str, xml: str) -> None:
        """Put the element written as *xml* (prefix `bpmn`, `decision`) between two connected ones."""
        node = self.add(source, xml)
        flow = self.flow(source, target)
        flow.set("targetRef", node)
        self.connect(node, target)

    def add(self, beside: str, xml: str) -> str:
        """Add an element next to *beside* and return its id."""
        node = etree.fromstring(
            f'<x xmlns:bpmn="{MODEL}" xmlns:decision="{DECISION}" xmlns:xsi="{XSI}">{xml}</x>'
        )[0]
        self.find(beside).getparent().append(node)
        return str(node.get("id"))

    def set(self, name: str, attribute: str, value: str | None) -> None:
        key = attribute.replace("decision:", f"{{{DECISION}}}")
        if value is None:
            self.find(name).attrib.pop(key, None)
        else:
            self.find(name).set(key, value)

    def retype(self, name: str, kind: str) -> None:
        self.find(name).tag = f"{{{MODEL}}}{kind}"

    def role(self, lane: str, role: str | None) -> None:
        self.set(lane, "decision:role", role)

    def rewrite(self, source: str, target: str, condition: str | None) -> None:
        self.condition(self.flow(source, target), condition)


def _flows(root: Any, source: str | None = None, target: str | None = None) -> list[Any]:
    return [
        flow
        for flow in root.iter(f"{{{MODEL}}}sequenceFlow")
        if source in (None, flow.get("sourceRef")) and target in (None, flow.get("targetRef"))
    ]


class _Free:
    """Any way may be taken; used to replay paths."""

    def ways(self, place: Any, world: None) -> Any:
        if place.element.kind == "inclusiveGateway" and len(place.exits) > 1:
            exits = place.exits
            return [
                (tuple(e for i, e in enumerate(exits) if mask >> i & 1), None)
                for mask in range(1, 1 << len(exits))
            ]
        return [((exit_,), world) for exit_ in place.exits]

    def answered(self, place: Any, world: None) -> Any:
        return (world,)

    def begun(self, place: Any, world: None) -> Any:
        return (world,)

    def instances(self, place: Any, world: None) -> int:
        return 1


def is_run(files: Mapping[str, bytes], path: list[str]) -> bool:
    """Say whether *path* is the beginning of a run: every element in an order the token game allows.

    Replayed independently of the proof: no reduction, every gateway free.
    """
    diagram, _ = examine(files)
    scope = diagram.elements[path[0]].scope
    net = net_of(diagram) if scope == diagram.main else Net(diagram, scope)
    game: Any = Game(net, _Free())
    want = tuple(path)
    states = {((), want)}
    first = True
    seen: set[Any] = set()
    while states:
        following = set()
        for marking, rest in states:
            outcomes: list[Any] = []
            if first:
                outcomes = game.begin(None)
            else:
                for move in game.enabled(marking):
                    outcomes += game.fire(marking, move, None)
            for outcome in outcomes:
                left = _consumed(net, outcome.trace, rest)
                if left is None:
                    continue
                begun = {net.places[number].id for _, number, _ in outcome.trace}
                if not left or (len(left) == 1 and left[0] in begun):
                    return True
                state = (outcome.marking, left)
                if state not in seen:
                    seen.add(state)
                    following.add(state)
        first = False
        states = following
    return False


def _consumed(net: Net, trace: Any, rest: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what is left of *rest* after *trace*, or nothing where they differ.

    What happens by itself may wait: the path need not mention it (a call that was not entered yet, say).
    """
    for what, number, _ in trace:
        place = net.places[number]
        if not rest:
            break
        if (what == BEGAN) != (place.kind == SCOPE):
            if len(rest) == 1 and place.id == rest[0]:
                return ()
            continue
        if place.id == rest[0]:
            rest = rest[1:]
        elif place.kind in (TASK, WAIT, BOUNDARY):
            return None
    return rest
