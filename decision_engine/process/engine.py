"""SpiffWorkflow, kept to what it does well: a tree of tasks, each driven by the spec it stands on.

`Case`, `Scope` and `Token` are SpiffWorkflow's workflow, sub-workflow and task; `specs` has its spec
classes. Replaced is what is wrong, slow or unsafe for us. What is guaranteed:

* **The tree holds tokens.** Nothing is predicted, so every unfinished task is a token of the token game
  and history may be cut away at any moment (`state` does so at every save).
* **Joins look last**, when nothing else can move: only then is it known who can still come.
* **Answers are kept once per case**, under their step's name; scopes and branches share them. A branch
  cannot overwrite another one's answers with an old copy.
* **No code is run and no clock is read.** Conditions are `expressions`; timers wait until they are told.
* **Ids are counted**, so the same move on the same state gives the same position.
"""

# ruff: noqa: SLF001  (SpiffWorkflow's extension points are its protected hooks)
from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from decision_engine.errors import EngineDisagrees
from decision_engine.process.expressions import parse

FUTURE, WAITING, READY, STARTED = TaskState.FUTURE, TaskState.WAITING, TaskState.READY, TaskState.STARTED
COMPLETED, CANCELLED = TaskState.COMPLETED, TaskState.CANCELLED
LIVE = FUTURE | WAITING | READY | STARTED

MAX_STEPS = 10_000  # engine steps in one move; a proved diagram needs a few dozen


class Token(Task):
    """A task that knows no time, copies no data and takes its id from the case's counter."""

    workflow: Any
    task_spec: Any

    def __init__(
        self,
        workflow: Any,
        task_spec: Any,
        parent: Token | None = None,
        state: int = FUTURE,
        number: int | None = None,
    ) -> None:
        self.id: int = workflow.top_workflow.next_id() if number is None else number
        self.workflow = workflow
        self.task_spec = task_spec
        self._parent = None if parent is None else parent.id
        self._children: list[int] = []
        self._state = state
        self.triggered = False
        self.thread_id = 0
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.last_state_change = 0.0
        workflow.tasks[self.id] = self
        if parent is not None:
            parent._children.append(self.id)

    @property
    def parent(self) -> Any:
        """The token this one came from, or the group it waits in."""
        return self.workflow.tasks.get(self._parent)

    @property
    def children(self) -> list[Token]:
        """What came from this token."""
        tasks = self.workflow.tasks
        return [tasks[child] for child in self._children]

    @property
    def is_live(self) -> bool:
        """Whether this is a token, and not something that is over."""
        return bool(self._state & LIVE)

    def _add_child(self, task_spec: Any, state: int = FUTURE) -> Token:
        return Token(self.workflow, task_spec, self, state)

    def _set_state(self, value: int) -> None:
        self._state = value

    def _inherit_data(self) -> None:
        """Do nothing: answers are the case's, not the task's."""

    def _ready(self) -> None:
        if not self.is_live:
            return
        self._state = READY
        if not self.task_spec.manual:
            self.workflow.top_workflow.agenda.append(self)

    def cancel(self) -> None:
        """Withdraw this token and what lives below it (instances, called processes)."""
        todo = [self]
        while todo:
            token = todo.pop()
            todo.extend(token.children)
            if token.is_live:
                token._state = CANCELLED
                token.task_spec._on_cancel(token)


class _Completes:
    """What `Case` and `Scope` share: they note what is passed and are complete when no token is left."""

    tasks: dict[int, Token]
    top_workflow: Any
    spec: Any
    task_tree: Any

    def begin(self) -> None:
        """Put the first token on the start event."""
        self.task_tree = Token(self, self.spec.start, number=0)
        self.task_tree._ready()

    def tokens(self) -> list[Token]:
        """Return what is unfinished here, not counting the inside of sub-processes."""
        return [token for token in self.tasks.values() if token._state & LIVE]

    def clear(self) -> None:
        """Withdraw every token (BPMN 2.0 13.5.6, terminate)."""
        for token in self.tokens():
            token.cancel()

    def _task_completed_notify(self, token: Token) -> None:
        if token.task_spec.bpmn_id is not None:
            self.top_workflow.passed.append(token.task_spec.bpmn_id)


