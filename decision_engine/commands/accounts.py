"""Ways to sign in, as administrators keep them: opened, closed, reopened, a password reset, a lost factor taken off.

Guarantees
* What an administrator makes is a one-time password: shown once, kept as a hash, good for three days, and worth nothing
  but the choice of one's own (`browsers.choose_password`). No secret is in the log.
* Nobody does any of this to an account of their own, nor opens a second one for themselves: a second factor cannot be
  gone round that way. (Closing one's own is nobody's harm.)
* Whoever holds a post in an organ that the administrator does not manage is out of reach: signing in as that person
  would act in the other organ.
* A reset password leaves the second factor in force. A lost factor is taken off by two persons: an administrator
  proposes it, another administrator or a legal officer does it, neither of them the person concerned.
* Each of these ends every session of the account at once.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import delete, or_, select

from decision_engine import access
from decision_engine.commands.people import CHAIN
from decision_engine.commands.sessions import end_sessions, hash_password
from decision_engine.errors import Conflict, Forbidden, InvalidAnswers, NotFound, NotReady
from decision_engine.language import Text
from decision_engine.models import Account, FactorReset, Organ, Person, Post, RecoveryCode, SecondFactor
from decision_engine.queries.people import RESET_WAITS
from decision_engine.work import Work

SHORTEST_PASSWORD = 10
ONE_TIME = timedelta(days=3)
"""How long a password made by an administrator opens the choice of one's own."""

TOO_SHORT = Text(
    f"密码至少 {SHORTEST_PASSWORD} 个字符。", f"A password has at least {SHORTEST_PASSWORD} characters."
)
OWN = Text(
    "本人的账户须由其他管理员办理；本人更换密码请到个人中心。",
    "Another administrator sees to an account of your own. To change your password, use your own page.",
)
ELSEWHERE = Text(
    "此人在其他机关任职，须由能管理其全部任职机关的管理员办理。",
    "This person holds a post in another organ. Only who manages all of those organs may do this.",
)
CLOSED = Text("该账户已停用。", "This account is closed.")


def open_account(
    work: Work, organ_id: str, person_id: str, login: str, password: str, *, one_time: bool = False
) -> Account:
    """Open a way to sign in for *person_id*; a *one_time* password must be replaced at the first sign-in.

    Raises `InvalidAnswers` (weak password), `Conflict` (login taken), `NotFound`, `Forbidden`.
    """
    work.tries(CHAIN, "account.open", organ=organ_id, person=person_id)
    if work.session.get(Organ, organ_id) is None:
        raise NotFound
    standing = access.stand(work.actor, "people.manage", organ_id)
    if work.session.get(Person, person_id) is None:
        raise NotFound(Text("系统中没有此人。", "There is no such person."))
    reason = out_of_reach(work, person_id)
    if reason is not None:
        raise Forbidden(reason)
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidAnswers({"password": (TOO_SHORT,)})
    if work.session.scalar(select(Account.id).where(Account.login == login)) is not None:
        raise Conflict(Text("该登录名已被使用。", "This login name is taken."))
    account = Account(
        person_id=person_id,
        login=login,
        password_hash=hash_password(work.house.settings, password),
        one_time_until=work.now + ONE_TIME if one_time else None,
    )
    work.session.add(account)
    work.session.flush()
    work.record("account.opened", CHAIN, standing=standing, person=person_id, account=account.id)
    return account


def close_account(work: Work, organ_id: str, account_id: str) -> Account:
    """Close an account: its tokens end at once, the person stays in every record.

    Raises `NotFound` also for an account of somebody who never held a post in *organ_id*.
    """
    work.tries(CHAIN, "account.close", organ=organ_id)
    if work.session.get(Organ, organ_id) is None:
        raise NotFound
    standing = access.stand(work.actor, "people.manage", organ_id)
    account = work.session.get(Account, account_id)
    held = select(Post.id).join(Account, Account.person_id == Post.person_id)
    if account is None or not work.session.scalar(
        held.where(Account.id == account_id, Post.organ_id == organ_id).limit(1)
    ):
        raise NotFound
    account.closed_at = work.now
    end_sessions(work, account_id)
    work.record("account.closed", CHAIN, standing=standing, person=account.person_id, account=account_id)
    return account


def reset_password(work: Work, account_id: str) -> str:
    """Give an account a one-time password and return it; whoever is signed in with the account is signed out.

    Raises `NotFound`, `Forbidden` (one's own, or somebody of another organ), `NotReady` (closed).
    """
    account, standing = _managed(work, "account.reset_password", account_id)
    if account.closed_at is not None:
        raise NotReady(CLOSED)
    password = _one_time(work, account)
    work.record(
        "account.password_reset", CHAIN, standing=standing, person=account.person_id, account=account.id
    )
    return password


