"""The commands `export` and `import`, which `cli.app` takes over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from mcworkbench.cli.arguments import Json, Name, Set, Trust
from mcworkbench.cli.completion import dataset_names, model_names, node_names

app = typer.Typer()


@app.command()
def export(
    node: Annotated[
        str,
        typer.Argument(
            metavar="RUN[/NODE[@member-K]]", help="What to export.", autocompletion=node_names
        ),
    ],
    target: Annotated[
        Path,
        typer.Option(
            "--out",
            help="The file to write; the folder, with --layout or for all members of an ensemble.",
        ),
    ],
    form: Annotated[
        Literal["safetensors", "pt", "npz"] | None,
        typer.Option(
            "--format",
            help="Tensors, a torch file, or the reference's evaluation; absent: as the file's "
            "name ends.",
        ),
    ] = None,
    layout: Annotated[
        Literal["dmc", "tf"] | None,
        typer.Option(
            help="The files that dnn-mode-connectivity (dmc) or its TensorFlow port (tf) writes, "
            "for the whole run or one node."
        ),
    ] = None,
    at: Annotated[float | None, typer.Option(help="Position on a path, 0 to 1.")] = None,
    names: Annotated[
        Literal["member", "base_model"],
        typer.Option(help="Files of all members: fge-2.pt, …, or base_model_0.pt, …"),
    ] = "member",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    trust: Trust = False,
) -> int:
    """Write a network, a path or a point of it, an evaluation, or members to files."""
    from mcworkbench.cli.export_command import export as export_node

    return export_node(
        node,
        form=form,
        layout=layout,
        target=target,
        t=at,
        names=names,
        is_forced=force,
        is_trusted=trust,
    )


@app.command("import")
def import_command(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|FOLDER...", help=".pt or .safetensors, or folders of them."),
    ],
    model: Annotated[
        str,
        typer.Option(
            help="Network they fit; absent: guessed by shapes.", autocompletion=model_names
        ),
    ] = "",
    data: Annotated[
        str, typer.Option(help="Data set they fit.", autocompletion=dataset_names)
    ] = "",
    overrides: Set = None,
    name: Name = "",
    match: Annotated[
        str, typer.Option(metavar="PATTERN", help="Of folders only this: '*/checkpoint-30.pt'.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what there is; take nothing in.")
    ] = False,
    trust: Trust = False,
    as_json: Json = False,
) -> int:
    """Take in networks or curves trained elsewhere."""
    from mcworkbench.cli.import_command import import_files

    return import_files(
        files,
        model=model,
        data=data,
        overrides=overrides or [],
        name=name,
        match=match,
        is_dry=dry_run,
        is_trusted=trust,
        as_json=as_json,
    )
