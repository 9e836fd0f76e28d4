"""The whole of a preset as one frozen value: sections, seeds, published numbers.

Made by `config.loading`; read by plans, which turn it into stages. `bends` never counts ends.
"""

from __future__ import annotations

import re
from typing import Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from mcworkbench.config.options.base import Options
from mcworkbench.config.options.curve import CurveSection
from mcworkbench.config.options.data import DataSection
from mcworkbench.config.options.endpoint import TrainSection
from mcworkbench.config.options.ensemble import EnsembleSection
from mcworkbench.config.options.evaluate import EvaluateSection
from mcworkbench.config.options.fge import FgeSection
from mcworkbench.config.options.loss import LossSection
from mcworkbench.config.options.model import AnyModelOptions, range_of
from mcworkbench.config.options.pictures import LatentChoice, PicturesSection
from mcworkbench.config.options.snapshot import SnapshotSection
from mcworkbench.config.options.swa import SwagSection, SwaSection
from mcworkbench.config.sections import (
    NODE_NAME,
    ComputeSection,
    EndsSection,
    ImportSection,
    PathSection,
    Seed,
)
from mcworkbench.errors import nearest

MIN_ENDS = 2
# What [expect] can speak of: columns of an evaluation's table and statistics along the path.
EXPECT_COLUMNS = tuple(
    f"{split}_{metric}"
    for split in ("train", "validation", "test")
    for metric in (
        *("loss", "nll", "error", "accuracy", "ece", "brier", "f1"),
        *("mse", "rmse", "mae", "psnr", "ssim", "lpips"),
    )
)
EXPECT_STATISTICS = (
    *("start", "end", "min", "max", "avg", "int"),
    *("above_chord", "over_worse_end", "over_mean"),
)
# How many runs of a method an ensemble pools: the "2b" of "fge.test_error.2b".
_BUDGET = re.compile(r"[1-9]\d?b", re.ASCII)


