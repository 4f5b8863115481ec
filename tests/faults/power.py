"""A disk that forgets: SQLite runs on files kept in memory, and when the power goes, what was not synced is chance.

`Disk` holds, for each file, what is durable and what was only written. A cut keeps any subset of the unsynced writes,
truncations and deletions, in their order, a write perhaps torn at a sector; then SQLite opens what is left. The method
is SQLite's own (sqlite.org/testing.html, crash testing). Limits: it knows nothing of a disk that lies about syncing.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from dataclasses import dataclass, field
from typing import Any

import apsw

SECTOR = 512
_names = itertools.count()


class PowerCut(Exception):
    """The machine is off."""


@dataclass
class Kept:
    """One file: what is durable (None: it does not exist), what is there now, and what happened in between."""

    durable: bytes | None = None
    now: bytearray | None = None
    since: list[tuple[str, int, bytes]] = field(default_factory=list)

    def apply(self, change: tuple[str, int, bytes], content: bytearray | None) -> bytearray | None:
        """Return *content* after *change*."""
        what, place, data = change
        if what == "delete":
            return None
        content = bytearray() if content is None else content
        if what == "truncate":
            del content[place:]
            return content
        if len(content) < place:
            content.extend(bytes(place - len(content)))
        content[place : place + len(data)] = data
        return content

    def change(self, what: str, place: int = 0, data: bytes = b"") -> None:
        """Do something that is not durable yet."""
        self.since.append((what, place, data))
        self.now = self.apply(self.since[-1], self.now)

    def sync(self) -> None:
        """Make everything durable."""
        self.durable = None if self.now is None else bytes(self.now)
        self.since.clear()

    def after_a_cut(self, rng: random.Random) -> bytes | None:
        """Return what the disk holds when the power comes back."""
        content = None if self.durable is None else bytearray(self.durable)
        for what, place, data in self.since:
            if rng.random() < 0.5:
                continue
            if what == "write" and len(data) > SECTOR and rng.random() < 0.3:
                data = data[: SECTOR * rng.randrange(1, len(data) // SECTOR + 1)]  # noqa: PLW2901  torn
            content = self.apply((what, place, data), content)
        return None if content is None else bytes(content)


class Disk:
    """All files, and the moment at which the power goes: after *left* more changes, or never."""

    def __init__(self, files: dict[str, bytes] | None = None, left: int | None = None) -> None:
        self.files = {name: Kept(content, bytearray(content)) for name, content in (files or {}).items()}
        self.left = left
        self.off = False

    def tick(self) -> None:
        """Before each change: is there still power?"""
        if self.off:
            raise PowerCut
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.off = True
                raise PowerCut

    def after_a_cut(self, rng: random.Random) -> dict[str, bytes]:
        """Return what is found when the power comes back."""
        left = {name: kept.after_a_cut(rng) for name, kept in self.files.items()}
        return {name: content for name, content in left.items() if content is not None}


class File:
    """What SQLite holds of an open file."""

    def __init__(self, disk: Disk, kept: Kept) -> None:
        self._disk, self._kept = disk, kept
        if kept.now is None:
            kept.now = bytearray()

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes((self._kept.now or b"")[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.tick()
        self._kept.change("write", offset, bytes(data))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.tick()
        self._kept.change("truncate", size)

    def xSync(self, _flags: int) -> None:  # noqa: N802
        self._disk.tick()
        self._kept.sync()

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._kept.now or b"")

    def xLock(self, _level: int) -> None: ...  # noqa: N802
    def xUnlock(self, _level: int) -> None: ...  # noqa: N802
    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, _op: int, _pointer: int) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return SECTOR

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return 0  # nothing is promised: not even that a sector is written whole

    def xClose(self) -> None: ...  # noqa: N802


class System(apsw.VFS):
    """The file system SQLite is given."""

    def __init__(self, disk: Disk) -> None:
        self.name = f"forgetful-{next(_names)}"
        self._disk = disk
        super().__init__(self.name, "unix")

    def xOpen(self, name: Any, _flags: list[int]) -> Any:  # noqa: N802
        if name is None:
            return File(Disk(), Kept())
        path = name if isinstance(name, str) else name.filename()
        return File(self._disk, self._disk.files.setdefault(path, Kept()))

    def xDelete(self, path: str, sync_folder: bool) -> None:  # noqa: N802
        self._disk.tick()
        kept = self._disk.files.get(path)
        if kept is not None:
            kept.change("delete")
            if sync_folder:
                kept.sync()

    def xAccess(self, path: str, _flags: int) -> bool:  # noqa: N802
        kept = self._disk.files.get(path)
        return kept is not None and kept.now is not None

    def xFullPathname(self, path: str) -> str:  # noqa: N802
        return path if path.startswith("/") else f"/{path}"


@dataclass
class Outcome:
    """What became of one cut: acknowledged acts, how many of them were lost, and whether the file is whole."""

    acknowledged: int
    lost: int
    whole: bool


SCHEMA = """
CREATE TABLE kase (id INTEGER PRIMARY KEY, head INTEGER NOT NULL);
CREATE TABLE event (id INTEGER PRIMARY KEY, kase INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE pending (event INTEGER PRIMARY KEY);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) INSERT INTO kase SELECT i, 0 FROM n;
"""


def _open(disk: Disk, journal: str, synchronous: int) -> tuple[apsw.Connection, System]:
    system = System(disk)
    connection = apsw.Connection("/house.db", vfs=system.name)
    if journal == "wal":  # its index in memory, not in a file shared by processes
        connection.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
    connection.execute(f"PRAGMA journal_mode={journal}").fetchall()
    connection.execute(f"PRAGMA synchronous={synchronous}").fetchall()
    connection.execute("PRAGMA wal_autocheckpoint=20").fetchall()  # so that cuts fall into checkpoints, too
    return connection, system


def founded(journal: str, synchronous: int) -> dict[str, bytes]:
    """Return the files of a database with its tables, closed in peace."""
    disk = Disk()
    connection, system = _open(disk, journal, synchronous)
    connection.execute(SCHEMA)
    connection.close()
    system.unregister()
    return {name: bytes(kept.now) for name, kept in disk.files.items() if kept.now is not None}


def cut(files: dict[str, bytes], journal: str, synchronous: int, seed: int, acts: int = 60) -> Outcome:
    """Act until the power goes, come back, and look what is left of what was acknowledged."""
    rng = random.Random(seed)
    disk = Disk(files, left=rng.randrange(10, 300))
    connection, system = _open(disk, journal, synchronous)
    acknowledged: list[int] = []
    try:
        for number in range(1, acts + 1):
            _act(connection, number, rng)
            acknowledged.append(number)
    except (PowerCut, apsw.Error):
        pass
    disk.off = True
    survived = disk.after_a_cut(rng)
    with contextlib.suppress(PowerCut, apsw.Error):
        connection.close()
    system.unregister()
    return _look(survived, journal, synchronous, acknowledged)


def _act(connection: apsw.Connection, number: int, rng: random.Random) -> None:
    """Do what an act does: move the case, write the event, queue it, all or nothing."""
    case = rng.randrange(1, 21)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE kase SET head = head + 1 WHERE id = ?", (case,))
    connection.execute(
        "INSERT INTO event SELECT ?, id, head, ? FROM kase WHERE id = ?", (number, rng.randbytes(900), case)
    )
    connection.execute("INSERT INTO pending VALUES (?)", (number,))
    connection.execute("COMMIT")


def _look(files: dict[str, bytes], journal: str, synchronous: int, acknowledged: list[int]) -> Outcome:
    try:
        connection, system = _open(Disk(files), journal, synchronous)
        whole = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        there = {row[0] for row in connection.execute("SELECT id FROM event").fetchall()}
        waiting = {row[0] for row in connection.execute("SELECT event FROM pending").fetchall()}
        heads = connection.execute("SELECT sum(head) FROM kase").fetchall()[0][0]
        connection.close()
        system.unregister()
    except apsw.Error:
        return Outcome(len(acknowledged), len(acknowledged), whole=False)
    half = there != waiting or heads != len(there)
    return Outcome(len(acknowledged), len(set(acknowledged) - there), whole=whole and not half)
