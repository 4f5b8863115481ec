"""The counting vectors of the domain book (3.4) as the room's screen tells them."""

from __future__ import annotations

import pytest

from decision_engine.queries.meeting_quorum import quorum

MAJORITY = {
    "decision_rule": "MAJORITY_OF_DUE",
    "quorum_ordinary": "1/2",
    "quorum_sanzhongyida": "2/3",
    "quorum_personnel": "2/3",
    "quorum_inclusive": True,
    "majority_base": "DUE",
}


@pytest.mark.parametrize(
    ("due", "present", "half", "two_thirds", "yes"),
    [(9, 5, True, False, 5), (9, 6, True, True, 5), (8, 4, True, False, 5), (8, 6, True, True, 5),
     (7, 4, True, False, 4), (7, 5, True, True, 4), (11, 6, True, False, 6), (9, 4, False, False, 5)],
)  # fmt: skip
def test_the_vectors_of_the_book(due: int, present: int, half: bool, two_thirds: bool, yes: int) -> None:
    ordinary, weighty = (quorum(one, due, present, MAJORITY) for one in ("ORDINARY", "LARGE_FUNDS"))
    assert (ordinary.met, weighty.met, ordinary.to_pass) == (half, two_thirds, yes)
    assert ordinary.can_pass is (half and present >= yes)


def test_a_quorum_that_can_pass_nothing_is_warned_of() -> None:
    found = quorum("ORDINARY", 8, 4, MAJORITY)
    assert found.met
    assert not found.can_pass
    assert found.warning is not None
    assert "不可能通过" in found.warning.zh
    assert quorum("ORDINARY", 8, 5, MAJORITY).warning is None


def test_where_the_head_decides_no_votes_are_needed() -> None:
    found = quorum("ORDINARY", 8, 4, {**MAJORITY, "decision_rule": "HEAD_DECIDES_AFTER_DISCUSSION"})
    assert (found.to_pass, found.can_pass, found.warning) == (None, True, None)


def test_more_than_half_where_the_number_itself_does_not_suffice() -> None:
    exclusive = {**MAJORITY, "quorum_inclusive": False}
    assert not quorum("ORDINARY", 8, 4, exclusive).met
    assert quorum("ORDINARY", 8, 4, exclusive).needed == 5


def test_a_share_nobody_set_needs_everybody() -> None:
    assert quorum("IMPORTANT_PERSONNEL", 5, 4, {}).needed == 5
    assert not quorum("ORDINARY", 0, 0, MAJORITY).met
