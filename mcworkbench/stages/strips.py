"""Pictures of a few fixed test images while an autoencoder trains.

Leaves no trace in the training: evaluation mode, no generators.
Shape letters: K = images.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np
import torch

from mcworkbench.metrics import images
from mcworkbench.runs.events import PicturesSaved
from mcworkbench.stages.sheets import npz_bytes, pixels_of
from mcworkbench.tasks.reconstruction import Reconstruction
from mcworkbench.training.precision import computing

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from torch import Tensor

    from mcworkbench.data.dataset import Dataset
    from mcworkbench.params.flat import FlatModule
    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace

NUM_IMAGES = 8
# One seed for strips and pictures along paths: everywhere the same faces.
PICTURE_SEED = 0


@final
class FixedImages:
    """The first images of a seeded draw from the test split, and what a network makes of them."""

    def __init__(self, dataset: Dataset, device: str, num: int, *, channels_last: bool) -> None:
        self.split = dataset.split("test", device, num, PICTURE_SEED, channels_last=channels_last)
        self._task = Reconstruction(dataset.range)
        self.inputs, _ = self.split.take(torch.arange(self.split.num_examples, device=device))
        index = dataset.index("test", num, PICTURE_SEED)
        self.pixels = pixels_of(self._task.unit(self.inputs))
        self.known: dict[str, npt.NDArray[Any]] = {
            "inputs": self.pixels,
            "index": np.asarray(index, dtype=np.int64),
            "labels": self.split.targets.cpu().numpy(),
        }

    @torch.inference_mode()
    def reconstruct(self, flat: FlatModule, precision: str) -> tuple[Tensor, Tensor]:
        """Return the reconstructions in [0, 1] and each one's mse, (K,)."""
        with computing(self.inputs.device, precision):
            outputs = flat(self.inputs)
        unit = self._task.unit(outputs.float()).clamp(0, 1)
        return unit, images.mse(unit, self._task.unit(self.inputs))


def save_strip(
    fixed: FixedImages,
    flat: FlatModule,
    workspace: Workspace,
    *,
    epoch: int,
    step: int,
    precision: str,
) -> Iterator[Event]:
    """Publish inputs beside reconstructions of the network as it is now."""
    flat.module.eval()
    outputs, mse_K = fixed.reconstruct(flat, precision)
    name = f"strip-{epoch:06d}.npz"
    content = npz_bytes(
        **fixed.known,
        outputs=pixels_of(outputs),
        mse=mse_K.float().cpu().numpy(),
        epoch=np.asarray(epoch),
    )
    yield workspace.save_artifact(name, content, "strip")
    values = {"mse": mse_K.mean().item(), "psnr": images.psnr(mse_K).mean().item()}
    yield PicturesSaved(name, "strip", epoch, step, len(mse_K), values)
