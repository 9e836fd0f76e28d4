"""Arguments and options that several commands share, each declared once."""

from __future__ import annotations

from typing import Annotated

import typer

from mcworkbench.cli.completion import preset_names, run_names

Run = Annotated[
    str, typer.Argument(metavar="RUN", help="Id, name or 'last'.", autocompletion=run_names)
]
Preset = Annotated[
    str | None,
    typer.Argument(
        metavar="PRESET|FILE[#PROFILE]",
        help="Name or .toml file; absent: --kind and --set say all.",
        autocompletion=preset_names,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="a.b=v", help="Override a setting; may be repeated."),
]
Name = Annotated[str, typer.Option(help="What the run is called.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Trust = Annotated[
    bool,
    typer.Option("--trust", help="Let code of your own (package.module:Name) run."),
]
Detach = Annotated[bool, typer.Option("--detach", help="Start it, print its id, and return.")]
