"""The writer of events.jsonl on good disks, full disks and broken disks."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from mcworkbench.errors import WorkbenchError
from mcworkbench.runs import event_log, events
from mcworkbench.runs.event_log import MAX_WAITING, EventLog
from mcworkbench.runs.reader import Tail
from tests.unit.runs_sample import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Disk:
    """An os.write that has room for so many bytes, then behaves as a full disk does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = 10**9
        self._write = os.write
        monkeypatch.setattr(event_log.os, "write", self.write)

    def write(self, descriptor: int, content: bytes) -> int:
        if self.room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = self._write(descriptor, content[: self.room])
        self.room -= count
        return count


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def metric(step: int) -> events.Metric:
    return events.Metric("loss", float(step), step)


def test_events_are_numbered_from_one_and_timed_by_the_monotonic_clock(
    tmp_path: Path, clock: Clock
) -> None:
    wall_s = iter([1000.0, 400.0, 2000.0])  # the wall clock jumps back and forth
    log = EventLog(tmp_path / "e", 3, clock=clock, wall_clock=lambda: next(wall_s))
    for step in range(3):
        clock.now_s += 2.0
        log.append(metric(step))
    assert log.close() == 0
    found = Tail(tmp_path / "e").poll()
    assert [(one.attempt, one.sequence, one.elapsed_s) for one in found] == [
        (3, 1, 2.0),
        (3, 2, 4.0),
        (3, 3, 6.0),
    ]
    assert [one.time_s for one in found] == [1000.0, 400.0, 2000.0]


def test_a_log_is_never_continued_by_a_second_writer(tmp_path: Path) -> None:
    EventLog(tmp_path / "e", 1).close()
    with pytest.raises(WorkbenchError, match="file exists"):
        EventLog(tmp_path / "e", 1)


def test_a_short_write_leaves_no_fragment_and_the_event_comes_when_space_returns(
    tmp_path: Path, clock: Clock, disk: Disk
) -> None:
    path = tmp_path / "e"
    log = EventLog(path, 1, clock=clock)
    log.append(metric(1))
    size = path.stat().st_size
    disk.room = 20
    log.append(metric(2))
    assert path.stat().st_size == size
    assert log.problem is not None
    assert "space" in log.problem
    disk.room = 10**9
    clock.now_s += 4.9
    log.append(metric(3))
    assert path.stat().st_size == size, "tried again before 5 s were over"
    clock.now_s += 0.2
    log.tick()
    assert log.problem is None
    log.close()
    assert [one.event for one in Tail(path).poll()] == [metric(1), metric(2), metric(3)]


def test_a_full_disk_costs_measurements_but_no_state_event(
    tmp_path: Path, clock: Clock, disk: Disk
) -> None:
    path = tmp_path / "e"
    log = EventLog(path, 1, clock=clock)
    disk.room = 0
    log.append(events.StageStarted("curve"))
    for step in range(MAX_WAITING + 500):
        log.append(metric(step))
    saved = [events.CheckpointSaved(f"step-{n}", n, n, 1, 0.1) for n in range(MAX_WAITING + 5)]
    for event in saved:
        log.append(event)
    assert log.num_waiting == len(saved) + 1
    disk.room = 10**9
    clock.now_s += 5
    log.append(events.StageFinished())
    log.close()
    tail = Tail(path)
    found = [one.event for one in tail.poll()]
    states = [event for event in found if not isinstance(event, events.Warned)]
    assert states == [events.StageStarted("curve"), *saved, events.StageFinished()]
    warned = [event for event in found if isinstance(event, events.Warned)]
    assert [event.text.split()[0] for event in warned] == [str(MAX_WAITING + 500)]
    assert tail.num_missing == MAX_WAITING + 500


