"""What a page costs the database: a bounded number of statements, however many cases and steps there are."""

from __future__ import annotations

import pytest

from decision_engine.demo.s1 import beginning
from decision_engine.demo.stage import Stage
from decision_engine.work import House
from tests.api.test_statements import counted
from tests.web.conftest import Enter

MOST = {
    "/": 19,
    "/cases": 9,
    "/inbox": 8,
    "/search?q=%E6%92%A4": 8,
    "/me": 8,
    "case": 24,
    "task": 26,
    "papers": 12,
}
"""Page -> the most statements it may send; one of them counts the messages for the bell."""


@pytest.mark.parametrize("many", [1, 25], ids=["one case", "many cases"])
def test_a_page_costs_a_bounded_number_of_statements(
    stage: Stage, enter: Enter, house: House, many: int
) -> None:
    for _ in range(many):
        stage.open_case("secretary", beginning.TITLE)
    task = stage.waiting("secretary", "register_proposal")[0]["id"]
    names = {
        "case": f"/cases/{stage.case_id}", "task": f"/tasks/{task}", "papers": f"/cases/{stage.case_id}/papers"
    }  # fmt: skip
    secretary = enter("secretary")
    costs = {}
    for page in MOST:
        with counted(house) as sent:
            secretary.open(names.get(page, page))
        costs[page] = len(sent)
    assert {page: cost for page, cost in costs.items() if cost > MOST[page]} == {}, costs
