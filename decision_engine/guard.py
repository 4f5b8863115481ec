"""What the database itself refuses: changing, deleting or overwriting what was written once.

Speed bumps, not proof: whoever owns the file or the cluster can take them away, and then the signatures, the tree
and what witnesses hold find the change (proof.md 1.7, 1.8). They stop mistakes, and whoever got no further than the
service's own rights.

* A guard is a table, a verb and the condition under which it refuses; without one it refuses always.
* SQLite: triggers, those before INSERT too, because `INSERT OR REPLACE` deletes without asking a delete trigger
  unless `recursive_triggers` is on. Besides, `only_append` is asked about every statement of the service.
* PostgreSQL: triggers `ENABLE ALWAYS` (an ordinary one sleeps under `session_replication_role = replica`), TRUNCATE
  included; and, once `harden` has run, a service that owns nothing and holds only the rights it uses.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Connection

KEYS = {
    "event": ("NEW.id = id", "NEW.chain = chain AND NEW.seq = seq", "NEW.hash = hash"),
    "event_payload": ("NEW.event_id = event_id",),
    "record": ("NEW.case_id = case_id AND NEW.seq = seq",),
    "document_version": ("NEW.document_id = document_id AND NEW.number = number",),
    "definition_file": ("NEW.definition_hash = definition_hash AND NEW.name = name",),
    "access_entry": ("NEW.id = id",),
    "leaf": ("NEW.idx = idx", "NEW.event_id = event_id"),
    "tile": ("NEW.level = level AND NEW.idx = idx",),
    "log_head": ("NEW.id = id",),
    "checkpoint": ("NEW.size = size",),
    "signing_key": ("NEW.id = id",),
}
"""Table -> its keys; a row whose key is taken may not be inserted, whatever the conflict clause."""

WRITTEN_ONCE = (
    "event", "record", "document_version", "definition_file", "access_entry", "leaf",
)  # fmt: skip
"""Tables of which no row is ever changed or deleted; but see `ERASURE` for the words of a record."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuse *verb* on *table* when a condition holds (SQL over OLD and NEW, in each dialect); None: always."""

    table: str
    verb: str
    sqlite: str | None = None
    postgresql: str | None = None


def _same(table: str, verb: str, when: str | None = None) -> Guard:
    return Guard(table, verb, when, when)


OF_THE_PROOF = (
    _same("leaf", "UPDATE"),
    _same("leaf", "DELETE"),
    _same(
        "checkpoint", "UPDATE",
        "NEW.size <> OLD.size OR NEW.at <> OLD.at OR substr(NEW.note, 1, length(OLD.note)) <> OLD.note",
    ),
    _same("checkpoint", "DELETE"),
    _same("signing_key", "DELETE"),
    _same(
        "signing_key", "UPDATE",
        "OLD.until IS NOT NULL OR NEW.until IS NULL OR NEW.id <> OLD.id OR NEW.public_key <> OLD.public_key"
        " OR NEW.since <> OLD.since",
    ),
    _same("tile", "DELETE"),
    _same(
        "tile", "UPDATE",
        "NEW.level <> OLD.level OR NEW.idx <> OLD.idx OR NEW.width < OLD.width OR NEW.width * 32 <> length(NEW.data)"
        " OR substr(NEW.data, 1, length(OLD.data)) <> OLD.data",
    ),
    _same("log_head", "DELETE"),
    _same("log_head", "UPDATE", "NEW.id <> OLD.id OR NEW.size <= OLD.size"),
    _same("pending_event", "UPDATE"),
    _same(
        "pending_event", "DELETE", "NOT EXISTS (SELECT 1 FROM leaf WHERE leaf.event_id = OLD.event_id)"
    ),
    _same("event_payload", "UPDATE"),
    Guard(
        "event_payload", "DELETE",
        "NOT EXISTS (SELECT 1 FROM event WHERE kind = 'payload.erased'"
        " AND instr(CAST(body AS TEXT), OLD.event_id) > 0)",
        "NOT EXISTS (SELECT 1 FROM event WHERE kind = 'payload.erased'"
        " AND position(convert_to(OLD.event_id, 'UTF8') IN body) > 0)",
    ),
)  # fmt: skip
"""Leaves stay; tiles, the head and the signatures under a checkpoint only grow; what waits goes only into the tree; a
payload goes only after an event said so."""

