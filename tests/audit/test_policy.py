"""Whom to believe: policies are read strictly; a checkpoint is accepted only when enough of the right ones signed."""

from __future__ import annotations

from itertools import combinations

import pytest

from decision_engine.audit import policy
from decision_engine.audit.note import Checkpoint, Kind, Malformed, Note, Signature, SignerKey

ORIGIN = "decision-engine/local"
HEAD = Checkpoint(ORIGIN, 5, bytes(32))
LOG = SignerKey(ORIGIN, Kind.ED25519, b"l" * 32)
LOG_PQ = SignerKey(ORIGIN, Kind.ML_DSA_44, b"q" * 32)
WITNESSES = {
    name: SignerKey(f"{name}.example/w", Kind.COSIGNATURE, name.encode() * 16)
    for name in ("X1", "X2", "X3", "Y1", "Y2", "Y3")
}
LINES = "".join(f"witness {name} {key.public.encoded}\n" for name, key in WITNESSES.items())
TEXT = f"""# two organisations
log {LOG.public.encoded}
  log\t{LOG_PQ.public.encoded} https://log.example/
{LINES}
group X-witnesses 2 X1 X2 X3
group Y-witnesses any Y1 Y2 Y3
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def note_by(*names: str, log: SignerKey = LOG, head: Checkpoint = HEAD) -> Note:
    lines = [log.sign(head.text, 99), *(WITNESSES[name].sign(head.text, 100) for name in names)]
    return Note(head.text, tuple(lines))


def test_the_example_of_the_specification_over_every_set_of_witnesses():
    read = policy.parse(TEXT.encode())
    for count in range(7):
        for names in combinations(WITNESSES, count):
            enough = sum(one.startswith("X") for one in names) >= 2 and any(
                one.startswith("Y") for one in names
            )
            found = policy.judge(read, note_by(*names))
            assert bool(found) is enough, names
            assert [name for name, _ in found.times] == list(names)
            assert (found.reason == "") is enough


def test_a_policy_survives_being_written():
    read = policy.parse(TEXT.encode())
    assert policy.parse(read.text.encode()) == read
    assert policy.parse(b"quorum none") == policy.Policy()


def test_addresses_are_kept_and_mistakes_are_found_by_their_line():
    key = WITNESSES["X1"].public.encoded
    read = policy.parse(
        f"log {LOG.public.encoded} u\nwitness X1 {key} v\nlog {LOG_PQ.public.encoded}\nquorum X1".encode()
    )
    assert [one.url for one in read.logs] == ["u", None]
    assert [one.url for one in read.witnesses] == ["v"]
    for text in (f"witness X1 {key} v w\nquorum none\n", "group G\n#\nquorum none"):
        with pytest.raises(Malformed, match=r"^line 1 "):
            policy.parse(text.encode())


def test_either_key_of_the_log_is_enough_and_one_is_needed():
    read = policy.parse(TEXT.encode())
    names = ("X1", "X2", "Y1")
    assert policy.judge(read, note_by(*names)).log_keys == (LOG.public,)
    assert policy.judge(read, note_by(*names, log=LOG_PQ)).log_keys == (LOG_PQ.public,)
    stranger = SignerKey(ORIGIN, Kind.ED25519, b"s" * 32)
    assert policy.judge(read, note_by(*names, log=stranger)).reason == "no log of the policy signed it"


def test_a_log_speaks_for_its_own_origin_only():
    read = policy.parse(TEXT.encode())
    foreign = Checkpoint("somebody/else", 5, bytes(32))
    assert not policy.judge(read, note_by("X1", "X2", "Y1", head=foreign))


def test_one_false_cosignature_refuses_however_many_are_true():
    read = policy.parse(TEXT.encode())
    known = WITNESSES["X3"].public
    whole = note_by("X1", "X2", "Y1")
    false = Signature(known.name, known.id, bytes(72))
    assert policy.judge(read, whole)
    assert not policy.judge(read, whole.with_signatures([false]))


def test_a_cosignature_under_another_checkpoint_does_not_count():
    read = policy.parse(TEXT.encode())
    other = Checkpoint(ORIGIN, 6, bytes(32))
    moved = note_by("X1", "X2").with_signatures([WITNESSES["Y1"].sign(other.text, 1)])
    assert not policy.judge(read, moved)


def test_without_quorum_the_word_of_the_log_is_enough():
    read = policy.parse(f"log {LOG.public.encoded}\nquorum none\n".encode())
    assert policy.judge(read, note_by())
    assert not policy.judge(read, Note("no checkpoint\n", note_by().signatures))


def test_a_single_witness_may_be_the_quorum():
    key = WITNESSES["Y2"].public.encoded
    read = policy.parse(
        f"log {LOG.public.encoded}\nwitness \xe9t\xe9 {key}\nquorum \xe9t\xe9\n".encode("latin-1")
    )
    assert policy.judge(read, note_by("Y2"))
    assert not policy.judge(read, note_by("Y1"))


X1, X2 = (WITNESSES[name].public.encoded for name in ("X1", "X2"))
RENAMED = SignerKey("other", Kind.COSIGNATURE, WITNESSES["X1"].seed).public.encoded
NO_POLICIES = {
    "empty": "",
    "no quorum": f"log {LOG.public.encoded}\n",
    "two quorums": "quorum none\nquorum none\n",
    "unknown word": "quorum none\nnonsense\n",
    "quorum not defined": "quorum X\n",
    "quorum defined below": f"quorum X1\nwitness X1 {X1}\n",
    "quorum of two": f"witness X1 {X1}\nquorum X1 X1\n",
    "name twice": f"witness X1 {X1}\nwitness X1 {X2}\nquorum none\n",
    "name none": f"witness none {X1}\nquorum none\n",
    "the same key under two names": f"witness X1 {X1}\nwitness X2 {RENAMED}\nquorum none\n",
    "the same log twice": f"log {LOG.public.encoded}\nlog {LOG.public.encoded}\nquorum none\n",
    "a cosigner as a log": f"log {X1}\nquorum none\n",
    "a log as a witness": f"witness X1 {LOG.public.encoded}\nquorum none\n",
    "no key": "witness X1\nquorum none\n",
    "a mangled key": f"witness X1 {X1[:-1]}\nquorum none\n",
    "too many words": f"log {LOG.public.encoded} u v\nquorum none\n",
    "threshold 0": f"witness X1 {X1}\ngroup G 0 X1\nquorum G\n",
    "threshold beyond": f"witness X1 {X1}\ngroup G 2 X1\nquorum G\n",
    "threshold -1": f"witness X1 {X1}\ngroup G -1 X1\nquorum G\n",
    "threshold in words": f"witness X1 {X1}\ngroup G most X1\nquorum G\n",
    "threshold without end": f"witness X1 {X1}\ngroup G {'1' * 9999} X1\nquorum G\n",
    "no members": "group G any\nquorum G\n",
    "none as a member": "group G any none\nquorum G\n",
    "itself as a member": "group G any G\nquorum G\n",
    "a member twice": f"witness X1 {X1}\ngroup G 2 X1 X1\nquorum G\n",
    "a member of two groups": f"witness X1 {X1}\ngroup G any X1\ngroup H any X1\nquorum G\n",
    "carriage return": "quorum none\r\n",
    "nul": "quorum none\0\n",
    "delete": "quorum none\x7f\n",
    "too long": "#" * (1 << 20) + "\nquorum none\n",
}


@pytest.mark.parametrize("text", NO_POLICIES.values(), ids=NO_POLICIES)
def test_what_is_not_exactly_a_policy_is_refused(text: str):
    with pytest.raises(Malformed):
        policy.parse(text.encode())


def test_bytes_that_are_no_text_are_refused_in_keys():
    with pytest.raises(Malformed):
        policy.parse(b"log \xff+00000000+AA==\nquorum none\n")
