"""Public participation (Decree 713, arts 14 to 18; Organic Law of Villagers' Committees, arts 21 to 22)."""

from __future__ import annotations

from decision_engine.forms.choices import CHANNELS, HANDLING, WHY_NOT_ADOPTED
from decision_engine.forms.fields import (
    Choice,
    CommentId,
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

VILLAGE_LAW = Text("村民委员会组织法", "Organic Law of Villagers' Committees")
HEARING_STEPS = {
    "PRESENTATION": ("承办单位介绍草案、依据和有关情况", "The lead unit presents draft, basis and situation"),
    "DEBATE": ("参加人陈述意见、询问、质证和辩论", "Participants state views, ask, cross-examine, debate"),
    "SIGNING": ("参加人确认听证记录并签字", "Participants confirm and sign the record"),
}
SURVEYS = {
    "QUESTIONNAIRE": ("问卷调查", "Questionnaire"),
    "OPINION_POLL": ("民意调查", "Opinion poll"),
}
TALKS = {
    "SYMPOSIUM": ("座谈会", "Symposium"),
    "FIELD_VISIT": ("实地走访", "Field visit"),
    "WRITTEN_SOLICITATION": ("书面征求意见", "Written solicitation"),
}
VIEWS = {
    "FOR": ("赞成", "For"),
    "AGAINST": ("反对", "Against"),
    "NEUTRAL": ("中立", "Neutral"),
}
_CHANNEL = Choice("渠道", "Channel", CHANNELS)


class _HearingParticipant(Part):
    name = Line("姓名", "Name", required=True, most=100)
    side = Line("代表方", "Side", required=True, most=200)
    delivered_at = Moment("材料送达时间", "Material delivered at")
    present = YesNo("到会", "Present", default=True)
    view = Choice("所持意见", "View", VIEWS)
    signed = YesNo("已在听证记录上签字", "Signed the record", default=False)
    refusal_note = Line("拒绝签字情况", "Note on refusal to sign")


class _SurveyResult(Part):
    group = Line("群体", "Group")
    option = Line("选项", "Option", required=True)
    count = Whole("人数", "Number", required=True)


class _Heard(Part):
    name = Line("姓名或单位", "Name", required=True, most=200)
    represents = Line("代表的群体或组织", "Represents", most=200)
    opinion = LongText("主要意见", "Main opinion")


class _VillagersMeeting(Part):
    village = Line("村名", "Village", required=True, most=100)
    notice_on = Day("通知（公告）日期", "Notice given on", required=True)
    held_on = Day("召开日期", "Held on", required=True)
    adults = Whole("本村十八周岁以上村民数", "Villagers aged 18 and over", required=True)
    present = Whole("到会村民数", "Villagers present", required=True)
    households = Whole("本村户数", "Households")
    households_represented = Whole("到会户代表的户数", "Households represented")
    yes = Whole("赞成", "Yes", required=True)
    no = Whole("反对", "No", required=True)
    abstain = Whole("弃权", "Abstain", required=True)
    minutes_ref = DocumentId("会议记录", "Minutes")


class _CommentPoint(Part):
    point = LongText("意见要点", "Point", required=True)
    comments = Listing("对应的公众意见", "Submissions it sums up", CommentId("意见", "Submission"), most=5000)
    handling = Choice("采纳情况", "Handling", HANDLING, required=True)
    reason = LongText("理由", "Reason", hint=WHY_NOT_ADOPTED)


@form("publish_notice", "发布征求意见公告", "Notice of public solicitation", article="15")
class PublishNotice(Form):
    """The notice exactly as the public reads it; what it lacks cannot be added later."""

    title = Line("公告标题", "Title of the notice", required=True, most=200)
    draft_ref = DocumentId("公布的决策草案", "Draft as published", required=True)
    explanation_ref = DocumentId("公布的说明材料", "Explanatory material as published", required=True)
    channels = Listing("发布渠道", "Channels", _CHANNEL, required=True, most=20)
    urls = Listing("发布网址", "Addresses on the web", Line("网址", "Address", most=1000), most=20)
    how_to_submit = LongText("意见提交方式", "How to submit opinions", required=True)
    contact = Line("联系单位、联系人和联系方式", "Whom to contact")
    published_at = Moment("发布时间", "Published at", required=True)
    deadline = Day(
        "征求意见截止日期",
        "Deadline",
        required=True,
        hint=Text("一般不少于30日。", "Generally at least 30 days."),
    )
    shortening_reason = LongText(
        "缩短期限的理由",
        "Reason for a shorter period",
        hint=Text(
            "不足30日的，理由须写在公告中。", "Under 30 days the reason must stand in the notice itself."
        ),
    )
    privacy_note = LongText("个人信息保护说明", "Privacy note")
    explanations = Listing(
        "对专业性问题的解释说明",
        "Explanations of technical questions",
        LongText("说明", "Explanation"),
        most=50,
    )
    hold_hearing = YesNo("召开听证会", "Hold a hearing", default=False)
    run_survey = YesNo("开展问卷或民意调查", "Run a survey", default=False)
    hold_symposium = YesNo("召开座谈会或走访", "Hold a symposium", default=False)


@form("hold_hearing", "召开听证会", "Hearing", article="16, 17")
class HoldHearing(Form):
    """Preparation, conduct and record of a hearing."""

    hearing_basis = LongText("听证依据", "Basis", required=True)
    notice_published_at = Moment("听证公告发布时间", "Notice published at", required=True)
    hearing_at = Moment("听证时间", "Time of the hearing", required=True)
    place = Line("听证地点", "Place", required=True)
    chair = PersonId("听证主持人", "Chair")
    presided_by_price_department = YesNo("由价格主管部门主持", "The price department presides")
    selection_needed = YesNo("需要遴选参加人", "Participants are selected", default=False)
    selection_rule_published_at = Moment("遴选办法公布时间", "Selection method published at")
    selection_record = LongText("遴选过程", "How they were selected")
    list_published_at = Moment("参加人名单公布时间", "List of participants published at")
    sides = Listing("应有代表参加的各方", "Sides to be represented", Line("方", "Side", most=200), most=30)
    participants = Listing("听证参加人", "Participants", _HearingParticipant, required=True)
    steps = Listing(
        "听证进行的步骤（按先后）",
        "Steps in their order",
        Choice("步骤", "Step", HEARING_STEPS),
        required=True,
        most=3,
    )
    report = LongText("听证报告：主要意见和理由", "Report: main views and reasons", required=True)
    record_ref = DocumentId("听证记录", "Record of the hearing")


@form("run_survey", "开展问卷或民意调查", "Survey", article="14")
class RunSurvey(Form):
    """Whom a survey asked and what they answered."""

    form = Choice("方式", "Form", SURVEYS, required=True)
    purpose = LongText("目的和内容", "Purpose and content", required=True)
    conducted_by = Line("实施单位", "Conducted by", required=True, most=200)
    started_on = Day("开始日期", "Started on", required=True)
    ended_on = Day("结束日期", "Ended on", required=True)
    population = Whole("调查对象总数", "Population")
    sample_frame = Line("抽样范围和方法", "Sample frame and method")
    sample_size = Whole("发放（抽样）数", "Number asked", required=True)
    responses = Whole("有效回收数", "Valid responses", required=True)
    objecting = Whole("表示反对的人数", "Number objecting")
    wording = LongText("题目原文", "Wording of the questions")
    results = Listing("结果", "Results", _SurveyResult)
    affected_groups = Listing(
        "涉及的特定群体", "Specific groups heard", Line("群体", "Group", most=200), most=50
    )
    summary = LongText("调查结论", "Conclusion", required=True)
    report_ref = DocumentId("调查报告", "Report")


@form("hold_symposium", "召开座谈会或走访", "Symposium or visit", article="14")
class HoldSymposium(Form):
    """A talk with the people, organisations and representatives concerned."""

    form = Choice("方式", "Form", TALKS, default="SYMPOSIUM")
    held_on = Day("日期", "Held on", required=True)
    place = Line("地点", "Place", required=True)
    affected_groups = Listing(
        "涉及的特定群体", "Specific groups heard", Line("群体", "Group", most=200), most=50
    )
    participants = Listing("参加人", "Participants", _Heard, required=True)
    summary = LongText("主要意见", "Main opinions", required=True)
    record_ref = DocumentId("记录", "Record")


@form("hold_villagers_meeting", "召开村民会议", "Villagers' meetings", article="21, 22", law=VILLAGE_LAW)
class HoldVillagersMeeting(Form):
    """One entry for each village: notice, attendance, vote."""

    meetings = Listing("各村村民会议", "Meetings", _VillagersMeeting, required=True, least=1, most=200)


@form("handle_comments", "归纳研究公众意见", "Handling of comments", article="18")
class HandleComments(Form):
    """Every opinion sorted into points, each adopted or not, with reasons."""

    comments_received = Whole("收到意见数", "Submissions received", required=True)
    points = Listing(
        "意见要点及采纳情况", "Points and their handling", _CommentPoint, required=True, most=2000
    )
    summary = LongText("综合情况", "Summary")
    affected_total = Whole("受直接影响（被征收、集体经济组织成员等）人数", "Persons directly affected")
    affected_objecting = Whole(
        "其中不同意或者认为方案违法的人数", "Of these, how many object or hold it unlawful"
    )


@form("publish_feedback", "反馈意见采纳情况", "Feedback to the public", article="18")
class PublishFeedback(Form):
    """What became of the public's opinions, published."""

    published_at = Moment("发布时间", "Published at", required=True)
    channels = Listing("发布渠道", "Channels", _CHANNEL, required=True, most=20)
    urls = Listing("发布网址", "Addresses on the web", Line("网址", "Address", most=1000), most=20)
    summary = LongText("采纳情况和不采纳的理由", "What was adopted, and why the rest was not", required=True)
    feedback_ref = DocumentId("反馈公告", "Feedback as published")
