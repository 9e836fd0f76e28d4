"""Turn a preset's values into an Experiment, or into one sentence per problem, all at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mcworkbench.catalogue import CURVES, DATASETS, MODELS, split_source
from mcworkbench.config.experiment import Experiment
from mcworkbench.config.presets import find_preset
from mcworkbench.config.problems import Keys, Problems, lookup
from mcworkbench.config.toml_file import (
    TomlFile,
    apply_override,
    parse_override,
    parse_toml,
    read_toml,
)
from mcworkbench.errors import unknown_name
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.config.options.curve import CurveSection
    from mcworkbench.config.options.endpoint import TrainSection

_CATALOGUES: dict[Keys, tuple[str, Sequence[str]]] = {
    ("model", "name"): ("model", tuple(MODELS)),
    ("curve", "name"): ("curve", tuple(CURVES)),
}

# What [further.NAME] kind may say: which section its options are read as.
FURTHER_KINDS = ("endpoint", "curve")


def load_experiment(
    reference: str, overrides: Sequence[str] = (), *, seed: int | None = None
) -> tuple[Experiment, TomlFile]:
    """Return the experiment of a preset name or file with `--set` overrides applied.

    Raises:
        PresetError: with every problem, each naming file, line, key and what is allowed.
        InvalidInputError: no such preset, or not TOML.
    """
    return build_experiment(read_toml(find_preset(reference)), overrides, seed=seed)


def parse_experiment(text: str, name: str) -> Experiment:
    """Return the experiment written in `text`, for editors that validate while typing."""
    return build_experiment(parse_toml(text, name))[0]


def build_experiment(
    file: TomlFile, overrides: Sequence[str] = (), *, seed: int | None = None
) -> tuple[Experiment, TomlFile]:
    """Return the experiment of a parsed file and the file with its overrides applied."""
    values: dict[str, Any] = json.loads(json.dumps(file.values, default=str))
    if seed is not None:
        _reseed(values, seed)
    given: dict[Keys, str] = {}
    for text in overrides:
        keys, value = parse_override(text)
        apply_override(values, keys, value)
        given[keys] = text
    _drop_other_ends(values, set(given))
    changed = TomlFile(file.name, file.text, values, file.lines)
    problems = Problems(changed, given)
    _check_names(values, problems)
    try:
        experiment = Experiment.model_validate_json(json.dumps(values, default=str), strict=True)
    except ValidationError as error:
        problems.add_errors(error, values)
        problems.raise_any()
        raise AssertionError("a validation error gives a problem") from error
    _check_further(experiment, problems)
    problems.raise_any()
    return experiment, changed


def further_section(experiment: Experiment, name: str) -> TrainSection | CurveSection:
    """Return the full options of [further.NAME]: its own, over [curve]'s or [train]'s."""
    base = _continued_section(experiment, name)
    return type(base).model_validate_json(json.dumps(_merged(experiment, name)), strict=True)


def _continued_section(experiment: Experiment, name: str) -> TrainSection | CurveSection:
    """Return [curve] or [train]: whichever [further.NAME] goes on with.

    Its `kind` says so; absent, nodes of networks are called endpoint-…, and a further node is
    what it came from.
    """
    seen: set[str] = set()
    while name in experiment.further and name not in seen:
        seen.add(name)
        kind = experiment.further[name].get("kind")
        if kind in FURTHER_KINDS:
            return experiment.train if kind == "endpoint" else experiment.curve
        start = str(experiment.further[name].get("from", ""))
        name = start.rpartition("/")[2].partition("@")[0]
    return experiment.train if name.startswith("endpoint") else experiment.curve


def _merged(experiment: Experiment, name: str) -> dict[str, Any]:
    base = _continued_section(experiment, name)
    kept = base.model_dump(by_alias=True, exclude_unset=True)
    for dropped in ("from", "stop_at"):
        kept.pop(dropped, None)
    own = {key: value for key, value in experiment.further[name].items() if key != "kind"}
    return {**kept, **own}


def _drop_other_ends(values: dict[str, Any], given: set[Keys]) -> None:
    """Let `--set ends.use` replace a preset's seeds, and `--set ends.seeds` its networks."""
    ends = values.get("ends")
    chosen = given & {("ends", "use"), ("ends", "seeds")}
    if isinstance(ends, dict) and len(chosen) == 1:
        ends.pop("seeds" if ("ends", "use") in chosen else "use", None)


def _reseed(values: dict[str, Any], seed: int) -> None:
    values["seed"] = seed
    ends = values.get("ends")
    if isinstance(ends, dict) and isinstance(ends.get("seeds"), list):
        ends["seeds"] = [seed + place for place in range(len(ends["seeds"]))]


def _check_names(values: dict[str, Any], problems: Problems) -> None:
    for keys, (kind, known) in _CATALOGUES.items():
        name = lookup(values, keys)
        if isinstance(name, str) and name not in known:
            problems.add(keys, str(unknown_name(kind, clean_line(name), known)))
    keys = ("data", "name")
    name = lookup(values, keys)
    if not isinstance(name, str):
        return
    head, path = split_source(name)
    if head not in DATASETS:
        problems.add(keys, str(unknown_name("data set", clean_line(head), DATASETS)))
    elif DATASETS[head].takes_path and not path:
        problems.add(keys, f"'{head}' needs a place; write '{head}:PATH'.")
    elif path and not DATASETS[head].takes_path:
        problems.add(keys, f"'{head}' takes no path; write '{head}'.")


def _check_further(experiment: Experiment, problems: Problems) -> None:
    for name, own in experiment.further.items():
        keys = ("further", name)
        if not isinstance(own.get("from"), str):
            problems.add((*keys, "from"), "missing; name a node to go on from, e.g. 'curve@10'.")
            continue
        if own.get("kind", "curve") not in FURTHER_KINDS:
            problems.add((*keys, "kind"), "must be 'endpoint' or 'curve', what `from` is.")
            continue
        try:
            further_section(experiment, name)
        except ValidationError as error:
            within = type(_continued_section(experiment, name))
            problems.add_errors(error, _merged(experiment, name), keys, within)
