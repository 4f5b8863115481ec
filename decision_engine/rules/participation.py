"""Hearing the public (Decree 713, articles 14-18): notice, period, activities, and what became of every opinion."""

from __future__ import annotations

from datetime import date, timedelta

from decision_engine.calendar import end_of_day
from decision_engine.language import Text
from decision_engine.rules.facts import Comment, Entry, Facts, Record
from decision_engine.rules.law import DECREE_713
from decision_engine.rules.legality import opens_the_meeting
from decision_engine.rules.matter import ACTIVITIES, answered, incomplete, is_non_public, listed, written
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule

CHOICES = ("hold_hearing", "run_survey", "hold_symposium")
HEARING_STEPS = ("PRESENTATION", "DEBATE", "SIGNING")
HANDLINGS = frozenset({"ADOPTED", "PARTLY_ADOPTED", "NOT_ADOPTED"})


@rule(
    "R-713-14-1",
    "除依法不予公开的外，应当充分听取公众意见",
    gate=("determine_procedure", "submit_review_package", "assemble_meeting_package"),
    law=DECREE_713,
    article="14",
)
def the_public_is_heard(facts: Facts) -> Verdict:
    """The public is heard in a convenient way, unless the matter is lawfully not public."""
    if is_non_public(facts):
        if written(facts, "non_public_basis"):
            return None
        return Text(
            "不公开决策须有法律依据，尚未填写。请填写不予公开的依据，或者开展公众参与。",
            "A matter kept from the public needs a legal basis. Enter it, or hear the public.",
        )
    if facts.gate == "determine_procedure":
        return None
    if facts.all("handle_comments", *ACTIVITIES[1:]):
        return None
    return Text(
        "尚未听取公众意见，也没有依法不予公开的认定。请先开展公众参与并处理意见。",
        "The public was not heard and the matter is not lawfully kept from it. Hear the public first.",
    )


@rule(
    "R-713-14-3",
    "涉及特定群体利益的，听取相关人民团体、社会组织和群众代表意见",
    gate=("publish_notice", "issue_legality_opinion"),
    law=DECREE_713,
    article="14",
)
def affected_groups_are_heard(facts: Facts) -> Verdict:
    """Where a specific group's interests are touched, at least one activity reaches each group.

    The notice chooses the activities; a group that was still not heard keeps the review from opening the meeting.
    """
    groups = listed(facts, "affected_groups")
    if not groups:
        return NOT_APPLICABLE
    heard = {group for record in facts.all(*ACTIVITIES) for group in _groups_heard(record)}
    unheard = tuple(group for group in groups if group not in heard)
    if not unheard or (facts.gate == "publish_notice" and any(facts.act.flag(name) for name in CHOICES)):
        return None
    if facts.gate == "issue_legality_opinion" and not opens_the_meeting(facts.act):
        return NOT_APPLICABLE
    return Text(
        f"以下特定群体尚未听取意见：{'、'.join(unheard)}。请座谈、走访或以其他方式听取并记录。",
        f"These groups were not heard: {', '.join(unheard)}. Hear each in a meeting, a visit or otherwise.",
    )


def _groups_heard(record: Record) -> set[str]:
    people = record.entries("participants")
    return {
        *record.texts("affected_groups"),
        *(one.text("represents") for one in people),
        *(one.text("side") for one in people if one.flag("present") is not False),
    }


# -- the notice ----------------------------------------------------------------------------------------


@rule(
    "R-713-15-1",
    "公告载明草案及说明材料、提交意见的方式和期限，并在公众可及的渠道发布",
    gate="publish_notice",
    law=DECREE_713,
    article="15",
)
def notice_says_what_it_must(facts: Facts) -> Verdict:
    """The notice carries draft, explanation, channels, ways to submit, and deadline."""
    return incomplete(
        facts.act,
        {
            "draft_ref": Text("决策草案", "the draft"),
            "explanation_ref": Text("说明材料", "the explanation"),
            "channels": Text("发布渠道", "the channels"),
            "how_to_submit": Text("提交意见的方式", "how to submit"),
            "deadline": Text("截止日期", "the deadline"),
        },
    )


@rule(
    "R-713-15-2",
    "公开征求意见的期限一般不少于30日",
    gate=("publish_notice", "comment_period", "handle_comments"),
    law=DECREE_713,
    article="15",
    strength="X",
)
def comment_period_is_long_enough(facts: Facts) -> Verdict:
    """The period for opinions is generally at least thirty days.

    The day of publication is not counted (R-CAL-1); a last day that is a rest day moves on (R-CAL-4). Once the
    notice is out, its own deadline binds: nothing is closed before that day is over (R-CAL-6).
    """
    notice = facts.act if facts.gate == "publish_notice" else facts.latest("publish_notice")
    if notice is None:
        return NOT_APPLICABLE
    deadline = notice.day("deadline")
    if deadline is None:
        return Text("公告没有截止日期。请填写截止日期。", "The notice has no deadline. Enter one.")
    if facts.gate != "publish_notice":
        return _closed_too_early(facts, deadline)
    return _notice_too_short(facts, notice, deadline)


