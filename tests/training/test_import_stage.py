"""Checkpoints of published networks through the import stage: what is taken, what is warned of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.endpoint import ImportOptions
from mcworkbench.folders import file_sha256
from mcworkbench.models import build_model
from mcworkbench.models.product import OPTIMIZER_FILE
from mcworkbench.params.flat import FlatModule
from mcworkbench.params.store import read_tensors
from mcworkbench.params.vectors import named_views
from mcworkbench.plans.digests import source_digest
from mcworkbench.runs.events import Noted, Warned
from mcworkbench.stages import dataset as dataset_stage
from mcworkbench.stages import imported
from tests.numerics.model_samples import CIFAR, DIGITS, options_of
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from pathlib import Path


def import_state(
    state: dict[str, Tensor], section: dict[str, Any], dataset: Path, folder: Path
) -> tuple[list[str], list[str]]:
    """Return the warnings and the notes of an import."""
    file = folder / "checkpoint-200.pt"
    torch.save({"epoch": 200, "model_state": state, "optimizer_state": {}}, file)
    options = ImportOptions(sha256=file_sha256(file), file=str(file), model=options_of(section))
    workspace = MemoryWorkspace(options, folder / "imported", {"dataset": dataset})
    events, _ = drive(imported.run(workspace))
    warned = [event.text for event in events if isinstance(event, Warned)]
    return warned, [event.text for event in events if isinstance(event, Noted)]


def test_otfusions_network_is_imported_by_name(digits: Path, tmp_path: Path) -> None:
    section = {"name": "mlp", "widths": [8, 6], "bias": False}
    module = build_model(options_of(section), DIGITS, 10, seed=1)
    state = {
        f"fc{place}.weight": value for place, value in enumerate(module.state_dict().values(), 1)
    }
    warned, noted = import_state(state, section, digits, tmp_path)
    assert warned == []
    assert "'fc1' to 'fc3' taken as 'fc.0' to 'fc.4', layer by layer" in noted


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return sixteen images of 32 pixels."""
    import numpy as np

    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (16, *CIFAR[1:], CIFAR[0]), dtype=np.uint8)
    labels = np.arange(16) % 10
    file = tmp_path / "pictures.npz"
    np.savez(file, train_images=images, train_labels=labels, test_images=images, test_labels=labels)
    name = f"arrays:{file}"
    options = DataOptions(name=name, digest=source_digest(name, writes=False))
    workspace = MemoryWorkspace(options, tmp_path / "pictures")
    drive(dataset_stage.run(workspace))
    return workspace.folder


def test_a_vgg_that_was_trained_with_half_its_layers_is_told(
    pictures: Path, tmp_path: Path
) -> None:
    section = {"name": "VGG16BN", "wiring": "reference"}
    module = build_model(options_of(section), CIFAR, 10, seed=1)
    with torch.no_grad():
        module(torch.randn(4, *CIFAR))
    means = [value for key, value in module.named_buffers() if key.endswith("running_mean")]
    ran = [bool(mean.any()) for mean in means]
    assert (sum(ran), len(ran)) == (5, 13)
    state = module.state_dict()
    (told,), _ = import_state(state, {"name": "VGG16BN"}, pictures, tmp_path)
    assert told.startswith("8 of 13 batch norms have the running means they began with, first ")
    assert told.endswith("set model.wiring = 'reference'")
    (cautioned,), _ = import_state(state, section, pictures, tmp_path)
    assert cautioned.startswith("wired as the reference runs its VGG16BN: half of each block")


def test_momentum_of_another_program_is_taken_along_in_our_layout(
    digits: Path, tmp_path: Path
) -> None:
    options = options_of({"name": "mlp", "widths": [8]})
    module = build_model(options, DIGITS, 10, seed=1)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
    for step in range(2):
        optimizer.zero_grad()
        module(torch.full((3, *DIGITS), 0.5 + step)).square().mean().backward()
        optimizer.step()
    expected = {
        name: optimizer.state[value]["momentum_buffer"] for name, value in module.named_parameters()
    }
    saved = {
        "epoch": 2,
        # Wrapped, as networks trained on several devices are saved.
        "model_state": {f"module.{name}": value for name, value in module.state_dict().items()},
        "optimizer_state": optimizer.state_dict(),
    }
    file = tmp_path / "checkpoint-2.pt"
    torch.save(saved, file)
    for wanted in (True, False):
        chosen = ImportOptions(
            sha256=file_sha256(file), file=str(file), model=options, with_optimizer=wanted
        )
        folder = tmp_path / f"imported-{wanted}"
        drive(imported.run(MemoryWorkspace(chosen, folder, {"dataset": digits})))
        assert (folder / OPTIMIZER_FILE).is_file() == wanted
    state = read_tensors(tmp_path / "imported-True" / OPTIMIZER_FILE)
    assert list(state) == ["momentum_buffer"]
    layout = FlatModule(module).layout
    views = named_views(state["momentum_buffer"], layout)
    assert views.keys() == expected.keys()
    for name, value in expected.items():
        assert value.abs().max() > 0
        torch.testing.assert_close(views[name], value, rtol=0, atol=0)
