"""A diagram laid out for the token game: every element of every call has a number of its own.

Call activities and embedded sub-processes are in-lined. The inside of a scope stands in one run of numbers,
so "is anything left in there?" is a comparison. A `Net` is compiled once for each diagram and root.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from decision_engine.process.diagram import Diagram, Element, Timer
from decision_engine.process.dialect import CHOICES, TASKS
from decision_engine.process.expressions import Expression, Variable, parse, parse_variable

# what a place is
TASK, WAIT, SCOPE, CHOICE, FORK, PASS, THROW, END, TERMINATE, BOUNDARY, FLOW = range(11)
OUTERMOST = -1


@dataclass(slots=True, eq=False)
class Place:
    """One element, or one sequence flow, at one call path."""

    number: int
    kind: int
    id: str
    call_path: tuple[str, ...]
    scope: int  # the place of the scope's activity, or OUTERMOST
    element: Element | None = None
    exits: tuple[int, ...] = ()  # flows, in the document's order
    target: int = -1  # of a flow
    joins: tuple[int, ...] = ()  # flows a join waits on; none where nothing is joined
    reach: tuple[frozenset[int], ...] = ()  # of an inclusive join, for each of *joins* (13.4.3)
    guards: tuple[tuple[int, Expression | None], ...] = ()  # of a choice: flow and condition
    default: int = -1
    boundaries: tuple[int, ...] = ()
    host: int = -1  # of a boundary event
    interrupting: bool = True
    times: int | None = 1  # how often a boundary event may happen to one activity; none is for ever
    rivals: tuple[int, ...] = ()  # all events behind the same event-based gateway
    trigger: str = ""  # what is waited for or thrown: timer, message, signal
    name: str | None = None  # of the message or signal
    over: Variable | int | None = None  # instances of a multi-instance activity
    is_list: bool = False
    sequential: bool = False
    start: int = -1  # of a scope: its start event
    low: int = 0  # of a scope: its inside is numbered from *low*
    high: int = 0  # to before *high*

    @property
    def inclusive_join(self) -> bool:
        """Whether tokens are joined here as BPMN 2.0 13.4.3 says."""
        return bool(self.joins) and self.kind == CHOICE


class _ByHash:
    """A diagram as a cache key: its content's hash."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram

    def __hash__(self) -> int:
        return hash(self.diagram.hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByHash) and self.diagram.hash == other.diagram.hash


