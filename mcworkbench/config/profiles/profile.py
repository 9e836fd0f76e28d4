"""One profile of the TensorFlow port: its keys, its defaults, the epochs it trains.

Source: the option list of constantin-crailsheim/dnn-mode-connectivity-tf. A profile there
replaces every option of the command line, so what it leaves out has the default given here.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Literal, final

from pydantic import ConfigDict, Field

from mcworkbench.config.options.base import Options

_WEIGHTS = re.compile(r"model-weights-epoch(\d{1,6})", re.ASCII)


class ProfileOptions(Options):
    """The keys of a profile; dashes and underscores are one to it."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))

    # What the file says, in its own order.
    dir: str = "results/"
    dataset: Literal["mnist", "regression"] = "mnist"
    data_path: str = "datasets/"
    model: str | None = None
    curve: Literal["Bezier", "PolyChain"] | None = None
    ckpt: str | None = None
    save_freq: int = Field(default=50, ge=1)
    num_bends: int = Field(default=3, ge=0)
    init_start: str | None = None
    init_end: str | None = None
    fix_start: bool = False
    fix_end: bool = False
    init_linear: bool = True
    batch_size: int = Field(default=128, ge=1)
    epochs: int = Field(default=200, ge=0)
    lr: float = 0.01
    momentum: float = 0.9
    wd: float = 1e-4
    resume_epoch: int | None = Field(default=None, ge=1)
    seed: int = Field(default=1, ge=0)
    disable_gpu: bool = False
    num_points: int | None = None
    point_on_curve: float | None = Field(default=None, ge=0, le=1)
    save_evaluation: bool = True
    file_name_appendix: str = ""


@final
@dataclass(frozen=True, slots=True)
class Weights:
    """Which weights a profile names: the folder they lie in and their epoch."""

    folder: str
    epoch: int


@final
@dataclass(frozen=True, slots=True)
class Profile:
    """One table, checked.

    Attributes:
        name: of its table.
        options: its keys with that system's defaults.
    """

    name: str
    options: ProfileOptions

    @property
    def folder(self) -> str:
        """Where it writes, as a plain path."""
        return posixpath.normpath(self.options.dir)

    @property
    def is_evaluation(self) -> bool:
        """Whether it scores a curve and trains nothing."""
        return self.options.num_points is not None or self.options.point_on_curve is not None

    @property
    def epochs_before(self) -> int:
        """How many epochs lie behind where it begins."""
        return (self.options.resume_epoch or 1) - 1

    @property
    def num_epochs(self) -> int:
        """How many epochs it trains."""
        return self.options.epochs - self.epochs_before

    def makes(self, weights: Weights) -> bool:
        """Return whether training by it passes through these weights."""
        if self.is_evaluation or weights.folder != self.folder:
            return False
        first = self.epochs_before + (self.options.ckpt is not None)
        return first <= weights.epoch <= self.options.epochs

    def given(self, key: str) -> bool:
        """Return whether the file says it itself."""
        return key in self.options.model_fields_set


def parse_weights(text: str) -> Weights | None:
    """Return what 'DIR/model-weights-epoch10' names, None where it is no such path."""
    folder, name = posixpath.split(posixpath.normpath(text.strip()))
    match = _WEIGHTS.fullmatch(name)
    return Weights(folder or ".", int(match[1])) if match else None
