"""Keep the house against fire: a backup that was verified when it was made, and a restore that is an event itself.

A backup is a folder: the database (`database.sqlite`, or `database.pgdump`), `documents/` by content address, and
`manifest.json` with the SHA-256 and size of every file and what the log held. It is written last: without it a folder
is no backup. Its own SHA-256 (`manifest.sha256`) belongs on paper: whoever changes a backup can change that file too.

Guarantees
* It is made while the house works. The database is one snapshot; the papers are taken after it, so every paper the
  snapshot names is there (papers are stored before the act that names them commits, and never go).
* Every chain of the snapshot is checked, and every byte is hashed while it is copied; what is wrong is in *findings*.
* Nothing is restored that is not exactly what the manifest says, nor over anything that is there already.
* After a restore every chain is checked again, all tokens are revoked (one revoked since then would be valid again),
  and an event `log.restored` says who restored what, why, and which head of the log was given up (FORMAT.md 8).
* Keys and the notary's memory are never in it: a notary that goes back in time is worth nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Engine, func, inspect, select, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from decision_engine import __version__, migrations
from decision_engine.access import Actor
from decision_engine.clock import Clock, SystemClock
from decision_engine.config import Settings
from decision_engine.crash import crash_point
from decision_engine.db import open_engine
from decision_engine.errors import DecisionEngineError, StorageFull
from decision_engine.language import Text
from decision_engine.models import Case, Chain, DocumentVersion, Event, Token
from decision_engine.queries import proofs, trail
from decision_engine.retrying import understood
from decision_engine.work import House, Receipt, unit_of_work

FORMAT = "decision-engine-backup/1"
MANIFEST, SUM = "manifest.json", "manifest.sha256"
DATABASES = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
DOCUMENTS = "documents"
CHAIN = "operations"
OPERATOR = "operator"
"""The actor of what is done with the machine itself; the name of the person is said beside the event."""


class NotKept(DecisionEngineError):
    """A backup was not made, or a restore refused; the message says why."""


@dataclass(frozen=True, slots=True)
class Log:
    """What a log holds: events, chains, leaves of the tree and its root (hex), events not in the tree yet."""

    events: int
    chains: int
    leaves: int
    root: str
    pending: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup. *files*: name -> (SHA-256, bytes); *findings*: what was wrong when it was made."""

    version: str
    migration: str
    dialect: str
    made_at: str
    files: Mapping[str, tuple[str, int]]
    log: Log
    findings: tuple[str, ...]
    sha256: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the manifest as it is written."""
        files = {name: {"sha256": hash_, "size": size} for name, (hash_, size) in sorted(self.files.items())}
        return {
            "format": FORMAT, "version": self.version, "migration": self.migration, "dialect": self.dialect,
            "made_at": self.made_at, "files": files, "findings": list(self.findings),
            "log": {name: getattr(self.log, name) for name in Log.__slots__},
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: the backup it came from, and the receipt of the event that says so."""

    manifest: Manifest
    receipt: Receipt


# -- backup ----------------------------------------------------------------------------------------------


def backup(house: House, target: Path, *, tools: Path | None = None) -> Manifest:
    """Write a verified backup of *house* into the new folder *target* and return its manifest.

    *tools*: folder of pg_dump (default: the search path). Raises `NotKept`, also when there is no room for it: what
    was begun then has no manifest and is never restored.
    """
    try:
        return _kept(house, target, tools)
    except (OSError, sqlite3.OperationalError) as problem:
        if not _no_room(problem):
            raise
        told = problem
    raise NotKept(
        Text(
            "备份介质空间不足，备份未完成，不能用于恢复。",
            "There is no room for the backup. It is not complete and cannot be restored.",
        )
    ) from told


def _no_room(problem: OSError | sqlite3.OperationalError) -> bool:
    if isinstance(problem, OSError):
        return isinstance(understood(problem), StorageFull)
    return problem.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


def _kept(house: House, target: Path, tools: Path | None) -> Manifest:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        _refuse("备份目标不是空目录。", "The target of the backup is not an empty folder.")
    target.mkdir(parents=True, exist_ok=True)
    dialect = house.engine.dialect.name
    copy = target / DATABASES[dialect]
    findings: list[str] = []
    with _snapshot(house, copy, tools) as session:
        crash_point("backup.database")
        log = _held(session, findings)
        migration = session.scalar(text("SELECT version_num FROM alembic_version")) or ""
        papers = list(session.scalars(select(DocumentVersion.sha256).distinct()))
    files = {copy.name: _hashed(copy)}
    for address in sorted(papers):
        name = f"{DOCUMENTS}/{address[:2]}/{address}"
        found = _copied(house.settings.documents_dir / address[:2] / address, target / name)
        if found is None or found[0] != address:
            findings.append(f"document {address} is missing or damaged")
        if found is not None:
            files[name] = found
    crash_point("backup.documents")
    made = Manifest(
        __version__, migration, dialect, house.clock.now().isoformat(), files, log, tuple(findings)
    )
    return _written(made, target)


