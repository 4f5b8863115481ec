"""Whatever somebody changes in the database is found, and said where; a log nobody touched has no findings."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, text

from decision_engine import audit
from decision_engine.__main__ import main
from decision_engine.access import CLOCK
from decision_engine.app import open_house
from decision_engine.audit import note, policy
from decision_engine.audit.signing import new_key
from decision_engine.clock import MovableClock
from decision_engine.commands.sequencing import sequence
from decision_engine.db import open_engine
from decision_engine.models import Checkpoint
from decision_engine.queries import proofs, verification
from decision_engine.work import House, unit_of_work
from tests.conftest import BEGINNING, cheap_settings, tampering


def act(house: House, chain: str, **about: Any) -> str:
    with unit_of_work(house, as_actor=CLOCK) as work:
        return work.record("house.opened", chain, said={"what": "x"}, **about).event_id


def signers() -> tuple[note.SignerKey, policy.Policy]:
    key = note.SignerKey("decision-engine/local", note.Kind.ED25519, b"\x01" * 32)
    return key, policy.Policy(logs=(policy.Log(key.public),))


def checkpoint(house: House, *, keep: bool = True) -> tuple[note.Note, policy.Policy]:
    """Sign the tree as it stands, and *keep* the checkpoint in the house; return it with a policy that believes it."""
    key, trust = signers()
    with house.writing() as session, session.begin():
        head = proofs.head(session)
        told = note.Checkpoint("decision-engine/local", head.size, head.root)
        signed = note.Note(told.text, (key.sign(told.text, 0),))
        if keep:
            session.add(Checkpoint(size=head.size, note=signed.render(), at=house.clock.now()))
    return signed, trust


def written(folder: Path) -> House:
    """A log of two chains, a reading, an erasure and a checkpoint, and one event that waits."""
    clock = MovableClock(BEGINNING)
    house = open_house(cheap_settings(folder), clock)
    for turn in range(4):
        act(house, "one", turn=turn)
        act(house, "two", turn=turn)
    gone = act(house, "one")
    sequence(house)
    checkpoint(house)
    with unit_of_work(house, as_actor=CLOCK) as work:
        work.record("payload.erased", "one", erases=gone, authority="x")
        work.session.execute(text("DELETE FROM event_payload WHERE event_id = :id"), {"id": gone})
    sequence(house)
    checkpoint(house)
    act(house, "two")
    return house


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    house = written(folder)
    house.engine.dispose()
    return folder


@pytest.fixture
def house(template: Path, tmp_path: Path) -> Iterator[House]:
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    settings = cheap_settings(tmp_path)
    opened = House(settings, open_engine(settings.database_url), MovableClock(BEGINNING))
    yield opened
    opened.engine.dispose()


def report_of(house: House, **how: Any) -> verification.Report:
    with house.reading() as session:
        return verification.whole_log(session, **how)


def found_in(house: House, **how: Any) -> set[str]:
    return {one.kind for one in report_of(house, **how).found}


def test_a_log_nobody_touched_has_no_findings(house: House) -> None:
    report = report_of(house)
    assert report.found == []
    assert report.chains == {"keys": 1, "one": 6, "two": 5}
    assert (report.events, report.leaves, report.pending) == (12, 11, 1)
    assert (report.signatures, report.unsigned, report.erased, report.checkpoints) == (12, 0, 1, 2)
    told: list[int] = []
    report_of(house, progress=told.append)
    with house.reading() as session:
        assert sum(told) == verification.how_much(session) == 23


def sql(statement: str, **values: Any) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(text(statement), values)


def exchanged(connection: Connection) -> None:
    for old, new in ((1, -1), (3, 1), (-1, 3)):
        connection.execute(text("UPDATE leaf SET idx = :new WHERE idx = :old"), {"old": old, "new": new})


WHERE = "WHERE chain = 'one' AND seq = 2"
ID = "(SELECT id FROM event WHERE chain = 'one' AND seq = 2)"
ATTACKS: dict[str, tuple[Callable[[Connection], object], set[str]]] = {
    "a body": (sql(f"UPDATE event SET body = CAST(replace(body, 'opened', 'closed') AS BLOB) {WHERE}"),
               {"event.bytes", "leaf.hash"}),
    "a body that is none": (sql(f"UPDATE event SET body = x'00ff' {WHERE}"),
                            {"event.bytes", "event.place", "event.link", "event.columns", "leaf.hash",
                             "payload.changed", "event.unsigned"}),
    "a body that is text": (sql(f"UPDATE event SET body = 'x' {WHERE}"), {"event.bytes", "leaf.hash"}),
    "the kind beside it": (sql(f"UPDATE event SET kind = 'nothing' {WHERE}"), {"event.columns"}),
    "the time beside it": (sql(f"UPDATE event SET at = '2020-01-01 00:00:00.000000' {WHERE}"), {"event.columns"}),
    "the actor beside it": (sql(f"UPDATE event SET actor_id = 'other' {WHERE}"), {"event.columns"}),
    "the hash": (sql(f"UPDATE event SET hash = '{'0' * 64}' {WHERE}"),
                 {"event.bytes", "event.link", "event.signature"}),
    "the signature": (sql(f"UPDATE event SET signature = x'00' {WHERE}"), {"event.signature"}),
    "no signature": (sql(f"UPDATE event SET signature = NULL {WHERE}"), {"event.signature"}),
    "a payload": (sql(f"UPDATE event_payload SET payload = x'00' WHERE event_id = {ID}"), {"payload.changed"}),
    "a salt": (sql(f"UPDATE event_payload SET salt = x'00' WHERE event_id = {ID}"), {"payload.changed"}),
    "a payload gone": (sql(f"DELETE FROM event_payload WHERE event_id = {ID}"), {"payload.gone"}),
    "an event gone": (sql(f"DELETE FROM event {WHERE}"), {"event.gone"}),
    "the last event gone": (sql("DELETE FROM event WHERE chain = 'one' AND seq = 6"), {"chain.end", "payload.gone"}),
    "the waiting event gone": (sql("DELETE FROM event WHERE chain = 'two' AND seq = 5"), {"chain.end", "pending.gone"}),
    "a chain gone": (sql("DELETE FROM event WHERE chain = 'one'"), {"chain.gone"}),
    "a head": (sql("UPDATE chain SET head_seq = 9 WHERE id = 'one'"), {"chain.end"}),
    "it waits no more": (sql("DELETE FROM pending_event"), {"leaf.gone"}),
    "a leaf": (sql("UPDATE leaf SET hash = zeroblob(32) WHERE idx = 3"), {"leaf.hash", "tile.changed", "tree.root"}),
    "a leaf that is none": (sql("UPDATE leaf SET hash = x'00' WHERE idx = 3"), {"leaf.hash"}),
    "a leaf gone": (sql("DELETE FROM leaf WHERE idx = 3"), {"leaf.gone", "leaf.number"}),
    "leaves exchanged": (exchanged, {"leaf.order", "tile.changed", "tree.root"}),
    "a tile": (sql("UPDATE tile SET data = zeroblob(length(data)) WHERE level = 0"),
               {"tile.changed", "checkpoint.other"}),
    "the root": (sql("UPDATE log_head SET root = zeroblob(32)"), {"tree.root"}),
    "the size": (sql("UPDATE log_head SET size = 5"), {"tree.root"}),
    "a checkpoint": (sql("UPDATE checkpoint SET note = replace(note, '\n10\n', '\n9\n') WHERE size = 10"),
                     {"checkpoint.other"}),
    "a checkpoint that is none": (sql("UPDATE checkpoint SET note = 'x' WHERE size = 10"), {"checkpoint.other"}),
    "a checkpoint beyond": (sql("UPDATE checkpoint SET size = 99 WHERE size = 10"), {"checkpoint.other"}),
    "a key": (sql("UPDATE signing_key SET public_key = zeroblob(32)"), {"key.unknown", "event.signature"}),
    "the key gone": (sql("DELETE FROM signing_key"), {"event.signature"}),
    "a key more": (sql("INSERT INTO signing_key (id, public_key, since) SELECT 'x', x'00', since FROM signing_key"),
                   {"key.unknown"}),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_somebody_changes_is_found(house: House, attack: str) -> None:
    change, kinds = ATTACKS[attack]
    with tampering(house) as connection:
        change(connection)
    assert found_in(house) >= kinds


def test_a_finding_says_where(house: House) -> None:
    with tampering(house) as connection:
        ATTACKS["the kind beside it"][0](connection)
    (one,) = report_of(house).found
    assert (one.chain, one.seq, one.interval) == ("one", 2, None)
    assert one.text.zh
    assert one.text.en


def test_signatures_may_be_sampled_or_left_out(house: House) -> None:
    with tampering(house) as connection:
        connection.execute(text("UPDATE event SET signature = x'00'"))
    assert len(report_of(house).found) == 12
    assert len(report_of(house, every_signature=3).found) == 4
    assert report_of(house, every_signature=0).found == []


def test_an_event_somebody_appended_in_the_service_s_name_is_found_by_its_signature_alone(
    house: House,
) -> None:
    """Everything computed anew and right (the attacker A1), but for the key outside the database."""
    stolen = House(cheap_settings(house.settings.data_dir), house.engine, house.clock)
    stolen._key = new_key()
    act(stolen, "one")
    sequence(house)
    assert found_in(house) == {"event.signature"}
    assert found_in(house, every_signature=0) == set()


def test_an_unsigned_event_after_there_was_a_key_is_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key in its body an event would look like one from before: but it stands after signed ones."""
    plain = audit.seal
    monkeypatch.setattr(
        audit, "seal", lambda body: plain({name: one for name, one in body.items() if name != "key"})
    )
    act(house, "one")
    monkeypatch.undo()
    sequence(house)
    assert found_in(house) == {"event.unsigned"}


