"""`ensemble`: networks of files and of earlier runs, each scored, and the running ensemble."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcworkbench.cli.run_command import command_words, start_and_follow
from mcworkbench.errors import InvalidInputError
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.config.toml_file import TomlFile

_SCHEMES = ("run:", "stage:", "file:")
_MAX_TITLE = 200


def score_ensemble(
    networks: Sequence[str],
    *,
    model: str,
    data: str,
    overrides: Sequence[str],
    name: str,
    as_json: bool,
) -> int:
    """Score an ensemble of networks that exist and return the exit code.

    Each network costs one pass over the test set, once: a longer list scores only the new ones.

    Args:
        networks: .pt or .safetensors files, 'RUN/NODE', or references with their scheme.
        model: the network of the files, a name of the catalogue.
        data: the data set, whose test examples are scored.
        overrides: further settings, e.g. "model.depth=110" or "ensemble.soups=['greedy']".
        name: what the run is called; absent: "ensemble".
        as_json: write one JSON document at the end.

    Raises:
        InvalidInputError: a file, a node or an option cannot be used.
    """
    from mcworkbench.config.loading import build_experiment
    from mcworkbench.plans.launch import create_run

    experiment, toml = build_experiment(_preset(networks, model, data), overrides)
    launched = create_run(experiment, toml, name=name or "ensemble", command=command_words())
    return start_and_follow(launched, is_detached=False, as_json=as_json)


def _preset(networks: Sequence[str], model: str, data: str) -> TomlFile:
    import tomlkit

    from mcworkbench.config.toml_file import TomlFile

    shown = ", ".join(clean_line(Path(network).name, limit=60) for network in networks)
    values: dict[str, Any] = {
        "kind": "ensemble",
        "title": f"Ensemble of {shown}"[:_MAX_TITLE],
        "data": {"name": data},
        "model": {"name": model},
        "ensemble": {"use": [_reference(network) for network in networks]},
    }
    # No lines: the user wrote options, not this text, and messages must not point into it.
    return TomlFile(name="ensemble", text=tomlkit.dumps(values), values=values, lines={})


def _reference(text: str) -> str:
    """Return what a preset calls a network that the user names by file or by run and node."""
    if text.startswith(_SCHEMES):
        return text
    file = Path(text).expanduser()
    if file.is_file():
        return f"file:{file.resolve()}"
    if file.suffix.lower() in {".pt", ".pth", ".safetensors"} or "/" not in text:
        raise InvalidInputError(
            f"{clean_line(text)}: there is no such file; name checkpoint files, or nodes as "
            "RUN/NODE."
        )
    return f"run:{text}"
