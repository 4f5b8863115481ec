"""The notary and a witness as real processes, killed in the middle: what they leave behind is gone on from."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from decision_engine import notary as notaries
from decision_engine import witness as witnesses
from decision_engine.access import CLOCK
from decision_engine.audit import keyring, note
from decision_engine.audit.memory import InUse, Memory
from decision_engine.audit.note import Checkpoint, Kind, Note, SignerKey
from decision_engine.cli.proof import WITNESS_KEY
from decision_engine.commands import sequencing
from decision_engine.commands.checkpoints import HouseLog
from decision_engine.models import Checkpoint as Kept
from decision_engine.work import House, unit_of_work
from tests.notaries import ORIGIN, MemoryLog, standing_clock

SIGNERS = keyring.new_signers(ORIGIN, iter([b"1" * 32, b"2" * 32]).__next__)
KEYS = [one.public for one in SIGNERS]
OWN = SignerKey("w.example/1", Kind.COSIGNATURE, b"w" * 32)


@contextmanager
def running(*arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command; whatever happens, nothing of it remains."""
    process = subprocess.Popen(
        [sys.executable, "-m", "decision_engine", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            **{f"DECISION_ENGINE_{name}": value for name, value in settings.items()},
        },
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def request(log: MemoryLog, old: int) -> bytes:
    text = Checkpoint(ORIGIN, *log.head()).text
    return f"old {old}\n\n{Note(text, (SIGNERS[0].sign(text, 1),)).render()}".encode()


def send(port: int, data: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", witnesses.PATH, data)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_witness_killed_before_it_answered_remembers_what_it_was_about_to_say(tmp_path: Path):
    with Memory(tmp_path) as memory:
        witnesses.begin(memory)
        memory.write(WITNESS_KEY, OWN.encoded.encode())
    log, fork = MemoryLog(b"a", b"b"), MemoryLog(b"a", b"c")
    following = ("--log", KEYS[0].encoded, "--port", "0")
    with running("witness", "--state", str(tmp_path), *following, CRASH="witness.persisted:1") as process:
        assert process.stdout is not None
        port = urlsplit(process.stdout.readline().split()[-1]).port
        with pytest.raises(InUse):
            Memory(tmp_path)
        with pytest.raises((OSError, http.client.HTTPException)):
            send(port or 0, request(log, 0))
        assert process.wait(60) == -signal.SIGKILL
    with Memory(tmp_path) as memory:
        again = witnesses.Witness(memory, [OWN], KEYS, standing_clock())
        assert again.add_checkpoint(request(fork, 0)).status == 409
        assert again.add_checkpoint(request(fork, 2)).status == 409
        assert again.add_checkpoint(request(log, 2)).status == 200


def test_a_notary_killed_before_it_published_publishes_the_same_later(tmp_path: Path, house: House):
    with unit_of_work(house, as_actor=CLOCK) as work:
        work.record("thing.happened", "things")
    sequencing.sequence(house)
    folder = tmp_path / "notary"
    settings = {"DATABASE_URL": house.settings.database_url, "DATA_DIR": str(tmp_path), "LOG_ORIGIN": ORIGIN}
    with Memory(folder) as memory:
        keys = [one.public for one in keyring.make_keys(memory, ORIGIN)]
    with running("notary", "--once", "--trust-first", CRASH="notary.persisted:1", **settings) as process:
        assert process.wait(120) == -signal.SIGKILL
    held = notaries.last_note(folder)
    assert held is not None
    assert len(note.verify(note.parse(held), keys)) == 2
    with notaries.opened(folder, ORIGIN, HouseLog(house), house.clock) as notary:
        made = notary.round()
    assert isinstance(made, notaries.Signed)
    with house.reading() as session:
        assert (made.text, list(session.scalars(select(Kept.note)))) == (held, [held])
