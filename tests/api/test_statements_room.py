"""What an act in a meeting room costs the database, counted statement by statement along both meetings of a story."""

from __future__ import annotations

import re
from typing import Any

from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from decision_engine.work import House
from tests.api.test_statements import MOST_A_PLACE, counted

MOST_AN_ACT = 32
MOST_OF_THE_RECORDER = 42
"""Calling a meeting, taking an item up, its report, the count of the vote, the minutes: steps of the case's flow."""
WEIGHTY = {
    "/meetings",
    "/meetings/items/taking-up",
    "/meetings/items/report",
    "/meetings/items/votes/closing",
    "/meetings/minutes",
    "/meetings/minutes/settlement",
}
EACH = ("arrivals", "items/statements", "items/votes/ballots", "minutes/signatures")
"""What every member does: no dearer for the last of eight than for the first of six."""


def test_every_act_in_the_room_stays_within_its_budget(house: House, stage: Stage, monkeypatch: Any) -> None:
    costs: dict[str, list[int]] = {}
    say = stage.say

    def counting(login: str | None, path: str, said: Any) -> Any:
        with counted(house) as sent:
            answer = say(login, path, said)
        if path.startswith("/meetings"):
            costs.setdefault(re.sub(r"/[0-9a-f]{32}", "", path), []).append(len(sent))
        return answer

    monkeypatch.setattr(stage, "say", counting)
    stage.room = True
    S1.play(stage, until="send_for_approval")
    assert costs.keys() > WEIGHTY
    assert len(costs) > 20
    costs["/meetings/minutes/settlement"] = [
        one - MOST_A_PLACE for one in costs["/meetings/minutes/settlement"]
    ]
    dear = {
        act: found
        for act, found in costs.items()
        if max(found) > (MOST_OF_THE_RECORDER if act in WEIGHTY else MOST_AN_ACT)
    }
    assert dear == {}
    for act in EACH:
        found = costs[f"/meetings/{act}"]
        assert len(found) >= 6 + 8 - 2, act  # of each meeting one waives
        assert max(found) - min(found) <= 2, (act, found)
