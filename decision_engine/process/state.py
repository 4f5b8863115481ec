"""Where a case stands, as a few hundred bytes.

Kept are the tokens, the groups some of them wait in, and the answers that the diagram may still read.
Finished history is not kept: it is in the case file and the log. So the fiftieth revision costs what the
first did, the tree is never deep, and what is saved does not depend on how it came about.

    byte 0      STATE_FORMAT
    bytes 1-4   CRC-32 of the rest, big-endian
    then        what `agreement` watches, a line that is not read here; a line feed
    then JSON   [definition hash (16 digits), seed, counter, facts, answers, scopes]
                scope: [id of the token it belongs to (0: the case itself), rows]
                row:   [id, spec, state, id of the row it waits under (0: none), data or null]

The engine's rows and the watched line never come from one another: they are two witnesses.

The bytes are stored as bytes: a store that reorders JSON may not touch them.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import orjson

from decision_engine.errors import CorruptState, Malformed
from decision_engine.process import specs
from decision_engine.process.definition import Definition
from decision_engine.process.engine import COMPLETED, LIVE, WAITING, Case, Scope, Token

STATE_FORMAT = 2

_HEADER = 5
_GROUPS = (specs.Guarded, specs.EventGateway, specs.Repeated)


def dump(definition: Definition, case: Case, kept: bytes) -> bytes:
    """Return *case* and the watched line *kept* as bytes; raises `Malformed` where an answer is no JSON value."""
    scopes = [[0, _rows(case)]]
    scopes += [[key, _rows(scope)] for key, scope in case.subprocesses.items()]
    content = [definition.hash[:16], case.seed, case.counter, case.facts, case.answers, scopes]
    try:
        body = kept + b"\n" + orjson.dumps(content)
    except orjson.JSONEncodeError as error:
        raise Malformed from error
    return bytes((STATE_FORMAT,)) + crc32(body).to_bytes(4, "big") + body


def load(definition: Definition, state: bytes) -> tuple[Case, bytes]:
    """Return the case that *state* describes and its watched line; raises `CorruptState` for any other bytes."""
    body = state[_HEADER:]
    if state[:1] != bytes((STATE_FORMAT,)) or crc32(body).to_bytes(4, "big") != state[1:_HEADER]:
        raise CorruptState
    kept, _, rest = body.partition(b"\n")
    try:
        hash_, seed, counter, facts, answers, scopes = orjson.loads(rest)
        if hash_ != definition.hash[:16]:
            raise CorruptState
        case = Case(definition.plans[definition.diagram.main], definition.plans, seed)
        case.counter, case.facts, case.answers = counter, facts, answers
        owners: dict[int, Token] = {}
        for owner, rows in scopes:
            if owner == 0:
                _restore(case, rows)
                owners.update(case.tasks)
            else:
                scope = Scope(definition.plans[owners[owner].task_spec.spec], owners[owner])
                _restore(scope, rows)
                case.subprocesses[owner] = scope
                owners.update(scope.tasks)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise CorruptState from error
    case.completed = not case.tokens()
    return case, kept


def _rows(part: Case | Scope) -> list[list[Any]]:
    """Return the rows of *part*, each after the row it waits under."""
    rows: dict[int, list[Any]] = {}
    for token in part.tasks.values():
        if token.state & LIVE:
            _add(rows, token)
    return list(rows.values())


def _add(rows: dict[int, list[Any]], token: Token) -> int:
    """Add *token*, and before it the group it waits in: groups only, so this is never deep."""
    if token.id not in rows:
        group = token.parent
        under = _add(rows, group) if group is not None and isinstance(group.task_spec, _GROUPS) else 0
        rows[token.id] = [token.id, token.task_spec.name, token.state, under, token.internal_data or None]
    return token.id


def _restore(part: Case | Scope, rows: list[list[Any]]) -> None:
    part.task_tree = root = Token(part, part.spec.start, None, COMPLETED, number=0)
    named, tasks = part.spec.task_specs, part.tasks
    watch = part.top_workflow.event_manager.tasks
    for number, name, state, under, data in rows:
        token = Token(part, named[name], tasks[under] if under else root, state, number=number)
        if data:
            token.internal_data = data
        if state == WAITING and isinstance(token.task_spec, specs.Catches):
            watch[number] = token
