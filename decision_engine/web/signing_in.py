"""Sign in and out, the second factor, proving to be there, and one's own page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import segno
from flask import Response, current_app, g, redirect, request, url_for
from flask_babel import gettext as _

from decision_engine.commands import browsers
from decision_engine.errors import InvalidAnswers, NotSignedIn, SignInFailed, TooManyAttempts
from decision_engine.language import Text
from decision_engine.queries import people
from decision_engine.web import door
from decision_engine.web.door import Pages, Said, go, house, local, show
from decision_engine.web.frame import keep_shown
from decision_engine.web.saying import said as told
from decision_engine.work import Work

page = Pages("signing_in")

NOT_THE_SAME = Text("两次输入的新密码不一致。", "The two new passwords differ.")


@page.open_("GET", "/login")
def login_page() -> Any:
    """Show the form of signing in."""
    given = request.cookies.get(door.COOKIE)
    if given and browsers.arrival(house(), given).chooses_password:
        return redirect(url_for("signing_in.password_page"), 303)
    return show("login.html", login="", wrong=None, next=local(request.args.get("next")))


@page.open_("POST", "/login")
def login() -> Any:
    """Sign in; with a second factor the code is asked for next."""
    name, back = request.form.get("login", "").strip()[:200], local(request.form.get("next"))
    try:
        with _slowly():
            signed, awaits = browsers.enter(
                house(), name, request.form.get("password", "")[:1000], request.headers.get("User-Agent", "")
            )
    except (SignInFailed, TooManyAttempts) as refusal:
        return show("login.html", login=name, wrong=told(refusal.message), next=back), door.status_of(refusal)
    if awaits:
        return _carry(redirect(url_for("signing_in.code_page", next=back), 303), signed.token)
    return _carry(_arrived(signed.token, back), signed.token)


@page.open_("GET", "/login/code")
def code_page() -> Any:
    """Ask for the one-time code."""
    door.bearer()
    return show("code.html", wrong=None, next=local(request.args.get("next")))


@page.open_("POST", "/login/code")
def code() -> Any:
    """Take the one-time code."""
    back = local(request.form.get("next"))
    try:
        with _slowly():
            browsers.give_code(house(), door.bearer(), request.form.get("code", "")[:64])
    except (SignInFailed, TooManyAttempts) as refusal:
        return show("code.html", wrong=told(refusal.message), next=back), door.status_of(refusal)
    return _arrived(door.bearer(), back)


@page.open_("GET", "/login/password")
def password_page() -> Any:
    """Show the form in which one chooses a password: after a one-time password, or of one's own accord."""
    one_time = browsers.arrival(house(), door.bearer()).chooses_password
    return show("password.html", errors={}, one_time=one_time, next=local(request.args.get("next")))


@page.open_("POST", "/login/password")
def choose_password() -> Any:
    """Take the password chosen; every other session of the account ends."""
    given, back = door.bearer(), local(request.form.get("next"))
    new, status = request.form.get("password", "")[:1000], 422
    errors: dict[str, tuple[Text, ...]] = {}
    if new != request.form.get("again", "")[:1000]:
        errors = {"again": (NOT_THE_SAME,)}
    else:
        try:
            browsers.choose_password(house(), given, request.form.get("current", "")[:1000], new)
        except (SignInFailed, TooManyAttempts) as refusal:
            errors, status = {"current": (refusal.message,)}, door.status_of(refusal)
        except InvalidAnswers as refusal:
            errors = dict(refusal.fields)
    if errors:
        one_time = browsers.arrival(house(), given).chooses_password
        return show("password.html", errors=errors, one_time=one_time, next=back), status
    if back == "/":
        return go("desk.worklist_page", _("密码已更换，其他登录已退出。"))
    return go("signing_in.me_page", _("密码已更换，其他登录已退出。"))


@page.open_("POST", "/logout")
def logout() -> Any:
    """End the session at once."""
    with suppress(NotSignedIn):
        browsers.leave(house(), door.bearer())
    answer = redirect(url_for("signing_in.login_page"), 303)
    answer.delete_cookie(door.COOKIE, secure=True, path="/")
    return answer


@page.ask("/confirm")
def confirm_page(work: Work) -> Any:
    """Ask who is there to prove it, before a decisive act."""
    return show("confirm.html", wrong=None, next=local(request.args.get("next")))


@page.open_("POST", "/confirm")
def confirm() -> Any:
    """Take the proof: the password, or a one-time code; a failure is counted."""
    back = local(request.form.get("next"))
    try:
        browsers.confirm(house(), door.bearer(), request.form.get("word", "")[:1000])
    except (SignInFailed, TooManyAttempts) as refusal:
        return show("confirm.html", wrong=told(refusal.message), next=back), door.status_of(refusal)
    return redirect(back, 303)


# -- one's own page --------------------------------------------------------------------------------------


@page.ask("/me")
def me_page(work: Work) -> Any:
    """Show who one is: posts of the day, sessions, the second factor."""
    posts = people.standings_with_names(work)
    return show(
        "me.html",
        posts=posts,
        lenders=people.names_of(work, {one["on_behalf_of"] for one in posts if one["on_behalf_of"]}),
        sessions=browsers.sessions_of(work),
        here=g.session.token_hash,
        second_factor=browsers.has_second_factor(work, door.bearer()),
        enrolment=None,
    )


@page.act("/me/sessions/<id:session_hash>/revocation")
def revoke_session(work: Work, said: Said, session_hash: str) -> Any:
    """End one of one's own sessions."""
    browsers.revoke(work, session_hash)
    return go("signing_in.me_page", _("该登录已退出。"))


@page.act("/me/second-factor", decisive=True)
def set_up(work: Work, said: Said) -> Any:
    """Begin a second factor; secret and recovery codes are shown this once."""
    enrolment = browsers.set_up_second_factor(work, door.bearer())
    drawing = io.BytesIO()
    segno.make(enrolment.address, error="m").save(
        drawing, kind="svg", scale=5, border=2, xmldecl=False, svgns=True, omitsize=True, nl=False
    )
    return show("second_factor.html", enrolment=enrolment, picture=drawing.getvalue().decode())


@page.act("/me/second-factor/proof")
def put_in_force(work: Work, said: Said) -> Any:
    """Put the factor in force by its first code."""
    browsers.put_second_factor_in_force(work, door.bearer(), said.get("code", "")[:64])
    return go("signing_in.me_page", _("动态口令已启用，下次登录时使用。"))


@page.act("/me/second-factor/removal", decisive=True)
def take_away(work: Work, said: Said) -> Any:
    """Switch the factor off."""
    browsers.drop_second_factor(work, door.bearer())
    return go("signing_in.me_page", _("动态口令已停用。"))


@contextmanager
def _slowly() -> Iterator[None]:
    """Let an address fail only so often, whatever the account; the limit is the one of the JSON door."""
    limit, address = current_app.extensions["throttles"]["sign-in"], request.remote_addr or ""
    limit.refuse_if_empty(address)
    try:
        yield
    except SignInFailed:
        limit.take(address)
        raise


def _arrived(token: str, back: str) -> Any:
    """Go on after signing in: to a password of one's own first where that is due; shown as the person prefers."""
    found = browsers.arrival(house(), token)
    onward = url_for("signing_in.password_page", next=back) if found.chooses_password else back
    answer = redirect(onward, 303)
    if found.display is not None:
        keep_shown(answer, found.display)
    return answer


def _carry(answer: Any, token: str) -> Response:
    answer.set_cookie(door.COOKIE, token, secure=True, httponly=True, samesite="Lax", path="/")
    made: Response = answer
    return made
