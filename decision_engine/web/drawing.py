"""The diagram of a case as an SVG drawn on the server: for paper, for readers without JavaScript, for tests.

Guarantees: no style, script or address inside; every text is escaped; every element has a title that says its name
and how it stands; the marks are those of the diagram on the screen (frontend/src/diagram.js): a word, a shape and
a colour each. Sizes are the diagram's own units.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from decision_engine.language import Text
from decision_engine.process.picture import Box, Line, Shape, Sheet

MARGIN = 16
_SIZE, _SMALL, _BADGE = 14, 13, 13  # of letters
_LABELS = (13, 12, 11)  # of a name beside its element: as large as its box allows; editors set boxes for 11
_LEADING = 1.3
_LANE = 30  # the band of a lane's name
_NARROW = 0.55  # a Latin letter's width, a Chinese one being 1

TODO, DONE, ACTIVE, LATE, FAULT = "todo", "done", "active", "late", "fault"
HEAT = ("heat1", "heat2", "heat3", "heat4", "heat5")

_REMARKS = ("textAnnotation", "dataObjectReference", "dataStoreReference", "group")
"""What is drawn for readers and never begun or done."""

WORDS: Mapping[str, Text] = {
    TODO: Text("未开始", "not begun"),
    DONE: Text("已完成", "done"),
    ACTIVE: Text("办理中", "in hand"),
    LATE: Text("超期", "late"),
    FAULT: Text("有问题", "faulty"),
    **{one: Text(f"第{place}级", f"level {place}") for place, one in enumerate(HEAT, start=1)},
}

_LOOKS: Mapping[str, tuple[str, str, float]] = {  # fill, stroke, stroke's width
    TODO: ("#ffffff", "#5b6b7d", 1.5),
    DONE: ("#e7f5ec", "#1b6e40", 1.8),
    ACTIVE: ("#e3eefb", "#184b87", 3),
    LATE: ("#fdecea", "#b3261e", 3),
    FAULT: ("#fff5df", "#7a5000", 3),
    HEAT[0]: ("#fff7e6", "#7a5000", 1.2),
    HEAT[1]: ("#ffe7ba", "#7a5000", 1.8),
    HEAT[2]: ("#ffd18a", "#7a4300", 2.4),
    HEAT[3]: ("#fbb45f", "#753400", 3.2),
    HEAT[4]: ("#f2934a", "#702000", 4),
}
_TAKEN, _UNTAKEN, _INK, _QUIET = "#1b6e40", "#8d9bab", "#1a2632", "#495867"
_FONT = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"


@dataclass(frozen=True, slots=True)
class Mark:
    """How an element stands: *state* is one of `WORDS`; *badge* a few words at its corner, *who* at its foot."""

    state: str = TODO
    badge: str = ""
    who: str = ""


def draw(
    sheet: Sheet,
    marks: Mapping[str, Mark] | None = None,
    taken: Collection[str] = (),
    *,
    title: str = "",
    language: str = "zh",
) -> Markup:
    """Return *sheet* as an SVG element; *marks* by element id, *taken* the ids of the flows that were gone."""
    drawing = _Drawing(marks or {}, frozenset(taken), language)
    box = sheet.box
    frame = f"{box.x - MARGIN:g} {box.y - MARGIN:g} {box.width + 2 * MARGIN:g} {box.height + 2 * MARGIN:g}"
    pools = [drawing.pool(one) for one in sheet.shapes if one.kind in _POOLS]
    lines = [drawing.line(one) for one in sheet.lines]
    nodes = [drawing.node(one) for one in sheet.shapes if one.kind not in _POOLS]
    name = escape(title or sheet.name)
    parts = "".join((*pools, *lines, *nodes))
    return Markup(  # noqa: S704  everything above is numbers, own words, or escaped
        f'<svg xmlns="http://www.w3.org/2000/svg" class="drawn" viewBox="{frame}" role="img" aria-label="{name}" '
        f'font-family="{_FONT}"><defs>{_ARROWS}</defs>{parts}</svg>'
    )


def lines_of(text: str, width: float, size: float) -> list[str]:
    """Break *text* into lines of about equal length that fit *width* at letters of *size*."""
    broken: list[str] = []
    for part in text.splitlines() or [""]:
        room = max(1.0, width / size)
        count = max(1, -(-_width(part) // room))
        broken.extend(_cut(part, _width(part) / count))
    return broken


def _width(text: str) -> float:
    return sum(1 if ord(sign) > 0x2E80 else _NARROW for sign in text)  # noqa: PLR2004  where CJK begins


def _cut(text: str, room: float) -> list[str]:
    rows, row, used = [], "", 0.0
    for sign in text:
        used += _width(sign)
        if row and used > room + 0.6:
            rows.append(row.strip())
            row, used = "", _width(sign)
        row += sign
    return [*rows, row.strip()]


_POOLS = ("participant", "lane")
_ARROWS = "".join(
    f'<marker id="arrow-{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="11" markerHeight="11" '
    f'markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0L10 5L0 10Z" fill="{colour}"/></marker>'
    for name, colour in (("taken", _TAKEN), ("untaken", _UNTAKEN))
)


@dataclass(frozen=True, slots=True)
class _Drawing:
    marks: Mapping[str, Mark]
    taken: frozenset[str]
    language: str

    def pool(self, shape: Shape) -> str:
        """Return a participant or a lane with its name along its left edge."""
        box = shape.box
        fill, stroke = ("#fff9ee", "#cfa956") if shape.black_box else ("#fbfcfe", "#a8b6c6")
        frame = _rect(box, fill, stroke, 1.2)
        if shape.black_box:
            return f"<g>{frame}{_text(box.x + box.width / 2, box.y + box.height / 2, [shape.name], 15)}</g>"
        middle = f"translate({box.x + _LANE / 2:g} {box.y + box.height / 2:g}) rotate(-90)"
        return (
            f'<g>{frame}<path d="M{box.x + _LANE:g} {box.y:g}v{box.height:g}" stroke="#d6dee8"/>'
            f'<g transform="{middle}">{_text(0, 0, lines_of(shape.name, box.height - 8, _SIZE)[:2], _SIZE)}</g></g>'
        )

    def line(self, line: Line) -> str:
        """Return a connection with its name."""
        way = "M" + "L".join(f"{x:g} {y:g}" for x, y in line.points)
        if line.kind != "sequenceFlow":
            dashes = "6 4" if line.kind == "messageFlow" else "2 4"
            arrow = ' marker-end="url(#arrow-untaken)"' if line.kind == "messageFlow" else ""
            drawn = f'<path d="{way}" fill="none" stroke="{_UNTAKEN}" stroke-dasharray="{dashes}"{arrow}/>'
        else:
            name = "taken" if line.id in self.taken else "untaken"
            colour, width = (_TAKEN, 2.4) if name == "taken" else (_UNTAKEN, 1.5)
            drawn = (
                f'<path data-flow="{escape(line.id)}" data-taken="{name}" d="{way}" fill="none" stroke="{colour}" '
                f'stroke-width="{width:g}" marker-end="url(#arrow-{name})"/>'
            )
        return drawn + self._label(line.name, line.label, _QUIET)

    def node(self, shape: Shape) -> str:
        """Return an event, gateway, activity or note with its mark."""
        mark = self.marks.get(shape.id, Mark())
        look = _LOOKS[mark.state]
        if shape.kind.endswith("Event"):
            body = _event(shape, look) + self._label(shape.name, shape.label, _INK)
        elif shape.kind.endswith("Gateway"):
            body = _gateway(shape, look) + self._label(shape.name, shape.label, _INK)
        elif shape.kind == "textAnnotation":
            box = shape.box
            way = f"M{box.x + 10:g} {box.y:g}h-10v{box.height:g}h10"
            body = f'<path d="{way}" fill="none" stroke="{_QUIET}"/>{_inside(shape, _SMALL)}'
        elif shape.kind in _REMARKS:
            body = _rect(shape.box, "none", _QUIET, 1) + self._label(shape.name, shape.label, _INK)
        else:
            body = self._activity(shape, mark, look)
        spoken = "" if shape.kind in _REMARKS else WORDS[mark.state].said_in(self.language)
        title = " · ".join(part for part in (shape.name, spoken, mark.badge, mark.who) if part)
        about = f'data-element="{escape(shape.id)}" data-state="{mark.state}"'
        return f"<g {about}><title>{escape(title)}</title>{body}</g>"

    def _activity(self, shape: Shape, mark: Mark, look: tuple[str, str, float]) -> str:
        fill, stroke, width = look
        box = shape.box
        width += 1.6 if shape.kind == "callActivity" else 0
        dashes = "5 4" if mark.state == TODO else ""
        body = _rect(box, fill, stroke, width, round_=9, dashes=dashes) + _inside(shape, _SIZE)
        if shape.kind in ("callActivity", "subProcess"):
            x, y = box.x + box.width / 2 - 7, box.bottom - 16
            way = f"M{x:g} {y:g}h14v14h-14zM{x + 7:g} {y + 3:g}v8M{x + 3:g} {y + 7:g}h8"
            body += f'<path d="{way}" fill="none" stroke="{stroke}" stroke-width="1.3"/>'
        if mark.state == DONE and not mark.badge:
            body += (
                f'<circle cx="{box.right:g}" cy="{box.y:g}" r="10" fill="{stroke}"/>'
                f'<path d="M{box.right - 4.5:g} {box.y:g}l3.2 3.4l6-6.6" fill="none" stroke="#fff" stroke-width="2"/>'
            )
        if mark.badge:
            body += _pill(box.right + 12, box.y, mark.badge, stroke, from_right=True)
        if mark.who:
            body += _pill(box.x - 8, box.bottom, mark.who, stroke)
        return body

    def _label(self, name: str, box: Box | None, colour: str) -> str:
        if not name or box is None:
            return ""
        for size in _LABELS:
            rows = lines_of(name, max(box.width + 2, 3 * size), size)
            height = len(rows) * size * _LEADING
            if height <= box.height + 2:
                break
        return _text(box.x + box.width / 2, box.y + max(box.height, height) / 2, rows, size, colour)


def _event(shape: Shape, look: tuple[str, str, float]) -> str:
    fill, stroke, width = look
    box, dashes = shape.box, "" if shape.interrupting else ' stroke-dasharray="5 3"'
    x, y, radius = box.x + box.width / 2, box.y + box.height / 2, box.width / 2
    width = max(width, 3.2) if shape.kind == "endEvent" else width
    body = (
        f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}" stroke="{stroke}" '
        f'stroke-width="{width:g}"{dashes}/>'
    )
    if shape.kind in ("boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"):
        body += f'<circle cx="{x:g}" cy="{y:g}" r="{radius - 3.5:g}" fill="none" stroke="{stroke}"{dashes}/>'
    inside = {
        "timerEventDefinition": f"M{x:g} {y - 8:g}v8h6",
        "messageEventDefinition": f"M{x - 8:g} {y - 5.5:g}h16v11h-16zl8 6l8-6",
        "signalEventDefinition": f"M{x:g} {y - 8:g}l8 13h-16z",
    }.get(shape.event or "")
    if inside:
        body += f'<path d="{inside}" fill="none" stroke="{stroke}" stroke-width="1.5"/>'
    if shape.event == "terminateEventDefinition":
        body += f'<circle cx="{x:g}" cy="{y:g}" r="{radius * 0.55:g}" fill="{stroke}"/>'
    return body


def _gateway(shape: Shape, look: tuple[str, str, float]) -> str:
    fill, stroke, width = look
    box = shape.box
    x, y = box.x + box.width / 2, box.y + box.height / 2
    outline = f"M{x:g} {box.y:g}L{box.right:g} {y:g}L{x:g} {box.bottom:g}L{box.x:g} {y:g}Z"
    body = f'<path d="{outline}" fill="{fill}" stroke="{stroke}" stroke-width="{width:g}"/>'
    cross = f"M{x - 7:g} {y - 7:g}l14 14m0-14l-14 14"
    inside = {"exclusiveGateway": cross, "parallelGateway": f"M{x - 10:g} {y:g}h20M{x:g} {y - 10:g}v20"}.get(
        shape.kind
    )
    if inside:
        return f'{body}<path d="{inside}" fill="none" stroke="{stroke}" stroke-width="2.6"/>'
    return f'{body}<circle cx="{x:g}" cy="{y:g}" r="9" fill="none" stroke="{stroke}" stroke-width="2.2"/>'


def _rect(box: Box, fill: str, stroke: str, width: float, *, round_: float = 0, dashes: str = "") -> str:
    more = f' rx="{round_:g}"' if round_ else ""
    more += f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" fill="{fill}" '
        f'stroke="{stroke}" stroke-width="{width:g}"{more}/>'
    )


def _inside(shape: Shape, size: float) -> str:
    box = shape.box
    rows = lines_of(shape.name, box.width - 12, size)
    return _text(box.x + box.width / 2, box.y + box.height / 2, rows, size)


def _text(x: float, y: float, rows: list[str], size: float, colour: str = _INK) -> str:
    """Return *rows* centred on a point."""
    top = y - (len(rows) - 1) * size * _LEADING / 2
    return "".join(
        f'<text x="{x:g}" y="{top + number * size * _LEADING:g}" font-size="{size:g}" text-anchor="middle" '
        f'dominant-baseline="central" fill="{colour}">{escape(row)}</text>'
        for number, row in enumerate(rows)
        if row
    )


def _pill(x: float, y: float, words: str, colour: str, *, from_right: bool = False) -> str:
    """Return white words on a pill that begins (or ends) at *x*, centred on *y*."""
    width = _width(words) * _BADGE + 14
    left = x - width if from_right else x
    return (
        f'<rect x="{left:g}" y="{y - 11:g}" width="{width:g}" height="22" rx="11" fill="{colour}"/>'
        f"{_text(left + width / 2, y, [words], _BADGE, '#fff')}"
    )
