"""A BPMN deployment as a plain value: what the file says, nothing more.

`Diagram` is what is proved (`verify`), what is watched (`semantics`) and what is run (`runner`). It is
hashable by content, holds no lxml or SpiffWorkflow object, and its order is the document's order.

Ids are unique over the whole deployment: an element, a flow and a process never share one.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer event: *kind* is `date`, `duration` or `cycle`; *text* is written without quotes.

    *text* is an ISO 8601 date-time or duration, or `parameter('name')` for a dated parameter of the
    rules (a bare parameter name is read as the same).
    """

    kind: str
    text: str
    reason: str | None = None  # decision:reason: the field of the notice that excuses a shorter period


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """What an event waits for or throws.

    *kind*: `none`, `timer`, `message`, `signal`, `terminate`, `error`, `escalation`, `conditional` ...
    """

    kind: str
    name: str | None = None  # of the message, signal, error or escalation
    timer: Timer | None = None


@dataclass(frozen=True, slots=True)
class MultiInstance:
    """One instance per item of *collection* (`<step>.<field>`), or *cardinality* instances."""

    sequential: bool
    collection: str | None = None
    item: str | None = None
    cardinality: str | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """A flow node. *kind* is BPMN's own local name (`userTask`, `exclusiveGateway`, `boundaryEvent` ...)."""

    id: str
    kind: str
    name: str
    scope: str  # id of the process or embedded sub-process that holds it
    line: int
    step: str | None = None  # decision:step
    lane: str | None = None  # name of the innermost lane
    role: str | None = None  # decision:role of the innermost lane; inherited from the scope's element
    incoming: tuple[str, ...] = ()  # sequence flow ids
    outgoing: tuple[str, ...] = ()
    default: str | None = None  # flow id
    event: EventDefinition | None = None
    attached_to: str | None = None  # boundary events
    interrupting: bool = True  # boundary events: cancelActivity
    called: str | None = None  # call activities: id of the called process
    loop: MultiInstance | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow; *condition* is the expression's text."""

    id: str
    source: str
    target: str
    scope: str
    line: int
    name: str = ""
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """One `bpmn:process` (not an embedded sub-process)."""

    id: str
    name: str
    line: int
    executable: bool = True
    profile: str | None = None  # decision:profile
    file: str = ""


@dataclass(frozen=True, slots=True)
class Diagram:
    """All processes of one deployment. *main* is the one no call activity calls."""

    processes: tuple[Process, ...]
    elements: dict[str, Element]
    flows: dict[str, Flow]
    main: str
    hash: str  # SHA-256 (hex) over the files' bytes, in the order of their process ids
    files: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)  # (name, exact bytes)

    def inside(self, scope: str) -> tuple[Element, ...]:
        """Return the elements directly in *scope* (a process or an embedded sub-process), in document order."""
        return tuple(element for element in self.elements.values() if element.scope == scope)

    def role_of(self, element: str, call_path: tuple[str, ...] = ()) -> str | None:
        """Return who acts at *element* when it was reached through the call activities *call_path*.

        The innermost lane decides; where a process has no lanes, the activity that calls it (outermost
        first in *call_path*) or the sub-process that holds it.
        """
        for name in (element, *reversed(call_path)):
            scope: Element | None = self.elements[name]
            while scope is not None:
                if scope.role is not None:
                    return scope.role
                scope = self.elements.get(scope.scope)
        return None
