"""Checkpoints stamped by an authority of our own making: `openssl ts`, answering over HTTP on the loopback."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from decision_engine import timestamps
from decision_engine.__main__ import main
from decision_engine.work import House
from tests.queries.test_verification import act, checkpoint

SETTINGS = """
[tsa]
default_tsa = ours
[ours]
dir = .
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[extended]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[req]
distinguished_name = nobody
[nobody]
"""


def openssl(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    done = subprocess.run(
        ["openssl", *arguments], cwd=folder, input=given, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def authority(folder: Path) -> Path:
    """Found a root and an authority under it in *folder*."""
    if shutil.which("openssl") is None:
        pytest.skip("the authority is made by the command openssl, and there is none here")
    folder.mkdir()
    (folder / "ts.cnf").write_text(SETTINGS)
    (folder / "serial").write_text("01\n")
    for name in ("ca", "tsa"):
        openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
    common = ("-config", "ts.cnf", "-days", "2")
    openssl(folder, "req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=Root", "-extensions", "root", *common,
            "-out", "ca.pem")  # fmt: skip
    openssl(
        folder, "req", "-new", "-key", "tsa.key", "-subj", "/CN=TSA", "-config", "ts.cnf", "-out", "tsa.csr"
    )
    openssl(folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "2",
            "-extfile", "ts.cnf", "-extensions", "extended", "-days", "2", "-out", "tsa.pem")  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority(tmp_path_factory.mktemp("tsa") / "ours")


@pytest.fixture(scope="module")
def tsa(folder: Path) -> Iterator[str]:
    """URL of the authority; at /stale it gives again the answer it gave last."""
    given = [b""]

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "asked.tsq").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            openssl(
                folder, "ts", "-reply", "-config", "ts.cnf", "-queryfile", "asked.tsq", "-out", "said.tsr"
            )
            given.append((folder / "said.tsr").read_bytes())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(given[-2] if self.path == "/stale" else given[-1])

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def run(house: House, *arguments: object) -> Result:
    environment = {
        "DECISION_ENGINE_DATABASE_URL": str(house.engine.url),
        "DECISION_ENGINE_DATA_DIR": str(house.settings.data_dir),
    }
    return CliRunner().invoke(main, ["log", *map(str, arguments)], env=environment, catch_exceptions=False)


def test_the_newest_checkpoint_is_stamped_and_openssl_agrees(
    house: House, folder: Path, tsa: str, tmp_path: Path
) -> None:
    roots, kept = folder / "ca.pem", tmp_path / "stamps"
    assert run(house, "timestamp", "--tsa", tsa, "--roots", roots, kept).exit_code == 1, (
        "nothing is signed yet"
    )
    act(house, "one")
    signed, _ = checkpoint(house)
    done = run(house, "timestamp", "--tsa", tsa, "--roots", roots, kept)
    assert done.exit_code == 0, done.output
    note, token = kept / "0.note", kept / "0.tsr"
    assert note.read_text() == signed.render()
    assert abs(datetime.fromisoformat(done.output.split()[1]) - datetime.now(UTC)) < timedelta(hours=1)
    told = run(house, "check-timestamp", note, token, "--roots", roots)
    assert (told.exit_code, told.output.strip()) == (0, done.output.split()[1])
    other = openssl(folder, "ts", "-verify", "-in", str(token), "-data", str(note), "-CAfile", "ca.pem")
    assert b"OK" in other


def test_a_timestamp_of_another_note_or_of_nobody_trusted_is_not_believed(
    house: House, folder: Path, tsa: str, tmp_path: Path
) -> None:
    note, roots = b"origin\n1\nAAAA\n", (folder / "ca.pem").read_bytes()
    token, at = timestamps.stamped(note, tsa, roots)
    assert timestamps.time_of(note, token, roots) == at
    stranger = (authority(tmp_path / "stranger") / "ca.pem").read_bytes()
    for given in (
        (note + b"x", token, roots),
        (note, token, stranger),
        (note, token[:-1] + bytes([token[-1] ^ 1]), roots),  # its signature
        (note, token[:-1], roots),
        (note, b"", roots),
        (note, bytes(timestamps.LONGEST + 1), roots),
        (note, token, b"no certificate"),
    ):
        with pytest.raises(timestamps.NotStamped):
            timestamps.time_of(*given)
    for where, why in (
        (f"{tsa}/stale", "Nonce"),
        ("file:///etc/passwd", "http"),
        ("http://127.0.0.1:1/", "answer"),
    ):
        with pytest.raises(timestamps.NotStamped, match=why):
            timestamps.stamped(note, where, roots)
    (tmp_path / "note").write_bytes(note + b"x")
    (tmp_path / "token").write_bytes(token)
    refused = run(
        house, "check-timestamp", tmp_path / "note", tmp_path / "token", "--roots", folder / "ca.pem"
    )
    assert (refused.exit_code, "not to be believed" in refused.output) == (1, True)
