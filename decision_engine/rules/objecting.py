"""Special laws ask two things of many matters: what the draft itself says, and whether most of those asked object."""

from __future__ import annotations

from typing import Any

from decision_engine.rules.facts import Facts, Record
from decision_engine.rules.legality import FOR_MEETING

_SPECIAL = ("determine_procedure", "draft_decision", "finalize_draft", "adjust_draft")
_ASKED = ("run_survey", "hold_hearing", "handle_comments")


def special(facts: Facts, name: str) -> Any:
    """Return the newest answer to a question of a special law (`special.<name>` of drafting and procedure)."""
    for record in reversed(facts.all(*_SPECIAL)):
        value = record.get(f"special.{name}")
        if value is not None:
            return value
    return None


def lets_the_matter_go_on(facts: Facts) -> bool:
    """Tell whether the pending act lets the matter go on: at the review, only a conclusion in its favour does.

    So a reviewer can always conclude that a step is missing, and the matter goes back for it.
    """
    return facts.gate != "issue_legality_opinion" or facts.act.text("outcome") in FOR_MEETING


def most_object(facts: Facts) -> bool:
    """Tell whether most of those asked last object: in a survey, at a hearing, or among those affected.

    What was said of an earlier draft no longer counts once the changed draft was put to the people; while nobody
    was asked about the change, the old answers stand.
    """
    asked = facts.all(*_ASKED)
    if not asked:
        return False
    changes = [
        one
        for one in facts.all("draft_decision", "adjust_draft")
        if one.seq < asked[-1].seq and one.flag("substantive") is not False
    ]
    start = changes[-1].seq if changes else 0
    return any(_objects(one) for one in asked if one.seq > start)


def were_asked(facts: Facts) -> bool:
    """Tell whether a survey or a hearing shows what those concerned think."""
    return bool(facts.all("run_survey", "hold_hearing"))


def _objects(record: Record) -> bool:
    match record.kind:
        case "run_survey":
            objecting, whole = record.number("objecting") or 0, record.number("responses") or 0
        case "handle_comments":
            objecting, whole = record.number("affected_objecting") or 0, record.number("affected_total") or 0
        case _:
            views = [
                one.text("view") for one in record.entries("participants") if one.flag("present") is not False
            ]
            objecting, whole = views.count("AGAINST"), len(views)
    return 2 * objecting > whole > 0
