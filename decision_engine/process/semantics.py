"""The token game: what BPMN 2.0 allows next. It proves diagrams, and it watches the engine at run time.

    game = Game(net, data)
    for outcome in game.begin(world):                   where the game may stand once nothing moves by itself
        for move in game.enabled(outcome.marking):      what people, timers and messages may do
            game.fire(outcome.marking, move, outcome.world)

A `Marking` says where the tokens are when nobody but a person, a timer or a message can go on; gateways,
throwing events and ends pass at once. What decides at gateways is the caller's `Data`: the prover tries every
possibility, the watch asks the case's answers. Everything here is a pure function; a marking is hashable
and small.

Where BPMN leaves an order open (two automatic steps at once) the game takes the engine's: first come,
first served; joins look when all else rests.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from decision_engine.process.net import (
    BOUNDARY,
    CHOICE,
    END,
    FLOW,
    FORK,
    OUTERMOST,
    SCOPE,
    TASK,
    TERMINATE,
    THROW,
    WAIT,
    Net,
    Place,
)

World = TypeVar("World")

Marking = tuple[tuple[int, int], ...]
"""Sorted pairs (token, how many). A token is `place + copy * number of places`; *copy* tells the
instances of a multi-instance scope apart and is 0 everywhere else."""

MAX_STEPS = 20_000  # automatic steps in one move
COPIES = 512  # more than instances of one multi-instance activity

BEGAN, DONE = 0, 1


class Data(Protocol[World]):
    """What the game asks about answers. *world* is what is known of them; it is never changed in place."""

    def ways(self, place: Place, world: World) -> Iterable[tuple[tuple[int, ...], World]]:
        """Yield the exits that may be taken together at a gateway, and what is known then."""

    def answered(self, place: Place, world: World) -> Iterable[World]:
        """Yield what may be known once *place* is done."""

    def begun(self, place: Place, world: World) -> Iterable[World]:
        """Yield what may be known when *place* begins; only asked of the places in the game's *asks*."""

    def instances(self, place: Place, world: World) -> int:
        """Return how many instances of a multi-instance activity begin."""


@dataclass(frozen=True, slots=True)
class Move:
    """*what* happens: `complete` a task, `happen` (a timer or message), or `signal` (*name*)."""

    what: str
    token: int = -1
    name: str = ""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[World]):
    """Where a move led. *trace*: (BEGAN or DONE, place, world then) for each thing that happened, in order."""

    marking: Marking
    world: World
    trace: tuple[tuple[int, int, World], ...]
    spins: bool = False  # an automatic loop came back to where it was
    stuck: int = -1  # the gateway that has no way out for what is known


class Unbounded(Exception):
    """One move never comes to rest; *trace* is how it began."""

    def __init__(self, trace: tuple[tuple[int, int, object], ...]) -> None:
        super().__init__("a move does not come to rest")
        self.trace = trace


class Unsafe(Exception):
    """A second token came to *place*, which holds one already."""

    def __init__(self, place: int, trace: tuple[tuple[int, int, object], ...]) -> None:
        super().__init__("a second token")
        self.place, self.trace = place, trace


class _Run(Generic[World]):
    """A move under way."""

    __slots__ = ("agenda", "tokens", "trace", "world")

    def __init__(
        self,
        tokens: dict[int, int],
        world: World,
        agenda: Iterable[tuple[int, int, int]] = (),
        trace: Iterable[tuple[int, int, World]] = (),
    ) -> None:
        self.tokens = tokens
        self.world = world
        self.agenda: deque[tuple[int, int, int]] = deque(agenda)  # (hop, place, copy)
        self.trace = list(trace)

    def copy(self, world: World) -> _Run[World]:
        return _Run(dict(self.tokens), world, self.agenda, self.trace)

    def state(self) -> tuple[object, ...]:
        return tuple(sorted(self.tokens.items())), tuple(self.agenda), self.world


_BEGIN, _RUN, _LEAVE, _OPEN = range(4)


