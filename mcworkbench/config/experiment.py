"""The whole of a preset as one frozen value: sections, seeds, published numbers.

Made by `config.loading`; read by plans, which turn it into stages. `bends` never counts ends.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from mcworkbench.config.options.base import Options
from mcworkbench.config.options.curve import CurveSection
from mcworkbench.config.options.data import Class, DataSection
from mcworkbench.config.options.endpoint import TrainSection
from mcworkbench.config.options.evaluate import EvaluateSection
from mcworkbench.config.options.loss import LossSection
from mcworkbench.config.options.model import AnyModelOptions, range_of
from mcworkbench.config.options.model.autoencoder import InitScheme
from mcworkbench.config.options.pictures import LatentChoice, PicturesSection
from mcworkbench.config.references import ReferenceText
from mcworkbench.errors import nearest

Seed = Annotated[int, Field(ge=0, lt=2**31)]
_NODE_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")
MIN_ENDS = 2
# What [expect] can speak of: columns of an evaluation's table and statistics along the path.
EXPECT_COLUMNS = tuple(
    f"{split}_{metric}"
    for split in ("train", "validation", "test")
    for metric in (
        *("loss", "nll", "error", "accuracy", "ece", "f1"),
        *("mse", "rmse", "mae", "psnr", "ssim", "lpips"),
    )
)
EXPECT_STATISTICS = (
    *("start", "end", "min", "max", "avg", "int"),
    *("above_chord", "over_worse_end", "over_mean"),
)


class EndsSection(Options):
    """[ends]: trained from seeds, or networks that exist already; and which pairs to join."""

    seeds: tuple[Seed, ...] = Field(
        default=(), description="One trained end per seed; absent: seed, seed+1."
    )
    use: tuple[ReferenceText, ...] = Field(
        default=(),
        description="Existing networks: 'run:NAME/endpoint-1', 'stage:KEY', 'file:a.pt', each "
        "with @EPOCH, @best or @initial where snapshots are kept.",
    )
    inits: tuple[InitScheme, ...] = Field(
        default=(),
        description="Autoencoders: initial convolutions of each end, one per seed; absent: as "
        "[model] init says.",
    )
    pairs: Literal["first", "consecutive", "all"] = Field(
        default="first", description="Join the first two, each with the next, or every pair."
    )

    train_classes: tuple[tuple[Class, ...], ...] = Field(
        default=(),
        description="Train each end on the examples of its own classes, as [data] train_classes "
        "does: [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]. Curves and evaluations use all of them.",
    )
    train_classes_share: float = Field(
        default=1.0, ge=0, le=1, description="As in [data]: .8 makes biased halves."
    )

    @model_validator(mode="after")
    def _one_half_each(self) -> EndsSection:
        if self.train_classes and len(self.train_classes) != len(self.seeds):
            raise ValueError(
                f"train_classes lists classes for {len(self.train_classes)} ends and seeds "
                f"{len(self.seeds)} ends; give one list of classes for each seed"
            )
        return self

    @model_validator(mode="after")
    def _one_way(self) -> EndsSection:
        if self.seeds and self.use:
            raise ValueError("seeds trains ends and use takes existing ones: give one of them")
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError("two ends with the same seed are the same network; seeds must differ")
        if self.inits and len(self.inits) != len(self.seeds):
            raise ValueError(
                f"{len(self.inits)} inits for {len(self.seeds)} seeds; give one scheme per seed"
            )
        return self


class PathSection(Options):
    """[path]: an existing path to evaluate."""

    use: ReferenceText = Field(
        description="'run:NAME/curve', 'stage:KEY' or 'file:curve.pt', with @EPOCH."
    )


class ImportSection(Options):
    """[import]: checkpoint files to take in."""

    files: tuple[str, ...] = Field(min_length=1, description="Paths of .pt or .safetensors files.")
    names: tuple[str, ...] = Field(
        default=(),
        description="What their nodes are called, in the same order; absent: import-1, import-2, …",
    )

    @model_validator(mode="after")
    def _one_name_each(self) -> ImportSection:
        if self.names and len(self.names) != len(self.files):
            raise ValueError(
                f"names lists {len(self.names)} and files {len(self.files)}; give one name each"
            )
        for name in self.names:
            if not _NODE_NAME.fullmatch(name) or name == "dataset":
                raise ValueError(
                    f"'{name}' cannot name a node; use up to 40 of a-z, 0-9, '-' and '.'"
                )
        if len(set(self.names)) != len(self.names):
            raise ValueError("two files would have the same name; names must differ")
        return self


class ComputeSection(Options):
    """[compute]: where stages run; changes no number's key."""

    device: str = Field(
        default="auto",
        description="auto takes a GPU where there is one; else cpu, cuda or cuda:N.",
    )
    threads: int = Field(
        default=0, ge=0, le=1024, description="CPU threads of a stage; 0 shares the cores."
    )
    slots: int = Field(
        default=1, ge=1, le=64, description="Stages that may run side by side on a CPU."
    )

    @field_validator("device")
    @classmethod
    def _known_device(cls, value: str) -> str:
        if not _DEVICE.fullmatch(value):
            raise ValueError("must be 'auto', 'cpu', 'cuda' or 'cuda:N' with the number of a GPU")
        return value


class Experiment(Options):
    """A validated preset."""

    kind: Literal["endpoints", "curve", "chain", "autoencoder", "evaluate", "import"] = Field(
        description="What is done: train networks; join them by curves; join them all by one "
        "chain of straight segments; join autoencoders and look at what they reconstruct; score "
        "an existing path; take in checkpoint files."
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
            if not _NODE_NAME.fullmatch(name):
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
                if word not in known:
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
        }
        given = {"path": self.path, "import": self.imports, "further": self.further}
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
