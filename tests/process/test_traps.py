"""The traps of SpiffWorkflow 3.2.0, each handled or refused before deployment with element, line and reason.

The numbers are those of the study the project keeps of it: 2.1 growth, 2.2 joins, 2.3 others, 2.4 scripts,
2.5 XML, 4.1 what it accepts and gets wrong. Whatever is refused must name its element and its line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest
from player import Player, deploy
from test_joins import play, revision_loop

from bpmn import Process, document, event, message, multi_instance, signal, timer
from decision_engine import process
from decision_engine.errors import CorruptState, NotReady
from decision_engine.process import Finding, Refused
from decision_engine.process import definition as building
from decision_engine.process.diagram import EventDefinition, MultiInstance


def straight(*tasks: str, id: str = "p") -> Process:  # noqa: A002
    p = Process(id)
    p.chain(p.start(f"{id}_start"), *(p.task(task, step=task) for task in tasks), p.end(f"{id}_end"))
    return p


def findings(xml: bytes) -> list[Finding]:
    """Return why *xml* is refused, by whoever refuses it; no reasons if it is accepted."""
    try:
        process.compile_definition(process.read({"test.bpmn": xml}))
    except Refused as refusal:
        return list(refusal.findings)
    return []


def assert_refused(xml: bytes, element: str, rule: str | None = None) -> None:
    """Assert that *element* is refused at its line in *xml*, with a reason in both languages."""
    reasons = findings(xml)
    assert reasons, "was accepted"
    about = [reason for reason in reasons if reason.element == element]
    assert about, f"{element} is not named, but {[reason.element for reason in reasons]}"
    lines = xml.decode().splitlines()
    for reason in about:
        assert reason.line is not None
        assert f'id="{element}"' in lines[reason.line - 1], "the line is another element's"
        assert reason.message.zh
        assert reason.message.en
    assert rule is None or rule in {reason.rule for reason in about}


# -- 2.1 the tree grows, and at depth 1000 the case is lost ----------------------------------------------


def test_a_straight_process_of_two_thousand_tasks_runs() -> None:
    case = Player(deploy(straight(*(f"t{number}" for number in range(2000)), id="long")))
    for number in range(5):
        case.do(f"t{number}")
    assert case.ready == ["t5"]


def test_three_thousand_elements_are_passed_in_one_move() -> None:
    p = Process("far")
    p.chain(p.start(), p.task("work"), *(p.throw(f"m{number}") for number in range(3000)), p.end())
    case = Player(deploy(p)).do("work")
    assert case.ended
    assert len(case.trail) == 3003


def test_the_thousandth_revision_is_like_the_first() -> None:
    p = Process("revise")
    p.chain(
        p.start(),
        p.exclusive("back"),
        p.task("draft"),
        p.task("review", step="review"),
        p.exclusive("ok", default="yes"),
    )
    p.flow("ok", "back", "review.revise")
    p.flow("ok", p.end(), id="yes")
    case = Player(deploy(p))
    sizes = []
    for _ in range(1100):
        case.do("draft").do("review", revise=True)
        sizes.append(len(case.position.state))
    assert max(sizes) <= sizes[0] + 8
    assert case.ready == ["draft"]
    assert case.do("draft").do("review", revise=False).ended


# -- 2.2 joins in loops, and data lost at joins (see test_joins for all widths and the controls) -----------


@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
def test_joins_in_loops_do_not_count_earlier_rounds(kind: str) -> None:
    definition, random = deploy(revision_loop(kind, 4)), Random(22)
    for _ in range(10):
        play(Player(definition), kind, 4, random)


def test_a_slow_branch_does_not_undo_what_another_one_changed() -> None:
    p = Process("shared")
    p.chain(p.start(), p.task("first", step="x"), p.parallel("s"), p.task("a", step="x"), p.parallel("j"))
    p.chain("s", p.task("b", step="b"), "j", p.exclusive("g", default="lost"))
    p.flow("g", p.task("kept"), "x.value == 2")
    p.flow("g", p.task("undone"), id="lost")
    p.chain("kept", p.end())
    p.chain("undone", p.end("undone_end"))
    case = Player(deploy(p)).do("first", value=1).do("a", value=2).do("b", unrelated=True)
    assert case.ready == ["kept"]


@pytest.mark.parametrize("sequential", [False, True])
def test_a_multi_instance_may_be_entered_twice(sequential: bool) -> None:
    p = Process("twice")
    p.chain(p.start(), p.exclusive("back"), p.task("open", step="open"))
    p.chain("open", p.each("speak", "open.people", sequential=sequential), p.task("close", step="close"))
    p.chain("close", p.exclusive("done", default="yes"))
    p.flow("done", "back", "close.again")
    p.flow("done", p.end(), id="yes")
    case = Player(deploy(p))
    for number in range(3):
        case.do("open", people=["a", "b"]).do("speak", "a").do("speak", "b").do("close", again=number < 2)
    assert case.ended


# -- 2.3 others ------------------------------------------------------------------------------------------------


def test_what_a_caller_changes_later_changes_no_case() -> None:
    p = Process("alias")
    p.chain(p.start(), p.task("open", step="open"), p.each("speak", "open.people"), p.task("after"), p.end())
    case = Player(deploy(p))
    people = ["a", "b"]
    position = process.complete(
        case.definition, case.position.state, case.find("open").id, {"people": people}
    )
    people.append("c")
    case.move(position)
    assert case.ready == ["speak", "speak"]


def test_a_state_that_a_json_store_has_reordered_is_refused() -> None:
    definition = deploy(revision_loop("parallel", 3))
    state = Player(definition).position.state
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(state)
    watched, rows = state[5:].split(b"\n")
    for rewritten in (
        watched + b"\n" + orjson.dumps(orjson.loads(rows), option=orjson.OPT_INDENT_2),
        orjson.dumps(orjson.loads(watched), option=orjson.OPT_INDENT_2) + b"\n" + rows,
    ):
        with pytest.raises(CorruptState):
            process.look(definition, state[:5] + rewritten)


def test_a_multi_instance_goes_on_in_a_process_that_has_just_started() -> None:
    """SpiffWorkflow connects an instance to its activity only where the spec came from its serializer."""
    p = Process("fresh")
    p.chain(p.start(), p.task("open", step="open"), p.each("speak", "open.people"), p.task("close"), p.end())
    case = Player(deploy(p)).do("open", people=list("abcdefghi"))
    for person in "abcdefghi":
        building._cache.clear()
        case.definition = deploy(p)
        case.do("speak", person)
    assert case.ready == ["close"]


def test_a_future_or_finished_task_cannot_be_run() -> None:
    case = Player(deploy(straight("draft", "review")))
    draft = case.find("draft").id
    case.do("draft")
    with pytest.raises(NotReady):
        process.complete(case.definition, case.position.state, draft, {})
    review = case.find("review").id
    with pytest.raises(NotReady):
        process.complete(case.definition, Player(case.definition).position.state, review, {})


def test_two_people_on_one_state_give_two_states_and_nothing_is_overwritten_here() -> None:
    """Which of the two is saved is the store's to decide (a version column); the runner keeps no case."""
    case = Player(deploy(revision_loop("parallel", 2))).do("draft")
    before = case.position.state
    first = process.complete(case.definition, before, case.find("b0").id, {})
    second = process.complete(case.definition, before, case.find("b1").id, {})
    assert [ready.element for ready in first.ready] == ["b1"]
    assert [ready.element for ready in second.ready] == ["b0"]
    both = process.complete(case.definition, first.state, case.find("b1").id, {})
    assert [ready.element for ready in both.ready] == ["review"]


