"""Which procedures are there, and what a case runs: definitions, compiled once a process, by content hash."""

from __future__ import annotations

from threading import Lock

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from decision_engine import process
from decision_engine.errors import CorruptState, NotFound
from decision_engine.language import Text
from decision_engine.models import Case, Definition, DefinitionFile

_compiled: dict[str, process.Definition] = {}
_lock = Lock()
_DAMAGED = Text(
    "所存流程文件已损坏，不能办理，请告知管理员。",
    "The stored files of the procedure are damaged. Tell an administrator.",
)


def compiled(session: Session, content_hash: str) -> process.Definition:
    """Return the runnable definition with *content_hash*: read from the database once, then kept.

    Raises `NotFound`, and `CorruptState` when the stored files are not those that were deployed.
    """
    found = _compiled.get(content_hash)
    if found is not None:
        return found
    files = files_of(session, content_hash)
    with _lock:
        if content_hash not in _compiled:
            _compiled[content_hash] = _as_deployed(files, content_hash)
        return _compiled[content_hash]


def _as_deployed(files: dict[str, bytes], content_hash: str) -> process.Definition:
    try:
        made = process.compile_definition(process.read(files))
    except Exception as problem:  # what was deployed could be read: whatever is wrong came later
        raise CorruptState(_DAMAGED) from problem
    if made.hash != content_hash:
        raise CorruptState(_DAMAGED)
    return made


def fields_read(definition: process.Definition, step: str | None) -> frozenset[str]:
    """Return the fields of *step* that some expression of the deployment reads."""
    return frozenset(field for one, field in definition.reads if one == step)


def files_of(session: Session, content_hash: str) -> dict[str, bytes]:
    """Return the exact files of a deployment by name. Raises `NotFound`."""
    rows = session.execute(
        select(DefinitionFile.name, DefinitionFile.content)
        .where(DefinitionFile.definition_hash == content_hash)
        .order_by(DefinitionFile.name)
    )
    files = {name: content for name, content in rows}  # noqa: C416  rows are no plain pairs
    if not files:
        raise NotFound(Text("没有这个流程定义。", "There is no such definition."))
    return files


def in_force(session: Session, process_id: str) -> Definition:
    """Return the newest deployed definition of *process_id*. Raises `NotFound`."""
    found = session.scalar(
        select(Definition)
        .where(Definition.process == process_id, Definition.status == "DEPLOYED")
        .order_by(Definition.version.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound(
            Text(
                f"流程“{process_id}”尚未部署，请管理员先部署并由第二人批准。",
                f"The procedure {process_id} is not deployed. An administrator deploys it, a second person approves.",
            )
        )
    return found


def listed(session: Session) -> list[Definition]:
    """Return every definition, newest versions first."""
    return list(session.scalars(select(Definition).order_by(Definition.process, Definition.version.desc())))


def running(session: Session) -> dict[str, int]:
    """Return how many cases run on each definition, by content hash; none is left out."""
    rows = session.execute(
        select(Case.definition_hash, func.count())
        .where(Case.status.in_(("RUNNING", "SUSPENDED")))
        .group_by(Case.definition_hash)
    )
    return {content_hash: count for content_hash, count in rows}  # noqa: C416  rows are no plain pairs


def one(session: Session, content_hash: str, *, lock: bool = False) -> Definition:
    """Return one definition, locked against others who decide on it if *lock*. Raises `NotFound`."""
    found = session.get(Definition, content_hash, with_for_update=lock)
    if found is None:
        raise NotFound(Text("没有这个流程定义。", "There is no such definition."))
    return found
