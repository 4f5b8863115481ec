"""The page door keeps its promises: who comes in, what stays out, and what every answer carries."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from decision_engine.clock import MovableClock
from decision_engine.commands import browsers
from decision_engine.models import Account, Token, WebSession
from decision_engine.web import door
from decision_engine.web.frame import POLICY
from decision_engine.work import House
from tests.web.bare import POLICY as PROVED_IN_CHROMIUM
from tests.web.conftest import SITE, Enter, Visitor

AN_ID = "0" * 32
VALUES = {
    "IdConverter": AN_ID,
    "IntegerConverter": 1,
    "FileNameConverter": "a.pdf",
    "UnicodeConverter": "x",
    "PathConverter": "x",
}


def pages(app: Flask, method: str) -> list[tuple[str, str]]:
    """Every address of the page door that takes *method*: (endpoint, path)."""
    found = []
    with app.test_request_context(base_url=SITE):
        adapter = app.url_map.bind("town.test")
        for rule in app.url_map.iter_rules():
            if rule.rule.startswith("/api/") or method not in (rule.methods or ()):
                continue
            values = {name: VALUES[type(one).__name__] for name, one in rule._converters.items()}
            found.append((rule.endpoint, adapter.build(rule.endpoint, values, method=method)))
    return found


def open_to_strangers(app: Flask) -> set[str]:
    """The endpoints that do not send a stranger to the sign-in, and do not refuse a form without one."""
    stranger = app.test_client()
    inside = {
        endpoint
        for endpoint, path in pages(app, "GET")
        if not stranger.get(path, base_url=SITE).headers.get("Location", "").startswith("/login?")
    }
    posted = {
        endpoint
        for endpoint, path in pages(app, "POST")
        if stranger.post(path, base_url=SITE).status_code not in (401, 403)
    }
    return inside | posted


NO_PAGES = {"health.alive", "health.ready", "health.metrics"}


def test_every_page_but_the_open_ones_sends_strangers_to_the_sign_in(app: Flask) -> None:
    assert len(pages(app, "GET")) > 10
    assert open_to_strangers(app) - NO_PAGES <= door.OPEN | door.PUBLIC_SITE


def test_a_page_that_forgot_to_ask_who_is_there_is_found() -> None:
    """Negative control: a bare route in an application of its own is open."""
    app = Flask("forgotten")
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    app.add_url_rule("/forgotten", "forgotten_form", lambda: "done", methods=["POST"])
    assert open_to_strangers(app) >= {"forgotten", "forgotten_form"}


def test_a_page_cannot_open_itself_to_strangers() -> None:
    with pytest.raises(LookupError):
        door.Pages("odd").open_("GET", "/odd")(lambda: "")


# -- the cookie ------------------------------------------------------------------------------------------


def test_the_session_lies_in_a_cookie_no_script_and_no_other_site_can_use(stranger: Visitor, town) -> None:
    sheet = stranger.open("/login")
    form = dict(sheet.form("/login").form_values()) | {"login": "secretary", "password": town.password}
    answer = stranger.client.post("/login", data=form, base_url=SITE, headers={"Origin": SITE})
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith(f"{door.COOKIE}="))
    assert door.COOKIE.startswith("__Host-")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert f"; {flag}" in cookie
    assert "Domain" not in cookie


def test_only_a_hash_of_the_session_is_kept(enter: Enter, house: House) -> None:
    visitor = enter("secretary")
    cookie = visitor.client.get_cookie(door.COOKIE, domain="town.test")
    assert cookie is not None
    assert len(cookie.value) >= 43  # 256 bits in base64
    with house.reading() as session:
        kept = [*session.scalars(select(Token.hash)), *session.scalars(select(WebSession.token_hash))]
    assert kept
    assert all(cookie.value not in one for one in kept)


def test_signing_out_ends_the_session_at_once(enter: Enter) -> None:
    visitor = enter("secretary")
    cookie = visitor.client.get_cookie(door.COOKIE, domain="town.test")
    assert cookie is not None
    visitor.send(visitor.open("/"), "/logout")
    visitor.client.set_cookie(door.COOKIE, cookie.value, domain="town.test", secure=True)
    assert visitor.open("/").address.startswith("/login")


def test_an_idle_session_ends_and_one_in_use_does_not(enter: Enter, clock: MovableClock) -> None:
    visitor = enter("secretary")
    for _ in range(3):
        clock.move_to(clock.now() + browsers.IDLE - timedelta(minutes=1))
        assert visitor.open("/").address == "/"
    clock.move_to(clock.now() + browsers.IDLE + timedelta(minutes=1))
    assert visitor.open("/").address.startswith("/login")


def test_a_session_ends_when_it_is_old_however_busy(enter: Enter, clock: MovableClock, house: House) -> None:
    visitor = enter("secretary")
    end = clock.now() + timedelta(seconds=house.settings.token_lifetime)
    while clock.now() + timedelta(hours=1) < end:
        clock.move_to(clock.now() + timedelta(hours=1))
        assert visitor.open("/").address == "/"
    clock.move_to(end)
    assert visitor.open("/").address.startswith("/login")


def test_one_sees_where_one_is_signed_in_and_ends_it_there(enter: Enter) -> None:
    here, there = enter("secretary"), enter("secretary", again=True)
    sheet = here.open("/me")
    ends = [one.get("action") for one in sheet.tree.forms if "/revocation" in (one.get("action") or "")]
    assert len(ends) == 1, "the session one is in ends by signing out"
    here.send(sheet, ends[0])
    assert there.open("/").address.startswith("/login")
    assert here.open("/").address == "/"


def test_nobody_ends_the_session_of_somebody_else(enter: Enter, house: House) -> None:
    mine, other = enter("secretary"), enter("mayor")
    with house.reading() as session:
        others = session.scalar(
            select(WebSession.token_hash)
            .join(Account, Account.id == WebSession.account_id)
            .where(Account.login == "mayor")
        )
    sheet = mine.open("/me")
    token = dict(sheet.form("/logout").form_values())["csrf_token"]
    mine.post(f"/me/sessions/{others}/revocation", {"csrf_token": token}, status=404)
    assert other.open("/").address == "/"


# -- signing in ------------------------------------------------------------------------------------------


def test_a_wrong_password_is_told_and_the_login_kept(stranger: Visitor) -> None:
    sheet = stranger.send(stranger.open("/login"), "/login", login="secretary", password="wrong", status=401)
    assert "登录名或密码不正确" in sheet.words
    assert dict(sheet.form("/login").form_values())["login"] == "secretary"
    assert stranger.open("/").address.startswith("/login")


def test_after_five_failures_the_account_rests(stranger: Visitor, town) -> None:
    for _ in range(5):
        stranger.send(stranger.open("/login"), "/login", login="secretary", password="wrong", status=401)
    sheet = stranger.send(
        stranger.open("/login"), "/login", login="secretary", password=town.password, status=429
    )
    assert "尝试次数过多" in sheet.words


def test_failures_from_one_address_are_slowed_down_whatever_the_account(
    app: Flask, stranger: Visitor
) -> None:
    for number in range(30):
        stranger.send(stranger.open("/login"), "/login", login=f"nobody{number}", password="x", status=401)
    stranger.send(stranger.open("/login"), "/login", login="nobody", password="x", status=429)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "javascript:alert(1)",
        "/\r\nSet-Cookie: a=b",
        "evil",
    ],
)
def test_the_sign_in_leads_nowhere_else(stranger: Visitor, town, elsewhere: str) -> None:
    sheet = stranger.open("/login", query_string={"next": elsewhere})
    form = dict(sheet.form("/login").form_values()) | {
        "login": "secretary", "password": town.password, "next": elsewhere,
    }  # fmt: skip
    answer = stranger.client.post("/login", data=form, base_url=SITE, headers={"Origin": SITE})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


def test_the_sign_in_leads_back_to_where_one_wanted_to_go(stranger: Visitor, town) -> None:
    sheet = stranger.open("/cases?q=路")
    assert sheet.address.startswith("/login?next=")
    there = stranger.send(sheet, "/login", login="secretary", password=town.password)
    assert there.address.startswith("/cases?q=")


# -- forms of other sites ----------------------------------------------------------------------------------


def test_a_form_needs_the_token_of_its_own_session(enter: Enter, stranger: Visitor) -> None:
    mine, other = enter("secretary"), enter("mayor")
    token = dict(mine.open("/me").form("/logout").form_values())["csrf_token"]
    others = dict(other.open("/me").form("/logout").form_values())["csrf_token"]
    assert token != others
    for sent in ({}, {"csrf_token": ""}, {"csrf_token": others}, {"csrf_token": token[:-1]}):
        mine.post("/me/second-factor", sent, status=403)
    stranger.post("/logout", {"csrf_token": token}, status=403)
    assert mine.open("/").address == "/", "still signed in"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null"},
        {"Origin": SITE, "Sec-Fetch-Site": "cross-site"},
        {"Origin": SITE, "Sec-Fetch-Site": "same-site"},
        {"Origin": f"{SITE}.evil.test"},
        {"Referer": "https://evil.test/page"},
    ],
)
def test_a_form_from_another_site_is_refused_even_with_the_token(
    enter: Enter, headers: dict[str, str]
) -> None:
    visitor = enter("secretary")
    token = dict(visitor.open("/me").form("/logout").form_values())["csrf_token"]
    visitor.post("/logout", {"csrf_token": token}, headers=headers, status=403)
    assert visitor.open("/").address == "/"


def test_the_same_form_from_this_site_is_taken(enter: Enter) -> None:
    """Control of the two above."""
    visitor = enter("secretary")
    token = dict(visitor.open("/me").form("/logout").form_values())["csrf_token"]
    assert visitor.post("/logout", {"csrf_token": token}).address.startswith("/login")


def test_every_form_of_the_door_refuses_without_a_token(enter: Enter, app: Flask) -> None:
    """Somebody signed in, lured to another site's form: nothing is done, wherever it is sent."""
    visitor = enter("secretary")
    forms = pages(app, "POST")
    assert len(forms) > 8
    for endpoint, path in forms:
        answer = visitor.client.post(path, base_url=SITE, headers={"Origin": SITE})
        assert answer.status_code == 403, endpoint


