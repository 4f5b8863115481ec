"""The exception register: who departed from which rule, why, approved by whom; and what does not count as one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text, update

from decision_engine.demo.door import Refused
from decision_engine.demo.s1 import S1, hearing
from decision_engine.demo.stage import Stage
from decision_engine.models import EventPayload, Person, Record
from tests.api.conftest import Caller, moved, staged
from tests.api.test_statements import counted
from tests.conftest import cheap_settings, tampering

REASON = "汛期将至，须在汛前完成搬迁安置事项。"


@pytest.fixture(scope="module")
def played(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Scenario S1 up to the notice, once for this file."""
    import shutil

    from decision_engine.clock import MovableClock
    from decision_engine.db import open_engine
    from decision_engine.work import House
    from tests.conftest import BEGINNING

    folder = tmp_path_factory.mktemp("noticed")
    shutil.copy(founded, folder / "test.db")
    clock = MovableClock(BEGINNING)
    stage = staged(House(cheap_settings(folder), open_engine(f"sqlite:///{folder}/test.db"), clock), clock)
    S1.play(stage, until="publish_notice")
    stage.move_to("2026-03-06 09:00")
    stage.file("officer", "D09", "公开征求意见公告及发布截图", "2026年3月6日。")
    stage.house.engine.dispose()
    return stage


@pytest.fixture
def ready(played: Stage, tmp_path: Path) -> Iterator[Stage]:
    """The officer is about to publish a notice with a shorter period."""
    stage = moved(played, tmp_path / "ready")
    yield stage
    stage.house.engine.dispose()


@pytest.fixture
def shortened(ready: Stage) -> Stage:
    """The notice was published with a shorter period, and the mayor approved that."""
    publish(ready, claim(ready))
    return ready


def claim(stage: Stage, approver: str = "mayor", rule: str = "R-713-15-2") -> dict[str, str]:
    return {"rule": rule, "reason": REASON, "approver": stage.person(approver)}


def publish(stage: Stage, *claims: dict[str, str], deadline: str = "2026-03-20") -> Any:
    said = hearing.notice(stage) | {"deadline": deadline, "shortening_reason": REASON}
    return stage.complete("officer", "publish_notice", said, exceptions=list(claims))


def register(stage: Stage, login: str = "auditor") -> list[dict[str, Any]]:
    return stage.pages(login, f"/cases/{stage.case_id}/exceptions")


def test_a_departure_stands_on_the_register_with_its_reason_its_approver_and_its_proof(
    shortened: Stage,
) -> None:
    rows = register(shortened)
    event = shortened.pages("auditor", f"/cases/{shortened.case_id}/events")[-1]
    assert [row["rule"] for row in rows] == ["R-713-15-2"]
    row = rows[0]
    assert (row["reason"], row["approver"], row["approver_post"]) == (REASON, "江远舟", "镇长")
    assert row["approver_id"] == shortened.person("mayor")
    assert (row["actor"], row["post_then"]) == ("林小满", "公共服务办公室科员")
    assert (row["step"], row["act"]["zh"]) == ("publish_notice", "发布征求意见公告")
    assert (row["law"], row["article"]) == ("国务院令第713号", "15")
    assert "R-713-15-2" in row["excused"]
    assert row["at"] == event["at"]
    assert row["evidence"] == {"seq": event["seq"], "event_id": event["id"], "hash": event["hash"]}


def test_a_straight_case_has_an_empty_register(ready: Stage) -> None:
    said = hearing.notice(ready)
    ready.complete("officer", "publish_notice", said)
    assert register(ready) == []


def test_the_register_of_the_organ_gathers_its_cases_newest_first_and_in_pages(shortened: Stage) -> None:
    first = shortened.case_id
    address = f"/organs/{shortened.town.organ_id}/exceptions"
    assert [one["case_id"] for one in shortened.ask("auditor", address)["items"]] == [first]
    page = shortened.ask("auditor", address, page=2, page_size=1)
    assert (page["total"], page["items"]) == (1, [])
    readings = _readings(shortened, "exceptions")
    shortened.ask("auditor", address)
    assert _readings(shortened, "exceptions") == readings + 1


