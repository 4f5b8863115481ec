"""Default deny: what is not on the short list answers nobody who has not signed in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from decision_engine import web
from decision_engine.api import identity
from decision_engine.api.room import Room
from decision_engine.app import create_app
from decision_engine.demo import Town
from decision_engine.models import Case, DocumentVersion, Event, FactorReset, Record, Task
from decision_engine.web import assets, styleguide
from decision_engine.work import House
from tests.api import meeting_writes
from tests.api.conftest import Caller, SignIn
from tests.api.meeting_hall import Assembly, meeting_in_force

NOBODYS = "de_" + "x" * 43
SOMETHING = "0" * 32
PAGES = {page.name for page in (*web.PAGES, assets.static, styleguide.styleguide)}


def operations(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Yield every rule but the pages' with each of its methods and an address that fits it.

    The pages are walked through in `tests/web/test_door.py`: all that does not lie below `/api/`.
    """
    for rule in app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in PAGES and not rule.rule.startswith("/api/v1/"):
            continue
        address = "/".join(
            ("1" if part.startswith("<int") else SOMETHING) if part.startswith("<") else part
            for part in rule.rule.split("/")
        )
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, address


def open_to_strangers(app: Flask, token: str | None) -> set[str]:
    """Return the endpoints that do not tell a stranger (or the holder of a made-up token) to sign in."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = app.test_client()
    return {
        rule.endpoint
        for rule, method, address in operations(app)
        if client.open(address, method=method, headers=headers).status_code != 401
    }


@pytest.mark.parametrize("token", [None, NOBODYS], ids=["no token", "made-up token"])
def test_only_the_listed_routes_are_open(app: Flask, token: str | None) -> None:
    assert open_to_strangers(app, token) <= identity.OPEN


def test_every_listed_route_exists(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} >= identity.OPEN


def test_a_forgotten_route_would_be_found(house: House) -> None:
    """The walk itself is tried: a route beside the rooms, open by mistake, does not pass it."""
    app = create_app(house=house)
    app.add_url_rule("/api/v1/forgotten", "forgotten", lambda: "secret")
    assert "forgotten" in open_to_strangers(app, NOBODYS) - identity.OPEN


def test_a_room_opens_nothing_that_is_not_listed() -> None:
    room = Room("attic", "阁楼", "Attic")
    with pytest.raises(LookupError, match=r"attic\.window"):

        @room.open_("GET", "/window", "窗", "A window")
        def window() -> None:
            raise AssertionError


def test_a_stranger_is_not_told_what_is_wrong_with_a_request(stranger: Caller) -> None:
    for token in (None, NOBODYS):
        caller = Caller(stranger.client, token)
        assert caller.post("/cases", {"nonsense": True}).status_code == 401
        assert caller.call("POST", "/cases", data=b"{", content_type="application/json").status_code == 401
        assert caller.get("/cases", page="minus one").status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic c2VjcmV0YXJ5Og==",
        "Bearer de_",
        "Bearer \x00",
        "Bearer 决" * 50,
        "de_" + "x" * 43,
    ],
)
def test_what_is_no_bearer_token_is_nobodys(stranger: Caller, header: str) -> None:
    answer = stranger.call("GET", "/me", headers={"Authorization": header.encode("utf-8").decode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_five_wrong_passwords_lock_the_account_for_a_while(stranger: Caller, town: Town) -> None:
    wrong = {"login": "secretary", "password": "wrong password"}
    for _ in range(5):
        assert stranger.post("/session", wrong).status_code == 401
    locked = stranger.post("/session", {"login": "secretary", "password": town.password})
    assert locked.status_code == 429
    assert int(locked.headers["Retry-After"]) > 0


def test_an_address_that_keeps_guessing_is_slowed_down(app: Flask, stranger: Caller) -> None:
    app.extensions["throttles"]["sign-in"].burst = 3
    for number in range(3):
        stranger.post("/session", {"login": f"nobody{number}", "password": "guess"})
    answer = stranger.post("/session", {"login": "somebody", "password": "guess"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_people_of_another_organ_find_nothing(sign_in: SignIn, case_id: str, house: House) -> None:
    other = sign_in("district")
    task_id = sign_in("secretary").get("/tasks").json["items"][0]["task"]["id"]
    parts = (
        "",
        "/tasks",
        "/records",
        "/events",
        "/accountability",
        "/exceptions",
        "/tracing",
        "/measures",
        "/findings",
        "/diagram",
        "/documents",
        "/comments",
    )
    for address in (*(f"/cases/{case_id}{part}" for part in parts), f"/tasks/{task_id}"):
        assert other.get(address).status_code == 404, address
    assert other.post(f"/tasks/{task_id}/claim").status_code == 404
    assert other.post(f"/tasks/{task_id}/completion", {"answers": {}}).status_code == 404
    assert other.get("/cases").json["total"] == 0
    assert other.get("/tasks").json["total"] == 0


def test_an_auditor_reads_everything_and_writes_nothing(
    app: Flask, sign_in: SignIn, stage, town: Town
) -> None:  # type: ignore[no-untyped-def]
    from decision_engine.demo.s1 import S1

    S1.play(stage, until="handle_comments")
    auditor = sign_in("auditor")
    case, document = stage.case_id, stage.papers["draft"]
    task_id = stage.waiting("officer", "handle_comments")[0]["id"]
    for part in (
        "",
        "/tasks",
        "/records",
        "/events",
        "/accountability",
        "/exceptions",
        "/tracing",
        "/measures",
        "/findings",
        "/diagram",
        "/documents",
        "/comments",
    ):
        assert auditor.get(f"/cases/{case}{part}").status_code == 200, part
    for address in (
        f"/tasks/{task_id}", f"/documents/{document}", f"/documents/{document}/versions/1/content", "/cases", "/tasks",
        "/people", "/organs", "/definitions", "/incidents", "/calendar/notices", "/delegations", "/me",
        "/catalogues", f"/organs/{town.organ_id}/exceptions",
    ):  # fmt: skip
        assert auditor.get(address).status_code == 200, address
    writes = _writes(stage, town, task_id)
    before = _count(app)
    tried = {}
    for (method, address), more in writes.items():
        answer = auditor.call(method, address, **more)
        tried[method, address] = answer.status_code
    otherwise = {
        address.rpartition("/")[2]: status for (_, address), status in tried.items() if status != 403
    }
    copy, passed_on = (
        "reading",
        "withdrawal",
    )  # another person's copy is not there; only who passed on takes back
    assert otherwise == {copy: 404, passed_on: 409}
    assert _count(app) == before
    assert len(tried) == len(_writing_routes(app))


def _writing_routes(app: Flask) -> set[str]:
    """The endpoints that write, but for signing out, which everybody may."""
    return {
        rule.endpoint
        for rule, method, _ in operations(app)
        if method != "GET" and rule.endpoint not in identity.OPEN | {"session.sign_out"}
    }


def _writes(stage, town: Town, task_id: str) -> dict[tuple[str, str], dict[str, object]]:  # type: ignore[no-untyped-def]
    """Return one well-formed request for every writing route."""
    from io import BytesIO

    mayor, organ, document = town.persons["mayor"], town.organ_id, stage.papers["draft"]
    head = stage.ask("admin1", f"/people/{mayor}")
    post, account = head["posts"][0]["id"], head["accounts"][0]["id"]
    lent = {
        "organ_id": organ, "to": town.persons["deputy1"], "since": "2026-04-01", "until": "2026-04-30", "reason": "x",
    }  # fmt: skip
    delegation = stage.say("mayor", "/delegations", lent)["delegation"]["id"]
    definition = stage.ask("admin1", "/definitions")["items"][0]["hash"]
    drafted = {"organ_id": organ, "year": 2026, "matters": [{"title": "x", "category": "A"}]}
    objected = {"addressee": mayor, "objected_order": "x", "objection": "x"}
    objection = stage.say("officer", f"/cases/{stage.case_id}/objections", {"answers": objected})["record"][
        "seq"
    ]
    catalogue = stage.say("director", "/catalogues", drafted)["catalogue"]["id"]
    days = [{"day": "2027-01-01", "kind": "holiday"}]
    notice = {"document_no": "国办发明电〔2026〕9号", "issued_on": "2026-11-01", "year": 2027, "days": days}

    def paper() -> dict[str, object]:
        return {"file": (BytesIO(b"text"), "a.txt")}

    said: dict[tuple[str, str], object] = {
        ("POST", "/cases"): {"organ_id": organ, "title": "x"},
        ("POST", f"/tasks/{task_id}/completion"): {"answers": {}},
        ("POST", f"/tasks/{task_id}/claim"): {},
        ("POST", f"/tasks/{task_id}/return"): {"reason": "x"},
        ("POST", f"/tasks/{task_id}/transfer"): {"reason": "x", "to": mayor},
        ("POST", f"/cases/{stage.case_id}/comments"): {"text": "x", "channel": "LETTER"},
        ("POST", "/definitions"): {"files": [{"name": "a.bpmn", "content": "<a/>"}]},
        ("POST", f"/definitions/{definition}/approval"): {"approve": True},
        ("POST", "/audit/erasures"): {"event": "x", "authority": "x", "reason": "x"},
        ("POST", "/audit/erasures/x/approval"): None,
        ("POST", f"/cases/{stage.case_id}/objections"): {"answers": {}},
        ("POST", f"/cases/{stage.case_id}/objections/{objection}/reply"): {"answers": {}},
        ("POST", "/catalogues"): {"organ_id": organ, "year": 2027, "matters": [{"title": "x", "category": "A"}]},
        ("POST", f"/catalogues/{catalogue}/publication"): {"published_at": "2026-03-01"},
        ("POST", "/people"): {"organ_id": organ, "name": "x"},
        ("POST", f"/people/{mayor}/posts"): {
            "organ_id": organ, "title": "x", "roles": ["expert"], "since": "2026-01-01",
        },
        ("POST", f"/posts/{post}/end"): {"until": "2026-12-31"},
        ("POST", f"/people/{mayor}/accounts"): {"organ_id": organ, "login": "x", "password": "long enough"},
        ("POST", f"/accounts/{account}/closure"): {"organ_id": organ},
        ("POST", f"/accounts/{account}/password-reset"): {},
        ("POST", f"/accounts/{account}/reopening"): {},
        ("POST", f"/accounts/{account}/second-factor-resets"): {"reason": "x"},
        ("POST", f"/second-factor-resets/{_waiting_reset(stage, account)}/approval"): {},
        ("POST", "/organs"): {
            "name": "x", "kind": "town", "overlays": ["national"], "administrator_id": mayor, "since": "2026-01-01",
        },
        ("POST", f"/organs/{organ}/units"): {"name": "x"},
        ("POST", f"/organs/{organ}/bodies"): {
            "kind": "x", "name": "x", "members": [{"person_id": mayor, "is_principal": True}], "since": "2026-01-01",
        },
        ("POST", "/delegations"): lent,
        ("POST", "/calendar/notices"): notice,
        ("POST", f"/calendar/notices/{SOMETHING}/approval"): {},
    }  # fmt: skip
    said |= _between_people(stage, town, task_id)
    meeting_in_force(stage)
    meeting = Assembly(stage)
    meeting.call("2026-12-30 14:00", {"title": "x", "category": "ORDINARY"})
    return (
        {one: {"json": body} for one, body in said.items()}
        | meeting_writes.requests(meeting)
        | {
            ("DELETE", f"/delegations/{delegation}"): {},
            ("POST", f"/cases/{stage.case_id}/documents"): {"data": {"title": "x", **paper()}},
            ("POST", f"/documents/{document}/versions"): {"data": paper()},
        }
    )


def _waiting_reset(stage, account: str) -> str:  # type: ignore[no-untyped-def]
    """Let the reset of a second factor wait for its second person, and return its id."""
    reset = FactorReset(
        account_id=account, proposed_by=stage.town.persons["admin1"], proposed_at=stage.house.clock.now()
    )
    with stage.house.writing() as session, session.begin():
        session.add(reset)
        session.flush()
        return reset.id


def _between_people(stage, town: Town, task_id: str) -> dict[tuple[str, str], object]:  # type: ignore[no-untyped-def]
    """Return a request for every way of handling a step between people, each about something that is there."""
    task = f"/tasks/{task_id}"
    asked = {"persons": [town.persons["finance"]], "question": "x"}
    view = stage.say("officer", f"{task}/countersigns", asked)["countersigns"][0]["id"]
    sent = {"persons": [town.persons["finance"]], "note": "x"}
    copy = stage.say("officer", f"/cases/{stage.case_id}/copies", sent)["copies"][0]["id"]
    return {
        ("POST", f"{task}/countersigns"): asked,
        ("POST", f"/countersigns/{view}/opinion"): {"answers": {"stance": "AGREE", "opinion": "x"}},
        ("POST", f"/countersigns/{view}/withdrawal"): {"reason": "x"},
        ("POST", f"/cases/{stage.case_id}/copies"): sent,
        ("POST", f"/copies/{copy}/reading"): None,
        ("POST", f"/copies/{copy}/withdrawal"): {"reason": "x"},
        ("POST", f"{task}/urgings"): {"note": "x"},
        ("POST", f"{task}/transfer/withdrawal"): {"reason": "x"},
        ("PUT", f"{task}/deadline"): {"due_on": "2026-12-30", "reason": "x"},
        ("POST", f"{task}/pause"): {"reason": "x"},
        ("POST", f"{task}/resumption"): None,
    }


def _count(app: Flask) -> dict[str, int]:
    """Return how much there is of what an act would add to (refusals are recorded, and are no acts)."""
    from sqlalchemy import func, select

    house: House = app.extensions["house"]
    with house.reading() as session:
        counts = {
            model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Case, Task, Record, DocumentVersion)
        }
        counts["acts"] = (
            session.scalar(select(func.count()).select_from(Event).where(Event.kind != "act.refused")) or 0
        )
    return counts
