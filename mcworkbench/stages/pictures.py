"""Reconstruct fixed test images with the networks along a path: npz, contact sheet, GIF.

Every point gets batch-norm statistics of its own, as an evaluation of the path does it.
Shape letters: T = positions, K = images, H, W, C = image axes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, final

import numpy as np
import torch

from mcworkbench.config.options.pictures import PicturesOptions
from mcworkbench.data.dataset import open_dataset
from mcworkbench.errors import InvalidInputError
from mcworkbench.metrics import images
from mcworkbench.models.product import (
    model_options,
    open_flat,
    read_model_document,
    require_kind,
)
from mcworkbench.paths.path import open_path
from mcworkbench.runs.events import PicturesSaved, Progress
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.workspace import Stopped
from mcworkbench.stages.curve import check_fits
from mcworkbench.stages.sheets import (
    Pixels,
    gif_bytes,
    npz_bytes,
    path_frame,
    path_sheet,
    pixels_of,
    png_bytes,
)
from mcworkbench.stages.strips import FixedImages
from mcworkbench.training.evaluation import Interrupted, interruptible
from mcworkbench.training.points import evaluation_placer

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace

PICTURES_FILE = "pictures.npz"
SHEET_FILE = "sheet.png"
GIF_FILE = "path.gif"
CHECKPOINT_S = 20.0


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Publish the pictures of one path; returns the mean mse at its worst t and at the ends."""
    making = _Pictures(workspace)
    yield from making.run()
    yield from making.publish()
    mse_T = making.mse_TK.mean(axis=1)
    worst = int(mse_T.argmax())
    return {
        "picture_mse_max": float(mse_T[worst]),
        "picture_t": making.ts[worst],
        "picture_mse_start": float(mse_T[0]),
        "picture_mse_end": float(mse_T[-1]),
        "num_images": making.mse_TK.shape[1],
    }


@final
class _Pictures:
    def __init__(self, workspace: Workspace) -> None:
        options = workspace.options
        assert isinstance(options, PicturesOptions)
        self.workspace = workspace
        self.options = options
        folder = workspace.input("path")
        require_kind(folder, "path", "[pictures]")
        document = read_model_document(folder)
        dataset = open_dataset(workspace.input("dataset")).for_model(model_options(document))
        if not dataset.range:
            raise InvalidInputError(
                "[pictures]: the networks of this path do not reconstruct; there is nothing to see."
            )
        check_fits(dataset, document)
        self.flat = open_flat(folder, device=workspace.device)
        self.path = open_path(folder, self.flat.layout).to(workspace.device)
        self.ts = options.positions()
        self.fixed = FixedImages(
            dataset, workspace.device, options.images, channels_last=options.channels_last
        )
        self.placer = evaluation_placer(
            self.flat,
            dataset,
            options,
            device=workspace.device,
            between=interruptible(workspace),
        )
        shape = (len(self.ts), *self.fixed.pixels.shape)
        self.outputs_TKHWC: Pixels = np.zeros(shape, np.uint8)
        self.mse_TK = np.zeros(shape[:2], np.float32)
        self.done = 0

    def run(self) -> Iterator[Event]:
        """Look at every t that no checkpoint holds yet."""
        self._restore()
        began, already, saved_at = time.monotonic(), self.done, time.monotonic()
        total = len(self.ts)
        while self.done < total:
            try:
                self.placer.place(self.path, self.ts[self.done])
            except Interrupted:
                yield self._checkpoint()
                raise Stopped(self.done) from None
            outputs, mse_K = self.fixed.reconstruct(self.flat, self.options.precision)
            self.outputs_TKHWC[self.done] = pixels_of(outputs)
            self.mse_TK[self.done] = mse_K.float().cpu().numpy()
            self.done += 1
            rate = (self.done - already) / max(time.monotonic() - began, 1e-9)
            eta_s = (total - self.done) / rate
            yield Progress("pictures", self.done, total, "points", self.done, rate, eta_s)
            is_asked = self.workspace.stop_level() >= StopLevel.after
            if self.done < total and (is_asked or time.monotonic() - saved_at > CHECKPOINT_S):
                yield self._checkpoint()
                saved_at = time.monotonic()
            if self.done < total and is_asked:
                raise Stopped(self.done)

    def publish(self) -> Iterator[Event]:
        """Publish the arrays, the contact sheet and the GIF."""
        inputs, known = self.fixed.pixels, self.fixed.known
        content = npz_bytes(
            **known, ts=np.asarray(self.ts), outputs=self.outputs_TKHWC, mse=self.mse_TK
        )
        frames = [path_frame(inputs, outputs) for outputs in self._frames()]
        sheet = path_sheet(inputs, self.outputs_TKHWC)
        yield self.workspace.save_artifact(PICTURES_FILE, content, "pictures")
        yield self.workspace.save_artifact(SHEET_FILE, png_bytes(sheet), "picture")
        gif = gif_bytes(frames, self.options.frame_ms)
        yield self.workspace.save_artifact(GIF_FILE, gif, "picture")
        worst = torch.from_numpy(self.mse_TK).mean(1).max()
        values = {"mse_max": worst.item(), "psnr_min": images.psnr(worst).item()}
        yield PicturesSaved(PICTURES_FILE, "path", 0, self.done, self.mse_TK.shape[1], values)

    def _frames(self) -> list[Pixels]:
        return [self.outputs_TKHWC[place] for place in range(len(self.ts))]

    def _checkpoint(self) -> Event:
        tensors = {
            "outputs": torch.from_numpy(self.outputs_TKHWC),
            "mse": torch.from_numpy(self.mse_TK),
        }
        return self.workspace.save_checkpoint(self.done, 0, tensors, {"done": self.done})

    def _restore(self) -> None:
        checkpoint = self.workspace.latest_checkpoint()
        if checkpoint is not None:
            self.outputs_TKHWC[:] = checkpoint.tensors["outputs"].numpy()
            self.mse_TK[:] = checkpoint.tensors["mse"].numpy()
            self.done = int(checkpoint.state["done"])
