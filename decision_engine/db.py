"""The database: one way in for SQLite and PostgreSQL.

Guarantees: SQLite runs with WAL, `synchronous=FULL` and foreign keys on (proof.md 3.2: anything less loses
acknowledged acts), a writing transaction takes its lock at BEGIN so that nobody is refused half-way, and
moments come back aware, in UTC. Tables marked append-only refuse update and delete in the database itself (`guard`).
The service does not start on a database that may forget what it acknowledged (`demand_durable`).
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, DateTime, Engine, MetaData, String, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from decision_engine import guard

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Dialect

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone was given")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Model(DeclarativeBase):
    """A thing we keep."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy's own attribute
        datetime: Moment(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        list[str]: JSON(),
        str: String(),
    }


LOCK_TIMEOUT = 30
"""Seconds a SQLite transaction waits for its lock, unless it is less patient."""


def new_id() -> str:
    """Return a new id: 32 hex digits, ordered by time (RFC 9562, UUID version 7)."""
    moment = time.time_ns() // 1_000_000
    rest = secrets.randbits(74)
    number = moment << 80 | 7 << 76 | (rest >> 62) << 64 | 0b10 << 62 | rest & ((1 << 62) - 1)
    return f"{number:032x}"


GIVES_UP = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""libpq parameter -> seconds, or a count (tcp_user_timeout: milliseconds), after which a silent PostgreSQL is given up:
5 s to connect, 15 s for what was sent, 25 s without a word. What the URL says of them goes before.

Without them a service cut off from its database waits for ever to connect, and a quarter of an hour for an answer.
"""
_THERE = ", ".join(
    f"set_config('{name if name.startswith('tcp') else 'tcp_' + name}', '{value}', false)"
    for name, value in GIVES_UP.items()
    if name != "connect_timeout"
)
"""The same asked of the server, which left to itself keeps the transaction of a service that was cut off for two hours,
and with it the lock on its case and on the head of the log. Without effect on a Unix socket."""


def open_engine(url: str) -> Engine:
    """Return the engine of *url*; a SQLite file's folder is made if it is missing."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        patience = {name: value for name, value in GIVES_UP.items() if name not in address.query}
        engine = create_engine(address, pool_pre_ping=True, connect_args=patience)
        event.listen(engine, "connect", _settle_postgresql)
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"timeout": LOCK_TIMEOUT, "check_same_thread": False})
    event.listen(engine, "connect", _settle_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "reset", _calm_sqlite)
    return engine


def for_writing(engine: Engine, patience: float | None = None) -> Engine:
    """Return *engine* for transactions that will write, and wait for locks at most *patience* seconds if given."""
    return engine.execution_options(writes=True, patience=patience)


def _settle_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else INSERT OR REPLACE slips past the delete triggers (proof.md 1.7)
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.set_authorizer(guard.only_append)


def _begin_sqlite(connection: Connection) -> None:
    # A reader that upgrades to a writer is refused at once, timeout or not (proof.md 3.1): lock first.
    options = connection.get_execution_options()
    patience = options.get("patience")
    if patience is not None:
        connection.info["impatient"] = True
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_milliseconds(patience)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes", False) else "BEGIN")


def _calm_sqlite(connection: Any, record: Any, _state: object) -> None:
    if record.info.pop("impatient", False):
        connection.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT * 1000}")


def _settle_postgresql(connection: Any, _record: object) -> None:
    connection.autocommit = True  # for the whole connection, and no transaction is left open
    connection.execute(f"SELECT {_THERE}")  # constants of ours
    connection.autocommit = False


def _begin_postgresql(connection: Connection) -> None:
    patience = connection.get_execution_options().get("patience")
    if patience is not None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_milliseconds(patience)}")


def _milliseconds(seconds: float) -> int:
    return max(int(seconds * 1000), 1)  # PostgreSQL reads 0 as for ever


# -- durability ----------------------------------------------------------------------------------------

DURABLE = {
    "sqlite": {
        "synchronous": {"2", "3"},  # FULL, EXTRA
        "journal_mode": {"wal"},
        "foreign_keys": {"1"},
        "recursive_triggers": {"1"},
    },
    "postgresql": {
        "fsync": {"on"},
        "full_page_writes": {"on"},
        "synchronous_commit": {"on", "local", "remote_write", "remote_apply"},
    },
}
"""Dialect -> setting -> values under which an acknowledged act survives a power cut (proof.md 3.2, 3.3)."""


class NotDurable(RuntimeError):
    """The database may lose what it acknowledged."""


def demand_durable(engine: Engine) -> None:
    """Raise `NotDurable` unless the database behind *engine* keeps what it acknowledges."""
    dialect = engine.dialect.name
    ask = "PRAGMA {}" if dialect == "sqlite" else "SHOW {}"
    with engine.connect() as connection:
        for setting, safe in DURABLE[dialect].items():
            found = str(connection.exec_driver_sql(ask.format(setting)).scalar())
            memory = (
                setting == "journal_mode" and found == "memory"
            )  # lives as long as the process, and says so
            if found not in safe and not memory:
                raise NotDurable(
                    f"数据库设置 {setting}={found} 可能丢失已确认的操作，拒绝启动 · the database runs with "
                    f"{setting}={found} and may lose what it acknowledged; needed: {' | '.join(sorted(safe))}"
                )


# -- append-only tables --------------------------------------------------------------------------------

APPEND_ONLY = ("event", "record", "document_version", "definition_file", "access_entry")


def append_only_ddl(table: str, dialect: str) -> tuple[str, ...]:
    """Return the statements that make *table* refuse UPDATE, DELETE (and TRUNCATE) in *dialect*."""
    if dialect == "sqlite":
        return tuple(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END"
            for verb in ("UPDATE", "DELETE")
        )
    return (
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_change",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate",
    )


REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'append-only: %', TG_TABLE_NAME; END $$
"""


def guard_append_only(connection: Connection, tables: tuple[str, ...] = APPEND_ONLY) -> None:
    """Make the append-only *tables* refuse changes; called by the migrations that create them."""
    if connection.dialect.name != "sqlite":
        connection.execute(text(REFUSE_CHANGE))
    for table in tables:
        for statement in append_only_ddl(table, connection.dialect.name):
            connection.execute(text(statement))
