"""Images without classes: CelebA as folder and as zip, flat folders, and one clear sentence."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.model import MlpOptions
from mcworkbench.config.options.model.autoencoder import AeTinyOptions
from mcworkbench.config.plain_images import find_celeba, is_test, list_flat
from mcworkbench.data.dataset import open_dataset, write_dataset
from mcworkbench.data.plain_images import celeba, flat
from mcworkbench.data.raw import silent
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import publish_json
from mcworkbench.plans.digests import source_digest

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (178, 218)
NUM = 12


def options(**chosen: Any) -> DataOptions:
    return DataOptions.model_validate({"name": "digits", "image_size": 16, **chosen})


def face(place: int) -> Image.Image:
    pixels = np.random.default_rng(place).integers(0, 256, (*SIZE[::-1], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def torchvision_layout(root: Path, *, with_list: bool = True) -> Path:
    """Write what torchvision's CelebA expects: 8 training, 2 validation and 2 test images."""
    folder = root / "celeba" / "img_align_celeba"
    folder.mkdir(parents=True)
    lines: list[str] = []
    for place in range(NUM):
        name = f"{place + 1:06d}.jpg"
        face(place).save(folder / name)
        lines.append(f"{name} {0 if place < 8 else 1 if place < 10 else 2}")
    if with_list:
        (root / "celeba" / "list_eval_partition.txt").write_text("\n".join(lines) + "\n")
    return root


