"""What stands in the way is said before anything is sent: on the case, and on the page of each step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from decision_engine import forms, rules
from decision_engine.access import Actor
from decision_engine.commands import foresight
from decision_engine.commands.rooms import STEPS
from decision_engine.demo.s1 import S1, beginning
from decision_engine.demo.stage import Stage
from decision_engine.models import Case, Task
from decision_engine.queries import definitions
from decision_engine.queries.casefile import open_file
from decision_engine.work import Work, reading, standings_of
from tests.api.meeting_hall import meeting_in_force
from tests.web.conftest import Enter, Sheet
from tests.web.test_sittings import DEPUTIES, WHEN, called


def looking(stage: Stage, login: str, look: Any) -> Any:
    """Let *look* see the house as *login* does, now."""
    person = stage.town.persons[login]
    with stage.house.reading() as session:
        standings = standings_of(session, person, stage.house.clock.now().date())
    with reading(stage.house, as_actor=Actor(person, login, standings)) as work:
        return look(work)


def of_gate(stage: Stage, gate: str) -> dict[str, foresight.Foreseen]:
    """What the rules of *gate* would say of an empty answer to it now, by rule."""

    def look(work: Work) -> dict[str, foresight.Foreseen]:
        case = work.session.get_one(Case, stage.case_id)
        pending = rules.Record(1_000_000, gate, {}, work.now, work.actor.person_id)
        found = foresight.of_gate(work, open_file(work, case, gate), gate, pending)
        return {one.finding.rule: one for one in found}

    seen: dict[str, foresight.Foreseen] = looking(stage, "officer", look)
    return seen


def test_the_way_to_the_meeting_is_shut_with_its_reason_until_every_stage_is_done(
    stage: Stage, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Criterion 21; and of every step done on the way the gate says what was foreseen of it."""
    S1.play(stage, until="comments_online")
    page = enter("secretary").open(f"/cases/{stage.case_id}").text
    assert "提请集体讨论前须完成" in page
    assert "尚未完成：公众参与" in page
    assert "国务院令第713号第十四条至第十八条" in page
    assert 'aria-disabled="true"' in page
    agreed = foreseen_as_it_came(stage, monkeypatch)
    S1.play(stage, start="comments_online", until="assemble_meeting_package")
    assert stage.waiting("officer", "assemble_meeting_package")
    later = enter("secretary").open(f"/cases/{stage.case_id}").text
    assert "尚未完成" not in later
    assert len(agreed) >= 12
    assert [step for step, same in agreed if not same] == []


def foreseen_as_it_came(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """From now on note of every step done whether it had been foreseen as open."""
    agreed: list[tuple[str, bool]] = []
    complete = stage.complete

    def foresee(work: Work, task_id: str, answers: Mapping[str, Any]) -> bool:
        task = work.session.get_one(Task, task_id)
        case = work.session.get_one(Case, task.case_id)
        reads = definitions.fields_read(definitions.compiled(work.session, case.definition_hash), task.step)
        seen = foresight.of_task(work, case, task, forms.load(task.step, answers, reads))
        return not seen.shut and not seen.broken

    def watched(login: str, step: str, answers: Mapping[str, Any], **more: Any) -> Any:
        task = stage.waiting(login, step)[0]["id"]
        if not more:
            agreed.append((step, looking(stage, login, lambda work: foresee(work, task, answers))))
        return complete(login, step, answers, **more)

    monkeypatch.setattr(stage, "complete", watched, raising=True)
    return agreed


def test_a_period_that_runs_shuts_its_step_until_the_day_after_its_last(stage: Stage) -> None:
    """Article 15: no answer opens what only waiting opens; on the day foreseen the rule itself is met."""
    S1.play(stage, until="comments_online")
    running = of_gate(stage, "handle_comments")["R-713-15-2"]
    assert running.finding.blocks
    assert running.settled
    assert running.opens_on == date(2026, 4, 8)
    stage.house.clock.move_to(datetime(2026, 4, 7, 15, 59, tzinfo=UTC))  # type: ignore[attr-defined]
    assert of_gate(stage, "handle_comments")["R-713-15-2"].finding.blocks
    stage.house.clock.move_to(datetime(2026, 4, 7, 16, 0, tzinfo=UTC))  # type: ignore[attr-defined]
    assert not of_gate(stage, "handle_comments")["R-713-15-2"].finding.blocks


def test_what_waiting_does_not_cure_opens_on_no_day(stage: Stage) -> None:
    """Article 25: without a review the meeting stays shut, however long one waits."""
    S1.play(stage, until="comments_online")
    unreviewed = of_gate(stage, "confirm_agenda")["R-713-25-1"]
    assert unreviewed.shuts
    assert unreviewed.opens_on is None


# -- on the page -----------------------------------------------------------------------------------------


def words_beside(sheet: Sheet) -> list[str]:
    """The words beside the conditions a step's page shows."""
    return [one.text for one in sheet.tree.xpath('//*[@id="gate"]//li/span[contains(@class, "tag")]')]


def shut(sheet: Sheet) -> list[str]:
    """What is said at the buttons of the step's form that are shut."""
    return [
        " ".join("".join(one.getparent().itertext()).split())
        for one in sheet.tree.xpath('//form[@data-draft]//button[@aria-disabled="true"]')
    ]


def test_what_answers_decide_shuts_nothing_and_a_view_still_to_come_does(stage: Stage, enter: Enter) -> None:
    stage.open_case("secretary", beginning.TITLE)
    task = stage.waiting("secretary", "register_proposal")[0]["id"]
    secretary = enter("secretary")
    sheet = secretary.open(f"/tasks/{task}")
    assert shut(sheet) == []
    assert "依填写内容" in words_beside(sheet)
    secretary.send(
        sheet, "/countersigns", persons=[stage.town.persons["justice"]], question="是否属于重大事项？"
    )
    asked = secretary.open(f"/tasks/{task}")
    assert "还有1份加签意见尚未反馈" in shut(asked)[0]


def test_a_step_of_a_meeting_with_a_room_leads_there(stage: Stage, enter: Enter) -> None:
    meeting_in_force(stage)
    meeting = called(stage)
    stage.move_to(WHEN)
    meeting.opens("mayor", *DEPUTIES)
    with stage.house.reading() as session:
        task = session.scalars(select(Task).where(Task.step.in_(STEPS), Task.status == "OPEN")).first()
    assert task is not None
    sheet = enter("recorder").open(f"/tasks/{task.id}")
    assert f"/meetings/{meeting.id}" in sheet.links()
    assert not sheet.tree.xpath("//form[@data-draft]"), "it is not done here"
