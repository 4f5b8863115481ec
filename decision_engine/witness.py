"""A witness: cosigns checkpoints of the logs it follows, and never one that contradicts what it saw before.

Speaks C2SP tlog-witness (`POST /add-checkpoint`); needs neither the database nor the service, only its own directory.

Guarantees
* A head is on the disk before its cosignature leaves, and whoever asks is told apart from whoever asks at the same
  time: two answers never grow out of one state.
* A checkpoint is cosigned only if a key trusted for its origin signed it and it extends the newest head on the disk,
  that is in `heads.json` or in the history beside it: putting back an old file does not make it forget. Only putting
  back the whole directory does, and then it still cosigns no fork of what it then remembers.
* Without its heads it does not start: it would believe the first comer.
* A head that a trusted key signed and that does not fit is kept: it is the proof that the log showed two faces.
* Whatever is sent gets an answer that HTTP foresees; no body is read beyond `LARGEST_BODY`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from decision_engine.audit import merkle, note
from decision_engine.audit.memory import Memory
from decision_engine.audit.note import Checkpoint, Forged, Malformed, Note, SignerKey, VerifierKey
from decision_engine.clock import Clock
from decision_engine.crash import crash_point

log = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024
LONGEST_PROOF = 63
LARGEST_EVIDENCE = 16 * 1024 * 1024
PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
PLAIN_TYPE = "text/plain; charset=utf-8"
HEADS = "heads.json"
HISTORY = "checkpoints.txt"
EVIDENCE = "evidence.txt"
TAIL = 1024 * 1024
SEPARATOR = "----\n"


class MemoryLost(RuntimeError):
    """What the witness saw before is gone."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the witness says: an HTTP status and a body."""

    status: int
    body: str = ""
    type: str = PLAIN_TYPE


