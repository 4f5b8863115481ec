"""Thirty members act at once, in random order: statements, votes, late arrivals, recusals, second thoughts.

Whatever the order, the principal is last, everybody is counted once, nothing that was acknowledged is lost, and the
log of the case is whole. One round of it in every run; two hundred on each database in the campaign.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from decision_engine.access import Actor
from decision_engine.clock import MovableClock
from decision_engine.commands import meetings
from decision_engine.commands.meetings import Plan
from decision_engine.errors import Conflict, Forbidden, NotReady, Unlawful
from decision_engine.models import (
    AgendaItem,
    Ballot,
    Body,
    BodyMember,
    Case,
    Elector,
    Event,
    Meeting,
    Person,
    Post,
    Record,
    Statement,
    Vote,
)
from decision_engine.queries.replay import of_case
from decision_engine.retrying import persistently
from decision_engine.work import House, standings_of, unit_of_work
from tests.commands.hall import CALLED, HELD, Hall, found_hall

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
MEMBERS, LATE, RECUSED, LEAVING = 30, 3, 2, 2
REFUSED = (Unlawful, Conflict, NotReady, Forbidden)


@dataclass
class Storm:
    """A body of thirty, and threads that act for its members; *done* keeps what was acknowledged."""

    hall: Hall
    seed: int
    members: list[Actor]
    recorder: Actor
    body: str
    done: Counter[str] = field(default_factory=Counter)
    refused: dict[str, Exception] = field(default_factory=dict)

    def do(self, actor: Actor, verb: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Do *verb*, again while overtaken; None where it was refused."""

        def deed() -> Any:
            with unit_of_work(self.hall.house, as_actor=actor) as work:
                return verb(work, *args, **more)

        try:
            found = persistently(deed, tries=60, sleep=lambda pause: time.sleep(min(pause, 0.05)))
        except REFUSED as refusal:
            self.refused[verb.__name__] = refusal
            return None
        self.done[verb.__name__] += 1
        return found

    def at_once(self, deeds: list[Callable[[], Any]]) -> None:
        """Do all *deeds* at once, in an order drawn from the seed."""
        random.Random(self.seed).shuffle(deeds)
        with ThreadPoolExecutor(8) as pool:
            for running in [pool.submit(deed) for deed in deeds]:
                running.result()


@pytest.fixture
def storm(any_house: House, clock: MovableClock) -> Iterator[Callable[[int], Storm]]:
    hall = found_hall(any_house, clock)
    clock.move_to(CALLED)
    body, members = _assemble(hall)
    recorder = hall.actor("recorder")
    return lambda seed: Storm(hall, seed, members, recorder, body)


def _assemble(hall: Hall) -> tuple[str, list[Actor]]:
    """Put thirty people and their party group into the register."""
    organ = hall.town.organ_id
    with hall.house.writing() as session, session.begin():
        people = [Person(name=f"成员{number:02}") for number in range(MEMBERS)]
        body = Body(organ_id=organ, kind="party_group", name="党组", parameters={})
        session.add_all([*people, body])
        session.flush()
        for rank, one in enumerate(people, start=1):
            roles = ["meeting_member", "principal"] if rank == 1 else ["meeting_member"]
            since = date(2025, 1, 1)
            session.add(Post(person_id=one.id, organ_id=organ, title=f"成员{rank}", roles=roles, since=since))
            session.add(
                BodyMember(body_id=body.id, person_id=one.id, rank=rank, is_principal=rank == 1, since=since)
            )
        session.flush()
        actors = [Actor(one.id, one.name, standings_of(session, one.id, CALLED.date())) for one in people]
        return body.id, actors


def _convene(storm: Storm) -> tuple[str, str]:
    hall = storm.hall
    hall.clock.move_to(CALLED)
    meeting = storm.do(
        hall.actor("director"), meetings.call_meeting, storm.body, title="例会", planned_at=HELD, place="会议室",
        chair_id=storm.members[0].person_id, recorder_id=storm.recorder.person_id,
        items=[Plan("资金安排", "LARGE_FUNDS")],
    )  # fmt: skip
    hall.clock.move_to(HELD)
    here = [one.person_id for one in storm.members[: MEMBERS - LATE]]
    late = {one.person_id: "迟到" for one in storm.members[MEMBERS - LATE :]}
    storm.do(storm.recorder, meetings.open_meeting, meeting.id, present=here, absences=late)
    [item] = hall.items(meeting)
    storm.do(storm.recorder, meetings.take_up_item, item.id)
    storm.do(storm.recorder, meetings.report_item, item.id, "汇报。", reporter_id=hall.person("finance"))
    return meeting.id, item.id


