"""Every part of a page in a real browser: for everybody, at every width, by keyboard, with and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.watched import overflow, violations

RING = """() => {
  const seen = [];
  const element = document.activeElement;
  const style = getComputedStyle(element);
  return {tag: element.tagName, name: (element.name || element.textContent || '').trim().slice(0, 40),
          ring: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth)};
}"""


def test_nobody_is_shut_out_of_a_form_with_errors(open_page, address):
    """Criterion 2; every page, this one too, is looked at in every display in test_every_page.py."""
    assert violations(open_page(f"{address}/styleguide?errors=1")) == []


def test_nobody_is_shut_out_on_a_phone_with_the_menu_and_a_dialog_open(open_page, address):
    page = open_page(f"{address}/styleguide", width=375)
    page.click("[data-menu]")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.click("[data-dialog=remind]")
    assert violations(page) == []


@pytest.mark.parametrize("width", [375, 1100])
def test_nobody_is_shut_out_of_the_public_site(open_page, address, width):
    page = open_page(f"{address}/styleguide?frame=site", width=width)
    assert violations(page) == []
    assert overflow(page) == 0


@pytest.mark.parametrize("width", [375, 1366])
def test_nothing_is_wider_than_the_window(open_page, address, width):
    """Criterion 5: no horizontal scroll, also in large type and at 200 % zoom (which is half the window)."""
    page = open_page(f"{address}/styleguide", width=width)
    assert overflow(page) == 0
    names = page.locator(".tools a").evaluate_all("all => all.map((one) => one.textContent.trim())")
    assert all(names)  # icons alone name nothing
    page.goto(f"{address}/styleguide?size=large&errors=1")
    assert overflow(page) == 0
    page.set_viewport_size({"width": max(width // 2, 320), "height": 700})
    assert overflow(page) == 0


def test_the_first_tab_leads_past_the_menu(open_page, address):
    """Criterion 4."""
    page = open_page(f"{address}/styleguide")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_every_control_is_reached_by_keyboard_and_shows_it(open_page, address):
    """Criterion 6: Tab walks through everything, and the ring is at least 3 pixels wide."""
    page = open_page(f"{address}/styleguide")
    reachable = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')]
        .filter((one) => one.checkVisibility() && one.type !== 'hidden').length"""
    )
    radios = page.evaluate(  # of a group of radio buttons, one is reached by Tab, the others by the arrows
        """() => { const all = [...document.querySelectorAll('input[type=radio]')];
        return all.length - new Set(all.map((one) => one.name)).size; }"""
    )
    walked, last = [], 0
    for _ in range(reachable + 40):
        page.keyboard.press("Tab")
        here = page.evaluate(RING)
        if here["tag"] == "BODY":
            break
        walked.append(here)
        last = page.evaluate("window.scrollY")
    assert [one for one in walked if one["ring"] < 3] == []
    assert len(walked) >= reachable - radios
    assert last > 0


