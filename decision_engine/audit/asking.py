"""Asking a witness for its cosignature: the other end of C2SP tlog-witness.

Guarantees
* Returns within a few times the patience given, whatever the witness does: refuses, hangs, drips, lies. Never raises.
* A cosignature is handed on only if it verifies with the key the policy names, over the very note that was sent.
* Follows no redirection and reads no answer beyond `LARGEST_ANSWER`.
"""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from decision_engine.audit import merkle, note
from decision_engine.audit.note import Note, Signature
from decision_engine.audit.policy import Witness

log = logging.getLogger(__name__)

LARGEST_ANSWER = 64 * 1024
_COSIGNED, _STANDS_ELSEWHERE = 200, 409


@dataclass(frozen=True, slots=True)
class Growth:
    """What witnesses are asked to confirm: the signed *held* about *size* leaves.

    *consistency* proves from any smaller size; it may be called by several threads at once, and raise as
    `merkle.consistency_proof` does.
    """

    held: Note
    size: int
    consistency: Callable[[int, int], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the *witness* of that name gave: its cosignatures (*lines*), and the *size* it holds as far as is known."""

    witness: str
    size: int
    lines: tuple[Signature, ...] = ()


def ask(witness: Witness, growth: Growth, known: int, patience: float) -> Answer:
    """Ask *witness*, thought to hold *known* leaves, to confirm *growth*; *patience*: seconds for each step."""
    try:
        status, body = _add(witness, growth, known, patience)
        if status == _STANDS_ELSEWHERE:
            known = note.number(body.decode("ascii").removesuffix("\n"))
            if known > growth.size:
                log.error("witness %s has seen %d leaves, the log has %d", witness.name, known, growth.size)
                return Answer(witness.name, 0)
            status, body = _add(witness, growth, known, patience)
        if status != _COSIGNED:
            log.warning("witness %s answers %d", witness.name, status)
            return Answer(witness.name, known)
        lines = [one for one in note.parse_signatures(body) if _is_by(witness, one)]
        for line in lines:
            witness.key.verify(growth.held.text, line.blob)
    except (OSError, http.client.HTTPException, ValueError, merkle.MissingHashes) as problem:
        log.warning("witness %s gives no cosignature: %s", witness.name, type(problem).__name__)
        return Answer(witness.name, known)
    return Answer(witness.name, growth.size, tuple(lines))


def _is_by(witness: Witness, line: Signature) -> bool:
    return (line.name, line.key_id) == (witness.key.name, witness.key.id)


def _add(witness: Witness, growth: Growth, known: int, patience: float) -> tuple[int, bytes]:
    proof = growth.consistency(known, growth.size) if known else ()
    lines = "".join(f"{b64encode(one).decode()}\n" for one in proof)
    body = f"old {known}\n{lines}\n{growth.held.render()}".encode()
    return post(f"{(witness.url or '').rstrip('/')}/add-checkpoint", body, patience)


def post(url: str, body: bytes, patience: float) -> tuple[int, bytes]:
    """POST *body* to *url* and return status and answer. *patience*: seconds to connect, twice that for the rest.

    Raises OSError, HTTPException, ValueError.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a witness has an http or https address")
    connection = (
        http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=patience, context=ssl.create_default_context()
        )
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.hostname, parts.port, timeout=patience)
    )
    connection.connect()
    guillotine = threading.Timer(2 * patience, _cut, (connection.sock,))
    guillotine.start()  # a witness that drips bytes keeps within every single timeout
    try:
        connection.request("POST", parts.path, body, {"Content-Type": "text/plain"})
        answer = connection.getresponse()
        data = answer.read(LARGEST_ANSWER + 1)
    finally:
        guillotine.cancel()
        guillotine.join()
        connection.close()
    if len(data) > LARGEST_ANSWER:
        raise ValueError("an answer this long is none")
    return answer.status, data


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
