"""An empty house gets its organ and its administrators from the command line, once, with one-time passwords."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from decision_engine import app
from decision_engine.__main__ import main
from decision_engine.models import Event, Organ, Post
from tests.web.conftest import Visitor

NAME = "白沙镇人民政府"
TWO = ("--administrator", "ding", "丁甲", "--administrator", "bu", "卜乙")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation of its own, empty, with passwords hashed cheaply."""
    for name, value in {
        "DATABASE_URL": f"sqlite:///{tmp_path}/house.db",
        "DATA_DIR": str(tmp_path),
        "ARGON2_TIME_COST": "1",
        "ARGON2_MEMORY_KIB": "64",
    }.items():
        monkeypatch.setenv(f"DECISION_ENGINE_{name}", value)


def found(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, ("found", *arguments))
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def test_administrators_begin_an_empty_house() -> None:
    told = found(NAME, "--overlay", "tianjin", *TWO)
    passwords = dict(re.findall(r"^  (\w+)  (\S+)$", told, re.MULTILINE))
    assert passwords.keys() == {"ding", "bu"}
    house = app.open_house()
    visitor = Visitor(app.create_app(house=house).test_client())
    first = visitor.send(visitor.open("/login"), "/login", login="ding", password=passwords["ding"])
    assert first.address.startswith("/login/password")
    visitor.send(first, "/login/password", password="a word of my own", again="a word of my own")
    assert NAME in visitor.open("/admin/organs").words
    with house.reading() as session:
        kinds = list(session.scalars(select(Event.kind).where(Event.chain == "people").order_by(Event.seq)))
        assert session.scalars(select(Organ)).one().overlays == ["national", "tianjin"]
        assert [one.roles for one in session.scalars(select(Post))] == [["administrator"]] * 2
    assert kinds == [
        "organ.founded", *["person.added", "post.given", "account.opened"] * 2, "account.password_chosen",
    ]  # fmt: skip
    house.engine.dispose()


def test_what_is_there_is_not_begun_again() -> None:
    found(NAME, *TWO)
    assert "已有机关" in found(
        "另一个镇", "--administrator", "x1", "甲", "--administrator", "x2", "乙", code=1
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(TWO[:3], "至少登记两名管理员"), (("--overlay", "town:qinghe", *TWO), "逐级相连")],
)
def test_what_does_not_fit_enters_nothing(arguments: tuple[str, ...], reason: str) -> None:
    assert reason in found(NAME, *arguments, code=1)
    house = app.open_house()
    with house.reading() as session:
        assert session.scalars(select(Organ)).all() == []
    house.engine.dispose()
