"""Fifty people complete one task at the same instant, over real connections: one does, forty-nine are told who did."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from waitress.server import create_server

from decision_engine.app import create_app
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from decision_engine.demo.town import Town
from decision_engine.models import Event, Record
from decision_engine.work import House

CLIENTS = 50


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """Serve *app* on a free port of the loopback interface, as `decision-engine serve` does."""
    server = create_server(app, host="127.0.0.1", port=0, threads=16, backlog=128)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.effective_port
    finally:
        # The loop may be woken by an answer just finished, close itself and its pipe, and only then be pulled here.
        with suppress(OSError):
            server.trigger.pull_trigger(server.close)
        thread.join(timeout=30)
        assert not thread.is_alive(), "the server did not stop"
        server.task_dispatcher.shutdown()


def at_once(
    port: int, path: str, bodies: list[dict[str, Any]], headers: list[dict[str, str]]
) -> list[tuple[int, Any]]:
    """Send every body from a thread and a connection of its own, all released together."""
    gate = threading.Barrier(len(bodies))
    answers: list[tuple[int, Any] | None] = [None] * len(bodies)

    def send(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.connect()
        gate.wait(timeout=60)
        connection.request("POST", path, json.dumps(bodies[place]), headers[place])
        answer = connection.getresponse()
        answers[place] = (answer.status, json.loads(answer.read()))
        connection.close()

    threads = [threading.Thread(target=send, args=(place,)) for place in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=180)
    assert all(answers), "somebody got no answer"
    return [answer for answer in answers if answer is not None]


@pytest.fixture
def ready(stage: Stage) -> str:
    """A task of the lead unit that waits to be done: the study of the proposal."""
    S1.play(stage, until="study_proposal")
    return str(stage.waiting("officer", "study_proposal")[0]["id"])


def answers_of(stage: Stage) -> dict[str, Any]:
    report = stage.file("officer", "D02", "报告", "建议启动。")
    return {
        "study_report": "情况属实。",
        "necessity": "必要。",
        "feasibility": "可行。",
        "recommendation": "START",
        "studied_on": "2026-02-24",
        "study_report_ref": report,
    }


def test_one_completes_and_forty_nine_are_told_who_and_when(
    app: Flask, house: House, stage: Stage, town: Town, ready: str
) -> None:
    said = {"answers": answers_of(stage)}
    logins = ["officer", "farming"]  # two people of the role
    headers = [
        {"Authorization": f"Bearer {stage.token(logins[place % 2])}", "Content-Type": "application/json"}
        for place in range(CLIENTS)
    ]
    with served(app) as port:
        answers = at_once(port, f"/api/v1/tasks/{ready}/completion", [said] * CLIENTS, headers)
    assert Counter(status for status, _ in answers) == {200: 1, 409: CLIENTS - 1}
    winner = next(body for status, body in answers if status == 200)
    by = next(name for name in logins if town.persons[name] == winner["task"]["closed_by"])
    losers = [body for status, body in answers if status == 409]
    names = {body["by"] for body in losers}
    assert names == {"林小满" if by == "officer" else "田守诚"}
    assert {body["at"] for body in losers} == {winner["task"]["closed_at"]}
    assert datetime.fromisoformat(winner["task"]["closed_at"]).utcoffset() is not None
    with house.reading() as session:
        done = select(func.count()).where(Record.case_id == stage.case_id, Record.kind == "study_proposal")
        acts = select(func.count()).where(Event.chain == stage.case_id, Event.kind == "task.completed")
        assert session.scalar(done) == 1
        assert session.scalar(acts) == 2  # the registration before, and this one


def test_fifty_retries_of_one_request_are_one_act_with_one_answer(
    app: Flask, house: House, stage: Stage, ready: str
) -> None:
    said = {"answers": answers_of(stage)}
    headers = {
        "Authorization": f"Bearer {stage.token('officer')}",
        "Content-Type": "application/json",
        "Idempotency-Key": "the-same-button",
    }
    with served(app) as port:
        answers = at_once(port, f"/api/v1/tasks/{ready}/completion", [said] * CLIENTS, [headers] * CLIENTS)
    assert {status for status, _ in answers} == {200}
    assert len({json.dumps(body, sort_keys=True) for _, body in answers}) == 1
    with house.reading() as session:
        acts = select(func.count()).where(Event.chain == stage.case_id, Event.kind == "task.completed")
        assert session.scalar(acts) == 2


def test_one_of_fifty_takes_a_task_up(app: Flask, stage: Stage, ready: str) -> None:
    headers = [
        {"Authorization": f"Bearer {stage.token(login)}", "Content-Type": "application/json"}
        for login in ("officer", "farming") * (CLIENTS // 2)
    ]
    with served(app) as port:
        answers = at_once(port, f"/api/v1/tasks/{ready}/claim", [{"version": 1}] * CLIENTS, headers)
    tally = Counter(status for status, _ in answers)
    assert tally == {200: 1, 409: CLIENTS - 1}
    assert all(body["by"] and body["at"] for status, body in answers if status == 409)


def test_a_door_that_only_checks_and_then_acts_would_be_caught(house: House, stage: Stage) -> None:
    """Negative control: without the lock and the version, the same race has several winners."""
    from flask import jsonify

    winners: list[int] = []
    taken = threading.Event()

    def careless() -> Any:
        free = not taken.is_set()
        threading.Event().wait(0.01)  # the time a real act takes between looking and writing
        if not free:
            return jsonify({}), 409
        taken.set()
        winners.append(1)
        return jsonify({}), 200

    app = create_app(house=house)
    app.add_url_rule("/careless", "careless", careless, methods=["POST"])
    headers = [
        {"Authorization": f"Bearer {stage.token('officer')}", "Content-Type": "application/json"}
    ] * CLIENTS
    with served(app) as port:
        at_once(port, "/careless", [{}] * CLIENTS, headers)
    assert len(winners) > 1
