"""Plays a case in a test: by element names, and through saved bytes at every move."""

from __future__ import annotations

from collections import Counter
from typing import Any

from bpmn import Process, document
from decision_engine import process
from decision_engine.process import Definition, Position, Ready


def deploy(*drawn: Process, messages: tuple[str, ...] = (), signals: tuple[str, ...] = ()) -> Definition:
    """Read and compile *drawn* processes as one deployment of one file."""
    return process.compile_definition(
        process.read({"test.bpmn": document(*drawn, messages=messages, signals=signals)})
    )


class Player:
    """A running case. What it knows between two moves is the state's bytes."""

    def __init__(self, definition: Definition, **facts: Any) -> None:
        self.definition = definition
        self.position: Position = process.start(definition, facts)
        self.trail: list[str] = list(self.position.passed)

    @property
    def ready(self) -> list[str]:
        """The ids of the elements that wait for a person, sorted."""
        return sorted(ready.element for ready in self.position.ready)

    @property
    def timers(self) -> list[str]:
        return sorted(timer.element for timer in self.position.timers)

    @property
    def ended(self) -> bool:
        return self.position.ended

    def find(self, element: str, item: str | None = None) -> Ready:
        matching = [
            ready
            for ready in self.position.ready
            if ready.element == element and (item is None or ready.item == item)
        ]
        assert matching, f"{element} is not ready, but {self.ready}"
        return matching[0]

    def do(self, element: str, item: str | None = None, /, **answers: Any) -> Player:
        """Complete *element* (of *item*) with *answers*."""
        ready = self.find(element, item)
        return self.move(process.complete(self.definition, self.position.state, ready.id, answers))

    def elapse(self, element: str) -> Player:
        timer = next(timer for timer in self.position.timers if timer.element == element)
        return self.move(process.elapse(self.definition, self.position.state, timer.id))

    def signal(self, name: str) -> Player:
        return self.move(process.signal(self.definition, self.position.state, name))

    def move(self, position: Position) -> Player:
        """Take *position* as reached, after holding it against what was saved."""
        again = process.look(self.definition, position.state)
        assert _without_passed(again) == _without_passed(position), "what was saved is not what was reached"
        self.position = position
        self.trail += position.passed
        return self

    def passed(self) -> Counter[str]:
        """How often each element was passed so far."""
        return Counter(self.trail)


def _without_passed(position: Position) -> tuple[Any, ...]:
    return (position.state, position.ready, position.timers, position.ended, position.awaits)
