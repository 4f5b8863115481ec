"""Two meetings, one dissent: 8 to 15 July 2026."""

from __future__ import annotations

from typing import Any

from decision_engine.demo.chamber import Chamber
from decision_engine.demo.filled import supplied
from decision_engine.demo.s2.second import TITLE
from decision_engine.demo.sitting import Sitting
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.story import scene
from decision_engine.demo.town import BODIES, MAYORS_OFFICE, PARTY_COMMITTEE

Answers = dict[str, Any]

DISSENT = "补贴来源应列入年度预算后再实施"
"""What 魏守正 said against it, word for word."""

URGENT = "须于7月17日前公布并报区政府备案，镇长办公会次日即须研究，来不及提前两个工作日通知。"
"""Why the committee meets the day after: the recorded way for an item without the usual notice (R-MTG-11)."""

GOVERNMENT = Sitting(
    MAYORS_OFFICE,
    "镇长办公会",
    TITLE,
    "2026-07-14 14:00",
    BODIES[MAYORS_OFFICE][1],
    "recorder",
    "officer",
    "RECORDED_POSITIONS",
    absent={"deputy6": "因公出差"},
    leader="deputy3",
    caller="director",
    papers=("draft", "confirmation"),
    guests=("justice",),
    explains={"justice": "修改后合法，已按两条修改意见确认。"},
    waives=("deputy5",),
)
PARTY = Sitting(
    PARTY_COMMITTEE,
    "镇党委会",
    TITLE,
    "2026-07-15 09:00",
    BODIES[PARTY_COMMITTEE][1],
    "recorder",
    "officer",
    "NAMED_BALLOT",
    absent={"defence": "参加集训", "politics.law": "因病请假"},
    against={"discipline": DISSENT},
    leader="deputy3",
    caller="party.office",
    papers=("draft", "confirmation"),
    waives=("publicity",),
    urgent=URGENT,
)


@scene("2026-07-08 10:00", "提请集体讨论")
def assemble_meeting_package(stage: Stage) -> None:
    """What the meeting gets, slot by slot."""
    stage.file("officer", "D20", "提请集体讨论的请示及履行程序说明", "提请镇长办公会讨论。")
    stage.complete("officer", "assemble_meeting_package", meeting_package(stage))


def meeting_package(stage: Stage, *without: str) -> Answers:
    """Return the package; slots named in *without* are claimed not to apply."""
    papers = {
        "DRAFT": "draft",
        "FAIR_COMPETITION": "D16",
        "PUBLIC_OPINIONS": "D13",
        "RISK_REPORT": "D15",
        "LEGALITY_OPINION": "confirmation",
        "OTHER": "D12",
    }
    filed = {slot: stage.papers[name] for slot, name in papers.items() if slot not in without}
    why = {"EXPERT_OPINIONS": "不属于专业性、技术性较强的事项。"} | dict.fromkeys(without, "不适用。")
    return {
        "meeting_package": supplied("slot", filed, why),
        "procedure_statement": "两次公开征求意见，公平竞争审查、风险评估、合法性审查均已完成。",
    }


@scene("2026-07-10 09:00", "确定会议议程，通知和材料送达")
def confirm_agenda(stage: Stage) -> None:
    """Two working days before the meeting every member has notice and materials."""
    stage.file("director", "D21", "会议通知、议程和材料送达记录", "2026年7月10日逐人送达。")
    GOVERNMENT.announce(stage, "2026-07-10 09:00")


@scene("2026-07-14 14:00", "镇长办公会集体讨论")
def government_meeting(stage: Stage) -> None:
    """The mayor's office meeting approves."""
    record = GOVERNMENT.hold(stage, "同意。")
    stage.file("recorder", "D22", "镇长办公会会议记录（签字）", f"应到7人，实到6人，一致同意。{record}")
    stage.file("recorder", "D23", "镇长办公会会议纪要", "同意，报镇党委会研究。")
    stage.file("recorder", "D24", "请假条", "曲清和因公出差请假。")


@scene("2026-07-14 17:30", "向镇党委请示报告")
def report_party_committee(stage: Stage) -> None:
    """A weighty item is deliberated by the party committee."""
    paper = stage.file("party.office", "D26", "向镇党委的请示报告", "请镇党委研究。")
    stage.complete(
        "party.office",
        "report_party_committee",
        {
            "stage": "DELIBERATE",
            "report": "镇长办公会讨论同意，提请镇党委会研究。",
            "sent_at": moment("2026-07-14 17:30"),
            "reply": "列入7月15日镇党委会议题。",
            "report_ref": paper,
        },
    )
    if stage.room:  # without one the report itself announces the item
        Chamber.call(stage, PARTY)


@scene("2026-07-15 09:00", "镇党委会集体讨论")
def party_meeting(stage: Stage) -> None:
    """Seven of nine are present; six say yes, one says no, and why."""
    record = PARTY.hold(stage, "6票赞成、1票反对，同意。")
    told = f"应到9人，实到7人，6票赞成，1票反对。{record}"
    stage.file("recorder", "D22", "镇党委会会议记录（签字）、表决票", told)
