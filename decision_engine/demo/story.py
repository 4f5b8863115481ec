"""A story: scenes in the order of time, each a moment, a title and what is done.

A story is played on a stage (see `stage`), whole or in part, so that a test can stop before a scene, try what the
law forbids, see it refused, and let the story go on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decision_engine.demo.stage import Stage


@dataclass(frozen=True, slots=True)
class Scene:
    """What happens at a moment (*at*: Shanghai time, `2026-03-06 09:00`)."""

    name: str
    at: str
    title: str
    act: Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Check:
    """Something the story promised, and what was found."""

    what: str
    wanted: object
    found: object

    @property
    def holds(self) -> bool:
        """Tell whether the promise was kept."""
        return self.wanted == self.found


@dataclass(frozen=True, slots=True)
class Story:
    """A named story; *expect* reads the stage afterwards and says what was promised and what was found."""

    name: str
    title: str
    scenes: tuple[Scene, ...]
    expect: Callable[[Stage], list[Check]]

    def play(self, stage: Stage, *, start: str | None = None, until: str | None = None) -> None:
        """Play from scene *start* (default: the first) up to, but without, scene *until* (default: to the end)."""
        for scene in self.scenes[self._index(start, 0) : self._index(until, len(self.scenes))]:
            stage.tell(f"\n[bold]{scene.at}　{scene.title}[/bold]")
            stage.move_to(scene.at)
            scene.act(stage)

    def _index(self, name: str | None, default: int) -> int:
        if name is None:
            return default
        return next(index for index, scene in enumerate(self.scenes) if scene.name == name)


def scene(at: str, title: str) -> Callable[[Callable[[Stage], None]], Scene]:
    """Make a function the act of a scene named after it."""

    def made(act: Callable[[Stage], None]) -> Scene:
        return Scene(act.__name__, at, title, act)

    return made
