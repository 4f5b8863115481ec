"""In which of its two languages a sentence, a day or a moment is said on this page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from flask_babel import get_locale

from decision_engine import rules
from decision_engine.access import CLOCK, PUBLIC
from decision_engine.calendar import SHANGHAI
from decision_engine.language import Text, articles


def language() -> str:
    """Return the language of this request: `zh` or `en`."""
    chosen = get_locale()
    return "en" if chosen is not None and chosen.language == "en" else "zh"


NOBODY = {
    CLOCK.name: Text("系统时钟", "The clock"),
    PUBLIC.name: Text("社会公众", "A member of the public"),
}
"""Who acts without being a person: by the name the records keep."""


def said(sentence: Text | Mapping[str, str] | str | None) -> str:
    """Return *sentence* in the language of this request; a plain text is what it is, nothing says nothing.

    Templates know it as a filter: `{{ spec.label | said }}`.
    """
    if sentence is None:
        return ""
    if isinstance(sentence, Text):
        return sentence.said_in(language())
    if isinstance(sentence, Mapping):
        return sentence.get(language()) or sentence["zh"]
    nobody = NOBODY.get(sentence)
    return sentence if nobody is None else nobody.said_in(language())


def cited(one: Any) -> str:
    """Return law and article of a rule, or of what a rule found, as a sentence names them in this language."""
    known = one if isinstance(one, rules.Rule) else _rules().get(getattr(one, "rule", None) or "")
    if known is not None:
        return said(known.citation)
    law, article = getattr(one, "law", None), getattr(one, "article", None)
    numbered = said(articles(article)) if article and article.isdigit() else article
    return " ".join(str(part) for part in (law, numbered) if part)


@cache
def _rules() -> Mapping[str, rules.Rule]:
    return {one.id: one for one in rules.declared()}


def day(value: date | datetime | None, *, year: bool = True) -> str:
    """Return a calendar day of the office: `2026年4月14日`, `14 April 2026`; nothing for nothing."""
    if value is None:
        return ""
    local = value.astimezone(SHANGHAI).date() if isinstance(value, datetime) else value
    if language() == "en":
        return f"{local.day} {local:%B}" + (f" {local.year}" if year else "")
    return (f"{local.year}年" if year else "") + f"{local.month}月{local.day}日"


def moment(value: datetime | None, *, year: bool = True) -> str:
    """Return a moment on the office's clock: `2026年4月14日 09:05`; nothing for nothing."""
    if value is None:
        return ""
    return f"{day(value, year=year)} {value.astimezone(SHANGHAI):%H:%M}"


def name_of(path: str, fields: Sequence[Mapping[str, Any]]) -> str:
    """Return how the field at *path* (`points.2.reason`) is called on its form: `论点 第3项 理由`; nothing if unknown.

    *fields* are those of `decision_engine.forms.describe`.
    """
    names: list[str] = []
    here: Sequence[Mapping[str, Any]] = fields
    for part in path.split("."):
        if part.isdecimal():
            order = int(part) + 1
            names.append(f"item {order}" if language() == "en" else f"第{order}项")
            continue
        found = next((one for one in here if one["name"] == part), None)
        if found is None:
            break
        names.append(said(found["label"]))
        here = found["fields"]
    return " ".join(names)
