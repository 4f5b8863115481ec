"""Log, case file and tables agree after any story; and where one of them is bent, the comparison says which.

State, case file, tables and log are written in one transaction but kept in four places (README, decisions worth
arguing about). The stories are played through HTTP; the four places are then read side by side, after every scene.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from decision_engine import audit, process
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage, open_stage
from decision_engine.models import (
    Case,
    Comment,
    Document,
    DocumentVersion,
    Event,
    EventPayload,
    Job,
    Person,
    Record,
    Task,
)
from decision_engine.queries import definitions
from decision_engine.work import House

MOVES = ("case.opened", "task.completed", "timer.fired")
"""The events that leave the case elsewhere than they found it."""
OVER = ("DONE", "CANCELLED")


@dataclass(frozen=True, slots=True)
class Told:
    """One event, read: its body, and what it commits to."""

    kind: str
    seq: int
    hash: str
    body: dict[str, Any]
    salt: bytes
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that is kept of one case, place by place."""

    case: dict[str, Any]
    events: tuple[Told, ...]
    records: tuple[dict[str, Any], ...]
    tasks: tuple[dict[str, Any], ...]
    jobs: tuple[dict[str, Any], ...]
    ready: frozenset[str]
    timers: frozenset[str]
    versions: tuple[tuple[str, int, str], ...]
    comments: frozenset[str]
    names: dict[str, str]

    def told(self, *kinds: str) -> list[Told]:
        return [event for event in self.events if event.kind in kinds]


# -- the comparison -----------------------------------------------------------------------------------------


def read(session: Session, case_id: str) -> Stores:
    """Read everything that is kept of the case."""
    case = session.get_one(Case, case_id)
    position = process.look(definitions.compiled(session, case.definition_hash), case.state)
    events = session.execute(
        select(Event, EventPayload)
        .join(EventPayload, EventPayload.event_id == Event.id)
        .where(Event.chain == case_id)
        .order_by(Event.seq)
    )
    papers = select(DocumentVersion).join(Document).where(Document.case_id == case_id)
    return Stores(
        case=_columns(case),
        events=tuple(
            Told(one.kind, one.seq, one.hash, json.loads(one.body), beside.salt, json.loads(beside.payload))
            for one, beside in events
        ),
        records=_rows(session, Record, case_id),
        tasks=_rows(session, Task, case_id),
        jobs=_rows(session, Job, case_id),
        ready=frozenset(one.id for one in position.ready),
        timers=frozenset(one.id for one in position.timers),
        versions=tuple((one.document_id, one.number, one.sha256) for one in session.scalars(papers)),
        comments=frozenset(session.scalars(select(Comment.id).where(Comment.case_id == case_id))),
        names={one.id: one.name for one in session.scalars(select(Person))},
    )


def _rows(session: Session, model: Any, case_id: str) -> tuple[dict[str, Any], ...]:
    return tuple(_columns(one) for one in session.scalars(select(model).where(model.case_id == case_id)))


def _columns(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}


def disagreements(stores: Stores) -> list[str]:
    """Return every sentence in which one place contradicts another; none when all agree."""
    return [*_head(stores), *_case_file(stores), *_tasks(stores), *_position(stores), *_papers(stores)]


def _head(stores: Stores) -> Iterator[str]:
    case, last = stores.case, stores.events[-1]
    if (case["head_seq"], case["head_hash"]) != (last.seq, last.hash):
        yield "the case's head is not the last event"
    if [event.seq for event in stores.events] != list(range(1, len(stores.events) + 1)):
        yield "the log has a gap"
    for before, event in zip(stores.events, stores.events[1:], strict=False):
        if event.body["prev"] != before.hash:
            yield f"event {event.seq} hangs on another one"


def _case_file(stores: Stores) -> Iterator[str]:
    """Each act that answers has one record, and the event commits to the very data of that record."""
    acts = stores.told("task.completed", "timer.fired")
    records = {record["seq"]: record for record in stores.records}
    if Counter(event.body["entry"] for event in acts) != Counter(record["seq"] for record in stores.records):
        yield "acts and records are not one to one"
    if sorted(records) != list(range(1, stores.case["records"] + 1)):
        yield "the case counts other records than there are"
    for event in acts:
        record = records.get(event.body["entry"])
        if record is None:
            continue
        about = event.body["task" if event.kind == "task.completed" else "timer"]
        if (record["kind"], record["author_id"]) != (
            about["step"] or about["element"],
            event.body["actor"]["id"],
        ):
            yield f"record {record['seq']} and event {event.seq} tell of different acts"
        if event.kind == "task.completed" and _commitment(stores, event, record) != event.body["commit"]:
            yield f"event {event.seq} does not commit to the data of record {record['seq']}"


