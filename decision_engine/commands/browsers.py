"""Browsers at the page door: sign in with a second factor where one is set, prove to be there, leave, look after it.

Guarantees
* A session is a token of which only the SHA-256 is kept; it ends when idle, when old, or at once when revoked.
* A one-time code (RFC 6238) is taken once; its secret is sealed by a key outside the database.
* Failures count like wrong passwords do: five, and the account rests a quarter of an hour.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import delete, select, update

from decision_engine.access import PUBLIC, Actor
from decision_engine.commands.accounts import SHORTEST_PASSWORD, TOO_SHORT
from decision_engine.commands.sessions import (
    LOCK,
    MAX_TRIES,
    SignedIn,
    end_sessions,
    hash_password,
    password_is_right,
    sign_in,
)
from decision_engine.errors import (
    InvalidAnswers,
    NotFound,
    NotReady,
    NotSignedIn,
    SignInFailed,
    TooManyAttempts,
)
from decision_engine.language import Text
from decision_engine.models import (
    Account,
    Person,
    Preference,
    RecoveryCode,
    SecondFactor,
    Token,
    WebSession,
)
from decision_engine.work import House, Work, token_hash, unit_of_work

IDLE = timedelta(hours=2)
FRESH = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=2)
RECOVERY_CODES = 8
_STEP = 30  # seconds, RFC 6238
WRONG_PASSWORD = Text("现在的密码不正确。", "The present password is not right.")
CHOOSE_FIRST = Text(
    "这是一次性密码，请先在登录页面登录并设置本人的密码。",
    "This is a one-time password. Sign in on the sign-in page first and choose one of your own.",
)
WRONG_CODE = Text("验证码不正确或者已经使用过。", "The code is not right, or was used before.")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What somebody needs to set a second factor up, shown once: the secret, its address for apps, recovery codes."""

    secret: str
    address: str
    recovery: tuple[str, ...]


# -- in and out ------------------------------------------------------------------------------------------


def enter(house: House, login: str, password: str, agent: str) -> tuple[SignedIn, bool]:
    """Sign a browser in; return its token, and whether a code is still to come.

    Raises `SignInFailed`, `TooManyAttempts`.
    """
    signed = sign_in(house, login, password)
    with unit_of_work(house, as_actor=PUBLIC) as work:
        token = work.session.get_one(Token, token_hash(signed.token))
        factor = work.session.get(SecondFactor, token.account_id)
        awaits = factor is not None and factor.in_force
        work.session.add(
            WebSession(
                token_hash=token.hash, account_id=token.account_id, agent=agent[:100], seen_at=work.now,
                confirmed_at=work.now, awaits_code=awaits, second_factor=False,
            )
        )  # fmt: skip
    return signed, awaits


def give_code(house: House, bearer: str, code: str) -> None:
    """Give the second factor a session waits for. Raises `SignInFailed`, `TooManyAttempts`, `NotSignedIn`."""
    _prove(house, bearer, lambda work, account: _code_is_right(work, account, code), second=True)


def enter_with_code(house: House, login: str, password: str, code: str | None) -> SignedIn:
    """Sign a program in at the JSON door: password, and the code where a second factor is in force.

    Without the right code the token is worth nothing and ends at once. Raises `SignInFailed`, `TooManyAttempts`.
    """
    signed = sign_in(house, login, password)
    with unit_of_work(house, as_actor=PUBLIC) as work:
        token = work.session.get_one(Token, token_hash(signed.token))
        account = work.session.get_one(Account, token.account_id, with_for_update=True)
        factor = work.session.get(SecondFactor, account.id)
        right = factor is None or not factor.in_force or _code_is_right(work, account, code or "")
        if not right:
            _failed(work, account)
        if not right or account.one_time_until is not None:
            token.revoked_at = work.now
        one_time = account.one_time_until is not None
    if not right:
        raise SignInFailed(WRONG_CODE)
    if one_time:
        raise SignInFailed(CHOOSE_FIRST)
    return signed


def confirm(house: House, bearer: str, word: str) -> None:
    """Prove to be at the keyboard, by password or one-time code, before a decisive act."""

    def right(work: Work, account: Account) -> bool:
        return password_is_right(work, account, word) or _code_is_right(work, account, word)

    _prove(house, bearer, right, second=False)


def _prove(house: House, bearer: str, right: Callable[[Work, Account], bool], *, second: bool) -> None:
    """Count a failure in a transaction of its own, so that it outlives the refusal."""
    with unit_of_work(house, as_actor=PUBLIC) as work:
        session = work.session.get(WebSession, token_hash(bearer), with_for_update=True)
        if session is None:
            raise NotSignedIn
        account = work.session.get_one(Account, session.account_id, with_for_update=True)
        outcome: Exception | None = None
        if account.locked_until is not None and account.locked_until > work.now:
            outcome = TooManyAttempts()
        elif right(work, account):
            account.tries, account.locked_until = 0, None
            session.confirmed_at = work.now
            if second:
                session.awaits_code, session.second_factor = False, True
        else:
            _failed(work, account)
            outcome = SignInFailed(WRONG_CODE if second else None)
    if outcome is not None:
        raise outcome


