"""What is wrong with keys taken together, told beside what is wrong with single ones.

pydantic looks at combinations only where every single key is right. Here the wrong keys are left
out and the rest is looked at again; what then is told because of a key left out is not told.
"""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mcworkbench.config.experiment import Experiment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mcworkbench.config.fields import Keys

# What stands in for sections that every preset must have.
_FILLERS: dict[str, dict[str, str]] = {"data": {"name": "digits"}, "model": {"name": "mlp"}}


def experiment_of_rest(
    values: Mapping[str, Any], wrong: Iterable[Keys]
) -> tuple[Experiment | None, tuple[tuple[Keys, str], ...]]:
    """Return the experiment without its wrong keys, or what is wrong with the rest together.

    Args:
        values: of the preset.
        wrong: the keys that have been told already.

    Returns:
        The experiment, None where even the rest makes none; sections with a sentence each.
    """
    told = list(wrong)
    if not told or () in told or ("kind",) in told:
        return None, ()
    rest = copy.deepcopy(dict(values))
    for keys in told:
        _leave_out(rest, keys)
    try:
        return Experiment.model_validate_json(json.dumps(rest), strict=True), ()
    except ValidationError as error:
        return None, tuple(_together(error, told))


def _leave_out(values: dict[str, Any], keys: Keys) -> None:
    section, filler = keys[0], _FILLERS.get(keys[0])
    if filler is not None and keys in {(section,), (section, "name")}:
        values[section] = dict(filler)
        return
    inside: Any = values
    for key in keys[:-1]:
        inside = inside.get(key) if isinstance(inside, dict) else None
    if isinstance(inside, dict):
        inside.pop(keys[-1], None)


def _together(error: ValidationError, told: list[Keys]) -> Iterator[tuple[Keys, str]]:
    names = {keys[-1] for keys in told}
    for detail in error.errors(include_url=False):
        if detail["type"] != "value_error":
            continue
        text = str(detail.get("ctx", {}).get("error", "")).rstrip(".")
        if names.isdisjoint(re.findall(r"\w+", text)):
            keys = tuple(str(part) for part in detail["loc"] if isinstance(part, str))
            yield keys[:1], f"{text}."
