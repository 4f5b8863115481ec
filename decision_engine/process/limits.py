"""What a rule demands of the drawing itself: acts that must be drawn, roles kept apart, periods long enough."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from decision_engine.language import Text
from decision_engine.process.dialect import TASKS
from decision_engine.process.findings import Finding
from decision_engine.process.net import OUTERMOST, SCOPE, Net, Place
from decision_engine.process.predicates import Act, Predicate, Statute

_DAYS = {"Y": 365, "M": 28, "W": 7, "D": 1}  # calendar days at least


def check(net: Net, demands: Sequence[tuple[Statute, Predicate]]) -> Iterator[Finding]:
    """Yield what the drawing of *net* lacks."""
    drawn: dict[str, list[Place]] = {}
    for place in net.places:
        if place.element is not None and place.element.step is not None:
            drawn.setdefault(place.element.step, []).append(place)
    for statute, predicate in demands:
        if predicate.name == "occurs":
            yield from _occurs(net, statute, predicate, drawn)
        elif predicate.name == "sep":
            yield from _apart(net, statute, predicate, drawn)
        elif predicate.name == "role":
            yield from _belongs(net, statute, predicate, drawn)
        elif predicate.name == "timer":
            yield from _long_enough(statute, predicate, drawn)
        elif predicate.name == "staffed":
            yield from _staffed(net, statute, predicate)


def told(
    statute: Statute, place: Place | None, path: Sequence[str] = (), more: Text | None = None
) -> Finding:
    """Return the finding that *statute* is broken at *place*, as *path* shows."""
    name = place.element.name if place is not None and place.element is not None else ""
    detail = more or (
        Text(f"所示路径到达“{name}”时未满足此要求。", f"The path shown reaches “{name}” without it.")
        if path
        else Text("", "")
    )
    return Finding(
        rule=statute.rule,
        kind="soundness" if statute.rule.startswith("S-") else "statute",
        element=place.id if place is not None else None,
        message=Text(f"{statute.title.zh}。{detail.zh}", f"{statute.title.en}. {detail.en}".strip()),
        law=statute.law,
        article=statute.article,
        path=tuple(path),
        line=place.element.line if place is not None and place.element is not None else None,
    )


def role_of(net: Net, place: Place) -> str | None:
    """Return the role of a place: its lane's, else that of the activity it was called from."""
    while place.element is not None and place.element.role is None and place.scope != OUTERMOST:
        place = net.places[place.scope]
    return place.element.role if place.element is not None else None


def _drawn(acts: Sequence[Act], drawn: dict[str, list[Place]]) -> list[Place]:
    return [place for act in acts for place in drawn.get(act.step, ())]


def _occurs(
    net: Net, statute: Statute, predicate: Predicate, drawn: dict[str, list[Place]]
) -> Iterator[Finding]:
    if not _drawn(predicate.acts[0], drawn):
        names = "、".join(act.step for act in predicate.acts[0])
        yield Finding(
            rule=statute.rule,
            kind="statute",
            element=net.root,
            message=Text(
                f"{statute.title.zh}。图中没有步骤 {names}。",
                f"{statute.title.en}. The step {names.replace('、', ' or ')} is not drawn.",
            ),
            law=statute.law,
            article=statute.article,
        )


def _apart(
    net: Net, statute: Statute, predicate: Predicate, drawn: dict[str, list[Place]]
) -> Iterator[Finding]:
    tasks = [place for place in _drawn(predicate.acts[0], drawn) if place.kind != SCOPE]
    others = {role_of(net, place) for place in tasks} - {None}
    for place in _drawn(predicate.acts[1], drawn):
        if place.kind == SCOPE:
            continue  # who acts is said inside
        role = role_of(net, place)
        if role in others:
            yield told(
                statute,
                place,
                (),
                Text(
                    f"“{place.id}”与其应分离的步骤同属角色 {role}。",
                    f"“{place.id}” has the same role ({role}) as the step it must be kept apart from.",
                ),
            )


def _belongs(
    net: Net, statute: Statute, predicate: Predicate, drawn: dict[str, list[Place]]
) -> Iterator[Finding]:
    for place in _drawn(predicate.acts[0], drawn):
        role = role_of(net, place)
        if role not in predicate.words:
            yield told(
                statute,
                place,
                (),
                Text(
                    f"“{place.id}”现属角色 {role or '（无）'}，应属 {'、'.join(predicate.words)}。",
                    f"“{place.id}” belongs to {role or 'nobody'}, not to {' or '.join(predicate.words)}.",
                ),
            )


def _staffed(net: Net, statute: Statute, predicate: Predicate) -> Iterator[Finding]:
    for place in net.places:
        if place.element is None or place.element.kind not in TASKS:
            continue
        role = role_of(net, place)
        if role not in predicate.words:
            yield told(
                statute,
                place,
                (),
                Text(
                    f"“{place.id}”的泳道角色为 {role or '（无）'}，不在角色名单中。",
                    f"The lane role of “{place.id}” is {role or 'missing'}, which is no known role.",
                ),
            )


def _long_enough(statute: Statute, predicate: Predicate, drawn: dict[str, list[Place]]) -> Iterator[Finding]:
    least, *names = predicate.words
    for place in _drawn(predicate.acts[0], drawn):
        element = place.element
        timer = element.event.timer if element is not None and element.event is not None else None
        if timer is None:
            more = Text(f"“{place.id}”不是定时事件。", f"“{place.id}” is not a timer.")
            yield told(statute, place, (), more)
        elif timer.reason is None and not _enough(timer.kind, timer.text, least, names):
            more = Text(
                f"“{place.id}”为 {timer.text}，短于 {least}，也未指明公告中说明理由的字段（decision:reason）。",
                f"“{place.id}” is {timer.text}, shorter than {least}, and names no field of the notice that gives "
                "the reason (decision:reason).",
            )
            yield told(statute, place, (), more)


def _enough(kind: str, text: str, least: str, names: Sequence[str]) -> bool:
    if kind != "duration":
        return False
    name = parameter(text)
    if name is not None:
        return name in names
    return days(text) >= days(least)


def parameter(text: str) -> str | None:
    """Return the name when the text of a timer is `parameter('name')`, or a bare name; else None."""
    named = re.fullmatch(r"(?:parameter\(\s*['\"])?([a-z]\w*)(?:['\"]\s*\))?", text)
    return named[1] if named is not None else None


def days(duration: str) -> float:
    """Return how many calendar days an ISO 8601 duration has at least."""
    date, _, time = duration.removeprefix("P").partition("T")
    total = float(sum(int(many) * _DAYS[unit] for many, unit in re.findall(r"(\d+)([YMWD])", date)))
    hours = {"H": 24, "M": 1440, "S": 86400}
    return total + sum(float(many) / hours[unit] for many, unit in re.findall(r"([\d.]+)([HMS])", time))
