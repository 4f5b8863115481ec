"""Writes bundles for the tests of the verifiers, from the text of FORMAT.md and with nothing of the house.

    made = Made().played()          a short case, logged, sequenced, checkpointed, witnessed
    made.bundle()                   its bytes
    made.policy                     whom to trust, as somebody outside holds it

A test spoils what it wants between the steps: `made.entries`, `made.files`, `made.sign`, ...
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

VERIFIER = Path(__file__).parents[2] / "decision_engine" / "verifier"
ORIGIN = "decision-engine/test"
CASE = "01a2case"
BEGAN = 1_772_000_000_000  # milliseconds

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:decision="urn:decision-engine:bpmn"
  targetNamespace="urn:test">
  <bpmn:process id="main" isExecutable="true" decision:profile="major_decision">
    <bpmn:startEvent id="start"/>
    <bpmn:userTask id="register" name="登记" decision:step="register_proposal"/>
    <bpmn:parallelGateway id="split"/>
    <bpmn:userTask id="notice" name="公告" decision:step="publish_notice"/>
    <bpmn:intermediateCatchEvent id="period" name="征求意见期" decision:step="comment_period">
      <bpmn:timerEventDefinition><bpmn:timeDuration>P30D</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:intermediateCatchEvent>
    <bpmn:userTask id="speak" name="发言" decision:step="member_speaks">
      <bpmn:multiInstanceLoopCharacteristics decision:collection="register_proposal.members"/>
    </bpmn:userTask>
    <bpmn:parallelGateway id="join"/>
    <bpmn:userTask id="decide" name="决定" decision:step="principal_decides"/>
    <bpmn:exclusiveGateway id="outcome" default="again"/>
    <bpmn:endEvent id="end"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="register"/>
    <bpmn:sequenceFlow id="f2" sourceRef="register" targetRef="split"/>
    <bpmn:sequenceFlow id="f3" sourceRef="split" targetRef="notice"/>
    <bpmn:sequenceFlow id="f4" sourceRef="notice" targetRef="period"/>
    <bpmn:sequenceFlow id="f5" sourceRef="period" targetRef="join"/>
    <bpmn:sequenceFlow id="f6" sourceRef="split" targetRef="speak"/>
    <bpmn:sequenceFlow id="f7" sourceRef="speak" targetRef="join"/>
    <bpmn:sequenceFlow id="f8" sourceRef="join" targetRef="decide"/>
    <bpmn:sequenceFlow id="f9" sourceRef="decide" targetRef="outcome"/>
    <bpmn:sequenceFlow id="approved" sourceRef="outcome" targetRef="end">
      <bpmn:conditionExpression>principal_decides.outcome == "APPROVE"</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="again" sourceRef="outcome" targetRef="decide"/>
  </bpmn:process>
</bpmn:definitions>
""".encode()


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def b64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def raw(key: Any) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def ed25519(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed(name))


def vkey(name: str, kind: int, public: bytes) -> str:
    typed = bytes([kind]) + public
    return f"{name}+{_key_id(name, kind, public).hex()}+{b64(typed)}"


