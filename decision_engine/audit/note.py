"""Signed notes, checkpoints and cosignatures as C2SP writes them: parsed strictly, signed, verified.

Guarantees
* signed-note: text, an empty line, signature lines. Anything malformed refuses the whole note; a line by a key that is
  not known is passed over; a line by a known key that does not verify refuses the whole note.
* tlog-checkpoint: origin, size, root, one line each; extension lines may follow.
* Three kinds of signature: Ed25519 over the text (0x01), Ed25519 cosignature/v1 (0x04) and ML-DSA-44 subtree/v1
  (0x06, FIPS 204 with an empty context), the last two with a time inside what is signed. FORMAT.md has the exact bytes.
* What is rendered parses to the same value; base64 has one spelling. Pure: no files, no clock.

Sources: c2sp.org signed-note, tlog-checkpoint, tlog-cosignature.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from struct import pack

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

LARGEST_NOTE = 1 << 20
MOST_SIGNATURES = 100
LARGEST_NUMBER = 2**63 - 1
SEED_LENGTH = 32
ROOT_LENGTH = 32
ID_LENGTH = 4
LONGEST_NAME = 255
_LEAST_LINES = 3
_DASH = "\N{EM DASH} "
_SECRET = "PRIVATE+KEY+"  # noqa: S105  the mark of a secret key, none itself


class Malformed(ValueError):
    """What was read is no note, checkpoint, key or policy as C2SP writes them."""


class Forged(ValueError):
    """A line names a known key, and that key did not sign this."""


class Kind(IntEnum):
    """The signature types of signed-note that are understood here."""

    ED25519 = 0x01
    COSIGNATURE = 0x04
    ML_DSA_44 = 0x06


_PUBLIC_LENGTH = {Kind.ED25519: 32, Kind.COSIGNATURE: 32, Kind.ML_DSA_44: 1312}
_SIGNATURE_LENGTH = {Kind.ED25519: 64, Kind.COSIGNATURE: 8 + 64, Kind.ML_DSA_44: 8 + 2420}


# -- what is written ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who, with which key, and the bytes (with their time, where the kind has one)."""

    name: str
    key_id: bytes
    blob: bytes

    @property
    def line(self) -> str:
        """The line as a note carries it, with its newline."""
        return f"{_DASH}{self.name} {_encoded(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A *text*, ending in a newline, and the signatures below it."""

    text: str
    signatures: tuple[Signature, ...]

    def render(self) -> str:
        """Return the note as it is stored and sent."""
        return self.text + "\n" + "".join(one.line for one in self.signatures)

    def with_signatures(self, more: Iterable[Signature]) -> Note:
        """Return the note with *more* lines below, none twice."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *more))))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of the log *origin*: *size* leaves under the 32-byte *root*."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text that is signed: three lines, then the extensions."""
        return "".join(
            f"{line}\n" for line in (self.origin, str(self.size), _encoded(self.root), *self.extensions)
        )


