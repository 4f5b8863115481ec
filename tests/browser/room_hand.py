"""Meetings held by hand: every act of a meeting by its page, as the person who does it, from the menu.

Nobody stays on the page of a room after an act: it polls, and the clock of a story is moved past every session.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page

from tests.browser.clicking import Clicking, Stuck, _expect_no_refusal, _refusal

Said = Mapping[str, Any]
PATH = re.compile(r"^/meetings/(?P<meeting>[0-9a-f-]{32,36})(?P<rest>/.*)$")
ITEM = re.compile(r"^/items/(?P<item>[0-9a-f-]{32,36})(?P<rest>/.*)$")
CALLED = re.compile(r"^/meetings/[0-9a-f-]{32,36}$")
ASKED_FIRST = re.compile(r"^console: Failed to load resource: the server responded with a status of 403 ")
"""What Chromium itself notes of a page that asks who is there before a decisive act."""


class RoomClicking(Clicking):
    """The hand of `clicking`, which holds meetings in their rooms, too."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.room = True

    def say(self, login: str | None, path: str, said: Said) -> Any:
        """Do an act of a meeting by its page; anything else as `Clicking` does."""
        if login is None or not path.startswith("/meetings"):
            return super().say(login, path, said)
        done = self._call(login, said) if path == "/meetings" else self._in_room(login, path, said)
        self.figures.acts += 1
        self.follow(self._to_meetings(self._page(login)))
        return done

    # -- where ------------------------------------------------------------------------------------------

    def _to_meetings(self, page: Page) -> Locator:
        return page.locator("nav.menu").get_by_role("link", name="会议", exact=True)

    def _meetings(self, login: str) -> Page:
        """Go to the list of meetings by the menu, signing in where the session went to sleep."""
        page = self._page(login)
        if self._to_meetings(page).count():
            self.follow(self._to_meetings(page))
        if urlsplit(page.url).path != "/meetings":
            self.follow(self._to_meetings(self.at(login)))
        return page

    def _meeting(self, login: str, meeting: str, end: str = "") -> Page:
        """Go to a meeting by the menu and the list."""
        page = self._meetings(login)
        self.follow(page.locator(f'#main a[href$="/meetings/{meeting}"]').first)
        if end == "minutes":
            self.follow(page.locator("#main").get_by_role("link", name="会议记录", exact=True))
        elif end:
            self.follow(page.locator(f'#agenda a[href$="/items/{end}"]'))
        return page

    def _in_room(self, login: str, path: str, said: Said) -> Any:
        found = PATH.match(path)
        if found is None:
            raise Stuck(f"there is no hand for {path}")
        meeting, rest = found["meeting"], found["rest"]
        on = ITEM.match(rest)
        if on is not None:
            return self._on_item(login, meeting, on["item"], on["rest"], said)
        return self._on_meeting(login, meeting, rest, said)

    # -- the meeting ------------------------------------------------------------------------------------

    def _call(self, login: str, said: Said) -> Any:
        page = self._meetings(login)
        self.follow(page.get_by_role("link", name="召集会议"))
        form = page.locator('#main form[action$="/meetings/new"]')
        self._enter(form, {"body_id": said["body_id"]})
        self.follow(form.get_by_role("button", name="换到该机构"))
        (item,) = said["items"]
        plain = {name: said[name] for name in ("title", "planned_at", "place", "chair_id", "recorder_id")}
        self._enter(form, plain | {f"items.0.{name}": value for name, value in item.items()})
        self.photograph(page, f"{login}-call")
        self.follow(form.get_by_role("button", name="下一步：核对"))
        self._expect_heading(page, "请核对后通知")
        self.photograph(page, f"{login}-call-check")
        self.follow(page.get_by_role("button", name="通知组成人员"))
        meeting = urlsplit(page.url).path.rpartition("/")[2]
        if not CALLED.search(urlsplit(page.url).path):
            raise Stuck(_refusal(page))
        seen = self.ask(login, f"/meetings/{meeting}")
        return {"meeting": seen["meeting"], "items": [one["item"] for one in seen["items"]]}

    def _on_meeting(self, login: str, meeting: str, rest: str, said: Said) -> Any:
        match rest.removeprefix("/").split("/"):
            case ["deliveries", delivery, "opening"]:
                item = next(
                    one["item"]["id"]
                    for one in self.ask(login, f"/meetings/{meeting}")["items"]
                    if any(paper["id"] == delivery for paper in one["deliveries"])
                )
                self._do(login, meeting, "open_material", delivery, end=item)
            case ["opinions", opinion, "reading"]:
                self._do(login, meeting, "read_out", opinion)
            case ["opening"]:
                self._do(login, meeting, "open_meeting")
                for guest in said["guests"]:
                    self._do(login, meeting, "admit", said=guest)
            case ["minutes"]:
                self._do(login, meeting, "draw_up_minutes", end="minutes")
                versions = self.ask(login, f"/meetings/{meeting}/minutes")["versions"]
                records = [one for one in versions if one["kind"] == "RECORD"]
                return {"record": max(records, key=lambda one: one["number"])}
            case ["minutes", "signatures"]:
                page = self._meeting(login, meeting, "minutes")
                shown = page.locator('form[action$="/acts/sign_minutes"] [name="sha256"]').input_value()
                if shown != said["sha256"]:
                    raise Stuck(f"the page offers to sign {shown}")
                self._press(page, login, "sign_minutes", "", {})
            case ["minutes", "settlement"]:
                self._do(login, meeting, "settle_minutes", end="minutes")
            case [one] if one in PLAIN:
                self._do(login, meeting, PLAIN[one], said=said)
            case _:
                raise Stuck(f"there is no hand for {rest}")
        return None

    def _on_item(self, login: str, meeting: str, item: str, rest: str, said: Said) -> Any:
        held = f"/meetings/{meeting}/items/{item}"
        match rest.removeprefix("/").split("/"):
            case ["deliveries"]:
                self._do(login, meeting, "deliver_materials", item, said, end=item)
                papers = self.ask(login, held)["deliveries"]
                return {"deliveries": [one for one in papers if one["document_id"] == said["document_id"]]}
            case ["opinions"]:
                self._do(login, meeting, "write_opinion", item, said, end=item)
            case ["dissent", "confirmation"]:
                self._do(login, meeting, "confirm_dissent", item, end="minutes")
            case ["votes"]:
                self._do(login, meeting, "open_vote", item, said)
                return {"votes": self.ask(login, held)["votes"]}
            case ["votes", "closing"]:
                self._do(login, meeting, "close_vote", item)
                return {"votes": self.ask(login, held)["votes"]}
            case ["votes", vote, "ballots"]:
                self._do(login, meeting, "cast", vote, said)
            case ["explanations"]:
                self._do(login, meeting, "explain", item, {"kind": "LEGAL_EXPLANATION", **said})
            case [one] if one in ON_ITEM:
                self._do(login, meeting, ON_ITEM[one], item, said)
            case _:
                raise Stuck(f"there is no hand for {rest}")
        return None

    # -- the hand ---------------------------------------------------------------------------------------

    def _do(
        self, login: str, meeting: str, verb: str, about: str = "", said: Said | None = None, end: str = ""
    ) -> None:
        self._press(self._meeting(login, meeting, end), login, verb, about, said or {})

    def _press(self, page: Page, login: str, verb: str, about: str, said: Said) -> None:
        """Fill the form of *verb* about *about* and send it; asked who is there, answer and send again."""
        form = self._form(page, verb, about)
        self._enter(form, said)
        self.photograph(page, f"{login}-{verb}")
        self._send(form)
        if page.get_by_role("link", name="在新窗口确认身份").count():
            self._prove(page)
            form = self._form(page, verb, about)
            self._kept(form, said)
            self._send(form)
        _expect_no_refusal(page)

    def _form(self, page: Page, verb: str, about: str) -> Locator:
        """Return the one form of *verb*, its fold opened; of two the person's own stands first."""
        found = page.locator(f'#main form[action$="/acts/{verb}"]')
        if about:
            found = found.filter(has=page.locator(f'input[name="about"][value="{about}"]'))
        if found.count() == 0:
            raise Stuck(f"no {verb} on {page.url}: {_refusal(page)}")
        folds = found.first.locator("xpath=ancestor::details[not(@open)]/summary")
        for number in range(folds.count()):
            self.click(folds.nth(number))
        return found.first

    def _send(self, form: Locator) -> None:
        self.follow(form.locator("button").last)

    def _enter(self, form: Locator, said: Said) -> None:
        for name, value in said.items():
            if value in (None, ""):
                continue
            control = form.locator(f'[name="{name}"]')
            if control.count() == 0:
                raise Stuck(f"{name} is not on the form: {form.page.url}")
            tag, kind = control.first.evaluate("one => [one.tagName, one.type]")
            typed = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
            self.figures.filled += 1
            if kind in ("radio", "checkbox"):
                mark = form.locator(f'[name="{name}"][value="{typed}"]')
                label = mark.locator("xpath=ancestor::label")
                self.click(label if label.count() else mark)
            elif tag == "SELECT":
                control.select_option(typed)
            else:
                control.fill(typed[:16] if kind == "datetime-local" else typed)

    def _kept(self, form: Locator, said: Said) -> None:
        """Enter again what a form asked a second time for; of words the page must have kept every one."""
        for name, value in said.items():
            control = form.locator(f'[name="{name}"]')
            if control.count() and control.first.evaluate("one => one.tagName") == "TEXTAREA":
                if control.input_value() != value:
                    raise Stuck(f"{name} was not kept: {form.page.url}")
            else:
                self._enter(form, {name: value})

    def _prove(self, page: Page) -> None:
        """Answer in the window the page offers, close it, and come back."""
        faults: list[str] = page.faults  # type: ignore[attr-defined]
        asked = next((one for one in faults if ASKED_FIRST.search(one)), None)
        if asked is not None:
            faults.remove(asked)
        with page.context.expect_page() as opened:
            self.click(page.get_by_role("link", name="在新窗口确认身份"))
        window = opened.value
        self._remember(window)
        window.wait_for_load_state("load")
        self._confirm(window)
        faults += window.faults  # type: ignore[attr-defined]
        window.close()


PLAIN: Mapping[str, str] = {"arrivals": "arrive", "leave": "ask_leave", "closing": "close_meeting"}
ON_ITEM: Mapping[str, str] = {
    "taking-up": "take_up_item", "report": "report_item", "statements": "speak", "waivers": "waive",
    "consents": "consent", "decision": "decide",
}  # fmt: skip
"""Last part of the address an act has at the JSON door -> the verb of its form."""
