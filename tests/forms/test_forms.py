"""What a form promises: exact JSON, both languages, nothing unknown, and never anything but a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest
from examples import DOCUMENTS, EXAMPLES, PARTY_MEETING, PERSONS, UNITS, with_ids
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema

from decision_engine import forms
from decision_engine.errors import InvalidAnswers
from decision_engine.forms.fields import Group, Kind, Listing
from decision_engine.forms.form import form_of
from decision_engine.language import Text

BPMN = sorted((Path(__file__).parents[2] / "bpmn").glob("*.bpmn"))
STEP = "{urn:decision-engine:bpmn}step"
PEOPLE_ACT = ("task", "userTask", "manualTask")
TYPES = {
    "text", "long_text", "date", "moment", "integer", "decimal", "boolean", "choice",
    "person", "unit", "document", "comment", "case", "list", "group", "scalar",
}  # fmt: skip
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


def drawn_steps() -> set[str]:
    return {
        element.get(STEP, "")
        for path in BPMN
        for element in ET.parse(path).iter()
        if element.tag.rpartition("}")[2] in PEOPLE_ACT and element.get(STEP)
    }


def all_fields(schema: Schema, path: str) -> Iterator[tuple[str, Kind]]:
    for name, field in schema.fields.items():
        here = f"{path}.{name}"
        yield here, field
        inner = field.item if isinstance(field, Listing) else field
        if inner is not field:
            yield f"{here}[]", inner
        if isinstance(inner, Group):
            yield from all_fields(inner.part, here)


def all_schemas() -> Iterator[tuple[str, Schema]]:
    for step in forms.steps():
        yield step, form_of(step)
        for path, field in all_fields(form_of(step), step):
            if isinstance(field, Group):
                yield path, field.part


# -- the forms and the procedure -----------------------------------------------------------------------


def test_every_step_a_person_does_in_the_shipped_diagrams_has_a_form_and_an_example():
    assert len(BPMN) >= 8
    assert drawn_steps() <= set(forms.steps())
    assert set(forms.steps()) == set(EXAMPLES)


def holds(said: Any, answered: Any) -> bool:
    """Tell whether *said* keeps everything that was *answered*; defaults may have been added."""
    if isinstance(answered, dict):
        return all(key in said and holds(said[key], value) for key, value in answered.items())
    if isinstance(answered, list):
        return len(said) == len(answered) and all(map(holds, said, answered))
    return type(said) is type(answered) and said == answered


@pytest.mark.parametrize("step", sorted(EXAMPLES))
def test_the_example_of_each_step_loads_and_loading_again_changes_nothing(step):
    said = forms.load(step, EXAMPLES[step])
    assert holds(said, EXAMPLES[step])
    assert forms.load(step, said) == said
    assert orjson.loads(orjson.dumps(said)) == said


@pytest.mark.parametrize("step", sorted(PARTY_MEETING))
def test_the_party_committee_answers_the_same_forms(step):
    assert forms.load(step, PARTY_MEETING[step])


def conditions() -> set[tuple[str, str, str]]:
    read = re.compile(r"\b([a-z_]+)\.([a-z_0-9]+)\s*[=!]=\s*('[A-Z_]+'|true|false)")
    return {found for path in BPMN for found in read.findall(path.read_text("utf-8"))}


def test_every_value_the_shipped_diagrams_ask_for_can_be_answered():
    assert len(conditions()) > 50
    for step, name, value in conditions():
        if step not in forms.steps():
            continue
        field = next(one for one in forms.describe(step)["fields"] if one["name"] == name)
        if value in {"true", "false"}:
            assert field["type"] == "boolean", (step, name)
        else:
            assert value.strip("'") in {choice["value"] for choice in field["choices"]}, (step, name, value)


def test_multi_instances_get_their_list_of_persons():
    assert forms.load("select_experts", EXAMPLES["select_experts"])["experts"]
    assert forms.load("open_meeting", EXAMPLES["open_meeting"])["speakers"]
    assert "experts" in refused("select_experts", with_answer("select_experts", experts=[]))
    assert "speakers" in refused("open_meeting", with_answer("open_meeting", speakers=[]))


def test_an_unanswered_confirmation_is_no_confirmation():
    assert forms.load("issue_legality_opinion", EXAMPLES["issue_legality_opinion"])["confirmed"] is False


# -- both languages ------------------------------------------------------------------------------------


def is_said_in_both(text: Text) -> bool:
    return bool(re.search(r"[\u4e00-\u9fff]", text.zh)) and bool(re.search(r"[A-Za-z]", text.en))


def test_every_label_hint_and_title_is_said_in_chinese_and_english():
    for step in forms.steps():
        form = form_of(step)
        assert form.step == step
        assert is_said_in_both(form.heading), step
        assert form.citation is not None
        assert "第" in form.citation.zh, step
        assert "art." in form.citation.en, step
        for path, field in all_fields(form, step):
            assert is_said_in_both(field.label), path
            assert field.hint is None or is_said_in_both(field.hint), path
            for value, (zh, en) in getattr(field, "choices", {}).items():
                assert is_said_in_both(Text(zh, en)), (path, value)


def test_choices_are_upper_case_but_for_the_bodies_which_are_keys_of_their_register():
    for step in forms.steps():
        for path, field in all_fields(form_of(step), step):
            for value in getattr(field, "choices", {}):
                assert re.fullmatch(r"[A-Z][A-Z0-9_]*", value) or path.endswith(".body_type"), (path, value)


def test_no_message_of_marshmallow_is_left_in_one_language():
    def is_bilingual(message: Any) -> bool:
        return all(
            isinstance(one, Text) and is_said_in_both(one)
            for one in ([message] if isinstance(message, Text) else message)
        )

    for path, schema in all_schemas():
        assert all(is_bilingual(one) for one in schema.error_messages.values()), path
        for name, field in all_fields(schema, path):
            assert all(is_bilingual(one) for one in field.error_messages.values()), name
    assert not is_bilingual("Missing data for required field.")


def test_a_message_in_one_language_would_not_get_out():
    """Whatever marshmallow says in English alone is said as the general refusal in both."""
    leaked = forms._by_path({"title": ["Not a valid string.", Text("甲", "one")]})
    assert all(isinstance(message, Text) for message in leaked["title"])
    assert leaked["title"][0] != "Not a valid string."


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


# -- steps no form knows -------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [None, "weigh_the_matter", "comment_period"])
def test_a_step_no_form_knows_takes_a_note_and_what_its_diagram_reads(step):
    reads = frozenset({"outcome", "amount", "urgent"})
    said = {"note": "已办", "outcome": "GO", "amount": -3, "urgent": True}
    assert forms.load(step, said, reads) == said
    assert forms.load(step, {}, reads) == {}
    assert list(refused(step, {"other": 1}, reads)) == ["other"]
    assert list(refused(step, {"outcome": "GO"})) == ["outcome"]


@pytest.mark.parametrize("value", [1.5, [], {}, ["x"], "x" * 501, "a\nb", 10**10])
def test_what_a_foreign_diagram_reads_is_a_short_scalar(value):
    assert list(refused("weigh_the_matter", {"outcome": value}, frozenset({"outcome"}))) == ["outcome"]


def test_any_step_may_answer_a_question_its_diagram_reads():
    reads = frozenset({"is_technical"})
    assert forms.load("decide_initiation", {**START, "is_technical": True}, reads)["is_technical"] is True
    assert "is_technical" not in forms.load("decide_initiation", START, reads)
    assert list(refused("decide_initiation", {**START, "is_technical": "yes"}, reads)) == ["is_technical"]
    assert list(refused("decide_initiation", {**START, "is_technical": True})) == ["is_technical"]


# -- described and referred to -------------------------------------------------------------------------


def check_described(fields: list[dict[str, Any]]) -> None:
    for field in fields:
        assert {"name", "type", "label", "hint", "required", "choices", "fields"} <= field.keys()
        assert field["type"] in TYPES
        assert set(field["label"]) == {"zh", "en"}
        assert (field["type"] == "choice" or field.get("of") == "choice") == bool(field["choices"])
        check_described(field["fields"])


@pytest.mark.parametrize("step", [*sorted(EXAMPLES), None])
def test_a_form_describes_itself_as_json_in_both_languages(step):
    described = forms.describe(step)
    assert described["step"] == step
    assert set(described["title"]) == {"zh", "en"}
    assert described["fields"]
    check_described(described["fields"])
    assert orjson.dumps(described) == orjson.dumps(forms.describe(step))


def test_fields_are_described_in_the_order_of_the_form():
    names = [field["name"] for field in forms.describe("decide_initiation")["fields"]]
    assert names == ["outcome", "reasons", "decided_on", "decided_in"]
    read = forms.describe("weigh_the_matter", frozenset({"zeta", "alpha"}))["fields"]
    assert [field["name"] for field in read] == ["note", "alpha", "zeta"]


def test_references_are_found_wherever_they_stand():
    said = forms.load("vote", {"method": "NAMED_BALLOT", "ballots": [{"member": A, "vote": "YES"}]})
    assert forms.references("vote", said).persons == {"ballots.0.member": A}
    said = forms.load("assign_lead_unit", {"lead_unit": A, "co_units": [B]})
    assert forms.references("assign_lead_unit", said).units == {"lead_unit": A, "co_units.0": B}
    said = forms.load("draft_decision", EXAMPLES["draft_decision"])
    assert set(forms.references("draft_decision", said).documents) == {"draft_ref", "explanation_ref"}


def test_the_examples_name_only_people_units_and_papers_of_the_story():
    for step, answers in EXAMPLES.items():
        named = forms.references(step, forms.load(step, answers))
        assert set(named.persons.values()) <= set(PERSONS.values())
        assert set(named.units.values()) <= set(UNITS.values())
        assert set(named.documents.values()) <= set(DOCUMENTS.values())


def test_the_examples_can_be_told_of_other_people():
    told = with_ids(EXAMPLES["open_meeting"], {PERSONS["mayor"]: A})
    assert told["chair"] == told["present"][0] == A


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


def test_s1_is_told_in_the_order_of_its_days():
    """The examples tell one story, so its days may not run backwards."""
    days = [
        EXAMPLES["register_proposal"]["proposed_on"],
        EXAMPLES["decide_initiation"]["decided_on"],
        EXAMPLES["publish_notice"]["published_at"][:10],
        EXAMPLES["publish_notice"]["deadline"],
        EXAMPLES["publish_feedback"]["published_at"][:10],
        EXAMPLES["check_review_package"]["package_complete_at"][:10],
        EXAMPLES["issue_legality_opinion"]["signed_at"][:10],
        EXAMPLES["confirm_agenda"]["notice_at"][:10],
        EXAMPLES["open_meeting"]["opened_at"][:10],
        EXAMPLES["external_approval"]["replied_on"],
        EXAMPLES["sign_decision"]["signed_on"],
        EXAMPLES["publish_decision"]["publications"][0]["at"][:10],
        EXAMPLES["archive_dossier"]["filed_on"],
    ]
    assert all(earlier <= later for earlier, later in pairwise(days))
