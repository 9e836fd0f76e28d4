"""`report`: write the report of a run, finished or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.cli.consoles import say, write
from mcworkbench.cli.exits import DONE
from mcworkbench.folders import reports_root
from mcworkbench.runs.state import State

if TYPE_CHECKING:
    from pathlib import Path


def report(reference: str, folder: Path | None) -> int:
    """Write the report of a run, and its path on stdout."""
    from mcworkbench.reports.report import write_report
    from mcworkbench.runs.index import find_run
    from mcworkbench.runs.views import RunView

    run = RunView(find_run(reference))
    if run.state is not State.done:
        say(f"run {run.id} is {run.state}: the report shows what there is so far.")
    files = write_report(run, folder or reports_root() / run.id)
    write([str(files["html"]), str(files["markdown"])])
    say(f"{len(files)} files")
    return DONE
