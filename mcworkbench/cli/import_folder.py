"""Checkpoints in a folder of somebody's: which files there are, and what their nodes are called.

Knows how published code lays its files out: chpN/checkpoint-E.pt, model_i/best.checkpoint,
NAME_32ep_n.pt with NAME_32ep_n_opt.pt, base_model_i.pt, NAME/NAME_seedK/parent_1.pt. Pure but
for listing; nothing is opened.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mcworkbench.errors import InvalidInputError
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

SUFFIXES = frozenset({".pt", ".pth", ".safetensors", ".checkpoint", ".ckpt"})
MAX_FILES = 500
MAX_NAME = 40
_EPOCH = re.compile(r"checkpoint-(\d+)")
_DIGITS = re.compile(r"(\d+)")
_OTHER = re.compile(r"[^a-z0-9.]+")


def natural(text: str) -> tuple[tuple[int, str], ...]:
    """Return a sort key that puts chp2 before chp10."""
    return tuple(
        (int(part), "") if part.isdecimal() else (-1, part.lower()) for part in _DIGITS.split(text)
    )


def checkpoints_in(folder: Path, match: str = "") -> list[Path]:
    """Return the checkpoint files below a folder, in natural order; hidden ones are left out.

    Args:
        folder: where to look, with all folders in it.
        match: a pattern like 'chp*/checkpoint-30.pt' of their path within it; '' takes all.

    Raises:
        InvalidInputError: there is none, or more than anybody imports.
    """
    found: list[str] = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        within = Path(place).relative_to(folder)
        found += [
            (within / name).as_posix()
            for name in files
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
        ]
    fitting = [name for name in found if not match or fnmatch.fnmatchcase(name, match)]
    shown = clean_line(str(folder))
    if not fitting:
        among = (
            f" of its {len(found)} checkpoints fits --match {clean_line(match)}" if found else ""
        )
        endings = "" if found else f" holds no {', '.join(sorted(SUFFIXES))} file"
        raise InvalidInputError(f"{shown}:{among and ' none'}{among}{endings}.")
    if len(fitting) > MAX_FILES:
        raise InvalidInputError(
            f"{shown}: holds {len(fitting)} checkpoints; take at most {MAX_FILES} at once, e.g. "
            "with --match '*/checkpoint-30.pt'."
        )
    return [folder / name for name in sorted(fitting, key=natural)]


def node_names(files: Sequence[PurePosixPath]) -> list[str]:
    """Return one node name a file, short and different: chp1, chp2-epoch-30, seed1-parent-1.

    Args:
        files: relative to the folder that is imported.
    """
    alone = Counter(file.parent for file in files)
    common = _common([file.parent.parts for file in files])
    names: list[str] = []
    for file in files:
        is_alone = alone[file.parent] == 1
        parts = [*_telling(file.parent.parts, common), *_stem(file, is_alone=is_alone)]
        names.append(_slug(parts or common[-1:]) or "network")
    return _different(names)


def _common(folders: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the folders in which all lie."""
    shared: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return tuple(shared)


def _telling(folders: tuple[str, ...], common: tuple[str, ...]) -> list[str]:
    """Return what of a file's folders tells it from others; NAME/NAME_seed1 says NAME once."""
    told = folders[len(common) :]
    above = folders[max(0, len(common) - 1) :] if common else ("", *told)
    return [
        inner.removeprefix(outer) if inner != outer else inner
        for outer, inner in zip(above, told, strict=False)
    ]


def _stem(file: PurePosixPath, *, is_alone: bool) -> list[str]:
    match = _EPOCH.fullmatch(file.stem)
    if match is None:
        return [file.stem]
    # Of a folder with one checkpoint the folder's name says all.
    return [] if is_alone and file.parent.parts else [f"epoch-{match[1]}"]


def _slug(parts: Sequence[str]) -> str:
    name = _OTHER.sub("-", "-".join(parts).lower()).strip("-.")
    if len(name) <= MAX_NAME:
        return name
    kept = MAX_NAME // 2
    return f"{name[: kept - 1]}-{name[-kept:]}".replace("--", "-").strip("-.")


def _different(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        number, chosen = 2, name
        while chosen in found:
            ending = f"-{number}"
            chosen, number = name[: MAX_NAME - len(ending)].rstrip("-.") + ending, number + 1
        found.append(chosen)
    return found
