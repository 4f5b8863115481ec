"""A town hall for the tests of the meeting room: the demonstration town, and its people acting by their sign-in names.

Everything is done through the verbs, each in a unit of work of its own, as behind the door.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from decision_engine.access import Actor
from decision_engine.calendar import SHANGHAI, local_day
from decision_engine.clock import MovableClock
from decision_engine.commands import meetings, minutes
from decision_engine.commands.meetings import Plan
from decision_engine.demo import Town, load_town, shipped_diagrams
from decision_engine.demo.town import MAYORS_OFFICE, PARTY_COMMITTEE
from decision_engine.errors import Unlawful
from decision_engine.models import AgendaItem, Body, Meeting, Person, Vote
from decision_engine.work import House, standings_of, unit_of_work
from tests.api.conftest import put_in_force

CALLED = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
HELD = datetime(2026, 3, 6, 9, 0, tzinfo=SHANGHAI)
COMMITTEE = (
    "party.secretary", "mayor", "deputy.secretary", "deputy1", "discipline", "organisation", "publicity", "defence",
    "politics.law",
)  # fmt: skip
CABINET = ("mayor", "deputy1", "deputy2", "deputy3", "deputy4", "deputy5", "deputy6")
BODIES = {PARTY_COMMITTEE: COMMITTEE, MAYORS_OFFICE: CABINET}


@dataclass
class Hall:
    """A house with the town in it; `act` does something in somebody's name."""

    house: House
    clock: MovableClock
    town: Town

    def person(self, login: str) -> str:
        """Return the id of who signs in as *login*."""
        return self.town.persons[login]

    def act(self, login: str, verb: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Do *verb* as *login* in a unit of work of its own; each act a second later than the one before."""
        self.clock.move_to(datetime.fromtimestamp(self.clock.now().timestamp() + 1, tz=SHANGHAI))
        with unit_of_work(self.house, as_actor=self.actor(login)) as work:
            return verb(work, *args, **more)

    def actor(self, login: str) -> Actor:
        """Return who signs in as *login* with the posts of today."""
        person_id = self.person(login)
        with self.house.reading() as session:
            name = session.get_one(Person, person_id).name
            standings = standings_of(session, person_id, local_day(self.clock.now()))
        return Actor(person_id, name, standings)

    def read(self, ask: Callable[[Any], Any]) -> Any:
        """Return what *ask* finds in a session of its own."""
        with self.house.reading() as session:
            return ask(session)

    def body(self, kind: str) -> str:
        """Return the id of the town's body of this kind."""
        organ = self.town.organ_id
        return self.read(lambda s: s.scalar(select(Body.id).where(Body.kind == kind, Body.organ_id == organ)))

    def call(self, kind: str, *plans: Plan, chair: str | None = None, by: str = "director") -> Meeting:
        """Call a meeting of the body of *kind* four days ahead; who leads it presides unless said."""
        self.clock.move_to(max(CALLED, self.clock.now()))
        return self.act(
            by, meetings.call_meeting, self.body(kind), title="例会", planned_at=HELD, place="第一会议室",
            chair_id=self.person(chair or BODIES[kind][0]), recorder_id=self.person("recorder"), items=plans,
        )  # fmt: skip

    def open(self, meeting: Meeting, kind: str, *absent: str, **more: Any) -> meetings.Warned:
        """Open *meeting* at its hour with everybody but *absent*, who are on business."""
        self.clock.move_to(max(HELD, self.clock.now()))
        here = [self.person(one) for one in BODIES[kind] if one not in absent]
        away = {self.person(one): "在区里参加会议" for one in absent}
        return self.act("recorder", meetings.open_meeting, meeting.id, present=here, absences=away, **more)

    def items(self, meeting: Meeting) -> list[AgendaItem]:
        """Return the agenda in order."""
        return self.read(
            lambda s: list(
                s.scalars(
                    select(AgendaItem).where(AgendaItem.meeting_id == meeting.id).order_by(AgendaItem.seq)
                )
            )
        )

    def item(self, item_id: str) -> AgendaItem:
        """Return an item as it is now."""
        return self.read(lambda s: s.get_one(AgendaItem, item_id))

    def take_up(self, item_id: str) -> None:
        """Take an item up and have it reported."""
        self.act("recorder", meetings.take_up_item, item_id)
        self.act("recorder", meetings.report_item, item_id, "汇报情况。", reporter_id=self.person("finance"))

    def discuss(self, item_id: str, speakers: Sequence[str], principal: str, *, against: str = "") -> None:
        """Let *speakers* agree one by one (one of them disagrees), and the principal speak last."""
        for login in speakers:
            stance, words = ("DISAGREE", "不同意，依据不足。") if login == against else ("AGREE", "同意。")
            self.act(login, meetings.speak, item_id, stance, words)
        self.act(principal, meetings.speak, item_id, "AGREE", "同意大家的意见。")

    def vote(self, item_id: str, order: Sequence[str], **more: Any) -> list[Vote]:
        """Open the vote, let everybody in *order* vote yes on each subject, and close it."""
        votes = self.act("recorder", meetings.open_vote, item_id, **more)
        for vote in votes:
            for login in order:
                self.act(login, meetings.cast, vote.id, "YES")
        return self.act("recorder", meetings.close_vote, item_id)

    def settle(self, meeting_id: str, here: Sequence[str], dissents: Sequence[tuple[str, str]] = ()) -> None:
        """Draw up the minutes, have *dissents* (login, item) confirmed, let everybody *here* sign, and settle them."""
        for login, item in dissents:
            self.act(login, minutes.confirm_dissent, meeting_id, item)
        drawn = self.act("recorder", minutes.draw_up, meeting_id)
        for login in here:
            self.act(login, minutes.sign, meeting_id, drawn.record.sha256)
        self.act("recorder", minutes.settle, meeting_id)


def found_hall(house: House, clock: MovableClock) -> Hall:
    """Return a hall in *house*: the town, and both procedures in force."""
    town = load_town(house, deploy=False)
    files = shipped_diagrams()
    put_in_force(house, files, town.persons["admin1"])
    alone = {name: content for name, content in files.items() if name == "collective_meeting.bpmn"}
    put_in_force(house, alone, town.persons["admin1"])
    return Hall(house, clock, town)


def refused(hall: Hall, rule: str, login: str, verb: Callable[..., Any], *args: Any, **more: Any) -> str:
    """Hold that *rule* refuses the act, citing its article, and return the reason in Chinese."""
    with pytest.raises(Unlawful) as refusal:
        hall.act(login, verb, *args, **more)
    found = {finding.rule: finding for finding in refusal.value.findings}
    assert rule in found, f"{rule} is not among {sorted(found)}"
    assert found[rule].law
    assert found[rule].article
    return found[rule].reason.zh if found[rule].reason else ""
