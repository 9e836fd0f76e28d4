"""Regression of one variable: files of columns, the three clusters, features of an input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from mcworkbench.config.options.data import DataOptions
from mcworkbench.data.columns import load
from mcworkbench.data.dataset import Dataset, open_dataset, write_dataset
from mcworkbench.data.raw import silent
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import publish_json
from mcworkbench.plans.digests import source_digest

if TYPE_CHECKING:
    from pathlib import Path


def dataset_of(folder: Path, name: str, **chosen: Any) -> Dataset:
    options = DataOptions(name=name, digest=source_digest(name), **chosen)
    publish_json(folder / "dataset.json", write_dataset(options))
    return open_dataset(folder)


def test_the_clusters_have_the_published_size_and_range(tmp_path: Path) -> None:
    data = dataset_of(tmp_path, "three-clusters")
    assert data.counts == {"train": 320, "validation": 0, "test": 80}
    parts = [data.raw(name) for name in ("train", "test")]
    x, y = (np.concatenate([part[place][:, 0] for part in parts]) for place in (0, 1))
    assert len(x) == 400
    assert (x.min(), x.max()) == pytest.approx((-7.2, 7.18), abs=1e-6)
    assert -0.7 < y.min() < -0.5
    assert 0.8 < y.max() < 1.0
    gaps = np.diff(np.sort(x))
    assert (gaps > 3).sum() == 2, "three clusters"
    assert np.abs(y - 0.15 - 0.7 * np.sin(0.4 * x)).std() < 0.04
    # scikit-learn's split would give the same shares; which examples is a seeded permutation.
    assert not np.array_equal(np.sort(parts[1][0][:, 0]), np.sort(x)[:80])


def test_half_square_features_are_what_they_are_called(tmp_path: Path) -> None:
    data = dataset_of(tmp_path, "three-clusters", features="half-square")
    assert data.input_shape == (2,)
    split = data.split("train", "cpu")
    x = torch.from_numpy(data.raw("train")[0][:, 0])
    expected = torch.stack([x / 2, (x / 2) ** 2], 1)
    inputs, targets = split.take(torch.arange(320))
    assert torch.equal(inputs, expected)
    assert targets.shape == (320, 1)
    grid = torch.tensor([-1.0, 0.0, 4.0])
    assert data.scaled_inputs(grid).tolist() == [[-0.5, 0.25], [0, 0], [2, 4]]


def test_a_file_of_columns_gives_its_last_one_as_the_target(tmp_path: Path) -> None:
    table = np.random.default_rng(0).normal(size=(50, 4))
    np.save(tmp_path / "t.npy", table)
    raw = load(str(tmp_path / "t.npy"), DataOptions(name="npy:x"), silent)
    assert raw.train_inputs.shape == (40, 3)
    assert raw.test_targets.shape == (10, 1)
    rows = np.concatenate(
        [
            np.hstack([raw.train_inputs, raw.train_targets]),
            np.hstack([raw.test_inputs, raw.test_targets]),
        ]
    )
    together = sorted(map(tuple, table.astype(np.float32)))
    assert sorted(map(tuple, rows)) == together
    again = load(str(tmp_path / "t.npy"), DataOptions(name="npy:x"), silent)
    assert np.array_equal(again.test_inputs, raw.test_inputs)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (np.zeros(5), "holds shape"),
        (np.zeros((5, 1)), "holds shape"),
        (np.full((5, 2), np.inf), "finite numbers"),
        (np.array([["a", "b"]] * 4), "finite numbers"),
    ],
)
def test_another_table_is_refused(tmp_path: Path, content: Any, told: str) -> None:
    np.save(tmp_path / "t.npy", content)
    with pytest.raises(InvalidInputError, match=told) as caught:
        load(str(tmp_path / "t.npy"), DataOptions(name="npy:x"), silent)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_none_or_changed_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "t.npy"
    with pytest.raises(InvalidInputError, match="there is no such file"):
        load(str(file), DataOptions(name="npy:x"), silent)
    file.write_bytes(b"no array")
    with pytest.raises(InvalidInputError, match=r"cannot be read as an \.npy file"):
        load(str(file), DataOptions(name="npy:x"), silent)
    np.save(file, np.zeros((5, 2)))
    digest = source_digest(f"npy:{file}")
    np.save(file, np.ones((5, 2)))
    with pytest.raises(InvalidInputError, match="changed after the run was planned"):
        load(str(file), DataOptions(name="npy:x", digest=digest), silent)


@pytest.mark.parametrize(
    ("name", "chosen", "told"),
    [
        ("digits", {"features": "half-square"}, "meant for inputs of one variable"),
        ("three-clusters", {"output_size": 32}, "output_size = 32 is meant for images"),
        ("three-clusters", {"task": "classification"}, "does not fit 'three-clusters'"),
        ("digits", {"task": "regression"}, "which has classes"),
    ],
)
def test_options_that_do_not_fit_the_data_are_refused(
    name: str, chosen: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidInputError, match=told):
        write_dataset(DataOptions(name=name, digest=source_digest(name), **chosen))


def test_images_reach_the_network_in_the_size_asked_for(tmp_path: Path) -> None:
    data = dataset_of(tmp_path, "digits", output_size=28)
    assert data.input_shape == (1, 28, 28)
    inputs, _ = data.split("test", "cpu", 5).take(torch.arange(5))
    assert inputs.shape == (5, 1, 28, 28)
    with pytest.raises(InvalidInputError, match="has no single input variable"):
        data.scaled_inputs(torch.zeros(3))
