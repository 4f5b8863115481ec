"""Drafting and consulting (Decree 713, articles 12 and 13): on a legal basis, with every unit concerned heard."""

from __future__ import annotations

from decision_engine.language import Text
from decision_engine.rules.facts import Entry, Facts
from decision_engine.rules.law import DECREE_713
from decision_engine.rules.matter import incomplete, listed
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule


@rule("R-713-12-1", "承办单位开展调研、全面掌握信息", checks="A", law=DECREE_713, article="12")
def lead_unit_did_research(facts: Facts) -> Verdict:
    """The lead unit investigates, gathers information and consults before it drafts."""
    draft = facts.latest("draft_decision")
    if draft is None:
        return NOT_APPLICABLE
    if draft.has("research_records"):
        return None
    return Text("案卷中没有调研记录。请说明情况。", "The file holds no record of research. Explain.")


@rule(
    "R-713-12-2",
    "梳理相关法律、法规、规章和政策，使草案与之衔接",
    gate="draft_decision",
    law=DECREE_713,
    article="12",
)
def draft_names_its_legal_basis(facts: Facts) -> Verdict:
    """The lead unit lists the laws, regulations, rules and policies the draft rests on."""
    if facts.act.has("legal_basis"):
        return None
    return Text(
        "未列明决策草案所依据的法律、法规、规章和政策。请至少列出一项依据。",
        "The laws and policies the draft rests on are not listed. List at least one.",
    )


@rule(
    "R-713-12-3", "根据需要预测成本和效益", gate="draft_decision", law=DECREE_713, article="12", strength="X"
)
def costs_and_benefits_are_forecast(facts: Facts) -> Verdict:
    """Costs and benefits are forecast, or it is said why that is not needed."""
    if facts.act.has("cost_benefit") or facts.act.has("not_needed_reason"):
        return None
    return Text(
        "既无成本效益分析，也未说明不需要的理由。请补充其中之一。",
        "There is neither a cost-benefit forecast nor a reason why none is needed. Give one of them.",
    )


@rule("R-713-12-4", "分歧较大的可以提出两个以上方案", checks="A", law=DECREE_713, article="12", strength="O")
def options_may_be_put_forward(facts: Facts) -> Verdict:
    """With big differences of view, two or more options may be put forward."""
    draft = facts.latest("draft_decision")
    if draft is None or not any(one.text("position") == "DISAGREE" for one in _consultations(facts)):
        return NOT_APPLICABLE
    if draft.has("options"):
        return None
    return Text(
        "各方分歧较大，案卷中没有备选方案（可以提出，并非必须）。",
        "Views differ widely and the file holds no option (a power, not a duty).",
    )


@rule(
    "R-713-13-1",
    "涉及有关单位职责的，充分征求其意见",
    gate=("consult_units", "submit_review_package"),
    law=DECREE_713,
    article="13",
)
def every_affected_unit_is_consulted(facts: Facts) -> Verdict:
    """Units and lower governments whose duties are touched are fully consulted."""
    affected = listed(facts, "affected_units", "consult_units", "draft_decision", "register_proposal")
    if not affected:
        return NOT_APPLICABLE
    heard = {one.text("unit") for one in _consultations(facts)}
    unheard = tuple(unit for unit in affected if unit not in heard)
    if not unheard:
        return None
    return Text(
        f"还有{len(unheard)}个单位的职责受到影响但尚未征求意见。请逐一征求并记录。",
        f"{len(unheard)} units whose duties are touched were not consulted. Consult each and record it.",
    )


@rule(
    "R-713-13-2",
    "协商不能取得一致的，说明争议问题、各方意见和承办单位意见及理由依据",
    gate="consult_units",
    law=DECREE_713,
    article="13",
)
def disputes_are_laid_open(facts: Facts) -> Verdict:
    """Without agreement the organ is told the issues, each unit's view and the lead unit's with reasons."""
    if not any(one.text("position") == "DISAGREE" for one in _consultations(facts)):
        return NOT_APPLICABLE
    statement = facts.act.entry("dispute_statement") or Entry({})
    return incomplete(
        statement,
        {
            "issues": Text("主要争议问题", "the main disputed issues"),
            "unit_view": Text("有关单位意见", "each unit's view"),
            "lead_view": Text("承办单位意见", "the lead unit's view"),
            "reasons": Text("理由", "its reasons"),
            "basis": Text("依据", "its basis"),
        },
    )


def _consultations(facts: Facts) -> tuple[Entry, ...]:
    record = facts.latest("consult_units")
    return record.entries("consultations") if record else ()
