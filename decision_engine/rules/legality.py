"""Legality review (Decree 713, articles 25-28): no review of this very draft, no discussion of it.

Seven working days are time guaranteed to the reviewer, not a length the review must have: what is guarded is the
date asked for and the date of the meeting, never the day the reviewer is done. Silence is never consent.
"""

from __future__ import annotations

from datetime import date

from decision_engine.language import Text
from decision_engine.rules.facts import Facts, Record
from decision_engine.rules.law import DECREE_713
from decision_engine.rules.matter import (
    answered,
    draft_after,
    incomplete,
    latest_opinion,
)
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule

MEETING_GATES = ("assemble_meeting_package", "confirm_agenda", "open_meeting")
FOR_MEETING = frozenset({"LEGAL", "LEGAL_AFTER_REVISION", "EXPLORATORY_RISK_STATED"})
UNLAWFUL = frozenset({"ILLEGAL", "NO_AUTHORITY"})
DRAFTING = ("draft_decision", "finalize_draft", "adjust_draft")
_QUESTIONS = {
    "within_authority": Text("是否符合法定权限", "whether it is within authority"),
    "procedure_performed": Text("是否履行法定程序", "whether the procedure was performed"),
    "content_consistent": Text("内容是否合法", "whether the content is lawful"),
}


def opens_the_meeting(opinion: Record) -> bool:
    """Tell whether an opinion lets its draft go to the meeting: a needed revision must be confirmed."""
    outcome = opinion.text("outcome")
    return outcome in FOR_MEETING and (outcome != "LEGAL_AFTER_REVISION" or opinion.flag("confirmed") is True)


# -- article 25 --------------------------------------------------------------------------------------------


@rule("R-713-25-1", "未经合法性审查的，不得提交讨论", gate=MEETING_GATES, law=DECREE_713, article="25")
def this_draft_was_reviewed(facts: Facts) -> Verdict:
    """No legality review of this draft version, no discussion by the organ."""
    opinion = latest_opinion(facts)
    if opinion is None:
        return Text(
            "决策草案未经合法性审查，不得提交讨论。请先送请合法性审查。",
            "The draft had no legality review and may not be discussed. Submit it to the review first.",
        )
    if draft_after(facts, opinion) is not None:
        return Text(
            "合法性审查意见针对的不是现行草案版本。请就现行版本重新审查或请审查部门确认。",
            "The legality opinion was given on another version of the draft. Have this version reviewed or confirmed.",
        )
    if opens_the_meeting(opinion) or opinion.text("outcome") in UNLAWFUL:
        return None
    return Text(
        "合法性审查尚未作出可以提交讨论的结论（需修改的须经审查部门确认）。请按审查意见办理后再提交。",
        "The review has no conclusion that permits discussion (revisions must be confirmed). Act on it first.",
    )


@rule(
    "R-713-25-2",
    "不得以征求意见等方式代替合法性审查",
    gate="issue_legality_opinion",
    law=DECREE_713,
    article="25",
)
def consultation_is_no_review(facts: Facts) -> Verdict:
    """Soliciting opinions cannot replace the review: the reviewing department itself issues it, by its officer."""
    if facts.act.role in {None, "legal_officer"} and facts.act.has("issued_by_org"):
        return None
    return Text(
        "合法性审查意见须由负责合法性审查的部门出具，会签、征求意见不能代替。请由审查部门办理。",
        "Only the reviewing department issues the legality opinion; consultation cannot replace it. Let it act.",
    )


@rule("R-713-25-3", "经审查不合法的，不得提交讨论", gate=MEETING_GATES, law=DECREE_713, article="25")
def unlawful_drafts_stay_out(facts: Facts) -> Verdict:
    """A draft reviewed as unlawful or beyond authority may not be submitted."""
    opinion = latest_opinion(facts)
    if opinion is None:
        return NOT_APPLICABLE
    if opinion.text("outcome") not in UNLAWFUL:
        return None
    return Text(
        "合法性审查结论为不合法或者超越法定权限，不得提交讨论。请重新拟订草案、移送有权机关或者终止程序。",
        "The review found the draft unlawful or beyond authority; it may not be submitted. Draft anew, hand it to "
        "the competent organ, or end the procedure.",
    )


