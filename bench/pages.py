"""What every page costs with a thousand cases in the house: the server's CPU, and how long Chromium takes to load it.

The pages are those of `tests.itinerary`, which a test holds against the routes of the application: none is left out.
A thousand cases are opened through the command, so each has its step and its log; one more is played through story S1
while they wait, with its meetings. Criterion 9: an answer within 300 ms, a page loaded within 1.5 s; the server's own
share is held to half of that. Best of several, on SQLite; loading is measured where Chromium is installed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from playwright.sync_api import sync_playwright

from decision_engine.commands.cases import open_case
from decision_engine.work import Actor, standings_of, unit_of_work
from tests.browser.conftest import CHROMIUM
from tests.browser.watched import served
from tests.itinerary import ANYBODY, HEARING, MEETING, SITE, STOPS, Journey, cookie_of, journey, session_of

CASES, ROUNDS, LOADS = 1000, 4, 2
SERVER, ANSWER, LOAD = 150.0, 300.0, 1500.0
"""Milliseconds: CPU of the server, the whole answer, the page loaded."""
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"

Figures = dict[tuple[str, str, str], dict[str, float]]


def fill(town: Journey) -> None:
    """Open a thousand cases in the name of the secretary."""
    person = town.stage.person("secretary")
    with town.house.reading() as session:
        secretary = Actor(person, "苏文静", standings_of(session, person, town.house.clock.now().date()))
    for number in range(CASES):
        with unit_of_work(town.house, as_actor=secretary) as work:
            open_case(work, town.stage.town.organ_id, f"第{number}号停车收费调整方案")


def main() -> bool:
    """Print every page beside its budgets; return whether all are within them."""
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as name, journey(Path(name)) as town, browsing() as browser:
        fill(town)
        for when in (HEARING, MEETING):
            town.reach(when)
            measure(town, when, browser, figures)
    return told(figures)


def measure(town: Journey, when: str, browser: Any, figures: Figures) -> None:
    """Ask for every page of a moment, by the client and by the browser."""
    stops = [one for one in STOPS if one.when == when]
    sessions = {
        who: session_of(town.app, who, town.stage.town.password)
        for who in {one.who for one in stops} - {ANYBODY}
    }
    with served(town.app) as base:
        for stop in stops:
            address = town.address(stop.path)
            client = town.app.test_client()
            if stop.who != ANYBODY:
                client.set_cookie("__Host-decision", sessions[stop.who], domain="localhost", secure=True)
            asked = [answered(client, address, stop.status) for _ in range(ROUNDS)]
            found = {"server": min(cpu for cpu, _ in asked), "answer": min(wall for _, wall in asked)}
            if browser is not None:
                cookies = [cookie_of(sessions[stop.who])] if stop.who != ANYBODY else []
                found["load"] = loaded(browser, base + address, cookies)
            figures[when, stop.who, stop.path] = found


def answered(client: Any, address: str, status: int) -> tuple[float, float]:
    """Ask for a page; return milliseconds of CPU and of time."""
    cpu, wall = process_time(), perf_counter()
    answer = client.get(address, base_url=SITE)
    taken = (process_time() - cpu) * 1000, (perf_counter() - wall) * 1000
    assert answer.status_code == status, (address, answer.status_code)
    return taken


def loaded(browser: Any, address: str, cookies: list[Any]) -> float:
    """Return how long the browser takes until the page is loaded, its own files fetched anew; best of some."""
    best = float("inf")
    for _ in range(LOADS):
        context = browser.new_context(locale="zh-CN")
        context.add_cookies(cookies)
        page = context.new_page()
        page.goto(address, wait_until="load")
        page.wait_for_function(f"{LOADED} > 0")
        best = min(best, page.evaluate(LOADED))
        context.close()
    return best


@contextmanager
def browsing() -> Iterator[Any]:
    """Give Chromium, or nothing where it is not installed."""
    if not CHROMIUM.exists():
        print(f"{CHROMIUM} is missing: how long pages take to load is not measured")
        yield None
        return
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


def told(figures: Figures) -> bool:
    """Print the figures, and return whether every one is within its budget."""
    budgets = {"server": SERVER, "answer": ANSWER, "load": LOAD}
    print(f"\nevery page with {CASES} cases, SQLite; best of {ROUNDS}, of {LOADS} for loading; ms")
    print(f"  {'':50} {'CPU':>8} {'answer':>8} {'load':>8}   budgets {SERVER:.0f}, {ANSWER:.0f}, {LOAD:.0f}")
    met = True
    for (when, who, path), found in figures.items():
        within = all(value <= budgets[kind] for kind, value in found.items())
        met &= within
        shown = " ".join(f"{found[kind]:8.1f}" if kind in found else f"{'-':>8}" for kind in budgets)
        print(f"  {f'{when} {who} {path}':50} {shown}   {'ok' if within else 'MISSED'}")
    for kind in budgets:
        values = sorted(found[kind] for found in figures.values() if kind in found)
        if values:
            print(
                f"  {kind}: median {values[len(values) // 2]:.1f}, most {values[-1]:.1f}, of {len(values)} pages"
            )
    return met


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
