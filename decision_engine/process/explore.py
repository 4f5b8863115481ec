"""Walks the token game through everything that can happen, and no further than needed.

Independent branches are not interleaved. Where one component (a waiting activity with its boundary
events) can neither disturb nor be disturbed by anything that can happen while it rests, only its moves
are taken: the other orders lead to the same places and show the same things (a persistent set). A
loop that could hold the others up for ever is found afterwards, and they are let in.

What counts as *seen* is said by `Effects`: bits that a place reads or writes. Without bits only the shape
of the diagram counts, and twelve branches of three tasks are thirty-six steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from decision_engine.process.net import (
    BOUNDARY,
    CHOICE,
    END,
    FLOW,
    OUTERMOST,
    SCOPE,
    TASK,
    TERMINATE,
    THROW,
    WAIT,
    Net,
    Place,
)
from decision_engine.process.semantics import Game, Marking, Move, Outcome, elements_of

World = TypeVar("World")

MAX_MOVES = 15_000  # well beyond ten times the shipped procedure; about half a second
MAX_WIDTH = 400  # tokens at once


class TooLarge(Exception):
    """The bound on positions was hit: nothing is proved."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Bits that something writes to 1, writes to 0, or needs (reads)."""

    gen: int = 0
    kill: int = 0
    need: int = 0

    def __or__(self, other: Effects) -> Effects:
        return Effects(self.gen | other.gen, self.kill | other.kill, self.need | other.need)

    def disturbs(self, other: Effects) -> bool:
        """Whether the order of the two can be noticed."""
        return bool(
            self.gen & (other.kill | other.need)
            | self.kill & (other.gen | other.need)
            | self.need & (other.gen | other.kill)
        )


NOTHING = Effects()


@dataclass(frozen=True, slots=True)
class _Spread:
    """Where tokens can come (as bits), what may be noticed there, and the scopes whose ends are among it."""

    places: int = 0
    effects: Effects = NOTHING
    ended: frozenset[int] = frozenset()

    def and_(self, other: _Spread) -> _Spread:
        return _Spread(self.places | other.places, self.effects | other.effects, self.ended | other.ended)


@dataclass(slots=True)
class Edge(Generic[World]):
    """One move from a node of the graph to another (or to an end of its own: *outcome* tells)."""

    source: int
    target: int
    outcome: Outcome[World]


@dataclass(slots=True)
class Graph(Generic[World]):
    """All that was found. Node 0 is before the start; *parent* leads back along a shortest way."""

    net: Net
    nodes: list[tuple[Marking, World]] = field(default_factory=list)
    edges: list[Edge[World]] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)  # edge by which a node was first reached, or -1

    def path(self, edge: int, until: int | None = None) -> list[str]:
        """Return the element ids of a run that ends with *edge* (its first *until* happenings)."""
        steps = [edge]
        while (before := self.parent[self.edges[steps[-1]].source]) >= 0:
            steps.append(before)
        found: list[str] = []
        for step in reversed(steps):
            trace = self.edges[step].outcome.trace
            found += elements_of(self.net, trace if until is None or step != edge else trace[:until])
        return found