# -- keys -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name and kind: what a reader must be given from outside to prove anything."""

    name: str
    kind: Kind
    public: bytes

    @property
    def id(self) -> bytes:
        """The 4 bytes by which a line names this key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:ID_LENGTH]

    @property
    def encoded(self) -> str:
        """The key as a vkey: name+id+base64(kind || key)."""
        return f"{self.name}+{self.id.hex()}+{_encoded(bytes([self.kind]) + self.public)}"

    def verify(self, text: str, blob: bytes) -> int | None:
        """Return the time the signature *blob* over *text* claims, None for a kind without one.

        Raises Forged when this key did not sign it, Malformed when a timed signature is on no checkpoint.
        """
        if len(blob) != _SIGNATURE_LENGTH[self.kind]:
            raise Forged(f"a signature by {self.name} has another length")
        time = None if self.kind is Kind.ED25519 else int.from_bytes(blob[:8], "big")
        if time is not None and time > LARGEST_NUMBER:
            raise Forged(f"a signature by {self.name} is beyond all time")
        signed = _signed(self, text, time or 0)
        try:
            if self.kind is Kind.ML_DSA_44:
                MLDSA44PublicKey.from_public_bytes(self.public).verify(blob[8:], signed)
            else:
                Ed25519PublicKey.from_public_bytes(self.public).verify(blob[-64:], signed)
        except (InvalidSignature, ValueError) as error:
            raise Forged(f"{self.name} did not sign this") from error
        return time


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A secret key: a 32-byte *seed* with its name and kind. Never printed: its text is for one file, mode 0600."""

    name: str
    kind: Kind
    seed: bytes

    def __repr__(self) -> str:
        return f"SignerKey({self.name!r}, {self.kind!r}, ...)"

    @property
    def public(self) -> VerifierKey:
        """The key to give away."""
        private = self._private()
        return VerifierKey(self.name, self.kind, private.public_key().public_bytes_raw())

    @property
    def encoded(self) -> str:
        """The secret as text: PRIVATE+KEY+name+id+base64(kind || seed)."""
        public = self.public
        return f"{_SECRET}{self.name}+{public.id.hex()}+{_encoded(bytes([self.kind]) + self.seed)}"

    def sign(self, text: str, time: int) -> Signature:
        """Return this key's signature over *text*, claiming *time* (seconds since 1970; unused by kind 0x01).

        Raises Malformed when the kind signs checkpoints only and *text* is none.
        """
        public = self.public
        made = self._private().sign(_signed(public, text, time))
        stamp = b"" if self.kind is Kind.ED25519 else pack(">Q", time)
        return Signature(self.name, public.id, stamp + made)

    def _private(self) -> Ed25519PrivateKey | MLDSA44PrivateKey:
        if self.kind is Kind.ML_DSA_44:
            return MLDSA44PrivateKey.from_seed_bytes(self.seed)
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def verifier_key(text: str) -> VerifierKey:
    """Return the key a vkey names. Raises Malformed: also when the id is not that of the key."""
    name, key_id, data = _key_parts(text)
    kind, public = _kind(data)
    if len(public) != _PUBLIC_LENGTH[kind]:
        raise Malformed("a public key of another length")
    key = VerifierKey(name, kind, public)
    if key.id != key_id:
        raise Malformed("the id is not that of the key")
    return key


def signer_key(text: str) -> SignerKey:
    """Return the secret key a line of a key file holds. Raises Malformed."""
    if not text.startswith(_SECRET):
        raise Malformed("no secret key")
    name, key_id, data = _key_parts(text.removeprefix(_SECRET))
    kind, seed = _kind(data)
    if len(seed) != SEED_LENGTH:
        raise Malformed(f"a seed has {SEED_LENGTH} bytes")
    key = SignerKey(name, kind, seed)
    if key.public.id != key_id:
        raise Malformed("the id is not that of the key")
    return key


def signer_keys(data: bytes) -> tuple[SignerKey, ...]:
    """Return the secret keys in a key file, one a line. Raises Malformed, also when there is none."""
    keys = tuple(signer_key(line) for line in _plain(data).split("\n") if line)
    if not keys:
        raise Malformed("no key in the file")
    return keys


# -- reading --------------------------------------------------------------------------------------------


