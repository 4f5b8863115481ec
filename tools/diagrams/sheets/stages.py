"""The five statutory stages before the meeting and the meeting itself: one called process each."""

from __future__ import annotations

from tools.diagrams.sheet import Sheet

UNIT = ("lead_unit_officer", "决策承办单位")


def public_participation() -> Sheet:
    """Return articles 14 to 18: notice, period, forms of hearing people, handling, feedback."""
    sheet = Sheet("public_participation", "公众参与", "participation", public="社会公众")
    unit = sheet.lane(*UNIT)
    sheet.start("start", "开始公众参与", unit, 0, 1)
    sheet.task("publish_notice", "发布征求意见公告", unit, 1, 1)
    sheet.parallel("split", "", unit, 2, 1)
    sheet.wait(
        "comment_period",
        "征求意见期限届满",
        unit,
        4,
        0,
        timer="parameter('public_comment_days')",
        step="comment_period",
    )
    sheet.inclusive("forms", "其他参与方式", unit, 3, 3)
    sheet.task("hold_hearing", "举行听证会", unit, 4, 1)
    sheet.task("hold_symposium", "召开座谈会", unit, 4, 2)
    sheet.task("run_survey", "开展民意调查", unit, 4, 3)
    sheet.task("hold_villagers_meeting", "召开村民会议", unit, 4, 4)
    sheet.inclusive("forms_done", "", unit, 5, 3)
    sheet.parallel("join", "", unit, 6, 1)
    sheet.task("handle_comments", "逐条研究处理意见", unit, 7, 1)
    sheet.task("publish_feedback", "公布采纳情况及理由", unit, 8, 1)
    sheet.end("end", "公众参与完成", unit, 9, 1)
    sheet.path(
        "start",
        "publish_notice",
        "split",
        "comment_period",
        "join",
        "handle_comments",
        "publish_feedback",
        "end",
    )
    sheet.flow("split", "forms", leave="b", enter="l")
    forms = (
        ("hold_hearing", "听证", "publish_notice.hold_hearing == true", "t"),
        ("hold_symposium", "座谈", "publish_notice.hold_symposium == true", "t"),
        ("run_survey", "民意调查", "publish_notice.run_survey == true", "r"),
        ("hold_villagers_meeting", "村民会议法定事项", "determine_procedure.village_matter == true", "b"),
    )
    for form, name, condition, side in forms:
        sheet.flow("forms", form, name, condition, leave=side, enter="l")
        sheet.flow(form, "forms_done", leave="r", enter={"r": "l"}.get(side, side))
    sheet.flow("forms", "forms_done", "仅公开征求意见", default=True, leave="b", enter="b")
    sheet.flow("forms_done", "join", enter="b")
    sheet.note("publish_notice", "第十五条\n期限一般不少于30日；\n缩短的，在公告中说明理由", unit, 1, 2)
    sheet.note("handle_comments", "第十八条\n归纳整理、研究论证，\n充分采纳合理意见", unit, 7, 2)
    sheet.wider |= {3: 70, 4: 30, 7: 20}
    sheet.message("publish_notice", "征求意见公告", outward=True)
    sheet.message("handle_comments", "意见建议", outward=False)
    sheet.message("publish_feedback", "采纳情况及理由", outward=True)
    return sheet


def expert_argumentation() -> Sheet:
    """Return articles 19 to 21: each invited expert has a task of their own."""
    sheet = Sheet("expert_argumentation", "专家论证", "expert")
    unit = sheet.lane(*UNIT)
    experts = sheet.lane("expert", "论证专家")
    sheet.start("start", "开始专家论证", unit, 0)
    sheet.task("select_experts", "遴选专家并核查回避", unit, 1)
    sheet.task("expert_opinion", "独立出具书面意见", experts, 2, each=("select_experts.experts", "expert"))
    sheet.task("summarise_argumentation", "汇总意见采纳情况", unit, 3)
    sheet.end("end", "专家论证完成", unit, 4)
    sheet.note("expert_opinion", "第十九条\n独立论证，签字确认", unit, 2)
    sheet.note("select_experts", "第二十条\n不得有直接利害关系", experts, 1)
    sheet.path("start", "select_experts", "expert_opinion", "summarise_argumentation", "end")
    return sheet


