"""The options of `mcworkbench ensemble`; what it does is imported when it is called."""

from __future__ import annotations

from typing import Annotated

import typer

from mcworkbench.cli.completion import dataset_names, model_names


def ensemble(
    networks: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|RUN/NODE...", help="Networks, members (NODE@member-2), or ensembles."
        ),
    ],
    model: Annotated[str, typer.Option(help="Network they fit.", autocompletion=model_names)],
    data: Annotated[str, typer.Option(help="Data to score on.", autocompletion=dataset_names)],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="a.b=v", help="Override a setting; may be repeated."),
    ] = None,
    name: Annotated[str, typer.Option(help="What the run is called.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> int:
    """Score networks one by one, and the running ensemble of those so far."""
    from mcworkbench.cli.ensemble_command import score_ensemble

    return score_ensemble(
        networks, model=model, data=data, overrides=overrides or [], name=name, as_json=as_json
    )
