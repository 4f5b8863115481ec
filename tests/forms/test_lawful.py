"""The examples are lawful: told in order as scenario S1, no rule in force objects to any of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from examples import CABINET, COMMITTEE, EXAMPLES, PARTY_MEETING, PERSONS

from decision_engine import forms, rules
from decision_engine.calendar import SHANGHAI, WorkCalendar

S1 = (
    ("register_proposal", "2026-02-24", "secretary"),
    ("study_proposal", "2026-02-25", "officer"),
    ("decide_initiation", "2026-02-26", "mayor"),
    ("assign_lead_unit", "2026-02-26", "office_director"),
    ("draft_decision", "2026-03-02", "officer"),
    ("consult_units", "2026-03-04", "officer"),
    ("determine_procedure", "2026-03-05", "unit_head"),
    ("publish_notice", "2026-03-06", "officer"),
    ("commission_assessment", "2026-03-09", "officer"),
    ("hold_villagers_meeting", "2026-03-23", "officer"),
    ("handle_comments", "2026-04-10", "officer"),
    ("publish_feedback", "2026-04-13", "officer"),
    ("finalize_draft", "2026-04-13", "officer"),
    ("assess_risk", "2026-04-14", "assessor"),
    ("determine_risk", "2026-04-14", "mayor"),
    ("submit_review_package", "2026-04-15", "officer"),
    ("check_review_package", "2026-04-17", "legal_officer"),
    ("legal_adviser_opinion", "2026-04-24", "legal_adviser"),
    ("issue_legality_opinion", "2026-04-28", "legal_officer"),
    ("assemble_meeting_package", "2026-04-29", "officer"),
    ("confirm_agenda", "2026-05-06", "office_director"),
    ("mayor's meeting", "2026-05-08", "mayor"),
    ("report_party_committee", "2026-05-08", "secretary"),
    ("party meeting", "2026-05-12", "party_secretary"),
    ("external_approval", "2026-06-10", "secretary"),
    ("sign_decision", "2026-06-11", "mayor"),
    ("publish_decision", "2026-06-12", "secretary"),
    ("interpret_policy", "2026-06-12", "officer"),
    ("name_executor", "2026-06-15", "office_director"),
    ("archive_dossier", "2026-06-30", "archivist"),
    ("report_execution", "2026-10-31", "unit_head"),
)
EVERYTHING = tuple(
    sorted(
        (
            *S1,
            ("hold_symposium", "2026-03-18", "officer"),
            ("run_survey", "2026-03-20", "officer"),
            ("hold_hearing", "2026-04-05", "officer"),
            ("select_experts", "2026-04-08", "officer"),
            *(("expert_opinion", "2026-04-09", name) for name in ("expert_1", "expert_2", "expert_3")),
            ("summarise_argumentation", "2026-04-11", "officer"),
            ("fair_competition_review", "2026-04-14", "market_regulator"),
            ("supplement_package", "2026-04-16", "officer"),
            ("report_npc", "2026-05-20", "secretary"),
            ("report_problem", "2026-07-20", "unit_head"),
            ("suspend_execution", "2026-07-21", "mayor"),
            ("raise_objection", "2026-07-22", "unit_head"),
            ("answer_objection", "2026-07-23", "mayor"),
            ("confirm_suspension", "2026-07-28", "mayor"),
            ("order_evaluation", "2026-11-02", "mayor"),
            ("plan_evaluation", "2026-11-03", "assessor"),
            ("investigate_effects", "2026-11-04", "assessor"),
            ("report_evaluation", "2026-11-05", "assessor"),
            ("decide_evaluation_outcome", "2026-11-06", "mayor"),
            ("adjust_or_terminate", "2026-11-09", "secretary"),
        ),
        key=lambda act: act[1],
    )
)
"""S1 with every stage it did without, in the order of the days (acts of one day as listed)."""
CHANGED = {
    "archive_dossier": {
        "dossier": [
            {"code": one["code"], "status": "FILED", "retention": "PERMANENT"}
            if one["code"] in {"D11", "D12", "D14", "D16"}
            else one
            for one in EXAMPLES["archive_dossier"]["dossier"]
        ]
    },
    "report_problem": {"urgent": True},
    "decide_evaluation_outcome": {"outcome": "ADJUST_MINOR"},
}
"""What else is then true: more papers are filed, the problem is urgent, the evaluation asks for an adjustment."""
COMMENTS = tuple(
    rules.Comment(f"{number:032x}", datetime(2026, 3, 20, 9, tzinfo=SHANGHAI), channel="ONLINE", text="意见")
    for number in range(EXAMPLES["handle_comments"]["comments_received"])
)
HANDLED = {
    **EXAMPLES["handle_comments"],
    "points": [
        {**EXAMPLES["handle_comments"]["points"][0], "comments": [one.id for one in COMMENTS]},
        *EXAMPLES["handle_comments"]["points"][1:],
    ],
}
"""The comments that were received, and the first point that sums them up."""
MEETINGS = {"mayor's meeting": EXAMPLES, "party meeting": PARTY_MEETING}
ORDER = (
    "open_meeting",
    "report_item",
    "member_speaks",
    "principal_speaks_last",
    "vote",
    "principal_decides",
    "sign_minutes",
)
BODIES = {
    kind: rules.Body(kind, PERSONS[members[0]], tuple(PERSONS[name] for name in members))
    for kind, members in (("mayor_office_meeting", CABINET), ("party_committee", COMMITTEE))
}
ROLES = {
    "expert_opinion": "expert",
    "issue_legality_opinion": "legal_officer",
    "legal_adviser_opinion": "legal_adviser",
    "member_speaks": "meeting_member",
    "principal_decides": "principal",
    "principal_speaks_last": "principal",
    "suspend_execution": "principal",
}
DRAFTING = ("draft_decision", "finalize_draft", "adjust_draft")


def acts(story: tuple[tuple[str, str, str], ...]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield step, day, person (id) and answers; a meeting is its steps, each member speaking once."""
    for step, day, name in story:
        if step not in MEETINGS:
            yield step, day, PERSONS[name], HANDLED if step == "handle_comments" else EXAMPLES[step]
            continue
        said = MEETINGS[step]
        for part in ORDER:
            match part:
                case "member_speaks":
                    people = said["open_meeting"]["speakers"]
                case "principal_speaks_last" | "principal_decides":
                    people = [PERSONS[name]]
                case "report_item":
                    people = [PERSONS["officer"]]
                case _:
                    people = [PERSONS["recorder"]]
            for person in people:
                yield part, day, person, said[part]