@dataclass(frozen=True, slots=True)
class Request:
    """A request as tlog-witness writes it: the *old* size, the *proof* from there, and the note."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


def parse_request(data: bytes) -> Request:
    """Return what the body *data* asks. Raises Malformed."""
    if len(data) > LARGEST_BODY:
        raise Malformed("too long")
    head, gap, rest = data.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    if not gap or not lines[0].startswith("old ") or len(lines) - 1 > LONGEST_PROOF:
        raise Malformed("old size, proof lines, an empty line, a checkpoint")
    proof = tuple(map(note.decoded, lines[1:]))
    if any(len(one) != merkle.HASH_LENGTH for one in proof):
        raise Malformed("a hash has 32 bytes")
    asked = note.parse(rest)
    return Request(
        note.number(lines[0].removeprefix("old ")), proof, asked, note.parse_checkpoint(asked.text)
    )


class Witness:
    """Follows the logs whose *keys* it was given and cosigns with *signers*, remembering in *memory*.

    Raises MemoryLost when the memory holds no heads (a new witness has an empty `heads.json`, see `begin`), Malformed
    when they are no longer what was written there.
    """

    def __init__(
        self, memory: Memory, signers: Iterable[SignerKey], keys: Iterable[VerifierKey], clock: Clock
    ) -> None:
        heads = memory.read(HEADS)
        if heads is None:
            raise MemoryLost(f"{memory.path} holds no {HEADS}: what this witness saw is lost")
        self._memory = memory
        self._signers = tuple(signers)
        self._clock = clock
        self._keys: dict[str, list[VerifierKey]] = {}
        for key in keys:
            self._keys.setdefault(key.name, []).append(key)
        self._heads = _newest(_heads(heads), memory.tail(HISTORY, TAIL))
        self._lock = Lock()

    def head(self, origin: str) -> Checkpoint | None:
        """Return the last head of the log *origin* that was cosigned."""
        return self._heads.get(origin)

    def add_checkpoint(self, data: bytes) -> Answer:
        """Answer the request in *data* (C2SP tlog-witness, add-checkpoint). Raises OSError when the disk fails."""
        try:
            asked = parse_request(data)
        except Malformed as error:
            return Answer(400, f"{error}\n")
        keys = self._keys.get(asked.checkpoint.origin)
        if keys is None:
            return Answer(404, "this log is not followed here\n")
        try:
            signed = {one.key for one in note.verify(asked.note, keys)}
        except Forged as error:
            return Answer(403, f"{error}\n")
        if not signed:
            return Answer(403, "no key trusted for this log signed this\n")
        if asked.old > asked.checkpoint.size:
            return Answer(400, "the old size is beyond the checkpoint\n")
        with self._lock:
            return self._answer(asked, _essence(asked.note, signed))

    def _answer(self, asked: Request, essence: str) -> Answer:
        new, held = asked.checkpoint, self._heads.get(asked.checkpoint.origin)
        size = held.size if held is not None else 0
        if asked.old != size:
            self._suspect(new, held, essence)
            return Answer(409, f"{size}\n", SIZE_TYPE)
        if held is not None and new.size == size and new.root != held.root:
            self._suspect(new, held, essence)
            return Answer(409, f"{size}\n", SIZE_TYPE)
        if not _extends(new, held, asked.proof):
            self._keep_evidence(essence)
            return Answer(422, "the proof does not lead from the last head to this one\n")
        lines = self._cosign(asked.note.text)
        crash_point("witness.signed")
        if new != held:
            self._remember(new, essence)
        crash_point("witness.persisted")
        return Answer(200, lines)

    def _cosign(self, text: str) -> str:
        time = int(self._clock.now().timestamp())
        return "".join(one.sign(text, time).line for one in self._signers)

    def _remember(self, new: Checkpoint, essence: str) -> None:
        heads = self._heads | {new.origin: new}
        self._memory.append(HISTORY, (essence + SEPARATOR).encode())
        crash_point("witness.history_written")
        self._memory.write(HEADS, json.dumps({one: heads[one].text for one in heads}, indent=1).encode())
        self._heads = heads

    def _suspect(self, new: Checkpoint, held: Checkpoint | None, essence: str) -> None:
        """Keep a head of the size remembered under another root: no proof can ever reconcile the two."""
        if held is not None and new.size == held.size and new.root != held.root:
            self._keep_evidence(essence)

    def _keep_evidence(self, essence: str) -> None:
        log.error("a signed head contradicts what was seen; kept in %s", EVIDENCE)
        kept = (essence + SEPARATOR).encode()
        if self._memory.size(EVIDENCE) + len(kept) <= LARGEST_EVIDENCE:
            self._memory.append(EVIDENCE, kept)


def begin(memory: Memory) -> None:
    """Make *memory* that of a witness which has seen nothing yet, and is to believe the first head of each log."""
    memory.write(HEADS, b"{}")


def _newest(heads: dict[str, Checkpoint], history: bytes) -> dict[str, Checkpoint]:
    """Return *heads*, overtaken by those in the tail of the history that are larger."""
    newest = dict(heads)
    for part in history.decode("utf-8", "replace").split(SEPARATOR):
        try:
            seen = note.parse_checkpoint(note.parse(part).text)
        except Malformed:
            continue  # the first and the last may be cut
        if seen.origin not in newest or seen.size > newest[seen.origin].size:
            newest[seen.origin] = seen
    return newest


def _heads(data: bytes) -> dict[str, Checkpoint]:
    try:
        texts: Any = json.loads(data)
        heads = {str(origin): note.parse_checkpoint(str(text)) for origin, text in texts.items()}
    except (ValueError, AttributeError) as error:
        raise Malformed(f"{HEADS} is damaged; without it nothing may be cosigned") from error
    if any(origin != head.origin for origin, head in heads.items()):
        raise Malformed(f"{HEADS} is damaged; without it nothing may be cosigned")
    return heads


def _extends(new: Checkpoint, held: Checkpoint | None, proof: tuple[bytes, ...]) -> bool:
    if held is None or held.size == 0:
        return not proof and (new.size > 0 or new.root == merkle.EMPTY_ROOT)
    return merkle.verify_consistency(held.size, new.size, proof, held.root, new.root)


def _essence(whole: Note, signed: set[VerifierKey]) -> str:
    """Return the note with the shortest line of the log: enough to prove what it said."""
    ids = {(one.name, one.id) for one in signed}
    lines = [one for one in whole.signatures if (one.name, one.key_id) in ids]
    return Note(whole.text, (min(lines, key=lambda one: len(one.blob)),)).render()


# -- the door -------------------------------------------------------------------------------------------

_REASONS = {
    200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
    413: "Content Too Large", 422: "Unprocessable Content", 503: "Service Unavailable",
}  # fmt: skip

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def door(witness: Witness) -> Wsgi:
    """Return the witness as a WSGI application."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = _serve(witness, environ)
        body = answer.body.encode()
        headers = [("Content-Type", answer.type), ("Content-Length", str(len(body)))]
        if answer.status == 405:  # noqa: PLR2004  RFC 9110, 15.5.6: the answer names what is allowed
            headers.append(("Allow", "POST"))
        start_response(f"{answer.status} {_REASONS[answer.status]}", headers)
        return [body]

    return serve


def _serve(witness: Witness, environ: Mapping[str, Any]) -> Answer:
    if environ.get("PATH_INFO") != PATH:
        return Answer(404, f"POST {PATH}\n")
    if environ.get("REQUEST_METHOD") != "POST":
        return Answer(405, f"POST {PATH}\n")
    data = environ["wsgi.input"].read(LARGEST_BODY + 1)
    if len(data) > LARGEST_BODY:
        return Answer(413, "too long\n")
    try:
        return witness.add_checkpoint(data)
    except OSError:
        log.exception("the memory of the witness fails; nothing is cosigned")
        return Answer(503, "the witness cannot remember now\n")


def make_server(witness: Witness, host: str, port: int) -> Any:
    """Return a server for *witness*, listening; port 0 takes any free one. Run it with `run`, end it with `close`."""
    from waitress import create_server  # noqa: PLC0415  only the process that serves needs it

    return create_server(
        door(witness),
        host=host,
        port=port,
        threads=4,
        max_request_body_size=LARGEST_BODY + 1,
        channel_timeout=30,
    )
