"""Keep the register: organs, units, persons, posts, delegations, bodies. Every change is an event.

Persons are never deleted: a post ends, an account closes (R-ACC-08; see `commands.accounts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from decision_engine import access
from decision_engine.errors import Forbidden, InvalidAnswers, NotFound
from decision_engine.forms.choices import BODY_TYPES
from decision_engine.language import Text
from decision_engine.models import Body, BodyMember, Delegation, Organ, Person, Post, Unit
from decision_engine.rules.parameter import shipped
from decision_engine.work import Work

CHAIN = "people"
FIRST_POST = "系统管理员"
"""Title of the post an organ begins with."""
ORGAN_KINDS = frozenset({"town", "district", "county", "city", "department"})
COUNTY_UP = frozenset({"gov_executive_meeting", "gov_plenary_meeting"})
"""Kinds of bodies that a town's government does not have (地方组织法第七十八条)."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A member of a body to be, in order of rank."""

    person_id: str
    is_principal: bool = False


def found_organ(
    work: Work, name: str, kind: str, overlays: Sequence[str], administrator_id: str, since: date
) -> Organ:
    """Found a decision organ of *kind* under *overlays* (laxest first), with its first administrator.

    Whoever manages people anywhere may: the new organ is nobody's yet, and founding it gives no say in any other. The
    first administrator is somebody of the founder's own organs, so that the founder reaches no stranger. Raises
    `InvalidAnswers` for an unknown kind, overlays that do not belong together or a name that is taken; `NotFound`,
    `Forbidden`.
    """
    work.tries(CHAIN, "organ.found")
    standing = access.stand_anywhere(work.actor, "people.manage")
    _known(work, administrator_id)
    here = [one.organ_id for one in work.actor.standings if one.roles & access.ACTS["people.manage"]]
    of_mine = select(Post.id).where(Post.person_id == administrator_id, Post.organ_id.in_(here)).limit(1)
    if work.session.scalar(of_mine) is None:
        raise NotFound(Text("系统中没有此人。", "There is no such person."))
    organ = enter_organ(work, standing, name, kind, overlays)
    _appoint(work, standing, administrator_id, organ.id, FIRST_POST, ["administrator"], since)
    return organ


def enter_organ(
    work: Work, standing: access.Standing | None, name: str, kind: str, overlays: Sequence[str]
) -> Organ:
    """Enter an organ in the register; who may is asked before. Raises `InvalidAnswers`."""
    wrong: dict[str, tuple[Text, ...]] = {}
    if kind not in ORGAN_KINDS:
        wrong["kind"] = (Text("没有这种机关。", "There is no such kind of organ."),)
    if not _belong_together(overlays):
        wrong["overlays"] = (
            Text(
                "适用规定须从国家规定起逐级相连。",
                "The rules that apply lead from the nation's on, level by level.",
            ),
        )
    if work.session.scalar(select(Organ.id).where(Organ.name == name)) is not None:
        wrong["name"] = (Text("该机关已登记。", "This organ is entered already."),)
    if wrong:
        raise InvalidAnswers(wrong)
    organ = Organ(name=name, kind=kind, overlays=list(overlays))
    work.session.add(organ)
    work.session.flush()
    work.record(
        "organ.founded", CHAIN, standing=standing, said={"name": name}, organ=organ.id, organ_kind=kind,
        overlays=list(overlays),
    )  # fmt: skip
    return organ


def _belong_together(overlays: Sequence[str]) -> bool:
    """Tell whether *overlays* begin with the nation's, each named once and after the one it narrows."""
    parents = shipped().parents
    return (
        tuple(overlays[:1]) == ("national",)
        and len(set(overlays)) == len(overlays)
        and all(
            one in parents and parents[one] in ("", *overlays[:place]) for place, one in enumerate(overlays)
        )
    )


def add_unit(work: Work, organ_id: str, name: str) -> Unit:
    """Add a unit to *organ_id*."""
    standing = _manager(work, "unit.add", organ_id)
    unit = Unit(organ_id=organ_id, name=name)
    work.session.add(unit)
    work.session.flush()
    work.record("unit.added", CHAIN, standing=standing, said={"name": name}, organ=organ_id, unit=unit.id)
    return unit


