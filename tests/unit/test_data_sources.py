"""Data that are made or embedded, and arrays of the user's own."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mcworkbench.config.options.data import DataOptions
from mcworkbench.data.arrays import load as load_arrays
from mcworkbench.data.embedded import digits
from mcworkbench.data.raw import channel_statistics, silent
from mcworkbench.data.synthetic import images, regression
from mcworkbench.errors import InvalidInputError
from mcworkbench.plans.digests import source_digest

if TYPE_CHECKING:
    from pathlib import Path


def options(name: str = "digits", **chosen: Any) -> DataOptions:
    return DataOptions.model_validate({"name": name, **chosen})


def sha256(*arrays: np.ndarray[Any, Any]) -> str:
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def test_digits_are_scikit_learns_with_levels_scaled_to_bytes() -> None:
    from sklearn.datasets import load_digits

    raw = digits("", options(), silent)
    assert raw.train_inputs.shape == (1437, 8, 8, 1)
    assert raw.test_inputs.shape == (360, 8, 8, 1)
    ours = {bytes(image) for image in np.concatenate([raw.train_inputs, raw.test_inputs])}
    levels = np.asarray(load_digits(return_X_y=True)[0])
    theirs = {bytes((levels_F * 255 / 16 + 0.5).astype(np.uint8)) for levels_F in levels}
    assert ours == theirs
    assert np.bincount(raw.test_targets).min() >= 34


def test_the_digits_constants_are_those_of_the_training_images() -> None:
    raw = digits("", options(), silent)
    pixels = raw.train_inputs.astype(np.float64) / 255
    assert raw.mean == (round(float(pixels.mean()), 4),)
    assert raw.std == (round(float(pixels.std()), 4),)


def test_built_in_data_never_change_under_their_version() -> None:
    made = images("", options(), silent)
    sine = regression("", options(), silent)
    digit = digits("", options(), silent)
    assert sha256(made.train_inputs, made.test_inputs).startswith("21253989c462bfda")
    assert sha256(sine.train_inputs.round(5), sine.train_targets.round(4)).startswith(
        "31e721e515f960a1"
    )
    assert sha256(digit.train_inputs, digit.train_targets).startswith("8736240a9e2ab5d6")


def test_synthetic_images_can_be_learned_but_not_read_off_one_pixel() -> None:
    raw = images("", options(), silent)
    assert raw.train_inputs.shape == (2000, 8, 8, 3)
    assert raw.train_inputs.dtype == np.uint8
    assert set(np.bincount(raw.train_targets)) == {200}
    train = raw.train_inputs.reshape(2000, -1).astype(np.float64)
    test = raw.test_inputs.reshape(500, -1).astype(np.float64)
    centred = train - train.mean(0)
    solved = np.linalg.lstsq(centred, np.eye(10)[raw.train_targets], rcond=None)[0]
    accuracy = ((test - train.mean(0)) @ solved).argmax(1) == raw.test_targets
    assert 0.5 < accuracy.mean() < 0.95


def test_the_regression_set_is_a_sine_with_noise_of_a_tenth() -> None:
    raw = regression("", options(), silent)
    assert raw.train_inputs.shape == raw.train_targets.shape == (400, 1)
    noise = raw.train_targets - np.sin(3 * raw.train_inputs)
    assert abs(noise.mean()) < 0.02
    assert noise.std() == pytest.approx(0.1, abs=0.01)


def test_channel_statistics_equal_numpys_in_float64() -> None:
    images_NHWC = np.random.default_rng(0).integers(0, 256, (9000, 2, 3, 3), dtype=np.uint8)
    images_NHWC[..., 2] = 7
    mean, std = channel_statistics(images_NHWC)
    pixels = images_NHWC / 255
    assert mean == tuple(round(float(value), 4) for value in pixels.mean((0, 1, 2)))
    assert std[:2] == tuple(round(float(value), 4) for value in pixels.std((0, 1, 2)))[:2]
    assert std[2] == 1


def good_arrays() -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(0)
    return {
        "train_images": rng.integers(0, 256, (12, 4, 5), dtype=np.uint8),
        "train_labels": np.arange(12, dtype=np.uint8) % 3,
        "test_images": rng.integers(0, 256, (6, 4, 5), dtype=np.uint8),
        "test_labels": np.arange(6) % 3,
    }


def saved(folder: Path, found: dict[str, np.ndarray[Any, Any]]) -> str:
    np.savez(folder / "set.npz", **found)  # pyright: ignore[reportArgumentType]
    return str(folder / "set.npz")


def test_grey_arrays_get_a_channel_and_plain_pixels(tmp_path: Path) -> None:
    found = good_arrays()
    raw = load_arrays(saved(tmp_path, found), options(), silent)
    assert raw.train_inputs.shape == (12, 4, 5, 1)
    assert np.array_equal(raw.test_inputs[..., 0], found["test_images"])
    assert raw.train_targets.dtype == np.int64
    assert (raw.mean, raw.std, raw.classes) == ((0.0,), (1.0,), ("0", "1", "2"))


def test_arrays_may_hold_features_and_other_keys(tmp_path: Path) -> None:
    found = good_arrays()
    found["train_images"] = np.linspace(0, 1, 24).reshape(12, 2)
    found["test_images"] = np.linspace(0, 1, 12).reshape(6, 2)
    found["mean"] = np.array([0.4914, 0.5], dtype=np.float32)
    found["something"] = np.array(["else"])
    raw = load_arrays(saved(tmp_path, found), options(), silent)
    assert raw.train_inputs.dtype == np.float32
    assert raw.mean == (0.4914, 0.5)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"test_labels": None}, "test_labels is missing"),
        ({"train_images": np.zeros((12, 4, 5), dtype=np.int64)}, "must be uint8"),
        ({"train_images": np.zeros((12,), dtype=np.uint8)}, "must be uint8"),
        ({"train_images": np.zeros((12, 4, 5))}, r"features must be \(N, F\)"),
        ({"train_images": np.full((12, 2), np.nan)}, "not finite"),
        ({"train_images": np.zeros((12, 4, 6), dtype=np.uint8)}, "both must be of one kind"),
        ({"train_labels": np.zeros(12)}, "labels must be integers"),
        ({"train_labels": np.zeros((12, 1), dtype=int)}, "labels must be integers"),
        ({"train_labels": np.zeros(11, dtype=int)}, "one label for each"),
        ({"test_labels": np.full(6, -1)}, "negative label"),
        ({"test_labels": np.full(6, 10**9)}, "number the classes from 0"),
        ({"mean": np.zeros(2)}, "one for each of 1 channels"),
        ({"std": np.zeros(1)}, "std must be above 0"),
        ({"train_labels": np.array([{}] * 12, dtype=object)}, "file of plain arrays"),
    ],
)
def test_arrays_that_cannot_be_used_are_one_sentence(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    found = {
        name: value for name, value in {**good_arrays(), **changes}.items() if value is not None
    }
    with pytest.raises(InvalidInputError, match=sentence) as caught:
        load_arrays(saved(tmp_path, found), options(), silent)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_archive_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "set.npz").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        load_arrays(str(tmp_path / "set.npz"), options(), silent)
    with pytest.raises(InvalidInputError, match="no such file"):
        load_arrays(str(tmp_path / "absent.npz"), options(), silent)


def test_arrays_changed_after_planning_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, good_arrays())
    planned = options(f"arrays:{path}", digest=source_digest(f"arrays:{path}"))
    load_arrays(path, planned, silent)
    saved(tmp_path, {**good_arrays(), "test_labels": np.zeros(6, dtype=int)})
    with pytest.raises(InvalidInputError, match="changed after the run was planned"):
        load_arrays(path, planned, silent)
