"""What the notary needs of the house: the tree as it stands, and a place for what it signs or refuses to sign.

Guarantees
* A signed note is kept once for each size; it only grows at its end, by cosignatures that came later.
* A refusal of the notary is an incident, raised once as long as nobody has resolved it.
* A restore is an event of the log like everything else; without one the notary does not go on (FORMAT.md, section 8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from decision_engine.access import CLOCK
from decision_engine.audit import note
from decision_engine.models import Checkpoint, Event, Incident
from decision_engine.queries import proofs
from decision_engine.work import House, Receipt, Work, unit_of_work

OPERATIONS = "operations"
"""The chain of what is done to the house itself."""

RESTORED = "log.restored"
KEYS_CHANGED = "notary.keys_changed"


class HouseLog:
    """The log of *house* as `decision_engine.notary.Log` wants it; any thread may ask."""

    def __init__(self, house: House) -> None:
        self._house = house

    def head(self) -> tuple[int, bytes]:
        """Return the size and the root of the tree."""
        with self._house.reading() as session:
            found = proofs.head(session)
        return found.size, found.root

    def consistency(self, old: int, new: int) -> Sequence[bytes]:
        """Return the proof from *old* to *new* leaves. Raises as `proofs.consistency` does."""
        with self._house.reading() as session:
            return proofs.consistency(session, old, new)

    def event(self, event_id: str, size: int) -> tuple[bytes, int, Sequence[bytes]] | None:
        """Return body, leaf and proof of an event in the tree of *size*; None if it is not in there."""
        with self._house.reading() as session:
            body = session.scalar(select(Event.body).where(Event.id == event_id))
            leaf = proofs.leaf_of(session, event_id)
            if body is None or leaf is None or leaf >= size:
                return None
            return bytes(body), leaf, proofs.inclusion(session, leaf, size)

    def publish(self, size: int, text: str) -> None:
        """Keep the signed note *text* about *size* leaves; one that is there already may only grow."""
        with unit_of_work(self._house, as_actor=CLOCK) as work:
            kept = work.session.get(Checkpoint, size)
            if kept is None:
                work.session.add(Checkpoint(size=size, note=text, at=work.now))
            elif kept.note != text:
                kept.note = note.parse(kept.note).with_signatures(note.parse(text).signatures).render()

    def refused(self, reason: str, detail: Mapping[str, Any]) -> None:
        """Raise the alarm: an incident of kind *reason*, once while it is open."""
        with self._house.reading() as session:
            if session.scalar(_open(reason)) is not None:
                return
        with unit_of_work(self._house, as_actor=CLOCK) as work:
            if work.session.scalar(_open(reason)) is None:
                work.session.add(Incident(kind=reason, case_id=None, at=work.now, detail=dict(detail)))


def declare_restore(work: Work, gave_up: Mapping[str, Any], *, by: str, why: str) -> Receipt:
    """Record that the house was put back to a backup and the log that had reached *gave_up* is given up.

    *gave_up*: {"size", "root" (base64)}, the head the notary signed last, as its refusal says. *by* and *why*: who
    restored it and for what reason. The notary goes on only after it was told of this event.
    """
    return work.record(RESTORED, OPERATIONS, said={"by": by, "why": why}, gave_up=dict(gave_up))


def declare_keys(work: Work, *, added: Sequence[str] = (), retired: Sequence[str] = (), by: str) -> Receipt:
    """Record that the notary signs with keys *added* (vkeys) too from now on, or no longer with those *retired*."""
    return work.record(KEYS_CHANGED, OPERATIONS, said={"by": by}, added=list(added), retired=list(retired))


def _open(reason: str) -> Any:
    return select(Incident.id).where(Incident.kind == reason, Incident.resolved_at.is_(None)).limit(1)