def test_a_withdrawn_timer_is_no_ghost() -> None:
    p = straight("consult", "after")
    p.boundary("late", "consult", timer("P3D"))
    p.chain("late", p.end("late_end"))
    case = Player(deploy(p))
    ghost = case.position.timers[0].id
    case.do("consult")
    assert case.timers == []
    with pytest.raises(NotReady):
        process.elapse(case.definition, case.position.state, ghost)


def test_a_non_interrupting_message_comes_more_than_once() -> None:
    p = straight("work")
    p.boundary("asked", "work", message("question"), interrupting=False)
    p.chain("asked", p.task("answer"), p.end("answered"))
    case = Player(deploy(p, messages=("question",)))
    for _ in range(3):
        case.signal("question")
    assert case.ready == ["answer", "answer", "answer", "work"]


def test_chinese_ids_names_variables_and_lanes_are_fine() -> None:
    p = Process("流程", name="重大行政决策")
    p.chain(p.start("开始"), p.task("起草", step="起草"), p.exclusive("判断", default="否"))
    p.flow("判断", p.task("公布", name="公布决策"), '起草.级别 == "高" and 类型 in ("道路", "桥梁")')
    p.flow("判断", p.end("不办"), id="否")
    p.chain("公布", p.end("结束"))
    p.lane("secretary", "起草", "公布", name="党政办秘书")
    case = Player(deploy(p), 类型="桥梁").do("起草", 级别="高")
    assert (case.find("公布").name, case.find("公布").role) == ("公布决策", "secretary")


