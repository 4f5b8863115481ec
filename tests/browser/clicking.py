"""A stage on which every act is done by hand: people at browsers of their own, pressing what is on the page.

Guarantees
* Nothing is written but through pages: the JSON door is only asked (ids of people and papers), and says no to the rest.
* One browser context a person, kept; whose session went to sleep while the clock moved signs in again.
* A page that misbehaves (see `watched`) is remembered in `faults`; a refusal on a page is raised as `Stuck`.
* Every form is photographed filled in, and every check, in order, in *album*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, expect

from decision_engine.demo import Town
from decision_engine.demo.door import Door
from decision_engine.demo.stage import Stage, served
from decision_engine.work import House
from tests.browser.watched import watch

MOVED_ON = re.compile(r"/cases/[0-9a-f-]+$")
PUBLIC = "the public"


class Stuck(AssertionError):
    """A page said no, or did not offer what the story needs."""


@dataclass
class Figures:
    """What the hand did: clicks, controls filled in, pages that were loaded, people, photographs."""

    clicks: int = 0
    filled: int = 0
    pages: int = 0
    acts: int = 0
    photographs: int = 0
    signed_in: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{len(self.signed_in)} people signed in {sum(self.signed_in.values())} times, {self.acts} acts, "
            f"{self.clicks} clicks, {self.filled} controls filled in, {self.pages} pages, "
            f"{self.photographs} photographs"
        )


class ReadingDoor(Door):
    """The JSON door for those who only ask."""

    def post(self, path: str, said: Mapping[str, Any], token: str | None = None) -> Any:
        """Sign in; anything else is an act past the pages."""
        if path != "/session":
            raise Stuck(f"{path} would be done past the pages")
        return super().post(path, said, token)

    def _answer(self, *asked: Any) -> Any:
        self.close()  # minutes may lie between two questions, and the server hangs up on who is silent
        return super()._answer(*asked)

    def send_file(self, path: str, fields: Any, name: str, content: bytes, token: str) -> Any:
        raise Stuck(f"{path} would be done past the pages")


class Clicking(Stage):
    """The stage of `demo.stage` with its acts done in Chromium. *album*: folder of photographs, or none are taken."""

    def __init__(
        self, house: House, clock: Any, town: Town, port: int, browser: Browser, album: Path | None
    ) -> None:
        super().__init__(house, clock, town, ReadingDoor("127.0.0.1", port), lambda _: None)
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self.figures = Figures()
        self.receipts: list[str] = []
        self.title = ""
        self._browser = browser
        self._album = album
        self._pages: dict[str, Page] = {}

    # -- people at browsers ------------------------------------------------------------------------------

    def at(self, login: str) -> Page:
        """Return the page of *login* in a browser context of their own, signed in on the desk."""
        page = self._page(login)
        menu = page.locator("nav.menu").get_by_role("link", name="我的待办")
        if menu.count() == 0:
            self._load(page, "/")
        else:
            self.follow(menu)
        if urlsplit(page.url).path == "/login":
            self._sign_in(page, login)
        return page

    def close(self) -> None:
        """Close every browser context."""
        for page in self._pages.values():
            page.context.close()
        self._pages.clear()
        self._door.close()

    def _page(self, who: str) -> Page:
        if who not in self._pages:
            context = self._browser.new_context(
                viewport={"width": 1366, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai",
                reduced_motion="reduce",
            )  # fmt: skip
            context.set_default_timeout(20_000)
            page = context.new_page()
            self._remember(page)
            page.on("load", self._count)
            self._pages[who] = page
        return self._pages[who]

    def _remember(self, page: Page) -> None:
        page.faults = watch(page, urlsplit(self.base).netloc)  # type: ignore[attr-defined]

    def _count(self, _page: Page) -> None:
        self.figures.pages += 1

    def _sign_in(self, page: Page, login: str) -> None:
        page.get_by_label("登录名").fill(login)
        page.get_by_label("密码").fill(self.town.password)
        self.follow(page.get_by_role("button", name="登录", exact=True))
        expect(page).to_have_url(f"{self.base}/")
        self.figures.filled += 2
        self.figures.signed_in[login] = self.figures.signed_in.get(login, 0) + 1

    def _load(self, page: Page, path: str) -> None:
        page.goto(self.base + path)

    def click(self, target: Locator) -> None:
        """Press what is there once, as somebody who looks at the page."""
        target.click()
        self.figures.clicks += 1

    def follow(self, target: Locator) -> None:
        """Press what leads to another page, and wait until that is there."""
        with target.page.expect_navigation(wait_until="load"):
            target.click()
        self.figures.clicks += 1

    def photograph(self, page: Page, what: str) -> None:
        """Keep how *page* looks now, from top to bottom."""
        if self._album is None:
            return
        self.figures.photographs += 1
        name = f"{self.figures.photographs:03}-{what}.png"
        page.evaluate("scrollTo(0, 0)")  # else the head, which stays in sight, lies across the picture
        page.screenshot(path=self._album / name, full_page=True, animations="disabled")

    def all_faults(self) -> list[str]:
        """Return what any page did that none may do, by whose page."""
        return [f"{who}: {one}" for who, page in self._pages.items() for one in page.faults]  # type: ignore[attr-defined]

    def forgive(self) -> None:
        """Forget the faults noticed so far: they were provoked on purpose."""
        for page in self._pages.values():
            page.faults.clear()  # type: ignore[attr-defined]

    # -- acts --------------------------------------------------------------------------------------------

    def open_case(self, login: str, title: str, **more: Any) -> str:
        """Open the case by 启动决策事项: form, check, confirmation."""
        page = self.at(login)
        self.follow(page.locator("nav.menu").get_by_role("link", name="决策事项"))
        self.follow(page.get_by_role("link", name="启动决策事项"))
        page.get_by_label("决策机关").select_option(self.town.organ_id)
        page.get_by_label("事项名称").fill(title)
        self.figures.filled += 2
        self.photograph(page, f"{login}-open-case")
        self.follow(page.get_by_role("button", name="直接核对"))
        self.photograph(page, f"{login}-open-case-check")
        self.follow(page.get_by_role("button", name="确认启动"))
        expect(page).to_have_url(MOVED_ON)
        self.case_id, self.title = urlsplit(page.url).path.rpartition("/")[2], title
        self.figures.acts += 1
        return self.case_id

    def complete(self, login: str, step: str, answers: Mapping[str, Any], **more: Any) -> Any:
        """Do *step* from the desk: 办理, the form, 下一步：核对, 确认办结."""
        if more:
            raise Stuck(f"the hand does not know how to say {sorted(more)}")
        waiting = self.waiting(login, step)
        if not waiting:
            raise LookupError(
                f"{login} has no task {step}; waiting: {sorted(map(str, self.steps_waiting()))}"
            )
        page = self.at(login)
        name = waiting[0]["name"]
        todo = page.get_by_role("link", name=f"办理：{self.title} {name}", exact=True)
        if todo.count() == 0:
            raise Stuck(f"{login} does not see {name} on the desk: {_words(page)}")
        self.follow(todo.first)
        self._fill(page, answers, "")
        self.photograph(page, f"{login}-{step}")
        self.follow(page.get_by_role("button", name="下一步：核对"))
        self._expect_heading(page, "请核对后办结")
        self.photograph(page, f"{login}-{step}-check")
        self.follow(page.get_by_role("button", name="确认办结"))
        if urlsplit(page.url).path == "/confirm":
            self._confirm(page)
            self._expect_heading(page, "请核对后办结")
            self.follow(page.get_by_role("button", name="确认办结"))
        self._expect_case(page)
        self.figures.acts += 1
        return None

    def file(
        self, login: str, code: str, title: str, text: str, *, name: str = "", public: bool = False
    ) -> str:
        """Upload a paper on the case's page of papers."""
        page = self.papers_page(login)
        before = _papers_on(page)
        page.get_by_label("文件名称").fill(title)
        page.get_by_label("归入卷宗的哪一项").select_option(code)
        if public:
            self.click(page.get_by_role("checkbox", name="向社会公开"))
        self._upload(page, f"{title}\n\n{text}\n")
        new = _papers_on(page) - before
        if len(new) != 1:
            raise Stuck(f"{title}: {len(new)} new papers")
        document = new.pop()
        self.papers[name or code] = document
        self.papers.setdefault(code, document)
        return document

    def revise(self, login: str, name: str, text: str) -> None:
        """Upload a new version of a paper."""
        page = self.papers_page(login)
        page.get_by_label("作为哪份文件的新版本").select_option(self.papers[name])
        self._upload(page, f"{text}\n")

    def comment(self, text: str) -> None:
        """Write a comment on the public page, and keep its receipt."""
        page = self.public_page("/public")
        self.follow(page.locator("#open li a").first)
        page.get_by_label("您的意见").fill(text)
        self.follow(page.get_by_role("button", name="提交意见"))
        receipt = page.locator(".receipt code")
        expect(receipt).to_be_visible()
        self.receipts.append(receipt.inner_text())
        if len(self.receipts) == 1:
            self.photograph(page, "public-receipt")
        self.figures.filled += 1
        self.figures.acts += 1

    def public_page(self, path: str) -> Page:
        """Open *path* as somebody who is not signed in."""
        page = self._page(PUBLIC)
        self._load(page, path)
        return page

    def say(self, login: str | None, path: str, said: Mapping[str, Any]) -> Any:
        """Register an opinion that came on paper; the stories say nothing else directly."""
        if login is None or path != f"/cases/{self.case_id}/comments":
            raise Stuck(f"there is no hand for {path}")
        page = self._page(login)
        if not page.url.endswith(f"/cases/{self.case_id}/opinions"):
            self.case_page(login)
            self._tab(page, "意见")
        page.get_by_label("途径").select_option(said["channel"])
        page.get_by_label("意见原文").fill(said["text"])
        self.follow(page.get_by_role("button", name="登记意见"))
        _expect_no_refusal(page)
        self.figures.filled += 2
        self.figures.acts += 1
        return None

    def case_page(self, login: str) -> Page:
        """Go to the case by the menu and the list."""
        page = self.at(login)
        self.follow(page.locator("nav.menu").get_by_role("link", name="决策事项"))
        self.follow(page.get_by_role("link", name=self.title, exact=True).first)
        expect(page).to_have_url(MOVED_ON)
        return page

    def papers_page(self, login: str) -> Page:
        """Go to the papers of the case."""
        page = self._page(login)
        self.case_page(login)
        self._tab(page, "文件")
        return page

    # -- the hand ----------------------------------------------------------------------------------------

    def _tab(self, page: Page, name: str) -> None:
        self.follow(
            page.get_by_role("navigation", name="案件内容").get_by_role("link", name=name, exact=True)
        )

    def _upload(self, page: Page, text: str) -> None:
        paper = {"name": "document.txt", "mimeType": "text/plain", "buffer": text.encode()}
        page.locator("#f-file").set_input_files(paper)  # type: ignore[arg-type]
        self.figures.filled += 3
        self.follow(page.get_by_role("button", name="上传", exact=True))
        _expect_no_refusal(page)
        self.figures.acts += 1

    def _confirm(self, page: Page) -> None:
        page.get_by_label("密码或动态口令").fill(self.town.password)
        self.figures.filled += 1
        self.photograph(page, "confirm")
        self.follow(page.get_by_role("button", name="确认并继续"))

    def _fill(self, page: Page, answers: Mapping[str, Any], path: str) -> None:
        for name, value in answers.items():
            here = f"{path}{name}"
            if isinstance(value, Mapping):
                self._fill(page, value, f"{here}.")
            elif isinstance(value, list | tuple):
                self._fill_list(page, value, here)
            elif value not in (None, ""):
                self._put(page, here, value)

    def _fill_list(self, page: Page, values: Any, path: str) -> None:
        """Check the marks of a list, or add rows until there are enough and fill them in."""
        listing = page.locator(f'[data-listing="{path}"]')
        if values and listing.count() == 0:
            for one in values:
                self._put(page, path, one)
            return
        rows = listing.locator(":scope > [data-rows] > [data-row]")
        for number, one in enumerate(values):
            if rows.count() <= number:
                self.click(listing.locator(":scope > .button"))
            if isinstance(one, Mapping):
                self._fill(page, one, f"{path}.{number}.")
            else:
                self._put(page, f"{path}.{number}", one)

    def _put(self, page: Page, path: str, value: Any) -> None:
        """Set the control *path* to *value*, by what kind of control the page shows."""
        control = page.locator(f'form[data-draft] [name="{path}"]')
        if control.count() == 0:
            raise Stuck(f"{path} is not on the form: {page.url}")
        tag, kind = control.first.evaluate("one => [one.tagName, one.type]")
        said = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else str(value)
        self.figures.filled += 1
        folds = control.first.locator("xpath=ancestor::details[not(@open)]/summary")
        for number in range(folds.count()):
            self.click(folds.nth(number))
        if kind in ("radio", "checkbox"):
            mark = page.locator(f'form[data-draft] [name="{path}"][value="{said}"]')
            if not mark.is_checked():
                self.click(mark)
        elif tag == "SELECT":
            control.select_option(said)
        else:
            control.fill(said[:16] if kind == "datetime-local" else said)

    def _expect_heading(self, page: Page, words: str) -> None:
        if page.get_by_role("heading", name=words).count() == 0:
            raise Stuck(f"no {words}: {_refusal(page)}")

    def _expect_case(self, page: Page) -> None:
        if not MOVED_ON.search(urlsplit(page.url).path):
            raise Stuck(f"not handed in, at {page.url}: {_refusal(page)}")


