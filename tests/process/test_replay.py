"""A recorded case is played again without the engine: lawful runs are legal, every falsified one is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from player import deploy
from test_walks import choices

from bpmn import Process, timer
from decision_engine import process
from decision_engine.process import Definition, Illegal, Legal, Position, Step

BPMN = Path(__file__).parents[2] / "bpmn"


@pytest.fixture(scope="module")
def shipped() -> Definition:
    return process.compile_definition(
        process.read({file.name: file.read_bytes() for file in sorted(BPMN.glob("*.bpmn"))})
    )


# -- recording ----------------------------------------------------------------------------------------------


def after(definition: Definition, position: Position, **about: Any) -> dict[str, Any]:
    waiting = tuple((one.id, one.element) for one in position.ready)
    return {"definition": definition.hash, "next": waiting, "ended": position.ended} | about


def recorded(definition: Definition, seed: int, longest: int = 120) -> list[Step]:
    """Play a random case by the engine and return what a log would say of it."""
    random, values = Random(seed), choices(definition.diagram)
    position = process.start(definition, {})
    steps = [Step(number=1, what=process.OPENED, said={}, **after(definition, position))]
    while not position.ended and len(steps) < longest:
        number = 2 * len(steps) + 1  # other things happen in between
        if position.timers and (not position.ready or random.random() < 0.15):
            fired = random.choice(position.timers)
            position = process.elapse(definition, position.state, fired.id)
            about: dict[str, Any] = {"what": process.ELAPSED, "element": fired.element, "step": fired.step}
        else:
            ready = random.choice(position.ready)
            said = {
                field: random.choice(some) for (step, field), some in values.items() if step == ready.step
            }
            position = process.complete(definition, position.state, ready.id, said)
            about = {
                "what": process.COMPLETED,
                "element": ready.element,
                "step": ready.step,
                "task": ready.id,
                "call_path": ready.call_path,
                "said": said,
            }
        steps.append(Step(number=number, **after(definition, position), **about))
    return steps


def test_what_the_engine_did_replays_legal(shipped: Definition) -> None:
    ended = 0
    for seed in range(40):
        steps = recorded(shipped, seed)
        verdict = process.replay(shipped.diagram, steps)
        assert verdict == Legal(len(steps), unknown=0, ended=steps[-1].ended)
        ended += steps[-1].ended
    assert ended > 5


def test_every_beginning_of_a_legal_run_is_legal(shipped: Definition) -> None:
    steps = recorded(shipped, 3, longest=25)
    for length in range(1, len(steps) + 1):
        assert isinstance(process.replay(shipped.diagram, steps[:length]), Legal)


# -- falsified ------------------------------------------------------------------------------------------------


def drop(steps: list[Step], at: int) -> tuple[list[Step], int]:
    return steps[:at] + steps[at + 1 :], steps[at + 1].number


def double(steps: list[Step], at: int) -> tuple[list[Step], int]:
    again = replace(steps[at], number=steps[at].number + 1)
    return [*steps[: at + 1], again, *steps[at + 1 :]], again.number


def swap(steps: list[Step], at: int) -> tuple[list[Step], int]:
    first, second = steps[at], steps[at + 1]
    swapped = [replace(second, number=first.number), replace(first, number=second.number)]
    return [*steps[:at], *swapped, *steps[at + 2 :]], first.number


def other_diagram(steps: list[Step], at: int) -> tuple[list[Step], int]:
    return [*steps[:at], replace(steps[at], definition="0" * 64), *steps[at + 1 :]], steps[at].number


def other_next(steps: list[Step], at: int) -> tuple[list[Step], int]:
    falsified = replace(steps[at], next=(*steps[at].next, ("f" * 32, "publish_decision")))
    return [*steps[:at], falsified, *steps[at + 1 :]], steps[at].number


def ended_early(steps: list[Step], at: int) -> tuple[list[Step], int]:
    return [*steps[:at], replace(steps[at], ended=not steps[at].ended), *steps[at + 1 :]], steps[at].number


def invented(steps: list[Step], at: int) -> tuple[list[Step], int]:
    """Put in a signature nobody was asked for, as the task it would have been."""
    extra = replace(
        steps[at], number=steps[at].number - 1, what=process.COMPLETED, element="sign_decision",
        step="sign_decision", task="e" * 32, call_path=(), said={},
    )  # fmt: skip
    return [*steps[:at], extra, *steps[at:]], extra.number


FALSIFIED: dict[str, Callable[[list[Step], int], tuple[list[Step], int]]] = {
    "missing": drop,
    "doubled": double,
    "swapped": swap,
    "other diagram": other_diagram,
    "other next": other_next,
    "ended": ended_early,
    "invented": invented,
}


@pytest.mark.parametrize("how", FALSIFIED)
def test_a_falsified_record_is_illegal_at_its_place(how: str, shipped: Definition) -> None:
    found = 0
    for seed in range(12):
        steps = recorded(shipped, seed, longest=40)
        for at in range(2, len(steps) - 2, 5):
            one, other = steps[at], steps[at + 1]
            if process.COMPLETED not in (one.what, other.what):
                continue
            waited = dict(steps[at - 1].next)
            if how in ("swapped", "missing") and (other.task is None or other.task in waited):
                continue  # independent of each other: the order of the two says nothing
            if how == "doubled" and one.what == process.ELAPSED:
                continue
            falsified, place = FALSIFIED[how](steps, at)
            verdict = process.replay(shipped.diagram, falsified)
            assert isinstance(verdict, Illegal), (how, seed, at)
            assert verdict.number == place
            assert verdict.reason.zh
            assert verdict.reason.en
            found += 1
    assert found > 20


def test_a_falsified_answer_does_not_fit_what_came_of_it(shipped: Definition) -> None:
    """The record says REFUSED, but the case went on as if approved."""
    changed = 0
    values = choices(shipped.diagram)
    for seed in range(25):
        steps = recorded(shipped, seed, longest=60)
        for at, one in enumerate(steps):
            if one.what != process.COMPLETED or not one.said or "outcome" not in one.said:
                continue
            for outcome in values[one.step or "", "outcome"]:
                falsified = [
                    *steps[:at],
                    replace(one, said={**one.said, "outcome": outcome}),
                    *steps[at + 1 :],
                ]
                verdict = process.replay(shipped.diagram, falsified)
                if isinstance(verdict, Illegal):
                    changed += 1
                    assert verdict.number >= one.number
    assert changed > 100


def three(*, guarded: bool = False) -> Definition:
    p = Process("three")
    p.chain(
        p.start(), p.task("draft", step="draft"), p.task("review", step="review"), p.task("sign"), p.end()
    )
    if guarded:
        p.boundary("late", "review", timer("P10D"), step="late")
        p.chain("late", p.end("lapsed"))
    return deploy(p)


def told(definition: Definition, *elements: str) -> list[Step]:
    position = process.start(definition, {})
    steps = [Step(number=1, what=process.OPENED, said={}, **after(definition, position))]
    for number, element in enumerate(elements, start=2):
        ready = next(one for one in position.ready if one.element == element)
        position = process.complete(definition, position.state, ready.id, {})
        steps.append(
            Step(
                number=number, what=process.COMPLETED, element=element, step=ready.step, task=ready.id,
                call_path=(), said={}, **after(definition, position),
            )
        )  # fmt: skip
    return steps


def refused(definition: Definition, steps: list[Step]) -> Illegal:
    verdict = process.replay(definition.diagram, steps)
    assert isinstance(verdict, Illegal), verdict
    return verdict


def test_a_review_left_out_is_named() -> None:
    definition = three()
    draft, review, sign = told(definition, "draft", "review", "sign")[1:]
    opened = told(definition)[0]
    opened = replace(opened, next=((draft.task or "", "draft"),))
    verdict = refused(definition, [opened, draft, sign])
    assert (verdict.number, verdict.element) == (4, "sign")
    assert "“sign”" in verdict.reason.zh
    skipped = replace(draft, next=review.next)
    verdict = refused(definition, [opened, skipped, sign])
    assert (verdict.number, verdict.element) == (2, "draft")
    assert "“review”" in verdict.reason.en
    assert "“sign”" in verdict.reason.en


def test_an_empty_log_a_log_without_an_opening_and_two_openings_are_illegal() -> None:
    definition = three()
    steps = told(definition, "draft")
    assert refused(definition, []).number == 1
    assert refused(definition, steps[1:]).number == 2
    assert refused(definition, [steps[0], replace(steps[0], number=2)]).number == 2


def test_nothing_comes_after_the_end() -> None:
    definition = three()
    steps = told(definition, "draft", "review", "sign")
    again = replace(steps[-1], number=5)
    assert refused(definition, [*steps, again]).number == 5


def test_a_step_that_is_not_in_the_diagram_is_illegal() -> None:
    definition = three()
    opened, draft = told(definition, "draft")
    for falsified in (replace(draft, element="nowhere"), replace(draft, step="review")):
        assert refused(definition, [opened, falsified]).number == 2


def test_a_call_path_that_is_another_is_illegal() -> None:
    definition = three()
    opened, draft = told(definition, "draft")
    assert refused(definition, [opened, replace(draft, call_path=("somewhere",))]).number == 2


def test_a_timer_that_did_not_wait_did_not_fire() -> None:
    definition = three(guarded=True)
    opened, draft = told(definition, "draft")
    late = Step(
        number=3, what=process.ELAPSED, definition=definition.hash, next=(), element="late", step="late",
        ended=True,
    )  # fmt: skip
    assert process.replay(definition.diagram, [opened, draft, late]) == Legal(3, 0, ended=True)
    assert refused(definition, [opened, late]).number == 3


# -- erased ------------------------------------------------------------------------------------------------------


def erase(steps: list[Step], *steps_named: str) -> list[Step]:
    return [
        replace(one, said=None) if not steps_named or one.step in steps_named or not one.step else one
        for one in steps
    ]


def test_erased_answers_are_free_choices_and_counted(shipped: Definition) -> None:
    for seed in range(12):
        steps = recorded(shipped, seed, longest=60)
        everything = erase(steps)
        verdict = process.replay(shipped.diagram, everything)
        done = [one for one in steps if one.what != process.ELAPSED]
        assert verdict == Legal(len(steps), unknown=len(done), ended=steps[-1].ended), (seed, verdict)
        some = erase(steps, "decide_initiation", "principal_decides", "open_meeting")
        assert isinstance(process.replay(shipped.diagram, some), Legal)


def test_a_falsified_order_is_found_even_where_answers_are_erased(shipped: Definition) -> None:
    found = 0
    for seed in range(12):
        steps = erase(recorded(shipped, seed, longest=40))
        for at in range(2, len(steps) - 2, 5):
            if steps[at].what != process.COMPLETED:
                continue
            falsified, place = double(steps, at)
            verdict = process.replay(shipped.diagram, falsified)
            assert isinstance(verdict, Illegal)
            assert verdict.number == place
            found += 1
    assert found > 20


def test_an_inclusive_choice_that_is_erased_may_be_any_but_none() -> None:
    p = Process("inclusive_erased")
    p.chain(p.start(), p.task("ask", step="ask"), p.inclusive("fork"))
    for name in ("a", "b", "c"):
        p.chain(p.task(name), p.inclusive("join") if name == "a" else "join")
        p.flow("fork", name, f"ask.{name}")
    p.chain("join", p.task("end_task"), p.end())
    definition = deploy(p)
    position = process.start(definition, {})
    opened = Step(number=1, what=process.OPENED, said={}, **after(definition, position))
    ask = position.ready[0].id
    position = process.complete(definition, position.state, ask, {"a": True, "c": True})
    about = {"what": process.COMPLETED, "element": "ask", "step": "ask", "task": ask, "call_path": ()}
    done = Step(number=2, **about, said=None, **after(definition, position))  # type: ignore[arg-type]
    assert isinstance(process.replay(definition.diagram, [opened, done]), Legal)
    assert isinstance(process.replay(definition.diagram, [opened, replace(done, said={"a": True})]), Illegal)
    for nobody in ((), (("f" * 32, "end_task"),)):
        assert isinstance(process.replay(definition.diagram, [opened, replace(done, next=nobody)]), Illegal)


@pytest.mark.parametrize("sequential", [False, True])
def test_how_many_were_asked_is_guessed_where_the_list_is_erased(sequential: bool) -> None:
    p = Process(f"guessed_{sequential}")
    p.chain(
        p.start(), p.task("open", step="open"), p.each("speak", "open.people", sequential=sequential),
        p.task("close"), p.end(),
    )  # fmt: skip
    definition = deploy(p)
    position = process.start(definition, {})
    steps = [Step(number=1, what=process.OPENED, said={}, **after(definition, position))]
    while not position.ended:
        ready = position.ready[0]
        position = process.complete(definition, position.state, ready.id, {"people": ["wang", "li", "zhao"]})
        steps.append(
            Step(
                number=len(steps) + 1, what=process.COMPLETED, element=ready.element, step=ready.step,
                task=ready.id, call_path=(), said=None, **after(definition, position),
            )
        )  # fmt: skip
    assert process.replay(definition.diagram, steps) == Legal(6, unknown=5, ended=True)
    known = [replace(steps[1], said={"people": ["wang", "li"]}) if one is steps[1] else one for one in steps]
    assert isinstance(process.replay(definition.diagram, known), Illegal)
