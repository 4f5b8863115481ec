"""The numbers of the law: dated values, each with its source, in overlays from nation to town.

A parameter is a table in `parameters/*.toml`; `bodies.toml` gives the same parameter to several deciding bodies
(`party_committee.quorum_ordinary`). A value has an overlay, a first day, and a source. A new value is added
under the old one; the old one is never edited, so a step can be judged by the values of its day.

Guarantees: among the overlays of an organ the strictest value in force wins; a value laxer than one of a wider
overlay in force on the same day is refused when the data is loaded (`LaxerValue`); shares are exact fractions.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from decision_engine.calendar import Period, Unit
from decision_engine.language import Text

Value = int | bool | str | Fraction
DATA = Path(__file__).parent / "parameters"

_STRICTER = {"larger", "smaller", "locked", "free"}
_PERIODS = {unit.value for unit in Unit}


class FaultyParameters(ValueError):
    """The parameter data contradicts itself; the message names file, parameter and overlay."""


class LaxerValue(FaultyParameters):
    """A narrower overlay would be laxer than a wider one."""


class UnknownParameter(LookupError):
    """There is no such parameter, or it had no value on that day."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A value of one overlay from *since* until *until* (exclusive), with the document it comes from."""

    overlay: str
    since: date
    value: Value
    source: str
    mark: str
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Tell whether the value is in force on *day*."""
        return self.since <= day and (self.until is None or day < self.until)

    def meets(self, other: Dated) -> bool:
        """Tell whether both are in force on some day."""
        return (self.until is None or other.since < self.until) and (
            other.until is None or self.since < other.until
        )


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number the law or a rule of the organ fixes.

    *stricter* says which way is stricter: `larger`, `smaller`, `locked` (no overlay may change it) or `free`
    (the narrowest overlay chooses). *unit* is a unit of time, or `share`, `count`, `yuan`, `yes_no`, `choice`.
    """

    name: str
    title: Text
    unit: str
    stricter: str
    values: tuple[Dated, ...]


@dataclass(frozen=True, slots=True)
class Parameters:
    """All parameters of one rule set.

    *parents* maps each overlay to the next wider one (`""` at the top), *sources* a source to its English.
    """

    by_name: Mapping[str, Parameter]
    parents: Mapping[str, str]
    sources: Mapping[str, str] = field(default_factory=dict)

    def cited(self, source: str) -> Text:
        """Return a source in both languages; one that is not of the shipped data stays as it was typed."""
        return Text(source, self.sources.get(source, source))

    def value(self, name: str, on: date, overlays: Iterable[str] = ("national",)) -> Value:
        """Return the strictest value in force on a day for an organ with these overlays.

        Raises `UnknownParameter` when there is none: an absent number is never a lax one.
        """
        return self.dated(name, on, overlays).value

    def dated(self, name: str, on: date, overlays: Iterable[str] = ("national",)) -> Dated:
        """Return the value in force with its source."""
        parameter = self.by_name.get(name)
        held = set(overlays) | {"national"}
        found = [v for v in parameter.values if v.overlay in held and v.holds_on(on)] if parameter else []
        if parameter is None or not found:
            raise UnknownParameter(f"no value of {name!r} is in force on {on}")
        narrowest_first = sorted(found, key=lambda v: (-self._depth(v.overlay), -v.since.toordinal()))
        if parameter.stricter in {"locked", "free"}:
            return narrowest_first[0]
        sign = 1 if parameter.stricter == "larger" else -1
        return max(narrowest_first, key=lambda v: sign * _ordered(v.value))

    def period(self, name: str, on: date, overlays: Iterable[str] = ("national",)) -> Period:
        """Return the value in force as a length of legal time."""
        amount = self.value(name, on, overlays)
        unit = self.by_name[name].unit
        if unit not in _PERIODS or not isinstance(amount, int):
            raise UnknownParameter(f"{name!r} is not a period")
        return Period(amount, Unit(unit))

    def periods(self) -> Iterator[str]:
        """Yield the names of the parameters that are lengths of time and have a national value."""
        for name, one in self.by_name.items():
            if one.unit in _PERIODS and any(value.overlay == "national" for value in one.values):
                yield name

    def _depth(self, overlay: str) -> int:
        depth = 0
        while overlay:
            overlay = self.parents.get(overlay, "")
            depth += 1
        return depth

    def ancestors(self, overlay: str) -> tuple[str, ...]:
        """Return the overlays wider than this one, nearest first."""
        found = []
        while overlay := self.parents.get(overlay, ""):
            found.append(overlay)
        return tuple(found)


