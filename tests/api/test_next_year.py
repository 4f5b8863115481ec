"""A new year's holiday notice, the whole way: proposed, approved by a second person, running deadlines counted anew.

The notice for 2027 below is invented for this test; nothing of it was announced by anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from decision_engine.calendar import statutory_days
from decision_engine.demo.door import Refused
from decision_engine.demo.s1 import afterwards, hearing
from decision_engine.demo.stage import Stage, moment
from tests.saves import Saves

Json = dict[str, Any]
NUMBER = "国办发明电〔2026〕99号"


@pytest.fixture(scope="module")
def saves(tmp_path_factory: pytest.TempPathFactory) -> Saves:
    return Saves(tmp_path_factory.mktemp("december"))


@pytest.fixture
def before(saves: Saves, tmp_path: Path) -> Iterator[Callable[[str], Stage]]:
    with ExitStack() as stack:
        yield lambda scene: stack.enter_context(saves.opened(scene, tmp_path / "house"))


@pytest.fixture
def suspended(before: Callable[[str], Stage]) -> Stage:
    """The mayor suspended an execution on 18 December 2026; fifteen days later the meeting must have confirmed it."""
    stage = before("first_report")
    stage.move_to("2026-12-18 09:00")
    paper = stage.file("executor", "D31", "执行问题报告", "资产权属争议。")
    stage.complete("executor", "report_execution", afterwards.execution("PROBLEM", "2026-12-18", paper))
    problem = {
        "urgent": True, "art35_type": "PROBLEM", "found_at": moment("2026-12-18 08:00"), "description": "争议。",
        "effect": "无法移交。",
    }  # fmt: skip
    stage.complete("executor", "report_problem", problem)
    decided = {
        "outcome": "SUSPEND", "reason": "避免损失。", "art35_type": "PROBLEM", "urgent_reason": "聚集。",
    }  # fmt: skip
    stage.complete("mayor", "suspend_execution", decided)
    return stage


@pytest.fixture
def consulted(before: Callable[[str], Stage]) -> Stage:
    """A notice of 10 December 2026 asks the public for opinions until 11 January 2027."""
    stage = before("publish_notice")
    stage.move_to("2026-12-10 09:00")
    stage.file("officer", "D09", "公开征求意见公告", "2026年12月10日。")
    said = {"published_at": moment("2026-12-10 09:00"), "deadline": "2027-01-11"}
    stage.complete("officer", "publish_notice", hearing.notice(stage) | said)
    return stage


def days_of_2027(*more: tuple[str, str]) -> list[Json]:
    """Every statutory day, and what this invented notice arranges besides."""
    listed = [{"day": day.isoformat(), "kind": "holiday"} for day in sorted(statutory_days(2027))]
    return listed + [{"day": day, "kind": kind} for day, kind in more]


MONDAY_OFF = days_of_2027(("2027-01-04", "in_lieu_off"), ("2027-01-10", "working_weekend"))
"""4 January, a Monday, is off; Sunday the 10th is worked instead."""


def proposal(days: list[Json], **more: Any) -> Json:
    return {"document_no": NUMBER, "issued_on": "2026-12-19", "year": 2027, "days": days} | more


def announce(stage: Stage, days: list[Json], **more: Any) -> Json:
    made = stage.say("admin1", "/calendar/notices", proposal(days, **more))
    approved: Json = stage.say("admin2", f"/calendar/notices/{made['notice']['id']}/approval", {})
    return approved


def timers(stage: Stage) -> list[tuple[str, str, bool]]:
    picture = stage.ask("officer", f"/cases/{stage.case_id}/diagram")
    return [(one["step"], one["due_at"][:16], one["provisional"]) for one in picture["timers"]]


def recounted(stage: Stage) -> list[Json]:
    events = stage.pages("auditor", f"/cases/{stage.case_id}/events")
    return [one for one in events if one["kind"] == "deadline.counted"]


def test_a_deadline_beyond_what_is_announced_is_provisional(suspended: Stage) -> None:
    """Fifteen days end on Saturday 2 January; for all one knows the next working day is Monday the 4th."""
    assert timers(suspended) == [(None, "2027-01-05T00:00", True)]


def test_the_notice_moves_the_deadline_and_the_log_keeps_old_and_new(suspended: Stage) -> None:
    approved = announce(suspended, MONDAY_OFF)
    assert approved["notice"]["status"] == "APPROVED"
    assert timers(suspended) == [(None, "2027-01-06T00:00", False)]
    (event,) = recounted(suspended)
    body = event["body"]
    assert (body["before"][:16], body["after"][:16]) == ("2027-01-04T16:00", "2027-01-05T16:00")
    assert (body["provisional"], body["notice"]) == (False, approved["notice"]["id"])
    assert NUMBER in body["calendar"]
    assert (event["actor"], event["post"]) == ("卜易", "信息系统复核管理员")
    assert "由 2027-01-05 00:00 重新计算为 2027-01-06 00:00" in event["sentence"]["zh"]
    chain = suspended.ask("auditor", f"/cases/{suspended.case_id}/events")["chain"]
    assert chain["intact"]


def test_the_timer_fires_at_the_new_moment_and_not_at_the_old(suspended: Stage) -> None:
    announce(suspended, MONDAY_OFF)
    assert suspended.move_to("2027-01-05 23:59") == 0
    assert "confirm_suspension" in suspended.steps_waiting()
    assert suspended.move_to("2027-01-06 00:00") == 1
    assert "confirm_suspension" not in suspended.steps_waiting()


def test_a_notice_that_changes_no_day_makes_the_deadline_certain(suspended: Stage) -> None:
    announce(suspended, days_of_2027())
    assert timers(suspended) == [(None, "2027-01-05T00:00", False)]
    (event,) = recounted(suspended)
    assert event["body"]["before"] == event["body"]["after"]


def test_what_was_announced_to_the_public_stands_and_becomes_certain(consulted: Stage) -> None:
    assert timers(consulted) == [("comment_period", "2027-01-12T00:00", True)]
    announce(consulted, MONDAY_OFF, issued_on="2026-12-11")
    assert timers(consulted) == [("comment_period", "2027-01-12T00:00", False)]
    assert consulted.ask(None, f"/consultations/{consulted.case_id}")["deadline"] == "2027-01-11"
    assert [one["body"]["timer"]["step"] for one in recounted(consulted)] == ["comment_period"]


def test_what_has_fallen_due_is_not_counted_anew(suspended: Stage) -> None:
    """The notice comes too late: on 5 January the provisional deadline has passed, and what happened stays."""
    assert suspended.move_to("2027-01-05 00:00") == 1
    announce(suspended, MONDAY_OFF)
    assert recounted(suspended) == []


def test_a_deadline_that_was_certain_is_left_alone(before: Callable[[str], Stage]) -> None:
    stage = before("comments_online")
    kept = timers(stage)
    assert kept == [("comment_period", "2026-04-08T00:00", False)]
    announce(stage, MONDAY_OFF)
    assert (timers(stage), recounted(stage)) == (kept, [])


def test_two_people_of_whom_each_does_one_thing(suspended: Stage) -> None:
    made = suspended.say("admin1", "/calendar/notices", proposal(MONDAY_OFF))
    address = f"/calendar/notices/{made['notice']['id']}/approval"
    with pytest.raises(Refused) as refusal:
        suspended.say("admin1", address, {})
    assert refusal.value.status == 403
    for login in ("officer", "auditor", "director"):
        with pytest.raises(Refused) as refusal:
            suspended.say(login, address, {})
        assert refusal.value.status == 403
    assert timers(suspended) == [(None, "2027-01-05T00:00", True)]
    assert recounted(suspended) == []
    suspended.say("admin2", address, {})
    with pytest.raises(Refused) as refusal:
        suspended.say("justice", address, {})
    assert refusal.value.status == 409
    assert len(recounted(suspended)) == 1


def test_what_is_only_proposed_changes_no_day(suspended: Stage) -> None:
    suspended.say("admin1", "/calendar/notices", proposal(MONDAY_OFF))
    day = suspended.ask("officer", "/calendar/day", day="2027-01-04")
    assert (day["working"], day["horizon"]) == (None, "2026-12-28")


def test_in_force_the_new_year_is_known(suspended: Stage) -> None:
    announce(suspended, MONDAY_OFF)
    for day, works in (
        ("2027-01-04", False),
        ("2027-01-05", True),
        ("2027-01-10", True),
        ("2027-01-11", True),
    ):
        assert suspended.ask("officer", "/calendar/day", day=day)["working"] is works
    assert suspended.ask("officer", "/calendar/day", day="2027-01-04")["horizon"] == "2027-12-28"


def test_an_invalid_notice_is_refused_with_every_error_and_nothing_is_kept(suspended: Stage) -> None:
    days = [one for one in MONDAY_OFF if one["day"] != "2027-10-01"]
    days += [
        {"day": "2027-01-13", "kind": "working_weekend"},
        {"day": "2028-03-01", "kind": "in_lieu_off"},
    ]
    with pytest.raises(Refused) as refusal:
        suspended.say("admin1", "/calendar/notices", proposal(days))
    told = " ".join(refusal.value.problem["fields"]["days"])
    assert refusal.value.status == 422
    for found in (
        "2027-10-01 是法定节假日",
        "2027-01-13 不是周六或周日",
        "2028-03-01 不在通知所安排的 2027 年内",
    ):
        assert found in told
    assert suspended.ask("admin1", "/calendar/notices")["total"] == 0


def test_a_day_entered_twice_is_refused_with_its_date(suspended: Stage) -> None:
    with pytest.raises(Refused) as refusal:
        suspended.say("admin1", "/calendar/notices", proposal([*MONDAY_OFF, MONDAY_OFF[0]]))
    assert refusal.value.status == 422
    assert "2027-01-01 重复录入" in " ".join(refusal.value.problem["fields"]["days"])


def test_in_lieu_days_that_are_not_worked_off_are_a_warning(suspended: Stage) -> None:
    made = suspended.say("admin1", "/calendar/notices", proposal(days_of_2027(("2027-01-04", "in_lieu_off"))))
    assert [one["zh"].startswith("工作日中的调休放假 1 天") for one in made["warnings"]] == [True]


def test_a_local_closure_moves_no_deadline(suspended: Stage) -> None:
    """A flood closes the office; what the law counts is not changed by it, and the year is not announced."""
    closure = proposal(
        days_of_2027(("2027-01-05", "local_closure")), document_no="青政发〔2026〕30号", national=False
    )
    made = suspended.say("admin1", "/calendar/notices", closure)
    suspended.say("admin2", f"/calendar/notices/{made['notice']['id']}/approval", {})
    assert timers(suspended) == [(None, "2027-01-05T00:00", True)]
    assert recounted(suspended) == []


def test_the_auditor_finds_the_change_among_the_facts(suspended: Stage) -> None:
    announce(suspended, MONDAY_OFF)
    report = suspended.ask("auditor", f"/cases/{suspended.case_id}/tracing")
    clock = next(one for one in report["facts"] if one["id"] == "F34")
    told = clock["entries"][-1]["shows"]
    assert (told["before"][:10], told["after"][:10]) == ("2027-01-04", "2027-01-05")