def _failed(work: Work, account: Account) -> None:
    account.tries += 1
    if account.tries >= MAX_TRIES:
        account.tries, account.locked_until = 0, work.now + LOCK


def choose_password(house: House, bearer: str, current: str | None, new: str) -> None:
    """Choose a password of one's own; every other session of the account ends.

    *current* proves who is there, and a wrong one counts as a failed sign-in; after a one-time password it is not
    asked, because that was given just now. Raises `NotSignedIn`, `SignInFailed`, `TooManyAttempts`, `InvalidAnswers`
    when *new* is too short, the login or the password of before.
    """
    with unit_of_work(house, as_actor=PUBLIC) as work:
        account = _present(work, bearer)
        outcome = _proof_of(work, account, current)
        if outcome is None:
            wrong = _unfit(work, account, new)
            if wrong is not None:
                raise InvalidAnswers({"password": (wrong,)})
            was_one_time = account.one_time_until is not None
            account.password_hash = hash_password(work.house.settings, new)
            account.tries, account.locked_until, account.one_time_until = 0, None, None
            end_sessions(work, account.id, but=token_hash(bearer))
            person = work.session.get_one(Person, account.person_id)
            work.actor = Actor(person.id, person.name, work.standings(person.id))
            work.record(
                "account.password_chosen",
                "people",
                person=person.id,
                account=account.id,
                after_one_time=was_one_time,
            )
    if outcome is not None:
        raise outcome


def _present(work: Work, bearer: str) -> Account:
    """Return the account of a live session, locked, one-time password or not. Raises `NotSignedIn`."""
    hash_ = token_hash(bearer)
    session, token = work.session.get(WebSession, hash_), work.session.get(Token, hash_)
    if session is None or token is None or session.awaits_code or work.now - session.seen_at > IDLE:
        raise NotSignedIn
    account = work.session.get_one(Account, session.account_id, with_for_update=True)
    if token.revoked_at is not None or token.expires_at <= work.now or account.closed_at is not None:
        raise NotSignedIn
    if account.one_time_until is not None and account.one_time_until <= work.now:
        raise NotSignedIn
    return account


def _proof_of(work: Work, account: Account, current: str | None) -> Exception | None:
    if account.locked_until is not None and account.locked_until > work.now:
        return TooManyAttempts()
    if account.one_time_until is not None or password_is_right(work, account, current or ""):
        return None
    _failed(work, account)
    return SignInFailed(WRONG_PASSWORD)


def _unfit(work: Work, account: Account, new: str) -> Text | None:
    if len(new) < SHORTEST_PASSWORD:
        return TOO_SHORT
    if new.casefold() == account.login.casefold() or password_is_right(work, account, new):
        return Text(
            "新密码不能与登录名或原密码相同。", "Choose neither the login name nor the password of before."
        )
    return None


def session_of(work: Work, bearer: str) -> WebSession:
    """Return the live session of *bearer*. Raises `NotSignedIn` when it is none, idle too long, or waits for a code."""
    found = work.session.get(WebSession, token_hash(bearer))
    if found is None or found.awaits_code or work.now - found.seen_at > IDLE:
        raise NotSignedIn
    return found


def is_fresh(session: WebSession, now: datetime) -> bool:
    """Tell whether the person proved to be there within the last minutes."""
    return now - session.confirmed_at <= FRESH


def was_seen(house: House, bearer: str) -> None:
    """Note that the browser came; called only when the last note is old."""
    with house.writing() as session, session.begin():
        session.execute(
            update(WebSession)
            .where(WebSession.token_hash == token_hash(bearer))
            .values(seen_at=house.clock.now())
        )


def leave(house: House, bearer: str) -> None:
    """Revoke the session at once, whoever holds it."""
    with house.writing() as session, session.begin():
        session.execute(
            update(Token).where(Token.hash == token_hash(bearer)).values(revoked_at=house.clock.now())
        )


# -- what a person prefers -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a browser that signed in must know: whether a password of one's own comes first, and how to show pages."""

    chooses_password: bool
    display: str | None


def arrival(house: House, bearer: str) -> Arrival:
    """Return how to go on after signing in, in one statement; for a token that is none, nothing in particular."""
    with house.reading() as session:
        row = session.execute(
            select(Account.one_time_until, Preference.display)
            .join(Token, Token.account_id == Account.id)
            .outerjoin(Preference, Preference.person_id == Account.person_id)
            .where(Token.hash == token_hash(bearer), Token.revoked_at.is_(None))
        ).one_or_none()
    return Arrival(False, None) if row is None else Arrival(row[0] is not None, row[1])


def keep_display(house: House, bearer: str, display: str) -> None:
    """Keep how the person of *bearer* wants pages shown, for every device. Raises `NotSignedIn`.

    No event: it touches no case and nobody's rights, and the log is for official acts; whoever verifies the log would
    learn of somebody's eyesight and nothing else.
    """
    with unit_of_work(house, bearer) as work:
        preference_of(work).display = display


