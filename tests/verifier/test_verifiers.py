"""Both verifiers on bundles written by the tests' own hand: clean ones, spoiled ones, hostile ones.

Every spoiled bundle is given to `verify.py` and, in Chromium, to `verify.html`; both must give the same verdict, word
for word, although they share no line.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from decision_engine.verifier import verify
from tests.verifier import writer
from tests.verifier.writer import CASE, Made, b64, canonical, raw, seed, zipped

VECTORS = Path(__file__).parents[1] / "audit" / "vectors"
FIRST_ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture(scope="session")
def story() -> Made:
    """The short story; never changed by a test."""
    return Made().played()


def check(bundle: bytes, **outside: Any) -> dict[str, Any]:
    """Return the verdict of `verify.py`."""
    try:
        return verify.verify(bundle, **outside).verdict()
    except verify.NotABundle as refusal:
        return {"verdict": "unreadable", "zh": refusal.zh, "en": refusal.en}


# -- clean bundles ----------------------------------------------


def test_a_clean_bundle_has_nothing_to_find_and_says_what_was_not_checked(story, page):
    found = check(story.bundle(), policy=story.policy)
    assert (found["verdict"], found["findings"]) == ("ok", [])
    assert found["about"]["steps"] == 8
    assert found["about"]["ended"] is True
    assert found["about"]["witnesses"] == ["archive"]
    assert page.verify(story.bundle(), policy=story.policy) == found
    inside = check(story.bundle())
    assert any("policy.txt" in one["en"] for one in inside["unchecked"])
    assert not any("policy.txt" in one["en"] for one in found["unchecked"])
    assert page.verify(story.bundle()) == inside
    assert not [url for url in page.asked if not url.startswith("file:")], "the page asked for something"


def test_a_lawful_erasure_is_no_finding_and_a_silent_one_is(page):
    made = Made().played()
    spoken = made.entries[4]
    spoken["payload"] = spoken["salt"] = None
    silent = check(made.bundle(), policy=made.policy)
    assert classes(silent) == {("erased", CASE, 4)}
    assert page.verify(made.bundle(), policy=made.policy) == silent
    made.log(
        "payload.erased", said={"reason": "本人申请"}, erases="event4", authority="个人信息保护法第四十七条"
    )
    made.checkpoint()
    lawful = check(made.bundle(), policy=made.policy)
    assert lawful["findings"] == []
    assert any("第 4 条的陈述已依法清除" in one["zh"] for one in lawful["unchecked"])
    assert page.verify(made.bundle(), policy=made.policy) == lawful


def test_a_new_key_is_followed_and_events_before_keys_are_told(page):
    made = Made()
    made.introduce("service")
    made.introduce("second", by="service")
    made.log("case.opened", said={"title": "一", "matter": {}}, label="决〔2026〕1号", definition=made.definition,
             passed=["start"], next=[["t1", "register"]])  # fmt: skip
    made.checkpoint()
    found = check(made.bundle(), policy=made.policy)
    assert found["findings"] == []
    assert page.verify(made.bundle(), policy=made.policy) == found
    early = Made()
    early.log("case.opened", key=None, said={"title": "一", "matter": {}}, label="决〔2026〕1号",
              definition=early.definition, passed=["start"], next=[["t1", "register"]])  # fmt: skip
    early.introduce("service")
    early.checkpoint()
    told = check(early.bundle(), policy=early.policy)
    assert told["findings"] == []
    assert any("older than signing" in one["en"] for one in told["unchecked"])


# -- spoiled bundles --------------------------------------------


def classes(found: dict[str, Any]) -> set[tuple[Any, ...]]:
    return {(one["class"], one["chain"], one["seq"]) for one in found["findings"]}


def body_of(made: Made, number: int) -> dict[str, Any]:
    return json.loads(made.entries[number]["body"])


Spoil = Callable[[Made], Any]
SPOILS: dict[str, tuple[Spoil, set[tuple[Any, ...]]]] = {}


def spoil(*expected: tuple[Any, ...]) -> Callable[[Spoil], Spoil]:
    """Register a way to spoil a bundle, with (class, seq) of findings that must be among those found."""

    def register(function: Spoil) -> Spoil:
        SPOILS[function.__name__] = (function, set(expected))
        return function

    return register


def swap(made: Made, name: str, change: Callable[[Any], Any]) -> bytes:
    """Change one JSON file of the bundle, its hash put right."""
    files = made.files()
    value = json.loads(files[name])
    changed = change(value)
    return made.bundle({**files, name: canonical(value if changed is None else changed)})


@spoil(("hash", 4), ("signature", 4), ("inclusion", 4))
def a_body_is_edited(made: Made) -> None:
    made.entries[4]["body"] = made.entries[4]["body"].replace(b'"id":"p1"', b'"id":"p2"')


@spoil(("signature", 4), ("inclusion", 4), ("link", 5))
def a_body_is_edited_and_hashed_anew(made: Made) -> None:
    entry = made.entries[4]
    signature = entry["signature"]
    made.rewrite(entry, {**body_of(made, 4), "actor": {"id": "p2"}}, "nobody")
    entry["signature"] = signature


@spoil(("commitment", 4))
def what_was_said_is_changed(made: Made) -> None:
    made.entries[4]["payload"] = made.entries[4]["payload"].replace("同意".encode(), "反对".encode())


@spoil(("place", 4), ("link", 5), ("procedure", 5))
def an_entry_is_deleted(made: Made) -> None:
    del made.entries[5 - 1]


@spoil(("place", 4))
def entries_are_swapped(made: Made) -> None:
    made.entries[4]["seq"], made.entries[5]["seq"] = made.entries[5]["seq"], made.entries[4]["seq"]


@spoil(("signature", 10), ("inclusion", 10))
def an_entry_is_forged_at_the_end(made: Made) -> None:
    made.log("comment.received", key="service", said={"text": "假"})
    made.entries[-1]["signature"] = made.entries[-2]["signature"]
    made.entries[-1]["leaf"] = 9


@spoil(("unsigned", 10))
def an_unsigned_entry_is_added(made: Made) -> None:
    made.log("comment.received", key=None, said={"text": "假"})
    made.checkpoint()


@spoil(("key", 10))
def an_entry_is_signed_by_a_key_nobody_introduced(made: Made) -> None:
    made.log("comment.received", key="thief", said={"text": "假"})
    made.checkpoint()


@spoil(("key", 2))
def a_key_introduces_itself(made: Made) -> None:
    made.introduce("thief")
    made.checkpoint()


@spoil(("key", 10))
def a_retired_key_signs_again(made: Made) -> None:
    made.introduce("second", by="service")
    made.at += 7_200_000
    made.log("comment.received", key="service", said={"text": "旧钥"})
    made.checkpoint()


@spoil(("backdated", 10))
def an_entry_is_backdated(made: Made) -> None:
    now = made.at
    made.at -= 20 * 86_400_000
    made.log("comment.received", said={"text": "倒签"})
    made.at = now
    made.checkpoint()


@spoil(("postdated", 10))
def an_entry_is_postdated(made: Made) -> None:
    now = made.at
    made.at += 20 * 86_400_000
    made.log("comment.received", said={"text": "预签"})
    made.at = now
    made.checkpoint()


@spoil(("consistency", None))
def history_is_rewritten_and_signed_again(made: Made) -> None:
    made.leaves[2] = seed("another")
    made.notes[-1] = made.sign(10, writer.root_of(made.leaves))


@spoil(("note", None), ("quorum", None))
def the_checkpoint_is_signed_by_others(made: Made) -> Any:
    policy = made.policy
    made.notary = made.witness = "stranger"
    made.notes[-1] = made.sign(10, writer.root_of(made.leaves))
    return made.bundle(), policy


@spoil(("quorum", None))
def no_witness_cosigned(made: Made) -> None:
    made.notes[-1] = b"".join(made.notes[-1].splitlines(keepends=True)[:-1])


@spoil(("note", None), ("quorum", None))
def the_witness_signed_another_time(made: Made) -> None:
    lines = made.notes[-1].splitlines(keepends=True)
    line = lines[-1].decode()
    blob = bytearray(base64.b64decode(line.split(" ")[2]))
    blob[11] ^= 1
    lines[-1] = f"— archive.example/w {b64(bytes(blob))}\n".encode()
    made.notes[-1] = b"".join(lines)


@spoil(("note", None))
def the_post_quantum_line_is_gone(made: Made) -> None:
    made.notes[-1] = made.sign(10, writer.root_of(made.leaves), post_quantum=False)


@spoil(("note", None))
def the_post_quantum_line_is_of_another_root(made: Made) -> None:
    good, other = made.notes[-1].splitlines(keepends=True), made.sign(10, seed("x")).splitlines(keepends=True)
    made.notes[-1] = b"".join([*good[:5], other[5], *good[6:]])


@spoil(("definition", 1))
def the_diagram_is_exchanged(made: Made) -> Any:
    files = made.files()
    return made.bundle(
        {**files, "definition/main.bpmn": made.diagram.replace(b'default="again"', b'default="approved"')}
    )


@spoil(("definition", None))
def the_diagram_has_a_doctype(made: Made) -> Any:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>' + made.diagram.split(b"?>", 1)[1]
    return made.bundle({**made.files(), "definition/main.bpmn": bomb})


@spoil(("document", 2))
def a_paper_is_exchanged(made: Made) -> Any:
    files = made.files()
    (sha,) = made.papers
    return made.bundle({**files, f"documents/{sha}": "每小时五十元。".encode()})


@spoil(("document", 2))
def a_paper_is_gone(made: Made) -> Any:
    files = made.files()
    (sha,) = made.papers
    del files[f"documents/{sha}"]
    return made.bundle(files)


@spoil(("document", 2))
def a_paper_is_retitled(made: Made) -> Any:
    return swap(made, "documents.json", lambda rows: rows[0].update(title="别的题目"))


@spoil(("document", None))
def a_paper_nobody_filed(made: Made) -> Any:
    return made.bundle({**made.files(), "documents/" + "0" * 64: b"x"})


@spoil(("rule", 3))
def a_rule_is_not_in_the_book(made: Made) -> Any:
    return swap(made, "rules.json", lambda book: book.update(rules=[]))


@spoil(("procedure", 4))
def a_step_is_told_twice(made: Made) -> None:
    """Whoever holds every key can write a perfect log of an impossible procedure."""
    again = Made()
    again.introduce("service")
    for entry in made.entries[1:4] + made.entries[3:]:
        body = json.loads(entry["body"])
        about = {
            k: v
            for k, v in body.items()
            if k not in {"v", "id", "chain", "seq", "prev", "at", "kind", "actor", "commit", "key"}
        }
        again.log(body["kind"], said=json.loads(entry["payload"])["said"], **about)
    again.papers, again.registered = made.papers, made.registered
    again.checkpoint()
    made.__dict__.update(again.__dict__)


@spoil(("place", 1))
def the_label_is_another(made: Made) -> Any:
    return made.bundle(label="决〔2026〕2号")


@spoil(("checkpoint", None))
def the_size_is_another(made: Made) -> Any:
    return made.bundle(checkpoint_size=11)


@spoil(("file", None))
def a_file_is_not_as_listed(made: Made) -> Any:
    files = made.files()
    bundle = json.loads(verify.read_zip(made.bundle())["bundle.json"])
    return zipped(
        {"bundle.json": canonical(bundle), **dict(sorted({**files, "README.en.txt": b"trust me\n"}.items()))}
    )


@spoil(("policy", None))
def the_policy_inside_is_none(made: Made) -> Any:
    return made.bundle({**made.files(), "policy.txt": b"quorum nobody\n"}), None


@spoil(("consistency", None))
def the_proof_of_growth_is_gone(made: Made) -> Any:
    return swap(made, "consistency.json", lambda rows: rows[:-1])


@spoil(("consistency", None))
def a_proof_of_growth_stands_twice(made: Made) -> Any:
    return swap(made, "consistency.json", lambda rows: [rows[0], *rows])


@spoil(("document", None))
def a_paper_is_registered_twice(made: Made) -> Any:
    """The first row would be read by people and by no verifier."""
    return swap(made, "documents.json", lambda rows: [{**rows[0], "title": "另一份方案"}, *rows])


@spoil(("unsigned", 2))
def unsigned_entries_are_put_before_the_first_key(made: Made) -> Any:
    """Whoever holds the notary's key sequences anew and takes the true introduction of the key, but later."""
    keys, *case = made.entries
    for entry in case:
        entry["leaf"], entry["signature"] = None, None
        body = {name: value for name, value in json.loads(entry["body"]).items() if name != "key"}
        before = [one for one in case if one["seq"] == entry["seq"] - 1]
        made.rewrite(entry, body | {"prev": before[0]["hash"] if before else ""}, None)
    keys["leaf"] = None
    made.entries = [*case, keys]
    made.leaves, made.notes, made.sizes = [], [], []
    made.checkpoint()


