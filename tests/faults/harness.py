"""Runs real services and workers on a real database, lets clients act, lets processes die, and asks the checker.

A `Town` is one database with the demonstration town and three small procedures; a `Nursery` starts processes on it;
a `Client` acts over HTTP under idempotency keys, writes the history, and asks again what it does not know.
"""

from __future__ import annotations

import http.client
import json
import os
import queue
import random
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from decision_engine.app import open_house
from decision_engine.clock import MovableClock, SystemClock
from decision_engine.commands.cases import open_case
from decision_engine.commands.sessions import sign_in
from decision_engine.db import new_id
from decision_engine.demo import Town as People
from decision_engine.demo import load_town, shipped_diagrams
from decision_engine.demo.s1 import S1
from decision_engine.models import Case
from decision_engine.work import House, unit_of_work
from tests.api.conftest import put_in_force, staged
from tests.conftest import BEGINNING, cheap_settings
from tests.faults import checker
from tests.faults.history import History, read
from tests.process.bpmn import Process, document, timer

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0
"""Seconds after which something that should have happened is called a failure; nothing waits that long otherwise."""


def procedures() -> dict[str, bytes]:
    """A loop without end, a wait that is over at once, and a loop that holds a case for ever."""
    loop = Process("loop")
    loop.chain(loop.start(), loop.exclusive("again"), loop.task("act", step="act"), loop.exclusive("more"))
    loop.flow("more", "again", "act.go == 1")
    loop.flow("more", loop.end(), "act.go != 1")
    wait = Process("wait")
    wait.chain(
        wait.start(),
        wait.node("intermediateCatchEvent", "pause", timer("2026-02-01T09:00:00+08:00", "date")),
        wait.task("after"),
        wait.end(),
    )
    return {"loop.bpmn": document(loop), "wait.bpmn": document(wait)}


@dataclass
class Town:
    """A database ready for faults: its URL, its folder, who is who, and tokens."""

    url: str
    folder: Path
    people: People
    tokens: dict[str, str]
    published: str
    poisoned: str

    def environment(self, **more: str) -> dict[str, str]:
        """What a process needs to serve this town."""
        cheap = {"ARGON2_TIME_COST": "1", "ARGON2_MEMORY_KIB": "64", "PORT": "0", "THREADS": "4",
                 "JOB_POLL_SECONDS": "0.05", "DATABASE_URL": self.url, "DATA_DIR": str(self.folder)}  # fmt: skip
        return {f"DECISION_ENGINE_{name}": value for name, value in (cheap | more).items()}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Run *query* by the plain driver, beside the house."""
        if self.url.startswith("sqlite"):
            connection: Any = sqlite3.connect(make_url(self.url).database or "")
        else:
            import psycopg

            connection = psycopg.connect(self.url.replace("+psycopg", "", 1))
        try:
            cursor = connection.cursor()
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]
        finally:
            connection.close()

    def change(self, statement: str) -> None:
        """Run *statement* behind the house's back."""
        patient = {"timeout": PATIENCE} if self.url.startswith("sqlite") else {}
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT", connect_args=patient)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def check(self, history: Path) -> list[checker.Found]:
        """Hold *history* against the database."""
        return checker.check(read(history), self.rows, self.folder / "documents")


def prepare(folder: Path, url: str) -> Town:
    """Found the town in the empty database at *url*, with the small procedures in force and everybody signed in."""
    clock = MovableClock(BEGINNING)
    house = open_house(cheap_settings(folder, database_url=url), clock)
    people = load_town(house, deploy=False)
    put_in_force(house, shipped_diagrams(), people.persons["admin1"])
    stage = staged(house, clock)
    S1.play(stage, until="comments_online")
    house.clock = SystemClock()
    for name, content in procedures().items():
        put_in_force(house, {name: content}, people.persons["admin1"])
    tokens = {
        login: sign_in(house, login, people.password).token for login in ("secretary", "auditor", "admin1")
    }
    poisoned = _poison(house, people)
    house.engine.dispose()
    return Town(url, folder, people, tokens, stage.case_id, poisoned)


def _poison(house: House, people: People) -> str:
    """Open a case whose timer is due and whose state nobody can read; return its id."""
    with unit_of_work(house, sign_in(house, "secretary", people.password).token) as work:
        case = open_case(work, people.organ_id, "坏的", process_id="wait")
    with house.writing() as session, session.begin():
        session.get_one(Case, case.id).state = b"\0"
    return case.id