def test_an_id_that_spiffworkflow_uses_itself_is_fine() -> None:
    p = Process("p")
    p.chain(p.start("Start"), p.task("Root"), p.task("p.EndJoin"), p.end("End"))
    assert Player(deploy(p)).do("Root").do("p.EndJoin").ended


# -- 2.4 nothing in a diagram is code ----------------------------------------------------------------------------

ATTACKS = [
    "__import__('os').system('touch /tmp/owned')",
    "().__class__.__base__.__subclasses__()",
    "9**9**7 > 1",
    "[0]*10**10",
    "'a'*10**10 == 'a'",
    "(lambda: 1)()",
    "open('/etc/passwd').read() == ''",
    "x.y.z == 1",
    "[x for x in (1,)]",
    "exec('1')",
    "f'{x}' == 'x'",
    "x := 1",
]


def _in_condition(attack: str) -> tuple[Process, str]:
    p = Process("p")
    p.chain(p.start(), p.exclusive("g", default="d"))
    where = p.flow("g", p.end("a"), attack)
    p.flow("g", p.end("b"), id="d")
    return p, where


def _in_inclusive_condition(attack: str) -> tuple[Process, str]:
    p = Process("p")
    p.chain(p.start(), p.inclusive("g", default="d"))
    where = p.flow("g", p.end("a"), attack)
    p.flow("g", p.end("b"), id="d")
    return p, where


def _in_timer(attack: str) -> tuple[Process, str]:
    p = Process("p")
    p.chain(p.start(), p.catch("wait", timer(attack)), p.end())
    return p, "wait"


def _in_boundary_date(attack: str) -> tuple[Process, str]:
    p = straight("work")
    p.chain(p.boundary("late", "work", timer(attack, "date")), p.end("late_end"))
    return p, "late"


def _in_cycle(attack: str) -> tuple[Process, str]:
    p = straight("work")
    p.chain(p.boundary("late", "work", timer(attack, "cycle"), interrupting=False), p.end("late_end"))
    return p, "late"


def _in_cardinality(attack: str) -> tuple[Process, str]:
    p = Process("p")
    p.chain(p.start(), p.times("work", attack), p.end())
    return p, "work"


def _in_collection(attack: str) -> tuple[Process, str]:
    p = Process("p")
    p.chain(p.start(), p.each("work", attack.replace('"', "'")), p.end())
    return p, "work"


def _in_loop_data(attack: str) -> tuple[Process, str]:
    p = Process("p")
    inner = f"<bpmn:loopDataInputRef>{attack.replace('<', '&lt;')}</bpmn:loopDataInputRef>"
    p.chain(p.start(), p.task("work", inner=multi_instance("", inner)), p.end())
    return p, "work"


