"""People: persons, posts, accounts, delegations; organs with their units and deciding bodies."""

from __future__ import annotations

from typing import Any

from decision_engine import access
from decision_engine.api.fields import (
    page_of,
)
from decision_engine.api.people_said import (
    AccountActOut,
    AccountSaid,
    BodiesOut,
    BodyActOut,
    BodySaid,
    DelegationActOut,
    DelegationSaid,
    DelegationsOut,
    EndSaid,
    FactorResetOut,
    NewOrganSaid,
    OneTimeOut,
    OrganActOut,
    OrganSaid,
    OrgansOut,
    PeopleQuery,
    PersonActOut,
    PersonSaid,
    PostActOut,
    PostSaid,
    ProfileOut,
    ResetSaid,
    UnitActOut,
    UnitSaid,
    UnitsOut,
)
from decision_engine.api.room import Room
from decision_engine.api.session import PersonOut
from decision_engine.commands import accounts
from decision_engine.commands import people as commands
from decision_engine.errors import InvalidAnswers
from decision_engine.language import Text
from decision_engine.models import Account, Delegation, Post, Unit
from decision_engine.queries import people
from decision_engine.work import Work

room = Room("people", "人员与机构", "People and organs")


# -- persons, posts, accounts ------------------------------------------------------------------------------


@room.ask("/people", "人员列表", "Persons", query=PeopleQuery, answer=page_of(PersonOut))
def list_people(work: Work, query: dict[str, Any]) -> Any:
    """Return the persons of the asker's organs, by name."""
    access.stand_anywhere(work.actor, "people.read")
    return people.persons(
        work, page=query["page"], size=query["page_size"], q=query.get("q"), role=query.get("role")
    )


@room.act("POST", "/people", "登记人员", "Add a person", takes=PersonSaid, answer=PersonActOut, status=201)
def add_person(work: Work, said: dict[str, Any]) -> dict[str, Any]:
    """Add a person; what they may do comes with a post."""
    person = commands.add_person(work, said["organ_id"], said["name"])
    return {"person": person, "receipt": work.receipts[-1]}


@room.ask("/people/<id:person_id>", "人员详情", "One person", answer=ProfileOut)
def show_person(work: Work, person_id: str) -> Any:
    """Return a person with the posts held in the asker's organs."""
    access.stand_anywhere(work.actor, "people.read")
    return people.person(work, person_id)


@room.act(
    "POST",
    "/people/<id:person_id>/posts",
    "任命岗位",
    "Give a post",
    takes=PostSaid,
    answer=PostActOut,
    status=201,
)
def give_post(work: Work, said: dict[str, Any], person_id: str) -> dict[str, Any]:
    """Give a person a post with roles."""
    _unit_belongs(work, said.get("unit_id"), said["organ_id"])
    if said.get("until") is not None and said["until"] < said["since"]:
        raise InvalidAnswers(
            {"until": (Text("离任日期早于任职日期。", "The last day lies before the first."),)}
        )
    post = commands.give_post(
        work, person_id, said["organ_id"], said["title"], said["roles"], said["since"], unit_id=said.get("unit_id"),
        until=said.get("until"),
    )  # fmt: skip
    return _post(work, post)


@room.act("POST", "/posts/<id:post_id>/end", "免去岗位", "End a post", takes=EndSaid, answer=PostActOut)
def end_post(work: Work, said: dict[str, Any], post_id: str) -> dict[str, Any]:
    """End a post after a day."""
    return _post(work, commands.end_post(work, post_id, said["until"]))


@room.act(
    "POST", "/people/<id:person_id>/accounts", "开通账户", "Open an account", takes=AccountSaid,
    answer=AccountActOut, status=201, secret=True,
)  # fmt: skip
def open_account(work: Work, said: dict[str, Any], person_id: str) -> dict[str, Any]:
    """Open a way to sign in."""
    return _account(
        work, accounts.open_account(work, said["organ_id"], person_id, said["login"], said["password"])
    )


