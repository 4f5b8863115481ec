"""Clients that act on a real service, each in a thread, until told to stop; and a count of what they were told."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.harness import Client, Running, Town
from tests.faults.history import History, read
from tests.faults.standby import until

KINDS = ["complete", "upload", "complete", "open_case"]


class Writers:
    """*number* clients that act and ask again by their keys, until they are told to stop."""

    def __init__(self, town: Town, history: History, port: int, number: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self.history = history
        self.clients = [Client(town, history, one) for one in range(number)]
        self._threads = [threading.Thread(target=self._run, args=(one,)) for one in self.clients]
        for thread in self._threads:
            thread.start()

    def _run(self, client: Client) -> None:
        while not self._stop.is_set():
            if not client.work(self._port, KINDS, 4):
                self._stop.wait(0.02)

    def told(self, kind: str, more: int) -> None:
        """Wait until *more* answers of *kind* came than have come so far. Raises `TimeoutError`."""
        enough = self.history.told.get(kind, 0) + more
        until(lambda: self.history.told.get(kind, 0) >= enough, f"nobody is told {kind!r}")

    def stop(self) -> None:
        """Let everybody finish what is under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def settle(self) -> None:
        """Ask again until nothing is unknown. Raises `TimeoutError`."""
        for one in self.clients:
            until(lambda one=one: one.settle(self._port), "an outcome stays unknown")


@contextmanager
def writing(town: Town, running: Running, path: Path, number: int) -> Iterator[Writers]:
    """Let *number* writers act on the service *running* and write the history at *path*; nothing of them remains.

    When left without an error, nothing is unknown any more.
    """
    history = History(path)
    try:
        writers = Writers(town, history, running.port(), number)
        try:
            yield writers
        finally:
            writers.stop()
        writers.settle()
    finally:
        history.close()


def outcomes(history: Path) -> Counter[str]:
    """Count acts: done, refused; and those of which a client once did not know, by what was told in the end."""
    told: dict[str, list[str]] = {}
    for line in read(history):
        if line["type"] != "invoke":
            told.setdefault(line["key"], []).append(line["type"])
    found = Counter(kinds[-1] for kinds in told.values())
    found.update(f"unknown, then {kinds[-1]}" for kinds in told.values() if "info" in kinds)
    return found


def turned_away(history: Path) -> list[dict[str, object]]:
    """Return every answer by which a service that was up said that it could not: with its status and `Retry-After`."""
    return [one for one in read(history) if one["type"] == "info" and isinstance(one["why"], int)]
