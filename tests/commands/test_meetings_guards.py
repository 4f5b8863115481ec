"""What the room refuses, each with its rule: the order of speech, who may vote, what goes on an agenda.

Every refusal is tried on an act that is let through a moment later or by somebody else: that is its negative control.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from decision_engine.app import open_house
from decision_engine.clock import MovableClock
from decision_engine.commands import meetings
from decision_engine.commands.documents import add_document, add_version
from decision_engine.commands.meetings import Guest, Plan, Subject
from decision_engine.commands.people import give_post
from decision_engine.db import open_engine
from decision_engine.demo import load_town
from decision_engine.demo.town import MAYORS_OFFICE, PARTY_COMMITTEE
from decision_engine.errors import Conflict, Forbidden, InvalidAnswers, NotFound, NotReady, Unlawful
from decision_engine.models import Ballot, Case, Event, Meeting, Record, Statement, Task
from decision_engine.rules import Departure
from decision_engine.work import House, unit_of_work
from tests.commands.hall import CABINET, CALLED, COMMITTEE, HELD, Hall, found_hall, refused
from tests.conftest import BEGINNING, cheap_settings

HERE = COMMITTEE[:8]
OTHERS = HERE[1:]
ABSENT = "politics.law"


@dataclass
class Room(Hall):
    """A hall with an open meeting of the party committee: eight of nine are here, the first item was reported."""

    meeting: Meeting | None = None
    funds: str = ""
    persons: str = ""
    project: str = ""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("room")
    clock = MovableClock(BEGINNING)
    hall = found_hall(open_house(cheap_settings(folder), clock), clock)
    meeting = hall.call(
        PARTY_COMMITTEE,
        Plan("敬老院修缮资金", "LARGE_FUNDS", reporter_id=hall.person("finance")),
        Plan("干部任免", "IMPORTANT_PERSONNEL", subjects=(Subject("甲", "队长"), Subject("乙", "副所长"))),
        Plan("道路维修", "MAJOR_PROJECT"),
    )
    hall.open(
        meeting,
        PARTY_COMMITTEE,
        ABSENT,
        guests=(Guest("宋秉直", "司法所所长", "ATTENDEE", hall.person("justice")),),
    )
    hall.take_up(hall.items(meeting)[0].id)
    hall.house.engine.dispose()
    return folder / "test.db"


@pytest.fixture
def room(prepared: Path, tmp_path: Path) -> Iterator[Room]:
    shutil.copy(prepared, tmp_path / "test.db")
    clock = MovableClock(HELD + timedelta(minutes=30))
    house = House(cheap_settings(tmp_path), open_engine(f"sqlite:///{tmp_path}/test.db"), clock)
    hall = Room(house, clock, load_town(house, deploy=False))
    hall.meeting = hall.read(lambda s: s.scalars(select(Meeting)).one())
    hall.funds, hall.persons, hall.project = (one.id for one in hall.items(hall.meeting))
    yield hall
    house.engine.dispose()


def last_event(room: Room) -> Event:
    return room.read(lambda s: s.scalars(select(Event).order_by(Event.at.desc(), Event.seq.desc())).first())


# -- the order of speech ----------------------------------------------------------------------------------------


def test_the_principal_is_refused_until_everybody_spoke_and_the_refusal_is_kept(room: Room):
    for login in OTHERS[:-1]:
        room.act(login, meetings.speak, room.funds, "AGREE", "同意。")
    reason = refused(room, "R-713-30-3", "party.secretary", meetings.speak, room.funds, "AGREE", "我看可以。")
    assert "石砚山" in reason
    kept = last_event(room)
    assert kept.kind == "act.refused"
    assert b"R-713-30-3" in kept.body
    room.act("defence", meetings.waive, room.funds)
    room.act("party.secretary", meetings.speak, room.funds, "AGREE", "我看可以。")
    assert room.item(room.funds).state == "PRINCIPAL_SPOKEN"


def test_a_question_of_the_principal_is_no_position_and_stays_apart(room: Room):
    asked = room.act("party.secretary", meetings.ask, room.funds, "资金来源？")
    assert (asked.kind, asked.stance) == ("CLARIFICATION", None)
    room.discuss(room.funds, OTHERS, "party.secretary")
    last = room.read(
        lambda s: s.scalar(
            select(Record).where(
                Record.kind == "principal_speaks_last", Record.case_id == room.item(room.funds).case_id
            )
        )
    )
    assert last.data["clarifications"] == ["资金来源？"]


def test_nobody_changes_a_position_but_everybody_may_add(room: Room):
    room.act("mayor", meetings.speak, room.funds, "AGREE", "同意。")
    refused(room, "R-MTG-13", "mayor", meetings.speak, room.funds, "DISAGREE", "改主意了。")
    refused(
        room, "R-MTG-13", "deputy1", meetings.add, room.funds, "补充。"
    )  # who said nothing has nothing to add to
    added = room.act("mayor", meetings.add, room.funds, "建议分两期。")
    assert (added.kind, added.stance, added.seq) == ("ADDITION", None, 2)
    room.discuss(room.funds, [one for one in OTHERS if one != "mayor"], "party.secretary")
    refused(room, "R-MTG-13", "mayor", meetings.speak, room.funds, "DISAGREE", "改主意了。")
    refused(room, "R-MTG-13", "party.secretary", meetings.speak, room.funds, "DISAGREE", "改主意了。")
    assert room.act("party.secretary", meetings.add, room.funds, "请抓紧。").kind == "ADDITION"


def test_the_absent_the_recused_and_strangers_take_no_position(room: Room):
    refused(room, "R-MTG-08", ABSENT, meetings.speak, room.funds, "AGREE", "同意。")
    room.act(
        "deputy1", meetings.recuse, room.funds, ground="RELATIVE_INTEREST", explanation="配偶为承建方股东"
    )
    refused(room, "R-MTG-15", "deputy1", meetings.speak, room.funds, "AGREE", "同意。")
    with pytest.raises(Forbidden):
        room.act(
            "deputy2", meetings.speak, room.funds, "AGREE", "同意。"
        )  # deputy mayor, but not of the committee
    with pytest.raises(Forbidden):
        room.act("justice", meetings.speak, room.funds, "AGREE", "同意。")
    with pytest.raises(NotFound):
        room.act("governor", meetings.speak, room.funds, "AGREE", "同意。")
    room.discuss(room.funds, [one for one in OTHERS if one != "deputy1"], "party.secretary")


def test_a_latecomer_reopens_and_the_principal_speaks_again(room: Room):
    room.discuss(room.funds, OTHERS, "party.secretary")
    room.act(ABSENT, meetings.arrive, room.meeting.id)
    assert room.item(room.funds).state == "MEMBERS_SPEAKING"
    refused(room, "R-713-30-3", "recorder", meetings.open_vote, room.funds)
    refused(room, "R-713-30-3", "party.secretary", meetings.speak, room.funds, "AGREE", "同意。")
    room.act(ABSENT, meetings.speak, room.funds, "DISAGREE", "价格偏高。")
    refused(
        room, "R-713-30-3", "recorder", meetings.open_vote, room.funds
    )  # the principal is not last any more
    room.act("party.secretary", meetings.speak, room.funds, "AGREE", "同意。")
    assert len(room.act("recorder", meetings.open_vote, room.funds)) == 1


def test_who_comes_after_the_vote_opened_takes_no_part_in_the_item(room: Room):
    room.discuss(room.funds, OTHERS, "party.secretary")
    [vote] = room.act("recorder", meetings.open_vote, room.funds)
    room.act(ABSENT, meetings.arrive, room.meeting.id)
    refused(room, "R-MTG-08", ABSENT, meetings.cast, vote.id, "YES")
    for login in (*OTHERS, "party.secretary"):
        room.act(login, meetings.cast, vote.id, "YES")
    [counted] = room.act("recorder", meetings.close_vote, room.funds)
    assert (counted.present, counted.yes) == (8, 8)


def test_who_leaves_without_having_spoken_does_not_stop_the_meeting(room: Room):
    for login in OTHERS[:-1]:
        room.act(login, meetings.speak, room.funds, "AGREE", "同意。")
    room.act(
        "recorder", meetings.depart, room.meeting.id, person_id=room.person("defence"), reason="接上级通知"
    )
    room.act("party.secretary", meetings.speak, room.funds, "AGREE", "同意。")
    asked = room.read(
        lambda s: s.scalar(
            select(Record).where(Record.kind == "member_speaks", Record.item == room.person("defence"))
        )
    )
    assert asked.data["stance"] == "LEFT"
    room.vote(room.funds, [*OTHERS[:-1], "party.secretary"])


def test_who_comes_back_is_heard_like_a_latecomer(room: Room):
    room.act("defence", meetings.depart, room.meeting.id)
    room.discuss(room.funds, OTHERS[:-1], "party.secretary")
    room.act("defence", meetings.arrive, room.meeting.id)
    refused(room, "R-713-30-3", "recorder", meetings.open_vote, room.funds)
    room.act("defence", meetings.speak, room.funds, "AGREE", "同意。")
    room.act("party.secretary", meetings.speak, room.funds, "AGREE", "同意。")
    room.vote(room.funds, [*OTHERS, "party.secretary"])


def test_the_recorder_writes_down_for_a_member_who_confirms_or_objects_once(room: Room):
    written = room.act(
        "recorder", meetings.speak, room.funds, "AGREE", "同意。", person_id=room.person("mayor")
    )
    assert (written.person_id, written.entered_by) == (room.person("mayor"), room.person("recorder"))
    with pytest.raises(NotFound):
        room.act("deputy1", meetings.confirm_statement, written.id)
    assert room.act("mayor", meetings.confirm_statement, written.id).objection is None
    with pytest.raises(Conflict):
        room.act("mayor", meetings.confirm_statement, written.id, objection="不是这样说的")
    own = room.act("deputy1", meetings.speak, room.funds, "AGREE", "同意。")
    with pytest.raises(NotReady):
        room.act("deputy1", meetings.confirm_statement, own.id)
    with pytest.raises(Forbidden):
        room.act("mayor", meetings.speak, room.funds, "AGREE", "同意。", person_id=room.person("publicity"))


def test_attendees_explain_and_never_take_a_position_or_vote(room: Room):
    said = room.act("justice", meetings.explain, room.funds, "已作合法性审查。")
    assert said.kind == "LEGAL_EXPLANATION"
    refused(room, "R-MTG-17", "mayor", meetings.explain, room.funds, "说明。")
    refused(
        room,
        "R-MTG-17",
        "recorder",
        meetings.speak,
        room.funds,
        "AGREE",
        "同意。",
        person_id=room.person("justice"),
    )


def test_a_position_needs_words_and_a_known_stance(room: Room):
    for stance, words in (("AGREE", " "), ("MAYBE", "也许。"), ("DISAGREE", "长" * 20_001)):
        with pytest.raises(InvalidAnswers):
            room.act("mayor", meetings.speak, room.funds, stance, words)


def test_a_device_that_saw_an_older_version_is_told(room: Room):
    seen = room.item(room.funds).version
    room.act("mayor", meetings.speak, room.funds, "AGREE", "同意。", version=seen)
    with pytest.raises(Conflict):
        room.act("deputy1", meetings.speak, room.funds, "AGREE", "同意。", version=seen)
    room.act("deputy1", meetings.speak, room.funds, "AGREE", "同意。", version=room.item(room.funds).version)


# -- recusal -----------------------------------------------------------------------------------------------------


def test_a_recusal_states_its_ground_and_keeps_the_member_due(room: Room):
    refused(room, "R-MTG-16", "deputy1", meetings.recuse, room.funds, ground="LAZY", explanation="不想参加")
    refused(room, "R-MTG-16", "deputy1", meetings.recuse, room.funds, ground="OTHER", explanation=" ")
    room.act(
        "recorder", meetings.recuse, room.funds, ground="OWN_INTEREST", explanation="本人负责该项目",
        initiated_by="INTERESTED_PERSON", person_id=room.person("deputy1"),
        approved_by=room.person("party.secretary"),
    )  # fmt: skip
    with pytest.raises(Conflict):
        room.act("deputy1", meetings.recuse, room.funds, ground="OTHER", explanation="再次")
    room.discuss(room.funds, [one for one in OTHERS if one != "deputy1"], "party.secretary")
    [vote] = room.act("recorder", meetings.open_vote, room.funds)
    assert (vote.due, vote.present) == (9, 7)
    refused(room, "R-MTG-15", "deputy1", meetings.cast, vote.id, "YES")
    with pytest.raises(NotReady):
        room.act("mayor", meetings.recuse, room.funds, ground="OTHER", explanation="表决开始后")


def test_who_is_not_willing_is_recused_only_with_an_approver(room: Room):
    """The recorder alone takes nobody's vote away, before or after the member spoke; nobody approves one's own."""
    why = {"ground": "OTHER", "explanation": "与申请人有利害关系"}
    room.act("deputy1", meetings.speak, room.funds, "DISAGREE", "不同意。")
    against = why | {"person_id": room.person("deputy1")}
    for by in ("SELF", "INTERESTED_PERSON", "ORGAN"):
        for approver in (None, room.person("recorder"), room.person("deputy1"), room.person("mayor")):
            more = against | {"initiated_by": by, "approved_by": approver}
            refused(room, "R-MTG-16", "recorder", meetings.recuse, room.funds, **more)
    refused(room, "R-MTG-16", "deputy1", meetings.recuse, room.funds, **(why | {"initiated_by": "ORGAN"}))
    leader = room.person("party.secretary")
    own = why | {"person_id": leader, "initiated_by": "ORGAN", "approved_by": leader}
    refused(room, "R-MTG-16", "recorder", meetings.recuse, room.funds, **own)
    more = against | {"initiated_by": "ORGAN", "approved_by": leader}
    assert room.act("recorder", meetings.recuse, room.funds, **more).entered_by == room.person("recorder")
    last = select(Event.body).where(Event.kind == "member.recused").order_by(Event.seq.desc())
    assert f'"approved_by":"{leader}"'.encode() in room.read(lambda s: s.scalars(last).first())
    room.act("discipline", meetings.recuse, room.funds, **why)  # who asks in person needs nobody


def test_chair_and_principal_approve_each_others_recusal_and_nobody_is_recused_who_may_vote(hall: Hall):
    meeting = hall.call(PARTY_COMMITTEE, Plan("资金", "LARGE_FUNDS"), chair="mayor")
    hall.open(meeting, PARTY_COMMITTEE)
    [item] = hall.items(meeting)
    hall.take_up(item.id)
    chair, leader = hall.person("mayor"), hall.person("party.secretary")
    said = {"ground": "OTHER", "explanation": "近亲属承包该项目", "initiated_by": "ORGAN"}
    for whom, own, other in ((chair, chair, leader), (leader, leader, chair)):
        refused(
            hall, "R-MTG-16", "recorder", meetings.recuse, item.id, **said, person_id=whom, approved_by=own
        )
        if whom == chair:
            hall.act("recorder", meetings.recuse, item.id, **said, person_id=whom, approved_by=other)
    others = [one for one in OTHERS if one != "mayor"]
    hall.discuss(item.id, [*others, ABSENT], "party.secretary")
    [vote] = hall.act("recorder", meetings.open_vote, item.id)
    hall.act("deputy1", meetings.cast, vote.id, "NO")
    for whom in ("deputy1", "discipline"):  # who voted, and who may
        with pytest.raises(NotReady):
            hall.act(
                "recorder", meetings.recuse, item.id, **said, person_id=hall.person(whom), approved_by=leader
            )


def test_a_recusal_declared_beforehand_is_in_force_when_the_item_is_taken_up(room: Room):
    room.act("deputy1", meetings.recuse, room.persons, ground="RELATIVE_INTEREST", explanation="甲为其近亲属")
    _decided(room, room.funds)
    room.take_up(room.persons)
    opened = room.read(
        lambda s: s.scalar(
            select(Record).where(
                Record.kind == "open_meeting", Record.case_id == room.item(room.persons).case_id
            )
        )
    )
    assert [one["member"] for one in opened.data["recusals"]] == [room.person("deputy1")]
    assert room.person("deputy1") not in opened.data["speakers"]


# -- the vote ----------------------------------------------------------------------------------------------------


def _discussed(room: Room) -> None:
    room.discuss(room.funds, OTHERS, "party.secretary")


def _decided(room: Room, item: str) -> None:
    room.discuss(item, OTHERS, "party.secretary")
    room.vote(item, (*OTHERS, "party.secretary"))
    room.act("party.secretary", meetings.decide, item, "APPROVE", "同意。")


def test_one_vote_each_and_the_chair_last(room: Room):
    _discussed(room)
    [vote] = room.act("recorder", meetings.open_vote, room.funds)
    refused(room, "R-MTG-14", "party.secretary", meetings.cast, vote.id, "YES")
    for login in OTHERS:
        room.act(login, meetings.cast, vote.id, "YES")
    refused(room, "R-MTG-09", "mayor", meetings.cast, vote.id, "NO")
    refused(room, "R-MTG-10", "recorder", meetings.close_vote, room.funds)  # the chair has not voted
    with pytest.raises(InvalidAnswers):
        room.act("party.secretary", meetings.cast, vote.id, "PERHAPS")
    room.act("party.secretary", meetings.cast, vote.id, "ABSTAIN")
    [counted] = room.act("recorder", meetings.close_vote, room.funds)
    assert (counted.yes, counted.no, counted.abstain) == (7, 0, 1)
    with pytest.raises(NotReady):
        room.act("mayor", meetings.cast, vote.id, "YES")


def test_the_vote_of_who_leaves_afterwards_counts(room: Room):
    _discussed(room)
    [vote] = room.act("recorder", meetings.open_vote, room.funds)
    room.act("mayor", meetings.cast, vote.id, "YES")
    room.act("mayor", meetings.depart, room.meeting.id)
    room.act("deputy1", meetings.depart, room.meeting.id)  # without having voted
    for login in (*OTHERS[1:2], *OTHERS[3:], "party.secretary"):
        room.act(login, meetings.cast, vote.id, "YES")
    [counted] = room.act("recorder", meetings.close_vote, room.funds)
    assert (counted.yes, counted.passed) == (7, True)
    room.act("party.secretary", meetings.decide, room.funds, "APPROVE", "同意。")


def test_who_comes_back_after_the_chair_voted_votes_no_more_and_stops_nobody(room: Room):
    _discussed(room)
    [vote] = room.act("recorder", meetings.open_vote, room.funds)
    room.act("deputy1", meetings.depart, room.meeting.id)
    for login in (one for one in (*OTHERS, "party.secretary") if one != "deputy1"):
        room.act(login, meetings.cast, vote.id, "YES")
    room.act("deputy1", meetings.arrive, room.meeting.id)
    refused(room, "R-MTG-14", "deputy1", meetings.cast, vote.id, "NO")
    [counted] = room.act("recorder", meetings.close_vote, room.funds)
    assert (counted.yes, counted.no, counted.passed) == (7, 0, True)
    room.act("party.secretary", meetings.decide, room.funds, "APPROVE", "同意。")


def test_the_chair_votes_only_when_with_that_vote_enough_have_voted(room: Room):
    """Nobody votes after the chair: at the edge of the quorum whoever went out comes back first."""
    _discussed(room)
    voting = OTHERS[:5]
    for login in OTHERS[5:]:
        room.act(login, meetings.depart, room.meeting.id)
    [vote] = room.act("recorder", meetings.open_vote, room.funds)  # six of nine
    room.act(voting[-1], meetings.depart, room.meeting.id)
    for login in voting[:-1]:
        room.act(login, meetings.cast, vote.id, "YES")
    refused(room, "R-MTG-04", "party.secretary", meetings.cast, vote.id, "YES")
    room.act(voting[-1], meetings.arrive, room.meeting.id)
    for login in (voting[-1], "party.secretary"):
        room.act(login, meetings.cast, vote.id, "YES")
    [counted] = room.act("recorder", meetings.close_vote, room.funds)
    assert (counted.yes, counted.passed) == (6, True)


def test_only_persons_are_voted_in_secret_and_only_by_themselves(room: Room):
    _discussed(room)
    refused(room, "R-MTG-10", "recorder", meetings.open_vote, room.funds, method="SECRET_BALLOT")
    room.vote(room.funds, (*OTHERS, "party.secretary"), method="SHOW_OF_HANDS")
    room.act("party.secretary", meetings.decide, room.funds, "APPROVE", "同意。")
    room.take_up(room.persons)
    room.discuss(room.persons, OTHERS, "party.secretary")
    first, _ = room.act("recorder", meetings.open_vote, room.persons, method="SECRET_BALLOT")
    with pytest.raises(Forbidden):
        room.act("recorder", meetings.cast, first.id, "YES", person_id=room.person("mayor"))
    ballot = room.act("mayor", meetings.cast, first.id, "NO")
    assert ballot.choice is None
    cast = last_event(room)
    assert (cast.kind, b"NO" in cast.body) == ("vote.cast", False)


def test_the_vote_waits_for_the_discussion(room: Room):
    refused(room, "R-713-30-3", "recorder", meetings.open_vote, room.funds)
    for login in OTHERS:
        room.act(login, meetings.speak, room.funds, "AGREE", "同意。")
    refused(room, "R-713-30-3", "recorder", meetings.open_vote, room.funds)
    with pytest.raises(NotReady):
        room.act("recorder", meetings.close_vote, room.funds)
    with pytest.raises(NotReady):
        room.act("party.secretary", meetings.decide, room.funds, "APPROVE", "同意。")


def test_the_vote_needs_the_quorum_of_the_items_category(room: Room):
    _discussed(room)
    for login in OTHERS[4:]:
        room.act(login, meetings.depart, room.meeting.id)
    refused(
        room, "R-MTG-04", "recorder", meetings.open_vote, room.funds
    )  # five of nine: enough for an ordinary item
    room.act(OTHERS[4], meetings.arrive, room.meeting.id)
    assert room.act("recorder", meetings.open_vote, room.funds)[0].present == 6


# -- the decision --------------------------------------------------------------------------------------------------


def test_a_party_committee_never_reaches_an_override(room: Room):
    """Four of nine say yes: the secretary can neither approve, nor find reasons to; rejecting a majority fails too."""
    _discussed(room)
    [vote] = room.act("recorder", meetings.open_vote, room.funds)
    for login in (*OTHERS, "party.secretary"):
        room.act(login, meetings.cast, vote.id, "YES" if login in HERE[:4] else "NO")
    room.act("recorder", meetings.close_vote, room.funds)
    for reasons in (None, "情况紧急，理由充分。"):
        refused(
            room, "R-MTG-21", "party.secretary", meetings.decide, room.funds, "APPROVE", "同意。",
            override_reasons=reasons,
        )  # fmt: skip
    with pytest.raises(Forbidden):
        room.act("mayor", meetings.decide, room.funds, "REJECT", "不同意。")
    decided = room.act("party.secretary", meetings.decide, room.funds, "REJECT", "不同意。")
    assert (decided.state, decided.outcome) == ("DECIDED", "REJECT")
    with pytest.raises(NotReady):
        room.act("party.secretary", meetings.decide, room.funds, "APPROVE", "同意。")


def test_a_majority_is_not_rejected_by_its_secretary(room: Room):
    _discussed(room)
    room.vote(room.funds, (*OTHERS, "party.secretary"))
    refused(room, "R-MTG-21", "party.secretary", meetings.decide, room.funds, "REJECT", "不同意。")
    room.act("party.secretary", meetings.decide, room.funds, "APPROVE", "同意。")


def test_persons_are_decided_as_each_was_voted(room: Room):
    _decided(room, room.funds)
    room.take_up(room.persons)
    room.discuss(room.persons, OTHERS, "party.secretary")
    first, second = room.act("recorder", meetings.open_vote, room.persons)
    for login in (*OTHERS, "party.secretary"):
        room.act(login, meetings.cast, first.id, "YES")
        room.act(login, meetings.cast, second.id, "NO")
    room.act("recorder", meetings.close_vote, room.persons)
    for outcome in ("APPROVE", "REJECT"):
        refused(room, "R-MTG-21", "party.secretary", meetings.decide, room.persons, outcome, "按此办理。")
    assert room.act("party.secretary", meetings.decide, room.persons, "AMEND", "任命甲。").outcome == "AMEND"


# -- the agenda ----------------------------------------------------------------------------------------------------


def test_one_item_at_a_time_in_the_order_of_the_agenda(room: Room):
    with pytest.raises(NotReady):
        room.act("recorder", meetings.take_up_item, room.persons)
    _decided(room, room.funds)
    refused(room, "R-MTG-23", "recorder", meetings.take_up_item, room.project)
    room.act(
        "director", meetings.swap_items, room.persons, room.project, reason="相关人员须先到会",
        approved_by=room.person("party.secretary"),
    )  # fmt: skip
    room.act("recorder", meetings.take_up_item, room.project)


def test_a_change_of_the_agenda_has_a_reason_and_an_approver(room: Room):
    secretary = room.person("party.secretary")
    refused(
        room, "R-MTG-23", "director", meetings.withdraw_item, room.project, reason=" ", approved_by=secretary
    )
    refused(
        room, "R-MTG-23", "director", meetings.withdraw_item, room.project, reason="材料不齐",
        approved_by=room.person("deputy1"),
    )  # fmt: skip
    gone = room.act(
        "director", meetings.withdraw_item, room.project, reason="材料不齐", approved_by=secretary
    )
    assert gone.state == "WITHDRAWN"
    with pytest.raises(NotReady):
        room.act("director", meetings.withdraw_item, room.funds, reason="材料不齐", approved_by=secretary)


def test_a_surprise_motion_needs_an_emergency_and_two_thirds(room: Room):
    approved = {"reason": "汛情", "approved_by": room.person("party.secretary")}
    refused(
        room,
        "R-MTG-11",
        "director",
        meetings.add_item,
        room.meeting.id,
        Plan("抢险资金", "LARGE_FUNDS"),
        **approved,
    )
    urgent = Plan("抢险资金", "LARGE_FUNDS", emergency_reason="堤坝出现险情")
    item = room.act("director", meetings.add_item, room.meeting.id, urgent, **approved)
    for known in (room.funds, room.persons, room.project):
        if known != room.funds:
            room.take_up(known)
        _decided(room, known)
    for login in HERE[:5]:
        room.act(login, meetings.consent, item.id, True)
    refused(room, "R-MTG-11", "recorder", meetings.take_up_item, item.id)  # five of eight are not two thirds
    with pytest.raises(Conflict):
        room.act(HERE[0], meetings.consent, item.id, False)
    room.act(HERE[5], meetings.consent, item.id, True)
    assert room.act("recorder", meetings.take_up_item, item.id).state == "TAKEN_UP"


def test_a_meeting_is_not_closed_over_an_item(room: Room):
    refused(room, "R-MTG-23", "recorder", meetings.close_meeting, room.meeting.id)
    _decided(room, room.funds)
    refused(
        room,
        "R-MTG-23",
        "recorder",
        meetings.close_meeting,
        room.meeting.id,
        put_off={room.persons: "时间不够"},
    )
    why = {room.persons: "时间不够", room.project: "材料不齐"}
    closed = room.act("recorder", meetings.close_meeting, room.meeting.id, put_off=why)
    assert closed.meeting.status == "CLOSED"
    with pytest.raises(NotReady):
        room.act("mayor", meetings.arrive, room.meeting.id)


def test_the_quorum_lost_at_the_close_is_told(room: Room):
    _decided(room, room.funds)
    for login in OTHERS[2:]:
        room.act(login, meetings.depart, room.meeting.id)
    why = {room.persons: "人数不足", room.project: "人数不足"}
    closed = room.act("recorder", meetings.close_meeting, room.meeting.id, put_off=why)
    assert [rule for rule, _ in closed.warnings] == ["R-MTG-02"]


def test_only_the_recorder_of_the_meeting_keeps_it(room: Room):
    with pytest.raises(Forbidden):
        room.act("mayor", meetings.take_up_item, room.funds)
    with pytest.raises(Forbidden):
        room.act("secretary", meetings.close_meeting, room.meeting.id)
    with pytest.raises(NotFound):
        room.act("district.recorder", meetings.close_meeting, room.meeting.id)


def test_another_recorder_takes_over_in_an_open_meeting(room: Room):
    """The chair or the office changes who keeps the record; nobody else does, and nobody else becomes it."""
    other, here = room.person("finance"), room.meeting.id
    change = (meetings.change_recorder, here)

    def refuses(login: str, whom: str, reason: str = "原记录人住院") -> set[str]:
        with pytest.raises(InvalidAnswers) as refusal:
            room.act(login, *change, whom, reason=reason)
        return set(refusal.value.fields)

    assert refuses("director", other) == {"recorder_id"}  # keeps no meetings in this organ
    assert refuses("director", room.person("district.recorder")) == {"recorder_id"}
    assert refuses("director", room.person("recorder")) == {"recorder_id"}
    room.act("admin1", give_post, other, room.town.organ_id, "会议记录员", ["recorder"], date(2026, 1, 1))
    room.act(
        "admin1", give_post, room.person("mayor"), room.town.organ_id, "记录", ["recorder"], date(2026, 1, 1)
    )
    assert refuses("director", room.person("mayor")) == {"recorder_id"}  # a member
    assert refuses("director", other, " ") == {"reason"}
    for login in ("deputy1", "recorder", "finance"):
        with pytest.raises(Forbidden):
            room.act(login, *change, other, reason="原记录人住院")
    _discussed(room)
    with pytest.raises(Forbidden):
        room.act("finance", meetings.open_vote, room.funds)
    assert room.act("party.secretary", *change, other, reason="原记录人住院").recorder_id == other
    with pytest.raises(Forbidden):
        room.act("recorder", meetings.open_vote, room.funds)
    room.act("finance", meetings.open_vote, room.funds)
    assert room.act("director", *change, room.person("recorder"), reason="已返回").status == "OPEN"

    [first, _] = room.read(
        lambda s: s.scalars(
            select(Event.body).where(Event.kind == "meeting.recorder_changed").order_by(Event.seq)
        ).all()
    )
    assert other.encode() in first
    assert room.person("recorder").encode() in first
    assert "住院".encode() not in first


def test_the_recorder_of_a_closed_meeting_stays(room: Room):
    room.act(
        "admin1", give_post, room.person("finance"), room.town.organ_id, "会议记录员", ["recorder"],
        date(2026, 1, 1),
    )  # fmt: skip
    _decided(room, room.funds)
    why = {room.persons: "时间不够", room.project: "材料不齐"}
    room.act("recorder", meetings.close_meeting, room.meeting.id, put_off=why)
    with pytest.raises(NotReady):
        room.act("director", meetings.change_recorder, room.meeting.id, room.person("finance"), reason="住院")


def test_a_matter_of_the_meeting_alone_is_no_decision_in_the_lists(room: Room):
    from decision_engine.queries.cases import cases
    from decision_engine.work import reading

    with reading(room.house, as_actor=room.actor("secretary")) as work:
        assert cases(work).total == 0
    assert room.read(lambda s: s.scalar(select(func.count()).select_from(Case))) == 3


def test_a_step_of_an_item_is_done_in_its_room_only(room: Room):
    from decision_engine.commands.tasks import complete_task

    task = room.read(
        lambda s: s.scalar(
            select(Task.id).where(Task.step == "member_speaks", Task.item == room.person("mayor"))
        )
    )
    with pytest.raises(NotReady, match="on the agenda"):
        room.act("mayor", complete_task, task, {"stance": "AGREE", "statement": "同意。"})
    assert room.read(lambda s: s.scalar(select(func.count()).select_from(Statement))) == 0
    room.act("mayor", meetings.speak, room.funds, "AGREE", "同意。")
    assert room.read(lambda s: s.get_one(Task, task).status) == "DONE"


# -- before the meeting ----------------------------------------------------------------------------------------------


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    clock = MovableClock(CALLED)
    house = open_house(cheap_settings(tmp_path), clock)
    yield found_hall(house, clock)
    house.engine.dispose()


def test_notice_is_too_short_without_an_exception(hall: Hall):
    hall.clock.move_to(HELD - timedelta(days=1))
    with pytest.raises(Unlawful) as refusal:
        hall.call(PARTY_COMMITTEE, Plan("资金", "LARGE_FUNDS"))
    assert [one.rule for one in refusal.value.findings] == ["R-MTG-12"]
    assert hall.read(lambda s: s.scalar(select(func.count()).select_from(Meeting))) == 0


def test_personnel_is_no_matter_of_the_mayors_meeting(hall: Hall):
    plan = Plan("干部任免", "IMPORTANT_PERSONNEL", subjects=(Subject("甲", "队长"),))
    with pytest.raises(Unlawful, match="procedure"):
        hall.call(MAYORS_OFFICE, plan)
    with pytest.raises(InvalidAnswers):
        hall.call(PARTY_COMMITTEE, Plan("干部任免", "IMPORTANT_PERSONNEL"))  # nobody named
    hall.call(PARTY_COMMITTEE, plan)


def test_leave_opinions_and_the_warning_that_nothing_can_pass(hall: Hall):
    """Four of eight due would be quorate; of nine, five are, and a weighty item is warned about."""
    meeting = hall.call(PARTY_COMMITTEE, Plan("资金", "LARGE_FUNDS"), Plan("例行事项", "ORDINARY"))
    first = hall.items(meeting)[0].id
    hall.act("mayor", meetings.ask_leave, meeting.id, "出差")
    with pytest.raises(Conflict):
        hall.act("mayor", meetings.ask_leave, meeting.id, "出差")
    hall.act("mayor", meetings.give_written_opinion, first, "同意。")
    opened = hall.open(meeting, PARTY_COMMITTEE, *COMMITTEE[1:5])
    assert [rule for rule, _ in opened.warnings] == ["R-MTG-04"]
    refused(hall, "R-MTG-04", "recorder", meetings.take_up_item, first)
    with pytest.raises(Forbidden):
        hall.act("publicity", meetings.give_written_opinion, first, "同意。")  # who is here speaks


def test_without_a_quorum_no_meeting_opens(hall: Hall):
    meeting = hall.call(PARTY_COMMITTEE, Plan("例行事项", "ORDINARY"))
    hall.clock.move_to(HELD)
    here = [hall.person(one) for one in COMMITTEE[:4]]
    refused(hall, "R-MTG-02", "recorder", meetings.open_meeting, meeting.id, present=here)
    hall.act("recorder", meetings.open_meeting, meeting.id, present=[*here, hall.person(COMMITTEE[4])])


def test_a_head_who_departs_from_the_majority_gives_reasons(hall: Hall):
    meeting = hall.call(MAYORS_OFFICE, Plan("资金", "LARGE_FUNDS"))
    hall.open(meeting, MAYORS_OFFICE)
    [item] = hall.items(meeting)
    hall.take_up(item.id)
    hall.discuss(item.id, CABINET[1:], "mayor")
    [vote] = hall.act("recorder", meetings.open_vote, item.id)
    for login in (*CABINET[1:], "mayor"):
        hall.act(login, meetings.cast, vote.id, "YES" if login == "mayor" else "NO")
    hall.act("recorder", meetings.close_vote, item.id)
    refused(hall, "R-MTG-20", "mayor", meetings.decide, item.id, "APPROVE", "同意。")
    decided = hall.act("mayor", meetings.decide, item.id, "APPROVE", "同意。", override_reasons="汛期将至。")
    assert decided.override_reasons == "汛期将至。"


def test_a_matter_deferred_twice_is_not_deferred_again(hall: Hall):
    previous = None
    for round_ in range(3):
        hall.clock.move_to(CALLED)
        meeting = hall.call(MAYORS_OFFICE, Plan("资金", "LARGE_FUNDS", previous_id=previous))
        hall.open(meeting, MAYORS_OFFICE)
        [item] = hall.items(meeting)
        hall.take_up(item.id)
        hall.discuss(item.id, CABINET[1:], "mayor")
        hall.vote(item.id, (*CABINET[1:], "mayor"))
        if round_ == 2:
            refused(hall, "R-MTG-19", "mayor", meetings.decide, item.id, "DEFER", "暂缓。", divided=True,
                    override_reasons="分歧较大")  # fmt: skip
            return
        hall.act(
            "mayor", meetings.decide, item.id, "DEFER", "暂缓。", divided=True, override_reasons="分歧较大"
        )
        hall.act("recorder", meetings.close_meeting, meeting.id)
        previous = item.id


def test_a_meeting_is_called_only_as_it_makes_sense(hall: Hall):
    body, plan = hall.body(PARTY_COMMITTEE), Plan("资金", "LARGE_FUNDS")
    usual = {
        "title": "例会", "planned_at": HELD, "place": "第一会议室", "chair_id": hall.person("party.secretary"),
        "recorder_id": hall.person("recorder"), "items": [plan],
    }  # fmt: skip
    for wrong in (
        {"chair_id": hall.person("deputy2")},
        {"recorder_id": hall.person("mayor")},
        {"planned_at": CALLED - timedelta(days=1)},
        {"items": []},
        {"items": [Plan("资金", "MONEY")]},
        {"items": [Plan(" ", "LARGE_FUNDS")]},
        {"items": [Plan("资金", "LARGE_FUNDS", reporter_id="nobody")]},
    ):
        with pytest.raises(InvalidAnswers):
            hall.act("director", meetings.call_meeting, body, **(usual | wrong))
    with pytest.raises(Forbidden):
        hall.act("officer", meetings.call_meeting, body, **usual)
    with pytest.raises(NotFound):
        hall.act("director", meetings.call_meeting, "nobody", **usual)
    first = hall.act("director", meetings.call_meeting, body, **usual)
    second = hall.act("party.office", meetings.call_meeting, body, **usual)
    assert (first.label, second.label) == ("2026年第1次", "2026年第2次")
    gone = hall.act(
        "director",
        meetings.cancel_meeting,
        second.id,
        reason="与上级会议冲突",
        approved_by=hall.person("party.secretary"),
    )
    assert (gone.status, hall.items(second)[0].state) == ("CANCELLED", "PUT_OFF")


def test_the_log_keeps_no_words_in_what_it_hashes(room: Room):
    room.act("mayor", meetings.speak, room.funds, "DISAGREE", "此话不进哈希。")
    bodies = room.read(lambda s: list(s.scalars(select(Event.body))))
    assert not [one for one in bodies if "此话不进哈希".encode() in one]
    assert room.read(lambda s: s.scalar(select(func.count()).select_from(Ballot))) == 0


def test_papers_reach_the_members_in_time_and_who_opened_them_is_kept(hall: Hall):
    """A version delivered on the eve stops the item unless an exception is recorded; each version is delivered once."""
    meeting = hall.call(PARTY_COMMITTEE, Plan("资金", "LARGE_FUNDS"))
    [item] = hall.items(meeting)
    document, _ = hall.act(
        "finance",
        add_document,
        item.case_id,
        title="资金安排方案",
        kind="D21",
        file_name="plan.txt",
        content=b"80",
    )
    delivered = hall.act("director", meetings.deliver_materials, item.id, document.id)
    assert len(delivered) == len(COMMITTEE)
    assert hall.act("director", meetings.deliver_materials, item.id, document.id) == []
    mine = next(one for one in delivered if one.person_id == hall.person("mayor"))
    with pytest.raises(NotFound):
        hall.act("deputy1", meetings.open_material, mine.id)
    opened = hall.act("mayor", meetings.open_material, mine.id)
    assert hall.act("mayor", meetings.open_material, mine.id).at == opened.at
    with pytest.raises(InvalidAnswers):
        hall.act("director", meetings.deliver_materials, item.id, document.id, [hall.person("finance")])
    with pytest.raises(NotFound):
        hall.act("director", meetings.deliver_materials, item.id, "nothing")

    hall.clock.move_to(HELD - timedelta(days=1))
    hall.act("finance", add_version, document.id, file_name="plan.txt", content=b"90")
    assert len(hall.act("director", meetings.deliver_materials, item.id, document.id)) == len(COMMITTEE)
    hall.open(meeting, PARTY_COMMITTEE)
    refused(hall, "R-MTG-12", "recorder", meetings.take_up_item, item.id)
    allowed = Departure("R-MTG-12", "修改稿仅更正金额", hall.person("party.secretary"))
    taken = hall.act("recorder", meetings.take_up_item, item.id, departures=[allowed])
    assert taken.state == "TAKEN_UP"


def test_who_waited_for_the_room_acts_at_the_moment_of_getting_in(room: Room):
    """The clock is read again once the room is locked, so that times never contradict the order of the acts."""
    with unit_of_work(room.house, as_actor=room.actor("mayor")) as work:
        began = work.now
        room.clock.move_to(began + timedelta(seconds=10))  # others act meanwhile
        said = meetings.speak(work, room.funds, "AGREE", "同意。")
    assert said.at >= began + timedelta(seconds=10)


def test_only_an_item_that_waits_is_brought_back_and_once(hall: Hall):
    meeting = hall.call(MAYORS_OFFICE, Plan("资金", "LARGE_FUNDS"), Plan("道路", "MAJOR_PROJECT"))
    hall.open(meeting, MAYORS_OFFICE)
    first, second = hall.items(meeting)
    for nobody in ("nobody", first.id):  # no such item; one that is on an agenda still
        with pytest.raises(InvalidAnswers):
            hall.call(MAYORS_OFFICE, Plan("资金", "LARGE_FUNDS", previous_id=nobody))
    hall.act(
        "recorder", meetings.close_meeting, meeting.id, put_off={first.id: "材料不全", second.id: "材料不全"}
    )
    hall.clock.move_to(CALLED)
    hall.call(MAYORS_OFFICE, Plan("资金", "LARGE_FUNDS", previous_id=first.id))
    with pytest.raises(Unlawful) as refusal:
        hall.call(MAYORS_OFFICE, Plan("资金", "LARGE_FUNDS", previous_id=first.id))
    assert [one.rule for one in refusal.value.findings] == ["R-MTG-23"]
