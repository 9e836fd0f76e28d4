"""Coefficients of curves: published vectors, closed forms, every catalogue entry."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from mcworkbench.catalogue import CURVES
from mcworkbench.errors import InvalidInputError
from mcworkbench.paths.curve import make_curve

VECTORS = [
    ("bezier", 3, 0.25, (0.5625, 0.375, 0.0625)),
    ("polychain", 3, 0.25, (0.5, 0.5, 0.0)),
    ("bezier", 5, 0.25, (0.31640625, 0.421875, 0.2109375, 0.046875, 0.00390625)),
    ("polychain", 5, 0.25, (0.0, 1.0, 0.0, 0.0, 0.0)),
    ("bezier", 5, 0.3, (0.2401, 0.4116, 0.2646, 0.0756, 0.0081)),
    ("polychain", 5, 0.3, (0.0, 0.8, 0.2, 0.0, 0.0)),
    ("polychain", 6, 0.25, (0.0, 0.75, 0.25, 0.0, 0.0, 0.0)),
]
COUNTS = (2, 3, 4, 7, 20, 66)


@pytest.mark.parametrize(("name", "num_nodes", "t", "wanted"), VECTORS)
def test_published_vectors(name: str, num_nodes: int, t: float, wanted: tuple[float, ...]) -> None:
    coefficients_TK = make_curve(name, num_nodes).coefficients(
        torch.tensor([t], dtype=torch.float64)
    )
    assert_close(coefficients_TK[0], torch.tensor(wanted, dtype=torch.float64))


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("num_nodes", COUNTS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rows_sum_to_one_are_never_negative_and_reverse_with_t(
    name: str, num_nodes: int, dtype: torch.dtype
) -> None:
    curve = make_curve(name, num_nodes)
    t_T = torch.linspace(0, 1, 41, dtype=dtype)
    coefficients_TK = curve.coefficients(t_T)
    assert coefficients_TK.shape == (41, num_nodes)
    assert coefficients_TK.dtype == dtype
    assert bool((coefficients_TK >= 0).all())
    assert_close(coefficients_TK.sum(dim=1), torch.ones(41, dtype=dtype), rtol=1e-5, atol=1e-5)
    assert_close(curve.coefficients(1 - t_T), coefficients_TK.flip(1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("num_nodes", COUNTS)
def test_the_ends_are_exact(name: str, num_nodes: int) -> None:
    ends = make_curve(name, num_nodes).coefficients(torch.tensor([0.0, 1.0]))
    assert torch.equal(ends[0], torch.eye(num_nodes)[0])
    assert torch.equal(ends[1], torch.eye(num_nodes)[-1])


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("num_nodes", COUNTS)
def test_evenly_spaced_nodes_give_the_straight_line_at_even_speed(
    name: str, num_nodes: int
) -> None:
    t_T = torch.linspace(0, 1, 23, dtype=torch.float64)
    nodes_K = torch.linspace(0, 1, num_nodes, dtype=torch.float64)
    assert_close(make_curve(name, num_nodes).coefficients(t_T) @ nodes_K, t_T)


def test_the_chain_visits_node_j_at_j_over_k_minus_one() -> None:
    visits_T = torch.arange(4, dtype=torch.float64) / 3
    assert_close(
        make_curve("polychain", 4).coefficients(visits_T), torch.eye(4, dtype=torch.float64)
    )


def test_bezier_equals_repeated_halving_between_neighbours() -> None:
    generator = torch.Generator().manual_seed(0)
    nodes_KD = torch.randn(6, 3, generator=generator, dtype=torch.float64)
    for t in (0.1, 0.5, 0.77):
        points = nodes_KD
        while len(points) > 1:
            points = (1 - t) * points[:-1] + t * points[1:]
        ours = make_curve("bezier", 6).coefficients(torch.tensor([t], dtype=torch.float64))
        assert_close((ours @ nodes_KD)[0], points[0])


def test_an_unknown_curve_names_the_nearest() -> None:
    with pytest.raises(InvalidInputError, match=r"smoke.toml.*'beizer'. Did you mean 'bezier'"):
        make_curve("beizer", 3, where="smoke.toml")
