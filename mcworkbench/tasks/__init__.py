"""What loss means: one file per task, named by the catalogue.

`make_task` gives the task of a data set. A task knows outputs and targets; it knows no network,
no path, no loop and no file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcworkbench import catalogue
from mcworkbench.config.user_class import is_code_name
from mcworkbench.config.user_code import load_trusted
from mcworkbench.errors import InvalidInputError
from mcworkbench.metrics import images
from mcworkbench.tasks.task import AbstractTask

if TYPE_CHECKING:
    from mcworkbench.data.dataset import Dataset
    from mcworkbench.tasks.reconstruction import ImageLoss

DEFAULT_ECE_BINS = 15


def make_task(
    dataset: Dataset,
    ece_bins: int = DEFAULT_ECE_BINS,
    *,
    per_class: bool = False,
    loss: ImageLoss | None = None,
    lpips: ImageLoss | None = None,
) -> AbstractTask:
    """Return the task of a data set.

    Args:
        dataset: an opened data set; its `task` is the name in the catalogue.
        ece_bins: bins of the expected calibration error, where the task has one; 0 leaves it
            out, and with it every metric that a training should not pay for.
        per_class: also give what is counted class by class, where the task has classes.
        loss: what judges reconstructions; None is the mean squared error.
        lpips: measures LPIPS of reconstructions; None leaves it out.
    """
    if is_code_name(dataset.task):
        data = dataset.options
        make: Any = load_trusted(dataset.task, data.code_folder, data.task_digest, "[data] task")
    else:
        make = catalogue.resolve(catalogue.find(catalogue.TASKS, "task", dataset.task))
    if dataset.range:
        return make(dataset.range, loss or images.mse, lpips=lpips, is_full=ece_bins > 0)
    task = make(ece_bins=ece_bins)
    if not isinstance(task, AbstractTask):
        raise InvalidInputError(
            f"[data] task = '{dataset.task}' is no mcworkbench.tasks.task.AbstractTask; derive "
            "from it."
        )
    return task.with_classes(dataset.num_outputs) if per_class else task