class Scope(_Completes, BpmnSubWorkflow):
    """One running embedded sub-process or called process."""

    def __init__(self, spec: Any, parent: Token) -> None:
        self.parent_token = parent
        super().__init__(
            spec, parent_task_id=parent.id, top_workflow=parent.workflow.top_workflow, deserializing=True
        )

    def _calculate_depth(self) -> int:
        above = self.parent_token.workflow
        return 1 + (above.depth if isinstance(above, Scope) else 0)


class Case(_Completes, BpmnWorkflow):
    """One running case: the main process, the scopes inside it, and what the diagram may read.

    *seed* (24 hex digits) makes its ids unlike those of other cases.
    """

    subprocesses: dict[int, Scope]

    def __init__(self, spec: Any, specs: Mapping[str, Any], seed: str) -> None:
        self.seed = seed
        self.counter = 0
        self.facts: dict[str, Any] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.agenda: deque[Token] = deque()
        self.passed: list[str] = []
        super().__init__(spec, specs, CONDITIONS, deserializing=True)

    def next_id(self) -> int:
        """Count on and return the next token's number."""
        self.counter += 1
        return self.counter

    def public_id(self, token: Token) -> str:
        """Return the id by which the outside knows *token*."""
        return f"{self.seed}{token.id:08x}"

    def find(self, public_id: str) -> Token | None:
        """Return the token with *public_id*, wherever it is."""
        if len(public_id) != 32 or not public_id.startswith(self.seed):  # noqa: PLR2004
            return None
        try:
            number = int(public_id[24:], 16)
        except ValueError:
            return None
        found = (part.tasks.get(number) for part in (self, *self.subprocesses.values()))
        token = next((token for token in found if token is not None), None)
        return token if token is not None and self.public_id(token) == public_id else None

    def value(self, step: str | None, field: str) -> object:
        """Return a case fact or a field of the latest answers of *step*; `None` where there is none."""
        return self.facts.get(field) if step is None else self.answers.get(step, {}).get(field)

    def all_tokens(self) -> Iterator[Token]:
        """Yield every unfinished token of every scope, outer scopes first."""
        yield from self.tokens()
        for scope in self.subprocesses.values():
            yield from scope.tokens()

    def create_subprocess(self, my_task: Token, spec_name: str) -> Scope:
        """Begin the scope that *my_task* stands for."""
        scope = Scope(self.subprocess_specs[spec_name], my_task)
        self.subprocesses[my_task.id] = scope
        scope.begin()
        return scope

    def drop_scope(self, token: Token) -> None:
        """Withdraw the scope that *token* stands for, with all inside it."""
        scope = self.subprocesses.pop(token.id, None)
        if scope is not None:
            scope.clear()

    def do_engine_steps(self, *_: Any) -> None:
        """Move until only people, timers and messages are waited for."""
        for _step in range(MAX_STEPS):
            if not (self._run_next() or self._close_scope() or self._settle_joins()):
                self.completed = not self.tokens()
                return
        raise EngineDisagrees

    def _run_next(self) -> bool:
        while self.agenda:
            token = self.agenda.popleft()
            if token._state == READY:
                token.run()
                return True
        return False

    def _close_scope(self) -> bool:
        for key, scope in self.subprocesses.items():
            if not scope.tokens():
                del self.subprocesses[key]
                scope.parent_token._ready()
                return True
        return False

    def _settle_joins(self) -> bool:
        """Let waiting joins look again: only now, when nothing else can move, is it known who still comes."""
        for part in (self, *self.subprocesses.values()):
            for token in part.tokens():
                if token._state == WAITING and isinstance(token.task_spec, UnstructuredJoin):
                    token.task_spec._update(token)
                    if self.agenda:
                        return True
        return False


class Conditions(PythonScriptEngine):
    """SpiffWorkflow's door for expressions: ours are read by `expressions`, scripts are never run."""

    def evaluate(self, task: Token, expression: str, external_context: Any = None) -> bool:  # noqa: ARG002
        """Return whether the condition is satisfied in the task's case."""
        return parse(expression).holds(task.workflow.top_workflow.value) is True

    def execute(self, task: Any, script: str, external_context: Any = None) -> NoReturn:  # noqa: ARG002
        """Refuse: nothing in a diagram is code."""
        raise EngineDisagrees


CONDITIONS = Conditions()
