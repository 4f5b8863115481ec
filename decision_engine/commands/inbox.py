"""Messages as a person deals with them: everything at once is marked as read."""

from __future__ import annotations

from decision_engine.commands.browsers import preference_of
from decision_engine.commands.handling import read_copy
from decision_engine.queries import handling
from decision_engine.work import Work


def read_everything(work: Work) -> int:
    """Mark every message of the actor as read and return how many copies that confirmed.

    A copy that is read is a receipt for whoever sent it (已阅), so each has its event in its own case; that reminders
    were seen is nobody else's business and is only kept. Cases are taken in one order, so that two persons who do this
    at once do not wait for one another in a circle. What is asked of a person (a view, an approval) stays.
    """
    unread = sorted(handling.copies(work, unread=True), key=lambda one: (one.case.id, one.copy.id))
    for one in unread:
        read_copy(work, one.copy.id)
    preference_of(work).inbox_seen_at = work.now
    return len(unread)
