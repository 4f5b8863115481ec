"""`keys`, `notary`, `witness`: the processes that stand outside the log, and their keys.

Exit codes: 0 done, 1 refused (the log does not extend what was signed; a restore does not stand), 2 misused or not to
be started (no keys, memory lost or damaged, directory in use).
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from decision_engine import app
from decision_engine import notary as notaries
from decision_engine import witness as witnesses
from decision_engine.access import CLOCK
from decision_engine.audit import keyring, note
from decision_engine.audit.memory import InUse, Memory
from decision_engine.audit.note import Kind, SignerKey
from decision_engine.clock import SystemClock
from decision_engine.commands import checkpoints, event_keys
from decision_engine.config import read_settings
from decision_engine.work import House, unit_of_work

log = logging.getLogger(__name__)

STAND_BY = 5.0
"""Seconds between two attempts of a process to become the notary."""

WITNESS_KEY = "witness.key"
_FOLDER = click.Path(file_okay=False, path_type=Path)
_NOT_TO_START = (
    FileNotFoundError, FileExistsError, InUse, note.Malformed, json.JSONDecodeError,
    notaries.MemoryLost, notaries.MemoryDamaged, witnesses.MemoryLost,
)  # fmt: skip


@contextmanager
def _told() -> Iterator[None]:
    """End with code 2 and a sentence where a process cannot be started."""
    try:
        yield
    except _NOT_TO_START as problem:
        click.echo(f"不能启动 · not to be started: {problem}", err=True)
        sys.exit(2)


# -- keys -----------------------------------------------------------------------------------------------


@click.group()
def keys() -> None:
    """公证人与见证人的密钥 · keys of the notary and of witnesses."""


@keys.command("new-notary")
@click.option("--state", type=_FOLDER, help="公证人目录 · its directory (default: as configured)")
def new_notary(state: Path | None) -> None:
    """生成公证人密钥 · make the notary's keys (Ed25519 and ML-DSA-44) and a policy that believes them."""
    settings = read_settings()
    with _told(), Memory(state or settings.notary_path) as memory:
        for one in keyring.make_keys(memory, settings.log_origin):
            click.echo(one.public.encoded)


@keys.command("rotate-event")
def rotate_event() -> None:
    """更换系统签名密钥 · change the service's own key: the old one signs the new one's introduction."""
    old, fresh = event_keys.rotate_event_key(app.open_house())
    click.echo(f"{old} → {fresh}")
    click.echo("请重启各服务进程 · start every service process anew")


@keys.command("rotate-notary")
@click.option("--by", required=True, help="操作人姓名 · who does it")
@click.option("--state", type=_FOLDER, help="公证人目录 · its directory (default: as configured)")
def rotate_notary(by: str, state: Path | None) -> None:
    """增加新密钥，新旧并签 · add new keys; old and new sign together until `retire-notary`. Stop the notary first."""
    house = app.open_house()
    with _told(), Memory(state or house.settings.notary_path) as memory:
        added = [one.public.encoded for one in keyring.rotate_keys(memory, house.settings.log_origin)]
    with unit_of_work(house, as_actor=CLOCK) as work:
        checkpoints.declare_keys(work, added=added, by=by)
    for one in added:
        click.echo(one)


@keys.command("retire-notary")
@click.option("--by", required=True, help="操作人姓名 · who does it")
@click.option("--state", type=_FOLDER, help="公证人目录 · its directory (default: as configured)")
def retire_notary(by: str, state: Path | None) -> None:
    """停用旧密钥 · sign with the newest keys only; the old stay in the policy. Stop the notary first."""
    house = app.open_house()
    with _told(), Memory(state or house.settings.notary_path) as memory:
        retired = [one.public.encoded for one in keyring.retire_keys(memory)]
    with unit_of_work(house, as_actor=CLOCK) as work:
        checkpoints.declare_keys(work, retired=retired, by=by)
    for one in retired:
        click.echo(one)


@keys.command("new-witness")
@click.option("--name", required=True, help="密钥名称，如网址 · key name, such as archive.example/witness")
@click.option("--state", required=True, type=_FOLDER, help="见证人目录 · its directory")
@click.option("--post-quantum", is_flag=True, help="ML-DSA-44 instead of Ed25519")
def new_witness(name: str, state: Path, post_quantum: bool) -> None:
    """生成见证人密钥 · make a witness's key and an empty memory; print the key to hand to those who trust it."""
    if not note.is_key_name(name):
        raise click.BadParameter("名称不得含空格或加号 · no spaces, no plus sign", param_hint="--name")
    kind = Kind.ML_DSA_44 if post_quantum else Kind.COSIGNATURE
    with _told(), Memory(state) as memory:
        if memory.read(WITNESS_KEY) is not None:
            raise FileExistsError(f"{state} has a key already")
        signer = SignerKey(name, kind, secrets.token_bytes(note.SEED_LENGTH))
        witnesses.begin(memory)
        memory.write(WITNESS_KEY, f"{signer.encoded}\n".encode())
    click.echo(signer.public.encoded)


@keys.command("show")
@click.option("--state", type=_FOLDER, help="目录 · directory (default: the notary's)")
def show(state: Path | None) -> None:
    """显示公钥 · print the public keys (vkeys) in a directory; secrets are never printed."""
    folder = state or read_settings().notary_path
    found = [path for path in (folder / keyring.KEY, folder / WITNESS_KEY) if path.is_file()]
    with _told():
        if not found:
            raise FileNotFoundError(f"no keys in {folder}")
        for path in found:
            for one in note.signer_keys(path.read_bytes()):
                click.echo(one.public.encoded)


