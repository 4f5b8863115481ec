"""What is kept of a case: every move survives saving, and other bytes are refused."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from player import Player, deploy

from bpmn import Process, document, message, signal, timer
from decision_engine import process
from decision_engine.errors import CorruptState
from decision_engine.process import Definition, state

GOLDEN = Path(__file__).parent / "golden"


def everything() -> tuple[Process, ...]:
    """Draw one process with every kind of token that can rest somewhere."""
    inner = Process("inner")
    inner.chain(
        inner.start("inner_start"), inner.task("inner_task", step="inner_task"), inner.end("inner_end")
    )
    inside = Process("inside")
    inside.chain(inside.start("in"), inside.each("write", "ask.people", "person", sequential=True))
    inside.chain("write", inside.call("call", "inner"), inside.end("out"))
    p = Process("everything")
    p.chain(p.start(), p.exclusive("back"), p.task("ask", step="ask"), p.inclusive("split", default="quick"))
    p.flow("split", p.each("speak", "ask.people", "person", step="speak"), "ask.meeting")
    p.flow("split", p.sub("sub", inside), "ask.writing")
    p.flow("split", p.event_gateway("which"), "ask.waiting")
    p.flow("split", p.inclusive("join"), id="quick")
    p.chain("speak", "join")
    p.chain("sub", "join")
    p.chain("which", p.catch("heard", message("answer")), p.exclusive("any"), "join")
    p.chain("which", p.catch("silent", timer("P30D")), "any")
    p.boundary("urge", "speak", timer("R2/P5D", "cycle"), interrupting=False)
    p.chain("urge", p.task("urging"), p.end("urged"))
    p.boundary("stop", "sub", signal("halt"))
    p.chain("stop", p.task("stopped"), "join")
    p.chain("join", p.parallel("fork"), p.task("left"), p.parallel("meet"), p.task("decide", step="decide"))
    p.chain("fork", p.task("right"), "meet")
    p.chain("decide", p.exclusive("again", default="done"))
    p.flow("again", "back", "decide.again")
    p.flow("again", p.end(), id="done")
    return p, inner


def random_answers(random: Random) -> dict[str, Any]:
    return {
        "people": random.sample(["wang", "li", "zhao"], random.randint(0, 3)),
        "meeting": random.random() < 0.7,
        "writing": random.random() < 0.7,
        "waiting": random.random() < 0.7,
        "again": random.random() < 0.7,
    }


@pytest.fixture(scope="module")
def definition() -> Definition:
    return deploy(*everything(), messages=("answer",), signals=("halt",))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_saving_and_loading_changes_nothing_wherever_a_case_stands(definition: Definition, seed: int) -> None:
    random = Random(seed)
    case = Player(definition)
    for _ in range(30):
        if case.ended:
            break
        stored = case.position.state
        loaded, kept = state.load(definition, stored)
        assert state.dump(definition, loaded, kept) == stored
        assert all(token.depth <= 4 for token in loaded.all_tokens()), (
            "nothing finished is kept above a token"
        )
        assert len(stored) < 2048
        moves = [("do", ready.id) for ready in case.position.ready]
        moves += [("elapse", timer.id) for timer in case.position.timers]
        moves += [("signal", name) for name in case.position.awaits]
        verb, what = random.choice(moves)
        if verb == "do":
            case.move(process.complete(definition, stored, what, random_answers(random)))
        elif verb == "elapse":
            case.move(process.elapse(definition, stored, what))
        else:
            case.move(process.signal(definition, stored, what))
    assert case.ended or case.position.ready or case.position.timers or case.position.awaits


def test_a_state_is_small_and_names_its_format(definition: Definition) -> None:
    stored = Player(definition).position.state
    assert stored[0] == process.STATE_FORMAT == 2
    assert len(stored) < 200


@pytest.mark.parametrize("number", [0, 1, 3, 9, 32, 255])
def test_another_format_is_refused(definition: Definition, number: int) -> None:
    stored = Player(definition).position.state
    with pytest.raises(CorruptState):
        process.look(definition, bytes((number,)) + stored[1:])


def test_every_damage_is_noticed(definition: Definition) -> None:
    case = Player(definition).do("ask", people=["wang", "li"], meeting=True, writing=True, waiting=True)
    stored = case.position.state
    damaged = [stored[:length] for length in range(len(stored))]
    damaged += [stored[:at] + bytes((stored[at] ^ 1,)) + stored[at + 1 :] for at in range(len(stored))]
    damaged += [stored + b" ", stored * 2]
    for wrong in damaged:
        with pytest.raises(CorruptState):
            process.look(definition, wrong)


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        "text",
        [1, 2, 3, 4, 5, 6],
        ["HASH", "0" * 24, 1, {}, {}, 7],
        ["HASH", "0" * 24, 1, {}, {}, [[0]]],
        ["HASH", "0" * 24, 1, {}, {}, [[0, [[1, "nowhere", 16, 0, None]]]]],
        ["HASH", "0" * 24, 1, {}, {}, [[0, [[1, "ask", 16, 99, None]]]]],
        ["HASH", "0" * 24, 1, {}, {}, [[0, []], [5, []]]],
        ["HASH", "0" * 24, 1, {}, {}, [[0, [[1, "ask", 16, 0, None]]], [1, []]]],
    ],
)
def test_a_well_formed_lie_is_refused(definition: Definition, content: Any) -> None:
    body = b"[]\n" + orjson.dumps(content).replace(b"HASH", definition.hash[:16].encode())
    with pytest.raises(CorruptState):
        process.look(definition, bytes((process.STATE_FORMAT,)) + crc32(body).to_bytes(4, "big") + body)


def test_a_state_belongs_to_its_definition(definition: Definition) -> None:
    p = Process("other")
    p.chain(p.start(), p.task("ask", step="ask"), p.end())
    with pytest.raises(CorruptState):
        process.look(deploy(p), Player(definition).position.state)


def golden_case() -> Player:
    """Play the case whose bytes are kept: tokens of every kind, in the second round."""
    definition = process.compile_definition(
        process.read({"golden.bpmn": (GOLDEN / "golden.bpmn").read_bytes()})
    )
    case = Player(definition)
    case.position = process.start(definition, {}, seed="713" * 8)
    case.do("ask", people=[], meeting=False, writing=False, waiting=False).do("left").do("right")
    case.do("decide", again=True)
    case.do("ask", people=["王", "李", "赵"], meeting=True, writing=True, waiting=True)
    return case.do("speak", "李").elapse("urge").do("write", "王")


def test_a_case_saved_by_this_format_can_still_be_read_and_goes_on() -> None:
    """The bytes were written when format 2 was new. They must be read as long as cases of it run."""
    case = golden_case()
    stored = (GOLDEN / "format-2.state").read_bytes()
    kept = process.look(case.definition, stored)
    assert (kept.ready, kept.timers, kept.awaits) == (
        case.position.ready,
        case.position.timers,
        case.position.awaits,
    )
    case.position = kept
    case.do("speak", "王").do("speak", "赵").do("write", "李").do("write", "赵").do("inner_task").signal(
        "answer"
    )
    assert case.ready == ["left", "right", "urging"]
    case.do("left").do("right").do("decide", again=False).do("urging")
    assert case.ended


def test_the_golden_diagram_is_the_one_drawn_here() -> None:
    assert (GOLDEN / "golden.bpmn").read_bytes() == document(
        *everything(), messages=("answer",), signals=("halt",)
    )
