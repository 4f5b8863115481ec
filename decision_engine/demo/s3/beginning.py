"""The plan to close a school, and what the parents said: 26 February to 10 April 2026."""

from __future__ import annotations

from typing import Any

from decision_engine.demo.filled import comment_texts, send_comments
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.story import scene
from decision_engine.demo.town import EDUCATION, TOWN, TRANSPORT

Answers = dict[str, Any]

TITLE = "关于撤并东园小学的决定"
PARENTS, TEACHERS, VILLAGERS = "学生家长", "教职工", "东园村村民"
GROUPS = [PARENTS, TEACHERS, VILLAGERS]
DRAFT = """第一条　撤销东园小学，186名学生于2026年9月1日前全部转入中心小学。
第二条　教职工由区教育局统筹安排。"""
EXPLANATION = "背景：东园小学生源减少。影响：学生186名、家长412户。"
POINTS = (
    ("低年级学生太小，不宜住校", "ADOPTED", "", 24),
    ("上学路远，须有校车", "ADOPTED", "", 21),
    ("宿舍食堂没有建好不能搬", "ADOPTED", "", 15),
    ("保留东园小学不作任何调整", "NOT_ADOPTED", "四至六年级生源不足，保留教学点已照顾低年级。", 9),
)
"""What 69 people wrote; 412 households were asked besides."""


@scene("2026-02-26 09:00", "登记撤并东园小学的决策建议")
def register_proposal(stage: Stage) -> None:
    """The education bureau proposes to the district: the town has no say over schools."""
    stage.open_case("district", TITLE, organ_id=stage.town.district_id)
    stage.file("district", "D01", "区教育局决策事项建议", "东园小学生源减少，建议撤并。")
    stage.file("district", "D04", "临河区2026年度重大行政决策事项目录及区委同意文件", "目录第2项。")
    stage.complete("district", "register_proposal", proposal())


def proposal() -> Answers:
    """Return what the secretary enters."""
    return {
        "title": TITLE,
        "matter_category": "E",
        "collective_category": "MAJOR_DECISION",
        "matter_type": "SCHOOL_MERGER",
        "exclusion_type": "NONE",
        "catalogue_id": "2026-2",
        "proposer_type": "DEPARTMENT",
        "proposer_name": EDUCATION,
        "proposed_on": "2026-02-26",
        "main_problem": "东园小学186名学生，班额不足，师资难以配齐。",
        "reasons_basis": "义务教育法第十五条；农村义务教育学校布局调整的规定。",
        "first_plan": "撤销东园小学，学生转入中心小学。",
        "necessity_feasibility": "中心小学有空余教室，条件基本具备。",
    }


@scene("2026-03-02 10:00", "研究论证，区政府决定启动")
def decide_initiation(stage: Stage) -> None:
    """The district starts; the education bureau leads, the town co-operates."""
    report = stage.file("district.officer", "D02", "决策建议研究论证报告", "建议启动。")
    study = {"study_report": "走访东园村和两所学校。", "recommendation": "START", "study_report_ref": report}
    stage.complete("district.officer", "study_proposal", study)
    stage.file("district", "D03", "启动决策程序的决定及承办单位确定文件", "2026年3月2日。")
    stage.complete("governor", "decide_initiation", initiation())
    units = {"lead_unit": stage.unit(EDUCATION), "co_units": [stage.unit(TOWN)]}
    stage.complete("district.director", "assign_lead_unit", units)


def initiation() -> Answers:
    """Return the decision to start."""
    return {"outcome": "START", "reasons": "列入年度目录，论证充分。", "decided_on": "2026-03-02"}


@scene("2026-03-06 10:00", "拟订第一稿，征求意见，确定适用程序")
def draft_decision(stage: Stage) -> None:
    """The first draft closes the school at once."""
    stage.file("district.officer", "D05", "调研材料和制定依据清单", "走访两所学校。")
    stage.file("district.officer", "D06", f"{TITLE}（草案）", DRAFT, name="draft", public=True)
    stage.file("district.officer", "D06", "起草说明", EXPLANATION, name="explanation", public=True)
    stage.file("district.officer", "D08", "成本效益分析", "宿舍、食堂、校车三年投入640万元。")
    stage.complete("district.officer", "draft_decision", drafting(stage))
    stage.file("district.officer", "D07", "征求意见及回复", "区交通运输局、青禾镇人民政府同意。")
    stage.complete("district.officer", "consult_units", consultation(stage))
    stage.complete("district.education", "determine_procedure", procedure())


