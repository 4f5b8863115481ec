"""The tamper-evident log: what an event is, how it hangs on the one before, how it is signed and checked."""

from decision_engine.audit.event import (
    Broken,
    Intact,
    Sealed,
    StoredEvent,
    canonical,
    check_chain,
    commitment,
    seal,
)
from decision_engine.audit.signing import EventKey, key_id, open_key, verifies

__all__ = [
    "Broken",
    "EventKey",
    "Intact",
    "Sealed",
    "StoredEvent",
    "canonical",
    "check_chain",
    "commitment",
    "key_id",
    "open_key",
    "seal",
    "verifies",
]
