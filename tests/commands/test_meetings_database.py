"""The database keeps the order by itself: SQL that goes around the verbs is refused, on SQLite and PostgreSQL.

One meeting is led by SQL from the report to the closed vote. Before each lawful step the unlawful ones are tried; each
would be accepted without its guard, as the last test shows by taking the guards away.
"""

from __future__ import annotations

import importlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError

from decision_engine.clock import MovableClock
from decision_engine.commands import meetings
from decision_engine.commands.meetings import Plan
from decision_engine.db import new_id
from decision_engine.demo.town import PARTY_COMMITTEE
from decision_engine.work import House
from tests.commands.hall import COMMITTEE, Hall, found_hall

HERE = COMMITTEE[:7]  # the secretary, who also presides, and six others
guards = importlib.import_module("decision_engine.migrations.versions.0002_the_meeting_room")


@pytest.fixture
def hall(any_house: House, clock: MovableClock) -> Hall:
    return found_hall(any_house, clock)


class Sql:
    """Somebody with SQL and an item that was reported; each attempt is a transaction of its own."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        meeting = hall.call(PARTY_COMMITTEE, Plan("资金", "LARGE_FUNDS"))
        hall.open(meeting, PARTY_COMMITTEE, *COMMITTEE[7:])
        [item] = hall.items(meeting)
        hall.take_up(item.id)
        self.meeting, self.item = meeting.id, item.id
        hall.act("organisation", meetings.recuse, item.id, ground="OTHER", explanation="曾任该单位负责人")
        self.seq = 0

    def run(self, statement: str, **values: Any) -> None:
        with self.hall.house.writing() as session, session.begin():
            session.execute(text(statement), values)

    def refuses(self, why: str, statement: str, **values: Any) -> None:
        with pytest.raises(DatabaseError, match=why):
            self.run(statement, **values)

    def says(
        self, login: str, kind: str = "OPINION", stance: str | None = "AGREE"
    ) -> tuple[str, dict[str, Any]]:
        self.seq += 1
        return (
            "INSERT INTO statement (id, item_id, seq, person_id, kind, stance, text, at) "
            "VALUES (:id, :item, :seq, :person, :kind, :stance, '话', :at)",
            {
                "id": new_id(), "item": self.item, "seq": self.seq, "person": self.hall.person(login), "kind": kind,
                "stance": stance, "at": self.now,
            },
        )  # fmt: skip

    def votes(self, vote: str, login: str, choice: str | None = "YES") -> tuple[str, dict[str, Any]]:
        return (
            "INSERT INTO ballot (vote_id, person_id, choice, at) VALUES (:vote, :person, :choice, :at)",
            {"vote": vote, "person": self.hall.person(login), "choice": choice, "at": self.now},
        )

    def opens_vote(self, vote: str) -> tuple[str, dict[str, Any]]:
        return (
            "INSERT INTO vote (id, item_id, method, state, due, present, opened_at) "
            "VALUES (:id, :item, 'NAMED_BALLOT', 'OPEN', 9, 6, :at)",
            {"id": vote, "item": self.item, "at": self.now},
        )

    def elects(self, vote: str, login: str) -> tuple[str, dict[str, Any]]:
        return (
            "INSERT INTO elector (vote_id, person_id) VALUES (:vote, :person)",
            {"vote": vote, "person": self.hall.person(login)},
        )

    def comes(self, login: str) -> None:
        self.run(
            "INSERT INTO attendance (id, meeting_id, person_id, name, position, kind, arrived_at) "
            "VALUES (:id, :meeting, :person, '某人', '', 'MEMBER', :at)",
            id=new_id(), meeting=self.meeting, person=self.hall.person(login), at=self.now,
        )  # fmt: skip

    def goes(self, login: str) -> None:
        self.run(
            "UPDATE attendance SET left_at = :at WHERE person_id = :person AND left_at IS NULL",
            person=self.hall.person(login), at=self.now,
        )  # fmt: skip

    def puts(self, state: str) -> None:
        self.run("UPDATE agenda_item SET state = :state WHERE id = :item", state=state, item=self.item)

    @property
    def now(self) -> str:
        return str(self.hall.clock.now() + timedelta(seconds=self.seq))[:19]


def _refuses(sql: Sql, why: str, attempt: tuple[str, dict[str, Any]]) -> None:
    sql.refuses(why, attempt[0], **attempt[1])


def _does(sql: Sql, attempt: tuple[str, dict[str, Any]]) -> None:
    sql.run(attempt[0], **attempt[1])


def test_the_database_keeps_the_order_of_speech_and_of_votes(hall: Hall):
    """Principal last, a position once, nobody absent or recused, one ballot each, the chair last."""
    sql = Sql(hall)
    speaking = [one for one in HERE[1:] if one != "organisation"]
    _positions(sql, speaking)
    vote = new_id()
    sql.puts("PRINCIPAL_SPOKEN")
    _refuses(sql, "positions of all", sql.opens_vote(vote))
    _does(sql, sql.says("party.secretary"))
    _refuses(sql, "nobody after", sql.says("party.secretary", stance="DISAGREE"))
    sql.puts("MEMBERS_SPEAKING")
    _refuses(sql, "follows the discussion", sql.opens_vote(vote))
    sql.puts("PRINCIPAL_SPOKEN")
    sql.comes("defence")
    _refuses(sql, "positions of all", sql.opens_vote(vote))
    _does(sql, sql.says("defence", "WAIVER", "NO_FURTHER_OPINION"))
    _refuses(sql, "positions of all", sql.opens_vote(vote))
    _does(sql, sql.says("party.secretary"))
    _does(sql, sql.opens_vote(vote))
    _ballots(sql, vote, [*speaking, "defence"])


def _positions(sql: Sql, speaking: list[str]) -> None:
    sql.puts("TAKEN_UP")
    _refuses(sql, "after the report", sql.says("mayor"))
    sql.puts("MEMBERS_SPEAKING")
    _refuses(sql, "principal speaks after", sql.says("party.secretary"))
    _refuses(sql, "present and not recused", sql.says("politics.law"))
    _refuses(sql, "present and not recused", sql.says("deputy2"))
    _refuses(sql, "recused", sql.says("organisation"))
    _refuses(sql, "says nothing", sql.says("organisation", "CLARIFICATION", None))
    _refuses(sql, "nothing to add", sql.says("mayor", "ADDITION", None))
    _refuses(sql, "stance", sql.says("mayor", "CLARIFICATION", "AGREE"))
    _refuses(sql, "stance", sql.says("mayor", "OPINION", None))
    for login in speaking[:-1]:
        _does(sql, sql.says(login))
    _refuses(sql, "principal speaks after", sql.says("party.secretary"))
    _does(sql, sql.says("party.secretary", "CLARIFICATION", None))
    _does(sql, sql.says(speaking[-1]))
    _refuses(sql, "not changed", sql.says("mayor", stance="DISAGREE"))
    _does(sql, sql.says("mayor", "ADDITION", None))
    sql.refuses("append-only", "UPDATE statement SET stance = 'DISAGREE'")
    sql.refuses("append-only", "DELETE FROM statement")


def _ballots(sql: Sql, vote: str, voting: list[str]) -> None:
    electors = [*voting, "party.secretary"]
    sql.puts("VOTING")
    _refuses(sql, "present and not recused vote", sql.elects(vote, "organisation"))
    _refuses(sql, "present and not recused vote", sql.elects(vote, "politics.law"))
    for login in electors:
        _does(sql, sql.elects(vote, login))
    _refuses(sql, "not recused votes", sql.votes(vote, "organisation"))
    _refuses(sql, "not recused votes", sql.votes(vote, "deputy2"))
    sql.comes("politics.law")
    _refuses(sql, "not recused votes", sql.votes(vote, "politics.law"))  # came after the vote opened
    _refuses(sql, "chair votes last", sql.votes(vote, "party.secretary"))
    _refuses(sql, "secret ballot has no choice", sql.votes(vote, "mayor", None))
    _refuses(sql, "choice", sql.votes(vote, "mayor", "PERHAPS"))
    *most, late = voting
    for login in most:
        _does(sql, sql.votes(vote, login))
    _refuses(sql, "(?i)unique|duplicate", sql.votes(vote, "mayor", "NO"))
    sql.goes(late)
    _refuses(sql, "electorate is fixed", sql.elects(vote, "politics.law"))
    _does(sql, sql.votes(vote, "party.secretary"))
    sql.comes(late)
    _refuses(sql, "nobody votes after the chair", sql.votes(vote, late))
    sql.refuses("append-only", "UPDATE ballot SET choice = 'NO'")
    sql.run("UPDATE vote SET state = 'CLOSED' WHERE id = :vote", vote=vote)
    sql.refuses("closed vote stays", "UPDATE vote SET yes = 9 WHERE id = :vote", vote=vote)
    sql.run("UPDATE agenda_item SET state = 'DECIDED', outcome = 'APPROVE' WHERE id = :item", item=sql.item)
    sql.refuses("not changed", "UPDATE agenda_item SET outcome = 'REJECT' WHERE id = :item", item=sql.item)


def test_one_item_is_before_a_meeting_at_a_time_and_the_urn_holds_no_more_than_was_cast(hall: Hall):
    """A second item is not taken up beside the first; nobody stuffs the urn."""
    sql = Sql(hall)
    sql.refuses(
        "(?i)unique|duplicate",
        "INSERT INTO agenda_item (id, meeting_id, seq, title, category, case_id, call, announced_at, emergency, state, "
        "version) SELECT 'second', meeting_id, 2, title, category, case_id, call, announced_at, emergency, state, 1 "
        "FROM agenda_item WHERE id = :item",
        item=sql.item,
    )
    speaking = [one for one in HERE[1:] if one != "organisation"]
    for login in (*speaking, "party.secretary"):
        _does(sql, sql.says(login))
    sql.puts("PRINCIPAL_SPOKEN")
    sql.run(sql.opens_vote("v")[0].replace("NAMED_BALLOT", "SECRET_BALLOT"), **sql.opens_vote("v")[1])
    put = "INSERT INTO secret_tally (vote_id, choice, votes) VALUES ('v', :choice, :votes)"
    sql.refuses("empty when set up", put, choice="YES", votes=3)
    sql.run(put, choice="YES", votes=0)
    count = "UPDATE secret_tally SET votes = votes + 1 WHERE vote_id = 'v'"
    sql.refuses("one vote for each", count)
    _does(sql, sql.elects("v", "mayor"))
    _refuses(sql, "secret ballot has no choice", sql.votes("v", "mayor", "YES"))
    _does(sql, sql.votes("v", "mayor", None))
    sql.run(count)
    sql.refuses("one vote for each", count)
    sql.refuses("one vote for each", "UPDATE secret_tally SET votes = 0 WHERE vote_id = 'v'")


def test_without_its_guards_the_database_would_take_it_all(hall: Hall):
    """Negative control: it is the triggers that refuse, one by one."""
    sql = Sql(hall)
    sqlite = hall.house.engine.dialect.name == "sqlite"
    owner = create_engine(hall.house.engine.url)  # past the service, whose own connections may not do this
    with owner.begin() as connection:
        for guard in guards.GUARDS:
            where = "" if sqlite else f" ON {guard.table}"
            connection.execute(text(f"DROP TRIGGER {guard.name}{where}"))
    owner.dispose()
    _does(sql, sql.says("party.secretary"))
    _does(sql, sql.says("party.secretary", stance="DISAGREE"))
    for login in ("politics.law", "deputy2", "organisation"):
        _does(sql, sql.says(login))
    _does(sql, sql.opens_vote("v"))
    _does(sql, sql.elects("v", "organisation"))
    for login in ("party.secretary", "organisation", "deputy2"):
        _does(sql, sql.votes("v", login))


def test_every_table_of_what_was_said_and_done_is_append_only(hall: Hall):
    """Each table of the migration's list refuses to be changed, and each guard is there."""
    sqlite = hall.house.engine.dialect.name == "sqlite"
    asked = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'" if sqlite else "SELECT tgname FROM pg_trigger"
    )
    found = set(hall.read(lambda s: list(s.scalars(text(asked)))))
    assert {guard.name for guard in guards.GUARDS} <= found
    for table in guards.APPEND_ONLY:
        assert any(name.startswith(f"{table}_no_") for name in found), table
