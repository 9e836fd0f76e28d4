"""Parts of an evaluation's table: barriers of image metrics, and what a stage's summary holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcworkbench.runs.path_summary import barriers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcworkbench.data.dataset import Dataset
    from mcworkbench.tasks.task import AbstractTask

HEADLINES = ("train_nll", "train_loss", "train_error", "test_nll", "test_error")
IMAGE_HEADLINES = ("test_mse", "test_psnr", "test_ssim", "test_lpips")


def headline(table: Mapping[str, Any]) -> dict[str, float]:
    """Return the statistics and barriers by which an evaluation is known."""
    summary = {"length": table["length"]}
    columns = HEADLINES + (IMAGE_HEADLINES if "baseline" in table else ())
    for column in columns:
        for statistic, value in table["summary"].get(column, {}).items():
            summary[f"{column}_{statistic}"] = value
        for name, value in table["barriers"].get(column, {}).items():
            summary[f"{column}_barrier_{name}"] = value
    return summary


def image_barriers(
    dataset: Dataset,
    task: AbstractTask,
    ts: Sequence[float],
    columns: Mapping[str, Sequence[float]],
) -> dict[str, dict[str, float]]:
    """Return the barriers of image metrics; where higher is better, those of the fall."""
    if not dataset.range:
        return {}
    found: dict[str, dict[str, float]] = {}
    for metric in task.metrics:
        sign = -1.0 if metric.higher_is_better else 1.0
        for split in ("train", "test"):
            column = [sign * value for value in columns[f"{split}_{metric.name}"]]
            found[f"{split}_{metric.name}"] = barriers(ts, column)
    return found
