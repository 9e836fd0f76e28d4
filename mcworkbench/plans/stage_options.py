"""What sections of a preset mean for the stages that an expansion plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcworkbench.config.options.model.own import OwnOptions
from mcworkbench.config.user_class import find_source
from mcworkbench.errors import InvalidInputError
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mcworkbench.config.options.model import AnyModelOptions
    from mcworkbench.config.options.training import TrainingOptions
    from mcworkbench.plans.plan import Input

_NOT_STAGE_OPTIONS = {"start", "seed", "nodes", "bends"}


def located(model: AnyModelOptions, base: Path) -> AnyModelOptions:
    """Return a network's options with what tells a class of the user's own from its other states.

    Raises:
        InvalidInputError: its source is not there or cannot be read.
    """
    if not isinstance(model, OwnOptions):
        return model
    source = find_source(model.target, base)
    return model.model_copy(update={"digest": source.digest, "folder": str(source.root)})


def stage_options(section: TrainingOptions) -> dict[str, Any]:
    """Return what a section tells its stage; seeds and references are resolved elsewhere."""
    dropped = _NOT_STAGE_OPTIONS | {"init_seed", "order_seed", "augment_seed"}
    chosen = section.model_dump(exclude=dropped)
    # Stopping at the end is not stopping: one network, one key.
    return chosen | ({"stop_at": None} if chosen["stop_at"] == chosen["epochs"] else {})


def refuse_same(names: Sequence[str], ends: Sequence[Input]) -> None:
    """Pass where no two ends are one network.

    Raises:
        InvalidInputError: two are; the sentence names both.
    """
    seen: dict[str, str] = {}
    for name, end in zip(names, ends, strict=True):
        if end.identity in seen:
            raise InvalidInputError(
                f"[ends]: {clean_line(name)} and {clean_line(seen[end.identity])} are one network; "
                "name two, or leave the seeds out of [train]."
            )
        seen[end.identity] = name
