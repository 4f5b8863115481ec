"""The shipped procedure is put in force by two people, once, and never without its diagrams."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

import decision_engine
from decision_engine.demo import deploy_shipped, load_town, shipped_diagrams
from decision_engine.models import Definition, Event


def test_one_administrator_proposes_and_another_puts_it_in_force(house):
    town = load_town(house)
    with house.reading() as session:
        definition = session.scalars(select(Definition).where(Definition.profile.is_not(None))).one()
        alone = session.scalars(select(Definition).where(Definition.profile.is_(None))).one()
        acts = session.scalars(select(Event).where(Event.chain == "definitions").order_by(Event.seq)).all()
    assert (definition.process, definition.profile, definition.status) == (
        "major_decision",
        "major_decision",
        "DEPLOYED",
    )
    assert (definition.proposed_by, definition.decided_by) == (town.persons["admin1"], town.persons["admin2"])
    assert (alone.process, alone.status) == ("collective_meeting", "DEPLOYED")
    assert [one.kind for one in acts] == ["definition.proposed", "definition.deployed"] * 2
    assert json.loads(acts[0].body)["files"] == sorted(shipped_diagrams())
    assert json.loads(acts[2].body)["files"] == ["collective_meeting.bpmn"]


def test_loading_again_deploys_nothing_new(house):
    town = load_town(house)
    first = deploy_shipped(house, town)
    assert load_town(house) == town
    assert deploy_shipped(house, town) == first
    with house.reading() as session:
        assert len(session.scalars(select(Definition)).all()) == 2


def test_a_proposal_left_waiting_is_approved_on_the_next_load(house, monkeypatch):
    town = load_town(house, deploy=False)
    from decision_engine.demo import deploy

    with monkeypatch.context() as broken:
        broken.setattr(deploy.verbs, "decide_deployment", _stop)
        with pytest.raises(KeyboardInterrupt):
            deploy_shipped(house, town)
    deploy_shipped(house, town)
    with house.reading() as session:
        assert session.scalars(select(Definition.status)).all() == ["DEPLOYED", "DEPLOYED"]


def _stop(*_args, **_named):
    raise KeyboardInterrupt


def test_an_installation_without_its_diagrams_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(decision_engine, "__file__", str(tmp_path / "decision_engine" / "__init__.py"))
    with pytest.raises(FileNotFoundError, match="no shipped diagrams"):
        shipped_diagrams()


def test_diagrams_in_the_package_come_before_those_beside_it(monkeypatch, tmp_path):
    for folder, content in (("decision_engine/bpmn", b"packed"), ("bpmn", b"beside")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "one.bpmn").write_bytes(content)
    monkeypatch.setattr(decision_engine, "__file__", str(tmp_path / "decision_engine" / "__init__.py"))
    assert shipped_diagrams() == {"one.bpmn": b"packed"}
