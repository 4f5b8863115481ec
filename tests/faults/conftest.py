"""A town made ready for faults, once a session on each database, and a nursery of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from decision_engine.db import new_id
from tests.faults.harness import Nursery, Town, copied, nursery, prepare

MakeTown = Callable[[str], Town]


@pytest.fixture(scope="session")
def ready_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The prepared town on SQLite; copy it, do not touch it."""
    folder = tmp_path_factory.mktemp("ready")
    return prepare(folder, f"sqlite:///{folder}/test.db")


@pytest.fixture(scope="session")
def ready_postgresql(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The prepared town on PostgreSQL; copy it, do not touch it."""
    return prepare(tmp_path_factory.mktemp("ready"), new_database(postgresql))


def new_database(server: str) -> str:
    """Make an empty database on *server* and return its URL."""
    name = f"faults_{new_id()}"
    admin = create_engine(make_url(server), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def town_on(request: pytest.FixtureRequest, tmp_path: Path) -> MakeTown:
    """A town of one's own on a kind of database."""

    def make(kind: str) -> Town:
        return copied(request.getfixturevalue(f"ready_{kind}"), tmp_path / "town")

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def any_town(request: pytest.FixtureRequest, town_on: MakeTown) -> Town:
    """A town of one's own, once on each database."""
    return town_on(request.param)


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """A nursery for the session."""
    with nursery(tmp_path_factory.mktemp("nursery")) as made:
        yield made
