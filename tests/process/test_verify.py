"""Soundness and law on small diagrams: each fault is found with a real run, each repair is accepted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from edit import is_run, shipped

from bpmn import Process, document, message, timer
from decision_engine import process, rules
from decision_engine.language import Text
from decision_engine.process import predicates
from decision_engine.process.limits import days


@dataclass(frozen=True)
class Rule:
    predicate: str
    rule: str = "R-1"
    law: str | None = "law"
    article: str | None = "1"
    title: Text = field(default_factory=lambda: Text("规则", "A rule"))


def found(p: Process, *demands: str, more: tuple[Process, ...] = ()) -> list[dict[str, Any]]:
    files = {"t.bpmn": document(p, *more, messages=["news"])}
    report = process.check(files, [Rule(demand) for demand in demands])
    (one,) = report["files"]
    for finding in one["findings"]:
        if finding["path"]:
            assert is_run(files, finding["path"]), finding["path"]
    return list(one["findings"])


def rules_of(p: Process, *demands: str) -> set[str]:
    return {finding["rule"] for finding in found(p, *demands)}


def line(*steps: str) -> Process:
    p = Process("p", profile="major_decision")
    p.chain(p.start(), *(p.task(f"t_{n}_{step}", step=step) for n, step in enumerate(steps)), p.end())
    return p


# -- soundness ----------------------------------------------------------------------------------------------


def block(split: str, join: str) -> Process:
    p = Process("p")
    p.node(split, "split")
    p.node(join, "join")
    p.chain(p.start(), p.task("ask", step="ask"), "split")
    for n in range(2):
        p.flow("split", p.task(f"t{n}"), f"ask.n == {n}" if split != "parallelGateway" else None)
        p.chain(f"t{n}", "join")
    p.chain("join", p.task("last"), p.end())
    return p


@pytest.mark.parametrize(
    ("split", "join", "rule"),
    [
        ("exclusiveGateway", "exclusiveGateway", None),
        ("parallelGateway", "parallelGateway", None),
        ("inclusiveGateway", "inclusiveGateway", None),
        ("parallelGateway", "inclusiveGateway", None),
        ("exclusiveGateway", "inclusiveGateway", None),
        ("exclusiveGateway", "parallelGateway", "S-COMPLETE"),
        ("inclusiveGateway", "parallelGateway", "S-COMPLETE"),
        ("parallelGateway", "exclusiveGateway", "S-SAFE"),
        ("inclusiveGateway", "exclusiveGateway", "S-SAFE"),
    ],
)
def test_splits_and_joins_must_fit(split: str, join: str, rule: str | None) -> None:
    findings = found(block(split, join))
    assert {finding["rule"] for finding in findings} - {"S-DEAD"} == ({rule} if rule else set())
    assert all(finding["path"] for finding in findings)


def test_an_element_behind_a_deadlock_is_dead() -> None:
    findings = found(block("exclusiveGateway", "parallelGateway"))
    assert {f["element"] for f in findings if f["rule"] == "S-DEAD"} == {"join", "last", "end"}


def test_an_end_reached_twice_is_improper_and_two_ends_are_not() -> None:
    p = Process("p")
    p.chain(p.start(), p.parallel("f"), p.task("a"), p.end())
    p.chain("f", p.task("b"))
    p.flow("b", "end")
    assert {f["rule"] for f in found(p)} == {"S-PROPER"}
    p = Process("p")
    p.chain(p.start(), p.parallel("f"), p.task("a"), p.end())
    p.chain("f", p.task("b"), p.end("other"))
    assert found(p) == []


def test_a_reminder_may_end_by_itself_in_every_round() -> None:
    p = Process("p")
    p.exclusive("x", default="on")
    p.chain(p.start(), p.exclusive("m"), p.task("a", step="a"), "x")
    p.flow("x", "m", "a.again")
    p.flow("x", p.end(), id="on")
    p.chain(p.boundary("due", "a", timer("P1D"), interrupting=False), p.task("urge"), p.end("urged"))
    assert found(p) == []


def test_a_round_without_way_out_is_found() -> None:
    p = Process("p")
    p.exclusive("x", default="on")
    p.chain(p.start(), p.exclusive("m"), p.task("a", step="a"), "x")
    p.flow("x", p.task("b"), "a.again")
    p.flow("x", "m", id="on")
    p.chain("b", "m")
    assert {f["rule"] for f in found(p)} == {"S-COMPLETE"}


def test_a_fault_in_a_called_process_is_shown_from_the_start_of_the_case() -> None:
    called = block("exclusiveGateway", "parallelGateway")
    called.id = "called"
    p = Process("main")
    p.chain(p.start("begin"), p.task("first"), p.call("calls", "called"), p.end("finish"))
    findings = found(p, more=(called,))
    assert {f["path"][:4] == ["begin", "first", "calls", "start"] for f in findings} == {True}


def test_a_second_occurrence_of_a_side_event_is_no_fault_but_a_merge_into_the_main_way_is() -> None:
    p = Process("p")
    p.exclusive("m")
    p.chain(p.start(), p.task("a"), "m", p.task("b"), p.end())
    p.chain(p.boundary("news", "a", message("news"), interrupting=False), p.task("side"), p.end("z"))
    assert found(p) == []
    p = Process("p")
    p.exclusive("m")
    p.chain(p.start(), p.task("a"), "m", p.task("b"), p.end())
    p.chain(p.boundary("news", "a", message("news"), interrupting=False), p.task("side"), "m")
    assert {f["rule"] for f in found(p)} & {"S-SAFE", "S-PROPER"}


# -- law ------------------------------------------------------------------------------------------------------


def test_dom() -> None:
    assert rules_of(line("a", "b"), "dom(a, b)") == set()
    assert rules_of(line("b", "a"), "dom(a, b)") == {"R-1"}
    assert rules_of(line("c", "b"), "dom(a ∨ c, b)") == set()
    assert rules_of(line("b"), "dom(a, b)") == {"R-1"}


def parallel(*branches: str) -> Process:
    p = Process("p", profile="major_decision")
    p.chain(p.start(), p.parallel("f"))
    p.parallel("j")
    for name in branches:
        p.chain("f", p.task(name, step=name), "j")
    p.chain("j", p.task("z", step="z"), p.end())
    return p


def test_dom_holds_over_runs_and_not_over_paths() -> None:
    assert rules_of(parallel("a", "b"), "dom(a, z)") == set()
    assert rules_of(parallel("a", "b"), "dom(b, z)") == set()
    assert rules_of(parallel("a", "b"), "dom(a, b)") == {"R-1"}
    assert rules_of(parallel("a", "b"), "dom(b, a)") == {"R-1"}


def test_fresh_notices_what_a_parallel_branch_undoes() -> None:
    assert rules_of(line("x", "a", "z"), "fresh(a, x, z)") == set()
    assert rules_of(line("a", "x", "z"), "fresh(a, x, z)") == {"R-1"}
    assert rules_of(line("a", "z"), "fresh(a, x, z)") == set()
    assert rules_of(parallel("a", "x"), "fresh(a, x, z)") == {"R-1"}


def test_post() -> None:
    assert rules_of(line("x", "a"), "post(x, a)") == set()
    assert rules_of(line("a", "x"), "post(x, a)") == {"R-1"}
    assert rules_of(line("a"), "post(x, a)") == set()


def gateway(first: str, second: str | None, *, kind: str = "exclusiveGateway") -> Process:
    p = Process("p", profile="major_decision")
    p.node(kind, "x", **({"default": "d"} if second is None else {}))
    p.chain(p.start(), p.task("a", step="a"), "x")
    p.flow("x", p.task("z", step="z"), first)
    p.chain("z", p.end())
    p.flow("x", p.end("e2"), second, id="d")
    return p


VALUES = 'values(a.outcome, "YES", "NO", other)'
GATE = 'gate(a.outcome == "YES", z)'


def test_gate() -> None:
    yes, no = 'a.outcome == "YES"', 'a.outcome == "NO"'
    assert rules_of(gateway(yes, no), VALUES, GATE, "exits(a.outcome)") == set()
    assert rules_of(gateway(yes, None), VALUES, GATE, "exits(a.outcome)") == set()
    assert rules_of(gateway('a.outcome != "MAYBE"', None), VALUES, GATE) == {"R-1"}
    assert rules_of(gateway(f"{yes} or {no}", None), VALUES, GATE) == {"R-1"}
    assert rules_of(line("a", "z"), VALUES, GATE) == {"R-1"}


def test_a_default_flow_to_what_a_gate_guards_is_refused() -> None:
    p = Process("p", profile="major_decision")
    p.exclusive("x", default="d")
    p.chain(p.start(), p.task("a", step="a"), "x")
    p.flow("x", p.end("no"), 'a.outcome == "NO"')
    p.flow("x", p.task("z", step="z"), id="d")
    p.chain("z", p.end())
    assert rules_of(p, VALUES, GATE) == {"R-1"}
    assert rules_of(p, 'values(a.outcome, "YES", "NO")', GATE) == set()


def test_every_outcome_needs_an_exit_and_no_inclusive_gateway_decides_it() -> None:
    yes = 'a.outcome == "YES"'
    assert rules_of(gateway(yes, 'a.outcome == "PERHAPS"'), VALUES, "exits(a.outcome)") == {"R-1"}
    refused = rules_of(gateway(yes, None, kind="inclusiveGateway"), VALUES, "exits(a.outcome)")
    assert refused == {"R-1"}


def excused(condition: str) -> Process:
    p = Process("p", profile="major_decision")
    p.exclusive("x", default="d")
    p.exclusive("m")
    p.chain(p.start(), p.task("ask", step="ask"), "x")
    p.flow("x", p.task("a", step="a"), condition)
    p.flow("x", "m", id="d")
    p.chain("a", "m", p.task("z", step="z"), p.end())
    return p


def test_a_stage_is_excused_only_by_the_question_asked_and_answered_so() -> None:
    demand = "dom(a ∨ asked(needed == false), z)"
    assert rules_of(excused("ask.needed == true"), demand) == set()
    assert rules_of(excused("ask.needed"), demand) == set()
    assert rules_of(excused("ask.needed == false"), demand) == {"R-1"}
    assert rules_of(excused("ask.other == true"), demand) == {"R-1"}


def test_an_answer_is_the_same_wherever_it_is_read() -> None:
    p = excused("ask.needed == true")
    p.exclusive("y", default="e")
    q = Process("p", profile="major_decision")
    q.exclusive("x", default="d")
    q.exclusive("y", default="e")
    q.exclusive("m")
    q.chain(q.start(), q.task("ask", step="ask"), "x")
    q.flow("x", q.task("a", step="a"), "ask.needed == true")
    q.flow("x", "m", id="d")
    q.chain("a", "m", q.task("b", step="b"), "y")
    q.flow("y", q.task("z", step="z"), "ask.needed == true")
    q.flow("y", q.end("e2"), id="e")
    q.chain("z", q.end())
    assert rules_of(q, "dom(a ∨ asked(needed == 5), z)") == set()
    assert rules_of(q, "dom(a, b) when needed == true") == set()
    assert rules_of(q, "dom(a, b) when needed == false") == {"R-1"}


def test_a_boundary_event_is_no_way_round() -> None:
    p = line("a", "z")
    p.boundary("due", "t_0_a", timer("P1D"))
    p.flow("due", "t_1_z")
    assert rules_of(p, "dom(a, z)") == {"R-1"}
    assert rules_of(p, "fresh(a, begin(a), z)") == {"R-1"}


def test_roles_are_kept_apart_and_inherited_by_what_has_no_lanes() -> None:
    called = Process("called")
    called.chain(called.start("s"), called.task("inner", step="b"), called.end("e"))
    p = Process("p", profile="major_decision")
    p.chain(p.start(), p.task("a", step="a"), p.call("calls", "called"), p.end())
    p.lane("drafter", "a")
    p.lane("reviewer", "calls")
    assert found(p, "sep(a, b)", "role(b, reviewer)", "staffed(drafter, reviewer)", more=(called,)) == []
    p.lanes = [("drafter", "one", ("a", "calls"))]
    refused = found(p, "sep(a, b)", more=(called,))
    assert [finding["element"] for finding in refused] == ["inner"]
    assert found(p, "role(b, reviewer)", more=(called,)) != []
    assert found(p, "staffed(reviewer)", more=(called,)) != []


@pytest.mark.parametrize(
    ("text", "reason", "lawful"),
    [
        ("P30D", None, True),
        ("P5W", None, True),
        ("PT720H", None, True),
        ("P1M", None, False),
        ("P29D", None, False),
        ("P29D", "shortening_reason", True),
        ("parameter('comment_days')", None, True),
        ("comment_days", None, True),
        ("parameter('other_days')", None, False),
    ],
)
def test_a_statutory_period_is_not_drawn_shorter(text: str, reason: str | None, lawful: bool) -> None:
    demand = 'timer(a, "P30D", comment_days)'
    assert (rules_of(_waiting(text, reason), demand) == set()) is lawful


def _waiting(text: str, reason: str | None) -> Process:
    p = Process("p", profile="major_decision")
    p.chain(p.start(), p.catch("wait", timer(text, reason=reason), step="a"), p.end())
    return p


def test_days_are_counted_low() -> None:
    assert (days("P1M"), days("P2W"), days("PT36H"), days("P1Y")) == (28, 14, 1.5, 365)


def test_occurs_and_the_empty_diagram() -> None:
    assert rules_of(line("b"), "occurs(a)") == {"R-1"}
    assert rules_of(line("a"), "occurs(a ∨ b)") == set()


def test_without_a_profile_only_soundness_is_proved() -> None:
    p = line("b")
    p.profile = None
    assert rules_of(p, "occurs(a)") == set()


def test_an_unknown_profile_is_refused() -> None:
    p = line("b")
    p.profile = "minor_decision"
    assert rules_of(p, "occurs(a)") == {"U-ELEMENT"}


def test_a_predicate_outside_the_language_is_our_error() -> None:
    for text in ("dom(a)", "never(a, b)", "dom(a, b) where lost", "gate(a.b ==, c)", "dom(a b, c)"):
        with pytest.raises(predicates.NotAPredicate):
            predicates.read(text)


def test_every_statute_is_in_the_language_and_has_words() -> None:
    for statute in rules.STATUTES:
        predicates.read(statute.predicate)
        assert statute.rule == "" or (statute.title.zh and statute.title.en)


def test_an_almost_empty_diagram_with_the_profile_is_refused_for_what_it_lacks() -> None:
    report = process.check({"t": document(line("register_proposal"))}, rules.STATUTES)
    refused = {finding["rule"] for finding in report["files"][0]["findings"]}
    assert {"R-713-10-1", "R-713-25-1", "R-713-30-2", "R-713-31-1", "R-713-32-1", "R-713-33-1"} <= refused


def test_the_report_is_as_agreed() -> None:
    report = process.check(list(shipped().items()), rules.STATUTES)
    assert [one["verdict"] for one in report["files"]] == ["lawful"] * len(shipped())
    assert {one["process"] for one in report["files"]} == {name.removesuffix(".bpmn") for name in shipped()}
    broken = process.check([("t", document(line("b")))], [Rule("dom(a, b)")])
    (one,) = broken["files"]
    (finding,) = one["findings"]
    assert finding == {
        "rule": "R-1",
        "kind": "statute",
        "law": "law",
        "article": "1",
        "element": "t_0_b",
        "message": finding["message"],
        "path": ["start", "t_0_b"],
        "line": finding["line"],
    }


def test_a_foreign_diagram_may_be_looked_at_and_never_run() -> None:
    p = Process("p", executable=False)
    p.chain(p.start(), p.node("serviceTask", "odd"), p.end())
    files = {"t": document(p)}
    with pytest.raises(process.Refused):
        process.read(files)
    diagram = process.read(files, display=True)
    assert diagram.elements["odd"].kind == "serviceTask"
    assert not any(one.executable for one in diagram.processes)
    with pytest.raises(process.Refused):
        process.compile_definition(diagram)


def test_a_good_diagram_read_to_be_looked_at_is_not_executable_either() -> None:
    files = {"t": document(line("a"))}
    diagram = process.read(files, display=True)
    assert diagram.hash != process.read(files).hash
    with pytest.raises(process.Refused):
        process.compile_definition(diagram)


def test_values_of_another_kind_are_not_taken_for_each_other() -> None:
    """`not (x == "A")` is satisfied by another text and not by a truth value: both must be tried."""
    p = Process("p", profile="major_decision")
    p.exclusive("x", default="d")
    p.chain(p.start(), p.task("ask", step="ask"), "x")
    p.flow("x", p.end("out"), 'not (ask.needed == "A")')
    p.flow("x", p.task("z", step="z"), id="d")
    p.chain("z", p.end())
    values = 'values(ask.needed, "A", "B", true)'
    assert rules_of(p, values, 'gate(ask.needed == "A", z)') == {"R-1"}
    assert rules_of(p, 'values(ask.needed, "A", "B")', 'gate(ask.needed == "A", z)') == set()
