"""A sitting held in its meeting room: everybody acts from an own account, as on devices in the room.

The meeting is called with its agenda, papers are delivered and opened, members sign in or ask leave; the item is
reported, explained and discussed, the principal last; the vote, the decision and its announcement follow, then the
minutes: drawn up, a dissent confirmed by who said it, signed by everybody who was present, settled. Each stage is a
method of its own, so that a test can try what the law forbids between two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.town import DISTRICT_BODIES, official

if TYPE_CHECKING:
    from decision_engine.demo.sitting import Sitting

Json = dict[str, Any]
CATEGORY = "MAJOR_DECISION"
PAUSE = 20
"""Seconds from one act in the room to the next."""


@dataclass(frozen=True, slots=True)
class Chamber:
    """The room of *sitting* on *stage*: ids of the meeting and of the item it is about."""

    stage: Stage
    sitting: Sitting
    meeting: str
    item: str

    # -- before the meeting ------------------------------------------------------------------------------

    @classmethod
    def call(cls, stage: Stage, sitting: Sitting) -> Chamber:
        """Call the meeting now, deliver its papers, and let who cannot come ask leave. Raises `Refused`."""
        plan: Json = {
            "title": sitting.item, "category": CATEGORY, "case_id": stage.case_id,
            "leader_in_charge_id": stage.person(sitting.leader), "reporter_id": stage.person(sitting.reporter),
        }  # fmt: skip
        if sitting.urgent:
            plan["emergency_reason"] = sitting.urgent
        said = {
            "body_id": _body(stage, sitting), "title": sitting.name, "planned_at": moment(sitting.at),
            "place": "第一会议室", "chair_id": stage.person(sitting.principal),
            "recorder_id": stage.person(sitting.recorder), "items": [plan],
        }  # fmt: skip
        answer = stage.does(sitting.caller, f"召集{sitting.name}，通知组成人员", "/meetings", said)
        chamber = cls(stage, sitting, answer["meeting"]["id"], answer["items"][0]["id"])
        chamber._deliver()
        chamber._excuse()
        return chamber

    @classmethod
    def found(cls, stage: Stage, sitting: Sitting) -> Chamber:
        """Return the room of the meeting that was called for *sitting* and is not over, as its recorder finds it."""
        body = _body(stage, sitting)
        for one in stage.ask(sitting.recorder, "/meetings", body_id=body)["items"]:
            if one["status"] not in {"CALLED", "OPEN"}:
                continue
            seen = stage.ask(sitting.recorder, f"/meetings/{one['id']}")
            for held in seen["items"]:
                if held["item"]["case_id"] == stage.case_id:
                    return cls(stage, sitting, one["id"], held["item"]["id"])
        raise LookupError(f"no meeting is called for {sitting.name}")

    def _deliver(self) -> None:
        """Deliver every paper to every member; whoever will come opens it."""
        for name in self.sitting.papers:
            said = {"document_id": self.stage.papers[name]}
            made = self.on(self.sitting.caller, "送达会议材料", "/deliveries", said)["deliveries"]
            deliveries = {one["person_id"]: one["id"] for one in made}
            for login in self.sitting.present:
                delivery = deliveries[self.stage.person(login)]
                self.does(login, "打开会议材料", f"/deliveries/{delivery}/opening")

    def _excuse(self) -> None:
        for login, why in self.sitting.absent.items():
            self.does(login, "请假", "/leave", {"reason": why})
            if login in self.sitting.opinions:
                self.on(login, "提交书面意见", "/opinions", {"text": self.sitting.opinions[login]})

    # -- the meeting -------------------------------------------------------------------------------------

    def hold(self, decision: str) -> str:
        """Hold the whole meeting, which approves, and return how its signed record is named."""
        self.open()
        self.report()
        self.discuss()
        self.vote()
        self.decide("APPROVE", decision)
        self.close()
        return self.settle()

    def open(self) -> None:
        """Members sign in, the recorder opens the meeting; to an urgent item those present agree first."""
        for login in self.sitting.present:
            self.does(login, "签到", "/arrivals")
        guests = [
            {"name": one.name, "position": one.title, "person_id": self.stage.person(one.login)}
            for one in map(official, (*self.sitting.guests, self.sitting.reporter))
        ]
        self.does(self.sitting.recorder, "宣布开会，登记列席人员", "/opening", {"guests": guests})
        if self.sitting.urgent:
            for login in self.sitting.present:
                self.on(login, "同意讨论临时紧急议题", "/consents", {"consents": True})

    def report(self) -> None:
        """The item is taken up and reported, the review explained, what absent members wrote read out."""
        self.on(self.sitting.recorder, "提交讨论", "/taking-up")
        text = f"汇报{self.sitting.item}的主要内容及履行法定程序情况。"
        self.on(self.sitting.reporter, "汇报议题", "/report", {"text": text})
        for login, words in self.sitting.explains.items():
            self.on(login, "说明合法性审查情况", "/explanations", {"text": words})
        if self.sitting.opinions:
            seen = self.stage.ask(self.sitting.recorder, f"/meetings/{self.meeting}/items/{self.item}")
            for one in seen["opinions"]:
                self.does(self.sitting.recorder, "宣读书面意见", f"/opinions/{one['id']}/reading")

    def discuss(self, **stances: str) -> None:
        """All speak in the order of rank reversed, the principal last; *stances* by sign-in name, else as told."""
        self.members_speak(**stances)
        self.principal_speaks(stances.get(self.sitting.principal, "AGREE"))

    def members_speak(self, *logins: str, **stances: str) -> None:
        """The members present (or *logins* of them) take their positions; one who has nothing to add says so."""
        for login in logins or tuple(reversed(self.sitting.present[1:])):
            if login in self.sitting.waives and login not in stances:
                self.on(login, "无补充意见", "/waivers")
                continue
            stance, words = "AGREE", "同意，请抓好落实。"
            if login in self.sitting.against:
                stance, words = "DISAGREE", self.sitting.against[login]
            self.on(login, "发表意见", "/statements", {"stance": stances.get(login, stance), "text": words})

    def principal_speaks(self, stance: str = "AGREE") -> None:
        """The principal says last what he or she thinks."""
        said = {"stance": stance, "text": "综合大家意见，按程序办理。"}
        self.on(self.sitting.principal, "末位发言", "/statements", said)

    def vote(self, **choices: str) -> Json:
        """The vote is taken by name, the chair's last, and counted; *choices* by sign-in name, else as told."""
        opened = self.on(self.sitting.recorder, "开始表决", "/votes", {"method": self.sitting.method})
        path = f"/votes/{opened['votes'][0]['id']}/ballots"
        for login in (*self.sitting.present[1:], self.sitting.principal):
            choice = choices.get(login, "NO" if login in self.sitting.against else "YES")
            self.on(login, "表决", path, {"choice": choice})
        counted: Json = self.on(self.sitting.recorder, "结束表决并计票", "/votes/closing")["votes"][0]
        return counted

    def decide(self, outcome: str, decision: str, **more: Any) -> None:
        """The principal announces what the item comes to."""
        said = {"outcome": outcome, "decision": decision, **more}
        self.on(self.sitting.principal, "作出决定，当场宣布", "/decision", said)

    def close(self) -> None:
        """The recorder closes the meeting."""
        self.does(self.sitting.recorder, "宣布闭会", "/closing")

    # -- the minutes -------------------------------------------------------------------------------------

    def settle(self, *dissenting: str) -> str:
        """The minutes are confirmed, signed by everybody present and settled; return how the record is named.

        Whoever differed (as told, and *dissenting*) confirms it first, in the words said in the meeting.
        """
        self.stage.move_to(self.sitting.signing)
        for login in dict.fromkeys((*self.sitting.against, *dissenting)):
            self.on(login, "确认不同意见", "/dissent/confirmation")
        record = self.does(self.sitting.recorder, "形成会议记录和纪要", "/minutes")["record"]
        for login in self.sitting.present:
            self.does(login, "核对并签署会议记录", "/minutes/signatures", {"sha256": record["sha256"]})
        self.does(self.sitting.recorder, "会议记录办结", "/minutes/settlement")
        return f"会议记录第{record['number']}版，SHA-256：{record['sha256']}"

    # -- how anything is done ------------------------------------------------------------------------------

    def does(self, login: str, what: str, path: str, said: Mapping[str, Any] | None = None) -> Any:
        """Do something in the room, a moment after what was done before. Raises `Refused`."""
        self.stage.later(PAUSE)
        return self.stage.does(login, what, f"/meetings/{self.meeting}{path}", said or {})

    def on(self, login: str, what: str, path: str, said: Mapping[str, Any] | None = None) -> Any:
        """Do something about the item. Raises `Refused`."""
        return self.does(login, what, f"/items/{self.item}{path}", said)


def _body(stage: Stage, sitting: Sitting) -> str:
    """Return the id of the body that sits."""
    organ = stage.town.district_id if sitting.body in DISTRICT_BODIES else stage.town.organ_id
    bodies = stage.ask(sitting.recorder, f"/organs/{organ}/bodies")["items"]
    found: str = next(one["id"] for one in bodies if one["kind"] == sitting.body)
    return found
