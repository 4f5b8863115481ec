"""Every event gets its leaf: once, in the order of its chain, whatever runs at the same time or dies half-way."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, select, text

from decision_engine import audit, guard, migrations
from decision_engine import work as work_module
from decision_engine.access import CLOCK
from decision_engine.app import open_house
from decision_engine.audit import merkle
from decision_engine.clock import MovableClock
from decision_engine.commands import sequencing
from decision_engine.commands.sequencing import TreeDamaged, Waiting, in_order, included, sequence, watch
from decision_engine.db import open_engine
from decision_engine.errors import Overtaken
from decision_engine.models import Event, Incident, Leaf, LogHead, PendingEvent, Tile
from decision_engine.queries import proofs
from decision_engine.queries.verification import whole_log
from decision_engine.work import House, stamp, unit_of_work
from decision_engine.worker import Worker
from tests.conftest import BEGINNING, cheap_settings, tampering

WRITERS = 8
TURNS = 6


def act(house: House, chain: str = "house", times: int = 1) -> str:
    """Record events on *chain* and return the id of the last."""
    with unit_of_work(house, as_actor=CLOCK) as work:
        for _ in range(times):
            last = work.record("house.opened", chain).event_id
    return last


def state_of(house: House) -> tuple[proofs.Head, list[Leaf], list[Event]]:
    """Read the head of the tree, its leaves, and their events, in the order of the leaves."""
    with house.reading() as session:
        rows = session.execute(
            select(Leaf, Event).join(Event, Event.id == Leaf.event_id).order_by(Leaf.idx)
        ).all()
        return proofs.head(session), [leaf for leaf, _ in rows], [event for _, event in rows]


def misplaced(house: House) -> list[str]:
    """Return what is wrong with the tree: leaves, numbers, root, the order of chains, events left over."""
    head, leaves, events = state_of(house)
    wrong = []
    if [leaf.idx for leaf in leaves] != list(range(head.size)):
        wrong.append("leaves are not numbered without gaps")
    if [leaf.hash for leaf in leaves] != [merkle.leaf_hash(event.body) for event in events]:
        wrong.append("a leaf is not the hash of its event")
    if merkle.root_of(leaf.hash for leaf in leaves) != head.root:
        wrong.append("the root is not that of the leaves")
    seqs = defaultdict(list)
    for event in events:
        seqs[event.chain].append(event.seq)
    wrong += [f"chain {name} is out of order" for name, found in seqs.items() if found != sorted(found)]
    with house.reading() as session:
        stored = set(session.scalars(select(Event.id)))
        waiting = set(session.scalars(select(PendingEvent.event_id)))
        if merkle.root(proofs.tile_reader(session), head.size) != head.root:
            wrong.append("the root is not that of the tiles")
    if {event.id for event in events} | waiting != stored or {event.id for event in events} & waiting:
        wrong.append("an event is neither a leaf nor waiting, or both")
    return wrong


def test_an_event_waits_from_its_own_transaction_on_and_becomes_a_leaf(any_house: House) -> None:
    last = act(any_house, times=3)
    with any_house.reading() as session:
        assert proofs.pending(session).count == 4  # and the introduction of the key
    assert sequence(any_house) == 4
    head, leaves, _ = state_of(any_house)
    assert head.size == 4
    assert head.at is not None
    assert leaves[-1].event_id == last
    assert misplaced(any_house) == []
    assert sequence(any_house) == 0


def test_an_act_that_is_refused_leaves_nothing_waiting(any_house: House) -> None:
    act(any_house)

    def fail() -> None:
        with unit_of_work(any_house, as_actor=CLOCK) as work:
            work.record("house.opened", "house")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert sequence(any_house) == 2


def test_small_batches_build_the_same_tree(any_house: House) -> None:
    for number in range(7):
        act(any_house, f"chain{number % 3}", 2)
    assert sequence(any_house, batch=4) == 15
    assert misplaced(any_house) == []


def test_many_leaves_fill_tiles_and_the_tree_goes_on(house: House) -> None:
    act(house, times=300)
    assert sequence(house, batch=100) == 301
    act(house, times=250)
    sequence(house)
    with house.reading() as session:
        widths = session.execute(
            select(Tile.level, Tile.idx, Tile.width).order_by(Tile.level, Tile.idx)
        ).all()
    assert [tuple(row) for row in widths] == [(0, 0, 256), (0, 1, 256), (0, 2, 39), (1, 0, 2)]
    assert misplaced(house) == []


def test_eight_writers_and_two_sequencers_at_once_keep_every_chain_in_order(any_house: House) -> None:
    act(any_house)
    for number in range(3):
        act(any_house, f"chain{number}")
    begin, over = threading.Barrier(WRITERS + 2), threading.Event()
    failed: list[Exception] = []

    def write(number: int) -> None:
        begin.wait()
        for turn in range(TURNS):
            act(any_house, f"chain{(number + turn) % 3}")

    def bring_in() -> None:
        begin.wait()
        while not over.is_set():
            sequence(any_house, batch=5)

    def kept(task, *arguments) -> None:
        try:
            task(*arguments)
        except Exception as problem:  # noqa: BLE001  told to the test, which fails
            failed.append(problem)

    writers = [threading.Thread(target=kept, args=(write, number)) for number in range(WRITERS)]
    sequencers = [threading.Thread(target=kept, args=(bring_in,)) for _ in range(2)]
    for thread in writers + sequencers:
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    for thread in sequencers:
        thread.join()
    assert failed == []
    sequence(any_house)
    assert misplaced(any_house) == []
    assert state_of(any_house)[0].size == WRITERS * TURNS + 5


def test_ids_of_machines_whose_clocks_differ_do_not_disturb_a_chain(
    any_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second event has the smaller id, and the batch would end between them."""
    act(any_house)
    sequence(any_house)
    ids = iter(("9" * 32, "1" * 32, "2" * 32, "3" * 32))
    monkeypatch.setattr(work_module, "new_id", lambda: next(ids))
    for chain in ("a", "a", "b", "b"):
        act(any_house, chain)
    assert sequence(any_house, batch=2) == 4
    _, _, events = state_of(any_house)
    assert [(event.chain, event.seq) for event in events[2:]] == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert misplaced(any_house) == []


