"""When the database says "not now": was somebody faster, or is it gone? And trying again.

* Overtaken: serialization failure (40001), deadlock (40P01), lock not available (55P03), SQLITE_BUSY and
  SQLITE_LOCKED, a unique value taken meanwhile, a version that moved on. Nothing was written; the same act may
  succeed, or be refused for a reason its author understands.
* Unavailable: the connection broke, the server shuts down or starts up; `StorageFull`: no room is left, in the
  database or where papers lie. Where a commit was under way nobody knows whether it was written, so it is never
  tried again here: whoever asked does, by their key.
"""

from __future__ import annotations

import errno
import random
import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from decision_engine.errors import Conflict, DecisionEngineError, Overtaken, StorageFull, Unavailable

Done = TypeVar("Done")

TRIES = 4
FIRST_PAUSE = 0.02
"""Seconds, at most; each further pause may be twice as long. Drawn at random, so that rivals do not meet again."""

BEATEN = frozenset({"40001", "40P01", "55P03", "23505"})
GONE = ("08", "53", "57P", "58", "25006")
"""SQLSTATE classes: connection, resources, operator intervention, system error; read only after a failover."""
DISK_FULL = "53100"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_WRITING = frozenset({errno.EIO, errno.EROFS})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_TAKEN = frozenset({sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE})
_BROKEN = frozenset(
    {
        sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PROTOCOL,
    }
)  # fmt: skip


def understood(problem: Exception) -> DecisionEngineError | None:
    """Return what *problem*, of database or disk, means to whoever acts; None: a mistake of ours.

    It means `Overtaken`, `Conflict`, `Unavailable` or, of that, `StorageFull`.
    """
    if isinstance(problem, OSError):
        return _of_the_disk(problem)
    if isinstance(problem, StaleDataError):
        return Overtaken()
    if isinstance(problem, PoolTimeout):
        return Unavailable()
    if not isinstance(problem, DBAPIError):
        return None
    if _beaten(problem):
        return Overtaken()
    if isinstance(problem, IntegrityError):
        return Conflict()
    if _full(problem):
        return StorageFull()
    return Unavailable() if _gone(problem) else None


def persistently(
    deed: Callable[[], Done], *, tries: int = TRIES, sleep: Callable[[float], None] = time.sleep
) -> Done:
    """Do *deed*, a whole transaction, and do it again up to *tries* times in all while it is overtaken.

    Raises `Overtaken` when it never came first, and anything else *deed* raises at once.
    """
    for earlier in range(tries - 1):
        try:
            return deed()
        except Overtaken:
            sleep(random.uniform(0, FIRST_PAUSE * 2**earlier))  # noqa: S311  spreads rivals, keeps no secret
    return deed()


def _beaten(problem: DBAPIError) -> bool:
    code = _sqlite_code(problem)
    if code is not None:
        return code & 0xFF in _BUSY or code in _TAKEN
    return getattr(problem.orig, "sqlstate", None) in BEATEN


def _of_the_disk(problem: OSError) -> Unavailable | None:
    if problem.errno in _NO_ROOM:
        return StorageFull()
    return Unavailable() if problem.errno in _NO_WRITING else None


def _full(problem: DBAPIError) -> bool:
    code = _sqlite_code(problem)
    if code is not None:
        return code & 0xFF == sqlite3.SQLITE_FULL
    return getattr(problem.orig, "sqlstate", None) == DISK_FULL


def _gone(problem: DBAPIError) -> bool:
    code = _sqlite_code(problem)
    if code is not None:
        return code & 0xFF in _BROKEN
    state = getattr(problem.orig, "sqlstate", None)
    if state is None:  # the server never answered
        return problem.connection_invalidated or type(problem.orig).__name__ in {
            "OperationalError", "InterfaceError", "ConnectionTimeout", "AdminShutdown",
        }  # fmt: skip
    return bool(state.startswith(GONE))


def _sqlite_code(problem: DBAPIError) -> int | None:
    return getattr(problem.orig, "sqlite_errorcode", None)
