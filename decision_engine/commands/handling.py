"""Ask, tell, remind, take back: how a step is handled between people (加签、抄送、催办、撤回、办理时限).

Guarantees
* Nothing here moves a case, passes over a step, adds to or takes from a deciding body, or completes anything for
  anybody. A step's clock of law is not touched: only the agreed day of handling can be set, paused and resumed.
* What was asked before a step is completed is answered, or taken back with a reason, first (`complete_task` looks).
* A completed step is not taken back: it is corrected along the ways the diagram draws, as a new act.
* Every word is an event; its text is in the case file or the row, never in a hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, func, select

from decision_engine import access, forms
from decision_engine.calendar import local_day
from decision_engine.commands.tasks import duty_of, open_task
from decision_engine.errors import Conflict, Forbidden, InvalidAnswers, NotFound, NotReady
from decision_engine.language import Text
from decision_engine.models import Case, Circulation, Countersign, Person, Record, Task, Urging
from decision_engine.queries import lateness
from decision_engine.queries.casefile import calendar_of, open_file
from decision_engine.work import Work

ANSWER = "countersign_opinion"
MOST_ASKED = 20
_MEETING = frozenset({"open_meeting", "report_item", "vote", "sign_minutes"})
UNTOUCHED = access.PERSONAL | _MEETING
"""Steps of a body or of one's own conscience: nobody is added to them, not even to advise."""


# -- 加签 ----------------------------------------------------------------------------------------------


def ask_countersign(
    work: Work, task_id: str, person_ids: Sequence[str], question: str
) -> tuple[Countersign, ...]:
    """Ask *person_ids* for their view before the step is completed; only who does the step asks.

    Raises `NotFound`, `NotReady`, `Forbidden` (a step of a body; a drafter asked about the review, R-LEG-05),
    `Conflict` (already asked), `InvalidAnswers` (nobody, too many, or oneself).
    """
    case, task = open_task(work, task_id, None)
    work.tries(case, "countersign.ask", task=task.id, step=task.step or task.element)
    _whole_people(work, person_ids)
    if task.step in UNTOUCHED:
        raise Forbidden(
            Text(
                "会议表决、发言和专家本人意见不适用加签：参加人员由法定组成决定，不得增减。",
                "Meetings, votes and personal opinions take no countersigning: who takes part is fixed by law.",
            ),
            rule="R-MTG-17",
        )
    done = open_file(work, case, task.step).done
    standing = access.stand_for_duty(work.actor, duty_of(case, task), done)
    waiting = set(
        work.session.scalars(
            select(Countersign.person_id).where(Countersign.task_id == task.id, *_open_countersign())
        )
    )
    for person_id in person_ids:
        if person_id in waiting:
            raise Conflict(Text("已请此人会签，尚待反馈。", "This person was asked already."))
        _serves(work, person_id, case)
        access.may_advise(person_id, task.step, done)
    asked = tuple(
        Countersign(
            task_id=task.id, case_id=case.id, asked_by=work.actor.person_id, person_id=one, question=question,
            asked_at=work.now,
        )
        for one in person_ids
    )  # fmt: skip
    work.session.add_all(asked)
    task.countersigning += len(asked)
    work.session.flush()
    work.record(
        "countersign.asked",
        case,
        standing=standing,
        said={"question": question},
        task={"id": task.id, "step": task.step},
        asked=[[one.id, one.person_id] for one in asked],
    )
    return asked


def answer_countersign(work: Work, countersign_id: str, answers: dict[str, object]) -> Record:
    """Give the view one was asked for, once; it enters the case file.

    Raises `NotFound`, `Forbidden`, `NotReady` (the step is done, or the question taken back), `InvalidAnswers`.
    """
    asked, case, task = _countersign(work, countersign_id)
    work.tries(case, "countersign.answer", countersign=asked.id)
    if asked.person_id != work.actor.person_id:
        raise Forbidden(Text("加签意见由被征求人本人出具。", "Who was asked gives the view, nobody else."))
    if asked.answered_at is not None or asked.withdrawn_at is not None or task.status != "OPEN":
        raise NotReady(
            Text(
                "该加签已反馈、已撤回，或者事项已办结。",
                "This was answered or taken back, or the step is done.",
            )
        )
    standing = access.stand(work.actor, "countersign.answer", case.organ_id)
    said = forms.load(ANSWER, answers)
    record = Record(
        case_id=case.id, seq=case.records + 1, kind=ANSWER, task_id=task.id,
        data=said | {"countersign": asked.id, "step": task.step or task.element}, at=work.now,
        author_id=work.actor.person_id, role="", post=standing.title, on_behalf_of_id=standing.on_behalf_of,
        draft=case.draft, exceptions=[],
    )  # fmt: skip
    work.session.add(record)
    case.records = record.seq
    task.countersigning -= 1
    asked.stance, asked.answered_at, asked.entry = said["stance"], work.now, record.seq
    work.record(
        "countersign.answered",
        case,
        standing=standing,
        said=said,
        task={"id": task.id, "step": task.step},
        countersign=asked.id,
        entry=record.seq,
        draft=record.draft,
    )
    return record


