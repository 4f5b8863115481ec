"""What a form sends is what it showed: every form of the house, drawn, filled, sent and read again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from examples import EXAMPLES
from flask import Flask, render_template_string
from lxml import html
from werkzeug.datastructures import MultiDict

from decision_engine import forms
from decision_engine.web.answers import changed_rows, read
from tests.web.bare import bare_app

FORM = (
    "{% import 'macros/forms.html' as forms with context %}<form>"
    "{% for spec in fields %}{{ forms.field(spec, said.get(spec.name), errors, options) }}{% endfor %}</form>"
)


@pytest.fixture(scope="module")
def drawing() -> Iterator[Flask]:
    """An application that can draw, and nothing else."""
    app = bare_app()
    with app.test_request_context():
        yield app


def drawn(fields: Any, said: dict[str, Any]) -> Any:
    """The form with *said* in it, as a browser holds it; templates of rows are no part of what is sent."""
    page = html.fromstring(render_template_string(FORM, fields=fields, said=said, errors={}, options={}))
    for template in page.xpath("//template"):
        template.drop_tree()
    return page.forms[0] if page.tag != "form" else page


def sent(form: Any) -> MultiDict[str, str]:
    return MultiDict(form.form_values())


@pytest.mark.parametrize("step", EXAMPLES)
def test_a_form_sends_back_the_answers_it_shows(drawing: Flask, step: str) -> None:
    """Recorded answers, put into their form and sent unchanged, are the same answers."""
    recorded = forms.load(step, EXAMPLES[step])
    fields = forms.describe(step)["fields"]
    assert forms.load(step, read(sent(drawn(fields, recorded)), fields)) == recorded


def test_nothing_typed_is_nothing_said(drawing: Flask) -> None:
    """An empty form is refused for what is required, never for its shape."""
    for step in forms.steps():
        fields = forms.describe(step)["fields"]
        for field, value in read(sent(drawn(fields, {})), fields).items():
            told = next(one for one in fields if one["name"] == field)
            assert value == told["default"], f"{step}.{field}"


def test_a_number_that_is_none_and_a_wrong_day_stay_as_they_were_typed(drawing: Flask) -> None:
    fields = [
        {"name": "count", "type": "integer", "fields": []},
        {"name": "met", "type": "moment", "fields": []},
        {"name": "agreed", "type": "boolean", "fields": []},
    ]
    typed = MultiDict({"count": "twelve", "met": "tomorrow", "agreed": "perhaps"})
    assert read(typed, fields) == {"count": "twelve", "met": "tomorrow", "agreed": "perhaps"}


def test_a_moment_typed_is_on_the_clock_of_the_office(drawing: Flask) -> None:
    fields = [{"name": "met", "type": "moment", "fields": []}]
    assert read(MultiDict({"met": "2026-03-06T09:00"}), fields) == {"met": "2026-03-06T09:00+08:00"}


def test_rows_are_added_and_taken_away_without_scripts(drawing: Flask) -> None:
    """Two rows more, the first filled in, the middle one taken away: what was typed stays."""
    fields = [one for one in forms.describe("confirm_agenda")["fields"] if one["name"] == "items"]
    assert fields
    said: dict[str, Any] = {}
    for title in ("甲", "乙", "丙"):
        pressed = sent(drawn(fields, said))
        pressed["_add"] = "items"
        said = read(pressed, fields)
        assert changed_rows(pressed, said, fields)
        said["items"][-1]["title"] = title
    pressed = sent(drawn(fields, said))
    pressed["_remove"] = "items.1"
    said = read(pressed, fields)
    assert changed_rows(pressed, said, fields)
    assert [row["title"] for row in said["items"]] == ["甲", "丙"]


def test_a_single_answer_more_is_an_empty_line(drawing: Flask) -> None:
    """A list of texts: the new line is empty, not the picture of an empty object."""
    fields = [
        one for one in forms.describe("principal_speaks_last")["fields"] if one["name"] == "clarifications"
    ]
    pressed = MultiDict({"clarifications.0": "资金从哪里来？", "_add": "clarifications"})
    said = read(pressed, fields)
    assert changed_rows(pressed, said, fields)
    boxes = [one.value for one in drawn(fields, said).xpath(".//textarea")]
    assert boxes == ["资金从哪里来？", ""]


@pytest.mark.parametrize(
    "name", ["items.5", "items.x", "nowhere.0", "items", "items.0.0.0", "", "items.99999999999"]
)
def test_a_row_that_is_not_there_is_not_taken_away(drawing: Flask, name: str) -> None:
    fields = [one for one in forms.describe("confirm_agenda")["fields"] if one["name"] == "items"]
    pressed = MultiDict({"items.0.title": "甲", "_remove": name})
    said = read(pressed, fields)
    changed_rows(pressed, said, fields)
    assert said["items"] == [{"title": "甲", "emergency": said["items"][0].get("emergency")}] or said[
        "items"
    ] == [{"title": "甲"}]
