"""Procedures: what is in force, how it is drawn, how a new version is proved, proposed and approved by a second person.

Files are proved before they can be proposed. Between the proof and the proposal they lie in the page itself, packed
in a hidden field: nothing is kept of files nobody proposed, and they are proved again when they are.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from decision_engine import access, rules
from decision_engine.commands import definitions as acts
from decision_engine.errors import DecisionEngineError, InvalidAnswers, NotFound
from decision_engine.language import Text
from decision_engine.process import Finding
from decision_engine.process.picture import Sheet, sheets
from decision_engine.queries import definitions, people, verdicts
from decision_engine.queries.verdicts import Verdict
from decision_engine.web import diagrams, drawing
from decision_engine.web.door import ConfirmFirst, Pages, Said, go, show
from decision_engine.web.drawing import Mark
from decision_engine.web.saying import said as told
from decision_engine.work import Work

page = Pages("procedures")

MOST_FILES = 50
MOST_BYTES = 4 * 1024 * 1024
"""Of all files together, unpacked."""

NONE_CHOSEN = Text("请选择至少一个流程文件（.bpmn）。", "Choose at least one procedure file (.bpmn).")
TOO_MUCH = Text(
    "流程文件过多或过大：最多 50 个，合计不超过 4 MB。",
    "Too many or too large files: at most 50, 4 MB together.",
)
SAME_NAME = Text("有两个文件同名。", "Two files have the same name.")
DAMAGED = Text("所附流程文件不完整，请重新选择文件。", "The attached files are damaged. Choose them again.")

KINDS: Mapping[str, Text] = {
    "startEvent": Text("开始", "start"),
    "endEvent": Text("结束", "end"),
    "boundaryEvent": Text("边界事件", "boundary event"),
    "intermediateCatchEvent": Text("等待", "wait"),
    "intermediateThrowEvent": Text("通知", "notice"),
    "exclusiveGateway": Text("判断", "decision"),
    "parallelGateway": Text("并行", "parallel"),
    "inclusiveGateway": Text("选择", "choice"),
    "eventBasedGateway": Text("等待其一", "first event"),
    "subProcess": Text("子流程", "sub-process"),
    "callActivity": Text("调用流程", "called procedure"),
}
"""What a station is, where the diagram gives it no name."""

REASONS: Mapping[str, Text] = {
    "statute": Text("不合法", "unlawful"),
    "soundness": Text("流程有缺陷", "unsound"),
    "unsupported": Text("不支持", "unsupported"),
    "unsafe": Text("不安全", "unsafe"),
}
"""The kinds of finding, in words."""

GENERAL: Mapping[str, Text] = {
    "S-COMPLETE": Text("流程必须总能办结", "can always complete"),
    "S-PROPER": Text("办结时不得遗留未完成环节", "completes properly"),
    "S-SAFE": Text("同一环节不得重复激活", "no step twice at once"),
    "S-DEAD": Text("每个环节都应能办到", "no dead step"),
    "S-STRUCTURE": Text("图形结构完整", "well-formed"),
    "U-ELEMENT": Text("只使用支持的图形元素", "supported elements only"),
    "U-LIMIT": Text("在限定规模内可以证明", "provable within bounds"),
    "X-CODE": Text("图中不得含有程序代码", "no code in a diagram"),
    "X-XML": Text("文件安全可读", "safe to read"),
    "X-LOOP": Text("不得无限循环", "no endless loop"),
}
"""What the rules of the diagram itself ask; those of the law have titles of their own."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """All versions of a procedure, newest first; *current* is the one new cases run on, if any."""

    process: str
    versions: tuple[Any, ...]
    current: Any

    @property
    def name(self) -> str:
        """The name of the newest version."""
        return str((self.current or self.versions[0]).name)


# -- what there is ---------------------------------------------------------------------------------------


@page.ask("/admin/definitions")
def definitions_page(work: Work) -> Any:
    """Show every procedure with its versions and how many cases run on each."""
    access.stand_anywhere(work.actor, "definition.read")
    found = definitions.listed(work.session)
    by_process: dict[str, list[Any]] = {}
    for one in found:
        by_process.setdefault(one.process, []).append(one)
    procedures = [
        Procedure(name, tuple(some), next((one for one in some if one.status == "DEPLOYED"), None))
        for name, some in by_process.items()
    ]
    return show(
        "definitions.html",
        procedures=procedures,
        running=definitions.running(work.session),
        names=_names(work, found),
        waiting=[one for one in found if one.status == "PROPOSED"],
    )


@page.ask("/admin/definitions/<id:content_hash>")
def definition_page(work: Work, content_hash: str) -> Any:
    """Show one version: its diagrams, its files, who proposed and who approved."""
    access.stand_anywhere(work.actor, "definition.read")
    one = definitions.one(work.session, content_hash)
    files = definitions.files_of(work.session, content_hash)
    drawn = sheets(files)
    sheet = _sheet_called(drawn, request.args.get("sheet"), one.process)
    return show(
        "definition.html",
        one=one,
        files=files,
        names=_names(work, [one]),
        me_id=work.actor.person_id,
        running=definitions.running(work.session).get(one.hash, 0),
        in_force=_in_force(work, one),
        shown=diagrams.show_marked(sheet, files[sheet.file], {}),
        tabs=[
            {"text": each.name, "count": None, "current": each is sheet,
             "href": url_for("procedures.definition_page", content_hash=one.hash, sheet=each.file)}
            for each in drawn
        ],
    )  # fmt: skip


@page.ask("/admin/definitions/<id:content_hash>/files/<file:name>")
def file(work: Work, content_hash: str, name: str) -> Response:
    """Hand out the exact bytes of one file, as they were proved."""
    access.stand_anywhere(work.actor, "definition.read")
    content = definitions.files_of(work.session, content_hash).get(name)
    if content is None:
        raise NotFound
    response = Response(content, content_type="application/xml")
    response.headers.set("Content-Disposition", "attachment", filename="definition.bpmn")
    return response


@page.ask("/admin/definitions/<id:content_hash>/proof")
def proof_page(work: Work, content_hash: str) -> Any:
    """Prove a version again, by the rules of today."""
    access.stand_anywhere(work.actor, "definition.read")
    one = definitions.one(work.session, content_hash)
    verdict = verdicts.judge(definitions.files_of(work.session, content_hash))
    return show(
        "definition_proof.html", one=one, **_proof(verdict, _whole("show"), request.args.get("sheet"))
    )


# -- a new version: proved, looked at, proposed ------------------------------------------------------------


@page.ask("/admin/definitions/new")
def new_page(work: Work) -> Any:
    """Show where files are chosen."""
    access.stand_anywhere(work.actor, "definition.approve")
    return show("definition_new.html", errors={})


def _again(work: Work, refusal: DecisionEngineError, said: Said) -> Any:
    access.stand_anywhere(work.actor, "definition.approve")
    return show("definition_new.html", errors=getattr(refusal, "fields", None) or {"": (refusal.message,)})


@page.act("/admin/definitions/check", again=_again)
def check(work: Work, said: Said) -> Any:
    """Prove the files, or only draw them, and show what was found; nothing is kept."""
    access.stand_anywhere(work.actor, "definition.approve")
    files = _files(said)
    packed = pack(files)
    if said.get("way") == "look":
        drawn, wrong = verdicts.look(files)
        sheet = _sheet_called(drawn, said.get("sheet"), None) if drawn else None
        shown = diagrams.show_marked(sheet, files[sheet.file], {}) if sheet else None
        return show("definition_look.html", packed=packed, drawn=drawn, sheet=sheet, shown=shown, wrong=wrong)
    verdict = verdicts.judge(files)
    known = _known(work, verdict)
    return show(
        "definition_check.html",
        packed=packed,
        known=known,
        **_proof(verdict, said.get("show", "0"), said.get("sheet")),
    )


@page.act("/admin/definitions/new", again=_again)
def propose(work: Work, said: Said) -> Any:
    """Propose the files that were proved; they are proved once more."""
    made = acts.propose_deployment(work, _files(said))
    return go(
        "procedures.definition_page",
        _("已提交，须由第二人批准后才用于新启动的事项。"),
        content_hash=made.hash,
    )


# -- the second person -------------------------------------------------------------------------------------


@page.ask("/admin/definitions/<id:content_hash>/decision")
def decision_page(work: Work, content_hash: str) -> Any:
    """Show what approving or refusing means, before it is done."""
    return _deciding(work, content_hash, request.args.get("approve") != "no", {}, {})


def _decision_again(work: Work, refusal: DecisionEngineError, said: Said, content_hash: str) -> Any:
    if isinstance(refusal, ConfirmFirst):
        raise refusal
    errors = getattr(refusal, "fields", None) or {"": (refusal.message,)}
    return _deciding(work, content_hash, said.get("approve") == "yes", said, errors)


@page.act("/admin/definitions/<id:content_hash>/decision", again=_decision_again, decisive=True)
def decide(work: Work, said: Said, content_hash: str) -> Any:
    """Put a proposed version in force, or refuse it."""
    approve = said.get("approve") == "yes"
    reason = said.get("reason", "").strip()[:2000]
    if not approve and not reason:
        raise InvalidAnswers({"reason": (Text("请写明不批准的理由。", "Say why it is refused."),)})
    made = acts.decide_deployment(work, content_hash, approve=approve, reason=reason)
    words = _("已批准，新启动的事项按本版本办理。") if approve else _("已决定不批准，理由已记录。")
    return go("procedures.definition_page", words, content_hash=made.hash)


def _deciding(work: Work, content_hash: str, approve: bool, typed: Any, errors: Any) -> Any:
    access.stand_anywhere(work.actor, "definition.approve")
    one = definitions.one(work.session, content_hash)
    in_force = _in_force(work, one)
    running = definitions.running(work.session)
    return show(
        "definition_decision.html", one=one, approve=approve, typed=typed, errors=errors, in_force=in_force,
        names=_names(work, [one]), running=running.get(in_force.hash, 0) if in_force else 0,
    )  # fmt: skip


# -- files in the hand -------------------------------------------------------------------------------------


def pack(files: Mapping[str, bytes]) -> str:
    """Return *files* as text for a hidden field."""
    plain = json.dumps({name: base64.b64encode(data).decode() for name, data in files.items()})
    return base64.b64encode(zlib.compress(plain.encode(), 9)).decode()


def unpack(packed: str) -> dict[str, bytes]:
    """Return what `pack` packed. Raises `InvalidAnswers` for anything else, however it swells."""
    try:
        opened = zlib.decompressobj()
        plain = opened.decompress(base64.b64decode(packed, validate=True), 2 * MOST_BYTES)
        if opened.unconsumed_tail or not opened.eof:
            raise InvalidAnswers({"files": (TOO_MUCH,)})
        found = json.loads(plain)
        return {str(name): base64.b64decode(data, validate=True) for name, data in found.items()}
    except (binascii.Error, zlib.error, ValueError, AttributeError, TypeError, RecursionError):
        raise InvalidAnswers({"files": (DAMAGED,)}) from None


def _files(said: Said) -> dict[str, bytes]:
    """Return the files sent, or those packed in the page. Raises `InvalidAnswers`."""
    files = unpack(said["packed"]) if said.get("packed") else _uploaded()
    if not files:
        raise InvalidAnswers({"files": (NONE_CHOSEN,)})
    if len(files) > MOST_FILES or sum(map(len, files.values())) > MOST_BYTES:
        raise InvalidAnswers({"files": (TOO_MUCH,)})
    return files


def _uploaded() -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for one in request.files.getlist("files"):
        name = (one.filename or "").replace("\\", "/").rpartition("/")[2].strip()[:200]
        if not name:
            continue
        if name in files:
            raise InvalidAnswers({"files": (SAME_NAME,)})
        one.stream.seek(0)
        files[name] = one.stream.read(MOST_BYTES + 1)
    return files


# -- what a proof looks like -------------------------------------------------------------------------------


def _proof(verdict: Verdict, chosen: str, sheet: str | None) -> dict[str, Any]:
    """Return a verdict for its page, with the counter-example of the finding *chosen* (its number) drawn."""
    number = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 6 else 0  # noqa: PLR2004
    finding = verdict.findings[number] if number < len(verdict.findings) else None
    at = _where(verdict, finding, sheet)
    marks = _marks(finding)
    walked = verdict.walked(finding.path) if finding else frozenset()
    ids = {shape.id for one in verdict.drawn for shape in one.shapes}
    return {
        "verdict": verdict,
        "number": number,
        "finding": finding,
        "steps": verdict.steps(finding) if finding else (),
        "at": at,
        "touched": _touched(verdict, finding) if finding else [],
        "shown": diagrams.show_marked(at, verdict.files[at.file], marks, walked) if at else None,
        "is_drawn": bool(finding and (finding.element in ids or set(finding.path) & ids)),
        "title_of": title_of,
        "citation_of": citation_of,
        "kinds": KINDS,
        "reasons": REASONS,
    }


def title_of(finding: Finding) -> str:
    """Return what the rule of a finding asks, in the reader's language."""
    title = GENERAL.get(finding.rule) or _titles().get(finding.rule)
    return told(title) if title else finding.rule


