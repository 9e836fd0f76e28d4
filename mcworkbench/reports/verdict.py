"""Say in one sentence per pair whether autoencoders are joined by good reconstructions.

Pure; called by `reports.summary`. A path counts as good where its worst point lies less than a
tenth of the way from its worse end to the mean image.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcworkbench.reports.quantities import quantity, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcworkbench.reports.document import PathSummary

GOOD = 0.1


def verdict(paths: Sequence[PathSummary], task: str) -> str:
    """Return what the paths of one pair show, "" where the mean image was not scored."""
    told = [(path, _share(path, task)) for path in paths if not path.partial]
    known = [(path, share) for path, share in told if math.isfinite(share)]
    if not known:
        return ""
    parts = [_told(path, share, task) for path, share in known]
    good = [path for path, share in known if share < GOOD]
    bad = [path for path, share in known if share >= GOOD]
    where = f" from {paths[0].pair_label}" if paths[0].pair_label else ""
    return f"Verdict{where}: {'; '.join(parts)}. {_conclusion(good, bad)}"


def share_of_baseline(path: PathSummary, column: str) -> float:
    """Return how far the worst point lies from the worse end (0) to the mean image (1)."""
    statistics, baseline = path.statistics.get(column, {}), path.baseline.get(column, math.nan)
    ends = [statistics.get(name, math.nan) for name in ("start", "end")]
    worst = statistics.get("max", math.nan)
    room = baseline - max(ends)
    return (worst - max(ends)) / room if room > 0 else math.nan


def verdict_column(task: str) -> str:
    """Return what the verdict is on: the loss where it is of pixels alone, else their mse."""
    return "test_nll" if task.endswith((":mse", ":mae", ":laplacian")) else "test_mse"


def _share(path: PathSummary, task: str) -> float:
    return share_of_baseline(path, verdict_column(task))


def _told(path: PathSummary, share: float, task: str) -> str:
    column = verdict_column(task)
    statistics = path.statistics[column]
    worst, values = statistics["max"], path.columns.get(column, [])
    end = max(statistics["start"], statistics["end"])
    t = path.ts[values.index(worst)] if worst in values else math.nan
    at = f" at t = {t:.3g}" if math.isfinite(t) else ""
    times = f", {worst / end:.3g} times the worse end" if end > 0 else ""
    label = quantity(column, task=task).label
    return (
        f"{path.method}: worst {label} {shown(column, worst, task=task)}{at}{times} and "
        f"{100 * share:.0f} % of the way to the mean image "
        f"({shown(column, path.baseline[column], task=task)})"
    )


def _conclusion(good: Sequence[PathSummary], bad: Sequence[PathSummary]) -> str:
    names = " and ".join(path.method for path in good)
    if good and bad:
        lost = " and ".join(path.method for path in bad)
        return f"The ends are joined by good reconstructions along {names}, but not along {lost}."
    if good:
        return f"Every path keeps its reconstructions: {names}."
    return "None of these paths keeps the reconstructions of its ends."
