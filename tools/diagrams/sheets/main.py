"""The main process: State Council Decree 713 from the proposal to the archive."""

from __future__ import annotations

from dataclasses import dataclass

from tools.diagrams.sheet import Lane, Sheet

PROCEDURE = "determine_procedure"
OPINION = "issue_legality_opinion"
MEETING = "principal_decides.outcome"


@dataclass(frozen=True, slots=True)
class _Lanes:
    unit: Lane
    market: Lane
    head: Lane
    legal: Lane
    office: Lane
    clerk: Lane
    principal: Lane
    party: Lane
    executor: Lane
    archive: Lane


def major_decision() -> Sheet:
    """Return the main process with its public pool."""
    sheet = Sheet("major_decision", "重大行政决策程序", "main", profile="major_decision", public="社会公众")
    lanes = _Lanes(
        unit=sheet.lane("lead_unit_officer", "决策承办单位经办人"),
        market=sheet.lane("market_regulator", "市场监管部门"),
        head=sheet.lane("lead_unit_head", "决策承办单位负责人"),
        legal=sheet.lane("legal_officer", "合法性审查部门"),
        office=sheet.lane("office_director", "政府办公室主任"),
        clerk=sheet.lane("secretary", "政府办公室经办人"),
        principal=sheet.lane("principal", "决策机关主要负责人"),
        party=sheet.lane("party_office", "党委办公室"),
        executor=sheet.lane("executing_officer", "决策执行单位"),
        archive=sheet.lane("archivist", "档案管理人员"),
    )
    _places_before_meeting(sheet, lanes)
    _places_from_meeting(sheet, lanes)
    _start_and_draft(sheet)
    _stages(sheet)
    _review(sheet)
    _meetings(sheet)
    _approvals(sheet)
    _release(sheet)
    _notes(sheet, lanes)
    sheet.wider |= {7: 24, 10: 60, 15: 40, 21: 16, 23: 16, 24: 16, 26: 52, 28: 16, 30: 16}
    return sheet


def _places_before_meeting(sheet: Sheet, at: _Lanes) -> None:
    sheet.start("start", "提出决策事项建议", at.clerk, 0)
    sheet.task("register_proposal", "登记决策事项建议", at.clerk, 1)
    sheet.task("study_proposal", "研究论证决策建议", at.unit, 1, 1)
    sheet.task("decide_initiation", "决定是否启动", at.principal, 1)
    sheet.choice("initiation", "是否启动", at.principal, 2)
    sheet.end("not_started", "不予启动", at.principal, 3)
    sheet.task("assign_lead_unit", "确定决策承办单位", at.office, 2)
    sheet.merge("draft", at.unit, 3, 1)
    sheet.task("draft_decision", "调研并拟订决策草案", at.unit, 4, 1)
    sheet.task("consult_units", "征求有关单位意见", at.unit, 4, 2)
    sheet.merge("determine", at.head, 4)
    sheet.task(PROCEDURE, "确定应当履行的程序", at.head, 5)
    sheet.parallel("stages", "", at.unit, 6, 1)
    sheet.choice("non_public", "是否依法不予公开", at.unit, 7, 0, step="non_public")
    sheet.choice("is_technical", "是否专业技术性强", at.unit, 7, 1, step="is_technical")
    sheet.choice("risk_trigger", "是否可能引发风险", at.unit, 7, 2, step="risk_trigger")
    sheet.choice("market_players", "是否涉及经营主体", at.market, 7, step="market_players")
    sheet.call("public_participation", "公众参与", at.unit, 9, 0)
    sheet.call("expert_argumentation", "专家论证", at.unit, 9, 1)
    sheet.call("risk_assessment", "风险评估", at.unit, 9, 2)
    sheet.merge("competition", at.market, 8)
    sheet.task("fair_competition_review", "公平竞争审查", at.market, 9)
    sheet.choice("competition_outcome", "审查结论", at.market, 10)
    sheet.task("adjust_for_competition", "调整草案消除限制", at.unit, 9, 3, step="adjust_draft")
    sheet.merge("participation_done", at.unit, 11, 0)
    sheet.merge("experts_done", at.unit, 11, 1)
    sheet.merge("risk_done", at.unit, 11, 2)
    sheet.merge("competition_done", at.market, 11)
    sheet.parallel("stages_done", "", at.unit, 12, 1)
    sheet.task("finalize_draft", "采纳意见完善草案", at.unit, 13, 1)
    sheet.merge("review", at.legal, 13)
    sheet.call("legality_review", "合法性审查", at.legal, 14)
    sheet.choice("legality_outcome", "审查结论", at.legal, 15, step="legality_outcome")
    sheet.task("handle_refused_draft", "处理未通过的草案", at.head, 16)
    sheet.choice("refused", "如何处理", at.head, 17)


