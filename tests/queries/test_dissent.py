"""What a differing opinion is worth depends on how it was kept: told on hand-made meetings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from decision_engine import rules
from decision_engine.calendar import WorkCalendar
from decision_engine.language import Text
from decision_engine.models import Case
from decision_engine.process.diagram import Diagram
from decision_engine.queries import dissent
from decision_engine.queries.accountability import Evidence
from decision_engine.queries.chronicle import Act, Chronicle

AT = datetime(2026, 5, 8, 6, tzinfo=UTC)
WORDS = "不同意：补贴没有来源。"


def log(*said: tuple[str, str, dict[str, Any]]) -> Chronicle:
    acts = tuple(
        Act(
            kind="task.completed", step=step, element=step, task=str(seq), item=None, at=AT, person_id=person,
            person=person, post="副镇长", on_behalf_of=None, entry=seq, body={}, said=answers, beside={},
            name=Text(step, step), evidence=Evidence(seq, f"e{seq}", f"h{seq}"),
        )
        for seq, (step, person, answers) in enumerate(said, start=1)
    )  # fmt: skip
    return Chronicle(
        case=Case(), acts=acts, now=AT, calendar=WorkCalendar.standard(), diagram=Diagram((), {}, {}, "", ""),
        organ=rules.Organ(), bodies={},
    )  # fmt: skip


def held(
    *, stance: str, outcome: str = "APPROVE", vote: str = "YES", minuted: dict[str, Any] | None = None
) -> Chronicle:
    return log(
        ("open_meeting", "记录员", {"body_type": "mayor_office_meeting"}),
        ("member_speaks", "甲", {"stance": stance, "statement": WORDS}),
        ("vote", "记录员", {"ballots": [{"member": "甲", "vote": vote}]}),
        ("principal_decides", "镇长", {"outcome": outcome}),
        ("sign_minutes", "记录员", {"dissents": [{"member": "甲", **minuted}] if minuted else []}),
    )


@pytest.mark.parametrize(
    ("minuted", "effect"),
    [
        ({"statement": WORDS, "confirmed": True}, dissent.KEPT),
        ({"statement": WORDS, "confirmed": False}, dissent.IN_PART),
        (None, dissent.IN_PART),
    ],
    ids=["kept and confirmed", "not confirmed", "not minuted"],
)
def test_dissent_is_worth_what_was_kept_of_it(minuted: dict[str, Any] | None, effect: Text):
    """R-ACC-03: voiced in the meeting, verbatim in the minutes, confirmed by its author."""
    (found,) = dissent.dissents(held(stance="DISAGREE", vote="NO", minuted=minuted))
    assert (found.statement, found.effect) == (WORDS, effect)
    assert found.minuted == (minuted["statement"] if minuted else None)


@pytest.mark.parametrize(
    ("outcome", "stance", "differs"),
    [
        ("APPROVE", "AGREE", False),
        ("APPROVE", "NO_FURTHER_OPINION", False),
        ("APPROVE", "AMEND", True),
        ("APPROVE", "DEFER", True),
        ("AMEND", "AMEND", False),
        ("AMEND", "RESERVED", True),
        ("REJECT", "DISAGREE", False),
        ("REJECT", "AGREE", True),
        ("DEFER", "DEFER", False),
    ],
)
def test_who_differs_depends_on_what_was_decided(outcome: str, stance: str, *, differs: bool):
    """To want a delay is to differ from approving, not from deferring."""
    found = dissent.dissents(
        held(stance=stance, outcome=outcome, vote="YES" if outcome in {"APPROVE", "AMEND"} else "NO")
    )
    assert bool(found) is differs


def test_a_silent_vote_against_is_shown_and_is_no_stated_opinion():
    """Who agreed aloud and voted no is against the decision; the file has no words of it."""
    (found,) = dissent.dissents(held(stance="AGREE", vote="NO"))
    assert (found.against_the_decision, found.effect) == (True, dissent.SILENT)


def test_each_meeting_has_its_own_dissent():
    """What somebody said in the first meeting is not carried into the second."""
    first = held(stance="DISAGREE", vote="NO").acts
    second = held(stance="AGREE").acts
    both = log(*[(one.step or "", one.person_id, dict(one.said or {})) for one in (*first, *second)])
    assert [one.meeting for one in dissent.dissents(both)] == [1]
