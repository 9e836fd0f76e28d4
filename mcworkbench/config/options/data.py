"""[data]: which images, how they are split, scaled and augmented."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator

from mcworkbench.catalogue import split_source
from mcworkbench.config.options.base import Options

_VALIDATION = re.compile(r"none|(last|random):[1-9]\d{0,8}")


class DataOptions(Options):
    """Which data set a run uses. Splits belong here, never to a run's seed."""

    name: str = Field(
        description="digits, mnist, fashion_mnist, cifar10, cifar100, synthetic, "
        "synthetic-regression, imagefolder:PATH (train/ and test/ folders of class folders), "
        "images:PATH (any folder of images, no classes), celeba:PATH (torchvision's folder or zip) "
        "or arrays:FILE.npz."
    )
    validation: str = Field(
        default="none",
        description="'last:N', 'random:N' (stratified, from split_seed) or 'none': then training "
        "uses every training example and the test set is watched, which reports say.",
    )
    split_seed: int = Field(
        default=0, ge=0, lt=2**31, description="Seed of a random validation split."
    )
    image_size: int = Field(
        default=32,
        ge=4,
        le=1024,
        description="Image folders: short side resized, centre cropped, in pixels.",
    )
    crop: int = Field(
        default=0,
        ge=0,
        le=8192,
        description="Image folders: cut this many pixels out of the centre before resizing "
        "(CelebA's tight faces: 148); 0 keeps the whole short side.",
    )
    normalize: Literal["auto", "none", "unit", "VGG", "ResNet"] = Field(
        default="auto",
        description="Per-channel mean and std: auto = the data set's own; none or unit = plain "
        "[0, 1] pixels; VGG = ImageNet's; ResNet = CIFAR-10's as the reference uses.",
    )
    augment: Literal["none", "flip", "crop", "crop-flip", "flip-crop"] = Field(
        default="none",
        description="Training batches: random horizontal flip and random crop after zero "
        "padding, in the order named (the reference's VGG: flip-crop, ResNet: crop-flip).",
    )
    crop_padding: int = Field(
        default=4, ge=1, le=64, description="Zero padding of the random crop, pixels."
    )
    train_limit: int = Field(
        default=0,
        ge=0,
        description="Use only this many training examples (seeded permutation); 0 is all.",
    )
    test_limit: int = Field(
        default=0, ge=0, description="Use only this many test examples; 0 is all."
    )
    digest: str = Field(
        default="",
        pattern=r"^[0-9A-Za-z:+.-]{0,200}$",
        description="Digest of the source; filled in by the plan.",
    )

    def hashed(self) -> dict[str, Any]:
        """Return what determines the product; a digest stands for the path it was taken of."""
        chosen = super().hashed()
        if self.digest:
            chosen["name"] = split_source(self.name)[0]
        return chosen

    @field_validator("validation")
    @classmethod
    def _known_split(cls, value: str) -> str:
        if not _VALIDATION.fullmatch(value):
            raise ValueError(
                "must be 'none', 'last:N' or 'random:N' with N examples, e.g. 'last:5000'"
            )
        return value
