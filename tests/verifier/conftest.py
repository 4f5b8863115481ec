"""The page `verify.html`, open from disk in a real browser, as an auditor opens it."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "decision_engine" / "verifier" / "verify.html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Page:
    """The verifier in the browser."""

    def __init__(self, page: Any, asked: list[str]) -> None:
        self.page = page
        self.asked = asked  # addresses the page asked for, beyond itself

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a function of the page; bytes arrive there as Uint8Array."""
        return self.page.evaluate(
            """([name, given]) => {
                const read = one => {
                    if (Array.isArray(one)) return one.map(read);
                    if (one === null || typeof one !== "object") return one;
                    if (one.bytes !== undefined) return Uint8Array.from(atob(one.bytes), c => c.charCodeAt(0));
                    return Object.fromEntries(Object.entries(one).map(([name, value]) => [name, read(value)]));
                };
                return globalThis[name](...given.map(read));
            }""",
            [function, [_sent(one) for one in arguments]],
        )

    def verify(self, bundle: bytes, **outside: Any) -> dict[str, Any]:
        """Return the page's verdict on a bundle."""
        found: dict[str, Any] = self.call("verifyBundle", bundle, outside)
        return found


def _sent(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, list | tuple):
        return [_sent(one) for one in value]
    if isinstance(value, dict):
        return {name: _sent(one) for name, one in value.items()}
    return value


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium of this machine."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail("verify.html is tested in Chromium, and there is none here: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def page(browser: Any) -> Iterator[Page]:
    """The page, opened from disk."""
    context = browser.new_context()
    asked: list[str] = []
    opened = context.new_page()
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(PAGE.as_uri())
    yield Page(opened, asked)
    context.close()
