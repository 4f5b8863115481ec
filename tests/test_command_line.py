"""The command line says what it did, in Chinese first, and ends with the exit code it promises."""

from __future__ import annotations

import select
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask, request

from decision_engine import guard
from decision_engine.__main__ import UNREAD, main, make_server
from decision_engine.db import for_writing, open_engine
from tests.conftest import cheap_settings

BPMN = Path(__file__).parent.parent / "bpmn"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own, with passwords hashed cheaply."""
    for name, value in {
        "DATABASE_URL": f"sqlite:///{tmp_path}/house.db",
        "DATA_DIR": str(tmp_path),
        "ARGON2_TIME_COST": "1",
        "ARGON2_MEMORY_KIB": "64",
    }.items():
        monkeypatch.setenv(f"DECISION_ENGINE_{name}", value)
    return tmp_path


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def test_the_demonstration_town_is_loaded_once_and_its_log_is_whole(home: Path):
    """Accounts and password are printed; a second loading changes nothing; every chain holds."""
    told = run("demo")
    assert "secretary" in told
    assert "qinghe-2026" in told
    before = run("audit", "verify")
    run("demo")
    assert run("audit", "verify") == before
    assert "people" in before


def test_a_changed_log_is_found_and_the_exit_code_says_so(home: Path):
    """Somebody who owns the database edits an event: `audit verify` names the place and exits 1."""
    run("demo")
    engine = open_engine(f"sqlite:///{home}/house.db")
    with for_writing(engine).begin() as connection, guard.lifted(connection):
        connection.exec_driver_sql("DROP TRIGGER event_no_update")
        connection.exec_driver_sql(
            "UPDATE event SET body = replace(body, 'post.given', 'post.taken') WHERE seq = 9"
        )
        connection.exec_driver_sql(
            "UPDATE event SET body = CAST(body || ' ' AS BLOB) WHERE chain = 'people' AND seq = 7"
        )
    engine.dispose()
    assert "7" in run("audit", "verify", code=1)


def test_the_shipped_diagrams_are_lawful(home: Path):
    """`check` over all files of the deployment: exit 0, and the same as JSON."""
    files = [str(path) for path in sorted(BPMN.glob("*.bpmn"))]
    assert "lawful" in run("check", *files)
    assert '"verdict": "lawful"' in run("check", "--json", *files)


def test_what_cannot_be_read_ends_with_two(home: Path):
    """`check` on something that is no BPMN."""
    bad = home / "bad.bpmn"
    bad.write_text("not xml at all")
    assert "unreadable" in run("check", str(bad), code=2)


def test_two_administrators_deploy_what_one_alone_cannot(home: Path):
    """Propose as one, approve as the other; a third time the same bytes are refused."""
    run("demo")
    changed = home / "changed"
    changed.mkdir()
    files = []
    for path in sorted(BPMN.glob("*.bpmn")):
        target = changed / path.name
        target.write_bytes(path.read_bytes().replace("决定是否启动".encode(), "决定启动与否".encode()))
        files.append(str(target))
    who = ("--login", "admin1", "--password", "qinghe-2026")
    proposed = run("deploy", *files, *who)
    assert "PROPOSED" in proposed
    content_hash = proposed.split()[-1]
    run("deploy", "--approve", content_hash, *who, code=1)
    approved = run("deploy", "--approve", content_hash, "--login", "admin2", "--password", "qinghe-2026")
    assert "DEPLOYED" in approved
    run("deploy", *files, *who, code=1)


def test_a_wrong_password_deploys_nothing(home: Path):
    """The reason is told, in both languages."""
    run("demo")
    told = run("deploy", str(BPMN / "execution.bpmn"), "--login", "admin1", "--password", "guess", code=1)
    assert "登录名或密码不正确" in told


def test_a_new_installation_is_brought_up_to_date(home: Path):
    """`db upgrade` on nothing makes the database."""
    assert "最新" in run("db", "upgrade")
    assert (home / "house.db").exists()


def test_a_foreign_diagram_can_be_looked_at_and_never_deployed(home: Path):
    """A descriptive drawing of another tool: shown, though `check` refuses it."""
    foreign = home / "foreign.bpmn"
    foreign.write_text(
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x" id="d">'
        '<process id="sketch"><startEvent id="s"/><complexGateway id="g" name="综合判断"/></process></definitions>'
    )
    assert "综合判断" in run("look", str(foreign))
    run("check", str(foreign), code=1)
    broken = home / "broken.bpmn"
    broken.write_text("<definitions")
    run("look", str(broken), code=2)


def answered(server: Any, sockets: dict[int, Any], head: str, body: bytes = b"") -> str:
    """Send a request to *server*, which runs in this very thread, and return what comes back."""
    with socket.create_connection(("127.0.0.1", server.effective_port)) as client:
        client.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n\r\n".encode() + body)
        heard = b""
        for _ in range(600):
            server.asyncore.loop(timeout=0.1, map=sockets, count=1)
            if select.select([client], [], [], 0)[0]:
                found = client.recv(65536)
                if not found:
                    break
                heard += found
        return heard.decode()


def test_a_huge_body_is_turned_away_by_its_header_and_one_too_large_by_a_page(tmp_path: Path) -> None:
    """The first is answered though not a byte of it ever comes; the application says its own word to the second."""
    application = Flask("x")
    application.config["MAX_CONTENT_LENGTH"] = most = 1000

    @application.post("/")
    def taken() -> str:
        return f"took {len(request.get_data())}"

    application.register_error_handler(413, lambda _: ("the page that says why", 413))
    sockets: dict[int, Any] = {}
    server = make_server(application, cheap_settings(tmp_path, port=0, threads=1), map=sockets)
    try:
        huge = answered(server, sockets, f"Content-Length: {UNREAD * most}")
        large = answered(server, sockets, f"Content-Length: {most + 1}", b"x" * (most + 1))
        small = answered(server, sockets, f"Content-Length: {most}", b"x" * most)
    finally:
        server.task_dispatcher.shutdown()
        server.close()
        for one in list(sockets.values()):
            one.close()
    assert (huge.split()[1], "says why" in huge) == ("413", False)
    assert (large.split()[1], "says why" in large) == ("413", True)
    assert (small.split()[1], "took 1000" in small) == ("200", True)