@rule(
    "R-713-25-4",
    "国家尚无明确规定的探索性改革，明示法律风险后可以提交",
    gate=("issue_legality_opinion", *MEETING_GATES),
    law=DECREE_713,
    article="25",
    strength="O",
)
def exploratory_reform_states_its_risk(facts: Facts) -> Verdict:
    """Exploratory reform without an explicit state rule may be submitted with its legal risk stated."""
    opinion = facts.act if facts.gate == "issue_legality_opinion" else latest_opinion(facts)
    if opinion is None or opinion.text("outcome") != "EXPLORATORY_RISK_STATED":
        return NOT_APPLICABLE
    if answered(facts, "is_exploratory", "draft_decision", "register_proposal") is not True:
        return Text(
            "草案未标明属于国家尚无明确规定的探索性改革，不能适用该结论。请核对结论或在草案中标明。",
            "The draft is not marked as exploratory reform, so this conclusion does not fit. Correct one of them.",
        )
    shown = opinion if facts.gate != "assemble_meeting_package" else facts.act
    if opinion.text("legal_risk_statement") and shown.text("legal_risk_statement"):
        return None
    return Text(
        "探索性改革须明示法律风险并提供给每位组成人员。请填写法律风险说明。",
        "Exploratory reform states its legal risk and shows it to every member. Enter the statement.",
    )


# -- article 26 ---------------------------------------------------------------------------------------------


@rule(
    "R-713-26-1",
    "送审材料包括草案及依据、履行法定程序的说明等",
    gate="submit_review_package",
    law=DECREE_713,
    article="26",
)
def package_holds_what_the_law_names(facts: Facts) -> Verdict:
    """The package has draft and explanation, legal basis, and the explanation of the procedure performed."""
    filed = {one.text("item") for one in facts.act.entries("checklist") if one.text("status") == "FILED"}
    wanted = {
        "DRAFT_AND_EXPLANATION": Text("决策草案及起草说明", "draft and explanation"),
        "LEGAL_BASIS": Text("制定依据", "legal basis"),
        "PROCEDURE_STATEMENT": Text("履行法定程序的说明", "statement of the procedure performed"),
    }
    lacking = [label for item, label in wanted.items() if item not in filed]
    if not facts.act.text("procedure_statement") and "PROCEDURE_STATEMENT" in filed:
        lacking.append(wanted["PROCEDURE_STATEMENT"])
    return lacking_materials(lacking)


def lacking_materials(lacking: list[Text]) -> Verdict:
    """Return a reason naming what the review package lacks, or None."""
    if not lacking:
        return None
    zh, en = "、".join(one.zh for one in lacking), ", ".join(one.en for one in lacking)
    return Text(
        f"送审材料缺少：{zh}。请补齐后送审。", f"The package lacks: {en}. Complete it before submitting."
    )


@rule(
    "R-713-26-2",
    "送审材料不符合要求的，退回或者要求补充",
    gate="check_review_package",
    law=DECREE_713,
    article="26",
    strength="O",
)
def return_says_what_is_missing(facts: Facts) -> Verdict:
    """A package that does not conform is returned or supplemented, and it is said what is missing."""
    if facts.act.text("outcome") not in {"RETURN", "SUPPLEMENT"}:
        return NOT_APPLICABLE
    if facts.act.texts("missing"):
        return None
    return Text(
        "退回或者要求补充材料的，应当列明缺少或不符合要求的材料。请列明。",
        "Where a package is returned or to be supplemented, what is missing is listed. List it.",
    )


def package_complete_on(facts: Facts) -> date | None:
    """Return the day the review package was complete, from which the reviewer's time runs (R-LEG-01)."""
    for check in reversed(facts.all("check_review_package")):
        if check.text("outcome") == "COMPLETE":
            return check.day("package_complete_at") or check.local_day
    return None


@rule(
    "R-713-26-3",
    "保证必要的审查时间，一般不少于7个工作日",
    gate=("submit_review_package", "confirm_agenda", "open_meeting"),
    law=DECREE_713,
    article="26",
    strength="X",
)
def reviewer_has_seven_working_days(facts: Facts) -> Verdict:
    """The reviewer is given the necessary time, generally at least seven working days.

    Guarded are the date asked for and the date of the meeting; the day the package was complete is not counted.
    """
    if facts.gate == "submit_review_package":
        asked = facts.act.day("requested_due_at")
        return NOT_APPLICABLE if asked is None else _enough_time(facts, facts.act.local_day, asked)
    complete = package_complete_on(facts)
    meeting = facts.act.day("meeting_at" if facts.gate == "confirm_agenda" else "opened_at")
    if complete is None or meeting is None:
        return NOT_APPLICABLE
    if facts.gate == "open_meeting" and _was_announced_for(facts, meeting):
        return None
    return _enough_time(facts, complete, meeting)


def _was_announced_for(facts: Facts, opened: date) -> bool:
    """Tell whether the meeting opens no earlier than its agenda said, where the time was examined already."""
    agenda = facts.latest("confirm_agenda")
    announced = agenda.day("meeting_at") if agenda else None
    return announced is not None and opened >= announced


