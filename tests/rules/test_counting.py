"""Heads are counted in whole numbers, with the vectors of domain.md 3.4."""

from fractions import Fraction

import pytest

from decision_engine.rules.counting import (
    Base,
    Tally,
    at_least,
    ballot_proves_dissent,
    departs_from_majority,
    is_quorate,
    majorities,
    more_than,
    needed_to_pass,
)

HALF = Fraction(1, 2)
TWO_THIRDS = Fraction(2, 3)


@pytest.mark.parametrize(
    ("due", "present", "half", "two_thirds", "needed"),
    [
        (9, 5, True, False, 5),
        (9, 6, True, True, 5),
        (8, 4, True, False, 5),
        (8, 6, True, True, 5),
        (7, 4, True, False, 4),
        (7, 5, True, True, 4),
        (11, 6, True, False, 6),
        (9, 8, True, True, 5),
    ],
)
def test_quorum_and_majority_of_those_due(due, present, half, two_thirds, needed):
    assert is_quorate(present, due, HALF) is half
    assert is_quorate(present, due, TWO_THIRDS) is two_thirds
    assert needed_to_pass(due) == needed
    assert Tally(due, due, yes=needed).passes()
    assert not Tally(due, due, yes=needed - 1).passes()


def test_a_quorate_meeting_of_four_of_eight_cannot_pass_anything():
    assert is_quorate(4, 8, HALF)
    assert not Tally(due=8, present=4, yes=4).passes()


def test_four_yes_of_six_present_fail_where_eight_are_due():
    assert not Tally(due=8, present=6, yes=4, no=2).passes(Base.DUE)
    assert Tally(due=8, present=6, yes=4, no=2).passes(Base.PRESENT)


def test_r_cnt_1_at_least_includes_the_number_and_more_than_does_not():
    assert at_least(5, 10, HALF)
    assert not more_than(5, 10, HALF)
    assert at_least(6, 9, TWO_THIRDS)
    assert not at_least(110, 171, TWO_THIRDS)
    assert at_least(10**30, 3 * 10**30, Fraction(1, 3)), "no float rounds it away"


def test_r_cnt_2_a_body_whose_text_says_more_than_half_counts_exclusively():
    assert is_quorate(4, 8, HALF, inclusive=True)
    assert not is_quorate(4, 8, HALF, inclusive=False)


def test_r_cnt_3_the_base_of_the_majority_is_a_parameter():
    tally = Tally(due=9, present=7, yes=4, no=2, abstain=1)

    assert [tally.passes(base) for base in Base] == [False, True, True]


def test_r_cnt_4_a_head_answers_to_either_majority():
    tally = Tally(due=9, present=6, yes=2, no=4)

    assert majorities(tally) == (None, "NO")
    assert departs_from_majority(tally, "YES")
    assert not departs_from_majority(tally, "NO")
    assert not departs_from_majority(Tally(due=8, present=8, yes=4, no=4), "YES")


def test_r_cnt_5_only_a_named_method_proves_who_dissented():
    assert ballot_proves_dissent("NAMED_BALLOT")
    assert not ballot_proves_dissent("SECRET_BALLOT")


def test_a_recused_member_stays_due_but_is_not_present_for_the_item():
    assert Tally(due=9, present=8, yes=5, no=3).passes()
    assert not Tally(due=9, present=8, yes=4, no=3, abstain=1).passes()


@pytest.mark.parametrize(
    "tally",
    [Tally(9, 5, yes=6), Tally(9, 10, yes=6), Tally(9, 5, yes=-1), Tally(0, 0, yes=0), Tally(9, 6, 5, 2)],
)
def test_impossible_numbers_pass_nothing(tally):
    assert not tally.passes()


def test_nobody_due_is_no_body():
    assert not is_quorate(0, 0, HALF)
    assert not is_quorate(-1, 5, HALF)
