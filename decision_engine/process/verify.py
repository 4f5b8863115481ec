"""The verdict on a deployment: readable, safe, supported, sound, and lawful for the profile it claims.

`check` is a report for people and tools; `proved` is for those who deploy: it returns the diagram or raises
`Refused`. Without a profile only safety and soundness are proved. What could not be proved within bounds is
a finding (`U-LIMIT`), never a pass.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from decision_engine.language import Text
from decision_engine.process import lawfulness, soundness
from decision_engine.process.diagram import Diagram
from decision_engine.process.findings import Finding, Refused, Unreadable
from decision_engine.process.limits import parameter
from decision_engine.process.predicates import Statute
from decision_engine.process.reader import examine, read
from decision_engine.process.xml import parse

UNSAFE_MOVES = 3_000  # moves looked at where tokens may pile up without bound
PROFILES = frozenset({"major_decision"})

Files = Mapping[str, bytes] | Sequence[str | Path | tuple[str, bytes]]


def proved(
    files: Mapping[str, bytes], statutes: Sequence[Statute], periods: Collection[str] | None = None
) -> Diagram:
    """Return the diagram of *files* if nothing speaks against it; raises `Refused` with every finding.

    *periods*: the parameters a timer may name; None where that is not asked.
    """
    diagram = read(files)
    findings = verify(diagram, statutes, periods)
    if findings:
        raise Refused(findings)
    return diagram


def verify(
    diagram: Diagram, statutes: Sequence[Statute], periods: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """Return what is unsound or unlawful in *diagram*; each path is a real run from a start event.

    A timer that names a parameter not among *periods* is refused: nobody could say when it falls due.
    """
    findings = [*soundness.prove(diagram), *(() if periods is None else _unknown_periods(diagram, periods))]
    unsafe = bool({"S-SAFE", "U-LIMIT"} & {finding.rule for finding in findings})
    for process in diagram.processes:
        if process.profile is None:
            continue
        if process.profile not in PROFILES:
            findings.append(
                Finding(
                    rule="U-ELEMENT",
                    kind="unsupported",
                    element=process.id,
                    message=Text(
                        f"没有名为“{process.profile}”的法定程序。",
                        f"There is no profile “{process.profile}”.",
                    ),
                    line=process.line,
                )
            )
        else:
            unlawful = lawfulness.prove(diagram, process.id, statutes, most=UNSAFE_MOVES if unsafe else None)
            findings += [one for one in unlawful if not (unsafe and one.rule == "U-LIMIT")]
    return tuple(_placed(finding, diagram) for finding in findings)


def _unknown_periods(diagram: Diagram, periods: Collection[str]) -> Iterator[Finding]:
    for element in diagram.elements.values():
        timer = element.event.timer if element.event is not None else None
        name = parameter(timer.text) if timer is not None and timer.kind == "duration" else None
        if name is not None and name not in periods:
            yield Finding(
                rule="U-ELEMENT",
                kind="unsupported",
                element=element.id,
                message=Text(
                    f"规则中没有名为“{name[:80]}”的期限参数。", f"The rules know no period “{name[:80]}”."
                ),
                line=element.line,
            )


def check(
    files: Files, statutes: Sequence[Statute], periods: Collection[str] | None = None
) -> dict[str, Any]:
    """Return the report on *files* (name -> bytes, paths, or pairs), which are one deployment.

    {"files": [{"file", "process", "verdict": "lawful" | "refused" | "unreadable", "milliseconds",
    "findings": [{"rule", "kind", "law", "article", "element", "message", "path"}]}]}, in the order given. A
    finding is told for the file in which its element stands and for that of the process it was proved for.
    """
    started = perf_counter()
    contents = _contents(files)
    unreadable: dict[str, tuple[Finding, ...]] = {}
    refused: list[Finding] = []
    parsed: dict[str, Any] = {}
    for name, data in contents.items():
        try:
            parsed[name] = parse(name, data)
        except Unreadable as error:
            unreadable[name] = error.findings
        except Refused as error:
            refused += error.findings
    bad = unreadable.keys() | {finding.file for finding in refused}
    readable = {name: data for name, data in contents.items() if name not in bad}
    diagram: Diagram | None = None
    try:
        if readable:
            diagram, found = examine(readable, parsed=parsed)
            refused += found
            if all(finding.rule == "S-STRUCTURE" for finding in found) and _is_connected(diagram):
                refused += verify(diagram, statutes, periods)
    except Unreadable as error:
        unreadable |= {finding.file or next(iter(readable)): (finding,) for finding in error.findings}
    except Refused as error:
        refused += error.findings
    elapsed = (perf_counter() - started) * 1000
    processes = _processes(readable, diagram)
    return {
        "files": [
            _report(name, processes.get(name), unreadable.get(name), refused, diagram, elapsed)
            for name in contents
        ]
    }


def _is_connected(diagram: Diagram) -> bool:
    """Whether the token game can be played at all: every flow has its ends, every scope its start."""
    starts = {element.scope for element in diagram.elements.values() if element.kind == "startEvent"}
    scopes = {process.id for process in diagram.processes}
    scopes |= {element.id for element in diagram.elements.values() if element.kind == "subProcess"}
    ends = all(
        flow.source in diagram.elements
        and flow.target in diagram.elements
        and diagram.elements[flow.source].scope == diagram.elements[flow.target].scope
        for flow in diagram.flows.values()
    )
    hosts = all(
        element.attached_to in diagram.elements
        for element in diagram.elements.values()
        if element.kind == "boundaryEvent"
    )
    return ends and hosts and scopes <= starts


def _report(
    name: str,
    process: str | None,
    unreadable: tuple[Finding, ...] | None,
    refused: Sequence[Finding],
    diagram: Diagram | None,
    elapsed: float,
) -> dict[str, Any]:
    if unreadable is not None:
        verdict, findings = "unreadable", list(unreadable)
    else:
        findings = [finding for finding in refused if name in _files_of(finding, diagram)]
        if any(finding.file in (None, "") for finding in refused):
            findings += [finding for finding in refused if finding.file in (None, "")]
        verdict = "refused" if findings else "lawful"
    return {
        "file": name,
        "process": process,
        "verdict": verdict,
        "milliseconds": round(elapsed, 1),
        "findings": [as_json(finding) for finding in findings],
    }


def as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as the contract's JSON; the message is in Chinese, English after it."""
    return {
        "rule": finding.rule,
        "kind": finding.kind,
        "law": finding.law,
        "article": finding.article,
        "element": finding.element,
        "message": f"{finding.message.zh} {finding.message.en}".strip(),
        "path": list(finding.path),
        "line": finding.line,
    }


