"""Days, moments and names of fields as they are said on a page, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask_babel import Babel

from decision_engine import forms
from decision_engine.language import Text
from decision_engine.web.saying import day, moment, name_of, said


@pytest.fixture(params=["zh", "en"])
def spoken(request: pytest.FixtureRequest) -> Iterator[str]:
    app = Flask(__name__)
    Babel(app, locale_selector=lambda: request.param)
    with app.test_request_context():
        yield request.param


def test_a_sentence_is_said_in_the_readers_language(spoken):
    assert said(Text("是", "Yes")) == {"zh": "是", "en": "Yes"}[spoken]
    assert said({"zh": "是", "en": "Yes"}) == {"zh": "是", "en": "Yes"}[spoken]
    assert said("青禾镇") == "青禾镇"
    assert said(None) == ""


def test_a_moment_is_told_by_the_offices_clock(spoken):
    late = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)  # half past midnight of the 6th in China
    assert moment(late) == {"zh": "2026年3月6日 00:30", "en": "6 March 2026 00:30"}[spoken]
    assert day(late, year=False) == {"zh": "3月6日", "en": "6 March"}[spoken]
    assert day(date(2026, 12, 31)) == {"zh": "2026年12月31日", "en": "31 December 2026"}[spoken]
    assert (day(None), moment(None)) == ("", "")


def test_a_wrong_field_is_called_by_its_name(spoken):
    fields = forms.describe("decide_initiation")["fields"]
    assert name_of("reasons", fields) == {"zh": "理由", "en": "Reasons"}[spoken]
    assert name_of("", fields) == name_of("unheard_of.2", fields) == ""
    nested = [
        {"name": "points", "label": "论点", "fields": [{"name": "reason", "label": "理由", "fields": []}]}
    ]
    assert name_of("points.2.reason", nested) == {"zh": "论点 第3项 理由", "en": "论点 item 3 理由"}[spoken]
