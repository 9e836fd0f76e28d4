"""Resolve what a preset points at: a node here or elsewhere, a stage or a file, at which epoch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mcworkbench import folders
from mcworkbench.catalogue import STAGES
from mcworkbench.config.options.endpoint import ImportOptions
from mcworkbench.config.references import parse_reference
from mcworkbench.errors import InvalidInputError, unknown_name
from mcworkbench.plans.plan import Input
from mcworkbench.plans.snapshots import at_snapshot, options_of
from mcworkbench.runs.index import find_run
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder, stage_keys
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.config.experiment import Experiment
    from mcworkbench.config.references import Reference
    from mcworkbench.plans.plan import Plan, PlannedNode

# Kinds whose trainings begin with the optimiser's state of a network, or that serve any other.
_GO_ON_WITH_MOMENTUM = ("import", "fge", "snapshot", "swa", "swag")
_EXAMPLES = {"path": "curve", "members": "fge-1"}


def resolve_reference(
    text: str,
    plan: Plan,
    experiment: Experiment,
    *,
    name: str,
    where: str,
    base: Path,
    product: str,
    is_of_this_model: bool = True,
) -> Input:
    """Return the input that `text` names, adding node `name` to the plan where it is not there.

    Args:
        text: as written in the preset.
        plan: the plan so far; gains a node for a file or a stage of another run.
        experiment: the preset, for the network that a file must fit.
        name: what the node is called in this run.
        where: the key in the preset, for messages.
        base: folder against which relative files are taken.
        product: what it must be, 'network', 'path' or 'network|members'.
        is_of_this_model: whether a network must be of the preset's [model].

    Raises:
        InvalidInputError: there is no such run, node, stage, file or snapshot, or it is of
            another kind or another [model].
    """
    reference = parse_reference(text)
    if reference.scheme == "file":
        return _file_input(reference, plan, experiment, name=name, where=where, base=base)
    if reference.scheme == "node":
        node_name = reference.place
        if node_name not in plan.nodes:
            raise unknown_name("node of this preset", node_name, plan.nodes, where=where)
    else:
        node_name = name
        key = _foreign_key(reference, where)
        document = StageFolder(key).document()
        if not document:
            raise InvalidInputError(
                f"{where}: {text}: this stage was deleted; run its preset again."
            )
        plan.borrow(name, clean_line(text), document, options_of(document))
        _check_ready(plan.nodes[name], text, where)
    is_member = reference.when.startswith("member-")
    _check_product(plan.nodes[node_name], "members" if is_member else product, text, where)
    if "network" in product and is_of_this_model:
        _check_model(plan.nodes[node_name], experiment, text, where)
    return at_snapshot(plan, node_name, reference.when, where=where)


def _check_ready(node: PlannedNode, text: str, where: str) -> None:
    missing = [
        role for role, value in node.inputs.items() if not StageFolder(value.key).is_finished()
    ]
    if missing and not node.is_reused:
        raise InvalidInputError(
            f"{where}: {clean_line(text)} has not finished, nor has its input '{missing[0]}'; "
            "`mcworkbench resume` that run first."
        )


def _check_product(node: PlannedNode, product: str, text: str, where: str) -> None:
    found = STAGES[node.kind].product
    if product == "network" and found == "members":
        raise InvalidInputError(
            f"{where}: '{clean_line(text)}' is an ensemble of networks; name one of its members, "
            f"e.g. {clean_line(text)}@member-1."
        )
    if not set(product.split("|")) & set(found.split("|")):
        kinds = {"network": "endpoint", "path": "curve"}
        helps = where.startswith("[further") and found in kinds
        say = f", or say kind = '{kinds[found]}'" if helps else ""
        raise InvalidInputError(
            f"{where}: '{clean_line(text)}' is a {found}, not {_words(product)}; name "
            f"{_words(product)}, e.g. {_EXAMPLES.get(product, 'endpoint-1')}{say}."
        )


def _words(product: str) -> str:
    return " or ".join(f"a {word}" if word != "members" else word for word in product.split("|"))


def _check_model(node: PlannedNode, experiment: Experiment, text: str, where: str) -> None:
    """Pass when a network is of the preset's [model], as far as options tell."""
    model = getattr(node.options, "model", None)
    if model is None or model.hashed() == experiment.model.hashed():
        return
    theirs, ours = model.model_dump(), experiment.model.model_dump()
    # Another family says more than any size of it.
    keys = ["name", *theirs] if "name" in theirs else list(theirs)
    name = next(key for key in keys if theirs.get(key) != ours.get(key))
    if name == "digest":
        raise InvalidInputError(
            f"{where}: '{clean_line(text)}' is of {clean_line(experiment.model.label)} as its "
            "source was then, and that has changed since; put it back, or train again."
        )
    raise InvalidInputError(
        f"{where}: '{clean_line(text)}' has [model] {name} = {theirs[name]!r}, but this preset "
        f"says {ours.get(name)!r}; networks that are joined or trained on are of one [model]."
    )


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
    try:
        document = RunFolder(find_run(run)).document()
    except InvalidInputError as error:
        raise InvalidInputError(f"{where}: {error}") from error
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
    options = ImportOptions(
        sha256=digest,
        model=experiment.model,
        file=str(path),
        with_optimizer=experiment.kind in _GO_ON_WITH_MOMENTUM,
    )
    dataset = plan.nodes["dataset"]
    inputs = {"dataset": Input(key=dataset.key, identity=dataset.key, node="dataset")}
    return plan.add(name, "import", clean_line(path.name), options, inputs)
