"""A trust policy (C2SP tlog-policy): which logs and witnesses a reader believes, and how many must agree.

Guarantees
* Parsed strictly, as bytes: names are defined once and before they are used, a key stands once among the logs and once
  among the witnesses, a name belongs to at most one group, there is exactly one quorum line. All else is `Malformed`.
* A checkpoint is accepted only if a log key named like its origin signed it and the quorum of witnesses is met; a line
  by a known key that does not verify refuses it, however many others do.
* Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from decision_engine.audit.note import (
    Checkpoint,
    Forged,
    Kind,
    Malformed,
    Note,
    VerifierKey,
    parse_checkpoint,
    verifier_key,
    verify,
)

LARGEST_POLICY = 1 << 20
NONE = "none"
_LOG_KINDS = frozenset({Kind.ED25519, Kind.ML_DSA_44})
_ALLOWED = frozenset({0x09, 0x0A, *range(0x20, 0x7F), *range(0x80, 0x100)})
_WITNESS_KINDS = frozenset({Kind.COSIGNATURE, Kind.ML_DSA_44})


@dataclass(frozen=True, slots=True)
class Log:
    """A log that is believed about itself. *url* is where it answers, if that was said."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who watches logs, under the policy's own *name* for them."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """At least *threshold* of *members* (witnesses or groups) have to agree."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom to believe. *quorum* names a witness or a group, or is `none`."""

    logs: tuple[Log, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NONE

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """Every key the policy knows."""
        return (*(one.key for one in self.logs), *(one.key for one in self.witnesses))

    @property
    def text(self) -> str:
        """The policy as a file."""
        lines = [f"log {one.key.encoded}{_url(one.url)}" for one in self.logs]
        lines += [f"witness {one.name} {one.key.encoded}{_url(one.url)}" for one in self.witnesses]
        lines += [f"group {one.name} {one.threshold} {' '.join(one.members)}" for one in self.groups]
        return "".join(f"{line}\n" for line in (*lines, f"quorum {self.quorum}"))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a policy says of a note: *accepted* or *reason* why not, who signed, and when the witnesses say it was.

    *log_keys* are the log's keys that signed; *times* maps the policy's names of the witnesses that cosigned to the
    earliest time each claims (seconds since 1970).
    """

    accepted: bool
    reason: str
    checkpoint: Checkpoint | None
    log_keys: tuple[VerifierKey, ...] = ()
    times: tuple[tuple[str, int], ...] = ()

    def __bool__(self) -> bool:
        return self.accepted


def parse(data: bytes) -> Policy:
    """Return the policy in the file *data*. Raises Malformed, naming the line."""
    if len(data) > LARGEST_POLICY:
        raise Malformed("a policy this long is none")
    if not _ALLOWED.issuperset(data):
        raise Malformed("a control character in the policy")
    reader = _Reader()
    for place, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        words = line.replace("\t", " ").split(" ")
        words = [one for one in words if one]
        if not words or words[0].startswith("#"):
            continue
        try:
            reader.take(words[0], words[1:])
        except Malformed as error:
            raise Malformed(f"line {place} of the policy: {error}") from error
    return reader.policy()


def judge(policy: Policy, note: Note) -> Judgement:
    """Return what *policy* says of the checkpoint in *note*. Never raises: what cannot be read is not accepted."""
    try:
        checkpoint = parse_checkpoint(note.text)
        verified = verify(note, policy.keys)
    except (Malformed, Forged) as error:
        return Judgement(False, str(error), None)
    signers = {one.key for one in verified}
    log_keys = tuple(
        one.key for one in policy.logs if one.key in signers and one.key.name == checkpoint.origin
    )
    times: dict[str, int] = {}
    for witness in policy.witnesses:
        claimed = [one.time for one in verified if one.key == witness.key and one.time is not None]
        if claimed:
            times[witness.name] = min(claimed)
    reason = _shortfall(policy, log_keys, times)
    return Judgement(not reason, reason, checkpoint, log_keys, tuple(times.items()))


# -- inside ---------------------------------------------------------------------------------------------


def _shortfall(policy: Policy, log_keys: tuple[VerifierKey, ...], witnessed: Mapping[str, int]) -> str:
    if not log_keys:
        return "no log of the policy signed it"
    if policy.quorum == NONE:
        return ""
    agreed = set(witnessed)
    for group in policy.groups:  # members stand above their group: one pass settles them all
        if sum(member in agreed for member in group.members) >= group.threshold:
            agreed.add(group.name)
    return "" if policy.quorum in agreed else f"the quorum {policy.quorum} is not met"


class _Reader:
    """Takes a policy line by line."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self.named: set[str] = {NONE}
        self.grouped: set[str] = set()

    def take(self, word: str, rest: list[str]) -> None:
        takers: dict[str, Callable[[list[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }
        if word not in takers:
            raise Malformed(f"nothing is called {word!r}")
        takers[word](rest)

    def policy(self) -> Policy:
        if self.quorum is None:
            raise Malformed("the policy has no quorum line")
        return Policy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), self.quorum)

    def _log(self, words: list[str]) -> None:
        _demand(len(words) in (1, 2), "log <vkey> [<url>]")
        key = self._key(words[0], _LOG_KINDS, [one.key for one in self.logs])
        self.logs.append(Log(key, words[1] if words[1:] else None))

    def _witness(self, words: list[str]) -> None:
        _demand(len(words) in (2, 3), "witness <name> <vkey> [<url>]")
        key = self._key(words[1], _WITNESS_KINDS, [one.key for one in self.witnesses])
        self.witnesses.append(Witness(self._new(words[0]), key, words[2] if words[2:] else None))

    def _group(self, words: list[str]) -> None:
        _demand(bool(words[2:]), "group <name> all|any|<k> <name>...")
        name, how, *members = words
        for one in members:
            _demand(one in self.named and one != NONE, f"{one!r} is not defined above")
            _demand(one not in self.grouped, f"{one!r} is in a group already")
            self.grouped.add(one)
        plain = how.isascii() and how.isdigit() and len(how) <= len(str(len(members)))
        threshold = {"all": len(members), "any": 1}.get(how, int(how) if plain else 0)
        _demand(1 <= threshold <= len(members), f"{how!r} of {len(members)} is no threshold")
        self.groups.append(Group(self._new(name), threshold, tuple(members)))

    def _quorum(self, words: list[str]) -> None:
        _demand(len(words) == 1, "quorum <name>")
        _demand(self.quorum is None, "a second quorum")
        _demand(words[0] in self.named, f"{words[0]!r} is not defined above")
        self.quorum = words[0]

    def _new(self, name: str) -> str:
        _demand(name not in self.named, f"{name!r} is defined already")
        self.named.add(name)
        return name

    @staticmethod
    def _key(text: str, kinds: frozenset[Kind], others: list[VerifierKey]) -> VerifierKey:
        key = verifier_key(text)
        _demand(key.kind in kinds, f"a key of type {key.kind:#04x} is not for this")
        _demand(key.public not in {one.public for one in others}, "the same key a second time")
        return key


def _demand(held: bool, why: str) -> None:
    if not held:
        raise Malformed(why)


def _url(url: str | None) -> str:
    return f" {url}" if url else ""
