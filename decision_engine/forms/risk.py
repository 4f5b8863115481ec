"""Risk assessment (Decree 713, arts 22 to 24) and fair-competition review."""

from __future__ import annotations

from decision_engine.forms.choices import HANDLING, RISK_LEVELS, WHO_DOES_IT
from decision_engine.forms.fields import (
    Choice,
    Day,
    DocumentId,
    Line,
    Listing,
    LongText,
    Moment,
    Number,
    PersonId,
    UnitId,
    Whole,
    YesNo,
)
from decision_engine.forms.form import Form, Part, form
from decision_engine.language import Text

COMPETITION_RULES = Text("公平竞争审查条例", "Regulations on Fair Competition Review")
RISK_TYPES = {
    "SOCIAL_STABILITY": ("社会稳定风险", "Social stability"),
    "PUBLIC_SAFETY": ("公共安全风险", "Public safety"),
    "ECO_ENVIRONMENT": ("生态环境风险", "Environment"),
    "FISCAL_DEBT": ("财政债务风险", "Finance and debt"),
    "PUBLIC_OPINION": ("舆情风险", "Public opinion"),
    "LEGAL_DISPUTE": ("法律纠纷风险", "Legal disputes"),
    "INTEGRITY": ("廉政风险", "Integrity"),
    "DATA_SECURITY": ("数据安全风险", "Data security"),
}
METHOD_KINDS = {
    "QUALITATIVE": ("定性", "Qualitative"),
    "QUANTITATIVE": ("定量", "Quantitative"),
}
SUGGESTIONS = {
    "IMPLEMENT": ("可以实施", "Implement"),
    "AFTER_ADJUSTMENT": ("调整后实施", "Implement after adjustment"),
    "NOT_IMPLEMENT": ("不予实施", "Do not implement"),
}
PARTICIPANT_KINDS = {
    "COLLECTIVE": ("农村集体经济组织", "The village collective"),
    "COLLECTIVE_MEMBERS": ("集体经济组织成员", "Members of the collective"),
    "VILLAGE_COMMITTEE": ("村民委员会", "The village committee"),
    "RESIDENTS": ("其他受影响群众", "Other residents concerned"),
    "OTHER": ("其他", "Other"),
}
CONTROLLABLE = {
    "CONTROLLABLE": ("风险可控", "Controllable"),
    "UNCONTROLLABLE": ("风险不可控", "Not controllable"),
}
COMPETITION_OUTCOMES = {
    "NO_RESTRICTION": ("不具有排除、限制竞争效果", "No restriction of competition"),
    "EXCEPTION": ("符合例外规定，可以出台", "An exception applies"),
    "RESTRICTION": ("具有排除、限制竞争效果，不得出台", "Restricts competition; may not be issued"),
}
SHARE = Text("0至1之间的小数。", "A decimal between 0 and 1.")


class _Assessor(Part):
    name = Line("姓名", "Name", required=True, most=100)
    duty = Line("分工", "Duty")


class _Method(Part):
    name = Line("评估方法", "Method", required=True, most=200)
    kind = Choice("性质", "Kind", METHOD_KINDS, required=True)


class _Opinion(Part):
    name = Line("部门、群体或单位", "Department or group", required=True, most=200)
    opinion = LongText("意见", "Opinion", required=True)
    handling = Choice("采纳情况", "Handling", HANDLING)


class _Participant(Part):
    kind = Choice("类别", "Kind", PARTICIPANT_KINDS, required=True)
    name = Line("名称", "Name", most=200)


class _RiskPoint(Part):
    description = Line("风险点", "Risk point", required=True)
    affected_group = Line("受影响群体", "Affected group")
    weight = Number("权重", "Weight", required=True, most="1", hint=SHARE)
    probability = Number("发生概率", "Probability", required=True, most="1", hint=SHARE)
    impact = Number("影响程度", "Impact", required=True, most="1", hint=SHARE)
    residual_probability = Number("措施后概率", "Probability after measures", most="1", hint=SHARE)
    residual_impact = Number("措施后影响", "Impact after measures", most="1", hint=SHARE)


class _Measure(Part):
    risk_point = Whole("针对的风险点序号", "Number of the risk point", required=True, least=1, most=200)
    measure = LongText("防范化解措施", "Preventive measure", required=True)
    owner = Line("责任单位或责任人", "Owner", most=200)
    due_on = Day("完成时限", "Due on")