class Game(Generic[World]):
    """The rules of the game on *net*.

    *strict*: a second token in one place raises `Unsafe`; *asks*: activities whose beginning asks the data.
    """

    def __init__(
        self, net: Net, data: Data[World], *, strict: bool = False, asks: frozenset[int] = frozenset()
    ) -> None:
        self.net, self.data, self.strict, self.asks = net, data, strict, asks
        self.places = net.places
        self.size = max(1, len(net.places))

    # -- what the outside asks ------------------------------------------------------------------------------

    def begin(self, world: World) -> list[Outcome[World]]:
        """Return where a case may stand after its start event (BPMN 2.0 13.2, 13.5.1)."""
        run: _Run[World] = _Run({}, world)
        run.agenda.append((_RUN, self.net.start, 0))
        return self._rest([run])

    def enabled(self, marking: Marking) -> list[Move]:
        """Return what may happen next, in the order of the diagram."""
        moves: list[Move] = []
        signals: dict[str, None] = {}
        for token, _ in marking:
            place = self.places[token % self.size]
            if place.kind == TASK:
                moves.append(Move("complete", token))
            elif place.kind in (WAIT, BOUNDARY):
                if place.trigger == "signal":
                    signals[place.name or ""] = None
                else:
                    moves.append(Move("happen", token))
        return moves + [Move("signal", name=name) for name in signals]

    def fire(self, marking: Marking, move: Move, world: World) -> list[Outcome[World]]:
        """Return where *move* may lead; it must be one of `enabled`."""
        run = _Run(dict(marking), world)
        if move.what == "complete":
            place, copy = self.places[move.token % self.size], move.token // self.size
            runs = []
            for known in self.data.answered(place, world):
                branch = run.copy(known)
                self._leave_instance(branch, place, copy)
                runs.append(branch)
            return self._rest(runs)
        if move.what == "happen":
            self._happen(run, self.places[move.token % self.size], move.token // self.size)
        else:
            self._signal(run, move.name)
        return self._rest([run])

    # -- until everything rests -----------------------------------------------------------------------------

    def _rest(self, runs: list[_Run[World]]) -> list[Outcome[World]]:
        outcomes: list[Outcome[World]] = []
        seen: set[tuple[object, ...]] = set()
        steps = 0
        while runs:
            run = runs.pop()
            while True:
                steps += 1
                if steps > MAX_STEPS:
                    raise Unbounded(tuple(run.trace))
                if run.agenda:
                    hop, number, copy = run.agenda.popleft()
                    place = self.places[number]
                    if hop == _RUN and place.kind == CHOICE and (place.guards or len(place.exits) > 1):
                        state = (number, copy, run.state())
                        if state in seen:
                            outcomes.append(Outcome((), run.world, tuple(run.trace), spins=True))
                            break
                        seen.add(state)
                        branches = [*self._choose(run, place, copy)]
                        if not branches:
                            outcomes.append(Outcome((), run.world, tuple(run.trace), stuck=number))
                        runs.extend(reversed(branches))
                        break
                    if hop == _BEGIN and number in self.asks:
                        for known in self.data.begun(place, run.world):
                            branch = run.copy(known)
                            self._hop(branch, hop, place, copy)
                            runs.append(branch)
                        break
                    self._hop(run, hop, place, copy)
                elif not (self._close_scope(run) or self._join(run)):
                    outcomes.append(Outcome(tuple(sorted(run.tokens.items())), run.world, tuple(run.trace)))
                    break
        return outcomes

    def _choose(self, run: _Run[World], place: Place, copy: int) -> Iterator[_Run[World]]:
        """Take one way (13.4.2) or some ways (13.4.3) out of a gateway."""
        for exits, known in self.data.ways(place, run.world):
            branch = run.copy(known)
            branch.trace.append((DONE, place.number, known))
            self._arrive_at(branch, exits, copy)
            yield branch

    def _hop(self, run: _Run[World], hop: int, place: Place, copy: int) -> None:
        if hop == _BEGIN:
            self._begin(run, place, copy)
            for boundary in place.boundaries:  # 13.5.3: they listen while the activity runs
                run.tokens[boundary + copy * self.size] = self.places[boundary].times or 1
        elif hop == _OPEN:
            run.agenda.append((_RUN, place.start, copy))
        elif hop == _LEAVE:
            self._leave(run, place, copy)
        else:
            run.trace.append((DONE, place.number, run.world))
            self._arrive_at(run, place.exits, copy)
            if place.kind in (THROW, END) and place.trigger == "signal":  # 13.5.2, 13.5.6
                self._signal(run, place.name or "")  # last: it may end the very scope it comes from
            if place.kind == TERMINATE:  # 13.5.6: everything in the scope is over
                self._clear_scope(run, place.scope, copy)

    # -- tokens come -------------------------------------------------------------------------------------------

    def _arrive_at(self, run: _Run[World], flows: tuple[int, ...], copy: int) -> None:
        for flow in flows:
            target = self.places[self.places[flow].target]
            if target.joins:
                self._put(run, flow, copy)
            elif target.boundaries or target.number in self.asks:
                run.agenda.append((_BEGIN, target.number, copy))
            elif target.kind in (TASK, WAIT, SCOPE):
                self._begin(run, target, copy)
            else:
                run.agenda.append((_RUN, target.number, copy))

    def _put(self, run: _Run[World], number: int, copy: int, many: int = 1) -> None:
        token = number + copy * self.size
        if token in run.tokens and self.strict:
            raise Unsafe(number, tuple(run.trace))
        run.tokens[token] = run.tokens.get(token, 0) + many

    def _begin(self, run: _Run[World], place: Place, copy: int) -> None:
        """Start an activity (13.3.2), a scope (13.3.4) or a wait; of a multi-instance all instances (13.3.7)."""
        many = 1 if place.over is None else self.data.instances(place, run.world)
        run.trace.append((BEGAN, place.number, run.world))
        if many == 0:
            run.agenda.append((_LEAVE, place.number, copy))
            return
        self._put(run, place.number, copy, many)
        if place.kind != SCOPE:
            return
        for index in range(1 if place.sequential else many):
            run.agenda.append((_OPEN, place.number, self._inner(place, copy, many - index)))

    def _inner(self, place: Place, copy: int, index: int) -> int:
        """Return the copy of what is inside the instance *index* (from 1) of a scope."""
        return copy if place.over is None else copy * COPIES + index

    # -- tokens go ---------------------------------------------------------------------------------------------

    def _leave_instance(self, run: _Run[World], place: Place, copy: int) -> None:
        """One instance is done; the last one takes the activity's token on (13.3.2, 13.3.7).

        Where a side branch runs twice at once a plain task holds several tokens, and each goes on alone.
        """
        left = self._take(run, place, copy)
        if place.over is None:
            self._leave(run, place, copy)
        elif not left:
            run.agenda.append((_LEAVE, place.number, copy))

    def _leave(self, run: _Run[World], place: Place, copy: int) -> None:
        for boundary in place.boundaries:
            run.tokens.pop(boundary + copy * self.size, None)
        run.trace.append((DONE, place.number, run.world))
        self._arrive_at(run, place.exits, copy)

    def _happen(self, run: _Run[World], place: Place, copy: int) -> None:
        """Let an event happen.

        The first one behind an event-based gateway withdraws its rivals (13.4.4); an interrupting boundary
        event ends its activity and all inside it (13.5.3).
        """
        left = 0
        for rival in place.rivals:
            if rival != place.number:
                self._withdraw(run, self.places[rival], copy)
        if place.kind == BOUNDARY and place.interrupting:
            self._withdraw(run, self.places[place.host], copy)
        elif place.kind != BOUNDARY or place.times is not None:
            left = self._take(run, place, copy)
        if place.over is None or not left:
            run.agenda.append((_LEAVE, place.number, copy))

    def _take(self, run: _Run[World], place: Place, copy: int) -> int:
        """Take one token away and return how many are left: of other instances, or of other runs of a branch."""
        token = place.number + copy * self.size
        left = run.tokens[token] = run.tokens[token] - 1
        if not left:
            del run.tokens[token]
        return left

    def _signal(self, run: _Run[World], name: str) -> None:
        """A signal reaches everybody in the case who waits for it now (13.5.2)."""
        for token in sorted(run.tokens):
            place = self.places[token % self.size]
            if place.kind not in (WAIT, BOUNDARY) or place.trigger != "signal" or place.name != name:
                continue
            for _ in range(run.tokens.get(token, 0) if place.kind == WAIT else 1):
                if token in run.tokens:
                    self._happen(run, place, token // self.size)

    def _withdraw(self, run: _Run[World], place: Place, copy: int) -> None:
        """Take away an activity or event with its boundary events and all that is inside."""
        run.tokens.pop(place.number + copy * self.size, None)
        for boundary in place.boundaries:
            run.tokens.pop(boundary + copy * self.size, None)
        if place.kind == SCOPE:
            self._clear(run, place.low, place.high, copy)
        run.agenda = deque(
            (hop, number, at) for hop, number, at in run.agenda if (number, at) != (place.number, copy)
        )

    def _clear_scope(self, run: _Run[World], scope: int, copy: int) -> None:
        if scope == OUTERMOST:
            run.tokens.clear()
            run.agenda.clear()
        else:
            self._clear(run, self.places[scope].low, self.places[scope].high, copy)

    def _clear(self, run: _Run[World], low: int, high: int, copy: int) -> None:
        for token in [
            token
            for token in run.tokens
            if self._is_inside(token % self.size, token // self.size, low, high, copy)
        ]:
            del run.tokens[token]
        run.agenda = deque(
            (hop, number, at)
            for hop, number, at in run.agenda
            if not self._is_inside(number, at, low, high, copy)
        )

    @staticmethod
    def _is_inside(number: int, at: int, low: int, high: int, copy: int) -> bool:
        while at > copy:
            at //= COPIES
        return low <= number < high and at == copy

    # -- scopes and joins ----------------------------------------------------------------------------------------

    def _close_scope(self, run: _Run[World]) -> bool:
        """A scope is over when no token is left in it (13.3.4)."""
        for token in run.tokens:
            place = self.places[token % self.size]
            if place.kind != SCOPE:
                continue
            copy = token // self.size
            alive: set[int] = set()
            for other in run.tokens:
                if place.low <= other % self.size < place.high:
                    at, inner = other // self.size, 0
                    while at > copy:
                        at, inner = at // COPIES, at
                    if at == copy:
                        alive.add(inner)
            if place.over is None:
                if not alive:
                    self._leave_scope(run, place, copy)
                    return True
            elif len(alive) < (1 if place.sequential else run.tokens[token]):
                self._end_instances(run, place, copy, len(alive))
                return True
        return False

    def _leave_scope(self, run: _Run[World], place: Place, copy: int) -> None:
        del run.tokens[place.number + copy * self.size]
        run.agenda.append((_LEAVE, place.number, copy))

    def _end_instances(self, run: _Run[World], place: Place, copy: int, alive: int) -> None:
        token = place.number + copy * self.size
        left = run.tokens[token] - 1 if place.sequential else alive
        if not left:
            self._leave_scope(run, place, copy)
            return
        run.tokens[token] = left
        if place.sequential:
            run.agenda.append((_OPEN, place.number, self._inner(place, copy, left)))

    def _join(self, run: _Run[World]) -> bool:
        """Let one join pass, if one may: 13.4.1 for parallel, 13.4.3 for inclusive gateways."""
        for token in sorted(run.tokens):
            flow = self.places[token % self.size]
            if flow.kind != FLOW:
                continue
            join, copy = self.places[flow.target], token // self.size
            arrived = [number for number in join.joins if number + copy * self.size in run.tokens]
            if len(arrived) < len(join.joins) and (
                join.kind == FORK or self._still_coming(run, join, copy, arrived)
            ):
                continue
            for number in arrived:
                held = number + copy * self.size
                run.tokens[held] -= 1
                if not run.tokens[held]:
                    del run.tokens[held]
            run.agenda.append((_RUN, join.number, copy))
            return True
        return False

    def _still_coming(self, run: _Run[World], join: Place, copy: int, arrived: list[int]) -> bool:
        """Whether a token elsewhere can reach an empty flow, and none that is full already (13.4.3)."""
        empty = [reach for flow, reach in zip(join.joins, join.reach, strict=True) if flow not in arrived]
        full = [reach for flow, reach in zip(join.joins, join.reach, strict=True) if flow in arrived]
        for token in run.tokens:
            number = token % self.size
            place = self.places[number]
            if (
                token // self.size != copy
                or place.scope != join.scope
                or place.kind == BOUNDARY
                or place.target == join.number
            ):
                continue
            if any(number in reach for reach in empty) and not any(number in reach for reach in full):
                return True
        return False


def elements_of(net: Net, trace: Iterable[tuple[int, int, object]]) -> list[str]:
    """Return the ids of the elements passed in *trace*: scopes when they begin, all else when it is done."""
    found = []
    for what, number, _ in trace:
        place = net.places[number]
        if (what == BEGAN) == (place.kind == SCOPE):
            found.append(place.id)
    return found
