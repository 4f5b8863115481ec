"""The risk: first not controllable, then, on the changed plan, low. 20 April to 12 June 2026."""

from __future__ import annotations

from typing import Any

from decision_engine.demo.filled import Risk, risk_report
from decision_engine.demo.s3.beginning import PARENTS, TITLE, VILLAGERS
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.story import scene
from decision_engine.demo.town import EDUCATION, TOWN, TRANSPORT

Answers = dict[str, Any]

_WHAT = (
    ("家长强烈反对，集中上访", PARENTS, "0.30"),
    ("低年级学生住校无人照料", PARENTS, "0.25"),
    ("上下学路途交通安全", PARENTS, "0.20"),
    ("宿舍、食堂尚未建成", PARENTS, "0.15"),
    ("村民担心村庄空心化", VILLAGERS, "0.10"),
)
_FIRST = (("0.9", "0.9"), ("0.8", "0.9"), ("0.8", "0.8"), ("0.8", "0.7"), ("0.6", "0.6"))
_AFTER_MEASURES = (("0.9", "0.9"), ("0.8", "0.9"), ("0.8", "0.8"), ("0.7", "0.7"), ("0.6", "0.6"))
_SECOND = (("0.5", "0.7"), ("0.5", "0.6"), ("0.5", "0.6"), ("0.5", "0.6"), ("0.4", "0.5"))
_IN_THE_END = (("0.4", "0.5"), ("0.3", "0.5"), ("0.3", "0.5"), ("0.3", "0.5"), ("0.3", "0.4"))


def _risks(before: tuple[tuple[str, str], ...], after: tuple[tuple[str, str], ...]) -> tuple[Risk, ...]:
    return tuple(
        Risk(what, group, weight, early, late)
        for (what, group, weight), early, late in zip(_WHAT, before, after, strict=True)
    )


RISKS_1 = _risks(_FIRST, _AFTER_MEASURES)
"""Index 0.671: high; the measures of the first draft change next to nothing."""
MEASURES_1 = tuple((number, "加强宣传解释", EDUCATION) for number in range(1, 6))
RISKS_2 = _risks(_SECOND, _IN_THE_END)
"""Index 0.305: low."""
MEASURES_2 = (
    (1, "逐户走访说明调整后的方案", TOWN),
    (2, "一至三年级保留教学点，配齐教师", EDUCATION),
    (3, "开通三条校车线路，单程不超过40分钟", TRANSPORT),
    (4, "宿舍、食堂验收合格后四至六年级方可搬迁", EDUCATION),
    (4, "困难学生交通、伙食补助", EDUCATION),
    (5, "校舍改作村文化活动场所", TOWN),
)
"""Six measures, each with its owner."""

DRAFT_2 = """第一条　东园小学一至三年级保留为教学点。
第二条　宿舍和食堂建成并验收合格后，四至六年级学生转入中心小学（先建后撤）。
第三条　开通三条校车线路。
第四条　对困难学生给予交通、伙食补助。"""


@scene("2026-04-20 10:00", "第一次风险评估：高风险，认定不可控")
def first_assessment(stage: Stage) -> None:
    """The third party finds a high risk; the head of the district finds it not controllable."""
    report = stage.file(
        "district.assessor", "D15", "社会稳定风险评估报告（第一稿）", "0.671，高。", name="risk 1"
    )
    stage.complete("district.assessor", "assess_risk", assessment_1(report))
    stage.complete("governor", "determine_risk", finding("UNCONTROLLABLE", "多数家长反对，安全措施不落实。"))


def assessment_1(report: str) -> Answers:
    """Return the report on the first draft."""
    return risk_report(
        RISKS_1,
        MEASURES_1,
        initial_level="HIGH",
        initial_index="0.671",
        residual_level="HIGH",
        residual_index="0.6635",
        objecting_share="0.58",
        suggestion="NOT_IMPLEMENT",
        conclusion="高风险，不宜实施。",
        report_ref=report,
        **_who(),
    )


def _who() -> Answers:
    return {
        "basis": f"{TITLE}；国务院令第713号第二十二条。",
        "assessors": [{"name": "舒稳行", "duty": "评估负责人"}],
        "process": "入户走访、座谈和问卷统计。",
        "departments_heard": [
            {"name": TRANSPORT, "opinion": "校车线路须实测。", "handling": "ADOPTED"},
            {"name": TOWN, "opinion": "须先做家长工作。", "handling": "ADOPTED"},
        ],
        "groups_heard": [{"name": "家长代表", "opinion": "担心住校和路途安全。", "handling": "ADOPTED"}],
    }


def finding(outcome: str, reasons: str, **more: Any) -> Answers:
    """Return the organ's own finding; the report is filed with the coordinating committee."""
    return {
        "outcome": outcome,
        "reasons": reasons,
        "filed_with_coordinator_at": moment("2026-04-20 09:00"),
        **more,
    }


@scene("2026-04-28 10:00", "调整草案：第二稿")
def adjust_draft(stage: Stage) -> None:
    """Grades 1 to 3 stay; grades 4 to 6 move only when dormitory and canteen stand; buses; support."""
    stage.revise("district.officer", "draft", f"{TITLE}（第二稿）\n\n{DRAFT_2}")
    stage.complete("district.officer", "adjust_draft", adjustment(stage))


def adjustment(stage: Stage) -> Answers:
    """Return what was changed, and what is assured now."""
    return {
        "draft_ref": stage.papers["draft"],
        "substantive": True,
        "reason": "风险不可控，多数家长反对。",
        "changes": "低年级保留教学点；先建后撤；三条校车线路；补助。",
        "special": {"travel_assured": True, "boarding_assured": True, "build_before_closing": True},
    }


@scene("2026-06-12 10:00", "第二次风险评估：低风险，认定可控")
def second_assessment(stage: Stage) -> None:
    """Assessed anew on the second draft: low; six measures with owners; controllable."""
    report = stage.file(
        "district.assessor", "D15", "社会稳定风险评估报告（第二稿）", "0.305，低。", name="risk 2"
    )
    stage.complete("district.assessor", "assess_risk", assessment_2(report))
    found = finding("CONTROLLABLE", "低风险，六项措施均有责任单位。")
    stage.complete(
        "governor", "determine_risk", found | {"filed_with_coordinator_at": moment("2026-06-12 09:00")}
    )


def assessment_2(report: str) -> Answers:
    """Return the report on the second draft."""
    return risk_report(
        RISKS_2,
        MEASURES_2,
        initial_level="LOW",
        initial_index="0.305",
        residual_level="LOW",
        residual_index="0.1625",
        objecting_share="0.238",
        suggestion="IMPLEMENT",
        conclusion="低风险，落实措施后可以实施。",
        report_ref=report,
        **_who(),
    )
