"""Collective discussion (Decree 713, arts 29 to 30; domain.md 3)."""

from __future__ import annotations

from decision_engine.forms.choices import BODY_TYPES, STANCES, SUPPLY, WHY_NOT_APPLICABLE
from decision_engine.forms.fields import (
    Choice,
    Day,
    DocumentId,
    Line,
    Listing,
    LongText,
    Moment,
    PersonId,
    Whole,
    YesNo,
)
from decision_engine.forms.form import Form, Part, form
from decision_engine.language import Text

SLOTS = {
    "DRAFT": ("决策草案及相关材料", "Draft and materials"),
    "FAIR_COMPETITION": ("公平竞争审查材料", "Fair-competition review"),
    "PUBLIC_OPINIONS": ("公众意见采纳情况", "Adoption of public opinions"),
    "EXPERT_OPINIONS": ("专家意见采纳情况", "Adoption of expert opinions"),
    "RISK_REPORT": ("风险评估报告", "Risk report"),
    "LEGALITY_OPINION": ("合法性审查意见", "Legality opinion"),
    "OTHER": ("其他材料", "Other"),
}
INITIATORS = {
    "SELF": ("本人申请", "The member"),
    "INTERESTED_PERSON": ("利害关系人申请", "An interested person"),
    "ORGAN": ("机关决定", "The organ"),
}
VOTE_METHODS = {
    "NAMED_BALLOT": ("记名投票", "Named ballot"),
    "SHOW_OF_HANDS": ("举手表决", "Show of hands"),
    "ORAL": ("口头表决", "Oral"),
    "SECRET_BALLOT": ("无记名投票", "Secret ballot"),
    "RECORDED_POSITIONS": ("逐人记录意见", "Recorded positions"),
}
VOTES = {"YES": ("赞成", "Yes"), "NO": ("反对", "No"), "ABSTAIN": ("弃权", "Abstain")}
MEETING_OUTCOMES = {
    "APPROVE": ("同意", "Approve"),
    "REJECT": ("不同意", "Reject"),
    "AMEND": ("修改", "Amend"),
    "DEFER": ("暂缓", "Defer"),
    "REDISCUSS": ("再次讨论", "Discuss again"),
}
MEMBER_STANCES = {**STANCES, "LEFT": ("离场未发言", "Left without having spoken")}
SPEECH_KINDS = {
    "OPINION": ("发表意见", "Opinion"),
    "ADDITION": ("补充说明", "Addition"),
    "CLARIFICATION": ("询问情况", "Question of clarification"),
}


class _Slot(Part):
    slot = Choice("材料", "Material", SLOTS, required=True)
    status = Choice("情况", "Status", SUPPLY, required=True)
    reason = LongText("不适用的理由", "Why it does not apply", hint=WHY_NOT_APPLICABLE)
    document_ref = DocumentId("材料文件", "Document")


class _Item(Part):
    title = Line("议题", "Item", required=True)
    emergency = YesNo("临时（紧急）议题", "Emergency item", default=False)
    emergency_reason = LongText("紧急理由", "Reason of the emergency")


class _Notice(Part):
    member = PersonId("组成人员", "Member", required=True)
    notice_at = Moment("通知送达时间", "Notice received at", required=True)
    materials_at = Moment("材料送达时间", "Materials received at")


class _AgendaChange(Part):
    change = LongText("调整内容", "Change", required=True)
    reason = LongText("理由", "Reason", required=True)
    approved_by = PersonId("批准人", "Approved by", required=True)


class _Absence(Part):
    member = PersonId("组成人员", "Member", required=True)
    reason = Line("缺席原因", "Reason", required=True)
    leave = YesNo("已事先请假", "Leave was asked beforehand", default=False)
    written_opinion = LongText("书面意见（不计入表决）", "Written opinion (not a vote)")


class _Recusal(Part):
    member = PersonId("回避人员", "Member", required=True)
    ground = LongText("回避事由", "Ground", required=True)
    initiated_by = Choice("提出方式", "Initiated by", INITIATORS, required=True)
    left_at = Moment("离场时间", "Left at")


class _Attendee(Part):
    name = Line("姓名", "Name", required=True, most=100)
    position = Line("单位和职务", "Unit and post", most=200)


class _Ballot(Part):
    member = PersonId("表决人", "Member", required=True)
    vote = Choice(
        "表决意见", "Vote", VOTES, hint=Text("无记名投票不填写。", "Left blank in a secret ballot.")
    )
    subject = Line(
        "表决对象",
        "Subject",
        hint=Text("逐人表决时填写被表决人。", "Who is voted upon, where it is person by person."),
    )
    statement = LongText("说明", "Statement")
    cast_at = Moment("表决时间", "Cast at")


