"""What only a browser shows of a desk and a case: a session, tabs that change by htmx, a dialog and the focus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import expect

from decision_engine.clock import MovableClock
from decision_engine.demo import Town
from decision_engine.demo.stage import Stage
from decision_engine.work import House
from tests.api.conftest import app, door, founded, house, staged, town  # noqa: F401  the town behind its doors
from tests.browser.conftest import OpenPage
from tests.browser.watched import served
from tests.itinerary import cookie_of, session_of

TITLES = ("停车收费调整方案", "校车线路调整方案")


@dataclass
class Desk:
    """A town whose secretary has two steps waiting and one done, and its address."""

    stage: Stage
    base: str
    cookies: dict[str, list]


@pytest.fixture
def desk(house: House, clock: MovableClock, town: Town, app: Flask) -> Iterator[Desk]:  # noqa: F811
    stage = staged(house, clock, app)
    for title in TITLES:
        stage.open_case("secretary", title)
    cookies = {
        login: [cookie_of(session_of(app, login, town.password))] for login in ("secretary", "director")
    }
    with served(app) as base:
        yield Desk(stage, base, cookies)


def test_a_session_lies_in_a_cookie_nobody_else_can_read(open_page: OpenPage, desk: Desk) -> None:
    page = open_page(f"{desk.base}/login")
    page.get_by_label("登录名").fill("secretary")
    page.get_by_label("密码").fill(desk.stage.town.password)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(f"{desk.base}/")
    cookie = next(one for one in page.context.cookies() if one["name"] == "__Host-decision")
    assert (cookie["secure"], cookie["httpOnly"], cookie["path"]) == (True, True, "/")


def test_a_tab_changes_without_a_new_page_and_back_restores_it(open_page: OpenPage, desk: Desk) -> None:
    """Criterion 13: what a script remembers survives, the address changes, and Back shows what was there."""
    page = open_page(f"{desk.base}/", cookies=desk.cookies["secretary"])
    rows = page.locator("#worklist tbody tr")
    current = page.locator("#worklist .tabs [aria-current=page]")
    expect(rows).to_have_count(len(TITLES))
    page.evaluate("window.remembered = 'still here'")
    page.locator("#worklist .tabs").get_by_role("link", name="已办").click()
    expect(current).to_contain_text("已办")
    expect(rows).to_have_count(0)
    assert page.url == f"{desk.base}/?tab=done"
    assert page.evaluate("window.remembered") == "still here"
    page.go_back()
    expect(current).to_contain_text("待办")
    expect(rows).to_have_count(len(TITLES))
    assert page.url == f"{desk.base}/"
    page.go_forward()
    expect(current).to_contain_text("已办")
    page.reload()
    expect(current).to_contain_text("已办")
    assert page.evaluate("window.remembered") is None  # control: a new page forgets


def test_a_reminder_is_given_in_a_dialog_that_escape_closes_and_is_on_record_once(
    open_page: OpenPage, desk: Desk
) -> None:
    """Criterion 20."""
    page = open_page(f"{desk.base}/cases/{desk.stage.case_id}", cookies=desk.cookies["director"])
    button = page.locator("main [data-dialog^='urge-']").first
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("催办记入流转记录")
    assert page.evaluate("document.querySelector('dialog[open]').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    assert urgings(desk) == 0  # who only looked reminded nobody
    page.keyboard.press("Enter")
    dialog.get_by_label("催办意见").fill("请本周内办结。")
    dialog.get_by_role("button", name="确认催办").click()
    expect(page.get_by_role("status")).to_contain_text("已催办")
    assert urgings(desk) == 1


def urgings(desk: Desk) -> int:
    events = desk.stage.pages("auditor", f"/cases/{desk.stage.case_id}/events")
    return [one["kind"] for one in events].count("task.urged")
