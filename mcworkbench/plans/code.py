"""Which code of the user's own a plan would run: what `--trust` is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.catalogue import DATASETS, split_source
from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.user_class import is_code_name, untrusted
from mcworkbench.errors import InvalidInputError

if TYPE_CHECKING:
    from mcworkbench.plans.plan import Plan


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