class _Count(Part):
    subject = Line("表决对象", "Subject", required=True)
    yes = Whole("赞成票数", "Yes", required=True)
    no = Whole("反对票数", "No", required=True)
    abstain = Whole("弃权票数", "Abstain", required=True)


class _Dissent(Part):
    member = PersonId("持不同意见者", "Dissenter", required=True)
    statement = LongText("不同意见原文", "The differing opinion, verbatim", required=True)
    confirmed = YesNo("本人已确认", "Confirmed by its author", default=False)


class _Speech(Part):
    seq = Whole("发言顺序", "Order", required=True, least=1, most=10_000)
    speaker = PersonId("发言人", "Speaker", required=True)
    kind = Choice("发言性质", "Kind", SPEECH_KINDS, default="OPINION")
    summary = LongText("发言内容", "What was said")


class _Signature(Part):
    member = PersonId("组成人员", "Member", required=True)
    signed = YesNo("已签字", "Signed", required=True)
    signed_at = Moment("签字时间", "Signed at")
    refusal_reason = LongText("未签字的原因", "Why it was not signed")


class _Correction(Part):
    member = PersonId("提出人", "Asked by", required=True)
    correction = LongText("更正内容（附加，不覆盖原文）", "Correction, appended", required=True)


@form("assemble_meeting_package", "提请集体讨论", "Package for the meeting", article="29")
class AssembleMeetingPackage(Form):
    """Seven slots, each filled or not applicable with a reason."""

    meeting_package = Listing("提请讨论的材料", "Meeting package", _Slot, required=True, most=30)
    procedure_statement = LongText(
        "履行法定程序情况的说明", "Statement of the procedure performed", required=True
    )
    unadopted_findings = LongText("未采纳的审查意见及理由", "Findings not adopted, with reasons")
    legal_risk_statement = LongText("法律风险说明", "Statement of the legal risk")
    compensation_funds_ready = YesNo(
        "征收补偿费用已足额到位、专户存储", "Compensation lies in full in a dedicated account"
    )


@form("confirm_agenda", "确定会议议程", "Agenda of the meeting", article="30")
class ConfirmAgenda(Form):
    """Which body meets when, and since when its members know the item and have the materials."""

    body_type = Choice("会议类型", "Deciding body", BODY_TYPES, required=True)
    meeting_at = Moment("会议时间", "Time of the meeting", required=True)
    place = Line("会议地点", "Place", required=True)
    notice_at = Moment("会议通知时间", "Notice given at", required=True)
    materials_at = Moment(
        "会议材料送达时间",
        "Materials delivered at",
        hint=Text(
            "在会议室办理的，以会议室的送达记录为准，不填。",
            "Left blank where a meeting room keeps the deliveries.",
        ),
    )
    meeting_id = Line("会议室", "Meeting room", most=64)
    items = Listing("议题", "Items", _Item, required=True, least=1, most=50)
    notices = Listing("逐人送达记录", "Delivery to each member", _Notice, most=200)
    leader_in_charge = PersonId("分管负责人", "Deputy head in charge")
    agenda_changes = Listing("议程调整", "Changes of the agenda", _AgendaChange, most=50)


@form("open_meeting", "会议开始", "Opening of the meeting", article="30")
class OpenMeeting(Form):
    """Who is due, present, absent and recused, and who will be asked to speak."""

    body_type = Choice("会议类型", "Deciding body", BODY_TYPES, required=True)
    opened_at = Moment("开会时间", "Opened at", required=True)
    place = Line("地点", "Place", required=True)
    chair = PersonId("主持人", "Chair", required=True)
    due = Listing("应到人员", "Members due", PersonId("组成人员", "Member"), required=True, least=1, most=200)
    present = Listing(
        "实到人员", "Members present", PersonId("组成人员", "Member"), required=True, least=1, most=200
    )
    absent = Listing("缺席人员", "Members absent", _Absence, most=200)
    recusals = Listing("回避人员", "Recusals", _Recusal, most=50)
    speakers = Listing(
        "发言人员",
        "Members asked to speak",
        PersonId("组成人员", "Member"),
        required=True,
        least=1,
        most=200,
        hint=Text(
            "实到且无须回避的组成人员，主要负责人除外。",
            "Present members who are not recused, without the principal.",
        ),
    )
    materials_at = Moment("材料最后送达时间", "Last paper of the item received at")
    attendees = Listing("列席人员（无表决权）", "Attendees without a vote", _Attendee, most=200)


