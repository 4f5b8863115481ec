"""Events: exact bytes, a hash over them, and the hash of the event before inside them.

Guarantees
* An event's bytes are RFC 8785 canonical JSON restricted to ASCII keys, text, integers below 2^53, booleans,
  null, arrays and objects: two programs write the same bytes, for decades.
* `hash = SHA-256("ev1" LF body)`; the body names its chain, its place (*seq*, from 1) and *prev*, the hash before.
* What a person said, and every name, lies outside the body behind `SHA-256("cm1" || salt || payload)`, with a
  salt of its own: erasing the payload leaves the chain whole and gives nothing away (proof.md 1.6).
* Nothing here knows a database or a clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

EVENT_PREFIX = b"ev1\n"
COMMIT_PREFIX = b"cm1"
SALT_LENGTH = 16
LARGEST_INTEGER = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event ready to be stored."""

    body: bytes
    hash: str


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it lies in the log. *payload* and *salt* are None when they were erased."""

    seq: int
    body: bytes
    hash: str
    salt: bytes | None = None
    payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class Intact:
    """The chain holds; *length* events, the last with hash *head* (empty for none)."""

    length: int
    head: str

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Broken:
    """The chain fails first at place *seq*, for *reason*."""

    seq: int
    reason: str

    def __bool__(self) -> bool:
        return False


def canonical(value: Any) -> bytes:
    """Return *value* as canonical JSON bytes. Raises ValueError for what JSON cannot say unambiguously."""
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def commitment(salt: bytes, payload: bytes) -> str:
    """Return the commitment to *payload* under *salt* (16 bytes)."""
    if len(salt) != SALT_LENGTH:
        raise ValueError(f"a salt has {SALT_LENGTH} bytes")
    return hashlib.sha256(COMMIT_PREFIX + salt + payload).hexdigest()


def seal(body: Mapping[str, Any]) -> Sealed:
    """Return *body* as bytes with its hash."""
    data = canonical(dict(body))
    return Sealed(body=data, hash=_hash(data))


def check_chain(chain: str, events: Iterable[StoredEvent]) -> Intact | Broken:
    """Check *events*, in order, as the whole of *chain*: places, links, hashes, commitments.

    Says nothing about a missing tail: that takes a head kept elsewhere.
    """
    previous, length = "", 0
    for event in events:
        place = length + 1
        if event.seq != place:
            return Broken(place, f"event {place} is missing: found {event.seq}")
        if _hash(event.body) != event.hash:
            return Broken(place, "the bytes are not those that were hashed")
        body = json.loads(event.body)
        if (body.get("chain"), body.get("seq")) != (chain, place):
            return Broken(place, "the event belongs elsewhere")
        if body.get("prev") != previous:
            return Broken(place, "the link to the event before is cut")
        if event.payload is not None and (
            event.salt is None or commitment(event.salt, event.payload) != body.get("commit")
        ):
            return Broken(place, "the payload is not the one committed to")
        previous, length = event.hash, place
    return Intact(length, previous)


def _hash(body: bytes) -> str:
    return hashlib.sha256(EVENT_PREFIX + body).hexdigest()


def _check(value: Any) -> None:
    """Walk *value* without recursion (answers may be nested deeply by an enemy)."""
    pending = [value]
    while pending:
        match pending.pop():
            case None | bool() | str():
                continue
            case int() as number if abs(number) <= LARGEST_INTEGER:
                continue
            case list() | tuple() as items:
                pending.extend(items)
            case dict() as fields:
                if not all(isinstance(key, str) and key.isascii() for key in fields):
                    raise ValueError("keys are ASCII text")
                pending.extend(fields.values())
            case other:
                raise ValueError(f"not for the log: {type(other).__name__}")
