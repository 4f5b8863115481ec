"""The domain book's own rules on notices, comments and feedback (6.2 and 6.4)."""

from __future__ import annotations

import re

from decision_engine.calendar import end_of_day
from decision_engine.language import Text
from decision_engine.rules.facts import Comment, Entry, Facts, Record
from decision_engine.rules.law import DECREE_713, PRIVACY_LAW
from decision_engine.rules.matter import is_non_public, matter_type
from decision_engine.rules.participation import (
    comment_period_is_long_enough,
    comments_at_hand,
    points_without_answer,
    published_on,
)
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule

OFFLINE = frozenset({"NOTICE_BOARD", "OFFICE_COUNTER", "NEWSPAPER", "RADIO", "TELEVISION"})
ABSOLUTE = {
    "HOUSE_EXPROPRIATION": "expropriation_comment_days",
    "LAND_EXPROPRIATION": "land_plan_announcement_days",
}
_PERSONAL = re.compile(r"(?<!\d)(1[3-9]\d{9}|\d{17}[\dXx])(?!\d)|[\w.+-]+@[\w-]+\.\w+")


@rule(
    "R-PUB-01",
    "公开征求意见一般不少于30日，缩短须在公告中说明理由",
    gate="publish_notice",
    law=DECREE_713,
    article="15",
    strength="X",
    mark="v:713-15",
    same_as="R-713-15-2",
)
def notice_runs_thirty_days(facts: Facts) -> Verdict:
    """The notice runs at least thirty days; a shorter one says why in the notice itself."""
    return comment_period_is_long_enough(facts)


@rule(
    "R-PUB-02",
    "征收补偿方案的征求意见期限不得缩短",
    gate="publish_notice",
    law=DECREE_713,
    article="3",
    mark="v:EXP-10; v:LAMR-28",
)
def expropriation_periods_are_absolute(facts: Facts) -> Verdict:
    """In expropriation of land or houses the thirty days are absolute: no urgency shortens them."""
    name = ABSOLUTE.get(matter_type(facts))
    deadline = facts.act.day("deadline")
    if name is None or deadline is None:
        return NOT_APPLICABLE
    published = published_on(facts.act)
    period = facts.period(name, published)
    last = facts.calendar.add(published, period).day
    if deadline >= last:
        return None
    return Text(
        f"征收事项征求意见期限不得少于{period.text.zh}，也不得缩短，最早为{last}，现定于{deadline}。请更正。",
        f"In expropriation the period is {period.text.en} without exception, to {last}, but ends on {deadline}. "
        "Correct it.",
    )


@rule(
    "R-PUB-03",
    "缩短后的期限不少于7个工作日",
    gate="publish_notice",
    law=DECREE_713,
    article="15",
    strength="X",
    mark="D",
)
def shortened_periods_have_a_floor(facts: Facts) -> Verdict:
    """Even a shortened period is at least seven working days."""
    deadline = facts.act.day("deadline")
    if deadline is None:
        return NOT_APPLICABLE
    published = published_on(facts.act)
    period = facts.period("public_comment_floor_days", published)
    last = facts.calendar.add(published, period).day
    if deadline >= last:
        return None
    return Text(
        f"即使缩短，征求意见期限也不少于{period.text.zh}，最早为{last}，现定于{deadline}。请延长。",
        f"Even a shortened period is at least {period.text.en}, to {last}; it ends on {deadline}. Extend it.",
    )


@rule(
    "R-PUB-04",
    "公告发布后内容不得改动；草案改动的须重新公告",
    gate="adjust_draft",
    law=DECREE_713,
    article="15",
    strength="D",
    mark="D",
)
def draft_stands_while_the_public_reads_it(facts: Facts) -> Verdict:
    """While a notice is open its draft is not changed: a change needs a new notice and a new clock."""
    notice = facts.latest("publish_notice")
    deadline = notice.day("deadline") if notice else None
    if notice is None or deadline is None or facts.after(notice.seq, "handle_comments"):
        return NOT_APPLICABLE
    if facts.now >= end_of_day(deadline):
        return None
    return Text(
        f"草案正在公开征求意见（至{deadline}），期间不得改动。请待期满后调整，需要时重新公告。",
        f"The draft is before the public until {deadline} and is not changed meanwhile. Adjust it afterwards, with a "
        "new notice where needed.",
    )


