"""How a story is told: runs of the same sentence once, differences again at the end; and how the stage speaks."""

from __future__ import annotations

import pytest

from decision_engine.demo import player
from decision_engine.demo.door import Refused
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.story import Check, Scene, Story


def event(seq: int, sentence: str) -> dict:
    return {"seq": seq, "sentence": {"zh": sentence}}


def test_the_same_sentence_several_times_running_is_told_once_with_its_last_place():
    told = list(player.trail([event(1, "甲"), event(2, "乙"), event(3, "乙"), event(4, "甲")]))
    assert told == ["    1  甲", "    2  乙（共2次，至第3条）", "    4  甲"]


def test_what_differs_is_told_again_at_the_end():
    told = list(player.verdict([Check("票数", 8, 8), Check("名单", ["甲"], []), Check("完整", True, False)]))
    assert told == [
        "  ✓ 票数：8",
        "  ✗ 名单：甲",
        "  ✗ 完整：是",
        "2项与预期不一致：",
        "  名单：应为 甲，实为 无",
        "  完整：应为 是，实为 否",
    ]


def test_when_everything_holds_that_is_said_and_nothing_else():
    assert (
        list(player.verdict([Check("票数", {"甲": 8}, {"甲": 8})]))[-1] == "全部1项与预期一致，日志链完整。"
    )


def test_a_story_nobody_wrote_is_not_played():
    with pytest.raises(KeyError):
        player.play("S0")


def test_a_story_can_be_played_in_parts():
    done: list[str] = []

    def scene(name: str) -> Scene:
        return Scene(name, "2026-03-06 09:00", name, lambda _: done.append(name))

    class Bare:
        def tell(self, _line):
            pass

        def move_to(self, _moment):
            pass

    story = Story("S0", "", tuple(map(scene, "abcd")), lambda _: [])
    story.play(Bare(), until="b")
    story.play(Bare(), start="b", until="d")
    story.play(Bare(), start="d")
    assert done == ["a", "b", "c", "d"]


def test_the_scenes_of_s1_stand_in_the_order_of_time():
    assert [one.at for one in S1.scenes] == sorted(one.at for one in S1.scenes)
    assert len({one.name for one in S1.scenes}) == len(S1.scenes)


def test_a_shanghai_time_is_written_with_its_offset():
    assert moment("2026-03-06 09:00") == "2026-03-06T09:00:00+08:00"


def test_an_act_that_should_be_refused_and_is_not_is_an_error():
    stage = Stage.__new__(Stage)
    stage.complete = lambda *_args, **_named: {}
    with pytest.raises(AssertionError, match="vote was not refused"):
        stage.refused("mayor", "vote", {})


def test_a_refusal_tells_the_rules_and_the_fields():
    refusal = Refused(
        422,
        {
            "title": "不符合法定程序",
            "detail": "……",
            "findings": [{"rule": "R-713-25-1", "message": "未经审查。"}],
            "fields": {"points.0": ["此项必填。"]},
            "rule": "R-LEG-05",
        },
    )
    assert refusal.rules == ("R-713-25-1", "R-LEG-05")
    assert "R-713-25-1: 未经审查。" in str(refusal)
    assert "points.0: 此项必填。" in str(refusal)
