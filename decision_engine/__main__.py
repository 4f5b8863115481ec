"""The command line: `decision-engine serve | worker | demo | db | deploy | check | rules | audit`.

Exit codes: 0 done, 1 refused or findings, 2 unreadable or misused.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from flask import Flask
from rich.console import Console
from rich.table import Table

from decision_engine import __version__, app, logs, process, rules
from decision_engine.cli import audit, bundle, founding, hardening, keeping, proof, tiles
from decision_engine.commands import definitions, sessions
from decision_engine.config import Settings, read_settings
from decision_engine.errors import DecisionEngineError
from decision_engine.rules import coverage
from decision_engine.work import unit_of_work
from decision_engine.worker import Worker

console = Console()


@click.group()
@click.version_option(__version__)
def main() -> None:
    """重大行政决策引擎 · the workflow engine of lawful major administrative decisions."""
    try:
        logs.configure(read_settings().log_format)
    except ValueError as problem:
        raise click.UsageError(str(problem)) from problem


# -- running --------------------------------------------------------------------------------------------


UNREAD = 16
"""How many times the largest body the pages take is still read, to be refused on a page that says why."""


def make_server(application: Flask, settings: Settings, **more: Any) -> Any:
    """Return a server for *application*, listening; run it with `run`, end it with `close`.

    A body many times larger than the application takes is answered 413 by its header alone, before any of it is read
    or written to disk. One that is only somewhat too large, as a scan may be, is still read: a server that answers and
    hangs up while a browser is sending leaves it with a broken connection instead of the page that says what is wrong.
    """
    from waitress import create_server  # noqa: PLC0415  only this command needs a server

    return create_server(
        application,
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        max_request_body_size=UNREAD * application.config["MAX_CONTENT_LENGTH"],
        **more,
    )


@main.command()
@click.option("--demo", is_flag=True, help="先载入演示镇 · load the demonstration town first")
def serve(demo: bool) -> None:
    """启动服务 · run the service, with a worker for the timers."""
    house = app.open_house()
    if demo:
        _load_town(house)
    settings = house.settings
    server = make_server(app.create_app(house=house), settings)
    worker = Worker(house)
    if settings.embedded_worker:
        worker.start()
    port = getattr(server, "effective_port", settings.port)  # the one found, where any free one was asked for
    console.print(
        f"\n[bold]服务已启动 · running[/bold]  http://{settings.host}:{port}"
        f"   API: http://{settings.host}:{port}/api/v1/openapi.json   Ctrl-C 停止 · stops",
        soft_wrap=True,
    )
    try:
        with proof.embedded(house):
            server.run()
    finally:
        worker.stop()


@main.command()
def worker() -> None:
    """只处理到期计时 · run one more worker for the timers, until Ctrl-C."""
    clock = Worker(app.open_house())
    console.print("计时处理已启动 · working; Ctrl-C 停止 · stops")
    try:
        clock.run()
    except KeyboardInterrupt:
        clock.stop()


@main.command()
@click.option(
    "--story", type=click.Choice(["S1", "S2", "S3"]), help="完整演示一件决策 · play a whole decision"
)
def demo(story: str | None) -> None:
    """载入演示镇，或完整演示一件决策 · load the demonstration town, or play a whole decision over HTTP."""
    from decision_engine import demo as demonstration  # noqa: PLC0415  heavy, and no part of a real service

    if story is not None:
        sys.exit(demonstration.play(story, console))
    _load_town(app.open_house())


@main.group()
def db() -> None:
    """数据库 · the database."""


@db.command()
def upgrade() -> None:
    """升级到最新结构 · bring the database to the newest migration."""
    app.open_house()
    console.print("数据库已是最新结构 · the database is at the newest migration")


# -- procedures -----------------------------------------------------------------------------------------


@main.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="机器可读结果 · machine-readable")
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """验证流程图 · prove diagrams sound and lawful; exit 0 lawful, 1 findings, 2 unreadable."""
    report = process.check({path.name: path.read_bytes() for path in files}, rules.STATUTES, rules.periods())
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _show(report)
    verdicts = {one["verdict"] for one in report["files"]}
    sys.exit(2 if "unreadable" in verdicts else 1 if "refused" in verdicts else 0)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def look(file: Path) -> None:
    """只查看一个流程图 · look at a foreign diagram; what is looked at is never executable."""
    try:
        diagram = process.read({file.name: file.read_bytes()}, display=True)
    except DecisionEngineError as refusal:
        _refused(refusal)
        sys.exit(2)
    table = Table(title=f"{file.name}　仅供查看，不能部署 · to look at, not to deploy")
    for heading in ("流程 process", "元素 element", "名称 name", "类型 kind", "泳道 lane"):
        table.add_column(heading, overflow="fold")
    for element in diagram.elements.values():
        table.add_row(element.scope, element.id, element.name, element.kind, element.lane or "")
    console.print(table)


@main.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--approve", metavar="HASH", help="第二人批准 · approve a proposed definition")
@click.option("--login", prompt="登录名 · login")
@click.option("--password", prompt="密码 · password", hide_input=True, envvar="DECISION_ENGINE_PASSWORD")
def deploy(files: tuple[Path, ...], approve: str | None, login: str, password: str) -> None:
    """提交流程定义，或由第二人批准 · propose a procedure, or approve one as the second person."""
    if not files and approve is None:
        raise click.UsageError("请给出流程文件或 --approve HASH · give files or --approve HASH")
    house = app.open_house()
    try:
        bearer = sessions.sign_in(house, login, password).token
        with unit_of_work(house, bearer) as work:
            if approve is not None:
                done = definitions.decide_deployment(work, approve, approve=True)
            else:
                done = definitions.propose_deployment(work, {path.name: path.read_bytes() for path in files})
    except DecisionEngineError as refusal:
        _refused(refusal)
        sys.exit(1)
    console.print(f"{done.name} v{done.version} {done.status} {done.hash}")


@main.command("rules")
@click.option(
    "--coverage", "with_coverage", is_flag=True, help="落实情况 · where each rule is held, and what shows it"
)
def list_rules(with_coverage: bool) -> None:
    """列出规则 · list every rule; with --coverage, exit 1 if one has no place."""
    if not with_coverage:
        table = Table(
            "规则 rule", "强度", "依据 law", "标题 title", title=f"规则集 · rule set {rules.RULE_SET_VERSION}"
        )
        for one in rules.declared():
            table.add_row(one.id, one.strength.value, one.citation.zh, f"{one.title.zh}\n{one.title.en}")
        console.print(table)
        return
    rows = coverage.table()
    for line in coverage.lines(rows):
        console.print(line, soft_wrap=True, markup=False, highlight=False)
    counts = coverage.summary(rows)
    placed = counts["rules"] - counts["NOWHERE"]
    console.print(
        f"共 {counts['rules']} 条规则，已落实 {placed} 条（{100 * placed // counts['rules']} %）"
        f" · rules {counts['rules']}, placed {placed}"
    )
    for place in coverage.Place:
        console.print(f"  {place.value.zh} · {place.value.en}: {counts[place.name]}")
    console.print(f"  有测试证明 · shown by a test: {counts['shown']}")
    sys.exit(1 if counts["NOWHERE"] else 0)


# -- showing --------------------------------------------------------------------------------------------


def _load_town(house: Any) -> None:
    from decision_engine import demo as demonstration  # noqa: PLC0415

    with console.status("正在载入演示镇 · loading the demonstration town"):
        town = demonstration.load_town(house)
    table = Table(
        "登录名 login", "姓名 name", "岗位 post", "角色 roles", title="演示账户 · demonstration accounts"
    )
    for row in town.sign_in_table():
        table.add_row(*row)
    console.print(table)
    console.print(f"密码 · password: [bold]{town.password}[/bold]")
    console.print(
        f"登录 · sign in: POST http://{house.settings.host}:{house.settings.port}/api/v1/session "
        '{"login": "...", "password": "..."}',
        soft_wrap=True,
    )


def _refused(refusal: DecisionEngineError) -> None:
    console.print(f"[red]{refusal.message.zh}[/red]\n{refusal.message.en}")
    for finding in getattr(refusal, "findings", ()):
        console.print(f"  {finding.rule} {finding.element or ''}: {finding.message.zh}")


def _show(report: dict[str, Any]) -> None:
    for one in report["files"]:
        colour = {"lawful": "green", "refused": "red"}.get(one["verdict"], "yellow")
        console.print(f"[{colour}]{one['verdict']}[/{colour}] {one['file']} ({one['milliseconds']} ms)")
        for finding in one["findings"]:
            law = f" {finding['law']} {finding['article']}" if finding["law"] else ""
            console.print(f"  {finding['rule']}{law} @ {finding['element'] or '—'}: {finding['message']}")
            if finding["path"]:
                console.print(f"    {' → '.join(finding['path'])}")


db.add_command(hardening.harden)
main.add_command(audit.audit_group)
audit.audit_group.add_command(bundle.export)
main.add_command(bundle.bundle_group)
main.add_command(keeping.backup)
main.add_command(keeping.restore)
main.add_command(founding.found)
main.add_command(proof.keys)
main.add_command(proof.notary)
main.add_command(proof.witness)
main.add_command(tiles.log_group)

if __name__ == "__main__":
    main()
