"""A decision case goes through two meetings in two rooms: the mayor's office meeting, then the party committee.

The case is S1's, played to the day on which the director calls the meeting.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from decision_engine.calendar import SHANGHAI
from decision_engine.commands import meetings
from decision_engine.commands.meetings import Plan
from decision_engine.commands.tasks import complete_task
from decision_engine.demo.s1 import S1
from decision_engine.demo.s1 import meetings as s1
from decision_engine.demo.stage import Stage
from decision_engine.demo.town import MAYORS_OFFICE, PARTY_COMMITTEE
from decision_engine.errors import Forbidden, InvalidAnswers, NotReady
from decision_engine.models import AgendaItem, Case, Event, Meeting, Record, Task
from decision_engine.queries.replay import of_case
from tests.commands.hall import CABINET, COMMITTEE, Hall, refused
from tests.saves import Saves


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    (tmp_path / "saves").mkdir()
    with Saves(tmp_path / "saves").opened("confirm_agenda", tmp_path / "house") as opened:
        yield opened


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def _call(hall: Hall, kind: str, case_id: str, by: str, called: str, held: str) -> str:
    """Call a meeting of *kind* on the case at *called*, to be held at *held*, and return its item's id."""
    hall.clock.move_to(_at(called))
    plan = Plan("撤销三个村民委员会", "MAJOR_DECISION", case_id, leader_in_charge_id=hall.person("deputy1"))
    members = CABINET if kind == MAYORS_OFFICE else COMMITTEE
    meeting = hall.act(
        by, meetings.call_meeting, hall.body(kind), title="例会", planned_at=_at(held), place="二楼会议室",
        chair_id=hall.person(members[0]), recorder_id=hall.person("recorder"), items=[plan],
    )  # fmt: skip
    return hall.items(meeting)[0].id


def _hold(
    hall: Hall, item: str, members: tuple[str, ...], held: str, absent: str, outcome: str = "APPROVE"
) -> None:
    meeting = hall.read(lambda s: s.get_one(Meeting, s.get_one(AgendaItem, item).meeting_id))
    hall.clock.move_to(_at(held))
    here = [one for one in members if one != absent]
    hall.act(
        "recorder", meetings.open_meeting, meeting.id, present=[hall.person(one) for one in here],
        absences={hall.person(absent): "因公出差"},
    )  # fmt: skip
    hall.act("recorder", meetings.take_up_item, item)
    hall.act("officer", meetings.report_item, item, "汇报草案主要内容和履行程序情况。")
    refused(hall, "R-713-30-3", here[0], meetings.speak, item, "AGREE", "我先讲。")
    hall.discuss(item, list(reversed(here[1:])), here[0])
    hall.vote(item, [*here[1:], here[0]])
    hall.act(here[0], meetings.decide, item, outcome, "同意草案。")
    hall.act("recorder", meetings.close_meeting, meeting.id)
    hall.settle(meeting.id, here)


def test_a_case_is_decided_by_two_bodies_in_their_rooms(stage: Stage):
    hall = Hall(stage.house, stage._clock, stage.town)
    case = stage.case_id
    with pytest.raises(InvalidAnswers):  # a decision is no matter of personnel
        _call_as(hall, case, "IMPORTANT_PERSONNEL")
    with pytest.raises(Forbidden):  # who may call a meeting may not therefore confirm this case's agenda
        _call(hall, MAYORS_OFFICE, case, "party.office", "2026-05-06 09:00", "2026-05-08 14:00")
    refused_early(hall, case)
    item = _call(hall, MAYORS_OFFICE, case, "director", "2026-05-06 09:00", "2026-05-08 14:00")
    refused(hall, "R-MTG-23", "director", meetings.call_meeting, **_usual(hall, case))
    opening = hall.read(
        lambda s: s.scalar(
            select(Task.id).where(Task.step == "open_meeting", Task.case_id == case, Task.status == "OPEN")
        )
    )
    with pytest.raises(NotReady, match="on the agenda"):
        hall.act("recorder", complete_task, opening, s1.opening(stage, MAYORS_OFFICE, "2026-05-08"))
    _hold(hall, item, CABINET, "2026-05-08 14:00", "deputy6")
    assert hall.item(item).call == "main_government_meeting"

    S1.play(stage, start="report_party_committee", until="party_meeting")
    second = _call(hall, PARTY_COMMITTEE, case, "party.office", "2026-05-08 15:30", "2026-05-12 09:00")
    _hold(hall, second, COMMITTEE, "2026-05-12 09:00", "defence")
    assert hall.item(second).call == "main_party_meeting"
    assert stage.steps_waiting() == {"external_approval"}
    _the_log_is_a_run(hall, case)


def _call_as(hall: Hall, case: str, category: str) -> None:
    hall.clock.move_to(_at("2026-05-06 09:00"))
    usual = _usual(hall, case)
    hall.act("director", meetings.call_meeting, **(usual | {"items": [Plan("议题", category, case)]}))


def _usual(hall: Hall, case: str) -> dict:
    return {
        "body_id": hall.body(MAYORS_OFFICE), "title": "例会", "planned_at": _at("2026-05-08 14:00"), "place": "会议室",
        "chair_id": hall.person("mayor"), "recorder_id": hall.person("recorder"),
        "items": [Plan("撤销三个村民委员会", "MAJOR_DECISION", case)],
    }  # fmt: skip


def refused_early(hall: Hall, case: str) -> None:
    """A notice of one day is refused as it is without a room."""
    hall.clock.move_to(_at("2026-05-07 09:00"))
    refused(hall, "R-MTG-12", "director", meetings.call_meeting, **_usual(hall, case))


def _the_log_is_a_run(hall: Hall, case_id: str) -> None:
    def look(session):
        case = session.get_one(Case, case_id)
        assert type(of_case(session, case)).__name__ == "Legal"
        kinds = list(
            session.scalars(select(Record.kind).where(Record.case_id == case_id).order_by(Record.seq))
        )
        assert kinds.count("open_meeting") == 2
        assert kinds.count("member_speaks") == 5 + 7
        refusals = session.scalars(
            select(Event.body).where(Event.chain == case_id, Event.kind == "act.refused")
        )
        assert sum(b"R-713-30-3" in one for one in refusals) == 2  # the early word of each principal is kept

    hall.read(look)
