"""`run`, `resume` and `watch`: make a run, start it, stay with it, and show what came of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mcworkbench.cli.consoles import say
from mcworkbench.cli.exits import DONE, exit_code
from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.runs.state import State
from mcworkbench.text import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcworkbench.plans.launch import Launched
    from mcworkbench.runs.views import RunView


def run_preset(
    preset: str | None,
    *,
    kind: str,
    overrides: Sequence[str],
    seed: int | None,
    device: str | None,
    name: str,
    is_detached: bool,
    is_fresh: bool,
    is_trusted: bool,
    as_json: bool,
) -> int:
    """Carry out a preset and return the exit code.

    Args:
        preset: a name, a file or FILE#PROFILE; None where `kind` and `overrides` say it all.
        kind: replaces the preset's own; '' leaves it.
        overrides: each SECTION.KEY=VALUE.
        seed: sets every seed.
        device: replaces [compute] device.
        name: what the run is called; absent: the preset's name.
        is_detached: return once it is started.
        is_fresh: reuse nothing trained before.
        is_trusted: whether code of the user's own may run.
        as_json: write one JSON document at the end.

    Raises:
        InvalidInputError: the preset, an override or the device cannot be used.
    """
    from mcworkbench.config.loading import build_experiment, preset_of_options
    from mcworkbench.config.profiles.load import read_preset
    from mcworkbench.executors.devices import choose
    from mcworkbench.plans.launch import create_run

    if preset is None and not kind:
        raise InvalidInputError(
            f"run needs a PRESET (`{PROGRAM} presets list`), or --kind with --set, e.g. "
            "`--kind curve --set data.name=digits --set model.name=mlp`; "
            f"`{PROGRAM} run --help` shows what there is."
        )
    if preset is None:
        file = preset_of_options(kind)
        name = name or kind
    else:
        file = read_preset(preset)
        overrides = [f"kind={kind}", *overrides] if kind else overrides
    experiment, file = build_experiment(file, overrides, seed=seed)
    for note in file.notes:
        say(note)
    choose(device or experiment.compute.device)
    launched = create_run(
        experiment,
        file,
        name=name,
        device=device,
        command=command_words(),
        fresh=is_fresh,
        is_trusted=is_trusted,
    )
    return start_and_follow(launched, is_detached=is_detached, as_json=as_json)


def command_words() -> list[str]:
    """Return the command as the user would type it again."""
    return [PROGRAM, *sys.argv[1:]]


def start_and_follow(launched: Launched, *, is_detached: bool, as_json: bool) -> int:
    """Start a new run and stay with it unless it is detached; return the exit code."""
    from mcworkbench.executors.local import start

    plan = launched.plan
    if plan.num_reused:
        say(f"{plan.num_reused} of {len(plan.nodes)} stages reused")
    if is_detached:
        start(launched.run_id)
        _write_started(launched.run_id, as_json=as_json)
        return DONE
    return stay(launched.run_id, lambda: start(launched.run_id), as_json=as_json)


def resume(reference: str, *, is_detached: bool, as_json: bool) -> int:
    """Go on with an unfinished run and return the exit code.

    Raises:
        InvalidInputError: there is no such run, it is done, or it is running.
    """
    from mcworkbench.executors.control import check_unfinished, go_on
    from mcworkbench.runs.index import find_run
    from mcworkbench.runs.views import RunView

    run_id = find_run(reference)
    check_unfinished(RunView(run_id))
    if is_detached:
        go_on(run_id)
        _write_started(run_id, as_json=as_json)
        return DONE
    return stay(run_id, lambda: go_on(run_id), as_json=as_json)


def watch(reference: str, *, as_json: bool) -> int:
    """Follow a run that somebody started; leaving it does not stop it."""
    from mcworkbench.cli.following import follow, has_ended, tell_ending
    from mcworkbench.runs.index import find_run

    run = follow(find_run(reference), is_ours=False)
    if not has_ended(run):
        say(f"run {run.id} goes on; `{PROGRAM} stop {run.id}` stops it.")
        return DONE
    tell_ending(run)
    if as_json or run.state is State.done:
        show_result(run, as_json=as_json)
    return exit_code(run.state)


def stay(run_id: str, begin: Callable[[], object], *, as_json: bool) -> int:
    """Begin a run, follow it to its end, show its numbers and write its report."""
    from mcworkbench.cli.following import follow, tell_ending

    run = follow(run_id, is_ours=True, begin=begin)
    tell_ending(run)
    if as_json or run.state is State.done:
        show_result(run, as_json=as_json)
    if run.state is State.done and run.kind != "import":
        _write_report(run, as_json=as_json)
    return exit_code(run.state)


def show_result(run: RunView, *, as_json: bool) -> None:
    """Write what came out of a run on stdout: the table and the plot, or one JSON document."""
    from mcworkbench.cli.consoles import out, table_width, width_of, write, write_json
    from mcworkbench.cli.results import result_lines
    from mcworkbench.reports import document
    from mcworkbench.reports.summary import collect

    summary = collect(run, is_private=True)
    if as_json:
        write_json(document.as_json(summary))
        return
    console = out()
    lines = result_lines(summary, width_of(console), tables=table_width(console))
    write(lines, console)


def _write_report(run: RunView, *, as_json: bool) -> None:
    from mcworkbench.folders import reports_root
    from mcworkbench.reports.report import write_report

    folder = reports_root() / run.id
    try:
        files = write_report(run, folder)
    except WorkbenchError as error:
        # The run itself is done and kept: a full disk must not make it look failed.
        say(f"{PROGRAM}: the report was not written: {error}")
        return
    if as_json:
        say(f"report: {files['html']}")
    else:
        sys.stdout.write(f"report: {files['html']}\n")
        sys.stdout.flush()


def _write_started(run_id: str, *, as_json: bool) -> None:
    if as_json:
        from mcworkbench.runs.views import RunView

        show_result(RunView(run_id), as_json=True)
        return
    sys.stdout.write(f"{run_id}\n")
    say(f"started; `{PROGRAM} watch {run_id}` follows it.")
