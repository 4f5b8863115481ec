"""From proposal to lead unit (Decree 713, articles 3, 8-11): no draft before the organ has decided to start."""

from __future__ import annotations

from decision_engine.language import Text
from decision_engine.rules.facts import Facts
from decision_engine.rules.law import DECREE_713
from decision_engine.rules.matter import incomplete, written
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule

_CATEGORIES = frozenset("ABCDE")
_ARGUED = {"DEPARTMENT", "LOWER_GOV"}
_HANDED_ON = {"NPC_DEPUTY", "CPPCC", "CITIZEN", "LEGAL_PERSON"}


@rule("R-713-3-1", "决策事项归入五类之一并记录", gate="register_proposal", law=DECREE_713, article="3")
def matter_is_classified(facts: Facts) -> Verdict:
    """The matter is classified into one of the five kinds."""
    if facts.act.text("matter_category") in _CATEGORIES:
        return None
    return Text(
        "尚未确定本事项属于五类重大行政决策中的哪一类。请选择类别（A至E）后再登记。",
        "It is not said which of the five kinds of major decision this is. Choose a category (A to E).",
    )


@rule(
    "R-713-3-2",
    "宏观调控、立法和应急处置事项不适用本程序",
    gate="register_proposal",
    law=DECREE_713,
    article="3",
)
def matter_is_not_excluded(facts: Facts) -> Verdict:
    """Macro-control, legislation and emergency response do not run through this procedure."""
    if facts.act.text("exclusion_type") in {"", "NONE"}:
        return None
    return Text(
        "本事项属于宏观调控、政府立法或突发事件应急处置，不适用重大行政决策程序。请按其专门程序办理。",
        "This is macro-control, legislation or emergency response, to which this procedure does not apply. "
        "Follow the procedure made for it.",
    )


@rule(
    "R-713-3-3",
    "法律、行政法规另有专门程序的从其规定",
    gate=("register_proposal", "determine_procedure"),
    law=DECREE_713,
    article="3",
    checks="GA",
)
def special_procedure_takes_precedence(facts: Facts) -> Verdict:
    """A special procedure in a law or administrative regulation takes precedence."""
    register = facts.latest("register_proposal")
    special = register.entries("lex_specialis") if register else facts.case.entries("lex_specialis")
    if not special:
        return NOT_APPLICABLE
    if all(one.text("law") and one.text("article") and one.text("extra_steps") for one in special):
        return None
    return Text(
        "专门程序须注明法律名称、条款和特别要求。请补全。",
        "A special procedure names the law, the article and what it demands. Complete it.",
    )


@rule(
    "R-713-3-4",
    "决策事项目录经同级党委同意后公布",
    gate="publish_catalogue",
    law=DECREE_713,
    article="3",
    strength="O",
)
def catalogue_has_party_consent(facts: Facts) -> Verdict:
    """A catalogue of matters is published after the party committee at the same level has agreed."""
    consent, published = facts.act.day("party_consent_at"), facts.act.day("published_at")
    if consent is not None and (published is None or consent <= published):
        return None
    return Text(
        "决策事项目录公布前须经同级党委同意。请先报请同意并记录日期。",
        "The catalogue needs the consent of the party committee before it is published. Obtain and record it.",
    )


@rule(
    "R-713-8-1",
    "应由人大决定或者在出台前向人大报告的，依法办理",
    gate=("report_npc", "publish_decision"),
    law=DECREE_713,
    article="8",
)
def congress_has_had_its_say(facts: Facts) -> Verdict:
    """Matters the people's congress must decide, or hear before release, go there."""
    route = written(facts, "npc_route")
    if route in {"", "NONE"}:
        return NOT_APPLICABLE
    report = facts.latest("report_npc")
    wanted = {"APPROVED"} if route == "DECIDE" else {"APPROVED", "HEARD"}
    if facts.gate == "report_npc":
        wanted.add("REFUSED")
    if report is not None and report.text("outcome") in wanted:
        return None
    return Text(
        "本事项须经人大（常委会）决定或者在出台前报告，尚无相应结果。请先完成人大程序。",
        "The people's congress must decide this or hear it before release, and has not. Go there first.",
    )