@rule(
    "R-PUB-05",
    "公告渠道不少于两个，其中一个是政府网站",
    gate="publish_notice",
    law=DECREE_713,
    article="15",
    strength="D",
    mark="D",
)
def notice_uses_two_channels(facts: Facts) -> Verdict:
    """A notice uses at least two channels, one of them the government site."""
    channels = set(facts.act.texts("channels"))
    fewest = facts.value("notice_channels")
    if "GOVERNMENT_WEBSITE" in channels and isinstance(fewest, int) and len(channels) >= fewest:
        return None
    return Text(
        f"公告渠道应当不少于{fewest}个，并包括政府网站。请补充渠道。",
        f"A notice uses at least {fewest} channels, the government site among them. Add channels.",
    )


@rule(
    "R-PUB-06",
    "为不便上网的群众提供线下渠道",
    gate="publish_notice",
    law=DECREE_713,
    article="15",
    strength="D",
    mark="D",
)
def notice_reaches_people_offline(facts: Facts) -> Verdict:
    """A notice is also found offline: on a village board, at an office, in the press or on air."""
    if OFFLINE & set(facts.act.texts("channels")):
        return None
    return Text(
        "公告没有线下渠道。请增加村务公开栏、办事大厅等线下渠道。",
        "The notice has no offline channel. Add one, such as the village board or the office.",
    )


@rule(
    "R-PUB-07",
    "未经单独同意不得公开意见人的个人信息",
    gate="publish_feedback",
    law=PRIVACY_LAW,
    article="25",
    mark="v:PIP-25",
)
def commenters_stay_private(facts: Facts) -> Verdict:
    """Personal data of commenters is not published: no telephone, identity number or address in the feedback."""
    if not _PERSONAL.search(facts.act.text("summary")):
        return None
    return Text(
        "反馈内容中有手机号码、身份证号码或者电子邮箱，未经单独同意不得公开。请删去后再发布。",
        "The feedback holds a telephone, identity number or e-mail address, not published without consent. Remove it.",
    )


@rule(
    "R-PUB-08",
    "逾期意见保留并注明",
    gate="handle_comments",
    law=DECREE_713,
    article="18",
    strength="D",
    mark="D",
)
def late_comments_are_kept_and_marked(facts: Facts) -> Verdict:
    """Late comments are kept and marked late; comments in time are never marked late."""
    notices = facts.all("publish_notice")
    if not notices or notices[-1].day("deadline") is None or not facts.comments:
        return NOT_APPLICABLE
    wrong = sum(one.late != _came_late(one, notices) for one in facts.comments)
    if not wrong:
        return None
    return Text(
        f"有{wrong}条意见的逾期标记与公告的截止日期不符。请核对。",
        f"{wrong} comments are marked late or in time against the deadline of their notice. Check them.",
    )


def _came_late(comment: Comment, notices: tuple[Record, ...]) -> bool:
    """Tell whether *comment* came after the deadline of the notice it answered, the newest one out by then."""
    answered = next((one for one in reversed(notices) if one.at <= comment.at), notices[-1])
    deadline = answered.day("deadline")
    return deadline is not None and comment.at >= end_of_day(deadline)


# -- comments ------------------------------------------------------------------------------------------------


@rule(
    "R-CMT-01",
    "每条意见都登记渠道、时间和原文",
    gate="handle_comments",
    law=DECREE_713,
    article="18",
    strength="D",
    mark="D",
)
def every_comment_is_registered(facts: Facts) -> Verdict:
    """Every comment is registered with channel and text, and the number said is the number registered."""
    at_hand = comments_at_hand(facts)
    bare = sum(not (one.channel and one.text) for one in at_hand)
    if bare:
        return Text(
            f"有{bare}条意见没有渠道或者原文。请补登。",
            f"{bare} comments lack their channel or text. Complete the register.",
        )
    said = facts.act.number("comments_received")
    in_time = sum(not one.late for one in at_hand)
    if said is None or in_time <= said <= len(facts.comments):  # a later round may count the earlier ones in
        return None
    return Text(
        f"填写收到意见{said}条，登记簿中有{len(at_hand)}条。请把每条意见登记后再汇总。",
        f"{said} comments are said to have come, {len(at_hand)} are registered. Register every one of them.",
    )


