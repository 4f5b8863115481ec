"""Lawful erasure, on both databases: what somebody worded goes wherever the act wrote it, and nothing else goes.

One event says so; the chain, the tree and the procedure still verify (in the house here; by both verifiers that know
nothing of it in tests/verifier/test_erasure.py).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DatabaseError

from decision_engine import forms
from decision_engine.clock import MovableClock
from decision_engine.commands.erasure import MARK
from decision_engine.commands.sequencing import sequence
from decision_engine.demo import load_town, shipped_diagrams
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from decision_engine.models import Comment, CommentContact, Event, Record
from decision_engine.queries import standing
from decision_engine.queries.verification import whole_log
from decision_engine.work import House
from tests.api.conftest import put_in_force, staged

WHO = {"name": "欧阳无痕", "contact": "13900001111"}
PAGES = ("", "/records", "/events", "/accountability", "/findings", "/diagram")
SECRETS = ("欧阳无痕", "13900001111", "请保留村名")


def commented(house: House) -> Stage:
    """Play S1 until comments came in, one of them with a name and a number."""
    clock = house.clock
    assert isinstance(clock, MovableClock)
    people = load_town(house, deploy=False)
    put_in_force(house, shipped_diagrams(), people.persons["admin1"])
    stage = staged(house, clock)
    S1.play(stage, until="comments_on_paper")
    stage.say(None, f"/consultations/{stage.case_id}/comments", {"text": "请保留村名。", **WHO})
    return stage


def newest(house: House, case: str, kind: str, step: str = "") -> Event:
    """Return the newest event of *kind* (that completed *step*)."""
    with house.reading() as session:
        found = session.scalars(select(Event).where(Event.chain == case, Event.kind == kind)).all()
    return [one for one in found if not step or json.loads(one.body)["task"]["step"] == step][-1]


def erased(stage: Stage, event: Event) -> dict[str, Any]:
    """Let two persons erase what *event* commits to; return the body of the one event that says so."""
    said = {"event": event.id, "authority": "个人信息保护法第四十七条", "reason": "本人申请。"}
    proposal = stage.say("admin1", "/audit/erasures", said)["receipt"]["event_id"]
    done = stage.say("justice", f"/audit/erasures/{proposal}/approval", {})["receipt"]["event_id"]
    with stage.house.reading() as session:
        body: dict[str, Any] = json.loads(session.get_one(Event, done).body)
    return body


ANSWERS = "finished_request"
"""The table of answers kept for a while for repeated requests; the doors that answer with words fill it."""


def everything(house: House, but: str = "") -> str:
    """Return every text and every byte of every table (*but* one)."""
    found = []
    with house.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            if table == but:
                continue
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                some = (bytes(one) if isinstance(one, memoryview) else one for one in row)
                found += [
                    one.decode(errors="replace") if isinstance(one, bytes) else str(one) for one in some
                ]
    return "\n".join(found)


def attempted(house: House, statement: str) -> None:
    with house.writing() as session, session.begin():
        session.connection().exec_driver_sql(statement)


def test_what_somebody_said_goes_wherever_it_lies_and_everything_still_verifies(any_house: House) -> None:
    stage = commented(any_house)
    a_comment_goes_with_name_and_number(stage)
    an_entry_of_the_case_file_loses_its_words(stage)
    what_was_worded_between_people_goes(stage)
    sequence(any_house)
    with any_house.reading() as session:
        report = whole_log(session)
        assert (report.found, report.observed, report.erased) == ([], [], 2 + len(WORDED))
        assert [*standing.elsewhere(session)] == [*standing.renamed(session)] == []
    for path in PAGES:
        assert stage.ask("auditor", f"/cases/{stage.case_id}{path}")
    S1.play(stage, start="comments_on_paper", until="handle_comments")  # and the case goes on


def a_comment_goes_with_name_and_number(stage: Stage) -> None:
    """Searched for in every column of every table: it is there before (the control) and nowhere afterwards."""
    house = stage.house
    for secret in SECRETS:
        assert secret in everything(house)
    comment = newest(house, stage.case_id, "comment.received")
    body = erased(stage, comment)
    assert (body["erases"], "record" in body) == (comment.id, False)
    assert not [secret for secret in SECRETS if secret in everything(house)]
    with house.reading() as session:
        shown = session.get_one(Comment, json.loads(comment.body)["comment"]["id"])
        assert (shown.text, session.get(CommentContact, shown.id)) == (MARK, None)
        others = [one.text for one in session.scalars(select(Comment)) if one.id != shown.id]
    assert others
    assert MARK not in others


def an_entry_of_the_case_file_loses_its_words(stage: Stage) -> None:
    """The guard lets go of the words of this entry once an event named it, and of nothing else."""
    house = stage.house
    entry = newest(house, stage.case_id, "task.completed", "publish_notice")
    place = (stage.case_id, json.loads(entry.body)["entry"])
    with house.reading() as session:
        before = session.get_one(Record, place)
    words = words_in(before.data) - words_in(forms.without_words(before.kind, before.data))
    assert words
    with pytest.raises(DatabaseError, match="append-only"):  # nobody said so yet
        attempted(house, "UPDATE record SET data = '{}'")
    body = erased(stage, entry)
    assert (body["erases"], body["record"]) == (entry.id, place[1])
    with house.reading() as session:
        after = session.get_one(Record, place)
    assert not words_in(after.data) & words
    assert forms.load(after.kind, after.data) == after.data, "still what the form of the step takes"
    assert (after.at, after.author_id, after.draft) == (before.at, before.author_id, before.draft)
    for statement in (
        f"UPDATE record SET data = '{{}}' WHERE seq <> {place[1]}",
        f"UPDATE record SET kind = 'x' WHERE seq = {place[1]}",
        f"UPDATE record SET data = '{{}}', role = 'x' WHERE seq = {place[1]}",
        f"DELETE FROM record WHERE seq = {place[1]}",
    ):
        with pytest.raises(DatabaseError, match=r"append-only|not authorized"):
            attempted(house, statement)


WORDED = {
    "countersign.asked": "请问甲某的家庭情况是否核实？",
    "task.urged": "请抓紧，乙某已来访三次。",
    "copy.sent": "丙某的来信请阅。",
    "delegation.given": "丁某因病住院。",
}


def what_was_worded_between_people_goes(stage: Stage) -> None:
    """A question, a reminder, a note, a reason: gone from their rows; the same act of somebody else keeps its words."""
    house, case = stage.house, stage.case_id
    stage.open_case("secretary", "另一件事项")
    task = stage.waiting("secretary", "register_proposal")[0]["id"]
    stage.say("secretary", f"/tasks/{task}/claim", {})
    asked, urged, copied, why = WORDED.values()
    director, secretary = stage.person("director"), stage.person("secretary")
    stage.say("secretary", f"/tasks/{task}/countersigns", {"persons": [director], "question": asked})
    stage.say("director", f"/tasks/{task}/urgings", {"note": urged})
    stage.say("director", f"/cases/{stage.case_id}/copies", {"persons": [secretary], "note": copied})
    given = {
        "to": secretary,
        "organ_id": stage.town.organ_id,
        "since": "2026-03-20",
        "until": "2026-03-21",
    }
    stage.say("director", "/delegations", given | {"reason": why})
    other = {"persons": [stage.person("recorder")], "question": "其他人的问题"}
    stage.say("secretary", f"/tasks/{task}/countersigns", other)
    for kind, words in WORDED.items():
        assert words in everything(house, but=ANSWERS), "the control"
        chain = "people" if kind == "delegation.given" else stage.case_id
        with house.reading() as session:
            found = select(Event).where(Event.chain == chain, Event.kind == kind).order_by(Event.seq)
            first = session.scalars(found).all()[0]
        erased(stage, first)
        assert words not in everything(house, but=ANSWERS)
    assert "其他人的问题" in everything(house)
    stage.case_id = case


def words_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(words_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(words_in, value))
    return {value} if isinstance(value, str) else set()


def test_choices_days_and_references_stay_and_words_go() -> None:
    """Also where a form nests, and where it knows nothing of the answer."""
    said = {
        "outcome": "START", "reasons": "张三家里的事", "decided_on": "2026-03-02",
        "unknown": {"deep": ["李四", 3, True, "0" * 32]},
        "participants": [{"name": "王五", "present": True, "view": "FOR"}],
    }  # fmt: skip
    assert forms.without_words("decide_initiation", said, frozenset(), MARK) == {
        "outcome": "START", "reasons": MARK, "decided_on": "2026-03-02",
        "unknown": {"deep": [MARK, 3, True, "0" * 32]},
        "participants": [{"name": MARK, "present": True, "view": MARK}],
    }  # fmt: skip
    assert forms.without_words("nobody_s", {"go": "LEFT", "note": "x"}, frozenset({"go"}), MARK) == {
        "go": "LEFT",
        "note": MARK,
    }
