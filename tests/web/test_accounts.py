"""Accounts: passwords reset and chosen, closed accounts reopened, a lost second factor taken off by two persons."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from decision_engine.api import PREFIX as API
from decision_engine.clock import MovableClock
from decision_engine.commands import accounts
from decision_engine.demo import Town
from decision_engine.models import Account, Event, EventPayload, Person, Preference, SecondFactor
from decision_engine.work import House
from tests.web.conftest import SITE, Enter, Sheet, Visitor

OWN = "a word of my own"


def account_of(house: House, login: str) -> Account:
    with house.reading() as session:
        return session.scalars(select(Account).where(Account.login == login)).one()


def page_of(house: House, login: str) -> str:
    return f"/admin/people/{account_of(house, login).person_id}"


def one_time(visitor: Visitor, house: House, login: str, action: str = "/password") -> str:
    """Have an administrator make a one-time password for *login*, and return it."""
    shown = visitor.send(visitor.open(page_of(house, login)), f"{account_of(house, login).id}{action}")
    return str(shown.tree.xpath("string(//*[@id='password'])"))


def sign_in(visitor: Visitor, login: str, password: str, status: int = 200) -> Sheet:
    return visitor.send(visitor.open("/login"), "/login", login=login, password=password, status=status)


def choose(visitor: Visitor, sheet: Sheet, word: str = OWN, status: int = 200, **more: str) -> Sheet:
    return visitor.send(sheet, "/login/password", password=word, again=word, status=status, **more)


# -- a password reset by an administrator ------------------------------------------------------------------


def test_a_reset_password_is_shown_once_and_opens_only_the_choice_of_ones_own(
    enter: Enter, house: House, stranger: Visitor, town: Town
) -> None:
    inside, admin = enter("officer"), enter("admin1")
    password = one_time(admin, house, "officer")
    assert inside.open("/").address.startswith("/login"), "whoever was signed in is signed out at once"
    assert password
    assert password not in admin.open(page_of(house, "officer")).text
    sign_in(stranger, "officer", town.password, status=401)
    asked = sign_in(stranger, "officer", password)
    for shut in ("/", "/cases", "/me"):
        assert stranger.open(shut).address == "/login/password", "nothing else is open before that"
    assert choose(stranger, asked).address == "/"
    assert sign_in(Visitor(stranger.client.application.test_client()), "officer", OWN).address == "/"
    sign_in(Visitor(stranger.client.application.test_client()), "officer", password, status=401)


def test_at_the_json_door_a_one_time_password_opens_nothing(
    enter: Enter, house: House, stranger: Visitor, app: Flask
) -> None:
    password = one_time(enter("admin1"), house, "officer")
    told = app.test_client().post(f"{API}/session", json={"login": "officer", "password": password})
    assert told.status_code == 401
    assert "一次性密码" in told.json["detail"]
    sign_in(stranger, "officer", password)
    cookie = stranger.client.get_cookie("__Host-decision", domain="town.test")
    carried = {"Authorization": f"Bearer {cookie.value}"}
    assert app.test_client().get(f"{API}/me", headers=carried).status_code == 401
    choose(stranger, stranger.open("/login/password"))
    assert app.test_client().get(f"{API}/me", headers=carried).status_code == 200, (
        "the same session, now its own"
    )


def test_a_reset_is_on_the_record_without_the_secret(enter: Enter, house: House, stranger: Visitor) -> None:
    password = one_time(enter("admin1"), house, "officer")
    choose(stranger, sign_in(stranger, "officer", password))
    with house.reading() as session:
        events = session.scalars(select(Event).where(Event.chain == "people").order_by(Event.seq)).all()[-2:]
        kept = [one.body for one in events] + list(session.scalars(select(EventPayload.payload)))
        names = [session.get_one(Person, one.actor_id).name for one in events]
    assert [one.kind for one in events] == ["account.password_reset", "account.password_chosen"]
    assert names == ["丁一", names[1]]
    everything = b"".join(
        bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode() for one in kept
    )
    assert "丁一".encode() in everything, "the search sees what is there"
    assert password.encode() not in everything
    assert OWN.encode() not in everything


def test_a_one_time_password_expires(
    enter: Enter, house: House, stranger: Visitor, clock: MovableClock
) -> None:
    password = one_time(enter("admin1"), house, "officer")
    clock.move_to(clock.now() + accounts.ONE_TIME + timedelta(minutes=1))
    assert "已过有效期" in sign_in(stranger, "officer", password, status=401).words


def test_nobody_resets_an_account_of_their_own(enter: Enter, house: House) -> None:
    admin = enter("admin1")
    page = admin.open(page_of(house, "admin1"))
    assert "本人的账户须由其他管理员办理" in page.words
    assert not [one for one in page.tree.forms if (one.get("action") or "").endswith("/password")]
    other = admin.open(page_of(house, "officer"))
    token = other.tree.xpath("//input[@name='csrf_token']/@value")[0]
    mine = account_of(house, "admin1")
    for act in (f"/{mine.id}/password", f"/{mine.id}/reopening", ""):
        said = {"csrf_token": token, "login": "second.self"}
        assert "本人的账户" in admin.post(f"{page_of(house, 'admin1')}/accounts{act}", said, status=403).words
    assert account_of(house, "admin1").password_hash == mine.password_hash


@pytest.mark.parametrize(("login", "status"), [("district.justice", 404), ("expert1", 403)])
def test_who_serves_in_another_organ_is_out_of_reach(
    enter: Enter, house: House, login: str, status: int
) -> None:
    """The district's reviewer is not found; the expert of both organs is seen, and the reason said."""
    admin, before = enter("admin1"), account_of(house, login)
    token = admin.open(page_of(house, "officer")).tree.xpath("//input[@name='csrf_token']/@value")[0]
    told = admin.post(
        f"{page_of(house, login)}/accounts/{before.id}/password", {"csrf_token": token}, status=status
    )
    assert status == 404 or "此人在其他机关任职" in told.words
    opened = {"csrf_token": token, "login": "backdoor"}
    admin.post(f"{page_of(house, login)}/accounts", opened, status=status)
    assert account_of(house, login).password_hash == before.password_hash
    with house.reading() as session:
        assert session.scalar(select(Account).where(Account.login == "backdoor")) is None


