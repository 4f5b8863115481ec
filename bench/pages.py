"""What a page costs the server with a thousand cases in the house: CPU of the process, best of several, on SQLite.

The cases are opened through the command, so each has its tasks and its log; one of them is played into the middle of
story S1. Every page of the menu is asked for by somebody who may see it.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from time import process_time

from decision_engine.app import create_app, open_house
from decision_engine.clock import MovableClock
from decision_engine.commands.cases import open_case
from decision_engine.demo import load_town, shipped_diagrams
from decision_engine.demo.s1 import S1
from decision_engine.work import Actor, House, standings_of, unit_of_work
from tests.api.conftest import put_in_force, staged
from tests.conftest import BEGINNING, cheap_settings

CASES, ROUNDS = 1000, 5
BUDGET = 150.0  # ms
SITE = "https://localhost"

PAGES: tuple[tuple[str, str], ...] = (
    ("secretary", "/"),
    ("secretary", "/?tab=done"),
    ("secretary", "/cases"),
    ("secretary", "/cases?page=40"),
    ("secretary", "/cases/new"),
    ("secretary", "/search?q=停车"),
    ("secretary", "/inbox"),
    ("secretary", "/me"),
    ("secretary", "/consultations"),
    ("secretary", "/cases/CASE"),
    ("secretary", "/cases/CASE/diagram"),
    ("secretary", "/cases/CASE/papers"),
    ("secretary", "/cases/CASE/records"),
    ("secretary", "/cases/CASE/opinions"),
    ("secretary", "/cases/CASE/trail"),
    ("auditor", "/cases/CASE/audit"),
    ("auditor", "/audit"),
    ("mayor", "/supervise"),
    ("mayor", "/stats"),
    ("mayor", "/meetings"),
    ("admin1", "/admin/definitions"),
    ("admin1", "/admin/people"),
    ("-", "/public"),
    ("-", "/public/CASE"),
)


def filled(folder: Path) -> tuple[House, str, str]:
    """Return a house with a thousand cases, the id of one in mid-story, and the password of everybody."""
    clock = MovableClock(BEGINNING)
    house = open_house(cheap_settings(folder), clock)
    town = load_town(house, deploy=False)
    put_in_force(house, shipped_diagrams(), town.persons["admin1"])
    with unit_of_work(house, as_actor=Actor(town.persons["secretary"], "苏文静")) as work:
        own = standings_of(work.session, town.persons["secretary"], work.today)
    secretary = Actor(town.persons["secretary"], "苏文静", own)
    for number in range(CASES):
        with unit_of_work(house, as_actor=secretary) as work:
            open_case(work, town.organ_id, f"第{number}号停车收费调整方案")
    stage = staged(house, clock)
    S1.play(stage, until="submit_review_package")
    return house, stage.case_id, town.password


def main() -> bool:
    """Print every page beside the budget; return whether all are within it."""
    with tempfile.TemporaryDirectory() as name:
        house, case_id, password = filled(Path(name))
        app = create_app(house=house)
        browsers = {login: _browser(app, login, password) for login in {login for login, _ in PAGES}}
        print(f"\na page's time on the server (CPU, best of {ROUNDS}) with {CASES} cases, SQLite")
        met = True
        for login, path in PAGES:
            address = path.replace("CASE", case_id)
            taken = min(_asked(browsers[login], address) for _ in range(ROUNDS))
            met &= taken <= BUDGET
            verdict = "ok" if taken <= BUDGET else "MISSED"
            print(f"  {login:10} {path:26} {taken:8.1f} ms   budget {BUDGET:6.0f} ms   {verdict}")
        house.engine.dispose()
    return met


def _browser(app, login, password):  # type: ignore[no-untyped-def]
    client = app.test_client()
    if login != "-":
        form = client.get("/login", base_url=SITE).text
        token = re.search(r'csrf_token" value="(\w+)"', form)
        said = {"login": login, "password": password, "csrf_token": token[1] if token else "", "next": "/"}
        assert client.post("/login", data=said, base_url=SITE).status_code == 303
    return client


def _asked(client, address: str) -> float:  # type: ignore[no-untyped-def]
    began = process_time()
    answer = client.get(address, base_url=SITE)
    taken = (process_time() - began) * 1000
    assert answer.status_code == 200, (address, answer.status_code)
    return taken


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
