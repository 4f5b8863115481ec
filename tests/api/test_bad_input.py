"""Bad input gets a clear refusal: 4xx as a problem document, never a 5xx, and nothing is written for it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from decision_engine.demo import Town
from decision_engine.demo.stage import Stage
from decision_engine.work import House
from tests.api.conftest import Caller, SignIn
from tests.api.test_identity import _count, operations

HOSTILE_BODIES = {
    "no json": b"{",
    "nothing but space": b"  ",
    "not utf-8": b'{"title": "\xff\xfe"}',
    "utf-16": '{"title": "x"}'.encode("utf-16"),
    "deeply nested list": b"[" * 100_000 + b"]" * 100_000,
    "deeply nested object": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "nested a little too deep": b'{"title":' + b"[" * 40 + b"]" * 40 + b"}",
    "an array": b"[]",
    "a number": b"1",
    "null": b"null",
    "a huge integer": b'{"title": 1' + b"0" * 5000 + b"}",
    "an integer beyond 2^53": b'{"version": 9007199254740993}',
    "not a number": b'{"title": NaN}',
    "infinity": b'{"title": Infinity}',
    "half a surrogate pair": b'{"title": "\\ud800"}',
    "half a surrogate pair as a name": b'{"\\udfff": 1}',
    "a NUL": b'{"title": "a\\u0000b"}',
    "a member twice": b'{"title": "a", "title": "b"}',
    "a name of a megabyte": json.dumps({"x" * 1_000_000: 1}).encode(),
    "ten megabytes": b'{"title": "' + b"x" * 10_000_000 + b'"}',
    "ten thousand unknown fields": json.dumps({f"f{n}": n for n in range(10_000)}).encode(),
}
HOSTILE_QUERIES = (
    "page=0", "page=-1", "page=1e9", "page=99999999999999999999", "page=１", "page=1000000&page_size=200",
    "page_size=0", "page_size=201", "page=1&page=2", "unknown=1", "q=%00", "q=%ff%fe", "q=" + "x" * 5000,
    "status=NOPE", "on=0000-00-00", "on=9999-99-99", "start=9999-12-31&period=P9999Y", "start=2026-01-01&period=P9999D",
    "start=2199-12-31&period=P3650D", "start=1990-01-01&end=2199-12-31", "start=2026-01-01&period=;drop", "=&=&&",
    "start=2026-01-01&period=public_comment_days&organ_id=nobody", "step=__import__", "case_id=" + "9" * 400,
)  # fmt: skip
HOSTILE_PIECES = (
    "%00",
    "..%2f..%2fetc%2fpasswd",
    "%ff",
    "'%20OR%201=1",
    "x" * 5000,
    "決定",
    "-1",
    "99999999999999999999",
)


@pytest.fixture
def callers(sign_in: SignIn) -> list[Caller]:
    """Somebody who may do nearly everything here, between them."""
    return [sign_in(login) for login in ("admin1", "secretary", "officer", "auditor")]


def is_clear(answer: TestResponse) -> bool:
    """Tell whether an answer is a success, or a problem document below 500."""
    if answer.status_code < 400:
        return True
    return answer.status_code < 500 and answer.content_type == "application/problem+json"


def addresses(app: Flask, stage: Stage, method: str) -> Iterator[str]:
    """Yield the address of every route for *method*, ids of things that exist where there are any."""
    task = stage.waiting("secretary", "register_proposal")[0]["id"]
    known = {
        "case_id": stage.case_id, "task_id": task, "document_id": stage.papers["paper"],
        "organ_id": stage.town.organ_id, "person_id": stage.town.persons["mayor"], "number": "1",
        "name": "x",
    }  # fmt: skip
    for rule, one, _ in operations(app):
        if one == method and rule.endpoint != "session.sign_out":
            parts = [
                known.get(part[1:-1].rpartition(":")[2], "0" * 32) if part.startswith("<") else part
                for part in rule.rule.split("/")
            ]
            yield "/".join(parts).removeprefix("/api/v1")


@pytest.fixture
def busy(stage: Stage) -> Stage:
    """A case with a paper in it, so that addresses lead somewhere."""
    stage.open_case("secretary", "一件事")
    stage.file("secretary", "D01", "一份文件", "内容", name="paper")
    return stage


@pytest.mark.parametrize("body", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES.keys())
def test_no_body_breaks_the_door(app: Flask, busy: Stage, callers: list[Caller], body: bytes) -> None:
    before = _count(app)
    for address in addresses(app, busy, "POST"):
        for media in ("application/json", "multipart/form-data; boundary=x", "text/plain"):
            answer = callers[0].call("POST", address, data=body, content_type=media)
            assert is_clear(answer), (address, media, answer.status_code, answer.text[:300])
            assert answer.status_code >= 400 or address.endswith(("/claim", "/approval")), (address, media)
    assert _count(app) == before


@pytest.mark.parametrize("query", HOSTILE_QUERIES)
def test_no_query_breaks_the_door(app: Flask, busy: Stage, callers: list[Caller], query: str) -> None:
    for address in addresses(app, busy, "GET"):
        for caller in callers[1:2]:
            answer = caller.client.get(
                f"/api/v1{address}?{query}", headers={"Authorization": f"Bearer {caller.token}"}
            )
            assert is_clear(answer), (address, query, answer.status_code, answer.text[:300])


@pytest.mark.parametrize("piece", HOSTILE_PIECES)
def test_no_address_breaks_the_door(app: Flask, busy: Stage, callers: list[Caller], piece: str) -> None:
    for rule, method, _ in operations(app):
        address = "/".join(piece if part.startswith("<") else part for part in rule.rule.split("/"))
        if address != rule.rule:
            answer = callers[0].client.open(
                address, method=method, json={}, headers={"Authorization": f"Bearer {callers[0].token}"}
            )
            assert is_clear(answer), (address, answer.status_code, answer.text[:300])
            assert answer.status_code >= 400


def test_an_absurd_page_is_empty_and_an_impossible_one_is_refused(sign_in: SignIn, case_id: str) -> None:
    caller = sign_in("secretary")
    far = caller.get("/cases", page=1_000_000, page_size=200)
    assert (far.status_code, far.json["items"], far.json["total"]) == (200, [], 1)
    for query in ({"page": 0}, {"page": 1_000_001}, {"page_size": 201}, {"page": "two"}, {"pages": 1}):
        refused = caller.get("/cases", **query)
        assert refused.status_code == 422
        assert set(refused.json["fields"]) == set(query)


def test_a_question_that_takes_no_parameters_refuses_them(sign_in: SignIn, case_id: str) -> None:
    answer = sign_in("secretary").get(f"/cases/{case_id}", colour="red")
    assert answer.status_code == 422
    assert set(answer.json["fields"]) == {"colour"}


@pytest.mark.parametrize(
    "matter",
    [
        {"深": 1}, {"a": {"b": 1}}, {"a": 1.5}, {"a": None}, {"a": [1]}, {"a" * 65: 1}, {"a b": 1}, {"a": "x" * 2001},
        {f"f{n}": n for n in range(51)}, [], "x",
    ],
)  # fmt: skip
def test_facts_of_a_matter_are_plain_or_refused(sign_in: SignIn, town: Town, matter: object) -> None:
    said = {"organ_id": town.organ_id, "title": "x", "matter": matter}
    assert sign_in("secretary").post("/cases", said).status_code == 422


@pytest.mark.parametrize("seed", range(8))
def test_random_answers_are_recorded_or_refused(app: Flask, busy: Stage, sign_in: SignIn, seed: int) -> None:
    """Whatever is answered at a step: it is done, or refused with reasons."""
    dice = random.Random(seed)
    caller = sign_in("secretary")
    task = busy.waiting("secretary", "register_proposal")[0]["id"]
    form = caller.get(f"/tasks/{task}").json["form"]
    names = [field["name"] for field in form["fields"]]
    for _ in range(40):
        answers = {name: _anything(dice, 0) for name in dice.sample(names, dice.randint(0, len(names)))}
        body: dict[str, Any] = {"answers": answers}
        if dice.random() < 0.5:
            body["exceptions"] = _anything(dice, 0)
        if dice.random() < 0.3:
            body["version"] = _anything(dice, 0)
        answer = caller.post(f"/tasks/{task}/completion", body)
        assert is_clear(answer), (answer.status_code, answer.text[:300])


def _anything(dice: random.Random, depth: int) -> Any:
    """Return some JSON."""
    plain = (
        None, True, -1, 2**53 - 1, 1.5, 1e308, "", " ", "文", "x" * 30_000, "\u202e", "2026-02-30",
        "2026-03-06T09:00:00+99:00", "0" * 32, "\U0001f600" * 10,
    )  # fmt: skip
    if depth > 3 or dice.random() < 0.6:
        return dice.choice(plain)
    if dice.random() < 0.5:
        return [_anything(dice, depth + 1) for _ in range(dice.randint(0, 5))]
    names = ("rule", "reason", "approver", "law", "article", "title", "\u2028", "")
    return {dice.choice(names): _anything(dice, depth + 1) for _ in range(dice.randint(0, 5))}


def test_wrong_ids_are_not_found(busy: Stage, sign_in: SignIn) -> None:
    caller, nobody = sign_in("secretary"), "f" * 32
    for address in (
        f"/cases/{nobody}",
        f"/tasks/{nobody}",
        f"/documents/{nobody}",
        f"/cases/{nobody}/events",
    ):
        assert caller.get(address).status_code == 404
    assert caller.post(f"/tasks/{nobody}/completion", {"answers": {}}).status_code == 404
    assert caller.get(f"/documents/{busy.papers['paper']}/versions/2/content").status_code == 404


def test_somebody_elses_step_is_refused_and_the_refusal_recorded(
    busy: Stage, sign_in: SignIn, house: House
) -> None:
    task = busy.waiting("secretary", "register_proposal")[0]["id"]
    answer = sign_in("officer").post(f"/tasks/{task}/completion", {"answers": {}})
    assert answer.status_code == 403
    last = busy.pages("auditor", f"/cases/{busy.case_id}/events")[-1]
    assert (last["kind"], last["body"]["refusal"]) == ("act.refused", "Forbidden")
    assert last["actor"] == "林小满"
    assert "被拒绝" in last["sentence"]["zh"]
