"""Erase personal data behind an event, lawfully: two persons, a legal basis, and an event that says so.

What an event commits to (names, words) may have to go: at a person's request (个人信息保护法第四十七条), or when its
retention ends, after appraisal (R-ARC-11). The event itself stays, and so does the chain: the payload and its salt are
deleted, and what is left gives nothing away. With it goes what the same act wrote beside the log: the words of its
entry in the case file, a comment of the public with its author's name and contact, what was typed and not handed in,
what was asked of whoever should give a view (加签), the note of a copy (抄送) or reminder (催办), why one delegated.

Because altering files is punishable (R-ARC-08), nobody does this alone: an administrator proposes it with its legal
basis, a legal officer of the same organ approves it, and both acts are in the log before anything is gone. The database
deletes a payload, and changes an entry, only after such an event; a payload that is missing without one is found by
everybody who verifies.

What the procedure rests on stays: choices, days, numbers, persons and papers referred to, and what the conditions of a
diagram read. Kept as long as the dossier, whatever is erased: papers and their titles, the titles of cases and of what
a catalogue lists with the reasons it was amended for, which were published, and the tables of the meeting room
(speeches, minutes), which are papers of the meeting; and, for a week, answers kept for repeated requests.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import delete, update

from decision_engine import access, forms
from decision_engine.errors import Conflict, Forbidden, NotFound
from decision_engine.language import Text
from decision_engine.models import (
    Case,
    Circulation,
    Comment,
    CommentContact,
    Countersign,
    Delegation,
    Draft,
    Event,
    EventPayload,
    Record,
    Urging,
)
from decision_engine.queries import definitions
from decision_engine.work import Receipt, Work

PROPOSED, ERASED = "erasure.proposed", "payload.erased"

MARK = "（已依法清除 · lawfully erased）"
"""Stands where words were erased."""


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
    act: dict[str, Any] = json.loads(event.body)
    record = _record_of(work, event, act)
    changed: dict[str, Any] = {} if record is None else {"record": record.seq}
    receipt = work.record(
        ERASED,
        event.chain,
        standing=standing,
        erases=event.id,
        authority=about["authority"],
        proposal=proposal.id,
        **changed,
    )
    work.session.execute(delete(EventPayload).where(EventPayload.event_id == event.id))
    if record is not None:
        _erase_words(work, record)
    if event.kind == "comment.received":
        _erase_comment(work, act["comment"]["id"])
    _erase_notes(work, event, act)
    return receipt


def _record_of(work: Work, event: Event, act: dict[str, Any]) -> Record | None:
    """Return the entry of the case file that *event* made, if it made one."""
    entry = act.get("entry")
    return work.session.get(Record, (event.chain, entry)) if isinstance(entry, int) else None


def _erase_words(work: Work, record: Record) -> None:
    case = work.session.get_one(Case, record.case_id)
    reads = definitions.fields_read(definitions.compiled(work.session, case.definition_hash), record.kind)
    record.data = forms.without_words(record.kind, record.data, reads, MARK)
    record.exceptions = [[one[0], MARK, *one[2:]] for one in record.exceptions]
    if record.task_id is not None:
        work.session.execute(delete(Draft).where(Draft.task_id == record.task_id))


def _erase_comment(work: Work, comment_id: str) -> None:
    work.session.execute(delete(CommentContact).where(CommentContact.comment_id == comment_id))
    work.session.execute(update(Comment).where(Comment.id == comment_id).values(text=MARK))


def _erase_notes(work: Work, event: Event, act: dict[str, Any]) -> None:
    """Erase what was worded between people, from the rows that the act of *event* made and no others."""
    match event.kind:
        case "countersign.asked":
            rows = update(Countersign).where(Countersign.id.in_([one for one, _ in act["asked"]]))
            work.session.execute(rows.values(question=MARK))
        case "copy.sent":
            rows = update(Circulation).where(Circulation.id.in_([one for one, _ in act["copies"]]))
            work.session.execute(rows.values(note=MARK))
        case "task.urged":  # once a day and person, so its moment tells it from others
            same = (
                Urging.task_id == act["task"]["id"],
                Urging.by_id == event.actor_id,
                Urging.at == event.at,
            )
            work.session.execute(update(Urging).where(*same).values(note=MARK))
        case "delegation.given":
            row = update(Delegation).where(Delegation.id == act["delegation"])
            work.session.execute(row.values(reason=MARK))


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
