"""`doctor`: what this machine offers the workbench, and what to do about what it lacks.

Reads versions from package metadata and devices from the driver; imports none of the heavy
packages.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from mcworkbench import __version__, folders
from mcworkbench.cli.consoles import has_unicode, out, say, talk, write, write_json
from mcworkbench.cli.exits import DONE, FAILED
from mcworkbench.cli.manage import size_text
from mcworkbench.config.stored_data import stored_data
from mcworkbench.errors import WorkbenchError
from mcworkbench.runs.documents import line, mapping
from mcworkbench.runs.index import run_ids
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

OK, WARN, BAD = "ok", "warn", "bad"
_STYLES = {OK: "green", WARN: "yellow", BAD: "red"}
_PACKAGES = ("torch", "torchvision", "numpy", "scipy", "scikit-learn", "safetensors")
_INTERFACE = ("textual", "rich", "typer", "pydantic", "matplotlib", "jinja2", "psutil")
_MIN_PYTHON = (3, 11)
_GB = 1e9
_LITTLE_DISK_GB, _LITTLE_MEMORY_GB = 5.0, 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, what was found, and what would help."""

    name: str
    state: str
    value: str
    hint: str = ""


def doctor(*, as_json: bool) -> int:
    """Write the findings; exit 1 only where something makes the workbench unusable."""
    found = list(findings())
    if as_json:
        write_json([asdict(finding) for finding in found])
    else:
        wide = max(len(finding.name) for finding in found)
        write([_line(finding, wide) for finding in found], out())
    num_bad = sum(finding.state == BAD for finding in found)
    num_warn = sum(finding.state == WARN for finding in found)
    say(f"{num_bad} unusable, {num_warn} worth a look, {len(found) - num_bad - num_warn} fine")
    return FAILED if num_bad else DONE


def _line(finding: Finding, wide: int) -> Text:
    shown = Text().append(f"{finding.state:<5}", style=_STYLES[finding.state])
    shown.append(f"{finding.name:<{wide}}  {finding.value}")
    if finding.hint:
        shown.append(f"; {finding.hint}")
    return shown


def findings() -> Iterator[Finding]:
    """Look at everything, cheapest first."""
    python = ".".join(map(str, sys.version_info[:3]))
    state = OK if sys.version_info >= _MIN_PYTHON else BAD
    yield Finding("mcworkbench", OK, __version__)
    yield Finding("python", state, f"{python}, {platform.system()} {platform.machine()}")
    for name in (*_PACKAGES, *_INTERFACE):
        yield _package(name)
    yield _pairing()
    yield _devices()
    yield _processor()
    yield _memory()
    yield _home()
    yield Finding("config", OK, str(folders.config_root()))
    yield _disk()
    yield _terminal()
    yield _datasets()
    yield _published()


def version_of(package: str) -> str:
    """Return the installed version, '' where there is none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _package(name: str) -> Finding:
    version = version_of(name)
    if version:
        return Finding(name, OK, version)
    return Finding(name, BAD, "missing", f"pip install {name}")


def _pairing() -> Finding:
    """Compare torch with what torchvision says it was built for; a misfit fails only in use."""
    torch = version_of("torch")
    wanted = _torch_wanted()
    if not torch or not wanted:
        return Finding("torch pair", WARN, "unknown", "install torch and torchvision together")
    shown = ", ".join(f"{sign}{number}" for sign, number in wanted)
    if all(_holds(torch, sign, number) for sign, number in wanted):
        return Finding("torch pair", OK, f"torchvision asks for torch {shown}")
    return Finding(
        "torch pair",
        WARN,
        f"torchvision asks for torch {shown}, installed is {torch}",
        "install both of one release, e.g. `pip install -U torch torchvision`",
    )


def _torch_wanted() -> list[tuple[str, str]]:
    """Return what torchvision's metadata says about torch, as (sign, version)."""
    try:
        needs = importlib.metadata.requires("torchvision") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    torch = next((need for need in needs if re.match(r"torch\b(?!-)", need)), "")
    return re.findall(r"(==|>=|<=|!=|<|>)\s*([0-9.]+)", torch.partition(";")[0])


