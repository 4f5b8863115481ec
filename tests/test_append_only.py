"""What was written once stays: against the service's own rights, on both databases, and where the guard ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from decision_engine import guard
from decision_engine.__main__ import main
from decision_engine.access import CLOCK
from decision_engine.app import open_house
from decision_engine.clock import MovableClock
from decision_engine.commands.sequencing import sequence
from decision_engine.db import APPEND_ONLY, NotDurable, demand_durable, new_id
from decision_engine.demo import load_town, shipped_diagrams
from decision_engine.demo.s1 import S1
from decision_engine.queries.verification import whole_log
from decision_engine.work import House, unit_of_work
from tests.api.conftest import put_in_force, staged
from tests.conftest import BEGINNING, cheap_settings
from tests.queries.test_verification import checkpoint


def filled(house: House) -> None:
    """Leave a row in every table of the log: events in the tree, one that waits, a checkpoint."""
    for _ in range(2):
        with unit_of_work(house, as_actor=CLOCK) as work:
            work.record("house.opened", "house")
        sequence(house)
    checkpoint(house)
    waits(house)


def waits(house: House) -> None:
    with unit_of_work(house, as_actor=CLOCK) as work:
        work.record("house.opened", "house")


def attempted(house: House, statement: str) -> None:
    with house.writing() as session, session.begin():
        session.connection().exec_driver_sql(statement)


LOG = {
    "an event": "UPDATE event SET kind = 'x'",
    "an event's signature": "UPDATE event SET signature = NULL",
    "events away": "DELETE FROM event",
    "a payload": "UPDATE event_payload SET payload = salt",
    "payloads away": "DELETE FROM event_payload",
    "what waits": "UPDATE pending_event SET event_id = 'x'",
    "what waits away": "DELETE FROM pending_event",
    "a leaf": "UPDATE leaf SET idx = idx + 10",
    "leaves away": "DELETE FROM leaf",
    "a tile": "UPDATE tile SET data = substr(data, 33), width = width - 1",
    "a tile's width": "UPDATE tile SET width = width + 1",
    "tiles away": "DELETE FROM tile",
    "the head back": "UPDATE log_head SET size = size - 1",
    "the head away": "DELETE FROM log_head",
    "a checkpoint": "UPDATE checkpoint SET note = 'other'",
    "a checkpoint's size": "UPDATE checkpoint SET size = 9",
    "checkpoints away": "DELETE FROM checkpoint",
    "a key": "UPDATE signing_key SET id = 'x'",
    "keys away": "DELETE FROM signing_key",
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A filled log on SQLite, from which nothing that is tried ever takes anything away."""
    house = open_house(cheap_settings(tmp_path_factory.mktemp("kept")), MovableClock(BEGINNING))
    filled(house)
    yield house
    house.engine.dispose()


@pytest.mark.parametrize("what", LOG)
def test_the_log_cannot_be_changed_through_the_service_s_connection(kept: House, what: str) -> None:
    """On PostgreSQL the same is tried below, with the rights of a superuser too."""
    with pytest.raises(DatabaseError, match=r"append-only|not authorized"):
        attempted(kept, LOG[what])


def test_what_grows_may_grow_and_a_key_may_end_once(any_house: House) -> None:
    filled(any_house)
    assert sequence(any_house) == 1  # the tile and the head
    attempted(any_house, "UPDATE checkpoint SET note = note || 'cosigned'")
    attempted(any_house, "UPDATE signing_key SET until = since")
    with pytest.raises(DatabaseError, match=r"append-only"):
        attempted(any_house, "UPDATE signing_key SET until = NULL")


# -- SQLite -------------------------------------------------------------------------------------------------

SQLITE = {
    "INSERT OR REPLACE": "INSERT OR REPLACE INTO leaf SELECT idx, event_id, zeroblob(32) FROM leaf",
    "REPLACE": "REPLACE INTO signing_key SELECT id, zeroblob(32), since, until FROM signing_key",
    "ON CONFLICT": "INSERT INTO checkpoint SELECT size, 'x', at FROM checkpoint WHERE true"
                   " ON CONFLICT (size) DO UPDATE SET note = 'x'",
    "REPLACE a payload": "REPLACE INTO event_payload SELECT event_id, salt, salt FROM event_payload",
    "another event's place": "INSERT OR REPLACE INTO event"
                             " SELECT 'x', chain, seq, kind, at, actor_id, body, 'x', NULL FROM event",
    "DROP TRIGGER": "DROP TRIGGER event_no_update",
    "DROP TABLE": "DROP TABLE event",
    "ALTER TABLE": "ALTER TABLE event RENAME TO gone",
    "a trigger of one's own": "CREATE TRIGGER x AFTER INSERT ON event BEGIN DELETE FROM job; END",
    "writable_schema": "PRAGMA writable_schema = ON",
    "recursive_triggers": "PRAGMA recursive_triggers = OFF",
    "synchronous": "PRAGMA synchronous = OFF",
    "the schema": "DELETE FROM sqlite_master",
    "ATTACH": "ATTACH ':memory:' AS elsewhere",
}  # fmt: skip