def citation_of(finding: Finding) -> str:
    """Return law and article of a finding; nothing where no law stands behind it."""
    known = _rules().get(finding.rule)
    if known is not None:
        return told(known.citation)
    return " ".join(one for one in (finding.law, finding.article) if one)


def _rules() -> dict[str, rules.Rule]:
    return {one.id: one for one in rules.declared()}


def _titles() -> dict[str, Text]:
    return {name: one.title for name, one in _rules().items()}


def _marks(finding: Finding | None) -> dict[str, Mark]:
    """Return the marks of a counter-example: its stations in order, and where the fault lies."""
    if finding is None:
        return {}
    marks: dict[str, Mark] = {}
    for order, element in enumerate(finding.path, start=1):
        earlier = marks.get(element)
        badge = f"{earlier.badge}·{order}" if earlier and len(earlier.badge) < 8 else str(order)  # noqa: PLR2004
        marks[element] = Mark(drawing.DONE, badge)
    if finding.element is not None:
        badge = (
            marks[finding.element].badge if finding.element in marks else told(drawing.WORDS[drawing.FAULT])
        )
        marks[finding.element] = Mark(drawing.FAULT, badge)
    return marks


def _where(verdict: Verdict, finding: Finding | None, wanted: str | None) -> Sheet | None:
    """Return the sheet to show: the one *wanted*, else where the fault or the end of the run is drawn."""
    if not verdict.drawn:
        return None
    chosen = next((one for one in verdict.drawn if one.file == wanted), None)
    if chosen is not None or finding is None:
        return chosen or _sheet_called(verdict.drawn, None, verdict.main)
    for element in (finding.element, *reversed(finding.path)):
        for one in verdict.drawn:
            if any(shape.id == element for shape in one.shapes):
                return one
    return next((one for one in verdict.drawn if one.file == finding.file), verdict.drawn[0])


