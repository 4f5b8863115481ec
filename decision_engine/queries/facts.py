"""The thirty-five facts an auditor must be able to establish years later (domain book 9.2): where the log shows each.

`FACTS` is the book's table as data: which acts show a fact, and which of their answers. What a fact is called here is
what an auditor reads; nothing is judged.
"""

from __future__ import annotations

from dataclasses import dataclass

from decision_engine.language import Text


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: the *steps* whose acts show it, the *fields* of their answers, other *kinds* of events that do.

    *excuse*: (field, answer) that makes the fact one this matter need not have: no hearing was to be held.
    """

    id: str
    title: Text
    steps: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    excuse: tuple[str, bool] | None = None


def _fact(
    name: str,
    zh: str,
    en: str,
    steps: str = "",
    fields: str = "",
    kinds: str = "",
    excuse: tuple[str, bool] | None = None,
) -> Fact:
    return Fact(name, Text(zh, en), tuple(steps.split()), tuple(fields.split()), tuple(kinds.split()), excuse)


FACTS: tuple[Fact, ...] = (
    _fact(
        "F01",
        "谁提出、何时提出、原文",
        "Who proposed, when, in what words",
        "register_proposal",
        "proposer_type proposer_name proposed_on main_problem reasons_basis first_plan necessity_feasibility",
        "case.opened",
    ),
    _fact(
        "F02",
        "谁研究论证、结果如何",
        "Who studied, with what result",
        "study_proposal",
        "study_report recommendation studied_on study_report_ref",
    ),
    _fact(
        "F03",
        "谁决定启动、依据是什么、适用何种程序",
        "Who decided to start, on what basis, and which procedure applies",
        "decide_initiation determine_procedure",
        "outcome reasons decided_on decided_in non_public non_public_basis is_technical not_technical_reason "
        "risk_trigger no_risk_trigger_reason market_players no_market_players_reason external_approval npc_route "
        "village_matter hearing_required",
    ),
    _fact(
        "F04",
        "承办、协办单位和负责人（当时职务）",
        "Lead and co-units, persons in charge, posts at that time",
        "assign_lead_unit",
        "lead_unit co_units responsible_person",
    ),
    _fact(
        "F05",
        "每稿由谁起草、修改",
        "Who drafted and changed each version",
        "draft_decision adjust_draft finalize_draft",
        "draft_ref summary change_summary changes reason substantive adopted_points",
        "document.added",
    ),
    _fact(
        "F06",
        "列明的依据及其当时版本",
        "Laws listed, in their version of that day",
        "draft_decision",
        "legal_basis",
    ),
    _fact(
        "F07",
        "征求了谁的意见、答复和争议",
        "Who was consulted, answers, disputes",
        "consult_units",
        "affected_units consultations dispute_statement",
    ),
    _fact(
        "F08",
        "公告原文、渠道、期限、缩短理由",
        "Notice as published, channels, exact period, reason of shortening",
        "publish_notice comment_period",
        "title channels published_at deadline shortening_reason draft_ref",
        excuse=("non_public", True),
    ),
    _fact(
        "F09",
        "每条意见及其处理、处理人、理由",
        "Every comment, its handling, handler, reason",
        "hold_symposium run_survey hold_villagers_meeting handle_comments publish_feedback",
        "held_on participants sample_size responses objecting results meetings points summary published_at",
        "comment.received",
        ("non_public", True),
    ),
    _fact(
        "F10",
        "听证：遴选、送达、到场、笔录、签字",
        "Hearing: selection, service, presence, record, signatures",
        "hold_hearing",
        "",
        excuse=("hold_hearing", False),
    ),
    _fact(
        "F11",
        "专家：遴选、利害关系、意见、签名",
        "Experts: selection, conflicts, opinion, signature",
        "select_experts expert_opinion summarise_argumentation",
        "",
        excuse=("is_technical", False),
    ),
    _fact(
        "F12",
        "风险：评估主体、合同、风险点、等级、措施、认定",
        "Risk: assessor, contract, points, levels, measures, finding",
        "commission_assessment assess_risk determine_risk",
        "assessor_kind assessor_org assessor_unit commission_contract risk_points initial_level residual_level "
        "measures outcome reasons",
        excuse=("risk_trigger", False),
    ),
    _fact(
        "F13",
        "公平竞争审查结论",
        "Fair-competition conclusion",
        "fair_competition_review",
        "outcome conclusion reviewer",
        excuse=("market_players", False),
    ),
    _fact(
        "F14",
        "收到的送审材料、退回补正、日期",
        "Review package as received, returns, dates",
        "submit_review_package check_review_package supplement_package",
        "checklist requested_due_at outcome missing reason package_complete_at supplements",
    ),
    _fact(
        "F15",
        "法律顾问意见、审查意见、采纳情况",
        "Advisers' opinions, the reviewer's findings, what was adopted",
        "legal_adviser_opinion issue_legality_opinion handle_refused_draft",
        "firm conclusion opinion outcome reasons within_authority procedure_performed content_consistent "
        "revisions advice confirmed",
    ),
    _fact(
        "F16",
        "谁列入议程、议程调整",
        "Who put the item on the agenda, changes",
        "assemble_meeting_package confirm_agenda",
        "body_type meeting_at items agenda_changes",
        "agenda.announced",
    ),
    _fact(
        "F17",
        "通知和材料：每人收到什么、哪一稿、何时送达、何时打开",
        "Notice and materials: what each member received, which version, when, when opened",
        "confirm_agenda",
        "notice_at materials_at notices",
        "material.delivered material.opened",
    ),
    _fact(
        "F18",
        "应到、实到、缺席、回避及理由",
        "Due, present, absent, recused, with reasons",
        "open_meeting",
        "due present absent recusals",
        "member.arrived member.left member.recused emergency.consented",
    ),
    _fact(
        "F19",
        "发言顺序和内容、谁末位发言",
        "Order and text of speeches, who spoke last",
        "report_item member_speaks principal_speaks_last sign_minutes",
        "report stance statement speeches",
        "item.spoken item.remarked statement.confirmed opinion.written opinion.read",
    ),
    _fact(
        "F20",
        "表决或者意见、方式",
        "Votes or positions, method",
        "vote",
        "method ballots yes no abstain counts",
        "vote.opened vote.cast",
    ),
    _fact(
        "F21",
        "不同意见原文、本人确认",
        "Dissent verbatim, confirmed by the dissenter",
        "sign_minutes",
        "dissents",
        "dissent.confirmed",
    ),
    _fact(
        "F22",
        "主要负责人的决定、与多数不一致的理由",
        "The head's decision, reasons if contrary",
        "principal_decides",
        "outcome decision override_reasons",
    ),
    _fact(
        "F23",
        "会议记录各版、更正、签字",
        "Minutes, corrections, signatures",
        "sign_minutes",
        "minutes corrections signatures keeper",
    ),
    _fact(
        "F24",
        "向党委报告及答复、人大、上级批准",
        "Party report and reply, congress, higher approval",
        "report_party_committee report_npc external_approval",
        "stage report reply reply_at outcome approving_organ approval_no replied_on",
    ),
    _fact(
        "F25",
        "签发、用印、公布（何物、何处、何时）",
        "Signing, sealing, publication: what, where, when",
        "sign_decision publish_decision record_non_publication interpret_policy",
        "document_number signed_on sealed publications non_public non_public_basis",
    ),
    _fact(
        "F26",
        "执行单位、任务、报告、督查",
        "Executor, tasks, reports, inspections",
        "name_executor report_execution",
        "executor responsible_person tasks status progress reported_on inspections measures_done",
    ),
    _fact(
        "F27",
        "问题何时发现、何时报告、由谁",
        "Problems: found when, reported when, by whom",
        "report_problem",
        "art35_type urgent found_at reported_at description mitigation",
    ),
    _fact(
        "F28",
        "中止、调整、终止",
        "Suspension, adjustment, termination",
        "suspend_execution confirm_suspension adjust_or_terminate",
        "outcome kind reason reasons decided_on new_case",
    ),
    _fact(
        "F29",
        "后评估：主体、独立性、结果",
        "Evaluation: evaluator, independence, outcome",
        "order_evaluation plan_evaluation investigate_effects report_evaluation decide_evaluation_outcome",
        "trigger evaluator_kind evaluator_unit evaluator_org working_group proposal outcome reasons",
    ),
    _fact(
        "F30",
        "下级的不同意见及答复（公务员法第六十条）",
        "Objections of subordinates and replies",
        "raise_objection answer_objection",
        "addressee objected_order objection reply handling",
    ),
    _fact("F31", "使用的例外、批准人", "Exceptions used, who approved"),
    _fact("F32", "当时的规则版本和流程版本", "Versions of the rules and the diagram in force"),
    _fact("F33", "卷宗的每次查阅、导出", "Every reading or export of the dossier"),
    _fact("F34", "时间来源、日历版本", "Source of time, version of the calendar"),
    _fact("F35", "各环节用时、由谁经手", "Time each step took, and who held it"),
)
"""In the order of the book. F31 to F35 are not answers of one step; `tracing` reads them off the acts themselves."""
