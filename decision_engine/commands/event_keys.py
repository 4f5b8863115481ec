"""Change the service's own key: the new one is made known by an event that the old one signs, then takes its place.

Safe to begin again wherever it was cut off: the new key lies beside the old one until it is known, and a key that is
known already only takes its place.
"""

from __future__ import annotations

from decision_engine.access import CLOCK
from decision_engine.audit import EventKey
from decision_engine.audit.signing import keep_key, new_key, read_key
from decision_engine.models import SigningKey
from decision_engine.work import House, introduce_key, unit_of_work


def rotate_event_key(house: House) -> tuple[str, str]:
    """Put a new key in the place of the one in force; return the ids of both, the old first.

    Services that run go on signing with the old key until they are started anew; what they signed stays provable.
    """
    place = house.settings.event_key_path
    old, fresh = house.key(), _made(house)
    with unit_of_work(house, as_actor=CLOCK) as work:
        if work.session.get(SigningKey, fresh.id) is None:
            introduce_key(work, fresh)
    place.with_suffix(".next").replace(place)  # whole or not at all
    return old.id, fresh.id


def _made(house: House) -> EventKey:
    """Return the key that waits beside the one in force, made if there is none."""
    beside = house.settings.event_key_path.with_suffix(".next")
    if not beside.exists():
        keep_key(new_key(), beside)
    return read_key(beside)
