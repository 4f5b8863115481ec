"""The tamper-evident log: what an event is, how it hangs on the one before, how a chain is checked."""

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

__all__ = ["Broken", "Intact", "Sealed", "StoredEvent", "canonical", "check_chain", "commitment", "seal"]
