"""The register: people with their posts, and delegations. Accounts: `accounts`; organs and bodies: `organs`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from decision_engine import access
from decision_engine.commands import accounts
from decision_engine.commands import people as acts
from decision_engine.commands.founding import SETUP
from decision_engine.errors import DecisionEngineError, InvalidAnswers
from decision_engine.forms.choices import BODY_TYPES
from decision_engine.language import Text
from decision_engine.models import Post
from decision_engine.queries import people
from decision_engine.web.cases import whole
from decision_engine.web.door import ConfirmFirst, Pages, Said, go, show
from decision_engine.web.frame import ROLE_NAMES
from decision_engine.web.saying import said as told
from decision_engine.work import Work

page = Pages("register")

SIZE = 20
MOST = 200
"""Of persons offered in a list."""
SYSTEM = frozenset({access.CLOCK.person_id, access.PUBLIC.person_id, SETUP.person_id})
"""Who acts in the log without being anybody."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d")

NEEDED = Text("此项为必填。", "This is needed.")
NO_DATE = Text("请填写日期。", "Write a date.")
BACKWARDS = Text("离任日期早于任职日期。", "The last day lies before the first.")
NO_UNIT = Text("本机关没有这个单位。", "This organ has no such unit.")


@dataclass(frozen=True, slots=True)
class Held:
    """A post with the names a reader needs; *state*: `now`, `later`, `over`."""

    post: Post
    organ: str
    unit: str
    state: str


# -- people ----------------------------------------------------------------------------------------------


@page.ask("/admin/people")
def people_page(work: Work) -> Any:
    """Show the persons of one's organs with their posts of today."""
    access.stand_anywhere(work.actor, "people.read")
    word = request.args.get("q", "").strip()[:100]
    role = request.args.get("role") if request.args.get("role") in access.ROLES else None
    found = people.persons(work, page=whole(request.args.get("page")), size=SIZE, q=word or None, role=role)
    return show(
        "people.html",
        found=found,
        word=word,
        role=role,
        roles=_roles(),
        posts=posts_of(work, [one.id for one in found.items]),
        accounts=people.open_accounts(work, [one.id for one in found.items]),
        system=SYSTEM,
        tabs=tabs_of("people"),
    )


@page.ask("/admin/people/new")
def new_person_page(work: Work) -> Any:
    """Show the form that enters a person."""
    return _entering(work, {}, {})


def _entering(work: Work, typed: Any, errors: Any) -> Any:
    access.stand_anywhere(work.actor, "people.manage")
    return show("person_new.html", organs=managed_by(work), typed=typed, errors=errors)


def _enter_again(work: Work, refusal: DecisionEngineError, said: Said) -> Any:
    return _entering(work, said, errors_of(refusal))


@page.act("/admin/people/new", again=_enter_again)
def add_person(work: Work, said: Said) -> Any:
    """Enter a person; what they may do comes with a post."""
    name = said.get("name", "").strip()[:100]
    if not name:
        raise InvalidAnswers({"name": (NEEDED,)})
    made = acts.add_person(work, said.get("organ_id", ""), name)
    return go("register.person_page", _("已登记，请任命岗位。"), person_id=made.id)


@page.ask("/admin/people/<id:person_id>")
def person_page(work: Work, person_id: str) -> Any:
    """Show one person: posts over time, delegations, and for managers the accounts."""
    return _person(work, person_id, {}, {})


def person_again(work: Work, refusal: DecisionEngineError, said: Said, person_id: str, **_of_it: str) -> Any:
    """Draw a person's page anew after a refusal."""
    if isinstance(refusal, ConfirmFirst):
        raise refusal
    return _person(work, person_id, said, errors_of(refusal))


