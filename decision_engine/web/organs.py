"""Organs with their units, and deciding bodies with members and rules of procedure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from decision_engine import access
from decision_engine.commands import meetings as body_acts
from decision_engine.commands import people as acts
from decision_engine.commands.people import Membership
from decision_engine.errors import DecisionEngineError, Forbidden, InvalidAnswers
from decision_engine.language import Text
from decision_engine.queries import bodies as body_queries
from decision_engine.queries import people
from decision_engine.rules import procedure
from decision_engine.rules.parameter import shipped
from decision_engine.web.door import ConfirmFirst, Said, go, show
from decision_engine.web.lawbook import CHOICES, UNITS, overlay_name, source_words, stricter_words
from decision_engine.web.register import (
    MOST,
    NEEDED,
    candidates_of,
    day_said,
    errors_of,
    kinds_of,
    managed_by,
    page,
    posts_of,
    tabs_of,
)
from decision_engine.web.saying import said as told
from decision_engine.work import Work

ORGAN_KINDS = {
    "town": Text("乡镇人民政府", "Town government"),
    "district": Text("区人民政府", "District government"),
    "county": Text("县人民政府", "County government"),
    "city": Text("市人民政府", "City government"),
    "department": Text("政府部门", "Department of a government"),
}
SIT = frozenset({"principal", "meeting_member"})
"""Roles of who is likely to sit in a body: they are offered first."""
NO_RANK = Text("排序须为1至200的整数。", "A rank is a whole number from 1 to 200.")


# -- organs and units --------------------------------------------------------------------------------------


@page.ask("/admin/organs")
def organs_page(work: Work) -> Any:
    """Show one's organs with their units; managers add units and found organs."""
    return _organs(work, {}, {})


def _organ_again(work: Work, refusal: DecisionEngineError, said: Said) -> Any:
    if isinstance(refusal, ConfirmFirst):
        raise refusal
    return _organs(work, said, errors_of(refusal))


@page.act("/admin/organs", again=_organ_again, decisive=True)
def found_organ(work: Work, said: Said) -> Any:
    """Found a decision organ with its first administrator."""
    wrong: dict[str, tuple[Text, ...]] = {}
    name, first = said.get("name", "").strip()[:100], said.get("administrator_id", "")
    since = day_said(said, "since", wrong, needed=True)
    wrong |= {field: (NEEDED,) for field, value in (("name", name), ("administrator_id", first)) if not value}
    if wrong or since is None:
        raise InvalidAnswers(wrong)
    overlays = sorted(set(said.getlist("overlays")), key=_depth)
    acts.found_organ(work, name, said.get("kind", ""), overlays, first, since)
    return go("register.organs_page", _("机关已设立，由首任管理员继续登记人员和会议机构。"))


def _unit_again(work: Work, refusal: DecisionEngineError, said: Said, organ_id: str) -> Any:
    return _organs(work, {}, {f"name-{organ_id}": sum(errors_of(refusal).values(), ())})


@page.act("/admin/organs/<id:organ_id>/units", again=_unit_again)
def add_unit(work: Work, said: Said, organ_id: str) -> Any:
    """Add a unit to an organ."""
    name = said.get("name", "").strip()[:100]
    if not name:
        raise InvalidAnswers({"name": (NEEDED,)})
    acts.add_unit(work, organ_id, name)
    return go("register.organs_page", _("单位已增设。"))


def _organs(work: Work, typed: Any, errors: Any) -> Any:
    access.stand_anywhere(work.actor, "people.read")
    organs = people.organs(work)
    managed = {one.id for one in managed_by(work)}
    return show(
        "organs.html",
        found=[(one, people.units(work, one.id), one.id in managed) for one in organs],
        kinds={name: told(text) for name, text in ORGAN_KINDS.items()},
        overlays=[(one, overlay_name(one)) for one in sorted(shipped().parents, key=_depth)],
        overlay=overlay_name,
        chosen=typed.getlist("overlays") if typed else ["national"],
        people=candidates_of(work, set()) if managed else (),
        me_id=work.actor.person_id,
        may_found=bool(managed),
        typed=typed,
        errors=errors,
        today=work.today,
        tabs=tabs_of("organs"),
    )


def _depth(overlay: str) -> tuple[int, str]:
    return len(shipped().ancestors(overlay)), overlay


