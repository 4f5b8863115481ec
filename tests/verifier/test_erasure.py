"""A lawful erasure is no finding of any of the three: the house itself, `verify.py`, `verify.html`; a silent one is."""

from __future__ import annotations

import json
from typing import Any

from decision_engine.access import CLOCK
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import open_stage
from decision_engine.models import Case
from decision_engine.queries import bundle, standing, verification
from decision_engine.verifier import verify
from decision_engine.work import House, reading
from tests.verifier.tampering import KEYS, closing_db, opened, sign_off


def test_a_lawful_erasure_is_no_finding_of_the_three_and_a_silent_one_is(tmp_path, page):
    with open_stage(tmp_path, S1.scenes[0].at) as stage:
        S1.play(stage, until="draft_decision")
        case = stage.case_id
        events = stage.ask("auditor", f"/cases/{case}/events")["items"]
        lawful = [events[0], next(one for one in events if one["kind"] == "task.completed")]
        for one in lawful:
            said = {"event": one["id"], "authority": "个人信息保护法第四十七条", "reason": "本人申请。"}
            proposal = stage.say("admin1", "/audit/erasures", said)["receipt"]["event_id"]
            stage.say("justice", f"/audit/erasures/{proposal}/approval", {})
        sign_off(stage.house)
        content, report = looked_at(stage.house, case)
        assert (report.found, report.observed, report.erased) == ([], [], 2)
    found = verify.verify(content, policy=KEYS.policy).verdict()
    assert (found["verdict"], found["findings"], found["remarks"]) == ("ok", [], [])
    assert sum("was erased on record" in one["en"] for one in found["unchecked"]) == 2
    assert page.verify(content, policy=KEYS.policy) == found

    silent = next(one for one in events if one["kind"] == "task.completed" and one not in lawful)
    with closing_db(tmp_path) as db:
        db.execute("DELETE FROM event_payload WHERE event_id = ?", (silent["id"],))
    with opened(tmp_path) as house:
        content, report = looked_at(house, case)
    assert [(one.kind, one.seq) for one in report.found] == [("payload.gone", silent["seq"])]
    found = verify.verify(content, policy=KEYS.policy).verdict()
    assert [(one["class"], one["seq"]) for one in found["findings"]] == [("erased", silent["seq"])]
    assert page.verify(content, policy=KEYS.policy) == found


def looked_at(house: House, case: str) -> tuple[bytes, Any]:
    """Return the bundle of *case*, and what the house finds in its own log."""
    with reading(house, as_actor=CLOCK) as work:
        content = bundle.of_case(work, work.session.get_one(Case, case)).content
        assert json.loads(verify.read_zip(content)["bundle.json"])["case"] == case
        assert [*standing.elsewhere(work.session)] == [*standing.renamed(work.session)] == []
        return content, verification.whole_log(work.session)
