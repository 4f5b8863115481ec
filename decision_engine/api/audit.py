"""The log as evidence: checkpoints, proofs that an act is in it, the service's keys, lawful erasure.

Nothing here asks to be believed: a proof leads to a checkpoint that a notary signed and witnesses keep, and is checked
with the event's exact bytes on somebody else's machine (`decision_engine/audit/FORMAT.md`).
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from decision_engine.api.fields import ActOut, Bytes, Id, Moment, PageQuery, Said, page_of
from decision_engine.api.room import Room
from decision_engine.commands import erasure
from decision_engine.forms.fields import Line, LongText
from decision_engine.queries import proofs
from decision_engine.work import Work

room = Room("audit", "日志证明", "Proofs of the log")


class ProofQuery(Said):
    """Of which event, by the id in its receipt."""

    event = Id("事件编号", "Event", required=True)


class ErasureSaid(Said):
    """What is to be erased, on which legal basis (no personal data in it), and why."""

    event = Id("事件编号", "Event", required=True)
    authority = Line("法律依据或文号", "Legal basis", required=True, most=200)
    reason = LongText("理由", "Reason", required=True)


class CheckpointOut(Schema):
    """A signed statement of the whole log (C2SP tlog-checkpoint): *note* are its exact lines."""

    size = fields.Integer()
    note = fields.String()
    at = Moment()


class ProofOut(Schema):
    """That an event is leaf *leaf* of *size*: hash its *body* as a leaf and follow *proof* to *root* (RFC 6962).

    All are null while the event waits, at most a second or two. *checkpoint* is null until a notary signed that size.
    *hash*, *key* and *signature* are those of the receipt.
    """

    event_id = fields.String()
    chain = fields.String()
    seq = fields.Integer()
    hash = fields.String()
    body = Bytes()
    key = fields.String(allow_none=True)
    signature = Bytes(allow_none=True)
    leaf = fields.Integer(allow_none=True)
    size = fields.Integer(allow_none=True)
    root = Bytes(allow_none=True)
    proof = fields.List(Bytes())
    checkpoint = fields.String(allow_none=True)


class KeyOut(Schema):
    """A key the service signs or signed with: 32 raw bytes of Ed25519, and from when on."""

    id = fields.String()
    public_key = Bytes()
    since = Moment()
    until = Moment(allow_none=True)


class KeysOut(Schema):
    """Every key there ever was."""

    items = fields.List(fields.Nested(KeyOut))
    total = fields.Integer()


@room.ask("/audit/checkpoints", "日志检查点", "Checkpoints", query=PageQuery, answer=page_of(CheckpointOut))
def list_checkpoints(work: Work, query: dict[str, Any]) -> Any:
    """Return the published checkpoints, newest first."""
    return proofs.checkpoints(work, page=query["page"], size=query["page_size"])


@room.ask("/audit/proofs", "事件存在证明", "Proof of an event", query=ProofQuery, answer=ProofOut)
def show_proof(work: Work, query: dict[str, Any]) -> Any:
    """Return the proof that an event is in the log: for whoever did the act, and whoever may read the log."""
    return proofs.proof_of(work, query["event"])


@room.ask("/audit/keys", "系统签名公钥", "Keys of the service", answer=KeysOut)
def list_keys(work: Work) -> dict[str, Any]:
    """Return the public keys with which receipts are checked, oldest first."""
    found = proofs.keys(work.session)
    return {"items": found, "total": len(found)}


@room.act(
    "POST", "/audit/erasures", "提出清除个人信息", "Propose an erasure", takes=ErasureSaid, answer=ActOut, status=201
)  # fmt: skip
def propose_erasure(work: Work, said: dict[str, Any]) -> dict[str, Any]:
    """Propose to erase what an event commits to; an administrator does, and a legal officer approves."""
    return {"receipt": erasure.propose_erasure(work, said["event"], said["authority"], said["reason"])}


@room.act(
    "POST", "/audit/erasures/<id:proposal_id>/approval", "批准清除个人信息", "Approve an erasure", answer=ActOut
)  # fmt: skip
def approve_erasure(work: Work, proposal_id: str) -> dict[str, Any]:
    """Approve a proposal, by the id of its event, and erase; the event itself and the chain stay."""
    return {"receipt": erasure.erase_payload(work, proposal_id)}
