"""What a rule may know: the case file on one day, as values that cannot change.

`Facts` is a frozen view: the records in the order in which they were made (the pending act last), the drafts,
the comments, the organ and its bodies, and the calendar. Nothing here knows a database, a clock or a person at
a screen; a rule that gets the same `Facts` gives the same answer, today or in twenty years.

Reading never raises. A field that is missing, or is not what its name promises, reads as nothing
(`None`, `""`, `()` or `False`), and a rule treats nothing as "not shown".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from decision_engine.calendar import SHANGHAI, local_day
from decision_engine.rules.parameter import Parameters, Value, shipped
from decision_engine.rules.procedure import stricter_of

if TYPE_CHECKING:
    from decision_engine.calendar import Period, WorkCalendar

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_YEARS = range(1949, 2200)
_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,15})?")


class Answers:
    """A JSON-like mapping read without surprises; dotted names reach into nested objects (`notice.deadline`)."""

    __slots__ = ()

    data: Mapping[str, Any]

    def get(self, name: str) -> Any:
        """Return the raw value at *name*, or None."""
        value: Any = self.data
        for part in name.split("."):
            if not isinstance(value, Mapping):
                return None
            value = value.get(part)
        return value

    def text(self, name: str) -> str:
        """Return the text at *name* without surrounding space; anything but text is empty."""
        value = self.get(name)
        return value.strip() if isinstance(value, str) else ""

    def flag(self, name: str) -> bool | None:
        """Return the yes or no at *name*; None if nobody answered."""
        value = self.get(name)
        return value if isinstance(value, bool) else None

    def number(self, name: str) -> int | None:
        """Return the whole number at *name*; a yes or no is not a number."""
        value = self.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def decimal(self, name: str) -> Fraction | None:
        """Return the exact number at *name*: forms keep decimals as text (`"0.35"`)."""
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        return _fraction(str(value))

    def day(self, name: str) -> date | None:
        """Return the local calendar day at *name*: an ISO date, or the Shanghai day of an ISO date-time.

        A day before 1949 or after 2199 is a slip of the keyboard and reads as nothing.
        """
        return _day(self.get(name))

    def moment(self, name: str) -> datetime | None:
        """Return the moment at *name* (aware); a bare date reads as 00:00 in Shanghai."""
        return _moment(self.get(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the non-empty texts listed at *name*."""
        return tuple(
            item.strip() for item in _items(self.get(name)) if isinstance(item, str) and item.strip()
        )

    def entries(self, name: str) -> tuple[Entry, ...]:
        """Return the objects listed at *name*."""
        return tuple(Entry(item) for item in _items(self.get(name)) if isinstance(item, Mapping))

    def entry(self, name: str) -> Entry | None:
        """Return the object at *name*."""
        value = self.get(name)
        return Entry(value) if isinstance(value, Mapping) else None

    def count(self, name: str) -> int:
        """Return how many things are listed at *name*."""
        return len(_items(self.get(name)))

    def has(self, name: str) -> bool:
        """Tell whether something was entered at *name*: text, a number, a yes or no, or a non-empty list."""
        value = self.get(name)
        if isinstance(value, str):
            return bool(value.strip())
        if isinstance(value, bool | int | float):
            return True
        return bool(value)


@dataclass(frozen=True, slots=True)
class Entry(Answers):
    """One object inside a record: a comment point, a ballot, a risk point."""

    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Departure:
    """An exception claimed with the act: from which rule, why, and which person approved it."""

    rule: str
    reason: str
    approver: str


@dataclass(frozen=True, slots=True)
class Record(Answers):
    """One act in the case file.

    *seq* orders the records of a case; *kind* is the step (or act) it answers; *data* holds what was answered,
    days as ISO text; *author* is a person's id, *post* the post held at that time; *draft* the hash of the draft
    version it was given on; *item* the value of a multi-instance task (a member, an expert); *departures* the
    exceptions that were used with it.
    """

    seq: int
    kind: str
    data: Mapping[str, Any]
    at: datetime
    author: str | None = None
    role: str | None = None
    post: str | None = None
    draft: str | None = None
    item: str | None = None
    on_behalf_of: str | None = None
    departures: tuple[Departure, ...] = ()

    @property
    def local_day(self) -> date:
        """Day of the act in Shanghai."""
        return local_day(self.at)

    @property
    def person(self) -> str | None:
        """Who is answerable: the one acted for, else the author."""
        return self.on_behalf_of or self.author


