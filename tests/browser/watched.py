"""A browser page that notes everything a page of ours must never do, and a server to look at.

What counts as a fault: a violation of the content security policy, an error on the console, an exception in a script,
a request to another host, an answer of the server's fault (5xx).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (375, 768, 1366, 1920)
ZOOMED = (320, 683)
"""Widths that stand for 200 % zoom: of the narrowest screen that is asked for (reflow, WCAG 1.4.10), and of 1366."""
AXE = Axe()
ASK = """([where, options]) => axe.run('exclude' in where ? where : document, options).then(
  found => found.violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 160)}`)))"""
MODES: dict[str, dict[str, str]] = {
    "normal": {},
    "large": {"size": "large"},
    "contrast": {"contrast": "high"},
}
"""What the page may look like, and the data attributes of its root by which it does."""
DRESS = """wanted => { const root = document.documentElement;
  for (const name of ['size', 'contrast']) { if (wanted[name]) root.dataset[name] = wanted[name];
    else delete root.dataset[name]; } }"""


def watch(page: Page, host: str) -> list[str]:
    """Return the list into which every fault of *page* will be written; only *host* may be asked for anything."""
    faults: list[str] = []

    def heard(message: Any) -> None:
        if message.type == "error":
            faults.append(f"console: {message.text}")

    def asked(request: Any) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob", "about") and url.netloc != host:
            faults.append(f"foreign request: {request.url}")

    def answered(response: Any) -> None:
        if response.status >= 500:
            faults.append(f"{response.status}: {response.url}")

    page.on("console", heard)
    page.on("pageerror", lambda error: faults.append(f"exception: {error}"))
    page.on("request", asked)
    page.on("response", answered)
    return faults


def violations(page: Page, *, beside: str = "") -> list[str]:
    """Return what axe has against *page*, all but what lies in *beside*: WCAG 2.2 AA and best practice, with where."""
    page.evaluate(AXE.axe_script)
    options = {"runOnly": RULES, "resultTypes": ["violations"], "preload": False}
    found: list[str] = page.evaluate(ASK, [{"exclude": [beside]} if beside else {}, options])
    return found


def dress(page: Page, mode: str) -> None:
    """Show *page* as the server would in one of `MODES`: nothing but the attributes of its root differs."""
    page.evaluate(DRESS, MODES[mode])


def overflow(page: Page) -> int:
    """Return by how many pixels *page* is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve *app* on a free port of the loopback; yields its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
