"""Signing in and out, and who one is."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import Schema, fields

from decision_engine.api import identity
from decision_engine.api.fields import Moment, Said, Secret
from decision_engine.api.room import Room
from decision_engine.api.throttle import throttle
from decision_engine.commands import browsers, sessions
from decision_engine.errors import SignInFailed
from decision_engine.forms.fields import Line
from decision_engine.queries import people
from decision_engine.retrying import persistently
from decision_engine.work import Work

room = Room("session", "登录", "Signing in")


class SignInSaid(Said):
    """Login name and password, and the one-time code of those who have a second factor."""

    login = Line("登录名", "Login name", required=True, most=200)
    password = Secret("密码", "Password", required=True)
    code = Secret("动态口令（启用后必填）", "One-time code, where a second factor is in force")


class PersonOut(Schema):
    """A person."""

    id = fields.String()
    name = fields.String()


class SignedInOut(Schema):
    """A bearer token, shown once; send it as `Authorization: Bearer …`."""

    token = fields.String()
    expires_at = Moment()
    person = fields.Nested(PersonOut)


class StandingOut(Schema):
    """A post the person may act from today."""

    organ_id = fields.String()
    organ = fields.String()
    unit_id = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    title = fields.String()
    roles = fields.List(fields.String())
    on_behalf_of = fields.String(allow_none=True)


class MeOut(Schema):
    """Who is signed in, and as what."""

    person = fields.Nested(PersonOut)
    posts = fields.List(fields.Nested(StandingOut))
    roles = fields.List(fields.String())


@room.open_("POST", "/session", "登录", "Sign in", takes=SignInSaid, answer=SignedInOut)
def sign_in(said: dict[str, Any]) -> dict[str, Any]:
    """Sign in. No Idempotency-Key: an answer that holds a token is never kept."""
    address = request.remote_addr or ""
    throttle("sign-in").refuse_if_empty(address)
    try:
        made = persistently(
            lambda: browsers.enter_with_code(
                identity.house(), said["login"], said["password"], said.get("code")
            )
        )
    except SignInFailed:
        throttle("sign-in").take(address)
        raise
    return {
        "token": made.token,
        "expires_at": made.expires_at,
        "person": {"id": made.person_id, "name": made.name},
    }


@room.act("DELETE", "/session", "退出登录", "Sign out", status=204, secret=True)
def sign_out(work: Work) -> None:
    """Revoke the token this request came with, at once."""
    sessions.sign_out(work, identity.bearer())


@room.ask("/me", "当前用户", "Who am I", answer=MeOut)
def who_am_i(work: Work) -> dict[str, Any]:
    """Return the person signed in, with the posts of the day, own and delegated."""
    posts = people.standings_with_names(work)
    return {
        "person": {"id": work.actor.person_id, "name": work.actor.name},
        "posts": posts,
        "roles": sorted({role for post in posts for role in post["roles"]}),
    }
