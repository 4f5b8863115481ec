"""Let time pass in a case: a due timer fires once, through an ordinary act of the person *clock*.

Claiming is by lease, so several workers may run; the job's end lies in the transaction of its effect, so the
effect happens once even if two workers hold the job after a lease ran out (proof.md 3.5).

* Leases are counted by the database's clock, the only one all workers share; what is due, by the clock of the house.
* While the two differ by more than a minute no timer fires: a period the law sets must not end by a wrong clock.
* A job that failed five times, or under which its worker died five times, is put aside and shown to an administrator.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update

from decision_engine import process, rules
from decision_engine.access import CLOCK
from decision_engine.clock import SystemClock
from decision_engine.commands.flow import follow
from decision_engine.crash import crash_point
from decision_engine.db import Moment
from decision_engine.errors import DecisionEngineError
from decision_engine.models import Case, FinishedRequest, Incident, Job, Record
from decision_engine.queries import definitions
from decision_engine.queries.casefile import as_fact, open_file
from decision_engine.work import Work

LEASE = timedelta(minutes=2)
SKEW = timedelta(minutes=1)
MAX_ATTEMPTS = 5
KEEP_REQUESTS = timedelta(days=7)


def lease_due_job(work: Work, owner: str) -> str | None:
    """Take the job that has been due longest and return its id; None when nothing is due, or the clock is wrong."""
    moment = _shared_time(work)
    if abs(work.now - moment) > SKEW:
        _report_once(work, "clock.wrong", {"ahead_seconds": round((work.now - moment).total_seconds())})
        return None
    free = or_(Job.state == "PENDING", (Job.state == "LEASED") & (Job.lease_until < moment))
    due = select(Job).where(free, Job.due_at <= work.now).order_by(Job.due_at, Job.id).limit(1)
    while (job := work.session.scalar(due.with_for_update(skip_locked=True))) is not None:
        if job.attempts >= MAX_ATTEMPTS:
            _put_aside(work, job, "no worker came back from it")
            work.session.flush()
            continue
        job.state, job.lease_owner, job.lease_until = "LEASED", owner, moment + LEASE
        job.attempts += 1
        crash_point("job.leased")
        return job.id
    return None


def _shared_time(work: Work) -> datetime:
    """Return the database's time; a clock that is moved by hand stands for both."""
    if not isinstance(work.house.clock, SystemClock):
        return work.now
    moment: datetime = work.session.execute(select(func.current_timestamp(type_=Moment()))).scalar_one()
    return moment


def fire_timer(work: Work, job_id: str, owner: str) -> bool:
    """Fire the timer of *job_id* if *owner* still holds it; return whether it did.

    Raises `EngineDisagrees` or `NotReady` when the flow does not wait for it.
    """
    held = work.session.scalar(
        update(Job)
        .where(Job.id == job_id, Job.lease_owner == owner, Job.state == "LEASED")
        .values(state="DONE")
        .returning(Job.id)
    )
    if held is None:
        return False
    crash_point("job.done_unwritten")
    job = work.session.get_one(Job, job_id)
    case = work.session.get_one(Case, job.case_id, with_for_update=True)
    work.tries(case, "timer.fire", timer=job.subject, element=job.element)
    definition = definitions.compiled(work.session, case.definition_hash)
    file = open_file(work, case, job.step)
    position = process.elapse(definition, case.state, job.subject)
    crash_point("job.engine_moved")
    record = _record(work, case, job)
    if _ends_suspension(definition, job.element):
        case.status = "RUNNING"
    work.session.add(record)
    case.records = record.seq
    follow(work, case, position, file.having(as_fact(record)))
    crash_point("job.followed")
    work.record(
        "timer.fired",
        case,
        timer={"id": job.subject, "element": job.element, "step": job.step, "period": job.period},
        due=job.due_at.isoformat(timespec="milliseconds"),
        entry=record.seq,
        calendar=file.calendar.version,
        definition=case.definition_hash,
        engine=process.ENGINE,
        rules={"version": rules.RULE_SET_VERSION, "checked": []},
        passed=list(position.passed),
        next=[[one.id, one.element] for one in position.ready],
        ended=position.ended,
    )
    return True


def forget_requests(work: Work) -> None:
    """Drop answers kept for idempotency keys that are older than a week; their events stay for ever."""
    work.session.execute(delete(FinishedRequest).where(FinishedRequest.at < work.now - KEEP_REQUESTS))


def give_up(work: Work, job_id: str, owner: str, problem: Exception) -> None:
    """Put a job that failed back, later each time; after five attempts stop and raise an incident.

    Of a *problem* nobody foresaw only the kind is kept: its message may hold what somebody said.
    """
    job = work.session.get_one(Job, job_id)
    if job.lease_owner != owner or job.state != "LEASED":
        return
    told = f": {problem}" if isinstance(problem, DecisionEngineError) else ""
    error = f"{type(problem).__name__}{told}"[:500]
    if job.attempts < MAX_ATTEMPTS:
        job.last_error = error
        job.state, job.due_at = "PENDING", work.now + LEASE * job.attempts
        return
    _put_aside(work, job, error)


def _put_aside(work: Work, job: Job, error: str) -> None:
    job.state, job.last_error = "FAILED", error
    detail = {"job": job.id, "element": job.element, "error": error}
    work.session.add(Incident(kind="job.failed", case_id=job.case_id, at=work.now, detail=detail))


def _report_once(work: Work, kind: str, detail: dict[str, Any]) -> None:
    """Raise an incident of *kind* unless one is open."""
    is_open = select(Incident.id).where(Incident.kind == kind, Incident.resolved_at.is_(None)).limit(1)
    if work.session.scalar(is_open) is None:
        work.session.add(Incident(kind=kind, case_id=None, at=work.now, detail=detail))


def _ends_suspension(definition: process.Definition, element: str) -> bool:
    """Tell whether the timer is the one after which an unconfirmed suspension no longer holds (R-EXE-06)."""
    held = definition.diagram.elements[element].attached_to
    return held is not None and definition.diagram.elements[held].step == "confirm_suspension"


def _record(work: Work, case: Case, job: Job) -> Record:
    return Record(
        case_id=case.id,
        seq=case.records + 1,
        kind=job.step or job.element,
        task_id=None,
        data={"closed_at": work.now.isoformat(timespec="milliseconds"), "due_at": job.due_at.isoformat()},
        at=work.now,
        author_id=CLOCK.person_id,
        role="clock",
        post="",
        draft=case.draft,
        exceptions=[],
    )
