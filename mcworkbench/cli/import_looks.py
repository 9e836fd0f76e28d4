"""What a look into checkpoint files found: asked of a child process, listed, agreed upon.

Opening a file of somebody else's needs torch and is not safe here (`mcworkbench.import_worker`).
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.text import Text

_MAX_NAMED = 3


@final
@dataclass(frozen=True, slots=True)
class Found:
    """One file, and what it seems to hold.

    Attributes:
        name: what its node would be called.
        what: 'network', 'curve', 'optimizer' or 'refused'.
        curve: its family and nodes in words, where it is one.
        models: [model] sections that have its shapes, the likeliest first.
        nearest: networks with like names, where none has.
        inputs: what it takes, in words.
        problem: why it was refused.
    """

    file: Path
    name: str
    what: str
    epoch: int | None
    curve: str
    models: tuple[dict[str, Any], ...]
    nearest: tuple[str, ...]
    inputs: str
    num_outputs: int
    problem: str

    @property
    def is_taken(self) -> bool:
        """Whether there is anything to import."""
        return self.what in {"network", "curve"}


def look_at(files: Sequence[Path], names: Sequence[str]) -> list[Found]:
    """Return what each file holds; nothing in them is run.

    Raises:
        WorkbenchError: the process that looks at them did not answer.
    """
    from mcworkbench.executors.child import package_environment, python_command

    environment = {**package_environment(), "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    environment.pop("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", None)
    interpreter, *words = python_command("mcworkbench.import_worker")
    job = {"files": [str(file.resolve()) for file in files]}
    # -P: a torch.py in the folder of the checkpoints must not be imported.
    child = subprocess.run(
        [interpreter, "-P", *words],
        input=json.dumps(job).encode(),
        capture_output=True,
        env=environment,
        check=False,
    )
    if child.returncode:
        told = child.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise WorkbenchError(f"the checkpoints were not looked at: {clean_line(told[-1])}")
    answers: list[dict[str, Any]] = json.loads(child.stdout)
    return [
        _found(file, name, answer) for file, name, answer in zip(files, names, answers, strict=True)
    ]


def _found(file: Path, name: str, answer: dict[str, Any]) -> Found:
    count = answer.get("num_inputs", 0)
    unit = "-channel images" if answer.get("takes_images") else " values"
    nodes = f"{answer['curve']} curve, {answer['num_nodes']} nodes" if answer["curve"] else ""
    return Found(
        file,
        name,
        answer["what"],
        answer["epoch"],
        nodes,
        tuple(answer["models"]),
        tuple(answer["nearest"]),
        f"{count}{unit}",
        answer.get("num_outputs", 0),
        answer["problem"],
    )


def found_document(found: Found) -> dict[str, Any]:
    """Return one file's line of the JSON list."""
    return {
        "file": str(found.file),
        "name": found.name,
        "what": found.what,
        "epoch": found.epoch,
        "models": list(found.models),
        "nearest": list(found.nearest),
        "inputs": found.inputs,
        "outputs": found.num_outputs,
        "problem": found.problem,
    }


def table_lines(found: Sequence[Found], width: int) -> list[Text]:
    """Return the list of what was found: file, epoch, what it is, which network."""
    from mcworkbench.cli.consoles import aligned

    shared = _shared_folder([one.file for one in found])
    rows = [
        [
            clean_line(
                one.file.absolute().relative_to(shared).as_posix() if shared else str(one.file)
            ),
            "" if one.epoch is None else str(one.epoch),
            one.curve or one.what,
            _told(one),
            one.name if one.is_taken else "not taken",
        ]
        for one in found
    ]
    heads = ["file", "epoch", "holds", "model", "node"]
    return aligned(heads, rows, num_words=5, width=width, cut=[3, 0])


def _shared_folder(files: Sequence[Path]) -> str:
    return os.path.commonpath([file.absolute().parent for file in files])


def _told(found: Found) -> str:
    if found.problem:
        return clean_line(found.problem.partition("; ")[0], limit=80)
    if not found.is_taken:
        return "state of an optimiser"
    if found.models:
        return section_words(found.models[0])
    return f"unknown, most like {' or '.join(found.nearest)}" if found.nearest else "unknown"


def section_words(section: dict[str, Any]) -> str:
    """Return a [model] section in one line: "mlp, widths = [10]"."""
    settings = [f"{key} = {json.dumps(value)}" for key, value in section.items() if key != "name"]
    return ", ".join([str(section["name"]), *settings])


def the_model(taken: Sequence[Found], *, say: Callable[[str], None]) -> dict[str, Any]:
    """Return the one [model] section that fits all files.

    Raises:
        InvalidInputError: one fits no network of the catalogue, or they are of several.
    """
    for one in taken:
        if not one.models:
            near = f"; most like it is {' or '.join(one.nearest)}" if one.nearest else ""
            raise InvalidInputError(
                f"{clean_line(str(one.file))}: no network of the catalogue has its shapes{near}; "
                "say which it is with --model NAME and --set model.KEY=VALUE, or leave the file "
                "out with --match."
            )
    kinds: dict[str, list[Found]] = {}
    for one in taken:
        kinds.setdefault(section_words(one.models[0]), []).append(one)
    if len(kinds) > 1:
        told = "; ".join(f"{words}: {_named(members)}" for words, members in kinds.items())
        raise InvalidInputError(
            f"one import holds networks of one [model], and these are of {len(kinds)} ({told}); "
            "take them in one after another with --match PATTERN."
        )
    first = taken[0].models
    others = [
        f" It may as well be {section_words(other)}: say so with --model." for other in first[1:2]
    ]
    say(f"taken as {section_words(first[0])}, by names and shapes.{''.join(others)}")
    return first[0]


def _named(members: Sequence[Found]) -> str:
    shown = ", ".join(clean_line(one.file.name, limit=60) for one in members[:_MAX_NAMED])
    return shown + (f", … ({len(members)} files)" if len(members) > _MAX_NAMED else "")
