"""Play a story before an audience: progress as it goes, the trail at the end, every promise checked."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage, open_stage
from decision_engine.demo.story import Check, Story

STORIES: dict[str, Story] = {S1.name: S1}


def play(name: str, console: Console | None = None) -> int:
    """Play story *name* in a throw-away house over HTTP and return 0, or 1 if a promise was not kept.

    Raises `KeyError` for a story nobody wrote.
    """
    story, console = STORIES[name], console or Console(highlight=False)
    console.print(f"[bold]故事 {story.name}　{story.title}[/bold]（虚构城镇，移动时钟，经 HTTP 接口办理）")
    with (
        tempfile.TemporaryDirectory(prefix="decision-engine-") as folder,
        open_stage(Path(folder), story.scenes[0].at, console.print) as stage,
    ):
        story.play(stage)
        checks = story.expect(stage)
        _print_trail(console, stage)
    _print_checks(console, checks)
    return 0 if all(check.holds for check in checks) else 1


def _print_trail(console: Console, stage: Stage) -> None:
    console.print("\n[bold]办理轨迹[/bold]")
    for event in stage.pages("auditor", f"/cases/{stage.case_id}/events"):
        console.print(f"{event['seq']:>4}  {event['sentence']['zh']}", markup=False)


def _print_checks(console: Console, checks: list[Check]) -> None:
    table = Table(title="核对结果", show_lines=False)
    for heading in ("", "核对事项", "应为", "实为"):
        table.add_column(heading)
    for check in checks:
        found = "相符" if check.holds else str(check.found)
        table.add_row(
            "[green]✓[/green]" if check.holds else "[red]✗[/red]", check.what, str(check.wanted), found
        )
    console.print(table)
    wrong = [check for check in checks if not check.holds]
    if not wrong:
        console.print(f"[green]全部{len(checks)}项与预期一致，日志链完整。[/green]")
        return
    console.print(f"[red]{len(wrong)}项与预期不一致：[/red]")
    for check in wrong:
        console.print(f"  {check.what}：应为 {check.wanted}，实为 {check.found}", markup=False)
