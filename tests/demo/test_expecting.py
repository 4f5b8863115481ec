"""What the stories check at their end can fail: an index, a count, a paper, a breach that is there."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from decision_engine import rules
from decision_engine.demo.expecting import CaseSeen, risk_index, sitting
from decision_engine.demo.s3 import risk


def seen(*records: tuple[str, dict], events: list[dict] = (), broken: list[str] = ()) -> CaseSeen:
    answers = {
        "records": [{"kind": kind, "data": data} for kind, data in records],
        "events": list(events),
        "findings": [{"rule": rule, "outcome": "BROKEN"} for rule in broken],
    }

    def ask(_login, path, **_query):
        name = path.rpartition("/")[2]
        if name == "events":
            return {"chain": {"intact": True, "length": len(events)}}
        return {"items": answers[name]}

    stage = SimpleNamespace(case_id="1", ask=ask, pages=lambda _login, path: answers[path.rpartition("/")[2]])
    return CaseSeen(stage, rules.Organ())


def failing(checks) -> list[str]:
    return [check.what for check in checks if not check.holds]


def test_the_index_is_computed_from_the_points_not_read_from_the_report():
    report = risk.assessment_2("r")
    assert risk_index(report) == report["initial_index"] == "0.305"
    report["risk_points"][0]["impact"] = "0.9"
    assert risk_index(report) == "0.335"


def test_votes_are_counted_by_what_was_cast():
    votes = {"ballots": [{"vote": "YES"}, {"vote": "NO"}, {"vote": "ABSTAIN"}]}
    assert sitting({"due": ["a", "b", "c", "d"], "present": ["a", "b", "c"]}, votes) == (4, 3, 1, 1)


@pytest.mark.parametrize("gone", ["D06", "D34"])
def test_a_paper_that_is_missing_is_noticed(gone):
    items = [{"code": f"D{number:02}", "status": "FILED"} for number in range(35)]
    assert failing(seen(("archive_dossier", {"dossier": items})).dossier([])) == []
    left = [one for one in items if one["code"] != gone]
    assert failing(seen(("archive_dossier", {"dossier": left})).dossier([])) == ["卷宗目录完整"]


def test_a_breach_an_exception_and_a_refusal_are_noticed():
    assert failing(seen().trail()) == []
    assert failing(seen(broken=["R-CMT-05"]).trail()) == ["审计认定被违反的规则"]
    refused = {
        "seq": 1,
        "kind": "act.refused",
        "body": {"rules": ["R-LEG-10"], "exceptions": ["R-713-15-2"]},
        "hash": "",
    }
    assert failing(seen(events=[refused]).trail()) == [
        "例外情形登记",
        "被拒绝的操作所依据的规则",
        "日志链完整（逐条重新计算）",
    ]
    assert "被拒绝的操作所依据的规则" not in failing(seen(events=[refused]).trail(refused=["R-LEG-10"]))
