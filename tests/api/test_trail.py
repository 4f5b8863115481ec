"""After the story: what the trail tells, who answers, what the law finds, where the case stands."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update

from decision_engine.clock import MovableClock
from decision_engine.db import open_engine
from decision_engine.demo.s1 import S1
from decision_engine.demo.s1.beginning import proposal
from decision_engine.demo.stage import Stage
from decision_engine.models import EventPayload, Person, Record, Task
from decision_engine.queries import accountability, definitions
from decision_engine.work import House
from tests.api.conftest import Caller, moved, staged
from tests.conftest import BEGINNING, cheap_settings, tampering


@pytest.fixture(scope="module")
def played(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Scenario S1 played up to the collective meeting, once for this file."""
    folder = tmp_path_factory.mktemp("played")
    shutil.copy(founded, folder / "test.db")
    clock = MovableClock(BEGINNING)
    stage = staged(House(cheap_settings(folder), open_engine(f"sqlite:///{folder}/test.db"), clock), clock)
    S1.play(stage, until="assemble_meeting_package")
    stage.house.engine.dispose()
    return stage


@pytest.fixture
def told(played: Stage, tmp_path: Path) -> Iterator[Stage]:
    """The same, in a house of one's own that may be tampered with."""
    stage = moved(played, tmp_path / "told")
    yield stage
    stage.house.engine.dispose()


def caller(stage: Stage, login: str) -> Caller:
    """Return somebody at the door of the story."""
    return Caller(stage._door._client, stage.token(login))  # type: ignore[attr-defined]


def events(stage: Stage) -> list[dict]:  # type: ignore[type-arg]
    return stage.pages("auditor", f"/cases/{stage.case_id}/events")


def rows(stage: Stage, **query: str) -> list[dict]:  # type: ignore[type-arg]
    return stage.ask("auditor", f"/cases/{stage.case_id}/accountability", **query)["items"]


def test_every_act_is_told_in_a_sentence_a_citizen_can_read(told: Stage) -> None:
    found = events(told)
    sentences = [one["sentence"]["zh"] for one in found]
    assert "2026-04-28 10:00 司法所所长 宋秉直完成“出具合法性审查意见”" in sentences
    assert any("社会公众提出一条意见" in one for one in sentences)
    assert any("系统时钟到期触发" in one for one in sentences)
    assert any(one.startswith("2026-02-24") and "立案登记决〔2026〕1号" in one for one in sentences)
    english = [one["sentence"]["en"] for one in found]
    assert any("宋秉直 (司法所所长) completed “Legality opinion”" in one for one in english), english
    assert [one["seq"] for one in found] == list(range(1, len(found) + 1))


def test_the_trail_is_cut_into_pages_and_says_whether_the_chain_is_whole(told: Stage) -> None:
    page = told.ask("auditor", f"/cases/{told.case_id}/events", page=2, page_size=3)
    assert [one["seq"] for one in page["items"]] == [4, 5, 6]
    assert page["chain"] == {
        "intact": True, "length": page["total"], "head": events(told)[-1]["hash"], "broken_at": None, "reason": None,
    }  # fmt: skip


def _forced(house: House, *statements: str, **values: object) -> None:
    """Change the log as somebody with the database file in hand could: the triggers taken away first."""
    with tampering(house) as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def test_a_changed_event_is_found_at_its_place(told: Stage) -> None:
    _forced(
        told.house,
        "UPDATE event SET body = CAST(replace(body, '2026-02', '2026-01') AS BLOB) "
        "WHERE chain = :chain AND seq = 5",
        chain=told.case_id,
    )
    chain = told.ask("auditor", f"/cases/{told.case_id}/events")["chain"]
    assert (chain["intact"], chain["broken_at"]) == (False, 5)


@pytest.mark.parametrize("damage", ["x'00ff'", "'[]'", "'{}'", "'not json'", "x''", "7"])
def test_a_damaged_event_is_shown_as_damaged_and_hides_nothing_else(told: Stage, damage: str) -> None:
    before = events(told)
    _forced(
        told.house, f"UPDATE event SET body = {damage} WHERE chain = :chain AND seq = 5", chain=told.case_id
    )
    page = told.ask("auditor", f"/cases/{told.case_id}/events", page_size=200)
    assert (page["chain"]["intact"], page["chain"]["broken_at"]) == (False, 5)
    assert [one["seq"] for one in page["items"]] == [one["seq"] for one in before]
    assert len(rows(told)) == len([one for one in before if one["kind"] != "comment.received"])
    for part in ("findings", "diagram"):
        told.ask("auditor", f"/cases/{told.case_id}/{part}")


def test_a_cut_off_end_is_found(told: Stage) -> None:
    last = events(told)[-1]["seq"]
    _forced(
        told.house,
        "DELETE FROM event_payload WHERE event_id IN (SELECT id FROM event WHERE chain = :chain AND seq = :seq)",
        "DELETE FROM event WHERE chain = :chain AND seq = :seq",
        chain=told.case_id,
        seq=last,
    )
    chain = told.ask("auditor", f"/cases/{told.case_id}/events")["chain"]
    assert (chain["intact"], chain["broken_at"]) == (False, last)


def test_an_erased_payload_leaves_the_act_and_takes_the_name(told: Stage) -> None:
    one = next(event for event in events(told) if event["kind"] == "task.completed")
    with tampering(told.house) as connection:
        connection.execute(delete(EventPayload).where(EventPayload.event_id == one["id"]))
    page = told.ask("auditor", f"/cases/{told.case_id}/events")
    after = next(event for event in page["items"] if event["id"] == one["id"])
    assert page["chain"]["intact"]
    assert (after["erased"], after["actor"], after["said"]) == (True, None, None)
    assert "（姓名已依法清除）完成“" in after["sentence"]["zh"]
    row = next(row for row in rows(told) if row["evidence"]["event_id"] == one["id"])
    assert row["person"] is None
    assert row["person_id"] == one["actor_id"]


