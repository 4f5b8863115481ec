"""Sign in and out. Passwords are argon2id; a token is 256 random bits of which only the SHA-256 is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select

from decision_engine.access import PUBLIC
from decision_engine.config import Settings
from decision_engine.crash import crash_point
from decision_engine.errors import SignInFailed, TooManyAttempts
from decision_engine.language import Text
from decision_engine.models import Account, Person, Token
from decision_engine.work import House, Work, token_hash, unit_of_work

TOKEN_PREFIX = "de_"  # noqa: S105  a mark by which a leaked token is recognised, no secret
MAX_TRIES = 5
LOCK = timedelta(minutes=15)
PASSED = Text(
    "一次性密码已过有效期，请联系管理员重新生成。",
    "This one-time password has expired. Ask an administrator for a new one.",
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new token (shown once), its end, and whose it is."""

    token: str
    expires_at: datetime
    person_id: str
    name: str


def sign_in(house: House, login: str, password: str) -> SignedIn:
    """Return a token for *login*. Raises `SignInFailed`, or `TooManyAttempts` after five failures (15 minutes).

    A failure is counted in a transaction of its own, so the counter survives the refusal.
    """
    with unit_of_work(house, as_actor=PUBLIC) as work:
        outcome = _try(work, login, password)
    if isinstance(outcome, SignedIn):
        return outcome
    raise outcome


def _try(work: Work, login: str, password: str) -> SignedIn | SignInFailed | TooManyAttempts:
    hasher = _hasher(work.house.settings)
    row = work.session.execute(
        select(Account, Person)
        .join(Person, Person.id == Account.person_id)
        .where(Account.login == login, Account.closed_at.is_(None), Person.closed_at.is_(None))
        .with_for_update(of=Account)
    ).one_or_none()
    if row is None:
        _matches(hasher, _nobodys_hash(hasher), password)  # as slow as for a real account: no enumeration
        return SignInFailed()
    account, person = row
    if account.locked_until is not None and account.locked_until > work.now:
        return TooManyAttempts()
    if not _matches(hasher, account.password_hash, password):
        account.tries += 1
        if account.tries >= MAX_TRIES:
            account.tries, account.locked_until = 0, work.now + LOCK
        return SignInFailed()
    account.tries, account.locked_until = 0, None
    if account.one_time_until is not None and account.one_time_until <= work.now:
        return SignInFailed(PASSED)
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    expires_at = work.now + timedelta(seconds=work.house.settings.token_lifetime)
    work.session.add(
        Token(hash=token_hash(token), account_id=account.id, created_at=work.now, expires_at=expires_at)
    )
    crash_point("session.token_written")
    return SignedIn(token, expires_at, person.id, person.name)


def sign_out(work: Work, bearer: str) -> None:
    """Revoke *bearer* at once."""
    token = work.session.get(Token, token_hash(bearer))
    if token is not None:
        token.revoked_at = work.now


def end_sessions(work: Work, account_id: str, *, but: str | None = None) -> None:
    """Revoke every token of an account at once, but the one whose hash is *but*."""
    for token in work.session.scalars(
        select(Token).where(Token.account_id == account_id, Token.revoked_at.is_(None))
    ):
        if token.hash != but:
            token.revoked_at = work.now


def hash_password(settings: Settings, password: str) -> str:
    """Return what is kept of *password*."""
    return _hasher(settings).hash(password)


def password_is_right(work: Work, account: Account, password: str) -> bool:
    """Tell whether *password* is that of *account*; who asks counts the failures."""
    return _matches(_hasher(work.house.settings), account.password_hash, password)


def _hasher(settings: Settings) -> PasswordHasher:
    return _make_hasher(settings.argon2_time_cost, settings.argon2_memory_kib)


@lru_cache(maxsize=4)
def _make_hasher(time_cost: int, memory_kib: int) -> PasswordHasher:
    return PasswordHasher(time_cost=time_cost, memory_cost=memory_kib)


@lru_cache(maxsize=4)
def _nobodys_hash(hasher: PasswordHasher) -> str:
    return hasher.hash(secrets.token_urlsafe(16))


def _matches(hasher: PasswordHasher, kept: str, password: str) -> bool:
    try:
        return hasher.verify(kept, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
