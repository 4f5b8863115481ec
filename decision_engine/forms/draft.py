"""The draft: writing, consulting, choosing the procedure, improving, adjusting (Decree 713, arts 12 to 13 and 18)."""

from __future__ import annotations

from decision_engine.forms.choices import HANDLING, WHY_NO, WHY_NOT_ADOPTED
from decision_engine.forms.fields import (
    Choice,
    Day,
    DocumentId,
    Group,
    Line,
    Listing,
    LongText,
    UnitId,
    YesNo,
)
from decision_engine.forms.form import Form, Part, form
from decision_engine.language import Text

BASIS_KINDS = {
    "LAW": ("法律", "Law"),
    "ADMINISTRATIVE_REGULATION": ("行政法规", "Administrative regulation"),
    "LOCAL_REGULATION": ("地方性法规", "Local regulation"),
    "RULE": ("规章", "Rule"),
    "NORMATIVE_DOCUMENT": ("规范性文件", "Normative document"),
    "POLICY": ("国家政策", "State policy"),
}
POSITIONS = {
    "AGREE": ("同意", "Agrees"),
    "AGREE_WITH_CHANGES": ("同意，提出修改意见", "Agrees with changes"),
    "DISAGREE": ("不同意", "Disagrees"),
    "NO_REPLY": ("未按期回复", "No reply"),
}
NPC_ROUTES = {
    "NONE": ("不需要", "Not needed"),
    "DECIDE": ("依法由人大（常委会）决定", "Decided by the people's congress"),
    "REPORT_BEFORE_RELEASE": (
        "出台前向人大（常委会）报告",
        "Reported to the people's congress before release",
    ),
}
DRAFT_HINT = Text(
    "先在卷宗中上传草案文件，以最新版本为准。",
    "Upload the draft to the case first; its latest version counts.",
)


class _LegalBasis(Part):
    kind = Choice("依据类型", "Kind", BASIS_KINDS, required=True)
    title = Line("名称", "Title", required=True)
    article = Line("条款", "Article")
    version_on = Day("版本日期", "Version of")


class _Option(Part):
    title = Line("方案名称", "Name of the option", required=True)
    description = LongText("方案内容", "Content", required=True)


class _Research(Part):
    held_on = Day("日期", "Date", required=True)
    subject = Line("调研内容、对象", "What and whom", required=True)
    summary = LongText("调研情况", "What was learnt", required=True)
    document_ref = DocumentId("调研材料", "Material")


class _UnitConsultation(Part):
    unit = UnitId("被征求意见的单位", "Consulted unit")
    body_name = Line("本机关以外的单位名称", "Name of a body outside the organ", most=200)
    asked_on = Day("征求日期", "Asked on", required=True)
    replied_on = Day("回复日期", "Replied on")
    position = Choice("意见", "Position", POSITIONS, required=True)
    opinion = LongText("意见内容", "Opinion")
    handling = Choice("采纳情况", "Handling", HANDLING)
    reason = LongText("未采纳或部分采纳的理由", "Reason if not or partly adopted", hint=WHY_NOT_ADOPTED)
    reply_ref = DocumentId("书面回复", "Written reply")


class _Dispute(Part):
    issues = LongText("争议的主要问题", "Main disputed issues")
    unit_view = LongText("有关单位的意见", "View of the units")
    lead_view = LongText("决策承办单位的意见", "View of the lead unit")
    reasons = LongText("理由", "Reasons")
    basis = LongText("依据", "Basis")


class _SpecialContent(Part):
    sets_waste_fee = YesNo("设定生活垃圾处理收费制度或者标准", "It sets a household-waste fee")
    fee_use = LongText("收费资金的专项用途", "What the fee is ring-fenced for")
    creates_penalty = YesNo("设定行政处罚", "It creates an administrative penalty")
    preannounced_from = Day("征收土地预公告起始日", "Land pre-announced from")
    preannounced_until = Day("征收土地预公告截止日", "Land pre-announced until")
    land_surveyed_on = Day("土地现状调查完成日", "Land surveyed on")
    travel_assured = YesNo("学生上下学交通安全有保障", "Safe travel of the pupils is assured")
    boarding_assured = YesNo("寄宿条件有保障或者无需寄宿", "Boarding is assured, or not needed")
    build_before_closing = YesNo("先建后撤", "New buildings come before closing")
    intermediary_evaluation = LongText("中介服务机构评估情况", "Evaluation by an intermediary")


class _SpecialQuestions(Part):
    old_town_renewal = YesNo("属于旧城区改建", "It is old-town renewal")
    many_affected = YesNo("被征收人数量较多", "Many persons are affected")
    on_price_hearing_catalogue = YesNo("列入政府定价听证目录", "It is on the catalogue of price hearings")


class _Response(Part):
    finding = LongText("意见内容", "What was found", required=True)
    handling = Choice("采纳情况", "Handling", HANDLING, required=True)
    reason = LongText("理由", "Reason", hint=WHY_NOT_ADOPTED)