def withdraw_countersign(work: Work, countersign_id: str, reason: str) -> Countersign:
    """Take a question back that was not answered yet; who asked it, or who now does the step, does so."""
    asked, case, task = _countersign(work, countersign_id)
    work.tries(case, "countersign.withdraw", countersign=asked.id)
    if asked.answered_at is not None or asked.withdrawn_at is not None or task.status != "OPEN":
        raise NotReady(
            Text(
                "已反馈的加签意见须保留，不能撤回。", "A view that was given stays; it cannot be taken back."
            )
        )
    if work.actor.person_id not in {asked.asked_by, task.assignee_id}:
        raise Forbidden(
            Text("加签由发起人或者现承办人撤回。", "Who asked, or who now does the step, takes it back.")
        )
    asked.withdrawn_at = work.now
    task.countersigning -= 1
    work.record(
        "countersign.withdrawn", case, standing=_any_standing(work, case), said={"reason": reason},
        task={"id": task.id, "step": task.step}, countersign=asked.id,
    )  # fmt: skip
    return asked


# -- 抄送 ----------------------------------------------------------------------------------------------


def send_copy(
    work: Work, case_id: str, person_ids: Sequence[str], note: str, task_id: str | None = None
) -> tuple[Circulation, ...]:
    """Bring a case (or one of its steps) to the notice of people of the organ; it asks nothing of them."""
    case = _case(work, case_id)
    work.tries(case, "copy.send")
    standing = access.stand(work.actor, "copy.send", case.organ_id)
    _whole_people(work, person_ids)
    if task_id is not None:
        task = work.session.get(Task, task_id)
        if task is None or task.case_id != case.id:
            raise NotFound
    for person_id in person_ids:
        _serves(work, person_id, case)
    copies = tuple(
        Circulation(
            case_id=case.id, task_id=task_id, from_id=work.actor.person_id, to_id=one, note=note, sent_at=work.now
        )
        for one in person_ids
    )  # fmt: skip
    work.session.add_all(copies)
    work.session.flush()
    work.record(
        "copy.sent", case, standing=standing, said={"note": note}, task=task_id,
        copies=[[one.id, one.to_id] for one in copies],
    )  # fmt: skip
    return copies


def read_copy(work: Work, copy_id: str) -> Circulation:
    """Confirm that a copy was read (已阅); again changes nothing."""
    copy, case = _copy(work, copy_id)
    if copy.to_id != work.actor.person_id:
        raise NotFound
    if copy.withdrawn_at is not None:
        raise NotReady(Text("该抄送已撤回。", "This copy was taken back."))
    if copy.read_at is None:
        copy.read_at = work.now
        work.record("copy.read", case, standing=_any_standing(work, case), copy=copy.id)
    return copy


def withdraw_copy(work: Work, copy_id: str, reason: str) -> Circulation:
    """Take a copy back that was not read yet; what was read was read."""
    copy, case = _copy(work, copy_id)
    work.tries(case, "copy.withdraw", copy=copy.id)
    if copy.from_id != work.actor.person_id:
        raise Forbidden(Text("抄送由发送人撤回。", "Who sent a copy takes it back."))
    if copy.read_at is not None or copy.withdrawn_at is not None:
        raise NotReady(Text("对方已阅，不能撤回。", "It was read; it cannot be taken back."))
    copy.withdrawn_at = work.now
    work.record(
        "copy.withdrawn", case, standing=_any_standing(work, case), said={"reason": reason}, copy=copy.id
    )
    return copy


