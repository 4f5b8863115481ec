"""Who is there: the register as the people of an organ see it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import aliased

from decision_engine import access
from decision_engine.errors import NotFound
from decision_engine.models import (
    Account,
    Body,
    BodyMember,
    Delegation,
    FactorReset,
    Organ,
    Person,
    Post,
    SecondFactor,
    Unit,
)
from decision_engine.queries.pages import Page
from decision_engine.work import Work


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a body, with the person's name."""

    person_id: str
    name: str
    rank: int
    is_principal: bool


@dataclass(frozen=True, slots=True)
class BodyOfToday:
    """A deciding body with its members of the day, in order of rank."""

    body: Body
    members: Sequence[Member]


@dataclass(frozen=True, slots=True)
class Profile:
    """A person with every post held in the asker's organs, and (for managers) the accounts."""

    person: Person
    posts: Sequence[Post]
    accounts: Sequence[Account]


@dataclass(frozen=True, slots=True)
class WaitingReset:
    """A reset of a lost second factor that waits for a second person."""

    reset: FactorReset
    person: Person
    proposer: str


RESET_WAITS = timedelta(days=7)
"""How long a proposed reset of a second factor may be done."""


def organs_of(work: Work, act: str = "people.read") -> list[str]:
    """Return the ids of the organs in which the actor may do *act*."""
    allowed = access.ACTS[act]
    return sorted({standing.organ_id for standing in work.actor.standings if standing.roles & allowed})


def organs(work: Work) -> list[Organ]:
    """Return the organs of the actor."""
    return list(work.session.scalars(select(Organ).where(Organ.id.in_(organs_of(work))).order_by(Organ.name)))


def units(work: Work, organ_id: str) -> list[Unit]:
    """Return the units of an organ. Raises `NotFound` for a stranger to it."""
    _inside(work, organ_id)
    return list(work.session.scalars(select(Unit).where(Unit.organ_id == organ_id).order_by(Unit.id)))


def bodies(work: Work, organ_id: str) -> list[BodyOfToday]:
    """Return the deciding bodies of an organ with the members of the day, in one statement."""
    _inside(work, organ_id)
    rows = work.session.execute(
        select(Body, BodyMember, Person)
        .outerjoin(
            BodyMember,
            and_(
                BodyMember.body_id == Body.id,
                BodyMember.since <= work.today,
                or_(BodyMember.until.is_(None), BodyMember.until >= work.today),
            ),
        )
        .outerjoin(Person, Person.id == BodyMember.person_id)
        .where(Body.organ_id == organ_id)
        .order_by(Body.id, BodyMember.rank)
    )
    found: dict[str, tuple[Body, list[Member]]] = {}
    for body, seat, person in rows:
        members = found.setdefault(body.id, (body, []))[1]
        if seat is not None:
            members.append(Member(person.id, person.name, seat.rank, seat.is_principal))
    return [BodyOfToday(body, members) for body, members in found.values()]


def persons(
    work: Work, *, page: int = 1, size: int = 20, q: str | None = None, role: str | None = None
) -> Page[Person]:
    """Return the persons of the actor's organs by name; managers of people also see who has no post yet."""
    wanted = _visible(work)
    if q:
        wanted = and_(wanted, Person.name.contains(q, autoescape=True))
    if role is not None:
        wanted = and_(wanted, Person.id.in_(_holders(work, role)))
    total = work.session.scalar(select(func.count()).select_from(Person).where(wanted)) or 0
    found = work.session.scalars(
        select(Person).where(wanted).order_by(Person.name, Person.id).limit(size).offset((page - 1) * size)
    )
    return Page(list(found), page, size, total)


def person(work: Work, person_id: str) -> Profile:
    """Return one person with posts, and with accounts for managers of people. Raises `NotFound`."""
    found = work.session.scalar(select(Person).where(Person.id == person_id, _visible(work)))
    if found is None:
        raise NotFound
    posts = work.session.scalars(
        select(Post)
        .where(Post.person_id == person_id, Post.organ_id.in_(organs_of(work)))
        .order_by(Post.since, Post.id)
    )
    accounts: Sequence[Account] = ()
    if organs_of(work, "people.manage"):
        accounts = list(
            work.session.scalars(select(Account).where(Account.person_id == person_id).order_by(Account.id))
        )
    return Profile(found, list(posts), accounts)


