"""People: persons, posts, accounts, delegations; organs with their units and deciding bodies."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from decision_engine import access
from decision_engine.api.fields import (
    ActOut,
    CalendarDay,
    Id,
    Moment,
    Name,
    PageQuery,
    Said,
    Secret,
    page_of,
)
from decision_engine.api.room import Room
from decision_engine.api.session import PersonOut
from decision_engine.commands import accounts
from decision_engine.commands import people as commands
from decision_engine.errors import InvalidAnswers
from decision_engine.forms.fields import Line, Listing, LongText, YesNo
from decision_engine.language import Text
from decision_engine.models import Account, Delegation, Post, Unit
from decision_engine.queries import people
from decision_engine.work import Work

room = Room("people", "人员与机构", "People and organs")


# -- what is said ----------------------------------------------------------------------------------------


class PeopleQuery(PageQuery):
    """Which persons, by name."""

    q = Line("姓名包含", "Part of the name", most=100)
    role = Name("角色", "Role held today")


class PersonSaid(Said):
    """A person to enter in the register of an organ."""

    organ_id = Id("机关", "Organ", required=True)
    name = Line("姓名", "Name", required=True, most=100)


class PostSaid(Said):
    """A post with the roles it carries; both days are included."""

    organ_id = Id("机关", "Organ", required=True)
    title = Line("岗位名称", "Title", required=True, most=100)
    roles = Listing("角色", "Roles", Name("角色", "Role"), required=True, least=1, most=30)
    since = CalendarDay("任职日期", "From", required=True)
    until = CalendarDay("离任日期", "To")
    unit_id = Id("单位", "Unit")


class EndSaid(Said):
    """The last day."""

    until = CalendarDay("离任日期", "Last day", required=True)


class AccountSaid(Said):
    """A way to sign in."""

    organ_id = Id("机关", "Organ", required=True)
    login = Line("登录名", "Login name", required=True, most=100)
    password = Secret("密码", "Password", required=True)


class ResetSaid(Said):
    """Why a lost second factor is to be taken off."""

    reason = LongText("理由", "Reason", required=True, most=2000)


class NewOrganSaid(Said):
    """A decision organ, the rules that apply to it (from the nation's on), and who administers it first."""

    name = Line("名称", "Name", required=True, most=100)
    kind = Name("种类", "Kind", required=True)
    overlays = Listing(
        "适用规定", "Rules that apply", Name("规定", "Overlay"), required=True, least=1, most=10
    )
    administrator_id = Id("首任管理员", "First administrator", required=True)
    since = CalendarDay("任职日期", "From", required=True)


class OrganSaid(Said):
    """For which organ."""

    organ_id = Id("机关", "Organ", required=True)


class UnitSaid(Said):
    """A unit of an organ."""

    name = Line("名称", "Name", required=True, most=100)


class SeatSaid(Said):
    """A member of a body, in order of rank."""

    person_id = Id("成员", "Member", required=True)
    is_principal = YesNo("主要负责人", "Principal", default=False)


class BodySaid(Said):
    """A deciding body."""

    kind = Name("种类", "Kind", required=True)
    name = Line("名称", "Name", required=True, most=100)
    members = Listing("成员", "Members", SeatSaid, required=True, least=1, most=200)
    since = CalendarDay("自何日起", "From", required=True)


class DelegationSaid(Said):
    """Letting somebody act for oneself; both days are included."""

    organ_id = Id("机关", "Organ", required=True)
    to = Id("受托人", "To whom", required=True)
    role = Name("角色", "Role (all of one's own if left out)")
    since = CalendarDay("开始日期", "From", required=True)
    until = CalendarDay("结束日期", "To", required=True)
    reason = LongText("理由", "Reason", required=True, most=2000)


# -- what is answered ------------------------------------------------------------------------------------


class PostOut(Schema):
    """A person's post."""

    id = fields.String()
    person_id = fields.String()
    organ_id = fields.String()
    unit_id = fields.String(allow_none=True)
    title = fields.String()
    roles = fields.List(fields.String())
    since = fields.Date()
    until = fields.Date(allow_none=True)


class AccountOut(Schema):
    """A way to sign in; nothing of its password."""

    id = fields.String()
    person_id = fields.String()
    login = fields.String()
    closed_at = Moment(allow_none=True)


class ProfileOut(Schema):
    """A person with posts; accounts for managers of people."""

    person = fields.Nested(PersonOut)
    posts = fields.List(fields.Nested(PostOut))
    accounts = fields.List(fields.Nested(AccountOut))


class OrganOut(Schema):
    """A decision organ."""

    id = fields.String()
    name = fields.String()
    kind = fields.String()
    overlays = fields.List(fields.String())


class OrgansOut(Schema):
    """The asker's organs."""

    items = fields.List(fields.Nested(OrganOut))
    total = fields.Integer()


class UnitOut(Schema):
    """A unit of an organ."""

    id = fields.String()
    organ_id = fields.String()
    name = fields.String()


class UnitsOut(Schema):
    """The units of an organ."""

    items = fields.List(fields.Nested(UnitOut))
    total = fields.Integer()


class SeatOut(Schema):
    """A member of a body."""

    person_id = fields.String()
    name = fields.String()
    rank = fields.Integer()
    is_principal = fields.Boolean()


class BodyOut(Schema):
    """A deciding body."""

    id = fields.String(attribute="body.id")
    organ_id = fields.String(attribute="body.organ_id")
    kind = fields.String(attribute="body.kind")
    name = fields.String(attribute="body.name")
    parameters = fields.Dict(attribute="body.parameters")
    members = fields.List(fields.Nested(SeatOut))


class BodiesOut(Schema):
    """The deciding bodies of an organ with the members of the day."""

    items = fields.List(fields.Nested(BodyOut))
    total = fields.Integer()


class DelegationOut(Schema):
    """Who acts for whom, in what, from when to when."""

    id = fields.String()
    organ_id = fields.String()
    from_ = fields.String(attribute="from_id", data_key="from")
    to = fields.String(attribute="to_id")
    role = fields.String(allow_none=True)
    since = fields.Date()
    until = fields.Date()
    reason = fields.String()
    revoked_at = Moment(allow_none=True)


class DelegationsOut(Schema):
    """Delegations given or held."""

    items = fields.List(fields.Nested(DelegationOut))
    total = fields.Integer()


class PersonActOut(ActOut):
    """The person, and the receipt."""

    person = fields.Nested(PersonOut)


class PostActOut(ActOut):
    """The post, and the receipt."""

    post = fields.Nested(PostOut)


class AccountActOut(ActOut):
    """The account, and the receipt."""

    account = fields.Nested(AccountOut)


class OneTimeOut(ActOut):
    """A one-time password, shown this once, and the receipt."""

    password = fields.String()


class FactorResetOut(ActOut):
    """The proposal that waits for a second person, and the receipt."""

    reset_id = fields.String()


class OrganActOut(ActOut):
    """The organ, and the receipt."""

    organ = fields.Nested(OrganOut)


class UnitActOut(ActOut):
    """The unit, and the receipt."""

    unit = fields.Nested(UnitOut)


class BodyActOut(ActOut):
    """The id of the body, and the receipt."""

    body_id = fields.String()


class DelegationActOut(ActOut):
    """The delegation, and the receipt."""

    delegation = fields.Nested(DelegationOut)


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
