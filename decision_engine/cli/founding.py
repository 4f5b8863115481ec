"""`decision-engine found`: the first organ and its administrators, in an empty database."""

from __future__ import annotations

import sys

import click
from rich.console import Console

from decision_engine import app
from decision_engine.calendar import local_day
from decision_engine.commands.founding import found_house
from decision_engine.commands.people import ORGAN_KINDS
from decision_engine.errors import DecisionEngineError

console = Console(soft_wrap=True, highlight=False)


@click.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(sorted(ORGAN_KINDS)), default="town", show_default=True)
@click.option(
    "--overlay",
    "overlays",
    multiple=True,
    help="适用规定，国家规定之外逐级给出 · rules beside the nation's, widest first",
)
@click.option(
    "--administrator",
    "administrators",
    multiple=True,
    type=(str, str),
    metavar="LOGIN 姓名",
    help="管理员，至少两名 · administrators, two at least",
)
def found(
    name: str, kind: str, overlays: tuple[str, ...], administrators: tuple[tuple[str, str], ...]
) -> None:
    """登记首个机关和管理员 · enter the organ NAME and its administrators in an empty database; once.

    Prints a one-time password for each, good for three days. Exit 1 when refused.
    """
    house = app.open_house()
    try:
        made = found_house(
            house, name, kind, ("national", *overlays), dict(administrators), local_day(house.clock.now())
        )
    except DecisionEngineError as refusal:
        wrong = [one for sentences in getattr(refusal, "fields", {}).values() for one in sentences]
        for one in (refusal.message, *wrong):
            console.print(f"{one.zh} · {one.en}", style="red", markup=False)
        sys.exit(1)
    finally:
        house.engine.dispose()
    console.print(f"已登记 · entered: {name}", markup=False)
    for login, password in made.items():
        console.print(f"  {login}  {password}", markup=False)
    console.print(
        "一次性密码只显示这一次，首次登录时须更换。\nShown only now; each must be replaced at the first sign-in."
    )