class Net:
    """The places of one process and of everything it calls; *flat*: of one scope, its activities closed."""

    def __init__(self, diagram: Diagram, root: str, *, flat: bool = False) -> None:
        self.diagram, self.root, self.flat = diagram, root, flat
        self.places: list[Place] = []
        inside = _by_scope(diagram)
        order: list[tuple[int, int]] = []  # scope's place, depth
        todo: list[tuple[str, int, int, tuple[str, ...]]] = [(root, OUTERMOST, 0, ())]
        while todo:
            scope, owner, depth, path = todo.pop()
            order.append((owner, depth))
            first = len(self.places)
            start = self._lay_out(inside.get(scope, ()), owner, path)
            if owner == OUTERMOST:
                self.start = start
            else:
                self.places[owner].start, self.places[owner].low = start, first
            for place in reversed(self.places[first:]):
                if place.kind == SCOPE and place.element is not None:
                    called = place.element.called
                    below = path if called is None else (*path, place.id)
                    todo.append((called or place.id, place.number, depth + 1, below))
        self._close_runs(order)
        self.by_name: dict[tuple[str, tuple[str, ...]], int] = {
            (place.id, place.call_path): place.number for place in self.places
        }

    def by_place(self, element: str) -> Place:
        """Return the (first) place of *element*."""
        return next(place for place in self.places if place.id == element)

    def _lay_out(self, elements: tuple[Element, ...], owner: int, path: tuple[str, ...]) -> int:
        """Append the places of one scope; return its start event's."""
        flows = self.diagram.flows
        number = {element.id: len(self.places) + i for i, element in enumerate(elements)}
        after = len(self.places) + len(elements)
        drawn = [flow for element in elements for flow in element.outgoing]
        number |= {flow: after + i for i, flow in enumerate(drawn)}
        for element in elements:
            self.places.append(self._place(element, number, owner, path))
        for flow in drawn:
            self.places.append(
                Place(number[flow], FLOW, flow, path, owner, target=number[flows[flow].target])
            )
        start = -1
        for element in elements:
            place = self.places[number[element.id]]
            if element.kind == "startEvent":
                start = place.number
            if element.attached_to is not None:
                place.host = number[element.attached_to]
                host = self.places[place.host]
                host.boundaries += (place.number,)
            if element.kind == "eventBasedGateway":
                rivals = tuple(self.places[exit_].target for exit_ in place.exits)
                for rival in rivals:
                    self.places[rival].rivals = rivals
            if place.inclusive_join:
                place.reach = tuple(self._reaching(element, flow, number) for flow in element.incoming)
        return start

    def _place(self, element: Element, number: dict[str, int], owner: int, path: tuple[str, ...]) -> Place:
        place = Place(number[element.id], _kind(element, self.flat), element.id, path, owner, element)
        place.exits = tuple(number[flow] for flow in element.outgoing)
        if element.kind in ("parallelGateway", "inclusiveGateway") and len(element.incoming) > 1:
            place.joins = tuple(number[flow] for flow in element.incoming)
        if element.kind in CHOICES:
            only = len(element.outgoing) == 1
            for flow in element.outgoing:
                text = self.diagram.flows[flow].condition
                if flow == element.default or (only and text is None):
                    place.default = number[flow]
                elif text is not None:
                    place.guards += ((number[flow], parse(text)),)
        if element.event is not None:
            place.trigger, place.name = element.event.kind, element.event.name
            if element.kind == "boundaryEvent":
                place.interrupting = element.interrupting
                place.times = 1 if element.interrupting else _times(element.event.timer)
        if element.loop is not None:
            place.is_list = element.loop.collection is not None
            place.sequential = element.loop.sequential
            text = element.loop.collection or (element.loop.cardinality or "1").strip()
            place.over = int(text) if text.isdecimal() else parse_variable(text)
        return place

    def _reaching(self, gateway: Element, flow: str, number: dict[str, int]) -> frozenset[int]:
        """Return the places from which a token can come to *flow* without passing *gateway* (13.4.3)."""
        elements, flows = self.diagram.elements, self.diagram.flows
        found, todo = {flow}, [flows[flow].source]
        while todo:
            name = todo.pop()
            if name in found or name == gateway.id:
                continue
            element = elements[name]
            found |= {name, *element.incoming}
            todo += [flows[incoming].source for incoming in element.incoming]
            if element.attached_to is not None:
                todo.append(element.attached_to)
        return frozenset(number[name] for name in found)

    def _close_runs(self, order: list[tuple[int, int]]) -> None:
        """Say of each scope where its inside ends: where the next scope that is not inside it begins."""
        opened: list[tuple[int, int]] = []
        for owner, depth in order:
            low = 0 if owner == OUTERMOST else self.places[owner].low
            while opened and opened[-1][1] >= depth:
                self.places[opened.pop()[0]].high = low
            if owner != OUTERMOST:
                opened.append((owner, depth))
        for owner, _ in opened:
            self.places[owner].high = len(self.places)


@lru_cache(maxsize=32)
def _compiled(wrapped: _ByHash) -> Net:
    return Net(wrapped.diagram, wrapped.diagram.main)


def net_of(diagram: Diagram) -> Net:
    """Return the net of *diagram*'s main process, compiled at most once while it is in use."""
    return _compiled(_ByHash(diagram))


def _by_scope(diagram: Diagram) -> dict[str, tuple[Element, ...]]:
    found: dict[str, list[Element]] = {}
    for element in diagram.elements.values():
        found.setdefault(element.scope, []).append(element)
    return {scope: tuple(elements) for scope, elements in found.items()}


def _kind(element: Element, flat: bool) -> int:
    kind = element.kind
    if kind in TASKS or (flat and kind in ("subProcess", "callActivity")):
        return TASK
    if kind == "endEvent":
        event = element.event.kind if element.event else "none"
        return TERMINATE if event == "terminate" else END
    return {
        "subProcess": SCOPE,
        "callActivity": SCOPE,
        "receiveTask": WAIT,
        "intermediateCatchEvent": WAIT,
        "boundaryEvent": BOUNDARY,
        "exclusiveGateway": CHOICE,
        "inclusiveGateway": CHOICE,
        "parallelGateway": FORK,
        "eventBasedGateway": FORK,
        "intermediateThrowEvent": THROW,
        "startEvent": PASS,
    }[kind]


def _times(timer: Timer | None) -> int | None:
    """How often a non-interrupting boundary event may happen: messages and signals for ever."""
    if timer is None:
        return None
    if timer.kind != "cycle":
        return 1
    rounds = timer.text.partition("/")[0].removeprefix("R")
    return int(rounds) if rounds else None
