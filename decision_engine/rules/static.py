"""What the law demands of a diagram: plain data in the prover's words (`process.predicates` explains them).

Each line belongs to a rule of the rule book whose check is static; several lines may belong to one rule. They
hold for processes with the profile `major_decision`. A `Statute` without a rule only declares the values of
an outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from decision_engine.language import Text
from decision_engine.rules import law

MEETING = "open_meeting ∨ report_item ∨ member_speaks ∨ principal_speaks_last ∨ vote ∨ principal_decides"
REVIEW = "submit_review_package ∨ issue_legality_opinion"
RELEASE = "publish_decision ∨ record_non_publication"
NEW_MEETING = "open_meeting ∨ principal_decides"
HEARD = "public_participation ∨ comment_period ∨ hold_hearing ∨ run_survey ∨ hold_symposium ∨ handle_comments"
ACCEPTED = (
    'issue_legality_opinion.outcome in ("LEGAL", "EXPLORATORY_RISK_STATED") or '
    'issue_legality_opinion.outcome == "LEGAL_AFTER_REVISION" and issue_legality_opinion.confirmed == true'
)
ROLES = (
    "secretary, lead_unit_officer, lead_unit_head, consulted_unit, expert, risk_assessor, legal_officer, "
    "legal_adviser, market_regulator, office_director, meeting_member, principal, recorder, party_office, "
    "archivist, executing_officer, inspector, post_evaluator"
)


@dataclass(frozen=True, slots=True)
class Statute:
    """One demand on a diagram, with the rule it belongs to."""

    rule: str
    law: str | None
    article: str | None
    predicate: str
    title: Text


_VALUES = (
    'values(decide_initiation.outcome, "START", "NOT_START")',
    'values(check_review_package.outcome, "COMPLETE", "RETURN", "SUPPLEMENT")',
    'values(determine_risk.outcome, "CONTROLLABLE", "UNCONTROLLABLE", other)',
    'values(issue_legality_opinion.outcome, "LEGAL", "LEGAL_AFTER_REVISION", "PROCEDURE_INCOMPLETE", '
    '"NO_AUTHORITY", "ILLEGAL", "EXPLORATORY_RISK_STATED", "OUT_OF_SCOPE", other)',
    "values(issue_legality_opinion.confirmed, true, false)",
    'values(principal_decides.outcome, "APPROVE", "REJECT", "AMEND", "DEFER", "REDISCUSS")',
    'values(decide_evaluation_outcome.outcome, "CONTINUE", "SUSPEND", "TERMINATE", '
    '"ADJUST|ADJUST_MINOR+ADJUST_MAJOR")',
    'values(report_npc.outcome, "APPROVED", "REFUSED", "HEARD")',
    'values(external_approval.outcome, "APPROVED", "REFUSED", "RETURNED")',
    'values(report_execution.status, "IN_PROGRESS", "PROBLEM", "EVALUATE", "COMPLETED")',
    'values(npc_route, "NONE", "DECIDE", "REPORT_BEFORE_RELEASE")',
)

_713 = law.DECREE_713.name


def _decree(article: str, rule: str, zh: str, en: str, *predicates: str) -> Iterator[Statute]:
    return _of(_713, article, rule, zh, en, *predicates)


def _of(
    name: str | None, article: str | None, rule: str, zh: str, en: str, *all_of: str
) -> Iterator[Statute]:
    for predicate in all_of:
        yield Statute(rule, name, article, predicate, Text(zh, en))


def _beginning() -> Iterator[Statute]:
    yield from _decree(
        "10",
        "R-713-10-1",
        "决策机关决定启动之前不得拟订决策草案",
        "No draft before the organ has decided to start",
        "dom(decide_initiation, draft_decision)",
        'gate(decide_initiation.outcome == "START", draft_decision)',
        "exits(decide_initiation.outcome)",
        "occurs(decide_initiation)",
        "occurs(draft_decision)",
    )


def _participation() -> Iterator[Statute]:
    yield from _decree(
        "14",
        "R-713-14-1",
        "合法性审查前须听取公众意见，依法不予公开的除外",
        "The public is heard before the legality review, unless the matter is lawfully not public",
        f"dom({HEARD} ∨ asked(non_public == true), {REVIEW})",
    )
    yield from _decree(
        "15",
        "R-713-15-1",
        "征求意见先公布草案及说明",
        "A comment period begins with a notice",
        "dom(publish_notice, comment_period)",
    )
    yield from _decree(
        "15",
        "R-713-15-2",
        "公开征求意见期限一般不少于30日",
        "The public has at least 30 days to comment",
        f"fresh(comment_period, publish_notice, {MEETING})",
        'timer(comment_period, "P30D", public_comment_days)',
    )
    yield from _decree(
        "15",
        "R-713-15-3",
        "缩短征求意见期限的，应当在公告中说明理由",
        "A shorter comment period needs its reason in the notice itself",
        'timer(comment_period, "P30D", public_comment_days)',
    )
    yield from _decree(
        "18",
        "R-713-18-1",
        "征集的意见须在集体讨论前归纳整理、研究论证",
        "Comments are sorted and studied after the comment period and before the meeting",
        f"fresh(handle_comments, publish_notice ∨ comment_period, {MEETING})",
    )
    yield from _of(
        None,
        None,
        "R-CMT-04",
        "意见采纳情况须在处理之后、集体讨论之前反馈",
        "What became of the comments is told after handling them and before the meeting",
        f"fresh(publish_feedback, publish_notice ∨ handle_comments, {MEETING})",
    )


def _experts_and_risk() -> Iterator[Statute]:
    yield from _decree(
        "19",
        "R-713-19-1",
        "专业性、技术性较强的事项，合法性审查前须专家论证",
        "Technical matters are argued by experts before the legality review",
        f"dom(expert_argumentation ∨ expert_opinion ∨ asked(is_technical == false), {REVIEW})",
    )
    yield from _decree(
        "22",
        "R-713-22-1",
        "可能造成不利影响的事项，合法性审查前须风险评估",
        "Matters that may do harm are assessed for risk before the legality review",
        f"dom(risk_assessment ∨ assess_risk ∨ determine_risk ∨ asked(risk_trigger == false), {REVIEW})",
    )
    yield from _decree(
        "24",
        "R-713-24-1",
        "风险不可控的，调整草案等措施使风险可控后方可提请讨论",
        "While the risk is not controllable the matter may not come to the meeting",
        f'gate(determine_risk.outcome == "CONTROLLABLE", {MEETING})',
        "exits(determine_risk.outcome)",
    )
    yield from _of(
        None,
        None,
        "R-RSK-05",
        "风险不可控的，先调整草案，再重新评估",
        "An uncontrollable risk leads to an adjusted draft, and that is assessed again",
        f'fresh(adjust_draft, determine_risk[outcome != "CONTROLLABLE"], '
        f"assess_risk ∨ determine_risk ∨ {REVIEW} ∨ {MEETING})",
    )
    yield from _of(
        None,
        None,
        "R-RSK-07",
        "风险防控措施须落实到执行单位后方可执行",
        "Execution begins when an executor is named who answers for the measures",
        "dom(name_executor, report_execution)",
    )
    yield from _of(
        law.FAIR_COMPETITION.name,
        "14",
        "R-FC-14-1",
        "涉及经营主体经济活动的，合法性审查前须公平竞争审查",
        "Where market players are touched, fair competition is reviewed before the legality review",
        f"dom(fair_competition_review ∨ asked(market_players == false), {REVIEW})",
    )


def _legality() -> Iterator[Statute]:
    yield from _decree(
        "25",
        "R-713-25-1",
        "未经合法性审查（针对最新草案）不得提交集体讨论",
        "No discussion without a legality opinion on the latest draft",
        f"dom(issue_legality_opinion, {MEETING})",
        f"fresh(issue_legality_opinion, draft_decision ∨ adjust_draft, {MEETING} ∨ publish_decision)",
        "occurs(issue_legality_opinion)",
    )
    yield from _decree(
        "25",
        "R-713-25-2",
        "合法性审查由合法性审查部门作出，不得以征求意见代替",
        "The legality review is the review department's and nothing replaces it",
        "role(issue_legality_opinion, legal_officer)",
    )
    yield from _decree(
        "25",
        "R-713-25-3",
        "审查不合法（或未确认修改）的，不得提交集体讨论",
        "What was not found legal, or not confirmed after revision, may not come to the meeting",
        f"gate({ACCEPTED}, {MEETING})",
        "exits(issue_legality_opinion.outcome)",
    )
    yield from _decree(
        "26",
        "R-713-26-2",
        "送审材料不符合要求的，退回或者要求补充",
        "A package that does not conform is returned or supplemented",
        "exits(check_review_package.outcome)",
    )
    yield from _decree(
        "28",
        "R-713-28-2",
        "审查过程中组织法律顾问、公职律师提出法律意见",
        "Legal advisers give their opinion before the legality opinion is issued",
        "dom(legal_adviser_opinion, issue_legality_opinion)",
        "occurs(legal_adviser_opinion)",
    )
    yield from _of(
        None,
        None,
        "R-LEG-01",
        "送审材料核对齐全后方可审查",
        "The review begins when the package is found complete",
        "dom(check_review_package, issue_legality_opinion)",
        'gate(check_review_package.outcome == "COMPLETE", issue_legality_opinion)',
        "dom(submit_review_package, check_review_package)",
    )
    yield from _of(
        None,
        None,
        "R-LEG-05",
        "审查人与起草人分离",
        "Who drafts does not review",
        "sep(draft_decision, issue_legality_opinion)",
    )
    yield from _of(
        None,
        None,
        "R-LEG-06",
        "法律顾问意见是参考，不能代替审查意见",
        "Advisers' opinions are input; the opinion is the department's",
        "sep(legal_adviser_opinion, issue_legality_opinion)",
    )
    yield from _of(
        None,
        None,
        "R-LEG-11",
        "逾期不视为同意：审查未出具意见不得进入集体讨论",
        "No deemed consent: no timer leads from the review to the meeting",
        f"fresh(issue_legality_opinion, begin(issue_legality_opinion), {MEETING})",
    )


def _meeting() -> Iterator[Statute]:
    yield from _decree(
        "30",
        "R-713-30-1",
        "决策须经集体讨论同意后方可公布",
        "Nothing is released that the meeting did not decide",
        f"dom(principal_decides, {RELEASE})",
        f'gate(principal_decides.outcome in ("APPROVE", "AMEND"), {RELEASE})',
        f"fresh(principal_decides, draft_decision ∨ adjust_draft, {RELEASE})",
    )
    yield from _decree(
        "30",
        "R-713-30-2",
        "行政首长在集体讨论的基础上作出决定",
        "The head decides on the basis of collective discussion",
        "dom(member_speaks, principal_decides)",
        f"fresh(member_speaks, {NEW_MEETING}, principal_decides)",
        "occurs(principal_decides)",
    )
    yield from _decree(
        "30",
        "R-713-30-3",
        "会议组成人员先发表意见，行政首长最后发表意见",
        "Members speak first, the head speaks last",
        "dom(member_speaks, principal_speaks_last)",
        f"fresh(member_speaks, {NEW_MEETING}, principal_speaks_last)",
        "occurs(member_speaks)",
        "occurs(principal_speaks_last)",
    )
    yield from _of(
        law.ORGANIC_LAW.name,
        None,
        "R-ORG-6-1",
        "政府工作中的重大事项须经集体讨论决定",
        "Major matters of government work are discussed and decided collectively",
        f"dom(member_speaks, {RELEASE})",
    )
    yield from _meeting_order()


def _meeting_order() -> Iterator[Statute]:
    yield from _of(
        None,
        None,
        "R-MTG-01",
        "必须在会议上决定，不得以传阅会签等方式代替",
        "It is decided in a meeting, by no substitute",
        "dom(open_meeting, principal_decides)",
    )
    yield from _of(
        None,
        None,
        "R-MTG-09",
        "一事一议，逐项表决",
        "One item, one discussion, one vote each",
        "dom(vote, principal_decides)",
        "dom(report_item, vote)",
    )
    yield from _of(
        None,
        None,
        "R-MTG-13",
        "先汇报、再逐个发言，主要负责人末位表态后方可决定",
        "The item is reported, members speak one by one, and the principal last, before the decision",
        "dom(report_item, member_speaks)",
        f"fresh(report_item, {NEW_MEETING}, member_speaks)",
        "dom(principal_speaks_last, principal_decides)",
        f"fresh(principal_speaks_last, {NEW_MEETING}, principal_decides)",
    )
    yield from _of(
        None,
        None,
        "R-MTG-18",
        "会议结果为同意、不同意、修改、暂缓、再次讨论之一，均须有出路",
        "Each of the five results of a meeting leads on",
        "exits(principal_decides.outcome)",
    )
    yield from _of(
        None,
        None,
        "R-MTG-21",
        "每次决定前都须表决，少数服从多数",
        "Every decision follows a vote of its own meeting",
        f"fresh(vote, {NEW_MEETING}, principal_decides)",
    )
    yield from _of(
        None,
        None,
        "R-MTG-25",
        "会议记录由专人负责，与决定人分离",
        "The recorder is not the one who decides",
        "sep(principal_decides, sign_minutes)",
    )
    yield from _of(
        None,
        None,
        "R-MTG-26",
        "作出决定后须签署会议记录",
        "The minutes are signed after the decision and before anything is released",
        "post(principal_decides, sign_minutes)",
        "dom(principal_decides, sign_minutes)",
        f"fresh(sign_minutes, principal_decides, {RELEASE})",
    )


def _release() -> Iterator[Statute]:
    yield from _decree(
        "8",
        "R-713-8-1",
        "依法须经人民代表大会决定或者听取报告的，公布前须报告",
        "What the people's congress must decide or hear goes there before release",
        f'dom(report_npc, {RELEASE}) when npc_route in ("DECIDE", "REPORT_BEFORE_RELEASE")',
        'fresh(report_npc[outcome != "REFUSED"] ∨ draft_decision ∨ adjust_draft, '
        f'report_npc[outcome == "REFUSED"], {RELEASE}) where read',
        "fresh(draft_decision, publish_decision, report_npc)",
    )
    yield from _decree(
        "3",
        "R-713-3-3",
        "须经上级批准的，获批后方可公布",
        "What needs approval from above is released only when approved",
        f"dom(external_approval, {RELEASE}) when external_approval == true",
        'fresh(external_approval[outcome == "APPROVED"] ∨ draft_decision ∨ adjust_draft, '
        f'external_approval[outcome != "APPROVED"], {RELEASE}) where read',
        "fresh(draft_decision, publish_decision, external_approval)",
    )
    yield from _of(
        law.VILLAGE_LAW.name,
        "3",
        "R-VC-3-1",
        "村民委员会设立、撤销、调整，须经村民会议同意并报县级政府批准",
        "A change of a village committee needs the villagers' meeting and the approval from above",
        f"dom(hold_villagers_meeting, {RELEASE}) when village_matter == true",
        f"dom(external_approval, {RELEASE}) when village_matter == true",
    )
    yield from _decree(
        "31",
        "R-713-31-1",
        "公布前须按规定向同级党委请示报告",
        "The party committee is asked before release",
        f"dom(report_party_committee, {RELEASE})",
        "occurs(report_party_committee)",
        "fresh(draft_decision, publish_decision, report_party_committee)",
    )
    yield from _decree(
        "32",
        "R-713-32-1",
        "决策作出后须及时公布，依法不予公开的除外",
        "A decision is published, unless it is lawfully not public",
        'post(principal_decides[outcome in ("APPROVE", "AMEND")], '
        f"{RELEASE} ∨ asked(non_public == true) ∨ adjust_draft ∨ draft_decision ∨ report_npc ∨ "
        'external_approval ∨ principal_decides[outcome not in ("APPROVE", "AMEND")])',
        "occurs(publish_decision)",
    )
    yield from _decree(
        "33",
        "R-713-33-1",
        "作出决定（包括不同意）后须归档",
        "After every decision, a refusal too, the dossier is archived",
        'post(principal_decides[outcome in ("APPROVE", "AMEND", "REJECT")], archive_dossier)',
        "occurs(archive_dossier)",
    )


def _execution() -> Iterator[Statute]:
    yield from _decree(
        "35",
        "R-713-35-1",
        "执行中发现问题须及时报告",
        "The executor can report a problem",
        "occurs(report_problem)",
    )
    yield from _decree(
        "36",
        "R-713-36-4",
        "决策后评估结果是调整决策的依据",
        "What follows from an evaluation is decided after it",
        "dom(post_evaluation ∨ report_evaluation, decide_evaluation_outcome)",
    )
    yield from _decree(
        "37",
        "R-713-37-1",
        "未经法定程序不得变更或者停止执行",
        "A decision in force is not changed or stopped without the procedure",
        'fresh(adjust_or_terminate, decide_evaluation_outcome[outcome == "TERMINATE"], end)',
        "fresh(report_execution ∨ adjust_or_terminate, begin(report_execution), end)",
        'fresh(report_execution[status not in ("IN_PROGRESS", "PROBLEM", "EVALUATE")] ∨ adjust_or_terminate, '
        "begin(report_execution) ∨ begin(report_problem) ∨ begin(suspend_execution) ∨ "
        "begin(decide_evaluation_outcome), end) where read",
    )
    yield from _decree(
        "37",
        "R-713-37-2",
        "中止执行由行政首长决定",
        "Suspension is the head's alone",
        "role(suspend_execution, principal)",
    )
    major = (
        "fresh(adjust_or_terminate ∨ decide_initiation ∨ draft_decision, "
        'decide_evaluation_outcome[outcome == "ADJUST_MAJOR"], end)'
    )
    yield from _decree(
        "37",
        "R-713-37-3",
        "重大调整须重新履行法定程序",
        "A major adjustment runs the statutory procedure again",
        major,
    )
    yield from _of(
        None,
        None,
        "R-EXE-07",
        "终止执行和重大调整须履行完整程序",
        "Termination and major adjustment take the full procedure",
        major,
    )
    yield from _of(
        None,
        None,
        "R-EVA-04",
        "决策前的评估人不得承担决策后评估",
        "Who assessed before the decision does not evaluate it",
        "sep(assess_risk ∨ risk_assessment, investigate_effects ∨ report_evaluation ∨ post_evaluation)",
    )
    yield from _of(
        None,
        None,
        "R-EVA-06",
        "评估先定方案、再调查、后报告",
        "An evaluation is planned, then investigated, then reported",
        "dom(plan_evaluation, investigate_effects)",
        "dom(investigate_effects, report_evaluation)",
    )
    yield from _of(
        None,
        None,
        "R-EVA-08",
        "评估结论为继续、调整、中止、终止之一，均须有出路",
        "Each result of an evaluation leads on",
        "exits(decide_evaluation_outcome.outcome)",
    )


STATUTES: tuple[Statute, ...] = (
    *(Statute("", None, None, text, Text("", "")) for text in _VALUES),
    *_beginning(),
    *_participation(),
    *_experts_and_risk(),
    *_legality(),
    *_meeting(),
    *_release(),
    *_execution(),
    Statute(
        "S-STRUCTURE",
        None,
        None,
        f"staffed({ROLES})",
        Text("每个任务都须有已知角色的泳道", "Every task belongs to a lane with a known role"),
    ),
)
"""All demands on a process with the profile `major_decision`."""
