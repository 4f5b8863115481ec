"""The spec classes: SpiffWorkflow's own, with the parts replaced that are wrong for us.

A spec says what happens when a token comes to, rests at, leaves or is withdrawn from one element. The
clauses of BPMN 2.0 chapter 13 are cited where they are decided. Specs are never written to after they are
built; any number of cases share them.
"""

# ruff: noqa: SLF001  (SpiffWorkflow's extension points are its protected hooks)
from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, NoReturn

from SpiffWorkflow.bpmn.specs import defaults as stock
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit, BpmnStartTask, SimpleBpmnTask
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import SignalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import TerminateEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins import ExclusiveGatewayMixin
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.specs import WorkflowSpec
from SpiffWorkflow.specs.MultiChoice import MultiChoice

from decision_engine.errors import InvalidAnswers
from decision_engine.language import Text
from decision_engine.process.diagram import Element
from decision_engine.process.engine import COMPLETED, FUTURE, LIVE, STARTED, WAITING, Case, Token
from decision_engine.process.expressions import Variable, parse

MAX_INSTANCES = 500  # of one multi-instance activity


class Plan(BpmnProcessSpec):
    """The spec of one process or sub-process. Its root has a name no BPMN id can have."""

    def __init__(self, name: str) -> None:
        WorkflowSpec.__init__(self, name=name)
        self.data_objects: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []
        self.io_specification = None
        self.start = Root(self, "[root]")


class _Moves:
    """How a token comes and goes, in place of SpiffWorkflow's prediction and data copies."""

    element: Element | None = None  # what it stands for in the diagram
    outputs: list[Any]

    def serialize(self, *_: Any) -> NoReturn:
        """Refuse: specs are built from the diagram, in every process anew."""
        raise NotImplementedError

    def _predict(self, *_args: Any, **_options: Any) -> None:
        """Predict nothing."""

    def _update(self, token: Token) -> None:
        if self._update_hook(token):
            token._ready()

    def _update_hook(self, token: Token) -> bool | None:  # noqa: ARG002
        return True

    def _run_hook(self, token: Token) -> bool:
        for spec in self.outputs:
            token._add_child(spec)
        return True

    def _on_complete(self, token: Token) -> None:
        above = token.parent
        if above is not None and isinstance(above.task_spec, Guarded) and not isinstance(self, Boundary):
            for other in above.children:  # the activity is over: nothing can befall it any more
                if other.is_live and isinstance(other.task_spec, Boundary):
                    other.cancel()
        for child in token.children:
            if child._state == FUTURE:
                child.task_spec._update(child)
        token.workflow._task_completed_notify(token)
        if above is not None and isinstance(above.task_spec, Repeated):
            above.task_spec.instance_done(above)

    def _on_cancel(self, token: Token) -> None:
        """Nothing more to withdraw."""


class Root(_Moves, BpmnStartTask):
    """Where a scope's token is born; connected to its start event."""


class Arrow(_Moves, SimpleBpmnTask):
    """A sequence flow into a join, so that the join knows by which flow a token came."""


class Start(_Moves, stock.StartEvent):
    """A none start event."""


class UserTask(_Moves, stock.UserTask):
    """A task for a person."""


class ManualTask(_Moves, stock.ManualTask):
    """A task for a person, outside any system."""


class NoneTask(_Moves, stock.NoneTask):
    """A task of no stated kind; somebody must say that it is done."""


class Exclusive(_Moves, stock.ExclusiveGateway):
    """One way: the first satisfied condition in the document's order, else the default (BPMN 2.0 13.4.2)."""

    def _run_hook(self, token: Token) -> bool:
        try:
            ExclusiveGatewayMixin._run_hook(self, token)
        except WorkflowException:
            _no_way(self)
        return True


class _CountsTokens(_Moves):
    """A gateway's joining half. A token waits on its flow until the gateway may fire.

    *incoming*: the arrows into the gateway; empty where only one flow comes in and nothing is joined.
    """

    incoming: tuple[str, ...] = ()

    def _update_hook(self, token: Token) -> bool | None:
        if not self.incoming:
            return True
        if token._state == FUTURE:  # arrives, and rests until `Case._settle_joins` looks at it
            token.internal_data["flow"] = token.parent.task_spec.name
            token._state = WAITING
            return None
        resting: dict[str, Token] = {}
        for other in token.workflow.tokens():
            if other.task_spec is self and other._state == WAITING:
                resting.setdefault(other.internal_data["flow"], other)
        if not self._may_fire(token.workflow, resting.keys()):
            return None
        for other in resting.values():
            other._state = COMPLETED  # consumed; one token goes on for all
        token._state = WAITING
        return True

    def _may_fire(self, scope: Any, arrived: Set[str]) -> bool:
        raise NotImplementedError


