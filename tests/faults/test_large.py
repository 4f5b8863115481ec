"""F14: a hundred megabytes are refused, whatever they pretend to be, and are never held in memory."""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.conftest import MakeTown
from tests.faults.harness import Client, Nursery, Running, Town
from tests.faults.history import History

MEGABYTE = 1024 * 1024
HUGE = 100 * MEGABYTE
CHUNK = b"x" * MEGABYTE
MOST = 40 * MEGABYTE
"""By which refusing may make the service grow, at its highest: less than half of what was sent."""
TITLES = (
    '--b\r\nContent-Disposition: form-data; name="title"\r\n\r\n{}\r\n'
    '--b\r\nContent-Disposition: form-data; name="kind"\r\n\r\nD01\r\n'
)
FILE = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'


@pytest.fixture
def town(town_on: MakeTown) -> Town:
    return town_on("sqlite")


@pytest.fixture
def running(town: Town, processes: Nursery) -> Iterator[Running]:
    made = processes.start(town, "serve", EMBEDDED_WORKER="false")
    yield made
    made.kill()
    made.wait()


def _peak(running: Running) -> int:
    """Return the most memory the process ever held, in bytes."""
    lines = Path(f"/proc/{running.pid}/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _sent(
    town: Town, port: int, path: str, media_type: str, head: str, size: int, tail: str
) -> tuple[int, str]:
    """Send *head*, so many bytes, *tail*, bit by bit; return the status and the kind of problem."""

    def body() -> Iterator[bytes]:
        yield head.encode()
        for _ in range(size // MEGABYTE):
            yield CHUNK
        yield tail.encode()

    headers = {
        "Authorization": f"Bearer {town.tokens['secretary']}", "Content-Type": media_type,
        "Content-Length": str(len(head.encode()) + size + len(tail.encode())), "Idempotency-Key": secrets.token_hex(16),
    }  # fmt: skip
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", f"/api/v1{path}", body(), headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        return answer.status, str(told.get("type", "")).rpartition(":")[2]


def test_a_hundred_megabytes_are_refused_and_not_held(town: Town, running: Running, tmp_path: Path) -> None:
    """As a paper, as a field of a form, as an answer, as a comment of the public; then people act as before.

    The control: a paper that is taken shows in the same measure.
    """
    port = running.port()
    history = History(tmp_path / "history.jsonl")
    client = Client(town, history, 1)
    assert client.work(port, ["complete", "upload"], 4)
    form, document = "multipart/form-data; boundary=b", f"/cases/{client.cases['loop']}/documents"
    end = "\r\n--b--\r\n"
    before = _peak(running)
    for path, media_type, head, tail in (
        (document, form, TITLES.format("x") + FILE, end),
        (document, form, '--b\r\nContent-Disposition: form-data; name="title"\r\n\r\n', end),
        (
            f"/tasks/{client.tasks[0]}/completion",
            "application/json",
            '{"answers": {"go": 1, "more": "',
            '"}}',
        ),
        (f"/consultations/{town.published}/comments", "application/json", '{"text": "', '"}'),
    ):
        assert _sent(town, port, path, media_type, head, HUGE, tail) == (413, "too-large"), path
    assert _peak(running) - before < MOST
    assert client.work(port, ["complete", "upload", "comment"], 6)
    taken = _sent(town, port, document, form, TITLES.format("x") + FILE, 19 * MEGABYTE, end)
    assert taken[0] == 201
    assert _peak(running) - before > 19 * MEGABYTE
    history.close()
    assert town.check(tmp_path / "history.jsonl") == []
