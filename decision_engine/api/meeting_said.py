"""What is said and answered in the meeting room: the requests and replies of `meeting_room`."""

from __future__ import annotations

from marshmallow import Schema, fields

from decision_engine.api.fields import ActOut, CalendarDay, Id, Instant, Moment, ReasonSaid, Said, Sentence
from decision_engine.api.meetings import ItemRowOut, MeetingRowOut
from decision_engine.api.tasks import LARGEST_VERSION, ExceptionSaid
from decision_engine.forms.choices import STANCES
from decision_engine.forms.fields import Choice, Line, Listing, LongText, Whole, YesNo
from decision_engine.forms.meeting import INITIATORS, MEETING_OUTCOMES, VOTE_METHODS, VOTES
from decision_engine.queries.minutes_record import CATEGORIES, GROUNDS

GUESTS = {"ATTENDEE": ("列席人员", "Attendee"), "EXPERT": ("专家", "Expert")}
EXPLANATIONS = {
    "LEGAL_EXPLANATION": ("合法性审查情况说明", "Explanation of the legality review"),
    "ATTENDEE": ("列席发言", "An attendee speaks"),
}
ACTIONS = {
    "APPOINT": ("任命", "Appoint"),
    "DISMISS": ("免职", "Dismiss"),
    "RECOMMEND": ("推荐", "Recommend"),
    "REWARD": ("奖励", "Reward"),
    "PUNISH": ("处分", "Punish"),
}


# -- what is said ----------------------------------------------------------------------------------------


class SubjectSaid(Said):
    """A person an item of personnel is about."""

    name = Line("姓名", "Name", required=True, most=100)
    post = Line("职务", "Post", required=True, most=200)
    action = Choice("事项", "What is decided", ACTIONS, default="APPOINT")
    person_id = Id("人员", "Person, where the register knows one")


class PlanSaid(Said):
    """An item to be put on an agenda: of a decision case, or a matter of its own."""

    title = Line("议题", "Item", required=True, most=200)
    category = Choice("类别", "Category", CATEGORIES, required=True)
    case_id = Id("决策案件", "Decision case")
    leader_in_charge_id = Id("分管负责人", "Deputy head in charge")
    reporter_id = Id("汇报人", "Who reports")
    subjects = Listing("人选", "Persons voted upon", SubjectSaid, most=50)
    previous_id = Id("此前的议题", "Item of an earlier meeting that was deferred or put off")
    emergency_reason = LongText("紧急理由", "Why it is urgent", most=2000)
    exceptions = Listing("例外事项", "Exceptions claimed", ExceptionSaid, most=20)


class MeetingSaid(Said):
    """A meeting that is called, with its agenda."""

    body_id = Id("会议机构", "Body", required=True)
    title = Line("会议名称", "Title", required=True, most=200)
    planned_at = Instant("会议时间", "When", required=True)
    place = Line("会议地点", "Place", required=True, most=200)
    chair_id = Id("主持人", "Chair", required=True)
    recorder_id = Id("记录人", "Recorder", required=True)
    items = Listing("议题", "Items", PlanSaid, required=True, least=1, most=50)


class ChangeSaid(ReasonSaid):
    """Why the agenda is changed, and who approved it."""

    approved_by = Id("批准人", "Approved by", required=True)


class AddedItemSaid(PlanSaid):
    """An item added to an announced agenda."""

    reason = LongText("理由", "Reason", required=True, most=2000)
    approved_by = Id("批准人", "Approved by", required=True)


class SwapSaid(ChangeSaid):
    """With which item the place is exchanged."""

    other_id = Id("调换的议题", "The other item", required=True)


class ChairSaid(ReasonSaid):
    """Who presides instead."""

    chair_id = Id("主持人", "Chair", required=True)


class RecorderSaid(ReasonSaid):
    """Who keeps the record instead."""

    recorder_id = Id("记录人", "Recorder", required=True)


