"""Load the demonstration: the town, and the procedure: one administrator proposes it, another approves."""

from __future__ import annotations

from pathlib import Path

import decision_engine
from decision_engine import process
from decision_engine.access import PUBLIC
from decision_engine.commands import definitions as verbs
from decision_engine.commands.sessions import sign_in
from decision_engine.demo.town import Town, found_town
from decision_engine.models import Definition
from decision_engine.work import House, reading, unit_of_work

MEETING = "collective_meeting.bpmn"
PROPOSER, APPROVER = "admin1", "admin2"


def load_town(house: House, *, deploy: bool = True) -> Town:
    """Load the demonstration town and put the shipped procedure in force, unless they are there; return the town.

    Without *deploy* only the register is loaded: organs, units, people, bodies.
    """
    town = found_town(house)
    if deploy:
        deploy_shipped(house, town)
    return town


def shipped_diagrams() -> dict[str, bytes]:
    """Return the shipped BPMN files by name: package data in a wheel, else `bpmn/` beside the package.

    Raises `FileNotFoundError` when neither place holds any.
    """
    package = Path(decision_engine.__file__).parent
    for folder in (package / "bpmn", package.parent / "bpmn"):
        files = {path.name: path.read_bytes() for path in sorted(folder.glob("*.bpmn"))}
        if files:
            return files
    raise FileNotFoundError("no shipped diagrams: bpmn/*.bpmn is neither in the package nor beside it")


def deploy_shipped(house: House, town: Town) -> str:
    """Put the shipped procedures in force unless they are, and return the content hash of the decision procedure.

    The meeting is deployed once more alone: an item that is no decision case runs nothing else. Raises `Undeployable`
    with the findings when the shipped diagrams do not pass the proof.
    """
    files = shipped_diagrams()
    content_hash = _deploy(house, town, files)
    if MEETING in files:
        _deploy(house, town, {MEETING: files[MEETING]})
    return content_hash


def _deploy(house: House, town: Town, files: dict[str, bytes]) -> str:
    content_hash = process.compile_definition(process.read(files)).hash
    if _status(house, content_hash) is None:
        with unit_of_work(house, sign_in(house, PROPOSER, town.password).token) as work:
            verbs.propose_deployment(work, files)
    if _status(house, content_hash) == "PROPOSED":
        with unit_of_work(house, sign_in(house, APPROVER, town.password).token) as work:
            verbs.decide_deployment(work, content_hash, approve=True, reason="演示部署")
    return content_hash


def _status(house: House, content_hash: str) -> str | None:
    with reading(house, as_actor=PUBLIC) as work:
        found = work.session.get(Definition, content_hash)
        return found.status if found is not None else None
