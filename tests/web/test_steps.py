"""A step in hand, at the page door: the form, the draft, the check, handing it in, and what stands in the way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from decision_engine.demo.s1 import S1, beginning, hearing, review
from decision_engine.demo.stage import Stage
from decision_engine.models import Draft, Event, Record, Task
from decision_engine.work import House
from tests.web.conftest import Enter, Sheet, Visitor


def typed(answers: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Answers as a form sends them: (path, text)."""
    match answers:
        case dict():
            for name, value in answers.items():
                yield from typed(value, f"{path}.{name}" if path else name)
        case list() if answers and isinstance(answers[0], dict):
            for number, row in enumerate(answers):
                yield from typed(row, f"{path}.{number}")
        case list():
            for one in answers:
                yield from typed(one, path)
        case bool():
            yield path, "true" if answers else "false"
        case _:
            yield path, str(answers)


def fill_in(
    visitor: Visitor, sheet: Sheet, task_id: str, answers: Any, *, status: int = 200, **more: str
) -> Sheet:
    """Send the step's form with *answers* in it, as a browser with the rows already added."""
    hidden = dict(sheet.form(f"/tasks/{task_id}").form_values())
    kept = [(name, hidden[name]) for name in ("csrf_token", "_key") if name in hidden]
    return visitor.post(
        f"/tasks/{task_id}", MultiDict([*kept, *typed(answers), *more.items()]), status=status
    )


@pytest.fixture
def opened(stage: Stage) -> Stage:
    """A case just opened by its secretary."""
    stage.open_case("secretary", beginning.TITLE)
    return stage


def step(stage: Stage, login: str, name: str) -> str:
    found: str = stage.waiting(login, name)[0]["id"]
    return found


def count(house: House, what: Any) -> int:
    with house.reading() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


# -- the way of a step ---------------------------------------------------------------------------------------


def test_a_step_is_found_filled_in_checked_and_handed_in(opened: Stage, enter: Enter, house: House) -> None:
    """The whole way by links and forms alone; what is recorded is what was typed."""
    secretary = enter("secretary")
    task = step(opened, "secretary", "register_proposal")
    desk = secretary.open("/")
    assert beginning.TITLE in desk.words
    assert f"/tasks/{task}" in desk.links()
    form = secretary.open(f"/tasks/{task}")
    check = fill_in(secretary, form, task, beginning.proposal())
    assert check.address == f"/tasks/{task}/check"
    assert beginning.TITLE in check.words
    assert beginning.proposal()["main_problem"] in check.words
    assert count(house, Record) == 0, "nothing is recorded by looking"
    case = secretary.send(check, f"/tasks/{task}/completion")
    assert case.address == f"/cases/{opened.case_id}"
    with house.reading() as session:
        record = session.scalars(select(Record)).one()
        assert record.data["main_problem"] == beginning.proposal()["main_problem"]
        assert record.data["lex_specialis"] == beginning.proposal()["lex_specialis"]
        assert session.get_one(Task, task).status == "DONE"
    assert f"/tasks/{task}" not in secretary.open("/").links()
    assert count(house, Draft) == 0, "its draft is gone"


def test_an_empty_form_says_what_is_missing_and_keeps_what_was_typed(opened: Stage, enter: Enter) -> None:
    secretary = enter("secretary")
    task = step(opened, "secretary", "register_proposal")
    sheet = fill_in(
        secretary, secretary.open(f"/tasks/{task}"), task, {"first_plan": "只写了这一句"}, status=422
    )
    summary = sheet.tree.get_element_by_id("error-summary")
    assert summary.get("role") == "alert"
    assert summary.get("tabindex") == "-1", "it can receive the focus"
    targets = [one.get("href").removeprefix("#") for one in summary.xpath(".//a")]
    assert targets
    for target in targets:
        assert sheet.tree.get_element_by_id(target) is not None
    assert "只写了这一句" in sheet.text
    assert "必填" in sheet.words


def test_a_draft_is_kept_for_its_author_alone(opened: Stage, enter: Enter) -> None:
    secretary, director = enter("secretary"), enter("director")
    task = step(opened, "secretary", "register_proposal")
    fill_in(secretary, secretary.open(f"/tasks/{task}"), task, {"first_plan": "还没有想好"}, _do="keep")
    assert "还没有想好" in secretary.open(f"/tasks/{task}").text
    assert "还没有想好" not in director.open(f"/tasks/{task}").text


def test_what_is_typed_is_kept_meanwhile(opened: Stage, enter: Enter) -> None:
    """What the page's script sends while somebody types: the form itself, to the address it names."""
    secretary = enter("secretary")
    task = step(opened, "secretary", "register_proposal")
    sheet = secretary.open(f"/tasks/{task}")
    form = sheet.form(f"/tasks/{task}")
    values = dict(form.form_values()) | {"first_plan": "正在写"}
    answer = secretary.client.post(
        form.get("data-draft"),
        data=values,
        base_url="https://town.test",
        headers={"Origin": "https://town.test"},
    )
    assert answer.status_code == 204
    assert "正在写" in secretary.open(f"/tasks/{task}").text