def _holds(version: str, sign: str, wanted: str) -> bool:
    ours, theirs = _numbers(version), _numbers(wanted)
    return {
        "==": ours == theirs,
        "!=": ours != theirs,
        ">=": ours >= theirs,
        "<=": ours <= theirs,
        ">": ours > theirs,
        "<": ours < theirs,
    }[sign]


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version.partition("+")[0])][:3]


def _devices() -> Finding:
    from mcworkbench.executors.devices import list_devices

    names = list_devices()
    if names == ["cpu"]:
        return Finding("devices", OK, "cpu", "no usable CUDA device was found, so runs use the CPU")
    return Finding("devices", OK, ", ".join([*names, "cpu"]))


def _processor() -> Finding:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limit = os.environ.get("OMP_NUM_THREADS", "")
    noted = f", OMP_NUM_THREADS={limit}" if limit else ""
    return Finding("processor", OK, f"{usable} usable cores of {os.cpu_count()}{noted}")


def _memory() -> Finding:
    import psutil

    memory = psutil.virtual_memory()
    free, total = memory.available / _GB, memory.total / _GB
    value = f"{free:.1f} GB free of {total:.1f} GB"
    if free < _LITTLE_MEMORY_GB:
        return Finding("memory", WARN, value, "larger networks may need more")
    return Finding("memory", OK, value)


def _home() -> Finding:
    root = folders.data_root()
    try:
        folders.make_private(root)
        folders.remove_quietly(folders.scratch_folder(root))
    except WorkbenchError as error:
        return Finding("home", BAD, str(root), str(error))
    return Finding("home", OK, str(root))


def _disk() -> Finding:
    root = folders.data_root()
    while not root.exists():
        root = root.parent
    free = shutil.disk_usage(root).free / _GB
    value = f"{free:.1f} GB free where runs are kept"
    if free < _LITTLE_DISK_GB:
        return Finding("disk", WARN, value, "`mcworkbench clean` lists what no run needs")
    return Finding("disk", OK, value)


def _terminal() -> Finding:
    console = out() if out().is_terminal else talk()
    if not console.is_terminal:
        return Finding("terminal", OK, "none: output goes to a pipe or a file")
    size, colours = console.size, console.color_system or "no"
    value = f"{size.width}×{size.height}, {colours} colours, {console.encoding}"
    if not has_unicode(console):
        return Finding("terminal", WARN, value, "plots need UTF-8, e.g. LANG=C.UTF-8")
    return Finding("terminal", OK, value)


def _datasets() -> Finding:
    root = folders.cache_root() / "decoded"
    whole = [path.parent for path in root.glob("*/meta.json")]
    if not whole:
        return Finding("data sets", OK, "none yet; they are fetched when a run needs them")
    size = sum(file.stat().st_size for folder in whole for file in folder.iterdir())
    names = ", ".join(_used_datasets())
    used = f"; used by runs: {names}" if names else ""
    return Finding("data sets", OK, f"{len(whole)} decoded, {size_text(size)}{used}")


def _published() -> Finding:
    """Say which published data sets lie here, by the names of their files."""
    known = [one for one in stored_data() if one.source.files]
    here = [one for one in known if one.presence == "present"]
    if not here:
        return Finding("downloads", OK, "none; `mcworkbench data list` shows what there is")
    size = size_text(sum(one.bytes for one in here))
    names = ", ".join(one.name for one in here)
    return Finding("downloads", OK, f"{names} ({size}) of {len(known)} published data sets")


def _used_datasets() -> list[str]:
    """Return the names of the data sets that runs name."""
    documents = [RunFolder(run_id).document() for run_id in run_ids()]
    keys = {
        node.key
        for document in documents
        if document is not None
        for node in document.nodes.values()
        if node.kind == "dataset"
    }
    options = [mapping(StageFolder(key).document().get("options")) for key in keys]
    return sorted({line(chosen.get("name")) for chosen in options} - {""})
