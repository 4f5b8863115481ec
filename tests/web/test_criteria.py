"""The desk told by its criteria: counts that equal rows, lights by working days, a step that moves, a reminder once."""

from __future__ import annotations

from datetime import date

import pytest

from decision_engine.clock import MovableClock
from decision_engine.demo.s1 import beginning
from decision_engine.demo.stage import Stage
from decision_engine.models import Task
from decision_engine.work import House
from tests.web.conftest import SITE, Enter, Sheet, Visitor
from tests.web.test_steps import fill_in

TABS = ("todo", "done", "finished", "copies", "urged")
MANY = 23
"""More steps than a page of the desk holds."""


def rows(sheet: Sheet) -> list:
    return sheet.tree.xpath('//*[@id="worklist"]//tbody/tr')


def all_rows(visitor: Visitor, tab: str) -> int:
    """Count the rows of a tab over all its pages."""
    number, seen = 1, 0
    while True:
        sheet = visitor.open(f"/?tab={tab}&page={number}")
        seen += len(rows(sheet))
        if not sheet.tree.xpath('//*[@id="worklist"]//a[@rel="next"]'):
            return seen
        number += 1


def counts(visitor: Visitor) -> dict[str, int]:
    """Return what the tabs say they hold."""
    links = visitor.open("/").tree.xpath('//*[@id="worklist"]//nav[contains(@class, "tabs")]/a')
    return {
        one.get("href").rpartition("=")[2]: int(one.xpath('.//*[contains(@class, "count")]')[0].text)
        for one in links
    }


def waiting(stage: Stage, title: str) -> str:
    """Open a case and return its first step."""
    stage.open_case("secretary", title)
    found: str = stage.waiting("secretary", "register_proposal")[0]["id"]
    return found


def test_every_tab_counts_its_rows(stage: Stage, enter: Enter) -> None:
    """Criterion 11, over several pages of a tab; done, copied and reminded, too."""
    tasks = [waiting(stage, f"第{number}号方案") for number in range(MANY)]
    stage.complete("secretary", "register_proposal", beginning.proposal())
    stage.say("secretary", f"/tasks/{tasks[0]}/claim", {})
    stage.say("director", f"/tasks/{tasks[0]}/urgings", {"note": "请抓紧办理。"})
    copied = {"persons": [stage.person("secretary")], "note": "供参阅。"}
    stage.say("director", f"/cases/{stage.case_id}/copies", copied)
    secretary = enter("secretary")
    said = counts(secretary)
    assert said == {"todo": MANY - 1, "done": 1, "finished": 0, "copies": 1, "urged": 1}
    assert {tab: all_rows(secretary, tab) for tab in TABS} == said


LIGHTS = (  # seen on Friday 27 February 2026; the Saturday after it is worked, the Sunday not
    (date(2026, 3, 4), "green", "绿灯", "还剩 4 个工作日"),
    (date(2026, 2, 26), "red", "红灯", "超期 1 个工作日"),
    (date(2026, 3, 3), "yellow", "黄灯", "还剩 3 个工作日"),
    (date(2026, 2, 24), "red", "红灯", "超期 3 个工作日"),
    (date(2026, 2, 27), "yellow", "黄灯", "还剩 0 个工作日"),
    (date(2026, 3, 20), "green", "绿灯", "还剩 16 个工作日"),
)


def test_lights_go_by_working_days_and_are_told_by_word_and_shape_too(
    stage: Stage, enter: Enter, house: House, clock: MovableClock
) -> None:
    """Criterion 12: red past the day, yellow in the last three working days; red first, then yellow, then green."""
    tasks = [waiting(stage, f"应于{due}办结的方案") for due, *_ in LIGHTS]
    with house.writing() as session, session.begin():
        for task, (due, *_) in zip(tasks, LIGHTS, strict=True):
            session.get_one(Task, task).due_on = due
    stage.move_to("2026-02-27 09:00")
    shown = rows(enter("secretary").open("/"))
    seen = [light(row) for row in shown]
    assert [colour for colour, *_ in seen] == ["red", "red", "yellow", "yellow", "green", "green"]
    by_day = sorted(LIGHTS)
    for (colour, words, _), (due, wanted, lamp, left) in zip(seen, by_day, strict=True):
        assert (colour, words) == (wanted, f"{lamp}：{left}"), due
    shapes = {colour: shape for colour, _, shape in seen}
    assert len(set(shapes.values())) == len(shapes) == 3


def light(row: object) -> tuple[str, str, str]:
    """Return a row's lamp: its colour, what is read of it, its shape."""
    lamp = row.xpath('.//span[starts-with(@class, "light ")]')[0]  # type: ignore[attr-defined]
    shape = lamp.xpath("./svg/*")[0]
    return (
        lamp.get("class").rpartition("--")[2],
        " ".join(lamp.text_content().split()),
        shape.tag + str(shape.attrib),
    )


def test_a_step_that_is_handed_in_moves_and_the_other_rows_stay(stage: Stage, enter: Enter) -> None:
    """Criterion 14: gone from 待办, first in 已办; not a letter of the other rows is different."""
    tasks = [waiting(stage, title) for title in ("停车收费", "校车线路", "村道维修")]
    secretary = enter("secretary")
    before = {key(row): text(row) for row in rows(secretary.open("/"))}
    assert set(before) == set(tasks)
    check = fill_in(secretary, secretary.open(f"/tasks/{tasks[1]}"), tasks[1], beginning.proposal())
    secretary.send(check, f"/tasks/{tasks[1]}/completion")
    after = {key(row): text(row) for row in rows(secretary.open("/"))}
    moved = before.pop(tasks[1])
    assert {task: after[task] for task in before} == before
    assert tasks[1] not in after
    done = rows(secretary.open("/?tab=done"))
    assert [key(row) for row in done] == [tasks[1]]
    assert text(done[0]) != moved


def key(row: object) -> str:
    """Return the step a row leads to."""
    href: str = row.xpath('.//a[contains(@class, "name")]/@href')[0]  # type: ignore[attr-defined]
    return href.rpartition("/")[2]


def text(row: object) -> str:
    return " ".join(row.text_content().split())  # type: ignore[attr-defined]


@pytest.mark.parametrize("again", ["the same form twice", "a second form"])
def test_a_reminder_is_on_record_once(stage: Stage, enter: Enter, again: str) -> None:
    """Criterion 20: one record, however often the button is pressed; once a day."""
    task = waiting(stage, "停车收费")
    director = enter("director")
    case = director.open(f"/cases/{stage.case_id}")
    assert case.form(f"/tasks/{task}/urging").getparent().tag == "dialog"
    director.send(case, f"/tasks/{task}/urging", note="请本周内办结。")
    if again == "the same form twice":
        director.send(case, f"/tasks/{task}/urging", note="请本周内办结。")
    else:
        fresh = director.open(f"/cases/{stage.case_id}")
        form = dict(fresh.form(f"/tasks/{task}/urging").form_values())
        headers = {"Origin": SITE, "Sec-Fetch-Site": "same-origin"}
        answer = director.client.post(f"/tasks/{task}/urging", data=form, base_url=SITE, headers=headers)
        assert answer.status_code == 409
    events = stage.pages("auditor", f"/cases/{stage.case_id}/events")
    assert [one["kind"] for one in events].count("task.urged") == 1
