"""Before the collective discussion: what is still to be done is said with its article, and the way there is shut."""

from __future__ import annotations

from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from tests.web.conftest import Enter


def test_the_way_to_the_meeting_is_shut_with_its_reason_until_every_stage_is_done(
    stage: Stage, enter: Enter
) -> None:
    """Criterion 21: during participation it says what is missing; when the package waits, nothing is missing."""
    S1.play(stage, until="comments_online")
    page = enter("secretary").open(f"/cases/{stage.case_id}").text
    assert "提请集体讨论前须完成" in page
    assert "尚未完成：公众参与" in page
    assert "国务院令第713号第14—18条" in page
    assert 'aria-disabled="true"' in page
    S1.play(stage, start="comments_online", until="assemble_meeting_package")
    assert stage.waiting("officer", "assemble_meeting_package")
    later = enter("secretary").open(f"/cases/{stage.case_id}").text
    assert "尚未完成" not in later
