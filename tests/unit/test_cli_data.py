"""`data list`, `get` and `check`: what lies here, nothing fetched unasked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mcworkbench.catalogue import DATASETS
from mcworkbench.cli.doctor import findings
from mcworkbench.cli.entry import enter
from mcworkbench.config.stored_data import downloads_folder

if TYPE_CHECKING:
    from pathlib import Path

Said = pytest.CaptureFixture[str]


def put(*names: str) -> None:
    for name in names:
        file = downloads_folder() / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"12345")


def test_the_list_names_every_data_set_and_what_is_here(capsys: Said) -> None:
    put("SVHN/train_32x32.mat", "SVHN/test_32x32.mat", "USPS/usps.bz2")
    assert enter(["data", "list", "--json"]) == 0
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert set(listed) == set(DATASETS)
    assert (listed["svhn"]["presence"], listed["svhn"]["bytes"]) == ("present", 10)
    assert listed["usps"]["presence"] == "absent", "one of its two files is missing"
    assert listed["digits"]["presence"] == "built in"
    assert listed["imagefolder"]["presence"] == "yours"
    assert enter(["data", "list"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in DATASETS)


@pytest.mark.parametrize("form", ["cifar-10-batches-py/test_batch", "cifar-10-python.tar.gz"])
def test_cifar_is_here_as_a_folder_or_as_its_archive(form: str, capsys: Said) -> None:
    put(form)
    enter(["data", "list", "--json"])
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert listed["cifar10"]["presence"] == "present"
    assert listed["cifar100"]["presence"] == "absent"


def test_checking_what_is_absent_fetches_nothing(capsys: Said) -> None:
    assert enter(["data", "check", "cifar10"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "'cifar10' is not on this machine; `data get cifar10` fetches 171 MB" in told
    assert not downloads_folder().exists()


def test_a_file_of_ones_own_is_decoded_and_described(tmp_path: Path, capsys: Said) -> None:
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "mine.npz",
        train_images=rng.integers(0, 256, (9, 6, 6), dtype=np.uint8),
        train_labels=np.array([0, 0, 0, 0, 1, 1, 1, 2, 2]),
        test_images=rng.integers(0, 256, (3, 6, 6), dtype=np.uint8),
        test_labels=np.array([0, 1, 2]),
    )
    assert enter(["data", "check", str(tmp_path / "mine.npz"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["name"] == f"arrays:{tmp_path / 'mine.npz'}"
    assert found["train"] == {
        "examples": 9,
        "shape": [1, 6, 6],
        "dtype": "uint8",
        "per_class": [4, 3, 2],
    }
    assert len(found["sha256"]) == 64
    assert enter(["data", "check", str(tmp_path / "mine.npz")]) == 0
    shown = capsys.readouterr().out
    assert "9 examples, 1×6×6 uint8" in shown
    assert found["sha256"] in shown


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "bad.npy").write_bytes(b"no array")
    assert enter(["data", "check", str(tmp_path / "bad.npy")]) == 2
    assert "cannot be read as an .npy file" in " ".join(capsys.readouterr().err.split())
    (tmp_path / "words.txt").write_text("x")
    assert enter(["data", "check", str(tmp_path / "words.txt")]) == 2
    assert enter(["data", "check", "cifra10"]) == 2
    assert "Did you mean 'cifar10'" in capsys.readouterr().err
    assert enter(["data", "get", "arrays:x.npz"]) == 2
    assert "data of your own: nothing to fetch" in " ".join(capsys.readouterr().err.split())


def test_the_doctor_says_which_published_data_are_here() -> None:
    put("USPS/usps.bz2", "USPS/usps.t.bz2")
    found = {finding.name: finding.value for finding in findings()}
    assert found["downloads"] == "usps (10 B) of 10 published data sets"