@rule(
    "R-CMT-02",
    "意见归纳为要点，要点与意见相互对应",
    gate="handle_comments",
    law=DECREE_713,
    article="18",
    mark="v:713-18; D",
)
def points_rest_on_comments(facts: Facts) -> Verdict:
    """Points rest on comments that exist; many comments may share a point, and one may raise several."""
    known = {one.id for one in facts.comments}
    named = {comment for point in facts.act.entries("points") for comment in point.texts("comments")}
    unknown = named - known
    if not unknown:
        return None
    return Text(
        f"意见要点引用了{len(unknown)}条登记簿中没有的意见。请核对编号。",
        f"Points refer to {len(unknown)} comments that are not in the register. Check the references.",
    )


@rule(
    "R-CMT-03",
    "逐项写明采纳、部分采纳或者不采纳及理由",
    gate="handle_comments",
    law=DECREE_713,
    article="18",
    mark="v:713-18; v:SEED",
)
def every_point_is_answered(facts: Facts) -> Verdict:
    """Each point is adopted, partly adopted or not adopted, with a reason when not or partly."""
    return points_without_answer(facts.act.entries("points"))


@rule(
    "R-CMT-04",
    "意见采纳情况向社会反馈",
    gate="assemble_meeting_package",
    law=DECREE_713,
    article="18",
    mark="v:SEED; v:EXP-11; v:BIZ-62",
)
def feedback_was_published(facts: Facts) -> Verdict:
    """What became of the opinions is published before the matter goes to the meeting."""
    handled = facts.latest("handle_comments")
    if handled is None or is_non_public(facts):
        return NOT_APPLICABLE
    if facts.after(handled.seq, "publish_feedback"):
        return None
    return Text(
        "意见采纳情况尚未向社会反馈。请先发布反馈公告。",
        "The public was not told what became of its opinions. Publish the feedback first.",
    )


@rule(
    "R-CMT-05",
    "期满后20个工作日内、提请讨论前反馈",
    checks="A",
    law=DECREE_713,
    article="18",
    strength="D",
    mark="D",
)
def feedback_came_in_time(facts: Facts) -> Verdict:
    """Feedback is published within twenty working days after the public was last heard.

    That is the end of the period, or a hearing of the same round that was held after it.
    """
    notice = facts.latest("publish_notice")
    deadline = notice.day("deadline") if notice else None
    if notice is None or deadline is None:
        return NOT_APPLICABLE
    given = facts.after(notice.seq, "publish_feedback")
    published = (given[-1].day("published_at") or given[-1].local_day) if given else facts.today
    heard = [day for one in facts.after(notice.seq, "hold_hearing") if (day := one.day("hearing_at"))]
    closed = max(deadline, *heard) if heard else deadline
    limit = facts.calendar.add(closed, facts.period("feedback_days", closed)).day
    if published <= limit:
        return None
    return Text(
        f"意见采纳情况应当不迟于{limit}反馈，实际为{published}。请说明原因。",
        f"Feedback was due by {limit} and came, or is still open, on {published}. Explain the delay.",
    )


@rule(
    "R-CMT-06",
    "提请讨论的材料写明主要意见及采纳情况",
    gate="assemble_meeting_package",
    law=DECREE_713,
    article="29",
    mark="v:713-29",
)
def package_carries_the_opinions(facts: Facts) -> Verdict:
    """The meeting package carries the main opinions and what became of them."""
    if facts.latest("handle_comments") is None:
        return NOT_APPLICABLE
    slots = {one.text("slot"): one for one in facts.act.entries("meeting_package")}
    if slots.get("PUBLIC_OPINIONS", Entry({})).text("status") == "FILED":
        return None
    return Text(
        "提请讨论的材料没有公众意见采纳情况。请补充。",
        "The package does not say what became of the public's opinions. Add it.",
    )
