"""One well-formed request for every act of a meeting, its minutes and its body, for those who may do none of them."""

from __future__ import annotations

from typing import Any

from tests.api.meeting_hall import Assembly


def requests(meeting: Assembly) -> dict[tuple[str, str], dict[str, Any]]:
    """Return method and address of every writing route of the meeting rooms, each with a body it takes."""
    here, something = f"/meetings/{meeting.id}", "0" * 32
    item, body = f"{here}/items/{meeting.items[0]}", f"/bodies/{meeting.body_id}"
    who, words = {"person_id": meeting.stage.person("mayor")}, {"text": "x"}
    change = {"reason": "x", "approved_by": meeting.stage.person("mayor")}
    plan = {"title": "x", "category": "ORDINARY"}
    called = {
        "body_id": meeting.body_id, "title": "x", "planned_at": "2027-03-01T09:00:00+08:00", "place": "x",
        "chair_id": meeting.stage.person("mayor"), "recorder_id": meeting.stage.person("recorder"), "items": [plan],
    }  # fmt: skip
    said: dict[str, dict[str, Any]] = {
        "/meetings": called,
        f"{here}/items": plan | change,
        f"{item}/withdrawal": change,
        f"{item}/swap": change | {"other_id": something},
        f"{here}/cancellation": change,
        f"{here}/chair": {"chair_id": meeting.stage.person("deputy1"), "reason": "x"},
        f"{here}/recorder": {"recorder_id": meeting.stage.person("recorder"), "reason": "x"},
        f"{item}/deliveries": {"document_id": something},
        f"{here}/deliveries/{something}/opening": {},
        f"{here}/leave": {"reason": "x"},
        f"{item}/opinions": words,
        f"{here}/opinions/{something}/reading": {},
        f"{here}/opening": {},
        f"{here}/closing": {},
        f"{here}/arrivals": {},
        f"{here}/departures": {},
        f"{here}/guests": {"name": "x"},
        f"{here}/guests/{something}/departure": {},
        f"{item}/recusals": {"ground": "OTHER", "explanation": "x"},
        f"{item}/consents": {"consents": True},
        f"{item}/taking-up": {},
        f"{item}/breaking-off": change,
        f"{item}/report": words,
        f"{item}/statements": {"stance": "AGREE", "text": "x"},
        f"{item}/waivers": {},
        f"{item}/additions": words,
        f"{item}/questions": words,
        f"{item}/explanations": words,
        f"{here}/statements/{something}/confirmation": {},
        f"{item}/votes": {},
        f"{item}/votes/{something}/ballots": {"choice": "YES"},
        f"{item}/votes/{something}/secret-ballots": {"choice": "YES"},
        f"{item}/votes/closing": {},
        f"{item}/decision": {"outcome": "APPROVE", "decision": "x"},
        f"{item}/dissent/confirmation": {},
        f"{here}/minutes": {},
        f"{here}/minutes/signatures": {"sha256": "0" * 64},
        f"{here}/minutes/corrections": words,
        f"{here}/minutes/settlement": {},
        f"{here}/annotations": words,
        f"{body}/members": {"since": "2027-01-01", "joining_id": who["person_id"]},
        f"{body}/rules": {"name": "notice_min", "value": "3", "source": "x"},
    }
    return {("POST", address): {"json": one} for address, one in said.items()}
