"""Ways to sign in, on the page of the person they belong to: opened, closed, reopened, reset; a lost factor taken off.

Every one of these is decisive: whoever does it proves to be there. A password made here is shown once.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask_babel import gettext as _

from decision_engine.commands import accounts as acts
from decision_engine.errors import InvalidAnswers, NotFound
from decision_engine.language import Text
from decision_engine.models import Account
from decision_engine.queries import people
from decision_engine.web.door import Said, go, show
from decision_engine.web.register import NEEDED, organ_said, page, person_again
from decision_engine.work import Work

_LOGIN = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{1,98}")
NO_LOGIN = Text(
    "登录名用2至99个字母、数字、点、横线，以字母或数字开头。",
    "A login has 2 to 99 letters, digits, dots and dashes, and begins with a letter or digit.",
)


@page.act("/admin/people/<id:person_id>/accounts", again=person_again, decisive=True)
def open_account(work: Work, said: Said, person_id: str) -> Any:
    """Open an account with a first password, which is shown this once."""
    login = said.get("login", "").strip()
    if not _LOGIN.fullmatch(login):
        raise InvalidAnswers({"login": (NO_LOGIN,)})
    person = people.person(work, person_id).person
    password = secrets.token_urlsafe(12)
    made = acts.open_account(work, organ_said(work, said), person_id, login, password, one_time=True)
    return show("account_opened.html", account=made, person=person, password=password, title=_("账户已开通"))


@page.act("/admin/people/<id:person_id>/accounts/<id:account_id>/closure", decisive=True)
def close_account(work: Work, said: Said, person_id: str, account_id: str) -> Any:
    """Close an account: whoever is signed in with it is signed out at once."""
    _account(work, person_id, account_id)
    acts.close_account(work, organ_said(work, said), account_id)
    return go("register.person_page", _("账户已停用，其全部登录已退出。"), person_id=person_id)


@page.act("/admin/people/<id:person_id>/accounts/<id:account_id>/password", again=person_again, decisive=True)
def reset_password(work: Work, said: Said, person_id: str, account_id: str) -> Any:
    """Give an account a one-time password, which is shown this once; its sessions end."""
    account, person = _account(work, person_id, account_id)
    password = acts.reset_password(work, account_id)
    return show(
        "account_opened.html", account=account, person=person, password=password, title=_("密码已重置")
    )


@page.act(
    "/admin/people/<id:person_id>/accounts/<id:account_id>/reopening", again=person_again, decisive=True
)
def reopen_account(work: Work, said: Said, person_id: str, account_id: str) -> Any:
    """Open a closed account again, with a one-time password shown this once."""
    account, person = _account(work, person_id, account_id)
    password = acts.reopen_account(work, account_id)
    return show(
        "account_opened.html", account=account, person=person, password=password, title=_("账户已恢复")
    )


@page.act(
    "/admin/people/<id:person_id>/accounts/<id:account_id>/factor-reset", again=person_again, decisive=True
)
def propose_factor_reset(work: Work, said: Said, person_id: str, account_id: str) -> Any:
    """Propose to take a lost second factor off; a second person approves it."""
    _account(work, person_id, account_id)
    reason = said.get("reason", "").strip()[:2000]
    if not reason:
        raise InvalidAnswers({f"reason-{account_id}": (NEEDED,)})
    acts.propose_factor_reset(work, account_id, reason)
    return go("register.person_page", _("已申请，待另一人核准。"), person_id=person_id)


@page.act(
    "/admin/people/<id:person_id>/factor-resets/<id:reset_id>/approval", again=person_again, decisive=True
)
def approve_factor_reset(work: Work, said: Said, person_id: str, reset_id: str) -> Any:
    """Take the factor off as the second person."""
    if reset_id not in {one.reset.id for one in people.factor_resets(work, person_id)}:
        raise NotFound
    acts.approve_factor_reset(work, reset_id)
    return go("register.person_page", _("动态口令已解除，其全部登录已退出。"), person_id=person_id)


def _account(work: Work, person_id: str, account_id: str) -> tuple[Account, Any]:
    profile = people.person(work, person_id)
    found = next((one for one in profile.accounts if one.id == account_id), None)
    if found is None:
        raise NotFound
    return found, profile.person
