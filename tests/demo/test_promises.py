"""The checks at the end of S1 can fail: a log that was touched, an index that is wrong, a vote that is missing."""

from __future__ import annotations

import pytest

from decision_engine import audit
from decision_engine.demo.s1 import promises
from decision_engine.demo.s1.review import assessment


def chain_of(*kinds: str) -> list[dict]:
    """Events as the house answers them."""
    events, previous = [], ""
    for seq, kind in enumerate(kinds, start=1):
        body = {"chain": "c", "seq": seq, "prev": previous, "kind": kind}
        previous = audit.seal(body).hash
        events.append({"seq": seq, "body": body, "hash": previous})
    return events


def test_an_untouched_log_hangs_together():
    assert promises._hangs_together(chain_of("a", "b", "c"))


@pytest.mark.parametrize("touch", ["changed", "removed", "swapped", "rehashed"])
def test_a_touched_log_does_not(touch):
    events = chain_of("a", "b", "c")
    match touch:
        case "changed":
            events[1]["body"] |= {"kind": "x"}
        case "removed":
            del events[1]
        case "swapped":
            events[0], events[1] = events[1], events[0]
        case "rehashed":
            events[1]["body"] |= {"kind": "x"}
            events[1]["hash"] = audit.seal(events[1]["body"]).hash
    assert not promises._hangs_together(events)


def record(kind: str, data: dict) -> dict:
    return {"kind": kind, "data": data}


def test_the_risk_index_is_computed_from_the_points_that_were_recorded():
    report = assessment("0" * 32)
    finding = record("determine_risk", {"outcome": "CONTROLLABLE"})
    assert all(check.holds for check in promises._risk([record("assess_risk", report), finding]))
    report["risk_points"][0]["weight"] = "0.36"
    wrong = [check for check in promises._risk([record("assess_risk", report), finding]) if not check.holds]
    assert [check.what for check in wrong] == ["初始风险指数", "措施后风险指数"]


def test_a_dossier_with_a_gap_is_noticed():
    items = [{"code": f"D{number:02}", "status": "FILED", "document_ref": "x"} for number in range(35)]
    wrong = [
        check.what
        for check in promises._dossier([record("archive_dossier", {"dossier": items})])
        if not check.holds
    ]
    assert wrong == ["不适用的卷宗材料"]
    del items[3]
    items[5].pop("document_ref")
    wrong = [
        check.what
        for check in promises._dossier([record("archive_dossier", {"dossier": items})])
        if not check.holds
    ]
    assert wrong == ["卷宗目录完整", "不适用的卷宗材料", "已附材料均有文件"]