def parse(data: bytes | str) -> Note:
    """Return the note in *data* (UTF-8). Raises Malformed for anything that is not exactly one."""
    text = _plain(data)
    body, blank, below = text.rpartition("\n\n")
    if not blank or not below.endswith("\n"):
        raise Malformed("a note is a text, an empty line and signatures")
    lines = below[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise Malformed(f"more than {MOST_SIGNATURES} signatures")
    return Note(body + "\n", tuple(map(_signature, lines)))


def parse_signatures(data: bytes | str) -> tuple[Signature, ...]:
    """Return the signature lines that are all of *data*, as a witness answers them. Raises Malformed."""
    text = _plain(data)
    if not text.endswith("\n") or text.count("\n") > MOST_SIGNATURES:
        raise Malformed("signature lines end in newlines, and are few")
    return tuple(map(_signature, text[:-1].split("\n")))


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint a note's *text* is. Raises Malformed."""
    lines = _plain(text).split("\n")
    if lines.pop() or len(lines) < _LEAST_LINES or not all(lines):
        raise Malformed("a checkpoint is three or more lines, none empty")
    root = decoded(lines[2])
    if len(root) != ROOT_LENGTH:
        raise Malformed(f"a root has {ROOT_LENGTH} bytes")
    return Checkpoint(lines[0], number(lines[1]), root, tuple(lines[3:]))


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds: *key* signed, claiming *time* (seconds since 1970; None for kind 0x01)."""

    key: VerifierKey
    time: int | None


def verify(note: Note, keys: Iterable[VerifierKey]) -> tuple[Verified, ...]:
    """Return every signature on *note* by one of *keys*, in the order of its lines; empty when none signed.

    Lines by other keys are passed over. Raises Forged when a line names one of *keys* and does not verify.
    """
    known = {(one.name, one.id): one for one in keys}
    held = []
    for one in note.signatures:
        key = known.get((one.name, one.key_id))
        if key is not None:
            held.append(Verified(key, key.verify(note.text, one.blob)))
    return tuple(held)


# -- small things others read the same way --------------------------------------------------------------


def number(text: str) -> int:
    """Return a decimal number below 2^63 in its one spelling. Raises Malformed."""
    plain = (
        text.isascii()
        and text.isdigit()
        and len(text) <= len(str(LARGEST_NUMBER))
        and (text == "0" or text[0] != "0")
    )
    if not plain or int(text) > LARGEST_NUMBER:
        raise Malformed("not a number in its one spelling")
    return int(text)


def decoded(text: str) -> bytes:
    """Return the bytes of standard base64 in its one spelling. Raises Malformed."""
    try:
        data = b64decode(text, validate=True)
    except (NotBase64, ValueError) as error:
        raise Malformed("not base64") from error
    if _encoded(data) != text:
        raise Malformed("not base64 in its one spelling")
    return data


def is_key_name(name: str) -> bool:
    """Say whether *name* may name a key: something, without any space, plus sign or control character."""
    return bool(name) and not any(one == "+" or one.isspace() or one < " " for one in name)


# -- inside ---------------------------------------------------------------------------------------------


def _signed(key: VerifierKey, text: str, time: int) -> bytes:
    """Return the exact bytes that *key* signs to say *text* at *time*."""
    if key.kind is Kind.ED25519:
        return text.encode()
    checkpoint = parse_checkpoint(text)
    if key.kind is Kind.COSIGNATURE:
        return f"cosignature/v1\ntime {time}\n{text}".encode()
    return b"".join(
        (
            b"subtree/v1\n\0",
            _counted(key.name),
            pack(">Q", time),
            _counted(checkpoint.origin),
            pack(">QQ", 0, checkpoint.size),
            checkpoint.root,
        )
    )


def _counted(text: str) -> bytes:
    data = text.encode()
    if not 1 <= len(data) <= LONGEST_NAME:
        raise Malformed(f"a name has 1 to {LONGEST_NAME} bytes")
    return bytes([len(data)]) + data


def _plain(data: bytes | str) -> str:
    if len(data) > LARGEST_NOTE:
        raise Malformed("too long")
    try:
        text = data if isinstance(data, str) else data.decode()
        text.encode()
    except UnicodeError as error:
        raise Malformed("not UTF-8") from error
    if any(one < " " and one != "\n" for one in text):
        raise Malformed("a control character")
    return text


def _signature(line: str) -> Signature:
    name, gap, data = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not gap or not is_key_name(name):
        raise Malformed("not a signature line")
    blob = decoded(data)
    if len(blob) <= ID_LENGTH:
        raise Malformed("a signature without bytes")
    return Signature(name, blob[:ID_LENGTH], blob[ID_LENGTH:])


def _key_parts(text: str) -> tuple[str, bytes, bytes]:
    name, _, rest = _plain(text).partition("+")
    key_id, _, data = rest.partition("+")
    plain = len(key_id) == 2 * ID_LENGTH and all(one in "0123456789abcdef" for one in key_id)
    if not (is_key_name(name) and plain):
        raise Malformed("a key is name+id+base64")
    return name, bytes.fromhex(key_id), decoded(data)


def _kind(data: bytes) -> tuple[Kind, bytes]:
    try:
        return Kind(data[0]), data[1:]
    except (IndexError, ValueError) as error:
        raise Malformed("a key of a kind unknown here") from error


def _encoded(data: bytes) -> str:
    return b64encode(data).decode()
