"""The decoded cache and the dataset product, from write to open to a split."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from mcworkbench import catalogue, folders
from mcworkbench.config.options.data import DataOptions
from mcworkbench.data import decoded
from mcworkbench.data.dataset import Dataset, open_dataset, write_dataset
from mcworkbench.data.raw import silent
from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.plans.digests import source_digest

BUILT_IN = ["digits", "synthetic", "synthetic-regression"]


def options(name: str = "digits", **chosen: Any) -> DataOptions:
    return DataOptions.model_validate({"name": name, **chosen})


def opened(folder: Path, chosen: DataOptions) -> Dataset:
    folder.mkdir(exist_ok=True)
    folders.publish_json(folder / "dataset.json", write_dataset(chosen))
    return open_dataset(folder)


def arrays_file(folder: Path, **changes: Any) -> str:
    rng = np.random.default_rng(0)
    found = {
        "train_images": rng.integers(0, 256, (20, 4, 4, 3), dtype=np.uint8),
        "train_labels": np.arange(20) % 2,
        "test_images": rng.integers(0, 256, (8, 4, 4, 3), dtype=np.uint8),
        "test_labels": np.arange(8) % 2,
    }
    stored: dict[str, Any] = {**found, **changes}
    np.savez(folder / "set.npz", **stored)
    return f"arrays:{folder / 'set.npz'}"


def image_folder(folder: Path) -> str:
    for part in ("train", "test"):
        for number, label in enumerate("ab"):
            file = folder / "set" / part / label / "0.png"
            file.parent.mkdir(parents=True)
            colour = (90 * number, 100 if part == "test" else 7, 30)
            Image.new("RGB", (40, 40), colour).save(file)
    return f"imagefolder:{folder / 'set'}"


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_is_written_can_be_opened_and_taken_from(tmp_path: Path, name: str) -> None:
    chosen = options(name, validation="random:20", digest=source_digest(name))
    dataset = opened(tmp_path / "out", chosen)
    assert dataset.options == chosen
    assert dataset.task == catalogue.DATASETS[name].task
    for part in ("train", "validation", "test"):
        split = dataset.split(part, "cpu")
        assert split.num_examples == dataset.counts[part] > 0
        inputs, targets = next(iter(split.batches(10)))
        assert inputs.shape == (10, *dataset.input_shape)
        assert inputs.dtype == torch.float32
        if dataset.classes:
            assert 0 <= int(targets.min()) <= int(targets.max()) < dataset.num_outputs
        else:
            assert targets.shape == (10, dataset.num_outputs)


def test_train_and_validation_share_no_example_and_lose_none(tmp_path: Path) -> None:
    dataset = opened(tmp_path / "out", options("synthetic", validation="random:100"))
    whole = opened(tmp_path / "all", options("synthetic")).split("train", "cpu").inputs
    parts = [dataset.split(part, "cpu").inputs for part in ("train", "validation")]
    seen = [bytes(image.numpy()) for part in parts for image in part]
    assert sorted(seen) == sorted(bytes(image.numpy()) for image in whole)


def test_a_limited_split_is_a_seeded_subset_in_stored_order(tmp_path: Path) -> None:
    dataset = opened(tmp_path / "out", options("synthetic"))
    whole = [bytes(image.numpy()) for image in dataset.split("train", "cpu").inputs]
    places: list[list[int]] = []
    for seed in (0, 0, 1):
        limited = dataset.split("train", "cpu", limit=50, seed=seed).inputs
        places.append([whole.index(bytes(image.numpy())) for image in limited])
    assert places[0] == places[1] == sorted(places[0])
    assert places[0] != places[2]
    assert places[0] != [*range(50)]


def test_without_validation_its_split_is_empty(tmp_path: Path) -> None:
    split = opened(tmp_path / "out", options("digits")).split("validation", "cpu")
    assert split.num_examples == 0
    assert list(split.batches(10)) == []


def test_normalisation_is_what_the_option_names(tmp_path: Path) -> None:
    name = arrays_file(tmp_path, mean=np.array([0.1, 0.2, 0.3]), std=np.array([1.0, 2.0, 4.0]))
    expected = {
        "auto": ([0.1, 0.2, 0.3], [1.0, 2.0, 4.0]),
        "none": ([0.0], [1.0]),
        "unit": ([0.0], [1.0]),
        "VGG": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        "ResNet": ([0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.201]),
    }
    for normalize, (mean, std) in expected.items():
        document = write_dataset(options(name, normalize=normalize))
        assert (document["mean"], document["std"]) == (mean, std)


def test_colour_scaling_of_grey_images_and_features_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"'VGG'.*colour.*1-channel images; use 'auto'"):
        write_dataset(options("digits", normalize="VGG"))
    with pytest.raises(InvalidInputError, match="has features"):
        write_dataset(options("synthetic-regression", normalize="ResNet"))


def test_augmenting_features_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="augment = 'flip' is meant for images"):
        write_dataset(options("synthetic-regression", augment="flip"))


def test_the_reference_arrays_open_with_their_own_scaling(parity: Path, tmp_path: Path) -> None:
    file = parity / "curve_bezier_preresnet8.npz"
    dataset = opened(tmp_path / "out", options(f"arrays:{file}"))
    stored = np.load(file)
    assert dataset.mean == (0.4914, 0.4822, 0.4465)
    inputs, targets = next(iter(dataset.split("train", "cpu").batches(128)))
    pixels = stored["train_images"][:128].transpose(0, 3, 1, 2) / 255.0
    scaled = (pixels - stored["mean"][:, None, None]) / stored["std"][:, None, None]
    torch.testing.assert_close(inputs, torch.from_numpy(scaled).float(), atol=2e-6, rtol=0)
    assert targets.tolist() == stored["train_labels"][:128].tolist()


# ---- the cache


def test_a_decoded_set_is_reused_and_repaired(tmp_path: Path) -> None:
    name = arrays_file(tmp_path)
    chosen = options(name, digest=source_digest(name))
    first = decoded.decode(name, chosen, silent)
    (tmp_path / "set.npz").rename(tmp_path / "away.npz")
    assert decoded.decode(name, chosen, silent) == first
    content = (first / "train_inputs.npy").read_bytes()
    (first / "train_inputs.npy").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert not decoded.is_whole(first)
    (tmp_path / "away.npz").rename(tmp_path / "set.npz")
    assert decoded.decode(name, chosen, silent) == first
    assert (first / "train_inputs.npy").read_bytes() == content


def test_an_emptied_cache_is_filled_again_from_the_same_source(tmp_path: Path) -> None:
    name = arrays_file(tmp_path)
    dataset = opened(tmp_path / "out", options(name, digest=source_digest(name)))
    folders.remove_quietly(folders.cache_root())
    again = open_dataset(tmp_path / "out")
    ours, theirs = (each.split("test", "cpu").inputs for each in (dataset, again))
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("kind", ["arrays", "imagefolder"])
def test_a_moved_source_is_found_where_a_later_plan_has_seen_it(kind: str, tmp_path: Path) -> None:
    old = tmp_path / "old place"
    old.mkdir()
    name = arrays_file(old) if kind == "arrays" else image_folder(old)
    dataset = opened(tmp_path / "out", options(name, digest=source_digest(name)))
    old.rename(tmp_path / "new place")
    folders.remove_quietly(folders.cache_root())
    with pytest.raises(WorkbenchError, match="run a preset that names their present place"):
        open_dataset(tmp_path / "out")
    assert source_digest(name.replace("old place", "new place")) == dataset.options.digest
    again = open_dataset(tmp_path / "out")
    ours, theirs = (each.split("test", "cpu").inputs for each in (dataset, again))
    assert torch.equal(ours, theirs)


def test_another_place_counts_only_while_it_holds_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    name = arrays_file(tmp_path / "old")
    opened(tmp_path / "out", options(name, digest=source_digest(name)))
    (tmp_path / "old").rename(tmp_path / "new")
    folders.remove_quietly(folders.cache_root())
    source_digest(name.replace("/old/", "/new/"))
    arrays_file(tmp_path / "new", test_labels=np.zeros(8, dtype=int))
    with pytest.raises(WorkbenchError, match="there is no such file"):
        open_dataset(tmp_path / "out")


def test_a_source_with_other_data_is_refused_by_name(tmp_path: Path) -> None:
    name = arrays_file(tmp_path)
    opened(tmp_path / "out", options(name))
    arrays_file(tmp_path, test_labels=np.zeros(8, dtype=int))
    with pytest.raises(WorkbenchError, match="no longer holds the data"):
        open_dataset(tmp_path / "out")


def test_image_size_decides_the_cache_of_folders_only(tmp_path: Path) -> None:
    small, large = (decoded.decode("digits", options(image_size=n), silent) for n in (8, 16))
    assert small == large


def test_a_damaged_product_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text('{"format": 1, "opt')
    with pytest.raises(WorkbenchError, match="absent or damaged"):
        open_dataset(tmp_path)


def test_names_that_cannot_be_meant_are_refused() -> None:
    for name, sentence in {
        "digit": "Did you mean 'digits'",
        "digits:x": "write 'digits'",
        "arrays": "write 'arrays:PATH'",
    }.items():
        with pytest.raises(InvalidInputError, match=sentence):
            decoded.decode(name, options(name), silent)
        with pytest.raises(InvalidInputError, match=sentence):
            source_digest(name)


def test_whoever_comes_second_drops_its_copy(home: Path) -> None:
    places: list[Path] = []

    def overtaken(phase: str, done: int, total: int) -> None:
        if not places:
            places.append(decoded.decode("synthetic", options("synthetic"), silent))

    assert decoded.decode("synthetic", options("synthetic"), overtaken) == places[0]
    assert decoded.is_whole(places[0])
    assert list((home / "cache" / "decoded").iterdir()) == places


def test_processes_that_decode_at_once_end_with_one_whole_copy(home: Path) -> None:
    code = (
        "from mcworkbench.config.options.data import DataOptions\n"
        "from mcworkbench.data.decoded import decode\n"
        "from mcworkbench.data.raw import silent\n"
        "print(decode('synthetic', DataOptions(name='synthetic'), silent))\n"
    )
    root = Path(__file__).parents[2]
    children = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=root, text=True)
        for _ in range(2)
    ]
    places = {child.communicate()[0].strip() for child in children}
    assert [child.returncode for child in children] == [0, 0]
    (place,) = places
    assert decoded.is_whole(Path(place))
    assert [entry.name for entry in (home / "cache" / "decoded").iterdir()] == [Path(place).name]
