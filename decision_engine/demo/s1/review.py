"""Risk and legality: 14 to 28 April 2026."""

from __future__ import annotations

from typing import Any

from decision_engine.demo.s1.beginning import DRAFT, TITLE
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.story import scene
from decision_engine.demo.town import JUSTICE

Answers = dict[str, Any]

RISKS: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    ("集体资产分割引发纠纷", "三村村民", "0.35", "0.6", "0.7", "0.4", "0.5"),
    ("村干部待遇落实不到位", "三村在职村干部", "0.25", "0.7", "0.6", "0.4", "0.5"),
    ("过渡期公共服务出现空档", "三村老年村民", "0.20", "0.5", "0.6", "0.3", "0.4"),
    ("个别村民集中信访", "三村村民", "0.20", "0.4", "0.5", "0.3", "0.5"),
)
"""Risk point, group, weight, probability and impact before, and after the measures."""

MEASURES = (
    (1, "集体资产继续由集体经济组织管理，公开清产核资结果", "农业农村办公室"),
    (2, "村干部养老补贴和岗位安置一人一策", "党委组织委员"),
    (3, "社区设三村服务窗口，助餐服务不间断", "公共服务办公室"),
    (4, "包户走访、领导接访，依法及时就地化解", "司法所"),
)


@scene("2026-04-14 09:00", "风险评估报告和风险认定")
def assess_risk(stage: Stage) -> None:
    """The assessor reports; the head of the organ finds the risk controllable."""
    report = stage.file(
        "assessor", "D15", "社会稳定风险评估报告", "初始指数0.352（低），措施后0.174（低）。", name="risk"
    )
    stage.complete("assessor", "assess_risk", assessment(report))
    stage.complete("mayor", "determine_risk", determination())


def assessment(report: str) -> Answers:
    """Return the report in its eleven sections: index 0.352 before the measures, 0.174 after them."""
    return {
        "basis": "三村村民委员会撤销事项；国务院令第713号第二十二条。",
        "assessors": [{"name": "杜安平", "duty": "组长，报告审定"}, {"name": "贺晴", "duty": "入户调查"}],
        "process": "2026年3月9日受托，入户调查186户，召开座谈会3次，4月14日提交报告。",
        "methods": [
            {"name": "重点走访、座谈", "kind": "QUALITATIVE"},
            {"name": "风险指数加权测算、问卷统计", "kind": "QUANTITATIVE"},
        ],
        "departments_heard": [
            {"name": "司法所", "opinion": "纠纷可通过调解化解。", "handling": "ADOPTED"},
            {"name": "派出所", "opinion": "未发现群体性事件苗头。", "handling": "ADOPTED"},
        ],
        "groups_heard": [
            {"name": "三村村民代表", "opinion": "赞成撤销，关注资产和服务。", "handling": "ADOPTED"}
        ],
        "legality": "符合村民委员会组织法第三条规定的权限和程序。",
        "reasonableness": "多数村民赞成，兼顾各方利益。",
        "feasibility": "社区承接条件成熟，经费有保障。",
        "controllability": "风险点均有防范措施和责任单位，风险可控。",
        "risk_points": [
            {
                "description": description,
                "affected_group": group,
                "weight": weight,
                "probability": probability,
                "impact": impact,
                "residual_probability": later_probability,
                "residual_impact": later_impact,
            }
            for description, group, weight, probability, impact, later_probability, later_impact in RISKS
        ],
        "initial_level": "LOW",
        "initial_index": "0.352",
        "measures": [
            {"risk_point": number, "measure": measure, "owner": owner, "due_on": "2026-06-30"}
            for number, measure, owner in MEASURES
        ],
        "residual_level": "LOW",
        "residual_index": "0.174",
        "objecting_share": "0.04",
        "contingency_plan": "成立由镇长任组长的应急处置组，发生集中信访时两小时内到场处置。",
        "suggestion": "IMPLEMENT",
        "conclusion": "风险等级为低，措施落实后可以实施。",
        "report_ref": report,
    }


def determination(outcome: str = "CONTROLLABLE") -> Answers:
    """Return the organ's own finding."""
    return {"outcome": outcome, "reasons": "评估等级为低，四项防范措施均已落实责任单位和完成时限。"}


@scene("2026-04-14 16:00", "修改完善决策草案")
def finalize_draft(stage: Stage) -> None:
    """The draft takes up what was adopted: a new version."""
    stage.revise("officer", "draft", f"{TITLE}（送审稿）\n\n{FINAL_DRAFT}")
    stage.complete("officer", "finalize_draft", final_draft(stage))


FINAL_DRAFT = f"""{DRAFT}
第五条　设三个月事务过渡期；原村印章、档案依照清单移交。
第六条　社区设立三村便民服务窗口，老年助餐等服务不得中断。"""


def final_draft(stage: Stage) -> Answers:
    """Return the improved draft."""
    return {
        "draft_ref": stage.papers["draft"],
        "explanation_ref": stage.papers["explanation"],
        "change_summary": "根据公众意见增加过渡期、印章档案移交和服务保障条款。",
        "adopted_points": ["集体资产不得平调", "印章档案移交清单", "便民服务窗口", "老年助餐不中断"],
    }


