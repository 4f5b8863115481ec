"""The stage's server answers on a port of its own and leaves nothing behind."""

from __future__ import annotations

import http.client
import socket
import tempfile
import threading

import pytest

from decision_engine.demo import stage
from decision_engine.demo.door import Door
from decision_engine.demo.stage import served


def test_a_house_is_served_while_it_is_asked_and_not_a_moment_longer(house):
    for _ in range(5):
        with served(house) as port:
            door = Door("127.0.0.1", port)
            assert door.get("/consultations")["total"] == 0
            door.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
    assert not [one for one in threading.enumerate() if one.name == "stage-server"]


def test_a_server_with_an_open_connection_is_closed_all_the_same(house):
    with served(house) as port:
        door = Door("127.0.0.1", port)
        door.get("/consultations")
    with pytest.raises(OSError):  # noqa: PT011  reset, refused or closed: whatever the system says
        door.get("/consultations")
    door.close()


def test_the_file_behind_a_large_answer_is_closed_with_the_server(house, monkeypatch):
    large, kept, make = b"x" * 3_000_000, [], tempfile.TemporaryFile

    def answer(_environ, start):
        start("200 OK", [("Content-Length", str(len(large)))])
        return [large]

    def kept_file(*given, **named):
        kept.append(make(*given, **named))
        return kept[-1]

    monkeypatch.setattr(stage, "create_app", lambda **_: answer)
    monkeypatch.setattr(tempfile, "TemporaryFile", kept_file)
    with served(house) as port:
        asking = http.client.HTTPConnection("127.0.0.1", port)
        asking.request("GET", "/")
        assert asking.getresponse().read() == large
    asking.close()
    assert kept, "the server keeps what is large in a file"
    assert all(one.closed for one in kept)
