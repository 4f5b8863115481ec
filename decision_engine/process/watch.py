"""The token game beside a running case: where it may stand, given what was done and answered.

    watched = begin(diagram, lookup)
    watched = completed(diagram, watched, element, call_path, lookup)      or happened(...), signalled(...)
    watched = agreeing(diagram, watched, ready, timers, ended)             none left: the engine disagrees

`Watched` is a set of markings, nearly always of one: only where several instances of a multi-instance
sub-process wait at the same element is it left open whose turn it was. It is stored as bytes beside the
engine's state and never computed from it.

*lookup* gives the answers the case holds (see `expressions.Lookup`); no clock, no engine, no state of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from decision_engine.errors import CorruptState
from decision_engine.process.diagram import Diagram
from decision_engine.process.expressions import Lookup, Variable
from decision_engine.process.net import BOUNDARY, TASK, WAIT, Place, net_of
from decision_engine.process.semantics import BEGAN, DONE, Game, Marking, Move, Outcome, Unbounded

Watched = frozenset[Marking]

MAX_OPEN = 64  # markings kept side by side

__all__ = [
    "BEGAN",
    "DONE",
    "Watched",
    "agreeing",
    "awaits",
    "begin",
    "completed",
    "ended",
    "from_bytes",
    "happened",
    "ready",
    "signalled",
    "timers",
    "to_bytes",
]


class _NoWay(Exception):
    """A gateway whose conditions are all unsatisfied."""


class _Answers:
    """The case's answers decide at gateways."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup

    def ways(self, place: Place, world: None) -> Iterator[tuple[tuple[int, ...], None]]:
        exclusive = place.element is not None and place.element.kind == "exclusiveGateway"
        chosen: list[int] = []
        for flow, condition in place.guards:
            if condition is not None and condition.holds(self.lookup) is True:
                chosen.append(flow)
                if exclusive:
                    break
        if not chosen:
            if place.default < 0:
                raise _NoWay
            chosen = [place.default]
        yield tuple(chosen), world

    def answered(self, place: Place, world: None) -> Iterator[None]:  # noqa: ARG002
        yield world

    def begun(self, place: Place, world: None) -> Iterator[None]:  # noqa: ARG002
        yield world

    def instances(self, place: Place, world: None) -> int:  # noqa: ARG002
        if not isinstance(place.over, Variable):
            return place.over or 0
        value = self.lookup(place.over.step, place.over.field)
        if place.is_list:
            return len(value) if isinstance(value, list | tuple) else 0
        return value if type(value) is int else 0


def begin(diagram: Diagram, lookup: Lookup) -> Watched:
    """Return where a case may stand when it has just begun."""
    return _markings(_game(diagram, lookup).begin(None))


def completed(
    diagram: Diagram, watched: Watched, element: str, call_path: tuple[str, ...], lookup: Lookup
) -> Watched:
    """Return where it may stand after a person completed *element*; nothing if that was not allowed."""
    return _after(diagram, watched, "complete", lookup, element=element, call_path=call_path)


def happened(
    diagram: Diagram, watched: Watched, element: str, call_path: tuple[str, ...] | None, lookup: Lookup
) -> Watched:
    """Return where it may stand after the timer or message *element* happened (anywhere if no path)."""
    return _after(diagram, watched, "happen", lookup, element=element, call_path=call_path)


def signalled(diagram: Diagram, watched: Watched, name: str, lookup: Lookup) -> Watched:
    """Return where it may stand after `runner.signal(name)`: a signal reaches all, else a message one."""
    found = _after(diagram, watched, "signal", lookup, name=name)
    if found:
        return found
    net, game = net_of(diagram), _game(diagram, lookup)
    for marking in watched:
        for move in game.enabled(marking):
            place = net.places[move.token % game.size]
            if move.what == "happen" and place.trigger == "message" and place.name == name:
                found |= _fired(game, marking, move)
    return found


def agreeing(
    diagram: Diagram,
    watched: Watched,
    observed: Iterable[tuple[str, tuple[str, ...]]],
    observed_timers: Iterable[str],
    has_ended: bool,
) -> Watched:
    """Return the markings that allow exactly what was observed.

    Observed are the ready elements with their call paths (one for each instance), the elements of waiting
    timers, and whether the case has ended.
    """
    seen, waiting = Counter(observed), Counter(observed_timers)
    return frozenset(
        marking
        for marking in watched
        if ended(marking) == has_ended
        and ready(diagram, marking) == seen
        and timers(diagram, marking) == waiting
    )


def ready(diagram: Diagram, marking: Marking) -> Counter[tuple[str, tuple[str, ...]]]:
    """Return the tasks that wait for a person: (element, call path) -> how many."""
    places = net_of(diagram).places
    found: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for token, many in marking:
        place = places[token % len(places)]
        if place.kind == TASK:
            found[place.id, place.call_path] += 1 if place.sequential else many
    return found


def timers(diagram: Diagram, marking: Marking) -> Counter[str]:
    """Return the timers that are waited for: element -> how many."""
    places = net_of(diagram).places
    found: Counter[str] = Counter()
    for token, many in marking:
        place = places[token % len(places)]
        if place.trigger == "timer" and place.kind in (WAIT, BOUNDARY):
            found[place.id] += many if place.kind == WAIT and not place.sequential else 1
    return found


def awaits(diagram: Diagram, marking: Marking) -> frozenset[str]:
    """Return the names of the messages and signals that are waited for."""
    places = net_of(diagram).places
    found = (places[token % len(places)] for token, _ in marking)
    return frozenset(
        place.name or ""
        for place in found
        if place.kind in (WAIT, BOUNDARY) and place.trigger in ("message", "signal")
    )


def ended(marking: Marking) -> bool:
    """Say whether the case is over: no token is left (BPMN 2.0 13.5.6)."""
    return not marking


def to_bytes(watched: Watched) -> bytes:
    """Return *watched* as a few dozen bytes."""
    return orjson.dumps(sorted(watched))


def from_bytes(stored: bytes) -> Watched:
    """Read what `to_bytes` wrote; raises `CorruptState` for anything else."""
    try:
        read: Any = orjson.loads(stored)
        if not isinstance(read, list) or not read:
            raise CorruptState
        return frozenset(tuple((int(token), int(many)) for token, many in marking) for marking in read)
    except (ValueError, TypeError) as error:
        raise CorruptState from error


# -- inside ------------------------------------------------------------------------------------------------


def _game(diagram: Diagram, lookup: Lookup) -> Game[None]:
    return Game(net_of(diagram), _Answers(lookup))


def _markings(outcomes: Iterable[Outcome[None]]) -> Watched:
    return frozenset(outcome.marking for outcome in outcomes if not outcome.spins)


def _fired(game: Game[None], marking: Marking, move: Move) -> Watched:
    try:
        return _markings(game.fire(marking, move, None))
    except (_NoWay, Unbounded):
        return frozenset()


def _after(
    diagram: Diagram,
    watched: Watched,
    what: str,
    lookup: Lookup,
    *,
    element: str = "",
    call_path: tuple[str, ...] | None = (),
    name: str = "",
) -> Watched:
    game = _game(diagram, lookup)
    found: set[Marking] = set()
    for marking in watched:
        for move in game.enabled(marking):
            if move.what != what:
                continue
            place = game.places[move.token % game.size]
            matches = (
                move.name == name
                if what == "signal"
                else place.id == element and (call_path is None or place.call_path == call_path)
            )
            if matches:
                found |= _fired(game, marking, move)
    return frozenset(sorted(found)[:MAX_OPEN])