def _touched(verdict: Verdict, finding: Finding) -> list[Sheet]:
    """Return the sheets a counter-example goes through, in the order of its steps."""
    order = {element: place for place, element in reversed(list(enumerate((*finding.path, finding.element))))}
    first = {
        one.file: min((order[shape.id] for shape in one.shapes if shape.id in order), default=-1)
        for one in verdict.drawn
    }
    return sorted((one for one in verdict.drawn if first[one.file] >= 0), key=lambda one: first[one.file])


def _sheet_called(drawn: tuple[Sheet, ...], wanted: str | None, process: str | None) -> Sheet:
    """Return the sheet of file *wanted*, else the one that holds *process*, else the first."""
    return next(
        (one for one in drawn if one.file == wanted),
        next((one for one in drawn if process in one.processes), drawn[0]),
    )


def _known(work: Work, verdict: Verdict) -> Any:
    """Return the definition that has the very same bytes, if there is one."""
    if verdict.hash is None:
        return None
    return next((one for one in definitions.listed(work.session) if one.hash == verdict.hash), None)


def _in_force(work: Work, one: Any) -> Any:
    """Return the version of the same procedure that new cases run on, if any."""
    try:
        return definitions.in_force(work.session, one.process)
    except NotFound:
        return None


def _names(work: Work, found: Any) -> dict[str, str]:
    ids = {who for one in found for who in (one.proposed_by, one.decided_by) if who}
    return people.names_of(work, ids)


def _whole(name: str) -> str:
    return request.args.get(name, "0")
