"""The pages themselves in a browser, for a secretary in mid-S1: nobody shut out, nothing too wide or heavy."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from decision_engine.app import create_app
from decision_engine.demo.stage import Stage
from tests.browser.watched import WIDTHS, overflow, served, violations
from tests.saves import Saves

ADDRESSES = (
    "/",
    "/cases",
    "/cases/new",
    "/cases/{case}",
    "/cases/{case}/diagram",
    "/cases/{case}/trail",
    "/cases/{case}/papers",
    "/search?q=%E6%9D%91",
    "/inbox",
    "/me",
)
MOST = 120 * 1024  # bytes on the wire for a page and all it needs, compressed


@dataclass
class Town:
    """Mid-S1 behind its page door."""

    stage: Stage
    base: str
    cookies: list

    def address(self, path: str) -> str:
        return self.base + path.format(case=self.stage.case_id)


@pytest.fixture(scope="module")
def town(browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    root = tmp_path_factory.mktemp("pages")
    saves = Saves(root)
    with (
        saves.opened("legal_adviser_opinion", root / "house") as stage,
        served(create_app(house=stage.house)) as base,
    ):
        context = browser.new_context(locale="zh-CN")
        page = context.new_page()
        page.goto(f"{base}/login")
        page.get_by_label("登录名").fill("secretary")
        page.get_by_label("密码").fill(stage.town.password)
        page.get_by_role("button", name="登录").click()
        expect(page).to_have_url(f"{base}/")
        yield Town(stage, base, context.cookies())
        context.close()


def test_a_session_lies_in_a_cookie_nobody_else_can_read(town):
    cookie = next(one for one in town.cookies if one["name"].startswith("__Host-"))
    assert cookie["secure"]
    assert cookie["httpOnly"]
    assert cookie["path"] == "/"


def test_a_draft_on_its_way_is_called_back_when_the_form_is_sent(open_page, town):
    """The form's own request is held, so that nothing but the page can have ended the draft's."""
    town.stage.open_case("secretary", "关于公共停车收费标准的方案")
    task = town.stage.waiting("secretary", "register_proposal")[0]["id"]
    page: Page = open_page(f"{town.base}/tasks/{task}", cookies=town.cookies)
    sent: list = []
    page.route(f"**/tasks/{task}/draft", lambda _: None)
    page.route(
        f"**/tasks/{task}",
        lambda route: sent.append(route) if route.request.method == "POST" else route.continue_(),
    )
    with page.expect_request(f"**/tasks/{task}/draft"):
        page.locator("#f-first_plan").fill("写到一半")
    with page.expect_event("requestfailed") as failed:
        page.get_by_role("button", name="暂存草稿").click()
    assert failed.value.url.endswith("/draft")
    page.unroute(f"**/tasks/{task}")
    sent[0].continue_()
    expect(page.locator("#f-first_plan")).to_have_value("写到一半")
    expect(page.locator("#main")).to_contain_text("已载入您")


def weight(page: Page) -> int:
    """Return how many bytes the page and all it fetched are when compressed."""
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(len(gzip.compress(answer.body()))))
    page.reload(wait_until="networkidle")
    return sum(sizes)


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_page_serves_everybody(open_page, town, path):
    """Criteria 1, 2, 3, 5, 8: no fault, no violation, one heading, no horizontal scroll, at most 120 KB."""
    page: Page = open_page(town.address(path), cookies=town.cookies)
    assert page.locator("h1").count() == 1
    assert page.title().endswith(" - 重大行政决策管理系统")
    assert violations(page) == []
    assert weight(page) <= MOST
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) == 0, width
