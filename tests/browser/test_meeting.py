"""A meeting in real browsers: the room is brought up to date under people's hands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from decision_engine.api import throttle
from decision_engine.app import create_app, open_house
from decision_engine.clock import MovableClock
from decision_engine.demo import load_town
from decision_engine.demo.stage import Stage
from tests.api.conftest import staged
from tests.api.meeting_hall import Assembly
from tests.browser.watched import served
from tests.conftest import BEGINNING, cheap_settings

WHEN = "2026-02-27 09:00"
MEMBERS = ("mayor", "deputy1", "deputy2", "deputy3")
ONE_POLL = 30_000  # ms to wait at most: a poll comes every 5 s, and the machine may be slow
TYPED = "我还在写：预算来源需要说明。"


@dataclass
class Hall:
    """A running meeting behind the page door: one deputy has spoken, two and the principal have not."""

    stage: Stage
    meeting: Assembly
    base: str
    cookies: dict[str, list]

    def address(self, page: str = "") -> str:
        return f"{self.base}/meetings/{self.meeting.id}{page}"


@pytest.fixture(scope="module")
def hall(browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    house = open_house(cheap_settings(tmp_path_factory.mktemp("hall")), MovableClock(BEGINNING))
    load_town(house)
    app = create_app(house=house)
    app.extensions["throttles"] = throttle.shipped()
    stage = staged(house, house.clock, app)
    meeting = Assembly(stage)
    meeting.call(
        WHEN, {"title": "道路维修经费", "category": "LARGE_FUNDS"}, {"title": "信访", "category": "ORDINARY"}
    )
    stage.move_to(WHEN)
    meeting.opens("mayor", "deputy1", "deputy2", "deputy3", "deputy4", "deputy5", absent={"deputy6": "病假"})
    meeting.report()
    meeting.discuss("deputy1", "deputy4", "deputy5", deputy4=("DISAGREE", "资金缺口较大，建议先落实来源。"))
    with served(app) as base:
        cookies = {}
        for login in ("mayor", "deputy2", "deputy3"):
            context = browser.new_context(locale="zh-CN")
            page = context.new_page()
            page.goto(f"{base}/login")
            page.get_by_label("登录名").fill(login)
            page.get_by_label("密码").fill(stage.town.password)
            page.get_by_role("button", name="登录").click()
            expect(page).to_have_url(f"{base}/")
            cookies[login] = context.cookies()
            context.close()
        yield Hall(stage, meeting, base, cookies)
    house.engine.dispose()


def test_the_principals_form_appears_in_one_poll_and_nobody_loses_what_is_typed(
    open_page, hall: Hall
) -> None:
    """Criterion 22: the last deputies speak in their browsers; the principal is let speak in another."""
    mayor = open_page(hall.address(), cookies=hall.cookies["mayor"])
    third = open_page(hall.address(), cookies=hall.cookies["deputy3"])
    second = open_page(hall.address(), cookies=hall.cookies["deputy2"])
    expect(mayor.locator("#live")).to_have_attribute(
        "hx-trigger", "every 5s"
    )  # within six seconds, with the answer
    form = mayor.locator('form[action$="/acts/speak"]')
    expect(form).to_have_count(0)
    mayor.get_by_text("询问情况", exact=True).first.click()
    mayor.get_by_label("询问内容").fill("资金缺口多大？")

    third.get_by_label("发言要点").fill(TYPED)
    third.locator('#my-statement input[value="AMEND"]').check()
    second.locator('#my-statement input[value="AGREE"]').check()
    second.get_by_label("发言要点").fill("同意，请抓好落实。")
    second.get_by_role("button", name="提交发言").click()
    expect(second.locator("#my-statement")).to_have_count(0)

    expect(third.locator("#queue")).to_contain_text("同意，请抓好落实。", timeout=ONE_POLL)
    expect(third.get_by_label("发言要点")).to_have_value(TYPED)
    expect(third.locator('#my-statement input[value="AMEND"]')).to_be_checked()
    expect(form).to_have_count(0)

    third.get_by_role("button", name="提交发言").click()
    expect(third.locator("#queue")).to_contain_text(TYPED)
    expect(form).to_have_count(1, timeout=ONE_POLL)
    expect(mayor.get_by_label("询问内容")).to_have_value("资金缺口多大？")
    expect(mayor.get_by_label("询问内容")).to_be_visible()
