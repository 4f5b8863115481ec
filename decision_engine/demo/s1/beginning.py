"""From proposal to procedure: 24 February to 5 March 2026."""

from __future__ import annotations

from typing import Any

from decision_engine.demo.stage import Stage
from decision_engine.demo.story import scene
from decision_engine.demo.town import AGRICULTURE, DISTRICT, FINANCE, JUSTICE, PUBLIC_SERVICE

TITLE = "关于撤销西柳、南柳、东园村村民委员会的决定"
GROUPS = ["三村村民", "三村在职村干部"]
Answers = dict[str, Any]


@scene("2026-02-24 09:00", "公共服务办公室提出决策事项建议")
def register_proposal(stage: Stage) -> None:
    """The proposal is registered, with its catalogue entry."""
    stage.open_case("secretary", TITLE)
    stage.file(
        "secretary",
        "D01",
        "公共服务办公室决策事项建议",
        "西柳、南柳、东园三村已完成整体搬迁，建议依法撤销村民委员会。",
    )
    stage.file(
        "secretary",
        "D04",
        "青禾镇2026年度重大行政决策事项目录及镇党委同意文件",
        "目录第3项：三村村民委员会撤销。",
    )
    stage.complete("secretary", "register_proposal", proposal())


def proposal() -> Answers:
    """Return what the secretary enters."""
    return {
        "title": TITLE,
        "matter_category": "E",
        "collective_category": "MAJOR_DECISION",
        "matter_type": "VILLAGE_COMMITTEE_CHANGE",
        "exclusion_type": "NONE",
        "lex_specialis": [
            {
                "law": "中华人民共和国村民委员会组织法",
                "article": "第三条",
                "extra_steps": "经村民会议讨论同意，报临河区人民政府批准",
            }
        ],
        "catalogue_id": "2026-3",
        "proposer_type": "DEPARTMENT",
        "proposer_name": f"青禾镇{PUBLIC_SERVICE}",
        "proposed_on": "2026-02-24",
        "main_problem": "三村512户、18周岁以上村民1486人已整体迁入青禾社区，村民委员会失去自治的地域和人口基础。",
        "reasons_basis": "《村民委员会组织法》第三条；三村村民代表联名建议。",
        "first_plan": "撤销三村村民委员会，村民纳入青禾社区居民自治，集体资产由集体经济组织继续管理。",
        "necessity_feasibility": "搬迁已完成两年，社区服务设施齐备；集体资产清产核资已完成，条件成熟。",
    }


@scene("2026-02-25 10:00", "研究论证决策建议")
def study_proposal(stage: Stage) -> None:
    """The proposal is studied before anybody decides on it."""
    report = stage.file("officer", "D02", "决策建议研究论证报告", "建议必要、可行，建议启动决策程序。")
    stage.complete(
        "officer",
        "study_proposal",
        {
            "study_report": "经走访三村及青禾社区，建议所述情况属实，撤销具备条件。",
            "necessity": "避免自治组织空转，使村民在居住地行使自治权利。",
            "feasibility": "集体资产权属清晰，社区承接能力充足。",
            "recommendation": "START",
            "studied_on": "2026-02-25",
            "study_report_ref": report,
        },
    )


@scene("2026-02-26 15:00", "镇长办公会决定启动，明确承办单位")
def decide_initiation(stage: Stage) -> None:
    """The organ decides to start and names exactly one lead unit."""
    stage.file(
        "secretary", "D03", "启动决策程序的决定及承办单位确定文件", "镇长办公会2026年2月26日决定启动。"
    )
    stage.complete("mayor", "decide_initiation", initiation())
    stage.complete(
        "director",
        "assign_lead_unit",
        {
            "lead_unit": stage.unit(PUBLIC_SERVICE),
            "co_units": [stage.unit(AGRICULTURE), stage.unit(JUSTICE)],
            "responsible_person": stage.person("head"),
            "draft_due_on": "2026-03-04",
        },
    )


