"""Code of the user's own in a plan: what it is known by, and what `--trust` is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.catalogue import DATASETS, split_source
from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.model.own import OwnOptions
from mcworkbench.config.user_class import find_source, is_code_name, untrusted
from mcworkbench.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.config.options.model import AnyModelOptions
    from mcworkbench.plans.plan import Plan


def located(model: AnyModelOptions, base: Path) -> AnyModelOptions:
    """Return a network's options with what tells a class of the user's own from its other states.

    Raises:
        InvalidInputError: its source is not there or cannot be read.
    """
    if not isinstance(model, OwnOptions):
        return model
    source = find_source(model.target, base)
    return model.model_copy(update={"digest": source.digest, "folder": str(source.root)})


def refuse_own_data(plan: Plan) -> None:
    """Pass when nothing in a plan would run a data set or task that is code of the user's own.

    Raises:
        InvalidInputError: something would.
    """
    for node in plan.nodes.values():
        if not isinstance(node.options, DataOptions):
            continue
        head, path = split_source(node.options.name)
        if head in DATASETS and DATASETS[head].takes_path == "CODE":
            raise InvalidInputError(untrusted(path, "[data] name"))
        if is_code_name(node.options.task):
            raise InvalidInputError(untrusted(node.options.task, "[data] task"))
