"""While a decision is carried out people may write about it: without sign-in, or over the counter (art. 35)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from decision_engine.demo.filled import handling
from decision_engine.demo.s1 import S1
from decision_engine.demo.s2 import S2, first, second
from decision_engine.demo.stage import Stage, open_stage
from decision_engine.models import Comment
from decision_engine.queries import feedback


@pytest.fixture
def carried_out(tmp_path: Path):
    """The town while the decision of S1 is being carried out."""
    with open_stage(tmp_path, S1.scenes[0].at) as stage:
        S1.play(stage, until="last_report")
        yield stage


def letters(stage: Stage) -> list[dict[str, object]]:
    return stage.pages("officer", f"/cases/{stage.case_id}/comments")


def test_letters_and_calls_during_execution_are_taken_in_and_marked(carried_out: Stage) -> None:
    earlier = len(letters(carried_out))

    carried_out.comment("三村服务窗口中午无人值守。")
    carried_out.say(
        "officer",
        f"/cases/{carried_out.case_id}/comments",
        {"text": "来电反映公交线路未延伸到东园。", "channel": "PHONE"},
    )

    new = letters(carried_out)[earlier:]
    assert [one["text"] for one in new] == ["三村服务窗口中午无人值守。", "来电反映公交线路未延伸到东园。"]
    assert all(one["late"] for one in new), "they came after the period for comments, and say so"


def answer(stage: Stage, words: str) -> tuple[bool, list[tuple[str, str]]]:
    """What the receipt of the first comment that begins with *words* tells: whether answered, handling and reason."""
    with stage.house.reading() as session:
        receipt = session.scalars(select(Comment.receipt).where(Comment.text.startswith(words))).first()
        found = feedback.received(session, receipt)
    assert found is not None
    return found.published, [(one.handling, one.reason) for one in found.points]


def test_who_wrote_on_the_first_draft_keeps_the_answer(tmp_path: Path) -> None:
    """A second draft is heard anew: its comments wait for their own answer, the earlier ones keep theirs."""
    refused = (True, [("NOT_ADOPTED", "不设罚款难以保证收缴。")])
    with open_stage(tmp_path, S2.scenes[0].at) as stage:
        S2.play(stage, until="handle_comments")
        assert answer(stage, "取消逾期罚款") == (False, [])
        S2.play(stage, start="handle_comments", until="examine")
        assert answer(stage, "取消逾期罚款") == refused
        assert answer(stage, "支持取消收费") == (False, [])
        stage.move_to("2026-06-18 10:00")
        stage.file("officer", "D10", "公众意见原件及汇总（第二稿）", "26件。")
        stage.complete("officer", "handle_comments", handling(stage, "officer", second.POINTS))
        assert answer(stage, "支持取消收费") == (False, []), "handled, but not published"
        first.publish_feedback(stage, "2026-06-18 10:00", "收到意见26件。")
        assert answer(stage, "支持取消收费") == (True, [("ADOPTED", "")])
        assert answer(stage, "取消逾期罚款") == refused
