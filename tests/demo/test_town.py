"""The demonstration town: somebody for every role, everybody can sign in, loading twice changes nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from decision_engine import audit
from decision_engine.access import ROLES
from decision_engine.commands.sessions import sign_in
from decision_engine.demo import load_town
from decision_engine.demo.town import MAYORS_OFFICE, OFFICIALS, PARTY_COMMITTEE, ROLE_NAMES
from decision_engine.models import Body, BodyMember, Event, EventPayload, Person, Post
from decision_engine.work import reading


@pytest.fixture
def town(house):
    return load_town(house, deploy=False)


def test_every_role_of_the_house_is_held_by_somebody_and_has_a_chinese_name(town):
    held = {role for one in OFFICIALS for role in one.roles}
    assert held == ROLES == set(ROLE_NAMES)


def test_loading_again_changes_nothing(house, town):
    def census():
        with house.reading() as session:
            return [
                session.scalar(select(func.count()).select_from(one)) for one in (Person, Post, Body, Event)
            ]

    before = census()
    assert load_town(house, deploy=False) == town
    assert census() == before


def test_everybody_on_the_printed_list_can_sign_in_and_stands_in_the_post_printed(house, town):
    for login, name, title, _ in town.sign_in_table():
        signed = sign_in(house, login, town.password)
        with reading(house, signed.token) as work:
            assert (work.actor.name, {one.title for one in work.actor.standings}) == (name, {title})
    assert len(town.sign_in_table()) == len(town.persons)


def test_the_two_bodies_have_the_members_due_and_their_own_principal(house, town):
    with house.reading() as session:
        for kind, due, principal in ((MAYORS_OFFICE, 7, "mayor"), (PARTY_COMMITTEE, 9, "party.secretary")):
            rows = session.execute(
                select(BodyMember.person_id, BodyMember.is_principal)
                .join(Body, Body.id == BodyMember.body_id)
                .where(Body.kind == kind)
                .order_by(BodyMember.rank)
            ).all()
            assert tuple(row[0] for row in rows) == town.members(kind)
            assert [row[0] for row in rows if row[1]] == [town.persons[principal]]
            assert len(rows) == due


def test_the_register_is_founded_on_the_record(house, town):
    with house.reading() as session:
        rows = session.execute(
            select(Event, EventPayload)
            .join(EventPayload, EventPayload.event_id == Event.id)
            .where(Event.chain == "people")
            .order_by(Event.seq)
        ).all()
    stored = [audit.StoredEvent(e.seq, e.body, e.hash, p.salt, p.payload) for e, p in rows]
    assert audit.check_chain("people", stored)
    assert {e.actor_id for e, _ in rows} == {"setup"}
    assert sum(e.kind == "person.added" for e, _ in rows) == len(OFFICIALS)


def test_auditors_hold_no_post_that_acts_and_recorders_do_not_preside():
    for one in OFFICIALS:
        assert "auditor" not in one.roles or one.roles == ("auditor",)
        assert not {"recorder", "principal"} <= set(one.roles)
        assert not {"risk_assessor", "post_evaluator"} <= set(one.roles)
        assert not {"lead_unit_officer", "legal_officer"} <= set(one.roles)
