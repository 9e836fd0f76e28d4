"""Where pictures stand in a strip, on arrays small enough to be told apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mcworkbench.reports.pixel_canvas import OWN, PixelCanvas
from mcworkbench.screens.pictures.looks import OVER
from mcworkbench.screens.run.looks.film_layout import (
    Film,
    draw_film,
    film_places,
    numbers_text,
    rows_each,
    strips_at,
)
from tests.screens.look_pilots import HOSTILE, reconstructions

CURVE = reconstructions()
LINE = reconstructions(name="line", is_line=True)


def drawn(film: Film, width: int = 118, height: int = 19) -> PixelCanvas:
    canvas = PixelCanvas(width, height)
    draw_film(canvas, film)
    return canvas


def text_of(canvas: PixelCanvas) -> str:
    return "\n".join(canvas.text.row(row) for row in range(canvas.height))


def test_rows_are_input_paths_and_the_error_of_the_first() -> None:
    names = [strip.name for strip in strips_at(Film((CURVE, LINE), 0.5), 19)]
    assert names == ["input", "curve", "line", "curve error ×4"]
    names = [strip.name for strip in strips_at(Film((CURVE,), 0.5), 19)]
    assert names == ["input", "curve", "error ×4"]


def test_with_more_room_every_path_has_its_error_and_with_less_the_error_goes() -> None:
    film = Film((CURVE, LINE), 0.5)
    assert strips_at(film, 24)[-1].name == "line error ×4"
    # Never for smaller pictures.
    assert strips_at(film, 19)[-1].name == "curve error ×4"
    few = strips_at(film, 8)
    assert [strip.name for strip in few] == ["input", "curve"]
    assert rows_each(few, 8) >= 2


def test_the_error_is_four_times_the_difference_to_the_input() -> None:
    error = strips_at(Film((CURVE,), 1.0), 18)[-1]
    wanted = np.minimum(4 * (255 - CURVE.inputs_KHWC.astype(int)), 255)
    assert np.array_equal(error.images_KHWC, wanted)


def test_every_picture_has_its_pixels_and_its_numbers_below() -> None:
    canvas = drawn(Film((CURVE, LINE), 1.0))
    lines = text_of(canvas).splitlines()
    names = [name.strip() for name in lines[4].split("#")[1:]]
    assert names == [f"{number} · {number - 1}" for number in range(1, 9)]
    numbers = [numbers_text(float(mse)) for mse in CURVE.mse_TK[-1]]
    assert [part.strip() for part in lines[9].split("dB")[:-1]] == [
        text.removesuffix(" dB") for text in numbers
    ]
    # White at t = 1, below the ramp of the input.
    column = lines[9].index(numbers[0])
    assert canvas.grounds[5:9, column : column + 8].tolist() == [[0xFFFFFF] * 8] * 4
    assert canvas.grounds[0, column] == 0x000000
    assert canvas.grounds[0, column + 7] == 0xFFFFFF


def test_t_takes_the_nearest_picture() -> None:
    for at, level in ((0.0, 0), (0.449, 102), (0.451, 127)):
        outputs = strips_at(Film((CURVE,), at), 18)[1].images_KHWC
        assert set(outputs.ravel().tolist()) == {level}


def test_a_strip_of_one_image_has_five_places_and_the_one_of_t() -> None:
    canvas = drawn(Film((CURVE, LINE), 0.3, image=2, is_film=True))
    head = canvas.text.row(0).split()
    assert head == [*("input", "t", "0.00", "t", "0.20", "t", "0.30", "◂"),
                    *("t", "0.50", "t", "0.70", "t", "1.00")]  # fmt: skip
    assert numbers_text(float(CURVE.mse_TK[3, 2])) in text_of(canvas)


def test_places_of_a_film_are_each_named_once() -> None:
    assert film_places([0.0, 0.25, 0.5, 0.75, 1.0]) == [0, 1, 2, 3, 4]
    assert film_places([0.0, 1.0]) == [0, 1]
    assert film_places([3.0]) == [0]


def test_epochs_are_called_epochs() -> None:
    strip = reconstructions(3, axis=OVER, name="endpoint-1")
    assert "epoch 2 ◂" in text_of(drawn(Film((strip,), 2.0, is_film=True)))


@pytest.mark.parametrize(
    ("mse", "text"),
    [
        (0.0118, ".0118 19 dB"),
        (1.0, "1.0000 -0 dB"),
        (1e-6, "1e-06 60 dB"),
        (0.0, "0 exact"),
        (math.nan, "–"),
    ],
)
def test_numbers_are_short(mse: float, text: str) -> None:
    assert numbers_text(mse).replace("-0", "0") == text.replace("-0", "0")


@pytest.mark.parametrize("is_film", [False, True])
@pytest.mark.parametrize("size", [(0, 0), (1, 1), (5, 3), (20, 4), (60, 8), (118, 19), (240, 60)])
def test_no_room_is_too_small(size: tuple[int, int], *, is_film: bool) -> None:
    canvas = drawn(Film((CURVE, LINE), 0.5, image=7, is_film=is_film), *size)
    assert (canvas.width, canvas.height) == size


def test_the_chosen_image_is_always_there() -> None:
    for image in range(8):
        assert f"▸#{image + 1} " in text_of(drawn(Film((CURVE,), 0.5, image=image), 40, 18))


def test_names_of_classes_are_text_of_one_line() -> None:
    text = text_of(drawn(Film((CURVE,), 0.5, classes=(HOSTILE,) * 10)))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert all(len(line) == 118 for line in text.splitlines())


def test_without_colours_pictures_are_ink() -> None:
    canvas = drawn(Film((CURVE,), 1.0, is_plain=True))
    assert (canvas.grounds == OWN).all()
    assert "@@@@@@@@" in text_of(canvas)
