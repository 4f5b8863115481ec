"""A relay between two who talk over a socket, which can be cut, stalled, slowed, and made to swallow one answer.

What it does to the line between a service and its database, or between a notary and a witness, is what a network does:
packets that never come, connections reset, delay, loss (which TCP turns into delay). It listens on the loopback
interface and leads wherever it is told.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import make_url

CHUNK = 65536
LOOK = 0.05
"""Seconds between two looks whether the relay is closed."""
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes closing a connection reset it."""


class Relay:
    """Leads connections on to what *onward* opens; see `relaying`."""

    def __init__(self, onward: Callable[[], socket.socket]) -> None:
        self._onward = onward
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listening.settimeout(LOOK)
        self.port: int = self._listening.getsockname()[1]
        self._lock = threading.Lock()
        self._lines: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._closed = threading.Event()
        self._open = threading.Event()  # cleared: nothing passes
        self._open.set()
        self._cut_off = False
        self._delay, self._loss, self._random = 0.0, 0.0, random.Random(1)
        self._mark: bytes | None = None
        self.swallowed = threading.Event()
        self._begin(self._accept)

    # -- what is done to the line --

    def cut(self) -> None:
        """Reset every connection, and whoever comes anew, until `heal`; what was held back is lost."""
        self._cut_off = True
        self.reset()
        self._open.set()

    def reset(self) -> None:
        """Reset every connection there is; whoever comes anew is led on."""
        with self._lock:
            lines, self._lines = self._lines, set()
        for one in lines:
            _end(one)

    def stall(self) -> None:
        """Let nothing pass, neither way: connections stay, new ones are taken, nobody hears anything."""
        self._open.clear()

    def heal(self) -> None:
        """Let everything pass again, what was held back first."""
        self._cut_off = False
        self._delay = self._loss = 0.0
        self._open.set()

    def slow(self, seconds: float, loss: float = 0.0) -> None:
        """Hold each piece back for *seconds*; a share of *loss* of them three times as long, as if sent again."""
        self._delay, self._loss = seconds, loss

    def swallow_answer(self, mark: bytes) -> None:
        """Reset the next connection on which *mark* is asked, when the answer to it has come and before it passes."""
        self.swallowed.clear()
        self._mark = mark

    def close(self) -> None:
        """End every connection and every thread."""
        self._closed.set()
        self._open.set()
        self.reset()
        for thread in self._threads:
            thread.join()
        self._listening.close()

    # -- the threads --

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closed.is_set():
            with suppress(TimeoutError):
                asking, _ = self._listening.accept()
                self._begin(self._lead, asking)

    def _lead(self, asking: socket.socket) -> None:
        if not self._passable() or self._cut_off:
            return _close(asking)
        try:
            answering = self._onward()
        except OSError:
            return _close(asking)
        both, doomed = {asking, answering}, threading.Event()
        with self._lock:
            self._lines |= both
        there = threading.Thread(target=self._pass_on, args=(asking, answering, self._asked(doomed)))
        there.start()
        if self._cut_off or self._closed.is_set():
            self.reset()
        self._pass_on(answering, asking, self._answered(doomed))
        there.join()  # nobody uses them any more: now they may be closed
        with self._lock:
            self._lines -= both
        for one in both:
            _close(one)
        return None

    def _pass_on(self, source: socket.socket, goal: socket.socket, may: Callable[[bytes], bool]) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if not self._passable() or not may(data):
                    break
                if self._delay:
                    times = 3 if self._random.random() < self._loss else 1
                    self._closed.wait(times * self._delay)
                goal.sendall(data)
        _end(source)
        _end(goal)

    def _passable(self) -> bool:
        self._open.wait()
        return not self._closed.is_set()

    def _asked(self, doomed: threading.Event) -> Callable[[bytes], bool]:
        def may(data: bytes) -> bool:
            with self._lock:
                if self._mark is not None and self._mark in data:
                    self._mark = None
                    doomed.set()
            return True

        return may

    def _answered(self, doomed: threading.Event) -> Callable[[bytes], bool]:
        def may(_: bytes) -> bool:
            if doomed.is_set():
                self.swallowed.set()
            return not doomed.is_set()

        return may


def _end(one: socket.socket) -> None:
    """Break it off, for both ends and for whoever waits on it; `_close` resets it."""
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    one.close()


@contextmanager
def relaying(onward: Callable[[], socket.socket]) -> Iterator[Relay]:
    """A relay to what *onward* opens (it may raise OSError); nothing of it remains."""
    made = Relay(onward)
    try:
        yield made
    finally:
        made.close()


def to_port(port: int) -> Callable[[], socket.socket]:
    """Return what opens a connection to *port* of the loopback interface."""
    return lambda: socket.create_connection(("127.0.0.1", port))


def onward_to(url: str) -> Callable[[], socket.socket]:
    """Return what opens a connection to the PostgreSQL at *url*, by its socket folder or its address."""
    address = make_url(url)
    host, port = str(address.query.get("host") or address.host or "localhost"), address.port or 5432
    if host.startswith("/"):
        return to_path(f"{host}/.s.PGSQL.{port}")
    return lambda: socket.create_connection((host, port))


def to_path(path: str) -> Callable[[], socket.socket]:
    """Return what opens a connection to the Unix socket at *path*."""

    def onward() -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.connect(path)
        except OSError:
            made.close()
            raise
        return made

    return onward
