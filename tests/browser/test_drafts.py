"""What is typed is kept meanwhile, and nothing kept overtakes the form it came from."""

from __future__ import annotations

from playwright.sync_api import Request, Route, expect

from tests.api.conftest import app, door, founded, house, town  # noqa: F401  the town behind its doors
from tests.browser.conftest import OpenPage
from tests.browser.test_criteria import Desk, desk  # noqa: F401


def test_a_draft_on_its_way_is_called_back_when_the_form_is_sent(open_page: OpenPage, desk: Desk) -> None:  # noqa: F811
    """The form's own request waits until the draft's has failed: nothing but the page can have ended that one."""
    task = desk.stage.waiting("secretary", "register_proposal")[0]["id"]
    page = open_page(f"{desk.base}/tasks/{task}", cookies=desk.cookies["secretary"])
    called_back: list[str] = []
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST" and not called_back:
            waiting.append(route)
        else:
            route.continue_()

    def let_through(failed: Request) -> None:
        called_back.append(failed.url)
        for route in waiting:
            if route.request.url.endswith(task):
                route.continue_()

    page.on("requestfailed", let_through)
    page.route(f"**/tasks/{task}/draft", hold)
    page.route(f"**/tasks/{task}", hold)
    with page.expect_request(f"**/tasks/{task}/draft"):
        page.locator("#f-first_plan").fill("写到一半")
    page.get_by_role("button", name="暂存草稿").click()
    expect(page.locator("#main")).to_contain_text("已载入您")
    expect(page.locator("#f-first_plan")).to_have_value("写到一半")
    assert called_back == [f"{desk.base}/tasks/{task}/draft"]
    page.close()  # while its server still answers: what was held is let go then
