"""Story S3: a school is not merged by force (domain.md section 13); played by the district, not by the town.

Participation and risk run side by side in the procedure. The notice of 9 March announces a survey and a hearing; the
survey comes first. While the hearing is still to be held, the risk of the first draft is found not controllable and
the draft is adjusted: so the hearing, announced anew on 6 May with the second draft, hears that draft, and the
second assessment can weigh what was said there. Opinions are handled once, after the hearing.
"""

from decision_engine.demo.s3 import beginning, deciding, hearing, risk
from decision_engine.demo.s3.promises import expected
from decision_engine.demo.story import Story

S3 = Story(
    "S3",
    "学校撤并：风险不可控，调整后通过",
    (
        beginning.register_proposal,
        beginning.decide_initiation,
        beginning.draft_decision,
        beginning.publish_notice,
        beginning.comments,
        beginning.run_survey,
        risk.first_assessment,
        risk.adjust_draft,
        hearing.announce_hearing,
        hearing.hold_hearing,
        hearing.handle_comments,
        risk.second_assessment,
        hearing.argue,
        deciding.submit_review_package,
        deciding.check_review_package,
        deciding.issue_legality_opinion,
        deciding.assemble_meeting_package,
        deciding.confirm_agenda,
        deciding.executive_meeting,
        deciding.report_party_committee,
        deciding.external_approval,
        deciding.sign_decision,
        deciding.publish_decision,
        deciding.archive_dossier,
    ),
    expected,
)

__all__ = ["S3"]
