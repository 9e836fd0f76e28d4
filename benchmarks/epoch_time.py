"""Seconds per epoch of endpoint and curve of a preset, cut to a few epochs, from real events.

Run: python benchmarks/epoch_time.py vgg16-cifar10-bezier cuda:0 [--set data.name=…]
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from measuring import results_folder

from mcworkbench.config.loading import load_experiment
from mcworkbench.executors import local
from mcworkbench.plans.launch import create_run
from mcworkbench.runs.views import RunView

EPOCHS = 3
POLL_S = 1.0
OVER = {"done", "failed", "stopped", "lost"}


def main() -> None:
    """Run the preset for a few epochs and write down the medians."""
    preset, device, *overrides = sys.argv[1:]
    chosen = [word for word in overrides if word != "--set"]
    cut = [f"train.epochs={EPOCHS}", f"curve.epochs={EPOCHS}", "evaluate.points=3"]
    experiment, file = load_experiment(preset, [*cut, *chosen])
    launched = create_run(experiment, file, device=device, fresh=True)
    local.start(launched.run_id)
    view = RunView(launched.run_id)
    while str(view.state) not in OVER:
        time.sleep(POLL_S)
        view.refresh()
    found = {
        name: round(statistics.median([epoch.seconds for epoch in node.view.epochs][1:]), 2)
        for name, node in view.nodes.items()
        if len(node.view.epochs) > 1
    }
    facts = {
        "date": datetime.now(UTC).date().isoformat(),
        "command": " ".join(["python", *sys.argv]),
        "state": str(view.state),
        "device": device,
        "seconds_per_epoch": found,
    }
    print(json.dumps(facts, indent=1))
    kind = device.partition(":")[0]
    target = results_folder() / f"{facts['date']}-epoch-{Path(preset).stem}-{kind}.json"
    target.write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
