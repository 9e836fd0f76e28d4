"""Folders of images: order, pixels, and the one sentence when they cannot be used."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from mcworkbench.config.options.data import DataOptions
from mcworkbench.data.folder import load as load_folder
from mcworkbench.data.raw import silent
from mcworkbench.errors import InvalidInputError
from mcworkbench.plans.digests import source_digest

if TYPE_CHECKING:
    from pathlib import Path


def options(name: str = "digits", **chosen: Any) -> DataOptions:
    return DataOptions.model_validate({"name": name, **chosen})


def picture(file: Path, colour: tuple[int, int, int], size: tuple[int, int] = (8, 6)) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(file)


def image_folder(root: Path) -> Path:
    for part, count in (("train", 3), ("test", 2)):
        for number in range(count):
            picture(root / part / "b-class" / f"{number}.png", (10 * number, 0, 255))
            picture(root / part / "a-class" / f"{number}.png", (255, 10 * number, 0))
    return root


def test_an_image_folder_gives_classes_and_files_in_alphabetical_order(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "set")
    (root / "train" / "a-class" / "Thumbs.db").write_bytes(b"no image")
    (root / "train" / ".hidden").mkdir()
    raw = load_folder(str(root), options(image_size=6), silent)
    assert raw.classes == ("a-class", "b-class")
    assert raw.train_targets.tolist() == [0, 0, 0, 1, 1, 1]
    assert raw.train_inputs.shape == (6, 6, 6, 3)
    assert raw.train_inputs[:, 0, 0].tolist() == [
        *([255, 10 * number, 0] for number in range(3)),
        *([10 * number, 0, 255] for number in range(3)),
    ]
    assert raw.mean[0] == pytest.approx((3 * 255 + 30) / 6 / 255, abs=1e-4)


def test_the_short_side_is_resized_and_the_centre_cut_as_torchvision_does(tmp_path: Path) -> None:
    from torchvision.transforms import CenterCrop, Resize

    rng = np.random.default_rng(0)
    root = image_folder(tmp_path / "set")
    for shape in ((40, 23, 3), (17, 90, 3), (33, 33, 3)):
        made = Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8))
        made.save(root / "train" / "a-class" / "0.png")
        raw = load_folder(str(root), options(image_size=12), silent)
        expected = CenterCrop(12)(Resize(12)(made))
        assert np.array_equal(raw.train_inputs[0], np.asarray(expected))


def test_grey_and_transparent_images_become_rgb(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "set")
    Image.new("L", (6, 6), 77).save(root / "train" / "a-class" / "0.png")
    Image.new("RGBA", (6, 6), (1, 2, 3, 0)).save(root / "train" / "a-class" / "1.png")
    raw = load_folder(str(root), options(image_size=6), silent)
    assert raw.train_inputs[:2, 3, 3].tolist() == [[77, 77, 77], [1, 2, 3]]


def test_an_unreadable_image_is_named(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "set")
    whole = (root / "test" / "b-class" / "1.png").read_bytes()
    (root / "test" / "b-class" / "1.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidInputError, match=r"test/b-class/1\.png: cannot be decoded"):
        load_folder(str(root), options(image_size=6), silent)


def test_a_folder_without_the_layout_is_told_the_layout(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"no folder .*absent; expected is PATH/train"):
        load_folder(str(tmp_path / "absent"), options(), silent)
    root = image_folder(tmp_path / "set")
    shutil.rmtree(root / "test")
    with pytest.raises(InvalidInputError, match=r"no folder .*set/test; expected"):
        load_folder(str(root), options(), silent)


def test_parts_with_different_classes_are_refused_with_the_nearest(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "set")
    (root / "test" / "a-class").rename(root / "test" / "a-clas")
    with pytest.raises(InvalidInputError, match=r"'a-class' is in train/.*there is 'a-clas'"):
        load_folder(str(root), options(), silent)


def test_a_class_without_images_is_refused(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "set")
    for part in ("train", "test"):
        (root / part / "c-class").mkdir()
    with pytest.raises(InvalidInputError, match=r"train/c-class holds no images"):
        load_folder(str(root), options(), silent)


def test_a_folder_changed_after_planning_is_refused(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "set")
    planned = options(image_size=6, digest=source_digest(f"imagefolder:{root}"))
    load_folder(str(root), planned, silent)
    picture(root / "train" / "a-class" / "0.png", (1, 1, 1))
    with pytest.raises(InvalidInputError, match="changed after the run was planned"):
        load_folder(str(root), planned, silent)


def test_a_report_that_raises_ends_the_decoding(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(phase: str, done: int, total: int) -> None:
        assert (phase, total) == ("decode", 10)
        raise StoppedError

    with pytest.raises(StoppedError):
        load_folder(str(image_folder(tmp_path / "set")), options(image_size=6), stop)