@scene("2026-04-15 10:00", "送请合法性审查")
def submit_review_package(stage: Stage) -> None:
    """The package goes to the reviewing department, with seven working days and more."""
    stage.file("officer", "D17", "合法性审查送审函、材料清单", "送审材料共九项，请于2026年4月28日前反馈。")
    stage.complete("officer", "submit_review_package", package(stage))


def package(stage: Stage, due: str = "2026-04-28") -> Answers:
    """Return the review package with the day by which the opinion is asked for."""
    papers = {
        "REQUEST_LETTER": "D17",
        "DRAFT_AND_EXPLANATION": "draft",
        "LEGAL_BASIS": "D05",
        "PROCEDURE_STATEMENT": "D17",
        "PUBLIC_PARTICIPATION": "D13",
        "RISK_REPORT": "risk",
        "UNIT_OPINIONS": "D07",
    }
    without = {
        "EXPERT_ARGUMENTATION": "不属于专业性、技术性较强的事项。",
        "FAIR_COMPETITION": "不涉及经营主体经济活动。",
    }
    return {
        "profile": "MAJOR_DECISION",
        "checklist": [
            {"item": item, "status": "FILED", "document_ref": stage.papers[name]}
            for item, name in papers.items()
        ]
        + [{"item": item, "status": "NOT_APPLICABLE", "reason": why} for item, why in without.items()],
        "procedure_statement": "已履行研究论证、公众参与、村民会议、风险评估程序；不涉及专家论证和公平竞争审查。",
        "requested_due_at": due,
    }


@scene("2026-04-16 10:00", "审核送审材料，要求补充")
def ask_for_supplement(stage: Stage) -> None:
    """The reviewer misses the villagers' minutes; the time does not run yet."""
    stage.complete(
        "justice",
        "check_review_package",
        {"outcome": "SUPPLEMENT", "missing": ["三村村民会议记录"], "reason": "缺少村民会议记录，请补充。"},
    )


@scene("2026-04-17 10:00", "补充材料，送审材料齐备")
def supplement_package(stage: Stage) -> None:
    """With the minutes the package is complete, and the reviewer's time begins."""
    stage.complete(
        "officer",
        "supplement_package",
        {
            "supplements": [
                {
                    "item": "PUBLIC_PARTICIPATION",
                    "description": "三村村民会议记录及签到表",
                    "document_ref": stage.papers["D12"],
                }
            ]
        },
    )
    stage.complete("justice", "check_review_package", complete_package())


def complete_package() -> Answers:
    """Return the finding that nothing is missing any more."""
    return {"outcome": "COMPLETE", "package_complete_at": moment("2026-04-17 10:00")}


@scene("2026-04-24 15:00", "法律顾问出具意见")
def legal_adviser_opinion(stage: Stage) -> None:
    """The legal adviser gives an opinion: input to the statutory one."""
    paper = stage.file("lawyer", "D18", "法律顾问意见书", "清正律师事务所刘衡律师：草案合法。")
    stage.complete(
        "lawyer",
        "legal_adviser_opinion",
        {
            "adviser_kind": "LEGAL_ADVISER",
            "firm": "清正律师事务所",
            "licence_no": "LH-2016-0713",
            "conflict_declaration": "NONE",
            "conclusion": "LAWFUL",
            "opinion": "草案符合村民委员会组织法第三条，程序完备。",
            "suggestions": ["批准后及时公告印章作废。"],
            "signed_at": moment("2026-04-24 15:00"),
            "opinion_ref": paper,
        },
    )


@scene("2026-04-28 10:00", "出具合法性审查意见")
def issue_legality_opinion(stage: Stage) -> None:
    """The reviewing department finds the draft legal and answers for it."""
    paper = stage.file("justice", "D19", "合法性审查意见书及采纳情况", "青司审〔2026〕3号：合法。")
    stage.complete(
        "justice", "issue_legality_opinion", legality(stage, "LEGAL", "2026-04-28 10:00", opinion_ref=paper)
    )


def legality(stage: Stage, outcome: str, at: str, **more: Any) -> Answers:
    """Return a legality opinion of *outcome*; what is not legal conforms in content only where that is the question."""
    sound = outcome in {"LEGAL", "LEGAL_AFTER_REVISION", "EXPLORATORY_RISK_STATED"}
    return {
        "outcome": outcome,
        "within_authority": {
            "conforms": outcome != "NO_AUTHORITY",
            "explanation": "镇人民政府有权提出撤销村民委员会，经村民会议同意后报区人民政府批准。",
        },
        "procedure_performed": {
            "conforms": outcome != "PROCEDURE_INCOMPLETE",
            "explanation": "已履行公众参与、村民会议和风险评估程序。",
        },
        "content_consistent": {
            "conforms": sound,
            "explanation": "内容与村民委员会组织法一致。" if sound else "内容与上位法不一致，须修改。",
        },
        "opinion": "经审查，符合法定权限、程序和内容要求。"
        if outcome == "LEGAL"
        else "审查意见详见修改内容。",
        "advice": [{"advice": "批准后及时公告印章作废。", "handling": "ADOPTED"}],
        "issued_by_org": stage.unit(JUSTICE),
        "reviewer_id": stage.person("justice"),
        "opinion_no": "青司审〔2026〕3号",
        "signed_at": moment(at),
        **more,
    }
