"""The notary: signs a checkpoint only if it extends the one it signed last, which it remembers outside the database.

A process of its own, best under another user on another machine; it reads the log and holds the log's key. That memory
is what finds a log that was rolled back or forked: a signature alone does not.

Guarantees
* What it signed is on its own disk before anybody else sees it; after a crash the same note is published, not another.
* Without its memory it does not sign a log that already has leaves, unless told to trust what it finds.
* A log that shrank, forked or cannot prove that it grew is never signed: it is told by a `Refused` that names the last
  head both agree on, until operators approve a restore that the log itself records (FORMAT.md, section 8).
* Witnesses are asked after signing and before publishing, all at once, for a few seconds at most. Whether they answer
  changes nothing but `Status.unwitnessed_since`.
* Two notaries never work from one memory (`audit.memory`).
"""

from __future__ import annotations

import json
import logging
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from decision_engine.audit import merkle, note, policy
from decision_engine.audit.asking import Growth, ask
from decision_engine.audit.keyring import KEY, POLICY, STATE, make_keys
from decision_engine.audit.memory import Memory
from decision_engine.audit.note import Checkpoint, Forged, Malformed, Note, SignerKey
from decision_engine.audit.policy import Policy
from decision_engine.clock import Clock
from decision_engine.crash import crash_point
from decision_engine.language import Text

log = logging.getLogger(__name__)

STATUS = "status.json"
HISTORY = "history.txt"
RESTORED = "log.restored"
PATIENCE = 2.0
"""Seconds a witness may take over each part of its answer."""
PAUSE = 10
"""Seconds a witness that gave nothing is left alone."""


class MemoryLost(RuntimeError):
    """The log has leaves, and what the notary signed of them is gone."""


class MemoryDamaged(RuntimeError):
    """What the notary's memory holds is no longer what it wrote."""


class NotRestored(RuntimeError):
    """The event named does not stand for the restore that is to be approved."""


@dataclass(frozen=True, slots=True)
class Head:
    """A tree of *size* leaves under the 32-byte *root*."""

    size: int
    root: bytes

    def as_json(self) -> dict[str, Any]:
        """Return the head as JSON writes it."""
        return {"size": self.size, "root": b64encode(self.root).decode()}


class Log(Protocol):
    """The log as the notary sees it. What it says is not believed, it is checked."""

    def head(self) -> tuple[int, bytes]:
        """Return the size and the root of the tree."""
        ...

    def consistency(self, old: int, new: int) -> Sequence[bytes]:
        """Return the proof that the tree of *new* leaves begins with that of *old* (1 <= old <= new).

        Raises ValueError or `merkle.MissingHashes` when there is none.
        """
        ...

    def event(self, event_id: str, size: int) -> tuple[bytes, int, Sequence[bytes]] | None:
        """Return the exact body of an event, its leaf number and the proof from there to the head of *size*.

        None if it is not in that tree.
        """
        ...

    def publish(self, size: int, text: str) -> None:
        """Keep the signed note *text* about *size* leaves. May be called again with the same."""
        ...

    def refused(self, reason: str, detail: Mapping[str, Any]) -> None:
        """Raise the alarm; called at every round while the refusal lasts. *detail* is JSON."""
        ...


class Reason(StrEnum):
    """Why a log is not signed."""

    ROLLED_BACK = "log.rolled_back"
    FORKED = "log.forked"
    UNPROVED = "log.unproved"


_WORDS = {
    Reason.ROLLED_BACK: Text("日志比公证人已签署的短", "the log is shorter than what the notary signed"),
    Reason.FORKED: Text("日志与公证人已签署的不一致", "the log contradicts what the notary signed"),
    Reason.UNPROVED: Text("日志不能证明自己只增不减", "the log cannot prove that it only grew"),
}


