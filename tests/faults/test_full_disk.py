"""F7: a full disk loses nothing, leaves nothing half-written, stops nobody from reading, and mends itself when freed.

Four ways to be full. In the process: SQLite may have so many more pages, one more at each try, so that every place
of an act is the one at which room runs out. Around it: a service whose files may not grow (its journal, its papers and
what it writes about itself at once), which every account may ask for; a small disk of memory under the whole house;
one under PostgreSQL's tables. The last two need the right to mount.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import os
import resource
import secrets
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import make_url

from decision_engine import keeping
from decision_engine import work as work_module
from decision_engine.app import create_app
from decision_engine.clock import SystemClock
from decision_engine.commands.sequencing import sequence
from decision_engine.db import new_id, open_engine
from decision_engine.errors import Unavailable
from decision_engine.keeping import NotKept
from decision_engine.work import House
from tests.conftest import cheap_settings
from tests.faults.conftest import MakeTown
from tests.faults.harness import PATIENCE, Client, Nursery, Running, Town, copied
from tests.faults.history import History, read
from tests.faults.kills import ALL

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
ROUNDS = 12 if CAMPAIGN else 1
TOLD = {503, 507}
SMALL = 24 if CAMPAIGN else 12
"""Megabytes of a disk of memory, the town on it included."""


# -- one page more at each try -------------------------------------------------------------------------------


@dataclass
class Tight:
    """A house whose SQLite may grow by *pages* only (None: as it likes), behind its door."""

    town: Town
    house: House
    door: FlaskClient
    pages: int | None = None
    keys: dict[str, str] = field(default_factory=dict)

    def settle(self, connection: Any, *_: Any) -> None:
        """Set the limit on a connection that is about to be used."""
        most = (
            2**31
            if self.pages is None
            else connection.execute("PRAGMA page_count").fetchone()[0] + self.pages
        )
        connection.execute(f"PRAGMA max_page_count = {most}")

    def post(self, path: str, said: dict[str, Any] | None = None, file: bytes | None = None) -> Any:
        """Post as the secretary, under a key of its own for the path, in English."""
        key = self.keys.setdefault(path, secrets.token_hex(16))
        headers = {
            "Authorization": f"Bearer {self.town.tokens['secretary']}", "Idempotency-Key": key, "Accept-Language": "en",
        }  # fmt: skip
        form: dict[str, Any] = {"json": said or {}}
        if file is not None:
            form = {"data": {**(said or {}), "file": (io.BytesIO(file), "a.txt")}}
        return self.door.post(f"/api/v1{path}", headers=headers, **form)

    def state(self) -> str:
        """Return a digest of every row, but of what is counted about requests."""
        with closing(sqlite3.connect(self.house.engine.url.database or "")) as database:
            tables = [
                name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            rows = [
                (name, database.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall()) for name in tables
            ]
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    def papers(self) -> list[str]:
        """Name every file in the store."""
        return sorted(path.name for path in self.house.settings.documents_dir.rglob("*") if path.is_file())


@pytest.fixture
def tight(town_on: MakeTown) -> Iterator[Tight]:
    town = town_on("sqlite")
    house = House(cheap_settings(town.folder, database_url=town.url), open_engine(town.url), SystemClock())
    made = Tight(town, house, create_app(house=house).test_client())
    event.listen(house.engine, "checkout", made.settle)
    yield made
    house.engine.dispose()


def _until_it_fits(tight: Tight, act: Callable[[], bool]) -> int:
    """Try *act* with no page to spare, then with one, and so on; return how often it was refused and left nothing."""
    for pages in range(200):
        before = tight.state()
        tight.pages = pages
        done = act()
        tight.pages = None
        if done:
            return pages
        assert tight.state() == before, f"refused with {pages} pages to spare, and something is there"
    raise AssertionError("it never fitted")


def _posted(tight: Tight, path: str, said: dict[str, Any], file: bytes | None = None) -> Callable[[], bool]:
    def act() -> bool:
        answer = tight.post(path, said, file)
        if answer.status_code < 400:
            return True
        assert answer.status_code == 507, answer.text
        assert answer.json["type"].endswith(":storage-full")
        assert "nothing of this was saved" in answer.json["detail"]
        assert int(answer.headers["Retry-After"]) > 0
        return False

    return act


def _sequenced(house: House) -> Callable[[], bool]:
    def act() -> bool:
        try:
            sequence(house)
        except Unavailable:
            return False
        return True

    return act


def _acts(tight: Tight) -> dict[str, Callable[[], bool]]:
    """A case, a paper, a step done, and the tree: each bulky enough to need new pages at many places."""
    much = "很" * 2000
    said = {"organ_id": tight.town.people.organ_id, "title": much[:200], "process": "loop"}
    case = tight.post("/cases", said).json["case"]["id"]
    task = tight.door.get(
        f"/api/v1/cases/{case}/tasks", headers={"Authorization": f"Bearer {tight.town.tokens['secretary']}"}
    ).json["items"][0]["id"]
    tight.keys.clear()
    return {
        "case": _posted(tight, "/cases", said),
        "paper": _posted(
            tight, f"/cases/{case}/documents", {"title": much[:200], "kind": "D01"}, much.encode()
        ),
        "step": _posted(tight, f"/tasks/{task}/completion", {"answers": {"go": 1}}),
        "tree": _sequenced(tight.house),
    }


def test_wherever_in_an_act_room_runs_out_all_of_it_is_there_or_nothing(tight: Tight) -> None:
    """Told 507 in clear words each time, and done at last under the same key, once."""
    refused = {}
    for name, act in _acts(tight).items():
        for _ in range(3):  # pages that an act before left half empty hide some places
            refused[name] = refused.get(name, 0) + _until_it_fits(tight, act)
            if name == "tree":
                break
            tight.keys.clear()
            if name == "step":
                break
    assert sum(refused.values()) >= 6, refused
    assert min(refused["case"], refused["paper"]) >= 1, refused
    assert tight.town.check(_no_history(tight.town.folder)) == []
    assert not [one for one in tight.papers() if one.endswith(".part")]


def test_an_act_written_in_two_transactions_is_found_half_done_on_a_full_disk(
    tight: Tight, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: state first, its event after. The same search finds a place at which only one of them fitted."""
    acts, record = _acts(tight), work_module.Work.record

    def torn(self: work_module.Work, *said: Any, **about: Any) -> work_module.Receipt:
        self.session.flush()
        connection = self.session.connection()
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return record(self, *said, **about)

    monkeypatch.setattr(work_module.Work, "record", torn)

    def search() -> None:
        for _ in range(6):
            tight.keys.clear()
            _until_it_fits(tight, acts["case"])

    with pytest.raises(AssertionError, match="something is there"):
        search()
    assert "half" in {one.kind for one in tight.town.check(_no_history(tight.town.folder))}


