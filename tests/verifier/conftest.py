"""The page `verify.html`, open from disk in a real browser, as an auditor opens it."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "decision_engine" / "verifier" / "verify.html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Page:
    """The verifier in the browser. It lives in a thread of its own: a process may hold other browsers as well."""

    def __init__(self, thread: ThreadPoolExecutor, page: Any, asked: list[str]) -> None:
        self._thread, self._page = thread, page
        self.asked = asked  # addresses the page asked for, beyond itself

    def do(self, act: Callable[[Any], Any]) -> Any:
        """Return what *act* does with Playwright's page."""
        return self._thread.submit(act, self._page).result(timeout=120)

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a function of the page; bytes arrive there as Uint8Array."""
        sent = [function, [_sent(one) for one in arguments]]
        return self.do(lambda page: page.evaluate(CALL, sent))

    def verify(self, bundle: bytes, **outside: Any) -> dict[str, Any]:
        """Return the page's verdict on a bundle."""
        found: dict[str, Any] = self.call("verifyBundle", bundle, outside)
        return found


CALL = """([name, given]) => {
    const read = one => {
        if (Array.isArray(one)) return one.map(read);
        if (one === null || typeof one !== "object") return one;
        if (one.bytes !== undefined) return Uint8Array.from(atob(one.bytes), c => c.charCodeAt(0));
        return Object.fromEntries(Object.entries(one).map(([name, value]) => [name, read(value)]));
    };
    return globalThis[name](...given.map(read));
}"""


def _sent(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, list | tuple):
        return [_sent(one) for one in value]
    if isinstance(value, dict):
        return {name: _sent(one) for name, one in value.items()}
    return value


@pytest.fixture(scope="session")
def page() -> Iterator[Page]:
    """The page, opened from disk in a headless Chromium of this machine."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail("verify.html is tested in Chromium, and there is none here: apt-get install chromium")
    with ThreadPoolExecutor(1) as thread:
        asked: list[str] = []
        playwright, browser, opened = thread.submit(_open, found, asked).result(timeout=120)
        yield Page(thread, opened, asked)
        thread.submit(lambda: (browser.close(), playwright.stop())).result(timeout=60)


def _open(program: str, asked: list[str]) -> tuple[Any, Any, Any]:
    from playwright.sync_api import sync_playwright

    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
    opened = browser.new_page()
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(PAGE.as_uri())
    return playwright, browser, opened
