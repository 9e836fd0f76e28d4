"""FGE, PFGE and snapshot ensembles against a plain loop; what they publish; exact resumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from torch.testing import assert_close

from mcworkbench.config.options.fge import FgeOptions
from mcworkbench.config.options.model import PreResNetOptions
from mcworkbench.config.options.snapshot import SnapshotOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.data.draws import epoch_draws, permutation
from mcworkbench.errors import InvalidInputError
from mcworkbench.models import build_model
from mcworkbench.params.batch_norm import refresh_batch_norm
from mcworkbench.params.store import read_tensors
from mcworkbench.runs.events import EpochFinished, MemberCaptured
from mcworkbench.runs.members import read_members, read_predictions, read_targets, what_if
from mcworkbench.stages import fge as fge_stage
from mcworkbench.stages import snapshot as snapshot_stage
from mcworkbench.training.schedules import cyclic_rate, restart_rate
from tests.training.ensemble_oracle import copied, probabilities_of, train_cyclic
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor, nn

    from mcworkbench.runs.events import Event

RESNET = PreResNetOptions(name="preresnet", depth=8)
STEPS = 5
SHORT: dict[str, Any] = {"epochs": 4, "cycle": 2, "batch_size": 60, "lr": 0.05, "lr_min": 0.001}


def module_at(folder: Path) -> nn.Module:
    module = build_model(RESNET, (1, 8, 8), 10, 0)
    module.load_state_dict(read_tensors(folder / "network.safetensors"))
    return module


def momentum_at(folder: Path, module: nn.Module) -> dict[str, Tensor]:
    """Return the momentum of each parameter out of the padded vector that is stored."""
    vector_D = read_tensors(folder / "optimizer.safetensors")["momentum_buffer"]
    found: dict[str, Tensor] = {}
    offset = 0
    for name, value in module.named_parameters():
        found[name] = vector_D[offset : offset + value.numel()].view(value.shape)
        offset += -(-value.numel() // 32) * 32
    assert offset == len(vector_D)
    return found


def run_fge(
    folder: Path, digits: Path, start: Path, **changes: Any
) -> tuple[MemoryWorkspace, list[Event], dict[str, float]]:
    options = FgeOptions.model_validate({**SHORT, **changes})
    workspace = MemoryWorkspace(options, folder, {"dataset": digits, "start": start})
    events, summary = drive(fge_stage.run(workspace))
    return workspace, events, summary


def captured(events: list[Event]) -> list[MemberCaptured]:
    return [event for event in events if isinstance(event, MemberCaptured)]


def assert_network(found: dict[str, bytes], expected: dict[str, Tensor]) -> None:
    from safetensors.torch import load

    tensors = load(found["network.safetensors"])
    assert tensors.keys() == expected.keys()
    for name, value in expected.items():
        assert_close(tensors[name], value, rtol=1e-4, atol=1e-5, msg=lambda t, n=name: f"{n}: {t}")


def test_members_are_the_networks_of_a_plain_loop_with_their_own_statistics(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    start, dataset = train_end(RESNET, 1), open_dataset(digits)
    workspace, events, _ = run_fge(tmp_path / "fge", digits, start)
    module = module_at(start)
    options = workspace.options
    assert isinstance(options, FgeOptions)
    networks: list[dict[str, Tensor]] = []
    sums: list[Tensor] = []
    start_p = probabilities_of(module, dataset)
    steps = train_cyclic(
        module,
        dataset,
        options,
        lambda step: cyclic_rate(options, step, STEPS),
        momentum_at(start, module),
    )
    for step in steps:
        if step in (STEPS, 3 * STEPS):
            networks.append(copied(module))
            sums.append(probabilities_of(module, dataset))
    for place, network in enumerate(networks, 1):
        assert_network(workspace.snapshots[f"member-{place}"], network)
    targets = dataset.split("test", "cpu").targets.numpy()
    members = captured(events)
    assert [(m.index, m.name, m.epoch, m.step, m.total) for m in members] == [
        (0, "start", 0, 0, 2),
        (1, "fge-1", 1, 5, 2),
        (2, "fge-3", 3, 15, 2),
    ]
    mean = torch.stack(sums).mean(0).numpy()
    assert members[2].ensemble["test_nll"] == pytest.approx(
        log_loss(targets, mean, labels=range(10)), abs=1e-4
    )
    assert members[2].ensemble["test_accuracy"] == (mean.argmax(1) == targets).mean()
    assert members[1].ensemble == members[1].values
    assert members[0].ensemble == {}
    expected = log_loss(targets, start_p.numpy(), labels=range(10))
    assert members[0].values["test_nll"] == pytest.approx(expected, abs=1e-4)


def test_what_is_published_gives_the_same_numbers_without_torch(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    workspace, events, summary = run_fge(tmp_path / "fge", digits, train_end(RESNET, 1))
    members = read_members(workspace.folder)
    assert members is not None
    told = captured(events)
    for row, event in zip(members.rows, told, strict=True):
        assert (row.index, row.name, row.values) == (event.index, event.name, event.values)
        assert row.ensemble == event.ensemble
        assert what_if(workspace.folder, members, [row.index]) == event.values
    assert what_if(workspace.folder, members, [1, 2]) == told[2].ensemble == members.ensemble
    assert {f"ensemble_{k}": v for k, v in members.ensemble.items()}.items() <= summary.items()
    assert members.without[1] == what_if(workspace.folder, members, [2])
    assert read_predictions(workspace.folder, 1).shape == (100, 10)
    assert read_predictions(workspace.folder, 1).dtype == np.float32
    assert len(read_targets(workspace.folder)) == 100
    with pytest.raises(InvalidInputError, match="needs at least one member"):
        what_if(workspace.folder, members, [])


def test_distances_are_those_between_the_published_networks(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    start = train_end(RESNET, 1)
    workspace, events, _ = run_fge(tmp_path / "fge", digits, start)
    from safetensors.torch import load

    names = [name for name, _ in module_at(start).named_parameters()]
    networks = [read_tensors(start / "network.safetensors")]
    networks += [load(workspace.snapshots[f"member-{k}"]["network.safetensors"]) for k in (1, 2)]
    flat = [torch.cat([net[name].flatten() for name in names]).double() for net in networks]
    members = read_members(workspace.folder)
    assert members is not None
    expected = torch.cdist(torch.stack(flat), torch.stack(flat)).numpy()
    assert np.array(members.pairwise["distance"]) == pytest.approx(expected, abs=1e-5)
    cosine = torch.nn.functional.cosine_similarity(flat[1], flat[2], dim=0).item()
    assert members.pairwise["cosine"][1][2] == pytest.approx(cosine, abs=1e-6)
    last = captured(events)[2].distances
    assert last["from_start"] == pytest.approx(expected[0][2], rel=1e-5)
    assert last["to_last"] == pytest.approx(expected[1][2], rel=1e-5)
    epochs = [event for event in events if isinstance(event, EpochFinished)]
    assert epochs[2].values["distance_from_start"] == pytest.approx(expected[0][2], rel=1e-5)


def test_capturing_leaves_no_trace_in_the_training(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    start = train_end(RESNET, 1)
    often, _, _ = run_fge(tmp_path / "often", digits, start, keep="4")
    seldom, _, _ = run_fge(tmp_path / "seldom", digits, start, keep="4", watch_every=0)
    assert often.snapshots["epoch-4"] == seldom.snapshots["epoch-4"]


def test_pfge_members_are_means_and_training_goes_on_from_them(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    start, dataset = train_end(RESNET, 1), open_dataset(digits)
    changes: dict[str, Any] = {
        "shape": "sawtooth",
        "cycle": 1,
        "average_period": 2,
        "carry_momentum": False,
    }
    workspace, _, _ = run_fge(tmp_path / "pfge", digits, start, **changes)
    options = workspace.options
    assert isinstance(options, FgeOptions)
    module, kept, networks = module_at(start), [], []
    rate: Callable[[int], float] = lambda step: cyclic_rate(options, step, STEPS)  # noqa: E731
    for step in train_cyclic(module, dataset, options, rate):
        if step % STEPS == 0:
            kept.append(copied(module))
        if step % (2 * STEPS) == 0:
            with torch.no_grad():
                for name, value in module.named_parameters():
                    value.copy_(torch.stack([state[name] for state in kept]).mean(0))
            refresh(module, dataset, options.batch_size)
            networks.append(copied(module))
            kept = []
    assert len(networks) == 2
    for place, network in enumerate(networks, 1):
        assert_network(workspace.snapshots[f"member-{place}"], network)


def refresh(module: nn.Module, dataset: Any, batch: int) -> None:
    split = dataset.split("train", "cpu")
    order_N = torch.from_numpy(permutation(split.num_examples, 0, "batch-norm"))
    how = dataset.options
    draws = epoch_draws(split.num_examples, 0, 0, how.augment, how.crop_padding)
    refresh_batch_norm(module, (split.take(part, draws)[0] for part in order_N.split(batch)))


def test_snapshots_are_the_networks_at_the_ends_of_cosine_cycles(
    digits: Path, tmp_path: Path
) -> None:
    options = SnapshotOptions.model_validate(
        {"model": RESNET, "epochs": 4, "cycle": 2, "batch_size": 60, "init_seed": 3, "lr": 0.05}
    )
    workspace = MemoryWorkspace(options, tmp_path / "snapshots", {"dataset": digits})
    events, _ = drive(snapshot_stage.run(workspace))
    module, dataset = build_model(RESNET, (1, 8, 8), 10, 3), open_dataset(digits)
    networks = [
        copied(module)
        for step in train_cyclic(
            module, dataset, options, lambda step: restart_rate(options, step, STEPS)
        )
        if step % (2 * STEPS) == 0
    ]
    assert [event.name for event in captured(events)] == ["snapshot-2", "snapshot-4"]
    for place, network in enumerate(networks, 1):
        assert_network(workspace.snapshots[f"member-{place}"], network)
