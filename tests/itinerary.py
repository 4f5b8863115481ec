"""Every page of the house, and a town in which each has something to show: for browsers and for the clock of `bench`.

Guarantees
* `missing(app)` names every GET route that is neither on the itinerary nor, with its reason, in `NO_PAGES`,
  so a new page cannot be forgotten.
* The town is played once, forward: first while the public is heard, then while the mayor's office meets. What is
  only shown after a form was sent is reached by the browser's test itself, which counts templates, not only routes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from decision_engine import process
from decision_engine.access import Actor
from decision_engine.api import throttle
from decision_engine.app import create_app, open_house
from decision_engine.calendar import statutory_days
from decision_engine.clock import MovableClock
from decision_engine.commands import drafts
from decision_engine.demo import load_town, shipped_diagrams
from decision_engine.demo.s1 import S1, beginning
from decision_engine.demo.stage import Stage
from decision_engine.models import Body, Comment, Definition, DefinitionFile
from decision_engine.web import door
from decision_engine.work import House, standings_of, unit_of_work
from tests.api.conftest import put_in_force, staged
from tests.api.meeting_hall import Assembly
from tests.conftest import BEGINNING, cheap_settings

HEARING, MEETING = "hearing", "meeting"
ANYBODY = "-"
SITE = "https://localhost"


@dataclass(frozen=True, slots=True)
class Stop:
    """A page: when, seen by whom (sign-in name, or `ANYBODY`), its address with places in braces, its answer."""

    when: str
    who: str
    path: str
    status: int = 200


STOPS = (
    # while the public is heard
    Stop(HEARING, ANYBODY, "/login"),
    Stop(HEARING, ANYBODY, "/public"),
    Stop(HEARING, ANYBODY, "/public/{case}"),
    Stop(HEARING, ANYBODY, "/public/receipt"),
    Stop(HEARING, ANYBODY, "/public/receipt?code={receipt}"),
    Stop(HEARING, ANYBODY, "/accessibility"),
    Stop(HEARING, ANYBODY, "/public/nothing", 404),
    Stop(HEARING, "officer", "/consultations"),
    Stop(HEARING, "officer", "/cases/{case}/opinions"),
    Stop(HEARING, "officer", "/tasks/{task}"),
    Stop(HEARING, "secretary", "/cases/{case}"),
    Stop(HEARING, "officer", "/login/code"),
    Stop(HEARING, "officer", "/login/password"),
    # while the mayor's office meets
    Stop(MEETING, ANYBODY, "/public"),
    Stop(MEETING, ANYBODY, "/public/{case}"),
    Stop(MEETING, "secretary", "/"),
    Stop(MEETING, "secretary", "/?tab=done"),
    Stop(MEETING, "secretary", "/?tab=finished"),
    Stop(MEETING, "secretary", "/?tab=copies"),
    Stop(MEETING, "secretary", "/?tab=urged"),
    Stop(MEETING, "secretary", "/inbox"),
    Stop(MEETING, "secretary", "/cases"),
    Stop(MEETING, "secretary", "/cases/new"),
    Stop(MEETING, "secretary", "/search?q=%E6%9D%91"),
    Stop(MEETING, "secretary", "/me"),
    Stop(MEETING, "secretary", "/me/delegations"),
    Stop(MEETING, "secretary", "/confirm"),
    Stop(MEETING, "secretary", "/cases/{case}"),
    Stop(MEETING, "secretary", "/cases/{case}/diagram"),
    Stop(MEETING, "secretary", "/cases/{case}/papers"),
    Stop(MEETING, "secretary", "/cases/{case}/records"),
    Stop(MEETING, "secretary", "/cases/{case}/opinions"),
    Stop(MEETING, "secretary", "/cases/{case}/meetings"),
    Stop(MEETING, "secretary", "/cases/{case}/trail"),
    Stop(MEETING, "secretary", "/tasks/{late}"),
    Stop(MEETING, "secretary", "/tasks/{fresh}/check"),
    Stop(MEETING, "secretary", "/nothing", 404),
    Stop(MEETING, "secretary", "/cases/" + "0" * 32, 404),
    Stop(MEETING, "officer", "/audit", 403),
    Stop(MEETING, "auditor", "/cases/{case}/audit"),
    Stop(MEETING, "auditor", "/audit"),
    Stop(MEETING, "archivist", "/archive"),
    Stop(MEETING, "archivist", "/archive/{case}"),
    Stop(MEETING, "mayor", "/supervise"),
    Stop(MEETING, "mayor", "/stats"),
    Stop(MEETING, "mayor", "/meetings"),
    Stop(MEETING, "mayor", "/meetings/statistics"),
    Stop(MEETING, "mayor", "/meetings/{meeting}"),
    Stop(MEETING, "mayor", "/meetings/{meeting}/minutes"),
    Stop(MEETING, "mayor", "/meetings/{held}"),
    Stop(MEETING, "mayor", "/meetings/{held}/minutes"),
    Stop(MEETING, "mayor", "/meetings/{held}/minutes/record/1"),
    Stop(MEETING, "mayor", "/meetings/{held}/items/{held_item}"),
    Stop(MEETING, "deputy2", "/meetings/{meeting}"),
    Stop(MEETING, "deputy2", "/meetings/{meeting}/screen"),
    Stop(MEETING, "deputy2", "/meetings/{meeting}/items/{item}"),
    Stop(MEETING, "recorder", "/meetings/{meeting}"),
    Stop(MEETING, "director", "/meetings/new"),
    Stop(MEETING, "admin1", "/admin/definitions"),
    Stop(MEETING, "admin1", "/admin/definitions/{definition}"),
    Stop(MEETING, "admin1", "/admin/definitions/{proposed}/decision"),
    Stop(MEETING, "admin1", "/admin/definitions/{small}/proof"),
    Stop(MEETING, "admin1", "/admin/definitions/new"),
    Stop(MEETING, "admin1", "/admin/people"),
    Stop(MEETING, "admin1", "/admin/people/{person}"),
    Stop(MEETING, "admin1", "/admin/people/new"),
    Stop(MEETING, "admin1", "/admin/organs"),
    Stop(MEETING, "admin1", "/admin/bodies"),
    Stop(MEETING, "admin1", "/admin/bodies/new"),
    Stop(MEETING, "admin1", "/admin/bodies/{body}"),
    Stop(MEETING, "admin1", "/admin/calendar"),
    Stop(MEETING, "admin1", "/admin/calendar/notices/new"),
    Stop(MEETING, "admin1", "/admin/calendar/notices/{notice}"),
    Stop(MEETING, "admin1", "/admin/parameters"),
    Stop(MEETING, "admin1", "/admin/rules"),
    Stop(MEETING, "admin1", "/admin/rules/R-713-26-3"),
    Stop(MEETING, "admin1", "/admin/incidents"),
    Stop(MEETING, "admin1", "/api/docs"),
    Stop(MEETING, "admin1", "/styleguide"),
)

NO_PAGES = {
    "static.hand_out": "the assets of the pages",
    "health.alive": "a word for machines",
    "health.ready": "a word for machines",
    "health.metrics": "figures for machines",
    "display.change": "sends the browser back to where it was",
    "paperwork.download": "a file",
    "paperwork.record_paper": "a file",
    "public.document": "a file",
    "procedures.file": "a file",
    "auditing.bundle_file": "a file",
    "archives.catalogue_file": "a file",
    "archives.set_file": "a file",
    "listing.export": "a file",
    "supervision.export": "a file",
    "sittings.live": "the part of the room that is asked for again and again",
    "sittings.screen_live": "the part of the screen that is asked for again and again",
}
"""Endpoints that answer GET and are no page to open, each with the reason."""


def endpoint_of(app: Flask, path: str) -> str:
    """Return the endpoint behind an address of the itinerary; nothing where there is none."""
    filled = path.partition("?")[0].format_map(_Anything())
    try:
        return str(app.url_map.bind("localhost").match(filled, method="GET")[0])
    except HTTPException:
        return ""


class _Anything(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "0" * 32


def missing(app: Flask, stops: tuple[Stop, ...] = STOPS) -> set[str]:
    """Return the endpoints of *app* that answer GET with a page nobody visits."""
    routes = {
        one.endpoint
        for one in app.url_map.iter_rules()
        if "GET" in (one.methods or ()) and not one.rule.startswith("/api/v1")
    }
    return routes - {endpoint_of(app, one.path) for one in stops} - set(NO_PAGES)


@dataclass
class Journey:
    """The town behind its doors, and the ids that stand in the addresses."""

    stage: Stage
    app: Flask
    ids: dict[str, str] = field(default_factory=dict)
    now: str = ""
    meeting: Assembly | None = None
    raced: str = ""

    @property
    def house(self) -> House:
        return self.stage.house

    def address(self, path: str) -> str:
        return path.format_map(self.ids)

    def reach(self, when: str) -> None:
        """Play on to *when*; nothing if it is there. Raises `LookupError` when it lies behind."""
        if when == self.now:
            return
        if when == HEARING and not self.now:
            self._to_hearing()
        elif when == MEETING:
            self.reach(HEARING) if not self.now else None
            self._to_meeting()
        else:
            raise LookupError(f"{when} is over")
        self.now = when

    def cookie(self, login: str) -> str:
        """Return the session of *login*, signed in through the page now."""
        return session_of(self.app, login, self.stage.town.password)

    def hand_in_raced(self) -> None:
        """Hand the step at `/tasks/{raced}` in, past whoever has it open."""
        kept, self.stage.case_id = self.stage.case_id, self.raced
        self.stage.complete("secretary", "register_proposal", beginning.proposal())
        self.stage.case_id = kept

    def _to_hearing(self) -> None:
        stage = self.stage
        stage.open_case("secretary", "另一件拖了很久的事项")
        self.ids["late"] = stage.waiting("secretary", "register_proposal")[0]["id"]
        S1.play(stage, until="comments_on_paper")
        stage.move_to("2026-03-16 09:00")
        self.ids["case"] = stage.case_id
        with self.house.reading() as session:
            self.ids["receipt"] = session.scalars(select(Comment.receipt).limit(1)).one()
        self.ids["task"] = stage.waiting("officer", "hold_symposium")[0]["id"]

    def _to_meeting(self) -> None:
        stage = self.stage
        stage.room = True
        S1.play(stage, start="comments_on_paper", until="report_party_committee")
        held = stage.pages("auditor", "/meetings")[0]["id"]
        seen = stage.ask("auditor", f"/meetings/{held}")
        self.ids |= {"held": held, "held_item": seen["items"][0]["item"]["id"]}
        self._handling()
        self._administering()
        self.meeting = meeting = Assembly(stage)
        meeting.call(
            "2026-05-11 09:00",
            {"title": "道路维修经费", "category": "LARGE_FUNDS"},
            {"title": "信访", "category": "ORDINARY"},
        )
        stage.move_to("2026-05-11 09:00")
        meeting.opens(
            "mayor", "deputy1", "deputy2", "deputy3", "deputy4", "deputy5", absent={"deputy6": "病假"}
        )
        meeting.report()
        meeting.discuss("deputy1", "deputy4", deputy4=("DISAGREE", "资金缺口较大，建议先落实来源。"))
        self.ids |= {"meeting": meeting.id, "item": meeting.items[0]}

    def _handling(self) -> None:
        """A view asked for, a copy, a reminder: what fills the other tabs of a desk."""
        stage, late, case = self.stage, self.ids["late"], self.ids["case"]
        stage.say("secretary", f"/tasks/{late}/claim", {})
        asked = {"persons": [stage.person("director")], "question": "是否属于重大事项？"}
        stage.say("secretary", f"/tasks/{late}/countersigns", asked)
        stage.say("director", f"/tasks/{late}/urgings", {"note": "请抓紧办理。"})
        stage.say(
            "director", f"/cases/{case}/copies", {"persons": [stage.person("secretary")], "note": "供参阅。"}
        )
        for place, title in (("fresh", "全镇公共停车收费调整方案"), ("raced", "校车线路调整方案")):
            stage.open_case("secretary", title)
            self.ids[place] = stage.waiting("secretary", "register_proposal")[0]["id"]
        self.raced = stage.case_id
        stage.case_id = case
        who = Actor(stage.person("secretary"), "苏文静")
        with self.house.reading() as session:
            who = replace(who, standings=standings_of(session, who.person_id, self.house.clock.now().date()))
        with unit_of_work(self.house, as_actor=who) as work:
            drafts.keep_draft(work, self.ids["fresh"], beginning.proposal())

    def _administering(self) -> None:
        """A version that waits for its second person, a notice of days off that does, people and bodies."""
        stage = self.stage
        days = [{"day": day.isoformat(), "kind": "holiday"} for day in sorted(statutory_days(2026))]
        notice = {
            "document_no": "国办发明电〔2025〕7号",
            "issued_on": "2025-11-04",
            "year": 2026,
            "days": days,
        }
        made = stage.say("admin2", "/calendar/notices", notice)
        with self.house.reading() as session:
            body = session.scalars(select(Body.id).where(Body.organ_id == stage.town.organ_id)).first()
        newer = {name: data + b"<!-- 2 -->" for name, data in shipped_diagrams().items()}
        self.ids |= {
            "person": stage.person("justice"),
            "body": body or "",
            "notice": made["notice"]["id"],
            "small": put_in_force(self.house, MEETING_ALONE, stage.person("admin1")),
            "proposed": _proposed(self.house, newer, stage.person("admin2")),
        }


def session_of(app: Flask, login: str, password: str) -> str:
    """Sign somebody in through the page, and return what the cookie of the session holds."""
    client = app.test_client()
    token = re.search(r'csrf_token" value="(\w+)"', client.get("/login", base_url=SITE).text)
    assert token is not None
    said = {"login": login, "password": password, "csrf_token": token[1], "next": "/"}
    assert client.post("/login", data=said, base_url=SITE).status_code == 303
    found = client.get_cookie(door.COOKIE, "localhost")
    assert found is not None
    return str(found.value)


def cookie_of(session: str) -> dict[str, Any]:
    """Return a session as a browser is given it."""
    about = {"domain": "127.0.0.1", "path": "/", "secure": True, "httpOnly": True}
    return {"name": door.COOKIE, "value": session, **about}


MEETING_ALONE = {"collective_meeting.bpmn": shipped_diagrams()["collective_meeting.bpmn"]}


def _proposed(house: House, files: dict[str, bytes], by: str) -> str:
    """Propose a procedure as if it had just been proved, which takes a second and is no concern of these tests."""
    definition = process.compile_definition(process.read(files))
    main = next(one for one in definition.diagram.processes if one.id == definition.diagram.main)
    row = Definition(
        hash=definition.hash, process=main.id, name=main.name, profile=main.profile, version=2, status="PROPOSED",
        proposed_at=house.clock.now(), proposed_by=by,
    )  # fmt: skip
    with house.writing() as session, session.begin():
        session.add(row)
        session.flush()
        session.add_all(
            DefinitionFile(definition_hash=definition.hash, name=name, content=content)
            for name, content in files.items()
        )
    return definition.hash


@contextmanager
def journey(folder: Path) -> Iterator[Journey]:
    """Found the town in *folder*, with nothing played yet."""
    house = open_house(cheap_settings(folder), MovableClock(BEGINNING))
    town = load_town(house, deploy=False)
    app = create_app(house=house)
    app.extensions["throttles"] = throttle.shipped()
    made = Journey(staged(house, house.clock, app), app)
    made.ids["definition"] = put_in_force(house, shipped_diagrams(), town.persons["admin1"])
    try:
        yield made
    finally:
        house.engine.dispose()
