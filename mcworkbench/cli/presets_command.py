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
    str, typer.Argument(help="A preset's name or a file.", autocompletion=preset_names)
]


@app.command("list")
def list_command(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list.")] = False,
) -> int:
    """List every preset, shipped and your own."""
    from mcworkbench.cli.consoles import aligned, out, table_width, write, write_json
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
                    "shipped": preset.is_shipped,
                    "problem": problems[preset.name],
                }
                for preset in presets
            ]
        )
        return DONE
    console = out()
    told = {name: f"cannot be used: {problem}" for name, problem in problems.items() if problem}
    rows = [
        [p.name, p.kind, "" if p.is_shipped else "yours", told.get(p.name, p.title)]
        for p in presets
    ]
    heads = ["name", "kind", "", "title"]
    write(aligned(heads, rows, num_words=4, width=table_width(console), cut=[3, 0]), console)
    return DONE


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
    from mcworkbench.cli.consoles import say, write
    from mcworkbench.config.presets import create_preset, find_preset
    from mcworkbench.config.toml_file import read_toml

    source = find_preset(preset)
    hint = f": `{PROGRAM} presets copy {source.stem} NEW`"
    target = create_preset(new or f"{source.stem}-copy", read_toml(source).text, hint=hint)
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

    experiment, _ = load_experiment(preset, overrides or [], seed=seed)
    planned = preview(experiment)
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