@spoil(("inclusion", 3))
def a_proof_is_huge(made: Made) -> Any:
    def grow(rows: list[dict[str, Any]]) -> None:
        rows[2]["proof"] = [b64(seed("x"))] * 5000

    return swap(made, "events.json", grow)


@pytest.mark.parametrize("name", SPOILS)
def test_what_is_spoiled_is_found_at_its_place_by_both(name, page):
    function, expected = SPOILS[name]
    made = Made().played()
    result = function(made)
    bundle, policy = result if isinstance(result, tuple) else (result or made.bundle(), made.policy)
    found = check(bundle, **({"policy": policy} if policy else {}))
    places = {(one, seq) for one, _, seq in classes(found)}
    assert expected <= places, (expected, found)
    assert page.verify(bundle, **({"policy": policy} if policy else {})) == found


# -- what is odd and disproves nothing --------------------------


def remarks(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(one["class"], one["chain"], one["seq"], one.get("interval")) for one in found["remarks"]]


def test_a_witness_line_nobody_can_check_is_no_plain_ok(page):
    made = Made().played()
    made.notes[0] = made.notes[0].replace(b"archive.example/w", b"archive.example/v")
    found = check(made.bundle(), policy=made.policy)
    assert (found["verdict"], found["findings"]) == ("remarks", [])
    assert remarks(found) == [("signer", None, None, [0, 4]), ("unwitnessed", None, None, [0, 4])]
    assert any("it is passed over" in one["en"] for one in found["unchecked"])
    assert page.verify(made.bundle(), policy=made.policy) == found
    made.notes[-1] = made.notes[-1].replace(b"archive.example/w", b"archive.example/v")
    assert {one for one, _, _ in classes(check(made.bundle(), policy=made.policy))} == {"quorum"}


