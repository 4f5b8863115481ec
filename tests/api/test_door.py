"""The door works: people sign in, open cases, complete steps, and see what became of it."""

from __future__ import annotations

from tests.api.conftest import Caller, SignIn


def test_a_person_signs_in_and_is_told_who_they_are(sign_in: SignIn) -> None:
    me = sign_in("secretary").get("/me").json
    assert me["person"]["name"] == "苏文静"
    assert me["roles"] == ["secretary"]


def test_a_token_ends_with_signing_out(sign_in: SignIn) -> None:
    secretary = sign_in("secretary")
    assert secretary.delete("/session").status_code == 204
    assert secretary.get("/me").status_code == 401


def test_a_wrong_password_and_an_unknown_name_are_told_alike(stranger: Caller) -> None:
    wrong = stranger.post("/session", {"login": "secretary", "password": "not it at all"})
    unknown = stranger.post("/session", {"login": "nobody", "password": "not it at all"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json == unknown.json
