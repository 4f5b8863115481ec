"""A meeting room as its page draws it: what `meeting_view` lets the reader see and `meeting_acts` lets the reader do.

Nothing is decided here. What is not in the view is not on the page; a form is drawn only for an act that is allowed
now, so the principal's statement form is not there before the others were heard (R-713-30).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from decision_engine import rules
from decision_engine.forms.choices import STANCES
from decision_engine.forms.meeting import MEETING_OUTCOMES, VOTES
from decision_engine.language import Text
from decision_engine.queries import meeting_acts
from decision_engine.queries.meeting_acts import ActOfMine
from decision_engine.queries.meeting_rows import day_of, named_in, people_of, rows_of
from decision_engine.queries.meeting_view import ItemView, MeetingView, view
from decision_engine.queries.meetings import Feed
from decision_engine.web.saying import said as told
from decision_engine.work import Work

POSITIONS = {"OPINION", "WAIVER"}
REACHED = {
    "TAKEN_UP": 0, "REPORTED": 1, "MEMBERS_SPEAKING": 1, "PRINCIPAL_SPOKEN": 3, "VOTING": 3, "VOTED": 4, "DECIDED": 5,
    "SIGNED": 5,
}  # fmt: skip
STANCE_LOOKS = {
    "AGREE": ("good", "thumb-up"), "DISAGREE": ("bad", "thumb-down"), "AMEND": ("near", "pencil"),
    "DEFER": ("near", "clock"), "RESERVED": ("near", "hand-stop"), "NO_FURTHER_OPINION": ("", "minus"),
}  # fmt: skip
VOTE_ICONS = {"YES": "thumb-up", "NO": "thumb-down", "ABSTAIN": "circle"}
OUTCOME_LOOKS = {
    "APPROVE": ("good", "check"), "REJECT": ("bad", "x"), "AMEND": ("near", "pencil"), "DEFER": ("near", "clock"),
    "REDISCUSS": ("near", "refresh"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """A meeting for its templates. *acts*: (act, id of the item or nothing) -> what may be done, or why not."""

    seen: MeetingView
    acts: Mapping[tuple[str, str | None], ActOfMine]
    casts: Mapping[str, ActOfMine]
    version: str

    @property
    def meeting(self) -> Any:
        """Return the meeting as it is kept."""
        return self.seen.feed.meeting

    @property
    def viewer(self) -> Any:
        """Return who looks."""
        return self.seen.feed.viewer

    @property
    def current(self) -> ItemView | None:
        """Return the item before the meeting, if the reader is shown it."""
        return next((one for one in self.seen.items if one.item.id == self.seen.now), None)

    def can(self, act: str, item_id: str | None = None) -> ActOfMine | None:
        """Return the act if it is one of the reader's and allowed now."""
        found = self.acts.get((act, item_id))
        return found if found is not None and found.allowed else None

    def why(self, act: str, item_id: str | None = None) -> str:
        """Return why an act of the reader's is not allowed now; nothing where it is, or is not the reader's."""
        found = self.acts.get((act, item_id))
        return told(found.reason) if found is not None and found.reason is not None else ""

    def why_not_taken_up(self, one: ItemView) -> str:
        """Return why an item cannot be taken up now: what the list of acts says, or that there is no quorum for it."""
        short = next((q for q in self.seen.quorums if q.category == one.item.category and not q.met), None)
        waits = self.why("take_up_item", one.item.id)
        return waits or (told(short.warning) if short is not None and self.meeting.status == "OPEN" else "")

    @property
    def heads(self) -> list[Any]:
        """Return who may approve a change of the agenda: the principal and the chair."""
        chair = self.meeting.chair_id
        return [one for one in self.seen.members if one.is_principal or one.person_id == chair]

    @property
    def members_here(self) -> list[Any]:
        """Return the members who are in the room."""
        return [one for one in self.seen.members if one.state == "PRESENT"]


def version_of(work: Work, feed: Feed) -> str:
    """Return what names this state of the meeting for this person."""
    here = "here" if feed.viewer.in_room else "away"
    return f"{feed.version}.{feed.meeting.version}-{here}-{work.today.isoformat()}"


def drawn(work: Work, feed: Feed) -> Drawn:
    """Read a meeting for the actor, in a fixed number of statements."""
    rows = rows_of(work.session, feed.meeting)
    people = people_of(work.session, named_in(rows), feed.meeting.organ_id, day_of(feed.meeting))
    mine = meeting_acts.acts(work, feed, rows)
    return Drawn(
        view(feed, rows, people),
        {(one.act, one.item_id): one for one in mine if one.act != "cast"},
        {one.path.split("/votes/")[1].partition("/")[0]: one for one in mine if one.act == "cast"},
        version_of(work, feed),
    )


