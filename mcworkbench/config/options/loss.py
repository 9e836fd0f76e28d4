"""[loss]: what a reconstruction is judged by while autoencoders and curves of them train.

`features` says where a perceptual loss takes its network from; a plan resolves it to what is
hashed: the digest of a file, another stage, or the seed of a random network.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from mcworkbench.config.options.base import Options, unhashed

LossName = Literal["mse", "mae", "ssim", "laplacian", "perceptual"]
# Place of each rectified map among the features of torchvision's VGG16.
# fmt: off
VGG16_LAYERS = {
    "relu1_1": 1, "relu1_2": 3,
    "relu2_1": 6, "relu2_2": 8,
    "relu3_1": 11, "relu3_2": 13, "relu3_3": 15,
    "relu4_1": 18, "relu4_2": 20, "relu4_3": 22,
    "relu5_1": 25, "relu5_2": 27, "relu5_3": 29,
}
# fmt: on
SEED_LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
SEED_SIDE = 224
_FEATURES = re.compile(r"auto|hub|weights|network|random:\d{1,9}|(file|run|stage):.{1,4000}")
_PERCEPTUAL = ("variant", "layers", "layer_weights", "distance", "pixel_weight", "scaling")
_SEED_FIXES = ("layers", "layer_weights", "distance", "pixel_weight", "scaling")


class LossSection(Options):
    """The loss of a reconstruction; every term is a mean over one image, in [0, 1] pixels."""

    name: LossName = Field(
        default="mse",
        description="mse, mae, ssim (1 - SSIM), laplacian (pyramid of absolute differences and "
        "its residual) or perceptual (features of a VGG16).",
    )
    levels: int = Field(
        default=3,
        ge=1,
        le=12,
        description="Laplacian: levels of the pyramid, fewer where the image is too small.",
    )
    variant: Literal["own", "seed"] = Field(
        default="own",
        description="Perceptual: own = the options below at the image's size; seed = the original "
        "study's: four layers at 224 px, each divided by its area once more, no pixel term.",
    )
    layers: tuple[str, ...] = Field(
        default=("relu1_2", "relu2_2", "relu3_3"),
        min_length=1,
        description="Perceptual: maps that are compared, relu1_1 … relu5_3.",
    )
    layer_weights: tuple[float, ...] = Field(
        default=(), description="Perceptual: weight of each layer; absent: all 1."
    )
    distance: Literal["mse", "mae"] = Field(
        default="mse", description="Perceptual: how maps are compared."
    )
    pixel_weight: float = Field(
        default=0.1, ge=0, le=1000, description="Perceptual: weight of the pixels' own mse."
    )
    scaling: Literal["source", "none"] = Field(
        default="source",
        description="Perceptual: images get the mean and std the features were trained with.",
    )
    features: str = Field(
        default="auto",
        description="Perceptual: 'file:VGG16.pth' (torchvision's names), 'hub' (torch's cache, "
        "never downloaded), 'run:NAME/endpoint-1' (a vgg16 of this workbench), 'random:SEED'; "
        "auto = hub where the file is there, else random:0.",
    )

    @field_validator("layers")
    @classmethod
    def _known_layers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in VGG16_LAYERS:
                raise ValueError(f"'{name}' is no layer; known: {', '.join(VGG16_LAYERS)}")
        if list(value) != sorted(set(value), key=list(VGG16_LAYERS).index):
            raise ValueError("must list each layer once, from shallow to deep")
        return value

    @field_validator("layer_weights")
    @classmethod
    def _not_negative(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(weight < 0 for weight in value) or (value and not any(value)):
            raise ValueError("must be 0 or more each, and not all 0")
        return value

    @field_validator("features")
    @classmethod
    def _known_features(cls, value: str) -> str:
        if not _FEATURES.fullmatch(value):
            raise ValueError(
                "must be 'auto', 'hub', 'file:PATH', 'run:NAME/endpoint-1', 'stage:KEY' or "
                "'random:SEED'"
            )
        return value

    @model_validator(mode="after")
    def _has_nothing_idle(self) -> LossSection:
        given = self.model_fields_set
        idle = [name for name in (*_PERCEPTUAL, "features") if name in given]
        if self.name != "perceptual" and idle and self._differs(idle):
            raise ValueError(f"{idle[0]} belongs to name = 'perceptual'; leave it out")
        fixed = [name for name in _SEED_FIXES if name in given]
        if self.variant == "seed" and fixed and self._differs(fixed):
            raise ValueError(f"variant = 'seed' fixes {fixed[0]}; leave one of them out")
        weights = self.layer_weights
        if weights and len(weights) != len(self.layers):
            raise ValueError(f"{len(weights)} layer_weights for {len(self.layers)} layers")
        return self

    def _differs(self, names: list[str]) -> bool:
        fields = type(self).model_fields
        return any(getattr(self, name) != fields[name].default for name in names)

    def compared(self) -> tuple[tuple[str, float], ...]:
        """Return the compared layers with their weights."""
        if self.variant == "seed":
            return tuple((name, 1.0) for name in SEED_LAYERS)
        weights = self.layer_weights or (1.0,) * len(self.layers)
        return tuple(zip(self.layers, weights, strict=True))


class LossOptions(LossSection):
    """The loss of a stage: a section whose features the plan has found."""

    sha256: str = Field(
        default="", pattern=r"^([0-9a-f]{64})?$", description="Of the features' weights."
    )
    file: str = unhashed("", description="Where the weights lay.")
    source: str = unhashed("", description="Where the features come from, in words.")


class JudgedOptions(Options):
    """A stage that trains or scores networks which may reconstruct."""

    loss: LossOptions | None = Field(
        default=None, description="What reconstructions are judged by; absent: mse."
    )


class LpipsOptions(Options):
    """Weights of the LPIPS metric, by what they are; filled in by the plan."""

    backbone_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of VGG16's weights.")
    heads_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of the linear heads.")
    backbone: str = unhashed("", description="Where VGG16's weights lay.")
    heads: str = unhashed("", description="Where the heads lay.")

    def files(self) -> dict[str, Any]:
        """Return path and digest of both files by name."""
        return {
            "backbone": (self.backbone, self.backbone_sha256),
            "heads": (self.heads, self.heads_sha256),
        }
