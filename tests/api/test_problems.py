"""Every refusal is a problem document with a status, in the asker's language, and says nothing it should not."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from decision_engine import errors
from decision_engine.api import problems
from decision_engine.demo import Town
from decision_engine.demo.s1 import S1, hearing
from decision_engine.demo.stage import Stage
from decision_engine.language import Text
from decision_engine.models import Incident
from decision_engine.process import Refused, Unreadable
from decision_engine.work import House
from tests.api.conftest import Caller, SignIn

EVERY_ERROR = [
    one
    for _, one in inspect.getmembers(errors, inspect.isclass)
    if issubclass(one, errors.DecisionEngineError)
]
SERVER_FAULTS = {
    errors.DecisionEngineError,
    errors.EngineDisagrees,
    errors.CorruptState,
    errors.Unavailable,
    errors.StorageFull,
}


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda one: one.__name__)
def test_every_error_has_a_status_of_its_own(error: type[errors.DecisionEngineError]) -> None:
    kind = problems.TABLE[error]
    assert (kind.status >= 500) == (error in SERVER_FAULTS)
    assert kind.title.zh != kind.title.en


def test_the_slugs_are_as_many_as_the_errors() -> None:
    assert len({kind.slug for kind in problems.TABLE.values()}) == len(problems.TABLE)


@pytest.mark.parametrize("error", [Refused, Unreadable])
def test_a_refusal_of_the_prover_is_told_as_undeployable(error: type[errors.Undeployable]) -> None:
    assert problems.kind_of(error(())).slug == "undeployable"


def test_an_error_without_a_row_would_be_told_as_its_ancestor() -> None:
    class Unheard(errors.Conflict):
        pass

    assert problems.kind_of(Unheard()).status == 409


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, "zh"), ("zh-CN,zh;q=0.9", "zh"), ("en", "en"), ("en-GB,en;q=0.8,zh;q=0.2", "en"), ("de", "zh"),
        ("zh;q=0.1,en;q=0.9", "en"), ("*", "zh"), ("!!", "zh"),
    ],
)  # fmt: skip
def test_a_problem_is_told_in_the_askers_language(stranger: Caller, asked: str | None, language: str) -> None:
    headers = {"Accept-Language": asked} if asked else {}
    answer = stranger.call("GET", "/me", headers=headers)
    assert answer.headers["Content-Language"] == language
    assert answer.content_type == "application/problem+json"
    assert answer.json["detail"] == errors.NotSignedIn.default.said_in(language)
    assert "Accept-Language" in answer.headers["Vary"]
    assert set(answer.json) == {"type", "title", "status", "detail", "instance"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_http_refusal_is_a_problem_in_both_languages(sign_in: SignIn, language: str) -> None:
    caller = sign_in("secretary")

    def refused(method: str, path: str, **more: object) -> tuple[int, str]:
        answer = caller.call(method, path, headers={"Accept-Language": language}, **more)
        assert answer.content_type == "application/problem+json", answer.text
        assert answer.json["status"] == answer.status_code
        return answer.status_code, answer.json["detail"]

    told = dict(
        [
            refused("GET", "/nowhere"),
            refused("PUT", "/cases"),
            refused("POST", "/cases", data=b"{", content_type="application/json"),
            refused("POST", "/cases", data=b"<a/>", content_type="text/xml"),
            refused("POST", "/cases", json={"x": 1}),
            refused("POST", "/cases", data=b'"' + b"x" * 5_000_000 + b'"', content_type="application/json"),
        ]
    )
    assert set(told) == {404, 405, 400, 415, 422, 413}
    assert all(("。" in detail) == (language == "zh") for detail in told.values()), told


def test_a_wrong_method_names_the_right_ones(sign_in: SignIn) -> None:
    for method in ("PUT", "PATCH", "DELETE", "TRACE"):
        answer = sign_in("secretary").call(method, "/cases")
        assert answer.status_code == 405
        assert {"GET", "POST"} <= {one.strip() for one in answer.headers["Allow"].split(",")}


def test_options_and_head_answer_without_a_body(sign_in: SignIn, stranger: Caller) -> None:
    assert stranger.call("OPTIONS", "/cases").status_code == 200
    head = sign_in("secretary").call("HEAD", "/cases")
    assert (head.status_code, head.data) == (200, b"")


def test_fields_are_told_by_their_path(sign_in: SignIn, town: Town) -> None:
    said = {
        "kind": "x", "name": "x", "since": "2026-02-30", "colour": "red",
        "members": [{"person_id": town.persons["mayor"]}, {"person_id": 3, "rank": 1}],
    }  # fmt: skip
    answer = sign_in("admin1").post(f"/organs/{town.organ_id}/bodies", said)
    assert answer.status_code == 422
    assert set(answer.json["fields"]) == {"since", "colour", "members.1.person_id", "members.1.rank"}


def test_an_unlawful_act_is_told_with_its_law(stage: Stage, sign_in: SignIn) -> None:
    S1.play(stage, until="publish_notice")
    stage.move_to("2026-03-06 09:00")
    stage.file("officer", "D09", "公告", "公告")
    task = stage.waiting("officer", "publish_notice")[0]["id"]
    answers = hearing.notice(stage) | {"deadline": "2026-03-16"}
    for language in ("zh", "en"):
        answer = sign_in("officer").post(
            f"/tasks/{task}/completion", {"answers": answers}, headers={"Accept-Language": language}
        )
        assert answer.status_code == 422, answer.text
        assert answer.json["type"].endswith(":unlawful")
        found = next(one for one in answer.json["findings"] if one["rule"] == "R-713-15-2")
        assert (found["law"], found["article"], found["strength"]) == ("国务院令第713号", "15", "X")
        assert found["title"]
        assert found["message"]
    events = stage.pages("auditor", f"/cases/{stage.case_id}/events")
    assert [one["kind"] for one in events][-1] == "act.refused"
    assert "R-713-15-2" in events[-1]["body"]["rules"]


def test_an_unexpected_failure_tells_a_number_and_nothing_else(
    app: Flask,
    house: House,
    sign_in: SignIn,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the password is hunter2")

    caller = sign_in("secretary")
    monkeypatch.setattr("decision_engine.api.cases.cases.cases", fail)
    answer = caller.get("/cases")
    assert answer.status_code == 500
    assert answer.json["incident"] in caplog.text
    assert "hunter2" not in answer.text
    assert "hunter2" not in caplog.text
    with house.reading() as session:
        noted = session.scalars(select(Incident)).one()
    assert noted.id == answer.json["incident"]
    assert noted.detail["error"] == "RuntimeError"
    admin = sign_in("admin1")
    assert [one["id"] for one in admin.get("/incidents").json["items"]] == [noted.id]
    assert admin.get("/incidents", resolved="false").json["total"] == 1
    assert admin.get("/incidents", resolved="true").json["total"] == 0


def test_a_failure_of_the_database_itself_is_still_answered(
    house: House, sign_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    caller = sign_in("secretary")
    house.engine.dispose()
    database = house.settings.data_dir / "test.db"
    database.unlink()
    database.mkdir()
    answer = caller.get("/cases")
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert answer.json["type"].endswith(":unavailable")
    assert "SELECT" not in answer.text + caplog.text


def test_an_incident_that_cannot_be_noted_is_written_to_the_log(
    app: Flask, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """The database fails under the note itself: the log line has to do, and tells nothing of the statement."""
    house.engine.dispose()
    database = house.settings.data_dir / "test.db"
    database.unlink()
    database.mkdir()
    with app.test_request_context("/somewhere"):
        answer = problems.unexpected(RuntimeError("secret"))
    assert answer.status_code == 500
    assert answer.json["incident"] in caplog.text
    assert "could not be noted" in caplog.text
    assert "SELECT" not in caplog.text
    assert "secret" not in caplog.text


def test_a_conflict_says_who_and_when(app: Flask) -> None:
    at = datetime(2026, 4, 28, 2, 30, tzinfo=UTC)
    with app.test_request_context("/somewhere"):
        answer = problems.refused(errors.Conflict(Text("甲", "A"), by="林小满", at=at))
    assert (answer.json["by"], answer.json["at"]) == ("林小满", "2026-04-28T10:30:00.000+08:00")


def test_a_stale_form_is_refused_with_the_name_of_who_took_it(stage: Stage, sign_in: SignIn) -> None:
    S1.play(stage, until="study_proposal")
    task = stage.waiting("officer", "study_proposal")[0]
    seen = task["version"]
    sign_in("farming").post(f"/tasks/{task['id']}/claim", {"version": seen})
    answer = sign_in("officer").post(f"/tasks/{task['id']}/completion", {"answers": {}, "version": seen})
    assert answer.status_code == 409
    assert answer.json["by"] == "田守诚"
    assert answer.json["at"].endswith("+08:00")
