"""Finds orthogonal ways for edges: around every shape, along free tracks, with few bends and crossings.

Each edge is a cheapest path on the lattice of `Grid.xs` and `Grid.ys` (A*). Two edges never share a
piece of a line unless they leave the same node or enter the same node, where a common trunk reads best.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import pairwise

from tools.diagrams.grid import Box, Grid
from tools.diagrams.sheet import Flow, Sheet

Point = tuple[int, int]
Way = list[Point]

BEND = 60
CROSSING = 90
TOUCH = 600
CLEAR = 8  # pixels kept between an edge and a foreign shape
SHARED = 0.6  # a common trunk is cheaper than a second line
_STEPS = {"r": (1, 0), "l": (-1, 0), "b": (0, 1), "t": (0, -1)}
_LEAVING = {"r": 0, "t": 40, "b": 40, "l": 260}
_ENTERING = {"l": 0, "t": 40, "b": 40, "r": 260}


class Router:
    """Routes the flows of one sheet one after the other; earlier edges keep their ways."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.blocked: set[Point] = set()
        self.used: dict[tuple[Point, str], list[Flow]] = defaultdict(list)  # lattice point, axis
        self.corners: dict[Point, list[Flow]] = defaultdict(list)
        self.outgoing: dict[tuple[str, str], int] = defaultdict(int)  # (node, side) -> edges leaving there
        self.incoming: dict[tuple[str, str], int] = defaultdict(int)
        for box in grid.boxes.values():
            self._block(box.grown(CLEAR))

    def _block(self, box: Box) -> None:
        xs, ys = self.grid.xs, self.grid.ys
        for i in range(bisect_left(xs, box.x), bisect_right(xs, box.right)):
            for j in range(bisect_left(ys, box.y), bisect_right(ys, box.bottom)):
                self.blocked.add((i, j))

    def route(self, flow: Flow) -> Way:
        """Return the way of *flow* and remember it."""
        best: tuple[float, list[Point], str, str] | None = None
        for enter in flow.enter or "ltbr":
            found = self._search(flow, enter, best[0] if best else float("inf"))
            if found and (best is None or found[0] < best[0]):
                best = (*found, enter)
        if best is None:
            raise ValueError(f"no way from {flow.source} to {flow.target}")
        _, lattice, leave, enter = best
        self.outgoing[flow.source, leave] += 1
        self.incoming[flow.target, enter] += 1
        self._remember(flow, lattice)
        xs, ys = self.grid.xs, self.grid.ys
        points = [self.grid.boxes[flow.source].side(leave)]
        points += [(xs[i], ys[j]) for i, j in lattice]
        points.append(self.grid.boxes[flow.target].side(enter))
        return straightened(points)

    def _first(self, key: str, side: str) -> Point | None:
        """Return the first free lattice point outside *side* of a node."""
        xs, ys = self.grid.xs, self.grid.ys
        x, y = self.grid.boxes[key].side(side)
        i, j = bisect_left(xs, x), bisect_left(ys, y)
        dx, dy = _STEPS[side]
        if side in "lr":
            i = bisect_right(xs, x) if dx > 0 else bisect_left(xs, x) - 1
        else:
            j = bisect_right(ys, y) if dy > 0 else bisect_left(ys, y) - 1
        own = self.grid.boxes[key].grown(CLEAR)
        while 0 <= i < len(xs) and 0 <= j < len(ys) and (i, j) in self.blocked:
            if not (own.x <= xs[i] <= own.right and own.y <= ys[j] <= own.bottom):
                return None
            i, j = i + dx, j + dy
        return (i, j) if 0 <= i < len(xs) and 0 <= j < len(ys) else None

    def _search(self, flow: Flow, enter: str, limit: float) -> tuple[float, list[Point], str] | None:
        xs, ys = self.grid.xs, self.grid.ys
        goal = self._first(flow.target, enter)
        if goal is None:
            return None
        extra = _ENTERING[enter] + 500 * self.outgoing[flow.target, enter]
        last = {"l": "r", "r": "l", "t": "b", "b": "t"}[enter]
        queue: list[tuple[float, float, Point, str]] = []
        cost: dict[tuple[Point, str], float] = {}
        before: dict[tuple[Point, str], tuple[Point, str] | None] = {}
        origin: dict[tuple[Point, str], str] = {}

        def guess(at: Point) -> float:
            return (abs(xs[at[0]] - xs[goal[0]]) + abs(ys[at[1]] - ys[goal[1]])) * SHARED

        for side in flow.leave or "rtbl":
            at = self._first(flow.source, side)
            if at is None:
                continue
            price = extra + _LEAVING[side] + 500 * self.incoming[flow.source, side]
            price += 120 * self.outgoing[flow.source, side] + self._toll(flow, at, side, side)
            cost[at, side], before[at, side], origin[at, side] = price, None, side
            heapq.heappush(queue, (price + guess(at), price, at, side))
        while queue:
            total, price, at, way = heapq.heappop(queue)
            if total >= limit:
                return None
            if price > cost[at, way]:
                continue
            if at == goal and way == last:
                path: list[Point] = []
                node: tuple[Point, str] | None = (at, way)
                while node is not None:
                    path.append(node[0])
                    first = node
                    node = before[node]
                return price, path[::-1], origin[first]
            for turn, (dx, dy) in _STEPS.items():
                if (dx, dy) == (-_STEPS[way][0], -_STEPS[way][1]):
                    continue
                to = (at[0] + dx, at[1] + dy)
                if not (0 <= to[0] < len(xs) and 0 <= to[1] < len(ys)) or to in self.blocked:
                    continue
                step = self._step(flow, at, to, way, turn)
                if step is None:
                    continue
                if to == goal and turn != last:
                    step += BEND
                new = price + step
                if new < cost.get((to, turn), float("inf")):
                    cost[to, turn], before[to, turn] = new, (at, way)
                    heapq.heappush(queue, (new + guess(to), new, to, turn))
            if at == goal and way != last and way not in _opposite(last):
                new = price
                if new < cost.get((at, last), float("inf")):
                    cost[at, last], before[at, last] = new, before[at, way]
                    if before[at, way] is None:
                        origin[at, last] = origin[at, way]
                    heapq.heappush(queue, (new, new, at, last))
        return None

    def _step(self, flow: Flow, at: Point, to: Point, way: str, turn: str) -> float | None:
        axis = "h" if turn in "lr" else "v"
        length = abs(self.grid.xs[at[0]] - self.grid.xs[to[0]]) + abs(self.grid.ys[at[1]] - self.grid.ys[to[1]])
        shared = False
        for other in self._pieces(at, to, axis):
            if not _kin(flow, other):
                return None
            shared = True
        price = length * (SHARED if shared else 1.0)
        if turn != way:
            price += BEND
            if any(not _kin(flow, other) for other in self.used[at, "h"] + self.used[at, "v"]):
                price += TOUCH
        return price + self._toll(flow, to, turn, way)

    def _pieces(self, at: Point, to: Point, axis: str) -> list[Flow]:
        return [other for other in self.used.get((min(at, to), "+" + axis), ())]

    def _toll(self, flow: Flow, at: Point, way: str, _before: str) -> float:
        """Return what crossing the edges at *at* costs."""
        across = "v" if way in "lr" else "h"
        price = 0.0
        for other in self.used.get((at, across), ()):
            price += 0 if _kin(flow, other) else CROSSING
        for other in self.corners.get(at, ()):
            price += 0 if _kin(flow, other) else TOUCH
        return price

    def _remember(self, flow: Flow, lattice: list[Point]) -> None:
        for at, to in pairwise(lattice):
            axis = "h" if at[1] == to[1] else "v"
            self.used[min(at, to), "+" + axis].append(flow)
            for point in (at, to):
                if flow not in self.used[point, axis]:
                    self.used[point, axis].append(flow)
        for point in lattice[1:-1]:
            if flow in self.used[point, "h"] and flow in self.used[point, "v"]:
                self.corners[point].append(flow)
        if len(lattice) == 1:
            self.used[lattice[0], "h"].append(flow)


def _opposite(side: str) -> str:
    return {"l": "r", "r": "l", "t": "b", "b": "t"}[side]


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