@form("draft_decision", "拟订决策草案", "Drafting", article="12")
class DraftDecision(Form):
    """A version of the draft with what it rests on."""

    draft_ref = DocumentId("决策草案", "Draft", required=True, hint=DRAFT_HINT)
    explanation_ref = DocumentId("起草说明", "Explanatory statement")
    summary = LongText("草案主要内容", "Main content", required=True)
    legal_basis = Listing("制定依据", "Legal basis", _LegalBasis, required=True, most=200)
    cost_benefit = LongText("成本效益分析预测", "Forecast of costs and benefits")
    not_needed_reason = LongText("不作成本效益分析的理由", "Why no forecast of costs and benefits is needed")
    disagreement = YesNo("对方案存在较大分歧", "Views differ widely", default=False)
    options = Listing("备选方案", "Options", _Option, most=20)
    research_records = Listing("调查研究记录", "Research records", _Research, most=100)
    is_exploratory = YesNo(
        "属于国家尚无明确规定的探索性改革", "Exploratory reform without explicit state rule", default=False
    )
    special = Group("特别法律要求说明的内容", "What special laws ask of the draft", _SpecialContent)


@form("consult_units", "征求有关单位意见", "Consultation of units", article="13")
class ConsultUnits(Form):
    """Each unit whose duties are touched is heard; what stays disputed is explained."""

    affected_units = Listing(
        "职责相关单位", "Units whose duties are touched", UnitId("单位", "Unit"), required=True, most=100
    )
    consultations = Listing("征求意见情况", "Consultations", _UnitConsultation, most=100)
    dispute_statement = Group("争议说明", "Statement of dispute", _Dispute)


@form("determine_procedure", "确定适用程序", "Choice of the procedure", article="14, 19, 22")
class DetermineProcedure(Form):
    """Which stages this matter needs; each stage left out has its reason."""

    non_public = YesNo("依法不予公开的事项", "Legally not public", required=True)
    non_public_basis = LongText("不予公开的依据", "Legal basis of not being public")
    is_technical = YesNo("专业性、技术性较强", "Specialised or technical", required=True)
    not_technical_reason = LongText("不属于专业性、技术性事项的理由", "Why it is not technical", hint=WHY_NO)
    risk_trigger = YesNo(
        "可能对社会稳定、公共安全等造成不利影响", "May harm social stability, public safety …", required=True
    )
    no_risk_trigger_reason = LongText("不开展风险评估的理由", "Why no risk is to be assessed", hint=WHY_NO)
    reuses_assessment_id = DocumentId("已按其他规定完成的风险评估", "Earlier assessment that is reused")
    market_players = YesNo("涉及市场主体经济活动", "Touches the business of market players", required=True)
    no_market_players_reason = LongText(
        "不涉及市场主体的理由", "Why no market player is touched", hint=WHY_NO
    )
    external_approval = YesNo("须报上级批准", "Needs approval by a higher organ", required=True)
    external_approval_body = Line("批准机关", "Approving organ", most=200)
    npc_route = Choice("人大程序", "People's congress", NPC_ROUTES, required=True)
    village_matter = YesNo("须经村民会议讨论决定", "Needs villagers' meetings", required=True)
    hearing_required = YesNo("法律、法规、规章规定应当听证", "A hearing is required by law", default=False)
    hearing_basis = LongText("听证依据", "Basis of the hearing")
    affected_groups = Listing(
        "直接涉及的特定群体", "Specific groups concerned", Line("群体", "Group", most=200), most=50
    )
    special = Group("特别法律要求回答的问题", "What special laws ask of the matter", _SpecialQuestions)


@form("finalize_draft", "修改完善决策草案", "Improvement of the draft", article="18")
class FinalizeDraft(Form):
    """The draft after the opinions of public, experts and assessors."""

    draft_ref = DocumentId("修改后的决策草案", "Improved draft", required=True, hint=DRAFT_HINT)
    explanation_ref = DocumentId("起草说明", "Explanatory statement")
    change_summary = LongText("修改情况说明", "What was changed", required=True)
    adopted_points = Listing(
        "采纳的意见", "Opinions adopted", LongText("意见", "Opinion", most=2000), most=300
    )
    special = Group("特别法律要求说明的内容", "What special laws ask of the draft", _SpecialContent)


@form("adjust_draft", "调整决策草案", "Adjustment of the draft", article="24, 28")
class AdjustDraft(Form):
    """A new version after a finding of risk, of competition, of legality, or of the meeting."""

    draft_ref = DocumentId("调整后的决策草案", "Adjusted draft", required=True, hint=DRAFT_HINT)
    substantive = YesNo("属于实质性修改", "The change is substantive", required=True)
    reason = LongText("调整原因", "Why it is adjusted", required=True)
    changes = LongText("调整内容", "What is changed", required=True)
    responses = Listing("对审查、评估、会议意见的回应", "Answer to each finding", _Response, most=200)
    special = Group("特别法律要求说明的内容", "What special laws ask of the draft", _SpecialContent)
