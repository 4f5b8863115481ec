"""A subordinate objects, the superior replies; both stay on file, and the case goes on (Civil Servant Law, art. 60)."""

from __future__ import annotations

from typing import Any

import pytest

from decision_engine.demo import Town
from tests.api.conftest import Caller, SignIn

WORDS = "现行文件没有补贴依据，按此执行可能违法。"


@pytest.fixture
def objection(town: Town) -> dict[str, Any]:
    return {
        "addressee": town.persons["head"],
        "objected_order": "要求按未经审查的标准先行发放补贴。",
        "objection": WORDS,
    }


def raised(caller: Caller, case_id: str, said: dict[str, Any]) -> Any:
    return caller.post(f"/cases/{case_id}/objections", {"answers": said})


def replied(caller: Caller, case_id: str, number: int, **said: Any) -> Any:
    answers = {"reply": "暂停发放，待审查后再定。", "handling": "ADOPTED"} | said
    return caller.post(f"/cases/{case_id}/objections/{number}/reply", {"answers": answers})


def test_an_objection_and_its_reply_stand_on_file_and_in_the_log(
    sign_in: SignIn, case_id: str, town: Town, objection: dict[str, Any]
) -> None:
    auditor = sign_in("auditor")
    waiting = auditor.get(f"/cases/{case_id}/tasks", status="OPEN").json["items"]
    made = raised(sign_in("officer"), case_id, objection)
    assert made.status_code == 201, made.text
    number = made.json["record"]["seq"]
    answered = replied(sign_in("head"), case_id, number)
    assert answered.status_code == 201, answered.text
    assert auditor.get(f"/cases/{case_id}/tasks", status="OPEN").json["items"] == waiting
    trail = auditor.get(f"/cases/{case_id}/events").json
    assert trail["chain"]["intact"]
    first, second = trail["items"][-2:]
    assert (first["kind"], first["actor"], first["said"]["objection"]) == (
        "objection.raised",
        "林小满",
        WORDS,
    )
    assert (second["kind"], second["actor"]) == ("objection.answered", "高为民")
    assert second["body"]["objection"] == number
    assert "林小满提交“提出不同意见”" in first["sentence"]["zh"]
    fact = next(one for one in auditor.get(f"/cases/{case_id}/tracing").json["facts"] if one["id"] == "F30")
    assert (fact["state"], [one["person"] for one in fact["entries"]]) == ("SHOWN", ["林小满", "高为民"])
    assert fact["entries"][0]["shows"]["objection"] == WORDS
    assert ["R-ACC-05", "MET"] in fact["entries"][0]["rules"]
    rows = auditor.get(f"/cases/{case_id}/accountability").json["items"]
    assert [one["act"] for one in rows[-2:]] == ["objection.raised", "objection.answered"]


def test_only_whom_it_is_addressed_to_replies_and_once(
    sign_in: SignIn, case_id: str, objection: dict[str, Any]
) -> None:
    number = raised(sign_in("officer"), case_id, objection).json["record"]["seq"]
    assert replied(sign_in("mayor"), case_id, number).status_code == 403
    assert replied(sign_in("officer"), case_id, number).status_code == 403
    assert replied(sign_in("head"), case_id, number + 1).status_code == 404
    assert replied(sign_in("head"), case_id, number).status_code == 201
    assert replied(sign_in("head"), case_id, number).status_code == 409


@pytest.mark.parametrize("missing", ["addressee", "objected_order", "objection"])
def test_an_objection_says_to_whom_against_what_and_why(
    sign_in: SignIn, case_id: str, objection: dict[str, Any], missing: str
) -> None:
    answer = raised(sign_in("officer"), case_id, {k: v for k, v in objection.items() if k != missing})
    assert (answer.status_code, set(answer.json["fields"])) == (422, {missing})


@pytest.mark.parametrize("addressee", ["officer", "district"])
def test_nobody_objects_to_oneself_or_to_a_stranger(
    sign_in: SignIn, case_id: str, town: Town, objection: dict[str, Any], addressee: str
) -> None:
    answer = raised(sign_in("officer"), case_id, objection | {"addressee": town.persons[addressee]})
    assert (answer.status_code, set(answer.json["fields"])) == (422, {"addressee"})


def test_a_paper_that_is_not_in_the_case_is_refused(
    sign_in: SignIn, case_id: str, objection: dict[str, Any]
) -> None:
    answer = raised(sign_in("officer"), case_id, objection | {"objection_ref": "nowhere"})
    assert (answer.status_code, set(answer.json["fields"])) == (422, {"objection_ref"})


def test_who_may_not(sign_in: SignIn, case_id: str, objection: dict[str, Any]) -> None:
    assert raised(sign_in("auditor"), case_id, objection).status_code == 403
    assert raised(sign_in("admin1"), case_id, objection).status_code == 403
    assert raised(sign_in("district"), case_id, objection).status_code == 404
