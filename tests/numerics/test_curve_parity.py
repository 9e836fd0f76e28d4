"""The reference implementation's curves: points, norms, lengths and plane coordinates."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from mcworkbench.params.layout import Layout
from mcworkbench.params.vectors import padded
from mcworkbench.paths.curve import make_curve
from mcworkbench.paths.path import NodePath, segment_lengths
from mcworkbench.paths.plane import plane_through

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("bezier", "polychain")
Reference = tuple[NodePath, dict[str, Any]]


@pytest.fixture(scope="module", params=NAMES)
def reference(request: pytest.FixtureRequest, parity: Path) -> Reference:
    """Return our path through the reference's control points, and its numbers."""
    name = str(request.param)
    with np.load(parity / f"curve_{name}_preresnet8.npz") as stored:
        numbers = {key: stored[key] for key in stored.files}
    shapes = [ast.literal_eval(str(shape)) for shape in numbers["param_shapes"]]
    names = [str(word) for word in numbers["param_names"]]
    layout = Layout.build(zip(names, shapes, strict=True))
    nodes_KD = padded(torch.from_numpy(numbers["control_points"]), layout)
    return NodePath(make_curve(name, len(nodes_KD)), name, nodes_KD, layout), numbers


def test_the_layout_counts_the_references_parameters(reference: Reference) -> None:
    path, numbers = reference
    assert path.layout.num_params == numbers["control_points"].shape[1]


def test_squared_norms_along_the_curve(reference: Reference) -> None:
    path, numbers = reference
    ours = [path.at(float(t)).double().square().sum().item() for t in numbers["t"]]
    np.testing.assert_allclose(ours, numbers["l2"], rtol=1e-4)


def test_distances_between_points_and_total_length(reference: Reference) -> None:
    path, numbers = reference
    lengths = segment_lengths(path, [float(t) for t in numbers["t"]])
    np.testing.assert_allclose(lengths, numbers["dl"], rtol=1e-4, atol=1e-6)
    assert sum(lengths) == pytest.approx(float(numbers["length"]), rel=1e-4)


def test_coordinates_in_the_plane_of_the_first_second_and_last_node(reference: Reference) -> None:
    path, numbers = reference
    plane = plane_through(path.nodes_KD[0], path.nodes_KD[1], path.nodes_KD[-1])
    curve_ND = torch.stack([path.at(float(t)) for t in numbers["t"]])
    for vectors_ND, key in ((path.nodes_KD, "plane_bend_xy"), (curve_ND, "plane_curve_xy")):
        wanted = torch.from_numpy(numbers[key]).double()
        assert_close(plane.coordinates(vectors_ND), wanted, rtol=1e-4, atol=2e-4)