@page.act("/admin/people/<id:person_id>/posts", again=person_again)
def give_post(work: Work, said: Said, person_id: str) -> Any:
    """Give a person a post with roles."""
    wrong: dict[str, tuple[Text, ...]] = {}
    title, organ = said.get("title", "").strip()[:100], said.get("organ_id", "")
    roles = [one for one in said.getlist("roles") if one]
    since, until = day_said(said, "since", wrong, needed=True), day_said(said, "until", wrong)
    if not title:
        wrong["title"] = (NEEDED,)
    if not roles:
        wrong["roles"] = (Text("请至少选择一个角色。", "Choose at least one role."),)
    if since and until and until < since:
        wrong["until"] = (BACKWARDS,)
    unit = said.get("unit_id") or None
    if unit is not None and unit not in {one.id for one in people.units(work, organ)}:
        wrong["unit_id"] = (NO_UNIT,)
    if wrong or since is None:
        raise InvalidAnswers(wrong)
    acts.give_post(work, person_id, organ, title, roles, since, unit_id=unit, until=until)
    return go("register.person_page", _("已任命。"), person_id=person_id)


def _end_again(work: Work, refusal: DecisionEngineError, said: Said, person_id: str, post_id: str) -> Any:
    return _person(work, person_id, {}, {f"until-{post_id}": sum(errors_of(refusal).values(), ())})


@page.act("/admin/people/<id:person_id>/posts/<id:post_id>/end", again=_end_again)
def end_post(work: Work, said: Said, person_id: str, post_id: str) -> Any:
    """End a post after a day; its past stays."""
    wrong: dict[str, tuple[Text, ...]] = {}
    until = day_said(said, "until", wrong, needed=True)
    if until is None:
        raise InvalidAnswers(wrong)
    post = next((one for one in people.person(work, person_id).posts if one.id == post_id), None)
    if post is not None and until < post.since:
        raise InvalidAnswers({"until": (BACKWARDS,)})
    acts.end_post(work, post_id, until)
    return go("register.person_page", _("已记录离任日期。"), person_id=person_id)


def _person(work: Work, person_id: str, typed: Any, errors: Any) -> Any:
    access.stand_anywhere(work.actor, "people.read")
    profile = people.person(work, person_id)
    organs = {one.id: one for one in people.organs(work)}
    managed = managed_by(work)
    units = {one.id: one for organ in organs for one in people.units(work, organ)}
    lent = [one for one in people.delegations(work) if person_id in (one.from_id, one.to_id)]
    return show(
        "person.html",
        person=profile.person,
        posts=[_held(work, one, organs, units) for one in profile.posts],
        accounts=profile.accounts,
        factors=people.second_factors(work, [one.id for one in profile.accounts]),
        resets=people.factor_resets(work, person_id),
        why_not=accounts.out_of_reach(work, person_id) if managed else None,
        now=work.now,
        me_id=work.actor.person_id,
        delegations=lent,
        names=people.names_of(work, {who for one in lent for who in (one.from_id, one.to_id)}),
        organs=managed,
        units=[one for one in units.values() if one.organ_id in {organ.id for organ in managed}],
        organ_names={one.id: one.name for one in organs.values()},
        roles=_roles(),
        typed=typed,
        chosen=typed.getlist("roles") if typed else [],
        errors=errors,
        today=work.today,
    )


# -- delegations -----------------------------------------------------------------------------------------


@page.ask("/me/delegations")
def delegations_page(work: Work) -> Any:
    """Show whom one lets act, for whom one acts, and, to managers, what others agreed."""
    return _delegations(work, {}, {})


def _delegate_again(work: Work, refusal: DecisionEngineError, said: Said) -> Any:
    return _delegations(work, said, errors_of(refusal))


@page.act("/me/delegations", again=_delegate_again)
def delegate(work: Work, said: Said) -> Any:
    """Let somebody act for oneself on certain days."""
    wrong: dict[str, tuple[Text, ...]] = {}
    since, until = day_said(said, "since", wrong, needed=True), day_said(said, "until", wrong, needed=True)
    reason = said.get("reason", "").strip()[:2000]
    if not reason:
        wrong["reason"] = (NEEDED,)
    if not said.get("to"):
        wrong["to"] = (NEEDED,)
    organ, _bar, role = said.get("what", "").partition(":")
    if wrong or since is None or until is None:
        raise InvalidAnswers(wrong)
    acts.delegate(work, organ, said["to"], since, until, reason, role=role or None)
    return go("register.delegations_page", _("已委托，到期自动失效。"))


