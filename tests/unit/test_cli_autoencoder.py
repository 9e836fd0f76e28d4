"""A small autoencoder run from the first command to its report and the library."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from mcworkbench.cli.entry import enter
from mcworkbench.library import Run
from mcworkbench.reports.report import write_report
from mcworkbench.reports.sights import read_arrays, sights_of
from mcworkbench.reports.summary import collect
from mcworkbench.runs.headline import headlines
from mcworkbench.runs.index import list_runs
from mcworkbench.runs.run_view import RunView
from tests.unit.cli_sample import run

if TYPE_CHECKING:
    import subprocess

SMALL = [
    *("train.epochs=12", "train.lr=0.01", "curve.epochs=8", "curve.lr=0.01"),
    *("evaluate.points=5", "evaluate.store_predictions=true"),
    *("pictures.points=5", "pictures.images=3"),
    *("latent.examples=60", "latent.cross_points=3", "data.train_limit=300"),
]
Made = tuple[Path, "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return a home in which the shipped preset was run once, made small."""
    home = tmp_path_factory.mktemp("ae") / "home"
    chosen = [word for text in SMALL for word in ("--set", text)]
    return home, run(home, "run", "ae-digits-minute", "--name", "ae", *chosen)


@pytest.fixture
def view(made: Made, monkeypatch: pytest.MonkeyPatch) -> RunView:
    """Return the run, its home in use."""
    assert made[1].returncode == 0, made[1].stderr
    monkeypatch.setenv("MCWORKBENCH_HOME", str(made[0]))
    found = RunView(list_runs()[0].id)
    found.refresh()
    return found


def test_the_command_tells_the_loss_by_its_name_and_a_verdict(made: Made) -> None:
    told = " ".join(made[1].stdout.split())
    for words in ("train mse", "test PSNR, dB", "test SSIM", "aligned line", "Verdict from"):
        assert words in told
    assert "nats" not in told
    assert "of the way to the mean image (0.07" in told


def test_a_run_is_known_by_its_worst_pixels_along_the_curve(view: RunView) -> None:
    line = list_runs()[0]
    assert line.headline is not None
    assert (line.headline.node, line.headline.name) == ("evaluate-curve", "test_mse_max")
    assert line.line is not None
    assert line.line.node == "evaluate-line"
    assert line.line.value > line.headline.value
    summaries = {name: node.view.summary for name, node in view.nodes.items()}
    assert headlines(view.document, summaries)[0] == line.headline


def test_views_list_the_pictures_of_every_stage(view: RunView) -> None:
    listed = {
        name: [event.name for event in node.view.pictures]
        for name, node in view.nodes.items()
        if node.view.pictures
    }
    strips = [f"strip-{epoch:06d}.npz" for epoch in range(0, 13, 2)]
    assert listed["endpoint-1"] == strips
    assert listed["pictures-curve"] == ["pictures.npz"]
    assert sorted(listed["latent"]) == ["cross.npz", "interpolation.npz", "latent.npz"]
    seen = [
        read_arrays(view.nodes[node].view.artifacts / name, what)["inputs"]
        for node, name, what in (
            ("endpoint-1", strips[-1], "strip"),
            ("pictures-line", "pictures.npz", "path"),
            ("pictures-curve", "pictures.npz", "path"),
        )
    ]
    # The line and the curve show one set of images, which strips of more images hold, too.
    np.testing.assert_array_equal(seen[1], seen[2])
    assert {image.tobytes() for image in seen[1]} <= {image.tobytes() for image in seen[0]}


def test_the_report_has_the_four_outputs_of_the_study(view: RunView, tmp_path: Path) -> None:
    files = write_report(view, tmp_path / "report")
    text = files["markdown"].read_text()
    # End losses and samples, loss along both, pictures along both, a verdict with numbers.
    for title in (
        "Reconstructions of the ends",
        "Loss along the path",
        "Reconstructions along the paths",
        "Codes of both ends",
        "Verdict from endpoint-1 to endpoint-2",
        "test PSNR, dB",
    ):
        assert title in text
    assert "test error" not in text.replace("An end's own test error", "")
    with Image.open(
        io.BytesIO((tmp_path / "report/figures/pictures-curve.gif").read_bytes())
    ) as gif:
        assert getattr(gif, "n_frames", 1) == 5
    assert (tmp_path / "report/figures/pictures.png").stat().st_size > 1000
    summary: Any = json.loads((tmp_path / "report/summary.json").read_text())
    assert summary["task"] == "reconstruction:mse"


def test_pictures_that_are_not_what_they_should_be_are_left_out(
    view: RunView, tmp_path: Path
) -> None:
    whole = {sight.node for sight in sights_of(view, collect(view))}
    assert {"endpoint-1", "pictures-curve", "latent"} <= whole
    bad = tmp_path / "bad.npz"
    bad.write_bytes(b"no zip")
    assert read_arrays(bad, "path") == {}
    good = view.nodes["pictures-line"].view.artifacts / "pictures.npz"
    arrays: dict[str, Any] = read_arrays(good, "path")
    changes: tuple[dict[str, Any], ...] = (
        {"outputs": arrays["outputs"][:2]},
        {"inputs": arrays["inputs"].astype(np.float32)},
        {"mse": arrays["mse"][0]},
    )
    for change in changes:
        np.savez(bad, **{**arrays, **change})
        assert read_arrays(bad, "path") == {}
    objects: dict[str, Any] = {**arrays, "ts": np.array([object()] * 5)}
    np.savez(bad, **objects)
    assert read_arrays(bad, "path") == {}


def test_the_library_gives_the_networks_of_the_table(view: RunView) -> None:
    import torch

    from mcworkbench.config.options.model.autoencoder import AeTinyOptions
    from mcworkbench.data.dataset import open_dataset

    found = Run.find("ae")
    network = found.path("curve").at(0.5)
    dataset = open_dataset(found.artifacts("dataset")).for_model(AeTinyOptions(name="ae_tiny"))
    inputs, targets = next(dataset.split("test", "cpu").batches(360))
    with torch.no_grad():
        error = (network(inputs) - targets).square().mean().item()
    row = next(row for row in found.table("evaluate-curve") if row["t"] == 0.5)
    assert error == pytest.approx(row["test_mse"], rel=1e-4)
    del view


def test_a_missing_celeba_is_one_sentence_without_a_traceback(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert enter(["run", "ae-celeba-bezier"]) == 2
    told = capsys.readouterr().err
    assert "mmlab.ie.cuhk.edu.hk" in told
    assert "Traceback" not in told
    del home


@pytest.mark.usefixtures("view")
def test_the_tensorflow_ports_files_leave_images_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", "ae/evaluate-curve", "--layout", "tf", "--out", str(tmp_path / "tf")]
    assert enter(words) == 0
    out, err = capsys.readouterr()
    names = [Path(line).name.partition("_epoch")[0] for line in out.splitlines()]
    assert names == ["stats_of_points_on_curve", "summary_stats_curve"]
    assert "predictions (the port has no name for images)" in err
