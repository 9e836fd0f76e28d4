"""Points as signs: where they fall, who wins a cell, what is left out; and shades of heat maps."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mcworkbench.reports.scatter import EMPTY, SIGNS, extent_of, scattered, sign_of
from mcworkbench.reports.shades import COOL, WARM, contrast

UNIT = (0.0, 1.0, 0.0, 1.0)


def test_corners_fall_into_corners() -> None:
    points = np.array([[0, 1], [1, 1], [0, 0], [1, 0]], dtype=float)
    cells = scattered(points, np.arange(4), 3, 5, UNIT)
    assert cells[0].tolist() == [0, EMPTY, EMPTY, EMPTY, 1]
    assert cells[2].tolist() == [2, EMPTY, EMPTY, EMPTY, 3]


def test_the_commonest_class_has_the_cell_as_counted_by_hand() -> None:
    rng = np.random.default_rng(1)
    points, labels = rng.random((500, 2)), rng.integers(0, 4, 500)
    cells = scattered(points, labels, 4, 6, UNIT)
    counts: dict[tuple[int, int], Counter[int]] = {}
    for (x, y), label in zip(points, labels, strict=True):
        counts.setdefault((int((1 - y) * 4), int(x * 6)), Counter())[int(label)] += 1
    for place, found in counts.items():
        most = max(found.values())
        assert cells[place] == min(label for label, count in found.items() if count == most)


def test_points_without_numbers_or_outside_are_left_out() -> None:
    points = np.array([[np.nan, 0.5], [np.inf, 0.5], [2, 2], [0.5, 0.5]])
    cells = scattered(points, np.array([1, 2, 3, 4]), 1, 1, UNIT)
    assert cells.tolist() == [[4]]


def test_an_extent_holds_all_points_even_if_there_is_only_one() -> None:
    assert extent_of(np.empty((0, 2)), np.array([[np.nan, 1.0]])) is None
    found = extent_of(np.array([[3.0, 4.0]]))
    assert found is not None
    assert found[0] < 3 < found[1]
    assert found[2] < 4 < found[3]
    both = extent_of(np.zeros((2, 2)), np.ones((3, 2)))
    assert both == (-0.02, 1.02, -0.02, 1.02)


def test_every_class_has_one_sign() -> None:
    assert [sign_of(label) for label in (0, 9, 10, 61, 62)] == ["0", "9", "a", "Z", "•"]
    assert len(set(SIGNS)) == len(SIGNS)


def _light(colour: int) -> float:
    return 0.2126 * (colour >> 16) + 0.7152 * (colour >> 8 & 255) + 0.0722 * (colour & 255)


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast(0xFFFFFF, 0x000000) == pytest.approx(21)
    assert contrast(0x777777, 0xFFFFFF) == pytest.approx(4.48, abs=0.005)


def test_shades_rise_in_lightness_and_the_ink_is_readable() -> None:
    for scale in (COOL, WARM):
        found = [scale.at(part / 50) for part in range(51)]
        lights = [_light(ground) for _, ground in found]
        assert lights == sorted(lights)
        assert all(contrast(ink, ground) >= 4.5 for ink, ground in found)
        assert scale.at(float("nan")) == scale.at(0) == scale.at(-1)
        assert scale.at(7) == scale.at(1)