def judged(
    story: tuple[tuple[str, str, str], ...], changed: dict[str, Any]
) -> list[tuple[str, rules.Finding]]:
    """Tell *story* with some answers *changed*; return every finding with the step it was made at."""
    records: list[rules.Record] = []
    drafts: list[rules.Draft] = []
    findings: list[tuple[str, rules.Finding]] = []
    for step, day, person, answers in acts(story):
        seq = len(records) + 1
        at = datetime.fromisoformat(day).replace(hour=9, tzinfo=SHANGHAI) + timedelta(seconds=seq)
        if step in DRAFTING:
            drafts.append(rules.Draft(len(drafts) + 1, f"{seq:064x}", at, person))
        records.append(
            rules.Record(
                seq=seq,
                kind=step,
                data=forms.load(step, {**answers, **changed.get(step, {})}),
                at=at,
                author=person,
                role=ROLES.get(step),
                draft=drafts[-1].hash if drafts else None,
                item=person if step in {"member_speaks", "expert_opinion"} else None,
            )
        )
        facts = rules.Facts(
            gate=step,
            records=tuple(records),
            now=at,
            calendar=WorkCalendar.standard(),
            organ=rules.Organ("qinghe", "town", ("national",), "青禾镇人民政府"),
            bodies=BODIES,
            drafts=tuple(drafts),
            comments=COMMENTS,
        )
        findings += [(step, finding) for finding in rules.examine(step, facts)]
    return findings


def broken(findings: list[tuple[str, rules.Finding]]) -> set[tuple[str, str]]:
    return {(step, finding.rule) for step, finding in findings if finding.outcome is rules.Outcome.BROKEN}


def test_no_rule_objects_to_s1_as_the_examples_tell_it():
    findings = judged(S1, {})
    assert broken(findings) == set()
    assert Counter(finding.outcome for _, finding in findings)[rules.Outcome.MET] > 80


def test_no_rule_objects_to_the_stages_s1_did_without():
    assert broken(judged(EVERYTHING, CHANGED)) == set()


def test_every_example_but_the_ways_back_is_part_of_the_story():
    told = {step for step, *_ in acts(EVERYTHING)}
    # advice to whoever does a step, and what only a meeting room puts in; no steps of the story
    beside = {"countersign_opinion", "member_arrives", "member_leaves", "member_recuses"}
    assert set(EXAMPLES) - told - beside == {"adjust_draft", "handle_refused_draft", "record_non_publication"}


def test_a_villagers_notice_too_late_is_objected_to():
    """S1, mutation (c): the objection comes from the rules, so a silent story would not mean nobody looks."""
    meetings = [{**one, "notice_on": "2026-03-15"} for one in EXAMPLES["hold_villagers_meeting"]["meetings"]]
    findings = judged(S1, {"hold_villagers_meeting": {"meetings": meetings}})
    assert ("hold_villagers_meeting", "R-VC-21-1") in broken(findings)
