"""Somebody at a browser, without a browser: reads pages, fills the forms that are on them, and sends them.

What a form sends is what stands in it, hidden fields included: a page that forgot one is found out. Nothing runs
JavaScript, so whatever these tests do works without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from decision_engine.api import throttle
from decision_engine.api.health import Traffic
from decision_engine.clock import MovableClock
from decision_engine.demo import Town
from decision_engine.demo.stage import Stage
from decision_engine.work import House
from tests.api.conftest import door, founded, house, staged, town  # noqa: F401  the town behind its doors

SITE = "https://town.test"
MOST_HOPS = 5


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as it came: status, address, text, and its forms."""

    answer: TestResponse
    address: str

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def text(self) -> str:
        return self.answer.get_data(as_text=True)

    @property
    def tree(self) -> Any:
        return html.fromstring(self.text)

    @property
    def words(self) -> str:
        """What is read on it, scripts left out, white space joined."""
        tree = self.tree
        for script in tree.xpath("//script|//template"):
            script.drop_tree()
        return " ".join(" ".join(tree.itertext()).split())

    def form(self, action: str) -> Any:
        """The one form that is sent to *action* (its end is enough)."""
        found = [
            one
            for one in self.tree.forms
            if (one.get("action") or self.address).split("?")[0].endswith(action)
        ]
        assert len(found) == 1, [(one.method, one.get("action")) for one in self.tree.forms]
        return found[0]

    def links(self) -> list[str]:
        return [one.get("href") for one in self.tree.xpath("//a[@href]")]


@dataclass
class Visitor:
    """Somebody with a browser of their own."""

    client: FlaskClient
    seen: list[Sheet] = field(default_factory=list)

    def open(self, path: str, *, status: int = 200, **more: Any) -> Sheet:
        return self._arrive(self.client.get(path, base_url=SITE, **more), path, status)

    def send(
        self,
        sheet: Sheet,
        action: str,
        *,
        press: tuple[str, str] | None = None,
        status: int = 200,
        **said: Any,
    ) -> Sheet:
        """Send the form of *sheet* that goes to *action*, with *said* typed in; *press* is the button."""
        form = sheet.form(action)
        return self.post(form.get("action") or sheet.address, filled(form, said, press), status=status)

    def post(
        self, path: str, values: Any, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> Sheet:
        sent = {"Origin": SITE, "Sec-Fetch-Site": "same-origin"} if headers is None else dict(headers)
        if headers is None and self.seen:
            sent["Referer"] = SITE + self.seen[-1].address
        answer = self.client.post(path, data=values, base_url=SITE, headers=sent)
        return self._arrive(answer, path, status)

    def _arrive(self, answer: TestResponse, path: str, status: int) -> Sheet:
        for _ in range(MOST_HOPS):
            if answer.status_code not in (302, 303):
                break
            path = answer.headers["Location"].removeprefix(SITE)
            answer = self.client.get(path, base_url=SITE)
        assert answer.status_code == status, (
            f"{path}: {answer.status_code} {answer.get_data(as_text=True)[:3000]}"
        )
        sheet = Sheet(answer, path)
        self.seen.append(sheet)
        return sheet


def filled(form: Any, said: dict[str, Any], press: tuple[str, str] | None = None) -> MultiDict[str, Any]:
    """What *form* sends when *said* is typed in: only fields that are in it; files are (stream, name)."""
    values: MultiDict[str, Any] = MultiDict()
    here = {one.get("name") for one in form.xpath(".//input|.//select|.//textarea") if one.get("name")}
    assert set(said) <= here, f"not on the form: {set(said) - here}; there are {sorted(here)}"
    for name, value in form.form_values():
        if name not in said:
            values.add(name, value)
    for name, value in said.items():
        for one in value if isinstance(value, list) else [value]:
            values.add(name, one)
    if press is not None:
        assert form.xpath(f'.//button[@name="{press[0]}"]'), f"no button {press[0]}"
        values.add(*press)
    return values


Enter = Callable[..., Visitor]


@pytest.fixture
def app(door: Flask, house: House, town: Town) -> Flask:  # noqa: F811
    """The application in front of the town, its limits fresh."""
    door.extensions |= {"house": house, "throttles": throttle.shipped(), "traffic": Traffic()}
    door.config["MAX_CONTENT_LENGTH"] = house.settings.max_document + 1024 * 1024
    return door


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Somebody who has not signed in."""
    return Visitor(app.test_client())


@pytest.fixture
def enter(app: Flask, town: Town) -> Enter:  # noqa: F811
    """Sign somebody of the town in through the page, each in a browser of their own."""
    inside: dict[str, Visitor] = {}

    def come(login: str, *, again: bool = False) -> Visitor:
        if again or login not in inside:
            visitor = Visitor(app.test_client())
            visitor.send(visitor.open("/login"), "/login", login=login, password=town.password)
            inside[login] = visitor
        return inside[login]

    return come


@pytest.fixture
def stage(house: House, clock: MovableClock, app: Flask) -> Stage:  # noqa: F811
    """Scenario S1 waiting to be played through the JSON door, in the same house."""
    return staged(house, clock, app)
