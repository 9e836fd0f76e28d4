"""`import`: take in checkpoints made elsewhere, as a run of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcworkbench.cli.consoles import say, write
from mcworkbench.cli.exits import exit_code
from mcworkbench.cli.run_command import command_words, show_result
from mcworkbench.errors import InvalidInputError
from mcworkbench.runs.state import State
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mcworkbench.config.toml_file import TomlFile
    from mcworkbench.runs.views import RunView


def import_files(
    files: Sequence[Path],
    *,
    model: str,
    data: str,
    overrides: Sequence[str],
    name: str,
    is_trusted: bool,
    as_json: bool,
) -> int:
    """Import checkpoint files and return the exit code.

    Args:
        files: .pt or .safetensors files: networks, or curves in the reference's format.
        model: the network they must fit, as [model] name says it.
        data: the data set that gives it its input and output sizes.
        overrides: further settings, e.g. "model.widths=[10]".
        name: what the run is called; absent: the first file's name.
        is_trusted: whether that may be a class of the user's own.
        as_json: write one JSON document at the end.

    Raises:
        InvalidInputError: a file or an option cannot be used.
    """
    from mcworkbench.cli.following import follow, tell_ending
    from mcworkbench.config.loading import build_experiment
    from mcworkbench.executors.local import start
    from mcworkbench.plans.launch import create_run

    for file in files:
        if not file.expanduser().is_file():
            raise InvalidInputError(f"{clean_line(str(file))}: there is no such file.")
    experiment, toml = build_experiment(_preset(files, model, data), overrides)
    called = name or files[0].stem
    launched = create_run(
        experiment, toml, name=called, command=command_words(), is_trusted=is_trusted
    )
    run = follow(launched.run_id, is_ours=True, begin=lambda: start(launched.run_id))
    tell_ending(run)
    if as_json:
        show_result(run, as_json=True)
    elif run.state is State.done:
        write(_imported(run))
    return exit_code(run.state)


def _preset(files: Sequence[Path], model: str, data: str) -> TomlFile:
    import tomlkit

    from mcworkbench.config.toml_file import TomlFile

    values: dict[str, Any] = {
        "kind": "import",
        "title": f"Imported: {', '.join(clean_line(file.name, limit=60) for file in files)}"[:200],
        "data": {"name": data},
        "model": {"name": model},
        "import": {"files": [str(file.expanduser().resolve()) for file in files]},
    }
    # No lines: the user wrote options, not this text, and messages must not point into it.
    return TomlFile(name="import", text=tomlkit.dumps(values), values=values, lines={})


def _imported(run: RunView) -> list[str]:
    """Return what was mapped, and how to refer to it."""
    lines: list[str] = []
    for name, node in run.nodes.items():
        if node.kind != "import":
            continue
        lines += [f"{node.label}:", *(f"  {note}" for note in node.view.notes)]
        lines += [f"  use it as run:{run.name or run.id}/{name}"]
    if not lines:
        say("nothing was imported.")
    return lines