@form("commission_assessment", "组织开展风险评估", "Commission of the risk assessment", article="22, 23")
class CommissionAssessment(Form):
    """Which risks are assessed and by whom."""

    risk_types = Listing(
        "风险类型", "Kinds of risk", Choice("类型", "Kind", RISK_TYPES), required=True, most=8
    )
    scope = LongText("评估范围和要求", "Scope", required=True)
    assessor_kind = Choice("评估主体", "Who assesses", WHO_DOES_IT, required=True)
    assessor_unit = UnitId("评估单位", "Assessing unit")
    assessor_org = Line("第三方评估机构", "Third party", most=200)
    commission_contract = Line("委托合同编号", "Number of the contract", most=200)
    commission_contract_ref = DocumentId("委托合同", "Contract")
    no_interest_declared = YesNo(
        "评估主体声明与事项无利害关系", "The assessor declared to have no interest", default=False
    )
    commissioned_on = Day("委托日期", "Commissioned on", required=True)
    reuses_assessment_id = DocumentId("可重复使用的既有评估报告", "Earlier assessment that is reused")


@form("assess_risk", "开展风险评估并提交报告", "Risk assessment report", article="23")
class AssessRisk(Form):
    """The report in its eleven sections; two gradings, before and after the measures."""

    basis = LongText("一、评估事项和依据", "1 Matter and basis", required=True)
    assessors = Listing(
        "二、评估组成员和分工", "2 Members and division of work", _Assessor, required=True, most=100
    )
    process = LongText("三、评估过程", "3 Process", required=True)
    methods = Listing("三、评估方法", "3 Methods", _Method, required=True, most=30)
    departments_heard = Listing("四、听取部门意见", "4 Departments heard", _Opinion, required=True, most=100)
    groups_heard = Listing("四、听取群众意见", "4 Groups heard", _Opinion, most=100)
    participants = Listing("四、参加评估的集体和群众", "4 Who took part", _Participant, most=200)
    legality = LongText("五、合法性分析", "5 Legality", required=True)
    reasonableness = LongText("五、合理性分析", "5 Reasonableness", required=True)
    feasibility = LongText("五、可行性分析", "5 Feasibility", required=True)
    controllability = LongText("五、可控性分析", "5 Controllability", required=True)
    risk_points = Listing("六、风险点", "6 Risk points", _RiskPoint, required=True, most=200)
    initial_level = Choice("七、初始风险等级", "7 Initial level", RISK_LEVELS, required=True)
    initial_index = Number("七、初始风险指数", "7 Initial index", most="1")
    measures = Listing("八、防范化解措施", "8 Measures", _Measure, required=True, most=500)
    residual_level = Choice("九、措施后风险等级", "9 Residual level", RISK_LEVELS, required=True)
    residual_index = Number("九、措施后风险指数", "9 Residual index", most="1")
    objecting_share = Number("受影响者中反对的比例", "Share of the affected who object", most="1", hint=SHARE)
    contingency_plan = LongText("十、应急处置预案", "10 Response plan", required=True)
    suggestion = Choice("十一、评估建议", "11 Suggestion", SUGGESTIONS, required=True)
    conclusion = LongText("十一、评估结论", "11 Conclusion", required=True)
    report_ref = DocumentId("评估报告", "Report")


@form("determine_risk", "认定风险是否可控", "Finding on the risk", article="24")
class DetermineRisk(Form):
    """The decision organ's own finding, by its head, with reasons."""

    outcome = Choice("认定", "Finding", CONTROLLABLE, required=True)
    reasons = LongText("理由", "Reasons", required=True)
    adjustments = Listing(
        "需要的调整或措施", "Adjustments needed", LongText("调整", "Adjustment", most=2000), most=50
    )
    override_reasons = LongText("与评估等级不一致的理由", "Reasons for departing from the assessed level")
    filed_with_coordinator_at = Moment("报统筹部门备案时间", "Filed with the coordinating department at")


@form(
    "fair_competition_review", "公平竞争审查", "Fair-competition review", article="14", law=COMPETITION_RULES
)
class FairCompetitionReview(Form):
    """The drafting unit's first review and the market regulator's conclusion."""

    outcome = Choice("审查结论", "Conclusion", COMPETITION_OUTCOMES, required=True)
    first_review = LongText("起草单位初审意见", "First review by the drafting unit", required=True)
    conclusion = LongText("审查说明", "Explanation", required=True)
    operators_heard = Listing(
        "听取经营者、行业协会意见", "Operators and associations heard", _Opinion, most=200
    )
    exception_purpose = LongText("例外的公共目的", "Public purpose of the exception")
    exception_necessity = LongText("没有对竞争影响更小的替代方案", "Why nothing less restrictive would do")
    exception_until = Day("实施期限", "Limited until")
    exception_end_condition = LongText("终止条件", "Condition that ends it")
    reviewer = PersonId("审查人", "Reviewer")
    review_ref = DocumentId("公平竞争审查表", "Review form")
