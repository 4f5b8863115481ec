"""Scenario S3 of the domain book through HTTP: how it ends, and its five mutations, each stopped by its rule.

(a) speaks of a way the shipped diagram does not have: the meeting has no task, the prover refuses a diagram that
opens it, the head cannot call a high risk controllable without a reason, and where a careless house runs such a
diagram the guard of the submission stops it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from decision_engine import process, rules
from decision_engine.demo import shipped_diagrams
from decision_engine.demo.s3 import S3, beginning, deciding, hearing, risk
from decision_engine.demo.stage import Stage, open_stage
from tests.saves import (
    Saves,
    events,
    nothing_is_written_but_the_refusal,
    status,
    unlawful,
    written,
)


@pytest.fixture(scope="module")
def saves(tmp_path_factory: pytest.TempPathFactory) -> Saves:
    return Saves(tmp_path_factory.mktemp("s3"), S3, room=True)


@pytest.fixture
def before(saves: Saves, tmp_path: Path) -> Iterator[Callable[[str], Stage]]:
    with ExitStack() as stack:
        yield lambda scene: stack.enter_context(saves.opened(scene, tmp_path / "house"))


def wrong(stage: Stage) -> list[str]:
    return [check.what for check in S3.expect(stage) if not check.holds]


def test_a_school_is_merged_only_after_the_plan_was_changed_and_heard(tmp_path):
    """Everything scenario S3 tells comes about: indices, dates, counts at the hearing, experts, approval."""
    with open_stage(tmp_path, S3.scenes[0].at, room=True) as stage:
        S3.play(stage)
        checks = S3.expect(stage)
    assert [check for check in checks if not check.holds] == []
    assert len(checks) > 50


def test_a_town_does_not_start_what_only_the_district_decides(tmp_path):
    """The same plan proposed in the town is not started there (R-CE-15-1): schools are the district's to set."""
    with open_stage(tmp_path, S3.scenes[0].at) as stage:
        stage.open_case("secretary", beginning.TITLE)
        stage.complete("secretary", "register_proposal", beginning.proposal())
        study = {"study_report": "镇里研究。", "recommendation": "START"}
        stage.complete("officer", "study_proposal", study)
        with nothing_is_written_but_the_refusal(stage, "R-CE-15-1"):
            unlawful(stage.refused("mayor", "decide_initiation", beginning.initiation()), "R-CE-15-1")
        stage.complete("mayor", "decide_initiation", beginning.initiation() | {"outcome": "NOT_START"})
        assert status(stage) == "ENDED"


# -- (a) -----------------------------------------------------------------------------------------------------


def test_s3_a_a_high_risk_is_not_called_controllable_in_passing(before):
    """(a) Against HIGH the head finds "controllable" only with a written reason; and "not" leads to no meeting."""
    stage = before("first_assessment")
    report = stage.file(
        "district.assessor", "D15", "社会稳定风险评估报告（第一稿）", "0.671。", name="risk 1"
    )
    stage.complete("district.assessor", "assess_risk", risk.assessment_1(report))
    with nothing_is_written_but_the_refusal(stage, "R-713-24-1"):
        refusal = stage.refused("governor", "determine_risk", risk.finding("CONTROLLABLE", "抓紧做工作。"))
    unlawful(refusal, "R-713-24-1")
    stage.complete("governor", "determine_risk", risk.finding("UNCONTROLLABLE", "多数家长反对。"))
    assert stage.steps_waiting() == {"adjust_draft", "hold_hearing", "select_experts"}
    kept, log = written(stage), events(stage)
    with pytest.raises(LookupError, match="assemble_meeting_package"):
        stage.complete("district.officer", "assemble_meeting_package", {})
    assert (written(stage), events(stage)) == (kept, log)
    S3.play(stage, start="adjust_draft", until="submit_review_package")
    assert stage.steps_waiting() == {"finalize_draft"}


def uncontrolled() -> dict[str, bytes]:
    """Diagrams without the statutes' profile: a draft adjusted for its risk goes on without a new assessment."""
    files = shipped_diagrams()
    name, flow = "risk_assessment.bpmn", "risk_flow_adjust_draft_to_assess"
    text = files[name].decode()
    arriving = f"<bpmn:incoming>{flow}</bpmn:incoming>"
    ending = '<bpmn:endEvent id="risk_end" name="风险可控">'
    assert (text.count(arriving), text.count(ending), text.count(f'id="{flow}"')) == (1, 1, 1)
    text = text.replace(arriving, "").replace(ending, ending + arriving)
    text = re.sub(rf'(id="{flow}".*?targetRef=)"risk_assess"', r'\1"risk_end"', text)
    main = files["major_decision.bpmn"].replace(b' decision:profile="major_decision"', b"")
    return files | {name: text.encode(), "major_decision.bpmn": main}


def test_s3_ab_even_a_careless_diagram_brings_no_uncontrollable_risk_to_the_meeting(tmp_path):
    """(a, b) Where the diagram goes on after "not controllable", on the old assessment, the law does not."""
    with open_stage(tmp_path, S3.scenes[0].at) as stage:
        files = [{"name": name, "content": content.decode()} for name, content in uncontrolled().items()]
        proposed = stage.say("admin1", "/definitions", {"files": files})["definition"]["hash"]
        stage.say("admin2", f"/definitions/{proposed}/approval", {"approve": True})
        S3.play(stage, until="second_assessment")
        stage.papers["risk 2"] = stage.papers["risk 1"]
        S3.play(stage, start="argue", until="assemble_meeting_package")
        assert stage.steps_waiting() == {"assemble_meeting_package"}
        for rule in ("R-713-24-1", "R-RSK-05"):
            with nothing_is_written_but_the_refusal(stage, rule):
                refusal = stage.refused(
                    "district.officer", "assemble_meeting_package", deciding.meeting_package(stage)
                )
            unlawful(refusal, rule)


