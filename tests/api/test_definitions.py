"""Procedures are proposed, refused with element and line, approved by a second person, and read back exactly."""

from __future__ import annotations

from io import BytesIO

import pytest

from decision_engine.demo import Town
from tests.api.conftest import Caller, SignIn
from tests.process.bpmn import Process, document, timer


def small(name: str = "small") -> bytes:
    """A lawful little procedure: one task."""
    drawn = Process(name)
    drawn.chain(drawn.start(), drawn.task("a", step="register_proposal"), drawn.end())
    return document(drawn)


def with_code() -> bytes:
    """A procedure with a program in it."""
    drawn = Process("evil")
    drawn.chain(
        drawn.start(), drawn.node("scriptTask", "s", "<bpmn:script>import os</bpmn:script>"), drawn.end()
    )
    return document(drawn)


def said(content: bytes, name: str = "small.bpmn") -> dict[str, object]:
    return {"files": [{"name": name, "content": content.decode()}]}


@pytest.fixture
def admin(sign_in: SignIn) -> Caller:
    return sign_in("admin1")


def test_a_procedure_takes_two_people_and_then_runs(admin: Caller, sign_in: SignIn, town: Town) -> None:
    made = admin.post("/definitions", said(small()))
    assert made.status_code == 201, made.text
    definition = made.json["definition"]
    assert (definition["status"], definition["version"]) == ("PROPOSED", 1)
    case = {"organ_id": town.organ_id, "title": "x", "process": "small"}
    assert sign_in("secretary").post("/cases", case).status_code == 404
    approval = f"/definitions/{definition['hash']}/approval"
    assert admin.post(approval, {"approve": True}).status_code == 403
    assert sign_in("officer").post(approval, {"approve": True}).status_code == 403
    done = sign_in("justice").post(approval, {"approve": True, "reason": "符合"})
    assert done.json["definition"]["status"] == "DEPLOYED"
    assert done.json["receipt"]["chain"] == "definitions"
    assert sign_in("secretary").post("/cases", case).status_code == 201
    assert sign_in("admin2").post(approval, {"approve": False}).status_code == 409


def test_files_come_uploaded_too_and_are_read_back_byte_for_byte(admin: Caller, sign_in: SignIn) -> None:
    content = small()
    answer = admin.call("POST", "/definitions", data={"files": (BytesIO(content), "流程.bpmn")})
    assert answer.status_code == 201, answer.text
    content_hash = answer.json["definition"]["hash"]
    shown = sign_in("officer").get(f"/definitions/{content_hash}").json
    assert shown["files"] == ["流程.bpmn"]
    read = sign_in("officer").get(f"/definitions/{content_hash}/files/流程.bpmn")
    assert read.data == content
    assert read.headers["Content-Disposition"].startswith("attachment")
    assert sign_in("officer").get(f"/definitions/{content_hash}/files/other.bpmn").status_code == 404


def test_a_dry_run_checks_and_proposes_nothing(admin: Caller, sign_in: SignIn) -> None:
    before = admin.get("/definitions").json["total"]
    answer = admin.call("POST", "/definitions", json=said(small()), query_string={"dry_run": "true"})
    assert (answer.status_code, answer.json["definition"]["status"], answer.json["receipt"]) == (
        201,
        "PROVED",
        None,
    )
    assert admin.get("/definitions").json["total"] == before
    refused = sign_in("officer").call(
        "POST", "/definitions", json=said(small()), query_string={"dry_run": "true"}
    )
    assert refused.status_code == 403


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_a_procedure_with_code_is_refused_with_element_and_line(admin: Caller, dry_run: str) -> None:
    answer = admin.call(
        "POST", "/definitions", json=said(with_code(), "evil.bpmn"), query_string={"dry_run": dry_run}
    )
    assert (answer.status_code, answer.json["type"]) == (422, "urn:decision-engine:problem:undeployable")
    found = next(one for one in answer.json["findings"] if one["element"] == "s")
    assert found["line"] > 0
    assert found["file"] == "evil.bpmn"
    assert found["message"]