def test_progress_goes_before_measurements_when_memory_is_full(
    tmp_path: Path, clock: Clock, disk: Disk
) -> None:
    log = EventLog(tmp_path / "e", 1, clock=clock)
    disk.room = 0
    epoch = events.EpochFinished(1, 9, 1, 0.1, 1.0, {})
    log.append(epoch)
    for step in range(2 * MAX_WAITING):
        log.append(events.Progress("train", step, 1, "steps"))
    assert log.num_waiting == MAX_WAITING
    disk.room = 10**9
    clock.now_s += 5
    log.tick()
    log.close()
    assert epoch in [one.event for one in Tail(tmp_path / "e").poll()]


def test_a_fragment_that_cannot_be_cut_off_yet_is_never_written_behind(
    tmp_path: Path, clock: Clock, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "e"
    log = EventLog(path, 1, clock=clock)
    truncate = os.ftruncate

    def broken(_descriptor: int, _length: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(event_log.os, "ftruncate", broken)
    disk.room = 10
    log.append(metric(1))
    disk.room = 10**9
    clock.now_s += 5
    log.append(metric(2))
    assert path.stat().st_size == 10
    monkeypatch.setattr(event_log.os, "ftruncate", truncate)
    clock.now_s += 5
    log.tick()
    log.close()
    tail = Tail(path)
    assert [one.event for one in tail.poll()] == [metric(1), metric(2)]
    assert tail.num_damaged == 0


def test_closing_waits_for_space_and_says_how_much_was_lost(
    tmp_path: Path, clock: Clock, disk: Disk
) -> None:
    log = EventLog(tmp_path / "e", 1, clock=clock)
    disk.room = 0
    log.append(metric(1))
    log.append(events.StageFailed("E", "m"))
    assert log.close() == 2


def test_state_changes_are_synced_at_once_and_measurements_once_a_second(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced_s: list[float] = []

    def sync(_descriptor: int) -> None:
        synced_s.append(clock.now_s)

    monkeypatch.setattr(event_log, "_sync_data", sync)
    log = EventLog(tmp_path / "e", 1, clock=clock)
    for _ in range(40):
        clock.now_s += 0.125
        log.append(metric(1))
    assert synced_s == [101.0, 102.0, 103.0, 104.0, 105.0]
    clock.now_s += 0.125
    log.append(events.StageStarted("curve"))
    assert synced_s[-1] == clock.now_s
    log.close()
    assert len(synced_s) == 6, "nothing was left to sync"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 KiB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("needs root to mount a small file system")
    command = [mount, "-t", "tmpfs", "-o", "size=64k", "none", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let us mount a small file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_on_a_real_full_disk_whole_lines_stay_and_writing_goes_on_later(
    small_disk: Path, clock: Clock
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 40 * 1024)
    path = small_disk / "e"
    log = EventLog(path, 1, clock=clock)
    long = "x" * 3000
    for _ in range(20):
        log.append(events.Warned(long))
    log.append(events.StageStopped(3, "now"))
    assert log.problem is not None
    content = path.read_bytes()
    assert content.endswith(b"\n")
    before = Tail(path)
    assert 0 < len(before.poll()) < 20
    assert before.num_damaged == 0
    ballast.unlink()
    clock.now_s += 5
    log.tick()
    assert log.close() == 0
    found = [one.event for one in Tail(path).poll()]
    assert found[-1] == events.StageStopped(3, "now")
    assert sum(isinstance(event, events.Warned) for event in found) < 21


def test_a_killed_writer_leaves_nothing_but_whole_events_and_at_most_one_fragment(
    tmp_path: Path,
) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from mcworkbench.runs import events; from mcworkbench.runs.event_log import EventLog\n"
        "log = EventLog(Path(sys.argv[1]), 1)\n"
        "step = 0\n"
        "while True:\n"
        "    log.append(events.Metric('loss', 0.5, step)); step += 1\n"
    )
    path = tmp_path / "e"
    child = subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=ROOT)
    give_up_s = time.monotonic() + 20
    while not (path.exists() and path.stat().st_size > 200_000):
        assert time.monotonic() < give_up_s
        time.sleep(0.005)
    child.kill()
    child.wait()
    tail = Tail(path)
    steps = [one.event.step for one in tail.poll() if isinstance(one.event, events.Metric)]
    assert steps == list(range(len(steps)))
    assert tail.num_damaged == 0
