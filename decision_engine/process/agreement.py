"""What runs is what was proved: after every move the engine is held against the token game.

    agreement = Agreement(diagram)
    kept = agreement.follow(b"", BEGIN, lookup, seen)      seen: what the engine shows of itself
    kept = agreement.follow(kept, done, lookup, seen)      or EngineDisagrees

What is guaranteed:

* *kept* (the watched markings, as bytes) follows from the moves and the answers alone, never from the
  engine's state. So a wrong state, a wrong engine and a wrong load are noticed alike.
* The engine must show exactly what the game allows: who may act and how many times, at which call path;
  which timers, messages and signals are waited for; whether all is over.
* The game is a pure function of where it stands, what is done and the answers it asks for. What it found
  is therefore remembered (`MAX_KNOWN` results of a diagram), and cases that go the same way cost a look-up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from decision_engine.errors import EngineDisagrees
from decision_engine.language import Text
from decision_engine.process import watch
from decision_engine.process.diagram import Diagram
from decision_engine.process.expressions import Lookup
from decision_engine.process.semantics import Marking
from decision_engine.process.watch import Watched

MAX_KNOWN = 5_000  # results remembered of one diagram; then all are forgotten


class Done(NamedTuple):
    """What was done: *what* is `begin`, `complete` or `elapse` (an element at its call path), or `signal` (a name)."""

    what: str
    name: str
    call_path: tuple[str, ...] = ()


BEGIN = Done("begin", "")


class Seen(NamedTuple):
    """What can be seen of a position; every list is sorted."""

    ready: list[tuple[str, tuple[str, ...]]]  # element and call path, once for each instance
    timers: list[str]  # elements
    awaits: list[str]  # names of messages and signals
    ended: bool


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One marking the game may be in, as bytes and as it can be seen."""

    kept: bytes
    watched: Watched
    seen: Seen


@dataclass(slots=True)
class _Known:
    """What the game found for one move from one place: which answers it asked for, and what came of which."""

    asked: tuple[tuple[str | None, str], ...] = ()
    found: dict[tuple[Hashable, ...], tuple[_Candidate, ...]] = field(default_factory=dict)


