"""What the law demands: dated data and pure functions with citations.

`examine(gate, facts)` holds an act against the rules of its day; `period(...)` and `parameter(...)` give the
dated numbers a timer or a form names. Every rule is declared once (`rule`), in the file of the stage it belongs
to: initiation, drafting, participation, experts, risk, legality, meeting, release, execution ...

This room imports the standard library, `language` and the values of `calendar`; it reads no clock, no table and
no diagram.
"""

from __future__ import annotations

from datetime import date

from decision_engine.calendar import Period
from decision_engine.rules import (  # noqa: F401 - importing a stage declares its rules
    carrying_out,
    competition,
    counted,
    disclosure,
    drafting,
    elsewhere,
    execution,
    experts,
    expropriation,
    head,
    initiation,
    legality,
    legality_order,
    liability,
    measures,
    meeting,
    meeting_order,
    meeting_vote,
    notice,
    participation,
    procedure,
    release,
    review_time,
    risk,
    special,
    statutes,
    tianjin,
    trail,
)
from decision_engine.rules.examination import (
    RULE_SET_VERSION,
    Finding,
    Outcome,
    audit,
    broken,
    examine,
    rule_set_hash,
    rules_on,
)
from decision_engine.rules.facts import Body, Comment, Departure, Draft, Facts, Organ, Person, Record
from decision_engine.rules.meeting import ARRIVES, LEAVES, LEFT, RECUSES, of_any_meeting
from decision_engine.rules.parameter import UnknownParameter, Value, shipped
from decision_engine.rules.rule import NOT_APPLICABLE, UNDECIDABLE, Rule, Strength, declared
from decision_engine.rules.static import STATUTES, Statute

__all__ = [
    "ARRIVES",
    "LEAVES",
    "LEFT",
    "NOT_APPLICABLE",
    "RECUSES",
    "RULE_SET_VERSION",
    "STATUTES",
    "UNDECIDABLE",
    "Body",
    "Comment",
    "Departure",
    "Draft",
    "Facts",
    "Finding",
    "Organ",
    "Outcome",
    "Person",
    "Record",
    "Rule",
    "Statute",
    "Strength",
    "UnknownParameter",
    "audit",
    "broken",
    "declared",
    "examine",
    "of_any_meeting",
    "parameter",
    "period",
    "periods",
    "procedure",
    "rule_set_hash",
    "rules_on",
]

_NATION = Organ()


def parameter(name: str, *, on: date, organ: Organ = _NATION) -> Value:
    """Return the shipped parameter in force for *organ* on a day; raise `UnknownParameter` if there is none."""
    return shipped().value(name, on, organ.overlays)


def periods() -> frozenset[str]:
    """Return the names of every period that holds in the whole country: those a timer may name anywhere."""
    return frozenset(shipped().periods())


def period(name: str, organ: Organ, day: date) -> Period:
    """Return the length of time a timer names, in force for *organ* on *day*; raise `UnknownParameter`."""
    return shipped().period(name, day, organ.overlays)
