"""The first draft: a fee, a fine and a named operator; refused by the review. 12 March to 9 May 2026."""

from __future__ import annotations

from typing import Any

from decision_engine.demo.filled import advice, comment_texts, handling, legality, send_comments, supplied
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.story import scene
from decision_engine.demo.town import AGRICULTURE, FINANCE, JUSTICE, PUBLIC_SERVICE

Answers = dict[str, Any]

TITLE = "青禾镇农村生活垃圾收费管理办法"
DRAFT = """第三条　生活垃圾处理费每人每年10元，由镇人民政府收取。
第六条　逾期不缴纳的，处50元罚款。
第八条　生活垃圾由绿洁公司统一收运。"""
EXPLANATION = "背景：农村生活垃圾收运经费不足。主要内容：收费标准、逾期处理、收运单位。影响：全镇农村居民。"
POINTS = (
    ("取消逾期罚款", "NOT_ADOPTED", "不设罚款难以保证收缴。", 105),
    ("收费标准应当由区里统一制定", "NOT_ADOPTED", "收运经费由镇财政承担，先行试行。", 20),
    ("收运单位应当公开选择", "NOT_ADOPTED", "沿用现有收运单位，便于衔接。", 13),
    ("增加夏季收运频次", "ADOPTED", "", 10),
)
"""What 148 people wrote: 105 of them, 71 percent, against the fine."""


@scene("2026-03-12 09:00", "登记收费办法的决策建议")
def register_proposal(stage: Stage) -> None:
    """The proposal is registered: a policy, a normative document, a fee."""
    stage.open_case("secretary", TITLE)
    stage.file("secretary", "D01", "公共服务办公室决策事项建议", "建议制定农村生活垃圾收费管理办法。")
    stage.file("secretary", "D04", "青禾镇2026年度重大行政决策事项目录及镇党委同意文件", "目录第5项。")
    stage.complete(
        "secretary",
        "register_proposal",
        {
            "title": TITLE,
            "matter_category": "A",
            "collective_category": "MAJOR_DECISION",
            "matter_type": "FEE",
            "is_normative_document": True,
            "exclusion_type": "NONE",
            "catalogue_id": "2026-5",
            "proposer_type": "DEPARTMENT",
            "proposer_name": f"青禾镇{PUBLIC_SERVICE}",
            "proposed_on": "2026-03-12",
            "main_problem": "农村生活垃圾收运经费不足，清运不及时。",
            "reasons_basis": "乡村建设行动和人居环境整治要求。",
            "first_plan": "制定收费管理办法，明确标准、缴纳和收运。",
            "necessity_feasibility": "群众要求改善清运，财政难以全部承担。",
        },
    )


@scene("2026-03-16 09:00", "研究论证，决定启动，明确承办单位")
def decide_initiation(stage: Stage) -> None:
    """The proposal is studied, the start decided, one unit leads."""
    report = stage.file("officer", "D02", "决策建议研究论证报告", "建议启动，收费权限须再研究。")
    stage.complete(
        "officer",
        "study_proposal",
        {
            "study_report": "走访12个村，清运不及时的反映较多。",
            "recommendation": "START",
            "studied_on": "2026-03-13",
            "study_report_ref": report,
        },
    )
    stage.file("secretary", "D03", "启动决策程序的决定及承办单位确定文件", "镇长办公会2026年3月16日决定。")
    start = {"outcome": "START", "reasons": "群众反映集中，列入年度目录。", "decided_on": "2026-03-16"}
    stage.complete("mayor", "decide_initiation", start)
    units = {"lead_unit": stage.unit(PUBLIC_SERVICE), "co_units": [stage.unit(AGRICULTURE)]}
    stage.complete("director", "assign_lead_unit", units)


@scene("2026-03-17 10:00", "拟订第一稿，征求有关单位意见，确定适用程序")
def draft_decision(stage: Stage) -> None:
    """The first draft sets a fee and a fine and names the operator; its stages are chosen too narrowly."""
    stage.file("officer", "D05", "调研材料和制定依据清单", "走访12个村。")
    stage.file("officer", "D06", f"{TITLE}（草案）", DRAFT, name="draft", public=True)
    stage.file("officer", "D06", "起草说明", EXPLANATION, name="explanation", public=True)
    stage.file("officer", "D08", "成本效益分析", "年收运成本86万元。")
    stage.complete("officer", "draft_decision", drafting(stage))
    stage.file("officer", "D07", "部门征求意见及回复", "农业农村办公室、财政所同意。")
    stage.complete("officer", "consult_units", consultation(stage, "2026-03-17"))
    stage.complete("head", "determine_procedure", procedure())