def test_who_manages_nobody_resets_nothing(enter: Enter, house: House) -> None:
    secretary, before = enter("secretary"), account_of(house, "officer")
    token = secretary.open("/me").tree.xpath("//input[@name='csrf_token']/@value")[0]
    there = f"{page_of(house, 'officer')}/accounts/{before.id}/"
    for act in ("password", "reopening", "factor-reset"):
        secretary.post(there + act, {"csrf_token": token, "reason": "x"}, status=404)
    assert account_of(house, "officer").password_hash == before.password_hash


def test_a_closed_account_opens_again_with_a_one_time_password(
    enter: Enter, house: House, stranger: Visitor, town: Town
) -> None:
    admin = enter("admin1")
    admin.send(admin.open(page_of(house, "officer")), "/closure")
    sign_in(stranger, "officer", town.password, status=401)
    password = one_time(admin, house, "officer", "/reopening")
    sign_in(stranger, "officer", town.password, status=401)
    assert choose(stranger, sign_in(stranger, "officer", password)).address == "/"


# -- a password of one's own -------------------------------------------------------------------------------


def test_one_changes_ones_password_and_other_sessions_end(enter: Enter, town: Town) -> None:
    elsewhere, here = enter("officer"), enter("officer", again=True)
    sheet = here.open("/login/password?next=/me")
    assert "现在的密码不正确" in choose(here, sheet, current="wrong", status=401).words
    assert (
        "不一致"
        in here.send(
            sheet, "/login/password", current=town.password, password=OWN, again=OWN + "?", status=422
        ).words
    )
    assert "至少" in choose(here, sheet, "short", current=town.password, status=422).words
    assert "原密码相同" in choose(here, sheet, town.password, current=town.password, status=422).words
    assert choose(here, sheet, current=town.password).address == "/me"
    assert elsewhere.open("/").address.startswith("/login")
    assert here.open("/").address == "/"


def test_five_wrong_present_passwords_and_the_account_rests(enter: Enter, town: Town) -> None:
    visitor = enter("officer")
    sheet = visitor.open("/login/password?next=/me")
    for _ in range(5):
        choose(visitor, sheet, current="wrong", status=401)
    choose(visitor, sheet, current=town.password, status=429)


def test_strangers_choose_no_password(stranger: Visitor) -> None:
    assert stranger.open("/login/password").address.startswith("/login?")


# -- a lost second factor ----------------------------------------------------------------------------------


@pytest.fixture
def secured(enter: Enter, clock: MovableClock) -> Visitor:
    """The officer has set up a second factor."""
    officer = enter("officer")
    sheet = officer.send(officer.open("/me"), "/me/second-factor")
    secret = next(one for one in sheet.words.split() if len(one) == 32 and one.isalnum() and one.isupper())
    officer.send(sheet, "/me/second-factor/proof", code=pyotp.TOTP(secret).at(int(clock.now().timestamp())))
    return officer