def _in_script(attack: str) -> tuple[Process, str]:
    p = Process("p")
    script = f"<bpmn:script>{attack.replace('<', '&lt;')}</bpmn:script>"
    p.chain(p.start(), p.task("work", kind="scriptTask", inner=script), p.end())
    return p, "work"


PLACES = [
    _in_condition,
    _in_inclusive_condition,
    _in_timer,
    _in_boundary_date,
    _in_cycle,
    _in_cardinality,
    _in_collection,
    _in_loop_data,
    _in_script,
]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize("attack", ATTACKS)
def test_code_is_refused_wherever_an_expression_can_stand(
    place: Callable[[str], tuple[Process, str]], attack: str
) -> None:
    drawn, element = place(attack)
    assert_refused(document(drawn), element)


def test_the_script_engine_runs_nothing_even_if_asked() -> None:
    from decision_engine.errors import EngineDisagrees
    from decision_engine.process.engine import CONDITIONS

    with pytest.raises(EngineDisagrees):
        CONDITIONS.execute(None, "raise SystemExit")


# -- 2.5 XML ---------------------------------------------------------------------------------------------------------

GOOD = document(straight("work")).decode()
HEAD, BODY = GOOD.split("\n", 1)
LAUGHS = "".join(f'<!ENTITY l{n} "&l{n - 1};&l{n - 1};&l{n - 1};&l{n - 1};">' for n in range(1, 30))


HOSTILE = {
    "external DTD": f'{HEAD}\n<!DOCTYPE d SYSTEM "http://example.invalid/d.dtd">\n{BODY}',
    "bare DOCTYPE": f"{HEAD}\n<!DOCTYPE d>\n{BODY}",
    "external entity": f'{HEAD}\n<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
    + BODY.replace("work", "&x;", 1),
    "internal entity": f'{HEAD}\n<!DOCTYPE d [<!ENTITY x "y">]>\n{BODY}',
    "billion laughs": f'{HEAD}\n<!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]>\n'
    + BODY.replace("</bpmn:process>", "&l29;</bpmn:process>"),
    "more than 2 MB": GOOD + " " * 2_100_000,
    "very deep": BODY.replace("</bpmn:process>", "<x>" * 5000 + "</x>" * 5000 + "</bpmn:process>"),
    "cut off": GOOD[:-20],
    "empty": "",
    "no XML": "not xml",
    "no BPMN": "<a/>",
    "undefined entity": GOOD.replace(
        "</bpmn:process>", "<bpmn:documentation>&u;</bpmn:documentation></bpmn:process>"
    ),
    "null byte": GOOD.replace("work", "\x00"),
}


