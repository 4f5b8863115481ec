"""The catalogue of decision matters: agreed by the party committee, published, amended likewise, and run."""

from __future__ import annotations

from datetime import date

import pytest

from decision_engine.commands import catalogue as verbs
from decision_engine.commands.sessions import sign_in
from decision_engine.demo import Town, load_town
from decision_engine.errors import Conflict, Forbidden, InvalidAnswers, NotFound, Unlawful
from decision_engine.models import Catalogue
from decision_engine.queries.catalogue import catalogue, catalogues
from decision_engine.work import House, reading, unit_of_work

MATTERS = (verbs.Matter("村委会撤并", "E"), verbs.Matter("垃圾治理办法", "A"))


@pytest.fixture
def town(house: House) -> Town:
    return load_town(house, deploy=False)


@pytest.fixture
def director(house: House, town: Town) -> str:
    return sign_in(house, "director", town.password).token


@pytest.fixture
def drafted(house: House, town: Town, director: str) -> Catalogue:
    with unit_of_work(house, director) as work:
        return verbs.draft_catalogue(work, town.organ_id, 2026, MATTERS)


def test_a_catalogue_is_published_once_the_party_committee_agreed(
    house: House, drafted: Catalogue, director: str
):
    """Article 3: consent first, then publication; what stands on it is then to be run."""
    with unit_of_work(house, director) as work:
        verbs.publish_catalogue(
            work, drafted.id, party_consent_at=date(2026, 2, 10), published_at=date(2026, 2, 20)
        )
    with reading(house, director) as work:
        found, listed = catalogue(work, drafted.id)
    assert (found.version, [one.entry.title for one in listed]) == (1, ["村委会撤并", "垃圾治理办法"])
    assert [one.case for one in listed] == [None, None]


@pytest.mark.parametrize("consent", [None, date(2026, 2, 21)])
def test_without_consent_or_before_it_nothing_is_published(
    house: House, drafted: Catalogue, director: str, consent: date | None
):
    """R-713-3-4 names the missing consent, and the draft stays a draft."""
    with pytest.raises(Unlawful) as refusal, unit_of_work(house, director) as work:
        verbs.publish_catalogue(work, drafted.id, party_consent_at=consent, published_at=date(2026, 2, 20))
    assert [finding.rule for finding in refusal.value.findings] == ["R-713-3-4"]
    with reading(house, director) as work:
        assert catalogue(work, drafted.id)[0].version == 0


def test_an_amendment_needs_consent_and_a_reason_and_leaves_the_old_state_known(
    house: House, drafted: Catalogue, director: str
):
    """Struck entries stay, with the version that struck them."""
    with unit_of_work(house, director) as work:
        verbs.publish_catalogue(
            work, drafted.id, party_consent_at=date(2026, 2, 10), published_at=date(2026, 2, 20)
        )
        first = catalogue(work, drafted.id)[1][0].entry.id
    with pytest.raises(InvalidAnswers) as refusal, unit_of_work(house, director) as work:
        verbs.publish_catalogue(
            work, drafted.id, party_consent_at=date(2026, 6, 1), published_at=date(2026, 6, 2), strike=[first]
        )
    assert set(refusal.value.fields) == {"reason"}
    with unit_of_work(house, director) as work:
        verbs.publish_catalogue(
            work,
            drafted.id,
            party_consent_at=date(2026, 6, 1),
            published_at=date(2026, 6, 2),
            add=[verbs.Matter("学校布局", "E")],
            strike=[first],
            reason="上级统筹调整",
        )
    with reading(house, director) as work:
        found, listed = catalogue(work, drafted.id)
        struck = work.session.get_one(type(listed[0].entry), first)
    assert (found.version, [one.entry.title for one in listed]) == (2, ["垃圾治理办法", "学校布局"])
    assert (struck.since, struck.until, struck.reason) == (1, 2, "上级统筹调整")


def test_who_may_not_keep_the_catalogue_is_refused(house: House, town: Town):
    """A member of the public's comment desk, a legal adviser or an auditor keeps no catalogue."""
    token = sign_in(house, "auditor", town.password).token
    with pytest.raises(Forbidden), unit_of_work(house, token) as work:
        verbs.draft_catalogue(work, town.organ_id, 2026, MATTERS)


def test_one_catalogue_a_year(house: House, town: Town, drafted: Catalogue, director: str):
    """The second draft of a year is refused; the other organ sees nothing of it."""
    with pytest.raises(Conflict), unit_of_work(house, director) as work:
        verbs.draft_catalogue(work, town.organ_id, 2026, MATTERS)
    stranger = sign_in(house, "district", town.password).token
    with reading(house, stranger) as work:
        assert catalogues(work) == []
        with pytest.raises(NotFound):
            catalogue(work, drafted.id)
