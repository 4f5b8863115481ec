"""The register through the door: administrators keep it, everybody of the organ reads it."""

from __future__ import annotations

import pytest

from decision_engine.demo import Town
from tests.api.conftest import Caller, SignIn


@pytest.fixture
def admin(sign_in: SignIn) -> Caller:
    return sign_in("admin1")


def hire(admin: Caller, town: Town, name: str = "新来的") -> str:
    made = admin.post("/people", {"organ_id": town.organ_id, "name": name})
    assert made.status_code == 201
    return str(made.json["person"]["id"])


def test_somebody_new_is_entered_given_a_post_and_signs_in(
    admin: Caller, town: Town, stranger: Caller
) -> None:
    person = hire(admin, town)
    unit = town.units["司法所"]
    said = {
        "organ_id": town.organ_id, "title": "法制审核员", "roles": ["legal_officer"], "since": "2026-02-01",
        "unit_id": unit,
    }  # fmt: skip
    post = admin.post(f"/people/{person}/posts", said)
    assert post.status_code == 201
    account = {"organ_id": town.organ_id, "login": "newcomer", "password": "long enough 1"}
    made = admin.post(f"/people/{person}/accounts", account)
    assert made.status_code == 201
    assert "password" not in made.text
    signed_in = stranger.post("/session", {"login": "newcomer", "password": "long enough 1"})
    me = Caller(stranger.client, signed_in.json["token"])
    assert me.get("/me").json["roles"] == ["legal_officer"]

    admin.post(f"/posts/{post.json['post']['id']}/end", {"until": "2026-02-23"})
    assert me.get("/me").json["roles"] == []
    assert me.get("/cases").json["total"] == 0
    admin.post(f"/accounts/{made.json['account']['id']}/closure", {"organ_id": town.organ_id})
    assert me.get("/me").status_code == 401


def test_who_has_no_post_yet_is_seen_by_managers_only(admin: Caller, sign_in: SignIn, town: Town) -> None:
    person = hire(admin, town)
    assert admin.get(f"/people/{person}").status_code == 200
    assert sign_in("secretary").get(f"/people/{person}").status_code == 404
    assert admin.get("/people", q="新来").json["total"] == 1
    assert sign_in("secretary").get("/people", q="新来").json["total"] == 0


def test_persons_are_found_by_name_and_role(sign_in: SignIn, town: Town) -> None:
    caller = sign_in("secretary")
    assert [one["name"] for one in caller.get("/people", q="宋").json["items"]] == ["宋秉直"]
    experts = caller.get("/people", role="expert").json
    assert experts["total"] == 3
    assert caller.get("/people", q="%").json["total"] == 0
    page = caller.get("/people", page=2, page_size=5).json
    assert (len(page["items"]), page["page"], page["page_size"]) == (5, 2, 5)


def test_logins_are_for_managers(admin: Caller, sign_in: SignIn, town: Town) -> None:
    mayor = town.persons["mayor"]
    assert [one["login"] for one in admin.get(f"/people/{mayor}").json["accounts"]] == ["mayor"]
    assert sign_in("secretary").get(f"/people/{mayor}").json["accounts"] == []
    assert "argon2" not in admin.get(f"/people/{mayor}").text


def test_another_organs_register_is_not_open(sign_in: SignIn, town: Town) -> None:
    other = sign_in("district")
    assert other.get(f"/people/{town.persons['mayor']}").status_code == 404
    assert other.get(f"/organs/{town.organ_id}/units").status_code == 404
    assert other.get(f"/organs/{town.organ_id}/bodies").status_code == 404
    assert [one["id"] for one in other.get("/organs").json["items"]] == [town.district_id]


def test_bodies_are_shown_with_their_members_in_rank(sign_in: SignIn, town: Town) -> None:
    found = sign_in("secretary").get(f"/organs/{town.organ_id}/bodies").json["items"]
    office = next(one for one in found if one["kind"] == "mayor_office_meeting")
    assert [member["rank"] for member in office["members"]] == list(range(1, 8))
    assert [member["name"] for member in office["members"] if member["is_principal"]] == ["江远舟"]


