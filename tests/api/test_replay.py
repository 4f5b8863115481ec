"""After a story: its log, played again by the proved rules, is a lawful run; a log somebody changed is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text

from decision_engine.clock import MovableClock
from decision_engine.db import open_engine
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from decision_engine.models import Event, EventPayload
from decision_engine.queries.replay import STEPS
from decision_engine.work import House
from tests.api.conftest import moved, staged
from tests.conftest import BEGINNING, cheap_settings, tampering


@pytest.fixture(scope="module")
def played(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Scenario S1 played from the first scene to the last, once for this file."""
    folder = tmp_path_factory.mktemp("played_whole")
    shutil.copy(founded, folder / "test.db")
    clock = MovableClock(BEGINNING)
    stage = staged(House(cheap_settings(folder), open_engine(f"sqlite:///{folder}/test.db"), clock), clock)
    S1.play(stage)
    stage.house.engine.dispose()
    return stage


@pytest.fixture
def told(played: Stage, tmp_path: Path) -> Iterator[Stage]:
    """The same, in a house of one's own that may be tampered with."""
    stage = moved(played, tmp_path / "told")
    yield stage
    stage.house.engine.dispose()


def replayed(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = stage.ask("auditor", f"/cases/{stage.case_id}/findings")["replay"]
    return found


def moves(stage: Stage) -> list[Event]:
    with stage.house.reading() as session:
        return list(
            session.scalars(
                select(Event).where(Event.chain == stage.case_id, Event.kind.in_(STEPS)).order_by(Event.seq)
            )
        )


def forced(stage: Stage, statement: str, **values: object) -> None:
    """Change the log as somebody with the database file in hand could: the triggers taken away first."""
    with tampering(stage.house) as connection:
        connection.execute(text(statement), values)


def rewrite(stage: Stage, event: Event, **changes: Any) -> None:
    body = json.loads(event.body) | changes
    forced(stage, "UPDATE event SET body = :body WHERE id = :id", id=event.id, body=json.dumps(body).encode())


def test_a_lawful_story_replays_legal(told: Stage) -> None:
    steps = moves(told)
    assert len(steps) > 40
    shown = set(STEPS) - {
        "item.broken_off"
    }  # which has stories of its own: commands/test_meetings_break_off.py
    assert {one.kind for one in steps} == shown, "the story shows every other kind of step"
    assert replayed(told) == {
        "legal": True, "steps": len(steps), "erased": 0, "at": None, "element": None, "reason": None,
    }  # fmt: skip


def test_a_step_taken_out_is_noticed_at_the_next_one(told: Stage) -> None:
    steps = moves(told)
    at = next(i for i, one in enumerate(steps) if b'"issue_legality_opinion"' in json_task(one))
    with tampering(told.house) as connection:
        connection.execute(delete(EventPayload).where(EventPayload.event_id == steps[at].id))
    forced(told, "DELETE FROM event WHERE id = :id", id=steps[at].id)
    verdict = replayed(told)
    assert (verdict["legal"], verdict["at"]) == (False, steps[at + 1].seq)
    assert verdict["element"]
    assert verdict["reason"]["zh"]
    assert verdict["reason"]["en"]


def json_task(event: Event) -> bytes:
    return json.dumps(json.loads(event.body).get("task", {})).encode()


def test_two_steps_exchanged_are_noticed_at_the_first(told: Stage) -> None:
    steps = moves(told)
    at = next(i for i, one in enumerate(steps) if b'"decide_initiation"' in json_task(one))
    one, other = steps[at], steps[at + 1]
    forced(told, "UPDATE event SET seq = -1 WHERE id = :id", id=one.id)
    forced(told, "UPDATE event SET seq = :seq WHERE id = :id", id=other.id, seq=one.seq)
    forced(told, "UPDATE event SET seq = :seq WHERE id = :id", id=one.id, seq=other.seq)
    verdict = replayed(told)
    assert (verdict["legal"], verdict["at"]) == (False, one.seq)


def test_a_step_of_another_diagram_is_noticed(told: Stage) -> None:
    event = moves(told)[10]
    rewrite(told, event, definition="0" * 64)
    verdict = replayed(told)
    assert (verdict["legal"], verdict["at"]) == (False, event.seq)


def test_a_step_that_says_it_led_elsewhere_is_noticed(told: Stage) -> None:
    event = moves(told)[10]
    rewrite(told, event, next=[["f" * 32, "sign_decision"]])
    verdict = replayed(told)
    assert (verdict["legal"], verdict["at"]) == (False, event.seq)


@pytest.mark.parametrize("damage", ["x'00ff'", "'[]'", "'{}'", "'{\"next\": 7}'", "7"])
def test_a_damaged_step_is_named(told: Stage, damage: str) -> None:
    event = moves(told)[10]
    forced(told, f"UPDATE event SET body = {damage} WHERE id = :id", id=event.id)
    verdict = replayed(told)
    assert (verdict["legal"], verdict["at"]) == (False, event.seq)


def test_a_log_without_steps_is_no_run(told: Stage) -> None:
    ids = [one.id for one in moves(told)]
    with tampering(told.house) as connection:
        connection.execute(delete(EventPayload).where(EventPayload.event_id.in_(ids)))
    for one in ids:
        forced(told, "DELETE FROM event WHERE id = :id", id=one)
    assert replayed(told)["legal"] is False


def test_erased_answers_leave_the_run_legal_and_are_counted(told: Stage) -> None:
    people = [one for one in moves(told) if one.kind != "timer.fired"]
    with tampering(told.house) as connection:
        connection.execute(delete(EventPayload).where(EventPayload.event_id.in_([one.id for one in people])))
    verdict = replayed(told)
    assert (verdict["legal"], verdict["erased"]) == (True, len(people))
