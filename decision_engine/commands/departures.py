"""Lawful departures: an exception counts only if the law knows it, it was needed, and somebody entitled approved it.

What is kept of one lies in the event's payload, committed to like everything that was said: rule, reason, and who
approved it in which post. The exception register reads it from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from decision_engine import rules
from decision_engine.access import Standing
from decision_engine.errors import InvalidAnswers
from decision_engine.language import Text
from decision_engine.models import Case, Person
from decision_engine.work import Work

APPROVERS = frozenset(
    {"principal", "meeting_member", "lead_unit_head", "office_director", "legal_officer", "party_office"}
)
"""Roles that may let an act depart from a rule; who is a principal may approve his or her own."""


def granted(
    work: Work, case: Case, departures: Sequence[rules.Departure], findings: Sequence[rules.Finding]
) -> list[dict[str, Any]]:
    """Return the exceptions *findings* used, as the log keeps them; two statements for each approver.

    Raises `InvalidAnswers`: a rule named twice, one that was not departed from, an approver who may not approve.
    """
    used = {finding.departure.rule for finding in findings if finding.departure is not None}
    kept: list[dict[str, Any]] = []
    wrong: dict[str, tuple[Text, ...]] = {}
    for place, one in enumerate(departures):
        post = _post(work, case, one.approver)
        if one.rule not in used or any(one.rule == other["rule"] for other in kept):
            wrong[f"exceptions.{place}.rule"] = (_NOT_NEEDED,)
        elif post is None:
            wrong[f"exceptions.{place}.approver"] = (_MAY_NOT,)
        else:
            name = work.session.get_one(Person, one.approver).name
            approver = {"id": one.approver, "name": name, "post": post.title}
            kept.append({"rule": one.rule, "reason": one.reason, "approver": approver})
    if wrong:
        raise InvalidAnswers(wrong)
    return kept


def _post(work: Work, case: Case, person_id: str) -> Standing | None:
    """Return the post from which *person_id* may approve a departure in *case* today."""
    for standing in work.standings(person_id):
        entitled = standing.organ_id == case.organ_id and standing.roles & APPROVERS
        if entitled and (person_id != work.actor.person_id or "principal" in standing.roles):
            return standing
    return None


_NOT_NEEDED = Text(
    "本次办理没有偏离该规则，或者该规则不允许例外，无须登记。请删去。",
    "This act does not depart from that rule, or the rule knows no exception. Remove it.",
)
_MAY_NOT = Text(
    "批准人须为本机关有权批准的负责人，且不得由办理人自行批准。请填写批准人。",
    "A leader of this organ who is entitled approves, and nobody approves his or her own act. Name the approver.",
)
