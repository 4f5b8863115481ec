"""The chain of events: any change is found, lawful erasure is not mistaken for one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decision_engine.audit import Broken, Intact, StoredEvent, canonical, check_chain, commitment, seal

SALT = b"0123456789abcdef"
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(min_codepoint=32, max_codepoint=126)), inner, max_size=4)
    ),
    max_leaves=12,
)


def chain(*sayings: str, name: str = "case-1") -> list[StoredEvent]:
    events: list[StoredEvent] = []
    for seq, saying in enumerate(sayings, start=1):
        payload = canonical({"said": saying})
        sealed = seal(
            {
                "chain": name,
                "seq": seq,
                "prev": events[-1].hash if events else "",
                "kind": "task.completed",
                "commit": commitment(SALT, payload),
            }
        )
        events.append(StoredEvent(seq, sealed.body, sealed.hash, SALT, payload))
    return events


@given(plain)
def test_canonical_bytes_are_read_back_and_written_again_the_same(value: object):
    """Two programs that agree on the value agree on the bytes."""
    once = canonical(value)
    assert canonical(json.loads(once)) == once


@pytest.mark.parametrize("value", [1.5, 2**53, {"键": 1}, {1: 2}, b"x", {"a": [float("nan")]}])
def test_what_json_cannot_say_unambiguously_is_refused(value: object):
    """No floats, no large numbers, no keys beyond ASCII."""
    with pytest.raises(ValueError, match=r"\S"):
        canonical(value)


def test_deeply_nested_answers_do_not_exhaust_the_stack_of_the_check():
    """The check walks without recursion; only JSON's own writer may say no."""
    value: object = "x"
    for _ in range(100_000):
        value = [value]
    with pytest.raises((RecursionError, ValueError)):
        canonical(value)


def test_an_untouched_chain_is_intact():
    """Its length and head are told."""
    events = chain("a", "b", "c")
    assert check_chain("case-1", events) == Intact(3, events[-1].hash)
    assert check_chain("case-1", []) == Intact(0, "")


def test_an_erased_payload_leaves_the_chain_whole():
    """Erasure of what was said is not tampering."""
    events = chain("a", "b", "c")
    events[1] = replace(events[1], payload=None, salt=None)
    assert check_chain("case-1", events)


@given(
    place=st.integers(0, 3),
    deed=st.sampled_from(["body", "hash", "payload", "salt", "drop", "swap", "repeat", "other"]),
    at=st.integers(0, 10_000),
)
def test_any_tampering_with_one_event_is_found(place: int, deed: str, at: int):
    """One flipped bit, a missing, doubled, exchanged or foreign event breaks the chain where it happened."""
    events = chain("a", "b", "c", "d", "e")
    one = events[place]

    def flip(data: bytes) -> bytes:
        spot = at % len(data)
        return data[:spot] + bytes([data[spot] ^ 1]) + data[spot + 1 :]

    match deed:
        case "body":
            events[place] = replace(one, body=flip(one.body))
        case "hash":
            events[place] = replace(one, hash=one.hash[::-1] if one.hash != one.hash[::-1] else "0" * 64)
        case "payload":
            events[place] = replace(one, payload=flip(one.payload or b""))
        case "salt":
            events[place] = replace(one, salt=flip(one.salt or b""))
        case "drop":
            del events[place]
        case "swap":
            events[place], events[place + 1] = events[place + 1], events[place]
        case "repeat":
            events.insert(place, one)
        case "other":
            events[place] = chain("a", "b", "c", "d", "e", name="case-2")[place]
    verdict = check_chain("case-1", events)
    assert isinstance(verdict, Broken)
    assert verdict.seq <= place + 2


def test_re_hashing_an_edited_event_still_breaks_the_link_after_it():
    """Who edits one event must rewrite all that follow."""
    events = chain("a", "b", "c")
    body = json.loads(events[0].body) | {"kind": "task.cancelled"}
    sealed = seal(body)
    events[0] = replace(events[0], body=sealed.body, hash=sealed.hash)
    assert check_chain("case-1", events) == Broken(2, "the link to the event before is cut")
