"""An item nobody can bring to a decision any more is broken off; its meeting goes on, and a later one decides it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree
from sqlalchemy import select

from decision_engine.app import open_house
from decision_engine.clock import MovableClock
from decision_engine.commands import meetings
from decision_engine.commands.meetings import Plan
from decision_engine.db import open_engine
from decision_engine.demo import load_town, shipped_diagrams
from decision_engine.demo.stage import Stage
from decision_engine.demo.town import MAYORS_OFFICE, PARTY_COMMITTEE
from decision_engine.errors import Conflict, Forbidden, NotReady
from decision_engine.models import Ballot, Case, Event, Meeting, Task, Vote
from decision_engine.queries.replay import of_case
from decision_engine.work import House
from tests.api.conftest import put_in_force
from tests.commands.hall import CABINET, COMMITTEE, HELD, Hall, found_hall, refused
from tests.commands.test_meetings_case import _at, _call, _hold, stage
from tests.conftest import BEGINNING, cheap_settings

__all__ = ["stage"]
HERE = COMMITTEE[:8]
WHY = "主要负责人回避，本次会议无法继续讨论"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("broken")
    clock = MovableClock(BEGINNING)
    hall = found_hall(open_house(cheap_settings(folder), clock), clock)
    meeting = hall.call(
        PARTY_COMMITTEE, Plan("敬老院修缮资金", "LARGE_FUNDS"), Plan("道路维修", "MAJOR_PROJECT")
    )
    hall.open(meeting, PARTY_COMMITTEE, COMMITTEE[8])
    hall.act("recorder", meetings.take_up_item, hall.items(meeting)[0].id)
    hall.house.engine.dispose()
    return folder / "test.db"


class Room(Hall):
    """A hall whose party committee has taken its first item up."""

    meeting: Meeting
    item_id: str
    next_id: str

    def break_off(self, login: str = "recorder", **more: str) -> object:
        said = {"reason": WHY, "approved_by": self.person("party.secretary")} | more
        return self.act(login, meetings.break_off_item, self.item_id, **said)

    def report(self) -> None:
        self.act("recorder", meetings.report_item, self.item_id, "汇报。", reporter_id=self.person("finance"))

    def recuse(self) -> None:
        self.act("party.secretary", meetings.recuse, self.item_id, ground="OTHER", explanation="曾参与该项目")


@pytest.fixture
def room(prepared: Path, tmp_path: Path) -> Iterator[Room]:
    shutil.copy(prepared, tmp_path / "test.db")
    clock = MovableClock(HELD + timedelta(minutes=30))
    house = House(cheap_settings(tmp_path), open_engine(f"sqlite:///{tmp_path}/test.db"), clock)
    found = Room(house, clock, load_town(house, deploy=False))
    found.meeting = found.read(lambda s: s.scalars(select(Meeting)).one())
    found.item_id, found.next_id = (one.id for one in found.items(found.meeting))
    yield found
    house.engine.dispose()


def _is_back_before_the_meeting(room: Hall, item_id: str) -> None:
    def look(session):
        case = session.get_one(Case, room.item(item_id).case_id)
        waiting = session.scalars(
            select(Task.step).where(Task.case_id == case.id, Task.status == "OPEN")
        ).all()
        assert waiting == ["open_meeting"]
        assert type(of_case(session, case)).__name__ == "Legal"
        told = session.scalars(
            select(Event.body).where(Event.chain == case.id, Event.kind == "item.broken_off")
        )
        assert WHY.encode() not in b"".join(told)

    room.read(look)


@pytest.mark.parametrize("told", ["taken up", "reported", "heard"])
def test_the_principal_recused_from_what_was_taken_up_stops_neither_meeting_nor_matter(room: Room, told: str):
    if told != "taken up":
        room.report()
    if told == "heard":
        for login in HERE[1:]:
            room.act(login, meetings.speak, room.item_id, "AGREE", "同意。")
    refused(room, "R-MTG-23", "recorder", meetings.break_off_item, room.item_id, reason=WHY,
            approved_by=room.person("party.secretary"))  # fmt: skip
    room.recuse()
    refused(room, "R-MTG-23", "recorder", meetings.close_meeting, room.meeting.id)
    room.break_off()
    broken = room.item(room.item_id)
    assert (broken.state, broken.put_off_reason, broken.outcome) == ("BROKEN_OFF", WHY, None)
    _is_back_before_the_meeting(room, room.item_id)
    with pytest.raises(NotReady):
        room.break_off()

    room.take_up(room.next_id)  # the meeting goes on with its next item, which the principal discusses
    room.discuss(room.next_id, HERE[1:], HERE[0])
    room.vote(room.next_id, [*HERE[1:], HERE[0]])
    room.act(HERE[0], meetings.decide, room.next_id, "APPROVE", "同意。")
    room.act("recorder", meetings.close_meeting, room.meeting.id)
    room.settle(room.meeting.id, HERE)
    assert [one.state for one in room.items(room.meeting)] == ["BROKEN_OFF", "SIGNED"]


def test_what_came_to_nothing_comes_back_once(room: Room):
    room.recuse()
    room.break_off()
    room.act("recorder", meetings.close_meeting, room.meeting.id, put_off={room.next_id: "时间不够"})
    room.clock.move_to(HELD + timedelta(days=3))
    again = Plan("敬老院修缮资金", "LARGE_FUNDS", previous_id=room.item_id)

    def call() -> Meeting:
        return room.act(
            "director", meetings.call_meeting, room.body(PARTY_COMMITTEE), title="例会",
            planned_at=HELD + timedelta(days=9), place="会议室", chair_id=room.person("party.secretary"),
            recorder_id=room.person("recorder"), items=[again],
        )  # fmt: skip

    later = call()
    assert room.items(later)[0].previous_id == room.item_id
    refused(room, "R-MTG-23", "director", lambda work: meetings.call_meeting(
        work, room.body(PARTY_COMMITTEE), title="例会", planned_at=HELD + timedelta(days=9), place="会议室",
        chair_id=room.person("party.secretary"), recorder_id=room.person("recorder"), items=[again]))  # fmt: skip


def test_a_quorum_that_is_lost_breaks_a_ballot_off_which_is_never_counted(room: Room):
    room.report()
    room.discuss(room.item_id, HERE[1:], HERE[0])
    vote = room.act("recorder", meetings.open_vote, room.item_id)[0]
    room.act("mayor", meetings.cast, vote.id, "YES")
    with_reason = {"reason": WHY, "approved_by": room.person("party.secretary")}
    for login in HERE[5:]:
        refused(room, "R-MTG-23", "recorder", meetings.break_off_item, room.item_id, **with_reason)
        room.act(login, meetings.depart, room.meeting.id)
    room.break_off()
    kept = room.read(lambda s: s.get_one(Vote, vote.id))
    assert (kept.state, kept.yes, kept.passed) == ("VOID", None, None)
    assert room.read(lambda s: len(s.scalars(select(Ballot).where(Ballot.vote_id == vote.id)).all())) == 1
    with pytest.raises(NotReady):
        room.act("deputy.secretary", meetings.cast, vote.id, "YES")
    _is_back_before_the_meeting(room, room.item_id)


def test_a_counted_vote_needs_its_principal_only(room: Room):
    room.report()
    room.discuss(room.item_id, HERE[1:], HERE[0])
    room.vote(room.item_id, [*HERE[1:], HERE[0]])
    for login in HERE[1:]:
        room.act(login, meetings.depart, room.meeting.id)
    with_reason = {"reason": WHY, "approved_by": room.person("party.secretary")}
    refused(room, "R-MTG-23", "recorder", meetings.break_off_item, room.item_id, **with_reason)
    room.act(HERE[0], meetings.depart, room.meeting.id)
    room.break_off()
    assert room.item(room.item_id).state == "BROKEN_OFF"
    _is_back_before_the_meeting(room, room.item_id)


def test_only_the_recorder_breaks_off_with_reason_and_approval(room: Room):
    room.recuse()
    with pytest.raises(Forbidden):
        room.break_off("director")
    with pytest.raises(Forbidden):
        room.break_off("party.secretary")
    for wrong in ({"reason": " "}, {"approved_by": room.person("mayor")}):
        said = {"reason": WHY, "approved_by": room.person("party.secretary")} | wrong
        refused(room, "R-MTG-23", "recorder", meetings.break_off_item, room.item_id, **said)
    with pytest.raises(Conflict):
        room.act("recorder", meetings.break_off_item, room.item_id, reason=WHY,
                 approved_by=room.person("party.secretary"), version=1)  # fmt: skip
    room.break_off()


def _without_the_event(file: bytes) -> bytes:
    """Return the diagram as it was before there was such an event."""
    root = etree.fromstring(file)
    for one in root.xpath('//*[contains(@id, "_broken_off") or contains(@id, "_message_")]'):
        one.getparent().remove(one)
    for one in root.xpath('//*[contains(text(), "_broken_off")]'):
        one.getparent().remove(one)
    return etree.tostring(root)


def test_a_matter_on_an_earlier_definition_without_the_event_is_refused_with_words(tmp_path: Path):
    clock = MovableClock(BEGINNING)
    house = open_house(cheap_settings(tmp_path), clock)
    hall = Hall(house, clock, load_town(house, deploy=False))
    earlier = _without_the_event(shipped_diagrams()["collective_meeting.bpmn"])
    put_in_force(house, {"collective_meeting.bpmn": earlier}, hall.town.persons["admin1"])
    meeting = hall.call(PARTY_COMMITTEE, Plan("敬老院修缮资金", "LARGE_FUNDS"))
    hall.open(meeting, PARTY_COMMITTEE)
    item = hall.items(meeting)[0].id
    hall.act("recorder", meetings.take_up_item, item)
    hall.act("party.secretary", meetings.depart, meeting.id)
    with pytest.raises(NotReady, match="earlier procedure"):
        hall.act(
            "recorder", meetings.break_off_item, item, reason=WHY, approved_by=hall.person("party.secretary")
        )
    assert hall.item(item).state == "TAKEN_UP"
    house.engine.dispose()


def test_a_decision_broken_off_is_decided_by_a_later_meeting(stage: Stage):
    hall = Hall(stage.house, stage._clock, stage.town)
    item = _call(hall, MAYORS_OFFICE, stage.case_id, "director", "2026-05-06 09:00", "2026-05-08 14:00")
    first = hall.item(item).meeting_id
    hall.clock.move_to(_at("2026-05-08 14:00"))
    hall.act("recorder", meetings.open_meeting, first, present=[hall.person(one) for one in CABINET])
    hall.act("recorder", meetings.take_up_item, item)
    hall.act("officer", meetings.report_item, item, "汇报草案主要内容。")
    for login in CABINET[1:]:
        hall.act(login, meetings.speak, item, "DISAGREE", "不同意。")
    hall.act("mayor", meetings.depart, first, reason="区里紧急会议")
    hall.act("recorder", meetings.break_off_item, item, reason=WHY, approved_by=hall.person("mayor"))
    hall.act("recorder", meetings.close_meeting, first)
    _is_back_before_the_meeting(hall, item)

    again = _call(hall, MAYORS_OFFICE, stage.case_id, "director", "2026-05-11 09:00", "2026-05-14 14:00")
    _hold(hall, again, CABINET, "2026-05-14 14:00", "deputy6")
    assert hall.item(again).state == "SIGNED"
    assert stage.steps_waiting() == {"report_party_committee"}

    def look(session):
        assert type(of_case(session, session.get_one(Case, stage.case_id))).__name__ == "Legal"

    hall.read(look)
