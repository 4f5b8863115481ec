"""The catalogue of decision matters through the door: agreed, published, amended, run; and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from decision_engine.demo import Town
from decision_engine.demo.town import PUBLIC_SERVICE
from decision_engine.work import House
from tests.api.conftest import SignIn
from tests.api.test_statements import counted

MATTERS = [{"title": "村委会撤并", "category": "E"}, {"title": "垃圾治理办法", "category": "A"}]
CONSENTED = {"party_consent_at": "2026-02-10", "published_at": "2026-02-20"}


@pytest.fixture
def drafted(sign_in: SignIn, town: Town) -> str:
    """The year's catalogue, drafted and not yet published."""
    said = {"organ_id": town.organ_id, "year": 2026, "matters": MATTERS}
    answer = sign_in("director").post("/catalogues", said)
    assert answer.status_code == 201, answer.text
    assert answer.json["catalogue"]["version"] == 0
    return answer.json["catalogue"]["id"]


@pytest.fixture
def published(sign_in: SignIn, drafted: str) -> str:
    """The year's catalogue, published with the party committee's consent."""
    answer = sign_in("director").post(f"/catalogues/{drafted}/publication", CONSENTED)
    assert (answer.status_code, answer.json["catalogue"]["version"]) == (200, 1), answer.text
    assert answer.json["receipt"]["chain"] == "catalogue"
    return drafted


