"""A page of a list: how every list of the house is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

LARGEST = 200


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """*items* of page *number* (from 1) when each page holds *size*; *total* counts all pages."""

    items: Sequence[T]
    number: int
    size: int
    total: int
