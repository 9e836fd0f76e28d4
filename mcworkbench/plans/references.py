"""Resolve what a preset points at: a node here or elsewhere, a stage, a file, at which epoch.

A snapshot's identity is the key of the stage that would stop just there, so it does not matter
whether the epoch was kept by a longer training or is trained for this plan.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcworkbench import folders
from mcworkbench.catalogue import STAGES, resolve
from mcworkbench.config.experiment import parse_reference
from mcworkbench.config.options.endpoint import ImportOptions
from mcworkbench.config.options.training import TrainingOptions
from mcworkbench.errors import InvalidInputError, unknown_name
from mcworkbench.plans.plan import Input
from mcworkbench.runs.index import find_run
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder, stage_keys
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.config.experiment import Experiment, Reference
    from mcworkbench.config.options.base import Options
    from mcworkbench.plans.plan import Plan

SNAPSHOT_FOLDER = "snapshots"


def has_snapshot(stage: StageFolder, name: str) -> bool:
    """Return whether a stage kept a snapshot of that name."""
    return (stage.snapshots / name / "manifest.json").is_file()


def options_of(document: dict[str, Any]) -> Options:
    """Return the options model stored in a stage.json."""
    model: type[Options] = resolve(STAGES[document["kind"]].options)
    return model.model_validate(document["options"])


def resolve_reference(
    text: str, plan: Plan, experiment: Experiment, *, name: str, where: str, base: Path
) -> Input:
    """Return the input that `text` names, adding node `name` to the plan where it is not there.

    Args:
        text: as written in the preset.
        plan: the plan so far; gains a node for a file or a stage of another run.
        experiment: the preset, for the network that a file must fit.
        name: what the node is called in this run.
        where: the key in the preset, for messages.
        base: folder against which relative files are taken.

    Raises:
        InvalidInputError: there is no such run, node, stage, file or snapshot.
    """
    reference = parse_reference(text)
    if reference.scheme == "file":
        return _file_input(reference, plan, experiment, name=name, where=where, base=base)
    if reference.scheme == "node":
        if reference.place not in plan.nodes:
            raise unknown_name("node of this preset", reference.place, plan.nodes, where=where)
        return at_snapshot(plan, reference.place, reference.when, where=where)
    key = _foreign_key(reference, where)
    document = StageFolder(key).document()
    if not document:
        raise InvalidInputError(f"{where}: {text}: this stage was deleted; run its preset again.")
    plan.borrow(name, clean_line(text), document, options_of(document))
    return at_snapshot(plan, name, reference.when, where=where)


def _foreign_key(reference: Reference, where: str) -> str:
    if reference.scheme == "stage":
        matches = [key for key in stage_keys() if key.startswith(reference.place)]
        if len(matches) != 1:
            found = "none" if not matches else f"{len(matches)}"
            raise InvalidInputError(
                f"{where}: stage:{clean_line(reference.place)} must name one stage by its key or "
                f"its start, and {found} begin so; `mcworkbench show RUN` lists keys."
            )
        return matches[0]
    run, _, node = reference.place.rpartition("/")
    document = RunFolder(find_run(run)).document()
    nodes = document.nodes if document else {}
    if node not in nodes:
        raise unknown_name(f"node of run {clean_line(run)}", clean_line(node), nodes, where=where)
    return nodes[node].key


def _file_input(
    reference: Reference, plan: Plan, experiment: Experiment, *, name: str, where: str, base: Path
) -> Input:
    if reference.when != "last":
        raise InvalidInputError(f"{where}: a file has no epochs; leave out '@{reference.when}'.")
    path = (base / Path(reference.place).expanduser()).resolve()
    if not path.is_file():
        raise InvalidInputError(f"{where}: {clean_line(reference.place)}: there is no such file.")
    try:
        digest = folders.file_sha256(path)
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise InvalidInputError(f"{where}: {clean_line(reference.place)}: {reason}.") from error
    options = ImportOptions(sha256=digest, model=experiment.model, file=str(path))
    dataset = plan.nodes["dataset"]
    inputs = {"dataset": Input(key=dataset.key, identity=dataset.key, node="dataset")}
    return plan.add(name, "import", clean_line(path.name), options, inputs)


def at_snapshot(plan: Plan, node_name: str, when: str, *, where: str) -> Input:
    """Return a node's product at an epoch, @best or @initial, making sure it will exist.

    An unfinished node is told to keep it; a finished one that did not gets a sibling in the
    plan that stops there.
    """
    node = plan.nodes[node_name]
    here = Input(key=node.key, identity=node.key, node=node_name)
    if when == "last":
        return here
    options = node.options
    if not isinstance(options, TrainingOptions):
        raise InvalidInputError(f"{where}: {node_name} was not trained, so it has no '@{when}'.")
    if when == "best":
        return _best(plan, node_name, options, where=where)
    epoch = 0 if when == "initial" else int(when)
    if epoch > options.last_epoch:
        raise InvalidInputError(
            f"{where}: {node_name} ends at epoch {options.last_epoch}, so it has no '@{when}'."
        )
    if epoch == options.last_epoch:
        return here
    stopped = options.model_copy(update={"stop_at": epoch})
    sibling_name = f"{node_name}-epoch-{epoch}"
    sibling = plan.add(
        sibling_name, node.kind, f"{node.label}, epoch {epoch}", stopped, node.inputs
    )
    if plan.nodes[sibling_name].is_reused:
        return sibling
    snapshot = f"epoch-{epoch}"
    kept = has_snapshot(StageFolder(node.key), snapshot)
    if not kept and node.is_reused:
        return sibling
    del plan.nodes[sibling_name]
    if not node.is_reused:
        _keep(plan, node_name, options, str(epoch))
    return Input(
        key=node.key,
        place=f"{SNAPSHOT_FOLDER}/{snapshot}",
        identity=sibling.identity,
        node=node_name,
    )


def _best(plan: Plan, node_name: str, options: TrainingOptions, *, where: str) -> Input:
    node = plan.nodes[node_name]
    result = StageFolder(node.key).result()
    if result is not None and not has_snapshot(StageFolder(node.key), "best"):
        epoch = result["summary"].get("best_epoch")
        if epoch is None:
            raise InvalidInputError(
                f"{where}: {node_name} was never watched while training, so no epoch is its best; "
                "set watch_every = 1 and run with --fresh."
            )
        return at_snapshot(plan, node_name, str(int(epoch)), where=where)
    if result is None:
        _keep(plan, node_name, options, "best")
    return Input(
        key=node.key,
        place=f"{SNAPSHOT_FOLDER}/best",
        identity=f"{node.key}@best",
        node=node_name,
    )


def _keep(plan: Plan, node_name: str, options: TrainingOptions, word: str) -> None:
    words = [part.strip() for part in options.keep.split(",") if part.strip()]
    if word not in words:
        plan.change_options(node_name, keep=", ".join([*words, word]))
