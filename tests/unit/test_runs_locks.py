"""Locks between real processes: held while anyone lives who has it, free at once when not."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from mcworkbench.errors import WorkbenchError
from mcworkbench.runs.locks import is_locked, lock_holder, try_lock
from tests.unit.runs_sample import OTHER, RUN, Holder, python

if TYPE_CHECKING:
    from pathlib import Path


def wait_free(path: Path) -> float:
    start_s = time.monotonic()
    while is_locked(path):
        assert time.monotonic() - start_s < 5
        time.sleep(0.001)
    return time.monotonic() - start_s


def test_a_second_process_does_not_get_a_held_lock(tmp_path: Path) -> None:
    with Holder(tmp_path / "lock"):
        assert is_locked(tmp_path / "lock")
        assert try_lock(tmp_path / "lock") is None
        late = Holder(tmp_path / "lock", OTHER)
        late.end()
        assert late.answer == "busy"
        assert lock_holder(tmp_path / "lock") == RUN
    assert not is_locked(tmp_path / "lock")


def test_a_killed_process_frees_its_lock_even_as_a_zombie(tmp_path: Path) -> None:
    holder = Holder(tmp_path / "lock")
    holder.kill(reap=False)
    assert wait_free(tmp_path / "lock") < 1
    assert psutil.pid_exists(holder.process.pid), "the zombie is what a pid check would believe"
    lock = try_lock(tmp_path / "lock")
    assert lock is not None
    lock.release()
    holder.end()


def test_a_child_that_was_given_the_descriptor_keeps_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = try_lock(path)
    assert lock is not None
    child = python("import sys; sys.stdin.read()", pass_fds=[lock.descriptor])
    lock.release()
    assert is_locked(path)
    child.kill()
    child.communicate()
    assert wait_free(path) < 1


def test_a_child_that_was_not_given_the_descriptor_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = try_lock(tmp_path / "lock")
    assert lock is not None
    child = python("import sys; sys.stdin.read()")
    lock.release()
    assert not is_locked(tmp_path / "lock")
    child.communicate()


def test_a_lock_ends_with_its_block(tmp_path: Path) -> None:
    lock = try_lock(tmp_path / "lock", holder=RUN)
    assert lock is not None
    with lock:
        assert is_locked(tmp_path / "lock")
    assert not is_locked(tmp_path / "lock")
    lock.release()


def test_looking_makes_no_file_and_nobody_who_only_looks_takes_a_lock_away(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    assert not path.exists()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            is_locked(path)

    watchers = [threading.Thread(target=look) for _ in range(4)]
    for watcher in watchers:
        watcher.start()
    try:
        for _ in range(200):
            lock = try_lock(path)
            assert lock is not None
            lock.release()
    finally:
        stop.set()
        for watcher in watchers:
            watcher.join()


def test_two_who_look_do_not_see_each_other_as_holders(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    seen: list[bool] = []
    watchers = [
        threading.Thread(target=lambda: seen.extend(is_locked(path) for _ in range(500)))
        for _ in range(4)
    ]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    assert len(seen) == 2000
    assert not any(seen)


def test_the_text_of_a_lock_is_believed_only_if_it_is_a_run_id(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert lock_holder(path) == ""
    for hostile in (b"../../etc", b"\xff\xff", b"x", b"\x1b[31mred" * 3, b"a" * 100_000):
        path.write_bytes(hostile)
        assert lock_holder(path) == ""


def test_a_link_in_place_of_a_lock_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").touch()
    (tmp_path / "lock").symlink_to(tmp_path / "target")
    with pytest.raises(WorkbenchError, match="cannot be written"):
        try_lock(tmp_path / "lock")
    assert not is_locked(tmp_path / "lock")


def test_looking_takes_microseconds(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    start_s = time.perf_counter()
    for _ in range(1000):
        is_locked(tmp_path / "lock")
    assert time.perf_counter() - start_s < 0.5
