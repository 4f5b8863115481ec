"""Overtaken acts are tried again, a few times; what is gone is not, and nobody is told what went wrong inside."""

from __future__ import annotations

import errno
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from decision_engine.access import CLOCK
from decision_engine.errors import Conflict, Overtaken, StorageFull, Unavailable
from decision_engine.models import Chain, Organ
from decision_engine.retrying import TRIES, persistently, understood
from decision_engine.work import House, reading, unit_of_work


class _Told(Exception):
    """What a driver raises."""

    def __init__(self, state: str | None = None, code: int | None = None) -> None:
        super().__init__("told")
        if state is not None:
            self.sqlstate = state
        if code is not None:
            self.sqlite_errorcode = code


def _database_says(
    kind: type[DBAPIError], *, state: str | None = None, code: int | None = None
) -> DBAPIError:
    return kind("statement", {}, _Told(state, code))


@pytest.mark.parametrize(
    ("problem", "means"),
    [
        (StaleDataError("version"), Overtaken),
        *((_database_says(OperationalError, state=one), Overtaken) for one in ("40001", "40P01", "55P03")),
        *(
            (_database_says(OperationalError, code=one), Overtaken)
            for one in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_LOCKED)
        ),
        (_database_says(IntegrityError, state="23505"), Overtaken),
        (_database_says(IntegrityError, code=sqlite3.SQLITE_CONSTRAINT_UNIQUE), Overtaken),
        (_database_says(IntegrityError, state="23503"), Conflict),
        (_database_says(IntegrityError, code=sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY), Conflict),
        (PoolTimeout(), Unavailable),
        *((_database_says(OperationalError, state=one), Unavailable) for one in ("57P01", "53300", "08006", "25006")),
        (_database_says(OperationalError, code=sqlite3.SQLITE_FULL), StorageFull),
        (_database_says(OperationalError, state="53100"), StorageFull),
        (OSError(errno.ENOSPC, ""), StorageFull),
        (OSError(errno.EFBIG, ""), StorageFull),
        (OSError(errno.EIO, ""), Unavailable),
        (FileNotFoundError(errno.ENOENT, ""), type(None)),
        (_database_says(OperationalError, code=sqlite3.SQLITE_IOERR), Unavailable),
        (_database_says(DBAPIError, state="42P01"), type(None)),
        (_database_says(OperationalError, code=sqlite3.SQLITE_ERROR), type(None)),
    ],
    ids=str,
)  # fmt: skip
def test_each_refusal_of_a_database_means_one_thing(problem: Exception, means: type):
    """Overtaken, gone, or a mistake of ours, which nobody is to mistake for either."""
    assert type(understood(problem)) is means


def test_an_act_that_was_overtaken_is_tried_again_with_growing_pauses():
    """Done at the last try; what it answers is what comes back."""
    tries, pauses = [], []

    def deed() -> str:
        tries.append(1)
        if len(tries) < TRIES:
            raise Overtaken
        return "done"

    assert persistently(deed, sleep=pauses.append) == "done"
    assert len(pauses) == TRIES - 1
    assert all(0 <= pause <= 0.02 * 2**number for number, pause in enumerate(pauses))


@pytest.mark.parametrize(("refusal", "times"), [(Overtaken, TRIES), (Conflict, 1), (Unavailable, 1)])
def test_it_is_tried_a_few_times_and_only_when_it_was_overtaken(refusal: type[Exception], times: int):
    """A commit whose outcome nobody knows is never repeated behind its author's back."""
    tries = []

    def deed() -> None:
        tries.append(1)
        raise refusal

    with pytest.raises(refusal):
        persistently(deed, sleep=lambda _: None)
    assert len(tries) == times


def test_two_who_begin_the_same_chain_both_end_in_it(any_house: House):
    """On PostgreSQL the second finds its unique value taken, and succeeds when it tries again."""
    gate = threading.Barrier(2)
    overtaken: list[str] = []
    done: list[int] = []

    def act() -> None:
        first = True

        def once() -> int:
            nonlocal first
            if not first:
                overtaken.append("again")
            with unit_of_work(any_house, as_actor=CLOCK) as work:
                seen = work.session.get(Chain, "begun")
                if first and any_house.engine.dialect.name == "postgresql":
                    first = False
                    gate.wait(timeout=30)  # both have looked; on SQLite the second cannot even begin
                if seen is None:
                    work.session.add(Chain(id="begun", head_seq=0, head_hash=""))
                    work.session.flush()
                return work.record("thing.done", "begun").seq

        done.append(persistently(once))

    threads = [threading.Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(done) == [1, 2]
    assert len(overtaken) == (any_house.engine.dialect.name == "postgresql")


def test_a_database_that_is_gone_is_told_as_such(house: House, tmp_path: Path):
    """Reading and writing alike; the message says that repeating the same request is safe."""
    house.engine.dispose()
    for name in tmp_path.glob("test.db*"):
        name.unlink()
    (tmp_path / "test.db").mkdir()
    for way in (reading, unit_of_work):
        with pytest.raises(Unavailable, match="not done twice"), way(house, as_actor=CLOCK) as work:
            work.session.scalars(select(Organ)).all()


def test_a_server_that_ends_in_mid_act_is_told_as_such(any_house: House):
    """The connection breaks under the act; the next act gets a new one."""
    if any_house.engine.dialect.name != "postgresql":
        return _a_full_disk(any_house)
    admin = create_engine(any_house.engine.url, isolation_level="AUTOCOMMIT")

    def act() -> None:
        with unit_of_work(any_house, as_actor=CLOCK) as work:
            number = work.session.scalar(text("SELECT pg_backend_pid()"))
            with admin.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
            work.record("thing.done", "lost")

    with pytest.raises(Unavailable):
        act()
    admin.dispose()
    with unit_of_work(any_house, as_actor=CLOCK) as work:
        assert work.record("thing.done", "kept").seq == 1
    return None


def _a_full_disk(house: House) -> None:
    """Nothing more fits: refused as a whole, nothing half-written, and it goes on when there is room."""

    def limit(pages: int) -> None:
        with house.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    with house.engine.connect() as connection:
        held = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def act() -> None:
        with unit_of_work(house, as_actor=CLOCK) as work:
            for _ in range(1000):
                work.record("thing.done", "full")

    limit(held)
    with pytest.raises(Unavailable):
        act()
    with house.reading() as session:
        assert session.get(Chain, "full") is None
    limit(1_000_000)
    with unit_of_work(house, as_actor=CLOCK) as work:
        assert work.record("thing.done", "full").seq == 1
