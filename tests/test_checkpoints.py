"""The notary on the real log: in both databases, from the command line, across a restore."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from decision_engine import notary as notaries
from decision_engine import witness as witnesses
from decision_engine.__main__ import main
from decision_engine.access import CLOCK
from decision_engine.audit import keyring, merkle, note, policy
from decision_engine.audit.memory import Memory
from decision_engine.audit.note import Kind, SignerKey
from decision_engine.cli import proof
from decision_engine.commands import sequencing
from decision_engine.commands.checkpoints import HouseLog
from decision_engine.models import Checkpoint, Event, Incident
from decision_engine.notary import Refused, Signed
from decision_engine.queries import proofs
from decision_engine.work import House, unit_of_work
from tests.conftest import cheap_settings, tampering
from tests.notaries import served, standing_clock

ORIGIN = "decision-engine/local"
WITNESS = SignerKey("witness.example/w", Kind.COSIGNATURE, b"w" * 32)


def acts(house: House, count: int) -> None:
    """Let *count* things happen, and be brought into the tree."""
    for number in range(count):
        with unit_of_work(house, as_actor=CLOCK) as work:
            work.record("thing.happened", "things", number=number)
    sequencing.sequence(house)


def notes(house: House) -> list[tuple[int, str]]:
    with house.reading() as session:
        return [
            (row.size, row.note)
            for row in session.execute(select(Checkpoint.size, Checkpoint.note).order_by(Checkpoint.size))
        ]


def incidents(house: House) -> list[str]:
    with house.reading() as session:
        return list(session.scalars(select(Incident.kind)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "watch"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held


def watched(house: House, folder: Path, stack: ExitStack) -> notaries.Notary:
    return stack.enter_context(notaries.opened(folder, ORIGIN, HouseLog(house), house.clock, make=True))


def test_the_log_of_the_house_is_signed_and_the_proofs_lead_there(
    any_house: House, folder: Path, stack: ExitStack
):
    acts(any_house, 3)
    notary = watched(any_house, folder, stack)
    for more in (2, 20):
        made = notary.round()
        assert isinstance(made, Signed)
        acts(any_house, more)
    made = notary.round()
    assert isinstance(made, Signed)
    assert notary.round() is None
    with any_house.reading() as session:
        head = proofs.head(session)
        kept = proofs.covering(session, head.size - 1)
        assert kept is not None
        found = note.parse_checkpoint(note.parse(kept.note).text)
        assert (found.origin, found.size, found.root) == (ORIGIN, head.size, head.root)
    assert policy.judge(policy.parse((folder / keyring.POLICY).read_bytes()), note.parse(kept.note))


def test_signatures_under_a_checkpoint_only_grow(any_house: House):
    """The database lets cosignatures be added at the end, and nothing else be done to what was published."""
    log = HouseLog(any_house)
    head = note.Checkpoint(ORIGIN, 5, bytes(32)).text
    first = note.Note(head, (WITNESS.sign(head, 1),))
    more = first.with_signatures([WITNESS.sign(head, 2)])
    for one in (first, more, first):
        log.publish(5, one.render())
    assert notes(any_house) == [(5, more.render())]
    for statement in (
        "UPDATE checkpoint SET note = 'another'",
        "UPDATE checkpoint SET note = substr(note, 1, 40)",
        "UPDATE checkpoint SET size = 6",
        "DELETE FROM checkpoint",
    ):
        with pytest.raises(SQLAlchemyError), any_house.writing() as session, session.begin():
            session.execute(text(statement))
    assert notes(any_house) == [(5, more.render())]


def test_a_rewritten_log_is_an_incident_once_and_gets_no_signature(
    house: House, folder: Path, stack: ExitStack
):
    """A1: an event, its leaf, its tiles and the head are changed consistently by who owns the database."""
    acts(house, 4)
    notary = watched(house, folder, stack)
    notary.round()
    acts(house, 3)
    notary.round()
    forged = merkle.append(0, lambda level, index: b"", [merkle.leaf_hash(b"%d" % one) for one in range(9)])
    with tampering(house) as connection:
        for table in ("tile", "log_head"):
            connection.execute(text(f"DELETE FROM {table}"))
        for one in forged.tiles:
            connection.execute(
                text("INSERT INTO tile (level, idx, width, data) VALUES (:level, :index, :width, :data)"),
                {"level": one.level, "index": one.index, "width": one.width, "data": one.data},
            )
        connection.execute(
            text("INSERT INTO log_head (id, size, root) VALUES (1, :size, :root)"),
            {"size": forged.size, "root": forged.root},
        )
    answer = notary.round()
    assert isinstance(answer, Refused)
    assert (answer.agreed, answer.broken.size) == (None, 5)
    notary.round()
    assert incidents(house).count("log.forked") == 1
    assert [size for size, _ in notes(house)] == [5, 8]


def test_witnesses_under_the_policy_of_the_notary(
    house: House, folder: Path, stack: ExitStack, tmp_path: Path
):
    acts(house, 2)
    with Memory(folder) as memory:
        keys = [one.public for one in keyring.make_keys(memory, ORIGIN)]
    held = stack.enter_context(Memory(tmp_path / "witness"))
    witnesses.begin(held)
    port = stack.enter_context(served(witnesses.Witness(held, [WITNESS], keys, standing_clock())))
    path = folder / keyring.POLICY
    lines = path.read_text("utf-8").replace("quorum none\n", "")
    path.write_text(
        f"{lines}witness archive {WITNESS.public.encoded} http://127.0.0.1:{port}\nquorum archive\n", "utf-8"
    )
    notary = stack.enter_context(
        notaries.opened(folder, ORIGIN, HouseLog(house), house.clock, trust_first=True)
    )
    made = notary.round()
    assert isinstance(made, Signed)
    assert made.witnessed
    ((_, kept),) = notes(house)
    judged = policy.judge(policy.parse(path.read_bytes()), note.parse(kept))
    assert judged
    assert [name for name, _ in judged.times] == ["archive"]


# -- the command line -----------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, house: House) -> Path:
    """The installation of *house*, for commands."""
    for name, value in {
        "DATABASE_URL": house.settings.database_url,
        "DATA_DIR": str(tmp_path),
        "ARGON2_TIME_COST": "1",
        "ARGON2_MEMORY_KIB": "64",
    }.items():
        monkeypatch.setenv(f"DECISION_ENGINE_{name}", value)
    return tmp_path


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def test_keys_are_made_once_shown_without_secrets_and_sign(home: Path, house: House):
    run("notary", "--once", code=2)
    shown = run("keys", "new-notary").stdout
    assert run("keys", "show").stdout == shown
    assert [note.verifier_key(line).kind for line in shown.split()] == [Kind.ED25519, Kind.ML_DSA_44]
    assert "PRIVATE" not in shown
    run("keys", "new-notary", code=2)
    acts(house, 2)
    run("notary", "--once", code=2)
    made = run("notary", "--once", "--trust-first").stdout
    assert notes(house) == [(3, made)]
    with Memory(home / "notary"):
        assert run("notary", "--last").stdout == made, "also while another process holds the directory"
    run("notary", "--last", "--state", str(home / "none"), code=2)
    assert note.verify(note.parse(made), [note.verifier_key(line) for line in shown.split()])
    assert "3" in run("notary", "--once").stdout
    with Memory(home / "notary"):
        run("notary", "--once", code=2)


def test_keys_are_changed_on_the_record(home: Path, house: House):
    run("keys", "rotate-notary", "--by", "王强", code=2)
    old = run("keys", "new-notary").stdout.split()
    acts(house, 1)
    run("notary", "--once", "--trust-first")
    added = run("keys", "rotate-notary", "--by", "王强").stdout.split()
    run("keys", "retire-notary", "--by", "王强", code=2)
    acts(house, 1)
    run("notary", "--once")
    assert run("keys", "retire-notary", "--by", "王强").stdout.split() == old
    assert run("keys", "show").stdout.split() == added
    with house.reading() as session:
        bodies = session.scalars(
            select(Event.body).where(Event.kind == "notary.keys_changed").order_by(Event.seq)
        )
        said = [json.loads(one) for one in bodies]
    assert [(one["added"], one["retired"]) for one in said] == [(added, []), ([], old)]


def test_a_witness_gets_a_key_and_an_empty_memory(home: Path):
    state = str(home / "w")
    vkey = run("keys", "new-witness", "--name", "archive.example/w", "--state", state).stdout.strip()
    assert note.verifier_key(vkey).kind is Kind.COSIGNATURE
    assert run("keys", "show", "--state", state).stdout.strip() == vkey
    run("keys", "new-witness", "--name", "archive.example/w", "--state", state, code=2)
    run("keys", "new-witness", "--name", "a b", "--state", str(home / "x"), code=2)
    made = run("keys", "new-witness", "--name", "pq", "--state", str(home / "pq"), "--post-quantum").stdout
    assert note.verifier_key(made.strip()).kind is Kind.ML_DSA_44
    (home / "w" / witnesses.HEADS).unlink()
    run("witness", "--state", state, "--log", vkey, "--port", "0", code=2)
    run("witness", "--state", str(home / "none"), "--log", vkey, "--port", "0", code=2)


def test_a_restore_is_declared_by_one_and_approved_by_another(home: Path, house: House, tmp_path: Path):
    """F12: put back to a backup, refused, declared in the log, approved at the notary, gone on from."""
    run("keys", "new-notary")
    acts(house, 3)
    run("notary", "--once", "--trust-first")
    run("notary", "--declare-restore", "王强", code=1)
    database, backup = tmp_path / "test.db", tmp_path / "backup.db"
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    acts(house, 4)
    run("notary", "--once")
    house.engine.dispose()
    _put_back(backup, database)
    refused = run("notary", "--once", code=1).stderr
    assert "已签 8 条，现有 4 条；前 4 条一致" in refused
    event = run("notary", "--declare-restore", "王强", "--why", "磁盘损坏").stdout.strip()
    run("notary", "--approve-restore", event, code=1)
    sequencing.sequence(house)
    run("notary", "--once", code=1)
    run("notary", "--approve-restore", "nothing", code=1)
    assert "5" in run("notary", "--approve-restore", event).stdout
    acts(house, 1)
    run("notary", "--once")
    assert [size for size, _ in notes(house)] == [4, 5, 6]
    assert "log.rolled_back" in incidents(house)
    state = json.loads((home / "notary" / keyring.STATE).read_text("utf-8"))
    (entry,) = state["restores"]
    assert entry["event"] == event
    assert [entry[one]["size"] for one in ("signed", "agreed", "found")] == [8, 4, 5]


def _put_back(backup: Path, database: Path) -> None:
    for path in database.parent.glob(f"{database.name}-*"):
        path.unlink()
    backup.replace(database)


def test_serving_embeds_a_notary_unless_told_not_to(house: House):
    acts(house, 2)
    with proof.embedded(house):
        pass
    assert notes(house), "it looks at once, and ends after the round in hand"


def test_of_several_processes_one_is_the_notary_and_another_takes_over(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(proof, "STAND_BY", 0.01)
    published, stood_by = threading.Event(), threading.Event()
    publish = HouseLog.publish

    def told(log: HouseLog, size: int, made: str) -> None:
        publish(log, size, made)
        published.set()

    monkeypatch.setattr(HouseLog, "publish", told)
    monkeypatch.setattr(proof.log, "info", lambda *_: stood_by.set())
    acts(house, 2)
    first = Memory(house.settings.notary_path)
    with proof.embedded(house):
        assert stood_by.wait(60)
        assert (notes(house), incidents(house)) == ([], [])
        first.close()
        assert published.wait(60)
    assert len(notes(house)) == 1


def test_without_leave_nothing_is_embedded(tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch):
    settings = cheap_settings(tmp_path, embedded_notary=False)
    monkeypatch.setattr(house, "settings", settings)
    acts(house, 2)
    with proof.embedded(house):
        pass
    assert notes(house) == []


def test_an_embedded_notary_that_cannot_start_stops_nobody(house: House):
    acts(house, 2)
    with proof.embedded(house):
        pass
    (house.settings.notary_path / keyring.STATE).unlink()
    with proof.embedded(house):
        acts(house, 1)
    assert incidents(house) == ["notary.absent"]
