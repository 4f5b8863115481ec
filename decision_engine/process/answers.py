"""What the prover knows of people's answers: every value of the outcomes the law reads, else a free choice.

A `World` holds, for each variable that a rule and the diagram read, a value, `UNASKED` (its step was not
done), or `OPEN` (it has some value that nothing has asked for yet). A value is settled when it is first
read and forgotten when nothing can read it any more, so that runs which differ in nothing else meet again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import product
from typing import Final

from decision_engine.process.explore import TooLarge
from decision_engine.process.expressions import (
    Both,
    Comparison,
    Condition,
    Either,
    Expression,
    Literal,
    Membership,
    Not,
    Operand,
    Truth,
    Value,
    Variable,
)
from decision_engine.process.net import CHOICE, END, FLOW, OUTERMOST, SCOPE, TERMINATE, Net, Place
from decision_engine.process.semantics import Outcome

UNASKED: Final = None
OPEN: Final = "\0open"
OTHER: Final = "\0other"  # a value no form knows

World = tuple[Value | None, ...]

MAX_WAYS = 4096  # combinations at one gateway


def truth(condition: Condition, values: Mapping[tuple[str | None, str], Value | None]) -> bool | None:
    """Return whether *condition* is true, false or unknown; what is not in *values* is missing."""
    return Expression("", condition).holds(lambda step, field: values.get((step, field)))


def leaves(condition: Condition) -> Iterator[Comparison | Membership | Truth]:
    """Yield the comparisons a condition is made of."""
    match condition:
        case Not(part):
            yield from leaves(part)
        case Both(parts) | Either(parts):
            for part in parts:
                yield from leaves(part)
        case _:
            yield condition


def literals(condition: Condition, variable: Variable) -> Iterator[Value]:
    """Yield the values *variable* is compared with."""
    for leaf in leaves(condition):
        if isinstance(leaf, Membership) and leaf.left == variable:
            yield from (item.value for item in leaf.items)
        elif isinstance(leaf, Comparison):
            for this, that in ((leaf.left, leaf.right), (leaf.right, leaf.left)):
                if this == variable and isinstance(that, Literal):
                    yield that.value
        elif isinstance(leaf, Truth) and leaf.operand == variable:
            yield True


class Answers:
    """The `Data` of the prover.

    *domains*: the values of each tracked variable; *eager*: steps whose variables are settled when the step is
    done; *asked*: places that ask variables when they begin; *told*: conditions of the law on a step's answers.
    """

    def __init__(
        self,
        net: Net,
        domains: Mapping[Variable, tuple[Value, ...]],
        eager: frozenset[str],
        asked: Mapping[int, tuple[Variable, ...]],
        told: Mapping[str, tuple[Condition, ...]],
    ) -> None:
        self.net, self.domains, self.asked = net, domains, asked
        self.variables = tuple(domains)
        self.index = {variable: i for i, variable in enumerate(self.variables)}
        self.by_step: dict[str, list[int]] = {}
        for variable, i in self.index.items():
            self.by_step.setdefault(variable.step or "", []).append(i)
        self.steps = {place.element.step for place in net.places if place.element and place.element.step}
        self.eager = eager
        self.told = told
        self._answers: dict[str, list[dict[int, Value]]] = {}
        self._beside = self._liveness()
        self._live = self._liveness(self._beside)
        self._ways: dict[tuple[int, World], list[tuple[int, ...]]] = {}

    def first(self) -> World:
        """Return what is known before the start: facts, and fields of steps that are not drawn, are open."""
        return tuple(UNASKED if variable.step in self.steps else OPEN for variable in self.variables)

    # -- what the game asks ----------------------------------------------------------------------------------

    def ways(self, place: Place, world: World) -> Iterable[tuple[tuple[int, ...], World]]:
        """Return the ways out of a gateway that some answers allow."""
        read = self._read(place.number)
        found = []
        for settled in self._settled(world, read):
            key = (place.number, tuple([settled[i] for i in read]))
            exits = self._ways.get(key)
            if exits is None:
                exits = self._ways[key] = self._exits(place, settled)
            found += [(way, settled) for way in exits]
        return found

    def answered(self, place: Place, world: World) -> Iterable[World]:
        """Return what may be known once a step is done."""
        step = place.element.step if place.element else None
        mine = self.by_step.get(step or "", ()) if step else ()
        if not mine:
            return (world,)
        if step not in self.eager:
            return (_with(world, dict.fromkeys(mine, OPEN)),)
        return [_with(world, values) for values in self._answers_of(step or "", tuple(mine))]

    def begun(self, place: Place, world: World) -> Iterable[World]:
        """Settle what a rule asks when *place* begins."""
        return self._settled(world, [self.index[variable] for variable in self.asked[place.number]])

    def instances(self, place: Place, world: World) -> int:  # noqa: ARG002
        """Return one: people who do the same at once are one for the law."""
        return 1

    def keep(self, outcome: Outcome[World]) -> World:
        """Return what can still be read after a move."""
        size, live = max(1, len(self.net.places)), 0
        for token, _ in outcome.marking:
            place = self.net.places[token % size]
            if place.kind != SCOPE:  # the tokens inside speak for it
                live |= (self._live if place.interrupting else self._beside)[place.number]
        return tuple(value if live >> i & 1 else UNASKED for i, value in enumerate(outcome.world))

    def value(self, world: World, variable: Variable) -> Value | None:
        """Return a settled value, or none."""
        found = world[self.index[variable]] if variable in self.index else UNASKED
        return UNASKED if found == OPEN else found

    # -- inside --------------------------------------------------------------------------------------------------

    def _settled(self, world: World, read: Iterable[int]) -> Iterable[World]:
        still = [i for i in read if world[i] == OPEN]
        if not still:
            return (world,)
        return [
            _with(world, dict(zip(still, values, strict=True)))
            for values in product(*(self.domains[self.variables[i]] for i in still))
        ]

    def _answers_of(self, step: str, mine: tuple[int, ...]) -> list[dict[int, Value]]:
        """Return one of each kind of answers to *step*: those the diagram and the law cannot tell apart are one."""
        if step in self._answers:
            return self._answers[step]
        tests = [leaf for condition in self.told.get(step, ()) for leaf in leaves(condition)]
        names = {self.variables[i] for i in mine}
        for place in self.net.places:
            for _, guard in place.guards:
                if guard is not None and names & guard.variables:
                    tests += leaves(guard.condition)
        kinds: dict[tuple[bool | None, ...], dict[int, Value]] = {}
        for values in product(*(self.domains[self.variables[i]] for i in mine)):
            named = dict(zip((self.variables[i] for i in mine), values, strict=True))
            by_name: dict[tuple[str | None, str], Value] = {}
            for variable, value in named.items():
                by_name[step, variable.field] = by_name[None, variable.field] = value
            kind = tuple(truth(test, by_name) for test in tests)
            kinds.setdefault(kind, dict(zip(mine, values, strict=True)))
        self._answers[step] = list(kinds.values())
        return self._answers[step]

    @cache  # noqa: B019  (lives as long as one proof)
    def _read(self, number: int) -> tuple[int, ...]:
        guards = self.net.places[number].guards
        return tuple(
            i
            for variable, i in self.index.items()
            if any(guard is not None and variable in guard.variables for _, guard in guards)
        )

    def _exits(self, place: Place, world: World) -> list[tuple[int, ...]]:
        """Return the ways out; where a missing answer leaves none, those that any answer would open."""
        found = self._open(place, world, frozenset())
        missing = frozenset(self.variables[i] for i in self._read(place.number) if world[i] is UNASKED)
        return found or (self._open(place, world, missing) if missing else [])

    def _open(self, place: Place, world: World, free: frozenset[Variable]) -> list[tuple[int, ...]]:
        can = [(flow, self._possible(guard.condition, world, free)) for flow, guard in place.guards if guard]
        found: list[tuple[int, ...]] = []
        if place.element is None or place.element.kind == "exclusiveGateway":
            open_still = True
            for flow, truths in can:
                if open_still and True in truths:
                    found.append((flow,))
                open_still = open_still and bool(truths - {True})
            if open_still and place.default >= 0:
                found.append((place.default,))
            return found
        sides = [
            [taken for taken in (True, False) if (True in truths if taken else truths - {True})]
            for _, truths in can
        ]
        many = 1
        for side in sides:
            many *= len(side)
            if many > MAX_WAYS:
                raise TooLarge
        for taken in product(*sides):
            exits = tuple(flow for (flow, _), yes in zip(can, taken, strict=True) if yes)
            if exits or place.default >= 0:
                found.append(exits or (place.default,))
        return found

    def _possible(
        self, condition: Condition, world: World, free: frozenset[Variable]
    ) -> frozenset[bool | None]:
        """Return the truth values *condition* can have, whatever the free variables are."""
        match condition:
            case Not(part):
                return frozenset(None if t is None else not t for t in self._possible(part, world, free))
            case Both(parts):
                return _combined([self._possible(part, world, free) for part in parts], every=True)
            case Either(parts):
                return _combined([self._possible(part, world, free) for part in parts], every=False)
            case _:
                read = [one for one in _operands(condition) if isinstance(one, Variable)]
                if any(variable not in self.index or variable in free for variable in read):
                    return frozenset({True, False, None})
                truth = Expression("", condition).holds(
                    lambda step, field: self.value(world, Variable(step, field))
                )
                return frozenset({truth})

    def _liveness(self, beside: list[int] | None = None) -> list[int]:
        """For each place the variables that a token there may still read before they are answered again.

        *beside*: the same, had no scope a way out. It holds for what an event leads to that interrupts
        nothing, since its activity speaks for the way out as long as the event can happen.
        """
        places = self.net.places
        reads, writes = self._reads_and_writes()
        after = [self._following(place, leaves=beside is not None) for place in places]
        before: list[list[int]] = [[] for _ in places]
        for number, following in enumerate(after):
            for one in (*following, *places[number].boundaries):
                before[one].append(number)
        live = [0] * len(places)
        todo = list(range(len(places)))
        while todo:
            number = todo.pop()
            out = 0
            for one in after[number]:
                # an activity is answered after it was entered: what it asks on entering comes first
                out |= live[one] | (0 if places[one].kind == CHOICE else reads[one])
            new = (out & ~writes[number]) | (reads[number] if places[number].kind == CHOICE else 0)
            for one in places[number].boundaries:  # who is interrupted has not answered
                new |= live[one] if places[one].interrupting or beside is None else beside[one]
            if new != live[number]:
                live[number] = new
                todo += before[number]
        return live

    def _reads_and_writes(self) -> tuple[list[int], list[int]]:
        reads, writes = [], []
        for place in self.net.places:
            read = list(self._read(place.number)) if place.kind == CHOICE else []
            read += [self.index[variable] for variable in self.asked.get(place.number, ())]
            step = place.element.step if place.element is not None and place.kind != SCOPE else None
            reads.append(sum(1 << i for i in set(read)))
            writes.append(sum(1 << i for i in self.by_step.get(step, ())) if step else 0)
        return reads, writes

    def _following(self, place: Place, *, leaves: bool) -> list[int]:
        """Return where a token may go; the way out of a scope leads through what is inside it."""
        if place.kind == SCOPE:
            return [place.start]
        if place.kind == FLOW:
            return [place.target]
        if leaves and place.kind in (END, TERMINATE) and place.scope != OUTERMOST:
            return list(self.net.places[place.scope].exits)
        return list(place.exits)


def _with(world: World, values: Mapping[int, Value]) -> World:
    changed = list(world)
    for i, value in values.items():
        changed[i] = value
    return tuple(changed)


def _operands(condition: Comparison | Membership | Truth) -> tuple[Operand, ...]:
    match condition:
        case Comparison(left, _, right):
            return (left, right)
        case Membership(left):
            return (left,)
        case Truth(operand):
            return (operand,)


def _combined(parts: list[frozenset[bool | None]], *, every: bool) -> frozenset[bool | None]:
    """Return the truth values of `and` (*every*) or `or` over parts taken independently (Kleene)."""
    found: frozenset[bool | None] = frozenset({every})
    for part in parts:
        found = frozenset(_both(one, two) if every else _either(one, two) for one in found for two in part)
    return found


def _both(one: bool | None, two: bool | None) -> bool | None:
    if one is False or two is False:
        return False
    return None if one is None or two is None else True


def _either(one: bool | None, two: bool | None) -> bool | None:
    if one is True or two is True:
        return True
    return None if one is None or two is None else False