@pytest.mark.parametrize("how", SQLITE)
def test_sqlite_is_not_got_round(kept: House, how: str) -> None:
    with pytest.raises(DatabaseError, match=r"append-only|not authorized|may not be modified"):
        attempted(kept, SQLITE[how])


def test_the_triggers_hold_where_nobody_asks_the_authorizer(house: House) -> None:
    """Another program, with SQLite's own defaults: the triggers still refuse, REPLACE too."""
    filled(house)
    connection = sqlite3.connect(house.settings.data_dir / "test.db")
    for statement in (LOG["an event"], LOG["leaves away"], SQLITE["INSERT OR REPLACE"], SQLITE["REPLACE"]):
        with pytest.raises(sqlite3.DatabaseError, match="append-only"):
            connection.execute(statement)
    connection.close()


def test_without_the_guard_against_overwriting_replace_would_slip_through(house: House) -> None:
    """Negative control: with the delete triggers alone, as proof.md 1.7 found it."""
    filled(house)
    connection = sqlite3.connect(house.settings.data_dir / "test.db")
    connection.execute("DROP TRIGGER leaf_no_overwriting")
    connection.execute(SQLITE["INSERT OR REPLACE"])
    assert connection.execute("SELECT count(*) FROM leaf WHERE hash = zeroblob(32)").fetchone()[0] > 0
    connection.close()


