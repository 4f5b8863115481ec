"""Erase personal data behind an event, lawfully: two persons, a legal basis, and an event that says so.

What an event commits to (names, words) may have to go: at a person's request (个人信息保护法第四十七条), or when its
retention ends, after appraisal (R-ARC-11). The event itself stays, and so does the chain: the payload and its salt are
deleted, and what is left gives nothing away. Because altering files is punishable (R-ARC-08), nobody does this alone:
an administrator proposes it with its legal basis, a legal officer of the same organ approves it, and both acts are in
the log before anything is gone. The database deletes a payload only after such an event; a payload that is missing
without one is found by everybody who verifies.

The case file (`Record`) is not touched: what the procedure rests on is kept as long as the dossier is.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import delete

from decision_engine import access
from decision_engine.errors import Conflict, Forbidden, NotFound
from decision_engine.language import Text
from decision_engine.models import Case, Event, EventPayload
from decision_engine.work import Receipt, Work

PROPOSED, ERASED = "erasure.proposed", "payload.erased"


def propose_erasure(work: Work, event_id: str, authority: str, reason: str) -> Receipt:
    """Propose to erase what the event *event_id* commits to, on the legal basis *authority* (no personal data in it).

    Raises `NotFound`, `Forbidden`, `Conflict` when it is gone already or must stay.
    """
    access.stand_anywhere(work.actor, "payload.propose_erasure")
    event, standing = _open(work, event_id, "payload.propose_erasure")
    return work.record(
        PROPOSED,
        event.chain,
        standing=standing,
        said={"reason": reason},
        concerns=event.id,
        authority=authority,
    )


def erase_payload(work: Work, proposal_id: str) -> Receipt:
    """Approve the proposal *proposal_id* as the second person, and erase what it names.

    Raises `NotFound`, `Forbidden` (also for who proposed it), `Conflict` when it is gone already.
    """
    access.stand_anywhere(work.actor, "payload.approve_erasure")
    proposal = work.session.get(Event, proposal_id)
    if proposal is None or proposal.kind != PROPOSED:
        raise NotFound(Text("没有这项清除建议。", "There is no such proposal."))
    about: dict[str, Any] = json.loads(proposal.body)
    event, standing = _open(work, about["concerns"], "payload.approve_erasure")
    work.tries(event.chain, "payload.erase", proposal=proposal.id)
    if proposal.actor_id == work.actor.person_id:
        raise Forbidden(Text("清除须由另一人批准。", "Erasing takes a second person."), rule="R-ARC-08")
    receipt = work.record(
        ERASED,
        event.chain,
        standing=standing,
        erases=event.id,
        authority=about["authority"],
        proposal=proposal.id,
    )
    work.session.execute(delete(EventPayload).where(EventPayload.event_id == event.id))
    return receipt


def _open(work: Work, event_id: str, act: str) -> tuple[Event, access.Standing]:
    """Return the event whose payload is to go, and the standing in which the actor may say so."""
    event = work.session.get(Event, event_id)
    if event is None:
        raise NotFound
    case = work.session.get(Case, event.chain)
    if case is not None and not work.actor.in_organ(case.organ_id):
        raise NotFound
    standing = (
        access.stand(work.actor, act, case.organ_id) if case else access.stand_anywhere(work.actor, act)
    )
    if event.kind in {PROPOSED, ERASED}:
        raise Conflict(Text("清除的理由和依据须保留。", "Why something was erased must stay on record."))
    if work.session.get(EventPayload, event.id, populate_existing=True) is None:
        raise Conflict(Text("该内容已经清除。", "This was erased already."))
    return event, standing
