"""Scenario S2 of the domain book through HTTP: how it ends, and its five mutations, each stopped by its rule.

(a) and (e) speak of ways the shipped diagram does not have: there the meeting has no task at all, the prover refuses
a diagram that opens such a way, and in a house that runs one nevertheless the guard of the step stops it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from decision_engine import process, rules
from decision_engine.demo import shipped_diagrams
from decision_engine.demo.chamber import Chamber
from decision_engine.demo.door import Refused
from decision_engine.demo.s2 import S2, first, meetings, review, second
from decision_engine.demo.stage import Stage, open_stage
from tests.chambers import turned_down
from tests.saves import Saves, events, nothing_is_written_but_the_refusal, unlawful, written

OPINION_FLOW = "issue_legality_opinion.outcome in ('LEGAL', 'EXPLORATORY_RISK_STATED')"


@pytest.fixture(scope="module")
def saves(tmp_path_factory: pytest.TempPathFactory) -> Saves:
    return Saves(tmp_path_factory.mktemp("s2"), S2, room=True)


@pytest.fixture
def before(saves: Saves, tmp_path: Path) -> Iterator[Callable[[str], Stage]]:
    with ExitStack() as stack:
        yield lambda scene: stack.enter_context(saves.opened(scene, tmp_path / "house"))


def wrong(stage: Stage) -> list[str]:
    return [check.what for check in S2.expect(stage) if not check.holds]


def test_a_refused_fee_is_drafted_anew_and_decided_against_one_vote(tmp_path):
    """Everything scenario S2 tells comes about: dates, outcomes, quorum, the dissent word for word."""
    with open_stage(tmp_path, S2.scenes[0].at, room=True) as stage:
        S2.play(stage)
        checks = S2.expect(stage)
    assert [check for check in checks if not check.holds] == []
    assert len(checks) > 60


# -- (a) -----------------------------------------------------------------------------------------------------


def test_s2_a_the_refused_draft_has_no_way_to_the_meeting(before):
    """(a) After NO_AUTHORITY nobody has a task that leads to the meeting; the draft goes back."""
    stage = before("redraft")
    assert stage.steps_waiting() == {"handle_refused_draft"}
    kept, log = written(stage), events(stage)
    for login, step in (
        ("officer", "assemble_meeting_package"),
        ("director", "confirm_agenda"),
        ("recorder", "open_meeting"),
    ):
        with pytest.raises(LookupError, match=step):
            stage.complete(login, step, {})
    assert (written(stage), events(stage)) == (kept, log)
    S2.play(stage, start="redraft", until="draft_again")
    assert stage.steps_waiting() == {"draft_decision"}


def careless(condition: str, becomes: str, name: str) -> dict[str, bytes]:
    """The shipped diagrams without the statutes' profile, with one condition made careless."""
    files = shipped_diagrams()
    text = files[name].decode()
    assert text.count(condition) == 1
    files[name] = text.replace(condition, becomes).encode()
    return files | {
        "major_decision.bpmn": files["major_decision.bpmn"].replace(
            b' decision:profile="major_decision"', b""
        )
    }


def put_in_force(stage: Stage, files: dict[str, bytes]) -> None:
    said = {"files": [{"name": name, "content": content.decode()} for name, content in files.items()]}
    proposed = stage.say("admin1", "/definitions", said)["definition"]["hash"]
    stage.say("admin2", f"/definitions/{proposed}/approval", {"approve": True, "reason": "演示"})


def the_refused_to_the_meeting() -> dict[str, bytes]:
    """Diagrams in which a draft beyond authority goes to the meeting like a lawful one."""
    files = careless(
        OPINION_FLOW, OPINION_FLOW.replace("('LEGAL'", "('NO_AUTHORITY', 'LEGAL'"), "major_decision.bpmn"
    )
    main = files["major_decision.bpmn"].decode()
    refused = "issue_legality_opinion.outcome in ('ILLEGAL', 'NO_AUTHORITY')"
    assert main.count(refused) == 1
    return files | {
        "major_decision.bpmn": main.replace(refused, refused.replace(", 'NO_AUTHORITY'", "")).encode()
    }