class MaterialSaid(Said):
    """A paper of the item's case, delivered to the members (all, if none are named)."""

    document_id = Id("材料", "Document", required=True)
    person_ids = Listing("组成人员", "Members", Id("组成人员", "Member"), most=200)


class ForSomebody(Said):
    """For whom the recorder enters it; oneself if left out."""

    person_id = Id("组成人员", "Member")


class LeaveSaid(ForSomebody):
    """Why leave is asked."""

    reason = LongText("请假事由", "Reason", required=True, most=2000)


class WordsSaid(ForSomebody):
    """What is said or written."""

    text = LongText("内容", "Words", required=True)


class AbsenceSaid(ReasonSaid):
    """A member who did not come and asked no leave."""

    person_id = Id("组成人员", "Member", required=True)


class GuestSaid(Said):
    """Somebody who attends without a vote."""

    name = Line("姓名", "Name", required=True, most=100)
    position = Line("单位和职务", "Unit and post", most=200, default="")
    kind = Choice("身份", "Attends as", GUESTS, default="ATTENDEE")
    person_id = Id("人员", "Person, where the register knows one")


class OpeningSaid(Said):
    """Who is seen in the room besides those who signed in, why others are not, who attends."""

    present = Listing("到会人员", "Members present", Id("组成人员", "Member"), most=200)
    absences = Listing("缺席情况", "Absences", AbsenceSaid, most=200)
    guests = Listing("列席人员", "Attending", GuestSaid, most=200)


class PutOffSaid(ReasonSaid):
    """An item that was not taken up, and why."""

    item_id = Id("议题", "Item", required=True)


class ClosingSaid(Said):
    """What was not taken up."""

    put_off = Listing("未讨论的议题", "Items put off", PutOffSaid, most=50)


class DepartureSaid(ForSomebody):
    """Why somebody leaves."""

    reason = Line("离场原因", "Reason", most=500, default="")


class RecusalSaid(ForSomebody):
    """Why a member stays away from an item, and who asked for it."""

    ground = Choice("回避事由", "Ground", GROUNDS, required=True)
    explanation = LongText("说明", "Explanation", required=True, most=2000)
    initiated_by = Choice("提出方式", "Initiated by", INITIATORS, default="SELF")
    approved_by = Id("批准人", "Approved by")


class ConsentSaid(ForSomebody):
    """Whether an emergency item may be taken up."""

    consents = YesNo("是否同意", "Agrees", required=True)


class OnVersion(Said):
    """Which version of the item the device showed."""

    version = Whole("议题版本", "Version of the item as it was seen", most=LARGEST_VERSION)


class BreakingOffSaid(OnVersion):
    """Why an item that cannot go on is broken off, and who approved it."""

    reason = LongText("理由", "Reason", required=True, most=2000)
    approved_by = Id("批准人", "Approved by", required=True)


class TakingUpSaid(OnVersion):
    """Which exceptions are claimed as the item is taken up."""

    exceptions = Listing("例外事项", "Exceptions claimed", ExceptionSaid, most=20)


class ReportSaid(OnVersion):
    """The report on the item."""

    text = LongText("汇报内容", "Report", required=True)
    reporter_id = Id("汇报人", "Who reports, where the recorder writes it down")


class PositionSaid(OnVersion):
    """A position with its reasons."""

    stance = Choice("意见", "Position", STANCES, required=True)
    text = LongText("发言内容", "Words", default="")
    person_id = Id("组成人员", "Member for whom the recorder writes it down")


class WaiverSaid(OnVersion):
    """Nothing to add."""

    person_id = Id("组成人员", "Member for whom the recorder writes it down")


class ExplanationSaid(WordsSaid):
    """What somebody who attends without a vote says."""

    kind = Choice("性质", "Kind", EXPLANATIONS, default="LEGAL_EXPLANATION")


