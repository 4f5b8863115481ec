"""A witness answers as tlog-witness says, cosigns no fork, forgets nothing, and takes any input calmly."""

from __future__ import annotations

import http.client
import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from decision_engine import witness as witnesses
from decision_engine.audit import note
from decision_engine.audit.keyring import new_signers
from decision_engine.audit.memory import Memory
from decision_engine.audit.note import Checkpoint, Kind, Malformed, Note, SignerKey, VerifierKey
from decision_engine.witness import Answer, MemoryLost, Witness
from tests.notaries import MORNING, ORIGIN, MemoryLog, served, standing_clock

SIGNERS = new_signers(ORIGIN, iter([b"1" * 32, b"2" * 32]).__next__)
KEYS = tuple(one.public for one in SIGNERS)
OWN = SignerKey("witness.example/w", Kind.COSIGNATURE, b"w" * 32)
OWN_PQ = SignerKey("witness.example/w", Kind.ML_DSA_44, b"q" * 32)
NOTES = json.loads((Path(__file__).parent / "audit" / "vectors" / "notes.json").read_bytes())


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "witness") as held:
        witnesses.begin(held)
        yield held


@pytest.fixture
def witness(memory: Memory) -> Witness:
    return Witness(memory, [OWN], KEYS, standing_clock())


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


def ask(
    log: MemoryLog, old: int, *signers: SignerKey, origin: str = ORIGIN, old_log: MemoryLog | None = None
) -> bytes:
    """Return the request to move from *old* to what *log* holds."""
    size, root = log.head()
    text = Checkpoint(origin, size, root).text
    whole = Note(text, tuple(one.sign(text, 1) for one in signers or SIGNERS[:1]))
    proof = (old_log or log).consistency(old, size) if 0 < old <= size else ()
    return body(old, proof, whole.render())


def body(old: object, proof: object, whole: str) -> bytes:
    lines = "".join(f"{b64encode(one).decode()}\n" for one in proof)  # type: ignore[attr-defined]
    return f"old {old}\n{lines}\n{whole}".encode()


def grown(log: MemoryLog, witness: Witness, *sizes: int) -> None:
    for size in sizes:
        old = len(log.bodies)
        log.grow_to(size)
        assert witness.add_checkpoint(ask(log, old)).status == 200


# -- the protocol ---------------------------------------------------------------------------------------


def test_what_extends_is_cosigned(witness: Witness, log: MemoryLog):
    old = 0
    for size in (1, 2, 3, 256, 257, 600):
        log.grow_to(size)
        answer = witness.add_checkpoint(ask(log, old))
        text = Checkpoint(ORIGIN, size, log.root).text
        (line,) = note.parse_signatures(answer.body)
        assert answer.status == 200
        assert OWN.public.verify(text, line.blob) == int(MORNING.timestamp())
        old = size


def test_with_two_keys_it_cosigns_twice(memory: Memory, log: MemoryLog):
    witness = Witness(memory, [OWN, OWN_PQ], KEYS, standing_clock())
    log.grow_to(4)
    lines = note.parse_signatures(witness.add_checkpoint(ask(log, 0)).body)
    text = Checkpoint(ORIGIN, 4, log.root).text
    whole = Note(text, lines)
    assert [one.key.kind for one in note.verify(whole, [OWN.public, OWN_PQ.public])] == [
        Kind.COSIGNATURE,
        Kind.ML_DSA_44,
    ]


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda one: one.kind.name)
def test_either_key_of_the_log_is_enough(witness: Witness, log: MemoryLog, signer: SignerKey):
    log.grow_to(4)
    assert witness.add_checkpoint(ask(log, 0, signer)).status == 200


def test_the_same_head_is_cosigned_again(witness: Witness, log: MemoryLog):
    grown(log, witness, 5)
    assert witness.add_checkpoint(ask(log, 5)).status == 200


def test_an_empty_log_may_be_cosigned_and_grows_from_there(witness: Witness, log: MemoryLog):
    assert witness.add_checkpoint(ask(log, 0)).status == 200
    grown(log, witness, 3)
    false = Checkpoint(ORIGIN, 0, b"x" * 32).text
    whole = Note(false, (SIGNERS[0].sign(false, 1),)).render()
    assert witness.add_checkpoint(body(0, (), whole)).status == 409


