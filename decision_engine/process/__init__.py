"""The diagram: read, proved, run. The only room that knows SpiffWorkflow and lxml.

diagram = read(files)                          a plain value, or Refused
definition = compile_definition(diagram)       ready to run, or Refused
position = start(definition, facts)            bytes, who may act, what is waited for
position = complete(definition, position.state, ready_id, answers)
verdict = replay(diagram, steps)               whether what was recorded is a run of the diagram
"""

from decision_engine.process.findings import Finding, Refused, Unreadable
from decision_engine.process.reader import read
from decision_engine.process.replay import COMPLETED, ELAPSED, OPENED, Illegal, Legal, Step, Verdict, replay
from decision_engine.process.runner import (
    ENGINE,
    STATE_FORMAT,
    Definition,
    Position,
    Ready,
    Waiting,
    compile_definition,
    complete,
    elapse,
    look,
    signal,
    start,
)
from decision_engine.process.verify import check, proved, verify

__all__ = [
    "COMPLETED",
    "ELAPSED",
    "ENGINE",
    "OPENED",
    "STATE_FORMAT",
    "Definition",
    "Finding",
    "Illegal",
    "Legal",
    "Position",
    "Ready",
    "Refused",
    "Step",
    "Unreadable",
    "Verdict",
    "Waiting",
    "check",
    "compile_definition",
    "complete",
    "elapse",
    "look",
    "proved",
    "read",
    "replay",
    "signal",
    "start",
    "verify",
]
