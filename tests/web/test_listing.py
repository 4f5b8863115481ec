"""The list of cases: filters, views one keeps for oneself, and the list as a table in which nothing is a formula."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from decision_engine.clock import MovableClock
from decision_engine.demo.stage import Stage
from decision_engine.web.listing import harmless
from decision_engine.work import House
from tests.api.test_statements import counted
from tests.web.conftest import Enter

FORMULA = '=HYPERLINK("http://x.test","看")'


def test_filters_a_kept_view_and_the_table_tell_the_same(
    stage: Stage, enter: Enter, clock: MovableClock, house: House
) -> None:
    stage.open_case("secretary", FORMULA)
    stage.open_case("secretary", "停车收费调整方案")
    secretary = enter("secretary")
    page = secretary.open("/cases?stage=initiation&q=停车")
    assert "停车收费调整方案" in page.words
    assert "HYPERLINK" not in page.words
    assert "没有符合条件" in secretary.open("/cases?stage=legality").words
    assert "没有符合条件" in secretary.open("/cases?late=1").words
    assert "没有符合条件" in secretary.open("/cases?unit=nowhere").words
    kept = secretary.send(page, "/cases/views", name="  停车的 ")
    assert kept.tree.xpath('//nav[@aria-label="我的视图"]//a[@aria-current="page"]/text()') == ["停车的"]
    assert "停车的" not in enter("mayor").open("/cases").words  # nobody else's
    assert (
        "请填写视图名称"
        in secretary.send(secretary.open("/cases?late=1"), "/cases/views", name=" ", status=422).words
    )
    gone = secretary.send(secretary.open("/cases?stage=initiation&q=停车"), "/cases/views/drop")
    assert "停车的" not in gone.tree.xpath("string(//main)")
    with counted(house) as sent:
        answer = secretary.open("/cases/export").answer
    assert len(sent) <= 8
    text = answer.get_data(as_text=True)
    assert answer.mimetype == "text/csv"
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row[1] for row in rows] == ["事项", "停车收费调整方案", f"'{FORMULA}"]
    clock.move_to(clock.now() + timedelta(days=20))
    late = enter("mayor", again=True).open("/cases?late=1&stage=initiation")
    assert len(late.tree.xpath('//a[@class="name"]')) == 2
    enter("admin1", again=True).open("/cases/export", status=403)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@sum", "  =1", "\t=1", "\n=1", "＝1", "＠x"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "停车", "决〔2026〕1号", "a=b", 5, None])
def test_what_is_no_formula_stays_as_it_is(cell: object) -> None:
    assert harmless(cell) == cell
