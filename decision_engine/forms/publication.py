"""From the decision to the public and the archive (Decree 713, arts 8 and 31 to 34)."""

from __future__ import annotations

from decision_engine.forms.choices import CHANNELS, DISCLOSURE, SUPPLY, WHY_NOT_APPLICABLE
from decision_engine.forms.fields import (
    Choice,
    Day,
    DocumentId,
    DocumentNumber,
    Line,
    Listing,
    LongText,
    Moment,
    PersonId,
    UnitId,
    Whole,
    YesNo,
)
from decision_engine.forms.form import Form, Part, form
from decision_engine.language import Text

PARTY_STAGES = {
    "REPORT_ONLY": ("报告后公布", "Report only"),
    "DELIBERATE": ("提请党委会研究", "Deliberation by the party committee"),
}
NPC_OUTCOMES = {
    "APPROVED": ("同意（作出决定）", "Approved"),
    "REFUSED": ("不同意", "Refused"),
    "HEARD": ("已听取报告", "Heard"),
}
APPROVAL_OUTCOMES = {
    "APPROVED": ("批准", "Approved"),
    "REFUSED": ("不予批准", "Refused"),
    "RETURNED": ("退回修改", "Returned"),
}
INTERPRETATIONS = {
    "PRESS_CONFERENCE": ("新闻发布会", "Press conference"),
    "INTERVIEW": ("接受访谈", "Interview"),
    "ARTICLE": ("解读文章", "Article"),
    "QUESTIONS_AND_ANSWERS": ("问答", "Questions and answers"),
    "GRAPHIC": ("图解", "Graphic"),
    "BRIEFING": ("入村宣讲", "Briefing in the villages"),
}
RETENTION = {
    "PERMANENT": ("永久", "Permanent"),
    "Y30": ("30年", "30 years"),
    "Y10": ("10年", "10 years"),
}
DOSSIER = {
    "D00": ("卷内目录、备考表", "Dossier catalogue, note"),
    "D01": ("决策事项建议、提案或议案来源", "Proposal"),
    "D02": ("研究论证报告", "Study"),
    "D03": ("启动决定、承办单位确定文件", "Start decision, lead unit"),
    "D04": ("年度目录及党委同意文件", "Catalogue entry"),
    "D05": ("调研材料、依据清单", "Research, legal basis"),
    "D06": ("决策草案各稿及说明", "Draft versions"),
    "D07": ("部门征求意见及协商、争议说明", "Consultation of units, disputes"),
    "D08": ("成本效益分析", "Costs and benefits"),
    "D09": ("公开征求意见公告及发布截图", "Notice as published"),
    "D10": ("公众意见原件及汇总", "Public opinions"),
    "D11": ("听证材料", "Hearing"),
    "D12": ("座谈、走访、问卷、民意调查材料与报告", "Symposium, visits, surveys"),
    "D13": ("意见采纳情况及理由、反馈公告", "Adoption and feedback"),
    "D14": ("专家论证材料", "Expert argumentation"),
    "D15": ("风险评估材料、风险可控认定", "Risk assessment and finding"),
    "D16": ("公平竞争审查表及结论", "Fair-competition review"),
    "D17": ("合法性审查送审函、材料清单、退补记录", "Review package"),
    "D18": ("法律顾问、公职律师意见", "Legal advisers' opinions"),
    "D19": ("合法性审查意见书及采纳情况", "Legality opinion"),
    "D20": ("提请集体讨论请示、履行程序说明", "Submission to the meeting"),
    "D21": ("会议通知、议程、材料送达记录", "Notice, agenda, delivery"),
    "D22": ("会议记录（签字）、表决票、音像", "Minutes, ballots, recordings"),
    "D23": ("会议纪要", "Summary of the meeting"),
    "D24": ("回避、请假、书面意见", "Recusals, leave, written opinions"),
    "D25": ("行政首长与多数意见不一致的理由", "Reasons for departing from the majority"),
    "D26": ("向党委请示报告及批复", "Report to the party committee"),
    "D27": ("人大报告或决议；上级批准文件", "People's congress; higher approval"),
    "D28": ("决策正式文本、签发单、印章", "Decision, signing, seal"),
    "D29": ("公布、解读材料及发布记录", "Publication and interpretation"),
    "D30": ("执行单位确定、任务分解、执行报告、督查记录", "Execution"),
    "D31": ("问题报告、中止决定", "Problem reports, suspension"),
    "D32": ("后评估材料", "Post-evaluation"),
    "D33": ("调整、终止决定及关联卷宗号", "Adjustment, termination"),
    "D34": ("过程审计日志导出、哈希清单、签名验证报告", "Audit log, hashes, verification"),
}


class _Publication(Part):
    channel = Choice("公布渠道", "Channel", CHANNELS, required=True)
    url = Line("网址或刊期", "Address or issue", most=1000)
    at = Moment("公布时间", "Published at", required=True)


class _Interpretation(Part):
    form = Choice("解读方式", "Form", INTERPRETATIONS, required=True)
    at = Moment("时间", "At", required=True)
    url = Line("网址", "Address", most=1000)
    summary = LongText("主要内容", "Main content")


class _ExecutionTask(Part):
    task = LongText("任务", "Task", required=True)
    owner = Line("责任单位或责任人", "Owner", required=True, most=200)
    due_on = Day("完成时限", "Due on", required=True)
    risk_measure = Whole(
        "落实的风险防范措施序号", "Number of the preventive measure it carries out", least=1, most=500
    )


class _DossierItem(Part):
    code = Choice("卷宗材料", "Document", DOSSIER, required=True)
    status = Choice("情况", "Status", SUPPLY, required=True)
    reason = LongText("不适用的理由", "Why it does not apply", hint=WHY_NOT_APPLICABLE)
    document_ref = DocumentId("文件", "Document")
    retention = Choice("保管期限", "Retention", RETENTION)


