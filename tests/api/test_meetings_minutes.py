"""The minutes of a meeting: a mayor who departs from the majority, three who dissent, and every fact of it on paper.

One meeting of the mayor's office on the case of scenario S1, acted through the door by each person on an own device.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from decision_engine.demo.door import Refused
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from decision_engine.models import Meeting, MinutesVersion
from decision_engine.queries.minutes_facts import minutes_of
from decision_engine.queries.minutes_record import record
from decision_engine.queries.minutes_summary import summary
from tests.api.meeting_hall import Assembly, meeting_in_force
from tests.api.test_tracing import new_stage

AGAINST = "我不同意。\n补偿资金没有落实，建议重新测算。"
REASONS = "区里已明确完成时限，资金缺口由区财政补足，故决定推进。"
OPINION = "书面意见：建议缓行。"
PRESENT = ("mayor", "deputy1", "deputy2", "deputy3", "deputy4", "deputy5")


def assembled(stage: Stage) -> Assembly:
    """Play S1 up to its agenda and call the meeting that discusses it, with a second item that is no case."""
    S1.play(stage, until="confirm_agenda")
    meeting_in_force(stage)
    stage.move_to("2026-05-06 09:00")
    meeting = Assembly(stage)
    funds = {"title": "镇区道路维修经费", "category": "LARGE_FUNDS"}
    matter = {
        "title": "撤销三村村民委员会", "category": "MAJOR_DECISION", "case_id": stage.case_id,
        "leader_in_charge_id": stage.person("deputy2"), "reporter_id": stage.person("officer"),
    }  # fmt: skip
    meeting.call("2026-05-08 14:00", funds, matter)
    return meeting


def before_the_meeting(meeting: Assembly) -> None:
    """Papers reach everybody, one opens his; one asks leave and writes what he thinks; the order is changed."""
    stage = meeting.stage
    meeting.do("secretary", "deliver_materials", {"document_id": stage.papers["draft"]}, item=1)
    stage.move_to("2026-05-07 10:00")
    [mine] = meeting.item(1, "deputy1")["deliveries"]
    meeting.post("deputy1", f"/meetings/{meeting.id}/deliveries/{mine['id']}/opening")
    meeting.do("deputy6", "ask_leave", {"reason": "因公出差"})
    meeting.post("deputy6", meeting.at("/opinions", 1), {"text": OPINION})
    swapped = {"other_id": meeting.items[0], "reason": "时间安排", "approved_by": stage.person("mayor")}
    meeting.post("secretary", meeting.at("/swap", 1), swapped)


def held(meeting: Assembly) -> None:
    """Six of seven come, one late, one is recused; three of five are against; the mayor approves with reasons."""
    stage = meeting.stage
    stage.move_to("2026-05-08 14:00")
    for login in ("mayor", "deputy1", "deputy2"):
        meeting.do(login, "arrive")
    justice = {"name": "宋秉直", "position": "司法所所长", "person_id": stage.person("justice")}
    meeting.opens("deputy3", "deputy5", guests=[justice])
    meeting.do(
        "deputy5", "recuse", {"ground": "RELATIVE_INTEREST", "explanation": "其弟任东园村会计"}, item=1
    )
    stage.move_to("2026-05-08 14:05")
    meeting.do("deputy4", "arrive")
    meeting.report(1)
    explained = {"text": "合法性审查结论：合法。", "person_id": stage.person("justice")}
    meeting.post("recorder", meeting.at("/explanations", 1), explained)
    meeting.do("mayor", "ask", {"text": "资金如何落实？"}, item=1)
    early = meeting.refused("mayor", "speak", {"stance": "AGREE", "text": "我看可以。"}, item=1)
    assert "R-713-30-3" in early.rules
    [opinion] = meeting.item(1)["opinions"]
    meeting.post("recorder", f"/meetings/{meeting.id}/opinions/{opinion['id']}/reading")
    meeting.discuss("deputy4", "deputy2", number=1, deputy2=("DISAGREE", "不同意，资金没有着落。"))
    noted = {"stance": "DISAGREE", "text": "不同意。", "person_id": stage.person("deputy3")}
    said = meeting.post("recorder", meeting.at("/statements", 1), noted)["statement"]
    meeting.discuss("deputy1", "mayor", number=1, deputy1=("DISAGREE", AGAINST))
    meeting.post("deputy3", f"/meetings/{meeting.id}/statements/{said['id']}/confirmation")
    meeting.do("deputy4", "add", {"text": "请同步公开资金安排。"}, item=1)
    against = dict.fromkeys(("deputy1", "deputy2", "deputy3"), "NO")
    meeting.votes("deputy1", "deputy2", "deputy3", "deputy4", "mayor", number=1, **against)
    unexplained = {"outcome": "APPROVE", "decision": "同意。"}
    refusal = meeting.turned_down("mayor", meeting.at("/decision", 1), unexplained)
    assert "R-713-30-4" in refusal.rules
    meeting.decides(number=1, override_reasons=REASONS)
    waits = meeting.turned_down("recorder", f"/meetings/{meeting.id}/closing")  # allowed, but with reasons
    assert "R-MTG-23" in waits.rules
    put_off = {"put_off": [{"item_id": meeting.items[0], "reason": "时间不足，下次讨论"}]}
    meeting.do("recorder", "close_meeting", put_off)


@pytest.fixture(scope="module")
def over(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assembly]:
    """The meeting when it is over; nothing is confirmed, drawn up or signed."""
    stage = new_stage(founded, tmp_path_factory.mktemp("over"))
    meeting = assembled(stage)
    before_the_meeting(meeting)
    held(meeting)
    yield meeting
    stage.house.engine.dispose()


def minutes(meeting: Assembly, login: str = "recorder") -> Any:
    return meeting.see(login, "/minutes")


@pytest.fixture(scope="module")
def signed(over: Assembly) -> Assembly:
    """The same meeting with minutes that were confirmed, signed, put right, signed anew and settled."""
    over.draws_up()
    first = minutes(over)["versions"][0]["sha256"]
    early = over.turned_down("recorder", f"/meetings/{over.id}/minutes/settlement")
    assert early.status == 422
    assert {"R-ACC-03", "R-MTG-27"} <= set(early.rules)
    for login in ("deputy1", "deputy2", "deputy3"):
        over.do(login, "confirm_dissent", item=1)
    over.draws_up()  # the confirmations are in it
    over.sign("mayor", "deputy1")
    over.post(
        "deputy1", f"/meetings/{over.id}/minutes/corrections", {"text": "“没有落实”应为“尚未全部落实”。"}
    )
    stale = over.turned_down("deputy2", f"/meetings/{over.id}/minutes/signatures", {"sha256": first})
    assert stale.status == 409
    over.sign("mayor", "deputy1", "deputy2", "deputy3", "deputy4")
    unsigned = over.turned_down("recorder", f"/meetings/{over.id}/minutes/settlement")
    assert "袁牧之" in unsigned.problem["detail"]
    refused = {
        "sha256": minutes(over)["versions"][2]["sha256"],
        "member_id": over.stage.person("deputy5"),
        "refusal_reason": "住院，未能到场核对",
    }
    over.post("recorder", f"/meetings/{over.id}/minutes/signatures", refused)
    over.do("recorder", "settle_minutes")
    over.stage.move_to("2026-05-09 09:00")
    over.do("deputy6", "annotate", {"text": "会后想到：还应公示。", "item_id": over.items[1]})
    S1.play(over.stage, start="report_party_committee", until="party_meeting")
    return over


FACTS = {
    "F16": ("召集：方立行（党政办公室主任）", "调换", "时间安排", "江远舟（镇长）"),
    "F17": ("第2版", "2026年5月7日10:00:", "未打开", "通知送达"),
    "F18": (
        "应到7人，实到6人，缺席1人，列席1人", "迟到", "因公出差", "涉及亲属利害关系", "其弟任东园村会计", "本人申请",
    ),
    "F19": (
        "汇报草案主要内容。", "合法性审查结论：合法。", "末位发表意见：江远舟（镇长）", "补充发言",
        "由陈书言（党政办公室会议记录员）代录",
    ),
    "F20": ("方式：记名投票", "赞成2，反对3，弃权0", "顾明礼（常务副镇长） | 反对"),
    "F21": ("补偿资金没有落实，建议重新测算。", "顾明礼（常务副镇长），本人确认：2026年5月8日"),
    "F22": ("结果：同意", REASONS, "宣布时间：2026年5月8日"),
    "F23": ("“没有落实”应为“尚未全部落实”。", "确认并签字", "未签字", "住院，未能到场核对"),
    "F24": ("向党委请示报告", "列入5月12日镇党委会议题。"),
}  # fmt: skip


@pytest.mark.parametrize("fact", FACTS)
def test_the_minutes_contain_every_fact(signed: Assembly, fact: str) -> None:
    """F16 to F24 of the domain book, from a meeting with a dissent and an override."""
    text = signed.text("deputy1", "record/3") + signed.text("deputy1", "attached")
    for words in FACTS[fact]:
        assert words in text, (fact, words)


def test_what_is_not_in_the_facts_would_be_missed(over: Assembly) -> None:
    """Negative control: the record of a meeting without the override says nothing of one."""
    with over.stage.house.reading() as session:
        told = minutes_of(session, session.get_one(Meeting, over.id))
    bare = replace(told, items=tuple(replace(one, decision=None, dissents=()) for one in told.items))
    text = record(bare).text()
    assert REASONS not in text
    assert "本人确认：2026年5月8日" not in text


def test_generated_twice_not_a_byte_changes(signed: Assembly) -> None:
    """The record drawn up then, and one generated from the facts now, days later and after a report and a reply."""
    with signed.stage.house.reading() as session:
        meeting = session.get_one(Meeting, signed.id)
        for kind, paper, number in (("RECORD", record, 3), ("SUMMARY", summary, 1)):
            kept = session.get_one(MinutesVersion, (signed.id, kind, number))
            again = paper(minutes_of(session, meeting)).text().encode()
            assert again == kept.content
            assert hashlib.sha256(again).hexdigest() == kept.sha256
            assert again == paper(minutes_of(session, meeting)).text().encode()


def test_drawing_up_unchanged_facts_makes_no_version(over: Assembly, signed: Assembly) -> None:
    kinds = [one["kind"] for one in minutes(signed)["versions"]]
    assert kinds.count("RECORD") == 3  # drawn up, confirmed, corrected
    assert kinds.count("SUMMARY") == 1  # nothing of these is for sending out


def test_signatures_stay_on_the_version_they_were_given_to(signed: Assembly) -> None:
    versions = {
        one["number"]: one["sha256"] for one in minutes(signed)["versions"] if one["kind"] == "RECORD"
    }
    by_hash: dict[str, list[str]] = {}
    for one in minutes(signed)["signatures"]:
        by_hash.setdefault(one["sha256"], []).append(one["name"])
    assert by_hash[versions[2]] == ["江远舟", "顾明礼"]
    assert len(by_hash[versions[3]]) == len(PRESENT)
    assert versions[1] not in by_hash


def test_a_correction_overwrites_nothing(signed: Assembly) -> None:
    before, after = signed.text("deputy1", "record/2"), signed.text("deputy1", "record/3")
    assert after.startswith(before.removesuffix("无\n"))
    assert "补偿资金没有落实" in after


def test_a_later_word_is_an_annotation_and_no_dissent(signed: Assembly) -> None:
    """R-ACC-04: it has its own date, stands beside the record, and its author cannot confirm it as a dissent."""
    assert "会后想到" not in signed.text("deputy1", "record/3")
    beside = signed.text("deputy1", "attached")
    assert beside.index("事后说明（不是会上不同意见）") < beside.index("会后想到：还应公示。")
    refusal = signed.turned_down("deputy6", signed.at("/dissent/confirmation", 1))
    assert (refusal.status, refusal.rules) == (403, ("R-ACC-04",))


def test_the_summary_keeps_positions_to_itself(signed: Assembly) -> None:
    text = signed.text("secretary", "summary/1")
    assert "会议决定：同意" in text
    assert "请假或者缺席：曲清和" in text
    for kept in ("不同意", "反对", REASONS, OPINION, "其弟"):
        assert kept not in text, kept


def test_the_record_is_not_lent_to_the_offices(signed: Assembly) -> None:
    for login in ("secretary", "director"):
        with pytest.raises(Refused) as refusal:
            signed.see(login, "/minutes/record/3")
        assert (refusal.value.status, refusal.value.rules) == (403, ("R-MTG-25",))
    assert signed.text("auditor", "record/3")


def test_reading_the_record_is_on_record(signed: Assembly) -> None:
    signed.text("deputy2", "record/3")
    facts = {
        one["id"]: one
        for one in signed.stage.ask("auditor", f"/cases/{signed.stage.case_id}/tracing")["facts"]
    }
    read = {(one["person"], one["shows"].get("what")) for one in facts["F33"]["entries"]}
    assert ("邵一帆", "minutes:record:3") in read


def test_the_case_goes_on_when_the_minutes_are_settled(signed: Assembly) -> None:
    """The step of the case is completed from the settled record: order, dissents, signatures, its hash."""
    records = signed.stage.pages("auditor", f"/cases/{signed.stage.case_id}/records", kind="sign_minutes")
    said = records[-1]["data"]
    versions = {
        one["number"]: one["sha256"] for one in minutes(signed)["versions"] if one["kind"] == "RECORD"
    }
    assert versions[3] in said["minutes"]
    assert {one["statement"] for one in said["dissents"]} == {AGAINST, "不同意，资金没有着落。", "不同意。"}
    assert all(one["confirmed"] for one in said["dissents"])
    assert [one["speaker"] for one in said["speeches"]][-2] == signed.stage.person("mayor")
    assert sum(one["signed"] for one in said["signatures"]) == len(PRESENT) - 1


def test_the_auditor_finds_every_fact_of_the_meeting(signed: Assembly) -> None:
    """F16 to F24 are shown from the log; of F17 also which version reached whom, and when it was opened."""
    report = signed.stage.ask("auditor", f"/cases/{signed.stage.case_id}/tracing")
    facts = {one["id"]: one for one in report["facts"]}
    states = {name: facts[name]["state"] for name in FACTS}
    assert set(states.values()) == {"SHOWN"}, states
    acts = [one["act"]["zh"] for one in facts["F17"]["entries"]]
    assert any("送达" in one for one in acts)
    opened = [one for one in facts["F17"]["entries"] if one["person"] == "顾明礼"]
    assert opened
    assert opened[0]["shows"]["sha256"]


def test_settled_minutes_take_no_more_signatures_or_corrections(signed: Assembly) -> None:
    latest = minutes(signed)["versions"][2]["sha256"]
    for login, path, said in (
        ("mayor", "signatures", {"sha256": latest}),
        ("mayor", "corrections", {"text": "x"}),
        ("recorder", "settlement", {}),
    ):
        assert signed.turned_down(login, f"/meetings/{signed.id}/minutes/{path}", said).status == 409
    assert signed.turned_down("recorder", f"/meetings/{signed.id}/minutes").status == 409


def test_nobody_signs_for_another_and_strangers_not_at_all(signed: Assembly) -> None:
    latest = minutes(signed)["versions"][2]["sha256"]
    path = f"/meetings/{signed.id}/minutes/signatures"
    absent = signed.turned_down("deputy6", path, {"sha256": latest})
    assert (absent.status, absent.rules) == (403, ("R-MTG-27",))
    assert signed.turned_down("officer", path, {"sha256": latest}).status == 404
    forged = {"sha256": latest, "member_id": signed.stage.person("deputy1")}
    assert signed.turned_down("mayor", path, forged).status == 403


def test_statistics_count_the_meeting(signed: Assembly) -> None:
    found = signed.stage.ask(
        "director", f"/bodies/{signed.body_id}/statistics", since="2026-01-01", until="2026-12-31"
    )
    assert (found["held"], found["items"], found["discussed"], found["put_off"]) == (1, 2, 1, 1)
    assert found["outcomes"] == {"MAJOR_DECISION": {"APPROVE": 1}}
    assert (found["overrides"], found["dissents"], found["items_with_dissent"]) == (1, 3, 1)
    assert (found["attendance"], found["due"]) == (6, 7)
    assert found["notice_hours"] == 52
    assert found["changes"] == {"SWAP": 1, "WITHDRAW": 1}
    empty = signed.stage.ask(
        "director", f"/bodies/{signed.body_id}/statistics", since="2025-01-01", until="2025-12-31"
    )
    assert (empty["held"], empty["items"], empty["notice_hours"]) == (0, 0, None)
