"""Fair competition and the business environment: what touches market players is reviewed before it is issued."""

from __future__ import annotations

from decision_engine.language import Text
from decision_engine.rules.facts import Facts
from decision_engine.rules.law import BUSINESS, FAIR_COMPETITION
from decision_engine.rules.matter import answered, incomplete
from decision_engine.rules.participation import comment_period_is_long_enough
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule


def _touches_market_players(facts: Facts) -> bool:
    return answered(facts, "market_players") is True


@rule(
    "R-FC-14-1",
    "涉及经营者经济活动的，起草阶段先行初审，市场监管部门会同审查",
    gate=("fair_competition_review", "submit_review_package"),
    law=FAIR_COMPETITION,
    article="14",
    mark="v:FC-2; v:FC-14",
)
def competition_is_reviewed_while_drafting(facts: Facts) -> Verdict:
    """The drafting unit makes a first review and the market regulator reviews with it, in the drafting phase."""
    if not _touches_market_players(facts):
        return NOT_APPLICABLE
    review = facts.latest("fair_competition_review")
    if review is None:
        return Text(
            "本事项涉及经营者经济活动，尚未进行公平竞争审查。请先审查再送合法性审查。",
            "The matter touches business activity and had no fair-competition review. Review it first.",
        )
    if facts.gate == "fair_competition_review" and review.role not in {None, "market_regulator"}:
        return Text(
            "公平竞争审查由市场监管部门会同起草单位开展。请由市场监管部门办理。",
            "The market regulator makes this review with the drafting unit. Let the regulator do it.",
        )
    return incomplete(
        review,
        {
            "first_review": Text("起草单位初审意见", "the drafting unit's first review"),
            "conclusion": Text("审查说明", "the regulator's explanation"),
        },
    )


@rule(
    "R-FC-16-1",
    "公平竞争审查应当听取有关经营者、行业协会商会等利害关系人意见",
    gate="fair_competition_review",
    law=FAIR_COMPETITION,
    article="16",
)
def operators_are_heard(facts: Facts) -> Verdict:
    """Interested operators and trade associations are heard on the effects on competition."""
    if facts.act.entries("operators_heard"):
        return None
    return Text(
        "没有听取经营者、行业协会商会意见的记录。请听取并记录。",
        "No operator or trade association was heard. Hear them and record it.",
    )


@rule(
    "R-FC-18-1",
    "未经公平竞争审查或者经审查违反规定的，不得出台",
    gate=("assemble_meeting_package", "confirm_agenda", "publish_decision", "record_non_publication"),
    law=FAIR_COMPETITION,
    article="18",
)
def no_measure_without_competition_review(facts: Facts) -> Verdict:
    """Without a review, or reviewed as restricting competition, the measure may not be issued."""
    if not _touches_market_players(facts):
        return NOT_APPLICABLE
    review = facts.latest("fair_competition_review")
    if review is not None and review.text("outcome") in {"NO_RESTRICTION", "EXCEPTION"}:
        return _conclusion_is_submitted(facts)
    return Text(
        "没有公平竞争审查结论，或者结论为具有排除、限制竞争效果，不得出台。请完成审查或者调整草案。",
        "There is no fair-competition conclusion, or it finds a restriction; the measure may not be issued. Complete "
        "the review or adjust the draft.",
    )


def _conclusion_is_submitted(facts: Facts) -> Verdict:
    slots = {one.text("slot"): one.text("status") for one in facts.act.entries("meeting_package")}
    if slots.get("FAIR_COMPETITION", "FILED") == "FILED":
        return None
    return Text(
        "本事项涉及经营者经济活动，公平竞争审查材料不能填写为不适用。请附审查结论。",
        "The matter touches business activity, so the fair-competition review is not left out. Attach "
        "its conclusion.",
    )


@rule(
    "R-FC-12-1",
    "适用例外的，说明公共目的、没有限制更小的替代方案及实施期限",
    gate="fair_competition_review",
    law=FAIR_COMPETITION,
    article="12",
    mark="v:FC-12; v:FC-17",
)
def exception_is_explained(facts: Facts) -> Verdict:
    """An exception needs a listed public purpose, no less restrictive alternative, and a time limit or end."""
    if facts.act.text("outcome") != "EXCEPTION":
        return NOT_APPLICABLE
    lacking = incomplete(
        facts.act,
        {
            "exception_purpose": Text("公共目的", "the public purpose"),
            "exception_necessity": Text(
                "没有对竞争影响更小的替代方案", "why nothing less restrictive would do"
            ),
        },
    )
    if lacking is not None:
        return lacking
    if facts.act.has("exception_until") or facts.act.has("exception_end_condition"):
        return None
    return Text(
        "例外须有合理的实施期限或者终止条件。请填写其中之一。",
        "An exception needs a reasonable time limit or a condition that ends it. Enter one of them.",
    )


@rule(
    "R-BIZ-62-1",
    "与经营主体密切相关的规范性文件，公开征求意见一般不少于30日并反馈采纳情况",
    gate=("publish_notice", "assemble_meeting_package"),
    law=BUSINESS,
    article="62",
    strength="X",
    same_as="R-713-15-2",
)
def business_documents_are_open_and_answered(facts: Facts) -> Verdict:
    """Normative documents close to business activity: thirty days of comment, generally, and feedback on adoption."""
    if not _touches_market_players(facts):
        return NOT_APPLICABLE
    if answered(facts, "is_normative_document", "register_proposal") is not True:
        return NOT_APPLICABLE
    if facts.gate == "publish_notice":
        return comment_period_is_long_enough(facts)
    if facts.latest("publish_feedback") is not None:
        return None
    return Text(
        "本文件与经营主体密切相关，意见采纳情况尚未反馈。请先反馈采纳情况。",
        "This document is close to business activity and the adoption of opinions was not fed back. Publish it first.",
    )