def drafting(stage: Stage) -> Answers:
    """Return the first draft with what it rests on, and what the special laws ask of it."""
    return {
        "draft_ref": stage.papers["draft"],
        "explanation_ref": stage.papers["explanation"],
        "summary": "每人每年收费10元；逾期罚款50元；由绿洁公司收运。",
        "legal_basis": [{"kind": "POLICY", "title": "农村人居环境整治提升行动方案"}],
        "cost_benefit": "年收运成本86万元，预计收费31万元。",
        "research_records": [{"held_on": "2026-03-13", "subject": "12个村走访", "summary": "清运不及时。"}],
        "special": {"sets_waste_fee": True, "fee_use": "专项用于收运。", "creates_penalty": True},
    }


def consultation(stage: Stage, day: str) -> Answers:
    """Return what the units answered."""
    units = [stage.unit(name) for name in (AGRICULTURE, FINANCE)]
    return {
        "affected_units": units,
        "consultations": [
            {
                "unit": unit,
                "asked_on": day,
                "replied_on": day,
                "position": "AGREE",
                "opinion": "同意。",
                "handling": "ADOPTED",
            }
            for unit in units
        ],
    }


def procedure(**changes: Any) -> Answers:
    """Return the stages as the first draft chose them."""
    return {
        "non_public": False,
        "is_technical": False,
        "not_technical_reason": "属于日常公共管理事项。",
        "risk_trigger": False,
        "no_risk_trigger_reason": "收费数额小，预计没有不利影响。",
        "market_players": False,
        "no_market_players_reason": "沿用现有收运单位。",
        "external_approval": False,
        "npc_route": "NONE",
        "village_matter": False,
        **changes,
    }


@scene("2026-03-18 09:00", "第一稿公开征求意见")
def publish_notice(stage: Stage) -> None:
    """Thirty days of comment on the first draft: to 17 April."""
    stage.file("officer", "D09", "公开征求意见公告及发布截图", "镇政府网站、村务公开栏，2026年3月18日。")
    stage.complete("officer", "publish_notice", notice(stage, "2026-03-18 09:00", "2026-04-17"))


def notice(stage: Stage, at: str, deadline: str, **more: Any) -> Answers:
    """Return a notice as the public reads it."""
    return {
        "title": "公开征求意见公告",
        "draft_ref": stage.papers["draft"],
        "explanation_ref": stage.papers["explanation"],
        "channels": ["GOVERNMENT_WEBSITE", "OFFICIAL_SOCIAL_MEDIA", "NOTICE_BOARD"],
        "how_to_submit": "网上填写；邮寄或当面提交至公共服务办公室。",
        "contact": "公共服务办公室　林小满",
        "published_at": moment(at),
        "deadline": deadline,
        "privacy_note": "个人信息仅用于核实意见，未经单独同意不予公开。",
        **more,
    }


@scene("2026-04-02 16:00", "收到公众意见148件")
def comments(stage: Stage) -> None:
    """148 people write, most of them against the fine."""
    send_comments(stage, "officer", comment_texts(POINTS), online=30)


@scene("2026-04-18 00:00", "第一稿征求意见期限届满")
def period_ends(_stage: Stage) -> None:
    """The clock alone acts."""


@scene("2026-04-21 10:00", "归纳公众意见并反馈")
def handle_comments(stage: Stage) -> None:
    """Every opinion is answered, most of them with a no; that too is published."""
    stage.file("officer", "D10", "公众意见原件及汇总", "148件，105件反对罚款。")
    stage.complete("officer", "handle_comments", handling(stage, "officer", POINTS))
    publish_feedback(
        stage, "2026-04-21 10:00", "收到意见148件，采纳增加收运频次的意见，其余不采纳并说明理由。"
    )


def publish_feedback(stage: Stage, at: str, summary: str) -> None:
    """Publish what became of the opinions."""
    paper = stage.file("officer", "D13", "意见采纳情况及理由反馈公告", summary, public=True)
    said = {
        "published_at": moment(at),
        "channels": ["GOVERNMENT_WEBSITE", "NOTICE_BOARD"],
        "summary": summary,
        "feedback_ref": paper,
    }
    stage.complete("officer", "publish_feedback", said)


