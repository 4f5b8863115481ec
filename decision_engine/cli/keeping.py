"""`decision-engine backup` and `decision-engine restore`: keeping the house against fire."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from decision_engine import app, keeping
from decision_engine.audit import note
from decision_engine.config import read_settings
from decision_engine.keeping import Manifest, NotKept

console = Console(soft_wrap=True, highlight=False)

_TOOLS = click.option(
    "--tools",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="pg_dump 所在目录 · the folder of pg_dump and pg_restore",
)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--check", is_flag=True, help="只核验已有备份 · only verify a backup that is there")
@_TOOLS
def backup(folder: Path, check: bool, tools: Path | None) -> None:
    """备份到新目录并核验 · write a verified backup into a new FOLDER; exit 1 with findings, 2 if there is none."""
    try:
        if check:
            made = keeping.verify(folder)
        else:
            house = app.open_house()
            made = keeping.backup(house, folder, tools=tools)
            house.engine.dispose()
    except NotKept as problem:
        _refused(problem)
    _show(made)
    sys.exit(1 if made.findings else 0)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--operator", required=True, help="操作人姓名 · who restores")
@click.option("--reason", required=True, help="恢复原因 · why")
@click.option(
    "--gave-up",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="公证或见证方持有的最新检查点 · the newest checkpoint the notary or a witness holds",
)
@_TOOLS
def restore(folder: Path, operator: str, reason: str, gave_up: Path | None, tools: Path | None) -> None:
    """恢复到空的数据库，并记入日志 · restore into an empty database and write it into the log; exit 2 if refused."""
    try:
        head = _head(gave_up) if gave_up is not None else None
        done = keeping.restore(
            read_settings(), folder, operator=operator, reason=reason, gave_up=head, tools=tools
        )
    except NotKept as problem:
        _refused(problem)
    _show(done.manifest)
    if head is not None and head[0] > done.manifest.log.leaves:
        console.print(
            f"[yellow]日志中第 {done.manifest.log.leaves} 至 {head[0] - 1} 叶不在备份中 · "
            f"leaves {done.manifest.log.leaves} to {head[0] - 1} are not in the backup[/yellow]"
        )
    console.print(
        f"已恢复并记入日志 · restored, and in the log: {done.receipt.chain} {done.receipt.seq} {done.receipt.hash}"
    )
    console.print(
        "所有登录已失效；公证进程须先批准此事件 · everybody signs in again; the notary signs again once it was "
        f"told of this event: {done.receipt.event_id}"
    )


def _head(path: Path) -> tuple[int, bytes]:
    try:
        checkpoint = note.parse_checkpoint(note.parse(path.read_bytes()).text)
    except ValueError as problem:
        raise click.UsageError(f"{path}: 不是检查点 · no checkpoint: {problem}") from problem
    return checkpoint.size, checkpoint.root


def _show(made: Manifest) -> None:
    papers = len(made.files) - 1
    size = sum(size for _, size in made.files.values())
    console.print(
        f"{made.made_at}  {made.dialect}  v{made.version}  {made.log.events} 条日志 · events, "
        f"{made.log.chains} 条链 · chains, {papers} 份文件 · papers, {size} 字节 · bytes"
    )
    console.print(f"清单 · manifest SHA-256: {made.sha256}")
    for finding in made.findings:
        console.print(f"[red]{finding}[/red]", markup=True)
    if not made.findings:
        console.print("[green]核验无误 · verified[/green]")


def _refused(problem: NotKept) -> NoReturn:
    console.print(f"[red]{problem.message.zh}[/red]\n{problem.message.en}")
    sys.exit(2)