def copied(town: Town, folder: Path) -> Town:
    """A town of its own in *folder*: the same rows, another database."""
    shutil.copytree(town.folder, folder, dirs_exist_ok=True)
    address = make_url(town.url)
    if address.get_backend_name() == "sqlite":
        url = f"sqlite:///{folder / Path(address.database or '').name}"
    else:
        name = f"faults_{new_id()}"
        admin = create_engine(address.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {address.database}"))
        admin.dispose()
        url = address.set(database=name).render_as_string(hide_password=False)
    return Town(url, folder, town.people, town.tokens, town.published, town.poisoned)


# -- processes -----------------------------------------------------------------------------------------------


class Died(Exception):
    """The process ended; `status` is its exit code, negative for a signal."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"ended with {status}")


@dataclass
class Running:
    """A process of the nursery."""

    pid: int
    output: Path
    ended: threading.Event = field(default_factory=threading.Event)
    status: int | None = None

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Send it *how*, unless it has ended."""
        if not self.ended.is_set():
            os.kill(self.pid, how)

    def wait(self, patience: float = PATIENCE) -> int:
        """Wait until it ends and return its status."""
        if not self.ended.wait(patience):
            raise TimeoutError(f"{self.pid} goes on:\n{self.told()}")
        assert self.status is not None
        return self.status

    def told(self) -> str:
        """What it printed."""
        return self.output.read_text(encoding="utf-8") if self.output.exists() else ""

    def port(self) -> int:
        """Wait until it listens and return its port. Raises `Died`."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            _, mark, rest = self.told().partition("http://127.0.0.1:")
            if mark and not rest[:6].isdigit() and rest.split()[0].isdigit():
                return int(rest.split()[0])
            if self.ended.wait(0.005):
                raise Died(self.status or 0)
        raise TimeoutError(self.told())


class Nursery:
    """Starts processes; see `nursery.py`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._errors = (folder / "nursery.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"], cwd=ROOT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self._errors,
        )  # fmt: skip
        self._born: queue.Queue[int] = queue.Queue()
        self._lock = threading.Lock()
        self._known: dict[int, Running] = {}
        self._early: dict[int, int] = {}
        self._count = 0
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def start(self, town: Town, *command: str, crash: str = "", **more: str) -> Running:
        """Start `decision-engine COMMAND` on *town*, to die at *crash*."""
        environment = town.environment(**more) | {"DECISION_ENGINE_CRASH": crash}
        self._count += 1
        output = self._folder / f"{self._count}.log"
        order = {"id": self._count, "command": command, "environment": environment, "output": str(output)}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        pid = self._born.get(timeout=PATIENCE)
        running = Running(pid, output)
        with self._lock:
            if pid in self._early:
                running.status = self._early.pop(pid)
                running.ended.set()
            else:
                self._known[pid] = running
        return running

    def close(self) -> None:
        """End every process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=PATIENCE)
        self._reader.join(timeout=PATIENCE)
        self._process.stdout.close()
        self._errors.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "id" in said:
                self._born.put(said["pid"])
                continue
            with self._lock:
                running = self._known.pop(said["pid"], None)
                if running is None:
                    self._early[said["pid"]] = said["status"]
                    continue
            running.status = said["status"]
            running.ended.set()


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    """A nursery that ends with its children."""
    made = Nursery(folder)
    try:
        yield made
    finally:
        made.close()


# -- clients -------------------------------------------------------------------------------------------------


class Unknown(Exception):
    """Nobody knows whether the act was done."""


@dataclass
class Act:
    """Something a client does once: a request under its key, and the effect by which it is recognised in the log."""

    key: str
    login: str | None
    path: str
    said: dict[str, Any]
    effect: dict[str, Any] | None
    file: bytes | None = None
    then: Callable[[dict[str, Any]], None] = lambda _answer: None


class Client:
    """Acts on cases of its own; keeps what it does not know, and asks again when a service is there."""

    def __init__(self, town: Town, history: History, seed: int) -> None:
        self.town = town
        self.history = history
        self.random = random.Random(seed)
        self.unknown: list[Act] = []
        self.cases: dict[str, str] = {}
        self.tasks: list[str] = []
        self.done = 0

    # -- what can be done --

    def open_case(self, process: str = "loop") -> Act:
        """Open a case of *process*; its title is its mark."""
        title = f"案 {secrets.token_hex(8)}"

        def then(answer: dict[str, Any]) -> None:
            self.cases[process] = answer["case"]["id"]

        said = {"organ_id": self.town.people.organ_id, "title": title, "process": process}
        effect = {"kind": "case.opened", "path": ["payload", "said", "title"], "value": title}
        return Act(_key(), "secretary", "/cases", said, effect, then=then)

    def complete(self) -> Act:
        """Complete the task that waits, so that the next one does."""
        task = self.tasks[0]

        def then(answer: dict[str, Any]) -> None:
            self.tasks = [one["id"] for one in answer["next"]]

        effect = {"kind": "task.completed", "path": ["body", "task", "id"], "value": task}
        return Act(
            _key(), "secretary", f"/tasks/{task}/completion", {"answers": {"go": 1}}, effect, then=then
        )

    def claim(self) -> Act:
        """Take the waiting task up, or give it back."""
        task = self.tasks[0]
        return Act(_key(), "secretary", f"/tasks/{task}/claim", {}, None)

    def refused(self) -> Act:
        """Try what an auditor may not: the refusal itself enters the log."""
        task = self.tasks[0]
        effect = {"kind": "task.completed", "path": ["body", "task", "id"], "value": task, "shared": True}
        return Act(_key(), "auditor", f"/tasks/{task}/completion", {"answers": {"go": 1}}, effect)

    def upload(self) -> Act:
        """Put a paper into the case; its title is its mark."""
        title = f"文 {secrets.token_hex(8)}"
        effect = {"kind": "document.added", "path": ["payload", "said", "title"], "value": title}
        path = f"/cases/{self.cases['loop']}/documents"
        return Act(_key(), "secretary", path, {"title": title, "kind": "D01"}, effect, file=title.encode())

    def propose(self) -> Act:
        """Propose a procedure nobody proposed before."""
        name = f"p{secrets.token_hex(6)}"
        p = Process(name)
        p.chain(p.start(), p.task("only"), p.end())
        said = {"files": [{"name": f"{name}.bpmn", "content": document(p).decode()}]}
        effect = {"kind": "definition.proposed", "path": ["body", "process"], "value": name}
        return Act(_key(), "admin1", "/definitions", said, effect)

    def comment(self) -> Act:
        """Comment as a member of the public on the town's one published notice."""
        said = f"意见 {secrets.token_hex(8)}"
        path = f"/consultations/{self.town.published}/comments"
        effect = {"kind": "comment.received", "path": ["payload", "said", "text"], "value": said}
        return Act(_key(), None, path, {"text": said}, effect)

    def sign_in(self) -> Act:
        """Sign in once more; nothing of it is kept under the key."""
        said = {"login": "officer", "password": self.town.people.password}
        return Act(_key(), None, "/session", said, None)

    # -- doing it --

    def ask(self, port: int, act: Act) -> bool:
        """Do *act* and return whether the service answered; what nobody knows is remembered."""
        self.history.note("invoke", act.key, effect=act.effect, path=act.path)
        try:
            status, answer, again = _post(port, act, self.town.tokens.get(act.login or ""))
        except (OSError, http.client.HTTPException, ValueError) as problem:
            self.history.note("info", act.key, why=type(problem).__name__)
            self.unknown.append(act)
            return False
        if status >= 500:
            self.history.note("info", act.key, why=status, retry_after=again)
            self.unknown.append(act)
            return False
        if status >= 400:
            self.history.note("fail", act.key, status=status, why=answer)
            return True
        self.done += 1
        self.history.note("ok", act.key, receipt=answer.get("receipt"))
        act.then(answer)
        return True

    def settle(self, port: int) -> bool:
        """Ask again, by its key, what nobody knows; return whether everything is known now."""
        waiting, self.unknown = self.unknown, []
        for place, act in enumerate(waiting):
            if not self.ask(port, act):
                self.unknown += waiting[place + 1 :]
                return False
        return True

    def work(self, port: int, kinds: list[str], most: int) -> bool:
        """Do *most* acts of *kinds*, at random; return False as soon as the service is gone."""
        if not self.settle(port):
            return False
        for number in range(most):
            if "loop" not in self.cases:
                chosen = self.open_case()
            elif not self.tasks and not self._look(port):
                return False
            else:
                kind = kinds[number % len(kinds)]
                chosen = self.open_case("wait") if kind == "wait" else getattr(self, kind)()
            if not self.ask(port, chosen):
                return False
        return True

    def _look(self, port: int) -> bool:
        """Find the task that waits in the case; return False when the service is gone."""
        path = f"/cases/{self.cases['loop']}/tasks?status=OPEN"
        try:
            status, answer, _ = _send(port, "GET", path, None, {}, self.town.tokens["secretary"])
        except (OSError, http.client.HTTPException, ValueError):
            return False
        if status == 200:
            self.tasks = [one["id"] for one in answer["items"]]
        return status == 200


def _key() -> str:
    return secrets.token_hex(16)


def _post(port: int, act: Act, token: str | None) -> tuple[int, dict[str, Any], str | None]:
    headers = {"Idempotency-Key": act.key}
    if act.file is None:
        return _send(port, "POST", act.path, json.dumps(act.said).encode(), headers, token)
    headers["Content-Type"] = "multipart/form-data; boundary=faults"
    parts = [
        f'--faults\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in act.said.items()
    ]
    parts.append('--faults\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n')
    return _send(
        port, "POST", act.path, "".join(parts).encode() + act.file + b"\r\n--faults--\r\n", headers, token
    )


def _send(
    port: int, method: str, path: str, body: bytes | None, headers: dict[str, str], token: str | None
) -> tuple[int, dict[str, Any], str | None]:
    """Send it and return status, answer, and when to come again if the answer says so."""
    sent = {"Content-Type": "application/json", **headers}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, f"/api/v1{path}", body, sent)
        answer = connection.getresponse()
        told = answer.read()
        return answer.status, json.loads(told) if told else {}, answer.headers.get("Retry-After")
    finally:
        connection.close()