@scene("2026-04-23 10:00", "第一稿送请合法性审查")
def submit_review_package(stage: Stage) -> None:
    """The first draft goes to the review."""
    finalize(stage, "增加夏季收运频次。", ["增加夏季收运频次"])
    stage.file("officer", "D17", "合法性审查送审函、材料清单", "请于2026年5月8日前反馈。")
    stage.complete("officer", "submit_review_package", package(stage, "2026-05-08"))


def finalize(stage: Stage, changes: str, adopted: list[str]) -> None:
    """Improve the draft after the opinions."""
    said = {"draft_ref": stage.papers["draft"], "change_summary": changes, "adopted_points": adopted}
    stage.complete("officer", "finalize_draft", said)


def package(stage: Stage, due: str) -> Answers:
    """Return the review package; what was not done is not there."""
    papers = {
        "REQUEST_LETTER": "D17",
        "DRAFT_AND_EXPLANATION": "draft",
        "LEGAL_BASIS": "D05",
        "PROCEDURE_STATEMENT": "D17",
        "PUBLIC_PARTICIPATION": "D13",
        "UNIT_OPINIONS": "D07",
    }
    without = {"EXPERT_ARGUMENTATION": "不属于专业性、技术性较强的事项。"}
    for item, code, why in (
        ("RISK_REPORT", "D15", "预计没有不利影响。"),
        ("FAIR_COMPETITION", "D16", "沿用现有收运单位。"),
    ):
        if code in stage.papers:
            papers[item] = code
        else:
            without[item] = why
    return {
        "profile": "NORMATIVE_DOCUMENT",
        "checklist": supplied("item", {item: stage.papers[name] for item, name in papers.items()}, without),
        "procedure_statement": "已公开征求意见并反馈采纳情况，其他程序履行情况见清单。",
        "requested_due_at": due,
    }


@scene("2026-04-24 10:00", "送审材料齐备，法律顾问提出意见")
def check_review_package(stage: Stage) -> None:
    """The reviewer's time begins; the lawyer holds the draft unlawful."""
    stage.complete("justice", "check_review_package", complete("2026-04-24 10:00"))
    paper = stage.file("lawyer", "D18", "法律顾问意见书（第一稿）", "收费、罚款均无权设定。")
    said = advice("UNLAWFUL", "镇政府无权设定收费和行政处罚。", "2026-04-24 10:00", paper)
    stage.complete("lawyer", "legal_adviser_opinion", said)


def complete(at: str) -> Answers:
    """Return the finding that the package is complete."""
    return {"outcome": "COMPLETE", "package_complete_at": moment(at)}


@scene("2026-05-08 10:00", "第一稿审查结论：超越权限、内容不合法")
def refuse_first_draft(stage: Stage) -> None:
    """The review finds that the town may neither set the fee nor the fine, nor name an operator without review."""
    paper = stage.file(
        "justice", "D19", "合法性审查意见书（第一稿）", "青司审〔2026〕4号：超越法定权限、不合法。"
    )
    stage.complete("justice", "issue_legality_opinion", refusal(stage, opinion_ref=paper))


def refusal(stage: Stage, outcome: str = "NO_AUTHORITY", **more: Any) -> Answers:
    """Return the opinion on the first draft."""
    return legality(
        stage,
        "justice",
        JUSTICE,
        outcome,
        "2026-05-08 10:00",
        opinion_no="青司审〔2026〕4号",
        within_authority={
            "conforms": False,
            "explanation": "生活垃圾收费制度和标准由县级以上地方人民政府制定（固体废物污染环境防治法第五十八条）。",
        },
        procedure_performed={
            "conforms": False,
            "explanation": "指定单一收运单位，未经公平竞争审查（公平竞争审查条例第八条、第十八条）。",
        },
        content_consistent={
            "conforms": False,
            "explanation": "规范性文件不得设定罚款等行政处罚（行政处罚法第十六条）。",
        },
        **more,
    )


@scene("2026-05-09 10:00", "不提交会议，重新拟订草案")
def redraft(stage: Stage) -> None:
    """The draft goes back to the drafting table, not to the meeting."""
    stage.complete(
        "head",
        "handle_refused_draft",
        {"outcome": "REDRAFT", "reasons": "按审查意见取消收费、罚款，重新拟订。"},
    )
