"""When a timer falls due: the period from the diagram or the rules, the days from the calendar, counted once.

A due moment is computed when the timer begins and stored with its job; nothing reads the wall clock for it later.
Beyond the announced calendar it is provisional, and counted anew when the year's notice comes in.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import select

from decision_engine import rules
from decision_engine.access import Standing
from decision_engine.calendar import SHANGHAI, WorkCalendar, add_months, end_of_day, local_day
from decision_engine.models import Case, Job
from decision_engine.queries.casefile import CaseFile, open_file
from decision_engine.work import Work, stamp

PARAMETER = re.compile(r"\s*(?:parameter\(\s*['\"])?([a-z][a-z0-9_]*)(?:['\"]\s*\))?\s*")
DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")

AGREED = {"comment_period": ("publish_notice", "deadline")}
"""Timers whose end was agreed on the record: step of the timer -> (step, field) that fixes it.

The statutory minimum is a rule on that step (R-713-15-2); the timer keeps what was announced.
"""


def due(step: str | None, text: str, begun: datetime, file: CaseFile) -> tuple[datetime, bool]:
    """Return when a timer of *step* written *text*, begun at *begun*, falls due, and whether that is provisional.

    *text* is a parameter of the rules, an ISO 8601 date-time (without a zone: Shanghai) or duration.
    """
    if step in AGREED:
        told_at, field = AGREED[step]
        day = next((one.day(field) for one in reversed(file.records) if one.kind == told_at), None)
        if day is not None:
            return end_of_day(day), not file.calendar.knows(day)
    named = PARAMETER.fullmatch(text)
    if named is not None:
        moment = file.calendar.due(begun, rules.period(named[1], file.organ, local_day(begun)))
        return moment.at, moment.provisional
    if text[:1].isdigit():
        written = datetime.fromisoformat(text)
        return (written if written.tzinfo else written.replace(tzinfo=SHANGHAI)), False
    return _after(begun, text, file.calendar)


def count_anew(work: Work, standing: Standing, notice_id: str) -> int:
    """Count every provisional deadline that has not passed anew, log old and new moment, return how many changed.

    *notice_id* is the calendar notice that came into force, *standing* that of who approved it.
    """
    waiting = work.session.scalars(
        select(Job)
        .where(Job.state == "PENDING", Job.provisional, Job.due_at > work.now)
        .order_by(Job.case_id, Job.id)
    )
    changed = 0
    for job in list(waiting):
        case = work.session.get_one(Case, job.case_id, with_for_update=True)
        file = open_file(work, case, job.step)
        due_at, provisional = due(job.step, job.period, job.created_at, file)
        if (due_at, provisional) == (job.due_at, job.provisional):
            continue
        work.record(
            "deadline.counted",
            case,
            standing=standing,
            notice=notice_id,
            calendar=file.calendar.version,
            timer={"id": job.subject, "element": job.element, "step": job.step},
            before=stamp(job.due_at),
            after=stamp(due_at),
            provisional=provisional,
        )
        job.due_at, job.provisional = due_at, provisional
        changed += 1
    return changed


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