def test_rows_are_added_by_a_button_without_scripts(opened: Stage, enter: Enter) -> None:
    secretary = enter("secretary")
    task = step(opened, "secretary", "register_proposal")
    sheet = secretary.send(
        secretary.open(f"/tasks/{task}"), f"/tasks/{task}", press=("_add", "lex_specialis"), first_plan="留着"
    )
    assert sheet.tree.xpath('//*[@name="lex_specialis.0.law"][not(ancestor::template)]')
    assert "留着" in sheet.text


# -- twice, and too late ---------------------------------------------------------------------------------------


def test_sent_twice_it_is_one_act(opened: Stage, enter: Enter, house: House) -> None:
    secretary = enter("secretary")
    task = step(opened, "secretary", "register_proposal")
    check = fill_in(secretary, secretary.open(f"/tasks/{task}"), task, beginning.proposal())
    once = secretary.send(check, f"/tasks/{task}/completion")
    twice = secretary.send(check, f"/tasks/{task}/completion")
    assert once.address == twice.address == f"/cases/{opened.case_id}"
    assert count(house, Record) == 1
    with house.reading() as session:
        kinds = list(session.scalars(select(Event.kind).where(Event.chain == opened.case_id)))
    assert kinds.count("task.completed") == 1


def test_who_comes_second_sees_both_texts_and_loses_nothing(
    opened: Stage, enter: Enter, house: House
) -> None:
    """The form was open in two windows: the second is told who was faster, and shown both."""
    secretary = enter("secretary")
    task = step(opened, "secretary", "register_proposal")
    late = secretary.open(f"/tasks/{task}")
    opened.complete("secretary", "register_proposal", beginning.proposal())
    sheet = fill_in(secretary, late, task, beginning.proposal() | {"first_plan": "另一种方案"}, status=409)
    assert "另一种方案" in sheet.words
    assert beginning.proposal()["first_plan"] in sheet.words
    assert count(house, Record) == 1


def test_a_draft_for_a_step_that_is_done_is_not_kept(opened: Stage, enter: Enter) -> None:
    secretary = enter("secretary")
    task = step(opened, "secretary", "register_proposal")
    sheet = secretary.open(f"/tasks/{task}")
    form = sheet.form(f"/tasks/{task}")
    opened.complete("secretary", "register_proposal", beginning.proposal())
    secretary.post(form.get("data-draft"), dict(form.form_values()), status=409)


def test_a_draft_on_its_way_does_not_overtake_the_form_it_came_from(
    opened: Stage, enter: Enter, house: House
) -> None:
    """Autosave and form leave the same page: the form holds what was typed last, whichever arrives last."""
    secretary = enter("secretary")
    task = step(opened, "secretary", "register_proposal")
    sheet = secretary.open(f"/tasks/{task}")
    late = dict(sheet.form(f"/tasks/{task}").form_values()) | {"first_plan": "早先的字句"}
    secretary.post(f"/tasks/{task}/draft", late | {"first_plan": "写到一半"}, status=204)
    check = fill_in(secretary, sheet, task, beginning.proposal())
    secretary.post(f"/tasks/{task}/draft", late, status=409)
    with house.reading() as session:
        kept = session.scalars(select(Draft)).one().answers
    assert kept["first_plan"] == beginning.proposal()["first_plan"]
    secretary.send(check, f"/tasks/{task}/completion")
    secretary.post(f"/tasks/{task}/draft", late, status=409)
    assert count(house, Draft) == 0


# -- law, rights, proof ------------------------------------------------------------------------------------------


def test_what_the_law_forbids_is_refused_with_its_article_and_nothing_typed_is_lost(
    stage: Stage, enter: Enter
) -> None:
    """A consultation of a fortnight, without the reason that alone allows less than thirty days."""
    S1.play(stage, until="publish_notice")
    stage.move_to("2026-03-06 09:00")
    task = step(stage, "officer", "publish_notice")
    officer = enter("officer")
    check = fill_in(
        officer, officer.open(f"/tasks/{task}"), task, hearing.notice(stage) | {"deadline": "2026-03-20"}
    )
    assert "现在不能办结" in check.words
    assert "R-713-15-2" in check.words
    shut = check.tree.xpath('//button[@aria-disabled="true"]')
    assert [" ".join(one.itertext()) for one in shut] == ["确认办结"], (
        "the page says so before anything is sent"
    )
    token = dict(check.form("/logout").form_values())["csrf_token"]
    sheet = officer.post(f"/tasks/{task}/completion", {"csrf_token": token}, status=422)
    assert "R-713-15-2" in sheet.words
    assert re.search("第.{1,4}条", sheet.words)
    form = dict(sheet.form(f"/tasks/{task}").form_values())
    assert form["deadline"] == "2026-03-20"
    assert form["title"] == hearing.notice(stage)["title"]


