"""The law as the system holds it: every dated number with its source, every rule with its article and who holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from decision_engine import access, forms, rules
from decision_engine.errors import NotFound
from decision_engine.forms.choices import BODY_TYPES
from decision_engine.language import Text
from decision_engine.queries import people
from decision_engine.rules import coverage
from decision_engine.rules.coverage import Row
from decision_engine.rules.law import Law
from decision_engine.rules.parameter import Dated, Parameter, UnknownParameter, shipped
from decision_engine.rules.rule import Rule
from decision_engine.web.door import Pages, show
from decision_engine.web.saying import said as told
from decision_engine.work import Work

page = Pages("lawbook")

UNITS = {
    "days": Text("日", "days"),
    "working_days": Text("个工作日", "working days"),
    "months": Text("个月", "months"),
    "years": Text("年", "years"),
    "hours": Text("小时", "hours"),
    "minutes": Text("分钟", "minutes"),
    "count": Text("", ""),
    "yuan": Text("元", "yuan"),
    "share": Text("", ""),
    "yes_no": Text("", ""),
    "choice": Text("", ""),
}
STRICTER = {
    "larger": Text("只可更大", "may only be larger"),
    "smaller": Text("只可更小", "may only be smaller"),
    "locked": Text("不得更改", "locked"),
    "free": Text("可自行选择", "free choice"),
}
"""Which way an overlay or a body may change a value."""
CHOICES = {
    "HEAD_DECIDES_AFTER_DISCUSSION": Text(
        "集体讨论后由主要负责人决定", "the principal decides after discussion"
    ),
    "MAJORITY_OF_DUE": Text("应到会成员过半数同意", "majority of the members due"),
    "DUE": Text("按应到会成员", "of the members due"),
    "PRESENT": Text("按到会成员", "of the members present"),
    "MEMBERS_EXPRESSING": Text("按表态成员", "of those who expressed themselves"),
    "NAMED_BALLOT": Text("记名投票", "named ballot"),
    "SHOW_OF_HANDS": Text("举手", "show of hands"),
    "ORAL": Text("口头", "oral"),
    "RECORDED_POSITIONS": Text("逐一表态并记录", "recorded positions"),
    "PERSONNEL": Text("仅限干部任免", "appointments only"),
    "NONE": Text("不允许", "never"),
}
STRENGTHS = {
    "H": Text("必须遵守", "binding"),
    "X": Text("可依法例外", "exception on record"),
    "O": Text("可以选择", "optional"),
    "L": Text("法律责任", "liability"),
    "D": Text("系统设计", "design"),
}
"""How a rule binds, in words."""
OTHER_GATES = {
    "publish_catalogue": Text("发布决策事项目录", "publishing the catalogue"),
    "comment_period": Text("征求意见期限", "comment period"),
}
OVERLAYS = {
    "national": Text("全国", "national"),
    "tianjin": Text("天津市", "Tianjin"),
    "district:beichen": Text("北辰区", "Beichen district"),
    "district:jinnan": Text("津南区", "Jinnan district"),
    "district:linhe": Text("临河区", "Linhe district"),
    "town:qinghe": Text("青禾镇", "Qinghe town"),
}
YES_NO = {
    "larger": Text("只可改为“是”", "may only become yes"),
    "smaller": Text("只可改为“否”", "may only become no"),
}


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter with the value in force today (None: not in force here) and every value there ever was."""

    parameter: Parameter
    dated: Dated | None

    @property
    def title(self) -> str:
        """What the number is."""
        return told(self.parameter.title)


# -- parameters ------------------------------------------------------------------------------------------


@page.ask("/admin/parameters")
def parameters_page(work: Work) -> Any:
    """Show every number of the law with the value in force, its overlay, its source and since when."""
    access.stand_anywhere(work.actor, "definition.read")
    overlays = _overlays(work)
    word = request.args.get("q", "").strip()[:100]
    group = request.args.get("group", "")
    groups = [("", told(Text("法定期限和比例", "Periods and shares")))]
    groups += [(kind, told(Text(*BODY_TYPES[kind]))) for kind in _bodies()]
    group = group if group in dict(groups) else ""
    found = [
        Value(one, _dated(one, work.today, overlays))
        for one in shipped().by_name.values()
        if (one.name.partition(".")[0] if "." in one.name else "") == group and _about(one, word)
    ]
    return show(
        "parameters.html",
        tabs=_tabs("parameters"),
        found=found,
        groups=groups,
        group=group,
        word=word,
        said_value=said_value,
        stricter_words=stricter_words,
        overlay=overlay_name,
        source=source_words,
        version=rules.RULE_SET_VERSION,
    )


