"""Which devices there are, and that each is used by one at a time."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from mcworkbench.errors import InvalidInputError
from mcworkbench.executors import slots
from mcworkbench.executors.child import Child, package_environment
from mcworkbench.executors.devices import choose, cuda_devices, list_devices
from mcworkbench.executors.slots import busy_sentence, num_slots, threads_per_slot, try_slot

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


@pytest.mark.usefixtures("two_gpus")
def test_each_device_is_one_slot_whatever_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    assert num_slots("auto", 1) == 2
    first = try_slot("cuda:1", 1, FIRST_RUN)
    assert first is not None
    assert first.device == "cuda:0"
    assert first.environment["CUDA_VISIBLE_DEVICES"] == "1"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-3c4d")
    assert try_slot("cuda:0", 1, SECOND_RUN) is None
    assert try_slot("cpu", 1, SECOND_RUN) is not None
    first.release()
    assert try_slot("cuda:0", 1, SECOND_RUN) is not None


@pytest.mark.usefixtures("no_gpu")
def test_a_processor_has_as_many_slots_as_asked_for() -> None:
    held = [try_slot("cpu", 2, FIRST_RUN) for _ in range(3)]
    assert [slot is not None for slot in held] == [True, True, False]
    assert busy_sentence("cpu", 2) == f"waiting for a free slot on cpu (used by {FIRST_RUN})"


@pytest.mark.usefixtures("no_gpu")
def test_a_killed_holder_gives_its_slot_back() -> None:
    code = (
        "import sys, time; from mcworkbench.executors.slots import try_slot; "
        f"slot = try_slot('cpu', 1, {FIRST_RUN!r}); "
        "print(slot is not None, flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    assert try_slot("cpu", 1, SECOND_RUN) is None
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert try_slot("cpu", 1, SECOND_RUN) is not None


def test_slots_times_threads_never_exceed_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "_num_cores", lambda: 8)
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