def test_another_old_size_is_told_the_right_one(witness: Witness, log: MemoryLog):
    grown(log, witness, 5, 8)
    log.grow_to(9)
    for old in (0, 5, 9):
        assert witness.add_checkpoint(ask(log, old)) == Answer(409, "8\n", witnesses.SIZE_TYPE)
    assert witness.add_checkpoint(ask(log, 8)).status == 200


def test_a_false_proof_is_refused(witness: Witness, log: MemoryLog):
    grown(log, witness, 5)
    log.grow_to(9)
    size, root = log.head()
    text = Checkpoint(ORIGIN, size, root).text
    whole = Note(text, (SIGNERS[0].sign(text, 1),)).render()
    honest = log.consistency(5, 9)
    for proof in ((), honest[1:], honest[::-1], [*honest, root], [b"x" * 32] * len(honest)):
        assert witness.add_checkpoint(body(5, proof, whole)).status == 422
    assert witness.add_checkpoint(body(5, honest, whole)).status == 200


def test_from_nothing_no_proof_is_taken(witness: Witness, log: MemoryLog):
    log.grow_to(2)
    text = Checkpoint(ORIGIN, 2, log.root).text
    whole = Note(text, (SIGNERS[0].sign(text, 1),)).render()
    assert witness.add_checkpoint(body(0, [log.root], whole)).status == 422


def test_an_unknown_log_an_unknown_key_and_a_false_signature(witness: Witness, log: MemoryLog):
    log.grow_to(2)
    assert witness.add_checkpoint(ask(log, 0, origin="another/log")).status == 404
    stranger = SignerKey(ORIGIN, Kind.ED25519, b"s" * 32)
    assert witness.add_checkpoint(ask(log, 0, stranger)).status == 403
    assert witness.add_checkpoint(ask(log, 0, stranger, SIGNERS[0])).status == 200
    text = Checkpoint(ORIGIN, 3, log.root).text
    moved = SIGNERS[0].sign(Checkpoint(ORIGIN, 4, log.root).text, 1)
    assert witness.add_checkpoint(body(2, (), Note(text, (moved,)).render())).status == 403


def test_an_old_size_beyond_the_checkpoint_is_no_request(witness: Witness, log: MemoryLog):
    log.grow_to(2)
    assert witness.add_checkpoint(ask(log, 3)).status == 400


@pytest.mark.parametrize("vector", [NOTES["notes"][1], *NOTES["requests"]], ids=lambda one: one["origin"])
def test_requests_of_another_implementation_are_cosigned(memory: Memory, vector: dict[str, str]):
    key = (
        note.verifier_key(vector["vkey"])
        if "vkey" in vector
        else VerifierKey(vector["name"], Kind.ED25519, bytes.fromhex(vector["public"]))
    )
    witness = Witness(memory, [OWN], [key], standing_clock())
    assert witness.add_checkpoint(f"old 0\n\n{vector['note']}".encode()).status == 200


# -- forks ----------------------------------------------------------------------------------------------


def test_a_fork_is_never_cosigned_and_its_proof_is_kept(witness: Witness, log: MemoryLog, memory: Memory):
    grown(log, witness, 10)
    fork = MemoryLog(b"forged", *log.bodies[1:])
    assert witness.add_checkpoint(ask(fork, 10)).status == 409
    fork.grow(b"and on")
    assert witness.add_checkpoint(ask(fork, 10)).status == 422
    kept = (memory.read(witnesses.EVIDENCE) or b"").decode().split(witnesses.SEPARATOR)[:-1]
    assert [note.parse_checkpoint(note.parse(one).text).size for one in kept] == [10, 11]
    assert all(note.verify(note.parse(one), KEYS) for one in kept)
    held = (memory.read(witnesses.HISTORY) or b"").decode().split(witnesses.SEPARATOR)[:-1]
    assert [note.parse_checkpoint(note.parse(one).text).size for one in held] == [10]


