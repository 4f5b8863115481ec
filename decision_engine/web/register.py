"""The register: people with posts and accounts, delegations, deciding bodies with members and rules of procedure."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from decision_engine import access
from decision_engine.commands import meetings as body_acts
from decision_engine.commands import people as acts
from decision_engine.errors import DecisionEngineError, Forbidden, InvalidAnswers, NotFound
from decision_engine.forms.choices import BODY_TYPES
from decision_engine.language import Text
from decision_engine.models import Post
from decision_engine.queries import bodies as body_queries
from decision_engine.queries import people
from decision_engine.rules import procedure
from decision_engine.rules.parameter import shipped
from decision_engine.web.cases import whole
from decision_engine.web.door import ConfirmFirst, Pages, Said, go, show
from decision_engine.web.frame import ROLE_NAMES
from decision_engine.web.lawbook import CHOICES, UNITS, stricter_words
from decision_engine.web.saying import said as told
from decision_engine.work import Work

page = Pages("register")

SIZE = 20
MOST = 200
"""Of persons offered in a list."""
SYSTEM = frozenset({access.CLOCK.person_id, access.PUBLIC.person_id, "setup"})
"""Who acts in the log without being anybody."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_LOGIN = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{1,98}")

NEEDED = Text("此项为必填。", "This is needed.")
NO_DATE = Text("请填写日期。", "Write a date.")
BACKWARDS = Text("离任日期早于任职日期。", "The last day lies before the first.")
NO_LOGIN = Text(
    "登录名用2至99个字母、数字、点、横线，以字母或数字开头。",
    "A login has 2 to 99 letters, digits, dots and dashes, and begins with a letter or digit.",
)
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
        posts=_posts_of(work, [one.id for one in found.items]),
        accounts=people.open_accounts(work, [one.id for one in found.items]),
        system=SYSTEM,
        tabs=_tabs("people"),
    )


@page.ask("/admin/people/new")
def new_person_page(work: Work) -> Any:
    """Show the form that enters a person."""
    return _entering(work, {}, {})


def _entering(work: Work, typed: Any, errors: Any) -> Any:
    access.stand_anywhere(work.actor, "people.manage")
    return show("person_new.html", organs=_managed(work), typed=typed, errors=errors)


def _enter_again(work: Work, refusal: DecisionEngineError, said: Said) -> Any:
    return _entering(work, said, _errors(refusal))


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


def _person_again(work: Work, refusal: DecisionEngineError, said: Said, person_id: str) -> Any:
    if isinstance(refusal, ConfirmFirst):
        raise refusal
    return _person(work, person_id, said, _errors(refusal))


@page.act("/admin/people/<id:person_id>/posts", again=_person_again)
def give_post(work: Work, said: Said, person_id: str) -> Any:
    """Give a person a post with roles."""
    wrong: dict[str, tuple[Text, ...]] = {}
    title, organ = said.get("title", "").strip()[:100], said.get("organ_id", "")
    roles = [one for one in said.getlist("roles") if one]
    since, until = _day(said, "since", wrong, needed=True), _day(said, "until", wrong)
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
    return _person(work, person_id, {}, {f"until-{post_id}": sum(_errors(refusal).values(), ())})


@page.act("/admin/people/<id:person_id>/posts/<id:post_id>/end", again=_end_again)
def end_post(work: Work, said: Said, person_id: str, post_id: str) -> Any:
    """End a post after a day; its past stays."""
    wrong: dict[str, tuple[Text, ...]] = {}
    until = _day(said, "until", wrong, needed=True)
    if until is None:
        raise InvalidAnswers(wrong)
    post = next((one for one in people.person(work, person_id).posts if one.id == post_id), None)
    if post is not None and until < post.since:
        raise InvalidAnswers({"until": (BACKWARDS,)})
    acts.end_post(work, post_id, until)
    return go("register.person_page", _("已记录离任日期。"), person_id=person_id)


@page.act("/admin/people/<id:person_id>/accounts", again=_person_again, decisive=True)
def open_account(work: Work, said: Said, person_id: str) -> Any:
    """Open an account with a first password, which is shown this once."""
    login = said.get("login", "").strip()
    if not _LOGIN.fullmatch(login):
        raise InvalidAnswers({"login": (NO_LOGIN,)})
    person = people.person(work, person_id).person
    password = secrets.token_urlsafe(12)
    made = acts.open_account(work, _organ_said(work, said), person_id, login, password)
    return show("account_opened.html", account=made, person=person, password=password)


