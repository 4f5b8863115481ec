"""Keep what somebody typed into a form and has not handed in: no act of the case, seen by nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from decision_engine.audit import canonical
from decision_engine.errors import NotFound, NotReady, TooLarge
from decision_engine.language import Text
from decision_engine.models import Draft, Task
from decision_engine.work import Work

LARGEST = 512 * 1024
"""Bytes of a draft as canonical JSON."""


def keep_draft(work: Work, task_id: str, answers: Mapping[str, Any]) -> Draft:
    """Keep *answers* as the actor's draft for the open *task_id*. Raises `NotFound`, `NotReady`, `TooLarge`.

    The task is locked: a draft sent while its step is being completed comes before or is refused, it is never left.
    """
    task = work.session.get(Task, task_id, with_for_update=True, populate_existing=True)
    if task is None or not work.actor.in_organ(task.organ_id):
        raise NotFound
    if task.status != "OPEN":
        raise NotReady(
            Text(
                "该事项已经办结，您填写的内容未写入卷宗。",
                "This was done already; what you typed was not recorded.",
            )
        )
    if len(canonical(dict(answers))) > LARGEST:
        raise TooLarge
    draft = work.session.get(Draft, (work.actor.person_id, task_id))
    if draft is None:
        draft = Draft(person_id=work.actor.person_id, task_id=task_id, answers=dict(answers), at=work.now)
        work.session.add(draft)
    else:
        draft.answers, draft.at = dict(answers), work.now
    return draft


def drop_draft(work: Work, task_id: str) -> None:
    """Drop the actor's draft of *task_id*, if there is one."""
    draft = work.session.get(Draft, (work.actor.person_id, task_id))
    if draft is not None:
        work.session.delete(draft)


def draft_of(work: Work, task_id: str) -> Draft | None:
    """Return the actor's own draft of *task_id*."""
    return work.session.get(Draft, (work.actor.person_id, task_id))