def test_a_line_of_a_stranger_is_passed_over_and_nothing_odd(page):
    """C2SP: whoever may sign besides; here one whose name and number nobody trusts."""
    made = Made().played()
    stranger = Made(witness="stranger").sign(10, writer.root_of(made.leaves)).splitlines(keepends=True)[-1]
    name, line = b"elsewhere.example/x", stranger.split(b" ")
    made.notes[-1] += b" ".join((line[0], name, line[2]))
    found = check(made.bundle(), policy=made.policy)
    assert (found["verdict"], found["remarks"]) == ("ok", [])
    assert any(name.decode() in one["en"] for one in found["unchecked"])
    assert page.verify(made.bundle(), policy=made.policy) == found


@pytest.mark.parametrize("back", [60_000, 60_001, 3_600_000])
def test_a_clock_that_was_put_back_is_remarked_at_its_place_and_disproves_nothing(back, page):
    """The control: a minute is within what several machines differ by. What follows in order is not named again."""
    made = Made().played()
    made.at -= 60_000 + back  # an entry takes a minute: it is dated *back* milliseconds before the one before
    made.log("comment.received", said={"text": "稍早"})
    made.log("comment.received", said={"text": "稍后"})
    made.at += 120_000 + back
    made.checkpoint()
    policy = f"{made.policy.decode().splitlines()[0]}\nquorum none\n".encode()  # nobody who signs a time
    found = check(made.bundle(), policy=policy)
    assert classes(found) == set()
    assert remarks(found) == ([("clock_anomaly", CASE, 10, None)] if back > 60_000 else [])
    assert found["verdict"] == ("remarks" if back > 60_000 else "ok")
    assert page.verify(made.bundle(), policy=policy) == found
    told = verify.told(verify.verify(made.bundle(), policy=policy))
    assert ("[clock_anomaly] 01a2case#10" in told) is (back > 60_000)
    assert ("NOTHING FOUND, 1 REMARKS" in told) is (back > 60_000)


