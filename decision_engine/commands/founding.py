"""The first entries of an empty house: its organ and the administrators who enter everybody else.

Guarantees: it happens once, while no organ is there; every entry is an event by *setup*; the passwords are one-time
passwords, shown to whoever runs the command and kept as hashes.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select

from decision_engine.access import Actor, Standing
from decision_engine.commands import accounts, people
from decision_engine.errors import Conflict, InvalidAnswers
from decision_engine.language import Text
from decision_engine.models import Organ
from decision_engine.work import House, unit_of_work

SETUP = Actor("setup", "初始化 Setup")
"""Who acts before there is anybody: the first entries of the register must come from somewhere."""
FEWEST = 2
"""Administrators to begin with: a procedure is put in force by two persons, and one resets the other's password."""


def found_house(
    house: House,
    name: str,
    kind: str,
    overlays: Sequence[str],
    administrators: Mapping[str, str],
    since: date,
) -> dict[str, str]:
    """Enter the first organ with *administrators* (login -> name) and return their one-time passwords by login.

    Raises `Conflict` when an organ is there already, `InvalidAnswers` for fewer than two administrators and whatever
    `people.enter_organ` finds wrong.
    """
    if len(administrators) < FEWEST:
        raise InvalidAnswers(
            {"administrators": (Text("至少登记两名管理员。", "Name at least two administrators."),)}
        )
    passwords = {}
    with unit_of_work(house, as_actor=SETUP) as work:
        if work.session.scalar(select(Organ.id).limit(1)) is not None:
            raise Conflict(
                Text("已有机关，请由管理员在页面办理。", "An organ is there already; use the pages.")
            )
        organ = people.enter_organ(work, None, name, kind, overlays)
        standing = Standing(organ.id, None, "初始化", frozenset({"administrator"}))
        work.actor = Actor(SETUP.person_id, SETUP.name, (standing,))
        for login, person_name in administrators.items():
            person = people.add_person(work, organ.id, person_name)
            people.give_post(work, person.id, organ.id, people.FIRST_POST, ["administrator"], since)
            passwords[login] = secrets.token_urlsafe(12)
            accounts.open_account(work, organ.id, person.id, login, passwords[login], one_time=True)
    return passwords
