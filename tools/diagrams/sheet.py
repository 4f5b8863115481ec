"""What a diagram says, before anybody knows where a pixel goes.

A `Sheet` is one process: lanes with roles, nodes at grid places, flows between them. Places are
`(column, row)`; a row counts inside its lane. Everything else (sizes, edges, labels) is worked out from it.

    sheet = Sheet("risk_assessment", "风险评估", prefix="risk")
    unit = sheet.lane("lead_unit_officer", "决策承办单位")
    sheet.start("start", "开始评估", unit, 0)
    sheet.task("assess_risk", "开展风险评估", unit, 1)
    sheet.path("start", "assess_risk")
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

SIZES = {
    "userTask": (124, 74),
    "callActivity": (124, 74),
    "startEvent": (36, 36),
    "endEvent": (36, 36),
    "intermediateCatchEvent": (36, 36),
    "intermediateThrowEvent": (36, 36),
    "boundaryEvent": (36, 36),
    "exclusiveGateway": (50, 50),
    "parallelGateway": (50, 50),
    "inclusiveGateway": (50, 50),
}


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane: *role* is `decision:role`, *name* what officials call it."""

    number: int
    role: str
    name: str


@dataclass(frozen=True, slots=True)
class Node:
    """One flow node or text annotation. *key* is its id without the sheet's prefix."""

    key: str
    kind: str
    name: str
    lane: Lane
    column: int
    row: int
    step: str | None = None
    called: str | None = None  # process id of a call activity
    each: tuple[str, str] | None = None  # collection and item of a parallel multi-instance task
    timer: str | None = None  # duration expression
    message: str | None = None  # name of the message waited for
    host: str | None = None  # key of the activity a boundary event sits on
    interrupting: bool = True
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Flow:
    """One sequence flow. *leave* and *enter* may fix the sides (`l`, `r`, `t`, `b`) the edge uses."""

    key: str
    source: str
    target: str
    name: str = ""
    condition: str | None = None
    default: bool = False
    leave: str = ""
    enter: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message flow between a node and the public; *outward* runs from the node to the public."""

    key: str
    node: str
    name: str
    outward: bool


@dataclass
class Sheet:
    """One process and where its things stand in the grid."""

    process: str
    name: str
    prefix: str
    profile: str | None = None
    public: str | None = None  # name of the black-box pool above, if any
    lanes: list[Lane] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)  # note key -> key of the node it explains
    wider: dict[int, int] = field(default_factory=dict)  # column -> extra pixels after it

    def lane(self, role: str, name: str) -> Lane:
        """Add the next lane below the others."""
        lane = Lane(len(self.lanes), role, name)
        self.lanes.append(lane)
        return lane

    def _put(self, node: Node) -> None:
        if node.key in self.nodes:
            raise ValueError(f"{self.process}: two nodes are called {node.key}")
        self.nodes[node.key] = node

    def _node(
        self, kind: str, key: str, name: str, lane: Lane, column: int, row: int = 0, **more: object
    ) -> None:
        width, height = SIZES[kind]
        self._put(Node(key, kind, name, lane, column, row, width=width, height=height, **more))  # type: ignore[arg-type]

    def start(self, key: str, name: str, lane: Lane, column: int, row: int = 0) -> None:
        """Add the start event."""
        self._node("startEvent", key, name, lane, column, row)

    def end(self, key: str, name: str, lane: Lane, column: int, row: int = 0) -> None:
        """Add an end event."""
        self._node("endEvent", key, name, lane, column, row)

    def task(
        self,
        key: str,
        name: str,
        lane: Lane,
        column: int,
        row: int = 0,
        *,
        step: str | None = None,
        each: tuple[str, str] | None = None,
    ) -> None:
        """Add a user task; its step is its key unless *step* says otherwise."""
        self._node("userTask", key, name, lane, column, row, step=step or key, each=each)

    def call(
        self,
        key: str,
        name: str,
        lane: Lane,
        column: int,
        row: int = 0,
        *,
        process: str | None = None,
        step: str | None = None,
    ) -> None:
        """Add a call activity of *process* (its key unless given)."""
        self._node("callActivity", key, name, lane, column, row, called=process or key, step=step)

    def choice(
        self, key: str, name: str, lane: Lane, column: int, row: int = 0, *, step: str | None = None
    ) -> None:
        """Add an exclusive gateway that asks a question."""
        self._node("exclusiveGateway", key, name, lane, column, row, step=step)

    def merge(self, key: str, lane: Lane, column: int, row: int = 0) -> None:
        """Add an exclusive gateway where alternative ways meet."""
        self._node("exclusiveGateway", key, "", lane, column, row)

    def parallel(self, key: str, name: str, lane: Lane, column: int, row: int = 0) -> None:
        """Add a parallel gateway (split or join)."""
        self._node("parallelGateway", key, name, lane, column, row)

    def inclusive(self, key: str, name: str, lane: Lane, column: int, row: int = 0) -> None:
        """Add an inclusive gateway (split or join)."""
        self._node("inclusiveGateway", key, name, lane, column, row)

    def wait(
        self,
        key: str,
        name: str,
        lane: Lane,
        column: int,
        row: int = 0,
        *,
        timer: str,
        step: str | None = None,
    ) -> None:
        """Add an intermediate timer event."""
        self._node("intermediateCatchEvent", key, name, lane, column, row, timer=timer, step=step)

    def throw(self, key: str, name: str, lane: Lane, column: int, row: int = 0) -> None:
        """Add a none throw event: a moment worth a name."""
        self._node("intermediateThrowEvent", key, name, lane, column, row)

    def boundary(
        self,
        key: str,
        name: str,
        host: str,
        *,
        interrupting: bool,
        timer: str | None = None,
        message: str | None = None,
    ) -> None:
        """Add a timer, or a catch of *message*, on the lower border of *host*."""
        at = self.nodes[host]
        self._node(
            "boundaryEvent",
            key,
            name,
            at.lane,
            at.column,
            at.row,
            timer=timer,
            message=message,
            host=host,
            interrupting=interrupting,
        )

    def note(self, about: str, text: str, lane: Lane, column: int, row: int = 0) -> None:
        """Add a text annotation that explains the node *about*; its lines are broken as *text* breaks them."""
        lines = text.split("\n")
        width = 12 * max(map(len, lines)) + 18
        key = f"note_{about}"
        self._put(
            Node(key, "textAnnotation", text, lane, column, row, width=width, height=12 + 15 * len(lines))
        )
        self.notes[key] = about

    def flow(
        self,
        source: str,
        target: str,
        name: str = "",
        condition: str | None = None,
        *,
        default: bool = False,
        leave: str = "",
        enter: str = "",
    ) -> None:
        """Draw one sequence flow."""
        for end in (source, target):
            if end not in self.nodes:
                raise ValueError(f"{self.process}: no node is called {end}")
        key = f"flow_{source}_to_{target}"
        if any(flow.key == key for flow in self.flows):
            raise ValueError(f"{self.process}: two flows run from {source} to {target}")
        self.flows.append(Flow(key, source, target, name, condition, default, leave, enter))

    def path(self, *keys: str) -> None:
        """Draw unconditional flows along *keys*."""
        for source, target in pairwise(keys):
            self.flow(source, target)

    def message(self, node: str, name: str, *, outward: bool) -> None:
        """Draw a message flow between *node* and the public."""
        way = "to" if outward else "from"
        self.messages.append(Message(f"message_{node}_{way}_public", node, name, outward))