def test_evidence_does_not_fill_the_disk(
    witness: Witness, log: MemoryLog, memory: Memory, monkeypatch: pytest.MonkeyPatch
):
    grown(log, witness, 3)
    monkeypatch.setattr(witnesses, "LARGEST_EVIDENCE", 1000)
    for number in range(20):
        assert witness.add_checkpoint(ask(MemoryLog(b"a", b"b", b"%d" % number), 3)).status == 409
    assert 0 < memory.size(witnesses.EVIDENCE) <= 1000


def test_what_it_saw_survives_a_restart(witness: Witness, log: MemoryLog, memory: Memory):
    grown(log, witness, 5, 9)
    again = Witness(memory, [OWN], KEYS, standing_clock())
    assert again.head(ORIGIN) == Checkpoint(ORIGIN, 9, log.root)
    log.grow_to(12)
    assert again.add_checkpoint(ask(log, 9)).status == 200


def test_put_back_to_an_old_state_it_still_cosigns_no_fork(witness: Witness, log: MemoryLog, memory: Memory):
    """T29. An old file of heads is overtaken by the history; even with both gone back, no fork of the rest passes."""
    grown(log, witness, 5)
    old_heads, old_history = memory.read(witnesses.HEADS), memory.read(witnesses.HISTORY)
    assert old_heads is not None
    assert old_history is not None
    grown(log, witness, 9)
    memory.write(witnesses.HEADS, old_heads)
    again = Witness(memory, [OWN], KEYS, standing_clock())
    assert again.head(ORIGIN) == Checkpoint(ORIGIN, 9, log.root)
    memory.write(witnesses.HEADS, old_heads)
    memory.write(witnesses.HISTORY, old_history)
    again = Witness(memory, [OWN], KEYS, standing_clock())
    assert again.add_checkpoint(ask(log, 9)) == Answer(409, "5\n", witnesses.SIZE_TYPE)
    fork = MemoryLog(b"forged", *log.bodies[1:])
    assert again.add_checkpoint(ask(fork, 5)).status == 422
    assert again.add_checkpoint(ask(log, 5)).status == 200


def test_without_its_heads_it_does_not_start(memory: Memory, log: MemoryLog):
    (memory.path / witnesses.HEADS).unlink()
    with pytest.raises(MemoryLost):
        Witness(memory, [OWN], KEYS, standing_clock())


@pytest.mark.parametrize(
    "text", ["", "[]", "7", '{"a": 5}', '{"a": "no checkpoint"}', '{"a": "b\\n0\\nAA==\\n"}']
)
def test_heads_somebody_wrote_in_are_refused(memory: Memory, text: str):
    memory.write(witnesses.HEADS, text.encode())
    with pytest.raises(Malformed):
        Witness(memory, [OWN], KEYS, standing_clock())


def test_a_head_under_another_name_is_refused(witness: Witness, log: MemoryLog, memory: Memory):
    grown(log, witness, 5)
    heads = json.loads(memory.read(witnesses.HEADS) or b"")
    memory.write(witnesses.HEADS, json.dumps({"other": heads[ORIGIN]}).encode())
    with pytest.raises(Malformed):
        Witness(memory, [OWN], KEYS, standing_clock())


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("point", ["witness.signed", "witness.history_written", "witness.persisted"])
def test_dying_anywhere_it_remembers_what_it_may_have_said(
    witness: Witness, log: MemoryLog, memory: Memory, point: str, monkeypatch: pytest.MonkeyPatch
):
    grown(log, witness, 5)
    honest = list(log.bodies)
    log.grow_to(9)

    def die(name: str) -> None:
        if name == point:
            raise Died

    with monkeypatch.context() as patched:
        patched.setattr(witnesses, "crash_point", die)
        with pytest.raises(Died):
            witness.add_checkpoint(ask(log, 5))
    again = Witness(memory, [OWN], KEYS, standing_clock())
    head = again.head(ORIGIN)
    assert head is not None
    assert head.size == (5 if point == "witness.signed" else 9)
    assert again.add_checkpoint(ask(log, head.size)).status == 200
    fork = MemoryLog(*honest, b"another", b"way", b"to", b"nine")
    assert again.add_checkpoint(ask(fork, 9)).status == 409


