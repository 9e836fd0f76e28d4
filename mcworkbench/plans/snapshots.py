"""A training as it was at an epoch, at its best or before it began, as an input of a plan.

A snapshot's identity is the key of the stage that would stop just there, so it does not matter
whether the epoch was kept by a longer training or is trained for this plan.
"""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mcworkbench.catalogue import STAGES, resolve
from mcworkbench.config.options.training import TrainingOptions
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import canonical_json
from mcworkbench.plans.plan import Input
from mcworkbench.runs.checkpoints import list_checkpoints
from mcworkbench.runs.documents import integer, read_document
from mcworkbench.runs.stage_folder import StageFolder

if TYPE_CHECKING:
    from mcworkbench.config.options.base import Options
    from mcworkbench.plans.plan import Plan, PlannedNode

SNAPSHOT_FOLDER = "snapshots"
# Trainings that publish the state they end in. FGE publishes members, SWA an average: stopped
# earlier they would publish other members or another average, and no state of the training.
_END_IN_THEIR_PRODUCT = ("endpoint", "curve")


def has_snapshot(stage: StageFolder, name: str) -> bool:
    """Return whether a stage kept a snapshot of that name."""
    return (stage.snapshots / name / "manifest.json").is_file()


def options_of(document: dict[str, Any]) -> Options:
    """Return the options model stored in a stage.json.

    Raises:
        InvalidInputError: it is damaged, or another version wrote it.
    """
    try:
        model: type[Options] = resolve(STAGES[document["kind"]].options)
        return model.model_validate(document["options"])
    except (KeyError, ValidationError) as error:
        raise InvalidInputError(
            f"stage {str(document.get('key'))[:12]}: its stage.json is damaged or of another "
            "version of the workbench; run its preset again."
        ) from error


def at_snapshot(plan: Plan, node_name: str, when: str, *, where: str) -> Input:
    """Return a node's product at an epoch, @best or @initial, making sure it will exist.

    An unfinished node is told to keep it; a finished one that did not gets a sibling in the
    plan that stops there. Of an average or of members there is only what their stage kept.
    """
    node = plan.nodes[node_name]
    here = Input(key=node.key, identity=node.key, node=node_name)
    if when == "last":
        return here
    if when.startswith("member-"):
        return _member(node, here, when, where=where)
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
    if node.kind not in _END_IN_THEIR_PRODUCT:
        return _kept_only(plan, node, options, epoch, where=where)
    return _at_epoch(plan, node, options, epoch)


def _at_epoch(plan: Plan, node: PlannedNode, options: TrainingOptions, epoch: int) -> Input:
    """Return the state of a training after an epoch, kept by it or trained for this plan."""
    if epoch == options.last_epoch:
        return Input(key=node.key, identity=node.key, node=node.name)
    stopped = options.model_copy(update={"stop_at": epoch})
    sibling_name = f"{node.name}-epoch-{epoch}"
    sibling = plan.add(
        sibling_name, node.kind, f"{node.label}, epoch {epoch}", stopped, node.inputs
    )
    if plan.nodes[sibling_name].is_reused:
        return sibling
    snapshot = f"epoch-{epoch}"
    stage = StageFolder(node.key)
    if not has_snapshot(stage, snapshot) and (node.is_reused or not _will_keep(stage, epoch)):
        return sibling
    del plan.nodes[sibling_name]
    if not node.is_reused and not options.keeps(epoch):
        _keep(plan, node.name, options, str(epoch))
    return Input(
        key=node.key,
        place=f"{SNAPSHOT_FOLDER}/{snapshot}",
        identity=sibling.identity,
        node=node.name,
    )