def posts_today(work: Work, ids: Collection[str]) -> list[Post]:
    """Return the posts of today of some persons in the actor's organs, in one statement."""
    return list(
        work.session.scalars(
            select(Post)
            .where(
                Post.person_id.in_(ids),
                Post.organ_id.in_(organs_of(work)),
                Post.since <= work.today,
                or_(Post.until.is_(None), Post.until >= work.today),
            )
            .order_by(Post.since, Post.id)
        )
    )


def open_accounts(work: Work, ids: Collection[str]) -> frozenset[str]:
    """Return which of some persons can sign in; nobody for who does not manage people."""
    if not organs_of(work, "people.manage"):
        return frozenset()
    wanted = select(Account.person_id).where(Account.person_id.in_(ids), Account.closed_at.is_(None))
    return frozenset(work.session.scalars(wanted))


def second_factors(work: Work, account_ids: Collection[str]) -> frozenset[str]:
    """Return which of some accounts have a second factor in force."""
    wanted = select(SecondFactor.account_id).where(
        SecondFactor.account_id.in_(account_ids), SecondFactor.in_force.is_(True)
    )
    return frozenset(work.session.scalars(wanted))


def factor_resets(work: Work, person_id: str | None = None) -> list[WaitingReset]:
    """Return the resets of a lost second factor that wait for a second person, oldest first; one statement.

    Only of persons in the organs where the actor may approve one; of *person_id* alone where given.
    """
    here = organs_of(work, "factor.approve_reset")
    if not here:
        return []
    concerned, proposer = aliased(Person), aliased(Person)
    wanted = (
        select(FactorReset, concerned, proposer.name)
        .join(Account, Account.id == FactorReset.account_id)
        .join(concerned, concerned.id == Account.person_id)
        .join(proposer, proposer.id == FactorReset.proposed_by)
        .where(
            FactorReset.done_at.is_(None),
            FactorReset.proposed_at >= work.now - RESET_WAITS,
            concerned.id.in_(select(Post.person_id).where(Post.organ_id.in_(here))),
        )
        .order_by(FactorReset.proposed_at, FactorReset.id)
    )
    if person_id is not None:
        wanted = wanted.where(concerned.id == person_id)
    return [WaitingReset(*row) for row in work.session.execute(wanted)]


def delegations(work: Work) -> list[Delegation]:
    """Return the delegations the actor gave or holds; managers of people see all of their organs."""
    mine = or_(Delegation.from_id == work.actor.person_id, Delegation.to_id == work.actor.person_id)
    managed = Delegation.organ_id.in_(organs_of(work, "people.manage"))
    return list(
        work.session.scalars(
            select(Delegation).where(or_(mine, managed)).order_by(Delegation.since, Delegation.id)
        )
    )


def standings_with_names(work: Work) -> list[Mapping[str, Any]]:
    """Return what the actor may act as today, with the names of organs and units, in one statement."""
    rows = work.session.execute(
        select(Organ.id, Organ.name, Unit.id, Unit.name)
        .outerjoin(Unit, Unit.organ_id == Organ.id)
        .where(Organ.id.in_({standing.organ_id for standing in work.actor.standings}))
    )
    names: dict[str | None, str] = {}
    for organ_id, organ, unit_id, unit in rows:
        names |= {organ_id: organ, unit_id: unit}
    return [
        {
            "organ_id": one.organ_id,
            "organ": names.get(one.organ_id),
            "unit_id": one.unit_id,
            "unit": names.get(one.unit_id) if one.unit_id else None,
            "title": one.title,
            "roles": sorted(one.roles),
            "on_behalf_of": one.on_behalf_of,
        }
        for one in work.actor.standings
    ]


def names_of(work: Work, ids: set[str]) -> dict[str, str]:
    """Return the names of persons by id."""
    if not ids:
        return {}
    return {
        row[0]: row[1]
        for row in work.session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    }


def _inside(work: Work, organ_id: str) -> None:
    if organ_id not in organs_of(work):
        raise NotFound


def _visible(work: Work) -> ColumnElement[bool]:
    organs_here = organs_of(work)
    if not organs_here:
        return false()
    here = Person.id.in_(select(Post.person_id).where(Post.organ_id.in_(organs_here)))
    if not organs_of(work, "people.manage"):
        return here
    return or_(here, Person.id.not_in(select(Post.person_id)))


def _holders(work: Work, role: str) -> list[str]:
    """Return who holds *role* today; roles are a JSON list, so they are read here and not by SQL."""
    posts = work.session.execute(
        select(Post.person_id, Post.roles).where(
            Post.organ_id.in_(organs_of(work)),
            Post.since <= work.today,
            or_(Post.until.is_(None), Post.until >= work.today),
        )
    )
    return [person_id for person_id, roles in posts if role in roles]
