"""Finds a free place for the name of every gateway, event and edge.

A place is good when the words cover no shape, no other words and no edge; of the good ones the nearest to
what it names wins. Widths are those of the viewer's 11-pixel font: a Chinese sign is as wide as high.
"""

from __future__ import annotations

from itertools import pairwise

from tools.diagrams.grid import Box, Grid
from tools.diagrams.route import Way
from tools.diagrams.sheet import Sheet

SIGN = 11
LINE = 14
NEAR = 220  # a label may follow its edge so far
WIDEST = 88  # viewers wrap outer labels at 90 pixels


def size(text: str) -> tuple[int, int]:
    """Return width and height of *text* as a viewer sets it."""
    length = sum(SIGN if ord(sign) > 0xFF else 6 for sign in text)
    lines = -(-length // WIDEST)
    return min(length, WIDEST) + 2, lines * LINE


class Placer:
    """Places labels one after the other; placed ones are in the way of later ones."""

    def __init__(self, grid: Grid, ways: dict[str, Way]) -> None:
        self.solid = list(grid.boxes.values())
        self.taken: list[Box] = []
        self.borders = list(grid.lanes.values())
        self.lines = [line for way in ways.values() for line in pairwise(way)]

    def put(self, text: str, places: list[tuple[int, int]]) -> Box:
        """Return the best of *places* (upper left corners) for *text* and take it."""
        width, height = size(text)
        boxes = [Box(x, y, width, height) for x, y in places]
        best = min(enumerate(boxes), key=lambda pair: (self._harm(pair[1]), pair[0]))[1]
        self.taken.append(best)
        return best

    def _harm(self, box: Box) -> int:
        harm = 1000 * sum(box.meets(other) for other in self.solid)
        harm += 1000 * sum(box.grown(1).meets(other) for other in self.taken)
        harm += 100 * sum(_crosses(box.grown(1), line) for line in self.lines)
        harm += 30 * sum(lane.y < box.bottom and box.y < lane.y for lane in self.borders)
        return harm


def _crosses(box: Box, line: tuple[tuple[int, int], tuple[int, int]]) -> bool:
    (ax, ay), (bx, by) = line
    return (
        min(ax, bx) < box.right
        and box.x < max(ax, bx) + 1
        and min(ay, by) < box.bottom
        and box.y < max(ay, by) + 1
    )


def place_labels(sheet: Sheet, grid: Grid, ways: dict[str, Way]) -> dict[str, Box]:
    """Return the label box of every named event, gateway and flow, by key."""
    placer = Placer(grid, ways)
    found: dict[str, Box] = {}
    for flow in sheet.flows:
        if flow.name:
            siblings = [
                ways[other.key] for other in sheet.flows if other.source == flow.source and other != flow
            ]
            own = _own_part(ways[flow.key], siblings)
            trunk = own[0] != ways[flow.key][0]
            found[flow.key] = placer.put(flow.name, _along(own, *size(flow.name), trunk=trunk))
    for node in sheet.nodes.values():
        if node.name and ("Event" in node.kind or "Gateway" in node.kind):
            found[node.key] = placer.put(node.name, _around(grid.boxes[node.key], *size(node.name)))
    return found


def _own_part(way: Way, siblings: list[Way]) -> Way:
    """Return *way* without the trunk it shares with edges from the same node."""
    start = 0
    cut = way[0]
    for sibling in siblings:
        for number, (a, b) in enumerate(pairwise(way)):
            shared = _common(a, b, sibling)
            if shared is None:
                break
            if (number, _far(a, shared)) > (start, _far(way[start], cut)):
                start, cut = number, shared
    rest = way[start + 1 :]
    return [cut, *rest] if rest and cut != rest[0] else rest if len(rest) > 1 else way


def _common(a: tuple[int, int], b: tuple[int, int], sibling: Way) -> tuple[int, int] | None:
    """Return the end of what the line from *a* to *b* shares with *sibling*, running the same way."""
    best = None
    for c, d in pairwise(sibling):
        for axis in (0, 1):
            if a[axis] == b[axis] == c[axis] == d[axis] and a[1 - axis] != b[1 - axis]:
                sign = 1 if b[1 - axis] > a[1 - axis] else -1
                if sign * (d[1 - axis] - c[1 - axis]) <= 0 or sign * (c[1 - axis] - a[1 - axis]) > 0:
                    continue
                end = sign * min(sign * b[1 - axis], sign * d[1 - axis])
                if sign * (end - a[1 - axis]) > 0:
                    best = (a[0], end) if axis == 0 else (end, a[1])
    return best


def _far(a: tuple[int, int], b: tuple[int, int]) -> int:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _around(box: Box, width: int, height: int) -> list[tuple[int, int]]:
    x, y = box.middle
    left, right = box.x - width - 3, box.right + 3
    middle = x - width // 2
    places = [(middle, box.bottom + 3), (middle, box.y - height - 3)]
    for shift in (4, 10, 18):
        places += [
            (x - width - shift, box.bottom - 6),
            (x - width - shift, box.y - height + 6),
            (x + shift, box.y - height + 6),
            (x + shift, box.bottom - 6),
        ]
    places += [(right, y + 4), (left, y + 4), (right, y - height - 4), (left, y - height - 4)]
    places += [(middle + shift, box.bottom + 3) for shift in (20, -20, 40, -40)]
    places += [(middle + shift, box.y - height - 3) for shift in (20, -20, 40, -40)]
    return places


def _along(way: Way, width: int, height: int, *, trunk: bool) -> list[tuple[int, int]]:
    """Return places beside *way*, nearest to its beginning first; one that leaves a *trunk* keeps off it."""
    lines = list(pairwise(way))
    if (
        trunk
        and len(lines) > 1
        and lines[0][0][0] == lines[0][1][0]
        and max(_far(*line) for line in lines[:2]) < NEAR
    ):
        lines = lines[1:] + lines[:1]
    places: list[tuple[int, int]] = []
    for (ax, ay), (bx, by) in lines:
        if ay == by:
            near = ax + 3 if bx > ax else ax - width - 3
            far = bx - width - 6 if bx > ax else bx + 6
            for x in (near, (ax + bx - width) // 2, far):
                places += [(x, ay - height - 2), (x, ay + 3)]
        else:
            off = 18 if trunk else 3
            near = ay + off if by > ay else ay - height - off
            centre = (ay + by - height) // 2
            for y in (near, *range(near, centre, 12 if by > ay else -12), centre):
                places += [(ax + 4, y), (ax - width - 4, y)]
    return places