def test_s2_a_even_a_careless_diagram_does_not_bring_the_refused_draft_to_the_meeting(tmp_path):
    """(a) Where the diagram lets it through, the law does not: R-713-25-3 refuses the submission."""
    with open_stage(tmp_path, S2.scenes[0].at) as stage:
        put_in_force(stage, the_refused_to_the_meeting())
        S2.play(stage, until="redraft")
        assert stage.steps_waiting() == {"assemble_meeting_package"}
        stage.papers |= dict.fromkeys(("D16", "D15", "D12", "confirmation"), stage.papers["D19"])
        with nothing_is_written_but_the_refusal(stage, "R-713-25-3"):
            refusal = stage.refused("officer", "assemble_meeting_package", meetings.meeting_package(stage))
        unlawful(refusal, "R-713-25-3")


# -- (b) -----------------------------------------------------------------------------------------------------


def test_s2_b_a_draft_changed_after_the_confirmation_is_not_the_one_reviewed(before):
    """(b) The opinion is bound to the hash of version 2.1; another text under the same title goes nowhere."""
    stage = before("assemble_meeting_package")
    stage.file("officer", "D20", "提请集体讨论的请示及履行程序说明", "提请镇长办公会讨论。")
    stage.revise(
        "officer", "draft", f"{second.TITLE}\n\n{review.REVISED}\n第十二条　逾期不缴纳的，加收滞纳金。"
    )
    with nothing_is_written_but_the_refusal(stage, "R-LEG-10"):
        refusal = stage.refused("officer", "assemble_meeting_package", meetings.meeting_package(stage))
    assert "第4稿" in unlawful(refusal, "R-LEG-10")
    stage.revise("officer", "draft", f"{second.TITLE}（修改稿）\n\n{review.REVISED}")
    S2.play(stage, start="assemble_meeting_package")
    assert wrong(stage) == ["被拒绝的操作所依据的规则"]


def test_s2_b_another_paper_in_the_place_of_the_draft_is_not_the_one_reviewed(before):
    """(b) Nor does it help to hand in a different document as the draft."""
    stage = before("assemble_meeting_package")
    other = stage.file("officer", "D06", "另一份草案", "加收滞纳金。", name="other")
    package = meetings.meeting_package(stage)
    next(one for one in package["meeting_package"] if one["slot"] == "DRAFT")["document_ref"] = other
    with nothing_is_written_but_the_refusal(stage, "R-LEG-10"):
        unlawful(stage.refused("officer", "assemble_meeting_package", package), "R-LEG-10")


def test_s2_b_nor_is_it_swapped_between_the_package_and_the_meeting(before):
    """(b) The same where the text changes after the package was made, or on the very day of the meeting."""
    stage = before("government_meeting")
    stage.revise("officer", "draft", "另一份文本")
    chamber = Chamber.found(stage, meetings.GOVERNMENT)
    chamber.open()
    with nothing_is_written_but_the_refusal(stage, "R-LEG-10"):
        unlawful(turned_down(chamber, "recorder", "/taking-up", {}, "R-LEG-10"), "R-LEG-10")


def test_s2_b_nor_is_it_swapped_where_the_body_has_no_room(before):
    """(b) The guard is the step's, not the room's: completed step by step it refuses the same."""
    stage = before("confirm_agenda")
    stage.room = False
    S2.play(stage, start="confirm_agenda", until="government_meeting")
    stage.move_to(meetings.GOVERNMENT.at)
    stage.revise("officer", "draft", "另一份文本")
    with nothing_is_written_but_the_refusal(stage, "R-LEG-10"):
        unlawful(stage.refused("recorder", "open_meeting", meetings.GOVERNMENT.opening(stage)), "R-LEG-10")


# -- the committee's majority -------------------------------------------------------------------------------------


