"""Who may do what: role x organ x case, delegation, separation of duties; everything else is denied."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decision_engine import access
from decision_engine.access import Actor, Duty, Standing, stand, stand_anywhere, stand_for_duty
from decision_engine.errors import Forbidden

TOWN = "town"


def person(*roles: str, unit: str | None = None, lent_by: str | None = None, name: str = "p") -> Actor:
    return Actor(name, name, (Standing(TOWN, unit, "岗位", frozenset(roles), lent_by),))


def duty(step: str = "draft_decision", role: str = "lead_unit_officer", **others: str | None) -> Duty:
    values = {"item": None, "holder_id": None, "lead_unit_id": None} | others
    return Duty(TOWN, step, role, values["item"], values["holder_id"], values["lead_unit_id"])


def test_an_act_nobody_listed_is_denied_to_everybody():
    """Default deny: what the table does not name may not be done."""
    everybody = person(*access.ROLES)
    with pytest.raises(Forbidden):
        stand(everybody, "case.delete", TOWN)


@given(act=st.sampled_from(sorted(access.ACTS)), role=st.sampled_from(sorted(access.ROLES)))
def test_an_act_is_open_to_its_roles_and_to_no_other(act: str, role: str):
    """The table is exact."""
    actor = person(role)
    if role in access.ACTS[act]:
        assert stand(actor, act, TOWN).roles == {role}
    else:
        with pytest.raises(Forbidden):
            stand(actor, act, TOWN)


def test_a_post_in_another_organ_gives_nothing_here():
    """Rights end at the organ's door."""
    with pytest.raises(Forbidden):
        stand(person("secretary"), "case.open", "another town")
    assert stand_anywhere(person("administrator"), "definition.propose").organ_id == TOWN


def test_the_holder_of_the_role_takes_up_the_step():
    """A lead unit officer drafts."""
    assert stand_for_duty(person("lead_unit_officer"), duty(), {}).title == "岗位"


def test_another_role_does_not():
    """A secretary does not draft."""
    with pytest.raises(Forbidden):
        stand_for_duty(person("secretary"), duty(), {})


def test_only_the_lead_unit_of_the_case_drafts():
    """The same role in another unit is refused once the lead unit is named (art. 11)."""
    named = duty(lead_unit_id="civil affairs")
    assert stand_for_duty(person("lead_unit_officer", unit="civil affairs"), named, {})
    with pytest.raises(Forbidden):
        stand_for_duty(person("lead_unit_officer", unit="agriculture"), named, {})


def test_an_auditor_writes_nothing_whatever_other_post_they_hold():
    """R-ACC-07."""
    both = Actor(
        "a",
        "a",
        (
            Standing(TOWN, None, "审计", frozenset({"auditor"})),
            Standing(TOWN, None, "秘书", frozenset({"secretary"})),
        ),
    )
    with pytest.raises(Forbidden) as refusal:
        stand_for_duty(both, duty("register_proposal", "secretary"), {})
    assert refusal.value.rule == "R-ACC-07"


@pytest.mark.parametrize("earlier", sorted(access.DRAFTING))
def test_who_drafted_does_not_review(earlier: str):
    """R-LEG-05: drafter and reviewer are two people."""
    review = duty("issue_legality_opinion", "legal_officer")
    both = person("legal_officer", "lead_unit_officer")
    assert stand_for_duty(both, review, {earlier: {"somebody else"}})
    with pytest.raises(Forbidden) as refusal:
        stand_for_duty(both, review, {earlier: {"p"}})
    assert refusal.value.rule == "R-LEG-05"


def test_who_reviewed_does_not_draft_afterwards():
    """R-LEG-05, the other way round."""
    both = person("legal_officer", "lead_unit_officer")
    with pytest.raises(Forbidden) as refusal:
        stand_for_duty(both, duty("adjust_draft"), {"check_review_package": {"p"}})
    assert refusal.value.rule == "R-LEG-05"


def test_a_step_asked_of_one_person_is_done_by_that_person():
    """A member's statement is that member's."""
    speech = duty("member_speaks", "meeting_member", item="p")
    assert stand_for_duty(person("meeting_member"), speech, {})
    with pytest.raises(Forbidden):
        stand_for_duty(person("meeting_member", name="q"), speech, {})


def test_a_delegate_acts_but_never_speaks_or_decides_for_another():
    """Delegation covers office work, not statements, votes or one's own expert opinion."""
    delegate = person("principal", lent_by="mayor")
    assert stand_for_duty(delegate, duty("decide_initiation", "principal"), {}).on_behalf_of == "mayor"
    for step in sorted(access.PERSONAL):
        with pytest.raises(Forbidden):
            stand_for_duty(delegate, duty(step, "principal"), {})


def test_what_somebody_holds_is_theirs_until_transferred():
    """A claimed task is refused to others of the same role."""
    held = duty(holder_id="q")
    with pytest.raises(Forbidden):
        stand_for_duty(person("lead_unit_officer"), held, {})
    assert stand_for_duty(person("lead_unit_officer", name="q"), held, {})
