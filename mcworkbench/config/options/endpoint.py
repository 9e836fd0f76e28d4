"""[train]: one network trained from its own seed, or continued from another."""

from __future__ import annotations

from pydantic import Field

from mcworkbench.config.options.base import Options, unhashed
from mcworkbench.config.options.loss import JudgedOptions
from mcworkbench.config.options.model import AnyModelOptions
from mcworkbench.config.options.training import SectionSeeds, SeedOptions, TrainingOptions
from mcworkbench.config.references import ReferenceText


class TrainSection(TrainingOptions, SectionSeeds):
    """The [train] section of a preset, the same for every end; their seeds stand in [ends]."""

    start: ReferenceText | None = Field(
        default=None,
        alias="from",
        description="Continue from NODE@epoch of a run ('run:NAME/endpoint-1@32') with this lr and "
        "epochs: a new stage, not a resume.",
    )


class EndpointOptions(TrainingOptions, SeedOptions, JudgedOptions):
    """Everything that determines one trained network, beside the data set."""

    model: AnyModelOptions = Field(description="The network.", discriminator="name")


class ImportOptions(Options):
    """A checkpoint made elsewhere: the file's digest and the network it must fit."""

    sha256: str = Field(pattern=r"[0-9a-f]{64}", description="Digest of the file.")
    file: str = unhashed("", description="Where the file lay; its digest says what it is.")
    model: AnyModelOptions = Field(description="The network it must fit.", discriminator="name")
    with_optimizer: bool = Field(
        default=False, description="Take its optimiser's state along, where it holds one."
    )
