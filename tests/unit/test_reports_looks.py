"""Looks at predictions: counts and densities beside scikit-learn's, files of others' making."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import confusion_matrix
from sklearn.neighbors import KernelDensity

from mcworkbench.reports import figures
from mcworkbench.reports.gathered_looks import Look
from mcworkbench.reports.looks import (
    Functions,
    Predictions,
    confusion,
    read_functions,
    read_predictions,
    true_class_density,
    worst_confusions,
)
from mcworkbench.reports.summary import summarise
from tests.unit.reports_sample import sample_facts

if TYPE_CHECKING:
    from pathlib import Path


def outputs(num: int = 400, num_classes: int = 5) -> tuple[Any, Any]:
    rng = np.random.default_rng(num)
    logits = rng.normal(size=(num, num_classes)) * 2
    targets = rng.integers(0, num_classes - 1, num)
    logits[np.arange(num), targets] += 2
    shares = np.exp(logits)
    return (shares / shares.sum(1, keepdims=True)).astype(np.float16), targets


def test_confusion_is_scikit_learns() -> None:
    found, targets = outputs()
    expected = confusion_matrix(targets, found.argmax(1), labels=range(5))
    assert np.array_equal(confusion(found, targets), expected)


def test_density_is_scikit_learns_where_it_is_looked_at() -> None:
    found, targets = outputs()
    grid, density = true_class_density(found, targets, bandwidth=0.01, num_points=101)
    assert (grid[0], grid[-1], density.shape) == (0, 1, (5, 101))
    for label in range(4):
        chosen = found[targets == label, label].astype(np.float64)[:, None]
        oracle: Any = KernelDensity
        kernel = oracle(bandwidth=0.01, rtol=1e-9).fit(chosen)
        expected = np.exp(kernel.score_samples(grid[:, None]))
        np.testing.assert_allclose(density[label], expected, rtol=1e-6, atol=1e-9)
    assert np.isnan(density[4]).all(), "a class without examples"


def test_the_worst_mistakes_come_first_and_right_ones_never() -> None:
    counts = np.array([[90, 2, 0], [5, 70, 9], [0, 0, 50]])
    assert worst_confusions(counts, 2) == [(1, 2, 9), (1, 0, 5)]
    assert worst_confusions(counts, 9) == [(1, 2, 9), (1, 0, 5), (0, 1, 2)]


def test_the_nearest_stored_position_is_looked_at() -> None:
    ts = np.array([0.0, 0.25, 0.5, 1.0])
    kept = Predictions(ts, np.zeros((4, 3, 2), np.float16), np.zeros(3, np.int64))
    assert [kept.place(t) for t in (0, 0.1, 0.3, 0.75, 0.9)] == [0, 0, 1, 2, 3]
    assert kept.at(0.3)[0].shape == (3, 2)
    assert kept.has_classes


def test_files_that_are_none_of_ours_are_no_looks(tmp_path: Path) -> None:
    assert read_predictions(tmp_path) is None
    (tmp_path / "predictions.npz").write_bytes(b"PK\x03\x04 no archive")
    assert read_predictions(tmp_path) is None
    np.savez(tmp_path / "predictions.npz", ts=[0, 1], outputs=np.zeros((1, 4, 2)), targets=[0] * 4)
    assert read_predictions(tmp_path) is None, "two positions, outputs of one"
    evil = np.array([{"a": 1}], dtype=object)
    np.savez(tmp_path / "predictions.npz", allow_pickle=True, ts=evil, outputs=evil, targets=evil)
    assert read_predictions(tmp_path) is None, "pickled objects are never loaded"
    x = np.zeros(3)
    data = {f"{part}_{axis}": x for part in ("train", "test") for axis in "xy"}
    np.savez(
        tmp_path / "functions.npz",
        ts=[0, 1],
        x=x,
        values=np.zeros((2, 4)),
        allow_pickle=False,
        **data,
    )
    assert read_functions(tmp_path) is None


def test_nobody_who_looks_loads_torch() -> None:
    code = "import sys, mcworkbench.reports.looks; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def looks() -> list[Look]:
    found, targets = outputs()
    kept = Predictions(np.array([0.0, 0.5, 1.0]), np.stack([found] * 3), targets)
    ts, x = np.linspace(0, 1, 7), np.linspace(-2, 2, 40)
    values = np.sin(x) + ts[:, None]
    drawn = Functions(ts, x, values, x, np.sin(x), x, np.sin(x))
    names = tuple(f"class {number}" for number in range(5))
    return [Look(path, names, kept, drawn) for path in summarise(sample_facts()).paths]


def test_a_report_draws_confusion_certainty_and_functions_the_same_each_time() -> None:
    first, again = (figures.pictures(summarise(sample_facts()), looks()) for _ in range(2))
    assert {"confusion", "certainty", "functions"} <= {picture.name for picture in first}
    assert [picture.svg for picture in first] == [picture.svg for picture in again]
    told = {picture.name: picture.caption for picture in first}
    assert "t = 0.5" in told["confusion"]
    assert "bandwidth 0.01" in told["certainty"]
    assert told["functions"].startswith("7 functions")
