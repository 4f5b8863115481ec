"""The page door: how a request from a browser becomes an act or a question, and how it is answered.

    page = Pages("matters")

    @page.ask("/cases/<id:case_id>")
    def case_page(work, case_id): return show("case.html", case=...)

    @page.act("/tasks/<id:task_id>/claim")
    def claim(work, said, task_id): tasks.claim_task(work, task_id); return go("steps.task_page", task_id=task_id)

Guarantees
* A function behind `ask` or `act` runs only with a `Work` for a person whose session is live, not idle, and past its
  second factor. Only `open_` runs without one, for endpoints listed in `OPEN`.
* `act` demands the session's CSRF token and that the request comes from this site; it runs in one transaction and,
  by the form's hidden key, once: sent twice, it answers the same again.
* `act(decisive=True)` demands that the person proved to be there within the last ten minutes.
* Refusals become pages in the reader's language, with the rule and its article; `again` draws the form anew with
  what was typed, after the transaction was rolled back.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, g, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from decision_engine.access import PUBLIC
from decision_engine.commands import browsers
from decision_engine.crash import crash_point
from decision_engine.errors import DecisionEngineError, Forbidden, NotSignedIn
from decision_engine.language import Text
from decision_engine.models import FinishedRequest
from decision_engine.queries import handling
from decision_engine.retrying import persistently
from decision_engine.work import House, Work, reading, unit_of_work

View = TypeVar("View", bound=Callable[..., Any])
Again = Callable[..., Any]

COOKIE = "__Host-decision"
GUEST = "__Host-guest"
OPEN = frozenset(
    {
        "signing_in.login_page", "signing_in.login", "signing_in.code_page", "signing_in.code", "signing_in.logout",
        "signing_in.confirm",
        "signing_in.password_page",
        "signing_in.choose_password",
        "display.change", "static.hand_out", "styleguide.show", "styleguide.interface",
    }
)  # fmt: skip
"""Endpoints of pages that open without sign-in; the public site adds its own below."""
PUBLIC_SITE = frozenset(
    {"public.consultations_page", "public.consultation_page", "public.comment", "public.receipt_page",
     "public.document", "public.accessibility"}
)  # fmt: skip
NOT_FROM_HERE = Text(
    "该请求不是从本系统页面发出，或者页面已过期。请返回页面刷新后重新提交，已填写的内容请先复制保存。",
    "This request did not come from a page of this system, or the page is too old. Go back, reload, and send it again.",
)


class ConfirmFirst(DecisionEngineError):
    """A decisive act needs the person to prove to be there."""

    default = Text(
        "请输入密码或动态口令确认身份后再提交。", "Prove who you are by password or code, then submit."
    )


# -- who is there ----------------------------------------------------------------------------------------


def house() -> House:
    """Return the house this door belongs to."""
    found: House = current_app.extensions["house"]
    return found


def bearer() -> str:
    """Return the token of the browser's session. Raises `NotSignedIn`."""
    given = request.cookies.get(COOKIE, "")
    if not given:
        raise NotSignedIn
    return given


def signed_in_as(work: Work) -> None:
    """Look whether the session is live, and remember it for the page. Raises `NotSignedIn`."""
    g.session = browsers.session_of(work, bearer())
    g.me = work.actor
    g.now = work.now


def csrf_token() -> str:
    """Return what every form of this browser carries; it is worth nothing without the cookie it is made from."""
    given = request.cookies.get(COOKIE) or request.cookies.get(GUEST) or g.get("guest", "")
    if not given:
        g.guest = given = secrets.token_urlsafe(24)
    return hmac.new(given.encode(), b"decision-engine csrf", hashlib.sha256).hexdigest()


