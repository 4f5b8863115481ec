"""RFC 3161 timestamps over checkpoints: an authority outside says when a signed note lay before it.

The whole note is stamped, signatures included, so that it can be believed after the keys under it no longer are
(RFC 4998). Nothing of the log leaves but a hash. Needs the extra `timestamps` (rfc3161-client).
"""

from __future__ import annotations

import urllib.request
from collections.abc import Sequence
from datetime import datetime
from http.client import HTTPException
from urllib.error import URLError
from urllib.parse import urlsplit

from cryptography.x509 import Certificate, load_pem_x509_certificates

LONGEST = 64 * 1024
"""Bytes of an answer; a token with its certificates has a few thousand."""
PATIENCE = 30.0


class NotStamped(Exception):
    """There is no timestamp to be believed; the sentence says why."""


def stamped(note: bytes, tsa: str, roots: bytes) -> tuple[bytes, datetime]:
    """Have the authority at the URL *tsa* stamp *note*; return its answer (DER) and the time it tells.

    *roots* are the certificates (PEM) of those whose word counts. The answer is to our question (nonce) and verified
    before it is returned. Raises `NotStamped`.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415  an extra

    trusted = _certificates(roots)
    if urlsplit(tsa).scheme not in {"http", "https"}:
        raise NotStamped("a timestamp authority is asked over http or https")
    asked = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256).build()
    request = urllib.request.Request(  # noqa: S310  http(s), see above
        tsa, asked.as_bytes(), {"Content-Type": "application/timestamp-query"}
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            token: bytes = answer.read(LONGEST + 1)
    except (URLError, OSError, HTTPException) as problem:
        raise NotStamped(f"the authority does not answer: {problem}") from problem
    return token, _time(note, token, trusted, asked.nonce)


def time_of(note: bytes, token: bytes, roots: bytes) -> datetime:
    """Return when *note* was stamped, by the *token* kept with it and the certificates (PEM) trusted.

    Raises `NotStamped` when the token is of another note, or of nobody trusted.
    """
    return _time(note, token, _certificates(roots), None)


def _time(note: bytes, token: bytes, roots: Sequence[Certificate], nonce: int | None) -> datetime:
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response  # noqa: PLC0415

    if len(token) > LONGEST:
        raise NotStamped("the answer is too long")
    try:
        answer = decode_timestamp_response(token)
        VerifierBuilder(roots=list(roots), nonce=nonce).build().verify_message(answer, note)
    except (VerificationError, ValueError) as problem:
        raise NotStamped(str(problem)) from problem
    return answer.tst_info.gen_time


def _certificates(pem: bytes) -> Sequence[Certificate]:
    try:
        return load_pem_x509_certificates(pem)
    except ValueError as problem:
        raise NotStamped("these are no certificates (PEM)") from problem
