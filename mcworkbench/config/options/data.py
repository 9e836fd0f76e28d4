"""[data]: which images, how they are split, scaled and augmented."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from mcworkbench.catalogue import split_source
from mcworkbench.config.options.base import Options, unhashed

Class = Annotated[int, Field(ge=0, lt=1_000_000)]
Transform = Literal["VGG", "ResNet", "imagenet224", "unit"]
# What the reference's names of transforms stand for.
TRANSFORMS: dict[str, dict[str, Any]] = {
    "VGG": {"normalize": "VGG", "augment": "flip-crop"},
    "ResNet": {"normalize": "ResNet", "augment": "crop-flip"},
    "imagenet224": {"normalize": "VGG", "augment": "resized-crop", "output_size": 224},
    "unit": {"normalize": "unit", "augment": "none"},
}
_NAMED = re.compile(r"(?:([a-z0-9][a-z0-9.-]{0,39})=)?(.+)")
_UNNAMED = re.compile(r"[^a-z0-9.-]+")
_DIGEST = r"^[0-9A-Za-z:+.-]{0,200}$"
_VALIDATION = re.compile(r"none|(last|random):[1-9]\d{0,8}")


class DataOptions(Options):
    """Which data set a run uses. Splits belong here, never to a run's seed."""

    name: str = Field(
        description="A name of the table above, e.g. cifar10; imagefolder:PATH (train/ and test/ "
        "folders of class folders), images:PATH (any folder of images, no classes), celeba:PATH "
        "(torchvision's folder or zip), arrays:FILE.npz, npy:FILE.npy (columns, the last one the "
        "target) or code:PACKAGE.MODULE:FUNCTION (needs --trust)."
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
    augment: Literal["none", "flip", "crop", "crop-flip", "flip-crop", "resized-crop"] = Field(
        default="none",
        description="Training batches: random horizontal flip and random crop after zero "
        "padding, in the order named (the reference's VGG: flip-crop, ResNet: crop-flip); "
        "resized-crop: 8 to 100 % of the image at ratios 3/4 to 4/3, resized, then flip.",
    )
    output_size: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="Images reach the network as squares of this side, bilinear: in evaluation "
        "the middle 7/8 of the image (Resize 256, CenterCrop 224 at 224); 0: as stored.",
    )
    features: Literal["none", "half-square"] = Field(
        default="none",
        description="Inputs of one variable: none = x itself; half-square = (x/2, (x/2)²), as "
        "the TensorFlow port of the reference.",
    )
    task: str = Field(
        default="",
        pattern=r"^[0-9A-Za-z_.:-]{0,200}$",
        description="Absent: the data set's own. classification, regression, or your own "
        "PACKAGE.MODULE:CLASS (needs --trust).",
    )
    code_folder: str = unhashed(
        "",
        description="Where code of your own lay; filled in by the plan: its digest says what "
        "it is.",
    )
    task_digest: str = Field(
        default="", pattern=_DIGEST, description="Digest of the task's code; filled in by the plan."
    )
    train_classes: tuple[Class, ...] = Field(
        default=(),
        description="Train on the examples of these classes (numbers from 0); the test set stays "
        "whole. Empty: all.",
    )
    train_classes_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of each of `train_classes` that is used; the others give the rest to "
        "1: .8 makes a biased half. Two halves of complementary classes share no example.",
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
        pattern=_DIGEST,
        description="Digest of the source; filled in by the plan.",
    )

    def hashed(self) -> dict[str, Any]:
        """Return what determines the product; a digest stands for the path it was taken of."""
        chosen = super().hashed()
        if self.digest:
            chosen["name"] = split_source(self.name)[0]
        return chosen

    @field_validator("train_classes")
    @classmethod
    def _each_once(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)):
            raise ValueError("must list increasing class numbers, e.g. [0, 1, 2, 3, 4]")
        return value

    @model_validator(mode="after")
    def _sizes_fit(self) -> DataOptions:
        if self.augment == "resized-crop" and not self.output_size:
            raise ValueError("augment = 'resized-crop' needs output_size, e.g. output_size = 224")
        return self

    @field_validator("validation")
    @classmethod
    def _known_split(cls, value: str) -> str:
        if not _VALIDATION.fullmatch(value):
            raise ValueError(
                "must be 'none', 'last:N' or 'random:N' with N examples, e.g. 'last:5000'"
            )
        return value


class DataSection(DataOptions):
    """The [data] section: one data set, and further test sets for evaluations of paths."""

    transform: Transform | None = Field(
        default=None,
        description="The reference's names: VGG, ResNet and imagenet224 set normalize, augment "
        "and output_size (224 px, random resized crop); unit is plain [0, 1] pixels.",
    )
    also_test: tuple[str, ...] = Field(
        default=(),
        description="Further test sets that paths are scored on, e.g. ['shifted=imagefolder:DIR'"
        "]: columns test-shifted_error, … Scaled as this data set is.",
    )

    @field_validator("also_test")
    @classmethod
    def _distinct(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        named = [test_set_of(text) for text in value]
        if len({name for name, _ in named}) < len(named) or not all(map(all, named)):
            raise ValueError("every further test set needs a name of its own: ['NAME=SOURCE', …]")
        return value

    @model_validator(mode="after")
    def _one_way(self) -> DataSection:
        both = self.model_fields_set & TRANSFORMS.get(self.transform or "", {}).keys()
        if both:
            raise ValueError(
                f"transform = '{self.transform}' sets {' and '.join(sorted(both))}; give one of "
                "them"
            )
        return self

    def stage_options(self) -> DataOptions:
        """Return the options of the data set's stage; a transform is what it stands for."""
        values = self.model_dump(exclude={"transform", "also_test"})
        return DataOptions.model_validate({**values, **TRANSFORMS.get(self.transform or "", {})})

    def further_tests(self) -> dict[str, str]:
        """Return the source of each further test set by its name."""
        return dict(map(test_set_of, self.also_test))


def test_set_of(text: str) -> tuple[str, str]:
    """Return name and source of a further test set written 'NAME=SOURCE' or 'SOURCE'.

    Without a name, the last part of the source's path is made into one.
    """
    found = _NAMED.fullmatch(text)
    if found is None:
        return "", ""
    name, source = found[1], found[2]
    head, path = split_source(source)
    guess = _UNNAMED.sub("-", (PurePath(path).stem or head).lower()).strip("-.")
    return name or guess[:40], source