def test_somebody_answers_for_every_completed_step_with_the_entry_that_proves_it(told: Stage) -> None:
    found = {row["evidence"]["seq"]: row for row in rows(told)}
    for event in events(told):
        if event["kind"] != "task.completed":
            continue
        row = found[event["seq"]]
        assert row["evidence"] == {"seq": event["seq"], "event_id": event["id"], "hash": event["hash"]}
        assert (row["person"], row["post_then"], row["at"]) == (event["actor"], event["post"], event["at"])
        assert row["step"] == event["body"]["task"]["step"]
    opinion = next(row for row in found.values() if row["step"] == "issue_legality_opinion")
    draft = told.ask("officer", f"/documents/{told.papers['draft']}")["versions"][-1]["sha256"]
    assert opinion["saw"] == [draft]
    assert opinion["rules"]
    assert all(one["outcome"] != "BROKEN" for one in opinion["rules"])
    assert opinion["name"]["zh"] == "出具合法性审查意见"


def test_accountability_as_of_a_day_ends_with_that_day(told: Stage) -> None:
    until = rows(told, on="2026-03-06")
    assert until == rows(told)[: len(until)]
    assert [row["at"][:10] <= "2026-03-06" for row in rows(told)] == [True] * len(until) + [False] * (
        len(rows(told)) - len(until)
    )
    assert 0 < len(until) < len(rows(told))
    assert rows(told, on="2026-02-23") == []


def test_accountability_reads_the_log_and_not_the_tables(told: Stage) -> None:
    """Rename a person, empty the case file and the tasks: the answer is the same, word for word."""
    before = rows(told)
    with tampering(told.house) as connection:
        connection.execute(update(Person).values(name="改名"))
        connection.execute(update(Task).values(closed_by=None, assignee_id=None))
        connection.execute(update(Record).values(data={}, post="", draft=None))
    with told.house.reading() as session:
        found = accountability.who_answers_for(session, told.case_id)
    assert [(row.person, row.post_then, list(row.saw)) for row in found] == [
        (row["person"], row["post_then"], row["saw"]) for row in before
    ]


def test_a_deputy_answers_and_the_giver_is_named(stage: Stage) -> None:
    stage.open_case("secretary", "一件事")
    lent = {"organ_id": stage.town.organ_id, "to": stage.person("director"), "reason": "休假"}
    stage.say("secretary", "/delegations", lent | {"since": "2026-02-24", "until": "2026-02-28"})
    stage.complete("director", "register_proposal", proposal())
    row = rows(stage)[-1]
    assert (row["person"], row["on_behalf_of"]) == ("方立行", stage.person("secretary"))
    assert row["on_behalf_of_name"] == "苏文静"
    assert "方立行（受委托）" in events(stage)[-1]["sentence"]["zh"]


def test_the_law_is_asked_rule_by_rule_over_the_whole_file(told: Stage) -> None:
    found = told.ask("auditor", f"/cases/{told.case_id}/findings")
    by_rule = {one["rule"]: one for one in found["items"]}
    assert len(by_rule) > 60
    assert sum(found["summary"].values()) == len(found["items"])
    notice = by_rule["R-713-15-2"]
    assert (notice["law"], notice["article"], notice["strength"]) == ("国务院令第713号", "15", "X")
    assert notice["outcome"] == "MET"
    assert next(check["step"] for check in notice["checks"]) == "publish_notice"
    assert by_rule["R-713-30-3"]["outcome"] in {"NOT_CHECKED", "NOT_APPLICABLE"}
    assert found["rule_set"]


def test_the_picture_shows_where_the_case_stands(told: Stage) -> None:
    picture = told.ask("officer", f"/cases/{told.case_id}/diagram")
    with told.house.reading() as session:
        kept = definitions.files_of(session, picture["definition"])
    assert picture["files"] == {name: content.decode() for name, content in kept.items()}
    assert [(one["name"], one["count"]) for one in picture["open"]] == [("汇总提请讨论材料", 1)]
    passed = {one["element"]: one for one in picture["passed"]}
    drawn = " ".join(picture["files"].values())
    assert len(passed) > 30
    assert all(f'id="{element}"' in drawn for element in passed)
    assert picture["status"] == "RUNNING"
    assert picture["ending"] is None


def test_a_waiting_timer_is_in_the_picture(stage: Stage) -> None:
    S1.play(stage, until="comments_online")
    picture = stage.ask("officer", f"/cases/{stage.case_id}/diagram")
    assert [(one["step"], one["due_at"]) for one in picture["timers"]] == [
        ("comment_period", "2026-04-08T00:00:00.000+08:00")
    ]


def test_the_log_is_not_for_everybody(told: Stage) -> None:
    for part in ("events", "accountability"):
        assert caller(told, "officer").get(f"/cases/{told.case_id}/{part}").status_code == 403
        assert caller(told, "auditor").get(f"/cases/{told.case_id}/{part}").status_code == 200


def test_an_unchanged_case_or_task_is_not_sent_twice(told: Stage) -> None:
    officer = caller(told, "officer")
    task = told.waiting("officer", "assemble_meeting_package")[0]["id"]
    for address in (f"/cases/{told.case_id}", f"/tasks/{task}"):
        first = officer.get(address)
        again = officer.call("GET", address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        english = officer.call(
            "GET", address, headers={"If-None-Match": first.headers["ETag"], "Accept-Language": "en"}
        )
        assert english.status_code == 200
    officer.post(f"/tasks/{task}/claim")
    changed = officer.call("GET", f"/tasks/{task}", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
