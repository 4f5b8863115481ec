"""F6, F16: the line between notary and witness is cut, stalled or slow, or the witness is dead.

People act on; that nobody outside confirms it is told, with since when; once the line is whole the checkpoint is
witnessed, in the database, too, without a new act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from decision_engine import witness as witnesses
from decision_engine.access import CLOCK
from decision_engine.api import health
from decision_engine.app import create_app
from decision_engine.audit import keyring, note, policy
from decision_engine.audit.memory import Memory
from decision_engine.audit.note import Kind, SignerKey
from decision_engine.audit.policy import Policy
from decision_engine.clock import MovableClock
from decision_engine.commands import sequencing
from decision_engine.commands.checkpoints import HouseLog
from decision_engine.models import Checkpoint
from decision_engine.notary import Notary, Signed
from decision_engine.work import House, unit_of_work
from tests.faults.relay import Relay, relaying, to_port
from tests.notaries import ORIGIN, served

SIGNERS = keyring.new_signers(ORIGIN, iter([b"1" * 32, b"2" * 32]).__next__)
ARCHIVE = SignerKey("archive.example/w", Kind.COSIGNATURE, b"w" * 32)
AWAY = timedelta(minutes=5)
PATIENT, IMPATIENT = 30.0, 0.2


class Site:
    """A house, its notary, a witness elsewhere, and the line between the two."""

    def __init__(self, house: House, clock: MovableClock, relay: Relay, notary_memory: Memory) -> None:
        self.house, self.clock, self.relay, self._memory = house, clock, relay, notary_memory
        self.client: FlaskClient = create_app(house=house).test_client()
        witness = policy.Witness("archive", ARCHIVE.public, f"http://127.0.0.1:{relay.port}")
        self.trust = Policy(
            logs=tuple(policy.Log(one.public) for one in SIGNERS), witnesses=(witness,), quorum="archive"
        )

    def act(self) -> None:
        """Do something, and bring it into the tree."""
        with unit_of_work(self.house, as_actor=CLOCK) as work:
            work.record("thing.done", "things")
        sequencing.sequence(self.house)

    def round(self, patience: float = PATIENT) -> Signed:
        """Let the notary, started anew, look at the log once."""
        log = HouseLog(self.house)
        made = Notary(
            self._memory, ORIGIN, SIGNERS, log, self.trust, self.clock, trust_first=True, patience=patience
        ).round()
        assert isinstance(made, Signed)
        return made

    def ready(self) -> dict[str, Any]:
        answer = self.client.get("/readyz", headers={"Accept-Language": "en"})
        assert answer.status_code == 200
        found: dict[str, Any] = answer.get_json()
        return found

    def unwitnessed(self) -> float:
        """For how many seconds, as the metrics say."""
        lines = self.client.get("/metrics").text.splitlines()
        (line,) = (one for one in lines if one.startswith("decision_engine_log_unwitnessed_seconds "))
        return float(line.split()[1])

    def kept(self) -> bool:
        """Whether the newest checkpoint in the database is confirmed by the witness."""
        with self.house.reading() as session:
            text = session.scalars(select(Checkpoint.note).order_by(Checkpoint.size.desc())).first()
        return policy.judge(self.trust, note.parse(text or "")).accepted


@pytest.fixture
def site(house: House, clock: MovableClock, tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        memory = stack.enter_context(Memory(tmp_path / "witness"))
        witnesses.begin(memory)
        keys = [one.public for one in SIGNERS]
        port = stack.enter_context(served(witnesses.Witness(memory, [ARCHIVE], keys, clock)))
        relay = stack.enter_context(relaying(to_port(port)))
        yield Site(house, clock, relay, stack.enter_context(Memory(house.settings.notary_path)))


FAULTS: dict[str, Callable[[Relay], None]] = {
    "cut": Relay.cut,
    "stalled": Relay.stall,
    "reset before its answer": lambda relay: relay.swallow_answer(b"POST "),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_without_its_witness_the_house_goes_on_says_so_and_catches_up(site: Site, fault: str) -> None:
    site.act()
    assert site.round().witnessed
    assert (site.unwitnessed(), site.ready()["witnesses"], site.kept()) == (0, "ok", True)
    FAULTS[fault](site.relay)
    site.act()
    made = site.round(IMPATIENT if fault == "stalled" else PATIENT)
    assert (made.witnessed, made.silent, site.kept()) == (False, ("archive",), False)
    site.clock.move_to(site.clock.now() + AWAY)
    site.act()
    assert (
        0 <= site.unwitnessed() - AWAY.total_seconds() < 10
    )  # the clock moves a little each time it is read
    told = site.ready()
    assert (told["status"], told["witnesses"]) == ("degraded", "missed")
    assert told["reasons"] == [health.REASONS["missed"].en]
    site.relay.heal()
    assert site.round().witnessed
    assert (site.unwitnessed(), site.ready()["witnesses"], site.kept()) == (0, "ok", True)


def test_a_slow_witness_is_waited_for(site: Site) -> None:
    site.relay.slow(0.05, loss=0.5)
    site.act()
    assert site.round().witnessed
    assert (site.unwitnessed(), site.kept()) == (0, True)
