"""One seed, one result; each stream of random numbers changes its own thing and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.config.options.model import MlpOptions, Vgg16Options
from mcworkbench.plans.digests import source_digest
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages import curve as curve_stage
from mcworkbench.stages import dataset as dataset_stage
from mcworkbench.stages import endpoint as endpoint_stage
from mcworkbench.training.random_state import load_random, random_tensors, seed_dropout
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MLP = MlpOptions(name="mlp", widths=(12,))


def bits(folder: Path, dataset: Path, **chosen: Any) -> tuple[bytes, bytes]:
    """Return the network before and after one epoch."""
    given = {"model": MLP, "epochs": 1, "batch_size": 64, "keep": "initial", **chosen}
    options = EndpointOptions.model_validate(given)
    workspace = MemoryWorkspace(options, folder / "-".join(map(str, chosen)), {"dataset": dataset})
    drive(endpoint_stage.run(workspace))
    first = workspace.snapshots["epoch-0"]["network.safetensors"]
    return first, (workspace.folder / "network.safetensors").read_bytes()


def plain_digits(folder: Path) -> Path:
    options = DataOptions(name="digits", digest="digits", train_limit=200, test_limit=50)
    workspace = MemoryWorkspace(options, folder / "plain")
    drive(dataset_stage.run(workspace))
    return workspace.folder


def test_the_same_seeds_give_the_same_bits_whatever_came_before(
    digits: Path, tmp_path: Path
) -> None:
    once = bits(tmp_path / "a", digits)
    torch.manual_seed(99)
    torch.rand(5)
    assert bits(tmp_path / "b", digits) == once


def test_the_initial_seed_changes_where_training_begins(digits: Path, tmp_path: Path) -> None:
    once, other = bits(tmp_path, digits), bits(tmp_path, digits, init_seed=2)
    assert once[0] != other[0]
    assert once[1] != other[1]


def test_the_order_seed_changes_the_order_and_nothing_else(digits: Path, tmp_path: Path) -> None:
    once, other = bits(tmp_path, digits), bits(tmp_path, digits, order_seed=2)
    assert once[0] == other[0]
    assert once[1] != other[1]
    stored = {"order": "file"}
    assert bits(tmp_path / "c", digits, **stored) == bits(
        tmp_path / "d", digits, order_seed=2, **stored
    )


def test_the_augmentation_seed_changes_crops_and_flips_and_nothing_else(
    digits: Path, tmp_path: Path
) -> None:
    once, other = bits(tmp_path, digits), bits(tmp_path, digits, augment_seed=2)
    assert once[0] == other[0]
    assert once[1] != other[1]
    plain = plain_digits(tmp_path)
    assert bits(tmp_path / "c", plain) == bits(tmp_path / "d", plain, augment_seed=2)


def test_watching_and_logging_change_no_bit(digits: Path, tmp_path: Path) -> None:
    once = bits(tmp_path, digits)
    quiet = bits(tmp_path, digits, watch_every=0, log_every=999, checkpoint_every=1)
    assert quiet == once


def test_the_seeds_of_a_curve_are_its_t_its_order_and_its_random_bends(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    inputs = {"dataset": digits, "first": train_end(MLP, 1), "last": train_end(MLP, 2)}

    def nodes(name: str, **chosen: Any) -> tuple[bytes, bytes]:
        given = {"epochs": 1, "batch_size": 75, "probe_points": 0, "keep": "0", **chosen}
        options = CurveOptions.model_validate(given)
        workspace = MemoryWorkspace(options, tmp_path / name, inputs)
        drive(curve_stage.run(workspace))
        first = workspace.snapshots["epoch-0"]["nodes.safetensors"]
        return first, (workspace.folder / "nodes.safetensors").read_bytes()

    once = nodes("a")
    assert nodes("b") == once
    assert nodes("c", init_seed=5) == once
    ordered = nodes("d", order_seed=5)
    assert ordered[0] == once[0]
    assert ordered[1] != once[1]
    drawn = nodes("e", init="random")
    assert drawn[0] != once[0]
    assert nodes("f", init="random", init_seed=5)[0] != drawn[0]
    listed = {"order": "file", "positions": (0.25, 0.75)}
    assert nodes("g", **listed) == nodes("h", **listed, order_seed=5)


def test_dropout_is_seeded_by_the_epoch_and_its_state_can_be_restored() -> None:
    drawn: dict[tuple[int, int], list[float]] = {}
    for seed, epoch in ((1, 1), (1, 2), (2, 1)):
        seed_dropout(seed, epoch)
        drawn[seed, epoch] = torch.rand(4).tolist()
    assert len({tuple(values) for values in drawn.values()}) == 3
    seed_dropout(1, 1)
    state = random_tensors(torch.device("cpu"))
    assert torch.rand(4).tolist() == drawn[1, 1]
    load_random(state)
    assert torch.rand(4).tolist() == drawn[1, 1]


@pytest.fixture
def four_images(tmp_path: Path) -> Path:
    """Return a data set of eight tiny colour images, four of them for testing."""
    rng = np.random.default_rng(0)
    file = tmp_path / "four.npz"
    np.savez(
        file,
        train_images=rng.integers(0, 256, (4, 32, 32, 3), np.uint8),
        train_labels=np.arange(4) % 2,
        test_images=rng.integers(0, 256, (4, 32, 32, 3), np.uint8),
        test_labels=np.arange(4) % 2,
    )
    name = f"arrays:{file}"
    options = DataOptions(name=name, digest=source_digest(name))
    workspace = MemoryWorkspace(options, tmp_path / "four")
    drive(dataset_stage.run(workspace))
    return workspace.folder


def test_a_network_with_dropout_resumes_in_the_middle_of_an_epoch_with_its_bits(
    four_images: Path, tmp_path: Path
) -> None:
    options = EndpointOptions(
        model=Vgg16Options(name="vgg16"), epochs=1, batch_size=2, lr=0.01, watch_every=0
    )
    whole = MemoryWorkspace(options, tmp_path / "whole", {"dataset": four_images})
    drive(endpoint_stage.run(whole))
    parts = MemoryWorkspace(options, tmp_path / "parts", {"dataset": four_images})
    parts.stop_after_calls = 0
    with pytest.raises(Stopped):
        drive(endpoint_stage.run(parts))
    # Whoever resumes is a process of its own, whose generator stands elsewhere.
    torch.manual_seed(12345)
    parts.stop_after_calls = None
    drive(endpoint_stage.run(parts))
    name = "network.safetensors"
    assert (parts.folder / name).read_bytes() == (whole.folder / name).read_bytes()
