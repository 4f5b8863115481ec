"""Every page of the house in a browser, for everybody: criteria 1-6 and 8, page by page (`tests.itinerary`).

Each page is loaded once. In every run it is looked at in one of the three displays (normal, large type, high
contrast), one after the other along the itinerary; with `make faults` in all three.
"""

from __future__ import annotations

import gzip
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, template_rendered
from playwright.sync_api import Browser, Page, Response, expect

from decision_engine.web import assets, frame
from tests.browser.watched import MODES, WIDTHS, ZOOMED, dress, overflow, served, violations, watch
from tests.itinerary import (
    ANYBODY,
    HEARING,
    MEETING,
    MEETING_ALONE,
    STOPS,
    Journey,
    Stop,
    cookie_of,
    journey,
)

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
KIB = 1024
LIGHT, HEAVY = 120 * KIB, 350 * KIB
HEAVIER = {"/stats": HEAVY, "/styleguide": HEAVY, "/api/docs": 512 * KIB}
"""Pages that may weigh more than a list or a case: charts; every part at once; the description of the interface."""
FOREIGN = {"/api/docs": "#api-docs"}
"""What is not ours on a page: Swagger UI draws the description of the interface, for developers, in its own way; the
document itself is linked beside it. It nests a `main` in ours, so the three rules about that do not count there."""
NESTED_MAIN = ("landmark-main-is-top-level", "landmark-no-duplicate-main", "landmark-unique")
RING = 3
TITLE = r"\S.* - (重大行政决策管理系统|重大行政决策公开征求意见)"
TEMPLATES = Path(frame.__file__).parent / "templates"

ABOUT = """() => ({
  headings: document.querySelectorAll('h1').length,
  lang: document.documentElement.lang,
  title: document.title,
  first: document.querySelector('a[href], button, input:not([type=hidden]), select, textarea, [tabindex]')?.className,
  target: Boolean(document.querySelector('main#main[tabindex="-1"]')),
  fetched: performance.getEntriesByType('resource').map(one => one.name),
})"""
WALK = """([ring, foreign]) => { const wrong = [];
  const seen = one => one.checkVisibility({visibilityProperty: true}) && one.getClientRects().length;
  for (const one of document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')) {
    if (one.type === 'hidden' || one.disabled || one.closest(foreign) || !seen(one)) continue;
    const name = one.outerHTML.slice(0, 120);
    if (one.tabIndex < 0) { if (!one.closest('.trap, [aria-hidden=true]')) wrong.push('not reached by Tab: ' + name);
      continue; }
    one.focus({preventScroll: true, focusVisible: true});
    if (document.activeElement !== one) { wrong.push('takes no focus: ' + name); continue; }
    const style = getComputedStyle(one);
    if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < ring) wrong.push('no ring: ' + name);
  }
  document.activeElement?.blur();
  return wrong; }"""