def reopen_account(work: Work, account_id: str) -> str:
    """Open a closed account again with a one-time password and return that; the old password stays worthless.

    Raises `NotFound`, `Forbidden`, `NotReady` (it is open).
    """
    account, standing = _managed(work, "account.reopen", account_id)
    if account.closed_at is None:
        raise NotReady(Text("该账户没有停用。", "This account is open."))
    account.closed_at = None
    password = _one_time(work, account)
    work.record("account.reopened", CHAIN, standing=standing, person=account.person_id, account=account.id)
    return password


def propose_factor_reset(work: Work, account_id: str, reason: str) -> FactorReset:
    """Propose to take a lost second factor off an account; a second person does it (`approve_factor_reset`).

    Raises `NotFound`, `Forbidden`, `NotReady` when there is no factor, `Conflict` when a proposal waits already.
    """
    account, standing = _managed(work, "account.second_factor.propose_reset", account_id)
    if work.session.get(SecondFactor, account.id) is None:
        raise NotReady(Text("该账户没有启用动态口令。", "This account has no second factor."))
    waits = select(FactorReset.id).where(
        FactorReset.account_id == account.id,
        FactorReset.done_at.is_(None),
        FactorReset.proposed_at >= work.now - RESET_WAITS,
    )
    if work.session.scalar(waits.limit(1)) is not None:
        raise Conflict(Text("已有一项解除动态口令的申请等待核准。", "One proposal waits already."))
    made = FactorReset(account_id=account.id, proposed_by=work.actor.person_id, proposed_at=work.now)
    work.session.add(made)
    work.session.flush()
    work.record(
        "account.second_factor.reset_proposed", CHAIN, standing=standing, said={"reason": reason},
        person=account.person_id, account=account.id, reset=made.id,
    )  # fmt: skip
    return made


def approve_factor_reset(work: Work, reset_id: str) -> Account:
    """Take the factor off as the second person; the account signs in by password alone until a new one is set up.

    Raises `NotFound` (also when it waited too long), `Forbidden` for who proposed it and for the person concerned.
    """
    reset = work.session.get(FactorReset, reset_id, with_for_update=True)
    if reset is None or reset.done_at is not None or work.now - reset.proposed_at > RESET_WAITS:
        raise NotFound(Text("没有等待核准的申请。", "No such proposal waits."))
    account, standing = _managed(
        work, "account.second_factor.reset", reset.account_id, allowed="factor.approve_reset"
    )
    if reset.proposed_by == work.actor.person_id:
        raise Forbidden(
            Text("解除动态口令须由另一人核准。", "Taking a second factor off needs a second person.")
        )
    reset.done_by, reset.done_at = work.actor.person_id, work.now
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    work.session.execute(delete(SecondFactor).where(SecondFactor.account_id == account.id))
    end_sessions(work, account.id)
    work.record(
        "account.second_factor.reset", CHAIN, standing=standing, person=account.person_id, account=account.id,
        reset=reset.id, proposed_by=reset.proposed_by,
    )  # fmt: skip
    return account


def out_of_reach(work: Work, person_id: str, allowed: str = "people.manage") -> Text | None:
    """Return why the actor may not see to the accounts of *person_id*, or nothing."""
    if person_id == work.actor.person_id:
        return OWN
    return None if _serves_here_alone(work, person_id, allowed) else ELSEWHERE


def _one_time(work: Work, account: Account) -> str:
    password = secrets.token_urlsafe(12)
    account.password_hash = hash_password(work.house.settings, password)
    account.one_time_until = work.now + ONE_TIME
    account.tries, account.locked_until = 0, None
    end_sessions(work, account.id)
    return password


def _managed(
    work: Work, act: str, account_id: str, *, allowed: str = "people.manage"
) -> tuple[Account, access.Standing]:
    """Return the account, locked, and the standing in which the actor may see to it."""
    work.tries(CHAIN, act, account=account_id)
    access.stand_anywhere(work.actor, allowed)
    account = work.session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound
    mine = _organs(work, allowed)
    posts = work.session.scalars(select(Post.organ_id).where(Post.person_id == account.person_id)).all()
    here = [one for one in posts if one in mine]
    if posts and not here:
        raise NotFound
    reason = out_of_reach(work, account.person_id, allowed)
    if reason is not None:
        raise Forbidden(reason)
    organ_id = here[0] if here else min(mine)
    return account, access.stand(work.actor, allowed, organ_id)


def _serves_here_alone(work: Work, person_id: str, allowed: str) -> bool:
    """Tell whether every post of today or later lies in an organ where the actor may do this."""
    current = select(Post.organ_id).where(
        Post.person_id == person_id, or_(Post.until.is_(None), Post.until >= work.today)
    )
    return set(work.session.scalars(current)) <= _organs(work, allowed)


def _organs(work: Work, allowed: str) -> set[str]:
    roles = access.ACTS[allowed]
    return {one.organ_id for one in work.actor.standings if one.roles & roles}