class Parallel(_CountsTokens, stock.ParallelGateway):
    """Fires when every incoming flow holds a token; takes one of each (BPMN 2.0 13.4.1)."""

    def _may_fire(self, scope: Any, arrived: Set[str]) -> bool:  # noqa: ARG002
        return len(arrived) == len(self.incoming)


class Inclusive(_CountsTokens, stock.InclusiveGateway):
    """Fires when no token elsewhere can still bring one to an empty incoming flow (BPMN 2.0 13.4.3).

    *reach*: per incoming arrow, the specs from which it can be reached without passing this gateway.
    """

    reach: Mapping[str, frozenset[str]]

    def _may_fire(self, scope: Any, arrived: Set[str]) -> bool:
        empty = [self.reach[flow] for flow in self.incoming if flow not in arrived]
        full = [self.reach[flow] for flow in arrived]
        for token in scope.tokens():
            name = token.task_spec.name
            if token.task_spec is self or isinstance(token.task_spec, Boundary):
                continue  # a boundary event is a way of its activity's own token, and counted there
            if any(name in names for names in empty) and not any(name in names for names in full):
                return False
        return True

    def _run_hook(self, token: Token) -> bool:
        matches, defaults = MultiChoice._get_matching_outputs(self, token)
        chosen = matches or defaults
        if not chosen:
            _no_way(self)
        for spec in chosen:
            token._add_child(spec)
        return True


class _OpensScope(_Moves):
    """An activity whose work is a scope of its own."""

    spec: str

    def _update_hook(self, token: Token) -> None:
        token._state = STARTED
        token.workflow.top_workflow.create_subprocess(token, self.spec)

    def _on_cancel(self, token: Token) -> None:
        token.workflow.top_workflow.drop_scope(token)


class Inside(_OpensScope, stock.SubWorkflowTask):
    """An embedded sub-process."""


class Call(_OpensScope, stock.CallActivity):
    """A call of another process of the same deployment."""


class Repeated(_Moves, LoopTask):
    """A multi-instance activity: one instance of *task_spec* per item, all at once or one after another.

    *over*: the collection (`step.field`, a list), or the number of instances.
    """

    def __init__(
        self, plan: Plan, name: str, *, task_spec: str, over: Variable | int, is_list: bool, sequential: bool
    ) -> None:
        super().__init__(plan, name)
        self.bpmn_id = name
        self.task_spec = task_spec
        self.over = over
        self.is_list = is_list
        self.sequential = sequential

    def _update_hook(self, token: Token) -> bool | None:
        items = self._items(token.workflow.top_workflow)
        if not items:
            return True  # nobody to ask: passed at once
        token._state = STARTED
        if self.sequential:
            token.internal_data["rest"] = items[1:]
            items = items[:1]
        for item in items:
            self._begin_instance(token, item)
        return None

    def instance_done(self, token: Token) -> None:
        """Go on with the next item, or leave when every instance is over."""
        rest = token.internal_data.get("rest")
        if rest:
            token.internal_data["rest"] = rest[1:]
            self._begin_instance(token, rest[0])
        elif not any(child._state & LIVE for child in token.children):
            token._ready()

    def _begin_instance(self, token: Token, item: Any) -> None:
        spec = token.workflow.spec.task_specs[self.task_spec]
        instance = token._add_child(spec)
        instance.internal_data["item"] = item
        spec._update(instance)

    def _items(self, case: Case) -> list[Any]:
        if isinstance(self.over, int):
            return list(range(self.over))
        value = case.value(self.over.step, self.over.field)
        if (
            self.is_list
            and isinstance(value, list | tuple)
            and len(value) <= MAX_INSTANCES
            and all(type(item) in (str, int) for item in value)
        ):
            return list(value)
        if not self.is_list and type(value) is int and 0 <= value <= MAX_INSTANCES:
            return list(range(value))
        reason = Text(
            f"须列明“{self.over}”，才能确定由谁办理（最多 {MAX_INSTANCES} 人）。",
            f"“{self.over}” must be given to know who acts next (at most {MAX_INSTANCES}).",
        )
        raise InvalidAnswers({str(self.over): (reason,)}, reason)


