"""Set torch up for one stage: threads and determinism, before anything is computed.

Called by an attempt. A stage without torch must not pay two seconds for loading it, so torch
is loaded here only where the stage's code has done so, or where its options speak of it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcworkbench.config.options.base import Options


def set_up(options: Options, device: str, threads: int) -> dict[str, Any]:
    """Set torch up and return what env.json says about it; {} where it is not loaded."""
    is_deterministic = getattr(options, "deterministic", None)
    if is_deterministic is None and "torch" not in sys.modules:
        return {}
    import torch

    torch.set_num_threads(threads)
    # Benchmarking picks an algorithm by timing, so its numbers change from run to run.
    torch.backends.cudnn.benchmark = False
    # The process runs several stages: what one asked for must not last into the next.
    # A stage without the option, an evaluation say, gives the same numbers twice, too.
    wants = is_deterministic is not False
    torch.use_deterministic_algorithms(wants)
    # A debugging aid that deterministic mode switches on: it writes NaN into every new tensor.
    settings: Any = torch.utils.deterministic
    settings.fill_uninitialized_memory = False
    facts: dict[str, Any] = {
        "deterministic": wants,
        "tf32_matmul": torch.backends.cuda.matmul.allow_tf32,
        "tf32_cudnn": torch.backends.cudnn.allow_tf32,
    }
    if device != "cpu":
        facts["device_name"] = torch.cuda.get_device_name(device)
        facts["cuda"] = torch.version.cuda
        facts["cudnn"] = torch.backends.cudnn.version()
    return facts
