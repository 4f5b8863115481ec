"""What the case file knows already of the answers to a step: offered on its form, to be checked by whoever does it.

Only facts on file are offered: who is due by the body's membership, who was present by the opening of the meeting, who
said what. What a person has to say (a vote, a presence, a confirmation) is never filled in for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from decision_engine import rules
from decision_engine.queries.casefile import CaseFile
from decision_engine.rules.meeting import CONTRARY, meeting
from decision_engine.work import Work

SPOKEN = ("member_speaks", "principal_speaks_last")


def known(work: Work, file: CaseFile, step: str | None) -> dict[str, Any]:
    """Return the answers to *step* that are on file, as its form takes them; nothing is read anew."""
    found = _KNOWN.get(step or "")
    if found is None:
        return {}
    return {name: value for name, value in found(file, file.facts(work, step or "")).items() if value}


def _proposal(file: CaseFile, _facts: rules.Facts) -> dict[str, Any]:
    return {"title": file.case.title}


def _comments(file: CaseFile, _facts: rules.Facts) -> dict[str, Any]:
    return {"comments_received": len(file.comments)}


def _opening(file: CaseFile, facts: rules.Facts) -> dict[str, Any]:
    agenda = facts.latest("confirm_agenda")
    if agenda is None:
        return {}
    body = file.bodies.get(agenda.text("body_type"))
    return {
        "body_type": agenda.text("body_type"),
        "opened_at": agenda.text("meeting_at"),
        "place": agenda.text("place"),
        "materials_at": agenda.text("materials_at"),
        "chair": body.principal if body else None,
        "due": list(body.members) if body else [],
    }


def _voting(file: CaseFile, facts: rules.Facts) -> dict[str, Any]:
    held = meeting(facts)
    if held is None:
        return {}
    return {"ballots": [{"member": one} for one in _in_order(file, held.body, held.deliberating)]}


def _minutes(file: CaseFile, facts: rules.Facts) -> dict[str, Any]:
    held = meeting(facts)
    if held is None:
        return {}
    spoken = facts.since("open_meeting", *SPOKEN)
    return {
        "speeches": [
            {
                "seq": number,
                "speaker": one.item or one.person,
                "kind": "OPINION",
                "summary": one.text("statement"),
            }
            for number, one in enumerate(spoken, start=1)
        ],
        "dissents": [
            {"member": one.item or one.person, "statement": one.text("statement")}
            for one in spoken
            if one.text("stance") in CONTRARY
        ],
        "signatures": [{"member": one} for one in _in_order(file, held.body, held.present)],
    }


def _in_order(file: CaseFile, body: str, present: frozenset[str]) -> list[str]:
    """Return those present in the order of the body, guests of the list last."""
    rank = {one: place for place, one in enumerate(file.bodies[body].members)} if body in file.bodies else {}
    return sorted(present, key=lambda one: (rank.get(one, len(rank)), one))


_KNOWN: dict[str, Callable[[CaseFile, rules.Facts], dict[str, Any]]] = {
    "register_proposal": _proposal,
    "handle_comments": _comments,
    "open_meeting": _opening,
    "vote": _voting,
    "sign_minutes": _minutes,
}
