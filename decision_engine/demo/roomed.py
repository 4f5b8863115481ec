"""What was promised of meetings held in their rooms, as an auditor finds it over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from decision_engine.demo.sitting import Sitting
from decision_engine.demo.stage import Stage
from decision_engine.demo.story import Check

Json = dict[str, Any]


def rooms(stage: Stage, sittings: Sequence[Sitting]) -> list[Check]:
    """Return what must hold of every one of *sittings*, each held in its room; nothing on a stage without rooms."""
    if not stage.room:
        return []
    found = stage.pages("auditor", "/meetings")
    return [check for sitting in sittings for check in _room(stage, sitting, found)]


def _room(stage: Stage, sitting: Sitting, found: Sequence[Json]) -> list[Check]:
    who = {stage.person(login): login for login in sitting.members}
    meeting = next(
        one["id"] for one in found if one["body_kind"] == sitting.body and one["title"] == sitting.name
    )
    seen = stage.ask("auditor", f"/meetings/{meeting}")
    item = next(one for one in seen["items"] if one["item"]["case_id"] == stage.case_id)
    positions = [one for one in item["statements"] if one["kind"] in {"OPINION", "WAIVER"}]
    signatures = stage.ask("auditor", f"/meetings/{meeting}/minutes")["signatures"]
    deliveries, name, present = item["deliveries"], sitting.name, sitting.present
    return [
        Check(f"{name}会场状态", ("CLOSED", "SIGNED"), (seen["meeting"]["status"], item["item"]["state"])),
        Check(
            f"{name}会场应到、实到、请假",
            (len(sitting.members), len(present), len(sitting.absent)),
            (seen["due"], len(_came(seen)), sum(one["state"] == "ON_LEAVE" for one in seen["members"])),
        ),
        Check(
            f"{name}材料送达份数、会前打开份数",
            (len(sitting.papers) * len(sitting.members), len(sitting.papers) * len(present)),
            (len(deliveries), sum(one["opened_at"] is not None for one in deliveries)),
        ),
        Check(
            f"{name}发言顺序，主要负责人末位",
            [*reversed(present[1:]), present[0]],
            [who[one["person_id"]] for one in positions],
        ),
        Check(
            f"{name}由本人提交的发言",
            len(present),
            sum(one["entered_by"] is None for one in positions),
        ),
        Check(
            f"{name}无补充意见的人员",
            sorted(sitting.waives),
            sorted(who[one["person_id"]] for one in positions if one["kind"] == "WAIVER"),
        ),
        Check(
            f"{name}每人一票",
            [sorted(present)],
            [sorted(who[voter] for voter in vote["voted"]) for vote in item["votes"]],
        ),
        Check(
            f"{name}会议记录由到会人员本人签署",
            sorted(present),
            sorted(who[one["person_id"]] for one in signatures if one["signed_at"] and not one["entered_by"]),
        ),
        Check(
            f"{name}临时紧急议题的理由、同意人数",
            (sitting.urgent, len(present) if sitting.urgent else 0),
            (item["item"]["emergency_reason"] or "", sum(item["consents"].values())),
        ),
    ]


def _came(seen: Json) -> list[Json]:
    """Return the members who came, of a meeting that may be over."""
    return [one for one in seen["members"] if one["arrived_at"] is not None]
