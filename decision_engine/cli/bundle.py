"""`audit bundle CASE -o FILE` writes the evidence bundle of a case; `bundle verify FILE` checks one, offline."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from decision_engine import app
from decision_engine.access import CLOCK
from decision_engine.errors import DecisionEngineError
from decision_engine.queries import bundle as bundles
from decision_engine.queries import meetings
from decision_engine.verifier import verify as verifier
from decision_engine.work import unit_of_work


@click.command("bundle")
@click.argument("case")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="输出文件 · file to write",
)
@click.option(
    "--since", multiple=True, type=int, help="他处所存检查点的条数 · size of a checkpoint held elsewhere"
)
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="装入的信任文件 · the policy to enclose, instead of the installation's",
)
def export(case: str, output: Path, since: tuple[int, ...], policy: Path | None) -> None:
    """导出案件证据包 · write the evidence bundle of CASE (id or number); the export enters the log."""
    house = app.open_house()
    try:
        with unit_of_work(house, as_actor=CLOCK) as work:
            found = bundles.case_named(work.session, case)
            meetings.not_while_discussed(work, found.id, log=True)
            enclosed = policy.read_bytes() if policy else bundles.own_policy(house.settings)
            made = bundles.of_case(work, found, policy=enclosed, since=since)
            work.reads(found.id, "bundle")
    except DecisionEngineError as refusal:
        click.echo(f"{refusal.message.zh}\n{refusal.message.en}", err=True)
        sys.exit(1)
    output.write_bytes(made.content)
    click.echo(
        f"{found.label}: {made.events} 条记录，检查点 {made.size}，{len(made.content)} 字节 → {output}\n"
        f"{made.events} entries, checkpoint {made.size}, {len(made.content)} bytes"
    )
    if made.waiting:
        click.echo(
            f"其中 {made.waiting} 条尚未列入检查点 · {made.waiting} of them are under no checkpoint yet"
        )


@click.group("bundle")
def bundle_group() -> None:
    """证据包 · evidence bundles."""


@bundle_group.command(
    "verify",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """离线核对证据包 · check a bundle offline; exit 0 nothing found, 1 findings, 2 not a bundle."""
    sys.exit(verifier.main(arguments))
