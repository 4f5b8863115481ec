"""The town behind its JSON door: an application on a fresh database, and people who are signed in to it."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from decision_engine import process
from decision_engine.api import throttle
from decision_engine.api.metrics import Traffic
from decision_engine.app import create_app, open_house
from decision_engine.clock import MovableClock
from decision_engine.db import open_engine
from decision_engine.demo import Town, load_town, shipped_diagrams
from decision_engine.demo.door import Refused
from decision_engine.demo.stage import Stage
from decision_engine.models import Definition, DefinitionFile
from decision_engine.work import House
from tests.conftest import BEGINNING, cheap_settings

API = "/api/v1"


@dataclass
class Caller:
    """Somebody at the door, signed in (or, without a token, a stranger)."""

    client: FlaskClient
    token: str | None = None

    def call(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> TestResponse:
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        return self.client.open(f"{API}{path}", method=method, headers=sent, **more)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.call("GET", path, **({"query_string": query} if query else {}))

    def post(self, path: str, body: Any = None, **more: Any) -> TestResponse:
        return self.call("POST", path, json={} if body is None else body, **more)

    def delete(self, path: str) -> TestResponse:
        return self.call("DELETE", path)


SignIn = Callable[[str], Caller]


def put_in_force(house: House, files: dict[str, bytes], by: str) -> str:
    """Put a procedure in force for a test, as if two administrators had."""
    definition = process.compile_definition(process.read(files))
    main = next(one for one in definition.diagram.processes if one.id == definition.diagram.main)
    now = house.clock.now()
    with house.writing() as session, session.begin():
        session.add(
            Definition(
                hash=definition.hash,
                process=main.id,
                name=main.name,
                profile=main.profile,
                version=1,
                status="DEPLOYED",
                proposed_at=now,
                proposed_by=by,
                decided_at=now,
                decided_by=by,
            )
        )
        session.flush()
        session.add_all(
            DefinitionFile(definition_hash=definition.hash, name=name, content=content)
            for name, content in files.items()
        )
    return definition.hash


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that holds the demonstration town with the shipped procedure in force, made once."""
    folder = tmp_path_factory.mktemp("founded")
    house = open_house(cheap_settings(folder), MovableClock(BEGINNING))
    town = load_town(house, deploy=False)
    put_in_force(house, shipped_diagrams(), town.persons["admin1"])
    house.engine.dispose()
    return folder / "test.db"


@pytest.fixture
def house(founded: Path, tmp_path: Path, clock: MovableClock) -> Iterator[House]:
    """A house of one's own with the town in it."""
    shutil.copy(founded, tmp_path / "test.db")
    shutil.copytree(founded.parent / "keys", tmp_path / "keys")
    opened = House(cheap_settings(tmp_path), open_engine(f"sqlite:///{tmp_path}/test.db"), clock)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def town(house: House) -> Town:
    """The demonstration town."""
    return load_town(house, deploy=False)


@pytest.fixture(scope="session")
def door(founded: Path) -> Flask:
    """An application, built once: what differs from test to test is the house behind it."""
    return create_app(
        house=House(cheap_settings(founded.parent), open_engine("sqlite://"), MovableClock(BEGINNING))
    )


@pytest.fixture
def app(door: Flask, house: House, town: Town) -> Flask:
    """The application in front of the town, its limits and counters fresh."""
    door.extensions |= {"house": house, "throttles": throttle.shipped(), "traffic": Traffic()}
    door.config["MAX_CONTENT_LENGTH"] = house.settings.max_document + 1024 * 1024
    return door


@pytest.fixture
def stranger(app: Flask) -> Caller:
    """Somebody who has not signed in."""
    return Caller(app.test_client())


@pytest.fixture
def sign_in(app: Flask, town: Town) -> SignIn:
    """Sign in somebody of the town by login name."""
    callers: dict[str, Caller] = {}

    def enter(login: str) -> Caller:
        if login not in callers:
            caller = Caller(app.test_client())
            answer = caller.post("/session", {"login": login, "password": town.password})
            assert answer.status_code == 200, answer.text
            callers[login] = Caller(app.test_client(), answer.json["token"])
        return callers[login]

    return enter


@pytest.fixture
def case_id(sign_in: SignIn, town: Town) -> str:
    """A case of the town, just opened by its secretary."""
    answer = sign_in("secretary").post(
        "/cases", {"organ_id": town.organ_id, "title": "青禾镇养老服务中心布局方案"}
    )
    assert answer.status_code == 201, answer.text
    return answer.json["case"]["id"]


class Hall:
    """The demonstration's way through the door, without a socket between."""

    def __init__(self, app: Flask) -> None:
        self._client = app.test_client()

    def get(self, path: str, token: str | None = None, **query: object) -> Any:
        return self._answer(Caller(self._client, token).get(path, **query))

    def post(self, path: str, said: Any, token: str | None = None) -> Any:
        key = {"Idempotency-Key": secrets.token_hex(16)}
        return self._answer(Caller(self._client, token).post(path, said, headers=key))

    def send_file(self, path: str, fields: Any, name: str, content: bytes, token: str) -> Any:
        form = {**fields, "file": (BytesIO(content), name)}
        return self._answer(Caller(self._client, token).call("POST", path, data=form))

    def _answer(self, answer: TestResponse) -> Any:
        if answer.status_code >= 400:
            raise Refused(answer.status_code, answer.json)
        return answer.json


def staged(house: House, clock: MovableClock, app: Flask | None = None) -> Stage:
    """Return a stage in *house* on which scenes are played through the door (of *app*, or one of its own)."""
    hall: Any = Hall(app or create_app(house=house))
    return Stage(house, clock, load_town(house, deploy=False), hall, lambda _: None)


def moved(stage: Stage, folder: Path) -> Stage:
    """Return what was played on *stage* again, in a house of its own in *folder*."""
    shutil.copytree(stage.house.settings.data_dir, folder, dirs_exist_ok=True)
    clock = MovableClock(stage.house.clock.now())
    house = House(cheap_settings(folder), open_engine(f"sqlite:///{folder}/test.db"), clock)
    again = staged(house, clock)
    again.case_id, again.papers = stage.case_id, dict(stage.papers)
    return again


@pytest.fixture
def stage(house: House, clock: MovableClock, app: Flask) -> Stage:
    """Scenario S1 waiting to be played through the door."""
    return staged(house, clock, app)
