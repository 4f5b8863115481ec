"""A log in memory for tests of the notary and of witnesses, which can be tampered with, and servers that end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from waitress.server import create_server

from decision_engine.audit import merkle
from decision_engine.clock import MovableClock
from decision_engine.witness import Witness, door

ORIGIN = "decision-engine/test"
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def standing_clock() -> MovableClock:
    return MovableClock(MORNING)


class MemoryLog:
    """A log whose leaves are *bodies*; what the notary publishes and refuses is kept."""

    def __init__(self, *bodies: bytes) -> None:
        self.bodies: list[bytes] = []
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.root = merkle.EMPTY_ROOT
        self.published: list[tuple[int, str]] = []
        self.alarms: list[tuple[str, dict[str, Any]]] = []
        self.grow(*bodies)

    def grow(self, *bodies: bytes) -> None:
        done = merkle.append(len(self.bodies), self.tile, [merkle.leaf_hash(one) for one in bodies])
        self.bodies.extend(bodies)
        self.tiles |= {(one.level, one.index): one.data for one in done.tiles}
        self.root = done.root

    def grow_to(self, size: int) -> None:
        self.grow(*(f"event {number}".encode() for number in range(len(self.bodies), size)))

    def rewrite(self, bodies: Sequence[bytes]) -> None:
        """Be another log, without a trace: what somebody who owns the database can do."""
        self.bodies, self.tiles, self.root = [], {}, merkle.EMPTY_ROOT
        self.grow(*bodies)

    def tile(self, level: int, index: int) -> bytes:
        return self.tiles.get((level, index), b"")

    # -- what the notary asks ---------------------------------------------------------------------------

    def head(self) -> tuple[int, bytes]:
        return len(self.bodies), self.root

    def consistency(self, old: int, new: int) -> Sequence[bytes]:
        return merkle.consistency_proof(self.tile, old, new)

    def event(self, event_id: str, size: int) -> tuple[bytes, int, Sequence[bytes]] | None:
        for leaf, body in enumerate(self.bodies[:size]):
            if event_id.encode() in body:
                return body, leaf, merkle.inclusion_proof(self.tile, leaf, size)
        return None

    def publish(self, size: int, text: str) -> None:
        self.published.append((size, text))

    def refused(self, reason: str, detail: Mapping[str, Any]) -> None:
        self.alarms.append((reason, dict(detail)))


@contextmanager
def served(witness: Witness) -> Iterator[int]:
    """Serve *witness* on a free port; when left, nothing of the server remains."""
    sockets: dict[int, object] = {}
    server = create_server(door(witness), map=sockets, host="127.0.0.1", port=0, threads=2)
    running = True

    def run() -> None:
        while running:
            server.asyncore.loop(timeout=0.2, map=sockets, count=1)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield server.effective_port
    finally:
        running = False
        server.pull_trigger()
        thread.join()
        server.task_dispatcher.shutdown()
        server.close()
        for one in list(sockets.values()):
            one.close()  # type: ignore[attr-defined]


@contextmanager
def deaf() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def dripping() -> Iterator[int]:
    """A port that answers a byte at a time, for ever."""
    ended = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.1)

    def drip() -> None:
        while not ended.is_set():
            try:
                asking, _ = listening.accept()
            except TimeoutError:
                continue
            with asking:
                try:
                    asking.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
                    while not ended.wait(0.02):
                        asking.sendall(b"x")
                except OSError:
                    continue

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        ended.set()
        thread.join()
        listening.close()
