"""The second draft: no fee, no fine, open procurement; heard, assessed, reviewed for competition. 15 May to 18 June."""

from __future__ import annotations

from typing import Any

from decision_engine.demo.filled import Risk, comment_texts, handling, risk_report, send_comments
from decision_engine.demo.s2 import first
from decision_engine.demo.stage import Stage
from decision_engine.demo.story import scene

Answers = dict[str, Any]

TITLE = "青禾镇农村生活垃圾治理工作办法"
DRAFT = """第三条　镇人民政府按每人每年18元补贴农村生活垃圾收运经费，不向村民收费。
第五条　收运服务由镇人民政府依法公开采购，任何符合条件的经营者均可参加。
第七条　村民会议可以依法讨论决定筹集保洁经费。
第九条　镇人民政府请示区人民政府制定生活垃圾处理收费标准。"""
GROUPS = ["农村居民"]
POINTS = (
    ("支持取消收费和罚款的新方案", "ADOPTED", "", 14),
    ("补贴资金使用情况应当公开", "ADOPTED", "", 8),
    ("村民筹资应当允许困难户减免", "PARTLY_ADOPTED", "减免由村民会议决定，办法中作出提示。", 4),
)
"""What 26 people wrote on the second draft."""

RISKS = (
    Risk("补贴资金不能及时到位", "收运单位和村民", "0.4", ("0.6", "0.5"), ("0.4", "0.4")),
    Risk("更换收运单位时清运中断", "农村居民", "0.3", ("0.4", "0.4"), ("0.3", "0.3")),
    Risk("村内筹资引发争议", "部分村民", "0.3", ("0.35", "0.4"), ("0.3", "0.3")),
)
"""Index 0.21 before the measures."""
MEASURES = (
    (1, "补贴列入年度预算，按季拨付", "财政所"),
    (2, "新旧收运单位交接期不少于15日", "公共服务办公室"),
    (3, "指导村民会议依法议事，困难户减免", "农业农村办公室"),
)


@scene("2026-05-15 10:00", "拟订第二稿，重新确定适用程序")
def draft_again(stage: Stage) -> None:
    """The second draft sets no fee and no fine; risk and competition are examined this time."""
    stage.revise("officer", "draft", f"{TITLE}（草案）\n\n{DRAFT}")
    stage.complete("officer", "draft_decision", drafting(stage))
    stage.complete("officer", "consult_units", first.consultation(stage, "2026-05-15"))
    stage.complete("head", "determine_procedure", procedure())


def drafting(stage: Stage) -> Answers:
    """Return the second draft."""
    return first.drafting(stage) | {
        "summary": "不收费、不罚款；公开采购收运服务；镇财政每人补贴18元；村民会议可以决定筹资。",
        "legal_basis": [
            {"kind": "LAW", "title": "中华人民共和国村民委员会组织法", "article": "第二十四条"},
            {"kind": "LAW", "title": "中华人民共和国政府采购法"},
        ],
        "special": {"sets_waste_fee": False, "creates_penalty": False},
    }


def procedure() -> Answers:
    """Return the stages of the second draft: risk and fair competition are examined."""
    chosen = first.procedure(risk_trigger=True, market_players=True, affected_groups=GROUPS)
    del chosen["no_risk_trigger_reason"], chosen["no_market_players_reason"]
    return chosen


@scene("2026-05-18 09:00", "第二稿重新公开征求意见，委托风险评估")
def notice_again(stage: Stage) -> None:
    """A changed draft has a notice and thirty days of its own: to 17 June."""
    stage.file("officer", "D09", "公开征求意见公告（第二稿）", "镇政府网站、村务公开栏，2026年5月18日。")
    stage.complete("officer", "publish_notice", notice(stage))
    stage.complete(
        "officer",
        "commission_assessment",
        {
            "risk_types": ["SOCIAL_STABILITY", "FISCAL_DEBT"],
            "scope": "第二稿对村民、收运单位和镇财政的影响。",
            "assessor_kind": "OWN",
            "commissioned_on": "2026-05-18",
        },
    )


def notice(stage: Stage, deadline: str = "2026-06-17") -> Answers:
    """Return the second notice."""
    return first.notice(stage, "2026-05-18 09:00", deadline, hold_symposium=True)


@scene("2026-05-28 15:00", "召开座谈会，收到意见26件")
def comments_again(stage: Stage) -> None:
    """26 people write on the second draft; villagers are heard in person."""
    send_comments(stage, "officer", comment_texts(POINTS), online=20)
    record = stage.file("officer", "D12", "座谈会材料", "5月28日座谈会记录。")
    stage.complete(
        "officer",
        "hold_symposium",
        {
            "held_on": "2026-05-28",
            "place": "镇文化站",
            "affected_groups": GROUPS,
            "participants": [{"name": "罗巧珍", "represents": "农村居民", "opinion": "赞成，补贴要公开。"}],
            "summary": "赞成新方案，关注补贴公开和清运频次。",
            "record_ref": record,
        },
    )


@scene("2026-06-18 10:00", "归纳意见并反馈，公平竞争审查，风险评估")
def examine(stage: Stage) -> None:
    """The period is over; opinions are answered, competition is not restricted, the risk is low."""
    stage.file("officer", "D10", "公众意见原件及汇总（第二稿）", "26件。")
    stage.complete("officer", "handle_comments", handling(stage, "officer", POINTS))
    first.publish_feedback(stage, "2026-06-18 10:00", "收到意见26件，采纳2项，部分采纳1项并说明理由。")
    paper = stage.file("market", "D16", "公平竞争审查表及结论", "不具有排除、限制竞争效果。")
    stage.complete("market", "fair_competition_review", competition(paper))
    report = stage.file("assessor", "D15", "社会稳定风险评估报告", "风险指数0.21，低风险。")
    stage.complete("assessor", "assess_risk", assessment(report))
    found = {"outcome": "CONTROLLABLE", "reasons": "风险等级低，措施已落实责任单位。"}
    stage.complete("mayor", "determine_risk", found)


def competition(paper: str, outcome: str = "NO_RESTRICTION") -> Answers:
    """Return the conclusion of the market bureau after the drafting unit's first review."""
    return {
        "outcome": outcome,
        "first_review": "公开采购，未限定经营者，初审不具有排除、限制竞争效果。",
        "conclusion": "市场监督管理所会同审查，同意初审意见。",
        "operators_heard": [
            {"name": "绿洁公司", "opinion": "愿意参加公开采购。", "handling": "ADOPTED"},
            {"name": "区环卫行业协会", "opinion": "赞成公开采购。", "handling": "ADOPTED"},
        ],
        "review_ref": paper,
    }


def assessment(report: str) -> Answers:
    """Return the risk report: index 0.21, low."""
    return risk_report(
        RISKS,
        MEASURES,
        basis="青禾镇农村生活垃圾治理工作办法；国务院令第713号第二十二条。",
        assessors=[{"name": "杜安平", "duty": "评估负责人"}],
        process="2026年5月18日至6月17日，走访12个村，问卷240份。",
        departments_heard=[{"name": "财政所", "opinion": "补贴可以列入预算。", "handling": "ADOPTED"}],
        groups_heard=[{"name": "农村居民代表", "opinion": "赞成。", "handling": "ADOPTED"}],
        initial_level="LOW",
        initial_index="0.21",
        residual_level="LOW",
        residual_index="0.118",
        objecting_share="0.06",
        suggestion="IMPLEMENT",
        conclusion="低风险，落实措施后可以实施。",
        report_ref=report,
    )
