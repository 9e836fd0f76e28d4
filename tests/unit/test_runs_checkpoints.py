"""Checkpoints: whole or rejected with a reason, and the one before is used."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from mcworkbench.errors import InvalidInputError, WorkbenchError
from mcworkbench.runs import checkpoints
from tests.unit.runs_sample import crash_everywhere

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"model.safetensors": bytes(range(256)) * 40, "state.json": b'{"step": 3}'}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


def save(place: Path, step: int, attempt: int = 1) -> Path:
    folder = place / checkpoints.checkpoint_name(step, attempt)
    checkpoints.publish(folder, {**FILES, "state.json": b'{"step": %d}' % step})
    return folder


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_what_was_published_is_read_back(place: Path) -> None:
    folder = place / "epoch-3"
    assert checkpoints.publish(folder, FILES) == sum(map(len, FILES.values()))
    assert checkpoints.read(folder) == FILES
    assert checkpoints.problem(folder) is None
    assert sorted(path.name for path in place.iterdir()) == ["epoch-3"]


def test_the_newest_has_the_newest_attempt_then_the_highest_step(place: Path) -> None:
    assert checkpoints.newest_valid(place) == (None, [])
    save(place, 90, attempt=1)
    save(place, 100, attempt=2)
    wanted = save(place, 110, attempt=2)
    assert checkpoints.newest_valid(place) == (wanted, [])
    shorter = save(place, 20, attempt=10)
    assert checkpoints.newest_valid(place) == (shorter, [])
    listed = checkpoints.list_checkpoints(place)
    assert [(one.step, one.attempt) for one in listed] == [(90, 1), (100, 2), (110, 2), (20, 10)]


@pytest.mark.parametrize("name", ["model.safetensors", "state.json"])
def test_any_flipped_bit_of_the_newest_makes_the_one_before_count(place: Path, name: str) -> None:
    good, bad = save(place, 10), save(place, 20)
    for position in (0, 5, -1):
        flip(bad / name, position)
        found, rejected = checkpoints.newest_valid(place)
        assert found == good
        assert rejected == [(bad.name, f"{name} does not match its SHA-256")]
        flip(bad / name, position)
    assert checkpoints.newest_valid(place) == (bad, [])


def test_no_flipped_bit_of_the_manifest_lets_other_bytes_through(place: Path) -> None:
    good, bad = save(place, 10), save(place, 20)
    content = (bad / checkpoints.MANIFEST).read_bytes()
    for position in range(len(content)):
        flip(bad / checkpoints.MANIFEST, position)
        found, rejected = checkpoints.newest_valid(place)
        assert found == good, content[position : position + 1]
        assert len(rejected) == 1
        (bad / checkpoints.MANIFEST).write_bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("manifest.json", None, "manifest.json is missing"),
        ("manifest.json", b"", "manifest.json is damaged"),
        ("manifest.json", b"{}", "manifest.json is damaged"),
        (
            "manifest.json",
            b'{"format":1,"files":{"../x":{"bytes":1,"sha256":""}}}',
            "manifest.json is damaged",
        ),
        ("state.json", None, "state.json: no such file"),
        ("state.json", b"{", "state.json has 1 bytes, not 12"),
    ],
)
def test_a_damaged_checkpoint_is_rejected_with_a_reason(
    place: Path, name: str, content: bytes | None, reason: str
) -> None:
    good, bad = save(place, 10), save(place, 20)
    (bad / name).unlink()
    if content is not None:
        (bad / name).write_bytes(content)
    found, rejected = checkpoints.newest_valid(place)
    assert found == good
    assert rejected[0][0] == bad.name
    assert rejected[0][1].startswith(reason)
    with pytest.raises(WorkbenchError, match=reason):
        checkpoints.read(bad)


def test_when_all_are_damaged_there_is_none_and_every_reason_is_told(place: Path) -> None:
    for step in (10, 20):
        flip(save(place, step) / "state.json", 0)
    found, rejected = checkpoints.newest_valid(place)
    assert found is None
    assert [name for name, _ in rejected] == ["step-00000020.a0001", "step-00000010.a0001"]


def test_keeping_the_newest_two_deletes_the_oldest_first(place: Path) -> None:
    for step in (10, 20, 30, 40):
        save(place, step)
    assert checkpoints.keep_newest(place, 2) == ["step-00000020.a0001", "step-00000010.a0001"]
    assert sorted(path.name for path in place.iterdir()) == [
        "step-00000030.a0001",
        "step-00000040.a0001",
    ]
    with pytest.raises(AssertionError):
        checkpoints.keep_newest(place, 1)


def test_damaged_checkpoints_do_not_push_out_the_last_good_ones(place: Path) -> None:
    good = [save(place, step) for step in (10, 20)]
    for step in (30, 40, 50):
        (save(place, step) / "state.json").unlink()
    assert checkpoints.keep_newest(place, 2) == []
    assert checkpoints.newest_valid(place)[0] == good[-1]


def test_publishing_the_same_again_writes_nothing_unless_it_is_damaged(place: Path) -> None:
    folder = place / "best"
    checkpoints.publish(folder, FILES)
    assert checkpoints.publish(folder, FILES) == 0
    flip(folder / "state.json", 0)
    assert checkpoints.publish(folder, FILES) > 0
    assert checkpoints.read(folder) == FILES


def test_publishing_other_files_under_the_same_name_replaces_them(place: Path) -> None:
    folder = place / "best"
    checkpoints.publish(folder, FILES)
    checkpoints.publish(folder, {"other": b"x"})
    assert checkpoints.read(folder) == {"other": b"x"}
    assert [path.name for path in place.iterdir()] == ["best"]


def test_a_name_that_would_leave_the_folder_is_refused(place: Path) -> None:
    for name in ("../x", "/x", ".hidden", "a/b", ""):
        with pytest.raises(InvalidInputError):
            checkpoints.publish(place / "best", {name: b""})


def test_a_full_disk_leaves_the_old_checkpoints_and_no_leftovers(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = save(place, 10)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(WorkbenchError, match="no space left"):
            save(place, 20)
    assert list(place.iterdir()) == [good]
    assert checkpoints.newest_valid(place) == (good, [])


def test_a_crash_between_any_two_calls_leaves_a_whole_new_checkpoint_or_the_one_before(
    place: Path,
) -> None:
    good = save(place, 10)
    new = place / checkpoints.checkpoint_name(20, 1)
    code = (
        "from mcworkbench.runs import checkpoints\n"
        "checkpoints.publish(Path(sys.argv[1]) / 'step-00000020.a0001', {'a': b'x', 'b': b'y'})"
    )
    outcomes: set[str] = set()

    def check() -> None:
        found, rejected = checkpoints.newest_valid(place)
        assert rejected == []
        assert found in (good, new)
        outcomes.add("new" if found == new else "old")
        if found == new:
            assert checkpoints.read(new) == {"a": b"x", "b": b"y"}
            shutil.rmtree(new)

    assert crash_everywhere(place, code, check) > 10
    assert outcomes == {"old", "new"}


def test_a_crash_while_replacing_leaves_the_old_or_the_new_snapshot_after_recovery(
    place: Path,
) -> None:
    folder = place / "best"
    code = (
        "from mcworkbench.runs import checkpoints\n"
        "checkpoints.publish(Path(sys.argv[1]) / 'best', {'a': b'new'})"
    )
    outcomes: set[bytes] = set()

    def check() -> None:
        checkpoints.recover(place)
        outcomes.add(checkpoints.read(folder)["a"])
        assert not [path for path in place.iterdir() if path.name.startswith(".replaced")]
        checkpoints.publish(folder, {"a": b"old"})

    checkpoints.publish(folder, {"a": b"old"})
    assert crash_everywhere(place, code, check) > 10
    assert outcomes == {b"old", b"new"}
