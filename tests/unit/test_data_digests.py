"""What stands for the data in a stage key: content, never a path, and without torch."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mcworkbench import catalogue, folders
from mcworkbench.config.options.data import DataOptions
from mcworkbench.errors import InvalidInputError
from mcworkbench.plans import digests
from mcworkbench.plans.digests import source_digest


def image_tree(root: Path) -> Path:
    for part in ("train", "test"):
        for number in range(2):
            for label in ("a", "b"):
                file = root / part / label / f"{number}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(f"{part}{label}{number}".encode())
    return root


def test_named_sets_have_a_fixed_digest_that_options_accept() -> None:
    for name, source in catalogue.DATASETS.items():
        if not source.takes_path:
            assert source_digest(name) == source.checksum != ""
            assert DataOptions(name=name, digest=source.checksum).hashed()["name"] == name


def test_an_arrays_file_is_its_sha256(tmp_path: Path) -> None:
    file = tmp_path / "set.npz"
    file.write_bytes(b"anything")
    assert source_digest(f"arrays:{file}") == hashlib.sha256(b"anything").hexdigest()


def test_a_folder_is_one_digest_over_sorted_names_and_contents(tmp_path: Path) -> None:
    root = image_tree(tmp_path / "set")
    entries = sorted(
        [file.relative_to(root).as_posix(), hashlib.sha256(file.read_bytes()).hexdigest()]
        for file in root.rglob("*.png")
    )
    text = json.dumps(entries, separators=(",", ":"))
    assert source_digest(f"imagefolder:{root}") == hashlib.sha256(text.encode()).hexdigest()


def test_the_place_of_a_folder_does_not_matter_and_its_names_do(tmp_path: Path) -> None:
    first = source_digest(f"imagefolder:{image_tree(tmp_path / 'one')}")
    other = image_tree(tmp_path / "two")
    assert source_digest(f"imagefolder:{other}") == first
    (other / "train" / "a" / "0.png").rename(other / "train" / "a" / "9.png")
    assert source_digest(f"imagefolder:{other}") != first


def test_the_path_is_in_no_key_once_the_digest_is_known() -> None:
    one, two = (DataOptions(name=f"arrays:/{place}/x.npz", digest="ab") for place in ("a", "b"))
    assert one.hashed() == two.hashed() == {"name": "arrays", "digest": "ab"}
    assert DataOptions(name="arrays:/a/x.npz").hashed() == {"name": "arrays:/a/x.npz"}


def test_unchanged_files_are_not_read_again_and_changed_ones_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(file: Path) -> str:
        read.append(file.name)
        return hashlib.sha256(file.read_bytes()).hexdigest()

    monkeypatch.setattr(digests.folders, "file_sha256", counted)
    root = image_tree(tmp_path / "set")
    first = source_digest(f"imagefolder:{root}")
    assert source_digest(f"imagefolder:{root}") == first
    assert len(read) == 8
    changed = root / "test" / "b" / "1.png"
    changed.write_bytes(b"testB1")
    os.utime(changed, ns=(1, 1))
    assert source_digest(f"imagefolder:{root}") != first


def test_a_damaged_memory_is_forgotten(tmp_path: Path) -> None:
    root = image_tree(tmp_path / "set")
    first = source_digest(f"imagefolder:{root}")
    for damage in ("{", "[]", f'{{"{root}": 3}}'):
        (folders.cache_root() / "digests.json").write_text(damage)
        assert source_digest(f"imagefolder:{root}") == first


def test_missing_files_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no file"):
        source_digest(f"arrays:{tmp_path / 'absent.npz'}")
    with pytest.raises(InvalidInputError, match="expected is PATH/train/CLASS"):
        source_digest(f"imagefolder:{tmp_path / 'absent'}")


def test_computing_a_digest_loads_neither_torch_nor_numpy(tmp_path: Path) -> None:
    root = image_tree(tmp_path / "set")
    code = (
        "import sys\n"
        "from mcworkbench.plans.digests import source_digest\n"
        f"source_digest('imagefolder:{root}'); source_digest('digits')\n"
        "assert not {'torch', 'numpy', 'PIL'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)