# -- what lies outside -----------------------------------------------------------------------------------------


def test_a_log_rewritten_from_the_beginning_is_found_only_from_outside(house: House, tmp_path: Path) -> None:
    """Consistent inside, with the service's own key: only a checkpoint kept elsewhere tells."""
    with house.reading() as session:
        kept = note.parse(session.get_one(Checkpoint, 10).note)
    _, trust = signers()
    assert report_of(house, outside=verification.Outside(kept, trust)).found == []
    (tmp_path / "again").mkdir()
    shutil.copytree(house.settings.data_dir / "keys", tmp_path / "again" / "keys")
    forged = written(tmp_path / "again")
    assert report_of(forged).found == []
    assert found_in(forged, outside=verification.Outside(kept, trust)) == {"outside.other"}
    forged.engine.dispose()


def test_a_log_put_back_to_an_old_state_is_too_short(house: House, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "test.db", tmp_path / "old.db")
    act(house, "one")
    sequence(house)
    kept, trust = checkpoint(house)
    outside = verification.Outside(kept, trust)
    assert report_of(house, outside=outside).found == []
    house.engine.dispose()
    shutil.copy(tmp_path / "old.db", tmp_path / "test.db")
    (one,) = report_of(house, outside=outside).found
    assert (one.kind, one.interval) == ("outside.longer", (11, 13))


