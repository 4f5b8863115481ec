"""What the risk report promised is tracked through the door until each measure is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from decision_engine.demo.s1 import S1, afterwards
from decision_engine.demo.s1.review import MEASURES
from decision_engine.demo.stage import Stage
from tests.saves import Saves, nothing_is_written_but_the_refusal, unlawful


@pytest.fixture(scope="module")
def saves(tmp_path_factory: pytest.TempPathFactory) -> Saves:
    return Saves(tmp_path_factory.mktemp("measures"))


@pytest.fixture
def before(saves: Saves, tmp_path: Path) -> Iterator[Callable[[str], Stage]]:
    with ExitStack() as stack:
        yield lambda scene: stack.enter_context(saves.opened(scene, tmp_path / "house"))


def measures(stage: Stage, login: str = "executor") -> dict[str, Any]:
    found: dict[str, Any] = stage.ask(login, f"/cases/{stage.case_id}/measures")
    return found


def states(stage: Stage) -> list[str]:
    return [one["state"] for one in measures(stage)["items"]]


def test_without_an_assessment_nothing_is_promised(before: Callable[[str], Stage]) -> None:
    assert measures(before("assess_risk"), "officer") == {"items": [], "total": 0, "open": 0}


def test_a_measure_is_owed_until_it_is_a_task(before: Callable[[str], Stage]) -> None:
    stage = before("name_executor")
    assert states(stage) == ["OWED"] * len(MEASURES)
    S1.play(stage, start="name_executor", until="first_report")
    assert states(stage) == ["OPEN"] * len(MEASURES)


def test_each_measure_is_followed_from_the_report_to_its_closure(before: Callable[[str], Stage]) -> None:
    stage = before("archive_dossier")
    found = measures(stage)["items"]
    assert [(one["number"], one["measure"]) for one in found] == [
        (number, text) for number, (_, text, _) in enumerate(MEASURES, start=1)
    ]
    assert all(one["risk"] and one["task"] and one["owner"] and one["due_on"] for one in found)
    done = [one for one in found if one["state"] == "DONE"]
    assert [one["number"] for one in done] == [3]
    assert done[0]["reported_by"] == "杨采薇"
    log = {one["seq"]: one for one in stage.pages("auditor", f"/cases/{stage.case_id}/events")}
    steps = [log[one["seq"]]["body"]["task"]["step"] for one in done[0]["evidence"]]
    assert steps == ["assess_risk", "name_executor", "report_execution"]
    assert measures(stage)["open"] == 3


def test_an_open_measure_past_its_day_is_overdue(before: Callable[[str], Stage]) -> None:
    stage = before("archive_dossier")
    days = {one["number"]: one["due_on"] for one in measures(stage)["items"]}
    stage.move_to("2026-12-31 09:00")
    assert max(days.values()) < "2026-12-31"
    assert [one["state"] for one in measures(stage)["items"]] == ["OVERDUE", "OVERDUE", "DONE", "OVERDUE"]


def test_execution_is_not_complete_while_a_measure_is_open(before: Callable[[str], Stage]) -> None:
    stage = before("last_report")
    stage.move_to("2026-09-30 15:00")
    paper = stage.file("executor", "D30", "执行完毕报告", "措施尚未全部落实。", name="last report")
    report = afterwards.execution("COMPLETED", "2026-09-30", paper)
    with nothing_is_written_but_the_refusal(stage, "R-RSK-07"):
        refusal = stage.refused("executor", "report_execution", report | {"measures_done": [1, 2]})
    assert "第4项" in unlawful(refusal, "R-RSK-07")
    stage.complete("executor", "report_execution", report | {"measures_done": [1, 2, 4]})
    assert measures(stage, "auditor")["open"] == 0
