"""Definitions: procedures proposed, proved, approved by a second person, and read back byte for byte."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from decision_engine import access
from decision_engine.api.fields import ActOut, Content, Flag, Moment, Said
from decision_engine.api.room import Room
from decision_engine.commands import definitions as commands
from decision_engine.errors import InvalidAnswers, NotFound
from decision_engine.forms.fields import Line, Listing, LongText, YesNo
from decision_engine.language import Text
from decision_engine.queries import definitions
from decision_engine.work import Work

room = Room("definitions", "流程定义", "Procedure definitions")

MOST_FILES = 50


class FileSaid(Said):
    """One file of a deployment."""

    name = Line("文件名", "File name", required=True, most=200)
    content = Content("内容", "The BPMN as text", required=True)


class ProposalSaid(Said):
    """The files of one deployment."""

    files = Listing("流程文件", "Files", FileSaid, required=True, least=1, most=MOST_FILES)


class ProposalQuery(Said):
    """How far to go."""

    dry_run = Flag("仅校验", "Prove only, propose nothing", default=False)


class DecisionSaid(Said):
    """What the second person decides."""

    approve = YesNo("批准", "Approve", required=True)
    reason = LongText("理由", "Reason", most=2000, default="")


class DefinitionOut(Schema):
    """A procedure: all files of one deployment under one content hash."""

    hash = fields.String()
    process = fields.String()
    name = fields.String()
    profile = fields.String(allow_none=True)
    version = fields.Integer(allow_none=True)
    status = fields.String()
    proposed_at = Moment(allow_none=True)
    proposed_by = fields.String(allow_none=True)
    decided_at = Moment(allow_none=True)
    decided_by = fields.String(allow_none=True)


class DefinitionDetailOut(DefinitionOut):
    """A procedure with the names of its files."""

    files = fields.List(fields.String())


class DefinitionsOut(Schema):
    """Every procedure known."""

    items = fields.List(fields.Nested(DefinitionOut))
    total = fields.Integer()


class DefinitionActOut(ActOut):
    """The definition, and the receipt (none for a dry run)."""

    definition = fields.Nested(DefinitionOut)


@room.ask("/definitions", "流程定义列表", "Definitions", answer=DefinitionsOut)
def list_definitions(work: Work) -> dict[str, Any]:
    """Return every definition, newest versions first."""
    access.stand_anywhere(work.actor, "definition.read")
    found = definitions.listed(work.session)
    return {"items": found, "total": len(found)}


@room.act(
    "POST", "/definitions", "提交流程定义", "Propose a definition", takes=ProposalSaid, by="deployment",
    query=ProposalQuery, answer=DefinitionActOut, status=201,
)  # fmt: skip
def propose_definition(work: Work, said: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
    """Prove the files and propose them as the next version; a second person puts them in force.

    Send JSON, or a multipart body with one or more files. With *dry_run* they are only proved.
    """
    files = {one["name"]: one["content"] for one in said["files"]}
    if len(files) < len(said["files"]):
        raise InvalidAnswers({"files": (Text("有两个文件同名。", "Two files have the same name."),)})
    if query["dry_run"]:
        return {"definition": _proved(work, files), "receipt": None}
    return {"definition": commands.propose_deployment(work, files), "receipt": work.receipts[-1]}


@room.ask("/definitions/<id:content_hash>", "流程定义详情", "One definition", answer=DefinitionDetailOut)
def show_definition(work: Work, content_hash: str) -> dict[str, Any]:
    """Return one definition with the names of its files."""
    access.stand_anywhere(work.actor, "definition.read")
    found = definitions.one(work.session, content_hash)
    return {name: getattr(found, name) for name in DefinitionOut().fields} | {
        "files": sorted(definitions.files_of(work.session, content_hash))
    }


@room.ask(
    "/definitions/<id:content_hash>/files/<file:name>", "流程文件", "One file of a definition",
    media_type="application/xml",
)  # fmt: skip
def read_definition_file(work: Work, content_hash: str, name: str) -> Response:
    """Return the exact bytes of one file, as they were proved."""
    access.stand_anywhere(work.actor, "definition.read")
    content = definitions.files_of(work.session, content_hash).get(name)
    if content is None:
        raise NotFound
    response = Response(content, content_type="application/xml")
    response.headers.set("Content-Disposition", "attachment", filename="definition.bpmn")
    return response


@room.act(
    "POST", "/definitions/<id:content_hash>/approval", "批准部署", "Approve or refuse a definition",
    takes=DecisionSaid, answer=DefinitionActOut,
)  # fmt: skip
def decide_definition(work: Work, said: dict[str, Any], content_hash: str) -> dict[str, Any]:
    """Put a proposed definition in force, or refuse it; never by the person who proposed it."""
    found = commands.decide_deployment(work, content_hash, approve=said["approve"], reason=said["reason"])
    return {"definition": found, "receipt": work.receipts[-1]}


def _proved(work: Work, files: dict[str, bytes]) -> dict[str, Any]:
    access.stand_anywhere(work.actor, "definition.approve")
    proved = commands.prove(files)
    main = next(one for one in proved.diagram.processes if one.id == proved.diagram.main)
    return {
        "hash": proved.hash, "process": main.id, "name": main.name, "profile": main.profile, "status": "PROVED",
    }  # fmt: skip
