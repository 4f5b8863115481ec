"""What happens in the room moves the case: the waiting steps of its flow are completed with answers from the room.

All gates and rules judge these answers like any others. What the flow has no step for (a latecomer, somebody leaving)
enters the case file as a record of its own, so that the rules see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from decision_engine import access, forms, rules
from decision_engine.commands.answers import lawful
from decision_engine.commands.departures import granted
from decision_engine.commands.meetings.room import Sitting
from decision_engine.commands.tasks import Completed, carry_out
from decision_engine.errors import NotReady
from decision_engine.language import Text
from decision_engine.models import Case, Record, Task
from decision_engine.queries.casefile import as_fact, open_file
from decision_engine.work import Work

Departures = Sequence[rules.Departure]


def waiting(work: Work, case: Case, step: str, item: str | None = None) -> Task | None:
    """Return the open task of *case* at *step* (for *item*), if one waits."""
    wanted = [Task.case_id == case.id, Task.status == "OPEN", Task.step == step]
    if item is not None:
        wanted.append(Task.item == item)
    return work.session.scalar(select(Task).where(*wanted).order_by(Task.opened_at, Task.id).limit(1))


def complete(
    sitting: Sitting,
    step: str,
    answers: Mapping[str, Any],
    standing: access.Standing,
    *,
    item: str | None = None,
    departures: Departures = (),
) -> Completed:
    """Complete the waiting *step* of the item's case. Raises `NotReady` where none waits, and what its gates refuse."""
    task = waiting(sitting.work, sitting.case, step, item)
    if task is None:
        raise NotReady
    file = open_file(sitting.work, sitting.case, step)
    about = {"room": sitting.about()}
    return carry_out(
        sitting.work, sitting.case, task, file, standing, _filled(answers), departures=departures, **about
    )


def put(
    work: Work,
    case: Case,
    kind: str,
    said: Mapping[str, Any],
    standing: access.Standing,
    event: str,
    *,
    item: str | None = None,
    departures: Departures = (),
    **about: Any,
) -> Record:
    """Put *said* into the case file without a step of the flow, judged by the gate *kind*; one event."""
    loaded = forms.load(kind, _filled(said))
    record = Record(
        case_id=case.id, seq=case.records + 1, kind=kind, data=loaded, at=work.now, author_id=work.actor.person_id,
        role="", post=standing.title, on_behalf_of_id=standing.on_behalf_of, item=item, draft=case.draft,
        exceptions=[[one.rule, one.reason, one.approver] for one in departures],
    )  # fmt: skip
    findings = lawful(work, open_file(work, case, kind), kind, as_fact(record), departures)
    exceptions = granted(work, case, departures, findings)
    case.records = record.seq
    work.session.add(record)
    work.record(
        event,
        case,
        standing=standing,
        said=loaded,
        beside={"exceptions": exceptions} if exceptions else {},
        step=kind,
        entry=record.seq,
        draft=record.draft,
        member=item,
        rules={
            "version": rules.RULE_SET_VERSION,
            "checked": [[finding.rule, finding.outcome.value] for finding in findings],
        },
        exceptions=[departure.rule for departure in departures],
        **about,
    )
    return record


def call_of(work: Work, case: Case) -> str:
    """Return the call activity whose meeting waits in *case*; `""` where the case is the meeting's own.

    Raises `NotReady` where no meeting waits to be opened.
    """
    task = waiting(work, case, "open_meeting")
    if task is None:
        raise NotReady(
            Text(
                "本事项尚未具备上会条件，或者正在其他会议办理。",
                "The matter is not ready for a meeting, or is in another one.",
            )
        )
    return task.calls[-1] if task.calls else ""


def excuse_who_left(sitting: Sitting, standing: access.Standing) -> None:
    """Close the waiting speech of every member who is no longer deliberating: asked, and left without speaking."""
    asked = sitting.work.session.scalars(
        select(Task.item).where(
            Task.case_id == sitting.case.id, Task.status == "OPEN", Task.step == "member_speaks"
        )
    ).all()
    for member in asked:
        if member is not None and member not in sitting.deliberating:
            answers = {"stance": rules.LEFT, "spoken_at": sitting.work.now.isoformat()}
            complete(sitting, "member_speaks", answers, standing, item=member)


def _filled(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answers.items() if value is not None}
