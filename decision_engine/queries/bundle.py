"""The evidence bundle of one case: everything somebody needs to check it decades later, in one file.

Guarantees
* The file is laid out as `audit/FORMAT.md` says; the same case under the same checkpoint gives the same bytes.
* Events go in as they lie in the log, byte for byte; what somebody damaged goes in damaged, for a verifier to find.
* Who commented, and what was said in a meeting about other matters, is never in it.
* Nothing is changed here; whoever asks notes the reading (`Work.reads`).
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import decision_engine
from decision_engine import rules
from decision_engine.audit import merkle
from decision_engine.audit.keyring import POLICY
from decision_engine.config import Settings
from decision_engine.errors import Conflict, NotFound
from decision_engine.language import Text
from decision_engine.models import (
    AgendaItem,
    Case,
    Checkpoint,
    Document,
    DocumentVersion,
    Event,
    EventPayload,
    Leaf,
    SigningKey,
)
from decision_engine.queries import definitions, proofs
from decision_engine.rules.parameter import Parameter, shipped
from decision_engine.work import KEYS, Work, stamp

FORMAT = "decision-engine-bundle/1"
LARGEST = 256 * 1024 * 1024
NO_POLICY = b"quorum none\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}\.bpmn")


@dataclass(frozen=True, slots=True)
class Bundle:
    """*content* is the file; *size* the checkpoint's, *events* how many it holds, *waiting* of them not in the tree."""

    content: bytes
    size: int
    events: int
    waiting: int


@dataclass(frozen=True, slots=True)
class _Row:
    """An event as it lies in the log, with its leaf where the checkpoint covers it."""

    chain: str
    seq: int
    body: bytes
    hash: str
    signature: bytes | None
    leaf: int | None
    salt: bytes | None
    payload: bytes | None


def of_case(work: Work, case: Case, *, policy: bytes = NO_POLICY, since: Iterable[int] = ()) -> Bundle:
    """Return the bundle of *case* under the newest checkpoint.

    *policy* is put in as the installation's own; *since* are sizes of checkpoints others hold, to which the bundle
    then proves that the log only grew. Raises `Conflict` when no checkpoint was signed yet, or it would be too large.
    """
    session = work.session
    notes = {one.size: one.note for one in session.scalars(select(Checkpoint).order_by(Checkpoint.size))}
    if not notes:
        raise Conflict(
            Text(
                "日志尚未签署检查点，请稍后再导出。",
                "No checkpoint of the log is signed yet. Try again shortly.",
            )
        )
    newest = max(notes)
    rows = list(_rows(session, case, newest))
    sizes = [*_bracketing(rows, sorted(notes), {one for one in since if one in notes}), newest]
    read = proofs.tile_reader(session)
    files = {
        "events.json": _json([_event(read, row, newest) for row in rows]),
        "checkpoint.txt": notes[newest].encode(),
        "checkpoints.txt": "----\n".join(notes[size] for size in sizes[:-1]).encode(),
        "consistency.json": _json([_consistency(read, *pair) for pair in pairwise(sizes)]),
        "policy.txt": policy,
        "keys.json": _json(_keys(session)),
        "rules.json": _json(_rules(rows)),
        **_definition(session, case),
        **_documents(work, case),
        **_enclosed(),
    }
    manifest = {
        "format": FORMAT,
        "case": case.id,
        "label": case.label,
        "origin": notes[newest].partition("\n")[0],
        "checkpoint_size": newest,
        "files": {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            for name, data in files.items()
        },
    }
    content = _zipped({"bundle.json": _json(manifest), **dict(sorted(files.items()))})
    if len(content) > LARGEST:
        raise Conflict(
            Text("卷宗超过 256 MB，不能装入一个证据包。", "The file is too large for one bundle (256 MB).")
        )
    return Bundle(content, newest, len(rows), sum(row.leaf is None for row in rows))


def case_named(session: Session, name: str) -> Case:
    """Return the case with the id or label *name*. Raises `NotFound`."""
    case = session.get(Case, name)
    if case is None:
        numbers = re.fullmatch(r".〔(\d{4})〕(\d+)号", name)
        wanted = select(Case).where(Case.year == int(numbers[1])) if numbers else None
        found = [one for one in session.scalars(wanted) if one.label == name] if wanted is not None else []
        if len(found) != 1:
            raise NotFound(
                Text("没有这个案件（或案号不唯一，请用案件标识）。", "No such case, or several: use an id.")
            )
        case = found[0]
    return case