def shown(sign_in: SignIn, catalogue_id: str, **query: Any) -> dict[str, Any]:
    answer = sign_in("officer").get(f"/catalogues/{catalogue_id}", **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_a_published_matter_is_run_by_a_case_and_the_others_are_still_owed(
    sign_in: SignIn, town: Town, published: str
) -> None:
    entry = shown(sign_in, published)["entries"][0]["id"]
    said = {"organ_id": town.organ_id, "title": "关于村委会撤并的决定", "catalogue_entry": entry}
    opened = sign_in("secretary").post("/cases", said)
    assert opened.status_code == 201, opened.text
    case = opened.json["case"]
    assert case["catalogue_entry_id"] == entry
    assert case["matter"] == {"on_catalogue": True, "catalogue_id": "2026-1"}
    whole = shown(sign_in, published)
    assert whole["owed"] == 1
    assert [one["case"] for one in whole["entries"]] == [
        {"id": case["id"], "label": case["label"], "status": "RUNNING"},
        None,
    ]


def test_what_the_secretary_says_does_not_take_a_matter_off_the_catalogue(
    sign_in: SignIn, town: Town, published: str
) -> None:
    """Being listed is a fact of the catalogue: `on_catalogue: false` in the request does not undo it."""
    entry = shown(sign_in, published)["entries"][1]["id"]
    said = {"organ_id": town.organ_id, "title": "垃圾治理", "catalogue_entry": entry}
    opened = sign_in("secretary").post("/cases", said | {"matter": {"on_catalogue": False}})
    assert opened.json["case"]["matter"]["on_catalogue"] is True


def test_no_case_runs_what_is_not_on_a_published_catalogue_of_the_organ(
    sign_in: SignIn, town: Town, drafted: str
) -> None:
    """A draft binds nobody; a struck entry is off; another organ's catalogue is not one's own."""
    entries = [one["id"] for one in shown(sign_in, drafted)["entries"]]
    said = {"organ_id": town.organ_id, "title": "一件事"}
    secretary, director = sign_in("secretary"), sign_in("director")
    assert secretary.post("/cases", said | {"catalogue_entry": entries[0]}).status_code == 404
    assert secretary.post("/cases", said | {"catalogue_entry": "no-such-entry"}).status_code == 404
    director.post(f"/catalogues/{drafted}/publication", CONSENTED)
    elsewhere = {"organ_id": town.district_id, "title": "一件事", "catalogue_entry": entries[0]}
    assert sign_in("district").post("/cases", elsewhere).status_code == 404
    struck = CONSENTED | {"strike": [entries[0]], "reason": "上级统筹调整"}
    assert director.post(f"/catalogues/{drafted}/publication", struck).status_code == 200
    assert secretary.post("/cases", said | {"catalogue_entry": entries[0]}).status_code == 404
    assert secretary.post("/cases", said | {"catalogue_entry": entries[1]}).status_code == 201


@pytest.mark.parametrize("consent", [{}, {"party_consent_at": "2026-02-21"}], ids=["none", "too late"])
def test_without_the_party_committees_consent_nothing_is_published(
    sign_in: SignIn, drafted: str, consent: dict[str, str]
) -> None:
    answer = sign_in("director").post(
        f"/catalogues/{drafted}/publication", {"published_at": "2026-02-20"} | consent
    )
    assert answer.status_code == 422
    assert [one["rule"] for one in answer.json["findings"]] == ["R-713-3-4"]
    assert shown(sign_in, drafted)["version"] == 0


def test_an_amendment_leaves_the_earlier_publication_to_be_read(sign_in: SignIn, published: str) -> None:
    first = shown(sign_in, published)["entries"][0]["id"]
    amendment = {
        "party_consent_at": "2026-06-01", "published_at": "2026-06-02", "reason": "上级统筹调整",
        "add": [{"title": "学校布局", "category": "E"}], "strike": [first],
    }  # fmt: skip
    assert sign_in("director").post(f"/catalogues/{published}/publication", amendment).status_code == 200
    now, before = shown(sign_in, published), shown(sign_in, published, version=1)
    assert (now["version"], now["published_at"]) == (2, "2026-06-02")
    assert [one["title"] for one in now["entries"]] == ["垃圾治理办法", "学校布局"]
    assert [one["title"] for one in before["entries"]] == ["村委会撤并", "垃圾治理办法"]
    assert (before["entries"][0]["until"], before["entries"][0]["reason"]) == (2, "上级统筹调整")


@pytest.mark.parametrize(
    ("amendment", "wrong"),
    [
        ({}, {"add", "reason"}),
        ({"add": MATTERS[:1]}, {"reason"}),
        ({"reason": "调整"}, {"add"}),
        ({"reason": "调整", "strike": ["nobody"]}, {"strike"}),
        ({"reason": "调整", "add": [MATTERS[0] | {"category": "F"}]}, {"add.0.category"}),
        ({"reason": "调整", "add": [MATTERS[0] | {"lead_unit_id": "nobody"}]}, {"add.0.lead_unit_id"}),
        ({"reason": "调整", "add": [{"category": "A"}]}, {"add.0.title"}),
        ({"reason": "调整", "add": MATTERS[:1], "published_at": "soon"}, {"published_at"}),
        ({"reason": "调整", "add": MATTERS[:1], "colour": "red"}, {"colour"}),
    ],
)
def test_an_amendment_that_says_too_little_is_refused_field_by_field(
    sign_in: SignIn, published: str, amendment: dict[str, Any], wrong: set[str]
) -> None:
    answer = sign_in("director").post(f"/catalogues/{published}/publication", CONSENTED | amendment)
    assert (answer.status_code, set(answer.json["fields"])) == (422, wrong), answer.text
    assert shown(sign_in, published)["version"] == 1


def test_a_matter_may_name_its_lead_unit(sign_in: SignIn, town: Town) -> None:
    said = {"organ_id": town.organ_id, "year": 2027}
    matter = MATTERS[0] | {"lead_unit_id": town.units[PUBLIC_SERVICE]}
    director = sign_in("director")
    strange = director.post("/catalogues", said | {"matters": [matter | {"lead_unit_id": "nobody"}]})
    assert (strange.status_code, set(strange.json["fields"])) == (422, {"matters.0.lead_unit_id"})
    made = director.post("/catalogues", said | {"matters": [matter]})
    entries = shown(sign_in, made.json["catalogue"]["id"])["entries"]
    assert entries[0]["lead_unit_id"] == town.units[PUBLIC_SERVICE]


def test_who_keeps_the_catalogue_and_who_sees_it(sign_in: SignIn, town: Town, drafted: str) -> None:
    said = {"organ_id": town.organ_id, "year": 2027, "matters": MATTERS}
    for login in ("officer", "auditor", "lawyer", "admin1"):
        assert sign_in(login).post("/catalogues", said).status_code == 403
        assert sign_in(login).post(f"/catalogues/{drafted}/publication", CONSENTED).status_code == 403
    stranger = sign_in("district")
    assert stranger.get("/catalogues").json["total"] == 0
    assert stranger.get(f"/catalogues/{drafted}").status_code == 404
    assert stranger.post(f"/catalogues/{drafted}/publication", CONSENTED).status_code == 404
    again = sign_in("secretary").post("/catalogues", said | {"year": 2026})
    assert again.status_code == 409


def test_catalogues_are_listed_newest_year_first_and_in_pages(
    sign_in: SignIn, town: Town, drafted: str
) -> None:
    sign_in("director").post("/catalogues", {"organ_id": town.organ_id, "year": 2027, "matters": MATTERS})
    page = sign_in("officer").get("/catalogues", page=1, page_size=1).json
    assert (page["total"], [one["year"] for one in page["items"]]) == (2, [2027])
    assert sign_in("officer").get("/catalogues", page=2, page_size=1).json["items"][0]["id"] == drafted
    assert sign_in("officer").get("/catalogues", organ_id=town.district_id).json["total"] == 0


def test_a_catalogue_costs_the_same_however_many_cases_run_it(
    house: House, sign_in: SignIn, town: Town, published: str
) -> None:
    entry = shown(sign_in, published)["entries"][0]["id"]

    def cost() -> int:
        with counted(house) as sent:
            shown(sign_in, published)
        return len(sent)

    before = cost()
    for number in range(3):
        said = {"organ_id": town.organ_id, "title": f"第{number}件", "catalogue_entry": entry}
        sign_in("secretary").post("/cases", said)
    assert cost() == before <= 5
    assert shown(sign_in, published)["entries"][0]["case"]["label"] == "决〔2026〕3号"