def test_an_exception_the_law_knows_is_claimed_on_the_check_with_reason_and_approver(
    stage: Stage, enter: Enter, house: House
) -> None:
    """A shorter consultation, its reason in the notice: nobody approves the own act, the mayor may."""
    S1.play(stage, until="publish_notice")
    stage.move_to("2026-03-06 09:00")
    task = step(stage, "officer", "publish_notice")
    officer = enter("officer")
    short = hearing.notice(stage) | {
        "deadline": "2026-03-20",
        "shortening_reason": "汛期将至，须在四月前完成搬迁。",
    }
    check = fill_in(officer, officer.open(f"/tasks/{task}"), task, short)
    assert dict(check.form("/completion").form_values())["_rule"] == "R-713-15-2"
    own = officer.send(check, "/completion", status=422, _why="汛期将至。", _by=stage.town.persons["officer"])
    assert "不得由办理人自行批准" in own.words
    assert dict(own.form("/completion").form_values())["_why"] == "汛期将至。"
    done = officer.send(own, "/completion", _by=stage.town.persons["mayor"])
    assert done.address == f"/cases/{stage.case_id}"
    with house.reading() as session:
        record = session.scalars(select(Record).where(Record.task_id == task)).one()
    assert record.exceptions == [["R-713-15-2", "汛期将至。", stage.town.persons["mayor"]]]


def test_a_step_of_somebody_else_can_be_read_and_not_done(opened: Stage, enter: Enter, house: House) -> None:
    task = step(opened, "secretary", "register_proposal")
    mayor = enter("mayor")
    sheet = mayor.open(f"/tasks/{task}")
    assert not [
        one for one in sheet.tree.forms if (one.get("action") or "").endswith(f"/tasks/{task}/completion")
    ]
    token = dict(sheet.form("/logout").form_values())["csrf_token"]
    mayor.post(f"/tasks/{task}/completion", {"csrf_token": token}, status=403)
    assert count(house, Record) == 0


def test_strangers_to_the_organ_find_neither_case_nor_step_nor_paper(opened: Stage, enter: Enter) -> None:
    paper = opened.file("secretary", "D01", "建议书", "略")
    task = step(opened, "secretary", "register_proposal")
    stranger = enter("district")
    for path in (
        f"/cases/{opened.case_id}", f"/cases/{opened.case_id}/papers", f"/cases/{opened.case_id}/records",
        f"/cases/{opened.case_id}/trail", f"/cases/{opened.case_id}/diagram", f"/tasks/{task}",
        f"/tasks/{task}/check", f"/documents/{paper}/1",
    ):  # fmt: skip
        stranger.open(path, status=404)
    assert beginning.TITLE not in stranger.open("/cases").words
    assert beginning.TITLE not in stranger.open("/search?q=%E5%86%B3%E5%AE%9A").words


def test_an_administrator_of_the_organ_reads_no_case(opened: Stage, enter: Enter) -> None:
    paper = opened.file("secretary", "D01", "建议书", "略")
    task = step(opened, "secretary", "register_proposal")
    admin = enter("admin1")
    for path in (f"/cases/{opened.case_id}", f"/tasks/{task}", f"/documents/{paper}/1"):
        admin.open(path, status=403)


def test_the_log_is_for_those_who_may_read_it(opened: Stage, enter: Enter) -> None:
    enter("officer").open(f"/cases/{opened.case_id}/trail", status=403)
    assert "立案登记" in enter("auditor").open(f"/cases/{opened.case_id}/trail").words


def test_reading_the_case_file_and_the_log_is_itself_written_down(
    opened: Stage, enter: Enter, house: House
) -> None:
    auditor = enter("auditor")
    paper = opened.file("secretary", "D01", "建议书", "略")
    before = count(house, Event)
    auditor.open(f"/cases/{opened.case_id}/records")
    auditor.open(f"/cases/{opened.case_id}/trail")
    auditor.open(f"/documents/{paper}/1")
    assert count(house, Event) == before + 3


def test_a_decisive_step_needs_a_fresh_proof_and_the_log_says_how_it_was_given(
    stage: Stage, enter: Enter, house: House
) -> None:
    """The legality opinion: the sign-in is an hour old, so the password is asked for once more; then it counts."""
    S1.play(stage, until="issue_legality_opinion")
    stage.move_to("2026-04-28 09:00")
    justice = enter("justice")
    paper = stage.file("justice", "D19", "合法性审查意见书", "合法。")
    task = step(stage, "justice", "issue_legality_opinion")
    stage.move_to("2026-04-28 10:00")
    said = review.legality(stage, "LEGAL", "2026-04-28 10:00", opinion_ref=paper)
    check = fill_in(justice, justice.open(f"/tasks/{task}"), task, said)
    asked = justice.send(check, f"/tasks/{task}/completion")
    assert asked.address.startswith("/confirm")
    back = justice.send(asked, "/confirm", word=stage.town.password)
    assert back.address == f"/tasks/{task}/check"
    assert justice.send(back, f"/tasks/{task}/completion").address == f"/cases/{stage.case_id}"
    with house.reading() as session:
        body = session.scalars(
            select(Event.body)
            .where(Event.chain == stage.case_id, Event.kind == "task.completed")
            .order_by(Event.seq.desc())
        ).first()
    assert json.loads(body or b"{}")["auth"] == "step-up"
