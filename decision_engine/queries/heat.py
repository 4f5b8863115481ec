"""Where cases wait and how long steps take, element by element of one definition: the heat on its diagram.

Counted by the database: five statements, however many cases there are. Only cases of that very definition (by its
content hash) are counted, so the numbers are those of the diagram that is drawn. A call activity stands for what is
inside it: its waiting steps are those of the called process.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, case, extract, func, select

from decision_engine.calendar import end_of_day, start_of_day
from decision_engine.models import Case, Definition, Task
from decision_engine.models.cases import MEETING_ITEM
from decision_engine.process.diagram import Diagram
from decision_engine.process.picture import Sheet, sheets
from decision_engine.queries import definitions
from decision_engine.queries.people import organs_of
from decision_engine.work import Work

LEVELS = 5
LOAD, DAYS = "load", "days"
_WORK = frozenset({"userTask", "manualTask", "task", "receiveTask", "callActivity", "subProcess"})


@dataclass(frozen=True, slots=True)
class Spot:
    """An element that people work at: steps *waiting* there now, of which *late*; *done* in the year, in *days* each.

    *days*: mean calendar days from waiting to done; None where nothing was done, and for what holds other steps.
    """

    element: str
    name: str
    waiting: int
    late: int
    done: int
    days: float | None
    load_level: int
    days_level: int


@dataclass(frozen=True, slots=True)
class InUse:
    """A definition that cases run or ran on, and how many."""

    hash: str
    name: str
    version: int
    cases: int


@dataclass(frozen=True, slots=True)
class Heat:
    """One *sheet* of definition *chosen* with its *spots* from left to right; *sheets* are all there are."""

    chosen: InUse
    used: Sequence[InUse]
    sheets: Sequence[Sheet]
    sheet: Sheet
    spots: Sequence[Spot]


@dataclass(frozen=True, slots=True)
class _Sum:
    waiting: int = 0
    late: int = 0
    done: int = 0
    days: float | None = None


def heat(work: Work, year: int, wanted: str | None = None, file: str | None = None) -> Heat | None:
    """Return the heat of definition *wanted* (default: the one most cases run on); None while there is no case."""
    used = _used(work)
    if not used:
        return None
    chosen = next((one for one in used if one.hash == wanted), used[0])
    diagram = definitions.compiled(work.session, chosen.hash).diagram
    drawn = list(sheets(dict(diagram.files)))
    drawn.sort(key=lambda one: diagram.main not in one.processes)
    sheet = next((one for one in drawn if one.file == file), drawn[0])
    sums = _sums(work, chosen.hash, year)
    shapes = sorted(
        (one for one in sheet.shapes if one.kind in _WORK and one.id in diagram.elements),
        key=lambda one: (one.box.x, one.box.y),
    )
    here = {one.id: _all(diagram, one.id, sums) for one in shapes}
    most = max((one.waiting for one in here.values()), default=0)
    longest = max((one.days or 0 for one in here.values()), default=0)
    spots = [
        Spot(
            one.id, one.name, here[one.id].waiting, here[one.id].late, here[one.id].done, here[one.id].days,
            _level(here[one.id].waiting, most), _level(here[one.id].days or 0, longest),
        )
        for one in shapes
    ]  # fmt: skip
    return Heat(chosen, used, drawn, sheet, spots)


def _used(work: Work) -> list[InUse]:
    organs = organs_of(work, "log.read")
    count = func.count()
    rows = work.session.execute(
        select(Definition.hash, Definition.name, Definition.version, count)
        .join(Case, Case.definition_hash == Definition.hash)
        .where(Case.organ_id.in_(organs), Case.kind != MEETING_ITEM)
        .group_by(Definition.hash, Definition.name, Definition.version)
        .order_by(count.desc(), Definition.version.desc(), Definition.hash)
        .limit(20)
    )
    return [InUse(*row) for row in rows]


def _sums(work: Work, definition: str, year: int) -> Mapping[str, _Sum]:
    organs = organs_of(work, "log.read")
    mine = and_(Case.definition_hash == definition, Case.organ_id.in_(organs), Case.kind != MEETING_ITEM)
    late = and_(Task.due_on < work.today, Task.paused_on.is_(None))
    waiting = {
        element: (count, behind)
        for element, count, behind in work.session.execute(
            select(Task.element, func.count(), func.sum(case((late, 1), else_=0)))
            .join(Case, Case.id == Task.case_id)
            .where(mine, Task.status == "OPEN")
            .group_by(Task.element)
        )
    }
    begins, ends = start_of_day(date(year, 1, 1)), end_of_day(date(year, 12, 31))
    taken = extract("epoch", Task.closed_at) - extract("epoch", Task.opened_at)
    done = {
        element: (count, float(seconds or 0) / 86400)
        for element, count, seconds in work.session.execute(
            select(Task.element, func.count(), func.avg(taken))
            .join(Case, Case.id == Task.case_id)
            .where(mine, Task.status == "DONE", Task.closed_at >= begins, Task.closed_at < ends)
            .group_by(Task.element)
        )
    }
    return {
        element: _Sum(
            *waiting.get(element, (0, 0)),
            done.get(element, (0, 0.0))[0],
            round(done[element][1], 1) if element in done else None,
        )
        for element in {*waiting, *done}
    }


def _all(diagram: Diagram, element: str, sums: Mapping[str, _Sum]) -> _Sum:
    """Return what stands at *element*, or inside it where it holds others."""
    inside = _inside(diagram, element)
    if not inside:
        return sums.get(element, _Sum())
    found = [sums[one] for one in inside if one in sums]
    return _Sum(
        sum(one.waiting for one in found), sum(one.late for one in found), sum(one.done for one in found)
    )


def _inside(diagram: Diagram, holder: str) -> Collection[str]:
    found: set[str] = set()
    todo = [holder]
    while todo:
        one = diagram.elements[todo.pop()]
        if one.kind not in ("callActivity", "subProcess"):
            continue
        inner = {each.id for each in diagram.inside(one.called or one.id)} - found
        found |= inner
        todo += inner
    return found


def _level(value: float, most: float) -> int:
    """Return 0 for nothing, else 1 to `LEVELS` by the share of the most there is."""
    return min(LEVELS, max(1, -int(-value * LEVELS // most))) if value > 0 and most > 0 else 0