class Agreement:
    """The token game of *diagram* beside its running cases."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self._known: dict[tuple[bytes, Done], _Known] = {}
        self._room = MAX_KNOWN

    def follow(self, kept: bytes, done: Done, lookup: Lookup, seen: Seen) -> bytes:
        """Return where a case stands after *done*; raises `EngineDisagrees` where *seen* is not allowed."""
        known = self._known.get((kept, done))
        candidates = None
        if known is not None:
            candidates = known.found.get(tuple([_value(lookup(*one)) for one in known.asked]))
        if candidates is None:
            candidates = self._play(kept, done, lookup)
        if len(candidates) == 1:
            only = candidates[0]
            if only.seen == seen:
                return only.kept
        agreeing = [one for one in candidates if one.seen == seen]
        if not agreeing:
            raise EngineDisagrees(self._reason(done, candidates, seen))
        return watch.to_bytes(frozenset().union(*(one.watched for one in agreeing)))

    # -- the game, and what is remembered of it -------------------------------------------------------------

    def _play(self, kept: bytes, done: Done, lookup: Lookup) -> tuple[_Candidate, ...]:
        asked: dict[tuple[str | None, str], None] = {}

        def noting(step: str | None, name: str) -> object:
            asked[step, name] = None
            return lookup(step, name)

        markings = self._after(kept, done, noting)
        candidates = tuple(self._candidate(marking) for marking in sorted(markings))
        self._room -= 1
        if self._room < 0:
            self._known.clear()
            self._room = MAX_KNOWN
        before = self._known.get((kept, done), _Known())
        everything = tuple(dict.fromkeys((*before.asked, *asked)))
        known = before if everything == before.asked else _Known(everything)
        known.found[tuple([_value(lookup(*one)) for one in known.asked])] = candidates
        self._known[kept, done] = known
        return candidates

    def _after(self, kept: bytes, done: Done, lookup: Lookup) -> Watched:
        what, name, call_path = done
        if what == "begin":
            return watch.begin(self.diagram, lookup)
        watched = watch.from_bytes(kept)
        if what == "signal":
            return watch.signalled(self.diagram, watched, name, lookup)
        after = watch.completed if what == "complete" else watch.happened
        return after(self.diagram, watched, name, call_path, lookup)

    def _candidate(self, marking: Marking) -> _Candidate:
        alone = frozenset((marking,))
        seen = Seen(
            sorted(watch.ready(self.diagram, marking).elements()),
            sorted(watch.timers(self.diagram, marking).elements()),
            sorted(watch.awaits(self.diagram, marking)),
            watch.ended(marking),
        )
        return _Candidate(watch.to_bytes(alone), alone, seen)

    # -- words ----------------------------------------------------------------------------------------------

    def _reason(self, done: Done, candidates: tuple[_Candidate, ...], seen: Seen) -> Text:
        if not candidates:
            return _told(
                Text(
                    f"已验证的流程此时不允许“{self._name(done.name)}”",
                    f"the proved procedure does not allow “{self._name(done.name)}” here",
                )
            )
        nearest = min((_differences(one.seen, seen) for one in candidates), key=_size)
        missing, extra = (self._names(one) for one in nearest)
        zh = ([f"引擎缺少{missing.zh}"] if missing.zh else []) + ([f"引擎多出{extra.zh}"] if extra.zh else [])
        en = ([f"the engine lacks {missing.en}"] if missing.en else []) + (
            [f"the engine offers {extra.en} beyond it"] if extra.en else []
        )
        if not zh:
            over = Text("引擎认为流程已经结束", "the engine says that all is over")
            goes_on = Text("引擎认为流程尚未结束", "the engine says that the case goes on")
            return _told(over if seen.ended else goes_on)
        return _told(Text("，".join(zh), " and ".join(en)))

    def _names(self, elements: Counter[str]) -> Text:
        told = [
            f"“{self._name(element)}”" + (f"×{many}" if many > 1 else "")
            for element, many in sorted(elements.items())
        ]
        return Text("、".join(told), ", ".join(told))

    def _name(self, element: str) -> str:
        place = self.diagram.elements.get(element)
        return f"{place.name}（{element}）" if place is not None and place.name != element else element


def _value(value: object) -> Hashable:
    """Return *value* as far as the game can tell values apart: 1, 1.0 and true are three; a list is its length."""
    if isinstance(value, list | tuple):
        return list, len(value)
    if isinstance(value, bool | int | float | str):
        return type(value), value
    return None


def _differences(allowed: Seen, seen: Seen) -> tuple[Counter[str], Counter[str]]:
    """Return what is missing from *seen* and what is there for nothing, by element or name."""
    wanted, found = (Counter(_waiting(one)) for one in (allowed, seen))
    missing, extra = wanted - found, found - wanted
    return _by_name(missing), _by_name(extra)


def _waiting(seen: Seen) -> Iterable[tuple[str, object]]:
    yield from seen.ready
    yield from ((element, "timer") for element in seen.timers)
    yield from ((name, "event") for name in seen.awaits)


def _by_name(counted: Counter[tuple[str, object]]) -> Counter[str]:
    names: Counter[str] = Counter()
    for (name, _), many in counted.items():
        names[name] += many
    return names


def _size(differences: tuple[Counter[str], Counter[str]]) -> int:
    return sum(counted.total() for counted in differences)


def _told(what: Text) -> Text:
    return Text(
        f"流程引擎与已验证的流程不一致：{what.zh}。本步骤未执行，已通知管理员。",
        f"The engine and the proved procedure disagree: {what.en}. The step was not executed; an administrator "
        "is told.",
    )