@contextmanager
def _snapshot(house: House, copy: Path, tools: Path | None) -> Iterator[Session]:
    """Copy the database as of one moment to *copy*, and give a session that sees exactly that moment."""
    if house.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(house.engine.url.database or "", timeout=30)) as source:
            source.execute("VACUUM INTO ?", (str(copy),))
        _write_through(copy)
        engine = _plain(copy)
        try:
            with Session(engine) as session:
                yield session
        finally:
            engine.dispose()
        return
    snapshots = house.engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshots.connect() as connection, connection.begin(), Session(connection) as session:
        name = session.scalar(text("SELECT pg_export_snapshot()"))
        _run("pg_dump", tools, house.engine.url, "-Fc", f"--snapshot={name}", f"--file={copy}")
        _write_through(copy)
        yield session


def _held(session: Session, findings: list[str]) -> Log:
    """Check every chain and return what the log holds."""
    heads: list[Case | Chain] = [*session.scalars(select(Case)), *session.scalars(select(Chain))]
    for head in heads:
        whole = trail.check(session, head)
        if not whole.intact:
            findings.append(f"chain {head.id} from entry {whole.broken_at}: {whole.reason}")
    events = session.scalar(select(func.count()).select_from(Event)) or 0
    tree = proofs.head(session)
    waiting = proofs.pending(session).count
    if tree.size + waiting != events:
        findings.append(f"{events} events, but {tree.size} leaves and {waiting} waiting")
    return Log(events, len(heads), tree.size, tree.root.hex(), waiting)


# -- verify ----------------------------------------------------------------------------------------------


def verify(source: Path) -> Manifest:
    """Return the manifest of the backup at *source* if everything in it is exactly as written. Raises `NotKept`."""
    try:
        data, sha256 = (source / MANIFEST).read_bytes(), (source / SUM).read_text().strip()
        manifest = _read(json.loads(data), hashlib.sha256(data).hexdigest())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        _refuse("这里没有可读的备份清单。", "There is no readable manifest of a backup here.")
    if manifest.sha256 != sha256:
        _refuse("备份清单已被改动。", "The manifest of the backup was changed.")
    there = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()} - {MANIFEST, SUM}
    for name in sorted(there - manifest.files.keys()):
        _refuse(f"备份中多出文件 {name}。", f"The backup holds a file that is not its own: {name}.")
    for name, (sha256, size) in manifest.files.items():
        if name not in there or _hashed(source / name) != (sha256, size):
            _refuse(f"备份文件 {name} 缺失或已损坏。", f"A file of the backup is missing or damaged: {name}.")
    return manifest


def _read(said: Any, sha256: str) -> Manifest:
    if (
        said["format"] != FORMAT
        or said["dialect"] not in DATABASES
        or DATABASES[said["dialect"]] not in said["files"]
    ):
        raise ValueError(said["format"])
    files = {name: (str(one["sha256"]), int(one["size"])) for name, one in said["files"].items()}
    if any(name.startswith("/") or ".." in Path(name).parts for name in files):
        raise ValueError("a path leads out of the backup")
    log = Log(**{name: said["log"][name] for name in Log.__slots__})
    return Manifest(
        str(said["version"]), str(said["migration"]), said["dialect"], str(said["made_at"]), files, log,
        tuple(said["findings"]), sha256,
    )  # fmt: skip


# -- restore ---------------------------------------------------------------------------------------------


def restore(
    settings: Settings,
    source: Path,
    *,
    operator: str,
    reason: str,
    gave_up: tuple[int, bytes] | None = None,
    clock: Clock | None = None,
    tools: Path | None = None,
) -> Restored:
    """Restore the backup at *source* into the empty database and data folder of *settings*; write it into the log.

    *gave_up*: size and root of the newest checkpoint anybody outside holds, whose end is lost by this restore.
    Raises `NotKept` before anything is touched, and after a failure leaves SQLite and papers as they were.
    """
    if not operator.strip() or not reason.strip():
        _refuse("须写明操作人和恢复原因。", "Say who restores, and why.")
    manifest = verify(source)
    address = make_url(settings.database_url)
    if address.get_backend_name() != manifest.dialect:
        _refuse(
            f"备份来自 {manifest.dialect}，不能恢复到 {address.get_backend_name()}。",
            f"The backup is of {manifest.dialect}; it cannot be restored into {address.get_backend_name()}.",
        )
    if not migrations.knows(manifest.migration):
        _refuse("备份由更新版本的系统制作。", "The backup was made by a newer version.")
    _demand_empty(settings, address)
    _place(settings, source, manifest, address, tools)
    crash_point("restore.placed")
    engine = open_engine(settings.database_url)
    try:
        migrations.upgrade(engine)
        house = House(settings, engine, clock or SystemClock())
        return Restored(manifest, _record(house, manifest, operator.strip(), reason.strip(), gave_up))
    finally:
        engine.dispose()