@rule(
    "R-713-10-1",
    "经研究论证并决定启动后方可起草",
    gate=("decide_initiation", "draft_decision"),
    law=DECREE_713,
    article="10",
)
def drafting_follows_a_decision_to_start(facts: Facts) -> Verdict:
    """Proposals are studied first; the organ decides whether to start; no draft before that."""
    if facts.gate == "decide_initiation":
        return _start_is_founded(facts)
    decision = facts.latest("decide_initiation")
    if decision is not None and decision.text("outcome") == "START":
        return None
    return Text(
        "决策机关尚未决定启动本事项，不能起草。请先作出启动决定。",
        "The organ has not decided to start this matter, so nothing is drafted. Decide on initiation first.",
    )


def _start_is_founded(facts: Facts) -> Verdict:
    if facts.latest("study_proposal") is None:
        return Text(
            "决策事项建议尚未研究论证，不能决定是否启动。请先完成研究论证。",
            "The proposal was not studied, so its start cannot be decided. Have it studied first.",
        )
    return incomplete(
        facts.act, {"outcome": Text("是否启动", "the decision"), "reasons": Text("理由", "the reasons")}
    )


@rule(
    "R-713-10-2",
    "领导提出的决策建议交有关单位研究论证",
    gate=("register_proposal", "decide_initiation"),
    law=DECREE_713,
    article="10",
)
def leaders_proposal_is_studied_by_a_unit(facts: Facts) -> Verdict:
    """A proposal by a leader of the organ is handed to a unit for study."""
    if _proposer(facts) != "LEADER":
        return NOT_APPLICABLE
    return _study_unit_is_named(facts)


@rule(
    "R-713-10-3",
    "部门或下级政府的建议应论证拟解决的主要问题、理由依据、初步方案和必要性可行性",
    gate="register_proposal",
    law=DECREE_713,
    article="10",
)
def departments_proposal_argues_its_case(facts: Facts) -> Verdict:
    """A department or lower government argues problem, basis, first plan, necessity and feasibility."""
    if facts.act.text("proposer_type") not in _ARGUED:
        return NOT_APPLICABLE
    return incomplete(
        facts.act,
        {
            "main_problem": Text("拟解决的主要问题", "the main problem"),
            "reasons_basis": Text("建议理由和依据", "reasons and basis"),
            "first_plan": Text("解决问题的初步方案", "a first plan"),
            "necessity_feasibility": Text("必要性和可行性", "necessity and feasibility"),
        },
    )


@rule(
    "R-713-10-4",
    "代表建议、政协提案和书面建议交有关单位研究论证",
    gate=("register_proposal", "decide_initiation"),
    law=DECREE_713,
    article="10",
)
def written_proposals_are_studied_by_a_unit(facts: Facts) -> Verdict:
    """Suggestions of deputies, CPPCC proposals and written proposals are handed to a unit for study."""
    if _proposer(facts) not in _HANDED_ON:
        return NOT_APPLICABLE
    if not written(facts, "source_ref", "register_proposal"):
        return Text(
            "未填写建议、提案的编号或来信来源。请补充来源后再办理。",
            "The number or source of the suggestion is not given. Enter it first.",
        )
    return _study_unit_is_named(facts)


def _proposer(facts: Facts) -> str:
    return written(facts, "proposer_type", "register_proposal")


def _study_unit_is_named(facts: Facts) -> Verdict:
    if written(facts, "study_unit", "study_proposal", "register_proposal"):
        return None
    return Text(
        "未记录由哪个单位研究论证。请指定研究论证单位并完成研究。",
        "It is not recorded which unit studied the proposal. Name the unit and have it studied.",
    )


@rule(
    "R-713-11-1",
    "确定一个决策承办单位，多单位承办的明确牵头单位",
    gate="assign_lead_unit",
    law=DECREE_713,
    article="11",
)
def exactly_one_unit_leads(facts: Facts) -> Verdict:
    """Exactly one lead unit is named; further units co-operate."""
    lead = facts.act.text("lead_unit")
    if not lead:
        return Text("尚未确定决策承办单位。请指定一个单位。", "No lead unit is named. Name exactly one.")
    if lead in facts.act.texts("co_units"):
        return Text(
            "牵头单位不能同时列为协办单位。请从协办单位中删去。",
            "The lead unit cannot be a co-operating unit as well. Remove it from the list.",
        )
    return None
