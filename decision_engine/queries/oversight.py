"""What leaders look at: the year's figures (what is late stands in `queries.lateness`).

Counted by the database over the organs one may read; the statements do not grow with the number of cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from decision_engine.calendar import end_of_day, local_day, start_of_day
from decision_engine.models import Case, Comment, Event, Record, Task
from decision_engine.models.cases import MEETING_ITEM
from decision_engine.queries.people import organs_of
from decision_engine.queries.stages import STAGES, stage_of
from decision_engine.work import Work


@dataclass(frozen=True, slots=True)
class Figures:
    """A year in figures.

    *months*: cases opened and ended by month; *stages*: open steps by stage; *handled*: points of public opinion by
    handling; *durations*: mean calendar days by stage over the cases that ended in the year.
    """

    year: int
    opened: int
    ended: int
    running: int
    refusals: int
    comments: int
    months: Sequence[tuple[int, int, int]]
    stages: Sequence[tuple[str, int]]
    handled: Mapping[str, int]
    durations: Sequence[tuple[str, float]]


def figures(work: Work, year: int) -> Figures:
    """Return *year* in figures; a fixed number of statements."""
    organs = organs_of(work, "case.read")
    mine = and_(Case.organ_id.in_(organs), Case.kind != MEETING_ITEM)
    begins, ends = start_of_day(date(year, 1, 1)), end_of_day(date(year, 12, 31))
    opened = _months(work, mine, Case.created_at, begins, ends)
    ended = _months(work, mine, Case.ended_at, begins, ends)
    count = work.session.scalar
    waiting = Counter(
        stage.id
        for step, number in work.session.execute(
            select(Task.step, func.count()).join(Case).where(Task.status == "OPEN", mine).group_by(Task.step)
        )
        for stage in (stage_of(step),) * number
        if stage is not None
    )
    return Figures(
        year=year,
        opened=sum(opened.values()),
        ended=sum(ended.values()),
        running=count(select(func.count()).select_from(Case).where(mine, Case.status == "RUNNING")) or 0,
        refusals=count(
            select(func.count()).select_from(Event).join(Case, Case.id == Event.chain).where(
                mine, Event.kind == "act.refused", Event.at >= begins, Event.at < ends
            )
        ) or 0,
        comments=count(
            select(func.count()).select_from(Comment).join(Case, Case.id == Comment.case_id).where(
                mine, Comment.at >= begins, Comment.at < ends
            )
        ) or 0,
        months=[(month, opened[month], ended[month]) for month in range(1, 13)],
        stages=[(stage.id, waiting[stage.id]) for stage in STAGES],
        handled=_handled(work, mine, begins, ends),
        durations=_durations(work, mine, begins, ends),
    )  # fmt: skip


def _months(
    work: Work, mine: ColumnElement[bool], column: Any, begins: datetime, ends: datetime
) -> Counter[int]:
    moments = work.session.scalars(select(column).where(mine, column >= begins, column < ends))
    return Counter(local_day(one).month for one in moments)


def _handled(work: Work, mine: ColumnElement[bool], begins: datetime, ends: datetime) -> Mapping[str, int]:
    rows = work.session.scalars(
        select(Record.data)
        .join(Case, Case.id == Record.case_id)
        .where(mine, Record.kind == "handle_comments", Record.at >= begins, Record.at < ends)
    )
    return Counter(str(point.get("handling", "")) for data in rows for point in data.get("points", ()))


def _durations(
    work: Work, mine: ColumnElement[bool], begins: datetime, ends: datetime
) -> Sequence[tuple[str, float]]:
    """Return the mean calendar days from a stage's first step waiting to its last done, over the year's ended cases."""
    rows = work.session.execute(
        select(Task.case_id, Task.step, func.min(Task.opened_at), func.max(Task.closed_at))
        .join(Case)
        .where(mine, Case.ended_at >= begins, Case.ended_at < ends, Task.status == "DONE")
        .group_by(Task.case_id, Task.step)
    )
    spans: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for case_id, step, first, last in rows:
        stage = stage_of(step)
        if stage is None or first is None or last is None:
            continue
        known = spans.get((case_id, stage.id))
        spans[case_id, stage.id] = (min(first, known[0]), max(last, known[1])) if known else (first, last)
    days: dict[str, list[float]] = {}
    for (_, stage_id), (first, last) in spans.items():
        days.setdefault(stage_id, []).append((last - first).total_seconds() / 86400)
    return [
        (stage.id, round(sum(days[stage.id]) / len(days[stage.id]), 1))
        for stage in STAGES
        if stage.id in days
    ]
