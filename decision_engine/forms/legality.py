"""Legality review (Decree 713, arts 25 to 28)."""

from __future__ import annotations

from decision_engine.forms.choices import CONFLICT, HANDLING, SUPPLY, WHY_NOT_ADOPTED, WHY_NOT_APPLICABLE
from decision_engine.forms.fields import (
    Choice,
    Day,
    DocumentId,
    Group,
    Line,
    Listing,
    LongText,
    Moment,
    PersonId,
    UnitId,
    YesNo,
)
from decision_engine.forms.form import Form, Part, form
from decision_engine.language import Text

PROFILES = {
    "MAJOR_DECISION": ("重大行政决策", "Major decision"),
    "NORMATIVE_DOCUMENT": ("行政规范性文件", "Normative document"),
    "MAJOR_CONTRACT": ("重大合同", "Major contract"),
    "MEETING_ITEM": ("会议议题", "Meeting item"),
    "ENFORCEMENT_DECISION": ("重大执法决定", "Enforcement decision"),
}
MATERIALS = {
    "REQUEST_LETTER": ("送审函", "Request letter"),
    "DRAFT_AND_EXPLANATION": ("决策草案及起草说明", "Draft and explanation"),
    "LEGAL_BASIS": ("法律、法规、规章和政策依据", "Legal, regulatory and policy basis"),
    "PROCEDURE_STATEMENT": ("履行决策法定程序的说明", "Statement of the procedure performed"),
    "PUBLIC_PARTICIPATION": ("公众参与材料", "Public participation"),
    "EXPERT_ARGUMENTATION": ("专家论证材料", "Expert argumentation"),
    "RISK_REPORT": ("风险评估报告及认定", "Risk report and finding"),
    "FAIR_COMPETITION": ("公平竞争审查结论", "Fair-competition conclusion"),
    "UNIT_OPINIONS": ("有关单位意见和争议说明", "Opinions of units consulted, disputes"),
    "OWN_LEGAL_OPINION": ("承办单位法制人员或法律顾问意见", "Opinion of the unit's own lawyer"),
    "COUNTERPARTY": ("合同相对方资信材料", "Counterparty's standing"),
    "OTHER": ("其他材料", "Other"),
}
PACKAGE_OUTCOMES = {
    "COMPLETE": ("材料齐备，予以受理", "Complete"),
    "RETURN": ("退回", "Returned"),
    "SUPPLEMENT": ("要求补充材料", "To be supplemented"),
}
ADVISER_KINDS = {
    "LEGAL_ADVISER": ("法律顾问", "Legal adviser"),
    "GOVERNMENT_LAWYER": ("公职律师", "Government lawyer"),
}
ADVICE = {
    "LAWFUL": ("合法", "Lawful"),
    "LAWFUL_AFTER_REVISION": ("修改后合法", "Lawful after revision"),
    "UNLAWFUL": ("不合法", "Unlawful"),
}
LEGALITY_OUTCOMES = {
    "LEGAL": ("合法", "Legal"),
    "LEGAL_AFTER_REVISION": ("基本合法，应予修改", "Legal after revision"),
    "PROCEDURE_INCOMPLETE": ("程序不完备，补正后再审", "Procedure incomplete"),
    "NO_AUTHORITY": ("超越法定权限", "Beyond statutory authority"),
    "ILLEGAL": ("不合法", "Illegal"),
    "EXPLORATORY_RISK_STATED": ("探索性改革，明示法律风险", "Exploratory reform, legal risk stated"),
    "OUT_OF_SCOPE": ("不属于审查范围", "Out of scope"),
}
REFUSED_ROUTES = {
    "REDRAFT": ("重新拟订草案", "Draft anew"),
    "TRANSFER": ("移送有权机关", "Hand over to the competent organ"),
    "TERMINATE": ("终止决策程序", "Terminate"),
}


class _Material(Part):
    item = Choice("材料", "Material", MATERIALS, required=True)
    status = Choice("情况", "Status", SUPPLY, required=True)
    reason = LongText("不适用的理由", "Why it does not apply", hint=WHY_NOT_APPLICABLE)
    document_ref = DocumentId("材料文件", "Document")


class _Supplement(Part):
    item = Choice("材料", "Material", MATERIALS, required=True)
    description = LongText("补充说明", "What was supplied", required=True)
    document_ref = DocumentId("材料文件", "Document")


class _Finding(Part):
    conforms = YesNo("是否符合", "Conforms", required=True)
    explanation = LongText("审查意见", "Explanation", required=True)


class _AdviceHandling(Part):
    advice = LongText("法律顾问、公职律师意见", "Advice", required=True)
    handling = Choice("采纳情况", "Handling", HANDLING, required=True)
    reason = LongText("理由", "Reason", hint=WHY_NOT_ADOPTED)