@pytest.mark.parametrize("xml", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_or_broken_xml_is_refused(xml: str) -> None:
    reasons = findings(xml.encode())
    assert reasons, "was accepted"
    assert all(reason.message.zh and reason.message.en for reason in reasons)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_doctype_in_another_encoding_is_refused_as_well(encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\n<!DOCTYPE d>\n{BODY}'
    assert findings(xml.encode(encoding))


# -- 4.1 what SpiffWorkflow accepts and gets wrong ---------------------------------------------------------------------


def test_a_signal_end_event_is_refused_or_sent() -> None:
    p = Process("p")
    p.chain(p.start(), p.parallel("s"), p.task("work"), p.end("tell", inner=signal("news")))
    p.chain("s", p.catch("hear", signal("news")), p.task("heard"), p.end())
    xml = document(p, signals=["news"])
    if findings(xml):
        assert_refused(xml, "tell", "U-ELEMENT")
    else:
        assert Player(deploy(p, signals=("news",))).do("work").ready == ["heard"]


def _with_event(place: str, inner: str) -> tuple[Process, str]:
    """Draw a process with *inner* as the definition of an event `odd` at *place*."""
    p = straight("work")
    match place:
        case "start":
            p = Process("p")
            p.chain(p.start("odd", inner), p.task("work"), p.end())
        case "catch":
            p = Process("p")
            p.chain(p.start(), p.catch("odd", inner), p.end())
        case "throw":
            p = Process("p")
            p.chain(p.start(), p.throw("odd", inner), p.end())
        case "end":
            p = Process("p")
            p.chain(p.start(), p.end("odd", inner=inner))
        case "boundary":
            p.chain(p.boundary("odd", "work", inner), p.end("odd_end"))
    return p, "odd"


CONDITIONAL = (
    "<bpmn:conditionalEventDefinition><bpmn:condition>x == 1</bpmn:condition>"
    "</bpmn:conditionalEventDefinition>"
)


@pytest.mark.parametrize(
    ("place", "inner"),
    [
        ("throw", event("link", name="a")),
        ("catch", event("link", name="a")),
        ("throw", event("compensate")),
        ("end", event("compensate")),
        ("boundary", event("compensate")),
        ("catch", CONDITIONAL),
        ("boundary", CONDITIONAL),
        ("start", CONDITIONAL),
        ("end", event("cancel")),
        ("boundary", event("cancel")),
        ("boundary", event("error")),
        ("end", event("error")),
        ("boundary", event("escalation")),
        ("throw", event("escalation")),
        ("end", event("escalation")),
        ("catch", timer("P1D") + signal("news")),
        ("catch", ""),
        ("boundary", ""),
        ("start", timer("P1D")),
        ("start", signal("news")),
        ("start", message("news")),
        ("throw", message("news")),
        ("end", message("news")),
        ("throw", timer("P1D")),
        ("throw", event("terminate")),
        ("catch", "<bpmn:timerEventDefinition/>"),
        ("catch", event("message")),
        ("catch", event("signal", signalRef="nowhere")),
    ],
)
def test_an_event_the_engine_does_not_run_is_refused(place: str, inner: str) -> None:
    drawn, element = _with_event(place, inner)
    assert_refused(document(drawn, messages=["news"], signals=["news"]), element, "U-ELEMENT")


@pytest.mark.parametrize("inner", ["", event("error"), timer("P1D"), message("news")])
@pytest.mark.parametrize("interrupting", ["true", "false"])
def test_event_sub_processes_are_refused(inner: str, interrupting: str) -> None:
    inside = Process("inside")
    inside.node("startEvent", "in", inner, isInterrupting=interrupting)
    inside.chain("in", inside.task("rescue"), inside.end("out"))
    p = straight("work")
    p.sub("odd", inside, triggeredByEvent="true")
    assert_refused(document(p, messages=["news"]), "odd", "U-ELEMENT")


@pytest.mark.parametrize(
    "kind",
    [
        "adHocSubProcess",
        "transaction",
        "complexGateway",
        "businessRuleTask",
        "scriptTask",
    ],
)
def test_an_element_the_engine_does_not_run_is_refused(kind: str) -> None:
    p = Process("p")
    p.chain(p.start(), p.node(kind, "odd"), p.end())
    assert_refused(document(p), "odd")


@pytest.mark.parametrize("kind", ["serviceTask", "sendTask"])
def test_a_task_for_a_machine_is_refused_or_waits_for_somebody(kind: str) -> None:
    p = Process("p")
    p.chain(p.start(), p.node(kind, "odd"), p.end())
    if findings(document(p)):
        assert_refused(document(p), "odd", "U-ELEMENT")
    else:
        assert Player(deploy(p)).ready == ["odd"]


@pytest.mark.parametrize(
    "inner",
    [
        multi_instance(
            'decision:collection="a.b"', "<bpmn:completionCondition>a.c == 1</bpmn:completionCondition>"
        ),
        multi_instance('decision:collection="a.b" behavior="None"'),
        multi_instance('decision:collection="a.b" behavior="Complex"'),
        multi_instance(""),
        multi_instance('decision:collection="a.b"', "<bpmn:loopCardinality>3</bpmn:loopCardinality>"),
        multi_instance("", "<bpmn:loopCardinality>-1</bpmn:loopCardinality>"),
        multi_instance('decision:collection="a.b"', "<bpmn:loopDataOutputRef>out</bpmn:loopDataOutputRef>"),
        "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>a.b</bpmn:loopCondition></bpmn:standardLoopCharacteristics>",
    ],
)
def test_a_loop_the_engine_does_not_run_is_refused(inner: str) -> None:
    p = Process("p")
    p.chain(p.start(), p.task("odd", inner=inner), p.end())
    assert_refused(document(p), "odd")


@pytest.mark.parametrize("attribute", ["startQuantity", "completionQuantity"])
def test_token_quantities_are_refused(attribute: str) -> None:
    p = Process("p")
    p.chain(p.start(), p.task("odd", **{attribute: "2"}), p.end())
    assert_refused(document(p), "odd", "U-ELEMENT")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("duration", "R5/PT1H"),
        ("duration", "30 days"),
        ("duration", "P"),
        ("duration", "PT"),
        ("duration", ""),
        ("duration", "P999999999D"),
        ("duration", "P101Y"),
        ("duration", "PT999999999H"),
        ("duration", f"P{'9' * 5000}D"),
        ("duration", "PT0.5S"),
        ("duration", "P１D"),
        ("date", "P30D"),
        ("date", "9999-12-31T23:59:59-14:00"),
        ("date", "0001-01-01T00:00:00+14:00"),
        ("date", "2026-13-01T09:00:00+08:00"),
        ("cycle", "P30D"),
        ("cycle", "R3"),
        ("cycle", "R0/P1D"),
        ("cycle", "R3/P999999999D"),
        ("cycle", "0 0 * * *"),
    ],
)
def test_a_timer_that_says_something_else_than_it_seems_is_refused(kind: str, text: str) -> None:
    p = Process("p")
    p.chain(p.start(), p.catch("odd", timer(text, kind)), p.end())
    assert_refused(document(p), "odd")


