"""What is taken as an answer and what is refused: exact values, both languages, and never anything but a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from examples import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from decision_engine import forms
from decision_engine.errors import InvalidAnswers
from decision_engine.language import Text

A, B = "a" * 32, "b" * 32
START = {"outcome": "START", "reasons": "理由充分。", "decided_on": "2026-02-26"}


def refused(
    step: str | None, answers: Any, reads: frozenset[str] = frozenset()
) -> dict[str, tuple[Text, ...]]:
    with pytest.raises(InvalidAnswers) as caught:
        forms.load(step, answers, reads)
    return caught.value.fields


def with_answer(step: str, **answers: Any) -> dict[str, Any]:
    return {**EXAMPLES[step], **answers}


# -- what is refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [None, [], "x", 3, 0.5, True, [START], "{}"])
def test_answers_that_are_no_object_are_refused(answers):
    assert list(refused("decide_initiation", answers)) == [""]


def test_each_missing_field_is_named():
    assert set(refused("decide_initiation", {})) == {"outcome", "reasons", "decided_on"}


def test_unknown_fields_are_refused_at_any_depth():
    fields = refused("decide_initiation", {**START, "outcom": "START"})
    assert list(fields) == ["outcom"]
    notice = {"law": "法", "article": "一", "extra_steps": "二", "fine": 50}
    assert list(refused("register_proposal", with_answer("register_proposal", lex_specialis=[notice]))) == [
        "lex_specialis.0.fine"
    ]


def test_a_wrong_field_in_a_list_is_named_by_its_place():
    points = [{"point": "甲", "handling": "ADOPTED"}, {"point": "乙", "handling": "IGNORED"}]
    assert list(refused("handle_comments", {"comments_received": 2, "points": points})) == [
        "points.1.handling"
    ]


@pytest.mark.parametrize("reasons", ["", "  ", "\u3000\n", None])
def test_a_required_text_may_not_be_blank(reasons):
    assert list(refused("decide_initiation", {**START, "reasons": reasons})) == ["reasons"]


@pytest.mark.parametrize(
    "sign",
    [
        "\x00",
        "\x07",
        "\x1b",
        "\x7f",
        "\x85",
        "\u202e",
        "\u2066",
        "\u2028",
        "\ufeff",
        "\u200b",
        "\u200f",
        "\U000e0041",
        "\ud800",
        "\uffff",
    ],
)
def test_characters_that_hide_or_reorder_are_refused(sign):
    fields = refused("decide_initiation", {**START, "reasons": f"同意{sign}。"})
    assert list(fields) == ["reasons"]
    assert "第3个字符" in fields["reasons"][0].zh
    assert f"U+{ord(sign):04X}" in fields["reasons"][0].en


def test_rare_names_and_other_scripts_are_kept():
    said = "𠮷、㛃、ئۇيغۇر، བོད་ཡིག、👨‍👩‍👧"
    assert forms.load("decide_initiation", {**START, "reasons": said})["reasons"] == said


def test_white_space_around_and_line_ends_are_tidied_and_the_rest_is_verbatim():
    said = forms.load("decide_initiation", {**START, "reasons": " \u3000一、理由\r\n二、依据\t丙\r "})
    assert said["reasons"] == "一、理由\n二、依据\t丙"


def test_one_line_is_one_line():
    assert list(refused("decide_initiation", {**START, "decided_in": "镇长\n办公会"})) == ["decided_in"]


def test_texts_and_lists_have_limits():
    assert forms.load("decide_initiation", {**START, "reasons": "理" * 20_000})
    assert list(refused("decide_initiation", {**START, "reasons": "理" * 20_001})) == ["reasons"]
    items = [{"title": f"议题{n}"} for n in range(51)]
    assert forms.load("confirm_agenda", with_answer("confirm_agenda", items=items[:50]))
    assert list(refused("confirm_agenda", with_answer("confirm_agenda", items=items))) == ["items"]


@pytest.mark.parametrize(
    "day",
    [
        "1989-12-31", "2200-01-01", "2026-02-29", "2026-13-01", "20260226", "2026-W09-4", "2026-2-6",
        "26.02.2026", "2026-02-26T00:00:00+08:00", "２０２６-02-26", 20260226, 1.5, True, ["2026-02-26"], {},
    ],
)  # fmt: skip
def test_absurd_and_misshapen_days_are_refused(day):
    assert list(refused("decide_initiation", {**START, "decided_on": day})) == ["decided_on"]


@pytest.mark.parametrize("day", ["1990-01-01", "2199-12-31", "2028-02-29"])
def test_the_edges_of_the_calendar_are_days(day):
    assert forms.load("decide_initiation", {**START, "decided_on": day})["decided_on"] == day


@pytest.mark.parametrize(
    "moment",
    [
        "2026-05-08T09:00:00", "2026-05-08 09:00+08:00", "2026-05-08", "1989-12-31T09:00:00+08:00",
        "2200-01-01T00:00:00Z", "2026-05-08T25:00:00Z", "2026-05-08T09:00:00+25:00", "2026-05-08T09:00:00+08",
        "20260508T090000Z", 1778202000, None, [], {},
    ],
)  # fmt: skip
def test_naive_absurd_and_misshapen_moments_are_refused(moment):
    assert list(refused("open_meeting", with_answer("open_meeting", opened_at=moment))) == ["opened_at"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026-05-08T09:00:00+08:00", "2026-05-08T09:00:00+08:00"),
        ("2026-05-08T01:00Z", "2026-05-08T01:00:00+00:00"),
        ("2026-05-08T01:00:00.5Z", "2026-05-08T01:00:00.500000+00:00"),
    ],
)
def test_a_moment_keeps_its_offset(said, kept):
    assert forms.load("open_meeting", with_answer("open_meeting", opened_at=said))["opened_at"] == kept


@pytest.mark.parametrize("number", [True, 3.0, "3", -1, 10**10, 10**400, None, [], float("nan")])
def test_whole_numbers_are_whole_and_bounded(number):
    assert list(refused("handle_comments", {"comments_received": number, "points": []})) == [
        "comments_received"
    ]


@pytest.mark.parametrize(
    "weight",
    [
        0.35,
        float("inf"),
        True,
        "0,35",
        "1e-1",
        ".5",
        "00.5",
        "0.1234567",
        "1.01",
        "-0.1",
        "NaN",
        "٠.٥",
        "",
        10**400,
    ],
)
def test_decimals_are_exact_text_within_bounds(weight):
    point = {**EXAMPLES["assess_risk"]["risk_points"][0], "weight": weight}
    assert list(refused("assess_risk", with_answer("assess_risk", risk_points=[point]))) == [
        "risk_points.0.weight"
    ]


@pytest.mark.parametrize(("said", "kept"), [("0.35", "0.35"), (" 0.350 ", "0.350"), (1, "1"), ("0", "0")])
def test_decimals_are_kept_as_written(said, kept):
    point = {**EXAMPLES["assess_risk"]["risk_points"][0], "weight": said}
    loaded = forms.load("assess_risk", with_answer("assess_risk", risk_points=[point]))
    assert loaded["risk_points"][0]["weight"] == kept


@pytest.mark.parametrize("flag", ["true", "false", 0, 1, "是", "YES", [], {}, 1.0])
def test_yes_and_no_are_booleans_only(flag):
    assert list(refused("adjust_draft", with_answer("adjust_draft", substantive=flag))) == ["substantive"]


@pytest.mark.parametrize("value", ["start", "启动", "", 1, True, ["START"], {"START": 1}, "START\u200b"])
def test_choices_are_the_listed_ones(value):
    assert list(refused("decide_initiation", {**START, "outcome": value})) == ["outcome"]


@pytest.mark.parametrize(
    "ref", ["", "x", "g" * 32, "A" * 32, "a" * 31, "a" * 33, 7, [A], {"id": A}, "../../etc/passwd"]
)
def test_references_have_the_shape_of_an_id(ref):
    assert list(refused("assign_lead_unit", {"lead_unit": ref})) == ["lead_unit"]


def test_nobody_is_named_twice_where_heads_are_counted():
    assert list(refused("open_meeting", with_answer("open_meeting", present=[A, B, A]))) == ["present"]


@pytest.mark.parametrize("number", ["青政发〔2026〕7号", "青公服〔2026〕117号"])
def test_document_numbers_of_the_prescribed_form(number):
    assert forms.load("sign_decision", with_answer("sign_decision", document_number=number))


@pytest.mark.parametrize(
    "number",
    [
        "青政发[2026]7号",
        "青政发〔26〕7号",
        "青政发〔2026〕07号",
        "青政发〔2026〕第7号",
        "〔2026〕7号",
        "青政发〔2026〕7",
        "青2政发〔2026〕7号",
    ],
)
def test_document_numbers_of_another_form_are_refused(number):
    """R-DIS-09."""
    assert list(refused("sign_decision", with_answer("sign_decision", document_number=number))) == [
        "document_number"
    ]


def test_a_flood_of_wrong_fields_gets_a_short_answer():
    fields = refused("decide_initiation", {f"x{n}": n for n in range(5000)})
    assert 0 < len(fields) <= forms.MOST_ERRORS


def test_a_hostile_field_name_is_shown_harmlessly():
    (shown,) = refused("decide_initiation", {**START, "a\x00\u202e\ud800" + "b" * 10_000: 1})
    assert shown.isprintable()
    assert len(shown) <= 100


# -- blanks and defaults -------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", [None, "", "   "])
def test_an_optional_field_left_blank_is_left_out(blank):
    assert "decided_in" not in forms.load("decide_initiation", {**START, "decided_in": blank})


def test_defaults_are_filled_in_even_where_null_was_sent():
    said = forms.load("assign_lead_unit", {"lead_unit": A, "co_units": None})
    assert said == {"lead_unit": A, "co_units": []}


def test_what_one_caller_changes_no_other_caller_sees():
    forms.load("assign_lead_unit", {"lead_unit": A})["co_units"].append(B)
    assert forms.load("assign_lead_unit", {"lead_unit": A})["co_units"] == []


# -- whatever is sent ----------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def loads_or_is_refused(step: str | None, answers: Any) -> None:
    wrong: dict[str, tuple[Text, ...]] = {}
    said: dict[str, Any] = {}
    try:
        said = forms.load(step, answers)
    except InvalidAnswers as refusal:
        wrong = refusal.fields or {"": ()}
    if wrong:
        assert all(messages and all(isinstance(one, Text) for one in messages) for messages in wrong.values())
        return
    assert forms.load(step, said) == said
    assert orjson.loads(orjson.dumps(said)) == said
    assert not any(value is None or isinstance(value, float) for value in leaves(said))


def leaves(value: Any) -> Iterator[Any]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inside is None:
        yield value
    else:
        for one in inside:
            yield from leaves(one)


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    yield ()
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from ((key, *rest) for rest in places(one))


def replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    key, *rest = place
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[key] = replaced(value[key], tuple(rest), new)
    return changed


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([*sorted(EXAMPLES), None]), JSON)
def test_any_json_loads_or_is_refused(step, answers):
    loads_or_is_refused(step, answers)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_an_example_changed_anywhere_loads_or_is_refused(data):
    step = data.draw(st.sampled_from(sorted(EXAMPLES)))
    place = data.draw(st.sampled_from(list(places(EXAMPLES[step]))))
    loads_or_is_refused(step, replaced(EXAMPLES[step], place, data.draw(JSON)))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from([" ", "\t", "\n", "\r", "\u3000", "\x1c", "\x85", "\u2028", "意", "x"]), max_size=8
    )
)
def test_tidying_a_text_twice_is_tidying_it_once(signs):
    loads_or_is_refused("weigh_the_matter", {"note": "".join(signs)})
