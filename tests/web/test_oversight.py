"""What leaders and auditors see: lateness, the year's figures, the log, a case rule by rule, and its bundle."""

from __future__ import annotations

from datetime import timedelta

from decision_engine.clock import MovableClock
from decision_engine.demo.s1 import S1, beginning
from decision_engine.demo.stage import Stage
from tests.web.conftest import Enter


def test_what_is_late_is_listed_first_and_urged_once_a_day(
    stage: Stage, enter: Enter, clock: MovableClock
) -> None:
    stage.open_case("secretary", beginning.TITLE)
    clock.move_to(clock.now() + timedelta(days=14))
    mayor = enter("mayor")
    page = mayor.open("/supervise?late=1")
    assert "超期" in page.words
    task = page.tree.xpath('//input[@name="tasks"]/@value')
    assert len(task) == 1
    urged = mayor.send(page, "/supervise/urgings", tasks=task, note="请抓紧办理")
    assert urged.address == "/supervise"
    again = mayor.send(mayor.open("/supervise"), "/supervise/urgings", tasks=task)
    assert again.status == 200
    events = stage.pages("auditor", f"/cases/{stage.case_id}/events")
    assert [one["kind"] for one in events].count("task.urged") == 1
    none = mayor.send(mayor.open("/supervise"), "/supervise/urgings", status=422)
    assert "请先选择" in none.words


def test_the_year_is_told_in_figures_and_as_a_table(stage: Stage, enter: Enter) -> None:
    S1.play(stage, until="submit_review_package")
    mayor = enter("mayor")
    page = mayor.open("/stats?year=2026")
    assert "启动 1" in page.words.replace(" 件", "")
    assert "合法性审查" in page.words
    assert "0 件" in mayor.open("/stats?year=2021").words
    table = mayor.open("/stats/export?year=2026").text
    assert table.startswith("\ufeff")
    assert "2,1,0" in table  # February: one begun, none finished
    mayor.open("/stats?year=abc")


def test_an_auditor_reads_a_case_and_the_log_and_others_do_not(stage: Stage, enter: Enter) -> None:
    S1.play(stage, until="draft_decision")
    auditor = enter("auditor")
    page = auditor.open(f"/cases/{stage.case_id}/audit")
    for words in ("日志链完整", "规则逐条核对", "责任清单", "F01", "不作责任结论"):
        assert words in page.words
    assert "还没有签发检查点" in page.words  # so the bundle's button is shut, with the reason
    log = auditor.open("/audit?person=苏文静&kind=task.completed")
    assert "苏文静" in log.words
    assert "没有符合条件的记录" in auditor.open("/audit?person=无此人").words
    enter("officer").open("/audit", status=403)
    enter("officer").open(f"/cases/{stage.case_id}/audit", status=403)
    enter("officer").open(f"/cases/{stage.case_id}/bundle", status=403)
