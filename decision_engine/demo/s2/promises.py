"""What story S2 promises (domain.md section 13), checked from outside: what the house answers over HTTP."""

from __future__ import annotations

from decision_engine import rules
from decision_engine.demo.expecting import CaseSeen, risk_index, sitting
from decision_engine.demo.roomed import rooms
from decision_engine.demo.s2.afterwards import NOT_APPLICABLE, NUMBER
from decision_engine.demo.s2.meetings import DISSENT, GOVERNMENT, PARTY
from decision_engine.demo.stage import Stage
from decision_engine.demo.story import Check
from decision_engine.demo.town import MAYORS_OFFICE, OVERLAYS, PARTY_COMMITTEE, TOWN


def expected(stage: Stage) -> list[Check]:
    """Return every promise of the story with what was found."""
    seen = CaseSeen(stage, rules.Organ(stage.town.organ_id, "town", OVERLAYS, TOWN))
    return [
        *_first_draft(seen),
        *_second_draft(seen),
        *_review(seen),
        *_meetings(seen),
        *rooms(stage, (GOVERNMENT, PARTY)),
        *_release(seen),
        *seen.dossier(sorted(NOT_APPLICABLE)),
        *seen.trail(),
    ]


def _first_draft(seen: CaseSeen) -> list[Check]:
    notice, handled = seen.said("publish_notice")[0], seen.said("handle_comments")[0]
    against = len(next(one for one in handled["points"] if "罚款" in one["point"])["comments"])
    opinion = seen.said("issue_legality_opinion")[0]
    complete = seen.said("check_review_package")[0]["package_complete_at"]
    packages = [one["seq"] for one in seen.every("assemble_meeting_package")]
    drafts = [one["seq"] for one in seen.every("draft_decision")]
    return [
        Check("第一稿征求意见期限", "2026-04-17", seen.counted("2026-03-18", "public_comment_days")),
        Check("第一稿公告截止日期", "2026-04-17", notice["deadline"]),
        Check("第一稿意见件数", 148, handled["comments_received"]),
        Check("反对罚款的比例（百分比）", 71, round(100 * against / handled["comments_received"])),
        Check("第一稿审查期限", "2026-05-08", seen.counted(complete, "legality_review_days")),
        Check("第一稿审查结论", "NO_AUTHORITY", opinion["outcome"]),
        Check("第一稿审查日期", "2026-05-08", opinion["signed_at"][:10]),
        Check(
            "第一稿权限、程序、内容是否符合",
            [False, False, False],
            [
                opinion[name]["conforms"]
                for name in ("within_authority", "procedure_performed", "content_consistent")
            ],
        ),
        Check("未通过后的处理", ["REDRAFT"], [one["outcome"] for one in seen.said("handle_refused_draft")]),
        Check("第一稿从未提请会议", True, len(drafts) == 2 and min(packages) > drafts[1]),  # noqa: PLR2004
    ]


def _second_draft(seen: CaseSeen) -> list[Check]:
    notices, report = seen.said("publish_notice"), seen.last("assess_risk")
    review = seen.every("fair_competition_review")
    return [
        Check("第二稿另行公告征求意见", 2, len(notices)),
        Check("第二稿征求意见期限", "2026-06-17", seen.counted("2026-05-18", "public_comment_days")),
        Check("第二稿公告截止日期", "2026-06-17", notices[1]["deadline"]),
        Check("两轮期限由时钟办理", ["2026-04-18 00:00", "2026-06-18 00:00"], seen.fired("comment_period")),
        Check("第二稿意见件数", 26, seen.last("handle_comments")["comments_received"]),
        Check("公平竞争审查结论", ["NO_RESTRICTION"], [one["data"]["outcome"] for one in review]),
        Check("公平竞争审查日期", "2026-06-18", review[-1]["at"][:10]),
        Check("风险指数", "0.21", risk_index(report)),
        Check("风险等级", ("LOW", "LOW"), (report["initial_level"], report["residual_level"])),
        Check("风险认定", "CONTROLLABLE", seen.last("determine_risk")["outcome"]),
    ]


def _review(seen: CaseSeen) -> list[Check]:
    opinions = seen.every("issue_legality_opinion")
    complete = seen.last("check_review_package")["package_complete_at"]
    revised = seen.every("adjust_draft")[-1]
    return [
        Check("第二稿审查期限", "2026-07-02", seen.counted(complete, "legality_review_days")),
        Check(
            "三次审查意见",
            ["NO_AUTHORITY", "LEGAL_AFTER_REVISION", "LEGAL_AFTER_REVISION"],
            [one["data"]["outcome"] for one in opinions],
        ),
        Check(
            "审查意见日期",
            ["2026-05-08", "2026-07-01", "2026-07-06"],
            [one["data"]["signed_at"][:10] for one in opinions],
        ),
        Check("确认修改", [False, False, True], [one["data"].get("confirmed", False) for one in opinions]),
        Check("按要求修改的条款", 2, len(revised["data"]["responses"])),
        Check("确认意见绑定第2.1稿", revised["draft"], opinions[2]["draft"]),
        Check("此前意见绑定此前各稿", 3, len({one["draft"] for one in opinions})),
    ]


def _meetings(seen: CaseSeen) -> list[Check]:
    openings, votes = seen.said("open_meeting"), seen.said("vote")
    dissents = [one["dissents"] for one in seen.said("sign_minutes")]
    return [
        Check("会议次数和顺序", [MAYORS_OFFICE, PARTY_COMMITTEE], [one["body_type"] for one in openings]),
        Check("会议日期", ["2026-07-14", "2026-07-15"], [one["opened_at"][:10] for one in openings]),
        Check("镇长办公会应到、实到、赞成、反对", (7, 6, 6, 0), sitting(openings[0], votes[0])),
        Check("镇党委会应到、实到、赞成、反对", (9, 7, 6, 1), sitting(openings[1], votes[1])),
        Check("会议决定", ["APPROVE", "APPROVE"], [one["outcome"] for one in seen.said("principal_decides")]),
        Check("镇长办公会不同意见", [], dissents[0]),
        Check(
            "镇党委会不同意见（原话、本人确认）",
            [(seen.stage.person("discipline"), DISSENT, True)],
            [(one["member"], one["statement"], one["confirmed"]) for one in dissents[1]],
        ),
    ]


def _release(seen: CaseSeen) -> list[Check]:
    signed, published = seen.last("sign_decision"), seen.last("publish_decision")
    effective, until = signed["effective_on"], signed["valid_until"]
    return [
        Check("发文字号", NUMBER, signed["document_number"]),
        Check("主动公开期限", "2026-08-12", seen.counted(signed["signed_on"], "publication_days")),
        Check("公布日期", "2026-07-17", published["publications"][0]["at"][:10]),
        Check("报区政府备案日期", "2026-07-17", published["record_filed_on"]),
        Check("施行和有效期", ("2026-09-01", "2031-08-31"), (effective, until)),
        Check("案件状态", "RUNNING", seen.stage.ask("auditor", f"/cases/{seen.stage.case_id}")["status"]),
    ]