def _notice_too_short(facts: Facts, notice: Record, deadline: date) -> Verdict:
    published = published_on(notice)
    period = facts.period("public_comment_days", published)
    raw = published + timedelta(days=period.amount)
    last = facts.calendar.add(published, period)
    if deadline >= last.day:
        return None
    rolled = raw != last.day
    return Text(
        f"公告自{published}起，截止日期为{deadline}，不足{period.text.zh}：公告当日不计入（R-CAL-1），期满日为{raw}"
        + (f"，该日为休息日，顺延至{last.day}（R-CAL-4）" if rolled else "")
        + f"。请将截止日期改为{last.day}或之后；确因紧急等情况需要缩短的，请登记例外并在公告中写明理由。",
        f"Published on {published} with deadline {deadline}, the notice runs less than {period.text.en}: the day of "
        f"publication is not counted (R-CAL-1) and the period ends on {raw}"
        + (f", a rest day, so on {last.day} (R-CAL-4)" if rolled else "")
        + f". Set the deadline to {last.day} or later; to shorten it for urgency, record the exception and state "
        "the reason in the notice.",
    )


def _closed_too_early(facts: Facts, deadline: date) -> Verdict:
    if facts.now >= end_of_day(deadline):
        return None
    return Text(
        f"征求意见期限至{deadline}二十四时届满（R-CAL-6），尚未届满。请在期满后办理。",
        f"The period runs until the end of {deadline} (R-CAL-6) and is not over. Act after it has ended.",
    )


@rule(
    "R-713-15-3",
    "缩短期限的，在公告中说明理由",
    gate="publish_notice",
    law=DECREE_713,
    article="15",
)
def shortening_is_explained_in_the_notice(facts: Facts) -> Verdict:
    """A shorter period needs urgency or the like, and the reason stands in the notice itself."""
    deadline = facts.act.day("deadline")
    if deadline is None or _notice_too_short(facts, facts.act, deadline) is None:
        return NOT_APPLICABLE
    if facts.act.text("shortening_reason"):
        return None
    return Text(
        "缩短征求意见期限的理由必须写在公告中，发布后不能补写。请在公告中说明理由。",
        "The reason for a shorter period must stand in the notice and cannot be added later. State it there.",
    )


def published_on(notice: Record) -> date:
    """Return the day a notice was published: the day it states, else the day it was recorded."""
    return notice.day("published_at") or notice.local_day


# -- hearings ------------------------------------------------------------------------------------------


@rule(
    "R-713-16-1",
    "法律、法规、规章规定应当听证的，召开听证会",
    gate=("publish_notice", "issue_legality_opinion"),
    law=DECREE_713,
    article="16",
)
def required_hearing_is_held(facts: Facts) -> Verdict:
    """A hearing must be held where law, regulation or rule says so: chosen with the notice, held before the meeting."""
    if answered(facts, "hearing_required") is not True:
        return NOT_APPLICABLE
    if facts.latest("hold_hearing") is not None or facts.act.flag("hold_hearing") is True:
        return None
    if facts.gate == "issue_legality_opinion" and not opens_the_meeting(facts.act):
        return NOT_APPLICABLE
    return Text(
        "本事项依法应当听证，尚未召开听证会。请在公告时选择召开听证会，听证后再审查、提请讨论。",
        "The law requires a hearing on this matter and none was held. Choose it with the notice and hold it first.",
    )


@rule("R-713-16-2", "听证会前公布草案及说明、时间和地点", gate="hold_hearing", law=DECREE_713, article="16")
def hearing_is_announced(facts: Facts) -> Verdict:
    """Before a hearing the draft and explanation, time and place are published."""
    lacking = incomplete(
        facts.act,
        {
            "notice_published_at": Text("听证公告发布时间", "when the notice was published"),
            "hearing_at": Text("听证时间", "the time"),
            "place": Text("听证地点", "the place"),
        },
    )
    if lacking is not None:
        return lacking
    announced, held = facts.act.moment("notice_published_at"), facts.act.moment("hearing_at")
    if announced is None or held is None or announced < held:
        return None
    return Text(
        "听证公告须在听证会召开前发布。请核对时间。",
        "The hearing must be announced before it is held. Check the times.",
    )


@rule(
    "R-713-16-3",
    "遴选听证参加人的，提前公布办法、公开遴选、各方都有代表并提前公布名单",
    gate="hold_hearing",
    law=DECREE_713,
    article="16",
)
def participants_are_chosen_openly(facts: Facts) -> Verdict:
    """Participants are chosen by a published method, openly, from every side, and listed beforehand.

    The groups affected, as found when the procedure was determined, are sides, whoever drew up the hearing's list.
    """
    if facts.act.flag("selection_needed") is not True:
        return NOT_APPLICABLE
    lacking = incomplete(
        facts.act,
        {
            "selection_rule_published_at": Text("遴选办法公布日期", "when the method was published"),
            "selection_record": Text("遴选记录", "the record of the selection"),
            "list_published_at": Text("名单公布日期", "when the list was published"),
        },
    )
    if lacking is not None:
        return lacking
    present = {one.text("side") for one in facts.act.entries("participants")}
    sides = dict.fromkeys((*facts.act.texts("sides"), *listed(facts, "affected_groups")))
    absent = tuple(side for side in sides if side not in present)
    if absent:
        return Text(
            f"以下利益相关方没有代表参加听证：{'、'.join(absent)}。请补选代表后再召开。",
            f"These sides have no representative: {', '.join(absent)}. Choose some before the hearing is held.",
        )
    held, listed_on = facts.act.day("hearing_at"), facts.act.day("list_published_at")
    if held is not None and listed_on is not None and listed_on >= held:
        return Text(
            "听证参加人名单须在听证会前公布。请核对日期。",
            "The list of participants must be published before the hearing. Check the dates.",
        )
    return None