def preference_of(work: Work) -> Preference:
    """Return what the actor prefers, begun if it is new."""
    found = work.session.get(Preference, work.actor.person_id)
    if found is None:
        found = Preference(person_id=work.actor.person_id)
        work.session.add(found)
    return found


# -- looking after it ------------------------------------------------------------------------------------


def sessions_of(work: Work) -> Sequence[WebSession]:
    """Return the actor's live sessions, the newest first."""
    rows = work.session.scalars(
        select(WebSession)
        .join(Token, Token.hash == WebSession.token_hash)
        .join(Account, Account.id == WebSession.account_id)
        .where(
            Account.person_id == work.actor.person_id,
            Token.revoked_at.is_(None),
            Token.expires_at > work.now,
            WebSession.seen_at > work.now - IDLE,
        )
        .order_by(WebSession.seen_at.desc())
    )
    return list(rows)


def revoke(work: Work, hash_: str) -> None:
    """End one of the actor's own sessions. Raises `NotFound` for anybody else's."""
    if hash_ not in {one.token_hash for one in sessions_of(work)}:
        raise NotFound
    work.session.get_one(Token, hash_).revoked_at = work.now


def set_up_second_factor(work: Work, bearer: str) -> Enrolment:
    """Begin a second factor; it is in force only when its first code was right. An older one not in force is dropped.

    Raises `NotReady` when one is in force already.
    """
    account = _account(work, bearer)
    factor = work.session.get(SecondFactor, account.id)
    if factor is not None and factor.in_force:
        raise NotReady(
            Text("已启用动态口令。请先停用再重新设置。", "One is in force already. Switch it off first.")
        )
    secret = pyotp.random_base32(32)
    sealed = _box(work.house).encrypt(secret.encode())
    if factor is None:
        work.session.add(
            SecondFactor(account_id=account.id, sealed=sealed, in_force=False, last_step=0, since=work.now)
        )
    else:
        factor.sealed, factor.since, factor.last_step = sealed, work.now, 0
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    codes = tuple(f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _ in range(RECOVERY_CODES))
    work.session.add_all(RecoveryCode(hash=_hash(one), account_id=account.id) for one in codes)
    address = pyotp.TOTP(secret).provisioning_uri(name=account.login, issuer_name="decision_engine")
    return Enrolment(secret, address, codes)


def put_second_factor_in_force(work: Work, bearer: str, code: str) -> None:
    """Put the factor begun in force by its first right code. Raises `SignInFailed`, `NotReady`."""
    account = _account(work, bearer)
    factor = work.session.get(SecondFactor, account.id, with_for_update=True)
    if factor is None or factor.in_force:
        raise NotReady(Text("没有待启用的动态口令。", "There is none to put in force."))
    if not _takes(work, factor, code):
        raise SignInFailed(WRONG_CODE)
    factor.in_force = True
    work.record("account.second_factor.set", "people", account=account.id)


def drop_second_factor(work: Work, bearer: str) -> None:
    """Switch the factor off; the session must be freshly confirmed, which the door sees to."""
    account = _account(work, bearer)
    factor = work.session.get(SecondFactor, account.id)
    if factor is None:
        raise NotReady(Text("没有启用动态口令。", "None is in force."))
    work.session.delete(factor)
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    work.record("account.second_factor.dropped", "people", account=account.id)


def has_second_factor(work: Work, bearer: str) -> bool:
    """Tell whether one is in force."""
    factor = work.session.get(SecondFactor, _account(work, bearer).id)
    return factor is not None and factor.in_force


def _account(work: Work, bearer: str) -> Account:
    account = work.session.scalar(
        select(Account).join(Token, Token.account_id == Account.id).where(Token.hash == token_hash(bearer))
    )
    if account is None:
        raise NotSignedIn
    return account


def _code_is_right(work: Work, account: Account, code: str) -> bool:
    factor = work.session.get(SecondFactor, account.id, with_for_update=True)
    if factor is None or not factor.in_force:
        return False
    if _takes(work, factor, code):
        return True
    kept = work.session.get(RecoveryCode, _hash(code.strip().lower()), with_for_update=True)
    if kept is None or kept.account_id != account.id or kept.used_at is not None:
        return False
    kept.used_at = work.now
    return True


def _takes(work: Work, factor: SecondFactor, code: str) -> bool:
    """Take *code* if it is of this time step or a neighbour, and of none used before."""
    try:
        secret = _box(work.house).decrypt(factor.sealed).decode()
    except InvalidToken:
        return False
    now = int(work.now.timestamp()) // _STEP
    for step in (now, now - 1, now + 1):
        if step > factor.last_step and secrets.compare_digest(pyotp.HOTP(secret).at(step), code.strip()):
            factor.last_step = step
            return True
    return False


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _box(house: House) -> Fernet:
    """Return what seals secrets: its key lies in a file of its own, made on first use, for the service alone."""
    path: Path = house.settings.data_dir / "keys" / "second_factor.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(Fernet.generate_key())
    return Fernet(path.read_bytes())


def whose(work: Work, bearer: str) -> Person:
    """Return the person of *bearer*."""
    return work.session.get_one(Person, _account(work, bearer).person_id)
