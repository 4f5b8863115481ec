"""The administration pages in a browser: a procedure proved, proposed and approved by clicks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from decision_engine.app import create_app, open_house
from decision_engine.clock import MovableClock
from decision_engine.demo import load_town, shipped_diagrams
from decision_engine.models import Body
from tests.browser.watched import served, violations
from tests.conftest import BEGINNING, cheap_settings

PATIENT = 60_000
"""Milliseconds a proof may take on a busy machine before a test gives up; what is waited for comes in one second."""


@dataclass
class Office:
    """The town behind its page door, and its two administrators signed in."""

    base: str
    ids: dict[str, str]
    cookies: dict[str, list[Any]]
    folder: Path

    def address(self, path: str) -> str:
        return self.base + path.format(**self.ids)

    def files(self, name: str, **swaps: str) -> list[str]:
        """The shipped diagrams in a folder *name*, with texts swapped."""
        made = self.folder / name
        made.mkdir()
        for file, data in shipped_diagrams().items():
            text = data.decode()
            for old, new in swaps.values():
                text = text.replace(old, new)
            (made / file).write_text(text, encoding="utf-8")
        return sorted(str(one) for one in made.iterdir())


@pytest.fixture(scope="module")
def office(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    house = open_house(cheap_settings(folder), MovableClock(BEGINNING))
    town = load_town(house)
    with served(create_app(house=house)) as base:
        cookies = {}
        for login in ("admin1", "admin2"):
            context = browser.new_context(locale="zh-CN")
            page = context.new_page()
            page.goto(f"{base}/login")
            page.get_by_label("登录名").fill(login)
            page.get_by_label("密码").fill(town.password)
            page.get_by_role("button", name="登录").click()
            expect(page).to_have_url(f"{base}/", timeout=PATIENT)
            cookies[login] = context.cookies()
            context.close()
        with house.reading() as session:
            body = session.scalars(select(Body.id).where(Body.organ_id == town.organ_id)).first()
        ids = {"person": town.persons["justice"], "body": body or ""}
        yield Office(base, ids, cookies, folder)
    house.engine.dispose()


def test_a_procedure_goes_from_the_counter_example_to_the_second_person(open_page, office: Office) -> None:
    wrong = office.files(
        "unlawful",
        meeting=(
            "in ('LEGAL', 'EXPLORATORY_RISK_STATED')",
            "in ('LEGAL', 'ILLEGAL', 'EXPLORATORY_RISK_STATED')",
        ),
        refused=("in ('ILLEGAL', 'NO_AUTHORITY')", "== 'NO_AUTHORITY'"),
    )
    page: Page = open_page(f"{office.base}/admin/definitions", cookies=office.cookies["admin1"])
    page.get_by_role("link", name="校验流程文件").click()
    page.get_by_label("流程文件（BPMN 2.0）").set_input_files(wrong)
    page.get_by_role("button", name="校验是否合法").click()
    expect(page.get_by_text("不能提交：")).to_be_visible(timeout=PATIENT)
    expect(page.locator("[data-canvas] .de-fault")).to_have_count(1, timeout=PATIENT)
    expect(page.locator(".path > .is-fault")).to_contain_text("问题在此")
    page.get_by_role("button", name="重大行政决策程序").click()
    expect(page.locator("[data-canvas] .de-taken").first).to_be_attached(timeout=PATIENT)
    assert violations(page) == []
    expect(page.get_by_role("button", name="提交，等待批准")).to_have_count(0)

    right = office.files("newer", end=("</bpmn:definitions>", "<!-- 2 --></bpmn:definitions>"))
    page.goto(f"{office.base}/admin/definitions/new")
    page.get_by_label("流程文件（BPMN 2.0）").set_input_files(right)
    page.get_by_role("button", name="校验是否合法").click()
    page.get_by_role("button", name="提交，等待批准").click(timeout=PATIENT)
    expect(page.get_by_role("button", name="批准")).to_have_attribute(
        "aria-disabled", "true", timeout=PATIENT
    )
    assert violations(page) == []

    second: Page = open_page(page.url, cookies=office.cookies["admin2"])
    second.get_by_role("link", name="批准", exact=True).click()
    expect(second.get_by_text("仍按第1版办完")).to_be_visible(timeout=PATIENT)
    assert violations(second) == []
    second.get_by_role("button", name="确认批准").click()
    expect(second.get_by_text("现行版本", exact=True)).to_be_visible(timeout=PATIENT)


def test_without_scripts_the_counter_example_is_still_drawn(open_page, office: Office) -> None:
    wrong = office.files("unlawful-still", meeting=("in ('ILLEGAL', 'NO_AUTHORITY')", "== 'NO_AUTHORITY'"))
    page: Page = open_page(
        f"{office.base}/admin/definitions/new", cookies=office.cookies["admin1"], scripts=False
    )
    page.get_by_label("流程文件（BPMN 2.0）").set_input_files(wrong)
    page.get_by_role("button", name="校验是否合法").click()
    expect(page.get_by_text("不能提交：")).to_be_visible(timeout=PATIENT)
    expect(page.locator("svg.drawn [data-state='fault']")).to_have_count(1)
    expect(page.locator("svg.drawn")).to_be_visible()
