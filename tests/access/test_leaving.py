"""Who leaves keeps their identity in every record: the account is closed, the person stays (R-ACC-08)."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from decision_engine.commands import accounts
from decision_engine.commands.sessions import sign_in
from decision_engine.demo import load_town
from decision_engine.errors import NotFound, SignInFailed
from decision_engine.models import Account, Person
from decision_engine.work import unit_of_work


@pytest.fixture
def town(house):
    return load_town(house, deploy=False)


def leave(house, town, login):
    """Close the account of *login*, as an administrator does."""
    token = sign_in(house, "admin1", town.password).token
    with unit_of_work(house, token) as work:
        account = work.session.scalar(select(Account).where(Account.login == login))
        accounts.close_account(work, town.organ_id, account.id)


def test_a_closed_account_signs_nobody_in_and_the_person_stays(house, town):
    name = next(row[1] for row in town.sign_in_table() if row[0] == "officer")
    leave(house, town, "officer")

    with pytest.raises(SignInFailed):
        sign_in(house, "officer", town.password)
    with house.reading() as session:
        assert session.get_one(Person, town.persons["officer"]).name == name


def test_a_person_who_held_a_post_cannot_be_deleted(house, town):
    leave(house, town, "officer")

    with house.writing() as session:
        session.delete(session.get_one(Person, town.persons["officer"]))
        with pytest.raises(IntegrityError):
            session.flush()


def test_an_administrator_closes_no_account_of_another_organ(house, town):
    with pytest.raises(NotFound):
        leave(house, town, "district")
    assert sign_in(house, "district", town.password).token
