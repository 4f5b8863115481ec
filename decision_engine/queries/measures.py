"""The preventive measures of the risk assessment as execution tasks, tracked to closure (R-RSK-07), from the log.

The newest assessment counts. A measure is OWED until it is a task, OPEN until a report on the execution names it as
done, then DONE; OVERDUE is an open one whose day has passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from decision_engine.calendar import local_day
from decision_engine.queries.accountability import Evidence
from decision_engine.queries.chronicle import Act, Chronicle

OWED, OPEN, OVERDUE, DONE = "OWED", "OPEN", "OVERDUE", "DONE"


@dataclass(frozen=True, slots=True)
class Tracked:
    """One measure, numbered as in the report; *task*, *owner* and *due_on* as the executor's task has them."""

    number: int
    risk: str | None
    measure: str
    task: str | None
    owner: str | None
    due_on: date | None
    state: str
    reported_by: str | None
    reported_at: datetime | None
    evidence: tuple[Evidence, ...]


def tracked(log: Chronicle) -> tuple[Tracked, ...]:
    """Return the measures of the newest assessment with where each stands today; none without an assessment."""
    assessed = log.last("assess_risk")
    return tuple(_tracked(log, assessed)) if assessed is not None else ()


def _tracked(log: Chronicle, assessed: Act) -> Iterator[Tracked]:
    named = log.last("name_executor")
    tasks = {one.get("risk_measure"): one for one in (named.get("tasks") or () if named else ())}
    risks = assessed.get("risk_points") or ()
    for number, measure in enumerate(assessed.get("measures") or (), start=1):
        task: dict[str, Any] | None = tasks.get(number)
        due = _day((task or measure).get("due_on"))
        report = next(
            (one for one in log.of("report_execution") if number in (one.get("measures_done") or ())), None
        )
        point = measure.get("risk_point") or 0
        yield Tracked(
            number=number,
            risk=risks[point - 1].get("description") if 0 < point <= len(risks) else None,
            measure=measure["measure"],
            task=task["task"] if task else None,
            owner=(task or measure).get("owner"),
            due_on=due,
            state=_state(task is not None, report is not None, due, local_day(log.now)),
            reported_by=report.person if report else None,
            reported_at=report.at if report else None,
            evidence=tuple(
                one.evidence for one in (assessed, named if task else None, report) if one is not None
            ),
        )


def _state(is_task: bool, is_done: bool, due: date | None, today: date) -> str:
    if is_done:
        return DONE
    if not is_task:
        return OWED
    return OVERDUE if due is not None and today > due else OPEN


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
