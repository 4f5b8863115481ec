"""Story S1: three villages that have moved into a town community dissolve their committees (domain.md section 13)."""

from decision_engine.demo.s1 import afterwards, beginning, hearing, meetings, review
from decision_engine.demo.s1.promises import expected
from decision_engine.demo.story import Story

S1 = Story(
    "S1",
    "撤销三个村委会",
    (
        beginning.register_proposal,
        beginning.study_proposal,
        beginning.decide_initiation,
        beginning.draft_decision,
        beginning.determine_procedure,
        hearing.publish_notice,
        hearing.commission_assessment,
        hearing.comments_online,
        hearing.comments_on_paper,
        hearing.hold_symposium,
        hearing.hold_villagers_meeting,
        hearing.last_evening,
        hearing.period_ends,
        hearing.handle_comments,
        hearing.publish_feedback,
        review.assess_risk,
        review.finalize_draft,
        review.submit_review_package,
        review.ask_for_supplement,
        review.supplement_package,
        review.legal_adviser_opinion,
        review.issue_legality_opinion,
        meetings.assemble_meeting_package,
        meetings.confirm_agenda,
        meetings.government_meeting,
        meetings.report_party_committee,
        meetings.party_meeting,
        afterwards.send_for_approval,
        afterwards.external_approval,
        afterwards.sign_decision,
        afterwards.publish_decision,
        afterwards.name_executor,
        afterwards.first_report,
        afterwards.archive_dossier,
        afterwards.last_report,
    ),
    expected,
)

__all__ = ["S1"]
