"""Situations a jurist can read: `cases/*.toml` turned into facts.

A case names a rule, says in a sentence what the situation is, gives the pending act (`act`), what came before
(`before`), and what the rule must find. Keys of an act other than step, at, by, role, item, draft are its answers.
Dates without a time are 09:00 in Shanghai; records without a time come a minute after one another, before the act.
People are written by their names.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from decision_engine.calendar import SHANGHAI, WorkCalendar
from decision_engine.rules import Body, Comment, Departure, Draft, Facts, Organ, Person, Record

CASES = Path(__file__).parent / "cases"
META = {"step", "at", "by", "role", "item", "draft", "for", "post", "departures"}
CALENDAR = WorkCalendar.standard()
USUAL_TIME = datetime(2026, 3, 6, 10, tzinfo=SHANGHAI)
MAYORS = ("镇长", "副镇长甲", "副镇长乙", "副镇长丙", "副镇长丁", "副镇长戊", "副镇长己")
COMMITTEE = ("书记", "委员甲", "委员乙", "委员丙", "委员丁", "委员戊", "委员己", "委员庚", "委员辛")
BODIES = {
    "mayor_office_meeting": Body("mayor_office_meeting", "镇长", MAYORS),
    "party_committee": Body("party_committee", "书记", COMMITTEE),
}
KNOWN = {
    "rule", "situation", "given", "gate", "act", "before", "expect", "mentions", "matter", "drafts", "comments",
    "departures", "organ", "overlays",
}  # fmt: skip


@dataclass(frozen=True)
class Situation:
    """One case as written: rule, sentence, facts, and the outcome expected (with a word the reason mentions)."""

    file: str
    rule: str
    situation: str
    facts: Facts
    expect: str
    mentions: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.situation}"


def situations() -> list[Situation]:
    """Read every case of every file."""
    found = []
    for path in sorted(CASES.glob("*.toml")):
        document = tomllib.loads(path.read_text("utf-8"))
        found += [_situation(path.name, case, document.get("given", {})) for case in document["case"]]
    return found


def _situation(file: str, case: dict[str, Any], given: dict[str, dict[str, Any]]) -> Situation:
    unknown = case.keys() - KNOWN
    if unknown:
        raise ValueError(f"{file}: {case.get('situation')}: {unknown} is not part of a case")
    shared = [given[name] for name in case.get("given", [])]
    return Situation(
        file,
        case["rule"],
        case["situation"],
        facts_of(_merged(shared, case)),
        case["expect"],
        case.get("mentions", ""),
    )


def _merged(shared: list[dict[str, Any]], case: dict[str, Any]) -> dict[str, Any]:
    """Lay the case over the situations it is given: lists are added, the rest replaced."""
    whole: dict[str, Any] = {}
    for part in (*shared, case):
        for name, value in part.items():
            if isinstance(value, list) and name != "overlays":
                whole[name] = [*whole.get(name, []), *value]
            elif name == "matter":
                whole[name] = {**whole.get(name, {}), **value}
            else:
                whole[name] = value
    return whole


def facts_of(case: dict[str, Any]) -> Facts:
    """Build the facts of a case."""
    act = case["act"]
    now = _moment(act.get("at")) or USUAL_TIME
    before = case.get("before", [])
    records = [
        _record(no, one, _moment(one.get("at")) or now - timedelta(minutes=len(before) + 1 - no))
        for no, one in enumerate(before, 1)
    ]
    records.append(_record(len(records) + 1, act, now))
    people = {name: Person(name, name) for name in (*MAYORS, *COMMITTEE)}
    return Facts(
        gate=case.get("gate", act["step"]),
        records=tuple(records),
        now=now,
        calendar=CALENDAR,
        organ=Organ("qinghe", case.get("organ", "town"), tuple(case.get("overlays", ["national"]))),
        matter=_plain(case.get("matter", {})),
        bodies=BODIES,
        drafts=tuple(
            Draft(no, one["hash"], _moment(one.get("at")) or now - timedelta(days=1), one.get("by"))
            for no, one in enumerate(case.get("drafts", []), 1)
        ),
        comments=tuple(
            Comment(
                one["id"],
                _moment(one.get("at")) or now,
                one.get("late", False),
                one.get("channel", ""),
                one.get("text", ""),
            )
            for one in case.get("comments", [])
        ),
        departures=tuple(Departure(**one) for one in case.get("departures", [])),
        persons=people,
    )


def _record(no: int, act: dict[str, Any], at: datetime) -> Record:
    return Record(
        seq=no,
        kind=act["step"],
        data=_plain({name: value for name, value in act.items() if name not in META}),
        at=at,
        author=act.get("by"),
        role=act.get("role"),
        draft=act.get("draft"),
        item=act.get("item"),
        on_behalf_of=act.get("for"),
        post=act.get("post"),
        departures=tuple(Departure(**one) for one in act.get("departures", [])),
    )


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)
    if isinstance(value, date):
        return datetime.combine(value, time(9), SHANGHAI)
    return None


def _plain(value: Any) -> Any:
    """Return *value* as JSON carries it: days and moments as text."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=SHANGHAI)).isoformat()
    return value.isoformat() if isinstance(value, date) else value
