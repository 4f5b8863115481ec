"""Is a step of a case being done in a meeting room? Then it is done there and nowhere else.

A case whose meeting has no room keeps being completed step by step: an item on the agenda of a meeting makes the
difference.
"""

from __future__ import annotations

from sqlalchemy import select

from decision_engine.errors import NotReady
from decision_engine.language import Text
from decision_engine.models import AgendaItem, Case, Meeting, Task
from decision_engine.work import Work

STEPS = frozenset(
    {
        "open_meeting", "report_item", "member_speaks", "principal_speaks_last", "vote", "principal_decides",
        "sign_minutes",
    }
)  # fmt: skip
"""The steps of a meeting (bpmn/collective_meeting.bpmn)."""

SETTLED = ("WITHDRAWN", "PUT_OFF", "BROKEN_OFF", "SIGNED")
"""States of an item that no longer binds its case."""


def not_in_a_meeting(work: Work, case: Case, task: Task) -> None:
    """Refuse to complete *task* by itself while its case is an item of a meeting; raises `NotReady`."""
    held = held_in(work, case, task)
    if held is None:
        return
    raise NotReady(
        Text(
            f"本事项已列入“{held.title}”的议程，请在该会议中办理。",
            f"This matter is on the agenda of “{held.title}”. Act in that meeting.",
        )
    )


def held_in(work: Work, case: Case, task: Task) -> Meeting | None:
    """Return the meeting in whose room *task* is done, if there is one; one statement for a step of a meeting."""
    if task.step not in STEPS:
        return None
    return work.session.execute(
        select(Meeting)
        .join(AgendaItem, AgendaItem.meeting_id == Meeting.id)
        .where(
            AgendaItem.case_id == case.id,
            AgendaItem.state.not_in(SETTLED),
            Meeting.status != "CANCELLED",
        )
        .limit(1)
    ).scalar_one_or_none()
