"""Promises to the people of a town, told through HTTP: scenario S1, what the law refuses in it, other ways it may go.

Each test begins where the story stands before one of its scenes, in a house of its own: a copy of the folder of a
house that was played so far and closed. So every test also shows that a case survives a restart.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from decision_engine.demo import player
from decision_engine.demo.chamber import Chamber
from decision_engine.demo.door import Refused
from decision_engine.demo.s1 import S1, afterwards, beginning, hearing, meetings, review
from decision_engine.demo.stage import Stage, moment, open_stage
from decision_engine.demo.story import Check, Story
from decision_engine.demo.town import MAYORS_OFFICE, PARTY_COMMITTEE, official
from tests.chambers import turned_down
from tests.saves import Saves, events, nothing_is_written_but_the_refusal, status, unlawful, written


@pytest.fixture(scope="session")
def saves(tmp_path_factory: pytest.TempPathFactory) -> Saves:
    return Saves(tmp_path_factory.mktemp("saves"), room=True)


@pytest.fixture
def before(saves: Saves, tmp_path: Path) -> Iterator[Callable[[str], Stage]]:
    with ExitStack() as stack:
        yield lambda scene: stack.enter_context(saves.opened(scene, tmp_path / "house"))


# -- S1 -----------------------------------------------------------------------------------------------------


def test_a_secretary_carries_a_decision_lawfully_from_proposal_to_archive(tmp_path):
    """A township secretary starts a major decision and everybody does their part until it is in the archive."""
    with open_stage(tmp_path, S1.scenes[0].at, room=True) as stage:
        S1.play(stage)
        checks = S1.expect(stage)
    assert [check for check in checks if not check.holds] == []
    assert len(checks) > 55


def test_s1_a_the_reviewer_keeps_seven_working_days_even_if_done_earlier(before):
    """(a) No meeting on 27 April: the package was complete on the 17th and seven working days end on the 28th."""
    stage = before("issue_legality_opinion")
    stage.move_to("2026-04-24 16:00")
    stage.file("justice", "D19", "合法性审查意见书及采纳情况", "合法。")
    stage.complete("justice", "issue_legality_opinion", review.legality(stage, "LEGAL", "2026-04-24 16:00"))
    S1.play(stage, start="assemble_meeting_package", until="confirm_agenda")
    stage.move_to("2026-04-24 17:00")
    with nothing_is_written_but_the_refusal(stage, "R-713-26-3"), pytest.raises(Refused) as refusal:
        Chamber.call(stage, replace(meetings.GOVERNMENT, at="2026-04-27 14:00"))
    assert "2026-04-28" in unlawful(refusal.value, "R-713-26-3")
    with nothing_is_written_but_the_refusal(stage, "R-713-26-3"):  # nor where the body has no room
        early = stage.refused(
            "director", "confirm_agenda", meetings.agenda(stage, "2026-04-27 14:00", "2026-04-24 17:00")
        )
    assert "2026-04-28" in unlawful(early, "R-713-26-3")
    S1.play(stage, start="confirm_agenda", until="report_party_committee")
    assert stage.steps_waiting() == {"report_party_committee"}


def test_s1_b_a_villagers_meeting_without_quorum_decides_nothing(before):
    """(b) 240 of 496 adults and 110 of 171 households are neither more than half nor two thirds."""
    stage = before("hold_villagers_meeting")
    poor = hearing.villagers_meetings(present=240, households_represented=110, yes=230, no=6, abstain=4)
    with nothing_is_written_but_the_refusal(stage, "R-VC-22-1"):
        refusal = stage.refused("officer", "hold_villagers_meeting", poor)
    assert "西柳村" in unlawful(refusal, "R-VC-22-1")
    S1.play(stage, start="hold_villagers_meeting", until="assess_risk")
    assert "assess_risk" in stage.steps_waiting()


def test_s1_c_villagers_are_told_ten_days_before_their_meeting(before):
    """(c) Notice on 15 March is too late for a meeting on the 22nd."""
    stage = before("hold_villagers_meeting")
    with nothing_is_written_but_the_refusal(stage, "R-VC-21-1"):
        refusal = stage.refused("officer", "hold_villagers_meeting", hearing.villagers_meetings("2026-03-15"))
    assert "2026-03-12" in unlawful(refusal, "R-VC-21-1")
    S1.play(stage, start="hold_villagers_meeting", until="publish_feedback")
    assert "publish_feedback" in stage.steps_waiting()


def test_s1_d_nothing_is_published_before_the_district_approved(before):
    """(d) Villages are dissolved by the district's approval: not before it, and not dated before it."""
    stage = before("external_approval")
    assert stage.steps_waiting() == {"external_approval"}
    with pytest.raises(LookupError, match="publish_decision"):
        stage.complete("secretary", "publish_decision", afterwards.publication("2026-06-09 09:00"))
    S1.play(stage, start="external_approval", until="publish_decision")
    with nothing_is_written_but_the_refusal(stage, "R-VC-3-1"):
        refusal = stage.refused("secretary", "publish_decision", afterwards.publication("2026-06-09 09:00"))
    assert "2026-06-10" in unlawful(refusal, "R-VC-3-1")
    S1.play(stage, start="publish_decision")
    assert status(stage) == "ENDED"


