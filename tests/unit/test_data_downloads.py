"""Published data sets, from a folder that stands in for the network."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcworkbench import catalogue
from mcworkbench.config.options.data import DataOptions
from mcworkbench.data.downloads import downloads_root
from mcworkbench.data.raw import RawData, silent
from mcworkbench.errors import WorkbenchError


def options(name: str = "digits", **chosen: Any) -> DataOptions:
    return DataOptions.model_validate({"name": name, **chosen})


def load(name: str) -> RawData:
    head, path = catalogue.split_source(name)
    return catalogue.resolve(catalogue.DATASETS[head].loader)(path, options(name), silent)


def idx(values: np.ndarray[Any, Any]) -> bytes:
    header = np.array([0x800 + values.ndim, *values.shape], dtype=">i4")
    return header.tobytes() + values.tobytes()


def mnist_like() -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(0)
    return [
        rng.integers(0, 256, (5, 28, 28), dtype=np.uint8),
        np.arange(5, dtype=np.uint8),
        rng.integers(0, 256, (3, 28, 28), dtype=np.uint8),
        np.arange(3, dtype=np.uint8),
    ]


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that stands in for the network of both MNISTs."""
    from torchvision.datasets import MNIST, FashionMNIST

    folder = tmp_path / "mirror"
    folder.mkdir()
    resources: list[tuple[str, str]] = []
    for (name, _), values in zip(MNIST.resources, mnist_like(), strict=True):
        packed = gzip.compress(idx(values), mtime=0)
        (folder / name).write_bytes(packed)
        resources.append((name, hashlib.md5(packed, usedforsecurity=False).hexdigest()))
    for kind in (MNIST, FashionMNIST):
        monkeypatch.setattr(kind, "resources", resources)
        monkeypatch.setattr(kind, "mirrors", ["file:///nowhere/", f"{folder.as_uri()}/"])
    return folder


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_idx_files_are_fetched_checked_and_kept(mirror: Path, name: str) -> None:
    raw = load(name)
    train, train_targets, test, _ = mnist_like()
    assert np.array_equal(raw.train_inputs[..., 0], train)
    assert np.array_equal(raw.test_inputs[..., 0], test)
    assert np.array_equal(raw.train_targets, train_targets)
    shutil.rmtree(mirror)
    assert np.array_equal(load(name).train_inputs, raw.train_inputs)


def test_wrong_bytes_from_the_network_are_refused(mirror: Path) -> None:
    (mirror / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"else"))
    with pytest.raises(WorkbenchError, match="differ from the published checksum"):
        load("mnist")


def test_without_a_network_the_sentence_says_where_files_can_be_put(
    mirror: Path, home: Path
) -> None:
    shutil.rmtree(mirror)
    with pytest.raises(WorkbenchError, match=r"without a network, put .*gz into (.*)\.$") as caught:
        load("mnist")
    assert str(home / "cache" / "downloads" / "MNIST" / "raw") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_stored_file_with_other_content_is_fetched_anew(mirror: Path) -> None:
    folder = downloads_root() / "MNIST" / "raw"
    folder.mkdir(parents=True)
    train = mnist_like()[0]
    (folder / "train-images-idx3-ubyte").write_bytes(idx(train * 0))
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(train * 0)))
    assert np.array_equal(load("mnist").train_inputs[..., 0], train)