@page.act("/admin/people/<id:person_id>/accounts/<id:account_id>/closure", decisive=True)
def close_account(work: Work, said: Said, person_id: str, account_id: str) -> Any:
    """Close an account: whoever is signed in with it is signed out at once."""
    if account_id not in {one.id for one in people.person(work, person_id).accounts}:
        raise NotFound
    acts.close_account(work, _organ_said(work, said), account_id)
    return go("register.person_page", _("账户已停用，其全部登录已退出。"), person_id=person_id)


def _person(work: Work, person_id: str, typed: Any, errors: Any) -> Any:
    access.stand_anywhere(work.actor, "people.read")
    profile = people.person(work, person_id)
    organs = {one.id: one for one in people.organs(work)}
    managed = _managed(work)
    units = {one.id: one for organ in organs for one in people.units(work, organ)}
    lent = [one for one in people.delegations(work) if person_id in (one.from_id, one.to_id)]
    return show(
        "person.html",
        person=profile.person,
        posts=[_held(work, one, organs, units) for one in profile.posts],
        accounts=profile.accounts,
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
    return _delegations(work, said, _errors(refusal))


@page.act("/me/delegations", again=_delegate_again)
def delegate(work: Work, said: Said) -> Any:
    """Let somebody act for oneself on certain days."""
    wrong: dict[str, tuple[Text, ...]] = {}
    since, until = _day(said, "since", wrong, needed=True), _day(said, "until", wrong, needed=True)
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
    what = [
        (f"{one.organ_id}:", f"{organs.get(one.organ_id, '')} · {_('本人的全部岗位')}") for one in own[:1]
    ]
    what += [
        (f"{one.organ_id}:{role}", f"{organs.get(one.organ_id, '')} · {told(ROLE_NAMES.get(role, role))}")
        for one in own
        for role in sorted(one.roles)
    ]
    others = _candidates(work, {me})
    return show(
        "delegations.html", found=found, me_id=me, today=work.today, what=what, others=others, typed=typed,
        names=people.names_of(work, {who for one in found for who in (one.from_id, one.to_id)}),
        errors=errors, shut="auditor" in {role for one in own for role in one.roles},
        tabs=_tabs("delegations") if people.organs_of(work, "people.manage") else [],
    )  # fmt: skip


# -- deciding bodies ---------------------------------------------------------------------------------------


@page.ask("/admin/bodies")
def bodies_page(work: Work) -> Any:
    """Show the deciding bodies of one's organs with the members of today."""
    access.stand_anywhere(work.actor, "people.read")
    organs = people.organs(work)
    found = [(organ, people.bodies(work, organ.id)) for organ in organs]
    return show("bodies.html", found=found, kinds=_kinds(), tabs=_tabs("bodies"))


@page.ask("/admin/bodies/<id:body_id>")
def body_page(work: Work, body_id: str) -> Any:
    """Show a body: members by rank, who joins or leaves later, and each rule of procedure with its source."""
    return _body(work, body_id, {}, {})


def _body_again(work: Work, refusal: DecisionEngineError, said: Said, body_id: str) -> Any:
    return _body(work, body_id, said, _errors(refusal))


@page.act("/admin/bodies/<id:body_id>/members", again=_body_again)
def replace_member(work: Work, said: Said, body_id: str) -> Any:
    """From a day on, let somebody be no member any more and somebody else be one."""
    _may_keep(work, body_id)
    wrong: dict[str, tuple[Text, ...]] = {}
    since = _day(said, "since", wrong, needed=True)
    leaving, joining = said.get("leaving_id") or None, said.get("joining_id") or None
    if leaving is None and joining is None:
        wrong["joining_id"] = (Text("请选择退出人员或新任人员。", "Choose who leaves or who joins."),)
    if wrong or since is None:
        raise InvalidAnswers(wrong)
    body_acts.replace_member(
        work,
        body_id,
        since,
        leaving_id=leaving,
        joining_id=joining,
        is_principal=said.get("is_principal") == "yes",
    )
    return go("register.body_page", _("组成人员已调整，自该日起适用。"), body_id=body_id)


@page.act("/admin/bodies/<id:body_id>/rules", again=_body_again)
def set_rule(work: Work, said: Said, body_id: str) -> Any:
    """Set a rule of procedure stricter than the law's."""
    _may_keep(work, body_id)
    name = said.get("name", "")[:64]
    if not name:
        raise InvalidAnswers({"name": (NEEDED,)})
    body_acts.set_rule(
        work, body_id, name, _value(said.get("value", "")), source=said.get("source", "")[:500]
    )
    return go("register.body_page", _("已按更严的规定执行。"), body_id=body_id)


def _body(work: Work, body_id: str, typed: Any, errors: Any) -> Any:
    access.stand_anywhere(work.actor, "people.read")
    body = body_queries.body_of(work, body_id)
    members = body_queries.members_over_time(work, body_id)
    may_keep = body.organ_id in people.organs_of(work, "people.manage")
    return show(
        "body.html",
        body=body,
        kind=_kinds().get(body.kind, body.kind) if _kinds().get(body.kind) != body.name else "",
        later=[one for one in members if one.since > work.today],
        earlier=[one for one in members if one.until is not None and one.until < work.today],
        names=people.names_of(work, {one.person_id for one in members}),
        candidates=_candidates(work, {one.person_id for one in body.members}) if may_keep else (),
        may_keep=may_keep,
        typed=typed,
        errors=errors,
        today=work.today,
        said_value=_said_value,
        stricter=lambda name: stricter_words(shipped().by_name[f"{body.kind}.{name}"]),
        hints={one.name: _hint(body.kind, one.name) for one in body.procedure},
    )


def _said_value(one: body_queries.Procedure, value: str) -> str:
    """Return a rule's value in words."""
    if value in {"true", "false"}:
        return str(_("是") if value == "true" else _("否"))
    return f"{told(CHOICES.get(value, value))} {told(UNITS.get(one.unit, ''))}".strip()


def _hint(kind: str, name: str) -> str:
    """Return what may be written for a rule of procedure."""
    parameter = shipped().by_name[f"{kind}.{name}"]
    if name in procedure.CHOICES:
        return " / ".join(procedure.CHOICES[name])
    return {"share": "2/3", "yes_no": "true / false"}.get(parameter.unit, "")


def _value(said: str) -> str | int | bool:
    text = said.strip()[:60]
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text  # noqa: PLR2004


def _may_keep(work: Work, body_id: str) -> None:
    """Find nothing for strangers to the body's organ; let only managers of people change it."""
    body = body_queries.one_body(work, body_id)
    try:
        access.stand(work.actor, "people.manage", body.organ_id)
    except Forbidden:
        told_why = Text("会议机构由管理员维护。", "Deciding bodies are kept by the administrators.")
        raise Forbidden(told_why) from None


# -- what they share ---------------------------------------------------------------------------------------


def _candidates(work: Work, without: set[str]) -> list[tuple[str, str]]:
    found = people.persons(work, size=MOST).items
    return [(one.id, one.name) for one in found if one.id not in without | SYSTEM]


def _tabs(here: str) -> list[dict[str, Any]]:
    pairs = (
        ("people", _("人员"), "register.people_page"),
        ("bodies", _("会议机构"), "register.bodies_page"),
        ("delegations", _("委托代办"), "register.delegations_page"),
    )
    return [
        {"text": text, "href": url_for(endpoint), "current": name == here, "count": None}
        for name, text, endpoint in pairs
    ]


def _kinds() -> dict[str, str]:
    return {name: told(Text(*words)) for name, words in BODY_TYPES.items()}


def _roles() -> list[tuple[str, str]]:
    return [(name, told(words)) for name, words in ROLE_NAMES.items()]


def _managed(work: Work) -> list[Any]:
    wanted = set(people.organs_of(work, "people.manage"))
    return [one for one in people.organs(work) if one.id in wanted]


def _organ_said(work: Work, said: Said) -> str:
    """Return the organ for which a manager acts: the one said, else the first managed."""
    managed = people.organs_of(work, "people.manage")
    return said.get("organ_id") or (managed[0] if managed else "")


def _posts_of(work: Work, ids: list[str]) -> dict[str, list[Post]]:
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


def _errors(refusal: DecisionEngineError) -> dict[str, Any]:
    return getattr(refusal, "fields", None) or {"": (refusal.message,)}


def _day(said: Said, name: str, wrong: dict[str, tuple[Text, ...]], *, needed: bool = False) -> date | None:
    """Return the day typed under *name*; what is wrong with it goes into *wrong*."""
    typed = said.get(name, "").strip()
    if not typed and not needed:
        return None
    try:
        return date.fromisoformat(typed if _DATE.fullmatch(typed) else "")
    except ValueError:
        wrong[name] = (NO_DATE,)
        return None