def own_policy(settings: Settings) -> bytes:
    """Return the policy the installation gives away: a convenience in a bundle, never what proves it."""
    path = settings.notary_path / POLICY
    return path.read_bytes() if path.is_file() else NO_POLICY


# -- events --------------------------------------------------------------------------------------------------


def _rows(session: Session, case: Case, size: int) -> Iterator[_Row]:
    """Yield the events of the case, then of the chains it rests on; of other matters only that something was done."""
    meetings = set(session.scalars(select(AgendaItem.meeting_id).where(AgendaItem.case_id == case.id)))
    items = session.execute(
        select(AgendaItem.id, AgendaItem.case_id).where(AgendaItem.meeting_id.in_(sorted(meetings)))
    ).all()
    own = {case.id, *(item.id for item in items if item.case_id == case.id)}
    others = {one for item in items if item.case_id != case.id for one in (item.id, item.case_id)}
    chains = [case.id, KEYS, *sorted(f"meeting:{one}" for one in meetings)]
    for chain in chains:
        found = session.execute(
            select(
                Event.seq,
                Event.body,
                Event.hash,
                Event.signature,
                Leaf.idx,
                EventPayload.salt,
                EventPayload.payload,
            )
            .outerjoin(Leaf, Leaf.event_id == Event.id)
            .outerjoin(EventPayload, EventPayload.event_id == Event.id)
            .where(Event.chain == chain)
            .order_by(Event.seq)
        )
        for row in found:
            body = _bytes(row.body) or b""
            shown = chain in {case.id, KEYS} or (_names(body, own) and not _names(body, others))
            yield _Row(
                chain=chain,
                seq=row.seq,
                body=body,
                hash=str(row.hash),
                signature=_bytes(row.signature),
                leaf=row.idx if row.idx is not None and row.idx < size else None,
                salt=_bytes(row.salt) if shown else None,
                payload=_bytes(row.payload) if shown else None,
            )


def _names(body: bytes, ids: Iterable[str]) -> bool:
    return any(one.encode() in body for one in ids)


def _event(read: merkle.ReadTile, row: _Row, size: int) -> dict[str, Any]:
    try:
        proof = [] if row.leaf is None else merkle.inclusion_proof(read, row.leaf, size)
    except (merkle.MissingHashes, ValueError):  # somebody damaged the tree: the verifier will say where
        proof = []
    return {
        "chain": row.chain,
        "seq": row.seq,
        "body": _base64(row.body),
        "hash": row.hash,
        "signature": _base64(row.signature),
        "leaf": row.leaf,
        "proof": [_base64(one) for one in proof],
        "salt": _base64(row.salt),
        "payload": _base64(row.payload),
    }


def _bracketing(rows: Sequence[_Row], sizes: Sequence[int], also: set[int]) -> list[int]:
    """Return the sizes of the checkpoints just before and just after each leaf, and *also*, without the newest."""
    wanted = set(also)
    for leaf in (row.leaf for row in rows if row.leaf is not None):
        wanted |= {max((size for size in sizes if size <= leaf), default=0)}
        wanted |= {min(size for size in sizes if size > leaf)}
    return sorted(wanted - {0, sizes[-1]})


def _consistency(read: merkle.ReadTile, old: int, new: int) -> dict[str, Any]:
    try:
        proof = merkle.consistency_proof(read, old, new)
    except (merkle.MissingHashes, ValueError):
        proof = []
    return {"from": old, "to": new, "proof": [_base64(one) for one in proof]}


def _keys(session: Session) -> list[dict[str, Any]]:
    return [
        {
            "id": key.id,
            "public_key": _base64(bytes(key.public_key)),
            "since": stamp(key.since),
            "until": stamp(key.until) if key.until else None,
        }
        for key in session.scalars(select(SigningKey).order_by(SigningKey.since, SigningKey.id))
    ]


# -- what the case rests on ------------------------------------------------------------------------------------


