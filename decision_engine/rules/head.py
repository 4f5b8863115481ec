"""What the head of government decides in person: another principal of the same place does not (Organic Law, 6)."""

from __future__ import annotations

from decision_engine.language import Text
from decision_engine.rules.facts import Facts
from decision_engine.rules.law import ORGANIC_LAW
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule

HEADED_BY = ("mayor_office_meeting", "gov_executive_meeting", "gov_plenary_meeting")
"""Bodies whose principal is the head of government; a party committee's is not."""


@rule(
    "R-ORG-6-1",
    "实行行政首长负责制，重大事项经集体讨论决定",
    gate=(
        "decide_initiation",
        "determine_risk",
        "sign_decision",
        "suspend_execution",
        "confirm_suspension",
        "order_evaluation",
        "decide_evaluation_outcome",
    ),
    law=ORGANIC_LAW,
    article="6",
)
def head_of_government_decides(facts: Facts) -> Verdict:
    """Local governments work under the responsibility of their head: what the head decides, nobody else does.

    Who acts for the head by delegation acts as the head. Where the head is not registered nothing is said.
    """
    heads = {facts.body(kind).principal for kind in HEADED_BY} - {None}
    if not heads or facts.act.person is None:
        return NOT_APPLICABLE
    if facts.act.person in heads:
        return None
    return Text(
        "本项应由行政首长决定，您不是本机关的行政首长。请由行政首长本人或者其受委托人办理。",
        "This is for the head of government to decide, and you are not. Let the head act, or whom the head delegated.",
    )