def test_without_the_order_of_chains_the_check_above_would_fail(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: leaves in the order of ids alone."""
    act(house)
    sequence(house)
    ids = iter(("9" * 32, "1" * 32))
    monkeypatch.setattr(work_module, "new_id", lambda: next(ids))
    monkeypatch.setattr(sequencing, "in_order", list)
    for _ in range(2):
        act(house, "a")
    sequence(house)
    assert misplaced(house) == ["chain a is out of order"]


def test_events_of_a_chain_take_its_places_in_turn() -> None:
    came = [
        Waiting("1", "a", 3, b""),
        Waiting("2", "b", 9, b""),
        Waiting("3", "a", 1, b""),
        Waiting("4", "a", 2, b""),
    ]
    assert [(one.chain, one.seq) for one in in_order(came)] == [("a", 1), ("b", 9), ("a", 2), ("a", 3)]


def test_a_sequencer_that_dies_half_way_leaves_nothing_behind(
    any_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(any_house, times=3)

    def die(name: str) -> None:
        if name == "sequencer.tiles_written":
            raise KeyboardInterrupt

    monkeypatch.setattr(sequencing, "crash_point", die)
    with pytest.raises(KeyboardInterrupt):
        sequence(any_house)
    head, leaves, _ = state_of(any_house)
    assert (head.size, leaves) == (0, [])
    monkeypatch.undo()
    assert sequence(any_house) == 4
    assert misplaced(any_house) == []


# -- what somebody changed ---------------------------------------------------------------------------------


def test_nothing_is_built_on_a_tree_somebody_changed(any_house: House) -> None:
    act(any_house, times=5)
    sequence(any_house)
    with tampering(any_house) as connection:
        connection.execute(text("UPDATE tile SET data = :data WHERE level = 0"), {"data": b"\x00" * 32 * 6})
    act(any_house)
    for _ in range(2):
        with pytest.raises(TreeDamaged):
            sequence(any_house)
    with any_house.reading() as session:
        assert proofs.head(session).size == 6
        assert list(session.scalars(select(Incident.kind))) == ["log.damaged"]


def test_every_one_of_the_ways_to_spoil_a_tree_is_seen_by_the_check(house: House) -> None:
    """Negative control of `misplaced`."""
    act(house, times=5)
    sequence(house)
    assert misplaced(house) == []
    with tampering(house) as connection:
        connection.execute(text("UPDATE leaf SET hash = :hash WHERE idx = 2"), {"hash": b"\x00" * 32})
    assert misplaced(house) == ["a leaf is not the hash of its event", "the root is not that of the leaves"]
    with tampering(house) as connection:
        connection.execute(text("DELETE FROM leaf WHERE idx = 2"))
    assert "leaves are not numbered without gaps" in misplaced(house)
    assert "an event is neither a leaf nor waiting, or both" in misplaced(house)


# -- alarms and answers --------------------------------------------------------------------------------------


def test_what_waits_longer_than_a_minute_is_an_incident_once(any_house: House, clock: MovableClock) -> None:
    act(any_house)
    clock.move_to(clock.now() + timedelta(seconds=50))
    assert not watch(any_house)
    clock.move_to(clock.now() + timedelta(seconds=11))
    assert [watch(any_house), watch(any_house)] == [True, True]
    with any_house.reading() as session:
        assert list(session.scalars(select(Incident.kind))) == ["log.stuck"]
    sequence(any_house)
    assert not watch(any_house)


def test_a_decisive_act_learns_its_place(any_house: House) -> None:
    act(any_house)
    found = included(any_house, act(any_house))
    assert (found.leaf, found.checkpoint) == (2, None)


def test_who_cannot_have_the_place_in_time_is_told_so(any_house: House) -> None:
    """Another sequencer holds the head and does not let go."""
    last = act(any_house)
    with any_house.writing() as session, session.begin():
        session.execute(select(LogHead).with_for_update())
        found = included(any_house, last, patience=0.05)
    assert (found.leaf, found.checkpoint) == (None, None)
    assert included(any_house, last).leaf == 1


def test_an_impatient_wait_leaves_no_trace_on_the_connection(house: House) -> None:
    last = act(house)
    included(house, last, patience=0.2)
    with house.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


def test_a_sequencer_that_is_overtaken_tries_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    act(house)
    grow, tries = sequencing._grow, []

    def once_beaten(*arguments, **named) -> int:
        tries.append(arguments)
        if len(tries) == 1:
            raise Overtaken
        return grow(*arguments, **named)

    monkeypatch.setattr(sequencing, "_grow", once_beaten)
    assert sequence(house) == 2
    assert len(tries) == 2


def test_the_worker_brings_events_in_beside_its_timers(
    any_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    last, came = act(any_house), threading.Event()
    monkeypatch.setattr("decision_engine.worker.sequencing.watch", lambda house: came.set())
    worker = Worker(any_house)
    worker.start()
    came.wait(timeout=60)
    worker.stop()
    assert included(any_house, last, patience=0).leaf == 1


# -- events from before there was a tree -------------------------------------------------------------------


def test_events_from_before_come_in_first_in_the_order_of_time(tmp_path: Path, clock: MovableClock) -> None:
    """A database of the release before: its events are unsigned, and all of them become leaves."""
    settings = cheap_settings(tmp_path)
    engine = open_engine(settings.database_url)
    with engine.execution_options(writes=True).begin() as connection, guard.lifted(connection):
        config = migrations._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for number, (chain, seq) in enumerate((("a", 1), ("b", 1), ("a", 2))):
            _old_event(connection, f"{number:032x}", chain, seq)
    engine.dispose()
    house = open_house(settings, clock)
    assert sequence(house) == 3
    act(house)
    assert sequence(house) == 2
    _, _, events = state_of(house)
    assert [event.id for event in events[:3]] == [f"{number:032x}" for number in range(3)]
    with house.reading() as session:
        report = whole_log(session)
    assert (report.found, report.unsigned, report.signatures) == ([], 3, 2)
    house.engine.dispose()


def _old_event(connection: Connection, event_id: str, chain: str, seq: int) -> None:
    """Write an event as the release before did: without a key and a signature."""
    head = text("SELECT head_hash FROM chain WHERE id = :id")
    previous = connection.execute(head, {"id": chain}).scalar() or ""
    body = audit.seal(
        {
            "v": "ev1", "id": event_id, "chain": chain, "seq": seq, "prev": previous, "at": stamp(BEGINNING),
            "kind": "x", "actor": {"id": "clock"}, "commit": audit.commitment(b"s" * 16, b"{}"),
        }
    )  # fmt: skip
    values = {
        "id": event_id, "chain": chain, "seq": seq, "body": body.body, "hash": body.hash,
        "at": BEGINNING.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
    }  # fmt: skip
    for statement in (
        "INSERT INTO event (id, chain, seq, kind, at, actor_id, body, hash)"
        " VALUES (:id, :chain, :seq, 'x', :at, 'clock', :body, :hash)",
        "INSERT INTO event_payload (event_id, salt, payload)"
        " VALUES (:id, CAST('ssssssssssssssss' AS BLOB), CAST('{}' AS BLOB))",
        "INSERT OR REPLACE INTO chain (id, head_seq, head_hash) VALUES (:chain, :seq, :hash)",
    ):
        connection.execute(text(statement), values)
