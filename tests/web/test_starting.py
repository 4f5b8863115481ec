"""Starting a case at the page door: parts in any order, nothing lost, nothing written before the check."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from decision_engine.demo.s1 import beginning
from decision_engine.demo.stage import Stage
from decision_engine.models import Case, Document, Draft, Event, Task
from decision_engine.work import House
from tests.api.test_statements import counted
from tests.web.conftest import Enter, Sheet, Visitor
from tests.web.test_steps import count, typed

MOST = 22
"""The most statements a part may send."""


def press(visitor: Visitor, sheet: Sheet, to: str, said: dict[str, Any]) -> Sheet:
    """Press the button that leads from *sheet* to another part, with *said* typed in before."""
    form = sheet.form("/cases/new")
    assert sheet.tree.xpath(f'//button[@name="_to"][@value="{to}"]'), to
    kept = [(name, value) for name, value in form.form_values() if name not in said]
    rows = [one for name, value in said.items() for one in typed(value, name)]
    return visitor.post("/cases/new", MultiDict([*kept, *rows, ("_to", to)]))


def test_all_parts_are_checked_together_and_the_first_step_waits_filled_in(
    stage: Stage, enter: Enter, house: House
) -> None:
    """From the list of cases to the check of the first step, by forms alone; the paper goes with it."""
    proposal = beginning.proposal()
    basic = {
        name: proposal[name]
        for name in ("matter_category", "exclusion_type", "matter_type")
        if name in proposal
    }
    basis = {name: value for name, value in proposal.items() if name not in {*basic, "title", "source_ref"}}
    secretary = enter("secretary")
    first = secretary.open("/cases/new")
    second = press(secretary, first, "basis", {"title": beginning.TITLE} | basic)
    third = press(secretary, second, "procedure", basis)
    assert "重大行政决策" in third.words
    assert "国务院令第713号第十九条至第二十一条" in third.words
    assert "由承办单位依法判断" in third.words
    fourth = press(secretary, third, "materials", {})
    assert "研究论证报告" in fourth.words
    check = press(secretary, fourth, "check", {})
    assert count(house, Case) == count(house, Draft) == 0, "nothing is written by looking"
    assert proposal["main_problem"] in check.words
    assert "登记还缺" not in check.words
    form = MultiDict(check.form("/cases/new").form_values())
    form["file"] = (BytesIO("建议书".encode()), "建议书.txt")
    step = secretary.post("/cases/new", form)
    assert step.address.endswith("/check")
    assert proposal["main_problem"] in step.words
    with house.reading() as session:
        case = session.scalars(select(Case)).one()
        paper = session.scalars(select(Document)).one()
        kinds = list(session.scalars(select(Event.kind).where(Event.chain == case.id).order_by(Event.seq)))
    assert (case.title, paper.case_id, paper.kind) == (beginning.TITLE, case.id, "D01")
    assert kinds == ["case.opened", "document.added"]
    done = secretary.send(step, "/completion")
    assert done.address == f"/cases/{case.id}"
    with house.reading() as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 0
        task = session.scalars(select(Task).where(Task.step == "register_proposal")).one()
        assert task.status == "DONE"


def test_going_back_loses_nothing_that_was_typed(enter: Enter) -> None:
    secretary = enter("secretary")
    title = "关于调整镇区公共停车收费标准的方案"
    rows = [{"law": "价格法", "article": "第二十三条", "extra_steps": "听证"}, {"law": "另一部法"}]
    second = press(secretary, secretary.open("/cases/new"), "basis", {"title": title})
    check = press(secretary, second, "check", {"first_plan": "第一行\n第二行", "lex_specialis": rows})
    assert "登记还缺" in check.words
    basic = press(secretary, check, "basic", {})
    assert dict(basic.form("/cases/new").form_values())["title"] == title
    basis = dict(press(secretary, basic, "basis", {}).form("/cases/new").form_values())
    assert basis["first_plan"].splitlines() == ["第一行", "第二行"]
    assert [basis[f"lex_specialis.{row}.law"] for row in (0, 1)] == ["价格法", "另一部法"]
    assert basis["lex_specialis.0.extra_steps"] == "听证"


def test_a_row_is_added_without_scripts(enter: Enter) -> None:
    secretary = enter("secretary")
    basis = press(secretary, secretary.open("/cases/new"), "basis", {"title": "甲"})
    longer = secretary.send(basis, "/cases/new", press=("_add", "lex_specialis"), first_plan="留着")
    assert longer.tree.xpath('//*[@name="lex_specialis.0.law"][not(ancestor::template)]')
    assert dict(longer.form("/cases/new").form_values())["first_plan"] == "留着"


def test_without_a_name_there_is_nothing_to_check(enter: Enter, house: House) -> None:
    secretary = enter("secretary")
    sheet = secretary.post(
        "/cases/new", MultiDict([*secretary.open("/cases/new").form("/cases/new").form_values(), ("_to", "check")]),
        status=422,
    )  # fmt: skip
    assert sheet.tree.get_element_by_id("f-title").get("aria-invalid") == "true"
    assert count(house, Case) == 0


def test_a_matter_the_decree_excludes_is_not_started_and_the_page_says_why(
    stage: Stage, enter: Enter
) -> None:
    """The rule of the first step's gate itself answers (article 3): the button is shut before anything is written."""
    secretary = enter("secretary")
    said = {name: value for name, value in beginning.proposal().items() if name != "source_ref"}
    second = press(secretary, secretary.open("/cases/new"), "basis", said | {"exclusion_type": "EMERGENCY"})
    check = press(secretary, second, "check", {})
    assert "R-713-3-2" in check.words
    assert "不适用重大行政决策程序" in check.words
    assert check.tree.xpath('//button[@aria-disabled="true"][@aria-describedby="why-open"]')
    basic = press(secretary, check, "basic", {})
    lawful = press(secretary, basic, "check", {"exclusion_type": "NONE"})
    assert not lawful.tree.xpath('//button[@aria-describedby="why-open"]')


def test_who_may_not_start_a_case_is_not_shown_how(enter: Enter) -> None:
    enter("mayor").open("/cases/new", status=403)


def test_a_part_costs_a_bounded_number_of_statements(stage: Stage, enter: Enter, house: House) -> None:
    for _ in range(5):
        stage.open_case("secretary", beginning.TITLE)
    secretary = enter("secretary")
    second = press(secretary, secretary.open("/cases/new"), "basis", {"title": "甲"})
    with counted(house) as sent:
        press(secretary, second, "check", {})
    assert len(sent) <= MOST, sent
