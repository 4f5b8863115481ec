"""The 44-element process of the measurements, in our dialect and in SpiffWorkflow's own.

27 user tasks, two of them for nine people each, two boundary timers, an event-based gateway, a call
activity and two revision loops. The two dialects differ only where SpiffWorkflow wants Python.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "process"))

from test_walks import choices

from bpmn import Process, document, message, multi_instance, timer

told_apart = choices  # (step, field) -> the values that gateways tell apart
MAIN, CALLED, FILED = "main", "hearing", "filed"
PEOPLE = [f"person{number}" for number in range(9)]
OPINION = "经审查，该决策事项符合法定权限和程序，内容合法，原则同意，建议进一步细化实施方案并做好风险防控。"


def answers(element: str, *, approve: bool = True) -> dict[str, Any]:
    """Return what a person fills in at *element*: a form as people fill it in, and what gateways read."""
    form: dict[str, Any] = {
        "by": "user0001",
        "at": "2026-11-22T09:30:00+08:00",
        "opinion": OPINION,
        "ok": True,
    }
    extra: dict[str, dict[str, Any]] = {
        "t02": {"people": PEOPLE},
        "t05": {"approved": approve},
        "t07": {"people": PEOPLE},
        "t12": {"level": 2},
        "t15": {"passed": True},
    }
    return form | extra.get(element, {})


def files(*, stock: bool = False) -> dict[str, bytes]:
    """Return the deployment; with *stock* in the dialect of an unchanged SpiffWorkflow."""
    return {"main.bpmn": document(_main(stock), messages=[FILED]), "hearing.bpmn": document(_hearing())}


def _main(stock: bool) -> Process:
    p = Process(MAIN, name="重大行政决策程序")
    _draw_nodes(p, stock)
    for first, second in (("bt03", "late"), ("late", "m0"), ("bt08", "remind"), ("remind", "reminded")):
        p.flow(first, second)
    p.chain("start", "t01", "noted", "t02", "t03", "m0", "m1", "t04", "t05", "approved")
    p.flow("approved", "m1", _condition("t05.approved == false", stock))
    p.flow("approved", "split", id="go")
    p.chain("split", "t06", "join")
    p.chain("split", "t07", "join")
    p.chain("join", "t08", "t09", "call", "t10", "t11", "t12", "kind")
    p.flow("kind", "t13", _condition("t12.level == 1", stock))
    p.flow("kind", "t14", id="high")
    p.chain("t13", "merge")
    p.chain("t14", "merge")
    p.chain("merge", "t15", "counted", "passed")
    p.flow("passed", "m1", _condition("t15.passed == false", stock))
    p.flow("passed", "t16", id="on")
    p.chain("t16", "t17", "t18", "t19", "t20", "which")
    p.chain("which", "receipt", "filing")
    p.chain("which", "expired", "filing")
    p.chain("filing", "t21", "t22", "end")
    return p


def _draw_nodes(p: Process, stock: bool) -> None:
    quote = '"{}"' if stock else "{}"
    p.start()
    for number in range(1, 23):
        name = f"t{number:02}"
        if name in ("t08", "t15"):
            _each(p, name, "t07.people" if name == "t08" else "t02.people", stock)
        else:
            p.task(name, step=name)
    p.boundary("bt03", "t03", timer(quote.format("P30D")))
    p.boundary("bt08", "t08", timer(quote.format("P20D")), interrupting=False)
    p.task("late", step="late")
    p.task("remind", step="remind")
    p.end("reminded")
    for name in ("m0", "m1", "merge", "filing"):
        p.exclusive(name)
    p.exclusive("approved", default="go")
    p.exclusive("kind", default="high")
    p.exclusive("passed", default="on")
    p.throw("noted")
    p.throw("counted")
    p.parallel("split")
    p.parallel("join")
    p.call("call", CALLED)
    p.event_gateway("which")
    p.catch("receipt", message(FILED))
    p.catch("expired", timer(quote.format("P30D")))
    p.end()


def _each(p: Process, name: str, collection: str, stock: bool) -> None:
    if not stock:
        p.each(name, collection, step=name)
        return
    inner = (
        f"<bpmn:loopDataInputRef>{collection.replace('.', '_')}</bpmn:loopDataInputRef>"
        f'<bpmn:inputDataItem id="{name}_item" name="{name}_item"/>'
    )
    p.node("userTask", name, multi_instance("", inner))


def _hearing() -> Process:
    p = Process(CALLED, name="听证程序")
    p.start("h_start")
    for name in ("h1", "h2", "h3"):
        p.task(name, step=name)
    p.throw("h_noted")
    p.end("h_end")
    p.chain("h_start", "h1", "h2", "h_noted", "h3", "h_end")
    return p


def _condition(text: str, stock: bool) -> str:
    return text.replace("false", "False").replace(".", "_") if stock else text
