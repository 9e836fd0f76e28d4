"""`data`: which data sets there are, fetch one, check one.

Nothing is fetched but by `data get` and by runs that need it. Decoding happens in a child
process (`mcworkbench.data_worker`).
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Annotated, Any

import typer

from mcworkbench.cli.arguments import Json, Trust
from mcworkbench.cli.completion import dataset_names
from mcworkbench.cli.consoles import aligned, out, say, table_width, write, write_json
from mcworkbench.cli.exits import DONE
from mcworkbench.cli.manage import size_text
from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.text import clean, clean_line

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="List, fetch and check data sets."
)
Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME|PATH",
        help="As in [data] name; a path is taken as what it looks like.",
        autocompletion=dataset_names,
    ),
]
ImageSize = Annotated[int, typer.Option(help="Side of an image folder's squares, pixels.")]
_MB = 1_000_000


@app.command("list")
def list_data(as_json: Json = False) -> int:
    """List every data set: what it is, its task, and whether it lies on this machine."""
    from mcworkbench.config.stored_data import downloads_folder, stored_data

    known = stored_data()
    if as_json:
        write_json(
            [
                {
                    "name": one.name,
                    "title": one.source.title,
                    "task": one.source.task,
                    "presence": one.presence,
                    "bytes": one.bytes,
                    "download_bytes": one.source.download_mb * _MB,
                    "folder": str(one.folder) if one.source.files else None,
                }
                for one in known
            ]
        )
        return DONE
    rows = [
        [
            f"{one.name}:{one.source.takes_path}" if one.source.takes_path else one.name,
            one.presence,
            size_text(one.bytes or one.source.download_mb * _MB) if one.source.files else "",
            one.source.task or "as its targets",
            one.source.title,
        ]
        for one in known
    ]
    console = out()
    heads = ["name", "here", "size", "task", "what"]
    write(aligned(heads, rows, num_words=5, width=table_width(console), cut=[4]), console)
    say(f"files go to {downloads_folder()}; `data get NAME` fetches one, a run what it needs.")
    return DONE


@app.command("get")
def get_data(name: Name, as_json: Json = False) -> int:
    """Fetch a published data set, compare its checksum, decode it."""
    from mcworkbench.config.sources import parse

    source, head, _ = parse(name)
    if source.takes_path:
        raise InvalidInputError(
            f"'{head}' is data of your own: nothing to fetch; `data check {clean_line(name)}` "
            "looks at it."
        )
    return _look(name, 32, is_trusted=False, as_json=as_json)


@app.command("check")
def check_data(
    name: Name, image_size: ImageSize = 32, trust: Trust = False, as_json: Json = False
) -> int:
    """Decode a data set and say what is in it; what is absent is not fetched."""
    from mcworkbench.config.stored_data import stored_data

    full = _named(name)
    absent = next((one for one in stored_data() if one.name == full), None)
    if absent is not None and absent.presence == "absent":
        raise InvalidInputError(
            f"'{full}' is not on this machine; `data get {full}` fetches "
            f"{size_text(absent.source.download_mb * _MB)}, or put its files into {absent.folder}."
        )
    return _look(full, image_size, is_trusted=trust, as_json=as_json)


def _named(name: str) -> str:
    """Return the full name of a data set; a bare path becomes what it looks like."""
    from mcworkbench.catalogue import DATASETS, split_source

    path = Path(name).expanduser()
    if split_source(name)[0] in DATASETS or not path.exists():
        return name
    if path.is_dir():
        return f"imagefolder:{path}"
    kinds = {".npz": "arrays", ".npy": "npy"}
    if path.suffix.lower() not in kinds:
        raise InvalidInputError(
            f"{clean_line(name)}: data are a folder with train/ and test/, an .npz or an .npy file."
        )
    return f"{kinds[path.suffix.lower()]}:{path}"


def _look(name: str, image_size: int, *, is_trusted: bool, as_json: bool) -> int:
    from mcworkbench.plans.digests import source_digest

    job = {
        "name": name,
        "digest": source_digest(name),
        "image_size": image_size,
        "trusted": is_trusted,
    }
    found = _performed(job)
    if as_json:
        write_json({"name": name, **found})
        return DONE
    write(_facts(name, found))
    return DONE


def _performed(job: dict[str, Any]) -> dict[str, Any]:
    from mcworkbench.executors.child import package_environment, python_command

    with subprocess.Popen(
        python_command("mcworkbench.data_worker"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=package_environment(),
        text=True,
        errors="replace",
    ) as child:
        assert child.stdin is not None
        assert child.stderr is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(job))
        child.stdin.close()
        last = ""
        for line in child.stderr:
            last = line.strip() or last
            _tell(line)
        answer = child.stdout.read()
    try:
        found: dict[str, Any] = json.loads(answer)
    except ValueError as error:
        raise WorkbenchError(
            f"{clean_line(job['name'])} could not be read: {clean_line(last)}"
        ) from error
    if "error" in found:
        kind = InvalidInputError if child.returncode == InvalidInputError.exit_code else None
        raise (kind or WorkbenchError)(clean(str(found["error"])))
    return found


def _tell(line: str) -> None:
    try:
        told = json.loads(line)
        phase, done, total = told["phase"], int(told["done"]), int(told["total"])
    except (ValueError, KeyError, TypeError):
        return
    if phase == "download":
        say(f"download: {size_text(done)} of {size_text(total)}")
    elif total > 1:
        say(f"{clean_line(phase)}: {done} of {total}")


def _facts(name: str, found: dict[str, Any]) -> list[str]:
    lines = [f"data       {clean_line(name)}"]
    for part in ("train", "test"):
        one = found[part]
        shape = "×".join(map(str, one["shape"]))
        lines.append(f"{part:<10} {one['examples']} examples, {shape} {one['dtype']}")
        counts = one.get("per_class")
        if counts:
            lines.append(f"{'':<10} {min(counts)} to {max(counts)} of a class")
    if found["classes"]:
        names = ", ".join(clean_line(str(one)) for one in found["classes"][:12])
        more = ", …" if len(found["classes"]) > 12 else ""  # noqa: PLR2004
        lines.append(f"classes    {len(found['classes'])}: {names}{more}")
    lines.append(f"mean       {', '.join(f'{value:.4g}' for value in found['mean'])}")
    lines.append(f"std        {', '.join(f'{value:.4g}' for value in found['std'])}")
    lines.append(f"decoded    {size_text(found['bytes'])} in {found['folder']}")
    lines.append(f"sha256     {found['sha256']}")
    return lines