@pytest.mark.parametrize(
    ("kind", "written", "read"),
    [
        ("duration", '"P30D"', "P30D"),
        ("duration", "'P30D'", "P30D"),
        ("duration", "P1M", "P1M"),
        ("duration", "P100Y", "P100Y"),
        ("date", "2026-12-01T09:00:00", "2026-12-01T09:00:00"),
    ],
)
def test_a_timers_text_is_handed_on_and_not_computed_with(kind: str, written: str, read: str) -> None:
    """SpiffWorkflow evaluates it as Python, adds up months, and takes the server's zone; nothing here does."""
    p = Process("p")
    p.chain(p.start(), p.catch("wait", timer(written, kind)), p.end())
    assert Player(deploy(p)).position.timers[0].text == read


def _with_receive_behind_gateway() -> Process:
    p = Process("p")
    p.chain(
        p.start(),
        p.event_gateway("g"),
        p.task("hear", kind="receiveTask", messageRef="message_m"),
        p.end("a"),
    )
    p.chain("g", p.catch("wait", timer("P1D")), p.end("b"))
    return p


def test_a_receive_task_behind_an_event_gateway_may_not_have_boundary_events() -> None:
    p = _with_receive_behind_gateway()
    p.chain(p.boundary("late", "hear", timer("P2D")), p.end("c"))
    assert findings(document(p, messages=["m"]))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("work", {"kind": "scriptTask"}),
        ("work", {"kind": "subProcessOfSomeKind"}),
        ("start", {"event": EventDefinition("message", "m")}),
        ("a", {"event": EventDefinition("error")}),
        ("many", {"loop": MultiInstance(sequential=False, collection="f(x)")}),
        ("many", {"loop": MultiInstance(sequential=False, cardinality="9**9**9")}),
        ("many", {"loop": MultiInstance(sequential=False)}),
        ("yes", {"condition": None}),
        ("yes", {"condition": "__import__('os')"}),
        ("plain", {"condition": "work.ok"}),
    ],
)
def test_the_compiler_refuses_what_a_reader_should_have_refused(name: str, change: dict[str, Any]) -> None:
    p = Process("p")
    p.chain(p.start("start"), p.task("work", step="work"))
    p.flow("work", p.each("many", "work.people"), id="plain")
    p.chain("many", p.exclusive("g", default="no"))
    p.flow("g", p.end("a"), "work.ok", id="yes")
    p.flow("g", p.end("b"), id="no")
    diagram = process.read({"test.bpmn": document(p)})
    assert process.compile_definition(diagram).reads == {("work", "people"), ("work", "ok")}
    kind = "flows" if name in diagram.flows else "elements"
    known = getattr(diagram, kind)
    wrong = replace(diagram, hash=f"{name}{change}", **{kind: known | {name: replace(known[name], **change)}})
    with pytest.raises(Refused) as refusal:
        process.compile_definition(wrong)
    assert [(reason.element, reason.line, reason.file) for reason in refusal.value.findings] == [
        (name, known[name].line, "test.bpmn")
    ]


