"""What members get and hand in before the meeting: papers delivered and opened, leave asked, written opinions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from decision_engine import access
from decision_engine.commands.meetings.room import enter, sit
from decision_engine.errors import Conflict, Forbidden, InvalidAnswers, NotFound
from decision_engine.language import Text
from decision_engine.models import (
    Document,
    DocumentVersion,
    Leave,
    MaterialDelivery,
    MaterialOpening,
    WrittenOpinion,
)
from decision_engine.work import Work


def deliver_materials(
    work: Work, item_id: str, document_id: str, person_ids: Sequence[str] | None = None
) -> list[MaterialDelivery]:
    """Deliver the newest version of a paper of the item's case to the members (all, or *person_ids*).

    Who has that version already gets no second delivery. Raises `NotFound`, `Forbidden`, `NotReady`.
    """
    sitting = sit(work, item_id, "material.deliver", document=document_id)
    standing = access.stand(work.actor, "meeting.call", sitting.room.meeting.organ_id)
    sitting.room.must_be("CALLED", "OPEN")
    sitting.must_be("PENDING", "TAKEN_UP", "REPORTED")
    newest = work.session.scalar(
        select(DocumentVersion)
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(Document.id == document_id, Document.case_id == sitting.case.id)
        .order_by(DocumentVersion.number.desc())
        .limit(1)
    )
    if newest is None:
        raise NotFound(Text("本案卷宗中没有这份文件。", "The item's case holds no such document."))
    wanted = list(sitting.room.members) if person_ids is None else list(dict.fromkeys(person_ids))
    if set(wanted) - set(sitting.room.members):
        raise InvalidAnswers({"members": (Text("只能送达会议组成人员。", "Papers go to members."),)})
    have = set(
        work.session.scalars(
            select(MaterialDelivery.person_id).where(
                MaterialDelivery.item_id == item_id, MaterialDelivery.document_id == document_id,
                MaterialDelivery.sha256 == newest.sha256,
            )
        )
    )  # fmt: skip
    delivered = [
        MaterialDelivery(
            item_id=item_id, person_id=one, document_id=document_id, number=newest.number, sha256=newest.sha256,
            delivered_at=work.now, delivered_by=work.actor.person_id,
        )
        for one in wanted
        if one not in have
    ]  # fmt: skip
    work.session.add_all(delivered)
    work.session.flush()
    sitting.moves()
    work.record(
        "material.delivered", sitting.case, standing=standing, document=document_id, number=newest.number,
        sha256=newest.sha256, to=[one.person_id for one in delivered], **sitting.about(),
    )  # fmt: skip
    return delivered


def open_material(work: Work, delivery_id: str) -> MaterialOpening:
    """Note that the member opened what was delivered; the first time counts. Raises `NotFound` for anybody else."""
    delivery = work.session.get(MaterialDelivery, delivery_id)
    if delivery is None or delivery.person_id != work.actor.person_id:
        raise NotFound
    sitting = sit(work, delivery.item_id, "material.open", delivery=delivery_id)
    _, standing, _ = sitting.room.speaks_for(None)
    known = work.session.get(MaterialOpening, delivery_id)
    if known is not None:
        return known
    opening = MaterialOpening(delivery_id=delivery_id, at=work.now)
    work.session.add(opening)
    work.record(
        "material.opened", sitting.case, standing=standing, delivery=delivery_id, sha256=delivery.sha256,
        **sitting.about(),
    )  # fmt: skip
    return opening


# -- who cannot come -----------------------------------------------------------------------------------------------


def ask_leave(work: Work, meeting_id: str, reason: str, *, person_id: str | None = None) -> Leave:
    """Ask leave of absence before the meeting opens (R-MTG-07), oneself or through the recorder."""
    room = enter(work, meeting_id, "leave.ask")
    person, standing, entered_by = room.speaks_for(person_id)
    room.must_be("CALLED")
    if work.session.get(Leave, (meeting_id, person)) is not None:
        raise Conflict(Text("已经请假。", "Leave was asked already."))
    leave = Leave(
        meeting_id=meeting_id, person_id=person, reason=reason, asked_at=work.now, entered_by=entered_by
    )
    work.session.add(leave)
    work.session.flush()
    work.record("leave.asked", room.meeting.chain, standing=standing, said={"reason": reason}, member=person)
    return leave


def give_written_opinion(
    work: Work, item_id: str, text: str, *, person_id: str | None = None
) -> WrittenOpinion:
    """Hand in what an absent member thinks of an item: it is read out and never counted (R-MTG-08).

    Raises `Forbidden` for a member who is in the room, `Conflict` for a second one.
    """
    sitting = sit(work, item_id, "opinion.write")
    person, standing, _ = sitting.room.speaks_for(person_id)
    sitting.must_be("PENDING", "TAKEN_UP", "REPORTED", "MEMBERS_SPEAKING")
    if person in sitting.room.here:
        raise Forbidden(
            Text("到会人员应当当场发表意见。", "Who is present speaks in the meeting."), rule="R-MTG-07"
        )
    known = work.session.scalar(
        select(WrittenOpinion.id).where(WrittenOpinion.item_id == item_id, WrittenOpinion.person_id == person)
    )
    if known is not None:
        raise Conflict(Text("已经提交书面意见。", "A written opinion was handed in already."))
    opinion = WrittenOpinion(item_id=item_id, person_id=person, text=text, given_at=work.now)
    work.session.add(opinion)
    work.session.flush()
    sitting.moves()
    work.record(
        "opinion.written", sitting.case, standing=standing, said={"text": text}, member=person, opinion=opinion.id,
        **sitting.about(),
    )  # fmt: skip
    return opinion
