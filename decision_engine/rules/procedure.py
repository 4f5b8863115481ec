"""A body's own rules of procedure: stricter than the shipped ones, never laxer, the locked ones never touched.

What a body sets is kept as JSON, name -> `{"value", "since", "source"}`, shares as text (`"3/4"`). Values are read
against the shipped parameter each time (`stricter_of`), so that one which became laxer than a newer law counts for
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from decision_engine.language import Text
from decision_engine.rules.parameter import Parameter, UnknownParameter, Value, shipped

CHOICES: Mapping[str, tuple[str, ...]] = {
    "majority_base": ("DUE", "PRESENT", "MEMBERS_EXPRESSING"),
    "vote_method": ("NAMED_BALLOT", "SHOW_OF_HANDS", "ORAL", "RECORDED_POSITIONS"),
}
"""What a `free` choice may be."""

LARGEST = 1000


def names(kind: str) -> tuple[str, ...]:
    """Return the names of the rules of procedure of a kind of body."""
    return tuple(name.partition(".")[2] for name in shipped().by_name if name.startswith(f"{kind}."))


def objection(kind: str, name: str, given: object, on: date, overlays: tuple[str, ...]) -> Text | None:
    """Return why a body of *kind* may not set *name* to *given* (JSON), or None where it may."""
    parameter = shipped().by_name.get(f"{kind}.{name}")
    if parameter is None:
        return Text("没有这项议事规则参数。", "There is no such rule of procedure.")
    if parameter.stricter == "locked":
        return Text(
            f"“{parameter.title.zh}”由法定，不得另行规定。",
            f"“{parameter.title.en}” is fixed by law and not for the body to set.",
        )
    value = _read(parameter, name, given)
    if value is None:
        return Text("参数值无法识别。", "The value is not one this rule can have.")
    try:
        lawful = shipped().value(parameter.name, on, overlays)
    except UnknownParameter:
        return Text("该参数在当日没有生效的规定。", "No value of this rule is in force on that day.")
    if parameter.stricter == "free" or not _laxer(parameter, value, lawful):
        return None
    return Text(
        f"“{parameter.title.zh}”只能从严规定，现行要求为{lawful}。",
        f"“{parameter.title.en}” may only be made stricter; {lawful} is required.",
    )


def own(kind: str, kept: Mapping[str, Any]) -> dict[str, Value]:
    """Return the values a body set itself, as rules read them; what is locked or cannot be read is left out."""
    found: dict[str, Value] = {}
    for name, entry in kept.items():
        parameter = shipped().by_name.get(f"{kind}.{name}")
        given = entry.get("value") if isinstance(entry, Mapping) else entry
        value = _read(parameter, name, given) if parameter is not None else None
        if parameter is None or value is None or parameter.stricter == "locked":
            continue
        found[name] = value
    return found


def stricter_of(parameter: Parameter, own: Value, lawful: Value) -> Value:
    """Return what binds of a body's *own* value and the *lawful* one."""
    if parameter.stricter == "locked":
        return lawful
    return lawful if parameter.stricter != "free" and _laxer(parameter, own, lawful) else own


def in_force(
    kind: str, on: date, overlays: tuple[str, ...], kept: Mapping[str, Any]
) -> dict[str, str | int | bool]:
    """Return every rule of procedure of a body on a day as JSON: the shipped ones, the body's own over them."""
    values: dict[str, Value] = {}
    for name in names(kind):
        try:
            values[name] = shipped().value(f"{kind}.{name}", on, overlays)
        except UnknownParameter:
            continue
    for name, value in own(kind, kept).items():
        if name in values:
            values[name] = stricter_of(shipped().by_name[f"{kind}.{name}"], value, values[name])
    return {name: str(value) if isinstance(value, Fraction) else value for name, value in values.items()}


def _read(parameter: Parameter, name: str, given: object) -> Value | None:
    """Return *given* as a value of *parameter*, or None where it is none."""
    if parameter.unit == "choice":
        return given if isinstance(given, str) and given in CHOICES.get(name, ()) else None
    if parameter.unit == "yes_no":
        return given if isinstance(given, bool) else None
    if parameter.unit == "share":
        return _share(given)
    whole = isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= LARGEST
    return given if whole and isinstance(given, int) else None


def _share(given: object) -> Fraction | None:
    parts = given.split("/") if isinstance(given, str) else []
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):  # noqa: PLR2004
        return None
    over, under = int(parts[0]), int(parts[1])
    return Fraction(over, under) if 0 < over <= under else None


def _laxer(parameter: Parameter, value: Value, lawful: Value) -> bool:
    if isinstance(value, str) or isinstance(lawful, str):
        return value != lawful
    return value < lawful if parameter.stricter == "larger" else value > lawful