def test_a_reset_password_leaves_the_second_factor(
    secured: Visitor, enter: Enter, house: House, stranger: Visitor
) -> None:
    password = one_time(enter("admin1"), house, "officer")
    assert sign_in(stranger, "officer", password).address.startswith("/login/code")
    stranger.open("/login/password")
    refused = stranger.post(
        "/login/password",
        {
            "csrf_token": stranger.seen[-1].tree.xpath("//input[@name='csrf_token']/@value")[0],
            "password": OWN,
            "again": OWN,
        },
    )
    assert refused.address.startswith("/login"), "without the code no password is chosen"
    assert account_of(house, "officer").one_time_until is not None


def test_a_lost_factor_is_taken_off_by_two_persons(
    secured: Visitor, enter: Enter, house: House, stranger: Visitor, town: Town
) -> None:
    one, two, page = enter("admin1"), enter("admin2"), page_of(house, "officer")
    asked = one.send(one.open(page), "/factor-reset", status=422)
    assert "此项为必填" in asked.words
    proposed = one.send(asked, "/factor-reset", reason="本人持身份证到窗口，手机遗失")
    assert "申请须由另一人核准" in proposed.words
    approval = next(
        form.get("action")
        for form in two.open(page).tree.forms
        if form.get("action", "").endswith("/approval")
    )
    token = proposed.tree.xpath("//input[@name='csrf_token']/@value")[0]
    one.post(approval, {"csrf_token": token}, status=403)
    assert "解除" in two.open("/inbox").words
    assert "待您核准" not in one.open("/inbox").words
    with house.reading() as session:
        assert session.get(SecondFactor, account_of(house, "officer").id) is not None
    two.send(two.open(page), "/approval")
    assert secured.open("/").address.startswith("/login")
    assert sign_in(stranger, "officer", town.password).address == "/"
    with house.reading() as session:
        kinds = list(session.scalars(select(Event.kind).where(Event.chain == "people").order_by(Event.seq)))
    assert kinds[-3:] == [
        "account.second_factor.reset_proposed",
        "act.refused",
        "account.second_factor.reset",
    ]


def test_a_legality_reviewer_may_be_the_second_person_and_an_officer_may_not(
    secured: Visitor, enter: Enter, house: House
) -> None:
    admin, page = enter("admin1"), page_of(house, "officer")
    admin.send(admin.open(page), "/factor-reset", reason="遗失")
    assert not [
        form for form in enter("secretary").open(page).tree.forms if "approval" in (form.get("action") or "")
    ]
    justice = enter("justice")
    justice.send(justice.open(page), "/approval")
    with house.reading() as session:
        assert session.get(SecondFactor, account_of(house, "officer").id) is None


def test_a_proposal_waits_a_week_and_no_longer(
    secured: Visitor, enter: Enter, house: House, clock: MovableClock, town: Town
) -> None:
    admin, page = enter("admin1"), page_of(house, "officer")
    admin.send(admin.open(page), "/factor-reset", reason="遗失")
    clock.move_to(clock.now() + timedelta(days=8))
    other = enter("admin2")
    assert not [form for form in other.open(page).tree.forms if "approval" in (form.get("action") or "")]


# -- what a person prefers ---------------------------------------------------------------------------------


def test_the_display_lies_with_the_person_and_follows_to_another_device(enter: Enter, house: House) -> None:
    first = enter("officer")
    first.open("/display?size=large&contrast=high&next=/me")
    assert 'data-size="large"' in first.open("/").text
    elsewhere = enter("officer", again=True)
    assert 'data-size="large" data-contrast="high"' in elsewhere.open("/").text
    assert "data-size" not in enter("secretary").open("/").text
    assert "改为标准版" in elsewhere.open("/me").words


def test_a_visitors_choice_lies_in_the_cookie_alone(stranger: Visitor, house: House) -> None:
    stranger.open("/display?size=large&next=/login")
    assert 'data-size="large"' in stranger.open("/login").text
    with house.reading() as session:
        assert session.scalars(select(Preference)).all() == []


def test_another_site_changes_nobodys_display(enter: Enter, house: House) -> None:
    visitor = enter("officer")
    visitor.client.get("/display?size=large", base_url=SITE, headers={"Sec-Fetch-Site": "cross-site"})
    with house.reading() as session:
        assert session.scalars(select(Preference)).all() == []
    visitor.client.get("/display?size=large", base_url=SITE, headers={"Sec-Fetch-Site": "same-origin"})
    with house.reading() as session:
        assert [one.display for one in session.scalars(select(Preference))] == ["zh.large.normal"]
