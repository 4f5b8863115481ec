"""The demonstration: an invented town, and stories played in it through the front door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from decision_engine.demo.deploy import deploy_shipped, load_town, shipped_diagrams
from decision_engine.demo.town import Town

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Town", "deploy_shipped", "load_town", "play", "shipped_diagrams"]


def play(name: str, console: Console | None = None) -> int:
    """Play story *name* over HTTP in a throw-away house; return 0, or 1 if it did not end as promised."""
    from decision_engine.demo import player  # noqa: PLC0415  the town can be loaded without a server

    return player.play(name, console)