def test_a_time_that_cannot_be_read_is_a_finding(page):
    made = Made().played()
    made.log("comment.received", said={"text": "无时"})
    made.rewrite(made.entries[-1], body_of(made, -1) | {"at": "2026-13-01T00:00:00.000Z"}, "service")
    made.checkpoint()
    found = check(made.bundle(), policy=made.policy)
    assert ("time", CASE, 10) in classes(found)
    assert page.verify(made.bundle(), policy=made.policy) == found


@pytest.mark.parametrize("days", [0, 2])
def test_a_key_that_signs_long_after_it_was_replaced_is_remarked(days, page):
    """Within a day every service is started anew: the control."""
    made = Made().played()
    made.introduce("second", by="service")
    made.at += days * 86_400_000
    made.log("comment.received", key="service", said={"text": "旧钥"})
    made.keys[0]["until"] = None  # nothing in the log proves it
    made.checkpoint()
    found = check(made.bundle(), policy=made.policy)
    assert classes(found) == set()
    assert remarks(found) == ([("superseded", CASE, 10, None)] if days else [])
    assert page.verify(made.bundle(), policy=made.policy) == found


def test_names_of_any_kind_are_read_alike(page):
    """Order by code points, not by halves of them; and a name that is special to one language only."""
    made = Made().played()
    made.log("comment.received", said={"\uff00": 1, "\U0001f600": 2, "__proto__": {"x": 3}, "constructor": 4})
    made.checkpoint()
    found = check(made.bundle(), policy=made.policy)
    assert found["verdict"] == "ok"
    assert page.verify(made.bundle(), policy=made.policy) == found


INTERRUPTED = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:decision="urn:decision-engine:bpmn">
  <bpmn:message id="stop" name="中止讨论"/>
  <bpmn:process id="main" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:exclusiveGateway id="meets"/>
    <bpmn:userTask id="register" decision:step="register_proposal"/>
    <bpmn:userTask id="speak" decision:step="member_speaks">
      <bpmn:multiInstanceLoopCharacteristics decision:collection="register_proposal.members"/>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="broken_off" attachedToRef="speak" cancelActivity="true">
      <bpmn:messageEventDefinition messageRef="stop"/>
    </bpmn:boundaryEvent>
    <bpmn:endEvent id="end"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="meets"/>
    <bpmn:sequenceFlow id="f2" sourceRef="meets" targetRef="register"/>
    <bpmn:sequenceFlow id="f3" sourceRef="register" targetRef="speak"/>
    <bpmn:sequenceFlow id="f4" sourceRef="speak" targetRef="end"/>
    <bpmn:sequenceFlow id="f5" sourceRef="broken_off" targetRef="meets"/>
  </bpmn:process>