def test_s3_a_the_prover_refuses_a_diagram_that_opens_that_way():
    """(a) Under the statutes' profile the careless diagram is unlawful."""
    files, main = uncontrolled(), "major_decision.bpmn"
    executable = b'isExecutable="true"'
    files[main] = files[main].replace(executable, executable + b' decision:profile="major_decision"', 1)
    found = process.verify(process.read(files), rules.STATUTES)
    assert "R-713-24-1" in {one.rule for one in found}


# -- (b) -----------------------------------------------------------------------------------------------------


def test_s3_b_the_first_report_is_not_used_again_for_the_second_draft(before):
    """(b) The adjusted draft is assessed anew: handing in the first report once more is refused."""
    stage = before("second_assessment")
    again = risk.assessment_2(stage.papers["risk 1"])
    with nothing_is_written_but_the_refusal(stage, "R-RSK-05"):
        unlawful(stage.refused("district.assessor", "assess_risk", again), "R-RSK-05")
    S3.play(stage, start="second_assessment")
    assert wrong(stage) == ["被拒绝的操作所依据的规则"]


# -- (c), (e) ------------------------------------------------------------------------------------------------


def test_s3_c_materials_reach_the_participants_seven_days_before(before):
    """(c) Delivered on 30 May, six days before: the hearing is not held like that."""
    stage = before("hold_hearing")
    record = stage.file("district.officer", "D11", "听证材料", "21人。")
    with nothing_is_written_but_the_refusal(stage, "R-713-16-4"):
        refusal = stage.refused(
            "district.officer", "hold_hearing", hearing.hearing(record, delivered="2026-05-30")
        )
    assert "2026-05-29" in unlawful(refusal, "R-713-16-4")
    S3.play(stage, start="hold_hearing", until="second_assessment")
    assert stage.steps_waiting() == {"assess_risk", "select_experts"}


def test_s3_c_seven_days_before_is_early_enough(before):
    """The seventh day before the hearing itself is in time (R-CAL-7): the boundary is where the law puts it."""
    stage = before("hold_hearing")
    record = stage.file("district.officer", "D11", "听证材料", "21人。")
    stage.complete("district.officer", "hold_hearing", hearing.hearing(record, delivered="2026-05-29"))
    assert "handle_comments" in stage.steps_waiting()


def test_s3_e_a_hearing_without_the_parents_is_none(before):
    """(e) Every side has its representatives; without the parents the hearing is not on record."""
    stage = before("hold_hearing")
    record = stage.file("district.officer", "D11", "听证材料", "12人。")
    unheard = hearing.hearing(record, without=beginning.PARENTS)
    with nothing_is_written_but_the_refusal(stage, "R-713-16-3"):
        refusal = stage.refused("district.officer", "hold_hearing", unheard)
    assert beginning.PARENTS in unlawful(refusal, "R-713-16-3")
    S3.play(stage, start="hold_hearing", until="handle_comments")
    assert "handle_comments" in stage.steps_waiting()


def test_s3_e_nor_when_the_parents_are_not_even_named_as_a_side(before):
    """(e) Leaving the parents off the list of sides does not help: they are among those affected."""
    stage = before("hold_hearing")
    record = stage.file("district.officer", "D11", "听证材料", "12人。")
    unheard = hearing.hearing(record, without=beginning.PARENTS)
    unheard["sides"].remove(beginning.PARENTS)
    with nothing_is_written_but_the_refusal(stage, "R-713-16-3"):
        unlawful(stage.refused("district.officer", "hold_hearing", unheard), "R-713-16-3")


# -- (d) -----------------------------------------------------------------------------------------------------


def test_s3_d_twelve_of_twenty_one_against_stop_the_merger(before):
    """(d) Most of the hearing objects: no reviewer finds that legal, and the plan comes to its end."""
    stage = before("hold_hearing")
    record = stage.file("district.officer", "D11", "听证材料", "21人，12人反对。")
    views = ("FOR",) * 7 + ("AGAINST",) * 12 + ("NEUTRAL",) * 2
    stage.complete("district.officer", "hold_hearing", hearing.hearing(record, views=views))
    S3.play(stage, start="handle_comments", until="issue_legality_opinion")
    stage.move_to("2026-06-25 10:00")
    with nothing_is_written_but_the_refusal(stage, "R-SCH-1"):
        refusal = stage.refused(
            "district.justice", "issue_legality_opinion", deciding.opinion(stage, "LEGAL")
        )
    assert "不得强行撤并" in unlawful(refusal, "R-SCH-1")
    illegal = deciding.opinion(
        stage, "ILLEGAL", content_consistent={"conforms": False, "explanation": "多数听证代表反对。"}
    )
    stage.complete("district.justice", "issue_legality_opinion", illegal)
    assert stage.steps_waiting() == {"handle_refused_draft"}
    ended = {"outcome": "TERMINATE", "reasons": "多数反对，不强行撤并。"}
    stage.complete("district.education", "handle_refused_draft", ended)
    assert stage.steps_waiting() == {"archive_dossier"}


def test_s3_d_ten_of_twenty_one_against_do_not(before):
    """(d) Ten of twenty-one are not most: the line lies where the rule says."""
    stage = before("hold_hearing")
    record = stage.file("district.officer", "D11", "听证材料", "21人，10人反对。")
    views = ("FOR",) * 9 + ("AGAINST",) * 10 + ("NEUTRAL",) * 2
    stage.complete("district.officer", "hold_hearing", hearing.hearing(record, views=views))
    S3.play(stage, start="handle_comments", until="assemble_meeting_package")
    assert stage.steps_waiting() == {"assemble_meeting_package"}