_FIXED = (
    "case_id", "seq", "kind", "task_id", "at", "author_id", "role", "post", "on_behalf_of_id", "item", "draft",
)  # fmt: skip
_OLD, _NEW = (f"({', '.join(f'{row}.{column}' for column in _FIXED)})" for row in ("OLD", "NEW"))
_SAID = "NOT EXISTS (SELECT 1 FROM event WHERE kind = 'payload.erased' AND chain = OLD.case_id AND {} > 0)"
_NAMED = "'\"record\":' || OLD.seq || ','"
ERASURE = Guard(
    "record",
    "UPDATE",
    f"{_NEW} IS NOT {_OLD} OR " + _SAID.format(f"instr(CAST(body AS TEXT), {_NAMED})"),
    f"ROW{_NEW} IS DISTINCT FROM ROW{_OLD} OR "
    + _SAID.format(f"position(convert_to({_NAMED}, 'UTF8') IN body)"),
)
"""The words of an entry of the case file go only after an event of its case said so (`"record":7` in its body); who
made it, when, as what and upon which draft stays."""

OVERWRITING = tuple(
    Guard(
        table,
        "INSERT",
        " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {key})" for key in keys),  # noqa: S608  our own names
    )
    for table, keys in KEYS.items()
)
"""SQLite only: elsewhere a taken key refuses by itself, and ON CONFLICT DO UPDATE is an update."""


def put_up(connection: Connection) -> None:
    """Create the guards of the proof and those against overwriting; called by the migration that makes the tables."""
    sqlite = connection.dialect.name == "sqlite"
    for guard in (*OF_THE_PROOF, *(OVERWRITING if sqlite else ())):
        for statement in _sqlite(guard) if sqlite else _postgresql(guard):
            connection.execute(text(statement))
    if not sqlite:
        for table in dict.fromkeys(guard.table for guard in OF_THE_PROOF):
            for statement in _no_truncate(table):
                connection.execute(text(statement))


def let_words_be_erased(connection: Connection) -> None:
    """Put `ERASURE` in the place of the guard that refused every change of `record`; called by the migration."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("DROP TRIGGER IF EXISTS record_no_update"))
        for statement in _sqlite(ERASURE):
            connection.execute(text(statement))
        return
    for statement in (
        "DROP TRIGGER IF EXISTS record_no_change ON record",
        "CREATE TRIGGER record_no_delete BEFORE DELETE ON record FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "ALTER TABLE record ENABLE ALWAYS TRIGGER record_no_delete",
        *_postgresql(ERASURE),
    ):
        connection.execute(text(statement))


def trigger_names() -> frozenset[str]:
    """Return the names of the triggers `put_up` leaves on SQLite."""
    return frozenset(_name(guard) for guard in (*OF_THE_PROOF, *OVERWRITING))


def _name(guard: Guard) -> str:
    return f"{guard.table}_no_{'overwriting' if guard.verb == 'INSERT' else guard.verb.lower()}"


def _sqlite(guard: Guard) -> Iterable[str]:
    when = f" WHEN {guard.sqlite}" if guard.sqlite else ""
    yield (
        f"CREATE TRIGGER {_name(guard)} BEFORE {guard.verb} ON {guard.table}{when} "
        f"BEGIN SELECT RAISE(ABORT, 'append-only: {guard.table}'); END"
    )


def _postgresql(guard: Guard) -> Iterable[str]:
    name = _name(guard)
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {guard.postgresql or 'true'} THEN RAISE EXCEPTION 'append-only: {guard.table}'; END IF; "
        f"RETURN {'OLD' if guard.verb == 'DELETE' else 'NEW'}; END $$"
    )
    yield f"CREATE TRIGGER {name} BEFORE {guard.verb} ON {guard.table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    yield f"ALTER TABLE {guard.table} ENABLE ALWAYS TRIGGER {name}"


def _no_truncate(table: str) -> Iterable[str]:
    yield (
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate"


# -- what the service's own connections may say (SQLite) ---------------------------------------------------

_NO_UPDATE = frozenset({*WRITTEN_ONCE, "event_payload", "pending_event", "sqlite_master", "sqlite_schema"})
_ERASABLE = frozenset({"data", "exceptions"})
_NO_DELETE = frozenset(
    {*WRITTEN_ONCE, "checkpoint", "signing_key", "tile", "log_head", "sqlite_master", "sqlite_schema"}
)
_NEVER = frozenset(
    {
        sqlite3.SQLITE_DROP_TABLE, sqlite3.SQLITE_DROP_TRIGGER, sqlite3.SQLITE_DROP_INDEX, sqlite3.SQLITE_DROP_VIEW,
        sqlite3.SQLITE_ALTER_TABLE, sqlite3.SQLITE_CREATE_TRIGGER, sqlite3.SQLITE_CREATE_TEMP_TRIGGER,
        sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH,
    }
)  # fmt: skip
_SETTLED = frozenset(
    {
        "writable_schema", "recursive_triggers", "foreign_keys", "defer_foreign_keys", "synchronous", "journal_mode",
        "ignore_check_constraints",
    }
)  # fmt: skip


def only_append(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    """Answer SQLite's question whether a statement may be prepared: nothing that undoes what was written."""
    if action == sqlite3.SQLITE_UPDATE and first == "record":
        return (
            sqlite3.SQLITE_OK if second in _ERASABLE else sqlite3.SQLITE_DENY
        )  # the guard asks for the event
    if action == sqlite3.SQLITE_UPDATE:
        return sqlite3.SQLITE_DENY if first in _NO_UPDATE else sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_DELETE:
        return sqlite3.SQLITE_DENY if first in _NO_DELETE else sqlite3.SQLITE_OK
    if action in _NEVER:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and second is not None and str(first).lower() in _SETTLED:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


