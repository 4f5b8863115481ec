"""Expert argumentation (Decree 713, arts 19 to 21)."""

from __future__ import annotations

from decision_engine.forms.choices import CONFLICT, HANDLING, WHY_NOT_ADOPTED
from decision_engine.forms.fields import Choice, DocumentId, Line, Listing, LongText, Moment, PersonId, YesNo
from decision_engine.forms.form import Form, Part, form

FORMS_OF_ARGUMENTATION = {
    "MEETING": ("论证会", "Meeting"),
    "WRITTEN": ("书面咨询", "Written consultation"),
    "COMMISSION": ("委托咨询论证", "Commission"),
}
STANCES_BEFORE = {
    "SUPPORTS": ("此前公开支持", "Supported it in public"),
    "OPPOSES": ("此前公开反对", "Opposed it in public"),
    "NEUTRAL": ("中立", "Neutral"),
    "UNKNOWN": ("未曾公开表态", "Not known"),
}
CONCLUSIONS = {
    "AGREE": ("同意", "Agrees"),
    "AGREE_WITH_CHANGES": ("修改后同意", "Agrees with changes"),
    "DISAGREE": ("不同意", "Disagrees"),
    "RESERVED": ("保留意见", "Reserved"),
}


class _ConflictDeclaration(Part):
    expert = PersonId("专家", "Expert", required=True)
    conflict_declaration = Choice("利害关系声明", "Declaration of interest", CONFLICT, required=True)
    statement = LongText("说明", "Statement")
    stance_before = Choice("此前立场", "Stance before", STANCES_BEFORE)


class _AdvicePoint(Part):
    point = LongText("专家意见要点", "Point", required=True)
    handling = Choice("采纳情况", "Handling", HANDLING, required=True)
    reason = LongText("理由", "Reason", hint=WHY_NOT_ADOPTED)


@form("select_experts", "遴选论证专家", "Selection of experts", article="20")
class SelectExperts(Form):
    """Who is asked, how they were chosen, and that none has a direct interest."""

    experts = Listing("论证专家", "Experts", PersonId("专家", "Expert"), required=True, least=1, most=50)
    form = Choice("论证方式", "Form", FORMS_OF_ARGUMENTATION, required=True)
    selection_method = LongText("遴选方式和理由", "How and why they were chosen", required=True)
    expert_pool_id = Line("专家库", "Expert pool", most=100)
    professional_body = Line("受委托的专业机构", "Professional body commissioned", most=200)
    declarations = Listing("利害关系声明", "Declarations of interest", _ConflictDeclaration, most=50)
    questions = LongText("论证的问题", "Questions put to them", required=True)


@form("expert_opinion", "出具专家论证意见", "Opinion of an expert", article="19")
class ExpertOpinion(Form):
    """One expert's independent, signed opinion."""

    conclusion = Choice("结论", "Conclusion", CONCLUSIONS, required=True)
    necessity = LongText("必要性", "Necessity", required=True)
    feasibility = LongText("可行性", "Feasibility", required=True)
    scientific_soundness = LongText("科学性", "Scientific soundness", required=True)
    suggestions = LongText("建议", "Suggestions")
    conflict_declaration = Choice("利害关系声明", "Declaration of interest", CONFLICT, required=True)
    signed_by = PersonId("签名人", "Signed by")
    sealed = YesNo("专业机构已盖章", "Sealed by the professional body", default=False)
    signed_at = Moment("签署时间", "Signed at", required=True)
    opinion_ref = DocumentId("书面论证意见", "Written opinion")


@form("summarise_argumentation", "汇总专家论证意见", "Summary of the argumentation", article="19")
class SummariseArgumentation(Form):
    """What the experts said together, and what the lead unit makes of it."""

    summary = LongText("论证结论", "Conclusion", required=True)
    points = Listing("专家意见及采纳情况", "Points and their handling", _AdvicePoint, most=500)
    report_ref = DocumentId("论证报告", "Report")