# -- 4.1, middle column: refused when parsed, and here with element and line as well ---------------------


def test_conditions_on_the_flows_of_an_activity_are_refused() -> None:
    p = Process("p")
    p.chain(p.start(), p.task("work", step="work"))
    odd = p.flow("work", p.end("a"), "work.ok")
    p.flow("work", p.end("b"))
    reasons = findings(document(p))
    assert {reason.element for reason in reasons} & {"work", odd}


def test_several_flows_out_of_an_activity_are_refused_or_all_taken() -> None:
    p = Process("p")
    p.chain(p.start(), p.task("work"), p.task("a"), p.end("a_end"))
    p.chain("work", p.task("b"), p.end("b_end"))
    if findings(document(p)):
        assert_refused(document(p), "work")
    else:
        assert Player(deploy(p)).do("work").ready == ["a", "b"]


def test_a_gateway_flow_without_a_condition_is_refused() -> None:
    for kind in ("exclusiveGateway", "inclusiveGateway"):
        p = Process("p")
        p.chain(p.start(), p.task("work", step="work"), p.node(kind, "g"))
        p.flow("g", p.end("a"), "work.ok")
        odd = p.flow("g", p.end("b"))
        reasons = findings(document(p))
        assert {reason.element for reason in reasons} & {"g", odd}


@pytest.mark.parametrize("target", ["nowhere", ""])
def test_a_call_to_an_unknown_process_is_refused(target: str) -> None:
    p = Process("p")
    p.chain(p.start(), p.call("odd", target), p.end())
    assert_refused(document(p), "odd")


def test_a_process_that_calls_itself_is_refused() -> None:
    p, q = Process("p"), Process("q")
    p.chain(p.start(), p.call("call_q", "q"), p.end())
    q.chain(q.start("q_start"), q.call("call_p", "p"), q.end("q_end"))
    assert findings(document(p, q))


def test_a_process_without_a_start_event_is_refused() -> None:
    p = Process("odd")
    p.chain(p.task("work"), p.end())
    assert_refused(document(p), "odd")


def test_a_process_that_is_not_executable_is_refused() -> None:
    p = Process("odd", executable=False)
    p.chain(p.start(), p.task("work"), p.end())
    assert_refused(document(p), "odd")


def test_an_id_used_twice_is_refused() -> None:
    p, q = Process("p"), Process("q")
    p.chain(p.start("p_start"), p.call("call", "q"), p.end("p_end"))
    q.chain(q.start("q_start"), q.task("call"), q.end("q_end"))
    assert any(reason.element == "call" for reason in findings(document(p, q)))


@pytest.mark.parametrize("reference", ["default", "attachedToRef", "sourceRef"])
def test_a_reference_to_nothing_is_refused(reference: str) -> None:
    p = straight("work")
    match reference:
        case "default":
            p.exclusive("g", default="nowhere")
            p.chain("work", "g", p.end("other_end"))
        case "attachedToRef":
            p.chain(p.boundary("b", "nowhere", timer("P1D")), p.end("b_end"))
        case "sourceRef":
            p.flow("nowhere", "work")
    assert findings(document(p))
