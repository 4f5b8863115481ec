"""Upgrades a database and dies half-way (SIGKILL), again and again, telling what each death left behind.

    python -m tests.golden.dying [--torn] URL PART [PART ...]

Each PART is a share of the way, 0 to 1: the process dies before that statement of the upgrade; 1 is before its commit.
They are counted first, by a process that dies at the commit. *--torn* is for the control: what was sent is committed
before the death. Of each death one line of JSON: the signal, the statements of the upgrade, the migration and a digest
of the schema as others find them afterwards.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from typing import Any

from sqlalchemy import Connection, Engine, event, inspect, text

from decision_engine import migrations
from decision_engine.db import open_engine


def main(url: str, parts: list[float], *, torn: bool) -> None:
    """Die at every one of *parts*."""
    _, count = _die(url, None)
    for part in parts:
        status, _ = _die(url, None if part >= 1 else int(part * count), torn=torn)
        migration, schema = _left(url)
        told = {"signal": status, "statements": count, "migration": migration, "schema": schema}
        print(json.dumps(told), flush=True)


def _die(url: str, place: int | None, *, torn: bool = False) -> tuple[int, int]:
    """Let a process of its own upgrade the database until it dies; return its signal, and the statements it sent."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            _upgrade(url, place, writing, torn=torn)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        sent = told.read()
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), int(sent or 0)


def _upgrade(url: str, place: int | None, writing: int, *, torn: bool) -> None:
    engine, sent = open_engine(url), 0

    def die(*_: Any) -> None:
        os.write(writing, str(sent).encode())
        os.kill(os.getpid(), signal.SIGKILL)

    def count(connection: Connection, *_: Any) -> None:
        nonlocal sent
        if sent == place:
            if torn:
                connection.connection.commit()
            die()
        sent += 1

    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", die)
    migrations.upgrade(engine)


def _left(url: str) -> tuple[str, str]:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT version_num FROM alembic_version")), schema_of(connection)
    engine.dispose()
    return found


def schema_of(connection: Connection | Engine) -> str:
    """Return a digest of every table's columns and indexes."""
    seen = inspect(connection)
    tables = [
        (
            name,
            sorted(str(one["name"]) for one in seen.get_columns(name)),
            sorted(map(str, seen.get_indexes(name))),
        )
        for name in sorted(seen.get_table_names())
    ]
    return hashlib.sha256(repr(tables).encode()).hexdigest()


if __name__ == "__main__":
    asked = [one for one in sys.argv[1:] if one != "--torn"]
    main(asked[0], [float(part) for part in asked[1:]], torn="--torn" in sys.argv)
