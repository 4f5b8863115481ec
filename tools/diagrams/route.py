"""Finds orthogonal ways for edges: around every shape, along free tracks, with few bends and crossings.

Each edge is a cheapest path on the lattice of `Grid.xs` and `Grid.ys` (A*). Two edges never share a
piece of a line unless they leave the same node or enter the same node, where a common trunk reads best.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import inf

from tools.diagrams.grid import Box, Grid
from tools.diagrams.sheet import Flow, Sheet

Point = tuple[int, int]
Way = list[Point]
State = tuple[Point, str]  # a lattice point and the way one is heading

BEND = 60
CROSSING = 90
TOUCH = 600
CLEAR = 8  # pixels kept between an edge and a foreign shape
SHARED = 0.6  # running into a trunk that leads to the same node is cheaper than a second line
ARROW = 16  # pixels an edge runs straight into its target, if there is room
_STEPS = {"r": (1, 0), "l": (-1, 0), "b": (0, 1), "t": (0, -1)}
_OPPOSITE = {"l": "r", "r": "l", "t": "b", "b": "t"}
_LEAVING = {"r": 0, "t": 40, "b": 40, "l": 260}  # what a side costs: diagrams read from left to right
_ENTERING = {"l": 0, "t": 40, "b": 40, "r": 260}
_AGAINST = 500  # leaving where others enter, or entering where others leave
_AGAIN = 120  # leaving where another edge left before


class Router:
    """Routes the flows of one sheet one after the other; earlier edges keep their ways."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._blocked: set[Point] = set()
        self._pieces: dict[tuple[Point, str], list[Flow]] = defaultdict(list)  # from a point to the next
        self._passing: dict[tuple[Point, str], list[Flow]] = defaultdict(list)  # through a point, by axis
        self._corners: dict[Point, list[Flow]] = defaultdict(list)
        self._left: dict[tuple[str, str], int] = defaultdict(int)  # (node, side) -> edges leaving there
        self._entered: dict[tuple[str, str], int] = defaultdict(int)
        for box in grid.boxes.values():
            self._block(box.grown(CLEAR))

    def _block(self, box: Box) -> None:
        xs, ys = self._grid.xs, self._grid.ys
        for i in range(bisect_left(xs, box.x), bisect_right(xs, box.right)):
            for j in range(bisect_left(ys, box.y), bisect_right(ys, box.bottom)):
                self._blocked.add((i, j))

    def route(self, flow: Flow) -> Way:
        """Return the way of *flow* and remember it; ValueError if it is walled in."""
        found = [self._search(flow, enter) for enter in flow.enter or "ltbr"]
        possible = [one for one in found if one is not None]
        if not possible:
            raise ValueError(f"no way from {flow.source} to {flow.target}")
        _, path, enter = min(possible, key=lambda one: one[0])
        leave = path[0][1]
        self._left[flow.source, leave] += 1
        self._entered[flow.target, enter] += 1
        self._remember(flow, path)
        points = [self._grid.boxes[flow.source].side(leave)]
        points += [(self._grid.xs[i], self._grid.ys[j]) for (i, j), _ in path]
        points.append(self._grid.boxes[flow.target].side(enter))
        return straightened(points)

    def _search(self, flow: Flow, enter: str) -> tuple[float, list[State], str] | None:
        last = self._outside(flow.target, enter, ARROW)
        if last is None:
            return None
        starts: dict[State, float] = {}
        for side in flow.leave or "rtbl":
            first = self._outside(flow.source, side)
            if first is not None:
                price = _LEAVING[side] + _AGAINST * self._entered[flow.source, side]
                price += _AGAIN * self._left[flow.source, side]
                starts[first, side] = price + self._crossing(flow, first, side)
        found = self._cheapest(flow, starts, (last, _OPPOSITE[enter]))
        if found is None:
            return None
        cost, path = found
        return cost + _ENTERING[enter] + _AGAINST * self._left[flow.target, enter], path, enter

    def _outside(self, key: str, side: str, distance: int = 0) -> Point | None:
        """Return the first free lattice point outside *side* of a node, at *distance* if that is free too."""
        xs, ys = self._grid.xs, self._grid.ys
        own = self._grid.boxes[key].grown(CLEAR)
        x, y = self._grid.boxes[key].side(side)
        dx, dy = _STEPS[side]
        i, j = bisect_left(xs, x), bisect_left(ys, y)
        found = None
        while 0 <= i < len(xs) and 0 <= j < len(ys):
            inside = own.x <= xs[i] <= own.right and own.y <= ys[j] <= own.bottom
            if (i, j) not in self._blocked:
                found = i, j
                if abs(xs[i] - x) + abs(ys[j] - y) >= distance:
                    break
            elif not inside:
                break
            i, j = i + dx, j + dy
        return found

    def _cheapest(
        self, flow: Flow, starts: dict[State, float], goal: State
    ) -> tuple[float, list[State]] | None:
        """Return cost and states of the cheapest path (A*; the guess never exceeds the true rest)."""
        xs, ys = self._grid.xs, self._grid.ys
        goal_x, goal_y = xs[goal[0][0]], ys[goal[0][1]]

        def guess(state: State) -> float:
            (i, j), _ = state
            return (abs(xs[i] - goal_x) + abs(ys[j] - goal_y)) * SHARED

        cost = dict(starts)
        before: dict[State, State] = {}
        queue = [(price + guess(state), price, state) for state, price in starts.items()]
        heapq.heapify(queue)
        while queue:
            _, price, state = heapq.heappop(queue)
            if price > cost[state]:
                continue
            if state == goal:
                path = [state]
                while path[-1] in before:
                    path.append(before[path[-1]])
                return price, path[::-1]
            for to, step in self._moves(flow, state):
                if price + step < cost.get(to, inf):
                    cost[to], before[to] = price + step, state
                    heapq.heappush(queue, (price + step + guess(to), price + step, to))
        return None

    def _moves(self, flow: Flow, state: State) -> Iterator[tuple[State, float]]:
        """Yield the next states: one lattice point ahead, or a turn on the spot."""
        at, heading = state
        here = self._passing.get((at, "h"), []) + self._passing.get((at, "v"), [])
        turning = BEND + (0 if all(_kin(flow, other) for other in here) else TOUCH)
        for turn in "tb" if heading in "lr" else "lr":
            yield (at, turn), turning
        dx, dy = _STEPS[heading]
        to = (at[0] + dx, at[1] + dy)
        if not (0 <= to[0] < len(self._grid.xs) and 0 <= to[1] < len(self._grid.ys)) or to in self._blocked:
            return
        others = self._pieces.get((min(at, to), _axis(heading)), ())
        if not all(_kin(flow, other) for other in others):
            return
        length = abs(self._grid.xs[at[0]] - self._grid.xs[to[0]])
        length += abs(self._grid.ys[at[1]] - self._grid.ys[to[1]])
        joining = any(other.target == flow.target for other in others)
        yield (to, heading), length * (SHARED if joining else 1) + self._crossing(flow, to, heading)

    def _crossing(self, flow: Flow, at: Point, heading: str) -> float:
        """Return what it costs to pass *at*, where other edges cross or bend."""
        across = "v" if heading in "lr" else "h"
        crossed = sum(not _kin(flow, other) for other in self._passing.get((at, across), ()))
        touched = sum(not _kin(flow, other) for other in self._corners.get(at, ()))
        return CROSSING * crossed + TOUCH * touched

    def _remember(self, flow: Flow, path: list[State]) -> None:
        for (at, heading), (to, next_heading) in pairwise(path):
            if at == to:
                self._corners[at].append(flow)
            else:
                self._pieces[min(at, to), _axis(next_heading)].append(flow)
            self._passing[at, _axis(heading)].append(flow)
        at, heading = path[-1]
        self._passing[at, _axis(heading)].append(flow)


def _axis(heading: str) -> str:
    return "h" if heading in "lr" else "v"


def _kin(one: Flow, other: Flow) -> bool:
    return one.source == other.source or one.target == other.target


def straightened(points: Way) -> Way:
    """Drop points that repeat or lie on a straight line between their neighbours."""
    way: Way = []
    for point in points:
        if way and way[-1] == point:
            continue
        if len(way) > 1 and (way[-2][0] == way[-1][0] == point[0] or way[-2][1] == way[-1][1] == point[1]):
            way[-1] = point
            continue
        way.append(point)
    return way


def ways(sheet: Sheet, grid: Grid) -> dict[str, Way]:
    """Route all flows of *sheet*: short ones first, for they have the least choice."""
    router = Router(grid)
    order = sorted(sheet.flows, key=lambda flow: _distance(grid, flow))
    return {flow.key: router.route(flow) for flow in order}


def _distance(grid: Grid, flow: Flow) -> int:
    (ax, ay), (bx, by) = grid.boxes[flow.source].middle, grid.boxes[flow.target].middle
    return abs(ax - bx) + abs(ay - by)
