"""Which devices there are, and that each is used by one at a time."""

from __future__ import annotations

import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
import run_bench

from mcworkbench.errors import InvalidInputError
from mcworkbench.executors import slots
from mcworkbench.executors.child import Child, package_environment
from mcworkbench.executors.devices import choose, cuda_devices, list_devices
from mcworkbench.executors.slots import Slot, SlotPool, threads_per_slot
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.supervisor import Supervisor

FIRST_RUN, SECOND_RUN = "20260101-000000-curve-aaaaaa", "20260101-000000-curve-bbbbbb"
UUIDS = ["GPU-1a2b", "GPU-3c4d"]


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that the driver knows two devices."""
    driver = SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetCount=lambda: len(UUIDS),
        nvmlDeviceGetHandleByIndex=int,
        nvmlDeviceGetUUID=UUIDS.__getitem__,
    )
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that the driver is missing."""

    def init() -> None:
        raise RuntimeError("NVML Shared Library Not Found")

    monkeypatch.setitem(sys.modules, "pynvml", SimpleNamespace(nvmlInit=init))


@pytest.mark.usefixtures("no_gpu")
def test_a_machine_without_a_driver_has_its_processor() -> None:
    assert list_devices() == ["cpu"]
    assert [device.name for device in choose("auto")] == ["cpu"]
    with pytest.raises(
        InvalidInputError, match=r"device 'cuda': not on this machine\. Known: auto, cpu\."
    ):
        choose("cuda")


@pytest.mark.usefixtures("two_gpus")
def test_devices_are_counted_as_a_process_sees_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list_devices() == ["cuda:0", "cuda:1"]
    for visible, identities in {
        "1,0": ["GPU-3c4d", "GPU-1a2b"],
        "GPU-3c": ["GPU-3c4d"],
        "0,-1,1": ["GPU-1a2b"],
        "5": [],
        "": [],
    }.items():
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        assert [device.identity for device in cuda_devices()] == identities, visible


def pool(device: str, slots: int = 1, threads: int = 0, run: str = FIRST_RUN) -> SlotPool:
    return SlotPool(device, slots, threads, run)


def held(*pools: SlotPool) -> list[Slot | None]:
    return [each.take() for each in pools]


@pytest.fixture
def four_cores(monkeypatch: pytest.MonkeyPatch, no_gpu: None) -> None:
    """Pretend that this process may use four cores and no other device."""
    monkeypatch.setattr(slots, "_cores", lambda: [0, 1, 4, 5])


@pytest.mark.usefixtures("two_gpus")
def test_each_device_is_one_slot_whatever_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pool("auto").num_slots == 2
    first = pool("cuda:1").take()
    assert first is not None
    assert first.device == "cuda:0"
    assert first.environment["CUDA_VISIBLE_DEVICES"] == "1"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-3c4d")
    assert pool("cuda:0", run=SECOND_RUN).take() is None
    assert pool("cpu", run=SECOND_RUN).take() is not None
    first.release()
    assert pool("cuda:0", run=SECOND_RUN).take() is not None


@pytest.mark.usefixtures("two_gpus")
def test_the_driver_is_asked_once_however_long_a_run_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(sys.modules["pynvml"], "nvmlInit", lambda: calls.append(1))
    waiting = pool("cuda", run=SECOND_RUN)
    taken = held(*[waiting] * 4)
    assert [slot is not None for slot in taken] == [True, True, False, False]
    assert waiting.busy_sentence().startswith("waiting for a free slot on cuda:0, cuda:1")
    assert len(calls) == 1


@pytest.mark.usefixtures("four_cores")
def test_all_runs_together_have_no_more_threads_than_there_are_cores() -> None:
    halves, quarters = pool("cpu", slots=2), pool("cpu", slots=4, run=SECOND_RUN)
    whole = pool("cpu", run=SECOND_RUN)
    assert (halves.threads, quarters.threads, whole.threads) == (2, 1, 4)
    first, second, third, fourth = held(halves, quarters, halves, quarters)
    assert first is not None
    assert second is not None
    assert third is None, "one core is free, and half of them are two"
    assert fourth is not None
    assert held(quarters, whole) == [None, None]
    for slot in (first, second, fourth):
        slot.release()
    assert whole.take() is not None, "who could not have all of it kept a part"


@pytest.mark.usefixtures("four_cores")
def test_a_run_of_two_slots_does_not_start_beside_one_that_has_all_cores() -> None:
    whole, half = pool("cpu"), pool("cpu", slots=2, run=SECOND_RUN)
    slot = whole.take()
    assert slot is not None
    assert half.take() is None
    assert half.busy_sentence() == f"waiting for a free slot on cpu (used by {FIRST_RUN})"
    slot.release()
    assert half.take() is not None
    assert half.busy_sentence().endswith(f"(used by {SECOND_RUN})"), "old holders are not named"


@pytest.mark.usefixtures("no_gpu")
def test_a_killed_holder_gives_its_slot_back() -> None:
    code = (
        "import sys, time; from mcworkbench.executors.slots import SlotPool; "
        f"slot = SlotPool('cpu', 1, 0, {FIRST_RUN!r}).take(); "
        "print(slot is not None, flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    waiting = pool("cpu", run=SECOND_RUN)
    assert waiting.take() is None
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert waiting.take() is not None


@pytest.mark.usefixtures("four_cores")
def test_a_queued_run_looks_for_slots_a_few_times_a_second() -> None:
    with run_bench.opened() as bench:
        run = bench.run(threads=0, one={"steps": 1})
        lock = RunFolder(run).take_lock()
        assert lock is not None
        with lock:
            slot = pool("cpu").take()
            assert slot is not None
            waiting = Supervisor(run, lock)
            began_s = time.monotonic()
            asked: list[float] = []
            taking = pool("cpu", run=SECOND_RUN)
            while time.monotonic() < began_s + 0.7:
                before = waiting._next_try_s
                assert waiting._hire(taking) is None
                asked += [before] if waiting._next_try_s != before else []
            assert len(asked) == 2
            slot.release()


def test_slots_times_threads_never_exceed_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "_cores", lambda: list(range(8)))
    assert threads_per_slot(0, 1) == 8
    assert threads_per_slot(0, 3) == 2
    assert threads_per_slot(4, 3) == 2
    assert threads_per_slot(1, 3) == 1
    assert threads_per_slot(0, 20) == 1


def test_a_child_killed_by_the_kernel_for_memory_is_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kills = iter([4, 5])
    monkeypatch.setattr("mcworkbench.executors.child._num_oom_kills", lambda: next(kills))
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    child = Child([sys.executable, "-c", code], package_environment(), 2)
    child.close(10)
    death = child.death()
    assert death is not None
    assert (death.cause, death.signal) == ("oom", 9)
    assert str(death) == "was ended by the system because memory ran out"
