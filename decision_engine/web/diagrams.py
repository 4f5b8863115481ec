"""What a page with a diagram on it shows: the picture drawn on the server, and what the browser's viewer needs.

Both come from one value, so the picture on paper, the viewer and the table of steps cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from markupsafe import Markup

from decision_engine.process.picture import Sheet
from decision_engine.queries.handling import Light
from decision_engine.queries.progress import Place, Progress
from decision_engine.web import drawing
from decision_engine.web.drawing import Mark
from decision_engine.web.saying import language, moment, said


@dataclass(frozen=True, slots=True)
class Tab:
    """One sheet to choose."""

    text: str
    href: str
    current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A diagram on a page: see `templates/macros/diagram.html`."""

    name: str
    svg: Markup
    state: Mapping[str, Any]
    rows: tuple[Place, ...]
    tabs: tuple[Tab, ...]


def show(progress: Progress, file: str | None, href: Callable[[str], str]) -> Shown:
    """Return sheet *file* of a case (default: where it waits) for a page; *href* gives the address of a sheet."""
    sheet = progress.sheet(file)
    marks = {one.element: _mark(one) for one in progress.places.values()}
    drawn = {shape.id for shape in sheet.shapes}
    here = next((element for element in progress.here if element in drawn), None) or next(
        (one for one in drawn if marks.get(one, Mark()).state in (drawing.ACTIVE, drawing.LATE)), None
    )
    tabs = tuple(
        Tab(
            one.name,
            href(one.file),
            one is sheet,
            sum(shape.id in progress.here for shape in one.shapes) or None,
        )
        for one in progress.sheets
    )
    links = {
        shape.id: href(inner)
        for shape in sheet.shapes
        if shape.id in progress.places and (inner := progress.places[shape.id].calls)
    }
    state = _state(sheet, progress.files[sheet.file], marks, progress.taken, here)
    return Shown(
        sheet.name,
        drawing.draw(sheet, marks, progress.taken, language=language()),
        state | {"links": links},
        tuple(progress.of_sheet(sheet)),
        tabs,
    )


def show_marked(
    sheet: Sheet, xml: bytes, marks: Mapping[str, Mark], taken: frozenset[str] = frozenset()
) -> Shown:
    """Return a definition's *sheet* with *marks* on it and the flows *taken*: what a proof found, a counter-example."""
    here = next((one for one, mark in marks.items() if mark.state == drawing.FAULT), None)
    state = _state(sheet, xml, marks, taken, here)
    return Shown(
        sheet.name, drawing.draw(sheet, marks, taken, language=language()), state | {"links": {}}, (), ()
    )


def _state(
    sheet: Sheet, xml: bytes, marks: Mapping[str, Mark], taken: frozenset[str], here: str | None
) -> dict[str, Any]:
    """Return what frontend/src/diagram.js reads."""
    elements = {
        shape.id: {"state": mark.state, "badge": mark.badge, "who": mark.who}
        for shape in sheet.shapes
        if (mark := marks.get(shape.id)) is not None
    }
    return {
        "xml": xml.decode("utf-8-sig"),
        "elements": elements,
        "taken": [line.id for line in sheet.lines if line.id in taken],
        "here": here,
    }


def _mark(place: Place) -> Mark:
    badge, who = "", ""
    if place.state in (drawing.ACTIVE, drawing.LATE):
        if place.standing is not None and place.standing.light in (Light.RED, Light.YELLOW):
            badge = said(place.standing.word)
        who = shorten(place.who)
    elif place.times > 1 and place.is_work:
        badge = gettext("办过 %(times)s 次", times=place.times)
    return Mark(place.state, badge, who)


def shorten(names: tuple[str, ...]) -> str:
    """Return one name, or the first and how many there are."""
    if len(names) <= 1:
        return names[0] if names else ""
    return str(gettext("%(name)s等%(count)s人", name=names[0], count=len(names)))


def words_of(place: Place) -> str:
    """Return how a step stands, in words."""
    if place.state == drawing.LATE and place.standing is not None:
        return said(place.standing.word)
    return said(drawing.WORDS[place.state])


def cells_of(place: Place) -> list[tuple[str, str]]:
    """Return what a reader asks of a step, as (label, value): who, when, which article."""
    return [
        (gettext("岗位"), (place.lane or "").replace("\n", "")),
        (gettext("办理人"), shorten(place.who)),
        (gettext("送达"), moment(place.since)),
        (gettext("办结"), moment(place.done_at)),
        (gettext("依据"), said(place.citation)),
    ]
