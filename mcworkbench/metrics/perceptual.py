"""Distances between the features of images: the perceptual loss, and LPIPS.

Shape letters: B = examples, C, H, W = image axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from mcworkbench.errors import InvalidInputError
from mcworkbench.metrics.images import mse
from mcworkbench.metrics.vgg_features import VggFeatures, smallest_side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcworkbench.config.options.loss import LossSection

# Zhang et al., arXiv:1801.03924: what brings [-1, 1] images to the backbone's scale.
LPIPS_SHIFT = (-0.030, -0.088, -0.188)
LPIPS_SCALE = (0.458, 0.448, 0.450)
LPIPS_LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
_EPSILON = 1e-10


@final
class PerceptualLoss(nn.Module):
    """Weighted distances of feature maps, and of the pixels themselves."""

    def __init__(self, options: LossSection, features: VggFeatures) -> None:
        super().__init__()
        self.features = features
        self._weights = tuple(weight for _, weight in options.compared())
        self._is_absolute = options.distance == "mae"
        is_seed = options.variant == "seed"
        self._by_area = is_seed
        self._pixel_weight = 0.0 if is_seed else options.pixel_weight

    @override
    def forward(self, x_BCHW: Tensor, y_BCHW: Tensor) -> Tensor:
        """Return each image's loss, (B,); nothing flows back into `y_BCHW`."""
        with torch.no_grad():
            wanted = self.features(y_BCHW)
        total = torch.zeros(len(x_BCHW), dtype=x_BCHW.dtype, device=x_BCHW.device)
        for weight, ours, theirs in zip(self._weights, self.features(x_BCHW), wanted, strict=True):
            gap = ours - theirs
            distance_B = (gap.abs() if self._is_absolute else gap.square()).flatten(1).mean(1)
            # The first study divides a mean over places by their number once more.
            area = ours.shape[-2] * ours.shape[-1] if self._by_area else 1
            total = total + weight / area * distance_B
        if self._pixel_weight:
            total = total + self._pixel_weight * mse(x_BCHW, y_BCHW)
        return total


@final
class Lpips(nn.Module):
    """Learned perceptual similarity with VGG16's features and published linear heads.

    Source: arXiv:1801.03924, version 0.1; images in [0, 1], clamped, at their own size.
    """

    def __init__(self, backbone: Mapping[str, Tensor], heads: Mapping[str, Tensor]) -> None:
        """Take torchvision's tensors by name and the heads, `lin0.model.1.weight` to `lin4`."""
        super().__init__()
        # (2x - 1 - shift) / scale of [0, 1] pixels as one mean and one std.
        mean = [(1 + shift) / 2 for shift in LPIPS_SHIFT]
        std = [scale / 2 for scale in LPIPS_SCALE]
        self.features = VggFeatures(LPIPS_LAYERS, backbone, mean=mean, std=std, source="LPIPS")
        for place in range(len(LPIPS_LAYERS)):
            name = f"lin{place}.model.1.weight"
            if name not in heads:
                raise InvalidInputError(f"[evaluate] lpips: the heads have no '{name}'.")
            self.register_buffer(f"head{place}", heads[name].float(), persistent=False)

    @override
    def forward(self, x_BCHW: Tensor, y_BCHW: Tensor) -> Tensor:
        """Return each image's distance, (B,)."""
        pairs = zip(self.features(x_BCHW), self.features(y_BCHW), strict=True)
        total = torch.zeros(len(x_BCHW), dtype=x_BCHW.dtype, device=x_BCHW.device)
        for place, (ours, theirs) in enumerate(pairs):
            gap = (_unit(ours) - _unit(theirs)).square()
            weighted = functional.conv2d(gap, self.get_buffer(f"head{place}"))
            total = total + weighted.flatten(1).mean(1)
        return total


def _unit(x_BCHW: Tensor) -> Tensor:
    """Return maps scaled to length 1 over their channels."""
    return x_BCHW / (x_BCHW.square().sum(1, keepdim=True).sqrt() + _EPSILON)


def check_side(layers: tuple[str, ...], side: int, where: str) -> None:
    """Pass where images are large enough for the deepest layer.

    Raises:
        InvalidInputError: pooling would leave nothing of them.
    """
    needed = smallest_side(layers[-1])
    if side < needed:
        raise InvalidInputError(
            f"{where}: {layers[-1]} needs images of at least {needed} pixels, and these have "
            f"{side}; name a shallower layer."
        )
