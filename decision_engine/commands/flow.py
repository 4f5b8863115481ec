"""Follow the flow: after a move of the engine, bring tasks, timers and case in step with its position.

Not a verb of its own: commands that move a case end with `follow`, in the same transaction.
"""

from __future__ import annotations

from sqlalchemy import select

from decision_engine import process, rules
from decision_engine.access import LED_BY_ITS_PRINCIPAL
from decision_engine.commands.deadlines import due
from decision_engine.crash import crash_point
from decision_engine.models import Case, Job, Task
from decision_engine.queries.casefile import CaseFile
from decision_engine.work import Work

UNASSIGNED = "secretary"
"""Who does a task that lies in no lane: the diagram names nobody, and a task nobody sees would stop the case."""


def follow(work: Work, case: Case, position: process.Position, file: CaseFile) -> None:
    """Store *position*: state on the case, tasks that opened or fell away, timers to wait for."""
    case.state = position.state
    case.state_format = process.STATE_FORMAT
    with work.session.no_autoflush:  # so that the act writes the case once, at its end
        _follow_tasks(work, case, position, file)
        crash_point("flow.tasks")
        _follow_timers(work, case, position, file)
        crash_point("flow.timers")
    if position.ended:
        case.status = "ENDED"
        case.ended_at = work.now
        case.ending = position.passed[-1] if position.passed else None


def _follow_tasks(work: Work, case: Case, position: process.Position, file: CaseFile) -> None:
    known = {
        task.id: task
        for task in work.session.scalars(select(Task).where(Task.case_id == case.id, Task.status == "OPEN"))
        if task.status == "OPEN"  # the one just done is not, though its row does not say so yet
    }
    ready = {one.id: one for one in position.ready}
    for task_id, task in known.items():
        if task_id not in ready:
            task.status, task.closed_at = "CANCELLED", work.now
    agreed = file.calendar.add(work.today, rules.period("handling_days", file.organ, work.today))
    work.session.add_all(
        Task(
            id=one.id,
            case_id=case.id,
            organ_id=case.organ_id,
            element=one.element,
            step=one.step,
            name=one.name,
            role=one.role or UNASSIGNED,
            item=one.item or _principal(one, file),
            calls=list(one.call_path),
            status="OPEN",
            opened_at=work.now,
            due_on=agreed.day,
        )
        for one in position.ready
        if one.id not in known
    )


def _principal(one: process.Ready, file: CaseFile) -> str | None:
    """Return who leads the body that meets: its own principal speaks last and decides, no other head of the organ."""
    if one.step not in LED_BY_ITS_PRINCIPAL:
        return None
    opened = next((record for record in reversed(file.records) if record.kind == "open_meeting"), None)
    body = file.bodies.get(opened.text("body_type")) if opened is not None else None
    return body.principal if body is not None else None


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
        due_at, provisional = due(one.step, one.text, work.now, file)
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