# -- what every page carries -------------------------------------------------------------------------------


def test_every_page_carries_the_strict_policy_and_is_kept_by_nobody(enter: Enter, stranger: Visitor) -> None:
    assert POLICY == PROVED_IN_CHROMIUM
    assert "unsafe" not in POLICY
    visitor = enter("secretary")
    for sheet in (stranger.open("/login"), visitor.open("/"), visitor.open("/nothing", status=404)):
        headers = sheet.answer.headers
        assert headers["Content-Security-Policy"] == POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "camera=()" in headers["Permissions-Policy"]


def test_no_page_names_another_host_or_holds_a_script_or_style(enter: Enter) -> None:
    visitor = enter("secretary")
    for path in ("/", "/cases", "/cases/new", "/me", "/inbox", "/search?q=%E8%B7%AF"):
        assert faults(visitor.open(path).text) == [], path


def faults(text: str) -> list[str]:
    """What the policy would refuse, or what leads to another host."""
    return re.findall(
        r"""(?i)\sstyle\s*=|\son[a-z]+\s*=\s*["']|hx-on|["']js:|<style|<script(?![^>]*\ssrc=)(?![^>]*application/json)"""
        r"""|(?:src|href|action)\s*=\s*["'](?:[a-z]+:)?//""",
        text,
    )


@pytest.mark.parametrize(
    "bad",
    ['<p style="x">', '<a onclick="x">', '<b hx-on:click="x">', "<script>1</script>", '<img src="https://x/y">',
     '<link href="//cdn/x.css">'],
)  # fmt: skip
def test_the_search_for_what_the_policy_refuses_finds_it(bad: str) -> None:
    assert faults(bad)