def _definition(session: Session, case: Case) -> dict[str, bytes]:
    """Return the files of the procedure the case runs; a name no archive would take is replaced by a number."""
    try:
        files = definitions.files_of(session, case.definition_hash)
    except NotFound:
        return {}
    return {
        f"definition/{name if _PLAIN.fullmatch(name) else f'_{number}.bpmn'}": bytes(content)
        for number, (name, content) in enumerate(files.items(), 1)
    }


def _documents(work: Work, case: Case) -> dict[str, bytes]:
    folder = work.house.settings.documents_dir
    listed: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    size = 0
    found = work.session.execute(
        select(Document, DocumentVersion)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .where(Document.case_id == case.id)
        .order_by(Document.created_at, Document.id, DocumentVersion.number)
    )
    for document, version in found:
        listed.append(
            {
                "id": document.id, "title": document.title, "kind": document.kind, "version": version.number,
                "sha256": version.sha256, "media_type": version.media_type, "file_name": version.file_name,
            }
        )  # fmt: skip
        path = folder / version.sha256[:2] / version.sha256
        if re.fullmatch("[0-9a-f]{64}", version.sha256) and path.is_file():
            size += path.stat().st_size
            if size > LARGEST:
                break  # the whole is refused for its size
            files[f"documents/{version.sha256}"] = path.read_bytes()
    return {"documents.json": _json(listed), **files}


def _rules(rows: Iterable[_Row]) -> dict[str, Any]:
    """Return every rule that the events name, with its law, and every parameter with its dated values."""
    named: set[str] = set()
    for row in rows:
        named |= set(_rules_named(row.body))
    return {
        "version": rules.RULE_SET_VERSION,
        "rules": [
            {
                "id": rule.id, "zh": rule.title.zh, "en": rule.title.en, "law": rule.law.name, "article": rule.article,
                "strength": rule.strength.value, "since": rule.since.isoformat(),
                "until": rule.until.isoformat() if rule.until else None,
            }
            for rule in rules.declared()
            if rule.id in named
        ],
        "parameters": [_parameter(one) for _, one in sorted(shipped().by_name.items())],
    }  # fmt: skip


def _rules_named(body: bytes) -> Iterator[str]:
    try:
        about = json.loads(body)
        checked = about.get("rules", [])
    except (ValueError, AttributeError, RecursionError):
        return
    if isinstance(checked, Mapping):
        checked = checked.get("checked", [])
    for one in checked if isinstance(checked, list) else []:
        rule = one[0] if isinstance(one, list) and one else one
        if isinstance(rule, str):
            yield rule


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name, "zh": one.title.zh, "en": one.title.en, "unit": one.unit,
        "values": [
            {
                "overlay": value.overlay, "since": value.since.isoformat(), "source": value.source,
                "until": value.until.isoformat() if value.until else None,
                "value": str(value.value) if isinstance(value.value, Fraction) else value.value,
            }
            for value in one.values
        ],
    }  # fmt: skip


def _enclosed() -> dict[str, bytes]:
    """Return the texts and verifiers that travel in every bundle."""
    package = Path(decision_engine.__file__).parent
    docs = next(
        one for one in (package / "docs", package.parent / "docs") if (one / "auditor.zh.md").is_file()
    )
    return {
        "FORMAT.md": (package / "audit" / "FORMAT.md").read_bytes(),
        "README.zh.txt": (docs / "auditor.zh.md").read_bytes(),
        "README.en.txt": (docs / "auditor.en.md").read_bytes(),
        "verify.py": (package / "verifier" / "verify.py").read_bytes(),
        "verify.html": (package / "verifier" / "verify.html").read_bytes(),
    }


# -- bytes -------------------------------------------------------------------------------------------------------


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Return *files* as a ZIP of stored entries that carries no time and no owner."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return whole.getvalue()


def _json(value: Any) -> bytes:
    """Return canonical JSON; rows somebody damaged may hold what `audit.canonical` would not write."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _bytes(stored: Any) -> bytes | None:
    """Return what lies where bytes belong as bytes: the hash says what it is worth."""
    return stored if stored is None or isinstance(stored, bytes) else str(stored).encode()


def _base64(data: bytes | None) -> str | None:
    return None if data is None else b64encode(data).decode()


__all__ = ["Bundle", "case_named", "of_case", "own_policy"]