def _readings(stage: Stage, what: str) -> int:
    with stage.house.reading() as session:
        return int(
            session.execute(
                text("SELECT count(*) FROM access_entry WHERE what = :what"), {"what": what}
            ).scalar_one()
        )


def test_the_register_is_read_from_the_log_and_not_from_the_tables(shortened: Stage) -> None:
    before = register(shortened)
    with tampering(shortened.house) as connection:
        connection.execute(update(Person).values(name="改名"))
        connection.execute(update(Record).values(exceptions=[]))
    assert register(shortened) == before


def test_an_erased_payload_takes_reason_and_names_and_leaves_the_departure(shortened: Stage) -> None:
    event = register(shortened)[0]["evidence"]["event_id"]
    with tampering(shortened.house) as connection:
        connection.execute(delete(EventPayload).where(EventPayload.event_id == event))
    row = register(shortened)[0]
    assert (row["rule"], row["reason"], row["approver"], row["actor"]) == ("R-713-15-2", None, None, None)


@pytest.mark.parametrize(
    ("approver", "why"),
    [
        ("officer", "nobody approves his or her own act"),
        ("farming", "not a leader"),
        ("auditor", "reads only"),
        ("district", "of another organ"),
    ],
)
def test_an_exception_nobody_entitled_approved_is_none(ready: Stage, approver: str, why: str) -> None:
    with pytest.raises(Refused) as refusal:
        publish(ready, claim(ready, approver))
    assert refusal.value.status == 422, why
    assert set(refusal.value.problem["fields"]) == {"exceptions.0.approver"}
    assert register(ready) == []
    assert "publish_notice" in ready.steps_waiting()


def test_a_name_is_no_approver(ready: Stage) -> None:
    with pytest.raises(Refused) as refusal:
        publish(ready, claim(ready) | {"approver": "江远舟"})
    assert set(refusal.value.problem["fields"]) == {"exceptions.0.approver"}


@pytest.mark.parametrize(
    "rule", ["R-713-26-3", "R-713-15-3", "R-NO-SUCH"], ids=["not at stake", "hard", "unknown"]
)
def test_what_was_not_departed_from_is_not_registered(ready: Stage, rule: str) -> None:
    with pytest.raises(Refused) as refusal:
        publish(ready, claim(ready), claim(ready, rule=rule))
    assert set(refusal.value.problem["fields"]) == {"exceptions.1.rule"}
    with pytest.raises(Refused) as refusal:
        publish(ready, claim(ready), deadline="2026-04-07")
    assert set(refusal.value.problem["fields"]) == {"exceptions.0.rule"}
    assert register(ready) == []


def test_the_same_departure_is_claimed_once(ready: Stage) -> None:
    with pytest.raises(Refused) as refusal:
        publish(ready, claim(ready), claim(ready, "deputy1"))
    assert set(refusal.value.problem["fields"]) == {"exceptions.1.rule"}


def test_the_register_is_not_for_everybody(shortened: Stage) -> None:
    client: Any = shortened._door
    organ = shortened.town.organ_id
    for login, status in (("officer", 403), ("lawyer", 403), ("district", 404), ("admin1", 403)):
        caller = Caller(client._client, shortened.token(login))
        assert caller.get(f"/cases/{shortened.case_id}/exceptions").status_code == status, login
        assert caller.get(f"/organs/{organ}/exceptions").status_code == status, login
    assert register(shortened, "secretary") == register(shortened)


def test_the_register_costs_the_same_however_much_was_done(shortened: Stage) -> None:
    shortened.token("auditor")
    address = f"/organs/{shortened.town.organ_id}/exceptions"
    shortened.ask("auditor", address)
    costs = []
    for _ in range(2):
        with counted(shortened.house) as sent:
            shortened.ask("auditor", address)
        costs.append(len(sent))
        for number in range(3):
            shortened.open_case("secretary", f"第{number}件")
    assert costs[0] == costs[1] <= 10
