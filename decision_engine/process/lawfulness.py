"""Does every run of a diagram satisfy what the rules demand of it? Proved over the token game, calls in-lined.

Each demand is one bit that must hold where its target is reached: some acts set it, some acts clear it
(`predicates`). The game is explored once with every statutory answer tried (`answers`), and a position keeps,
for each bit, whether it holds on *all* runs that lead there. That is exact: bits do not depend on each
other, so what holds on all runs is the meet over the edges. Where a bit does not hold, a shortest run on
which it fails is the counter-example.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from decision_engine.language import Text
from decision_engine.process import limits
from decision_engine.process.answers import OPEN, OTHER, Answers, World, literals
from decision_engine.process.demands import Demand, Plan, Questions, plan_of
from decision_engine.process.diagram import Diagram
from decision_engine.process.explore import NOTHING, Edge, Effects, Explorer, Graph, TooLarge
from decision_engine.process.expressions import Condition, Expression, Variable
from decision_engine.process.findings import Finding
from decision_engine.process.net import CHOICE, Net, Place
from decision_engine.process.predicates import Act, Statute
from decision_engine.process.semantics import BEGAN, DONE, Game, Unbounded, elements_of

_ANSWERS = 1_000  # bits from here on are answers, below it demands
_EVENT_TARGETS = frozenset({"intermediateThrowEvent", "endEvent", "startEvent", "boundaryEvent"})


def prove(
    diagram: Diagram, root: str, statutes: Sequence[Statute], *, most: int | None = None
) -> tuple[Finding, ...]:
    """Return how the process *root* breaks *statutes*; every path is a run from its start event.

    *most*: moves looked at; beyond, what is found until then and `U-LIMIT`.
    """
    plan = plan_of(statutes)
    net = Net(diagram, root)
    findings = list(limits.check(net, plan.static))
    proof = _Proof(net, plan)
    try:
        for finding in proof.run(most):
            findings.append(finding)  # noqa: PERF402  (what was found before the bound stays found)
    except (TooLarge, Unbounded):
        findings.append(
            Finding(
                rule="U-LIMIT",
                kind="unsupported",
                element=root,
                message=Text(
                    "流程过于复杂，无法在限度内证明其合法，因此不予认可。",
                    "It is too complex to be proved lawful within bounds, so it is not taken as lawful.",
                ),
            )
        )
    told: set[tuple[str, str | None]] = set()
    unique = []
    for finding in findings:
        if (finding.rule, finding.element) not in told:
            told.add((finding.rule, finding.element))
            unique.append(finding)
    return tuple(unique)


class _Proof:
    """One proof: a net, its bits, and what was found."""

    def __init__(self, net: Net, plan: Plan) -> None:
        self.net = net
        questions = Questions(net, plan)
        self.plan, self.whens, domains = questions.plan, questions.whens, questions.domains
        self.targets = self._targets()
        asked = {
            number: tuple(
                dict.fromkeys(
                    variable
                    for demand in demands
                    for variable in self.whens.get(demand.bit, ())
                    if variable in domains
                )
            )
            for number, demands in self.targets.items()
        }
        asked = {number: variables for number, variables in asked.items() if variables}
        self.answers = Answers(net, domains, questions.eager, asked, questions.told)
        self.game = Game(net, self.answers, asks=frozenset(asked))
        self.by_step: dict[str, list[tuple[Demand, bool, Act]]] = {}
        for demand in self.plan.demands:
            for act in demand.kills:
                self.by_step.setdefault(_key(act), []).append((demand, False, act))
            for act in demand.gens:
                self.by_step.setdefault(_key(act), []).append((demand, True, act))
        self.at_end = [
            demand for demand in self.plan.demands if any(act.how == "end" for act in demand.targets)
        ]
        self._cache: dict[tuple[int, int, World], tuple[int, int, int]] = {}
        self._abouts: dict[tuple[int, int], tuple[int, ...]] = {}

    def _targets(self) -> dict[int, list[Demand]]:
        found: dict[int, list[Demand]] = {}
        wanted: dict[str, list[Demand]] = {}
        for demand in self.plan.demands:
            for act in demand.targets:
                if act.how == "done":
                    wanted.setdefault(act.step, []).append(demand)
        for place in self.net.places:
            if place.element is None or place.kind == CHOICE:
                continue
            demands = [
                demand
                for demand in wanted.get(place.element.step or "", ())
                if demand.when is None or self.whens[demand.bit]
            ]
            if demands:
                found[place.number] = demands
        return found

    # -- effects -------------------------------------------------------------------------------------------------

    def effect(self, what: int, number: int, world: World) -> tuple[int, int, int]:
        """Return (bits set, bits cleared, bits needed) by one happening of a trace."""
        about = self._abouts.get((what, number))
        if about is None:
            about = self._abouts[what, number] = self._about(what, self.net.places[number])
        key = (what, number, tuple([world[i] for i in about]))
        found = self._cache.get(key)
        if found is None:
            found = self._cache[key] = self._effect(what, self.net.places[number], world)
        return found

    def _about(self, what: int, place: Place) -> tuple[int, ...]:
        """Return which answers decide what a happening does."""
        variables: set[Variable] = set()
        for demand in self.targets.get(place.number, ()):
            variables |= set(self.whens.get(demand.bit, ()))
        for _, _, act in self._acts(what, place):
            if act.condition is not None:
                fields = {variable.field for variable in Expression("", act.condition).variables}
                variables |= {
                    variable
                    for variable in self.answers.variables
                    if variable.field in fields and (act.how == "asked" or variable.step == act.step)
                }
        return tuple(self.answers.index[variable] for variable in variables if variable in self.answers.index)

    def _effect(self, what: int, place: Place, world: World) -> tuple[int, int, int]:
        gen = kill = need = 0
        element = place.element
        if element is None:
            return 0, 0, 0
        if what == (DONE if element.kind in _EVENT_TARGETS else BEGAN):
            for demand in self.targets.get(place.number, ()):
                if self._applies(demand, world):
                    need |= demand.bit
        for demand, sets, act in self._acts(what, place):
            if self._is(act, place, world):
                gen, kill = (gen | demand.bit, kill) if sets else (gen, kill | demand.bit)
        return gen, kill & ~gen, need

    def _acts(self, what: int, place: Place) -> Iterable[tuple[Demand, bool, Act]]:
        step = place.element.step if place.element is not None else None
        if what == BEGAN:
            return self.by_step.get(f"begin {step}", ()) if step else ()
        if place.kind == CHOICE:
            return self.by_step.get("asked", ())
        return self.by_step.get(f"done {step}", ()) if step else ()

    def _is(self, act: Act, place: Place, world: World) -> bool:
        if act.condition is None:
            return True
        if act.how == "asked":
            read = {v for _, guard in place.guards if guard is not None for v in guard.variables}
            fields = {variable.field for variable in Expression("", act.condition).variables}
            about = [variable for variable in read if variable.field in fields]
            return any(self._satisfied(act.condition, variable, world) for variable in about)
        return (
            Expression("", act.condition).holds(
                lambda step, name: self.answers.value(world, Variable(step or act.step, name))
            )
            is True
        )

    def _satisfied(self, condition: Condition, variable: Variable, world: World) -> bool:
        """Whether the answer to *variable* is one that *condition* names (an answer in other words counts too)."""
        value = self.answers.value(world, variable)
        if isinstance(value, str) and not any(
            isinstance(one, str) for one in literals(condition, Variable(None, variable.field))
        ):
            return value != OTHER
        return Expression("", condition).holds(lambda _step, _name: value) is True

    def _applies(self, demand: Demand, world: World) -> bool:
        return demand.when is None or any(
            self._satisfied(demand.when, variable, world) for variable in self.whens[demand.bit]
        )

    def footprint(self, place: Place) -> Effects:
        """Return what may be set, cleared or needed at *place*, whatever the answers."""
        if place.element is None:
            return NOTHING
        gen = kill = need = 0
        for what in (BEGAN, DONE):
            for demand, sets, _ in self._acts(what, place):
                gen, kill = (gen | demand.bit, kill) if sets else (gen, kill | demand.bit)
        for demand in self.targets.get(place.number, ()):
            need |= demand.bit
        # what is known is shared too: a step that answers and a gateway that reads may not be swapped
        for i in self.answers.by_step.get(place.element.step or "\0", ()):
            gen |= 1 << (i + _ANSWERS)
            kill |= 1 << (i + _ANSWERS)
        for variable in self.answers.asked.get(place.number, ()):
            need |= 1 << (self.answers.index[variable] + _ANSWERS)
        for _, guard in place.guards:
            for variable in guard.variables if guard is not None else ():
                if variable in self.answers.index:
                    need |= 1 << (self.answers.index[variable] + _ANSWERS)
        return Effects(gen, kill, need)

    # -- the proof -------------------------------------------------------------------------------------------------

    def run(self, most: int | None = None) -> Iterator[Finding]:
        """Yield one finding for each demand that some run does not meet; raises `TooLarge` at the bound."""
        explorer = Explorer(self.game, self.answers.keep, self.footprint)
        too_large: TooLarge | None = None
        try:
            graph = explorer.explore(self.answers.first(), most)
        except TooLarge as bound:
            graph, too_large = explorer.graph, bound
        yield from self._without_exit(graph)
        steps = [self._step(edge, graph) for edge in graph.edges]
        holds = self._meet(graph, steps)
        broken = 0
        for edge, (_, _, need, missed) in zip(graph.edges, steps, strict=True):
            broken |= missed | (need & ~holds[edge.source])
        out: list[list[int]] = [[] for _ in graph.nodes]
        for index, edge in enumerate(graph.edges):
            out[edge.source].append(index)
        for demand in self.plan.demands:
            if broken & demand.bit:
                yield self._counter_example(demand, graph, steps, out)
        if too_large is not None:
            raise too_large

    def _step(self, edge: Edge[World], graph: Graph[World]) -> tuple[int, int, int, int]:
        """Return (set, cleared, needed before, missed within) of one move."""
        gen = kill = need = missed = 0
        for what, number, world in edge.outcome.trace:
            sets, clears, needs = self.effect(what, number, world)
            missed |= needs & kill
            need |= needs & ~gen & ~kill
            gen, kill = (gen & ~clears) | sets, (kill | clears) & ~sets
        if edge.target >= 0 and not graph.nodes[edge.target][0]:
            for demand in self.at_end:
                missed |= demand.bit & kill
                need |= demand.bit & ~gen & ~kill
        return gen, kill, need, missed

    def _first(self) -> int:
        return sum(demand.bit for demand in self.plan.demands if demand.at_first)

    def _meet(self, graph: Graph[World], steps: list[tuple[int, int, int, int]]) -> list[int]:
        """Return for each node the bits that hold on every run to it."""
        every = (1 << _ANSWERS) - 1
        holds = [every] * len(graph.nodes)
        holds[0] = self._first()
        out: list[list[int]] = [[] for _ in graph.nodes]
        for index, edge in enumerate(graph.edges):
            if edge.target >= 0:
                out[edge.source].append(index)
        queue, queued = deque([0]), {0}
        done: set[int] = set()
        while queue:
            node = queue.popleft()
            queued.discard(node)
            done.add(node)
            for index in out[node]:
                gen, kill, _, _ = steps[index]
                target = graph.edges[index].target
                new = holds[target] & ((holds[node] & ~kill) | gen)
                if new != holds[target] or target not in done:
                    holds[target] = new
                    if target not in queued:
                        queued.add(target)
                        queue.append(target)
        return holds

    def _counter_example(
        self,
        demand: Demand,
        graph: Graph[World],
        steps: list[tuple[int, int, int, int]],
        out: list[list[int]],
    ) -> Finding:
        """Find a shortest run on which the demand's target is reached while its bit is not set."""
        start = (0, demand.at_first)
        came: dict[tuple[int, bool], tuple[int, tuple[int, bool]] | None] = {start: None}
        queue = deque([start])
        while queue:
            state = queue.popleft()
            node, held = state
            for index in out[node]:
                gen, kill, need, missed = (bool(bits & demand.bit) for bits in steps[index])
                if missed or (need and not held):
                    return self._told(demand, graph, came, state, index)
                target = graph.edges[index].target
                following = (target, gen or (held and not kill))
                if target >= 0 and following not in came:
                    came[following] = (index, state)
                    queue.append(following)
        raise AssertionError(demand.statute.predicate)

    def _told(
        self,
        demand: Demand,
        graph: Graph[World],
        came: dict[tuple[int, bool], tuple[int, tuple[int, bool]] | None],
        state: tuple[int, bool],
        last: int,
    ) -> Finding:
        before: list[int] = []
        at: tuple[int, bool] = state
        while (step := came[at]) is not None:
            before.append(step[0])
            at = step[1]
        path: list[str] = []
        for index in reversed(before):
            path += elements_of(self.net, graph.edges[index].outcome.trace)
        trace, held = graph.edges[last].outcome.trace, state[1]
        target: Place | None = None
        for position, (what, number, world) in enumerate(trace):
            sets, clears, needs = self.effect(what, number, world)
            if needs & demand.bit and not held:
                target = self.net.places[number]
                path += elements_of(self.net, trace[:position])
                path.append(target.id)
                break
            held = bool(sets & demand.bit) or (held and not clears & demand.bit)
        if target is None:
            path += elements_of(self.net, trace)
            target = self.net.by_place(path[-1])
        return limits.told(demand.statute, target, path)

    def _without_exit(self, graph: Graph[World]) -> Iterator[Finding]:
        """Yield gateways that leave a value of a statutory outcome without a way on."""
        for statute, variable in self.plan.exits:
            if variable not in self.answers.index:
                continue
            for place in self.net.places:
                reads = any(g is not None and variable in g.variables for _, g in place.guards)
                if reads and place.element is not None and place.element.kind == "inclusiveGateway":
                    path = self._way_to(graph, place.number)
                    yield limits.told(
                        statute,
                        place,
                        path,
                        Text("法定结论不能由包容网关分流。", "An inclusive gateway may not decide on it."),
                    )
            for index, edge in enumerate(graph.edges):
                number = edge.outcome.stuck
                if number < 0 or not any(
                    guard is not None and variable in guard.variables
                    for _, guard in self.net.places[number].guards
                ):
                    continue
                value = self.answers.value(edge.outcome.world, variable)
                if value in (None, OTHER, OPEN):
                    continue
                place = self.net.places[number]
                yield limits.told(
                    statute,
                    place,
                    [*graph.path(index), place.id],
                    Text(
                        f"结论为“{value}”时，“{place.element.name if place.element else ''}”没有出路。",
                        f"With “{value}” there is no way on from “{place.id}”.",
                    ),
                )
                break

    def _way_to(self, graph: Graph[World], number: int) -> list[str]:
        for index, edge in enumerate(graph.edges):
            for position, (_, at, _) in enumerate(edge.outcome.trace):
                if at == number:
                    return graph.path(index, position + 1)
        return []


def _key(act: Act) -> str:
    return "asked" if act.how == "asked" else f"{act.how} {act.step}"