def test_s2_a_party_committee_never_reaches_the_override(before):
    """Six say yes, one no: the secretary cannot turn it into a no, with reasons or without.

    Nor does the secretary speak before the others; every attempt is refused and on record, and the story ends as told.
    """
    stage = before("party_meeting")
    chamber = Chamber.found(stage, meetings.PARTY)
    chamber.open()
    chamber.report()
    early = {"stance": "DISAGREE", "text": "我看不行。"}
    unlawful(turned_down(chamber, "party.secretary", "/statements", early, "R-713-30-3"), "R-713-30-3")
    chamber.discuss()
    assert chamber.vote()["passed"]
    against = {"outcome": "REJECT", "decision": "不同意。"}
    for said in (against, against | {"override_reasons": "从大局出发。"}):
        unlawful(turned_down(chamber, "party.secretary", "/decision", said, "R-MTG-21"), "R-MTG-21")
    chamber.decide("APPROVE", "6票赞成、1票反对，同意。")
    chamber.close()
    chamber.settle()
    S2.play(stage, start="sign_decision")
    assert wrong(stage) == ["被拒绝的操作所依据的规则"]


# -- (c) -----------------------------------------------------------------------------------------------------


def test_s2_c_no_conclusion_on_competition_no_meeting(before):
    """(c) What touches market players goes to the meeting with the conclusion of the review, or not at all."""
    stage = before("assemble_meeting_package")
    stage.file("officer", "D20", "提请集体讨论的请示及履行程序说明", "提请镇长办公会讨论。")
    with nothing_is_written_but_the_refusal(stage, "R-FC-18-1"):
        refusal = stage.refused(
            "officer", "assemble_meeting_package", meetings.meeting_package(stage, "FAIR_COMPETITION")
        )
    unlawful(refusal, "R-FC-18-1")
    S2.play(stage, start="assemble_meeting_package", until="government_meeting")
    assert stage.steps_waiting() == {"open_meeting"}


def test_s2_c_a_restriction_sends_the_draft_back_and_is_reviewed_again(before):
    """(c) Found restrictive, the draft is adjusted; only a new conclusion lets it go on."""
    stage = before("examine")
    stage.move_to("2026-06-18 09:00")
    paper = stage.file("market", "D16", "公平竞争审查表", "限定了经营者。")
    stage.complete("market", "fair_competition_review", second.competition(paper, "RESTRICTION"))
    assert "fair_competition_review" not in stage.steps_waiting()
    change = review.revision(stage) | {"reason": "公平竞争审查意见", "substantive": True}
    stage.complete("officer", "adjust_draft", change)
    S2.play(stage, start="examine", until="submit_again")
    assert stage.steps_waiting() == {"finalize_draft"}


# -- (d) -----------------------------------------------------------------------------------------------------


def test_s2_d_who_drafted_does_not_review(before):
    """(d) A legal officer lent to the drafters for a day may not issue the opinion on that draft afterwards."""
    stage = before("draft_again")
    stage.say(
        "officer",
        "/delegations",
        {
            "organ_id": stage.town.organ_id,
            "to": stage.person("justice2"),
            "role": "lead_unit_officer",
            "since": "2026-05-15",
            "until": "2026-05-15",
            "reason": "协助起草。",
        },
    )
    stage.revise("justice2", "draft", f"{second.TITLE}（草案）\n\n{second.DRAFT}")
    stage.complete("justice2", "draft_decision", second.drafting(stage))
    stage.complete("officer", "consult_units", first.consultation(stage, "2026-05-15"))
    stage.complete("head", "determine_procedure", second.procedure())
    S2.play(stage, start="notice_again", until="legal_after_revision")
    stage.move_to("2026-07-01 10:00")
    opinion = review.opinion(stage, "2026-07-01 10:00", reviewer_id=stage.person("justice2"))
    task = stage.waiting("justice", "issue_legality_opinion")[0]["id"]
    with nothing_is_written_but_the_refusal(stage, "R-LEG-05"), pytest.raises(Refused) as refusal:
        stage.say("justice2", f"/tasks/{task}/completion", {"answers": opinion})
    assert refusal.value.status == 403
    assert "R-LEG-05" in refusal.value.rules
    S2.play(stage, start="legal_after_revision", until="assemble_meeting_package")
    assert stage.steps_waiting() == {"assemble_meeting_package"}