# -- 催办、撤回转办、办理时限 -----------------------------------------------------------------------------


def urge(work: Work, task_id: str, note: str) -> Urging:
    """Remind whoever does *task_id*, at most once a day and person. Raises `Conflict` for a second time that day."""
    case, task = open_task(work, task_id, None)
    work.tries(case, "task.urge", task=task.id, step=task.step or task.element)
    standing = access.stand(work.actor, "task.urge", case.organ_id)
    last = work.session.scalar(
        select(func.max(Urging.at)).where(
            Urging.task_id == task.id, Urging.by_id == work.actor.person_id
        )
    )  # fmt: skip
    if last is not None and local_day(last) == work.today:
        raise Conflict(Text("今天已催办过该事项。", "You urged this today already."))
    urged = Urging(task_id=task.id, case_id=case.id, by_id=work.actor.person_id, note=note, at=work.now)
    work.session.add(urged)
    work.session.flush()
    work.record(
        "task.urged", case, standing=standing, said={"note": note}, task={"id": task.id, "step": task.step},
        holder=task.assignee_id,
    )  # fmt: skip
    return urged


def report_late(work: Work, task_id: str, note: str) -> tuple[Circulation, ...]:
    """Bring a late step that urging did not move to the notice of who leads the organ (报请领导督办), once.

    It is a copy with the step named: it moves nothing and decides nothing. Raises `NotReady` (not late, or not urged
    before today, or nobody to tell), `Conflict` (they were told already).
    """
    case, task = open_task(work, task_id, None)
    work.tries(case, "task.report_late", task=task.id, step=task.step or task.element)
    access.stand(work.actor, "task.urge", case.organ_id)
    first = work.session.scalar(select(func.min(Urging.at)).where(Urging.task_id == task.id))
    late = task.due_on is not None and task.paused_on is None and work.today > task.due_on
    leaders = [one for one in lateness.principals(work, [case.organ_id]) if one != work.actor.person_id]
    if not late or first is None or local_day(first) == work.today or not leaders:
        raise NotReady(
            Text(
                "只有超期且此前已催办仍未办结的环节，才报请领导督办。",
                "Only a step that is late, and was urged on an earlier day, is brought before who leads.",
            )
        )
    told = select(Circulation.id).where(Circulation.task_id == task.id, Circulation.withdrawn_at.is_(None))
    if work.session.scalar(told.where(Circulation.to_id.in_(leaders)).limit(1)) is not None:
        raise Conflict(Text("该环节已报请领导督办。", "Who leads was told of this step already."))
    return send_copy(work, case.id, leaders, note, task.id)


def withdraw_transfer(work: Work, task_id: str, reason: str) -> Task:
    """Take a step back that one passed on, as long as the receiver has not taken it up (撤回转办)."""
    case, task = open_task(work, task_id, None)
    work.tries(case, "task.transfer.withdraw", task=task.id, step=task.step or task.element)
    if task.passed_on_by != work.actor.person_id:
        raise NotReady(
            Text(
                "只能撤回本人转办且对方尚未签收的事项。已办结的步骤不能撤回，须按流程图的退回、更正途径办理。",
                "Only what you passed on, and the receiver has not taken up, can be taken back. A completed step is "
                "never taken back: it is corrected along the ways of the diagram.",
            )
        )
    standing = _any_standing(work, case)
    task.assignee_id, task.claimed_at, task.passed_on_by = None, None, None
    work.record(
        "task.transfer.withdrawn", case, standing=standing, said={"reason": reason},
        task={"id": task.id, "step": task.step},
    )  # fmt: skip
    return task


def agree_day(work: Work, task_id: str, due_on: date, reason: str) -> Task:
    """Set the agreed day of a step; it is no period of the law and can loosen none. Not in the past."""
    case, task = open_task(work, task_id, None)
    work.tries(case, "task.deadline", task=task.id, step=task.step or task.element)
    standing = access.stand(work.actor, "task.deadline", case.organ_id)
    if due_on < work.today:
        raise InvalidAnswers(
            {"due_on": (Text("办理时限不能早于今天。", "The agreed day is not in the past."),)}
        )
    before, task.due_on, task.paused_on = task.due_on, due_on, None
    work.record(
        "task.deadline.set", case, standing=standing, said={"reason": reason},
        task={"id": task.id, "step": task.step}, before=before.isoformat() if before else None,
        after=due_on.isoformat(),
    )  # fmt: skip
    return task


