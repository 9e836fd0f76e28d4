"""The child process that looks into checkpoints made elsewhere and guesses what they are.

Started by `mcworkbench import` as `python -P -m mcworkbench.import_worker`: it reads one JSON job
{"files": [path, …]} from its input and answers one JSON list on its output, a document for each
file. It takes nothing in: that is the import stage's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from mcworkbench.models.guess import guess
from mcworkbench.params.foreign_look import look_at

if TYPE_CHECKING:
    from mcworkbench.models.guess import Guess, Shapes


def main() -> int:
    """Look at every file of the job and return 0."""
    job: dict[str, Any] = json.loads(sys.stdin.read())
    guesser = Guesser()
    answers = [describe(Path(file), guesser) for file in job["files"]]
    sys.stdout.write(json.dumps(answers))
    return 0


@final
class Guesser:
    """Guesses once for all files with the same tensors."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, tuple[int, ...]], ...], Guess] = {}

    def guess(self, shapes: Shapes) -> Guess:
        """Return what names and shapes tell."""
        key = tuple(shapes.items())
        if key not in self._known:
            self._known[key] = guess(shapes)
        return self._known[key]


def describe(path: Path, guesser: Guesser) -> dict[str, Any]:
    """Return what a file holds as plain JSON values."""
    looked = look_at(path)
    document: dict[str, Any] = {
        "file": str(path),
        "what": looked.what,
        "epoch": looked.epoch,
        "curve": looked.curve,
        "num_nodes": looked.num_nodes,
        "num_tensors": len(looked.shapes),
        "problem": looked.problem,
        "models": [],
        "nearest": [],
    }
    if not looked.shapes:
        return document
    guessed = guesser.guess(looked.shapes)
    return document | {
        "models": list(guessed.sections),
        "nearest": list(guessed.nearest),
        "num_inputs": guessed.num_inputs,
        "num_outputs": guessed.num_outputs,
        "takes_images": guessed.takes_images,
    }


if __name__ == "__main__":
    sys.exit(main())
