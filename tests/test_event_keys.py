"""The service's key is changed: the old one signs the new one's introduction, and the log stays provable."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sqlalchemy import select

from decision_engine.access import PUBLIC
from decision_engine.audit import signing
from decision_engine.commands import event_keys, sequencing
from decision_engine.models import Event, SigningKey
from decision_engine.queries import verification
from decision_engine.queries.trail import read
from decision_engine.work import House, unit_of_work


def act(house: House) -> None:
    with unit_of_work(house, as_actor=PUBLIC) as work:
        work.record("tried", "people")


def anew(house: House) -> House:
    """The same house, as a service that was started again."""
    return House(house.settings, house.engine, house.clock)


def signers(house: House) -> list[tuple[str, str]]:
    with house.reading() as session:
        events = session.scalars(select(Event).order_by(Event.at, Event.id))
        return [(one.kind, str(read(one.body)["key"])) for one in events]


def cut_off(*_: object) -> None:
    raise KeyboardInterrupt


def verdict(house: House) -> list[str]:
    sequencing.sequence(house)
    with house.reading() as session:
        return [one.kind for one in verification.whole_log(session).found]


def test_the_old_key_introduces_the_new_one_and_both_are_believed(house: House):
    act(house)
    old, fresh = event_keys.rotate_event_key(house)
    later = anew(house)
    act(later)
    assert later.key().id == fresh != old
    assert signers(house) == [
        ("key.introduced", old), ("tried", old), ("key.introduced", old), ("tried", fresh)
    ]  # fmt: skip
    assert verdict(later) == []


def test_cut_off_between_the_log_and_the_file_it_is_finished_the_next_time(house: House, monkeypatch):
    act(house)
    with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
        patched.setattr(Path, "replace", cut_off)
        event_keys.rotate_event_key(house)
    half = anew(house)
    act(half)  # still with the old key
    old, fresh = event_keys.rotate_event_key(half)
    act(anew(house))
    with house.reading() as session:
        assert {one.id for one in session.scalars(select(SigningKey))} == {old, fresh}
    assert verdict(house) == []


def test_a_key_that_only_replaces_the_file_introduces_itself_and_is_told(house: House):
    """Negative control: without the rotation nobody vouches for the new key."""
    act(house)
    place = house.settings.event_key_path
    place.unlink()
    signing.keep_key(signing.new_key(), place)
    later = anew(house)
    act(later)
    introduced = [key for kind, key in signers(house) if kind == "key.introduced"]
    assert introduced[1] == later.key().id  # by itself
