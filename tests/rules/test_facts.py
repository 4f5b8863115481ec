"""Reading a case file: total, indexed once, and nothing that is missing reads as an answer."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from situations import CALENDAR, facts_of

from decision_engine.calendar import SHANGHAI
from decision_engine.rules import Facts, Record
from decision_engine.rules.facts import Entry

ANSWERS = Entry(
    {
        "text": "  同意 ",
        "flag": False,
        "number": 7,
        "decimal": "0.352",
        "day": "2026-03-06",
        "moment": "2026-03-06T23:30:00+00:00",
        "naive": "2026-03-06T09:00:00",
        "texts": ["甲", " ", 3, "乙"],
        "entries": [{"a": 1}, "no", {"a": 2}],
        "notice": {"deadline": "2026-04-07"},
        "empty": "",
        "nothing": None,
        "zero": 0,
    }
)


def test_what_is_there_reads_as_what_it_is():
    assert ANSWERS.text("text") == "同意"
    assert ANSWERS.flag("flag") is False
    assert ANSWERS.number("number") == 7
    assert ANSWERS.decimal("decimal") == Fraction(352, 1000)
    assert ANSWERS.decimal("number") == 7
    assert ANSWERS.day("day") == date(2026, 3, 6)
    assert ANSWERS.day("notice.deadline") == date(2026, 4, 7)
    assert ANSWERS.day("moment") == date(2026, 3, 7), "a day is Shanghai's"
    assert ANSWERS.moment("day") == datetime(2026, 3, 6, tzinfo=SHANGHAI)
    assert ANSWERS.moment("naive") == datetime(2026, 3, 6, 1, tzinfo=UTC)
    assert ANSWERS.texts("texts") == ("甲", "乙")
    assert [one.number("a") for one in ANSWERS.entries("entries")] == [1, 2]
    assert ANSWERS.entry("notice").text("deadline") == "2026-04-07"
    assert ANSWERS.count("texts") == 4


def test_dates_given_as_values_read_like_text():
    values = Entry({"day": date(2026, 3, 6), "moment": datetime(2026, 3, 6, 9, tzinfo=SHANGHAI)})

    assert values.day("day") == values.day("moment") == date(2026, 3, 6)


@pytest.mark.parametrize("name", ["missing", "nothing", "empty", "texts.deep", "text.deep"])
def test_what_is_missing_reads_as_nothing(name):
    assert ANSWERS.text(name) == ""
    assert ANSWERS.flag(name) is None
    assert ANSWERS.number(name) is None
    assert ANSWERS.decimal(name) is None
    assert ANSWERS.day(name) is None
    assert ANSWERS.moment(name) is None
    assert ANSWERS.texts(name) == ()
    assert ANSWERS.entries(name) == ()
    assert ANSWERS.entry(name) is None
    assert not ANSWERS.has(name)


def test_what_is_of_another_kind_reads_as_nothing():
    assert ANSWERS.number("flag") is None, "no is not zero"
    assert ANSWERS.decimal("flag") is None
    assert ANSWERS.decimal("text") is None
    assert ANSWERS.flag("number") is None
    assert ANSWERS.day("text") is None
    assert ANSWERS.text("number") == ""


@pytest.mark.parametrize("absurd", ["0001-01-01", "9999-12-31", "1948-12-31", "2026-02-30", "1e9"])
def test_an_absurd_date_reads_as_nothing(absurd):
    assert Entry({"day": absurd}).day("day") is None


def test_a_no_and_a_zero_are_entries():
    assert ANSWERS.has("flag")
    assert ANSWERS.has("zero")
    assert ANSWERS.has("notice")


# -- records --------------------------------------------------------------------------------------------

CASE = {
    "before": [
        {"step": "open_meeting", "chair": "甲"},
        {"step": "member_speaks", "item": "乙"},
        {"step": "open_meeting", "chair": "丙"},
        {"step": "member_speaks", "item": "丁"},
    ],
    "act": {"step": "vote", "by": "记录员", "for": "主任"},
    "matter": {"non_public": True, "basis": "法"},
}


def test_records_are_found_by_step_in_their_order():
    facts = facts_of(CASE)

    assert [one.seq for one in facts.all("member_speaks", "open_meeting")] == [1, 2, 3, 4]
    assert facts.latest("open_meeting").text("chair") == "丙"
    assert facts.latest("open_meeting", "member_speaks").seq == 4
    assert facts.latest("sign_minutes") is None
    assert [one.item for one in facts.since("open_meeting", "member_speaks")] == ["丁"]
    assert facts.since("sign_minutes", "member_speaks") == ()
    assert [one.seq for one in facts.after(2, "open_meeting")] == [3]


def test_the_pending_act_is_the_last_record():
    facts = facts_of(CASE)

    assert facts.act.kind == "vote"
    assert facts.act.person == "主任", "who is acted for answers"
    assert facts.today == date(2026, 3, 6)


def test_a_case_file_without_records_has_an_empty_act():
    facts = Facts("vote", (), datetime(2026, 3, 6, tzinfo=SHANGHAI), CALENDAR)

    assert facts.act.kind == "vote"
    assert facts.act.text("method") == ""
    assert facts.draft is None
    assert facts.body("party_committee").members == ()


def test_an_answer_in_the_file_outweighs_the_facts_the_case_was_opened_with():
    said = {**CASE, "before": [{"step": "determine_procedure", "non_public": False}]}

    assert facts_of(CASE).said("non_public", "determine_procedure") is True
    assert facts_of(said).said("non_public", "determine_procedure") is False
    assert facts_of(said).said("basis", "determine_procedure") == "法"


def test_evidence_is_what_was_looked_up_since_the_last_rule():
    facts = facts_of(CASE)
    facts.latest("open_meeting")
    facts.forget()
    facts.all("member_speaks")

    assert facts.evidence() == (2, 4)
    assert facts.evidence(at_most=1) == (4,)


def test_a_record_knows_its_day_in_shanghai():
    assert Record(1, "vote", {}, datetime(2026, 3, 6, 16, tzinfo=UTC)).local_day == date(2026, 3, 7)


def test_a_draft_is_found_by_its_hash():
    facts = facts_of({**CASE, "drafts": [{"hash": "v1"}, {"hash": "v2"}]})

    assert facts.draft.hash == "v2"
    assert facts.version("v1").no == 1
    assert facts.version("v9") is None