def _places_from_meeting(sheet: Sheet, at: _Lanes) -> None:
    sheet.merge("package", at.unit, 17, 0)
    sheet.task("assemble_meeting_package", "汇总提请讨论材料", at.unit, 18, 0)
    sheet.task("confirm_agenda", "审核议题并通知会议", at.office, 18)
    sheet.call("government_meeting", "政府会议集体讨论", at.principal, 18, process="collective_meeting")
    sheet.choice("government_outcome", "会议决定", at.principal, 19)
    sheet.merge("amend", at.unit, 22, 2)
    sheet.task("adjust_draft", "按要求修改草案", at.unit, 21, 2)
    sheet.choice("substantive", "是否实质性修改", at.unit, 20, 2)
    sheet.task("report_party_committee", "向党委请示报告", at.party, 20)
    sheet.choice("party_stage", "党委是否审议", at.party, 21)
    sheet.call("party_meeting", "党委会议集体讨论", at.party, 22, process="collective_meeting")
    sheet.choice("party_outcome", "会议决定", at.party, 23)
    sheet.merge("party_done", at.party, 24)
    sheet.choice("npc_route", "是否须报告人大", at.clerk, 24)
    sheet.task("report_npc", "向人大报告", at.clerk, 25)
    sheet.choice("npc_outcome", "人大意见", at.clerk, 26)
    sheet.merge("npc_done", at.clerk, 27)
    sheet.choice("approval_needed", "是否须上级批准", at.clerk, 28)
    sheet.task("external_approval", "报请上级批准", at.clerk, 29)
    sheet.choice("approval_outcome", "批复结果", at.clerk, 30)
    sheet.merge("approved", at.clerk, 31)
    sheet.task("sign_decision", "签发决策", at.principal, 31)
    sheet.choice("publication", "是否依法不予公布", at.principal, 32, step="non_public")
    sheet.task("publish_decision", "公布决策", at.clerk, 33)
    sheet.task("interpret_policy", "解读决策", at.unit, 34, 0)
    sheet.task("record_non_publication", "记录不予公布的依据", at.clerk, 33, 1)
    sheet.merge("released", at.office, 34)
    sheet.task("name_executor", "明确执行单位和任务", at.office, 35)
    sheet.parallel("after_release", "", at.executor, 36)
    sheet.call("execution", "决策执行与调整", at.executor, 37)
    sheet.task("archive_dossier", "决策过程材料归档", at.archive, 37)
    sheet.parallel("all_done", "", at.executor, 38)
    sheet.end("end", "办结", at.executor, 39)
    sheet.merge("closed", at.archive, 31)
    sheet.task("archive_closed", "终结事项材料归档", at.archive, 32, step="archive_dossier")
    sheet.end("closed_end", "程序终结", at.archive, 33)


def _start_and_draft(sheet: Sheet) -> None:
    sheet.path("start", "register_proposal", "study_proposal", "decide_initiation", "initiation")
    sheet.flow("initiation", "assign_lead_unit", "启动", "decide_initiation.outcome == 'START'")
    sheet.flow("initiation", "not_started", "不启动", "decide_initiation.outcome == 'NOT_START'")
    sheet.path(
        "assign_lead_unit", "draft", "draft_decision", "consult_units", "determine", PROCEDURE, "stages"
    )


