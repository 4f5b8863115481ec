"""The runner: what a case does, move by move, seen through `Position`."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from player import Player, deploy

from bpmn import Process, message, multi_instance, signal, timer
from decision_engine import process
from decision_engine.errors import EngineDisagrees, InvalidAnswers, Malformed, NotReady
from decision_engine.process import definition as building


def straight(*steps: str, id: str = "straight") -> Process:  # noqa: A002
    p = Process(id)
    p.chain(p.start(f"{id}_start"), *(p.task(step, step=step) for step in steps), p.end(f"{id}_end"))
    return p


# -- moving ------------------------------------------------------------------------------------------


def test_a_case_goes_from_task_to_task_to_the_end() -> None:
    case = Player(deploy(straight("draft", "review")))
    assert case.ready == ["draft"]
    assert case.do("draft").ready == ["review"]
    assert case.do("review").ended
    assert case.trail == ["straight_start", "draft", "review", "straight_end"]


def test_a_ready_task_says_what_who_and_where() -> None:
    p = straight("draft")
    p.lane("lead_unit_officer", "draft", name="承办单位经办人")
    ready = Player(deploy(p)).find("draft")
    assert (ready.step, ready.role, ready.name, ready.item, ready.call_path) == (
        "draft",
        "lead_unit_officer",
        "draft",
        None,
        (),
    )
    assert len(ready.id) == 32
    assert int(ready.id, 16)


def test_an_id_stays_the_same_until_its_task_is_done() -> None:
    p = Process("stable")
    p.chain(p.start(), p.parallel("s"), p.task("a"), p.parallel("j"), p.end())
    p.chain("s", p.task("b"), "j")
    case = Player(deploy(p))
    before = case.find("b").id
    assert case.do("a").find("b").id == before


def test_ids_of_two_cases_differ() -> None:
    definition = deploy(straight("draft"))
    assert Player(definition).find("draft").id != Player(definition).find("draft").id


def test_the_same_move_on_the_same_state_gives_the_same_position() -> None:
    definition = deploy(straight("draft", "review"))
    first = process.start(definition, {}, seed="0" * 24)
    assert first == process.start(definition, {}, seed="0" * 24)
    move = process.complete(definition, first.state, first.ready[0].id, {})
    assert move == process.complete(definition, first.state, first.ready[0].id, {})


def test_looking_changes_nothing() -> None:
    case = Player(deploy(straight("draft")))
    again = process.look(case.definition, case.position.state)
    assert again.state == case.position.state
    assert again.ready == case.position.ready
    assert again.passed == ()


# -- the READY guard ----------------------------------------------------------------------------------


def test_only_what_is_ready_can_be_completed() -> None:
    p = straight("draft", "review")
    p.boundary("late", "review", timer("P3D"))
    p.chain("late", p.end("too_late"))
    definition = deploy(p)
    case = Player(definition)
    first = case.find("draft").id
    case.do("draft")
    future = first[:-1] + "f"
    waiting = case.position.timers[0].id
    stranger = Player(definition).find("draft").id
    root = first[:24] + "0" * 8
    alias = first[:24] + f"+{int(case.find('review').id[24:], 16):07x}"
    for wrong in (
        first,
        future,
        waiting,
        stranger,
        root,
        "",
        "no id",
        "x" * 32,
        first[:24] + "zzzzzzzz",
        alias,
    ):
        with pytest.raises(NotReady):
            process.complete(definition, case.position.state, wrong, {})
    for wrong in (first, case.find("review").id, ""):
        with pytest.raises(NotReady):
            process.elapse(definition, case.position.state, wrong)


def test_an_ended_case_takes_no_more_steps() -> None:
    case = Player(deploy(straight("draft")))
    last = case.find("draft").id
    case.do("draft")
    assert case.ended
    with pytest.raises(NotReady):
        process.complete(case.definition, case.position.state, last, {})


# -- answers and ways ------------------------------------------------------------------------------------


def decide() -> Process:
    p = Process("decide")
    p.chain(p.start(), p.task("determine_risk", step="determine_risk"), p.exclusive("risk"))
    p.flow("risk", p.task("go_on"), 'determine_risk.outcome == "CONTROLLABLE"')
    p.flow("risk", p.task("adjust"), 'determine_risk.outcome == "UNCONTROLLABLE" and kind == "road"')
    p.chain("go_on", p.end("good"))
    p.chain("adjust", p.end("bad"))
    return p


def test_a_gateway_reads_the_answer_of_a_step_and_the_facts_of_the_case() -> None:
    definition = deploy(decide())
    assert definition.reads == {("determine_risk", "outcome")}
    assert definition.facts == {"kind"}
    case = Player(definition, kind="road")
    assert case.do("determine_risk", outcome="UNCONTROLLABLE").ready == ["adjust"]


def test_only_what_some_expression_reads_is_kept() -> None:
    case = Player(deploy(decide()), kind="road", secret_fact="facts-nobody-reads")
    case.do("determine_risk", outcome="CONTROLLABLE", reason="reasons-nobody-reads")
    assert b"nobody-reads" not in case.position.state
    assert b"CONTROLLABLE" in case.position.state


@pytest.mark.parametrize(
    "answers", [{}, {"outcome": None}, {"outcome": "OTHER"}, {"outcome": 1}, {"outcome": ["A"]}]
)
def test_answers_that_open_no_way_are_refused_and_named(answers: dict[str, Any]) -> None:
    case = Player(deploy(decide()), kind="road")
    before = case.position.state
    with pytest.raises(InvalidAnswers) as refusal:
        case.do("determine_risk", **answers)
    assert "outcome" in refusal.value.fields
    assert "risk" in refusal.value.message.zh
    assert "risk" in refusal.value.message.en
    assert case.position.state == before
    assert case.do("determine_risk", outcome="CONTROLLABLE").ready == ["go_on"]


def test_a_missing_fact_opens_no_way() -> None:
    with pytest.raises(InvalidAnswers):
        Player(deploy(decide())).do("determine_risk", outcome="UNCONTROLLABLE")


def test_new_answers_replace_the_old_ones_altogether() -> None:
    """A confirmation given for an earlier version does not count for a later one."""
    p = Process("again")
    p.chain(
        p.start(), p.exclusive("back"), p.task("opinion", step="opinion"), p.exclusive("ok", default="no")
    )
    p.flow("ok", p.task("meeting"), "opinion.confirmed")
    p.flow("ok", p.task("adjust"), id="no")
    p.chain("adjust", "back")
    p.chain("meeting", p.exclusive("more", default="stop"))
    p.flow("more", "back", "opinion.again")
    p.flow("more", p.end(), id="stop")
    case = Player(deploy(p))
    case.do("opinion", confirmed=True, again=True).do("meeting")
    assert case.do("opinion").ready == ["adjust"]


def test_the_first_satisfied_flow_in_the_documents_order_is_taken() -> None:
    p = Process("order")
    p.chain(p.start(), p.task("ask", step="ask"), p.exclusive("g", default="d"))
    p.flow("g", p.task("first"), "ask.n > 1")
    p.flow("g", p.task("second"), "ask.n > 0")
    p.flow("g", p.task("otherwise"), id="d")
    for name in ("first", "second", "otherwise"):
        p.chain(name, p.end(f"end_{name}"))
    for number, way in ((2, "first"), (1, "second"), (0, "otherwise"), (None, "otherwise")):
        assert Player(deploy(p)).do("ask", n=number).ready == [way]


def test_an_inclusive_gateway_takes_every_satisfied_flow_or_the_default() -> None:
    p = Process("some")
    p.chain(p.start(), p.task("ask", step="ask"), p.inclusive("g", default="d"))
    for name in ("a", "b"):
        p.flow("g", p.task(name), f"ask.{name}")
        p.chain(name, f"end_{name}")
        p.end(f"end_{name}")
    p.flow("g", p.task("none"), id="d")
    p.chain("none", p.end("end_none"))
    assert Player(deploy(p)).do("ask", a=True, b=True).ready == ["a", "b"]
    assert Player(deploy(p)).do("ask", a=False, b=True).ready == ["b"]
    assert Player(deploy(p)).do("ask").ready == ["none"]


def test_an_inclusive_gateway_without_a_satisfied_flow_refuses_the_step() -> None:
    p = Process("none")
    p.chain(p.start(), p.task("ask", step="ask"), p.inclusive("g"))
    p.flow("g", p.end("a"), "ask.a")
    p.flow("g", p.end("b"), "ask.b")
    with pytest.raises(InvalidAnswers) as refusal:
        Player(deploy(p)).do("ask", a=False)
    assert sorted(refusal.value.fields) == ["a", "b"]


def test_an_answer_that_is_no_json_is_refused() -> None:
    with pytest.raises(Malformed):
        Player(deploy(decide()), kind=object()).do("determine_risk", outcome="CONTROLLABLE")


# -- multi-instance ----------------------------------------------------------------------------------------


def meeting(*, sequential: bool = False, **more: str) -> Process:
    p = Process("meeting_" + "_".join([str(sequential), *more]))
    p.chain(p.start(), p.exclusive("back"), p.task("open_meeting", step="open_meeting"))
    p.each("member_speaks", "open_meeting.speakers", step="member_speaks", sequential=sequential)
    p.chain("open_meeting", "member_speaks", p.task("principal_speaks_last", step="principal_speaks_last"))
    p.chain("principal_speaks_last", p.exclusive("enough", default="yes"))
    p.flow("enough", "back", "principal_speaks_last.again")
    p.flow("enough", p.end(), id="yes")
    return p


def test_every_item_has_a_task_of_its_own() -> None:
    case = Player(deploy(meeting()))
    case.do("open_meeting", speakers=["wang", "li", "zhao"])
    assert [ready.item for ready in case.position.ready] == ["wang", "li", "zhao"]
    case.do("member_speaks", "li").do("member_speaks", "wang")
    assert case.ready == ["member_speaks"]
    assert "member_speaks" not in case.trail
    assert case.do("member_speaks", "zhao").ready == ["principal_speaks_last"]
    assert case.passed()["member_speaks"] == 1


def test_one_after_another_in_order() -> None:
    case = Player(deploy(meeting(sequential=True)))
    case.do("open_meeting", speakers=["wang", "li"])
    assert [ready.item for ready in case.position.ready] == ["wang"]
    assert [ready.item for ready in case.do("member_speaks").position.ready] == ["li"]
    assert case.do("member_speaks").ready == ["principal_speaks_last"]


@pytest.mark.parametrize("sequential", [False, True])
def test_a_meeting_may_be_held_again_with_other_members(sequential: bool) -> None:
    case = Player(deploy(meeting(sequential=sequential)))
    for members in (["wang", "li"], ["li"], [], ["a", "b", "c"]):
        case.do("open_meeting", speakers=members)
        for member in members:
            case.do("member_speaks", member)
        assert case.ready == ["principal_speaks_last"]
        case.do("principal_speaks_last", again=True)
    assert case.ready == ["open_meeting"]


@pytest.mark.parametrize("sequential", [False, True])
def test_nobody_to_ask_is_passed_at_once(sequential: bool) -> None:
    case = Player(deploy(meeting(sequential=sequential)))
    assert case.do("open_meeting", speakers=[]).ready == ["principal_speaks_last"]


@pytest.mark.parametrize("speakers", [None, "wang", 3, {"wang": 1}, ["x"] * 501, [None], [["wang"]], [True]])
def test_without_a_collection_the_step_is_refused(speakers: Any) -> None:
    case = Player(deploy(meeting()))
    with pytest.raises(InvalidAnswers) as refusal:
        case.do("open_meeting", **({} if speakers is None else {"speakers": speakers}))
    assert list(refusal.value.fields) == ["speakers"]
    assert case.ready == ["open_meeting"]


@pytest.mark.parametrize(
    ("cardinality", "answers", "count"), [("3", {}, 3), ("ask.n", {"n": 2}, 2), ("ask.n", {"n": 0}, 0)]
)
def test_a_cardinality_is_a_number_or_an_answer(
    cardinality: str, answers: dict[str, int], count: int
) -> None:
    p = Process("times")
    p.chain(p.start(), p.task("ask", step="ask"), p.times("copy", cardinality), p.task("after"), p.end())
    case = Player(deploy(p)).do("ask", **answers)
    assert case.ready == (["copy"] * count or ["after"])
    assert [ready.item for ready in case.position.ready if ready.element == "copy"] == [
        str(n) for n in range(count)
    ]


@pytest.mark.parametrize("wrong", [None, -1, 1.5, True, "2", 501])
def test_a_cardinality_that_is_no_number_is_refused(wrong: Any) -> None:
    p = Process("times")
    p.chain(p.start(), p.task("ask", step="ask"), p.times("copy", "ask.n"), p.end())
    with pytest.raises(InvalidAnswers):
        Player(deploy(p)).do("ask", n=wrong)


def test_a_collection_may_be_named_as_bpmn_does() -> None:
    p = Process("data_input")
    inner = (
        '<bpmn:loopDataInputRef>ask.people</bpmn:loopDataInputRef><bpmn:inputDataItem id="one" name="one"/>'
    )
    p.chain(p.start(), p.task("ask", step="ask"), p.task("speak", inner=multi_instance("", inner)), p.end())
    case = Player(deploy(p)).do("ask", people=["wang", "li"])
    assert [ready.item for ready in case.position.ready] == ["wang", "li"]


def test_each_item_may_have_a_sub_process_of_its_own() -> None:
    inside = Process("inside")
    inside.chain(inside.start("in"), inside.task("write"), inside.task("sign"), inside.end("out"))
    p = Process("per_expert")
    p.chain(p.start(), p.task("select", step="select"))
    loop = multi_instance('decision:collection="select.experts" decision:item="expert"')
    p.chain("select", p.sub("opinion", inside, loop=loop), p.task("summary"), p.end())
    case = Player(deploy(p)).do("select", experts=["a", "b"])
    assert [(ready.element, ready.item) for ready in case.position.ready] == [("write", "a"), ("write", "b")]
    case.do("write", "b").do("sign", "b").do("write", "a")
    assert [(ready.element, ready.item) for ready in case.position.ready] == [("sign", "a")]
    assert case.do("sign").ready == ["summary"]


def test_an_interrupting_timer_ends_all_instances() -> None:
    p = Process("deadline")
    p.chain(
        p.start(),
        p.task("select", step="select"),
        p.each("opinion", "select.experts"),
        p.task("after"),
        p.end(),
    )
    p.boundary("late", "opinion", timer("P20D"))
    p.chain("late", p.task("overdue"), p.end("end_late"))
    case = Player(deploy(p)).do("select", experts=["a", "b", "c"]).do("opinion", "b")
    assert case.elapse("late").ready == ["overdue"]
    assert case.timers == []


# -- calls and sub-processes ----------------------------------------------------------------------------------


def called() -> Process:
    p = Process("assess")
    p.chain(
        p.start("assess_start"),
        p.task("assess_risk", step="assess_risk"),
        p.task("determine", step="determine"),
    )
    p.chain("determine", p.exclusive("controllable", default="adjusting"))
    p.flow("controllable", p.end("assess_end"), "determine.ok and register.big")
    p.flow("controllable", p.task("adjust"), id="adjusting")
    p.chain("adjust", "assess_risk")
    return p


def test_a_called_process_shares_the_cases_answers() -> None:
    p = Process("main")
    p.chain(p.start(), p.task("register", step="register"), p.call("risk", "assess"), p.exclusive("after"))
    p.flow("after", p.task("good"), "determine.ok")
    p.chain("good", p.end())
    case = Player(deploy(p, called())).do("register", big=True)
    assert case.find("assess_risk").call_path == ("risk",)
    case.do("assess_risk").do("determine", ok=False).do("adjust").do("assess_risk").do("determine", ok=True)
    assert case.ready == ["good"]
    assert case.passed()["risk"] == 1


def test_processes_may_be_called_in_calls_and_side_by_side() -> None:
    inner, middle, p = straight("work", id="inner"), Process("middle"), Process("outer")
    middle.chain(middle.start("m_start"), middle.call("call_inner", "inner"), middle.end("m_end"))
    p.chain(p.start("o_start"), p.parallel("s"), p.call("one", "middle"), p.parallel("j"), p.end("o_end"))
    p.chain("s", p.call("two", "middle"), "j")
    p.lane("secretary", "one")
    p.lane("expert", "two")
    case = Player(deploy(p, middle, inner))
    assert [(r.call_path, r.role) for r in case.position.ready] == [
        (("one", "call_inner"), "secretary"),
        (("two", "call_inner"), "expert"),
    ]
    second = case.position.ready[1].id
    position = process.complete(case.definition, case.position.state, second, {})
    assert [ready.call_path for ready in position.ready] == [("one", "call_inner")]
    assert process.complete(case.definition, position.state, position.ready[0].id, {}).ended


def test_a_timer_on_a_call_withdraws_everything_inside() -> None:
    p = Process("main")
    p.chain(p.start(), p.call("risk", "assess"), p.task("after"), p.end())
    p.boundary("late", "risk", timer("P60D"))
    p.chain("late", p.task("overdue"), p.end("late_end"))
    case = Player(deploy(p, called())).do("assess_risk")
    assert case.ready == ["determine"]
    assert case.elapse("late").ready == ["overdue"]
    assert case.timers == []
    assert case.do("overdue").ended


def test_terminate_ends_its_own_scope_and_no_other() -> None:
    inside = Process("inside")
    inside.chain(inside.start("in"), inside.parallel("fork"), inside.task("slow"), inside.end("slow_end"))
    inside.chain("fork", inside.task("stop"), inside.end("kill", terminate=True))
    p = Process("outer")
    p.chain(p.start(), p.parallel("s"), p.sub("sub", inside), p.parallel("j"), p.end())
    p.chain("s", p.task("beside"), "j")
    case = Player(deploy(p)).do("stop")
    assert case.ready == ["beside"]
    assert case.do("beside").ended


def test_terminate_of_the_process_withdraws_all() -> None:
    inside = Process("inside")
    inside.chain(inside.start("in"), inside.task("deep"), inside.end("out"))
    p = Process("outer")
    p.chain(p.start(), p.parallel("s"), p.sub("sub", inside), p.end())
    p.chain("s", p.task("stop"), p.end("kill", terminate=True))
    p.boundary("late", "sub", timer("P1D"))
    p.chain("late", p.end("late_end"))
    case = Player(deploy(p)).do("stop")
    assert case.ended
    assert (case.ready, case.timers) == ([], [])


# -- events -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("duration", "P30D"),
        ("duration", "parameter('public_comment_days')"),
        ("date", "2026-12-01T09:00:00+08:00"),
        ("cycle", "R3/P10D"),
    ],
)
def test_a_timer_is_reported_as_written_and_fires_when_told(kind: str, text: str) -> None:
    p = Process("wait")
    p.chain(
        p.start(),
        p.catch("comment_period", timer(text, kind), step="comment_period"),
        p.task("after"),
        p.end(),
    )
    case = Player(deploy(p))
    (waiting,) = case.position.timers
    assert (waiting.kind, waiting.text, waiting.step, waiting.attached_to) == (
        kind,
        text,
        "comment_period",
        None,
    )
    assert case.ready == []
    assert case.elapse("comment_period").ready == ["after"]
    with pytest.raises(NotReady):
        process.elapse(case.definition, case.position.state, waiting.id)


def test_an_interrupting_timer_takes_the_place_of_its_task() -> None:
    p = straight("consult", "after")
    p.boundary("late", "consult", timer("P15D"))
    p.chain("late", p.task("overdue"), p.end("late_end"))
    case = Player(deploy(p))
    assert case.position.timers[0].attached_to == "consult"
    assert case.position.timers[0].interrupting
    assert Player(case.definition).do("consult").timers == []
    assert case.elapse("late").ready == ["overdue"]


def test_a_reminder_leaves_its_task_alone_and_comes_once() -> None:
    p = straight("consult", "after")
    p.boundary("reminder", "consult", timer("P15D"), interrupting=False)
    p.chain("reminder", p.task("remind"), p.end("reminded"))
    case = Player(deploy(p)).elapse("reminder")
    assert (case.ready, case.timers) == (["consult", "remind"], [])
    assert case.do("consult").ready == ["after", "remind"]
    assert not case.do("after").ended
    assert case.do("remind").ended


@pytest.mark.parametrize(("text", "rounds"), [("R3/P10D", 3), ("R/P10D", 7), ("R1/P1D", 1)])
def test_a_reminding_cycle_comes_as_often_as_written(text: str, rounds: int) -> None:
    p = straight("consult")
    p.boundary("reminder", "consult", timer(text, "cycle"), interrupting=False)
    p.chain("reminder", p.task("remind"), p.end("reminded"))
    case = Player(deploy(p))
    ids = set()
    for _ in range(rounds):
        ids.add(case.position.timers[0].id)
        case.elapse("reminder")
    assert len(ids) == rounds, "every round is a timer of its own"
    assert case.timers == ([] if text != "R/P10D" else ["reminder"])
    assert case.ready.count("remind") == rounds
    assert "reminder" not in case.do("consult").timers


def test_a_message_may_come_to_a_running_task_many_times() -> None:
    p = straight("work")
    p.boundary("asked", "work", message("question"), interrupting=False)
    p.chain("asked", p.task("answer"), p.end("answered"))
    case = Player(deploy(p, messages=("question",)))
    assert case.position.awaits == ("question",)
    case.signal("question").do("answer").signal("question").signal("question")
    assert case.ready == ["answer", "answer", "work"]
    with pytest.raises(NotReady):
        case.do("work").signal("question")


def test_the_first_event_withdraws_its_rivals() -> None:
    p = Process("filing")
    p.chain(
        p.start(), p.event_gateway("which"), p.catch("receipt", message("filed")), p.task("filed"), p.end()
    )
    p.chain("which", p.catch("expired", timer("P30D")), p.task("remind"), p.end("end_late"))
    p.chain(
        "which",
        p.task("ask", kind="receiveTask", messageRef="message_asked"),
        p.task("asked"),
        p.end("end_asked"),
    )
    definition = deploy(p, messages=("filed", "asked"))
    assert Player(definition).signal("filed").ready == ["filed"]
    assert Player(definition).signal("asked").ready == ["asked"]
    case = Player(definition).elapse("expired")
    assert (case.ready, case.timers, case.position.awaits) == (["remind"], [], ())
    with pytest.raises(NotReady):
        case.signal("filed")


def test_a_signal_reaches_all_who_wait_and_a_message_the_first() -> None:
    for sent, expected in ((signal, ["after0", "after1"]), (message, ["after0"])):
        p = Process(f"reach_{sent.__name__}")
        p.chain(p.start(), p.parallel("s"))
        for number in range(2):
            p.chain(
                "s", p.catch(f"catch{number}", sent("news")), p.task(f"after{number}"), p.end(f"end{number}")
            )
        case = Player(deploy(p, messages=("news",), signals=("news",)))
        assert case.position.awaits == ("news",)
        assert case.signal("news").ready == expected


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_signal_may_interrupt_the_very_sub_process_it_comes_from(interrupting: bool) -> None:
    """SpiffWorkflow lets the rest of the sub-process run on within the same pass."""
    inside = Process("inside")
    inside.chain(inside.start("in"), inside.task("work"), inside.throw("alarm", signal("halt")))
    inside.chain("alarm", inside.call("call", "inner"), inside.end("out"))
    p = Process("outer")
    p.chain(p.start(), p.sub("sub", inside), p.task("after"), p.end())
    p.chain(
        p.boundary("halted", "sub", signal("halt"), interrupting=interrupting),
        p.task("mend"),
        p.end("mended"),
    )
    case = Player(deploy(p, straight("deep", id="inner"), signals=("halt",))).do("work")
    assert case.ready == (["mend"] if interrupting else ["deep", "mend"])
    assert case.trail[-2:] == ["alarm", "halted"] if interrupting else "halted" in case.trail
    assert case.do("mend").ended is interrupting


def test_one_signal_makes_one_of_two_rivals_happen() -> None:
    p = Process("rivals")
    p.chain(p.start(), p.event_gateway("which"), p.catch("one", signal("news")), p.task("after_one"), p.end())
    p.chain("which", p.catch("two", signal("news")), p.task("after_two"), p.end("end_two"))
    assert Player(deploy(p, signals=("news",))).signal("news").ready == ["after_one"]


def test_a_signal_end_event_is_sent() -> None:
    p = Process("tell")
    p.chain(p.start(), p.parallel("s"), p.task("work"), p.end("tell_end", inner=signal("news")))
    p.chain("s", p.catch("hear", signal("news")), p.task("heard"), p.end())
    assert Player(deploy(p, signals=("news",))).do("work").ready == ["heard"]


def test_a_receive_task_waits_for_its_message_and_may_be_interrupted() -> None:
    p = Process("receive")
    p.chain(
        p.start(), p.task("ask", kind="receiveTask", messageRef="message_asked"), p.task("asked"), p.end()
    )
    p.chain(p.boundary("late", "ask", timer("P9D")), p.task("overdue"), p.end("late_end"))
    definition = deploy(p, messages=("asked",))
    case = Player(definition).signal("asked")
    assert (case.ready, case.timers) == (["asked"], [])
    case = Player(definition).elapse("late")
    assert (case.ready, case.position.awaits) == (["overdue"], ())


def test_nobody_waits_for_an_unknown_signal() -> None:
    case = Player(deploy(straight("draft")))
    with pytest.raises(NotReady):
        case.signal("news")


def test_a_none_event_is_only_passed() -> None:
    p = Process("milestone")
    p.chain(p.start(), p.throw("published"), p.task("after"), p.end())
    case = Player(deploy(p))
    assert case.trail == ["start", "published"]


# -- bounds ----------------------------------------------------------------------------------------------------


@pytest.fixture
def no_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make reading the wall clock from Python an error."""

    def refuse(*_: Any) -> Any:
        raise AssertionError("the wall clock was read")

    class NoClock(dt.datetime):
        now = utcnow = today = refuse  # type: ignore[assignment]

    with monkeypatch.context() as patched:
        patched.setattr(time, "time", refuse)
        patched.setattr(dt, "datetime", NoClock)
        patched.setattr("SpiffWorkflow.bpmn.specs.event_definitions.timer.datetime", NoClock)
        patched.setattr("SpiffWorkflow.task.time.time", refuse)
        yield


