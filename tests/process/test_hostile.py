"""Hostile files: code wherever an expression can stand, XML attacks, bombs.

None is executed; all are refused within a second of work, with a reason.
"""

from __future__ import annotations

import pytest

from decision_engine import process, rules
from tests.process.bpmn import Process, document, event, message, multi_instance, timer

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
EVIL = "__import__('os').system('id')"


def straight(inner: str = "", **more: str) -> Process:
    p = Process("p")
    p.chain(p.start(), p.task("work", inner=inner, **more), p.end())
    return p


def choice(condition: str) -> bytes:
    p = Process("p")
    p.exclusive("x", default="other")
    p.chain(p.start(), p.task("work", step="work"), "x")
    p.flow("x", p.end("one"), condition)
    p.flow("x", p.end("two"), id="other")
    return document(p)


def catching(inner: str) -> bytes:
    p = Process("p")
    p.chain(p.start(), p.catch("wait", inner), p.end())
    return document(p, messages=["news"])


def kind(name: str, inner: str = "", **more: str) -> bytes:
    p = Process("p")
    p.chain(p.start(), p.node(name, "odd", inner, **more), p.end())
    return document(p)


def repeated(attributes: str, inner: str = "") -> bytes:
    return document(straight(multi_instance(attributes, inner)))


def extended(xml: str) -> bytes:
    return document(straight(f"<bpmn:extensionElements>{xml}</bpmn:extensionElements>"))


def raw(body: str, prolog: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<bpmn:definitions xmlns:bpmn="{MODEL}" '
        f'targetNamespace="t">{body}</bpmn:definitions>'
    ).encode()


def bomb(levels: int) -> str:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels))
    return f'<!DOCTYPE x [<!ENTITY e0 "boom">{entities}]>'


def calls(depth: int) -> bytes:
    """Each process calls the next one ten times: in-lined, 10 to the power of *depth* of them."""
    drawn = []
    for level in range(depth):
        p = Process(f"p{level}")
        p.chain(
            p.start(f"s{level}"),
            *(p.call(f"c{level}_{n}", f"p{level + 1}") for n in range(10)),
            p.end(f"e{level}"),
        )
        drawn.append(p)
    last = Process(f"p{depth}")
    last.chain(last.start("sl"), last.task("tl"), last.end("el"))
    return document(*drawn, last)


def in_circles(number: int) -> bytes:
    drawn = []
    for level in range(number):
        p = Process(f"p{level}")
        p.chain(p.start(f"s{level}"), p.call(f"c{level}", f"p{(level + 1) % number}"), p.end(f"e{level}"))
        drawn.append(p)
    return document(*drawn)


def choices(width: int) -> bytes:
    """Inclusive gateways side by side, each with *width* exits: too many combinations to try."""
    p = Process("p", profile="major_decision")
    p.chain(p.start(), p.task("ask", step="ask"), p.inclusive("split", default="none"))
    p.inclusive("join")
    for n in range(width):
        p.flow("split", p.task(f"t{n}"), f"ask.a{n}")
        p.chain(f"t{n}", "join")
    p.flow("split", "join", id="none")
    p.chain("join", p.end())
    return document(p)


def tangle(width: int) -> bytes:
    """Parallel branches that all (re)draft and review: their order matters everywhere."""
    p = Process("p", profile="major_decision")
    p.chain(p.start(), p.parallel("fork"))
    p.parallel("join")
    for n in range(width):
        steps = ("draft_decision", "issue_legality_opinion", "adjust_draft", "principal_decides")
        p.chain("fork", *(p.task(f"t{n}_{k}", step=step) for k, step in enumerate(steps)), "join")
    p.chain("join", p.end())
    return document(p)


