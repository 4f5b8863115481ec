"""What the proof says of a deployment, for people who look at it: findings, and the runs that break the law.

Nothing is kept: the files are those somebody holds in the hand. `commands.definitions.prove` asks the same proof
again when they are proposed, so a verdict shown here lets nothing through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from decision_engine import process, rules
from decision_engine.errors import Undeployable
from decision_engine.process.picture import Shape, Sheet, sheets
from decision_engine.process.reader import examine


@dataclass(frozen=True, slots=True)
class Step:
    """One station of a run: the element, its name as drawn (empty if it has none), what it is, and its sheet's file."""

    element: str
    name: str
    kind: str
    file: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the proof found. *main* is None where the files are refused.

    *unreadable*: the files that are no BPMN at all. *drawn*: a sheet for every file that can be drawn.
    *flows*: id -> (source, target), empty where the files could not be read together.
    """

    files: Mapping[str, bytes]
    findings: tuple[process.Finding, ...]
    unreadable: frozenset[str]
    drawn: tuple[Sheet, ...]
    flows: Mapping[str, tuple[str, str]]
    hash: str | None
    main: str | None
    name: str
    profile: str | None

    @property
    def lawful(self) -> bool:
        """Whether nothing speaks against the deployment."""
        return self.main is not None

    def of_file(self, name: str) -> tuple[process.Finding, ...]:
        """Return the findings of one file: where the element stands, or where the run begins that breaks the rule.

        What no file is named for belongs to each.
        """
        begins = {shape.id for sheet in self.drawn if sheet.file == name for shape in sheet.shapes}
        return tuple(
            one
            for one in self.findings
            if one.file in (name, None, "") or (one.path and one.path[0] in begins)
        )

    def steps(self, finding: process.Finding) -> tuple[Step, ...]:
        """Return the counter-example of *finding* station by station: a real run from a start event."""
        known = {shape.id: (shape, sheet.file) for sheet in self.drawn for shape in sheet.shapes}
        return tuple(_step(one, known.get(one)) for one in finding.path)

    def walked(self, path: Sequence[str]) -> frozenset[str]:
        """Return the flows a run along *path* takes: into each station from the last one before that leads there."""
        into: dict[str, list[tuple[str, str]]] = {}
        for flow, (source, target) in self.flows.items():
            into.setdefault(target, []).append((source, flow))
        taken: set[str] = set()
        seen: dict[str, int] = {}
        for place, element in enumerate(path):
            ways = [(seen[source], flow) for source, flow in into.get(element, ()) if source in seen]
            if ways:
                taken.add(max(ways)[1])
            seen[element] = place
        return frozenset(taken)


def judge(files: Mapping[str, bytes]) -> Verdict:
    """Return the verdict on *files* (name -> bytes), which are one deployment."""
    return _judge(tuple(files.items()))


def look(files: Mapping[str, bytes]) -> tuple[tuple[Sheet, ...], dict[str, tuple[process.Finding, ...]]]:
    """Return what can be drawn of *files* without proving anything, and why the others cannot."""
    drawn: list[Sheet] = []
    wrong: dict[str, tuple[process.Finding, ...]] = {}
    for name, data in files.items():
        try:
            drawn += sheets({name: data})
        except Undeployable as refused:
            wrong[name] = refused.findings
    return tuple(drawn), wrong


@lru_cache(maxsize=8)
def _judge(pairs: tuple[tuple[str, bytes], ...]) -> Verdict:
    files = dict(pairs)
    drawn, wrong = look(files)
    findings: tuple[process.Finding, ...] = tuple(one for some in wrong.values() for one in some)
    definition = None
    if not findings:
        try:
            definition = process.compile_definition(process.proved(files, rules.STATUTES, rules.periods()))
        except Undeployable as refused:
            findings = refused.findings
    main = None if definition is None else definition.diagram.main
    it = next((one for one in definition.diagram.processes if one.id == main), None) if definition else None
    return Verdict(
        files=files,
        findings=findings,
        unreadable=frozenset(wrong),
        drawn=drawn,
        flows=_flows(files) if not wrong else {},
        hash=definition.hash if definition else None,
        main=main,
        name=it.name if it else "",
        profile=it.profile if it else None,
    )


def _flows(files: Mapping[str, bytes]) -> dict[str, tuple[str, str]]:
    try:
        diagram, _ = examine(files)
    except Undeployable:
        return {}
    return {one.id: (one.source, one.target) for one in diagram.flows.values()}


def _step(element: str, found: tuple[Shape, str] | None) -> Step:
    if found is None:
        return Step(element, "", "", "")
    shape, file = found
    return Step(element, shape.name.replace("\n", ""), shape.kind, file)