def read(documents: Mapping[str, str]) -> Parameters:
    """Read parameter files (*name* -> TOML text) into one checked set; raise `FaultyParameters`."""
    parents: dict[str, str] = {}
    by_name: dict[str, Parameter] = {}
    sources: dict[str, str] = {}
    for file, text in sorted(documents.items()):
        table = tomllib.loads(text)
        parents.update(table.pop("overlays", {}))
        sources.update(table.pop("sources", {}))
        bodies = table.pop("bodies", [])
        for name, entry in table.items():
            for parameter in _parameters(file, name, entry, bodies):
                if parameter.name in by_name:
                    raise FaultyParameters(f"{file}: {parameter.name} is declared twice")
                by_name[parameter.name] = parameter
    parameters = Parameters(by_name, parents, sources)
    for parameter in by_name.values():
        _check(parameter, parameters)
    return parameters


@cache
def shipped() -> Parameters:
    """Return the parameters that come with the engine."""
    return read({path.name: path.read_text("utf-8") for path in DATA.glob("*.toml")})


# -- reading ---------------------------------------------------------------------------------------------


def _parameters(file: str, name: str, entry: Mapping[str, Any], bodies: list[str]) -> Iterable[Parameter]:
    try:
        title, unit, stricter = Text(entry["zh"], entry["en"]), entry["unit"], entry["stricter"]
        rows: list[Mapping[str, Any]] = entry["values"]
        if stricter not in _STRICTER:
            raise FaultyParameters(f"{file}: {name}: {stricter!r} is not a direction of strictness")
        if not bodies:
            yield Parameter(name, title, unit, stricter, tuple(_dated(row, unit) for row in rows))
        for body in bodies:
            own = [row for row in rows if body in row.get("bodies", bodies)]
            yield Parameter(f"{body}.{name}", title, unit, stricter, tuple(_dated(row, unit) for row in own))
    except KeyError as missing:
        raise FaultyParameters(f"{file}: {name}: {missing} is missing") from None


def _dated(row: Mapping[str, Any], unit: str) -> Dated:
    value = Fraction(row["value"]) if unit == "share" else row["value"]
    if not row["source"].strip():
        raise FaultyParameters("a value needs a source")
    return Dated(
        row.get("overlay", "national"), row["since"], value, row["source"], row["mark"], row.get("until")
    )


def _check(parameter: Parameter, parameters: Parameters) -> None:
    for narrow in parameter.values:
        if narrow.overlay not in parameters.parents:
            raise FaultyParameters(f"{parameter.name}: overlay {narrow.overlay!r} is not declared")
        wider = parameters.ancestors(narrow.overlay)
        for wide in parameter.values:
            if wide.overlay in wider and narrow.meets(wide):
                _refuse_laxer(parameter, narrow, wide)


def _refuse_laxer(parameter: Parameter, narrow: Dated, wide: Dated) -> None:
    if parameter.stricter == "free":
        return
    if parameter.stricter == "locked":
        laxer = narrow.value != wide.value
    elif parameter.stricter == "larger":
        laxer = _ordered(narrow.value) < _ordered(wide.value)
    else:
        laxer = _ordered(narrow.value) > _ordered(wide.value)
    if laxer:
        raise LaxerValue(
            f"{parameter.name}: {narrow.overlay} sets {narrow.value} where {wide.overlay} demands {wide.value}"
        )


def _ordered(value: Value) -> Fraction:
    if isinstance(value, str):
        raise FaultyParameters(f"{value!r} has no order: a choice is `locked` or `free`")
    return Fraction(value)