def test_s1_d_the_villagers_and_the_district_cannot_be_left_out_beforehand(before):
    """(d) Whoever tries to choose a procedure without them is refused while there is still time."""
    stage = before("determine_procedure")
    stage.complete("officer", "consult_units", beginning.consultation(stage))
    shorter = {**beginning.procedure(), "village_matter": False, "external_approval": False}
    with nothing_is_written_but_the_refusal(stage, "R-VC-3-1"):
        refusal = stage.refused("head", "determine_procedure", shorter)
    unlawful(refusal, "R-VC-3-1")
    stage.complete("head", "determine_procedure", beginning.procedure())
    assert stage.steps_waiting() == {"publish_notice", "commission_assessment"}


def test_s1_e_the_public_keeps_its_thirty_days_through_a_holiday(before):
    """(e) Thirty days from 6 March end on Qingming, so the period runs to 7 April and not to the 5th."""
    stage = before("publish_notice")
    with nothing_is_written_but_the_refusal(stage, "R-713-15-2"):
        refusal = stage.refused(
            "officer", "publish_notice", hearing.notice(stage) | {"deadline": "2026-04-05"}
        )
    reason = unlawful(refusal, "R-713-15-2")
    assert "R-CAL-4" in reason
    assert "2026-04-07" in reason
    S1.play(stage, start="publish_notice", until="comments_on_paper")
    assert stage.ask(None, f"/consultations/{stage.case_id}")["deadline"] == "2026-04-07"


def test_s1_f_the_mayor_does_not_speak_third_of_six(before):
    """(f) Whoever leads the meeting speaks last: an early word is refused and recorded, whoever writes it down."""
    stage = before("government_meeting")
    chamber = Chamber.found(stage, meetings.GOVERNMENT)
    order = tuple(reversed(meetings.GOVERNMENT.present[1:]))
    chamber.open()
    chamber.report()
    chamber.members_speak(*order[:2])
    early = {"stance": "AGREE", "text": "我看可以。"}
    reason = unlawful(turned_down(chamber, "mayor", "/statements", early, "R-713-30-3"), "R-713-30-3")
    assert [login for login in order if official(login).name in reason] == list(order[2:])
    dictated = early | {"person_id": stage.person("mayor")}
    turned_down(chamber, "recorder", "/statements", dictated, "R-713-30-3")
    turned_down(chamber, "recorder", "/votes", {}, "R-713-30-3")
    chamber.members_speak(*order[2:])
    turned_down(chamber, "recorder", "/votes", {}, "R-713-30-3")  # all but the mayor
    chamber.principal_speaks()
    chamber.vote()
    chamber.decide("APPROVE", meetings.DECISION)
    chamber.close()
    chamber.settle()
    for code in ("D22", "D23", "D24"):
        stage.file("recorder", code, "会议材料", "镇长办公会。")
    S1.play(stage, start="report_party_committee")
    wrong = [check.what for check in S1.expect(stage) if not check.holds]
    assert wrong == ["被拒绝的操作"]