def test_nothing_reads_the_wall_clock(no_clock: None) -> None:
    p = straight("consult", "after")
    p.boundary("late", "consult", timer("P15D"))
    p.chain("late", p.catch("wait", timer("2020-01-01T00:00:00Z", "date")), p.end("late_end"))
    case = Player(deploy(p))
    case.elapse("late")
    assert case.timers == ["wait"], "a date long past fires only when told"
    assert case.elapse("wait").ended


def test_a_diagram_that_never_rests_is_stopped() -> None:
    """The prover refuses such a loop; should one come through, the step is refused and nothing hangs."""
    p = Process("spin")
    p.chain(p.start(), p.exclusive("a"), p.exclusive("b", default="round"))
    p.flow("b", p.end(), "never.true_")
    p.flow("b", "a", id="round")
    definition = deploy(p)
    with pytest.raises(EngineDisagrees):
        process.start(definition, {})


# -- definitions -------------------------------------------------------------------------------------------------


def test_a_definition_is_compiled_once() -> None:
    assert deploy(straight("draft")) is deploy(straight("draft"))
    assert deploy(straight("draft")) is not deploy(straight("review"))
    assert {deploy(straight("draft")): 1}


def test_no_more_definitions_are_kept_ready_than_a_server_needs() -> None:
    for number in range(building.CACHED + 3):
        last = deploy(straight("draft", id=f"kept_{number}"))
    assert len(building._cache) == building.CACHED
    assert deploy(straight("draft", id=f"kept_{number}")) is last


