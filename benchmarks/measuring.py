"""Time two things in turn, in one process, and report their ratio with its spread.

Machines are shared: a time alone says little, a ratio of neighbours says more.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Ratio:
    """How many times longer `slow` took than `fast`; median and quartiles over rounds."""

    what: str
    ours: str
    other: str
    ours_ms: float
    other_ms: float
    other_over_ours: float
    quartiles: tuple[float, float]


def synchronise(device: str) -> None:
    """Wait for the device, so that a clock read means something."""
    if device != "cpu":
        torch.cuda.synchronize()


def compare(
    what: str,
    ours: tuple[str, Callable[[], object]],
    other: tuple[str, Callable[[], object]],
    *,
    device: str,
    rounds: int = 9,
) -> Ratio:
    """Return the ratio of the two, timed alternately after one warm-up each."""
    times: tuple[list[float], list[float]] = ([], [])
    for round_number in range(rounds + 1):
        for place, (_, work) in enumerate((ours, other)):
            synchronise(device)
            began = time.perf_counter()
            work()
            synchronise(device)
            if round_number:
                times[place].append(1000 * (time.perf_counter() - began))
    ratios = [theirs / mine for mine, theirs in zip(*times, strict=True)]
    lower, _, upper = statistics.quantiles(ratios, n=4)
    return Ratio(
        what,
        ours[0],
        other[0],
        round(statistics.median(times[0]), 3),
        round(statistics.median(times[1]), 3),
        round(statistics.median(ratios), 3),
        (round(lower, 3), round(upper, 3)),
    )


def publish(name: str, device: str, ratios: list[Ratio]) -> None:
    """Print the ratios and keep them in benchmarks/results with what they were measured on."""
    facts = {
        "date": datetime.now(UTC).date().isoformat(),
        "device": torch.cuda.get_device_name(0) if device != "cpu" else _processor(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "command": " ".join(["python", *sys.argv]),
        "ratios": [asdict(ratio) for ratio in ratios],
    }
    for ratio in ratios:
        print(
            f"{ratio.what}: {ratio.ours} {ratio.ours_ms:g} ms, {ratio.other} "
            f"{ratio.other_ms:g} ms, {ratio.other_over_ours:g} × (quartiles "
            f"{ratio.quartiles[0]:g}–{ratio.quartiles[1]:g})"
        )
    kind = "cpu" if device == "cpu" else "cuda"
    folder = results_folder()
    target = folder / f"{facts['date']}-{name}-{kind}.json"
    target.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
    print(target)


def results_folder() -> Path:
    """Return the folder of results, made where a fresh clone has none."""
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    return folder


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "cpu"
