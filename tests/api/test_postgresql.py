"""The same door in front of PostgreSQL: the whole story, bad characters, and fifty people at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from decision_engine.app import create_app, open_house
from decision_engine.clock import MovableClock
from decision_engine.db import new_id
from decision_engine.demo import load_town, shipped_diagrams
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from tests.api.conftest import put_in_force, staged
from tests.api.test_race import CLIENTS, answers_of, at_once, served
from tests.conftest import BEGINNING, cheap_settings

QUESTIONS = [
    *(
        ("auditor", "/cases/{case}" + part)
        for part in ("", "/tasks", "/records", "/accountability", "/findings", "/diagram", "/documents", "/comments")
    ),
    ("auditor", "/documents/{draft}"), ("auditor", "/cases?q=%25&status=ENDED"), ("officer", "/tasks?scope=mine"),
    ("officer", "/tasks?scope=claimable&step=vote"), ("auditor", "/incidents?resolved=false"),
    ("admin1", "/people?q=_"),
    ("admin1", "/people?role=expert"), ("admin1", "/organs/{organ}/bodies"), ("admin1", "/organs/{organ}/units"),
    ("admin1", "/delegations"), ("admin1", "/definitions"), ("officer", "/calendar/notices"), ("officer", "/me"),
    ("officer", "/calendar/deadline?start=2026-03-06&period=P30D"), (None, "/consultations"),
    (None, "/consultations/{case}"),
]  # fmt: skip


@pytest.fixture(scope="module")
def stage(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The town on PostgreSQL, waiting for its story."""
    server, name = make_url(postgresql), f"test_{new_id()}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    folder: Path = tmp_path_factory.mktemp("postgresql")
    url = server.set(database=name).render_as_string(hide_password=False)
    clock = MovableClock(BEGINNING)
    house = open_house(cheap_settings(folder, database_url=url), clock)
    town = load_town(house, deploy=False)
    put_in_force(house, shipped_diagrams(), town.persons["admin1"])
    yield staged(house, clock)
    house.engine.dispose()


def test_fifty_people_at_once_and_then_the_whole_story(stage: Stage) -> None:
    S1.play(stage, until="study_proposal")
    task = stage.waiting("officer", "study_proposal")[0]["id"]
    said = {"answers": answers_of(stage)}
    headers = [
        {"Authorization": f"Bearer {stage.token(login)}", "Content-Type": "application/json"}
        for login in ("officer", "farming") * (CLIENTS // 2)
    ]
    with served(create_app(house=stage.house)) as port:
        answers = at_once(port, f"/api/v1/tasks/{task}/completion", [said] * CLIENTS, headers)
    assert Counter(status for status, _ in answers) == {200: 1, 409: CLIENTS - 1}
    assert all(body["by"] and body["at"] for status, body in answers if status == 409)
    S1.play(stage, start="decide_initiation")
    case = stage.ask("auditor", f"/cases/{stage.case_id}")
    assert case["status"] == "ENDED"
    assert stage.ask("auditor", f"/cases/{stage.case_id}/events")["chain"]["intact"]
    for login, path in QUESTIONS:
        stage.ask(
            login, path.format(case=stage.case_id, organ=stage.town.organ_id, draft=stage.papers["draft"])
        )
    client = stage._door._client  # type: ignore[attr-defined]
    for path, body in (
        ("cases", b'{"title": "a\\u0000b"}'),
        ("session", b'{"login": "a\\u0000", "password": "x"}'),
    ):
        answer = client.post(
            f"/api/v1/{path}", data=body, content_type="application/json",
            headers={"Authorization": f"Bearer {stage.token('secretary')}"},
        )  # fmt: skip
        assert answer.status_code == 400
