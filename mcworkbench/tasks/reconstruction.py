"""Images given back: the loss of [loss], and metrics of [0, 1] pixels.

The one owner of ranges behind a network: outputs and targets arrive in the network's own range
and leave it here, once, for losses and metrics alike. Metrics see values clamped to [0, 1].
Shape letters: B = examples, C, H, W = image axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import torch
from torch.nn import functional
from typing_extensions import override

from mcworkbench.metrics import images
from mcworkbench.tasks.task import AbstractTask, MetricInfo, widened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    ImageLoss = Callable[[Tensor, Tensor], Tensor]

# Networks are compared by thumbnails: whole reconstructions at every t would fill the memory.
_THUMBNAIL = 16
_CHEAP = (
    MetricInfo("nll", "", higher_is_better=False),
    MetricInfo("mse", "", higher_is_better=False),
    MetricInfo("mae", "", higher_is_better=False),
    MetricInfo("psnr", "dB", higher_is_better=True),
)
_SSIM = MetricInfo("ssim", "", higher_is_better=True)
_LPIPS = MetricInfo("lpips", "", higher_is_better=False)


@final
class Reconstruction(AbstractTask):
    """Outputs and targets are images (B, C, H, W) in one range; "nll" is the mean loss.

    PSNR is the mean over images of each one's own.
    """

    name = "reconstruction"
    # An ensemble's reconstruction is the mean of its members'.
    averages = "values"

    def __init__(
        self,
        image_range: str = "unit",
        loss: ImageLoss = images.mse,
        *,
        lpips: ImageLoss | None = None,
        is_full: bool = True,
    ) -> None:
        """Keep what judges.

        Args:
            image_range: of outputs and targets, "unit" or "signed".
            loss: gives each image's loss from two batches in [0, 1].
            lpips: likewise; None leaves the metric out.
            is_full: also measure SSIM (and LPIPS): training does not pay for them.
        """
        self._is_signed = image_range == "signed"
        self._loss = loss
        self._lpips = lpips if is_full else None
        self._has_ssim = is_full
        extra = [_SSIM] * is_full + [_LPIPS] * (self._lpips is not None)
        self.metrics = (*_CHEAP, *extra)
        self.num_statistics = 1 + len(self.metrics)

    @override
    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return self._losses(outputs, targets).mean()

    @override
    def loss_and_statistics(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        # A perceptual loss costs more than the network itself: it is taken once.
        losses_B = self._losses(outputs, targets)
        with torch.no_grad():
            sums = self._sums(losses_B.detach(), outputs.detach(), targets)
        return losses_B.mean(), sums

    @override
    def statistics(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return count, Σ loss, mse, mae, psnr and where measured ssim and lpips per image."""
        return self._sums(self._losses(outputs, targets), outputs, targets)

    def _losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return self._loss(self.unit(widened(outputs)), self.unit(targets))

    def unit(self, values: Tensor) -> Tensor:
        """Return values of the network's range in [0, 1] pixels."""
        return (values + 1) / 2 if self._is_signed else values

    def _sums(self, losses_B: Tensor, outputs: Tensor, targets: Tensor) -> Tensor:
        x, y = (self.unit(widened(values)).clamp(0, 1) for values in (outputs, targets))
        mse_B = images.mse(x, y)
        rows = [torch.ones_like(mse_B), losses_B, mse_B, images.mae(x, y), images.psnr(mse_B)]
        if self._has_ssim:
            rows.append(images.ssim(x, y))
        if self._lpips is not None:
            rows.append(self._lpips(x, y))
        return torch.stack([row.double().sum() for row in rows])

    @override
    def summarise(self, sums: Sequence[float]) -> dict[str, float]:
        """Return nll (the loss), mse, mae, psnr (dB) and where measured ssim and lpips."""
        count, *totals = sums
        return {
            metric.name: total / count for metric, total in zip(self.metrics, totals, strict=True)
        }

    @override
    def predictions(self, outputs: Tensor) -> Tensor:
        """Return thumbnails of at most 16 pixels a side in [0, 1], float16 (B, C, h, w)."""
        pixels = self.unit(outputs.float()).clamp(0, 1)
        height, width = pixels.shape[-2:]
        size = (min(_THUMBNAIL, height), min(_THUMBNAIL, width))
        return functional.adaptive_avg_pool2d(pixels, size).half()

    @override
    def stored(self, outputs: Tensor) -> Tensor:
        """Return the reconstructions as pixels, uint8 (B, C, H, W)."""
        return (self.unit(outputs.float()).clamp(0, 1) * 255).round().to(torch.uint8)

    def averaged(self, outputs: Tensor) -> Tensor:
        """Return the reconstructions in [0, 1], float32 (B, C, H, W): ensembles average pixels."""
        return self.unit(outputs.float()).clamp(0, 1)

    @override
    def disagreement(self, predictions_a: Tensor, predictions_b: Tensor) -> float:
        """Return the root mean square difference of the thumbnails, in [0, 1] pixels."""
        gap = predictions_a.double() - predictions_b.double()
        return gap.square().mean().sqrt().item()
