"""What may come again while it is still under way: side branches of events that do not interrupt.

Tokens of two runs of one branch are alike (BPMN 2.0 13.2): tasks, gateways and catch events can hold several
of them. What has an inside or a watch of its own (a sub-process, a call, a multi-instance activity, an activity
with boundary events, an event-based gateway) cannot, since nobody could say whose inside it is. It is refused
on a branch that can run twice at once: rather a clear no at deployment than a guess in a running case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from decision_engine.language import Text
from decision_engine.process.diagram import Diagram, Element
from decision_engine.process.findings import Finding

_Graph = Mapping[str, list[str]]


def check(diagram: Diagram) -> Iterator[Finding]:
    """Yield every event whose side branch can run twice at once and leads to what cannot."""
    events = [
        element
        for element in diagram.elements.values()
        if element.kind == "boundaryEvent" and not element.interrupting
    ]
    if not events:
        return
    ahead, behind = _graphs(diagram)
    guarded = {one.attached_to for one in diagram.elements.values()}
    single = _leading_to(
        behind,
        [one.id for one in diagram.elements.values() if one.id in guarded or _has_inside(one)],
    )
    hosts_again = _on_cycles(ahead, behind)
    for event in events:
        if event.id in single and (_repeats(event) or event.attached_to in hosts_again):
            other = diagram.elements[single[event.id]]
            yield Finding(
                rule="U-ELEMENT",
                kind="unsupported",
                element=event.id,
                line=event.line,
                message=Text(
                    f"“{event.name}”可能在其分支尚未办完时再次发生，而该分支上的“{other.name}”不能同时进行两次"
                    "（子流程、调用、多实例、带边界事件的活动、事件网关）。",
                    f"“{event.name}” may happen again while its branch is still under way, and “{other.name}” on that "
                    "branch cannot run twice at once (a sub-process, a call, several instances, boundary events "
                    "or an event-based gateway).",
                ),
            )


def _graphs(diagram: Diagram) -> tuple[_Graph, _Graph]:
    """Return what follows each element, and what comes before it; boundary events follow their activity."""
    ahead: dict[str, list[str]] = {element: [] for element in diagram.elements}
    behind: dict[str, list[str]] = {element: [] for element in diagram.elements}
    arrows = [(flow.source, flow.target) for flow in diagram.flows.values()]
    arrows += [(one.attached_to, one.id) for one in diagram.elements.values() if one.attached_to]
    for source, target in arrows:
        if source in ahead and target in ahead:
            ahead[source].append(target)
            behind[target].append(source)
    return ahead, behind


def _has_inside(element: Element) -> bool:
    return element.kind in ("subProcess", "callActivity", "eventBasedGateway") or element.loop is not None


def _repeats(event: Element) -> bool:
    """Whether the event itself may happen several times to one activity: only single timers do not."""
    timer = event.event.timer if event.event is not None else None
    return timer is None or (timer.kind == "cycle" and not timer.text.startswith("R1/"))


def _leading_to(behind: _Graph, goals: list[str]) -> dict[str, str]:
    """Return, for each element from which one can come to a goal, the nearest goal."""
    found = {goal: goal for goal in goals}
    todo = list(goals)
    for name in todo:
        for before in behind[name]:
            if before not in found:
                found[before] = found[name]
                todo.append(before)
    return found


def _on_cycles(ahead: _Graph, behind: _Graph) -> set[str]:
    """Return the elements that can be come to again (strongly connected components, after Kosaraju)."""
    order: list[str] = []
    seen: set[str] = set()
    for root in ahead:
        stack = [(root, False)]
        while stack:
            name, left = stack.pop()
            if left:
                order.append(name)
            elif name not in seen:
                seen.add(name)
                stack.append((name, True))
                stack += [(after, False) for after in ahead[name] if after not in seen]
    again: set[str] = set()
    placed: set[str] = set()
    for root in reversed(order):
        if root in placed:
            continue
        component, todo = {root}, [root]
        while todo:
            for before in behind[todo.pop()]:
                if before not in placed and before not in component:
                    component.add(before)
                    todo.append(before)
        placed |= component
        if len(component) > 1 or root in ahead[root]:
            again |= component
    return again
