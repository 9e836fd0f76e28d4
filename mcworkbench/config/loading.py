"""Turn a preset's values into an Experiment, or into one sentence per problem, all at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from mcworkbench.catalogue import CURVES, DATASETS, MODELS, split_source
from mcworkbench.config.experiment import Experiment
from mcworkbench.config.options.base import Options
from mcworkbench.config.presets import find_preset
from mcworkbench.config.toml_file import (
    TomlFile,
    apply_override,
    parse_override,
    parse_toml,
    read_toml,
)
from mcworkbench.errors import PresetError, nearest, unknown_name
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_core import ErrorDetails

    from mcworkbench.config.options.curve import CurveSection
    from mcworkbench.config.options.endpoint import TrainSection

CATALOGUES: dict[tuple[str, str], tuple[str, Sequence[str]]] = {
    ("model", "name"): ("model", tuple(MODELS)),
    ("curve", "name"): ("curve", tuple(CURVES)),
}


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
    given: dict[tuple[str, ...], str] = {}
    for text in overrides:
        keys, value = parse_override(text)
        apply_override(values, keys, value)
        given[keys] = text
    changed = TomlFile(file.name, file.text, values, file.lines)
    problems = [*_name_problems(changed, given)]
    try:
        experiment = Experiment.model_validate_json(json.dumps(values, default=str), strict=True)
    except ValidationError as error:
        known = {tuple(str(part) for part in keys) for keys, _ in problems}
        for detail in error.errors(include_url=False, include_context=True):
            keys = _plain_location(detail)
            if keys not in known:
                problems.append((keys, _sentence(detail, keys, changed, given)))
        raise PresetError([text for _, text in _in_file_order(problems, changed)]) from error
    problems += _further_problems(experiment, changed)
    if problems:
        raise PresetError([text for _, text in _in_file_order(problems, changed)])
    return experiment, changed


def further_section(experiment: Experiment, name: str) -> TrainSection | CurveSection:
    """Return the full options of [further.NAME]: its own, over [curve]'s or [train]'s."""
    own = experiment.further[name]
    base = experiment.curve if continues_curve(str(own.get("from", ""))) else experiment.train
    kept = base.model_dump(by_alias=True, exclude_unset=True)
    for dropped in ("from", "stop_at", "nodes"):
        kept.pop(dropped, None)
    return type(base).model_validate_json(json.dumps({**kept, **own}), strict=True)


def continues_curve(reference: str) -> bool:
    """Return whether a `from` names a curve; nodes of networks are called endpoint-… or else."""
    node = reference.rpartition("/")[2].partition("@")[0]
    return not node.startswith("endpoint")


def _reseed(values: dict[str, Any], seed: int) -> None:
    values["seed"] = seed
    ends = values.get("ends")
    if isinstance(ends, dict) and isinstance(ends.get("seeds"), list):
        ends["seeds"] = [seed + place for place in range(len(ends["seeds"]))]


Problem = tuple[tuple[str, ...], str]


def _place(file: TomlFile, keys: tuple[str, ...], given: dict[tuple[str, ...], str]) -> str:
    shown = [clean_line(key, limit=40) for key in keys]
    named = f"[{'.'.join(shown[:-1])}] {shown[-1]}" if len(shown) > 1 else (shown or ["preset"])[0]
    if keys in given:
        return f"--set {clean_line(given[keys], limit=80)}"
    line = file.line_of(keys)
    return f"{file.name} line {line}, {named}" if line else f"{file.name}, {named}"


def _name_problems(file: TomlFile, given: dict[tuple[str, ...], str]) -> list[Problem]:
    problems: list[Problem] = []
    for keys, (kind, known) in CATALOGUES.items():
        name = _lookup(file.values, keys)
        if isinstance(name, str) and name not in known:
            where = _place(file, keys, given)
            problems.append((keys, str(unknown_name(kind, clean_line(name), known, where=where))))
    problems += _data_problems(file, given)
    return problems


def _data_problems(file: TomlFile, given: dict[tuple[str, ...], str]) -> list[Problem]:
    keys = ("data", "name")
    name = _lookup(file.values, keys)
    if not isinstance(name, str):
        return []
    head, path = split_source(name)
    where = _place(file, keys, given)
    if head not in DATASETS:
        return [(keys, str(unknown_name("data set", clean_line(head), DATASETS, where=where)))]
    takes = DATASETS[head].takes_path
    if takes and not path:
        return [(keys, f"{where}: '{head}' needs a place, e.g. '{head}:PATH'.")]
    if path and not takes:
        return [(keys, f"{where}: '{head}' takes no path; write '{head}'.")]
    return []


def _lookup(values: dict[str, Any], keys: tuple[str, ...]) -> Any:
    found: Any = values
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _plain_location(detail: ErrorDetails) -> tuple[str, ...]:
    """Return the key path of a pydantic error without union tags and tuple places."""
    parts = [str(part) for part in detail["loc"]]
    if detail["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        return (*parts, "name")
    if parts[:1] == ["model"] and parts[1:2] and parts[1] in MODELS:
        parts.pop(1)
    return tuple(part for part in parts if not _is_union_tag(part))


def _is_union_tag(part: str) -> bool:
    return part.isdecimal() or part in {"int", "float", "str"} or "[" in part


def _sentence(
    detail: ErrorDetails,
    keys: tuple[str, ...],
    file: TomlFile,
    given: dict[tuple[str, ...], str],
) -> str:
    where = _place(file, keys, given)
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(where, keys)
    if kind in {"missing", "union_tag_not_found"}:
        return f"{where}: missing; a preset of this kind needs it."
    if kind == "literal_error":
        expected = [
            word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")
        ]
        guess = nearest(str(detail["input"]), expected)
        hint = f" Did you mean '{guess}'?" if guess else ""
        shown = clean_line(str(detail["input"]))
        return f"{where}: '{shown}' is not allowed.{hint} Allowed: {', '.join(expected)}."
    message = str(context["error"]) if kind == "value_error" else _plain_words(detail["msg"])
    shown = (
        ""
        if isinstance(detail["input"], dict)
        else f" (it is {clean_line(repr(detail['input']), limit=60)})"
    )
    return f"{where}: {clean_line(message, limit=400)}{shown}."


def _plain_words(message: str) -> str:
    return message.replace("Input should be", "must be").replace("a valid ", "").rstrip(".")


def _unknown_key(where: str, keys: tuple[str, ...]) -> str:
    known = sorted(_allowed_keys(keys[:-1]))
    guess = nearest(keys[-1], known)
    hint = f" did you mean '{guess}'?" if guess else ""
    listed = f" Allowed: {', '.join(known)}." if known else ""
    return f"{where}: unknown key;{hint}{listed}" if hint else f"{where}: unknown key.{listed}"


def _allowed_keys(section: tuple[str, ...]) -> set[str]:
    if not section:
        return {field.alias or name for name, field in Experiment.model_fields.items()}
    field = {f.alias or name: f for name, f in Experiment.model_fields.items()}.get(section[0])
    options = [
        member
        for member in (get_args(field.annotation) or (field.annotation,) if field else ())
        if isinstance(member, type) and issubclass(member, Options)
    ]
    return {f.alias or name for model in options for name, f in model.model_fields.items()}


def _further_problems(experiment: Experiment, file: TomlFile) -> list[Problem]:
    problems: list[Problem] = []
    for name, own in experiment.further.items():
        keys = ("further", name)
        if not isinstance(own.get("from"), str):
            problems.append(
                (keys, f"{_place(file, (*keys, 'from'), {})}: missing; name a node to go on from.")
            )
            continue
        try:
            further_section(experiment, name)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=True):
                place = (*keys, *_plain_location(detail))
                problems.append((place, _sentence(detail, place, file, {})))
    return problems


def _in_file_order(problems: list[Problem], file: TomlFile) -> list[Problem]:
    return sorted(problems, key=lambda problem: file.line_of(problem[0]) or 0)
