"""What leaders and auditors see: lateness, the year's figures, the log, a case rule by rule, and its bundle."""

from __future__ import annotations

from datetime import timedelta

import pytest

from decision_engine.clock import MovableClock
from decision_engine.demo.s1 import S1, beginning
from decision_engine.demo.stage import Stage
from decision_engine.queries import archive, heat, lateness, listing
from decision_engine.work import Actor, House, Work
from tests.api.test_statements import counted
from tests.web.conftest import Enter, Sheet

MOST = {"/supervise": 15, "/supervise?view=late": 15, "/stats": 15, "/cases?status=RUNNING&q=5": 8}
"""Page -> the most statements it may send."""


def test_what_is_late_is_listed_first_and_urged_once_a_day(
    stage: Stage, enter: Enter, clock: MovableClock
) -> None:
    stage.open_case("secretary", beginning.TITLE)
    clock.move_to(clock.now() + timedelta(days=14))
    mayor = enter("mayor")
    page = mayor.open("/supervise?view=late")
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


def test_what_urging_did_not_move_is_brought_before_who_leads_once(
    stage: Stage, enter: Enter, clock: MovableClock
) -> None:
    stage.open_case("secretary", beginning.TITLE)

    def reported(page: Sheet) -> Sheet:
        task = page.tree.xpath('//input[@name="tasks"]/@value')
        return enter("director").send(page, "/supervise/urgings", press=("way", "report"), tasks=task)

    def told() -> int:
        return [one["kind"] for one in stage.pages("auditor", f"/cases/{stage.case_id}/events")].count(
            "copy.sent"
        )

    clock.move_to(clock.now() + timedelta(days=14))
    director = enter("director")
    page = director.open("/supervise?view=late")
    reported(page)
    assert told() == 0  # nobody urged it yet
    task = page.tree.xpath('//input[@name="tasks"]/@value')
    director.send(page, "/supervise/urgings", press=("way", "urge"), tasks=task)
    reported(director.open("/supervise"))
    assert told() == 0  # urged today only
    clock.move_to(clock.now() + timedelta(days=1))
    director = enter("director", again=True)  # a session does not last over night
    stuck = director.open("/supervise?view=stuck")
    assert len(stuck.tree.xpath('//input[@name="tasks"]')) == 1
    assert "已报请" in reported(stuck).words
    assert told() == 1
    reported(director.open("/supervise"))
    assert told() == 1  # once is enough
    assert beginning.TITLE in enter("mayor").open("/?tab=copies").words
    assert not enter("mayor").open("/supervise").tree.xpath('//button[@value="report"]')


def test_supervision_filters_by_whose_it_is_and_is_closed_to_others(
    stage: Stage, enter: Enter, clock: MovableClock
) -> None:
    stage.open_case("secretary", beginning.TITLE)
    clock.move_to(clock.now() + timedelta(days=14))
    mayor = enter("mayor")
    rows = '//input[@name="tasks"]'
    assert len(mayor.open("/supervise?unit=-").tree.xpath(rows)) == 1  # no unit leads it yet
    assert len(mayor.open("/supervise?holder=nobody-of-that-name").tree.xpath(rows)) == 0
    assert len(mayor.open("/supervise?view=soon").tree.xpath(rows)) == 0
    assert len(mayor.open("/supervise?view=<script>&page=99").tree.xpath(rows)) == 0
    assert not enter("auditor").open("/supervise").tree.xpath("//main//form")
    enter("officer").open("/supervise", status=403)


@pytest.mark.parametrize("many", [1, 25], ids=["one case", "many cases"])
def test_supervision_and_statistics_cost_a_bounded_number_of_statements(
    stage: Stage, enter: Enter, house: House, clock: MovableClock, many: int
) -> None:
    for _ in range(many):
        stage.open_case("secretary", beginning.TITLE)
    clock.move_to(clock.now() + timedelta(days=14))
    mayor = enter("mayor")
    costs = {}
    for page in MOST:
        with counted(house) as sent:
            mayor.open(page)
        costs[page] = len(sent)
    assert {page: cost for page, cost in costs.items() if cost > MOST[page]} == {}, costs


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


def test_the_diagram_shows_where_cases_wait_in_number_level_and_table(
    stage: Stage, enter: Enter, house: House
) -> None:
    for _ in range(3):
        stage.open_case("secretary", beginning.TITLE)
    S1.play(stage, until="study_proposal")
    mayor = enter("mayor")
    page = mayor.open("/stats")
    hot = page.tree.xpath('//*[@data-state="heat5"]/title/text()')
    assert len(hot) == 1
    assert "3 件" in hot[0]  # three wait to be registered: the most there is
    rows = page.tree.xpath('//section[@id="heat"]//tbody/tr')
    told = {" ".join(row.itertext()).split()[0]: [cell.text for cell in row.xpath("td")] for row in rows}
    assert told["登记决策事项建议"][0] == "3"
    days = mayor.open("/stats?by=days&definition=unknown&sheet=unknown")
    assert days.tree.xpath('//section[@id="heat"]//a[@aria-current="page"]/text()') == ["按平均用时"]
    with house.reading() as session:
        work = Work(house, session, Actor("nobody", "无"), house.clock.now())
        assert heat.heat(work, 2026) is None  # who may read no log sees no heat


def test_what_is_summed_up_is_asked_alike_on_both_databases(any_house: House) -> None:
    with any_house.reading() as session:
        work = Work(any_house, session, Actor("nobody", "无"), any_house.clock.now())
        seen = lateness.overview(work, lateness.Wanted(lateness.STUCK, lateness.NOBODY, "somebody"))
        assert (seen.found.total, seen.sum.total, list(seen.units), list(seen.holders)) == (0, 0, [], [])
        assert heat._sums(work, "no definition", 2026) == {}
        assert archive.dossiers(work, view=archive.DUE).total == 0
        assert listing.listed(work, listing.Wanted(stage="legality", late="1", unit="nobody")).total == 0
