"""Paths of control points: points, gradients, lengths and files."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from mcworkbench.errors import InvalidInputError
from mcworkbench.params.layout import Layout
from mcworkbench.params.store import network_bytes, read_tensors
from mcworkbench.params.vectors import padded, unpadded
from mcworkbench.paths.curve import make_curve
from mcworkbench.paths.path import (
    AbstractPath,
    NodePath,
    line_path,
    open_path,
    path_files,
    segment_lengths,
)

if TYPE_CHECKING:
    from pathlib import Path

LAYOUT = Layout.build([("a.weight", (5, 4)), ("a.bias", (5,)), ("b", (3, 3))])


def _path(name: str = "bezier", num_nodes: int = 4) -> NodePath:
    generator = torch.Generator().manual_seed(0)
    nodes_KP = torch.randn(num_nodes, LAYOUT.num_params, generator=generator)
    return NodePath(make_curve(name, num_nodes), name, padded(nodes_KP, LAYOUT), LAYOUT)


@pytest.mark.parametrize("name", ["bezier", "polychain"])
def test_a_point_is_the_weighted_sum_of_the_nodes(name: str) -> None:
    path = _path(name)
    weights = {
        "bezier": [(1 - 0.4) ** 3, 3 * 0.4 * 0.36, 3 * 0.16 * 0.6, 0.4**3],
        "polychain": [0.0, 0.8, 0.2, 0.0],
    }[name]
    wanted = sum(w * node.double() for w, node in zip(weights, path.nodes_KD, strict=True))
    assert isinstance(wanted, Tensor)
    assert_close(path.at(0.4).double(), wanted, rtol=1e-6, atol=1e-6)


def test_a_point_is_written_where_asked_and_its_padding_stays_zero() -> None:
    path = _path()
    out = torch.full((LAYOUT.size,), math.nan)
    assert path.at(0.3, out=out).data_ptr() == out.data_ptr()
    assert torch.equal(padded(unpadded(out, LAYOUT), LAYOUT), out)
    assert torch.equal(out, path.at(0.3))


@pytest.mark.parametrize("name", ["bezier", "polychain"])
def test_the_ends_are_the_first_and_last_node_bit_for_bit(name: str) -> None:
    path = _path(name, 5)
    assert torch.equal(path.at(0.0), path.nodes_KD[0])
    assert torch.equal(path.at(1.0), path.nodes_KD[-1])


class Circle(AbstractPath):
    """A quarter of a circle of radius 2 in the first two coordinates."""

    layout = LAYOUT

    def at(self, t: float, out: Tensor | None = None) -> Tensor:
        out = torch.zeros(LAYOUT.size) if out is None else out
        out.zero_()
        out[0], out[1] = 2 * math.cos(t * math.pi / 2), 2 * math.sin(t * math.pi / 2)
        return out

    def to(self, device: torch.device | str) -> Circle:
        assert str(device) == "cpu"
        return self

    def description(self) -> dict[str, Any]:
        return {"curve": "circle"}


def test_lengths_are_chords_and_their_sum_tends_to_the_arc() -> None:
    ts = [index / 100 for index in range(101)]
    lengths = segment_lengths(Circle(), ts)
    chord = 2 * 2 * math.sin(math.pi / 400)
    assert lengths[0] == 0
    assert lengths[1:] == pytest.approx([chord] * 100, rel=1e-4)
    assert sum(lengths) == pytest.approx(math.pi, rel=1e-4)
    assert segment_lengths(Circle(), [0.5]) == [0.0]


def test_a_line_is_the_mean_at_its_middle_and_keeps_its_own_nodes() -> None:
    first_D, last_D = _path().nodes_KD[0].clone(), _path().nodes_KD[1].clone()
    line = line_path(first_D, last_D, LAYOUT)
    assert_close(line.at(0.5), (first_D + last_D) / 2)
    first_D.zero_()
    assert line.at(0.0).any()


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


def test_a_path_survives_its_files_and_the_files_hold_no_padding(tmp_path: Path) -> None:
    path = _path("polychain")
    _write(tmp_path, path_files(path, {"first": "k1", "last": "k2"}))
    assert read_tensors(tmp_path / "nodes.safetensors")["nodes"].shape == (4, LAYOUT.num_params)
    assert json.loads((tmp_path / "path.json").read_text())["ends"] == {"first": "k1", "last": "k2"}
    for layout in (None, LAYOUT):
        opened = open_path(tmp_path, layout)
        assert torch.equal(opened.nodes_KD, path.nodes_KD)
        assert opened.curve_name == "polychain"
        assert opened.layout == LAYOUT
        assert torch.equal(opened.at(0.37), path.at(0.37))


def test_a_path_of_another_network_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, path_files(_path(), {}))
    other = Layout.build([("a.weight", (5, 4)), ("a.bias", (5,)), ("b", (4, 4))])
    with pytest.raises(InvalidInputError, match=r"path.json: 'b' has shape \(3, 3\)"):
        open_path(tmp_path, other)


def test_missing_damaged_and_mismatched_files_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"path.json: is missing or damaged"):
        open_path(tmp_path)
    files = path_files(_path(), {})
    _write(tmp_path, files)
    (tmp_path / "nodes.safetensors").write_bytes(files["nodes.safetensors"][:-9])
    with pytest.raises(InvalidInputError, match="not a whole safetensors file"):
        open_path(tmp_path)
    (tmp_path / "nodes.safetensors").write_bytes(network_bytes({"nodes": torch.zeros(4, 3)}))
    with pytest.raises(InvalidInputError, match=r"must hold 'nodes' of shape \(4, 34\)"):
        open_path(tmp_path)
    (tmp_path / "nodes.safetensors").unlink()
    with pytest.raises(InvalidInputError, match="cannot be read"):
        open_path(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 9}, "format 9"),
        ({"type": "arc"}, "'arc'"),
        ({"curve": "bezir"}, "Did you mean 'bezier'"),
        ({"num_nodes": 1}, "num_nodes"),
        ({"layout": {}}, "damaged"),
    ],
)
def test_a_wrong_description_is_one_sentence(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    files = path_files(_path(), {})
    described = {**json.loads(files["path.json"]), **change}
    _write(tmp_path, {**files, "path.json": json.dumps(described).encode()})
    with pytest.raises(InvalidInputError, match=message):
        open_path(tmp_path)


def test_stored_tensors_are_separate_contiguous_float32_and_counters_stay_integers(
    tmp_path: Path,
) -> None:
    base = torch.arange(24, dtype=torch.float64).reshape(4, 6)
    content = network_bytes(
        {"t": base.T, "half": base[:2].bfloat16(), "n": torch.tensor(2**40 + 1), "same": base.T}
    )
    (tmp_path / "x.safetensors").write_bytes(content)
    read = read_tensors(tmp_path / "x.safetensors")
    assert torch.equal(read["t"], base.T.float())
    assert read["half"].dtype == torch.float32
    assert read["n"].item() == 2**40 + 1
    read["same"].zero_()
    assert read["t"].any()