def drafting(stage: Stage) -> Answers:
    """Return the first draft: nothing is assured yet."""
    return {
        "draft_ref": stage.papers["draft"],
        "explanation_ref": stage.papers["explanation"],
        "summary": "撤销东园小学，学生全部转入中心小学。",
        "legal_basis": [{"kind": "LAW", "title": "中华人民共和国义务教育法", "article": "第十五条"}],
        "cost_benefit": "三年投入640万元，师资配置改善。",
        "research_records": [{"held_on": "2026-03-04", "subject": "两所学校", "summary": "教室有空余。"}],
        "special": {"travel_assured": False, "boarding_assured": False, "build_before_closing": False},
    }


def consultation(stage: Stage) -> Answers:
    """Return what the transport bureau and the town answered."""
    units = [stage.unit(TRANSPORT), stage.unit(TOWN)]
    return {
        "affected_units": units,
        "consultations": [
            {
                "unit": unit,
                "asked_on": "2026-03-05",
                "replied_on": "2026-03-06",
                "position": "AGREE",
                "opinion": "同意。",
                "handling": "ADOPTED",
            }
            for unit in units
        ],
    }


def procedure() -> Answers:
    """Return the stages: all of them, and approval by the city."""
    return {
        "non_public": False,
        "is_technical": True,
        "risk_trigger": True,
        "market_players": False,
        "no_market_players_reason": "不涉及经营主体经济活动。",
        "external_approval": True,
        "external_approval_body": "滨州湾市人民政府",
        "npc_route": "NONE",
        "village_matter": False,
        "hearing_required": True,
        "hearing_basis": "撤并农村学校须通过听证会等听取家长意见。",
        "affected_groups": GROUPS,
    }


@scene("2026-03-09 09:00", "第一稿公开征求意见，委托风险评估")
def publish_notice(stage: Stage) -> None:
    """Thirty days of comment: to 8 April; a survey and a hearing are announced."""
    stage.file("district.officer", "D09", "公开征求意见公告及发布截图", "区政府网站、东园村公告栏。")
    stage.complete("district.officer", "publish_notice", notice(stage))
    contract = stage.file("district.officer", "D15", "风险评估委托合同", "临安评2026-02。", name="contract")
    stage.complete(
        "district.officer",
        "commission_assessment",
        {
            "risk_types": ["SOCIAL_STABILITY", "PUBLIC_SAFETY"],
            "scope": "撤并对学生、家长、教职工和村民的影响。",
            "assessor_kind": "THIRD_PARTY",
            "assessor_org": "安评公司乙",
            "commission_contract": "临安评2026-02",
            "commission_contract_ref": contract,
            "no_interest_declared": True,
            "commissioned_on": "2026-03-09",
        },
    )


def notice(stage: Stage) -> Answers:
    """Return the notice as the public reads it."""
    return {
        "title": "公开征求意见公告",
        "draft_ref": stage.papers["draft"],
        "explanation_ref": stage.papers["explanation"],
        "channels": ["GOVERNMENT_WEBSITE", "OFFICIAL_SOCIAL_MEDIA", "NOTICE_BOARD"],
        "how_to_submit": "网上填写；邮寄或当面提交至区教育局。",
        "contact": "区教育局　苗秀禾",
        "published_at": moment("2026-03-09 09:00"),
        "deadline": "2026-04-08",
        "privacy_note": "个人信息仅用于核实意见，未经单独同意不予公开。",
        "run_survey": True,
        "hold_hearing": True,
    }


@scene("2026-03-25 16:00", "收到公众意见")
def comments(stage: Stage) -> None:
    """People write in."""
    send_comments(stage, "district.officer", comment_texts(POINTS), online=20)


@scene("2026-04-10 10:00", "家长问卷调查结果")
def run_survey(stage: Stage) -> None:
    """The period is over; 398 of 412 households answered, 58 percent of them against."""
    stage.file("district.officer", "D10", "公众意见原件及汇总", "69件。")
    report = stage.file("district.officer", "D12", "家长问卷调查报告", "412户中398户答复，231户反对。")
    stage.complete("district.officer", "run_survey", survey(report))


def survey(report: str) -> Answers:
    """Return what the parents answered."""
    return {
        "form": "QUESTIONNAIRE",
        "purpose": "了解家长对撤并方案的意见。",
        "conducted_by": EDUCATION,
        "started_on": "2026-03-16",
        "ended_on": "2026-04-08",
        "population": 412,
        "sample_size": 412,
        "responses": 398,
        "objecting": 231,
        "results": [
            {"group": PARENTS, "option": "反对", "count": 231},
            {"group": PARENTS, "option": "赞成或者无所谓", "count": 167},
        ],
        "affected_groups": [PARENTS],
        "summary": "58%的家长反对第一稿，主要担心低年级住校和路途安全。",
        "report_ref": report,
    }
