"""What settled minutes answer to the step `sign_minutes` of an item's case: the item's part alone, from its `Minutes`.

A case file is read by more people than a meeting's record (R-MTG-28), so it gets what the rules and an auditor ask of
this item (the order of speeches, dissents, who signed), and the record itself by its version and hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from decision_engine.calendar import SHANGHAI
from decision_engine.queries.minutes import ItemMinutes, Minutes, Signature, Statement

KINDS: Mapping[str, str] = {
    "OPINION": "OPINION",
    "WAIVER": "OPINION",
    "ADDITION": "ADDITION",
    "CLARIFICATION": "CLARIFICATION",
}
"""Kind of a statement in the room -> kind of a speech in the form; others are no member's speech."""

WAIVED = "无补充意见。"


def sign_minutes_answers(minutes: Minutes, number: int, version: int, sha256: str) -> dict[str, Any]:
    """Return the answers for item *number*, signed under *version* of the record with hash *sha256*."""
    item = next(one for one in minutes.items if one.number == number)
    signatures = [one for one in minutes.signatures if one.sha256 == sha256]
    said: dict[str, Any] = {
        "minutes": (
            f"见{minutes.organ}{minutes.body}{minutes.year}年第{minutes.session}次会议记录第{version}版，"
            f"议题{number}（SHA-256：{sha256}）。"
        ),
        "main_questions": _main_questions(item),
        "speeches": [_speech(one) for one in item.said(*KINDS)],
        "dissents": [
            {"member": one.member.id, "statement": one.words, "confirmed": one.confirmed_at is not None}
            for one in item.dissents
        ],
        "signatures": [_signature(one) for one in signatures],
        "corrections": [{"member": one.by.id, "correction": one.words} for one in minutes.corrections],
        "keeper": minutes.recorder.id,
    }
    return {name: value for name, value in said.items() if value != []}


def _main_questions(item: ItemMinutes) -> str:
    questions = [f"{one.speaker.name}询问：{one.words}" for one in item.said("CLARIFICATION")]
    differing = [f"{one.member.name}持不同意见" for one in item.dissents]
    told = "；".join((*questions, *differing)) or "无询问，无不同意见。"
    return told[:20_000]


def _speech(one: Statement) -> dict[str, Any]:
    return {
        "seq": one.seq,
        "speaker": one.speaker.id,
        "kind": KINDS[one.kind],
        "summary": one.words or WAIVED,
    }


def _signature(one: Signature) -> dict[str, Any]:
    if one.refusal is not None:
        return {"member": one.member.id, "signed": False, "refusal_reason": one.refusal}
    return {"member": one.member.id, "signed": True, "signed_at": _stamp(one.at)}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds")