def _commitment(stores: Stores, event: Told, record: dict[str, Any]) -> str:
    """Return what *event* would commit to if its payload were made of *record* alone."""
    actor = {"name": stores.names[record["author_id"]], "post": record["post"]}
    payload = {**event.payload, "actor": actor, "said": record["data"]}
    return audit.commitment(event.salt, audit.canonical(payload))


def _tasks(stores: Stores) -> Iterator[str]:
    done = {task["id"]: task for task in stores.tasks if task["status"] == "DONE"}
    acts = stores.told("task.completed")
    if Counter(event.body["task"]["id"] for event in acts) != Counter(iter(done)):
        yield "tasks that are done and events that say so are not one to one"
    for event in acts:
        task = done.get(event.body["task"]["id"])
        if task and (task["closed_by"], task["step"], task["element"]) != (
            event.body["actor"]["id"], event.body["task"]["step"], event.body["task"]["element"],
        ):  # fmt: skip
            yield f"task {task['id']} was done otherwise than event {event.seq} says"
    if {record["task_id"] for record in stores.records if record["role"] != "clock"} != set(done):
        yield "the case file answers other tasks than are done"


def _position(stores: Stores) -> Iterator[str]:
    """Where the engine stands, where the log says it stands, and what waits in the tables are one."""
    last = stores.told(*MOVES)[-1]
    waiting = {task["id"] for task in stores.tasks if task["status"] == "OPEN"}
    if waiting != {ready for ready, _ in last.body["next"]}:
        yield "open tasks are not what the last move left ready"
    if waiting != stores.ready:
        yield "open tasks are not what the engine's state has ready"
    if {job["subject"] for job in stores.jobs if job["state"] not in OVER} != stores.timers:
        yield "jobs are not the timers that wait"
    fired = Counter(event.body["timer"]["id"] for event in stores.told("timer.fired"))
    if fired != Counter(job["subject"] for job in stores.jobs if job["state"] == "DONE"):
        yield "timers that fired and jobs that are done are not one to one"
    if (stores.case["status"] == "ENDED") != last.body.get("ended", False):
        yield "case and log disagree whether it has ended"
    if stores.case["definition_hash"] != last.body["definition"]:
        yield "the case runs on another definition than the log says"


def _papers(stores: Stores) -> Iterator[str]:
    told = [event.body["document"] for event in stores.told("document.added")]
    if Counter((one["id"], one["version"], one["sha256"]) for one in told) != Counter(stores.versions):
        yield "the papers are not those the log tells of"
    if {event.body["comment"]["id"] for event in stores.told("comment.received")} != stores.comments:
        yield "the comments are not those the log tells of"


# -- after the story ----------------------------------------------------------------------------------------


def of(house: House, case_id: str) -> Stores:
    with house.reading() as session:
        return read(session, case_id)


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Stage, list[tuple[str, list[str]]], Stores]]:
    """S1 played to its end; what disagreed after each scene; and what was kept in the middle of it."""
    with ExitStack() as stack:
        stage = stack.enter_context(open_stage(tmp_path_factory.mktemp("s1"), S1.scenes[0].at))
        found: list[tuple[str, list[str]]] = []
        halfway = None
        names = [scene.name for scene in S1.scenes]
        for name, following in zip(names, [*names[1:], None], strict=True):
            S1.play(stage, start=name, until=following)
            stores = of(stage.house, stage.case_id)
            found.append((name, disagreements(stores)))
            if name == "commission_assessment":  # people are asked in parallel, and a timer waits
                halfway = stores
        assert halfway is not None
        yield stage, found, halfway


def test_log_case_file_and_tables_agree_after_every_scene_of_a_story(played):
    """Not only at the end: whoever looks between two acts sees one truth."""
    _, found, _ = played
    assert len(found) == len(S1.scenes)
    assert [(scene, told) for scene, told in found if told] == []


def test_the_story_leaves_something_to_compare(played):
    """A comparison of nothing with nothing would agree as well."""
    stage, _, halfway = played
    stores = of(stage.house, stage.case_id)
    assert len(stores.told("task.completed")) > 40
    assert stores.told("timer.fired")
    assert stores.told("document.added")
    assert stores.comments
    assert halfway.timers
    assert len(halfway.ready) > 1


