"""Arguing a technical matter with experts (Decree 713, articles 19-21): independent, disinterested, signed."""

from __future__ import annotations

from decision_engine.language import Text
from decision_engine.rules.facts import Facts
from decision_engine.rules.law import DECREE_713
from decision_engine.rules.matter import answered, incomplete, written
from decision_engine.rules.rule import Verdict, rule


@rule(
    "R-713-19-1",
    "专业性、技术性较强的事项组织专家论证",
    gate=("determine_procedure", "submit_review_package"),
    law=DECREE_713,
    article="19",
)
def technical_matters_are_argued(facts: Facts) -> Verdict:
    """Specialised or technical matters are argued by experts; otherwise it is said why that is not needed."""
    technical = answered(facts, "is_technical")
    if technical is None:
        return Text(
            "尚未回答本事项是否专业性、技术性较强。请作出判断。",
            "It is not said whether this matter is specialised or technical. Decide it.",
        )
    if not technical:
        if written(facts, "not_technical_reason"):
            return None
        return Text(
            "认定不需要专家论证的，应当说明理由。请填写理由。",
            "Where no expert argumentation is held, the reason is stated. Enter it.",
        )
    if facts.gate == "determine_procedure":
        return None
    if facts.latest("summarise_argumentation") is not None and facts.all("expert_opinion"):
        return None
    return Text(
        "本事项专业性、技术性较强，专家论证尚未完成。请取得专家意见并汇总后再送审。",
        "The matter is technical and the experts' argumentation is not complete. Obtain and summarise it first.",
    )


@rule("R-713-19-2", "专家独立论证并签署书面意见", gate="expert_opinion", law=DECREE_713, article="19")
def opinion_is_written_and_signed(facts: Facts) -> Verdict:
    """The expert's written opinion is signed or sealed."""
    lacking = incomplete(
        facts.act,
        {"conclusion": Text("结论", "the conclusion"), "signed_at": Text("签署时间", "when it was signed")},
    )
    if lacking is not None:
        return lacking
    if facts.act.flag("sealed") is True or facts.act.text("signed_by") == (facts.act.person or ""):
        return None
    return Text(
        "专家论证意见须由专家本人签名，或者由专业机构盖章。请由本人签署后再提交。",
        "An expert's opinion is signed by the expert or sealed by the professional body. Sign it yourself.",
    )


@rule(
    "R-713-20-2",
    "选择专家注重专业性、代表性、均衡性，不得选择有直接利害关系的专家",
    gate="select_experts",
    law=DECREE_713,
    article="20",
)
def experts_have_no_direct_interest(facts: Facts) -> Verdict:
    """Every expert chosen has declared no direct interest in the matter."""
    declarations = {one.text("expert"): one for one in facts.act.entries("declarations")}
    undeclared = [expert for expert in facts.act.texts("experts") if expert not in declarations]
    if undeclared:
        return Text(
            f"{len(undeclared)}名专家没有利害关系声明。请逐人取得声明。",
            f"{len(undeclared)} experts made no declaration of interest. Obtain one from each.",
        )
    interested = [one for one in declarations.values() if one.text("conflict_declaration") != "NONE"]
    if not interested:
        return None
    return Text(
        f"{len(interested)}名专家与本事项有直接利害关系或未声明无利害关系。请更换专家。",
        f"{len(interested)} experts have a direct interest or did not declare that they have none. Replace them.",
    )
