"""What story S3 promises (domain.md section 13), checked from outside: what the house answers over HTTP."""

from __future__ import annotations

from collections import Counter

from decision_engine import rules
from decision_engine.demo.expecting import CaseSeen, risk_index, sitting
from decision_engine.demo.roomed import rooms
from decision_engine.demo.s3.deciding import MEETING, NOT_APPLICABLE, NUMBER
from decision_engine.demo.s3.hearing import BUS_TIME, SEATS
from decision_engine.demo.stage import Stage
from decision_engine.demo.story import Check
from decision_engine.demo.town import DISTRICT, EDUCATION, EXECUTIVE_MEETING, OVERLAYS, TOWN


def expected(stage: Stage) -> list[Check]:
    """Return every promise of the story with what was found."""
    seen = CaseSeen(stage, rules.Organ(stage.town.district_id, "district", OVERLAYS[:2], DISTRICT))
    return [
        *_beginning(seen),
        *_risk(seen),
        *_hearing(seen),
        *_experts(seen),
        *_review(seen),
        *rooms(stage, (MEETING,)),
        *_release(seen),
        *seen.dossier(sorted(NOT_APPLICABLE)),
        *seen.trail(),
    ]


def _beginning(seen: CaseSeen) -> list[Check]:
    case = seen.stage.ask("auditor", f"/cases/{seen.stage.case_id}")
    assigned, survey = seen.last("assign_lead_unit"), seen.last("run_survey")
    return [
        Check("决策机关", seen.stage.town.district_id, case["organ_id"]),
        Check(
            "牵头和协办单位",
            (seen.stage.unit(EDUCATION), [seen.stage.unit(TOWN)]),
            (assigned["lead_unit"], assigned["co_units"]),
        ),
        Check("启动日期", "2026-03-02", seen.last("decide_initiation")["decided_on"]),
        Check("征求意见期限", "2026-04-08", seen.counted("2026-03-09", "public_comment_days")),
        Check("公告截止日期", "2026-04-08", seen.last("publish_notice")["deadline"]),
        Check("期限由时钟办理一次", ["2026-04-09 00:00"], seen.fired("comment_period")),
        Check("问卷对象、回收", (412, 398), (survey["population"], survey["responses"])),
        Check("反对的家长（百分比）", 58, round(100 * survey["objecting"] / survey["responses"])),
    ]


def _risk(seen: CaseSeen) -> list[Check]:
    reports, findings = seen.said("assess_risk"), seen.every("determine_risk")
    drafts = [one["draft"] for one in seen.every("assess_risk")]
    measures = reports[-1]["measures"]
    return [
        Check("两次评估的风险指数", ["0.671", "0.305"], [risk_index(one) for one in reports]),
        Check("两次评估的初始等级", ["HIGH", "LOW"], [one["initial_level"] for one in reports]),
        Check("措施后等级", ["HIGH", "LOW"], [one["residual_level"] for one in reports]),
        Check("两次认定", ["UNCONTROLLABLE", "CONTROLLABLE"], [one["data"]["outcome"] for one in findings]),
        Check("两次认定日期", ["2026-04-20", "2026-06-12"], [one["at"][:10] for one in findings]),
        Check("认定人", {seen.stage.person("governor")}, {one["author_id"] for one in findings}),
        Check("两次评估针对不同草案", 2, len(set(drafts))),
        Check("六项措施均有责任单位", [True] * 6, [bool(one.get("owner")) for one in measures]),
        Check(
            "措施列为执行任务",
            [1, 2, 3, 4, 5, 6],
            [one["risk_measure"] for one in seen.last("name_executor")["tasks"]],
        ),
    ]


def _hearing(seen: CaseSeen) -> list[Check]:
    hearing = seen.last("hold_hearing")
    people = hearing["participants"]
    views = Counter(one["view"] for one in people)
    return [
        Check("听证日期", "2026-06-05", hearing["hearing_at"][:10]),
        Check("听证公告和遴选办法（提前30日）", "2026-05-06", hearing["selection_rule_published_at"][:10]),
        Check("名单公布（提前15日）", "2026-05-21", hearing["list_published_at"][:10]),
        Check("材料送达（提前9日）", {"2026-05-27"}, {one["delivered_at"][:10] for one in people}),
        Check("听证参加人", 21, len(people)),
        Check("各方人数", dict(SEATS), dict(Counter(one["side"] for one in people))),
        Check("赞成、反对、中立", (14, 5, 2), (views["FOR"], views["AGAINST"], views["NEUTRAL"])),
        Check(
            "签字、注明拒签",
            (20, 1),
            (sum(one["signed"] for one in people), sum(bool(one.get("refusal_note")) for one in people)),
        ),
    ]


def _experts(seen: CaseSeen) -> list[Check]:
    conclusions = Counter(one["conclusion"] for one in seen.said("expert_opinion"))
    stances = [one["stance_before"] for one in seen.last("select_experts")["declarations"]]
    adopted = [
        one["point"] for one in seen.last("summarise_argumentation")["points"] if one["handling"] == "ADOPTED"
    ]
    return [
        Check("专家人数，其中此前公开反对者", (5, 1), (len(stances), stances.count("OPPOSES"))),
        Check("同意、保留", (4, 1), (conclusions["AGREE"], conclusions["RESERVED"])),
        Check("采纳的专家意见", [BUS_TIME], adopted),
    ]


def _review(seen: CaseSeen) -> list[Check]:
    opinion, opening = seen.last("issue_legality_opinion"), seen.last("open_meeting")
    complete = seen.last("check_review_package")["package_complete_at"]
    report = seen.last("report_party_committee")
    return [
        Check("合法性审查期限", "2026-06-25", seen.counted(complete, "legality_review_days")),
        Check(
            "合法性审查结论和日期", ("LEGAL", "2026-06-25"), (opinion["outcome"], opinion["signed_at"][:10])
        ),
        Check(
            "会议和日期",
            [(EXECUTIVE_MEETING, "2026-07-03")],
            [(one["body_type"], one["opened_at"][:10]) for one in seen.said("open_meeting")],
        ),
        Check("常务会议应到、实到、赞成、反对", (9, 8, 8, 0), sitting(opening, seen.last("vote"))),
        Check("会议决定", "APPROVE", seen.last("principal_decides")["outcome"]),
        Check("向区委请示报告", ("REPORT_ONLY", "2026-07-06"), (report["stage"], report["sent_at"][:10])),
    ]


def _release(seen: CaseSeen) -> list[Check]:
    approved, signed = seen.last("external_approval"), seen.last("sign_decision")
    return [
        Check("上级批准", ("APPROVED", "2026-07-28"), (approved["outcome"], approved["replied_on"])),
        Check("发文字号", NUMBER, signed["document_number"]),
        Check("公布日期", "2026-07-30", seen.last("publish_decision")["publications"][0]["at"][:10]),
        Check("施行日期", "2026-09-01", signed["effective_on"]),
        Check("案件状态", "RUNNING", seen.stage.ask("auditor", f"/cases/{seen.stage.case_id}")["status"]),
    ]
