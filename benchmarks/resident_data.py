"""An epoch of augmented batches from the device-resident split beside a DataLoader's.

Run: python benchmarks/resident_data.py [cpu|cuda:0]
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import torch
from measuring import Ratio, compare, publish
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from mcworkbench.data.draws import epoch_draws, epoch_order
from mcworkbench.data.resident import Split

if TYPE_CHECKING:
    import numpy.typing as npt

NUM_IMAGES = 4096
BATCH = 128
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2023, 0.1994, 0.2010)


class Pictures(Dataset[tuple[torch.Tensor, int]]):
    """Images in memory, transformed one by one as the reference does."""

    def __init__(self, images_NHWC: npt.NDArray[np.uint8]) -> None:
        self._images = images_NHWC
        self._transform = transforms.Compose(
            [
                transforms.RandomCrop(32, padding=4),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, STD),
            ]
        )

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        """Return one augmented, normalised image."""
        image: object = self._transform(Image.fromarray(self._images[index]))
        assert isinstance(image, torch.Tensor)
        return image, index % 10


def measure(device: str) -> list[Ratio]:
    """Return the ratio of one epoch's time."""
    generator = np.random.default_rng(0)
    images_NHWC = generator.integers(0, 256, (NUM_IMAGES, 32, 32, 3), dtype=np.uint8)
    pixels = torch.from_numpy(images_NHWC).permute(0, 3, 1, 2).contiguous().to(device)
    split = Split(pixels, torch.arange(NUM_IMAGES, device=device) % 10, MEAN, STD)
    loader = DataLoader(Pictures(images_NHWC), batch_size=BATCH, shuffle=True)

    def resident() -> None:
        order_N = epoch_order(NUM_IMAGES, 0, 1).to(device)
        draws = epoch_draws(NUM_IMAGES, 0, 1, "crop-flip", 4)
        assert draws is not None
        on_device = draws.to(device)
        for index_B in order_N.split(BATCH):
            split.take(index_B, on_device)

    def loaded() -> None:
        for inputs_B, targets_B in loader:
            inputs_B.to(device)
            targets_B.to(device)

    what = f"{NUM_IMAGES} augmented CIFAR-sized images"
    return [compare(what, ("resident", resident), ("DataLoader", loaded), device=device, rounds=3)]


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "cpu"
    publish("resident-data", chosen, measure(chosen))
