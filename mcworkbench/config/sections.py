"""Sections of a preset that belong to no stage: ends, an existing path, files, where to compute."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from mcworkbench.config.options.base import Options
from mcworkbench.config.options.data import Class
from mcworkbench.config.options.model.autoencoder import InitScheme
from mcworkbench.config.references import ReferenceText

Seed = Annotated[int, Field(ge=0, lt=2**31)]
NODE_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")


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
            if not NODE_NAME.fullmatch(name) or name == "dataset":
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
