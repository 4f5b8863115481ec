"""A stage: a whole house of its own on a loopback port, a clock that is moved by hand, and the town's people.

Everything is done through HTTP by somebody who signed in with a password. Only two things are not: the clock is
moved, and after each move the worker runs once, as it would in a served house.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from decision_engine.app import create_app, open_house
from decision_engine.calendar import SHANGHAI
from decision_engine.clock import MovableClock
from decision_engine.config import Settings
from decision_engine.demo.deploy import load_town
from decision_engine.demo.door import Door, Refused
from decision_engine.demo.town import Town, official
from decision_engine.work import House
from decision_engine.worker import run_due

Tell = Callable[[str], None]


def moment(text: str) -> str:
    """Return a Shanghai time, `2026-03-06 09:00`, as a form wants it: `2026-03-06T09:00:00+08:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).isoformat()


class Stage:
    """One case being acted: who is who, which papers lie in the file, and how to do things in somebody's name.

    *room*: whether meetings are held in their rooms, everybody acting from an own account; otherwise the recorder and
    the speakers complete the meeting's steps one by one, as a body without a room does.
    """

    def __init__(
        self, house: House, clock: MovableClock, town: Town, door: Door, tell: Tell, *, room: bool = False
    ) -> None:
        self.house = house
        self.town = town
        self.tell = tell
        self.room = room
        self.case_id = ""
        self.papers: dict[str, str] = {}
        self._clock = clock
        self._door = door
        self._tokens: dict[tuple[str, str], str] = {}

    # -- time ------------------------------------------------------------------------------------------

    def move_to(self, text: str) -> int:
        """Move the clock to a Shanghai time and return how many timers fell due."""
        self._clock.move_to(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI))
        fired = self.run_worker()
        if fired:
            self.tell(f"　　[green]✓[/green] 系统时钟　处理到期时限{fired}个")
        return fired

    def move_clock_only(self, text: str) -> None:
        """Move the clock while no worker runs (the house is down)."""
        self._clock.move_to(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI))

    def later(self, seconds: int) -> None:
        """Let a moment pass in which no deadline falls: from one act in a room to the next."""
        self._clock.move_to(self._clock.now() + timedelta(seconds=seconds))

    def run_worker(self) -> int:
        """Let the worker do what is due now and return how many timers fired."""
        return run_due(self.house, "stage")

    # -- people ----------------------------------------------------------------------------------------

    def person(self, login: str) -> str:
        """Return the id of the person who signs in as *login*."""
        return self.town.persons[login]

    def unit(self, name: str) -> str:
        """Return the id of a unit."""
        return self.town.units[name]

    def token(self, login: str) -> str:
        """Return a token of today for *login*, signing in first if need be."""
        key = (login, f"{self._clock.now().astimezone(SHANGHAI):%Y-%m-%d}")
        if key not in self._tokens:
            answer = self._door.post("/session", {"login": login, "password": self.town.password})
            self._tokens[key] = answer["token"]
        return self._tokens[key]

    def ask(self, login: str | None, path: str, **query: object) -> Any:
        """Return the answer to a question asked by *login* (None: the public)."""
        return self._door.get(path, self.token(login) if login else None, **query)

    def say(self, login: str | None, path: str, said: Mapping[str, Any]) -> Any:
        """Do something as *login* (None: the public) and return the answer."""
        return self._door.post(path, said, self.token(login) if login else None)

    def does(self, login: str, what: str, path: str, said: Mapping[str, Any]) -> Any:
        """Do something as *login*, tell *what* it was, and return the answer. Raises `Refused`, which is told too."""
        try:
            answer = self.say(login, path, said)
        except Refused as refusal:
            self.tell(f"　　[red]✗[/red] {_who(login)}　{what}：{refusal.problem.get('detail', '')}")
            raise
        self.tell(f"　　[green]✓[/green] {_who(login)}　{what}")
        return answer

    def pages(self, login: str, path: str, **query: object) -> list[Any]:
        """Return every item of a paged list."""
        items: list[Any] = []
        while True:
            page = self.ask(login, path, page=len(items) // 100 + 1, page_size=100, **query)
            items.extend(page["items"])
            if len(items) >= page["total"]:
                return items

    # -- the case --------------------------------------------------------------------------------------

    def open_case(self, login: str, title: str, **more: Any) -> str:
        """Open the case the story is about."""
        said = {"organ_id": self.town.organ_id, "title": title, **more}
        self.case_id = self.say(login, "/cases", said)["case"]["id"]
        self.tell(f"　　[green]✓[/green] {_who(login)}　建立决策案件：{title}")
        return self.case_id

    def waiting(self, login: str, step: str) -> list[dict[str, Any]]:
        """Return the open tasks of the case at *step* that *login* could do."""
        found = self.pages(login, "/tasks", case_id=self.case_id, step=step)
        return [one["task"] for one in found]

    def steps_waiting(self) -> set[str]:
        """Return the steps that wait, as an auditor sees them."""
        return {task["step"] for task in self.pages("auditor", f"/cases/{self.case_id}/tasks", status="OPEN")}

    def complete(self, login: str, step: str, answers: Mapping[str, Any], **more: Any) -> Any:
        """Do *step* as *login*. Raises `Refused`, or `LookupError` when no such task waits for them."""
        tasks = self.waiting(login, step)
        if not tasks:
            raise LookupError(
                f"{login} has no task {step}; waiting: {sorted(map(str, self.steps_waiting()))}"
            )
        said = {"answers": dict(answers), **more}
        done = self.say(login, f"/tasks/{tasks[0]['id']}/completion", said)
        self.tell(f"　　[green]✓[/green] {_who(login)}　{tasks[0]['name']}")
        return done

    def refused(self, login: str, step: str, answers: Mapping[str, Any], **more: Any) -> Refused:
        """Try *step* as *login* and return the refusal; an act that is let through is an error."""
        try:
            self.complete(login, step, answers, **more)
        except Refused as refusal:
            self.tell(f"　　[red]✗[/red] {_who(login)}　{step}：{refusal.problem.get('detail', '')}")
            return refusal
        raise AssertionError(f"{step} was not refused")

    def file(
        self, login: str, code: str, title: str, text: str, *, name: str = "", public: bool = False
    ) -> str:
        """Put a paper into the case under a dossier code and return its id; *name* recalls it later."""
        answer = self._door.send_file(
            f"/cases/{self.case_id}/documents",
            {"title": title, "kind": code, "public": "true" if public else "false"},
            "document.txt",
            f"{title}\n\n{text}\n".encode(),
            self.token(login),
        )
        document: str = answer["document"]["id"]
        self.papers[name or code] = document
        self.papers.setdefault(code, document)
        self.tell(f"　　[green]✓[/green] {_who(login)}　归入卷宗 {code} {title}")
        return document

    def revise(self, login: str, name: str, text: str) -> None:
        """Add a version to a paper filed before."""
        path = f"/documents/{self.papers[name]}/versions"
        self._door.send_file(path, {}, "document.txt", f"{text}\n".encode(), self.token(login))
        self.tell(f"　　[green]✓[/green] {_who(login)}　更新卷宗文件版本")

    def comment(self, text: str) -> None:
        """Send a comment of the public, who need not sign in."""
        self.say(None, f"/consultations/{self.case_id}/comments", {"text": text})


def _who(login: str) -> str:
    one = official(login)
    return f"{one.name}（{one.title}）"


def cheap_settings(folder: Path) -> Settings:
    """Return settings of a throw-away house in *folder*: SQLite, and password hashing that costs nothing."""
    return Settings(
        database_url=f"sqlite:///{folder / 'stage.db'}",
        data_dir=folder,
        secret_key="stage",  # noqa: S106  a house of one story, gone with its folder
        argon2_time_cost=1,
        argon2_memory_kib=64,
        embedded_worker=False,
    )


@contextmanager
def open_stage(
    folder: Path, begins: str, tell: Tell = lambda _: None, *, room: bool = False
) -> Iterator[Stage]:
    """Build a house in *folder*, load the town, serve it on a free loopback port, and give the stage.

    *begins* is the Shanghai time at which the clock stands first; *room* as for `Stage`.
    """
    clock = MovableClock(datetime.fromisoformat(begins).replace(tzinfo=SHANGHAI))
    house = open_house(cheap_settings(folder), clock)
    try:
        town = load_town(house)
        with served(house) as port:
            door = Door("127.0.0.1", port)
            try:
                yield Stage(house, clock, town, door, tell, room=room)
            finally:
                door.close()
    finally:
        house.engine.dispose()


@contextmanager
def served(house: House) -> Iterator[int]:
    """Serve *house* by waitress in a thread and give the port; when left, nothing of the server remains open."""
    sockets: dict[int, Any] = {}
    server = create_server(create_app(house=house), map=sockets, host="127.0.0.1", port=0, threads=4)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            wasyncore.loop(timeout=1, map=sockets, count=1)

    thread = threading.Thread(target=serve, name="stage-server", daemon=True)
    thread.start()
    try:
        yield server.effective_port
    finally:
        over.set()
        server.pull_trigger()  # wakes the thread; sockets are closed only once it has ended
        thread.join(timeout=30)
        server.task_dispatcher.shutdown()
        for channel in list(server.active_channels.values()):
            channel.handle_close()  # with the file of a large answer, which the closing of sockets leaves open
        server.close()
        wasyncore.close_all(sockets)
