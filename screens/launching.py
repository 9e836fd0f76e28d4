"""Start a run of a draft: the device is looked for, the run written, its supervisor started.

Called in a thread of its own, since data of the user's own may have to be read first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from mcworkbench.config.experiment import Experiment
from mcworkbench.config.toml_file import TomlFile
from mcworkbench.executors.devices import choose
from mcworkbench.executors.local import start
from mcworkbench.plans.launch import create_run


@final
@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run, as it was when the user asked.

    Attributes:
        command: the words of the equal shell command, () where there is none.
        opens: whether the run is to be shown, or the screen stays.
    """

    experiment: Experiment
    file: TomlFile
    command: tuple[str, ...]
    opens: bool


@final
@dataclass(frozen=True, slots=True)
class Begun:
    """A run that was started."""

    run_id: str
    name: str
    opens: bool


def begin(order: Order) -> Begun:
    """Start a run as `mcworkbench run --detach` does.

    Raises:
        InvalidInputError: the device or something that the preset names is not there.
        WorkbenchError: the home cannot be written.
    """
    choose(order.experiment.compute.device)
    launched = create_run(order.experiment, order.file, command=order.command)
    start(launched.run_id)
    return Begun(launched.run_id, order.file.name.removesuffix(".toml"), order.opens)
