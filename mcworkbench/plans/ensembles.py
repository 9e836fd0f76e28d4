"""What the kinds of run that make ensembles expand to: members, and one table of their pools.

Every trained end has an independent network of the same budget beside it, where that is wanted;
an FGE start is that very training at an epoch, so both share bits and work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.catalogue import STAGES
from mcworkbench.config.options.ensemble import (
    EnsembleSection,
    PredictOptions,
    SoupOptions,
)
from mcworkbench.config.options.fge import FgeOptions, FgeSection
from mcworkbench.config.options.snapshot import SnapshotOptions, SnapshotSection
from mcworkbench.config.options.swa import SwagOptions, SwagSection, SwaOptions, SwaSection
from mcworkbench.errors import InvalidInputError
from mcworkbench.plans.ensemble_steps import (
    GIVEN,
    INDEPENDENT,
    Part,
    endpoints,
    pool,
    predictions,
    scoring_options,
    settings,
    stream_seeds,
    training_inputs,
    training_seeds,
)
from mcworkbench.plans.snapshots import at_snapshot
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.plans.expansion import Expansion
    from mcworkbench.plans.plan import Input


def fast_geometric(expansion: Expansion) -> None:
    """FGE from a marked point of every end's training, beside the ends trained to their end."""
    experiment = expansion.experiment
    section = experiment.fge or FgeSection()
    networks: list[Input] = []
    if experiment.ends.use:
        starts = expansion.ends()
    else:
        starts, networks = _fge_starts(expansion, section)
    seeds = experiment.end_seeds() or range(experiment.seed, experiment.seed + len(starts))
    parts: list[Part] = []
    for place, (start, seed) in enumerate(zip(starts, seeds, strict=True), 1):
        options = FgeOptions.model_validate(
            {
                **settings(section),
                **stream_seeds(section, seed, "fge"),
                "loss": expansion.loss,
            }
        )
        label = f"FGE, {options.num_members} members"
        inputs = {"dataset": expansion.dataset, "start": start, **expansion.judges}
        name = f"fge-{place}"
        parts.append(("fge", name, expansion.plan.add(name, "fge", label, options, inputs)))
    pool(expansion, [*parts, *predictions(expansion, networks)])


def _fge_starts(expansion: Expansion, section: FgeSection) -> tuple[list[Input], list[Input]]:
    """Return where FGE begins, and the independent networks where they are wanted."""
    train = expansion.experiment.train
    epoch = section.start_at
    if epoch is None:
        epoch = round(section.start_fraction * train.epochs)
    if epoch > train.last_epoch:
        raise InvalidInputError(
            f"[fge] start_at = {epoch} lies beyond the {train.last_epoch} epochs of [train]; begin "
            "earlier, or train longer."
        )
    if not section.independent:
        return endpoints(expansion, stop_at=epoch), []
    if train.last_epoch < train.epochs:
        raise InvalidInputError(
            f"[fge] independent = true compares with networks of the whole budget, but [train] "
            f"stop_at = {train.last_epoch} ends them early; leave stop_at out (start_at says where "
            "FGE begins), or set independent = false."
        )
    networks = endpoints(expansion)
    where = "[fge] start_at"
    starts = [at_snapshot(expansion.plan, one.node, str(epoch), where=where) for one in networks]
    return starts, networks


def snapshots(expansion: Expansion) -> None:
    """Snapshot ensembles from every seed, beside independent networks from the same seeds."""
    section = expansion.experiment.snapshot or SnapshotSection()
    parts: list[Part] = []
    for place, seed in enumerate(training_seeds(expansion), 1):
        options = SnapshotOptions.model_validate(
            {
                **settings(section),
                **section.resolved_seeds(seed),
                "model": expansion.experiment.model,
                "loss": expansion.loss,
            }
        )
        name = f"snapshot-{place}"
        label = f"snapshots, {options.num_members} members"
        inputs = training_inputs(expansion, section.start, name, "[snapshot] from")
        made = expansion.plan.add(name, "snapshot", label, options, inputs)
        parts.append(("snapshot", name, made))
    networks = endpoints(expansion) if section.independent else []
    pool(expansion, [*parts, *predictions(expansion, networks)])


def averages(expansion: Expansion) -> None:
    """SWA from every seed, beside independent networks from the same seeds."""
    section = expansion.experiment.swa or SwaSection()
    means = _averages(expansion, section)
    networks = endpoints(expansion) if section.independent else []
    parts = predictions(expansion, means, "swa")
    pool(expansion, [*parts, *predictions(expansion, networks)])