def test_a_disk_that_fails_means_no_cosignature(
    witness: Witness, log: MemoryLog, monkeypatch: pytest.MonkeyPatch
):
    log.grow_to(5)

    def full(name: str, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(witness._memory, "write", full)
        with served(witness) as port:
            assert send(port, ask(log, 0))[0] == 503
    assert witness.head(ORIGIN) is None
    assert witness.add_checkpoint(ask(log, 0)).status == 200


def test_of_two_forks_at_the_same_time_one_wins(witness: Witness, log: MemoryLog):
    for start in range(0, 40, 4):
        base = list(log.bodies)
        forks = [MemoryLog(*base, b"%d" % number) for number in range(8)]
        answers: list[tuple[int, int]] = []
        ready = threading.Barrier(len(forks))

        def race(number: int, fork: MemoryLog, old: int) -> None:
            ready.wait()  # noqa: B023  the threads of a turn end within it
            answers.append((witness.add_checkpoint(ask(fork, old)).status, number))  # noqa: B023

        threads = [threading.Thread(target=race, args=(n, one, len(base))) for n, one in enumerate(forks)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        winners = [number for status, number in answers if status == 200]
        assert len(winners) == 1, start
        log.rewrite(forks[winners[0]].bodies)


# -- hostile input --------------------------------------------------------------------------------------


def test_a_request_with_any_byte_changed_is_never_cosigned(witness: Witness, log: MemoryLog):
    grown(log, witness, 5)
    log.grow_to(9)
    honest = ask(log, 5)
    for at in range(len(honest)):
        for change in (1, 0x80):
            wrong = bytes([*honest[:at], honest[at] ^ change, *honest[at + 1 :]])
            assert witness.add_checkpoint(wrong).status in {400, 403, 404, 409, 422}, at
    for end in range(len(honest)):
        assert witness.add_checkpoint(honest[:end]).status == 400
    assert witness.add_checkpoint(honest).status == 200, "the control: unchanged it is"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n\n", b"old 0", b"old 0\n\n", b"old -1\n\nx\n", b"old 00\n\nx", b"old 1.0\n\nx", b"old true\n\nx",
        b"old " + b"9" * 5000 + b"\n\nx", b"\xff" * 100, b"old 0\n" + b"AAAA\n" * 3 + b"\nx\n",
        b"old 0\n" + b64encode(bytes(32)) + b"\n\n", b"old 0\r\n\r\nx\n", b"OLD 0\n\nx\n", b"x" * (1 << 20),
    ],
)  # fmt: skip
def test_what_is_no_request_is_told_so(witness: Witness, data: bytes):
    assert witness.add_checkpoint(data).status == 400


def test_more_proof_lines_than_any_log_needs_are_refused(witness: Witness, log: MemoryLog):
    log.grow_to(2)
    _, _, whole = ask(log, 0).partition(b"\n\n")
    lines = [bytes(32)] * 64
    assert witness.add_checkpoint(body(0, lines, whole.decode())).status == 400
    assert witness.add_checkpoint(body(0, lines[1:], whole.decode())).status == 422


def send(
    port: int, data: bytes, method: str = "POST", path: str = witnesses.PATH
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, data)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_over_http(witness: Witness, log: MemoryLog):
    with served(witness) as port:
        log.grow_to(3)
        status, headers, answer = send(port, ask(log, 0))
        assert (status, headers["Content-Type"]) == (200, witnesses.PLAIN_TYPE)
        assert note.parse_signatures(answer)[0].name == OWN.name
        status, headers, answer = send(port, ask(log, 0))
        assert (status, headers["Content-Type"], answer) == (409, "text/x.tlog.size", b"3\n")
        assert send(port, b"nonsense")[0] == 400
        assert send(port, b"", path="/")[0] == 404
        status, headers, _ = send(port, b"", method="GET")
        assert (status, headers["Allow"]) == (405, "POST")
        assert send(port, b"x" * (witnesses.LARGEST_BODY + 1))[0] == 413
        assert send(port, ask(log, 3))[0] == 200