def test_running_cases_never_write_to_a_definition() -> None:
    p = meeting()
    p.boundary("asked", "open_meeting", message("question"), interrupting=False)
    p.chain("asked", p.task("answer"), p.end("asked_end"))
    p.boundary("late", "principal_speaks_last", timer("P1D"))
    p.chain("late", p.call("inner_call", "inner"), p.end("late_end"))
    definition = deploy(p, straight("work", id="inner"), messages=("question",))
    before = picture(definition.plans)
    for _ in range(3):
        case = Player(definition).signal("question").do("answer")
        case.do("open_meeting", speakers=["a", "b"]).do("member_speaks", "b").do("member_speaks", "a")
        case.elapse("late").do("work")
        assert case.ended
    assert picture(definition.plans) == before


def test_many_threads_may_share_a_definition() -> None:
    definition = deploy(meeting())

    def play(number: int) -> bytes:
        position, states = process.start(definition, {}, seed=f"{number % 3:024x}"), []
        for _ in range(3):
            while True:
                ready = position.ready[0]
                answers = {"speakers": ["wang", "li"], "again": True}
                position = process.complete(definition, position.state, ready.id, answers)
                states.append(position.state)
                if ready.element == "principal_speaks_last":
                    break
        return b"".join(states)

    with ThreadPoolExecutor(8) as pool:
        played = list(pool.map(play, range(60)))
    assert len(set(played)) == 3, "the same case gave different states in different threads"


def picture(value: Any, seen: set[int] | None = None) -> str:
    """Return everything reachable from *value* as text."""
    seen = set() if seen is None else seen
    if isinstance(value, str | int | float | bool | None | frozenset):
        return repr(sorted(map(repr, value))) if isinstance(value, frozenset) else repr(value)
    if id(value) in seen:
        return "…"
    seen.add(id(value))
    if isinstance(value, dict):
        return "{" + ",".join(f"{key!r}:{picture(part, seen)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple | set):
        return "[" + ",".join(picture(part, seen) for part in value) + "]"
    if hasattr(value, "__dict__"):
        return type(value).__name__ + picture(vars(value), seen)
    return repr(value)
