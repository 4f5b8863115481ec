"""What is needed to call a meeting: the cases that wait for one, and the meetings that discussed a case."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import aliased

from decision_engine.models import AgendaItem, Case, Meeting, Task
from decision_engine.models.cases import MEETING_ITEM
from decision_engine.models.meetings import TO_COME_BACK
from decision_engine.queries.meetings import visible
from decision_engine.work import Work

STEPS = ("confirm_agenda", "open_meeting")
MOST = 50


def awaiting(work: Work, organ_id: str) -> Sequence[Case]:
    """Return the decision cases of an organ whose next step is a meeting and which stand on no agenda, oldest first."""
    on_an_agenda = (
        select(AgendaItem.case_id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(
            AgendaItem.state.not_in(("DECIDED", "SIGNED", "WITHDRAWN", *TO_COME_BACK)),
            Meeting.status != "CANCELLED",
        )
    )
    return work.session.scalars(
        select(Case)
        .where(
            Case.organ_id == organ_id,
            Case.kind != MEETING_ITEM,
            Case.id.in_(select(Task.case_id).where(Task.status == "OPEN", Task.step.in_(STEPS))),
            Case.id.not_in(on_an_agenda),
        )
        .order_by(Case.year, Case.number)
        .limit(MOST)
    ).all()


def put_back(work: Work, organ_id: str) -> Sequence[tuple[AgendaItem, Meeting]]:
    """Return the items of an organ to be discussed again (deferred, put off, broken off), newest first, each once."""
    back = aliased(AgendaItem)
    on_an_agenda = select(back.previous_id).where(
        back.previous_id.is_not(None), back.state.not_in(("WITHDRAWN", *TO_COME_BACK))
    )
    rows = work.session.execute(
        select(AgendaItem, Meeting)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(
            Meeting.organ_id == organ_id,
            visible(work),
            AgendaItem.state.in_(TO_COME_BACK) | AgendaItem.outcome.in_(("DEFER", "REDISCUSS")),
            AgendaItem.id.not_in(on_an_agenda),
        )
        .order_by(Meeting.planned_at.desc(), AgendaItem.seq)
        .limit(MOST)
    )
    return [(item, meeting) for item, meeting in rows]


def of_case(work: Work, case_id: str) -> Sequence[tuple[Meeting, AgendaItem]]:
    """Return the meetings that have a case on their agenda, of those the actor may see, newest first."""
    rows = work.session.execute(
        select(Meeting, AgendaItem)
        .join(AgendaItem, AgendaItem.meeting_id == Meeting.id)
        .where(AgendaItem.case_id == case_id, visible(work))
        .order_by(Meeting.planned_at.desc(), AgendaItem.seq)
        .limit(MOST)
    )
    return [(meeting, item) for meeting, item in rows]
