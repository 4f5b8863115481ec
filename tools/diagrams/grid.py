"""Turns grid places into pixels: boxes of nodes, lanes and pools, and the lines edges may run along.

Columns are as wide as their widest node, rows as high as their highest; between them lie gaps with room
for parallel edges (the *tracks*). Pixels are whole numbers, so that a regenerated file never flickers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.diagrams.sheet import Lane, Node, Sheet

MARGIN = 100  # left of the pools
HEADER = 30  # of a pool and of a lane
COLUMN_GAP = 44
ROW_GAP = 40
LANE_PAD = 30
TRACK = 11
PUBLIC_HEIGHT = 54
PUBLIC_DISTANCE = 86


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; *x* and *y* are its upper left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The x of the right border."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The y of the lower border."""
        return self.y + self.height

    @property
    def middle(self) -> tuple[int, int]:
        """The centre."""
        return self.x + self.width // 2, self.y + self.height // 2

    def side(self, name: str) -> tuple[int, int]:
        """Return the middle of side `l`, `r`, `t` or `b`."""
        x, y = self.middle
        return {"l": (self.x, y), "r": (self.right, y), "t": (x, self.y), "b": (x, self.bottom)}[name]

    def grown(self, by: int) -> Box:
        """Return the box with *by* more pixels on every side."""
        return Box(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def meets(self, other: Box) -> bool:
        """Say whether the two share more than a border."""
        return (
            self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom
        )

    def holds(self, other: Box) -> bool:
        """Say whether *other* lies inside."""
        return (
            self.x <= other.x
            and other.right <= self.right
            and self.y <= other.y
            and other.bottom <= self.bottom
        )


@dataclass(slots=True)
class Grid:
    """Where everything stands. *xs* and *ys* are the lines edges may follow."""

    boxes: dict[str, Box] = field(default_factory=dict)
    lanes: dict[int, Box] = field(default_factory=dict)
    pool: Box = Box(0, 0, 0, 0)
    public: Box | None = None
    xs: list[int] = field(default_factory=list)
    ys: list[int] = field(default_factory=list)


def place(sheet: Sheet) -> Grid:
    """Work out every box and every line of *sheet*."""
    grid = Grid()
    top = 80 + (PUBLIC_HEIGHT + PUBLIC_DISTANCE if sheet.public else 0)
    centres, right = _columns(sheet, grid)
    bottom = top
    for lane in sheet.lanes:
        bottom = _lane(sheet, grid, lane, centres, bottom, right)
    grid.pool = Box(MARGIN, top, right - MARGIN, bottom - top)
    if sheet.public:
        grid.public = Box(MARGIN, 80, right - MARGIN, PUBLIC_HEIGHT)
    for node in sheet.nodes.values():
        if node.host is not None:
            host = grid.boxes[node.host]
            grid.boxes[node.key] = Box(host.right - 36, host.bottom - 18, 36, 36)
            grid.xs.append(grid.boxes[node.key].middle[0])
            grid.ys.append(grid.boxes[node.key].middle[1])
    grid.xs, grid.ys = sorted(set(grid.xs)), sorted(set(grid.ys))
    return grid


def _columns(sheet: Sheet, grid: Grid) -> tuple[dict[int, int], int]:
    """Return the centre of each column and the right border; notes do not widen a column."""
    widths: dict[int, int] = {}
    for node in sheet.nodes.values():
        if node.kind != "textAnnotation":
            widths[node.column] = max(widths.get(node.column, 0), node.width)
    centres = {}
    x = MARGIN + 2 * HEADER
    for column in range(max(widths) + 1):
        gap = COLUMN_GAP + sheet.wider.get(column - 1, 0)
        grid.xs += _tracks(x, x + gap)
        x += gap
        width = widths.get(column, 0)
        centres[column] = x + width // 2
        grid.xs.append(centres[column])
        x += width
    grid.xs += _tracks(x, x + COLUMN_GAP)
    return centres, x + COLUMN_GAP


def _lane(sheet: Sheet, grid: Grid, lane: Lane, centres: dict[int, int], top: int, right: int) -> int:
    """Place one lane below *top* and return its lower border."""
    inside = [node for node in sheet.nodes.values() if node.lane == lane and node.host is None]
    rows: dict[int, int] = {}
    for node in inside:
        rows[node.row] = max(rows.get(node.row, 0), node.height)
    y = top
    for row in range(max(rows) + 1):
        gap = ROW_GAP if row else LANE_PAD
        grid.ys += _tracks(y, y + gap)
        y += gap
        height = rows.get(row, 0)
        middle = y + height // 2
        grid.ys.append(middle)
        for node in inside:
            if node.row == row:
                grid.boxes[node.key] = _centred(node, centres[node.column], middle)
        y += height
    grid.ys += _tracks(y, y + LANE_PAD)
    bottom = y + LANE_PAD
    grid.lanes[lane.number] = Box(MARGIN + HEADER, top, right - MARGIN - HEADER, bottom - top)
    return bottom


def _centred(node: Node, x: int, y: int) -> Box:
    return Box(x - node.width // 2, y - node.height // 2, node.width, node.height)


def _tracks(start: int, stop: int) -> list[int]:
    """Return evenly spread lines strictly between *start* and *stop*."""
    count = max((stop - start) // TRACK - 1, 1)
    step = (stop - start) / (count + 1)
    return [round(start + step * (number + 1)) for number in range(count)]
