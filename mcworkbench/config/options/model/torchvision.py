"""[model] name = "torchvision:NAME"."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from mcworkbench.config.options.base import ModelOptions
from mcworkbench.errors import nearest

# A test compares with torchvision.models.list_models; only a worker may import torchvision.
ARCHITECTURES = (
    *("alexnet", "convnext_base", "convnext_large", "convnext_small", "convnext_tiny"),
    *("densenet121", "densenet161", "densenet169", "densenet201"),
    *(f"efficientnet_b{size}" for size in range(8)),
    *("efficientnet_v2_l", "efficientnet_v2_m", "efficientnet_v2_s"),
    *("googlenet", "inception_v3", "maxvit_t"),
    *("mnasnet0_5", "mnasnet0_75", "mnasnet1_0", "mnasnet1_3"),
    *("mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small"),
    *(f"regnet_x_{size}" for size in ("16gf", "1_6gf", "32gf", "3_2gf", "400mf", "800mf", "8gf")),
    *(f"regnet_y_{size}" for size in ("128gf", "16gf", "1_6gf", "32gf", "3_2gf")),
    *("regnet_y_400mf", "regnet_y_800mf", "regnet_y_8gf"),
    *("resnet101", "resnet152", "resnet18", "resnet34", "resnet50"),
    *("resnext101_32x8d", "resnext101_64x4d", "resnext50_32x4d"),
    *(f"shufflenet_v2_x{size}" for size in ("0_5", "1_0", "1_5", "2_0")),
    *("squeezenet1_0", "squeezenet1_1"),
    *("swin_b", "swin_s", "swin_t", "swin_v2_b", "swin_v2_s", "swin_v2_t"),
    *(f"vgg{depth}{norm}" for depth in (11, 13, 16, 19) for norm in ("", "_bn")),
    *("vit_b_16", "vit_b_32", "vit_h_14", "vit_l_16", "vit_l_32"),
    *("wide_resnet101_2", "wide_resnet50_2"),
)


class TorchvisionOptions(ModelOptions):
    """A classification network of torchvision, without its pretrained parameters."""

    name: Literal["torchvision"]
    arch: str = Field(
        description="Which, as torchvision.models calls it, e.g. resnet18; [model] name may be "
        "'torchvision:resnet18'."
    )

    @field_validator("arch")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in ARCHITECTURES:
            guess = nearest(value, ARCHITECTURES)
            hint = f"; did you mean '{guess}'?" if guess else ""
            raise ValueError(
                f"torchvision has no classification network '{value[:60]}'{hint} Known: "
                f"{', '.join(ARCHITECTURES[:6])}, …, {ARCHITECTURES[-1]}"
            )
        return value

    @property
    def label(self) -> str:
        """Return it as [model] name would say it."""
        return f"torchvision:{self.arch}"
