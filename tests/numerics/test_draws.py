"""Random tables and augmentation against slow, obvious versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from mcworkbench.data.draws import (
    augment,
    epoch_draws,
    epoch_order,
    permutation,
    subset,
    uniform,
    uniform_ts,
)

if TYPE_CHECKING:
    from mcworkbench.data.draws import EpochDraws


def test_an_order_is_a_permutation_that_seed_and_epoch_change() -> None:
    orders = [epoch_order(500, seed, epoch) for seed in (1, 2) for epoch in (0, 1)]
    for order in orders:
        assert order.dtype == torch.int64
        assert sorted(order.tolist()) == list(range(500))
    assert len({tuple(order.tolist()) for order in orders}) == 4
    assert torch.equal(epoch_order(500, 1, 0), orders[0])


def test_the_tables_never_change_between_versions() -> None:
    # Stored once: a change here makes every published curve unrepeatable.
    assert permutation(8, 1, "order", 0).tolist() == [3, 7, 1, 2, 5, 6, 0, 4]
    assert uniform(3, 1, "t", 2).tolist() == [
        0.11172902490082082,
        0.20677988427396388,
        0.24389853828852848,
    ]


def test_drawing_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    epoch_draws(10, 1, 0, "crop-flip", 4)
    uniform_ts(10, 1, 0)
    assert torch.equal(torch.get_rng_state(), before)


def test_positions_on_the_curve_are_uniform_in_zero_to_one() -> None:
    ts = uniform_ts(20_000, 3, 0)
    assert ts.dtype == torch.float64
    assert 0 <= ts.min() < 0.001
    assert 0.999 < ts.max() < 1
    counts = torch.histc(ts, 10, 0, 1)
    # Five standard deviations of a bin of Binomial(20000, 1/10).
    assert (counts - 2000).abs().max() < 5 * (20_000 * 0.1 * 0.9) ** 0.5


def test_flips_and_offsets_are_uniform_and_independent() -> None:
    draws = epoch_draws(90_000, 1, 0, "crop-flip", 4)
    assert draws is not None
    assert abs(draws.flip.double().mean().item() - 0.5) < 0.01
    cells = torch.bincount(draws.dy * 9 + draws.dx, minlength=81)
    assert len(cells) == 81
    assert (cells - 90_000 / 81).abs().max() < 5 * (90_000 / 81) ** 0.5


def test_a_subset_grows_with_its_limit_and_keeps_stored_order() -> None:
    small, large = subset(100, 10, 5, "x"), subset(100, 30, 5, "x")
    assert len(small) == 10
    assert set(small) < set(large)
    assert np.array_equal(large, np.sort(large))
    assert subset(100, 0, 5, "x").tolist() == subset(100, 200, 5, "x").tolist() == [*range(100)]


def one_by_one(images: torch.Tensor, draws: EpochDraws) -> torch.Tensor:
    """Return what PIL makes of each image: the reference pads the black picture, then crops."""
    out: list[torch.Tensor] = []
    for number, pixels in enumerate(images):
        image = Image.fromarray(pixels.permute(1, 2, 0).numpy())
        steps = draws.mode.split("-")
        for step in steps:
            if step == "flip" and draws.flip[number]:
                image = ImageOps.mirror(image)
            if step == "crop":
                left, top = int(draws.dx[number]), int(draws.dy[number])
                width, height = image.size
                padded = ImageOps.expand(image, draws.padding, fill=0)
                image = padded.crop((left, top, left + width, top + height))
        out.append(torch.from_numpy(np.array(image)).permute(2, 0, 1))
    return torch.stack(out)


@pytest.mark.parametrize("mode", ["flip", "crop", "crop-flip", "flip-crop"])
@pytest.mark.parametrize("padding", [1, 4])
def test_whole_batches_equal_images_augmented_one_by_one(mode: str, padding: int) -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (40, 3, 7, 9), generator=generator, dtype=torch.uint8)
    draws = epoch_draws(40, 1, 0, mode, padding)
    assert draws is not None
    assert torch.equal(augment(images, draws), one_by_one(images, draws))


def test_the_draws_of_a_batch_are_those_of_its_examples() -> None:
    images = torch.arange(2 * 5 * 5, dtype=torch.uint8).view(2, 1, 5, 5)
    draws = epoch_draws(2, 7, 0, "crop-flip", 2)
    assert draws is not None
    both = augment(images, draws)
    index = torch.tensor([1])
    assert torch.equal(augment(images[index], draws.at(index)), both[index])


def test_no_augmentation_needs_no_tables() -> None:
    assert epoch_draws(10, 1, 0, "none", 4) is None
