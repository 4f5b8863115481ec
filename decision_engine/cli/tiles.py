"""`log`: the log as static files (C2SP tlog-tiles) for mirrors and auditors; timestamps of an authority (RFC 3161).

Exit codes: 0 done, 1 refused (nothing signed yet; the log is not what was exported before; tiles are damaged; no
timestamp to be believed).
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from sqlalchemy import select

from decision_engine import app, timestamps
from decision_engine.errors import DecisionEngineError
from decision_engine.models import Checkpoint
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


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ROOTS = click.option(
    "--roots", required=True, type=_FILE, help="所信任的时间戳机构根证书（PEM） · certificates trusted (PEM)"
)


@log_group.command()
@click.option("--tsa", required=True, help="时间戳机构网址 · URL of the authority (RFC 3161)")
@_ROOTS
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def timestamp(tsa: str, roots: Path, folder: Path) -> None:
    """给最新检查点加盖时间戳 · have the newest checkpoint stamped; FOLDER gets the note and the token."""
    with app.open_house().reading() as session:
        newest = session.scalars(select(Checkpoint).order_by(Checkpoint.size.desc()).limit(1)).one_or_none()
    if newest is None:
        click.echo("日志尚未签署检查点 · no checkpoint is signed yet", err=True)
        sys.exit(1)
    try:
        token, at = timestamps.stamped(newest.note.encode(), tsa, roots.read_bytes())
    except timestamps.NotStamped as problem:
        click.echo(f"没有可信的时间戳 · no timestamp to be believed: {problem}", err=True)
        sys.exit(1)
    tiles.write(folder / f"{newest.size}.note", newest.note.encode())
    tiles.write(folder / f"{newest.size}.tsr", token)
    click.echo(f"{newest.size}: {at.isoformat()}")


@log_group.command("check-timestamp")
@click.argument("note", type=_FILE)
@click.argument("token", type=_FILE)
@_ROOTS
def check_timestamp(note: Path, token: Path, roots: Path) -> None:
    """核对时间戳 · tell when NOTE was stamped, by its TOKEN; exit 1 if it is not to be believed."""
    try:
        at = timestamps.time_of(note.read_bytes(), token.read_bytes(), roots.read_bytes())
    except timestamps.NotStamped as problem:
        click.echo(f"时间戳不可信 · not to be believed: {problem}", err=True)
        sys.exit(1)
    click.echo(at.isoformat())