# -- a new deciding body -----------------------------------------------------------------------------------


@page.ask("/admin/bodies/new")
def new_body_page(work: Work) -> Any:
    """Show the form that forms a deciding body."""
    return _forming(work, {}, {})


def _form_again(work: Work, refusal: DecisionEngineError, said: Said) -> Any:
    return _forming(work, said, errors_of(refusal))


@page.act("/admin/bodies/new", again=_form_again)
def form_body(work: Work, said: Said) -> Any:
    """Form a deciding body: who has a rank is a member, in that order; one of them leads."""
    wrong: dict[str, tuple[Text, ...]] = {}
    name = said.get("name", "").strip()[:100]
    since = day_said(said, "since", wrong, needed=True)
    if not name:
        wrong["name"] = (NEEDED,)
    if not said.get("kind"):
        wrong["kind"] = (NEEDED,)
    ranks = _ranks(said, {one for one, _name in candidates_of(work, set())})
    if ranks is None:
        wrong["members"] = (NO_RANK,)
    if wrong or since is None or ranks is None:
        raise InvalidAnswers(wrong)
    leads = said.get("principal", "")
    members = [Membership(one, one == leads) for one in sorted(ranks, key=ranks.__getitem__)]
    body = acts.form_body(work, said.get("organ_id", ""), said["kind"], name, members, since)
    return go("register.body_page", _("会议机构已组成。"), body_id=body.id)


def _ranks(said: Said, known: set[str]) -> Mapping[str, int] | None:
    """Return who has which rank, or nothing when one is no rank; who is not *known* is left out."""
    found = {}
    for person_id in known:
        typed = said.get(f"rank-{person_id}", "").strip()
        if not typed:
            continue
        if not (typed.isascii() and typed.isdigit() and len(typed) < 4 and 0 < int(typed) <= MOST):  # noqa: PLR2004
            return None
        found[person_id] = int(typed)
    return found


def _forming(work: Work, typed: Any, errors: Any) -> Any:
    access.stand_anywhere(work.actor, "people.manage")
    offered = candidates_of(work, set())
    posts = posts_of(work, [one for one, _name in offered])
    offered.sort(key=lambda one: not any(SIT & set(post.roles) for post in posts.get(one[0], ())))
    return show(
        "body_new.html",
        organs=managed_by(work),
        kinds=list(kinds_of().items()),
        people=offered,
        posts=posts,
        typed=typed,
        errors=errors,
        today=work.today,
    )


# -- deciding bodies ---------------------------------------------------------------------------------------


@page.ask("/admin/bodies")
def bodies_page(work: Work) -> Any:
    """Show the deciding bodies of one's organs with the members of today."""
    access.stand_anywhere(work.actor, "people.read")
    organs = people.organs(work)
    found = [(organ, people.bodies(work, organ.id)) for organ in organs]
    return show("bodies.html", found=found, kinds=kinds_of(), tabs=tabs_of("bodies"))


@page.ask("/admin/bodies/<id:body_id>")
def body_page(work: Work, body_id: str) -> Any:
    """Show a body: members by rank, who joins or leaves later, and each rule of procedure with its source."""
    return _body(work, body_id, {}, {})


def _body_again(work: Work, refusal: DecisionEngineError, said: Said, body_id: str) -> Any:
    return _body(work, body_id, said, errors_of(refusal))


@page.act("/admin/bodies/<id:body_id>/members", again=_body_again)
def replace_member(work: Work, said: Said, body_id: str) -> Any:
    """From a day on, let somebody be no member any more and somebody else be one."""
    _may_keep(work, body_id)
    wrong: dict[str, tuple[Text, ...]] = {}
    since = day_said(said, "since", wrong, needed=True)
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
        kind=kinds_of().get(body.kind, body.kind) if kinds_of().get(body.kind) != body.name else "",
        later=[one for one in members if one.since > work.today],
        earlier=[one for one in members if one.until is not None and one.until < work.today],
        names=people.names_of(work, {one.person_id for one in members}),
        candidates=candidates_of(work, {one.person_id for one in body.members}) if may_keep else (),
        may_keep=may_keep,
        typed=typed,
        errors=errors,
        today=work.today,
        said_value=_said_value,
        source=source_words,
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
