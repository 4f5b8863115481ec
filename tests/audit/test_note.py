"""Notes, checkpoints and cosignatures: what others wrote is read, what we write is exact, and forgeries are refused."""

from __future__ import annotations

import json
import struct
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from decision_engine.audit import note
from decision_engine.audit.note import Checkpoint, Forged, Kind, Malformed, Note, Signature, SignerKey

VECTORS = json.loads((Path(__file__).parent / "vectors" / "notes.json").read_bytes())
HEAD = Checkpoint("decision-engine/local", 5, bytes(range(32)))
SIGNERS = {kind: SignerKey("decision-engine/local", kind, bytes([kind]) * 32) for kind in Kind}


def signed(*kinds: Kind, time: int = 1_790_000_000) -> Note:
    return Note(HEAD.text, tuple(SIGNERS[kind].sign(HEAD.text, time) for kind in kinds))


# -- what others wrote ----------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["notes"], ids=lambda one: one["origin"])
def test_notes_of_other_implementations_verify_and_are_written_back(vector: dict[str, str]):
    key, read = note.verifier_key(vector["vkey"]), note.parse(vector["note"].encode())
    assert [one.time for one in note.verify(read, [key])] == [vector["time"]]
    assert read.render() == vector["note"]
    assert key.encoded == vector["vkey"]
    if vector["skey"]:
        secret = note.signer_key(vector["skey"])
        assert secret.encoded == vector["skey"]
        assert secret.sign(read.text, 0).line in vector["note"]


@pytest.mark.parametrize("vkey", VECTORS["vkeys"])
def test_keys_of_other_implementations_are_read(vkey: str):
    assert note.verifier_key(vkey).encoded == vkey


