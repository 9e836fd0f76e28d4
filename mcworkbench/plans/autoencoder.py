"""What an autoencoder run adds to joined ends: pictures along paths, codes, an aligned line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.config.options.evaluate import PointOptions
from mcworkbench.config.options.model.autoencoder import AutoencoderOptions
from mcworkbench.config.options.pictures import (
    AlignCodeOptions,
    LatentOptions,
    LatentSection,
    PicturesOptions,
)
from mcworkbench.errors import InvalidInputError
from mcworkbench.plans.plan import Input

if TYPE_CHECKING:
    from typing import Any

    from mcworkbench.config.options.pictures import Align
    from mcworkbench.plans.expansion import Expansion


def add_pictures(expansion: Expansion, suffix: str) -> None:
    """Add pictures of the line and the curve of one pair, and the codes of its ends."""
    for name in (f"line{suffix}", f"curve{suffix}"):
        _pictures(expansion, name)
    section = expansion.experiment.latent
    options = LatentOptions.model_validate(
        {**section.model_dump(include=set(LatentSection.model_fields)), **_point(expansion)}
    )
    inputs = {"dataset": expansion.dataset, "path": _made(expansion, f"line{suffix}")}
    expansion.plan.add(f"latent{suffix}", "latent", "codes of both ends", options, inputs)


def add_aligned(expansion: Expansion, first: Input, last: Input, suffix: str) -> None:
    """Add the line to the last end with its code turned, evaluated and pictured."""
    method = _method(expansion)
    if method is None:
        return
    inputs = {"dataset": expansion.dataset, "first": first, "last": last}
    options = AlignCodeOptions(method=method)
    label = f"code turned by {method}"
    aligned = expansion.plan.add(f"aligned{suffix}", "align_code", label, options, inputs)
    name = f"line-aligned{suffix}"
    expansion.line(name, first, aligned, label="straight line, codes aligned")
    _pictures(expansion, name)


def _pictures(expansion: Expansion, name: str) -> None:
    options = PicturesOptions.model_validate(
        {**expansion.experiment.pictures.model_dump(), **_point(expansion)}
    )
    inputs = {"dataset": expansion.dataset, "path": _made(expansion, name)}
    expansion.plan.add(f"pictures-{name}", "pictures", f"pictures along {name}", options, inputs)


def _made(expansion: Expansion, name: str) -> Input:
    key = expansion.plan.nodes[name].key
    return Input(key=key, identity=key, node=name)


def _point(expansion: Expansion) -> dict[str, Any]:
    """Return how [evaluate] makes a point ready: pictures show the networks of its table."""
    return expansion.experiment.evaluate.model_dump(include=set(PointOptions.model_fields))


def _method(expansion: Expansion) -> Align | None:
    model, wanted = expansion.experiment.model, expansion.experiment.latent.align
    assert isinstance(model, AutoencoderOptions)
    if wanted == "none":
        return None
    if wanted == "auto":
        return "procrustes" if model.has_linear_code else "permutation"
    if wanted == "procrustes" and not model.has_linear_code:
        raise InvalidInputError(
            "[latent] align = 'procrustes': the code of [model] "
            f"{expansion.experiment.model.family} ends in a tanh, which no rotation leaves as it "
            "is; use 'permutation' or 'auto'."
        )
    return wanted
