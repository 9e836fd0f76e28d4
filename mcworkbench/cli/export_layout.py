"""`export --layout`: a run as the files that the reference or the TensorFlow port would write.

Which product becomes which file is decided here; tensors are written by `export_worker` in one
child process, numbers by `reports.exports`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from mcworkbench.errors import InvalidInputError
from mcworkbench.reports.lineage import epoch_of_input, root_of, snapshots_of
from mcworkbench.runs.state import State
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mcworkbench.runs.views import NodeView, RunView

Layout: TypeAlias = Literal["dmc", "tf"]
_NETWORKS = ("endpoint", "import")


def export_layout(
    run: RunView,
    node: NodeView | None,
    layout: Layout,
    folder: Path,
    *,
    say: Callable[[str], None],
    is_trusted: bool = False,
) -> list[Path]:
    """Write a run, or one node of it, below `folder`; return the files.

    Raises:
        InvalidInputError: nothing of it has finished, or a file is there already.
        WorkbenchError: a product is damaged, or a file cannot be written.
    """
    from mcworkbench.cli.export_child import write_files
    from mcworkbench.folders import publish_bytes

    chosen = [node] if node is not None else list(run.nodes.values())
    done = [one for one in chosen if one.state is State.done]
    jobs: list[dict[str, Any]] = []
    contents: dict[Path, Callable[[], bytes]] = {}
    left: list[str] = []
    for one in done:
        if one.kind == "evaluate":
            contents |= _numbers(run, one, layout, folder, left)
        elif one.kind in {*_NETWORKS, "curve"}:
            jobs += _tensors(run, one, layout, folder)
            if layout == "dmc" and one.kind != "import":
                contents[folder / one.name / "command.sh"] = _command(run, one)
        elif one.kind != "dataset":
            left.append(f"{one.name} ({one.kind})")
    left += [f"{one.name} ({one.state})" for one in chosen if one.state is not State.done]
    targets = [*(folder / job["target"] for job in jobs), *contents]
    if not targets:
        raise InvalidInputError(
            f"run {run.id}: nothing to export yet; not written: {_listed(left)}."
        )
    _check_free(targets)
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
    write_files(run.id, [{**job, "trusted": is_trusted} for job in jobs])
    for target, content in contents.items():
        publish_bytes(target, content())
    if left:
        say(f"not written: {_listed(left)}.")
    return targets


def _check_free(targets: Sequence[Path]) -> None:
    for target in targets:
        if target.exists():
            raise InvalidInputError(
                f"{clean_line(str(target))} exists; choose another folder for --out."
            )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(clean_line(name, limit=120) for name in dict.fromkeys(names)) or "nothing"


def _tensors(run: RunView, node: NodeView, layout: Layout, folder: Path) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = []
    for epoch, place in snapshots_of(run, node):
        if layout == "dmc":
            target = folder / node.name / f"checkpoint-{epoch}.pt"
        else:
            name = f"model-weights-epoch{epoch}.npz"
            target = folder / tf_folder("checkpoints", root_of(run, node).name) / name
        jobs.append(
            {
                "run": run.id,
                "node": node.name,
                "product": str(node.view.artifacts),
                "place": place,
                "t": None,
                "epoch": epoch,
                "format": "checkpoint" if layout == "dmc" else "keras",
                "target": str(target.absolute()),
            }
        )
    return jobs


def tf_folder(what: str, node: str) -> str:
    """Return the port's folder: checkpoints_base_model_1, checkpoints_curve, evaluation_curve."""
    plain = node.replace("endpoint-", "base_model_").replace("-", "_").replace("@", "_")
    return f"{what}_{plain}"


def _numbers(
    run: RunView, node: NodeView, layout: Layout, folder: Path, left: list[str]
) -> dict[Path, Callable[[], bytes]]:
    from mcworkbench.reports.exports import npz_bytes, reference_npz, tf_stats, tf_summary
    from mcworkbench.reports.summary import collect
    from mcworkbench.runs.products import check_product

    check_product(node.view.folder, run.id, f"{run.id}/{node.name}")
    path = next(path for path in collect(run).paths if path.node == node.name)
    if layout == "dmc":
        name = "chain.npz" if path.num_segments else "curve.npz"
        return {folder / node.name / name: lambda: reference_npz(path)}
    source = run.nodes.get(node.inputs.get("path", ""))
    if source is None:
        root, epoch = node.name.removeprefix("evaluate-"), 0
    else:
        root, epoch = root_of(run, source).name, epoch_of_input(run, node, "path", source)
    place = folder / tf_folder("evaluation", root)
    contents = {
        place / f"stats_of_points_on_curve_epoch{epoch}.npz": lambda: npz_bytes(tf_stats(path)),
        place / f"summary_stats_curve_epoch{epoch}.npz": lambda: npz_bytes(tf_summary(path)),
    }
    kept = node.view.artifacts / "predictions.npz"
    if "test_psnr" in path.columns:
        left.append("predictions (the port has no name for images)")
    elif kept.is_file():
        name = f"predictions_and_probabilities_curve_epoch{epoch}.npz"
        contents[place / name] = lambda: _predictions(kept)
        left.append("predictions for the training set (only the test set's are stored)")
    else:
        left.append("predictions (only with evaluate.store_predictions = true)")
    if "test_accuracy" in path.columns and "test_f1" not in path.columns:
        left.append("F1 scores (not in tables of this run)")
    return contents


def _predictions(path: Path) -> bytes:
    from mcworkbench.reports.exports import npz_bytes, tf_predictions

    with np.load(path, allow_pickle=False) as stored:
        return npz_bytes(tf_predictions(stored["ts"], stored["outputs"], stored["targets"]))


def _command(run: RunView, node: NodeView) -> Callable[[], bytes]:
    from mcworkbench.reports.reference_command import training_command

    return lambda: training_command(run, node).encode()
