"""Responsibility in depth: a straight story, and one with dissent, delay, a refused attempt and a suspension."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text, update

from decision_engine.clock import MovableClock
from decision_engine.db import open_engine
from decision_engine.demo.door import Refused
from decision_engine.demo.s1 import S1, afterwards, meetings
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.town import MAYORS_OFFICE
from decision_engine.models import EventPayload, Person, Record, Task
from decision_engine.queries.facts import FACTS
from decision_engine.work import House
from tests.api.conftest import Caller, moved, staged
from tests.api.test_statements import counted
from tests.conftest import BEGINNING, cheap_settings, tampering

AGAINST = "补贴来源应列入年度预算后再实施。"
Json = dict[str, Any]


def new_stage(founded: Path, folder: Path) -> Stage:
    shutil.copy(founded, folder / "test.db")
    clock = MovableClock(BEGINNING)
    return staged(House(cheap_settings(folder), open_engine(f"sqlite:///{folder}/test.db"), clock), clock)


@pytest.fixture(scope="module")
def straight(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Scenario S1 from proposal to the end of its execution."""
    stage = new_stage(founded, tmp_path_factory.mktemp("straight"))
    S1.play(stage)
    yield stage
    stage.house.engine.dispose()


@pytest.fixture(scope="module")
def troubled(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """S1 with two who differ in the meeting, an executor who lets a report lie, and a suspension."""
    stage = new_stage(founded, tmp_path_factory.mktemp("troubled"))
    S1.play(stage, until="government_meeting")
    stage.move_to("2026-05-08 14:00")
    divided_meeting(stage)
    S1.play(stage, start="report_party_committee", until="first_report")
    idle_executor(stage)
    suspension(stage)
    yield stage
    stage.house.engine.dispose()


def divided_meeting(stage: Stage) -> None:
    """Deputy 1 disagrees and votes no, deputy 3 has reservations and abstains, deputy 4 only abstains."""
    meetings.open_and_report(stage, MAYORS_OFFICE, "2026-05-08")
    said = {"deputy1": ("DISAGREE", AGAINST), "deputy3": ("RESERVED", "保留意见。")}
    for login in reversed(meetings.present(MAYORS_OFFICE)[1:]):
        stage.complete(login, "member_speaks", meetings.speech(*said.get(login, ("AGREE", "同意。"))))
    stage.complete("mayor", "principal_speaks_last", meetings.last_word())
    cast = {"deputy1": "NO", "deputy3": "ABSTAIN", "deputy4": "ABSTAIN"}
    stage.complete("recorder", "vote", meetings.ballots(stage, MAYORS_OFFICE, **cast))
    stage.complete("mayor", "principal_decides", meetings.outcome_of_meeting("APPROVE", "2026-05-08"))
    minutes = meetings.minutes(stage, MAYORS_OFFICE, "2026-05-08")
    minutes["dissents"] = [
        {"member": stage.person("deputy1"), "statement": AGAINST, "confirmed": True},
        {"member": stage.person("deputy3"), "statement": "保留意见。", "confirmed": True},
    ]
    stage.complete("recorder", "sign_minutes", minutes)
    for code in ("D22", "D23", "D24"):
        stage.file("recorder", code, "会议材料", "镇长办公会。")


def idle_executor(stage: Stage) -> None:
    """The report waits from 12 June; taken up on the 15th it lies until it is passed on in September."""
    stage.move_to("2026-06-15 09:00")
    task = stage.waiting("executor", "report_execution")[0]["id"]
    stage.say("executor", f"/tasks/{task}/claim", {})
    stage.move_to("2026-09-15 09:00")
    passed_on = {"to": stage.person("farming"), "reason": "原经办人长期未办。"}
    stage.say("director", f"/tasks/{task}/transfer", passed_on)


def suspension(stage: Stage) -> None:
    """A problem found in August is reported in September, and the mayor suspends the execution."""
    paper = stage.file("farming", "D31", "执行问题报告", "资产权属争议。")
    stage.move_to("2026-09-18 09:00")
    stage.complete("farming", "report_execution", afterwards.execution("PROBLEM", "2026-09-18", paper))
    problem = {
        "urgent": True, "art35_type": "PROBLEM", "found_at": moment("2026-08-03 09:00"),
        "reported_at": moment("2026-09-18 10:00"), "description": "资产权属发生争议。", "effect": "无法按期移交。",
        "mitigation": "暂停移交，封存账册。", "report_ref": paper,
    }  # fmt: skip
    stage.complete("farming", "report_problem", problem)
    decided = {
        "outcome": "SUSPEND", "reason": "避免损失扩大。", "art35_type": "PROBLEM", "urgent_reason": "村民聚集。",
    }  # fmt: skip
    with pytest.raises(LookupError):
        stage.complete("deputy1", "suspend_execution", decided)
    task = stage.waiting("mayor", "suspend_execution")[0]["id"]
    with pytest.raises(Refused):
        stage.say("deputy1", f"/tasks/{task}/completion", {"answers": decided})
    stage.complete("mayor", "suspend_execution", decided)


def traced(stage: Stage, **query: str) -> Json:
    found: Json = stage.ask("auditor", f"/cases/{stage.case_id}/tracing", **query)
    return found


def facts_of(report: Json) -> dict[str, Json]:
    return {one["id"]: one for one in report["facts"]}


def events(stage: Stage) -> dict[int, Json]:
    return {one["seq"]: one for one in stage.pages("auditor", f"/cases/{stage.case_id}/events")}


def proofs(value: Any) -> Iterator[Json]:
    """Yield every piece of evidence in a report."""
    if isinstance(value, dict):
        if set(value) == {"seq", "event_id", "hash"}:
            yield value
        for part in value.values():
            yield from proofs(part)
    elif isinstance(value, list):
        for part in value:
            yield from proofs(part)


# -- a straight story ------------------------------------------------------------------------------------------


def test_the_book_has_thirty_five_facts_and_the_report_tells_each(straight: Stage) -> None:
    report = traced(straight)
    assert [one.id for one in FACTS] == [f"F{number:02}" for number in range(1, 36)]
    states = {one["id"]: one["state"] for one in report["facts"]}
    assert list(states) == [one.id for one in FACTS]
    assert {fact for fact, state in states.items() if state == "EXCUSED"} == {"F10", "F11", "F13"}
    assert {fact for fact, state in states.items() if state == "NOT_SHOWN"} == {
        "F21", "F27", "F28", "F29", "F30", "F31",
    }  # fmt: skip
    assert "不作责任结论" in report["statement"]["zh"]


def test_every_row_names_the_entry_that_proves_it(straight: Stage, troubled: Stage) -> None:
    for stage, query in (
        (straight, {}),
        (troubled, {}),
        (troubled, {"effect": effect(troubled, "SUSPENSION")}),
    ):
        log = events(stage)
        found = [one for one in proofs(traced(stage, **query)) if one["seq"]]
        assert len(found) > 100
        for one in found:
            event = log[one["seq"]]
            assert (one["event_id"], one["hash"]) == (event["id"], event["hash"])


def test_a_fact_shows_who_in_which_post_said_what_under_which_rules(straight: Stage) -> None:
    found = facts_of(traced(straight))
    start = found["F03"]["entries"][0]
    assert (start["person"], start["post_then"]) == ("江远舟", "镇长")
    assert start["shows"]["outcome"] == "START"
    assert ["R-713-10-1", "MET"] in start["rules"]
    notice, timer = found["F08"]["entries"]
    assert notice["shows"]["deadline"] == "2026-04-07"
    assert (timer["step"], timer["person_id"]) == ("comment_period", "clock")
    comments = [one for one in found["F09"]["entries"] if one["step"] is None]
    assert len(comments) == 63
    assert comments[0]["shows"]["text"]
    excuse = found["F11"]["entries"][0]
    assert (excuse["step"], excuse["shows"]) == ("determine_procedure", {"is_technical": False})
    versions = [one for one in found["F05"]["entries"] if one["step"] == "finalize_draft"]
    assert len(versions[0]["shows"]["draft"]) == 64
    delivered = found["F17"]["entries"][0]["shows"]["notices"]
    assert len(delivered) == 7
    assert found["F34"]["entries"][0]["shows"]["calendar"].startswith("chinesecalendar-")
    assert found["F32"]["entries"][0]["shows"]["rules"]
    assert {one["shows"]["what"] for one in found["F33"]["entries"]} >= {"events", "tracing"}


def test_each_person_stands_behind_facts_and_rules(straight: Stage) -> None:
    persons = {one["person"]: one for one in traced(straight)["persons"]}
    mayor = persons["江远舟"]
    facts = {one["fact"]: one for one in mayor["facts"]}
    assert {"F03", "F12", "F19", "F22", "F25"} <= set(facts)
    assert facts["F22"]["rules"]["R-713-30-3"] == "MET"
    assert mayor["posts"] == ["镇长"]
    assert {one["fact"] for one in persons["宋秉直"]["facts"]} >= {"F14", "F15", "F35"}
    assert not any(one["person_id"] in {"clock", "public"} for one in persons.values())


def test_a_straight_story_departs_from_nothing_and_shows_what_speaks_for_those_who_acted(
    straight: Stage,
) -> None:
    report = traced(straight)
    assert report["deviations"] == []
    assert report["effects"] == []
    assert report["dissents"] == []
    states = {one["name"]["zh"]: one["state"] for one in report["exemption"]}
    assert states == {
        "法定程序完整": "SHOWN",
        "听取了法律顾问、公职律师意见": "SHOWN",
        "最近一次合法性审查通过": "SHOWN",
        "最近一次风险认定为可控": "SHOWN",
        "集体讨论中表示了不同意见": "NOT_SHOWN",
        "对上级决定提出过不同意见": "NOT_SHOWN",
        "发现问题后报告": "NOT_SHOWN",
        "采取了止损措施": "NOT_SHOWN",
        "没有谋取私利": "FOR_PEOPLE",
    }


def test_time_is_told_step_by_step_in_working_days(straight: Stage) -> None:
    report = traced(straight)
    steps = {one["step"]: one for one in report["steps"]}
    drafting = steps["draft_decision"]
    assert (drafting["opened_at"][:10], drafting["closed_at"][:10]) == ("2026-02-26", "2026-03-04")
    assert (drafting["working_days"], drafting["days"], drafting["outcome"]) == (5, 6, "DONE")
    waited, done = drafting["holds"]
    assert (waited["person"], waited["role"], waited["working_days"]) == (None, "lead_unit_officer", 5)
    assert (done["person"], done["since"], done["until"]) == (
        "林小满",
        drafting["closed_at"],
        drafting["closed_at"],
    )
    assert all(one["closed_at"] for one in report["steps"])
    reviewed = [one for one in report["steps"] if one["step"] == "issue_legality_opinion"]
    assert [one["working_days"] for one in reviewed] == [2]


# -- dissent, delay, effects -----------------------------------------------------------------------------------


def test_who_differed_is_shown_verbatim_with_what_the_law_says_of_it(troubled: Stage) -> None:
    found = {one["person"]: one for one in traced(troubled)["dissents"]}
    assert set(found) == {"顾明礼", "唐晓棠", "贺兰洲"}
    against = found["顾明礼"]
    assert (against["stance"], against["vote"], against["decided"]) == ("DISAGREE", "NO", "APPROVE")
    assert against["statement"] == against["minuted"] == AGAINST
    assert (against["confirmed"], against["against_the_decision"]) == (True, True)
    assert "减免责任" in against["effect"]["zh"]
    assert "由有权机关认定" in against["effect"]["zh"]
    kinds = [events(troubled)[one["seq"]]["body"]["task"]["step"] for one in against["evidence"]]
    assert kinds == ["open_meeting", "member_speaks", "vote", "principal_decides", "sign_minutes"]
    assert found["唐晓棠"]["effect"] == against["effect"]


def test_to_abstain_is_not_to_differ(troubled: Stage) -> None:
    only = next(one for one in traced(troubled)["dissents"] if one["person"] == "贺兰洲")
    assert (only["stance"], only["vote"], only["against_the_decision"]) == ("AGREE", "ABSTAIN", False)
    assert "弃权本身不等于不同意见" in only["effect"]["zh"]


def test_delay_is_told_by_holder_with_what_proves_it(troubled: Stage) -> None:
    report = traced(troubled)
    lain = next(one for one in report["steps"] if one["step"] == "report_execution" and one["long"])
    holds = [(one["person"], one["since"][:10], one["until"][:10]) for one in lain["holds"]]
    assert holds == [
        (None, "2026-06-12", "2026-06-15"),
        ("杨采薇", "2026-06-15", "2026-09-15"),
        ("田守诚", "2026-09-15", "2026-09-18"),
    ]
    kinds = [events(troubled)[one["evidence"]["seq"]]["kind"] for one in lain["holds"]]
    assert kinds == ["task.completed", "task.claimed", "task.transferred"]
    assert sum(one["working_days"] for one in lain["holds"]) == lain["working_days"]
    first = report["holders"][0]
    assert (first["person"], first["long"]) == ("杨采薇", 1)
    assert first["working_days"] == lain["holds"][1]["working_days"] > 60
    waiting = [one for one in report["steps"] if one["outcome"] == "OPEN"]
    assert {one["step"] for one in waiting} >= {"confirm_suspension"}


def effect(stage: Stage, kind: str) -> str:
    key: str = next(one["key"] for one in traced(stage)["effects"] if one["kind"] == kind)
    return key


def test_from_a_suspension_one_comes_back_to_the_persons_of_every_stage(troubled: Stage) -> None:
    way = traced(troubled, effect=effect(troubled, "SUSPENSION"))["way_back"]
    names = [one["stage"]["zh"] for one in way["stages"]]
    assert names == ["执行", "决定公布", "集体讨论", "合法性审查", "风险评估", "公众参与", "起草", "启动"]
    stages = dict(zip(names, way["stages"], strict=True))
    assert [one["person"] for one in stages["合法性审查"]["persons"]] == ["林小满", "宋秉直", "刘衡"]
    assert {one["person"] for one in stages["执行"]["persons"]} == {"方立行", "田守诚", "江远舟"}
    assert stages["执行"]["concerned"] is True
    assert stages["起草"]["concerned"] is False
    head = next(one for one in stages["执行"]["persons"] if one["person"] == "江远舟")
    assert [(one["step"], one["concerned"]) for one in head["acts"]] == [("suspend_execution", True)]
    assert "第三十九条" in stages["起草"]["answers"]["zh"]
    assert "不作责任结论" in way["statement"]["zh"]


def test_what_came_after_the_effect_is_no_part_of_the_way_back(troubled: Stage) -> None:
    problem = effect(troubled, "PROBLEM")
    way = traced(troubled, effect=problem)["way_back"]
    places = [one["seq"] for one in proofs(way["stages"])]
    assert max(places) == int(problem)
    steps = {act["step"] for stage in way["stages"] for one in stage["persons"] for act in one["acts"]}
    assert "suspend_execution" not in steps
    assert "report_problem" in steps


def test_from_a_broken_rule_one_comes_back_to_the_acts_it_looked_at(troubled: Stage) -> None:
    report = traced(troubled, effect="R-EXE-03")
    broken = {one["rule"]: one for one in report["deviations"]}
    assert broken["R-EXE-03"]["outcome"] == "BROKEN"
    assert "2026-08-03" in broken["R-EXE-03"]["reason"]["zh"]
    way = report["way_back"]
    concerned = [one for one in way["stages"] if one["concerned"]]
    assert [one["stage"]["zh"] for one in concerned] == ["执行"]
    acts = [
        (one["person"], act["step"])
        for stage in concerned
        for one in stage["persons"]
        for act in one["acts"]
        if act["concerned"]
    ]
    assert acts == [("田守诚", "report_problem")]


@pytest.mark.parametrize("key", ["9999", "1", "R-713-30-3", "R-NO-SUCH", "x" * 64])
def test_what_was_no_effect_is_not_traced(troubled: Stage, key: str) -> None:
    with pytest.raises(Refused) as refusal:
        traced(troubled, effect=key)
    assert (refusal.value.status, set(refusal.value.problem["fields"])) == (422, {"effect"})


def test_loss_prevention_and_dissent_are_shown_as_facts_that_may_count(troubled: Stage) -> None:
    report = traced(troubled)
    found = {one["name"]["zh"]: one for one in report["exemption"]}
    assert found["采取了止损措施"]["state"] == "SHOWN"
    assert found["集体讨论中表示了不同意见"]["state"] == "SHOWN"
    assert facts_of(report)["F21"]["state"] == "SHOWN"
    assert facts_of(report)["F28"]["entries"][0]["shows"]["reason"] == "避免损失扩大。"


def test_who_tried_and_was_refused_is_shown(troubled: Stage) -> None:
    tried = next(one for one in traced(troubled)["persons"] if one["person"] == "顾明礼")
    assert [events(troubled)[seq]["kind"] for seq in tried["refused"]] == ["act.refused"]


# -- where it is read from, and by whom ------------------------------------------------------------------------


def test_the_report_is_read_from_the_log_and_not_from_the_tables(troubled: Stage, tmp_path: Path) -> None:
    """Names changed, the case file and the tasks emptied: the same report, but for who read the dossier."""
    before = traced(troubled, effect="R-EXE-03")
    stage = moved(troubled, tmp_path / "changed")
    with tampering(stage.house) as connection:
        connection.execute(update(Person).values(name="改名"))
        connection.execute(update(Task).values(closed_by=None, assignee_id=None, role=None, name="改名"))
        connection.execute(update(Record).values(data={}, post="", draft=None, exceptions=[]))
    after = traced(stage, effect="R-EXE-03")
    stage.house.engine.dispose()
    for report in (before, after):
        report["facts"] = [one for one in report["facts"] if one["id"] != "F33"]
        for step in report["steps"]:
            if step["outcome"] == "OPEN":
                assert step["holds"][-1].pop("until")  # is now, and the clock goes on
    assert after == before


def test_an_erased_answer_leaves_the_act_and_the_fact_is_no_longer_shown(
    straight: Stage, tmp_path: Path
) -> None:
    stage = moved(straight, tmp_path / "erased")
    start = facts_of(traced(stage))["F02"]["entries"][0]
    with tampering(stage.house) as connection:
        connection.execute(delete(EventPayload).where(EventPayload.event_id == start["evidence"]["event_id"]))
    fact = facts_of(traced(stage))["F02"]
    stage.house.engine.dispose()
    assert fact["state"] == "ERASED"
    entry = fact["entries"][0]
    assert (entry["erased"], entry["person"], entry["shows"]) == (True, None, {})
    assert (entry["person_id"], entry["evidence"]) == (start["person_id"], start["evidence"])


@pytest.mark.parametrize("damage", ["x'00ff'", "'[]'", "'{}'", "'not json'"])
def test_a_damaged_event_hides_nothing_else(troubled: Stage, tmp_path: Path, damage: str) -> None:
    stage = moved(troubled, tmp_path / "damaged")
    place = next(
        seq for seq, one in events(stage).items() if one["body"].get("task", {}).get("step") == "vote"
    )
    with tampering(stage.house) as connection:
        connection.execute(
            text(f"UPDATE event SET body = {damage} WHERE chain = :chain AND seq = :seq"),
            {"chain": stage.case_id, "seq": place},
        )
    report = traced(stage)
    stage.house.engine.dispose()
    assert len(report["facts"]) == 35
    assert {one["person"] for one in report["dissents"]} >= {"顾明礼", "唐晓棠"}


def test_the_report_is_not_for_everybody_and_its_reading_is_noted(straight: Stage) -> None:
    door: Any = straight._door
    for login, status in (("officer", 403), ("lawyer", 403), ("admin1", 403), ("district", 404)):
        caller = Caller(door._client, straight.token(login))
        assert caller.get(f"/cases/{straight.case_id}/tracing").status_code == status, login
    traced(straight)  # a reading is written down when it is over
    read = [one for one in facts_of(traced(straight))["F33"]["entries"] if one["shows"]["what"] == "tracing"]
    assert {one["person_id"] for one in read} == {straight.person("auditor")}


def test_the_report_costs_the_same_however_long_the_case_is(straight: Stage, troubled: Stage) -> None:
    costs = []
    for stage in (straight, troubled):
        stage.token("auditor")
        traced(stage)
        with counted(stage.house) as sent:
            traced(stage)
        costs.append(len(sent))
    assert costs[0] == costs[1] <= 14