</bpmn:definitions>
""".encode()


@pytest.mark.parametrize("next_", ["register", "speak"])
def test_a_discussion_broken_off_goes_back_to_where_its_diagram_says(next_, page):
    made = Made(diagram=INTERRUPTED)
    made.introduce(made.service)
    rules = {"version": "2026.11", "checked": []}
    made.log(
        "case.opened", said={"title": "事项", "matter": {"budget": 6}}, label="决〔2026〕1号",
        definition=made.definition, rules=rules, passed=["start", "meets"], next=[["t1", "register"]],
    )  # fmt: skip
    waiting = [["t2", "speak"], ["t3", "speak"]]
    made.step("register", "register_proposal", "t1", {"members": ["a", "b"]}, ["register"], waiting)
    made.step("speak", "member_speaks", "t2", {"text": "同意"}, [], [["t3", "speak"]])
    made.log(
        "item.broken_off", said={"reason": "无人主持"}, message={"element": "broken_off", "step": None},
        definition=made.definition, rules=rules, passed=["broken_off", "meets"], next=[["t4", next_]], ended=False,
    )  # fmt: skip
    made.checkpoint()
    found = check(made.bundle(), policy=made.policy)
    assert found["verdict"] == ("ok" if next_ == "register" else "findings")
    assert [one["class"] for one in found["findings"]] == ([] if next_ == "register" else ["procedure"])
    assert page.verify(made.bundle(), policy=made.policy) == found


# -- what is kept outside ---------------------------------------


def test_entries_left_away_at_the_end_are_found_by_a_receipt_only_and_the_verdict_says_so(page):
    made = Made().played()
    receipt = {"chain": CASE, "seq": 9, "hash": made.entries.pop()["hash"]}
    alone, told = check(made.bundle(), policy=made.policy), "left away at the end of a chain leave no trace"
    assert (alone["findings"], any(told in one["en"] for one in alone["unchecked"])) == ([], True)
    assert page.verify(made.bundle(), policy=made.policy) == alone
    assert classes(check(made.bundle(), policy=made.policy, receipts=[receipt])) == {("receipt", CASE, 9)}


def test_a_receipt_of_a_chain_that_is_not_enclosed_is_not_counted_as_checked(page):
    made = Made().played()
    outside = {"policy": made.policy, "receipts": [{"chain": "meeting:m1", "seq": 1, "hash": "0" * 64}]}
    found = check(made.bundle(), **outside)
    assert any("meeting:m1" in one["en"] for one in found["unchecked"])
    assert page.verify(made.bundle(), **outside) == found
    for wrong in ({"seq": True}, {"chain": None}, {"hash": 0}):
        spoilt = {**outside, "receipts": [outside["receipts"][0] | wrong]}
        assert (
            check(made.bundle(), **spoilt)["verdict"]
            == page.verify(made.bundle(), **spoilt)["verdict"]
            == "unreadable"
        )


def test_a_key_known_from_outside_vouches_for_what_it_signed_and_no_more(page):
    """Whoever makes a log of its own can introduce the true key in it, for that takes only what is public."""
    forged = Made(service="thief").played()
    forged.introduce("service", by="thief")
    forged.checkpoint()
    outside = {"policy": forged.policy, "key": Made.key_id("service")}
    found = check(forged.bundle(), **outside)
    assert any("11 entries are signed neither by the key" in one["en"] for one in found["unchecked"])
    assert page.verify(forged.bundle(), **outside) == found
    true = Made().played()
    true.introduce("second", by="service")
    true.log("comment.received", said={"text": "新钥"})
    true.checkpoint()
    told = check(true.bundle(), policy=true.policy, key=Made.key_id("service"))
    assert not any("signed neither" in one["en"] for one in told["unchecked"]), (
        "the control: its successor is its word"
    )


def test_receipts_and_checkpoints_kept_outside_find_what_a_bundle_alone_cannot(page):
    made = Made().played()
    receipt = {"event_id": "event9", "chain": CASE, "seq": 9, "hash": made.entries[9]["hash"], "at": "x"}
    held = made.notes[-1]
    assert check(made.bundle(), policy=made.policy, receipts=[receipt], checkpoint=held)["findings"] == []
    cut = Made().played()
    del cut.entries[9]
    cut.leaves, cut.notes, cut.sizes = cut.leaves[:9], cut.notes[:2], cut.sizes[:2]
    cut.checkpoint()
    alone = check(cut.bundle(), policy=cut.policy)
    assert alone["findings"] == [], "a tail cut before anybody looked leaves no trace"
    outside = {"policy": cut.policy, "receipts": [receipt], "checkpoint": held}
    found = check(cut.bundle(), **outside)
    assert classes(found) == {("receipt", CASE, 9), ("held", None, None)}
    assert page.verify(cut.bundle(), **outside) == found
    other = Made(notary="notary").played()
    forked = {"policy": made.policy, "checkpoint": other.sign(10, seed("fork"))}
    assert ("held", None, None) in classes(check(made.bundle(), **forked))
    unknown = check(made.bundle(), policy=made.policy, checkpoint=made.sign(3, seed("x")))
    assert any("--since 3" in one["en"] for one in unknown["unchecked"])
    assert classes(check(made.bundle(), policy=made.policy, key="0" * 16)) == {("key", None, None)}
    assert check(made.bundle(), policy=made.policy, key=Made.key_id("service"))["findings"] == []


# -- hostile bundles --------------------------------------------


def hostile() -> dict[str, bytes]:
    """Return bundles meant to break a reader; none is a bundle, or none is without a finding."""
    made = Made().played()
    files = made.files()
    listed = {"bundle.json": verify.read_zip(made.bundle())["bundle.json"], **dict(sorted(files.items()))}
    good = made.bundle()
    deep = b"[" * 100_000 + b"]" * 100_000
    squeezed = BytesIO()
    with zipfile.ZipFile(squeezed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bundle.json", b"0" * 10_000_000)
    first, *others = json.loads(files["events.json"])

    def leaf(index: Any) -> bytes:
        return canonical([{**first, "leaf": index}, *others])

    def told(**about: Any) -> bytes:
        return made.bundle({**files, "events.json": canonical([retold(first, about), *others])})

    return {
        "empty": b"",
        "no zip": b"hello",
        "bomb": squeezed.getvalue(),
        "cut": good[:-1],
        "longer": good + b"\0",
        "before": b"\0" + good,
        "traversal": zipped({**listed, "../../etc/passwd": b"x"}),
        "absolute": zipped({**listed, "/etc/passwd": b"x"}),
        "twice": twice(listed),
        "order": zipped(dict(reversed(listed.items()))),
        "a size that lies": good.replace(struct.pack("<II", *[len(files["verify.py"])] * 2), b"\xff" * 8),
        "deep manifest": zipped({**listed, "bundle.json": deep}),
        "deep events": made.bundle({**files, "events.json": deep}),
        "deep diagram": made.bundle({**files, "definition/main.bpmn": nested(made.diagram)}),
        "a list as an erasure": told(kind="payload.erased", erases=["a"]),
        "an object as an id": told(id={"a": 1}),
        "a list as a key": told(key=["a"]),
        "an object as a draft": told(draft={"a": 1}),
        "a list introduced": told(chain="keys", kind="key.introduced", introduces={"id": []}),
        "a rule without a name": told(rules={"checked": [None, [["a"]]], "version": False}),
        "a paper without a hash": told(kind="document.added", document={"id": "doc0", "version": 1, "sha256": None}),
        "instances of instances": made.bundle({**files, "definition/main.bpmn": bred(made.diagram)}),
        "huge number": made.bundle({**files, "events.json": b"[" + b"9" * 100_000 + b"]"}),
        "a truth as a size": made.bundle(checkpoint_size=True),
        "a truth as an index": made.bundle({**files, "events.json": leaf(True)}),
        "a float as an index": made.bundle({**files, "events.json": leaf(0.0)}),
        "a text as an index": made.bundle({**files, "events.json": leaf("0")}),
        "a negative index": made.bundle({**files, "events.json": leaf(-1)}),
        "a key twice": made.bundle({**files, "keys.json": b'[{"id":"a","id":"b"}]'}),
        "a list for an object": made.bundle({**files, "rules.json": b"[]"}),
        "no events": made.bundle({**files, "events.json": b"[]"}),
        "proto": made.bundle({**files, "rules.json": b'{"__proto__":[],"parameters":[],"rules":[],"version":"x"}'}),
        "another origin": made.bundle(origin="example.com/other"),
        "a note without end": made.bundle({**files, "checkpoint.txt": b"x" * 100_000}),
        "many signatures": made.bundle({**files, "checkpoint.txt": made.notes[-1] + "— x AAAAAAA=\n".encode() * 5000}),
        "surrogate": made.bundle({**files, "documents.json": b'["\\ud800"]'}),
        "not text": made.bundle({**files, "documents.json": b"\xff\xfe"}),
    }  # fmt: skip


def retold(row: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    """Return an entry of events.json with other fields in its body, hashed anew."""
    body = canonical(json.loads(base64.b64decode(row["body"])) | about)
    return {**row, "body": b64(body), "hash": hashlib.sha256(b"ev1\n" + body).hexdigest()}


def bred(diagram: bytes) -> bytes:
    """Return a diagram that begins with 999 instances of 999 instances of 999."""
    inner, target = '<bpmn:userTask id="leaf"/>', "leaf"
    for n in range(3):
        inner = (
            f'<bpmn:subProcess id="s{n}"><bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>999'
            "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
            f'<bpmn:startEvent id="b{n}"/><bpmn:sequenceFlow id="i{n}" sourceRef="b{n}" targetRef="{target}"/>'
            f"{inner}</bpmn:subProcess>"
        )
        target = f"s{n}"
    more = f'{inner}<bpmn:sequenceFlow id="more" sourceRef="start" targetRef="{target}"/><bpmn:endEvent id="end"/>'
    return diagram.replace(b'<bpmn:endEvent id="end"/>', more.encode())


def twice(files: dict[str, bytes]) -> bytes:
    """Return a ZIP with two entries of one name."""
    return zipped({**files, "verify.pz": b"print('ok')"}).replace(b"verify.pz", b"verify.py")


def nested(diagram: bytes) -> bytes:
    inner = b"<bpmn:documentation>" * 40_000 + b"</bpmn:documentation>" * 40_000
    return diagram.replace(b'<bpmn:startEvent id="start"/>', b'<bpmn:startEvent id="start"/>' + inner)


def test_hostile_bundles_are_answered_and_never_accepted(page):
    """Each gets an answer from both, in the time a test has; another diagram is refused for its hash at the latest."""
    for name, bundle in hostile().items():
        found, shown = check(bundle, policy=Made().policy), page.verify(bundle, policy=Made().policy)
        assert found["verdict"] in {"unreadable", "findings"}, name
        assert shown["verdict"] == found["verdict"], name
        if found["verdict"] == "findings":
            assert shown == found, name


def test_a_diagram_that_never_rests_is_answered():
    """An automatic loop, and an inclusive gateway with a thousand erased answers: bounded, not a hang."""
    loop = """<bpmn:exclusiveGateway id="x"/><bpmn:exclusiveGateway id="y"/>
    <bpmn:sequenceFlow id="l1" sourceRef="x" targetRef="y"/><bpmn:sequenceFlow id="l2" sourceRef="y" targetRef="x"/>"""
    diagram = writer.DIAGRAM.replace(
        b'<bpmn:endEvent id="end"/>', b'<bpmn:endEvent id="end"/>' + loop.encode()
    )
    diagram = diagram.replace(b'sourceRef="start" targetRef="register"', b'sourceRef="start" targetRef="x"')
    found = check(Made(diagram=diagram).played().bundle(), policy=Made().policy)
    assert ("procedure", CASE, 1) in classes(found)


# -- flipped bytes ----------------------------------------------

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
FLIPS = (
    {"raw": 75_000, "repaired": 20_000, "consistent": 5_000}
    if CAMPAIGN
    else {"raw": 400, "repaired": 80, "consistent": 40}
)
PROVEN = (
    "events.json",
    "checkpoint.txt",
    "checkpoints.txt",
    "consistency.json",
    "keys.json",
    "documents.json",
)


def refused_early(bundle: bytes) -> bool:
    """Whether reading and the hashes of the files are enough to refuse; findings only ever add up."""
    try:
        checker = verify.Checker(verify.read_zip(bundle), {})
    except verify.NotABundle:
        return True
    checker.check_files()
    return bool(checker.report.findings)


def flipped(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


@pytest.mark.parametrize(
    "how", [pytest.param(one, marks=[pytest.mark.campaign] if CAMPAIGN else []) for one in FLIPS]
)
def test_no_bundle_with_a_flipped_bit_is_accepted(how, story, capsys):
    """*raw*: any bit of the file; *repaired*: of an entry, checksums of the archive put right; *consistent*: of what is
    proved (events, proofs, notes, keys, papers, diagram), hashes in the manifest put right as well.

    A flip can make the line of a witness one of nobody known. On the newest checkpoint that is a finding; on an earlier
    one it can disprove nothing, and the verdict says that it is not shown to be witnessed instead of a plain "ok"."""
    random, files = Random(2026), story.files()
    manifest = verify.read_zip(story.bundle())["bundle.json"]
    whole = {"bundle.json": manifest, **dict(sorted(files.items()))}
    proven = [*PROVEN, "definition/main.bpmn", *(name for name in files if name.startswith("documents/"))]
    good = story.bundle(files)
    accepted, verdicts, skipped = [], Counter[str](), 0
    assert check(good, policy=story.policy)["verdict"] == "ok", "the control: not flipped, it is accepted"
    while sum(verdicts.values()) < FLIPS[how]:
        name = random.choice([one for one in whole if whole[one]] if how == "repaired" else proven)
        changed = flipped(whole[name], random)
        if how == "raw":
            bundle = flipped(good, random)
        elif how == "repaired":
            bundle = zipped({**whole, name: changed})
        else:
            bundle = story.bundle({**files, name: changed})
            if name == "documents.json" and not proves(changed, files[name]):
                skipped += 1
                continue
        if refused_early(bundle):
            verdicts["refused early"] += 1
            continue
        found = check(bundle, policy=story.policy)
        verdicts[found["verdict"]] += 1
        if found["verdict"] == "ok":
            accepted.append((name, changed))
        elif found["verdict"] == "remarks":
            assert name == "checkpoints.txt", (
                "only a line on an earlier checkpoint, which anybody may leave away"
            )
            assert {one for one, *_ in remarks(found)} == {"signer", "unwitnessed"}
    if CAMPAIGN:
        with capsys.disabled():
            print(f"\n{how}: {dict(verdicts)}; besides {skipped} flips of what nothing proves (media types)")
    assert accepted == []


def proves(changed: bytes, before: bytes) -> bool:
    """Whether the flip touched more than the media type, which nothing proves (FORMAT.md says so)."""
    try:
        rows = json.loads(changed)
    except ValueError:
        return True
    return [{k: v for k, v in row.items() if k != "media_type"} for row in rows] != [
        {k: v for k, v in row.items() if k != "media_type"} for row in json.loads(before)
    ]


# -- the pieces, against what others published ------------------


def probes(kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / "rfc6962.json").read_text())[kind]
    return found


def test_the_published_vectors_of_rfc_6962_hold_in_both_verifiers(page):
    """98 inclusion and 98 consistency probes of transparency-dev/merkle."""
    assert len(probes("inclusion")) >= 98
    assert len(probes("consistency")) >= 98
    for one in probes("inclusion"):
        given = (
            one["leafIdx"],
            one["treeSize"],
            data(one["leafHash"]),
            [data(x) for x in one["proof"] or []],
            data(one["root"]),
        )
        assert verify.included(*given) is not one["wantErr"], one
        assert page.call("included", *given) is not one["wantErr"], one
    for one in probes("consistency"):
        given = (
            one["size1"],
            one["size2"],
            [data(x) for x in one["proof"] or []],
            data(one["root1"]),
            data(one["root2"]),
        )
        assert verify.consistent(*given) is not one["wantErr"], one
        assert page.call("consistent", *given) is not one["wantErr"], one


def data(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def test_ed25519_is_strict_in_both(page):
    """RFC 8032: S below the order, canonical points, no key of small order; and by whole numbers as by the browser."""
    key = writer.ed25519("a")
    public, signature = raw(key), key.sign(b"hello")
    s = int.from_bytes(signature[32:], "little") + FIRST_ORDER
    cases = {
        (public, b"hello", signature): True,
        (public, b"hallo", signature): False,
        (public, b"hello", signature[:32] + s.to_bytes(32, "little")): False,
        (public, b"hello", flipped(signature, Random(1))): False,
        (public, b"hello", signature[:-1]): False,
        (bytes(32), b"hello", bytes([1]) + bytes(63)): False,
        (b"\x01" + bytes(31), b"hello", b"\x01" + bytes(63)): False,
        (b"\xee" + b"\xff" * 30 + b"\x7f", b"hello", b"\x01" + bytes(63)): False,
        (b"\xff" * 32, b"hello", signature): False,
    }
    for given, valid in cases.items():
        assert verify.ed25519(*given) is valid, given
        assert page.call("ed25519", *given) is valid, given
        assert page.call("ed25519", *given, True) is valid, given


def test_ml_dsa_44_is_that_of_the_library_in_both(page):
    random = Random(44)
    for number in range(6):
        key = MLDSA44PrivateKey.from_seed_bytes(seed(f"key {number}"))
        message = random.randbytes(random.randrange(300))
        signature = key.sign(message)
        for given, valid in (
            ((raw(key), message, signature), True),
            ((raw(key), message + b"x", signature), False),
            ((raw(key), message, flipped(signature, random)), False),
            ((flipped(raw(key), random), message, signature), False),
            ((raw(key), message, signature[:-84] + b"\xff" * 84), False),
        ):
            assert verify.ml_dsa_44(*given) is valid
            assert page.call("mlDsa44", *given) is valid


def test_notes_signed_by_other_programs_are_read():
    for one in json.loads((VECTORS / "notes.json").read_text())["notes"]:
        key = verify.Key(one["vkey"])
        text, _, lines = one["note"].rpartition("\n\n")
        if len(text.split("\n")) != 3:
            continue  # a note, but no checkpoint of three lines
        note = verify.Note(one["note"].encode())
        signed = [
            verify._signed_at(key, note, blob)
            for name, number, blob in note.signatures
            if (name, number) == (key.name, key.id)
        ]
        assert signed, lines
        assert None not in signed


# -- the commands -----------------------------------------------


def test_the_file_runs_alone_and_says_it_in_two_languages(story, tmp_path):
    """`python verify.py` in a folder of its own, isolated from every installed package."""
    (tmp_path / "verify.py").write_bytes((writer.VERIFIER / "verify.py").read_bytes())
    (tmp_path / "b.zip").write_bytes(story.bundle())
    (tmp_path / "bad.zip").write_bytes(flipped(story.bundle(), Random(3)))
    (tmp_path / "policy").write_bytes(story.policy)
    receipt = {"chain": CASE, "seq": 9, "hash": "0" * 64}
    (tmp_path / "receipt.json").write_text(json.dumps(receipt))

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "verify.py", *arguments],
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.stderr == b""
        return done.returncode, done.stdout.decode()

    code, text = run("b.zip", "--policy", "policy")
    assert code == 0
    assert "未发现问题" in text
    assert "NOTHING FOUND" in text
    assert run("b.zip", "--policy", "policy") == (code, text), "the same words every time"
    code, text = run("b.zip", "--policy", "policy", "--receipt", "receipt.json")
    assert (code, "[receipt] 01a2case#9" in text) == (1, True)
    assert (
        json.loads(run("b.zip", "--json", "--receipt", "receipt.json")[1])["findings"][0]["class"]
        == "receipt"
    )
    assert run("bad.zip")[0] in {1, 2}
    assert run("nowhere.zip")[0] == 2
    log = story.policy.decode().splitlines()[0].removeprefix("log ")
    assert run("b.zip", "--log", log)[0] == 0


def test_the_house_runs_the_same_file(story, tmp_path):
    from click.testing import CliRunner

    from decision_engine.__main__ import main

    (tmp_path / "b.zip").write_bytes(story.bundle())
    done = CliRunner().invoke(main, ["bundle", "verify", str(tmp_path / "b.zip")])
    assert (done.exit_code, "NOTHING FOUND" in done.output) == (0, True)
    assert CliRunner().invoke(main, ["bundle", "verify", str(tmp_path / "none.zip")]).exit_code == 2


def test_the_page_shows_its_verdict(story, page, tmp_path):
    """What an auditor does: choose the files, press the button, read."""
    (tmp_path / "b.zip").write_bytes(story.bundle())
    (tmp_path / "bad.zip").write_bytes(SPOILS["a_paper_is_exchanged"][0](Made().played()))
    (tmp_path / "policy").write_bytes(story.policy)
    page.do(lambda shown: shown.set_input_files("#policy", tmp_path / "policy"))

    def choose(name: str, verdict: str) -> str:
        def act(shown: Any) -> str:
            shown.set_input_files("#bundle", tmp_path / name)
            shown.click("#check")
            shown.wait_for_selector(f"#verdict.{verdict}")
            text: str = shown.inner_text("#result")
            return text

        said: str = page.do(act)
        return said

    assert "流程 8 步，已结束" in choose("b.zip", "ok")
    assert "文件内容已被改动" in choose("bad.zip", "findings")