@dataclass(frozen=True, slots=True)
class Refused:
    """The notary does not sign *found*, for *reason*: it *signed* something else.

    *agreed* is the last head it signed that the log still begins with, None when there is none: whatever was changed or
    lost lies between it and the first head signed after it (*broken*).
    """

    reason: Reason
    signed: Head
    found: Head
    agreed: Head | None
    broken: Head

    @property
    def text(self) -> Text:
        """Say it to an administrator."""
        upto = self.agreed.size if self.agreed is not None else 0
        words = _WORDS[self.reason]
        return Text(
            f"{words.zh}：已签 {self.signed.size} 条，现有 {self.found.size} 条；前 {upto} 条一致，"
            f"第 {upto + 1} 至 {self.broken.size} 条之间有改动或缺失。公证人停止签署。",
            f"{words.en}: signed {self.signed.size}, found {self.found.size}; the first {upto} agree, something was "
            f"changed or lost among {upto + 1} to {self.broken.size}. The notary no longer signs.",
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as an incident keeps it."""
        return {
            "message": self.text.zh,
            "reason": self.reason.value,
            "signed": self.signed.as_json(),
            "found": self.found.as_json(),
            "agreed": self.agreed.as_json() if self.agreed is not None else None,
            "broken": self.broken.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Signed:
    """A head of *size* leaves was signed, and *witnessed* by the quorum of the policy; *silent*: who did not cosign."""

    size: int
    text: str
    witnessed: bool
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """How it stands, for metrics: times are seconds since 1970, None for never or not at all.

    *unwitnessed_since* is when the oldest head was signed since the quorum of witnesses was met last; None while it is
    met, and when the policy asks for none.
    """

    size: int = 0
    signed_at: int | None = None
    unwitnessed_since: int | None = None
    refusing: str | None = None


@dataclass(frozen=True, slots=True)
class _State:
    """What is remembered: the last *head* signed and its *note*, whether it is published, what witnesses hold."""

    head: Head
    note: str = ""
    published: bool = True
    signed_at: int | None = None
    unwitnessed_since: int | None = None
    witnesses: dict[str, int] = field(default_factory=dict)
    restores: tuple[dict[str, Any], ...] = ()


class Notary:
    """Watches *log* under *origin* with *signers*, remembering in *memory*; asks the witnesses of *trust*.

    *trust_first*: sign a log that has leaves although nothing is remembered. Raises MemoryLost, MemoryDamaged.
    """

    def __init__(
        self,
        memory: Memory,
        origin: str,
        signers: Sequence[SignerKey],
        log: Log,
        trust: Policy,
        clock: Clock,
        *,
        trust_first: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        self._memory, self._origin, self._log, self._clock = memory, origin, log, clock
        self._signers, self._patience = tuple(signers), patience
        self._keys = tuple(one.public for one in self._signers)
        self._trust = replace(trust, logs=tuple(map(policy.Log, self._keys)))
        self._refusing: Refused | None = None
        self._told: Status | None = None
        self._pauses: dict[str, int] = {}
        self._state = self._remembered(trust_first=trust_first)

    @property
    def status(self) -> Status:
        """How it stands."""
        state = self._state
        reason = self._refusing.reason.value if self._refusing is not None else None
        return Status(state.head.size, state.signed_at, state.unwitnessed_since, reason)

    def round(self) -> Signed | Refused | None:
        """Look at the log once: sign and publish what grew, refuse what does not fit; None when nothing is to do."""
        found = Head(*self._log.head())
        refusal = self._against(found)
        self._refusing = refusal
        if refusal is not None:
            log.error("not signed: %s", refusal.text.en)
            self._log.refused(refusal.reason.value, refusal.as_json())
            self._tell()
            return refusal
        if found.size > self._state.head.size:
            self._sign(found)
        elif self._state.published and self._state.unwitnessed_since is None:
            self._tell()
            return None
        return self._publish()

    def approve_restore(self, event_id: str) -> Head:
        """Go on from the log as it is, because operators restored it and event *event_id* in it says so.

        The event has kind `log.restored` and names in `gave_up` the very head this notary signed last. Returns the head
        it continues from. Raises NotRestored.
        """
        found, given_up = Head(*self._log.head()), self._state.head
        refusal = self._against(found)
        if refusal is None:
            raise NotRestored("the log extends what was signed: there is nothing to approve")
        placed = self._log.event(event_id, found.size)
        if placed is None:
            raise NotRestored("the log holds no such event yet")
        data, leaf, proof = placed
        if not merkle.verify_inclusion(merkle.leaf_hash(data), leaf, found.size, list(proof), found.root):
            raise NotRestored("the event is not under the head of the log")
        body = json.loads(data)
        if (body.get("kind"), body.get("gave_up")) != (RESTORED, given_up.as_json()):
            raise NotRestored(f"the event does not give up {given_up.as_json()}")
        entry = {**refusal.as_json(), "event": event_id, "at": self._now()}
        # what was signed beyond that is no longer the past of this log
        self._memory.append(HISTORY, _line(refusal.agreed or Head(0, merkle.EMPTY_ROOT), self._now()))
        self._refusing = None
        self._sign(found, (*self._state.restores, entry))
        self._publish()
        return found

    # -- signing ----------------------------------------------------------------------------------------

    def _against(self, found: Head) -> Refused | None:
        """Return why *found* cannot be signed, None when it can."""
        signed = self._state.head
        if found == signed or signed.size == 0:
            return None
        if found.size < signed.size:
            return self._refusal(Reason.ROLLED_BACK, found)
        if found.size == signed.size:
            return self._refusal(Reason.FORKED, found)
        try:
            proof = list(self._log.consistency(signed.size, found.size))
        except (ValueError, merkle.MissingHashes):
            return self._refusal(Reason.UNPROVED, found)
        if merkle.verify_consistency(signed.size, found.size, proof, signed.root, found.root):
            return None
        return self._refusal(Reason.FORKED, found)

    def _refusal(self, reason: Reason, found: Head) -> Refused:
        """Return the refusal, with the place found by halving what was signed (once as long as it lasts)."""
        signed, before = self._state.head, self._refusing
        if before is not None and (before.reason, before.found, before.signed) == (reason, found, signed):
            return before
        heads = [one for one in self._history() if one.size < signed.size]
        good, bad = 0, len(heads)  # heads[:good] agree with the log, heads[bad:] do not
        while good < bad:
            middle = (good + bad) // 2
            if self._begins_with(heads[middle], found):
                good = middle + 1
            else:
                bad = middle
        broken = heads[good] if good < len(heads) else signed
        return Refused(reason, signed, found, heads[good - 1] if good else None, broken)

    def _begins_with(self, old: Head, found: Head) -> bool:
        if old.size > found.size:
            return False
        try:
            proof = list(self._log.consistency(old.size, found.size))
        except (ValueError, merkle.MissingHashes):
            return False
        return merkle.verify_consistency(old.size, found.size, proof, old.root, found.root)

    def _sign(self, found: Head, restores: tuple[dict[str, Any], ...] | None = None) -> None:
        text, now = Checkpoint(self._origin, found.size, found.root).text, self._now()
        crash_point("notary.before_sign")
        made = Note(text, tuple(one.sign(text, now) for one in self._signers))
        crash_point("notary.signed")
        since = self._state.unwitnessed_since
        waits = now if self._trust.quorum != policy.NONE else None
        self._memory.append(HISTORY, _line(found, now))
        crash_point("notary.history_written")
        self._keep(
            replace(
                self._state,
                head=found,
                note=made.render(),
                published=False,
                signed_at=now,
                restores=self._state.restores if restores is None else restores,
                unwitnessed_since=since if since is not None else waits,
            )
        )
        crash_point("notary.persisted")

    def _publish(self) -> Signed:
        before = self._state
        silent = self._ask_witnesses()
        witnessed = self._state.unwitnessed_since is None and self._trust.quorum != policy.NONE
        if not before.published or self._state.note != before.note:
            self._log.publish(self._state.head.size, self._state.note)
            crash_point("notary.published")
            self._keep(replace(self._state, published=True))
        self._tell()
        return Signed(self._state.head.size, self._state.note, witnessed, silent)

    # -- witnesses --------------------------------------------------------------------------------------

    def _ask_witnesses(self) -> tuple[str, ...]:
        """Ask whoever has not cosigned the last note, keep what came, and return the names of the silent."""
        state = self._state
        held = note.parse(state.note)
        signed = {one.key for one in note.verify(held, self._trust.keys)}
        wanted = [one for one in self._trust.witnesses if one.url and one.key not in signed]
        asked = [one for one in wanted if self._pauses.get(one.name, 0) <= self._now()]
        if not asked:
            return tuple(one.name for one in wanted)
        growth = Growth(held, state.head.size, self._log.consistency)
        with ThreadPoolExecutor(len(asked)) as threads:
            answers = list(
                threads.map(
                    lambda one: ask(one, growth, state.witnesses.get(one.name, 0), self._patience), asked
                )
            )
        sizes = {one.witness: one.size for one in answers}
        self._pauses = {one.witness: self._now() + PAUSE for one in answers if not one.lines}
        whole = held.with_signatures(line for one in answers for line in one.lines)
        met = policy.judge(self._trust, whole).accepted
        self._keep(
            replace(
                state,
                note=whole.render(),
                witnesses=state.witnesses | sizes,
                unwitnessed_since=None if met else state.unwitnessed_since,
            )
        )
        given = {one.witness for one in answers if one.lines}
        return tuple(one.name for one in wanted if one.name not in given)

    # -- memory -----------------------------------------------------------------------------------------

    def _remembered(self, *, trust_first: bool) -> _State:
        data = self._memory.read(STATE)
        if data is None:
            size, _ = self._log.head()
            if size and not trust_first:
                raise MemoryLost(f"the log has {size} leaves, and {self._memory.path} remembers none")
            state = _State(Head(0, merkle.EMPTY_ROOT))
            self._memory.write(STATE, _dumped(self._origin, state))
            return state
        try:
            state = _loaded(data, self._origin)
            if state.head.size:
                held = note.parse(state.note)
                checkpoint = note.parse_checkpoint(held.text)
                signers = {one.key for one in note.verify(held, self._keys)}
                if (checkpoint.size, checkpoint.root) != (state.head.size, state.head.root) or not signers:
                    raise Malformed("the note is not about the head")
        except (ValueError, KeyError, TypeError, Forged) as error:
            raise MemoryDamaged(f"{self._memory.path / STATE} is not what the notary wrote") from error
        return state

    def _keep(self, state: _State) -> None:
        self._memory.write(STATE, _dumped(self._origin, state))
        self._state = state

    def _history(self) -> list[Head]:
        """Return every head signed since the last restore, oldest first; a line cut short by a crash is none."""
        heads: list[Head] = []
        for line in (self._memory.read(HISTORY) or b"").decode("ascii", "replace").split("\n"):
            with suppress(ValueError):
                size, root, _ = line.split(" ")
                head = Head(note.number(size), note.decoded(root))
                while heads and heads[-1].size >= head.size:
                    heads.pop()
                heads.append(head)
        return heads

    def _tell(self) -> None:
        """Write the status where metrics may read it."""
        status = self.status
        if status != self._told:
            self._memory.write(STATUS, json.dumps(asdict(status)).encode())
            self._told = status

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _line(head: Head, at: int) -> bytes:
    return f"{head.size} {b64encode(head.root).decode()} {at}\n".encode()


def _dumped(origin: str, state: _State) -> bytes:
    return json.dumps({**asdict(state), "origin": origin, "head": state.head.as_json()}, indent=1).encode()


def _loaded(data: bytes, origin: str) -> _State:
    values: dict[str, Any] = json.loads(data)
    if values.pop("origin") != origin:
        raise Malformed("the memory is about another log")
    head = values.pop("head")
    state = _State(Head(head["size"], b64decode(head["root"], validate=True)), **values)
    return replace(state, restores=tuple(state.restores))


# -- a directory of its own -------------------------------------------------------------------------------


@contextmanager
def opened(
    directory: Path, origin: str, log: Log, clock: Clock, *, make: bool = False, trust_first: bool = False
) -> Iterator[Notary]:
    """Give the notary whose memory, keys and policy lie in *directory*; *make* them where there are none.

    Raises InUse, FileNotFoundError (no keys), Malformed (keys or policy), MemoryLost, MemoryDamaged.
    """
    with Memory(directory) as memory:
        if make and memory.read(KEY) is None and memory.read(STATE) is None:
            make_keys(memory, origin)
            trust_first = True  # with a key that never signed there is nothing to remember
        signers = note.signer_keys(memory.demand(KEY))
        trust = policy.parse(memory.demand(POLICY))
        if {one.name for one in signers} != {origin}:
            raise Malformed(f"the keys in {directory} are not those of {origin}")
        yield Notary(memory, origin, signers, log, trust, clock, trust_first=trust_first)


def last_note(directory: Path) -> str | None:
    """Return the note signed last, None for none; also while the notary works. Raises FileNotFoundError, ValueError."""
    return json.loads((directory / STATE).read_bytes()).get("note") or None


def watch(notary: Notary, stop: threading.Event, seconds: float = 1.0) -> None:
    """Let *notary* look at its log once at least, and again every *seconds* until *stop* is set."""
    while True:
        try:
            notary.round()
        except Exception:
            # one round that failed (a database that is away, a full disk) must not end the watch
            log.exception("a round of the notary failed")
        if stop.wait(seconds):
            return
