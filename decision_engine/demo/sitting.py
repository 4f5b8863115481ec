"""One sitting of a deciding body, acted from the call to the signed minutes: in its room, or step by step.

Who is due and who is absent is told once; everybody present speaks in the order of rank reversed, the principal
last. A member of whom nothing else is said agrees and votes yes. Which way it is acted, the stage says (`Stage.room`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from decision_engine.demo.chamber import Chamber
from decision_engine.demo.stage import Stage, moment

Answers = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sitting:
    """A meeting of *body* at *at* (Shanghai time) on *item*.

    *members*: sign-in names, the principal first; *absent*: sign-in name -> why; *against*: sign-in name -> what
    the member said, verbatim, who disagrees and votes no; *leader*: the deputy in charge.

    *caller* calls the meeting. Only in the room: *papers*, names in `Stage.papers`, are delivered and opened; *guests*
    attend besides the reporter, *explains*: guest -> what the legality review found, *waives*: members with nothing to
    add, *opinions*: absent member -> written opinion, *urgent*: why the item comes up without the usual notice.
    """

    body: str
    name: str
    item: str
    at: str
    members: tuple[str, ...]
    recorder: str
    reporter: str
    method: str
    absent: Mapping[str, str] = field(default_factory=dict)
    against: Mapping[str, str] = field(default_factory=dict)
    leader: str = ""
    caller: str = ""
    papers: tuple[str, ...] = ("draft",)
    guests: tuple[str, ...] = ()
    explains: Mapping[str, str] = field(default_factory=dict)
    waives: tuple[str, ...] = ()
    opinions: Mapping[str, str] = field(default_factory=dict)
    urgent: str = ""

    @property
    def present(self) -> tuple[str, ...]:
        """Return who is present, the principal first."""
        return tuple(login for login in self.members if login not in self.absent)

    @property
    def principal(self) -> str:
        """Return who leads the body."""
        return self.members[0]

    @property
    def signing(self) -> str:
        """Return when the minutes are signed (Shanghai time): at noon, or in the late afternoon."""
        day, _, hour = self.at.partition(" ")
        return f"{day} {'12:00' if hour < '12:00' else '17:00'}"

    def announce(self, stage: Stage, notice: str) -> None:
        """Call the meeting; notice and materials reach every member at *notice*, which is now (Shanghai time)."""
        if stage.room:
            Chamber.call(stage, self)
            return
        stage.complete(self.caller, "confirm_agenda", self.agenda(stage, notice))

    def agenda(self, stage: Stage, notice: str) -> Answers:
        """Return the agenda; notice and materials reach every member at *notice* (Shanghai time)."""
        told = moment(notice)
        return {
            "body_type": self.body,
            "meeting_at": moment(self.at),
            "place": "第一会议室",
            "notice_at": told,
            "materials_at": told,
            "items": [{"title": self.item}],
            "notices": [
                {"member": stage.person(login), "notice_at": told, "materials_at": told}
                for login in self.members
            ],
            "leader_in_charge": stage.person(self.leader),
        }

    def hold(self, stage: Stage, decision: str) -> str:
        """Hold the whole meeting, which approves, and return how its signed record is named (no room: nothing)."""
        if stage.room:
            return Chamber.found(stage, self).hold(decision)
        self.open(stage)
        self.discuss(stage)
        stage.complete(self.recorder, "vote", self.ballots(stage))
        stage.complete(
            self.principal,
            "principal_decides",
            {"outcome": "APPROVE", "decision": decision, "announced_at": self._at("11:30", "16:30")},
        )
        stage.complete(self.recorder, "sign_minutes", self.minutes(stage))
        return ""

    def open(self, stage: Stage) -> None:
        """The recorder opens the meeting, the lead unit reports the item."""
        stage.complete(self.recorder, "open_meeting", self.opening(stage))
        said = {"report": f"汇报{self.item}及履行法定程序情况。", "reported_by": stage.person(self.reporter)}
        stage.complete(self.reporter, "report_item", said)

    def opening(self, stage: Stage) -> Answers:
        """Return who is due, present, absent and asked to speak."""
        return {
            "body_type": self.body,
            "opened_at": moment(self.at),
            "place": "第一会议室",
            "chair": stage.person(self.principal),
            "due": [stage.person(login) for login in self.members],
            "present": [stage.person(login) for login in self.present],
            "absent": [
                {"member": stage.person(login), "reason": why, "leave": True}
                for login, why in self.absent.items()
            ],
            "speakers": [stage.person(login) for login in self.present[1:]],
        }

    def discuss(self, stage: Stage) -> None:
        """All speak, the principal last."""
        for login in reversed(self.present[1:]):
            said = {"stance": "AGREE", "statement": "同意，请抓好落实。"}
            if login in self.against:
                said = {"stance": "DISAGREE", "statement": self.against[login]}
            stage.complete(login, "member_speaks", said)
        said = {"stance": "AGREE", "statement": "综合大家意见，同意，按程序办理。"}
        stage.complete(self.principal, "principal_speaks_last", said)

    def ballots(self, stage: Stage) -> Answers:
        """Return everybody's vote by name, the principal's last."""
        return {
            "method": self.method,
            "ballots": [
                {"member": stage.person(login), "vote": "NO" if login in self.against else "YES"}
                for login in (*self.present[1:], self.principal)
            ],
        }

    def minutes(self, stage: Stage) -> Answers:
        """Return the record: who spoke in which order, who differed in which words, who signed."""
        spoken = (*reversed(self.present[1:]), self.principal)
        return {
            "minutes": f"{self.name}讨论了{self.item}，组成人员依次发言，主要负责人末位表态，逐人表决。",
            "main_questions": "经费来源、责任分工和实施步骤。",
            "speeches": [
                {
                    "seq": seq,
                    "speaker": stage.person(login),
                    "summary": self.against.get(login, "同意。"),
                }
                for seq, login in enumerate(spoken, start=1)
            ],
            "dissents": [
                {"member": stage.person(login), "statement": words, "confirmed": True}
                for login, words in self.against.items()
            ],
            "signatures": [
                {"member": stage.person(login), "signed": True, "signed_at": moment(self.signing)}
                for login in self.present
            ],
            "keeper": stage.person(self.recorder),
        }

    def _at(self, morning: str, afternoon: str) -> str:
        """Return a moment of the meeting's day, by whether it was held in the morning."""
        day, _, hour = self.at.partition(" ")
        return moment(f"{day} {morning if hour < '12:00' else afternoon}")