# -- the notary -----------------------------------------------------------------------------------------


@click.command()
@click.option("--once", is_flag=True, help="只看一次 · look once; exit 1 if the log is refused")
@click.option(
    "--trust-first",
    is_flag=True,
    help="没有记忆也接受现状 · sign a log with leaves although nothing is remembered",
)
@click.option(
    "--approve-restore", metavar="EVENT", help="认可恢复 · go on after a restore that this event records"
)
@click.option(
    "--declare-restore", metavar="WHO", help="登记恢复 · record in the log that WHO put it back to a backup"
)
@click.option(
    "--last", is_flag=True, help="显示最近签署的检查点 · print the note signed last, for `restore --gave-up`"
)
@click.option("--why", default="", help="恢复原因 · reason of the restore")
@click.option("--state", type=_FOLDER, help="公证人目录 · its directory (default: as configured)")
@click.option("--every", default=1.0, show_default=True, help="间隔秒数 · seconds between two looks")
def notary(
    once: bool,
    trust_first: bool,
    approve_restore: str | None,
    declare_restore: str | None,
    last: bool,
    why: str,
    state: Path | None,
    every: float,
) -> None:
    """签署检查点 · sign checkpoints that extend what was signed last, until Ctrl-C."""
    if last:
        _show_last(state or read_settings().notary_path)
        return
    house = app.open_house()
    kept = checkpoints.HouseLog(house)
    folder, origin = state or house.settings.notary_path, house.settings.log_origin
    with _told(), notaries.opened(folder, origin, kept, house.clock, trust_first=trust_first) as found:
        if declare_restore is not None:
            sys.exit(_declare(house, found, declare_restore, why))
        if approve_restore is not None:
            sys.exit(_approve(found, approve_restore))
        if once:
            sys.exit(_once(found))
        click.echo("公证人已启动 · watching; Ctrl-C 停止 · stops")
        with suppress(KeyboardInterrupt):
            notaries.watch(found, threading.Event(), every)


def _show_last(folder: Path) -> None:
    with _told():
        kept = notaries.last_note(folder)
        if kept is None:
            raise FileNotFoundError(f"nothing was signed yet in {folder}")
        click.echo(kept, nl=False)


@contextmanager
def embedded(house: House) -> Iterator[None]:
    """Let a notary watch *house* from a thread of this process while inside, if the settings say so.

    For demonstrations and small sites: whoever holds this process holds the notary's key. Of several processes one is
    the notary, and another takes over when it ends. A notary that cannot start is an incident and stops nobody.
    """
    if not house.settings.embedded_notary:
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(
        target=_stand_by, args=(house, stop), name="decision-engine-notary", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=30)


def _stand_by(house: House, stop: threading.Event) -> None:
    kept, origin = checkpoints.HouseLog(house), house.settings.log_origin
    while True:
        try:
            with notaries.opened(house.settings.notary_path, origin, kept, house.clock, make=True) as found:
                notaries.watch(found, stop)
                return
        except InUse:
            log.info("another process is the notary; this one stands by")
        except _NOT_TO_START as problem:
            log.error("no notary: %s", problem)  # noqa: TRY400  the sentence says it all
            kept.refused("notary.absent", {"message": str(problem)})
            return
        except Exception:
            log.exception("the notary could not start")  # a database that is away: it is tried again
        if stop.wait(STAND_BY):
            return


def _once(found: notaries.Notary) -> int:
    answer = found.round()
    if isinstance(answer, notaries.Refused):
        click.echo(f"{answer.text.zh}\n{answer.text.en}", err=True)
        return 1
    if answer is None:
        click.echo(f"没有新增 · nothing new: {found.status.size}")
        return 0
    click.echo(answer.text, nl=False)
    for name in answer.silent:
        click.echo(f"见证人未应答 · no cosignature from {name}", err=True)
    return 0


def _declare(house: House, found: notaries.Notary, who: str, why: str) -> int:
    answer = found.round()
    if not isinstance(answer, notaries.Refused):
        click.echo("日志没有倒退，无需登记 · the log extends what was signed: nothing to declare", err=True)
        return 1
    with unit_of_work(house, as_actor=CLOCK) as work:
        receipt = checkpoints.declare_restore(work, answer.signed.as_json(), by=who, why=why)
    click.echo(receipt.event_id)
    return 0


def _approve(found: notaries.Notary, event_id: str) -> int:
    try:
        head = found.approve_restore(event_id)
    except notaries.NotRestored as problem:
        click.echo(f"不予认可 · not approved: {problem}", err=True)
        return 1
    click.echo(f"从 {head.size} 条继续 · going on from {head.size} leaves")
    return 0


# -- a witness ------------------------------------------------------------------------------------------


@click.command()
@click.option("--state", required=True, type=_FOLDER, help="见证人目录 · its directory")
@click.option(
    "--log",
    "logs",
    required=True,
    multiple=True,
    metavar="VKEY",
    help="所见证日志的公钥 · key of a log to follow",
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8010, show_default=True)
def witness(state: Path, logs: tuple[str, ...], host: str, port: int) -> None:
    """见证检查点 · cosign checkpoints over HTTP (C2SP tlog-witness), until Ctrl-C. Needs no database."""
    with _told(), Memory(state) as memory:
        signers = note.signer_keys(memory.demand(WITNESS_KEY))
        followed = [note.verifier_key(one) for one in logs]
        server = witnesses.make_server(
            witnesses.Witness(memory, signers, followed, SystemClock()), host, port
        )
        click.echo(f"见证人已启动 · witnessing  http://{host}:{server.effective_port}{witnesses.PATH}")
        server.run()
