"""Named tensors as safetensors bytes, and back.

Called by stages (products), imports and exports. Nothing here unpickles. Writing to disk is
the worker's; this file only makes the bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import safetensors.torch
import torch
from safetensors import SafetensorError

from mcworkbench.errors import InvalidInputError
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor


def network_bytes(named: Mapping[str, Tensor]) -> bytes:
    """Return a safetensors file of the tensors: C-contiguous, floats as float32.

    Every tensor is cloned, so views of one buffer are stored as separate tensors. Integers and
    booleans (batch counters, masks) keep their type.
    """
    stored = {
        name: tensor.detach()
        .to("cpu", torch.float32 if tensor.is_floating_point() else tensor.dtype)
        .clone(memory_format=torch.contiguous_format)
        for name, tensor in named.items()
    }
    return safetensors.torch.save(stored)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file, on the CPU, by name.

    Raises:
        InvalidInputError: the file is missing, unreadable or damaged.
    """
    try:
        # Read, not mapped: a file that shrinks under a mapping kills the process.
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise InvalidInputError(
            f"{path}: cannot be read ({reason}); give the path of a .safetensors file."
        ) from error
    try:
        return safetensors.torch.load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise InvalidInputError(
            f"{path}: is not a whole safetensors file ({clean_line(str(error))}); make it again, "
            "or restore it from a copy."
        ) from error
