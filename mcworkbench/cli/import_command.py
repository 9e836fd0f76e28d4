"""`import`: take in checkpoints made elsewhere, files or whole folders, as a run of their own."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mcworkbench.cli.consoles import say, write
from mcworkbench.cli.exits import DONE, exit_code
from mcworkbench.cli.run_command import command_words, show_result
from mcworkbench.errors import InvalidInputError
from mcworkbench.runs.state import State
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.cli.import_looks import Found
    from mcworkbench.config.toml_file import TomlFile
    from mcworkbench.runs.views import RunView


def import_files(
    places: Sequence[Path],
    *,
    model: str,
    data: str,
    overrides: Sequence[str],
    name: str,
    match: str,
    is_dry: bool,
    is_trusted: bool,
    as_json: bool,
) -> int:
    """Import checkpoint files and return the exit code.

    Args:
        places: .pt or .safetensors files, networks or curves in the reference's format; or
            folders of them.
        model: the network they must fit, as [model] name says it; '' guesses it by their shapes.
        data: the data set that gives it its input and output sizes.
        overrides: further settings, e.g. "model.widths=[10]".
        name: what the run is called; absent: the first file's or folder's name.
        match: of folders only what fits this pattern.
        is_dry: list what was found and take nothing in.
        is_trusted: whether the network may be a class of the user's own.
        as_json: write one JSON document at the end.

    Raises:
        InvalidInputError: a file or an option cannot be used.
    """
    for place in places:
        if not place.expanduser().exists():
            raise InvalidInputError(f"{clean_line(str(place))}: there is no such file.")
    called = name or places[0].expanduser().resolve().stem
    has_folder = any(place.expanduser().is_dir() for place in places)
    if model and not has_folder and not is_dry:
        # The stage says what does not fit; a look beforehand would only cost time.
        values = _values(places, {"name": model}, _needed(data, []))
        return _carry_out(values, overrides, called, is_trusted=is_trusted, as_json=as_json)
    return _look_first(
        places,
        model,
        data,
        overrides,
        called,
        match=match,
        is_dry=is_dry,
        is_trusted=is_trusted,
        as_json=as_json,
    )


def _look_first(
    places: Sequence[Path],
    model: str,
    data: str,
    overrides: Sequence[str],
    called: str,
    *,
    match: str,
    is_dry: bool,
    is_trusted: bool,
    as_json: bool,
) -> int:
    from mcworkbench.cli.consoles import out, table_width, write_json
    from mcworkbench.cli.import_looks import found_document, look_at, table_lines, the_model

    files, names = _files_in(places, match)
    found = look_at(files, names)
    if is_dry and as_json:
        write_json([found_document(one) for one in found])
        return DONE
    if is_dry or (len(found) > 1 and not as_json):
        console = out()
        write(table_lines(found, table_width(console)), console)
    if is_dry:
        return DONE
    taken = [one for one in found if one.is_taken]
    _refuse_named(places, found)
    if not taken:
        raise InvalidInputError(
            "none of these files holds a network or a curve; `mcworkbench import --dry-run` "
            "says why."
        )
    section = {"name": model} if model else the_model(taken, say=say)
    values = _values([one.file for one in taken], section, _needed(data, taken))
    if len(files) > 1 or places[0].expanduser().is_dir():
        values["import"]["names"] = [one.name for one in taken]
    return _carry_out(values, overrides, called, is_trusted=is_trusted, as_json=as_json)


def _files_in(places: Sequence[Path], match: str) -> tuple[list[Path], list[str]]:
    """Return every checkpoint of the places, and a node name for each."""
    from mcworkbench.cli.import_folder import checkpoints_in, node_names

    files: list[Path] = []
    relative: list[PurePosixPath] = []
    for place in places:
        here = place.expanduser()
        if not here.is_dir():
            files.append(here)
            relative.append(PurePosixPath(here.name))
            continue
        inside = checkpoints_in(here, match)
        files += inside
        above = PurePosixPath(here.resolve().name) if len(places) > 1 else PurePosixPath()
        relative += [above / file.relative_to(here).as_posix() for file in inside]
    return files, node_names(relative)


def _refuse_named(places: Sequence[Path], found: Sequence[Found]) -> None:
    """Pass where every file that was named itself, not by its folder, can be taken in.

    Raises:
        InvalidInputError: one cannot.
    """
    named = {place.expanduser() for place in places}
    for one in found:
        if one.file in named and not one.is_taken:
            told = one.problem or "holds the state of an optimiser and no network"
            raise InvalidInputError(f"{clean_line(str(one.file))}: {told.rstrip('.')}.")


def _needed(data: str, taken: Sequence[Found]) -> str:
    """Return the data set.

    Raises:
        InvalidInputError: none was given; the sentence tells the sizes that it must have.
    """
    if data:
        return data
    sizes = f" (they take {taken[0].inputs}, and give {taken[0].num_outputs} outputs)" * bool(taken)
    raise InvalidInputError(
        f"say with --data which data set the networks are for{sizes}, e.g. --data mnist; "
        "`mcworkbench doctor` lists those that are here."
    )


def _carry_out(
    values: dict[str, Any],
    overrides: Sequence[str],
    called: str,
    *,
    is_trusted: bool,
    as_json: bool,
) -> int:
    from mcworkbench.cli.following import follow, tell_ending
    from mcworkbench.config.loading import build_experiment
    from mcworkbench.executors.local import start
    from mcworkbench.plans.launch import create_run

    experiment, toml = build_experiment(_preset(values), overrides)
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


def _values(files: Sequence[Path], model: dict[str, Any], data: str) -> dict[str, Any]:
    title = f"Imported: {', '.join(clean_line(file.name, limit=60) for file in files)}"
    return {
        "kind": "import",
        "title": title[:200],
        "data": {"name": data},
        "model": dict(model),
        "import": {"files": [str(file.expanduser().resolve()) for file in files]},
    }


def _preset(values: dict[str, Any]) -> TomlFile:
    import tomlkit

    from mcworkbench.config.toml_file import TomlFile

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
