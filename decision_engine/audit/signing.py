"""The service's signature under every event: proof that the service wrote it, not somebody with a database.

Guarantees
* A signature is Ed25519 (RFC 8032) over `"decision-engine/event/v1" LF` and the 32 bytes of the event's hash. The
  prefix keeps it from ever being taken for a signature of anything else.
* A key is named by the first 16 hex digits of the SHA-256 of its 32 raw public bytes.
* The private key is a PEM file (PKCS #8) outside the database, readable by its owner alone. Several processes that
  start at once agree on one key: the first to finish the file wins, whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

PREFIX = b"decision-engine/event/v1\n"
ID_LENGTH = 16
PUBLIC_LENGTH = 32


@dataclass(frozen=True, slots=True)
class EventKey:
    """A key that signs events. *public* are its 32 raw bytes."""

    id: str
    public: bytes
    _private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"EventKey({self.id})"

    def sign(self, event_hash: str) -> bytes:
        """Return the 64-byte signature under the event with *event_hash* (64 hex digits)."""
        return self._private.sign(signed_bytes(event_hash))


def signed_bytes(event_hash: str) -> bytes:
    """Return the exact bytes that are signed for the event with *event_hash*. Raises ValueError if it is none."""
    digest = bytes.fromhex(event_hash)
    if len(digest) != hashlib.sha256().digest_size:
        raise ValueError("an event hash has 64 hex digits")
    return PREFIX + digest


def key_id(public: bytes) -> str:
    """Return the name of the key with the raw *public* bytes."""
    return hashlib.sha256(public).hexdigest()[:ID_LENGTH]


def verifies(public: bytes, event_hash: str, signature: bytes | None) -> bool:
    """Tell whether *signature* is that of the key *public* (32 bytes) under the event with *event_hash*."""
    if signature is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed_bytes(event_hash))
    except (InvalidSignature, ValueError):
        return False
    return True


def new_key() -> EventKey:
    """Return a fresh key that is in no file yet."""
    return _named(Ed25519PrivateKey.generate())


def read_key(path: Path) -> EventKey:
    """Return the key in the PEM file *path*. Raises FileNotFoundError, or ValueError if it is no Ed25519 key."""
    private = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError(f"{path} does not hold an Ed25519 key")  # noqa: TRY004  what is wrong is the file
    return _named(private)


def keep_key(key: EventKey, path: Path) -> None:
    """Write *key* to the new file *path*, mode 0600, whole or not at all. Raises FileExistsError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    pem = key._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # noqa: SLF001
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike a rename, refused when somebody else was faster
    finally:
        draft.unlink(missing_ok=True)


def open_key(path: Path) -> EventKey:
    """Return the key in *path*, made if there is none yet."""
    try:
        return read_key(path)
    except FileNotFoundError:
        with suppress(FileExistsError):
            keep_key(new_key(), path)
        return read_key(path)


def _named(private: Ed25519PrivateKey) -> EventKey:
    public = private.public_key().public_bytes_raw()
    return EventKey(key_id(public), public, private)
