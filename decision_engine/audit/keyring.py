"""The keys of a log in the notary's directory: made once, changed with both old and new signing for a while.

Guarantees
* Secret keys lie in one file of the notary's own memory, mode 0600, and are never printed.
* The policy beside them believes every key that ever signed: what it signed has to be verified for ever.
* Old keys are retired only after the new ones have signed; nobody who follows the log meets a note he cannot check.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable

from decision_engine.audit import note, policy
from decision_engine.audit.memory import Memory
from decision_engine.audit.note import Malformed, SignerKey
from decision_engine.audit.policy import Policy

KEY = "notary.key"
POLICY = "policy.txt"
STATE = "state.json"
"""What the notary remembers; its `note` is the one signed last."""


def new_signers(origin: str, seed: Callable[[], bytes]) -> tuple[SignerKey, ...]:
    """Return fresh keys of a log: Ed25519 and ML-DSA-44, both under its *origin*; *seed* gives 32 random bytes."""
    return tuple(SignerKey(origin, kind, seed()) for kind in (note.Kind.ED25519, note.Kind.ML_DSA_44))


def make_keys(memory: Memory, origin: str) -> tuple[SignerKey, ...]:
    """Make the keys of the log *origin* in *memory*, with a policy that believes them and asks nobody else.

    Raises FileExistsError when there are keys: what they signed could no longer be verified.
    """
    if memory.read(KEY) is not None:
        raise FileExistsError(f"{memory.path} has keys already")
    signers = new_signers(origin, lambda: secrets.token_bytes(note.SEED_LENGTH))
    believed = Policy(logs=tuple(policy.Log(one.public) for one in signers))
    memory.write(POLICY, believed.text.encode())
    memory.write(KEY, "".join(f"{one.encoded}\n" for one in signers).encode())
    return signers


def rotate_keys(memory: Memory, origin: str) -> tuple[SignerKey, ...]:
    """Make new keys beside the old ones, which go on signing until `retire_keys`; return the new.

    The old stay in the policy for good: what they signed has to be verified for ever. Raises FileNotFoundError.
    """
    old = note.signer_keys(memory.demand(KEY))
    added = new_signers(origin, lambda: secrets.token_bytes(note.SEED_LENGTH))
    believed = memory.demand(POLICY) + "".join(f"log {one.public.encoded}\n" for one in added).encode()
    policy.parse(believed)
    memory.write(POLICY, believed)
    memory.write(KEY, "".join(f"{one.encoded}\n" for one in (*old, *added)).encode())
    return added


def retire_keys(memory: Memory) -> tuple[SignerKey, ...]:
    """Let only the newest key of each kind sign from now on; return those that no longer do.

    Raises FileNotFoundError, and Malformed as long as the newest have not signed what was signed last: whoever follows
    the log has to meet a note under both before the old are gone.
    """
    keys = note.signer_keys(memory.demand(KEY))
    newest = tuple({one.kind: one for one in keys}.values())
    held = note.parse(json.loads(memory.demand(STATE))["note"])
    signed = {one.key for one in note.verify(held, [one.public for one in newest])}
    if signed != {one.public for one in newest}:
        raise Malformed("the newest keys have signed nothing yet")
    memory.write(KEY, "".join(f"{one.encoded}\n" for one in newest).encode())
    return tuple(one for one in keys if one not in newest)
