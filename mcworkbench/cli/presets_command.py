"""`presets list|show|copy|check`: look at presets, make one's own, find what is wrong with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from mcworkbench.cli.completion import preset_names
from mcworkbench.cli.exits import DONE, INVALID, PROGRAM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.config.presets import PresetInfo

app = typer.Typer(help="List, show, copy and check presets.")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}", re.ASCII)

Preset = Annotated[
    str, typer.Argument(help="A preset's name or a file.", autocompletion=preset_names)
]


@app.command("list")
def list_command(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list.")] = False,
) -> int:
    """List every preset, shipped and your own."""
    from mcworkbench.cli.consoles import aligned, out, table_width, write, write_json
    from mcworkbench.config.presets import list_presets

    presets = list_presets()
    if as_json:
        write_json(
            [
                {
                    "name": preset.name,
                    "kind": preset.kind,
                    "title": preset.title,
                    "path": str(preset.path),
                    "summary": preset.summary,
                    "shipped": preset.is_shipped,
                    "problem": _problem(preset),
                }
                for preset in presets
            ]
        )
        return DONE
    console = out()
    rows = [[p.name, p.kind, "" if p.is_shipped else "yours", _told(p)] for p in presets]
    heads = ["name", "kind", "", "title"]
    write(aligned(heads, rows, num_words=4, width=table_width(console), cut=[3, 0]), console)
    return DONE


def _told(preset: PresetInfo) -> str:
    problem = _problem(preset)
    return f"cannot be used: {problem}" if problem else preset.title


def _problem(preset: PresetInfo) -> str:
    """Return the first problem of a preset itself, '' where there is none; looks at no data."""
    from mcworkbench.config.loading import load_experiment
    from mcworkbench.errors import InvalidInputError, PresetError

    if preset.problem:
        return preset.problem
    try:
        load_experiment(preset.name)
    except PresetError as error:
        return error.problems[0]
    except InvalidInputError as error:
        return str(error)
    return ""


@app.command("show")
def show_command(preset: Preset) -> int:
    """Print a preset's TOML."""
    from mcworkbench.cli.consoles import write
    from mcworkbench.config.presets import find_preset
    from mcworkbench.config.toml_file import read_toml
    from mcworkbench.text import clean

    text = read_toml(find_preset(preset)).text
    write(clean(text, limit=len(text) * 8 + 8).splitlines())
    return DONE


@app.command("copy")
def copy_command(
    preset: Preset,
    new: Annotated[str, typer.Argument(help="What the copy is called; absent: NAME-copy.")] = "",
) -> int:
    """Copy a preset to your own, which you may edit."""
    from mcworkbench import folders
    from mcworkbench.cli.consoles import say, write
    from mcworkbench.config.presets import SUFFIX, find_preset, preset_files
    from mcworkbench.config.toml_file import read_toml
    from mcworkbench.errors import InvalidInputError
    from mcworkbench.text import clean_line

    source = find_preset(preset)
    name = new.removesuffix(SUFFIX) or f"{source.stem}-copy"
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            f"'{clean_line(name, limit=80)}' cannot name a preset: use letters, digits, '-' and "
            "'_', beginning with a letter or digit."
        )
    text = read_toml(source).text
    target = folders.make_private(folders.user_presets_root()) / f"{name}{SUFFIX}"
    if target.exists() or name in preset_files():
        taken = str(target) if target.exists() else f"a preset called '{name}'"
        raise InvalidInputError(
            f"{taken} exists; give another name: `{PROGRAM} presets copy {source.stem} NEW`."
        )
    folders.publish_bytes(target, text.encode())
    write([str(target)])
    say(f"edit it, then `{PROGRAM} run {name}`.")
    return DONE


@app.command("check")
def check_command(
    presets: Annotated[
        list[str] | None,
        typer.Argument(help="Names or files; absent: all presets.", autocompletion=preset_names),
    ] = None,
) -> int:
    """Say what is wrong with presets, everything at once; exit 2 if anything is."""
    from mcworkbench.cli.consoles import write
    from mcworkbench.config.presets import preset_files
    from mcworkbench.text import clean_line

    code = DONE
    for reference in presets or list(preset_files()):
        problems, obstacle = _problems(reference)
        shown = clean_line(reference)
        if problems:
            write(f"{shown}: {problem}" for problem in problems)
            code = INVALID
        elif obstacle and presets:
            write([f"{shown}: {obstacle}"])
            code = INVALID
        else:
            write(
                [
                    f"{shown}: OK, but it cannot run here yet: {obstacle}"
                    if obstacle
                    else f"{shown}: OK"
                ]
            )
    return code


def _problems(reference: str) -> tuple[Sequence[str], str]:
    """Return what is wrong with a preset itself, and what it names that is not there."""
    from mcworkbench.config.loading import load_experiment
    from mcworkbench.errors import InvalidInputError, PresetError
    from mcworkbench.plans.expand import expand

    try:
        experiment, _ = load_experiment(reference)
    except PresetError as error:
        return error.problems, ""
    except InvalidInputError as error:
        return (str(error),), ""
    try:
        expand(experiment)
    except InvalidInputError as error:
        return (), str(error)
    return (), ""
