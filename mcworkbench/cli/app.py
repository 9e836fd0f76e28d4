"""The commands and their options; what they do is imported when they are called.

Every command returns its exit code; errors become text in `cli.entry`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mcworkbench.cli import data_command, ensemble_app, exchange, models_command, presets_command
from mcworkbench.cli.arguments import Detach, Json, Name, Preset, Run, Set, Trust
from mcworkbench.cli.completion import kind_names, run_names, running_names

app = typer.Typer(
    name="mcworkbench",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Paths between neural networks in weight space: train, connect, evaluate, report. "
    "Without a command the app opens in the terminal.",
    epilog="RUN is a run's id, the start of one, its name, or 'last'. Exit codes: 0 done, "
    "1 failed, 2 invalid, 3 stopped.",
)
app.add_typer(presets_command.app, name="presets")
app.command()(models_command.models)
app.add_typer(data_command.app, name="data")
# Without a name its commands are ours.
app.add_typer(exchange.app)


def _print_version(value: bool) -> None:
    if value:
        from mcworkbench import __version__

        typer.echo(f"mcworkbench {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    """Declare the options of every command; `cli.entry` acts on --debug."""


@app.command("open")
def open_command(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN", help="Shown first; absent: all runs.", autocompletion=run_names
        ),
    ] = None,
) -> int:
    """Open the app in this terminal; `mcworkbench` alone does the same."""
    from mcworkbench.cli.app_command import open_app

    return open_app(run)


@app.command()
def run(
    preset: Preset = None,
    kind: Annotated[
        str, typer.Option(help="What is done; replaces a preset's.", autocompletion=kind_names)
    ] = "",
    overrides: Set = None,
    seed: Annotated[int | None, typer.Option(help="Sets every seed at once.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or cuda:1.")] = None,
    name: Name = "",
    detach: Detach = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Reuse nothing trained before.")] = False,
    trust: Trust = False,
    as_json: Json = False,
) -> int:
    """Carry out a preset; Ctrl-C stops it with a checkpoint, twice kills it."""
    from mcworkbench.cli.run_command import run_preset

    return run_preset(
        preset,
        kind=kind,
        overrides=overrides or [],
        seed=seed,
        device=device,
        name=name,
        is_detached=detach,
        is_fresh=fresh,
        is_trusted=trust,
        as_json=as_json,
    )


@app.command("list")
def list_command(
    wanted: Annotated[
        str, typer.Option("--filter", help="E.g. 'state:running|done name:vgg* best<5% -old'.")
    ] = "",
    sort: Annotated[str, typer.Option(help="started, name, state, best or progress.")] = "started",
    as_json: Json = False,
) -> int:
    """List all runs, newest first, or those that a filter leaves."""
    from mcworkbench.cli.show import list_all

    return list_all(as_json=as_json, wanted=wanted, sort=sort)


@app.command()
def show(
    run: Run,
    confusion: Annotated[
        bool, typer.Option("--confusion", help="Which classes the networks at --at mix up.")
    ] = False,
    at: Annotated[float, typer.Option(help="Position on the path, 0 to 1.")] = 0.5,
    path: Annotated[str, typer.Option(help="Only this path, e.g. curve.")] = "",
    as_json: Json = False,
) -> int:
    """Show a run's state, stages, seeds, splits and every number."""
    if confusion:
        from mcworkbench.cli.looks_command import show_confusion

        return show_confusion(run, t=at, path=path, as_json=as_json)
    from mcworkbench.cli.show import show as show_run

    return show_run(run, as_json=as_json)


@app.command()
def log(run: Run) -> int:
    """Write why stages failed, and the end of what the processes wrote."""
    from mcworkbench.cli.show import write_log

    return write_log(run)


@app.command()
def watch(run: Run, as_json: Json = False) -> int:
    """Follow a run; leaving it does not stop it."""
    from mcworkbench.cli.run_command import watch as watch_run

    return watch_run(run, as_json=as_json)


@app.command()
def stop(
    run: Annotated[
        str,
        typer.Argument(metavar="RUN", help="Id, name or 'last'.", autocompletion=running_names),
    ],
    now: Annotated[bool, typer.Option("--now", help="At once, with a checkpoint.")] = False,
    kill: Annotated[bool, typer.Option("--kill", help="At once, without a checkpoint.")] = False,
) -> int:
    """Ask a run to stop after this epoch or point."""
    from mcworkbench.cli.manage import stop as stop_run
    from mcworkbench.runs.request import StopLevel

    level = StopLevel.kill if kill else StopLevel.now if now else StopLevel.after
    return stop_run(run, level)


@app.command()
def resume(run: Run, detach: Detach = False, as_json: Json = False) -> int:
    """Go on with an unfinished run from its checkpoints."""
    from mcworkbench.cli.run_command import resume as resume_run

    return resume_run(run, is_detached=detach, as_json=as_json)


@app.command()
def delete(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", autocompletion=run_names)],
) -> int:
    """Move runs to the trash; `restore` brings them back."""
    from mcworkbench.cli.manage import delete as delete_runs

    return delete_runs(runs)


@app.command()
def restore(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="Absent: list them.")] = None,
) -> int:
    """Bring a deleted run back, or list the deleted ones."""
    from mcworkbench.cli.manage import restore as restore_run

    return restore_run(run)


@app.command()
def clean(
    yes: Annotated[bool, typer.Option("--yes", help="Do it, not only list it.")] = False,
) -> int:
    """List stages that no run names; with --yes move them to the trash."""
    from mcworkbench.cli.manage import put_away

    return put_away(is_confirmed=yes)


@app.command()
def report(
    run: Run,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Folder; absent: beside the runs.")
    ] = None,
) -> int:
    """Write a run's report: Markdown, HTML, figures, CSV, JSON, npz."""
    from mcworkbench.cli.report_command import report as report_run

    return report_run(run, folder)


app.command()(ensemble_app.ensemble)


@app.command()
def keys(as_json: Json = False) -> int:
    """List every key of the app, and its id for keys.toml."""
    from mcworkbench.cli.keys_command import list_keys

    return list_keys(as_json=as_json)


@app.command()
def doctor(as_json: Json = False) -> int:
    """Look at Python, packages, devices, disk and terminal."""
    from mcworkbench.cli.doctor import doctor as look

    return look(as_json=as_json)