@contextmanager
def lifted(connection: Connection) -> Iterator[None]:
    """Let *connection* rebuild tables meanwhile: for migrations, and nobody else."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.dbapi_connection
    raw.set_authorizer(None)
    try:
        yield
    finally:
        raw.set_authorizer(only_append)


# -- roles (PostgreSQL) ------------------------------------------------------------------------------------

_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_RIGHTS = {
    "chain": "SELECT, INSERT, UPDATE (head_seq, head_hash)",
    "checkpoint": "SELECT, INSERT, UPDATE (note)",
    "event_payload": "SELECT, INSERT, DELETE",
    "leaf": "SELECT, INSERT",
    "log_head": "SELECT, UPDATE (size, root, at)",
    "pending_event": "SELECT, INSERT, DELETE",
    "record": "SELECT, INSERT, UPDATE (data, exceptions)",
    "signing_key": "SELECT, INSERT, UPDATE (until)",
    "tile": "SELECT, INSERT, UPDATE (width, data)",
    "alembic_version": "SELECT",
}
"""What the service's role may do with the tables of the log; with a table of which nothing is ever changed it may
SELECT and INSERT, with any other everything but TRUNCATE, REFERENCES and TRIGGER."""


def harden(connection: Connection, app: str, owner: str) -> None:
    """Let *owner*, whom nobody can sign in as, own everything, and *app* do only what the service does.

    To be run by a superuser after every migration; repeatable. Both roles are made if they are missing, *app* without a
    password: set one before it is used over a network. Raises ValueError for anything but PostgreSQL or plain names.
    """
    if connection.dialect.name != "postgresql":
        raise ValueError("only PostgreSQL knows roles")
    if app == owner or not all(_ROLE.fullmatch(one) for one in (app, owner)):
        raise ValueError("two different names of lower-case letters, digits and underscores")

    def run(statement: str) -> None:
        connection.exec_driver_sql(statement)

    known = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
    for role, how in ((owner, "NOLOGIN"), (app, "LOGIN")):
        if role not in known:
            run(f"CREATE ROLE {role} {how} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS")
    run("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    run(f"REVOKE ALL ON SCHEMA public FROM {app}")
    run(f"GRANT USAGE ON SCHEMA public TO {app}")
    run(f"GRANT USAGE, CREATE ON SCHEMA public TO {owner}")
    ours = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    for name in list(connection.scalars(text(ours))):
        run(f"ALTER FUNCTION public.{name}() OWNER TO {owner}")
    guarded = set(connection.scalars(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")))
    for table in list(
        connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    ):
        kept = {f"{table}_no_change", f"{table}_no_update"} & guarded
        rights = _RIGHTS.get(table) or ("SELECT, INSERT" if kept else "SELECT, INSERT, UPDATE, DELETE")
        run(f"ALTER TABLE public.{table} OWNER TO {owner}")
        run(f"REVOKE ALL ON public.{table} FROM PUBLIC, {app}")
        run(f"GRANT {rights} ON public.{table} TO {app}")
