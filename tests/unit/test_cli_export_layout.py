"""A run in the files of the reference and of the TensorFlow port, read back as their scripts do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mcworkbench.cli.entry import enter
from mcworkbench.reports import reference_command
from mcworkbench.reports.exports import tf_predictions
from tests.unit.cli_sample import TINY, run

Said = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a finished run with snapshots, a further curve and predictions."""
    folder = tmp_path_factory.mktemp("layout")
    text = TINY.read_text().replace("[curve]", 'keep = "0"\n[curve]\nkeep = "0"')
    text += 'snapshots = ["initial"]\nstore_predictions = true\n'
    text += '[further.more]\nfrom = "curve@2"\nepochs = 3\n'
    preset = folder / "small.toml"
    preset.write_text(text)
    ended = run(folder / "home", "run", str(preset), "--name", "small")
    assert ended.returncode == 0, ended.stderr
    return folder / "home"


@pytest.fixture(autouse=True)
def _at_home(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCWORKBENCH_HOME", str(finished))


def load(path: Path) -> dict[str, Any]:
    return torch.load(path, weights_only=True)


def test_the_reference_finds_its_checkpoints_curves_and_commands(
    tmp_path: Path, capsys: Said
) -> None:
    assert enter(["export", "small", "--layout", "dmc", "--out", str(tmp_path / "dmc")]) == 0
    out, err = capsys.readouterr()
    root = tmp_path / "dmc"
    files = {Path(line).relative_to(root).as_posix() for line in out.splitlines()}
    assert files == {
        *(f"endpoint-{k}/checkpoint-{epoch}.pt" for k in (1, 2) for epoch in (0, 2)),
        *(f"curve/checkpoint-{epoch}.pt" for epoch in (0, 2)),
        # Epochs are numbered through: three more after the curve's two.
        "more/checkpoint-5.pt",
        *(f"{node}/command.sh" for node in ("endpoint-1", "endpoint-2", "curve", "more")),
        *(f"evaluate-{node}/curve.npz" for node in ("line", "curve", "curve@initial", "more")),
    }
    assert "not written: line (line)." in err

    end = load(root / "endpoint-1" / "checkpoint-2.pt")
    assert set(end) == {"epoch", "model_state", "optimizer_state"}
    # As torch.save of the module has them: the reference pairs optimiser states by place.
    assert list(end["model_state"]) == [
        f"fc.{place}.{part}" for place in (0, 2) for part in ("weight", "bias")
    ]
    assert end["epoch"] == 2
    parameters = [torch.zeros_like(value) for value in end["model_state"].values()]
    optimizer = torch.optim.SGD(parameters, lr=1.0)
    optimizer.load_state_dict(end["optimizer_state"])
    assert all("momentum_buffer" in optimizer.state[one] for one in parameters)

    curve = load(root / "curve" / "checkpoint-0.pt")["model_state"]
    assert list(curve["coeff_layer.range"]) == [0, 1, 2]
    middle = (curve["net.fc.0.weight_0"] + curve["net.fc.0.weight_2"]) / 2
    torch.testing.assert_close(curve["net.fc.0.weight_1"], middle)
    torch.testing.assert_close(curve["net.fc.0.weight_0"], end["model_state"]["fc.0.weight"])

    command = (root / "more" / "command.sh").read_text()
    assert "--resume=curve/checkpoint-2.pt" in command
    assert "--epochs=5 " in command
    assert "--num_bends=3" in command
    assert "--init_start=endpoint-1/checkpoint-2.pt --fix_start" in command


def test_the_tensorflow_port_finds_its_numbers_as_fractions(tmp_path: Path, capsys: Said) -> None:
    root = tmp_path / "tf"
    assert enter(["export", "small", "--layout", "tf", "--out", str(root)]) == 0
    told = capsys.readouterr().err
    assert "predictions for the training set (only the test set's are stored)" in told
    assert enter(["export", "small/evaluate-more", "--out", str(tmp_path / "curve.npz")]) == 0
    percent = np.load(tmp_path / "curve.npz")
    stats = np.load(root / "evaluation_curve" / "stats_of_points_on_curve_epoch5.npz")
    assert list(stats["points_on_curve"]) == [0, 0.5, 1]
    np.testing.assert_allclose(stats["test_accuracy_scores"], percent["te_acc"] / 100)
    # Its losses carry no penalty.
    np.testing.assert_allclose(stats["train_losses"], percent["tr_nll"])
    summary = np.load(root / "evaluation_curve" / "summary_stats_curve_epoch5.npz")
    np.testing.assert_allclose(summary["test_loss_int"], percent["te_nll_int"])
    assert summary["test_accuracy_max"] == stats["test_accuracy_scores"].max()

    name = "predictions_and_probabilities_curve_epoch5.npz"
    kept = np.load(root / "evaluation_curve" / name)
    right = (kept["test_predictions"] == kept["test_targets"]).mean(axis=1)
    np.testing.assert_allclose(right, stats["test_accuracy_scores"])
    assert kept["test_output"].shape == (3, 128, 10)

    for epoch in (0, 2, 5):
        weights = np.load(root / "checkpoints_curve" / f"model-weights-epoch{epoch}.npz")
        assert weights["dense_curve/kernel_curve_0:0"].shape == (64, 8)
    assert (root / "evaluation_curve" / "stats_of_points_on_curve_epoch0.npz").exists()
    first = np.load(root / "checkpoints_base_model_1" / "model-weights-epoch2.npz")
    np.testing.assert_array_equal(first["dense_1/bias:0"], weights["dense_curve_1/bias_curve_0:0"])


def test_one_node_alone_can_be_written_and_nothing_is_overwritten(
    tmp_path: Path, capsys: Said
) -> None:
    words = ["export", "small/endpoint-2", "--layout", "dmc", "--out", str(tmp_path)]
    assert enter(words) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert enter(words) == 2
    assert "checkpoint-0.pt exists" in capsys.readouterr().err
    assert enter([*words, "--at", "0.5"]) == 2
    assert "leave --format and --at out" in capsys.readouterr().err
    assert enter(["export", "small/endpoint-3", "--layout", "tf", "--out", str(tmp_path)]) == 2
    assert "endpoint-2" in capsys.readouterr().err


def test_an_exported_curve_comes_back_whole(tmp_path: Path, finished: Path) -> None:
    words = ["export", "small/more", "--layout", "dmc", "--out", str(tmp_path / "dmc")]
    assert enter(words) == 0
    back = ["import", str(tmp_path / "dmc"), "--data", "digits", "--name", "back"]
    ended = run(finished, *back)
    assert ended.returncode == 0, ended.stderr
    assert "use it as run:back/more" in ended.stdout


def test_stored_probabilities_come_back_from_what_stands_for_logits() -> None:
    p_TNC = np.array([[[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]]], dtype=np.float16)
    arrays = tf_predictions(np.array([0.0]), p_TNC, np.array([1, 0]))
    e_TNC = np.exp(arrays["test_output"])
    np.testing.assert_allclose(e_TNC / e_TNC.sum(axis=2, keepdims=True), p_TNC, atol=1e-7)
    assert arrays["test_targets"].tolist() == [[1, 0]]
    values = tf_predictions(np.array([0.0]), np.zeros((1, 2, 1)), np.zeros((2, 1)))
    assert set(values) == {"points_on_curve", "test_predictions", "test_targets"}


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"name": "vgg16", "dropout": 0.5}, "VGG16"),
        ({"name": "vgg", "depth": 16, "batch_norm": True}, "VGG16BN"),
        ({"name": "wideresnet", "depth": 28, "widen": 10}, "WideResNet28x10"),
        ({"name": "preresnet", "depth": 20}, "PreResNet20"),
        ({"name": "mlp", "widths": [3]}, "mlp"),
    ],
)
def test_a_network_has_the_name_that_the_reference_gives_it(
    options: dict[str, Any], name: str
) -> None:
    assert reference_command._model(options) == name
