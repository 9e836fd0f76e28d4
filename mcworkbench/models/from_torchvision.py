"""The classification networks of torchvision, as they are, without pretrained parameters.

Keys and initialisation are torchvision's. They are made for images of 224 pixels; most take
other sizes, too, and what they cannot take is found out before training. The heads that
Inception and GoogLeNet add while training are left out: a network here gives one output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcworkbench.errors import InvalidInputError
from mcworkbench.models.fitting import check_fits
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from torch import nn

    from mcworkbench.config.options.model.torchvision import TorchvisionOptions

_IMAGE_AXES = 3


def build(options: TorchvisionOptions, input_shape: tuple[int, ...], num_outputs: int) -> nn.Module:
    """Return the network, initialised from torch's global generator.

    Raises:
        InvalidInputError: the installed torchvision lacks it, or it cannot take such inputs.
    """
    # Half a second that only runs with such a network pay.
    from torchvision.models import get_model

    where = f"torchvision:{options.arch}"
    try:
        module = get_model(
            options.arch,
            weights=None,
            num_classes=num_outputs,
            **_arguments(options.arch, input_shape),
        )
    # Some networks check the image's size with an assertion.
    except (ValueError, AssertionError) as error:
        reason = clean_line(str(error)).rstrip(".!")
        raise InvalidInputError(
            f"[model] {where}: torchvision cannot make it for inputs of "
            f"{' × '.join(map(str, input_shape))}: {reason}."
        ) from error
    check_fits(module, input_shape, num_outputs, where=where)
    return module


def _arguments(arch: str, input_shape: tuple[int, ...]) -> dict[str, Any]:
    """Return what some networks must be told: the image's size, or to have one head."""
    if arch in {"inception_v3", "googlenet"}:
        return {"aux_logits": False, "init_weights": True}
    if len(input_shape) == _IMAGE_AXES and arch.startswith("vit_"):
        return {"image_size": input_shape[1]}
    if len(input_shape) == _IMAGE_AXES and arch == "maxvit_t":
        return {"input_size": input_shape[1:]}
    return {}