def test_every_guard_is_up(house: House) -> None:
    with house.reading() as session:
        found = set(session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    assert found >= guard.trigger_names()
    assert set(guard.WRITTEN_ONCE) == {*APPEND_ONLY, "leaf"}


# -- PostgreSQL ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hardened(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, House]]:
    """A house whose service connects with its own rights, and the superuser's view of the same."""
    server, name = make_url(postgresql), f"test_{new_id()}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    folder: Path = tmp_path_factory.mktemp("hardened")
    url = server.set(database=name)
    above = open_house(
        cheap_settings(folder, database_url=url.render_as_string(hide_password=False)),
        MovableClock(BEGINNING),
    )
    town = load_town(above, deploy=False)
    put_in_force(above, shipped_diagrams(), town.persons["admin1"])
    app, owner = f"app_{name[-12:]}", f"owner_{name[-12:]}"
    environment = {"DECISION_ENGINE_DATABASE_URL": url.render_as_string(hide_password=False)}
    for _ in range(2):  # repeatable
        done = CliRunner().invoke(
            main, ["db", "harden", "--app-role", app, "--owner-role", owner], env=environment
        )
        assert done.exit_code == 0, done.output
    below = open_house(
        cheap_settings(folder, database_url=url.set(username=app).render_as_string(hide_password=False)),
        above.clock,
    )
    filled(below)
    yield below, above
    for house in (below, above):
        house.engine.dispose()


def test_the_service_does_its_work_with_the_rights_it_has(hardened: tuple[House, House]) -> None:
    """Part of a story with documents, comments, timers, decisive acts, and an erasure."""
    house, _ = hardened
    stage = staged(house, house.clock)  # type: ignore[arg-type]
    S1.play(stage, until="submit_review_package")
    events = stage.ask("auditor", f"/cases/{stage.case_id}/events")["items"]
    step = next(one for one in events if one["kind"] == "task.completed")
    for gone in (events[0], step):  # an act, and one that left words in the case file
        said = {"event": gone["id"], "authority": "个人信息保护法第四十七条", "reason": "本人申请"}
        proposal = stage.say("admin1", "/audit/erasures", said)["receipt"]["event_id"]
        stage.say("justice", f"/audit/erasures/{proposal}/approval", {})
    sequence(house)
    with house.reading() as session:
        report = whole_log(session)
    assert (report.found, report.erased) == ([], 2)
    assert report.leaves > 80
    waits(house)  # for the attacks below


ATTACKS = {
    **{what: LOG[what] for what in LOG},
    "TRUNCATE": "TRUNCATE event CASCADE",
    "DROP": "DROP TABLE event",
    "DISABLE TRIGGER": "ALTER TABLE event DISABLE TRIGGER ALL",
    "DROP TRIGGER": "DROP TRIGGER event_no_change ON event",
    "ON CONFLICT": "INSERT INTO event SELECT * FROM event LIMIT 1 ON CONFLICT (id) DO UPDATE SET kind = 'x'",
    "session_replication_role": "SET session_replication_role = replica",
    "COPY FROM PROGRAM": "COPY event FROM PROGRAM 'true'",
    "COPY TO a file": "COPY event TO '/tmp/x'",
    "CREATE TRIGGER": "CREATE TRIGGER x BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "another guard": "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    "a table of one's own": "CREATE TABLE x (y int)",
    "a role of one's own": "CREATE ROLE x SUPERUSER",
    "a record": "UPDATE record SET data = '{}'",
    "a version": "DELETE FROM document_version",
    "a reading": "UPDATE access_entry SET what = 'x'",
    "the migration": "UPDATE alembic_version SET version_num = 'x'",
}


@pytest.mark.parametrize("how", ATTACKS)
def test_the_service_s_role_is_refused(hardened: tuple[House, House], how: str) -> None:
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner|append-only"):
        attempted(hardened[0], ATTACKS[how])


@pytest.mark.parametrize("what", LOG)
def test_the_triggers_stop_a_superuser_too(hardened: tuple[House, House], what: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"):
        attempted(hardened[1], LOG[what])


def test_nobody_signs_in_as_the_owner(hardened: tuple[House, House]) -> None:
    _, above = hardened
    with above.reading() as session:
        told = session.execute(
            text(
                "SELECT DISTINCT rolcanlogin, rolsuper FROM pg_tables JOIN pg_roles ON rolname = tableowner"
                " WHERE schemaname = 'public'"
            )
        ).all()
    assert [(one[0], one[1]) for one in told] == [(False, False)]


def test_a_superuser_needs_ddl_and_what_he_does_then_is_found(hardened: tuple[House, House]) -> None:
    """ENABLE ALWAYS: `session_replication_role` does not put the triggers to sleep; disabling them does."""
    _, above = hardened

    def asleep() -> None:
        with above.writing() as session, session.begin():
            session.execute(text("SET LOCAL session_replication_role = replica"))
            session.execute(text("UPDATE event SET kind = 'x'"))

    with pytest.raises(DatabaseError, match="append-only"):
        asleep()
    with above.engine.connect() as connection:  # rolled back in the end
        connection.execute(text("ALTER TABLE event DISABLE TRIGGER ALL"))
        connection.execute(text("UPDATE event SET kind = 'x' WHERE chain = 'house'"))
        with Session(connection) as session:
            assert "event.columns" in {one.kind for one in whole_log(session).found}


def test_only_postgresql_is_hardened_and_only_with_plain_names(
    hardened: tuple[House, House], tmp_path: Path
) -> None:
    with hardened[1].engine.connect() as connection:
        for app, owner in (("app", "app"), ("app; DROP TABLE event", "owner"), ("App", "owner")):
            with pytest.raises(ValueError, match="names"):
                guard.harden(connection, app, owner)
    environment = {"DECISION_ENGINE_DATABASE_URL": f"sqlite:///{tmp_path}/x.db"}
    assert CliRunner().invoke(main, ["db", "harden"], env=environment).exit_code == 2


# -- durability ----------------------------------------------------------------------------------------------


def test_the_service_starts_only_on_a_database_that_keeps_what_it_acknowledges(
    any_house: House, tmp_path: Path
) -> None:
    """Negative control: the same database with its safety switched off is refused."""
    demand_durable(any_house.engine)
    if any_house.engine.dialect.name == "sqlite":
        loose = create_engine(any_house.engine.url)

        def loosen(connection: sqlite3.Connection, _: object) -> None:
            connection.execute("PRAGMA synchronous = NORMAL")

        event.listen(loose, "connect", loosen)
    else:
        loose = create_engine(any_house.engine.url, connect_args={"options": "-c synchronous_commit=off"})
    with pytest.raises(NotDurable, match="synchronous"):
        demand_durable(loose)
    loose.dispose()


def test_a_house_is_not_opened_on_a_database_that_forgets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decision_engine.app.open_engine", create_engine)
    with pytest.raises(NotDurable):
        open_house(cheap_settings(tmp_path))
