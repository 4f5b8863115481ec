"""A story at rest: houses kept as folders before each scene, and what a test looks at in one.

`Saves` plays a story once, as far as it is needed; a test opens a copy of the house as it stood before a scene.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from decision_engine.demo.door import Refused
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage, open_stage
from decision_engine.demo.story import Story


@dataclass(frozen=True, slots=True)
class Saved:
    """A closed house as the story left it before a scene."""

    folder: Path
    case_id: str
    papers: dict[str, str]


class Saves:
    """The story played up to one scene after the other, each state kept as a folder; *room* as for `Stage`."""

    def __init__(self, root: Path, story: Story = S1, *, room: bool = False) -> None:
        self._root = root
        self._story = story
        self._room = room
        self._kept: dict[str, Saved] = {}

    @contextmanager
    def opened(self, scene: str, folder: Path) -> Iterator[Stage]:
        """Give a stage on a copy of the house as it stood before *scene*."""
        saved = self._before(scene)
        shutil.copytree(saved.folder, folder, dirs_exist_ok=True)
        with open_stage(folder, self._at(scene), room=self._room) as stage:
            stage.case_id, stage.papers = saved.case_id, dict(saved.papers)
            yield stage

    def _before(self, scene: str) -> Saved:
        if scene not in self._kept:
            self._kept[scene] = self._play_until(scene)
        return self._kept[scene]

    def _play_until(self, scene: str) -> Saved:
        names = [one.name for one in self._story.scenes]
        earlier = [name for name in names[: names.index(scene)] if name in self._kept]
        folder = self._root / scene
        begin = earlier[-1] if earlier else names[0]
        with ExitStack() as stack:
            if earlier:
                stage = stack.enter_context(self.opened(begin, folder))
            else:
                folder.mkdir()
                stage = stack.enter_context(open_stage(folder, self._at(begin), room=self._room))
            self._story.play(stage, start=begin, until=scene)
            return Saved(folder, stage.case_id, dict(stage.papers))

    def _at(self, scene: str) -> str:
        return next(one.at for one in self._story.scenes if one.name == scene)


# -- what a test looks at ----------------------------------------------------------------------------------


def events(stage: Stage) -> list[dict]:
    return stage.pages("auditor", f"/cases/{stage.case_id}/events")


def status(stage: Stage) -> str:
    return stage.ask("auditor", f"/cases/{stage.case_id}")["status"]


def written(stage: Stage) -> list[object]:
    """Everything a case holds but its log."""
    case = f"/cases/{stage.case_id}"
    return [
        {k: v for k, v in stage.ask("auditor", case).items() if k != "version"},
        stage.pages("auditor", f"{case}/records"),
        stage.pages("auditor", f"{case}/tasks"),
        stage.ask("auditor", f"{case}/documents"),
        stage.pages("auditor", f"{case}/comments"),
        stage.ask("auditor", f"{case}/diagram")["timers"],
    ]


@contextmanager
def nothing_is_written_but_the_refusal(stage: Stage, rule: str) -> Iterator[None]:
    kept, log = written(stage), events(stage)
    yield
    assert written(stage) == kept
    after = events(stage)
    assert after[:-1] == log
    assert after[-1]["kind"] == "act.refused"
    assert rule in after[-1]["body"]["rules"]


def unlawful(refusal: Refused, rule: str) -> str:
    """Check that *refusal* is a lawful one that names *rule*, and return the reason given."""
    assert refusal.status == 422
    assert refusal.problem["type"].endswith(":unlawful")
    assert rule in refusal.rules
    found = next(one for one in refusal.problem["findings"] if one["rule"] == rule)
    assert found["law"]
    assert found["article"]
    return found["message"]