def _stages(sheet: Sheet) -> None:
    stages = (
        ("non_public", "public_participation", "participation_done", "否", False, "是，记录依据"),
        ("is_technical", "expert_argumentation", "experts_done", "是", True, "否，记录理由"),
        ("risk_trigger", "risk_assessment", "risk_done", "是", True, "否，记录理由"),
        ("market_players", "competition", "competition_done", "是", True, "否，记录理由"),
    )
    for question, stage, done, yes, value, no in stages:
        ask = f"{PROCEDURE}.{question}"
        asked, not_asked = f"{ask} == {str(value).lower()}", f"{ask} == {str(not value).lower()}"
        if (
            question == "non_public"
        ):  # a matter of the village committee always goes to the villagers' meeting
            asked = f"{asked} or {PROCEDURE}.village_matter == true"
            not_asked = f"{not_asked} and {PROCEDURE}.village_matter == false"
        sheet.path("stages", question)
        sheet.flow(question, stage, yes, asked)
        sheet.flow(question, done, no, not_asked)
    for stage, done in (
        ("public_participation", "participation_done"),
        ("expert_argumentation", "experts_done"),
        ("risk_assessment", "risk_done"),
    ):
        sheet.path(stage, done, "stages_done")
    sheet.path("competition", "fair_competition_review", "competition_outcome")
    sheet.flow(
        "competition_outcome",
        "competition_done",
        "不限制或者符合例外",
        "fair_competition_review.outcome in ('NO_RESTRICTION', 'EXCEPTION')",
    )
    sheet.flow(
        "competition_outcome",
        "adjust_for_competition",
        "排除、限制竞争",
        "fair_competition_review.outcome == 'RESTRICTION'",
    )
    sheet.path("adjust_for_competition", "competition")
    sheet.path("competition_done", "stages_done", "finalize_draft", "review")


def _review(sheet: Sheet) -> None:
    sheet.path("review", "legality_review", "legality_outcome")
    sheet.flow(
        "legality_outcome",
        "package",
        "合法、修改已确认或者已明示风险",
        f"{OPINION}.outcome in ('LEGAL', 'EXPLORATORY_RISK_STATED') "
        f"or {OPINION}.outcome == 'LEGAL_AFTER_REVISION' and {OPINION}.confirmed == true",
        leave="t",
    )
    incomplete = f"{OPINION}.outcome == 'PROCEDURE_INCOMPLETE'"
    sheet.flow("legality_outcome", "determine", "程序不完备", incomplete, leave="b")
    sheet.flow(
        "legality_outcome",
        "handle_refused_draft",
        "不合法、越权",
        f"{OPINION}.outcome in ('ILLEGAL', 'NO_AUTHORITY')",
        leave="r",
    )
    outside = f"{OPINION}.outcome == 'OUT_OF_SCOPE'"
    sheet.flow("legality_outcome", "closed", "不属于审查范围", outside, leave="b")
    sheet.path("handle_refused_draft", "refused")
    sheet.flow("refused", "draft", "重新拟订", "handle_refused_draft.outcome == 'REDRAFT'")
    sheet.flow(
        "refused", "closed", "移送或者终止", "handle_refused_draft.outcome in ('TRANSFER', 'TERMINATE')"
    )


def _meetings(sheet: Sheet) -> None:
    sheet.path(
        "package", "assemble_meeting_package", "confirm_agenda", "government_meeting", "government_outcome"
    )
    sheet.path("report_party_committee", "party_stage")
    sheet.flow("party_stage", "party_meeting", "提交审议", "report_party_committee.stage == 'DELIBERATE'")
    sheet.flow("party_stage", "party_done", "请示报告", "report_party_committee.stage == 'REPORT_ONLY'")
    sheet.path("party_meeting", "party_outcome")
    for outcome, onward in (
        ("government_outcome", "report_party_committee"),
        ("party_outcome", "party_done"),
    ):
        sheet.flow(outcome, onward, "同意", f"{MEETING} == 'APPROVE'")
        sheet.flow(outcome, "closed", "不同意", f"{MEETING} == 'REJECT'")
        sheet.flow(outcome, "amend", "修改", f"{MEETING} == 'AMEND'")
        sheet.flow(outcome, "package", "暂缓或者再次讨论", f"{MEETING} in ('DEFER', 'REDISCUSS')")
    sheet.flow("amend", "adjust_draft", leave="l", enter="r")
    sheet.flow("adjust_draft", "substantive", leave="l", enter="r")
    sheet.flow("substantive", "determine", "是", "adjust_draft.substantive == true", leave="b")
    sheet.flow("substantive", "review", "否", "adjust_draft.substantive == false", leave="l")