def risk_assessment() -> Sheet:
    """Return articles 22 to 24: what is not controllable is adjusted and assessed again."""
    sheet = Sheet("risk_assessment", "风险评估", "risk")
    unit = sheet.lane(*UNIT)
    assessor = sheet.lane("risk_assessor", "风险评估机构")
    principal = sheet.lane("principal", "决策机关主要负责人")
    sheet.start("start", "开始风险评估", unit, 0)
    sheet.task("commission_assessment", "组织或委托风险评估", unit, 1)
    sheet.merge("assess", assessor, 2)
    sheet.task("assess_risk", "评估并形成评估报告", assessor, 3)
    sheet.task("determine_risk", "认定风险是否可控", principal, 4)
    sheet.choice("risk_controllable", "风险是否可控", principal, 5, step="risk_controllable")
    sheet.task("adjust_draft", "调整草案或采取措施", unit, 4)
    sheet.end("end", "风险可控", principal, 6)
    sheet.note("assess_risk", "第二十三条\n定性与定量结合，列明\n风险点、措施和预案", principal, 3)
    sheet.note("determine_risk", "第二十四条\n可控的方可决策", assessor, 4)
    sheet.path(
        "start", "commission_assessment", "assess", "assess_risk", "determine_risk", "risk_controllable"
    )
    sheet.flow("risk_controllable", "end", "可控", "determine_risk.outcome == 'CONTROLLABLE'")
    sheet.flow(
        "risk_controllable",
        "adjust_draft",
        "不可控",
        "determine_risk.outcome == 'UNCONTROLLABLE'",
        leave="t",
        enter="r",
    )
    sheet.path("adjust_draft", "assess")
    return sheet


def legality_review() -> Sheet:
    """Return articles 25 to 28: package, advisers, opinion, confirmation of the revised draft."""
    sheet = Sheet("legality_review", "合法性审查", "legality")
    unit = sheet.lane(*UNIT)
    legal = sheet.lane("legal_officer", "合法性审查部门")
    adviser = sheet.lane("legal_adviser", "法律顾问、公职律师")
    outcome = "issue_legality_opinion.outcome"
    confirmed = "issue_legality_opinion.confirmed"
    sheet.start("start", "提请合法性审查", unit, 0)
    sheet.merge("submit", unit, 1)
    sheet.task("submit_review_package", "报送送审材料", unit, 2)
    sheet.merge("check", legal, 3, 1)
    sheet.task("check_review_package", "核对送审材料", legal, 4, 1)
    sheet.choice("package_complete", "材料是否齐全", legal, 5, 1)
    sheet.task("supplement_package", "补充送审材料", unit, 4)
    sheet.task("legal_adviser_opinion", "提出法律意见", adviser, 6)
    sheet.task("issue_legality_opinion", "出具合法性审查意见", legal, 7, 1)
    sheet.boundary(
        "urge_due",
        "审查时间已满",
        "issue_legality_opinion",
        timer="parameter('legality_review_days')",
        interrupting=False,
    )
    sheet.throw("urge", "催办", legal, 8, 2)
    sheet.end("urged", "已催办", legal, 9, 2)
    sheet.merge("opinion", legal, 8, 1)
    sheet.choice("revision_needed", "是否须先修改", legal, 9, 1, step="legality_outcome")
    sheet.task("adjust_draft", "按审查意见修改草案", unit, 9)
    sheet.task("confirm_revision", "复核修改稿并确认", legal, 8, step="issue_legality_opinion")
    sheet.end("end", "审查意见送达", legal, 10, 1)
    sheet.note("check_review_package", "第二十六条\n材料不符合要求的，\n可以退回或者要求补充", legal, 4, 2)
    sheet.note("legal_adviser_opinion", "第二十八条\n组织法律顾问、\n公职律师提出意见", legal, 6, 2)
    sheet.note("confirm_revision", "审查意见只对\n所审草案版本有效", legal, 7)
    sheet.wider |= {4: 36, 9: 20}
    sheet.path(
        "start", "submit", "submit_review_package", "check", "check_review_package", "package_complete"
    )
    sheet.flow(
        "package_complete",
        "legal_adviser_opinion",
        "齐全",
        "check_review_package.outcome == 'COMPLETE'",
        leave="r",
    )
    sheet.flow("package_complete", "submit", "退回", "check_review_package.outcome == 'RETURN'", leave="b")
    sheet.flow(
        "package_complete", "supplement_package", "补充", "check_review_package.outcome == 'SUPPLEMENT'"
    )
    sheet.path("supplement_package", "check")
    sheet.path("legal_adviser_opinion", "issue_legality_opinion", "opinion", "revision_needed")
    sheet.path("urge_due", "urge", "urged")
    sheet.flow(
        "revision_needed",
        "adjust_draft",
        "基本合法，应予修改",
        f"{outcome} == 'LEGAL_AFTER_REVISION' and {confirmed} == false",
    )
    sheet.flow(
        "revision_needed", "end", "审查终结", f"{outcome} != 'LEGAL_AFTER_REVISION' or {confirmed} == true"
    )
    sheet.flow("adjust_draft", "confirm_revision", leave="l", enter="t")
    sheet.path("confirm_revision", "opinion")
    return sheet


