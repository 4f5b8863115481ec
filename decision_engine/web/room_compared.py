"""What somebody wrote on an item beside what stands there now: nothing typed is lost when another was faster.

Drawn for who wrote it only, from the view that reader has of the meeting; a vote is never repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from decision_engine.commands.meetings.room import STATES
from decision_engine.errors import Conflict, DecisionEngineError, NotReady
from decision_engine.forms.choices import STANCES
from decision_engine.forms.meeting import MEETING_OUTCOMES, VOTE_METHODS
from decision_engine.queries.meeting_view import ItemView
from decision_engine.web.room_acts import version_seen
from decision_engine.web.room_view import POSITIONS, Drawn, word
from decision_engine.web.saying import said as told

Rows = list[tuple[str, str, str]]
NOTHING = "—"


@dataclass(frozen=True, slots=True)
class Compared:
    """*rows*: label, what stands now, what was written; *again*: it may be sent again; *add*: it may be added."""

    rows: Rows
    again: bool
    add: bool


def compared(
    room: Drawn, verb: str, typed: Mapping[str, str], refusal: DecisionEngineError | None
) -> Compared | None:
    """Return the comparison after *refusal* of *verb*, or None where the form itself still says everything.

    That is where the item had not changed and the form is still there.
    """
    reads = READS.get(verb)
    about = typed.get("about", "")
    one = next((one for one in room.seen.items if one.item.id == about), None)
    if refusal is None or reads is None or one is None:
        return None
    again = room.can(verb, about) is not None
    if again and not isinstance(refusal, Conflict | NotReady):
        return None
    rows = [(_("议题进展"), told(STATES[one.item.state]), _since(one, typed)), *reads(room, one, typed)]
    return Compared(rows, again, room.can("add", about) is not None)


def _since(one: ItemView, typed: Mapping[str, str]) -> str:
    seen = version_seen(typed)
    count = 0 if seen is None else one.item.version - seen
    return _("您填写之后，本议题有 %(count)s 项新的办理。", count=count) if count > 0 else NOTHING


def _report(_room: Drawn, one: ItemView, typed: Mapping[str, str]) -> Rows:
    return [(_("汇报内容"), one.report or NOTHING, typed.get("text", ""))]


def _position(room: Drawn, one: ItemView, typed: Mapping[str, str]) -> Rows:
    who = typed.get("person_id") or room.viewer.person_id
    mine = [said for said in one.statements if said.person_id == who and said.kind in POSITIONS]
    stands = mine[-1] if mine else None
    return [
        (_("意见"), word(STANCES, stands.stance if stands else None), word(STANCES, typed.get("stance"))),
        (_("发言要点"), stands.text if stands and stands.text else NOTHING, typed.get("text", "")),
    ]


def _words(_room: Drawn, _one: ItemView, typed: Mapping[str, str]) -> Rows:
    return [(_("内容"), NOTHING, typed.get("text", ""))]


def _method(_room: Drawn, one: ItemView, typed: Mapping[str, str]) -> Rows:
    held = one.votes[0].method if one.votes else None
    return [(_("表决方式"), word(VOTE_METHODS, held), word(VOTE_METHODS, typed.get("method") or None))]


def _decision(_room: Drawn, one: ItemView, typed: Mapping[str, str]) -> Rows:
    return [
        (_("决定"), word(MEETING_OUTCOMES, one.item.outcome), word(MEETING_OUTCOMES, typed.get("outcome"))),
        (_("决定内容"), one.item.decision or NOTHING, typed.get("decision", "")),
        (
            _("与多数意见不一致的理由"),
            one.override_reasons or NOTHING,
            typed.get("override_reasons", "") or NOTHING,
        ),
    ]


READS: Mapping[str, Callable[[Drawn, ItemView, Mapping[str, str]], Rows]] = {
    "report_item": _report, "speak": _position, "add": _words, "ask": _words, "explain": _words,
    "open_vote": _method, "decide": _decision,
}  # fmt: skip
"""Acts in which words are typed -> how what stands and what was written are laid side by side."""