def test_what_was_put_into_the_store_of_papers_is_what_the_log_names(played):
    """The bytes on disk have the hash that the event names."""
    stage, _, _ = played
    folder = stage.house.settings.documents_dir
    for _, _, sha256 in of(stage.house, stage.case_id).versions:
        assert hashlib.sha256((folder / sha256[:2] / sha256).read_bytes()).hexdigest() == sha256


# -- negative controls --------------------------------------------------------------------------------------


def _bent(
    rows: tuple[dict[str, Any], ...], change: dict[str, Any], **which: Any
) -> tuple[dict[str, Any], ...]:
    """Return *rows* with the first one that has *which* changed."""
    place = next(n for n, row in enumerate(rows) if all(row[key] == value for key, value in which.items()))
    return (*rows[:place], rows[place] | change, *rows[place + 1 :])


FAULTS: dict[str, tuple[Callable[[Stores], Stores], str]] = {
    "an event is gone": (
        lambda s: replace(s, events=tuple(e for e in s.events if e is not s.told("task.completed")[3])),
        "the log has a gap",
    ),
    "the tail is cut": (lambda s: replace(s, events=s.events[:-1]), "the case's head is not the last event"),
    "a record is gone": (lambda s: replace(s, records=s.records[1:]), "acts and records are not one to one"),
    "a record stands twice": (
        lambda s: replace(s, records=(*s.records, s.records[0])),
        "acts and records are not one to one",
    ),
    "an answer was changed": (
        lambda s: replace(s, records=_bent(s.records, {"data": {"outcome": "START"}}, seq=1)),
        "does not commit to the data of record 1",
    ),
    "a post was changed": (
        lambda s: replace(s, records=_bent(s.records, {"post": "镇长"}, seq=1)),
        "does not commit to the data of record 1",
    ),
    "an author was changed": (
        lambda s: replace(s, records=_bent(s.records, {"author_id": next(iter(s.names))}, seq=1)),
        "tell of different acts",
    ),
    "a task is done without an event": (
        lambda s: replace(s, tasks=_bent(s.tasks, {"status": "DONE"}, status="OPEN")),
        "tasks that are done and events that say so are not one to one",
    ),
    "a task was done by another": (
        lambda s: replace(s, tasks=_bent(s.tasks, {"closed_by": "f" * 32}, status="DONE")),
        "was done otherwise than event",
    ),
    "a task waits that the flow does not know": (
        lambda s: replace(s, tasks=(*s.tasks, {"id": "f" * 32, "status": "OPEN"})),
        "open tasks are not what the engine's state has ready",
    ),
    "a task fell away": (
        lambda s: replace(s, tasks=_bent(s.tasks, {"status": "CANCELLED"}, status="OPEN")),
        "open tasks are not what the last move left ready",
    ),
    "a timer has no job": (
        lambda s: replace(s, jobs=_bent(s.jobs, {"state": "CANCELLED"}, state="PENDING")),
        "jobs are not the timers that wait",
    ),
    "a job says it fired": (
        lambda s: replace(s, jobs=_bent(s.jobs, {"state": "DONE"}, state="PENDING")),
        "timers that fired and jobs that are done are not one to one",
    ),
    "the case says it has ended": (
        lambda s: replace(s, case=s.case | {"status": "ENDED"}),
        "case and log disagree whether it has ended",
    ),
    "the case was put on another procedure": (
        lambda s: replace(s, case=s.case | {"definition_hash": "0" * 64}),
        "the case runs on another definition than the log says",
    ),
    "a paper was swapped": (
        lambda s: replace(s, versions=((*s.versions[0][:2], "0" * 64), *s.versions[1:])),
        "the papers are not those the log tells of",
    ),
    "a comment came in unrecorded": (
        lambda s: replace(s, comments=s.comments | {"f" * 32}),
        "the comments are not those the log tells of",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_comparison_notices(played, fault):
    """Each way of bending one place against the others is told in its own words."""
    _, _, halfway = played
    bend, told = FAULTS[fault]
    assert any(told in one for one in disagreements(bend(halfway)))
    assert disagreements(halfway) == []


def test_a_row_changed_behind_the_house_is_noticed(played):
    """The same through the database: a task set to done by hand."""
    stage, _, _ = played
    with stage.house.engine.connect() as connection, connection.begin() as transaction:
        with Session(connection) as session:
            assert disagreements(read(session, stage.case_id)) == []
        connection.execute(
            text(
                "UPDATE task SET status = 'CANCELLED' WHERE id = (SELECT min(id) FROM task WHERE status = 'DONE')"
            )
        )
        with Session(connection) as session:
            told = disagreements(read(session, stage.case_id))
        transaction.rollback()
    assert "tasks that are done and events that say so are not one to one" in told