@pytest.mark.parametrize("vector", VECTORS["notes"], ids=lambda one: one["origin"])
def test_a_foreign_note_changed_anywhere_no_longer_holds(vector: dict[str, str]):
    key, read = note.verifier_key(vector["vkey"]), note.parse(vector["note"])
    blob = read.signatures[0].blob
    for at in (0, 8, len(blob) // 2, len(blob) - 1):
        flipped = bytes([*blob[:at], blob[at] ^ 1, *blob[at + 1 :]])
        with pytest.raises(Forged):
            key.verify(read.text, flipped)
    for text in (read.text.replace("e", "f", 1), read.text.replace("1", "2", 1)):
        if text != read.text:
            with pytest.raises((Forged, Malformed)):
                key.verify(text, blob)


# -- the exact bytes signed -----------------------------------------------------------------------------


def test_a_plain_signature_is_over_the_text():
    made = SIGNERS[Kind.ED25519].sign(HEAD.text, 7)
    public = Ed25519PublicKey.from_public_bytes(SIGNERS[Kind.ED25519].public.public)
    public.verify(made.blob, HEAD.text.encode())
    assert HEAD.text == f"decision-engine/local\n5\n{b64encode(HEAD.root).decode()}\n"


def test_a_cosignature_is_over_its_time_and_the_text():
    made = SIGNERS[Kind.COSIGNATURE].sign(HEAD.text, 1679315147)
    public = Ed25519PublicKey.from_public_bytes(SIGNERS[Kind.COSIGNATURE].public.public)
    public.verify(made.blob[8:], b"cosignature/v1\ntime 1679315147\n" + HEAD.text.encode())
    assert made.blob[:8] == struct.pack(">Q", 1679315147)


def test_the_post_quantum_signature_is_over_the_structure_of_the_specification():
    made = SIGNERS[Kind.ML_DSA_44].sign(HEAD.text, 1679315147)
    name = b"decision-engine/local"
    structure = b"".join(
        (
            b"subtree/v1\n\0",
            bytes([len(name)]) + name,
            struct.pack(">Q", 1679315147),
            bytes([len(name)]) + name,
            struct.pack(">QQ", 0, 5),
            HEAD.root,
        )
    )
    public = MLDSA44PublicKey.from_public_bytes(SIGNERS[Kind.ML_DSA_44].public.public)
    public.verify(made.blob[8:], structure)
    with pytest.raises(InvalidSignature):
        public.verify(made.blob[8:], structure[:-1] + b"\xff")


@pytest.mark.parametrize("kind", [Kind.COSIGNATURE, Kind.ML_DSA_44])
def test_a_time_cannot_be_changed_afterwards(kind: Kind):
    made, key = SIGNERS[kind].sign(HEAD.text, 1000), SIGNERS[kind].public
    assert key.verify(HEAD.text, made.blob) == 1000
    with pytest.raises(Forged):
        key.verify(HEAD.text, struct.pack(">Q", 1001) + made.blob[8:])
    with pytest.raises(Forged, match="all time"):
        key.verify(HEAD.text, struct.pack(">Q", 2**63) + made.blob[8:])
    with pytest.raises(Malformed):
        SIGNERS[kind].sign("not a checkpoint\n", 1000)


def test_one_key_cannot_stand_in_for_another_kind():
    for kind in Kind:
        for other in Kind:
            key = note.VerifierKey("decision-engine/local", other, SIGNERS[kind].public.public)
            if kind is other:
                assert key.verify(HEAD.text, SIGNERS[kind].sign(HEAD.text, 5).blob) in (5, None)
            else:
                with pytest.raises(Forged):
                    key.verify(HEAD.text, SIGNERS[kind].sign(HEAD.text, 5).blob)


# -- whole notes ----------------------------------------------------------------------------------------


def test_what_is_rendered_parses_to_the_same():
    whole = signed(*Kind)
    assert note.parse(whole.render()) == whole
    assert note.parse(whole.render().encode()) == whole
    assert [one.time for one in note.verify(whole, [SIGNERS[kind].public for kind in Kind])] == [
        None,
        1_790_000_000,
        1_790_000_000,
    ]


def test_lines_by_strangers_are_passed_over_also_under_a_known_name():
    stranger = SignerKey("decision-engine/local", Kind.ED25519, b"x" * 32)
    whole = signed(Kind.ED25519).with_signatures([stranger.sign(HEAD.text, 0)])
    assert note.verify(whole, [SIGNERS[Kind.ED25519].public])[0].key == SIGNERS[Kind.ED25519].public
    assert note.verify(whole, [SIGNERS[Kind.ML_DSA_44].public]) == ()


def test_one_false_line_by_a_known_key_refuses_the_note():
    known = SIGNERS[Kind.ED25519]
    false = Signature(known.name, known.public.id, b"\0" * 64)
    with pytest.raises(Forged):
        note.verify(signed(Kind.ED25519).with_signatures([false]), [known.public])
    short = Signature(known.name, known.public.id, b"\0" * 63)
    with pytest.raises(Forged, match="length"):
        note.verify(signed(Kind.ED25519).with_signatures([short]), [known.public])


def test_the_text_ends_at_the_last_empty_line():
    text = "a\n\nb\n"
    made = SIGNERS[Kind.ED25519].sign(text, 0)
    assert note.parse(Note(text, (made,)).render()).text == text


LINE = "— a AAAAAAA=\n"
NO_NOTES = {
    "empty": "",
    "no signature": "text\n\n",
    "no blank line": f"text\n{LINE}",
    "no final newline": f"text\n\n{LINE[:-1]}",
    "a blank line last": f"text\n\n{LINE}\n",
    "hyphen for dash": "text\n\n- a AAAAAAA=\n",
    "no space after dash": "text\n\n—a AAAAAAA=\n",
    "no name": "text\n\n—  AAAAAAA=\n",
    "plus in the name": "text\n\n— a+b AAAAAAA=\n",
    "unicode space in the name": "text\n\n— a\u3000b AAAAAAA=\n",
    "no base64": "text\n\n— a AAAA*AA=\n",
    "base64 with a space": "text\n\n— a AAAA AAA=\n",
    "base64 spelled twice": "text\n\n— a AAAAAAB=\n",
    "url-safe base64": "text\n\n— a AAAAAA-_\n",
    "an id alone": "text\n\n— a AAAAAA==\n",
    "carriage return": f"text\r\n\n{LINE}",
    "nul": f"te\0xt\n\n{LINE}",
    "tab": f"te\txt\n\n{LINE}",
    "a line in between": f"text\n\n{LINE}junk\n{LINE}",
    "101 signatures": f"text\n\n{LINE * 101}",
    "too long": "x" * (1 << 20) + f"\n\n{LINE}",
    "half a character": "text\ud800\n\n" + LINE,
}


@pytest.mark.parametrize("text", NO_NOTES.values(), ids=NO_NOTES)
def test_what_is_not_exactly_a_note_is_refused(text: str):
    with pytest.raises(Malformed):
        note.parse(text)


def test_a_note_of_the_most_signatures_is_read():
    assert len(note.parse(f"text\n\n{LINE * 100}").signatures) == 100
    assert note.parse(f"text\n\n{LINE}") == Note("text\n", (Signature("a", b"\0" * 4, b"\0"),))


def test_bytes_that_are_not_text_are_refused():
    with pytest.raises(Malformed, match="UTF-8"):
        note.parse(b"te\xffxt\n\n" + LINE.encode())


ROOT = b64encode(HEAD.root).decode()
NO_CHECKPOINTS = {
    "two lines": f"o\n{ROOT}\n",
    "no final newline": f"o\n5\n{ROOT}",
    "no origin": f"\n5\n{ROOT}\n",
    "an empty line": f"o\n5\n{ROOT}\n\n",
    "empty extension": f"o\n5\n{ROOT}\n\nx\n",
    "leading zero": f"o\n05\n{ROOT}\n",
    "plus": f"o\n+5\n{ROOT}\n",
    "negative": f"o\n-5\n{ROOT}\n",
    "blank": f"o\n 5\n{ROOT}\n",
    "point": f"o\n5.0\n{ROOT}\n",
    "underscore": f"o\n5_0\n{ROOT}\n",
    "arabic digits": f"o\n٥\n{ROOT}\n",
    "superscript": f"o\n²\n{ROOT}\n",
    "2^63": f"o\n{2**63}\n{ROOT}\n",
    "endless digits": f"o\n{'9' * 10000}\n{ROOT}\n",
    "short root": f"o\n5\n{b64encode(bytes(31)).decode()}\n",
    "long root": f"o\n5\n{b64encode(bytes(33)).decode()}\n",
    "root unpadded": f"o\n5\n{ROOT.rstrip('=')}\n",
}


@pytest.mark.parametrize("text", NO_CHECKPOINTS.values(), ids=NO_CHECKPOINTS)
def test_what_is_not_exactly_a_checkpoint_is_refused(text: str):
    with pytest.raises(Malformed):
        note.parse_checkpoint(text)


def test_checkpoints_are_read_with_their_extensions():
    assert note.parse_checkpoint(HEAD.text) == HEAD
    assert note.parse_checkpoint(f"o\n0\n{ROOT}\nx\ny\n") == Checkpoint("o", 0, HEAD.root, ("x", "y"))
    assert note.parse_checkpoint(f"o\n{2**63 - 1}\n{ROOT}\n").size == 2**63 - 1


def test_signature_lines_alone_are_read_as_a_witness_answers_them():
    made = signed(*Kind).signatures
    assert note.parse_signatures("".join(one.line for one in made).encode()) == made
    for wrong in ("", "x\n", LINE[:-1], LINE + "\n", LINE * 101):
        with pytest.raises(Malformed):
            note.parse_signatures(wrong)


# -- keys -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
def test_keys_survive_being_written(kind: Kind):
    secret = SIGNERS[kind]
    assert note.signer_key(secret.encoded) == secret
    assert note.verifier_key(secret.public.encoded) == secret.public
    assert secret.encoded not in repr(secret)
    assert repr(secret.seed) not in repr(secret)


def test_mangled_keys_are_refused():
    vkey = VECTORS["notes"][0]["vkey"]
    for start in range(len(vkey)):
        for end in range(start + 1, len(vkey) + 1):
            if (start, end) != (0, len(vkey)):
                with pytest.raises(Malformed):
                    note.verifier_key(vkey[start:end])
    for at in range(len(vkey)):
        with pytest.raises(Malformed):
            note.verifier_key(vkey[:at] + chr(ord(vkey[at]) + 1) + vkey[at + 1 :])
    name, key_id, data = vkey.split("+", 2)
    unknown = b64encode(b"\x65" + b64decode(data)[1:]).decode()
    for wrong in (
        f"{name}+{key_id.upper()}+{data}",
        f"{name}+{key_id}+{unknown}",
        f"\ud800+{key_id}+{data}",
        "",
    ):
        with pytest.raises(Malformed):
            note.verifier_key(wrong)


def test_mangled_secrets_are_refused():
    whole = SIGNERS[Kind.ED25519].encoded
    for wrong in (whole[1:], whole[:-4], whole.replace("+KEY+", "+KEX+"), whole.replace("local", "loca1")):
        with pytest.raises(Malformed):
            note.signer_key(wrong)


def test_names_too_long_to_be_counted_are_not_signed():
    for origin, name in (("o" * 256, "n"), ("o", "n" * 256)):
        text = Checkpoint(origin, 1, HEAD.root).text
        with pytest.raises(Malformed, match="255"):
            SignerKey(name, Kind.ML_DSA_44, bytes(32)).sign(text, 1)
    assert SignerKey("n" * 255, Kind.ML_DSA_44, bytes(32)).sign(Checkpoint("o" * 255, 1, HEAD.root).text, 1)
