"""Statistics and barriers along a path: published vector, closed forms, a slow sum."""

from __future__ import annotations

import math
import random

import pytest

from mcworkbench.runs.path_summary import barriers, path_summary


def test_the_mean_over_arc_length_of_the_reference_vector_is_2_375() -> None:
    summary = path_summary([0.0, 0.5, 1.0], [0.0, 1.0, 3.0], [1.0, 3.0, 2.0])
    # By hand: ((1+3)/2·1 + (3+2)/2·3) / 4.
    assert summary == {"start": 1, "end": 2, "min": 1, "max": 3, "avg": 2, "int": 2.375}


def test_the_mean_over_arc_length_of_a_linear_value_is_its_middle() -> None:
    rng = random.Random(1)
    dl = [0.0] + [rng.uniform(0.1, 2.0) for _ in range(40)]
    way = [sum(dl[: index + 1]) for index in range(len(dl))]
    ts = [place / way[-1] for place in way]
    values = [3 + 2 * place for place in way]
    assert path_summary(ts, dl, values)["int"] == pytest.approx(3 + way[-1])


def test_ends_that_were_not_scored_are_left_out() -> None:
    summary = path_summary([0.25, 0.5], [0.0, 1.0], [4.0, 2.0])
    assert set(summary) == {"min", "max", "avg", "int"}
    assert summary["int"] == 3
    assert barriers([0.25, 0.5], [4.0, 2.0]) == {}


def test_a_path_of_no_length_has_the_plain_mean() -> None:
    assert path_summary([0.0, 1.0], [0.0, 0.0], [2.0, 2.0])["int"] == 2


def test_a_number_that_is_not_finite_makes_its_statistics_nan() -> None:
    summary = path_summary([0.0, 0.5, 1.0], [0.0, 1.0, 1.0], [1.0, math.inf, 2.0])
    assert summary["start"] == 1
    assert all(math.isnan(summary[name]) for name in ("min", "max", "avg", "int"))
    assert all(map(math.isnan, barriers([0.0, 0.5, 1.0], [1.0, math.nan, 2.0]).values()))


def test_the_three_barriers_have_their_names_meanings() -> None:
    found = barriers([0.0, 0.25, 0.5, 1.0], [1.0, 4.0, 4.5, 3.0])
    # Chord 1, 1.5, 2, 3: the rises are 0, 2.5, 2.5, 0.
    assert found == {"above_chord": 2.5, "over_worse_end": 1.5, "over_mean": 2.5}


def test_a_path_below_its_chord_has_no_barrier_above_it() -> None:
    found = barriers([0.0, 0.5, 1.0], [2.0, 0.5, 1.0])
    assert found["above_chord"] == 0
    assert found["over_worse_end"] == 0
    assert found["over_mean"] == 0.5