class Explorer(Generic[World]):
    """Explores *game*. *keep* reduces what is known after a move to what can still matter."""

    def __init__(
        self,
        game: Game[World],
        keep: Callable[[Outcome[World]], World],
        effects: Callable[[Place], Effects] = lambda _: NOTHING,
    ) -> None:
        self.game, self.net, self.keep = game, game.net, keep
        self.effects = [effects(place) for place in self.net.places]
        self._spreads: dict[int, _Spread] = {}
        self._joins = [
            (place, sum(1 << flow for flow in place.joins)) for place in self.net.places if place.joins
        ]
        self._ends = [place for place in self.net.places if place.kind == TERMINATE]
        self._signals = sum(1 << place.number for place in self.net.places if place.trigger == "signal")
        self._sides: dict[int, frozenset[int]] = {}
        self._footprints: dict[int, Effects] = {}
        self._ending: set[int] = set()  # moves from here may end a whole scope at once
        self._chosen: dict[Marking, tuple[list[Move], list[Move]]] = {}
        self._main: frozenset[int] | None = None
        self.graph: Graph[World] = Graph(self.net)
        self._node = 0
        self._most = MAX_MOVES

    def history(self) -> list[str]:
        """Return the run to the node that was being explored when the game raised."""
        before = self.graph.parent[self._node] if self.graph.parent else -1
        return self.graph.path(before) if before >= 0 else []

    def explore(self, world: World, most: int | None = None) -> Graph[World]:
        """Return the graph from the start; raises `TooLarge`, and what the game raises.

        What was found until then stays in *graph*.
        """
        self._most = most or MAX_MOVES
        graph: Graph[World] = Graph(self.net, [((), world)], [], [-1])
        self.graph, self._node = graph, 0
        self._known: dict[tuple[Marking, World], int] = {}
        queue = deque(self._add(0, self.game.begin(world)))
        postponed: dict[int, list[Move]] = {}
        while queue:
            while queue:
                node = self._node = queue.popleft()
                marking, now = graph.nodes[node]
                moves, few = self._moves(marking)
                if len(few) < len(moves):
                    postponed[node] = [move for move in moves if move not in few]
                for move in few:
                    queue += self._add(node, self.game.fire(marking, move, now))
            held_up = self._held_up(graph, postponed)
            if held_up is not None:
                marking, now = graph.nodes[held_up]
                for move in postponed.pop(held_up):
                    queue += self._add(held_up, self.game.fire(marking, move, now))
        return graph

    def _add(self, source: int, outcomes: Iterable[Outcome[World]]) -> list[int]:
        """Draw edges from *source* and return the nodes that are new."""
        graph, fresh = self.graph, []
        for outcome in outcomes:
            target = -1
            if not outcome.spins and outcome.stuck < 0:
                state = (outcome.marking, self.keep(outcome))
                found = self._known.get(state)
                if found is None:
                    found = self._known[state] = len(graph.nodes)
                    graph.nodes.append(state)
                    graph.parent.append(len(graph.edges))
                    fresh.append(found)
                    if len(outcome.marking) > MAX_WIDTH:
                        raise TooLarge
                target = found
            graph.edges.append(Edge(source, target, outcome))
        if len(graph.edges) > self._most:
            raise TooLarge
        return fresh

    @staticmethod
    def _held_up(graph: Graph[World], postponed: dict[int, list[Move]]) -> int | None:
        """Return a node from which one loop could hold up all other moves for ever, if there is one.

        From everywhere a node must be reachable at which nothing was postponed.
        """
        if not postponed:
            return None
        before: list[list[int]] = [[] for _ in graph.nodes]
        for edge in graph.edges:
            if edge.target >= 0:
                before[edge.target].append(edge.source)
        fair = [node not in postponed for node in range(len(graph.nodes))]
        todo = [node for node, is_fair in enumerate(fair) if is_fair]
        while todo:
            for source in before[todo.pop()]:
                if not fair[source]:
                    fair[source] = True
                    todo.append(source)
        return next((node for node, is_fair in enumerate(fair) if not is_fair), None)

    def _moves(self, marking: Marking) -> tuple[list[Move], list[Move]]:
        """Return all moves from *marking*, and those that are enough to take now."""
        found = self._chosen.get(marking)
        if found is None:
            moves = self._allowed(marking)
            found = self._chosen[marking] = (moves, self._few(marking, moves))
        return found

    # -- which moves ------------------------------------------------------------------------------------------

    def _allowed(self, marking: Marking) -> list[Move]:
        """Leave out a second occurrence of a side event while the first is being handled: it is a copy."""
        moves = self.game.enabled(marking)
        size, places = self.game.size, self.net.places
        if all(move.token < 0 or places[move.token % size].interrupting for move in moves):
            return moves
        standing = {token % size for token, _ in marking}
        return [
            move
            for move in moves
            if move.token < 0
            or places[move.token % size].interrupting
            or not standing & self._side(move.token % size)
        ]

    def _few(self, marking: Marking, moves: list[Move]) -> list[Move]:
        """Return the moves of one component that nothing else can disturb, or all moves."""
        if len(moves) <= 1:
            return moves
        size, places = self.game.size, self.net.places
        if any(move.what == "signal" for move in moves):
            return moves
        groups: dict[int, list[Move]] = {}
        for move in moves:
            place = places[move.token % size]
            lead = place.host if place.kind == BOUNDARY else min(place.rivals, default=place.number)
            groups.setdefault(lead, []).append(move)
        if len(groups) == 1:
            return moves
        standing = [token % size for token, _ in marking]
        for lead, group in groups.items():
            if places[lead].kind == SCOPE:
                continue  # boundary events of a scope: taken along with what is inside
            if self._undisturbed(lead, group, standing):
                above = self._above(lead)
                return group + [
                    move
                    for move in moves
                    if places[move.token % size].kind == BOUNDARY and places[move.token % size].host in above
                ]
        return moves

    def _above(self, number: int) -> set[int]:
        found, scope = set(), self.net.places[number].scope
        while scope != OUTERMOST:
            found.add(scope)
            scope = self.net.places[scope].scope
        return found

    def _undisturbed(self, lead: int, group: list[Move], standing: list[int]) -> bool:
        """Whether nothing that can happen while *lead* rests could notice its moves, or be noticed by them."""
        places, size = self.net.places, self.game.size
        mine = NOTHING
        for move in group:
            mine |= self._footprint(move.token % size)
            if move.token % size in self._ending:
                return False  # it takes the others' tokens away
        own = sum(1 << number for number in (lead, *places[lead].rivals, *places[lead].boundaries))
        above = self._above(lead)
        others = [
            number
            for number in standing
            if not own >> number & 1
            and number not in above
            and not (places[number].kind == BOUNDARY and places[number].host in above)
        ]
        reached = self._reached(others, lead, above)
        if reached.places & (own | self._signals):
            return False
        if any(reached.places >> number & 1 for number in self._terminates(above)):
            return False
        return not mine.disturbs(reached.effects)

    def _reached(self, standing: Iterable[int], frozen: int, above: set[int]) -> _Spread:
        """Return where the tokens at *standing* can come while *frozen* and its scopes rest."""
        reached = _Spread()
        for number in standing:
            reached = reached.and_(self._spread(number))
        held = {frozen, *above}
        fired: set[int] = set()
        while True:
            more = [number for number in self._passing(reached, held) if number not in fired]
            if not more:
                return reached
            fired.update(more)
            for number in more:
                place = self.net.places[number]
                # a join that passes, or the end of a scope that lets its activity's token go on
                for exit_ in place.exits if place.kind == SCOPE else (number,):
                    reached = reached.and_(self._spread(exit_))

    def _passing(self, reached: _Spread, held: set[int]) -> Iterator[int]:
        for join, flows in self._joins:
            here = flows & reached.places
            if not here:
                continue
            if join.kind == CHOICE:
                if not any(held & reach for reach in join.reach):
                    yield join.number
            elif here == flows:
                yield join.number
        for scope in reached.ended:
            if scope not in held:
                yield scope

    def _terminates(self, above: set[int]) -> list[int]:
        """Return the terminating ends that would take away a token in the innermost scope of *above*."""
        return [place.number for place in self._ends if place.scope == OUTERMOST or place.scope in above]

    def _spread(self, number: int) -> _Spread:
        """Return where one token can come by itself: up to joins, and to the ends of its scope."""
        found = self._spreads.get(number)
        if found is None:
            places, seen, todo = self.net.places, 0, [number]
            effects, ended = NOTHING, set()
            while todo:
                at = todo.pop()
                if seen >> at & 1:
                    continue
                seen |= 1 << at
                place = places[at]
                effects |= self.effects[at]
                if place.kind == FLOW:
                    if not places[place.target].joins:
                        todo.append(place.target)
                elif place.kind in (END, TERMINATE):
                    if place.scope != OUTERMOST:
                        ended.add(place.scope)
                elif place.kind == SCOPE:
                    todo += [place.start, *place.boundaries, *place.exits]
                else:
                    todo += [*place.exits, *place.boundaries]
            found = self._spreads[number] = _Spread(seen, effects, frozenset(ended))
        return found

    def _footprint(self, number: int) -> Effects:
        """Return what can be noticed of a move from *number*, until all rests again."""
        found = self._footprints.get(number)
        if found is None:
            found, seen, todo = self.effects[number], {number}, list(self.net.places[number].exits)
            while todo:
                at = todo.pop()
                if at in seen:
                    continue
                seen.add(at)
                place = self.net.places[at]
                found |= self.effects[at]
                if place.kind == FLOW:
                    todo.append(place.target)
                elif place.kind in (END, TERMINATE):
                    if place.kind == TERMINATE:
                        self._ending.add(number)
                    if place.scope != OUTERMOST:
                        found |= self.effects[place.scope]
                        todo += self.net.places[place.scope].exits
                elif place.kind == SCOPE:
                    todo.append(place.start)
                elif place.kind not in (TASK, WAIT):
                    todo += place.exits
                if place.kind == THROW and place.trigger == "signal":
                    found |= Effects(~0, ~0, ~0)
            self._footprints[number] = found
        return found

    # -- side branches -------------------------------------------------------------------------------------------

    def _side(self, boundary: int) -> frozenset[int]:
        """Return the places a non-interrupting boundary event leads to; none if it comes back to the main way."""
        if boundary not in self._sides:
            reached = self._from(boundary)
            self._sides[boundary] = frozenset() if reached & self.main() else reached - {boundary}
        return self._sides[boundary]

    def main(self) -> frozenset[int]:
        """Return the places that can be reached without any non-interrupting boundary event."""
        if self._main is None:
            self._main = self._from(self.net.start, main=True)
        return self._main

    def _from(self, number: int, *, main: bool = False) -> frozenset[int]:
        places, seen, todo = self.net.places, set(), [number]
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            place = places[at]
            todo += place.exits
            todo += [one for one in place.boundaries if not main or places[one].interrupting]
            todo += [one for one in (place.target, place.start) if one >= 0]
        return frozenset(seen)
