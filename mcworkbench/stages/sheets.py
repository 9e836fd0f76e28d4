"""Pictures of reconstructions as files: npz for screens, PNG contact sheets, GIF.

numpy and Pillow only. Images are uint8, channels last.
Shape letters: T = positions, K = images, H, W, C = image axes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

Pixels = npt.NDArray[np.uint8]
_GAP = 2
_ERROR_GAIN = 4
_SMALLEST_CELL = 56
_WHITE = 255


def pixels_of(values_BCHW: Tensor) -> Pixels:
    """Return images in [0, 1] as uint8, channels last, one or three of them."""
    top = (values_BCHW.detach().float().clamp(0, 1) * _WHITE).round().byte()
    channels = 3 if top.shape[1] >= 3 else 1  # noqa: PLR2004 - red, green, blue
    return np.ascontiguousarray(top[:, :channels].permute(0, 2, 3, 1).cpu().numpy())


def npz_bytes(**arrays: npt.NDArray[Any]) -> bytes:
    """Return arrays as the bytes of an .npz file; equal arrays give equal bytes."""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def errors_of(inputs: Pixels, outputs: Pixels) -> Pixels:
    """Return the absolute differences, four times as bright, cut off at white."""
    gap = np.abs(inputs.astype(np.int16) - outputs.astype(np.int16))
    return np.minimum(gap * _ERROR_GAIN, _WHITE).astype(np.uint8)


def grid(rows: Sequence[Pixels]) -> Pixels:
    """Return rows of images (n, H, W, C) as one picture on white, small images enlarged."""
    height, width, channels = rows[0].shape[1:]
    scale = max(1, -(-_SMALLEST_CELL // max(height, width)))
    cell_h, cell_w = height * scale + _GAP, width * scale + _GAP
    columns = max(len(row) for row in rows)
    canvas = np.full(
        (len(rows) * cell_h + _GAP, columns * cell_w + _GAP, channels), _WHITE, np.uint8
    )
    for place, row in enumerate(rows):
        large = row.repeat(scale, axis=1).repeat(scale, axis=2)
        for column, picture in enumerate(large):
            top, left = place * cell_h + _GAP, column * cell_w + _GAP
            canvas[top : top + height * scale, left : left + width * scale] = picture
    return canvas


def png_bytes(picture: Pixels) -> bytes:
    """Return a picture (H, W, C) as a PNG file."""
    file = io.BytesIO()
    _image(picture).save(file, format="PNG", optimize=True)
    return file.getvalue()


def gif_bytes(frames: Sequence[Pixels], frame_ms: int) -> bytes:
    """Return pictures as an endless GIF."""
    shown = [_image(frame) for frame in frames]
    file = io.BytesIO()
    shown[0].save(
        file, format="GIF", save_all=True, append_images=shown[1:], duration=frame_ms, loop=0
    )
    return file.getvalue()


def path_sheet(inputs: Pixels, outputs_TKHWC: Pixels, num_columns: int = 5) -> Pixels:
    """Return one row per image: the input, then its reconstructions from t = 0 to t = 1."""
    last = len(outputs_TKHWC) - 1
    places = [round(last * column / (num_columns - 1)) for column in range(num_columns)]
    return grid(
        [
            np.stack([image, *(outputs_TKHWC[place][index] for place in places)])
            for index, image in enumerate(inputs)
        ]
    )


def path_frame(inputs: Pixels, outputs: Pixels) -> Pixels:
    """Return three rows: inputs, reconstructions, errors."""
    return grid([inputs, outputs, errors_of(inputs, outputs)])


def _image(picture: Pixels) -> Image.Image:
    return Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)
