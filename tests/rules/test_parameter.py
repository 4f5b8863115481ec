"""Dated numbers: the strictest in force wins, a laxer one never loads."""

from datetime import date
from fractions import Fraction

import pytest

from decision_engine.calendar import Period, Unit
from decision_engine.rules import Organ, UnknownParameter, parameter, period
from decision_engine.rules.parameter import FaultyParameters, LaxerValue, read, shipped

OVERLAYS = """
[overlays]
national = ""
tianjin = "national"
"town:qinghe" = "tianjin"
"""


def values(*rows, stricter="larger", unit="days"):
    listed = ",\n".join(rows)
    return (
        OVERLAYS
        + f"""
[comment_days]
zh = "期限"
en = "Period"
unit = "{unit}"
stricter = "{stricter}"
values = [{listed}]
"""
    )


def row(value, overlay="national", since="2019-09-01", until=None):
    ends = f", until = {until}" if until else ""
    return f'{{ overlay = "{overlay}", since = {since}, value = {value}, source = "x", mark = "D"{ends} }}'


def test_the_strictest_of_an_organs_overlays_holds():
    parameters = read({"a.toml": values(row(30), row(45, "town:qinghe"))})
    today = date(2026, 1, 1)

    assert parameters.value("comment_days", today) == 30
    assert parameters.value("comment_days", today, ("tianjin", "town:qinghe")) == 45


def test_a_value_holds_from_its_day_and_old_law_stays_callable():
    parameters = read({"a.toml": values(row(20, until="2022-01-01"), row(30, since="2022-01-01"))})

    assert parameters.value("comment_days", date(2021, 12, 31)) == 20
    assert parameters.value("comment_days", date(2022, 1, 1)) == 30
    with pytest.raises(UnknownParameter):
        parameters.value("comment_days", date(2019, 8, 31))


@pytest.mark.parametrize(
    ("stricter", "laxer", "stricter_value"), [("larger", 20, 40), ("smaller", 40, 20), ("locked", 40, 30)]
)
def test_a_laxer_value_is_refused_when_the_data_is_loaded(stricter, laxer, stricter_value):
    read({"a.toml": values(row(30), row(stricter_value, "tianjin"), stricter=stricter)})
    with pytest.raises(LaxerValue, match="tianjin sets"):
        read({"a.toml": values(row(30), row(laxer, "tianjin"), stricter=stricter)})


def test_a_grandchild_is_held_against_every_wider_overlay():
    with pytest.raises(LaxerValue):
        read({"a.toml": values(row(30), row(20, "town:qinghe"))})


def test_values_that_never_meet_in_time_are_not_compared():
    read({"a.toml": values(row(30, until="2020-01-01"), row(20, "tianjin", since="2020-01-01"))})


def test_a_free_choice_belongs_to_the_narrowest_overlay():
    parameters = read(
        {"a.toml": values(row('"DUE"'), row('"PRESENT"', "town:qinghe"), stricter="free", unit="choice")}
    )

    assert parameters.value("comment_days", date(2026, 1, 1), ("tianjin", "town:qinghe")) == "PRESENT"
    assert parameters.value("comment_days", date(2026, 1, 1), ("tianjin",)) == "DUE"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (values(row(30, "county:nowhere")), "not declared"),
        (values(row(30)).replace('"x"', '" "'), "source"),
        (values(row(30), stricter="bigger"), "direction"),
        (values(row(30)).replace('unit = "days"', ""), "unit"),
        (values(row('"a"'), row('"b"', "tianjin")), "no order"),
    ],
)
def test_faulty_data_is_refused(text, words):
    with pytest.raises(FaultyParameters, match=words):
        read({"a.toml": text})


def test_a_parameter_is_declared_once():
    with pytest.raises(FaultyParameters, match="twice"):
        read({"a.toml": values(row(30)), "b.toml": values(row(30))})


# -- what is shipped -------------------------------------------------------------------------------------

TOWN = Organ("qinghe", "town", ("national", "district:linhe", "town:qinghe"))


def test_the_timers_of_the_diagrams_find_their_periods():
    today = date(2026, 3, 6)

    assert period("public_comment_days", TOWN, today) == Period(30, Unit.DAYS)
    assert period("suspension_confirmation_days", TOWN, today) == Period(15, Unit.DAYS)
    assert period("legality_review_days", TOWN, today) == Period(7, Unit.WORKING_DAYS)
    assert period("publication_days", TOWN, today) == Period(20, Unit.WORKING_DAYS)
    assert period("archive_days", TOWN, today) == Period(30, Unit.DAYS)
    with pytest.raises(UnknownParameter):
        period("villagers_majority", TOWN, today)
    with pytest.raises(UnknownParameter):
        period("no_such_period", TOWN, today)


def test_shares_are_exact():
    assert parameter("villagers_households_quorum", on=date(2026, 3, 22)) == Fraction(2, 3)


def test_a_district_binds_only_its_own():
    beichen = ("national", "tianjin", "district:beichen")

    assert shipped().value("dossier_review_days", date(2026, 1, 1), beichen) == 10
    with pytest.raises(UnknownParameter):
        shipped().value("dossier_review_days", date(2026, 1, 1), TOWN.overlays)


@pytest.mark.parametrize("body", ["party_committee", "party_group", "party_gov_joint"])
def test_no_principal_of_a_party_body_may_override_and_no_overlay_may_change_it(body):
    locked = shipped().by_name[f"{body}.principal_may_override"]

    assert locked.stricter == "locked"
    assert [value.value for value in locked.values] == [False]


def test_every_value_shipped_has_a_source_and_a_mark():
    for one in shipped().by_name.values():
        assert one.values, one.name
        assert one.title.zh
        assert one.title.en
        for value in one.values:
            assert value.source.strip()
            assert value.mark in {"D", "M"} or value.mark.startswith("v:"), one.name