def pause_clock(work: Work, task_id: str, reason: str) -> Task:
    """Let the agreed time of a step rest (暂停计时), for instance while an answer from outside is awaited.

    Minimum and maximum times of the law go on: they are no agreed time. Raises `NotReady` when it rests already or
    none was agreed.
    """
    case, task = open_task(work, task_id, None)
    work.tries(case, "task.pause", task=task.id, step=task.step or task.element)
    standing = access.stand(work.actor, "task.deadline", case.organ_id)
    if task.paused_on is not None or task.due_on is None:
        raise NotReady(
            Text("该事项已暂停计时，或者没有约定办理时限。", "Its time rests already, or none was agreed.")
        )
    task.paused_on = work.today
    work.record(
        "task.clock.paused", case, standing=standing, said={"reason": reason},
        task={"id": task.id, "step": task.step}, due=task.due_on.isoformat(),
    )  # fmt: skip
    return task


def resume_clock(work: Work, task_id: str) -> Task:
    """Let the agreed time run again; the agreed day moves by the working days that passed."""
    case, task = open_task(work, task_id, None)
    work.tries(case, "task.resume", task=task.id, step=task.step or task.element)
    standing = access.stand(work.actor, "task.deadline", case.organ_id)
    if task.paused_on is None or task.due_on is None:
        raise NotReady(Text("该事项没有暂停计时。", "Its time does not rest."))
    calendar = calendar_of(work.session)
    rested = calendar.working_days_between(task.paused_on, work.today).days
    before = task.due_on
    task.due_on, task.paused_on = calendar.add_working_days(before, rested).day, None
    work.record(
        "task.clock.resumed", case, standing=standing, task={"id": task.id, "step": task.step}, rested=rested,
        calendar=calendar.version, before=before.isoformat(), after=task.due_on.isoformat(),
    )  # fmt: skip
    return task


# -- looking up ----------------------------------------------------------------------------------------


def _open_countersign() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Countersign.answered_at.is_(None), Countersign.withdrawn_at.is_(None)


def _countersign(work: Work, countersign_id: str) -> tuple[Countersign, Case, Task]:
    asked = work.session.get(Countersign, countersign_id)
    if asked is None:
        raise NotFound
    case = _case(work, asked.case_id)
    work.session.refresh(asked, with_for_update=True)
    return asked, case, work.session.get_one(Task, asked.task_id)


def _copy(work: Work, copy_id: str) -> tuple[Circulation, Case]:
    copy = work.session.get(Circulation, copy_id)
    if copy is None:
        raise NotFound
    case = _case(work, copy.case_id)
    work.session.refresh(copy, with_for_update=True)
    return copy, case


def _case(work: Work, case_id: str) -> Case:
    case = work.session.get(Case, case_id, with_for_update=True)
    if case is None or not work.actor.in_organ(case.organ_id):
        raise NotFound
    return case


def _any_standing(work: Work, case: Case) -> access.Standing:
    return access.stand(work.actor, "case.read", case.organ_id)


def _whole_people(work: Work, person_ids: Sequence[str]) -> None:
    """Refuse nobody, too many, anybody twice, and oneself."""
    if not 0 < len(person_ids) <= MOST_ASKED or len(set(person_ids)) != len(person_ids):
        problem = Text(
            f"请选择 1 至 {MOST_ASKED} 人，不重复。", f"Choose 1 to {MOST_ASKED} people, each once."
        )
        raise InvalidAnswers({"persons": (problem,)})
    if work.actor.person_id in person_ids:
        raise InvalidAnswers({"persons": (Text("不能选择本人。", "Not yourself."),)})


def _serves(work: Work, person_id: str, case: Case) -> None:
    """Refuse who is unknown, has left, or holds no post in the organ today."""
    person = work.session.get(Person, person_id)
    serves = person is not None and person.closed_at is None
    if not serves or all(one.organ_id != case.organ_id for one in work.standings(person_id)):
        raise InvalidAnswers(
            {"persons": (Text("请选择本机关在职人员。", "Choose people who serve in this organ today."),)}
        )