def zipped(root: Path) -> Path:
    """Turn the folder of a layout into the zip file that is downloaded."""
    folder = root / "celeba" / "img_align_celeba"
    with zipfile.ZipFile(root / "celeba" / "img_align_celeba.zip", "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"img_align_celeba/{file.name}")
            file.unlink()
    folder.rmdir()
    return root


def test_a_layout_of_torchvision_gives_its_published_splits(tmp_path: Path) -> None:
    root = torchvision_layout(tmp_path)
    files = find_celeba(str(root))
    assert [len(files.train), len(files.test)] == [10, 2]
    assert files.test == ("000011.jpg", "000012.jpg")
    # The published validation images are the last ones of the training file.
    assert files.train[-2:] == ("000009.jpg", "000010.jpg")


def test_the_zip_file_holds_the_same_pixels_as_the_folder(tmp_path: Path) -> None:
    from_folder = celeba(str(torchvision_layout(tmp_path / "a")), options(), silent)
    from_zip = celeba(str(zipped(torchvision_layout(tmp_path / "b"))), options(), silent)
    np.testing.assert_array_equal(from_folder.train_inputs, from_zip.train_inputs)
    np.testing.assert_array_equal(from_folder.test_inputs, from_zip.test_inputs)
    assert from_zip.train_inputs.shape == (10, 16, 16, 3)


@pytest.mark.parametrize("inside", ["", "celeba", "celeba/img_align_celeba"])
def test_celeba_may_be_named_at_any_of_its_folders(tmp_path: Path, inside: str) -> None:
    root = torchvision_layout(tmp_path)
    assert len(find_celeba(str(root / inside)).train) == 10


def test_the_zip_file_itself_may_be_named(tmp_path: Path) -> None:
    root = zipped(torchvision_layout(tmp_path, with_list=False))
    files = find_celeba(str(root / "celeba" / "img_align_celeba.zip"))
    assert files.is_zip
    assert len(files.train) + len(files.test) == NUM
    assert all(is_test(name) for name in files.test)


def test_pixels_are_those_of_torchvisions_transform(tmp_path: Path) -> None:
    from torchvision.transforms import CenterCrop, Compose, Resize

    root = torchvision_layout(tmp_path)
    opened = Image.open(root / "celeba" / "img_align_celeba" / "000001.jpg")
    wide = Compose([Resize(16), CenterCrop(16)])(opened)
    tight = Compose([CenterCrop(148), Resize(16)])(opened)
    made = celeba(str(root), options(), silent).train_inputs[0]
    np.testing.assert_array_equal(made, np.asarray(wide))
    made = celeba(str(root), options(crop=148), silent).train_inputs[0]
    np.testing.assert_array_equal(made, np.asarray(tight))


def test_a_missing_celeba_gets_one_sentence_that_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        find_celeba(str(tmp_path))
    told = str(caught.value)
    assert told.startswith(f"celeba:{tmp_path}: neither img_align_celeba/ nor")
    assert "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html" in told
    assert "non-commercial" in told
    assert "\n" not in told


def test_a_saved_quota_page_is_no_zip_file(tmp_path: Path) -> None:
    (tmp_path / "img_align_celeba.zip").write_text("<html>quota exceeded</html>")
    with pytest.raises(InvalidInputError, match="not a whole zip file"):
        find_celeba(str(tmp_path))


def test_a_list_that_misses_an_image_is_named(tmp_path: Path) -> None:
    root = torchvision_layout(tmp_path)
    (root / "celeba" / "list_eval_partition.txt").write_text("000001.jpg 0\n")
    with pytest.raises(InvalidInputError, match=r"does not name '000002\.jpg'"):
        find_celeba(str(root))


def test_every_file_of_celeba_counts_in_its_digest(tmp_path: Path) -> None:
    root = torchvision_layout(tmp_path)
    name = f"celeba:{root}"
    before = source_digest(name)
    partition = root / "celeba" / "list_eval_partition.txt"
    partition.write_text(partition.read_text().replace("000008.jpg 0", "000008.jpg 2"))
    changed = source_digest(name)
    assert changed != before
    with pytest.raises(InvalidInputError, match="changed after the run was planned"):
        celeba(str(root), options(digest=before), silent)
    assert len(celeba(str(root), options(digest=changed), silent).test_inputs) == 3


def test_a_flat_folder_is_split_by_names_for_good(tmp_path: Path) -> None:
    for place in range(40):
        folder = tmp_path / ("deep" if place % 2 else "")
        folder.mkdir(exist_ok=True)
        face(place).resize((20, 30)).save(folder / f"photo-{place}.png")
    files = list_flat(str(tmp_path))
    assert len(files.train) + len(files.test) == 40
    assert 2 <= len(files.test) <= 16
    # A new image moves no other one into another split.
    face(99).resize((20, 30)).save(tmp_path / "photo-99.png")
    again = list_flat(str(tmp_path))
    assert set(files.test) <= set(again.test)
    assert set(files.train) <= set(again.train)
    assert flat(str(tmp_path), options(), silent).train_inputs.shape[1:] == (16, 16, 3)


def test_train_and_test_folders_without_classes_are_the_splits(tmp_path: Path) -> None:
    for part, count in (("train", 5), ("test", 3)):
        (tmp_path / part).mkdir()
        for place in range(count):
            face(place).resize((20, 20)).save(tmp_path / part / f"{place}.png")
    files = list_flat(str(tmp_path))
    assert (len(files.train), len(files.test)) == (5, 3)


def test_an_empty_folder_and_no_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="leave 0 to train on"):
        list_flat(str(tmp_path))
    with pytest.raises(InvalidInputError, match="there is no folder"):
        list_flat(str(tmp_path / "nowhere"))


def test_faces_are_for_autoencoders_and_the_crop_is_recorded(tmp_path: Path) -> None:
    root = torchvision_layout(tmp_path / "set")
    name = f"celeba:{root}"
    chosen = options(name=name, digest=source_digest(name), crop=148, validation="last:2")
    document = write_dataset(chosen)
    assert document["counts"] == {"train": 8, "validation": 2, "test": 2}
    assert document["options"]["crop"] == 148
    (tmp_path / "out").mkdir()
    publish_json(tmp_path / "out" / "dataset.json", document)
    dataset = open_dataset(tmp_path / "out")
    assert dataset.for_model(AeTinyOptions(name="ae_tiny")).num_outputs == 3 * 16 * 16
    with pytest.raises(InvalidInputError, match="no classes, and \\[model\\] mlp"):
        dataset.for_model(MlpOptions(name="mlp"))
