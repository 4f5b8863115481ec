"""`decision-engine db harden`: let the service own nothing in PostgreSQL, and change nothing that was written once."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from decision_engine import guard
from decision_engine.config import read_settings
from decision_engine.db import open_engine

console = Console(soft_wrap=True, highlight=False)


@click.command()
@click.option(
    "--app-role", default="decision_engine_app", show_default=True, help="服务的角色 · the service's role"
)
@click.option(
    "--owner-role",
    default="decision_engine_owner",
    show_default=True,
    help="表的所有者 · who owns the tables",
)
def harden(app_role: str, owner_role: str) -> None:
    """收紧数据库权限（PostgreSQL，以超级用户执行）· make roles and rights; as a superuser, after each upgrade.

    Exit 1 when the database refuses, 2 when it is not PostgreSQL.
    """
    engine = open_engine(read_settings().database_url)
    try:
        with engine.begin() as connection:
            guard.harden(connection, app_role, owner_role)
    except ValueError as problem:
        console.print(f"无法执行 · not done: {problem}", style="red", markup=False)
        sys.exit(2)
    except SQLAlchemyError as problem:
        console.print(
            f"数据库拒绝 · the database refuses: {type(problem).__name__}", style="red", markup=False
        )
        sys.exit(1)
    finally:
        engine.dispose()
    console.print(
        f"已收紧：服务请改用角色 {app_role} 连接（先设置口令），以后每次升级后再执行一次。\n"
        f"Done. Let the service connect as {app_role} (give it a password first); run this again after each upgrade."
    )