@dataclass
class Look:
    """People at browsers of their own, and what is wrong with the pages they saw."""

    journey: Journey
    browser: Browser
    base: str
    wrong: dict[str, list[str]] = field(default_factory=dict)
    looks: int = 0
    turn: int = 0
    _pages: dict[tuple[str, str], tuple[Page, list[str]]] = field(default_factory=dict)

    def at(self, who: str) -> tuple[Page, list[str]]:
        """Return the page of *who*, signed in now, and the list of its faults."""
        key = (self.journey.now, who)
        if key not in self._pages:
            context = self.browser.new_context(
                viewport={"width": 1366, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai",
                reduced_motion="reduce",
            )  # fmt: skip
            context.set_default_timeout(30_000)
            if who != ANYBODY:
                context.add_cookies([cookie_of(self.journey.cookie(who))])
            page = context.new_page()
            self._pages[key] = page, watch(page, self.base.removeprefix("http://"))
        return self._pages[key]

    def visit(self, stop: Stop) -> None:
        """Open a page and look at it."""
        page, faults = self.at(stop.who)
        faults.clear()
        answer = page.goto(self.base + self.journey.address(stop.path), wait_until="load")
        assert answer is not None
        self.look(f"{stop.when} {stop.who} {stop.path}", page, faults, answer, stop.status)

    def send(self, form: Sent) -> None:
        """Send a form and look at what comes."""
        page, faults = self.at(form.who)
        answer = form.deed(self, page)
        self.look(form.name or form.deed.__name__, page, faults, answer, form.status)

    def look(self, name: str, page: Page, faults: list[str], answer: Response, status: int) -> None:
        """Look at a page that has come; what is wrong with it is kept."""
        settled(page)
        foreign = next((part for path, part in FOREIGN.items() if name.endswith(path)), "")
        wrong = [] if answer.status == status else [f"answered {answer.status}"]
        wrong += about(page, answer.body(), name)
        wrong += [f"wider than {width}" for width in too_narrow(page)]
        for mode in self._modes():
            self.looks += 1
            dress(page, mode)
            wrong += [
                f"{mode}: wider than {width}" for width in (too_narrow(page) if mode == "large" else ())
            ]
            found = [
                one
                for one in violations(page, beside=foreign)
                if not (foreign and one.startswith(NESTED_MAIN))
            ]
            wrong += [f"{mode}: {one}" for one in found]
        dress(page, "normal")
        wrong += page.evaluate(WALK, [RING, foreign or "nothing"])
        wrong += [
            one for one in faults if status < 400 or not re.search(rf"status of {status}\b|^{status}: ", one)
        ]
        faults.clear()
        if wrong:
            self.wrong[name] = wrong

    def close(self) -> None:
        for page, _ in self._pages.values():
            page.context.close()

    def _modes(self) -> list[str]:
        self.turn += 1
        return list(MODES) if CAMPAIGN else [list(MODES)[self.turn % len(MODES)]]


def settled(page: Page) -> None:
    """Wait until what a script draws is drawn."""
    for drawn in ("[data-drawing]", "#api-docs"):
        if page.locator(drawn).count():
            page.wait_for_selector(f"{drawn}[data-ready]")
    if page.locator("[data-chart]").count():
        expect(page.locator("[data-chart] svg").first).to_be_attached()


def about(page: Page, html: bytes, name: str) -> list[str]:
    """Criteria 3, 4 and 8: heading, language, title, the way past the menu, the weight of all that was fetched."""
    seen = page.evaluate(ABOUT)
    files = {one.partition("/static/")[2].partition("#")[0] for one in seen["fetched"] if "/static/" in one}
    weight = len(gzip.compress(html)) + sum(map(packed, files))
    most = next((some for path, some in HEAVIER.items() if name.endswith(path)), LIGHT)
    told = {
        f"{seen['headings']} headings": seen["headings"] == 1,
        f"lang {seen['lang']}": seen["lang"] == "zh-CN",
        f"title {seen['title']}": re.fullmatch(TITLE, seen["title"]),
        f"first is {seen['first']}": seen["first"] == "skip",
        "no #main": seen["target"],
        f"weighs {weight}": weight <= most,
    }
    return [words for words, right in told.items() if not right]


@cache
def packed(file: str) -> int:
    """Return how many bytes an asset is on the wire."""
    return len(gzip.compress((assets.DIST / file).read_bytes()))


def too_narrow(page: Page) -> list[int]:
    """Return the widths, 200 % zoom among them, at which *page* must be scrolled sideways."""
    found = []
    for width in (*ZOOMED, *WIDTHS):
        page.set_viewport_size({"width": width, "height": 900})
        if overflow(page):
            found.append(width)
    page.set_viewport_size({"width": 1366, "height": 900})
    return found


@pytest.fixture(scope="module")
def look(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Look]:
    with journey(tmp_path_factory.mktemp("every")) as town, served(town.app) as base:
        made = Look(town, browser, base)
        yield made
        made.close()


# -- what is seen once a form was sent ---------------------------------------------------------------------

MINUTES = "2026-05-20T09:00"
SEND = "one => { one.noValidate = true; one.requestSubmit(); }"


def sent(page: Page, press: Callable[[], Any]) -> Response:
    """Press something that sends a form, and return the page that comes back."""
    with page.expect_navigation(wait_until="load") as coming:
        press()
    return coming.value


def press(page: Page, name: str) -> Response:
    """Press a button of the page itself, not of its frame."""
    return sent(page, lambda: page.locator("main").get_by_role("button", name=name, exact=True).click())


def comment_without_words(look: Look, page: Page) -> Response:
    page.goto(look.base + look.journey.address("/public/{case}"))
    return sent(page, lambda: page.locator("form:has([name=text])").evaluate(SEND))


def wrong_password(look: Look, page: Page) -> Response:
    page.goto(f"{look.base}/login")
    page.get_by_label("登录名").fill("secretary")
    page.get_by_label("密码").fill("not-this-one")
    return press(page, "登录")


def empty_step(look: Look, page: Page) -> Response:
    page.goto(look.base + look.journey.address("/tasks/{late}"))
    answer = sent(page, lambda: page.locator("form[data-draft]").evaluate(SEND))
    assert page.evaluate("document.activeElement.id") == "error-summary"
    return answer


def raced_step(look: Look, page: Page) -> Response:
    """Criterion 19 in a browser: meanwhile a colleague, here the same person elsewhere, handed the step in."""
    page.goto(look.base + look.journey.address("/tasks/{raced}"))
    look.journey.hand_in_raced()
    return sent(page, lambda: page.locator("form[data-draft]").evaluate(SEND))


def case_to_check(look: Look, page: Page) -> Response:
    page.goto(f"{look.base}/cases/new")
    page.fill("main [name=title]", "养老服务中心布局方案")
    return sent(page, lambda: page.locator("main form:has([name=title]) .button--primary").click())


def meeting_to_check(look: Look, page: Page) -> Response:
    page.goto(f"{look.base}/meetings/new")
    page.locator("[name=body_id]").select_option(label="镇长办公会")
    sent(page, lambda: page.locator("button[name=_do][value=body]").click())
    page.fill("[name=title]", "镇长办公会")
    page.fill("[name=planned_at]", MINUTES)
    page.fill("[name=place]", "镇政府二楼会议室")
    for name, login in (("chair_id", "mayor"), ("recorder_id", "recorder")):
        page.locator(f"[name={name}]").select_option(look.journey.stage.person(login))
    page.fill("[name='items.0.title']", "道路维修经费")
    page.locator("[name='items.0.category'][value=LARGE_FUNDS]").check()
    return sent(page, lambda: page.locator("button[name=_do][value=check]").click())


def procedure(way: str) -> Callable[[Look, Page], Response]:
    def judged(look: Look, page: Page) -> Response:
        page.goto(f"{look.base}/admin/definitions/new")
        name, data = next(iter(MEETING_ALONE.items()))
        page.locator("[name=files]").set_input_files(
            {"name": name, "mimeType": "application/xml", "buffer": data}
        )
        return press(page, way)

    return judged


def first_password(look: Look, page: Page) -> Response:
    page.goto(look.base + look.journey.address("/admin/people/{person}"))
    page.locator("summary", has_text="开通账户").click()
    page.fill("[name=login]", "justice.second")
    return press(page, "开通")


def second_factor(look: Look, page: Page) -> Response:
    page.goto(f"{look.base}/me")
    return press(page, "启用动态口令")


@dataclass(frozen=True, slots=True)
class Sent:
    """A page that comes when something is sent: when, who sends, what, the status of what comes."""

    when: str
    who: str
    deed: Callable[[Look, Page], Response]
    status: int = 200
    name: str = ""


FORMS = (
    Sent(HEARING, ANYBODY, comment_without_words, 422),
    Sent(HEARING, ANYBODY, wrong_password, 401),
    Sent(MEETING, "secretary", empty_step, 422),
    Sent(MEETING, "secretary", raced_step, 409),
    Sent(MEETING, "secretary", case_to_check),
    Sent(MEETING, "director", meeting_to_check),
    Sent(MEETING, "admin1", procedure("校验是否合法"), name="procedure proved"),
    Sent(MEETING, "admin1", procedure("只看图，不校验"), name="procedure only drawn"),
    Sent(MEETING, "admin1", first_password),
    Sent(MEETING, "admin1", second_factor),
)


# -- the tests ---------------------------------------------------------------------------------------------


@pytest.mark.campaign
def test_every_page_serves_everybody(look: Look, capsys: pytest.CaptureFixture[str]) -> None:
    """Criteria 1-6 and 8 of every page of the itinerary and of what forms answer; and every template was drawn."""
    with drawn(look.journey.app) as templates:
        for when in (HEARING, MEETING):
            look.journey.reach(when)
            for stop in STOPS:
                if stop.when == when:
                    look.visit(stop)
            for one in FORMS:
                if one.when == when:
                    look.send(one)
        with broken(look.journey.app, "desk.inbox_page"):
            look.visit(Stop(MEETING, "secretary", "/inbox", 500))
    with capsys.disabled():
        print(f"\n{look.turn} pages, {look.looks} looks")
    assert look.wrong == {}
    assert {one.name for one in TEMPLATES.glob("*.html")} - FRAMES - templates == set()


@contextmanager
def drawn(app: Flask) -> Iterator[set[str]]:
    """Note the templates *app* draws."""
    seen: set[str] = set()

    def note(_: Flask, template: Any, **more: Any) -> None:
        seen.add(template.name)

    with template_rendered.connected_to(note, app):
        yield seen


@contextmanager
def broken(app: Flask, endpoint: str) -> Iterator[None]:
    """Let a page of *app* fail as only a fault of ours could."""

    def fail(**_: Any) -> None:
        raise RuntimeError("broken on purpose")

    kept = app.view_functions[endpoint]
    app.view_functions[endpoint] = fail
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        app.view_functions[endpoint] = kept


FRAMES = frozenset(
    {
        "layout.html",
        "case_frame.html",
        "definition_parts.html",
        "meeting_live.html",
        "meeting_screen_live.html",
    }
)
"""Templates other templates are made of; the last two are parts that a room asks for again."""


BROKEN = """<!doctype html><html lang="en"><title>x</title><style>a:focus, div:focus { outline: 0 }</style><body>
<a href="/x">x</a><button tabindex="-1">y</button><div tabindex="0">z</div><h1>a</h1><h1>b</h1>
<svg width="2500" height="9"></svg></body></html>"""


def test_each_fault_of_a_page_is_found(browser: Browser) -> None:
    """Negative control: a page with all of them."""
    page = browser.new_page()
    page.set_content(BROKEN)
    told = about(page, bytes(200 * KIB) + os.urandom(200 * KIB), "x")
    for words in ("2 headings", "lang en", "title x", "first is ", "no #main", "weighs"):
        assert any(one.startswith(words) for one in told), (words, told)
    walked = page.evaluate(WALK, [RING, "nothing"])
    assert [one.partition(":")[0] for one in walked] == ["no ring", "not reached by Tab", "no ring"]
    assert too_narrow(page) == [*ZOOMED, *WIDTHS]
    page.close()


EVERYTHING = """() => [...document.querySelectorAll('main *')].map(one => { const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  return [one.tagName, style.color, style.backgroundColor, style.fontSize, style.outline, style.borderColor,
          Math.round(box.x), Math.round(box.y), Math.round(box.width), Math.round(box.height)].join(' '); })"""


def test_a_display_put_on_by_a_script_is_the_one_the_server_draws(look: Look) -> None:
    """Why a page need be loaded once only: every element looks the same either way; and the displays differ."""
    look.journey.reach(look.journey.now or HEARING)
    page, _ = look.at("officer")
    looks = {}
    for mode, chosen in MODES.items():
        cookie = f"zh.{chosen.get('size', 'normal')}.{chosen.get('contrast', 'normal')}"
        page.context.add_cookies([{"name": "display", "value": cookie, "url": look.base}])
        page.goto(f"{look.base}/consultations")
        served_so = page.evaluate(EVERYTHING)
        page.context.clear_cookies(name="display")
        page.goto(f"{look.base}/consultations")
        dress(page, mode)
        assert page.evaluate(EVERYTHING) == served_so
        looks[mode] = served_so
    assert len({tuple(one) for one in looks.values()}) == len(MODES)
