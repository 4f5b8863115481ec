"""How a deployment is drawn: boxes, lines and names as its BPMN DI says, as plain values.

Guarantees: reads files of any origin (safely, `xml.parse`); coordinates are finite and bounded; what has no place on
its sheet, or names nothing, is left out. One file is one sheet. Nothing here says what a shape means to the law.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any

from decision_engine.process.dialect import DRAWING, MODEL
from decision_engine.process.xml import parse

_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DI = "http://www.omg.org/spec/DD/20100524/DI"
_FARTHEST = 1_000_000.0
_LINES = ("sequenceFlow", "messageFlow", "association", "dataInputAssociation", "dataOutputAssociation")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the units of the diagram; y grows downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower edge."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Shape:
    """A drawn element. *kind* is BPMN's local name; *event* the local name of its event definition, if any."""

    id: str
    kind: str
    name: str
    box: Box
    label: Box | None = None
    event: str | None = None
    calls: str | None = None  # call activities: id of the called process
    black_box: bool = False  # a participant with no process of its own
    interrupting: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn connection with two points or more; *kind* is BPMN's local name."""

    id: str
    kind: str
    name: str
    points: tuple[tuple[float, float], ...]
    label: Box | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file: what it draws, in document order, and the box around all of it."""

    file: str
    name: str
    processes: tuple[str, ...]
    shapes: tuple[Shape, ...]
    lines: tuple[Line, ...]
    box: Box


def sheets(files: Mapping[str, bytes]) -> tuple[Sheet, ...]:
    """Return a sheet for each of *files* (name -> bytes), in their order; raises `Refused` as `read` does."""
    return tuple(_sheet(name, data) for name, data in files.items())


@lru_cache(maxsize=64)
def _sheet(file: str, data: bytes) -> Sheet:
    root = parse(file, data)
    known = {element.get("id"): element for element in root.iter(f"{{{MODEL}}}*") if element.get("id")}
    shapes = [
        shape for drawn in root.iter(f"{{{DRAWING}}}BPMNShape") if (shape := _shape(drawn, known)) is not None
    ]
    lines = [
        line for drawn in root.iter(f"{{{DRAWING}}}BPMNEdge") if (line := _line(drawn, known)) is not None
    ]
    processes = root.findall(f"{{{MODEL}}}process")
    return Sheet(
        file,
        next((one.get("name") for one in processes if one.get("name")), file),
        tuple(one.get("id", "") for one in processes),
        tuple(shapes),
        tuple(lines),
        _around(shapes, lines),
    )


def _shape(drawn: Any, known: Mapping[str, Any]) -> Shape | None:
    element, box = known.get(drawn.get("bpmnElement")), _box(drawn)
    if element is None or box is None:
        return None
    kind = _local(element)
    events = (_local(one) for one in element if _local(one).endswith("EventDefinition"))
    name = element.get("name") or ""
    if kind == "textAnnotation":
        name = " ".join(one.text or "" for one in element.iter(f"{{{MODEL}}}text"))
    return Shape(
        element.get("id"),
        kind,
        name.strip(),
        box,
        _label(drawn),
        next(events, None),
        element.get("calledElement") if kind == "callActivity" else None,
        kind == "participant" and element.get("processRef") is None,
        element.get("cancelActivity") != "false",
    )


def _line(drawn: Any, known: Mapping[str, Any]) -> Line | None:
    element = known.get(drawn.get("bpmnElement"))
    if element is None or _local(element) not in _LINES:
        return None
    points = []
    for place in drawn.iter(f"{{{_DI}}}waypoint"):
        x, y = _number(place.get("x")), _number(place.get("y"))
        if x is not None and y is not None:
            points.append((x, y))
    if len(points) < 2:  # noqa: PLR2004  a line has two ends
        return None
    name = (element.get("name") or "").strip()
    return Line(element.get("id"), _local(element), name, tuple(points), _label(drawn))


def _label(drawn: Any) -> Box | None:
    label = drawn.find(f"{{{DRAWING}}}BPMNLabel")
    return None if label is None else _box(label)


def _box(drawn: Any) -> Box | None:
    bounds = drawn.find(f"{{{_DC}}}Bounds")
    if bounds is None:
        return None
    numbers = [_number(bounds.get(key)) for key in ("x", "y", "width", "height")]
    x, y, width, height = numbers
    if x is None or y is None or width is None or height is None or width < 0 or height < 0:
        return None
    return Box(x, y, width, height)


def _number(text: str | None) -> float | None:
    """Return a coordinate, or None where there is none that could be drawn."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if isfinite(number) and abs(number) <= _FARTHEST else None


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _around(shapes: Iterable[Shape], lines: Iterable[Line]) -> Box:
    corners = [corner for one in shapes for box in (one.box, one.label) if box for corner in _corners(box)]
    corners += [point for one in lines for point in one.points]
    corners += [corner for one in lines if one.label for corner in _corners(one.label)]
    if not corners:
        return Box(0, 0, 100, 100)
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    return Box(left, top, max(x for x, _ in corners) - left, max(y for _, y in corners) - top)


def _corners(box: Box) -> tuple[tuple[float, float], tuple[float, float]]:
    return (box.x, box.y), (box.right, box.bottom)
