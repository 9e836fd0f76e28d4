"""How alike two batches of images are: per image, in [0, 1] pixels, on any device.

Used by the reconstruction task as losses and as metrics. Nothing here synchronises.
Shape letters: B = examples, C, H, W = image axes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

# Wang et al. 2004, as torchmetrics and piq have it.
_SSIM_REACH = 5
_SSIM_SIGMA = 1.5
_SSIM_C1 = 0.01**2
_SSIM_C2 = 0.03**2
# The PSNR of equal images is infinite and would swallow every mean: 100 dB is the most.
_LEAST_MSE = 1e-10
_BINOMIAL = (1.0, 4.0, 6.0, 4.0, 1.0)


def mse(x_BCHW: Tensor, y_BCHW: Tensor) -> Tensor:
    """Return each image's mean squared difference, (B,)."""
    return (x_BCHW - y_BCHW).square().flatten(1).mean(1)


def mae(x_BCHW: Tensor, y_BCHW: Tensor) -> Tensor:
    """Return each image's mean absolute difference, (B,)."""
    return (x_BCHW - y_BCHW).abs().flatten(1).mean(1)


def psnr(mse_B: Tensor) -> Tensor:
    """Return 10·log10(1/mse) of each image, dB, at most 100, (B,)."""
    return -10 * mse_B.clamp_min(_LEAST_MSE).log10()


def ssim(x_BCHW: Tensor, y_BCHW: Tensor) -> Tensor:
    """Return each image's structural similarity, at most 1, (B,).

    Gaussian window of 11 pixels (sigma 1.5), k1 .01, k2 .03, range 1, reflected at the border, as
    torchmetrics has it; below 6 pixels the window shrinks. Averaged over channels and places.
    """
    height, width = x_BCHW.shape[-2:]
    rows, columns = _window(height, x_BCHW), _window(width, x_BCHW)
    maps = torch.stack([x_BCHW, y_BCHW, x_BCHW * x_BCHW, y_BCHW * y_BCHW, x_BCHW * y_BCHW])
    # As two matrix products: for images this small faster on a CPU than depthwise convolutions.
    mean_x, mean_y, mean_xx, mean_yy, mean_xy = (rows @ maps @ columns.T).unbind(0)
    var_x, var_y = mean_xx - mean_x**2, mean_yy - mean_y**2
    covariance = mean_xy - mean_x * mean_y
    likeness = (2 * mean_x * mean_y + _SSIM_C1) * (2 * covariance + _SSIM_C2)
    scale = (mean_x**2 + mean_y**2 + _SSIM_C1) * (var_x + var_y + _SSIM_C2)
    return (likeness / scale).flatten(1).mean(1)


def _window(side: int, like: Tensor) -> Tensor:
    """Return the matrix whose product with a column is its Gaussian means, (side, side)."""
    reach = min(_SSIM_REACH, side - 1)
    offsets = torch.arange(-reach, reach + 1)
    weights = torch.exp(-((offsets / _SSIM_SIGMA).double() ** 2) / 2)
    places = torch.arange(side)[:, None] + offsets
    # Reflected at the first and the last pixel, which are not repeated.
    inside = (side - 1) - ((side - 1) - places.abs()).abs()
    matrix = torch.zeros(side, side, dtype=torch.float64)
    matrix.scatter_add_(1, inside, (weights / weights.sum()).expand(side, -1))
    return matrix.to(like)


def pyramid_levels(side: int, wanted: int) -> int:
    """Return how many levels of a Laplacian pyramid an image's smaller side allows."""
    return max(1, min(wanted, int(math.log2(side)) - 1))


def laplacian(x_BCHW: Tensor, y_BCHW: Tensor, levels: int) -> Tensor:
    """Return each image's Laplacian pyramid distance, (B,).

    The sum over levels of the mean absolute difference of the bands, and of what is left below
    them. Source: antonzub99/AEproject, pyramid_loss.py, which leaves the rest out and so does
    not see a change of brightness; ours compares it, and stops where an image becomes too small.
    """
    gap = x_BCHW - y_BCHW
    # A pyramid is linear: that of the difference is the difference of the pyramids.
    total = torch.zeros(len(gap), dtype=gap.dtype, device=gap.device)
    for _ in range(pyramid_levels(min(gap.shape[-2:]), levels)):
        small = _blurred(gap, 1.0)[..., ::2, ::2]
        spread = torch.zeros_like(gap)
        spread[..., ::2, ::2] = small
        total = total + (gap - _blurred(spread, 4.0)).abs().flatten(1).mean(1)
        gap = small
    return total + gap.abs().flatten(1).mean(1)


def _blurred(x_BCHW: Tensor, gain: float) -> Tensor:
    taps = torch.tensor(_BINOMIAL, dtype=x_BCHW.dtype, device=x_BCHW.device) / 16
    kernel = (gain * torch.outer(taps, taps)).expand(x_BCHW.shape[1], 1, -1, -1)
    pad = len(_BINOMIAL) // 2
    padded = functional.pad(x_BCHW, (pad, pad, pad, pad), mode="reflect")
    return functional.conv2d(padded, kernel, groups=x_BCHW.shape[1])