@rule("R-713-16-4", "听证材料在召开前至少7日送达参加人", gate="hold_hearing", law=DECREE_713, article="16")
def materials_reach_participants_in_time(facts: Facts) -> Verdict:
    """Materials reach the participants at least seven days before the hearing."""
    held = facts.act.day("hearing_at")
    if held is None:
        return Text("未填写听证日期。请补充。", "The day of the hearing is not given. Enter it.")
    period = facts.period("hearing_materials_days")
    latest = held - timedelta(days=period.amount)  # R-CAL-7, not in clear days
    late = [
        one.text("name") or "?"
        for one in facts.act.entries("participants")
        if (delivered := one.day("delivered_at")) is None or delivered > latest
    ]
    if not late:
        return None
    return Text(
        f"以下参加人未在{latest}（听证前{period.text.zh}）以前收到材料：{'、'.join(late)}。请改期召开。",
        f"These participants had no materials by {latest} ({period.text.en} before): {', '.join(late)}. "
        "Postpone the hearing.",
    )


@rule(
    "R-713-17-1",
    "听证按陈述、质证辩论、确认签字的顺序进行",
    gate="hold_hearing",
    law=DECREE_713,
    article="17",
)
def hearing_runs_in_order_and_is_signed(facts: Facts) -> Verdict:
    """Presentation, then views and debate, then every participant confirms and signs the record."""
    if facts.act.texts("steps") != HEARING_STEPS:
        return Text(
            "听证须依次进行：承办单位陈述、参加人质证辩论、确认笔录并签字。请按实际情况核对各环节。",
            "A hearing runs in order: presentation, debate, confirmation and signing. Check the steps recorded.",
        )
    unsigned = [
        one.text("name") or "?"
        for one in facts.act.entries("participants")
        if one.flag("present") is not False
        and one.flag("signed") is not True
        and not one.text("refusal_note")
    ]
    if not unsigned:
        return None
    return Text(
        f"以下参加人未在笔录上签字，也未注明拒签情况：{'、'.join(unsigned)}。请补签或注明。",
        f"These participants did not sign and no refusal is noted: {', '.join(unsigned)}. Have them sign or note it.",
    )


# -- what became of the opinions ------------------------------------------------------------------------


@rule(
    "R-713-18-1",
    "对各方意见归纳整理、研究论证，充分采纳合理意见",
    gate="handle_comments",
    law=DECREE_713,
    article="18",
)
def every_opinion_is_dealt_with(facts: Facts) -> Verdict:
    """Every comment is sorted into a point; every point is adopted, partly adopted, or not, with the reason."""
    points = facts.act.entries("points")
    covered = {comment for point in points for comment in point.texts("comments")}
    open_comments = [one.id for one in comments_at_hand(facts) if not one.late and one.id not in covered]
    if open_comments:
        return Text(
            f"还有{len(open_comments)}条公众意见没有归入任何要点。请全部归纳后再提交。",
            f"{len(open_comments)} comments are in no point. Sort them all before submitting.",
        )
    return points_without_answer(points)


def comments_at_hand(facts: Facts) -> tuple[Comment, ...]:
    """Return the comments to be dealt with: all but those answered in a round before the newest notice."""
    notice = facts.latest("publish_notice")
    answered_before = {
        comment
        for handled in facts.all("handle_comments")
        if notice is not None and handled.seq < notice.seq
        for point in handled.entries("points")
        for comment in point.texts("comments")
    }
    return tuple(one for one in facts.comments if one.id not in answered_before)


def points_without_answer(points: tuple[Entry, ...]) -> Text | None:
    """Return a reason naming the points without handling, or without a reason where one is due."""
    unanswered = [str(no) for no, point in enumerate(points, 1) if point.text("handling") not in HANDLINGS]
    if unanswered:
        return Text(
            f"第{'、'.join(unanswered)}项意见要点没有处理结果。请逐项填写采纳、部分采纳或不采纳。",
            f"Points {', '.join(unanswered)} have no result. Say of each: adopted, partly adopted, not adopted.",
        )
    unexplained = [
        str(no)
        for no, point in enumerate(points, 1)
        if point.text("handling") != "ADOPTED" and not point.text("reason")
    ]
    if unexplained:
        return Text(
            f"第{'、'.join(unexplained)}项意见要点未采纳或部分采纳，没有说明理由。请补充理由。",
            f"Points {', '.join(unexplained)} were not (fully) adopted and no reason is given. Give one each.",
        )
    return None