@form("submit_review_package", "送请合法性审查", "Submission to the legality review", article="26")
class SubmitReviewPackage(Form):
    """The draft and its materials, and by when the opinion is asked for."""

    profile = Choice("审查类型", "Profile", PROFILES, default="MAJOR_DECISION")
    checklist = Listing("送审材料清单", "Checklist", _Material, required=True, most=60)
    procedure_statement = LongText(
        "履行法定程序情况的说明", "Statement of the procedure performed", required=True
    )
    requested_due_at = Day(
        "请求反馈审查意见的日期",
        "Opinion asked for by",
        required=True,
        hint=Text(
            "一般给予不少于7个工作日，自材料齐备之日起算。",
            "Generally at least 7 working days from the complete package.",
        ),
    )


@form("check_review_package", "审核送审材料", "Check of the review package", article="26")
class CheckReviewPackage(Form):
    """Complete, to be supplemented, or returned; the review's time runs from the complete package."""

    outcome = Choice("审核结果", "Result", PACKAGE_OUTCOMES, required=True)
    missing = Listing("缺少或不符合要求的材料", "What is missing", Line("材料", "Material"), most=60)
    package_complete_at = Moment("材料齐备时间", "Complete at")
    reason = LongText("说明", "Explanation")


@form("supplement_package", "补充送审材料", "Supplement of the review package", article="26")
class SupplementPackage(Form):
    """What was missing is supplied."""

    supplements = Listing("补充的材料", "Supplements", _Supplement, required=True, most=60)
    procedure_statement = LongText("履行法定程序情况的补充说明", "Addition to the statement of procedure")


@form("legal_adviser_opinion", "出具法律顾问意见", "Legal adviser's opinion", article="28")
class LegalAdviserOpinion(Form):
    """An adviser's or government lawyer's opinion: input to the statutory one, never in its place."""

    adviser_kind = Choice("身份", "Capacity", ADVISER_KINDS, required=True)
    firm = Line("所在律师事务所或单位", "Firm or unit", most=200)
    licence_no = Line("执业证号", "Licence number", most=100)
    conflict_declaration = Choice("利害关系声明", "Declaration of interest", CONFLICT, required=True)
    conclusion = Choice("结论", "Conclusion", ADVICE, required=True)
    opinion = LongText("法律意见", "Opinion", required=True)
    suggestions = Listing("修改建议", "Suggestions", LongText("建议", "Suggestion", most=5000), most=100)
    signed_at = Moment("签署时间", "Signed at", required=True)
    opinion_ref = DocumentId("法律意见书", "Written opinion")


@form("issue_legality_opinion", "出具合法性审查意见", "Legality opinion", article="27, 28")
class IssueLegalityOpinion(Form):
    """The reviewing department's opinion on this version of the draft, for which it answers."""

    outcome = Choice("审查结论", "Conclusion", LEGALITY_OUTCOMES, required=True)
    confirmed = YesNo("确认已按审查意见修改", "The revision is confirmed", default=False)
    within_authority = Group("是否符合法定权限", "Within statutory authority", _Finding, required=True)
    procedure_performed = Group("是否履行法定程序", "Statutory procedure performed", _Finding, required=True)
    content_consistent = Group(
        "内容是否符合法律、法规、规章和国家政策",
        "Content consistent with law and state policy",
        _Finding,
        required=True,
    )
    opinion = LongText("审查意见", "Opinion", required=True)
    revisions = Listing(
        "应当修改的内容", "What is to be revised", LongText("修改意见", "Revision", most=5000), most=100
    )
    missing_steps = Listing("尚未履行的程序", "Steps not performed", Line("程序", "Step"), most=30)
    legal_risk_statement = LongText("法律风险说明", "Statement of the legal risk")
    advice = Listing("法律顾问、公职律师意见采纳情况", "Handling of the advice", _AdviceHandling, most=100)
    issued_by_org = UnitId("出具意见的审查部门", "Reviewing department", required=True)
    reviewer_id = PersonId("审查人", "Reviewer")
    opinion_no = Line("意见书编号", "Number of the opinion", most=100)
    signed_at = Moment("签署时间", "Signed at", required=True)
    opinion_ref = DocumentId("合法性审查意见书", "Written opinion")


@form("handle_refused_draft", "处理未通过审查的草案", "What becomes of a refused draft", article="25")
class HandleRefusedDraft(Form):
    """A draft found unlawful or beyond authority does not go to the meeting."""

    outcome = Choice("处理方式", "Route", REFUSED_ROUTES, required=True)
    reasons = LongText("理由", "Reasons", required=True)
    transferred_to = Line("移送机关", "Handed over to", most=200)
