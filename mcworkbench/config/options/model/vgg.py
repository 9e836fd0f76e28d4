"""[model] name = "vgg16", "vgg" and "vgg_linear"."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from mcworkbench.config.options.base import ModelOptions

_DEPTH = 16


class Vgg16Options(ModelOptions):
    """VGG16 for 32-pixel images, three fully connected layers with dropout at the end."""

    name: Literal["vgg16"]
    dropout: float = Field(
        default=0.5, ge=0, lt=1, description="Probability of dropping a unit; 0 is off."
    )


class VggOptions(ModelOptions):
    """VGG for 32-pixel images, three fully connected layers with dropout at the end."""

    name: Literal["vgg"]
    depth: Literal[11, 13, 16, 19] = Field(
        default=_DEPTH, description="Layers with parameters: 8, 10, 13 or 16 convolutions, 3 dense."
    )
    batch_norm: bool = Field(
        default=False, description="Batch norm between each convolution and its ReLU."
    )
    dropout: float = Field(
        default=0.5, ge=0, lt=1, description="Probability of dropping a unit; 0 is off."
    )
    wiring: Literal["correct", "reference"] = Field(
        default="correct",
        description="reference: as dnn-mode-connectivity runs its VGG16BN and VGG19BN, which skips "
        "about half of the layers; only for checkpoints that were trained so.",
    )

    @model_validator(mode="after")
    def _reference_has_batch_norm(self) -> VggOptions:
        if self.wiring == "reference" and not self.batch_norm:
            raise ValueError("wiring = 'reference' differs only with batch_norm = true")
        return self

    @property
    def label(self) -> str:
        """Return its published name in small letters."""
        return f"vgg{self.depth}{'bn' if self.batch_norm else ''}"

    @property
    def caution(self) -> str:
        """Return what is wrong with the reference's wiring."""
        if self.wiring == "correct":
            return ""
        return (
            f"wired as the reference runs its {self.label.upper()}: half of each block's layers "
            "take no part, in the order convolution, ReLU, batch norm, ReLU; it is another network "
            "than the one of that name"
        )

    def hashed(self) -> dict[str, Any]:
        """Return what determines the network; VGG16 is the same under its older name."""
        chosen = super().hashed()
        if self.depth == _DEPTH and not self.batch_norm:
            return {**chosen, "name": "vgg16"}
        return chosen


class VggLinearOptions(ModelOptions):
    """VGG for 32-pixel images with a single linear layer at the end."""

    name: Literal["vgg_linear"]
    depth: Literal[11, 13, 16, 19] = Field(
        default=11, description="8, 10, 13 or 16 convolutions (the name counts three dense layers)."
    )
    batch_norm: bool = Field(
        default=False, description="Batch norm between each convolution and its ReLU."
    )
    bias: bool = Field(default=True, description="Whether convolutions and linear layer add one.")
    hidden: Literal["normal", "half", "double", "quad"] = Field(
        default="normal",
        description="Channels between the first convolution (64) and the last (512), as otfusion's "
        "VGG11 of unequal widths.",
    )
    widen: int = Field(default=1, ge=1, le=16, description="Multiplies every width.")

    @property
    def label(self) -> str:
        """Return depth, batch norm and widths in one word."""
        told = f"vgg{self.depth}{'bn' if self.batch_norm else ''}-linear"
        told += "" if self.hidden == "normal" else f"-{self.hidden}"
        return told + (f"x{self.widen}" if self.widen > 1 else "")
