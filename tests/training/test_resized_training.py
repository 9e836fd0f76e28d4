"""Training on random resized crops: stopped and resumed it ends with the same bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.config.options.model import PreResNetOptions
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages import dataset as dataset_stage
from mcworkbench.stages import endpoint as endpoint_stage
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cropped(tmp_path: Path) -> Path:
    options = DataOptions(
        name="synthetic",
        digest="synthetic-1",
        augment="resized-crop",
        output_size=16,
        normalize="VGG",
        train_limit=200,
        test_limit=40,
    )
    workspace = MemoryWorkspace(options, tmp_path / "data")
    drive(dataset_stage.run(workspace))
    return workspace.folder


def test_a_training_stopped_twice_has_the_same_bits(cropped: Path, tmp_path: Path) -> None:
    options = EndpointOptions(
        model=PreResNetOptions(name="preresnet", depth=8), epochs=2, batch_size=50
    )
    whole = MemoryWorkspace(options, tmp_path / "whole", {"dataset": cropped})
    drive(endpoint_stage.run(whole))
    parts = MemoryWorkspace(options, tmp_path / "parts", {"dataset": cropped})
    for steps in (2, 4):
        parts.stop_after_calls = steps
        with pytest.raises(Stopped):
            drive(endpoint_stage.run(parts))
    parts.stop_after_calls = None
    drive(endpoint_stage.run(parts))
    found = [
        {file.name: file.read_bytes() for file in sorted(one.folder.iterdir())}
        for one in (whole, parts)
    ]
    assert found[0] == found[1]
