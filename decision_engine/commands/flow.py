"""Follow the flow: after a move of the engine, bring tasks, timers and case in step with its position.

Not a verb of its own: commands that move a case end with `follow`, in the same transaction.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import select

from decision_engine import process, rules
from decision_engine.calendar import SHANGHAI, WorkCalendar, add_months, end_of_day, local_day
from decision_engine.models import Case, Job, Task
from decision_engine.queries.casefile import CaseFile
from decision_engine.work import Work

PARAMETER = re.compile(r"\s*(?:parameter\(\s*['\"])?([a-z][a-z0-9_]*)(?:['\"]\s*\))?\s*")
DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")

AGREED = {"comment_period": ("publish_notice", "deadline")}
"""Timers whose end was agreed on the record: step of the timer -> (step, field) that fixes it.

The statutory minimum is a rule on that step (R-713-15-2); the timer keeps what was announced.
"""


def follow(work: Work, case: Case, position: process.Position, file: CaseFile) -> None:
    """Store *position*: state on the case, tasks that opened or fell away, timers to wait for."""
    case.state = position.state
    case.state_format = process.STATE_FORMAT
    with work.session.no_autoflush:  # so that the act writes the case once, at its end
        _follow_tasks(work, case, position)
        _follow_timers(work, case, position, file)
    if position.ended:
        case.status = "ENDED"
        case.ended_at = work.now
        case.ending = position.passed[-1] if position.passed else None


def _follow_tasks(work: Work, case: Case, position: process.Position) -> None:
    known = {
        task.id: task
        for task in work.session.scalars(select(Task).where(Task.case_id == case.id, Task.status == "OPEN"))
        if task.status == "OPEN"  # the one just done is not, though its row does not say so yet
    }
    ready = {one.id: one for one in position.ready}
    for task_id, task in known.items():
        if task_id not in ready:
            task.status, task.closed_at = "CANCELLED", work.now
    work.session.add_all(
        Task(
            id=one.id,
            case_id=case.id,
            organ_id=case.organ_id,
            element=one.element,
            step=one.step,
            name=one.name,
            role=one.role,
            item=one.item,
            calls=list(one.call_path),
            status="OPEN",
            opened_at=work.now,
        )
        for one in position.ready
        if one.id not in known
    )


def _follow_timers(work: Work, case: Case, position: process.Position, file: CaseFile) -> None:
    known = {
        job.subject: job
        for job in work.session.scalars(
            select(Job).where(Job.case_id == case.id, Job.state.in_(("PENDING", "LEASED")))
        )
    }
    waiting = {one.id: one for one in position.timers}
    for subject, job in known.items():
        if subject not in waiting:
            job.state = "CANCELLED"
    for one in position.timers:
        if one.id in known:
            continue
        due_at, provisional = due(work, one, file)
        work.session.add(
            Job(
                kind="timer",
                case_id=case.id,
                subject=one.id,
                element=one.element,
                step=one.step,
                period=one.text,
                due_at=due_at,
                provisional=provisional,
                state="PENDING",
                created_at=work.now,
            )
        )


def due(work: Work, timer: process.Waiting, file: CaseFile) -> tuple[datetime, bool]:
    """Return when *timer*, begun now, falls due, and whether that is provisional (beyond the known calendar)."""
    agreed = AGREED.get(timer.step or "")
    if agreed is not None:
        step, field = agreed
        day = next((r.day(field) for r in reversed(file.records) if r.kind == step), None)
        if day is not None:
            return end_of_day(day), not file.calendar.knows(day)
    named = PARAMETER.fullmatch(timer.text)
    if named is not None:
        moment = file.calendar.due(work.now, rules.period(named[1], file.organ, work.today))
        return moment.at, moment.provisional
    if timer.kind == "date":
        moment_written = datetime.fromisoformat(timer.text)
        return moment_written if moment_written.tzinfo else moment_written.replace(tzinfo=SHANGHAI), False
    return _after(work.now, timer.text, file.calendar)


def _after(start: datetime, text: str, calendar: WorkCalendar) -> tuple[datetime, bool]:
    """Return the end of the ISO 8601 duration *text* begun at *start*.

    Whole days and longer end with their last day, on a working day (R-CAL-1, R-CAL-4, R-CAL-8); a duration with
    hours or minutes is counted exactly (R-CAL-9). A cycle (`R3/PT1H`) is read as its first turn.
    """
    found = DURATION.fullmatch(text.rpartition("/")[2])
    if found is None:
        raise ValueError(f"{text!r} is not a duration")
    years, months, weeks, days, hours, minutes, seconds = (int(one or 0) for one in found.groups())
    day = add_months(local_day(start), 12 * years + months) + timedelta(days=7 * weeks + days)
    if not hours and not minutes and not seconds:
        last = calendar.next_working_day(day)
        return last.ends, last.provisional
    exact = start + (day - local_day(start)) + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return exact, False