HOSTILE: dict[str, tuple[str, bytes]] = {
    # code where an expression can stand
    "import in a condition": ("X-CODE", choice(EVIL)),
    "attributes in a condition": ("X-CODE", choice("().__class__.__base__.__subclasses__()")),
    "power in a condition": ("X-CODE", choice("9**9**9 > 1")),
    "lambda in a condition": ("X-CODE", choice("(lambda: 1)()")),
    "a call in a condition": ("X-CODE", choice("len(work.items) > 1")),
    "an index in a condition": ("X-CODE", choice("work.items[0] == 1")),
    "a comprehension": ("X-CODE", choice("[x for x in work.items]")),
    "JUEL in a condition": ("X-CODE", choice("${execution.getVariable('x')}")),
    "FEEL in a condition": ("X-CODE", choice("=work.x > 1")),
    "an f-string": ("X-CODE", choice("f'{work.x}' == ''")),
    "a walrus": ("X-CODE", choice("(y := 1) == 1")),
    "a private name": ("X-CODE", choice("work.__dict__ == 1")),
    "a very long condition": ("X-CODE", choice(" or ".join(["work.x == 1"] * 500))),
    "a very deep condition": ("X-CODE", choice("(" * 400 + "work.x == 1" + ")" * 400)),
    "another language": (
        "X-CODE",
        choice("work.x == 1").replace(
            b"<bpmn:conditionExpression ", b'<bpmn:conditionExpression language="python" '
        ),
    ),
    "code in a duration": ("X-CODE", catching(timer(EVIL))),
    "code in a date": ("X-CODE", catching(timer("datetime.now()", "date"))),
    "code in a cycle": ("X-CODE", catching(timer(f"R3/{EVIL}", "cycle"))),
    "code as a parameter's name": ("X-CODE", catching(timer("parameter('__import__')"))),
    "code in a collection": ("X-CODE", repeated('decision:collection="range(10**9)"')),
    "code in a cardinality": (
        "X-CODE",
        repeated("", "<bpmn:loopCardinality>10**10</bpmn:loopCardinality>"),
    ),
    "code in a completion condition": (
        "X-CODE",
        repeated(
            'decision:collection="work.people"',
            f"<bpmn:completionCondition>{EVIL}</bpmn:completionCondition>",
        ),
    ),
    "code in a conditional event": (
        "U-ELEMENT",
        catching(
            f"<bpmn:conditionalEventDefinition><bpmn:condition>{EVIL}</bpmn:condition></bpmn:conditionalEventDefinition>"
        ),
    ),
    "a script task": ("X-CODE", kind("scriptTask", f"<bpmn:script>{EVIL}</bpmn:script>")),
    "a script in a user task": ("X-CODE", document(straight(f"<bpmn:script>{EVIL}</bpmn:script>"))),
    "a script format": ("X-CODE", document(straight(scriptFormat="python"))),
    "a service task": ("U-ELEMENT", kind("serviceTask", implementation="##WebService")),
    "a class to load": ("X-CODE", document(straight(**{"camunda:class": "java.lang.Runtime"}))),
    "an expression to call": ("X-CODE", document(straight(**{"camunda:assignee": "${bean.name()}"}))),
    "a listener": (
        "X-CODE",
        extended('<camunda:executionListener class="x" event="start"/>'),
    ),
    "a script before": (
        "X-CODE",
        extended(
            f'<spiff:preScript xmlns:spiff="http://spiffworkflow.org/bpmn/schema/1.0/core">{EVIL}</spiff:preScript>'
        ),
    ),
    "a script after": (
        "X-CODE",
        extended(
            f'<spiff:postScript xmlns:spiff="http://spiffworkflow.org/bpmn/schema/1.0/core">{EVIL}</spiff:postScript>'
        ),
    ),
    "a job worker": (
        "X-CODE",
        extended('<zeebe:taskDefinition xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" type="shell"/>'),
    ),
    "an assignment": (
        "X-CODE",
        document(
            straight(
                "<bpmn:dataInputAssociation><bpmn:assignment><bpmn:from>1</bpmn:from><bpmn:to>x</bpmn:to>"
                "</bpmn:assignment></bpmn:dataInputAssociation>"
            )
        ),
    ),
    "a mapping of data": (
        "X-CODE",
        document(straight("<bpmn:ioSpecification><bpmn:inputSet/><bpmn:outputSet/></bpmn:ioSpecification>")),
    ),
    "a computed performer": (
        "X-CODE",
        document(
            straight(
                "<bpmn:potentialOwner><bpmn:resourceAssignmentExpression><bpmn:formalExpression>x()"
                "</bpmn:formalExpression></bpmn:resourceAssignmentExpression></bpmn:potentialOwner>"
            )
        ),
    ),
    "an unknown extension": ("U-ELEMENT", extended('<own:thing xmlns:own="urn:own"/>')),
    "an error to catch": ("U-ELEMENT", catching(event("error"))),
    "a link": ("U-ELEMENT", catching(event("link", name="there"))),
    # XML
    "a DOCTYPE": ("X-XML", raw("", "<!DOCTYPE bpmn>")),
    "a file through an entity": (
        "X-XML",
        raw("&x;", '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    ),
    "a page through an entity": (
        "X-XML",
        raw("&x;", '<!DOCTYPE x [<!ENTITY x SYSTEM "http://localhost/">]>'),
    ),
    "a parameter entity": ("X-XML", raw("", '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>')),
    "a billion laughs": ("X-XML", raw("&e9;", bomb(10))),
    "a quadratic blow-up": (
        "X-XML",
        raw("&a;" * 10_000, f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>'),
    ),
    "another encoding": ("X-XML", '<?xml version="1.0" encoding="UTF-16"?><x/>'.encode("utf-16")),
    "an encoding that is not what it says": (
        "X-XML",
        b'<?xml version="1.0" encoding="UTF-7"?><bpmn:definitions xmlns:bpmn="x"/>',
    ),
    "bytes": ("X-XML", bytes(range(256)) * 4),
    "nothing": ("X-XML", b""),
    "no BPMN": ("X-XML", b"<html/>"),
    "cut short": ("X-XML", document(straight())[:-40]),
    "no process": ("X-XML", raw("")),
    "an undeclared entity": ("X-XML", raw("<bpmn:process id='p' name='&nope;'/>")),
    # bombs
    "too deep": ("X-XML", raw("<bpmn:subProcess>" * 5_000 + "</bpmn:subProcess>" * 5_000)),
    "more than two megabytes": ("X-XML", raw(f"<!-- {'x' * 2_200_000} -->")),
    "a hundred thousand nodes": (
        "X-XML",
        raw("<bpmn:process id='p'>" + "<bpmn:task/>" * 100_000 + "</bpmn:process>"),
    ),
    "calls upon calls": ("U-LIMIT", calls(6)),
    "a process that calls itself": ("X-LOOP", in_circles(1)),
    "processes that call each other": ("X-LOOP", in_circles(5)),
    "too many combinations": ("U-LIMIT", choices(40)),
    "an order that always matters": ("U-LIMIT", tangle(9)),
    "a million people": (
        "X-CODE",
        repeated("", "<bpmn:loopCardinality>1000000</bpmn:loopCardinality>"),
    ),
    "a message nobody declared": ("U-ELEMENT", catching(message("unknown"))),
    "a call to nowhere": ("U-ELEMENT", kind("callActivity", calledElement="../../etc/passwd")),
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_file_is_refused_with_a_reason(name: str) -> None:
    """That it takes at most a second is measured by `bench/hostile.py`."""
    rule, data = HOSTILE[name]
    report = process.check({"hostile.bpmn": data}, rules.STATUTES)
    (one,) = report["files"]
    assert one["verdict"] != "lawful"
    assert rule in {finding["rule"] for finding in one["findings"]}, one["findings"][:3]
    assert all(finding["message"] for finding in one["findings"])
    with pytest.raises(process.Refused):
        process.proved({"hostile.bpmn": data}, rules.STATUTES)


def test_there_are_enough_hostile_files() -> None:
    assert len(HOSTILE) >= 40


def test_a_doctype_is_refused_and_a_broken_file_is_unreadable() -> None:
    report = process.check({"a": HOSTILE["a DOCTYPE"][1], "b": HOSTILE["cut short"][1]}, rules.STATUTES)
    assert [one["verdict"] for one in report["files"]] == ["refused", "unreadable"]


def test_a_plain_file_is_accepted_so_that_the_refusals_mean_something() -> None:
    report = process.check({"plain.bpmn": document(straight())}, rules.STATUTES)
    assert [one["verdict"] for one in report["files"]] == ["lawful"]
