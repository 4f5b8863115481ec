"""How far a case is on its diagram: each element with its state, who, when and which article; the flows gone.

Guarantees: states come from the tables (`Task`, `Job`) and from the log's record of what was passed, never from the
engine's bytes; four statements, whatever the case's length. Which way a choice went is read from the log's order:
the way on which something was reached first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf

from sqlalchemy import func, select

from decision_engine import forms
from decision_engine.language import Text
from decision_engine.models import Case, Event, Job, Person, Task
from decision_engine.process.diagram import Diagram, Element
from decision_engine.process.picture import Sheet, sheets
from decision_engine.queries import definitions, handling
from decision_engine.queries.casefile import calendar_of, organ_of
from decision_engine.queries.replay import STEPS
from decision_engine.queries.trail import read
from decision_engine.work import Work

TODO, DONE, ACTIVE, LATE = "todo", "done", "active", "late"
_WORK = frozenset({"userTask", "manualTask", "task", "receiveTask", "callActivity", "subProcess"})


@dataclass(frozen=True, slots=True)
class Place:
    """An element of the diagram and how the case stands at it.

    *state*: `todo`, `done`, `active` or `late`; *who*: names of who has it in hand, or did it last; *times*: how often
    it was passed; *standing*: the light of the step in hand; *citation*: the article its form serves.
    """

    element: str
    kind: str
    name: str
    lane: str | None
    state: str
    who: tuple[str, ...] = ()
    since: datetime | None = None
    done_at: datetime | None = None
    times: int = 0
    standing: handling.Standing | None = None
    citation: Text | None = None
    calls: str | None = None  # the file in which a call activity's inside is drawn

    @property
    def is_work(self) -> bool:
        """Tell whether people work here (or inside): what a table of steps lists."""
        return self.kind in _WORK


@dataclass(frozen=True, slots=True)
class Progress:
    """A case on its diagram. *here*: where it waits, the latest first; *taken*: ids of the flows gone."""

    files: Mapping[str, bytes]
    sheets: tuple[Sheet, ...]
    places: Mapping[str, Place]
    taken: frozenset[str]
    here: tuple[str, ...]

    def sheet(self, file: str | None) -> Sheet:
        """Return the sheet of *file*; without one, where the case waits, else the first. Unknown: the first."""
        wanted = [one for one in self.sheets if one.file == file]
        waiting = [one for one in self.sheets if any(shape.id in self.here for shape in one.shapes)]
        return (wanted or waiting or list(self.sheets))[0]

    def of_sheet(self, sheet: Sheet) -> list[Place]:
        """Return the steps drawn on *sheet*, from left to right as they are reached."""
        drawn = sorted(
            (one for one in sheet.shapes if one.id in self.places), key=lambda one: (one.box.x, one.box.y)
        )
        return [self.places[one.id] for one in drawn if self.places[one.id].is_work]


def of_case(work: Work, case: Case) -> Progress:
    """Return how far *case* is; the caller has looked whether the actor may read it."""
    diagram = definitions.compiled(work.session, case.definition_hash).diagram
    drawn = _in_order(sheets(dict(diagram.files)), diagram.main)
    trail = _trail(work, case)
    tasks = _tasks(work, case)
    waits = work.session.scalars(
        select(Job.element).where(Job.case_id == case.id, Job.state.in_(("PENDING", "LEASED")))
    ).all()
    open_at = [task.element for task, _ in tasks if task.status == "OPEN"]
    around = [call for task, _ in tasks if task.status == "OPEN" for call in task.calls]
    here = {*open_at, *around, *waits} | _holding([*open_at, *waits], diagram)
    calls = {process: sheet.file for sheet in drawn for process in sheet.processes}
    places = _places(work, case, diagram, trail, tasks, here, calls)
    taken = taken_flows(diagram, trail, here)
    return Progress(dict(diagram.files), drawn, places, taken, tuple(dict.fromkeys(reversed(open_at))))


def taken_flows(diagram: Diagram, trail: Sequence[str], here: Collection[str]) -> frozenset[str]:
    """Return the sequence flows that were gone, from the elements passed in order and those now waited at."""
    at: dict[str, list[int]] = {}
    for number, element in enumerate(trail):
        at.setdefault(element, []).append(number)
    reach = _Reach(diagram, at, frozenset(here), len(trail))
    return frozenset(flow for element in at if element in diagram.elements for flow in reach.from_(element))


@dataclass(frozen=True, slots=True)
class _Reach:
    diagram: Diagram
    at: Mapping[str, Sequence[int]]
    here: frozenset[str]
    end: int

    def from_(self, element: str) -> Iterable[str]:
        """Yield the flows on which *element* was left."""
        node = self.diagram.elements[element]
        flows = node.outgoing
        if len(flows) < 2 or node.kind not in ("exclusiveGateway", "inclusiveGateway", "eventBasedGateway"):  # noqa: PLR2004
            yield from flows
            return
        passes = self.at[element]
        for number, begin in enumerate(passes):
            until = passes[number + 1] if number + 1 < len(passes) else self.end + 1
            reached = {flow: self._first(self.diagram.flows[flow].target, begin) for flow in flows}
            if node.kind == "inclusiveGateway":
                ways = [flow for flow, first in reached.items() if first < until]
                yield from (flow for flow in ways if flow != node.default or len(ways) == 1)
            else:
                first = min(reached.values())
                yield from [flow for flow, one in reached.items() if one == first and one <= self.end][:1]

    def _first(self, target: str, after: int) -> int:
        """Return when *target*, or its inside, was first passed after *after*; the end while it is waited at."""
        inside = {target, *_inside(self.diagram, target)}
        firsts = [self.end] if inside & self.here else []
        for one in inside:
            places = self.at.get(one, ())
            next_ = bisect_right(places, after)
            if next_ < len(places):
                firsts.append(places[next_])
        return min(firsts, default=self.end + 2)


def _in_order(drawn: Sequence[Sheet], main: str) -> tuple[Sheet, ...]:
    """Return the sheet of the main process, then those it calls as they are reached, then the rest."""
    first = next(one for one in drawn if main in one.processes)
    reached = {shape.calls: shape.box.x for shape in first.shapes if shape.calls}
    others = [one for one in drawn if one is not first]
    others.sort(
        key=lambda one: min((reached[name] for name in one.processes if name in reached), default=inf)
    )
    return (first, *others)


def _inside(diagram: Diagram, holder: str) -> list[str]:
    """Return the ids of everything inside a called process or embedded sub-process, however deep."""
    found: list[str] = []
    todo = [holder]
    while todo:
        element = diagram.elements[todo.pop()]
        inner = (
            diagram.inside(element.called or element.id)
            if element.kind in ("callActivity", "subProcess")
            else ()
        )
        found += [one.id for one in inner]
        todo += [one.id for one in inner if one.kind in ("callActivity", "subProcess")]
    return found


def _holding(elements: Iterable[str], diagram: Diagram) -> set[str]:
    """Return the embedded sub-processes around *elements*."""
    found: set[str] = set()
    for element in elements:
        scope = diagram.elements[element].scope if element in diagram.elements else ""
        while scope in diagram.elements:
            found.add(scope)
            scope = diagram.elements[scope].scope
    return found


def _trail(work: Work, case: Case) -> list[str]:
    moves = work.session.scalars(
        select(Event.body).where(Event.chain == case.id, Event.kind.in_(STEPS)).order_by(Event.seq)
    )
    return [element for raw in moves for element in read(raw).get("passed", ())]


def _tasks(work: Work, case: Case) -> list[tuple[Task, str | None]]:
    """Return the tasks of *case*, oldest first, each with who holds or did it."""
    rows = work.session.execute(
        select(Task, Person.name)
        .outerjoin(Person, Person.id == func.coalesce(Task.closed_by, Task.assignee_id, Task.item))
        .where(Task.case_id == case.id, Task.status != "CANCELLED")
        .order_by(Task.opened_at, Task.id)
    )
    return [(task, name) for task, name in rows]


def _places(
    work: Work,
    case: Case,
    diagram: Diagram,
    trail: Sequence[str],
    tasks: Sequence[tuple[Task, str | None]],
    here: Collection[str],
    calls: Mapping[str, str],
) -> dict[str, Place]:
    calendar = calendar_of(work.session)
    organ, _, _ = organ_of(work.session, case.organ_id, work.today)
    warning = handling.warning_days(organ, work.today)
    times: dict[str, int] = {}
    for element in trail:
        times[element] = times.get(element, 0) + 1
    at: dict[str, list[tuple[Task, str | None]]] = {}
    for task, name in tasks:
        for element in (task.element, *task.calls):  # a call activity stands as the steps inside it do
            at.setdefault(element, []).append((task, name))
    places: dict[str, Place] = {}
    for node in diagram.elements.values():
        rows = at.get(node.id, [])
        standings = [
            handling.light(task, work.today, calendar, warning) for task, _ in rows if task.status == "OPEN"
        ]
        places[node.id] = _place(node, rows, standings, times.get(node.id, 0), here, calls)
    return places


def _place(
    element: Element,
    rows: Sequence[tuple[Task, str | None]],
    standings: Sequence[handling.Standing],
    times: int,
    here: Collection[str],
    calls: Mapping[str, str],
) -> Place:
    in_hand = [(task, name) for task, name in rows if task.status == "OPEN"]
    done = [task.closed_at for task, _ in rows if task.closed_at is not None]
    worst = min(standings, key=lambda one: list(handling.Light).index(one.light), default=None)
    if worst is not None and worst.light is handling.Light.RED:
        state = LATE
    elif in_hand or (element.id in here and element.kind != "boundaryEvent"):
        state = ACTIVE
    else:
        state = DONE if times else TODO
    shown = in_hand or (rows if element.called else rows[-1:])
    return Place(
        element=element.id,
        kind=element.kind,
        name=element.name,
        lane=element.lane,
        state=state,
        who=tuple(dict.fromkeys(name for _, name in shown if name)),
        since=min((task.opened_at for task, _ in (rows if element.called else shown)), default=None),
        done_at=None if in_hand else max(done, default=None),
        times=times,
        standing=worst,
        citation=_citation(element.step),
        calls=calls.get(element.called or ""),
    )


def _citation(step: str | None) -> Text | None:
    said = forms.describe(step)["citation"]
    return None if said is None else Text(said["zh"], said["en"])