def test_a_paper_for_which_there_is_no_room_leaves_no_part_of_itself(
    tight: Tight, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk of the papers alone is full: 507, no row, no part of a file; once freed the same request succeeds."""
    act, before = _acts(tight)["paper"], tight.papers()
    state = tight.state()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", _no_room_under(tight.house.settings.documents_dir))
        assert act() is False
    assert (tight.papers(), tight.state()) == (before, state)
    assert resource.getrlimit(resource.RLIMIT_FSIZE) == (soft, hard)
    assert act() is True
    assert len(tight.papers()) == len(before) + 1


def _no_room_under(folder: Path) -> Callable[[int], None]:
    """A disk that takes bytes into its cache and says at the end that there was no room, as network disks do."""
    write_through = os.fsync

    def fsync(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink().is_relative_to(folder):
            raise OSError(28, "No space left on device")
        write_through(handle)

    return fsync


def _no_history(folder: Path) -> Path:
    path = folder / "history.jsonl"
    path.touch()
    return path


# -- a service whose disk is full ------------------------------------------------------------------------------


@dataclass
class Disk:
    """A disk that can be filled and freed again, under a running service."""

    fill: Callable[[Running], None]
    free: Callable[[Running], None]


def _growing_forbidden() -> Disk:
    """No file of the service may grow: EFBIG at its journal, its papers, its own lines. Needs no rights."""

    def limit(running: Running, most: int) -> None:
        _, hard = resource.prlimit(running.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (most, hard))

    return Disk(lambda running: limit(running, 0), lambda running: limit(running, resource.RLIM_INFINITY))


def _filled(folder: Path) -> Disk:
    """Somebody else's file takes all that is left."""
    ballast = folder / "ballast"

    def fill(_: Running) -> None:
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            for size in (65536, 4096, 1):
                with suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass

    return Disk(fill, lambda _: ballast.unlink())


@contextmanager
def _memory_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk of memory at *folder*, or skip and say why."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "tmpfs", folder], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"no disk of memory can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()


@dataclass
class Told:
    """What a full house answered."""

    refused: Counter[str] = field(default_factory=Counter)
    reads: int = 0
    sentences: set[str] = field(default_factory=set)


def _hold(town: Town, processes: Nursery, disk: Disk, folder: Path, *, seed: int, rounds: int) -> Told:
    """Act, fill the disk, act, free it, act, again and again; then hold what was told against the database."""
    history, told = History(folder / "history.jsonl"), Told()
    running = processes.start(town, "serve", LOG_FORMAT="json")
    try:
        port = running.port()
        people = [Client(town, history, seed + number) for number in range(2)]
        for one in people:
            assert one.work(port, ALL, len(ALL))
        for _ in range(rounds):
            disk.fill(running)
            _act_on_a_full_disk(town, people, port, told)
            disk.free(running)
            for one in people:
                assert any(one.settle(port) for _ in range(5)), "room was made and nothing goes on"
                assert one.work(port, ALL, len(ALL)), "room was made and nothing goes on"
        ends = time.monotonic() + PATIENCE
        while town.rows("SELECT count(*) FROM pending_event") != [(0,)]:  # the tree grows on, too
            assert time.monotonic() < ends, running.told()
            assert not running.ended.wait(0.05), running.told()
    finally:
        history.close()
        running.kill()
        running.wait()
    assert {one["why"] for one in read(folder / "history.jsonl") if one["type"] == "info"} <= TOLD
    assert all(
        str(one["retry_after"]).isdigit() for one in read(folder / "history.jsonl") if one["type"] == "info"
    )
    assert town.check(folder / "history.jsonl") == []
    assert not list((town.folder / "documents").rglob("*.part"))
    return told


KINDS = ["upload", "open_case", "complete", "comment", "refused", "propose", "sign_in", "claim"]
MOST_ACTS = 400
"""On a full disk, until nothing fits any more: what was allotted before is used up first."""


def _act_on_a_full_disk(town: Town, people: list[Client], port: int, told: Told) -> None:
    """Both act at once until each was refused, then try each kind of act; meanwhile what there is can be read."""

    def act(one: Client) -> None:
        kinds = one.random.sample(KINDS, len(KINDS))
        for _ in range(MOST_ACTS):
            if not one.work(port, kinds, 1):
                break
        for kind in kinds:
            # What nobody knows about a step is asked again, and not done once more under another key.
            if kind != "complete" or (one.tasks and not _asked_already(one, one.tasks[0])):
                one.ask(port, getattr(one, kind)())

    threads = [threading.Thread(target=act, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in people:
        told.refused.update(deed.path.rpartition("/")[2] for deed in one.unknown)
    case = people[0].cases["loop"]
    for path in (f"/api/v1/cases/{case}/tasks", "/healthz", "/api/v1/tasks"):
        assert _asked(port, "GET", path, town.tokens["secretary"])[0] == 200, path
        told.reads += 1
    said = {"organ_id": town.people.organ_id, "title": "满", "process": "loop"}
    for language in ("zh", "en"):
        status, headers, answer = _asked(
            port, "POST", "/api/v1/cases", town.tokens["secretary"], said | {"title": "满" * 200}, language
        )
        if status in TOLD:
            assert headers["Retry-After"].isdigit()
            told.sentences.add(f"{status} {language} {answer['detail'][:6]}")


def _asked_already(one: Client, task: str) -> bool:
    return any(task in deed.path for deed in one.unknown)


def _asked(
    port: int, method: str, path: str, token: str, said: Any = None, language: str = "zh"
) -> tuple[int, Any, Any]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        headers = {
            "Authorization": f"Bearer {token}", "Accept-Language": language, "Content-Type": "application/json",
            "Idempotency-Key": secrets.token_hex(16),
        }  # fmt: skip
        connection.request(method, path, json.dumps(said) if said is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())


@pytest.mark.campaign
def test_a_service_whose_files_may_not_grow_goes_on_reading_and_recovers(
    town_on: MakeTown, processes: Nursery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = _hold(town_on("sqlite"), processes, _growing_forbidden(), tmp_path, seed=7, rounds=ROUNDS)
    _say(capsys, "files that may not grow, SQLite", told)
    assert set(told.refused) >= {"cases", "documents", "completion", "session", "definitions"}
    assert {one[:6] for one in told.sentences} == {"503 zh", "503 en"}


@pytest.mark.campaign
def test_a_house_on_a_full_disk_goes_on_reading_and_recovers(
    ready_sqlite: Town, processes: Nursery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Database, journal and papers on one small disk."""
    with _memory_disk(tmp_path / "disk", SMALL) as disk:
        town = copied(ready_sqlite, disk / "town")
        told = _hold(town, processes, _filled(disk), tmp_path, seed=8, rounds=ROUNDS)
    _say(capsys, "a full disk, SQLite", told)
    assert told.refused.total() >= ROUNDS
    assert {one[:3] for one in told.sentences} <= {"503", "507"}


def test_a_backup_for_which_there_is_no_room_is_none(tight: Tight, tmp_path: Path) -> None:
    """It says so, and what was begun is never restored; the control: beside it, where there is room, it is one."""
    with _memory_disk(tmp_path / "disk", 1) as disk:
        with pytest.raises(NotKept, match="no room"):
            keeping.backup(tight.house, disk / "kept")
        with pytest.raises(NotKept, match="no readable manifest"):
            keeping.verify(disk / "kept")
    assert keeping.backup(tight.house, tmp_path / "kept") == keeping.verify(tmp_path / "kept")


@pytest.mark.campaign
@pytest.mark.skipif(
    not CAMPAIGN, reason="PostgreSQL on a full disk: DECISION_ENGINE_CAMPAIGN=1 (make faults)"
)
def test_tables_of_postgresql_on_a_full_disk(
    town_on: MakeTown, processes: Nursery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its journal is elsewhere: PostgreSQL itself ends when that is full, and is then a database that is away (F4)."""
    town = town_on("postgresql")
    name = make_url(town.url).database
    beside = Town(
        make_url(town.url).set(database="postgres").render_as_string(hide_password=False), town.folder, town.people,
        {}, "", "",
    )  # fmt: skip
    with _memory_disk(Path("/tmp") / f"faults_{new_id()}", 4 * SMALL) as disk:  # the server must reach it
        (disk / "tables").mkdir(mode=0o777)
        if os.geteuid() == 0:
            subprocess.run(["chown", "pgserver", disk / "tables"], check=True)
        space = f"full_{new_id()}"
        beside.change(f"CREATE TABLESPACE {space} LOCATION '{disk / 'tables'}'")
        beside.change(f"ALTER DATABASE {name} SET TABLESPACE {space}")
        try:
            told = _hold(town, processes, _filled(disk), tmp_path, seed=9, rounds=ROUNDS)
        finally:
            beside.change(f"DROP DATABASE {name} WITH (FORCE)")
            beside.change(f"DROP TABLESPACE {space}")
    _say(capsys, "a full disk, PostgreSQL's tables", told)
    assert told.refused.total() >= ROUNDS


def _say(capsys: pytest.CaptureFixture[str], what: str, told: Told) -> None:
    if CAMPAIGN:
        with capsys.disabled():
            print(
                f"\n{what}: {ROUNDS} times full, refused {dict(told.refused)}, {told.reads} reads answered",
                flush=True,
            )
