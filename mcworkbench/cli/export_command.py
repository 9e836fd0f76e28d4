"""`export`: a network, a point of a path, a curve or an evaluation as a file for other programs.

What needs torch runs in a child process (`mcworkbench.export_worker`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.cli.consoles import say, write
from mcworkbench.cli.exits import DONE
from mcworkbench.cli.export_child import Format, write_files
from mcworkbench.cli.export_ensemble import export_ensemble, is_ensemble
from mcworkbench.errors import InvalidInputError, unknown_name
from mcworkbench.runs.state import State
from mcworkbench.text import PROGRAM, clean_line

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.cli.export_layout import Layout
    from mcworkbench.runs.views import NodeView, RunView

_FORMATS: dict[str, Format] = {
    ".safetensors": "safetensors",
    ".pt": "pt",
    ".pth": "pt",
    ".npz": "npz",
}
_SPLITTER = "/"
_TABLES, _NETWORKS, _PATHS = "evaluations", "networks", "paths"


def export(
    reference: str,
    *,
    form: Format | None,
    layout: Layout | None,
    target: Path,
    t: float | None,
    names: str = "member",
    is_forced: bool,
    is_trusted: bool = False,
) -> int:
    """Write a product of a run to `target`, and its path on stdout.

    The format is the one asked for, else that of the file's ending; with a layout `target` is a
    folder, for a whole run or one node of it.

    Raises:
        InvalidInputError: no such run or node, the product has another form, or the file exists.
        WorkbenchError: it could not be written.
    """
    from mcworkbench.runs.index import find_run
    from mcworkbench.runs.views import RunView

    run_reference, _, node_name = reference.partition(_SPLITTER)
    node_name, _, member = node_name.partition("@")
    run = RunView(find_run(run_reference))
    if layout is not None:
        return _export_layout(
            run,
            node_name,
            layout,
            target,
            has_more=bool(form or t is not None or member),
            is_trusted=is_trusted,
        )
    if node_name in run.nodes and is_ensemble(run.nodes[node_name]):
        return export_ensemble(
            run,
            run.nodes[node_name],
            member,
            form=form,
            target=target,
            names=names,
            is_forced=is_forced,
        )
    if member:
        raise InvalidInputError(
            f"'@{clean_line(member)}' names a member of an ensemble, and "
            f"{clean_line(node_name)} is none; leave it out."
        )
    form = format_of(target, form)
    wanted = (_TABLES,) if form == "npz" else (_NETWORKS, _PATHS)
    node = _node(run, node_name, wanted)
    _check(node, run, form, t, wanted)
    if target.exists() and (target.is_dir() or not is_forced):
        hint = "" if target.is_dir() else " or add --force to replace it"
        raise InvalidInputError(f"{clean_line(str(target))} exists; choose another --out{hint}.")
    if not target.absolute().parent.is_dir():
        raise InvalidInputError(f"{clean_line(str(target))}: there is no such folder to write in.")
    if form == "npz":
        _export_table(run, node, target)
    else:
        _export_tensors(run, node, form, target, t, is_trusted=is_trusted)
    write([str(target)])
    return DONE


def _export_layout(
    run: RunView, node_name: str, layout: Layout, folder: Path, *, has_more: bool, is_trusted: bool
) -> int:
    from mcworkbench.cli.export_layout import export_layout

    if has_more:
        raise InvalidInputError("--layout decides on formats itself; leave --format and --at out.")
    if folder.exists() and not folder.is_dir():
        raise InvalidInputError(
            f"{clean_line(str(folder))} is a file; --layout writes a folder, so give one for --out."
        )
    if node_name and node_name not in run.nodes:
        raise unknown_name(f"node of run {run.id}", clean_line(node_name), run.nodes)
    node = run.nodes[node_name] if node_name else None
    write(
        str(path)
        for path in export_layout(run, node, layout, folder, say=say, is_trusted=is_trusted)
    )
    return DONE


def format_of(target: Path, asked: Format | None) -> Format:
    """Return the format to write: as asked, as the name ends, or safetensors without an ending.

    Raises:
        InvalidInputError: the ending belongs to another format, or is no ending of ours.
    """
    suffix = target.suffix.lower()
    meant = _FORMATS.get(suffix)
    shown = clean_line(str(target))
    if asked and meant and asked != meant:
        raise InvalidInputError(
            f"{shown} ends like a {meant} file, but --format is {asked}; leave --format out or "
            "give the file another ending."
        )
    if suffix and not asked and not meant:
        endings = ", ".join(_FORMATS)
        raise InvalidInputError(
            f"{shown}: '{clean_line(suffix)}' names no format; end the file in {endings}, or add "
            "--format."
        )
    return asked or meant or "safetensors"


def product(node: NodeView) -> str:
    """Return what a node makes: evaluations, networks, paths, or '' for anything else."""
    if node.kind == "evaluate":
        return _TABLES
    if (node.view.artifacts / "path.json").is_file():
        return _PATHS
    return _NETWORKS if (node.view.artifacts / "network.safetensors").is_file() else ""


def _node(run: RunView, name: str, wanted: tuple[str, ...]) -> NodeView:
    if name:
        if name not in run.nodes:
            raise unknown_name(f"node of run {run.id}", clean_line(name), run.nodes)
        return run.nodes[name]
    fitting = [node for node in run.nodes.values() if product(node) in wanted]
    for kind in ("chain", "curve", "evaluate"):
        curves = [node for node in fitting if node.kind == kind and "line" not in node.name]
        if len(curves) == 1:
            return curves[0]
    if len(fitting) == 1:
        return fitting[0]
    raise InvalidInputError(
        f"say which of run {run.id}: {', '.join(f'{run.id}/{node.name}' for node in fitting)}."
        if fitting
        else f"run {run.id} has no finished {' or '.join(wanted)} to export."
    )


def _check(
    node: NodeView, run: RunView, form: Format, t: float | None, wanted: tuple[str, ...]
) -> None:
    if node.state is not State.done:
        raise InvalidInputError(
            f"{run.id}/{node.name} is {node.state}, not done; `{PROGRAM} resume {run.id}` it."
        )
    made = product(node)
    if made not in wanted:
        fitting = [name for name, one in run.nodes.items() if product(one) in wanted]
        listed = ", ".join(fitting) or "none"
        raise InvalidInputError(
            f"--format {form} is for {' and '.join(wanted)}, which {node.name} is not. In this "
            f"run: {listed}."
        )
    if t is not None and made != _PATHS:
        raise InvalidInputError(f"--at is a position on a path, but {node.name} is none.")
    if t is not None and not 0 <= t <= 1:
        raise InvalidInputError(f"--at {t:g} lies outside [0, 1].")


def _export_table(run: RunView, node: NodeView, target: Path) -> None:
    from mcworkbench.folders import publish_bytes
    from mcworkbench.reports.exports import reference_npz
    from mcworkbench.reports.summary import collect
    from mcworkbench.runs.products import check_product

    check_product(node.view.folder, run.id, f"{run.id}/{node.name}")
    path = next(path for path in collect(run).paths if path.node == node.name)
    publish_bytes(target, reference_npz(path))
    say(f"{len(path.ts)} points of {node.name}, with the reference's keys: percent and nats.")


def _export_tensors(
    run: RunView,
    node: NodeView,
    form: Format,
    target: Path,
    t: float | None,
    *,
    is_trusted: bool,
) -> None:
    job = {
        "run": run.id,
        "node": node.name,
        "product": str(node.view.artifacts),
        "t": t,
        "epoch": node.view.epochs[-1].epoch if node.view.epochs else 0,
        "format": form,
        "target": str(target.absolute()),
        "trusted": is_trusted,
    }
    for line in write_files(run.id, [job]):
        say(line)
