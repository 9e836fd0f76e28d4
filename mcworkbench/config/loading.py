"""Turn a preset's values into an Experiment, or into one sentence per problem, all at once."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

from pydantic import ValidationError

from mcworkbench.catalogue import CURVES, DATASETS, split_source
from mcworkbench.config.experiment import Experiment
from mcworkbench.config.fields import further_kind
from mcworkbench.config.problems import Problem, Problems, lookup
from mcworkbench.config.profiles.load import read_preset
from mcworkbench.config.published import ContradictionError, stands_for, unknown_model, written_out
from mcworkbench.config.together import experiment_of_rest
from mcworkbench.config.toml_file import (
    NotTomlError,
    TomlFile,
    apply_override,
    parse_override,
    parse_toml,
    read_toml,
)
from mcworkbench.errors import InvalidInputError, PresetError, unknown_name
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.config.fields import Keys
    from mcworkbench.config.options.curve import CurveSection
    from mcworkbench.config.options.endpoint import TrainSection
    from mcworkbench.config.presets import PresetInfo

_CATALOGUES: dict[Keys, tuple[str, Sequence[str]]] = {
    ("curve", "name"): ("curve", tuple(CURVES)),
}

# What [further.NAME] kind may say: which section its options are read as.
FURTHER_KINDS = ("endpoint", "curve")


def load_experiment(
    reference: str, overrides: Sequence[str] = (), *, seed: int | None = None
) -> tuple[Experiment, TomlFile]:
    """Return the experiment of a preset name, file or FILE#PROFILE with `--set` applied.

    Raises:
        PresetError: with every problem, each naming file, line, key and what is allowed.
        InvalidInputError: no such preset, or not TOML.
    """
    return build_experiment(read_preset(reference), overrides, seed=seed)


def preset_of_options(kind: str) -> TomlFile:
    """Return what stands for a preset where there is none: `--set` gives every other key."""
    return TomlFile(f"--kind {clean_line(kind, limit=40)}", "", {"kind": kind}, {}, is_file=False)


@final
@dataclass(frozen=True, slots=True)
class Checked:
    """A preset's text, looked at: its experiment, or everything that is wrong with it.

    Attributes:
        experiment: None where there is a problem.
        file: the parsed text, None where it is not TOML.
        problems: in the order of the file.
    """

    experiment: Experiment | None
    file: TomlFile | None
    problems: tuple[Problem, ...]


def check_text(text: str, name: str) -> Checked:
    """Return what a preset's text says, for editors that look at it while it is typed.

    Nothing is raised: a text that is too large or not TOML is a problem like others.
    """
    try:
        file = parse_toml(text, name)
    except InvalidInputError as error:
        line = error.line if isinstance(error, NotTomlError) else None
        sentence = str(error)
        told = sentence.removeprefix(f"{name}: ")
        return Checked(None, None, (Problem((), line, told, sentence),))
    experiment, problems = _validated(file, {})
    return Checked(experiment, file, problems)


def parse_experiment(text: str, name: str) -> Experiment:
    """Return the experiment written in `text`.

    Raises:
        PresetError: with every problem.
        InvalidInputError: it is not TOML.
    """
    return build_experiment(parse_toml(text, name))[0]


def first_problem(preset: PresetInfo) -> str:
    """Return the first problem of a listed preset itself, '' where there is none.

    Its data need not be there.
    """
    if preset.problem:
        return preset.problem
    try:
        build_experiment(read_toml(preset.path))
    except PresetError as error:
        return error.problems[0]
    except InvalidInputError as error:
        return str(error)
    return ""


def build_experiment(
    file: TomlFile, overrides: Sequence[str] = (), *, seed: int | None = None
) -> tuple[Experiment, TomlFile]:
    """Return the experiment of a parsed file and the file with its overrides applied.

    Raises:
        PresetError: with every problem.
        InvalidInputError: an override cannot be read.
    """
    values: dict[str, Any] = json.loads(json.dumps(file.values, default=str))
    if seed is not None:
        _reseed(values, seed)
    given: dict[Keys, str] = {}
    for text in overrides:
        keys, value = parse_override(text)
        apply_override(values, keys, value)
        given[keys] = text
    _drop_other_ends(values, set(given))
    changed = replace(file, values=values)
    experiment, problems = _validated(changed, given)
    if experiment is None:
        raise PresetError([problem.sentence for problem in problems])
    return experiment, changed


def _validated(
    file: TomlFile, given: dict[Keys, str]
) -> tuple[Experiment | None, tuple[Problem, ...]]:
    """Return the experiment of a file's values, or None and why there is none."""
    problems = Problems(file, given)
    values: dict[str, Any] = json.loads(json.dumps(file.values, default=str))
    _check_names(values, problems)
    _write_out_model(values, problems)
    try:
        experiment = Experiment.model_validate_json(json.dumps(values), strict=True)
        _check_further(experiment, problems)
    except ValidationError as error:
        experiment = None
        problems.add_errors(error, values)
        assert problems.found(), "a validation error gives a problem"
    if experiment is None:
        _check_rest(values, problems)
    found = problems.found()
    return (None if found else experiment), found


def _check_rest(values: dict[str, Any], problems: Problems) -> None:
    """Tell what is wrong with sections, then with the whole, beside the wrong keys told."""
    together: tuple[tuple[Keys, str], ...] = (((), ""),)
    while together:
        rest, together = experiment_of_rest(values, [one.keys for one in problems.found()])
        for keys, sentence in together:
            problems.add(keys, sentence)
        if rest is not None:
            _check_further(rest, problems)


def further_section(experiment: Experiment, name: str) -> TrainSection | CurveSection:
    """Return the full options of [further.NAME]: its own, over [curve]'s or [train]'s."""
    base = _continued_section(experiment, name)
    return type(base).model_validate_json(json.dumps(_merged(experiment, name)), strict=True)


def _continued_section(experiment: Experiment, name: str) -> TrainSection | CurveSection:
    """Return [curve] or [train]: whichever [further.NAME] goes on with."""
    is_train = further_kind({"further": experiment.further}, name) == "train"
    return experiment.train if is_train else experiment.curve


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
        problems.add(keys, f"'{head}' needs a place; write '{head}:{DATASETS[head].takes_path}'.")
    elif path and not DATASETS[head].takes_path:
        problems.add(keys, f"'{head}' takes no path; write '{head}'.")


def _write_out_model(values: dict[str, Any], problems: Problems) -> None:
    """Put the family and its options in the place of a network's published name."""
    section = values.get("model")
    name = lookup(values, ("model", "name"))
    if not isinstance(section, dict) or not isinstance(name, str):
        return
    meant = stands_for(name)
    if meant is None:
        problems.add(("model", "name"), unknown_model(name))
        return
    try:
        values["model"] = written_out(section)
    except ContradictionError as error:
        problems.add(("model", error.key), str(error))
        values["model"] = {**section, **meant[1], "name": meant[0]}


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
