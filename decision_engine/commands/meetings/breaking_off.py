"""An item that cannot go on is broken off, so that its meeting can: it comes back on a later meeting's agenda.

No way to drop an item at will (R-MTG-23): only where nobody can speak last and decide, or too few can take part. What
was said and voted stays as it was recorded; a vote under way is void and never counted. The case's flow goes back to
before its meeting opens, so that a later one judges quorum, leave and recusals anew.
"""

from __future__ import annotations

from sqlalchemy import select

from decision_engine import process, rules
from decision_engine.commands.flow import follow
from decision_engine.commands.meetings.agenda import approved, note_change
from decision_engine.commands.meetings.room import Sitting, sit, unlawful
from decision_engine.errors import NotReady
from decision_engine.language import Text
from decision_engine.models import AgendaItem, Ballot, Elector, Recusal, Task, Vote
from decision_engine.models.meetings import BEFORE_THE_MEETING
from decision_engine.process.diagram import Diagram, Element
from decision_engine.queries import definitions
from decision_engine.queries.casefile import open_file
from decision_engine.work import Work

MESSAGE = "中止讨论"
"""What the flow's boundary events wait for (bpmn/collective_meeting.bpmn)."""


def break_off_item(
    work: Work, item_id: str, *, reason: str, approved_by: str, version: int | None = None
) -> AgendaItem:
    """Break off an item that cannot go on, with reason and approver; the meeting's recorder does it.

    Raises `Unlawful` (R-MTG-23) where it could go on or the approver is neither chair nor principal, `Forbidden` for
    anybody but the recorder, `NotReady` where the item is not before the meeting, or its case runs by a definition
    that knows no such event.
    """
    sitting = sit(work, item_id, "item.break_off", version=version)
    standing = sitting.room.keeper()
    sitting.room.must_be("OPEN")
    sitting.must_be(*BEFORE_THE_MEETING)
    approved(sitting.room, reason, approved_by)
    why = _cannot_go_on(sitting)
    if why is None:
        raise unlawful(
            work, "R-MTG-23",
            Text(
                "本议题可以继续讨论决定（主要负责人在场且未回避，参加人数符合要求），不得随意中止。",
                "The item can go on: the principal takes part and the quorum is reached. It is not broken off at will.",
            ),
        )  # fmt: skip
    definition = definitions.compiled(work.session, sitting.case.definition_hash)
    waits = _listening(sitting, definition.diagram)
    for vote in work.session.scalars(select(Vote).where(Vote.item_id == item_id, Vote.state == "OPEN")):
        vote.state, vote.closed_at = "VOID", work.now
    for recusal in work.session.scalars(select(Recusal).where(Recusal.item_id == item_id)):
        recusal.ended_at = recusal.ended_at or work.now
    sitting.item.put_off_reason = reason
    sitting.moves("BROKEN_OFF")
    position = process.signal(definition, sitting.case.state, MESSAGE)
    file = open_file(work, sitting.case, "open_meeting")
    follow(work, sitting.case, position, file)
    note_change(sitting.room, standing, sitting.item, "BREAK_OFF", sitting.item.title, reason, approved_by)
    work.record(
        "item.broken_off", sitting.case, standing=standing, said={"reason": reason}, beside={"why": why.zh},
        approved_by=approved_by, room=sitting.about(), message={"element": waits.id, "step": waits.step},
        calendar=file.calendar.version, definition=sitting.case.definition_hash, engine=process.ENGINE,
        rules={"version": rules.RULE_SET_VERSION, "checked": []}, passed=list(position.passed),
        next=[[one.id, one.element] for one in position.ready], ended=position.ended,
    )  # fmt: skip
    return sitting.item


def _cannot_go_on(sitting: Sitting) -> Text | None:
    """Return why nothing lawful leads on from here, or None. A vote that was counted needs no quorum any more."""
    principal = sitting.room.principal
    if principal in sitting.recused:
        return Text(
            "主要负责人回避本议题，无人末位发言、作出决定。",
            "The principal is recused: nobody can speak last and decide.",
        )
    if principal not in sitting.room.here:
        return Text(
            "主要负责人不在会场，无人末位发言、作出决定。",
            "The principal left: nobody can speak last and decide.",
        )
    if sitting.item.state == "VOTED":
        return None
    for taking_part in _taking_part(sitting):
        for category in dict.fromkeys(("ORDINARY", sitting.item.category)):
            wrong = sitting.room.quorum(category, len(taking_part))
            if wrong is not None:
                return wrong
    return None


def _taking_part(sitting: Sitting) -> list[set[str]]:
    """Return who can still take part: in the discussion, or in each vote that is open (whoever voted did)."""
    here = set(sitting.deliberating)
    if sitting.item.state != "VOTING":
        return [here]
    session, found = sitting.work.session, []
    for vote in session.scalars(select(Vote.id).where(Vote.item_id == sitting.item.id)):
        electors = session.scalars(select(Elector.person_id).where(Elector.vote_id == vote))
        voted = session.scalars(select(Ballot.person_id).where(Ballot.vote_id == vote))
        found.append((here & set(electors)) | set(voted))
    return found


def _listening(sitting: Sitting, diagram: Diagram) -> Element:
    """Return the event that waits beside the item's step. Raises `NotReady` where the definition has none."""
    waiting = sitting.work.session.scalars(
        select(Task.element).where(Task.case_id == sitting.case.id, Task.status == "OPEN")
    ).all()
    for element in diagram.elements.values():
        event = element.event
        if (
            element.attached_to in waiting
            and event is not None
            and (event.kind, event.name) == ("message", MESSAGE)
        ):
            return element
    raise NotReady(
        Text(
            "本事项按较早发布的流程办理，该流程没有“中止讨论”。请等候主要负责人或者其他成员到会后继续。",
            "The matter runs by an earlier procedure that knows no breaking off. Wait until who is missing is here.",
        )
    )
