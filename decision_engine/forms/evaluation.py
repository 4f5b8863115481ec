"""Post-evaluation (Decree 713, art. 36)."""

from __future__ import annotations

from decision_engine.forms.choices import WHO_DOES_IT
from decision_engine.forms.fields import Choice, Day, DocumentId, Line, Listing, LongText, UnitId
from decision_engine.forms.form import Form, Part, form

TRIGGERS = {
    "BELOW_EXPECTATION": ("实施效果明显低于预期", "Clearly below the expected effect"),
    "MANY_OPINIONS": ("公众意见较多", "Many opinions from the public"),
    "ORGAN_SEES_NEED": ("决策机关认为有必要", "The organ sees a need"),
    "BASIS_CHANGED": ("决策依据发生变化", "The basis has changed"),
    "PERIOD_ENDS": ("试行期或有效期届满", "A trial or validity period ends"),
    "FIXED_BY_DECISION": ("决策规定应当评估", "The decision itself demands it"),
}
SCOPES = {"WHOLE": ("整体评估", "Whole"), "PARTIAL": ("部分评估", "Partial")}
PARTICIPANT_KINDS = {
    "PUBLIC": ("社会公众", "The public"),
    "NPC_DEPUTY": ("人大代表", "Deputy of the people's congress"),
    "CPPCC_MEMBER": ("政协委员", "CPPCC member"),
    "MASS_ORGANISATION": ("人民团体", "Mass organisation"),
    "GRASSROOTS_ORGANISATION": ("基层组织", "Grass-roots organisation"),
    "SOCIAL_ORGANISATION": ("社会组织", "Social organisation"),
    "EXPERT": ("专家", "Expert"),
}
PROPOSALS = {
    "CONTINUE": ("继续实施", "Continue"),
    "ADJUST": ("调整", "Adjust"),
    "SUSPEND": ("中止执行", "Suspend"),
    "TERMINATE": ("终止执行", "Terminate"),
}
EVALUATION_OUTCOMES = {
    "CONTINUE": ("继续实施", "Continue"),
    "ADJUST_MINOR": ("一般调整", "Minor adjustment"),
    "ADJUST_MAJOR": ("重大调整", "Major adjustment"),
    "SUSPEND": ("中止执行", "Suspend"),
    "TERMINATE": ("终止执行", "Terminate"),
}


class _Evaluator(Part):
    name = Line("姓名", "Name", required=True, most=100)
    duty = Line("分工", "Duty")


class _Participant(Part):
    kind = Choice("类别", "Kind", PARTICIPANT_KINDS, required=True)
    name = Line("姓名或单位", "Name", most=200)
    opinion = LongText("意见", "Opinion")


@form("order_evaluation", "决定开展后评估", "Order of the evaluation", article="36")
class OrderEvaluation(Form):
    """Why the decision is evaluated and by whom."""

    trigger = Choice("启动情形", "Trigger", TRIGGERS, required=True)
    reasons = LongText("理由", "Reasons", required=True)
    scope = Choice("评估范围", "Scope", SCOPES, default="WHOLE")
    evaluator_kind = Choice("评估主体", "Who evaluates", WHO_DOES_IT, required=True)
    evaluator_unit = UnitId("评估单位", "Evaluating unit")
    evaluator_org = Line("第三方评估机构", "Third party", most=200)
    due_on = Day("完成时限", "Due on")


@form("plan_evaluation", "制定评估方案", "Plan of the evaluation", article="36")
class PlanEvaluation(Form):
    """The working group and its plan."""

    working_group = Listing("评估工作组", "Working group", _Evaluator, required=True, least=1, most=100)
    plan = LongText("评估方案", "Plan", required=True)
    starts_on = Day("开始日期", "Starts on", required=True)
    ends_on = Day("结束日期", "Ends on", required=True)


@form("investigate_effects", "开展调查研究", "Investigation of the effects", article="36")
class InvestigateEffects(Form):
    """What was found, and who took part."""

    methods = Listing("调查方法", "Methods", Line("方法", "Method", most=200), required=True, most=30)
    participants = Listing("参与评估的公众和组织", "Participants", _Participant, required=True)
    findings = LongText("调查情况", "Findings", required=True)
    data_ref = DocumentId("调查数据", "Data")


@form("report_evaluation", "提交后评估报告", "Evaluation report", article="36")
class ReportEvaluation(Form):
    """The report: effect against goal, costs, problems, what people think, what should follow."""

    result_vs_goal = LongText("实施结果与决策目标的符合程度", "Result against goal", required=True)
    cost_benefit = LongText("成本、效益", "Costs and benefits", required=True)
    effects = LongText("近期和长远影响", "Near and long effects", required=True)
    problems = LongText("存在的问题及原因", "Problems and causes", required=True)
    social_evaluation = LongText("社会评价", "Social evaluation", required=True)
    enforcement_setup = LongText("配套和执行机制的适应性", "Suitability of the set-up")
    suggestions = LongText("后续建议", "Suggestions", required=True)
    proposal = Choice("建议的处理方式", "Proposed outcome", PROPOSALS, required=True)
    report_ref = DocumentId("后评估报告", "Report")


@form("decide_evaluation_outcome", "决定后评估处理意见", "Outcome of the evaluation", article="36, 37")
class DecideEvaluationOutcome(Form):
    """The organ decides what follows, not the evaluator."""

    outcome = Choice("处理意见", "Outcome", EVALUATION_OUTCOMES, required=True)
    reasons = LongText("理由", "Reasons", required=True)
    decided_on = Day("决定日期", "Decided on", required=True)
    published_summary = LongText("评估结果公开摘要", "Published summary")