# -- (e) -----------------------------------------------------------------------------------------------------


def test_s2_e_a_silent_reviewer_is_urged_and_has_not_agreed(before):
    """(e) On 2 July nothing was said: at midnight the reviewer is urged, and the matter stays where it is."""
    stage = before("legal_after_revision")
    assert stage.move_to("2026-07-02 23:59") == 0
    assert stage.move_to("2026-07-03 00:00") == 1
    urged = events(stage)[-1]
    assert (urged["kind"], urged["body"]["timer"]["element"]) == ("timer.fired", "legality_urge_due")
    assert stage.steps_waiting() == {"issue_legality_opinion"}
    assert stage.move_to("2026-07-31 09:00") == 0
    with pytest.raises(LookupError, match="assemble_meeting_package"):
        stage.complete(
            "officer", "assemble_meeting_package", meetings.meeting_package(stage, "LEGALITY_OPINION")
        )
    late = review.opinion(stage, "2026-07-31 09:00")
    stage.complete("justice", "issue_legality_opinion", late)
    assert stage.steps_waiting() == {"adjust_draft"}


def silence_taken_for_consent() -> dict[str, bytes]:
    """Diagrams in which the reviewer's time, once over, ends the review, and no opinion leads to the meeting."""
    name = "legality_review.bpmn"
    text = careless(
        'attachedToRef="legality_issue_legality_opinion" cancelActivity="false"',
        'attachedToRef="legality_issue_legality_opinion"',
        name,
    )
    main = text["major_decision.bpmn"].decode()
    gateway, flow = (
        '<bpmn:exclusiveGateway id="main_legality_outcome"',
        "main_flow_legality_outcome_to_package",
    )
    assert main.count(gateway) == 1
    main = main.replace(gateway, f'{gateway} default="{flow}"')
    main, changed = re.subn(
        rf'(<bpmn:sequenceFlow id="{flow}"[^>]*)>.*?</bpmn:sequenceFlow>', r"\1 />", main, flags=re.DOTALL
    )
    assert changed == 1
    return text | {"major_decision.bpmn": main.encode()}


def test_s2_e_even_a_careless_diagram_does_not_take_silence_for_consent(tmp_path):
    """(e) Where the diagram goes on when the time is over, the law does not: R-LEG-11 refuses the submission."""
    with open_stage(tmp_path, S2.scenes[0].at) as stage:
        put_in_force(stage, silence_taken_for_consent())
        S2.play(stage, until="refuse_first_draft")
        assert stage.move_to("2026-05-09 00:00") == 1
        assert stage.steps_waiting() == {"assemble_meeting_package"}
        stage.papers |= dict.fromkeys(("D16", "D15", "D12", "confirmation"), stage.papers["D18"])
        with nothing_is_written_but_the_refusal(stage, "R-LEG-11"):
            refusal = stage.refused("officer", "assemble_meeting_package", meetings.meeting_package(stage))
        unlawful(refusal, "R-LEG-11")


@pytest.mark.parametrize(
    ("files", "rule"),
    [(the_refused_to_the_meeting(), "R-713-25-3"), (silence_taken_for_consent(), "R-LEG-11")],
)
def test_s2_ae_the_prover_refuses_a_diagram_that_opens_such_a_way(files, rule):
    """(a, e) Under the statutes' profile the careless diagrams are unlawful, and the shipped one is lawful."""
    main, executable = "major_decision.bpmn", b'isExecutable="true"'
    held = files[main].replace(executable, executable + b' decision:profile="major_decision"', 1)
    found = process.verify(process.read(files | {main: held}), rules.STATUTES)
    assert rule in {one.rule for one in found}
    assert process.verify(process.read(shipped_diagrams()), rules.STATUTES) == ()
