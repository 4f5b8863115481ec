"""Prices, waste fees, schools, penalties, investment: statutes that the kind of matter switches on (domain book 1.5).

What a case is about is its `matter_type`; what the draft itself sets is said with the draft (`special`).
"""

from __future__ import annotations

from fractions import Fraction

from decision_engine.language import Text
from decision_engine.rules.counting import at_least
from decision_engine.rules.facts import Entry, Facts, Record
from decision_engine.rules.law import (
    EDUCATION_LAW,
    INVESTMENT,
    PENALTY_LAW,
    PRICE_LAW,
    SCHOOL_NOTICE,
    WASTE_LAW,
)
from decision_engine.rules.legality import FOR_MEETING
from decision_engine.rules.matter import ACTIVITIES, incomplete, is_non_public, matter_type
from decision_engine.rules.objecting import (
    lets_the_matter_go_on,
    most_object,
    special,
    were_asked,
)
from decision_engine.rules.rule import NOT_APPLICABLE, UNDECIDABLE, Verdict, rule

LOWER_ORGANS = frozenset({"town", "township", "street"})
SCHOOLS = frozenset({"SCHOOL_MERGER", "SCHOOL_LAYOUT"})


# -- prices ------------------------------------------------------------------------------------------------


@rule(
    "R-PL-23-1",
    "列入听证目录的公用事业、公益性服务、自然垄断价格，由价格主管部门主持听证",
    gate=("determine_procedure", "hold_hearing", "issue_legality_opinion"),
    law=PRICE_LAW,
    article="23",
    mark="v:PL-23; v:PH",
)
def prices_are_heard(facts: Facts) -> Verdict:
    """Regulated prices on the hearing catalogue are heard, the price department presiding, with enough consumers."""
    if matter_type(facts) != "PRICE" or not lets_the_matter_go_on(facts):
        return NOT_APPLICABLE
    if special(facts, "on_price_hearing_catalogue") is False:
        return NOT_APPLICABLE
    match facts.gate:
        case "determine_procedure":
            if facts.act.flag("hearing_required") is True:
                return None
        case "hold_hearing":
            return _price_hearing_is_in_order(facts)
        case _:
            if facts.latest("hold_hearing") is not None:
                return None
    return Text(
        "政府定价事项列入听证目录的，应当由价格主管部门主持听证。请选择并组织听证。",
        "A regulated price on the hearing catalogue is heard by the price department. Choose and hold the hearing.",
    )


def _price_hearing_is_in_order(facts: Facts) -> Verdict:
    if facts.act.flag("presided_by_price_department") is not True:
        return Text(
            "价格听证会应当由价格主管部门主持。请由价格主管部门主持并记录。",
            "The price department presides over a price hearing. Let it preside and record that.",
        )
    sides = [one.text("side") for one in facts.act.entries("participants")]
    consumers = sum("消费者" in side for side in sides)
    share = facts.value("price_hearing_consumer_share")
    if sides and isinstance(share, Fraction) and at_least(consumers, len(sides), share):
        return None
    return Text(
        f"听证参加人{len(sides)}人，其中消费者{consumers}人，不足{share}。请增加消费者代表（代表方写明“消费者”）。",
        f"Of {len(sides)} participants {consumers} are consumers, less than {share}. Add consumers (their side is "
        "written 消费者).",
    )


# -- waste fees -------------------------------------------------------------------------------------------


