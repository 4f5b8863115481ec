"""`log export-tiles DIR` writes the log as static files (C2SP tlog-tiles) for mirrors and auditors.

Exit codes: 0 done, 1 refused (nothing signed yet; the log is not what was exported before; tiles are damaged).
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from decision_engine import app
from decision_engine.errors import DecisionEngineError
from decision_engine.queries import tiles


@click.group("log")
def log_group() -> None:
    """日志文件 · the log as files."""


@log_group.command("export-tiles")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export_tiles(folder: Path) -> None:
    """导出日志树 · write tiles, entries and the newest checkpoint to FOLDER; run again, only what is new is added."""
    try:
        with app.open_house().reading() as session:
            size = tiles.export(session, folder)
    except DecisionEngineError as refusal:
        click.echo(f"{refusal.message.zh}\n{refusal.message.en}", err=True)
        sys.exit(1)
    click.echo(f"已导出 {size} 条 · {size} entries exported → {folder}")