def demand_own_form() -> None:
    """Refuse what did not come from a form of this site and this browser. Raises `Forbidden`."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    from_here = origin is None or urlsplit(origin).netloc == request.host
    known = request.cookies.get(COOKIE) or request.cookies.get(GUEST)
    sent = request.form.get("csrf_token", "")
    if not (
        site in {"same-origin", "none"} and from_here and known and hmac.compare_digest(sent, csrf_token())
    ):
        raise Forbidden(NOT_FROM_HERE)


# -- routes ----------------------------------------------------------------------------------------------


class Pages(Blueprint):
    """The pages of one subject."""

    def __init__(self, name: str) -> None:
        super().__init__(name, __name__, template_folder="templates")

    def ask(self, path: str, *, noted: bool = False) -> Callable[[View], View]:
        """Route a page; *noted*: opening it is a reading that is written down (F33)."""

        def decorate(function: View) -> View:
            def view(**values: Any) -> Any:
                way = unit_of_work if noted else reading
                with way(house(), bearer()) as work:
                    signed_in_as(work)
                    with _drawn_for(work):
                        answer = function(work, **values)
                _keep_alive()
                return answer

            self._route(path, "GET", view, function)
            return function

        return decorate

    def act(self, path: str, *, again: Again | None = None, decisive: bool = False) -> Callable[[View], View]:
        """Route a form. *again*(work, error, said, **values) draws it anew when the act was refused."""

        def decorate(function: View) -> View:
            def view(**values: Any) -> Any:
                demand_own_form()
                try:
                    return persistently(lambda: _once(function, values, decisive=decisive))
                except NotSignedIn:
                    raise
                except DecisionEngineError as refusal:
                    if again is None:
                        raise
                    return _redrawn(again, refusal, values)

            self._route(path, "POST", view, function)
            return function

        return decorate

    def open_(self, method: str, path: str) -> Callable[[View], View]:
        """Route something anybody may see or do; its endpoint must stand in `OPEN` or `PUBLIC_SITE`."""

        def decorate(function: View) -> View:
            if f"{self.name}.{function.__name__}" not in OPEN | PUBLIC_SITE:
                raise LookupError(f"{self.name}.{function.__name__} is not on the list of open pages")

            def view(**values: Any) -> Any:
                if method == "POST":
                    demand_own_form()
                return function(**values)

            self._route(path, method, view, function)
            return function

        return decorate

    def _route(self, path: str, method: str, view: Callable[..., Any], function: Callable[..., Any]) -> None:
        view.__name__, view.__doc__ = function.__name__, function.__doc__
        self.add_url_rule(path, function.__name__, view, methods=[method])


def publicly(deed: Callable[[Work], Any]) -> Any:
    """Do *deed* as a member of the public, in one transaction."""

    def attempt() -> Any:
        with unit_of_work(house(), as_actor=PUBLIC) as work:
            return deed(work)

    return persistently(attempt)


def demand_fresh(work: Work) -> None:
    """Raise `ConfirmFirst` unless the person proved to be there within the last minutes; the event says how."""
    if not browsers.is_fresh(g.session, work.now):
        raise ConfirmFirst
    work.auth = "step-up"


def _once(function: Callable[..., Any], values: Mapping[str, Any], *, decisive: bool) -> Any:
    """Do the act, or answer as before when its form was sent already.

    The same sheet sent again with other words (back, and another button) is another act, with a key of its own.
    """
    key, fingerprint = request.form.get("_key", ""), _fingerprint()
    with unit_of_work(house(), bearer()) as work:
        signed_in_as(work)
        work.auth = "second-factor" if g.session.second_factor else "password"
        if decisive:
            demand_fresh(work)
        earlier = work.session.get(FinishedRequest, (work.actor.person_id, f"page:{key}")) if key else None
        if earlier is not None and earlier.request_hash != fingerprint:
            key = f"{key}:{fingerprint}"
            earlier = work.session.get(FinishedRequest, (work.actor.person_id, f"page:{key}"))
        if earlier is not None and earlier.request_hash == fingerprint:
            return redirect(json.loads(earlier.body), 303)
        answer = function(work, request.form, **values)
        if key and isinstance(answer, Response) and answer.location:
            work.session.add(
                FinishedRequest(
                    actor_id=work.actor.person_id, key=f"page:{key}", request_hash=fingerprint, status=303,
                    body=json.dumps(answer.location), at=work.now,
                )
            )  # fmt: skip
        crash_point("page.act_done")
    return answer


def was_sent(work: Work) -> bool:
    """Tell whether the very page this request comes from was sent already, and taken."""
    key = request.form.get("_key", "")
    return bool(key) and work.session.get(FinishedRequest, (work.actor.person_id, f"page:{key}")) is not None


def _redrawn(again: Again, refusal: DecisionEngineError, values: Mapping[str, Any]) -> Any:
    with unit_of_work(house(), bearer()) as work:
        signed_in_as(work)
        with _drawn_for(work):
            drawn = again(work, refusal, request.form, **values)
    return drawn, status_of(refusal)


@contextmanager
def _drawn_for(work: Work) -> Iterator[None]:
    """Let the frame of a page ask how many messages wait; a part of a page has no frame and asks nothing."""
    g.unread = lambda: handling.unread(work)
    try:
        yield
    finally:
        g.pop("unread")


def status_of(refusal: DecisionEngineError) -> int:
    """Return the HTTP status of *refusal*, from the one table of the house."""
    if isinstance(refusal, ConfirmFirst):  # only pages ask for it, so that table has no kind for it
        return 403
    found: int = current_app.extensions["kind_of"](refusal).status
    return found


def _fingerprint() -> str:
    digest = hashlib.sha256(request.path.encode() + b"\n")
    for name, value in sorted(request.form.items(multi=True)):
        if name not in {"csrf_token", "_key"}:
            digest.update(json.dumps([name, value]).encode() + b"\n")
    for name, file in sorted(request.files.items(multi=True), key=lambda one: one[0]):
        digest.update(json.dumps([name, file.filename]).encode() + file.stream.read() + b"\n")
        file.stream.seek(0)
    return digest.hexdigest()


def _keep_alive() -> None:
    if g.now - g.session.seen_at > browsers.SEEN_EVERY:
        browsers.was_seen(house(), bearer())


# -- answers ---------------------------------------------------------------------------------------------


def show(template: str, **values: Any) -> str:
    """Return a page."""
    return render_template(template, **values)


def go(endpoint: str, said: str | None = None, **values: Any) -> Response:
    """Send the browser on to a page; *said* is a sentence shown there once."""
    answer: Response = redirect(url_for(endpoint, **values), 303)  # type: ignore[assignment]
    if said:
        answer.set_cookie(
            "said", said[:200].encode("unicode_escape").decode(), max_age=30, httponly=True, samesite="Lax"
        )
    return answer


def new_key() -> str:
    """Return the hidden key of a form: sent twice, it is one act."""
    return secrets.token_hex(16)


def local(address: str | None) -> str:
    """Return *address* if it is one of this site, else the first page: a link must not lead strangers away."""
    given = address or "/"
    parts = urlsplit(given)
    safe = (
        given.startswith("/")
        and not given.startswith(("//", "/\\"))
        and not parts.netloc
        and not parts.scheme
    )
    return given if safe and given.isprintable() else "/"


Said = MultiDict[str, str]
