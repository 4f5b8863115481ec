"""Is what the log says of a case a run of its diagram? Read from the log alone, played by the token game.

Neither the engine's state nor tasks, jobs or the case file are asked. What was answered comes from the payloads
that the events commit to; where one is erased, the verdict says so (see `process.replay`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from decision_engine import process
from decision_engine.language import Text
from decision_engine.models import Case, Event, EventPayload
from decision_engine.queries import definitions
from decision_engine.queries.trail import read

STEPS = {
    "case.opened": process.OPENED,
    "task.completed": process.COMPLETED,
    "timer.fired": process.ELAPSED,
    "item.broken_off": process.ELAPSED,
}
"""The events that move a case; all others leave it where it stands."""

ABOUT = {"task.completed": "task", "timer.fired": "timer", "item.broken_off": "message"}
"""Which of their fields names the element."""


def of_case(session: Session, case: Case) -> process.Verdict:
    """Return whether the recorded steps of *case* are a run of its diagram, or the first that is not."""
    rows = session.execute(
        select(Event.seq, Event.kind, Event.body, EventPayload.payload)
        .outerjoin(EventPayload, EventPayload.event_id == Event.id)
        .where(Event.chain == case.id, Event.kind.in_(STEPS))
        .order_by(Event.seq)
    )
    steps: list[process.Step] = []
    damaged: int | None = None
    for seq, kind, body, payload in rows:
        try:
            steps.append(step(seq, kind, read(body), None if payload is None else read(payload)))
        except (KeyError, TypeError, ValueError):
            damaged = seq
            break
    verdict = process.replay(definitions.compiled(session, case.definition_hash).diagram, steps)
    if damaged is None or (steps and isinstance(verdict, process.Illegal)):
        return verdict
    return process.Illegal(damaged, None, Text("该条记录已损坏。", "This entry is damaged."))


def step(seq: int, kind: str, body: Mapping[str, Any], payload: Mapping[str, Any] | None) -> process.Step:
    """Return an event as a step; *payload* is None when erased. Raises `KeyError`, `TypeError` or `ValueError`."""
    what = STEPS[kind]
    waiting = tuple((str(task), str(element)) for task, element in body["next"])
    said = None if payload is None else payload["said"]
    if what == process.OPENED:
        facts = None if said is None else dict(said["matter"])
        return process.Step(seq, what, body["definition"], waiting, said=facts)
    about = body[ABOUT[kind]]
    return process.Step(
        seq,
        what,
        body["definition"],
        waiting,
        element=about["element"],
        step=about["step"],
        task=about["id"] if what == process.COMPLETED else None,
        call_path=tuple(about["calls"]) if what == process.COMPLETED else None,
        said=None if said is None else dict(said),
        ended=bool(body["ended"]),
    )
