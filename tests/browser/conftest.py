"""A real browser for the tests of pages: Debian's Chromium, one a session, a fresh context a test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.watched import served, watch
from tests.web.bare import bare_app

CHROMIUM = Path("/usr/bin/chromium")
NEEDED = "needs Debian's chromium and fonts-noto-cjk: apt-get install chromium fonts-noto-cjk"

OpenPage = Callable[..., Page]
expect.set_options(timeout=30_000)  # what is waited for comes at once; a busy machine is no failure


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window. Where it is missing the test is skipped, and in CI fails."""
    if not CHROMIUM.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{CHROMIUM} is missing: {NEEDED}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--lang=zh-CN"]
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the style guide is served."""
    with served(bare_app()) as base:
        yield base


@pytest.fixture
def open_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Open pages that are watched: `open_page(url, width=375, scripts=False)`. Faults fail the test at its end.

    A test that provokes a fault on purpose reads them from `page.faults` and clears the list.
    """
    opened: list[tuple[Any, list[str]]] = []

    def open_(
        url: str, *, width: int = 1366, height: int = 900, scripts: bool = True, cookies: list | None = None
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai",
            java_script_enabled=scripts, reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(15_000)
        context.add_cookies(cookies or [])
        page = context.new_page()
        faults = watch(page, urlsplit(url).netloc)
        opened.append((context, faults))
        page.faults = faults  # type: ignore[attr-defined]
        page.goto(url, wait_until="load")
        return page

    yield open_
    for context, _ in opened:
        context.close()
    assert [fault for _, faults in opened for fault in faults] == []