def test_a_dialog_names_what_it_does_and_gives_the_focus_back(open_page, address):
    page = open_page(f"{address}/styleguide")
    page.focus("[data-dialog=remind]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="催办：合法性审查")).to_be_visible()
    assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(page.locator("#remind")).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.dialog") == "remind"
    page.keyboard.press("Enter")
    page.get_by_role("button", name="取消").click()
    expect(page.locator("#remind")).to_be_hidden()


def test_a_refused_form_takes_the_reader_to_what_is_wrong(open_page, address):
    """Criterion 18, the page's part: focus on the summary, its links lead to the fields, what was typed is kept."""
    page = open_page(f"{address}/styleguide?errors=1")
    assert page.evaluate("document.activeElement.id") == "error-summary"
    link = page.locator("#error-summary a", has_text="理由")
    link.click()
    assert page.evaluate("document.activeElement.name") == "reasons"
    assert page.input_value("[name=reasons]") == "群众反映集中，具备条件。"
    assert page.get_attribute("[name=reasons]", "aria-invalid") == "true"


def test_a_shut_button_says_why_and_does_nothing(open_page, address):
    page = open_page(f"{address}/styleguide")
    button = page.get_by_role("button", name="提请集体讨论")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_accessible_description("公开征求意见未满三十日，4月7日后可以提请")
    button.click(force=True)  # as a reader does; the driver itself would wait until it is enabled
    assert page.url.endswith("/styleguide")


def test_rows_are_added_and_taken_away_and_keep_their_numbers(open_page, address):
    page = open_page(f"{address}/styleguide")
    listing = page.locator("[data-listing=legal_basis]")
    add = listing.locator(":scope > .button")
    for _ in range(3):
        add.click()
    assert page.evaluate("document.activeElement.name") == "legal_basis.2.kind"
    for row in range(3):
        page.fill(f"[name='legal_basis.{row}.title']", f"依据{row}")
    listing.locator("[data-remove]").nth(1).click()
    titles = page.eval_on_selector_all("[name$='.title']", "all => all.map((one) => [one.name, one.value])")
    assert [one for one in titles if one[0].startswith("legal_basis")] == [
        ["legal_basis.0.title", "依据0"],
        ["legal_basis.1.title", "依据2"],
    ]
    assert listing.locator(".listing__head span").all_inner_texts() == ["第 1 项", "第 2 项"]
    assert page.get_attribute("label[for='f-legal_basis.1.title']", "for") == "f-legal_basis.1.title"


def test_what_is_typed_is_kept_as_a_draft_and_a_failure_is_told(open_page, address):
    page = open_page(f"{address}/styleguide")
    with page.expect_request("**/styleguide/draft") as sent:
        page.fill("[name=reasons]", "第一稿")
    assert "第一稿" in sent.value.post_data
    expect(page.locator("[data-draft-state]")).to_contain_text("草稿已保存")
    page.route("**/styleguide/draft", lambda route: route.abort())
    page.fill("[name=reasons]", "第二稿")
    expect(page.locator("[data-draft-state]")).to_have_text("草稿未能保存，请勿关闭页面")
    page.faults.clear()  # the browser itself complains of the request that was cut


def test_letters_are_counted_as_they_are_typed(open_page, address):
    page = open_page(f"{address}/styleguide")
    page.fill("[name=reasons]", "五个字的话")
    expect(page.locator("[data-count='f-reasons']")).to_have_text("5 / 20000")


def test_the_menu_of_a_phone_opens_and_closes(open_page, address):
    page = open_page(f"{address}/styleguide", width=375)
    menu = page.get_by_role("navigation", name="主导航")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="菜单").click()
    expect(menu).to_be_visible()
    assert page.evaluate("document.getElementById('menu').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(page.get_by_role("button", name="菜单")).to_be_focused()


def test_without_scripts_everything_is_there_and_the_menu_still_opens(open_page, address):
    """Criterion 7, the parts' share: readable, and every form has a button that posts it."""
    page = open_page(f"{address}/styleguide", width=375, scripts=False)
    menu = page.get_by_role("navigation", name="主导航")
    expect(menu).to_be_hidden()
    page.click("[data-menu]")
    expect(menu).to_be_visible()
    page.click(".menu-close")
    expect(menu).to_be_hidden()
    expect(page.get_by_text("近六个月")).to_have_count(0)
    expect(page.get_by_role("button", name="提交审查意见")).to_be_visible()
    expect(page.locator("[data-listing=legal_basis] > [name=_add]")).to_be_visible()


def test_charts_are_drawn_and_tell_their_numbers_within_the_policy(open_page, address):
    page = open_page(f"{address}/styleguide")
    chart = page.locator("#trend-chart")
    chart.scroll_into_view_if_needed()
    expect(chart.locator("svg")).to_contain_text("11月")
    assert page.get_attribute("#trend-chart", "aria-label") == "近六个月启动与办结件数"
    box = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.42, box["y"] + box["height"] / 2)
    expect(chart.locator("svg")).to_contain_text("1月  启动4  办结5")
    assert page.faults == []


def test_on_paper_the_frame_is_gone(open_page, address):
    page = open_page(f"{address}/styleguide")
    page.emulate_media(media="print")
    for gone in (".topbar", ".menu", ".actions", ".tabs"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.get_by_role("heading", name="界面组件")).to_be_visible()


def test_who_wants_no_motion_sees_none(open_page, address):
    page = open_page(f"{address}/styleguide")
    moving = "getComputedStyle(document.querySelector('.button')).transitionDuration"
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moving) != "0s"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == "0s"