Hand = TypeVar("Hand", bound=Clicking)


def _papers_on(page: Page) -> set[str]:
    """Return the ids of the papers listed on *page*."""
    found = page.locator('#papers a[href^="/documents/"]').evaluate_all("all => all.map(a => a.pathname)")
    return {one.split("/")[2] for one in found}


def _words(page: Page) -> str:
    return page.locator("#main").inner_text()[:1500]


def _expect_no_refusal(page: Page) -> None:
    if page.locator('#main [role="alert"]').count():
        raise Stuck(_refusal(page))


def _refusal(page: Page) -> str:
    alerts = page.locator('#main [role="alert"]').all_inner_texts()
    return "\n".join(alerts) or _words(page)


@contextmanager
def clicked(
    house: House, clock: Any, town: Town, browser: Browser, album: Path | None, hand: type[Hand]
) -> Iterator[Hand]:
    """Serve *house* by waitress on a free port and give the stage; no page may have misbehaved at the end."""
    if album is not None:
        album.mkdir(parents=True, exist_ok=True)
        for old in album.glob("*.png"):
            old.unlink()
    with served(house) as port:
        stage = hand(house, clock, town, port, browser, album)
        try:
            yield stage
            if faults := stage.all_faults():
                raise Stuck("\n".join(faults))
        finally:
            stage.close()
