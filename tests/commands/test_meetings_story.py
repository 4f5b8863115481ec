"""A whole meeting of the party committee: large funds, persons one by one, a project; on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from decision_engine.clock import MovableClock
from decision_engine.commands import meetings
from decision_engine.commands.meetings import Plan, Subject
from decision_engine.demo.town import PARTY_COMMITTEE
from decision_engine.models import Ballot, Candidate, Case, Chain, Event, Record, SecretTally, Statement, Vote
from decision_engine.queries.replay import of_case
from decision_engine.work import House
from tests.commands.hall import COMMITTEE, Hall, found_hall

HERE = COMMITTEE[:8]  # politics.law is away
OTHERS = HERE[1:]


@pytest.fixture
def hall(any_house: House, clock: MovableClock) -> Iterator[Hall]:
    return found_hall(any_house, clock)


def test_a_meeting_with_three_items_is_held_from_the_call_to_the_signed_minutes(hall: Hall):
    """Large funds with a latecomer and a dissent, two persons in secret, a project put off."""
    meeting = hall.call(
        PARTY_COMMITTEE,
        Plan("敬老院修缮资金", "LARGE_FUNDS", leader_in_charge_id=hall.person("deputy1")),
        Plan("干部任免", "IMPORTANT_PERSONNEL", subjects=(Subject("甲", "执法队队长"), Subject("乙", "副所长"))),
        Plan("道路维修项目安排", "MAJOR_PROJECT"),
    )  # fmt: skip
    funds, persons, project = (one.id for one in hall.items(meeting))
    hall.act("politics.law", meetings.ask_leave, meeting.id, "在区里参加会议")
    opinion = hall.act("politics.law", meetings.give_written_opinion, funds, "同意，建议公开招标。")
    opened = hall.open(meeting, PARTY_COMMITTEE, "politics.law", "defence")
    assert opened.warnings == ()

    hall.act("recorder", meetings.take_up_item, funds)
    hall.act("recorder", meetings.report_item, funds, "汇报资金安排。", reporter_id=hall.person("finance"))
    hall.act("recorder", meetings.read_out, opinion.id)
    hall.act("party.secretary", meetings.ask, funds, "资金来源是什么？")
    hall.discuss(funds, [one for one in OTHERS if one != "defence"], "party.secretary", against="discipline")
    hall.act("defence", meetings.arrive, meeting.id)
    assert hall.item(funds).state == "MEMBERS_SPEAKING"
    hall.act("defence", meetings.speak, funds, "AGREE", "同意。")
    hall.act("party.secretary", meetings.speak, funds, "AGREE", "综合各方意见，同意。")
    votes = hall.act("recorder", meetings.open_vote, funds)
    for login in (*OTHERS, "party.secretary"):
        hall.act(login, meetings.cast, votes[0].id, "NO" if login == "discipline" else "YES")
    [counted] = hall.act("recorder", meetings.close_vote, funds)
    assert (counted.due, counted.yes, counted.no, counted.passed) == (9, 7, 1, True)
    hall.act("party.secretary", meetings.decide, funds, "APPROVE", "同意安排资金80万元。")

    _vote_on_persons(hall, persons)
    closed = hall.act("recorder", meetings.close_meeting, meeting.id, put_off={project: "材料需要补充"})
    assert closed.warnings == ()
    assert [one.state for one in hall.items(meeting)] == ["DECIDED", "DECIDED", "PUT_OFF"]

    hall.settle(meeting.id, HERE, [("discipline", funds)])
    assert [one.state for one in hall.items(meeting)] == ["SIGNED", "SIGNED", "PUT_OFF"]
    _everything_is_in_the_log(hall, meeting)


def _vote_on_persons(hall: Hall, item: str) -> None:
    hall.take_up(item)
    hall.discuss(item, OTHERS, "party.secretary")
    first, second = hall.act("recorder", meetings.open_vote, item, method="SECRET_BALLOT")
    for login in (*OTHERS, "party.secretary"):
        hall.act(login, meetings.cast, first.id, "YES")
        hall.act(login, meetings.cast, second.id, "YES" if login in HERE[:3] else "NO")
    counted = hall.act("recorder", meetings.close_vote, item)
    assert [(one.yes, one.no, one.passed) for one in counted] == [(8, 0, True), (3, 5, False)]
    hall.act("party.secretary", meetings.decide, item, "AMEND", "同意任命甲；乙未获通过。")
    outcomes = hall.read(
        lambda s: list(
            s.scalars(select(Candidate.outcome).where(Candidate.item_id == item).order_by(Candidate.seq))
        )
    )
    assert outcomes == ["PASSED", "NOT_PASSED"]
    choices = hall.read(
        lambda s: set(s.scalars(select(Ballot.choice).join(Vote).where(Vote.item_id == item)))
    )
    assert choices == {None}  # who voted is kept, and how many of what, and nothing in between
    urn = hall.read(
        lambda s: {
            row.choice: row.votes
            for row in s.scalars(select(SecretTally).where(SecretTally.vote_id == second.id))
        }
    )
    assert urn == {"YES": 3, "NO": 5, "ABSTAIN": 0}


def _everything_is_in_the_log(hall: Hall, meeting) -> None:
    """Room acts stand in the meeting's chain, item acts in the cases'; each case's log is a run of its diagram."""

    def look(session):
        room = set(session.scalars(select(Event.kind).where(Event.chain == meeting.chain)))
        assert {"meeting.called", "meeting.opened", "room.arrived", "meeting.closed"} <= room
        assert session.get_one(Chain, meeting.chain).head_seq == len(
            list(session.scalars(select(Event.id).where(Event.chain == meeting.chain)))
        )
        for item in hall.items(meeting)[:2]:
            case = session.get_one(Case, item.case_id)
            assert case.status == "ENDED"
            assert case.label.startswith("议〔2026〕")
            kinds = set(session.scalars(select(Event.kind).where(Event.chain == case.id)))
            assert {"vote.opened", "vote.cast", "task.completed"} <= kinds
            assert type(of_case(session, case)).__name__ == "Legal"
        first = hall.items(meeting)[0]
        records = list(
            session.scalars(select(Record.kind).where(Record.case_id == first.case_id).order_by(Record.seq))
        )
        assert records[:3] == ["confirm_agenda", "open_meeting", "report_item"]
        assert records.count("principal_speaks_last") == 2
        assert records[-1] == "sign_minutes"
        spoken = session.scalars(
            select(Statement.seq).where(Statement.item_id == first.id).order_by(Statement.seq)
        )
        assert list(spoken) == list(range(1, 11))

    hall.read(look)
