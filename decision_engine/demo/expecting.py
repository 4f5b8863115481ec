"""What stories have in common when they check their promises: the case as the auditor reads it over HTTP.

Legal days are counted here from the recorded acts by the calendar and the parameters in force for the organ; the
hashes of the trail are computed again from the events as they were read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

from decision_engine import audit, rules
from decision_engine.calendar import SHANGHAI, WorkCalendar
from decision_engine.demo.stage import Stage
from decision_engine.demo.story import Check

Json = dict[str, Any]


@dataclass(frozen=True)
class CaseSeen:
    """The case of *stage*, read once."""

    stage: Stage
    organ: rules.Organ

    @cached_property
    def records(self) -> list[Json]:
        """Return every entry of the case file."""
        return self.stage.pages("auditor", f"/cases/{self.stage.case_id}/records")

    @cached_property
    def events(self) -> list[Json]:
        """Return every entry of the log."""
        return self.stage.pages("auditor", f"/cases/{self.stage.case_id}/events")

    def every(self, kind: str) -> list[Json]:
        """Return the entries of a step, oldest first."""
        return [one for one in self.records if one["kind"] == kind]

    def said(self, kind: str) -> list[Json]:
        """Return what was answered at a step, each time it was done."""
        return [one["data"] for one in self.every(kind)]

    def last(self, kind: str) -> Json:
        """Return what was answered at a step the last time."""
        return self.said(kind)[-1]

    def counted(self, start: str, period: str) -> str:
        """Return the last day of a legal period that begins with the day *start*."""
        begin = date.fromisoformat(start[:10])
        return WorkCalendar.standard().add(begin, rules.period(period, self.organ, begin)).day.isoformat()

    def fired(self, step: str) -> list[str]:
        """Return the Shanghai times at which the timers of *step* fell due."""
        return [
            local(one["body"]["due"])
            for one in self.events
            if one["kind"] == "timer.fired" and one["body"]["timer"]["step"] == step
        ]

    def trail(self, *, refused: Sequence[str] = ()) -> list[Check]:
        """Return what must hold of every log: whole, no exception used, only *refused* rules ever cited."""
        chain = self.stage.ask("auditor", f"/cases/{self.stage.case_id}/events", page_size=1)["chain"]
        findings = self.stage.ask("auditor", f"/cases/{self.stage.case_id}/findings")["items"]
        cited = [
            rule
            for one in self.events
            if one["kind"] == "act.refused"
            for rule in one["body"].get("rules", ())
        ]
        return [
            Check(
                "例外情形登记",
                [],
                [name for one in self.events for name in one["body"].get("exceptions", [])],
            ),
            Check("被拒绝的操作所依据的规则", list(refused), cited),
            Check(
                "审计认定被违反的规则", [], [one["rule"] for one in findings if one["outcome"] == "BROKEN"]
            ),
            Check("日志链完整（系统核验）", True, chain["intact"]),
            Check("日志链完整（逐条重新计算）", True, hangs_together(self.events)),
            Check("日志条数", chain["length"], len(self.events)),
        ]

    def dossier(self, without: Sequence[str]) -> list[Check]:
        """Return what must hold of the dossier: every code there, filed but those in *without*."""
        items = self.last("archive_dossier")["dossier"]
        return [
            Check("卷宗目录完整", [f"D{number:02}" for number in range(35)], [one["code"] for one in items]),
            Check(
                "不适用的卷宗材料", list(without), [one["code"] for one in items if one["status"] != "FILED"]
            ),
        ]


def risk_index(report: Json, prefix: str = "") -> str:
    """Return the sum of weight x probability x impact over the points of a risk report, as written."""
    total = sum(
        (
            Decimal(one["weight"]) * Decimal(one[f"{prefix}probability"]) * Decimal(one[f"{prefix}impact"])
            for one in report["risk_points"]
        ),
        Decimal(0),
    )
    return f"{total.normalize():f}"


def sitting(opening: Json, vote: Json) -> tuple[int, int, int, int]:
    """Return how many were due and present, and how many voted yes and no."""
    votes = [one["vote"] for one in vote["ballots"]]
    return len(opening["due"]), len(opening["present"]), votes.count("YES"), votes.count("NO")


def hangs_together(events: Sequence[Json]) -> bool:
    """Tell whether every event has the hash of its own content and names the hash of the one before."""
    hashes = all(audit.seal(one["body"]).hash == one["hash"] for one in events)
    links = all(later["body"]["prev"] == earlier["hash"] for earlier, later in pairwise(events))
    return hashes and links


def local(text: str) -> str:
    """Return a moment as Shanghai time, `2026-04-18 00:00`."""
    return datetime.fromisoformat(text).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