def collective_meeting() -> Sheet:
    """Return article 30: report, members, head last, vote, decision, signed minutes.

    An item that cannot go on is broken off, at whatever step it is, and a later meeting begins anew.
    """
    sheet = Sheet("collective_meeting", "集体讨论决定", "meeting")
    recorder = sheet.lane("recorder", "会议记录人")
    unit = sheet.lane(*UNIT)
    members = sheet.lane("meeting_member", "会议组成人员")
    principal = sheet.lane("principal", "主要负责人")
    sheet.start("start", "会议召开", recorder, 0)
    sheet.merge("meets", recorder, 1)
    sheet.task("open_meeting", "核对到会和回避情况", recorder, 2)
    sheet.task("report_item", "汇报议题", unit, 3)
    sheet.task("member_speaks", "会议组成人员发言", members, 4, each=("open_meeting.speakers", "member"))
    sheet.task("principal_speaks_last", "主要负责人末位发言", principal, 5)
    sheet.task("vote", "逐项表决并记录", recorder, 6)
    sheet.task("principal_decides", "主要负责人作出决定", principal, 7)
    sheet.task("sign_minutes", "核对签署会议记录", recorder, 8)
    sheet.end("end", "会议结束", recorder, 9)
    sheet.note("open_meeting", "半数以上成员到会，\n有利害关系的回避", unit, 2)
    sheet.note("principal_speaks_last", "第三十条\n行政首长最后发表意见", members, 5)
    sheet.note("principal_decides", "与多数人意见不一致的，\n当场说明理由", members, 7)
    sheet.note("sign_minutes", "不同意见如实载明", unit, 8)
    sheet.path(
        "start",
        "meets",
        "open_meeting",
        "report_item",
        "member_speaks",
        "principal_speaks_last",
    )
    sheet.flow("principal_speaks_last", "vote", enter="l")
    sheet.path(
        "vote",
        "principal_decides",
        "sign_minutes",
        "end",
    )
    for step in ("report_item", "member_speaks", "principal_speaks_last", "vote", "principal_decides"):
        sheet.boundary(f"{step}_broken_off", "中止讨论", step, message="中止讨论", interrupting=True)
        sheet.flow(f"{step}_broken_off", "meets")
    return sheet