def _contents(files: Files) -> dict[str, bytes]:
    if isinstance(files, Mapping):
        return dict(files)
    contents: dict[str, bytes] = {}
    for one in files:
        name, data = (str(one), Path(one).read_bytes()) if isinstance(one, str | Path) else one
        contents[name] = data
    return contents


def _processes(readable: Mapping[str, bytes], diagram: Diagram | None) -> dict[str, str]:
    """Return for each file the process it is about: its uncalled one, else its first."""
    found: dict[str, str] = {}
    if diagram is None:
        try:
            diagram = read(readable, display=True)
        except Refused:
            return found
    called = {element.called for element in diagram.elements.values() if element.called}
    for process in sorted(diagram.processes, key=lambda process: process.id in called):
        found.setdefault(process.file, process.id)
    return found


def _files_of(finding: Finding, diagram: Diagram | None) -> set[str | None]:
    """Return the file of a finding's element, and that of the process whose run it is."""
    files = {finding.file}
    if diagram is not None and finding.path and finding.path[0] in diagram.elements:
        scope = diagram.elements[finding.path[0]].scope
        files |= {process.file for process in diagram.processes if process.id == scope}
    return files


def _placed(finding: Finding, diagram: Diagram) -> Finding:
    """Add the file a finding is about, and the line of its element."""
    if finding.file is not None or finding.element is None:
        return finding
    element, scope = diagram.elements.get(finding.element), finding.element
    line = finding.line or (element.line if element else None)
    while (holder := diagram.elements.get(scope)) is not None:
        scope = holder.scope
    file = next((process.file for process in diagram.processes if process.id == scope), None)
    return replace(finding, file=file, line=line)