def _enough_time(facts: Facts, complete: date, until: date) -> Verdict:
    period = facts.period("legality_review_days", complete)
    earliest = facts.calendar.add(complete, period).day
    if until >= earliest:
        return None
    return Text(
        f"送审材料于{complete}齐备，合法性审查时间一般不少于{period.text.zh}，最早为{earliest}，现定于{until}。"
        f"请改为{earliest}或之后；确有紧急情况的，请登记例外并取得审查部门同意。",
        f"The package was complete on {complete}; the reviewer generally has at least {period.text.en}, so not before "
        f"{earliest}, but {until} is set. Move it to {earliest} or later; if urgent, record the exception with the "
        "reviewer's consent.",
    )


# -- articles 27 and 28 --------------------------------------------------------------------------------------


@rule(
    "R-713-27-1",
    "审查决策权限、法定程序和内容合法性三个方面",
    gate="issue_legality_opinion",
    law=DECREE_713,
    article="27",
)
def three_questions_are_answered(facts: Facts) -> Verdict:
    """Authority, procedure and content are each found on, with text, and the conclusion agrees with them."""
    groups = {name: facts.act.entry(name) for name in _QUESTIONS}
    silent = [
        label
        for name, label in _QUESTIONS.items()
        if (group := groups[name]) is None or group.flag("conforms") is None or not group.text("explanation")
    ]
    if silent:
        zh, en = "、".join(one.zh for one in silent), ", ".join(one.en for one in silent)
        return Text(
            f"以下审查内容没有结论或说明：{zh}。请逐项填写。", f"No finding or no text on: {en}. Answer each."
        )
    refuted = any(group is not None and group.flag("conforms") is False for group in groups.values())
    if facts.act.text("outcome") == "LEGAL" and refuted:
        return Text(
            "审查结论为合法，但三项审查中有不符合的。请核对结论。",
            "The conclusion is LEGAL but one of the three findings says otherwise. Reconcile them.",
        )
    return None


@rule(
    "R-713-28-1",
    "审查部门及时出具意见并对意见负责",
    gate="issue_legality_opinion",
    law=DECREE_713,
    article="28",
)
def opinion_is_answered_for(facts: Facts) -> Verdict:
    """The reviewing department issues the opinion and answers for it: department, reviewer and signature."""
    lacking = incomplete(
        facts.act,
        {
            "issued_by_org": Text("审查部门", "the reviewing department"),
            "signed_at": Text("签署时间", "when it was signed"),
        },
    )
    if lacking is not None:
        return lacking
    named = facts.act.text("reviewer_id")
    if not named or facts.act.author is None or named in {facts.act.author, facts.act.on_behalf_of}:
        return None
    return Text(
        "审查人与提交人不一致。审查意见须由审查人本人提交并负责。",
        "The reviewer named is not the person who submits. The reviewer submits the opinion and answers for it.",
    )


@rule(
    "R-713-28-2",
    "组织法律顾问、公职律师提出法律意见",
    gate="issue_legality_opinion",
    law=DECREE_713,
    article="28",
)
def lawyers_are_heard(facts: Facts) -> Verdict:
    """Legal advisers or government lawyers give their opinion during the review."""
    if facts.since("submit_review_package", "legal_adviser_opinion"):
        return None
    return Text(
        "本次审查还没有法律顾问或者公职律师的意见。请先取得意见。",
        "No legal adviser or government lawyer has been heard in this review. Obtain an opinion first.",
    )


@rule(
    "R-713-28-3",
    "承办单位按照审查意见修改或者补充",
    gate="adjust_draft",
    law=DECREE_713,
    article="28",
)
def findings_are_answered(facts: Facts) -> Verdict:
    """The lead unit adjusts according to the opinion and answers every finding."""
    cause = facts.latest(
        "issue_legality_opinion", "determine_risk", "fair_competition_review", "principal_decides"
    )
    if cause is None or cause.kind != "issue_legality_opinion":
        return NOT_APPLICABLE
    wanted, given = len(cause.texts("revisions")), facts.act.entries("responses")
    if len(given) < wanted:
        return Text(
            f"审查意见提出{wanted}项修改要求，仅回应{len(given)}项。请逐项回应。",
            f"The opinion asks for {wanted} revisions and {len(given)} are answered. Answer each.",
        )
    bare = [
        str(no)
        for no, one in enumerate(given, 1)
        if not _is_answered(one.text("handling"), one.text("reason"))
    ]
    if not bare:
        return None
    return Text(
        f"第{'、'.join(bare)}项未采纳或部分采纳，没有说明理由。请补充理由。",
        f"Items {', '.join(bare)} are not (fully) adopted without a reason. Give one.",
    )


def _is_answered(handling: str, reason: str) -> bool:
    return handling == "ADOPTED" or (handling in {"PARTLY_ADOPTED", "NOT_ADOPTED"} and bool(reason))