@rule(
    "R-SW-58-1",
    "生活垃圾处理收费制度和标准由县级以上政府在充分征求公众意见后制定，收费专款专用",
    gate=("issue_legality_opinion", "assemble_meeting_package", "record_non_publication"),
    law=WASTE_LAW,
    article="58",
)
def waste_fees_are_set_by_the_county(facts: Facts) -> Verdict:
    """Household-waste fees: set from county level up, after fully consulting the public, published, ring-fenced."""
    if not _sets_a_waste_fee(facts) or not lets_the_matter_go_on(facts):
        return NOT_APPLICABLE
    if facts.organ.kind in LOWER_ORGANS:
        return Text(
            "生活垃圾处理收费标准由县级以上地方人民政府制定，乡镇没有此项权限。请以超越法定权限不予通过，或者修改草案。",
            "Household-waste fees are set by county-level governments and above, not by a town. Conclude that "
            "authority is lacking, or change the draft.",
        )
    if facts.gate == "record_non_publication":
        return Text(
            "生活垃圾处理收费标准应当向社会公布。请公布。",
            "The standard of a household-waste fee is published. Publish it.",
        )
    if is_non_public(facts) or not facts.all(*ACTIVITIES):
        return Text(
            "制定生活垃圾处理收费标准应当充分征求公众意见。请先征求意见。",
            "The public is fully consulted on a household-waste fee. Consult it first.",
        )
    use = Entry({"fee_use": special(facts, "fee_use")})
    return incomplete(use, {"fee_use": Text("收费资金的专项用途", "what the fee is ring-fenced for")})


def _sets_a_waste_fee(facts: Facts) -> bool:
    said = special(facts, "sets_waste_fee")
    if isinstance(said, bool):
        return said
    register = facts.latest("register_proposal")
    return matter_type(facts) == "FEE" and register is not None and "垃圾" in register.text("title")


# -- schools ------------------------------------------------------------------------------------------------


@rule(
    "R-CE-15-1",
    "学校设置规划由县级以上政府制定、调整",
    gate="decide_initiation",
    law=EDUCATION_LAW,
    article="15",
)
def schools_are_set_by_the_county(facts: Facts) -> Verdict:
    """The lay-out of schools is set and adjusted by governments from county level up."""
    if matter_type(facts) not in SCHOOLS or facts.act.text("outcome") == "NOT_START":
        return NOT_APPLICABLE
    if facts.organ.kind not in LOWER_ORGANS:
        return None
    return Text(
        "学校设置由县级以上地方人民政府制定、调整，乡镇没有此项权限。请不予启动并报请区政府办理。",
        "Schools are set and adjusted by county-level governments and above, not by a town. Do not start this; refer "
        "it to the district.",
    )


@rule(
    "R-SCH-1",
    "撤并农村学校须听取家长意见、先建后撤、报经批准，多数反对或者安全、寄宿无保障的不得强行撤并",
    gate=("determine_procedure", "issue_legality_opinion", "assemble_meeting_package", "publish_decision"),
    law=SCHOOL_NOTICE,
    article="撤并程序",
    mark="v:SCH",
)
def no_forced_school_merger(facts: Facts) -> Verdict:
    """A rural school is not merged by force: parents not mostly against, pupils safe, built first, approved."""
    if matter_type(facts) != "SCHOOL_MERGER" or not lets_the_matter_go_on(facts):
        return NOT_APPLICABLE
    match facts.gate:
        case "determine_procedure":
            return _is_to_be_approved(facts)
        case "publish_decision":
            return _was_approved(facts)
    if not were_asked(facts):
        return Text(
            "没有听证会或者问卷调查记录，不能证明家长的意见。请先听取家长意见。",
            "Neither a hearing nor a survey shows what the parents think. Hear them first.",
        )
    if most_object(facts):
        return Text(
            "多数学生家长或者听证会代表反对，不得强行撤并学校。请调整方案后重新听取意见。",
            "Most parents or hearing representatives object, so the school is not merged by force. Change the plan and "
            "hear them again.",
        )
    return _pupils_are_cared_for(facts)


def _is_to_be_approved(facts: Facts) -> Verdict:
    if facts.act.flag("external_approval") is True:
        return None
    return Text(
        "撤并学校方案须报上级批准。请选择须报上级批准。",
        "A school merger is reported upward for approval. Choose external approval.",
    )


