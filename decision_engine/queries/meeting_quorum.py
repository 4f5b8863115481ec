"""Whether enough members are there, category by category, and whether those who are there could pass anything.

Eight due and four present are half of them, and a quorum; but where more than half of those due must say yes, four
cannot pass anything (domain.md 3.4). Whole numbers only; the shares are the body's own rules of procedure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from decision_engine.language import Text
from decision_engine.rules.counting import Base, is_quorate, needed_to_pass

SHARES: Mapping[str, str] = {
    "ORDINARY": "quorum_ordinary",
    "IMPORTANT_PERSONNEL": "quorum_personnel",
    "MAJOR_DECISION": "quorum_sanzhongyida",
    "MAJOR_PROJECT": "quorum_sanzhongyida",
    "LARGE_FUNDS": "quorum_sanzhongyida",
}
"""Category of an item -> the rule of procedure that says how many must be there."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """The quorum for items of a *category*: heads *needed*, and whether it is *met*.

    *to_pass*: the yes votes an item needs where the majority decides, else None. *can_pass*: enough are there to give
    them. *warning* says what is wrong, None where nothing is.
    """

    category: str
    due: int
    present: int
    needed: int
    met: bool
    to_pass: int | None
    can_pass: bool
    warning: Text | None


def quorum(category: str, due: int, present: int, procedure: Mapping[str, Any]) -> Quorum:
    """Return the quorum of a category with *present* of *due* members taking part; *procedure* is the body's."""
    name = SHARES[category]
    kept = procedure.get(name)
    share = Fraction(kept) if isinstance(kept, str) else Fraction(1)
    inclusive = name != "quorum_ordinary" or procedure.get("quorum_inclusive") is not False
    needed = next(
        (heads for heads in range(due + 1) if is_quorate(heads, due, share, inclusive=inclusive)), due + 1
    )
    met = is_quorate(present, due, share, inclusive=inclusive)
    to_pass = _to_pass(due, present, procedure)
    can_pass = met and (to_pass is None or present >= to_pass)
    return Quorum(
        category,
        due,
        present,
        needed,
        met,
        to_pass,
        can_pass,
        _warning(met, can_pass, present, needed, to_pass),
    )


def _to_pass(due: int, present: int, procedure: Mapping[str, Any]) -> int | None:
    """Return the yes votes needed at most; among members expressing a view it could be fewer."""
    if procedure.get("decision_rule") != "MAJORITY_OF_DUE":
        return None
    base = procedure.get("majority_base")
    return needed_to_pass(due if base not in {Base.PRESENT.value, Base.MEMBERS_EXPRESSING.value} else present)


def _warning(met: bool, can_pass: bool, present: int, needed: int, to_pass: int | None) -> Text | None:
    if not met:
        return Text(
            f"未达法定人数：可参加{present}人，至少须{needed}人。",
            f"No quorum: {present} can take part, at least {needed} are needed.",
        )
    if not can_pass:
        return Text(
            f"虽达法定人数，但可参加{present}人，而通过须有{to_pass}票赞成，不可能通过任何议题。",
            f"There is a quorum, but {present} can take part and {to_pass} yes votes are needed: nothing can pass.",
        )
    return None
