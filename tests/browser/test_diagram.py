"""The diagram of a case in mid-review: what the server draws, what the browser shows and what the tables say agree.

The case is S1's, one step before the legal adviser's opinion: the package was sent back once, so there is a loop; the
step in hand is late.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import render_template_string
from playwright.sync_api import expect

from decision_engine.models import Case, Task
from decision_engine.queries import progress
from decision_engine.queries.progress import Progress
from decision_engine.web import diagrams
from decision_engine.work import unit_of_work
from tests.browser.watched import overflow, served
from tests.saves import Saves
from tests.web.bare import bare_app

LATE = "legality_legal_adviser_opinion"
PAGE = """{% extends 'layout.html' %}{% import 'macros/diagram.html' as diagrams with context %}
{% block title %}流程图{% endblock %}
{% block head %}<link rel="stylesheet" href="{{ asset('diagram.css') }}">{% endblock %}
{% block scripts %}<script type="module" src="{{ asset('diagram.js') }}"></script>{% endblock %}
{% block main %}<h1 class="case-title">撤销三个村委会</h1>
{{ diagrams.sheet(shown, words_of, cells_of) }}{% endblock %}"""


@dataclass
class Seen:
    """A case's progress and where it is served."""

    progress: Progress
    base: str

    def drawn_states(self) -> dict[str, str]:
        sheet = self.progress.sheet("legality_review.bpmn")
        return {
            shape.id: self.progress.places[shape.id].state
            for shape in sheet.shapes
            if shape.id in self.progress.places
        }


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    root = tmp_path_factory.mktemp("diagram")
    with Saves(root).opened("legal_adviser_opinion", root / "house") as stage:
        house, token = stage.house, stage.token("secretary")
        with house.writing() as session, session.begin():
            task = session.query(Task).filter_by(case_id=stage.case_id, element=LATE, status="OPEN").one()
            task.due_on = task.opened_at.date() - timedelta(days=2)
        with unit_of_work(house, token) as work:
            found = progress.of_case(work, work.session.get_one(Case, stage.case_id))
    app = bare_app()

    @app.get("/diagram/<file>")
    def show(file: str) -> str:
        shown = diagrams.show(found, None if file == "any" else file, lambda name: f"/diagram/{name}")
        return render_template_string(
            PAGE,
            shown=shown,
            words_of=diagrams.words_of,
            cells_of=diagrams.cells_of,
            lang="zh",
            nav={"groups": []},
        )

    with served(app) as base:
        yield Seen(found, base)


def test_a_case_is_where_its_tables_and_its_log_say(seen):
    states = {
        element: place.state
        for element, place in seen.progress.places.items()
        if place.is_work and place.state != "todo"
    }
    assert states["main_register_proposal"] == "done"
    assert states["main_public_participation"] == "done"
    assert states["main_legality_review"] == "late"  # a call activity stands as what is inside
    assert states[LATE] == "late"
    assert "main_expert_argumentation" not in states  # the case skips it
    assert seen.progress.places["legality_check_review_package"].times == 2
    assert seen.progress.places["main_register_proposal"].who == ("苏文静",)
    assert seen.progress.places["main_register_proposal"].citation.zh == "国务院令第713号第十条"
    assert seen.progress.here == (LATE,)
    assert seen.progress.sheet(None).file == "legality_review.bpmn"
    assert seen.progress.sheets[0].file == "major_decision.bpmn"


def test_the_flows_gone_are_those_the_case_took(seen):
    taken = seen.progress.taken
    assert "legality_flow_package_complete_to_supplement_package" in taken  # sent back once, then complete
    assert "legality_flow_package_complete_to_legal_adviser_opinion" in taken
    assert "main_flow_is_technical_to_experts_done" in taken  # around the experts
    assert "main_flow_is_technical_to_expert_argumentation" not in taken
    assert "participation_flow_forms_to_hold_symposium" in taken
    assert "participation_flow_forms_to_forms_done" not in taken  # the way of who holds nothing
    assert not [flow for flow in taken if flow.startswith("execution")]


def test_the_viewer_marks_what_the_server_draws(open_page, seen):
    """Criterion 16: the marks on the screen equal the state, the flows equal the log."""
    page = open_page(f"{seen.base}/diagram/legality_review.bpmn")
    page.wait_for_selector("[data-drawing][data-ready]")
    shown = page.eval_on_selector_all(
        ".djs-element", "all => all.map((one) => [one.dataset.elementId, [...one.classList]])"
    )
    states = {
        id_: next((cls[3:] for cls in classes if re.fullmatch("de-(todo|done|active|late)", cls)), None)
        for id_, classes in shown
        if id_ in seen.drawn_states()
    }
    assert states == seen.drawn_states()
    flows = {id_ for id_, classes in shown if "de-taken" in classes}
    assert (
        flows == {line.id for line in seen.progress.sheet("legality_review.bpmn").lines} & seen.progress.taken
    )
    drawn = page.eval_on_selector_all(
        "[data-still] [data-element]", "all => all.map((one) => [one.dataset.element, one.dataset.state])"
    )
    assert {id_: state for id_, state in drawn if id_ in states} == states
    expect(page.locator(".de-badge", has_text="超期")).to_be_visible()


