"""Play a story before an audience: progress as it goes, the trail at the end, every promise checked."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console

from decision_engine.demo.s1 import S1
from decision_engine.demo.s2 import S2
from decision_engine.demo.s3 import S3
from decision_engine.demo.stage import open_stage
from decision_engine.demo.story import Check, Story

STORIES: dict[str, Story] = {one.name: one for one in (S1, S2, S3)}


def play(name: str, console: Console | None = None) -> int:
    """Play story *name* in a throw-away house over HTTP and return 0, or 1 if a promise was not kept.

    Raises `KeyError` for a story nobody wrote.
    """
    story, console = STORIES[name], console or Console(highlight=False)
    say = partial(console.print, soft_wrap=True, highlight=False)
    say(f"[bold]故事 {story.name}　{story.title}[/bold]（虚构城镇，移动时钟，经 HTTP 接口办理）")
    with (
        tempfile.TemporaryDirectory(prefix="decision-engine-") as folder,
        open_stage(Path(folder), story.scenes[0].at, say, room=True) as stage,
    ):
        story.play(stage)
        say("\n[bold]办理轨迹[/bold]")
        for line in trail(stage.pages("auditor", f"/cases/{stage.case_id}/events")):
            say(line, markup=False)
        checks = story.expect(stage)
    say("\n[bold]核对结果[/bold]")
    for line in verdict(checks):
        say(line, markup=False)
    return 0 if all(check.holds for check in checks) else 1


def trail(events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Tell the events of a case in Chinese, one a line; the same sentence several times running is told once."""
    for sentence, run in groupby(events, key=lambda event: event["sentence"]["zh"]):
        places = [event["seq"] for event in run]
        more = f"（共{len(places)}次，至第{places[-1]}条）" if len(places) > 1 else ""
        yield f"{places[0]:>5}  {sentence}{more}"


def verdict(checks: Sequence[Check]) -> Iterator[str]:
    """Tell what was promised and found, then the sum; what differs is told again at the end."""
    for check in checks:
        yield f"  {'✓' if check.holds else '✗'} {check.what}：{_shown(check.wanted)}"
    wrong = [check for check in checks if not check.holds]
    if not wrong:
        yield f"全部{len(checks)}项与预期一致，日志链完整。"
        return
    yield f"{len(wrong)}项与预期不一致："
    for check in wrong:
        yield f"  {check.what}：应为 {_shown(check.wanted)}，实为 {_shown(check.found)}"


def _shown(value: object) -> str:
    match value:
        case bool():
            return "是" if value else "否"
        case dict():
            return "、".join(f"{name} {one}" for name, one in value.items())
        case list() | tuple():
            return "、".join(str(one) for one in value) or "无"
    return str(value)
