"""The questions several rules ask of a case: what was answered on its procedure, and what stands at this moment.

Pure readers of `Facts`. An unanswered question is None, never "no".
"""

from __future__ import annotations

from collections.abc import Mapping

from decision_engine.language import Text
from decision_engine.rules.facts import Answers, Draft, Facts, Record

PROCEDURE = ("determine_procedure", "register_proposal")
ACTIVITIES = ("publish_notice", "hold_hearing", "run_survey", "hold_symposium", "hold_villagers_meeting")


def answered(facts: Facts, name: str, *steps: str) -> bool | None:
    """Return the newest yes or no to *name* in the procedure answers (or *steps*), else in the case's facts."""
    value = facts.said(name, *(steps or PROCEDURE))
    return value if isinstance(value, bool) else None


def is_non_public(facts: Facts) -> bool:
    """Tell whether the matter was lawfully declared not public."""
    return answered(facts, "non_public") is True


def written(facts: Facts, name: str, *steps: str) -> str:
    """Return the newest text at *name* in the procedure answers (or *steps*), else in the case's facts."""
    value = facts.said(name, *(steps or PROCEDURE))
    return value.strip() if isinstance(value, str) else ""


def listed(facts: Facts, name: str, *steps: str) -> tuple[str, ...]:
    """Return the newest list of texts at *name*."""
    value = facts.said(name, *(steps or PROCEDURE))
    items = value if isinstance(value, list | tuple) else ()
    return tuple(item.strip() for item in items if isinstance(item, str) and item.strip())


def matter_type(facts: Facts) -> str:
    """Return the special kind of matter (`village_committee_change`, `school_merger` ...), upper case."""
    return written(facts, "matter_type").upper()


def collective_category(facts: Facts) -> str:
    """Return which of the four kinds of weighty item (三重一大) the matter is, if any."""
    return written(facts, "collective_category", "register_proposal")


def missing(answers: Answers, wanted: Mapping[str, Text]) -> tuple[Text, ...]:
    """Return the labels of the *wanted* fields where nothing was entered."""
    return tuple(label for name, label in wanted.items() if not answers.has(name))


def incomplete(answers: Answers, wanted: Mapping[str, Text]) -> Text | None:
    """Return a reason naming every *wanted* field without an entry, or None."""
    labels = missing(answers, wanted)
    if not labels:
        return None
    zh, en = "、".join(label.zh for label in labels), ", ".join(label.en for label in labels)
    return Text(f"尚未填写：{zh}。请补充后再提交。", f"Not filled in: {en}. Complete it and submit again.")


def latest_opinion(facts: Facts) -> Record | None:
    """Return the newest legality opinion of the reviewing department."""
    return facts.latest("issue_legality_opinion")


def draft_after(facts: Facts, record: Record | None) -> Draft | None:
    """Return the newest draft version if it is not the one *record* was given on."""
    draft = facts.draft
    if draft is None or record is None or draft.hash == record.draft:
        return None
    if record.draft is None and draft.at <= record.at:
        return None
    return draft