def _kept_only(
    plan: Plan, node: PlannedNode, options: TrainingOptions, epoch: int, *, where: str
) -> Input:
    """Return the network in training at an epoch, which nothing but its own stage can give."""
    stage, name = StageFolder(node.key), f"epoch-{epoch}"
    if not has_snapshot(stage, name):
        if node.is_reused or not _will_keep(stage, epoch):
            raise InvalidInputError(
                f"{where}: {node.name} did not keep '@{epoch}', and its product is not the network "
                f"of that epoch; set [{node.kind}] keep = '{epoch}' and run its preset --fresh."
            )
        if not options.keeps(epoch):
            _keep(plan, node.name, options, str(epoch))
    return Input(
        key=node.key,
        place=f"{SNAPSHOT_FOLDER}/{name}",
        identity=f"{node.key}@{epoch}",
        node=node.name,
    )


def _member(node: PlannedNode, here: Input, when: str, *, where: str) -> Input:
    """Return one network of a stage that makes members; its own checkpoint keeps them all."""
    number = int(when.removeprefix("member-"))
    total = getattr(node.options, "num_members", None)
    is_kept = has_snapshot(StageFolder(node.key), when)
    if (total is not None and number > total) or (node.is_reused and not is_kept):
        kept = f"it has {total}" if total is not None else "it keeps none of that number"
        raise InvalidInputError(f"{where}: {node.name} has no '@{when}'; {kept}.")
    identity = f"{node.key}@{when}"
    return replace(here, place=f"{SNAPSHOT_FOLDER}/{when}", identity=identity)


def _will_keep(stage: StageFolder, epoch: int) -> bool:
    """Return whether an unfinished stage still has the epoch before it, and will keep it.

    A running one goes by the plan that started it; else the newest plan's words hold.
    """
    checkpoints = list_checkpoints(stage.checkpoints)
    states = (read_document(checkpoint.path / "state.json") for checkpoint in checkpoints)
    if any(integer(state.get("epoch")) >= epoch for state in states):
        return False
    return not stage.is_locked() or _begun_with(stage).keeps(epoch)


def _begun_with(stage: StageFolder) -> TrainingOptions:
    """Return the options by which a training runs now or ran last."""
    options = options_of(stage.document())
    assert isinstance(options, TrainingOptions), "only trainings have snapshots"
    return options


def _best(plan: Plan, node_name: str, options: TrainingOptions, *, where: str) -> Input:
    node = plan.nodes[node_name]
    stage = StageFolder(node.key)
    has_best = node.is_reused and has_snapshot(stage, "best")
    best = Input(
        key=node.key,
        place=f"{SNAPSHOT_FOLDER}/best",
        identity=_best_identity(node.key, _begun_with(stage) if has_best else options),
        node=node_name,
    )
    if has_best:
        return best
    if node.is_reused:
        epoch = (stage.result() or {"summary": {}})["summary"].get("best_epoch", float("nan"))
        if not isfinite(epoch):
            raise _never_watched(node_name, where)
        return at_snapshot(plan, node_name, str(int(epoch)), where=where)
    if not options.last_epoch or getattr(options, "probe_points", None) == 0:
        raise _never_watched(node_name, where)
    if stage.attempts() and "best" not in _begun_with(stage).keep_words():
        raise InvalidInputError(
            f"{where}: {node_name} was begun without keeping its best; resume the run that began "
            "it, and '@best' is known when it has finished."
        )
    if "best" not in options.keep_words():
        _keep(plan, node_name, options, "best")
    return best


def _best_identity(key: str, options: TrainingOptions) -> str:
    """Return what names a stage's best: how it was watched decides which epoch that is.

    As in a key, what equals its default is left out.
    """
    fields = type(options).model_fields
    watched = {
        name: getattr(options, name)
        for name in ("watch_every", "probe_points", "probe_examples")
        if name in fields and getattr(options, name) != fields[name].default
    }
    return f"{key}@best {canonical_json(watched).decode()}" if watched else f"{key}@best"


def _never_watched(node_name: str, where: str) -> InvalidInputError:
    return InvalidInputError(
        f"{where}: {node_name} is not watched while training, so no epoch is its best; set "
        "watch_every = 1 (and probe_points = 11 for a curve)."
    )


def _keep(plan: Plan, node_name: str, options: TrainingOptions, word: str) -> None:
    plan.change_options(node_name, keep=", ".join([*options.keep_words(), word]))
