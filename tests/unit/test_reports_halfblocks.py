"""Pictures as characters: sizes, averages and cells, on pictures small enough to see."""

from __future__ import annotations

import numpy as np
import pytest

from mcworkbench.reports.halfblocks import difference, fitted, halves, inked, packed, resized
from mcworkbench.reports.pixel_canvas import OWN, PixelCanvas


def grey(rows: list[list[int]]) -> np.ndarray:
    return np.array(rows, dtype=np.uint8)[:, :, None]


def test_two_pixels_stand_in_a_cell_top_as_ink_and_bottom_as_ground() -> None:
    canvas = PixelCanvas(2, 1)
    canvas.picture(0, 0, grey([[0, 255], [255, 255]]))
    assert canvas.text.row(0) == "▀ "
    assert [(piece.text, piece.ink, piece.ground) for piece in canvas.pieces(0)] == [
        ("▀", 0x000000, 0xFFFFFF),
        (" ", OWN, 0xFFFFFF),
    ]


def test_an_odd_last_row_has_nothing_below() -> None:
    top, bottom = halves(grey([[255], [0], [255]]))
    assert top.tolist() == [[0xFFFFFF], [0xFFFFFF]]
    assert bottom.tolist() == [[0x000000], [OWN]]


def test_colours_keep_black_white_and_their_channels() -> None:
    pixels = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 0, 255]]], dtype=np.uint8)
    assert packed(pixels).tolist() == [[0x000000, 0xFFFFFF, 0xFF0000, 0x0000FF]]


def test_shrinking_averages_by_area() -> None:
    image = grey([[0, 100, 40], [20, 80, 60]])
    assert resized(image, 1, 3)[..., 0].tolist() == [[10, 90, 50]]
    # Three pixels on two: each takes one whole and half of the middle one.
    assert resized(image, 2, 2)[..., 0].tolist() == [[33, 60], [40, 67]]
    assert resized(image, 1, 1)[..., 0].tolist() == [[50]]


def test_shrinking_keeps_the_mean_of_every_channel() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 28, 28, 3), dtype=np.uint8)
    small = resized(images, 9, 11)
    assert small.shape == (3, 9, 11, 3)
    np.testing.assert_allclose(small.mean(axis=(1, 2)), images.mean(axis=(1, 2)), atol=0.5)


def test_enlarging_repeats_the_nearest_pixel() -> None:
    image = grey([[0, 9], [7, 3]])
    expected = image.repeat(3, axis=0).repeat(2, axis=1)
    assert np.array_equal(resized(image, 6, 4), expected)


def test_one_axis_may_grow_while_the_other_shrinks() -> None:
    assert resized(grey([[10, 20, 30, 40]]), 2, 2)[..., 0].tolist() == [[15, 35], [15, 35]]


@pytest.mark.parametrize(
    ("size", "room", "expected"),
    [
        ((8, 8), (4, 20), (8, 8)),
        ((8, 8), (9, 20), (16, 16)),
        ((28, 28), (14, 28), (28, 28)),
        ((28, 28), (6, 40), (12, 12)),
        ((64, 64), (12, 100), (24, 24)),
        ((10, 40), (10, 20), (5, 20)),
        ((200, 1), (3, 3), (6, 1)),
        ((8, 8), (0, 20), (0, 0)),
    ],
)
def test_a_picture_fits_and_keeps_its_shape(
    size: tuple[int, int], room: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert fitted(*size, *room) == expected


def test_without_colours_ten_signs_stand_for_brightness() -> None:
    ramp = grey([[0, 26, 52, 77, 103, 128, 154, 180, 205, 255]] * 2)
    assert inked(ramp) == [" .:-=+*#%@"]
    assert inked(grey([[255], [0]])) == ["="]
    green, blue = [[0, 255, 0]], [[0, 0, 255]]
    assert inked(np.array([green, green], dtype=np.uint8)) == ["#"]
    assert inked(np.array([blue, blue], dtype=np.uint8)) == [" "]


def test_a_difference_is_the_same_both_ways_and_cut_at_white() -> None:
    one, other = grey([[10, 200, 0]]), grey([[20, 100, 0]])
    assert difference(one, other, gain=4)[..., 0].tolist() == [[40, 255, 0]]
    assert np.array_equal(difference(one, other, gain=4), difference(other, one, gain=4))


def test_what_does_not_fit_is_left_out() -> None:
    canvas = PixelCanvas(3, 2)
    canvas.picture(1, 2, np.full((8, 8, 1), 255, dtype=np.uint8))
    canvas.picture(5, 0, np.full((2, 2, 1), 255, dtype=np.uint8))
    canvas.picture(0, 9, np.full((2, 2, 1), 255, dtype=np.uint8))
    assert (canvas.grounds != OWN).sum() == 1
    canvas.fill(0, 1, "abc", ink=1, ground=2)
    assert canvas.text.row(0) == " ab"


def test_rows_that_look_alike_have_the_same_key() -> None:
    one, other = PixelCanvas(4, 2), PixelCanvas(4, 2)
    for canvas in (one, other):
        canvas.picture(0, 0, np.full((4, 4, 3), 9, dtype=np.uint8))
    other.fill(1, 0, " ", ink=OWN, ground=0)
    assert one.key(0) == other.key(0)
    assert one.key(1) != other.key(1)
