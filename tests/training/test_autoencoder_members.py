"""Autoencoders as members of ensembles: the mean reconstruction, scored in [0, 1] pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from mcworkbench.config.options.ensemble import PredictOptions
from mcworkbench.config.options.model.autoencoder import AeTinyOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.models.product import build_flat
from mcworkbench.runs.ensemble_scores import mean_of, scores
from mcworkbench.stages.scoring import NetworkScorer
from tests.training.memory_workspace import MemoryWorkspace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("image_range", ["unit", "signed"])
def test_an_ensemble_is_the_mean_reconstruction_in_pixels(
    digits: Path, tmp_path: Path, image_range: str
) -> None:
    model = AeTinyOptions.model_validate(
        {"name": "ae_tiny", "width": 3, "code": 4, "range": image_range}
    )
    dataset = open_dataset(digits).for_model(model)
    workspace = MemoryWorkspace(PredictOptions(), tmp_path / "w", {"dataset": digits})
    outputs: list[torch.Tensor] = []
    pixels = dataset.split("test", "cpu").inputs.double() / 255
    for seed in (1, 2):
        flat = build_flat(model, dataset.input_shape, dataset.num_outputs, seed=seed, device="cpu")
        scorer = NetworkScorer(dataset, flat, workspace)
        values, averaged = scorer.outputs("test")
        assert scorer.averages == "values"
        gap = (averaged.double() - pixels).square().mean().item()
        assert values["test_mse"] == pytest.approx(gap, rel=1e-5)
        torch.testing.assert_close(scorer.answers("test").double(), pixels, atol=1e-6, rtol=0)
        outputs.append(averaged)
    together = scores("values", mean_of([x.numpy() for x in outputs]), pixels.numpy())
    expected = ((outputs[0].double() + outputs[1]) / 2 - pixels).square().mean().item()
    assert together["mse"] == pytest.approx(expected, rel=1e-9)
    # Jensen: the mean of two reconstructions is no worse than the mean of their errors.
    alone = [(x.double() - pixels).square().mean().item() for x in outputs]
    assert together["mse"] <= sum(alone) / 2