def departable(work: Work) -> dict[str, Text]:
    """Return the rules from which announcing an item may depart on the record: id -> title."""
    return {
        one.id: one.title
        for one in rules.rules_on(work.today, gate="confirm_agenda")
        if one.strength is rules.Strength.EXCEPTION
    }


# -- parts of an item ------------------------------------------------------------------------------------


def stages(one: ItemView) -> list[dict[str, Any]]:
    """Return the stage bar of an item: report, members, the principal last, the vote, the decision."""
    heard = sum(place.state in {"SPOKEN", "WAIVED"} for place in one.queue if not place.is_principal)
    due = sum(place.state != "RECUSED" for place in one.queue if not place.is_principal)
    at = REACHED.get(one.item.state, -1)
    if at == 1 and one.floor_open:
        at = 2
    names = (_("议题汇报"), _("成员发言"), _("末位发言"), _("表决"), _("作出决定"))
    notes = ("", _("%(heard)s / %(due)s 人", heard=heard, due=due) if due else "", "", "", "")
    return [
        {"name": name, "note": note, "state": "done" if number < at else "active" if number == at else "todo"}
        for number, (name, note) in enumerate(zip(names, notes, strict=True))
    ]


def speakers(drawn_: Drawn, one: ItemView) -> list[dict[str, Any]]:
    """Return the speaking queue: who spoke and what, who is next, who waits, the principal locked until last."""
    posts = {member.person_id: member.post for member in drawn_.seen.members}
    said = {word.person_id: word for word in one.statements if word.kind in POSITIONS}
    waiting = [place.person_id for place in one.queue if place.state == "WAITING" and not place.is_principal]
    discussed = one.item.state not in {"PENDING", "TAKEN_UP"}
    found = []
    for order, place in enumerate(one.queue, start=1):
        word = said.get(place.person_id)
        state, tag, kind, text = "", _("待发言"), "", word.text if word else ""
        if place.state == "RECUSED":
            tag = _("已回避")
        elif place.state == "WAIVED":
            tag = _("无补充意见")
        elif place.state == "SPOKEN":
            tag, kind = _("已发言"), "good"
            if word is not None and word.stance:
                tag, kind = told(Text(*STANCES[word.stance])), STANCE_LOOKS[word.stance][0]
        elif place.is_principal and not one.floor_open:
            state, tag, text = "locked", _("未开放"), told(one.floor_reason)
        elif discussed and (place.is_principal or place.person_id == waiting[0]):
            state, tag, kind = "now", _("请发言"), "blue"
        found.append(
            {"order": order, "name": place.name, "post": posts.get(place.person_id, ""), "text": text, "state": state,
             "word": tag, "kind": kind, "chair": place.is_principal}
        )  # fmt: skip
    return found


def stance_parts(one: ItemView) -> tuple[list[tuple[int, str, str]], int]:
    """Return the positions the reader may know as parts of a bar, and of how many."""
    taken = Counter(word.stance or "NO_FURTHER_OPINION" for word in one.statements if word.kind in POSITIONS)
    parts = [
        (taken[stance], STANCE_LOOKS[stance][0] or "quiet", told(Text(*STANCES[stance])))
        for stance in STANCES
        if taken[stance]
    ]
    total = sum(place.state != "RECUSED" for place in one.queue) or sum(taken.values())
    return parts, total


def choices_of(kind: str) -> list[tuple[str, str, str]]:
    """Return the large choices of a statement, a vote or a decision: value, text, icon."""
    table: Mapping[str, tuple[str, str]] = {"stance": STANCES, "vote": VOTES, "outcome": MEETING_OUTCOMES}[
        kind
    ]
    icons = {
        **VOTE_ICONS,
        **{key: icon for key, (_kind, icon) in (STANCE_LOOKS | OUTCOME_LOOKS).items()},
    }
    return [
        (key, told(Text(*names)), icons[key]) for key, names in table.items() if key != "NO_FURTHER_OPINION"
    ]


def word(table: Mapping[str, tuple[str, str]], key: str | None) -> str:
    """Return how *key* of *table* is called on this page."""
    return told(Text(*table[key])) if key is not None and key in table else key or "—"


def pairs(table: Mapping[str, tuple[str, str]]) -> list[tuple[str, str]]:
    """Return *table* as what may be chosen."""
    return [(key, told(Text(*names))) for key, names in table.items()]


def titles(found: Mapping[str, Text]) -> list[tuple[str, str]]:
    """Return rules as what may be chosen."""
    return [(key, f"{told(title)} {key}") for key, title in found.items()]


def names(members: Iterable[Any]) -> list[tuple[str, str]]:
    """Return members as who may be chosen."""
    return [(one.person_id, one.name) for one in members]


def persons(people: Iterable[Any]) -> list[tuple[str, str]]:
    """Return persons as who may be chosen."""
    return [(one.id, one.name) for one in people]