@page.act("/me/delegations/<id:delegation_id>/revocation")
def revoke_delegation(work: Work, said: Said, delegation_id: str) -> Any:
    """End a delegation at once."""
    acts.revoke_delegation(work, delegation_id)
    return go("register.delegations_page", _("委托已撤销。"))


def _delegations(work: Work, typed: Any, errors: Any) -> Any:
    found = people.delegations(work)
    me = work.actor.person_id
    own = [one for one in work.actor.standings if one.on_behalf_of is None]
    organs = {one["organ_id"]: one["organ"] for one in people.standings_with_names(work)}
    every = _("本人的全部岗位")
    what = [(f"{one.organ_id}:", f"{organs.get(one.organ_id, '')} · {every}") for one in own[:1]]
    what += [
        (f"{one.organ_id}:{role}", f"{organs.get(one.organ_id, '')} · {told(ROLE_NAMES.get(role, role))}")
        for one in own
        for role in sorted(one.roles)
    ]
    others = candidates_of(work, {me})
    return show(
        "delegations.html", found=found, me_id=me, today=work.today, what=what, others=others, typed=typed,
        names=people.names_of(work, {who for one in found for who in (one.from_id, one.to_id)}),
        errors=errors, shut="auditor" in {role for one in own for role in one.roles},
        tabs=tabs_of("delegations") if people.organs_of(work, "people.manage") else [],
    )  # fmt: skip


# -- what they share ---------------------------------------------------------------------------------------


def candidates_of(work: Work, without: set[str]) -> list[tuple[str, str]]:
    """Return the persons that may be chosen, by name: (id, name)."""
    found = people.persons(work, size=MOST).items
    return [(one.id, one.name) for one in found if one.id not in without | SYSTEM]


def tabs_of(here: str) -> list[dict[str, Any]]:
    """Return the tabs of the register's pages."""
    pairs = (
        ("people", _("人员"), "register.people_page"),
        ("bodies", _("会议机构"), "register.bodies_page"),
        ("organs", _("机关和单位"), "register.organs_page"),
        ("delegations", _("委托代办"), "register.delegations_page"),
    )
    return [
        {"text": text, "href": url_for(endpoint), "current": name == here, "count": None}
        for name, text, endpoint in pairs
    ]


def kinds_of() -> dict[str, str]:
    """Return the kinds of deciding bodies in words."""
    return {name: told(Text(*words)) for name, words in BODY_TYPES.items()}


def _roles() -> list[tuple[str, str]]:
    return [(name, told(words)) for name, words in ROLE_NAMES.items()]


def managed_by(work: Work) -> list[Any]:
    """Return the organs whose people the actor manages."""
    wanted = set(people.organs_of(work, "people.manage"))
    return [one for one in people.organs(work) if one.id in wanted]


def organ_said(work: Work, said: Said) -> str:
    """Return the organ for which a manager acts: the one said, else the first managed."""
    managed = people.organs_of(work, "people.manage")
    return said.get("organ_id") or (managed[0] if managed else "")


def posts_of(work: Work, ids: list[str]) -> dict[str, list[Post]]:
    """Return the posts of today of some persons, by person."""
    by_person: dict[str, list[Post]] = {}
    for one in people.posts_today(work, ids):
        by_person.setdefault(one.person_id, []).append(one)
    return by_person


def _held(work: Work, post: Post, organs: Any, units: Any) -> Held:
    state = "now"
    if post.since > work.today:
        state = "later"
    elif post.until is not None and post.until < work.today:
        state = "over"
    unit = units.get(post.unit_id)
    return Held(post, organs[post.organ_id].name, unit.name if unit else "", state)


def errors_of(refusal: DecisionEngineError) -> dict[str, Any]:
    """Return a refusal as the error summary wants it."""
    return getattr(refusal, "fields", None) or {"": (refusal.message,)}


def day_said(
    said: Said, name: str, wrong: dict[str, tuple[Text, ...]], *, needed: bool = False
) -> date | None:
    """Return the day typed under *name*; what is wrong with it goes into *wrong*."""
    typed = said.get(name, "").strip()
    if not typed and not needed:
        return None
    try:
        return date.fromisoformat(typed if _DATE.fullmatch(typed) else "")
    except ValueError:
        wrong[name] = (NO_DATE,)
        return None