def _approvals(sheet: Sheet) -> None:
    sheet.path("party_done", "npc_route")
    sheet.flow(
        "npc_route", "report_npc", "须报告", f"{PROCEDURE}.npc_route in ('DECIDE', 'REPORT_BEFORE_RELEASE')"
    )
    sheet.flow("npc_route", "npc_done", "无须报告", f"{PROCEDURE}.npc_route == 'NONE'")
    sheet.path("report_npc", "npc_outcome")
    sheet.flow("npc_outcome", "npc_done", "同意或者已听取", "report_npc.outcome in ('APPROVED', 'HEARD')")
    sheet.flow("npc_outcome", "closed", "不同意", "report_npc.outcome == 'REFUSED'")
    needed, village = f"{PROCEDURE}.external_approval", f"{PROCEDURE}.village_matter"
    sheet.path("npc_done", "approval_needed")
    sheet.flow("approval_needed", "external_approval", "须批准", f"{needed} == true or {village} == true")
    sheet.flow("approval_needed", "approved", "无须批准", f"{needed} == false and {village} == false")
    sheet.path("external_approval", "approval_outcome")
    sheet.flow("approval_outcome", "approved", "批准", "external_approval.outcome == 'APPROVED'")
    sheet.flow("approval_outcome", "amend", "退回修改", "external_approval.outcome == 'RETURNED'")
    sheet.flow("approval_outcome", "closed", "不批准", "external_approval.outcome == 'REFUSED'")


def _release(sheet: Sheet) -> None:
    sheet.path("approved", "sign_decision", "publication")
    sheet.flow("publication", "publish_decision", "公布", "sign_decision.non_public == false")
    sheet.flow("publication", "record_non_publication", "不予公布", "sign_decision.non_public == true")
    sheet.path("publish_decision", "interpret_policy", "released")
    sheet.path("record_non_publication", "released")
    sheet.path("released", "name_executor", "after_release")
    sheet.path("after_release", "execution", "all_done", "end")
    sheet.path("after_release", "archive_dossier")
    sheet.flow("archive_dossier", "all_done", enter="b")
    sheet.path("closed", "archive_closed", "closed_end")
    sheet.message("public_participation", "征求意见公告", outward=True)
    sheet.message("public_participation", "意见建议", outward=False)
    sheet.message("publish_decision", "决策公布", outward=True)


def _notes(sheet: Sheet, at: _Lanes) -> None:
    sheet.note("decide_initiation", "第十条\n先研究论证，再决定启动", at.party, 1)
    sheet.note(PROCEDURE, "第十四、十九、二十二条\n逐项确定，不适用的\n记录理由", at.legal, 5)
    sheet.note("fair_competition_review", "公平竞争审查条例第十四条", at.head, 9)
    sheet.note("legality_review", "第二十五条\n未经审查或者审查不合法的，\n不得提交集体讨论", at.head, 14)
    sheet.note("government_meeting", "第三十条\n集体讨论，末位发言", at.party, 18)
    sheet.note("report_party_committee", "第三十一条\n出台前向同级党委请示报告", at.executor, 20)
    sheet.note("interpret_policy", "第三十二条\n及时公布和解读，\n说明意见采纳情况", at.unit, 36)
    sheet.note("archive_closed", "第三十三条\n及时完整归档", at.executor, 32)
    sheet.note("execution", "第三十四条至第三十七条", at.party, 37)
