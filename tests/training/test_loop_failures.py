"""A training that cannot go on says why in one sentence, and keeps only what is sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.config.options.model import MlpOptions
from mcworkbench.errors import InvalidInputError, NumericalError
from mcworkbench.params.store import network_bytes, read_tensors
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages import curve as curve_stage
from mcworkbench.stages import endpoint as endpoint_stage
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MLP = MlpOptions(name="mlp", widths=(12,))


def diverging(**chosen: Any) -> EndpointOptions:
    """Return a training whose decay alone multiplies parameters by -10,000 a step."""
    given = {"model": MLP, "epochs": 3, "batch_size": 20, "lr": 1000.0, "weight_decay": 10.0}
    return EndpointOptions.model_validate({**given, "schedule": "constant", **chosen})


def assert_sound(workspace: MemoryWorkspace) -> None:
    for checkpoint in workspace.checkpoints:
        for name, tensor in checkpoint.tensors.items():
            if tensor.is_floating_point() and not name.startswith("optimizer."):
                assert torch.isfinite(tensor).all(), (checkpoint.name, name)


@pytest.mark.parametrize("log_every", [1, 1000])
def test_a_loss_that_is_no_number_ends_training_and_keeps_a_sound_checkpoint(
    log_every: int, digits: Path, tmp_path: Path
) -> None:
    options = diverging(log_every=log_every, checkpoint_every=1)
    workspace = MemoryWorkspace(options, tmp_path / "net", {"dataset": digits})
    with pytest.raises(NumericalError) as caught:
        drive(endpoint_stage.run(workspace))
    kept = workspace.checkpoints[-1].step
    sentence = str(caught.value)
    assert sentence.startswith("the training loss stopped being a finite number in epoch 1 (step ")
    assert "learning rate 1000); try a lower [train] lr, e.g. --set train.lr=100." in sentence
    assert sentence.endswith(f" The checkpoint of step {kept} is kept.")
    assert_sound(workspace)
    # Whoever resumes fails again, by the same sentence and with the same checkpoint.
    with pytest.raises(NumericalError) as again:
        drive(endpoint_stage.run(workspace))
    assert str(again.value) == sentence


def test_without_a_checkpoint_none_is_promised(digits: Path, tmp_path: Path) -> None:
    workspace = MemoryWorkspace(diverging(), tmp_path / "net", {"dataset": digits})
    with pytest.raises(NumericalError) as caught:
        drive(endpoint_stage.run(workspace))
    assert "checkpoint" not in str(caught.value)
    assert not workspace.checkpoints


def test_a_last_step_that_destroys_the_network_is_not_a_result(
    digits: Path, tmp_path: Path
) -> None:
    """The loss of a step is known before the step: only the parameters tell what it did."""
    start = EndpointOptions(model=MLP, epochs=0)
    begun = MemoryWorkspace(start, tmp_path / "start", {"dataset": digits})
    drive(endpoint_stage.run(begun))
    file = begun.folder / "network.safetensors"
    tensors = read_tensors(file)
    # A unit that is off changes no output, however large; ten thousand times that overflows.
    tensors["fc.0.bias"][0] = -1e36
    file.write_bytes(network_bytes(tensors))
    inputs = {"dataset": digits, "start": begun.folder}
    options = diverging(epochs=1, steps_per_epoch=1, momentum=0.0)
    workspace = MemoryWorkspace(options, tmp_path / "net", inputs)
    with pytest.raises(NumericalError, match=r"in epoch 1 \(step 1, learning rate 1000\)"):
        drive(endpoint_stage.run(workspace))
    assert not list(workspace.folder.iterdir())


def test_a_curve_names_its_own_learning_rate(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    inputs = {"dataset": digits, "first": train_end(MLP, 1), "last": train_end(MLP, 2)}
    options = CurveOptions(epochs=2, batch_size=20, lr=1000.0, weight_decay=10.0, probe_points=0)
    workspace = MemoryWorkspace(options, tmp_path / "curve", inputs)
    with pytest.raises(NumericalError, match=r"lower \[curve\] lr, e\.g\. --set curve\.lr=100\."):
        drive(curve_stage.run(workspace))


def test_a_stop_between_the_cause_and_the_check_saves_nothing_that_is_no_number(
    digits: Path, tmp_path: Path
) -> None:
    workspace = MemoryWorkspace(diverging(log_every=1000), tmp_path / "net", {"dataset": digits})
    workspace.stop_after_calls = 14
    with pytest.raises(NumericalError):
        drive(endpoint_stage.run(workspace))
    assert not workspace.checkpoints


def test_stopping_after_the_epoch_ends_with_a_checkpoint_of_a_whole_epoch(
    digits: Path, tmp_path: Path
) -> None:
    options = EndpointOptions(model=MLP, epochs=3, batch_size=100)
    workspace = MemoryWorkspace(options, tmp_path / "net", {"dataset": digits})
    workspace.level = StopLevel.after
    with pytest.raises(Stopped) as stopped:
        drive(endpoint_stage.run(workspace))
    assert stopped.value.step == 3
    assert [checkpoint.step for checkpoint in workspace.checkpoints] == [3]
    assert workspace.checkpoints[0].state["step_in_epoch"] == 3


def test_an_epoch_without_a_whole_batch_is_refused(digits: Path, tmp_path: Path) -> None:
    options = EndpointOptions(model=MLP, epochs=1, batch_size=301, drop_last=True)
    workspace = MemoryWorkspace(options, tmp_path / "net", {"dataset": digits})
    with pytest.raises(InvalidInputError) as caught:
        drive(endpoint_stage.run(workspace))
    assert str(caught.value) == (
        "[train] batch_size = 301 with drop_last leaves no batch of 300 examples; set a smaller "
        "batch_size."
    )


def test_a_network_of_other_data_is_refused_by_its_first_difference(
    digits: Path, train_end: Callable[[Any, int], Path], tmp_path: Path
) -> None:
    wide = MlpOptions(name="mlp", widths=(13,))
    inputs = {"dataset": digits, "first": train_end(MLP, 1), "last": train_end(wide, 2)}
    workspace = MemoryWorkspace(CurveOptions(epochs=1), tmp_path / "curve", inputs)
    with pytest.raises(InvalidInputError) as caught:
        drive(curve_stage.run(workspace))
    sentence = str(caught.value)
    assert sentence.startswith("[ends]: ")
    assert "fc.0.weight" in sentence
    assert "\n" not in sentence
    options = EndpointOptions(model=wide, epochs=1)
    inputs = {"dataset": digits, "start": train_end(MLP, 1)}
    workspace = MemoryWorkspace(options, tmp_path / "on", inputs)
    with pytest.raises(InvalidInputError, match=r"\[train\] from: 'fc\.0\.weight' has shape"):
        drive(endpoint_stage.run(workspace))