def said_value(parameter: Parameter, value: Any) -> str:
    """Return a value with its unit, in the reader's language."""
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, str):
        return told(CHOICES.get(value, value))
    number = f"{value:,}" if parameter.unit == "yuan" else str(value)
    unit = told(UNITS.get(parameter.unit, Text("", "")))
    return f"{number} {unit}".strip()


def overlay_name(overlay: str) -> str:
    """Return an overlay as officials call it."""
    return told(OVERLAYS.get(overlay, overlay))


def stricter_words(parameter: Parameter) -> str:
    """Return which way a value may be changed, in words."""
    if parameter.unit == "yes_no" and parameter.stricter in YES_NO:
        return told(YES_NO[parameter.stricter])
    return told(STRICTER[parameter.stricter])


# -- rules -----------------------------------------------------------------------------------------------


@page.ask("/admin/rules")
def rules_page(work: Work) -> Any:
    """Show every rule; a law, a step, a place or a word narrows the list."""
    access.stand_anywhere(work.actor, "definition.read")
    law, gate, place = (request.args.get(name, "")[:100] for name in ("law", "gate", "place"))
    word = request.args.get("q", "").strip()[:100]
    rows = [one for one in table() if _wanted(one, law, gate, place, word)]
    return show(
        "rules.html",
        tabs=_tabs("rules"),
        rows=rows,
        total=len(table()),
        laws=sorted({one.rule.law.name: _law_name(one.rule.law) for one in table()}.items()),
        gates=sorted(((one, gate_name(one)) for one in {g for row in table() for g in row.rule.gates}),
                     key=lambda pair: pair[1]),
        places=tuple(coverage.Place),
        law=law,
        gate=gate,
        place=place,
        word=word,
        strengths=STRENGTHS,
        gate_name=gate_name,
    )  # fmt: skip


@page.ask("/admin/rules/<id:name>")
def rule_page(work: Work, name: str) -> Any:
    """Show one rule: its citation, how it binds, where it is held, and how many situations show it."""
    access.stand_anywhere(work.actor, "definition.read")
    rows = [one for one in table() if one.rule.id == name]
    if not rows:
        raise NotFound
    today = next((one for one in rows if one.rule.in_force_on(work.today)), rows[-1])
    return show(
        "rule.html",
        row=today,
        rule=today.rule,
        older=[one for one in rows if one is not today],
        strengths=STRENGTHS,
        gate_name=gate_name,
        overlay=overlay_name,
        counted=any(one.files for one in table()),
        like=[one.rule for one in table() if one.rule.same_as == name],
    )


@cache
def table() -> Sequence[Row]:
    """Return every rule with where it is held; it changes only with the software."""
    return coverage.table()


def _law_name(law: Law) -> str:
    """Return a law as citations name it: by its short name in Chinese, by its title in English."""
    return told(Text(law.name, law.title.en))


def source_words(source: str) -> str:
    """Return the source of a value, in the reader's language."""
    return told(shipped().cited(source))


def gate_name(gate: str) -> str:
    """Return the step or act a rule guards as officials call it."""
    if gate in OTHER_GATES:
        return told(OTHER_GATES[gate])
    return told(forms.describe(gate)["title"]) if gate in forms.steps() else gate


def _wanted(row: Row, law: str, gate: str, place: str, word: str) -> bool:
    one: Rule = row.rule
    return (
        (not law or one.law.name == law)
        and (not gate or gate in one.gates)
        and (not place or place in {each.name for each in row.places})
        and (
            not word
            or word.casefold() in f"{one.id} {one.title.zh} {one.title.en} {one.citation.zh}".casefold()
        )
    )


def _about(parameter: Parameter, word: str) -> bool:
    wanted = f"{parameter.name} {parameter.title.zh} {parameter.title.en}".casefold()
    return not word or word.casefold() in wanted


def _dated(parameter: Parameter, day: date, overlays: tuple[str, ...]) -> Dated | None:
    try:
        return shipped().dated(parameter.name, day, overlays)
    except UnknownParameter:
        return None


@cache
def _bodies() -> tuple[str, ...]:
    found = dict.fromkeys(name.partition(".")[0] for name in shipped().by_name if "." in name)
    return tuple(one for one in found if one in BODY_TYPES)


def _overlays(work: Work) -> tuple[str, ...]:
    """Return the overlays of the reader's organs together: what is in force somewhere here."""
    return tuple(dict.fromkeys(one for organ in people.organs(work) for one in organ.overlays))


def _tabs(here: str) -> list[dict[str, Any]]:
    pairs = (
        ("parameters", _("参数"), "lawbook.parameters_page", len(shipped().by_name)),
        ("rules", _("规则"), "lawbook.rules_page", len(table())),
    )
    return [
        {"text": text, "href": url_for(endpoint), "current": name == here, "count": count}
        for name, text, endpoint, count in pairs
    ]
