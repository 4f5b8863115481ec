"""The public sees what is published and comments without sign-in; who commented is nobody's to see."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from decision_engine.api.throttle import Throttle
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from decision_engine.errors import TooManyAttempts
from decision_engine.models import Comment, CommentContact, EventPayload
from tests.api.conftest import Caller, SignIn


@pytest.fixture
def published(stage: Stage) -> Stage:
    """S1 with its notice published."""
    S1.play(stage, until="commission_assessment")
    return stage


@pytest.fixture
def citizen(published: Stage) -> Caller:
    """Somebody of the public."""
    return Caller(published._door._client)  # type: ignore[attr-defined]


def comments(stage: Stage) -> int:
    with stage.house.reading() as session:
        return session.scalar(select(func.count()).select_from(Comment)) or 0


def test_the_notice_is_listed_and_shown_with_its_public_papers(published: Stage, citizen: Caller) -> None:
    listed = citizen.get("/consultations").json
    assert [one["case_id"] for one in listed["items"]] == [published.case_id]
    shown = citizen.get(f"/consultations/{published.case_id}").json
    assert shown["open"]
    assert shown["closes_at"] == "2026-04-08T00:00:00.000+08:00"
    titles = [paper["title"] for paper in shown["documents"]]
    assert len(titles) == 2
    paper = next(one for one in shown["documents"] if "草案" in one["title"])
    content = citizen.get(f"/consultations/{published.case_id}/documents/{paper['id']}/content")
    assert "撤销西柳村" in content.data.decode()


def test_a_paper_that_is_not_public_is_not_found(published: Stage, citizen: Caller) -> None:
    for name in ("D01", "D07"):
        path = f"/consultations/{published.case_id}/documents/{published.papers[name]}/content"
        assert citizen.get(path).status_code == 404


def test_what_is_not_published_is_not_found(citizen: Caller, published: Stage) -> None:
    other = published.say("secretary", "/cases", {"organ_id": published.town.organ_id, "title": "另一件事"})
    case_id = other["case"]["id"]
    assert citizen.get(f"/consultations/{case_id}").status_code == 404
    assert citizen.post(f"/consultations/{case_id}/comments", {"text": "意见"}).status_code == 404
    assert [one["case_id"] for one in citizen.get("/consultations").json["items"]] == [published.case_id]


def test_a_comment_is_answered_with_a_receipt(published: Stage, citizen: Caller) -> None:
    said = {"text": "建议保留村民小组。", "name": "赵某", "contact": "13800000000"}
    answer = citizen.post(f"/consultations/{published.case_id}/comments", said)
    assert answer.status_code == 201
    assert len(answer.json["receipt_code"]) == 14
    assert answer.json["late"] is False
    listed = published.pages("officer", f"/cases/{published.case_id}/comments")
    assert [(one["receipt"], one["text"]) for one in listed] == [(answer.json["receipt_code"], said["text"])]


def test_who_commented_is_shown_nowhere_and_hashed_nowhere(published: Stage, citizen: Caller) -> None:
    said = {"text": "建议。", "name": "赵某某", "contact": "13800000000"}
    answers = [citizen.post(f"/consultations/{published.case_id}/comments", said).text]
    secretary = Caller(citizen.client, published.token("secretary"))
    for part in ("/comments", "/events", "/records", "/accountability", ""):
        answers.append(secretary.get(f"/cases/{published.case_id}{part}").text)  # noqa: PERF401  reads as it is done
    assert not any("赵某某" in text or "13800000000" in text for text in answers)
    with published.house.reading() as session:
        kept = session.scalars(select(EventPayload.payload)).all()
        assert not any("赵某某".encode() in payload for payload in kept)
        assert session.scalars(select(CommentContact.contact)).all() == ["13800000000"]


def test_a_late_comment_is_kept_and_marked(published: Stage, citizen: Caller) -> None:
    published.move_clock_only("2026-04-08 00:00")
    answer = citizen.post(f"/consultations/{published.case_id}/comments", {"text": "来晚了"})
    assert (answer.status_code, answer.json["late"]) == (201, True)


def test_a_robot_is_told_so_and_nothing_is_kept(published: Stage, citizen: Caller) -> None:
    said = {"text": "buy", "website": "http://spam"}
    answer = citizen.post(f"/consultations/{published.case_id}/comments", said)
    assert answer.status_code == 422
    assert set(answer.json["fields"]) == {"website"}
    assert comments(published) == 0


@pytest.mark.parametrize("text", ["", "  ", "x" * 10_001, None, 3, "a\u202eb", ["x"]])
def test_a_comment_is_words(published: Stage, citizen: Caller, text: object) -> None:
    assert citizen.post(f"/consultations/{published.case_id}/comments", {"text": text}).status_code == 422
    assert comments(published) == 0


def test_a_flood_from_one_address_is_slowed_down(published: Stage, citizen: Caller) -> None:
    app: Flask = citizen.client.application
    app.extensions["throttles"]["comments"] = Throttle(burst=2, seconds=60)
    path = f"/consultations/{published.case_id}/comments"
    for _ in range(2):
        assert citizen.post(path, {"text": "意见"}).status_code == 201
    third = citizen.post(path, {"text": "意见"})
    assert third.status_code == 429
    assert 0 < int(third.headers["Retry-After"]) <= 60
    other = citizen.client.post(
        f"/api/v1{path}", json={"text": "意见"}, environ_overrides={"REMOTE_ADDR": "198.51.100.7"}
    )
    assert other.status_code == 201


def test_a_bucket_refills_with_time_and_forgets_the_oldest() -> None:
    now = [0.0]
    throttle = Throttle(burst=2, seconds=10, now=lambda: now[0], most=2)
    throttle.take("a")
    throttle.take("a")
    with pytest.raises(TooManyAttempts) as refused:
        throttle.take("a")
    assert refused.value.retry_after == 10
    now[0] = 10.0
    throttle.take("a")
    throttle.take("b")
    throttle.take("c")
    throttle.take("a")  # was forgotten, and begins anew
    throttle.take("a")


def test_comments_on_paper_are_registered_by_the_lead_unit(published: Stage, sign_in: SignIn) -> None:
    path = f"/cases/{published.case_id}/comments"
    said = {"text": "来信一封", "channel": "LETTER", "name": "钱某"}
    client = published._door._client  # type: ignore[attr-defined]
    made = Caller(client, published.token("officer")).post(path, said)
    assert (made.status_code, made.json["comment"]["channel"]) == (201, "LETTER")
    assert Caller(client, published.token("lawyer")).post(path, said).status_code == 403


def test_the_same_button_twice_is_one_comment(published: Stage, citizen: Caller) -> None:
    path = f"/consultations/{published.case_id}/comments"
    key = {"headers": {"Idempotency-Key": "0f6e3c51-6a0b-4c5e-9d2f-8b1a7e4d2c90"}}
    first, again = (citizen.post(path, {"text": "意见"}, **key) for _ in range(2))
    assert first.json == again.json
    assert comments(published) == 1