@dataclass(frozen=True, slots=True)
class Draft:
    """A version of the decision draft; *hash* is the content's, *author* a person's id."""

    no: int
    hash: str
    at: datetime
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """One submission by the public; *late* when it came after the period closed."""

    id: str
    at: datetime
    late: bool = False
    channel: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """As much of a person as a rule needs: id, name, unit and post today, roles."""

    id: str
    name: str = ""
    unit: str | None = None
    post: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """A deciding body of the organ: its kind (domain.md 3.3), its principal and its members (person ids).

    *members* includes the principal. How it counts (quorum, majority, who decides) comes from the dated
    parameters; *stricter* are values the body set itself (`rules.procedure`). `Facts.body_value(kind,
    "quorum_ordinary")` reads both.
    """

    kind: str
    principal: str | None = None
    members: tuple[str, ...] = ()
    stricter: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Organ:
    """The deciding organ: *kind* `town`, `county`, `district`, `city` ...; *overlays* from wide to narrow.

    Example: `Organ("qinghe", "town", ("national", "tianjin", "district:linhe", "town:qinghe"))`.
    """

    key: str = ""
    kind: str = "town"
    overlays: tuple[str, ...] = ("national",)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """The case file as one act finds it; *records* in order, the pending act last.

    *gate* is the step (or act) about to be done, *now* its moment (aware), *matter* the facts of the case
    itself (register data). Lookups are indexed once, on first use.
    """

    gate: str
    records: tuple[Record, ...]
    now: datetime
    calendar: WorkCalendar
    organ: Organ = field(default_factory=Organ)
    matter: Mapping[str, Any] = field(default_factory=dict)
    bodies: Mapping[str, Body] = field(default_factory=dict)
    drafts: tuple[Draft, ...] = ()
    comments: tuple[Comment, ...] = ()
    departures: tuple[Departure, ...] = ()
    persons: Mapping[str, Person] = field(default_factory=dict)
    parameters: Parameters = field(default_factory=shipped, repr=False)
    _index: dict[str, tuple[Record, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _seen: list[tuple[Record, ...]] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def today(self) -> date:
        """Day of the act in Shanghai."""
        return local_day(self.now)

    @property
    def act(self) -> Record:
        """The pending act; an act without answers when nothing is recorded yet."""
        return self.records[-1] if self.records else Record(0, self.gate, _NOTHING, self.now)

    @property
    def case(self) -> Entry:
        """The matter's own facts, readable like a record."""
        return Entry(self.matter)

    @property
    def draft(self) -> Draft | None:
        """The latest version of the draft."""
        return self.drafts[-1] if self.drafts else None

    def all(self, *kinds: str) -> tuple[Record, ...]:
        """Return the records of these steps, oldest first."""
        found = self._of(kinds[0]) if len(kinds) == 1 else self._merged(kinds)
        self._seen.append(found)
        return found

    def latest(self, *kinds: str) -> Record | None:
        """Return the newest record of these steps."""
        last = [records[-1] for kind in kinds if (records := self._of(kind))]
        found = max(last, key=lambda record: record.seq, default=None)
        if found is not None:
            self._seen.append((found,))
        return found

    def after(self, seq: int, *kinds: str) -> tuple[Record, ...]:
        """Return the records of these steps made after record *seq*."""
        found = tuple(record for record in self._merged(kinds) if record.seq > seq)
        self._seen.append(found)
        return found

    def since(self, mark: str, *kinds: str) -> tuple[Record, ...]:
        """Return the records of these steps made after the newest *mark*: `since("open_meeting", "member_speaks")`.

        Without any *mark* there is nothing to be since, and the answer is empty.
        """
        start = self.latest(mark)
        return self.after(start.seq, *kinds) if start is not None else ()

    def said(self, name: str, *kinds: str) -> Any:
        """Return the newest answer to *name*: in these steps newest first, else among the matter's facts."""
        for record in sorted(
            (r for kind in kinds for r in self._of(kind)[-1:]), key=lambda r: r.seq, reverse=True
        ):
            if record.get(name) is not None:
                self._seen.append((record,))
                return record.get(name)
        return self.case.get(name)

    def version(self, content_hash: str | None) -> Draft | None:
        """Return the draft version with this hash."""
        return next((draft for draft in reversed(self.drafts) if draft.hash == content_hash), None)

    def body(self, kind: str) -> Body:
        """Return the organ's body of this kind; an unknown one has neither principal nor members."""
        return self.bodies.get(kind) or Body(kind)

    def forget(self) -> None:
        """Start a new reading: what was looked up so far is no longer evidence."""
        self._seen.clear()

    def evidence(self, at_most: int = 20) -> tuple[int, ...]:
        """Return the numbers of the records looked up since `forget`; of each look-up the newest *at_most*."""
        return tuple(sorted({record.seq for found in self._seen for record in found[-at_most:]}))

    def value(self, name: str, on: date | None = None) -> Value:
        """Return the parameter in force for the organ on a day (today unless given)."""
        return self.parameters.value(name, on or self.today, self.organ.overlays)

    def period(self, name: str, on: date | None = None) -> Period:
        """Return the parameter in force for the organ as a length of legal time."""
        return self.parameters.period(name, on or self.today, self.organ.overlays)

    def body_value(self, body: str, name: str) -> Value:
        """Return a body's rule of procedure in force today (`quorum_ordinary`, `decision_rule` ...)."""
        shipped_value = self.value(f"{body}.{name}")
        own = self.body(body).stricter.get(name)
        return (
            shipped_value
            if own is None
            else stricter_of(self.parameters.by_name[f"{body}.{name}"], own, shipped_value)
        )

    def _of(self, kind: str) -> tuple[Record, ...]:
        if not self._index:
            by_kind: dict[str, list[Record]] = {}
            for record in self.records:
                by_kind.setdefault(record.kind, []).append(record)
            self._index.update({name: tuple(records) for name, records in by_kind.items()})
        return self._index.get(kind, ())

    def _merged(self, kinds: Iterable[str]) -> tuple[Record, ...]:
        found = [record for kind in dict.fromkeys(kinds) for record in self._of(kind)]
        return tuple(sorted(found, key=lambda record: record.seq))


def _fraction(text: str) -> Fraction | None:
    match = _DECIMAL.fullmatch(text.strip())
    return Fraction(match.group()) if match else None


def _items(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        parsed = value
    elif isinstance(value, date):
        parsed = datetime.combine(value, time(), SHANGHAI)
    elif isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    else:
        return None
    if parsed.year not in _YEARS:
        return None
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=SHANGHAI)


def _day(value: Any) -> date | None:
    moment = _moment(value)
    return local_day(moment) if moment is not None else None
