"""The notary signs what grew and nothing else, whatever happens to the log, to its disk or to its witnesses."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from decision_engine import notary as notaries
from decision_engine import witness as witnesses
from decision_engine.audit import keyring, note, policy
from decision_engine.audit.asking import Answer, Growth
from decision_engine.audit.memory import InUse, Memory
from decision_engine.audit.note import Checkpoint, Kind, SignerKey
from decision_engine.audit.policy import Policy
from decision_engine.notary import (
    MemoryDamaged,
    MemoryLost,
    Notary,
    NotRestored,
    Reason,
    Refused,
    Signed,
)
from tests.notaries import MORNING, ORIGIN, MemoryLog, deaf, dripping, served, standing_clock

SIGNERS = keyring.new_signers(ORIGIN, iter([b"1" * 32, b"2" * 32]).__next__)
KEYS = tuple(one.public for one in SIGNERS)
WITNESS = SignerKey("witness.example/w", Kind.COSIGNATURE, b"w" * 32)
NOW = int(MORNING.timestamp())


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def started(tmp_path: Path, log: MemoryLog) -> Iterator[Callable[..., Notary]]:
    """Start a notary, each time on the same directory; the one before is ended."""
    held: list[Memory] = []

    def start(trust: Policy | None = None, **options: object) -> Notary:
        if held:
            held.pop().close()
        held.append(Memory(tmp_path / "notary"))
        chosen = {"clock": standing_clock(), "origin": ORIGIN, "log": log, **options}
        return Notary(held[0], signers=SIGNERS, trust=trust or Policy(), **chosen)  # type: ignore[arg-type]

    yield start
    for one in held:
        one.close()


def signed(found: Signed | Refused | None) -> Signed:
    assert isinstance(found, Signed)
    return found


def refused(found: Signed | Refused | None) -> Refused:
    assert isinstance(found, Refused)
    return found


# -- signing --------------------------------------------------------------------------------------------


def test_what_grew_is_signed_twice_and_published(started, log: MemoryLog):
    notary = started()
    assert notary.round() is None
    for size in (1, 7, 300):
        log.grow_to(size)
        made = signed(notary.round())
        whole = note.parse(made.text)
        assert note.parse_checkpoint(whole.text) == Checkpoint(ORIGIN, size, log.root)
        assert [(one.key.kind, one.time) for one in note.verify(whole, KEYS)] == [
            (Kind.ED25519, None),
            (Kind.ML_DSA_44, NOW),
        ]
        assert log.published[-1] == (size, made.text)
        assert notary.round() is None
    assert len(log.published) == 3
    assert (notary.status.size, notary.status.refusing, notary.status.signed_at) == (300, None, NOW)


def test_the_signature_is_on_the_disk_before_anybody_sees_it(started, log: MemoryLog, tmp_path: Path):
    seen: list[str] = []

    def publish(size: int, text: str) -> None:
        seen.append(json.loads((tmp_path / "notary" / keyring.STATE).read_text("utf-8"))["note"])
        assert seen[-1] == text

    log.publish = publish  # type: ignore[method-assign]
    log.grow_to(3)
    notary = started(trust_first=True)
    signed(notary.round())
    assert len(seen) == 1


def test_it_goes_on_after_a_restart(started, log: MemoryLog):
    notary = started()
    log.grow_to(5)
    first = signed(notary.round())
    notary = started()
    assert notary.round() is None
    log.grow_to(6)
    assert signed(notary.round()).text != first.text


def test_what_could_not_be_published_is_published_later_word_for_word(started, log: MemoryLog):
    notary = started()
    log.grow_to(5)
    publish = log.publish

    def fail(size: int, text: str) -> None:
        raise OSError("the database is away")

    log.publish = fail  # type: ignore[method-assign]
    with pytest.raises(OSError, match="away"):
        notary.round()
    held = json.loads(notary._memory.read(keyring.STATE) or b"")["note"]
    log.publish = publish  # type: ignore[method-assign]
    assert signed(started().round()).text == held
    assert log.published == [(5, held)]


POINTS = re.findall(r'crash_point\("(notary\.\w+)"\)', Path(notaries.__file__).read_text("utf-8"))


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("point", POINTS)
def test_dying_anywhere_it_never_says_two_things_about_one_size(
    started, log: MemoryLog, point: str, monkeypatch: pytest.MonkeyPatch
):
    notary = started()
    log.grow_to(4)
    signed(notary.round())
    log.grow_to(9)

    def die(name: str) -> None:
        if name == point:
            raise Died

    with monkeypatch.context() as patched:
        patched.setattr(notaries, "crash_point", die)
        with pytest.raises(Died):
            notary.round()
    signed_anew = started().round()
    assert signed_anew is None or signed_anew.size == 9
    assert log.published[-1][0] == 9
    assert len({(size, note.parse(text).text) for size, text in log.published}) == 2
    log.grow_to(12)
    assert signed(started().round()).size == 12


def test_there_are_points_to_die_at():
    assert len(POINTS) >= 5


# -- refusing -------------------------------------------------------------------------------------------


def signed_each(notary: Notary, log: MemoryLog, *sizes: int) -> None:
    for size in sizes:
        log.grow_to(size)
        signed(notary.round())


def test_a_log_that_shrank_is_refused_with_the_missing_range(started, log: MemoryLog):
    notary, whole = started(), MemoryLog()
    signed_each(notary, log, 10, 20, 30, 40)
    whole.grow_to(40)
    log.rewrite(whole.bodies[:25])
    found = refused(notary.round())
    assert (found.reason, found.signed.size, found.found.size) == (Reason.ROLLED_BACK, 40, 25)
    assert (found.agreed and found.agreed.size, found.broken.size) == (20, 30)
    assert log.alarms == [("log.rolled_back", found.as_json())]
    assert notary.status.refusing == "log.rolled_back"
    assert "40" in found.text.zh
    assert "40" in found.text.en
    assert json.loads(json.dumps(found.as_json()))["agreed"]["size"] == 20
    assert refused(started().round()).signed.size == 40, "a restart does not make it forget"
    assert len(log.published) == 4


@pytest.mark.parametrize("changed", [0, 9, 10, 15, 29, 39])
@pytest.mark.parametrize("grown", [40, 50])
def test_one_changed_event_is_found_and_placed_between_two_signatures(
    started, log: MemoryLog, changed: int, grown: int
):
    notary, bodies = started(), [f"event {number}".encode() for number in range(grown)]
    signed_each(notary, log, 10, 20, 30, 40)
    bodies[changed] = b"something else"
    log.rewrite(bodies)
    found = refused(notary.round())
    assert found.reason is Reason.FORKED
    agreed = found.agreed.size if found.agreed is not None else 0
    assert agreed <= changed < found.broken.size
    assert found.broken.size - agreed == 10
    assert refused(notary.round()) is found, "placed once as long as it lasts"
    assert len(log.published) == 4


def test_the_control_an_unchanged_log_rewritten_is_signed(started, log: MemoryLog):
    notary = started()
    signed_each(notary, log, 10, 20, 30, 40)
    log.rewrite([f"event {number}".encode() for number in range(50)])
    assert signed(notary.round()).size == 50


def test_a_log_that_cannot_prove_its_growth_is_refused(started, log: MemoryLog):
    notary = started()
    signed_each(notary, log, 300)
    log.grow_to(600)
    log.tiles[0, 2] = log.tiles[0, 2][:-32]
    assert refused(notary.round()).reason is Reason.UNPROVED
    assert len(log.published) == 1


def test_a_log_that_comes_back_is_signed_again(started, log: MemoryLog):
    notary = started()
    signed_each(notary, log, 10, 20)
    whole = list(log.bodies)
    log.rewrite(whole[:15])
    refused(notary.round())
    log.rewrite([*whole, b"one more"])
    assert signed(notary.round()).size == 21
    assert notary.status.refusing is None


# -- memory ---------------------------------------------------------------------------------------------


def test_without_its_memory_it_does_not_start_on_a_log_with_leaves(started, log: MemoryLog, tmp_path: Path):
    log.grow_to(3)
    with pytest.raises(MemoryLost):
        started()
    notary = started(trust_first=True)
    assert signed(notary.round()).size == 3
    (tmp_path / "notary" / keyring.STATE).unlink()
    with pytest.raises(MemoryLost):
        started()


def test_an_empty_log_watched_once_is_remembered_as_empty(started, log: MemoryLog):
    started()
    log.grow_to(3)
    assert signed(started().round()).size == 3


def test_a_memory_somebody_wrote_in_is_refused(started, log: MemoryLog, tmp_path: Path):
    signed_each(started(), log, 10, 20)
    path = tmp_path / "notary" / keyring.STATE
    whole = path.read_text("utf-8")
    values, text = json.loads(whole), Checkpoint(ORIGIN, 20, log.root).text
    unsigned = note.Note(text, (WITNESS.sign(text, 1),)).render()
    for wrong in (
        whole[:-5],
        "[]",
        "{}",
        whole.replace("\\n20\\n", "\\n10\\n"),
        json.dumps(values | {"head": values["head"] | {"size": 10}}),
        json.dumps(values | {"origin": "another/log"}),
        json.dumps(values | {"note": unsigned}),
    ):
        path.write_text(wrong, "utf-8")
        with pytest.raises(MemoryDamaged):
            started()
    path.write_text(whole, "utf-8")
    assert started().round() is None


def test_two_notaries_do_not_share_a_memory(tmp_path: Path):
    with Memory(tmp_path / "notary"), pytest.raises(InUse):
        Memory(tmp_path / "notary")
    Memory(tmp_path / "notary").close()


def test_what_it_remembers_is_its_owners_alone(started, log: MemoryLog, tmp_path: Path):
    signed_each(started(), log, 1)
    folder = tmp_path / "notary"
    assert folder.stat().st_mode & 0o077 == 0
    assert {one.name for one in folder.iterdir()} >= {keyring.STATE, notaries.STATUS, notaries.HISTORY}
    assert all(one.stat().st_mode & 0o077 == 0 for one in folder.iterdir())


def test_a_history_cut_short_by_a_crash_still_places_the_change(started, log: MemoryLog, tmp_path: Path):
    notary = started()
    signed_each(notary, log, 10, 20, 30)
    with (tmp_path / "notary" / notaries.HISTORY).open("ab") as file:
        file.write(b"31 AAAA")
    log.rewrite(log.bodies[:25])
    assert refused(started().round()).broken.size == 30


# -- restores -------------------------------------------------------------------------------------------


def restored(gave_up: dict[str, object], kind: str = "log.restored") -> bytes:
    return json.dumps({"id": "e-restored", "kind": kind, "gave_up": gave_up}).encode()


def test_a_restore_the_log_records_and_operators_approve_is_gone_on_from(started, log: MemoryLog):
    notary = started()
    signed_each(notary, log, 10, 20, 30)
    kept = log.bodies[:15]
    log.rewrite(kept)
    gave_up = refused(notary.round()).signed.as_json()
    with pytest.raises(NotRestored, match="no such event"):
        notary.approve_restore("e-restored")
    log.grow(restored(gave_up), b"new life")
    assert isinstance(notary.round(), Refused), "the event alone is not enough"
    assert notary.approve_restore("e-restored").size == 17
    assert log.published[-1][0] == 17
    log.grow(b"more")
    assert signed(notary.round()).size == 18
    log.rewrite([*log.bodies[:16], b"changed", b"more"])
    found = refused(started().round())
    assert (found.agreed and found.agreed.size, found.broken.size) == (10, 17), (
        "the given-up past is forgotten"
    )


def test_what_was_given_up_no_longer_misleads_the_search(started, log: MemoryLog):
    notary = started()
    signed_each(notary, log, 10, 20, 30, 40)
    log.rewrite(log.bodies[:15])
    gave_up = refused(notary.round()).signed.as_json()
    log.grow(restored(gave_up), *(b"anew %d" % number for number in range(19)))
    notary.approve_restore("e-restored")
    log.grow(b"more")
    signed(notary.round())
    log.rewrite([*log.bodies[:33], b"changed", *log.bodies[34:]])
    found = refused(notary.round())
    assert (found.agreed and found.agreed.size, found.broken.size) == (10, 35)


def test_no_other_event_stands_for_a_restore(started, log: MemoryLog):
    notary = started()
    signed_each(notary, log, 10, 20)
    whole = log.bodies[:15]
    truly = {"size": 20, "root": b64encode(log.root).decode()}
    for wrong in (
        restored({**truly, "size": 10}),
        restored({**truly, "root": "AAAA"}),
        restored(truly, kind="case.opened"),
    ):
        log.rewrite([*whole, wrong])
        with pytest.raises(NotRestored, match="does not give up"):
            notary.approve_restore("e-restored")
    log.rewrite([*whole, restored(truly)])
    log.event = lambda event_id, size: (restored(truly), 3, [])  # type: ignore[method-assign]
    with pytest.raises(NotRestored, match="not under the head"):
        notary.approve_restore("e-restored")
    assert isinstance(notary.round(), Refused)


def test_where_nothing_was_lost_nothing_is_approved(started, log: MemoryLog):
    notary = started()
    signed_each(notary, log, 10)
    with pytest.raises(NotRestored, match="nothing to approve"):
        notary.approve_restore("x")


# -- keys that change ------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Memory(tmp_path / "keyed") as memory:
        keyring.make_keys(memory, ORIGIN)
    return tmp_path / "keyed"


def once(folder: Path, log: MemoryLog) -> Signed | Refused | None:
    with notaries.opened(folder, ORIGIN, log, standing_clock()) as notary:
        return notary.round()


def test_old_and_new_keys_sign_together_until_the_old_are_retired(folder: Path, log: MemoryLog):
    once(folder, log)
    log.grow_to(3)
    before = policy.parse((folder / keyring.POLICY).read_bytes())
    assert policy.judge(before, note.parse(signed(once(folder, log)).text))
    with Memory(folder) as memory:
        keyring.rotate_keys(memory, ORIGIN)
        with pytest.raises(note.Malformed, match="signed nothing yet"):
            keyring.retire_keys(memory)
    log.grow_to(5)
    both = signed(once(folder, log)).text
    after = policy.parse((folder / keyring.POLICY).read_bytes())
    assert len(policy.judge(after, note.parse(both)).log_keys) == 4
    assert policy.judge(before, note.parse(both))
    with Memory(folder) as memory:
        assert len(keyring.retire_keys(memory)) == 2
    log.grow_to(9)
    last = note.parse(signed(once(folder, log)).text)
    assert policy.judge(after, last)
    assert not policy.judge(before, last), "the control: who was not told of the new keys believes no more"


def test_a_log_changed_while_keys_change_is_refused_all_the_same(folder: Path, log: MemoryLog):
    """T30: neither adding nor retiring keys makes the notary forget what it signed."""
    once(folder, log)
    log.grow_to(5)
    once(folder, log)
    whole = list(log.bodies)
    with Memory(folder) as memory:
        keyring.rotate_keys(memory, ORIGIN)
    log.rewrite([b"changed", *whole[1:], b"more"])
    assert refused(once(folder, log)).reason is Reason.FORKED
    log.rewrite([*whole, b"more"])
    signed(once(folder, log))
    with Memory(folder) as memory:
        keyring.retire_keys(memory)
    log.rewrite([b"changed", *whole[1:], b"more", b"and more"])
    assert refused(once(folder, log)).reason is Reason.FORKED


def test_keys_of_another_log_are_not_signed_with(folder: Path, log: MemoryLog):
    with (
        pytest.raises(note.Malformed, match="not those of"),
        notaries.opened(folder, "x/y", log, standing_clock()),
    ):
        pass


# -- witnesses ------------------------------------------------------------------------------------------


def trusting(port: int, key: SignerKey = WITNESS) -> Policy:
    return Policy(
        witnesses=(policy.Witness("archive", key.public, f"http://127.0.0.1:{port}"),), quorum="archive"
    )


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[witnesses.Witness]:
    with Memory(tmp_path / "witness") as memory:
        witnesses.begin(memory)
        yield witnesses.Witness(memory, [WITNESS], KEYS, standing_clock())


def test_witnesses_cosign_before_publication(started, log: MemoryLog, witness: witnesses.Witness):
    with served(witness) as port:
        notary = started(trusting(port))
        for size in (1, 2, 257):
            log.grow_to(size)
            made = signed(notary.round())
            assert (made.witnessed, made.silent) == (True, ())
            assert policy.judge(notary._trust, note.parse(log.published[-1][1]))
    assert [size for size, _ in log.published] == [1, 2, 257]
    assert notary.status.unwitnessed_since is None


def test_a_witness_that_saw_more_or_less_is_met_where_it_stands(
    started, log: MemoryLog, witness: witnesses.Witness, tmp_path: Path
):
    with served(witness) as port:
        signed_each(started(), log, 3)
        assert _after(log, started(trusting(port)), 5).witnessed
        state = tmp_path / "notary" / keyring.STATE
        values = json.loads(state.read_text("utf-8"))
        for known in (0, 1, 4):
            state.write_text(json.dumps(values | {"witnesses": {"archive": known}}), "utf-8")
            size = len(log.bodies) + 1
            assert _after(log, started(trusting(port)), size).witnessed
            values = json.loads(state.read_text("utf-8"))
    assert witness.head(ORIGIN) == Checkpoint(ORIGIN, len(log.bodies), log.root)


def _after(log: MemoryLog, notary: Notary, size: int) -> Signed:
    log.grow_to(size)
    return signed(notary.round())


def test_a_witness_that_is_down_stops_nobody_and_is_missed(
    started, log: MemoryLog, witness: witnesses.Witness
):
    with served(witness) as port:
        pass
    clock = standing_clock()
    notary = started(trusting(port), clock=clock, patience=0.5)
    log.grow_to(1)
    made = signed(notary.round())
    assert (made.witnessed, made.silent) == (False, ("archive",))
    assert [size for size, _ in log.published] == [1]
    since = notary.status.unwitnessed_since
    assert since == NOW
    log.grow_to(2)
    signed(notary.round())
    assert notary.status.unwitnessed_since == since, "missed since the first"
    notary = started(trusting(port), clock=clock, patience=0.5)
    assert notary.status.unwitnessed_since == since, "also after a restart"
    with served(witness) as port:
        notary = started(trusting(port), clock=clock)
        assert signed(notary.round()).witnessed, "it catches up without a new event"
        assert notary.round() is None
    assert notary.status.unwitnessed_since is None
    assert policy.judge(notary._trust, note.parse(log.published[-1][1]))


@pytest.mark.parametrize("silent", [deaf, dripping])
def test_a_witness_that_hangs_is_not_waited_for(started, log: MemoryLog, silent):
    with silent() as port:
        notary = started(trusting(port), patience=0.1)
        log.grow_to(1)
        assert signed(notary.round()).silent == ("archive",)
    assert [size for size, _ in log.published] == [1]


def test_a_silent_witness_is_left_alone_for_a_while(started, log: MemoryLog, monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []

    def ask(witness: policy.Witness, growth: Growth, known: int, patience: float) -> object:
        asked.append(growth.size)
        return Answer(witness.name, known)

    monkeypatch.setattr(notaries, "ask", ask)
    clock = standing_clock()
    notary = started(trusting(1), clock=clock)
    for size in (1, 2, 3):
        log.grow_to(size)
        assert signed(notary.round()).silent == ("archive",)
    assert asked == [1]
    for _ in range(notaries.PAUSE * 1000):
        clock.now()
    signed(notary.round())
    assert asked == [1, 3]


def test_a_false_cosignature_is_not_taken(started, log: MemoryLog, tmp_path: Path):
    liar = SignerKey(WITNESS.name, Kind.COSIGNATURE, b"l" * 32)
    with Memory(tmp_path / "liar") as memory:
        witnesses.begin(memory)
        with served(witnesses.Witness(memory, [liar], KEYS, standing_clock())) as port:
            notary = started(trusting(port))
            log.grow_to(1)
            assert signed(notary.round()).silent == ("archive",)
            assert notary.status.unwitnessed_since is not None
    assert liar.name not in [one.name for one in note.parse(log.published[0][1]).signatures]


def test_a_forked_log_gets_no_cosignature_even_from_a_notary_that_forgot(
    started, log: MemoryLog, witness: witnesses.Witness, tmp_path: Path
):
    """A2: whoever holds the notary's key and wiped its memory still cannot turn the witness."""
    with served(witness) as port:
        log.grow_to(10)
        signed(started(trusting(port), trust_first=True).round())
        log.rewrite([b"forged", *log.bodies[1:], b"and on"])
        (tmp_path / "notary" / keyring.STATE).unlink()
        made = signed(started(trusting(port), trust_first=True).round())
    assert (made.witnessed, made.silent) == (False, ("archive",))
    head = witness.head(ORIGIN)
    assert head is not None
    assert head.size == 10
    assert (tmp_path / "witness" / witnesses.EVIDENCE).exists()
