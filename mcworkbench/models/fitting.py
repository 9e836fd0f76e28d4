"""Whether a network that is not ours takes a data set's inputs and gives what a task needs.

Ours know their sizes; a class of the user's or of torchvision is asked by running it once, on
the meta device where that is possible: shapes come out, and nothing is computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.func import functional_call

from mcworkbench.errors import InvalidInputError, is_out_of_memory
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUM_EXAMPLES = 2


def check_fits(
    module: nn.Module, input_shape: tuple[int, ...], num_outputs: int, *, where: str
) -> None:
    """Pass when the network gives (B, num_outputs) for inputs of that shape.

    Its mode, parameters and buffers stay as they are.

    Args:
        module: on the CPU.
        input_shape: of one example.
        num_outputs: classes, or values per example.
        where: what [model] calls it, for messages.

    Raises:
        InvalidInputError: it cannot take such inputs, or gives something else.
    """
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        outputs = _outputs(module, (_NUM_EXAMPLES, *input_shape))
    # Whatever code that is not ours raises, it is about the input it was given.
    except Exception as error:
        if is_out_of_memory(error):
            raise
        shape = " × ".join(map(str, input_shape))
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise InvalidInputError(
            f"[model] {where}: it cannot take this data set's inputs of {shape} "
            f"({clean_line(lines[0])}); use data of the size and channels it is made for."
        ) from error
    finally:
        for part, is_training in modes:
            part.training = is_training
    if not isinstance(outputs, Tensor) or outputs.shape != (_NUM_EXAMPLES, num_outputs):
        found = (
            f"shape {tuple(outputs.shape)}"
            if isinstance(outputs, Tensor)
            else f"a {type(outputs).__name__}"
        )
        raise InvalidInputError(
            f"[model] {where}: for {_NUM_EXAMPLES} examples it gives {found}, and this data set "
            f"needs a tensor of shape ({_NUM_EXAMPLES}, {num_outputs}): one row of logits or "
            "values for each example."
        )


def _outputs(module: nn.Module, shape: tuple[int, ...]) -> object:
    """Return what the network gives, on the meta device or else for zeros."""
    try:
        ghosts = {name: tensor.to("meta") for name, tensor in _tensors(module)}
        with torch.no_grad():
            return functional_call(module, ghosts, torch.zeros(shape, device="meta"))
    # Code that looks at values cannot run there, and says so in many ways.
    except Exception:  # noqa: BLE001
        with torch.no_grad():
            return module(torch.zeros(shape))


def _tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from module.named_parameters()
    yield from module.named_buffers()
