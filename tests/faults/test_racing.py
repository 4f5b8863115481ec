"""F9, F10: several services on one PostgreSQL; everybody acts at the same instant, and one act is done."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import MakeTown
from tests.faults.harness import Client, Nursery, Town
from tests.faults.history import History

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
CLIENTS, TASKS = (50, 200) if CAMPAIGN else (10, 6)


class Racers:
    """Clients with open connections, half of them at each of two services, released together."""

    def __init__(self, ports: list[int], count: int) -> None:
        self._connections = [
            HTTPConnection("127.0.0.1", ports[number % len(ports)], timeout=120) for number in range(count)
        ]

    def at_once(
        self, path: str, body: dict[str, Any] | list[dict[str, Any]], headers: list[dict[str, str]]
    ) -> list[tuple[int, Any]]:
        """Let everybody send *body* (a list: each their own) to *path* at the same instant; return the answers."""
        bodies = body if isinstance(body, list) else [body] * len(headers)
        gate = threading.Barrier(len(self._connections))
        answers: list[tuple[int, Any]] = []

        def run(place: int) -> None:
            connection = self._connections[place]
            gate.wait(timeout=60)
            connection.request("POST", f"/api/v1{path}", json.dumps(bodies[place]), headers[place])
            answer = connection.getresponse()
            answers.append((answer.status, json.loads(answer.read())))

        threads = [threading.Thread(target=run, args=(place,)) for place in range(len(self._connections))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        assert len(answers) == len(self._connections), "somebody got no answer"
        return answers

    def close(self) -> None:
        for connection in self._connections:
            connection.close()


@pytest.fixture
def town(town_on: MakeTown) -> Town:
    return town_on("postgresql")


@pytest.fixture
def racers(town: Town, processes: Nursery) -> Iterator[tuple[Racers, Client, list[int]]]:
    """Two services on the same database, racers at both, and a client that knows the way."""
    services = [processes.start(town, "serve", EMBEDDED_NOTARY="false", THREADS="16") for _ in range(2)]
    ports = [one.port() for one in services]
    history = History(Path(town.folder) / "history.jsonl")
    made = Racers(ports, CLIENTS)
    yield made, Client(town, history, 1), ports
    made.close()
    history.close()
    for one in services:
        one.kill()
        one.wait()


def _headers(town: Town, keys: list[str]) -> list[dict[str, str]]:
    bearer = {"Authorization": f"Bearer {town.tokens['secretary']}", "Content-Type": "application/json"}
    return [bearer | {"Idempotency-Key": key} for key in keys]


@pytest.mark.campaign
def test_of_many_at_the_same_task_exactly_one_wins_and_the_others_are_told_who(
    town: Town, racers: tuple[Racers, Client, list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    everybody, client, ports = racers
    assert client.work(ports[0], ["complete"], 2)
    refused: Counter[str] = Counter()
    for number in range(TASKS):
        task = client.tasks[0]
        keys = [f"race-{number}-{place}" for place in range(CLIENTS)]
        answers = everybody.at_once(f"/tasks/{task}/completion", {"answers": {"go": 1}}, _headers(town, keys))
        assert Counter(status for status, _ in answers) == {200: 1, 409: CLIENTS - 1}, task
        losers = [body for status, body in answers if status == 409]
        refused.update(body["type"].rpartition(":")[2] for body in losers)
        assert all(body["by"] and body["at"] for body in losers)
        (won,) = (body for status, body in answers if status == 200)
        client.tasks = [one["id"] for one in won["next"]]
    if CAMPAIGN:
        with capsys.disabled():
            print(f"\n{CLIENTS} clients, {TASKS} tasks, 2 services: one winner each; losers: {dict(refused)}")
    assert set(refused) == {"not-ready"}
    assert town.check(Path(town.folder) / "history.jsonl") == []


def test_one_request_sent_many_times_at_once_to_two_services_is_one_act_with_one_answer(
    town: Town, racers: tuple[Racers, Client, list[int]]
) -> None:
    everybody, client, ports = racers
    assert client.work(ports[0], ["complete"], 2)
    path = f"/tasks/{client.tasks[0]}/completion"
    answers = everybody.at_once(path, {"answers": {"go": 1}}, _headers(town, ["the-same-button"] * CLIENTS))
    assert {status for status, _ in answers} == {200}
    assert len({json.dumps(body, sort_keys=True) for _, body in answers}) == 1
    said = {"organ_id": town.people.organ_id, "title": "同一件事", "process": "loop"}
    opened = everybody.at_once("/cases", said, _headers(town, ["another-button"] * CLIENTS))
    assert {status for status, _ in opened} == {201}
    assert town.rows("SELECT count(*) FROM decision_case WHERE title = '同一件事'") == [(1,)]


def test_of_different_requests_sent_at_once_under_one_key_one_is_done_and_the_others_are_refused(
    town: Town, racers: tuple[Racers, Client, list[int]]
) -> None:
    everybody, _, _ = racers
    said = [
        {"organ_id": town.people.organ_id, "title": f"同钥 {place % 2}", "process": "loop"}
        for place in range(CLIENTS)
    ]
    answers = everybody.at_once("/cases", said, _headers(town, ["one-key"] * CLIENTS))
    assert Counter(status for status, _ in answers) == {201: CLIENTS // 2, 422: CLIENTS // 2}
    (won,) = {body["case"]["id"] for status, body in answers if status == 201}
    assert {body["type"].rpartition(":")[2] for status, body in answers if status == 422} == {"key-reused"}
    assert town.rows("SELECT id FROM decision_case WHERE title LIKE '同钥 %'") == [(won,)]


def test_of_many_who_take_a_task_up_at_once_one_has_it(
    town: Town, racers: tuple[Racers, Client, list[int]]
) -> None:
    everybody, client, ports = racers
    assert client.work(ports[0], ["complete"], 2)
    task = client.tasks[0]
    keys = [f"claim-{place}" for place in range(CLIENTS)]
    answers = everybody.at_once(f"/tasks/{task}/claim", {"version": 1}, _headers(town, keys))
    assert Counter(status for status, _ in answers) == {200: 1, 409: CLIENTS - 1}
    assert all(body["by"] and body["at"] for status, body in answers if status == 409)
    holds = f"kind = 'task.claimed' AND convert_from(body, 'UTF8') LIKE '%{task}%'"
    assert town.rows(f"SELECT count(*) FROM event WHERE {holds}") == [(1,)]


def test_cases_opened_at_once_get_numbers_of_their_own(
    town: Town, racers: tuple[Racers, Client, list[int]]
) -> None:
    """Who opens a case waits for whoever opens one of the same organ: everybody gets one, and no number is left out."""
    everybody, _, _ = racers
    said = {"organ_id": town.people.organ_id, "title": "各自一件", "process": "loop"}
    keys = [f"open-{place}" for place in range(CLIENTS)]
    answers = everybody.at_once("/cases", said, _headers(town, keys))
    assert Counter(status for status, _ in answers) == {201: CLIENTS}
    numbers = sorted(row[0] for row in town.rows("SELECT number FROM decision_case WHERE title = '各自一件'"))
    assert numbers == list(range(numbers[0], numbers[0] + CLIENTS))
