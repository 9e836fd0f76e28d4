"""Train the free nodes of a curve between two networks, or train a stored curve on.

The ends stay as they are unless told otherwise. Loss along t on a fixed training subset is
probed after epochs and leaves no trace in the training.
Shape letters: D = padded parameters, K = nodes, F = free nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import canonical_json
from mcworkbench.models.product import (
    MODEL_FILE,
    OPTIMIZER_FILE,
    model_options,
    open_flat,
    read_model_document,
)
from mcworkbench.params.store import network_bytes
from mcworkbench.paths.path import path_files
from mcworkbench.stages.curve_start import initial_path
from mcworkbench.stages.judging import stage_tasks, told_loss
from mcworkbench.training.evaluation import interruptible
from mcworkbench.training.job import Job
from mcworkbench.training.loop import Trainer
from mcworkbench.training.optimizers import optimizer_tensors
from mcworkbench.training.points import refresh_draws
from mcworkbench.training.probes import PROBE_SEED, CurveProbe
from mcworkbench.training.subjects import CurveSubject
from mcworkbench.training.unused import unused_mask

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from mcworkbench.data.dataset import Dataset
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Train and publish one curve; returns its best epoch and number of parameters."""
    options = workspace.options
    assert isinstance(options, CurveOptions)
    source = workspace.input("start" if workspace.has_input("start") else "first")
    document = read_model_document(source)
    dataset = open_dataset(workspace.input("dataset")).for_model(model_options(document))
    flat = open_flat(source, device=workspace.device)
    check_fits(dataset, document)
    path = initial_path(workspace, options, flat, document).to(workspace.device)
    first = 1 if options.fix_start else 0
    last = path.curve.num_nodes - (1 if options.fix_end else 0)
    train = dataset.split("train", workspace.device, channels_last=options.channels_last)
    task, _ = stage_tasks(workspace, dataset, options.loss)
    yield from told_loss(options.loss)
    subset = dataset.split(
        "train",
        workspace.device,
        options.probe_examples,
        PROBE_SEED,
        channels_last=options.channels_last,
    )
    draws = refresh_draws(dataset, subset, PROBE_SEED)
    probe = CurveProbe(path, flat, task, subset, options, interruptible(workspace), draws)

    def product() -> dict[str, bytes]:
        fixed = {"first": options.fix_start, "last": options.fix_end}
        ends = {name: "as given" if is_fixed else "trained" for name, is_fixed in fixed.items()}
        files = path_files(path, ends)
        return {**files, MODEL_FILE: canonical_json(document)}

    trainer = Trainer(
        Job(
            section="curve",
            subject=CurveSubject(
                flat, path, options, slice(first, last), unused_mask(flat, task, train)
            ),
            task=task,
            train=train,
            options=options,
            seeds=options.model_dump(include={"init_seed", "order_seed", "augment_seed"}),
            data=dataset.options,
            observe=probe.observe,
            product=product,
            positions=options.positions,
        ),
        workspace,
    )
    yield from trainer.run()
    files = product()
    files[OPTIMIZER_FILE] = network_bytes(optimizer_tensors(trainer.optimizer))
    for name, content in files.items():
        yield workspace.save_artifact(name, content, "path")
    return {
        **trainer.keeper.summary(),
        "num_nodes": path.curve.num_nodes,
        "num_params": flat.layout.num_params,
    }


def check_fits(dataset: Dataset, document: dict[str, Any], what: str = "path") -> None:
    """Pass when a product's network takes the data set's inputs and gives its outputs.

    Args:
        dataset: what it is used on.
        document: its model.json.
        what: it is, for the message.

    Raises:
        InvalidInputError: it was made for inputs or outputs of another shape.
    """
    made_for = (tuple(document["input_shape"]), document["num_outputs"])
    if made_for != (dataset.input_shape, dataset.num_outputs):
        raise InvalidInputError(
            f"[data] name: this {what} was made for inputs {made_for[0]} and {made_for[1]} "
            f"outputs, but '{dataset.options.name}' has {dataset.input_shape} and "
            f"{dataset.num_outputs}; use the data it was trained on, or data of that shape."
        )