def _was_approved(facts: Facts) -> Verdict:
    approval = facts.latest("external_approval")
    if approval is not None and approval.text("outcome") == "APPROVED":
        return None
    return Text(
        "撤并学校方案尚未经上级批准，不能公布。请待批准后公布。",
        "The merger was not approved by the higher organ, so it is not published. Wait for the approval.",
    )


def _pupils_are_cared_for(facts: Facts) -> Verdict:
    assured = {
        "travel_assured": Text("上下学交通安全保障", "safe travel"),
        "boarding_assured": Text("寄宿保障", "boarding"),
        "build_before_closing": Text("先建后撤", "building before closing"),
    }
    wanting = [label for name, label in assured.items() if special(facts, name) is not True]
    if not wanting:
        return None
    zh, en = "、".join(one.zh for one in wanting), ", ".join(one.en for one in wanting)
    return Text(
        f"草案没有落实{zh}，不得强行撤并学校。请在草案中落实并写明。",
        f"The draft does not assure {en}, so the school is not merged by force. Provide for it and say so.",
    )


# -- penalties and investment -------------------------------------------------------------------------------------


@rule(
    "R-PEN-16-1",
    "规章以下的规范性文件不得设定行政处罚",
    checks="A",
    law=PENALTY_LAW,
    article="16",
)
def documents_create_no_penalties(facts: Facts) -> Verdict:
    """Documents below rules may not create administrative penalties; whether an unmarked draft does, people judge."""
    if facts.latest("draft_decision") is None:
        return NOT_APPLICABLE
    said = special(facts, "creates_penalty")
    if said is None:
        return UNDECIDABLE
    if said is not True or _was_refused(facts.latest("issue_legality_opinion")):
        return None
    return Text(
        "草案设定了行政处罚，规章以下的规范性文件不得设定。请在合法性审查中指出并删去。",
        "The draft creates an administrative penalty, which documents below rules may not. Find so in the review and "
        "remove it.",
    )


def _was_refused(opinion: Record | None) -> bool:
    return opinion is not None and opinion.text("outcome") not in FOR_MEETING


@rule(
    "R-INV-11-1",
    "影响重大的政府投资项目，在中介评估、公众参与、专家评议、风险评估的基础上审批",
    gate=("determine_procedure", "finalize_draft", "issue_legality_opinion"),
    law=INVESTMENT,
    article="11",
)
def great_investments_take_every_step(facts: Facts) -> Verdict:
    """Government investment of great effect rests on evaluation, participation, expert review and risk assessment."""
    if matter_type(facts) != "INVESTMENT_PROJECT" or not lets_the_matter_go_on(facts):
        return NOT_APPLICABLE
    wanting = [_BASES[name] for name, is_there in _bases_of(facts).items() if not is_there]
    if not wanting:
        return None
    zh, en = "、".join(one.zh for one in wanting), ", ".join(one.en for one in wanting)
    return Text(
        f"影响重大的政府投资项目缺少：{zh}。请选择并完成相应程序。",
        f"A government investment of great effect lacks: {en}. Choose and complete it.",
    )


def _bases_of(facts: Facts) -> dict[str, bool]:
    evaluated = {"intermediary": bool(special(facts, "intermediary_evaluation"))}
    match facts.gate:
        case "determine_procedure":
            return {
                "experts": facts.act.flag("is_technical") is True,
                "risk": facts.act.flag("risk_trigger") is True,
                "public": facts.act.flag("non_public") is False,
            }
        case "finalize_draft":
            return evaluated
    return {
        **evaluated,
        "experts": bool(facts.all("expert_opinion")),
        "risk": bool(facts.all("assess_risk")),
        "public": bool(facts.all(*ACTIVITIES)),
    }


_BASES = {
    "intermediary": Text("中介服务机构评估", "evaluation by an intermediary"),
    "experts": Text("专家评议", "expert review"),
    "risk": Text("风险评估", "risk assessment"),
    "public": Text("公众参与", "public participation"),
}
