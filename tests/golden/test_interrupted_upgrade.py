"""F13: killed in the middle of an upgrade, at any statement, a database is what it was; the next upgrade succeeds.

A real process upgrades the database of a release and dies by SIGKILL; others then find the old migration, the old
schema, and every event byte for byte, before and after the upgrade that is let finish. On both databases.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, select, text
from sqlalchemy.engine import make_url

from decision_engine import guard, migrations
from decision_engine.clock import SystemClock
from decision_engine.db import new_id, open_engine
from decision_engine.models import Case
from decision_engine.queries import trail
from decision_engine.work import House
from tests.conftest import cheap_settings
from tests.golden.dying import schema_of
from tests.golden.test_upgrade import RELEASES, unpack

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
PARTS = [number / 100 for number in range(101)] if CAMPAIGN else [0.55, 1]
ROOT = Path(__file__).parent.parent.parent
OLDEST = "0001"


@pytest.fixture(params=["sqlite", "postgresql"])
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The first release's database, by its URL."""
    unpack(RELEASES[0], tmp_path)
    url = f"sqlite:///{tmp_path}/test.db"
    if request.param == "sqlite":
        yield url
        return
    server = make_url(request.getfixturevalue("postgresql"))
    name = f"golden_{new_id()}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    there = server.set(database=name).render_as_string(hide_password=False)
    _carry_over(url, there)
    yield there
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def _carry_over(source: str, target: str) -> None:
    """Make the release's database on PostgreSQL: its own schema, then every row."""
    old, new = create_engine(source), open_engine(target)
    with new.execution_options(writes=True).begin() as connection, guard.lifted(connection):
        config = migrations._config()
        config.attributes["connection"] = connection
        command.upgrade(config, OLDEST)
    there, here = MetaData(), MetaData()
    there.reflect(old)
    here.reflect(new)
    with old.connect() as reading, new.begin() as writing:
        tables = [table for table in here.sorted_tables if table.name != "alembic_version"]
        for table in reversed(tables):  # whom a migration put there
            writing.execute(table.delete())
        for table in tables:
            rows = [
                {name: _aware(value) for name, value in row._mapping.items()}
                for row in reading.execute(select(there.tables[table.name]))
            ]
            if rows:
                writing.execute(table.insert(), rows)
    old.dispose()
    new.dispose()


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _state(url: str) -> tuple[str, str]:
    """A digest of every event as it lies there, and one of the schema."""
    engine = open_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id, chain, seq, kind, body, hash FROM event ORDER BY id"))
        events = hashlib.sha256(
            repr([(*row[:4], bytes(row[4]), row[5]) for row in rows]).encode()
        ).hexdigest()
        found = events, schema_of(connection)
    engine.dispose()
    return found


def _deaths(*arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.golden.dying", *arguments], cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=1200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.campaign
def test_killed_at_any_statement_of_an_upgrade_a_database_is_what_it_was_and_is_upgraded_next_time(
    released: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events, schema = _state(released)
    deaths = _deaths(released, *map(str, PARTS))
    assert len(deaths) == len(PARTS)
    assert {(one["signal"], one["migration"], one["schema"]) for one in deaths} == {
        (-signal.SIGKILL, OLDEST, schema)
    }
    assert deaths[0]["statements"] > 50
    assert _state(released) == (events, schema)
    engine = open_engine(released)
    migrations.upgrade(engine)
    assert migrations.at_head(engine)
    after, other = _state(released)
    assert after == events
    assert other != schema  # the control: the digest tells the two schemas apart
    house = House(cheap_settings(tmp_path, database_url=released), engine, SystemClock())
    with house.reading() as session:
        cases = list(session.scalars(select(Case)))
        assert cases
        assert all(trail.check(session, case).intact for case in cases)
    engine.dispose()
    if CAMPAIGN:
        with capsys.disabled():
            kind, count = make_url(released).get_backend_name(), deaths[0]["statements"]
            print(
                f"\n{kind}: killed {len(deaths)} times over {count} statements of the upgrade, then upgraded"
            )


def test_an_upgrade_that_commits_on_the_way_is_found_half_done(tmp_path: Path) -> None:
    """The control: the same death after a commit leaves another schema under the old migration's name, and is seen."""
    unpack(RELEASES[0], tmp_path)
    url = f"sqlite:///{tmp_path}/test.db"
    _, schema = _state(url)
    (death,) = _deaths("--torn", url, "0.5")
    assert death["signal"] == -signal.SIGKILL
    assert death["schema"] != schema


def test_there_is_something_to_upgrade() -> None:
    head = ScriptDirectory.from_config(migrations._config()).get_current_head()
    assert head != OLDEST
