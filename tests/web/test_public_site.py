"""The public site: notices without sign-in, a comment and its receipt, what became of it; nothing about anybody."""

from __future__ import annotations

import pytest

from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from tests.web.conftest import Enter, Visitor

WORDS = "建议保留便民服务点。<script>alert(1)</script>"
PHONE = "13900000000"


@pytest.fixture
def consulted(stage: Stage) -> str:
    """A case of the public: its notice is published and open."""
    S1.play(stage, until="comments_online")
    return stage.case_id


def test_a_comment_is_received_with_a_receipt_and_shows_nobody(
    stage: Stage, stranger: Visitor, enter: Enter, consulted: str
) -> None:
    """Criteria 25 and 27: no sign-in; a receipt; a script is text; a telephone number is nowhere."""
    listed = stranger.open("/public")
    assert f"/public/{consulted}" in listed.links()
    notice = stranger.open(f"/public/{consulted}")
    assert "国务院令第713号第十五条" in notice.words
    receipt = stranger.send(notice, f"/public/{consulted}", text=WORDS, name="匿名", contact=PHONE)
    assert receipt.address.startswith("/public/receipt?code=")
    assert "<script>alert" not in receipt.text
    assert "&lt;script&gt;alert(1)" in receipt.text
    staff = enter("officer").open(f"/cases/{consulted}/opinions")
    assert "建议保留便民服务点。" in staff.words
    for page in (receipt, stranger.open(f"/public/{consulted}"), staff):
        assert PHONE not in page.text
        assert "匿名" not in page.text
    code = receipt.address.rpartition("=")[2]
    assert "正在研究" in stranger.open(f"/public/receipt?code={code.lower()}").words
    assert "没有找到这个编号" in stranger.open("/public/receipt?code=AAAA-BBBB-CCCC").words


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"text": ""}, "请填写您的意见"),
        ({"text": "好", "website": "x"}, "请留空"),
        ({"text": "字" * 10_001}, "10000 字"),
    ],
)
def test_a_comment_that_cannot_be_taken_keeps_what_was_typed(
    stranger: Visitor, consulted: str, said: dict[str, str], told: str
) -> None:
    notice = stranger.open(f"/public/{consulted}")
    refused = stranger.send(notice, f"/public/{consulted}", status=422, name="住在村里的人", **said)
    assert told in refused.words
    assert "住在村里的人" in refused.text


def test_after_the_deadline_the_form_is_gone_and_the_result_appears(
    stage: Stage, stranger: Visitor, consulted: str
) -> None:
    """Criterion 26."""
    S1.play(stage, start="comments_online", until="handle_comments")
    closed = stranger.open(f"/public/{consulted}")
    assert [one for one in closed.tree.forms if (one.method or "").upper() == "POST"] == []
    assert "征求意见已经截止" in closed.words
    S1.play(stage, start="handle_comments", until="assess_risk")
    told = stranger.open(f"/public/{consulted}").words
    assert "意见采纳情况" in told
    assert "部分采纳" in told


def test_what_is_not_published_is_not_there(stage: Stage, stranger: Visitor) -> None:
    S1.play(stage, until="publish_notice")
    stranger.open(f"/public/{stage.case_id}", status=404)
    stranger.open("/public/nothing", status=404)
    stranger.open("/accessibility")


def test_a_letter_is_put_on_file_in_its_own_words(stage: Stage, enter: Enter, consulted: str) -> None:
    officer = enter("officer")
    page = officer.open(f"/cases/{consulted}/opinions")
    kept = officer.send(page, f"/cases/{consulted}/opinions", text="来信：请延长过渡期。", channel="LETTER")
    assert "来信：请延长过渡期。" in kept.words
    empty = officer.send(officer.open(f"/cases/{consulted}/opinions"), "/opinions", text=" ", status=422)
    assert "意见原文" in empty.words
    assert consulted in " ".join(officer.open("/consultations").links())
