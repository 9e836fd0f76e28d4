"""Published data sets in torchvision's own file formats, read as torchvision reads them."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.io import savemat
from torchvision import datasets as tv

from mcworkbench import catalogue
from mcworkbench.config.stored_data import stored_data
from mcworkbench.data.fetching import downloads_root
from mcworkbench.errors import WorkbenchError
from tests.unit.test_data_downloads import idx, load, mnist_like

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.data.raw import RawData

Array = np.ndarray[Any, Any]


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def put(file: Path, content: bytes) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return md5(content)


def pixels(*shape: int) -> Array:
    return np.random.default_rng(len(shape) + shape[0]).integers(0, 256, shape, dtype=np.uint8)


def presence(name: str) -> str:
    return next(one.presence for one in stored_data() if one.name == name)


def check(raw: RawData, train: Any, test: Any) -> None:
    """Compare with (pixels N, H, W, C, labels N) of both parts, and the counted statistics."""
    for found, labels, (expected, expected_labels) in (
        (raw.train_inputs, raw.train_targets, train),
        (raw.test_inputs, raw.test_targets, test),
    ):
        assert found.dtype == np.uint8
        assert np.array_equal(found, np.asarray(expected))
        assert labels.dtype == np.int64
        assert labels.tolist() == np.asarray(expected_labels).tolist()
    scaled = raw.train_inputs / 255
    assert raw.mean == pytest.approx(tuple(scaled.mean((0, 1, 2))), abs=1e-4)
    assert raw.std == pytest.approx(tuple(scaled.std((0, 1, 2))), abs=1e-4)


def test_svhn_is_read_as_torchvision_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    root = downloads_root() / "SVHN"
    for split, num in (("train", 6), ("test", 4)):
        buffer = io.BytesIO()
        labels = np.array([10, 1, 2, 3, 9, 10][:num], dtype=np.uint8)[:, None]
        savemat(buffer, {"X": pixels(32, 32, 3, num), "y": labels})
        url, name, _ = tv.SVHN.split_list[split]
        entry = [url, name, put(root / f"{split}_32x32.mat", buffer.getvalue())]
        monkeypatch.setitem(tv.SVHN.split_list, split, entry)
    theirs = [tv.SVHN(root, split=split) for split in ("train", "test")]
    raw = load("svhn")
    check(raw, *[(one.data.transpose(0, 2, 3, 1), one.labels) for one in theirs])
    assert raw.train_targets[0] == 0, "the digit 0 is class 0"
    assert presence("svhn") == "present"


def test_usps_is_read_as_torchvision_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    root = downloads_root() / "USPS"
    rng = np.random.default_rng(0)
    for split, num in (("train", 5), ("test", 3)):
        rows = [
            f"{label + 1} "
            + " ".join(f"{k + 1}:{value:.4f}" for k, value in enumerate(rng.uniform(-1, 1, 256)))
            for label in range(num)
        ]
        content = bz2.compress("\n".join(rows).encode() + b"\n")
        url, name, _ = tv.USPS.split_list[split]
        monkeypatch.setitem(tv.USPS.split_list, split, [url, name, put(root / name, content)])
    theirs = [tv.USPS(root, train=is_train) for is_train in (True, False)]
    check(load("usps"), *[(one.data[..., None], one.targets) for one in theirs])


def stl_files() -> dict[str, bytes]:
    files = {"class_names.txt": b"airplane\nbird\ncar\n", "fold_indices.txt": b""}
    for part, num in (("train", 3), ("test", 2)):
        files[f"{part}_X.bin"] = pixels(num, 3, 96, 96).tobytes()
        files[f"{part}_y.bin"] = np.arange(1, num + 1, dtype=np.uint8).tobytes()
    files["unlabeled_X.bin"] = pixels(1, 3, 96, 96).tobytes()
    return files


def publish_stl(monkeypatch: pytest.MonkeyPatch, archive: Path) -> None:
    files = stl_files()
    with tarfile.open(archive, "w:gz") as opened:
        for name, content in files.items():
            member = tarfile.TarInfo(f"stl10_binary/{name}")
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    monkeypatch.setattr(tv.STL10, "url", archive.as_uri())
    monkeypatch.setattr(tv.STL10, "tgz_md5", md5(archive.read_bytes()))
    for attribute in ("train_list", "test_list"):
        listed = [[name, md5(files[name])] for name, _ in getattr(tv.STL10, attribute)]
        monkeypatch.setattr(tv.STL10, attribute, listed)


def test_stl10_is_fetched_and_unpacked_without_its_unlabelled_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_stl(monkeypatch, tmp_path / "stl.tar.gz")
    assert presence("stl10") == "absent"
    raw = load("stl10")
    folder = downloads_root() / "stl10_binary"
    assert not (folder / "unlabeled_X.bin").exists()
    assert presence("stl10") == "present"
    # torchvision wants that file, too.
    (folder / "unlabeled_X.bin").write_bytes(stl_files()["unlabeled_X.bin"])
    theirs: list[Any] = [tv.STL10(downloads_root(), split=split) for split in ("train", "test")]
    check(raw, *[(one.data.transpose(0, 2, 3, 1), one.labels) for one in theirs])
    assert raw.classes == ("airplane", "bird", "car")
    (tmp_path / "stl.tar.gz").unlink()
    assert np.array_equal(load("stl10").test_inputs, raw.test_inputs)


def int_labels(labels: Array) -> bytes:
    table = np.zeros((len(labels), 8), dtype=">i4")
    table[:, 0] = labels
    table[:, 1:] = 77
    return np.array([0xC02, *table.shape], dtype=">i4").tobytes() + table.tobytes()


def test_qmnist_is_read_as_torchvision_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    root = downloads_root() / "QMNIST" / "raw"
    train, train_labels, test, test_labels = mnist_like()
    arrays = {"train": (train, train_labels), "test": (test, test_labels)}
    for split, (images, labels) in arrays.items():
        contents = (idx(images), int_labels(labels))
        resources: list[tuple[str, str]] = []
        for (url, _), content in zip(tv.QMNIST.resources[split], contents, strict=True):
            name = url.rpartition("/")[2]
            resources.append((url, put(root / name, gzip.compress(content))))
            (root / name.removesuffix(".gz")).write_bytes(content)
        monkeypatch.setitem(tv.QMNIST.resources, split, resources)
    theirs = [tv.QMNIST(downloads_root(), what=what) for what in ("train", "test")]
    check(load("qmnist"), *[(one.data.numpy()[..., None], one.targets[:, 0]) for one in theirs])


def test_balanced_emnist_is_read_as_torchvision_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    root = downloads_root() / "EMNIST" / "raw"
    train, train_labels, test, test_labels = mnist_like()
    parts = {"train": (train, train_labels + 40), "test": (test, test_labels + 44)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for part, arrays in parts.items():
            for what, values in zip(("images-idx3", "labels-idx1"), arrays, strict=True):
                name = f"emnist-balanced-{part}-{what}-ubyte"
                archive.writestr(f"gzip/{name}.gz", gzip.compress(idx(values)))
                put(root / name, idx(values))
    monkeypatch.setattr(tv.EMNIST, "md5", put(root / "gzip.zip", buffer.getvalue()))
    theirs = [
        tv.EMNIST(downloads_root(), split="balanced", train=is_train) for is_train in (True, False)
    ]
    raw = load("emnist-balanced")
    check(raw, *[(one.data.numpy()[..., None], one.targets) for one in theirs])
    assert raw.classes == tuple(theirs[0].classes)
    assert len(raw.classes) == 47


def test_kmnist_is_read_like_mnist_with_its_own_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    root = downloads_root() / "KMNIST" / "raw"
    resources = [
        (name, put(root / name, gzip.compress(idx(values))))
        for (name, _), values in zip(tv.KMNIST.resources, mnist_like(), strict=True)
    ]
    monkeypatch.setattr(tv.KMNIST, "resources", resources)
    train, train_labels, test, test_labels = mnist_like()
    raw = load("kmnist")
    check(raw, (train[..., None], train_labels), (test[..., None], test_labels))
    assert raw.classes == tuple(tv.KMNIST.classes)


@pytest.mark.parametrize("name", ["usps", "emnist-balanced", "qmnist"])
def test_a_file_with_the_right_checksum_and_no_data_is_a_sentence(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = md5(b"nothing")
    if name == "usps":
        entries = {s: [u, n, right] for s, (u, n, _) in tv.USPS.split_list.items()}
        monkeypatch.setattr(tv.USPS, "split_list", entries)
        files = [downloads_root() / "USPS" / entry[1] for entry in entries.values()]
    elif name == "qmnist":
        listed = {s: [(u, right) for u, _ in r] for s, r in tv.QMNIST.resources.items()}
        monkeypatch.setattr(tv.QMNIST, "resources", listed)
        urls = [url for entries in listed.values() for url, _ in entries]
        files = [downloads_root() / "QMNIST" / "raw" / url.rpartition("/")[2] for url in urls]
    else:
        monkeypatch.setattr(tv.EMNIST, "md5", right)
        files = [downloads_root() / "EMNIST" / "raw" / "gzip.zip"]
    for file in files:
        put(file, b"nothing")
    with pytest.raises(WorkbenchError, match="is not a whole file of this data set; delete it"):
        load(name)


def test_the_catalogues_checksums_are_the_published_ones() -> None:
    resources = [entry for split in ("train", "test") for entry in tv.QMNIST.resources[split]]
    published = {
        "kmnist": "+".join(value for _, value in tv.KMNIST.resources),
        "qmnist": "+".join(value for _, value in resources),
        "emnist-balanced": f"balanced-{tv.EMNIST.md5}",
        "svhn": "+".join(tv.SVHN.split_list[split][2] for split in ("train", "test")),
        "usps": "+".join(tv.USPS.split_list[split][2] for split in ("train", "test")),
        "stl10": tv.STL10.tgz_md5,
    }
    assert {name: catalogue.DATASETS[name].checksum for name in published} == published


def test_published_data_are_listed_with_their_files_and_sizes() -> None:
    for one in stored_data():
        is_published = one.source.loader.partition(":")[0].endswith(("downloads", "published"))
        assert bool(one.source.files) == is_published == (one.source.download_mb > 0), one.name
        expected = "absent" if is_published else "yours" if one.source.takes_path else "built in"
        assert (one.presence, one.bytes) == (expected, 0)