def _discuss(storm: Storm, meeting: str, item: str) -> None:
    """Everybody speaks at once; some twice, the principal at any time, some come late, some are recused or go."""
    principal, others = storm.members[0], storm.members[1:]
    late, away, gone = others[-LATE:], others[:RECUSED], others[RECUSED : RECUSED + LEAVING]

    def speaks(one: Actor, stance: str = "AGREE") -> Callable[[], Any]:
        return lambda: storm.do(one, meetings.speak, item, stance, "意见。")

    def comes(one: Actor) -> None:
        storm.do(one, meetings.arrive, meeting)
        storm.do(one, meetings.speak, item, "AGREE", "意见。")

    deeds: list[Callable[[], Any]] = [speaks(one) for one in others[:-LATE]]
    deeds += [speaks(one, "DISAGREE") for one in others[4:12]]  # second thoughts, or the first to be heard
    deeds += [speaks(principal) for _ in range(4)]
    deeds += [lambda one=one: comes(one) for one in late]
    deeds += [
        lambda one=one: storm.do(one, meetings.recuse, item, ground="OTHER", explanation="利害关系")
        for one in away
    ]
    deeds += [lambda one=one: storm.do(one, meetings.depart, meeting) for one in gone]
    storm.at_once(deeds)
    storm.do(principal, meetings.speak, item, "AGREE", "末位发言。")


def _vote(storm: Storm, meeting: str, item: str) -> Vote:
    """Everybody votes at once and twice, the chair tries early, somebody leaves."""
    opened = storm.do(storm.recorder, meetings.open_vote, item)
    assert opened is not None, "the discussion was not complete"
    [vote] = opened
    deeds: list[Callable[[], Any]] = []
    deeds += [
        lambda one=one, choice=choice: storm.do(one, meetings.cast, vote.id, choice)
        for one in storm.members
        for choice in ("YES", "NO")
    ]
    deeds.append(lambda: storm.do(storm.members[-LATE - 1], meetings.depart, meeting))
    deeds.append(lambda: storm.do(storm.recorder, meetings.close_vote, item))
    storm.at_once(deeds)
    storm.do(storm.members[0], meetings.cast, vote.id, "YES")
    storm.do(storm.recorder, meetings.close_vote, item)
    return vote


def _holds(storm: Storm, meeting: str, item: str, vote_id: str) -> None:
    principal = storm.members[0].person_id

    def look(session: Any) -> None:
        said = list(
            session.scalars(select(Statement).where(Statement.item_id == item).order_by(Statement.seq))
        )
        assert [one.seq for one in said] == list(range(1, len(said) + 1))
        assert len(said) == storm.done["speak"]
        taken = Counter(one.person_id for one in said)
        assert all(times == 1 for who, times in taken.items() if who != principal)
        assert said[-1].person_id == principal
        vote = session.get_one(Vote, vote_id)
        electors = set(session.scalars(select(Elector.person_id).where(Elector.vote_id == vote_id)))
        assert electors <= set(taken), "somebody voted on what he was not heard on"
        ballots = list(session.scalars(select(Ballot).where(Ballot.vote_id == vote_id)))
        assert len(ballots) == storm.done["cast"]
        assert {one.person_id for one in ballots} <= electors
        chairs = [one for one in ballots if one.person_id == principal]
        counts = Counter(one.choice for one in ballots)
        assert vote.state == "CLOSED", getattr(storm.refused.get("close_vote"), "findings", storm.refused)
        assert (vote.state, vote.due, vote.present) == ("CLOSED", MEMBERS, len(electors))
        assert (vote.yes, vote.no, vote.abstain) == (counts["YES"], counts["NO"], 0)
        assert vote.passed == (2 * counts["YES"] > MEMBERS)
        assert len(chairs) == 1
        assert session.get_one(AgendaItem, item).state == "VOTED"
        assert session.get_one(Meeting, meeting).status == "OPEN"
        _the_case_is_whole(session, session.get_one(AgendaItem, item).case_id)

    storm.hall.read(look)


def _the_case_is_whole(session: Any, case_id: str) -> None:
    case = session.get_one(Case, case_id)
    seqs = list(session.scalars(select(Event.seq).where(Event.chain == case_id).order_by(Event.seq)))
    assert seqs == list(range(1, case.head_seq + 1))
    records = list(session.scalars(select(Record.seq).where(Record.case_id == case_id).order_by(Record.seq)))
    assert records == list(range(1, case.records + 1))
    assert type(of_case(session, case)).__name__ == "Legal"


def _round(storm: Storm) -> None:
    meeting, item = _convene(storm)
    _discuss(storm, meeting, item)
    vote = _vote(storm, meeting, item)
    _holds(storm, meeting, item, vote.id)


def test_thirty_members_at_once_are_heard_and_counted_once(storm: Callable[[int], Storm]):
    _round(storm(1))


@pytest.mark.campaign
@pytest.mark.skipif(not CAMPAIGN, reason="two hundred rounds on each database: `make faults`")
@pytest.mark.parametrize("part", range(20))
def test_thirty_members_at_once_in_two_hundred_orders(storm: Callable[[int], Storm], part: int):
    for seed in range(10 * part + 2, 10 * part + 12):
        _round(storm(seed))
