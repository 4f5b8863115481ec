"""The desk told by its criteria: counts that equal rows, lights by working days, a step that moves, a reminder once."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from decision_engine.api.throttle import Throttle
from decision_engine.calendar import WorkCalendar
from decision_engine.clock import MovableClock
from decision_engine.demo.s1 import S1, beginning
from decision_engine.demo.stage import Stage
from decision_engine.models import Task
from decision_engine.queries import handling
from decision_engine.queries.stages import stage_of
from decision_engine.work import House
from tests.itinerary import NO_PAGES, STOPS, missing
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


def test_on_a_free_day_after_its_day_a_step_is_past_it_and_not_nought_days_late() -> None:
    """Due on a Friday, seen on the Sunday after it (the Saturday is free, too) and on the Monday."""
    calendar = WorkCalendar.standard()
    friday = Task(due_on=date(2026, 4, 17))
    seen = [handling.light(friday, date(2026, 4, day), calendar, 3) for day in (17, 18, 19, 20)]
    assert [one.light for one in seen] == [handling.Light.YELLOW, *[handling.Light.RED] * 3]
    assert [one.word.zh for one in seen[1:]] == ["已过办理期限", "已过办理期限", "超期 1 个工作日"]
    assert [one.word.en for one in seen[1:]] == ["past its day", "past its day", "1 working day(s) late"]


def test_the_bell_says_how_many_messages_wait(stage: Stage, enter: Enter) -> None:
    """A copy, a reminder and a view asked for; read, and only the view, which is still to be given, is left."""

    def badge(visitor: Visitor, page: str = "/cases") -> str:
        return "".join(visitor.open(page).tree.xpath('//*[@class="badge"]/text()')).strip()

    task = waiting(stage, "停车收费")
    secretary = enter("secretary")
    assert badge(secretary) == ""
    stage.say("secretary", f"/tasks/{task}/claim", {})
    stage.say("director", f"/tasks/{task}/urgings", {"note": "请抓紧办理。"})
    stage.say(
        "director",
        f"/cases/{stage.case_id}/copies",
        {"persons": [stage.person("secretary")], "note": "供参阅。"},
    )
    assert badge(secretary) == "2"
    assert badge(enter("director")) == "", "they are nobody else's"
    stage.say(
        "secretary",
        f"/tasks/{task}/countersigns",
        {"persons": [stage.person("director")], "question": "是否属于重大事项？"},
    )
    assert badge(enter("director")) == "1"
    secretary.send(secretary.open("/inbox"), "/inbox/reading")
    assert badge(secretary) == ""


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


SEEN_AFTER = ("register_proposal", "draft_decision", "determine_procedure", "publish_notice", "hold_symposium",
              "last_evening", "handle_comments")  # fmt: skip
"""Scenes after which the case is looked at: each time the engine stands elsewhere."""


def test_the_stage_bar_stands_where_the_engine_does(stage: Stage, enter: Enter) -> None:
    """Criterion 15: exactly one current step, scene by scene, also where two stages run or the case only waits."""
    seen = []
    for scene in S1.scenes[:14]:
        stage.move_to(scene.at)
        scene.act(stage)
        if scene.name not in SEEN_AFTER:
            continue
        sheet = enter("secretary", again=True).open(f"/cases/{stage.case_id}")
        bar = sheet.tree.xpath('//ol[@class="stages"]/li')
        here = [one for one in bar if one.get("aria-current") == "step"]
        assert len(here) == 1, scene.name
        working = [one for one in bar if one.get("class") in {"is-active", "is-late"}]
        assert {name(one) for one in working} == {stage_of(step).name.zh for step in stage.steps_waiting()}, (
            scene.name
        )
        assert not working or here[0] is working[-1]
        seen.append((name(here[0]), len(working)))
    assert {number for _, number in seen} >= {1, 2}  # control: stages did run side by side
    assert len({words for words, _ in seen}) >= 3


def name(item: object) -> str:
    return item.xpath("./b")[0].text  # type: ignore[attr-defined]


def test_the_public_is_slowed_and_asked_for_no_picture(stage: Stage, stranger: Visitor, app: Flask) -> None:
    """Criterion 25, its second half: a flood is refused, with what was typed; nothing but text is asked for."""
    S1.play(stage, until="comments_online")
    app.extensions["throttles"]["comments"] = Throttle(burst=2, seconds=60)
    address = f"/public/{stage.case_id}"
    form = stranger.open(address).form(address)
    assert form.xpath(".//img|.//canvas|.//audio|.//iframe") == []
    assert [one.get("name") for one in form.xpath('.//*[@aria-hidden="true"]/input')] == ["website"]
    for number in range(2):
        stranger.send(stranger.open(address), address, text=f"第{number}条意见")
    third = stranger.send(stranger.open(address), address, text="第三条意见", status=429)
    assert "第三条意见" in third.text


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


# -- no page is left out of the tests of every page ------------------------------------------------------------


def test_no_page_is_forgotten(app: Flask) -> None:
    """Every route that answers GET is in test_every_page.py and bench.pages, or named with its reason."""
    assert missing(app) == set()
    known = {one.endpoint for one in app.url_map.iter_rules()}
    assert set(NO_PAGES) <= known
    assert all(NO_PAGES.values())


def test_a_page_that_is_forgotten_is_found(app: Flask) -> None:
    """Negative control: without its stop, an endpoint is named; so is a route that is new."""
    without = tuple(one for one in STOPS if one.path != "/stats")
    assert missing(app, without) == {"supervision.statistics_page"}
    fresh = Flask("fresh")
    fresh.add_url_rule("/new", "subject.new_page", lambda: "")
    assert "subject.new_page" in missing(fresh)
