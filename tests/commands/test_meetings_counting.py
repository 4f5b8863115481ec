"""Counting in the room: the vectors of the domain book (3.4), the states of an item (3.5), a body's own rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decision_engine import rules
from decision_engine.app import open_house
from decision_engine.clock import MovableClock
from decision_engine.commands import meetings
from decision_engine.commands.meetings import Plan
from decision_engine.commands.meetings.attendance import cannot_pass
from decision_engine.commands.meetings.room import STATES, Room
from decision_engine.demo.town import MAYORS_OFFICE, PARTY_COMMITTEE
from decision_engine.errors import Forbidden, InvalidAnswers, NotFound
from decision_engine.models.meetings import BEFORE_THE_MEETING
from decision_engine.rules.counting import Tally, needed_to_pass
from tests.commands.hall import CALLED, COMMITTEE, HELD, Hall, found_hall
from tests.conftest import cheap_settings

DAY = date(2026, 3, 6)

VECTORS = [
    # due, present, at least half, at least two thirds, yes needed, can pass
    (9, 5, True, False, 5, True),
    (9, 6, True, True, 5, True),
    (8, 4, True, False, 5, False),
    (8, 6, True, True, 5, True),
    (7, 4, True, False, 4, True),
    (7, 5, True, True, 4, True),
    (11, 6, True, False, 6, True),
]


def room_of(kind: str, due: int, present: int, own: dict[str, Any] | None = None) -> Room:
    """A room without a database: so many due, so many here, under the rules of its kind."""
    members: Any = {
        str(one): SimpleNamespace(person_id=str(one), is_principal=one == 0) for one in range(due)
    }
    procedure = rules.procedure.in_force(kind, DAY, ("national",), own or {})
    meeting: Any = SimpleNamespace(procedure=procedure)
    return Room(None, meeting, members, {str(one) for one in range(present)})  # type: ignore[arg-type]


@pytest.mark.parametrize(("due", "present", "half", "two_thirds", "yes", "passable"), VECTORS)
def test_the_vectors_of_the_book(
    due: int, present: int, half: bool, two_thirds: bool, yes: int, passable: bool
):
    room = room_of(PARTY_COMMITTEE, due, present)
    assert (room.quorum("ORDINARY", present) is None) == half
    for weighty in ("IMPORTANT_PERSONNEL", "MAJOR_DECISION", "MAJOR_PROJECT", "LARGE_FUNDS"):
        assert (room.quorum(weighty, present) is None) == two_thirds
    assert needed_to_pass(due) == yes
    assert Tally(due, present, min(yes, present)).passes() == passable
    assert not Tally(due, present, yes - 1).passes()
    assert (cannot_pass(room) is None) == passable


def test_of_eight_six_here_four_yes_fail():
    assert not Tally(8, 6, 4, 2).passes()
    assert Tally(8, 6, 5, 1).passes()


def test_a_recused_member_stays_due_and_is_not_present():
    """Nine due, one recused: eight are entitled, both quorums hold, five must say yes."""
    room = room_of(PARTY_COMMITTEE, 9, 9)
    assert room.quorum("ORDINARY", 8) is None
    assert room.quorum("LARGE_FUNDS", 8) is None
    assert room.quorum("LARGE_FUNDS", 5) is not None
    assert needed_to_pass(9) == 5


def test_where_the_head_decides_nobody_is_warned_that_nothing_can_pass():
    assert cannot_pass(room_of(MAYORS_OFFICE, 8, 4)) is None
    assert cannot_pass(room_of(PARTY_COMMITTEE, 8, 4)) is not None


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(0, 60))
def test_more_people_never_lose_a_quorum(due: int, present: int):
    present = min(due, present)
    room = room_of(PARTY_COMMITTEE, due, present)
    for category in ("ORDINARY", "LARGE_FUNDS"):
        held = room.quorum(category, present) is None
        assert not held or room.quorum(category, min(due, present + 1)) is None
    if room.quorum("LARGE_FUNDS", present) is None:
        assert room.quorum("ORDINARY", present) is None
    assert room.quorum("ORDINARY", due) is None


def test_every_state_has_its_words_and_the_busy_ones_are_states():
    assert set(BEFORE_THE_MEETING) < set(STATES)
    order = list(STATES)
    assert order[:9] == [
        "PENDING", "TAKEN_UP", "REPORTED", "MEMBERS_SPEAKING", "PRINCIPAL_SPOKEN", "VOTING", "VOTED", "DECIDED",
        "SIGNED",
    ]  # fmt: skip


# -- a body's own rules ------------------------------------------------------------------------------------------


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    clock = MovableClock(CALLED)
    house = open_house(cheap_settings(tmp_path), clock)
    yield found_hall(house, clock)
    house.engine.dispose()


def test_an_item_goes_through_its_states_in_order(hall: Hall):
    meeting = hall.call(PARTY_COMMITTEE, Plan("资金", "LARGE_FUNDS"))
    hall.open(meeting, PARTY_COMMITTEE)
    [item] = hall.items(meeting)
    seen = [item.state]

    def then(login: str, verb: Any, *args: Any, **more: Any) -> Any:
        done = hall.act(login, verb, *args, **more)
        if hall.item(item.id).state != seen[-1]:
            seen.append(hall.item(item.id).state)
        return done

    then("recorder", meetings.take_up_item, item.id)
    then("recorder", meetings.report_item, item.id, "汇报。", reporter_id=hall.person("finance"))
    for login in COMMITTEE[1:]:
        then(login, meetings.speak, item.id, "AGREE", "同意。")
    then("party.secretary", meetings.speak, item.id, "AGREE", "同意。")
    [vote] = then("recorder", meetings.open_vote, item.id)
    for login in (*COMMITTEE[1:], "party.secretary"):
        then(login, meetings.cast, vote.id, "YES")
    then("recorder", meetings.close_vote, item.id)
    then("party.secretary", meetings.decide, item.id, "APPROVE", "同意。")
    then("recorder", meetings.close_meeting, meeting.id)
    hall.settle(meeting.id, COMMITTEE)
    seen.append(hall.item(item.id).state)
    assert seen == list(STATES)[:9]


def test_a_body_makes_its_rules_stricter_never_laxer_and_the_locked_ones_not_at_all(hall: Hall):
    body = hall.body(PARTY_COMMITTEE)
    for name, value in (
        ("quorum_ordinary", "1/3"),  # laxer
        ("quorum_ordinary", "3/2"),
        ("quorum_ordinary", 0.6),
        ("notice_min", 1),
        ("notice_min", True),
        ("principal_may_override", True),  # locked
        ("decision_rule", "HEAD_DECIDES_AFTER_DISCUSSION"),
        ("written_opinion_counts", True),
        ("max_deferrals", 3),
        ("recusal_reduces_due", True),
        ("majority_base", "NOBODY"),
        ("no_such_rule", 1),
    ):
        with pytest.raises(InvalidAnswers):
            hall.act("admin1", meetings.set_rule, body, name, value, source="镇党委议事规则")
    with pytest.raises(InvalidAnswers):
        hall.act("admin1", meetings.set_rule, body, "notice_min", 3, source=" ")
    with pytest.raises(Forbidden):
        hall.act("secretary", meetings.set_rule, body, "notice_min", 3, source="镇党委议事规则")
    hall.act("admin1", meetings.set_rule, body, "quorum_ordinary", "2/3", source="镇党委议事规则第五条")
    meeting = hall.call(PARTY_COMMITTEE, Plan("例行事项", "ORDINARY"))
    assert meeting.procedure["quorum_ordinary"] == "2/3"
    hall.clock.move_to(HELD)
    with pytest.raises(Exception, match="procedure"):
        hall.act(
            "recorder", meetings.open_meeting, meeting.id, present=[hall.person(one) for one in COMMITTEE[:5]]
        )
    hall.open(meeting, PARTY_COMMITTEE, *COMMITTEE[6:])


def test_the_rules_of_the_gates_read_what_the_body_set(hall: Hall):
    """A notice of three working days: four days ahead over no weekend suffices, two do not any more."""
    body = hall.body(PARTY_COMMITTEE)
    hall.clock.move_to(HELD - timedelta(days=2))
    hall.call(PARTY_COMMITTEE, Plan("例行事项", "ORDINARY"))
    hall.act("admin1", meetings.set_rule, body, "notice_min", 3, source="镇党委议事规则第三条")
    with pytest.raises(Exception, match="procedure") as refusal:
        hall.call(PARTY_COMMITTEE, Plan("例行事项", "ORDINARY"))
    assert [one.rule for one in refusal.value.findings] == ["R-MTG-12"]  # type: ignore[attr-defined]


def test_members_change_from_a_day_and_exactly_one_leads(hall: Hall):
    body = hall.body(PARTY_COMMITTEE)
    after = HELD.date() - timedelta(days=1)
    with pytest.raises(InvalidAnswers):
        hall.act("admin1", meetings.replace_member, body, after, leaving_id=hall.person("party.secretary"))
    with pytest.raises(InvalidAnswers):
        hall.act("admin1", meetings.replace_member, body, date(2026, 1, 1), leaving_id=hall.person("defence"))
    with pytest.raises(NotFound):
        hall.act("admin1", meetings.replace_member, body, after, leaving_id=hall.person("deputy2"))
    with pytest.raises(InvalidAnswers):
        hall.act("admin1", meetings.replace_member, body, after, joining_id=hall.person("mayor"))
    hall.act(
        "admin1", meetings.replace_member, body, after, leaving_id=hall.person("defence"),
        joining_id=hall.person("deputy2"),
    )  # fmt: skip
    meeting = hall.call(PARTY_COMMITTEE, Plan("例行事项", "ORDINARY"))
    hall.clock.move_to(HELD)
    here = [hall.person(one) for one in COMMITTEE if one != "defence"]
    with pytest.raises(InvalidAnswers):  # the member of yesterday is none today
        hall.act("recorder", meetings.open_meeting, meeting.id, present=[*here, hall.person("defence")])
    opened = hall.act("recorder", meetings.open_meeting, meeting.id, present=[*here, hall.person("deputy2")])
    assert opened.warnings == ()
