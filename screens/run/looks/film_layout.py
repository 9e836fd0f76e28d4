"""Where pictures stand in a strip: all images at one place, or one image at several. Pure.

Draws on a canvas; no widget. Numbers stand below every picture. Shape letters as in
`screens.pictures.looks`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, final

import numpy as np

from mcworkbench.reports.chart_canvas import one_cell_each
from mcworkbench.reports.halfblocks import difference, fitted, resized
from mcworkbench.screens.pictures.looks import OVER, Reconstructions
from mcworkbench.screens.run.choices import nearest
from mcworkbench.screens.widgets.pixels import HEAD, MARK, PLAIN, QUIET, STRONG

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mcworkbench.reports.pixel_canvas import PixelCanvas

GAIN = 4
_ERROR = f"error ×{GAIN}"
_MIN_ROWS = 2
# Pictures may become that much smaller for further errors.
_ENOUGH = 0.8
_ANY = 10_000
# Room for ".0118 19 dB".
_MIN_COLUMN = 11
_SMALLEST = 5e-5
_GAP, _MOST_SPREAD = 1, 3
_MOST_LABEL = 14
_FILM_PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)


@final
@dataclass(frozen=True, slots=True)
class Film:
    """What a strip shows.

    Attributes:
        paths: of the same images, paths before lines; at least one.
        at: the place among the positions of the first path.
        image: the chosen image.
        is_film: one image at several positions, instead of all at one.
        is_plain: as ink, for terminals without colours.
        classes: names of the classes, to name an image by.
    """

    paths: tuple[Reconstructions, ...]
    at: float
    image: int = 0
    is_film: bool = False
    is_plain: bool = False
    classes: tuple[str, ...] = ()

    @property
    def main(self) -> Reconstructions:
        """Return the path that the strip is about."""
        return self.paths[0]


class Strip(NamedTuple):
    """One row of pictures with its name, and what to write below each of them, if anything."""

    name: str
    images_KHWC: NDArray[np.uint8]
    texts: tuple[str, ...] = ()
    is_head: bool = False


def position_text(film: Reconstructions, position: float) -> str:
    """Return a position in words: "t 0.50", "epoch 5"."""
    return f"epoch {position:g}" if film.axis == OVER else f"t {position:.2f}"


def numbers_text(mse: float) -> str:
    """Return the error of one picture and its ratio to the brightest signal in decibels."""
    if not math.isfinite(mse):
        return "–"
    if mse <= 0:
        # A perfect picture has no finite ratio.
        return "0 exact"
    text = f"{mse:.4f}".lstrip("0") if mse >= _SMALLEST else f"{mse:.0e}"
    return f"{text} {-10 * math.log10(mse):.0f} dB"


def draw_film(canvas: PixelCanvas, film: Film) -> None:
    """Draw all images at one place, or one at several, on a blank canvas."""
    if film.is_film:
        _draw_positions(canvas, film)
    else:
        _draw_images(canvas, film)


def strips_at(film: Film, num_rows: int) -> list[Strip]:
    """Return the rows of pictures that find room: inputs, every path, errors.

    Args:
        film: what is shown.
        num_rows: rows of cells for pictures and the text below them.
    """
    main = film.main
    names = tuple(image_name(film, image) for image in range(len(main.inputs_KHWC)))
    found = [Strip("input", main.inputs_KHWC, names, is_head=True)]
    errors: list[Strip] = []
    for path in film.paths:
        place = nearest(path.positions, film.at)
        outputs_KHWC = path.outputs_TKHWC[place]
        found.append(Strip(path.name, outputs_KHWC, tuple(map(numbers_text, path.mse_TK[place]))))
        apart = difference(path.inputs_KHWC, outputs_KHWC, gain=GAIN)
        name = _ERROR if len(film.paths) == 1 else f"{path.name} {_ERROR}"
        errors.append(Strip(name, apart))
    found.append(errors[0])
    while len(found) > 2 and rows_each(found, num_rows) < _MIN_ROWS:  # noqa: PLR2004
        found.pop()
    for error in errors[1:]:
        if _is_worth(main, found, [*found, error], num_rows, column=_ANY):
            found.append(error)
    return found


def _is_worth(
    path: Reconstructions, fewer: Sequence[Strip], more: Sequence[Strip], num_rows: int, column: int
) -> bool:
    """Return whether pictures stay about as large with more strips in a column of that width."""
    height, width = path.inputs_KHWC.shape[1:3]
    sizes = [fitted(height, width, rows_each(s, num_rows), column)[0] for s in (fewer, more)]
    return sizes[1] >= _ENOUGH * sizes[0] > 0


def rows_each(strips: Sequence[Strip], num_rows: int) -> int:
    """Return how many rows of cells a picture may have."""
    num_texts = sum(bool(strip.texts) for strip in strips)
    return (num_rows - num_texts) // len(strips) if strips else 0


def _draw_images(canvas: PixelCanvas, film: Film) -> None:
    strips = strips_at(film, canvas.height)
    count = len(film.main.inputs_KHWC)
    label = _label_width(strip.name for strip in strips)
    height, width = film.main.inputs_KHWC.shape[1:3]
    room = canvas.width - label
    size = fitted(height, width, rows_each(strips, canvas.height), room)
    column = max(size[1], _MIN_COLUMN) + _GAP
    num = max(1, min(count, (room + _GAP) // column))
    column = max(column, min(column + _MOST_SPREAD, room // num))
    first = max(0, min(film.image - num // 2, count - num))
    row = 0
    for strip in strips:
        canvas.write(row, 0, one_cell_each(strip.name, limit=label - 1), HEAD)
        images = resized(strip.images_KHWC[first : first + num], *size) if min(size) else ()
        for place, image in enumerate(images):
            canvas.picture(row, label + place * column, image, is_plain=film.is_plain)
        row += (size[0] + 1) // 2
        if strip.texts:
            for place, text in enumerate(strip.texts[first : first + num]):
                is_chosen = strip.is_head and first + place == film.image
                paint = MARK if is_chosen else HEAD if strip.is_head else PLAIN
                shown = one_cell_each(text, limit=column - _GAP)
                canvas.write(
                    row, label + place * column - is_chosen, "▸" * is_chosen + shown, paint
                )
            row += 1


def _draw_positions(canvas: PixelCanvas, film: Film) -> None:
    main = film.main
    places, here = film_places(main.positions), nearest(main.positions, film.at)
    columns = sorted({*places, here})
    label = _label_width([*(path.name for path in film.paths), _ERROR])
    column = max((canvas.width - label) // (len(columns) + 1), 1)
    strips = _strips_along(film, columns, canvas.height - 1, column - _GAP)
    height, width = main.inputs_KHWC.shape[1:3]
    num_rows = rows_each(strips, canvas.height - 1)
    size = fitted(height, width, num_rows, max(column - _GAP, 1))
    column = max(size[1], min(_MIN_COLUMN, column - _GAP)) + _GAP
    canvas.write(0, label, "input"[: column - _GAP], HEAD)
    for place, at in enumerate(columns, start=1):
        text = position_text(main, main.positions[at]) + (" ◂" if at == here else "")
        canvas.write(0, label + place * column, text[: column - _GAP], MARK if at == here else HEAD)
    row = 1
    for strip in strips:
        canvas.write(row, 0, one_cell_each(strip.name, limit=label - 1), HEAD)
        # Errors have no input of their own.
        first = len(columns) + 1 - len(strip.images_KHWC)
        images = resized(strip.images_KHWC, *size) if min(size) else ()
        for place, image in enumerate(images, start=first):
            canvas.picture(row, label + place * column, image, is_plain=film.is_plain)
        row += (size[0] + 1) // 2
        if strip.texts:
            for place, text in enumerate(strip.texts):
                is_here = place > 0 and columns[place - 1] == here
                paint = STRONG if is_here else PLAIN if place else QUIET
                if place and len(text) > column - _GAP:
                    # The ratio says the same again: half a number would say something else.
                    text = text.partition(" ")[0]  # noqa: PLW2901
                shown = one_cell_each(text, limit=column - _GAP)
                canvas.write(row, label + place * column, shown, paint)
            row += 1


def _strips_along(film: Film, columns: Sequence[int], num_rows: int, column: int) -> list[Strip]:
    """Return the input and the reconstructions of one image by every path, and their errors.

    Args:
        film: what is shown.
        columns: places among the positions.
        num_rows: rows of cells for pictures and the text below them.
        column: how many cells a picture may be wide.
    """
    found: list[Strip] = []
    errors: list[Strip] = []
    for path in film.paths:
        ats = [nearest(path.positions, film.main.positions[at]) for at in columns]
        outputs_THWC = path.outputs_TKHWC[ats, film.image]
        input_1HWC = path.inputs_KHWC[film.image : film.image + 1]
        texts = [numbers_text(float(mse)) for mse in path.mse_TK[ats, film.image]]
        images = np.concatenate([input_1HWC, outputs_THWC])
        found.append(Strip(path.name, images, (image_name(film, film.image), *texts)))
        errors.append(Strip(_ERROR, difference(input_1HWC, outputs_THWC, gain=GAIN)))
    paired = [strip for pair in zip(found, errors, strict=True) for strip in pair]
    return paired if _is_worth(film.main, found, paired, num_rows, column=column) else found


def film_places(positions: Sequence[float]) -> list[int]:
    """Return the places of five positions from the first to the last, each once."""
    low, high = positions[0], positions[-1]
    return sorted({nearest(positions, low + part * (high - low)) for part in _FILM_PARTS})


def image_name(film: Film, image: int) -> str:
    """Return what an image is called: its number and its class."""
    label = int(film.main.labels_K[image])
    name = film.classes[label] if label < len(film.classes) else str(label)
    return f"#{image + 1} · {name}"


def _label_width(names: Iterable[str]) -> int:
    return min(max(map(len, names)), _MOST_LABEL) + 2
