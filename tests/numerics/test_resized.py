"""Random resized crops and centre views beside torchvision's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision import transforms
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as tv

from mcworkbench.config.options.data import DataOptions
from mcworkbench.data.draws import epoch_draws
from mcworkbench.data.resident import Split
from mcworkbench.data.resized import ResizedDraws, centre_view, resized_draws

BILINEAR = InterpolationMode.BILINEAR


def images(num: int, height: int, width: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (num, 3, height, width), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize(("height", "width", "side"), [(32, 32, 224), (12, 20, 30), (40, 40, 24)])
def test_a_crop_is_cut_out_then_resized_then_flipped(height: int, width: int, side: int) -> None:
    pixels = images(16, height, width)
    draws = resized_draws(16, 3, 1, (height, width), side)
    found = draws.augment(pixels)
    assert found.shape == (16, 3, side, side)
    for number in range(16):
        top, left, box_height, box_width = draws.box_N4[number].tolist()
        expected = tv.resized_crop(
            pixels[number].float(),
            *(top, left, box_height, box_width),
            [side, side],
            BILINEAR,
            antialias=False,
        )
        expected = tv.hflip(expected) if draws.flip[number] else expected
        torch.testing.assert_close(found[number], expected, rtol=0, atol=0.02)


@pytest.mark.parametrize(("size", "side"), [(32, 224), (64, 56), (256, 224)])
def test_the_view_of_an_evaluation_is_resized_and_its_centre_cut(size: int, side: int) -> None:
    pixels = images(2, size, size)
    resized = round(side * 256 / 224)
    whole = tv.resize(pixels.float(), [resized, resized], BILINEAR, antialias=False)
    expected = tv.center_crop(whole, [side, side])
    torch.testing.assert_close(centre_view(pixels, side), expected, rtol=0, atol=0.02)


def test_boxes_are_spread_like_torchvisions() -> None:
    num, size = 4000, 64
    draws = resized_draws(num, 1, 0, (size, size), 32)
    picture = torch.zeros(3, size, size)
    torch.manual_seed(0)
    theirs = torch.tensor(
        [
            transforms.RandomResizedCrop.get_params(picture, [0.08, 1.0], [3 / 4, 4 / 3])
            for _ in range(num)
        ]
    ).double()
    ours = draws.box_N4.double()
    spread = theirs.std(0) / np.sqrt(num)
    # Means within five standard errors of a difference, deviations within 5 %.
    assert (ours.mean(0) - theirs.mean(0)).abs().le(5 * np.sqrt(2) * spread).all()
    torch.testing.assert_close(ours.std(0), theirs.std(0), rtol=0.05, atol=0)
    area = ours[:, 2] * ours[:, 3] / size**2
    assert 0.07 < area.min() < 0.1
    assert abs(float(draws.flip.double().mean()) - 0.5) < 0.03


def test_every_box_lies_inside_its_image_even_a_narrow_one() -> None:
    for image in ((64, 8), (8, 64), (5, 5)):
        box = resized_draws(500, 2, 3, image, 16).box_N4
        assert (box >= torch.tensor([0, 0, 1, 1])).all()
        assert (box[:, 0] + box[:, 2] <= image[0]).all()
        assert (box[:, 1] + box[:, 3] <= image[1]).all()
    wide = resized_draws(500, 2, 3, (8, 64), 16).box_N4
    # 3/4 to 4/3 of 8 rows: the fallback is 8 × 11 in the middle, where no drawn box fits.
    assert (wide[:, 3] <= 11).all()


def test_tables_are_a_function_of_seed_and_epoch() -> None:
    one, again = (resized_draws(50, 7, 2, (32, 32), 64) for _ in range(2))
    assert torch.equal(one.box_N4, again.box_N4)
    assert torch.equal(one.flip, again.flip)
    for seed, epoch in ((8, 2), (7, 3)):
        assert not torch.equal(resized_draws(50, seed, epoch, (32, 32), 64).box_N4, one.box_N4)
    plain = epoch_draws(50, 7, 2, "flip", 4)
    assert plain is not None
    assert torch.equal(plain.flip, one.flip), "one stream of flips, however images are cropped"


def test_a_split_gives_crops_to_training_and_the_centre_to_evaluation() -> None:
    data = DataOptions(name="digits", augment="resized-crop", output_size=28)
    split = Split(
        images(9, 32, 32), torch.arange(9), (0.5, 0.4, 0.3), (0.2, 0.2, 0.1), output_size=28
    )
    draws = split.draws(data, 1, 0)
    assert isinstance(draws, ResizedDraws)
    index = torch.tensor([3, 8])
    scale = torch.tensor([0.2, 0.2, 0.1])[:, None, None]
    mean = torch.tensor([0.5, 0.4, 0.3])[:, None, None]
    expected = (draws.at(index).augment(split.inputs[index]) / 255 - mean) / scale
    torch.testing.assert_close(split.take(index, draws)[0], expected, rtol=0, atol=1e-5)
    centre = (centre_view(split.inputs, 28) / 255 - mean) / scale
    torch.testing.assert_close(split.take(torch.arange(9))[0], centre, rtol=0, atol=1e-5)
    batches = torch.cat([inputs for inputs, _ in split.batches(4)])
    torch.testing.assert_close(batches, centre, rtol=0, atol=1e-5)
