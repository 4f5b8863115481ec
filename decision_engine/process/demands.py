"""What the statutes demand, made ready for the proof: one bit a demand, and the answers it depends on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from decision_engine.process.answers import OTHER, leaves, literals, truth
from decision_engine.process.expressions import Condition, Expression, Value, Variable, parse_variable
from decision_engine.process.net import Net
from decision_engine.process.predicates import Act, NotAPredicate, Predicate, Statute, read


@dataclass(frozen=True, slots=True)
class Demand:
    """One bit: *gens* set it, *kills* clear it, *targets* need it (while *when* holds)."""

    statute: Statute
    bit: int
    gens: tuple[Act, ...]
    kills: tuple[Act, ...]
    targets: tuple[Act, ...]
    at_first: bool
    when: Condition | None = None
    where_read: bool = False


@dataclass(slots=True)
class Plan:
    """All that the statutes demand, sorted by how it is proved."""

    demands: list[Demand] = field(default_factory=list)
    static: list[tuple[Statute, Predicate]] = field(default_factory=list)
    exits: list[tuple[Statute, Variable]] = field(default_factory=list)
    values: dict[Variable, tuple[Value, ...]] = field(default_factory=dict)


def plan_of(statutes: Sequence[Statute]) -> Plan:
    """Read all predicates; raises `NotAPredicate`."""
    plan = Plan()
    for statute in statutes:
        predicate = read(statute.predicate)
        bit = 1 << len(plan.demands)
        match predicate.name:
            case "dom":
                gens, targets = predicate.acts
                demand = Demand(statute, bit, gens, (), targets, False, predicate.when, predicate.where_read)
            case "fresh":
                gens, kills, targets = predicate.acts
                demand = Demand(
                    statute, bit, gens, kills, targets, True, predicate.when, predicate.where_read
                )
            case "post":
                kills, gens = predicate.acts
                end = (Act("end"),)
                demand = Demand(statute, bit, gens, kills, end, True, predicate.when, predicate.where_read)
            case "gate":
                demand = _gate(statute, bit, predicate)
            case "exits":
                plan.exits.append((statute, parse_variable(predicate.words[0])))
                continue
            case "values":
                values = tuple(OTHER if word == "other" else _literal(word) for word in predicate.words[1:])
                plan.values[parse_variable(predicate.words[0])] = values
                continue
            case _:
                plan.static.append((statute, predicate))
                continue
        plan.demands.append(demand)
    return plan


def _gate(statute: Statute, bit: int, predicate: Predicate) -> Demand:
    """A gate is a bit that the step's answers set or clear."""
    accepted = predicate.accepted
    if accepted is None:
        raise NotAPredicate(statute.predicate)
    step = next(iter(Expression("", accepted).variables)).step or ""
    done = Act("done", step, accepted)
    return Demand(
        statute,
        bit,
        (done,),
        (Act("done", step),),
        predicate.acts[0],
        True,
        predicate.when,
        predicate.where_read,
    )


def _literal(word: str) -> Value:
    return {"true": True, "false": False}.get(word, word)


