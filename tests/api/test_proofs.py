"""Whoever acted holds evidence: a signed receipt, a proof that leads to a checkpoint; and what is erased says so."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DatabaseError

from decision_engine.audit import merkle, verifies
from decision_engine.audit.event import EVENT_PREFIX
from decision_engine.commands.sequencing import DECISIVE, sequence
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from decision_engine.demo.town import Town
from decision_engine.models import AccessEntry, Checkpoint, Event, EventPayload
from decision_engine.queries import trail
from decision_engine.queries.verification import whole_log
from decision_engine.work import House
from tests.api.conftest import Caller, SignIn
from tests.conftest import tampering


def raw(told: str | None) -> bytes:
    assert told is not None
    return base64.b64decode(told)


def opened(sign_in: SignIn, town: Town) -> dict[str, Any]:
    """Open a case and return its receipt."""
    answer = sign_in("secretary").post("/cases", {"organ_id": town.organ_id, "title": "养老服务中心布局方案"})
    assert answer.status_code == 201
    receipt: dict[str, Any] = answer.json["receipt"]
    return receipt


def proof(sign_in: SignIn, login: str, event: str, status: int = 200) -> dict[str, Any]:
    answer = sign_in(login).get("/audit/proofs", event=event)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json
    return found


# -- receipts and proofs -----------------------------------------------------------------------------------


def test_a_receipt_is_signed_by_a_key_everybody_may_fetch(sign_in: SignIn, town: Town) -> None:
    receipt = opened(sign_in, town)
    keys = {one["id"]: raw(one["public_key"]) for one in sign_in("officer").get("/audit/keys").json["items"]}
    assert verifies(keys[receipt["key"]], receipt["hash"], raw(receipt["signature"]))
    assert not verifies(keys[receipt["key"]], "0" * 64, raw(receipt["signature"]))


def test_who_acted_follows_the_proof_from_the_receipt_to_the_root(
    house: House, sign_in: SignIn, town: Town
) -> None:
    receipt = opened(sign_in, town)
    sequence(house)
    found = proof(sign_in, "secretary", receipt["event_id"])
    body = raw(found["body"])
    assert merkle.sha256(EVENT_PREFIX + body).hexdigest() == receipt["hash"] == found["hash"]
    path = [raw(one) for one in found["proof"]]
    root, leaf = raw(found["root"]), merkle.leaf_hash(body)
    assert merkle.verify_inclusion(leaf, found["leaf"], found["size"], path, root)
    assert not merkle.verify_inclusion(
        merkle.leaf_hash(body + b" "), found["leaf"], found["size"], path, root
    )
    assert (found["key"], found["signature"]) == (receipt["key"], receipt["signature"])


def test_an_event_that_waits_says_so(sign_in: SignIn, town: Town) -> None:
    found = proof(sign_in, "secretary", opened(sign_in, town)["event_id"])
    assert (found["leaf"], found["size"], found["root"], found["proof"]) == (None, None, None, [])


def test_a_proof_leads_to_the_newest_checkpoint_over_its_leaf(
    house: House, sign_in: SignIn, town: Town
) -> None:
    receipt = opened(sign_in, town)
    sequence(house)
    size = proof(sign_in, "secretary", receipt["event_id"])["size"]
    with house.writing() as session, session.begin():
        session.add(Checkpoint(size=size, note=f"decision-engine/local\n{size}\n", at=house.clock.now()))
    later = opened(sign_in, town)
    sequence(house)
    found = proof(sign_in, "secretary", receipt["event_id"])
    assert (found["size"], found["checkpoint"]) == (size, f"decision-engine/local\n{size}\n")
    uncovered = proof(sign_in, "secretary", later["event_id"])
    assert uncovered["size"] > size
    assert uncovered["checkpoint"] is None
    listed = sign_in("officer").get("/audit/checkpoints").json
    assert [one["size"] for one in listed["items"]] == [size]


@pytest.mark.parametrize(
    ("login", "status"),
    [("secretary", 200), ("auditor", 200), ("officer", 404), ("admin1", 404), ("district", 404)],
)
def test_a_proof_is_for_who_acted_and_who_may_read_the_log(
    sign_in: SignIn, town: Town, login: str, status: int
) -> None:
    proof(sign_in, login, opened(sign_in, town)["event_id"], status)


def test_nobody_learns_of_an_event_that_is_not(sign_in: SignIn) -> None:
    proof(sign_in, "auditor", "nobody", 404)
    assert sign_in("auditor").get("/audit/proofs").status_code == 422
    assert sign_in("auditor").get("/audit/proofs", event="' OR 1=1").status_code == 422


def test_a_damaged_tree_is_said_to_be_damaged(house: House, sign_in: SignIn, town: Town) -> None:
    receipt = opened(sign_in, town)
    sequence(house)
    with tampering(house) as connection:
        connection.execute(text("DELETE FROM tile"))
    assert "日志树" in proof(sign_in, "secretary", receipt["event_id"], 500)["detail"]


# -- decisive acts -----------------------------------------------------------------------------------------


def test_a_decisive_act_is_answered_with_its_place_and_no_other(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    places: dict[str, Any] = {}
    complete = stage.say

    def say(login: str | None, path: str, said: Any) -> Any:
        answer = complete(login, path, said)
        if path.endswith("/completion"):
            places[answer["task"]["step"]] = (answer["included"], answer["receipt"]["event_id"])
        return answer

    monkeypatch.setattr(stage, "say", say)
    S1.play(stage)
    assert {step for step, (place, _) in places.items() if place is not None} == DECISIVE & set(places)
    assert set(places) >= DECISIVE
    place, event = places["principal_decides"]
    found = stage.ask("auditor", "/audit/proofs", event=event)
    assert (place["leaf"], place["checkpoint"]) == (found["leaf"], None)


def test_the_same_answer_again_knows_the_checkpoint_there_is_by_then(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[Caller, str, Any, dict[str, str]]] = []
    post = Caller.post

    def kept(caller: Caller, path: str, body: Any = None, *, headers: dict[str, str]) -> Any:
        sent.append((caller, path, body, headers))
        return post(caller, path, body, headers=headers)

    S1.play(stage, until="assess_risk")
    with monkeypatch.context() as patched:
        patched.setattr(Caller, "post", kept)
        S1.play(stage, start="assess_risk", until="finalize_draft")
    again = [one for one in sent if one[1].endswith("/completion")]
    answers = [post(caller, path, body, headers=headers) for caller, path, body, headers in again]
    assert all(answer.headers["Idempotency-Replayed"] == "true" for answer in answers)
    answer = next(one.json for one in answers if one.json["task"]["step"] == "determine_risk")
    assert answer["included"]["checkpoint"] is None
    size = answer["included"]["leaf"] + 1
    with stage.house.writing() as session, session.begin():
        session.add(Checkpoint(size=size, note="note", at=stage.house.clock.now()))
    place = answers.index(next(one for one in answers if one.json["task"]["step"] == "determine_risk"))
    caller, path, body, headers = again[place]
    assert post(caller, path, body, headers=headers).json["included"] == {
        "leaf": size - 1,
        "checkpoint": size,
    }


# -- readings -----------------------------------------------------------------------------------------------


def test_what_was_read_is_in_the_log_and_in_the_register(house: House, sign_in: SignIn, case_id: str) -> None:
    reader = sign_in("auditor")
    assert reader.get(f"/cases/{case_id}/records").status_code == 200
    assert reader.get(f"/cases/{case_id}/events").status_code == 200
    with house.reading() as session:
        entries = list(session.scalars(select(AccessEntry).order_by(AccessEntry.what)))
        events = {one.id: one for one in session.scalars(select(Event).where(Event.kind == "material.read"))}
        chain = events[str(entries[0].event_id)].chain
    assert [one.what for one in entries] == ["events", "records"]
    assert {one.event_id for one in entries} == set(events)
    assert chain == f"reads:{entries[0].person_id}"
    assert trail.read(events[str(entries[1].event_id)].body)["read"] == [[case_id, "records"]]


@pytest.mark.parametrize(
    ("attack", "kind"),
    [
        ("DELETE FROM access_entry WHERE what = 'records'", "reading.gone"),
        ("UPDATE access_entry SET what = 'measures' WHERE what = 'records'", "reading.forged"),
    ],
)
def test_who_hides_a_reading_is_found(
    house: House, sign_in: SignIn, case_id: str, attack: str, kind: str
) -> None:
    assert sign_in("auditor").get(f"/cases/{case_id}/records").status_code == 200
    with house.reading() as session:
        assert whole_log(session).found == []
    with tampering(house) as connection:
        connection.execute(text(attack))
    with house.reading() as session:
        assert kind in {one.kind for one in whole_log(session).found}


def test_a_refused_reading_is_no_reading(house: House, sign_in: SignIn, case_id: str) -> None:
    assert sign_in("officer").get(f"/cases/{case_id}/events").status_code == 403
    with house.reading() as session:
        assert session.scalars(select(AccessEntry)).all() == []
        assert session.scalars(select(Event).where(Event.kind == "material.read")).all() == []


# -- erasure -----------------------------------------------------------------------------------------------


def proposed(sign_in: SignIn, event: str, login: str = "admin1", status: int = 201) -> Any:
    said = {"event": event, "authority": "个人信息保护法第四十七条", "reason": "本人申请删除。"}
    answer = sign_in(login).post("/audit/erasures", said)
    assert answer.status_code == status, answer.text
    return answer.json


def approved(sign_in: SignIn, proposal: str, login: str = "justice", status: int = 200) -> Any:
    answer = sign_in(login).post(f"/audit/erasures/{proposal}/approval")
    assert answer.status_code == status, answer.text
    return answer.json


def test_two_persons_erase_and_the_chain_still_holds(house: House, sign_in: SignIn, town: Town) -> None:
    receipt = opened(sign_in, town)
    proposal = proposed(sign_in, receipt["event_id"])["receipt"]["event_id"]
    done = approved(sign_in, proposal)["receipt"]
    case = receipt["chain"]
    page = sign_in("auditor").get(f"/cases/{case}/events").json
    assert page["chain"]["intact"]
    first, *_, last = page["items"]
    assert (first["erased"], first["actor"], first["said"]) == (True, None, None)
    assert (last["id"], last["kind"], last["body"]["erases"]) == (
        done["event_id"],
        "payload.erased",
        first["id"],
    )
    assert last["body"]["authority"] == "个人信息保护法第四十七条"
    assert "本人申请删除" not in str(page["items"][1]["body"])  # the reason lies beside, and stays
    assert page["items"][1]["said"] == {"reason": "本人申请删除。"}
    sequence(house)
    with house.reading() as session:
        report = whole_log(session)
    assert (report.found, report.erased) == ([], 1)


def test_nobody_erases_alone_or_without_the_right(sign_in: SignIn, town: Town) -> None:
    receipt = opened(sign_in, town)
    proposed(sign_in, receipt["event_id"], "secretary", 403)
    proposal = proposed(sign_in, receipt["event_id"])["receipt"]["event_id"]
    for login, status in (("admin1", 403), ("admin2", 403), ("auditor", 403), ("secretary", 403)):
        approved(sign_in, proposal, login, status)
    approved(sign_in, receipt["event_id"], status=404)  # no proposal
    approved(sign_in, proposal)
    approved(sign_in, proposal, status=409)
    proposed(sign_in, receipt["event_id"], status=409)
    proposed(sign_in, proposal, status=409)  # why something was erased stays


def test_the_database_deletes_no_payload_nobody_said_to_erase(
    house: House, sign_in: SignIn, town: Town
) -> None:
    receipt = opened(sign_in, town)

    def silently() -> None:
        with house.writing() as session, session.begin():
            session.execute(delete(EventPayload).where(EventPayload.event_id == receipt["event_id"]))

    with pytest.raises(DatabaseError, match="append-only"):
        silently()
