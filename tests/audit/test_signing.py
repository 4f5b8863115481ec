"""The service's signature: exact bytes, a key that is named by itself, and a file only its owner reads."""

from __future__ import annotations

import hashlib
import stat
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from decision_engine.audit.signing import (
    keep_key,
    key_id,
    new_key,
    open_key,
    read_key,
    signed_bytes,
    verifies,
)

HASH = hashlib.sha256(b"an event").hexdigest()


def test_what_is_signed_is_the_prefix_and_the_raw_hash() -> None:
    """Checked with another call of the library, over bytes written out here."""
    key = new_key()
    message = b"decision-engine/event/v1\n" + bytes.fromhex(HASH)
    assert signed_bytes(HASH) == message
    Ed25519PublicKey.from_public_bytes(key.public).verify(key.sign(HASH), message)
    assert len(key.sign(HASH)) == 64


def test_a_key_is_named_by_the_hash_of_its_public_bytes() -> None:
    key = new_key()
    assert key.id == key_id(key.public) == hashlib.sha256(key.public).hexdigest()[:16]
    assert repr(key) == f"EventKey({key.id})"  # and nothing secret


def test_rfc_8032_s_first_key_signs_as_it_should(tmp_path: Path) -> None:
    """The key of RFC 8032, 7.1, test 1; its signature under our bytes is deterministic."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    private = Ed25519PrivateKey.from_private_bytes(seed)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    key = read_key(tmp_path / "key.pem")
    assert key.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(HASH) == private.sign(signed_bytes(HASH)) == key.sign(HASH)


@settings(max_examples=50, deadline=None)
@given(place=st.integers(0, 63), bit=st.integers(0, 7))
def test_one_bit_anywhere_and_it_no_longer_holds(place: int, bit: int) -> None:
    signature = KEY.sign(HASH)
    assert verifies(KEY.public, HASH, signature)
    bent = bytearray(signature)
    bent[place] ^= 1 << bit
    assert not verifies(KEY.public, HASH, bytes(bent))


KEY = new_key()


@pytest.mark.parametrize("signature", [None, b"", b"\x00" * 64, b"\x00" * 63])
def test_what_is_no_signature_does_not_hold(signature: bytes | None) -> None:
    assert not verifies(KEY.public, HASH, signature)


def test_another_key_or_another_event_does_not_hold() -> None:
    signature = KEY.sign(HASH)
    assert not verifies(new_key().public, HASH, signature)
    assert not verifies(KEY.public, "0" * 64, signature)
    assert not verifies(b"short", HASH, signature)
    assert not verifies(KEY.public, "not hex", signature)
    assert not verifies(KEY.public, "00", signature)


@pytest.mark.parametrize("text", ["", "00", "x" * 64, "0" * 66])
def test_only_a_hash_is_signed(text: str) -> None:
    with pytest.raises(ValueError, match="hex"):
        KEY.sign(text)


# -- the file ------------------------------------------------------------------------------------------------


def test_a_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "event.pem"
    key = open_key(file)
    assert open_key(file).id == key.id
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [one.name for one in file.parent.iterdir()] == ["event.pem"]


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    begin, ids = threading.Barrier(8), []

    def start() -> None:
        begin.wait()
        ids.append(open_key(tmp_path / "event.pem").id)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    keep_key(KEY, tmp_path / "event.pem")
    with pytest.raises(FileExistsError):
        keep_key(new_key(), tmp_path / "event.pem")
    assert read_key(tmp_path / "event.pem").id == KEY.id


def test_a_file_that_is_no_such_key_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "event.pem"
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (b"", b"nonsense", other):
        file.write_bytes(content)
        with pytest.raises(ValueError):  # noqa: PT011  the library's words differ
            open_key(file)
        assert file.read_bytes() == content
