"""Small real data sets and networks, made through the real stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.stages import dataset as dataset_stage
from mcworkbench.stages import endpoint as endpoint_stage
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcworkbench.config.options.model import AnyModelOptions


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Compute on one thread: bits depend on the count."""
    torch.set_num_threads(1)


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """Return a dataset product: 300 digits to train on, 60 to validate, 100 to test."""
    options = DataOptions(
        name="digits",
        digest="digits",
        validation="random:60",
        train_limit=300,
        test_limit=100,
        augment="crop-flip",
        crop_padding=1,
    )
    workspace = MemoryWorkspace(options, tmp_path / "digits")
    drive(dataset_stage.run(workspace))
    return workspace.folder


@pytest.fixture
def train_end(tmp_path: Path, digits: Path) -> Callable[[AnyModelOptions, int], Path]:
    """Return a function that trains a network for one epoch and returns its product."""

    def train(model: AnyModelOptions, seed: int) -> Path:
        options = EndpointOptions(
            model=model, epochs=1, batch_size=50, init_seed=seed, order_seed=seed
        )
        workspace = MemoryWorkspace(options, tmp_path / f"end-{seed}", {"dataset": digits})
        drive(endpoint_stage.run(workspace))
        return workspace.folder

    return train
