"""The diagram: read, proved, run. The only room that knows SpiffWorkflow and lxml.

diagram = read(files)                          a plain value, or Refused
definition = compile_definition(diagram)       ready to run, or Refused
position = start(definition, facts)            bytes, who may act, what is waited for
position = complete(definition, position.state, ready_id, answers)
"""

from decision_engine.process.findings import Finding, Refused, Unreadable
from decision_engine.process.reader import read
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
    "ENGINE",
    "STATE_FORMAT",
    "Definition",
    "Finding",
    "Position",
    "Ready",
    "Refused",
    "Unreadable",
    "Waiting",
    "check",
    "compile_definition",
    "complete",
    "elapse",
    "look",
    "proved",
    "read",
    "signal",
    "start",
    "verify",
]