@form("report_party_committee", "向同级党委请示报告", "Report to the party committee", article="31")
class ReportPartyCommittee(Form):
    """Before release the party committee at the same level is reported to and asked."""

    stage = Choice("请示报告方式", "Stage", PARTY_STAGES, required=True)
    report = LongText("请示报告内容", "Report", required=True)
    sent_at = Moment("报送时间", "Sent at", required=True)
    reply = LongText("党委答复", "Reply")
    reply_at = Moment("答复时间", "Replied at")
    report_ref = DocumentId("请示报告", "Report as sent")
    reply_ref = DocumentId("批复", "Written reply")


@form("report_npc", "向人大报告或提请决定", "People's congress", article="8")
class ReportNpc(Form):
    """What the people's congress or its standing committee said."""

    outcome = Choice("结果", "Result", NPC_OUTCOMES, required=True)
    sent_on = Day("报送日期", "Sent on", required=True)
    replied_on = Day("答复日期", "Replied on", required=True)
    receipt = LongText("审议（决定）意见", "What it said", required=True)
    receipt_ref = DocumentId("决议、决定或审议意见", "Resolution")


@form("external_approval", "报上级批准", "Approval by the higher organ", article="3")
class ExternalApproval(Form):
    """The higher organ's answer."""

    outcome = Choice("结果", "Result", APPROVAL_OUTCOMES, required=True)
    approving_organ = Line("批准机关", "Approving organ", required=True, most=200)
    sent_on = Day("报送日期", "Sent on", required=True)
    replied_on = Day("批复日期", "Replied on", required=True)
    approval_no = Line("批复文号", "Number of the approval", most=100)
    reply = LongText("批复意见", "Reply")
    approval_ref = DocumentId("批复文件", "Approval")


@form("sign_decision", "签发决策", "Signing", article="32")
class SignDecision(Form):
    """The decision gets its number, date and signature; whether it is lawfully not published."""

    title = Line("决策正式文本标题", "Title of the decision", required=True, most=200)
    document_number = DocumentNumber(
        "发文字号",
        "Document number",
        required=True,
        hint=Text("例如：青政发〔2026〕7号。", "Such as 青政发〔2026〕7号."),
    )
    signed_on = Day("签发日期", "Signed on", required=True)
    sealed = YesNo("已用印", "Sealed", default=False)
    non_public = YesNo("依法不予公开", "Lawfully not published", required=True)
    non_public_basis = LongText("不予公开的依据", "Legal basis of not publishing")
    disclosure = Choice("公开属性", "Disclosure", DISCLOSURE, required=True)
    effective_on = Day("施行日期", "In force from")
    valid_until = Day("有效期至", "Valid until")
    decision_ref = DocumentId("决策正式文本", "Text of the decision")


@form("publish_decision", "公布决策", "Publication", article="32")
class PublishDecision(Form):
    """Where and when the public can read the decision."""

    publications = Listing("公布情况", "Publications", _Publication, required=True, least=1, most=50)
    record_filed_on = Day("报上级备案日期", "Filed for the record with the higher organ on")
    index_no = Line("索引号", "Index number", most=100)
    compensation_plan_published = YesNo("公告载明征收补偿方案", "The compensation plan is part of it")
    remedies_stated = YesNo("公告载明行政复议、行政诉讼权利", "The rights of review and suit are stated")
    adoption_summary = LongText("公众意见、专家意见采纳情况说明", "Adoption of public and expert opinions")


@form("record_non_publication", "登记不予公开", "Record of non-publication", article="32")
class RecordNonPublication(Form):
    """Who decided on which legal basis not to publish, and when that is looked at again."""

    non_public_basis = LongText("法律依据", "Legal basis", required=True)
    decided_by = PersonId("决定人", "Decided by", required=True)
    decided_on = Day("决定日期", "Decided on", required=True)
    review_on = Day("复核日期", "To be reviewed on", required=True)
    disclosure = Choice("公开属性", "Disclosure", DISCLOSURE, default="NOT_PUBLIC")


@form("interpret_policy", "政策解读", "Interpretation", article="32")
class InterpretPolicy(Form):
    """How the decision is explained to the public."""

    interpretation = Listing("解读情况", "Interpretation", _Interpretation, most=50)
    not_needed_reason = LongText("无需解读的理由", "Why none is needed")
    adoption_summary = LongText("公众意见、专家意见采纳情况说明", "Adoption of public and expert opinions")


@form("name_executor", "明确决策执行单位", "Naming of the executor", article="34")
class NameExecutor(Form):
    """Who executes, which tasks by when, and how it is reported."""

    executor = UnitId("决策执行单位", "Executing unit", required=True)
    responsible_person = PersonId("执行负责人", "Person in charge")
    tasks = Listing("任务分解", "Tasks", _ExecutionTask, required=True, most=200)
    report_schedule = LongText("报告安排", "Schedule of reports", required=True)
    first_report_on = Day("首次报告日期", "First report on")


@form("archive_dossier", "立卷归档", "Filing of the dossier", article="33")
class ArchiveDossier(Form):
    """Every code of the catalogue, filed or not applicable with a reason."""

    dossier = Listing("卷宗材料", "Dossier", _DossierItem, required=True, most=200)
    filed_on = Day("归档日期", "Filed on", required=True)
    archive_no = Line("档号", "Archival code", most=100)
    location = Line("存放位置", "Location")
    dossier_review_sent_on = Day("卷宗送司法行政部门审查日期", "Sent to the justice bureau for review on")
    late_reason = LongText("逾期归档或者送审的原因", "Why it is filed or sent late")
