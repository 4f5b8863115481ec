"""Review, executive meeting, report to the party, approval by the city, publication. 12 June to 4 August 2026."""

from __future__ import annotations

from typing import Any

from decision_engine.demo.filled import advice, close_dossier, legality, supplied, tasks_of
from decision_engine.demo.s3.beginning import TITLE
from decision_engine.demo.s3.hearing import BUS_TIME
from decision_engine.demo.s3.risk import DRAFT_2, MEASURES_2
from decision_engine.demo.sitting import Sitting
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.story import scene
from decision_engine.demo.town import DISTRICT_BODIES, DISTRICT_JUSTICE, EDUCATION, EXECUTIVE_MEETING

Answers = dict[str, Any]

MEETING = Sitting(
    EXECUTIVE_MEETING,
    "区政府常务会议",
    TITLE,
    "2026-07-03 14:00",
    DISTRICT_BODIES[EXECUTIVE_MEETING][1],
    "district.recorder",
    "district.officer",
    "RECORDED_POSITIONS",
    absent={"vice7": "外出招商"},
    leader="vice2",
    caller="district.director",
    papers=("draft", "D19"),
    guests=("district.justice",),
    explains={"district.justice": "合法。"},
    waives=("vice8",),
)
NUMBER = "临政发〔2026〕9号"
NOT_APPLICABLE = {
    "D16": "不涉及经营主体经济活动。",
    "D25": "区长决定与多数意见一致。",
    "D31": "未发生需要报告或中止的情形。",
    "D32": "未开展后评估。",
    "D33": "未调整或终止。",
}


@scene("2026-06-12 17:00", "修改完善，送请合法性审查")
def submit_review_package(stage: Stage) -> None:
    """The draft takes up the limit on bus time and goes to the review."""
    stage.revise("district.officer", "draft", f"{TITLE}（送审稿）\n\n{DRAFT_2}\n第五条　{BUS_TIME}。")
    said = {
        "draft_ref": stage.papers["draft"],
        "change_summary": "增加校车时间限制。",
        "adopted_points": [BUS_TIME],
    }
    stage.complete("district.officer", "finalize_draft", said)
    stage.file("district.officer", "D17", "合法性审查送审函、材料清单", "请于2026年6月25日前反馈。")
    stage.complete("district.officer", "submit_review_package", package(stage))


def package(stage: Stage) -> Answers:
    """Return the review package."""
    papers = {
        "REQUEST_LETTER": "D17",
        "DRAFT_AND_EXPLANATION": "draft",
        "LEGAL_BASIS": "D05",
        "PROCEDURE_STATEMENT": "D17",
        "PUBLIC_PARTICIPATION": "D13",
        "EXPERT_ARGUMENTATION": "D14",
        "RISK_REPORT": "risk 2",
        "UNIT_OPINIONS": "D07",
    }
    return {
        "profile": "MAJOR_DECISION",
        "checklist": supplied(
            "item",
            {item: stage.papers[name] for item, name in papers.items()},
            {"FAIR_COMPETITION": "不涉及经营主体经济活动。"},
        ),
        "procedure_statement": "已公开征求意见、问卷、听证、专家论证、两次风险评估。",
        "requested_due_at": "2026-06-25",
    }


@scene("2026-06-15 10:00", "送审材料齐备，法律顾问提出意见")
def check_review_package(stage: Stage) -> None:
    """The reviewer's seven working days begin."""
    complete = {"outcome": "COMPLETE", "package_complete_at": moment("2026-06-15 10:00")}
    stage.complete("district.justice", "check_review_package", complete)
    paper = stage.file("lawyer", "D18", "法律顾问意见书", "合法。")
    stage.complete("lawyer", "legal_adviser_opinion", advice("LAWFUL", "合法。", "2026-06-15 10:00", paper))


@scene("2026-06-25 10:00", "出具合法性审查意见：合法")
def issue_legality_opinion(stage: Stage) -> None:
    """Legal."""
    paper = stage.file("district.justice", "D19", "合法性审查意见书", "临司审〔2026〕21号：合法。")
    stage.complete("district.justice", "issue_legality_opinion", opinion(stage, "LEGAL", opinion_ref=paper))


def opinion(stage: Stage, outcome: str, **more: Any) -> Answers:
    """Return the justice bureau's opinion of 25 June."""
    return legality(stage, "district.justice", DISTRICT_JUSTICE, outcome, "2026-06-25 10:00", **more)


@scene("2026-06-26 10:00", "提请区政府常务会议讨论")
def assemble_meeting_package(stage: Stage) -> None:
    """What the meeting gets, slot by slot."""
    stage.file("district.officer", "D20", "提请集体讨论的请示及履行程序说明", "提请区政府常务会议讨论。")
    stage.complete("district.officer", "assemble_meeting_package", meeting_package(stage))


