"""What the app's feed costs: an idle second with 1,000 runs, and one picture of a large run.

Run: python benchmarks/feed_idle.py [NUM_RUNS]
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measuring import compare, publish

from mcworkbench.runs import events
from mcworkbench.runs.codec import Envelope, encode
from mcworkbench.runs.index import list_runs
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.views import RunView
from mcworkbench.runs.watching import RunWatch
from mcworkbench.screens.feed import Feed
from mcworkbench.screens.messages import RunsChanged
from mcworkbench.screens.pictures.build import Painter, picture_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_KINDS = ("dataset", "endpoint", "endpoint", "line", "evaluate", "curve", "evaluate")
_NAMES = ("dataset", "endpoint-1", "endpoint-2", "line", "evaluate-line", "curve", "evaluate-curve")
_INPUTS: tuple[dict[str, str], ...] = (
    {},
    {"dataset": "dataset"},
    {"dataset": "dataset"},
    {"first": "endpoint-1", "last": "endpoint-2"},
    {"path": "line"},
    {"first": "endpoint-1", "last": "endpoint-2"},
    {"path": "curve"},
)
_NUM_EPOCHS, _NUM_POINTS, _IDLE_S, _OLD_S = 300, 61, 10.0, 3600.0
_SUMMARY = {
    f"{split}_{metric}_{statistic}": 0.1
    for split in ("train", "test")
    for metric in ("nll", "loss", "error", "accuracy", "ece")
    for statistic in ("min", "max", "avg", "int", "start", "end")
}
_LETTERS = "abcdefghijkmnpqrstuvwxyz"


def make_run(number: int) -> str:
    """Make a finished run of seven stages of its own; return its id."""
    letters = "".join(_LETTERS[(number // 24**place) % 24] for place in range(6))
    folder = RunFolder(f"20260101-{number:06d}-curve-{letters}")
    folder.path.mkdir(parents=True)
    nodes: dict[str, Any] = {}
    for name, kind, inputs in zip(_NAMES, _KINDS, _INPUTS, strict=True):
        key = hashlib.sha256(f"{number}-{name}".encode()).hexdigest()
        nodes[name] = {"key": key, "kind": kind, "label": name, "inputs": inputs, "reused": False}
        make_stage(StageFolder(key), kind, folder.id, told(kind))
    document = {"format": 1, "id": folder.id, "name": f"run-{number}", "kind": "curve"}
    document |= {"title": "made", "created": 1.7e9 + number, "nodes": nodes}
    folder.document_path.write_text(json.dumps(document))
    folder.lock_path.write_text(folder.id)
    return folder.id


def make_stage(folder: StageFolder, kind: str, run: str, written: Sequence[events.Event]) -> None:
    """Make one finished stage."""
    folder.make()
    document = {"format": 1, "key": folder.key, "kind": kind, "options": {"epochs": _NUM_EPOCHS}}
    folder.document_path.write_text(json.dumps(document))
    attempt = folder.new_attempt(run)
    attempt.events_path.write_bytes(
        b"".join(
            encode(event, Envelope(1, place, 1.7e9 + place, float(place)))
            for place, event in enumerate(written, 1)
        )
    )
    (folder.artifacts / "product.json").write_text("{}")
    folder.publish_result(
        attempt, product=kind, summary=_SUMMARY, artifacts=["product.json"], seconds=1.0
    )


def told(kind: str) -> list[events.Event]:
    """Return what a stage writes; short, but for the run that is opened."""
    return [events.StageStarted(kind), events.StageFinished(_SUMMARY)]


def told_at_length(kind: str) -> list[events.Event]:
    """Return what a stage of 300 epochs, or an evaluation of 61 points, writes."""
    written: list[events.Event] = [events.StageStarted(kind)]
    if kind == "evaluate":
        for place in range(_NUM_POINTS):
            t = place / (_NUM_POINTS - 1)
            values = {name.removesuffix("_min"): t for name in _SUMMARY if name.endswith("_min")}
            written.append(events.PathPointEvaluated(place, _NUM_POINTS, t, place, values))
    elif kind in ("endpoint", "curve"):
        for epoch in range(1, _NUM_EPOCHS + 1):
            for part in range(1, 4):
                step = 30 * (epoch - 1) + 10 * part
                values = {"lr": 0.1, "train_nll": 1 / step}
                written.append(
                    events.Progress("training", step, 9000, "steps", step, 1.0, 1.0, values)
                )
            scores = {"train_nll": 1 / epoch, "test_nll": 2 / epoch, "test_error": 0.5 / epoch}
            written.append(events.EpochFinished(epoch, _NUM_EPOCHS, 30 * epoch, 0.1, 1.0, scores))
            if kind == "curve":
                ts = tuple(place / 10 for place in range(11))
                written.append(events.ProbeEvaluated(epoch, 30 * epoch, ts, {"train_nll": ts}))
    return written


def age(folder: Path) -> None:
    """Make everything in a folder look an hour old."""
    then = time.time() - _OLD_S
    for place, _, files in os.walk(folder, topdown=False):
        for name in files:
            os.utime(Path(place) / name, (then, then))
        os.utime(place, (then, then))


def idle_share(num_runs: int) -> tuple[float, float]:
    """Return the part of a core that an idle feed takes, and the seconds to its first rows."""
    heard: list[Any] = []
    feed = Feed(heard.append)
    began = time.perf_counter()
    feed.start()
    while not any(isinstance(message, RunsChanged) for message in heard):
        time.sleep(0.001)
    first_s = time.perf_counter() - began
    while len([m for m in heard if isinstance(m, RunsChanged)][-1].rows) < num_runs:
        time.sleep(0.05)
    time.sleep(2.0)
    before = time.process_time()
    threading.Event().wait(_IDLE_S)
    share = (time.process_time() - before) / _IDLE_S
    feed.stop()
    return share, first_s


def main() -> None:
    """Measure and publish."""
    num_runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as home:
        os.environ["MCWORKBENCH_HOME"] = home
        for number in range(num_runs):
            make_run(number)
        globals()["told"] = told_at_length
        opened = make_run(num_runs)
        age(Path(home))
        share, first_s = idle_share(num_runs + 1)
        print(f"idle feed, {num_runs} runs: {100 * share:.1f} % of a core at 1 Hz")
        print(f"first rows after {first_s:.3f} s")
        watch, view = RunWatch(), RunView(opened)
        watch.refresh()
        painter = Painter(view)
        painter.picture()

        def repaint() -> None:
            view.refresh()
            painter.picture()

        ratios = [
            compare(
                f"one look at {num_runs} settled runs",
                ("watched", watch.refresh),
                ("list_runs", list_runs),
                device="cpu",
            ),
            compare(
                f"a picture, {_NUM_EPOCHS} epochs and 2 × {_NUM_POINTS} points",
                ("nothing new", repaint),
                ("from nothing", lambda: picture_of(view)),
                device="cpu",
            ),
        ]
    publish("feed-idle", "cpu", ratios)


if __name__ == "__main__":
    main()
