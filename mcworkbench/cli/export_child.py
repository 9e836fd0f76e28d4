"""The child process of `export`: what needs torch is done there."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Literal

from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.text import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Format = Literal["safetensors", "pt", "npz"]


def write_files(run_id: str, jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Have `mcworkbench.export_worker` write the file of every job; return a line about each.

    Raises:
        InvalidInputError: a product has no such form.
        WorkbenchError: a product is damaged, or a file cannot be written.
    """
    from mcworkbench.executors.child import package_environment, python_command

    if not jobs:
        return []
    child = subprocess.run(
        python_command("mcworkbench.export_worker"),
        input=json.dumps({"jobs": list(jobs)}).encode(),
        capture_output=True,
        env=package_environment(),
        check=False,
    )
    words = child.stderr.decode(errors="replace").strip()
    if child.returncode == InvalidInputError.exit_code:
        raise InvalidInputError(clean(words))
    if child.returncode:
        last = clean_line(words.splitlines()[-1]) if words else f"exit code {child.returncode}"
        where = f"{run_id}/{jobs[0]['node']}" if len(jobs) == 1 else run_id
        raise WorkbenchError(f"{where} was not exported: {last}")
    return [clean_line(line) for line in child.stdout.decode(errors="replace").splitlines()]
