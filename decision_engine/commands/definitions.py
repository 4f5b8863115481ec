"""Deploy a procedure: proved first, proposed by one person, put in force by another. Running cases stay on theirs."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from decision_engine import access, process, rules
from decision_engine.crash import crash_point
from decision_engine.errors import Conflict, Forbidden
from decision_engine.language import Text
from decision_engine.models import Definition, DefinitionFile
from decision_engine.queries import definitions
from decision_engine.work import Work

CHAIN = "definitions"


def propose_deployment(work: Work, files: Mapping[str, bytes]) -> Definition:
    """Prove *files* (name -> bytes) and propose them as the next version of their procedure.

    Raises `Undeployable` with every finding when they are unreadable, unsafe, unsupported, unsound or unlawful;
    `Conflict` when the very same bytes were proposed before.
    """
    work.tries(CHAIN, "definition.propose")
    standing = access.stand_anywhere(work.actor, "definition.propose")
    compiled = prove(files)
    diagram = compiled.diagram
    if work.session.get(Definition, compiled.hash) is not None:
        raise Conflict(Text("同一流程文件已经提交过。", "The very same files were proposed before."))
    main = next(one for one in diagram.processes if one.id == diagram.main)
    last = work.session.scalar(select(func.max(Definition.version)).where(Definition.process == main.id))
    definition = Definition(
        hash=compiled.hash, process=main.id, name=main.name, profile=main.profile, version=(last or 0) + 1,
        status="PROPOSED", proposed_at=work.now, proposed_by=work.actor.person_id,
    )  # fmt: skip
    work.session.add(definition)
    work.session.flush()
    crash_point("definition.written")
    work.session.add_all(
        DefinitionFile(definition_hash=compiled.hash, name=name, content=content)
        for name, content in files.items()
    )
    work.record(
        "definition.proposed", CHAIN, standing=standing, definition=compiled.hash, process=main.id,
        version=definition.version, files=sorted(files), rules={"version": rules.RULE_SET_VERSION, "checked": []},
    )  # fmt: skip
    return definition


def prove(files: Mapping[str, bytes]) -> process.Definition:
    """Return *files*, proved and ready to run, or raise `Undeployable` with every finding."""
    return process.compile_definition(process.proved(files, rules.STATUTES, rules.periods()))


def decide_deployment(work: Work, content_hash: str, *, approve: bool, reason: str = "") -> Definition:
    """Put a proposed definition in force, or refuse it; never by the person who proposed it (four eyes)."""
    work.tries(CHAIN, "definition.decide", definition=content_hash)
    standing = access.stand_anywhere(work.actor, "definition.approve")
    definition = definitions.one(work.session, content_hash, lock=True)
    if definition.status != "PROPOSED":
        raise Conflict(Text("该流程定义已经有处理结果。", "This definition was decided on already."))
    if definition.proposed_by == work.actor.person_id:
        raise Forbidden(
            Text("部署须由提交人以外的第二人批准。", "A second person must approve a deployment.")
        )
    definition.status = "DEPLOYED" if approve else "REFUSED"
    definition.decided_at, definition.decided_by = work.now, work.actor.person_id
    work.record(
        "definition.deployed" if approve else "definition.refused", CHAIN, standing=standing,
        said={"reason": reason}, definition=content_hash, process=definition.process, version=definition.version,
    )  # fmt: skip
    return definition
