"""While a decision is carried out people may write about it: without sign-in, or over the counter (art. 35)."""

from __future__ import annotations

from pathlib import Path

import pytest

from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage, open_stage


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