class Experiment(Options):
    """A validated preset."""

    kind: Literal[
        "endpoints",
        "curve",
        "chain",
        "autoencoder",
        "evaluate",
        "import",
        "fge",
        "snapshot",
        "swa",
        "swag",
        "ensemble",
    ] = Field(
        description="What is done: train networks; join them by curves, or all by one chain; "
        "join autoencoders and look at their pictures; score a path; take in checkpoints; or make "
        "ensembles: by FGE, of snapshots, of averaged iterates, of samples around them, of given "
        "networks."
    )
    title: str = Field(default="", max_length=200, description="One line for lists.")
    summary: str = Field(
        default="", max_length=4000, description="What it shows and what it costs."
    )
    source: str = Field(
        default="", max_length=400, description="Where published numbers come from."
    )
    seed: Seed = Field(default=1, description="Sets every seed that is not set itself.")
    data: DataSection
    model: AnyModelOptions = Field(discriminator="name")
    ends: EndsSection = Field(default=EndsSection())
    train: TrainSection = Field(default=TrainSection())
    curve: CurveSection = Field(default=CurveSection())
    loss: LossSection = Field(default=LossSection())
    evaluate: EvaluateSection = Field(default=EvaluateSection())
    pictures: PicturesSection = Field(default=PicturesSection())
    latent: LatentChoice = Field(default=LatentChoice())
    path: PathSection | None = None
    fge: FgeSection | None = None
    snapshot: SnapshotSection | None = None
    swa: SwaSection | None = None
    swag: SwagSection | None = None
    ensemble: EnsembleSection | None = None
    imports: ImportSection | None = Field(default=None, alias="import")
    compute: ComputeSection = Field(default=ComputeSection())
    further: dict[str, dict[str, Any]] = Field(
        default_factory=dict[str, dict[str, Any]],
        description="[further.NAME]: train on from a node, with the options that differ.",
    )
    expect: dict[str, float | str] = Field(
        default_factory=dict[str, "float | str"],
        description="Published numbers, shown beside ours.",
    )

    @field_validator("further")
    @classmethod
    def _node_names(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name in value:
            if not NODE_NAME.fullmatch(name):
                raise ValueError(
                    f"'{name}' cannot name a node; use up to 40 of a-z, 0-9, '-' and '.', "
                    "e.g. [further.fine-tuned]"
                )
        return value

    @field_validator("expect")
    @classmethod
    def _known_statistics(cls, value: dict[str, float | str]) -> dict[str, float | str]:
        for key in value:
            parts = key.split(".")
            if len(parts) != len(("path", "column", "statistic")):
                raise ValueError(f"'{key}' is not PATH.COLUMN.STATISTIC, e.g. curve.test_error.max")
            for word, known in ((parts[1], EXPECT_COLUMNS), (parts[2], EXPECT_STATISTICS)):
                if word not in known and not (word is parts[2] and _BUDGET.fullmatch(word)):
                    guess = nearest(word, known)
                    hint = f"; did you mean '{guess}'?" if guess else f"; known: {', '.join(known)}"
                    raise ValueError(f"'{key}' speaks of '{word}'{hint}")
        return value

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Experiment:
        if self.kind == "evaluate" and self.path is None:
            raise ValueError(
                "kind = 'evaluate' needs [path] use = 'run:NAME/curve' or 'file:curve.pt'"
            )
        if self.kind == "import" and self.imports is None:
            raise ValueError("kind = 'import' needs [import] files = ['a.pt']")
        count = len(self.ends.use or self.end_seeds())
        if self.joins and count < MIN_ENDS and (count or self.curve.start is None):
            raise ValueError(
                f"kind = '{self.kind}' needs two ends: [ends] seeds = [1, 2] or use = [...]"
            )
        if self.kind == "chain" and count < MIN_ENDS:
            raise ValueError("kind = 'chain' needs two ends or more: [ends] use = [...] or seeds")
        if self.kind == "autoencoder" and not range_of(self.model):
            raise ValueError(
                f"kind = 'autoencoder' needs a [model] that reconstructs, and {self.model.family} "
                "does not: name = 'ae_seed', 'ae_z', 'ae_tiny' or 'ae_dense'"
            )
        return self

    @model_validator(mode="after")
    def _trains_no_miswired_network(self) -> Experiment:
        if self.model.caution and self.end_seeds() and self.train.start is None:
            raise ValueError(
                "[model] is only for checkpoints trained so, and this trains it from the start: "
                f"it is {self.model.caution}. Take wiring = 'correct', or name files in [ends] use"
            )
        return self

    @model_validator(mode="after")
    def _has_nothing_idle(self) -> Experiment:
        homes = {
            "path": ("evaluate",),
            "import": ("import",),
            "further": ("endpoints", "curve", "chain", "autoencoder"),
            "swa": ("swa", "swag"),
        }
        homes |= {name: (name,) for name in ("fge", "snapshot", "swag", "ensemble")}
        given = {name: getattr(self, name) for name in homes if name != "import"}
        given |= {"import": self.imports}
        for section, kinds in homes.items():
            if given[section] and self.kind not in kinds:
                wanted = " or ".join(f"'{kind}'" for kind in kinds)
                raise ValueError(
                    f"[{section}] belongs to kind = {wanted}, but kind = '{self.kind}'; leave the "
                    "section out or change the kind"
                )
        return self

    @model_validator(mode="after")
    def _reconstructs_where_it_must(self) -> Experiment:
        given = {"[loss]": self.loss != LossSection(), "[ends] inits": bool(self.ends.inits)}
        for name, is_given in given.items():
            if is_given and not range_of(self.model):
                raise ValueError(
                    f"{name} is of autoencoders, and [model] {self.model.family} is none; leave it "
                    "out, or name ae_seed, ae_z, ae_tiny or ae_dense"
                )
        return self

    @property
    def joins(self) -> bool:
        """Whether this kind of run joins ends by paths."""
        return self.kind in {"curve", "autoencoder"}

    def end_seeds(self) -> tuple[int, ...]:
        """Return the seeds of trained ends (empty where ends exist already)."""
        if self.ends.use or self.kind in {"evaluate", "import"}:
            return ()
        if self.kind == "ensemble" and self.ensemble and (self.ensemble.use or self.ensemble.path):
            return self.ends.seeds
        if self.joins and self.curve.start is not None and not self.ends.seeds:
            return ()
        return self.ends.seeds or (self.seed, self.seed + 1)

    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Return the joined pairs as 0-based places among the ends."""
        count = len(self.ends.use or self.end_seeds())
        if not self.joins or count < MIN_ENDS:
            return ()
        if self.ends.pairs == "first":
            return ((0, 1),)
        if self.ends.pairs == "consecutive":
            return tuple((place, place + 1) for place in range(count - 1))
        return tuple((a, b) for a in range(count) for b in range(a + 1, count))


# Every kind of run, in the order in which lists show them.
KINDS: tuple[str, ...] = get_args(Experiment.model_fields["kind"].annotation)