def _key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def stamp(at: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# -- the tree, by its definition in RFC 6962 2.1, not by anybody's algorithm -------------------------------


def root_of(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    if not leaves:
        return hashlib.sha256(b"").digest()
    k = _split(len(leaves))
    return hashlib.sha256(b"\1" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def path_of(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*path_of(index, leaves[:k]), root_of(leaves[k:])]
    return [*path_of(index - k, leaves[k:]), root_of(leaves[:k])]


def consistency_of(size: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    if size == len(leaves):
        return [] if whole else [root_of(leaves)]
    k = _split(len(leaves))
    if size <= k:
        return [*consistency_of(size, leaves[:k], whole), root_of(leaves[k:])]
    return [*consistency_of(size - k, leaves[k:], False), root_of(leaves[:k])]


def _split(n: int) -> int:
    return 1 << (n - 1).bit_length() - 1


# -- the ZIP ---------------------------------------------------------------------------------------------------


def zipped(files: dict[str, bytes]) -> bytes:
    """Return *files* as the one ZIP that FORMAT.md allows, in the order given."""
    out, directory = b"", b""
    for name, body in files.items():
        crc, at = zlib.crc32(body), len(out)
        sizes = (crc, len(body), len(body), len(name))
        out += struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 0, 0, 0x21, *sizes, 0) + name.encode() + body
        directory += struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\1\2", 0x0314, 20, 0, 0, 0, 0x21, *sizes, 0, 0, 0, 0, 0o600 << 16, at
        )
        directory += name.encode()
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, len(files), len(files), len(directory), len(out), 0)
    return out + directory + end


@dataclass
class Made:
    """A log of its own making. *entries*: (chain, body, hash, signature, salt, payload, leaf or None)."""

    service: str = "service"
    notary: str = "notary"
    witness: str = "witness"
    entries: list[dict[str, Any]] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    notes: list[bytes] = field(default_factory=list)  # signed, by size
    sizes: list[int] = field(default_factory=list)
    papers: dict[str, bytes] = field(default_factory=dict)
    registered: list[dict[str, Any]] = field(default_factory=list)
    diagram: bytes = DIAGRAM
    at: int = BEGAN
    keys: list[dict[str, Any]] = field(default_factory=list)

    # -- logging -------------------------------------------------------------------------------------------

    def log(
        self, kind: str, chain: str = CASE, *, said: Any = None, key: str | None = "", **about: Any
    ) -> dict[str, Any]:
        """Add one event; *key*: whose signature it carries (none: unsigned)."""
        signer = self.service if key == "" else key
        before = [one for one in self.entries if one["chain"] == chain]
        self.at += 60_000
        salt = seed(f"salt {len(self.entries)}")[:16]
        payload = canonical({"actor": {"name": "某人", "post": "科员"}, "said": said})
        body = {
            **about,
            "v": "ev1",
            "id": f"event{len(self.entries)}",
            "chain": chain,
            "seq": len(before) + 1,
            "prev": before[-1]["hash"] if before else "",
            "at": stamp(self.at),
            "kind": kind,
            "actor": {"id": "p1"},
            "commit": hashlib.sha256(b"cm1" + salt + payload).hexdigest(),
        }
        if signer is not None:
            body["key"] = self.key_id(signer)
        entry = {"chain": chain, "seq": body["seq"], "salt": salt, "payload": payload, "leaf": None}
        self.entries.append(entry)
        self.rewrite(entry, body, signer)
        return entry

    def rewrite(self, entry: dict[str, Any], body: dict[str, Any], signer: str | None) -> None:
        """Put *body* into *entry*, hashed and signed."""
        data = canonical(body)
        entry["body"], entry["hash"] = data, hashlib.sha256(b"ev1\n" + data).hexdigest()
        entry["signature"] = (
            None
            if signer is None
            else ed25519(signer).sign(b"decision-engine/event/v1\n" + bytes.fromhex(entry["hash"]))
        )

    @staticmethod
    def key_id(name: str) -> str:
        return hashlib.sha256(raw(ed25519(name))).hexdigest()[:16]

    def introduce(self, name: str, by: str | None = None) -> None:
        """Introduce a signing key on the chain `keys`."""
        public = b64(raw(ed25519(name)))
        self.log(
            "key.introduced",
            "keys",
            key=by or name,
            introduces={"id": self.key_id(name), "public_key": public},
        )
        for one in self.keys:
            one["until"] = one["until"] or stamp(self.at)
        self.keys.append(
            {"id": self.key_id(name), "public_key": public, "since": stamp(self.at), "until": None}
        )
        self.service = name

    def file(self, title: str, text: bytes, kind: str = "D06") -> str:
        """File a paper and return its hash."""
        sha, number = hashlib.sha256(text).hexdigest(), len(self.papers)
        document = {"id": f"doc{number}", "kind": kind, "version": 1, "sha256": sha, "size": len(text)}
        self.log("document.added", said={"title": title, "file_name": "a.txt"}, document=document)
        self.papers[sha] = text
        self.registered.append(
            {
                "id": f"doc{number}", "title": title, "kind": kind, "version": 1, "sha256": sha,
                "media_type": "text/plain", "file_name": "a.txt",
            }
        )  # fmt: skip
        return sha

    def step(
        self, element: str, step: str, task: str, said: Any, passed: list[str], next_: Any, **more: Any
    ) -> None:
        """Complete a task."""
        self.log(
            "task.completed",
            said=said,
            task={"id": task, "element": element, "step": step, "item": None, "calls": []},
            definition=self.definition,
            rules={"version": "2026.11", "checked": [["R-713-3-1", "MET"]]},
            passed=passed,
            next=next_,
            **{"ended": False, "draft": None, **more},
        )

    @property
    def definition(self) -> str:
        return hashlib.sha256(len(self.diagram).to_bytes(8, "big") + self.diagram).hexdigest()

    # -- the short story -------------------------------------------------------------------------------------

    def played(self) -> Made:
        """Play the short story to its end: ten events, three checkpoints."""
        self.introduce(self.service)
        self.log(
            "case.opened", said={"title": "青禾镇停车场收费方案", "matter": {"budget": 6}}, label="决〔2026〕1号",
            definition=self.definition, rules={"version": "2026.11", "checked": []}, passed=["start"],
            next=[["t1", "register"]],
        )  # fmt: skip
        draft = self.file("停车收费方案（草案）", "每小时五元。".encode())
        self.step(
            "register", "register_proposal", "t1", {"members": ["a", "b"]}, ["register", "split"],
            [["t2", "notice"], ["t3", "speak"], ["t4", "speak"]], draft=draft,
        )  # fmt: skip
        self.checkpoint()
        self.step("speak", "member_speaks", "t3", {"text": "同意"}, [], [["t2", "notice"], ["t4", "speak"]])
        self.step("notice", "publish_notice", "t2", {}, ["notice"], [["t4", "speak"]])
        self.step("speak", "member_speaks", "t4", {"text": "赞成"}, ["speak"], [])
        self.checkpoint()
        self.at += 30 * 86_400_000
        self.log(
            "timer.fired", said=None,
            timer={"id": "w1", "element": "period", "step": "comment_period", "period": "P30D"},
            definition=self.definition, rules={"version": "2026.11", "checked": []}, passed=["period", "join"],
            next=[["t5", "decide"]], ended=False,
        )  # fmt: skip
        self.step(
            "decide",
            "principal_decides",
            "t5",
            {"outcome": "REJECT"},
            ["decide", "outcome"],
            [["t6", "decide"]],
        )
        self.step(
            "decide",
            "principal_decides",
            "t6",
            {"outcome": "APPROVE"},
            ["decide", "outcome", "end"],
            [],
            ended=True,
        )
        self.checkpoint()
        return self

    # -- the tree and its checkpoints ------------------------------------------------------------------------

    def sequence(self) -> None:
        """Give every waiting event a leaf."""
        for entry in self.entries:
            if entry["leaf"] is None:
                entry["leaf"] = len(self.leaves)
                self.leaves.append(hashlib.sha256(b"\0" + entry["body"]).digest())

    def checkpoint(self) -> None:
        """Sequence, then let notary and witness sign."""
        self.sequence()
        self.notes.append(self.sign(len(self.leaves), root_of(self.leaves)))
        self.sizes.append(len(self.leaves))

    def sign(self, size: int, root: bytes, *, at: int | None = None, post_quantum: bool = True) -> bytes:
        """Return a signed note by notary and witness."""
        text = f"{ORIGIN}\n{size}\n{b64(root)}\n".encode()
        time = (self.at if at is None else at) // 1000
        lines = [self._line(ORIGIN, 1, raw(ed25519(self.notary)), ed25519(self.notary).sign(text))]
        if post_quantum:
            key = MLDSA44PrivateKey.from_seed_bytes(seed(self.notary))
            message = (
                b"subtree/v1\n\0" + bytes([len(ORIGIN)]) + ORIGIN.encode() + struct.pack(">Q", time)
                + bytes([len(ORIGIN)]) + ORIGIN.encode() + struct.pack(">QQ", 0, size) + root
            )  # fmt: skip
            lines.append(self._line(ORIGIN, 6, raw(key), struct.pack(">Q", time) + key.sign(message)))
        cosigned = ed25519(self.witness).sign(b"cosignature/v1\ntime %d\n" % time + text)
        lines.append(
            self._line("archive.example/w", 4, raw(ed25519(self.witness)), struct.pack(">Q", time) + cosigned)
        )
        return text + b"\n" + "".join(lines).encode()

    @staticmethod
    def _line(name: str, kind: int, public: bytes, blob: bytes) -> str:
        return f"— {name} {b64(_key_id(name, kind, public) + blob)}\n"

    @property
    def policy(self) -> bytes:
        quantum = raw(MLDSA44PrivateKey.from_seed_bytes(seed(self.notary)))
        return (
            f"log {vkey(ORIGIN, 1, raw(ed25519(self.notary)))}\nlog {vkey(ORIGIN, 6, quantum)}\n"
            f"witness archive {vkey('archive.example/w', 4, raw(ed25519(self.witness)))}\nquorum archive\n"
        ).encode()

    # -- the bundle --------------------------------------------------------------------------------------------

    def files(self) -> dict[str, bytes]:
        """Return every file of the bundle but `bundle.json`."""
        return {
            "events.json": canonical([self._row(one) for one in self._ordered()]),
            "checkpoint.txt": self.notes[-1],
            "checkpoints.txt": b"----\n".join(self.notes[:-1]),
            "consistency.json": canonical(
                [
                    {"from": a, "to": b, "proof": [b64(one) for one in consistency_of(a, self.leaves[:b])]}
                    for a, b in zip(self.sizes, self.sizes[1:], strict=False)
                ]
            ),
            "policy.txt": self.policy,
            "keys.json": canonical(self.keys),
            "rules.json": canonical(
                {
                    "version": "2026.11",
                    "rules": [
                        {
                            "id": "R-713-3-1",
                            "zh": "依法",
                            "en": "lawful",
                            "law": "国务院令第713号",
                            "article": "3",
                        }
                    ],
                    "parameters": [],
                }
            ),
            "documents.json": canonical(self.registered),
            "definition/main.bpmn": self.diagram,
            **{f"documents/{sha}": text for sha, text in self.papers.items()},
            "FORMAT.md": b"format\n",
            "README.zh.txt": "说明\n".encode(),
            "README.en.txt": b"read me\n",
            "verify.py": (VERIFIER / "verify.py").read_bytes()[:2000],
            "verify.html": b"<!doctype html>\n",
        }

    def _ordered(self) -> list[dict[str, Any]]:
        return sorted(self.entries, key=lambda one: (one["chain"] != CASE, one["chain"], one["seq"]))

    def _row(self, entry: dict[str, Any]) -> dict[str, Any]:
        leaf = entry["leaf"]
        proof = [] if leaf is None else path_of(leaf, self.leaves[: self.sizes[-1]])
        return {
            "chain": entry["chain"], "seq": entry["seq"], "body": b64(entry["body"]), "hash": entry["hash"],
            "signature": b64(entry["signature"]), "leaf": leaf, "proof": [b64(one) for one in proof],
            "salt": b64(entry["salt"]), "payload": b64(entry["payload"]),
        }  # fmt: skip

    def bundle(self, files: dict[str, bytes] | None = None, **manifest: Any) -> bytes:
        """Return the bundle; *files* and *manifest* replace what would be in it."""
        return packed(files or self.files(), **{"checkpoint_size": self.sizes[-1], **manifest})


def packed(files: dict[str, bytes], **manifest: Any) -> bytes:
    """Return *files* with a manifest that lists them."""
    listed = {
        "format": "decision-engine-bundle/1", "case": CASE, "label": "决〔2026〕1号", "origin": ORIGIN,
        "checkpoint_size": 0, **manifest,
        "files": {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in files.items()
        },
    }  # fmt: skip
    return zipped({"bundle.json": canonical(listed), **dict(sorted(files.items()))})
