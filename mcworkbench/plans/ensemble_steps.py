"""Steps that the kinds of run which make ensembles share: networks, predictions, the table.

`plans.ensembles` puts them together, one function per kind.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from mcworkbench.config.options.ensemble import EnsembleOptions, PredictOptions, ScoringOptions
from mcworkbench.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.config.options.training import SectionSeeds
    from mcworkbench.plans.expansion import Expansion
    from mcworkbench.plans.plan import Input

INDEPENDENT = "independent"
GIVEN = "given"
# (method, label, members) of one stage that takes part in the table.
Part = tuple[str, str, "Input"]
_SEEDS = {"seed", "init_seed", "order_seed", "augment_seed"}
_NOT_OPTIONS = _SEEDS | {"start", "start_at", "start_fraction", "independent"}


def endpoints(expansion: Expansion, stop_at: int | None = None) -> list[Input]:
    """Return the networks of [train], one per seed, trained to the end or to an epoch."""
    return [
        expansion.endpoint(f"endpoint-{place}", seed, expansion.dataset, stop_at=stop_at)
        for place, seed in enumerate(training_seeds(expansion), 1)
    ]


def predictions(
    expansion: Expansion,
    networks: Sequence[Input],
    method: str = INDEPENDENT,
    scoring: ScoringOptions | None = None,
    *,
    first: int = 0,
) -> list[Part]:
    """Add the stored predictions of networks, each a member of its own."""
    train = expansion.experiment.train
    how = (
        scoring_options(scoring)
        if scoring
        else {
            "precision": train.precision,
            "channels_last": train.channels_last,
        }
    )
    parts: list[Part] = []
    for place, network in enumerate(networks, first or 1):
        node = expansion.plan.nodes.get(network.node)
        label = node.label if first and node else network.node
        options = PredictOptions.model_validate({**how, "label": label})
        inputs = {"dataset": expansion.dataset, "network": network}
        name = f"predict-{network.node or place}"
        if network.place:
            name += f"@{network.place.rpartition('/')[2]}"
        made = expansion.plan.add(name, "predict", f"predictions of {label}", options, inputs)
        parts.append((method, label, made))
    return parts


def pool(expansion: Expansion, parts: Sequence[Part]) -> None:
    """Add the table that pools members, each part by its method."""
    options = EnsembleOptions(
        methods=tuple(method for method, _, _ in parts),
        labels=tuple(label for _, label, _ in parts),
    )
    inputs = {f"members-{place}": made for place, (_, _, made) in enumerate(parts, 1)}
    expansion.plan.add("ensemble", "ensemble", "ensembles by budget", options, inputs)


def training_seeds(expansion: Expansion) -> tuple[int, ...]:
    """Return the seeds of trainings on all of the data, one run of the method each.

    Raises:
        InvalidInputError: the preset gives ends classes or initial values of their own.
    """
    experiment = expansion.experiment
    if experiment.ends.train_classes:
        raise InvalidInputError(
            f"[ends] train_classes: kind = '{experiment.kind}' trains every network on all of the "
            "data; leave it out, or pool finished halves with kind = 'ensemble'."
        )
    if experiment.ends.inits:
        raise InvalidInputError(
            f"[ends] inits: kind = '{experiment.kind}' trains every network from [model] init; set "
            "that, or pool finished networks with kind = 'ensemble'."
        )
    return experiment.end_seeds()


def training_inputs(
    expansion: Expansion, start: str | None, name: str, where: str
) -> dict[str, Input]:
    """Return the inputs of a training that begins anew, or at what a reference names."""
    inputs = {"dataset": expansion.dataset, **expansion.judges}
    if start is not None:
        inputs["start"] = expansion.resolve(start, f"{name}-start", where, "network")
    return inputs


def settings(section: Any) -> dict[str, Any]:
    """Return what a section tells its stage; seeds and starts are resolved elsewhere."""
    chosen: dict[str, Any] = section.model_dump(exclude=_NOT_OPTIONS)
    return chosen | ({"stop_at": None} if chosen["stop_at"] == chosen["epochs"] else {})


def scoring_options(section: ScoringOptions) -> dict[str, Any]:
    """Return how a section wants members scored."""
    return section.model_dump(include=set(ScoringOptions.model_fields))


def stream_seeds(section: SectionSeeds, seed: int, stream: str) -> dict[str, int]:
    """Return seeds of a stream of its own: not the orders and crops that the start has seen."""
    digest = hashlib.sha256(f"{seed}/{stream}".encode()).digest()
    return section.resolved_seeds(int.from_bytes(digest[:4], "little") >> 1)
