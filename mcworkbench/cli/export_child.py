"""The child process of `export`: what needs torch is done there."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Literal

from mcworkbench.cli.consoles import say
from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.text import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

Format = Literal["safetensors", "pt", "npz"]


def in_child(job: Mapping[str, Any], where: str) -> None:
    """Have a job of `mcworkbench.export_worker` done, and say on stderr what was written.

    Raises:
        InvalidInputError: the job is at fault.
        WorkbenchError: it could not be done.
    """
    from mcworkbench.executors.child import package_environment, python_command

    child = subprocess.run(
        python_command("mcworkbench.export_worker"),
        input=json.dumps(job).encode(),
        capture_output=True,
        env=package_environment(),
        check=False,
    )
    words = child.stderr.decode(errors="replace").strip()
    if child.returncode == InvalidInputError.exit_code:
        raise InvalidInputError(clean(words))
    if child.returncode:
        last = clean_line(words.splitlines()[-1]) if words else f"exit code {child.returncode}"
        raise WorkbenchError(f"{where} was not exported: {last}")
    say(clean_line(child.stdout.decode(errors="replace")))