class CheckSaid(Said):
    """That what was taken down is right; or, in words, what is not."""

    objection = LongText("异议", "What is wrong", most=5000)


class VotingSaid(OnVersion):
    """How the item is voted upon; the body's usual way if left out."""

    method = Choice("表决方式", "Method", VOTE_METHODS)


class BallotSaid(ForSomebody):
    """A vote."""

    choice = Choice("表决意见", "Vote", VOTES, required=True)


class SecretBallotSaid(Said):
    """A vote that is not linked to anybody."""

    choice = Choice("表决意见", "Vote", VOTES, required=True)


class ItemDecisionSaid(OnVersion):
    """What the item comes to, announced on the spot."""

    outcome = Choice("决定", "Outcome", MEETING_OUTCOMES, required=True)
    decision = LongText("决定内容", "Text of the decision", required=True)
    override_reasons = LongText("与多数意见不一致的理由", "Reasons for departing from the majority")
    divided = YesNo("意见分歧较大", "Widely divided", default=False)
    deferred_until = CalendarDay("暂缓至", "Deferred until")
    exceptions = Listing("例外事项", "Exceptions claimed", ExceptionSaid, most=20)
    person_id = Id("主要负责人", "The principal, where the recorder writes it down")


# -- what is answered ------------------------------------------------------------------------------------


class WarningOut(Schema):
    """What the recorder should know: the rule, and why."""

    rule = fields.String()
    reason = Sentence()


class MeetingActOut(ActOut):
    """The meeting, and the receipt."""

    meeting = fields.Nested(MeetingRowOut)
    warnings = fields.List(fields.Nested(WarningOut))


class CalledOut(MeetingActOut):
    """The meeting with its items, and the receipt."""

    items = fields.List(fields.Nested(ItemRowOut))


class ItemActOut(ActOut):
    """The item as it now stands, and the receipt."""

    item = fields.Nested(ItemRowOut)


class ItemsActOut(ActOut):
    """The items as they now stand, and the receipt."""

    items = fields.List(fields.Nested(ItemRowOut))


class DeliveryRowOut(Schema):
    """A version of a paper that reached a member."""

    id = fields.String()
    person_id = fields.String()
    document_id = fields.String()
    number = fields.Integer()
    sha256 = fields.String()
    delivered_at = Moment()


class DeliveredOut(ActOut):
    """What was delivered, and the receipt."""

    deliveries = fields.List(fields.Nested(DeliveryRowOut))


class DoneAtOut(ActOut):
    """The id of what was noted, when, and the receipt."""

    id = fields.String()
    at = Moment()


class StatementMadeOut(Schema):
    """What was said, as it was taken down."""

    id = fields.String()
    seq = fields.Integer()
    person_id = fields.String()
    kind = fields.String()
    stance = fields.String(allow_none=True)
    text = fields.String()
    at = Moment()


class StatementActOut(ActOut):
    """What was said, in its place, the item as it now stands, and the receipt."""

    statement = fields.Nested(StatementMadeOut)
    item = fields.Nested(ItemRowOut)


class VoteRowOut(Schema):
    """A vote; its count when it is closed."""

    id = fields.String()
    candidate_id = fields.String(allow_none=True)
    method = fields.String()
    state = fields.String()
    due = fields.Integer()
    present = fields.Integer()
    yes = fields.Integer(allow_none=True)
    no = fields.Integer(allow_none=True)
    abstain = fields.Integer(allow_none=True)
    passed = fields.Boolean(allow_none=True)
    opened_at = Moment()
    closed_at = Moment(allow_none=True)


class VotesActOut(ActOut):
    """The votes on an item, the item as it now stands, and the receipt."""

    votes = fields.List(fields.Nested(VoteRowOut))
    item = fields.Nested(ItemRowOut)


class BallotActOut(ActOut):
    """That a vote was cast; not which."""

    vote_id = fields.String()
    person_id = fields.String()
    at = Moment()