# -- events --------------------------------------------------------------------------------------------------


class Timed(TimerEventDefinition):
    """A timer that only waits: *kind* and *expression* are for the caller, who computes the moment."""

    def __init__(self, kind: str, text: str, repeats: int | None = 1) -> None:
        super().__init__(text, text)
        self.kind = kind
        self.repeats = repeats  # of a cycle; none is for ever


class Catches(_Moves):
    """Where a token waits for a timer, a message or a signal."""

    event_definition: Any

    def _update_hook(self, token: Token) -> None:
        if token._state == FUTURE:  # SpiffWorkflow asks again after `catch`
            token._state = WAITING
            token.workflow.top_workflow.event_manager.add_task(token)

    def catch(self, token: Token, _event: Any = None) -> None:
        """Let it happen: rivals are withdrawn, and what may happen again is set up anew."""
        if token._state != WAITING:
            return
        token.workflow.top_workflow.event_manager.remove_task(token)
        if isinstance(self, Boundary) and not self.cancel_activity:
            self.wait_again(token)
        elif isinstance(self, Boundary) or isinstance(token.parent.task_spec, EventGateway):
            for rival in token.parent.children:
                if rival is not token and rival.is_live:
                    rival.cancel()
        token._ready()

    def _on_cancel(self, token: Token) -> None:
        token.workflow.top_workflow.event_manager.remove_task(token)


class Catch(Catches, stock.IntermediateCatchEvent):
    """An intermediate catch event."""


class Receive(Catches, stock.ReceiveTask):
    """A receive task: waits for its message."""


class Boundary(Catches, stock.BoundaryEvent):
    """An event that may befall the activity it is attached to."""

    def wait_again(self, token: Token) -> None:
        """Stay on watch beside the running activity: a message may come twice, a cycle has more rounds."""
        definition = self.event_definition
        left: int | None = None
        if isinstance(definition, Timed):
            left = token.internal_data.get("left", definition.repeats)
            if left is not None and left <= 1:
                return
        another = token.parent._add_child(self)
        if left is not None:
            another.internal_data["left"] = left - 1
        self._update(another)


class Guarded(_Moves, BoundaryEventSplit):
    """Stands before an activity with boundary events; its children are the activity and those events."""


class EventGateway(_Moves, SimpleBpmnTask):
    """An event-based gateway: its events wait side by side, the first one withdraws the others (13.4.4)."""


class _Throws(_Moves):
    """An event that may throw a signal: to everybody in this case who waits for it now.

    The event is over before the signal arrives. So a signal that interrupts the very sub-process it comes
    from also takes the token that would have gone on there.
    """

    event_definition: Any

    def _run_hook(self, token: Token) -> bool:
        return _Moves._run_hook(self, token)

    def _on_complete(self, token: Token) -> None:
        super()._on_complete(token)
        if isinstance(self.event_definition, SignalEventDefinition):
            self.event_definition.throw(token)


class Throw(_Throws, stock.IntermediateThrowEvent):
    """An intermediate throw event."""


class End(_Throws, stock.EndEvent):
    """An end event: its token is gone. A terminate end takes every other token of its scope with it."""

    def _on_complete(self, token: Token) -> None:
        super()._on_complete(token)
        if isinstance(self.event_definition, TerminateEventDefinition):
            token.workflow.clear()


def _no_way(gateway: Any) -> NoReturn:
    """Refuse a move that leaves a gateway without a way on, naming what the gateway reads."""
    read = sorted(
        str(variable)
        for condition, _ in gateway.cond_task_specs
        if condition is not None
        for variable in parse(condition.args[0]).variables
    )
    reason = Text(
        f"“{gateway.bpmn_name}”处没有任何一条路径的条件得到满足，请检查相关内容。",
        f"No way on from “{gateway.bpmn_name}” is open with these answers.",
    )
    raise InvalidAnswers(dict.fromkeys(read, (reason,)), reason)
