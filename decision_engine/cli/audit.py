"""`audit verify` holds the whole log against itself and what lies outside; `audit case` a case against every rule.

Exit codes: 0 nothing found, 1 findings, 2 unreadable or no such case.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import select
from sqlalchemy.orm import Session

from decision_engine import app
from decision_engine.access import CLOCK
from decision_engine.audit import note, policy
from decision_engine.calendar import local_day
from decision_engine.models import Case
from decision_engine.queries import case_audit, filed, standing, verification
from decision_engine.work import House, reading

console = Console()

MOST_LINES = 200
"""Chains listed one by one; of a larger log only those with findings are."""


@click.group("audit")
def audit_group() -> None:
    """审计日志 · the log."""


@audit_group.command()
@click.option(
    "--checkpoint",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="他处保存的检查点 · a checkpoint kept elsewhere, to hold the log against",
)
@click.option(
    "--policy",
    "trust",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="信任文件 · whose signatures on it count (C2SP tlog-policy)",
)
@click.option(
    "--signatures",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="每几条验一个签名，0 为不验 · check one signature in so many; 0: none",
)
def verify(checkpoint: Path | None, trust: Path | None, signatures: int) -> None:
    """验证整个日志 · check the whole log: chains, signatures, tree, checkpoints; exit 1 if anything does not hold."""
    if (checkpoint is None) != (trust is None):
        raise click.UsageError("--checkpoint 与 --policy 须一并给出 · give both or none")
    outside = None
    if checkpoint is not None and trust is not None:
        try:
            outside = verification.Outside(
                note.parse(checkpoint.read_bytes()), policy.parse(trust.read_bytes())
            )
        except note.Malformed as problem:
            console.print(f"[red]无法读取 · unreadable: {problem}[/red]")
            sys.exit(2)
    house = app.open_house()
    report = _checked(house, signatures, outside)
    with house.reading() as session:
        labels = {case.id: case.label for case in session.scalars(select(Case).limit(MOST_LINES))}
    _show(report, labels, outside=outside is not None)
    sys.exit(1 if report.found else 0)


def _checked(house: House, every_signature: int, outside: verification.Outside | None) -> verification.Report:
    """Check the log as it is at one moment, while the service goes on."""
    still = house.engine
    if still.dialect.name == "postgresql":  # a transaction of SQLite sees one moment anyway
        still = still.execution_options(isolation_level="REPEATABLE READ")
    columns = (TextColumn("正在验证 · checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Session(still) as session, Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=verification.how_much(session))
        report = verification.whole_log(
            session, every_signature=every_signature, outside=outside, progress=partial(bar.advance, task)
        )
        for case, seq, reason in standing.elsewhere(session):
            report.note("case.elsewhere", reason.zh, reason.en, chain=case.id, seq=seq)
        for case, seq, reason in filed.otherwise(session):
            report.note("case.file", reason.zh, reason.en, chain=case.id, seq=seq)
        for one in standing.renamed(session):
            report.observe(
                "person.renamed",
                f"人员登记的姓名已非此处所记（{one.person}），日志中没有更名",
                f"the register calls this person ({one.person}) otherwise, and no entry changed the name",
                chain=one.chain,
                seq=one.seq,
            )
        return report


def _show(report: verification.Report, labels: dict[str, str], *, outside: bool) -> None:
    say = partial(console.print, soft_wrap=True, highlight=False)
    broken = {one.chain for one in report.found}
    for name, length in report.chains.items():
        if name not in broken and len(report.chains) <= MOST_LINES:
            say(f"{labels.get(name, name)}: {length} 条完好 · entries intact", markup=False)
    for one in report.found:
        where = labels.get(one.chain or "", one.chain) or (
            f"[{one.interval[0]}, {one.interval[1]})" if one.interval else ""
        )
        place = f"#{one.seq} " if one.seq is not None else ""
        say(f"{where} {place}{one.text.zh} · {one.text.en} ({one.kind})".strip(), markup=False, style="red")
    for one in report.observed:
        chain = labels.get(one.chain or "", one.chain or "")
        say(f"{chain} #{one.seq} {one.text.zh} · {one.text.en} ({one.kind})", markup=False, style="yellow")
    say(
        f"链 {len(report.chains)} 条，记录 {report.events} 条，树叶 {report.leaves} 片，待入树 {report.pending} 条，"
        f"已验签名 {report.signatures} 个，无签名 {report.unsigned} 条，依法清除 {report.erased} 条，"
        f"检查点 {report.checkpoints} 个，问题 {len(report.found)} 项，留意 {len(report.observed)} 处"
    )
    say(
        f"chains {len(report.chains)}, entries {report.events}, leaves {report.leaves}, waiting {report.pending}, "
        f"signatures checked {report.signatures}, unsigned {report.unsigned}, erased {report.erased}, "
        f"checkpoints {report.checkpoints}, findings {len(report.found)}, to look at {len(report.observed)}"
    )
    if not outside:
        say(
            "未对照他处保存的检查点：能改写整个数据库的人所做的一致改动，只有对照它才能发现。\n"
            "Not held against a checkpoint from outside: only that finds a consistent rewriting of everything."
        )


@audit_group.command("case")
@click.argument("case_id")
@click.option(
    "--all", "everything", is_flag=True, help="含不适用、尚未到达的规则 · also rules without any bearing yet"
)
def audit_case(case_id: str, everything: bool) -> None:
    """逐条核查一件案件 · hold one case against every rule; exit 1 if one is broken, 2 if there is no such case."""
    with reading(app.open_house(), as_actor=CLOCK) as work:
        case = work.session.scalars(select(Case).where(Case.id == case_id)).one_or_none()
        if case is None:
            console.print("[red]没有这个案件 · there is no such case[/red]")
            sys.exit(2)
        with console.status("正在核查 · checking"):
            found = case_audit.audited(work, case)
    _show_case(found, everything=everything)
    sys.exit(0 if found.clean else 1)


def _show_case(found: case_audit.CaseAudit, *, everything: bool) -> None:
    say = partial(console.print, soft_wrap=True, highlight=False)
    say(f"{found.case.label} {found.case.title}（规则集 · rule set {found.rule_set}）", markup=False)
    chain = found.chain
    if chain.intact:
        say(f"日志 {chain.length} 条完好 · {chain.length} entries intact")
    else:
        say(f"[red]日志第 {chain.broken_at} 条起不可信 · from entry {chain.broken_at}: {chain.reason}[/red]")
    say(f"例外情形 {len(found.exceptions)} 项 · exceptions used: {len(found.exceptions)}")
    for used in found.exceptions:
        approved = f"{used.approver_post or ''} {used.approver or '—'}"
        say(
            f"  {used.rule} #{used.evidence.seq} {approved}（{local_day(used.at)}）：{used.reason or '—'}",
            markup=False,
        )
    for outcome, name in case_audit.ORDER.items():
        say(f"[bold]{name.zh} · {name.en}: {found.counts.get(outcome, 0)}[/bold]")
        if outcome in {"NOT_APPLICABLE", "NOT_CHECKED"} and not everything:
            continue
        for one in (one for one in found.judged if one.outcome == outcome):
            proof = " ".join(f"#{seq}" for seq in one.events) or "—"
            say(f"  {one.rule} {one.title.zh} · {one.title.en}  [{proof}]", markup=False)
            if one.reason is not None:
                say(f"    {one.reason.zh}\n    {one.reason.en}", markup=False)
