"""The key of a stage: the hash of what determines its product, and of nothing else.

Golden keys are a test: an option added later must not change a single one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from mcworkbench.catalogue import STAGES
from mcworkbench.folders import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcworkbench.config.options.base import Options


def stage_key(kind: str, options: Options, inputs: Mapping[str, str], *, salt: str = "") -> str:
    """Return the 64 hex digits that name a stage.

    Args:
        kind: a name of `catalogue.STAGES`; its version is hashed too.
        options: the stage's options; only hashed ones that differ from their default count.
        inputs: identity of each input by role: a key, or key@best.
        salt: makes a stage of its own where the user asked to compute everything again.
    """
    document: dict[str, Any] = {
        "kind": kind,
        "version": STAGES[kind].version,
        "options": options.hashed(),
        "inputs": dict(inputs),
    }
    if salt:
        document["salt"] = salt
    return hashlib.sha256(canonical_json(document)).hexdigest()