@form("member_arrives", "组成人员到会", "A member arrives", article="30")
class MemberArrives(Form):
    """A member comes in while the item is before the meeting."""

    at = Moment("到会时间", "Arrived at", required=True)


@form("member_leaves", "组成人员离场", "A member leaves", article="30")
class MemberLeaves(Form):
    """A member goes while the item is before the meeting."""

    at = Moment("离场时间", "Left at", required=True)
    reason = Line("离场原因", "Reason")


@form("member_recuses", "组成人员回避", "A member is recused", article="30")
class MemberRecuses(Form):
    """A member is recused while the item is before the meeting."""

    at = Moment("离场时间", "Left at", required=True)
    ground = LongText("回避事由", "Ground", required=True)
    initiated_by = Choice("提出方式", "Initiated by", INITIATORS, required=True)


@form("report_item", "汇报议题", "Report on the item", article="30")
class ReportItem(Form):
    """The lead unit's report to the meeting."""

    report = LongText("汇报内容", "Report", required=True)
    reported_by = PersonId("汇报人", "Reported by")
    reported_at = Moment("汇报时间", "Reported at")


@form("member_speaks", "组成人员发表意见", "A member speaks", article="30")
class MemberSpeaks(Form):
    """One member's position, in the member's own words."""

    stance = Choice("意见", "Position", MEMBER_STANCES, required=True)
    statement = LongText(
        "发言内容",
        "Statement",
        hint=Text("不同意见须原文记录。", "A differing opinion is recorded verbatim."),
    )
    spoken_at = Moment("发言时间", "Spoken at")


@form("principal_speaks_last", "主要负责人末位发言", "The principal speaks last", article="30")
class PrincipalSpeaksLast(Form):
    """The head's position, after all others."""

    stance = Choice("意见", "Position", STANCES, required=True)
    statement = LongText("发言内容", "Statement", required=True)
    clarifications = Listing(
        "此前提出的询问", "Questions asked before", LongText("询问", "Question", most=2000), most=50
    )
    spoken_at = Moment("发言时间", "Spoken at")


@form("vote", "表决", "Vote", article="30")
class Vote(Form):
    """One entry for each member who votes on this one item."""

    method = Choice("表决方式", "Method", VOTE_METHODS, required=True)
    ballots = Listing("表决情况", "Ballots", _Ballot, required=True, most=200)
    yes = Whole("赞成票数", "Yes", hint=Text("仅无记名投票填写。", "Only for a secret ballot."))
    no = Whole("反对票数", "No", hint=Text("仅无记名投票填写。", "Only for a secret ballot."))
    abstain = Whole("弃权票数", "Abstain", hint=Text("仅无记名投票填写。", "Only for a secret ballot."))
    counts = Listing(
        "逐人票数",
        "Votes on each subject",
        _Count,
        most=200,
        hint=Text("仅无记名逐人表决填写。", "Only for a secret ballot person by person."),
    )


@form("principal_decides", "作出决定", "Decision", article="30")
class PrincipalDecides(Form):
    """The head's decision on the basis of the discussion."""

    outcome = Choice("决定", "Decision", MEETING_OUTCOMES, required=True)
    decision = LongText("决定内容", "Text of the decision", required=True)
    override_reasons = LongText(
        "与多数意见不一致的理由",
        "Reasons for departing from the majority",
        hint=Text("应当在会上说明。", "They are given in the meeting."),
    )
    divided = YesNo("意见分歧较大", "Widely divided", default=False)
    deferred_until = Day("暂缓至", "Deferred until")
    announced_at = Moment("宣布时间", "Announced at")


@form("sign_minutes", "签署会议记录", "Minutes", article="30")
class SignMinutes(Form):
    """The full record: what was said in which order, every differing opinion verbatim, who signed."""

    minutes = LongText("会议记录", "Minutes", required=True)
    main_questions = LongText("主要问题和分歧", "Main questions and disagreements")
    speeches = Listing("发言顺序记录", "Speeches in their order", _Speech, most=1000)
    dissents = Listing("不同意见", "Differing opinions", _Dissent, most=200)
    signatures = Listing("签字情况", "Signatures", _Signature, required=True, most=200)
    corrections = Listing("更正", "Corrections", _Correction, most=200)
    keeper = PersonId("记录保管人", "Keeper of the minutes")
    minutes_ref = DocumentId("会议记录（签字件）", "Signed minutes")
    summary_ref = DocumentId("会议纪要", "Published summary")
    recording_ref = DocumentId("录音录像", "Recording")