def add_person(work: Work, organ_id: str, name: str) -> Person:
    """Add a person; what they may do comes with a post."""
    standing = _manager(work, "person.add", organ_id)
    person = Person(name=name)
    work.session.add(person)
    work.session.flush()
    work.record("person.added", CHAIN, standing=standing, said={"name": name}, person=person.id)
    return person


def give_post(
    work: Work,
    person_id: str,
    organ_id: str,
    title: str,
    roles: Sequence[str],
    since: date,
    *,
    unit_id: str | None = None,
    until: date | None = None,
) -> Post:
    """Give *person_id* a post with *roles* from *since* to *until* (inclusive).

    Raises `InvalidAnswers` for an unknown role, or when auditing would meet acting (R-ACC-07).
    """
    standing = _manager(work, "post.give", organ_id, person=person_id)
    _known(work, person_id)
    unknown = sorted(set(roles) - access.ROLES)
    if unknown:
        raise InvalidAnswers(
            {
                "roles": (
                    Text(f"没有这些角色：{'、'.join(unknown)}。", f"No such roles: {', '.join(unknown)}."),
                )
            }
        )
    return _appoint(work, standing, person_id, organ_id, title, roles, since, unit_id=unit_id, until=until)


def _appoint(
    work: Work,
    standing: access.Standing,
    person_id: str,
    organ_id: str,
    title: str,
    roles: Sequence[str],
    since: date,
    *,
    unit_id: str | None = None,
    until: date | None = None,
) -> Post:
    held = access.Actor(person_id, "", work.standings(person_id)).own_roles(organ_id) | set(roles)
    if "auditor" in held and held & (access.WRITERS | {"administrator"}):
        raise Forbidden(
            Text("审计（监督）岗位不得与办理岗位兼任。", "An auditor may hold no post that acts."),
            rule="R-ACC-07",
        )
    post = Post(
        person_id=person_id, organ_id=organ_id, unit_id=unit_id, title=title, roles=sorted(set(roles)),
        since=since, until=until,
    )  # fmt: skip
    work.session.add(post)
    work.session.flush()
    work.record(
        "post.given", CHAIN, standing=standing, said={"title": title}, person=person_id, organ=organ_id,
        post=post.id, roles=sorted(set(roles)), since=since.isoformat(), until=until.isoformat() if until else None,
    )  # fmt: skip
    return post


def end_post(work: Work, post_id: str, until: date) -> Post:
    """End a post after *until*."""
    post = work.session.get(Post, post_id)
    if post is None:
        raise NotFound
    standing = _manager(work, "post.end", post.organ_id, post=post_id)
    post.until = until
    work.record("post.ended", CHAIN, standing=standing, post=post_id, until=until.isoformat())
    return post


def delegate(
    work: Work, organ_id: str, to_id: str, since: date, until: date, reason: str, *, role: str | None = None
) -> Delegation:
    """Let *to_id* act for oneself in *organ_id* from *since* to *until* (inclusive), in *role* or in all."""
    work.tries(CHAIN, "delegation.give", to=to_id)
    mine = [standing for standing in work.actor.in_organ(organ_id) if standing.on_behalf_of is None]
    if not any(role is None or role in standing.roles for standing in mine):
        raise Forbidden(Text("您没有可以委托的岗位。", "You hold no such post to delegate."))
    _known(work, to_id)
    lends_audit = "auditor" in work.actor.own_roles(organ_id)
    if lends_audit or "auditor" in access.Actor(to_id, "", work.standings(to_id)).own_roles(organ_id):
        raise Forbidden(
            Text(
                "审计（监督）岗位不得委托他人，也不得受托办理。",
                "An auditor's post is neither lent nor acts for others.",
            ),
            rule="R-ACC-07",
        )
    _delegation_makes_sense(work, organ_id, to_id, since, until)
    delegation = Delegation(
        organ_id=organ_id,
        from_id=work.actor.person_id,
        to_id=to_id,
        role=role,
        since=since,
        until=until,
        reason=reason,
    )
    work.session.add(delegation)
    work.session.flush()
    work.record(
        "delegation.given", CHAIN, standing=mine[0], said={"reason": reason}, delegation=delegation.id, to=to_id,
        role=role, since=since.isoformat(), until=until.isoformat(),
    )  # fmt: skip
    return delegation


