"""A meeting acted through the door by people of the town, each on an own device.

Whoever does something here is first shown, by the meeting itself, that he or she may: the list of acts and the verbs
are held against each other along every story told with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from datetime import timedelta
from typing import Any

from decision_engine.demo import shipped_diagrams
from decision_engine.demo.door import Refused
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.town import BODIES, MAYORS_OFFICE
from tests.api.conftest import put_in_force

Json = dict[str, Any]


def meeting_in_force(stage: Stage) -> None:
    """Put the meeting alone in force, for items that are no decision case."""
    name = "collective_meeting.bpmn"
    put_in_force(stage.house, {name: shipped_diagrams()[name]}, stage.person("admin1"))


class Assembly:
    """A meeting of one body on a stage; its people by their sign-in names."""

    def __init__(self, stage: Stage, body: str = MAYORS_OFFICE) -> None:
        self.stage = stage
        self.body = body
        self.members = BODIES[body][1]
        self.principal = self.members[0]
        bodies = stage.ask("secretary", f"/organs/{stage.town.organ_id}/bodies")["items"]
        self.body_id: str = next(one["id"] for one in bodies if one["kind"] == body)
        self.id = ""
        self.items: list[str] = []

    def on(self, stage: Stage) -> Assembly:
        """Return the same meeting on another stage, to which its house was copied."""
        other = copy(self)
        other.stage = stage
        return other

    # -- before ----------------------------------------------------------------------------------------

    def call(self, planned: str, *plans: Json, login: str = "director") -> Json:
        """Call the meeting for a Shanghai time with *plans* as its items."""
        said = {
            "body_id": self.body_id, "title": "会议", "planned_at": moment(planned), "place": "镇政府二楼会议室",
            "chair_id": self.stage.person(self.principal), "recorder_id": self.stage.person("recorder"),
            "items": list(plans),
        }  # fmt: skip
        answer: Json = self.stage.say(login, "/meetings", said)
        self.id = answer["meeting"]["id"]
        self.items = [one["id"] for one in answer["items"]]
        return answer

    def opens(self, *here: str, absent: Json | None = None, guests: Sequence[Json] = ()) -> Json:
        """Open the meeting with *here* in the room, by sign-in name."""
        said = {
            "present": [self.stage.person(one) for one in here],
            "absences": [
                {"person_id": self.stage.person(one), "reason": why} for one, why in (absent or {}).items()
            ],
            "guests": list(guests),
        }
        return self.do("recorder", "open_meeting", said)

    # -- looking and acting ----------------------------------------------------------------------------

    def see(self, login: str, path: str = "") -> Json:
        """Return what somebody sees of the meeting."""
        found: Json = self.stage.ask(login, f"/meetings/{self.id}{path}")
        return found

    def item(self, number: int = 0, login: str = "recorder") -> Json:
        """Return an item as somebody sees it."""
        return self.see(login, f"/items/{self.items[number]}")

    def acts(self, login: str, number: int | None = None) -> dict[str, Json]:
        """Return the acts somebody is shown, by name: of the room, or of one item."""
        item = None if number is None else self.items[number]
        return {one["act"]: one for one in self.see(login)["acts"] if one["item_id"] == item}

    def do(self, login: str, act: str, said: Json | None = None, *, item: int | None = None) -> Json:
        """Do *act* as the list of acts says it is done. Raises `LookupError` where it is not said to be allowed."""
        shown = self.acts(login, item).get(act)
        if shown is None or not shown["allowed"]:
            raise LookupError(f"{login} is not shown {act}: {shown}")
        return self.post(login, shown["path"], said)

    def refused(self, login: str, act: str, said: Json | None = None, *, item: int | None = None) -> Refused:
        """Try what the list of acts says is not allowed now; it is refused."""
        shown = self.acts(login, item)[act]
        assert not shown["allowed"], f"{login} is shown {act} as allowed"
        assert shown["reason"]["zh"]
        return self.turned_down(login, shown["path"], said)

    def post(self, login: str, path: str, said: Json | None = None) -> Json:
        """Say something at an address, a second after whatever was done before."""
        clock = self.stage._clock
        clock.move_to(clock.now() + timedelta(seconds=1))
        answer: Json = self.stage.say(login, path, said or {})
        return answer

    def turned_down(self, login: str, path: str, said: Json | None = None) -> Refused:
        """Return how something is refused; what is let through is an error."""
        try:
            self.post(login, path, said)
        except Refused as refusal:
            return refusal
        raise AssertionError(f"{login} was let do {path}")

    def at(self, path: str, number: int = 0) -> str:
        """Return an address below an item."""
        return f"/meetings/{self.id}/items/{self.items[number]}{path}"

    # -- a whole discussion ----------------------------------------------------------------------------

    def report(self, number: int = 0, reporter: str = "officer") -> None:
        """Take the item up and write its report down."""
        self.do("recorder", "take_up_item", item=number)
        said = {"text": "汇报草案主要内容。", "reporter_id": self.stage.person(reporter)}
        self.do("recorder", "report_item", said, item=number)

    def discuss(self, *members: str, number: int = 0, **stances: tuple[str, str]) -> None:
        """Let *members* speak in this order; agreeing unless told otherwise."""
        for login in members:
            stance, text = stances.get(login, ("AGREE", "同意，请抓好落实。"))
            self.do(login, "speak", {"stance": stance, "text": text}, item=number)

    def votes(self, *members: str, number: int = 0, method: str | None = None, **choices: str) -> Json:
        """Open the vote, let *members* vote in this order, and count."""
        said = {"method": method} if method else {}
        self.do("recorder", "open_vote", said, item=number)
        for login in members:
            self.do(login, "cast", {"choice": choices.get(login, "YES")}, item=number)
        return self.do("recorder", "close_vote", item=number)

    def decides(self, outcome: str = "APPROVE", number: int = 0, **more: Any) -> Json:
        """Let the principal decide."""
        said = {"outcome": outcome, "decision": "同意方案，按程序办理。", **more}
        return self.do(self.principal, "decide", said, item=number)

    # -- the minutes -----------------------------------------------------------------------------------

    def draws_up(self) -> Json:
        """Draw the minutes up."""
        return self.do("recorder", "draw_up_minutes")

    def text(self, login: str, paper: str) -> str:
        """Return the exact text of `record/1`, `summary/1` or `attached`."""
        client = self.stage._door._client  # type: ignore[attr-defined]  # the same door: what comes is no JSON
        headers = {"Authorization": f"Bearer {self.stage.token(login)}"}
        answer = client.get(f"/api/v1/meetings/{self.id}/minutes/{paper}", headers=headers)
        assert answer.status_code == 200, answer.text
        found: str = answer.get_data().decode()
        return found

    def sign(self, *members: str) -> None:
        """Let *members* sign the newest record."""
        newest = self.see("recorder", "/minutes")["versions"]
        sha256 = [one["sha256"] for one in newest if one["kind"] == "RECORD"][-1]
        for login in members:
            self.do(login, "sign_minutes", {"sha256": sha256})
