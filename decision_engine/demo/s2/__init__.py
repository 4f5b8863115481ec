"""Story S2: a fee the town may not set is refused, drafted anew, decided against one vote (domain.md section 13)."""

from decision_engine.demo.s2 import afterwards, first, meetings, review, second
from decision_engine.demo.s2.promises import expected
from decision_engine.demo.story import Story

S2 = Story(
    "S2",
    "农村生活垃圾收费：审查不合法，重新拟订后通过",
    (
        first.register_proposal,
        first.decide_initiation,
        first.draft_decision,
        first.publish_notice,
        first.comments,
        first.period_ends,
        first.handle_comments,
        first.submit_review_package,
        first.check_review_package,
        first.refuse_first_draft,
        first.redraft,
        second.draft_again,
        second.notice_again,
        second.comments_again,
        second.examine,
        review.submit_again,
        review.check_again,
        review.legal_after_revision,
        review.revise,
        review.confirm,
        meetings.assemble_meeting_package,
        meetings.confirm_agenda,
        meetings.government_meeting,
        meetings.report_party_committee,
        meetings.party_meeting,
        afterwards.sign_decision,
        afterwards.publish_decision,
        afterwards.archive_dossier,
    ),
    expected,
)

__all__ = ["S2"]
