"""The evidence bundle over the interface and the command line: who may take it, what is in it, that it verifies."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from decision_engine import notary
from decision_engine.__main__ import main
from decision_engine.commands.checkpoints import HouseLog
from decision_engine.commands.sequencing import sequence
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from decision_engine.demo.town import Town
from decision_engine.models import AccessEntry
from decision_engine.queries import standing
from decision_engine.verifier import verify
from decision_engine.work import House
from tests.api.conftest import Caller, SignIn
from tests.api.meeting_hall import Assembly, meeting_in_force
from tests.api.test_proofs import approved, opened, proposed


def signed(house: House) -> bytes:
    """Sequence what waits and have the real notary sign; return the policy it gives away."""
    sequence(house)
    with notary.opened(
        house.settings.notary_path, house.settings.log_origin, HouseLog(house), house.clock, make=True
    ) as signer:
        assert isinstance(signer.round(), notary.Signed)
    return (house.settings.notary_path / "policy.txt").read_bytes()


def asked(app: Flask, stage: Stage, login: str, case_id: str = "", **query: Any) -> TestResponse:
    """Ask for a bundle as somebody who signed in today."""
    path = f"/cases/{case_id or stage.case_id}/bundle"
    return Caller(app.test_client(), stage.token(login)).get(path, **query)


def taken(app: Flask, stage: Stage, login: str, case_id: str = "") -> bytes:
    answer = asked(app, stage, login, case_id)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/zip"
    assert "attachment" in answer.headers["Content-Disposition"]
    return answer.data


def told(bundle: bytes) -> dict[str, list[str]]:
    """Return what the events of each chain commit to, as text; empty where it is not enclosed."""
    found: dict[str, list[str]] = {}
    for row in json.loads(verify.read_zip(bundle)["events.json"]):
        payload = base64.b64decode(row["payload"]).decode() if row["payload"] else ""
        found.setdefault(row["chain"], []).append(payload)
    return found


def test_a_whole_decision_leaves_as_a_bundle_that_holds(stage: Stage, app: Flask) -> None:
    """Scenario S1 from beginning to end: nothing to find, the procedure played again, the export noted."""
    S1.play(stage)
    policy = signed(stage.house)
    bundle = taken(app, stage, "auditor")
    report = verify.verify(bundle, policy=policy)
    assert report.findings == []
    assert (report.about["steps"], report.about["ended"]) == (59, True)
    assert any("No witness" in one["en"] for one in report.unchecked)
    assert taken(app, stage, "archivist") == bundle, "one case under one checkpoint is one file"
    with stage.house.reading() as session:
        read = session.scalars(select(AccessEntry.what).where(AccessEntry.case_id == stage.case_id)).all()
        assert read.count("bundle") == 2
        assert [*standing.elsewhere(session)] == []
    assert asked(app, stage, "officer").status_code == 403
    assert asked(app, stage, "auditor", "nothing").status_code == 404
    assert asked(app, stage, "auditor", since="x").status_code == 422
    names = verify.read_zip(bundle)
    assert b"verify(" in names["verify.py"]
    assert "审计人员说明" in names["README.zh.txt"].decode()


def test_who_commented_is_in_no_bundle(stage: Stage, app: Flask) -> None:
    S1.play(stage, until="comments_on_paper")
    who = {"name": "欧阳无痕", "contact": "13900001111"}
    stage.say(None, f"/consultations/{stage.case_id}/comments", {"text": "请保留村名。", **who})
    signed(stage.house)
    words = "".join(told(taken(app, stage, "auditor"))[stage.case_id])
    assert "请保留村名" in words
    assert not any(one in words for one in who.values())


def test_growth_since_a_checkpoint_held_elsewhere_is_proved(stage: Stage, app: Flask) -> None:
    S1.play(stage, until="study_proposal")
    signed(stage.house)
    held = stage.ask("auditor", "/audit/checkpoints")["items"][0]
    S1.play(stage, start="study_proposal", until="draft_decision")
    policy = signed(stage.house)
    answer = asked(app, stage, "auditor", since=held["size"])
    assert answer.status_code == 200, answer.text
    report = verify.verify(answer.data, policy=policy, checkpoint=held["note"].encode())
    assert report.findings == []
    assert not any("--since" in one["en"] for one in report.unchecked)


def test_a_lawful_erasure_is_told_and_is_no_finding(
    house: House, stage: Stage, town: Town, sign_in: SignIn, app: Flask
) -> None:
    receipt = opened(sign_in, town)
    approved(sign_in, proposed(sign_in, receipt["event_id"])["receipt"]["event_id"])
    policy = signed(house)
    bundle = taken(app, stage, "auditor", receipt["chain"])
    report = verify.verify(bundle, policy=policy, receipts=[receipt])
    assert report.findings == []
    assert any("was erased on record" in one["en"] for one in report.unchecked)


def test_before_the_first_checkpoint_there_is_no_bundle(case_id: str, sign_in: SignIn) -> None:
    answer = sign_in("auditor").get(f"/cases/{case_id}/bundle")
    assert (answer.status_code, "检查点" in answer.json["detail"]) == (409, True)


def test_a_meeting_is_in_the_bundle_once_it_is_over_and_other_matters_are_not(
    stage: Stage, app: Flask
) -> None:
    meeting_in_force(stage)
    meeting = Assembly(stage)
    meeting.call(
        "2026-02-27 09:00",
        {"title": "道路维修经费", "category": "LARGE_FUNDS"},
        {"title": "桥梁加固经费", "category": "LARGE_FUNDS"},
    )
    stage.move_to("2026-02-27 09:00")
    here = ("mayor", "deputy1", "deputy2", "deputy3", "deputy4", "deputy5")
    meeting.opens(*here, absent={"deputy6": "病假"})
    case = meeting.item(0)["item"]["case_id"]
    signed(stage.house)
    meeting.report()
    during = asked(app, stage, "auditor", case)
    assert (during.status_code, "R-MTG-28" in during.text) == (403, True)
    for number in (0, 1):
        if number:
            meeting.report(number)
        members = ("deputy1", "deputy2", "deputy3", "deputy4", "deputy5", "mayor")
        meeting.discuss(*members, number=number)
        meeting.votes(*members, number=number)
        meeting.decides(number=number)
    meeting.do("recorder", "close_meeting")
    policy = signed(stage.house)
    bundle = taken(app, stage, "auditor", case)
    report = verify.verify(bundle, policy=policy)
    assert report.findings == []
    chain = f"meeting:{meeting.id}"
    assert chain in report.about["chains"]
    words = told(bundle)
    assert any("道路维修经费" in one for one in words[case])
    assert [one for chain in words for one in words[chain] if "桥梁加固经费" in one] == []


def test_the_command_line_exports_and_verifies(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    S1.play(stage, until="study_proposal")
    signed(stage.house)
    monkeypatch.setenv("DECISION_ENGINE_DATABASE_URL", stage.house.settings.database_url)
    monkeypatch.setenv("DECISION_ENGINE_DATA_DIR", str(stage.house.settings.data_dir))
    file = tmp_path / "case.zip"

    def run(*arguments: Any) -> tuple[int, str]:
        done = CliRunner().invoke(main, [str(one) for one in arguments])
        return done.exit_code, done.output

    assert run("audit", "bundle", stage.case_id, "-o", file)[0] == 0
    code, said = run("bundle", "verify", file, "--policy", stage.house.settings.notary_path / "policy.txt")
    assert (code, "未发现问题" in said) == (0, True), said
    assert run("audit", "bundle", "决〔2026〕1号", "-o", tmp_path / "again.zip")[0] == 0
    assert run("audit", "bundle", "no such case", "-o", tmp_path / "none.zip")[0] == 1
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert run("bundle", "verify", file)[0] in {1, 2}
