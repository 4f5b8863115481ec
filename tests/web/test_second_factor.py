"""One-time codes at the page door: set up, asked for, taken once; recovery; and the proof before decisive acts."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from decision_engine.clock import MovableClock
from decision_engine.commands import browsers
from decision_engine.models import Event, RecoveryCode, SecondFactor
from decision_engine.web import door
from decision_engine.work import House
from tests.web.conftest import SITE, Enter, Sheet, Visitor

HALF_A_MINUTE = timedelta(seconds=30)


def code_at(secret: str, clock: MovableClock, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(clock.now().timestamp()) + 30 * steps)


def set_up(visitor: Visitor) -> tuple[Sheet, str, list[str]]:
    """Begin a second factor: the page, the secret and the recovery codes on it."""
    sheet = visitor.send(visitor.open("/me"), "/me/second-factor")
    secret = re.search(r"\b[A-Z2-7]{32}\b", sheet.words)
    assert secret is not None
    return sheet, secret[0], re.findall(r"\b[0-9a-f]{8}-[0-9a-f]{8}\b", sheet.words)


@pytest.fixture
def secured(enter: Enter, clock: MovableClock) -> tuple[str, list[str]]:
    """The mayor has set up a second factor: the secret, the recovery codes."""
    mayor = enter("mayor")
    sheet, secret, recovery = set_up(mayor)
    mayor.send(sheet, "/me/second-factor/proof", code=code_at(secret, clock))
    clock.move_to(clock.now() + 4 * HALF_A_MINUTE)
    return secret, recovery


def sign_in(stranger: Visitor, town, login: str = "mayor") -> Sheet:
    return stranger.send(stranger.open("/login"), "/login", login=login, password=town.password)


def test_the_secret_is_drawn_as_a_picture_by_the_house_itself(enter: Enter) -> None:
    sheet, secret, recovery = set_up(enter("mayor"))
    assert "<svg" in sheet.text
    assert "http" not in re.sub(r"http://www\.w3\.org/\S+", "", sheet.text)
    assert len(set(recovery)) == browsers.RECOVERY_CODES
    assert len(secret) == 32


def test_it_is_not_in_force_before_its_first_right_code(enter: Enter, stranger: Visitor, town) -> None:
    visitor = enter("mayor")
    sheet, _, _ = set_up(visitor)
    visitor.send(sheet, "/me/second-factor/proof", code="000000", status=401)
    assert sign_in(stranger, town).address == "/"


def test_secret_and_recovery_codes_are_kept_sealed_and_hashed(
    secured: tuple[str, list[str]], house: House
) -> None:
    secret, recovery = secured
    with house.reading() as session:
        sealed = session.scalars(select(SecondFactor.sealed)).one()
        hashes = set(session.scalars(select(RecoveryCode.hash)))
        told = b"".join(session.scalars(select(Event.body)))
    assert secret.encode() not in sealed
    assert not hashes & set(recovery)
    assert secret.encode() not in told
    raw = (house.settings.data_dir / "test.db").read_bytes()
    assert secret.encode() not in raw


def test_with_a_password_alone_nothing_is_open(
    secured: tuple[str, list[str]], stranger: Visitor, town
) -> None:
    assert sign_in(stranger, town).address.startswith("/login/code")
    for path in ("/", "/me", "/cases", "/search?q=x"):
        assert stranger.open(path).address.startswith("/login")


def test_the_right_code_opens_and_is_taken_once(
    secured: tuple[str, list[str]], stranger: Visitor, town, clock: MovableClock, app
) -> None:
    code = code_at(secured[0], clock)
    assert stranger.send(sign_in(stranger, town), "/login/code", code=code).address == "/"
    again = Visitor(app.test_client())
    sheet = again.send(sign_in(again, town), "/login/code", code=code, status=401)
    assert "已经使用过" in sheet.words


@pytest.mark.parametrize("steps", [-3, -2, 2, 3])
def test_a_code_of_another_time_is_refused(
    secured: tuple[str, list[str]], stranger: Visitor, town, clock: MovableClock, steps: int
) -> None:
    sheet = sign_in(stranger, town)
    stranger.send(sheet, "/login/code", code=code_at(secured[0], clock, steps), status=401)
    assert stranger.open("/").address.startswith("/login")


def test_five_wrong_codes_and_the_account_rests(
    secured: tuple[str, list[str]], stranger: Visitor, town, clock: MovableClock
) -> None:
    sheet = sign_in(stranger, town)
    for _ in range(5):
        sheet = stranger.send(sheet, "/login/code", code="000000", status=401)
    stranger.send(sheet, "/login/code", code=code_at(secured[0], clock), status=429)


def test_a_recovery_code_works_once(secured: tuple[str, list[str]], stranger: Visitor, town, app) -> None:
    code = secured[1][0]
    assert stranger.send(sign_in(stranger, town), "/login/code", code=code).address == "/"
    again = Visitor(app.test_client())
    again.send(sign_in(again, town), "/login/code", code=code, status=401)


def test_nobody_opens_with_the_recovery_code_of_somebody_else(
    secured: tuple[str, list[str]], enter: Enter, stranger: Visitor, town, clock: MovableClock
) -> None:
    other = enter("secretary")
    sheet, secret, _ = set_up(other)
    other.send(sheet, "/me/second-factor/proof", code=code_at(secret, clock))
    clock.move_to(clock.now() + 4 * HALF_A_MINUTE)
    stranger.send(sign_in(stranger, town, "secretary"), "/login/code", code=secured[1][0], status=401)


def test_setting_it_up_is_on_the_record_without_the_secret(
    secured: tuple[str, list[str]], house: House
) -> None:
    with house.reading() as session:
        kinds = list(session.scalars(select(Event.kind)))
    assert "account.second_factor.set" in kinds


def test_taking_it_away_needs_a_fresh_proof(
    secured: tuple[str, list[str]], enter: Enter, town, clock: MovableClock, stranger: Visitor
) -> None:
    mayor = enter("mayor")
    clock.move_to(clock.now() + browsers.FRESH + timedelta(minutes=1))
    asked = mayor.send(mayor.open("/me"), "/me/second-factor/removal")
    assert asked.address.startswith("/confirm")
    back = mayor.send(asked, "/confirm", word=town.password)
    assert back.address.startswith("/me")
    mayor.send(back, "/me/second-factor/removal")
    assert sign_in(stranger, town).address == "/"


def test_a_wrong_proof_is_no_proof(enter: Enter, clock: MovableClock) -> None:
    mayor = enter("mayor")
    clock.move_to(clock.now() + browsers.FRESH + timedelta(minutes=1))
    asked = mayor.send(mayor.open("/me"), "/me/second-factor")
    assert asked.address.startswith("/confirm")
    mayor.send(asked, "/confirm", word="wrong", status=401)
    assert mayor.send(mayor.open("/me"), "/me/second-factor").address.startswith("/confirm")


def test_a_code_proves_as_well_as_the_password(
    secured: tuple[str, list[str]], enter: Enter, clock: MovableClock
) -> None:
    mayor = enter("mayor")
    clock.move_to(clock.now() + browsers.FRESH + timedelta(minutes=1))
    asked = mayor.send(mayor.open("/me"), "/me/second-factor/removal")
    back = mayor.send(asked, "/confirm", word=code_at(secured[0], clock))
    assert back.address.startswith("/me")


def test_demonstration_accounts_sign_in_with_a_password_alone(stranger: Visitor, town) -> None:
    assert sign_in(stranger, town, "secretary").address == "/"
    assert SITE.startswith("https")


# -- the JSON door is no way around it --------------------------------------------------------------------


def at_the_json_door(stranger: Visitor, town, **more: str) -> int:
    said = {"login": "mayor", "password": town.password, **more}
    return stranger.client.post("/api/v1/session", json=said).status_code


def test_the_json_door_asks_for_the_code_as_well(
    secured: tuple[str, list[str]], stranger: Visitor, town, clock: MovableClock
) -> None:
    assert at_the_json_door(stranger, town) == 401
    assert at_the_json_door(stranger, town, code="000000") == 401
    code = code_at(secured[0], clock)
    assert at_the_json_door(stranger, town, code=code) == 200
    assert at_the_json_door(stranger, town, code=code) == 401, "taken once"


def test_a_cookie_that_waits_for_its_code_opens_nothing_at_the_json_door(
    secured: tuple[str, list[str]], stranger: Visitor, town, clock: MovableClock
) -> None:
    sheet = sign_in(stranger, town)
    cookie = stranger.client.get_cookie(door.COOKIE, domain="town.test")
    assert cookie is not None
    bearer = {"Authorization": f"Bearer {cookie.value}"}
    assert stranger.client.get("/api/v1/me", headers=bearer).status_code == 401
    stranger.send(sheet, "/login/code", code=code_at(secured[0], clock))
    assert stranger.client.get("/api/v1/me", headers=bearer).status_code == 200, (
        "control: the same, after the code"
    )
