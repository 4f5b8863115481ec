"""Take up a step, give it back, pass it on, complete it.

Completing is the one act that moves a case. In order (architecture.md section 5): is the task open? may this
person? is the form right? is it lawful? does the engine agree? Only then are case, tasks, case file and log
written, together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from decision_engine import access, forms, process, rules
from decision_engine.calendar import SHANGHAI
from decision_engine.commands.answers import lawful, references_exist
from decision_engine.commands.departures import granted
from decision_engine.commands.effects import take_effect
from decision_engine.commands.flow import follow
from decision_engine.commands.rooms import not_in_a_meeting
from decision_engine.crash import crash_point
from decision_engine.errors import Conflict, Forbidden, NotFound, NotReady
from decision_engine.language import Text
from decision_engine.models import Case, Person, Record, Task
from decision_engine.queries import definitions
from decision_engine.queries.casefile import CaseFile, as_fact, open_file
from decision_engine.work import Receipt, Work


@dataclass(frozen=True, slots=True)
class Completed:
    """What completing a task did: its receipt, the rules checked, and what waits next."""

    task: Task
    case: Case
    receipt: Receipt
    findings: tuple[rules.Finding, ...]
    next: tuple[process.Ready, ...]


# -- completing ----------------------------------------------------------------------------------------


def complete_task(
    work: Work,
    task_id: str,
    answers: Mapping[str, Any],
    *,
    departures: Sequence[rules.Departure] = (),
    version: int | None = None,
) -> Completed:
    """Complete *task_id* with *answers*; *departures* claim lawful exceptions, with reason and approver.

    Raises `NotFound`, `NotReady` (done by whom, when), `Conflict` (the form was stale), `Forbidden`,
    `InvalidAnswers`, `Unlawful` (with the findings), `EngineDisagrees`.
    """
    case, task = open_task(work, task_id, version)
    work.tries(case, "task.complete", task=task.id, step=task.step or task.element)
    file = open_file(work, case, task.step)
    standing = may_be_done(work, case, task, file)
    return carry_out(work, case, task, file, standing, answers, departures=departures)


def may_be_done(work: Work, case: Case, task: Task, file: CaseFile) -> access.Standing:
    """Return the standing in which the actor may complete *task* now, whatever is answered; it changes nothing.

    Raises `Forbidden`, and `NotReady` while views asked for are to come or a meeting has the matter.
    """
    standing = access.stand_for_duty(work.actor, duty_of(case, task), file.done)
    if task.countersigning:
        raise NotReady(
            Text(
                f"还有{task.countersigning}份加签意见尚未反馈。请等候反馈，或者说明理由撤回加签。",
                f"{task.countersigning} view(s) asked for are still to come. Wait for them, or take the question back "
                "with a reason.",
            )
        )
    not_in_a_meeting(work, case, task)
    return standing


def carry_out(
    work: Work,
    case: Case,
    task: Task,
    file: CaseFile,
    standing: access.Standing,
    answers: Mapping[str, Any],
    *,
    departures: Sequence[rules.Departure] = (),
    **about: Any,
) -> Completed:
    """Complete *task* of the locked *case*; that *standing* may do it was decided before.

    *about* enters the event beside what every completion says. Raises what `complete_task` raises of the answers.
    """
    definition = definitions.compiled(work.session, case.definition_hash)
    reads = definitions.fields_read(definition, task.step)
    said = forms.load(task.step, answers, reads)
    references_exist(work, case, forms.references(task.step, said, reads))
    draft = take_effect(work, case, task.step, said)
    record = record_of(work, case, task, standing, said, draft, departures)
    findings = lawful(work, file, task.step or task.element, as_fact(record), departures)
    exceptions = granted(work, case, departures, findings)
    position = process.complete(definition, case.state, task.id, said)
    crash_point("task.engine_moved")

    task.status, task.closed_at, task.closed_by = "DONE", work.now, work.actor.person_id
    task.assignee_id = task.assignee_id or work.actor.person_id
    case.records = record.seq
    work.session.add(record)
    follow(work, case, position, file.having(as_fact(record)))
    crash_point("task.followed")
    receipt = work.record(
        "task.completed",
        case,
        standing=standing,
        said=said,
        task={
            "id": task.id,
            "element": task.element,
            "step": task.step,
            "item": task.item,
            "calls": task.calls,
        },
        entry=record.seq,
        draft=record.draft,
        calendar=file.calendar.version,
        definition=case.definition_hash,
        engine=process.ENGINE,
        rules={
            "version": rules.RULE_SET_VERSION,
            "checked": [[finding.rule, finding.outcome.value] for finding in findings],
        },
        beside={"exceptions": exceptions} if exceptions else {},
        exceptions=[departure.rule for departure in departures],
        passed=list(position.passed),
        next=[[one.id, one.element] for one in position.ready],
        ended=position.ended,
        **about,
    )
    return Completed(task, case, receipt, findings, position.ready)


def open_task(work: Work, task_id: str, version: int | None) -> tuple[Case, Task]:
    """Return the case, locked, and its task if it still waits. Raises `NotFound`, `NotReady`, `Conflict`."""
    row = work.session.execute(
        select(Case, Task)
        .join(Task, Task.case_id == Case.id)
        .where(Task.id == task_id)
        .with_for_update(of=(Case, Task))  # both, or PostgreSQL shows who waited the task as it was before
    ).one_or_none()
    if row is None:
        raise NotFound
    case, task = row
    if task.organ_id not in {standing.organ_id for standing in work.actor.standings}:
        raise NotFound
    if task.status != "OPEN":
        raise NotReady(_who_was_faster(work, task), by=_name(work, task.closed_by), at=task.closed_at)
    if version is not None and version != task.version:
        raise Conflict(
            Text(
                "您打开表单后该事项已有变化，请刷新后再提交；已填写的内容请先保存。",
                "This changed after you opened the form. Keep what you wrote, reload, and submit again.",
            ),
            by=_name(work, task.assignee_id),
            at=task.claimed_at,
        )
    return case, task


def duty_of(case: Case, task: Task) -> access.Duty:
    """Return *task* as access sees it."""
    return access.Duty(task.organ_id, task.step, task.role, task.item, task.assignee_id, case.lead_unit_id)


def record_of(
    work: Work,
    case: Case,
    task: Task,
    standing: access.Standing,
    said: dict[str, Any],
    draft: str | None,
    departures: Sequence[rules.Departure],
) -> Record:
    """Return the entry of the case file that completing *task* with *said* makes; it is not written yet."""
    return Record(
        case_id=case.id,
        seq=case.records + 1,
        kind=task.step or task.element,
        task_id=task.id,
        data=said,
        at=work.now,
        author_id=work.actor.person_id,
        role=task.role or "",
        post=standing.title,
        on_behalf_of_id=standing.on_behalf_of,
        item=task.item,
        draft=draft,
        exceptions=[[one.rule, one.reason, one.approver] for one in departures],
    )


# -- claiming, giving back, passing on -----------------------------------------------------------------


def claim_task(work: Work, task_id: str, *, version: int | None = None) -> Task:
    """Take *task_id* up (签收): from now on only this person completes it."""
    case, task = open_task(work, task_id, version)
    work.tries(case, "task.claim", task=task.id, step=task.step or task.element)
    if task.assignee_id is not None and task.assignee_id != work.actor.person_id:
        raise Conflict(
            Text("该事项已由他人签收。", "Somebody else took this up already."),
            by=_name(work, task.assignee_id),
            at=task.claimed_at,
        )
    standing = access.stand_for_duty(work.actor, duty_of(case, task), open_file(work, case, task.step).done)
    task.assignee_id, task.claimed_at, task.passed_on_by = work.actor.person_id, work.now, None
    crash_point("task.claimed")
    work.record("task.claimed", case, standing=standing, task={"id": task.id, "step": task.step})
    return task


def return_task(work: Work, task_id: str, reason: str) -> Task:
    """Give *task_id* back (退签) so that somebody else of the role can take it up."""
    case, task = open_task(work, task_id, None)
    work.tries(case, "task.return", task=task.id, step=task.step or task.element)
    if task.assignee_id != work.actor.person_id:
        raise Forbidden(
            Text("只能退回本人已签收的事项。", "Only what you took up yourself can be given back.")
        )
    standing = access.stand_for_duty(work.actor, duty_of(case, task), {})
    task.assignee_id, task.claimed_at, task.passed_on_by = None, None, None
    work.record(
        "task.returned",
        case,
        standing=standing,
        said={"reason": reason},
        task={"id": task.id, "step": task.step},
    )
    return task


def transfer_task(work: Work, task_id: str, to_person_id: str, reason: str) -> Task:
    """Hand *task_id* to another person who may do it (转办), with a reason."""
    case, task = open_task(work, task_id, None)
    work.tries(case, "task.transfer", task=task.id, step=task.step or task.element, to=to_person_id)
    if task.item is not None:
        raise Forbidden(
            Text("该事项须由指定的本人办理，不能转办。", "One named person is asked; it cannot be passed on.")
        )
    standing = (
        access.stand_for_duty(work.actor, duty_of(case, task), {})
        if task.assignee_id == work.actor.person_id
        else access.stand(work.actor, "task.transfer", case.organ_id)
    )
    receiver = _actor(work, to_person_id)
    file = open_file(work, case, task.step)
    access.stand_for_duty(
        receiver,
        access.Duty(task.organ_id, task.step, task.role, task.item, None, case.lead_unit_id),
        file.done,
    )
    task.assignee_id, task.claimed_at, task.passed_on_by = to_person_id, work.now, work.actor.person_id
    work.record(
        "task.transferred",
        case,
        standing=standing,
        said={"reason": reason},
        task={"id": task.id, "step": task.step},
        to=to_person_id,
    )
    return task


def _actor(work: Work, person_id: str) -> access.Actor:
    person = work.session.get(Person, person_id)
    if person is None or person.closed_at is not None:
        raise NotFound(
            Text("没有此人，或其账户已停用。", "There is no such person, or the account is closed.")
        )
    return access.Actor(person.id, person.name, work.standings(person.id))


def _name(work: Work, person_id: str | None) -> str | None:
    person = work.session.get(Person, person_id) if person_id else None
    return person.name if person else None


def _who_was_faster(work: Work, task: Task) -> Text | None:
    name = _name(work, task.closed_by)
    if name is None or task.closed_at is None:
        return None
    at = task.closed_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return Text(f"该事项已由{name}于 {at} 办结。", f"{name} completed this at {at}.")
