"""A split on its device: batches, scaling, layout; on a GPU without waiting for it."""

from __future__ import annotations

import pytest
import torch

from mcworkbench.data.draws import augment, epoch_draws
from mcworkbench.data.resident import Split

MEAN = (0.1, 0.5, 0.25)
STD = (0.2, 0.25, 1.0)


def image_split(device: str = "cpu", *, channels_last: bool = False) -> Split:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randint(0, 256, (50, 3, 8, 8), generator=generator, dtype=torch.uint8)
    targets = torch.arange(50) % 10
    return Split(inputs.to(device), targets.to(device), MEAN, STD, channels_last=channels_last)


def scaled(pixels: torch.Tensor) -> torch.Tensor:
    mean, std = (torch.tensor(values, dtype=torch.float64)[:, None, None] for values in (MEAN, STD))
    return ((pixels.double() / 255 - mean) / std).float()


def test_a_batch_is_the_chosen_examples_scaled() -> None:
    split = image_split()
    index = torch.tensor([7, 3, 7])
    inputs, targets = split.take(index)
    torch.testing.assert_close(inputs, scaled(split.inputs[index]), rtol=0, atol=1e-6)
    assert targets.tolist() == [7, 3, 7]


def test_augmentation_happens_on_raw_pixels_so_padding_is_black() -> None:
    split = image_split()
    draws = epoch_draws(50, 1, 0, "crop", 4)
    assert draws is not None
    index = torch.arange(50)
    inputs, _ = split.take(index, draws)
    torch.testing.assert_close(inputs, scaled(augment(split.inputs, draws)), rtol=0, atol=1e-6)
    black = torch.tensor([-mean / std for mean, std in zip(MEAN, STD, strict=True)])
    top_rows = inputs[draws.dy < 4, :, 0]
    assert len(top_rows) > 5
    torch.testing.assert_close(top_rows, black[:, None].expand_as(top_rows))


def test_channels_last_changes_the_layout_and_no_value() -> None:
    index = torch.arange(20)
    plain, _ = image_split().take(index)
    turned, _ = image_split(channels_last=True).take(index)
    assert turned.is_contiguous(memory_format=torch.channels_last)
    assert not plain.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(plain, turned)


def test_batches_follow_the_index_or_the_stored_order() -> None:
    split = image_split()
    whole = torch.cat([inputs for inputs, _ in split.batches(16)])
    assert torch.equal(whole, split.take(torch.arange(50))[0])
    assert [len(targets) for _, targets in split.batches(16)] == [16, 16, 16, 2]
    index = torch.tensor([9, 1, 5])
    assert [targets.tolist() for _, targets in split.batches(2, index)] == [[9, 1], [5]]
    assert list(split.batches(2, index[:0])) == []


def test_features_are_scaled_per_feature_and_stay_as_they_are_in_the_split() -> None:
    features = torch.tensor([[1.0, 10.0], [3.0, 30.0]])
    split = Split(features.clone(), torch.zeros(2, 1), (1.0, 10.0), (2.0, 20.0))
    for _ in range(2):
        ((inputs, _),) = split.batches(8)
        assert inputs.tolist() == [[0, 0], [1, 1]]
    assert torch.equal(split.inputs, features)


def test_one_mean_serves_every_channel() -> None:
    split = Split(torch.full((2, 3, 1, 1), 255, dtype=torch.uint8), torch.zeros(2), (0.5,), (0.25,))
    assert split.take(torch.tensor([1]))[0].flatten().tolist() == [2, 2, 2]


@pytest.mark.gpu
@pytest.mark.parametrize("mode", ["flip", "crop-flip", "flip-crop"])
def test_a_gpu_gives_the_same_batches_without_being_waited_for(mode: str) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    draws = epoch_draws(50, 1, 0, mode, 4)
    assert draws is not None
    index = torch.tensor([4, 40, 4, 13])
    expected, _ = image_split().take(index, draws)
    split, on_device, index_B = image_split("cuda"), draws.to("cuda"), index.to("cuda")
    split.take(index_B, on_device)
    torch.cuda.set_sync_debug_mode("error")
    try:
        inputs, _ = split.take(index_B, on_device)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    torch.testing.assert_close(inputs.cpu(), expected, rtol=0, atol=1e-6)
