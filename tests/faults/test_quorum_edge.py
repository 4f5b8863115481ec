"""F10: exactly as many members are there as must be; one leaves at the very moment the vote is opened, or closed.

Whoever comes first, no vote is opened or counted on fewer than the quorum, and each who voted is counted once.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from decision_engine.clock import MovableClock
from decision_engine.commands import meetings
from decision_engine.commands.meetings import Plan, room
from decision_engine.demo.town import PARTY_COMMITTEE
from decision_engine.errors import NotReady, Unlawful
from decision_engine.models import AgendaItem, Ballot, Elector, Vote
from decision_engine.work import House
from tests.commands.hall import COMMITTEE, Hall, found_hall
from tests.commands.test_meetings_storm import Storm

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
ROUNDS = 40 if CAMPAIGN else 2
NEEDED = 6
"""Two thirds of the nine of the committee: what an item of money needs."""


def at_the_edge(hall: Hall) -> tuple[Storm, str, list[AgendaItem]]:
    """A meeting of exactly as many as must be there, and its agenda: an item a round, and one for the control."""
    plans = [Plan(f"资金安排{number}", "LARGE_FUNDS") for number in range(ROUNDS + 1)]
    meeting = hall.call(PARTY_COMMITTEE, *plans)
    hall.open(meeting, PARTY_COMMITTEE, *COMMITTEE[NEEDED:])
    members = [hall.actor(one) for one in COMMITTEE[:NEEDED]]
    return Storm(hall, 0, members, hall.actor("recorder"), ""), meeting.id, hall.items(meeting)


def discussed(storm: Storm, item: str) -> None:
    storm.hall.take_up(item)
    storm.hall.discuss(item, COMMITTEE[1:NEEDED], COMMITTEE[0])


def votes(storm: Storm, item: str) -> list[Vote]:
    return storm.hall.read(lambda session: list(session.scalars(select(Vote).where(Vote.item_id == item))))


def ballots(storm: Storm, item: str) -> list[Callable[[], Any]]:
    """Everybody's yes, the chair's last."""
    [vote] = votes(storm, item)
    chair, *others = storm.members
    return [lambda one=one: storm.do(one, meetings.cast, vote.id, "YES") for one in (*others, chair)]


def race(storm: Storm, meeting: str, item: str, *, opened_first: bool) -> None:
    """Let one leave while the vote is opened, or while everybody but the chair votes and it is closed."""

    def opens() -> None:
        storm.do(storm.recorder, meetings.open_vote, item)

    def leaves() -> None:
        storm.do(storm.members[-1], meetings.depart, meeting)

    def closes() -> None:
        storm.do(storm.recorder, meetings.close_vote, item)

    if opened_first:
        opens()
        storm.at_once([*ballots(storm, item)[:-1], leaves, closes])
    else:
        storm.at_once([opens, leaves])


def finish(storm: Storm, meeting: str, item: str) -> None:
    """Let whoever left come back, everybody be heard and vote, the vote be closed and the chair decide."""
    leaver, chair = storm.members[-1], storm.members[0]
    storm.do(leaver, meetings.arrive, meeting)
    storm.do(leaver, meetings.speak, item, "AGREE", "意见。")
    storm.do(chair, meetings.speak, item, "AGREE", "末位发言。")
    storm.do(storm.recorder, meetings.open_vote, item)
    for deed in ballots(storm, item):
        deed()
    storm.do(storm.recorder, meetings.close_vote, item)
    assert storm.do(chair, meetings.decide, item, "APPROVE", "同意。") is not None, storm.refused


def stands(storm: Storm, item: str) -> None:
    """Hold that what was opened or closed on *item* was so on enough members, each counted once."""

    def look(session: Any) -> None:
        for vote in session.scalars(select(Vote).where(Vote.item_id == item)):
            electors = list(session.scalars(select(Elector.person_id).where(Elector.vote_id == vote.id)))
            cast = Counter(session.scalars(select(Ballot.person_id).where(Ballot.vote_id == vote.id)))
            assert vote.present == len(electors) >= NEEDED
            assert set(cast) <= set(electors)
            assert set(cast.values()) <= {1}
            if vote.state == "CLOSED":
                assert (vote.yes, vote.no, vote.abstain) == (cast.total(), 0, 0)
                assert vote.passed == (2 * cast.total() > len(COMMITTEE))

    storm.hall.read(look)


@pytest.mark.campaign
def test_no_vote_stands_on_fewer_than_the_quorum(
    any_house: House, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control, at last, is a room that does not ask for the quorum: what it opens is found out."""
    storm, meeting, items = at_the_edge(found_hall(any_house, clock))
    for storm.seed, item in enumerate(items[:-1]):
        discussed(storm, item.id)
        race(storm, meeting, item.id, opened_first=storm.seed % 2 == 1)
        opened = bool(votes(storm, item.id))
        late = storm.refused.pop("open_vote", None)
        assert opened or isinstance(late, Unlawful | NotReady), "the vote was neither opened nor refused"
        stands(storm, item.id)
        finish(storm, meeting, item.id)
        stands(storm, item.id)
        assert [one.state for one in votes(storm, item.id)] == ["CLOSED"]
        storm.refused.clear()
    discussed(storm, items[-1].id)
    storm.do(storm.members[-1], meetings.depart, meeting)
    monkeypatch.setattr(room.Sitting, "quorum", lambda _: None)
    storm.do(storm.recorder, meetings.open_vote, items[-1].id)
    with pytest.raises(AssertionError):
        stands(storm, items[-1].id)