@room.act(
    "POST",
    "/accounts/<id:account_id>/closure",
    "停用账户",
    "Close an account",
    takes=OrganSaid,
    answer=AccountActOut,
)
def close_account(work: Work, said: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Close an account: its tokens end at once."""
    return _account(work, accounts.close_account(work, said["organ_id"], account_id))


@room.act(
    "POST",
    "/accounts/<id:account_id>/password-reset",
    "重置密码",
    "Reset a password",
    answer=OneTimeOut,
    secret=True,
)
def reset_password(work: Work, account_id: str) -> dict[str, Any]:
    """Give an account a one-time password; its sessions end, and the person chooses a new one at the next sign-in."""
    return _once(work, accounts.reset_password(work, account_id))


@room.act(
    "POST",
    "/accounts/<id:account_id>/reopening",
    "恢复账户",
    "Reopen an account",
    answer=OneTimeOut,
    secret=True,
)
def reopen_account(work: Work, account_id: str) -> dict[str, Any]:
    """Open a closed account again, with a one-time password."""
    return _once(work, accounts.reopen_account(work, account_id))


@room.act(
    "POST", "/accounts/<id:account_id>/second-factor-resets", "申请解除动态口令", "Propose to reset a second factor",
    takes=ResetSaid, answer=FactorResetOut, status=201,
)  # fmt: skip
def propose_factor_reset(work: Work, said: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Propose to take a lost second factor off; a second person approves it."""
    made = accounts.propose_factor_reset(work, account_id, said["reason"])
    return {"reset_id": made.id, "receipt": work.receipts[-1]}


@room.act(
    "POST", "/second-factor-resets/<id:reset_id>/approval", "核准解除动态口令", "Approve the reset of a second factor",
    answer=AccountActOut,
)  # fmt: skip
def approve_factor_reset(work: Work, reset_id: str) -> dict[str, Any]:
    """Take the factor off, as the second person."""
    return _account(work, accounts.approve_factor_reset(work, reset_id))


# -- organs, units, bodies -----------------------------------------------------------------------------------


@room.ask("/organs", "机关列表", "Organs", answer=OrgansOut)
def list_organs(work: Work) -> dict[str, Any]:
    """Return the asker's organs."""
    found = people.organs(work)
    return {"items": found, "total": len(found)}


@room.act("POST", "/organs", "新设机关", "Found an organ", takes=NewOrganSaid, answer=OrganActOut, status=201)
def found_organ(work: Work, said: dict[str, Any]) -> dict[str, Any]:
    """Found a decision organ with its first administrator."""
    made = commands.found_organ(
        work, said["name"], said["kind"], said["overlays"], said["administrator_id"], said["since"]
    )
    return {"organ": made, "receipt": work.receipts[-1]}


@room.ask("/organs/<id:organ_id>/units", "内设单位", "Units of an organ", answer=UnitsOut)
def list_units(work: Work, organ_id: str) -> dict[str, Any]:
    """Return the units of an organ."""
    found = people.units(work, organ_id)
    return {"items": found, "total": len(found)}


@room.act(
    "POST",
    "/organs/<id:organ_id>/units",
    "增设单位",
    "Add a unit",
    takes=UnitSaid,
    answer=UnitActOut,
    status=201,
)
def add_unit(work: Work, said: dict[str, Any], organ_id: str) -> dict[str, Any]:
    """Add a unit to an organ."""
    return {"unit": commands.add_unit(work, organ_id, said["name"]), "receipt": work.receipts[-1]}


@room.ask("/organs/<id:organ_id>/bodies", "议事决策机构", "Deciding bodies", answer=BodiesOut)
def list_bodies(work: Work, organ_id: str) -> dict[str, Any]:
    """Return the deciding bodies of an organ with the members of the day."""
    found = people.bodies(work, organ_id)
    return {"items": found, "total": len(found)}


@room.act(
    "POST", "/organs/<id:organ_id>/bodies", "组成议事机构", "Form a deciding body", takes=BodySaid,
    answer=BodyActOut, status=201,
)  # fmt: skip
def form_body(work: Work, said: dict[str, Any], organ_id: str) -> dict[str, Any]:
    """Form a deciding body; exactly one member is its principal."""
    members = [commands.Membership(one["person_id"], one["is_principal"]) for one in said["members"]]
    known = people.names_of(work, {one.person_id for one in members})
    unknown = {
        f"members.{index}.person_id": (Text("系统中没有此人。", "There is no such person."),)
        for index, one in enumerate(members)
        if one.person_id not in known
    }
    if unknown:
        raise InvalidAnswers(unknown)
    body = commands.form_body(work, organ_id, said["kind"], said["name"], members, said["since"])
    return {"body_id": body.id, "receipt": work.receipts[-1]}


# -- delegations -----------------------------------------------------------------------------------------------


@room.ask("/delegations", "委托列表", "Delegations", answer=DelegationsOut)
def list_delegations(work: Work) -> dict[str, Any]:
    """Return the delegations the asker gave or holds; managers see all of their organs."""
    found = people.delegations(work)
    return {"items": found, "total": len(found)}


@room.act(
    "POST", "/delegations", "委托代办", "Delegate", takes=DelegationSaid, answer=DelegationActOut, status=201
)
def delegate(work: Work, said: dict[str, Any]) -> dict[str, Any]:
    """Let somebody act for oneself on certain days."""
    made = commands.delegate(
        work,
        said["organ_id"],
        said["to"],
        said["since"],
        said["until"],
        said["reason"],
        role=said.get("role"),
    )
    return _delegation(work, made)


@room.act(
    "DELETE", "/delegations/<id:delegation_id>", "撤销委托", "Revoke a delegation", answer=DelegationActOut
)
def revoke_delegation(work: Work, delegation_id: str) -> dict[str, Any]:
    """End a delegation at once."""
    return _delegation(work, commands.revoke_delegation(work, delegation_id))


def _post(work: Work, post: Post) -> dict[str, Any]:
    return {"post": post, "receipt": work.receipts[-1]}


def _account(work: Work, account: Account) -> dict[str, Any]:
    return {"account": account, "receipt": work.receipts[-1]}


def _once(work: Work, password: str) -> dict[str, Any]:
    return {"password": password, "receipt": work.receipts[-1]}


def _delegation(work: Work, delegation: Delegation) -> dict[str, Any]:
    return {"delegation": delegation, "receipt": work.receipts[-1]}


def _unit_belongs(work: Work, unit_id: str | None, organ_id: str) -> None:
    if unit_id is None:
        return
    unit = work.session.get(Unit, unit_id)
    if unit is None or unit.organ_id != organ_id:
        raise InvalidAnswers({"unit_id": (Text("本机关没有这个单位。", "This organ has no such unit."),)})