def test_the_makers_mark_stays_visible_and_uncovered(open_page, seen):
    """Criterion 16 and bpmn-js's licence: the watermark is there, and nothing lies over it."""
    for width in (375, 1366):
        page = open_page(f"{seen.base}/diagram/any", width=width)
        page.wait_for_selector("[data-drawing][data-ready]")
        mark = page.locator(".bjs-powered-by")
        mark.scroll_into_view_if_needed()
        expect(mark).to_be_visible()
        assert mark.evaluate(
            """(mark) => { const box = mark.getBoundingClientRect();
            const points = [[.5, .5], [.1, .1], [.9, .1], [.1, .9], [.9, .9]];
            return points.every(([x, y]) => mark.contains(
              document.elementFromPoint(box.x + box.width * x, box.y + box.height * y))); }"""
        )


def test_choosing_an_element_marks_its_row_and_tells_who_when_and_which_article(open_page, seen):
    """Criterion 17."""
    page = open_page(f"{seen.base}/diagram/any")
    page.wait_for_selector("[data-drawing][data-ready]")
    page.locator(f"[data-element-id={LATE}] .djs-hit").first.click()
    row = page.locator(f"[data-step={LATE}]")
    expect(row).to_have_class(re.compile("is-marked"))
    expect(page.locator("[data-picked]")).to_contain_text("国务院令第713号第二十八条")
    page.locator("[data-step=legality_submit_review_package]").click()
    expect(row).not_to_have_class(re.compile("is-marked"))
    expect(page.locator("[data-picked]")).to_contain_text("林小满")
    rows = page.eval_on_selector_all("[data-step]", "all => all.map((one) => one.dataset.step)")
    assert rows == [place.element for place in seen.progress.of_sheet(seen.progress.sheet(None))]


def test_a_large_diagram_opens_where_the_case_waits_in_letters_one_can_read(open_page, seen):
    page = open_page(f"{seen.base}/diagram/major_decision.bpmn")
    page.wait_for_selector("[data-drawing][data-ready]")
    here = page.locator("[data-element-id=main_legality_review]")
    inside = """(one) => { const box = one.getBoundingClientRect();
      const frame = one.closest('.canvas').getBoundingClientRect();
      return {scale: box.width / one.getBBox().width, inside: box.left >= frame.left && box.right <= frame.right
        && box.top >= frame.top && box.bottom <= frame.bottom}; }"""
    seen_at = here.evaluate(inside)
    assert seen_at["inside"]
    assert seen_at["scale"] == pytest.approx(1, abs=0.01)
    page.click("[data-do=fit]")
    assert here.evaluate(inside)["scale"] < 0.5
    page.click("[data-do=here]")
    assert here.evaluate(inside)["scale"] == pytest.approx(1, abs=0.01)
    page.dblclick("[data-element-id=main_legality_review] .djs-hit >> nth=0")
    page.wait_for_url("**/diagram/legality_review.bpmn")


def test_the_diagram_serves_phones_and_who_runs_no_scripts(open_page, seen):
    phone = open_page(f"{seen.base}/diagram/any", width=375)
    phone.wait_for_selector("[data-drawing][data-ready]")
    assert overflow(phone) == 0
    still = open_page(f"{seen.base}/diagram/any", scripts=False)
    expect(still.get_by_role("img", name="合法性审查")).to_be_visible()
    expect(still.locator(f"[data-step={LATE}]")).to_contain_text("超期")


def test_the_keys_move_and_enlarge_it(open_page, seen):
    page = open_page(f"{seen.base}/diagram/any")
    page.wait_for_selector("[data-drawing][data-ready]")
    view = "document.querySelector('.canvas .viewport').getAttribute('transform')"
    page.focus(".canvas svg >> nth=0")
    before = page.evaluate(view)
    page.keyboard.press("ArrowRight")
    moved = page.evaluate(view)
    page.keyboard.press("+")
    assert len({before, moved, page.evaluate(view)}) == 3


def test_on_paper_the_servers_picture_stands_for_the_viewer(open_page, seen):
    page = open_page(f"{seen.base}/diagram/any")
    page.wait_for_selector("[data-drawing][data-ready]")
    page.emulate_media(media="print")
    expect(page.locator("[data-still] svg")).to_be_visible()
    expect(page.locator("[data-canvas]")).to_be_hidden()
