"""How rules are declared and examined, whatever they say."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from situations import CALENDAR, facts_of, situations

from decision_engine import forms, rules
from decision_engine.calendar import SHANGHAI
from decision_engine.language import Text, articles, chinese_number
from decision_engine.rules import Departure, Facts, Outcome, Record, Strength, examine, rules_on
from decision_engine.rules.law import DECREE_713
from decision_engine.rules.rule import _declared, rule
from decision_engine.rules.static import STATUTES

ACTS = {"publish_catalogue", "receive_comment", "comment_period"}
"""What is examined though no form answers it."""
STEPS = {*forms.steps(), *ACTS}
DECLARED = rules.declared()


@pytest.mark.parametrize("one", DECLARED, ids=lambda one: one.id)
def test_every_rule_cites_its_source_in_both_languages(one):
    assert re.fullmatch(r"R-[A-Z0-9]+(-[A-Z]+)?(-\d+){1,2}", one.id)
    assert re.search("[\u4e00-\u9fff]", one.title.zh)
    assert re.fullmatch(r"[A-Z][\x20-\x7e]{10,}", one.title.en)
    assert one.law.name
    assert one.law.title.en
    assert one.article
    assert set(one.checks) <= set("SGA")
    assert one.mark.startswith(("v:", "M", "D"))


@pytest.mark.parametrize(
    "one", [one for one in DECLARED if "G" in one.checks and not one.held], ids=lambda one: one.id
)
def test_every_guard_stands_at_a_step_that_exists(one):
    assert one.gates
    assert set(one.gates) <= STEPS
    assert one.decide is not None


def test_every_demand_on_a_diagram_belongs_to_a_rule_that_says_so():
    demanded = {line.rule for line in STATUTES if line.rule.startswith("R-")}
    said = {one.id for one in DECLARED if "S" in one.checks}

    assert demanded == said
    assert all(bool(one.static) == ("S" in one.checks) for one in DECLARED)


def test_a_static_check_is_not_written_by_hand():
    with pytest.raises(ValueError, match="STATUTES"):

        @rule("R-713-3-9", "手写的静态检查", law=DECREE_713, article="3", checks="SG")
        def by_hand(facts):
            """Written by hand."""


def test_every_timer_of_a_rule_is_a_parameter_with_a_source():
    assert rules.parameter("public_comment_days", on=date(2026, 3, 6)) == 30


def test_ids_are_listed_as_a_reader_counts():
    ids = [one.id for one in DECLARED]

    assert ids.index("R-713-3-1") < ids.index("R-713-10-1") < ids.index("R-LEG-01")


def test_a_rule_is_declared_once_for_a_day():
    with pytest.raises(ValueError, match="twice"):

        @rule("R-713-3-1", "重复", law=DECREE_713, article="3")
        def again(facts):
            """Again."""


@pytest.mark.parametrize(
    ("number", "words"),
    [(3, "三"), (10, "十"), (26, "二十六"), (101, "一百零一"), (1259, "一千二百五十九"), (20, "二十")],
)
def test_articles_are_counted_in_chinese(number, words):
    assert chinese_number(number) == words


@pytest.mark.parametrize(
    ("written", "said", "english"),
    [
        ("10", "第十条", "article 10"),
        ("11、12", "第十一条、第十二条", "articles 11 and 12"),
        ("14, 19, 22", "第十四条、第十九条、第二十二条", "articles 14, 19 and 22"),
        ("14—18", "第十四条至第十八条", "articles 14 to 18"),
    ],
)
def test_articles_are_cited_one_way(written: str, said: str, english: str) -> None:
    assert (articles(written).zh, articles(written).en) == (said, english)


# -- the law of the day -----------------------------------------------------------------------------------


@pytest.fixture
def dated_rule():
    """Two versions of one invented rule; the second replaces the first in 2022."""

    def declare(since, until, verdict):
        @rule(
            "R-TEST-1",
            "试验规则",
            gate="register_proposal",
            law=DECREE_713,
            article="3",
            since=since,
            until=until,
        )
        def invented(facts):
            """An invented rule of this test."""
            return verdict

    declare(date(2019, 9, 1), date(2022, 1, 1), None)
    declare(date(2022, 1, 1), None, Text("新规不符。请改正。", "Broken under the new law."))
    rules.examination._rules_on.cache_clear()
    yield
    for key in [key for key in _declared if key[0] == "R-TEST-1"]:
        del _declared[key]
    rules.examination._rules_on.cache_clear()


def at(day):
    return facts_of({"act": {"step": "register_proposal", "at": day}})


def outcome_of(rule_id, facts):
    judged = rules.audit(facts) if facts.gate == "audit" else examine(facts.gate, facts)
    return {one.rule: one.outcome for one in judged}.get(rule_id)


@pytest.mark.usefixtures("dated_rule")
def test_a_step_is_judged_by_the_rules_of_its_day():
    assert outcome_of("R-TEST-1", at(date(2021, 12, 31))) is Outcome.MET
    assert outcome_of("R-TEST-1", at(date(2022, 1, 1))) is Outcome.BROKEN
    assert outcome_of("R-TEST-1", at(date(2019, 8, 31))) is None


def test_before_decree_713_took_effect_none_of_its_rules_binds():
    assert not [one for one in rules_on(date(2019, 8, 31)) if one.law is DECREE_713]
    assert [one for one in rules_on(date(2019, 9, 1)) if one.law is DECREE_713]


# -- findings -----------------------------------------------------------------------------------------------

SHORT = {
    "act": {
        "step": "publish_notice",
        "at": date(2026, 3, 6),
        "published_at": date(2026, 3, 6),
        "deadline": date(2026, 3, 20),
        "shortening_reason": "汛期临近",
    }
}


def finding(facts, rule_id="R-713-15-2"):
    return next(one for one in examine(facts.gate, facts) if one.rule == rule_id)


def test_satisfied_rules_are_findings_too():
    found = examine("register_proposal", at(date(2026, 3, 6)))

    assert {one.rule for one in found} >= {"R-713-3-1", "R-713-3-2", "R-713-10-3"}
    assert {one.outcome for one in found} >= {Outcome.MET, Outcome.BROKEN, Outcome.NOT_APPLICABLE}


def test_a_broken_rule_blocks_and_says_so_with_its_article():
    found = finding(facts_of(SHORT))

    assert found.blocks
    assert found.reason.zh.endswith("依据：国务院令第713号第十五条。")
    assert "article 15" in found.reason.en


def test_only_a_departure_from_this_very_rule_with_reason_and_approver_excuses():
    facts = facts_of(SHORT)
    good = Departure("R-713-15-2", "汛期临近", "镇长")

    assert finding(replace(facts, departures=(good,))).outcome is Outcome.EXCEPTED
    assert finding(replace(facts, departures=(good,))).departure == good
    for bad in (
        Departure("R-713-15-3", "汛期临近", "镇长"),
        Departure("R-713-15-2", "  ", "镇长"),
        Departure("R-713-15-2", "汛期临近", ""),
    ):
        assert finding(replace(facts, departures=(bad,))).outcome is Outcome.BROKEN


def test_no_departure_excuses_a_hard_rule():
    facts = facts_of({"act": {"step": "register_proposal"}})
    claimed = replace(facts, departures=(Departure("R-713-3-1", "着急", "镇长"),))

    assert finding(claimed, "R-713-3-1").outcome is Outcome.BROKEN
    assert finding(claimed, "R-713-3-1").strength is Strength.HARD


def test_a_finding_names_the_records_it_rests_on():
    case = {
        "before": [{"step": "publish_notice", "deadline": date(2026, 4, 7), "at": date(2026, 3, 6)}],
        "act": {"step": "handle_comments", "at": date(2026, 4, 8)},
    }

    assert 1 in finding(facts_of(case)).evidence


def test_the_rule_set_has_a_version_and_a_hash():
    assert re.fullmatch(r"\d{4}\.\d{2}", rules.RULE_SET_VERSION)
    assert re.fullmatch(r"[0-9a-f]{64}", rules.rule_set_hash())


# -- properties ---------------------------------------------------------------------------------------------

NAMES = sorted(
    {
        "outcome", "deadline", "published_at", "points", "ballots", "due", "present", "meetings", "kind", "stage",
        "checklist", "body_type", "risk_points", "measures", "non_public", "is_technical", "risk_trigger", "recusals",
        "package_complete_at", "requested_due_at", "meeting_at", "opened_at", "speakers", "consultations", "dossier",
        "affected_units", "meeting_package", "proposer_type", "matter_type", "affected_groups", "channels", "vote",
        "method", "participants", "hearing_at", "confirmed", "notices", "items", "publications", "signed_on",
    }
)  # fmt: skip
WORDS = st.sampled_from(
    ["", "YES", "NO", "START", "APPROVE", "LEGAL", "FILED", "2026-03-06", "2026-03-06T09:00:00+08:00", "9999-12-31",
     "0001-01-01", "not a day", "mayor_office_meeting", "party_committee", "SECRET_BALLOT", "镇长", "NONE",
     "VILLAGE_COMMITTEE_CHANGE", "UNCONTROLLABLE", "CONTROLLABLE", "0.35", "NOT_ADOPTED", "D01", "DELIBERATE"]
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 10**9), st.floats(allow_nan=True), WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=6,
)
ANSWERS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)
GATES = sorted({gate for one in DECLARED for gate in one.gates})


@settings(max_examples=150, deadline=None)
@given(
    gate=st.sampled_from(GATES),
    before=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), ANSWERS), max_size=6),
    act=ANSWERS,
    day=st.dates(date(2019, 9, 1), date(2040, 1, 1)),
)
def test_no_rule_raises_on_any_case_file(gate, before, act, day):
    now = datetime(day.year, day.month, day.day, 10, tzinfo=SHANGHAI)
    records = tuple(Record(no, kind, data, now) for no, (kind, data) in enumerate([*before, (gate, act)], 1))
    facts = Facts(gate, records, now, CALENDAR)

    for found in examine(gate, facts):
        assert (found.reason is None) == (
            found.outcome in {Outcome.MET, Outcome.NOT_APPLICABLE, Outcome.UNDECIDABLE}
        )
    rules.audit(facts)


@pytest.mark.parametrize("situation", [one for one in situations() if one.expect == "BROKEN"], ids=str)
def test_an_unrelated_record_never_mends_a_broken_rule(situation):
    facts = situation.facts
    unrelated = Record(0, "some_other_step", {"outcome": "APPROVE"}, facts.now - timedelta(days=400))
    more = replace(facts, records=(unrelated, *facts.records))

    assert outcome_of(situation.rule, more) is Outcome.BROKEN
