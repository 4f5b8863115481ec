"""`decision-engine audit case` and `rules`: what they say, and the exit code they promise."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from decision_engine.__main__ import main
from decision_engine.demo.s1 import S1, hearing
from decision_engine.demo.stage import Stage
from decision_engine.rules import coverage
from tests.api.test_tracing import divided_meeting, idle_executor, suspension
from tests.conftest import tampering


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


@pytest.fixture
def here(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The command line looks at the house of the stage, at the stage's own time."""
    monkeypatch.setattr("decision_engine.app.open_house", lambda: stage.house)
    return stage


def audited(stage: Stage, *more: str, code: int = 0) -> list[str]:
    return run("audit", "case", stage.case_id, *more, code=code).splitlines()


def section(told: list[str], name: str) -> list[str]:
    """Return the lines below the heading that begins with *name*."""
    start = next(place for place, line in enumerate(told) if line.startswith(name))
    end = next(
        (place for place, line in enumerate(told[start + 1 :], start + 1) if line[0] != " "), len(told)
    )
    return told[start + 1 : end]


def test_a_straight_story_is_met_rule_by_rule_with_its_proof(here: Stage) -> None:
    S1.play(here)
    told = audited(here)
    assert told[0].startswith("决〔2026〕1号")
    assert "条完好" in told[1]
    assert "违反 · broken: 0" in told
    seq = next(
        one["seq"]
        for one in here.pages("auditor", f"/cases/{here.case_id}/events")
        if one["body"].get("task", {}).get("step") == "publish_notice"
    )
    met = section(told, "符合")
    assert any(line.startswith("  R-713-15-2 ") and f"#{seq} " in line.replace("]", " ") for line in met)
    assert section(told, "不适用") == []
    assert len(section(audited(here, "--all"), "不适用")) > 20


def test_a_departure_is_shown_first_with_who_approved_it(here: Stage) -> None:
    S1.play(here, until="publish_notice")
    here.move_to("2026-03-06 09:00")
    here.file("officer", "D09", "公开征求意见公告及发布截图", "2026年3月6日。")
    reason = "汛期将至，须在汛前完成搬迁安置事项。"
    shorter = hearing.notice(here) | {"deadline": "2026-03-20", "shortening_reason": reason}
    claim = [{"rule": "R-713-15-2", "reason": reason, "approver": here.person("mayor")}]
    here.complete("officer", "publish_notice", shorter, exceptions=claim)
    told = audited(here)
    assert told[2] == "例外情形 1 项 · exceptions used: 1"
    assert "R-713-15-2" in told[3]
    assert "镇长 江远舟（2026-03-06）：汛期将至" in told[3]
    assert any(line.startswith("  R-713-15-2 ") for line in section(told, "依例外偏离"))


def test_a_broken_rule_ends_with_one_and_names_its_reason(here: Stage) -> None:
    S1.play(here, until="government_meeting")
    here.move_to("2026-05-08 14:00")
    divided_meeting(here)
    S1.play(here, start="report_party_committee", until="first_report")
    idle_executor(here)
    suspension(here)
    told = audited(here, code=1)
    broken = section(told, "违反")
    assert any(line.startswith("  R-EXE-03 ") and "#" in line for line in broken)
    assert any("2026-08-03" in line and "依据：" in line for line in broken)


def test_a_damaged_log_ends_with_one_though_no_rule_is_broken(here: Stage) -> None:
    S1.play(here, until="draft_decision")
    audited(here)
    with tampering(here.house) as connection:
        connection.execute(
            text("UPDATE event SET body = CAST(body || ' ' AS BLOB) WHERE chain = :chain AND seq = 3"),
            {"chain": here.case_id},
        )
    assert "第 3 条起不可信" in audited(here, code=1)[1]


def test_no_such_case_ends_with_two(here: Stage) -> None:
    assert "没有这个案件" in run("audit", "case", "nobody", code=2)


def test_the_rules_are_listed_with_their_citations() -> None:
    told = run("rules")
    assert "R-713-3-1" in told
    assert "国务院令第713号第三条" in told


def test_coverage_counts_every_rule_and_fails_where_one_has_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = coverage.table()
    counts = coverage.summary(rows)
    told = run("rules", "--coverage", code=1 if counts["NOWHERE"] else 0)
    assert all(row.rule.id in told for row in rows)
    assert json.dumps(counts["rules"]) in told
    without = [row for row in rows if coverage.Place.NOWHERE not in row.places]
    monkeypatch.setattr(coverage, "table", lambda: tuple(without))
    assert "100 %" in run("rules", "--coverage")
    lost = coverage.Row(without[0].rule, (coverage.Place.NOWHERE,), 0, 0, 0, (), ())
    monkeypatch.setattr(coverage, "table", lambda: (*without, lost))
    assert "未落实 · nowhere: 1" in run("rules", "--coverage", code=1)