def test_s1_f_nor_where_the_body_has_no_room(before):
    """(f) Step by step: not on the list of speakers, not in a member's place, not on paper."""
    stage = before("confirm_agenda")
    stage.room = False
    S1.play(stage, start="confirm_agenda", until="government_meeting")
    stage.move_to("2026-05-08 14:00")
    here = meetings.present(MAYORS_OFFICE)
    third = (here[1], here[2], "mayor", *here[3:])
    with nothing_is_written_but_the_refusal(stage, "R-713-30-3"):
        opening = meetings.opening(stage, MAYORS_OFFICE, "2026-05-08", third)
        unlawful(stage.refused("recorder", "open_meeting", opening), "R-713-30-3")

    meetings.open_and_report(stage, MAYORS_OFFICE, "2026-05-08")
    meetings.members_speak(stage, MAYORS_OFFICE, here[1:3])
    assert stage.waiting("mayor", "principal_speaks_last") == []
    theirs = stage.waiting(here[3], "member_speaks")[0]["id"]
    kept = written(stage)
    with pytest.raises(Refused) as refusal:
        stage.say("mayor", f"/tasks/{theirs}/completion", {"answers": meetings.speech()})
    assert refusal.value.status == 403
    assert written(stage) == kept
    assert events(stage)[-1]["kind"] == "act.refused"

    meetings.members_speak(stage, MAYORS_OFFICE, here[3:])
    stage.complete("mayor", "principal_speaks_last", meetings.last_word())
    stage.complete("recorder", "vote", meetings.ballots(stage, MAYORS_OFFICE))
    stage.complete("mayor", "principal_decides", meetings.outcome_of_meeting("APPROVE", "2026-05-08"))
    false = meetings.minutes(stage, MAYORS_OFFICE, "2026-05-08")
    false["speeches"].insert(2, false["speeches"].pop())
    for seq, speech in enumerate(false["speeches"], start=1):
        speech["seq"] = seq
    with nothing_is_written_but_the_refusal(stage, "R-713-30-3"):
        unlawful(stage.refused("recorder", "sign_minutes", false), "R-713-30-3")
    stage.complete("recorder", "sign_minutes", meetings.minutes(stage, MAYORS_OFFICE, "2026-05-08"))
    assert stage.steps_waiting() == {"report_party_committee"}


def test_the_principal_of_another_body_does_not_lead_this_meeting(before):
    """The party secretary leads the party committee, not the mayor's office meeting; the mayor not the committee."""
    stage = before("government_meeting")
    chamber = Chamber.found(stage, meetings.GOVERNMENT)
    chamber.open()
    chamber.report()
    word = {"stance": "AGREE", "text": "同意。"}
    chamber.members_speak()
    _is_no_meeting_of_theirs(chamber, "party.secretary", "/statements", word)
    chamber.principal_speaks()
    chamber.vote()
    decision = {"outcome": "APPROVE", "decision": "同意。"}
    _is_no_meeting_of_theirs(chamber, "party.secretary", "/decision", decision)
    chamber.decide("APPROVE", meetings.DECISION)
    chamber.close()
    chamber.settle()
    S1.play(stage, start="report_party_committee", until="party_meeting")
    stage.move_to(meetings.PARTY.at)
    committee = Chamber.found(stage, meetings.PARTY)
    committee.open()
    committee.report()
    committee.discuss()
    committee.vote()
    turned_down(committee, "mayor", "/decision", decision, "R-713-30-3", status=403)  # a member, and one vote
    committee.decide("APPROVE", meetings.DECISION)
    committee.close()
    committee.settle()
    assert stage.steps_waiting() == {"external_approval"}