def _demand_empty(settings: Settings, address: URL) -> None:
    folder = settings.documents_dir
    if folder.exists() and any(folder.iterdir()):
        _refuse("文件目录不是空的，不予恢复。", "There are documents already; nothing was restored.")
    if address.get_backend_name() == "sqlite":
        taken = [Path(f"{address.database}{end}").exists() for end in ("", "-wal", "-shm", "-journal")]
        occupied = any(taken)
    else:
        engine = open_engine(settings.database_url)
        occupied = bool(inspect(engine).get_table_names())
        engine.dispose()
    if occupied:
        _refuse("数据库不是空的，不予恢复。", "The database is not empty; nothing was restored.")


def _place(settings: Settings, source: Path, manifest: Manifest, address: URL, tools: Path | None) -> None:
    copy = source / DATABASES[manifest.dialect]
    for name in manifest.files:
        if name.startswith(f"{DOCUMENTS}/"):
            _copied(source / name, settings.documents_dir.parent / name)
    if manifest.dialect == "sqlite":
        target = Path(address.database or "")
        partial = target.with_name(f"{target.name}.part")
        _copied(copy, partial)
        partial.replace(target)
        _write_through(target.parent)
        return
    _run("pg_restore", tools, address, "--no-owner", "--exit-on-error", "--single-transaction", str(copy))


def _record(
    house: House, manifest: Manifest, operator: str, reason: str, gave_up: tuple[int, bytes] | None
) -> Receipt:
    findings: list[str] = []
    with house.reading() as session:
        log = _held(session, findings)
    if (log.events, log.leaves, log.root) != (manifest.log.events, manifest.log.leaves, manifest.log.root):
        _refuse("恢复后的日志与备份清单不符。", "The restored log is not what the manifest says.")
    with unit_of_work(house, as_actor=Actor(OPERATOR, operator)) as work:
        work.session.execute(
            update(Token).where(Token.revoked_at.is_(None)).values(revoked_at=work.now),
            execution_options={"synchronize_session": False},
        )
        return work.record(
            "log.restored",
            CHAIN,
            said={"operator": operator, "reason": reason},
            backup={
                "manifest": manifest.sha256,
                "made_at": manifest.made_at,
                "version": manifest.version,
                "events": log.events,
            },
            gave_up=_head(*gave_up) if gave_up is not None else None,
            continued=_head(log.leaves, bytes.fromhex(log.root)),
            findings=len({*findings, *manifest.findings}),
        )


def _head(size: int, root: bytes) -> dict[str, Any]:
    return {"size": size, "root": b64encode(root).decode()}


# -- files and tools -------------------------------------------------------------------------------------


def _written(made: Manifest, target: Path) -> Manifest:
    data = json.dumps(made.as_json(), ensure_ascii=False, indent=1, sort_keys=True).encode()
    sha256 = hashlib.sha256(data).hexdigest()
    (target / SUM).write_text(f"{sha256}\n", encoding="ascii")
    _write_through(target / SUM)
    partial = target / f"{MANIFEST}.part"
    partial.write_bytes(data)
    _write_through(partial)
    for folder in sorted({path.parent for path in target.rglob("*")} | {target}):
        _write_through(folder)
    partial.replace(target / MANIFEST)
    _write_through(target)
    return _read(made.as_json(), sha256)


def _plain(path: Path) -> Engine:
    """Return an engine that only reads the closed database at *path*, leaving not even a journal beside it."""
    from sqlalchemy import create_engine  # noqa: PLC0415  the house's own settings would write into the copy

    return create_engine(f"sqlite:///file:{path}?mode=ro&immutable=1&uri=true")


def _hashed(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def _copied(source: Path, target: Path) -> tuple[str, int] | None:
    """Copy *source* durably to *target* and return what was written; None when there is nothing to copy."""
    if not source.is_file():
        return None
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    _write_through(target)
    return _hashed(target)


def _write_through(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _run(tool: str, tools: Path | None, address: URL, *arguments: str) -> None:
    """Run PostgreSQL's own *tool* on the database at *address*; the password is handed over unseen."""
    found = shutil.which(tool, path=str(tools) if tools is not None else None)
    if found is None:
        _refuse(
            f"找不到 {tool}，请安装 PostgreSQL 客户端工具或用 --tools 指明其目录。",
            f"{tool} was not found. Install PostgreSQL's client tools, or name their folder with --tools.",
        )
    plain = address.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {**os.environ, **({"PGPASSWORD": str(address.password)} if address.password else {})}
    done = subprocess.run(  # noqa: S603  the tool's own path, no shell, arguments of ours
        [found, *arguments, f"--dbname={plain}"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        told = _last_line(done.stderr.splitlines())
        _refuse(f"{tool} 未能完成：{told}", f"{tool} did not succeed: {told}")


def _last_line(lines: Iterable[str]) -> str:
    return next((line for line in reversed(list(lines)) if line.strip()), "")[:300]


def _refuse(zh: str, en: str) -> NoReturn:
    raise NotKept(Text(zh, en))
