"""What runs is what was proved: after every move the engine is held against the token game.

    agreement = Agreement(diagram)
    kept = agreement.follow(b"", BEGIN, lookup, seen)      seen: what the engine shows of itself
    kept = agreement.follow(kept, done, lookup, seen)      or EngineDisagrees

What is guaranteed:

* *kept* (the watched markings, as bytes) follows from the moves and the answers alone, never from the
  engine's state. So a wrong state, a wrong engine and a wrong load are noticed alike.
* The engine must show exactly what the game allows: who may act and how many times, at which call path;
  which timers, messages and signals are waited for; whether all is over.
* The game is a pure function of where it stands, what is done and the answers it asks for. What agreed once
  is therefore remembered (`MAX_KNOWN` moves of a diagram), and cases that go the same way cost a look-up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from decision_engine.errors import EngineDisagrees
from decision_engine.language import Text
from decision_engine.process import watch
from decision_engine.process.diagram import Diagram
from decision_engine.process.expressions import Lookup
from decision_engine.process.semantics import Marking
from decision_engine.process.watch import Watched

MAX_KNOWN = 5_000  # moves remembered of one diagram; then all are forgotten


Done = tuple[str, str, tuple[str, ...]]
"""What was done: `complete` or `elapse`, an element, its call path; `signal`, a name, (); or `BEGIN`."""

BEGIN: Done = ("begin", "", ())


Seen = tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[str, ...], tuple[str, ...], bool]
"""What can be seen of a position: ready elements with their call paths, once for each instance; elements of
timers; names of messages and signals waited for; whether all is over. The order says nothing."""


class Stands(Protocol):
    """Something that waits at an element."""

    @property
    def element(self) -> str:
        """Its element's id."""


class Called(Stands, Protocol):
    """Something that waits at an element reached by calls."""

    @property
    def call_path(self) -> tuple[str, ...]:
        """The call activities, outermost first."""


@dataclass(slots=True)
class _Known:
    """What agreed before after one move from one place.

    *asked* are the answers the game asked for; *agreed*: from them and what was seen to where the case stood.
    """

    asked: tuple[tuple[str | None, str], ...] = ()
    agreed: dict[tuple[tuple[Hashable, ...], Seen], bytes] = field(default_factory=dict)


class Agreement:
    """The token game of *diagram* beside its running cases."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self._known: dict[tuple[bytes, Done], _Known] = {}
        self._room = MAX_KNOWN

    def hold(
        self,
        kept: bytes,
        done: Done,
        lookup: Lookup,
        ready: Iterable[Called],
        timers: Iterable[Stands],
        awaits: tuple[str, ...],
        ended: bool,
    ) -> bytes:
        """Hold a position, as the engine shows it, against the game: see `follow`."""
        offered = tuple([(one.element, one.call_path) for one in ready])
        clocks = tuple([one.element for one in timers]) if timers else ()
        return self.follow(kept, done, lookup, (offered, clocks, awaits, ended))

    def follow(self, kept: bytes, done: Done, lookup: Lookup, seen: Seen) -> bytes:
        """Return where a case stands after *done*; raises `EngineDisagrees` where *seen* is not allowed."""
        known = self._known.get((kept, done))
        if known is not None:
            asked = known.asked
            said = tuple([_value(lookup(*one)) for one in asked]) if asked else ()
            after = known.agreed.get((said, seen))
            if after is not None:
                return after
        return self._judge(kept, done, lookup, seen)

    def _judge(self, kept: bytes, done: Done, lookup: Lookup, seen: Seen) -> bytes:
        """Play *done*, compare, and remember what agrees; what does not is judged anew each time."""
        asked: dict[tuple[str | None, str], None] = {}

        def noting(step: str | None, name: str) -> object:
            asked[step, name] = None
            return lookup(step, name)

        allowed = self._play(kept, done, noting)
        wanted = _sorted(seen)
        agreeing = frozenset(marking for marking in allowed if _sorted(self._look(marking)) == wanted)
        if not agreeing:
            raise EngineDisagrees(self._reason(done, [self._look(marking) for marking in allowed], seen))
        after = watch.to_bytes(agreeing)
        self._remember(kept, done, tuple(asked), lookup, seen, after)
        return after

    def _remember(
        self,
        kept: bytes,
        done: Done,
        asked: tuple[tuple[str | None, str], ...],
        lookup: Lookup,
        seen: Seen,
        after: bytes,
    ) -> None:
        self._room -= 1
        if self._room < 0:
            self._known.clear()
            self._room = MAX_KNOWN
        known = self._known.get((kept, done), _Known())
        if not set(asked) <= set(known.asked):  # other answers lead to other questions
            known = _Known(tuple(dict.fromkeys((*known.asked, *asked))))
        known.agreed[tuple([_value(lookup(*one)) for one in known.asked]), seen] = after
        self._known[kept, done] = known

    def _play(self, kept: bytes, done: Done, lookup: Lookup) -> Watched:
        what, name, call_path = done
        if what == "begin":
            return watch.begin(self.diagram, lookup)
        watched = watch.from_bytes(kept)
        if what == "signal":
            return watch.signalled(self.diagram, watched, name, lookup)
        after = watch.completed if what == "complete" else watch.happened
        return after(self.diagram, watched, name, call_path, lookup)

    def _look(self, marking: Marking) -> Seen:
        """Return what a case at *marking* shows."""
        return (
            tuple(watch.ready(self.diagram, marking).elements()),
            tuple(watch.timers(self.diagram, marking).elements()),
            tuple(watch.awaits(self.diagram, marking)),
            watch.ended(marking),
        )

    # -- words ----------------------------------------------------------------------------------------------

    def _reason(self, done: Done, allowed: list[Seen], seen: Seen) -> Text:
        if not allowed:
            return _told(
                Text(
                    f"已验证的流程此时不允许“{self._name(done[1])}”",
                    f"the proved procedure does not allow “{self._name(done[1])}” here",
                )
            )
        nearest = min((_differences(one, seen) for one in allowed), key=_size)
        missing, extra = (self._names(one) for one in nearest)
        zh = ([f"引擎缺少{missing.zh}"] if missing.zh else []) + ([f"引擎多出{extra.zh}"] if extra.zh else [])
        en = ([f"the engine lacks {missing.en}"] if missing.en else []) + (
            [f"the engine offers {extra.en} beyond it"] if extra.en else []
        )
        if not zh:
            over = Text("引擎认为流程已经结束", "the engine says that all is over")
            goes_on = Text("引擎认为流程尚未结束", "the engine says that the case goes on")
            return _told(over if seen[-1] else goes_on)
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


def _sorted(seen: Seen) -> tuple[object, ...]:
    return tuple([sorted(part) if isinstance(part, tuple) else part for part in seen])


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
    ready, timers, awaits, _ = seen
    yield from ready
    yield from ((element, "timer") for element in timers)
    yield from ((name, "event") for name in awaits)


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