def _is_no_meeting_of_theirs(chamber: Chamber, login: str, path: str, said: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        chamber.on(login, "试图", path, said)
    assert refused.value.status == 404


def test_the_principal_of_another_body_does_not_lead_it_without_a_room(before):
    """The same, step by step."""
    stage = before("confirm_agenda")
    stage.room = False
    S1.play(stage, start="confirm_agenda", until="government_meeting")
    stage.move_to("2026-05-08 14:00")
    for body, day, stranger in (
        (MAYORS_OFFICE, "2026-05-08", "party.secretary"),
        (PARTY_COMMITTEE, "2026-05-12", "mayor"),
    ):
        principal = meetings.present(body)[0]
        meetings.open_and_report(stage, body, day)
        meetings.members_speak(stage, body)
        with nothing_is_written_but_the_refusal(stage, "R-713-30-3"):
            _is_another_principals(stage, principal, stranger, "principal_speaks_last", meetings.last_word())
        stage.complete(principal, "principal_speaks_last", meetings.last_word())
        stage.complete("recorder", "vote", meetings.ballots(stage, body))
        decision = meetings.outcome_of_meeting("APPROVE", day)
        with nothing_is_written_but_the_refusal(stage, "R-713-30-3"):
            _is_another_principals(stage, principal, stranger, "principal_decides", decision)
        stage.complete(principal, "principal_decides", decision)
        stage.complete("recorder", "sign_minutes", meetings.minutes(stage, body, day))
        if body == MAYORS_OFFICE:
            S1.play(stage, start="report_party_committee", until="party_meeting")
    assert stage.steps_waiting() == {"external_approval"}


def _is_another_principals(stage, principal, stranger, step, answers):
    """The task waits for *principal* only: *stranger*, a principal too, neither sees nor does it."""
    [task] = stage.waiting(principal, step)
    assert stage.waiting(stranger, step) == []
    with pytest.raises(Refused) as refused:
        stage.say(stranger, f"/tasks/{task['id']}/completion", {"answers": answers})
    assert refused.value.status == 403


def test_the_head_of_government_signs_or_whom_the_head_asked_to_but_not_another_principal(before):
    """The party secretary does not sign for the government; a deputy may, asked by the mayor, in that name."""
    stage = before("sign_decision")
    paper = stage.file("secretary", "D28", "决策正式文本", "青政发〔2026〕5号。", public=True)
    with nothing_is_written_but_the_refusal(stage, "R-ORG-6-1"):
        refusal = stage.refused("party.secretary", "sign_decision", afterwards.signature(paper))
    unlawful(refusal, "R-ORG-6-1")
    with pytest.raises(LookupError):
        stage.complete("deputy1", "sign_decision", afterwards.signature(paper))
    stage.say(
        "mayor",
        "/delegations",
        {
            "organ_id": stage.town.organ_id,
            "to": stage.person("deputy1"),
            "role": "principal",
            "since": "2026-06-11",
            "until": "2026-06-11",
            "reason": "镇长外出开会。",
        },
    )
    stage.complete("deputy1", "sign_decision", afterwards.signature(paper))
    acted = events(stage)[-1]
    assert acted["actor"] == "顾明礼"
    assert acted["body"]["actor"]["for"] == stage.person("mayor")
    assert stage.steps_waiting() == {"publish_decision"}


# -- other ways ------------------------------------------------------------------------------------------------


def test_a_proposal_the_organ_does_not_start_ends_there(before):
    """A proposal may be declined: the case ends, and what was said stays on file."""
    stage = before("decide_initiation")
    stage.complete("mayor", "decide_initiation", beginning.initiation("NOT_START"))
    assert (status(stage), stage.steps_waiting()) == ("ENDED", set())
    assert stage.ask("auditor", f"/cases/{stage.case_id}")["ending"] == "main_not_started"
    with pytest.raises(LookupError):
        stage.complete("officer", "draft_decision", {})


def test_an_illegal_draft_goes_back_to_the_drafting_table_and_to_a_new_review(before):
    """What the reviewer finds illegal is not discussed; drafted anew, it is heard, assessed and reviewed again."""
    stage = before("issue_legality_opinion")
    stage.complete("justice", "issue_legality_opinion", review.legality(stage, "ILLEGAL", "2026-04-28 10:00"))
    assert stage.steps_waiting() == {"handle_refused_draft"}
    stage.complete("head", "handle_refused_draft", {"outcome": "REDRAFT", "reasons": "按审查意见重新拟订。"})
    assert stage.steps_waiting() == {"draft_decision"}
    stage.revise("officer", "draft", "重新拟订的决策草案")
    stage.complete("officer", "draft_decision", beginning.drafting(stage))
    stage.complete("officer", "consult_units", beginning.consultation(stage))
    stage.complete("head", "determine_procedure", beginning.procedure())
    stage.move_to("2026-05-06 09:00")
    again = {"published_at": moment("2026-05-06 09:00"), "deadline": "2026-06-05", "hold_symposium": False}
    stage.complete("officer", "publish_notice", hearing.notice(stage) | again)
    hearing.commission_assessment.act(stage)
    stage.move_to("2026-05-25 09:00")
    stage.complete(
        "officer", "hold_villagers_meeting", hearing.villagers_meetings("2026-05-10", "2026-05-22")
    )
    assert stage.move_to("2026-06-08 09:00") == 1
    nothing_new = {"comments_received": 0, "points": [], "summary": "第二次征求意见期间未收到新的意见。"}
    stage.complete("officer", "handle_comments", nothing_new)
    for scene in (hearing.publish_feedback, review.assess_risk, review.finalize_draft):
        scene.act(stage)
    stage.complete("officer", "submit_review_package", review.package(stage, "2026-06-18"))
    later = review.complete_package() | {"package_complete_at": moment("2026-06-08 15:00")}
    stage.complete("justice", "check_review_package", later)
    assert stage.steps_waiting() == {"legal_adviser_opinion"}
    review.legal_adviser_opinion.act(stage)
    stage.complete("justice", "issue_legality_opinion", review.legality(stage, "LEGAL", "2026-06-18 10:00"))
    assert stage.steps_waiting() == {"assemble_meeting_package"}


def test_a_draft_legal_after_revision_waits_for_the_reviewers_confirmation(before):
    """A revision demanded is made, and only the reviewer's word on the new version opens the meeting."""
    stage = before("issue_legality_opinion")
    asked = review.legality(
        stage, "LEGAL_AFTER_REVISION", "2026-04-28 10:00", revisions=["第四条写明补贴依据。"]
    )
    stage.complete("justice", "issue_legality_opinion", asked)
    assert stage.steps_waiting() == {"adjust_draft"}
    stage.revise("officer", "draft", "按审查意见修改后的草案")
    change = {
        "draft_ref": stage.papers["draft"],
        "substantive": False,
        "reason": "合法性审查意见",
        "changes": "第四条补充依据。",
        "responses": [{"finding": "第四条写明补贴依据。", "handling": "ADOPTED"}],
    }
    stage.complete("officer", "adjust_draft", change)
    assert stage.steps_waiting() == {"issue_legality_opinion"}
    stage.move_to("2026-04-30 10:00")
    confirmed = review.legality(
        stage, "LEGAL_AFTER_REVISION", "2026-04-30 10:00", confirmed=True, revisions=["第四条写明补贴依据。"]
    )
    stage.complete("justice", "issue_legality_opinion", confirmed)
    assert stage.steps_waiting() == {"assemble_meeting_package"}
    stage.file("justice", "D19", "合法性审查意见书及采纳情况", "已按意见修改，予以确认。")
    S1.play(stage, start="assemble_meeting_package", until="government_meeting")
    stage.move_to(meetings.GOVERNMENT.at)
    chamber = Chamber.found(stage, meetings.GOVERNMENT)
    chamber.open()
    chamber.report()
    chamber.members_speak(meetings.GOVERNMENT.present[1])


def test_a_silent_reviewer_has_not_agreed(before):
    """When the reviewer's time is over the reviewer is urged, and nothing goes to the meeting by itself."""
    stage = before("issue_legality_opinion")
    assert stage.move_to("2026-05-20 09:00") == 1
    assert stage.steps_waiting() == {"issue_legality_opinion"}
    assert stage.move_to("2026-08-20 09:00") == 0
    late = review.legality(stage, "LEGAL", "2026-08-20 09:00")
    stage.complete("justice", "issue_legality_opinion", late)
    assert stage.steps_waiting() == {"assemble_meeting_package"}


def test_a_risk_out_of_control_sends_the_draft_back_and_is_assessed_anew(before):
    """Not controllable: the draft is adjusted and assessed again before anybody finds otherwise."""
    stage = before("assess_risk")
    report = stage.file("assessor", "D15", "社会稳定风险评估报告", "风险不可控。", name="risk")
    stage.complete("assessor", "assess_risk", review.assessment(report))
    stage.complete("mayor", "determine_risk", review.determination("UNCONTROLLABLE"))
    assert stage.steps_waiting() == {"adjust_draft"}
    stage.revise("officer", "draft", "增加防范措施后的草案")
    change = {
        "draft_ref": stage.papers["draft"],
        "substantive": True,
        "reason": "风险不可控",
        "changes": "增加过渡期和补助措施。",
    }
    stage.complete("officer", "adjust_draft", change)
    assert stage.steps_waiting() == {"assess_risk"}
    report = stage.file("assessor", "D15", "社会稳定风险评估报告（调整稿）", "风险可控。", name="risk")
    stage.complete("assessor", "assess_risk", review.assessment(report))
    stage.complete("mayor", "determine_risk", review.determination())
    assert stage.steps_waiting() == {"finalize_draft"}


def test_a_deferred_item_comes_back_to_a_second_meeting(before):
    """Deferring sends the item back; a second meeting, called anew, decides it."""
    stage = before("government_meeting")
    here = meetings.GOVERNMENT.present
    chamber = Chamber.found(stage, meetings.GOVERNMENT)
    chamber.open()
    chamber.report()
    chamber.discuss(**dict.fromkeys(here, "DEFER"))
    assert not chamber.vote(**dict.fromkeys(here, "NO"))["passed"]
    chamber.decide("DEFER", "暂缓，补充村干部安置细则后再议。", divided=True, deferred_until="2026-05-20")
    chamber.close()
    chamber.settle()
    assert stage.steps_waiting() == {"assemble_meeting_package"}
    stage.move_to("2026-05-18 09:00")
    stage.complete("officer", "assemble_meeting_package", meetings.meeting_package(stage))
    again = Chamber.call(stage, replace(meetings.GOVERNMENT, at="2026-05-20 14:00"))
    stage.move_to("2026-05-20 14:00")
    again.hold(meetings.DECISION)
    assert again.meeting != chamber.meeting
    assert stage.steps_waiting() == {"report_party_committee"}


def test_a_deferred_item_comes_back_where_the_body_has_no_room(before):
    """The same, step by step."""
    stage = before("confirm_agenda")
    stage.room = False
    S1.play(stage, start="confirm_agenda", until="government_meeting")
    stage.move_to("2026-05-08 14:00")
    here = meetings.present(MAYORS_OFFICE)
    meetings.open_and_report(stage, MAYORS_OFFICE, "2026-05-08")
    for login in here[1:]:
        stage.complete(login, "member_speaks", meetings.speech("DEFER", "村干部安置细则尚不明确，建议暂缓。"))
    stage.complete("mayor", "principal_speaks_last", meetings.last_word("DEFER"))
    votes = dict.fromkeys(here, "NO")
    stage.complete("recorder", "vote", meetings.ballots(stage, MAYORS_OFFICE, **votes))
    deferred = meetings.outcome_of_meeting("DEFER", "2026-05-08", divided=True, deferred_until="2026-05-20")
    stage.complete("mayor", "principal_decides", deferred)
    stage.complete("recorder", "sign_minutes", meetings.minutes(stage, MAYORS_OFFICE, "2026-05-08"))
    assert stage.steps_waiting() == {"assemble_meeting_package"}
    stage.move_to("2026-05-18 09:00")
    stage.complete("officer", "assemble_meeting_package", meetings.meeting_package(stage))
    stage.complete(
        "director", "confirm_agenda", meetings.agenda(stage, "2026-05-20 14:00", "2026-05-18 09:00")
    )
    stage.move_to("2026-05-20 14:00")
    meetings.open_and_report(stage, MAYORS_OFFICE, "2026-05-20")
    assert len(stage.waiting(here[1], "member_speaks")) == 1
    meetings.members_speak(stage, MAYORS_OFFICE)
    meetings.conclude(stage, MAYORS_OFFICE, "2026-05-20")
    assert stage.steps_waiting() == {"report_party_committee"}


def test_an_exception_is_possible_where_the_law_knows_one_and_stands_on_the_register(before):
    """A shorter comment period needs its reason in the notice, and an exception somebody approved, kept in the log."""
    stage = before("publish_notice")
    reason = "汛期将至，须在汛前完成搬迁安置事项。"
    shorter = hearing.notice(stage) | {"deadline": "2026-03-20"}
    claim = [{"rule": "R-713-15-2", "reason": reason, "approver": stage.person("mayor")}]
    with nothing_is_written_but_the_refusal(stage, "R-713-15-2"):
        unlawful(
            stage.refused("officer", "publish_notice", shorter | {"shortening_reason": reason}), "R-713-15-2"
        )
    with nothing_is_written_but_the_refusal(stage, "R-713-15-3"):
        unlawful(stage.refused("officer", "publish_notice", shorter, exceptions=claim), "R-713-15-3")
    stage.complete("officer", "publish_notice", shorter | {"shortening_reason": reason}, exceptions=claim)
    assert events(stage)[-1]["body"]["exceptions"] == ["R-713-15-2"]
    assert stage.ask(None, f"/consultations/{stage.case_id}")["notice"]["shortening_reason"] == reason
    assert stage.move_to("2026-03-20 23:59") == 0
    assert stage.move_to("2026-03-21 00:00") == 1


def test_a_period_that_ended_while_the_house_was_down_ends_exactly_once(before):
    """The service stood still for two weeks; when it is back the comment period ends, once, and the case goes on."""
    stage = before("period_ends")
    stage.move_clock_only("2026-04-21 08:00")
    assert "handle_comments" not in stage.steps_waiting()
    assert [stage.run_worker() for _ in range(3)] == [1, 0, 0]
    fired = [one for one in events(stage) if one["kind"] == "timer.fired"]
    assert len(fired) == 1
    assert fired[0]["body"]["due"].startswith("2026-04-07T16:00")
    assert fired[0]["at"].startswith("2026-04-21")
    assert "handle_comments" in stage.steps_waiting()


def suspended(stage: Stage) -> None:
    """Let the executor report an urgent problem and the mayor suspend the execution on 30 June."""
    paper = stage.file("executor", "D31", "执行问题报告", "发现资产权属争议。")
    trouble = afterwards.execution("PROBLEM", "2026-06-30", paper)
    stage.complete("executor", "report_execution", trouble)
    stage.complete(
        "executor",
        "report_problem",
        {
            "urgent": True,
            "art35_type": "PROBLEM",
            "found_at": moment("2026-06-30 09:00"),
            "reported_at": moment("2026-06-30 15:00"),
            "description": "集体资产权属发生争议，村民聚集。",
            "effect": "继续移交可能激化矛盾。",
        },
    )
    stage.complete(
        "mayor",
        "suspend_execution",
        {
            "outcome": "SUSPEND",
            "reason": "先行中止资产移交。",
            "art35_type": "PROBLEM",
            "urgent_reason": "已有村民聚集，须立即处置。",
        },
    )


def test_a_suspension_nobody_confirms_lapses_after_fifteen_days(before):
    """The head may suspend alone, but not for long: without the meeting's confirmation execution resumes."""
    stage = before("first_report")
    suspended(stage)
    assert status(stage) == "SUSPENDED"
    assert "confirm_suspension" in stage.steps_waiting()
    assert stage.move_to("2026-07-15 23:59") == 0
    assert stage.move_to("2026-07-16 00:00") == 1
    assert "confirm_suspension" not in stage.steps_waiting()
    assert "report_execution" in stage.steps_waiting()
    assert status(stage) == "RUNNING"


def test_a_suspension_the_meeting_lifts_needs_no_timer_any_more(before):
    """The next meeting lifts the suspension: execution goes on and no deadline is left behind."""
    stage = before("first_report")
    suspended(stage)
    stage.move_to("2026-07-07 10:00")
    stage.complete(
        "mayor",
        "confirm_suspension",
        {
            "outcome": "LIFTED",
            "confirm_meeting": "镇长办公会",
            "decided_on": "2026-07-07",
            "reasons": "争议已调解。",
        },
    )
    assert status(stage) == "RUNNING"
    assert stage.ask("auditor", f"/cases/{stage.case_id}/diagram")["timers"] == []
    assert stage.move_to("2026-08-01 00:00") == 0


# -- the teller ---------------------------------------------------------------------------------------------------


def test_a_story_that_does_not_end_as_promised_says_so_and_fails(monkeypatch):
    """Whoever runs the demonstration sees what differs, and the exit code is not zero."""
    from rich.console import Console

    opening = S1.scenes[:1]
    kept = Story("S0", "只登记", opening, lambda stage: [Check("状态", "RUNNING", status(stage))])
    broken = Story("S0", "只登记", opening, lambda stage: [Check("状态", "ENDED", status(stage))])
    console = Console(record=True, file=io.StringIO())
    monkeypatch.setattr(player, "STORIES", {"kept": kept, "broken": broken})
    assert player.play("kept", console) == 0
    assert "全部1项与预期一致" in console.export_text()
    assert player.play("broken", console) == 1
    told = console.export_text()
    assert "1项与预期不一致" in told
    assert "应为 ENDED，实为 RUNNING" in told
    assert "登记决策事项建议" in told
