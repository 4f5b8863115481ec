"""Conditions: what they say, what they refuse, and that what is missing opens no way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decision_engine.process.expressions import (
    MAX_DEPTH,
    MAX_LENGTH,
    Expression,
    NotAnExpression,
    Variable,
    parse,
    parse_variable,
)

VALUES: dict[tuple[str | None, str], Any] = {
    ("review", "outcome"): "LEGAL",
    ("review", "confirmed"): True,
    ("review", "count"): 3,
    ("review", "people"): ["a", "b"],
    ("review", "empty"): None,
    (None, "budget"): 5_000_000,
    (None, "级别"): "高",
}


def truth(text: str, values: dict[tuple[str | None, str], Any] = VALUES) -> bool | None:
    return parse(text).holds(lambda step, field: values.get((step, field)))


@pytest.mark.parametrize(
    "text",
    [
        'review.outcome == "LEGAL"',
        "review.outcome != 'ILLEGAL'",
        "review.outcome in ('LEGAL', 'EXPLORATORY_RISK_STATED')",
        "review.outcome not in ('ILLEGAL',)",
        "review.confirmed",
        "review.confirmed == true and review.confirmed == True",
        "not review.confirmed == false",
        "review.count >= 3 and review.count < 3.5 and -1 < review.count",
        "budget > 4999999",
        '级别 == "高"',
        "review.count == 4 or (review.confirmed and not false)",
        "'LEGAL' == review.outcome",
    ],
)
def test_a_satisfied_condition_is_true(text: str) -> None:
    assert truth(text) is True


@pytest.mark.parametrize(
    "text",
    [
        'review.outcome == "ILLEGAL"',
        "review.outcome not in ('LEGAL')",
        "not review.confirmed",
        "review.count > 3",
        "review.missing == 1 and review.count == 4",
        "false",
    ],
)
def test_an_unsatisfied_condition_is_false(text: str) -> None:
    assert truth(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "review.missing == 1",
        "review.missing != 1",
        "not (review.missing == 1)",
        "review.missing in (1, 2)",
        "review.missing not in (1, 2)",
        "review.missing",
        "not review.missing",
        "review.empty == 1",
        "nowhere.at_all < 1",
        "review.missing == 1 or review.count == 4",
        "not (review.missing == 1 and review.count == 3)",
    ],
)
def test_what_is_missing_is_neither_true_nor_false(text: str) -> None:
    assert truth(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "review.count == '3'",
        "review.count != '3'",
        "review.outcome < 5",
        "review.confirmed == 1",
        "review.confirmed < true",
        "review.people == 'a'",
        "review.count",
        "review.outcome not in (1, 2)",
        "'LEGAL' == 1",
    ],
)
def test_values_of_different_kinds_are_not_compared(text: str) -> None:
    assert truth(text) is None


def test_one_known_side_may_decide_alone() -> None:
    assert truth("review.missing == 1 or review.confirmed") is True
    assert truth("review.missing == 1 and not review.confirmed") is False


def test_not_binds_looser_than_a_comparison_and_tighter_than_and() -> None:
    assert truth("not review.count == 4 and review.confirmed") is True
    assert truth("false and false or true") is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "f(x)",
        "len(review.people) > 2",
        "__import__('os').system('id')",
        "().__class__",
        "a.b.c == 1",
        "review.__class__ == 1",
        "_secret == 1",
        "x + 1 == 2",
        "x[0] == 1",
        "1 < x < 3",
        "x == 1 == y",
        "x = 1",
        "x if y else z",
        "lambda: 1",
        "[x for x in y]",
        "x is None",
        "x in review.people",
        "x in ()",
        "x in (y)",
        "x not (1)",
        "not",
        "x and",
        "(x",
        "x)",
        "x y",
        "'open",
        "'a\\'b' == x",
        "x == 1e5",
        "x == 0x1F",
        "${x == 1}",
        "x; y",
        "x\x00",
        "9**9**9",
        "f'{x}'",
        "“x” == 1",
        "and == 1",
        "1.2.3 == x",
        "x == " + "9" * 31,
        "(" * (MAX_DEPTH + 1) + "x" + ")" * (MAX_DEPTH + 1),
        "not " * (MAX_DEPTH + 1) + "x",
        "x == 1 or " * (MAX_LENGTH // 10) + "x == 1",
    ],
)
def test_nothing_else_is_an_expression(text: str) -> None:
    with pytest.raises(NotAnExpression) as refusal:
        parse(text)
    assert refusal.value.message.zh
    assert refusal.value.message.en
    assert refusal.value.column >= 1


def test_a_refusal_says_where() -> None:
    with pytest.raises(NotAnExpression) as refusal:
        parse("review.outcome == open('x')")
    assert refusal.value.column == len("review.outcome == open(")


def test_an_expression_names_what_it_reads() -> None:
    expression = parse("review.outcome == 'A' and (budget > 1 or not review.confirmed) and x.y in (1, 2)")
    assert expression.variables == {
        Variable("review", "outcome"),
        Variable(None, "budget"),
        Variable("review", "confirmed"),
        Variable("x", "y"),
    }
    assert str(Variable("review", "outcome")) == "review.outcome"


def test_a_collection_is_one_variable_and_nothing_more() -> None:
    assert parse_variable(" open_meeting.speakers ") == Variable("open_meeting", "speakers")
    for text in ("a.b == 1", "not a.b", "'a'", "a.b or c.d"):
        with pytest.raises(NotAnExpression):
            parse_variable(text)


# -- properties --------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a.x", "a.y", "b.x", "fact", "级别"])
LITERALS = st.one_of(
    st.integers(-99, 99).map(str), st.sampled_from(["'A'", '"高"', "true", "False", "1.5", "'1'"])
)
SIGNS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
OPERANDS = st.one_of(NAMES, LITERALS)
COMPARISONS = st.one_of(
    st.tuples(OPERANDS, SIGNS, OPERANDS).map(" ".join),
    st.tuples(NAMES, st.sampled_from(["in", "not in"]), st.lists(LITERALS, min_size=1, max_size=3)).map(
        lambda parts: f"{parts[0]} {parts[1]} ({', '.join(parts[2])})"
    ),
    NAMES,
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda parts: st.one_of(
        parts.map(lambda part: f"not ({part})"),
        st.tuples(parts, st.sampled_from(["and", "or"]), parts).map(lambda three: f"({' '.join(three)})"),
    ),
    max_leaves=8,
)
ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.binary(max_size=2)
    ),
    lambda parts: st.one_of(
        st.lists(parts, max_size=2), st.dictionaries(st.text(max_size=2), parts, max_size=2)
    ),
    max_leaves=3,
)


@given(text=st.one_of(st.text(max_size=40), st.text(alphabet="abx.=!<>()'\" andortin1,-", max_size=40)))
@settings(max_examples=300, deadline=None)
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        expression = parse(text)
    except NotAnExpression:
        return
    assert isinstance(expression, Expression)


@given(text=CONDITIONS, value=ANYTHING)
@settings(max_examples=300, deadline=None)
def test_evaluation_never_raises(text: str, value: Any) -> None:
    assert parse(text).holds(lambda _step, _field: value) in (True, False, None)


@given(text=COMPARISONS.filter(lambda text: parse(text).variables), negations=st.integers(0, 3))
@settings(max_examples=200, deadline=None)
def test_a_comparison_with_a_missing_value_is_never_satisfied(text: str, negations: int) -> None:
    expression = parse("not (" * negations + text + ")" * negations)
    assert expression.holds(lambda _step, _field: None) is None


@given(text=CONDITIONS, known=st.dictionaries(st.sampled_from(["x", "y", "fact", "级别"]), ANYTHING))
@settings(max_examples=300, deadline=None)
def test_learning_more_never_turns_a_verdict(text: str, known: dict[str, Any]) -> None:
    """What holds with some values missing holds whatever they turn out to be (Kleene's monotony)."""
    before = parse(text).holds(lambda _step, field: known.get(field))
    if before is not None:
        after = parse(text).holds(lambda _step, field: known[field] if known.get(field) is not None else 1)
        assert after is before
