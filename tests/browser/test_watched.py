"""The watch over pages is seen to catch each fault it is there for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, Response

from tests.browser.watched import overflow, served, violations
from tests.web.bare import POLICY

PAGES = {
    "inline-script": "<script>document.title = 'x'</script>",
    "inline-style": "<p style='color: red'>x</p>",
    "handler": "<button onclick='x()'>x</button><script src=/press.js></script>",
    "exception": "<script src=/throws.js></script>",
    "console": "<script src=/complains.js></script>",
    "foreign": "<script src=/asks.js></script>",
    "broken": "<script src=/fails></script>",
    "wide": "<div><svg width=3000 height=10></svg></div>",
    "unnamed": "<input><img src=/x.png>",
    "whole": "<h1>x</h1>",
}
SCRIPTS = {
    "press.js": "document.querySelector('button').click()",
    "throws.js": "throw new Error('thrown')",
    "complains.js": "console.error('complaint')",
    "asks.js": "new Image().src = 'http://foreign.invalid/x.png'",
}


@pytest.fixture(scope="module")
def faulty() -> Iterator[str]:
    app = Flask(__name__, static_folder=None)

    @app.get("/<name>")
    def show(name: str) -> Response:
        if name in SCRIPTS:
            return Response(SCRIPTS[name], mimetype="text/javascript")
        if name not in PAGES:
            return Response(status=500 if name == "fails" else 204)
        answer = Response(f"<!doctype html><html lang=zh-CN><title>x</title><main>{PAGES[name]}</main>")
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    with served(app) as base:
        yield base


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("inline-script", "Content Security Policy"),
        ("inline-style", "Content Security Policy"),
        ("handler", "Content Security Policy"),
        ("exception", "exception: thrown"),
        ("console", "console: complaint"),
        ("foreign", "foreign request: http://foreign.invalid/x.png"),
        ("broken", "500: "),
    ],
)
def test_a_fault_is_noticed(open_page, faulty, page, fault):
    opened = open_page(f"{faulty}/{page}")
    assert any(fault in one for one in opened.faults), opened.faults
    opened.faults.clear()


def test_a_page_without_faults_has_none(open_page, faulty):
    opened = open_page(f"{faulty}/whole")
    assert opened.faults == []
    assert violations(opened) == []
    assert overflow(opened) == 0


def test_a_page_that_shuts_people_out_is_noticed(open_page, faulty):
    found = violations(open_page(f"{faulty}/unnamed"))
    assert {"label", "image-alt", "page-has-heading-one"} <= {one.partition(":")[0] for one in found}


def test_a_page_wider_than_the_window_is_noticed(open_page, faulty):
    assert overflow(open_page(f"{faulty}/wide", width=375)) > 2000
