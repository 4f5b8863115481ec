"""The same request under the same key is done once and answered alike; another under it is refused."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import func, select

from decision_engine.demo import Town
from decision_engine.models import Case, FinishedRequest
from decision_engine.work import House
from tests.api.conftest import SignIn


def said(town: Town, title: str = "一件事") -> dict[str, object]:
    return {"organ_id": town.organ_id, "title": title}


def keyed(key: str) -> dict[str, dict[str, str]]:
    return {"headers": {"Idempotency-Key": key}}


def how_many(house: House, model: type) -> int:
    with house.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_same_request_is_done_once_and_answered_alike(house: House, sign_in: SignIn, town: Town) -> None:
    caller = sign_in("secretary")
    first = caller.post("/cases", said(town), **keyed("k1"))
    again = caller.post("/cases", said(town), **keyed("k1"))
    assert (first.status_code, first.json) == (again.status_code, again.json)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert how_many(house, Case) == 1


def test_another_request_under_the_same_key_is_refused(house: House, sign_in: SignIn, town: Town) -> None:
    caller = sign_in("secretary")
    caller.post("/cases", said(town), **keyed("k1"))
    other = caller.post("/cases", said(town, "另一件事"), **keyed("k1"))
    elsewhere = caller.post("/delegations", {}, **keyed("k1"))
    assert other.status_code == 422
    assert other.json["type"].endswith(":key-reused")
    assert elsewhere.status_code == 422
    assert how_many(house, Case) == 1


def test_keys_of_different_people_do_not_meet(house: House, sign_in: SignIn, town: Town, app: Flask) -> None:
    one, two = sign_in("secretary"), sign_in("admin1")
    assert one.post("/cases", said(town), **keyed("k")).status_code == 201
    assert two.post("/people", {"organ_id": town.organ_id, "name": "某某"}, **keyed("k")).status_code == 201


def test_without_a_key_two_requests_are_two_acts(house: House, sign_in: SignIn, town: Town) -> None:
    caller = sign_in("secretary")
    for _ in range(2):
        assert caller.post("/cases", said(town)).status_code == 201
    assert how_many(house, Case) == 2


def test_a_refusal_is_not_kept_so_the_corrected_request_may_use_its_key(
    house: House, sign_in: SignIn, town: Town
) -> None:
    caller = sign_in("secretary")
    assert caller.post("/cases", said(town) | {"process": "nowhere"}, **keyed("k")).status_code == 404
    assert how_many(house, FinishedRequest) == 0
    assert caller.post("/cases", said(town), **keyed("k")).status_code == 201


def test_an_upload_sent_again_is_the_same_request_whatever_its_boundaries(
    sign_in: SignIn, case_id: str
) -> None:
    caller = sign_in("secretary")

    def send(content: bytes) -> tuple[int, str]:
        form = {"title": "纪要", "file": (BytesIO(content), "a.txt")}
        answer = caller.call(
            "POST", f"/cases/{case_id}/documents", data=form, headers={"Idempotency-Key": "up"}
        )
        return answer.status_code, answer.json.get("document", {}).get("id", "")

    first, again, other = send(b"one"), send(b"one"), send(b"two")
    assert first == again
    assert first[0] == 201
    assert other[0] == 422
    assert caller.get(f"/cases/{case_id}/documents").json["total"] == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "é", "\t"])
def test_a_key_that_is_none_is_refused(sign_in: SignIn, town: Town, key: str) -> None:
    assert sign_in("secretary").post("/cases", said(town), **keyed(key)).status_code == 400


def test_a_stranger_is_not_told_about_keys(stranger, town: Town) -> None:  # type: ignore[no-untyped-def]
    assert stranger.post("/cases", said(town), **keyed("")).status_code == 401


def test_a_sign_in_is_never_kept(house: House, stranger, town: Town) -> None:  # type: ignore[no-untyped-def]
    """An answer that holds a token lies in no table."""
    login = {"login": "secretary", "password": town.password}
    first = stranger.post("/session", login, **keyed("k"))
    again = stranger.post("/session", login, **keyed("k"))
    assert first.json["token"] != again.json["token"]
    assert how_many(house, FinishedRequest) == 0


def test_of_a_request_that_holds_a_password_not_even_a_hash_is_kept(
    house: House, sign_in: SignIn, town: Town
) -> None:
    said = {"organ_id": town.organ_id, "login": "second", "password": "long enough 1"}
    path = f"/people/{town.persons['mayor']}/accounts"
    first = sign_in("admin1").post(path, said, **keyed("k"))
    again = sign_in("admin1").post(path, said, **keyed("k"))
    assert (first.status_code, again.status_code) == (201, 409)
    assert how_many(house, FinishedRequest) == 0


def test_every_act_answers_with_a_receipt_that_the_log_bears_out(sign_in: SignIn, town: Town) -> None:
    caller = sign_in("secretary")
    made = caller.post("/cases", said(town)).json
    receipt = made["receipt"]
    event = caller.get(f"/cases/{made['case']['id']}/events").json["items"][receipt["seq"] - 1]
    assert (event["id"], event["hash"]) == (receipt["event_id"], receipt["hash"])
    assert receipt["at"] == event["at"]
    assert receipt["at"].endswith("+08:00")
