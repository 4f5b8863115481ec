"""What a step's answers and legal conditions are called on its pages: the same words on form, check and start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from decision_engine import rules
from decision_engine.commands.foresight import Foreseen, Foresight
from decision_engine.web.saying import cited, day, moment
from decision_engine.web.saying import said as told

ORDER = ("missing", "running", "ok", "exempt")
"""What stands in the way comes first."""


# -- answers ---------------------------------------------------------------------------------------------


def rows_of(fields: Any, typed: Any, names: dict[str, str], href: str, path: str = "") -> Any:
    """Yield (label, what was answered, address of the field) for everything that was answered."""
    for field in fields:
        value = typed.get(field["name"]) if isinstance(typed, dict) else None
        if value in (None, "", [], {}):
            continue
        label, here = told(field["label"]), f"{path}{field['name']}"
        link = f"{href}#f-{here}" if href else ""
        if field["type"] == "group":
            yield from rows_of(field["fields"], value, names, href, f"{here}.")
        elif field["type"] == "list" and field.get("of") == "group":
            for number, row in enumerate(value, start=1):
                inner = rows_of(field["fields"], row, names, "", f"{here}.{number - 1}.")
                colon = _("：")
                words = _("；").join(f"{one[0]}{colon}{one[1]}" for one in inner)
                yield f"{label} {number}", words, link
        else:
            several = value if isinstance(value, list) else [value]
            yield label, _("、").join(_shown(field, one, names) for one in several), link


def _shown(field: Any, value: Any, names: dict[str, str]) -> str:
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    for choice in field.get("choices") or ():
        if choice["value"] == value:
            return str(told(choice["label"]))
    return _dated(field, str(value)) or names.get(str(value), str(value))


def _dated(field: Any, typed: str) -> str:
    """Return a day or a moment as the reader says it; nothing for what is neither, or was mistyped."""
    read: Any = {"date": date.fromisoformat, "moment": datetime.fromisoformat}.get(field["type"])
    if read is None:
        return ""
    try:
        found = read(typed)
    except ValueError:
        return ""
    return moment(found) if isinstance(found, datetime) else day(found)


# -- conditions ------------------------------------------------------------------------------------------


def conditions(foreseen: Iterable[Foreseen], *, entered: bool = False) -> list[dict[str, Any]]:
    """Return the rules of a gate as a checklist: met, not met and from when on, or up to what is entered.

    *entered*: the answers are complete and count.
    """
    lines = [_line(one, entered=entered) for one in foreseen]
    return sorted(lines, key=lambda one: ORDER.index(one["state"]))


def _line(one: Foreseen, *, entered: bool) -> dict[str, Any]:
    state = _state(one, entered=entered)
    words = {"missing": _("未满足"), "running": _("依填写内容"), "ok": _("已满足"), "exempt": _("不适用")}
    text = told(one.finding.reason) if state == "missing" else ""
    if state == "missing" and one.opens_on is not None:
        opens = _("自 %(day)s 起可以办理。", day=day(one.opens_on))
        text = f"{text} {opens}"
    return {
        "state": state, "title": told(one.finding.title), "text": text, "word": words[state],
        "law": f"{cited(one.finding)} {one.finding.rule}",
    }  # fmt: skip


def _state(one: Foreseen, *, entered: bool) -> str:
    if not (one.settled or entered):
        return "running"
    if one.finding.outcome is rules.Outcome.NOT_APPLICABLE:
        return "exempt"
    return "missing" if one.finding.blocks else "ok"


def why_not(foreseen: Foresight, broken: Sequence[rules.Finding]) -> str:
    """Return why the step cannot be handed in, for the button that is shut; nothing if it can.

    *broken*: what is certain to be refused, but for what the law knows an exception from.
    """
    if foreseen.barred is not None:
        return told(foreseen.barred)
    certain = [one for one in broken if one.strength is not rules.Strength.EXCEPTION]
    if not certain:
        return ""
    opens = [
        one.opens_on for one in foreseen.conditions if one.finding in certain and one.opens_on is not None
    ]
    words = [_("尚未满足：%(names)s。", names="；".join(told(one.title) for one in certain))]
    if len(opens) == len(certain):
        words.append(_("自 %(day)s 起可以办理。", day=day(max(opens))))
    return " ".join(words)
