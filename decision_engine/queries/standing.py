"""Does the house stand where its log says? Cases against their last step, persons against the names they acted under.

Of a case tasks, status and the engine's state are held against the last step in the log. Whoever owns the database may
move a case without an act: close its tasks, end it, put another state under it; or give a person another name. The log
and all its proofs stay whole then; this is what finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from decision_engine import process
from decision_engine.errors import DecisionEngineError
from decision_engine.language import Text
from decision_engine.models import Case, Event, EventPayload, Person, Task
from decision_engine.queries import definitions
from decision_engine.queries.replay import STEPS
from decision_engine.queries.trail import read


def elsewhere(session: Session) -> Iterator[tuple[Case, int, Text]]:
    """Yield every case that does not stand where its log left it, with the place of its last step."""
    for case in session.scalars(select(Case).order_by(Case.id)):
        found = of_case(session, case)
        if found is not None:
            yield case, *found


def of_case(session: Session, case: Case) -> tuple[int, Text] | None:
    """Return the place of the last step and what differs from it; None where all agree. Three statements."""
    last = session.execute(
        select(Event.seq, Event.body)
        .where(Event.chain == case.id, Event.kind.in_(STEPS))
        .order_by(Event.seq.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        return 1, Text("日志中没有立案", "the log does not open the case")
    body = read(last.body)
    told = _tasks(body.get("next"))
    ended = body.get("ended") is True
    if ended != (case.status == "ENDED"):
        return last.seq, Text("状态与日志不符", "its status is not what the log says")
    waiting = set(session.scalars(select(Task.id).where(Task.case_id == case.id, Task.status == "OPEN")))
    if waiting != told:
        return last.seq, Text("待办事项与日志不符", "other tasks wait than the log says")
    try:
        position = process.look(definitions.compiled(session, case.definition_hash), case.state)
    except (DecisionEngineError, process.Refused):
        return last.seq, Text("流程状态无法读取", "its state cannot be read")
    if {one.id for one in position.ready} != told or position.ended != ended:
        return last.seq, Text("流程状态与日志不符", "its state is not what the log says")
    return None


class Renamed(NamedTuple):
    """The register calls *person* (an id) otherwise than the newest entry that tells a name: *chain* and *seq*."""

    person: str
    chain: str
    seq: int


def renamed(session: Session) -> Iterator[Renamed]:
    """Yield every person whose name in the register is not the one under which he or she acted last, or was added.

    No act changes a name, so somebody did it beside the log; that is odd and changes nothing of what the log says.
    Where every name was lawfully erased there is nothing to compare. One statement, and one more for each person.
    """
    added = {
        str(read(row.body).get("person")): row
        for row in session.execute(_named().where(Event.kind == "person.added"))
    }
    for person, name in session.execute(select(Person.id, Person.name).order_by(Person.id)).all():
        newest = _named().where(Event.actor_id == person).order_by(Event.at.desc(), Event.id.desc()).limit(1)
        acted = session.execute(newest).one_or_none()
        row = acted or added.get(person)
        told = read(row.payload).get("actor" if acted else "said") if row is not None else None
        if row is not None and isinstance(told, dict) and told.get("name") != name:
            yield Renamed(person, row.chain, row.seq)


def _named() -> Select[str, int, bytes, bytes]:
    return select(Event.chain, Event.seq, Event.body, EventPayload.payload).join(
        EventPayload, EventPayload.event_id == Event.id
    )


def _tasks(waiting: object) -> set[str]:
    rows = waiting if isinstance(waiting, list) else []
    return {str(row[0]) for row in rows if isinstance(row, list) and row}