class Questions:
    """Which answers matter in a net: *domains* of the tracked variables, and how they are asked.

    *read*: every variable of a gateway; *whens*: for each conditional demand the variables it is about;
    *eager*: steps whose answers are settled when they are given; *told*: the law's conditions on them.
    """

    def __init__(self, net: Net, plan: Plan) -> None:
        self.net = net
        self.read = {v for place in net.places for _, g in place.guards if g is not None for v in g.variables}
        self.plan = replace(plan, demands=[demand for demand in plan.demands if self._is_asked(demand)])
        self.whens = self._when_variables()
        self.domains, self.eager, self.told = self._tracked()

    def _is_asked(self, demand: Demand) -> bool:
        """Whether a demand on answers the law does not fix itself is about answers the diagram reads."""
        return not demand.where_read or any(
            Variable(act.step, variable.field) in self.read
            for act in demand.gens
            if act.condition is not None
            for variable in Expression("", act.condition).variables
        )

    def _conditions(self) -> Iterator[tuple[str, Condition]]:
        """Yield (step, condition) for every act that depends on its answers."""
        for demand in self.plan.demands:
            for act in (*demand.gens, *demand.kills, *demand.targets):
                if act.condition is not None and act.how == "done":
                    yield act.step, act.condition

    def _tracked(
        self,
    ) -> tuple[dict[Variable, tuple[Value, ...]], frozenset[str], dict[str, tuple[Condition, ...]]]:
        read = self.read
        steps = {place.element.step for place in self.net.places if place.element is not None}
        told: dict[str, tuple[Condition, ...]] = {}
        wanted: set[Variable] = {variable for _, variable in self.plan.exits if variable in read}
        eager: set[str] = {variable.step or "" for variable in wanted if variable.step in steps}
        for step, condition in self._conditions():
            if step in steps:
                told[step] = (*told.get(step, ()), condition)
                names = [Variable(step, v.field) for v in Expression("", condition).variables]
                wanted.update(names)
                eager.add(step)
        fields = {
            variable.field
            for demand in self.plan.demands
            for act in demand.gens + demand.kills
            if act.how == "asked" and act.condition is not None
            for variable in Expression("", act.condition).variables
        }
        wanted |= {variable for variable in read if variable.field in fields}
        wanted |= {variable for variables in self.whens.values() for variable in variables}
        ordered = sorted(wanted, key=lambda variable: (variable.step or "", variable.field))
        return {variable: self._domain(variable, told) for variable in ordered}, frozenset(eager), told

    def _domain(self, variable: Variable, told: dict[str, tuple[Condition, ...]]) -> tuple[Value, ...]:
        declared = self.plan.values.get(variable) or self.plan.values.get(Variable(None, variable.field))
        conditions = [
            guard.condition for place in self.net.places for _, guard in place.guards if guard is not None
        ]
        found = [value for condition in conditions for value in literals(condition, variable)]
        for condition in told.get(variable.step or "", ()):
            found += literals(condition, Variable(None, variable.field))
            found += literals(condition, variable)
        values: dict[tuple[type, Value], Value] = {
            (type(value), value): value for value in (*_alternatives(declared or (), found), *found)
        }
        if not declared and any(isinstance(value, bool) for value in found):
            values |= {(bool, True): True, (bool, False): False}
        elif not declared:
            values[str, OTHER] = OTHER
        return self._distinct(variable, tuple(values.values()))

    def _distinct(self, variable: Variable, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """Leave one of all values that neither the diagram nor the law tells apart.

        Where a value is compared with another answer, all are kept.
        """
        guards = [guard for place in self.net.places for _, guard in place.guards if guard is not None]
        tests = [leaf for guard in guards if variable in guard.variables for leaf in leaves(guard.condition)]
        for demand in self.plan.demands:
            acts = (*demand.gens, *demand.kills, *demand.targets)
            for condition in (demand.when, *(act.condition for act in acts)):
                tests += leaves(condition) if condition is not None else ()
        if any(len(Expression("", test).variables) > 1 for test in tests):
            return values
        kinds: dict[tuple[object, ...], Value] = {}
        for value in values:
            known = {(variable.step, variable.field): value, (None, variable.field): value}
            kind = (type(value), *(truth(test, known) for test in tests))
            kinds.setdefault(kind, value)
        return tuple(kinds.values())

    def _when_variables(self) -> dict[int, tuple[Variable, ...]]:
        """For each conditional demand the variables of the diagram that its condition is about."""
        read: dict[str, dict[Variable, None]] = {}
        for place in self.net.places:
            for _, guard in place.guards:
                for variable in sorted(guard.variables, key=str) if guard is not None else ():
                    read.setdefault(variable.field, {})[variable] = None
        found: dict[int, tuple[Variable, ...]] = {}
        for demand in self.plan.demands:
            if demand.when is not None:
                fields = sorted({variable.field for variable in Expression("", demand.when).variables})
                found[demand.bit] = tuple(variable for name in fields for variable in read.get(name, {}))
        return found


def _alternatives(declared: Sequence[Value], drawn: Sequence[Value]) -> Iterator[Value]:
    """Yield declared values; of `A|B+C` those words the diagram uses, else the first."""
    for value in declared:
        groups = [group.split("+") for group in value.split("|")] if isinstance(value, str) else [[value]]
        yield from next((group for group in groups if set(group) & set(drawn)), groups[0])