def initiation(outcome: str = "START") -> Answers:
    """Return the decision to start, or not."""
    return {
        "outcome": outcome,
        "reasons": "研究论证认为必要、可行，列入年度目录。"
        if outcome == "START"
        else "条件尚不成熟，暂不启动。",
        "decided_on": "2026-02-26",
        "decided_in": "镇长办公会",
    }


@scene("2026-03-04 10:00", "拟订决策草案")
def draft_decision(stage: Stage) -> None:
    """The lead unit drafts on a legal basis, after research."""
    stage.file("officer", "D05", "调研材料和制定依据清单", "走访三村84户；依据为村民委员会组织法第三条。")
    stage.file("officer", "D06", f"{TITLE}（草案）", DRAFT, name="draft", public=True)
    stage.file("officer", "D06", "起草说明", EXPLANATION, name="explanation", public=True)
    stage.complete("officer", "draft_decision", drafting(stage))


DRAFT = """第一条　撤销西柳村、南柳村、东园村村民委员会。
第二条　三村村民依法参加青禾社区居民自治。
第三条　三村集体资产由各村集体经济组织依法管理，任何单位和个人不得平调。
第四条　原村干部待遇按照市、区有关规定妥善处理。"""
EXPLANATION = "背景：三村整体搬迁已完成。依据：村民委员会组织法第三条。影响：512户、1486名18周岁以上村民。"


def drafting(stage: Stage) -> Answers:
    """Return the draft with what it rests on."""
    return {
        "draft_ref": stage.papers["draft"],
        "explanation_ref": stage.papers["explanation"],
        "summary": "撤销三村村民委员会；村民参加社区自治；集体资产归属不变；妥善安置村干部。",
        "legal_basis": [
            {
                "kind": "LAW",
                "title": "中华人民共和国村民委员会组织法",
                "article": "第三条",
                "version_on": "2018-12-29",
            },
            {"kind": "ADMINISTRATIVE_REGULATION", "title": "重大行政决策程序暂行条例", "article": "第十二条"},
        ],
        "not_needed_reason": "本决策不新增财政支出和行政成本，无须另作成本效益分析。",
        "research_records": [
            {
                "held_on": "2026-03-02",
                "subject": "三村村民84户入户走访",
                "summary": "多数赞成撤销，关心集体资产和村干部安置。",
            }
        ],
    }


@scene("2026-03-05 09:00", "征求有关单位意见，确定适用程序")
def determine_procedure(stage: Stage) -> None:
    """Units whose duties are touched are heard; every stage that is left out has its reason."""
    stage.file("officer", "D07", "部门征求意见及回复", "农业农村办公室、财政所、司法所均同意。")
    stage.complete("officer", "consult_units", consultation(stage))
    stage.complete("head", "determine_procedure", procedure())


def consultation(stage: Stage) -> Answers:
    """Return what each unit answered."""
    units = [stage.unit(name) for name in (AGRICULTURE, FINANCE, JUSTICE)]
    return {
        "affected_units": units,
        "consultations": [
            {
                "unit": unit,
                "asked_on": "2026-03-04",
                "replied_on": "2026-03-05",
                "position": "AGREE",
                "opinion": "同意。",
                "handling": "ADOPTED",
            }
            for unit in units
        ],
    }


def procedure() -> Answers:
    """Return the questions on which the law makes stages depend, each answered with its reason."""
    return {
        "non_public": False,
        "is_technical": False,
        "not_technical_reason": "属于基层群众自治组织设置事项，不涉及专业技术问题。",
        "risk_trigger": True,
        "market_players": False,
        "no_market_players_reason": "不涉及经营主体的经济活动。",
        "external_approval": True,
        "external_approval_body": DISTRICT,
        "npc_route": "NONE",
        "village_matter": True,
        "hearing_required": False,
        "affected_groups": GROUPS,
    }
