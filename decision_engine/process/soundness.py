"""Is a diagram sound? Every case can end, ends properly, and every element can happen (BPMN 2.0 chapter 13).

A process or embedded sub-process is sound by itself: it touches what is around it only where it begins, where
it is over, and where it is taken away. So each scope is explored alone and once, with its activities closed,
and data is a free choice at every gateway.

    S-STRUCTURE  not even put together (found by `wiring`)        S-SAFE    a second token where one is already
    S-COMPLETE   somewhere there is no way to the end any more    S-DEAD    an element that can never happen
    S-PROPER     an end event is reached twice in one activation
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from decision_engine.language import Text
from decision_engine.process.diagram import Diagram
from decision_engine.process.explore import Explorer, Graph, TooLarge
from decision_engine.process.findings import Finding
from decision_engine.process.net import END, FLOW, Net, Place
from decision_engine.process.semantics import (
    BEGAN,
    DONE,
    Game,
    Marking,
    Outcome,
    Unbounded,
    Unsafe,
    elements_of,
)

MAX_WAYS = 12  # exits of an inclusive gateway


class _Free:
    """Every gateway may take any way. What is known is which end events were reached."""

    def ways(self, place: Place, world: int) -> Iterator[tuple[tuple[int, ...], int]]:
        if place.element is not None and place.element.kind == "inclusiveGateway" and len(place.exits) > 1:
            if len(place.exits) > MAX_WAYS:
                raise TooLarge
            asked = [exit_ for exit_ in place.exits if exit_ != place.default]
            for many in range(1, len(asked) + 1):
                for chosen in combinations(asked, many):
                    yield chosen, world
            if place.default >= 0:
                yield (place.default,), world
            return
        for exit_ in place.exits:
            yield (exit_,), world

    def answered(self, place: Place, world: int) -> tuple[int]:  # noqa: ARG002
        return (world,)

    def begun(self, place: Place, world: int) -> tuple[int]:  # noqa: ARG002
        return (world,)

    def instances(self, place: Place, world: int) -> int:  # noqa: ARG002
        return 1


@dataclass(slots=True)
class Scope:
    """What was found of one scope: *findings* with paths from its own start, *to* each scope inside it."""

    findings: list[Finding] = field(default_factory=list)
    whole: list[str] | None = None  # a shortest complete run
    to: dict[str, list[str]] = field(default_factory=dict)


def prove(diagram: Diagram) -> tuple[Finding, ...]:
    """Return what is unsound in any process of *diagram*, with runs from the start of an uncalled process."""
    scopes: dict[str, Scope] = {}
    for name in _inner_first(diagram):
        scopes[name] = _explore(diagram, name, scopes)
    called = {element.called for element in diagram.elements.values() if element.called}
    todo: list[tuple[str, list[str]]] = [
        (process.id, []) for process in diagram.processes if process.id not in called
    ]
    findings: list[Finding] = []
    done: set[str] = set()
    while todo:
        name, before = todo.pop(0)
        if name in done:
            continue
        done.add(name)
        findings += [replace(finding, path=(*before, *finding.path)) for finding in scopes[name].findings]
        for activity, way in scopes[name].to.items():
            todo.append((diagram.elements[activity].called or activity, [*before, *way]))
    return tuple(findings)


def _inner_first(diagram: Diagram) -> list[str]:
    """Return processes and sub-processes, each after those it contains or calls."""
    inside: dict[str, list[str]] = {process.id: [] for process in diagram.processes}
    for element in diagram.elements.values():
        if element.kind in ("subProcess", "callActivity"):
            inside.setdefault(element.scope, []).append(element.called or element.id)
    order: list[str] = []
    seen: set[str] = set()
    todo = [(process.id, False) for process in reversed(diagram.processes)]
    while todo:
        name, entered = todo.pop()
        if entered:
            order.append(name)
        elif name not in seen:
            seen.add(name)
            todo.append((name, True))
            todo += [(one, False) for one in reversed(inside.get(name, []))]
    return order


def _explore(diagram: Diagram, name: str, inner: dict[str, Scope]) -> Scope:
    net = Net(diagram, name, flat=True)
    game = Game(net, _Free(), strict=True)
    explorer = Explorer(game, keep=lambda outcome: _ends(net, outcome))
    scope = Scope()
    telling = _Telling(diagram, net, inner)
    counted = {place.number for place in net.places if place.kind == END and place.number in explorer.main()}
    try:
        graph = explorer.explore(0)
    except Unsafe as unsafe:
        scope.findings.append(_unsafe(telling, unsafe, explorer))
        return scope
    except Unbounded as endless:
        scope.findings.append(_endless(telling, endless))
        return scope
    except TooLarge:
        scope.findings.append(
            telling.finding(
                "U-LIMIT",
                name,
                "流程过于复杂，无法证明其健全性。",
                "It is too complex: its soundness is not proved.",
            )
        )
        return scope
    scope.findings += _twice(telling, graph, counted)
    scope.findings += _incomplete(telling, graph)
    scope.findings += _dead(telling, graph)
    _ways(telling, graph, scope)
    return scope


def _ends(net: Net, outcome: Outcome[int]) -> int:
    """Return which end events were reached, as bits; nothing more once all is over."""
    if not outcome.marking:
        return 0
    reached = outcome.world
    for what, number, _ in outcome.trace:
        if what == DONE and net.places[number].kind == END:
            reached |= 1 << number
    return reached


class _Telling:
    """Words and runs for what was found in one scope."""

    def __init__(self, diagram: Diagram, net: Net, inner: dict[str, Scope]) -> None:
        self.diagram, self.net, self.inner = diagram, net, inner

    def finding(self, rule: str, element: str, zh: str, en: str, path: Sequence[str] = ()) -> Finding:
        place = self.diagram.elements.get(element)
        return Finding(
            rule=rule,
            kind="unsupported" if rule.startswith("U") else "soundness",
            element=element,
            message=Text(zh, en),
            path=tuple(self.run(path)),
            line=place.line if place else None,
        )

    def run(self, path: Sequence[str], *, open_last: bool = False) -> list[str]:
        """Fill in what happens inside the activities passed on *path*."""
        found: list[str] = []
        for position, name in enumerate(path):
            found.append(name)
            element = self.diagram.elements.get(name)
            if element is None or element.kind not in ("subProcess", "callActivity"):
                continue
            if open_last and position == len(path) - 1:
                continue
            scope = self.inner.get(element.called or name)
            found += (scope.whole if scope else None) or []
        return found

    def name(self, element: str) -> str:
        place = self.diagram.elements.get(element)
        return place.name if place else element


def _twice(telling: _Telling, graph: Graph[int], counted: set[int]) -> Iterator[Finding]:
    told: set[int] = set()
    for index, edge in enumerate(graph.edges):
        reached = graph.nodes[edge.source][1]
        for position, (what, number, _) in enumerate(edge.outcome.trace):
            if what != DONE or number not in counted:
                continue
            if reached >> number & 1 and number not in told:
                told.add(number)
                name = graph.net.places[number].id
                yield telling.finding(
                    "S-PROPER",
                    name,
                    f"结束事件“{telling.name(name)}”会在同一次运行中到达两次：前面的并行分支没有汇合。",
                    f"The end “{telling.name(name)}” is reached twice in one run: branches before it are "
                    "not joined.",
                    graph.path(index, position + 1),
                )
            reached |= 1 << number


def _incomplete(telling: _Telling, graph: Graph[int]) -> Iterator[Finding]:
    """Yield where there is no way to the end any more: stopped, or going round for ever."""
    before: dict[int, list[int]] = {}
    leaves: set[int] = set()
    for index, edge in enumerate(graph.edges):
        if edge.target >= 0:
            before.setdefault(edge.target, []).append(edge.source)
            leaves.add(edge.source)
        elif edge.outcome.spins:
            name = graph.net.places[edge.outcome.trace[-1][1]].id if edge.outcome.trace else graph.net.root
            yield telling.finding(
                "S-COMPLETE",
                name,
                f"经过“{telling.name(name)}”的循环中没有任何人办理的步骤，进入后不会结束。",
                f"Nobody acts in the loop through “{telling.name(name)}”: once entered it never ends.",
                graph.path(index),
            )
            return
    good: set[int] = {node for node, (marking, _) in enumerate(graph.nodes) if node > 0 and not marking}
    todo = list(good)
    while todo:
        for source in before.get(todo.pop(), ()):
            if source not in good:
                good.add(source)
                todo.append(source)
    lost = [node for node in range(1, len(graph.nodes)) if node not in good]
    for node in sorted(lost, key=lambda node: (node in leaves, node))[:1]:
        stopped = node not in leaves
        name = _waiting(graph.net, graph.nodes[node][0])
        path = graph.path(graph.parent[node])
        if stopped:
            zh = f"运行到此处后，“{telling.name(name)}”要等待的分支不会再来，流程无法结束。"
            en = f"From here “{telling.name(name)}” waits for a branch that never comes: the case cannot end."
        else:
            zh = f"到达“{telling.name(name)}”后只能循环，没有通向结束的路径。"
            en = f"From “{telling.name(name)}” it only goes round: there is no way to an end."
        yield telling.finding("S-COMPLETE", name, zh, en, path)


def _waiting(net: Net, marking: Marking) -> str:
    """Return the element where a token waits, a join rather than anything else."""
    places = [net.places[token % max(1, len(net.places))] for token, _ in marking]
    for place in places:
        if place.kind == FLOW:
            return net.places[place.target].id
    return places[0].id


def _dead(telling: _Telling, graph: Graph[int]) -> Iterator[Finding]:
    alive: dict[int, tuple[int, int]] = {}
    for index, edge in enumerate(graph.edges):
        for position, (_, number, _) in enumerate(edge.outcome.trace):
            alive.setdefault(number, (index, position + 1))
    for place in graph.net.places:
        if place.kind == FLOW or place.number in alive:
            continue
        yield telling.finding(
            "S-DEAD",
            place.id,
            f"“{telling.name(place.id)}”永远不会被执行到。",
            f"“{telling.name(place.id)}” can never happen.",
            _nearest(graph, place, alive),
        )


def _nearest(graph: Graph[int], place: Place, alive: dict[int, tuple[int, int]]) -> list[str]:
    """Return a run to the nearest element before *place* that does happen."""
    before: dict[int, list[int]] = {}
    for flow in graph.net.places:
        if flow.kind == FLOW:
            before.setdefault(flow.target, []).append(flow.number)
        for exit_ in flow.exits:
            before.setdefault(exit_, []).append(flow.number)
    todo, seen = [place.number], {place.number}
    while todo:
        number = todo.pop(0)
        if number in alive:
            return graph.path(*alive[number])
        host = graph.net.places[number].host
        for source in (*before.get(number, ()), *((host,) if host >= 0 else ())):
            if source not in seen:
                seen.add(source)
                todo.append(source)
    return []


def _ways(telling: _Telling, graph: Graph[int], scope: Scope) -> None:
    """Note a shortest complete run, and shortest runs to each activity that opens a scope."""
    for index, edge in enumerate(graph.edges):
        if scope.whole is None and edge.target >= 0 and not graph.nodes[edge.target][0]:
            scope.whole = telling.run(graph.path(index))
        for position, (what, number, _) in enumerate(edge.outcome.trace):
            place = graph.net.places[number]
            closed = place.element is not None and place.element.kind in ("subProcess", "callActivity")
            if what == BEGAN and closed and place.id not in scope.to:
                way = [*graph.path(index, position), place.id]
                scope.to[place.id] = telling.run(way, open_last=True)


def _unsafe(telling: _Telling, unsafe: Unsafe, explorer: Explorer[int]) -> Finding:
    place = telling.net.places[unsafe.place]
    name = telling.net.places[place.target].id if place.kind == FLOW else place.id
    before = explorer.history()
    return telling.finding(
        "S-SAFE",
        name,
        f"“{telling.name(name)}”已有一个令牌时又来一个：并行的分支在此之前没有汇合。",
        f"“{telling.name(name)}” is reached again while it is still under way: parallel branches are not "
        "joined before it.",
        [*before, *elements_of(telling.net, unsafe.trace)],
    )


def _endless(telling: _Telling, endless: Unbounded) -> Finding:
    path = elements_of(telling.net, endless.trace)
    name = path[-1] if path else telling.net.root
    return telling.finding(
        "S-COMPLETE",
        name,
        f"经过“{telling.name(name)}”的自动循环不会停止。",
        f"The automatic loop through “{telling.name(name)}” never stops.",
        path[: len(telling.net.places)],
    )