def test_a_delegation_is_given_used_and_revoked(sign_in: SignIn, town: Town) -> None:
    lender, deputy = sign_in("secretary"), sign_in("director")
    said = {
        "organ_id": town.organ_id, "to": town.persons["director"], "since": "2026-02-24", "until": "2026-02-28",
        "reason": "休假",
    }  # fmt: skip
    made = lender.post("/delegations", said)
    assert made.status_code == 201
    delegation = made.json["delegation"]
    assert delegation["from"] == town.persons["secretary"]
    held = [one for one in deputy.get("/me").json["posts"] if one["on_behalf_of"]]
    assert [one["roles"] for one in held] == [["secretary"]]
    assert sign_in("officer").get("/delegations").json["total"] == 0
    assert sign_in("officer").delete(f"/delegations/{delegation['id']}").status_code == 403
    assert lender.delete(f"/delegations/{delegation['id']}").status_code == 200
    assert not [one for one in deputy.get("/me").json["posts"] if one["on_behalf_of"]]


@pytest.mark.parametrize(
    ("giver", "receiver"), [("auditor", "secretary"), ("secretary", "auditor")], ids=["lends", "is lent to"]
)
def test_an_auditor_neither_lends_nor_borrows(sign_in: SignIn, town: Town, giver: str, receiver: str) -> None:
    said = {
        "organ_id": town.organ_id, "to": town.persons[receiver], "since": "2026-02-24", "until": "2026-02-28",
        "reason": "休假",
    }  # fmt: skip
    answer = sign_in(giver).post("/delegations", said)
    assert (answer.status_code, answer.json["rule"]) == (403, "R-ACC-07")


def test_what_does_not_fit_is_refused(admin: Caller, town: Town) -> None:
    mayor, organ = town.persons["mayor"], town.organ_id
    good = {"organ_id": organ, "title": "x", "roles": ["expert"], "since": "2026-01-01"}
    for wrong in (
        {"roles": ["emperor"]}, {"roles": []}, {"until": "2025-12-31"}, {"unit_id": town.units["区司法局"]},
        {"since": "2026-13-01"}, {"since": "0001-01-01"}, {"title": ""},
    ):  # fmt: skip
        answer = admin.post(f"/people/{mayor}/posts", good | wrong)
        assert (answer.status_code, set(answer.json["fields"])) == (422, set(wrong)), wrong
    seats = [{"person_id": mayor, "is_principal": True}, {"person_id": "f" * 32}]
    body = {"kind": "x", "name": "x", "members": seats, "since": "2026-01-01"}
    assert set(admin.post(f"/organs/{organ}/bodies", body).json["fields"]) == {"members.1.person_id"}
    weak = {"organ_id": organ, "login": "x", "password": "short"}
    assert admin.post(f"/people/{mayor}/accounts", weak).status_code == 422
    taken = {"organ_id": organ, "login": "mayor", "password": "long enough 1"}
    assert admin.post(f"/people/{mayor}/accounts", taken).status_code == 409


def test_a_manager_of_one_organ_does_not_manage_another(admin: Caller, town: Town) -> None:
    assert admin.post("/people", {"organ_id": town.district_id, "name": "x"}).status_code == 403
    assert admin.post("/people", {"organ_id": "f" * 32, "name": "x"}).status_code == 404
    assert admin.post(f"/organs/{town.district_id}/units", {"name": "x"}).status_code == 403


def test_a_unit_and_a_body_are_added(admin: Caller, sign_in: SignIn, town: Town) -> None:
    unit = admin.post(f"/organs/{town.organ_id}/units", {"name": "应急管理办公室"})
    assert unit.status_code == 201
    assert "应急管理办公室" in [
        one["name"] for one in sign_in("officer").get(f"/organs/{town.organ_id}/units").json["items"]
    ]
    seats = [
        {"person_id": town.persons["deputy1"]},
        {"person_id": town.persons["mayor"], "is_principal": True},
    ]
    body = {"kind": "party_gov_joint", "name": "党政联席会", "members": seats, "since": "2026-02-01"}
    made = admin.post(f"/organs/{town.organ_id}/bodies", body)
    assert made.status_code == 201
    found = admin.get(f"/organs/{town.organ_id}/bodies").json["items"]
    members = next(one["members"] for one in found if one["id"] == made.json["body_id"])
    assert [(one["name"], one["is_principal"]) for one in members] == [("顾明礼", False), ("江远舟", True)]
    assert admin.post(f"/organs/{town.organ_id}/bodies", body | {"members": seats[:1]}).status_code == 422
    assert admin.get("/people", role="not a role!").status_code == 422