def meeting_package(stage: Stage) -> Answers:
    """Return the package for the meeting."""
    papers = {
        "DRAFT": "draft",
        "PUBLIC_OPINIONS": "D13",
        "EXPERT_OPINIONS": "D14",
        "RISK_REPORT": "risk 2",
        "LEGALITY_OPINION": "D19",
        "OTHER": "D11",
    }
    return {
        "meeting_package": supplied(
            "slot",
            {slot: stage.papers[name] for slot, name in papers.items()},
            {"FAIR_COMPETITION": "不涉及经营主体经济活动。"},
        ),
        "procedure_statement": "公众参与、专家论证、风险评估、合法性审查均已完成。",
    }


@scene("2026-06-30 09:00", "确定会议议程，通知和材料送达")
def confirm_agenda(stage: Stage) -> None:
    """Three working days before the meeting."""
    stage.file("district.director", "D21", "会议通知、议程和材料送达记录", "2026年6月30日逐人送达。")
    MEETING.announce(stage, "2026-06-30 09:00")


@scene("2026-07-03 14:00", "区政府常务会议集体讨论")
def executive_meeting(stage: Stage) -> None:
    """Eight of nine are present and of one mind."""
    record = MEETING.hold(stage, "同意。")
    stage.file(
        "district.recorder", "D22", "区政府常务会议记录（签字）", f"应到9人，实到8人，一致同意。{record}"
    )
    stage.file("district.recorder", "D23", "区政府常务会议纪要", "同意，报区委、报市政府批准。")
    stage.file("district.recorder", "D24", "请假条", "纪南乔外出招商请假。")


@scene("2026-07-06 10:00", "向区委请示报告")
def report_party_committee(stage: Stage) -> None:
    """The party committee of the district is reported to and agrees."""
    paper = stage.file("district.party", "D26", "向区委的请示报告及批复", "区委同意。")
    stage.complete(
        "district.party",
        "report_party_committee",
        {
            "stage": "REPORT_ONLY",
            "report": "区政府常务会议2026年7月3日讨论同意，现请示报告。",
            "sent_at": moment("2026-07-06 09:00"),
            "reply": "同意。",
            "reply_at": moment("2026-07-06 10:00"),
            "report_ref": paper,
        },
    )


@scene("2026-07-28 15:00", "市人民政府批复")
def external_approval(stage: Stage) -> None:
    """The city approves."""
    paper = stage.file("district", "D27", "滨州湾市人民政府批复", "滨政复〔2026〕31号：同意。")
    stage.complete(
        "district",
        "external_approval",
        {
            "outcome": "APPROVED",
            "approving_organ": "滨州湾市人民政府",
            "sent_on": "2026-07-07",
            "replied_on": "2026-07-28",
            "approval_no": "滨政复〔2026〕31号",
            "reply": "同意调整方案。",
            "approval_ref": paper,
        },
    )


@scene("2026-07-29 09:00", "签发")
def sign_decision(stage: Stage) -> None:
    """The head of the district signs."""
    paper = stage.file("district", "D28", f"{TITLE}（正式文本、签发单）", NUMBER, public=True)
    stage.complete(
        "governor",
        "sign_decision",
        {
            "title": TITLE,
            "document_number": NUMBER,
            "signed_on": "2026-07-29",
            "sealed": True,
            "non_public": False,
            "disclosure": "PROACTIVE",
            "effective_on": "2026-09-01",
            "decision_ref": paper,
        },
    )


@scene("2026-07-30 09:00", "公布、解读，明确执行单位")
def publish_decision(stage: Stage) -> None:
    """The public can read it; six measures become six tasks."""
    stage.file("district", "D29", "公布、解读材料及发布记录", "区政府网站，2026年7月30日。", public=True)
    stage.complete(
        "district",
        "publish_decision",
        {
            "publications": [{"channel": "GOVERNMENT_WEBSITE", "at": moment("2026-07-30 09:00")}],
            "index_no": "LH-2026-0009",
            "adoption_summary": "公众、听证和专家意见采纳情况已反馈。",
        },
    )
    read = {"form": "QUESTIONS_AND_ANSWERS", "at": moment("2026-07-30 15:00"), "summary": "答家长问。"}
    stage.complete("district.officer", "interpret_policy", {"interpretation": [read]})
    stage.complete(
        "district.director",
        "name_executor",
        {
            "executor": stage.unit(EDUCATION),
            "responsible_person": stage.person("district.executor"),
            "tasks": tasks_of(MEASURES_2),
            "report_schedule": "每月报告一次，直至宿舍、食堂验收。",
        },
    )


@scene("2026-08-04 10:00", "立卷归档")
def archive_dossier(stage: Stage) -> None:
    """The dossier is filed; the decision is being carried out."""
    stage.file("district.executor", "D30", "执行单位确定、任务分解", "六项任务。")
    close_dossier(stage, "district.archivist", NOT_APPLICABLE, "2026-08-04", "LH-JC-2026-002")
