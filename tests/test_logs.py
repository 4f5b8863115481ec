"""What processes write about themselves can be read by a machine and says nothing about anybody."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from decision_engine import logs
from decision_engine.__main__ import main
from decision_engine.demo import load_town
from decision_engine.work import House

SECRET = "王某某 13800000000"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root, access = logging.getLogger(), logging.getLogger("decision_engine.access")
    handlers, level, said = list(root.handlers), root.level, access.level
    yield
    root.handlers[:], root.level = handlers, level
    access.setLevel(said)


def _fail() -> None:
    with create_engine("sqlite://").connect() as connection:
        connection.execute(text("SELECT :who FROM nowhere"), {"who": SECRET})


@pytest.mark.parametrize("log_format", logs.FORMATS)
def test_of_an_exception_only_its_kind_and_places_are_written(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A database's error repeats the values of the statement: the control shows that it does."""
    logs.configure(log_format)
    with pytest.raises(OperationalError, match=SECRET):
        _fail()
    try:
        _fail()
    except OperationalError:
        logging.getLogger("decision_engine.worker").exception("a round failed")
    written = capsys.readouterr().err
    assert "OperationalError" in written
    assert "_fail" in written
    assert SECRET not in written


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json")
    logging.getLogger("decision_engine.x").warning("two\nlines of %s", "text", extra={"told": {"count": 3}})
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert told["at"].endswith("Z")
    del told["at"]
    assert told == {
        "level": "WARNING",
        "from": "decision_engine.x",
        "message": "two\nlines of text",
        "count": 3,
    }


def test_requests_are_written_as_json_without_anybodys_name(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    from decision_engine.app import create_app

    town = load_town(house, deploy=False)
    logs.configure("json")
    client = create_app(house=house).test_client()
    said = {"login": "secretary", "password": town.password}
    token = client.post("/api/v1/session", json=said).json["token"]
    client.get(f"/api/v1/people?q={SECRET[:3]}", headers={"Authorization": f"Bearer {token}"})
    written = capsys.readouterr().err
    lines = [json.loads(line) for line in written.splitlines()]
    requests = [line for line in lines if line["message"] == "request"]
    assert [(one["method"], one["route"]) for one in requests] == [
        ("POST", "/api/v1/session"),
        ("GET", "/api/v1/people"),
    ]
    assert all(isinstance(one["ms"], int) and one["status"] for one in requests)
    for name in ("secretary", town.password, token, SECRET[:3]):
        assert name not in written


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="LOG_FORMAT"):
        logs.configure("xml")
    told = CliRunner().invoke(main, ["rules"], env={"DECISION_ENGINE_LOG_FORMAT": "xml"})
    assert told.exit_code == 2
    assert "LOG_FORMAT" in told.output
