"""Collective discussion: the mayor's office meeting of 8 May and the party committee of 12 May 2026."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from decision_engine.demo.chamber import Chamber
from decision_engine.demo.s1.beginning import TITLE
from decision_engine.demo.sitting import Sitting
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.story import scene
from decision_engine.demo.town import BODIES, MAYORS_OFFICE, PARTY_COMMITTEE

Answers = dict[str, Any]
ABSENT = {MAYORS_OFFICE: "deputy6", PARTY_COMMITTEE: "defence"}
"""Who asked leave of each meeting: 6 of 7 and 8 of 9 are present."""
DECISION = "同意撤销西柳、南柳、东园村村民委员会的决定草案。"

GOVERNMENT = Sitting(
    MAYORS_OFFICE,
    "镇长办公会",
    TITLE,
    "2026-05-08 14:00",
    BODIES[MAYORS_OFFICE][1],
    "recorder",
    "officer",
    "RECORDED_POSITIONS",
    absent={"deputy6": "因公出差"},
    leader="deputy2",
    caller="director",
    papers=("draft", "D19"),
    guests=("director", "justice"),
    explains={"justice": "决定草案合法，村民会议和报批程序齐备。"},
    waives=("deputy5",),
    opinions={"deputy6": "同意草案。"},
)
PARTY = Sitting(
    PARTY_COMMITTEE,
    "镇党委会",
    TITLE,
    "2026-05-12 09:00",
    BODIES[PARTY_COMMITTEE][1],
    "recorder",
    "officer",
    "NAMED_BALLOT",
    absent={"defence": "因公出差"},
    leader="deputy2",
    caller="party.office",
    papers=("draft", "D19"),
    guests=("justice",),
    waives=("publicity",),
)


@scene("2026-04-29 10:00", "提请集体讨论")
def assemble_meeting_package(stage: Stage) -> None:
    """Seven slots, each filled or with the reason why it does not apply."""
    stage.file("officer", "D20", "提请集体讨论的请示及履行程序说明", "已完成法定程序，提请镇长办公会讨论。")
    stage.complete("officer", "assemble_meeting_package", meeting_package(stage))


def meeting_package(stage: Stage) -> Answers:
    """Return the package for the meeting."""
    papers = {
        "DRAFT": "draft",
        "PUBLIC_OPINIONS": "D13",
        "RISK_REPORT": "risk",
        "LEGALITY_OPINION": "D19",
        "OTHER": "D12",
    }
    without = {
        "FAIR_COMPETITION": "不涉及经营主体经济活动。",
        "EXPERT_OPINIONS": "不属于专业性、技术性较强的事项。",
    }
    return {
        "meeting_package": [
            {"slot": slot, "status": "FILED", "document_ref": stage.papers[name]}
            for slot, name in papers.items()
        ]
        + [{"slot": slot, "status": "NOT_APPLICABLE", "reason": why} for slot, why in without.items()],
        "procedure_statement": "研究论证、公众参与、村民会议、风险评估、合法性审查均已依法完成。",
    }


@scene("2026-05-06 09:00", "确定会议议程，通知和材料送达")
def confirm_agenda(stage: Stage) -> None:
    """Notice and materials reach every member two working days before the meeting."""
    stage.file("director", "D21", "会议通知、议程和材料送达记录", "2026年5月6日逐人送达。")
    if stage.room:
        Chamber.call(stage, GOVERNMENT)
    else:
        stage.complete("director", "confirm_agenda", agenda(stage))


def agenda(stage: Stage, meeting: str = "2026-05-08 14:00", notice: str = "2026-05-06 09:00") -> Answers:
    """Return the agenda of the mayor's office meeting."""
    return {
        "body_type": MAYORS_OFFICE,
        "meeting_at": moment(meeting),
        "place": "镇政府二楼会议室",
        "notice_at": moment(notice),
        "materials_at": moment(notice),
        "items": [{"title": TITLE}],
        "notices": [
            {"member": member, "notice_at": moment(notice), "materials_at": moment(notice)}
            for member in stage.town.members(MAYORS_OFFICE)
        ],
        "leader_in_charge": stage.person("deputy2"),
    }


@scene("2026-05-08 14:00", "镇长办公会集体讨论")
def government_meeting(stage: Stage) -> None:
    """Six of seven are present; all speak, the mayor last; approved."""
    record = _held(stage, GOVERNMENT)
    stage.file(
        "recorder", "D22", "镇长办公会会议记录（签字）、表决情况", f"应到7人，实到6人，一致同意。{record}"
    )
    stage.file("recorder", "D23", "镇长办公会会议纪要", "会议同意撤销三村村民委员会，报镇党委会研究。")
    stage.file("recorder", "D24", "请假条和书面意见", "曲清和副镇长因公出差请假；书面意见：同意（不计票）。")


@scene("2026-05-09 10:00", "向镇党委请示报告")
def report_party_committee(stage: Stage) -> None:
    """Before release the party committee is reported to; a weighty item it deliberates on."""
    paper = stage.file("party.office", "D26", "向镇党委的请示报告", "镇长办公会已讨论同意，请镇党委研究。")
    stage.complete(
        "party.office",
        "report_party_committee",
        {
            "stage": "DELIBERATE",
            "report": "镇长办公会2026年5月8日讨论同意，现提请镇党委会研究。",
            "sent_at": moment("2026-05-09 10:00"),
            "reply": "列入5月12日镇党委会议题。",
            "reply_at": moment("2026-05-09 16:00"),
            "report_ref": paper,
        },
    )
    if stage.room:  # without one the report itself announces the item
        stage.move_to("2026-05-09 16:30")
        Chamber.call(stage, PARTY)


