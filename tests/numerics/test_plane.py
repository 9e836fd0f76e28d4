"""The plane through three networks: axes, corners, projections."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from mcworkbench.errors import InvalidInputError
from mcworkbench.paths.plane import plane_through


def _three(size: int = 50) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    first, middle, last = torch.randn(3, size, generator=generator)
    return first, middle, last


def test_a_right_triangle_has_its_legs_as_coordinates() -> None:
    origin = torch.tensor([1.0, 1.0, 1.0])
    plane = plane_through(origin, origin + torch.tensor([0.0, 3.0, 0.0]), torch.tensor([5.0, 1, 1]))
    assert plane.dx == pytest.approx(4)
    assert plane.dy == pytest.approx(3)
    assert_close(plane.u, torch.tensor([1.0, 0, 0]))
    assert_close(plane.v, torch.tensor([0.0, 1, 0]))
    assert_close(plane.point(0.5, 2.0), torch.tensor([3.0, 7, 1]))


def test_axes_are_orthonormal_and_the_three_networks_lie_where_they_should() -> None:
    first, middle, last = _three()
    plane = plane_through(first, middle, last)
    gram = torch.stack([plane.u, plane.v]).double()
    assert_close(gram @ gram.T, torch.eye(2, dtype=torch.float64), atol=1e-6, rtol=0)
    xy = plane.coordinates(torch.stack([first, middle, last]))
    assert xy.shape == (3, 2)
    assert_close(xy[0], torch.zeros(2, dtype=torch.float64))
    assert xy[1, 1].item() == pytest.approx(plane.dy, rel=1e-5)
    assert xy[2, 0].item() == pytest.approx(plane.dx, rel=1e-5)
    assert abs(xy[2, 1].item()) < 1e-5
    assert_close(plane.point(xy[1, 0].item() / plane.dx, 1.0), middle, rtol=1e-4, atol=1e-5)


def test_coordinates_ignore_what_lies_beside_the_plane() -> None:
    first, middle, last = _three(3)
    plane = plane_through(first, middle, last)
    normal = torch.linalg.cross(plane.u, plane.v)
    point = plane.point(0.3, 0.7) + 5 * normal
    wanted = torch.tensor([[0.3 * plane.dx, 0.7 * plane.dy]], dtype=torch.float64)
    assert_close(plane.coordinates(point[None]), wanted, rtol=1e-5, atol=1e-5)


def test_a_long_vector_is_projected_in_pieces() -> None:
    size = 2**22 + 5
    w0 = torch.zeros(size)
    w1, w2 = torch.zeros(size), torch.zeros(size)
    w2[0] = 2.0
    w1[-1] = 3.0
    plane = plane_through(w0, w1, w2)
    assert (plane.dx, plane.dy) == (2.0, 3.0)


@pytest.mark.parametrize("share", [0.5, 0.0, 1.0, -2.0])
def test_three_networks_on_one_line_are_refused(share: float) -> None:
    first, _, last = _three()
    with pytest.raises(InvalidInputError, match="on one line"):
        plane_through(first, first + share * (last - first), last)


def test_equal_ends_are_refused() -> None:
    first, middle, _ = _three()
    with pytest.raises(InvalidInputError, match="are the same"):
        plane_through(first, middle, first.clone())
