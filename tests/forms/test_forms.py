"""The forms and the procedure: each step has one, it speaks both languages, and it describes itself."""

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
        assert "article" in form.citation.en, step
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