def test_real_mnist_loads_without_a_network_from_unpacked_files() -> None:
    from torchvision.datasets import MNIST

    packed = Path(__file__).parents[3] / "shared" / "data" / "mnist"
    if not packed.is_dir():
        pytest.skip("the real MNIST files are not on this machine")
    folder = downloads_root() / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for file in packed.glob("*.gz"):
        (folder / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    raw = load("mnist")
    theirs = MNIST(downloads_root(), train=False)
    assert raw.train_inputs.shape == (60000, 28, 28, 1)
    assert np.array_equal(raw.test_inputs[..., 0], theirs.data.numpy())
    assert np.array_equal(raw.test_targets, theirs.targets.numpy())
    pixels = raw.train_inputs.astype(np.float32) / 255
    assert raw.mean[0] == pytest.approx(pixels.mean(), abs=1e-4)
    assert raw.std[0] == pytest.approx(pixels.std(), abs=1e-4)


@pytest.mark.parametrize(
    ("name", "swapped"),
    [("fashion_mnist", "t10k-images-idx3-ubyte"), ("mnist", "train-images-idx3-ubyte")],
)
def test_a_file_of_mnist_is_taken_under_its_own_name_only(
    mirror: Path, name: str, swapped: str
) -> None:
    real = Path(__file__).parents[3] / "shared" / "data" / "mnist" / "t10k-images-idx3-ubyte.gz"
    if not real.is_file():
        pytest.skip("the real MNIST files are not on this machine")
    kind = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST"}[name]
    folder = downloads_root() / kind / "raw"
    folder.mkdir(parents=True)
    (folder / swapped).write_bytes(gzip.decompress(real.read_bytes()))
    (folder / f"{swapped}.gz").write_bytes(real.read_bytes())
    train, _, test, _ = mnist_like()
    raw = load(name)
    assert np.array_equal(raw.train_inputs[..., 0], train)
    assert np.array_equal(raw.test_inputs[..., 0], test)


def cifar_files(name: str) -> dict[str, bytes]:
    """Return the members of a tiny archive in the layout of CIFAR's Python version."""
    rng = np.random.default_rng(0)
    label_key = "labels" if name == "cifar10" else "fine_labels"

    def batch() -> bytes:
        pixels = rng.integers(0, 256, (4, 3072), dtype=np.uint8)
        return pickle.dumps({"data": pixels, label_key: [3, 1, 2, 0]})

    if name == "cifar10":
        files = {f"data_batch_{number}": batch() for number in range(1, 6)}
        names = {"label_names": [f"class {number}" for number in range(10)]}
        return {**files, "test_batch": batch(), "batches.meta": pickle.dumps(names)}
    names = {"fine_label_names": [f"class {number}" for number in range(100)]}
    return {"train": batch(), "test": batch(), "meta": pickle.dumps(names)}


@pytest.fixture
def cifar_mirror(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the archive that stands in for the published one."""
    from torchvision.datasets import CIFAR10, CIFAR100

    kind = {"cifar10": CIFAR10, "cifar100": CIFAR100}[request.param]
    files = cifar_files(request.param)
    folder = tmp_path / kind.base_folder
    folder.mkdir()
    md5: dict[str, str] = {}
    for name, content in files.items():
        (folder / name).write_bytes(content)
        md5[name] = hashlib.md5(content, usedforsecurity=False).hexdigest()
    archive = tmp_path / "published.tar.gz"
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(folder, kind.base_folder)
    monkeypatch.setattr(kind, "url", archive.as_uri())
    published = hashlib.md5(archive.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(kind, "tgz_md5", published)
    for attribute in ("train_list", "test_list"):
        listed = [[name, md5[name]] for name, _ in getattr(kind, attribute)]
        monkeypatch.setattr(kind, attribute, listed)
    meta = {**kind.meta, "md5": md5[str(kind.meta["filename"])]}
    monkeypatch.setattr(kind, "meta", meta)
    return archive


@pytest.mark.parametrize("cifar_mirror", ["cifar10", "cifar100"], indirect=True)
def test_cifar_is_fetched_unpacked_and_needs_no_network_again(
    cifar_mirror: Path, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["cifar_mirror"]
    raw = load(name)
    pixels = pickle.loads(cifar_files(name)["data_batch_1" if name == "cifar10" else "train"])
    first = pixels["data"][0].reshape(3, 32, 32).transpose(1, 2, 0)
    assert np.array_equal(raw.train_inputs[0], first)
    assert raw.train_targets[:4].tolist() == [3, 1, 2, 0]
    assert raw.classes[1] == "class 1"
    cifar_mirror.unlink()
    assert np.array_equal(load(name).test_inputs, raw.test_inputs)


@pytest.mark.parametrize("cifar_mirror", ["cifar10"], indirect=True)
def test_a_damaged_cifar_folder_is_unpacked_again(cifar_mirror: Path) -> None:
    raw = load("cifar10")
    cifar_mirror.unlink()
    damaged = downloads_root() / "cifar-10-batches-py" / "test_batch"
    damaged.write_bytes(damaged.read_bytes()[:100])
    assert np.array_equal(load("cifar10").test_inputs, raw.test_inputs)
    assert not [name for name in downloads_root().iterdir() if name.name.startswith(".tmp")]


def test_the_catalogues_checksums_are_the_published_ones() -> None:
    from torchvision.datasets import CIFAR10, CIFAR100, MNIST, FashionMNIST

    published = {
        "mnist": "+".join(md5 for _, md5 in MNIST.resources),
        "fashion_mnist": "+".join(md5 for _, md5 in FashionMNIST.resources),
        "cifar10": CIFAR10.tgz_md5,
        "cifar100": CIFAR100.tgz_md5,
    }
    assert {name: catalogue.DATASETS[name].checksum for name in published} == published
