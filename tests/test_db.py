"""The database keeps what the house promises: durable settings, locks at BEGIN, append-only tables."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, StatementError

from decision_engine import migrations
from decision_engine.access import CLOCK
from decision_engine.db import APPEND_ONLY, Model, new_id
from decision_engine.models import Event, Person
from decision_engine.work import House, unit_of_work
from tests.conftest import tampering

REFUSED = r"append-only|not authorized"


def test_migrations_and_models_say_the_same(any_house: House):
    """A change of a model without its migration is found."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with any_house.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Model.metadata) == []
    assert migrations.at_head(any_house.engine)


def test_opening_the_house_twice_changes_nothing(house: House):
    """Upgrading is repeatable."""
    migrations.upgrade(house.engine)
    assert migrations.at_head(house.engine)


def test_sqlite_runs_with_the_settings_that_lose_nothing(house: House):
    """WAL with synchronous FULL (proof.md 3.2), foreign keys and recursive triggers on."""
    with house.engine.connect() as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}


def _one_event(house: House) -> None:
    with unit_of_work(house, as_actor=CLOCK) as work:
        work.record("house.opened", "house")


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE event SET kind = 'nothing.happened'",
        "DELETE FROM event",
        "INSERT OR REPLACE INTO event SELECT id, chain, seq, 'x', at, actor_id, body, hash, signature FROM event",
        "UPDATE OR REPLACE event SET seq = 9",
    ],
)
def test_sqlite_refuses_to_change_the_log(house: House, attack: str):
    """UPDATE, DELETE and their disguises are refused by the database itself."""
    _one_event(house)
    with (
        pytest.raises(DatabaseError, match=REFUSED),
        house.writing() as session,
        session.begin(),
    ):
        session.execute(text(attack))
    with house.reading() as session:
        assert {event.kind for event in session.query(Event)} == {"key.introduced", "house.opened"}


@pytest.mark.parametrize(
    "attack", ["UPDATE event SET kind = 'x'", "DELETE FROM event", "TRUNCATE event CASCADE"]
)
def test_postgresql_refuses_to_change_the_log(any_house: House, attack: str):
    """The same on PostgreSQL, TRUNCATE included."""
    if any_house.engine.dialect.name == "sqlite" and attack.startswith("TRUNCATE"):
        attack = "DELETE FROM event WHERE 1"
    _one_event(any_house)
    with (
        pytest.raises(DatabaseError, match=REFUSED),
        any_house.writing() as session,
        session.begin(),
    ):
        session.execute(text(attack))


def test_without_its_triggers_the_log_could_be_changed(house: House):
    """Negative control: it is the trigger that refuses."""
    _one_event(house)
    with tampering(house) as connection:
        connection.execute(text("UPDATE event SET kind = 'nothing.happened'"))
    with house.reading() as session:
        assert set(session.scalars(text("SELECT kind FROM event"))) == {"nothing.happened"}


def test_every_append_only_table_is_guarded(house: House):
    """Each table on the list has both its triggers."""
    with house.reading() as session:
        found = set(session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    assert found >= {f"{table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")}


def test_a_naive_moment_is_refused(house: House):
    """Nothing without a zone is stored."""
    with house.writing() as session:
        session.add(Person(name="某人", closed_at=datetime(2026, 1, 1)))  # noqa: DTZ001  that is the point
        with pytest.raises(StatementError, match="without a zone"):
            session.flush()


def test_moments_come_back_aware_and_equal(any_house: House):
    """What went in comes out, in UTC."""
    moment = datetime(2026, 4, 28, 1, 2, 3, 456000, tzinfo=UTC)
    with any_house.writing() as session, session.begin():
        session.add(Person(id="p", name="某人", closed_at=moment))
    with any_house.reading() as session:
        assert session.get_one(Person, "p").closed_at == moment


def test_ids_are_unique_and_ordered_by_time():
    """RFC 9562 version 7: the first 48 bits are the millisecond."""
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == len(ids)
    assert [one[:12] for one in ids] == sorted(one[:12] for one in ids)
    assert {(one[12], one[16] in "89ab") for one in ids} == {("7", True)}


def test_two_writers_queue_instead_of_failing_half_way(any_house: House):
    """Both acts on one chain are kept, one after the other."""

    def act() -> None:
        with unit_of_work(any_house, as_actor=CLOCK) as work:
            work.record("house.opened", "house")

    _one_event(any_house)
    threads = [threading.Thread(target=act) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with any_house.reading() as session:
        seqs = session.scalars(text("SELECT seq FROM event WHERE chain = 'house'"))
        assert sorted(seqs) == list(range(1, 10))
