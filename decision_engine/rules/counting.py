"""Counting heads as the law counts them: whole numbers only, never a fraction rounded (R-CNT-1).

`以上` (at least) includes the number, `过` (more than) does not. A share is an exact `Fraction` from the dated
parameters; every comparison is made by multiplying out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction


class Base(Enum):
    """Whose majority passes an item (R-CNT-3)."""

    DUE = "DUE"
    PRESENT = "PRESENT"
    MEMBERS_EXPRESSING = "MEMBERS_EXPRESSING"


def at_least(part: int, whole: int, share: Fraction) -> bool:
    """Tell whether *part* of *whole* is *share* or more: 半数以上 is `2*part >= whole`."""
    return part * share.denominator >= whole * share.numerator


def more_than(part: int, whole: int, share: Fraction) -> bool:
    """Tell whether *part* of *whole* is more than *share*: 过半数 is `2*part > whole`."""
    return part * share.denominator > whole * share.numerator


def is_quorate(present: int, due: int, share: Fraction, *, inclusive: bool = True) -> bool:
    """Tell whether a meeting may open; *inclusive* is whether the number itself suffices (R-CNT-2).

    Nobody due is no body: never quorate.
    """
    if due <= 0 or present < 0:
        return False
    return at_least(present, due, share) if inclusive else more_than(present, due, share)


def needed_to_pass(whole: int) -> int:
    """Return the fewest votes that are more than half of *whole*."""
    return whole // 2 + 1


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes on one item: members *due* and *present* (recused members stay due, are not present), and the votes."""

    due: int
    present: int
    yes: int
    no: int = 0
    abstain: int = 0

    @property
    def is_possible(self) -> bool:
        """Whether the numbers can be true: no negative ones, no more votes than members present."""
        counts = (self.due, self.present, self.yes, self.no, self.abstain)
        return min(counts) >= 0 and self.yes + self.no + self.abstain <= self.present <= self.due

    def whole(self, base: Base) -> int:
        """Return the number of members *base* counts."""
        match base:
            case Base.DUE:
                return self.due
            case Base.PRESENT:
                return self.present
            case Base.MEMBERS_EXPRESSING:
                return self.yes + self.no

    def passes(self, base: Base = Base.DUE) -> bool:
        """Tell whether yes is more than half of *base*; impossible numbers pass nothing."""
        return self.is_possible and 2 * self.yes > self.whole(base)


def majorities(tally: Tally) -> tuple[str | None, str | None]:
    """Return the majority's position among those due, and among those present: YES, NO or None (R-CNT-4).

    Decree 713 does not say which majority a head must answer to, so both are computed.
    """
    return _majority(tally, tally.due), _majority(tally, tally.present)


def _majority(tally: Tally, whole: int) -> str | None:
    if 2 * tally.yes > whole:
        return "YES"
    return "NO" if 2 * tally.no > whole else None


def departs_from_majority(tally: Tally, decision: str) -> bool:
    """Tell whether a head's *decision* (`YES` or `NO`) differs from the majority due *or* present (R-CNT-4)."""
    return any(position not in {None, decision} for position in majorities(tally))


def ballot_proves_dissent(method: str) -> bool:
    """Tell whether the method shows who dissented (R-CNT-5); after a secret ballot dissent is said aloud."""
    return method != "SECRET_BALLOT"