@scene("2026-05-12 09:00", "镇党委会集体讨论")
def party_meeting(stage: Stage) -> None:
    """Eight of nine are present; named ballot, eight yes."""
    record = _held(stage, PARTY)
    told = f"应到9人，实到8人，记名表决8票赞成。{record}"
    stage.file("recorder", "D22", "镇党委会会议记录（签字）、表决票", told)


def _held(stage: Stage, sitting: Sitting) -> str:
    """Hold the meeting, in its room or step by step, and return how its signed record is named."""
    if stage.room:
        return Chamber.found(stage, sitting).hold(DECISION)
    day = sitting.at[:10]
    open_and_report(stage, sitting.body, day)
    members_speak(stage, sitting.body)
    conclude(stage, sitting.body, day)
    return ""


def present(body: str) -> tuple[str, ...]:
    """Return who is present at the meeting of *body* in order of rank, the principal first, by sign-in name."""
    return tuple(login for login in BODIES[body][1] if login != ABSENT[body])


def open_and_report(stage: Stage, body: str, day: str) -> None:
    """The recorder opens the meeting, the lead unit reports the item."""
    stage.complete("recorder", "open_meeting", opening(stage, body, day))
    stage.complete(
        "officer",
        "report_item",
        {
            "report": "汇报草案主要内容、公众意见采纳、风险评估和合法性审查情况。",
            "reported_by": stage.person("officer"),
        },
    )


def opening(stage: Stage, body: str, day: str, speakers: Sequence[str] | None = None) -> Answers:
    """Return who is due, present, absent and asked to speak: all who are present but the principal."""
    here = present(body)
    asked = here[1:] if speakers is None else speakers
    return {
        "body_type": body,
        "opened_at": moment(f"{day} {'14:00' if body == MAYORS_OFFICE else '09:00'}"),
        "place": "镇政府二楼会议室",
        "chair": stage.person(here[0]),
        "due": list(stage.town.members(body)),
        "present": [stage.person(login) for login in here],
        "absent": [{"member": stage.person(ABSENT[body]), "reason": "因公出差", "leave": True}],
        "speakers": [stage.person(login) for login in asked],
        "attendees": [
            {"name": "方立行", "position": "党政办公室主任"},
            {"name": "宋秉直", "position": "司法所所长"},
        ],
    }


def members_speak(stage: Stage, body: str, speakers: Sequence[str] | None = None) -> None:
    """Each member present but the principal says what he or she thinks, in the order of rank reversed."""
    for login in reversed(present(body)[1:] if speakers is None else speakers):
        stage.complete(login, "member_speaks", speech())


def speech(stance: str = "AGREE", statement: str = "同意草案，请抓好集体资产和服务衔接。") -> Answers:
    """Return one member's opinion."""
    return {"stance": stance, "statement": statement}


def last_word(stance: str = "AGREE") -> Answers:
    """Return what the principal says after all others."""
    return {"stance": stance, "statement": "综合大家意见，同意草案，按程序报批。"}


def conclude(stage: Stage, body: str, day: str, outcome: str = "APPROVE", **decision: Any) -> None:
    """The principal speaks last, the vote is taken, the decision announced, the minutes signed."""
    principal = present(body)[0]
    stage.complete(principal, "principal_speaks_last", last_word())
    stage.complete("recorder", "vote", ballots(stage, body))
    stage.complete(principal, "principal_decides", outcome_of_meeting(outcome, day, **decision))
    stage.complete("recorder", "sign_minutes", minutes(stage, body, day))


def ballots(stage: Stage, body: str, **votes: str) -> Answers:
    """Return a named ballot of everybody present, the principal's cast last; *votes* by sign-in name, else yes."""
    voters = (*present(body)[1:], present(body)[0])
    return {
        "method": "RECORDED_POSITIONS" if body == MAYORS_OFFICE else "NAMED_BALLOT",
        "ballots": [{"member": stage.person(one), "vote": votes.get(one, "YES")} for one in voters],
    }


def outcome_of_meeting(outcome: str, day: str, **more: Any) -> Answers:
    """Return the decision as it was announced."""
    said = {
        "APPROVE": DECISION,
        "DEFER": "暂缓，补充村干部安置细则后再议。",
        "AMEND": "修改后再提请讨论。",
        "REJECT": "不同意草案。",
        "REDISCUSS": "下次会议再次讨论。",
    }
    return {"outcome": outcome, "decision": said[outcome], "announced_at": moment(f"{day} 16:00"), **more}


def minutes(stage: Stage, body: str, day: str) -> Answers:
    """Return the record: who spoke in which order, who signed."""
    here = present(body)
    spoken = (*reversed(here[1:]), here[0])
    return {
        "minutes": "会议逐项讨论了草案，组成人员依次发言，主要负责人末位表态，表决通过。",
        "main_questions": "集体资产处置时间表、村干部安置。",
        "speeches": [
            {"seq": seq, "speaker": stage.person(login), "summary": "同意。"}
            for seq, login in enumerate(spoken, start=1)
        ],
        "signatures": [
            {"member": stage.person(login), "signed": True, "signed_at": moment(f"{day} 17:00")}
            for login in here
        ],
        "keeper": stage.person("recorder"),
    }