def gaussians(expansion: Expansion) -> None:
    """SWAG around the average of every seed, beside the average itself and independent networks."""
    section = expansion.experiment.swa or SwaSection()
    sampling = expansion.experiment.swag or SwagSection()
    if "rank" not in section.model_fields_set:
        if section.num_iterates < sampling.rank:
            raise InvalidInputError(
                f"[swag] rank = {sampling.rank} needs as many averaged iterates, and [swa] gives "
                f"{section.num_iterates}; set [swag] rank = {max(2, section.num_iterates)}, or "
                "train longer."
            )
        section = SwaSection.model_validate(
            {**section.model_dump(by_alias=True), "rank": sampling.rank}
        )
    if section.rank < sampling.rank:
        raise InvalidInputError(
            f"[swag] rank = {sampling.rank} needs as many deviations, and [swa] rank = "
            f"{section.rank} keeps fewer; give both the same rank."
        )
    means = _averages(expansion, section)
    parts: list[Part] = []
    shared = sampling.model_dump(exclude={"diagonal"})
    for place, mean in enumerate(means, 1):
        inputs = {"dataset": expansion.dataset, "average": mean}
        kinds = {"swag": {}, "swag-diagonal": {"is_diagonal": True, "scale": 1.0}}
        for method, own in list(kinds.items())[: 1 + sampling.diagonal]:
            # Pools of several runs are of samples that share no noise.
            noise = {"sample_seed": (sampling.sample_seed + place - 1) % 2**31}
            options = SwagOptions.model_validate({**shared, **own, **noise})
            name = f"{method}-{place}"
            label = f"{options.samples} samples"
            parts.append((method, name, expansion.plan.add(name, "swag", label, options, inputs)))
    networks = endpoints(expansion) if section.independent else []
    rest = [*predictions(expansion, means, "swa"), *predictions(expansion, networks)]
    pool(expansion, [*parts, *rest])


def existing(expansion: Expansion) -> None:
    """Networks that exist, points of a path or the ends of this preset, as one ensemble."""
    experiment = expansion.experiment
    section = experiment.ensemble or EnsembleSection()
    if section.path is not None:
        path = expansion.resolve(section.path, "path", "[ensemble] path", "path")
        options = PredictOptions.model_validate(
            {**scoring_options(section), "positions": section.positions}
        )
        inputs = {"dataset": expansion.dataset, "path": path}
        made = expansion.plan.add("predict-path", "predict", "points of the path", options, inputs)
        pool(expansion, [("path", "path", made), *_used(expansion, section)])
        return
    pool(expansion, _used(expansion, section))


def _used(expansion: Expansion, section: EnsembleSection) -> list[Part]:
    """Return the members that [ensemble] use names, or the ends, and add the soups."""
    plan = expansion.plan
    parts: list[Part] = []
    networks: list[Input] = []
    named: dict[str, str] = {}
    if not section.use and section.path is None:
        networks = expansion.ends()
        parts = predictions(expansion, networks, INDEPENDENT, section)
    for place, text in enumerate(section.use, 1):
        where = "[ensemble] use"
        found = expansion.resolve(text, f"network-{place}", where, "network|members")
        if found.identity in named:
            raise InvalidInputError(
                f"{where}: '{clean_line(named[found.identity])}' and '{clean_line(text)}' are the "
                "same; name each member once."
            )
        named[found.identity] = text
        node = plan.nodes[found.node]
        if STAGES[node.kind].product == "members" and not found.place:
            _check_same_data(expansion, found, text)
            parts.append((GIVEN, node.label, found))
            continue
        networks.append(found)
        parts += predictions(expansion, [found], GIVEN, section, first=place)
    if section.soups and len(networks) < 2:  # noqa: PLR2004 - one network has no mean.
        raise InvalidInputError("[ensemble] soups: a soup needs two networks; name them in use.")
    for method in section.soups:
        options = SoupOptions.model_validate(
            {
                **scoring_options(section),
                "method": method,
                "count": len(networks),
                "loss": expansion.loss,
            }
        )
        inputs = {f"network-{place}": one for place, one in enumerate(networks, 1)}
        inputs |= {"dataset": expansion.dataset, **expansion.judges}
        soup = plan.add(f"soup-{method}", "soup", f"{method} soup", options, inputs)
        parts += predictions(expansion, [soup], f"soup-{method}", section)
    return parts


def _check_same_data(expansion: Expansion, found: Input, text: str) -> None:
    theirs = expansion.plan.nodes[found.node].inputs["dataset"]
    if theirs.key != expansion.dataset.key:
        raise InvalidInputError(
            f"[ensemble] use: the members of '{text}' were scored on other [data] than this "
            "preset's; use the [data] section of their run."
        )


def _averages(expansion: Expansion, section: SwaSection) -> list[Input]:
    found: list[Input] = []
    for place, seed in enumerate(training_seeds(expansion), 1):
        options = SwaOptions.model_validate(
            {
                **settings(section),
                **section.resolved_seeds(seed),
                "model": expansion.experiment.model,
                "loss": expansion.loss,
            }
        )
        name = f"swa-{place}"
        inputs = training_inputs(expansion, section.start, name, "[swa] from")
        label = f"mean of {options.num_iterates} iterates"
        found.append(expansion.plan.add(name, "swa", label, options, inputs))
    return found