def test_an_unlawful_procedure_is_refused_with_the_law_and_the_way_to_it(admin: Caller) -> None:
    drawn = Process("hasty", profile="major_decision")
    drawn.chain(
        drawn.start(),
        drawn.task("draft", step="draft_decision"),
        drawn.task("decide", step="principal_decides"),
        drawn.task("publish", step="publish_decision"),
        drawn.end(),
    )
    answer = admin.post("/definitions", said(document(drawn), "hasty.bpmn"))
    assert answer.status_code == 422
    found = {one["rule"]: one for one in answer.json["findings"]}
    assert len(found) > 5
    cited = [one for one in found.values() if one.get("law") == "国务院令第713号"]
    assert cited
    assert all(one["article"] and one["message"] for one in cited)
    assert any(one.get("path") for one in found.values())
    assert admin.get("/definitions").json["total"] == 1


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no xml", b"<a/>", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<a>" * 5000, b"\x00" * 100, small()[:-40],
    ],
    ids=["empty", "text", "another xml", "doctype", "unclosed and deep", "zeros", "cut off"],
)  # fmt: skip
def test_what_is_no_procedure_is_refused(admin: Caller, content: bytes) -> None:
    answer = admin.call("POST", "/definitions", data={"files": (BytesIO(content), "x.bpmn")})
    assert answer.status_code == 422, answer.text
    assert answer.json["findings"] or answer.json["fields"]


def test_the_same_files_are_not_proposed_twice(admin: Caller) -> None:
    admin.post("/definitions", said(small()))
    assert admin.post("/definitions", said(small())).status_code == 409


def test_files_have_names_of_their_own(admin: Caller) -> None:
    one = {"name": "a.bpmn", "content": small().decode()}
    assert admin.post("/definitions", {"files": [one, one]}).status_code == 422
    assert admin.post("/definitions", {"files": []}).status_code == 422
    assert admin.call("POST", "/definitions", data={}, content_type="multipart/form-data").status_code == 422


def waits(text: str) -> bytes:
    """A procedure that waits for a timer between two tasks."""
    drawn = Process("waits")
    drawn.chain(drawn.start(), drawn.task("a"), drawn.catch("w", timer(text)), drawn.task("b"), drawn.end())
    drawn.lane("secretary", "a", "b")
    return document(drawn)


@pytest.mark.parametrize("text", ["p1d", "no_such_days", "parameter('dossier_review_days')", "P999999999D"])
def test_a_timer_nobody_could_count_is_refused_before_anything_runs(admin: Caller, text: str) -> None:
    """A period no rule knows (or only some district's) and one beyond every calendar would stop a case midway."""
    answer = admin.post("/definitions", said(waits(text)))
    assert answer.status_code == 422
    assert [(one["rule"], one["element"]) for one in answer.json["findings"]] == [("U-ELEMENT", "w")]


@pytest.mark.parametrize("text", ["P100Y", "PT1H", "P0D", "public_comment_days", "performance_report_years"])
def test_a_timer_that_can_be_counted_is_waited_for(
    admin: Caller, sign_in: SignIn, town: Town, text: str
) -> None:
    made = admin.post("/definitions", said(waits(text))).json["definition"]
    assert (
        sign_in("admin2").post(f"/definitions/{made['hash']}/approval", {"approve": True}).status_code == 200
    )
    secretary = sign_in("secretary")
    case = secretary.post("/cases", {"organ_id": town.organ_id, "title": "x", "process": "waits"}).json[
        "case"
    ]
    (waiting,) = secretary.get("/tasks", case_id=case["id"]).json["items"]
    assert secretary.post(f"/tasks/{waiting['task']['id']}/completion", {"answers": {}}).status_code == 200
    (told,) = secretary.get(f"/cases/{case['id']}/diagram").json["timers"]
    assert told["due_at"]


def test_a_running_case_stays_on_its_version_and_the_next_one_runs_on_the_new(
    admin: Caller, sign_in: SignIn, town: Town
) -> None:
    secretary = sign_in("secretary")
    opened = []
    for version, last in enumerate(("b", "c"), start=1):
        drawn = Process("same")
        drawn.chain(drawn.start(), drawn.task("a"), drawn.task(last), drawn.end())
        drawn.lane("secretary", "a", last)
        made = admin.post("/definitions", said(document(drawn))).json["definition"]
        assert made["version"] == version
        assert (
            sign_in("admin2").post(f"/definitions/{made['hash']}/approval", {"approve": True}).status_code
            == 200
        )
        said_of = {"organ_id": town.organ_id, "title": "x", "process": "same"}
        opened.append((secretary.post("/cases", said_of).json["case"]["id"], made["hash"], last))
    for case_id, definition, last in opened:
        (waiting,) = secretary.get("/tasks", case_id=case_id).json["items"]
        assert (
            secretary.post(f"/tasks/{waiting['task']['id']}/completion", {"answers": {}}).status_code == 200
        )
        (waiting,) = secretary.get("/tasks", case_id=case_id).json["items"]
        assert waiting["task"]["element"] == last
        assert secretary.get(f"/cases/{case_id}/diagram").json["definition"] == definition