def test_a_checkpoint_by_somebody_else_proves_nothing(house: House) -> None:
    kept, _ = checkpoint(house, keep=False)
    other = note.SignerKey("decision-engine/local", note.Kind.ED25519, b"\x02" * 32)
    trust = policy.Policy(logs=(policy.Log(other.public),))
    assert found_in(house, outside=verification.Outside(kept, trust)) == {"outside.untrusted"}


def test_the_command_holds_the_log_against_a_checkpoint_from_outside(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decision_engine.app.open_house", lambda: house)
    kept, trust = checkpoint(house, keep=False)
    (tmp_path / "checkpoint").write_text(kept.render(), encoding="utf-8")
    (tmp_path / "policy").write_text(trust.text, encoding="utf-8")
    given = ["--checkpoint", str(tmp_path / "checkpoint"), "--policy", str(tmp_path / "policy")]

    def verify(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["audit", "verify", *arguments])
        return done.exit_code, done.output

    code, told = verify()
    assert code == 0
    assert "one: 6 条完好" in told
    assert "未对照他处保存的检查点" in told
    code, told = verify(*given)
    assert code == 0
    assert "未对照" not in told
    assert verify(*given[:2])[0] == 2  # a checkpoint without a policy proves nothing
    (tmp_path / "checkpoint").write_text("x", encoding="utf-8")
    assert verify(*given)[0] == 2
    with tampering(house) as connection:
        ATTACKS["the kind beside it"][0](connection)
    code, told = verify("--signatures", "0")
    assert code == 1
    assert "#2 检索字段与原文不符" in told
