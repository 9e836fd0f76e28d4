"""`presets list|show|copy|check|plan`: look at presets, copy, check them, see what they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mcworkbench.cli.completion import preset_names
from mcworkbench.cli.exits import DONE, INVALID
from mcworkbench.text import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(help="List, show, copy and check presets.")

Preset = Annotated[
    str,
    typer.Argument(
        metavar="PRESET", help="A name, a file or FILE#PROFILE.", autocompletion=preset_names
    ),
]


@app.command("list")
def list_command(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list.")] = False,
) -> int:
    """List every preset by kind and source, shipped and your own."""
    from mcworkbench.cli.consoles import out, table_width, write, write_json
    from mcworkbench.cli.presets_list import list_lines
    from mcworkbench.config.loading import first_problem
    from mcworkbench.config.presets import list_presets

    presets = list_presets()
    problems = {preset.name: first_problem(preset) for preset in presets}
    if as_json:
        write_json(
            [
                {
                    "name": preset.name,
                    "kind": preset.kind,
                    "title": preset.title,
                    "path": str(preset.path),
                    "summary": preset.summary,
                    "source": preset.source,
                    "shipped": preset.is_shipped,
                    "problem": problems[preset.name],
                }
                for preset in presets
            ]
        )
        return DONE
    console = out()
    write(list_lines(presets, problems, table_width(console)), console)
    return DONE


@app.command("show")
def show_command(preset: Preset) -> int:
    """Print a preset's TOML."""
    from mcworkbench.cli.consoles import write
    from mcworkbench.config.profiles.load import read_preset
    from mcworkbench.text import clean

    text = read_preset(preset).text
    write(clean(text, limit=len(text) * 8 + 8).splitlines())
    return DONE


@app.command("copy")
def copy_command(
    preset: Preset,
    new: Annotated[str, typer.Argument(help="What the copy is called; absent: NAME-copy.")] = "",
) -> int:
    """Copy a preset to your own, which you may edit."""
    from mcworkbench.cli.consoles import say, write
    from mcworkbench.config.presets import create_preset
    from mcworkbench.config.profiles.load import read_preset

    source = read_preset(preset)
    stem = source.label
    hint = f": `{PROGRAM} presets copy {stem} NEW`"
    target = create_preset(new or f"{stem}-copy", source.text, hint=hint)
    write([str(target)])
    say(f"edit it, then `{PROGRAM} run {target.stem}`.")
    return DONE


@app.command("plan")
def plan_command(
    preset: Preset,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="a.b=v", help="Override a setting; may be repeated."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Sets every seed at once.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> int:
    """Say which stages a run would reuse and which it would carry out; changes nothing."""
    from mcworkbench.cli.consoles import (
        aligned,
        has_unicode,
        out,
        say,
        table_width,
        write,
        write_json,
    )
    from mcworkbench.config.loading import load_experiment
    from mcworkbench.plans.preview import preview
    from mcworkbench.reports.plan_text import FATE_SIGNS, estimate_words, fate_words

    experiment, file = load_experiment(preset, overrides or [], seed=seed)
    planned = preview(experiment)
    for note in file.notes:
        say(note)
    if as_json:
        write_json(planned.document())
        return DONE
    console = out()
    sign = 0 if has_unicode(console) else 1
    rows = [
        [FATE_SIGNS[node.fate][sign], node.name, node.kind, fate_words(node), node.label]
        for node in planned.nodes
    ]
    heads = ["", "stage", "kind", "what becomes of it", "label"]
    write(aligned(heads, rows, num_words=5, width=table_width(console), cut=[4, 1]), console)
    say("; ".join(filter(None, [planned.headline(), estimate_words(planned)])))
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
        problems, obstacle, notes = _problems(reference)
        shown = clean_line(reference)
        if problems:
            # A file's problems begin with its name already.
            write(p if p.startswith(shown) else f"{shown}: {p}" for p in problems)
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
        write(f"{shown}: note: {note}" for note in notes)
    return code


def _problems(reference: str) -> tuple[Sequence[str], str, Sequence[str]]:
    """Return what is wrong with a preset itself, what it names that is not there, and notes."""
    from mcworkbench.config.loading import load_experiment
    from mcworkbench.errors import InvalidInputError, PresetError
    from mcworkbench.plans.expand import expand

    try:
        experiment, file = load_experiment(reference)
    except PresetError as error:
        return error.problems, "", ()
    except InvalidInputError as error:
        return (str(error),), "", ()
    try:
        expand(experiment)
    except InvalidInputError as error:
        return (), str(error), file.notes
    return (), "", file.notes