def _delegation_makes_sense(work: Work, organ_id: str, to_id: str, since: date, until: date) -> None:
    wrong: dict[str, tuple[Text, ...]] = {}
    if until < since:
        wrong["until"] = (Text("结束日期早于开始日期。", "The end lies before the start."),)
    elif until < work.today:
        wrong["until"] = (Text("委托期间已经过去。", "The delegation would lie in the past."),)
    serves = any(one.organ_id == organ_id and one.on_behalf_of is None for one in work.standings(to_id))
    if to_id == work.actor.person_id:
        wrong["to"] = (Text("不能委托本人。", "Nobody delegates to oneself."),)
    elif not serves:
        wrong["to"] = (
            Text("受托人须为本机关在岗人员。", "Whoever acts for you holds a post in this organ."),
        )
    if wrong:
        raise InvalidAnswers(wrong)


def revoke_delegation(work: Work, delegation_id: str) -> Delegation:
    """End a delegation at once; its giver or a manager of people may."""
    delegation = work.session.get(Delegation, delegation_id)
    if delegation is None:
        raise NotFound
    work.tries(CHAIN, "delegation.revoke", delegation=delegation_id)
    standing = None
    if delegation.from_id != work.actor.person_id:
        standing = access.stand(work.actor, "people.manage", delegation.organ_id)
    delegation.revoked_at = work.now
    work.record("delegation.revoked", CHAIN, standing=standing, delegation=delegation_id)
    return delegation


def form_body(
    work: Work, organ_id: str, kind: str, name: str, members: Sequence[Membership], since: date
) -> Body:
    """Form a deciding body with *members*, exactly one of them the principal.

    Raises `InvalidAnswers` for an unknown kind, or one that only governments from county level up have
    (地方各级人民代表大会和地方各级人民政府组织法第七十八条).
    """
    standing = _manager(work, "body.form", organ_id)
    _may_have(work.session.get_one(Organ, organ_id), kind)
    if sum(member.is_principal for member in members) != 1:
        raise InvalidAnswers(
            {"members": (Text("须有且只有一名主要负责人。", "Exactly one member is the principal."),)}
        )
    if len({one.person_id for one in members}) < len(members):
        raise InvalidAnswers({"members": (Text("同一人只能列名一次。", "Nobody is a member twice."),)})
    body = Body(organ_id=organ_id, kind=kind, name=name, parameters={})
    work.session.add(body)
    work.session.flush()
    work.session.add_all(
        BodyMember(
            body_id=body.id, person_id=one.person_id, rank=rank, is_principal=one.is_principal, since=since
        )
        for rank, one in enumerate(members, start=1)
    )
    work.record(
        "body.formed", CHAIN, standing=standing, said={"name": name}, body=body.id, body_kind=kind,
        members=[one.person_id for one in members], since=since.isoformat(),
    )  # fmt: skip
    return body


def _may_have(organ: Organ, kind: str) -> None:
    wrong = None
    if kind not in BODY_TYPES:
        wrong = Text("没有这种会议机构。", "There is no such kind of deciding body.")
    elif organ.kind == "town" and kind in COUNTY_UP:
        wrong = Text(
            "政府全体会议和常务会议由县级以上地方人民政府设立（地方组织法第七十八条），乡镇请用镇长办公会等形式。",
            "Only governments from county level up have plenary and executive meetings (Organic Law, art. 78).",
        )
    if wrong is not None:
        raise InvalidAnswers({"kind": (wrong,)})


def _manager(work: Work, act: str, organ_id: str, **about: str) -> access.Standing:
    work.tries(CHAIN, act, organ=organ_id, **about)
    if work.session.get(Organ, organ_id) is None:
        raise NotFound
    return access.stand(work.actor, "people.manage", organ_id)


def _known(work: Work, person_id: str) -> None:
    if work.session.get(Person, person_id) is None:
        raise NotFound(Text("系统中没有此人。", "There is no such person."))
